#!/bin/bash
# A PostgreSQL that is stopped in the middle of a step, of a check, of a ramp and of a rollback, and started again: said,
# nothing passes or counts as failed meanwhile, and the run goes on by itself; without a runner, by the same command.
. "$(dirname "$0")/run.bash"

wb_own_servers postgres || exit 99
servers() { "$WB_ROOT/scripts/servers" "$1" "$WB_SERVERS_DIR" "${@:2}"; }
away() { servers stop postgres >/dev/null 2>&1 || exit 99; }
back() { servers start --fast postgres >/dev/null 2>&1 || exit 99; }

plan away
SHOP=$(pg_db run_away)
export SHOP PGDATABASE=run_away WHIMBREL_TEST_CLOCK=$WB_TMP/clock
pg -c "CREATE TABLE history (what text); CREATE TABLE nap (what text, seconds float);
    INSERT INTO nap VALUES ('step', 3600), ('check', 3600); CREATE TABLE backlog (n int); INSERT INTO backlog VALUES (1)" >/dev/null
time=1700000000
set_clock() { echo "$1" >"$WHIMBREL_TEST_CLOCK.new" && mv "$WHIMBREL_TEST_CLOCK.new" "$WHIMBREL_TEST_CLOCK"; }
set_clock "$time"

naps() { [ "$(pg -c "SELECT count(*) FROM pg_stat_activity WHERE state = 'active' AND wait_event = 'PgSleep'")" = 1 ]; }
tells() { grep -qs "$1" "$DIR/runner"; }
has() { [ "$(events "$1")" -ge "$2" ]; }
share() { "$WHIMBREL" status "$PLAN" --json | jq -r '.flags[0].share_of_10000'; }
start() {
    rm -f "$DIR/runner" # what an earlier runner said is not what this one says
    "$WHIMBREL" run "$PLAN" --listen 0 >"$DIR/runner" 2>&1 </dev/null &
    RUNNER=$!
    trap 'kill -9 $RUNNER 2>/dev/null; servers stop postgres >/dev/null 2>&1' EXIT
    listening "$DIR/runner"
}
never() { wb_assert_failed "$1: $(tail -n 3 "$DIR/runner")"; }

wb_case "stopped in a step: said, nothing failed, and the step is done once it is back"
start
wb_wait 60 naps || never "the step never ran"
awake() { pg -c "UPDATE nap SET seconds = 0 WHERE what = '$1'" >/dev/null; } # what naps already does not see it
awake step
away
wb_wait 60 tells "PAGE: phase 1, step.1 waits for its database, and goes on by itself" || never "not said"
assert_eq "0 running" "$(events held) $(state)"
back
in_check() { [ "$(pg -c 'SELECT count(*) FROM history')" = 1 ] && naps; }
wb_wait 120 in_check || never "the step was not done"

wb_case "stopped in a check: it has neither passed nor failed"
awake check
away
wb_wait 60 has check 1 || never "no check was tried"
assert_eq "0 0" "$(sqlite3 "$PLAN.whimbrel.db" "SELECT count(*) FROM event WHERE kind = 'check' AND data NOT LIKE '%waiting%'") $(events held)"
back
in_stage() { # a check is asked again in time
    set_clock $((time += 3))
    turned
    has stage_started 1
}
wb_wait 120 in_stage || never "the check never passed"

wb_case "stopped in a ramp: the stage's time stands still, and nothing is taken back"
away
gate_stands_still() {
    set_clock $((time += 1))
    turned
    tells "gate of Half inconclusive"
}
wb_wait 120 gate_stands_still || never "not said"
for ((i = 0; i < 40; i++)); do # more than the stage would take
    set_clock $((time += 30))
    turned
    sleep 0.05
done
assert_eq "0 0 5000 running" "$(events stage_done) $(events held) $(share) $(state)"
kill -0 "$RUNNER" || never "the runner has ended"

wb_case "a runner that is started while the server is away says so, and does nothing"
kill -INT "$RUNNER"
wait "$RUNNER"
trap 'servers stop postgres >/dev/null 2>&1' EXIT
before=$(events stage_done)
run
assert_eq 4 "$RC"
said 'cannot connect|connect'
assert_eq "$before running" "$(events stage_done) $(state)"

wb_case "the same command goes on when it is back, to the end"
back
start
ended() { ! kill -0 "$RUNNER" 2>/dev/null; }
goes_on() {
    set_clock $((time += 2))
    turned
    ended
}
wb_wait 240 goes_on || never "it does not end"
wait "$RUNNER"
assert_eq 0 "$?" "exit code"
assert_eq "done 5000 1" "$(state) $(share) $(pg -c 'SELECT count(*) FROM history')"
elapsed=$(sqlite3 "$PLAN.whimbrel.db" "SELECT json_extract(data, '$.elapsed_ms') FROM event WHERE kind = 'gate' AND data LIKE '%passed%'")
[ "$elapsed" -ge 600000 ] || wb_assert_failed "passed after $elapsed ms"
assert_eq 1 "$(sqlite3 "$PLAN.whimbrel.db" "SELECT count(*) FROM event WHERE kind = 'step_outcome' AND data LIKE '%\"done\"%'")" "step done"

wb_case "a rollback that meets no server waits for it, and no person; without a runner, until the next one"
undone() { sqlite3 "$PLAN.whimbrel.db" "SELECT count(*) FROM event WHERE kind = 'undo_outcome' AND step = 'step.1' AND data LIKE '%\"done\"%'"; }
trap 'servers stop postgres >/dev/null 2>&1' EXIT
away
ask rollback --to 0 --execute
assert_eq 6 "$RC" "$(tail -n 1 "$OUT")"
said 'step.1 waits for its database, and goes on by itself'
assert_eq "rolling_back 0" "$(state) $(undone)"
back
run
assert_eq "1 held 1 0" "$RC $(state) $(undone) $(pg -c 'SELECT count(*) FROM history')"

wb_case "a runner goes on with it by itself"
ask resume
start
in_stage_again() {
    set_clock $((time += 3))
    has stage_started 2
}
wb_wait 120 in_stage_again || never "not in its stage again"
away
ask rollback --to 0 --execute
assert_eq 0 "$RC" "$(tail -n 1 "$OUT")"
wb_wait 120 tells "PAGE: phase 1, step.1 waits for its database, and goes on by itself" || never "not said"
assert_eq "rolling_back 1" "$(state) $(undone)"
back
rolled_back() { [ "$(state)" = held ]; }
wb_wait 120 rolled_back || never "not rolled back"
assert_eq "2 0" "$(undone) $(pg -c 'SELECT count(*) FROM history')"
wb_finish
