#include "engines/mysql/create_text.h"

#include "base/buf.h"
#include "base/str.h"

#include <string.h>

/* ------------------------------------------------------------------------------------------
 * the text: quotes and parentheses */

/* Behind what stands at p: a quoted word or literal as a whole, else one byte. */
static const char *skip(const char *p) {
    char quote = *p++;
    if (quote != '\'' && quote != '`' && quote != '"')
        return p;
    for (; *p; p++) {
        if (*p == '\\' && quote != '`' && p[1])
            p++;
        else if (*p == quote && p[1] == quote)
            p++;
        else if (*p == quote)
            return p + 1;
    }
    return p;
}

/* The first of these bytes outside of quotes and of parentheses that are opened on the way; the end
 * of the text where there is none. */
static const char *find_any(const char *p, const char *bytes) {
    for (int depth = 0; *p; p = skip(p)) {
        if (depth == 0 && strchr(bytes, *p))
            return p;
        depth += (*p == '(') - (*p == ')');
    }
    return p;
}

/* Behind these words, which stand outside of quotes and parentheses before end; NULL where they do
 * not. */
static const char *find_words(const char *p, const char *end, const char *words) {
    size_t n = strlen(words);
    for (int depth = 0; p < end; p = skip(p)) {
        if (depth == 0 && (size_t)(end - p) >= n && strncmp(p, words, n) == 0)
            return p + n;
        depth += (*p == '(') - (*p == ')');
    }
    return NULL;
}

static const char *take(const char *from, const char *end, struct wb_arena *a) {
    return wb_arena_strndup(a, from, (size_t)(end - from));
}

/* What stands behind "words (" and before its closing parenthesis. */
static const char *take_inner(const char *def, const char *end, const char *words,
                              struct wb_arena *a) {
    const char *from = find_words(def, end, words);
    return from ? take(from, find_any(from, ")"), a) : NULL;
}

/* `a``b` as it is meant; *p is moved behind it. */
static const char *take_name(const char **p, struct wb_arena *a) {
    WB_CLEANUP_BUF struct wb_buf b = {0};
    const char *end = skip(*p);
    for (const char *s = *p + 1; s < end - 1; s++) {
        wb_buf_addc(&b, *s);
        s += *s == '`';
    }
    *p = end;
    return wb_arena_strndup(a, wb_buf_str(&b), b.len);
}

/* ------------------------------------------------------------------------------------------
 * definitions */

/* The first one: behind the parenthesis that follows the table's name. */
static const char *first_definition(const char *create) {
    const char *p = find_any(create, "(");
    return *p ? p + 1 : p;
}

static const char *skip_blanks(const char *p) {
    return p + strspn(p, " \n,");
}

bool wb_mysql_create_column(const char *create, const char *name, struct wb_arena *a,
                            struct wb_mysql_create_column *ret) {
    for (const char *p = skip_blanks(first_definition(create)); *p == '`';) {
        const char *end = find_any(p, ",)");
        bool found = wb_str_eq(take_name(&p, a), name);
        if (found) {
            const char *value = find_words(p, end, " DEFAULT ");
            ret->default_ = value ? take(value, find_any(value, " ,)"), a) : NULL;
            ret->generated_as = take_inner(p, end, " GENERATED ALWAYS AS (", a);
            ret->check = take_inner(p, end, " CHECK (", a);
            return true;
        }
        p = skip_blanks(end);
    }
    return false;
}

/* From the definition at *p on: the next one that names a constraint. *p is moved behind the name,
 * *ret_end to the definition's end; NULL where there is none. */
static const char *next_constraint(const char **p, const char **ret_end, struct wb_arena *a) {
    static const char constraint[] = "CONSTRAINT `";
    for (*p = skip_blanks(*p); **p && **p != ')'; *p = skip_blanks(*ret_end)) {
        *ret_end = find_any(*p, ",)");
        if (wb_str_starts(*p, constraint)) {
            *p += sizeof constraint - 2;
            return take_name(p, a);
        }
    }
    return NULL;
}

bool wb_mysql_create_next_check(const char **at, struct wb_arena *a,
                                struct wb_mysql_create_check *ret) {
    const char *end, *name;
    if (wb_str_starts(*at, "CREATE "))
        *at = first_definition(*at);
    for (; (name = next_constraint(at, &end, a)); *at = end) {
        const char *expr = take_inner(*at, end, " CHECK (", a);
        if (!expr)
            continue;
        *ret = (struct wb_mysql_create_check){.name = name,
                                              .expr = expr,
                                              .not_enforced =
                                                  find_words(*at, end, "NOT ENFORCED") != NULL};
        *at = end;
        return true;
    }
    return false;
}

/* Up to the next clause. */
static const char *take_action(const char *p, const char *end, const char *words,
                               struct wb_arena *a) {
    const char *from = find_words(p, end, words);
    if (!from)
        return NULL;
    const char *next = find_words(from, end, " ON ");
    return take(from, next ? next - sizeof " ON " + 1 : end, a);
}

bool wb_mysql_create_actions(const char *create, const char *name, struct wb_arena *a,
                             struct wb_mysql_create_actions *ret) {
    const char *p = first_definition(create), *end, *found;
    for (; (found = next_constraint(&p, &end, a)); p = end)
        if (wb_str_eq(found, name) && find_words(p, end, " FOREIGN KEY ")) {
            ret->on_delete = take_action(p, end, " ON DELETE ", a);
            ret->on_update = take_action(p, end, " ON UPDATE ", a);
            return true;
        }
    return false;
}
