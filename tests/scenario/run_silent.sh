#!/bin/bash
# A trigger whose source does not answer: the stage's time stands still and people are paged, whatever the
# gate says. And a source that hangs delays neither the gates nor the triggers that read others.
. "$(dirname "$0")/run.bash"

plan silent
export SHOP=$DIR/shop.db
sqlite3 "$SHOP" "CREATE TABLE depth (n INT); INSERT INTO depth VALUES (1)"

wb_case "the gate holds while a trigger cannot be evaluated"
run --allow-shell
assert_eq 6 "$RC"
assert_eq ramping "$("$WHIMBREL" status "$PLAN" --json | jq -r '.phases[0].state')"
assert_eq 0 "$(events stage_done)"
assert_eq 0 "$(sqlite3 "$PLAN.whimbrel.db" "SELECT count(*) FROM event WHERE data LIKE '%nothing was measured yet%'")" "told before it was asked"
assert_match 'this trigger cannot be evaluated.*late' "$(sqlite3 "$PLAN.whimbrel.db" "SELECT data FROM event WHERE kind = 'page'")"

wb_case "one source hangs: a trigger on another fires all the same"
touch "$SHOP.slow"
sqlite3 "$SHOP" "CREATE TABLE late (n INT); INSERT INTO late VALUES (9)"
"$WHIMBREL" run "$PLAN" --allow-shell >"$DIR/runner" 2>&1 </dev/null &
RUNNER=$!
trap 'rm -f "$SHOP.slow"; kill -9 $RUNNER 2>/dev/null' EXIT
fired() { [ "$(events rolled_back)" != 0 ]; }
wb_wait 60 fired || wb_assert_failed "nothing fired: $(tail -n 3 "$DIR/runner")"
kill -INT "$RUNNER"
wait "$RUNNER"
trap - EXIT
assert_eq 0 "$(events stage_done)"

wb_case "once all answer, the stage passes"
rm -f "$SHOP.slow"
sqlite3 "$SHOP" "UPDATE late SET n = 0"
ask resume
run --allow-shell
assert_eq 0 "$RC"
assert_eq 1 "$(events run_done)"
wb_finish
