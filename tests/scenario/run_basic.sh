#!/bin/bash
# A plan from its first to its last phase in one SQLite file: dry run, steps, checks, a manual step, a
# signature, what cannot be undone; status; an edit; going back.
. "$(dirname "$0")/run.bash"

plan split
shop

wb_case "a dry run tells every action and does none"
expect_exit 0 "$WHIMBREL" run "$PLAN" --dry-run
assert_match 'undone by the SQL of line' "$(cat "$WB_TMP/out")"
assert_eq "" "$(ls "$DIR" | grep whimbrel)" "files"
assert_eq 2 "$(sq "SELECT count(*) FROM sqlite_master")"

wb_case "a plan that was never run has no status"
ask status
assert_eq 4 "$RC"

wb_case "a failed entry criterion waits, and changes nothing"
sq "DELETE FROM people WHERE id = 3"
run
assert_eq 6 "$RC"
said 'returned 2, expected 3'
assert_eq 0 "$(events step_intent)"
sq "INSERT INTO people VALUES (3, 'c', 'z')"

wb_case "steps run once, checks pass, the manual step is waited for"
run
assert_eq 6 "$RC"
said 'approve .* --step step.1'
assert_eq 3 "$(sq "SELECT count(*) FROM customers")"
assert_eq 1 "$(sq "SELECT count(*) FROM history")"
assert_eq running "$(state)"

wb_case "the application's triggers are in force"
sq "INSERT INTO people VALUES (4, 'd', 'w')"
assert_eq 4 "$(sq "SELECT count(*) FROM customers")"
sq "DELETE FROM people WHERE id = 4; DELETE FROM customers WHERE id = 4; DELETE FROM addresses WHERE person = 4"

wb_case "another step than the one waited for cannot be confirmed"
ask approve --step step.2
assert_eq 1 "$RC"
ask approve --step step.1
assert_eq 0 "$RC"

wb_case "what cannot be undone waits for a signature"
run
assert_eq 6 "$RC"
said 'data lead has to sign first'
assert_eq 3 "$(sq "SELECT count(*) FROM people")"

wb_case "only the role that the plan names may sign"
ask approve --as cook
assert_eq 1 "$RC"
ask approve --as "Data Lead"
assert_eq 0 "$RC"

wb_case "what cannot be meant is refused, and says what can be"
ask approve --as "data laed"
assert_eq 1 "$RC"
said 'asks for no signature of "data laed"; it asks for "data lead"'
ask amend --reason "nothing was edited"
assert_eq 1 "$RC"
said 'the plan is as it was'
for more in "" --execute; do
    # shellcheck disable=SC2086
    ask rollback --to 9 $more
    assert_eq 1 "$RC"
    said 'there is no phase 9: the last one is 2'
done

wb_case "an edit of a phase under way is refused, and voids signatures once it is amended"
sed -i 's/must return 3$/must return 3; `SELECT 1` must return 1/' "$PLAN"
run
assert_eq 3 "$RC"
said 'was edited'
ask amend --reason "one more check"
assert_eq 0 "$RC"
run
assert_eq 6 "$RC"
said 'data lead has to sign first'
ask approve --as "data lead"

wb_case "an end that the plan does not have is refused"
run --until 9
assert_eq 2 "$RC"
said 'last phase is 2'

wb_case "the plan ends"
run
assert_eq 0 "$RC"
assert_eq done "$(state)"
assert_eq 0 "$(sq "SELECT count(*) FROM sqlite_master WHERE name = 'people'")"
run
assert_eq 0 "$RC" "once more"
said "nothing to do: the plan, .* is done"
assert_eq 1 "$(sq "SELECT count(*) FROM history")"

wb_case "no secret and no value of the environment is in the journal"
assert_eq "" "$(sqlite3 "$PLAN.whimbrel.db" "SELECT data FROM event WHERE kind = 'run_started' AND data LIKE '%$SHOP%'")"

wb_case "going back over what cannot be undone asks for a confirmation of its own"
ask rollback --to 1 --execute
assert_eq 1 "$RC"
said 'confirm-irreversible'

# --- the way back ---
plan split
shop
wb_case "a rollback shows what it would do, then does it in reverse order"
run
ask rollback --to 0
assert_eq 0 "$RC"
said 'Nothing was done'
assert_eq 3 "$(sq "SELECT count(*) FROM customers")"
sed -i 's/^   DROP TABLE customers;$/   SELECT no_such_thing;/' "$PLAN" # the journalled text is what runs
ask rollback --to 0 --execute
assert_eq 0 "$RC"
assert_eq "history people" "$(sq "SELECT name FROM sqlite_master WHERE name NOT LIKE 'sqlite%' ORDER BY 1" | xargs)"
assert_eq 0 "$(sq "SELECT count(*) FROM history")"
assert_eq held "$(state)"
cp "$WB_ROOT/tests/plans/run/split.md" "$PLAN"

wb_case "a phase that was undone can be run again"
ask resume
run
assert_eq 6 "$RC"
assert_eq 3 "$(sq "SELECT count(*) FROM customers")"

wb_case "a failed check holds until somebody has looked"
plan split
shop
sed -i 's/^SELECT id FROM customers EXCEPT.*/SELECT id FROM customers/' "$PLAN"
run
assert_eq 1 "$RC"
said 'HELD: check.2 has failed'
assert_eq held "$(state)"
run
assert_eq 1 "$RC"
sq "DELETE FROM customers; DELETE FROM people"
ask resume
run
assert_eq 6 "$RC" "after the check passes"

wb_case "a step that fails leaves nothing, holds, and is tried again on resume"
plan split
shop
sq "DROP TABLE history"
run
assert_eq 1 "$RC"
assert_eq 0 "$(sq "SELECT count(*) FROM customers")"
sq "CREATE TABLE history (what TEXT)"
ask resume
run
assert_eq 6 "$RC"
assert_eq 3 "$(sq "SELECT count(*) FROM customers")"

wb_case "an aborted run does not go on"
ask abort --reason "postponed"
assert_eq 0 "$RC"
run
assert_eq 1 "$RC"
said 'aborted: it does not go on'
said 'to begin anew, keep its journal under another name'
assert_eq aborted "$(state)"
ask status
said 'why: +aborted by .*: postponed'
ask rollback --to 0
said 'the run was aborted; do by hand what is wanted'
ask rollback --to 0 --execute
assert_eq 1 "$RC"

wb_case "another database in place of the first is refused"
plan split
shop
run
mv "$SHOP" "$SHOP.old"
cp "$SHOP.old" "$SHOP"
run
assert_eq 1 "$RC"
said 'another database'
wb_finish
