/* Tables and columns that statements name, against what the databases have and what the plan has
 * made of them by then.
 *
 * Steps and checks are followed in the order in which they run. What undoes a step, actions,
 * metrics and verify blocks run at moments that are not known: they may name whatever is there at
 * any time. */
#include "lint/inside.h"

#include "base/str.h"

#include <ctype.h>
#include <string.h>

static const char *const sides[] = {"source", "target"};

static enum wb_severity severity_of(const struct wb_lint_query *q, const struct wb_lint_db *db) {
    return wb_lint_runs(q) && !db->opaque_line ? WB_ERROR : WB_WARNING;
}

static bool word_in(const char *text, const char *name) {
    for (const char *at = text; (at = wb_str_istr(at, name)); at++) {
        char before = at > text ? at[-1] : ' ', after = at[strlen(name)];
        if (!isalnum((unsigned char)before) && before != '_' && !isalnum((unsigned char)after) &&
            after != '_')
            return true;
    }
    return false;
}

/* The line of an earlier step that a person does, or that runs what is not SQL, and that names
 * this; 0: none. */
static unsigned spoken_of(const struct wb_lint *l, const struct wb_lint_query *q,
                          const char *name) {
    for (int i = 0; i <= q->phase && i < (int)l->plan->n_phases; i++) {
        const struct wb_plan_phase *p = &l->plan->phases[i];
        for (size_t k = 0; k < p->n_steps; k++)
            if (p->steps[k].place.line < q->place.line && word_in(p->steps[k].text, name))
                return p->steps[k].place.line;
    }
    return 0;
}

static const char *remedy_of(struct wb_lint *l, const struct wb_lint_db *db, const char *near) {
    if (near)
        return wb_arena_printf(l->a, "did you mean: %s", near);
    if (db->opaque_line)
        return wb_arena_printf(l->a, "unless line %u makes it (%s)", db->opaque_line, db->opaque);
    return NULL;
}

static void find_table(struct wb_lint *l, struct wb_lint_db *db, const struct wb_lint_query *q,
                       const struct wb_sql_table *t, const struct wb_known *k) {
    enum wb_severity severity = severity_of(q, db);
    const char *near = k ? NULL : wb_known_near_table(db, t->name);
    unsigned line = near ? 0 : spoken_of(l, q, t->name);
    const char *schema = t->schema ? t->schema : "", *dot = t->schema ? "." : "";
    if (k && k->gone_line) {
        wb_lint_find_at(l, q, t->at, WB_PLAN_UNKNOWN, severity, NULL,
                        "the table %s%s%s is no longer there: line %u drops or renames it", schema,
                        dot, t->name, k->gone_line);
        return;
    }
    if (line)
        wb_lint_find_at(l, q, t->at, WB_PLAN_UNKNOWN, WB_WARNING,
                        "make it by a block, and its columns are judged too",
                        "the %s has no table %s%s%s: the step of line %u has to make it",
                        sides[db->side], schema, dot, t->name, line);
    else
        wb_lint_find_at(l, q, t->at, WB_PLAN_UNKNOWN, severity, remedy_of(l, db, near),
                        "the %s has no table %s%s%s", sides[db->side], schema, dot, t->name);
}

/* The other database, for text that may be meant for either. */
static struct wb_known *elsewhere(struct wb_lint *l, const struct wb_lint_db *db,
                                  const struct wb_lint_query *q, const struct wb_sql_table *t) {
    struct wb_lint_db *other = &l->dbs[!db->side];
    if (q->role < WB_ROLE_TEXT || q->on != WB_ON_DEFAULT || !other->open)
        return NULL;
    struct wb_known *k = wb_known_find(l, other, t->schema, t->name);
    return k && k->state != WB_KNOWN_GONE ? k : NULL;
}

/* *ret_known: what a table of the statement is; NULL where it is not known. */
static void judge_tables(struct wb_lint *l, struct wb_lint_db *db, const struct wb_lint_query *q,
                         const struct wb_sql_statement *s, bool any_time,
                         struct wb_known **ret_known) {
    for (size_t i = 0; i < s->n_tables; i++) {
        const struct wb_sql_table *t = &s->tables[i];
        ret_known[i] = NULL;
        if (wb_sql_is_system(db->dialect, t->schema, t->name))
            continue;
        struct wb_known *k = wb_known_find(l, db, t->schema, t->name);
        bool here = k && (k->state != WB_KNOWN_GONE || any_time);
        if (here)
            ret_known[i] = k;
        else if (!t->guarded && !elsewhere(l, db, q, t))
            find_table(l, db, q, t, k);
    }
}

/* Whether one of the tables that a column may belong to has it; *ret_only: the one that could. */
static bool has_it(const struct wb_lint_db *db, const struct wb_sql_column *c,
                   struct wb_known **known, bool any_time, const struct wb_known **ret_only) {
    *ret_only = NULL;
    for (size_t i = 0; i < c->n_tables; i++) {
        const struct wb_known *k = known[c->tables[i]];
        bool had = any_time && k && k->table && wb_table_find_column(k->table, c->name) >= 0;
        if (!k || k->state == WB_KNOWN_MAYBE || had || wb_known_has_column(db, k, c->name))
            return true;
        *ret_only = k;
    }
    return c->n_tables == 0;
}

static void judge_columns(struct wb_lint *l, struct wb_lint_db *db, const struct wb_lint_query *q,
                          const struct wb_sql_statement *s, bool any_time,
                          struct wb_known **known) {
    for (size_t i = 0; i < s->n_columns; i++) {
        const struct wb_sql_column *c = &s->columns[i];
        const struct wb_known *k;
        if (c->open || has_it(db, c, known, any_time, &k))
            continue;
        const char *near = wb_known_near_column(k, c->name);
        unsigned line = near ? 0 : spoken_of(l, q, c->name);
        wb_lint_find_at(l, q, c->at, WB_PLAN_UNKNOWN, line ? WB_WARNING : severity_of(q, db),
                        line ? wb_arena_printf(l->a, "unless the step of line %u makes it", line)
                             : remedy_of(l, db, near),
                        c->n_tables > 1 ? "no table of this query has a column %s%s%s"
                                        : "the column %s is not in the table %s%s",
                        c->name, c->n_tables > 1 ? "" : k->name, "");
    }
}

/* --- what is created
 * ------------------------------------------------------------------------------ */

static void judge_creation(struct wb_lint *l, struct wb_lint_db *db, const struct wb_lint_query *q,
                           const struct wb_sql_effect *e) {
    bool column = e->change == WB_CHANGE_ADD_COLUMN;
    bool to = e->change == WB_CHANGE_RENAME;
    const char *name = to ? e->to : e->name;
    if (e->guarded || q->role != WB_ROLE_UP || !name ||
        !(column || to || e->change == WB_CHANGE_CREATE) || e->temporary)
        return;
    const struct wb_known *k = wb_known_find(l, db, e->schema, name);
    if (!k || k->state != WB_KNOWN_HERE ||
        (column && (!k->columns_known || !wb_known_has_column(db, k, e->column))))
        return;
    if (k->made_line && !column)
        wb_lint_find_at(l, q, e->at, WB_PLAN_ALREADY, WB_ERROR, NULL, "line %u has made %s already",
                        k->made_line, name);
    else
        wb_lint_find_at(
            l, q, e->at, WB_PLAN_ALREADY, WB_WARNING,
            "was the step done before? Else choose another name, or write IF NOT EXISTS",
            "the %s has %s%s%s already: the statement would fail", sides[db->side], name,
            column ? "." : "", column ? e->column : "");
}

static void apply(struct wb_lint *l, struct wb_lint_db *db, const struct wb_lint_query *q,
                  const struct wb_sql_statement *s, bool columns) {
    enum wb_known_state made = q->role == WB_ROLE_UP ? WB_KNOWN_HERE : WB_KNOWN_MAYBE;
    for (size_t i = 0; i < s->n_effects; i++) {
        const struct wb_sql_effect *e = &s->effects[i];
        if ((e->change == WB_CHANGE_ADD_COLUMN) != columns)
            continue;
        judge_creation(l, db, q, e);
        wb_known_apply(l, db, e, wb_lint_place(l, q, e->at).line, made);
    }
}

static bool follows(enum wb_lint_role role) {
    return role == WB_ROLE_UP || role == WB_ROLE_TEXT || role == WB_ROLE_SPAN;
}

static void judge_query(struct wb_lint *l, struct wb_lint_db *db, const struct wb_lint_query *q) {
    bool any_time = !follows(q->role) && q->role != WB_ROLE_CHECK;
    /* What undoes a step may make again what it then fills. */
    bool changes = follows(q->role) || q->role == WB_ROLE_DOWN || q->role == WB_ROLE_ACTION;
    for (size_t i = 0; i < q->script.n; i++) {
        const struct wb_sql_statement *s = &q->script.items[i];
        struct wb_known **known = WB_NEW_N(l->a, struct wb_known *, s->n_tables + 1);
        if (s->wrong)
            continue;
        judge_tables(l, db, q, s, any_time, known);
        wb_lint_locks(l, db, q, s);
        if (changes)
            apply(l, db, q, s, true);
        judge_columns(l, db, q, s, any_time, known);
        if (changes)
            apply(l, db, q, s, false);
        if (s->opaque && follows(q->role) && !db->opaque_line) {
            db->opaque_line = wb_lint_place(l, q, s->from).line;
            db->opaque = s->verb;
        }
    }
}

/* --- what makes tables unseen
 * -------------------------------------------------------------------- */

static void note(struct wb_lint_db *db, unsigned line, const char *what) {
    if (db->open && !db->opaque_line) {
        db->opaque_line = line;
        db->opaque = what;
    }
}

/* What the source has by then is in the target after a copy. */
static void copy_tables(struct wb_lint *l, unsigned line) {
    struct wb_lint_db *from = &l->dbs[WB_SIDE_SOURCE], *to = &l->dbs[WB_SIDE_TARGET];
    if (!from->open || !to->open)
        return;
    wb_known_schema(l, from, NULL);
    for (size_t i = 0; i < from->n_known; i++) {
        const struct wb_known *k = from->known[i];
        struct wb_sql_effect e = {.change = WB_CHANGE_CREATE, .name = k->name};
        e.columns_known = k->columns_known && from->dialect == to->dialect;
        e.columns = k->columns;
        e.n_columns = k->n_columns;
        if (k->state != WB_KNOWN_GONE && !k->view)
            wb_known_apply(l, to, &e, line, k->state);
    }
}

/* Before a phase's own SQL: scripts, and copies of the whole database. */
static void note_scripts(struct wb_lint *l, int phase) {
    for (size_t i = 0; i < l->plan->n_blocks; i++) {
        const struct wb_plan_block *b = l->plan->blocks[i];
        bool runs = b->step == WB_BLOCK_UP && b->lang != WB_LANG_SQL;
        if (b->phase == phase && runs) {
            note(&l->dbs[0], b->place.line, "a script");
            note(&l->dbs[1], b->place.line, "a script");
        }
    }
    for (size_t i = 0; i < l->plan->phases[phase].n_steps; i++) {
        const struct wb_plan_step *s = &l->plan->phases[phase].steps[i];
        if (s->builtin != WB_BUILTIN_COPY && s->builtin != WB_BUILTIN_SCHEMA &&
            !wb_str_istr(s->text, "whimbrel copy"))
            continue;
        note(&l->dbs[WB_SIDE_TARGET], s->place.line, "the copy");
        copy_tables(l, s->place.line);
    }
}

void wb_lint_names(struct wb_lint *l) {
    int phase = -1;
    for (size_t i = 0; i < l->n_queries; i++) {
        const struct wb_lint_query *q = &l->queries[i];
        struct wb_lint_db *db = wb_lint_db_of(l, q->on);
        for (; phase < q->phase; phase++)
            note_scripts(l, phase + 1);
        if (db && (follows(q->role) || q->role == WB_ROLE_CHECK))
            judge_query(l, db, q);
    }
    for (size_t i = 0; i < l->n_queries; i++) {
        const struct wb_lint_query *q = &l->queries[i];
        struct wb_lint_db *db = wb_lint_db_of(l, q->on);
        if (db && !follows(q->role) && q->role != WB_ROLE_CHECK && q->role != WB_ROLE_CODE)
            judge_query(l, db, q);
    }
}
