/* What single statements do: whether a server takes them, what they destroy, whether they may
 * stand in a transaction. */
#include "lint/inside.h"

#include "base/str.h"

#include <string.h>

/* The place where the plan may still be read otherwise: what never runs is a warning. */
static enum wb_severity severity_of(const struct wb_lint_query *q, enum wb_severity runs) {
    return wb_lint_runs(q) ? runs : WB_WARNING;
}

static unsigned parser_major(void) {
    return 15; /* libpg_query's grammar */
}

static void find_syntax(struct wb_lint *l, const struct wb_lint_query *q,
                        const struct wb_sql_statement *s) {
    const struct wb_lint_db *db = wb_lint_db_of(l, q->on);
    unsigned major = db ? db->probe.version_num / 10000 : 0;
    bool newer = major > parser_major();
    enum wb_severity severity =
        newer || l->wrong == WB_LINT_WRONG_IS_WARNING ? WB_WARNING : WB_ERROR;
    if (!s->wrong || q->role == WB_ROLE_CODE || q->role == WB_ROLE_SPAN)
        return;
    wb_lint_find_at(l, q, s->error_at, WB_PLAN_SQL_SYNTAX, wb_lint_runs(q) ? severity : WB_NOTE,
                    newer ? "the grammar that judges this is that of PostgreSQL 15: what a newer "
                            "server added is not known to it"
                          : "correct the statement",
                    "PostgreSQL would not take this: %s", s->error);
}

/* --- what a server's version can do
 * ----------------------------------------------------------------- */

static const char *version_text(struct wb_lint *l, uint32_t since) {
    unsigned minor = since / 100 % 100, patch = since % 100;
    if (since >= 100000 && since < 300000 && minor == 0 && patch == 0)
        return wb_arena_printf(l->a, "%u", since / 10000);
    return wb_arena_printf(l->a, "%u.%u.%u", since / 10000, minor, patch);
}

static void find_needs(struct wb_lint *l, const struct wb_lint_query *q,
                       const struct wb_sql_statement *s) {
    const struct wb_lint_db *db = wb_lint_db_of(l, q->on);
    for (size_t i = 0; i < s->n_needs && q->role < WB_ROLE_SPAN; i++) {
        const struct wb_sql_need *n = &s->needs[i];
        uint32_t since = 0;
        bool never =
            q->dialect == WB_DIALECT_MYSQL && n->mariadb == WB_NEVER && n->mysql == WB_NEVER;
        never |= q->dialect == WB_DIALECT_SQLITE && n->sqlite == WB_NEVER;
        never |= q->dialect == WB_DIALECT_POSTGRES && n->postgres == WB_NEVER;
        if (never && !(db && wb_sql_need_met(n, db->probe.product, db->probe.version_num, NULL)))
            wb_lint_find_at(l, q, n->at, WB_PLAN_UNSUPPORTED, severity_of(q, WB_ERROR), NULL,
                            "%s does not know %s",
                            db                                ? db->probe.product
                            : q->dialect == WB_DIALECT_MYSQL  ? "MySQL"
                            : q->dialect == WB_DIALECT_SQLITE ? "SQLite"
                                                              : "PostgreSQL",
                            n->what);
        else if (db && q->dialect == db->dialect &&
                 !wb_sql_need_met(n, db->probe.product, db->probe.version_num, &since))
            wb_lint_find_at(l, q, n->at, WB_PLAN_UNSUPPORTED, severity_of(q, WB_ERROR), NULL,
                            "%s %s does not know %s%s%s", db->probe.product, db->probe.version,
                            n->what, since == WB_NEVER ? "" : ": it came with ",
                            since == WB_NEVER ? "" : version_text(l, since));
    }
}

/* --- what it does
 * ---------------------------------------------------------------------------------- */

static void find_writes(struct wb_lint *l, const struct wb_lint_query *q,
                        const struct wb_sql_statement *s) {
    bool reads_only = q->role == WB_ROLE_CHECK || q->role == WB_ROLE_METRIC;
    if (!reads_only || s->does == WB_SQL_READS || s->wrong)
        return;
    wb_lint_find_at(
        l, q, s->from, WB_PLAN_WRITES_IN_CHECK, q->role == WB_ROLE_METRIC ? WB_WARNING : WB_ERROR,
        "make it a step (step=up), or write a query", "a %s runs read only, but this is \"%s …\"",
        q->role == WB_ROLE_METRIC ? "metric's query" : "check", s->verb);
}

/* A table that the same text made holds nothing that could be lost. */
static bool made_here(const struct wb_lint_query *q, const struct wb_sql_statement *s) {
    for (size_t i = 0; i < s->n_effects; i++) {
        bool found = false;
        if (s->effects[i].change != WB_CHANGE_DROP)
            return false;
        for (const struct wb_sql_statement *e = q->script.items; e < s && !found; e++)
            for (size_t k = 0; k < e->n_effects && !found; k++)
                found = e->effects[k].change == WB_CHANGE_CREATE && !e->effects[k].guarded &&
                        wb_str_ieq(e->effects[k].name, s->effects[i].name);
        if (!found)
            return false;
    }
    return s->n_effects > 0;
}

static void find_destructive(struct wb_lint *l, const struct wb_lint_query *q,
                             const struct wb_sql_statement *s) {
    const struct wb_plan_block *b = q->block;
    bool named = b && (b->action || b->irreversible || b->step == WB_BLOCK_DOWN);
    bool place = q->role == WB_ROLE_UP || q->role == WB_ROLE_VERIFY || q->role == WB_ROLE_TEXT;
    if (!b || named || !place || s->does != WB_SQL_DESTROYS || q->phase < 0 || made_here(q, s))
        return;
    wb_lint_find_at(l, q, s->from, WB_PLAN_DESTRUCTIVE, WB_WARNING,
                    b->has_attributes
                        ? "name it with action=\"…\", or say irreversible"
                        : "give the block step=up and irreversible, or an action=\"…\"; without, "
                          "it never runs",
                    "\"%s …\" destroys data, and the block has no name", s->verb);
}

/* x.a where no table of the query is called x. */
static void find_qualifiers(struct wb_lint *l, const struct wb_lint_query *q,
                            const struct wb_sql_statement *s) {
    for (size_t i = 0; s->parsed && q->role < WB_ROLE_SPAN && i < s->n_columns; i++) {
        const struct wb_sql_column *c = &s->columns[i];
        if (c->qualifier && !c->n_tables && !c->open)
            wb_lint_find_at(l, q, c->at, WB_PLAN_UNKNOWN, severity_of(q, WB_ERROR), NULL,
                            "%s.%s: no table of this query is called %s", c->qualifier, c->name,
                            c->qualifier);
    }
}

/* --- transactions
 * ---------------------------------------------------------------------------------- */

static bool in_own_transaction(const struct wb_lint_query *q) {
    bool runs = q->role == WB_ROLE_UP || q->role == WB_ROLE_DOWN || q->role == WB_ROLE_ACTION;
    return runs && q->block && q->block->tx == WB_TX_ON;
}

static void find_alone(struct wb_lint *l, const struct wb_lint_query *q,
                       const struct wb_sql_statement *s, bool begun) {
    bool own = in_own_transaction(q);
    if (!s->alone || !(own || begun))
        return;
    wb_lint_find_at(l, q, s->alone_at, s->concurrently ? WB_PLAN_CONCURRENTLY : WB_PLAN_ALONE,
                    own || wb_lint_runs(q) ? WB_ERROR : WB_WARNING,
                    "put it into a block of its own with tx=off",
                    "%s cannot run inside a transaction",
                    s->concurrently ? "CONCURRENTLY" : s->verb);
}

static void find_control(struct wb_lint *l, const struct wb_lint_query *q,
                         const struct wb_sql_statement *s) {
    if (!in_own_transaction(q))
        return;
    if (s->begins || s->ends)
        wb_lint_find_at(l, q, s->from, WB_PLAN_ALONE, WB_WARNING,
                        "leave it out, or say tx=off and control the transaction yourself",
                        "the block runs in a transaction of its own already");
    else if (s->ends_transaction && q->script.n > 1)
        wb_lint_find_at(l, q, s->from, WB_PLAN_ADVICE, WB_NOTE,
                        "one statement a block, each with its way back",
                        "%s commits by itself: what the block did before stays when it fails "
                        "afterwards",
                        s->verb);
}

void wb_lint_statements(struct wb_lint *l) {
    for (size_t i = 0; i < l->n_queries; i++) {
        const struct wb_lint_query *q = &l->queries[i];
        bool begun = false;
        for (size_t k = 0; k < q->script.n; k++) {
            const struct wb_sql_statement *s = &q->script.items[k];
            begun = (begun || s->begins) && !s->ends;
            find_syntax(l, q, s);
            find_needs(l, q, s);
            find_qualifiers(l, q, s);
            find_writes(l, q, s);
            find_destructive(l, q, s);
            find_alone(l, q, s, begun);
            find_control(l, q, s);
        }
    }
}
