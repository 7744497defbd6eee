#!/bin/bash
# A plan with a backup step and "backup verified within …": waits without one, goes on with one that is proven,
# never with one that is old, damaged, of another database or whose test failed.
. "$(dirname "$0")/run.bash"

plan backup
shop
export WHIMBREL_TEST_CLOCK=$WB_TMP/clock
echo 1700000000 >"$WHIMBREL_TEST_CLOCK"
export SHOP=sqlite:$SHOP
file=${SHOP#sqlite:}
backup() {
    RC=0
    "$WHIMBREL" backup "$@" >"$OUT" 2>&1 </dev/null || RC=$?
}
sq() { sqlite3 "$file" "$1" 2>&1; }
newest() { ls -d "$DIR"/backups/*Z* | tail -n 1; }

wb_case "check and the dry run say what is done"
ask check
said 'makes a backup of the source in backups'
run --dry-run
said 'makes a backup in backups, restores it'

wb_case "without a backup it waits, and says how to make one"
run
assert_eq 6 "$RC"
said 'holds no backup of this database; make one: whimbrel backup'
assert_eq "" "$(sq 'SELECT * FROM history')"

wb_case "a backup of another database does not count"
sqlite3 "$DIR/other.db" 'CREATE TABLE people (id)'
backup "sqlite:$DIR/other.db" --to "$DIR/backups"
assert_eq 0 "$RC"
run
assert_eq 6 "$RC"
said 'holds no backup of this database'

wb_case "one whose test failed does not count"
backup "$PLAN"
assert_eq 0 "$RC"
made=$(newest)
jq '.verified = false | .verified_at = null | .failure = "table people is missing"' "$made/manifest.json" >"$DIR/m"
cp "$made/manifest.json" "$DIR/good"
cp "$DIR/m" "$made/manifest.json"
run
assert_eq 6 "$RC"
said 'is not verified: table people is missing'
cp "$DIR/good" "$made/manifest.json"

wb_case "one that is damaged does not count, and is marked so"
cp "$made/shop.db" "$DIR/shop.good"
printf 'x' | dd of="$made/shop.db" bs=1 seek=5000 conv=notrunc status=none
run
assert_eq 6 "$RC"
said 'does not have the bytes that were written'
assert_eq false "$(jq .verified "$made/manifest.json")"
cp "$DIR/shop.good" "$made/shop.db"
backup --check "$made" --scratch "$SHOP"
assert_eq 0 "$RC" "proven again"

wb_case "one that is too old does not count"
echo $((1700000000 + 8 * 86400)) >"$WHIMBREL_TEST_CLOCK"
run
assert_eq 6 "$RC"
said 'was verified 192 h 00 min ago, which is too long'

wb_case "what keeps a backup from being made is told before anything begins"
mv "$DIR/backups" "$DIR/aside"
touch "$DIR/backups"
backup "$PLAN"
assert_eq 4 "$RC"
run
assert_eq 4 "$RC"
said 'backup.md:27: no backup could be made: .*folder for backups'
rm "$DIR/backups"
mv "$DIR/aside" "$DIR/backups"

wb_case "with a fresh one the run goes on, makes its own, and ends"
backup "$PLAN"
assert_eq 0 "$RC"
run
assert_eq 0 "$RC"
said 'restored and compared'
assert_eq "ready 2" "$(sq "SELECT (SELECT what FROM history) || ' ' || count(*) FROM people")"
assert_eq "done" "$(state)"
assert_eq 3 "$(sqlite3 "$(newest)/shop.db" 'SELECT count(*) FROM people')"

wb_case "killed in the backup step: the next run takes it up"
plan backup
shop
file=$SHOP
export SHOP=sqlite:$SHOP
backup "$PLAN"
WHIMBREL_TEST_BACKUP=restored run
assert_eq 137 "$RC"
assert_eq 1 "$(ls -d "$DIR"/backups/*.part | wc -l)"
echo $((1700000000 + 8 * 86400 + 3600)) >"$WHIMBREL_TEST_CLOCK" # its lease is over
run
assert_eq 0 "$RC"
assert_eq 0 "$(ls -d "$DIR"/backups/*.part 2>/dev/null | wc -l)"
assert_eq "done" "$(state)"

wb_case "a command instead: only with --allow-shell, as ever; without either a person does it"
plan backup
shop
file=$SHOP
export SHOP=sqlite:$SHOP
sed -i '/^  to:/d; /^  keep:/d; s/^backup:$/backup: true/' "$PLAN"
run
assert_eq 6 "$RC"
said 'only with --allow-shell'
run --allow-shell
assert_eq 0 "$RC"
plan backup
sed -i '/^backup:/d; /^  to:/d; /^  keep:/d' "$PLAN"
ask check
said 'a person does it and confirms'
wb_finish
