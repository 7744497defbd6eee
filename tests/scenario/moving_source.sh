#!/bin/bash
# A source that is written to: beside a copy, between a killed copy and its resumption, and by DDL.
# One moment, or no exit 0. Contract case 2: tables whose parts may not come from two snapshots; case 3: keys whose
# order the source decides; case 7: a resumed copy; case 8: DDL within a snapshot.
. "$(dirname "$0")/copy.bash"

flags=(--chunk-bytes 200k --jobs 2)

# --- killed, changed, resumed --------------------------------------------------------------------

pair resumed
load <<'SQL'
CREATE TABLE acct (id int PRIMARY KEY, bal int NOT NULL, v varchar(100));
INSERT INTO acct SELECT seq * 10, 1000, REPEAT('a', 80) FROM seq_1_to_20000;
CREATE TABLE nokey (a int, b varchar(60));
INSERT INTO nokey SELECT seq, REPEAT('n', 50) FROM seq_1_to_10000;
CREATE TABLE ci (k varchar(30) COLLATE utf8mb4_general_ci PRIMARY KEY, v int, w varchar(60));
INSERT INTO ci SELECT CONCAT(CHAR(65 + seq % 26 + 32 * (seq % 2)), 'ñ', seq), seq, REPEAT('c', 50) FROM seq_1_to_10000;
CREATE TABLE nullkey (u int UNIQUE, v int, w varchar(60));
INSERT INTO nullkey SELECT IF(seq % 3 = 0, NULL, seq), seq, REPEAT('u', 50) FROM seq_1_to_10000;
CREATE TABLE part (id int NOT NULL, r int NOT NULL, w varchar(60), PRIMARY KEY (id, r)) PARTITION BY RANGE (r)
    (PARTITION p0 VALUES LESS THAN (50), PARTITION p1 VALUES LESS THAN MAXVALUE);
INSERT INTO part SELECT seq, seq % 100, REPEAT('p', 50) FROM seq_1_to_10000;
CREATE TABLE parent (id int PRIMARY KEY, w varchar(60));
CREATE TABLE child (id int PRIMARY KEY, p int NOT NULL, CONSTRAINT child_parent FOREIGN KEY (p) REFERENCES parent (id) ON DELETE CASCADE);
INSERT INTO parent SELECT seq, REPEAT('o', 50) FROM seq_1_to_5000;
INSERT INTO child SELECT seq, seq % 5000 + 1 FROM seq_1_to_10000;
CREATE TABLE emptied (id int PRIMARY KEY, v int);
INSERT INTO emptied SELECT seq, seq FROM seq_1_to_5000;
CREATE TABLE static (id int PRIMARY KEY, v varchar(60));
INSERT INTO static SELECT seq, REPEAT('s', 50) FROM seq_1_to_5000;
CREATE TABLE lone (id int PRIMARY KEY);
INSERT INTO lone VALUES (1);
ANALYZE TABLE acct, nokey, ci, nullkey, part, parent, child, emptied, static, lone;
SQL
all='acct nokey ci nullkey part parent child emptied static lone'

# Every kind of change, at both ends and in the middle of every table, so that finished and unfinished
# chunks are hit wherever the kill fell.
change() {
    load <<'SQL'
START TRANSACTION;
UPDATE acct SET bal = bal - id % 7 WHERE id % 100 = 0;
UPDATE acct SET bal = bal + 1, v = 'moved' WHERE id BETWEEN 100 AND 150;
INSERT INTO acct VALUES (5, 1, 'first'), (100005, 2, 'middle'), (300000, 3, 'last');
DELETE FROM acct WHERE id % 1000 = 500;
UPDATE acct SET id = 199999 WHERE id = 20;
UPDATE acct SET id = 15 WHERE id = 199990;
UPDATE acct SET id = 100001 WHERE id = 30;
UPDATE nokey SET b = CONCAT(b, '!') WHERE a % 500 = 1;
DELETE FROM nokey WHERE a % 777 = 0;
INSERT INTO nokey SELECT a, b FROM nokey WHERE a < 5;
UPDATE ci SET v = -v WHERE v % 300 = 7;
INSERT INTO ci VALUES ('Ñandú', 1, ''), ('ñ', 2, ''), ('İ', 3, ''), ('ß', 4, ''), ('zz', 5, ''), ('ΑΒΓ', 6, '');
UPDATE ci SET k = CONCAT('zzz', k) WHERE v % 1000 = 11;
DELETE FROM ci WHERE v % 700 = 3;
UPDATE nullkey SET u = NULL WHERE u % 500 = 1;
UPDATE nullkey SET u = v WHERE u IS NULL AND v > 0 AND v % 600 = 0;
DELETE FROM nullkey WHERE u IS NULL AND v % 900 = 3;
INSERT INTO nullkey VALUES (NULL, 0, 'new'), (NULL, 0, 'new');
UPDATE part SET r = 99 - r WHERE id % 500 < 2;
DELETE FROM parent WHERE id % 1000 = 7;
INSERT INTO parent VALUES (9001, 'new');
INSERT INTO child VALUES (90001, 9001);
UPDATE child SET p = 9001 WHERE id = 1;
DELETE FROM emptied;
INSERT INTO emptied VALUES (3, 33), (4999, 44);
COMMIT;
SQL
}
kill_when() { # CASE PGSQL: a copy, killed once the target answers t; it cannot end before, for want of lone's row
    fresh_target
    hold lone 0 # one chunk, so one worker waits and the other goes on
    start "${flags[@]}"
    midway "$1" "$2" && kill -9 "$COPY"
    finish
    equal "$1: it was killed" 137 "$RC"
}
for table in acct nokey child; do
    kill_when "killed while or after $table is copied" "SELECT count(*) > 0 FROM $table"
    change
    copy "${flags[@]}"
    rc "changed after a kill at $table: the same command finishes" 0
    # shellcheck disable=SC2086
    equal_tables "changed after a kill at $table: the target is the source, now" $all
    says "changed after a kill at $table: the moment is named" 'as it was at|position|gtid'
    load <<<"UPDATE acct SET id = 20 WHERE id = 199999; UPDATE acct SET id = 199990 WHERE id = 15; UPDATE acct SET id = 30 WHERE id = 100001;
        DELETE FROM acct WHERE id IN (5, 100005, 300000); DELETE FROM ci WHERE v < 7 AND w = ''; DELETE FROM child WHERE p = 9001; DELETE FROM nullkey WHERE v = 0;
        DELETE FROM parent WHERE id = 9001"
done

# Only a value changed, no row came or went, and the change is older than its chunk's neighbours.
# Killed when several chunks have come, so that some are left that have not changed.
kill_when "killed, to change one value" "SELECT count(*) > 8000 FROM acct"
load <<<"UPDATE acct SET bal = 424242 WHERE id = 40"
copy "${flags[@]}" --json
rc "one value changed: finishes" 0
is "one value changed: it is there" "SELECT bal FROM acct WHERE id = 40" 424242
if jq -se 'last.tables | any(.chunks_kept > 0)' "$OUT" >/dev/null 2>&1; then
    case_ok "one value changed: chunks that did not change were kept"
else
    case_fail "one value changed: chunks that did not change were kept" "$(tail -n 1 "$OUT" | cut -c1-300)"
fi

# The schema changed while whimbrel was down.
kill_when "killed, to change a column" "SELECT count(*) > 0 FROM acct"
load <<<"ALTER TABLE static ADD COLUMN extra int DEFAULT 7"
copy "${flags[@]}"
if [ "$RC" = 0 ]; then
    is "column added after a kill: exit 0 only with it" "SELECT count(*), sum(extra) FROM static" "$(printf '5000\t35000')"
else
    rc "column added after a kill: exit 1" 1
    says "column added after a kill: says so" 'schema.*(changed|not what it was)'
    says "column added after a kill: the way on is named" '--restart'
    copy --restart
    rc "column added after a kill: --restart finishes" 0
    is "column added after a kill: --restart carries it" "SELECT count(*), sum(extra) FROM static" "$(printf '5000\t35000')"
fi
load <<<"ALTER TABLE static DROP COLUMN extra"

# --- a writer beside the copy --------------------------------------------------------------------
# Transaction i is a function of i, so the state after K of them can be made again, and the target
# must be exactly that state for some K: the moment that it names.

pair beside
base() {
    cat <<'SQL'
CREATE TABLE a_tick (i int PRIMARY KEY);
CREATE TABLE acct (id int PRIMARY KEY, bal int NOT NULL, v varchar(100));
CREATE TABLE bag (id int, n int, KEY (id));
CREATE TABLE moves (id int PRIMARY KEY, w varchar(60));
CREATE TABLE z_tick (i int PRIMARY KEY, acct int, CONSTRAINT tick_acct FOREIGN KEY (acct) REFERENCES acct (id));
INSERT INTO acct SELECT seq, 1000, REPEAT('a', 80) FROM seq_1_to_20000;
INSERT INTO bag SELECT seq % 100, seq FROM seq_1_to_10000;
INSERT INTO moves SELECT seq, REPEAT('m', 50) FROM seq_1_to_10000;
ANALYZE TABLE acct, bag, moves;
SQL
}
transactions() { # FROM TO
    awk -v from="$1" -v to="$2" 'BEGIN { for (i = from; i <= to; i++) {
        print "START TRANSACTION; INSERT INTO a_tick VALUES (" i ");"
        print "UPDATE acct SET bal = bal - " i " WHERE id = " (i * 7919) % 20000 + 1 ";"
        print "UPDATE acct SET bal = bal + " i ", v = \"t" i "\" WHERE id = " (i * 104729) % 20000 + 1 ";"
        print "UPDATE bag SET n = n + 1 WHERE id = " i % 100 " AND n % 10 = " i % 10 ";"
        if (i % 5 == 0) print "INSERT INTO bag VALUES (" i % 100 ", " i ");"
        print "UPDATE moves SET id = " 20000 + i " WHERE id = " (i * 31) % 10000 + 1 ";"
        if (i % 3 == 0) print "DELETE FROM moves WHERE id = " 20000 + i - 2 ";"
        if (i % 7 == 0) print "INSERT INTO acct VALUES (" 20000 + i ", 0, \"new\");"
        print "INSERT INTO z_tick VALUES (" i ", " 20000 + i - i % 7 ");"
        print "COMMIT;" } }' | sed 's/VALUES (\([0-9]*\), 20000);/VALUES (\1, NULL);/'
}
base | load
state_of() { # K: is the target the source after K transactions?
    local name=$1 k=$2
    [[ $k =~ ^[0-9]+$ ]] || k=0
    my -e "DROP DATABASE IF EXISTS \`${MY}_again\`; CREATE DATABASE \`${MY}_again\`"
    (base; transactions 1 "$k") | my "${MY}_again" >/dev/null
    local live=$MY
    MY=${MY}_again
    equal_tables "$name" a_tick acct bag moves z_tick
    MY=$live
}
wrote() { # CASE: the writer was still writing, else the case shows nothing
    if kill -0 $WRITER 2>/dev/null && [ ! -s "$DIR/writes.err" ]; then
        case_ok "$1"
    else
        case_fail "$1" "the writer ended first: $(head -c 200 "$DIR/writes.err")"
    fi
}
writes() { [ "$(mq "SELECT count(*) > 0 FROM z_tick")" = 1 ]; }
start_writer transactions 1 1000000000
wb_wait 60 writes
copy "${flags[@]}" --max-rate 5M
wrote "the writer wrote until the end"
rc "under a writer: exit 0" 0
k=$(pq "SELECT count(*) FROM a_tick")
is "under a writer: whole transactions, and all up to one" \
    "SELECT (SELECT count(*) = max(i) AND max(i) = $k AND $k > 0 FROM a_tick) AND (SELECT count(*) = max(i) AND max(i) = $k FROM z_tick)" t
is "under a writer: nothing was made or lost by transfers" "SELECT sum(bal) FROM acct" 20000000
end_writer
state_of "under a writer: the target is the source after $k transactions" "${k:-0}"

# Killed under the writer and resumed under the writer.
my -e "DROP DATABASE \`$MY\`; CREATE DATABASE \`$MY\`"
base | load
fresh_target
start_writer transactions 1 1000000000
wb_wait 60 writes
hold acct 2
start "${flags[@]}"
midway "under a writer, killed" "SELECT count(*) > 0 FROM acct" && kill -9 "$COPY"
finish
equal "under a writer: it was killed" 137 "$RC"
was=$(mq "SELECT max(i) FROM z_tick")
copy "${flags[@]}"
wrote "the writer wrote until the end of the resumed copy"
rc "killed and resumed under a writer: exit 0" 0
k=$(pq "SELECT count(*) FROM a_tick")
is "killed and resumed under a writer: one moment, after the kill" \
    "SELECT (SELECT count(*) = max(i) AND max(i) = $k AND $k >= ${was:-1} FROM a_tick) AND (SELECT count(*) = max(i) AND max(i) = $k FROM z_tick)" t
is "killed and resumed under a writer: nothing was made or lost by transfers" "SELECT sum(bal) FROM acct" 20000000
end_writer
state_of "killed and resumed under a writer: the target is the source after $k transactions" "${k:-0}"

# --- DDL within the snapshot ---------------------------------------------------------------------
# A table that a snapshot can no longer see must not be taken for an empty one. The marker is written
# before each DDL: a target without the marker must have the table as it was before.

pair ddl
load <<'SQL'
CREATE TABLE a_big (id int PRIMARY KEY, v varchar(120));
INSERT INTO a_big SELECT seq, REPEAT('b', 100) FROM seq_1_to_40000;
CREATE TABLE marker (id int PRIMARY KEY, v int);
INSERT INTO marker VALUES (1, 0);
CREATE TABLE z_target (id int PRIMARY KEY, v int);
INSERT INTO z_target SELECT seq, seq FROM seq_1_to_1000;
ANALYZE TABLE a_big, marker, z_target;
SQL
ddl() { # CASE SQL TARGET-QUERY BEFORE AFTER
    load <<<"UPDATE marker SET v = 0"
    fresh_target
    hold a_big 2
    start --chunk-bytes 200k --jobs 1
    if midway "$1: under way" "SELECT count(*) > 0 FROM a_big"; then
        mq "SET lock_wait_timeout = 1, innodb_lock_wait_timeout = 1; UPDATE marker SET v = 1; $2" >"$DIR/ddl"
    fi
    finish
    local state
    state=$(pq "SELECT v FROM marker")/$(pq "$3")
    if [ "$RC" != 0 ]; then
        rc "$1: no exit 0, but an error that says so" '1|4'
        says "$1: the table is named" z_target
    elif [ "$state" = "0/$4" ] || [ "$state" = "1/$5" ] || { grep -q ERROR "$DIR/ddl" && [ "$state" = "1/$4" ]; }; then
        case_ok "$1: one moment ($state)"
    else
        case_fail "$1: one moment" "marker/table: $state, expected 0/$4 or 1/$5; the DDL said: $(cat "$DIR/ddl")"
    fi
}
ddl "TRUNCATE" "TRUNCATE z_target" "SELECT count(*) FROM z_target" 1000 0
load <<<"REPLACE INTO z_target SELECT seq, seq FROM seq_1_to_1000"
ddl "a rebuilding ALTER" "ALTER TABLE z_target MODIFY v bigint, FORCE" "SELECT count(*), sum(v) FROM z_target" "$(printf '1000\t500500')" "$(printf '1000\t500500')"
ddl "an instant ADD COLUMN in front" "ALTER TABLE z_target ADD COLUMN n int DEFAULT 7 FIRST" "SELECT count(*), sum(v), sum(id) FROM z_target" \
    "$(printf '1000\t500500\t500500')" "$(printf '1000\t500500\t500500')"
ddl "swapped by RENAME, as online schema changes do" "CREATE TABLE z_new LIKE z_target; INSERT INTO z_new (id, v) SELECT id, v + 1 FROM z_target;
    RENAME TABLE z_target TO z_old, z_new TO z_target" "SELECT count(*), sum(v) FROM z_target" "$(printf '1000\t500500')" "$(printf '1000\t501500')"

wb_finish
