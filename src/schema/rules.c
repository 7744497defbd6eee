/* Rules are kept as they were given, in order; each remembers whether it has ever matched. Names
 * are compared whole
 * ("orders.total" against table, '.' and column), so that names with dots need no quoting. */
#include "schema/rules.h"

#include "base/buf.h"
#include "base/str.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum verb { INCLUDE, EXCLUDE, RENAME, CAST_COLUMN, CAST_TYPE };

struct rule {
    enum verb verb;
    const char *text; /* as given, for messages */
    const char
        *left; /* glob, old name, "table.column", or a type without spaces and in lower case */
    const char *right; /* new name, or target type */
    bool bare;         /* CAST_TYPE: without a length, so any length matches */
    bool used;
};

struct wb_rules {
    struct wb_arena arena;
    struct rule *items;
    size_t n, cap;
};

static const char rename_form[] = "write it as --rename OLD=NEW or --rename TABLE.OLD=NEW";
static const char cast_form[] = "write it as --cast 'type:tinyint(1)=smallint' or "
                                "--cast 'column:orders.total=numeric(12,2)'";

struct wb_rules *wb_rules_new(void) {
    struct wb_rules *r = calloc(1, sizeof *r);
    if (!r)
        abort();
    return r;
}

void wb_rules_free(struct wb_rules *r) {
    if (!r)
        return;
    wb_arena_done(&r->arena);
    free(r);
}

static void add(struct wb_rules *r, struct rule rule) {
    *WB_PUSH(&r->arena, r->items, r->n, r->cap) = rule;
}

static enum wb_code add_glob(struct wb_rules *r, enum verb verb, const char *option,
                             const char *glob, struct wb_error *err) {
    if (!*glob) {
        wb_error_set(err, WB_E_RULE, "%s \"\" names no table", option);
        wb_error_hint(err, "write it as %s 'GLOB', a table or schema.table such as 'shop.*'",
                      option);
        return WB_E_RULE;
    }
    const char *text = wb_arena_strdup(&r->arena, glob);
    add(r, (struct rule){.verb = verb, .text = text, .left = text});
    return WB_OK;
}

enum wb_code wb_rules_add_include(struct wb_rules *r, const char *glob, struct wb_error *err) {
    return add_glob(r, INCLUDE, "--include", glob, err);
}

enum wb_code wb_rules_add_exclude(struct wb_rules *r, const char *glob, struct wb_error *err) {
    return add_glob(r, EXCLUDE, "--exclude", glob, err);
}

enum wb_code wb_rules_add_rename(struct wb_rules *r, const char *rule, struct wb_error *err) {
    const char *eq = strrchr(rule, '=');
    if (!eq || eq == rule || !eq[1]) {
        wb_error_set(err, WB_E_RULE, "the rename \"%s\" does not give an old and a new name", rule);
        return wb_error_hint(err, "%s", rename_form), WB_E_RULE;
    }
    add(r, (struct rule){.verb = RENAME,
                         .text = wb_arena_strdup(&r->arena, rule),
                         .left = wb_arena_strndup(&r->arena, rule, (size_t)(eq - rule)),
                         .right = wb_arena_strdup(&r->arena, eq + 1)});
    return WB_OK;
}

/* Lower case and without spaces; without_length: also without (…). */
static char *plain_type(struct wb_arena *a, const char *s, size_t len, bool without_length) {
    char *to = wb_arena_alloc(a, len + 1), *p = to;
    int depth = 0;
    for (size_t i = 0; i < len; i++) {
        if (s[i] == '(')
            depth++;
        if (!isspace((unsigned char)s[i]) && (!without_length || depth == 0))
            *p++ = (char)tolower((unsigned char)s[i]);
        if (s[i] == ')' && depth > 0)
            depth--;
    }
    *p = 0;
    return to;
}

static enum wb_code bad_cast(const char *rule, const char *what, struct wb_error *err) {
    wb_error_set(err, WB_E_RULE, "the cast \"%s\" %s", rule, what);
    wb_error_hint(err, "%s", cast_form);
    return WB_E_RULE;
}

enum wb_code wb_rules_add_cast(struct wb_rules *r, const char *rule, struct wb_error *err) {
    bool column = wb_str_starts(rule, "column:");
    if (!column && !wb_str_starts(rule, "type:"))
        return bad_cast(rule, "begins neither with type: nor with column:", err);
    const char *left = strchr(rule, ':') + 1, *eq = strrchr(left, '=');
    if (!eq)
        return bad_cast(rule, "has no = in it", err);
    const char *right = eq + 1;
    right += strspn(right, " \t");
    if (eq == left || !*right)
        return bad_cast(
            rule, eq == left ? "says nothing before the =" : "says nothing behind the =", err);
    size_t len = (size_t)(eq - left);
    if (column && !memchr(left, '.', len))
        return bad_cast(rule, "does not name a column as TABLE.COLUMN", err);
    add(r, (struct rule){.verb = column ? CAST_COLUMN : CAST_TYPE,
                         .text = wb_arena_strdup(&r->arena, rule),
                         .left = column ? wb_arena_strndup(&r->arena, left, len)
                                        : plain_type(&r->arena, left, len, false),
                         .right = wb_arena_strdup(&r->arena, right),
                         .bare = !memchr(left, '(', len)});
    return WB_OK;
}

/* The line without blanks at its ends, cut before a #; in place. */
static char *trim(char *line) {
    line[strcspn(line, "#\r\n")] = 0;
    line += strspn(line, " \t");
    size_t n = strlen(line);
    while (n && isspace((unsigned char)line[n - 1]))
        line[--n] = 0;
    return line;
}

enum wb_code wb_rules_add_cast_file(struct wb_rules *r, const char *path, struct wb_error *err) {
    FILE *f = fopen(path, "re");
    if (!f)
        return wb_error_set(err, WB_E_IO, "cannot read the casts in %s: %s", path, strerror(errno));
    char *line = NULL;
    size_t size = 0;
    unsigned number = 0;
    enum wb_code code = WB_OK;
    while (!code && getline(&line, &size, f) >= 0) {
        char *rule = trim(line);
        number++;
        if (*rule && (code = wb_rules_add_cast(r, rule, err)) != WB_OK)
            wb_error_wrap(err, "%s:%u", path, number);
    }
    if (!code && ferror(f))
        code = wb_error_set(err, WB_E_IO, "cannot read the casts in %s: %s", path, strerror(errno));
    free(line);
    fclose(f);
    return code;
}

/* "a.b" without building it. */
static bool is_joined(const char *whole, const char *a, const char *b) {
    size_t n = strlen(a);
    return strncmp(whole, a, n) == 0 && whole[n] == '.' && strcmp(whole + n + 1, b) == 0;
}

static bool glob_matches(const char *glob, const char *schema, const char *table) {
    if (wb_str_glob(glob, table))
        return true;
    if (!schema)
        return false;
    WB_CLEANUP_BUF struct wb_buf whole = {0};
    wb_buf_addf(&whole, "%s.%s", schema, table);
    return wb_str_glob(glob, wb_buf_str(&whole));
}

bool wb_rules_selects(const struct wb_rules *r, const char *schema, const char *table) {
    bool included = false, excluded = false, any_include = false;
    for (size_t i = 0; i < r->n; i++) {
        struct rule *x = &r->items[i];
        if (x->verb != INCLUDE && x->verb != EXCLUDE)
            continue;
        any_include |= x->verb == INCLUDE;
        if (!glob_matches(x->left, schema, table))
            continue;
        x->used = true;
        if (x->verb == INCLUDE)
            included = true;
        else
            excluded = true;
    }
    return (included || !any_include) && !excluded;
}

enum wb_code wb_rules_select(const struct wb_rules *r, const struct wb_catalog *all,
                             struct wb_arena *a, struct wb_catalog *ret, struct wb_error *err) {
    struct wb_catalog left = *all;
    left.arena = (struct wb_arena){0};
    left.tables = WB_NEW_N(a, struct wb_table, all->n_tables + 1);
    left.n_tables = 0;
    for (size_t i = 0; i < all->n_tables; i++)
        if (wb_rules_selects(r, all->tables[i].schema, all->tables[i].name))
            left.tables[left.n_tables++] = all->tables[i];
    if (all->n_tables == 0)
        return wb_error_set(err, WB_E_NOT_FOUND, "the source has no tables that this user can see");
    if (left.n_tables == 0)
        return wb_error_set(err, WB_E_RULE,
                            "--include and --exclude leave none of the source's %zu tables",
                            all->n_tables);
    *ret = left;
    return WB_OK;
}

const char *wb_rules_table_name(const struct wb_rules *r, const char *schema, const char *table) {
    const char *name = table;
    for (size_t i = 0; i < r->n; i++) {
        struct rule *x = &r->items[i];
        if (x->verb != RENAME ||
            !(wb_str_eq(x->left, table) || (schema && is_joined(x->left, schema, table))))
            continue;
        x->used = true;
        name = x->right;
    }
    return name;
}

const char *wb_rules_column_name(const struct wb_rules *r, const char *table, const char *column) {
    const char *name = column;
    for (size_t i = 0; i < r->n; i++) {
        struct rule *x = &r->items[i];
        if (x->verb != RENAME || !is_joined(x->left, table, column))
            continue;
        x->used = true;
        name = x->right;
    }
    return name;
}

/* A column's own cast is stronger than one of its type, a type with its length stronger than
 * without; of equally strong ones the last counts. */
const char *wb_rules_cast(const struct wb_rules *r, const char *table, const char *column,
                          const struct wb_type *type) {
    struct wb_arena tmp = {0};
    size_t len = type->native ? strlen(type->native) : 0;
    const char *native = plain_type(&tmp, type->native ? type->native : "", len, false);
    const char *bare = plain_type(&tmp, type->native ? type->native : "", len, true);
    const char *found = NULL;
    int strength = 0;
    for (size_t i = 0; i < r->n; i++) {
        struct rule *x = &r->items[i];
        int s = x->verb == CAST_COLUMN && is_joined(x->left, table, column)            ? 3
                : x->verb == CAST_TYPE && strcmp(x->left, native) == 0                 ? 2
                : x->verb == CAST_TYPE && x->bare && len && strcmp(x->left, bare) == 0 ? 1
                                                                                       : 0;
        if (!s)
            continue;
        x->used = true;
        if (s >= strength) {
            strength = s;
            found = x->right;
        }
    }
    wb_arena_done(&tmp);
    return found;
}

static const char *const options[] = {"--include", "--exclude", "--rename", "--cast", "--cast"};

const char *wb_rules_text(const struct wb_rules *r, struct wb_arena *a) {
    WB_CLEANUP_BUF struct wb_buf b = {0};
    for (int verb = INCLUDE; verb <= CAST_TYPE; verb++)
        for (size_t i = 0; i < r->n; i++)
            if ((int)r->items[i].verb == verb)
                wb_buf_addf(&b, "%s %s\n", options[verb], r->items[i].text);
    return wb_arena_strdup(a, wb_buf_str(&b));
}

const char *wb_rules_unused(const struct wb_rules *r) {
    for (size_t i = 0; i < r->n; i++)
        if (!r->items[i].used)
            return wb_arena_printf((struct wb_arena *)&r->arena, "%s %s", options[r->items[i].verb],
                                   r->items[i].text);
    return NULL;
}
