#!/bin/bash
# The comparison of structures where the tables are more than a transaction has locks for, and where the target refuses
# one of them.
. "$(dirname "$0")/../lib.sh"

WB_PG_OPTS="-c max_locks_per_transaction=10 -c max_connections=12" wb_own_servers postgres || exit 99
n=300
(($(pg -c "SHOW server_version_num") < 180000)) || n=600 # it has room for more locks than it is told

# tables FROM TO: each with an identity, a key, an index, a check, and a foreign key to the one before
tables() {
    local i
    for ((i = $1; i <= $2; i++)); do
        echo "CREATE TABLE t$i (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, before bigint
            CONSTRAINT t${i}_before REFERENCES t$((i > 1 ? i - 1 : 1)) ON DELETE CASCADE, name varchar(40) NOT NULL DEFAULT 'x',
            CONSTRAINT t${i}_sane CHECK (id > 0)); CREATE INDEX t${i}_name ON t$i (name, id DESC);"
    done
}
source=$(pg_db many_source) || exit 99
target=$(pg_db many_target) || exit 99
tables 1 $n >"$WB_TMP/tables.sql"
for db in many_source many_target; do
    PGDATABASE=$db pg -f "$WB_TMP/tables.sql" || exit 99
done

verify() {
    timeout -k 5 300 "$WHIMBREL" verify "$source" "$target" --levels schema,indexes,constraints,sequences --no-record "$@" >"$WB_TMP/out" 2>&1 </dev/null
}

wb_case "a transaction has not locks enough for all of them"
{ echo 'BEGIN; CREATE SCHEMA scratch; SET search_path = scratch;'; cat "$WB_TMP/tables.sql"; } >"$WB_TMP/once.sql"
PGDATABASE=many_target pg -f "$WB_TMP/once.sql" >"$WB_TMP/once" 2>&1
assert_match 'out of shared memory' "$(cat "$WB_TMP/once")"

wb_case "$n tables are equal"
expect_exit 0 verify
assert_match "Equal" "$(tail -n 3 "$WB_TMP/out")"
assert_eq 0 "$(grep -ci unverified "$WB_TMP/out")" "unverified"
assert_eq 0 "$(pg -c "SELECT count(*) FROM pg_namespace WHERE nspname LIKE 'whimbrel_expect%'")" "schemas left"

wb_case "what differs in one of them is found, with its statement"
PGDATABASE=many_target pg -c "DROP INDEX t251_name" -c "ALTER TABLE t77 ALTER name SET DEFAULT 'y'" -c "ALTER TABLE t200 DROP CONSTRAINT t200_before"
expect_exit 1 verify --json
jq -r 'select(.event == "finding") | .finding.hint // empty' "$WB_TMP/out" >"$WB_TMP/hints"
assert_eq 3 "$(grep -c . "$WB_TMP/hints")" "statements"
PGDATABASE=many_target pg -f <(sed 's/$/;/' "$WB_TMP/hints")
expect_exit 0 verify

wb_case "a table that the target refuses is unverified, with its words, and the others are compared"
PGDATABASE=many_target pg <<'SQL'
ALTER TABLE t60 ALTER name SET DEFAULT 'y';
ALTER TABLE t61 ALTER name DROP NOT NULL;
CREATE FUNCTION refuse() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN
    IF EXISTS (SELECT FROM pg_event_trigger_ddl_commands() WHERE object_identity LIKE '%.t60') THEN RAISE 'no t60 in here'; END IF;
END $$;
CREATE EVENT TRIGGER refuse ON ddl_command_end WHEN TAG IN ('CREATE TABLE') EXECUTE FUNCTION refuse();
ALTER EVENT TRIGGER refuse ENABLE ALWAYS;
SQL
expect_exit 1 verify --json
findings() { jq -r --arg t "$1" 'select(.event == "finding") | .finding | select(.table == $t and .outcome != "equal")
    | "\(.outcome) \(.object): \(.text)"' "$WB_TMP/out"; }
assert_match 'different column name: nullability' "$(findings public.t61)"
assert_match 'unverified column name: default.*no t60 in here' "$(findings public.t60)"
assert_eq 61 "$(jq -r 'select(.event == "finding") | .finding | select(.outcome == "different") | .table' "$WB_TMP/out" | sort -u | tr -d '\n' | tr -dc 0-9)" "what differs"

wb_finish
