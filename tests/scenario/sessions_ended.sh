#!/bin/bash
# A server ends our sessions at random instants, on either side: the copy goes on by itself, or the same command does,
# and everything is there once; exit code 0 never comes before that. WB_KILLS (4) rounds; WB_SEED repeats a run.
. "$(dirname "$0")/copy.bash"

rounds=${WB_KILLS:-4}
RANDOM=${WB_SEED:=$(($(date +%N | sed 's/^0*//') % 32768))}
echo "# WB_SEED=$WB_SEED"

pair sessions_ended
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


# One of our sessions there, by chance; nothing where none is left.
end_at_source() {
    local id
    id=$(my -e "SELECT id FROM information_schema.processlist WHERE db = '$MY' AND id <> connection_id() ORDER BY RAND() LIMIT 1")
    [ -n "$id" ] && my -e "KILL $id" 2>/dev/null
}
end_at_target() {
    pg postgres -c "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
        WHERE datname = '$DST' AND application_name LIKE 'whimbrel%' ORDER BY random() LIMIT 1" >/dev/null
}

copy "${flags[@]}"
rc "undisturbed: exit 0" 0
ended=0
for ((round = 1; round <= rounds; round++)); do
    fresh_target
    start "${flags[@]}" --max-rate 8M
    # An instant, not a state: this is where time itself is the test.
    sleep "0.$(printf '%03d' $((RANDOM % 1000)))"
    if ((round % 2)); then end_at_source; else end_at_target; fi && ended=$((ended + 1))
    finish
    first=$RC
    case $first in
    0 | 4) ;;
    *) case_fail "round $round: a session was ended" "exit $first: $(short "$OUT")" ;;
    esac
    [ "$first" = 0 ] || copy "${flags[@]}"
    rc "round $round: (first run: exit $first) done" 0
    complete "round $round"
done
[ "$ended" -gt 0 ] && case_ok "sessions were ended" || case_fail "sessions were ended" "none in $rounds rounds"
wb_finish
