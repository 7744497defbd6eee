#!/bin/bash
# What keeps a backup from being made is said clearly, before anything begins where that can be; secrets stay
# secret.
. "$(dirname "$0")/backup.bash"
shops
none_left() {
    assert_eq "" "$(left)" "left behind"
    assert_eq "" "$(ls -A "$TO")" "in the folder"
}
fails() { # fails EXIT REGEX: of the last backup
    assert_eq "$1" "$RC" "exit code"
    said "$2"
}

wb_case "no program to dump with: which package to install"
WHIMBREL_PG_BIN=/nonexistent backup "$PG" --to "$TO"
fails 4 'install postgresql-client-[0-9]+'
PATH=/nonexistent backup "$MY" --to "$TO"
fails 4 'install mariadb-client'
none_left

wb_case "a program that is too old for the server"
wrapped pg_dump <<<$'#!/bin/sh\necho "pg_dump (PostgreSQL) 9.6.24"'
WHIMBREL_PG_BIN=$BIN backup "$PG" --to "$TO"
fails 4 'no pg_dump of version'
none_left

wb_case "no right to make a scratch database"
pg -c 'DROP ROLE IF EXISTS reader' -c 'CREATE ROLE reader LOGIN' -c 'GRANT pg_read_all_data TO reader'
backup "${PG/postgres@/reader@}" --to "$TO"
fails 4 'CREATEDB'
my -e "CREATE OR REPLACE USER reader; GRANT SELECT, SHOW VIEW, TRIGGER, EVENT ON wb_bk.* TO reader"
backup "mysql://reader@localhost/wb_bk?socket=$WB_MY_SOCKET" --to "$TO"
fails 4 'GRANT ALL ON .whimbrel'
none_left

wb_case "a table that the user may not read"
pg wb_bk -c 'DROP ROLE IF EXISTS maker' -c 'CREATE ROLE maker LOGIN CREATEDB' -c 'GRANT SELECT ON sale TO maker' -c 'GRANT USAGE ON SCHEMA other TO maker'
backup "${PG/postgres@/maker@}" --to "$TO"
fails 4 'permission denied for table line'
none_left

wb_case "a folder that cannot be made or written"
backup "$PG" --to "$DIR/no/such"
fails 4 'folder for backups cannot be made'
touch "$DIR/file"
backup "$PG" --to "$DIR/file"
fails 4 'folder for backups'
backup "$PG" --to /proc/1
assert_eq 4 "$RC"
assert_eq "" "$(left)" "left behind"

wb_case "no such database, no server"
backup "sqlite:$DIR/none.db" --to "$TO"
assert_eq 4 "$RC"
backup "postgresql://postgres@/none?host=$WB_PG_HOST&port=$WB_PG_PORT" --to "$TO"
assert_eq 4 "$RC"
backup "postgresql://postgres@/none?host=/nonexistent" --to "$TO"
assert_eq 4 "$RC"
none_left

wb_case "a disk without room: refused before, and told when it fills up meanwhile"
mkdir "$DIR/small"
if mount -t tmpfs -o size=8M,mode=777 none "$DIR/small" 2>/dev/null; then
    trap 'umount "$DIR/small"' EXIT
    pg wb_bk -c 'CREATE TABLE noise (b bytea); ALTER TABLE noise ALTER b SET STORAGE EXTERNAL' \
        -c "INSERT INTO noise SELECT decode(string_agg(md5(random()::text), ''), 'hex') FROM generate_series(1, 640000) g GROUP BY g / 640"
    backup "$PG" --to "$DIR/small/to"
    fails 4 'No space left'
    assert_eq "" "$(left)$(ls -A "$DIR/small/to")" "left behind"
    head -c 7M /dev/zero >"$DIR/small/ballast"
    backup "$PG" --to "$DIR/small/to"
    fails 4 'will be needed'
    assert_eq "" "$(left)$(ls -A "$DIR/small/to")" "left behind"
    pg wb_bk -c 'DROP TABLE noise'
else
    wb_case_name=
    case_skip "full disk" "no file system can be mounted"
fi

# --- secrets ---------------------------------------------------------------------------------------------

secret='S3cr"t :\#1'
# Programs that write down what others could see of them, and go on as themselves.
spy() { # spy NAME PATH
    wrapped "$1" <<SH
#!/bin/bash
printf '%s\n' "\$0" "\$@" >>$DIR/seen
tr '\0' '\n' </proc/self/environ >>$DIR/seen
tr '\0' '\n' </proc/\$\$/cmdline >>$DIR/seen
exec $2 "\$@"
SH
}
never_told() { # in what programs were given, in what was said, in the log, in the folder
    assert_match "$1" "$(cat "$DIR/seen")" "the programs were ours"
    if grep -rqF -e 'S3cr' "$DIR/seen" "$OUT" "$JSON" "$DIR/log" "$TO"; then
        wb_assert_failed "the password is told: $(grep -rlF -e 'S3cr' "$DIR/seen" "$OUT" "$JSON" "$DIR/log" "$TO" | xargs)"
    fi
}

wb_case "MariaDB: the password reaches the programs, and nobody else"
my -e "CREATE OR REPLACE USER keeper IDENTIFIED BY '${secret//\\/\\\\}'; GRANT ALL ON *.* TO keeper"
spy mariadb-dump "$(command -v mariadb-dump)"
spy mariadb "$(command -v mariadb)"
WHIMBREL_SOURCE_PASSWORD=$secret PATH=$BIN:$PATH backup "mysql://keeper@localhost/wb_bk?socket=$WB_MY_SOCKET" --to "$TO" --log-file "$DIR/log"
assert_eq "0 verified" "$RC $(at .result)" "$(tail -n 2 "$OUT")"
never_told mariadb-dump
WHIMBREL_SOURCE_PASSWORD=wrong backup "mysql://keeper@localhost/wb_bk?socket=$WB_MY_SOCKET" --to "$TO"
fails 4 'refused the login'
rm -rf "$TO"/* "$BIN" "$DIR/seen"

wb_case "PostgreSQL: the same"
wb_own_servers postgres
shops_pg=$(pg_db wb_bk)
pg wb_bk -c 'CREATE TABLE t AS SELECT g FROM generate_series(1, 100) g' \
    -c "CREATE ROLE keeper SUPERUSER LOGIN PASSWORD '$secret'"
hba=$(pg -c 'SHOW hba_file')
sed -i '1i local all keeper scram-sha-256' "$hba"
pg -c 'SELECT pg_reload_conf()' >/dev/null
wants_password() { ! PGUSER=keeper psql -w -h "$WB_PG_HOST" -p "$WB_PG_PORT" -U keeper -c 'SELECT 1' postgres >/dev/null 2>&1; }
wb_wait 60 wants_password || wb_assert_failed "the server takes keeper without a password"
bin=$(ls -d /usr/lib/postgresql/*/bin | sort -V | tail -n 1)
spy pg_dump "$bin/pg_dump"
spy pg_restore "$bin/pg_restore"
url=${shops_pg/postgres@/keeper@}
WHIMBREL_PG_BIN=$BIN WHIMBREL_SOURCE_PASSWORD=$secret backup "$url" --to "$TO" --log-file "$DIR/log"
assert_eq "0 verified" "$RC $(at .result)" "$(tail -n 2 "$OUT")"
never_told pg_restore
WHIMBREL_SOURCE_PASSWORD=wrong backup "$url" --to "$TO"
fails 4 'refused the login'

wb_case "the server goes away in the restore: kept, not verified"
wrapped pg_restore <<SH
#!/bin/bash
$WB_ROOT/scripts/servers kill $WB_SERVERS_DIR postgres >/dev/null 2>&1
exec $bin/pg_restore "\$@"
SH
rm -f "$BIN/pg_dump"
ln -s "$bin/pg_dump" "$BIN/pg_dump"
rm -rf "$TO"/*
WHIMBREL_PG_BIN=$BIN backup "$shops_pg" --to "$TO"
assert_match '^[14]$' "$RC" "exit code"
assert_eq false "$(jq .verified "$TO"/wb_bk-*/manifest.json)"
"$WB_ROOT/scripts/servers" start "$WB_SERVERS_DIR" --fast postgres >/dev/null 2>&1
WHIMBREL_PG_BIN=$bin backup --check "$TO" --scratch "$shops_pg"
assert_eq "0 verified" "$RC $(at .result)" "restored again: $(tail -n 2 "$OUT")"
assert_eq "" "$(pg -c "SELECT datname FROM pg_database WHERE datname LIKE 'whimbrel_scratch_%'")" "left behind"
wb_finish
