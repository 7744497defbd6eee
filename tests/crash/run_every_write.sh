#!/bin/bash
# A plan whose runner is ended (or finds the disk full) at durable write 1, 2, 3 … of its journal, before
# and after; the same commands then go on, every time to the same end, and no step runs twice.
. "$(dirname "$0")/../scenario/run.bash"

TIME=1700000000
export WHIMBREL_TEST_CLOCK=$WB_TMP/clock
exec 2>/dev/null # the shell reports every process that a signal ended

# The plan's people: they confirm and sign whatever is waited for.
drive() {
    local i
    for i in 1 2 3 4 5 6 7 8; do
        echo $((TIME += 20)) >"$WHIMBREL_TEST_CLOCK" # the lease of who was ended has run out
        run
        case $RC in
        0) return 0 ;;
        6)
            "$WHIMBREL" approve "$PLAN" --step step.1 >/dev/null 2>&1
            "$WHIMBREL" approve "$PLAN" --as "data lead" >/dev/null 2>&1
            ;;
        137 | 4) return "$RC" ;;
        *) return 1 ;;
        esac
    done
    return 1
}

ended_well() {
    [ "$(state)" = "done" ] &&
        [ "$(sq "SELECT count(*) FROM customers")" = 3 ] &&
        [ "$(sq "SELECT count(*) FROM addresses")" = 3 ] &&
        [ "$(sq "SELECT count(*) FROM history")" = 1 ] &&
        [ "$(sq "SELECT count(*) FROM sqlite_master WHERE name = 'people'")" = 0 ]
}

every() { # ACTION
    local n rc action=$1 struck=0
    for ((n = 1; n < 60; n++)); do
        plan split
        shop
        WHIMBREL_TEST_JOURNAL=$n:$action drive
        rc=$?
        if [ "$rc" -ne 0 ]; then
            struck=$((struck + 1))
            drive || { case_fail "$action at write $n: resumed" "exit code $RC: $(tail -n 2 "$OUT")"; return; }
        fi
        ended_well || { case_fail "$action at write $n: the same end" "$(state): $(tail -n 2 "$OUT")"; return; }
        [ "$rc" -eq 0 ] && break
    done
    if [ "$struck" -lt 8 ] || [ "$n" -ge 60 ]; then
        case_fail "$action" "struck $struck times of $n"
    else
        case_ok "$action: $struck points, the same end each time"
    fi
}

every kill-before
every kill-after
every fill
wb_finish
