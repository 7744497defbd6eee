#!/bin/bash
# --restart over a finished copy, ended by kill -9 at every statement and commit: the same command without --restart then
# never says that there is nothing to do, and the target ends equal to the source. And: a finished copy of another
# database is not touched by --restart; one that was done without proof is not taken back by a later proof.
set -u
dir=$(mktemp -d "${WB_TMP:-/tmp}/restart.XXXXXX")
trap 'rm -rf "$dir"' EXIT
exec 2>/dev/null # the shell reports every process that a signal ended
src=$dir/src.db dst=$dir/dst.db failures=0

sqlite3 "$src" "CREATE TABLE a (id INTEGER PRIMARY KEY, v TEXT); CREATE TABLE b (id INTEGER PRIMARY KEY, v TEXT);
    CREATE INDEX b_v ON b(v); INSERT INTO a VALUES (1, 'x'), (2, 'y'); INSERT INTO b SELECT id, v FROM a;"
copy() { "$WHIMBREL" copy "sqlite:$src" "sqlite:$dst" --quiet "$@" >"$dir/out" 2>&1; }
dump() {
    sqlite3 "$1" "SELECT 'a', * FROM a UNION ALL SELECT 'b', * FROM b ORDER BY 1, 2;
        SELECT name FROM sqlite_master WHERE name NOT LIKE 'whimbrel%' AND name NOT LIKE 'sqlite%' ORDER BY 1" 2>&1
}
want=$(dump "$src")
verdict() { # NAME CONDITION...
    local name=$1
    shift
    if "$@"; then echo "ok $name"; else
        echo "not ok $name: $(tail -2 "$dir/out")"
        failures=1
    fi
}

every() { # POINT
    local n rc
    for ((n = 1; n < 200; n++)); do
        rm -f "$dst"*
        copy || { echo "not ok first copy"; failures=1; return; }
        sqlite3 "$src" "UPDATE a SET v = v WHERE id = 1"
        WHIMBREL_TEST_FAULT=$1:$n:kill-after copy --restart
        rc=$?
        [ "$rc" -eq 0 ] && break
        copy
        rc=$?
        if [ "$rc" -ne 0 ] || [ "$(dump "$dst")" != "$want" ]; then
            echo "not ok --restart ended at $1 $n: then exit code $rc, $(tail -1 "$dir/out")"
            failures=1
            return
        fi
    done
    if ((n >= 200)); then # the undisturbed run is the last of them
        echo "not ok --restart ended at every $1: more than $n points"
        failures=1
        return
    fi
    echo "ok --restart ended at every $1: $n points"
}
every exec
every commit

rm -f "$dst"*
copy
sqlite3 "$dir/other.db" "CREATE TABLE c (id INTEGER PRIMARY KEY)"
"$WHIMBREL" copy "sqlite:$dir/other.db" "sqlite:$dst" --restart >"$dir/out" 2>&1
verdict "another database's finished copy: refused" test $? -eq 1
verdict "another database's finished copy: untouched" test "$(dump "$dst")" = "$want"

rm -f "$dst"*
copy --no-proof
sqlite3 "$dst" "INSERT INTO a VALUES (3, 'written in the target')"
sqlite3 "$src" "UPDATE a SET v = 'moved on' WHERE id = 2"
copy
verdict "done without proof, source moved on: refused" test $? -eq 1
verdict "done without proof: the target's own row stays" test "$(sqlite3 "$dst" 'SELECT count(*) FROM a')" = 3
exit $failures
