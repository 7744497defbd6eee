#!/bin/bash
# Memory stays flat whatever the size of the rows: at most 256 MiB with 4 workers and the proof, values of 8 MB and
# rows of up to 30 MB. Larger rows need the allowance that --max-row-bytes declares.
. "$(dirname "$0")/copy.bash"

MOST_KIB=$((256 * 1024))
cc -O1 -o "$DIR/meter" "$WB_ROOT/bench/meter.c" || exit 99

# The copy, measured: sets RC, OUT and ERR as copy does, and PEAK_KIB, the largest resident size it ever had.
metered() {
    "$DIR/meter" 400 "$DIR/meter.out" "$WHIMBREL" copy "$SRC" "$DST" "$@" >"$OUT" 2>"$ERR" </dev/null
    read -r _ _ PEAK_KIB RC _ <"$DIR/meter.out"
    retell
}

flat() { # CASE
    if [ "$PEAK_KIB" -gt 1000 ] && [ "$PEAK_KIB" -le "$MOST_KIB" ]; then
        case_ok "$1"
    else
        case_fail "$1" "the peak is $PEAK_KIB KiB, where $MOST_KIB are allowed"
    fi
}

pair large
packet=$(mq 'SELECT @@global.max_allowed_packet')
my -e 'SET GLOBAL max_allowed_packet = 134217728'
load <<'SQL'
CREATE TABLE v8 (id int PRIMARY KEY, t longtext, b longblob);
INSERT INTO v8 SELECT seq, IF(seq % 2, REPEAT(CHAR(97 + seq % 20), 8000000), NULL), IF(seq % 2, NULL, REPEAT(x'00ff10', 2666667)) FROM seq_1_to_8;
CREATE TABLE r30 (id int PRIMARY KEY, a longtext, b longblob, c longtext);
INSERT INTO r30 SELECT seq, REPEAT('ä', 5000000), REPEAT(x'80', 10000000), REPEAT('z', 10000000) FROM seq_1_to_4;
CREATE TABLE small (id int PRIMARY KEY, v varchar(40));
INSERT INTO small SELECT seq, CONCAT('row ', seq) FROM seq_1_to_20000;
SQL
metered --jobs 4 --chunk-bytes 16M
rc "MariaDB to PostgreSQL: exit 0, proven" 0
flat "MariaDB to PostgreSQL: at most 256 MiB"
same "MariaDB to PostgreSQL: all values of 8 MB" "SELECT id, ifnull(MD5(t), '-'), ifnull(MD5(b), '-') FROM v8 ORDER BY id" \
    "SELECT id, coalesce(md5(t), '-'), coalesce(md5(b), '-') FROM v8 ORDER BY id"
same "MariaDB to PostgreSQL: all rows of 30 MB" "SELECT id, MD5(a), MD5(b), MD5(c) FROM r30 ORDER BY id" \
    "SELECT id, md5(a), md5(b), md5(c) FROM r30 ORDER BY id"

# A row above the usual allowance of 32 MiB: singly, and declared.
pair larger
load <<'SQL'
CREATE TABLE t (id int PRIMARY KEY, b longblob);
INSERT INTO t VALUES (1, 'small'), (2, REPEAT(x'c3', 40000000)), (3, 'small');
SQL
copy
rc "40 MB without an allowance: exit 1" 1
says "40 MB without an allowance: says which table, and how large" 'table t\b.*40000000 bytes'
says "40 MB without an allowance: the allowance is named" 'max-row-bytes'
copy --max-row-bytes 1M
rc "40 MB far above an allowance of 1 MiB: exit 1" 1
says "40 MB far above an allowance of 1 MiB: the allowance is named" 'table t\b.*1048576 are allowed'
says "40 MB far above an allowance of 1 MiB: what to do" 'max-row-bytes'
metered --max-row-bytes 48M --jobs 4
rc "40 MB with an allowance: exit 0, proven" 0
flat "40 MB with an allowance: at most 256 MiB"
same "40 MB with an allowance: the value" "SELECT id, MD5(b) FROM t ORDER BY id" "SELECT id, md5(b) FROM t ORDER BY id"
my -e "SET GLOBAL max_allowed_packet = $packet; DROP DATABASE wb_memory_large; DROP DATABASE wb_memory_larger"
pg -c "DROP DATABASE wb_memory_large" -c "DROP DATABASE wb_memory_larger"

sqlite3 "$DIR/src.db" "PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF;
    CREATE TABLE v8 (id INTEGER PRIMARY KEY, v);
    CREATE TABLE r30 (id INTEGER PRIMARY KEY, a TEXT, b BLOB, c);
    INSERT INTO v8 SELECT value, CASE value % 2 WHEN 0 THEN randomblob(8000000) ELSE hex(randomblob(4000000)) END FROM generate_series(1, 6);
    INSERT INTO r30 SELECT value, hex(randomblob(5000000)), randomblob(10000000), zeroblob(10000000) FROM generate_series(1, 3)" >/dev/null
SRC=sqlite:$DIR/src.db DST=sqlite:$DIR/dst.db
metered --jobs 4
rc "SQLite to SQLite: exit 0, proven" 0
flat "SQLite to SQLite: at most 256 MiB"
for t in v8 r30; do
    equal "SQLite to SQLite: $t" "" "$(sqlite3 "$DIR/dst.db" "ATTACH '$DIR/src.db' AS s; SELECT id FROM (SELECT * FROM s.$t EXCEPT SELECT * FROM $t);
        SELECT id FROM (SELECT * FROM $t EXCEPT SELECT * FROM s.$t)" 2>&1)"
done
rm -f "$DIR"/*.db*
sqlite3 "$DIR/src.db" "PRAGMA journal_mode = WAL; CREATE TABLE t (id INTEGER PRIMARY KEY, b BLOB); INSERT INTO t VALUES (1, 'x'), (2, randomblob(40000000))" >/dev/null
copy
rc "SQLite, 40 MB without an allowance: exit 1" 1
says "SQLite, 40 MB without an allowance: says which table, how large, and what to do" 'table t\b.*40000000 bytes'
says "SQLite, 40 MB without an allowance: the allowance is named" 'max-row-bytes'
metered --max-row-bytes 48M
rc "SQLite, 40 MB with an allowance: exit 0, proven" 0
flat "SQLite, 40 MB with an allowance: at most 256 MiB"

wb_finish
