/* Columns: what type each has in the target, and its expressions as trees. */
#include "schema/map_int.h"

#include "base/str.h"
#include "schema/expr_parse.h"
#include "schema/shape_int.h"

static bool scanned(const struct wb_map *m, const struct wb_table *from, uint32_t column,
                    enum wb_scan_kind kind) {
    return m->opts->scanned && m->opts->scanned(m->opts->scanned_ctx, from, column, kind);
}

/* The source's type as the data has shown it to be. */
static struct wb_type seen_type(const struct wb_map *m, const struct wb_table *from,
                                uint32_t column) {
    struct wb_type t = from->columns[column].type;
    if (m->same_engine)
        return t;
    if (t.boolean_like && !scanned(m, from, column, WB_SCAN_NOT_BOOLEAN))
        t.kind = WB_KIND_BOOL;
    if (t.kind == WB_KIND_TIME && scanned(m, from, column, WB_SCAN_OUTSIDE_DAY))
        t.kind = WB_KIND_INTERVAL;
    return t;
}

static bool enum_name_taken(const struct wb_map *m, const char *name) {
    for (size_t t = 0; t < m->ret->n_tables; t++) {
        if (wb_str_eq(m->ret->tables[t].name, name))
            return true; /* in PostgreSQL a table is a type, too */
        for (size_t c = 0; c < m->ret->tables[t].n_columns; c++)
            if (wb_str_eq(m->ret->tables[t].columns[c].type.type_name, name))
                return true;
    }
    return false;
}

static const char *enum_name(struct wb_map *m, const struct wb_table *to,
                             const struct wb_column *c) {
    const char *base = wb_arena_printf(m->a, "%s_%s", to->name, c->name),
               *name = wb_map_shorten(m, base);
    for (unsigned i = 2; enum_name_taken(m, name); i++)
        name = wb_map_shorten(m, wb_arena_printf(m->a, "%s_%u", base, i));
    return name;
}

/* Said before anything is made: a cast to a type that the values cannot become. */
static enum wb_code check_conversion(struct wb_map *m, const struct wb_table *from,
                                     const struct wb_column *c, const struct wb_type *made,
                                     struct wb_error *err) {
    struct wb_shape_opts opts = {.text_refuses_nul = false};
    struct wb_conv conv;
    if (wb_conv_plan(&c->type, made, &opts, m->a, &conv))
        return WB_OK;
    wb_error_set(err, WB_E_TYPE, "column %s.%s: values of type %s (%s) do not become %s (%s)",
                 from->name, c->name, c->type.native, wb_kind_name(c->type.kind), made->native,
                 wb_kind_name(made->kind));
    wb_error_hint(err, "cast it to another type: --cast 'column:%s.%s=text'", from->name, c->name);
    return WB_E_TYPE;
}

/* A cast says nothing of the collation: the column keeps comparing as it did. */
static enum wb_code keep_collation(struct wb_map *m, const struct wb_type *from,
                                   struct wb_type *made, struct wb_error *err) {
    struct wb_type like = {.kind = WB_KIND_TEXT,
                           .native = "text",
                           .collation = from->collation,
                           .charset = from->charset,
                           .collation_flags = from->collation_flags},
                   text;
    bool texts =
        made->kind == WB_KIND_TEXT && (from->kind == WB_KIND_TEXT || from->kind == WB_KIND_ANY);
    if (!m->opts->target->ddl->collates || !texts)
        return WB_OK;
    enum wb_code code = m->opts->target->ddl->map_type(&like, m->a, &text, err);
    if (code)
        return code;
    made->collation = text.collation;
    made->charset = text.charset;
    made->collation_flags = text.collation_flags;
    return WB_OK;
}

static enum wb_code map_type(struct wb_map *m, const struct wb_table *from, struct wb_table *to,
                             uint32_t column, struct wb_error *err) {
    const struct wb_ddl_ops *ddl = m->opts->target->ddl;
    const struct wb_column *c = &from->columns[column];
    const char *cast = wb_rules_cast(m->opts->rules, from->name, c->name, &c->type);
    struct wb_type type = seen_type(m, from, column), made = {0};
    if (type.kind == WB_KIND_ENUM && !(m->same_engine && type.type_name))
        type.type_name = enum_name(m, to, &to->columns[column]);
    enum wb_code code =
        cast ? ddl->parse_type(cast, m->a, &made, err) : ddl->map_type(&type, m->a, &made, err);
    if (cast && !code)
        code = keep_collation(m, &c->type, &made, err);
    if (code)
        return wb_error_wrap(err, "column %s.%s (%s)", from->name, c->name, c->type.native), code;
    if (type.kind == WB_KIND_INTERVAL && c->type.kind == WB_KIND_TIME && !cast)
        wb_map_note(m, WB_FINDING_ALTERED, "column",
                    wb_arena_printf(m->a, "%s.%s", from->name, c->name), NULL,
                    "it holds times outside of a day, so its type is %s", made.native);
    made.boolean_like = false;
    if (!m->same_engine && !ddl->collates) { /* a collation of one engine means nothing to another:
                              keys get theirs in map_keys.c */
        made.collation = NULL;
        made.collation_flags = made.kind == WB_KIND_TEXT ? c->type.collation_flags : 0;
    }
    to->columns[column].type = made;
    return check_conversion(m, from, c, &made, err);
}

void wb_map_expr(struct wb_map *m, const struct wb_table *to, struct wb_expr_text *e) {
    (void)to; /* trees keep the source's column names: renderers find a column by either of its
                 names */
    if (e->text && !e->tree)
        e->tree = wb_expr_parse(e->text, m->opts->source->name, m->a, NULL, 0);
}

/* A generated column that the target cannot generate is a plain one, and its values are copied like
 * any others. */
static void make_plain(struct wb_map *m, const struct wb_table *from, const struct wb_table *to,
                       uint32_t column) {
    const struct wb_ddl_ops *ddl = m->opts->target->ddl;
    struct wb_column *c = &to->columns[column];
    const char *why = "its expression was not understood";
    if (c->generated == WB_GENERATED_NONE || (m->same_engine && from->native_sql))
        return; /* or it is made by its engine's own text */
    if (c->generated_as.tree && (!ddl->can_generate || ddl->can_generate(to, column, m->a, &why)))
        return;
    wb_map_note(m, WB_FINDING_NOT_CARRIED, "generated column",
                wb_arena_printf(m->a, "%s.%s", from->name, from->columns[column].name), NULL,
                "a plain column in the target, where nothing keeps it up to date: %s", why);
    c->generated = WB_GENERATED_NONE;
    c->generated_as = (struct wb_expr_text){0};
}

enum wb_code wb_map_columns(struct wb_map *m, const struct wb_table *from, struct wb_table *to,
                            struct wb_error *err) {
    to->columns = WB_NEW_N(m->a, struct wb_column, from->n_columns + 1);
    for (uint32_t i = 0; i < from->n_columns; i++) {
        to->columns[i] = from->columns[i];
        to->columns[i].source_name = from->columns[i].name;
        to->columns[i].source_index = i;
        to->columns[i].type = (struct wb_type){0};
    }
    enum wb_code code = wb_map_column_names(m, to, err);
    for (uint32_t i = 0; !code && i < to->n_columns; i++) {
        code = map_type(m, from, to, i, err);
        wb_map_expr(m, to, &to->columns[i].default_);
        wb_map_expr(m, to, &to->columns[i].generated_as);
    }
    for (uint32_t i = 0; !code && i < to->n_columns; i++)
        make_plain(m, from, to, i);
    return code;
}
