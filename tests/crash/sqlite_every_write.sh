#!/bin/bash
# SQLite to SQLite: the process is ended (or loses its connection, or finds the disk full) at durable write 1, 2, 3 … and
# at statement 1, 2, 3 …; the same command then finishes, and the target is equal to the source, row by row, in the
# eyes of the sqlite3 shell.
set -u
dir=$(mktemp -d "${WB_TMP:-/tmp}/crash.XXXXXX")
trap 'rm -rf "$dir"' EXIT
src=$dir/src.db dst=$dir/dst.db
failures=0
exec 2>/dev/null # the shell reports every process that a signal ended

sqlite3 "$src" <<'SQL'
CREATE TABLE parent (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL UNIQUE, data BLOB);
CREATE TABLE child (id INTEGER PRIMARY KEY, parent_id INTEGER REFERENCES parent(id) ON DELETE CASCADE, v REAL);
CREATE TABLE no_key (a, b TEXT);
CREATE INDEX child_parent ON child(parent_id);
CREATE INDEX child_v ON child(v DESC) WHERE v > 10;
CREATE VIEW both_of AS SELECT p.name, c.v FROM parent p JOIN child c ON c.parent_id = p.id;
WITH RECURSIVE n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < 3500)
  INSERT INTO parent SELECT i, 'name ' || i, zeroblob(i % 50) FROM n;
WITH RECURSIVE n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < 4200)
  INSERT INTO child SELECT i * 3, i % 3500 + 1, i / 7.0 FROM n;
WITH RECURSIVE n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < 1500)
  INSERT INTO no_key SELECT CASE i % 4 WHEN 0 THEN i WHEN 1 THEN 'x' || i WHEN 2 THEN i / 3.0 END, 'b' FROM n;
SQL

# Everything that the shell can see, in an order that does not depend on where rows lie.
dump() {
    for t in parent child no_key; do
        sqlite3 "$1" "SELECT '$t', quote(c1), typeof(c1), quote(c2), typeof(c2), quote(c3) FROM (SELECT $(columns $t) FROM $t) ORDER BY 2, 3, 4, 5, 6"
    done
    sqlite3 "$1" "SELECT type, name, tbl_name, sql FROM sqlite_master WHERE name NOT LIKE 'whimbrel%' AND tbl_name NOT LIKE 'whimbrel%' AND name NOT LIKE 'sqlite_%' ORDER BY 1, 2"
    sqlite3 "$1" "SELECT name, seq FROM sqlite_sequence ORDER BY 1"
    sqlite3 "$1" 'PRAGMA integrity_check; PRAGMA foreign_key_check;'
}
columns() {
    case $1 in
    parent) echo 'id c1, name c2, data c3' ;;
    child) echo 'id c1, parent_id c2, v c3' ;;
    no_key) echo 'a c1, b c2, NULL c3' ;;
    esac
}
want=$(dump "$src")

copy() {
    "$WHIMBREL" copy "sqlite:$src" "sqlite:$dst" --chunk-bytes 20000 --quiet "$@" >"$dir/out" 2>&1
}

check() { # NAME
    if [ "$(dump "$dst")" = "$want" ]; then
        return 0
    fi
    echo "not ok $1: the target differs"
    diff <(echo "$want") <(dump "$dst") | head -5
    failures=$((failures + 1))
    return 1
}

every() { # POINT ACTION
    local point=$1 action=$2 n rc struck
    for ((n = 1; n < 400; n++)); do
        rm -f "$dst"*
        WHIMBREL_TEST_FAULT=$point:$n:$action copy
        rc=$?
        case $action in
        kill-*) struck=$((rc == 137)) ;;
        lose) struck=$(grep -c 'fault injection' "$dir/out") ;;
        fill) struck=$((rc == 4)) ;;
        esac
        if [ "$rc" -eq 0 ]; then
            check "$point $n $action (first run said it was done)" || return
            # lose is retried within the run and may well end with 0; go on until no fault strikes any more
            [ "$action" = lose ] && [ "$n" -lt 40 ] && continue
            break
        fi
        if [ "$struck" -eq 0 ]; then
            echo "not ok $point $action at $n: exit code $rc"
            tail -3 "$dir/out"
            failures=$((failures + 1))
            return
        fi
        copy
        rc=$?
        if [ "$rc" -ne 0 ]; then
            echo "not ok $point $action at $n: the second run ends with $rc"
            tail -3 "$dir/out"
            failures=$((failures + 1))
            return
        fi
        check "$point $action at $n" || return
    done
    if ((n >= 400)); then # the undisturbed run is the last of them
        echo "not ok $point $action: more than $n points"
        failures=$((failures + 1))
        return
    fi
    echo "ok $point $action: $n points"
}

every commit kill-before
every commit kill-after
every commit lose
every commit fill
every exec kill-before
every exec kill-after
exit $((failures > 0))
