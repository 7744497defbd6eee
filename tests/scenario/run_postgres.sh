#!/bin/bash
# Steps on PostgreSQL: a lock that is not given ends the step in time and leaves nothing; CREATE INDEX
# CONCURRENTLY outside of a transaction; checks cannot write; undone in reverse.
. "$(dirname "$0")/run.bash"

plan upgrade
SHOP=$(pg_db run_upgrade)
export SHOP PGDATABASE=run_upgrade
pg -c "CREATE TABLE orders (id int PRIMARY KEY); INSERT INTO orders VALUES (1), (2);
    CREATE TABLE touched (n int);
    CREATE FUNCTION sneaky() RETURNS int LANGUAGE sql AS 'INSERT INTO touched VALUES (1) RETURNING n'" >/dev/null

wb_case "a lock that is not given fails the step, which leaves nothing"
coproc HOLD { PGHOST=$WB_PG_HOST PGPORT=$WB_PG_PORT psql -XAtq -U postgres run_upgrade; }
echo "BEGIN; LOCK TABLE orders; SELECT 'held';" >&"${HOLD[1]}"
read -r held <&"${HOLD[0]}"
assert_eq held "$held"
run
assert_eq 1 "$RC"
said 'HELD: step.1 has failed'
said 'lock'
echo "ROLLBACK; SELECT 'gone';" >&"${HOLD[1]}"
read -r held <&"${HOLD[0]}"
echo '\q' >&"${HOLD[1]}"
assert_eq 0 "$(pg -c "SELECT count(*) FROM information_schema.columns WHERE column_name = 'note'")"

wb_case "tried again, both steps are done; a check that writes is refused by the server"
ask resume
run
assert_eq 1 "$RC"
assert_eq "2 t" "$(pg -F ' ' -c "SELECT (SELECT count(*) FROM orders WHERE note = 'none'), indisvalid FROM pg_index WHERE indexrelid = 'orders_note'::regclass")"
said 'read-only transaction'
assert_eq 0 "$(pg -c 'SELECT count(*) FROM touched')"

wb_case "undone in reverse order"
ask rollback --to 0 --execute
assert_eq 0 "$RC"
assert_eq 0 "$(pg -c "SELECT count(*) FROM pg_class WHERE relname = 'orders_note'")"
assert_eq 0 "$(pg -c "SELECT count(*) FROM information_schema.columns WHERE column_name = 'note'")"
wb_case "an index that failed half-way is not taken for done, though its verify block sees it"
plan invalid
pg -c "CREATE TABLE codes (code int); INSERT INTO codes VALUES (1), (1)" >/dev/null
run
assert_eq 1 "$RC"
said 'index codes_code is there, but invalid'
assert_eq "0 0" "$(sqlite3 "$PLAN.whimbrel.db" "SELECT count(*) FROM event WHERE kind = 'step_outcome' AND data LIKE '%\"done\"%'") $(events phase_done)"
pg -c "DROP INDEX codes_code" -c "DELETE FROM codes WHERE ctid = '(0,1)'" >/dev/null
ask resume
run
assert_eq 0 "$RC"
assert_eq t "$(pg -c "SELECT indisvalid FROM pg_index WHERE indexrelid = 'codes_code'::regclass")"
wb_finish
