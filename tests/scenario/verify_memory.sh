#!/bin/bash
# Verification of rows of some 30 MB on both sides, with 4 workers, stays within 128 MiB: equal ones, and ones that
# differ, which are looked for, read again, listed and repaired.
. "$(dirname "$0")/verify.bash"

MOST_KIB=$((128 * 1024))
cc -O1 -o "$DIR/meter" "$WB_ROOT/bench/meter.c" || exit 99

# verify, measured: PEAK_KIB is the largest resident size it ever had.
metered() {
    "$DIR/meter" 400 "$DIR/meter.out" "$WHIMBREL" verify "$SRC" "$DST" "$@" >"$OUT" 2>"$ERR" </dev/null
    read -r _ _ PEAK_KIB RC _ <"$DIR/meter.out"
    SAID=$DIR/said
    cat "$OUT" "$ERR" >"$SAID"
}
flat() { # CASE
    if [ "$PEAK_KIB" -gt 1000 ] && [ "$PEAK_KIB" -le "$MOST_KIB" ]; then
        case_ok "$1"
    else
        case_fail "$1" "the peak is $PEAK_KIB KiB, where $MOST_KIB are allowed"
    fi
}

pair vlarge
packet=$(mq 'SELECT @@global.max_allowed_packet')
my -e 'SET GLOBAL max_allowed_packet = 134217728'
load <<'SQL'
CREATE TABLE v8 (id int PRIMARY KEY, t longtext, b longblob);
INSERT INTO v8 SELECT seq, IF(seq % 2, REPEAT(CHAR(97 + seq % 20), 8000000), NULL), IF(seq % 2, NULL, REPEAT(x'00ff10', 2666667)) FROM seq_1_to_6;
CREATE TABLE r30 (id int PRIMARY KEY, a longtext, b longblob, c longtext);
INSERT INTO r30 SELECT seq, REPEAT('ä', 5000000), REPEAT(x'80', 10000000), REPEAT('z', 10000000) FROM seq_1_to_3;
CREATE TABLE r32 (id int PRIMARY KEY, b longblob);
INSERT INTO r32 SELECT seq, REPEAT(x'c3', 33550000) FROM seq_1_to_2;
CREATE TABLE bag (b longblob);
INSERT INTO bag SELECT REPEAT(x'17', 20000000 + seq) FROM seq_1_to_3;
CREATE TABLE small (id int PRIMARY KEY, v varchar(40));
INSERT INTO small SELECT seq, CONCAT('row ', seq) FROM seq_1_to_20000;
ANALYZE TABLE v8, r30, r32, bag;
SQL
copy --jobs 2
rc "the copy succeeds" 0
metered --jobs 4
rc "MariaDB to PostgreSQL, equal: exit 0" 0
flat "MariaDB to PostgreSQL, equal: at most 128 MiB"
pq "UPDATE r32 SET b = b || 'x' WHERE id = 2; UPDATE v8 SET t = t || 'x' WHERE id = 3; UPDATE r30 SET c = NULL WHERE id = 1; DELETE FROM bag WHERE length(b) = 20000002" >/dev/null
metered --jobs 4 --settle 500ms --json
rc "MariaDB to PostgreSQL, different: exit 1" 1
verified "MariaDB to PostgreSQL, different: the rows are named" '[.missing_rows, .extra_rows, .changed_rows, .unsettled_rows]' '[1,0,3,0]'
flat "MariaDB to PostgreSQL, different: at most 128 MiB"
metered --jobs 4 --settle 500ms --repair
rc "MariaDB to PostgreSQL, a dry repair: exit 1" 1
says "MariaDB to PostgreSQL, a dry repair: large statements are told, not printed" '^-- UPDATE in .*r30 where "id" = 1: its values are too large to be shown'
flat "MariaDB to PostgreSQL, a dry repair: at most 128 MiB"
pq "DELETE FROM v8 WHERE id = 2; INSERT INTO r30 SELECT 77, a, b, c FROM r30 WHERE id = 2" >/dev/null
metered --jobs 4 --settle 500ms --repair --execute
rc "MariaDB to PostgreSQL, repaired: exit 1" 1
says "MariaDB to PostgreSQL, repaired: all six rows" '6 rows were repaired'
flat "MariaDB to PostgreSQL, repaired: at most 128 MiB"
is "MariaDB to PostgreSQL, repaired: each in the journal" "SELECT string_agg(s || ' ' || n, ', ' ORDER BY s) FROM
    (SELECT statement s, count(DISTINCT repair_no) n FROM whimbrel.repairs GROUP BY 1) x" "DELETE 1, INSERT 2, UPDATE 3"
is "MariaDB to PostgreSQL, repaired: the journal has the whole row that was deleted" "SELECT sum(length(row_before)) > 5000000 + 20000000 + 10000000
    FROM whimbrel.repairs WHERE statement = 'DELETE' AND row_after IS NULL" t
same "MariaDB to PostgreSQL, repaired: the clients agree" "SELECT id, MD5(a), MD5(b), MD5(c) FROM r30 ORDER BY id" \
    "SELECT id, md5(a), md5(b), md5(c) FROM r30 ORDER BY id"
metered --jobs 4
rc "MariaDB to PostgreSQL, repaired: equal" 0
my -e "SET GLOBAL max_allowed_packet = $packet; DROP DATABASE $MY"
pg -c "DROP DATABASE $PG"

lite_pair
sl "PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF; CREATE TABLE r30 (id INTEGER PRIMARY KEY, a TEXT, b BLOB, c);
    INSERT INTO r30 SELECT value, hex(randomblob(5000000)), randomblob(10000000), zeroblob(10000000) FROM generate_series(1, 3)" >/dev/null
copy
metered --jobs 4
rc "SQLite, equal: exit 0" 0
flat "SQLite, equal: at most 128 MiB"
tl "UPDATE r30 SET c = 1 WHERE id = 2"
metered --jobs 4 --settle 500ms
rc "SQLite, different: exit 1" 1
flat "SQLite, different: at most 128 MiB"
tl "DELETE FROM r30 WHERE id = 3; INSERT INTO r30 SELECT 9, a, b, c FROM r30 WHERE id = 1"
metered --jobs 4 --settle 500ms --repair --execute
says "SQLite, repaired: three rows" '3 rows were repaired'
flat "SQLite, repaired: at most 128 MiB"
equal "SQLite, repaired: the shell agrees" "$(sl "SELECT id, length(a), hex(sha3(b)), length(c) FROM r30 ORDER BY id")" \
    "$(tl "SELECT id, length(a), hex(sha3(b)), length(c) FROM r30 ORDER BY id")"
metered --jobs 4
rc "SQLite, repaired: equal" 0
wb_finish
