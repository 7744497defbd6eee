#!/bin/bash
# A plan of five phases and twenty-five days within one PostgreSQL database, from its first line to its last: criteria,
# a dual write, a backfill in batches, a ramp of four stages, verification, cleanup. Days pass by the injected clock,
# the application reports what it reads and writes, people confirm and sign.
. "$(dirname "$0")/run.bash"
. "$here/phased.bash"

command -v python3 >/dev/null || { case_skip phased "no python3 here"; exit 0; }
DAY_1=1775520000 # 2026-04-07
plan phased
users_db phased
export BACKUP=$DIR/shop.dump
good=(--report write:new:ok:5:20 --report read:old:ok:18:20 --report read:new:ok:18:400 --report shadow:new:match:0:10)
phase_is() { echo "s[\"phases\"][$(($1 - 1))][\"state\"] == \"$2\""; }
criterion() { journal "SELECT count(*) FROM event WHERE kind IN ('criterion', 'check') AND data LIKE '%$1%' AND data LIKE '%passed%'"; }

wb_case "it checks; what nobody but a person can do is manual"
ask check
assert_eq 0 "$RC" "$(grep -m 3 error: "$OUT")"
assert_eq "" "$(grep -o 'refuses this plan.*' "$OUT")"
said 'manual +action +drop `accounts`'

wb_case "a backup that is too old keeps the first phase from beginning"
day 1
: >"$BACKUP"
touch -d "@$((DAY_1 - 9 * 86400))" "$BACKUP"
start
drive --approve "${good[@]}" --until '"ago" in next'
assert_eq 0 "$(events step_intent)"
touch -d "@$((DAY_1 - 86400))" "$BACKUP"
drive --approve "${good[@]}" --until "$(phase_is 1 'done')"
assert_eq 1 "$(criterion 'backup verified')"
pg phased -c "INSERT INTO users VALUES (501, 'new@example.com', 'New')"
assert_eq 501 "$(pg phased -c 'SELECT legacy_user_id FROM accounts')" "what the dual write wrote"

wb_case "48 hours with zero divergences: one begins them anew, silence is not zero"
drive "${good[@]}" --report shadow:new:mismatch:0:1 --step 1 --limit 400 --until '"it has run for" in next'
finish
day 4
start
drive --step 5 --until '"nobody has told yet" in next'
assert_eq 0 "$(journal "SELECT count(*) FROM event WHERE kind = 'phase_state' AND phase = 2")"

wb_case "the backfill runs in batches, and its checks pass"
drive --step 55 "${good[@]}" --until 's["phases"][1]["state"] != "entering"' # in days without a runner nobody reports
drive "${good[@]}" --until 'next.startswith("step.2: Watch")'
assert_eq "501 501" "$(pg phased -c "SELECT (SELECT count(*) FROM accounts) || ' ' || (SELECT count(*) FROM profiles)")"
drive --approve "${good[@]}" --until "$(phase_is 2 'done')"
assert_eq 1 "$(criterion 'Row count match')"
assert_eq 1 "$(criterion 'spot-check 300 random rows')"
assert_eq 1 "$(criterion 'the check of line')"

wb_case "too few reads hold a gate when its time is over, more of them pass it"
drive --approve "${good[@]}" --until 'stage == "Few"'
assert_eq 100 "$(flag_share)"
drive --report read:new:ok:18:20 --until 'turn >= 80'
assert_eq "0 100" "$(events stage_done) $(flag_share)"
drive "${good[@]}" --until 'stage == "Some"'
assert_eq "1 1000" "$(events stage_done) $(flag_share)"

wb_case "errors beyond the gate take the reads back, and hold the run"
drive --report read:new:error:18:50 --limit 2000 --until 's["state"] == "held"'
assert_eq 0 "$(flag_share)"
assert_eq 1 "$(journal "SELECT count(*) FROM event WHERE kind = 'trigger' AND phase = 3 AND data LIKE '%fired%'")"
drive --limit 20 --until 'turn >= 10'
assert_eq 0 "$(flag_share)" "until somebody has looked"
ask resume
assert_eq 0 "$RC"

wb_case "the ramp goes on where it stood, to all reads"
drive "${good[@]}" --until 'stage == "Some"'
assert_eq 1000 "$(flag_share)"
drive --step 29 "${good[@]}" --until "$(phase_is 3 'done')"
assert_eq "4 10000" "$(events stage_done) $(flag_share)"

wb_case "a use of the table is seen; two roles sign"
drive --step 29 --approve --until '"no queries hit" in next'
pg phased -c 'SELECT count(*) FROM users' >/dev/null
drive --step 29 --until "next.startswith('step.4: Sign-off')"
ask approve --as cook
assert_eq 1 "$RC"
ask approve --as "data lead"
assert_eq 0 "$RC"
drive --limit 20 --until 'turn >= 10'
assert_eq stepping "$("$WHIMBREL" status "$PLAN" --json | jq -r '.phases[3].state')" "one of two has signed"
ask approve --as "shop lead"
drive --until "$(phase_is 4 'done')"

wb_case "nothing is dropped before day 25 is over, nor by words at all"
drive --approve --until 'next.startswith("step.2: Drop")'
finish
day 25
start
drive --limit 20 --until 'turn >= 10'
assert_eq "" "$(journal "SELECT 1 FROM event WHERE kind = 'run_done'")"
finish
day 26
start
drive --until '"a person does this" in next and "Drop" in next'
assert_eq 501 "$(pg phased -c 'SELECT count(*) FROM users')"

wb_case "people drop it, and the run ends"
pg phased -c 'DROP TABLE users CASCADE'
drive --approve --until 's["state"] == "done"'
wait "$RUNNER"
assert_eq 0 $?
trap - EXIT
assert_eq 1 "$(events run_done)"
wb_finish
