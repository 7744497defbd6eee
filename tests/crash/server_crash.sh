#!/bin/bash
# time limit: 300 s
# The servers crash (kill -9) in the middle of a copy, either of them and both, and come back: the run's own retries, or
# the same command, finish it exactly. The runner stops itself at a commit, so the instant does not depend on luck.
. "$(dirname "$0")/../scenario/copy.bash"

wb_own_servers mariadb postgres
pair crash
load <<'SQL'
CREATE TABLE parent (id int PRIMARY KEY AUTO_INCREMENT, name varchar(40) NOT NULL, KEY name (name)) AUTO_INCREMENT=5000;
INSERT INTO parent SELECT seq, CONCAT('p', seq) FROM seq_1_to_1500;
CREATE TABLE child (id int PRIMARY KEY, p int NOT NULL, v varchar(120), CONSTRAINT child_parent FOREIGN KEY (p) REFERENCES parent (id));
INSERT INTO child SELECT seq * 3, seq % 1500 + 1, REPEAT('c', 100) FROM seq_1_to_6000;
CREATE TABLE nokey (a int, b varchar(60));
INSERT INTO nokey SELECT seq % 100, 'twice' FROM seq_1_to_700;
ANALYZE TABLE parent, child, nokey;
SQL
tables='parent child nokey'
flags=(--chunk-bytes 100k --jobs 1)
servers() { "$WB_ROOT/scripts/servers" "$1" "$WB_SERVERS_DIR" "${@:2}"; }
bring_back() { servers start --fast "$@" || exit 99; }

is_at_rest() {
    case $(sed 's/.*) //' "/proc/$COPY/stat" 2>/dev/null | cut -c1) in T) ;; Z | '') ended=1 ;; *) return 1 ;; esac
}
start_until() { # FAULT [FLAG…]: a run that has stopped itself there
    export WHIMBREL_TEST_FAULT=$1
    start "${flags[@]}" "${@:2}"
    unset WHIMBREL_TEST_FAULT
    ended=
    wb_wait 60 is_at_rest && [ -z "$ended" ] || case_fail "it stops at $1" "$(tail -qn 2 "$ERR" "$OUT")"
}
complete() { # CASE
    # shellcheck disable=SC2086
    equal_tables "$1: every row once" $tables
    is "$1: every index, the foreign key, the next value" "SELECT (SELECT count(*) FROM pg_index i JOIN pg_class c ON c.oid = indrelid
        WHERE relnamespace = 'public'::regnamespace AND indisvalid), (SELECT count(*) FROM pg_constraint WHERE contype = 'f'
        AND convalidated), nextval('parent_id_seq')" "$(printf '4\t1\t5000')"
}
tries_again() { grep -qi 'again\|retr' "$ERR" "$OUT" || ! kill -0 "$COPY" 2>/dev/null; }
for which in postgres mariadb 'mariadb postgres'; do
    # In the second chunk, with its rows sent; between two chunks; where indexes are built.
    for point in commit:4:stop-before commit:5:stop-after commit:14:stop-before; do
        name="$which killed at $point"
        fresh_target
        start_until $point --retries 1000
        # shellcheck disable=SC2086
        servers kill $which
        kill -CONT "$COPY"
        # Only when the run has met a dead server is it started again: else there would be nothing to retry.
        wb_wait 60 tries_again || case_fail "$name: it tries again" "$(tail -qn 2 "$ERR" "$OUT")"
        # shellcheck disable=SC2086
        bring_back $which
        finish
        rc "$name: its own retries finish" 0
        complete "$name"
    done
    name="$which killed, no retries"
    fresh_target
    start_until commit:5:stop-before --retries 0
    # shellcheck disable=SC2086
    servers kill $which
    kill -CONT "$COPY"
    finish
    rc "$name: exit 4" 4
    says "$name: says how to go on" 'same command'
    # shellcheck disable=SC2086
    bring_back $which
    copy "${flags[@]}"
    rc "$name: the same command finishes" 0
    complete "$name"
done

wb_finish
