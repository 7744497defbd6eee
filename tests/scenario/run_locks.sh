#!/bin/bash
# A step that is not given a lock says who holds it, while it waits and in its failure: session, user, application,
# since when, and the query without its values. Row locks and metadata locks, on PostgreSQL and MariaDB.
. "$(dirname "$0")/run.bash"

# hold SQL: a session that keeps what it locked; release ends it
hold() {
    if [ "$ENGINE" = postgres ]; then
        coproc HOLD { PGAPPNAME=billing PGHOST=$WB_PG_HOST PGPORT=$WB_PG_PORT psql -XAtq -U postgres run_locks; }
    else
        coproc HOLD { mariadb --no-defaults -uroot -S "$WB_MY_SOCKET" -N -B --unbuffered run_locks; }
    fi
    echo "BEGIN; $1; SELECT 'held';" >&"${HOLD[1]}"
    read -r held <&"${HOLD[0]}"
    assert_eq held "$held"
}
release() {
    local pid=$HOLD_PID
    echo "ROLLBACK; SELECT 'gone';" >&"${HOLD[1]}"
    read -r held <&"${HOLD[0]}"
    assert_eq gone "$held"
    echo '\q' >&"${HOLD[1]}"
    wait "$pid"
}
held_why() { "$WHIMBREL" status "$PLAN" --json | jq -r .held; }

for ENGINE in postgres mariadb; do
    plan locked
    if [ "$ENGINE" = postgres ]; then SHOP=$(pg_db run_locks); else SHOP=$(my_db run_locks); fi
    export SHOP
    query() { if [ "$ENGINE" = postgres ]; then PGDATABASE=run_locks pg -c "$1"; else my run_locks -e "$1"; fi; }
    query "CREATE TABLE orders (id int PRIMARY KEY, note text)"
    query "INSERT INTO orders VALUES (1, NULL), (2, NULL)"

    wb_case "$ENGINE: who holds the row is told, while the step waits and when it fails"
    hold "UPDATE orders SET note = 'hush-hush' WHERE id = 1"
    run
    assert_eq 1 "$RC"
    said 'step.1.*(waits for a lock of|found a lock:).*session [0-9]+'
    said 'HELD: step.1 has failed'
    assert_match 'the lock was held by session [0-9]+ \(user (postgres|root), .*query since 20[0-9-]+T[0-9:]+Z' "$(held_why)"
    if [ "$ENGINE" = postgres ]; then
        assert_match ', billing, .*: (UPDATE orders SET note = \? WHERE id = \?|SELECT \?)' "$(held_why)"
    else
        assert_match 'idle in its transaction' "$(held_why)"
    fi
    assert_eq "" "$(grep -rl hush-hush "$DIR")" "files that hold a value of another session's query"
    release

    wb_case "$ENGINE: who holds the table"
    hold "UPDATE orders SET note = note WHERE id = 2"
    ask resume
    run
    assert_eq 1 "$RC"
    assert_match 'step.2 has failed.*the lock was held by (perhaps )?session [0-9]+ \(user (postgres|root), ' "$(held_why)"
    release

    wb_case "$ENGINE: without it, the steps are done"
    ask resume
    run
    assert_eq 0 "$RC"
done
wb_finish
