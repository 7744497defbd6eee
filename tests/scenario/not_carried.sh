#!/bin/bash
# What whimbrel does not carry from MySQL to PostgreSQL is named, each thing by its name, in the
# summary for people and in the JSON; the tables beside it arrive all the same.
. "$(dirname "$0")/copy.bash"

pair things
load <<'SQL'
CREATE TABLE base (id int PRIMARY KEY AUTO_INCREMENT, v int, FULLTEXT KEY ft_body (note), note text);
CREATE TABLE log (id int PRIMARY KEY AUTO_INCREMENT, what varchar(50));
INSERT INTO base (v, note) VALUES (1,'n'),(2,'m');
CREATE VIEW `the view` AS SELECT v FROM base;
CREATE VIEW v_broken AS SELECT id FROM base;
CREATE SEQUENCE seq_orders START WITH 500 INCREMENT BY 5;
SELECT NEXTVAL(seq_orders) INTO @x;
DELIMITER //
CREATE TRIGGER trg_base_ai AFTER INSERT ON base FOR EACH ROW INSERT INTO log (what) VALUES ('insert');//
CREATE TRIGGER `trg "q"` BEFORE UPDATE ON base FOR EACH ROW SET NEW.v = NEW.v + 1;//
CREATE PROCEDURE proc_clean() BEGIN DELETE FROM log; END//
CREATE FUNCTION func_add(a int) RETURNS int DETERMINISTIC RETURN a + 1;//
CREATE EVENT ev_nightly ON SCHEDULE EVERY 1 DAY DO DELETE FROM log//
DELIMITER ;
SQL

things='the view|v_broken|trg_base_ai|trg "q"|proc_clean|func_add|ev_nightly|ft_body'
named() { # CASE-PREFIX
    local IFS='|'
    for name in $things; do
        if [ "$1" = json ]; then
            if jq -e --arg n "$name" 'select(.event == "summary") | .findings
                | any(.kind == "not_carried" and (.object | contains($n)))' "$OUT" >/dev/null 2>&1; then
                case_ok "json names $name"
            else
                case_fail "json names $name" "no event with not_carried has it"
            fi
        else
            says "summary names $name as not carried" not_carried "$name"
        fi
    done
}

copy
rc "copy exits 0" 0
named summary
rows "tables beside them arrive" base
is "no trigger ran in the target" "SELECT count(*) FROM log" 0
if [ "$(pq "SELECT count(*) FROM pg_class WHERE relkind = 'S' AND relname = 'seq_orders'")" = 1 ]; then
    is "a sequence goes on" "SELECT nextval('seq_orders')" 505
else
    says "summary names seq_orders" 'seq_orders'
fi

fresh_target
copy --json
rc "copy --json exits 0" 0
named json

# With views that use a table of another database, or no longer work, the copy still says so.
pair broken
load <<'SQL'
CREATE TABLE gone (id int PRIMARY KEY);
CREATE TABLE stays (id int PRIMARY KEY);
INSERT INTO stays VALUES (1);
CREATE VIEW v_dead AS SELECT id FROM gone;
DROP TABLE gone;
SQL
copy
rc "a view that no longer works: copy exits 0" 0
says "a view that no longer works is named" v_dead
is "the table beside it arrives" "SELECT id FROM stays" 1

wb_finish
