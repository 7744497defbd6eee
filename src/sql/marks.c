/* How a query judges: which of its tables it compares, which rows it cannot see.
 *
 * Comparisons are gathered from the whole of one SELECT, its conditions and its output (count(*)
 * FILTER, CASE WHEN), and judged with the way in which its tables are joined. A comparison of a
 * column with that of a query around it counts as one of two tables too. */
#include "sql/tree.h"

#include "base/str.h"

#include <string.h>

struct side {
    const struct wb_sql_rel *rel; /* NULL: of no table, or of several */
    const char *base, *text, *column;
    size_t ref;    /* index into columns; SIZE_MAX: none */
    bool may_null; /* NULL goes through to the comparison */
};

struct difference {
    struct side side[2];
    const char *operator_;
    size_t at;
    bool safe; /* true where one side is NULL */
};

struct null_test {
    const struct wb_sql_rel *rel;
    const char *column;
    bool is_null;
};

struct equality {
    struct side side[2];
};

struct judge {
    struct wb_sql_reader *r;
    struct wb_sql_scope *scope;
    struct difference *diffs;
    size_t n_diffs, cap_diffs;
    struct null_test *tests;
    size_t n_tests, cap_tests;
    struct equality *equal;
    size_t n_equal, cap_equal;
};

static struct wb_sql_mark *add_mark(struct wb_sql_reader *r, enum wb_sql_sign sign, size_t at) {
    struct wb_sql_mark *m = WB_PUSH(r->a, r->s->marks, r->s->n_marks, r->s->cap_marks);
    *m = (struct wb_sql_mark){.sign = sign, .at = at, .column = {SIZE_MAX, SIZE_MAX}};
    return m;
}

/* --- sides of a comparison
 * ------------------------------------------------------------------------ */

static bool absorbs_null(const char *type, const json_t *body) {
    static const char *const functions[] = {"ifnull", "nvl",   "isnull", "concat_ws",
                                            "count",  "quote", NULL};
    if (!type)
        return false;
    if (strcmp(type, "NullTest") == 0 || strcmp(type, "BooleanTest") == 0)
        return true;
    if (strcmp(type, "CoalesceExpr") == 0) {
        const json_t *args = json_object_get(body, "args");
        const json_t *last = json_array_get(args, json_array_size(args) - 1);
        const json_t *value = wb_tree_as(last, "A_Const");
        return value && !wb_tree_flag(value, "isnull");
    }
    const char *name = wb_tree_name(json_object_get(body, "funcname"), NULL);
    for (size_t i = 0; name && strcmp(type, "FuncCall") == 0 && functions[i]; i++)
        if (strcmp(name, functions[i]) == 0)
            return true;
    return false;
}

static size_t column_at(const struct wb_sql_reader *r, size_t at) {
    for (size_t i = r->s->n_columns; i-- > 0;)
        if (r->s->columns[i].at == at)
            return i;
    return SIZE_MAX;
}

static void take_column(struct judge *j, const json_t *ref, bool absorbed, struct side *ret) {
    const json_t *fields = json_object_get(ref, "fields");
    size_t n = json_array_size(fields);
    const struct wb_sql_rel *rel = wb_scope_find(j->scope, ref);
    const char *name = wb_tree_str(wb_tree_as(json_array_get(fields, n - 1), "String"), "sval");
    if (!rel || (ret->rel && ret->rel != rel)) {
        ret->rel = NULL;
        ret->may_null |= !absorbed;
        return;
    }
    bool row = n == 1 && name && wb_str_ieq(rel->alias, name); /* a whole row is never NULL */
    ret->rel = rel;
    ret->base = rel->base;
    ret->column = name ? name : "*";
    ret->ref = column_at(j->r, wb_tree_at(j->r, ref));
    ret->may_null |= !absorbed && !row;
    ret->text = !name    ? wb_arena_printf(j->r->a, "%s.*", rel->alias)
                : n == 1 ? wb_tree_copy(j->r, name)
                         : wb_arena_printf(j->r->a, "%s.%s", rel->alias, name);
}

/* A scalar subquery stands for the column that it gives. */
static void take_query(struct judge *j, const json_t *link, struct side *ret) {
    const json_t *select = wb_tree_as(json_object_get(link, "subselect"), "SelectStmt");
    const json_t *from = json_object_get(select, "fromClause");
    const json_t *rv = wb_tree_as(json_array_get(from, 0), "RangeVar");
    const json_t *target =
        wb_tree_as(json_array_get(json_object_get(select, "targetList"), 0), "ResTarget");
    const json_t *ref = wb_tree_as(json_object_get(target, "val"), "ColumnRef");
    const char *name = wb_tree_str(rv, "relname");
    if (!rv || !ref || json_array_size(from) != 1)
        return;
    struct wb_sql_rel *rel = WB_NEW(j->r->a, struct wb_sql_rel);
    *rel = (struct wb_sql_rel){.alias = name, .base = wb_tree_copy(j->r, name), .table = SIZE_MAX};
    *ret = (struct side){.rel = rel,
                         .base = rel->base,
                         .text = wb_arena_printf(j->r->a, "(SELECT … FROM %s)", name),
                         .column = "",
                         .ref = SIZE_MAX,
                         .may_null = true};
}

static void look(struct judge *j, const json_t *node, bool absorbed, struct side *ret) {
    size_t i;
    json_t *item, *body = NULL;
    const char *key, *type = wb_tree_type(node, &body);
    absorbed |= absorbs_null(type, body);
    if (json_is_array(node)) {
        json_array_foreach(node, i, item) look(j, item, absorbed, ret);
    } else if (wb_str_eq(type, "ColumnRef")) {
        take_column(j, body, absorbed, ret);
    } else if (wb_str_eq(type, "SubLink")) {
        take_query(j, body, ret);
    } else if (json_is_object(node)) {
        json_object_foreach((json_t *)node, key, item) look(j, item, absorbed, ret);
    }
}

static struct side side_of(struct judge *j, const json_t *node) {
    struct side s = {.ref = SIZE_MAX};
    look(j, node, false, &s);
    return s;
}

/* --- gathering
 * ------------------------------------------------------------------------------------ */

static bool two_tables(const struct side *s) {
    return s[0].rel && s[1].rel && s[0].rel != s[1].rel &&
           !(s[0].base && wb_str_eq(s[0].base, s[1].base));
}

static void compared(struct judge *j, const json_t *expr, const char *op, bool equal, bool safe) {
    struct side sides[2] = {side_of(j, json_object_get(expr, "lexpr")),
                            side_of(j, json_object_get(expr, "rexpr"))};
    if (equal && sides[0].rel && sides[1].rel && sides[0].rel != sides[1].rel) {
        struct equality *e = WB_PUSH(j->r->a, j->equal, j->n_equal, j->cap_equal);
        memcpy(e->side, sides, sizeof sides);
        return;
    }
    if (equal || !two_tables(sides))
        return;
    size_t at = wb_tree_at(j->r, expr);
    const char *written = op;
    for (size_t i = 0; !written && i < j->r->p->n; i++)
        if (j->r->p->items[i].at == at)
            written = j->r->p->items[i].text;
    struct difference *d = WB_PUSH(j->r->a, j->diffs, j->n_diffs, j->cap_diffs);
    *d = (struct difference){.operator_ = written ? written : "<>", .at = at, .safe = safe};
    memcpy(d->side, sides, sizeof sides);
}

/* What an operator asks, turned round where the condition is. */
static void operator_(struct judge *j, const json_t *expr, bool turned) {
    const char *kind = wb_tree_str(expr, "kind");
    const char *op = wb_tree_name(json_object_get(expr, "name"), NULL);
    if (!kind || !op)
        return;
    bool plain = strcmp(kind, "AEXPR_OP") == 0;
    bool distinct = strcmp(kind, "AEXPR_DISTINCT") == 0 || (plain && strcmp(op, "<~>") == 0);
    bool same = strcmp(kind, "AEXPR_NOT_DISTINCT") == 0 ||
                (plain && (strcmp(op, "<=>") == 0 || strcmp(op, "~=") == 0));
    bool differs = plain && strcmp(op, "<>") == 0, equals = plain && strcmp(op, "=") == 0;
    if (distinct || same)
        compared(j, expr, NULL, distinct == turned, true);
    else if (differs || equals)
        compared(j, expr, equals ? "=" : NULL, differs == turned, false);
}

static void null_test(struct judge *j, const json_t *test) {
    struct side s = side_of(j, json_object_get(test, "arg"));
    if (s.rel)
        *WB_PUSH(j->r->a, j->tests, j->n_tests, j->cap_tests) =
            (struct null_test){.rel = s.rel,
                               .column = s.column,
                               .is_null = wb_str_eq(wb_tree_str(test, "nulltesttype"), "IS_NULL")};
}

static void gather(struct judge *j, const json_t *node, bool turned);

static void gather_tested(struct judge *j, const json_t *test, bool turned) {
    const char *type = wb_tree_str(test, "booltesttype");
    size_t n = j->n_diffs;
    bool turns = wb_str_eq(type, "IS_NOT_TRUE") || wb_str_eq(type, "IS_FALSE");
    gather(j, json_object_get(test, "arg"), turned != turns);
    for (; wb_str_eq(type, "IS_NOT_TRUE") && n < j->n_diffs; n++)
        j->diffs[n].safe = true; /* what is unknown is not true */
}

static void except_links(struct judge *j, const json_t *link, bool turned);

static void gather(struct judge *j, const json_t *node, bool turned) {
    size_t i;
    json_t *item, *body = NULL;
    const char *key, *type = wb_tree_type(node, &body);
    if (json_is_array(node)) {
        json_array_foreach(node, i, item) gather(j, item, turned);
    } else if (wb_str_eq(type, "SubLink")) {
        except_links(j, body, turned);
    } else if (wb_str_eq(type, "SelectStmt")) {
        return; /* judged by itself */
    } else if (wb_str_eq(type, "NullTest")) {
        null_test(j, body);
    } else if (wb_str_eq(type, "BooleanTest")) {
        gather_tested(j, body, turned);
    } else if (wb_str_eq(type, "BoolExpr")) {
        bool no = wb_str_eq(wb_tree_str(body, "boolop"), "NOT_EXPR");
        gather(j, json_object_get(body, "args"), turned != no);
    } else if (json_is_object(node)) {
        if (wb_str_eq(type, "A_Expr"))
            operator_(j, body, turned);
        json_object_foreach((json_t *)node, key, item) gather(j, item, turned);
    }
}

/* --- rows that are missing
 * ----------------------------------------------------------------------------- */

static bool leads(const struct side *from, const struct side *to) {
    size_t n = from->column ? strlen(from->column) : 0, k = to->column ? strlen(to->column) : 0;
    if (!n || !k || wb_str_ieq(from->column, to->column))
        return false;
    /* order.user_id to user.id: a reference. user.id to order.user_id is none. */
    return (n > 3 && wb_str_ieq(from->column + n - 3, "_id") && wb_str_ieq(to->column, "id")) ||
           (n > k + 1 && from->column[n - k - 1] == '_' &&
            wb_str_ieq(from->column + n - k, to->column));
}

static void anti_join(struct judge *j, const char *from, const char *missing, size_t at,
                      const struct equality *e, const struct wb_sql_rel *missing_rel) {
    if (!from || !missing || strcmp(from, missing) == 0)
        return;
    struct wb_sql_mark *m = add_mark(j->r, WB_SIGN_ANTI_JOIN, at);
    m->a = wb_tree_copy(j->r, from);
    m->b = wb_tree_copy(j->r, missing);
    int to = e && e->side[1].rel == missing_rel;
    m->reference = e && leads(&e->side[!to], &e->side[to]);
}

void wb_marks_except(struct wb_sql_reader *r, const char *from, const char *missing) {
    size_t i = 0;
    while (i < r->p->n && !wb_sql_lex_is(r->p, i, "except") && !wb_sql_lex_is(r->p, i, "minus"))
        i++;
    struct judge j = {.r = r};
    anti_join(&j, from, missing, r->p->items[i < r->p->n ? i : 0].at, NULL, NULL);
}

static const struct equality *linked(const struct judge *j, const struct wb_sql_rel *rel) {
    for (size_t i = 0; i < j->n_equal; i++)
        if (j->equal[i].side[0].rel == rel || j->equal[i].side[1].rel == rel)
            return &j->equal[i];
    return NULL;
}

/* The word before a place: where a join's table stands, its JOIN. */
static size_t join_before(const struct wb_sql_reader *r, size_t at) {
    size_t found = at;
    for (size_t i = 0; i < r->p->n && r->p->items[i].at <= at; i++)
        if (wb_sql_lex_is(r->p, i, "join") ||
            (wb_sql_lex_is(r->p, i, ",") && r->p->items[i].depth == 0))
            found = r->p->items[i].at;
    return found;
}

static size_t word_before(const struct wb_sql_reader *r, const json_t *node, const char *word) {
    size_t at = wb_tree_at(r, node), found = at;
    for (size_t i = 0; i < r->p->n && r->p->items[i].at <= at; i++)
        if (wb_sql_lex_is(r->p, i, word))
            found = r->p->items[i].at;
    return found;
}

/* The equality by which a subquery's rows belong to those around it; yields the subquery's table.
 */
static const struct wb_sql_rel *correlation(struct judge *j, const json_t *select,
                                            struct equality *ret) {
    const json_t *rv =
        wb_tree_as(json_array_get(json_object_get(select, "fromClause"), 0), "RangeVar");
    struct wb_sql_scope *inner = WB_NEW(j->r->a, struct wb_sql_scope);
    struct wb_sql_rel *rel = WB_PUSH(j->r->a, inner->rels, inner->n, inner->cap);
    const char *name = wb_tree_str(rv, "relname");
    const char *alias = wb_tree_str(json_object_get(rv, "alias"), "aliasname");
    if (!rv)
        return NULL;
    *rel = (struct wb_sql_rel){
        .alias = alias ? alias : name, .base = wb_tree_copy(j->r, name), .table = SIZE_MAX};
    struct judge sub = {.r = j->r, .scope = inner};
    inner->up = j->scope;
    gather(&sub, json_object_get(select, "whereClause"), false);
    for (size_t i = 0; i < sub.n_equal; i++)
        if ((sub.equal[i].side[0].rel == rel) != (sub.equal[i].side[1].rel == rel)) {
            *ret = sub.equal[i];
            return rel;
        }
    return NULL;
}

static bool tests_not_null(const json_t *select, const char *column) {
    const json_t *test = json_object_get(select, "whereClause");
    char *text = json_dumps(test, JSON_COMPACT | JSON_ENCODE_ANY);
    bool found = text && column && strstr(text, "IS_NOT_NULL") && strstr(text, column);
    free(text);
    return found;
}

/* x NOT IN (SELECT y FROM t …) */
static void not_in(struct judge *j, const json_t *link, const json_t *select, size_t at) {
    struct side from = side_of(j, json_object_get(link, "testexpr"));
    const json_t *clause = json_object_get(select, "fromClause");
    const json_t *rv = wb_tree_as(json_array_get(clause, 0), "RangeVar");
    const json_t *target =
        wb_tree_as(json_array_get(json_object_get(select, "targetList"), 0), "ResTarget");
    const json_t *ref = wb_tree_as(json_object_get(target, "val"), "ColumnRef");
    const char *column = wb_tree_name(json_object_get(ref, "fields"), NULL);
    const char *name = wb_tree_str(rv, "relname");
    if (!from.rel || !name)
        return;
    struct wb_sql_rel *to = WB_NEW(j->r->a, struct wb_sql_rel);
    struct equality e = {.side = {from, {.rel = to, .column = column}}};
    anti_join(j, from.base, name, at, &e, to);
    if (!ref || tests_not_null(select, column))
        return;
    struct wb_sql_mark *m = add_mark(j->r, WB_SIGN_NOT_IN, at);
    m->a = wb_tree_copy(j->r, name);
    m->right = wb_tree_copy(j->r, column);
    m->column[1] = column_at(j->r, wb_tree_at(j->r, ref));
}

static void except_links(struct judge *j, const json_t *link, bool turned) {
    const json_t *select = wb_tree_as(json_object_get(link, "subselect"), "SelectStmt");
    const char *type = wb_tree_str(link, "subLinkType");
    const char *op = wb_tree_name(json_object_get(link, "operName"), NULL);
    bool any = wb_str_eq(type, "ANY_SUBLINK") && !op;
    bool all = wb_str_eq(type, "ALL_SUBLINK") && wb_str_eq(op, "<>");
    struct equality e;
    if ((any && turned) || (all && !turned)) {
        not_in(j, link, select, word_before(j->r, link, any ? "in" : "all"));
    } else if (wb_str_eq(type, "EXISTS_SUBLINK") && turned) {
        const struct wb_sql_rel *inner = correlation(j, select, &e);
        if (inner)
            anti_join(j, e.side[e.side[0].rel == inner].rel->base, inner->base,
                      wb_tree_at(j->r, link), &e, inner);
    }
}

/* --- judging
 * ------------------------------------------------------------------------------------------- */

static bool tested(const struct judge *j, const struct wb_sql_rel *rel, const char *column) {
    for (size_t i = 0; i < j->n_tests; i++)
        if (j->tests[i].rel == rel &&
            (!column ? j->tests[i].is_null : wb_str_ieq(j->tests[i].column, column)))
            return true;
    return false;
}

static void judge_null(struct judge *j, const struct difference *d) {
    const struct side *s = d->side;
    bool handled = tested(j, s[0].rel, s[0].column) && tested(j, s[1].rel, s[1].column);
    if (d->safe || handled || !(s[0].may_null || s[1].may_null))
        return;
    struct wb_sql_mark *m = add_mark(j->r, WB_SIGN_NULL_UNSAFE, d->at);
    m->left = s[0].text;
    m->right = s[1].text;
    m->operator_ = d->operator_;
    m->column[0] = s[0].may_null ? s[0].ref : SIZE_MAX;
    m->column[1] = s[1].may_null ? s[1].ref : SIZE_MAX;
}

/* Whether rows that have no partner in rel are seen. */
static bool seen_without(const struct judge *j, const struct wb_sql_rel *rel, bool safe) {
    return rel->nullable && (safe || tested(j, rel, NULL));
}

static void judge_join(struct judge *j, const struct difference *d) {
    const struct wb_sql_rel *x = d->side[0].rel, *y = d->side[1].rel;
    bool over_x = seen_without(j, x, d->safe), over_y = seen_without(j, y, d->safe);
    const struct wb_sql_rel *later = x->at > y->at ? x : y;
    size_t at = join_before(j->r, later->at);
    if (!x->base || !y->base)
        return;
    if (over_x && over_y) {
        struct wb_sql_mark *m = add_mark(j->r, WB_SIGN_BOTH_WAYS, at);
        m->a = x->base;
        m->b = y->base;
    } else if (over_x || over_y) {
        const struct wb_sql_rel *missing = over_x ? x : y;
        const struct equality *e = linked(j, missing);
        anti_join(j, missing == x ? y->base : x->base, missing->base, at, e, missing);
    } else {
        for (size_t i = 0; i < j->r->s->n_marks; i++)
            if (j->r->s->marks[i].sign == WB_SIGN_HIDING_JOIN && j->r->s->marks[i].at == at)
                return;
        struct wb_sql_mark *m = add_mark(j->r, WB_SIGN_HIDING_JOIN, at);
        m->a = x->base;
        m->b = y->base;
    }
}

/* a LEFT JOIN b … WHERE b.x IS NULL */
static void judge_outer(struct judge *j) {
    for (size_t i = 0; i < j->scope->n; i++) {
        const struct wb_sql_rel *rel = &j->scope->rels[i];
        const struct equality *e = linked(j, rel);
        bool judged = false;
        for (size_t k = 0; k < j->n_diffs; k++)
            judged |= j->diffs[k].side[0].rel == rel || j->diffs[k].side[1].rel == rel;
        if (!rel->nullable || !tested(j, rel, NULL) || judged)
            continue;
        size_t other = e && e->side[0].rel == rel;
        const struct wb_sql_rel *from = e ? e->side[other].rel : &j->scope->rels[i ? 0 : 1];
        if (rel->full && from && tested(j, from, NULL)) {
            struct wb_sql_mark *m = add_mark(j->r, WB_SIGN_BOTH_WAYS, rel->at);
            m->a = from->base;
            m->b = rel->base;
        } else if (from) {
            anti_join(j, from->base, rel->base, join_before(j->r, rel->at), e, rel);
        }
    }
}

/* USING (id) joins by columns of one name: no reference. */
static void gather_joins(struct judge *j, const json_t *node) {
    const json_t *join = wb_tree_as(node, "JoinExpr");
    if (!join)
        return;
    gather_joins(j, json_object_get(join, "larg"));
    gather_joins(j, json_object_get(join, "rarg"));
    gather(j, json_object_get(join, "quals"), false);
}

/* (SELECT count(*) FROM a) and (SELECT count(*) FROM b) in one query: both tables are counted. */
static void gather_counts(struct judge *j, const json_t *node, const char **first) {
    size_t i;
    json_t *item, *body = NULL;
    const char *key, *type = wb_tree_type(node, &body);
    if (wb_str_eq(type, "SubLink")) {
        const json_t *select = wb_tree_as(json_object_get(body, "subselect"), "SelectStmt");
        const json_t *target =
            wb_tree_as(json_array_get(json_object_get(select, "targetList"), 0), "ResTarget");
        const json_t *call = wb_tree_as(json_object_get(target, "val"), "FuncCall");
        const json_t *rv =
            wb_tree_as(json_array_get(json_object_get(select, "fromClause"), 0), "RangeVar");
        const char *name = wb_tree_str(rv, "relname");
        if (!name || !wb_str_eq(wb_tree_name(json_object_get(call, "funcname"), NULL), "count"))
            return;
        if (*first && strcmp(*first, name) != 0) {
            struct wb_sql_mark *m = add_mark(j->r, WB_SIGN_BOTH_WAYS, wb_tree_at(j->r, body));
            m->a = wb_tree_copy(j->r, *first);
            m->b = wb_tree_copy(j->r, name);
        }
        *first = name;
    } else if (json_is_array(node)) {
        json_array_foreach(node, i, item) gather_counts(j, item, first);
    } else if (json_is_object(node)) {
        json_object_foreach((json_t *)node, key, item) gather_counts(j, item, first);
    }
}

void wb_marks_select(struct wb_sql_reader *r, struct wb_sql_scope *scope, const json_t *select) {
    static const char *const parts[] = {"targetList", "whereClause", "havingClause"};
    struct judge j = {.r = r, .scope = scope};
    const char *first = NULL;
    size_t i;
    json_t *item;
    json_array_foreach(json_object_get(select, "fromClause"), i, item) gather_joins(&j, item);
    for (i = 0; i < sizeof parts / sizeof *parts; i++)
        gather(&j, json_object_get(select, parts[i]), false);
    for (i = 0; i < j.n_diffs; i++) {
        judge_null(&j, &j.diffs[i]);
        judge_join(&j, &j.diffs[i]);
    }
    judge_outer(&j);
    gather_counts(&j, json_object_get(select, "targetList"), &first);
    gather_counts(&j, json_object_get(select, "whereClause"), &first);
}

/* --- what tokens tell
 * ---------------------------------------------------------------------------------- */

static bool from_ordered(const struct wb_sql_lex_part *p, size_t i) {
    size_t from = wb_sql_lex_find(p, i, "from");
    if (!wb_sql_lex_is(p, from + 1, "("))
        return false;
    size_t end = wb_sql_lex_closing(p, from + 1);
    return wb_sql_lex_find(p, from, "order") < end;
}

static void aggregate(struct wb_sql_reader *r, size_t i) {
    const struct wb_sql_lex_part *p = r->p;
    size_t end = wb_sql_lex_closing(p, i + 1), separator = wb_sql_lex_find(p, i, "separator");
    bool concat = wb_sql_lex_is(p, i, "group_concat");
    struct wb_sql_mark *m = add_mark(r, WB_SIGN_AGGREGATE, p->items[i].at);
    m->a = p->items[i].text;
    m->b = concat ? "," : NULL;
    if (separator + 1 < end)
        m->b = p->items[separator + 1].text;
    for (size_t k = i + 2; k < end; k++) {
        bool second = wb_sql_lex_is(p, k - 1, ",") && p->items[k].kind == WB_LEX_STRING &&
                      p->items[k].depth == p->items[i].depth + 1;
        bool takes_two = !concat || r->dialect == WB_DIALECT_SQLITE;
        if (second && takes_two && (k + 1 == end || wb_sql_lex_is(p, k + 1, "order")))
            m->b = p->items[k].text;
    }
    m->ordered = wb_sql_lex_find(p, i, "order") < end || from_ordered(p, end) ||
                 (wb_sql_lex_are(p, end + 1, "within group"));
}

static bool update_follows(const struct wb_sql_lex_part *p, size_t i) {
    return wb_sql_lex_are(p, i, "do update") || wb_sql_lex_are(p, i, "key update");
}

static void upsert(struct wb_sql_reader *r) {
    const struct wb_sql_lex_part *p = r->p;
    size_t select = wb_sql_lex_find(p, 0, "select"), table = wb_sql_lex_find(p, 0, "table");
    size_t query = select < p->n ? select : table;
    bool insert = wb_sql_lex_is(p, 0, "insert") || wb_sql_lex_is(p, 0, "with");
    if (query >= p->n)
        return;
    if ((wb_sql_lex_is(p, 0, "replace") && !wb_sql_lex_is(p, 1, "(")) ||
        wb_sql_lex_are(p, 0, "insert or replace"))
        add_mark(r, WB_SIGN_OVERWRITES, p->items[0].at);
    for (size_t i = query; insert && i < p->n; i++)
        if (update_follows(p, i) && wb_sql_lex_find(p, i, "where") >= p->n &&
            wb_sql_lex_find(p, i, "greatest") >= p->n && wb_sql_lex_find(p, i, "if") >= p->n)
            add_mark(r, WB_SIGN_OVERWRITES, p->items[i].at);
}

static void merge(struct wb_sql_reader *r) {
    for (size_t i = 0; wb_sql_lex_is(r->p, 0, "merge") && i < r->p->n; i++)
        if (wb_sql_lex_are(r->p, i, "when matched then update"))
            add_mark(r, WB_SIGN_OVERWRITES, r->p->items[i].at);
}

void wb_marks_text(struct wb_sql_reader *r) {
    static const char *const functions[] = {"group_concat", "string_agg", "listagg"};
    for (size_t i = 0; i + 1 < r->p->n; i++)
        for (size_t f = 0; f < sizeof functions / sizeof *functions; f++)
            if (wb_sql_lex_is(r->p, i, functions[f]) && wb_sql_lex_is(r->p, i + 1, "("))
                aggregate(r, i);
    upsert(r);
    merge(r);
}
