#!/bin/bash
# Verification beside writers. A target that follows its source at a distance never differs; a row that really
# differs always does, whatever is written around it; a row that is never still is neither. And kill -9 at random
# moments, then the same command: the same verdict, without reading again what was compared.
. "$(dirname "$0")/verify.bash"

seed
pair live
load <<'SQL'
CREATE TABLE acct (id int PRIMARY KEY, bal bigint NOT NULL, note varchar(60) NOT NULL);
INSERT INTO acct SELECT seq, 1000, REPEAT('a', 40) FROM seq_1_to_20000;
CREATE TABLE names (name varchar(30) COLLATE utf8mb4_general_ci PRIMARY KEY, v int NOT NULL);
INSERT INTO names SELECT CONCAT('Name ', seq), seq FROM seq_1_to_5000;
CREATE TABLE log (a int, b varchar(20));
INSERT INTO log SELECT seq % 100, 'x' FROM seq_1_to_3000;
ANALYZE TABLE acct, names, log;
SQL
copy
rc "the copy succeeds" 0

# --- a target that follows ---------------------------------------------------------------------------

# Each turn changes rows that no later turn touches until it has come through, on the source first and, some 300 ms
# later, on the target: what a replica does. Ends when the file is gone.
statement() { # statement TURN
    local id=$(($1 * 37 % 19000 + 1))
    echo "UPDATE acct SET bal = bal + $1, note = 'turn $1' WHERE id BETWEEN $id AND $((id + 5));
        UPDATE names SET v = v + 1 WHERE name = 'Name $(($1 % 4000 + 1))';
        INSERT INTO acct VALUES ($((100000 + $1)), $1, 'new');
        DELETE FROM acct WHERE id = $((99990 + $1));
        INSERT INTO log VALUES ($1, 'live');"
}
writer() {
    local turn=0
    while [ -e "$DIR/writing" ]; do
        turn=$((turn + 1))
        my "$MY" -e "$(statement $turn)" || echo "source: turn $turn failed"
        sleep 0.3
        pg -d "$PG" -q -c "$(statement $turn)" >/dev/null || echo "target: turn $turn failed"
        echo $turn >"$DIR/turns"
    done
}
wait_for_turn() { # wait_for_turn N: until the writer has come so far
    for ((i = 0; i < 600; i++)); do
        [ "$(cat "$DIR/turns" 2>/dev/null || echo 0)" -lt "$1" ] || return 0
        sleep 0.1
    done
    case_fail "the writer writes" "turn $1 never came"
}

touch "$DIR/writing"
writer 2>"$DIR/writer.err" >"$DIR/writer.out" &
writer=$!
wait_for_turn 2
levels=(--levels counts,digests --max-rate 4M --settle 20s) # a slow machine's writer stays away for longer than 300 ms
retried=0
for ((round = 1; round <= 3 || (retried == 0 && round <= 40); round++)); do # until the writer was met
    verify --json "${levels[@]}" --restart
    rc "a target that follows, round $round: nothing differs" 0
    verified "a target that follows, round $round: no row is called different" \
        '[.missing_rows, .extra_rows, .changed_rows, .unsettled_rows]' '[0,0,0,0]'
    retried=$((retried + $(tail -n 1 "$OUT" | jq '.retried_rows // 0')))
done
if ((retried)); then case_ok "rows differed at first and settled"; else case_fail "rows differed at first and settled" "none did: the writer was not met"; fi

# --- what really differs -----------------------------------------------------------------------------

pg -d "$PG" -q -c "UPDATE acct SET note = 'wrong' WHERE id = 19777; DELETE FROM acct WHERE id = 19778;
    INSERT INTO acct VALUES (50000, 1, 'extra'); UPDATE names SET v = -1 WHERE name = 'Name 4500';
    DELETE FROM log WHERE ctid = (SELECT min(ctid) FROM log WHERE b = 'x')"
for ((round = 1; round <= 2; round++)); do
    verify --json "${levels[@]}" --restart
    rc "what really differs, round $round: exit 1" 1
    verified "what really differs, round $round: exactly that" \
        '[.missing_rows, .extra_rows, .changed_rows]' '[2,1,2]'
    differs "what really differs, round $round: the row" changed 'id = 19777' note "\"$(printf 'a%.0s' {1..40})\"" '"wrong"'
done

# --- killed ------------------------------------------------------------------------------------------

rm "$DIR/writing"
wait $writer
equal "the writer met no error" "" "$(cat "$DIR/writer.out" "$DIR/writer.err")"
killed=0
for ((round = 1; round <= 4; round++)); do
    "$WHIMBREL" verify "$SRC" "$DST" --levels digests --max-rate 1M --settle 300ms >"$OUT" 2>"$ERR" </dev/null &
    run=$!
    instant $((RANDOM % 1500))
    kill -9 $run 2>/dev/null && killed=$((killed + 1))
    wait $run 2>/dev/null
    verify --json --levels digests --settle 300ms
    rc "killed, round $round: the same command finds the difference" 1
    verified "killed, round $round: the same verdict" \
        '[.missing_rows, .extra_rows, .changed_rows]' '[2,1,2]'
done
if ((killed)); then case_ok "$killed of 4 kills hit a run"; else case_fail "kills hit a run" "none did"; fi

# --- a row that is never still -----------------------------------------------------------------------

pg -d "$PG" -q -c "UPDATE acct SET note = REPEAT('a', 40) WHERE id = 19777; INSERT INTO acct VALUES (19778, 1000, REPEAT('a', 40));
    DELETE FROM acct WHERE id = 50000; UPDATE names SET v = 4500 WHERE name = 'Name 4500'; INSERT INTO log VALUES (1, 'x')"
pg -d "$PG" -q -c "DELETE FROM acct WHERE id = 7"
my "$MY" -e "DELETE FROM acct WHERE id = 7; INSERT INTO acct VALUES (7, 0, 'hot')"
pg -d "$PG" -q -c "INSERT INTO acct VALUES (7, -1, 'hot')"
start_writer yes "UPDATE acct SET bal = bal + 1 WHERE id = 7;" # by one session, so that it is never still
is_hot() { [ "$(mq "SELECT bal > 100 FROM acct WHERE id = 7")" = 1 ]; }
wb_wait 60 is_hot || case_fail "a row is never still" "$(cat "$DIR/writes.err")"
verify --json --levels digests --settle 2s --tables acct
equal "a row that is never still: it was written to until the end" yes "$(kill -0 "$WRITER" 2>/dev/null && echo yes)"
end_writer
rc "a row that is never still: exit 6, or 1 for the failure that still stands" '1|6'
verified "a row that is never still: neither equal nor different" \
    '[.tables[] | select(.source | endswith("acct")) | .outcome, .unsettled_rows, .changed_rows]' '["unverified",1,0]'

# --- a row that settles, as people see it --------------------------------------------------------------

lite_pair
sl "CREATE TABLE late (id INTEGER PRIMARY KEY, v); INSERT INTO late SELECT value, value FROM generate_series(1, 100)"
copy
tl "UPDATE late SET v = -1 WHERE id = 5"
WHIMBREL_TRACE=$DIR/trace "$WHIMBREL" verify "$SRC" "$DST" --settle 600s >"$OUT" 2>"$ERR" </dev/null &
run=$!
read_again() { [ "$(grep -cs ' target read.open .* late' "$DIR/trace" || true)" -ge 3 ] 2>/dev/null || ! kill -0 $run 2>/dev/null; }
wb_wait 60 read_again || case_fail "the row is read again" "$(tail -n 3 "$DIR/trace")"
tl "UPDATE late SET v = 5 WHERE id = 5"
RC=0
wait $run || RC=$?
SAID=$DIR/said
cat "$OUT" "$ERR" >"$SAID"
rc "a row that settles: exit 0" 0
says "a row that settles: in the table's line" 'late: equal, 100 rows, 1 settled when read again'
says "a row that settles: in the summary" 'Compared 100 rows.* 1 row differed at first and settled when read again'
wb_finish
