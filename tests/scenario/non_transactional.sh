#!/bin/bash
# MyISAM, Aria and MEMORY tables take no part in a snapshot: refused by name, or read under a lock.
. "$(dirname "$0")/copy.bash"

pair mixed
load <<'SQL'
CREATE TABLE t_inno (id int PRIMARY KEY, v int);
CREATE TABLE t_myisam (id int PRIMARY KEY, v int) ENGINE=MyISAM;
CREATE TABLE t_aria (id int PRIMARY KEY, v int) ENGINE=Aria TRANSACTIONAL=1;
CREATE TABLE t_memory (id int PRIMARY KEY, v int) ENGINE=MEMORY;
CREATE TABLE t_isamkeyless (v int) ENGINE=MyISAM;
INSERT INTO t_inno SELECT seq, seq FROM seq_1_to_1000;
INSERT INTO t_myisam SELECT seq, seq FROM seq_1_to_1000;
INSERT INTO t_aria SELECT seq, seq FROM seq_1_to_1000;
INSERT INTO t_memory SELECT seq, seq FROM seq_1_to_1000;
INSERT INTO t_isamkeyless SELECT seq % 10 FROM seq_1_to_1000;
SQL

copy
rc "refused by default" 1
for t in t_myisam t_aria t_memory t_isamkeyless; do
    says "refusal names $t" $t
done
says "refusal offers --lock-tables" '--lock-tables'
no_rows_in_target "no row moved"

fresh_target
copy --exclude t_myisam --exclude t_aria --exclude t_memory --exclude t_isamkeyless
rc "without them: exits 0" 0

# A writer that never rests: under the lock the tables agree with each other to the row.
fresh_target
start_writer yes 'INSERT INTO t_myisam (id, v) SELECT COALESCE(MAX(id),0) + 1, 0 FROM t_myisam;
    INSERT INTO t_aria (id, v) SELECT MAX(id), 0 FROM t_myisam;'
writes() { [ "$(mq "SELECT count(*) > 1000 FROM t_aria")" = 1 ]; }
wb_wait 60 writes
copy --lock-tables
rc "--lock-tables exits 0 under a writer" 0
equal "the writer wrote until the end" yes "$(kill -0 "$WRITER" 2>/dev/null && echo yes)"
end_writer
is "every written row of one is in the other, but for the one between" \
    "SELECT (SELECT max(id) FROM t_myisam) - (SELECT max(id) FROM t_aria) IN (0, 1)" t
is "no gap and no double" "SELECT count(*) = max(id), count(DISTINCT id) = count(*) FROM t_myisam" "$(printf 't\tt')"
is "the memory table is whole" "SELECT count(*), sum(v) FROM t_memory" "$(printf '1000\t500500')"
is "the table without a key is whole" "SELECT count(*) FROM t_isamkeyless" 1000
before=$(mq "SELECT count(*) FROM t_myisam")
mq "SET lock_wait_timeout = 60; INSERT INTO t_myisam (id, v) VALUES (-1, 0)" >/dev/null
equal "the lock is gone afterwards" "$((before + 1))" "$(mq "SELECT count(*) FROM t_myisam")"

wb_finish
