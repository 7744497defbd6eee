#!/bin/bash
# The way back when something comes between: another rollback while one is under way, a runner that is ended in the
# middle of an undo, rows that changed since.
. "$(dirname "$0")/run.bash"

begin() { # until phase 2 waits for its person
    plan back
    shop
    sq "CREATE TABLE counter (n INT); INSERT INTO counter VALUES (0)"
    run
    ask approve --step step.2
    run
    assert_eq 6 "$RC" "$(tail -n 1 "$OUT")"
    said 'phase 2, step.2: a person has to do this'
}
phases() { "$WHIMBREL" status "$PLAN" --json | jq -r '[.phases[].state] | join(" ")'; }
history() { sq 'SELECT what FROM history ORDER BY rowid' | xargs; }

begin
wb_case "a nearer one is refused: what is being undone is undone to its end"
ask approve --step step.2
ask rollback --to 0 --execute # waits for the person who is to undo step.2
assert_eq "1 rolling_back" "$RC $(state)"
said 'a person has to undo step.2 of phase 2'
ask rollback --to 1 --execute
assert_eq 1 "$RC"
said 'being rolled back as far as to phase 0'
assert_eq "rolling_back rolling_back" "$(phases)"
ask rollback --to 1
said '4 to undo'

wb_case "the same again goes on with it; a person's part is confirmed, and it comes to its end"
ask rollback --execute
said 'a person has to undo step.2 of phase 2'
assert_eq "rolling_back rolling_back 0 1" "$(phases) $(events rolled_back) $(sq 'SELECT n FROM counter')"
ask approve --step step.2 # goes on by itself, to the person of phase 1
said 'a person has to undo step.2 of phase 1'
assert_eq "rolling_back rolled_back 0 prepared" "$(phases) $(sq 'SELECT n FROM counter') $(history)"
ask approve --step step.2
assert_eq "rolled_back rolled_back held" "$(phases) $(state)"
assert_eq "prepared unprepared" "$(history)"

begin
wb_case "one that goes further takes the earlier phase along"
ask approve --step step.2
ask rollback --to 1 --execute
assert_eq "done rolling_back" "$(phases)"
ask rollback --to 0 --execute
assert_eq "rolling_back rolling_back" "$(phases)"
ask approve --step step.2
ask approve --step step.2
assert_eq "rolled_back rolled_back held" "$(phases) $(state)"

# ended WHAT HOW FAR…: the rollback is ended before the write that tells of its first undo's outcome; WHAT: true by then
export WHIMBREL_TEST_CLOCK=$WB_TMP/clock
time=1700000000
ended() {
    local n
    for ((n = 1; n < 20; n++)); do
        echo $((time += 100)) >"$WHIMBREL_TEST_CLOCK" # the lease of who was ended has run out
        "$1"
        WHIMBREL_TEST_JOURNAL=$n:kill-before ask rollback "${@:3}" --execute 2>/dev/null
        "$2" && [ "$(events undo_outcome)" = 0 ] && break
    done
    echo $((time += 100)) >"$WHIMBREL_TEST_CLOCK"
}
counted() { [ "$(sq 'SELECT n FROM counter')" = 0 ]; }

wb_case "ended between an undo and its outcome, without a verify block: a person looks, and it is not undone twice"
ended begin counted --to 1
assert_eq "137 0" "$RC $(sq 'SELECT n FROM counter')"
run
assert_eq 1 "$RC"
said 'nobody knows whether step.1 of phase 2 was undone'
assert_eq "0 rolling_back" "$(sq 'SELECT n FROM counter') $(state)"
assert_match 'by hand .*approve .* --step step.1' "$("$WHIMBREL" status "$PLAN" --json | jq -r .next)"
ask approve --step step.1
assert_eq "done rolled_back 0" "$(phases) $(sq 'SELECT n FROM counter')"

wb_case "not undone, says the person, and it is"
ended begin counted --to 1
run
sq 'UPDATE counter SET n = 1'
ask resume
assert_eq "done rolled_back 0" "$(phases) $(sq 'SELECT n FROM counter')"

wb_case "with a verify block, that decides"
filled() {
    plan split
    shop
    run
}
emptied() { [ "$(sq 'SELECT count(*) FROM history')" = 0 ]; }
ended filled emptied --to 0
run
assert_eq 1 "$RC"
said 'nothing was there to undo'
assert_eq "history people" "$(sq "SELECT name FROM sqlite_master WHERE name NOT LIKE 'sqlite%' ORDER BY 1" | xargs)"

unset WHIMBREL_TEST_CLOCK
wb_case "a step that was done is undone, though what its verify block looks at has changed since"
filled
sq "INSERT INTO history VALUES ('filled')"
ask rollback --to 0 --execute
assert_eq "0 0" "$RC $(sq 'SELECT count(*) FROM history')"
assert_eq "" "$(grep 'nothing was there' "$OUT")"
wb_finish
