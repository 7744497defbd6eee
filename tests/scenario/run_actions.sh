#!/bin/bash
# What a trigger does that fires in its own phase: without an action, or where one says "roll back" in whatever
# words, the phase is undone; else it acts, and the run is held. Writes that an action disables: the flags that
# tell applications, over restarts, until the phase is undone.
. "$(dirname "$0")/run.bash"

# begin [ACTION]: a run that waits for people in phase 2, whose trigger does that
begin() {
    plan acts
    shop
    sq "CREATE TABLE failures (n INT); INSERT INTO failures VALUES (0)"
    sed -i "s/ Action: page the shop team/${1:+ Action: $1}/" "$PLAN"
}
fail_with() { sqlite3 -cmd '.timeout 5000' "$SHOP" "UPDATE failures SET n = $1"; }
waits_for_people() { "$WHIMBREL" status "$PLAN" --json 2>/dev/null | jq -r .next | grep -q "Ask everybody"; }
handled() { sqlite3 "$PLAN.whimbrel.db" "SELECT data FROM event WHERE kind = 'action_outcome'" | grep -q handled; }
start() {
    rm -f "$DIR/runner" # what an earlier runner said is not what this one says
    "$WHIMBREL" run "$PLAN" "$@" >"$DIR/runner" 2>&1 </dev/null &
    RUNNER=$!
    trap 'kill -9 $RUNNER 2>/dev/null' EXIT
}
finish() {
    kill -INT "$RUNNER"
    wait "$RUNNER"
    trap - EXIT
}
# fires [ACTION]: begins such a run, lets the trigger fire, and ends the runner when it has been acted on
fires() {
    begin "$1"
    start
    wb_wait 60 waits_for_people || wb_assert_failed "never waits: $(tail -n 3 "$DIR/runner")"
    fail_with 9
    wb_wait 60 handled || wb_assert_failed "not handled: $(tail -n 3 "$DIR/runner")"
    finish
}
history_is() { assert_eq "$1" "$(sq 'SELECT what FROM history ORDER BY rowid' | paste -sd ' ')" "history after \"$2\""; }
phases() { "$WHIMBREL" status "$PLAN" --json | jq -r '[.phases[].state] | join(" ")'; }
paged() { sqlite3 "$PLAN.whimbrel.db" "SELECT data FROM event WHERE kind = 'page'" | grep -qF "$1" || wb_assert_failed "nobody was paged: $1"; }

wb_case "without an action, its own phase is undone"
fires ""
history_is "prepared changed unchanged" "no action"
assert_eq "done rolled_back" "$(phases)"
assert_eq held "$(state)"

wb_case "\"roll back\", in whatever words, undoes its own phase"
for words in "roll back" "Rollback" "revert" "roll back the phase" "immediate rollback" "undo this phase"; do
    fires "$words, page the shop team"
    history_is "prepared changed unchanged" "$words"
    assert_eq "done rolled_back held" "$(phases) $(state)" "after \"$words\""
    paged "page the shop team"
done

wb_case "check says what these words do"
expect_exit 0 "$WHIMBREL" check "$PLAN" --offline
assert_match 'auto +action +undo this phase.*undoes the phase' "$(paste -sd ' ' "$WB_TMP/out")"

wb_case "else it acts, and holds: nothing is undone"
fires "page the shop team"
history_is "prepared changed" "page"
assert_eq "done stepping held" "$(phases) $(state)"
paged "page the shop team"
run
assert_eq 1 "$RC"

wb_case "what only sounds like it is left to a person"
fires "revert the auth-service deploy"
history_is "prepared changed" "revert a deploy"
assert_eq "done stepping held" "$(phases) $(state)"
paged "revert the auth-service deploy"

# --- writes ---

served() { # served KEY: its value over OFREP
    local body
    exec {sock}<>"/dev/tcp/127.0.0.1/$RUN_PORT" || return
    printf 'POST /ofrep/v1/evaluate/flags/%s HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\nContent-Length: 2\r\n\r\n{}' "$1" >&"$sock"
    body=$(cat <&"$sock")
    exec {sock}>&-
    jq -r .value <<<"${body##*$'\r\n\r\n'}"
}
may_write() { served read_new-writes; served read_new-writes-source; served read_new-writes-target; }
export WHIMBREL_TOKEN=scenario-token-0123456789

wb_case "writes that a trigger's action disables: told by a flag, journalled, shown, paged"
begin "disable writes to target"
start --listen 0
listening "$DIR/runner"
wb_wait 60 waits_for_people || wb_assert_failed "never waits: $(tail -n 3 "$DIR/runner")"
fail_with 9
wb_wait 60 handled || wb_assert_failed "not handled: $(tail -n 3 "$DIR/runner")"
disabled() { [ "$(may_write 2>/dev/null | paste -sd ' ')" = "true true false" ]; }
wb_wait 60 disabled || wb_assert_failed "served: $(may_write | paste -sd ' ')"
assert_match 'WRITES TO THE TARGET ARE DISABLED' "$("$WHIMBREL" status "$PLAN")"
assert_eq "true false" "$("$WHIMBREL" status "$PLAN" --json | jq -r '.flags[0] | "\(.writes_source) \(.writes_target)"')"
paged "read_new-writes-target is now false"
finish

wb_case "they stay disabled over a restart, and when somebody has resumed the run"
fail_with 0
start --listen 0
listening "$DIR/runner"
assert_eq "true true false" "$(may_write | paste -sd ' ')"
ask resume
wb_wait 60 waits_for_people
assert_eq "true true false" "$(may_write | paste -sd ' ')"

wb_case "undoing the phase allows them again"
ask rollback --execute
rolled_back() { [ "$(phases 2>/dev/null)" = "done rolled_back" ]; }
wb_wait 60 rolled_back || wb_assert_failed "$(phases): $(cat "$OUT")"
history_is "prepared changed unchanged" "rollback"
allowed() { [ "$(may_write 2>/dev/null | paste -sd ' ')" = "true true true" ]; }
wb_wait 60 allowed || wb_assert_failed "served: $(may_write | paste -sd ' ')"
finish
assert_eq "" "$("$WHIMBREL" status "$PLAN" | grep DISABLED)"

wb_case "a step disables and enables; its rollback gives back what was"
begin "roll back"
sed -i 's/^2\. Ask everybody/2. Set feature flag `read_new` to true, disable writes, re-enable writes to source/' "$PLAN"
run
assert_eq 0 "$RC"
assert_eq "10000 true false" "$("$WHIMBREL" status "$PLAN" --json | jq -r '.flags[0] | "\(.share_of_10000) \(.writes_source) \(.writes_target)"')"
ask rollback --to 1 --execute
assert_eq 0 "$RC"
assert_eq "0 true true" "$("$WHIMBREL" status "$PLAN" --json | jq -r '.flags[0] | "\(.share_of_10000) \(.writes_source) \(.writes_target)"')"

wb_case "a Rollback that re-enables writes, and routes reads to the source, does just that"
begin "roll back"
sed -i 's/^2\. Ask everybody/2. Set feature flag `read_new` to true/; s/^\*\*Rollback trigger.*/**Rollback**: Route reads to source, disable writes to target/' "$PLAN"
run
assert_eq 0 "$RC"
ask rollback --to 1 --execute
assert_eq 0 "$RC"
history_is "prepared changed unchanged" "rollback by words"
assert_eq "0 true false" "$("$WHIMBREL" status "$PLAN" --json | jq -r '.flags[0] | "\(.share_of_10000) \(.writes_source) \(.writes_target)"')"

wb_case "without a flag, somebody is only paged"
begin "disable writes to target"
sed -i '/^flag:/d' "$PLAN"
expect_exit 0 "$WHIMBREL" check "$PLAN" --offline
assert_match 'manual +action +disable writes to target' "$(cat "$WB_TMP/out")"
start
wb_wait 60 waits_for_people
fail_with 9
wb_wait 60 handled || wb_assert_failed "not handled: $(tail -n 3 "$DIR/runner")"
finish
paged "disable writes to target"
assert_eq 0 "$(events flag)"
wb_finish
