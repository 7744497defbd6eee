#!/bin/bash
# What goes wrong, the exit code that says so, and the message that helps; and that a run which failed
# half-way is finished by the same command.
. "$(dirname "$0")/copy.bash"

pair errors
load <<'SQL'
CREATE TABLE big (id int PRIMARY KEY AUTO_INCREMENT, a int NOT NULL, v varchar(200) NOT NULL, KEY a (a));
INSERT INTO big SELECT seq, seq % 977, CONCAT(seq, REPEAT('-', 150)) FROM seq_1_to_40000;
CREATE TABLE small (id int PRIMARY KEY, v varchar(20));
INSERT INTO small VALUES (1,'a'),(2,'b');
CREATE TABLE z_last (id int PRIMARY KEY, v int);
INSERT INTO z_last SELECT seq, seq FROM seq_1_to_5000;
ANALYZE TABLE big, small, z_last;
SQL
flags=(--chunk-bytes 300k --jobs 2)
begun="SELECT count(*) > 0 FROM big"
# A copy in the background that cannot end before finish or release: 2 of the more than 20 chunks of big are let through.
start_held() {
    fresh_target
    hold big 2
    start "${flags[@]}" "$@"
}

# --- the command line ----------------------------------------------------------------------------

run() { # CASE WANT ARGS…: the program as such
    local name=$1 want=$2
    shift 2
    RC=0
    timeout -k 5 300 "$WHIMBREL" "$@" >"$OUT" 2>"$ERR" </dev/null || RC=$?
    retell
    rc "$name" "$want"
    if [ "$want" != 0 ] && [ ! -s "$ERR" ]; then case_fail "$name: says something" "nothing on standard error"; fi
}
run "no command" 2
run "unknown command" 2 kopy
run "copy without arguments" 2 copy
run "copy with one argument" 2 copy "$SRC"
run "copy with three arguments" 2 copy "$SRC" "$DST" "$DST"
run "unknown flag" 2 copy "$SRC" "$DST" --fast
run "flag without its value" 2 copy "$SRC" "$DST" --jobs
run "--jobs 0" 2 copy "$SRC" "$DST" --jobs 0
run "--jobs many" 2 copy "$SRC" "$DST" --jobs many
run "--max-rate of nothing" 2 copy "$SRC" "$DST" --max-rate 0
for url in mysql//root mysql: 'mysql://h:port/db' "$WB_MY_URL" 'postgresql://[::1/db' 'mysql://%zz@h/db' '' sqlite:; do
    run "malformed URL '$url'" 2 copy "$url" "$DST"
done
run "unknown scheme oracle" 2 copy oracle://h/db "$DST"
says "unknown scheme: the message names it" oracle
run "unknown scheme of the target" 2 copy "$SRC" mongodb://h/db
run "no scheme" 2 copy app.db "$DST"
run "--help exits 0" 0 copy --help
run "--version exits 0" 0 --version
nothing_in_target "usage errors make nothing"

# --- reaching the databases ----------------------------------------------------------------------

began=$SECONDS
run "unreachable source socket" 4 copy "mysql://root@localhost/x?socket=/nonexistent/s.sock" "$DST"
says "unreachable source socket: the message names it" '/nonexistent/s.sock'
run "unreachable source port" 4 copy "mysql://root@127.0.0.1:1/x" "$DST"
run "unreachable target directory" 4 copy "$SRC" "postgresql://postgres@/x?host=/nonexistent"
run "unreachable target port" 4 copy "$SRC" "postgresql://postgres@127.0.0.1:1/x"
if ((SECONDS - began < 100)); then # four of them; retries would take minutes
    case_ok "unreachable hosts are told soon"
else
    case_fail "unreachable hosts are told soon" "$((SECONDS - began)) s"
fi
run "source database that is not there" 4 copy "$(my_url wb_no_such)" "$DST"
says "source database that is not there: named" wb_no_such
run "target database that is not there" 4 copy "$SRC" "$(pg_url wb_no_such)"
says "target database that is not there: named" wb_no_such

my -e "CREATE OR REPLACE USER wb_err@localhost IDENTIFIED BY 'right'; CREATE OR REPLACE USER wb_select@localhost;
    CREATE OR REPLACE USER wb_insert@localhost; GRANT SELECT ON \`$MY\`.* TO wb_select@localhost;
    GRANT SELECT ON \`$MY\`.big TO wb_insert@localhost; GRANT INSERT ON \`$MY\`.z_last TO wb_insert@localhost"
as() { echo "mysql://$1@localhost/$MY?socket=$WB_MY_SOCKET"; }
run "refused login at the source" 4 copy "$(as wb_err:wrong)" "$DST"
says "refused login at the source: the user is named" wb_err
silent "refused login: the password is not" wrong
run "refused login at the target" 4 copy "$SRC" "postgresql://wb_no_role@/$PG?host=$WB_PG_HOST&port=$WB_PG_PORT"
says "refused login at the target: the user is named" wb_no_role
run "a table that may not be read" 4 copy "$(as wb_insert)" "$DST"
says "a table that may not be read: named" z_last
no_rows_in_target "a table that may not be read: no row of the others moved"
fresh_target
run "a user with SELECT alone is enough" 0 copy "$(as wb_select)" "$DST"
equal_tables "a user with SELECT alone: equal" big small z_last
my -e "DROP USER wb_err@localhost, wb_select@localhost, wb_insert@localhost"

fresh_target
pg "$DST" -c "DO \$\$ BEGIN IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'wb_weak') THEN CREATE ROLE wb_weak LOGIN; END IF; END \$\$"
run "a target role that may not create" 4 copy "$SRC" "postgresql://wb_weak@/$PG?host=$WB_PG_HOST&port=$WB_PG_PORT"
says "a target role that may not create: the right is named" 'create|permission|privilege'
nothing_in_target "a target role that may not create: nothing made"

# --- a target with things in it ------------------------------------------------------------------

fresh_target
pg "$DST" -c "CREATE TABLE small (mine text)" -c "INSERT INTO small VALUES ('precious')"
copy
rc "target not empty" 1
says "target not empty: the table is named" small
is "target not empty: what was there is untouched" "SELECT string_agg(mine, ',') FROM small" precious
is "target not empty: nothing was added" "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'" 1
copy --restart
rc "--restart does not drop what whimbrel did not make" 1
is "--restart: what was there is untouched" "SELECT string_agg(mine, ',') FROM small" precious
fresh_target
pg "$DST" -c "CREATE VIEW big AS SELECT 1 AS mine"
copy
rc "target with a view of that name" 1
is "target with a view of that name: untouched" "SELECT mine FROM big" 1

# --- two at once ---------------------------------------------------------------------------------

start_held
if midway "a copy is under way" "$begun"; then
    run "a second run at once is refused" 1 copy "$SRC" "$DST" "${flags[@]}"
    says "a second run at once: says why" 'another|busy|already'
fi
OUT=$DIR/out.first
ERR=$DIR/err.first
finish
OUT=$DIR/out
ERR=$DIR/err
equal "the first run is not disturbed" 0 "$RC"
equal_tables "after two at once: equal" big small z_last

# A run that sleeps (a suspended machine) while another is started: whichever of them goes on, the
# other writes no more, and nothing is there twice.
start_held
if midway "a copy that will sleep is under way" "$begun"; then
    kill -STOP "$COPY"
    release
    RC=0
    timeout -k 5 300 "$WHIMBREL" copy "$SRC" "$DST" "${flags[@]}" >"$DIR/second" 2>&1 </dev/null || RC=$?
    second=$RC
    kill -CONT "$COPY"
    finish
    case "$RC/$second" in
    0/1 | 1/0 | 4/0 | 0/0) case_ok "sleeper $RC, second $second: at least one is done, both know" ;;
    *) case_fail "sleeper $RC, second $second: at least one is done, both know" "$(tail -qn 2 "$ERR" "$DIR/second")" ;;
    esac
    equal_tables "after a sleeper: equal" big small z_last
else
    finish
fi

fresh_target
copy --include small
rc "one table first: exit 0" 0
copy
rc "another command on the same target is refused" 1
says "another command on the same target: the way on is named" '--restart'
equal_tables "another command on the same target: what was there stands" small
copy --restart
rc "--restart begins anew" 0
equal_tables "--restart: equal" big small z_last

# --- sessions that the servers end ---------------------------------------------------------------

end_sessions() { # target|source
    if [ "$1" = target ]; then
        pg "$(pg_url postgres)" -c "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = '$PG'" >/dev/null
    else
        my -e "SELECT CONCAT('KILL ', id, ';') FROM information_schema.processlist WHERE db = '$MY'" | my -f 2>/dev/null
    fi
}
for side in target source; do
    start_held --retries 0
    midway "under way, then every session at the $side is killed" "$begun" && end_sessions $side
    finish
    rc "sessions at the $side killed, --retries 0: exit 4" 4
    says "sessions at the $side killed: says to run it again" 'again|continue'
    copy "${flags[@]}"
    rc "sessions at the $side killed: the same command finishes" 0
    equal_tables "sessions at the $side killed: equal" big small z_last

    start_held
    midway "under way with retries, sessions at the $side killed" "$begun" && end_sessions $side
    finish
    rc "sessions at the $side killed: goes on by itself" 0
    equal_tables "sessions at the $side killed, gone on by itself: equal" big small z_last
done

# --- a table that goes away ----------------------------------------------------------------------

start_held --jobs 1
if midway "under way, then a later table is dropped" "$begun"; then
    mq "SET lock_wait_timeout = 1; DROP TABLE z_last" >"$DIR/drop"
    finish
    if [ "$RC" = 0 ]; then
        is "a table dropped midway: exit 0 only with all its rows" "SELECT count(*), sum(v) FROM z_last" "$(printf '5000\t12502500')"
    else
        rc "a table dropped midway: exit 1 or 4" '1|4'
        says "a table dropped midway: named" z_last
    fi
else
    finish
fi
wb_finish
