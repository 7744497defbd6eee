#!/bin/bash
# A run takes its application through the six stages of a migration, off, dualwrite, shadow, live, rampdown, complete,
# and the application follows by the OpenFeature SDK of Node.js with its OFREP provider. In the ramp, 1 to 10, 50 and
# 100 %, each share is about as large as it says and no key is taken back, not by a restart either; when a trigger
# fires, all are back on the old side; and when the ramp is run again, the same keys go first.
# The packages are those of tests/openfeature/package-lock.json, kept outside of the repository.
. "$(dirname "$0")/run.bash"

KEYS=1000
FLAG=shop_reads

leave() {
    case_skip "node" "$1"
    exit 0
}
{ command -v node && command -v npm; } > /dev/null || leave "no node and npm here"
[ "$(node -p 'process.versions.node.split(".")[0]')" -ge 20 ] || leave "node is older than 20"

here=$WB_ROOT/tests/openfeature
hash=$(cat "$here/package.json" "$here/package-lock.json" | sha256sum | cut -c 1-16)
cache=${WB_NODE_CACHE:-/var/tmp/whimbrel-openfeature-$UID}/$hash

# In a folder of its own, then renamed: two tests at once, or one that is killed, leave no half.
install() {
    local new code=0
    mkdir -p "${cache%/*}" && new=$(mktemp -d "${cache%/*}/new.XXXXXX") || return
    cp "$here/package.json" "$here/package-lock.json" "$new" || code=1
    # A registry that does not answer is one that is not there.
    (cd "$new" && timeout -k 5 240 npm ci --ignore-scripts --no-audit --no-fund --cache .npm --fetch-timeout=60000 --fetch-retries=1) \
        > "$WB_TMP/npm.log" 2>&1 || code=1
    rm -rf "$new/.npm"
    [ "$code" = 0 ] && { mv -T "$new" "$cache" 2> /dev/null || [ -d "$cache" ] || code=1; }
    rm -rf "$new"
    return "$code"
}
[ -d "$cache" ] || install || leave "its packages cannot be had here: $(tail -n 1 "$WB_TMP/npm.log")"
cp "$here/read.mjs" "$WB_TMP/" && ln -s "$cache/node_modules" "$WB_TMP/node_modules"

# A program that answers each line of its input with one: start NAME COMMAND..., then tell NAME LINE.
declare -A input
start() {
    local name=$1 fd
    shift
    mkfifo "$WB_TMP/$name.in"
    "$@" < "$WB_TMP/$name.in" > "$WB_TMP/$name.out" 2> "$WB_TMP/$name.err" &
    exec {fd}> "$WB_TMP/$name.in"
    input[$name]=$fd
}
lines() { [ "$(wc -l < "$WB_TMP/$1.out")" -ge "$2" ] || ! kill -0 "$3" 2> /dev/null; }
tell() {
    local before
    before=$(wc -l < "$WB_TMP/$1.out")
    echo "$2" >&"${input[$1]}"
    wb_wait 120 lines "$1" $((before + 1)) "$3" || return
    tail -n 1 "$WB_TMP/$1.out"
}

plan stages
export SHOP=$DIR/shop.db WHIMBREL_TOKEN=scenario-token-0123456789
sqlite3 "$SHOP" "CREATE TABLE people (id INTEGER PRIMARY KEY)"

url_of() { sed -n 's/^.*listening on \(http:[^ ]*\)$/\1/p' "$OUT" 2> /dev/null; }
listens() { [ -n "$(url_of)" ] || ! kill -0 "$RUN" 2> /dev/null; }
listen() { # listen PORT
    rm -f "$OUT" # what an earlier runner said is not what this one says
    "$WHIMBREL" run "$PLAN" --listen "$1" > "$OUT" 2>&1 < /dev/null &
    RUN=$!
    wb_wait 60 listens
    url=$(url_of)
}
trap 'kill $RUN $client 2> /dev/null' EXIT
waits_for() { [[ $("$WHIMBREL" status "$PLAN" --json | jq -r .next) == *"$1"* ]]; }
confirm() { # confirm ITEM TEXT: once it is waited for
    wb_wait 60 waits_for "$2" || wb_assert_failed "never waited for $2: $(tail -n 3 "$OUT")"
    "$WHIMBREL" approve "$PLAN" --step "$1" > "$DIR/asked" 2>&1 || wb_assert_failed "$(cat "$DIR/asked")"
}
report() { # report N ERRORS: what the application saw of the new side; nothing else passes a gate
    jq -nc --argjson n "$1" --argjson k "$2" \
        '[range($n) | {side: "new", operation: "read", outcome: (if . < $k then "error" else "ok" end)}]' |
        curl -s -H "Authorization: Bearer $WHIMBREL_TOKEN" --data @- "$url/v1/observations" > "$DIR/reported"
    assert_eq "{\"accepted\":$1,\"late\":0}" "$(cat "$DIR/reported")"
}
served() { # served KEY VALUE: what a client of the flag is told
    [ "$(curl -s --data '{}' "$url/ofrep/v1/evaluate/flags/$1" | jq -r .value)" = "$2" ]
}
share() { curl -s "$url/v1/status" | jq -r '.flags[0].share_of_10000'; }
has_share() { [ "$(share)" = "$1" ]; }
# The gate that is judged: what was reported before it was made is of the stage before, or of none.
has_gate() { curl -s "$url/metrics" | grep -q "^whimbrel_gate_state{phase=\"3\",item=\"$1\""; }
# Asks for all flags with the tag of the answer before: sets status, and tag anew.
tag='""'
again() {
    status=$(curl -s -D "$DIR/head" -o "$DIR/all" -w '%{http_code}' -H "If-None-Match: $tag" \
        --data '{"context":{"targetingKey":"jane"}}' "$url/ofrep/v1/evaluate/flags")
    tag=$(sed -n 's/^ETag: \(.*\)\r$/\1/p' "$DIR/head")
}
polled() { # polled WHAT: after a change the values come anew, and then not again
    again
    assert_eq 200 "$status" "$1: asked for all flags"
    again
    assert_eq 304 "$status" "$1: asked for all flags again"
}
see() { got=$(tell client read "$client"); } # what the application reads now

# Bounds: what a fair division of 1,000 keys stays within but once in a million divisions; the division is always the same.
ramp() { # ramp STAGE SHARE LOW HIGH: the stage is served; on is what it reads from the new side
    wb_wait 60 has_share "$2" && wb_wait 60 has_gate "$1" ||
        wb_assert_failed "the share is $(share), not $2: $(tail -n 3 "$OUT")"
    see
    on=$(jq -c .on <<< "$got")
    n=$(jq length <<< "$on")
    [ "$n" -ge "$3" ] && [ "$n" -le "$4" ] || wb_assert_failed "$n of $KEYS keys read the new side"
    assert_eq '[]' "$(jq -nc --argjson a "$before" --argjson b "$on" '$a - $b')" "keys that were taken back"
    assert_eq live "$(jq -r .stage <<< "$got")"
    before=$on
}

listen 0
wb_case "the first stage: both sides are written, the old one is read"
wb_wait 60 served "$FLAG-stage" dualwrite || wb_assert_failed "the stage is not dualwrite"
start client node "$WB_TMP/read.mjs" "$url" "$KEYS" "$FLAG"
client=$!
see
assert_eq '{"on":0,"stage":"dualwrite","missing":"FLAG_NOT_FOUND","without":false,"withoutReason":"STATIC"}' \
    "$(jq -c '{on: (.on | length), stage, missing, without, withoutReason}' <<< "$got")" "$(tail -n 3 "$WB_TMP/client.err")"
polled dualwrite
confirm step.2 "shop's servers"

wb_case "shadow"
wb_wait 60 served "$FLAG-stage" shadow || wb_assert_failed "the stage is not shadow"
see
assert_eq '0 shadow' "$(jq -r '"\(.on | length) \(.stage)"' <<< "$got")"
polled shadow
confirm step.2 "enough was compared"

before='[]'
for stage in "stage.1 100 1 30" "stage.2 1000 60 150" "stage.3 5000 420 580" "stage.4 10000 1000 1000"; do
    read -r id share low high <<< "$stage"
    wb_case "live, share $share of 10,000"
    ramp "$id" "$share" "$low" "$high"
    first[share]=$on
    see
    assert_eq "$on" "$(jq -c .on <<< "$got")" "the same keys a second time"
    # Who has no key reads the old side until all do not.
    [ "$share" = 10000 ] && without='true STATIC' || without='false DEFAULT'
    assert_eq "$without" "$(jq -r '"\(.without) \(.withoutReason)"' <<< "$got")" "without a targetingKey"
    polled "$share"
    if [ "$share" = 1000 ]; then
        wb_case "a runner that is restarted serves the same keys from its first answer on"
        kill -TERM "$RUN"
        wait "$RUN"
        assert_eq 143 $?
        listen "${url##*:}"
        assert_eq 1000 "$(curl -s --data '{"context":{"targetingKey":"x"}}' "$url/ofrep/v1/evaluate/flags" > "$DIR/all"; share)"
        see
        assert_eq "$on" "$(jq -c .on <<< "$got")"
    fi
    report 40 0
done

wb_case "a trigger fires: all keys are back on the old side, at once and in the stage of before"
wb_wait 60 waits_for "the team has looked" || wb_assert_failed "the ramp never ended: $(tail -n 3 "$OUT")"
report 200 190
wb_wait 60 has_share 0 || wb_assert_failed "the share is $(share): $(tail -n 3 "$OUT")"
wb_wait 60 served "$FLAG-stage" shadow || wb_assert_failed "the stage is not what it was"
see
assert_eq '0 shadow' "$(jq -r '"\(.on | length) \(.stage)"' <<< "$got")"
polled "rolled back"
held() { [ "$(state)" = held ]; }
wb_wait 60 held || wb_assert_failed "the run is $(state)"

wb_case "run again, the same keys go first"
"$WHIMBREL" resume "$PLAN" > "$DIR/asked"
before='[]'
for stage in "stage.1 100 1 30" "stage.2 1000 60 150" "stage.3 5000 420 580" "stage.4 10000 1000 1000"; do
    read -r id share low high <<< "$stage"
    ramp "$id" "$share" "$low" "$high"
    assert_eq "${first[share]}" "$on" "keys of share $share"
    report 40 0
done

wb_case "rampdown, then complete, and the run ends"
confirm exit.1 "the team has looked"
wb_wait 60 served "$FLAG-stage" rampdown || wb_assert_failed "the stage is not rampdown"
see
assert_eq "$KEYS rampdown" "$(jq -r '"\(.on | length) \(.stage)"' <<< "$got")"
polled rampdown
confirm step.2 "nobody reads"
wb_wait 60 served "$FLAG-stage" complete || wb_assert_failed "the stage is not complete"
see
assert_eq "$KEYS complete" "$(jq -r '"\(.on | length) \(.stage)"' <<< "$got")"
polled complete
confirm step.4 "Tell the team"
wait "$RUN"
assert_eq 0 $? "the run's exit code"
wb_finish
