# What the scenarios of phased plans share: a database with users, a run that listens, and time that passes.
# Sourced, never run, behind run.bash.
#
#   users_db NAME [ROWS]   makes a database with users; sets DB (its URL), NAME
#   schema, backfill       what people do outside of whimbrel for the plan's steps
#   start, finish          the runner: sets RUNNER, RUN_PORT; finish ends it
#   drive ARGUMENT...      drive.py; a failure is one of the case
#   day N                  moves the clock to the morning of day N after DAY_1, while no runner runs

export WHIMBREL_TOKEN=scenario-token-0123456789
export WHIMBREL_TEST_CLOCK=$WB_TMP/clock
set_clock() { echo "$1" >"$WHIMBREL_TEST_CLOCK.new" && mv "$WHIMBREL_TEST_CLOCK.new" "$WHIMBREL_TEST_CLOCK"; }
day() { set_clock $((DAY_1 + ($1 - 1) * 86400 + 28800)); }

users_db() {
    NAME=$1
    DB=$(pg_db "$1") || return
    pg "$1" -c "CREATE TABLE users (id bigint PRIMARY KEY, email text NOT NULL, full_name text, created_at timestamptz NOT NULL DEFAULT now());
        INSERT INTO users SELECT n, 'user' || n || '@example.com', 'User ' || n FROM generate_series(1, ${2:-500}) AS n;
        CREATE TABLE lag (seconds numeric); INSERT INTO lag VALUES (0)"
    export DB
}
schema() {
    pg "$NAME" -c "CREATE TABLE accounts (id bigserial PRIMARY KEY, legacy_user_id bigint UNIQUE NOT NULL, email text NOT NULL, created_at timestamptz NOT NULL);
        CREATE TABLE profiles (legacy_user_id bigint PRIMARY KEY, full_name text)"
}
backfill() {
    pg "$NAME" -c "INSERT INTO accounts (legacy_user_id, email, created_at) SELECT id, email, created_at FROM users ON CONFLICT DO NOTHING;
        INSERT INTO profiles SELECT id, full_name FROM users ON CONFLICT DO NOTHING"
}

start() {
    rm -f "$DIR/runner" # what an earlier runner said is not what this one says
    "$WHIMBREL" run "$PLAN" --listen 0 >"$DIR/runner" 2>&1 </dev/null &
    RUNNER=$!
    trap 'kill -9 $RUNNER 2>/dev/null' EXIT
    listening "$DIR/runner" || wb_assert_failed "$(tail -n 3 "$DIR/runner")"
}
finish() {
    kill -INT "$RUNNER" 2>/dev/null
    wait "$RUNNER"
    RC=$?
    trap - EXIT
}
drive() {
    python3 "$here/drive.py" "$RUN_PORT" "$PLAN" "$@" >>"$DIR/driven" 2>"$DIR/drive.err" ||
        wb_assert_failed "$* -- $(tail -n 3 "$DIR/drive.err"); $(tail -n 3 "$DIR/runner")"
}
flag_share() { "$WHIMBREL" status "$PLAN" --json | jq -r '.flags[0].share_of_10000'; }
journal() { sqlite3 "$PLAN.whimbrel.db" "$1"; }
