#!/bin/bash
# --repair prints statements, --repair --execute runs them: the target is made right from the source as it is at that
# moment, journalled in the same transaction, whatever the moment at which it is killed.
. "$(dirname "$0")/verify.bash"

# --- SQLite --------------------------------------------------------------------------------------
lite_pair
sl "CREATE TABLE item (id INTEGER PRIMARY KEY, name TEXT NOT NULL, price REAL, note TEXT, twice AS (price * 2));
    WITH RECURSIVE n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < 2000) INSERT INTO item SELECT i, 'it''s ' || i, i / 4.0, x'00ff' FROM n;
    CREATE TABLE bag (a, b)"
sl "INSERT INTO bag VALUES (1, 'x'), (1, 'x'), (2, 'y')"
sl "CREATE TABLE two (a INT NOT NULL, b NOT NULL, v, PRIMARY KEY (a, b)); INSERT INTO two VALUES (1, 1.5, 'x'), (1, '1.5', 'y'), (2, x'00', 'z'), (3, 'c', 4)"
sl "CREATE TABLE cards (id INTEGER PRIMARY KEY AUTOINCREMENT, slot INT UNIQUE, note TEXT); INSERT INTO cards SELECT value, value, 'n' || value FROM generate_series(1, 20)"
spoil_lite() {
    tl "UPDATE item SET price = -1, note = NULL WHERE id = 10; DELETE FROM item WHERE id IN (20, 21); INSERT INTO item VALUES (5000, 'extra', 1, '')"
}
rows_lite() { sqlite3 "$1" "SELECT id, quote(name), quote(price), quote(note), twice FROM item ORDER BY id"; }
same_lite() {
    if [ "$(rows_lite "$src")" = "$(rows_lite "$dst")" ]; then case_ok "$1"; else
        case_fail "$1" "$(diff <(rows_lite "$src") <(rows_lite "$dst") | head -n 5)"
    fi
}
copy
spoil_lite
before=$(rows_lite "$dst")
verify --repair --settle 300ms
rc "SQLite: a dry repair: exit 1" 1
equal "a dry repair changes nothing" "$before" "$(rows_lite "$dst")"
says "a dry repair prints an UPDATE" "UPDATE .*item.* SET .*WHERE .*id.* = 10"
says "a dry repair prints an INSERT" "INSERT INTO .*item.*'it''s 20'"
says "a dry repair prints a DELETE" "DELETE FROM .*item.* WHERE .*id.* = 5000"
# What it prints can be run by hand.
grep -E '^(UPDATE|INSERT|DELETE) ' "$OUT" >"$DIR/repair.sql"
cp "$dst" "$DIR/byhand.db"
sqlite3 -bail "$DIR/byhand.db" <"$DIR/repair.sql" 2>"$DIR/byhand.err"
if [ "$(rows_lite "$src")" = "$(rows_lite "$DIR/byhand.db")" ]; then
    case_ok "the statements make the target right when run by hand"
else
    case_fail "the statements make the target right when run by hand" "$(cat "$DIR/byhand.err" "$DIR/repair.sql")"
fi
verify --repair --execute --settle 300ms
rc "SQLite: a repair says that there was a difference: exit 1" 1
same_lite "SQLite: the target is right"
last_line "SQLite: the verdict counts the repairs" '4 rows were repaired.*'
equal "SQLite: each statement is in the journal" "DELETE|1
INSERT|2
UPDATE|1" "$(tl "SELECT statement, count(*) FROM whimbrel_repairs GROUP BY 1 ORDER BY 1")"
equal "SQLite: the journal has the row as it was" 1 "$(tl "SELECT count(*) FROM whimbrel_repairs WHERE statement = 'DELETE' AND row_before LIKE '%''extra''%' AND row_after IS NULL")"
verify
rc "SQLite: then it is equal, and the failure is cleared" 0

# Keys whose values may be of any class, which both sides are read for anew.
tl "UPDATE two SET v = 'other' WHERE b = '1.5' AND typeof(b) = 'text'; DELETE FROM two WHERE a = 2; INSERT INTO two VALUES (9, 9, 9)"
verify --repair --execute --settle 300ms
two() { sqlite3 "$1" "SELECT a, quote(b), quote(v) FROM two ORDER BY 1, 2"; }
equal "SQLite: keys of any class" "$(two "$src")" "$(two "$dst")"

# Without a key: so many equal rows as are missing or too many. 1, '1' and 1.0 are three values.
bag() { sqlite3 "$1" "SELECT count(*), quote(a), quote(b), typeof(a) FROM bag GROUP BY 2, 3, 4 ORDER BY 2, 3, 4"; }
spoil_bag() {
    tl "DELETE FROM bag WHERE a = 1; INSERT INTO bag VALUES (3, 'z'), (3, 'z'), (3, 'Z'), ('3', 'z'), (3.0, 'z'), (2, 'y'), (NULL, NULL), (NULL, '')"
}
spoil_bag
verify --repair --settle 300ms --tables bag
rc "without a key: exit 1" 1
grep -E '^(UPDATE|INSERT|DELETE) ' "$OUT" >"$DIR/repair.sql"
cp "$dst" "$DIR/byhand.db"
sqlite3 -bail "$DIR/byhand.db" <"$DIR/repair.sql"
equal "without a key: the statements make it right when run by hand" "$(bag "$src")" "$(bag "$DIR/byhand.db")"
verify --repair --execute --settle 300ms
equal "without a key: the target is right" "$(bag "$src")" "$(bag "$dst")"
says "without a key: all are counted" '10 rows were repaired'
equal "without a key: the journal" "8 1" "$(tl "SELECT sum(row_key + 0) || ' ' || (SELECT count(*) FROM whimbrel_repairs WHERE row_key = '2 rows' AND statement = 'INSERT')
    FROM whimbrel_repairs WHERE table_name LIKE '%bag' AND statement = 'DELETE'")"
tl "INSERT INTO bag VALUES (3, 'z')"
verify --repair --execute --settle 300ms --columns bag.a --tables bag
says "without a key, one column compared: not repaired" 'bag.*not repaired.*not all of its columns'
equal "without a key, one column compared: nothing was deleted" 4 "$(tl 'SELECT count(*) FROM bag')"
verify --repair --execute --settle 300ms
equal "without a key: right again" "$(bag "$src")" "$(bag "$dst")"

# Values of a unique key that rows have exchanged: no UPDATE of one row does it.
tl "UPDATE cards SET slot = -slot WHERE id IN (3, 4, 10, 11, 12); UPDATE cards SET slot = CASE id WHEN 3 THEN 4 WHEN 4 THEN 3 WHEN 10 THEN 11 WHEN 11 THEN 12 WHEN 12 THEN 10 ELSE slot END"
verify --tables cards --repair --execute --settle 300ms
cards() { sqlite3 "$1" "SELECT * FROM cards ORDER BY id"; }
equal "exchanged values: the target is right" "$(cards "$src")" "$(cards "$dst")"
says "exchanged values: five rows were repaired" '5 rows were repaired'
equal "exchanged values: in the journal as what they are" "UPDATE|5" "$(tl "SELECT statement, count(*) FROM whimbrel_repairs WHERE table_name LIKE '%cards'")"
verify
rc "SQLite: all is equal again" 0

spoil_lite
verify --repair --execute --redact --settle 300ms
same_lite "--redact repairs too"
silent "--redact shows no value" "it's|extra'"

# --- MariaDB to PostgreSQL: keys, identity, foreign keys, a value that moved on ------------------
pair repair
load <<'SQL'
CREATE TABLE parent (id int AUTO_INCREMENT PRIMARY KEY, code varchar(10) UNIQUE, v decimal(10,2));
CREATE TABLE child (id int PRIMARY KEY, parent_id int, up int, KEY (parent_id), KEY (up),
    CONSTRAINT c_parent FOREIGN KEY (parent_id) REFERENCES parent (id) ON DELETE CASCADE,
    CONSTRAINT c_up FOREIGN KEY (up) REFERENCES child (id));
CREATE TABLE kinds (a int, b varchar(20), f float, d double, bo tinyint(1), j json, bin varbinary(20), ts timestamp(6) NULL,
    e enum('x','y'), s set('p','q'), bits bit(5), PRIMARY KEY (a, b));
CREATE TABLE logged (a int, b varchar(20) COLLATE utf8mb4_general_ci, f float, j json, m datetime(3), x varbinary(10));
INSERT INTO logged SELECT seq DIV 3, 'Abc', seq / 7, JSON_OBJECT('n', 1), '2026-02-03 04:05:06.789', x'00ff' FROM seq_1_to_60;
INSERT INTO logged SELECT * FROM logged WHERE a < 5;
INSERT INTO logged VALUES (NULL, NULL, NULL, NULL, NULL, NULL), (NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO parent SELECT seq, CONCAT('c', seq), seq / 4 FROM seq_1_to_500;
INSERT INTO child SELECT seq, seq DIV 2 + 1, NULL FROM seq_1_to_900;
UPDATE child SET up = id - 1 WHERE id MOD 100 = 0;
INSERT INTO kinds SELECT seq, CONCAT('k''', seq), seq / 3, seq / 7, seq MOD 2, JSON_OBJECT('n', seq), CHAR(0, seq MOD 256),
    TIMESTAMPADD(MICROSECOND, seq, '2026-03-01 12:00:00'), 'x', 'p,q', seq MOD 32 FROM seq_1_to_400;
SQL
copy
rc "MariaDB to PostgreSQL: the copy succeeds" 0
spoil() {
    pq "DELETE FROM child WHERE parent_id IN (11, 12); DELETE FROM parent WHERE id IN (11, 12)"
    pq "INSERT INTO parent (id, code, v) OVERRIDING SYSTEM VALUE VALUES (7001, 'x1', 0), (7002, 'x2', 0);
        INSERT INTO child VALUES (8001, 7001, NULL), (8002, 7002, 8001)"
    pq "UPDATE parent SET v = v + 1 WHERE id BETWEEN 100 AND 149"
    pq "UPDATE kinds SET f = 0, d = NULL, bo = NULL, j = '[]', bin = '', ts = NULL, e = 'y', s = NULL, bits = NULL WHERE a = 5;
        DELETE FROM kinds WHERE a BETWEEN 10 AND 12; INSERT INTO kinds (a, b) VALUES (9, 'nobody')"
}
spoil >"$DIR/spoilt"
equal "the target is spoilt" "" "$(cat "$DIR/spoilt")"
tables_equal() { # CASE: judged by the clients
    equal_tables "$1" parent child
    same "$1: kinds" "SELECT a, b, f, d, bo, j, HEX(bin), UNIX_TIMESTAMP(ts), e, bits + 0 FROM kinds ORDER BY a, b" \
        "SELECT a, b, f, d, bo::int, j, upper(encode(bin, 'hex')), trim_scale(extract(epoch FROM ts)::numeric(20,6))::numeric(20,6), e, bits::int FROM kinds ORDER BY a, b"
}
verify --repair --execute --settle 300ms
rc "a repair: exit 1" 1
verify --json
rc "then everything is equal, also by a second pass" 0
equal_tables "MariaDB to PostgreSQL: the clients agree" parent child
is "parents before children: the journal has them all" "SELECT count(*) FROM whimbrel.repairs WHERE table_name LIKE '%parent'" 54
is "nothing else was deleted by a foreign key" "SELECT count(*) FROM child" 900

# A row that the source gets back while the repair waits for the target is not deleted, and a value that the source
# changes meanwhile is not overwritten with the old one.
pq "INSERT INTO parent (id, code, v) OVERRIDING SYSTEM VALUE VALUES (9001, 'late', 5); UPDATE parent SET v = 0 WHERE id = 300" >/dev/null
mkfifo "$DIR/go"
PGDATABASE=$PG pg >/dev/null 2>&1 <"$DIR/go" &
holder=$!
exec 9>"$DIR/go"
echo 'BEGIN; SELECT 1 FROM parent WHERE id IN (300, 9001) FOR UPDATE;' >&9
held() { [ "$(pg -c "SELECT count(*) FROM pg_stat_activity WHERE datname = '$PG' AND state = 'idle in transaction' AND query LIKE '%FOR UPDATE%'")" = 1 ]; }
waits() { [ "$(pg -c "SELECT count(*) FROM pg_stat_activity WHERE datname = '$PG' AND wait_event_type = 'Lock' AND query LIKE '$1%'")" = 1 ]; }
wb_wait 60 held || case_fail "the rows are held" "they are not"
"$WHIMBREL" verify "$SRC" "$DST" --repair --execute --settle 300ms >"$OUT" 2>"$ERR" </dev/null 9>&- &
repair=$!
if wb_wait 60 waits DELETE; then case_ok "the repair waits with its delete"; else case_fail "the repair waits with its delete" "$(tail -n 3 "$ERR")"; fi
mq "INSERT INTO parent VALUES (9001, 'late', 6); UPDATE parent SET v = 77 WHERE id = 300" >/dev/null
exec 9>&-
wait "$holder"
wait "$repair"
is "a row that the source got back is made equal, not deleted" "SELECT v FROM parent WHERE id = 9001" 6.00
is "the source's newest value is in the target" "SELECT v FROM parent WHERE id = 300" 77.00
is "what was rolled back is not in the journal" "SELECT count(*) FROM whimbrel.repairs WHERE statement = 'DELETE' AND row_key LIKE '%9001'" 0

# Rows outside of --where are there all the same: none is deleted because of it.
pq "UPDATE parent SET v = 1000 WHERE id = 9001" >/dev/null
verify --where 'v < 5' --where-target 'v < 5 OR v = 1000' --tables parent --repair --execute --settle 300ms
is "with --where: a row outside of it is not deleted" "SELECT v FROM parent WHERE id = 9001" 6.00

# Keys that the repair brought along would leave the next value behind: it is set, too.
mq "INSERT INTO parent VALUES (20000, 'far', 1)" >/dev/null
verify --repair --settle 300ms --tables parent
says "a next value that is behind the keys: the statement is said" 'setval'
verify --json --repair --execute --settle 300ms
verified "a next value that is behind the keys is a finding" '[.findings[] | select(.level == "sequences" and .outcome == "different")] | length' 1
is "a next value that is behind the keys is set" "SELECT nextval(pg_get_serial_sequence('parent', 'id')) > 20000" t
is "a next value: in the journal" "SELECT count(*) FROM whimbrel.repairs WHERE statement = 'SEQUENCE' AND row_after LIKE '%setval%' AND run_id = (SELECT max(run_id) FROM whimbrel.repairs)" 1
verify
rc "all is equal again" 0

# Without a key: equal rows by their number.
pq "DELETE FROM logged WHERE a = 2; INSERT INTO logged SELECT * FROM logged WHERE a IN (4, 19); UPDATE logged SET b = 'ABC' WHERE a = 7;
    INSERT INTO logged DEFAULT VALUES; INSERT INTO logged (a, j) VALUES (1, '{}')" >/dev/null
verify --repair --execute --settle 300ms
same "without a key: the target is right" "SELECT a, BINARY b, round(f * 7), j, count(*) FROM logged WHERE a IS NOT NULL GROUP BY 1, 2, 3, 4 ORDER BY 1, 3" \
    "SELECT a, b, round(f * 7), j::text, count(*) FROM logged WHERE a IS NOT NULL GROUP BY 1, 2, 3, 4 ORDER BY 1, 3"
is "without a key: rows of NULL" "SELECT count(*) FROM logged WHERE a IS NULL" 2
verify
rc "without a key: equal" 0

# Unique values exchanged, and a column that the target always fills itself.
pq "UPDATE parent SET code = code || '-' WHERE id IN (30, 31); UPDATE parent SET code = CASE id WHEN 30 THEN 'c31' ELSE 'c30' END WHERE id IN (30, 31)" >/dev/null
n=$(pq "SELECT count(*) FROM child")
verify --repair --execute --settle 300ms
says "exchanged unique values that others refer to: said" 'parent.*not repaired.*would delete or change other rows'
is "exchanged unique values that others refer to: no other row was deleted" "SELECT count(*) FROM child" "$n"
pq "DELETE FROM child WHERE parent_id IN (30, 31)" >/dev/null
mq "DELETE FROM child WHERE parent_id IN (30, 31)" >/dev/null
verify --repair --execute --settle 300ms
is "exchanged unique values: the target is right" "SELECT string_agg(code, ' ' ORDER BY id) FROM parent WHERE id IN (30, 31)" "c30 c31"
verify
rc "exchanged unique values: equal" 0

# --- killed in the middle ------------------------------------------------------------------------
spoil >/dev/null
pq "UPDATE parent SET v = v + 1 WHERE id BETWEEN 151 AND 500" >/dev/null
journalled() { pq "SELECT count(*) FROM whimbrel.repairs"; }
n=$(journalled)
"$WHIMBREL" verify "$SRC" "$DST" --repair --execute --settle 300ms >"$OUT" 2>"$ERR" </dev/null 9>&- &
repair=$!
some_repaired() { [ "$(journalled)" -gt $((n + 20)) ] || ! kill -0 "$repair" 2>/dev/null; }
wb_wait 60 some_repaired
kill -9 "$repair" 2>/dev/null
wait "$repair" 2>/dev/null
is "killed: what the journal says of a row is in the row" "SELECT count(*) FROM whimbrel.repairs r JOIN parent p ON r.row_key = '\"id\" = ' || p.id
    WHERE r.run_id = (SELECT max(run_id) FROM whimbrel.repairs) AND r.table_name LIKE '%parent' AND r.statement = 'UPDATE'
    AND r.row_after NOT LIKE '%\"v\" = ' || p.v || '%'" 0
is "killed: no row was changed without the journal" "SELECT
    (SELECT count(*) FROM parent WHERE id BETWEEN 100 AND 500 AND id NOT IN (150, 300) AND v = round(id / 4.0, 2)) =
    (SELECT count(*) FROM whimbrel.repairs WHERE run_id = (SELECT max(run_id) FROM whimbrel.repairs)
        AND table_name LIKE '%parent' AND statement = 'UPDATE' AND row_key <> '\"id\" = 300')" t
verify --repair --execute --settle 300ms
rc "killed, repaired again: exit 1, or 0 where all had been repaired" '0|1'
verify
rc "killed, repaired again: equal" 0
equal_tables "killed, repaired again: the clients agree" parent child

# What cannot be repaired is said: the source's row violates a constraint of the target.
pq "ALTER TABLE parent ADD CONSTRAINT small CHECK (v < 200) NOT VALID" >/dev/null
mq "UPDATE parent SET v = 999 WHERE id = 400" >/dev/null
pq "UPDATE parent SET v = 1 WHERE id = 401" >/dev/null
verify --repair --execute --settle 300ms --levels digests
rc "a row that the target refuses: exit 1" 1
says "a row that the target refuses: says why" 'parent.*not repaired.*small'
is "a row that the target refuses: the others are repaired" "SELECT v FROM parent WHERE id = 401" 100.25
# --- large values, into MariaDB; within 128 MiB: see verify_memory.sh -----------------------------
SRC=$(pg_db wb_verify_repair_large)
DST=$(my_db wb_verify_repair_large)
ml() { my wb_verify_repair_large -e "$1" 2>&1; }
pg wb_verify_repair_large -c "CREATE TABLE r (id int PRIMARY KEY, a text, b bytea, n int)" \
    -c "INSERT INTO r SELECT i, repeat('ä', 200000), decode(repeat('00ff10', 100000), 'hex'), i FROM generate_series(1, 4) i"
copy
ml "UPDATE r SET a = concat(a, 'x'), n = 7 WHERE id = 2; DELETE FROM r WHERE id = 3; INSERT INTO r SELECT 9, a, b, n FROM r WHERE id = 1; UPDATE r SET n = 0 WHERE id = 4"
verify --repair --execute --settle 300ms
says "large values: all four rows are repaired" '4 rows were repaired'
equal "large values: the journal has them, in pieces" "DELETE 1 1, INSERT 1 1, UPDATE 2 1" "$(ml "SELECT GROUP_CONCAT(CONCAT_WS(' ', statement, n, m) ORDER BY statement SEPARATOR ', ') FROM
    (SELECT statement, count(DISTINCT repair_no) n, max(length(concat(coalesce(row_before, ''), coalesce(row_after, '')))) < 65536 AND count(*) > 10 m FROM whimbrel_repairs GROUP BY 1) x")"
verify
rc "large values: equal" 0
wb_finish
