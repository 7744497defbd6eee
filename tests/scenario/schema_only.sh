#!/bin/bash
# copy --schema-only: the tables and nothing else; the same command without it goes on with them. As a step too.
. "$(dirname "$0")/run.bash"

fixture() { # fixture DATABASE
    my "$1" <<'SQL'
CREATE TABLE sale (id INT AUTO_INCREMENT PRIMARY KEY, t VARCHAR(40), KEY (t));
CREATE TABLE line (id INT PRIMARY KEY, sale INT, FOREIGN KEY (sale) REFERENCES sale (id));
INSERT INTO sale (t) SELECT MD5(seq) FROM seq_1_to_1000;
INSERT INTO line SELECT id, id FROM sale;
SQL
}
copy() {
    RC=0
    "$WHIMBREL" copy "$SRC" "$DST" --json "$@" >"$OUT" 2>&1 </dev/null || RC=$?
}
at() { tail -n 1 "$OUT" | jq -r "$1"; }
OUT=$WB_TMP/out

for engine in postgres sqlite mariadb; do
    SRC=$(my_db wb_so)
    fixture wb_so
    case $engine in
    postgres) DST=$(pg_db wb_so) ;;
    mariadb) DST=$(my_db wb_so_target) ;;
    sqlite)
        rm -f "$WB_TMP/so.db"
        DST=sqlite:$WB_TMP/so.db
        ;;
    esac
    look() { # rows, in the target's own words
        case $engine in
        postgres) pg wb_so -c "$1" ;;
        mariadb) my wb_so_target -e "$1" ;;
        sqlite) sqlite3 "$WB_TMP/so.db" "$1" ;;
        esac
    }
    wb_case "$engine: tables without rows, then the rest"
    copy --schema-only
    assert_eq "0 true false" "$RC $(at '[.schema_only, .done] | map(tostring) | join(" ")')" "$(tail -n 2 "$OUT")"
    assert_eq "0 0" "$(look 'SELECT count(*) FROM sale') $(look 'SELECT count(*) FROM line')"
    copy --schema-only
    assert_eq "0 true" "$RC $(at .schema_only)" "twice is once"
    my wb_so -e "INSERT INTO sale (t) VALUES ('later')"
    copy
    assert_eq "0 true true" "$RC $(at '[.done, .proven] | map(tostring) | join(" ")')" "$(tail -n 2 "$OUT")"
    assert_eq "1001 1000" "$(look 'SELECT count(*) FROM sale') $(look 'SELECT count(*) FROM line')"
    expect_exit 0 "$WHIMBREL" verify "$SRC" "$DST"
    copy --schema-only
    assert_eq "0 true" "$RC $(at .was_done_before)" "behind a copy there is nothing to do"
done

wb_case "a target that holds something else is refused"
DST=$(pg_db wb_so)
pg wb_so -c 'CREATE TABLE mine (a int)'
copy --schema-only
assert_eq 1 "$RC"

wb_case "as steps of a plan"
plan schema
OLD=$(my_db wb_so)
NEW=$(pg_db wb_so)
export OLD NEW
fixture wb_so
run --until 1
assert_eq 0 "$RC"
said '2 tables made, without rows'
assert_eq 0 "$(pg wb_so -c 'SELECT count(*) FROM sale')"
run
assert_eq 0 "$RC"
assert_eq 1000 "$(pg wb_so -c 'SELECT count(*) FROM sale')"
wb_finish
