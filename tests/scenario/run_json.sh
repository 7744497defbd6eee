#!/bin/bash
# run, status and the requests with --json: every line as docs/json says.
. "$(dirname "$0")/run.bash"

schemas=$WB_ROOT/docs/json
validate=$WB_BUILD_DIR/tests/json-validate
lines_are() { "$validate" "$schemas" run <"$DIR/json" >"$DIR/valid" 2>&1 || wb_assert_failed "$(head -n 3 "$DIR/valid")"; }
is_a() { "$validate" "$schemas/$1.json" <"$DIR/json" >"$DIR/valid" 2>&1 || wb_assert_failed "$1: $(head -n 3 "$DIR/valid")"; }
json() { "$WHIMBREL" "$@" --json >"$DIR/json" 2>"$DIR/err" </dev/null; }

plan split
shop
wb_case "a dry run"
json run "$PLAN" --dry-run
lines_are
assert_eq 10 "$(jq -s length "$DIR/json")"

wb_case "a run that waits: the journal's events, then why it ended"
json run "$PLAN" --no-wait
lines_are
assert_eq "run_started WAITING" "$(jq -rs '[(.[] | select(.kind == "run_started") | .kind), last.name] | join(" ")' "$DIR/json")"

wb_case "status"
json status "$PLAN"
is_a status
assert_eq "stepping step.1" "$(jq -r '.phases[1].state + " " + (.next | sub(":.*"; ""))' "$DIR/json")"

wb_case "an answer, a refusal, a rollback that is only shown"
json approve "$PLAN" --step step.1
is_a request
json approve "$PLAN" --step step.9
lines_are
json rollback "$PLAN"
is_a rollback
assert_eq "step.1 manual" "$(jq -r '.undo[0] | .item + " " + .kind' "$DIR/json")"
wb_finish
