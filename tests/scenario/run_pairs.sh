#!/bin/bash
# "Row count match" within one database: the mapping table tells which tables belong together, and both are counted.
# Where it does not, a person confirms, and check says why.
. "$(dirname "$0")/run.bash"

plan pairs
shop
sq "CREATE TABLE customers (id INTEGER PRIMARY KEY, full_name TEXT);
    CREATE TABLE addresses (person_id INTEGER, street TEXT); UPDATE people SET street = NULL WHERE id = 2"

wb_case "check says what is counted"
expect_exit 0 "$WHIMBREL" check "$PLAN" --offline
assert_match 'auto +check +Row count match.*customers has as many rows as people, addresses has as many rows as people' "$(tr -s '\n ' ' ' <"$WB_TMP/out")"

wb_case "tables that differ are told with their counts, and hold the run"
run
assert_eq 1 "$RC"
said 'people has 3 rows, customers 3; people has 3 rows, addresses 2'
assert_eq held "$(state)"

wb_case "equal ones pass"
sq "INSERT INTO addresses VALUES (2, NULL)"
ask resume
run
assert_eq 0 "$RC"

wb_case "several columns may become one"
plan pairs
sed -i 's/| `people.name` /| `people.name`, `people.street` /' "$PLAN"
expect_exit 0 "$WHIMBREL" check "$PLAN" --offline
assert_match 'auto +check +Row count match' "$(tr -s '\n ' ' ' <"$WB_TMP/out")"

wb_case "a mapping that does not carry a key as it is proves nothing: a person confirms, and check says why"
plan pairs
sed -i '/addresses.person_id/d' "$PLAN"
expect_exit 0 "$WHIMBREL" check "$PLAN" --offline
assert_match 'manual +check +Row count match.*the mapping carries no key of people to addresses as it is; a person confirms it' "$(tr -s '\n ' ' ' <"$WB_TMP/out")"
sed -i 's/`people.id` | `customers.id`/`people.id` | `customers.id` of new ones/' "$PLAN"
expect_exit 0 "$WHIMBREL" check "$PLAN" --offline
assert_match 'is not from one column to one' "$(tr -s '\n ' ' ' <"$WB_TMP/out")"
sed -i '/^|/d' "$PLAN"
shop 2>/dev/null
expect_exit 0 "$WHIMBREL" check "$PLAN" --offline
assert_match 'no mapping table' "$(tr -s '\n ' ' ' <"$WB_TMP/out")"

wb_case "of two databases, the tables that differ are told with both counts"
plan pairs
shop
export NEW=$DIR/new.db
cat >"$PLAN" <<'END'
---
whimbrel: 1
source: sqlite:${SHOP}
target: sqlite:${NEW}
---
# Two databases

## Phase 1: Copy

1. Copy the database into the target

## Phase 2: Compare

**Integrity check**: row count match
END
run --until 1
assert_eq 0 "$RC"
sqlite3 "$NEW" "DELETE FROM people WHERE id = 2"
run
assert_eq 1 "$RC"
said 'HELD: .*both sides differ: rows: 1 missing.* in main.people \(3 rows in the source, 2 in the target\)'

wb_case "what is equal by now, but was found to differ by more than is compared, is told as that, with the way out"
expect_exit 1 "$WHIMBREL" verify "$PLAN" --settle 1ms
sqlite3 "$NEW" "INSERT INTO people VALUES (2, 'b', 'y')"
ask resume
run
assert_eq 1 "$RC"
said 'HELD: .*what was compared is equal, but an earlier failure of main.people stands.*whimbrel verify .*then whimbrel resume'
expect_exit 0 "$WHIMBREL" verify "$PLAN"
ask resume
run
assert_eq 0 "$RC" "$(cat "$OUT")"
wb_finish
