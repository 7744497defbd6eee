#!/bin/bash
# The shop's structure: equal after a copy, in PostgreSQL and in SQLite; and what somebody changes is named,
# with the statement that sets it right.
. "$(dirname "$0")/copy.bash"

shopgen=$WB_BUILD_DIR/tools/shopgen
if [ ! -x "$shopgen" ]; then
    echo "no shopgen in $WB_BUILD_DIR"
    exit 1
fi

pair shop
"$shopgen" mariadb --socket "$WB_MY_SOCKET" --user root --database "$MY" --customers 20 >"$DIR/shopgen" 2>&1 ||
    { case_fail "the shop is made" "$(tail -3 "$DIR/shopgen")"; exit 99; }
copy
rc "copy exits 0" 0
structure "the copied shop is equal"

changed() { # CASE SQL REGEX…: after SQL in the target verify exits 1, and its output matches every REGEX
    local name=$1 sql=$2 code=0 re
    shift 2
    accepts "$name: it can be changed" "$sql"
    timeout -k 5 300 "$WHIMBREL" verify "$SRC" "$DST" --levels schema,indexes,constraints,sequences --no-record \
        --quiet >"$DIR/changed" 2>&1 </dev/null || code=$?
    equal "$name: exits 1" 1 "$code"
    for re in "$@"; do
        if grep -qE -- "$re" "$DIR/changed"; then
            case_ok "$name: /$re/ is said"
        else
            case_fail "$name: /$re/ is said" "$(tail -n 12 "$DIR/changed")"
        fi
    done
}

changed "a default" "ALTER TABLE settings ALTER \"order\" SET DEFAULT 7" 'column order' 'expected 0, there is 7' \
    'ALTER COLUMN "order" SET DEFAULT 0'
accepts "the default is set right" "ALTER TABLE settings ALTER COLUMN \"order\" SET DEFAULT 0"
changed "an index" "DROP INDEX $(pq "SELECT indexrelid::regclass FROM pg_index
    WHERE indrelid = 'orders'::regclass AND NOT indisunique ORDER BY 1 LIMIT 1")" 'missing in the target' 'CREATE INDEX'

# To SQLite and back to the same question.
mkdir -p "$DIR/files"
"$shopgen" sqlite "$DIR/files/shop.db" --customers 20 >/dev/null
SRC=sqlite:$DIR/files/shop.db
DST=sqlite:$DIR/files/copy.db
copy
rc "copy to SQLite exits 0" 0
structure "the shop copied to SQLite is equal"

wb_finish
