#!/bin/bash
# What goes wrong around a run: a broken plan, a metric that nothing measures, a plan that is gone, the journal of
# another plan, a second runner, Ctrl-C and a closed terminal. Each is said, nothing
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

wb_case "the journal of a plan with other phases is not taken for one's own"
sed -i 's/^## Phase 2: Tidy/## Phase 2: Sweep/' "$PLAN"
run
assert_eq 3 "$RC"
said 'was edited'
original

# started SIGNAL…: a runner that waits for a person gets the signals; sets RC
started() {
    local pid signal
    "$WHIMBREL" run "$PLAN" >"$OUT" 2>&1 </dev/null &
    pid=$!
    wb_wait 60 grep -q 'step.1' "$OUT"
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
"$WHIMBREL" run "$PLAN" >"$DIR/first" 2>&1 </dev/null &
first=$!
wb_wait 60 grep -q 'step.1' "$DIR/first"
run
assert_eq 1 "$RC"
said 'another whimbrel runs this plan'
kill -s INT "$first"
wait "$first" || true

wb_case "the plan comes to its end after all that"
ask approve --step step.1
run
assert_eq 6 "$RC"
ask approve --as "data lead"
run
assert_eq 0 "$RC"
assert_eq done "$(state)"
wb_finish
