#!/bin/bash
# verify --performance: an application's queries, timed on both sides. What is judged here does not depend on how fast
# the machine is: tolerances are huge or rounds too few where times decide, and rows, plans and refusals do not change.
. "$(dirname "$0")/verify.bash"

timed() { # timed QUERIES [FLAG…]: as verify does
    printf '%s\n' "$1" >"$DIR/queries.sql"
    shift
    verify --performance "$DIR/queries.sql" "$@"
}
valid() { # CASE
    if "$WB_BUILD_DIR/tests/json-validate" "$(dirname "$0")/../../docs/json" verify <"$OUT" >"$DIR/valid" 2>&1; then
        case_ok "$1: as docs/json says"
    else
        case_fail "$1: as docs/json says" "$(head -n 3 "$DIR/valid")"
    fi
}
EASY='-- tolerance: 100000' # a query of microseconds may be kept from the processor for long

judge_pair() { # judge_pair NAME: shop.orders on both sides, with an index on customer
    timed "-- name: one order
$EASY
SELECT * FROM orders WHERE id = 7;
-- name: of a customer
$EASY
SELECT id, total FROM orders WHERE customer = 7 ORDER BY id;" --runs 30 --json
    rc "$1: queries that are as fast: exit 0" 0
    valid "$1: queries that are as fast"
    verified "$1: both pass" '[.outcome, .passed, .failed, .inconclusive]' '["passes",2,0,0]'
    verified "$1: rows and rounds" '[.queries[] | .name, .source.rows, .target.rows, .source.runs]' '["one order",1,1,30,"of a customer",60,60,30]'

    timed 'SELECT count(*) FROM orders a JOIN orders b ON b.customer = a.customer' --runs 1
    rc "$1: too few rounds: exit 6" 6
    last_line "$1: too few rounds: said" '^Not verified: 1 of 1 queries'

    drop_index
    timed "-- name: of a customer
$EASY
SELECT id, total FROM orders WHERE customer = 7;" --runs 30 --json
    verified "$1: an index that is missing is named with its statement" \
        '[.queries[].missing_indexes[] | .index, .columns, (.sql | test("CREATE INDEX.*customer"))]' '["orders_customer","customer",true]'
    verified "$1: the target's plan reads the whole table" '.queries[0].target.plan | test("scan of orders"; "i")' 'true'
    timed "-- name: of a customer
SELECT id, total FROM orders WHERE customer = 7;" --runs 5
    says "$1: for people: the index and its statement" 'orders_customer'
    says "$1: for people: the statement" 'CREATE INDEX.*orders_customer'

    lose_row
    timed "$EASY
SELECT id FROM orders WHERE customer = 7;
SELECT 1" --runs 5 --json
    rc "$1: other rows: exit 1" 1
    valid "$1: other rows"
    verified "$1: other rows: said" '.queries[0].why' '"the source gives 60 rows, the target 59"'

    timed "$EASY
SELECT id FROM orders WHERE no_such = 7" --runs 5
    rc "$1: a query that the source refuses is inconclusive: exit 6" 6
    timed 'SELECT 1; DELETE FROM orders' --runs 5
    rc "$1: what writes is refused: exit 2" 2
    says "$1: what writes is refused: with its line" 'DELETE|line 1'
    verify --performance "$DIR/not-there.sql"
    rc "$1: no such file: exit 4" 4
}

lite_pair
sl "CREATE TABLE orders (id INTEGER PRIMARY KEY, customer INTEGER NOT NULL, total INTEGER); CREATE INDEX orders_customer ON orders (customer);
    WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3000) INSERT INTO orders SELECT i, i % 50, i FROM n; ANALYZE"
copy
drop_index() { tl 'DROP INDEX orders_customer'; }
lose_row() { tl 'DELETE FROM orders WHERE id = 57'; }
judge_pair SQLite

pair performance
load <<'SQL'
CREATE TABLE orders (id int AUTO_INCREMENT PRIMARY KEY, customer int NOT NULL, total int, KEY orders_customer (customer));
INSERT INTO orders SELECT seq, seq % 50, seq FROM seq_1_to_3000;
ANALYZE TABLE orders;
SQL
copy
drop_index() { pq 'DROP INDEX orders_customer' >/dev/null; }
lose_row() { pq 'DELETE FROM orders WHERE id = 57' >/dev/null; }
judge_pair "MariaDB to PostgreSQL"

# The target's words, where it needs other ones.
timed "$EASY
SELECT IFNULL(total, 0) FROM orders WHERE id = 3" --runs 5 --json
rc "a query that only the source understands: exit 1" 1
verified "a query that only the source understands: the target's words" '[.queries[0].outcome, (.queries[0].target.error | test("ifnull"))]' '["fails",true]'
timed "$EASY
SELECT IFNULL(total, 0) FROM orders WHERE id = 3
-- target: SELECT coalesce(total, 0) FROM orders WHERE id = 3" --runs 30 --json
rc "with the target's words: exit 0" 0
wb_finish
