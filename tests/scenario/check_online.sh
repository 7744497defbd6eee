#!/bin/bash
# whimbrel check with real databases: names that are not there, what the plan makes and drops itself, locks by size,
# versions, and databases that cannot be reached.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/lib.sh

pg_url=$(pg_db check_online)
my_url=$(my_db check_online)
lite=$WB_TMP/shop.db

pg check_online <<'SQL'
CREATE TABLE users (id bigint PRIMARY KEY, email varchar(100) NOT NULL, full_name text, created_at timestamptz);
CREATE TABLE accounts (id bigint PRIMARY KEY, legacy_user_id bigint REFERENCES users, email text NOT NULL, nick text);
CREATE TABLE "Odd Name" (id int PRIMARY KEY, "Select" text);
CREATE VIEW people AS SELECT id, email FROM users;
CREATE SCHEMA side;
CREATE TABLE side.extra (id int PRIMARY KEY, note text);
INSERT INTO users SELECT n, 'u' || n, 'name', now() FROM generate_series(1, 5000) n;
ANALYZE;
SQL
my check_online <<'SQL'
CREATE TABLE users (id bigint PRIMARY KEY, email varchar(100), full_name text);
CREATE TABLE orders (id bigint PRIMARY KEY, user_id bigint, total decimal(10,2));
INSERT INTO users VALUES (1, 'a', 'b');
SQL
sqlite3 "$lite" 'CREATE TABLE users (id INTEGER PRIMARY KEY, email TEXT); CREATE TABLE notes (id INTEGER PRIMARY KEY, body TEXT);'

# plan SOURCE TARGET < BODY: writes $WB_TMP/plan.md; the body begins at line 6
plan() {
    printf -- '---\nwhimbrel: 1\nsource: %s\ntarget: %s\n---\n' "$1" "$2" >"$WB_TMP/plan.md"
    cat >>"$WB_TMP/plan.md"
}
check() { "$WHIMBREL" check "$WB_TMP/plan.md" "$@" >"$WB_TMP/out" 2>"$WB_TMP/err"; }
# The findings of these rules, "LINE:COLUMN SEVERITY TEXT": found RULE...
found() {
    check --json
    local rules
    rules=$(printf '%s|' "$@")
    jq -r --arg rules "^(${rules%|})\$" \
        '.findings[] | select(.rule | test($rules)) | "\(.line):\(.column) \(.severity) \(.text)"' "$WB_TMP/out"
}
remedy() { jq -r --arg rule "$1" '[.findings[] | select(.rule == $rule)][0].remedy' "$WB_TMP/out"; }

wb_case "a table and a column that are not there, with place and suggestion"
plan "$pg_url" "$pg_url" <<'PLAN'
## Phase 1: A

**Integrity check**: `SELECT count(*) FROM acounts a JOIN users u ON u.id = a.id` must return 0

```sql
SELECT count(*) FROM users u WHERE u.emial IS NULL
-- Must return 0
```

**Exit criteria**: no queries hit `user`
PLAN
assert_eq '8:44 error the target has no table acounts
11:36 error the column emial is not in the table users
15:20 error the target has no table user' "$(found unknown-name | sed 's/^15:[0-9]*/15:20/')"
assert_eq "did you mean: accounts" "$(remedy unknown-name)"
check
assert_eq 3 $? "exit code"
wb_case "--offline asks nobody"
check --offline --strict --json
assert_eq "[]" "$(jq -c '[.findings[] | select(.rule == "unknown-name")]' "$WB_TMP/out")"
assert_eq 'true []' "$(jq -r '"\(.offline) \(.databases | tostring)"' "$WB_TMP/out")"

wb_case "right SQL in many spellings: nothing is found"
plan "$pg_url" "$pg_url" <<'PLAN'
## Phase 1: A

**Integrity check**: row count match

```sql
WITH old AS (SELECT id, email FROM users), "new one" AS (SELECT legacy_user_id AS id, email AS mail FROM accounts)
SELECT count(*) FROM old o FULL JOIN "new one" n USING (id) WHERE o.email IS DISTINCT FROM n.mail -- a comment
-- Must return 0
```

```sql
select COUNT(*) from Users as U /* where nope = 1 */ where not exists
    (select 1 from public.accounts where accounts.legacy_user_id = u.ID and Accounts.email is not distinct from u.email)
-- Must return 0
```

```sql
SELECT count(*) FROM "Odd Name" o, side.extra e, people p, generate_series(1, 3) AS g (n), LATERAL (SELECT o."Select" AS s) x
WHERE o.id = e.id AND p.email = x.s AND n = o.id AND o.ctid IS NOT NULL AND e.tableoid <> 0
-- Must return 0
```

```sql
SELECT u.email, count(*) AS n FROM users u GROUP BY 1 HAVING count(*) > 5 ORDER BY n, u.email
-- must return no rows
```

```sql
SELECT count(*) FROM pg_stat_activity JOIN information_schema.tables ON true WHERE state = 'x'
-- Must return 0
```

**Rollback**: pause backfill
PLAN
assert_eq "" "$(found '.*')"
wb_case "strict, too"
expect_exit 0 "$WHIMBREL" check "$WB_TMP/plan.md" --strict

wb_case "what the plan makes is known from there on, what it drops is not"
plan "$pg_url" "$pg_url" <<'PLAN'
## Phase 1: A

**Entry criteria**: `SELECT count(*) FROM profiles` must return 0

- make it

  ```sql step=up lock_timeout=2s
  CREATE TABLE profiles (id bigint PRIMARY KEY, bio text);
  ALTER TABLE users ADD COLUMN nick text, ADD CHECK (nick <> '') NOT VALID;
  ```

  ```sql step=down
  DROP TABLE profiles;
  ALTER TABLE users DROP COLUMN nick;
  ```

**Integrity check**: row count match, `SELECT count(*) FROM profiles p JOIN users u USING (id) WHERE p.bio = u.nick` must return 0

## Phase 2: B

**Entry criteria**: `SELECT count(*) FROM profiles WHERE bioo = ''` must return 0

- drop it

  ```sql step=up irreversible lock_timeout=2s
  ALTER TABLE profiles RENAME TO profiles_old;
  DROP TABLE accounts;
  ```

**Integrity check**: row count match, `SELECT count(*) FROM profiles_old` must return 0

```sql
SELECT count(*) FROM accounts
-- Must return 0
```

**Sign-off**: from data lead

**Rollback**: not available
PLAN
assert_eq '8:43 error the target has no table profiles
26:58 error the column bioo is not in the table profiles
38:22 error the table accounts is no longer there: line 32 drops or renames it' "$(found unknown-name)"
wb_case "what is there already"
pg check_online -c 'CREATE TABLE profiles (id bigint PRIMARY KEY, bioo text)'
assert_eq '13:16 warning the target has profiles already: the statement would fail' "$(found already-there)"
pg check_online -c 'DROP TABLE profiles'

wb_case "actions, what undoes, and metrics may name what is there at any time"
plan "$pg_url" "$pg_url" <<'PLAN'
## Phase 1: A

- swap

  ```sql step=up lock_timeout=2s
  ALTER TABLE users RENAME COLUMN full_name TO name;
  CREATE TABLE copies (id bigint);
  ```

  ```sql step=down
  ALTER TABLE users RENAME COLUMN name TO full_name;
  CREATE TABLE kept (id bigint);
  INSERT INTO kept SELECT id FROM copies;
  DROP TABLE copies;
  ```

**Integrity check**: row count match

```sql metric="drift" unit=rows
SELECT count(*) FROM copies c WHERE c.id IS NULL
```

**Rollback trigger**: drift > 5. Action: mend

```sql action="mend"
UPDATE users SET name = full_name WHERE idd = 1;
DELETE FROM copiez;
```

```sql check=zero
SELECT count(*) FROM users u WHERE v.id = 1
```
PLAN
assert_eq '31:41 error the column idd is not in the table users
32:13 error the target has no table copiez
36:36 error v.id: no table of this query is called v' "$(found unknown-name)"

wb_case "a step of a person may make what is missing: a warning"
plan "$pg_url" "$pg_url" <<'PLAN'
## Phase 1: A

- Create the table `wallets` with the admin tool

**Integrity check**: `SELECT count(*) FROM wallets` must return 0

**Rollback**: pause backfill
PLAN
assert_eq '10:44 warning the target has no table wallets: the step of line 8 has to make it' "$(found unknown-name)"

wb_case "locks, by the size of the table, with what would hold up nobody"
plan "$pg_url" "$pg_url" <<'PLAN'
## Phase 1: A

- one

  ```sql step=up irreversible
  ALTER TABLE users ALTER COLUMN full_name SET NOT NULL;
  CREATE INDEX ON users (full_name);
  ALTER TABLE accounts ADD CONSTRAINT c FOREIGN KEY (id) REFERENCES users (id) NOT VALID;
  ALTER TABLE users ALTER COLUMN email TYPE varchar(200);
  ```

**Integrity check**: row count match

**Sign-off**: from data lead

**Rollback**: not available
PLAN
locks=$(found lock)
assert_match '11:15 note SET NOT NULL holds ACCESS EXCLUSIVE on users \([0-9.]+ kB, 5,000 rows\) for under a second \(reading all rows at 200 MB/s\): nobody else reads or writes there meanwhile' "$locks"
assert_match '12:19 note CREATE INDEX holds SHARE on users .*building an index at 50 MB/s' "$locks"
assert_match '13:15 note ADD FOREIGN KEY holds SHARE ROW EXCLUSIVE on accounts .* for a moment' "$locks"
assert_match '13:[0-9]+ note ADD FOREIGN KEY holds SHARE ROW EXCLUSIVE on users .* for a moment' "$locks"
assert_match 'ALTER COLUMN … TYPE holds ACCESS EXCLUSIVE on users .* for a moment' "$locks" "a longer varchar is not rewritten"
assert_match '11:15 note no lock_timeout is given: it waits up to 5 s for ACCESS EXCLUSIVE on users' "$(found no-lock-timeout)"
wb_case "a large table: a warning with the time and the way round"
pg check_online -c "CREATE TABLE large (id bigint, pad text); ALTER TABLE large ALTER pad SET STORAGE PLAIN" \
    -c "INSERT INTO large SELECT n, repeat('x', 7900) FROM generate_series(1, 9000) n" -c 'VACUUM ANALYZE large'
plan "$pg_url" "$pg_url" <<'PLAN'
## Phase 1: A

- one

  ```sql step=up irreversible lock_timeout=2s
  CREATE INDEX ON large (id);
  ```

- two

  ```sql step=up irreversible tx=off
  CREATE INDEX CONCURRENTLY ON large (id);
  ```

**Integrity check**: row count match

**Sign-off**: from data lead

**Rollback**: not available
PLAN
assert_match '^11:19 warning CREATE INDEX holds SHARE on large \(7[0-9.]+ MB, 9,000 rows\) for about 1.[0-9]+ s \(building an index at 50 MB/s\): nobody else writes there meanwhile$' "$(found lock)"
assert_eq "use CREATE INDEX CONCURRENTLY, in a block with tx=off" "$(remedy lock)"
assert_eq "" "$(found no-lock-timeout)" "a lock_timeout is given"

wb_case "a lock that is kept while long work follows; a check that proves NOT NULL"
plan "$pg_url" "$pg_url" <<'PLAN'
## Phase 1: A

- one

  ```sql step=up irreversible lock_timeout=2s
  ALTER TABLE large ADD COLUMN done boolean;
  UPDATE large SET done = false;
  ```

- two

  ```sql step=up irreversible lock_timeout=2s
  ALTER TABLE large ADD CONSTRAINT c CHECK (id IS NOT NULL) NOT VALID;
  ```

- three

  ```sql step=up irreversible lock_timeout=2s
  ALTER TABLE large VALIDATE CONSTRAINT c;
  ALTER TABLE large ALTER id SET NOT NULL;
  ```

**Integrity check**: row count match

**Sign-off**: from data lead

**Rollback**: not available
PLAN
locks=$(found lock)
assert_match '11:15 warning ACCESS EXCLUSIVE on large is kept until the .* most of it the UPDATE of line 12' "$locks"
assert_match '25:15 note SET NOT NULL holds ACCESS EXCLUSIVE on large .* for a moment' "$locks"
assert_eq 1 "$(grep -c warning <<<"$locks")" "warnings"

wb_case "statements that no transaction takes, and those that the parser does not take"
plan "$pg_url" "$pg_url" <<'PLAN'
## Phase 1: A

- one

  ```sql step=up irreversible
  VACUUM users;
  CREATE INDEX CONCURRENTLY ON users (email);
  COMMIT;
  SELEC 1;
  ```

**Integrity check**: row count match

**Sign-off**: from data lead

**Rollback**: not available
PLAN
assert_eq '11:3 error VACUUM cannot run inside a transaction
12:16 error CONCURRENTLY cannot run inside a transaction
13:3 warning the block runs in a transaction of its own already
14:3 error PostgreSQL would not take this: syntax error at or near "SELEC"' \
    "$(found cannot-run-in-transaction index-concurrently-in-transaction sql-syntax)"

wb_case "NULL decides by the columns: those that are NOT NULL are compared by <>"
plan "$pg_url" "$pg_url" <<'PLAN'
## Phase 1: A

**Integrity check**: row count match

```sql
SELECT count(*) FROM users u FULL JOIN accounts a ON a.legacy_user_id = u.id
WHERE a.id IS NULL OR u.id IS NULL OR u.email <> a.email
-- Must return 0
```

```sql
SELECT count(*) FROM users u FULL JOIN accounts a ON a.legacy_user_id = u.id
WHERE a.id IS NULL OR u.id IS NULL OR u.full_name <> a.nick
-- Must return 0
```

```sql
SELECT count(*) FROM users WHERE id NOT IN (SELECT legacy_user_id FROM accounts)
-- Must return 0
```

```sql
SELECT count(*) FROM users WHERE id NOT IN (SELECT id FROM accounts)
-- Must return 0
```

**Rollback**: pause backfill
PLAN
assert_eq '18:51 warning u.full_name <> a.nick is not true where one side is NULL: such a row passes unseen
23:37 warning NOT IN is never true once accounts.legacy_user_id is NULL in one row: the check then passes whatever is missing' \
    "$(found null-unsafe-comparison)"

wb_case "MariaDB and PostgreSQL: each statement against its own side"
plan "$my_url" "$pg_url" <<'PLAN'
## Phase 1: Dual-write

- widen

  ```sql step=up on=source irreversible
  ALTER TABLE orders DROP PRIMARY KEY;
  ALTER TABLE `users` ADD COLUMN nick varchar(10), CHANGE emial mail varchar(300);
  ```

**Integrity check**: row count match

```sql on=source check=zero
SELECT COUNT(*) FROM `Orders` o LEFT JOIN users u ON u.id = o.user_id WHERE u.id IS NULL AND o.totl > 0
```

```sql on=source check=zero
SELECT COUNT(*) FROM users u FULL JOIN orders o ON o.user_id = u.id WHERE u.email IS DISTINCT FROM o.id
```

```sql check=zero
SELECT count(*) FROM orders
```

**Mapping**

| From | To | As |
|---|---|---|
| orders.totl | accounts.email | |
| users.email | accounts.emial | |

**Sign-off**: from data lead

**Rollback**: not available
PLAN
names=$(found unknown-name)
assert_match '12:[0-9]+ error the column emial is not in the table users' "$names"
assert_match '18:[0-9]+ error the column totl is not in the table orders' "$names"
assert_match '26:22 error the target has no table orders' "$names"
assert_match '3[0-9]:[0-9]+ error the column totl is not in the table orders' "$names"
assert_match '3[0-9]:[0-9]+ warning the column emial is not in the table accounts' "$names"
assert_match 'MariaDB.* does not know FULL JOIN' "$(found not-supported)"
assert_match 'MariaDB.* does not know IS DISTINCT FROM' "$(found not-supported)"
assert_match 'DROP PRIMARY KEY \(ALGORITHM COPY\) on orders .*nobody writes meanwhile' "$(found lock)"
check
assert_match 'Asked: the source \(MariaDB 10[^,]*\), the target \(PostgreSQL 15.*\)\.' "$(cat "$WB_TMP/out")"

wb_case "SQLite"
plan "sqlite:$lite" "sqlite:$lite" <<'PLAN'
## Phase 1: A

**Integrity check**: row count match

```sql
SELECT count(*) FROM Users u LEFT JOIN "notes" n ON n.id = u.id AND n.rowid = 1 WHERE n.id IS NULL AND u.emial IS NOT n.body
-- Must return 0
```

```sql
SELECT count(*) FROM nots WHERE body GLOB 'x*'
-- Must return 0
```

**Rollback**: pause backfill
PLAN
assert_eq '11:106 error the column emial is not in the table users
16:22 error the target has no table nots' "$(found unknown-name | sed 's/^11:[0-9]*/11:106/')"

wb_case "tables: of the front matter"
printf -- '---\nwhimbrel: 1\nsource: %s\ntarget: %s\ntables: [users, acounts, "o*", "zz*"]\n---\n## Phase 1: A\n\n**Integrity check**: row count match\n\n**Rollback**: pause backfill\n' \
    "$pg_url" "$pg_url" >"$WB_TMP/plan.md"
assert_eq 'no table of the source is called acounts
no table of the source is called o*
no table of the source is called zz*' "$(found unknown-name | sed 's/^[^ ]* error //')"

wb_case "a database that cannot be reached: exit 4, everything else is told, --offline is named"
plan "$my_url" "postgresql://nobody:s3cr3tpw@/shop?host=$WB_TMP" <<'PLAN'
## Phase 1: A

**Integrity check**: `SELECT 1` must return 0

```sql on=source check=zero
SELECT count(*) FROM userz
```

**Rollback**: pause backfill
PLAN
check
assert_eq 4 $? "exit code"
assert_match 'plan.md:4: could not look into the target' "$(cat "$WB_TMP/err")"
assert_match 'whimbrel check .*plan.md --offline' "$(cat "$WB_TMP/err")"
assert_match 'the source has no table userz' "$(cat "$WB_TMP/out")"
expect_exit 1 grep -q s3cr3tpw "$WB_TMP/out" "$WB_TMP/err"
check --json
assert_eq 4 $? "exit code with --json"
assert_eq '["looked","failed",4]' "$(jq -c '[.databases[].look, .summary.exit_code]' "$WB_TMP/out")"
"$WB_BUILD_DIR/tests/json-validate" docs/json/check.json <"$WB_TMP/out" >"$WB_TMP/valid" 2>&1 ||
    wb_assert_failed "$(head -n 3 "$WB_TMP/valid")"
wb_case "a variable that is not set: exit 4 too, for nothing was looked at"
# shellcheck disable=SC2016  # the plan's own variable
plan '${CHECK_ONLINE_DSN}' '${CHECK_ONLINE_DSN}' <<<'## Phase 1: A'
check
assert_eq 4 $? "exit code"
assert_match 'its URL names a variable that is not set' "$(cat "$WB_TMP/err")"
assert_match 'set it; or judge the text alone' "$(cat "$WB_TMP/err")"
wb_case "a file that is not there: exit 4, one remedy, and it is not made"
plan "sqlite:$WB_TMP/none.db" "sqlite:$lite" <<<'## Phase 1: A'
check
assert_eq 4 $? "exit code"
assert_eq "  what to do: check the path: the file, its directory and the permissions of both; or judge the text alone: whimbrel check $WB_TMP/plan.md --offline" \
    "$(grep 'what to do' "$WB_TMP/err")"
[ ! -e "$WB_TMP/none.db" ] || wb_assert_failed "it was made"
wb_case "a copy brings its tables; a target that is not made yet is an empty one"
plan "sqlite:$lite" "sqlite:$WB_TMP/new.db" <<'PLAN'
## Phase 1: Write both sides

1. Copy the database into the target

**Integrity check**: `SELECT count(*) FROM notes WHERE body IS NULL` must return 0, `SELECT count(*) FROM notez` must return 0, row count match

**Rollback**: pause backfill
PLAN
assert_eq '10:110 warning the target has no table notez' "$(found unknown-name | sed 's/^10:[0-9]*/10:110/')"
[ ! -e "$WB_TMP/new.db" ] || wb_assert_failed "it was made"

wb_case "nothing was changed by looking"
assert_eq "users" "$(pg check_online -c "SELECT relname FROM pg_class WHERE relname IN ('users', 'whimbrel') AND relkind = 'r'")"
assert_eq "notes users" "$(sqlite3 "$lite" 'SELECT name FROM sqlite_schema ORDER BY 1' | xargs)"
wb_finish
