/* Names: renamed by rule, fitted to the target's length, kept apart from each other. */
#include "schema/map_int.h"

#include "base/str.h"

#include <stdio.h>
#include <strings.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

enum { HASH_DIGITS = 8 };

/* Cut at a character's border, then 8 digits of the whole name's hash: readable, and unlike any
 * other. */
const char *wb_map_shorten(struct wb_map *m, const char *name) {
    size_t max = m->opts->target_max_name_bytes, len = strlen(name);
    if (!max || len <= max)
        return name;
    size_t keep = max - HASH_DIGITS - 1;
    while (keep > 0 && ((unsigned char)name[keep] & 0xC0) == 0x80)
        keep--;
    return wb_arena_printf(m->a, "%.*s_%08x", (int)keep, name, (unsigned)XXH3_64bits(name, len));
}

static bool too_long(const struct wb_map *m, const char *name) {
    return m->opts->target_max_name_bytes && strlen(name) > m->opts->target_max_name_bytes;
}

/* After wb_map_check_names(), a name that is too long may be shortened. */
static void fit(struct wb_map *m, const char *kind, const char *whose, const char **name) {
    if (!too_long(m, *name))
        return;
    const char *shown = whose ? wb_arena_printf(m->a, "%s.%s", whose, *name) : *name;
    const char *shorter = wb_map_shorten(m, *name);
    wb_map_note(m, WB_FINDING_ALTERED, kind, shown, NULL,
                "its name is shortened to %s (name-length=replace)", shorter);
    *name = shorter;
}

/* What the target cannot take as a name of a table or a column, one list of all. */
struct refused {
    struct wb_buf too_long, reserved;
    size_t n_too_long;
};

static void check_name(struct wb_map *m, const char *kind, const char *whose, const char *name,
                       struct refused *r) {
    const char *const *reserved = m->opts->target->ddl->reserved_columns;
    if (too_long(m, name)) {
        wb_buf_addf(&r->too_long, "%s%s %s%s%s", r->n_too_long ? ", " : "", kind, whose,
                    *whose ? "." : "", name);
        r->n_too_long++;
    }
    for (; *whose && reserved && *reserved; reserved++)
        if (wb_str_eq(*reserved, name))
            wb_buf_addf(&r->reserved, "%scolumn %s.%s", r->reserved.len ? ", " : "", whose, name);
}

static enum wb_code refuse(struct wb_map *m, struct refused *r, struct wb_error *err) {
    if (r->reserved.len) {
        wb_error_set(err, WB_E_NAME, "%s has columns of its own by these names: %s",
                     m->opts->target->title, wb_buf_str(&r->reserved));
        return wb_error_hint(err, "rename them: --rename TABLE.COLUMN=NEW"), WB_E_NAME;
    }
    if (r->n_too_long == 0 || m->opts->policy.action[WB_ISSUE_NAME_LENGTH] == WB_ACTION_REPLACE)
        return WB_OK;
    wb_error_set(err, WB_E_NAME, "%zu name%s longer than the %zu bytes that %s allows: %s",
                 r->n_too_long, r->n_too_long == 1 ? " is" : "s are",
                 m->opts->target_max_name_bytes, m->opts->target->title, wb_buf_str(&r->too_long));
    return wb_error_hint(
               err,
               "shorten with --rename OLD=NEW, or all at once with --policy name-length=replace"),
           WB_E_NAME;
}

enum wb_code wb_map_check_names(struct wb_map *m, struct wb_error *err) {
    struct refused r = {0};
    const struct wb_rules *rules = m->opts->rules;
    for (size_t i = 0; i < m->ret->n_tables; i++) {
        const struct wb_table *from = &m->source->tables[m->ret->tables[i].source_index];
        check_name(m, "table", "", wb_rules_table_name(rules, from->schema, from->name), &r);
        for (size_t c = 0; c < from->n_columns; c++)
            check_name(m, "column", from->name,
                       wb_rules_column_name(rules, from->name, from->columns[c].name), &r);
    }
    enum wb_code code = refuse(m, &r, err);
    wb_buf_done(&r.too_long);
    wb_buf_done(&r.reserved);
    return code;
}

static bool same_name(const struct wb_map *m, const char *a, const char *b) {
    return m->opts->target->ddl->case_sensitive_names ? wb_str_eq(a, b) : wb_str_ieq(a, b);
}

/* A name that another one already is: refused, or told apart by a hash of the source's name. */
static enum wb_code keep_apart(struct wb_map *m, const char *kind, const char *other,
                               const char *source_name, const char **name, struct wb_error *err) {
    bool by_case = !wb_str_eq(other, *name);
    if (!by_case || m->opts->policy.action[WB_ISSUE_NAME_CASE] != WB_ACTION_REPLACE) {
        wb_error_set(err, WB_E_NAME, "%s %s: the target has another %s of that name, %s", kind,
                     *name, kind, other);
        wb_error_hint(
            err, by_case ? "rename one with --rename, or allow it with --policy name-case=replace"
                         : "rename one with --rename");
        return WB_E_NAME;
    }
    *name =
        wb_map_shorten(m, wb_arena_printf(m->a, "%s_%08x", *name,
                                          (unsigned)XXH3_64bits(source_name, strlen(source_name))));
    wb_map_note(m, WB_FINDING_ALTERED, kind, source_name, NULL,
                "its name becomes %s: %s has that name already (name-case=replace)", *name, other);
    return WB_OK;
}

static const char *table_before(const struct wb_map *m, size_t i, const char *name) {
    for (size_t k = 0; k < i; k++)
        if (same_name(m, m->ret->tables[k].name, name))
            return m->ret->tables[k].name;
    return NULL;
}

enum wb_code wb_map_table_names(struct wb_map *m, struct wb_error *err) {
    for (size_t i = 0; i < m->ret->n_tables; i++) {
        struct wb_table *t = &m->ret->tables[i];
        t->name = wb_rules_table_name(m->opts->rules, t->source_schema, t->source_name);
        fit(m, "table", NULL, &t->name);
        enum wb_code code = WB_OK;
        for (const char *other; !code && (other = table_before(m, i, t->name)) != NULL;)
            code = keep_apart(m, "table", other, t->source_name, &t->name, err);
        if (code)
            return code;
    }
    return WB_OK;
}

static const char *column_before(const struct wb_map *m, const struct wb_table *t, size_t i,
                                 const char *name) {
    for (size_t k = 0; k < i; k++)
        if (same_name(m, t->columns[k].name, name))
            return t->columns[k].name;
    return NULL;
}

enum wb_code wb_map_column_names(struct wb_map *m, struct wb_table *to, struct wb_error *err) {
    for (size_t i = 0; i < to->n_columns; i++) {
        struct wb_column *c = &to->columns[i];
        c->name = wb_rules_column_name(m->opts->rules, to->source_name, c->source_name);
        fit(m, "column", to->source_name, &c->name);
        enum wb_code code = WB_OK;
        for (const char *other; !code && (other = column_before(m, to, i, c->name)) != NULL;)
            code = keep_apart(m, "column", other, c->source_name, &c->name, err);
        if (code)
            return wb_error_wrap(err, "table %s", to->source_name), code;
    }
    return WB_OK;
}
