#!/bin/bash
# What the documents say is what the program does: the page of errors, the two commands at the top of the README, the
# options that it shows, and the tests that docs/capabilities.md names.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/lib.sh

holds() { # holds NAME COMMAND...: one case
    local name=$1
    shift
    if "$@" >"$WB_TMP/out" 2>&1; then case_ok "$name"; else case_fail "$name" "$(tail -3 "$WB_TMP/out")"; fi
}

"$WHIMBREL" errors >"$WB_TMP/errors.md"
holds "docs/errors.md is the output of whimbrel errors" diff "$WB_TMP/errors.md" docs/errors.md
for command in 'make demo' 'make check'; do
    holds "README shows $command" grep -q "^    $command" README.md
done
help=$("$WHIMBREL" copy --help && "$WHIMBREL" verify --help)
for option in $(grep -o -- '--[a-z][a-z-]*' README.md | sort -u); do
    case $option in --help) continue ;; esac
    holds "README's $option is an option of copy or verify" grep -q -- "^  $option\b" <<<"$help"
done
for test in $(grep -o '`\(unit\|scenario\|crash\|conformance\|fuzz\)/[a-z_/]*\.\(sh\|c\)`' docs/capabilities.md | tr -d '`' | sort -u); do
    holds "docs/capabilities.md: $test is there" test -e "tests/$test"
done
wb_finish
