/* Statements of a repair, as the target's engine writes them. */
#include "verify/repair.h"

#include "base/str.h"

#include <string.h>

enum { MOST_TEXT_BYTES = 1 << 20 };

static const struct wb_column *column_of(const struct wb_verify_pair *p, size_t i) {
    return &p->table[WB_SIDE_TARGET]->columns[p->all.index[WB_SIDE_TARGET][i]];
}

static bool add_literal(const struct wb_verify_job *job, const struct wb_column *c,
                        const struct wb_cell *cell, struct wb_buf *to) {
    return cell->form != WB_FORM_INVALID && !wb_verify_is_cut(cell) &&
           job->engine[WB_SIDE_TARGET]->verify->literal(to, &c->type, cell);
}

/* "a" = 1, or "a" IS NULL in a condition. */
static bool add_equals(const struct wb_verify_job *job, const struct wb_column *c,
                       const struct wb_cell *cell, struct wb_buf *to) {
    job->engine[WB_SIDE_TARGET]->quote_name(to, c->name);
    if (cell->form == WB_FORM_NULL) {
        wb_buf_adds(to, " IS NULL");
        return true;
    }
    wb_buf_adds(to, " = ");
    return add_literal(job, c, cell, to);
}

bool wb_verify_repair_key(const struct wb_verify_job *job, const struct wb_verify_pair *p,
                          const struct wb_cell *cells, struct wb_buf *to) {
    for (size_t k = 0; k < p->all.n_key; k++) {
        uint32_t at = p->all.key[k];
        wb_buf_adds(to, k ? " AND " : "");
        if (!add_equals(job, column_of(p, at), &cells[at], to))
            return false;
    }
    return p->all.n_key > 0;
}

void wb_verify_repair_row(const struct wb_verify_job *job, const struct wb_verify_pair *p,
                          const struct wb_cell *cells, struct wb_buf *to) {
    bool first = true;
    for (size_t i = 0; i < p->all.n; i++) {
        WB_CLEANUP_BUF struct wb_buf one = {0};
        job->engine[WB_SIDE_TARGET]->quote_name(&one, column_of(p, i)->name);
        wb_buf_adds(&one, " = ");
        if (!add_literal(job, column_of(p, i), &cells[i], &one))
            continue;
        wb_buf_addf(to, "%s%s", first ? "" : ", ", wb_buf_str(&one));
        first = false;
    }
}

static bool same_cell(const struct wb_type *t, const struct wb_cell *a, const struct wb_cell *b) {
    return a->form != WB_FORM_INVALID && b->form != WB_FORM_INVALID && wb_verify_same_cell(t, a, b);
}

bool wb_verify_repair_same(const struct wb_verify_pair *p, const struct wb_cell *a,
                           const struct wb_cell *b) {
    if (!a || !b)
        return a == b;
    for (size_t i = 0; i < p->all.n; i++)
        if (!same_cell(p->all.types[i], &a[i], &b[i]))
            return false;
    return true;
}

/* ------------------------------------------------------------------------------------------------
 * the three kinds */

struct statement {
    const struct wb_verify_job *job;
    const struct wb_verify_pair *p;
    struct wb_buf sql;
    const char *why;
    const char *stage; /* a table with one row: the values; NULL: they are literals */
};

static void add_table(struct statement *s) {
    const struct wb_table *t = s->p->table[WB_SIDE_TARGET];
    wb_engine_quote_table(s->job->engine[WB_SIDE_TARGET], &s->sql, t->schema, t->name);
}

static bool add_where(struct statement *s, const struct wb_cell *cells) {
    wb_buf_adds(&s->sql, " WHERE ");
    if (wb_verify_repair_key(s->job, s->p, cells, &s->sql))
        return true;
    s->why = "its key cannot be written as a literal";
    return false;
}

static bool value(struct statement *s, size_t i, const struct wb_cell *cell) {
    if (cell->form == WB_FORM_INVALID) {
        s->why = "a value of the source cannot be held by the target; choose a --policy or another "
                 "type";
        return false;
    }
    if (s->stage) {
        wb_buf_adds(&s->sql, "(SELECT ");
        s->job->engine[WB_SIDE_TARGET]->quote_name(&s->sql, column_of(s->p, i)->name);
        wb_buf_addf(&s->sql, " FROM %s)", s->stage);
        return true;
    }
    if (add_literal(s->job, column_of(s->p, i), cell, &s->sql))
        return true;
    s->why = "a value cannot be written as a literal";
    return false;
}

/* Of rows that are equal in every column it does not matter which. What has no condition is left
 * out of it: whoever runs the statement looks afterwards whether it took the right ones. */
static bool delete_copies(struct statement *s, const struct wb_verify_row *row) {
    WB_CLEANUP_BUF struct wb_buf where = {0};
    const struct wb_verify_ops *v = s->job->engine[WB_SIDE_TARGET]->verify;
    for (size_t i = 0; i < s->p->all.n; i++) {
        WB_CLEANUP_BUF struct wb_buf one = {0};
        if (!wb_verify_is_cut(&row->target[i]) &&
            v->exactly(&one, column_of(s->p, i), &row->target[i]))
            wb_buf_addf(&where, "%s%s", where.len ? " AND " : "", wb_buf_str(&one));
    }
    s->why = "none of its values can be written as a literal, or they are too large for one";
    if (where.len)
        v->delete_some(&s->sql, s->p->table[WB_SIDE_TARGET], wb_buf_str(&where), row->copies);
    return where.len > 0;
}

static bool delete_row(struct statement *s, const struct wb_verify_row *row) {
    if (s->p->all.n_key == 0)
        return delete_copies(s, row);
    wb_buf_adds(&s->sql, "DELETE FROM ");
    add_table(s);
    return add_where(s, row->target);
}

static bool update_row(struct statement *s, const struct wb_verify_row *row) {
    size_t n = 0;
    wb_buf_adds(&s->sql, "UPDATE ");
    add_table(s);
    for (size_t i = 0; i < s->p->all.n; i++) {
        const struct wb_column *c = column_of(s->p, i);
        if (same_cell(s->p->all.types[i], &row->source[i], &row->target[i]) ||
            c->generated != WB_GENERATED_NONE)
            continue;
        if (c->identity == WB_IDENTITY_ALWAYS) {
            s->why = "the target always makes the values of an identity column itself";
            return false;
        }
        wb_buf_adds(&s->sql, n++ ? ", " : " SET ");
        s->job->engine[WB_SIDE_TARGET]->quote_name(&s->sql, c->name);
        wb_buf_adds(&s->sql, " = ");
        if (!value(s, i, &row->source[i]))
            return false;
    }
    if (n == 0)
        s->why = "only generated columns differ: the target computes them in another way";
    return n > 0 && add_where(s, row->source);
}

static bool insert_row(struct statement *s, const struct wb_verify_row *row) {
    bool always = false;
    size_t n = 0;
    wb_buf_adds(&s->sql, "INSERT INTO ");
    add_table(s);
    for (size_t i = 0; i < s->p->all.n; i++) {
        if (column_of(s->p, i)->generated != WB_GENERATED_NONE)
            continue;
        wb_buf_adds(&s->sql, n++ ? ", " : " (");
        s->job->engine[WB_SIDE_TARGET]->quote_name(&s->sql, column_of(s->p, i)->name);
        always |= column_of(s->p, i)->identity == WB_IDENTITY_ALWAYS;
    }
    wb_buf_addf(&s->sql, ")%s VALUES (", always ? " OVERRIDING SYSTEM VALUE" : "");
    n = 0;
    for (size_t i = 0; i < s->p->all.n; i++) {
        if (column_of(s->p, i)->generated != WB_GENERATED_NONE)
            continue;
        wb_buf_adds(&s->sql, n++ ? ", " : "");
        if (!value(s, i, &row->source[i]))
            return false;
    }
    wb_buf_adds(&s->sql, ")");
    return n > 0;
}

/* With a condition, a row that is missing on one side may be there, outside of it. */
static const char *unknown(const struct wb_verify_pair *p, const struct wb_verify_row *row) {
    bool scoped = p->where[WB_SIDE_SOURCE] || p->where[WB_SIDE_TARGET];
    if (p->all.n_key == 0 && p->compared.n < p->all.n)
        return "its table has no key, and not all of its columns were compared";
    if (scoped && row->kind != WB_VERIFY_CHANGED)
        return "with --where it is not known whether the other side has the row; --execute looks";
    return NULL;
}

bool wb_verify_repair_statement(const struct wb_verify_job *job, const struct wb_verify_pair *p,
                                const struct wb_verify_row *row, const char *stage,
                                struct wb_buf *to, const char **ret_why) {
    struct statement s = {.job = job, .p = p, .why = unknown(p, row), .stage = stage};
    bool good = !s.why && (row->kind == WB_VERIFY_EXTRA     ? delete_row(&s, row)
                           : row->kind == WB_VERIFY_CHANGED ? update_row(&s, row)
                                                            : insert_row(&s, row));
    if (good)
        wb_buf_add(to, s.sql.data, s.sql.len);
    else
        *ret_why = s.why;
    wb_buf_done(&s.sql);
    return good;
}

bool wb_verify_repair_is_large(const struct wb_verify_pair *p, const struct wb_verify_row *row) {
    for (size_t i = 0; i < p->all.n; i++)
        if ((row->source && wb_verify_is_cut(&row->source[i])) ||
            (row->target && wb_verify_is_cut(&row->target[i])))
            return true;
    return false;
}

const char *wb_verify_repair_word(enum wb_verify_difference_kind kind) {
    static const char *const words[] = {"INSERT", "DELETE", "UPDATE"};
    return words[kind];
}

/* In the place of a statement, as a comment. */
static const char *large_text(const struct wb_verify_job *job, const struct wb_verify_pair *p,
                              const struct wb_verify_row *row, struct wb_arena *a) {
    WB_CLEANUP_BUF struct wb_buf key = {0};
    const char *why;
    if ((why = unknown(p, row)) != NULL)
        return NULL;
    wb_verify_repair_key(job, p, row->source ? row->source : row->target, &key);
    return wb_arena_printf(a,
                           "-- %s in %s%s%s: its values are too large to be shown; --execute "
                           "repairs it",
                           wb_verify_repair_word(row->kind), p->target, key.len ? " where " : "",
                           wb_buf_str(&key));
}

const char *wb_verify_repair_text(const struct wb_verify_job *job, const struct wb_verify_pair *p,
                                  const struct wb_verify_row *row, struct wb_arena *a) {
    WB_CLEANUP_BUF struct wb_buf b = {0}, all = {0};
    const char *why;
    if (wb_verify_repair_is_large(p, row))
        return large_text(job, p, row, a);
    if (!wb_verify_repair_statement(job, p, row, NULL, &b, &why))
        return NULL;
    uint64_t times = row->kind == WB_VERIFY_MISSING ? row->copies : 1;
    for (uint64_t i = 0; i < times && (i == 0 || all.len < MOST_TEXT_BYTES); i++) {
        wb_buf_adds(&all, i ? ";\n" : "");
        wb_buf_add(&all, b.data, b.len);
    }
    return wb_arena_strndup(a, wb_buf_str(&all), all.len);
}

/* ------------------------------------------------------------------------------------------------
 * what hangs on a row */

static bool carries_on(const struct wb_foreign_key *fk) {
    return fk->on_delete == WB_FK_CASCADE || fk->on_delete == WB_FK_SET_NULL ||
           fk->on_delete == WB_FK_SET_DEFAULT;
}

static bool refers(const struct wb_foreign_key *fk, const struct wb_table *to) {
    bool schema = !fk->ref_schema || !to->schema || wb_str_eq(fk->ref_schema, to->schema);
    return schema && wb_str_eq(fk->ref_table, to->name);
}

/* The cell of the row that the foreign key's column k refers to; NULL where it is not known. */
static const struct wb_cell *referred(const struct wb_verify_pair *p,
                                      const struct wb_foreign_key *fk, size_t k,
                                      const struct wb_cell *cells) {
    const struct wb_table *t = p->table[WB_SIDE_TARGET];
    const struct wb_index *primary = wb_table_primary_key(t);
    int at = fk->ref_columns                   ? wb_table_find_column(t, fk->ref_columns[k])
             : primary && k < primary->n_parts ? primary->parts[k].column
                                               : -1;
    for (size_t i = 0; at >= 0 && i < p->all.n; i++)
        if (p->all.index[WB_SIDE_TARGET][i] == (uint32_t)at)
            return &cells[i];
    return NULL;
}

static bool add_dependents(const struct wb_verify_job *job, const struct wb_verify_pair *p,
                           const struct wb_table *child, const struct wb_foreign_key *fk,
                           const struct wb_cell *cells, struct wb_buf *sql) {
    const struct wb_table *own = p->table[WB_SIDE_TARGET];
    wb_buf_adds(sql, "SELECT 1 FROM ");
    wb_engine_quote_table(job->engine[WB_SIDE_TARGET], sql, child->schema, child->name);
    for (size_t k = 0; k < fk->n_columns; k++) {
        const struct wb_cell *cell = referred(p, fk, k, cells);
        wb_buf_adds(sql, k ? " AND " : " WHERE ");
        if (!cell || !add_equals(job, &child->columns[fk->columns[k]], cell, sql))
            return false;
    }
    /* A row that refers to itself is no obstacle. */
    if (wb_str_eq(child->name, own->name) && wb_str_eq(child->schema, own->schema)) {
        wb_buf_adds(sql, " AND NOT (");
        if (!wb_verify_repair_key(job, p, cells, sql))
            return false;
        wb_buf_adds(sql, ")");
    }
    wb_buf_adds(sql, " LIMIT 1");
    return true;
}

enum wb_code wb_verify_repair_dependents(const struct wb_verify_job *job,
                                         const struct wb_verify_pair *p,
                                         const struct wb_cell *cells, struct wb_arena *a,
                                         const char ***ret_sql, size_t *ret_n,
                                         struct wb_error *err) {
    const struct wb_catalog *c = &job->catalog[WB_SIDE_TARGET];
    const char **list = NULL;
    size_t n = 0, cap = 0;
    for (size_t i = 0; i < c->n_tables; i++)
        for (size_t k = 0; k < c->tables[i].n_fks; k++) {
            WB_CLEANUP_BUF struct wb_buf sql = {0};
            const struct wb_foreign_key *fk = &c->tables[i].fks[k];
            if (!carries_on(fk) || !refers(fk, p->table[WB_SIDE_TARGET]))
                continue;
            if (!add_dependents(job, p, &c->tables[i], fk, cells, &sql))
                return wb_error_set(err, WB_E_CONSTRAINT,
                                    "rows of %s may refer to it, which cannot be looked up",
                                    c->tables[i].name);
            *WB_PUSH(a, list, n, cap) = wb_arena_strdup(a, wb_buf_str(&sql));
        }
    *ret_sql = list;
    *ret_n = n;
    return WB_OK;
}
