#!/bin/bash
# A run under clients that mean no good (tests/serve/hostile.py tells how): it goes on, an application with a connection
# of its own is served, a trigger acts, memory stays bounded, and nothing changes without the token.
. "$(dirname "$0")/run.bash"

plan ramp
export SHOP=$DIR/shop.db WHIMBREL_TOKEN=scenario-token-0123456789
sqlite3 "$SHOP" "CREATE TABLE people (id INTEGER PRIMARY KEY)"
"$WHIMBREL" run "$PLAN" --listen 0 > "$OUT" 2>&1 < /dev/null &
RUN=$!
url_of() { sed -n 's/^.*listening on \(http:[^ ]*\)$/\1/p' "$OUT"; }
listens() { [ -n "$(url_of)" ] || ! kill -0 "$RUN" 2> /dev/null; }
wb_wait 60 listens
coproc CLIENTS { python3 "$WB_ROOT/tests/serve/hostile.py" "$(url_of)" 2> "$DIR/wrong"; }
clients=$CLIENTS_PID
trap 'kill $RUN $clients 2> /dev/null' EXIT
tell() { # tell LINE: prints what the good client was answered
    local said
    echo "$1" >&"${CLIENTS[1]}"
    read -r -t 300 said <&"${CLIENTS[0]}" && echo "$said"
}
of() { tell "metric $1"; }
is() { [ "$(of "$1")" = "$2" ]; }

wb_case "all kinds of attacks are under way, and the run goes on"
said=$(tell calm)
assert_match 'heap.*slow_loris' "$said" "$(tail -n 3 "$DIR/wrong")"
ticks=$(of whimbrel_run_ticks_total)
turns() { [ "$(of whimbrel_run_ticks_total)" -gt "$((ticks + 10))" ]; }
wb_wait 120 turns || wb_assert_failed "the loop does not turn"

wb_case "an application reports and reads flags meanwhile; the ramp moves"
wb_wait 120 is 'whimbrel_flag_share_ratio{flag="shop_reads"}' 0.01 || wb_assert_failed "no ramp: $(tail -n 3 "$OUT")"
moves() { [ "$(tell "report 40 0")" = '{"accepted":40,"late":0}' ] && is 'whimbrel_flag_share_ratio{flag="shop_reads"}' 0.5; }
wb_wait 240 moves || wb_assert_failed "the ramp does not move: $(tail -n 3 "$OUT")"
assert_eq '"live"' "$(tell "flag shop_reads-stage")"

wb_case "a trigger acts meanwhile"
fires() { tell "report 300 300" > /dev/null; is 'whimbrel_flag_share_ratio{flag="shop_reads"}' 0; }
wb_wait 120 fires || wb_assert_failed "it does not: $(tail -n 3 "$OUT")"
assert_eq false "$(tell "flag shop_reads")"

wb_case "memory is bounded"
peak=$(sed -n 's/^VmHWM:[^0-9]*\([0-9]*\) kB/\1/p' "/proc/$RUN/status")
[ "$peak" -lt $((128 * 1024)) ] || wb_assert_failed "$peak KiB"

wb_case "every answer was the right one, and without the token nothing has changed"
exec {CLIENTS[1]}>&-
wait "$clients"
assert_eq 0 $? "the clients' exit code: $(tail -n 3 "$DIR/wrong")"
assert_eq "" "$(cat "$DIR/wrong")"
assert_eq "0 0" "$(events paused) $(events aborted)"

wb_case "and it ends when it is asked to"
kill -TERM "$RUN"
wait "$RUN"
assert_eq 143 $?
wb_finish
