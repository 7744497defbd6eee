#!/bin/bash
# Between two connects another server, standby or file takes the place of the one that the work began with (its socket's
# folder is a symbolic link): copy, verify and the steps and checks of a run refuse it by its identity and change nothing
# there; when the first is back, the same command goes on. What is swapped waits at a lock or in a pipe meanwhile.
. "$(dirname "$0")/copy.bash"

wb_own_servers mariadb postgres || exit 99
FIRST=$WB_SERVERS_DIR SECOND=$WB_SERVERS_DIR/second STANDBY=$WB_SERVERS_DIR/standby
mkdir "$SECOND"
chmod 755 "$SECOND"
"$WB_ROOT/scripts/servers" start "$SECOND" --fast --owner $$ mariadb postgres || exit 99
trap 'kill -9 $standby_pid 2>/dev/null; "$WB_ROOT/scripts/servers" kill "$SECOND" mariadb postgres' EXIT
WB_PG_HOST=$WB_SERVERS_DIR/pg WB_MY_SOCKET=$WB_SERVERS_DIR/my.sock # both are links

lead() { ln -s "$2" "$1.new" && mv -T "$1.new" "$1"; } # lead LINK TO
pg_to() { lead "$WB_PG_HOST" "$1"; }
my_to() { lead "$WB_MY_SOCKET" "$1/mariadb/my.sock"; }
pg_at() { PGHOST=$1 PGPORT=$WB_PG_PORT PGUSER=postgres PGDATABASE=postgres psql -XAtq -v ON_ERROR_STOP=1 "${@:2}"; }
pg_to "$FIRST/postgres"
my_to "$FIRST"

refused() { # refused CASE
    rc "$1: exit 1" 1
    says "$1: what was expected and what was met" 'leads to another database than at the beginning: expected [^ ]+, met [^ ]+; nothing was done there'
}
untouched() { # untouched CASE: in the second server
    equal "$1: nothing is in the other one" 0 "$(pg_at "$SECOND/postgres" -d "$PG" -c "SELECT count(*) FROM pg_class c
        JOIN pg_namespace n ON n.oid = relnamespace WHERE nspname IN ('public', 'whimbrel')")"
}
second_target() { pg_at "$SECOND/postgres" -c "DROP DATABASE IF EXISTS $PG" -c "CREATE DATABASE $PG"; }
at_first() { pg_at "$FIRST/postgres" -d "$PG" -c "$1"; }
# The sessions of whimbrel in the first server, ended.
end_sessions() { at_first "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE application_name LIKE 'whimbrel%'"; }

two_tables() {
    load <<'SQL'
CREATE TABLE people (id int PRIMARY KEY, name varchar(20));
INSERT INTO people SELECT seq, CONCAT('p', seq) FROM seq_1_to_1000;
CREATE TABLE more (id int PRIMARY KEY);
INSERT INTO more SELECT seq FROM seq_1_to_1000;
SQL
}

# --- copy ------------------------------------------------------------------------------------------------------------

pair copy
two_tables
second_target
waits="SELECT count(*) > 0 FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"

hold people 0
start --jobs 2
midway "copy, target swapped while rows move: it waits" "$waits"
pg_to "$SECOND/postgres"
end_sessions >/dev/null
finish
refused "copy, target swapped while rows move"
untouched "copy, target swapped while rows move"
pg_to "$FIRST/postgres"
copy
rc "copy, target back: the same command goes on" 0
equal_tables "copy, target back: every row once" people more

fresh_target
hold people 0
pq "DROP EVENT TRIGGER gate; CREATE FUNCTION gate.hold() RETURNS event_trigger LANGUAGE plpgsql AS
    \$\$ BEGIN PERFORM pg_advisory_xact_lock_shared(1); END \$\$;
    CREATE EVENT TRIGGER hold ON ddl_command_end WHEN TAG IN ('CREATE TABLE') EXECUTE FUNCTION gate.hold();
    ALTER EVENT TRIGGER hold ENABLE ALWAYS" >/dev/null
start --jobs 2
midway "copy, target swapped before its workers connect: it waits" "$waits"
pg_to "$SECOND/postgres"
finish
refused "copy, target swapped before its workers connect"
untouched "copy, target swapped before its workers connect"
pg_to "$FIRST/postgres"
copy
rc "copy, target back after its tables: the same command goes on" 0
equal_tables "copy, target back after its tables: every row once" people more

fresh_target
my_to "$SECOND"
my -e "DROP DATABASE IF EXISTS $MY; CREATE DATABASE $MY; CREATE TABLE $MY.people (id int PRIMARY KEY, name varchar(20));
    CREATE TABLE $MY.more (id int PRIMARY KEY); INSERT INTO $MY.people VALUES (1, 'another')"
my_to "$FIRST"
hold people 0
start --jobs 2
midway "copy, source swapped while rows move: it waits" "$waits"
my_to "$SECOND"
end_sessions >/dev/null
finish
refused "copy, source swapped while rows move"
my_to "$FIRST"
copy
rc "copy, source back: the same command goes on" 0
equal_tables "copy, source back: every row once" people more

# --- verify ----------------------------------------------------------------------------------------------------------

verify() { "$WHIMBREL" verify "$SRC" "$DST" --statement-timeout 10m --jobs 1 "$@" >"$OUT" 2>"$ERR" </dev/null; }
exec {LOCK}> >(psql -XAtq "$DST" >/dev/null 2>&1)
echo "BEGIN; LOCK TABLE people IN ACCESS EXCLUSIVE MODE;" >&"$LOCK"
is_locked() { [ "$(pq "SELECT count(*) FROM pg_locks WHERE mode = 'AccessExclusiveLock' AND granted AND relation = 'people'::regclass")" = 1 ]; }
wb_wait 60 is_locked || case_fail "people is locked" "it is not"
verify &
COPY=$!
midway "verify, target swapped while it waits for a table: it waits" \
    "SELECT count(*) > 0 FROM pg_stat_activity WHERE application_name LIKE 'whimbrel%' AND wait_event_type = 'Lock'"
pg_to "$SECOND/postgres"
end_sessions >/dev/null
RC=0
wait $COPY || RC=$?
cat "$OUT" "$ERR" >"$SAID"
refused "verify, target swapped while it waits for a table"
untouched "verify, target swapped while it waits for a table"
pg_to "$FIRST/postgres"
echo '\q' >&"$LOCK"
exec {LOCK}>&-
RC=0
verify || RC=$?
rc "verify, target back: equal" 0

# --- run -------------------------------------------------------------------------------------------------------------

plan() { # plan NAME
    mkdir "$DIR/$1"
    PLAN=$DIR/$1/plan.md PIPE=$DIR/$1/pipe
    cp "$WB_ROOT/tests/plans/run/${2:-pinned}.md" "$PLAN"
    mkfifo "$PIPE.1" "$PIPE.2" "$PIPE.3"
    export OLD NEW PIPE
}
begin() { # the run in the background, until step N waits at its pipe
    "$WHIMBREL" run "$PLAN" --allow-shell --no-wait >"$OUT" 2>&1 </dev/null &
    COPY=$!
}
events() { sqlite3 -cmd '.timeout 5000' "$PLAN.whimbrel.db" "SELECT count(*) FROM event WHERE kind = '$1'" 2>/dev/null; }
in_phase() { [ "$(events phase_started)" = "$1" ] && [ "$(sqlite3 -cmd '.timeout 5000' "$PLAN.whimbrel.db" "SELECT kind || step FROM event
    WHERE kind LIKE 'step_%' ORDER BY seq DESC LIMIT 1")" = step_intentstep.1 ]; }
until_phase() { wb_wait 60 in_phase "$1" || case_fail "$2: phase $1 is reached" "$(tail -n 3 "$OUT")"; }
let_go() { echo go >"$PIPE.$1"; } # waits for the step to read
ended() {
    RC=0
    wait $COPY || RC=$?
    cp "$OUT" "$SAID"
}
state() { "$WHIMBREL" status "$PLAN" --json | jq -r .state; }
is_held() { # is_held CASE
    says "$1: what was expected and what was met" 'leads to another database than at the beginning: expected [^ ]+, met [^ ]+; nothing was done there'
    says "$1: what to do" 'let the URL lead to the first one again, then resume the run'
    equal "$1: the run is held" held "$(state)"
}
go_on() { # go_on CASE: as the people on call do
    "$WHIMBREL" resume "$PLAN" >/dev/null || case_fail "$1: resumed" "it is not"
    begin
}

# What the target has, by the sides of the plan under way.
target_rows() { if [[ $NEW = sqlite:* ]]; then sqlite3 "${NEW#sqlite:}" "SELECT count(*) FROM people"; else pq "SELECT count(*) FROM people"; fi; }
through() { # through CASE AWAY BACK OTHER…: the plan, its target swapped in each phase; OTHER prints what the other one holds
    local name=$1 away=$2 back=$3 before
    shift 3
    before=$("$@")
    begin
    until_phase 1 "$name"
    $away
    let_go 1
    ended
    is_held "$name, swapped before its copy"
    equal "$name, swapped before its copy: nothing is in the other one" "$before" "$("$@")"
    $back
    go_on "$name, back before its copy"
    until_phase 2 "$name"
    $away
    let_go 2
    ended
    is_held "$name, swapped before a check"
    equal "$name, swapped before a check: it was not judged" 1 "$(events check)"
    $back
    go_on "$name, back before a check"
    until_phase 3 "$name"
    $away
    let_go 3
    ended
    is_held "$name, swapped before a statement"
    equal "$name, swapped before a statement: nothing is in the other one" "$before" "$("$@")"
    $back
    go_on "$name, back before a statement"
    ended
    rc "$name: the run comes to its end" 0
    $away
    RC=0
    "$WHIMBREL" rollback "$PLAN" --to 2 --execute >"$SAID" 2>&1 || RC=$?
    says "$name, swapped before an undo without a runner: said" 'leads to another database than at the beginning'
    equal "$name, swapped before an undo without a runner: nothing is in the other one" "$before" "$("$@")"
    $back
    "$WHIMBREL" resume "$PLAN" >"$SAID" 2>&1
    equal "$name, back before an undo: it is done" 3 "$(target_rows)"
    equal "$name: each step was done once" 5 "$(sqlite3 "$PLAN.whimbrel.db" "SELECT count(*) FROM event WHERE kind = 'step_outcome' AND data LIKE '%\"done\"%'")"
}

pair run
load <<'SQL'
CREATE TABLE people (id int PRIMARY KEY, name varchar(20));
INSERT INTO people VALUES (1, 'a'), (2, 'b'), (3, 'c');
SQL
second_target
OLD=$SRC NEW=$DST
plan postgres
other_tables() { pg_at "$SECOND/postgres" -d "$PG" -c "SELECT count(*) FROM pg_class JOIN pg_namespace n ON n.oid = relnamespace WHERE nspname IN ('public', 'whimbrel')"; }
through "run, PostgreSQL" "pg_to $SECOND/postgres" "pg_to $FIRST/postgres" other_tables

sqlite3 "$DIR/old.db" "CREATE TABLE people (id INTEGER PRIMARY KEY, name TEXT); INSERT INTO people VALUES (1, 'a'), (2, 'b'), (3, 'c')"
OLD=sqlite:$DIR/old.db NEW=sqlite:$DIR/new.db
plan sqlite
file_away() { mv "$DIR/new.db" "$DIR/first.db" && mv "$DIR/second.db" "$DIR/new.db"; }
file_back() { mv "$DIR/new.db" "$DIR/second.db" && mv "$DIR/first.db" "$DIR/new.db"; }
sqlite3 "$DIR/second.db" "CREATE TABLE x (a)" && sqlite3 "$DIR/second.db" "DROP TABLE x"
other_file() { sqlite3 "$(readlink -e "$DIR/second.db" || echo "$DIR/new.db")" "SELECT count(*) FROM sqlite_master"; }
through "run, SQLite" file_away file_back other_file
equal "run, SQLite: what the first file holds" 3 "$(sqlite3 "$DIR/new.db" "SELECT count(*) FROM people")"

# --- a gate whose query would be answered by another ---------------------------------------------------------------------

plan gauge gauge
"$WHIMBREL" run "$PLAN" --allow-shell >"$OUT" 2>&1 </dev/null &
COPY=$!
until_phase 1 "a gate's query"
cp "$DIR/old.db" "$DIR/other.db" # with the same answer
mv "$DIR/old.db" "$DIR/first.db" && mv "$DIR/other.db" "$DIR/old.db"
let_go 1
said() { grep -q "$1" "$OUT"; }
wb_wait 120 said 'gate of Half inconclusive.*leads to another database' || case_fail "a gate's query, swapped: it has no data" "$(tail -n 3 "$OUT")"
equal "a gate's query, swapped: the stage has not passed" 0 "$(events stage_done)"
mv "$DIR/old.db" "$DIR/other.db" && mv "$DIR/first.db" "$DIR/old.db"
ended
rc "a gate's query, back: the gate passes by itself" 0
equal "a gate's query, back: the stage has passed" 1 "$(events stage_done)"

# --- moved for good ----------------------------------------------------------------------------------------------------

OLD=sqlite:$DIR/old.db NEW=sqlite:$DIR/new.db
plan moved looks
begin
until_phase 1 "moved for good"
cp "$DIR/old.db" "$DIR/copy.db" && mv "$DIR/copy.db" "$DIR/old.db"
let_go 1
ended
is_held "moved for good"
begin
ended
rc "moved for good: run again: exit 1" 1
says "moved for good: how it is taken over" 'if the source was moved with all its data: whimbrel amend .*plan.md --moved source --reason'
"$WHIMBREL" amend "$PLAN" --moved source --reason "another disk" >"$SAID" 2>&1 || case_fail "moved for good: amended" "$(tail -n 1 "$SAID")"
"$WHIMBREL" resume "$PLAN" >"$SAID" 2>&1
begin
ended
rc "moved for good: amended, the run goes on to its end" 0
equal "moved for good: both are in the journal, and why" "2 another disk" "$(sqlite3 "$PLAN.whimbrel.db" "SELECT count(DISTINCT data) FROM event
    WHERE kind = 'identity' AND data LIKE '%source%'") $(sqlite3 "$PLAN.whimbrel.db" "SELECT json_extract(data, '$.reason') FROM event WHERE kind = 'amended'")"

# --- a standby has its primary's identity ----------------------------------------------------------------------------

bin=$(dirname "$(compgen -G '/usr/lib/postgresql/*/bin/pg_basebackup' | sort -V | tail -n 1)")
user=$(stat -c %U "$FIRST/postgres/data")
as_postgres() { if [ "$user" = "$(id -un)" ]; then "$@"; else setpriv --reuid="$user" --regid="$(id -g "$user")" --init-groups -- "$@"; fi; }
mkdir -m 700 "$STANDBY"
touch "$STANDBY/log"
chown "$user" "$STANDBY" "$STANDBY/log"
pair standby
pq "CREATE TABLE people (id int PRIMARY KEY, name text); INSERT INTO people VALUES (1, 'a'), (2, 'b'), (3, 'c')" >/dev/null
cd /
as_postgres "$bin/pg_basebackup" -h "$FIRST/postgres" -p "$WB_PG_PORT" -U postgres -D "$STANDBY/data" -R -X stream -c fast --no-sync || exit 99
as_postgres "$bin/postgres" -D "$STANDBY/data" -c listen_addresses= -c unix_socket_directories="$STANDBY" -p "$WB_PG_PORT" \
    -c wal_level=logical -c max_wal_senders=20 -c max_replication_slots=20 -c max_connections=200 -c fsync=off >"$STANDBY/log" 2>&1 &
standby_pid=$!
recovers() { [ "$(pg_at "$STANDBY" -c 'SELECT pg_is_in_recovery()' 2>/dev/null)" = "$1" ]; }
wb_wait 120 recovers t || { case_fail "the standby answers" "$(tail -n 5 "$STANDBY/log")"; exit 99; }


plan looks looks
OLD=$DST NEW=sqlite:$DIR/looks.db
begin
until_phase 1 "run, standby behind the source"
pg_to "$STANDBY"
let_go 1
ended
says "run, standby behind the source: said" 'leads to a standby of [0-9]+/[0-9]+/[^ ]+, no longer to the primary: what it holds may be old'
equal "run, standby behind the source: held, and not judged" "held 0" "$(state) $(events check)"

OLD=sqlite:$DIR/looks.db NEW=$DST
plan standby_target
RC=0
"$WHIMBREL" run "$PLAN" --allow-shell --no-wait >"$SAID" 2>&1 || RC=$?
rc "run, a standby as its target: exit 3" 3
says "run, a standby as its target: said" 'the target is a standby, which takes no writes'

OLD=$DST NEW=sqlite:$DIR/looks.db
plan looks_at_standby looks
begin
until_phase 1 "run, its source is a standby"
pg_at "$STANDBY" -c "SELECT pg_promote()" >/dev/null
wb_wait 120 recovers f || case_fail "the standby is promoted" "it is not"
let_go 1
ended
rc "run, its source is a standby that becomes the primary: the same database" 0
wb_finish
