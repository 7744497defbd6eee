/* Expressions, indexes and keys: compared by meaning, and as people read them. */
#include "verify/structure_int.h"

#include "base/str.h"
#include "schema/expr_parse.h"

#include <ctype.h>
#include <stdlib.h>

/* ------------------------------------------------------------------------------------------
 * trees */

static bool is_literal(const struct wb_expr *e) {
    return e->op <= WB_EXPR_BITS;
}

/* 1, 1.0, '1' and true are one default to most columns; which of them a server keeps is its own
 * affair. */
static bool same_literal(const struct wb_expr *a, const struct wb_expr *b) {
    const char *x = a->op == WB_EXPR_TRUE ? "1" : a->op == WB_EXPR_FALSE ? "0" : a->text;
    const char *y = b->op == WB_EXPR_TRUE ? "1" : b->op == WB_EXPR_FALSE ? "0" : b->text;
    if ((a->op == WB_EXPR_NULL) != (b->op == WB_EXPR_NULL))
        return false;
    if (wb_str_eq(x, y))
        return true;
    char *x_end = NULL, *y_end = NULL;
    if (!x || !y || !*x || !*y || (a->op == WB_EXPR_STRING && b->op == WB_EXPR_STRING))
        return false;
    double u = strtod(x, &x_end), v = strtod(y, &y_end);
    return !*x_end && !*y_end && u >= v && u <= v;
}

/* Trees of a mapped catalog keep the source's names. */
static const char *target_name(const struct wb_table *t, const char *name) {
    for (size_t i = 0; i < t->n_columns; i++)
        if (t->columns[i].source_name && wb_str_ieq(t->columns[i].source_name, name))
            return t->columns[i].name;
    return name;
}

static bool same_tree(const struct wb_table *t, const struct wb_expr *a, const struct wb_expr *b) {
    if (!a || !b)
        return a == b;
    if (is_literal(a) && is_literal(b))
        return same_literal(a, b);
    if (a->op != b->op || a->n_args != b->n_args)
        return false;
    if (a->op == WB_EXPR_COLUMN)
        return wb_str_ieq(target_name(t, a->text), target_name(t, b->text));
    if (!wb_str_ieq(a->text, b->text))
        return false;
    for (size_t i = 0; i < a->n_args; i++)
        if (!same_tree(t, a->args[i], b->args[i]))
            return false;
    return true;
}

/* ------------------------------------------------------------------------------------------
 * texts */

static bool is_word_byte(char c) {
    return isalnum((unsigned char)c) || c == '_' || c == '$' || c == '"' ||
           (unsigned char)c >= 0x80;
}

/* The length of "schema." at a place, quoted or not; 0 where it does not stand there. */
static size_t qualifier_at(const char *at, const char *schema) {
    size_t n = strlen(schema);
    if (strncmp(at, schema, n) == 0 && at[n] == '.')
        return n + 1;
    if (*at == '"' && strncmp(at + 1, schema, n) == 0 && at[n + 1] == '"' && at[n + 2] == '.')
        return n + 3;
    return 0;
}

static const char *without_schema(struct wb_arena *a, const char *text, const char *schema) {
    if (!text || !schema || !*schema || !strstr(text, schema))
        return text;
    WB_CLEANUP_BUF struct wb_buf b = {0};
    bool in_string = false;
    for (const char *at = text; *at;) {
        size_t n = in_string || (at > text && is_word_byte(at[-1])) ? 0 : qualifier_at(at, schema);
        in_string ^= *at == '\'';
        if (n == 0)
            wb_buf_addc(&b, *at++);
        at += n;
    }
    return wb_arena_strdup(a, wb_buf_str(&b));
}

const char *wb_structure_expr(const struct structure *s, const struct structure_pair *p,
                              const char *text) {
    text = without_schema(s->a, text, p->actual ? p->actual->schema : NULL);
    return without_schema(s->a, text, p->normalized ? p->expected->schema : NULL);
}

static bool is_nothing(const struct wb_expr_text *e) {
    return !e->text || (e->tree && e->tree->op == WB_EXPR_NULL);
}

static const struct wb_expr *tree_of(const struct structure *s, const struct wb_expr_text *e,
                                     const char *engine) {
    return e->tree ? e->tree : wb_expr_parse(e->text, engine, s->a, NULL, 0);
}

/* Two spellings by one server differ in meaning. Where only one of the texts is the server's, the
 * other may be what it was given: a constant, too, is kept in the form of its column's type. */
enum structure_same wb_structure_compare_expr(const struct structure *s,
                                              const struct structure_pair *p,
                                              const struct wb_expr_text *expected,
                                              const struct wb_expr_text *actual) {
    if (is_nothing(expected) || is_nothing(actual))
        return is_nothing(expected) && is_nothing(actual) ? STRUCTURE_SAME : STRUCTURE_DIFFERENT;
    if (wb_str_eq(wb_structure_expr(s, p, expected->text), wb_structure_expr(s, p, actual->text)))
        return STRUCTURE_SAME;
    const char *from = p->normalized ? s->target->name : s->ask->source_conn->engine->name;
    const struct wb_expr *x = tree_of(s, expected, from), *y = tree_of(s, actual, s->target->name);
    if (x && y && same_tree(p->wanted, x, y))
        return STRUCTURE_SAME;
    return p->normalized ? STRUCTURE_DIFFERENT : STRUCTURE_UNKNOWN;
}

/* ------------------------------------------------------------------------------------------
 * indexes and keys */

static void add_part(struct wb_buf *b, const struct wb_table *t, const struct wb_index_part *part) {
    if (part->column >= 0)
        wb_buf_adds(b, t->columns[part->column].name);
    else
        wb_buf_addf(b, "(%s)", part->expr.text ? part->expr.text : "?");
    if (part->prefix_length)
        wb_buf_addf(b, "(%u)", part->prefix_length);
    wb_buf_adds(b, part->descending ? " DESC" : "");
    wb_buf_adds(b, part->nulls < 0 ? " NULLS FIRST" : part->nulls > 0 ? " NULLS LAST" : "");
}

const char *wb_structure_columns_text(struct wb_arena *a, const struct wb_table *t,
                                      const struct wb_index *ix) {
    WB_CLEANUP_BUF struct wb_buf b = {0};
    for (size_t i = 0; i < ix->n_parts; i++) {
        wb_buf_adds(&b, i ? ", " : "");
        add_part(&b, t, &ix->parts[i]);
    }
    return wb_arena_strdup(a, wb_buf_str(&b));
}

/* From the method on, as the engine keeps it: with operator classes and included columns. */
static const char *native_tail(const struct wb_index *ix) {
    return ix->native_sql ? strstr(ix->native_sql, " USING ") : NULL;
}

const char *wb_structure_index_text(struct wb_arena *a, const struct wb_table *t,
                                    const struct wb_index *ix) {
    const char *word = ix->primary                       ? "PRIMARY KEY"
                       : ix->unique && ix->constraint    ? "UNIQUE"
                       : ix->unique                      ? "UNIQUE INDEX"
                       : ix->method == WB_INDEX_FULLTEXT ? "FULLTEXT INDEX"
                       : ix->method == WB_INDEX_SPATIAL  ? "SPATIAL INDEX"
                                                         : "INDEX";
    if (native_tail(ix) && !ix->primary && !ix->constraint)
        return wb_arena_printf(a, "%s%s", word, native_tail(ix));
    return wb_arena_printf(a, "%s (%s)%s%s", word, wb_structure_columns_text(a, t, ix),
                           ix->where.text ? " WHERE " : "", ix->where.text ? ix->where.text : "");
}

static const char *action_word(enum wb_fk_action action) {
    static const char *const words[] = {
        [WB_FK_NO_ACTION] = "NO ACTION",     [WB_FK_RESTRICT] = "RESTRICT",
        [WB_FK_CASCADE] = "CASCADE",         [WB_FK_SET_NULL] = "SET NULL",
        [WB_FK_SET_DEFAULT] = "SET DEFAULT",
    };
    return words[action];
}

const char *wb_structure_fk_text(struct wb_arena *a, const struct wb_table *t,
                                 const struct wb_foreign_key *fk) {
    WB_CLEANUP_BUF struct wb_buf b = {0};
    for (size_t i = 0; i < fk->n_columns; i++)
        wb_buf_addf(&b, "%s%s", i ? ", " : "(", t->columns[fk->columns[i]].name);
    wb_buf_addf(&b, ") REFERENCES %s", fk->ref_table);
    for (size_t i = 0; fk->ref_columns && i < fk->n_columns; i++)
        wb_buf_addf(&b, "%s%s", i ? ", " : " (", fk->ref_columns[i]);
    wb_buf_addf(&b, "%s ON DELETE %s ON UPDATE %s%s%s", fk->ref_columns ? ")" : "",
                action_word(fk->on_delete), action_word(fk->on_update),
                fk->deferrable ? " DEFERRABLE" : "",
                fk->initially_deferred ? " INITIALLY DEFERRED" : "");
    return wb_arena_strdup(a, wb_buf_str(&b));
}
