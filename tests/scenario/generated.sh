#!/bin/bash
# Columns that the target computes: what it computes is compared with what the source had.
. "$(dirname "$0")/copy.bash"

pair agree
load <<'SQL'
CREATE TABLE t (id int PRIMARY KEY, a int, b int, s varchar(20), d datetime,
    total bigint AS (a + b) STORED, twice int AS (b * 2) VIRTUAL, label varchar(60) AS (CONCAT(s, ':', a)) STORED,
    big varchar(20) AS (UPPER(s)) VIRTUAL, y int AS (YEAR(d)) STORED, odd tinyint(1) AS (a % 3) STORED);
INSERT INTO t (id, a, b, s, d) SELECT seq, seq % 1000, seq DIV 7, CONCAT('näme', seq % 100), '2024-02-28' + INTERVAL seq HOUR
    FROM seq_1_to_20000;
INSERT INTO t (id, a, b, s, d) VALUES (0, NULL, NULL, NULL, NULL), (30000, -5, 7, '', '1970-01-01');
ANALYZE TABLE t;
SQL
copy --json --jobs 4 --chunk-bytes 100k
rc "computed alike: exit 0" 0
silent "no computed column is left out of the proof" 'not part of the proof'
for c in total twice label big y odd; do
    is "$c is generated in the target" "SELECT attgenerated FROM pg_attribute WHERE attrelid = 't'::regclass AND attname = '$c'" s
done
for where in 'id % 997 = 3' 'id IN (0, 30000)'; do
    same "the values themselves, $where" "SELECT id, total, twice, label, big, y, odd FROM t WHERE $where ORDER BY id" \
        "SELECT id$(printf ", coalesce(%s::text, 'NULL')" total twice label big y odd) FROM t WHERE $where ORDER BY id"
done

# A copy that is ended midway reads its finished chunks again, their computed values with them.
fresh_target
WHIMBREL_TEST_FAULT=commit:9:kill-after copy --jobs 2 --chunk-bytes 100k
rc "ended at a commit" 137
copy --json --jobs 2 --chunk-bytes 100k
rc "resumed: exit 0" 0
silent "resumed: nothing is left out of the proof" 'not part of the proof'
is "the ledger has one digest of both sides" "SELECT source_digest = target_digest AND verdict = 'equal' FROM whimbrel.tables" t

# Letters whose capitals are younger than the source's tables of them: both servers answer, otherwise.
pair differ
load <<'SQL'
CREATE TABLE t (id int PRIMARY KEY, s varchar(20), big varchar(20) AS (UPPER(s)) STORED, n int AS (CHAR_LENGTH(s)) STORED);
INSERT INTO t (id, s) SELECT seq, 'plain' FROM seq_1_to_3000;
INSERT INTO t (id, s) VALUES (5000, 'ƀ');
CREATE TABLE beside (id int PRIMARY KEY, n int AS (id + 1) STORED);
INSERT INTO beside (id) VALUES (1);
SQL
equal "the fixture's servers disagree" "$(printf 'C680\tC983')" \
    "$(printf '%s\t%s' "$(mq "SELECT HEX(big) FROM t WHERE id = 5000")" \
        "$(pq "SELECT upper(encode(convert_to(upper('ƀ'), 'UTF8'), 'hex'))")")"
copy
rc "computed otherwise: exit 1" 1
says "computed otherwise: the column is named" 'differ' 'table t\b' '\bcolumn big\b' 'other columns are equal'
silent "computed otherwise: no other column is named" 'columns? .*\bn\b;'
says "computed otherwise: the table's proof" '\bt\b.*3,001.*different'
says "computed otherwise: the other table's proof" 'beside.*equal'
is "computed otherwise: the ledger has the verdict" \
    "SELECT string_agg(name || ' ' || verdict, ', ' ORDER BY name) FROM whimbrel.tables" 'beside equal, t different'
copy
rc "computed otherwise, again: exit 1" 1
says "computed otherwise, again: the column is named" '\bcolumn big\b'

# A policy alters what the target computes from: that is no difference, but it is said.
pair policy
load <<'SQL'
SET sql_mode = '';
CREATE TABLE t (id int PRIMARY KEY, d date, n int, y int AS (YEAR(d)) STORED, z int AS (y + n) VIRTUAL, m int AS (n + 1) STORED);
INSERT INTO t (id, d, n) VALUES (1, '2024-05-06', 1), (2, '0000-00-00', 2);
SQL
copy --policy zero-date=null
rc "altered by a policy: exit 0" 0
says "altered by a policy: the column is named as not compared" 't\.y' 'not part of the proof' policy
silent "altered by a policy: what comes of other columns is compared" 't\.m.*not part of the proof'
is "altered by a policy: computed from what the target has" "SELECT string_agg(concat_ws('/', id, coalesce(y, -1), m), ' ' ORDER BY id) FROM t" \
    '1/2024/2 2/-1/3'

# SQLite to SQLite, whatever the expression.
rm -f "$DIR"/*.db
sqlite3 "$DIR/src.db" "PRAGMA journal_mode = WAL;
    CREATE TABLE t (id INTEGER PRIMARY KEY, a, s TEXT, g AS (a * 2), h TEXT GENERATED ALWAYS AS (upper(s) || quote(a)) STORED, k INT AS (length(s)) VIRTUAL UNIQUE);
    INSERT INTO t (a, s) VALUES (1, 'x'), (2.5, 'xy'), ('t', NULL), (x'00ff', 'xyz'), (NULL, '')" >/dev/null
SRC=sqlite:$DIR/src.db DST=sqlite:$DIR/dst.db
copy
rc "SQLite: exit 0" 0
silent "SQLite: nothing is left out of the proof" 'not part of the proof'
equal "SQLite: the values themselves" "$(sqlite3 "$DIR/src.db" "SELECT id, quote(g), quote(h), k FROM t")" \
    "$(sqlite3 "$DIR/dst.db" "SELECT id, quote(g), quote(h), k FROM t")"

# Where the same words would give something else in PostgreSQL: blanks at the end do not count, NULL is no number of
# characters, what is not there to be taken is no error.
pair exact
load <<'SQL'
CREATE TABLE t (id int PRIMARY KEY, s varchar(20), n int, f double, k smallint,
    same int AS (s = 'abc ') STORED, other int AS (s <> 'abc') STORED, listed int AS (s IN ('x ', 'abc')) STORED,
    ranged int AS (s BETWEEN 'abc ' AND 'abd') STORED, sort int AS (CASE s WHEN 'ABC' THEN 1 WHEN 'x' THEN 2 ELSE 3 END) STORED,
    none varchar(20) AS (NULLIF(s, 'abc')) STORED, joined int AS (CONCAT(s, '') = 'abc') STORED,
    few varchar(20) AS (LEFT(s, n)) STORED, last varchar(20) AS (RIGHT(s, n)) STORED, part varchar(20) AS (SUBSTR(s, 1, n)) STORED,
    root double AS (SQRT(f)) STORED, size bigint AS (ABS(k)) STORED, minus int AS (-k) STORED,
    CHECK (s IN ('abc', 'abd', 'x', '')));
INSERT INTO t (id, s, n, f, k) VALUES (1, 'abc', -1, -4, -32768), (2, 'abc ', NULL, 4, 1), (3, 'x  ', 1, NULL, NULL), (4, NULL, -1, 0, 0),
    (5, '', 2, 2, 2), (6, 'ABC', 2147483647, 9, -1), (7, 'abd', 0, 1e300, 5);
SQL
copy --json
rc "exactly alike: exit 0" 0
for c in same other listed ranged sort none joined few last part root size minus; do
    is "$c is generated in the target" "SELECT attgenerated FROM pg_attribute WHERE attrelid = 't'::regclass AND attname = '$c'" s
done
silent "exactly alike: all is in the proof, the check is carried" 'not part of the proof|not_carried'

wb_finish
