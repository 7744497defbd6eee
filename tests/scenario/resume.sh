#!/bin/bash
# kill -9 at random instants, then the same command: everything is there once. WB_KILLS (6) rounds;
# WB_SEED repeats a run.
. "$(dirname "$0")/copy.bash"

rounds=${WB_KILLS:-6}
seed
pair resume
load_shop
flags=(--chunk-bytes 400k --jobs 2)

ms=$(date +%s%3N)
copy "${flags[@]}"
whole_ms=$(($(date +%s%3N) - ms))
rc "undisturbed: exit 0" 0
complete undisturbed

# An instant, not a state: here time itself is the test. Every other copy cannot get past its rows before it is killed;
# the others are killed wherever they are, among indexes or in the proof, or have ended.
killed=0
for ((round = 1; round <= rounds; round++)); do
    fresh_target
    ((round % 2)) && hold child 3
    start "${flags[@]}"
    after_ms=$((RANDOM % (whole_ms + 1)))
    instant $after_ms
    kill -9 "$COPY" 2>/dev/null
    finish
    first=$RC
    [ "$first" != 137 ] || killed=$((killed + 1))
    case $first in
    137 | 0) ;;
    *) case_fail "round $round: killed after $after_ms ms" "exit $first" ;;
    esac
    copy "${flags[@]}"
    rc "round $round: killed after $after_ms of $whole_ms ms (exit $first), the same command finishes" 0
    complete "round $round"
done
if ((killed >= (rounds + 1) / 2)); then case_ok "$killed of $rounds kills hit a run"; else case_fail "kills hit a run" "$killed of $rounds did"; fi

# Killed again and again, each time a little later: it gets there, and never says so before.
fresh_target
tries=0
while :; do
    tries=$((tries + 1))
    start "${flags[@]}"
    instant $((whole_ms > 3000 ? 999 : whole_ms / 4 + tries * 20))
    kill -9 "$COPY" 2>/dev/null
    finish
    [ "$RC" != 0 ] && [ $tries -lt 25 ] || break
done
[ "$RC" = 0 ] || copy "${flags[@]}"
rc "killed $((tries - 1)) times in a row: finishes" 0
complete "killed $((tries - 1)) times in a row"

# Asked to stop, politely.
for signal in INT:130 TERM:143; do
    name=SIG${signal%:*}
    fresh_target
    hold child 3
    start "${flags[@]}"
    midway "under way, then $name" "SELECT count(*) > 0 FROM child" && kill -"${signal%:*}" "$COPY"
    finish
    rc "$name: exit ${signal#*:}" "${signal#*:}"
    says "$name: says how to go on" 'again|continue|resum'
    copy "${flags[@]}"
    rc "$name: the same command finishes" 0
    complete "$name"
done

# Nothing is left behind on the source.
if wb_wait 60 sessions_are_gone; then case_ok "no session is left on the source"; else
    case_fail "no session is left on the source" "$(my -e 'SHOW PROCESSLIST')"; fi

wb_finish
