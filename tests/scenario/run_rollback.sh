#!/bin/bash
# The way back when something comes between: another rollback while one is under way, and a runner that is ended in the
# middle of an undo.
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
wb_finish
