#!/bin/bash
# Names that need quotes, names that are words of SQL, names too long for PostgreSQL, and names that
# are free in MySQL but meet each other in PostgreSQL.
. "$(dirname "$0")/copy.bash"

pair names
load <<'SQL'
CREATE TABLE `MixedCase` (`Id` int PRIMARY KEY, `camelCase` int, UPPER int, KEY `MixIdx` (`camelCase`));
INSERT INTO `MixedCase` VALUES (1,2,3);
CREATE TABLE `with space` (`a b` int PRIMARY KEY, ` lead` int);
INSERT INTO `with space` VALUES (1,2);
CREATE TABLE `quo"te` (`a"b` int PRIMARY KEY, `c'd` int, `e``f` int, `g\h` int, `%s` int, `$1` int, `{x}` int);
INSERT INTO `quo"te` VALUES (1,2,3,4,5,6,7);
CREATE TABLE `select` (`from` int PRIMARY KEY, `order` int, `user` int, `table` int, `analyse` int, `primary` int);
INSERT INTO `select` VALUES (1,2,3,4,5,6);
CREATE TABLE `Üñï.täble` (`spälte` int PRIMARY KEY, `日本` int, `1` int, `2x` int);
INSERT INTO `Üñï.täble` VALUES (1,2,3,4);
CREATE TABLE `Foo` (id int PRIMARY KEY, v int);
CREATE TABLE `foo` (id int PRIMARY KEY, v int);
INSERT INTO `Foo` VALUES (1,1);
INSERT INTO `foo` VALUES (1,2),(2,2);
CREATE TABLE i1 (id int PRIMARY KEY, a int, KEY idx (a), CONSTRAINT chk CHECK (a > 0));
CREATE TABLE i2 (id int PRIMARY KEY, a int, KEY idx (a), KEY i1 (a), KEY i1_pkey (id,a), CONSTRAINT chk CHECK (a > 0));
CREATE TABLE i1_pkey (id int PRIMARY KEY);
INSERT INTO i1 VALUES (1,1);
INSERT INTO i2 VALUES (1,1);
CREATE TABLE `whimbrel` (id int PRIMARY KEY);
INSERT INTO `whimbrel` VALUES (7);
CREATE TABLE pg_class (relname int PRIMARY KEY, oid int);
INSERT INTO pg_class VALUES (1,2);
CREATE TABLE `dash-ed.dot/slash` (id int PRIMARY KEY);
INSERT INTO `dash-ed.dot/slash` VALUES (1);
CREATE TABLE `trail;--` (`id;DROP TABLE i1;--` int PRIMARY KEY);
INSERT INTO `trail;--` VALUES (1);
SQL

copy --json
rc "copy exits 0" 0
structure "verify finds the copied schema equal"

is "mixed case kept" 'SELECT "Id","camelCase","UPPER" FROM "MixedCase"' "$(printf '1\t2\t3')"
is "spaces" 'SELECT "a b"," lead" FROM "with space"' "$(printf '1\t2')"
is "quotes, backticks, backslash, percent, dollar, braces" \
    'SELECT "a""b","c'"'"'d","e`f","g\h","%s","$1","{x}" FROM "quo""te"' "$(printf '1\t2\t3\t4\t5\t6\t7')"
is "reserved words" 'SELECT "from","order","user","table","analyse","primary" FROM "select"' "$(printf '1\t2\t3\t4\t5\t6')"
is "letters beyond ASCII, dots and digits" 'SELECT "spälte","日本","1","2x" FROM "Üñï.täble"' "$(printf '1\t2\t3\t4')"
is "two tables that differ in case" 'SELECT (SELECT count(*) FROM "Foo"), (SELECT count(*) FROM foo)' "$(printf '1\t2')"
is "one index name on two tables" "SELECT count(*) FROM pg_index i JOIN pg_class t ON t.oid = indrelid
    JOIN pg_attribute a ON attrelid = t.oid AND attnum = indkey[0] WHERE t.relname IN ('i1','i2') AND attname = 'a'" 3
is "one check name on two tables" "SELECT count(*) FROM pg_constraint WHERE contype = 'c'
    AND conrelid IN ('i1'::regclass, 'i2'::regclass)" 2
is "an index named like a table" "SELECT relkind FROM pg_class WHERE relname = 'i1' AND relnamespace = 'public'::regnamespace" r
is "a table named like a primary key's index" "SELECT relkind FROM pg_class WHERE relname = 'i1_pkey' AND relnamespace = 'public'::regnamespace" r
is "a table named whimbrel" 'SELECT id FROM public.whimbrel' 7
is "a table named like a catalog's" 'SELECT relname, oid FROM public.pg_class' "$(printf '1\t2')"
is "dashes, dots and slashes" 'SELECT id FROM "dash-ed.dot/slash"' 1
is "a name that would be an injection" 'SELECT "id;DROP TABLE i1;--" FROM "trail;--"' 1
is "and the injection did not happen" 'SELECT count(*) FROM i1' 1

# Names of 64 bytes that meet at 63; a name of 64 characters and 128 bytes; columns, indexes, checks
# and foreign keys too.
pair long
a63=$(printf 'a%.0s' $(seq 63))
c63=$(printf 'c%.0s' $(seq 63))
e64=$(printf 'é%.0s' $(seq 64))
load <<SQL
CREATE TABLE \`${a63}1\` (id int PRIMARY KEY, \`${c63}1\` int, \`${c63}2\` int, KEY \`${c63}3\` (\`${c63}1\`), KEY \`${c63}4\` (\`${c63}2\`));
CREATE TABLE \`${a63}2\` (id int PRIMARY KEY, v int, CONSTRAINT \`${a63}k\` CHECK (v > 0), CONSTRAINT \`${a63}l\` CHECK (v < 100));
CREATE TABLE \`$e64\` (id int PRIMARY KEY);
INSERT INTO \`${a63}1\` VALUES (1,11,12);
INSERT INTO \`${a63}2\` VALUES (1,21),(2,22);
INSERT INTO \`$e64\` VALUES (1),(2),(3);
SQL
copy
rc "long names refused by default" 1
says "refusal names the first table" "${a63}1" '63 bytes'
says "refusal names the second table" "${a63}2"
says "refusal names the column" "${c63}1"
says "refusal offers a policy" '--policy' name-length
nothing_in_target "long names refused before anything is made"
fresh_target
copy --policy name-length=replace
rc "name-length=replace exits 0" 0
is "name-length=replace: three tables" "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'" 3
is "name-length=replace: every row in its own table" "SELECT string_agg(n::text,' ' ORDER BY n) FROM (
    SELECT (xpath('/row/c/text()', query_to_xml(format('SELECT count(*) AS c FROM %I', tablename), false, true, '')))[1]::text::int AS n
    FROM pg_tables WHERE schemaname = 'public') s" "1 2 3"
is "name-length=replace: both columns" "SELECT count(*) FROM information_schema.columns WHERE table_schema = 'public'
    AND column_name LIKE 'cccc%'" 2
is "name-length=replace: both indexes" "SELECT count(*) FROM pg_indexes WHERE schemaname = 'public' AND indexname NOT LIKE '%pkey'
    AND indexdef LIKE '%cccc%'" 2
is "name-length=replace: both checks" "SELECT count(*) FROM pg_constraint WHERE contype = 'c' AND connamespace = 'public'::regnamespace" 2
for name in "table ${a63}1" "table ${a63}2" "table $e64" "${c63}1" "${c63}2"; do
    says "name-length=replace is reported for ${name:0:12}…${name: -1}" "$name" 'shortened|name-length'
done

# Names of exactly 63 bytes need nothing.
pair edge
load <<SQL
CREATE TABLE \`$a63\` (id int PRIMARY KEY, \`$c63\` int, KEY \`$c63\` (\`$c63\`));
INSERT INTO \`$a63\` VALUES (1,2);
SQL
copy
rc "names of 63 bytes: copy exits 0" 0
structure "names of 63 bytes: copy: verify finds the copied schema equal"
is "names of 63 bytes" "SELECT \"$c63\" FROM \"$a63\"" 2

# PostgreSQL's own column names.
pair system
load <<'SQL'
CREATE TABLE t_sys (id int PRIMARY KEY, ctid int, xmin int, tableoid int);
INSERT INTO t_sys VALUES (1,2,3,4);
SQL
copy
rc "system column names refused" 1
says "refusal names the system column" t_sys ctid
nothing_in_target "system column names refused before anything is made"

# A database whose own name needs escaping in the URL.
MY='wb traps-n"ames%é'
my -e "DROP DATABASE IF EXISTS \`$MY\`; CREATE DATABASE \`$MY\`"
my "$MY" -e "CREATE TABLE t (id int PRIMARY KEY); INSERT INTO t VALUES (5)"
fresh_target
# shellcheck disable=SC2034 # copy reads it
SRC=$(my_url 'wb%20traps-n%22ames%25%C3%A9')
copy
rc "database name with space, quote, percent: copy exits 0" 0
structure "database name with space, quote, percent: copy: verify finds the copied schema equal"
is "database name with space, quote, percent: rows" "SELECT id FROM t" 5
my -e "DROP DATABASE \`$MY\`"

# --- the policies' actions, one by one --------------------------------------------------------------------

for bad in name-case=null name-case=clamp name-length=null name-length=clamp; do
    copy --policy $bad
    rc "--policy $bad is a usage error" 2
    says "--policy $bad: the error names it" "$bad"
done

# Names that differ only in case: PostgreSQL keeps them apart, SQLite takes them for one.
pair bycase
load <<'SQL'
CREATE TABLE `Foo` (id int PRIMARY KEY, v int, KEY byv (v));
CREATE TABLE `foo` (id int PRIMARY KEY, v int, KEY ByV (v));
CREATE TABLE `FOO` (id int PRIMARY KEY, foo_id int, CONSTRAINT to_foo FOREIGN KEY (foo_id) REFERENCES `foo` (id));
INSERT INTO `Foo` VALUES (1,1);
INSERT INTO `foo` VALUES (1,2),(2,2);
INSERT INTO `FOO` VALUES (1,2),(2,1),(3,NULL);
SQL
copy --policy name-case=refuse
rc "name-case=refuse into PostgreSQL: nothing to refuse" 0
is "name-case=refuse into PostgreSQL: three tables" 'SELECT (SELECT count(*) FROM "Foo"), (SELECT count(*) FROM foo), (SELECT count(*) FROM "FOO")' \
    "$(printf '1\t2\t3')"
file=$DIR/bycase.db
DST=sqlite:$file
lite() { sqlite3 "$file" "$1" 2>&1; }
for how in '' '--policy name-case=refuse'; do
    # shellcheck disable=SC2086
    copy $how
    rc "names by case into SQLite, ${how:-no policy}: refused" 1
    says "names by case into SQLite, ${how:-no policy}: both names are told" '\bFoo\b' '\bfoo\b|\bFOO\b'
    says "names by case into SQLite, ${how:-no policy}: the remedies are told" '--rename' 'name-case=replace'
    equal "names by case into SQLite, ${how:-no policy}: no table is made" "" "$(lite "SELECT name FROM sqlite_schema")"
done
copy --policy name-length=replace
rc "names by case into SQLite: another name policy does not serve" 1
copy --policy name-case=replace
rc "name-case=replace: exit 0" 0
equal "name-case=replace: three tables" 3 "$(lite "SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name LIKE 'foo%'")"
equal "name-case=replace: every row in a table of its own" "1 2 3" "$(for t in $(lite "SELECT name FROM sqlite_schema
    WHERE type = 'table' AND name LIKE 'foo%'"); do lite "SELECT count(*) FROM \"$t\""; done | sort | tr '\n' ' ' | sed 's/ $//')"
equal "name-case=replace: the foreign key goes to the table that was meant" "" "$(lite "PRAGMA foreign_key_check")"
equal "name-case=replace: both indexes" 2 "$(lite "SELECT count(*) FROM sqlite_schema WHERE type = 'index' AND sql LIKE '%\"v\"%'")"
equal "name-case=replace: two names are reported, with what they became" 2 "$(grep -cE 'name-case=replace' "$SAID")"
rm -f "$file"*
copy --rename foo=foo_two --rename FOO=foo_three
rc "names by case, renamed by rule: exit 0" 0
equal "names by case, renamed by rule: three tables" "1 2 3" \
    "$(lite "SELECT (SELECT count(*) FROM Foo) || ' ' || (SELECT count(*) FROM foo_two) || ' ' || (SELECT count(*) FROM foo_three)")"

# Names that are too long: PostgreSQL refuses them, SQLite has no limit.
pair bylength
load <<SQL
CREATE TABLE \`${a63}1\` (id int PRIMARY KEY, \`${c63}1\` int);
INSERT INTO \`${a63}1\` VALUES (1,11);
SQL
copy --policy name-length=refuse
rc "name-length=refuse: refused" 1
nothing_in_target "name-length=refuse: nothing is made"
copy --policy name-case=replace
rc "a long name: another name policy does not serve" 1
copy --policy name-length=replace --json
rc "name-length=replace: exit 0" 0
is "name-length=replace: the name begins as the source's and has 63 bytes" "SELECT count(*) FROM pg_tables
    WHERE schemaname = 'public' AND tablename LIKE 'aaaaaaaaaa%' AND octet_length(tablename) = 63" 1
was=$(pq "SELECT string_agg(tablename, ',') FROM pg_tables WHERE schemaname = 'public'")
fresh_target
copy --policy name-length=replace
is "name-length=replace: the same name every time" "SELECT string_agg(tablename, ',') FROM pg_tables WHERE schemaname = 'public'" "$was"
once "name-length=replace: the table's new name is told, once" "table ${a63}1" name-length "$was"
DST=sqlite:$DIR/bylength.db
copy --policy name-length=refuse
rc "name-length=refuse into SQLite: nothing to refuse" 0
equal "name-length=refuse into SQLite: the whole name" 11 "$(sqlite3 "$DIR/bylength.db" "SELECT \"${c63}1\" FROM \"${a63}1\"")"

wb_finish
