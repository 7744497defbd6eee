/* What PostgreSQL's statements do, name, lock and leave behind. */
#include "unit/sql/sql_dump.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static const struct sql_case statements[] = {
    {"INSERT INTO t (a,b) SELECT 1,x FROM q ON CONFLICT (a) DO UPDATE SET b = excluded.b",
     "INSERT writes; t ROW EXCLUSIVE; q ACCESS SHARE; .a=t; .b=t; .x=q; .b=t; .excluded.b?; .a=t; "
     "OVERWRITES"},
    {"INSERT INTO t (a,b) SELECT 1,x FROM q ON CONFLICT (a) DO NOTHING",
     "INSERT writes; t ROW EXCLUSIVE; q ACCESS SHARE; .a=t; .b=t; .x=q; .a=t"},
    {"WITH d AS (DELETE FROM a RETURNING *) INSERT INTO b SELECT * FROM d",
     "INSERT destroys; a ROW EXCLUSIVE; b ROW EXCLUSIVE"},
    {"UPDATE t SET a = s.b FROM s WHERE s.id = t.id",
     "UPDATE writes; t ROW EXCLUSIVE; s ACCESS SHARE; .a=t; .s.b=s; .s.id=s; .t.id=t"},
    {"DELETE FROM t", "DELETE destroys; t ROW EXCLUSIVE"},
    {"SELECT * FROM t FOR UPDATE", "SELECT writes; t ROW SHARE"},
    {"SELECT nextval('s')", "SELECT writes"},
    {"ALTER TABLE s.t ADD COLUMN x int DEFAULT random() CHECK (x>0), ALTER y TYPE bigint, ADD "
     "CONSTRAINT c FOREIGN KEY (a) REFERENCES r (id) NOT VALID, DROP COLUMN z",
     "ALTER TABLE destroys; s.t ACCESS EXCLUSIVE rewrite; r SHARE ROW EXCLUSIVE; .y=t; .a=t; "
     ".id=r; .z=t; add t.x; drop t.z"},
    {"ALTER TABLE t ADD COLUMN x timestamptz NOT NULL DEFAULT now()",
     "ALTER TABLE defines; t ACCESS EXCLUSIVE; add t.x"},
    {"ALTER TABLE t ADD COLUMN x uuid DEFAULT gen_random_uuid()",
     "ALTER TABLE defines; t ACCESS EXCLUSIVE rewrite; add t.x"},
    {"ALTER TABLE t ALTER a SET NOT NULL", "ALTER TABLE defines; t ACCESS EXCLUSIVE scan; .a=t"},
    {"ALTER TABLE t ADD CHECK (a > 0)", "ALTER TABLE defines; t ACCESS EXCLUSIVE scan; .a=t"},
    {"ALTER TABLE t ADD CONSTRAINT c CHECK (a > 0) NOT VALID",
     "ALTER TABLE defines; t ACCESS EXCLUSIVE; .a=t"},
    {"ALTER TABLE t VALIDATE CONSTRAINT c", "ALTER TABLE defines; t SHARE UPDATE EXCLUSIVE scan"},
    {"ALTER TABLE t ALTER COLUMN a DROP NOT NULL", "ALTER TABLE defines; t ACCESS EXCLUSIVE; .a=t"},
    {"ALTER TABLE t ADD PRIMARY KEY (id)", "ALTER TABLE defines; t ACCESS EXCLUSIVE index; .id=t"},
    {"ALTER TABLE t ADD CONSTRAINT k UNIQUE USING INDEX i",
     "ALTER TABLE defines; t ACCESS EXCLUSIVE"},
    {"ALTER TABLE a RENAME TO b",
     "ALTER TABLE … RENAME defines; a ACCESS EXCLUSIVE; rename a to b"},
    {"ALTER TABLE a RENAME c TO d",
     "ALTER TABLE … RENAME defines; a ACCESS EXCLUSIVE; .c=a; rename a.c to d"},
    {"ALTER TABLE t ATTACH PARTITION p FOR VALUES IN (1)",
     "ALTER TABLE defines; t SHARE UPDATE EXCLUSIVE; p ACCESS EXCLUSIVE scan"},
    {"ALTER TABLE t DETACH PARTITION p CONCURRENTLY",
     "ALTER TABLE defines alone; t SHARE UPDATE EXCLUSIVE; p ACCESS EXCLUSIVE"},
    {"CREATE INDEX CONCURRENTLY IF NOT EXISTS i ON s.t (a, lower(b)) WHERE c",
     "CREATE INDEX defines alone; s.t SHARE UPDATE EXCLUSIVE index; .a=t; .b=t; .c=t"},
    {"CREATE UNIQUE INDEX ON t (a)", "CREATE INDEX defines; t SHARE index; .a=t"},
    {"DROP INDEX CONCURRENTLY i", "DROP INDEX defines alone"},
    {"VACUUM FULL t", "VACUUM FULL defines alone; t ACCESS EXCLUSIVE rewrite"},
    {"CLUSTER t USING i", "CLUSTER defines; t ACCESS EXCLUSIVE rewrite"},
    {"REINDEX TABLE t", "REINDEX defines; t SHARE index"},
    {"REINDEX TABLE CONCURRENTLY t", "REINDEX defines alone; t SHARE UPDATE EXCLUSIVE index"},
    {"TRUNCATE a, b", "TRUNCATE destroys; a ACCESS EXCLUSIVE; b ACCESS EXCLUSIVE"},
    {"DROP TABLE IF EXISTS a, s.b CASCADE", "DROP TABLE destroys; a ACCESS EXCLUSIVE if-exists; "
                                            "s.b ACCESS EXCLUSIVE if-exists; drop a; drop b"},
    {"DROP VIEW v", "DROP VIEW defines; v ACCESS EXCLUSIVE; drop v"},
    {"CREATE TABLE t (id bigserial PRIMARY KEY, r int REFERENCES u(id))",
     "CREATE TABLE defines; u SHARE ROW EXCLUSIVE; .id=u; create t(id,r)"},
    {"CREATE TABLE z AS SELECT a FROM t",
     "CREATE TABLE AS defines; t ACCESS SHARE; .a=t; create z"},
    {"CREATE TEMP TABLE z (a int)", "CREATE TABLE defines; create z(a)"},
    {"CREATE VIEW v AS SELECT a FROM t", "CREATE VIEW defines; t ACCESS SHARE; .a=t; create v"},
    {"SET lock_timeout = '2s'", "SET controls lock_timeout=2s"},
    {"BEGIN; SELEC 1; COMMIT", "transaction control controls\n"
                               "SELEC unknown WRONG at 7: syntax error at or near \"SELEC\"\n"
                               "transaction control controls"},
    {"SELECT 'é', * FROM t WHERE é = = 1",
     "SELECT reads WRONG at 33: syntax error at or near \"=\"; t"},
    {"DO $$ BEGIN DELETE FROM x; END $$", "DO unknown opaque"},
    {"ALTER TYPE e ADD VALUE 'x'", "ALTER TYPE defines irreversible"},
    {"CREATE FUNCTION f() RETURNS int LANGUAGE SQL BEGIN ATOMIC SELECT 1; SELECT 2; END; SELECT 3",
     "CREATE FUNCTION defines\n"
     "SELECT reads"},
    {"CREATE DATABASE x", "CREATE DATABASE defines alone"},
    {"REFRESH MATERIALIZED VIEW CONCURRENTLY v",
     "REFRESH MATERIALIZED VIEW defines; v EXCLUSIVE rewrite"},
    {"CREATE TRIGGER x BEFORE INSERT ON t EXECUTE FUNCTION f()",
     "CREATE TRIGGER defines; t SHARE ROW EXCLUSIVE"},
    {"DROP TRIGGER x ON t", "DROP TRIGGER defines; t ACCESS EXCLUSIVE"},
    {"LOCK TABLE a IN SHARE MODE", "LOCK TABLE controls; a SHARE"},
    {"COPY t (a) FROM STDIN", "COPY writes; t ROW EXCLUSIVE; .a=t"},
    {"MERGE INTO t USING s ON s.id=t.id WHEN MATCHED THEN UPDATE SET a = s.a WHEN NOT MATCHED THEN "
     "INSERT (id) VALUES (s.id)",
     "MERGE writes; t ROW EXCLUSIVE; s ACCESS SHARE; .s.id=s; .t.id=t; .a=t; .s.a=s; .id=t; "
     ".s.id=s; OVERWRITES"},
    {"EXPLAIN ANALYZE DELETE FROM t", "EXPLAIN writes; t ROW EXCLUSIVE"},
    {"SELECT count(*) FROM a WHERE NOT EXISTS (SELECT 1 FROM b x WHERE x.a_id = a.id AND x.v IS "
     "NOT DISTINCT FROM a.v)",
     "SELECT reads; a ACCESS SHARE; b ACCESS SHARE; .x.a_id=b; .a.id=a; .x.v=b; .a.v=a; ANTI(a-b)"},
    {"SELECT * FROM generate_series(1,3) g JOIN t ON t.id = g",
     "SELECT reads; t ACCESS SHARE; .t.id=t"},
    {"SELECT lower(x) FROM (VALUES (1)) v(x)", "SELECT reads; .x?"},
    {"SELECT j.x, a.y, nowhere.z FROM (a JOIN b USING (id)) AS j",
     "SELECT reads; a ACCESS SHARE; b ACCESS SHARE; .j.x?; .a.y=a; .nowhere.z"},
    {"UPDATE t AS x SET a = 1, (b, c) = (SELECT 1, 2) WHERE x.d = 3 RETURNING x.e",
     "UPDATE writes; t ROW EXCLUSIVE; .a=t; .b=t; .c=t; .x.d=t; .x.e=t"},
    {"SELECT $1::int, E'a\\'b', $q$;$q$, U&\"x\" FROM t WHERE (t.comp).field = 1 AND \"T\".a = 1",
     "SELECT reads; t ACCESS SHARE; .x=t; .t.comp=t; .T.a=t"},
    {"ALTER TABLE t SET (fillfactor = 70), ALTER a SET STATISTICS 100",
     "ALTER TABLE defines; t SHARE UPDATE EXCLUSIVE; .a=t"},
    {"ALTER TABLE t ADD COLUMN g int GENERATED ALWAYS AS (a + 1) STORED, ADD COLUMN h serial",
     "ALTER TABLE defines; t ACCESS EXCLUSIVE rewrite; add t.g; add t.h"},
    {"INSERT INTO t SELECT * FROM s; ; DELETE FROM t USING s WHERE s.id = t.id;",
     "INSERT writes; t ROW EXCLUSIVE; s ACCESS SHARE\n"
     "DELETE destroys; t ROW EXCLUSIVE; s ACCESS SHARE; .s.id=s; .t.id=t"},
};

static void statements_are_classified(void **state) {
    (void)state;
    sql_expect(WB_DIALECT_POSTGRES, statements, sizeof statements / sizeof *statements);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(statements_are_classified),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
