# What the scenarios of run share. Sourced, never run.
#
#   plan NAME        copies tests/plans/run/NAME.md into a folder of its own; sets PLAN, DIR
#   run [FLAG…]      whimbrel run "$PLAN" --no-wait FLAG…; sets RC; what it said is in OUT
#   ask COMMAND …    whimbrel COMMAND "$PLAN" …; sets RC, OUT
#   state            the run's state, as status --json tells it
#   events KIND      how many events of that kind the journal has

SCENARIO=$(basename "$0" .sh)
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=/dev/null
. "$here/../lib.sh"

plan() {
    DIR=$WB_TMP/$SCENARIO.$1
    rm -rf "$DIR"
    mkdir -p "$DIR"
    cp "$WB_ROOT/tests/plans/run/$1.md" "$DIR/"
    PLAN=$DIR/$1.md
    OUT=$DIR/out
}

run() {
    RC=0
    "$WHIMBREL" run "$PLAN" --no-wait "$@" >"$OUT" 2>&1 </dev/null || RC=$?
}

ask() {
    local command=$1
    shift
    RC=0
    "$WHIMBREL" "$command" "$PLAN" "$@" >"$OUT" 2>&1 </dev/null || RC=$?
}

state() { "$WHIMBREL" status "$PLAN" --json | jq -r .state; }
events() { sqlite3 "$PLAN.whimbrel.db" "SELECT count(*) FROM event WHERE kind = '$1'"; }
said() { assert_match "$1" "$(cat "$OUT")" "what was said"; }

# The shop of split.md: three people, and a table that tells how often it was filled.
shop() {
    export SHOP=$DIR/shop.db
    sqlite3 "$SHOP" "CREATE TABLE people (id INTEGER PRIMARY KEY, name TEXT, street TEXT);
        INSERT INTO people VALUES (1, 'a', 'x'), (2, 'b', 'y'), (3, 'c', 'z');
        CREATE TABLE history (what TEXT)"
}
sq() { sqlite3 "$SHOP" "$1" 2>&1; }
