#!/bin/bash
# Killed in the dump, behind it, in the restore, behind it, before the manifest: the next run removes what was
# left, scratch databases too, and goes on. Asked to end: nothing is left.
. "$(dirname "$0")/backup.bash"
shops
# The servers have seen that the sessions of a killed run are gone.
noticed() {
    [ "$(pg -c "SELECT count(*) FROM pg_stat_activity WHERE application_name LIKE 'whimbrel%' OR application_name LIKE 'pg\_%'")" = 0 ] &&
        [ "$(my -e "SELECT COUNT(*) FROM information_schema.PROCESSLIST WHERE ID <> CONNECTION_ID() AND USER = 'root'")" = 0 ]
}

for engine in pg my sq; do
    url=$PG
    [ $engine = my ] && url=$MY
    [ $engine = sq ] && url=$SQ
    wb_case "$engine: killed anywhere, the next run cleans up and goes on"
    for point in dump dumped restore restored manifest; do
        WHIMBREL_TEST_BACKUP=$point backup "$url" --to "$TO"
        assert_eq 137 "$RC" "killed at $point"
        wb_wait 60 noticed || wb_assert_failed "the servers still hold the dead run's sessions"
        [ -n "$(left)" ] || wb_assert_failed "$point: nothing was left to clean"
        [ -z "$(ls "$TO" | grep -v '\.part$')" ] || wb_assert_failed "$point: something looks like a backup"
        backup "$url" --to "$TO"
        assert_eq "0 verified" "$RC $(at .result)" "after $point: $(tail -n 2 "$OUT")"
        assert_eq "" "$(left)" "left after $point"
        rm -rf "$TO"/*
    done
done

wb_case "whimbrel clean drops scratch databases that were left, and nothing else"
for url in "$PG" "$MY"; do
    WHIMBREL_TEST_BACKUP=restored backup "$url" --to "$TO"
    assert_eq 137 "$RC"
done
wb_wait 60 noticed || wb_assert_failed "the servers still hold the dead runs' sessions"
pg -c 'CREATE DATABASE whimbrel_scratch_mine'
my -e 'CREATE DATABASE whimbrel_scratch_mine'
expect_exit 0 "$WHIMBREL" clean "$PG" "$MY"
assert_match 'removed the scratch database whimbrel_scratch_[0-9a-f]{16}' "$(cat "$WB_TMP/out")"
assert_eq 'whimbrel_scratch_mine whimbrel_scratch_mine' "$(left | grep -v part | xargs)"
pg -c 'DROP DATABASE whimbrel_scratch_mine'
my -e 'DROP DATABASE whimbrel_scratch_mine'
assert_eq 5000 "$(pg wb_bk -c 'SELECT count(*) FROM sale')"
assert_eq 5000 "$(my wb_bk -e 'SELECT COUNT(*) FROM sale')"

# A program that says where it is and then waits: for as long as the test wants.
waits() {
    wrapped "$1" <<SH
#!/bin/bash
[ "\$1" = --version ] && exec $2 --version
echo \$\$ >$DIR/pid
cat >/dev/null &
exec sleep 100000
SH
}
is_there() { [ -s "$DIR/pid" ]; }
is_gone() { ! kill -0 "$(cat "$DIR/pid")" 2>/dev/null; }

wb_case "asked to end in the dump, in the restore: the programs end, nothing is left"
bin=$(ls -d /usr/lib/postgresql/*/bin | sort -V | tail -n 1)
for program in pg_dump pg_restore; do
    rm -rf "$DIR/bin" "$DIR/pid" "$TO"
    mkdir "$TO"
    waits $program "$bin/$program"
    other=pg_restore
    [ $program = pg_restore ] && other=pg_dump
    ln -s "$bin/$other" "$BIN/$other"
    WHIMBREL_PG_BIN=$BIN "$WHIMBREL" backup "$PG" --to "$TO" >"$OUT" 2>&1 </dev/null &
    runner=$!
    wb_wait 120 is_there || wb_assert_failed "$program was not started"
    # While it runs, another one takes nothing of its for left behind.
    if [ $program = pg_dump ]; then
        backup "$PG" --to "$TO"
        assert_eq "0 verified" "$RC $(at .result)" "beside it"
        assert_eq 2 "$(left | wc -l)" "a folder and a scratch database in use"
        rm -rf "$(at .path)"
    fi
    kill -TERM $runner
    wait $runner
    assert_eq 143 $? "$program: exit code"
    wb_wait 60 is_gone || wb_assert_failed "$program still runs"
    assert_eq "" "$(left)$(ls "$TO")" "left behind"
done
wb_finish
