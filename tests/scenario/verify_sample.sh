#!/bin/bash
# Random samples of SQLite tables, whose keys may hold values of any class: rows are looked up by literals of the class
# that each value has, so that a row is found on the other side, or missing there.
. "$(dirname "$0")/verify.bash"

lite_pair
n=40 # of each table: fewer than the sample, which then is all of them
sl "
CREATE TABLE words (name TEXT COLLATE NOCASE PRIMARY KEY NOT NULL, v);
CREATE TABLE both (a INTEGER NOT NULL, b TEXT NOT NULL, v, PRIMARY KEY (a, b));
CREATE TABLE rowless (k TEXT PRIMARY KEY, v) WITHOUT ROWID;
CREATE TABLE reals (k REAL PRIMARY KEY NOT NULL, v);
CREATE TABLE blobs (k BLOB PRIMARY KEY NOT NULL, v);
CREATE TABLE mixed (k PRIMARY KEY NOT NULL, v);
CREATE TABLE numbers (k NUMERIC PRIMARY KEY NOT NULL, v);
WITH RECURSIVE s(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM s WHERE i < $n - 1) INSERT INTO words SELECT 'Wörd ''' || i || char(10), i FROM s;
WITH RECURSIVE s(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM s WHERE i < $n - 1) INSERT INTO both SELECT i / 3, 'b' || i, i FROM s;
WITH RECURSIVE s(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM s WHERE i < $n - 1) INSERT INTO rowless SELECT i, i FROM s;
WITH RECURSIVE s(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM s WHERE i < $n - 1) INSERT INTO reals SELECT i / 7.0 * (CASE i % 3 WHEN 0 THEN 1e-300 WHEN 1 THEN 1e300 ELSE -1 END), i FROM s;
WITH RECURSIVE s(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM s WHERE i < $n - 1) INSERT INTO blobs SELECT CAST(char(i, 0, 39, 200) AS BLOB), i FROM s;
WITH RECURSIVE s(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM s WHERE i < $n - 1) INSERT INTO mixed SELECT CASE i % 4 WHEN 0 THEN i WHEN 1 THEN '' || i WHEN 2 THEN i + 0.5 ELSE CAST('' || i AS BLOB) END, i FROM s;
WITH RECURSIVE s(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM s WHERE i < $n - 1) INSERT INTO numbers SELECT CASE i % 3 WHEN 0 THEN i WHEN 1 THEN 'n' || i ELSE i + 0.25 END, i FROM s;
" >/dev/null || exit 99
tables='words both rowless reals blobs mixed numbers'
copy
rc "copied" 0

verify --levels sample --sample 1000 --json
rc "equal tables: exit 0" 0
verified "every table has been compared" '[.tables[] | select(.outcome != "equal") | .source]' '[]'

# --- a row that differs, one that is missing and one too many, whatever the key -----------------------------

for t in $tables; do
    tl "UPDATE $t SET v = 'other' WHERE v = 17; DELETE FROM $t WHERE v = 18" || exit 99
    sl "DELETE FROM $t WHERE v = 19" || exit 99
    verify --levels sample --sample 1000 --settle 300ms --tables "$t" --json
    rc "$t: exit 1" 1
    verified "$t: one changed, one missing, one too many" '[.changed_rows, .missing_rows, .extra_rows]' '[1,1,1]'
done

# --- a number is no text of the same digits ------------------------------------------------------------------

tl "UPDATE mixed SET k = '' || k WHERE v = 4" || exit 99
verify --levels sample --sample 1000 --settle 300ms --tables mixed --json
verified "4 and '4' are two keys" '[.changed_rows, .missing_rows, .extra_rows]' '[1,2,2]'

# --- repaired by these keys, and then equal -------------------------------------------------------------------

verify --repair --execute --settle 300ms
verify --json
rc "repaired by such keys: equal" 0
verified "all of them" '[.tables[] | select(.outcome != "equal") | .source]' '[]'

wb_finish
