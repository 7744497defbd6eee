#!/bin/bash
# kill -9 at random instants, then the same command: everything is there once. WB_KILLS (5) rounds;
# WB_SEED repeats a run.
. "$(dirname "$0")/copy.bash"

rounds=${WB_KILLS:-5}
RANDOM=${WB_SEED:=$(($(date +%N | sed 's/^0*//') % 32768))}
echo "# WB_SEED=$WB_SEED"

pair resume
load <<'SQL'
CREATE TABLE parent (id int PRIMARY KEY AUTO_INCREMENT, name varchar(40) NOT NULL, KEY name (name)) AUTO_INCREMENT=100000;
INSERT INTO parent SELECT seq, CONCAT('p', seq) FROM seq_1_to_20000;
CREATE TABLE child (id int PRIMARY KEY, p int NOT NULL, v varchar(120), KEY p (p), CONSTRAINT child_parent FOREIGN KEY (p) REFERENCES parent (id));
INSERT INTO child SELECT seq * 3, seq % 20000 + 1, REPEAT('c', 100) FROM seq_1_to_60000;
CREATE TABLE textkey (k varchar(20) PRIMARY KEY, v int);
INSERT INTO textkey SELECT LEFT(MD5(seq), 20), seq FROM seq_1_to_20000;
CREATE TABLE nokey (a int, b varchar(60));
INSERT INTO nokey SELECT seq % 100, 'twice' FROM seq_1_to_20000;
CREATE TABLE compo (a int, b int, v int, PRIMARY KEY (a, b));
INSERT INTO compo SELECT seq % 7, seq, seq FROM seq_1_to_20000;
CREATE TABLE uniq (id bigint unsigned PRIMARY KEY, u int NOT NULL UNIQUE);
INSERT INTO uniq SELECT seq * 900000000000000, 20001 - seq FROM seq_1_to_20000;
ANALYZE TABLE parent, child, textkey, nokey, compo, uniq;
SQL
tables='parent child textkey nokey compo uniq'
flags=(--chunk-bytes 400k --jobs 2)

complete() { # CASE-PREFIX: everything that a whole copy has
    # shellcheck disable=SC2086
    equal_tables "$1: every row once" $tables
    is "$1: every index and key" "SELECT count(*) FROM pg_index i JOIN pg_class c ON c.oid = indrelid
        WHERE relnamespace = 'public'::regnamespace AND indisvalid" 8
    is "$1: the foreign key" "SELECT convalidated FROM pg_constraint WHERE contype = 'f'" t
    is "$1: the next value" "INSERT INTO parent (name) VALUES ('new') RETURNING id" 100000
}

ms=$(date +%s%3N)
copy "${flags[@]}"
whole_ms=$(($(date +%s%3N) - ms))
rc "undisturbed: exit 0" 0
complete undisturbed

killed=0
for ((round = 1; round <= rounds; round++)); do
    fresh_target
    start "${flags[@]}"
    # An instant, not a state: this is the one place where time itself is the test.
    after_ms=$((RANDOM % (whole_ms + 1)))
    sleep "$(printf '%d.%03d' $((after_ms / 1000)) $((after_ms % 1000)))"
    kill -9 "$COPY" 2>/dev/null
    finish
    first=$RC
    [ "$first" != 137 ] || killed=$((killed + 1))
    case $first in
    137 | 0) ;;
    *) case_fail "round $round: killed after $after_ms ms" "exit $first" ;;
    esac
    copy "${flags[@]}"
    rc "round $round: killed after $after_ms of $whole_ms ms (exit $first), the same command finishes" 0
    complete "round $round"
done
if [ "$killed" -gt 0 ]; then case_ok "$killed of $rounds kills hit a run"; else case_fail "kills hit a run" "none did"; fi

# Killed again and again, each time a little later: it gets there, and never says so before.
fresh_target
tries=0
while :; do
    tries=$((tries + 1))
    start "${flags[@]}"
    sleep "$(printf '0.%03d' $((whole_ms > 3000 ? 999 : whole_ms / 4 + tries * 20)))"
    kill -9 "$COPY" 2>/dev/null
    finish
    [ "$RC" != 0 ] && [ $tries -lt 25 ] || break
done
[ "$RC" = 0 ] || copy "${flags[@]}"
rc "killed $((tries - 1)) times in a row: finishes" 0
complete "killed $((tries - 1)) times in a row"

# Asked to stop, politely.
for signal in INT TERM; do
    fresh_target
    start "${flags[@]}" --max-rate 4M
    midway "under way, then SIG$signal" "SELECT count(*) > 0 FROM child" && kill -$signal "$COPY"
    finish
    rc "SIG$signal: exit $([ $signal = INT ] && echo 130 || echo 143)" "$([ $signal = INT ] && echo 130 || echo 143)"
    says "SIG$signal: says how to go on" 'again|continue|resum'
    copy "${flags[@]}"
    rc "SIG$signal: the same command finishes" 0
    complete "SIG$signal"
done

# Nothing is left behind on the source.
equal "no session is left on the source" 0 "$(my -e "SELECT count(*) FROM information_schema.processlist WHERE db = '$MY'")"

wb_finish
