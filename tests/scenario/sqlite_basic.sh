#!/bin/bash
# SQLite to SQLite: every storage class under every affinity, every kind of table and index, names
# and texts that are odd; compared by the sqlite3 shell, both ways.
. "$(dirname "$0")/copy.bash"

src=$DIR/src.db
dst=$DIR/dst.db
SRC=sqlite:$src
DST=sqlite:$dst
sq() { sqlite3 "$dst" "$1" 2>&1; }
load_lite() { sqlite3 -bail "$src" || { case_fail "fixture loads" "see above"; exit 99; }; }

load_lite <<'SQL'
PRAGMA user_version = 4711;
PRAGMA application_id = 252006673;
CREATE TABLE aff (k INTEGER PRIMARY KEY, i INTEGER, t TEXT, b BLOB, r REAL, n NUMERIC, x, v VARCHAR(3), d DATETIME, bo BOOLEAN);
CREATE TEMP TABLE vals (v);
INSERT INTO vals VALUES (NULL),(0),(1),(-1),(9223372036854775807),(-9223372036854775808),(1.0),(0.1),(-0.0),(1e308),(5e-324),(9e999),(-9e999),
    (1.5),(123456789012345678),(1e15),('') ,('text'),('123'),(' 123 '),('1e3'),('0x10'),('1.0'),('9223372036854775808'),('12abc'),('NULL'),
    (x''),(x'00'),(x'313233'),(x'ff00fe'),(zeroblob(10)),('ünï😀'),(char(0)),('a' || char(0) || 'b'),('it''s'),('line' || char(10) || 'two'),
    (CAST(x'ff' AS TEXT)),(CAST(x'c328' AS TEXT)),(CAST(x'61eda08062' AS TEXT)),(CAST(x'efbbbf' AS TEXT));
INSERT INTO aff SELECT rowid, v, v, v, v, v, v, v, v, v FROM vals;
CREATE TABLE norowid (a TEXT, b INT, c, PRIMARY KEY (b DESC, a)) WITHOUT ROWID;
INSERT INTO norowid VALUES ('x',1,1.5),('x',2,NULL),('y',1,x'00'),('',1,'');
CREATE TABLE strict_t (id INTEGER PRIMARY KEY, i INT, r REAL, t TEXT, b BLOB, a ANY) STRICT;
INSERT INTO strict_t VALUES (1,1,1.0,'1',x'31','1'),(2,NULL,NULL,NULL,NULL,1),(3,0,0.5,'',x'',1.0);
CREATE TABLE auto (id INTEGER PRIMARY KEY AUTOINCREMENT, v);
INSERT INTO auto (v) VALUES (1),(2),(3);
INSERT INTO auto VALUES (500, 'far');
DELETE FROM auto WHERE id = 500;
CREATE TABLE autoempty (id INTEGER PRIMARY KEY AUTOINCREMENT, v);
INSERT INTO autoempty (v) VALUES (1);
DELETE FROM autoempty;
CREATE TABLE negkey (id INTEGER PRIMARY KEY, v);
INSERT INTO negkey VALUES (-9223372036854775808,'min'),(-1,'m'),(0,'z'),(9223372036854775807,'max');
CREATE TABLE descpk (id INTEGER PRIMARY KEY DESC, v);
INSERT INTO descpk VALUES (NULL,'n1'),(NULL,'n2'),(7,'s');
CREATE TABLE textkey (k TEXT PRIMARY KEY, v);
INSERT INTO textkey VALUES (NULL,1),(NULL,2),('',3),('a',4),('A',5),('ä',6),(x'61',7),('a' || char(0),8);
CREATE TABLE mixkey (k PRIMARY KEY, v);
INSERT INTO mixkey VALUES (1,'i'),(1.5,'r'),('1','t'),(x'31','b'),(NULL,'n'),(NULL,'n2'),(9007199254740993,'big'),(9007199254740992.0,'bigr');
CREATE TABLE realkey (k REAL PRIMARY KEY, v) WITHOUT ROWID;
INSERT INTO realkey VALUES (0.1,1),(-0.0,2),(9e999,3),(-9e999,4),(5e-324,5),(3,6);
CREATE TABLE nocasekey (k TEXT COLLATE NOCASE PRIMARY KEY, v);
INSERT INTO nocasekey VALUES ('Bob',1),('alice',2),('CAROL',3);
CREATE TABLE nokey (a, b);
INSERT INTO nokey VALUES (1,1),(1,1),(1,1),(NULL,NULL),(NULL,NULL);
CREATE TABLE hidden (rowid TEXT, _rowid_ TEXT, oid TEXT);
INSERT INTO hidden VALUES ('a','b','c'),('d','e','f');
CREATE TABLE gen (id INTEGER PRIMARY KEY, a INT, s TEXT GENERATED ALWAYS AS (a || '!') STORED, w INT AS (a * 2) VIRTUAL, z AS (id + a));
INSERT INTO gen (id, a) VALUES (1,10),(2,NULL),(3,-5);
CREATE TABLE deflt (id INTEGER PRIMARY KEY, a DEFAULT 'it''s', b DEFAULT (1 + 1), c DEFAULT CURRENT_TIMESTAMP, d DEFAULT x'00ff', e DEFAULT NULL, f INT NOT NULL DEFAULT -5);
INSERT INTO deflt (id) VALUES (1);
CREATE TABLE chk (id INTEGER PRIMARY KEY, a INT CHECK (a > 0), b, CONSTRAINT "b > a" CHECK (b > a));
INSERT INTO chk VALUES (1,1,2);
CREATE TABLE p (a, b, v, PRIMARY KEY (a, b));
CREATE TABLE c (id INTEGER PRIMARY KEY, a, b, up INTEGER REFERENCES c(id) ON DELETE SET NULL, FOREIGN KEY (a, b) REFERENCES p (a, b) ON UPDATE CASCADE ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED);
CREATE TABLE cyc1 (id INTEGER PRIMARY KEY, o REFERENCES cyc2(id));
CREATE TABLE cyc2 (id INTEGER PRIMARY KEY, o REFERENCES cyc1(id));
INSERT INTO p VALUES (1,'x',0),(2,'y',0);
INSERT INTO c VALUES (1,1,'x',NULL),(2,2,'y',1),(3,NULL,'x',2),(4,99,'orphan',77);
INSERT INTO cyc1 VALUES (1,1);
INSERT INTO cyc2 VALUES (1,1);
CREATE TABLE "we ""ird" ("a""b" INTEGER PRIMARY KEY, [c d], `e``f`, 'g''h', "select", "ü", "");
INSERT INTO "we ""ird" VALUES (1,2,3,4,5,6,7);
CREATE TABLE "select" ("from" INTEGER PRIMARY KEY, "where");
INSERT INTO "select" VALUES (1,2);
CREATE TABLE "a'b;--%s" (x);
INSERT INTO "a'b;--%s" VALUES (1);
CREATE TABLE Ünïcode (ключ INTEGER PRIMARY KEY);
INSERT INTO Ünïcode VALUES (1);
CREATE TABLE empty (id INTEGER PRIMARY KEY, v TEXT);
CREATE TABLE ctas AS SELECT 1 AS a, 'x' AS b, x'00' AS c, 1.5 AS "d e";
CREATE TABLE huge (id INTEGER PRIMARY KEY, b BLOB, t TEXT);
INSERT INTO huge VALUES (1, randomblob(20000000), NULL),(2, zeroblob(8388608), printf('%.*c', 8388608, 'x')),(3, x'', '');
CREATE TABLE idx (id INTEGER PRIMARY KEY, a, b, s TEXT);
CREATE INDEX i_plain ON idx (a, b DESC);
CREATE INDEX i_partial ON idx (b) WHERE a > 5 AND s <> 'it''s';
CREATE INDEX i_expr ON idx (lower(s), a + b);
CREATE INDEX i_coll ON idx (s COLLATE NOCASE DESC, a);
CREATE UNIQUE INDEX "i ""q" ON idx (s) WHERE s IS NOT NULL;
INSERT INTO idx VALUES (1,1,1,'One'),(2,6,2,'two'),(3,NULL,NULL,NULL);
CREATE TABLE uniqs (a UNIQUE, b, c, UNIQUE (b, c) ON CONFLICT REPLACE);
INSERT INTO uniqs VALUES (1,1,1),(NULL,1,2),(NULL,NULL,NULL),(2,NULL,NULL);
CREATE TABLE audit (what);
CREATE TRIGGER t_after AFTER INSERT ON idx BEGIN INSERT INTO audit VALUES ('ins ' || NEW.id); END;
CREATE TRIGGER "t ""q" BEFORE DELETE ON "we ""ird" BEGIN SELECT RAISE(ABORT, 'it''s; kept'); END;
CREATE TRIGGER t_upd AFTER UPDATE OF v ON auto WHEN NEW.v > 1 BEGIN UPDATE audit SET what = 'u'; DELETE FROM audit WHERE 0; END;
CREATE VIEW v_idx AS SELECT id, a FROM idx WHERE a IS NOT NULL;
CREATE VIEW v_of_view AS SELECT count(*) AS n FROM v_idx;
CREATE VIEW "v ""broken" AS SELECT * FROM no_such_table;
CREATE TRIGGER t_instead INSTEAD OF INSERT ON v_idx BEGIN INSERT INTO idx (a) VALUES (NEW.a); END;
CREATE TABLE many (id INTEGER PRIMARY KEY, a INT, v TEXT);
WITH RECURSIVE n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < 50000) INSERT INTO many SELECT i * 7, i % 100, 'row ' || i FROM n;
CREATE INDEX i_many ON many (a);
ANALYZE;
SQL
sum=$(md5sum <"$src")

copy
rc "copy exits 0" 0
equal "the source is untouched" "$sum" "$(md5sum <"$src")"
equal "integrity" ok "$(sq 'PRAGMA integrity_check')"

# Both ways, by value and storage class. The bytes of a text are compared as a blob, because quote()
# ends at a NUL; a real by its eight bytes.
tables=$(sqlite3 "$src" "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name")
while IFS= read -r t; do
    of="pragma_table_xinfo('${t//\'/\'\'}')"
    list=$(sqlite3 "$src" "SELECT group_concat(replace('typeof(@), hex(CAST(@ AS BLOB)), CASE typeof(@) WHEN ''real''
        THEN hex(ieee754_to_blob(@)) END', '@', printf('\"%w\"', name)), ', ') FROM $of")
    by=$(seq -s, $((3 * $(sqlite3 "$src" "SELECT count(*) FROM $of"))))
    rows() { echo "SELECT $list, count(*) FROM $1.\"${t//\"/\"\"}\" GROUP BY $by"; }
    diff=$(sqlite3 :memory: "ATTACH '$src' AS s" "ATTACH '$dst' AS t" \
        "SELECT count(*) FROM ($(rows s) EXCEPT $(rows t))" "SELECT count(*) FROM ($(rows t) EXCEPT $(rows s))" 2>&1)
    equal "table $t: same rows, classes and bytes" "$(printf '0\n0')" "$diff"
done <<<"$tables"

schema() {
    sqlite3 "$1" "SELECT type, name, tbl_name, sql FROM sqlite_schema WHERE type = '$2' AND name NOT LIKE 'sqlite_%'
        AND tbl_name NOT LIKE 'whimbrel%' ORDER BY name"
}
for kind in table index view trigger; do
    equal "every $kind with its own text" "$(schema "$src" $kind)" "$(schema "$dst" $kind)"
done
equal "AUTOINCREMENT goes on where it was" "$(sqlite3 "$src" "SELECT name, seq FROM sqlite_sequence ORDER BY 1")" \
    "$(sq "SELECT name, seq FROM sqlite_sequence WHERE name NOT LIKE 'whimbrel%' ORDER BY 1")"
equal "AUTOINCREMENT after a deleted row" 501 "$(sq "BEGIN; INSERT INTO auto (v) VALUES (0) RETURNING id; ROLLBACK")"
equal "AUTOINCREMENT of an emptied table" 2 "$(sq "BEGIN; INSERT INTO autoempty (v) VALUES (0) RETURNING id; ROLLBACK")"
equal "triggers did not run while rows were copied" 0 "$(sq "SELECT count(*) FROM audit")"
equal "triggers run afterwards" "ins 99" "$(sq "BEGIN; INSERT INTO idx (id) VALUES (99); SELECT what FROM audit; ROLLBACK")"
equal "a generated column is generated" "7!|14|16" "$(sq "BEGIN; INSERT INTO gen (id, a) VALUES (9, 7); SELECT s, w, z FROM gen WHERE id = 9; ROLLBACK")"
equal "user_version" 4711 "$(sq 'PRAGMA user_version')"
equal "application_id" 252006673 "$(sq 'PRAGMA application_id')"
equal "foreign keys point where they did" "$(sqlite3 "$src" "SELECT * FROM pragma_foreign_key_list('c')")" "$(sq "SELECT * FROM pragma_foreign_key_list('c')")"
equal "orphans are the source's own" "$(sqlite3 "$src" 'PRAGMA foreign_key_check')" "$(sq 'PRAGMA foreign_key_check')"
copy
rc "the same command again: exit 0" 0
equal "the same command again doubles nothing" 50000 "$(sq "SELECT count(*) FROM many")"

# A source in UTF-16, one in WAL mode with a writer that has not checkpointed, full-text and r-tree.
src=$DIR/src16.db dst=$DIR/dst16.db
SRC=sqlite:$src DST=sqlite:$dst
load_lite <<'SQL'
PRAGMA encoding = 'UTF-16le';
CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT UNIQUE);
INSERT INTO t VALUES (1,'ünï😀'),(2,''),(3,NULL),(4,'漢字'),(5,char(65533)),(6,'a' || char(0) || 'b');
SQL
copy
rc "UTF-16 source: exit 0" 0
equal "UTF-16 source: texts" "$(sqlite3 "$src" "SELECT id, length(v), v FROM t ORDER BY id")" "$(sq "SELECT id, length(v), v FROM t ORDER BY id")"

src=$DIR/wal.db dst=$DIR/waldst.db
SRC=sqlite:$src DST=sqlite:$dst
mkfifo "$DIR/fifo"
sqlite3 "$src" <"$DIR/fifo" >"$DIR/held" 2>&1 &
holder=$!
exec 3>"$DIR/fifo"
echo "PRAGMA journal_mode = WAL; PRAGMA wal_autocheckpoint = 0; CREATE TABLE t (id INTEGER PRIMARY KEY);
    INSERT INTO t VALUES (1),(2); BEGIN; INSERT INTO t VALUES (3); SELECT 'held';" >&3
wb_wait 60 grep -q held "$DIR/held"
copy
rc "WAL source with an open writer: exit 0" 0
equal "WAL source with an open writer: what was committed" "1 2" "$(sq "SELECT group_concat(id, ' ') FROM t")"
echo "COMMIT; SELECT count(*) FROM t;" >&3
exec 3>&-
wait $holder
equal "the writer was not disturbed" 3 "$(tail -n 1 "$DIR/held")"

# A row that its own CHECK forbids (written while checks were off): carried as it is, or refused by name.
src=$DIR/chk.db dst=$DIR/chkdst.db
SRC=sqlite:$src DST=sqlite:$dst
load_lite <<'SQL'
PRAGMA ignore_check_constraints = ON;
CREATE TABLE chk (id INTEGER PRIMARY KEY, a INT CONSTRAINT above CHECK (a > 0));
INSERT INTO chk VALUES (1,1),(2,-1);
SQL
copy
if [ "$RC" = 0 ]; then
    equal "a row that breaks its own check: carried" "1,-1" "$(sq "SELECT group_concat(a) FROM chk")"
else
    rc "a row that breaks its own check: refused" 1
    says "a row that breaks its own check: named" 'chk|above'
fi

src=$DIR/virt.db dst=$DIR/virtdst.db
# shellcheck disable=SC2034 # copy reads them
SRC=sqlite:$src DST=sqlite:$dst
load_lite <<'SQL'
CREATE VIRTUAL TABLE docs USING fts5(title, body);
INSERT INTO docs VALUES ('one','some words'),('two','other words');
CREATE VIRTUAL TABLE boxes USING rtree(id, x0, x1);
INSERT INTO boxes VALUES (1,0,5),(2,3,9);
CREATE TABLE plain (id INTEGER PRIMARY KEY);
INSERT INTO plain VALUES (1);
SQL
copy
rc "virtual tables: exit 0" 0
equal "virtual tables: the plain table beside them" 1 "$(sq "SELECT id FROM plain")"
equal "virtual tables: integrity" ok "$(sq 'PRAGMA integrity_check')"
for t in docs boxes; do
    if [ "$(sq "SELECT count(*) FROM $t")" = 2 ]; then
        case_ok "virtual table $t carried"
        [ $t = boxes ] || equal "virtual table $t answers" two "$(sq "SELECT title FROM docs WHERE docs MATCH 'other'")"
    else
        says "virtual table $t named as not carried" not_carried $t
    fi
done

wb_finish
