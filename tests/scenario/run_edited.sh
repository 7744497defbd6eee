#!/bin/bash
# A plan that is edited while its run goes on, in a phase that is done: in its words, its Rollback, its SQL, a block, a file
# or the front matter that it uses. Nothing goes on by the new text before somebody has taken it over and said why; then
# the signatures are void, and what was done is undone by the text that was journalled before it ran.
. "$(dirname "$0")/run.bash"

begin() { # until phase 1 is done, and phase 2 waits for its person
    plan edited
    cp "$WB_ROOT/tests/plans/run/edited-mapping.md" "$DIR/"
    echo 3 >"$DIR/edited-backlog.txt"
    shop
    run --allow-shell
    ask approve --as "data lead"
    run --allow-shell
    assert_eq 6 "$RC" "$(tail -n 1 "$OUT")"
    said 'phase 2, step.2: a person has to do this'
}
history() { sq 'SELECT what FROM history ORDER BY rowid' | xargs; }
signed() { "$WHIMBREL" status "$PLAN" --json | jq -r '[.phases[].sign_offs[].signed] | join(" ")'; }
edited() { "$WHIMBREL" status "$PLAN" --json | jq -r .edited; }

# refused WHAT: nothing goes on by the edited text, status says so, and a reason is asked for
refused() {
    wb_case "$1: said by status, and refused until it is taken over with a reason"
    assert_match "$2.* edited since" "$(edited)"
    ask status
    said 'edited: +phase .*whimbrel amend'
    run --allow-shell
    assert_eq 3 "$RC"
    said "$2.* edited since the run began"
    said 'whimbrel amend'
    ask approve --as "data lead"
    ask amend
    assert_eq 1 "$RC"
    said 'why.* --reason'
    assert_eq "0 prepared twice changed" "$(events amended) $(history)"
}
amended() { # goes on after it, with signatures that are void
    ask amend --reason "somebody wanted it so"
    assert_eq 0 "$RC"
    said 'sign-offs of what was edited.* are void'
    assert_eq "$1 null" "$(signed) $(edited)"
    run --allow-shell
    assert_eq "6 prepared twice changed" "$RC $(history)"
}
# the way back is the one that was journalled
back() {
    ask rollback --to 0 --execute --timeout 60s
    assert_eq 0 "$RC"
    assert_eq "prepared twice changed unchanged tidied not twice unprepared" "$(history)"
}

begin
sed -i 's/^\*\*Goal\*\*: the tables are there\./**Goal**: all tables are there./' "$PLAN"
refused "the words of a done phase" "phase 1"
amended "false false"
back

begin
sed -i '0,/^\*\*Rollback\*\*: tidy-up/s//**Rollback**: set feature flag `x` to false/' "$PLAN"
refused "its Rollback" "phase 1"
amended "false false"
back

begin
sed -i "s/VALUES ('unprepared')/VALUES ('never')/; s/VALUES ('prepared')/VALUES ('other')/" "$PLAN"
refused "its SQL" "phase 1"
amended "false false"
back

begin
sed -i "s/VALUES ('tidied')/VALUES ('never')/" "$PLAN"
refused "a block that it names elsewhere" "phase 1"
amended "false false"
back

begin
sed -i 's/people.name/people.street/' "$DIR/edited-mapping.md"
refused "a file that the front matter names" "phase 1"
amended "false false"
back

begin
echo 4 >"$DIR/edited-backlog.txt"
refused "a file that a script of a later phase reads" "phase 2"
amended "true false" # phase 1 does not use it
back

begin
sed -i 's/^whimbrel: 1/whimbrel: 1\nobservations: 7/' "$PLAN"
refused "the front matter" "phase 1"
amended "false false"
back

begin
wb_case "a step of a done phase that is gone from the plan is undone all the same"
awk '/^2\. Note it twice/ { skip = 1 } /^\*\*Integrity check/ { skip = 0 } !skip' "$PLAN" >"$DIR/new" && mv "$DIR/new" "$PLAN"
assert_eq 0 "$(grep -c 'not twice' "$PLAN")"
run --allow-shell
assert_eq 3 "$RC"
ask amend --reason "nobody needs it"
assert_eq 0 "$RC"
back

wb_case "after the rollback the phase runs as it is by now"
ask resume
run --allow-shell
assert_match 'HELD: check.1 has failed' "$(cat "$OUT")"
assert_eq 2 "$(sq "SELECT count(*) FROM history WHERE what = 'prepared'")"

begin
wb_case "a phase that is done cannot leave the plan"
awk '/^## Phase 1/ { skip = 1 } /^## Phase 2/ { skip = 0 } !skip' "$PLAN" >"$DIR/new" && cp "$DIR/new" "$PLAN"
run --allow-shell
assert_eq 3 "$RC"
ask amend --reason "done and over"
assert_eq 1 "$RC"
said 'phase 1 has begun and is gone'

begin
wb_case "a rollback that is under way goes on though the plan is edited; what comes after it does not"
ask approve --step step.2
ask rollback --to 0 --execute
said 'a person has to undo step.2 of phase 2'
sed -i "s/VALUES ('unprepared')/VALUES ('never')/" "$PLAN"
run --allow-shell
assert_eq 1 "$RC"
said 'a person has to undo step.2 of phase 2'
ask amend --reason "too early"
assert_eq 1 "$RC"
said 'being rolled back'
ask approve --step step.2
assert_eq "prepared twice changed unchanged tidied not twice unprepared held" "$(history) $(state)"
ask resume
run --allow-shell
assert_eq 3 "$RC"
said 'edited since the run began'
ask amend --reason "now"
assert_eq 0 "$RC"
wb_finish
