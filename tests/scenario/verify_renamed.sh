#!/bin/bash
# verify and its repairs after a copy under other names than the source's (name-length, name-case), and with columns whose
# values the target always gives itself (GENERATED ALWAYS AS IDENTITY).
. "$(dirname "$0")/verify.bash"

# equal_and_repaired WHAT SPOIL [FLAG…]: the copy is equal; SPOIL, a function, damages the target; a dry repair prints
# statements, a repair makes it right, whatever the names.
equal_and_repaired() {
    local what=$1 spoil=$2
    shift 2
    verify --settle 300ms "$@"
    rc "$what: equal" 0
    silent "$what: nothing unverified" unverified
    "$spoil"
    verify --settle 300ms "$@" --repair
    rc "$what, damaged: exit 1" 1
    says "$what: a dry repair updates" '^UPDATE '
    says "$what: a dry repair inserts" '^INSERT '
    says "$what: a dry repair deletes" '^DELETE '
    verify --settle 300ms "$@" --repair --execute
    rc "$what, repaired: exit 1" 1
    silent "$what: all of it is repaired" 'not repaired'
    verify --settle 300ms "$@"
    rc "$what, repaired: equal" 0
}

# --- name-length: MariaDB to PostgreSQL --------------------------------------------------------------

pair long
a63=$(printf 'a%.0s' $(seq 63))
c63=$(printf 'c%.0s' $(seq 63))
load <<SQL
CREATE TABLE \`${a63}1\` (id int PRIMARY KEY AUTO_INCREMENT, \`${c63}1\` int NOT NULL DEFAULT 7, \`${c63}2\` varchar(20), UNIQUE KEY \`${c63}3\` (\`${c63}2\`));
CREATE TABLE \`${a63}2\` (id int PRIMARY KEY, v int, CONSTRAINT \`${a63}k\` CHECK (v > 0),
    CONSTRAINT \`${a63}f\` FOREIGN KEY (v) REFERENCES \`${a63}1\` (id) ON DELETE CASCADE);
INSERT INTO \`${a63}1\` SELECT seq, seq * 10, CONCAT('n', seq) FROM seq_1_to_50;
INSERT INTO \`${a63}2\` SELECT seq, seq FROM seq_1_to_50;
SQL
copy --policy name-length=replace
rc "shortened names: copied" 0
first=$(pq "SELECT min(tablename) FROM pg_tables WHERE schemaname = 'public' AND tablename IN
    (SELECT relname FROM pg_class JOIN pg_attribute ON attrelid = pg_class.oid WHERE attname LIKE 'cccc%')")
second=$(pq "SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename <> '$first'")
column=$(pq "SELECT attname FROM pg_attribute WHERE attrelid = '\"$first\"'::regclass AND attnum = 2")
spoil_long() {
    pq "UPDATE \"$first\" SET \"$column\" = -1 WHERE id = 3; DELETE FROM \"$first\" WHERE id IN (5, 50);
        INSERT INTO \"$first\" VALUES (900, 1, 'extra'); SELECT setval(pg_get_serial_sequence('\"$first\"', 'id'), 4)" >/dev/null
}
verify --settle 300ms
rc "shortened names, without the policy: refused" '1|2'
equal_and_repaired "shortened names" spoil_long --policy name-length=replace
is "shortened names: rows by the target's own client" "SELECT count(*), sum(\"$column\"), (SELECT count(*) FROM \"$second\") FROM \"$first\"" "$(printf '50\t12750\t50')"
is "shortened names: the next value is beyond the source's" "SELECT nextval(pg_get_serial_sequence('\"$first\"', 'id')) > 50" t
pq "ALTER TABLE \"$first\" ALTER \"$column\" DROP DEFAULT; ALTER TABLE \"$second\" DROP CONSTRAINT \"$(
    pq "SELECT conname FROM pg_constraint WHERE contype = 'f'")\"" >/dev/null
verify --settle 300ms --policy name-length=replace
rc "shortened names, structure changed: exit 1" 1
grep -E '^ +ALTER TABLE ' "$OUT" | sed 's/$/;/' >"$DIR/hints.sql"
equal "shortened names: two statements set it right" 2 "$(grep -c . "$DIR/hints.sql")"
pg "$DST" -f "$DIR/hints.sql" >/dev/null
verify --settle 300ms --policy name-length=replace
rc "shortened names, set right: equal" 0

# --- name-case: MariaDB to SQLite ----------------------------------------------------------------------

pair bycase
load <<'SQL'
CREATE TABLE `Foo` (id int PRIMARY KEY AUTO_INCREMENT, v int, KEY byv (v));
CREATE TABLE `foo` (id int PRIMARY KEY, v int, KEY ByV (v));
CREATE TABLE `FOO` (id int PRIMARY KEY, foo_id int, CONSTRAINT to_foo FOREIGN KEY (foo_id) REFERENCES `foo` (id));
INSERT INTO `Foo` SELECT seq, seq FROM seq_1_to_10;
INSERT INTO `foo` SELECT seq, seq * 2 FROM seq_1_to_20;
INSERT INTO `FOO` SELECT seq, seq % 20 + 1 FROM seq_1_to_30;
SQL
file=$DIR/bycase.db
DST=sqlite:$file
rm -f "$file"*
copy --policy name-case=replace
rc "names by case: copied" 0
# The table of 20 rows, whatever it is called.
twenty=$(for t in $(sqlite3 "$file" "SELECT name FROM sqlite_schema WHERE type = 'table' AND name LIKE 'foo%'"); do
    [ "$(sqlite3 "$file" "SELECT count(*) FROM \"$t\"")" = 20 ] && echo "$t"; done)
spoil_case() { sqlite3 "$file" "UPDATE \"$twenty\" SET v = -1 WHERE id = 3; DELETE FROM \"$twenty\" WHERE id = 20; INSERT INTO \"$twenty\" VALUES (99, 1)"; }
equal_and_repaired "names by case" spoil_case --policy name-case=replace
equal "names by case: rows by the target's own client" "20|420" "$(sqlite3 "$file" "SELECT count(*), sum(v) FROM \"$twenty\"")"
equal "names by case: no row lost its parent" "" "$(sqlite3 "$file" "PRAGMA foreign_key_check")"

# --- GENERATED ALWAYS AS IDENTITY ----------------------------------------------------------------------

P=wb_${SCENARIO}_identity
SRC=$(pg_db "${P}_source") || exit 99
pg "$SRC" >/dev/null <<'SQL'
CREATE TABLE a (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name varchar(40) NOT NULL);
INSERT INTO a (name) SELECT 'n' || i FROM generate_series(1, 60) i;
CREATE TABLE b (code varchar(9) PRIMARY KEY, no bigint GENERATED ALWAYS AS IDENTITY (START WITH 1000) UNIQUE, a int REFERENCES a);
INSERT INTO b (code, a) SELECT 'c' || i, i FROM generate_series(1, 60) i;
SQL
for to in PostgreSQL MariaDB; do
    case $to in
        PostgreSQL) DST=$(pg_db "${P}_target") ;;
        MariaDB) DST=$(my_db "${P}_target") ;;
    esac
    tq() { if [ $to = PostgreSQL ]; then pg -F "$(printf '\t')" "$DST" -c "$1"; else my "${P}_target" -e "$1"; fi; }
    over=$([ $to = PostgreSQL ] && echo 'OVERRIDING SYSTEM VALUE')
    copy
    rc "identity, to $to: copied" 0
    spoil_identity() {
        tq "UPDATE a SET name = 'other' WHERE id = 7" >/dev/null
        tq "DELETE FROM b WHERE a IN (20, 60)" >/dev/null
        tq "DELETE FROM a WHERE id IN (20, 60)" >/dev/null
        tq "INSERT INTO a (id, name) $over VALUES (500, 'extra')" >/dev/null
        case $to in
            PostgreSQL) tq "SELECT setval(pg_get_serial_sequence('a', 'id'), 9)" >/dev/null ;;
            MariaDB) tq "DELETE FROM a WHERE id = 500; ALTER TABLE a AUTO_INCREMENT = 1; INSERT INTO b (code, no) VALUES ('extra', 1)" >/dev/null ;;
        esac
    }
    equal_and_repaired "identity, to $to" spoil_identity
    equal "identity, to $to: rows by the target's own client" "$(printf '60\t1830\t60\t61770')" \
        "$(tq "SELECT count(*), sum(id), (SELECT count(*) FROM b), (SELECT sum(no) FROM b) FROM a")"
    tq "INSERT INTO a (name) VALUES ('new')" >/dev/null
    equal "identity, to $to: the next value is new" 61 "$(tq "SELECT max(id) FROM a")"
    tq "DELETE FROM a WHERE id = 61" >/dev/null
    # A key that the target gives itself, changed there.
    tq "UPDATE b SET no = $([ $to = PostgreSQL ] && echo DEFAULT || echo 7777) WHERE code = 'c5'" >/dev/null
    verify --settle 300ms --repair --execute
    rc "identity, to $to: a value of its own differs: exit 1" 1
    equal "identity, to $to: a value of its own is set right" 1004 "$(tq "SELECT no FROM b WHERE code = 'c5'")"
    verify --settle 300ms
    rc "identity, to $to: equal in the end" 0
done

wb_finish
