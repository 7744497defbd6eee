# shellcheck shell=bash
# What scenario and crash scripts share; source it first:  . "$(dirname "$0")/../lib.sh"
#
# tests/run gives each script: WHIMBREL (the program), WB_TMP (a scratch folder of its own), WB_BUILD_DIR,
# and the servers of scripts/servers: WB_MY_SOCKET, WB_MY_URL, WB_PG_HOST, WB_PG_PORT, WB_PG_URL. No other
# script uses those servers at the same time. A script passes with exit code 0, is skipped with 77.
#
# Cases: a line "ok NAME", "not ok NAME - WHY" or "ok NAME # SKIP WHY" on stdout is one case; a script
# without such lines is one case itself.
#
#   case_ok NAME, case_fail NAME [WHY], case_skip NAME WHY
#   wb_case NAME                 opens a case that the asserts below belong to; the next wb_case or wb_finish
#                                closes it: ok if none of them failed
#   expect_exit CODE COMMAND...  runs it (output in $WB_TMP/out and $WB_TMP/err) and asserts its exit code
#   assert_eq WANT GOT [WHAT]    asserts that two texts are equal
#   assert_match REGEX TEXT [WHAT]
#   wb_finish                    closes the last case; exits 1 if any case failed, else 0
#
# Databases:
#   my_db NAME, pg_db NAME       makes an empty database (drops one of that name) and prints its URL
#   my [ARGUMENT...]             the MariaDB client: rows only, tab separated:  my shop -e "SELECT 1"
#   pg [ARGUMENT...]             psql, unaligned rows only, stops at an error:  pg shop -c "SELECT 1"
#   sqlite3 FILE ...             the shell, which waits for a lock
#   wb_wait SECONDS COMMAND...   polls until COMMAND succeeds; 1 when the time is over. Never sleep for a state.
#   wb_own_servers [mariadb] [postgres]   servers for this script alone, to stop, kill and restart with
#                                scripts/servers stop|kill|start "$WB_SERVERS_DIR"; gone when the script ends

: "${WHIMBREL:?names the whimbrel program; run scripts by tests/run NAME}"
: "${WB_TMP:?names a scratch folder}"
WB_ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
export LC_ALL=C.UTF-8

wb_cases_failed=0
wb_case_name=
wb_case_why=

case_ok() { printf 'ok %s\n' "$1"; }

case_fail() {
    wb_cases_failed=$((wb_cases_failed + 1))
    printf 'not ok %s%s\n' "$1" "${2:+ - ${2//$'\n'/ | }}"
}

case_skip() { printf 'ok %s # SKIP %s\n' "$1" "$2"; }

wb_case() {
    wb_close_case
    wb_case_name=$1
}

wb_close_case() {
    [ -n "$wb_case_name" ] || return 0
    if [ -z "$wb_case_why" ]; then case_ok "$wb_case_name"; else case_fail "$wb_case_name" "$wb_case_why"; fi
    wb_case_name=
    wb_case_why=
}

# An assert failed: noted in the open case, else a failed case of its own. The script goes on.
wb_assert_failed() {
    if [ -n "$wb_case_name" ]; then
        wb_case_why=${wb_case_why:+$wb_case_why; }$1
    else
        case_fail "assertion at line ${BASH_LINENO[1]}" "$1"
    fi
    return 1
}

expect_exit() {
    local want=$1 got=0
    shift
    "$@" > "$WB_TMP/out" 2> "$WB_TMP/err" < /dev/null || got=$?
    [ "$got" = "$want" ] ||
        wb_assert_failed "exit code $got, expected $want, of: $* (stderr ends: $(tail -n 3 "$WB_TMP/err"))"
}

assert_eq() {
    [ "$1" = "$2" ] || wb_assert_failed "${3:+$3: }expected [${1:0:700}], got [${2:0:700}]"
}

assert_match() {
    [[ $2 =~ $1 ]] || wb_assert_failed "${3:+$3: }no match for /$1/ in [${2:0:700}]"
}

wb_finish() {
    wb_close_case
    exit $((wb_cases_failed > 0))
}

# Another process may be writing to the file, or just about to make or close its log.
sqlite3() { command sqlite3 -cmd '.timeout 60000' "$@"; }

my() {
    mariadb --no-defaults -uroot -S "$WB_MY_SOCKET" --default-character-set=utf8mb4 \
        --max-allowed-packet=64M -N -B "$@"
}

pg() {
    PGHOST=$WB_PG_HOST PGPORT=$WB_PG_PORT PGUSER=postgres PGDATABASE=${PGDATABASE:-postgres} \
        PGOPTIONS='-c client_min_messages=warning' psql -XAtq -v ON_ERROR_STOP=1 "$@"
}

my_db() {
    my -e "DROP DATABASE IF EXISTS \`$1\`; CREATE DATABASE \`$1\` CHARACTER SET utf8mb4" || return
    echo "mysql://root@localhost/$1?socket=$WB_MY_SOCKET"
}

# A replication slot would keep its database: those left over by an earlier run go first.
pg_drop_db() { # pg_drop_db NAME: with its sessions; PostgreSQL 12 has no FORCE
    pg -c "DROP DATABASE IF EXISTS \"$1\" WITH (FORCE)" 2> /dev/null ||
        pg -c "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '$1'" \
            -c "DROP DATABASE IF EXISTS \"$1\"" > /dev/null
}

pg_db() {
    pg -c "SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots
        WHERE database = '$1' AND NOT active" > /dev/null || return
    # A server under load needs longer to end what FORCE told to end.
    pg_drop_db "$1" || wb_wait 60 pg_drop_db "$1" 2> /dev/null || return
    pg -c "CREATE DATABASE \"$1\"" || return
    echo "postgresql://postgres@/$1?host=$WB_PG_HOST&port=$WB_PG_PORT"
}

wb_wait() {
    local end=$((SECONDS + $1))
    shift
    until "$@"; do
        [ "$SECONDS" -lt "$end" ] || return 1
        sleep 0.05
    done
}

wb_own_servers() {
    local dir
    dir=$(mktemp -d /tmp/wb.XXXXXX) || return
    "$WB_ROOT/scripts/servers" start "$dir" --fast --owner $$ "$@" || return
    set -a
    # shellcheck source=/dev/null
    . "$dir/env"
    set +a
}
