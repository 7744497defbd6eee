#!/bin/bash
# SQLite at one end: what compares or divides otherwise there. MariaDB to SQLite: collations. SQLite to PostgreSQL and
# to MariaDB: "/" of integers.
. "$(dirname "$0")/copy.bash"

# --- case and accents in SQLite -------------------------------------------------------------------------

pair collations
load <<'SQL'
CREATE TABLE users (id int PRIMARY KEY, name varchar(20) COLLATE utf8mb4_general_ci NOT NULL, code varchar(20) COLLATE utf8mb4_bin,
    bio varchar(20) COLLATE utf8mb4_unicode_ci, UNIQUE KEY name (name), UNIQUE KEY code (code));
INSERT INTO users VALUES (1,'Bob','x','Ärger'),(2,'alice','X','arger'),(3,'Ñandú','y',NULL);
CREATE TABLE posts (id int PRIMARY KEY, author varchar(20) COLLATE utf8mb4_general_ci,
    CONSTRAINT posts_author FOREIGN KEY (author) REFERENCES users (name));
INSERT INTO posts VALUES (1,'BOB'),(2,'alice'),(3,NULL);
SQL
file=$DIR/ci.db
DST=sqlite:$file
lite() { sqlite3 -separator $'\t' "$file" "$1" 2>&1; }
copy
rc "case-insensitive text into SQLite: exit 0" 0
equal "values stay as they are" "$(mq "SELECT id, name, code, ifnull(bio,'-') FROM users ORDER BY id")" \
    "$(lite "SELECT id, name, code, ifnull(bio,'-') FROM users ORDER BY id")"
equal "a comparison ignores case" 1 "$(lite "SELECT id FROM users WHERE name = 'bOB'")"
equal "order ignores case" "2 1 3" "$(lite "SELECT id FROM users ORDER BY name" | tr '\n' ' ' | sed 's/ $//')"
equal "a binary column counts case" 1 "$(lite "SELECT count(*) FROM users WHERE code = 'X'")"
assert_match 'UNIQUE' "$(lite "INSERT INTO users VALUES (9,'bob','z',NULL)")" "a unique key refuses another case"
equal "a unique key refuses another case" 3 "$(lite "SELECT count(*) FROM users")"
equal "a unique key of a binary column takes another case" "" "$(lite "INSERT INTO users VALUES (8,'eve','Y',NULL)")"
equal "a foreign key holds over another case" "" "$(lite "PRAGMA foreign_key_check")"
once "what still differs is named, once a table: users" 'users' 'ASCII' '\bname\b' '\bbio\b'
once "what still differs is named, once a table: posts" 'posts' 'ASCII' '\bauthor\b'
silent "a binary column is not named" 'keys of [a-z, ]*\bcode\b'

# --- division -------------------------------------------------------------------------------------------

src=$DIR/div.db
sqlite3 -bail "$src" <<'SQL'
CREATE TABLE d (id INTEGER PRIMARY KEY, a INTEGER, b INTEGER, r REAL,
    whole INTEGER GENERATED ALWAYS AS (a / b) STORED, half REAL GENERATED ALWAYS AS (a / 2) STORED,
    real_q REAL GENERATED ALWAYS AS (r / b) STORED, rest INTEGER GENERATED ALWAYS AS (a % b) STORED);
INSERT INTO d (id, a, b, r) VALUES (1,7,2,7.0),(2,-7,2,-7.5),(3,7,0,1.0),(4,NULL,1,NULL),(5,6,3,6.0);
SQL
SRC=sqlite:$src
want=$(sqlite3 -separator ' ' "$src" "SELECT id, ifnull(whole,'-'), ifnull(CAST(half AS INTEGER),'-'), ifnull(CAST(real_q * 1000 AS INTEGER),'-'), ifnull(rest,'-') FROM d ORDER BY id" | tr '\n' ';')
equal "the source divides integers whole" "1 3 3 3500 1;2 -3 -3 -3750 -1;3 - 3 - -;4 - - - -;5 2 3 2000 0;" "$want"

DST=$(pg_url "$PG")
fresh_target
copy
rc "SQLite's division into PostgreSQL: exit 0" 0
equal "SQLite's division into PostgreSQL: every value" "$want" "$(pq "SELECT concat_ws(' ', id, coalesce(whole::text,'-'),
    coalesce(half::bigint::text,'-'), coalesce(trunc(real_q * 1000)::bigint::text,'-'), coalesce(rest::text,'-')) FROM d ORDER BY id" | tr '\n' ';')"
for c in whole half real_q rest; do
    if [ "$(pq "SELECT attgenerated FROM pg_attribute WHERE attrelid = 'd'::regclass AND attname = '$c'")" = s ]; then
        case_ok "SQLite's division into PostgreSQL: $c is generated there"
    else
        says "SQLite's division into PostgreSQL: $c is named as plain" not_carried "d\\.$c\\b"
    fi
done
accepts "SQLite's division into PostgreSQL: a new row" "INSERT INTO d (id, a, b, r) VALUES (9, 9, 2, 9)"
is "SQLite's division into PostgreSQL: it goes on dividing so" "SELECT whole FROM d WHERE id = 9" 4

DST=$(my_url "$MY")
my -e "DROP DATABASE \`$MY\`; CREATE DATABASE \`$MY\`"
copy
rc "SQLite's division into MariaDB: exit 0" 0
equal "SQLite's division into MariaDB: every value" "$want" "$(mq "SELECT concat_ws(' ', id, ifnull(whole,'-'), ifnull(truncate(half,0),'-'),
    ifnull(truncate(real_q * 1000,0),'-'), ifnull(rest,'-')) FROM d ORDER BY id" | tr '\n' ';')"
for c in whole half real_q; do
    says "SQLite's division into MariaDB: $c is a plain column there, and named" not_carried "d\\.$c\\b"
    equal "SQLite's division into MariaDB: $c is plain" "" "$(mq "SELECT ifnull(generation_expression,'') FROM information_schema.columns
        WHERE table_schema = '$MY' AND table_name = 'd' AND column_name = '$c'")"
done

# --- renamed columns in expressions ---------------------------------------------------------------------

pair renamed
load <<'SQL'
CREATE TABLE r (id int PRIMARY KEY, a int, b int AS (a + 1) STORED, c int DEFAULT 5, CONSTRAINT few CHECK (A < 100));
INSERT INTO r (id, a) VALUES (1, 7), (2, NULL);
SQL
file=$DIR/renamed.db
DST=sqlite:$file
copy --rename 'r.a=the amount'
rc "a column is renamed into SQLite: exit 0" 0
equal "the target computes from it" "1 7 8;2 - -;" \
    "$(sqlite3 -separator ' ' "$file" "SELECT id, ifnull(\"the amount\", '-'), ifnull(b, '-') FROM r ORDER BY id" | tr '\n' ';')"
equal "it is generated there" 10 "$(sqlite3 "$file" "INSERT INTO r (id, \"the amount\") VALUES (3, 9) RETURNING b" 2>&1)"
assert_match 'CHECK' "$(sqlite3 "$file" "INSERT INTO r (id, \"the amount\") VALUES (4, 100)" 2>&1)" "its check looks at it"

SRC=sqlite:$file
DST=$(my_url "$MY")
my -e "DROP DATABASE \`$MY\`; CREATE DATABASE \`$MY\`"
copy --rename 'r.the amount=sum'
rc "a column is renamed into MariaDB: exit 0" 0
equal "MariaDB computes from it" "1 7 8;2 - -;3 9 10;" \
    "$(mq "SELECT concat_ws(' ', id, ifnull(sum, '-'), ifnull(b, '-')) FROM r ORDER BY id" | tr '\n' ';')"
assert_match 'CONSTRAINT' "$(mq "INSERT INTO r (id, sum) VALUES (4, 100)")" "MariaDB's check looks at it"

again=$DIR/again.db
DST=sqlite:$again
copy --rename 'r.the amount=sum'
rc "a column is renamed from SQLite into SQLite: exit 0" 0
equal "SQLite computes from it again" 10 "$(sqlite3 "$again" "SELECT b FROM r WHERE sum = 9" 2>&1)"

wb_finish
