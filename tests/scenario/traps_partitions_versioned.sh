#!/bin/bash
# Partitioned tables of every kind, and tables that keep their own history.
. "$(dirname "$0")/copy.bash"

pair parts
load <<'SQL'
CREATE TABLE p_range (id int NOT NULL, v varchar(10), PRIMARY KEY (id)) PARTITION BY RANGE (id)
    (PARTITION p0 VALUES LESS THAN (10), PARTITION p1 VALUES LESS THAN (20), PARTITION pmax VALUES LESS THAN MAXVALUE);
INSERT INTO p_range SELECT seq, CONCAT('v', seq) FROM seq_1_to_50;
INSERT INTO p_range VALUES (-5,'neg');
CREATE TABLE p_rcol (d date NOT NULL, n int NOT NULL, PRIMARY KEY (d, n)) PARTITION BY RANGE COLUMNS (d)
    (PARTITION old VALUES LESS THAN ('2024-01-01'), PARTITION y24 VALUES LESS THAN ('2025-01-01'), PARTITION `new er` VALUES LESS THAN (MAXVALUE));
INSERT INTO p_rcol VALUES ('2020-05-05',1),('2023-12-31',2),('2024-01-01',3),('2024-12-31',4),('2025-01-01',5),('9999-12-31',6);
CREATE TABLE p_year (d date NOT NULL, n int NOT NULL, PRIMARY KEY (d, n)) PARTITION BY RANGE (YEAR(d))
    (PARTITION y23 VALUES LESS THAN (2024), PARTITION y24 VALUES LESS THAN (2025), PARTITION rest VALUES LESS THAN MAXVALUE);
INSERT INTO p_year VALUES ('2023-06-01',1),('2024-06-01',2),('2025-06-01',3);
CREATE TABLE p_list (id int NOT NULL, region int, UNIQUE KEY (id, region)) PARTITION BY LIST (region)
    (PARTITION west VALUES IN (1,3,5), PARTITION east VALUES IN (2,4), PARTITION none VALUES IN (NULL));
INSERT INTO p_list VALUES (1,1),(2,2),(3,3),(4,NULL),(5,5);
CREATE TABLE p_lcol (id int NOT NULL, c varchar(10) COLLATE utf8mb4_bin NOT NULL, PRIMARY KEY (id, c)) PARTITION BY LIST COLUMNS (c)
    (PARTITION a VALUES IN ('x','it''s'), PARTITION b VALUES IN ('y'), PARTITION d DEFAULT);
INSERT INTO p_lcol VALUES (1,'x'),(2,'it''s'),(3,'y'),(4,'other');
CREATE TABLE p_hash (id int NOT NULL PRIMARY KEY, v int) PARTITION BY HASH (id) PARTITIONS 4;
INSERT INTO p_hash SELECT seq, seq FROM seq_1_to_100;
INSERT INTO p_hash VALUES (-1,-1);
CREATE TABLE p_key (id varchar(20) NOT NULL PRIMARY KEY, v int) PARTITION BY KEY (id) PARTITIONS 3;
INSERT INTO p_key SELECT CONCAT('k', seq), seq FROM seq_1_to_100;
CREATE TABLE p_sub (id int NOT NULL, d date NOT NULL, PRIMARY KEY (id, d)) PARTITION BY RANGE (YEAR(d)) SUBPARTITION BY HASH (id) SUBPARTITIONS 2
    (PARTITION s0 VALUES LESS THAN (2000), PARTITION s1 VALUES LESS THAN MAXVALUE);
INSERT INTO p_sub VALUES (1,'1999-01-01'),(2,'2001-01-01'),(3,'2002-01-01');
CREATE TABLE p_auto (id int NOT NULL AUTO_INCREMENT, r int NOT NULL, PRIMARY KEY (id, r)) PARTITION BY RANGE (r)
    (PARTITION p0 VALUES LESS THAN (100), PARTITION p1 VALUES LESS THAN (200));
INSERT INTO p_auto (r) VALUES (1),(150),(99),(100);
CREATE TABLE p_null (id int, r int) PARTITION BY RANGE (r) (PARTITION p0 VALUES LESS THAN (0), PARTITION p1 VALUES LESS THAN MAXVALUE);
INSERT INTO p_null VALUES (1,NULL),(2,-1),(3,5);
SQL
copy --json
rc "copy exits 0" 0
structure "verify finds the copied schema equal"

for t in p_range p_rcol p_year p_list p_lcol p_hash p_key p_sub p_auto p_null; do
    rows "rows of $t" $t
done
same "values of a range-partitioned table" "SELECT id, v FROM p_range ORDER BY id" "SELECT id, v FROM p_range ORDER BY id"
same "dates of a range-columns table" "SELECT d, n FROM p_rcol ORDER BY n" "SELECT d, n FROM p_rcol ORDER BY n"
same "values of a list table, NULL among them" "SELECT id, ifnull(region,'-') FROM p_list ORDER BY id" \
    "SELECT id, coalesce(region::text,'-') FROM p_list ORDER BY id"
same "values of a list-columns table" "SELECT id, c FROM p_lcol ORDER BY id" "SELECT id, c FROM p_lcol ORDER BY id"
same "values of a hash table" "SELECT id, v FROM p_hash ORDER BY id" "SELECT id, v FROM p_hash ORDER BY id"
same "values of a key table" "SELECT id, v FROM p_key ORDER BY v" "SELECT id, v FROM p_key ORDER BY v"
same "NULL in a range key is in the lowest partition" "SELECT id, ifnull(r,'-') FROM p_null ORDER BY id" \
    "SELECT id, coalesce(r::text,'-') FROM p_null ORDER BY id"
is "next value of a partitioned table" "INSERT INTO p_auto (r) VALUES (5) RETURNING id" 5

kind() { is "$1" "SELECT partstrat FROM pg_partitioned_table WHERE partrelid = '$2'::regclass" "$3"; }
kind "range partitions stay range partitions" p_range r
kind "range columns partitions stay" p_rcol r
kind "hash partitions stay" p_hash h
kind "list partitions stay, NULL's among them" p_list l
count() { is "$1" "SELECT count(*) FROM pg_inherits WHERE inhparent = '$2'::regclass" "$3"; }
count "as many range partitions" p_range 3
count "as many range columns partitions" p_rcol 3
count "as many hash partitions" p_hash 4
count "as many list partitions" p_list 3
is "the partition for NULL holds its row" "SELECT id FROM p_list_none" 4
is "range bounds hold" "SELECT count(DISTINCT tableoid) FROM p_range WHERE id IN (9,10,19,20)" 3
for t in p_lcol p_list p_null p_year p_sub; do
    if [ "$(pq "SELECT relkind FROM pg_class WHERE oid = '$t'::regclass")" = p ]; then
        case_ok "partitions of $t carried"
    else
        says "partitions of $t named as not carried" $t partition
    fi
done

pair versioned
load <<'SQL'
SET @@timestamp = UNIX_TIMESTAMP('2024-01-01 00:00:00');
CREATE TABLE v_implicit (id int PRIMARY KEY, v varchar(10)) WITH SYSTEM VERSIONING;
INSERT INTO v_implicit VALUES (1,'first'),(2,'stays'),(3,'goes');
CREATE TABLE v_explicit (id int PRIMARY KEY, v int, s timestamp(6) GENERATED ALWAYS AS ROW START, e timestamp(6) GENERATED ALWAYS AS ROW END,
    PERIOD FOR SYSTEM_TIME (s, e)) WITH SYSTEM VERSIONING;
INSERT INTO v_explicit (id, v) VALUES (1,1),(2,2);
CREATE TABLE v_part (id int PRIMARY KEY, v int) WITH SYSTEM VERSIONING PARTITION BY SYSTEM_TIME (PARTITION hist HISTORY, PARTITION cur CURRENT);
INSERT INTO v_part VALUES (1,1);
SET @@timestamp = UNIX_TIMESTAMP('2024-02-01 00:00:00');
UPDATE v_implicit SET v = 'second' WHERE id = 1;
DELETE FROM v_implicit WHERE id = 3;
UPDATE v_explicit SET v = 10 WHERE id = 1;
UPDATE v_part SET v = 2;
CREATE TABLE v_app (id int, s date, e date, PERIOD FOR valid (s, e), PRIMARY KEY (id, s, e));
INSERT INTO v_app VALUES (1,'2020-01-01','2021-01-01'),(1,'2021-01-01','2022-01-01');
SQL
copy --json
rc "system-versioned tables: copy exits 0" 0
structure "system-versioned tables: copy: verify finds the copied schema equal"
same "current rows of an implicit one" "SELECT id, v FROM v_implicit ORDER BY id" "SELECT id, v FROM v_implicit ORDER BY id"
same "current rows of an explicit one" "SELECT id, v FROM v_explicit ORDER BY id" "SELECT id, v FROM v_explicit ORDER BY id"
same "current rows of a partitioned one" "SELECT id, v FROM v_part ORDER BY id" "SELECT id, v FROM v_part ORDER BY id"
once "history of an implicit one reported, once" not_carried v_implicit
once "history of an explicit one reported, once" not_carried v_explicit
once "history of a partitioned one reported, once" not_carried v_part 'system-versioned'
same "application-time periods" "SELECT id, s, e FROM v_app ORDER BY s" "SELECT id, s, e FROM v_app ORDER BY s"

wb_finish
