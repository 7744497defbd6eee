#!/bin/bash
# A clock that steps back and forth by hours while a gate is judged: nothing passes early, nothing fires, and people are
# told. Then the days and release cycles that a plan waits for, over several runners.
. "$(dirname "$0")/run.bash"

export WHIMBREL_TEST_CLOCK=$WB_TMP/clock
set_clock() { echo "$1" >"$WHIMBREL_TEST_CLOCK.new" && mv "$WHIMBREL_TEST_CLOCK.new" "$WHIMBREL_TEST_CLOCK"; }
time=1700000000 # 2023-11-14, day 1
set_clock "$time"
plan clock
shop
sq "CREATE TABLE failures (n INT); INSERT INTO failures VALUES (2)"
next() { "$WHIMBREL" status "$PLAN" --json 2>/dev/null | jq -r .next; }
notes() { sqlite3 "$PLAN.whimbrel.db" "SELECT count(*) FROM event WHERE kind = 'note' AND data LIKE '%the clock was set %'" 2>/dev/null; }
in_stage() { [ "$("$WHIMBREL" status "$PLAN" --json 2>/dev/null | jq -r '.phases[0].items[]? | select(.id == "stage.1") | .state')" = running ]; }
noted() { [ "$(notes)" -ge "$1" ]; }

"$WHIMBREL" run "$PLAN" --listen 0 >"$DIR/runner" 2>&1 </dev/null &
RUNNER=$!
trap 'kill -9 $RUNNER 2>/dev/null' EXIT
listening "$DIR/runner"
wb_wait 60 in_stage || wb_assert_failed "never in its stage: $(tail -n 3 "$DIR/runner")"

wb_case "a clock that steps by hours is told, and passes nothing and fires nothing"
want=0
for hours in 3 -3 7 -20 20; do
    set_clock $((time + hours * 3600))
    wb_wait 60 noted $((want += 1)) || wb_assert_failed "step by $hours h: not told"
    set_clock "$time"
    wb_wait 60 noted $((want += 1)) || wb_assert_failed "step back from $hours h: not told"
done
assert_match 'the clock was set forward by (2 h 59|3 h 00) min' "$(cat "$DIR/runner")"
assert_match 'the clock was set back by' "$(cat "$DIR/runner")"
assert_eq "0 0 0" "$(events stage_done) $(events rollback) $(events held)"
kill -0 "$RUNNER" || wb_assert_failed "the runner has ended: $(tail -n 3 "$DIR/runner")"

wb_case "time that passes does pass the gate"
waits_for_phase_2() { [[ $(next) == *"Ramp running"* ]]; }
for ((i = 0; i < 3000; i++)); do
    [ $((i % 20)) = 0 ] && waits_for_phase_2 && break
    set_clock $((time += 5))
    turned
    sleep 0.05
done
waits_for_phase_2 || wb_assert_failed "never came to phase 2: $(tail -n 3 "$DIR/runner")"
assert_eq 0 "$(events rollback)"
elapsed=$(sqlite3 "$PLAN.whimbrel.db" "SELECT json_extract(data, '$.elapsed_ms') FROM event WHERE kind = 'gate' AND data LIKE '%passed%'")
[ "$elapsed" -ge 600000 ] || wb_assert_failed "passed after $elapsed ms"

wb_case "a day that the clock jumped over is not taken for one"
set_clock $((time += 90000))
wb_wait 60 noted $((want + 1))
still() { grep -q 'set forward' <<<"$(next)"; }
wb_wait 60 still || wb_assert_failed "waits for: $(next)"
kill -INT "$RUNNER"
wait "$RUNNER"
trap - EXIT

wb_case "another runner takes the day for one; people confirm release cycles"
run
assert_eq 6 "$RC"
said 'step.1'
ask approve --step step.1
assert_eq 0 "$RC"

wb_case "before the day is over, nothing is dropped"
run
assert_eq 6 "$RC"
said 'waits for the end of day 25'
assert_eq prepared "$(sq 'SELECT what FROM history')"

wb_case "when it is over, the step runs"
set_clock 1702166401 # 2023-12-10
run
assert_eq 0 "$RC"
assert_eq "prepared dropped" "$(sq 'SELECT what FROM history ORDER BY rowid' | xargs)"
wb_finish
