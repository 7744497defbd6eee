#!/bin/bash
# Backups of PostgreSQL, MariaDB and SQLite: of one moment while others write, restored, compared, and found
# damaged where they are.
. "$(dirname "$0")/backup.bash"

validate() {
    "$WB_BUILD_DIR/tests/json-validate" "$WB_ROOT/docs/json" backup <"$JSON" >"$DIR/valid" 2>&1 ||
        wb_assert_failed "$(head -n 3 "$DIR/valid")"
    "$WB_BUILD_DIR/tests/json-validate" "$WB_ROOT/docs/json/backup.json" <"$(at .path)/manifest.json" >"$DIR/valid" 2>&1 ||
        wb_assert_failed "manifest: $(head -n 3 "$DIR/valid")"
}

# --- writers: one transaction after the other, each adds one row to both tables ----------------------------

write_pg() {
    while [ -e "$DIR/go" ]; do
        pg wb_bk -c "WITH s AS (INSERT INTO sale (t) VALUES ('w') RETURNING id) SELECT id FROM s" \
            -c "SELECT 1" >/dev/null 2>&1
    done
}
write_my() { while [ -e "$DIR/go" ]; do my wb_bk -e "BEGIN; INSERT INTO sale (t) VALUES ('w'); INSERT INTO line VALUES (LAST_INSERT_ID(), LAST_INSERT_ID(), 'w'); COMMIT" 2>/dev/null; done; }
write_sq() {
    while [ -e "$DIR/go" ]; do
        sqlite3 -cmd '.timeout 5000' "$DIR/shop.db" "BEGIN IMMEDIATE; INSERT INTO sale (t) VALUES ('w'); INSERT INTO line VALUES (last_insert_rowid(), last_insert_rowid(), 1); COMMIT" 2>/dev/null
    done
}
begin() { # begin ENGINE
    touch "$DIR/go"
    "write_$1" &
    writer=$!
}
end() {
    rm -f "$DIR/go"
    wait "$writer"
}
more_than() { [ "$("$1")" -gt "$2" ]; }
sales_pg() { pg wb_bk -c 'SELECT count(*) FROM sale'; }
sales_my() { my wb_bk -e 'SELECT COUNT(*) FROM sale'; }
sales_sq() { sqlite3 -cmd '.timeout 5000' "$DIR/shop.db" 'SELECT count(*) FROM sale'; }
rows_of() { at ".backup.tables[] | select(.name == \"$1\") | .rows"; }
path_pg='' path_my='' path_sq='' rows_pg='' rows_my='' rows_sq=''
shops

for engine in pg my sq; do
    url=$PG
    [ $engine = my ] && url=$MY
    [ $engine = sq ] && url=$SQ
    wb_case "$engine: of one moment, restored and compared, while others write"
    begin $engine
    wb_wait 60 more_than sales_$engine 5002 || wb_assert_failed "the writer does not write"
    backup "$url" --to "$TO/$engine"
    assert_eq 0 "$RC" "exit code ($(tail -n 2 "$OUT"))"
    now=$(rows_of sale)
    wb_wait 60 more_than sales_$engine "$now" || wb_assert_failed "nobody wrote beside the backup"
    end
    validate
    assert_eq "verified true true" "$(at '[.result, .backup.verified, .backup.one_moment] | map(tostring) | join(" ")')"
    assert_eq "digest equal" "$(at '[.backup.tables[] | .compared_by + " " + .result] | unique | join(", ")')"
    eval "path_$engine=$(at .path)"
    eval "rows_$engine=$now"
    [ $engine = pg ] || assert_eq "$now" "$(rows_of line)" "both tables at one moment"
    assert_eq "" "$(left)" "left behind"
done

wb_close_case
for path in "$path_pg" "$path_my" "$path_sq"; do
    [ -d "$path" ] || wb_finish # there is nothing to look at
done

wb_case "what the manifests say is what the databases' own programs restore"
pg -c 'DROP DATABASE IF EXISTS wb_bk_again' -c 'CREATE DATABASE wb_bk_again'
PGHOST=$WB_PG_HOST PGPORT=$WB_PG_PORT pg_restore -U postgres -d wb_bk_again "$path_pg/wb_bk.dump" || wb_assert_failed "pg_restore"
assert_eq "$rows_pg 5000" "$(pg wb_bk_again -c "SELECT (SELECT count(*) FROM sale) || ' ' || count(*) FROM other.line")"
my -e 'DROP DATABASE IF EXISTS wb_bk_again; CREATE DATABASE wb_bk_again'
my wb_bk_again <"$path_my/wb_bk.sql" || wb_assert_failed "mariadb"
assert_eq "$rows_my $rows_my" "$(my wb_bk_again -e "SELECT CONCAT((SELECT COUNT(*) FROM sale), ' ', COUNT(*)) FROM line")"
assert_eq "$rows_sq" "$(sqlite3 "$path_sq/shop.db" 'SELECT count(*) FROM line')"

wb_case "MariaDB: its events are in a file of their own, which was not run"
assert_match 'EVENT `e`' "$(cat "$path_my/wb_bk.events.sql")"
assert_match 'wb_bk.events.sql was not restored' "$(jq -r .method "$path_my/manifest.json")"
if grep -qE '^(USE |CREATE DATABASE)' "$path_my"/*.sql; then wb_assert_failed "the dump names a database"; fi
assert_eq "" "$(my -e "SELECT EVENT_SCHEMA FROM information_schema.EVENTS WHERE EVENT_SCHEMA NOT IN ('wb_bk', 'sys')")"

wb_case "MariaDB: nothing of the scratch database is in the binary log"
my -e "FLUSH BINARY LOGS"
data=$(my -e 'SELECT @@datadir')
assert_eq 0 "$(cat "$data"/bin.0* | grep -c whimbrel_scratch)"

wb_case "a user who may not hold commits back: the moment is bounded, and this is said"
my -e "CREATE OR REPLACE USER plain; GRANT SELECT, SHOW VIEW, TRIGGER, EVENT ON wb_bk.* TO plain; GRANT SELECT ON mysql.proc TO plain;
    GRANT ALL ON \`whimbrel\\_scratch\\_%\`.* TO plain"
my wb_bk -e "DROP VIEW v; DROP TRIGGER mark; DROP EVENT e"
backup "mysql://plain@localhost/wb_bk?socket=$WB_MY_SOCKET" --to "$TO/plain"
assert_eq 0 "$RC" "still ($(tail -n 2 "$OUT"))"
assert_eq "false digest" "$(at '[.backup.one_moment, .backup.tables[0].compared_by] | map(tostring) | join(" ")')"
begin my
backup "mysql://plain@localhost/wb_bk?socket=$WB_MY_SOCKET" --to "$TO/plain"
end
assert_match '^[06]$' "$RC" "beside a writer ($(tail -n 2 "$OUT"))"
assert_eq false "$(jq -rs 'map(select(.event == "done"))[0].backup.one_moment' "$JSON")" "one moment"
assert_eq "" "$(jq -rs 'map(select(.event == "done"))[0].backup.tables[] | select(.result == "differs") | .name' "$JSON")" "never called different"

wb_case "--check: as they were written"
backup --check "$TO/pg"
assert_eq "0 verified" "$RC $(at .result)"
validate

wb_case "--check: a file cut short, a byte changed, a file gone"
cut_short() { truncate -s -1 "$1"; }
change_a_byte() { # whatever it is
    local was
    was=$(od -An -tu1 -j 600 -N 1 "$1")
    printf '%b' "\\0$(printf %o $(((was + 1) % 256)))" | dd conv=notrunc status=none bs=1 seek=600 of="$1"
}
for damage in cut_short change_a_byte rm; do
    rm -rf "$TO/bad"
    cp -r "$TO/pg" "$TO/bad"
    $damage "$(ls "$TO"/bad/*/wb_bk.dump)"
    backup --check "$TO/bad"
    assert_eq 1 "$RC" "exit code after $damage"
    said 'restore test failed'
done

wb_case "--check --scratch: restored again"
backup --check "$path_pg" --scratch "$PG"
assert_eq "0 verified" "$RC $(at .result)"
backup --check "$path_my" --scratch "$MY"
assert_eq "0 verified" "$RC $(at .result)"
backup --check "$path_sq" --scratch "$SQ"
assert_eq "0 verified" "$RC $(at .result)"
assert_eq "" "$(left)" "left behind"

wb_case "a dump that the database refuses is kept, never called verified"
for engine in pg my sq; do
    rm -rf "$TO/bad"
    mkdir "$TO/bad"
    eval "cp -r \$path_$engine $TO/bad/"
    bad=$(ls -d "$TO"/bad/*)
    file=$bad/$(jq -r '.files[0].name' "$bad/manifest.json")
    truncate -s $(($(stat -c %s "$file") / 2)) "$file"
    jq --arg sum "$(sha256sum <"$file" | cut -d' ' -f1)" --argjson bytes "$(stat -c %s "$file")" \
        '.files[0].sha256 = $sum | .files[0].bytes = $bytes' "$bad/manifest.json" >"$DIR/manifest"
    cp "$DIR/manifest" "$bad/manifest.json"
    url=$PG
    [ $engine = my ] && url=$MY
    backup --check "$bad" --scratch "$url"
    assert_eq "1 RESTORE" "$RC $(at .name)" "$engine"
    assert_eq "false null" "$(jq -r '[.verified, .verified_at] | map(tostring) | join(" ")' "$bad/manifest.json")" "$engine"
    [ -n "$(jq -r '.failure // empty' "$bad/manifest.json")" ] || wb_assert_failed "$engine: no reason is given"
done
assert_eq "" "$(left)" "left behind"

wb_case "--keep"
for _ in 1 2 3; do backup "$SQ" --to "$TO/keep" --keep 2; done
assert_eq "0 2" "$RC $(ls "$TO/keep" | wc -l)"
backup "$SQ" --to "$TO/keep"
assert_eq "0 3" "$RC $(ls "$TO/keep" | wc -l)"

wb_case "usage"
expect_exit 2 "$WHIMBREL" backup
expect_exit 2 "$WHIMBREL" backup "$SQ"
expect_exit 2 "$WHIMBREL" backup "$SQ" --to "$TO" --keep none
expect_exit 2 "$WHIMBREL" backup --check "$path_my" --scratch "$PG"
expect_exit 4 "$WHIMBREL" backup --check "$DIR/nothing"
expect_exit 0 "$WHIMBREL" backup --help
wb_finish
