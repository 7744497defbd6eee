#!/bin/bash
# MariaDB as a target. Between databases of one server nothing but the target is ever touched; each pair of engines ends
# proven and equal to verify, or is refused before the target holds a row, with every column named and what to do.
. "$(dirname "$0")/copy.bash"

# target NAME: an empty database of MariaDB to copy into; sets T, DST. tq SQL: one query there.
target() {
    T=wb_${SCENARIO}_$1
    DST=$(my_db "$T") || exit 99
}
tq() { my -r "$T" -e "$1" 2>&1; }
# has CASE SQL WANT: the target prints WANT
has() { equal "$1" "$3" "$(tq "$2")"; }
# verified CASE: verify finds all levels equal
verified() {
    local code=0
    timeout -k 5 300 "$WHIMBREL" verify "$SRC" "$DST" "${@:2}" >"$DIR/verify" 2>&1 </dev/null || code=$?
    if [ "$code" = 0 ]; then
        case_ok "$1"
    else
        case_fail "$1" "exit $code: $(grep -v ' equal\|: equal' "$DIR/verify" | tr '\n' ' ' | cut -c1-900)"
    fi
}
# changed CASE SQL OBJECT REGEX [FLAG…]: that change to the target is the one difference of structure that verify finds, and the
# statement that it gives sets it right
structure_only=(--levels schema,indexes,constraints,sequences --no-record)
changed() {
    local what=$1 object=$3 words=$4 code=0 found
    tq "$2" >"$DIR/change" || { case_fail "$what" "$(cat "$DIR/change")"; return; }
    shift 4
    timeout -k 5 300 "$WHIMBREL" verify "$SRC" "$DST" "${structure_only[@]}" --json "$@" >"$DIR/verify" 2>&1 </dev/null || code=$?
    found=$(jq -c 'select(.event == "finding") | .finding | select(.outcome != "equal") | [.outcome, .object, .text]' "$DIR/verify")
    if [ "$code" = 1 ] && [ "$(grep -c . <<<"$found")" = 1 ] && grep -qE -- "^\[\"different\",\"$object\",\".*$words" <<<"$found"; then
        case_ok "$what is found"
    else
        case_fail "$what is found" "exit $code: $(short "$found")"
    fi
    tq "$(jq -r 'select(.event == "finding") | .finding | select(.outcome != "equal") | .hint' "$DIR/verify")" >"$DIR/change" ||
        case_fail "$what: its statement" "$(cat "$DIR/change")"
    verified "$what is set right by its statement" "${structure_only[@]}" "$@"
}
# nothing_there CASE: no table in the target, not even whimbrel's own
nothing_there() { has "$1" "SELECT count(*) FROM information_schema.tables WHERE table_schema = '$T'" 0; }

# --- MariaDB to MariaDB, on one server ------------------------------------------------------------------

pair one
target one_target
load <<'SQL'
CREATE TABLE p (id int PRIMARY KEY AUTO_INCREMENT, name varchar(40) COLLATE utf8mb4_general_ci NOT NULL, UNIQUE KEY name (name)) AUTO_INCREMENT=5000;
INSERT INTO p SELECT seq, CONCAT('p', seq) FROM seq_1_to_300;
CREATE TABLE c (id int PRIMARY KEY, p int NOT NULL, t text, e enum('a','b'), s set('x','y'), l varchar(20) CHARACTER SET latin1,
    g int GENERATED ALWAYS AS (p * 2) STORED, KEY t (t(20)), UNIQUE KEY whole (t),
    CONSTRAINT c_p FOREIGN KEY (p) REFERENCES p (id) ON DELETE CASCADE, CONSTRAINT positive CHECK (p > 0));
INSERT INTO c (id, p, t, e, s, l) SELECT seq, seq % 300 + 1, CONCAT('t', seq), 'a', 'x,y', 'Größe' FROM seq_1_to_900;
CREATE VIEW v AS SELECT * FROM p;
CREATE TRIGGER tr BEFORE INSERT ON c FOR EACH ROW SET NEW.t = 'changed';
SQL

# Everything about the source that a copy could have changed: rows, definitions, what else is there, next values.
state_of() {
    my "$1" -e "CHECKSUM TABLE p, c" | sed 's/^[^.]*\.//'
    my "$1" -e "SHOW CREATE TABLE p; SHOW CREATE TABLE c; SHOW TABLES"
    # Another table of that name has another number. (The server does not always tell when a table was made.)
    my -e "SELECT table_name, update_time, auto_increment FROM information_schema.tables WHERE table_schema = '$1';
        SELECT name, table_id FROM information_schema.innodb_sys_tables WHERE name LIKE '$1/%' ORDER BY 1"
}
before=$(state_of "$MY")
untouched() { equal "$1" "$before" "$(state_of "$MY")"; }

copy --dry-run
rc "one server, dry run: exit 0" 0
silent "one server: no statement names the source's database" "\`$MY\`"
copy
rc "one server: exit 0" 0
untouched "one server: the source is as it was"
has "one server: every row is in the target" "SELECT (SELECT count(*) FROM p), (SELECT count(*) FROM c)" "$(printf '300\t900')"
equal "one server: the rows are the same" "$(printf '%s\n' "$before" | head -n 2)" "$(state_of "$T" | head -n 2)"
has "one server: the foreign key is the target's own" "SELECT unique_constraint_schema FROM information_schema.referential_constraints
    WHERE constraint_schema = '$T'" "$T"
has "one server: the next value" "SELECT auto_increment FROM information_schema.tables WHERE table_schema = '$T' AND table_name = 'p'" 5000
has "one server: no trigger fired" "SELECT count(*) FROM c WHERE t = 'changed'" 0
says "one server: the view is named as not carried" not_carried '\bv\b'
verified "one server: verify finds all equal"
changed "one server: a type" "ALTER TABLE c MODIFY l varchar(10) CHARACTER SET latin1" "column l" "type: .*varchar.20.*varchar.10"
changed "one server: a default" "ALTER TABLE p ALTER name SET DEFAULT 'x'" "column name" "default: expected none"
changed "one server: NULL allowed" "ALTER TABLE p MODIFY name varchar(40) COLLATE utf8mb4_general_ci" "column name" "nullability"
changed "one server: an enum's label" "ALTER TABLE c MODIFY e enum('a','b','c')" "column e" "type"
changed "one server: an index dropped" "ALTER TABLE c DROP INDEX t" "index t" "missing"
changed "one server: an index changed" "ALTER TABLE c DROP INDEX t, ADD INDEX t (t(5))" "index t" "expected .*20.*there is .*5"
changed "one server: a unique key dropped" "ALTER TABLE p DROP INDEX name" "unique key name" "missing"
changed "one server: a check dropped" "ALTER TABLE c DROP CONSTRAINT positive" "check positive" "missing"
changed "one server: a check changed" "ALTER TABLE c DROP CONSTRAINT positive, ADD CONSTRAINT positive CHECK (p > -1)" "check positive" "there is"
changed "one server: a foreign key dropped" "ALTER TABLE c DROP FOREIGN KEY c_p" "foreign key c_p" "missing"
changed "one server: a generated column" "ALTER TABLE c MODIFY g int AS (p * 3) STORED" "column g" "generated as"
untouched "one server, changed and set right: the source is as it was"
copy
rc "one server, again: exit 0" 0
untouched "one server, again: the source is as it was"
equal "one server: --restart begins" 0 "$(my "$T" -e "DELETE FROM c WHERE id = 5" && echo 0)"
copy --restart
rc "one server, --restart: exit 0" 0
untouched "one server, --restart: the source is as it was"
has "one server, --restart: the row is back" "SELECT count(*) FROM c" 900

# What was begun and never ended is undone before it is begun anew: by names that could be the source's.
for n in 2 5 8; do
    target half
    WHIMBREL_TEST_FAULT=commit:$n:kill-before copy
    rc "one server: killed at commit $n" 137
    copy --restart
    rc "one server, killed at commit $n and begun anew: exit 0" 0
done
untouched "one server, killed and begun anew: the source is as it was"
verified "one server, killed and begun anew: equal"
expect_exit 0 "$WHIMBREL" clean "$DST"
untouched "one server, clean: the source is as it was"
has "one server, clean: no ledger is left, the tables stay" "SHOW TABLES" "$(printf 'c\np')"

# A table that stands in the target by the source's name is not taken for the source's or for ours.
target filled
tq "CREATE TABLE p (x int)" >/dev/null
copy
rc "a target that holds a table of that name: refused" 1
untouched "a target that holds a table of that name: the source is as it was"
has "a target that holds a table of that name: it stays" "SHOW TABLES" p

target schema
for s in other "$MY" "$T"; do
    copy --schema "$s"
    rc "--schema $s: refused" 2
    says "--schema $s: told why" "no schemas within it"
done
nothing_there "--schema: nothing is made"
expect_exit 2 "$WHIMBREL" verify "$SRC" "$DST" --schema other
assert_match 'no schemas within it' "$(cat "$WB_TMP/err" "$WB_TMP/out")" "verify --schema"
DST=$SRC
copy
rc "a database onto itself: refused" 2
untouched "a database onto itself: the source is as it was"

# Foreign keys into another database cannot hold in the target.
my "$T" -e "CREATE TABLE elsewhere (id int PRIMARY KEY)"
pair abroad
load <<SQL
CREATE TABLE a (id int PRIMARY KEY, CONSTRAINT a_there FOREIGN KEY (id) REFERENCES \`$T\`.elsewhere (id));
SQL
target abroad_target
copy
rc "a foreign key into another database: exit 0" 0
says "a foreign key into another database: named" not_carried a_there elsewhere
has "a foreign key into another database: it is not made" "SELECT count(*) FROM information_schema.referential_constraints
    WHERE constraint_schema = '$T'" 0
my -e "DROP DATABASE \`$MY\`" # it would keep the other one from being dropped

# --- keys of other engines ------------------------------------------------------------------------------

lite=$DIR/small.db
sqlite3 -bail "$lite" <<'SQL'
CREATE TABLE users (name TEXT PRIMARY KEY COLLATE NOCASE NOT NULL, code VARCHAR(20) UNIQUE, bio TEXT, seen BOOLEAN DEFAULT 0);
INSERT INTO users VALUES ('Bob','x','b',1),('alice','X','a',0),('Ñandú','y',NULL,NULL);
CREATE TABLE posts (id INTEGER PRIMARY KEY AUTOINCREMENT, author TEXT REFERENCES users (name) ON DELETE SET DEFAULT,
    of INT REFERENCES posts (id) DEFERRABLE INITIALLY DEFERRED, tag TEXT UNIQUE, body BLOB, price DECIMAL(10,2), at DATE);
INSERT INTO posts VALUES (1,'BOB',NULL,'t1',x'00ff',1.25,'2024-01-01'),(2,'alice',1,'t2',NULL,99,NULL),(9,NULL,2,NULL,x'',NULL,'');
CREATE INDEX posts_body ON posts (body, at);
SQL
SRC=sqlite:$lite
target lite
copy
rc "text keys without a length: refused" 1
says "text keys without a length: each is named, with the remedy" 'users\.name \(longtext\)' 'posts\.author \(longtext\)'
says "text keys without a length: the remedy" "--cast 'column:users\.name=varchar"
nothing_there "text keys without a length: nothing is made"
with="--cast column:users.name=varchar(60) --cast column:posts.author=varchar(60)"
# shellcheck disable=SC2086 # several options
copy $with
rc "text keys with a length: exit 0" 0
# shellcheck disable=SC2086
verified "text keys with a length: equal" $with
has "NOCASE: a comparison ignores case, not accents" "SELECT (SELECT count(*) FROM users WHERE name = 'bOB'), (SELECT count(*) FROM users WHERE name = 'Nandu')" "$(printf '1\t0')"
has "NOCASE: both ends of the key have it" "SELECT count(DISTINCT collation_name) FROM information_schema.columns
    WHERE table_schema = '$T' AND (table_name, column_name) IN (('users','name'),('posts','author'))" 1
has "a column without it counts case" "SELECT count(*) FROM users WHERE code = 'x'" 1
has "AUTOINCREMENT goes on" "INSERT INTO posts (tag) VALUES ('new'); SELECT max(id) FROM posts" 10
assert_match '1062|Duplicate' "$(tq "INSERT INTO users VALUES ('BOB','z',NULL,0)")" "a key refuses another case"
assert_match '1452|foreign key' "$(tq "INSERT INTO posts (author) VALUES ('nobody')")" "the foreign key holds"
assert_match '1062|Duplicate' "$(tq "INSERT INTO posts (tag) VALUES ('t1')")" "unbounded text is kept unique"
has "types by affinity" "SELECT GROUP_CONCAT(column_type ORDER BY ordinal_position) FROM information_schema.columns
    WHERE table_schema = '$T' AND table_name = 'posts'" "bigint(20),varchar(60),bigint(20),longtext,longblob,decimal(10,2),longtext"
says "a plain index over unbounded values: told" 'posts\.posts_body' 'first [0-9]+ characters'
says "SET DEFAULT: told" 'SET DEFAULT'
# shellcheck disable=SC2086
{
    changed "SQLite's table: a type" "ALTER TABLE posts MODIFY price decimal(12,2)" "column price" "type" $with
    changed "SQLite's table: a default" "ALTER TABLE users ALTER seen SET DEFAULT 1" "column seen" "default: expected 0, there is 1" $with
    changed "SQLite's table: NOT NULL" "ALTER TABLE users MODIFY code varchar(20) COLLATE utf8mb4_nopad_bin NOT NULL" "column code" "nullability" $with
    changed "SQLite's table: a collation" "ALTER TABLE users MODIFY bio longtext COLLATE utf8mb4_general_ci" "column bio" "type" $with
    changed "SQLite's table: an index changed" "ALTER TABLE posts DROP INDEX posts_body, ADD INDEX posts_body (body(10), at(191))" "index posts_body" "there is" $with
    changed "SQLite's table: a foreign key's action" "ALTER TABLE posts DROP FOREIGN KEY posts_fk_1, ADD CONSTRAINT again FOREIGN KEY (author) REFERENCES users (name) ON DELETE CASCADE" \
        "foreign key .*" "there is .*CASCADE" $with
    changed "SQLite's table: the next value" "DELETE FROM posts WHERE id > 3; ALTER TABLE posts AUTO_INCREMENT = 1" "next value of id" "would give 3 next.*largest key is 9" $with
}
copy --restart --cast 'column:users.name=varchar(3)' --cast 'column:posts.author=varchar(3)'
rc "a length that values exceed: refused" 1
says "a length that values exceed: named" 'users\.name'
has "a length that values exceed: no table is made" "SELECT count(*) FROM information_schema.tables
    WHERE table_schema = '$T' AND table_name IN ('users', 'posts')" 0

P=wb_${SCENARIO}_small
SRC=$(pg_db "$P")
pg "$SRC" >/dev/null <<'SQL'
CREATE TYPE mood AS ENUM ('sad', 'it''s fine', 'Ü');
CREATE TABLE a (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, k text NOT NULL UNIQUE, m mood DEFAULT 'sad', tags text[] DEFAULT '{a,b}',
    n numeric, at timestamptz, j jsonb DEFAULT '{}', b bool DEFAULT true, s varchar(10) DEFAULT 'it''s' CHECK (s <> 'bad' AND length(s) > 0),
    low int DEFAULT -1, u uuid, long varchar(3000));
CREATE INDEX ON a (long);
INSERT INTO a (k, m, tags, n, at, b, s, u, long) VALUES ('x', 'Ü', '{1,"two, 2",NULL}', 1e30, '2024-02-29 12:00:00.123456+02', true, 'A', '6ba7b810-9dad-41d1-80b4-00c04fd430c8', repeat('l', 3000)),
    ('X', NULL, NULL, NULL, '9999-12-31 23:59:59.999999+00', NULL, NULL, NULL, NULL), ('x ', 'sad', '{}', -0.10, NULL, false, 'a', NULL, '');
CREATE TABLE b (id bigint PRIMARY KEY, a_id bigint REFERENCES a (id) ON DELETE CASCADE, small smallint REFERENCES a (id), m mood, CONSTRAINT same CHECK (id > 0));
INSERT INTO b VALUES (1, 1, 3, 'sad'), (2, NULL, NULL, NULL);
CREATE TABLE c (id int PRIMARY KEY, CONSTRAINT fk FOREIGN KEY (id) REFERENCES a (id));
CREATE TABLE d (id int PRIMARY KEY, x text REFERENCES a (k), CONSTRAINT fk FOREIGN KEY (id) REFERENCES a (id));
INSERT INTO d VALUES (1, 'X'), (2, 'x ');
SQL
target small
copy
rc "PostgreSQL's unbounded keys: refused" 1
says "PostgreSQL's unbounded keys: named" 'd\.x \(longtext\)' 'a\.k \(longtext\)'
nothing_there "PostgreSQL's unbounded keys: nothing is made"
with="--cast column:d.x=varchar(40) --cast column:a.k=varchar(40)"
# shellcheck disable=SC2086
copy $with
rc "PostgreSQL's small schema: exit 0" 0
# shellcheck disable=SC2086
verified "PostgreSQL's small schema: equal" $with
has "foreign keys of other widths, and of one name" "SELECT count(*) FROM information_schema.referential_constraints WHERE constraint_schema = '$T'" 5
has "both ends are of one type" "SELECT GROUP_CONCAT(DISTINCT column_type) FROM information_schema.columns
    WHERE table_schema = '$T' AND column_name IN ('id','a_id','small')" "bigint(20)"
has "an enum and its default" "INSERT INTO a (k) VALUES ('new'); SELECT m, tags, s, low, b, j FROM a WHERE k = 'new'" "$(printf "sad\t{a,b}\tit's\t-1\t1\t{}")"
has "an array" "SELECT tags FROM a WHERE id = 1" '{1,"two, 2",NULL}'
has "text counts case and trailing blanks" "SELECT count(*) FROM a WHERE k = 'x'" 1
has "AUTO_INCREMENT goes on" "SELECT max(id) FROM a" 4
assert_match '4025|CONSTRAINT' "$(tq "UPDATE a SET s = 'bad' WHERE id = 1")" "a check over text holds"
says "an index over wide text: told" 'first [0-9]+ characters of long'

# shellcheck disable=SC2086
{
    changed "PostgreSQL's table: a type" "ALTER TABLE a MODIFY j longtext DEFAULT '{}'" "column j" "type: expected json" $with
    changed "PostgreSQL's table: a default" "ALTER TABLE a ALTER s SET DEFAULT 'its'" "column s" "default" $with
    changed "PostgreSQL's table: NULL allowed" "ALTER TABLE a MODIFY k varchar(40) COLLATE utf8mb4_nopad_bin" "column k" "nullability" $with
    changed "PostgreSQL's table: an index dropped" "ALTER TABLE a DROP INDEX a_long_idx" "index a_long_idx" "missing" $with
    changed "PostgreSQL's table: a check dropped" "ALTER TABLE a DROP CONSTRAINT a_s_check" "check a_s_check" "missing" $with
    changed "PostgreSQL's table: a check changed" "ALTER TABLE b DROP CONSTRAINT same, ADD CONSTRAINT same CHECK (id > 1 OR id = 1)" "check same" "there is" $with
    changed "PostgreSQL's table: a foreign key dropped" "ALTER TABLE b DROP FOREIGN KEY b_a_id_fkey" "foreign key b_a_id_fkey" "missing" $with
    changed "PostgreSQL's table: the next value" "SET foreign_key_checks = 0; DELETE FROM a WHERE id > 2; ALTER TABLE a AUTO_INCREMENT = 1" "next value of id" "would give 3 next.*largest key is 3" $with
}

DST=$(pg_db "${P}_again")
copy
rc "PostgreSQL to PostgreSQL: exit 0" 0
verified "PostgreSQL to PostgreSQL: equal"

# Types that no length can bring together.
SRC=$(pg_db "$P")
pg "$SRC" -c "CREATE TABLE a (id numeric(8,0) PRIMARY KEY); CREATE TABLE b (id int REFERENCES a (id))"
target differ
copy
rc "a foreign key over two types: refused" 1
says "a foreign key over two types: named" 'b\.id \(int\) refers to a\.id \(decimal'
says "a foreign key over two types: the remedy" "--cast 'column:b\.id=decimal\(8,0\)'"
nothing_there "a foreign key over two types: nothing is made"
copy --cast 'column:b.id=decimal(8,0)'
rc "a foreign key over two types, cast: exit 0" 0

# Keys wider than InnoDB's: told before rows move, not when the key is made.
SRC=$(pg_db "$P")
pg "$SRC" -c "CREATE TABLE wide (x varchar(500), y varchar(500), UNIQUE (x, y));
    CREATE TABLE narrow (id int PRIMARY KEY, x varchar(500), y varchar(500), FOREIGN KEY (x, y) REFERENCES wide (x, y));
    CREATE TABLE keyed (x varchar(500), y varchar(500), PRIMARY KEY (x, y))"
target wide
copy
rc "keys of 4,000 bytes: refused" 1
says "keys of 4,000 bytes: both are named" 'primary key of keyed' 'narrow\.x may have 4000 bytes'
nothing_there "keys of 4,000 bytes: nothing is made"
copy --exclude keyed --exclude narrow
rc "a unique key of 4,000 bytes: exit 0" 0
says "a unique key of 4,000 bytes: told" 'makes a hash'

# --- the shop -------------------------------------------------------------------------------------------

shopgen=$WB_BUILD_DIR/tools/shopgen
if [ ! -x "$shopgen" ]; then
    echo "no shopgen in $WB_BUILD_DIR"
    exit 77
fi
shop=$(my_db wb_shop)
"$shopgen" mariadb --socket "$WB_MY_SOCKET" --user root --database wb_shop --customers 20 >"$DIR/shopgen" 2>&1 || exit 99
"$shopgen" sqlite "$DIR/shop.db" --customers 20 >"$DIR/shopgen" 2>&1 || exit 99

SRC=$shop
target shop_my
copy
rc "the shop, MariaDB to MariaDB: exit 0" 0
verified "the shop, MariaDB to MariaDB: equal"

DST=$(pg_db wb_shop)
copy
rc "the shop, MariaDB to PostgreSQL: exit 0" 0
SRC=$DST
DST=$(pg_db wb_shop_2)
copy
rc "the shop, PostgreSQL to PostgreSQL: exit 0" 0
verified "the shop, PostgreSQL to PostgreSQL: equal"

target shop_pg
copy
rc "the shop, PostgreSQL to MariaDB: a key of bytes without a length: refused" 1
says "the shop, PostgreSQL to MariaDB: the column is named" 'sessions\.token \(longblob\)'
copy --cast 'column:sessions.token=varbinary(64)'
rc "the shop, PostgreSQL to MariaDB: exit 0" 0
verified "the shop, PostgreSQL to MariaDB: equal" --cast 'column:sessions.token=varbinary(64)'

SRC=sqlite:$DIR/shop.db
target shop_lite
with=(--exclude mixed_bag --exclude loose_types --exclude strict_values --cast 'column:sessions.token=varbinary(64)'
    --cast 'column:products.price_with_tax=double' --cast 'column:order_items.line_total=double'
    --cast 'column:order_items.unit_price=double') # computed as SQLite does, in binary
copy "${with[@]}"
rc "the shop, SQLite to MariaDB: text keys without a length: refused" 1
for c in countries.code payments.id settings.key 'Gift Cards.Card No' table.To tags.name addresses.country_code; do
    says "the shop, SQLite to MariaDB: $c is named" "$c \(longtext\)"
    with+=(--cast "column:$c=varchar(100)")
done
copy "${with[@]}"
rc "the shop, SQLite to MariaDB: exit 0" 0
verified "the shop, SQLite to MariaDB: equal" "${with[@]}"

wb_finish
