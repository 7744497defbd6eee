#!/bin/bash
# Contract case 34: a trigger of an earlier phase fires in a later one. The later phase is undone first, while
# what it reads is still there; then the trigger's own action runs, once. Also while the run is paused, and
# when the runner is ended in between.
. "$(dirname "$0")/run.bash"

begin() {
    plan later
    export SHOP=$DIR/shop.db
    sqlite3 "$SHOP" "CREATE TABLE history (what TEXT); CREATE TABLE failures (n INT); INSERT INTO failures VALUES (0)"
}
fail_with() { sqlite3 -cmd '.timeout 5000' "$SHOP" "UPDATE failures SET n = $1"; }
history_is() { assert_eq "$1" "$(sqlite3 "$SHOP" 'SELECT what FROM history ORDER BY rowid' | paste -sd ';')" "history"; }
handled() { [ "$(sqlite3 "$PLAN.whimbrel.db" "SELECT count(*) FROM event WHERE kind = 'action_outcome' AND data LIKE '%handled%'")" = 1 ]; }
waits_for_people() { [[ $("$WHIMBREL" status "$PLAN" --json 2>/dev/null | jq -r .next) == "step.3: Ask everybody"* ]]; }
start() {
    rm -f "$DIR/runner" # what an earlier runner said is not what this one says
    "$WHIMBREL" run "$PLAN" >"$DIR/runner" 2>&1 </dev/null &
    RUNNER=$!
    trap 'kill -9 $RUNNER 2>/dev/null' EXIT
    wb_wait 60 waits_for_people || wb_assert_failed "never came to step.3: $(tail -n 3 "$DIR/runner")"
}
finish() {
    kill -INT "$RUNNER"
    wait "$RUNNER"
    trap - EXIT
}
all_undone='made;readers in, accounts: 0;readers out, accounts: 0;dropped by the action'

wb_case "later phases first, then the trigger's action"
begin
start
fail_with 9
wb_wait 60 handled || wb_assert_failed "not handled: $(tail -n 3 "$DIR/runner")"
finish
history_is "$all_undone"
assert_eq "done rolled_back" "$("$WHIMBREL" status "$PLAN" --json | jq -r '[.phases[].state] | join(" ")')"
assert_eq held "$(state)"
assert_eq "read_new 0 off" "$("$WHIMBREL" status "$PLAN" --json | jq -r '.flags[] | "\(.name) \(.share_of_10000) \(.stage)"')" \
    "the flag that the later phase's step had set"
assert_match 'write failures' "$("$WHIMBREL" status "$PLAN")"

wb_case "nothing goes forward until somebody has looked"
run
assert_eq 1 "$RC"
history_is "$all_undone"

wb_case "triggers are evaluated while the run is paused"
begin
start
ask pause
fail_with 9
wb_wait 60 handled || wb_assert_failed "not handled: $(tail -n 3 "$DIR/runner")"
finish
history_is "$all_undone"

wb_case "without data nothing fires"
begin
start
sqlite3 "$SHOP" "DELETE FROM failures"
wb_wait 60 grep -qs 'trigger.1 of phase 1 inconclusive' "$DIR/runner" || wb_assert_failed "not told: $(tail -n 3 "$DIR/runner")"
finish
assert_eq 0 "$(events rollback)"
assert_eq running "$(state)"

wb_case "ended at every durable write on the way back, it comes to the same end"
export WHIMBREL_TEST_CLOCK=$WB_TMP/clock
points=0
undone() { sqlite3 "$SHOP" "SELECT count(*) FROM history WHERE what LIKE 'readers out%'"; }
handled_in_time() {
    echo $((time += 1)) >"$WHIMBREL_TEST_CLOCK.new"
    mv "$WHIMBREL_TEST_CLOCK.new" "$WHIMBREL_TEST_CLOCK"
    if [ "$looked" = 0 ] && grep -q 'PAGE: nobody knows whether step.1 of phase 2 was undone' "$DIR/runner"; then
        looked=1 # a person looks, and says what there is
        if [ "$(undone)" = 1 ]; then ask approve --step step.1; else ask resume; fi
    fi
    handled
}
for ((n = 1; n < 40; n++)); do
    begin
    echo 1700000000 >"$WHIMBREL_TEST_CLOCK"
    run
    fail_with 9
    # A clock that stands still gives no samples of different times: it is moved while the runner runs.
    WHIMBREL_TEST_JOURNAL=$n:kill-before "$WHIMBREL" run "$PLAN" >"$DIR/runner" 2>&1 </dev/null &
    RUNNER=$!
    time=1700000100
    while kill -0 "$RUNNER" 2>/dev/null && ! handled; do
        echo $((time += 1)) >"$WHIMBREL_TEST_CLOCK.new"
        mv "$WHIMBREL_TEST_CLOCK.new" "$WHIMBREL_TEST_CLOCK"
        sleep 0.05
    done
    if handled; then # the write of this number never came
        kill -INT "$RUNNER"
        wait "$RUNNER" 2>/dev/null
        break
    fi
    wait "$RUNNER" 2>/dev/null
    points=$((points + 1))
    "$WHIMBREL" run "$PLAN" >"$DIR/runner" 2>&1 </dev/null &
    RUNNER=$!
    time=$((time + 20))
    looked=0
    wb_wait 120 handled_in_time
    kill -INT "$RUNNER" 2>/dev/null
    wait "$RUNNER" 2>/dev/null
    # An undo or an action that was interrupted without a verify block is not run twice by itself.
    told=$(sqlite3 "$SHOP" "SELECT count(*) FROM history WHERE what LIKE 'dropped%'")
    [ "$told" -le 1 ] || wb_assert_failed "write $n: the action ran $told times"
    [ "$(undone)" -le 1 ] || wb_assert_failed "write $n: the undo ran $(undone) times"
    handled || wb_assert_failed "write $n: $(tail -n 2 "$DIR/runner")"
done 2>/dev/null
[ "$points" -ge 6 ] || wb_assert_failed "struck at $points points only"
wb_finish
