#!/bin/bash
# verify is no burden: it pauses while others keep a server busy, holds its rate, and stops when it is told to.
. "$(dirname "$0")/verify.bash"

pair gentle
load <<'SQL'
CREATE TABLE a (id int PRIMARY KEY, v varchar(100) NOT NULL);
INSERT INTO a SELECT seq, REPEAT(CHAR(97 + seq % 26), 100) FROM seq_1_to_6000;
CREATE TABLE b (id int PRIMARY KEY, v int);
INSERT INTO b SELECT seq, seq FROM seq_1_to_500;
SQL
copy
rc "the copy succeeds" 0

begin() { # begin [FLAG…]: verify in the background, with JSON lines
    rm -f "$OUT" # what an earlier one said is not what this one says
    "$WHIMBREL" verify "$SRC" "$DST" --json "$@" >"$OUT" 2>"$ERR" </dev/null &
    run=$!
    SAID=$OUT
}
end() { # end [SIGNAL]: RC and SAID as verify sets them
    [ -z "${1:-}" ] || kill "-$1" $run
    RC=0
    wait $run || RC=$?
    SAID=$DIR/said
    cat "$OUT" "$ERR" >"$SAID"
}
noted() { grep -qs "\"event\":\"note\".*$1" "$OUT" || ! kill -0 $run 2>/dev/null; }
ends() { ! kill -0 $run 2>/dev/null; }
rounds() { grep -c "\"event\":\"round\".*\"outcome\":\"$1\"" "$OUT" 2>/dev/null; }

# --- load ----------------------------------------------------------------------------------------

verify --json --max-active 1 --jobs 4
rc "--max-active: its own statements are not counted: exit 0" 0
silent "--max-active: its own statements are no reason to wait" 'waiting for load'

busy_source() { [ "$(my -e "SELECT count(*) FROM information_schema.PROCESSLIST WHERE INFO LIKE 'SELECT SLEEP%'")" = 2 ]; }
for ((i = 0; i < 2; i++)); do my -e 'SELECT SLEEP(3600)' >/dev/null 2>&1 & done
wb_wait 60 busy_source || case_fail "the source is busy" "it is not"
begin --max-active 1
wb_wait 60 noted 'waiting for load'
says "a busy source: it says that it waits" 'waiting for load'
equal "a busy source: nothing is compared meanwhile" 0 "$(grep -c '"event":"table_done"' "$OUT")"
my -e "SELECT CONCAT('KILL ', ID, ';') FROM information_schema.PROCESSLIST WHERE INFO LIKE 'SELECT SLEEP%'" >"$DIR/kill.sql"
my <"$DIR/kill.sql" >/dev/null
wb_wait 60 ends
end
rc "a source that is busy no more: it goes on, exit 0" 0
says "a source that is busy no more: said" 'going on'

busy_target() { [ "$(pg -c "SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'SELECT pg_sleep(3%' AND state = 'active'")" = 2 ]; }
for ((i = 0; i < 2; i++)); do pg -c 'SELECT pg_sleep(3600)' >/dev/null 2>&1 & done
wb_wait 60 busy_target || case_fail "the target is busy" "it is not"
verify --levels schema,indexes --max-active 1
rc "a busy target: the schemas are compared all the same" '0|6'
begin --max-active 1
wb_wait 60 noted 'waiting for load'
end INT
rc "stopped by Ctrl-C while it waits: exit 130" 130
verify --max-active 2
rc "as many as are allowed: exit 0" 0
silent "as many as are allowed: no reason to wait" 'waiting for load'
pg -c "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'SELECT pg_sleep(3%' AND pid <> pg_backend_pid()" >/dev/null

# --- lag, rate -----------------------------------------------------------------------------------

verify --max-lag 1s
rc "--max-lag where there is no replica: exit 0" 0
silent "--max-lag where there is no replica: no reason to wait" 'waiting for lag'
verify --json --levels digests --max-rate 500K --restart
rc "--max-rate: exit 0" 0
verified "--max-rate: it took as long as so many bytes take" '(.bytes > 600000) and (.elapsed_ms >= .bytes / 512000 * 1000 * 0.95)' true

# --- until it is stopped -------------------------------------------------------------------------

begin --continuous --pause 50ms --settle 300ms
some_equal() { [ "$(rounds equal)" -gt "${seen:-0}" ] || ends; }
some_different() { [ "$(rounds different)" -gt 0 ] || ends; }
wb_wait 60 some_equal
pq "UPDATE b SET v = -1 WHERE id = 77" >/dev/null
wb_wait 60 some_different
if [ "$(rounds different)" -gt 0 ]; then case_ok "--continuous: a round sees what changed since the one before"; else case_fail "--continuous: a round sees what changed since the one before" "none did"; fi
pq "UPDATE b SET v = 77 WHERE id = 77" >/dev/null
seen=$(rounds equal)
wb_wait 60 some_equal
end INT
rc "--continuous, stopped: as the last whole round" 0
equal "--continuous: rounds are numbered" true "$(jq -sc '[.[] | select(.event == "round") | .round] | . == [range(1; length + 1)]' "$OUT")"
wb_finish
