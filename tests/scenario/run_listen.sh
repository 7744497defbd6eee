#!/bin/bash
# A run that listens: from outside one sees its status and events, asks it to pause and go on, confirms what a person
# does, reports observations, ends it; without the token nothing changes.
. "$(dirname "$0")/run.bash"

TOKEN=scenario-token-0123456789
plan split
shop
umask 077
echo "$TOKEN" > "$DIR/token"

"$WHIMBREL" run "$PLAN" --listen 0 --token-file "$DIR/token" > "$OUT" 2>&1 &
run=$!
url_of() { sed -n 's/^.*listening on \(http:[^ ]*\)$/\1/p' "$OUT"; }
listens() { [ -n "$(url_of)" ] || ! kill -0 "$run" 2> /dev/null; }
wb_wait 60 listens
port=$(url_of)
port=${port##*:}

# http METHOD PATH [BODY [TOKEN]]: sets STATUS, BODY
http() {
    local line
    exec {sock}<> "/dev/tcp/127.0.0.1/$port" || return
    printf '%s %s HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\nContent-Length: %d\r\n%s\r\n%s' "$1" "$2" "${#3}" \
        "${4:+Authorization: Bearer $4$'\r\n'}" "$3" >&"$sock"
    read -r _ STATUS _ <&"$sock"
    while read -r line <&"$sock" && [ "$line" != $'\r' ]; do :; done
    BODY=$(cat <&"$sock")
    exec {sock}>&-
}
waits_for() { http GET /v1/status && [[ $(jq -r .next <<< "$BODY") == *"$1"* ]]; }
# ask_http PATH BODY: puts a request and waits for the run's answer; prints its state
answered() { http GET "/v1/requests/$1" && [ "$(jq -r .state <<< "$BODY")" != waiting ]; }
ask_http() {
    http POST "$1" "$2" "$TOKEN"
    [ "$STATUS" = 202 ] || { echo "status $STATUS: $BODY"; return; }
    wb_wait 60 answered "$(jq -r .id <<< "$BODY")" && jq -r .state <<< "$BODY"
}

wb_case "the status says what the run waits for"
wb_wait 60 waits_for "step.1" || wb_assert_failed "it does not: $BODY"
assert_eq running "$(jq -r .state <<< "$BODY")"

wb_case "the events are those of the journal"
http GET "/v1/events?limit=1000"
assert_eq 200 "$STATUS"
assert_eq "$(sqlite3 "$PLAN.whimbrel.db" "SELECT group_concat(kind) FROM (SELECT kind FROM event WHERE seq <= \
    $(jq .next <<< "$BODY") ORDER BY seq)")" "$(jq -r '[.events[].kind] | join(",")' <<< "$BODY")"
next=$(jq .next <<< "$BODY")

wb_case "without the token nothing changes"
http POST /v1/pause '{}'
assert_eq 401 "$STATUS"
http POST /v1/abort '{}' "${TOKEN}x"
assert_eq 401 "$STATUS"
http POST /v1/observations '[]'
assert_eq 401 "$STATUS"
assert_eq running "$(state)"
assert_eq "" "$(grep -rla "$TOKEN" "$DIR" | grep -v '/token$')" "files that hold the token"

wb_case "pause and resume"
assert_eq done "$(ask_http /v1/pause '')"
assert_eq paused "$(state)"
assert_eq done "$(ask_http /v1/resume '')"
assert_eq running "$(state)"
http GET "/v1/events?after=$next"
assert_match 'paused.*resumed' "$(jq -c '[.events[].kind]' <<< "$BODY")"

wb_case "a step is confirmed, and only the one that is waited for"
assert_eq refused "$(ask_http /v1/approve '{"step":"step.2"}')"
assert_eq done "$(ask_http /v1/approve '{"step":"step.1"}')"
told() { http GET "/v1/events?after=$next" && [[ $BODY == *"$1"* ]]; }
wb_wait 60 told "data lead has to sign first" || wb_assert_failed "told: $BODY"

wb_case "observations are counted"
http POST /v1/observations '[{"side":"old","operation":"read","outcome":"ok","latency_ms":3}]' "$TOKEN"
assert_eq '{"accepted":1,"late":0}' "$BODY"
http GET /metrics
assert_match 'whimbrel_observations_total\{side="old",operation="read"\} 1' "$BODY"

wb_case "abort ends the run"
http POST /v1/abort '{"reason":"enough"}' "$TOKEN" # and with the run ends the server, so nobody asks for the answer
assert_eq 202 "$STATUS"
wait "$run"
assert_eq 1 $?
assert_eq aborted "$(state)"

wb_case "a token that everybody can read is refused"
chmod 644 "$DIR/token"
expect_exit 2 "$WHIMBREL" run "$PLAN" --listen 0 --token-file "$DIR/token"
assert_match "chmod" "$(cat "$WB_TMP/err")"
wb_finish
