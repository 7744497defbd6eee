#!/bin/bash
# The target's disk is full: the copy ends with 4 and says what is full and where; with room made, the same command finishes.
# The server is this script's own, and so is the small file system, which only root can mount.
. "$(dirname "$0")/copy.bash"

dir=$(mktemp -d /tmp/wb.XXXXXX)
why=$("$WB_ROOT/scripts/servers" start "$dir" --fast --owner $$ --pg-disk 64M postgres 2>&1)
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
fill_up_to() { head -c "$(($(free_kb) - $1))k" /dev/zero >"$WB_PG_DISK/ballast"; } # KB that stay free
flags=(--chunk-bytes 2M --jobs 2)

pair full
load <<'SQL'
CREATE TABLE big (id int PRIMARY KEY, v varchar(2000) NOT NULL);
INSERT INTO big SELECT seq, CONCAT(seq, REPEAT(MD5(seq), 40)) FROM seq_1_to_10000;
CREATE TABLE small (id int PRIMARY KEY, v int, KEY v (v));
INSERT INTO small SELECT seq, seq FROM seq_1_to_5000;
ANALYZE TABLE big, small;
SQL
small_database() { # in the small file system, all of it
    pg postgres -c "DROP DATABASE IF EXISTS \"$PG\" WITH (FORCE)" -c "CREATE DATABASE \"$PG\" TABLESPACE small" || exit 99
}
whole() { # CASE
    same "$1: every row of big" "SELECT count(*), sum(id), sum(length(v)) FROM big" "SELECT count(*), sum(id), sum(length(v)) FROM big"
    is "$1: every value of big" "SELECT count(*) FROM big WHERE v <> id || repeat(md5(id::text), 40)" 0
    equal_tables "$1: every row of small" small
    is "$1: every index" "SELECT count(*) FROM pg_indexes WHERE schemaname = 'public'" 3
}
refused_for_want_of_room() { # CASE REGEX
    rc "$1: exit 4" 4
    says "$1: says what and where" "$2" 'No space left on device'
    says "$1: says how to go on" 'make room' 'same command'
    is "$1: the copy is begun" "SELECT state FROM whimbrel.run" loading
}
mkdir -m 700 "$WB_PG_DISK/space" && chown --reference="$WB_PG_DISK" "$WB_PG_DISK/space"
pg postgres -c "CREATE TABLESPACE small LOCATION '$WB_PG_DISK/space'"

# Rows that have no room: 13 MB into 6.
small_database
fill_up_to 6000
copy "${flags[@]}"
refused_for_want_of_room "no room for rows" 'table (big|small)'
is "no room for rows: no chunk is half there" "SELECT (SELECT count(*) FROM big) = (SELECT coalesce(sum(row_count), 0)
    FROM whimbrel.chunks WHERE state = 'done' AND table_no = (SELECT table_no FROM whimbrel.tables WHERE name = 'big'))" t
copy "${flags[@]}"
rc "no room yet: exit 4 again" 4
rm "$WB_PG_DISK/ballast"
copy "${flags[@]}"
rc "room made for rows: the same command finishes" 0
whole "room made for rows"

# Room for the rows, none for the last index: what came is kept.
# One worker: side by side, they extend a table by more than they need, and no two copies are of one size.
flags+=(--jobs 1)
small_database
copy "${flags[@]}"
rc "undisturbed: exit 0" 0
used=$(pq "SELECT (sum(pg_table_size(oid)) / 1024)::int + 400 FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace")
small_database
fill_up_to "$used"
copy "${flags[@]}"
refused_for_want_of_room "no room for indexes" '(index|key) '
is "no room for indexes: all rows are there" "SELECT (SELECT count(*) FROM big) + (SELECT count(*) FROM small)" 15000
rm "$WB_PG_DISK/ballast"
copy "${flags[@]}"
rc "room made for indexes: the same command finishes" 0
whole "room made for indexes"

# No room for the write-ahead log takes the server down. It is started again when there is room.
fresh_target
"$WB_ROOT/scripts/servers" stop "$dir" postgres
mv "$dir/postgres/data/pg_wal" "$WB_PG_DISK/wal" && ln -s "$WB_PG_DISK/wal" "$dir/postgres/data/pg_wal"
WB_PG_OPTS='-c wal_recycle=off -c min_wal_size=32MB' "$WB_ROOT/scripts/servers" start "$dir" --fast postgres || exit 99
# Half a segment of it is left for 13 MB of rows, and no file for another one.
pg postgres -c "SELECT pg_switch_wal()" -c CHECKPOINT \
    -c "SELECT count(pg_logical_emit_message(false, 'fill', repeat('x', 1000000))) FROM generate_series(1, 8)" >/dev/null
fill_up_to 0
copy "${flags[@]}" --retries 1
rc "no room for the log: exit 4" 4
says "no room for the log: says that the server went away" 'connection|connect|terminated|server'
rm "$WB_PG_DISK/ballast"
"$WB_ROOT/scripts/servers" start "$dir" --fast postgres || exit 99
copy "${flags[@]}"
rc "room made for the log, and the server started: the same command finishes" 0
whole "room made for the log"

wb_finish
