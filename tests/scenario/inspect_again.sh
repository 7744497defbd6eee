#!/bin/bash
# inspect only reads: when its session is lost it asks again by itself.
. "$(dirname "$0")/copy.bash"

pair inspect_again
pq "CREATE TABLE held (id int PRIMARY KEY, v text)" >/dev/null
waiting="SELECT pid FROM pg_stat_activity WHERE datname = '$PG' AND application_name LIKE 'whimbrel%' AND wait_event_type = 'Lock'"
is_waiting() { [ -n "$(pg -c "$waiting")" ]; }
is_gone() { [ -z "$(pg -c "SELECT 1 FROM pg_stat_activity WHERE pid = $1")" ]; }

# A lock that describing the table waits for, for as long as this pipe is open.
mkfifo "$DIR/lock"
psql -qX "$DST" <"$DIR/lock" >/dev/null 2>&1 &
locker=$!
exec 7>"$DIR/lock"
echo "BEGIN; LOCK TABLE held IN ACCESS EXCLUSIVE MODE;" >&7
holds() { [ -n "$(pg -c "SELECT 1 FROM pg_locks l JOIN pg_database d ON d.oid = l.database WHERE d.datname = '$PG' AND mode = 'AccessExclusiveLock' AND granted")" ]; }
wb_wait 60 holds || case_fail "the table is locked"

"$WHIMBREL" inspect "$DST" >"$OUT" 2>"$ERR" </dev/null 7>&- &
run=$!
if wb_wait 60 is_waiting; then case_ok "inspect waits for the lock"; else case_fail "inspect waits for the lock" "$(cat "$ERR")"; fi
pid=$(pg -c "$waiting")
pg -c "SELECT pg_terminate_backend($pid)" >/dev/null
wb_wait 60 is_gone "$pid" || case_fail "its session is ended"
exec 7>&-
wait $locker
RC=0
wait $run || RC=$?
rc "its session was ended, and it asked again: exit 0" 0
assert_match 'held' "$(cat "$OUT")" "the table is told"
wb_finish
