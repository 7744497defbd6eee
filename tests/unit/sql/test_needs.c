/* What a statement needs of its server, and who has it. */
#include "sql/sql.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

struct need_case {
    const char *sql, *product;
    uint32_t version;
    const char *lacks; /* NULL: nothing */
};

static const struct need_case cases[] = {
    {"MERGE INTO t USING s ON t.id = s.id WHEN MATCHED THEN DELETE", "PostgreSQL", 140005, "MERGE"},
    {"MERGE INTO t USING s ON t.id = s.id WHEN MATCHED THEN DELETE", "PostgreSQL", 150000, NULL},
    {"REINDEX TABLE CONCURRENTLY t", "PostgreSQL", 110000, "REINDEX CONCURRENTLY"},
    {"ALTER TABLE t DETACH PARTITION p CONCURRENTLY", "PostgreSQL", 130009,
     "DETACH PARTITION … CONCURRENTLY"},
    {"SELECT 1 FROM a FULL JOIN b USING (id)", "MariaDB", 101119, "FULL JOIN"},
    {"SELECT 1 FROM a FULL OUTER JOIN b USING (id)", "SQLite", 33803, "FULL JOIN"},
    {"SELECT 1 FROM a FULL JOIN b USING (id)", "SQLite", 34001, NULL},
    {"SELECT 1 FROM a FULL JOIN b USING (id)", "PostgreSQL", 90600, NULL},
    {"WITH x AS (SELECT 1) SELECT * FROM x", "MySQL", 50744, "WITH"},
    {"WITH x AS (SELECT 1) SELECT * FROM x", "MariaDB", 100201, NULL},
    {"SELECT count(*) OVER (ORDER BY a) FROM t", "MySQL", 50744, "OVER (…)"},
    {"DELETE FROM t WHERE a = 1 RETURNING id", "MySQL", 80036, "RETURNING"},
    {"ALTER TABLE t RENAME COLUMN a TO b", "MariaDB", 100422, "RENAME COLUMN"},
    {"ALTER TABLE t DROP COLUMN a", "SQLite", 33403, "DROP COLUMN"},
    {"SELECT a EXCEPT SELECT b", "MySQL", 80030, "EXCEPT"},
    {"SELECT 'full join', \"over\" FROM t", "MariaDB", 101119, NULL},
    {"SELECT 1 FROM a FULL JOIN b USING (id)", "Another", 1, NULL},
};

static void versions_are_told_apart(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct need_case *c = &cases[i];
        struct wb_arena a = {0};
        struct wb_sql_script script;
        const char *lacks = NULL;
        wb_sql_read_script(&a, WB_DIALECT_ANY, c->sql, &script);
        assert_int_equal(script.n, 1);
        for (size_t k = 0; k < script.items[0].n_needs && !lacks; k++)
            if (!wb_sql_need_met(&script.items[0].needs[k], c->product, c->version, NULL))
                lacks = script.items[0].needs[k].what;
        if ((lacks != NULL) != (c->lacks != NULL) || (lacks && strcmp(lacks, c->lacks) != 0))
            fail_msg("%s on %s: %s, expected %s", c->sql, c->product, lacks ? lacks : "nothing",
                     c->lacks ? c->lacks : "nothing");
        wb_arena_done(&a);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(versions_are_told_apart)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
