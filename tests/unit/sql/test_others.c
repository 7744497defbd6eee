/* Statements of MySQL, MariaDB and SQLite, and of a dialect that nobody names. */
#include "unit/sql/sql_dump.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static const struct sql_case mysql[] = {
    {"SELECT COUNT(*) FROM `Users` u JOIN accounts a ON a.id = u.id WHERE NOT (u.email <=> "
     "a.email)",
     "SELECT reads; Users; accounts; .a.id=accounts; .u.id=Users; .u.email=Users; "
     ".a.email=accounts; HIDES(users,accounts)"},
    {"SELECT COUNT(*) FROM Users u JOIN accounts a USING (id) WHERE u.email != a.email",
     "SELECT reads; Users; accounts; .u.email=Users; .a.email=accounts; NULL(u.email,a.email); "
     "HIDES(users,accounts)"},
    {"SELECT GROUP_CONCAT(DISTINCT name ORDER BY id SEPARATOR ';') FROM users",
     "SELECT reads; users; .name=users; .id=users; AGG(group_concat ';' ordered)"},
    {"SELECT MD5(GROUP_CONCAT(name, price SEPARATOR \"|\")) FROM goods",
     "SELECT reads; goods; .name=goods; .price=goods; AGG(group_concat '|')"},
    {"SELECT IFNULL(a.x, \"\") <> IFNULL(b.x, \"\"), \"str\" FROM a JOIN b USING (id) WHERE a.n "
     "REGEXP '^x' AND a.d > NOW() - INTERVAL 1 DAY LIMIT 5, 10",
     "SELECT reads; a; b; .a.x=a; .b.x=b; .a.n=a; .a.d=a; HIDES(a,b)"},
    {"INSERT INTO items SELECT * FROM goods ON DUPLICATE KEY UPDATE price = VALUES(price)",
     "INSERT writes; items; goods; OVERWRITES"},
    {"REPLACE INTO items SELECT * FROM goods", "REPLACE writes; items; goods; OVERWRITES"},
    {"INSERT IGNORE INTO items (id, name) SELECT id, name FROM goods WHERE id > 5",
     "INSERT writes; items; goods; .id=items; .name=items; .id=goods; .name=goods; .id=goods"},
    {"UPDATE users u JOIN accounts a ON a.id = u.id SET u.x = a.x",
     "UPDATE writes; users; accounts"},
    {"DELETE FROM users LIMIT 10", "DELETE destroys; users"},
    {"ALTER TABLE users ADD COLUMN nick varchar(30) NULL AFTER name, ADD INDEX i (nick)",
     "ALTER TABLE defines commits; users INPLACE index; add users.nick"},
    {"ALTER TABLE `shop`.`users` MODIFY email varchar(300) NOT NULL",
     "ALTER TABLE defines commits; shop.users unknown maybe-rewrite; .email=users"},
    {"ALTER TABLE users DROP COLUMN old, ALGORITHM=INPLACE, LOCK=NONE",
     "ALTER TABLE destroys commits; users INPLACE rewrite; .old=users; drop users.old"},
    {"ALTER TABLE users CHANGE COLUMN a b int",
     "ALTER TABLE defines commits; users unknown maybe-rewrite; .a=users; rename users.a to b"},
    {"ALTER TABLE users RENAME TO people",
     "ALTER TABLE defines commits; users INSTANT; rename users to people"},
    {"ALTER TABLE users CONVERT TO CHARACTER SET utf8mb4",
     "ALTER TABLE defines commits; users COPY rewrite"},
    {"RENAME TABLE a TO b, shop.c TO d",
     "RENAME TABLE defines commits; a; shop.c; rename a to b; rename c to d"},
    {"CREATE TABLE IF NOT EXISTS t (id int primary key, `v` text, KEY (v(10)), CONSTRAINT c "
     "FOREIGN KEY (id) REFERENCES u (id)) ENGINE=InnoDB",
     "CREATE TABLE defines commits; u; create t(id,v)"},
    {"CREATE UNIQUE INDEX i ON t (a)", "CREATE INDEX defines commits; t INPLACE index"},
    {"DROP TABLE IF EXISTS a, b",
     "DROP TABLE destroys commits; a if-exists; b if-exists; drop a; drop b"},
    {"TRUNCATE t", "TRUNCATE destroys commits; t"},
    {"CREATE TRIGGER x BEFORE INSERT ON t FOR EACH ROW BEGIN SET NEW.a = 1; IF 1 THEN SET NEW.b = "
     "2; END IF; END; SELECT 1",
     "CREATE TRIGGER defines commits; t\n"
     "SELECT reads"},
    {"START TRANSACTION; UPDATE t SET a = 1; COMMIT", "START controls\n"
                                                      "UPDATE writes; t; .a=t\n"
                                                      "COMMIT controls"},
    {"SELECT * FROM t WHERE a = 1 LOCK IN SHARE MODE", "SELECT reads; t; .a=t"},
    {"WITH c AS (SELECT 1) SELECT * FROM c JOIN d", "WITH reads; d"},
    {"SELECT TIMESTAMPDIFF(SECOND, a, b), @x, DATABASE() FROM t WHERE 0xFF = a # hm",
     "SELECT reads; t; .a=t; .b=t; .a=t"},
    {"SELECT STRAIGHT_JOIN * FROM a FORCE INDEX (i) STRAIGHT_JOIN b", "SELECT reads; a; b"},
    {"SELECT TRIM(LEADING 'x' FROM name) FROM t", "SELECT reads; t; .name=t"},
    {"OPTIMIZE TABLE t", "OPTIMIZE TABLE defines commits; t INPLACE rewrite"},
    {"SET lock_wait_timeout = 5", "SET controls lock_timeout=5"},
    {"ALTER TABLE users RENAME COLUMN a TO b",
     "ALTER TABLE defines commits; users INSTANT; .a=users; rename users.a to b"},
    {"CREATE TABLE t (id int, u int REFERENCES u (id))",
     "CREATE TABLE defines commits; u; create t(id,u)"},
    {"DELETE u FROM users u JOIN gone g ON g.id = u.id", "DELETE destroys; users; gone"},
    {"INSERT INTO t SET a = 1", "INSERT writes; t"},
    {"SELECT id FROM users WHERE id NOT IN (SELECT user_id FROM accounts)",
     "SELECT reads; users; accounts; .id=users; .id=users; .user_id=accounts|users; "
     "ANTI(users-accounts); NOT-IN(accounts.user_id)"},
    {"SELECT u.id AS 'the id', CONVERT(u.id, SIGNED), UTC_DATE FROM users u WHERE u.a XOR u.b",
     "SELECT reads; users; .u.id=users; .u.id=users; .u.a=users; .u.b=users"},
    {"SELECT a.id FROM a WHERE a.x = \"it's\" AND a.y = 'b\\'c' -- done",
     "SELECT reads; a; .a.id=a; .a.x=a; .a.y=a"},
};

static const struct sql_case sqlite[] = {
    {"SELECT count(*) FROM a JOIN b USING (id) WHERE a.v IS NOT b.v",
     "SELECT reads; a; b; .a.v=a; .b.v=b; HIDES(a,b)"},
    {"SELECT count(*) FROM a JOIN b USING (id) WHERE a.v != b.v",
     "SELECT reads; a; b; .a.v=a; .b.v=b; NULL(a.v,b.v); HIDES(a,b)"},
    {"SELECT group_concat(name, ';') FROM (SELECT name FROM t ORDER BY id)",
     "SELECT reads; t; AGG(group_concat ';' ordered)"},
    {"ALTER TABLE t ADD COLUMN x", "ALTER TABLE defines; t; add t.x"},
    {"ALTER TABLE t DROP COLUMN x", "ALTER TABLE destroys; t rewrite; .x=t; drop t.x"},
    {"ALTER TABLE t RENAME x TO y", "ALTER TABLE defines; t; .x=t; rename t.x to y"},
    {"INSERT OR REPLACE INTO t SELECT * FROM u", "INSERT writes; t; u; OVERWRITES"},
    {"VACUUM", "VACUUM defines alone"},
    {"SELECT [a b], \"c\" FROM [t 1]", "SELECT reads; t 1; .a b=t 1"},
    {"CREATE VIRTUAL TABLE f USING fts5(x)", "CREATE TABLE defines; create f"},
    {"CREATE INDEX i ON t(a)", "CREATE INDEX defines; t index"},
    {"DELETE FROM t WHERE rowid IN (SELECT id FROM u WHERE x GLOB 'a*')",
     "DELETE destroys; t; u; .rowid=t; .id=u|t; .x=u|t"},
};

static const struct sql_case any[] = {
    {"SELECT * FROM users WHERE id > %s LIMIT %s", "SELECT reads; users"},
    {"SELECT MD5(GROUP_CONCAT(id, email)) FROM users",
     "SELECT reads; users ACCESS SHARE; .id=users; .email=users; AGG(group_concat ',')"},
    {"DROP TABLE x", "DROP TABLE destroys; x ACCESS EXCLUSIVE; drop x"},
    {"ALTER TABLE `x` ADD y int", "ALTER TABLE defines; x; add x.y"},
    {"this is no SQL", "THIS unknown"},
};

static void mysql_is_read_by_its_words(void **state) {
    (void)state;
    sql_expect(WB_DIALECT_MYSQL, mysql, sizeof mysql / sizeof *mysql);
}

static void sqlite_is_read_by_its_words(void **state) {
    (void)state;
    sql_expect(WB_DIALECT_SQLITE, sqlite, sizeof sqlite / sizeof *sqlite);
}

static void any_dialect_is_read_as_far_as_it_goes(void **state) {
    (void)state;
    sql_expect(WB_DIALECT_ANY, any, sizeof any / sizeof *any);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(mysql_is_read_by_its_words),
        cmocka_unit_test(sqlite_is_read_by_its_words),
        cmocka_unit_test(any_dialect_is_read_as_far_as_it_goes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
