#!/bin/bash
# Applications read a flag through the OpenFeature SDK of Node.js with its OFREP provider while the share grows from
# 1 % to 10, 50 and 100 %: each share is about as large as it says, no key is ever taken back, and the stage is told.
# The packages are those of tests/openfeature/package-lock.json, kept outside of the repository.
. "$(dirname "$0")/../lib.sh"

KEYS=1000
FLAG=shop-reads

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
    (cd "$new" && npm ci --ignore-scripts --no-audit --no-fund --cache .npm) > "$WB_TMP/npm.log" 2>&1 || code=1
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

start server "$WB_BUILD_DIR/tests/flag-server" 127.0.0.1:0
server=$!
wb_wait 60 lines server 1 "$server"
url=$(sed -n 's/^listening //p' "$WB_TMP/server.out")
tell server "share $FLAG 0" "$server" > /dev/null
start client node "$WB_TMP/read.mjs" "$url" "$KEYS" "$FLAG"
client=$!

wb_case "without a share all keys read the old side"
tell server "stage $FLAG shadow" "$server" > /dev/null
got=$(tell client read "$client")
assert_eq '{"on":0,"stage":"shadow","missing":"FLAG_NOT_FOUND","without":false,"withoutReason":"STATIC"}' \
    "$(jq -c '{on: (.on | length), stage, missing, without, withoutReason}' <<< "$got")" "$(tail -n 3 "$WB_TMP/client.err")"

tell server "stage $FLAG live" "$server" > /dev/null
before='[]'
# Bounds: what a fair division of 1,000 keys stays within but once in a million divisions; the division is always the same.
for step in "100 1 30" "1000 60 150" "5000 420 580" "10000 1000 1000"; do
    read -r share low high <<< "$step"
    wb_case "share $share of 10,000"
    assert_eq ok "$(tell server "share $FLAG $share" "$server")"
    got=$(tell client read "$client")
    on=$(jq -c .on <<< "$got")
    n=$(jq length <<< "$on")
    [ "$n" -ge "$low" ] && [ "$n" -le "$high" ] || wb_assert_failed "$n of $KEYS keys read the new side"
    assert_eq '[]' "$(jq -nc --argjson a "$before" --argjson b "$on" '$a - $b')" "keys that were taken back"
    assert_eq "$on" "$(tell client read "$client" | jq -c .on)" "the same keys a second time"
    assert_eq live "$(jq -r .stage <<< "$got")"
    # Who has no key reads the old side until all do not.
    [ "$share" = 10000 ] && without='true STATIC' || without='false DEFAULT'
    assert_eq "$without" "$(jq -r '"\(.without) \(.withoutReason)"' <<< "$got")" "without a targetingKey"
    before=$on
done

wb_case "a share that shrinks takes back, and the same keys stay"
tell server "share $FLAG 1000" "$server" > /dev/null
ten=$(tell client read "$client" | jq -c .on)
tell server "share $FLAG 10000" "$server" > /dev/null
tell server "share $FLAG 1000" "$server" > /dev/null
assert_eq "$ten" "$(tell client read "$client" | jq -c .on)"

kill "$client" "$server" 2> /dev/null
wait
wb_finish
