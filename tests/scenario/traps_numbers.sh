#!/bin/bash
# Integers at their ends, unsigned ones above the signed range, decimals of 65 digits, and floats
# that the text protocol would round.
. "$(dirname "$0")/copy.bash"

pair numbers
load <<'SQL'
CREATE TABLE t_int (id int PRIMARY KEY, t tinyint, s smallint, m mediumint, i int, b bigint,
    tu tinyint unsigned, su smallint unsigned, mu mediumint unsigned, iu int unsigned, bu bigint unsigned,
    z int(10) unsigned zerofill);
INSERT INTO t_int VALUES
    (1,-128,-32768,-8388608,-2147483648,-9223372036854775808,0,0,0,0,0,0),
    (2,127,32767,8388607,2147483647,9223372036854775807,255,65535,16777215,4294967295,18446744073709551615,42),
    (3,0,0,0,0,0,128,32768,8388608,2147483648,9223372036854775808,4294967295),
    (4,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL),
    (5,-1,-1,-1,-1,-1,1,1,1,1,9223372036854775807,1);
CREATE TABLE t_bigkey (id bigint unsigned PRIMARY KEY, v varchar(10));
INSERT INTO t_bigkey VALUES (0,'zero'),(9223372036854775807,'max'),(9223372036854775808,'over'),
    (18446744073709551615,'top');
CREATE TABLE t_dec (id int PRIMARY KEY, a decimal(65,30), b decimal(65,0), c decimal(5,2), d decimal(10,4) unsigned,
    e decimal(1,0), f decimal(30,30));
INSERT INTO t_dec VALUES
    (1,'99999999999999999999999999999999999.999999999999999999999999999999',
     '99999999999999999999999999999999999999999999999999999999999999999','999.99','999999.9999',9,
     '0.999999999999999999999999999999'),
    (2,'-99999999999999999999999999999999999.999999999999999999999999999999',
     '-99999999999999999999999999999999999999999999999999999999999999999','-999.99',0,-9,
     '-0.000000000000000000000000000001'),
    (3,'0.000000000000000000000000000001',1,'0.10','0.0001',0,0),
    (4,NULL,NULL,NULL,NULL,NULL,NULL),
    (5,'100000','1000000000000000000000','-0.01','10.5000',1,'0.1'),
    (6,'0.000100001','10000','100.00','10000',1,'0.00001');
CREATE TABLE t_float (id int PRIMARY KEY, f float, d double);
INSERT INTO t_float VALUES (1,16777216,9007199254740993),(2,0.1,0.1),(3,3.402823466e38,1.7976931348623157e308),
    (4,-3.402823466e38,-1.7976931348623157e308),(5,1.17549435e-38,2.2250738585072014e-308),(6,1e-45,5e-324),
    (7,16777215,0.30000000000000004),(8,NULL,NULL),(9,0,0),(10,-0.0,1e-7),(11,123456789,123456789.123456789),
    (12,1e10,1e23),(13,3.14159274,2.718281828459045),(14,8388609,1e22),(15,0.3,-5e-324);
CREATE TABLE t_floatp (id int PRIMARY KEY, f float(7,3), d double(12,2), u double unsigned);
INSERT INTO t_floatp VALUES (1,1234.567,1234567890.12,1.5),(2,-0.001,-0.01,0);
SQL

copy --json
rc "copy exits 0" 0
structure "verify finds the copied schema equal"

while read -r col want; do
    type_is "integer type of $col" t_int "$col" "$want"
done <<'EOF'
t smallint
s smallint
m integer
i integer
b bigint
tu smallint
su integer
mu integer
iu bigint
bu numeric(20,0)
z bigint
EOF
for c in t s m i b tu su mu iu bu; do
    same "integer values of $c" "SELECT id, ifnull($c,'-') FROM t_int ORDER BY id" \
        "SELECT id, coalesce($c::text,'-') FROM t_int ORDER BY id"
done
same "zerofill keeps the number" "SELECT id, ifnull(z+0,'-') FROM t_int ORDER BY id" \
    "SELECT id, coalesce(z::text,'-') FROM t_int ORDER BY id"
same "unsigned bigint keys above 2^63-1" "SELECT id, v FROM t_bigkey ORDER BY id" "SELECT id, v FROM t_bigkey ORDER BY id"

type_is "decimal(65,30)" t_dec a 'numeric(65,30)'
type_is "decimal(65,0)" t_dec b 'numeric(65,0)'
type_is "decimal(5,2)" t_dec c 'numeric(5,2)'
type_is "decimal(30,30)" t_dec f 'numeric(30,30)'
for c in a b c d e f; do
    same "decimal values of $c" "SELECT id, ifnull($c,'-') FROM t_dec ORDER BY id" \
        "SELECT id, coalesce($c::text,'-') FROM t_dec ORDER BY id"
done

type_is "float is real" t_float f real
type_is "double is double precision" t_float d 'double precision'
type_is "float(7,3) is real" t_floatp f real
type_is "double(12,2) is double precision" t_floatp d 'double precision'

# MariaDB prints a double with the digits that give it back, so a float is widened before it is
# printed; PostgreSQL reads the text and both sides are compared by their bits.
bits() {
    local list
    list=$(mq "SELECT CONCAT('(', id, ',''', $2*1e0, ''',''', $3*1e0, ''')') FROM $1
        WHERE $2 IS NOT NULL ORDER BY id" | paste -sd,)
    is "$4" "SELECT count(*) FROM (VALUES $list) s(id,f,d) JOIN $1 t USING (id)
        WHERE float4send(s.f::float8::real) <> float4send(t.$2) OR float8send(s.d::float8) <> float8send(t.$3)" 0
    is "$4: every row is there" "SELECT count(*) FROM (VALUES $list) s(id,f,d) JOIN $1 t USING (id)
        WHERE t.$2 IS NOT NULL" "$(mq "SELECT count(*) FROM $1 WHERE $2 IS NOT NULL")"
}
bits t_float f d "float and double bits"
bits t_floatp f d "float(7,3) and double(12,2) bits"
is "16777216 as float is not rounded to six digits" "SELECT f::float8 FROM t_float WHERE id = 1" 16777216
is "the smallest double" "SELECT encode(float8send(d),'hex') FROM t_float WHERE id = 6" 0000000000000001
is "NULL floats" "SELECT count(*) FROM t_float WHERE f IS NULL AND d IS NULL" 1

# A cast to a narrower type: the range policy decides, and by default refuses before any row moves.
pair range
load <<'SQL'
CREATE TABLE t_big (id int PRIMARY KEY, v bigint unsigned);
INSERT INTO t_big VALUES (1,1),(2,9223372036854775807),(3,9223372036854775808),(4,18446744073709551615);
SQL
copy --cast 'column:t_big.v=bigint'
rc "range refused by default" 1
says "range refusal names table, column and kind" t_big '\bv\b' range
says "range refusal counts" '\b2\b'
says "range refusal offers a policy" '--policy'
no_rows_in_target "range refused before any row"
fresh_target
copy --cast 'column:t_big.v=bigint' --policy range=clamp
rc "range=clamp exits 0" 0
is "range=clamp gives the nearest value" "SELECT string_agg(v::text,' ' ORDER BY id) FROM t_big" \
    "1 9223372036854775807 9223372036854775807 9223372036854775807"
says "range=clamp is counted" range '\b2\b'
fresh_target
copy --cast 'column:t_big.v=bigint' --policy range=null
rc "range=null exits 0" 0
is "range=null gives NULL" "SELECT string_agg(coalesce(v::text,'-'),' ' ORDER BY id) FROM t_big" \
    "1 9223372036854775807 - -"

wb_finish
