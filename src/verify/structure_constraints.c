/* Foreign keys and checks: sets of things, matched by meaning first and by name second. */
#include "verify/structure_int.h"

#include "base/str.h"

/* ------------------------------------------------------------------------------------------
 * foreign keys */

static const char *ref_column(const struct wb_catalog *c, const struct wb_foreign_key *fk,
                              size_t i) {
    if (fk->ref_columns)
        return fk->ref_columns[i];
    const struct wb_table *ref = wb_catalog_find_table(c, NULL, fk->ref_table);
    const struct wb_index *key = ref ? wb_table_primary_key(ref) : NULL;
    return key && i < key->n_parts && key->parts[i].column >= 0
               ? ref->columns[key->parts[i].column].name
               : NULL;
}

/* The same columns of the same tables. A schema's name counts only where it is not the table's own:
 * the expected one's is made up. */
static bool same_ends(const struct structure *s, const struct structure_pair *p,
                      const struct wb_foreign_key *e, const struct wb_foreign_key *a) {
    const struct wb_catalog *from =
        wb_catalog_find_table(&s->expected, NULL, e->ref_table) ? &s->expected : &s->wanted;
    bool own_e = !e->ref_schema || wb_str_eq(e->ref_schema, p->expected->schema),
         own_a = !a->ref_schema || wb_str_eq(a->ref_schema, p->actual->schema);
    if (e->n_columns != a->n_columns || !wb_str_ieq(e->ref_table, a->ref_table) || own_e != own_a ||
        (!own_e && !wb_str_eq(e->ref_schema, a->ref_schema)))
        return false;
    for (size_t i = 0; i < e->n_columns; i++)
        if (!wb_str_eq(p->expected->columns[e->columns[i]].name,
                       p->actual->columns[a->columns[i]].name) ||
            !wb_str_ieq(ref_column(from, e, i), ref_column(s->ask->actual, a, i)))
            return false;
    return true;
}

static bool same_action(const struct structure *s, enum wb_fk_action e, enum wb_fk_action a) {
    bool either = (e == WB_FK_RESTRICT || e == WB_FK_NO_ACTION) &&
                  (a == WB_FK_RESTRICT || a == WB_FK_NO_ACTION);
    return e == a || (either && s->target->ddl->restrict_is_no_action);
}

static bool same_actions(const struct structure *s, const struct wb_foreign_key *e,
                         const struct wb_foreign_key *a) {
    return same_action(s, e->on_delete, a->on_delete) &&
           same_action(s, e->on_update, a->on_update) && e->deferrable == a->deferrable &&
           e->initially_deferred == a->initially_deferred;
}

static const char *fk_object(struct structure *s, const struct wb_table *t,
                             const struct wb_foreign_key *fk) {
    if (fk->name)
        return wb_arena_printf(s->a, "foreign key %s", fk->name);
    return wb_arena_printf(s->a, "foreign key on %s", t->columns[fk->columns[0]].name);
}

static int find_fk(const struct structure *s, const struct structure_pair *p,
                   const struct wb_foreign_key *e, const bool *taken, bool with_actions) {
    for (size_t i = 0; i < p->actual->n_fks; i++) {
        const struct wb_foreign_key *a = &p->actual->fks[i];
        if (!taken[i] && same_ends(s, p, e, a) && (!with_actions || same_actions(s, e, a)))
            return (int)i;
    }
    return -1;
}

static const char *drop_fk(struct structure *s, const struct structure_pair *p,
                           const struct wb_foreign_key *there) {
    const char *word = s->target->ddl->drop_foreign_key;
    return wb_structure_drop(s, p, word ? word : "CONSTRAINT", there->name);
}

static const char *fk_hint(struct structure *s, const struct structure_pair *p,
                           const struct wb_foreign_key *e, const struct wb_foreign_key *instead) {
    const char *sql = e->name ? wb_structure_ddl(s, p, WB_DDL_FOREIGN_KEY, e->name) : NULL;
    return instead ? wb_structure_both(s, drop_fk(s, p, instead), sql) : sql;
}

static void compare_fk(struct structure *s, const struct structure_pair *p,
                       const struct wb_foreign_key *e, bool *taken) {
    int at = find_fk(s, p, e, taken, true);
    const struct wb_foreign_key *a = NULL;
    if (at < 0 && (at = find_fk(s, p, e, taken, false)) >= 0)
        a = &p->actual->fks[at];
    if (at >= 0)
        taken[at] = true;
    if (at >= 0 && !a)
        return;
    const char *expected = wb_structure_fk_text(s->a, p->expected, e);
    if (a)
        wb_structure_find(s, WB_VERIFY_CONSTRAINTS, WB_VERIFY_DIFFERENT, p->name,
                          fk_object(s, p->expected, e), fk_hint(s, p, e, a),
                          "expected %s, there is %s", expected,
                          wb_structure_fk_text(s->a, p->actual, a));
    else
        wb_structure_find(s, WB_VERIFY_CONSTRAINTS, WB_VERIFY_DIFFERENT, p->name,
                          fk_object(s, p->expected, e), fk_hint(s, p, e, NULL),
                          "it is missing in the target; expected %s", expected);
}

static bool fk_is_left_out(struct structure *s, const struct structure_pair *p,
                           const struct wb_foreign_key *e) {
    const char *table = p->wanted->source_name ? p->wanted->source_name : p->wanted->name;
    return !p->normalized && e->name &&
           wb_structure_not_carried(s, "foreign key",
                                    wb_arena_printf(s->a, "%s.%s", table, e->name));
}

void wb_structure_foreign_keys(struct structure *s, const struct structure_pair *p) {
    bool *taken = WB_NEW_N(s->a, bool, p->actual->n_fks + 1);
    for (size_t i = 0; i < p->expected->n_fks; i++)
        if (!fk_is_left_out(s, p, &p->expected->fks[i]))
            compare_fk(s, p, &p->expected->fks[i], taken);
    for (size_t i = 0; i < p->actual->n_fks; i++)
        if (!taken[i])
            wb_structure_find(s, WB_VERIFY_CONSTRAINTS, WB_VERIFY_DIFFERENT, p->name,
                              fk_object(s, p->actual, &p->actual->fks[i]),
                              drop_fk(s, p, &p->actual->fks[i]), "it is in the target only: %s",
                              wb_structure_fk_text(s->a, p->actual, &p->actual->fks[i]));
}

/* ------------------------------------------------------------------------------------------
 * checks */

static const char *check_object(struct structure *s, const struct wb_check *c) {
    return c->name ? wb_arena_printf(s->a, "check %s", c->name) : "check";
}

static int find_check(const struct structure *s, const struct structure_pair *p,
                      const struct wb_check *e, const bool *taken, enum structure_same same) {
    int found = -1;
    for (size_t i = 0; i < p->actual->n_checks; i++) {
        const struct wb_check *a = &p->actual->checks[i];
        if (taken[i] || wb_structure_compare_expr(s, p, &e->expr, &a->expr) != same ||
            e->not_enforced != a->not_enforced)
            continue;
        if (wb_str_eq(e->name, a->name))
            return (int)i;
        found = found < 0 ? (int)i : found;
    }
    return found;
}

static int find_named_check(const struct structure_pair *p, const struct wb_check *e,
                            const bool *taken) {
    for (size_t i = 0; i < p->actual->n_checks; i++)
        if (!taken[i] && e->name && wb_str_eq(e->name, p->actual->checks[i].name))
            return (int)i;
    return -1;
}

/* The one constraint is dropped before the other of its name is made. */
static const char *check_hint(struct structure *s, const struct structure_pair *p,
                              const struct wb_check *e, const struct wb_check *instead) {
    const char *own = wb_structure_mend(s, p, WB_PART_CHECK, (size_t)(e - p->expected->checks),
                                        instead ? instead->name : NULL);
    if (own || !e->name)
        return own;
    const char *sql = wb_structure_ddl(s, p, WB_DDL_TABLE, e->name);
    return instead ? wb_structure_both(s, wb_structure_drop(s, p, "CONSTRAINT", e->name), sql)
                   : sql;
}

/* The one of its name, else one of which nobody knows whether it is the same. */
static int find_candidate(const struct structure *s, const struct structure_pair *p,
                          const struct wb_check *e, const bool *taken) {
    int at = find_named_check(p, e, taken);
    return at >= 0 ? at : find_check(s, p, e, taken, STRUCTURE_UNKNOWN);
}

static void miss_check(struct structure *s, const struct structure_pair *p,
                       const struct wb_check *e, bool *taken) {
    int at = find_candidate(s, p, e, taken);
    const char *expected = wb_structure_expr(s, p, e->expr.text);
    if (at < 0) {
        wb_structure_find(s, WB_VERIFY_CONSTRAINTS, WB_VERIFY_DIFFERENT, p->name,
                          check_object(s, e), check_hint(s, p, e, NULL),
                          "it is missing in the target; expected %s", expected);
        return;
    }
    const struct wb_check *a = &p->actual->checks[at];
    const char *there = wb_structure_expr(s, p, a->expr.text);
    taken[at] = true;
    if (wb_structure_compare_expr(s, p, &e->expr, &a->expr) == STRUCTURE_UNKNOWN)
        wb_structure_unknown(s, p, WB_VERIFY_CONSTRAINTS, check_object(s, e), "", expected, there);
    else
        wb_structure_find(s, WB_VERIFY_CONSTRAINTS, WB_VERIFY_DIFFERENT, p->name,
                          check_object(s, e), check_hint(s, p, e, a), "expected %s, there is %s%s",
                          expected, there, a->not_enforced ? ", not enforced" : "");
}

static bool check_is_left_out(struct structure *s, const struct structure_pair *p,
                              const struct wb_check *e) {
    const char *table = p->wanted->source_name ? p->wanted->source_name : p->wanted->name;
    return !p->normalized && e->name &&
           wb_structure_not_carried(s, "check", wb_arena_printf(s->a, "%s.%s", table, e->name));
}

void wb_structure_checks(struct structure *s, const struct structure_pair *p) {
    size_t n = p->expected->n_checks;
    bool *taken = WB_NEW_N(s->a, bool, p->actual->n_checks + 1),
         *found = WB_NEW_N(s->a, bool, n + 1);
    for (size_t i = 0; i < n; i++) {
        int at = find_check(s, p, &p->expected->checks[i], taken, STRUCTURE_SAME);
        found[i] = at >= 0 || check_is_left_out(s, p, &p->expected->checks[i]);
        if (at >= 0)
            taken[at] = true;
    }
    for (size_t i = 0; i < n; i++)
        if (!found[i])
            miss_check(s, p, &p->expected->checks[i], taken);
    for (size_t i = 0; i < p->actual->n_checks; i++)
        if (!taken[i])
            wb_structure_find(s, WB_VERIFY_CONSTRAINTS, WB_VERIFY_DIFFERENT, p->name,
                              check_object(s, &p->actual->checks[i]),
                              wb_structure_drop(s, p, "CONSTRAINT", p->actual->checks[i].name),
                              "it is in the target only: %s",
                              wb_structure_expr(s, p, p->actual->checks[i].expr.text));
}
