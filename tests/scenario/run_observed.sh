#!/bin/bash
# Metrics that an address gives, or a script; and those that the application reports: errors and quantiles decide a
# gate, and a trigger. What is no number decides nothing.
. "$(dirname "$0")/run.bash"
. "$here/prometheus.bash"

command -v python3 >/dev/null || { case_skip observed "no python3 here"; exit 0; }
export WHIMBREL_TOKEN=scenario-token-0123456789
begin() {
    plan observed
    shop
    export_metrics ""
    echo 99 >"$DIR/export/queue"
    echo 99 >"$DIR/export/disk"
    exporter_start
    sed -i "s|PORT|$EXPORTER_PORT|; s|DIR|$DIR|" "$PLAN"
}
trap 'kill -9 $EXPORTER $RUNNER 2>/dev/null' EXIT
put() { echo "$2" >"$DIR/export/new.$1" && mv "$DIR/export/new.$1" "$DIR/export/$1"; }
start() {
    "$WHIMBREL" run "$PLAN" --listen 0 --allow-shell >"$DIR/runner" 2>&1 </dev/null &
    RUNNER=$!
    listening "$DIR/runner"
}
next_is() { [[ $("$WHIMBREL" status "$PLAN" --json 2>/dev/null | jq -r .next) == *$1* ]]; }
phase() { "$WHIMBREL" status "$PLAN" --json 2>/dev/null | jq -r '.phases[0].state'; }
phase_is() { [ "$(phase)" = "$1" ]; }
ended() { ! kill -0 "$RUNNER" 2>/dev/null; }
# report OUTCOME MS N: the application reports N reads of the new side; to a run that has just ended it cannot
report() {
    local body answer
    body=$(jq -nc --arg o "$1" --argjson ms "$2" --argjson n "$3" \
        '[range($n) | {side: "new", operation: "read", outcome: $o, latency_ms: $ms}]')
    answer=$( (exec 3<>"/dev/tcp/127.0.0.1/$RUN_PORT" && printf 'POST /v1/observations HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\nAuthorization: Bearer %s\r\nContent-Length: %d\r\n\r\n%s' \
        "$WHIMBREL_TOKEN" "${#body}" "$body" >&3 && cat <&3) 2>/dev/null)
    [[ $answer == *'"accepted":'* ]] || wb_wait 60 ended || wb_assert_failed "not accepted: $answer"
}
# reports OUTCOME MS N UNTIL: again and again, in samples of their own, until UNTIL or the end of the run
reports() {
    local end=$((SECONDS + 90))
    until "$4" || ended || [ "$SECONDS" -ge "$end" ]; do
        report "$1" "$2" "$3"
        sleep 0.2
    done
}
why_of() { "$WHIMBREL" status "$PLAN" --json | jq -r ".phases[0].items[] | select(.id == \"$1\") | .why"; }

wb_case "a script and an address that give no number decide nothing"
begin
put queue "n/a"
put disk "n/a"
start
no_number() { [[ $(why_of validation.1) == *"is no number"* ]]; }
wb_wait 60 no_number || wb_assert_failed "$(why_of validation.1)"
put queue '{"depth": 3}'
no_json() { [[ $(why_of validation.1) == *depth* ]]; }
wb_wait 60 no_json || wb_assert_failed "$(why_of validation.1)"
put queue 3
script_no_number() { [[ $(why_of validation.2) == *"is no number"* ]]; }
wb_wait 60 script_no_number || wb_assert_failed "$(why_of validation.2)"
assert_eq checking "$(phase)"

wb_case "numbers decide"
put disk 42
wb_wait 60 phase_is ramping || wb_assert_failed "$(phase): $(tail -n 3 "$DIR/runner")"

wb_case "what the application reports decides the gate: too few reads hold it"
report ok 5 20
holds() { [[ $(why_of stage.1) == *more* ]] || next_is stage; }
wb_wait 60 holds
assert_eq "ramping 0" "$(phase) $(events stage_done)"
phase_done() { phase_is 'done'; }
reports ok 5 20 phase_done # enough for both bounds
wait "$RUNNER"
assert_eq 0 $?
assert_eq 1 "$(events stage_done)"
kill "$EXPORTER"

wb_case "errors that it reports fire the trigger, and the phase is undone"
begin
put queue 3
put disk 42
start
wb_wait 60 phase_is ramping || wb_assert_failed "$(phase): $(tail -n 3 "$DIR/runner")"
phase_rolled_back() { phase_is rolled_back; }
reports error 5 20 phase_rolled_back
assert_eq rolled_back "$(phase)"
assert_match 'trigger.1 of phase 1 fired' "$(cat "$DIR/runner")"
kill -INT "$RUNNER"
wait "$RUNNER"
kill "$EXPORTER"
assert_eq "prepared unprepared" "$(sq 'SELECT what FROM history ORDER BY rowid' | xargs)"

wb_case "slow reads fail the gate by their quantile"
begin
put queue 3
put disk 42
start
wb_wait 60 phase_is ramping || wb_assert_failed "$(phase): $(tail -n 3 "$DIR/runner")"
held() { [ "$(state 2>/dev/null)" = held ]; }
reports ok 200 40 held
assert_eq held "$(state)"
assert_match 'the gate of Few has failed.*P(50|95)' "$("$WHIMBREL" status "$PLAN" --json | jq -r .held)"
assert_eq 0 "$(events stage_done)"
kill -INT "$RUNNER"
wait "$RUNNER"
wb_finish
