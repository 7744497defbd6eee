/* Which locks a step takes, and for about how long, by the size of its tables. An estimate: rows
 * are read at 200 MB a second; written anew, or sorted for an index, at 50. */
#include "lint/inside.h"

#include "base/str.h"

#include <stdio.h>

enum { SCAN_MB_S = 200, WRITE_MB_S = 50, LONG_MS = 1000 };

struct estimate {
    uint64_t ms;
    unsigned mb_s;
    const char *what;
};

static struct estimate estimate(const struct wb_table *t, enum wb_sql_work work) {
    struct estimate e = {0};
    e.mb_s = work == WB_WORK_SCAN ? SCAN_MB_S : WRITE_MB_S;
    e.what = work == WB_WORK_SCAN                                       ? "reading all rows"
             : work == WB_WORK_INDEX                                    ? "building an index"
             : work == WB_WORK_REWRITE || work == WB_WORK_MAYBE_REWRITE ? "writing all rows anew"
                                                                        : NULL;
    if (e.what)
        e.ms = t->est_bytes / ((uint64_t)e.mb_s * 1000);
    return e;
}

/* "orders (8.2 GB, 41,000,000 rows)" */
static const char *sized(struct wb_lint *l, const struct wb_sql_table *t,
                         const struct wb_table *table) {
    char bytes[32], rows[32];
    return wb_arena_printf(l->a, "%s (%s, %s rows)", t->name,
                           wb_str_human_bytes(table->est_bytes, bytes, sizeof bytes),
                           wb_str_human_count(table->est_rows, rows, sizeof rows));
}

static const char *lasting(struct wb_lint *l, const struct estimate *e) {
    char time[32];
    if (!e->what)
        return "for a moment";
    if (e->ms < LONG_MS)
        return wb_arena_printf(l->a, "for under a second (%s at %u MB/s)", e->what, e->mb_s);
    return wb_arena_printf(l->a, "for about %s (%s at %u MB/s)",
                           wb_str_human_ms(e->ms, time, sizeof time), e->what, e->mb_s);
}

static bool quiet_type(const struct wb_table *t, const char *column, const char *type) {
    int i = column ? wb_table_find_column(t, column) : -1;
    unsigned n = 0;
    if (i < 0 || !type)
        return false;
    bool text = t->columns[i].type.kind == WB_KIND_TEXT;
    if (!text)
        return false;
    if (wb_str_eq(type, "text") || wb_str_eq(type, "varchar"))
        return true;
    return sscanf(type, "varchar(%u)", &n) == 1 && t->columns[i].type.length &&
           n >= t->columns[i].type.length;
}

static void find_postgres(struct wb_lint *l, const struct wb_lint_query *q,
                          const struct wb_sql_table *t, const struct wb_table *table) {
    enum wb_sql_work work = t->work;
    const char *stops = wb_sql_lock_stops(t->lock);
    if (work == WB_WORK_REWRITE && quiet_type(table, t->column, t->type))
        work = WB_WORK_NOTHING; /* a longer varchar is the same on disk */
    int column = t->column ? wb_table_find_column(table, t->column) : -1;
    if (work == WB_WORK_SCAN && column >= 0 && table->columns[column].not_null)
        work = WB_WORK_NOTHING;
    struct estimate e = estimate(table, work);
    bool lasts = e.what && e.ms >= LONG_MS;
    if (!stops || (!e.what && !wb_lint_runs(q)))
        return;
    wb_lint_find_at(
        l, q, t->at, WB_PLAN_LOCK, lasts ? WB_WARNING : WB_NOTE,
        lasts && t->safer ? wb_arena_printf(l->a, "use %s", t->safer) : NULL,
        "%s holds %s on %s %s%s: nobody else %s there meanwhile", t->why ? t->why : "the statement",
        wb_sql_lock_word(t->lock), sized(l, t, table), lasting(l, &e),
        work == WB_WORK_MAYBE_REWRITE ? ", if its default differs from row to row" : "", stops);
}

static void find_mysql(struct wb_lint *l, const struct wb_lint_query *q,
                       const struct wb_sql_table *t, const struct wb_table *table) {
    struct estimate e = estimate(table, t->work);
    bool copies = t->algorithm == WB_ALGORITHM_COPY || t->algorithm == WB_ALGORITHM_UNKNOWN;
    bool lasts = e.what && e.ms >= LONG_MS;
    const char *how = t->algorithm == WB_ALGORITHM_UNKNOWN
                          ? "how is the server's choice; if it copies, nobody writes meanwhile"
                      : t->algorithm == WB_ALGORITHM_COPY ? "nobody writes meanwhile"
                      : t->algorithm == WB_ALGORITHM_INPLACE && e.what
                          ? "rows are written meanwhile, but replicas lag by as long"
                          : "only its beginning and end wait for other sessions";
    wb_lint_find_at(l, q, t->at, WB_PLAN_LOCK, lasts && copies ? WB_WARNING : WB_NOTE,
                    lasts && copies && t->safer ? wb_arena_printf(l->a, "use %s", t->safer) : NULL,
                    "%s (ALGORITHM %s) on %s lasts %s: %s", t->why ? t->why : "ALTER TABLE",
                    wb_sql_algorithm_word(t->algorithm), sized(l, t, table),
                    e.what ? lasting(l, &e) + 4 : "a moment", how);
}

static void find_sqlite(struct wb_lint *l, const struct wb_lint_query *q,
                        const struct wb_sql_table *t, const struct wb_table *table) {
    struct estimate e = estimate(table, t->work);
    if (!e.what)
        return;
    wb_lint_find_at(l, q, t->at, WB_PLAN_LOCK, e.ms >= LONG_MS ? WB_WARNING : WB_NOTE, NULL,
                    "%s on %s holds the database's write lock %s", t->why, sized(l, t, table),
                    lasting(l, &e));
}

/* --- how long it waits for the lock
 * ------------------------------------------------------------------ */

static const char *timeout_before(const struct wb_lint_query *q, const struct wb_sql_statement *s) {
    const char *found = NULL;
    for (const struct wb_sql_statement *e = q->script.items; e < s; e++)
        found = e->lock_timeout ? e->lock_timeout : found;
    return found;
}

static void find_timeout(struct wb_lint *l, const struct wb_lint_query *q,
                         const struct wb_sql_statement *s, const struct wb_sql_table *t) {
    const char *set = timeout_before(q, s);
    bool never = set && (wb_str_eq(set, "0") || wb_str_eq(set, "0ms"));
    bool said = (q->block && q->block->lock_timeout_ms) || (set && !never);
    if (said || !wb_sql_lock_stops(t->lock))
        return;
    if (wb_lint_runs(q) && !never)
        wb_lint_find_at(l, q, t->at, WB_PLAN_LOCK_TIMEOUT, WB_NOTE,
                        "say lock_timeout=2s, or how long those behind it may wait",
                        "no lock_timeout is given: it waits up to %d s for %s on %s, and whoever "
                        "comes later waits behind it",
                        WB_PLAN_LOCK_TIMEOUT_MS / 1000, wb_sql_lock_word(t->lock), t->name);
    else
        wb_lint_find_at(l, q, t->at, WB_PLAN_LOCK_TIMEOUT, WB_WARNING,
                        "SET lock_timeout = '2s' first, or make it a step that whimbrel runs",
                        "without lock_timeout it may wait for %s on %s for ever, and whoever comes "
                        "later waits behind it",
                        wb_sql_lock_word(t->lock), t->name);
}

void wb_lint_locks(struct wb_lint *l, struct wb_lint_db *db, const struct wb_lint_query *q,
                   const struct wb_sql_statement *s) {
    bool told = false;
    bool runs = q->role == WB_ROLE_UP || q->role == WB_ROLE_DOWN || q->role == WB_ROLE_ACTION ||
                q->role == WB_ROLE_TEXT;
    for (size_t i = 0; i < s->n_tables && runs; i++) {
        const struct wb_sql_table *t = &s->tables[i];
        const struct wb_known *k = wb_known_find(l, db, t->schema, t->name);
        if (!k || !k->table || k->state == WB_KNOWN_MAYBE)
            continue;
        if (db->dialect == WB_DIALECT_POSTGRES && q->dialect == WB_DIALECT_POSTGRES) {
            find_postgres(l, q, t, k->table);
            if (!told && wb_sql_lock_stops(t->lock)) {
                find_timeout(l, q, s, t);
                told = true;
            }
        } else if (db->dialect == WB_DIALECT_MYSQL && t->algorithm) {
            find_mysql(l, q, t, k->table);
        } else if (db->dialect == WB_DIALECT_SQLITE) {
            find_sqlite(l, q, t, k->table);
        }
    }
}
