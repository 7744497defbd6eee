#!/bin/bash
# The demos run to their end and show what they say; the shop's application keeps what it acknowledged, also when it
# is killed, and its proof is one that can fail.
. "$(dirname "$0")/run.bash"
cd "$WB_ROOT" || exit 1

holds() { # holds NAME COMMAND...: one case
    local name=$1
    shift
    if "$@" >"$WB_TMP/out" 2>&1; then case_ok "$name"; else case_fail "$name" "$(tail -3 "$WB_TMP/out")"; fi
}
tools=$WB_BUILD_DIR/tools
"$tools/shopgen" sqlite "$WB_TMP/one.db" --customers 300 >/dev/null
"$tools/shopgen" sqlite "$WB_TMP/two.db" --customers 300 >/dev/null
holds "the same seed makes the same file" cmp "$WB_TMP/one.db" "$WB_TMP/two.db"
holds "a file that holds something is refused" bash -c '! "$1" sqlite "$2"' - "$tools/shopgen" "$WB_TMP/one.db"
holds "the copied shop: the demo runs to its end" \
    env BUILD="$WB_BUILD_DIR" DEMO_CUSTOMERS=4000 TMPDIR="$WB_TMP" bash scripts/demo-copy

wb_case "the plan's demo runs to its end"
expect_exit 0 env BUILD="$WB_BUILD_DIR" TMPDIR="$WB_TMP" bash scripts/demo
cp "$WB_TMP/out" "$WB_TMP/demo"
# said_in_order REGEX...: lines of the demo, each behind the one before
said_in_order() {
    local from=1 at regex
    for regex in "$@"; do
        at=$(tail -n +"$from" "$WB_TMP/demo" | grep -nE -m 1 -- "$regex" | cut -d : -f 1)
        [ -n "$at" ] || { wb_assert_failed "not said, or not in its order: $regex"; return; }
        from=$((from + at))
    done
}
wb_case "the plan's demo: proven and signed before anything is read, a trigger that takes the reads back, the end"
said_in_order 'tables, .* rows copied and proven' 'flag shop_write_both: on' 'exit.2 .*all equal' \
    'phase 2 is signed by data lead' 'stage A few: 1 % of reads' 'gate of A few passed' 'echo 50% > break' \
    'trigger.1 of phase 3 fired: error rate' 'flag shop_read_new: off' 'HELD until' 'released by' \
    'gate of All passed' 'flag shop_read_new: on' 'phase 4 is signed by shop owner' 'rows compared, all equal' \
    'step.2: a person has to do this' 'the plan is done' 'shopapp --prove'
assert_match 'new.db: [1-9][0-9]* writes were acknowledged, to [1-9][0-9]* orders: 0 missing, 0 older, 0 with another' \
    "$(cat "$WB_TMP/demo")" "the ledger's proof"

wb_case "stopped in between, it leaves nothing behind"
rm -f "$WB_TMP/demo" # what the first one said
env BUILD="$WB_BUILD_DIR" TMPDIR="$WB_TMP" bash scripts/demo >"$WB_TMP/demo" 2>&1 </dev/null &
demo=$!
listens() { grep -qs 'listening on' "$WB_TMP/demo"; }
wb_wait 120 listens || wb_assert_failed "it never listened: $(tail -n 3 "$WB_TMP/demo")"
children=$(pgrep -P "$demo" -d ' ')
kill -TERM "$demo"
RC=0
wait "$demo" || RC=$?
assert_eq 143 "$RC"
assert_match '[0-9]+ [0-9]+' "$children" "the application and the run"
for child in $children; do
    ! kill -0 "$child" 2>/dev/null || wb_assert_failed "process $child runs on"
done
assert_eq "" "$(find "$WB_TMP" -maxdepth 1 -name 'whimbrel-demo.*')" "its directory"

wb_case "the example's plan has neither errors nor warnings"
expect_exit 0 "$WHIMBREL" check examples/shop.md --offline --strict --json
assert_eq "note advice" "$(jq -r '.findings[] | "\(.severity) \(.rule)"' "$WB_TMP/out")"

# The application by itself: an outbox as the plan makes it, and a new side that a copy made.
wb_case "what was noted before both sides were written is carried over, also if the application is killed"
DIR=$WB_TMP/app PLAN=$WB_TMP/app/shop.md
mkdir "$DIR"
cp examples/shop.md "$DIR/"
cd "$DIR" || exit 1
export WHIMBREL_TOKEN=scenario-token-0123456789
(umask 077 && echo "$WHIMBREL_TOKEN" >token)
"$tools/shopgen" sqlite shop.db --customers 300 >/dev/null
"$WHIMBREL" run shop.md --listen 0 --token-file token >run.log 2>&1 </dev/null &
runner=$!
app=
trap 'kill -9 $runner $app 2>/dev/null' EXIT
wb_wait 120 grep -q 'has to sign' run.log || wb_assert_failed "the run came nowhere: $(tail -n 3 run.log)"
url=$(sed -n 's/^listening on //p' run.log)
begin_app() {
    "$tools/shopapp" shop.db new.db "$@" --ledger ledger.csv >>app.log 2>&1 &
    app=$!
}
ledger_has() { [ -s ledger.csv ] && [ "$(wc -l <ledger.csv)" -ge "$1" ]; }
begin_app
wb_wait 60 ledger_has 50 || wb_assert_failed "nothing was written: $(tail -n 3 app.log)"
kill -9 "$app"
wait "$app" 2>/dev/null
expect_exit 1 "$tools/shopapp" --prove ledger.csv new.db
assert_match ' [1-9][0-9]* missing' "$(cat "$WB_TMP/out")" "with the flags off, nothing is carried over"
begin_app --flags "$url" --token-file token
wb_wait 60 ledger_has 150 || wb_assert_failed "nothing more was written: $(tail -n 3 app.log)"
kill -9 "$app" # in the middle of something
wait "$app" 2>/dev/null
begin_app --flags "$url" --token-file token
wb_wait 60 ledger_has 200 || wb_assert_failed "nothing more was written: $(tail -n 3 app.log)"
kill -INT "$app"
RC=0
wait "$app" || RC=$?
app=
assert_eq 0 "$RC" "$(tail -n 3 app.log)"
expect_exit 0 "$tools/shopapp" --prove ledger.csv new.db
assert_match ': 0 missing, 0 older, 0 with another' "$(cat "$WB_TMP/out")"
expect_exit 0 "$WHIMBREL" verify sqlite:shop.db sqlite:new.db
kill -9 "$runner"
wait "$runner" 2>/dev/null
trap - EXIT
assert_match 'NOT RUNNING.*go on: *whimbrel run' "$("$WHIMBREL" status shop.md | tr '\n' ' ')" "the status without a runner"

wb_case "the proof sees a row that is missing, one that is older, one that is another"
id=$(tail -n 1 ledger.csv | cut -d , -f 1)
revised=$(awk -F , '$2 > 1 { print $1; exit }' ledger.csv)
spoilt() { # spoilt SQL: the proof's exit code, what it said in WB_TMP/out
    rm -f spoilt.db
    sqlite3 new.db "VACUUM INTO 'spoilt.db'"
    sqlite3 spoilt.db "DROP TRIGGER outbox_changed; $1"
    expect_exit 1 "$tools/shopapp" --prove ledger.csv spoilt.db
}
spoilt "DELETE FROM orders WHERE id = $id"
assert_match ': 1 missing, 0 older, 0 with' "$(cat "$WB_TMP/out")"
spoilt "UPDATE orders SET note = 'shopapp revision 1' WHERE id = ${revised:-0}"
assert_match ': 0 missing, 1 older, 0 with' "$(cat "$WB_TMP/out")"
spoilt "UPDATE orders SET total = total + 1 WHERE id = $id"
assert_match ': 0 missing, 0 older, 1 with' "$(cat "$WB_TMP/out")"
wb_finish
