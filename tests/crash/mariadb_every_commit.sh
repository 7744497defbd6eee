#!/bin/bash
# MariaDB to PostgreSQL: the process is ended by kill -9 just before every commit in the target, just after every third, and
# before every ninth statement; the same command then finishes, and psql and mariadb see the same rows.
set -u
. "$(dirname "$0")/../lib.sh"
src=$(my_db crash_commit)
failures=0
exec 2>/dev/null # the shell reports every process that a signal ended

my crash_commit <<'SQL'
CREATE TABLE parent (id INT AUTO_INCREMENT PRIMARY KEY, name VARCHAR(40) NOT NULL UNIQUE, ok TINYINT(1)) ENGINE=InnoDB;
CREATE TABLE child (id INT PRIMARY KEY, parent_id INT NOT NULL, v DOUBLE, KEY (parent_id),
  CONSTRAINT child_parent FOREIGN KEY (parent_id) REFERENCES parent(id) ON DELETE CASCADE) ENGINE=InnoDB;
CREATE TABLE no_key (a INT, b VARCHAR(10)) ENGINE=InnoDB;
INSERT INTO parent SELECT seq, CONCAT('name ', seq), seq % 2 FROM seq_1_to_2500;
INSERT INTO child SELECT seq * 3, seq % 2500 + 1, seq / 7 FROM seq_1_to_2600;
INSERT INTO no_key SELECT seq, 'b' FROM seq_1_to_1200;
ANALYZE TABLE parent, child, no_key;
SQL
source_rows() {
    my -N crash_commit -e "SELECT id, name, ok FROM parent ORDER BY id; SELECT id, parent_id, CAST(v AS DECIMAL(20,6)) FROM child ORDER BY id;
        SELECT a, b FROM no_key ORDER BY a" | tr '\t' '|'
}
target_rows() {
    pg crash_commit -c "SELECT id, name, ok::int FROM parent ORDER BY id" -c "SELECT id, parent_id, v::numeric(20,6) FROM child ORDER BY id" \
        -c "SELECT a, b FROM no_key ORDER BY a"
}
objects() {
    pg crash_commit -c "SELECT indexdef FROM pg_indexes WHERE schemaname = 'public' ORDER BY 1" \
        -c "SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint WHERE connamespace = 'public'::regnamespace ORDER BY 1" \
        -c "SELECT nextval(pg_get_serial_sequence('parent', 'id'))"
}
want=$(source_rows)
copy() {
    "$WHIMBREL" copy "$src" "$dst" --chunk-bytes 40000 --quiet >"$WB_TMP/out" 2>&1
}

dst=$(pg_db crash_commit)
copy || { cat "$WB_TMP/out"; exit 1; }
want_objects=$(objects)

every() { # POINT ACTION STEP
    local n rc
    for ((n = 1; n < 300; n += $3)); do
        dst=$(pg_db crash_commit)
        WHIMBREL_TEST_FAULT=$1:$n:$2 copy
        rc=$?
        [ "$rc" -eq 0 ] && break
        if [ "$rc" -ne 137 ]; then
            echo "not ok $1 $2 at $n: exit code $rc: $(tail -2 "$WB_TMP/out")"
            failures=1
            return
        fi
        copy
        rc=$?
        if [ "$rc" -ne 0 ] || [ "$(target_rows)" != "$want" ] || [ "$(objects)" != "$want_objects" ]; then
            echo "not ok $1 $2 at $n: second run ended with $rc: $(tail -2 "$WB_TMP/out")"
            diff <(echo "$want") <(target_rows) | head -3
            diff <(echo "$want_objects") <(objects) | head -3
            failures=1
            return
        fi
    done
    if ((n >= 300)); then # the undisturbed run is the last of them
        echo "not ok $1 $2: more than $n points"
        failures=1
        return
    fi
    echo "ok $1 $2: $n points"
}
every commit kill-before 1
every commit kill-after 3
every exec kill-before 9
exit $failures
