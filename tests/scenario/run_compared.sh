#!/bin/bash
# "Checksums on …", "spot-check N random rows" and "row parity" within one database, by the mapping table: rows of the
# old and the new tables are joined by the key and compared, on every engine. What cannot be compared is a person's.
. "$(dirname "$0")/run.bash"

# Each engine: how its database is made and asked.
sqlite_db() { rm -f "$WB_TMP/compared.db" && SHOP=sqlite:$WB_TMP/compared.db; }
sqlite_do() { sqlite3 "$WB_TMP/compared.db" "$1"; }
postgres_db() { SHOP=$(pg_db compared); }
postgres_do() { pg compared -c "$1"; }
mariadb_db() { SHOP=$(my_db compared); }
mariadb_do() { my compared -e "$1"; }
db() { "${ENGINE}_do" "$1"; }

# A person's street is not known, another's name has a space too many.
shop_on() {
    ENGINE=$1
    "$1_db"
    export SHOP
    db "CREATE TABLE people (id int NOT NULL PRIMARY KEY, name varchar(40), street varchar(40), joined date)"
    db "CREATE TABLE customers (id int NOT NULL PRIMARY KEY, full_name varchar(40), joined date)"
    db "CREATE TABLE addresses (person_id int, street varchar(40))"
    db "INSERT INTO people VALUES (1, 'a', 'x', '2020-01-01'), (2, 'b', NULL, NULL), (3, ' c', 'z', '2021-01-01'), (4, 'd', 'y', '2022-01-01')"
    db "INSERT INTO customers SELECT id, trim(name), joined FROM people"
    db "INSERT INTO addresses SELECT id, street FROM people"
}

# asks CLAUSES: makes the plan anew, its mapping changed by EDIT; passes, fails: and runs it
asks() {
    plan compared
    [ -z "${EDIT:-}" ] || sed -i "$EDIT" "$PLAN"
    sed -i "s/^\*\*Integrity check\*\*.*/**Integrity check**: $1/" "$PLAN"
}
passes() { asks "$1" && run && assert_eq 0 "$RC" "$(cat "$OUT")"; }
fails() { asks "$1" && run && assert_eq 1 "$RC" "$1: $(cat "$OUT")" && said "$2"; }
# Of a plan as asks has made it: what check says, on one line.
checked() {
    "$WHIMBREL" check "$PLAN" "${@:2}" >"$WB_TMP/check" 2>&1
    assert_match "$1" "$(tr -s '\n ' ' ' <"$WB_TMP/check")"
}

all="checksums match, checksums on name and street columns, spot-check 50 random rows, 100% row parity confirmed"
for engine in sqlite postgres mariadb; do
    wb_case "$engine: equal rows pass, also where both are NULL, and through the expression of As"
    shop_on $engine
    passes "$all"
    said 'people and customers \(customers.id = people.id\): 4 and 4 rows, all the same in full_name and joined'
    said 'addresses.person_id = people.id\): 4 and 4 random rows, chosen by the database, all the same in street'

    wb_case "$engine: one that differs in the case of a letter is told by its key, never with its value"
    db "UPDATE customers SET full_name = 'B' WHERE id = 2"
    for clause in "checksums match" "checksum on people.name" "spot-check 50 random rows" "100% row parity"; do
        fails "$clause" '1 differs \(full_name 1; id 2\)'
    done
    assert_eq 0 "$(sqlite3 "$PLAN.whimbrel.db" "SELECT count(*) FROM event WHERE kind = 'check' AND data LIKE '%''B''%'")"

    wb_case "$engine: columns that the clause does not name are not looked at"
    passes "checksums on joined and street columns"

    wb_case "$engine: NULL is not the same as a value, on either side"
    shop_on $engine
    db "UPDATE addresses SET street = '' WHERE person_id = 2"
    db "UPDATE customers SET joined = NULL WHERE id = 4"
    fails "checksums match" 'customers.*1 differs \(joined 1; id 4\).*addresses.*1 differs \(street 1; id 2\)'

    wb_case "$engine: a row that is missing, one too many and one that is there twice"
    shop_on $engine
    db "DELETE FROM customers WHERE id = 3"
    db "INSERT INTO customers VALUES (9, 'i', NULL)"
    for clause in "checksums match" "spot-check 50 random rows" "row parity"; do
        fails "$clause" '1 missing in customers \(id 3\), 1 too many in customers \(id 9\)'
    done
    db "INSERT INTO addresses VALUES (1, 'x'), (NULL, 'w')"
    fails "checksum on street" '4 and 6 rows, 1 too many in addresses \(id NULL\), 1 more than once in addresses \(id 1\)'
done

# --- large tables, PostgreSQL: parts of the key, samples from its range
many() { # many TEXT: that many rows of people and customers, the key of each as TEXT makes it of n
    db "TRUNCATE people, customers, addresses; INSERT INTO people SELECT $1, 'name', 's', NULL FROM generate_series(1, 210000) n;
        INSERT INTO customers SELECT id, 'name', NULL FROM people; ANALYZE people; ANALYZE customers"
}
EDIT='/addresses/d'
wb_case "a large table is compared in parts, to its last row"
shop_on postgres
many "n * 3"
passes "checksums match"
said '210,000 and 210,000 rows, all the same'
db "UPDATE customers SET full_name = 'other' WHERE id IN (3, 60000, 60003, 630000); DELETE FROM customers WHERE id = 300000"
fails "checksums match" '210,000 and 209,999 rows, 4 differ \(full_name 4; id 3, 60000, 60003, …\), 1 missing in customers \(id 300000\)'

wb_case "its random rows are drawn from the range of its key, as many as the plan says"
db "UPDATE customers SET full_name = 'name' WHERE full_name <> 'name'; INSERT INTO customers VALUES (300000, 'name', NULL)"
passes "spot-check 2,500 random rows"
said '2,500 and 2,500 random rows, drawn from the range of the key, all the same'
db "UPDATE customers SET full_name = 'other' WHERE id > 300000"
fails "spot-check 2,500 random rows" '2,500 and 2,500 random rows, drawn from the range of the key, 1,[0-9]+ differ'

wb_case "keys that are far apart are chosen by the database instead"
many "n * 10000"
passes "spot-check 2,500 random rows"
said '2,500 and 2,500 random rows, chosen by the database, all the same'

wb_case "whoever writes both sides in one transaction is never met between them"
many "n"
while :; do
    pg compared -c "BEGIN; UPDATE people SET name = name || '!' WHERE id % 5000 = 1;
        UPDATE customers SET full_name = full_name || '!' WHERE id % 5000 = 1; COMMIT" || break
done &
WRITER=$!
trap 'kill $WRITER 2>/dev/null' EXIT
wb_wait 60 eval '[ "$(db "SELECT count(*) FROM people WHERE length(name) > 5")" -gt 0 ]'
passes "checksums match, spot-check 2,000 random rows, checksums match"
kill $WRITER
wait $WRITER 2>/dev/null
trap - EXIT

wb_case "what As calls cannot write"
db "CREATE FUNCTION touch(t text) RETURNS text LANGUAGE plpgsql AS \$\$ BEGIN INSERT INTO addresses VALUES (1, t); RETURN t; END \$\$"
EDIT='/addresses/d; s/trim(name)/touch(name)/'
fails "checksums match" 'comparing people with customers: .*read-only'
assert_eq 0 "$(db 'SELECT count(*) FROM addresses')"

wb_case "a wide key, and one of text that a collation folds"
shop_on mariadb
db "CREATE TABLE items (order_id int, line int, what varchar(9), PRIMARY KEY (order_id, line));
    CREATE TABLE parts (of_order int, of_line int, what varchar(9), PRIMARY KEY (of_order, of_line));
    INSERT INTO items SELECT seq DIV 3, seq MOD 3, 'w' FROM seq_1_to_30000; INSERT INTO parts SELECT * FROM items;
    CREATE TABLE codes (code_id varchar(9) PRIMARY KEY, what text); CREATE TABLE names (code_id varchar(9) PRIMARY KEY, what text);
    INSERT INTO codes SELECT concat(IF(seq MOD 2, 'a', 'B'), seq), 'w' FROM seq_1_to_30000; INSERT INTO names SELECT * FROM codes"
EDIT='/^| `people/d; /^|---/a | `items.order_id` | `parts.of_order` | |\n| `items.line` | `parts.of_line` | |\n| `items.what` | `parts.what` | |\n| `codes.code_id` | `names.code_id` | |\n| `codes.what` | `names.what` | `concat(what)` |'
passes "checksums match, spot-check 500 random rows"
said '500 and 500 random rows, chosen by the database, all the same in what'
said 'parts.of_order = items.order_id and parts.of_line = items.line\): 30,000 and 30,000 rows'
said 'names.code_id = codes.code_id\): 30,000 and 30,000 rows'
db "UPDATE parts SET what = 'x' WHERE of_order = 9000 AND of_line = 2; UPDATE names SET what = 'W' WHERE code_id = 'b30000'"
fails "checksums match" '1 differs \(what 1; order_id/line 9000/2\).*names.code_id.*1 differs \(what 1\)\)'

# --- what is a person's, and what is an error: by the text, so on one engine
shop_on sqlite
wb_case "a column that the mapping does not have is an error with a suggestion, and does not run"
EDIT=
asks "checksums on stret and joined columns"
checked 'error: the mapping has no column stret.*did you mean: street' --offline
run
assert_eq 3 "$RC"

wb_case "what As says in words is not compared: the rest is, then a person confirms, who is told which"
EDIT='s/trim(name)/first word of name/'
asks "checksums match, row count match"
checked 'manual check checksums match.*the same in joined.*not compared: people.name to customers.full_name as "first word of name" .*, which a person confirms'
run
assert_eq 6 "$RC" "$(cat "$OUT")"
said 'ok +check.1 .*all the same in joined.*not compared: people.name'
said 'check.2: a person has to confirm this: checksums match: not compared: people.name to customers.full_name'
ask approve --step check.2
run
assert_eq 0 "$RC" "$(cat "$OUT")"
db "UPDATE customers SET joined = NULL WHERE id = 1"
fails "checksums match" '1 differs \(joined 1; id 1\)'

wb_case "without a key that is carried as it is, and without a mapping, a person confirms; check says what is missing"
EDIT='/.people.id/d'
asks "spot-check 50 random rows"
checked 'manual check spot-check.*carries no key of people to it as it is.*a person confirms' --offline
EDIT='/^|/d'
asks "checksums match"
checked 'manual check checksums match.*no mapping table.*a person confirms' --offline

wb_case "a key that the database does not know as one is an error before the run, and nothing passes in it"
EDIT=
db "ALTER TABLE people RENAME TO old; CREATE TABLE people (id int, code text PRIMARY KEY NOT NULL, name text, street text, joined date);
    INSERT INTO people SELECT id, 'c' || id, name, street, joined FROM old"
asks "checksums match"
checked 'error: the mapping carries no key of people to customers'
fails "checksums match" 'carries no key of people to customers as it is'

wb_case "a new table without an index on its key is noted before the run"
shop_on sqlite
asks "checksums match"
checked 'note: addresses has no index that begins with person_id'
[[ $(cat "$WB_TMP/check") != *"customers has no index"* ]] || wb_assert_failed "customers has one"

wb_case "an expression whose columns are not there is an error before the run, and nothing passes in it"
shop_on sqlite
EDIT='s/trim(name)/coalesce(nick, name)/'
asks "checksums match"
checked 'error: the column nick is not in the table people'
fails "checksums match" 'comparing people with customers: .*nick'

wb_case "several columns become one"
shop_on sqlite
db "UPDATE customers SET full_name = (SELECT name || '/' || coalesce(street, '-') FROM people p WHERE p.id = customers.id)"
EDIT="s/.people.name. | .customers.full_name. | .*/\`people.name, people.street\` | \`customers.full_name\` | \`name \\\\|\\\\| '\/' \\\\|\\\\| coalesce(street, '-')\` |/"
passes "checksums match"
db "UPDATE customers SET full_name = 'x' WHERE id = 2"
fails "checksums match" '1 differs \(full_name 1; id 2\)'
wb_finish
