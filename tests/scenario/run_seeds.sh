#!/bin/bash
# WHIMBREL_SEEDS names a folder of other people's plans: two of them, run to their end as they are. The phased one gets
# a front matter and nothing else; of the other, whose headings and fences were lost when it was copied, these are
# restored and its code becomes prose. Days pass by the injected clock, every person says yes.
# time limit: 1800 s
. "$(dirname "$0")/run.bash"
. "$here/phased.bash"

[ -n "${WHIMBREL_SEEDS:-}" ] || { case_skip seeds "WHIMBREL_SEEDS names no folder"; exit 0; }
command -v python3 >/dev/null || { case_skip seeds "no python3 here"; exit 0; }
DAY_1=1775520000 # 2026-04-07
DIR=$WB_TMP/seeds
OUT=$DIR/out
mkdir -p "$DIR"

# --- the phased plan
PLAN=$DIR/phased.md
users_db phased
cat >"$DIR/mapping.md" <<'MD'
| From | To | As |
|---|---|---|
| `users.id` | `accounts.legacy_user_id` | |
| `users.email` | `accounts.email` | |
| `users.created_at` | `accounts.created_at` | |
MD
{
    cat <<'MD'
---
whimbrel: 1
source: ${DB}
target: ${DB}
flag: use_new_accounts_schema
day-1: 2026-04-07
mapping: mapping.md
metrics:
  error rate: observe
  P99: observe
  replica lag: {sql: "SELECT seconds FROM lag", unit: s, every: 25s}
---
MD
    cat "$WHIMBREL_SEEDS/phased-data-migration-plan.md"
} >"$PLAN"
good=(--report write:new:ok:5:20 --report read:old:ok:18:20 --report read:new:ok:18:200 --report shadow:new:match:0:10)

wb_case "the phased plan checks, with nothing but a front matter"
ask check
assert_eq 0 "$RC" "$(grep -m 3 error: "$OUT")"
assert_eq "" "$(grep -o 'refuses this plan.*' "$OUT")"

wb_case "phase 1: people do the steps"
day 1
start
drive --approve "${good[@]}" --until '"2,000" in next or next.startswith("step.2")'
schema
drive --approve "${good[@]}" --until 's["phases"][0]["state"] == "done"'
drive --approve "${good[@]}" --until '"run for" in next'
finish

wb_case "48 hours later people copy, and everything that can be checked is"
day 4
start
drive --step 55 "${good[@]}" --until 'next.startswith("step.1: Run backfill")'
backfill
drive --approve "${good[@]}" --until 's["phases"][1]["state"] == "done"'
assert_match 'accounts.*500|500.*accounts' "$(journal "SELECT data FROM event WHERE kind = 'check' AND data LIKE '%Row count%'")"

wb_case "a stage that exceeds its gate takes the reads back"
drive --approve "${good[@]}" --until 'stage'
assert_eq 100 "$(flag_share)"
drive --report read:new:error:18:50 --until 's["state"] == "held"' --limit 2000
assert_eq 0 "$(flag_share)"
ask resume
assert_eq 0 "$RC"

wb_case "88 hours of ramp pass, then the counters, the signatures and the days"
drive --step 29 "${good[@]}" --until 's["phases"][2]["state"] == "done"'
assert_eq 10000 "$(flag_share)"
drive --step 29 --approve --until 's["phases"][3]["state"] == "done"'
drive --step 29 --approve --until '"cycles" in next or "end of day" in next or next.startswith("step.2")'
finish
day 26
start
drive --step 29 --approve --until 's["state"] == "done"'
wait "$RUNNER"
assert_eq 0 $?
trap - EXIT
assert_eq 1 "$(events run_done)"

# --- the plan of six phases: from its title to what follows its phases; fences are made anew, as text
PLAN=$DIR/six.md
SOURCE=$(my_db six)
TARGET=$(pg_db six)
export SOURCE TARGET
my -e "SET GLOBAL userstat = 1"
my six -e "CREATE TABLE users (id int PRIMARY KEY, email varchar(80) NOT NULL);
    INSERT INTO users SELECT seq, concat('user', seq, '@example.com') FROM seq_1_to_1200"
{
    cat <<'MD'
---
whimbrel: 1
source: ${SOURCE}
target: ${TARGET}
flag: read_from_postgres
metrics:
  error rate: observe
  P95: observe
  drift: {sql: "SELECT 0", on: target, every: 25s}
---
MD
    awk '/^# Migration Plan: MySQL/ { on = 1 }
        /^Validation Strategy$/ { on = 0 }
        !on || /^```/ { next }
        /^Phase [0-9]+: / { $0 = "### " $0 }
        code && /^Validation:/ { code = 0; print "```\n" }
        !code && /^(###|\*\*|[A-Z][a-z]+:)/ { print "" }
        { print }
        /^(\*\*)?(Code|Script):/ { code = 1; print "\n```text" }' "$WHIMBREL_SEEDS/migration-planner-skill.txt"
} >"$PLAN"

wb_case "the six-phase plan checks"
ask check
assert_eq 0 "$RC" "$(grep -m 3 error: "$OUT")"
assert_eq "" "$(grep -o 'refuses this plan.*' "$OUT")"
said '6 phases'

wb_case "it runs: two databases, compared down to the row; the reads go over by the ramp"
set_clock "$DAY_1"
start
drive --approve "${good[@]}" --until 'next.startswith("step.2")'
"$WHIMBREL" copy "$SOURCE" "$TARGET" >"$DIR/copied" 2>&1 || wb_assert_failed "$(tail -n 3 "$DIR/copied")"
drive --approve "${good[@]}" --until 's["phases"][3]["state"] == "ramping"'
drive --approve "${good[@]}" --until 's["phases"][3]["state"] == "done"'
assert_eq 10000 "$(flag_share)"

wb_case "nobody writes to the old side any more, and the run ends"
drive --approve "${good[@]}" --until 's["state"] == "done"'
wait "$RUNNER"
assert_eq 0 $?
trap - EXIT
assert_eq 1 "$(events run_done)"
wb_finish
