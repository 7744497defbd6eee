#!/bin/bash
# whimbrel verify PLAN takes both databases, tables, policies and replicas from the plan's front matter; the verdict is the one
# that the same databases have without it.
. "$(dirname "$0")/verify.bash"

plan() { # plan <<FRONT: a plan with this front matter, and phases that verify does not care about
    {
        echo ---
        echo "whimbrel: 1"
        cat
        printf -- '---\n# Move the shop\n\n## Phase 1: Copy (Days 1-2)\n\n**Entry criteria**: Error rte < 0.1%%\n\n1. Copy it\n'
    } >"$DIR/plan.md"
}
verify_plan() {
    RC=0
    timeout -k 5 "${VERIFY_LIMIT_S:-300}" "$WHIMBREL" verify "$DIR/plan.md" "$@" >"$OUT" 2>"$ERR" </dev/null || RC=$?
    SAID=$DIR/said
    cat "$OUT" "$ERR" >"$SAID"
}
verdict() { # of the last --json, without what is of one run
    tail -n 1 "$OUT" | jq -Sc 'del(.time, .command, .started, .finished, .elapsed_ms, .resumed, .bytes)
        | .tables |= map(del(.started, .finished, .elapsed_ms, .chunks, .chunks_kept, .source_position, .target_position))'
}

lite_pair
sl "CREATE TABLE orders (id INTEGER PRIMARY KEY, total REAL); INSERT INTO orders SELECT value, value / 2.0 FROM generate_series(1, 2000);
    CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT); INSERT INTO users SELECT value, 'u' || value FROM generate_series(1, 100);
    CREATE TABLE audit (id INTEGER PRIMARY KEY); INSERT INTO audit VALUES (1)"
copy
rc "the copy succeeds" 0
plan <<FRONT
source: $SRC
target: \${TARGET}
tables: [orders, users]
FRONT
export TARGET=$DST
verify_plan --json
rc "a plan's databases are equal: exit 0" 0
verified "the plan's tables only" '[.tables[].source | sub("main."; "")] | sort' '["orders","users"]'
tl "UPDATE orders SET total = -1 WHERE id = 7; DELETE FROM audit"
verify_plan --json --settle 300ms --restart
rc "a difference in the plan's tables: exit 1" 1
of_plan=$(verdict)
verify --json --settle 300ms --restart --include orders --include users
equal "the verdict is that of SOURCE TARGET" "$(verdict)" "$of_plan"
verify_plan --tables users --settle 300ms
rc "narrower than the failure: exit 1" 1
says "narrower than the failure: it stands" 'orders: differed at'
verify_plan --repair --execute --settle 300ms
last_line "a repair: what to run next" "Next: run it: whimbrel verify $DIR/plan.md --settle 300ms"
verify_plan
rc "a full pass of the plan's tables: exit 0" 0
equal "a table that the plan does not name is left alone" 0 "$(tl 'SELECT count(*) FROM audit')"
verify_plan --report "$DIR/proof.md"
says "the verdict in words" '^Equal: 2 tables'
SAID=$DIR/proof.md
says "the report has the command that repeats it" "whimbrel verify $DIR/plan.md --report"
silent "the report's command names no database" "whimbrel verify sqlite:"

# Options beside it count as usual, and after the plan's.
pair plan
load <<'SQL'
SET sql_mode = '';
CREATE TABLE d (id int PRIMARY KEY, v date);
INSERT INTO d VALUES (1, '0000-00-00'), (2, '2026-01-02');
SQL
copy --policy zero-date=null
rc "MariaDB to PostgreSQL: the copy succeeds" 0
plan <<FRONT
source: $SRC
target: $DST
policy:
  zero-date: null
replicas: [postgresql://postgres@/postgres?host=$DIR/nowhere&port=1]
FRONT
verify_plan --levels counts,digests
rc "values as the plan's policy has altered them: exit 0" 0
verify_plan --levels counts,digests --policy zero-date=replace --restart
rc "a policy of the command line goes before the plan's" '1|6'
verify_plan --levels counts,digests --max-lag 5s
rc "the plan's replicas are asked for their lag: exit 4" 4
says "the plan's replicas: one that cannot be reached is named" 'replica postgresql:.*nowhere'

# What is wrong with a plan is said with its place.
plan <<FRONT
source: $SRC
FRONT
verify_plan
rc "a plan without a target: exit 3" 3
says "a plan without a target: said" 'plan.md:1:1: .*target'
plan <<FRONT
source: $SRC
target: \${NOT_SET_ANYWHERE}
FRONT
verify_plan
rc "a variable that is not set: exit 3" 3
says "a variable that is not set: the line" 'plan.md:4: the target names a variable'
plan <<FRONT
source: $SRC
target: $SRC
FRONT
verify_plan
rc "one database: exit 3" 3
says "one database: said" 'the same database'
verify_plan "$DST"
rc "a plan and a database: exit 2" 2
RC=0
"$WHIMBREL" verify "$DIR/nowhere.md" >"$OUT" 2>"$ERR" || RC=$?
rc "no such plan: exit 4" 4
"$WHIMBREL" verify --help >"$OUT"
SAID=$OUT
says "--help names plans" 'whimbrel verify PLAN'
wb_finish
