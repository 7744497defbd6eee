#!/bin/bash
# A server ends one of our sessions at random instants, on either side: the copy goes on by itself, or the same command
# does, and everything is there once; exit code 0 never comes before that. WB_KILLS (4) rounds; WB_SEED repeats a run.
. "$(dirname "$0")/copy.bash"

rounds=${WB_KILLS:-4}
seed
pair sessions_ended
load_shop
flags=(--chunk-bytes 400k --jobs 2)

# One of our sessions there, by chance; 1 where there is none (yet).
end_at_source() {
    local id
    id=$(my -e "SELECT id FROM information_schema.processlist WHERE db = '$MY' AND id <> connection_id() ORDER BY RAND() LIMIT 1")
    [ -n "$id" ] && my -e "KILL $id" 2>/dev/null
}
end_at_target() {
    [ "$(pg -c "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
        WHERE datname = '$PG' AND application_name LIKE 'whimbrel%' ORDER BY random() LIMIT 1")" = t ]
}

copy "${flags[@]}"
rc "undisturbed: exit 0" 0
for ((round = 1; round <= rounds; round++)); do
    if ((round % 2)); then side=source; else side=target; fi
    fresh_target
    hold child 3
    start "${flags[@]}"
    # An instant, not a state: here time itself is the test.
    instant $((RANDOM % 1000))
    if wb_wait 60 end_at_$side; then
        case_ok "round $round: a session at the $side is ended"
    else
        case_fail "round $round: a session at the $side is ended" "none was there: $(short "$(cat "$ERR")")"
    fi
    finish
    first=$RC
    case $first in
    0 | 4) ;;
    *) case_fail "round $round: a session at the $side was ended" "exit $first: $(short "$(cat "$ERR")")" ;;
    esac
    [ "$first" = 0 ] || copy "${flags[@]}"
    rc "round $round: (first run: exit $first) done" 0
    complete "round $round"
done
wb_finish
