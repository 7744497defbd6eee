# What the scenarios of run share. Sourced, never run.
#
#   plan NAME        copies tests/plans/run/NAME.md into a folder of its own; sets PLAN, DIR
#   run [FLAG…]      whimbrel run "$PLAN" --no-wait FLAG…; sets RC; what it said is in OUT
#   ask COMMAND …    whimbrel COMMAND "$PLAN" …; sets RC, OUT
#   state            the run's state, as status --json tells it
#   events KIND      how many events of that kind the journal has
#   listening FILE   waits until a run whose output goes to FILE listens; sets RUN_PORT
#   turned           waits until the run at RUN_PORT has turned twice: it has seen what was done before. A test that
#                    moves the clock waits for it at every step, else a run that is slow sees one leap instead of many

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

listening() {
    wb_wait 60 grep -qs 'listening on http.*:[0-9]*$' "$1" || return
    RUN_PORT=$(sed -n 's/^.*listening on http[^ ]*:\([0-9]*\)$/\1/p' "$1")
}
turns() { # in a process of its own: the run may end, and with it the connection
    ( (exec 3<>"/dev/tcp/127.0.0.1/$RUN_PORT" && printf 'GET /metrics HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n' >&3 &&
        sed -n 's/^whimbrel_run_ticks_total[^ ]* \([0-9]*\)$/\1/p' <&3) 2>/dev/null)
}
has_turned() { # has_turned BEFORE; one that has ended turns no more
    local now
    now=$(turns)
    [ -z "$now" ] || [ "$now" -ge $(($1 + 2)) ]
}
turned() {
    local before
    before=$(turns)
    [ -z "$before" ] || wb_wait 60 has_turned "$before"
}

said() { assert_match "$1" "$(cat "$OUT")" "what was said"; }

# The shop of split.md: three people, and a table that tells how often it was filled.
shop() {
    export SHOP=$DIR/shop.db
    sqlite3 "$SHOP" "CREATE TABLE people (id INTEGER PRIMARY KEY, name TEXT, street TEXT);
        INSERT INTO people VALUES (1, 'a', 'x'), (2, 'b', 'y'), (3, 'c', 'z');
        CREATE TABLE history (what TEXT)"
}
sq() { sqlite3 "$SHOP" "$1" 2>&1; }
