#!/bin/bash
# --max-lag with real replicas: a PostgreSQL standby that streams and a MariaDB replica. verify waits while one is behind or
# does not follow at all, says so, goes on when that is over, and ends by Ctrl-C while it waits.
. "$(dirname "$0")/verify.bash"

# --- servers of its own: MariaDB replicates over TCP only, so that its source listens on the loopback -------------

# Servers of another version may come without the program that copies one (scripts/pg-versions).
[ -z "${WB_PG_BIN:-}" ] || [ -x "$WB_PG_BIN/pg_basebackup" ] || exit 77

free_port() {
    local port
    for ((i = 0; i < 50; i++)); do
        port=$((30000 + RANDOM % 2768)) # below those that the system gives away, above the demo's
        (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null || { echo $port; return; }
    done
}
for ((try = 0; try < 5; try++)); do # another may take the port meanwhile
    PORT=$(free_port)
    WB_MY_OPTS="--skip-networking=0 --bind-address=127.0.0.1 --port=$PORT" wb_own_servers mariadb postgres && break
done
primary=$WB_SERVERS_DIR standby=$WB_SERVERS_DIR/standby replica=$WB_SERVERS_DIR/replica
trap 'kill -9 $standby_pid 2>/dev/null; "$WB_ROOT/scripts/servers" kill "$replica" mariadb' EXIT
mkdir "$replica"
chmod 755 "$replica"
WB_MY_OPTS="--server-id=2" "$WB_ROOT/scripts/servers" start "$replica" --fast --owner $$ mariadb || exit 99
REPLICA="mysql://root@localhost/?socket=$replica/mariadb/my.sock"
rep() { mariadb --no-defaults -uroot -S "$replica/mariadb/my.sock" -N -B "$@"; }

bin=${WB_PG_BIN:-$(dirname "$(compgen -G '/usr/lib/postgresql/*/bin/pg_basebackup' | sort -V | tail -n 1)")}
user=$(stat -c %U "$WB_PG_HOST/data")
as_postgres() { if [ "$user" = "$(id -un)" ]; then "$@"; else setpriv --reuid="$user" --regid="$(id -g "$user")" --init-groups -- "$@"; fi; }
mkdir -m 700 "$standby"
touch "$standby/log"
chown "$user" "$standby" "$standby/log"
cd /
as_postgres "$bin/pg_basebackup" -h "$WB_PG_HOST" -p "$WB_PG_PORT" -U postgres -D "$standby/data" -R -X stream -c fast --no-sync || exit 99
as_postgres "$bin/postgres" -D "$standby/data" -c listen_addresses= -c unix_socket_directories="$standby" -p "$WB_PG_PORT" \
    -c wal_level=logical -c max_wal_senders=20 -c max_replication_slots=20 -c max_connections=200 -c fsync=off >"$standby/log" 2>&1 &
standby_pid=$!
STANDBY="postgresql://postgres@/postgres?host=$standby&port=$WB_PG_PORT"
sb() { PGUSER=postgres psql -XAtq "$STANDBY" -c "$1" 2>&1; }
answers() { [ "$("$@")" = "${want:-t}" ]; }
wb_wait 120 answers sb "SELECT pg_is_in_recovery()" || { case_fail "the standby answers" "$(tail -n 5 "$standby/log")"; exit 99; }

my -e "CREATE USER repl@'127.0.0.1' IDENTIFIED BY 'x'; GRANT REPLICATION SLAVE ON *.* TO repl@'127.0.0.1'"
rep -e "CHANGE MASTER TO MASTER_HOST='127.0.0.1', MASTER_PORT=$PORT, MASTER_USER='repl', MASTER_PASSWORD='x', MASTER_USE_GTID=slave_pos;
    START SLAVE"

pair lag
load <<'SQL'
CREATE TABLE a (id int PRIMARY KEY, v int NOT NULL);
INSERT INTO a SELECT seq, seq FROM seq_1_to_5000;
CREATE TABLE b (id int PRIMARY KEY, v int);
SQL
copy
rc "the copy succeeds" 0

caught_up() { [ "$(sb "SELECT pg_last_wal_replay_lsn() >= '$(pg -c 'SELECT pg_current_wal_flush_lsn()')'")" = t ]; }
rep_has() { [ "$(rep -e "SELECT count(*) FROM $MY.b WHERE id = $1" 2>/dev/null)" = 1 ]; }
mq "INSERT INTO b VALUES (1, 1)"
pq "INSERT INTO b VALUES (1, 1)" >/dev/null
wb_wait 120 caught_up && wb_wait 120 rep_has 1 || { case_fail "the replicas follow" "$(rep -e 'SHOW ALL SLAVES STATUS\G' | head -n 40)"; exit 99; }

# --- what a verification does beside them --------------------------------------------------------------------------

begin() { # begin [FLAG…]: verify in the background, with JSON lines
    rm -f "$OUT" # what an earlier one said is not what this one says
    "$WHIMBREL" verify "$SRC" "$DST" --json --max-lag 2s "$@" >"$OUT" 2>"$ERR" </dev/null &
    run=$!
}
end() { # end [SIGNAL]: RC and SAID as verify sets them
    [ -z "${1:-}" ] || kill "-$1" $run
    RC=0
    wait $run || RC=$?
    SAID=$DIR/said
    cat "$OUT" "$ERR" >"$SAID"
}
ends() { ! kill -0 $run 2>/dev/null; }
noted() { grep -qs "\"event\":\"note\".*$1" "$OUT" || ends; }
waits() { # waits CASE REGEX: it says why, and compares nothing meanwhile
    wb_wait 60 noted 'waiting for lag'
    SAID=$OUT
    says "$1: it says why it waits" "waiting for lag: $2"
    equal "$1: nothing is compared meanwhile" "0 1" "$(grep -c '"event":"table_done"' "$OUT") $(ends && echo 0 || echo 1)"
}
goes_on() { # goes_on CASE
    wb_wait 120 ends
    end
    rc "$1: exit 0" 0
    says "$1: said" 'going on'
}

verify --max-lag 60s --replica "$STANDBY" --replica "$REPLICA"
rc "replicas that follow: exit 0" 0
silent "replicas that follow: no reason to wait" 'waiting for lag'

# --- PostgreSQL: replay is paused, more is written -----------------------------------------------------------------

behind() { # the standby has what it has not replayed, for more than 2 s
    [ "$(sb "SELECT pg_last_wal_receive_lsn() > pg_last_wal_replay_lsn() AND clock_timestamp() - pg_last_xact_replay_timestamp() > '3 s'")" = t ]
}
fall_behind() {
    sb "SELECT pg_wal_replay_pause()" >/dev/null
    wb_wait 60 answers sb "SELECT pg_get_wal_replay_pause_state() = 'paused'"
    pq "UPDATE b SET v = v" >/dev/null
    wb_wait 60 behind || case_fail "the standby is behind" "it is not"
}
fall_behind
begin --replica "$STANDBY"
waits "a standby that does not replay" 'replica postgresql:.*standby.* is [0-9.]+ m?s behind, more than'
sb "SELECT pg_wal_replay_resume()" >/dev/null
goes_on "a standby that replays again"

fall_behind
begin --replica "$REPLICA" --replica "$STANDBY"
waits "one of two replicas is behind" 'replica postgresql:'
end INT
rc "Ctrl-C while it waits: exit 130" 130
sb "SELECT pg_wal_replay_resume()" >/dev/null

known() { # to its primary, too
    [ "$(pg -c "SELECT max(replay_lag) > '3 s' FROM pg_stat_replication")" = t ]
}
fall_behind
pq "UPDATE b SET v = v" >/dev/null
wb_wait 120 known || case_fail "the primary knows that its standby is behind" "$(pg -c 'SELECT * FROM pg_stat_replication')"
begin
waits "a standby that only its primary knows" 'the target or a replica of it is [0-9.]+ m?s behind, more than'
sb "SELECT pg_wal_replay_resume()" >/dev/null
goes_on "a standby that only its primary knows, and that replays again"

# --- PostgreSQL: the standby has lost its primary ------------------------------------------------------------------

receives() { [ "$(sb "SELECT count(*) FROM pg_stat_wal_receiver WHERE status = 'streaming'")" = "$1" ]; }
gone() { [ "$(sb "SELECT count(*) FROM pg_stat_wal_receiver WHERE pid IS NOT NULL")" = 0 ]; } # its process, too
conninfo=$(sb "SHOW primary_conninfo")
PGUSER=postgres psql -XAtq "$STANDBY" -c "ALTER SYSTEM SET primary_conninfo = ''" -c "SELECT pg_reload_conf()" >/dev/null
wb_wait 60 gone
begin --replica "$STANDBY"
waits "a standby that does not receive" 'replica postgresql:.* does not follow: its replication is stopped'
PGUSER=postgres psql -XAtq "$STANDBY" -c "ALTER SYSTEM SET primary_conninfo = '${conninfo//\'/\'\'}'" -c "SELECT pg_reload_conf()" >/dev/null
wb_wait 60 receives 1
goes_on "a standby that receives again"

# --- MariaDB: its applier is stopped; then it is late on purpose -----------------------------------------------------

status() { mariadb --no-defaults -uroot -S "$replica/mariadb/my.sock" -e 'SHOW ALL SLAVES STATUS\G' | sed -n "s/^ *$1: //p"; }
seconds() { status Seconds_Behind_Master; }
rep -e "STOP SLAVE SQL_THREAD"
want=NULL wb_wait 60 answers seconds
begin --replica "$REPLICA"
waits "a replica whose applier is stopped" 'replica mysql:.* does not follow: its replication is stopped'
rep -e "START SLAVE SQL_THREAD"
goes_on "a replica whose applier runs again"

rep -e "STOP SLAVE; CHANGE MASTER TO MASTER_DELAY = 3600; START SLAVE"
mq "INSERT INTO b VALUES (2, 2)"
pq "INSERT INTO b VALUES (2, 2)" >/dev/null
late() { # it holds an event back, and that for more than 2 s: just started, it may tell of an older one
    [ "$(status SQL_Remaining_Delay)" -gt 0 ] && [ "$(seconds)" -gt 2 ]
} 2>/dev/null
wb_wait 60 late || case_fail "the replica is late" "$(seconds)"
begin --replica "$REPLICA"
waits "a replica that is late" 'replica mysql:.* is [0-9.]+ m?s behind, more than'
rep -e "STOP SLAVE; CHANGE MASTER TO MASTER_DELAY = 0; START SLAVE"
goes_on "a replica that is late no more"

# A replica as the side that is read.
SRC="mysql://root@localhost/$MY?socket=$replica/mariadb/my.sock"
wb_wait 60 rep_has 2
rep -e "STOP SLAVE; CHANGE MASTER TO MASTER_DELAY = 3600; START SLAVE"
my "$MY" -e "INSERT INTO b VALUES (3, 3)"
wb_wait 60 late || case_fail "the source is late" "$(seconds)"
begin
waits "a source that is a late replica" 'the source or a replica of it is [0-9.]+ m?s behind, more than'
rep -e "STOP SLAVE; CHANGE MASTER TO MASTER_DELAY = 0; START SLAVE"
pq "INSERT INTO b VALUES (3, 3)" >/dev/null
goes_on "a source that is late no more"

# --- what is no replica ----------------------------------------------------------------------------------------------

verify --max-lag 1s --replica "$WB_MY_URL"
rc "a server that follows nobody: exit 2" 2
says "a server that follows nobody: said" 'replica mysql:.* follows no other server'
verify --max-lag 1s --replica "postgresql://postgres@/postgres?host=$standby/nowhere&port=1"
rc "a replica that cannot be reached: exit 4" 4
says "a replica that cannot be reached: named" 'replica postgresql:.*nowhere'
verify --replica "$STANDBY"
rc "--replica without --max-lag: exit 2" 2
wb_finish
