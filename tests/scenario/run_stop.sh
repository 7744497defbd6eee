#!/bin/bash
# The edges of a run that listens: a port that is taken, an address that others reach, TLS with a token, and an end on
# request while clients hold connections and a statement or a script runs.
. "$(dirname "$0")/run.bash"

unset WHIMBREL_TOKEN
TOKEN=scenario-token-0123456789
plan stop
SHOP=$(pg_db run_stop)
export SHOP FOLDER=$DIR PGDATABASE=run_stop
pg -c "CREATE TABLE speed (seconds int); INSERT INTO speed VALUES (600); CREATE TABLE history (what text)"
echo 600 > "$DIR/seconds"
umask 077
echo "$TOKEN" > "$DIR/token"
trap 'kill $RUN $OTHER 2> /dev/null' EXIT

url_of() { sed -n 's/^.*listening on \(http[^ ]*\)$/\1/p' "$OUT" 2> /dev/null; }
listens() { [ -n "$(url_of)" ] || ! kill -0 "$RUN" 2> /dev/null; }
listen() { # listen ADDRESS OPTION...
    rm -f "$OUT" # what an earlier runner said is not what this one says
    "$WHIMBREL" run "$PLAN" --allow-shell --token-file "$DIR/token" --listen "$@" > "$OUT" 2>&1 < /dev/null &
    RUN=$!
    wb_wait 60 listens
    port=$(url_of)
    port=${port##*:}
}
ends() { ! kill -0 "$RUN" 2> /dev/null; }
stop() { # stop SIGNAL CODE: it ends, and its lease is free
    kill "-$1" "$RUN"
    wb_wait 120 ends || wb_assert_failed "it does not end: $(tail -n 3 "$OUT")"
    wait "$RUN"
    assert_eq "$2" $?
    assert_eq null "$("$WHIMBREL" status "$PLAN" --json | jq -r .runner)" "who holds the lease"
}
waits_for() { [[ $("$WHIMBREL" status "$PLAN" --json 2> /dev/null | jq -r .next) == *"$1"* ]]; }
sleeping() { [ "$(pg -c "SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%pg_sleep(seconds)%' AND state = 'active' AND pid <> pg_backend_pid()")" = "$1" ]; }

wb_case "a port that is taken: said, and nothing of the plan is done"
python3 -c 'import socket, sys, time
s = socket.socket(); s.bind(("127.0.0.1", 0)); s.listen(); print(s.getsockname()[1], flush=True); time.sleep(600)' > "$DIR/taken" &
OTHER=$!
wb_wait 60 test -s "$DIR/taken"
expect_exit 4 "$WHIMBREL" run "$PLAN" --listen "$(cat "$DIR/taken")"
assert_match "cannot listen on 127.0.0.1 port $(cat "$DIR/taken"): Address already in use" "$(cat "$WB_TMP/err")"
assert_match "choose another address" "$(cat "$WB_TMP/err")"
[ ! -e "$PLAN.whimbrel.db" ] || wb_assert_failed "there is a journal"
kill "$OTHER"

wb_case "an address that others reach, without a token and in clear text: both are said"
rm -f "$OUT"
"$WHIMBREL" run "$PLAN" --listen 0.0.0.0:0 > "$OUT" 2>&1 < /dev/null &
RUN=$!
wb_wait 60 listens
wb_wait 60 sleeping 1 || wb_assert_failed "the statement does not run: $(tail -n 3 "$OUT")"
said 'without a token .* nobody can change or report anything'
assert_eq 403 "$(curl -s -o /dev/null -w '%{http_code}' -X POST "http://127.0.0.1:$(url_of | sed 's/.*://')/v1/abort")"
stop INT 130
wb_wait 60 sleeping 0 || wb_assert_failed "its statement still runs"
listen 0.0.0.0:0
said 'the token travels in clear text'
wb_wait 60 sleeping 1 || wb_assert_failed "the statement does not run again: $(tail -n 3 "$OUT")"

wb_case "ended while clients hold connections and a statement runs"
exec {idle}<> "/dev/tcp/127.0.0.1/$port" {half}<> "/dev/tcp/127.0.0.1/$port"
printf 'GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n' >&"$idle"
read -r line <&"$idle"
assert_match '200' "$line"
printf 'POST /v1/observations HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer %s\r\nContent-Length: 99\r\n\r\n{' "$TOKEN" >&"$half"
stop TERM 143
exec {idle}>&- {half}>&-
wb_wait 60 sleeping 0 || wb_assert_failed "its statement still runs"
assert_eq 0 "$(pg -c "SELECT count(*) FROM history")"

wb_case "over TLS nothing changes without the token either"
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=whimbrel-test \
    -addext subjectAltName=IP:127.0.0.1 -keyout "$DIR/key" -out "$DIR/pem" 2> "$DIR/openssl"
pg -c "UPDATE speed SET seconds = 0"
listen 0.0.0.0:0 --tls-cert "$DIR/pem" --tls-key "$DIR/key"
assert_match '^https:' "$(url_of)"
grep -q 'clear text' "$OUT" && wb_assert_failed "it warns of clear text"
ask_tls() { # ask_tls PATH BODY [TOKEN]: the status
    curl -s -o "$DIR/body" -w '%{http_code}' --cacert "$DIR/pem" ${3:+-H "Authorization: Bearer $3"} --data "$2" "https://127.0.0.1:$port$1"
}
wb_wait 60 waits_for "Ask everybody" || wb_assert_failed "never came to step.2: $(tail -n 3 "$OUT")"
assert_eq 401 "$(ask_tls /v1/approve '{"step":"step.2"}')"
assert_match 'a token is needed' "$(cat "$DIR/body")"
assert_eq 401 "$(ask_tls /v1/approve '{"step":"step.2"}' "${TOKEN%?}")"
assert_match 'this is not the token' "$(cat "$DIR/body")"
waits_for "Ask everybody" || wb_assert_failed "it went on"
assert_eq 202 "$(ask_tls /v1/approve '{"step":"step.2"}' "$TOKEN")"

wb_case "ended while a script runs: the script ends, too"
wb_wait 60 test -s "$DIR/script" || wb_assert_failed "the script does not run: $(tail -n 3 "$OUT")"
script=$(cat "$DIR/script")
stop TERM 143
gone() { ! kill -0 "$script" 2> /dev/null; }
wb_wait 60 gone || wb_assert_failed "the script still runs"

wb_case "and what was ended is done once a person says so, once"
echo 0 > "$DIR/seconds"
run --allow-shell
assert_eq 1 "$RC" # nobody knows what a script left behind
ask approve --step step.3 --again
assert_eq 0 "$RC"
ask resume
run --allow-shell
assert_eq 0 "$RC"
assert_eq "done 1" "$(cat "$DIR/script") $(pg -c "SELECT count(*) FROM history")"
wb_finish
