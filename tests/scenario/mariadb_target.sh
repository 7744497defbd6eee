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
    timeout -k 5 120 "$WHIMBREL" verify "$SRC" "$DST" "${@:2}" >"$DIR/verify" 2>&1 </dev/null || code=$?
    if [ "$code" = 0 ]; then
        case_ok "$1"
    else
        case_fail "$1" "exit $code: $(grep -v ' equal ' "$DIR/verify" | tr '\n' ' ' | cut -c1-900)"
    fi
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
    my -e "SELECT table_name, create_time, update_time, auto_increment FROM information_schema.tables WHERE table_schema = '$1'"
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

wb_finish
