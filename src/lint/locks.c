/* Which locks a step takes, and for about how long, by the size of its tables. An estimate: rows
 * are read at 200 MB a second; written anew, or sorted for an index, at 50. */
#include "lint/inside.h"

#include "base/str.h"

#include <stdio.h>
#include <string.h>

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
    if (!table->est_rows) /* empty, or never analyzed: the server does not say */
        return wb_arena_printf(l->a, "%s (%s)", t->name,
                               wb_str_human_bytes(table->est_bytes, bytes, sizeof bytes));
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

static bool says_not_null(const char *text, size_t len, const char *column) {
    WB_CLEANUP_BUF struct wb_buf b = {0};
    wb_buf_add(&b, text, len);
    const char *name = wb_str_istr(wb_buf_str(&b), column);
    return name && wb_str_istr(name, "is not null");
}

/* Whether a CHECK, there or made by an earlier step, tells that the column holds no NULL:
 * PostgreSQL 12 and later then need not look. */
static bool proven(const struct wb_lint *l, const struct wb_lint_db *db,
                   const struct wb_lint_query *q, const struct wb_sql_statement *s,
                   const struct wb_sql_table *t, const struct wb_table *table) {
    if (!t->column || db->probe.version_num < 120000)
        return false;
    for (size_t i = 0; i < table->n_checks; i++)
        if (table->checks[i].expr.text &&
            says_not_null(table->checks[i].expr.text, strlen(table->checks[i].expr.text),
                          t->column))
            return true;
    for (const struct wb_lint_query *e = l->queries; e <= q; e++)
        for (size_t i = 0; i < e->script.n && &e->script.items[i] != s; i++) {
            const struct wb_sql_statement *other = &e->script.items[i];
            bool checks = other->n_tables && other->tables[0].why &&
                          wb_str_eq(other->tables[0].why, "ADD CHECK") &&
                          wb_str_ieq(other->tables[0].name, t->name);
            if (checks && e->role == WB_ROLE_UP &&
                says_not_null(e->text + other->from, other->to - other->from, t->column))
                return true;
        }
    return false;
}

static void find_postgres(struct wb_lint *l, const struct wb_lint_db *db,
                          const struct wb_lint_query *q, const struct wb_sql_statement *s,
                          const struct wb_sql_table *t, const struct wb_table *table) {
    enum wb_sql_work work = t->work;
    const char *stops = wb_sql_lock_stops(t->lock);
    if (work == WB_WORK_REWRITE && quiet_type(table, t->column, t->type))
        work = WB_WORK_NOTHING; /* a longer varchar is the same on disk */
    int column = t->column ? wb_table_find_column(table, t->column) : -1;
    if (work == WB_WORK_SCAN && column >= 0 &&
        (table->columns[column].not_null || proven(l, db, q, s, t, table)))
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

/* --- what follows in the same transaction
 * ----------------------------------------------------------- */

/* How long a statement works on tables that are there. */
static uint64_t work_ms(struct wb_lint *l, struct wb_lint_db *db,
                        const struct wb_sql_statement *s) {
    bool rows = wb_str_eq(s->verb, "UPDATE") || wb_str_eq(s->verb, "DELETE");
    uint64_t ms = 0;
    for (size_t i = 0; i < s->n_tables; i++) {
        const struct wb_sql_table *t = &s->tables[i];
        const struct wb_known *k = wb_known_find(l, db, t->schema, t->name);
        bool all = rows && !s->limited && i == 0;
        if (k && k->table && (t->work || all))
            ms += estimate(k->table, all ? WB_WORK_REWRITE : t->work).ms;
    }
    return ms;
}

/* Locks are kept until the transaction ends: a short one is long where long work follows. */
static void find_kept(struct wb_lint *l, struct wb_lint_db *db, const struct wb_lint_query *q,
                      const struct wb_sql_statement *s, const struct wb_sql_table *t) {
    const struct wb_sql_statement *end = q->script.items + q->script.n, *longest = NULL;
    uint64_t ms = 0, most = 0;
    char time[32];
    if (!q->block || q->block->tx == WB_TX_OFF || !wb_sql_lock_stops(t->lock))
        return;
    for (const struct wb_sql_statement *e = s + 1; e < end; e++) {
        uint64_t own = work_ms(l, db, e);
        longest = own > most ? e : longest;
        most = own > most ? own : most;
        ms += own;
    }
    if (ms >= LONG_MS)
        wb_lint_find_at(
            l, q, t->at, WB_PLAN_LOCK, WB_WARNING, "put what takes long into a block of its own",
            "%s on %s is kept until the block's transaction ends, and what follows takes "
            "about %s, most of it the %s of line %u",
            wb_sql_lock_word(t->lock), t->name, wb_str_human_ms(ms, time, sizeof time),
            longest->verb, wb_lint_place(l, q, longest->from).line);
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
            find_postgres(l, db, q, s, t, k->table);
            find_kept(l, db, q, s, t);
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
