/* What a statement needs of its server's version, by the words that it uses.
 * Sources: the release notes of PostgreSQL 10 to 17, of MariaDB 10.0 to 11, of MySQL 8.0, and
 * SQLite's list of changes. */
#include "sql/tree.h"

#include <string.h>

struct feature {
    const char *words; /* in a row, anywhere in the statement */
    const char *first; /* the statement's first word; NULL: any */
    const char *what;
    uint32_t postgres, mariadb, mysql, sqlite;
};

#define NO WB_NEVER

static const struct feature features[] = {
    {"merge into", "merge", "MERGE", 150000, NO, NO, NO},
    {"nulls not distinct", NULL, "NULLS NOT DISTINCT", 150000, NO, NO, NO},
    {"table concurrently", "reindex", "REINDEX CONCURRENTLY", 120000, NO, NO, NO},
    {"index concurrently", "reindex", "REINDEX CONCURRENTLY", 120000, NO, NO, NO},
    {"index concurrently", "create", "CREATE INDEX CONCURRENTLY", 80000, NO, NO, NO},
    {"partition by", "create", "PARTITION BY", 100000, 50100, 50100, NO},
    {"stored generated", NULL, "GENERATED ALWAYS AS … STORED", 120000, 100200, 50700, 33100},
    {"is distinct from", NULL, "IS DISTINCT FROM", 70400, NO, NO, 33900},
    {"is not distinct from", NULL, "IS NOT DISTINCT FROM", 70400, NO, NO, 33900},
    {"full join", NULL, "FULL JOIN", 70000, NO, NO, 33900},
    {"full outer join", NULL, "FULL JOIN", 70000, NO, NO, 33900},
    {"right join", NULL, "RIGHT JOIN", 70000, 50000, 50000, 33900},
    {"<=>", NULL, "the operator <=>", 70000, 50000, 50000, NO},
    {"on duplicate key", NULL, "ON DUPLICATE KEY UPDATE", NO, 50000, 50000, NO},
    {"on conflict", "insert", "ON CONFLICT", 90500, NO, NO, 32400},
    {"rename column", "alter", "RENAME COLUMN", 70000, 100502, 80000, 32500},
    {"drop column", "alter", "DROP COLUMN", 70000, 50000, 50000, 33500},
    {"add constraint", "alter", "ADD CONSTRAINT", 70000, 50000, 50000, NO},
    {"alter column", "alter", "ALTER COLUMN", 70000, 50000, 50000, NO},
    {"filter (", NULL, "FILTER (WHERE …)", 90400, NO, NO, 33000},
    {"::", NULL, "the operator ::", 70000, NO, NO, NO},
    {"create or replace table", "create", "CREATE OR REPLACE TABLE", NO, 100008, NO, NO},
    {"truncate", "truncate", "TRUNCATE", 70000, 50000, 50000, NO},
};

static void add(struct wb_sql_reader *r, const struct feature *f, size_t at) {
    *WB_PUSH(r->a, r->s->needs, r->s->n_needs, r->s->cap_needs) =
        (struct wb_sql_need){.what = f->what,
                             .at = at,
                             .postgres = f->postgres,
                             .mariadb = f->mariadb,
                             .mysql = f->mysql,
                             .sqlite = f->sqlite};
}

void wb_needs_read(struct wb_sql_reader *r) {
    static const struct feature cte = {NULL, NULL, "WITH", 80400, 100201, 80000, 30803},
                                over = {NULL, NULL, "OVER (…)", 80400, 100200, 80000, 32500},
                                returning = {NULL, NULL, "RETURNING", 80200, 100500, NO, 33500},
                                except = {NULL, NULL, "EXCEPT", 70000, 100300, 80031, 30000},
                                quiet = {NULL, NULL, "DETACH PARTITION … CONCURRENTLY", 140000, NO,
                                         NO,   NO};
    const struct wb_sql_lex_part *p = r->p;
    if (wb_sql_lex_is(p, 0, "with"))
        add(r, &cte, p->items[0].at);
    for (size_t i = 0; i < p->n; i++) {
        for (size_t f = 0; f < sizeof features / sizeof *features; f++)
            if ((!features[f].first || wb_sql_lex_is(p, 0, features[f].first)) &&
                wb_sql_lex_are(p, i, features[f].words))
                add(r, &features[f], p->items[i].at);
        if (i && wb_sql_lex_are(p, i, "over (") && wb_sql_lex_is(p, i - 1, ")"))
            add(r, &over, p->items[i].at);
        if (wb_sql_lex_is(p, i, "returning"))
            add(r, &returning, p->items[i].at);
        if (wb_sql_lex_is(p, i, "except") && wb_sql_lex_find(p, i, "select") < p->n)
            add(r, &except, p->items[i].at);
        if (wb_sql_lex_is(p, i, "concurrently") && wb_sql_lex_find(p, 0, "detach") < i)
            add(r, &quiet, p->items[i].at);
    }
}
