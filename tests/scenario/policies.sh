#!/bin/bash
# Policies as such: what is accepted on the command line, several kinds at once, counting by kind and
# column, and the altered rows standing next to unaltered ones. (Each kind's values are tried in
# traps_dates, traps_text, traps_numbers and traps_names.)
. "$(dirname "$0")/copy.bash"

pair mixed
load <<'SQL'
SET sql_mode = '';
CREATE TABLE a (id int PRIMARY KEY, d date, t varchar(20));
INSERT INTO a VALUES (1,'0000-00-00','fine'),(2,'2024-01-01',x'610062'),(3,'0000-00-00',x'00'),(4,NULL,NULL),(5,'2024-00-00','end');
CREATE TABLE b (id int PRIMARY KEY, d datetime, t text);
INSERT INTO b VALUES (1,'0000-00-00 00:00:00',x'00'),(2,'2024-01-01 01:01:01','fine');
CREATE TABLE clean (id int PRIMARY KEY);
INSERT INTO clean SELECT seq FROM seq_1_to_1000;
SQL

copy
rc "refused by default" 1
says "all findings at once: a.d" '\ba\.d\b[^;]*zero-date' '\ba\.d\b[^;]*\b3 '
says "all findings at once: a.t" '\ba\.t\b[^;]*nul-byte' '\ba\.t\b[^;]*\b2 '
says "all findings at once: b.d" '\bb\.d\b[^;]*zero-date' '\bb\.d\b[^;]*\b1 '
says "all findings at once: b.t" '\bb\.t\b[^;]*nul-byte' '\bb\.t\b[^;]*\b1 '
says "the remedy is named" '--policy'
no_rows_in_target "no row moved, not even of the clean table"

copy --policy zero-date=null
rc "one policy of two: still refused" 1
silent "one policy of two: what it covers is not complained of" zero-date
no_rows_in_target "one policy of two: no row moved"

copy --policy zero-date=null --policy nul-byte=null
rc "both policies: exits 0, after refusals, in the same target" 0
is "altered and unaltered values" "SELECT string_agg(concat_ws('/',id,coalesce(d::text,'-'),coalesce(t,'-')),' ' ORDER BY id) FROM a" \
    "1/-/fine 2/2024-01-01/- 3/-/- 4/-/- 5/-/end"
is "the clean table is whole" "SELECT count(*), sum(id) FROM clean" "$(printf '1000\t500500')"
says "counted: a.d" zero-date '\ba\b' '\bd\b' '\b3\b'
says "counted: a.t" nul-byte '\ba\b' '\bt\b' '\b2\b'
says "counted: b.d" zero-date '\bb\b' '\bd\b' '\b1\b'
says "counted: b.t" nul-byte '\bb\b' '\bt\b' '\b1\b'

fresh_target
copy --policy zero-date=null --policy nul-byte=null --json
rc "both policies with --json: exits 0" 0
counted() { # TABLE COLUMN KIND N
    if jq -e --arg t "$1" --arg c "$2" --arg k "$3" --argjson n "$4" 'select(.event == "summary") | .tables[]
        | select(.source == $t or (.source | endswith("." + $t))) | .altered
        | any(.column == $c and .kind == $k and .action == "null" and .values == $n)' "$OUT" >/dev/null 2>&1; then
        case_ok "JSON counts $1.$2 $3"
    else
        case_fail "JSON counts $1.$2 $3" "$(tail -n 1 "$OUT" | cut -c1-500)"
    fi
}
counted a d zero-date 3
counted a t nul-byte 2
counted b d zero-date 1
counted b t nul-byte 1

fresh_target
for bad in 'zero-date' 'zero-date=' 'zero-date=maybe' 'nonsense=null' '=null' ''; do
    copy --policy "$bad"
    rc "--policy '$bad' is a usage error" 2
done
nothing_in_target "usage errors make nothing"

# The scan of a column that cannot be altered must not cost the policies: no such values, no counts.
pair none
load <<'SQL'
CREATE TABLE a (id int PRIMARY KEY, d date);
INSERT INTO a VALUES (1,'2024-01-01');
SQL
copy --policy zero-date=null --policy utf8=replace --policy name-case=replace
rc "policies that nothing needs: exits 0" 0
is "policies that nothing needs: values" "SELECT d FROM a" 2024-01-01

wb_finish
