/* Which tables the mapping says to hold the same rows. */
#include "plan/joins.h"

#include "base/str.h"

#include <string.h>

bool wb_plan_one_database(const struct wb_plan_front *f) {
    bool known = !f->source.incomplete && !f->target.incomplete;
    const char *source = known ? f->source.value : f->source.shown;
    const char *target = known ? f->target.value : f->target.shown;
    return !source || !target || strcmp(source, target) == 0;
}

static const char *table_of(const char *name, struct wb_arena *a, const char **ret_column) {
    const char *dot = strrchr(name, '.');
    bool plain = dot && dot > name && dot[1] && !strpbrk(name, " ()'\"`,+|");
    *ret_column = plain ? dot + 1 : NULL;
    return plain ? wb_arena_strndup(a, name, (size_t)(dot - name)) : NULL;
}

/* Rows are carried one to one where what tells them apart is. */
static bool tells_rows(const char *column) {
    size_t n = strlen(column);
    return wb_str_ieq(column, "id") || wb_str_ieq(column, "uuid") ||
           (n > 3 && wb_str_ieq(column + n - 3, "_id"));
}

size_t wb_plan_pairs(const struct wb_plan *plan, struct wb_arena *a, struct wb_plan_pair **ret,
                     const char **ret_why) {
    struct wb_plan_pair *pairs = NULL;
    size_t n = 0, cap = 0;
    *ret_why = "the plan has no mapping table that tells what belongs together";
    for (size_t i = 0; i < plan->n_mappings; i++) {
        const struct wb_plan_mapping *m = &plan->mappings[i];
        const char *column, *to_column;
        const char *from = table_of(m->from, a, &column), *to = table_of(m->to, a, &to_column);
        if (!from && (from = wb_plan_columns_table(m->from, a)))
            column = ""; /* several of one table: no key */
        if (!from || !to) {
            *ret_why = wb_arena_printf(a, "the mapping of %s to %s is not from one column to one",
                                       m->from, m->to);
            return 0;
        }
        struct wb_plan_pair *p = NULL;
        for (size_t k = 0; k < n && !p; k++)
            p = strcmp(pairs[k].to, to) == 0 ? &pairs[k] : NULL;
        if (p && strcmp(p->from, from) != 0) {
            *ret_why = wb_arena_printf(a, "the mapping fills %s from %s and %s", to, p->from, from);
            return 0;
        }
        if (!p) {
            p = WB_PUSH(a, pairs, n, cap);
            *p = (struct wb_plan_pair){0};
        }
        bool plain = !*m->as || wb_str_ieq(m->as, column) || wb_str_ieq(m->as, m->from);
        *p = (struct wb_plan_pair){from, to, p->one_to_one || (tells_rows(column) && plain)};
    }
    for (size_t k = 0; k < n; k++)
        if (!pairs[k].one_to_one) {
            *ret_why = wb_arena_printf(a, "the mapping carries no key of %s to %s as it is",
                                       pairs[k].from, pairs[k].to);
            return 0;
        }
    *ret = pairs;
    return n;
}
