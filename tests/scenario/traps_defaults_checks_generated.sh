#!/bin/bash
# Defaults, checks, generated, invisible and commented columns.
. "$(dirname "$0")/copy.bash"

pair cols
load <<'SQL'
CREATE TABLE t_def (id int PRIMARY KEY,
    q varchar(30) DEFAULT 'it''s "q"', bs varchar(30) DEFAULT 'a\\b', nl varchar(30) DEFAULT 'l1\nl2', pc varchar(30) DEFAULT '%s $1 {}',
    e varchar(30) DEFAULT '', nu varchar(30) DEFAULT NULL, nus varchar(30) DEFAULT 'NULL', cts varchar(30) DEFAULT 'current_timestamp()',
    i int DEFAULT -5, u bigint unsigned DEFAULT 18446744073709551615, de decimal(10,4) DEFAULT 1.5000, f double DEFAULT 1e-300, b bit(3) DEFAULT b'101',
    bo tinyint(1) DEFAULT 1, ye year DEFAULT 2024, d date DEFAULT '2020-01-31', dt datetime(3) DEFAULT '2020-01-31 01:02:03.456',
    ti time DEFAULT '01:02:03', em enum('x','y z') DEFAULT 'y z', se set('a','b') DEFAULT 'a,b', js json DEFAULT '{"a":1}',
    vb varbinary(10) DEFAULT x'00ff27', em2 varchar(10) DEFAULT '😀', nod int NOT NULL);
INSERT INTO t_def (id, nod) VALUES (1, 0);
CREATE TABLE t_expr (id int PRIMARY KEY, a int DEFAULT (1 + 1), c varchar(40) DEFAULT (CONCAT('a', 'b')),
    now0 datetime DEFAULT CURRENT_TIMESTAMP, now6 datetime(6) DEFAULT CURRENT_TIMESTAMP(6), ts timestamp(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6),
    uu uuid DEFAULT UUID(), day date DEFAULT CURDATE());
INSERT INTO t_expr (id) VALUES (1);
CREATE TABLE t_onup (id int PRIMARY KEY, changed timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP,
    changed6 datetime(6) ON UPDATE CURRENT_TIMESTAMP(6));
INSERT INTO t_onup (id) VALUES (1);
CREATE TABLE t_check (id int PRIMARY KEY, a int CHECK (a > 0), b int, s varchar(20),
    CONSTRAINT `b above a` CHECK (b > a), CONSTRAINT s_in CHECK (s IN ('x','it''s')), CONSTRAINT s_len CHECK (CHAR_LENGTH(s) < 10),
    CONSTRAINT s_odd CHECK (s NOT REGEXP '^[0-9]+$'));
INSERT INTO t_check VALUES (1,1,2,'x'),(2,NULL,NULL,NULL);
CREATE TABLE t_gen (id int PRIMARY KEY, a int, b int, s varchar(20), sum_s int AS (a + b) STORED, sum_v int AS (a * b) VIRTUAL,
    up varchar(50) AS (CONCAT(s, '-', a)) STORED, y int AS (a DIV 2) VIRTUAL);
INSERT INTO t_gen (id,a,b,s) VALUES (1,3,4,'x'),(2,NULL,4,'it''s'),(3,-7,0,NULL);
CREATE TABLE t_inv (id int PRIMARY KEY, hid int INVISIBLE DEFAULT 5, v int);
INSERT INTO t_inv (id, hid, v) VALUES (1, 42, 43);
INSERT INTO t_inv VALUES (2, 44);
CREATE TABLE t_com (id int PRIMARY KEY COMMENT 'it''s the "key"', v int COMMENT 'line 1\nline 2\\ $$ 😀', w int) COMMENT='table''s\n"comment" $$ ;--';
INSERT INTO t_com VALUES (1,2,3);
CREATE TABLE t_null (id int PRIMARY KEY, a int NOT NULL, b int NULL);
INSERT INTO t_null VALUES (1,1,NULL);
SQL

copy --json
rc "copy exits 0" 0
structure "verify finds the copied schema equal"

accepts "a row of defaults goes in" "INSERT INTO t_def (id, nod) VALUES (2, 0)"
for c in q bs nl pc e nu nus cts i u bo ye d js em; do
    same "default of $c" "SELECT CONCAT('=', ifnull(HEX(CAST($c AS CHAR CHARACTER SET utf8mb4)),'-')) FROM t_def WHERE id = 1" \
        "SELECT '=' || coalesce(upper(encode(convert_to($( [ $c = bo ] && echo "$c::int" || echo $c)::text,'UTF8'),'hex')),'-') FROM t_def WHERE id = 2"
done
is "default of a decimal" "SELECT de FROM t_def WHERE id = 2" 1.5000
is "default of a double" "SELECT f = '1e-300' FROM t_def WHERE id = 2" t
is "default of bits" "SELECT b FROM t_def WHERE id = 2" 101
is "default of a datetime(3)" "SELECT dt FROM t_def WHERE id = 2" '2020-01-31 01:02:03.456'
is "default of a time" "SELECT ti FROM t_def WHERE id = 2" 01:02:03
is "default of a set" "SELECT se FROM t_def WHERE id = 2" '{a,b}'
# MariaDB's catalog shows these two with question marks: told, if not carried.
for c in em2 vb; do
    want=$(mq "SELECT HEX(DEFAULT($c)) FROM t_def LIMIT 1")
    if [ "$(pq "SELECT upper(encode($([ $c = vb ] && echo vb || echo "convert_to(em2,'UTF8')"),'hex')) FROM t_def WHERE id = 2")" = "$want" ]; then
        case_ok "default that the catalog garbles: $c"
    else
        says "default that the catalog garbles: $c named as not carried" not_carried t_def $c
    fi
done
refuses "no default where there is none" "INSERT INTO t_def (id) VALUES (3)" 'null'
refuses "NOT NULL carried" "INSERT INTO t_null (id) VALUES (3)" 'null'

# An expression is carried or named; it is never replaced by a constant or left out silently.
expr() { # CASE TABLE COLUMN SQL-CONDITION-ON-THE-NEW-ROW
    local got
    got=$(pq "SELECT $4 FROM $2 WHERE id = 2")
    if [ "$got" = t ]; then
        case_ok "$1"
    elif [ "$(pq "SELECT $3 IS NULL FROM $2 WHERE id = 2")" = t ]; then
        says "$1 (named as not carried)" not_carried "$3"
    else
        case_fail "$1" "$(short "$got")"
    fi
}
same "values made by expression defaults" "SELECT a, c, DATE_FORMAT(now6,'%Y-%m-%d %H:%i:%s.%f'), uu FROM t_expr WHERE id = 1" \
    "SELECT a, c, to_char(now6,'YYYY-MM-DD HH24:MI:SS.US'), uu FROM t_expr WHERE id = 1"
accepts "a row of expression defaults goes in" "INSERT INTO t_expr (id) VALUES (2)"
is "default current_timestamp" "SELECT abs(extract(epoch FROM localtimestamp - now0)) < 60 FROM t_expr WHERE id = 2" t
is "default current_timestamp(6)" "SELECT abs(extract(epoch FROM localtimestamp - now6)) < 60 FROM t_expr WHERE id = 2" t
is "default current_timestamp(6) of a timestamp" "SELECT abs(extract(epoch FROM now() - ts)) < 60 FROM t_expr WHERE id = 2" t
expr "default 1 + 1" t_expr a 'a = 2'
expr "default concat" t_expr c "c = 'ab'"
expr "default uuid()" t_expr uu 'uu IS NOT NULL'
expr "default curdate()" t_expr day 'day BETWEEN current_date - 1 AND current_date' # midnight may have passed
once "ON UPDATE CURRENT_TIMESTAMP reported, once" not_carried 't_onup\.changed\b'
once "ON UPDATE CURRENT_TIMESTAMP(6) reported, once" not_carried 't_onup\.changed6\b'

check() { # CASE NAME SQL: the target refuses SQL, or NAME is in a note
    if pq "$3" >/dev/null; then
        pq "DELETE FROM t_check WHERE id = 9" >/dev/null
        says "$1 (named as not carried)" not_carried "$2"
    else
        refuses "$1" "$3" 'check'
    fi
}
refuses "check on a column" "INSERT INTO t_check VALUES (9,-1,NULL,NULL)" 'check'
refuses "named check" "INSERT INTO t_check VALUES (9,5,4,NULL)" 'b above a'
refuses "check with a quoted string" "INSERT INTO t_check VALUES (9,1,2,'zz')" 's_in'
check "check with char_length" s_len "INSERT INTO t_check VALUES (9,1,2,'0123456789ab')"
check "check with a regular expression" s_odd "INSERT INTO t_check VALUES (9,1,2,'123')"
accepts "checks pass what they should" "INSERT INTO t_check VALUES (8,1,2,'it''s')"

for c in sum_s sum_v up y; do
    same "generated values of $c" "SELECT id, ifnull(HEX($c),'-') FROM t_gen ORDER BY id" \
        "SELECT id, coalesce(upper($( [ $c = up ] && echo "encode(convert_to($c,'UTF8'),'hex')" || echo "to_hex($c::bigint)")),'-') FROM t_gen ORDER BY id"
done
for c in sum_s sum_v up y; do
    if [ "$(pq "SELECT attgenerated FROM pg_attribute WHERE attrelid = 't_gen'::regclass AND attname = '$c'")" = s ]; then
        case_ok "generated expression of $c carried"
    else
        says "generated expression of $c named as not carried" not_carried t_gen "\\b$c\\b"
    fi
done
is "a stored sum is generated in the target" "INSERT INTO t_gen (id,a,b) VALUES (9,20,22) RETURNING sum_s" 42
is "a virtual product is generated in the target" "INSERT INTO t_gen (id,a,b) VALUES (10,6,7) RETURNING sum_v" 42

same "invisible column carried" "SELECT id, hid, v FROM t_inv ORDER BY id" "SELECT id, hid, v FROM t_inv ORDER BY id"
once "invisible column noted, once" 't_inv\.hid\b'
same "table comment" "SELECT HEX(table_comment) FROM information_schema.tables WHERE table_schema = DATABASE() AND table_name = 't_com'" \
    "SELECT upper(encode(convert_to(obj_description('t_com'::regclass),'UTF8'),'hex'))"
same "column comments" "SELECT HEX(column_comment) FROM information_schema.columns WHERE table_schema = DATABASE()
    AND table_name = 't_com' AND column_comment <> '' ORDER BY ordinal_position" \
    "SELECT upper(encode(convert_to(col_description('t_com'::regclass, n),'UTF8'),'hex')) FROM generate_series(1,2) n"

# Functions that PostgreSQL does not have: the values go over, the rule is named.
pair odd
load <<'SQL'
CREATE TABLE t_odd (id int PRIMARY KEY, j json, jx varchar(20) AS (JSON_VALUE(j, '$.k')) STORED, so varchar(20) AS (SOUNDEX(jx)) VIRTUAL,
    d varchar(50) DEFAULT (SOUNDEX('word')), CONSTRAINT odd CHECK (JSON_EXISTS(j, '$.k') OR j IS NULL));
INSERT INTO t_odd (id, j) VALUES (1,'{"k":"v"}'),(2,NULL),(3,'{"k":"😀"}');
CREATE TABLE t_beside (id int PRIMARY KEY);
INSERT INTO t_beside VALUES (1);
SQL
copy --json
rc "functions that PostgreSQL does not have: exit 0" 0
structure "functions that PostgreSQL does not have: exit 0: verify finds the copied schema equal"
same "their values" "SELECT id, ifnull(jx,'-'), ifnull(so,'-'), d FROM t_odd ORDER BY id" \
    "SELECT id, coalesce(jx,'-'), coalesce(so,'-'), d FROM t_odd ORDER BY id"
for c in jx so d odd; do
    says "$c is named as not carried" not_carried t_odd "\\b$c\\b"
done
is "the table beside it" "SELECT id FROM t_beside" 1

wb_finish
