#!/bin/bash
# whimbrel check: readings, findings, exit codes, JSON by its schema, no secrets, and quick.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/lib.sh

plans=tests/plans
export SHOP_DSN=postgresql://shop:s3cr3tpw@db/shop REPLICA_DSN=postgresql://r:s3cr3tpw@db/shop HOOK=s3cr3tpw

wb_case "a sound plan: exit 0"
expect_exit 0 "$WHIMBREL" check $plans/in_place.md --offline
cp "$WB_TMP/out" "$WB_TMP/sound"
wb_case "each line is told with its place and reading, by phase"
assert_match 'phase 2: Fill \(day 3\)' "$(cat "$WB_TMP/sound")"
assert_match '73:4 +manual +step +Run backfill in batches' "$(cat "$WB_TMP/sound")"
assert_match '103:4 +manual +sign_off' "$(cat "$WB_TMP/sound")"
wb_case "--strict: a plan without warnings still exits 0"
expect_exit 0 "$WHIMBREL" check $plans/in_place.md --offline --strict
wb_case "--strict: warnings exit 3"
expect_exit 0 "$WHIMBREL" check $plans/sql.md --offline
expect_exit 3 "$WHIMBREL" check $plans/sql.md --offline --strict
wb_case "what this version cannot run is an error, in check and before a run"
expect_exit 3 "$WHIMBREL" check $plans/two_databases.md --offline
assert_match 'two_databases.md:4:9: error: "reverse: true" .* cannot run it \[needs-sync\]' "$(cat "$WB_TMP/out")"
cp $plans/two_databases.md "$WB_TMP/reverse.md"
expect_exit 3 "$WHIMBREL" run "$WB_TMP/reverse.md"
assert_match 'reverse.md:4:9: "reverse: true" .* cannot run it' "$(cat "$WB_TMP/err")"
wb_case "errors exit 3, with file, line, column and what to do"
expect_exit 3 "$WHIMBREL" check $plans/slips.md --offline
assert_match 'tests/plans/slips.md:17:3: error: there is no metric "error rte"' "$(cat "$WB_TMP/out")"
assert_match 'what to do: did you mean: error rate' "$(cat "$WB_TMP/out")"
wb_case "no value from the environment is shown"
expect_exit 0 "$WHIMBREL" check $plans/in_place.md --offline --json
cat "$WB_TMP/out" "$WB_TMP/sound" >"$WB_TMP/all"
expect_exit 1 grep -q s3cr3tpw "$WB_TMP/all"
wb_case "a plan that is not there: exit 4"
expect_exit 4 "$WHIMBREL" check "$WB_TMP/none.md"
wb_case "no text: exit 3"
printf 'a\377b' >"$WB_TMP/binary.md"
expect_exit 3 "$WHIMBREL" check "$WB_TMP/binary.md"
wb_case "usage: exit 2"
expect_exit 2 "$WHIMBREL" check
expect_exit 2 "$WHIMBREL" check a.md b.md
expect_exit 2 "$WHIMBREL" check --ofline a.md
assert_match 'did you mean --offline' "$(cat "$WB_TMP/err")"

for plan in "$plans"/*.md; do
    wb_case "--json of $(basename "$plan") is as docs/json says"
    "$WHIMBREL" check "$plan" --offline --json >"$WB_TMP/json" 2>"$WB_TMP/err"
    code=$?
    "$WB_BUILD_DIR/tests/json-validate" docs/json/check.json <"$WB_TMP/json" >"$WB_TMP/valid" 2>&1 ||
        wb_assert_failed "$(head -n 3 "$WB_TMP/valid")"
    assert_eq "$code" "$(jq .summary.exit_code "$WB_TMP/json")" "exit code"
done

wb_case "--json tells clauses, actions and steps field by field"
"$WHIMBREL" check $plans/in_place.md --offline --json >"$WB_TMP/json" 2>"$WB_TMP/err"
clause() { jq -c "[.phases[] | .labels[].clauses[], .steps[].clauses[], .stages[].gate[] | select($1)][0] | $2" "$WB_TMP/json"; }
assert_eq '["dual-write error rate",">",{"number":"0.0005","unit":"ratio","ms":null},900000]' \
    "$(clause '.window_ms != null' '[.metric, .comparison, .value, .window_ms]')" "a trigger"
assert_eq '[2000,100]' "$(jq -c '[.phases[].steps[] | select(.backfill)][0] | [.batch_rows, .delay_ms]' "$WB_TMP/json")"
assert_eq '["up","verify","down"]' "$(jq -c '[.blocks[].step | select(. != null)] | unique_by({"up":1,"verify":2,"down":3}[.])' "$WB_TMP/json")"
assert_eq null "$(jq -c '.run_refuses' "$WB_TMP/json")" "a backfill by the mapping is a person's, and no reason to refuse"

wb_case "2,000 lines with 400 statements are judged in well under a second"
{
    printf -- '---\nwhimbrel: 1\nsource: postgresql://a/b\ntarget: postgresql://a/b\n---\n'
    for phase in $(seq 40); do
        printf '## Phase %d: P\n\n**Integrity check**: row count match\n\n' "$phase"
        for step in 1 2 3 4 5; do
            printf -- '- do %d\n\n  ```sql step=up\n  ALTER TABLE t%d ADD COLUMN c%d int;\n  ```\n\n' "$step" "$phase" "$step"
            printf '```sql\nSELECT count(*) FROM a JOIN b USING (id) WHERE a.v IS DISTINCT FROM b.v\n-- Must return 0\n```\n'
        done
        printf '\n**Rollback**: pause backfill\n\n'
    done
} >"$WB_TMP/long.md"
TIMEFORMAT='%U'
user=$({ time "$WHIMBREL" check "$WB_TMP/long.md" --offline >"$WB_TMP/out" 2>&1; } 2>&1)
[ "$(wc -l <"$WB_TMP/long.md")" -gt 2000 ] || wb_assert_failed "the plan is too short"
awk "BEGIN { exit !($user < 0.5) }" || wb_assert_failed "$user s of processor time"

wb_case "docs/plan.md holds the grammar that the program has"
"$WHIMBREL" check --grammar >"$WB_TMP/grammar"
sed -n '/^### Criteria, checks/,$p' docs/plan.md >"$WB_TMP/documented"
expect_exit 0 diff "$WB_TMP/grammar" "$WB_TMP/documented"
assert_match 'error rate < 0.1% over any 10-minute window' "$(cat "$WB_TMP/grammar")"

# Every example of the grammar's criteria is understood as written.
wb_case "every example in the grammar is understood"
{
    printf -- '---\nwhimbrel: 1\nsource: mysql://a/b\ntarget: postgresql://a/b\nflag: f\nbackup: x\n'
    printf 'metrics:\n  error rate: observe\n  P99: observe\n  row drift: {sql: "SELECT 1"}\n---\n'
    printf '## Phase 1: Dual-write\n\n**Validation**:\n\n```sql\nSELECT 1\n-- Must return 0\n```\n\n## Phase 2: Backfill\n\n'
    printf '| Stage | Traffic | Duration | Gate |\n|---|---|---|---|\n| A | 1%% | 1 h | error rate < 1%% |\n\n**Exit criteria**:\n'
    sed -n '/^### Criteria/,/^### Actions/{s/^| \(.*[^-]\) | `` .*/- \1/p}' "$WB_TMP/grammar" | grep -v '^- example' | grep -v '^- must return 0'
    printf '\n**Rollback**:\n'
    sed -n '/^### Actions/,/^### Phrases/{s/^| \(.*[^-]\) | `` .*/- \1/p}' "$WB_TMP/grammar" | grep -v '^- example'
    printf '\n```sql action=drop-new-tables\nSELECT 1\n```\n'
} >"$WB_TMP/examples.md"
"$WHIMBREL" check "$WB_TMP/examples.md" --offline --json >"$WB_TMP/json"
assert_eq "" "$(jq -r '.phases[1].lines[] | select(.reading != "auto" and .kind != "sign_off") | "\(.line) \(.text)"' "$WB_TMP/json")" "not auto"
assert_eq 0 "$(jq '.summary.errors' "$WB_TMP/json")" "errors"
[ "$(jq '.phases[1].lines | length' "$WB_TMP/json")" -gt 35 ] || wb_assert_failed "too few examples"
wb_finish
