#!/bin/bash
# The target's disk is full: the copy ends with 4 and says what is full and where; with room made, the same command finishes.
# The server is this script's own, and so is the small file system, which only root can mount.
. "$(dirname "$0")/copy.bash"

dir=$(mktemp -d /tmp/wb.XXXXXX)
# Little log is kept, so that all of it fits on the small file system in the end.
why=$(WB_PG_OPTS='-c min_wal_size=32MB -c max_wal_size=48MB' \
    "$WB_ROOT/scripts/servers" start "$dir" --fast --owner $$ --pg-disk 160M postgres 2>&1)
case $? in
0) ;;
77)
    rm -rf "$dir"
    case_skip "full disk" "$why"
    wb_finish
    ;;
*)
    case_fail "a server with a small disk starts" "$why"
    wb_finish
    ;;
esac
set -a
# shellcheck source=/dev/null
. "$dir/env"
set +a
free_kb() { df --output=avail -k "$WB_PG_DISK" | tail -n 1 | tr -d ' '; }
# A new database's pages may still be in memory alone: they take their room first.
fill_up_to() {
    pg postgres -c CHECKPOINT && head -c "$(($(free_kb) - $1))k" /dev/zero >"$WB_PG_DISK/ballast"
} # KB that stay free
flags=(--chunk-bytes 2M --jobs 2)

pair full
load <<'SQL'
CREATE TABLE big (id int PRIMARY KEY, v varchar(2000) NOT NULL);
INSERT INTO big SELECT seq, CONCAT(seq, REPEAT(MD5(seq), 40)) FROM seq_1_to_30000;
CREATE TABLE small (id int PRIMARY KEY, v int, KEY v (v));
INSERT INTO small SELECT seq, seq FROM seq_1_to_5000;
CREATE TABLE many (id int PRIMARY KEY, a int, b int, c int, d int, KEY a (a), KEY b (b), KEY c (c), KEY d (d));
INSERT INTO many SELECT seq, seq, seq, seq, seq FROM seq_1_to_60000;
ANALYZE TABLE big, small, many;
SQL
small_database() { # in the small file system, all of it
    pg postgres -c "DROP DATABASE IF EXISTS \"$PG\" WITH (FORCE)" -c "CREATE DATABASE \"$PG\" TABLESPACE small" || exit 99
}
whole() { # CASE
    same "$1: every row of big" "SELECT count(*), sum(id), sum(length(v)) FROM big" "SELECT count(*), sum(id), sum(length(v)) FROM big"
    is "$1: every value of big" "SELECT count(*) FROM big WHERE v <> id || repeat(md5(id::text), 40)" 0
    equal_tables "$1: every row of small and many" small many
    is "$1: every index" "SELECT count(*) FROM pg_indexes WHERE schemaname = 'public'" 8
}
refused_for_want_of_room() { # CASE REGEX
    rc "$1: exit 4" 4
    says "$1: says what and where" "$2" 'No space left on device'
    says "$1: says how to go on" 'make room' 'same command'
    is "$1: the copy is begun" "SELECT state FROM whimbrel.run" loading
}
mkdir -m 700 "$WB_PG_DISK/space" && chown --reference="$WB_PG_DISK" "$WB_PG_DISK/space"
pg postgres -c "CREATE TABLESPACE small LOCATION '$WB_PG_DISK/space'"

# Rows that have no room: 40 MB into 6.
small_database
fill_up_to 6000
copy "${flags[@]}"
refused_for_want_of_room "no room for rows" 'table (big|small|many)'
is "no room for rows: no chunk is half there" "SELECT (SELECT count(*) FROM big) = (SELECT coalesce(sum(row_count), 0)
    FROM whimbrel.chunks WHERE state = 'done' AND table_no = (SELECT table_no FROM whimbrel.tables WHERE name = 'big'))" t
copy "${flags[@]}"
rc "no room yet: exit 4 again" 4
rm "$WB_PG_DISK/ballast"
copy "${flags[@]}"
rc "room made for rows: the same command finishes" 0
whole "room made for rows"

# Room for the rows and 3 MB more, which five indexes of 1.3 MB do not fit in: what came is kept. One worker takes all rows
# before any index.
# One worker: side by side, they extend a table by more than they need, and no two copies are of one size.
flags+=(--jobs 1)
small_database
copy "${flags[@]}"
rc "undisturbed: exit 0" 0
used=$(pq "SELECT (sum(pg_table_size(oid)) / 1024)::int + 3000 FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace")
small_database
fill_up_to "$used"
copy "${flags[@]}" --jobs 1
refused_for_want_of_room "no room for indexes" '(index|key) '
is "no room for indexes: all rows are there" "SELECT (SELECT count(*) FROM big) + (SELECT count(*) FROM small) + (SELECT count(*) FROM many)" 95000
rm "$WB_PG_DISK/ballast"
copy "${flags[@]}"
rc "room made for indexes: the same command finishes" 0
whole "room made for indexes"

# No room for the write-ahead log takes the server down, and here it does not come back by itself.
fresh_target
"$WB_ROOT/scripts/servers" stop "$dir" postgres
mv "$dir/postgres/data/pg_wal" "$WB_PG_DISK/wal" && ln -s "$WB_PG_DISK/wal" "$dir/postgres/data/pg_wal"
WB_PG_OPTS='-c restart_after_crash=off -c wal_recycle=off -c min_wal_size=32MB -c max_wal_size=48MB' "$WB_ROOT/scripts/servers" start "$dir" --fast postgres || exit 99
# Half a segment of it is left, and perhaps one that was made ahead, for 40 MB of rows: there is no room for another one.
pg postgres -c "SELECT pg_switch_wal()" -c CHECKPOINT \
    -c "SELECT count(pg_logical_emit_message(false, 'fill', repeat('x', 1000000))) FROM generate_series(1, 8)" >/dev/null
fill_up_to 0
server=$(head -n 1 "$dir/postgres/data/postmaster.pid")
copy "${flags[@]}" --retries 1
rc "no room for the log: exit 4" 4
says "no room for the log: says that the server went away" 'connection|connect|terminated|server'
rm "$WB_PG_DISK/ballast"
server_is_gone() { ! kill -0 "$server" 2>/dev/null; } # it may still be on its way down
wb_wait 120 server_is_gone || case_fail "no room for the log: the server goes down" "it is there"
"$WB_ROOT/scripts/servers" start "$dir" --fast postgres || exit 99
copy "${flags[@]}"
rc "room made for the log, and the server started: the same command finishes" 0
whole "room made for the log"

wb_finish
