#!/bin/bash
# "No queries hit `users`", "no writes to source": judged by the servers' own counters over a window of time. A use,
# a write or a reset of the counters begins the window anew; a server that does not count keeps the run waiting; of
# SQLite a person says so.
. "$(dirname "$0")/run.bash"

export WHIMBREL_TEST_CLOCK=$WB_TMP/clock
set_clock() { echo "$1" >"$WHIMBREL_TEST_CLOCK.new" && mv "$WHIMBREL_TEST_CLOCK.new" "$WHIMBREL_TEST_CLOCK"; }
time=1700000000
set_clock "$time"
pass() { # a second passes
    set_clock $((time += 1))
    turned
    sleep 0.05
}

next() { "$WHIMBREL" status "$PLAN" --json 2>/dev/null | jq -r .next; }
# until_says WORDS: time passes until the run waits for that
until_says() {
    for ((i = 0; i < 3000; i++)); do
        [[ $(next) == *$1* ]] && return
        kill -0 "$RUNNER" 2>/dev/null || break
        pass
    done
    wb_assert_failed "never said \"$1\": $(next); $(tail -n 2 "$DIR/runner")"
}
judged() { sqlite3 "$PLAN.whimbrel.db" "SELECT data FROM event WHERE kind = 'criterion'"; }
start() {
    rm -f "$DIR/runner" # what an earlier runner said is not what this one says
    "$WHIMBREL" run "$PLAN" --listen 0 >"$DIR/runner" 2>&1 </dev/null &
    RUNNER=$!
    trap 'kill -9 $RUNNER 2>/dev/null' EXIT
    listening "$DIR/runner"
}

# counted SQL: runs it, and waits until the server's counters of users have seen it: a session tells what it did when it
# ends, or later. No time passes meanwhile.
counters() {
    if [ "$engine" = postgres ]; then
        query "SELECT seq_scan + coalesce(idx_scan, 0), n_tup_ins FROM pg_stat_user_tables WHERE relname = 'users'"
    else
        my -e "SELECT rows_read, rows_changed FROM information_schema.table_statistics WHERE table_schema = 'run_quiet' AND table_name = 'users'"
    fi
}
have_moved() { [ "$(counters)" != "$1" ]; }
counted() {
    local before
    before=$(counters)
    query "$1" >/dev/null
    wb_wait 60 have_moved "$before" || wb_assert_failed "the server does not count: $1"
}

for engine in postgres mariadb; do
    plan quiet
    if [ "$engine" = postgres ]; then SHOP=$(pg_db run_quiet); else SHOP=$(my_db run_quiet); fi
    export SHOP
    query() { if [ "$engine" = postgres ]; then PGDATABASE=run_quiet pg -c "$1"; else my run_quiet -e "$1"; fi; }
    query "CREATE TABLE users (id int PRIMARY KEY)"
    query "CREATE TABLE history (what varchar(20))"
    query "INSERT INTO users VALUES (1)"

    wb_case "$engine: check says that the server's counters tell"
    expect_exit 0 "$WHIMBREL" check "$PLAN" --offline
    assert_match 'auto +exit +no queries hit .users.*no query uses users of the source for 10 ?s' "$(tr '\n' ' ' <"$WB_TMP/out")"

    if [ "$engine" = mariadb ]; then
        wb_case "mariadb: without counters it waits, and says how to switch them on"
        my -e "SET GLOBAL userstat = OFF"
        run
        assert_eq 6 "$RC"
        said 'SET GLOBAL userstat = ON'
        my -e "SET GLOBAL userstat = ON"
    fi

    wb_case "$engine: a window begins; a use begins it anew"
    start
    until_says "stays unused"
    counted "SELECT id FROM users"
    until_says "users was used: "
    until_says "users was not used for"
    [[ $(judged) == *'"result":"passed"'* ]] && wb_assert_failed "it passed in a window with a use: $(judged)"

    wb_case "$engine: counters that begin anew prove nothing"
    until_says "users was not used for"
    if [ "$engine" = postgres ]; then query "SELECT pg_stat_reset()" >/dev/null; else my -e "FLUSH TABLE_STATISTICS"; fi
    until_says "began anew"

    wb_case "$engine: unused and not written to for a whole window, it passes"
    until_says "exit.2"
    assert_match 'users was not used for [0-9.]+ s' "$(judged)"
    until_says "the source was not written to for"
    counted "INSERT INTO users VALUES (2)"
    until_says "the source was written to: 1"
    for ((i = 0; i < 3000; i++)); do
        kill -0 "$RUNNER" 2>/dev/null || break
        pass
    done
    wait "$RUNNER"
    assert_eq 0 $?
    trap - EXIT
    assert_match 'the source was not written to for [0-9.]+ s' "$(judged)"
    [ "$engine" = postgres ] || my -e "SET GLOBAL userstat = OFF"
done

wb_case "sqlite: a person says so, and check tells"
plan quiet
export SHOP=sqlite:$DIR/shop.db
sqlite3 "$DIR/shop.db" "CREATE TABLE users (id INTEGER PRIMARY KEY); CREATE TABLE history (what TEXT)"
expect_exit 0 "$WHIMBREL" check "$PLAN" --offline
assert_match 'manual +exit +no queries hit .users.*; a person confirms it' "$(tr '\n' ' ' <"$WB_TMP/out")"
run
assert_eq 6 "$RC"
said 'whimbrel approve .* --step exit.1'
wb_finish
