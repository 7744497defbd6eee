#!/bin/bash
# Steps on MariaDB, which commits each definition by itself: one that fails half-way is looked at by its verify
# block, held, and never run again by itself.
. "$(dirname "$0")/run.bash"

plan halfway
SHOP=$(my_db run_halfway)
export SHOP
my run_halfway -e "CREATE TABLE tries (n int)"

wb_case "half of a step: held, tried once"
run
assert_eq 1 "$RC"
said 'step.1 has failed'
assert_eq 1 "$(my run_halfway -e 'SELECT count(*) FROM tries')"
assert_eq held "$(state)"

wb_case "resumed by a person it is done"
my run_halfway -e "CREATE TABLE second_one (id int PRIMARY KEY)"
ask resume
assert_eq 0 "$RC"
run
assert_eq 0 "$RC"
assert_eq 2 "$(my run_halfway -e 'SELECT count(*) FROM tries')"

wb_case "and undone"
ask rollback --to 0 --execute
assert_eq 0 "$RC"
assert_eq "second_one tries" "$(my run_halfway -e 'SHOW TABLES' | xargs)"
wb_finish
