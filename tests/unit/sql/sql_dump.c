#include "unit/sql/sql_dump.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static void dump_table(const struct wb_sql_table *t, struct wb_buf *to) {
    static const char *const works[] = {"", " scan", " index", " rewrite", " maybe-rewrite"};
    wb_buf_addf(to, "; %s%s%s", t->schema ? t->schema : "", t->schema ? "." : "", t->name);
    if (t->lock)
        wb_buf_addf(to, " %s", wb_sql_lock_word(t->lock));
    if (t->algorithm)
        wb_buf_addf(to, " %s", wb_sql_algorithm_word(t->algorithm));
    wb_buf_adds(to, works[t->work]);
    if (t->guarded)
        wb_buf_adds(to, " if-exists");
}

static void dump_column(const struct wb_sql_statement *s, const struct wb_sql_column *c,
                        struct wb_buf *to) {
    wb_buf_addf(to, "; .%s%s%s", c->qualifier ? c->qualifier : "", c->qualifier ? "." : "",
                c->name);
    for (size_t i = 0; i < c->n_tables; i++)
        wb_buf_addf(to, "%s%s", i ? "|" : "=", s->tables[c->tables[i]].name);
    if (c->open)
        wb_buf_adds(to, "?");
}

static void dump_effect(const struct wb_sql_effect *e, struct wb_buf *to) {
    static const char *const words[] = {"create", "drop",          "rename",      "add", "drop",
                                        "rename", "create schema", "drop schema", "move"};
    wb_buf_addf(to, "; %s %s", words[e->change], e->name);
    if (e->column)
        wb_buf_addf(to, ".%s", e->column);
    if (e->to)
        wb_buf_addf(to, " to %s", e->to);
    if (e->columns_known) {
        wb_buf_adds(to, "(");
        for (size_t i = 0; i < e->n_columns; i++)
            wb_buf_addf(to, "%s%s", i ? "," : "", e->columns[i]);
        wb_buf_adds(to, ")");
    }
}

static void dump_mark(const struct wb_sql_mark *m, struct wb_buf *to) {
    switch (m->sign) {
    case WB_SIGN_NULL_UNSAFE:
        wb_buf_addf(to, "; NULL(%s,%s)", m->left, m->right);
        break;
    case WB_SIGN_NOT_IN:
        wb_buf_addf(to, "; NOT-IN(%s.%s)", m->a, m->right);
        break;
    case WB_SIGN_HIDING_JOIN:
        wb_buf_addf(to, "; HIDES(%s,%s)", m->a, m->b);
        break;
    case WB_SIGN_ANTI_JOIN:
        wb_buf_addf(to, "; ANTI(%s-%s)%s", m->a, m->b, m->reference ? "ref" : "");
        break;
    case WB_SIGN_BOTH_WAYS:
        wb_buf_addf(to, "; BOTH(%s,%s)", m->a, m->b);
        break;
    case WB_SIGN_AGGREGATE:
        wb_buf_addf(to, "; AGG(%s '%s'%s)", m->a, m->b ? m->b : "?", m->ordered ? " ordered" : "");
        break;
    case WB_SIGN_OVERWRITES:
        wb_buf_adds(to, "; OVERWRITES");
        break;
    }
}

void sql_dump(const struct wb_sql_statement *s, struct wb_buf *to) {
    wb_buf_addf(to, "%s %s", s->verb, wb_sql_does_word(s->does));
    wb_buf_adds(to, s->alone ? " alone" : "");
    wb_buf_adds(to, s->ends_transaction ? " commits" : "");
    wb_buf_adds(to, s->irreversible && s->does != WB_SQL_DESTROYS ? " irreversible" : "");
    wb_buf_adds(to, s->opaque ? " opaque" : "");
    if (s->lock_timeout)
        wb_buf_addf(to, " lock_timeout=%s", s->lock_timeout);
    if (s->wrong)
        wb_buf_addf(to, " WRONG at %zu: %s", s->error_at, s->error);
    for (size_t i = 0; i < s->n_tables; i++)
        dump_table(&s->tables[i], to);
    for (size_t i = 0; i < s->n_columns; i++)
        dump_column(s, &s->columns[i], to);
    for (size_t i = 0; i < s->n_effects; i++)
        dump_effect(&s->effects[i], to);
    for (size_t i = 0; i < s->n_marks; i++)
        dump_mark(&s->marks[i], to);
}

void sql_expect(enum wb_sql_dialect dialect, const struct sql_case *cases, size_t n) {
    for (size_t i = 0; i < n; i++) {
        struct wb_arena a = {0};
        struct wb_buf b = {0};
        struct wb_sql_script script;
        wb_sql_read_script(&a, dialect, cases[i].sql, &script);
        for (size_t k = 0; k < script.n; k++) {
            wb_buf_adds(&b, k ? "\n" : "");
            sql_dump(&script.items[k], &b);
        }
        if (strcmp(cases[i].want, wb_buf_str(&b)) != 0)
            fail_msg("%s\n  is read as  %s\n  expected    %s", cases[i].sql, wb_buf_str(&b),
                     cases[i].want);
        wb_buf_done(&b);
        wb_arena_done(&a);
    }
}
