#!/bin/bash
# A failure stands until a pass of the same table at the same or greater scope and strength (contract case 32);
# what could not be compared is said, and is never called equal.
. "$(dirname "$0")/verify.bash"

lite_pair
sl "CREATE TABLE orders (id INTEGER PRIMARY KEY, total REAL, note TEXT);
    WITH RECURSIVE n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < 3000) INSERT INTO orders SELECT i, i / 2.0, 'n' || i FROM n;
    CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT);
    WITH RECURSIVE n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < 100) INSERT INTO users SELECT i, 'u' || i FROM n;"
copy
rc "the copy succeeds" 0
tl "UPDATE orders SET total = -1 WHERE id = 1500"
verify --settle 300ms
rc "a full verification fails" 1
tl "UPDATE orders SET total = 750 WHERE id = 1500" # put right by hand: nobody has seen that yet

stands() { # CASE FLAG…
    local name=$1
    shift
    verify --settle 300ms "$@"
    rc "not cleared by $name: exit 1" 1
    says "not cleared by $name: the failure is named" 'orders: differed at [0-9]{4}-'
    last_line "not cleared by $name: the verdict says so" '^Not cleared: .*orders'
}
stands "another table" --tables users
stands "counts" --levels counts
stands "schema" --levels schema,indexes,constraints,sequences
stands "a sample" --levels sample --sample 50
stands "a part of the rows" --where 'id > 1000'
stands "a part of the columns" --columns note
stands "even the column that differed, alone" --columns total
verify --json --levels counts
verified "not cleared: in JSON too" '[.outcome, .exit_code, (.standing | length), (.standing[0].what_clears_it | length > 10)]' '["equal",1,1,true]'
verify --no-record
rc "--no-record does not look at earlier verdicts" 0
verify
rc "cleared by a full pass" 0
verify --levels counts
rc "and then counts pass" 0

# A failure of a part is cleared by the same part, or by all.
tl "UPDATE orders SET note = 'x' WHERE id = 7"
verify --where 'id < 10' --settle 300ms
rc "a part fails" 1
tl "UPDATE orders SET note = 'n7' WHERE id = 7"
verify --where 'id < 9' --settle 300ms
rc "not cleared by a smaller part" 1
verify --where 'id < 10'
rc "cleared by the same part" 0

# A failure of structure.
tl "ALTER TABLE users ADD COLUMN extra TEXT; DROP TABLE users; CREATE TABLE users (id INTEGER PRIMARY KEY)"
verify --settle 300ms
rc "a column is missing: exit 1" 1
says "a column is missing: named" 'users.*name'
verify --levels counts --tables orders
rc "a failure of structure stands too" 1

# The program keeps its tables to itself, and clean removes them.
equal "verdicts are never compared" 0 "$(tl "SELECT count(*) FROM whimbrel_verdicts WHERE target_table LIKE '%whimbrel%'")"
"$WHIMBREL" clean "$DST" >"$OUT" 2>"$ERR"
equal "clean removes the verdicts" 0 "$(tl "SELECT count(*) FROM sqlite_master WHERE name LIKE 'whimbrel%'")"
grep -q 'verif\|verdict' "$OUT" && case_ok "clean says so" || case_fail "clean says so" "$(cat "$OUT" "$ERR")"
verify --tables orders
rc "after clean nothing stands" 0

# --- what cannot be compared ---------------------------------------------------------------------
pair verdicts
load <<'SQL'
CREATE TABLE good (id int PRIMARY KEY, v int);
INSERT INTO good SELECT seq, seq FROM seq_1_to_2000;
CREATE TABLE odd (id int PRIMARY KEY, p int, v int);
INSERT INTO odd SELECT seq, seq, seq FROM seq_1_to_2000;
SQL
copy
rc "MariaDB to PostgreSQL: the copy succeeds" 0

# A pair of types without a conversion: the column is named, the others are compared.
pq "ALTER TABLE odd ALTER COLUMN p TYPE point USING point(p, p)" >/dev/null
verify --levels counts,digests --json --no-record
rc "incompatible types: exit 6" 6
verified "incompatible types: the table is not verified, and says why" \
    '[.tables[] | select(.source | endswith("odd")) | [.outcome, (.not_verified | test("column p"))]] | first' '["unverified",true]'
verified "incompatible types: the other table is equal" '[.tables[] | select(.source | endswith("good")) | .outcome] | first' '"equal"'
verify --levels counts,digests --no-record
last_line "incompatible types: the verdict" '^Not verified: .*1 of 2 tables'
says "incompatible types: listed under what was not verified" 'odd: .*column p'
pq "UPDATE odd SET v = 0 WHERE id = 5" >/dev/null
verify --levels counts,digests --no-record --json --settle 300ms
rc "incompatible types and a difference: exit 1" 1
differs "the difference is found all the same" changed 'id = 5' v '"5"' '"0"'

# A table that is not there.
pq "DROP TABLE odd" >/dev/null
verify --json --no-record
rc "a missing table: exit 1" 1
verified "a missing table is different, and its target null" '[.tables[] | select(.source | endswith("odd")) | [.outcome, .target]] | first' '["different",null]'
verify --levels digests --no-record
rc "a missing table, digests alone: exit 1" 1

# No privilege on a table.
fresh_target
copy
pg "$PG" -c "DROP ROLE IF EXISTS wb_reader" -c "CREATE ROLE wb_reader LOGIN" -c "GRANT SELECT ON good TO wb_reader" >/dev/null
full=$DST
DST=${DST/postgres@/wb_reader@}
verify --json --levels counts,digests --no-record
rc "no privilege on one table: exit 6" 6
verified "no privilege: the other table was verified" '[.tables[] | [(.source | sub(".*[.]"; "")), .outcome]] | sort' '[["good","equal"],["odd","unverified"]]'
verified "no privilege: why is said" '[.tables[] | select(.source | endswith("odd")) | .not_verified | test("permission denied|privilege")] | first' true
verify
rc "no place for verdicts: exit 4" 4
says "no place for verdicts: --no-record is offered" '--no-record'
DST=$full
pg "$PG" -c "DROP OWNED BY wb_reader" -c "DROP ROLE wb_reader" >/dev/null

# Rows that a policy hides from this user: the table is not compared as if they were not there.
pg "$PG" -c "CREATE ROLE wb_some LOGIN" -c "GRANT SELECT ON good, odd TO wb_some" -c "ALTER TABLE odd ENABLE ROW LEVEL SECURITY" \
    -c "CREATE POLICY upper_part ON odd FOR SELECT TO wb_some USING (id > 5)" >/dev/null
DST=${full/postgres@/wb_some@}
verify --json --levels digests --no-record
rc "hidden rows: exit 6" 6
verified "hidden rows: the table was not verified, and says why" \
    '[.tables[] | select(.source | endswith("odd")) | [.outcome, (.not_verified | test("row-level security"))]] | first' '["unverified",true]'
DST=$full
pg "$PG" -c "DROP POLICY upper_part ON odd" -c "ALTER TABLE odd DISABLE ROW LEVEL SECURITY" -c "DROP OWNED BY wb_some" -c "DROP ROLE wb_some" >/dev/null

# A statement that takes too long: another session keeps one of the source's tables from being read.
mkfifo "$DIR/my"
my -n "$MY" >/dev/null 2>&1 <"$DIR/my" &
holder=$!
exec 9>"$DIR/my"
echo "LOCK TABLES odd WRITE; DO GET_LOCK('wb_held', 0);" >&9
table_held() { [ "$(my -e "SELECT IS_USED_LOCK('wb_held') IS NOT NULL")" = 1 ]; }
if wb_wait 60 table_held; then case_ok "a table of the source is locked"; else case_fail "a table of the source is locked" "it is not"; fi
verify --json --levels counts,digests --no-record --statement-timeout 5s
rc "a timeout: exit 6" 6
verified "a timeout: the other table was verified" '[.tables[] | select(.source | endswith("good")) | .outcome] | first' '"equal"'
verified "a timeout: the locked one was not, and says why" \
    '[.tables[] | select(.source | endswith("odd")) | [.outcome, (.not_verified | test("time|interrupted"))]] | first' '["unverified",true]'
exec 9>&-
wait "$holder"

# Another session holds a whole table, so that not even the schema can be read.
lock_held() { [ "$(pg -c "SELECT count(*) FROM pg_locks l JOIN pg_database d ON d.oid = l.database
    WHERE d.datname = '$PG' AND l.mode = 'AccessExclusiveLock' AND l.granted")" != 0 ]; }
mkfifo "$DIR/go"
PGDATABASE=$PG pg >/dev/null 2>&1 <"$DIR/go" &
holder=$!
exec 9>"$DIR/go"
echo 'BEGIN; LOCK TABLE odd;' >&9
if wb_wait 60 lock_held; then case_ok "a table is locked"; else case_fail "a table is locked" "it is not"; fi
verify --levels counts,digests --no-record --statement-timeout 1s
rc "nothing could be read in time: exit 4" 4
says "nothing could be read in time: says at which side" "target.*timeout"
exec 9>&-
wait "$holder"

# Unreachable sides.
DST="postgresql://postgres@/$PG?host=$DIR/nowhere" verify --no-record --report "$DIR/proof.md"
rc "an unreachable target: exit 4" 4
says "an unreachable target: says which side" 'target'
if grep -q 'Not verified' "$DIR/proof.md"; then
    case_ok "an unreachable target: the report says that nothing was verified"
else
    case_fail "an unreachable target: the report says that nothing was verified" "$(head -n 3 "$DIR/proof.md")"
fi
SRC="mysql://root@localhost/no_such_db?socket=$WB_MY_SOCKET" verify --no-record
rc "a source that is not there: exit 4" 4
says "a source that is not there: says which side" 'source'
wb_finish
