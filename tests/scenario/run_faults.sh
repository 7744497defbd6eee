#!/bin/bash
# What goes wrong around a run: a broken plan, a metric that nothing measures, a plan that is gone, the journal of
# another plan, a folder that cannot be written, a second runner, Ctrl-C and a closed terminal. Each is said, nothing
# goes forward, and the same command goes on afterwards.
. "$(dirname "$0")/run.bash"

plan split
shop
untouched() { # nothing was begun: neither a table nor a journal
    assert_eq "history people" "$(sq "SELECT name FROM sqlite_master WHERE name NOT LIKE 'sqlite%' ORDER BY 1" | xargs)"
    assert_eq "" "$(find "$DIR" -name '*.whimbrel.db')"
}
original() { cp "$WB_ROOT/tests/plans/run/split.md" "$PLAN"; }

wb_case "a broken plan is refused before anything is done"
sed -i 's/^\*\*Integrity check\*\*/**Integrity chek**/' "$PLAN"
run
assert_eq 3 "$RC"
said 'split.md:[0-9]*:3: the label is nearly understood'
untouched

wb_case "an unknown phrase is refused before anything is done"
original
sed -i 's/^\*\*Entry criteria\*\*: .*/**Entry criteria**: Error rte < 0.1%/' "$PLAN"
run
assert_eq 3 "$RC"
said 'rte'
untouched

wb_case "a criterion whose metric nothing measures is refused before anything is done"
original
sed -i 's/^\*\*Entry criteria\*\*: mirror/**Entry criteria**: queue depth < 5, mirror/' "$PLAN"
run
assert_eq 3 "$RC"
said 'queue depth < 5.*nothing measures it'
untouched

wb_case "a plan that is gone is said, and the run goes on when it is back"
original
run
assert_eq 6 "$RC"
mv "$PLAN" "$DIR/gone"
run
assert_eq 4 "$RC"
said 'split.md: No such file or directory'
mv "$DIR/gone" "$PLAN"
run
assert_eq 6 "$RC"
assert_eq 1 "$(sq "SELECT count(*) FROM history")"

wb_case "an edit of a phase is not taken over by itself"
sed -i 's/^## Phase 2: Tidy/## Phase 2: Sweep/' "$PLAN"
run
assert_eq 3 "$RC"
said 'was edited'
original

# started SIGNAL…: a runner that waits for a person gets the signals; sets RC
started() {
    local pid signal
    rm -f "$OUT" # what an earlier runner said is not what this one says
    "$WHIMBREL" run "$PLAN" >"$OUT" 2>&1 </dev/null &
    pid=$!
    wb_wait 60 grep -qs 'step.1' "$OUT"
    for signal in "$@"; do kill -s "$signal" "$pid" 2>/dev/null || true; done
    RC=0
    wait "$pid" || RC=$?
}

wb_case "asked to end while it waits, or with its terminal closed, it leaves nothing locked"
for signals in INT TERM HUP "HUP HUP"; do
    # shellcheck disable=SC2086
    started $signals
    assert_eq "$((128 + $(kill -l "${signals%% *}")))" "$RC" "$signals"
    assert_eq null "$("$WHIMBREL" status "$PLAN" --json | jq -r .runner)" "$signals"
    run
    assert_eq 6 "$RC" "after $signals"
done
assert_eq 1 "$(sq "SELECT count(*) FROM history")"

wb_case "a second runner is told of the first, and does nothing"
rm -f "$DIR/first"
"$WHIMBREL" run "$PLAN" >"$DIR/first" 2>&1 </dev/null &
first=$!
wb_wait 60 grep -qs 'step.1' "$DIR/first"
run
assert_eq 1 "$RC"
said 'another whimbrel runs this plan'
kill -s INT "$first"
wait "$first" || true

wb_case "another plan is not run by a journal that was copied beside it, though its phases are the same"
other=$DIR/other.md
sed 's/^# Split people.*/# Another plan/' "$PLAN" >"$other"
cp "$PLAN.whimbrel.db" "$other.whimbrel.db"
mine=$PLAN
PLAN=$other
before=$(sqlite3 "$PLAN.whimbrel.db" "SELECT count(*) FROM event")
run
assert_eq 3 "$RC"
said 'the journal of .*other.md belongs to another plan: "Split people into customers and addresses" .*split.md'
said 'move .*other.md.whimbrel.db beside the plan that it belongs to'
for command in "amend --reason edited" "rollback --to 0 --execute" "abort --reason over" "approve --step step.1"; do
    # shellcheck disable=SC2086
    ask $command
    assert_eq 3 "$RC" "$command"
    said 'belongs to another plan'
done
assert_eq "$before" "$(sqlite3 "$PLAN.whimbrel.db" "SELECT count(*) FROM event")" "events"
rm "$other.whimbrel.db"
run # its tables are there already
assert_eq "1 1" "$(events run_started) $RC" "a journal of its own"
said 'customers already exists'
PLAN=$mine

wb_case "a plan that is renamed with its journal, or whose title is edited, is the same one"
mv "$PLAN" "$DIR/renamed.md"
mv "$PLAN.whimbrel.db" "$DIR/renamed.md.whimbrel.db"
PLAN=$DIR/renamed.md
run
assert_eq 6 "$RC"
said 'approve .* --step step.1'
mv "$PLAN.whimbrel.db" "$mine.whimbrel.db"
mv "$PLAN" "$mine"
PLAN=$mine
sed -i 's/^# Split people.*/# Split people in two/' "$PLAN"
run
assert_eq 6 "$RC"
original
assert_eq 1 "$(sq "SELECT count(*) FROM history")"

wb_case "a plan that is deleted while it runs: its runner goes on, and is asked again when it is back"
rm -f "$DIR/first"
"$WHIMBREL" run "$PLAN" >"$DIR/first" 2>&1 </dev/null &
first=$!
wb_wait 60 grep -qs 'step.1' "$DIR/first"
mv "$PLAN" "$DIR/gone"
ask approve --step step.1
assert_eq 4 "$RC"
said 'split.md: No such file or directory'
kill -0 "$first" || wb_assert_failed "the runner has ended: $(tail -n 3 "$DIR/first")"
mv "$DIR/gone" "$PLAN"
ask approve --step step.1
assert_eq 0 "$RC"
wb_wait 60 grep -q 'data lead has to sign' "$DIR/first" || wb_assert_failed "it does not go on: $(tail -n 3 "$DIR/first")"
kill -s INT "$first"
wait "$first" || true

wb_case "where no journal can be written nothing is begun"
mkdir "$DIR/sealed"
cp "$PLAN" "$DIR/sealed/"
chmod 500 "$DIR/sealed"
mine=$PLAN
PLAN=$DIR/sealed/split.md
unprivileged=()
[ "$EUID" -ne 0 ] || unprivileged=(setpriv --bounding-set=-all) # root writes anywhere
RC=0
"${unprivileged[@]}" "$WHIMBREL" run "$PLAN" --no-wait >"$OUT" 2>&1 </dev/null || RC=$?
assert_eq 4 "$RC"
said 'split.md.whimbrel.db'
assert_eq split.md "$(ls -A "$DIR/sealed")"
chmod 700 "$DIR/sealed"
PLAN=$mine

wb_case "the plan comes to its end after all that"
run
assert_eq 6 "$RC"
ask approve --as "data lead"
run
assert_eq 0 "$RC"
assert_eq done "$(state)"
wb_finish
