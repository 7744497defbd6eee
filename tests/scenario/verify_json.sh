#!/bin/bash
# verify --json: every line is as docs/json says, of every kind of event.
. "$(dirname "$0")/verify.bash"

lite_pair
sl "CREATE TABLE t (id INTEGER PRIMARY KEY, v);
    WITH RECURSIVE n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < 3000) INSERT INTO t SELECT i, CASE i % 5 WHEN 0 THEN x'ff00' WHEN 1 THEN i / 3.0 WHEN 2 THEN NULL ELSE 'ü' || i END FROM n;
    CREATE TABLE u (id INTEGER PRIMARY KEY, v TEXT); CREATE INDEX u_v ON u (v)"
copy
valid() { # CASE
    if "$WB_BUILD_DIR/tests/json-validate" "$(dirname "$0")/../../docs/json" verify <"$OUT" >"$DIR/valid" 2>&1; then
        case_ok "$1: every line is as docs/json says"
    else
        case_fail "$1: every line is as docs/json says" "$(head -n 3 "$DIR/valid")"
    fi
    if grep -q '^{' "$ERR"; then case_fail "$1: JSON on standard output only" "$(head -n 1 "$ERR")"; fi
}
judge() { # CASE JQ: true of all lines, slurped
    if [ -s "$OUT" ] && jq -se "$2" "$OUT" >/dev/null 2>&1; then case_ok "$1"; else case_fail "$1" "$(tail -n 1 "$OUT" | cut -c1-400)"; fi
}
verify --json
rc "equal: exit 0" 0
valid "equal"
judge "format is 1 and comes first" 'all(.[]; (keys_unsorted[0] == "format") and .format == 1 and has("event") and has("time"))'
judge "keys are snake_case" '[.[] | .. | objects | keys[]] | all(test("^[a-z0-9_]+$"))'
judge "the last line is the summary, and the only one" '(last.event == "summary") and ([.[] | select(.event == "summary")] | length == 1)'
judge "each table has its line" '[.[] | select(.event == "table_done") | .table.source | sub(".*[.]"; "")] | sort == ["t","u"]'
judge "the summary: outcome, exit code, rows, levels" 'last | [.outcome, .exit_code, .rows, (.levels | length)] == ["equal", 0, 3000, 7]'
judge "digests agree" 'last.tables | all(.source_digest == .target_digest and (.source_digest | length) == 32)'

tl "UPDATE t SET v = 'x' WHERE id = 3; UPDATE t SET v = CAST(x'c328' AS TEXT) WHERE id = 4; DROP INDEX u_v"
verify --json --settle 300ms --repair
rc "different: exit 1" 1
valid "different"
judge "a difference has a line as soon as it is sure" '[.[] | select(.event == "difference") | .difference.key] | sort == ["id = 3", "id = 4"]'
judge "an index that is missing is a finding" '[.[] | select(.event == "finding") | .finding | select(.level == "indexes" and .outcome == "different")] | length == 1'
judge "the summary has the findings too" 'last.findings | any(.level == "indexes" and (.object | test("u_v")))'
judge "the repair is with the difference" 'last.tables[].differences | all(.repair | test("^UPDATE "))'
judge "the verdict is a sentence" 'last.verdict | test("^Different: ")'
verify --json --settle 300ms --repair --execute
valid "repaired"
judge "each repair has a line" '[.[] | select(.event == "repaired")] | length == 2'
judge "the summary counts them" 'last.repaired_rows == 2'

# Continuous: a round a line, until it is stopped.
tl "CREATE INDEX u_v ON u (v)"
rm -f "$OUT"
"$WHIMBREL" verify "$SRC" "$DST" --continuous --pause 100ms --json --report "$DIR/round.json" >"$OUT" 2>"$ERR" </dev/null &
watcher=$!
two_rounds() { [ "$(grep -cs '"event":"round"' "$OUT")" -ge 2 ] 2>/dev/null || ! kill -0 "$watcher" 2>/dev/null; }
wb_wait 60 two_rounds
kill -INT "$watcher" 2>/dev/null
RC=0 # rc reads it
wait "$watcher" || RC=$?
rc "continuous, stopped by Ctrl-C: as the last whole round" 0
valid "continuous"
judge "continuous: rounds are numbered" '[.[] | select(.event == "round") | .round] | .[0:2] == [1, 2]'
judge "continuous: each says how it ended" '[.[] | select(.event == "round")] | all(.outcome == "equal")'

rm "$dst"
DST="postgresql://postgres@/none?host=$DIR" verify --json --no-record
rc "unreachable: exit 4" 4
valid "unreachable"
judge "unreachable: the last line is the error" 'last.event == "error" and last.exit_code == 4'
SRC="sqlite:$DIR/not-there.db" verify --json --no-record
rc "no such file: exit 4" 4
valid "no such file"
wb_finish
