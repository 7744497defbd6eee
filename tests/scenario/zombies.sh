#!/bin/bash
# time limit: 1500 s
# Contract case 16 between real sessions: a runner that stops, as a suspended machine does, just before or just after a
# commit of its own; another takes over; the first goes on, changes nothing and says that it was fenced. And commits
# whose outcome their runner never learnt: the answer got lost, or the server died between commit and answer.
. "$(dirname "$0")/copy.bash"

pair zombies
load <<'SQL'
CREATE TABLE parent (id int PRIMARY KEY AUTO_INCREMENT, name varchar(40) NOT NULL, KEY name (name)) AUTO_INCREMENT=5000;
INSERT INTO parent SELECT seq, CONCAT('p', seq) FROM seq_1_to_1500;
CREATE TABLE child (id int PRIMARY KEY, p int NOT NULL, v varchar(120), CONSTRAINT child_parent FOREIGN KEY (p) REFERENCES parent (id));
INSERT INTO child SELECT seq * 3, seq % 1500 + 1, REPEAT('c', 100) FROM seq_1_to_2600;
CREATE TABLE nokey (a int, b varchar(60));
INSERT INTO nokey SELECT seq % 100, 'twice' FROM seq_1_to_700;
ANALYZE TABLE parent, child, nokey;
SQL
tables='parent child nokey'
flags=(--chunk-bytes 40k --jobs 1) # one worker: every run makes the same commits in the same order

# Everything that the target and its ledger hold.
whole() {
    pq "SELECT * FROM parent ORDER BY 1" && pq "SELECT * FROM child ORDER BY 1" && pq "SELECT * FROM nokey ORDER BY 1" &&
        pq "SELECT * FROM whimbrel.run" && pq "SELECT * FROM whimbrel.tables ORDER BY 1" &&
        pq "SELECT * FROM whimbrel.chunks ORDER BY 1, 2" && pq "SELECT * FROM whimbrel.steps ORDER BY 1" &&
        pq "SELECT indexdef FROM pg_indexes WHERE schemaname = 'public' ORDER BY 1" &&
        pq "SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint WHERE connamespace = 'public'::regnamespace ORDER BY 1" &&
        pq "SELECT last_value, is_called FROM parent_id_seq"
}

# Starts a runner that will stop itself at a fault; its process is ZOMBIE.
start_zombie() { # FAULT [FLAG…]
    local fault=$1
    shift
    WHIMBREL_TEST_FAULT=$fault "$WHIMBREL" copy "$SRC" "$DST" "${flags[@]}" "$@" >"$DIR/zombie" 2>&1 </dev/null &
    ZOMBIE=$!
    trap 'kill -9 $ZOMBIE 2>/dev/null' EXIT
}
is_stopped() { [ "$(sed 's/.*) //' "/proc/$ZOMBIE/stat" 2>/dev/null | cut -c1)" = T ]; }
is_at_rest() {
    case $(sed 's/.*) //' "/proc/$ZOMBIE/stat" 2>/dev/null | cut -c1) in T | Z | '') ;; *) return 1 ;; esac
}
stopped() { wb_wait 60 is_at_rest && is_stopped; }

# To the server the runner is gone: the session that holds the database ends, its worker's does not.
end_its_hold() {
    pq "SELECT pg_terminate_backend(pid, 10000) FROM pg_locks WHERE locktype = 'advisory' AND granted
        AND database = (SELECT oid FROM pg_database WHERE datname = current_database())" >/dev/null
}
end_zombie() { # sets ZRC; its sessions are gone when this returns
    kill -CONT "$ZOMBIE"
    ZRC=0
    wait "$ZOMBIE" || ZRC=$?
    trap - EXIT
}
waits_for_the_zombie() {
    [ "$(pg postgres -c "SELECT count(*) > 0 FROM pg_stat_activity WHERE datname = '$PG' AND cardinality(pg_blocking_pids(pid)) > 0")" = t ]
}
waits_or_ended() { waits_for_the_zombie || ! kill -0 "$COPY" 2>/dev/null; }
fenced() { grep -qE 'another runner|token|FENCED|taken over' "$DIR/zombie"; }

# --- asleep between two transactions, at every commit there is ----------------------------------------

bad=
fences=0
for ((n = 1; n < 100; n++)); do
    fresh_target
    start_zombie "commit:$n:stop-after"
    stopped || break
    end_its_hold
    copy "${flags[@]}"
    [ "$RC" = 0 ] || bad="$bad at $n the second run: exit $RC $(tail -qn 2 "$ERR");"
    pq "SELECT nextval('parent_id_seq')" >/dev/null # an application takes a value: it must not come again
    before=$(whole)
    end_zombie
    [ "$before" = "$(whole)" ] || bad="$bad at $n the zombie changed something: $(diff <(echo "$before") <(whole) | head -n 3 | tr '\n' ' ');"
    if [ "$ZRC" = 1 ] && fenced; then fences=$((fences + 1)); else rest="${rest:-} $n:$ZRC"; fi
done
wait "$ZOMBIE" || bad="$bad undisturbed: $(tail -n 2 "$DIR/zombie");"
commits=$((n - 1))
trap - EXIT
equal "$commits commits: asleep after each, the target stays as the second run left it" "" "$bad"
# Who slept after its last worker's commit asks for the verdict by a session that has ended, comes back, and finds the
# copy done: that is no fencing, and changes nothing either.
equal "$commits commits: who wakes up says that it was fenced" "$((commits - 2)) and $((commits - 1)):0 $commits:0" "$fences and${rest:-}"
equal_tables "asleep after a commit: every row once" $tables

# --- asleep within a transaction --------------------------------------------------------------------------

for n in 2 3 4 $((commits - 6)); do
    fresh_target
    start_zombie "commit:$n:stop-before"
    stopped || case_fail "asleep before commit $n: it stops there" "$(tail -n 2 "$DIR/zombie")"
    end_its_hold
    start "${flags[@]}"
    wb_wait 60 waits_or_ended
    if waits_for_the_zombie; then
        case_ok "asleep before commit $n: the second run waits for what is in flight"
    else
        case_fail "asleep before commit $n: the second run waits for what is in flight" "$(tail -qn 2 "$ERR" "$OUT")"
    fi
    end_zombie
    finish
    rc "asleep before commit $n: the second run takes over and finishes" 0
    equal "asleep before commit $n: the zombie ends with 1" 1 "$ZRC"
    if fenced; then case_ok "asleep before commit $n: and says that it was fenced"; else
        case_fail "asleep before commit $n: and says that it was fenced" "$(tail -n 3 "$DIR/zombie")"; fi
    equal_tables "asleep before commit $n: every row once" $tables
done

# The server ends the transaction in flight itself, as it does when the machine stays away.
fresh_target
start_zombie commit:4:stop-before --retries 0
stopped || case_fail "cut off within a transaction: it stops there" "$(tail -n 2 "$DIR/zombie")"
pg postgres -c "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE datname = '$PG'" >/dev/null
copy "${flags[@]}"
rc "cut off within a transaction: the second run finishes" 0
before=$(whole)
end_zombie
equal "cut off within a transaction: the zombie ends with 4" 4 "$ZRC"
equal "cut off within a transaction: and changes nothing" "" "$(diff <(echo "$before") <(whole))"
equal_tables "cut off within a transaction: every row once" $tables

# --- the outcome of a commit is not known -----------------------------------------------------------------

bad=
for ((n = 1; n <= commits; n++)); do
    fresh_target
    WHIMBREL_TEST_FAULT=commit:$n:lose-after copy "${flags[@]}"
    [ "$RC" = 0 ] || bad="$bad at $n: exit $RC $(tail -qn 2 "$ERR");"
    grep -q 'fault injection' "$ERR" "$OUT" || bad="$bad at $n: nothing was lost;"
    for t in $tables; do
        [ "$(mq "SELECT count(*) FROM $t")" = "$(pq "SELECT count(*) FROM $t")" ] || bad="$bad at $n: rows of $t;"
    done
done
equal "made, and the answer lost, at each of $commits commits: the run finds it made" "" "$bad"
equal_tables "made, and the answer lost: every row once" $tables

# A commit that waits for a standby that is not there is made, and flushed, and not answered; then the server dies.
wb_own_servers postgres
DST=$(pg_url "$PG")
commit_waits() { # of a session in DATABASE
    [ "$(pg postgres -c "SELECT count(*) > 0 FROM pg_stat_activity WHERE datname = '$1' AND wait_event = 'SyncRep'")" = t ]
}
# From here on every commit waits for a standby that is not there. A reload is only asked for; it holds, for sessions
# that are there too, once a commit of our own is seen to wait.
wait_for_standby() {
    local probe
    pg postgres -c "ALTER SYSTEM SET synchronous_standby_names = 'nobody'" -c "SELECT pg_reload_conf()" >/dev/null
    while :; do
        pg postgres -c "COMMENT ON DATABASE postgres IS 'a commit'" >/dev/null 2>&1 &
        probe=$!
        if wb_wait 60 commit_waits_or_ended "$probe" && commit_waits postgres; then break; fi
        wait "$probe"
    done
    pg postgres -c "SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE wait_event = 'SyncRep'" >/dev/null
    wait "$probe"
}
commit_waits_or_ended() { commit_waits postgres || ! kill -0 "$1" 2>/dev/null; }

for when in first last; do
    fresh_target
    start_zombie "commit:$([ $when = first ] && echo 1 || echo "$commits"):stop-before"
    stopped || case_fail "the $when commit unanswered: it stops there" "$(tail -n 2 "$DIR/zombie")"
    wait_for_standby
    kill -CONT "$ZOMBIE"
    wb_wait 60 commit_waits "$PG" || case_fail "the $when commit unanswered: it waits" "$(tail -n 2 "$DIR/zombie")"
    "$WB_ROOT/scripts/servers" kill "$WB_SERVERS_DIR" postgres
    # The setting would make the commits of the next one wait, too.
    sed -i '/synchronous_standby_names/d' "$WB_SERVERS_DIR/postgres/data/postgresql.auto.conf"
    "$WB_ROOT/scripts/servers" start "$WB_SERVERS_DIR" --fast postgres || exit 99
    is "the $when commit unanswered: it was made" \
        "SELECT count(*) FROM whimbrel.run WHERE state = '$([ $when = first ] && echo loading || echo 'done')'" 1
    end_zombie
    [ "$ZRC" = 0 ] || cp "$DIR/zombie" "$ERR"
    [ "$ZRC" = 0 ] || copy "${flags[@]}"
    rc "the $when commit unanswered: (first run: exit $ZRC) done" 0
    equal_tables "the $when commit unanswered: every row once" $tables
done

wb_finish
