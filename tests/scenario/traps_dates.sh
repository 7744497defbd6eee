#!/bin/bash
# Zones, fractions, the ends of the calendar, times that are intervals, and dates that are none.
. "$(dirname "$0")/copy.bash"

pair dates
zone=$(mq "SELECT @@global.time_zone")
trap 'my -e "SET GLOBAL time_zone = \"$zone\""' EXIT
load <<'SQL'
SET time_zone = '+00:00';
CREATE TABLE t_date (id int PRIMARY KEY, d date);
INSERT INTO t_date VALUES (1,'1000-01-01'),(2,'9999-12-31'),(3,'2024-02-29'),(4,'0001-01-01'),(5,NULL),
    (6,'1582-10-10'),(7,'1900-02-28');
CREATE TABLE t_dt (id int PRIMARY KEY, d0 datetime, d3 datetime(3), d6 datetime(6));
INSERT INTO t_dt VALUES (1,'1000-01-01 00:00:00','1000-01-01 00:00:00.001','1000-01-01 00:00:00.000001'),
    (2,'9999-12-31 23:59:59','9999-12-31 23:59:59.999','9999-12-31 23:59:59.999999'),
    (3,'2024-03-31 02:30:00','2024-10-27 02:30:00.5','1969-12-31 23:59:59.999999'),(4,NULL,NULL,NULL),
    (5,'0001-01-01 00:00:00','1970-01-01 00:00:00','2000-01-01 00:00:00');
CREATE TABLE t_ts (id int PRIMARY KEY, t0 timestamp NULL, t6 timestamp(6) NULL);
INSERT INTO t_ts VALUES (1,'1970-01-01 00:00:01','1970-01-01 00:00:01.000001'),
    (2,'2038-01-19 03:14:07','2038-01-19 03:14:07.999999'),(3,'2024-03-31 01:30:00','2024-10-27 00:30:00.123456'),
    (4,NULL,NULL),(5,'2024-10-27 01:30:00','2000-02-29 12:00:00');
CREATE TABLE t_time (id int PRIMARY KEY, t time, t6 time(6));
INSERT INTO t_time VALUES (1,'00:00:00','00:00:00'),(2,'23:59:59','23:59:59.999999'),(3,NULL,NULL),
    (4,'12:00:01','00:00:00.000001');
CREATE TABLE t_long (id int PRIMARY KEY, t time, t6 time(6), neg time(3));
INSERT INTO t_long VALUES (1,'838:59:59','838:59:59.000001','-00:00:00.001'),
    (2,'-838:59:59','-838:59:59.999999','-01:02:03.004'),
    (3,'24:00:01','-00:00:00.000001','23:59:59.999'),(4,NULL,NULL,NULL),(5,'00:00:01','25:00:00.5','-838:59:58.999');
CREATE TABLE t_dtkey (d datetime(6) PRIMARY KEY, v int);
INSERT INTO t_dtkey VALUES ('2024-01-01 00:00:00.000001',1),('2024-01-01 00:00:00.000002',2);
SQL
# Neither the server's zone nor the target's may shift a value.
my -e "SET GLOBAL time_zone = '+05:30'"
pg "$DST" -c "ALTER DATABASE \"$PG\" SET timezone = 'America/New_York'"

copy --json
rc "copy exits 0" 0
structure "verify finds the copied schema equal"

type_is "date" t_date d date
type_is "datetime" t_dt d0 'timestamp(0) without time zone'
type_is "datetime(3)" t_dt d3 'timestamp(3) without time zone'
type_is "datetime(6)" t_dt d6 'timestamp without time zone'
type_is "timestamp" t_ts t0 'timestamp(0) with time zone'
type_is "timestamp(6)" t_ts t6 'timestamp with time zone'
type_is "time within a day" t_time t 'time(0) without time zone'
type_is "time(6) within a day" t_time t6 'time without time zone'
for c in t t6 neg; do
    is "time beyond a day or negative: $c is an interval" "SELECT atttypid::regtype FROM pg_attribute
        WHERE attrelid = 't_long'::regclass AND attname = '$c'" interval
done
same "dates" "SELECT id, ifnull(d,'-') FROM t_date ORDER BY id" "SELECT id, coalesce(to_char(d,'YYYY-MM-DD'),'-') FROM t_date ORDER BY id"
for c in d0 d3 d6; do
    same "datetimes of $c" "SELECT id, ifnull(DATE_FORMAT($c,'%Y-%m-%d %H:%i:%s.%f'),'-') FROM t_dt ORDER BY id" \
        "SELECT id, coalesce(to_char($c,'YYYY-MM-DD HH24:MI:SS.US'),'-') FROM t_dt ORDER BY id"
done
for c in t0 t6; do
    same "timestamps of $c are the same instants" \
        "SET time_zone='+00:00'; SELECT id, ifnull(DATE_FORMAT($c,'%Y-%m-%d %H:%i:%s.%f'),'-') FROM t_ts ORDER BY id" \
        "SELECT id, coalesce(to_char($c AT TIME ZONE 'UTC','YYYY-MM-DD HH24:MI:SS.US'),'-') FROM t_ts ORDER BY id"
done
micro() { echo "ifnull(CAST(TIME_TO_SEC($1)*1000000 AS SIGNED),'-')"; }
pmicro() { echo "coalesce(round(extract(epoch FROM $1)*1000000)::bigint::text,'-')"; }
same "times within a day" "SELECT id, $(micro t), $(micro t6) FROM t_time ORDER BY id" \
    "SELECT id, $(pmicro t), $(pmicro t6) FROM t_time ORDER BY id"
same "times over 24 h and negative" "SELECT id, $(micro t), $(micro t6), $(micro neg) FROM t_long ORDER BY id" \
    "SELECT id, $(pmicro t), $(pmicro t6), $(pmicro neg) FROM t_long ORDER BY id"
same "keys that differ by a microsecond" "SELECT v, DATE_FORMAT(d,'%f') FROM t_dtkey ORDER BY v" \
    "SELECT v, to_char(d,'US') FROM t_dtkey ORDER BY v"

# Dates that are none.
pair zero
load <<'SQL'
SET sql_mode = 'ALLOW_INVALID_DATES', time_zone = '+00:00';
CREATE TABLE t_zero (id int PRIMARY KEY, d date, dt datetime(6), ts timestamp NULL, nn date NOT NULL DEFAULT '2000-01-01');
INSERT INTO t_zero (id,d,dt,ts) VALUES (1,'0000-00-00','0000-00-00 00:00:00',0),(2,'2024-00-10','2024-01-00 10:00:00','2024-01-01 00:00:00'),
    (3,'2024-02-00','0000-01-01 00:00:00',NULL),(4,'2024-05-05','2024-05-05 05:05:05.5','2024-05-05 05:05:05'),
    (5,'2023-02-31','2023-02-30 01:02:03',NULL);
SQL
copy
rc "zero dates refused by default" 1
says "refusal names the column d" t_zero '\bd\b' zero-date '\b3\b'
says "refusal names the column dt" t_zero '\bdt\b'
says "refusal names the column ts" t_zero '\bts\b' '\b1\b'
says "refusal offers a policy" '--policy' zero-date
no_rows_in_target "zero dates refused before any row"
fresh_target
copy --policy zero-date=null
rc "impossible dates (2023-02-31) are refused on their own" 1
says "impossible dates: table, column and kind are named" t_zero '\bd\b|\bdt\b' range
no_rows_in_target "impossible dates: no row moved"
fresh_target
copy --policy zero-date=null --policy range=null
rc "zero-date=null exits 0" 0
is "zero-date=null: zero, partial and impossible dates are NULL, good ones stay" \
    "SELECT string_agg(coalesce(d::text,'-'),' ' ORDER BY id) FROM t_zero" "- - - 2024-05-05 -"
is "zero-date=null: datetimes" "SELECT string_agg(coalesce(dt::text,'-'),'|' ORDER BY id) FROM t_zero WHERE id <> 3" \
    "-|-|2024-05-05 05:05:05.5|-"
is "zero-date=null: timestamps" "SET timezone='UTC'; SELECT string_agg(coalesce(ts::text,'-'),'|' ORDER BY id) FROM t_zero" \
    "-|2024-01-01 00:00:00+00|-|2024-05-05 05:05:05+00|-"
is "zero-date=null: 0000-01-01 is NULL or 1 BC, never another day" \
    "SELECT dt IS NULL OR dt = '0001-01-01 00:00:00 BC' FROM t_zero WHERE id = 3" t
says "zero-date=null is counted by column" zero-date t_zero '\bd\b' '\b3\b'
says "impossible dates are counted as range" range t_zero '\bd\b' '\b1\b'
says "zero-date=null counts the timestamp" zero-date t_zero '\bts\b' '\b1\b'
fresh_target
copy --policy zero-date=replace --policy range=null
rc "zero-date=replace exits 0" 0
is "zero-date=replace: a date in every place" "SELECT string_agg(id::text,' ') FROM t_zero WHERE d IS NULL" 5
is "zero-date=replace: good dates untouched" "SELECT d::text FROM t_zero WHERE id = 4" 2024-05-05

# A column that takes no NULL: the null policy has nowhere to go and must say so, not invent a value.
pair zeronn
load <<'SQL'
SET sql_mode = '';
CREATE TABLE t_nn (id int PRIMARY KEY, d date NOT NULL DEFAULT '0000-00-00');
INSERT INTO t_nn VALUES (1,'0000-00-00'),(2,'2024-01-01');
SQL
copy --policy zero-date=null
rc "zero-date=null on NOT NULL refused" 1
says "zero-date=null on NOT NULL names the column" t_nn '\bd\b'
no_rows_in_target "zero-date=null on NOT NULL refused before any row"

wb_finish
