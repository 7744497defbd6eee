#!/bin/bash
# --dry-run prints what it would do and leaves source and target as they are.
. "$(dirname "$0")/copy.bash"

pair dry
load <<'SQL'
CREATE TABLE parent (id int PRIMARY KEY AUTO_INCREMENT, name varchar(20) NOT NULL, KEY name_idx (name));
CREATE TABLE child (id int PRIMARY KEY, p int, e enum('x','y'), CONSTRAINT child_parent FOREIGN KEY (p) REFERENCES parent (id));
CREATE VIEW v_report AS SELECT name FROM parent;
INSERT INTO parent (name) VALUES ('a'),('b');
INSERT INTO child VALUES (1,1,'x');
SQL
before=$(mq "SHOW TABLES; SHOW BINLOG STATUS" 2>&1)
schemas="SELECT string_agg(nspname,',' ORDER BY nspname) FROM pg_namespace WHERE nspname !~ '^pg_'"
was=$(pq "$schemas")
copy --dry-run
rc "dry run exits 0" 0
says "prints the tables" 'CREATE TABLE.*parent'
says "prints the index" 'CREATE INDEX.*name'
says "prints the foreign key" 'FOREIGN KEY'
says "prints the enum type" 'CREATE TYPE.*child_e'
says "names what it would not carry" v_report
nothing_in_target "makes no table"
is "makes no type" "SELECT count(*) FROM pg_type t JOIN pg_namespace n ON n.oid = typnamespace WHERE nspname = 'public'" 0
is "makes no schema" "$schemas" "$was"
equal "changes nothing in the source" "$before" "$(mq "SHOW TABLES; SHOW BINLOG STATUS" 2>&1)"

# What it prints is what PostgreSQL takes.
cp "$OUT" "$DIR/ddl.sql"
if pg "$DST" -f "$DIR/ddl.sql" >"$DIR/psql" 2>&1; then
    case_ok "its output is SQL that psql runs"
    is "the printed SQL makes the tables" "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'" 2
else
    case_fail "its output is SQL that psql runs" "$(head -c 300 "$DIR/psql")"
fi

fresh_target
copy --dry-run --json
rc "dry run as JSON exits 0" 0
if jq -e . "$OUT" >/dev/null 2>&1 && [ -s "$OUT" ]; then
    case_ok "dry run as JSON is JSON"
else
    case_fail "dry run as JSON is JSON" "$(head -c 200 "$OUT")"
fi

load <<'SQL'
SET sql_mode = '';
CREATE TABLE zero (id int PRIMARY KEY, d date);
INSERT INTO zero VALUES (1,'0000-00-00');
SQL
copy --dry-run
rc "dry run finds what the copy would refuse" 1
says "dry run names it" zero zero-date
nothing_in_target "a refused dry run makes no table"

# A file that is not there is not there afterwards; one that is there stays as it is.
mq "DROP TABLE zero" >/dev/null
DST=sqlite:$DIR/new.db
copy --dry-run
rc "dry run onto a file that is not there: exit 0" 0
says "dry run onto a file that is not there: prints the tables" 'CREATE TABLE.*parent'
equal "dry run onto a file that is not there: makes none" "" "$(find "$DIR" -name 'new.db*')"
sqlite3 "$DIR/old.db" "CREATE TABLE mine (a)"
sum=$(md5sum "$DIR/old.db")
DST=sqlite:$DIR/old.db
copy --dry-run
rc "dry run onto a file with a table: refused" 1
equal "dry run onto a file with a table: the file stays as it is" "$sum" "$(md5sum "$DIR/old.db")"
equal "dry run onto a file with a table: nothing beside it" "$DIR/old.db" "$(find "$DIR" -name 'old.db*')"

wb_finish
