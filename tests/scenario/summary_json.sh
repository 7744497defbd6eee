#!/bin/bash
# What a run says: JSON lines that a program can read, a summary that a person can, no password in
# either.
. "$(dirname "$0")/copy.bash"

pair say
load <<'SQL'
CREATE TABLE one (id int PRIMARY KEY, v varchar(20));
CREATE TABLE `two "q"` (id int PRIMARY KEY);
CREATE TABLE empty (id int PRIMARY KEY);
INSERT INTO one SELECT seq, CONCAT('v', seq) FROM seq_1_to_12345;
INSERT INTO `two "q"` VALUES (1),(2);
CREATE VIEW v_note AS SELECT 1 AS a;
SQL

copy --json
rc "copy --json exits 0" 0
judge() { # CASE JQ: true for every line (slurped)
    if [ -s "$OUT" ] && jq -se "$2" "$OUT" >/dev/null 2>&1; then
        case_ok "$1"
    else
        case_fail "$1" "$(tail -n 1 "$OUT" | cut -c1-400)"
    fi
}
if [ -x "${WB_BUILD_DIR:-}/tests/json-validate" ]; then
    if "$WB_BUILD_DIR/tests/json-validate" "$(dirname "$0")/../../docs/json" copy <"$OUT" >"$DIR/valid" 2>&1; then
        case_ok "every line is as docs/json says"
    else
        case_fail "every line is as docs/json says" "$(head -n 3 "$DIR/valid")"
    fi
else
    case_fail "every line is as docs/json says" "json-validate is not in WB_BUILD_DIR"
fi
judge "every line is an object" 'all(.[]; type == "object")'
judge "every line has format, event and time" 'all(.[]; has("format") and has("event") and has("time"))'
judge "format is 1 and comes first" 'all(.[]; (keys_unsorted[0] == "format") and .format == 1)'
judge "keys are snake_case" '[.[] | .. | objects | keys[]] | all(test("^[a-z0-9_]+$"))'
judge "the last line is the summary, and the only one" '(last.event == "summary") and ([.[] | select(.event == "summary")] | length == 1)'
judge "the summary counts the rows of each table" 'last | [.. | objects | select([.[] | strings] | any(. == "one" or endswith(".one")))
    | [.[] | numbers]] | any(any(. == 12345))'
judge "the summary names the table with the quote" 'last | [.. | strings] | any(contains("two \"q\""))'
judge "the summary names the empty table" 'last | [.. | strings] | any(. == "empty" or endswith(".empty"))'
judge "the summary names the view" 'last | [.. | strings] | any(contains("v_note"))'
if [ -s "$ERR" ] && grep -q '^{' "$ERR"; then
    case_fail "JSON goes to standard output only" "$(head -n 1 "$ERR")"
else
    case_ok "JSON goes to standard output only"
fi

fresh_target
copy
rc "copy exits 0" 0
says "summary counts the rows" '\bone\b' '12[,. ]?345'
says "summary says that it is proven" 'prove[nd]|proof'
says "summary names the moment" 'gtid|position|moment|snapshot'
if grep -q "$(printf '\r\\|\033')" "$OUT" "$ERR"; then
    case_fail "no carriage returns or colours when piped" "there are"
else
    case_ok "no carriage returns or colours when piped"
fi

fresh_target
copy --no-proof
rc "--no-proof exits 0" 0
says "--no-proof says so" 'not (proven|verified)|without proof|no proof|unproven'

# The same command again has nothing to do.
copy --no-proof
rc "the same command again exits 0" 0
says "the same command again says that there was nothing to do" 'nothing to do|done before'
is "the same command again doubles nothing" "SELECT count(*) FROM one" 12345

# Another command: the copy is there, so nothing is left to do, or the target is not empty;
# but nothing is copied twice.
copy
case $RC in
0 | 1) case_ok "a second run exits 0 or 1" ;;
*) rc "a second run exits 0 or 1" 0 ;;
esac
is "a second run doubles nothing" "SELECT count(*), count(DISTINCT id) FROM one" "$(printf '12345\t12345')"

# Passwords.
my -e "CREATE OR REPLACE USER wb_say@localhost IDENTIFIED BY 's3cr3t\"pw'; GRANT ALL ON \`$MY\`.* TO wb_say@localhost"
fresh_target
SRC="mysql://wb_say:s3cr3t%22pw@localhost/$MY?socket=$WB_MY_SOCKET"
copy --log-file "$DIR/log"
rc "a password in the URL works" 0
says "a password in the URL is warned about" 'password.*(url|command line|process)|WHIMBREL_SOURCE_PASSWORD'
if grep -aqs -e 's3cr3t' "$OUT" "$ERR" "$DIR/log"; then
    case_fail "the password is nowhere in the output or the log" "$(grep -ah 's3cr3t' "$OUT" "$ERR" "$DIR/log" | head -n 1)"
else
    case_ok "the password is nowhere in the output or the log"
fi
if [ -s "$DIR/log" ]; then case_ok "--log-file is written"; else case_fail "--log-file is written" "it is empty"; fi
is "the password is nowhere in the target" "SELECT count(*) FROM (SELECT query_to_xml(format('SELECT * FROM %I.%I', schemaname, tablename),
    true, false, '')::text AS x FROM pg_tables WHERE schemaname NOT IN ('pg_catalog','information_schema','public')) s WHERE x LIKE '%s3cr3t%'" 0
fresh_target
# shellcheck disable=SC2034 # copy reads it
SRC="mysql://wb_say@localhost/$MY?socket=$WB_MY_SOCKET"
WHIMBREL_SOURCE_PASSWORD='s3cr3t"pw' copy
rc "a password from WHIMBREL_SOURCE_PASSWORD works" 0
fresh_target
WHIMBREL_SOURCE_PASSWORD='wr0ngpw' copy
rc "a wrong password: exit 4" 4
silent "a wrong password is not printed" 'wr0ngpw'
my -e "DROP USER wb_say@localhost"

wb_finish
