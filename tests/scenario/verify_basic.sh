#!/bin/bash
# After a copy everything is equal; then one row after another is spoilt, and each is found and named with both
# values. Keys of all kinds, tables without one, parts of tables.
. "$(dirname "$0")/verify.bash"

# --- SQLite to SQLite ----------------------------------------------------------------------------
lite_pair
sl "CREATE TABLE item (id INTEGER PRIMARY KEY, name TEXT NOT NULL, price REAL, note TEXT);
    WITH RECURSIVE n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < 5000)
    INSERT INTO item SELECT i, 'item ' || i, i / 4.0, CASE i % 3 WHEN 0 THEN NULL ELSE 'n' END FROM n;
    CREATE TABLE bag (a, b TEXT);
    WITH RECURSIVE n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < 300) INSERT INTO bag SELECT i % 7, 'b' || (i % 3) FROM n;
    CREATE TABLE empty (id INTEGER PRIMARY KEY, v);
    CREATE INDEX item_name ON item (name);"
copy
rc "SQLite: the copy succeeds" 0
verify
rc "SQLite: equal after a copy" 0
last_line "SQLite: the last line says so" '^Equal: 3 tables with 5,300 rows'
says "SQLite: a table's line has its rows and outcome" '^ *[a-z.]*item ' '5,000' 'equal'
is_kept() { equal "$1" "$2" "$(tl "SELECT count(*) FROM whimbrel_verdicts WHERE outcome = 'equal'")"; }
is_kept "SQLite: a verdict a table is kept in the target" 3

tl "UPDATE item SET price = 10.125 WHERE id = 40; UPDATE item SET note = '' WHERE id = 3;
    DELETE FROM item WHERE id = 4001; INSERT INTO item VALUES (9000, 'nobody''s', NULL, NULL)"
verify --json --settle 300ms
rc "SQLite: spoilt: exit 1" 1
verified "SQLite: one missing, one extra, two different" '[.missing_rows, .extra_rows, .changed_rows]' '[1,1,2]'
differs "SQLite: the changed value" changed 'id = 40' price '"10"' '"10.125"'
differs "SQLite: NULL against ''" changed 'id = 3' note null '""'
differs "SQLite: the missing row" missing 'id = 4001' name '"item 4001"' null
differs "SQLite: the extra row" extra 'id = 9000' name null "\"nobody's\""
verified "SQLite: the others are equal" '[.tables[] | select(.outcome == "equal") | .source | sub(".*[.]"; "")] | sort' '["bag","empty"]'

verify --settle 300ms
rc "SQLite: for people: exit 1" 1
says "the table that differs is marked" 'item' 'DIFFERENT'
says "NULL and '' are told apart" "note: NULL in the source, '' in the target"
says "the missing row is named" 'id = 4001: missing in the target'
says "the extra row is named" 'id = 9000: in the target only'
last_line "the verdict counts and says what is next" '^Different: 1 of 3 tables; 4 rows \(1 missing, 1 extra, 2 different\).*--repair'

verify --redact --settle 300ms
rc "--redact: exit 1" 1
says "--redact: the row and the column are named" 'price: \(redacted\) in the source, \(redacted\) in the target'
silent "--redact: no value is shown" '10\.125|nobody'
verify --redact --json --settle 300ms
silent "--redact --json: no value is shown" '10\.125|nobody'

verify --columns name --tables item --settle 300ms --no-record --json
rc "--columns: missing and extra rows are found all the same" 1
verified "--columns: what differs elsewhere is not" '[.missing_rows, .extra_rows, .changed_rows, .tables[0].columns]' '[1,1,0,"id, name"]'
verify --where 'id < 40' --tables item --settle 300ms --no-record --json
rc "--where: only these rows" 1
verified "--where: only these rows differ" '[.missing_rows, .extra_rows, .changed_rows, .tables[0].where]' '[0,0,1,"id < 40"]'
verify --where 'id BETWEEN 100 AND 200' --tables item --no-record
rc "--where: rows that are equal" 0
verify --tables bag,empty --no-record
rc "--tables: the others are equal" 0
verify --exclude item --no-record
rc "--exclude: the others are equal" 0
verify --tables item --max-differences 1 --settle 300ms --no-record --json
verified "--max-differences lists one, counts all" '[(.tables[0].differences | length), .missing_rows + .extra_rows + .changed_rows]' '[1,4]'
verify --tables 'no*such' --no-record
rc "a filter that matches nothing is a mistake" 2

# A table without a key: equal rows are counted.
tl "DELETE FROM item WHERE id = 9000"
tl "DELETE FROM bag WHERE rowid = (SELECT rowid FROM bag WHERE a = 1 AND b = 'b1' LIMIT 1);
    INSERT INTO bag VALUES (99, 'z'), (99, 'z')"
verify --tables bag --json --settle 300ms --no-record
rc "without a key: exit 1" 1
verified "without a key: one of equal rows is missing, two are extra" \
    '[.tables[0].differences[] | [.kind, .copies, ([.values[].source | tostring] | join("/"))]] | sort' \
    '[["extra",2,"null/null"],["missing",1,"1/b1"]]'

# --- MariaDB to PostgreSQL -----------------------------------------------------------------------
pair basic
load <<'SQL'
CREATE TABLE pair_key (a int, b varchar(20), v decimal(12,3), PRIMARY KEY (a, b));
INSERT INTO pair_key SELECT seq DIV 3, CONCAT('k', seq MOD 3), seq / 8 FROM seq_1_to_3000;
CREATE TABLE by_uuid (id uuid PRIMARY KEY, v datetime(6));
INSERT INTO by_uuid SELECT UUID(), TIMESTAMPADD(MICROSECOND, seq, '2026-01-01') FROM seq_1_to_2000;
CREATE TABLE by_text (k varchar(40) CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci PRIMARY KEY, v int);
INSERT INTO by_text SELECT CONCAT(CASE seq MOD 3 WHEN 0 THEN 'Ä' WHEN 1 THEN 'b' ELSE 'Z' END, seq), seq FROM seq_1_to_2000;
CREATE TABLE by_bin (k varchar(40) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin PRIMARY KEY, v blob);
INSERT INTO by_bin SELECT CONCAT(CASE seq MOD 2 WHEN 0 THEN 'a' ELSE 'A' END, seq), CHAR(seq MOD 256) FROM seq_1_to_2000;
CREATE TABLE no_key (a int, b text);
INSERT INTO no_key SELECT seq MOD 10, CONCAT('t', seq MOD 4) FROM seq_1_to_1000;
CREATE TABLE kinds (id bigint unsigned PRIMARY KEY, f float, d double, b tinyint(1), j json, e enum('x','y'), s set('p','q'),
    t time(3), y year, bits bit(9), bin binary(4), ts timestamp(3) NULL);
INSERT INTO kinds SELECT seq, seq / 3, seq / 7, seq MOD 2, JSON_OBJECT('n', seq), IF(seq MOD 2, 'x', 'y'), IF(seq MOD 3, 'p,q', ''),
    SEC_TO_TIME(seq * 10), 2000 + seq MOD 50, seq MOD 512, CHAR(seq MOD 256), TIMESTAMPADD(SECOND, seq, '2026-03-01') FROM seq_1_to_500;
INSERT INTO kinds VALUES (18446744073709551615, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
SQL
copy
rc "MariaDB to PostgreSQL: the copy succeeds" 0
verify
rc "MariaDB to PostgreSQL: equal after a copy" 0
last_line "MariaDB to PostgreSQL: the last line says so" '^Equal: 6 tables'
pq "UPDATE kinds SET d = d + 1e-9 WHERE id = 7; UPDATE kinds SET j = '{\"n\": 80}' WHERE id = 8; UPDATE kinds SET f = NULL WHERE id = 9" >"$DIR/spoilt"
pq "UPDATE pair_key SET v = v + 0.001 WHERE a = 500 AND b = 'k1'; DELETE FROM pair_key WHERE a = 501 AND b = 'k2'" >>"$DIR/spoilt"
pq "UPDATE by_text SET v = -1 WHERE k = 'b10'; INSERT INTO by_text VALUES ('zusätzlich', 1)" >>"$DIR/spoilt"
pq "UPDATE by_bin SET v = '\\x00'::bytea WHERE k = 'A7'" >>"$DIR/spoilt"
pq "UPDATE by_uuid SET v = v + interval '1 microsecond' WHERE v = '2026-01-01 00:00:00.000100'" >>"$DIR/spoilt"
pq "DELETE FROM no_key WHERE ctid = (SELECT min(ctid) FROM no_key WHERE a = 3)" >>"$DIR/spoilt"
equal "the target is spoilt" "" "$(cat "$DIR/spoilt")"
uuid=$(mq "SELECT id FROM by_uuid WHERE v = '2026-01-01 00:00:00.000100'")
verify --json --settle 300ms
rc "MariaDB to PostgreSQL: spoilt: exit 1" 1
verified "every row that was spoilt is counted, and no other" '[.missing_rows, .extra_rows, .changed_rows]' '[2,1,7]'
differs "a composite key" changed "a = 500, b = 'k1'" v '"187.625"' '"187.626"'
differs "a composite key, missing" missing "a = 501, b = 'k2'" v '"188.125"' null
differs "a case-insensitive text key" changed "k = 'b10'" v '"10"' '"-1"'
differs "a text key with an umlaut" extra "k = 'zusätzlich'" v null '"1"'
differs "a text key by bytes" changed "k = 'A7'" v '"0x07"' '"0x00"'
differs "a uuid" changed "id = $uuid" v '"2026-01-01 00:00:00.000100"' '"2026-01-01 00:00:00.000101"'
differs "a json value" changed "id = 8" j '"{\"n\": 8}"' '"{\"n\": 80}"'
verified "all six tables are different" '[.tables[] | select(.outcome == "different")] | length' 6
for mode in stream server; do
    verify --mode $mode --json --settle 300ms --no-record
    rc "--mode $mode: exit 1" 1
    verified "--mode $mode: the same rows" '[.missing_rows, .extra_rows, .changed_rows]' '[2,1,7]'
done

# Renames and casts: what the copy was told, verify is told.
pair named
load <<'SQL'
CREATE TABLE users (id int PRIMARY KEY, mail varchar(50), amount decimal(10,2));
INSERT INTO users SELECT seq, CONCAT('u', seq, '@example.org'), seq / 100 FROM seq_1_to_500;
CREATE TABLE log_x (id int PRIMARY KEY);
SQL
as=(--rename users=accounts --rename users.mail=email --cast 'column:users.amount=text' --exclude 'log_*')
copy "${as[@]}"
rc "with names and types: the copy succeeds" 0
verify "${as[@]}"
rc "with names and types: equal" 0
verify --exclude 'log_*' --no-record
rc "without them: the table is missing" 1
pq "UPDATE accounts SET email = 'x' WHERE id = 5" >/dev/null
verify "${as[@]}" --json --settle 300ms
differs "with names and types: a difference names the target's column" changed 'id = 5' email '"u5@example.org"' '"x"'

# Mistakes on the command line.
mistake() { # CASE REGEX FLAG…
    local name=$1 re=$2
    shift 2
    verify "$@"
    rc "$name: exit 2" 2
    says "$name: says what is wrong" "$re"
}
mistake "an unknown level" 'none of counts, schema' --levels counts,rows
mistake "a time without a unit" '500ms, 5s or 10m' --settle 5
mistake "--execute alone" '--repair' --execute
mistake "a report of unknown kind" '\.md, \.html, \.json' --report x.pdf
mistake "an option that is nearly right" 'did you mean --levels' --level counts
SRC=plan.md verify
rc "a plan and a database: exit 2" 2
says "a plan and a database: the plan names both" 'one argument too many: the plan plan.md names both databases'

# --- what SQLite holds is compared by the types that were wanted -----------------------------------
lite_pair
sl "CREATE TABLE cast_to (id INTEGER PRIMARY KEY, c INTEGER, d INTEGER); INSERT INTO cast_to VALUES (1, 5, 7), (2, NULL, -8), (3, 9223372036854775807, 0)"
copy --cast column:cast_to.c=TEXT --cast column:cast_to.d=DECIMAL
verify --cast column:cast_to.c=TEXT --cast column:cast_to.d=DECIMAL
rc "integers that were cast to text are no difference in SQLite" 0
tl "UPDATE cast_to SET c = '6' WHERE id = 1"
verify --cast column:cast_to.c=TEXT --cast column:cast_to.d=DECIMAL --settle 300ms --json
differs "integers that were cast to text: what differs does" changed 'id = 1' c '"5"' '"6"'

# --- counts alone: one table that settles holds up no other ----------------------------------------
lite_pair
sl "CREATE TABLE behind (id INTEGER PRIMARY KEY); INSERT INTO behind SELECT value FROM generate_series(1, 1000); CREATE TABLE there (id INTEGER PRIMARY KEY)"
copy
tl "DELETE FROM behind WHERE id = 7"
verify --levels counts --jobs 1 --settle 2s --json
rc "counts that differ: exit 1" 1
equal "counts that differ: the other table is done first, by the only worker" "there behind" \
    "$(jq -r 'select(.event == "table_done") | .table.source | sub(".*[.]"; "")' "$OUT" | paste -sd ' ')"
verified "counts that differ: by so many" '[.missing_rows, .extra_rows]' '[1,0]'

# --- a file that is not there ----------------------------------------------------------------------
SRC="sqlite:$DIR/not-there.db" verify
rc "no such file: exit 4" 4
says "no such file: the side is named once" 'cannot connect: source sqlite:'
silent "no such file: not twice" 'source: source'
says "no such file: what to do is about the path" 'check the path'
# --- slips of whoever types ------------------------------------------------------------------------

lite_pair
sl "CREATE TABLE item (id INTEGER PRIMARY KEY, v); INSERT INTO item SELECT value, value FROM generate_series(1, 50)"
verify
rc "a target file that is not there: exit 4" 4
if [ -e "$dst" ]; then case_fail "a target file that is not there is not made" "it was"; else case_ok "a target file that is not there is not made"; fi
copy
verify --columns v,w
rc "a column that no table has: exit 2" 2
says "a column that no table has: named" '"w" matches no column'
verify --tables item,itme
rc "a table that is not there beside one that is: exit 2" 2
says "a table that is not there beside one that is: named" '"itme" matches none'
verify --where 'w > 1'
says "a condition that one side does not understand: what to do" 'check --where'
verify --json --sample 10
verified "--sample alone takes a sample instead of digests" '[.exit_code, (.levels | index("sample") != null), (.levels | index("digests")), .tables[0].strength]' '[0,true,null,"sample"]'
wb_finish
