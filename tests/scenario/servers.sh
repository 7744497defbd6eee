#!/usr/bin/env bash
# scripts/servers leaves nothing behind: however the command that it runs for ends, and if it is killed itself.
. "$(dirname "$0")/../lib.sh"
cd "$WB_ROOT" || exit 1
note=$WB_TMP/note
runner=
# A session of its own is out of reach for tests/run: end it here, however this script ends.
trap '[ -z "$runner" ] || kill -TERM "$runner" 2> /dev/null' EXIT
trap 'exit 143' HUP INT TERM

# begin COMMAND...: runs it between server start and stop, in the background; sets runner, dir and server.
begin() {
    rm -f "$note"
    setsid env --default-signal=INT scripts/servers run --fast postgres -- \
        bash -c 'echo "$WB_SERVERS_DIR $(head -n 1 "$WB_SERVERS_DIR/postgres/data/postmaster.pid") $$" > "$0.new"
            mv "$0.new" "$0"; exec "$@"' "$note" "$@" > "$WB_TMP/run.log" 2>&1 &
    runner=$!
    wb_wait 180 test -f "$note" || wb_assert_failed "no start: $(cat "$WB_TMP/run.log")"
    read -r dir server command < "$note"
}
nothing_left() { [ ! -e "$dir" ] && ! kill -0 "$server" 2> /dev/null; }

ends() { # ends WANT: the runner's exit code, and nothing left at that moment
    local code=0
    wait "$runner" 2> /dev/null || code=$?
    assert_eq "$1" "$code" "exit code"
    nothing_left || wb_assert_failed "left behind: $dir, or the server $server"
}

wb_case "the command's exit code is the runner's, and all is gone"
begin bash -c 'exit 7'
ends 7

for signal in INT:130 TERM:143; do
    wb_case "SIG${signal%:*} ends command, servers and data"
    begin sleep 300
    kill -"${signal%:*}" "$runner"
    ends "${signal#*:}"
    ! kill -0 "$command" 2> /dev/null || wb_assert_failed "the command runs on"
done

wb_case "kill -9 of the runner leaves neither server nor data"
begin sleep 300
kill -KILL "$runner"
wait "$runner" 2> /dev/null
wb_wait 180 nothing_left || wb_assert_failed "left behind: $dir, or the server $server"
kill "$command" 2> /dev/null

wb_case "a killed server goes on with its data when started again"
wb_own_servers postgres
pg -c "CREATE TABLE t AS SELECT 42 AS a"
scripts/servers kill "$WB_SERVERS_DIR" postgres
pg -c "SELECT 1" > /dev/null 2>&1 && wb_assert_failed "it still answers"
scripts/servers start "$WB_SERVERS_DIR" --fast postgres
assert_eq 42 "$(pg -c 'SELECT a FROM t')" "the row after the restart"
wb_finish
