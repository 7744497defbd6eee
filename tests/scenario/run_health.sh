#!/bin/bash
# What a run shows to those who watch machines: /healthz says 503 while nothing can be decided, /metrics tells the
# state, gates, triggers, flags and the lease, and a service manager is told when it is ready and that it lives.
. "$(dirname "$0")/run.bash"

plan ramp
export SHOP=$DIR/shop.db WHIMBREL_TOKEN=scenario-token-0123456789
sqlite3 "$SHOP" "CREATE TABLE people (id INTEGER PRIMARY KEY)"
JOURNAL=$PLAN.whimbrel.db

http() { # http METHOD PATH [BODY]: the status is $STATUS, the body $BODY; two at once do not meet
    BODY=$(curl -s -w '\n%{http_code}' -X "$1" -H "Authorization: Bearer $WHIMBREL_TOKEN" ${3:+--data "$3"} "$URL$2") || BODY=$'\nnone'
    STATUS=${BODY##*$'\n'}
    BODY=${BODY%$'\n'*}
}
url_of() { sed -n 's/^.*listening on \(http:[^ ]*\)$/\1/p' "$OUT"; }
listens() { [ -n "$(url_of)" ] || ! kill -0 "$RUN" 2> /dev/null; }
start() {
    "$WHIMBREL" run "$PLAN" --listen 0 > "$OUT" 2>&1 < /dev/null &
    RUN=$!
    wb_wait 60 listens
    URL=$(url_of)
}
metric() { http GET /metrics && grep -F "$1 " <<< "$BODY" | tail -n 1 | sed 's/.* //'; }
is() { [ "$(metric "$1")" = "$2" ]; }
wait_for() { wb_wait "${3:-60}" is "$1" "$2" || wb_assert_failed "$1 is [$(metric "$1")], not $2"; }
# n observations of the new side, of which k failed, one request
report() {
    http POST /v1/observations "$(jq -nc --argjson n "$1" --argjson k "$2" \
        '[range($n) | {side: "new", operation: "read", outcome: (if . < $k then "error" else "ok" end), latency_ms: 3}]')"
}
flow() { while :; do report 40 0; done; } # what an application does
health() { http GET /healthz && [ "$STATUS $(jq -r .status <<< "$BODY")" = "$1" ]; }

python3 - "$DIR/notify.sock" > "$DIR/notified" << 'PY' &
import socket, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.bind(sys.argv[1])
while True:
    print(s.recv(4096).decode(), flush=True)
PY
LISTENER=$!
trap 'kill $LISTENER $FLOW $RUN 2> /dev/null' EXIT
wb_wait 60 test -S "$DIR/notify.sock"
export NOTIFY_SOCKET=$DIR/notify.sock WATCHDOG_USEC=200000
start

wb_case "a service manager is told when it is ready, what it does, and that it lives"
told() { [ "$(grep -c "$1" "$DIR/notified")" -ge "$2" ]; }
wb_wait 60 told '^READY=1$' 1 || wb_assert_failed "not ready: $(cat "$DIR/notified")"
wb_wait 60 told '^WATCHDOG=1$' 3 || wb_assert_failed "no sign of life: $(cat "$DIR/notified")"
wb_wait 60 told '^STATUS=running, phase 1 of 1 ramping: phase 1, stage First' 1 ||
    wb_assert_failed "no status: $(cat "$DIR/notified")"

wb_case "healthy while the loop turns"
wb_wait 60 health "200 ok" || wb_assert_failed "$STATUS $BODY"

wb_case "metrics tell the state, the flag and the gate"
wait_for 'whimbrel_run_state{state="running"}' 1
assert_eq 0 "$(metric 'whimbrel_run_state{state="held"}')"
assert_eq 1 "$(metric 'whimbrel_run_phase')"
assert_eq 1 "$(metric 'whimbrel_phase_state{phase="1",name="Ramp",state="ramping"}')"
assert_eq 0.01 "$(metric 'whimbrel_flag_share_ratio{flag="shop_reads"}')"
assert_eq 1 "$(metric 'whimbrel_flag_stage{flag="shop_reads",stage="live"}')"
assert_eq 0.2 "$(printf %.3g "$(metric 'whimbrel_gate_threshold{phase="1",item="stage.1",clause="1",metric="error rate"}')")"
assert_eq 1 "$(metric 'whimbrel_trigger_armed{phase="1",trigger="trigger.1"}')"
assert_eq 0 "$(metric 'whimbrel_trigger_firings_total{phase="1",trigger="trigger.1"}')"
[ "$(metric whimbrel_run_lease_age_seconds | cut -d . -f 1)" -lt 15 ] || wb_assert_failed "the lease is old"

wb_case "they are what Prometheus' own checker accepts"
http GET /metrics
assert_eq "" "$(promtool check metrics <<< "$BODY" 2>&1)"

wb_case "and what docs/run.md lists, but for those of copies and of the server"
listed() { # whimbrel_a_b and `_c` beside it are whimbrel_a_b and whimbrel_a_c
    sed -n 's/^| \(`whimbrel_[^|]*\)|.*/\1/p' "$WB_ROOT/docs/run.md" |
        awk -F '[`, ]+' '{ first = $2; sub(/_[a-z]*$/, "", first); for (i = 2; i < NF; i++) print ($i ~ /^_/ ? first $i : $i) }'
}
assert_eq "$(listed | grep -v _copy_ | sort)" "$(sed -n 's/^# TYPE \([^ ]*\) .*/\1/p' <<< "$BODY" |
    grep -vE '_build_info|_observation|_shadow_|_http_' | sort)"

wb_case "samples and bounds of the gate, stage after stage"
flow &
FLOW=$!
wait_for 'whimbrel_flag_share_ratio{flag="shop_reads"}' 0.5
wait_for 'whimbrel_gate_value{phase="1",item="stage.3",clause="1",metric="error rate"}' 0
assert_eq 1 "$(metric 'whimbrel_gate_state{phase="1",item="stage.3",clause="1",metric="error rate",state="holds"}')"
bounded() { [[ "$(metric 'whimbrel_gate_bound{phase="1",item="stage.3",clause="1",metric="error rate"}')" == 0.0* ]]; }
wb_wait 60 bounded || wb_assert_failed "the gate's bound is not"
[ "$(metric 'whimbrel_gate_samples{phase="1",item="stage.3",clause="1",metric="error rate"}')" -ge 40 ] ||
    wb_assert_failed "the gate has no samples"
kill "$FLOW"
wait "$FLOW" 2> /dev/null

wb_case "paused"
"$WHIMBREL" pause "$PLAN" > "$DIR/asked"
wait_for 'whimbrel_run_paused' 1
wait_for 'whimbrel_run_state{state="paused"}' 1
"$WHIMBREL" resume "$PLAN" > "$DIR/asked"
wait_for 'whimbrel_run_paused' 0

wb_case "503 while the journal cannot be written, flags are served all the same, and it goes on by itself"
coproc LOCK { sqlite3 "$JOURNAL" 2>&1; }
echo "BEGIN IMMEDIATE; SELECT 'locked';" >&"${LOCK[1]}"
read -r locked <&"${LOCK[0]}"
assert_eq locked "$locked"
unhealthy() { health "503 stalled" || health "503 journal"; }
wb_wait 60 unhealthy || wb_assert_failed "$STATUS $BODY"
assert_eq 0 "$(metric whimbrel_run_healthy)"
http POST /ofrep/v1/evaluate/flags/shop_reads '{"context":{"targetingKey":"u"}}'
assert_eq 200 "$STATUS"
wb_wait 60 health "503 journal" || wb_assert_failed "$STATUS $BODY"
assert_match 'the journal cannot be written' "$(jq -r .why <<< "$BODY")"
echo "ROLLBACK;" >&"${LOCK[1]}"
exec {LOCK[1]}>&-
wb_wait 60 health "200 ok" || wb_assert_failed "$STATUS $BODY"
said 'the journal cannot be written, so nothing is decided until it can'

wb_case "a trigger that fires takes all keys back, and the metrics say so"
until is 'whimbrel_trigger_firings_total{phase="1",trigger="trigger.1"}' 1; do report 100 100; done
wait_for 'whimbrel_flag_share_ratio{flag="shop_reads"}' 0
wait_for 'whimbrel_run_held' 1
wait_for 'whimbrel_run_state{state="held"}' 1
wait_for 'whimbrel_phase_state{phase="1",name="Ramp",state="rolled_back"}' 1
assert_eq 0 "$(metric 'whimbrel_trigger_armed{phase="1",trigger="trigger.1"}')"

wb_case "ended on request: the manager is told, and the exit code says which signal"
kill -TERM "$RUN"
wait "$RUN"
assert_eq 143 $?
wb_wait 60 told '^STOPPING=1$' 1 || wb_assert_failed "not told: $(tail -n 3 "$DIR/notified")"
wb_finish
