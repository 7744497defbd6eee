#!/bin/bash
# The record of verify in the target (parts that are equal, verdicts, repairs and their journal): the process is ended just
# before and just after durable write 1, 2, 3 … and at every second or fifth statement of a verification that finds differences and of a
# repair; the same command is then run again. SQLite to SQLite, and MariaDB to PostgreSQL.
#
#   at the kill   a row is repaired and in the journal, or neither; verdicts are there for all tables or for none; what a
#                 repair has begun to change stands as a failure that a narrower verification does not clear
#   at the end    the verdict of an undisturbed run, the source's rows, each repair in the journal once, nothing left behind
# time limit: 1800 s
set -u
. "$(dirname "$0")/../lib.sh"
DIR=$WB_TMP/verify
mkdir -p "$DIR"
exec 2>/dev/null # the shell reports every process that a signal ended

# 'big' has several parts to be recorded where its rows are many. Rows with parents, values that two rows have exchanged, rows without a key.
TOTAL=12 # rows that spoil() makes wrong
# Once or again, it is the same.
spoil_sql="UPDATE big SET v = -1 WHERE id IN (5, 900);
    DELETE FROM child WHERE id IN (7, 8); DELETE FROM parent WHERE id = 40;
    INSERT INTO child (id, parent_id) VALUES (901, 3) ON CONFLICT DO NOTHING;
    UPDATE child SET parent_id = 1 WHERE id IN (20, 21);
    UPDATE parent SET code = code || '-' WHERE id IN (10, 11);
    UPDATE parent SET code = CASE id WHEN 10 THEN 'c11' ELSE 'c10' END WHERE id IN (10, 11);
    DELETE FROM bag WHERE a IN (3, 99); INSERT INTO bag VALUES (99, 'x');"
lines_sql() { # of either client: a line a row; of 'big' those that are wrong
    cat <<'SQL'
SELECT 'parent', id, code FROM parent; SELECT 'child', id, parent_id FROM child; SELECT 'bag', a, b FROM bag;
SELECT 'big', id, v FROM big WHERE v <> id * 3; SELECT 'rows', count(*), '' FROM big;
SQL
}

# --- two worlds: fresh_target, source_lines, target_lines, target SQL, next_is_right ----------------------------------

lite_world() {
    src=$DIR/src.db dst=$DIR/dst.db PREFIX=whimbrel_
    SRC=sqlite:$src DST=sqlite:$dst
    sqlite3 -bail "$src" "CREATE TABLE parent (id INTEGER PRIMARY KEY AUTOINCREMENT, code TEXT UNIQUE);
        CREATE TABLE child (id INTEGER PRIMARY KEY, parent_id INT REFERENCES parent (id));
        CREATE TABLE bag (a INT, b TEXT); CREATE TABLE big (id INTEGER PRIMARY KEY, v INT);
        INSERT INTO parent SELECT value, 'c' || value FROM generate_series(1, 40);
        INSERT INTO child SELECT value, value + 1 FROM generate_series(1, 30);
        INSERT INTO bag SELECT value, 'b' FROM generate_series(1, 20);
        INSERT INTO big SELECT value, value * 3 FROM generate_series(1, 140000);"
    "$WHIMBREL" copy "$SRC" "$DST" --quiet >/dev/null && "$WHIMBREL" clean "$DST" >/dev/null || exit 1
    sqlite3 -bail "$dst" "$spoil_sql UPDATE sqlite_sequence SET seq = 5; PRAGMA wal_checkpoint(TRUNCATE)" >/dev/null
    cp "$dst" "$DIR/spoilt.db"
    fresh_target() { rm -f "$dst"-*; cp "$DIR/spoilt.db" "$dst"; }
    source_lines() { sqlite3 -separator '|' "$src" "$(lines_sql)"; }
    target_lines() { sqlite3 -separator '|' "$dst" "$(lines_sql)"; }
    target() { sqlite3 "$dst" "$1" 2>/dev/null; }
    next_is_right() { [ "$(target "SELECT seq >= 40 FROM sqlite_sequence WHERE name = 'parent'")" = 1 ]; }
    sets_next=no # the key that is inserted moves it on
}

server_world() {
    PREFIX=whimbrel.
    SRC=$(my_db crash_verify)
    DST=$(pg_db crash_verify)
    my crash_verify -e "CREATE TABLE parent (id int AUTO_INCREMENT PRIMARY KEY, code varchar(20) UNIQUE);
        CREATE TABLE child (id int PRIMARY KEY, parent_id int, FOREIGN KEY (parent_id) REFERENCES parent (id));
        CREATE TABLE bag (a int, b varchar(10)); CREATE TABLE big (id int PRIMARY KEY, v int);
        INSERT INTO parent SELECT seq, CONCAT('c', seq) FROM seq_1_to_40;
        INSERT INTO child SELECT seq, seq + 1 FROM seq_1_to_30;
        INSERT INTO bag SELECT seq, 'b' FROM seq_1_to_20;
        INSERT INTO big SELECT seq, seq * 3 FROM seq_1_to_1000; ANALYZE TABLE big" >/dev/null
    "$WHIMBREL" copy "$SRC" "$DST" --quiet >/dev/null && "$WHIMBREL" clean "$DST" >/dev/null || exit 1
    fresh_target() {
        pg crash_verify -c "DROP SCHEMA IF EXISTS whimbrel CASCADE" -c "$spoil_sql SELECT setval(pg_get_serial_sequence('parent', 'id'), 5)" >/dev/null
    }
    source_lines() { my crash_verify -e "$(lines_sql)" | tr '\t' '|'; }
    target_lines() { pg crash_verify -c "$(lines_sql)"; }
    target() { pg crash_verify -c "$1" 2>/dev/null; }
    next_is_right() { [ "$(target "SELECT last_value >= 40 FROM parent_id_seq")" = t ]; }
    sets_next=yes
}

# --- what is looked at ------------------------------------------------------------------------------------------------

verify() { "$WHIMBREL" verify "$SRC" "$DST" --jobs 1 --settle 60ms --quiet "$@" >"$DIR/out" 2>"$DIR/err" </dev/null; }
# What a verdict says, without times.
said() {
    tail -n 1 "$DIR/out" | jq -c '[.outcome, .exit_code, .missing_rows, .extra_rows, .changed_rows, .rows, [.tables[]
        | [.source, .outcome, .strength, .source_rows, .target_rows, .source_digest, .target_digest, .missing_rows, .extra_rows, .changed_rows,
            [.differences[] | [.kind, .key]]]]]'
}
kept() { target "SELECT target_table, outcome, strength, failed, source_rows, target_rows, missing_rows, extra_rows, changed_rows
    FROM ${PREFIX}verdicts WHERE run_id = (SELECT max(id) FROM ${PREFIX}verify_run WHERE state = 'done') ORDER BY table_no"; }
count() { # TABLE [WHERE]: 0 where there is no such table yet
    local n
    n=$(target "SELECT count(*) FROM $PREFIX$1 ${2:+WHERE $2}")
    echo "${n:-0}"
}
wrong() { # rows that differ, by table and key
    target_lines | sort >"$DIR/target"
    sort <<<"$want" | comm -3 - "$DIR/target" | tr -d '\t' | cut -d'|' -f1,2 | sort -u | wc -l
}
fail() {
    case_fail "$1" "$2; $(tail -qn 2 "$DIR/out" "$DIR/err" | cut -c1-300)"
    return 1
}

# A verification, ended somewhere and begun again.
one_verify() { # NAME
    local n
    n=$(count verdicts)
    [ "$n" = 0 ] || [ "$n" = 4 ] || fail "$1: verdicts of all tables or of none" "there are $n" || return
    verify --json
    [ $? -eq 1 ] || fail "$1: run again: exit 1" "it is not" || return
    [ "$(said)" = "$want_said" ] || fail "$1: run again: the same verdict" "$(said)" || return
    [ "$(kept)" = "$want_kept" ] || fail "$1: run again: the same record" "$(kept)" || return
    [ "$(count verify_run "state = 'running'")$(count verify_parts)" = 00 ] || fail "$1: nothing is left to go on with" "there is"
}

# A repair, ended somewhere and begun again.
one_repair() { # NAME
    local left repaired code want_code=0
    left=$(wrong) repaired=$(count repairs "part_no = 0 AND statement <> 'SEQUENCE'")
    [ $((left + repaired)) -eq $TOTAL ] || fail "$1: a row is repaired and in the journal, or neither" "$left differ, $repaired journalled" || return
    if [ "$repaired" -gt 0 ]; then
        verify --levels schema --tables parent
        [ $? -eq 1 ] || fail "$1: a narrower verification does not clear the failure" "it did" || return
    fi
    [ $sets_next = yes ] && next_is_right && [ "$(count repairs "statement = 'SEQUENCE'")" = 0 ] && { fail "$1: a next value is in the journal" "it is not"; return; }
    { [ "$left" -eq 0 ] && next_is_right; } || want_code=1
    verify --repair --execute
    code=$?
    [ $code -eq $want_code ] || fail "$1: run again: exit $want_code" "it is $code" || return
    [ "$(wrong)" = 0 ] && next_is_right || fail "$1: run again: the source's rows" "$(wrong) differ" || return
    repaired=$(count repairs "part_no = 0 AND statement <> 'SEQUENCE'")
    [ "$repaired" -eq $TOTAL ] || fail "$1: every repair is in the journal once" "$repaired" || return
    verify
    [ $? -eq 0 ] || fail "$1: a full pass clears the failure" "it does not" || return
    verify --levels counts
    [ $? -eq 0 ] || fail "$1: then nothing stands" "it does"
}

# Sets points: how many there are. kill-after needs to be told: at a statement that the server refuses it does not strike.
every() { # WHAT POINT ACTION STEP [FLAG…]
    local what=$1 point=$2 action=$3 step=$4 n rc killed=0
    shift 4
    for ((n = 1; n < 400; n += step)); do
        [ "$action" = kill-before ] || [ $n -le "$points" ] || break
        fresh_target
        WHIMBREL_TEST_FAULT=$point:$n:$action verify "$@"
        rc=$?
        if [ $rc -eq 137 ]; then
            killed=$((killed + 1))
            "one_$what" "$WORLD: $what, $point $action at $n" || return
        elif [ $rc -ne 1 ]; then
            fail "$WORLD: $what, $point $action at $n: exit 1" "it is $rc"
            return
        elif [ "$action" = kill-before ]; then
            points=$((n - 1)) # the undisturbed run is the last
            break
        fi
    done
    if [ $killed -lt 4 ] || [ $n -ge 400 ]; then
        fail "$WORLD: $what, $point $action" "killed $killed times, ended at $n"
    else
        case_ok "$WORLD: $what, $point $action: killed $killed times"
    fi
}

both() { # how many statements are left out between two: servers need longer
    want=$(source_lines)
    fresh_target
    [ "$(wrong)" = $TOTAL ] || fail "$WORLD: rows are spoilt" "$(wrong)"
    verify --json
    want_said=$(said) want_kept=$(kept)
    [ "$(count verdicts)" = 4 ] || fail "$WORLD: an undisturbed verification" "no verdicts"
    every verify commit kill-before 1 --json
    every verify commit kill-after 1 --json
    every verify exec kill-before 1 --json
    every verify exec kill-after 1 --json
    every repair commit kill-before 1 --repair --execute
    every repair commit kill-after 1 --repair --execute
    every repair exec kill-before "$1" --repair --execute
    every repair exec kill-after "$1" --repair --execute
}
WORLD=SQLite
lite_world
both 1
WORLD="MariaDB to PostgreSQL"
server_world
both 4
wb_finish
