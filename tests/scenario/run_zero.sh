#!/bin/bash
# "Running 2+ hours with zero divergences", and a trigger at the first one: what was reported and acknowledged counts, over
# a runner that ended and one that was killed; time in which nobody could have reported does not.
. "$(dirname "$0")/run.bash"
. "$here/phased.bash"

command -v python3 >/dev/null || { case_skip zero "no python3 here"; exit 0; }
START=1775520000
exec 2>/dev/null # the shell reports every process that a signal ended
begin() {
    plan zero
    shop
    set_clock "$START"
    start
}
end() { trap 'kill -9 $RUNNER 2>/dev/null' EXIT; finish; }
pass() { set_clock $(($(cut -d. -f1 "$WHIMBREL_TEST_CLOCK") + $1)); }
good=(--limit 600 --step 55 --report shadow:new:match:0:5)
one=(--limit 600 --step 1 --report shadow:new:mismatch:0:1)
begun() { journal "SELECT count(*) FROM event WHERE kind = 'step_intent' AND phase = 2"; }
why() { "$WHIMBREL" status "$PLAN" --json | jq -r '.phases[1].items[] | select(.id == "entry.1") | .why'; }
# minutes from the latest divergence to the beginning of phase 2, in run time
minutes() {
    journal "SELECT (max(CASE WHEN kind = 'step_intent' AND phase = 2 THEN run_us END) -
        max(CASE WHEN kind = 'counted' THEN run_us END)) / 60000000 FROM event"
}
# report OUTCOME: one comparison; the status of the answer
report() {
    local body="[{\"operation\":\"shadow\",\"outcome\":\"$1\"}]" answer
    exec {sock}<>"/dev/tcp/127.0.0.1/$RUN_PORT" || return
    printf 'POST /v1/observations HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\nAuthorization: Bearer %s\r\nContent-Length: %d\r\n\r\n%s' \
        "$WHIMBREL_TOKEN" "${#body}" "$body" >&"$sock"
    read -r answer <&"$sock"
    exec {sock}>&-
    cut -d' ' -f2 <<<"$answer"
}
killed() {
    kill -9 "$RUNNER"
    wait "$RUNNER"
    pass 20 # its lease has run out
}

wb_case "a divergence begins the time anew, also where the runner that counted it has ended"
begin
drive "${good[@]}" --until '"it has run for" in next'
drive "${good[@]}" --until 'turn >= 65' # an hour
drive "${one[@]}" --until 'turn >= 1'
end
start
drive "${good[@]}" --until 'turn >= 80' # more than two hours since phase 1
assert_eq 0 "$(begun)"
assert_match 'without divergences; the latest of 1 came at 20' "$(why)"
drive "${good[@]}" --until '"step.1: Tell" in next'
assert_eq 1 "$(begun)"
[ "$(minutes)" -ge 118 ] || wb_assert_failed "$(minutes) minutes after the divergence"

wb_case "time in which nobody could have reported one does not count"
end
begin
drive "${good[@]}" --until '"it has run for" in next'
end
pass 18000
run
said 'nobody has told yet'
start
drive "${good[@]}" --until 'turn >= 100'
assert_eq 0 "$(begun)"
assert_match 'nobody could have reported one .*does not count' "$(why)"
drive "${good[@]}" --until '"step.1: Tell" in next'
end

wb_case "one that was acknowledged is in the journal, however soon the runner is killed"
for i in 1 2 3 4 5; do
    begin
    drive --step 1 --report shadow:new:match:0:1 --until '"it has run for" in next'
    assert_eq 200 "$(report mismatch)"
    killed
    assert_eq "1 1" "$(journal "SELECT json_extract(data, '$.counted') || ' ' || json_extract(data, '$.open') FROM event WHERE kind = 'counted'")"
done

wb_case "what came in while it was killed nobody knows: the time begins anew, and it says so"
pass 3600
start
drive "${good[@]}" --until 'turn >= 100'
assert_match 'or more, and while they came in the runner ended without a word' "$(why)"
assert_eq 0 "$(begun)"
drive "${good[@]}" --until '"step.1: Tell" in next'
assert_eq 1 "$(begun)"

wb_case "a trigger fires on one of which the runner was killed before it was judged"
fired() { journal "SELECT count(*) FROM event WHERE kind = 'trigger' AND data LIKE '%\"fired\"%'"; }
assert_eq 0 "$(fired)"
assert_eq 200 "$(report mismatch)"
killed
start
drive --limit 600 --step 1 --until 's["state"] == "held"'
assert_eq 1 "$(fired)"

wb_case "once somebody has looked, it does not fire on the same one, but on the next"
ask resume
assert_eq 0 "$RC"
drive "${good[@]}" --until 'turn >= 20'
assert_eq "1 running" "$(fired) $(state)"
drive "${one[@]}" --until 's["state"] == "held"'
assert_eq 2 "$(fired)"
end
wb_finish
