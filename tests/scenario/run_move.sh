#!/bin/bash
# Copying, comparing, a ramp whose gates and trigger are fed by a query; other terminals; a trigger that
# takes the reads back; a runner that waits and is asked.
. "$(dirname "$0")/run.bash"

begin() {
    plan move
    export SHOP=$DIR/shop.db NEW=$DIR/new.db
    sqlite3 "$SHOP" "CREATE TABLE people (id INTEGER PRIMARY KEY, name TEXT);
        WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000) INSERT INTO people SELECT i, 'p' || i FROM n;
        CREATE TABLE failures (n INT); INSERT INTO failures VALUES (0);
        CREATE TABLE open_questions (q TEXT); INSERT INTO open_questions VALUES ('who?')"
}
fail_with() { sqlite3 -cmd '.timeout 5000' "$SHOP" "UPDATE failures SET n = $1"; }
flag() { "$WHIMBREL" status "$PLAN" --json | jq -r '.flags[] | select(.name == "read_new") | .share_of_10000'; }
phase_state() { "$WHIMBREL" status "$PLAN" --json | jq -r ".phases[] | select(.number == $1) | .state"; }
start() {
    rm -f "$DIR/runner" # what an earlier runner said is not what this one says
    "$WHIMBREL" run "$PLAN" "$@" >"$DIR/runner" 2>&1 </dev/null &
    RUNNER=$!
    trap 'kill -9 $RUNNER 2>/dev/null' EXIT
}
finish() {
    RC=0
    wait "$RUNNER" || RC=$?
    trap - EXIT
}
state_is() { [ "$(state 2>/dev/null)" = "$1" ]; }
phase_is() { [ "$(phase_state "$1" 2>/dev/null)" = "$2" ]; }
flag_is() { [ "$(flag 2>/dev/null)" = "$1" ]; }

wb_case "copied, compared, ramped up stage by stage, until the exit criterion"
begin
start
wb_wait 60 phase_is 2 exiting || wb_assert_failed "never came to the exit criteria: $(tail -n 3 "$DIR/runner")"
assert_eq 10000 "$(flag)"
assert_eq 1000 "$(sqlite3 "$NEW" 'SELECT count(*) FROM people')"
assert_eq 2 "$(events stage_done)"
assert_eq 1 "$(events verdict)"
assert_match '"samples":' "$(sqlite3 "$PLAN.whimbrel.db" "SELECT data FROM event WHERE kind = 'gate' AND data LIKE '%passed%' LIMIT 1")"

wb_case "a second runner is refused, and the first one's name is told"
run
assert_eq 1 "$RC"
said "pid $RUNNER"

wb_case "the runner is paused and resumed from another terminal"
ask pause
assert_eq 0 "$RC"
assert_eq paused "$(state)"
ask resume
assert_eq 0 "$RC"
assert_eq running "$(state)"

wb_case "a trigger takes the reads back while the run only waits"
fail_with 9
wb_wait 60 state_is held || wb_assert_failed "never held: $(tail -n 3 "$DIR/runner")"
wb_wait 60 flag_is 0 || wb_assert_failed "the flag is $(flag)"
assert_match 'trigger.1 of phase 2 fired' "$(cat "$DIR/runner")"
ask approve --as anybody
assert_eq 1 "$RC"

wb_case "stopped by a signal, it can go on"
kill -INT "$RUNNER"
finish
assert_eq 130 "$RC"
assert_eq held "$(state)"

wb_case "rolled back, it begins the phase anew and ends"
fail_with 0
ask rollback --to 1 --execute
assert_eq 0 "$RC"
assert_eq rolled_back "$(phase_state 2)"
assert_eq 0 "$(sqlite3 "$PLAN.whimbrel.db" "SELECT count(*) FROM event WHERE kind = 'flag' AND json_extract(data, '\$.share') > 0
    AND seq > (SELECT max(seq) FROM event WHERE kind = 'rollback')")" "shares above 0 on the way back"
assert_eq done "$(phase_state 1)"
sqlite3 "$SHOP" "DELETE FROM open_questions"
# the target is not touched by going back: what was copied stays
ask resume
start
wb_wait 60 phase_is 2 exiting || wb_wait 1 phase_is 2 done || wb_assert_failed "stuck: $(tail -n 3 "$DIR/runner")"
sqlite3 "$NEW" "DELETE FROM open_questions"
finish
assert_eq 0 "$RC"
assert_eq 10000 "$(flag)"

wb_case "from the start again, the copy that is there is told as what it is"
ask rollback --to 0 --execute
assert_eq 0 "$RC"
ask resume
run --until 1
assert_eq 0 "$RC"
said 'nothing was copied now: the target has the copy of .* and is equal to the source'

wb_case "where the source has gone on since, it does not count: what differs is named, and what to do"
ask rollback --to 0 --execute
sqlite3 "$SHOP" "UPDATE people SET name = 'changed since' WHERE id = 1"
ask resume
run --until 1
assert_eq 1 "$RC"
said 'HELD: step.1 has failed .*is not equal to the source any more: .*people.*whimbrel verify .* --repair --execute'
assert_eq p1 "$(sqlite3 "$NEW" 'SELECT name FROM people WHERE id = 1')" "nothing is dropped or changed unasked"
"$WHIMBREL" verify "$PLAN" --repair --execute >"$OUT" 2>&1 </dev/null
ask resume
run --until 1
assert_eq 0 "$RC" "$(tail -n 2 "$OUT")"
assert_eq "changed since" "$(sqlite3 "$NEW" 'SELECT name FROM people WHERE id = 1')"

wb_case "a validation that fails holds"
begin
run --until 0
assert_eq 0 "$RC"
fail_with 4
run
assert_eq 1 "$RC"
said 'HELD: validation.1 has failed'

wb_case "no data never passes a gate"
begin
sqlite3 "$SHOP" "DELETE FROM failures"
run
assert_eq 6 "$RC"
assert_eq checking "$(phase_state 1)"
wb_finish
