/* Precedence climbing, with one function a level where levels differ in shape:
 *
 *   or · xor · and · not · comparisons, IS, IN, BETWEEN, LIKE, REGEXP · bit operators · shifts · +
 * - · * / % div ·
 *   || (where it concatenates) · unary · postfix (COLLATE, ::type, ->) · primary
 *
 * What is not understood as a whole gives no tree: an expression that is carried half is worse than
 * one that is reported as not carried.
 */
#include "schema/expr_parse.h"

#include "base/buf.h"
#include "base/str.h"
#include "schema/expr_lex.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

/* Bounds for whoever walks a tree by recursion: a long chain of + is as deep as it is long. */
enum { DEPTH_MAX = 200, NODES_MAX = 4000 };

struct parser {
    struct wb_lex lex;
    struct wb_arena *a;
    bool postgres;
    unsigned depth, nodes;
    const char *why; /* first failure */
};

static struct wb_expr *expression(struct parser *p);
static struct wb_expr *bits(struct parser *p);

static struct wb_expr *no(struct parser *p, const char *why) {
    if (!p->why)
        p->why = wb_arena_printf(p->a, "%s at \"%.30s\"",
                                 p->lex.kind == WB_TOKEN_BAD ? p->lex.token : why, p->lex.begin);
    return NULL;
}

static struct wb_expr *node(struct parser *p, enum wb_expr_op op, const char *text, size_t n,
                            struct wb_expr *const *args) {
    if (++p->nodes > NODES_MAX)
        return no(p, "too long");
    struct wb_expr *e = WB_NEW(p->a, struct wb_expr);
    e->op = op;
    e->text = text;
    e->n_args = n;
    e->args = WB_NEW_N(p->a, struct wb_expr *, n + 1);
    for (size_t i = 0; i < n; i++)
        e->args[i] = args[i];
    return e;
}

static struct wb_expr *leaf(struct parser *p, enum wb_expr_op op, const char *text) {
    return node(p, op, text, 0, NULL);
}

static const char *lower(struct parser *p, const char *s) {
    char *to = wb_arena_strdup(p->a, s);
    for (char *c = to; *c; c++)
        *c = (char)tolower((unsigned char)*c);
    return to;
}

struct list {
    struct wb_expr **items;
    size_t n, cap;
};

static void push(struct parser *p, struct list *l, struct wb_expr *e) {
    *WB_PUSH(p->a, l->items, l->n, l->cap) = e;
}

/* Comma-separated, up to and with ")"; the "(" has been taken. */
static bool arguments(struct parser *p, struct list *l) {
    if (wb_lex_take(&p->lex, ")"))
        return true;
    do {
        struct wb_expr *e = expression(p);
        if (!e)
            return false;
        push(p, l, e);
    } while (wb_lex_take(&p->lex, ","));
    return wb_lex_take(&p->lex, ")") || no(p, "an argument list without its end");
}

static struct wb_expr *take_leaf(struct parser *p, enum wb_expr_op op) {
    struct wb_expr *e = leaf(p, op, p->lex.token);
    wb_lex_next(&p->lex);
    return e;
}

/* varchar(10), decimal(10,2), double precision, timestamp without time zone, text[] … up to what
 * cannot be a type. */
static const char *type_name(struct parser *p) {
    WB_CLEANUP_BUF struct wb_buf b = {0};
    while (p->lex.kind == WB_TOKEN_WORD && !wb_lex_is(&p->lex, "collate") &&
           !wb_lex_is(&p->lex, "charset") && !wb_lex_is(&p->lex, "and") &&
           !wb_lex_is(&p->lex, "or") && !wb_lex_is(&p->lex, "as")) {
        if (wb_lex_is(&p->lex, "character") && b.len)
            break;
        wb_buf_addf(&b, "%s%s", b.len ? " " : "", lower(p, p->lex.token));
        wb_lex_next(&p->lex);
    }
    if (b.len && wb_lex_take(&p->lex, "(")) {
        wb_buf_addc(&b, '(');
        while (p->lex.kind == WB_TOKEN_NUMBER || wb_lex_is(&p->lex, ",")) {
            wb_buf_adds(&b, p->lex.token);
            wb_lex_next(&p->lex);
        }
        if (!wb_lex_take(&p->lex, ")"))
            return NULL;
        wb_buf_addc(&b, ')');
    }
    if (wb_lex_take(&p->lex, "[") && wb_lex_take(&p->lex, "]"))
        wb_buf_adds(&b, "[]");
    return b.len ? wb_arena_strdup(p->a, wb_buf_str(&b)) : NULL;
}

/* A charset behind a type or a string changes nothing here: texts are Unicode everywhere. */
static void pass_charset(struct parser *p) {
    if (wb_lex_take(&p->lex, "charset") ||
        (wb_lex_take(&p->lex, "character") && wb_lex_take(&p->lex, "set")))
        wb_lex_next(&p->lex);
}

/* CAST(x AS type), CONVERT(x, type) and CONVERT(x USING charset), which is x. */
static struct wb_expr *cast(struct parser *p, const char *before_type) {
    if (!wb_lex_take(&p->lex, "("))
        return no(p, "CAST without (");
    struct wb_expr *value = expression(p);
    if (!value)
        return NULL;
    if (*before_type == ',' && wb_lex_take(&p->lex, "using")) {
        wb_lex_next(&p->lex);
        return wb_lex_take(&p->lex, ")") ? value : no(p, "CONVERT without its end");
    }
    const char *type = wb_lex_take(&p->lex, before_type) ? type_name(p) : NULL;
    pass_charset(p);
    if (!type || !wb_lex_take(&p->lex, ")"))
        return no(p, "a type that is not understood");
    return node(p, WB_EXPR_CAST, type, 1, &value);
}

static struct wb_expr *case_when(struct parser *p) {
    struct list l = {0};
    push(p, &l, wb_lex_is(&p->lex, "when") ? NULL : expression(p));
    if (!l.items[0] && !wb_lex_is(&p->lex, "when"))
        return NULL;
    while (wb_lex_take(&p->lex, "when")) {
        struct wb_expr *when = expression(p);
        struct wb_expr *then = when && wb_lex_take(&p->lex, "then") ? expression(p) : NULL;
        if (!then)
            return no(p, "WHEN without its THEN");
        push(p, &l, when);
        push(p, &l, then);
    }
    if (wb_lex_take(&p->lex, "else")) {
        struct wb_expr *other = expression(p);
        if (!other)
            return NULL;
        push(p, &l, other);
    }
    return l.n > 1 && wb_lex_take(&p->lex, "end") ? node(p, WB_EXPR_CASE, "", l.n, l.items)
                                                  : no(p, "CASE without its END");
}

static bool is_now(const char *name) {
    return wb_str_ieq(name, "current_timestamp") || wb_str_ieq(name, "now") ||
           wb_str_ieq(name, "localtimestamp") || wb_str_ieq(name, "localtime");
}

/* CURRENT_TIMESTAMP, CURRENT_TIMESTAMP(3), now() */
static struct wb_expr *now(struct parser *p) {
    const char *digits = "0";
    if (wb_lex_take(&p->lex, "(")) {
        if (p->lex.kind == WB_TOKEN_NUMBER) {
            digits = p->lex.token;
            wb_lex_next(&p->lex);
        }
        if (!wb_lex_take(&p->lex, ")"))
            return no(p, "a call without its end");
    }
    return leaf(p, WB_EXPR_NOW, digits);
}

static struct wb_expr *interval(struct parser *p) {
    struct wb_expr *count = expression(p);
    if (!count || p->lex.kind != WB_TOKEN_WORD)
        return no(p, "INTERVAL without a unit");
    const char *unit = lower(p, p->lex.token);
    wb_lex_next(&p->lex);
    return node(p, WB_EXPR_INTERVAL, unit, 1, &count);
}

/* extract(year from x), trim(both 'x' from y), position(a in b): their words become plain
 * arguments. */
static struct wb_expr *call(struct parser *p, const char *name) {
    struct list l = {0};
    if (wb_lex_is(&p->lex, "distinct"))
        return no(p, "DISTINCT");
    if (wb_str_eq(name, "extract") && p->lex.kind == WB_TOKEN_WORD) {
        push(p, &l, leaf(p, WB_EXPR_STRING, lower(p, p->lex.token)));
        wb_lex_next(&p->lex);
        struct wb_expr *from = wb_lex_take(&p->lex, "from") ? expression(p) : NULL;
        if (!from || !wb_lex_take(&p->lex, ")"))
            return no(p, "EXTRACT that is not understood");
        push(p, &l, from);
        return node(p, WB_EXPR_CALL, name, l.n, l.items);
    }
    return arguments(p, &l) ? node(p, WB_EXPR_CALL, name, l.n, l.items) : NULL;
}

/* table.column and schema.table.column: the column. */
static struct wb_expr *column(struct parser *p, const char *name) {
    while (wb_lex_take(&p->lex, ".")) {
        if (p->lex.kind != WB_TOKEN_WORD && p->lex.kind != WB_TOKEN_NAME)
            return no(p, "a point without a name behind it");
        name = p->lex.token;
        wb_lex_next(&p->lex);
    }
    return leaf(p, WB_EXPR_COLUMN, name);
}

static bool is_introducer(const struct parser *p, const char *word) {
    return p->lex.mysql && word[0] == '_' &&
           (p->lex.kind == WB_TOKEN_STRING || p->lex.kind == WB_TOKEN_BYTES);
}

/* date '2024-01-01' and the like: the word is a cast. */
static bool is_typed_literal(const struct parser *p, const char *word) {
    return p->lex.kind == WB_TOKEN_STRING &&
           (wb_str_ieq(word, "date") || wb_str_ieq(word, "time") || wb_str_ieq(word, "timestamp"));
}

static struct wb_expr *words(struct parser *p) {
    const char *word = p->lex.token;
    wb_lex_next(&p->lex);
    if (is_introducer(p, word)) /* _utf8mb4'text' is 'text' */
        return p->lex.kind == WB_TOKEN_STRING ? take_leaf(p, WB_EXPR_STRING)
                                              : no(p, "bytes with a charset");
    if (wb_str_ieq(word, "null"))
        return leaf(p, WB_EXPR_NULL, "");
    if (wb_str_ieq(word, "true"))
        return leaf(p, WB_EXPR_TRUE, "");
    if (wb_str_ieq(word, "false"))
        return leaf(p, WB_EXPR_FALSE, "");
    if (wb_str_ieq(word, "case"))
        return case_when(p);
    if (wb_str_ieq(word, "cast"))
        return cast(p, "as");
    if (wb_str_ieq(word, "convert"))
        return cast(p, ",");
    if (wb_str_ieq(word, "interval"))
        return interval(p);
    if (is_now(word))
        return now(p);
    if (is_typed_literal(p, word)) {
        struct wb_expr *value = take_leaf(p, WB_EXPR_STRING);
        return node(p, WB_EXPR_CAST, lower(p, word), 1, &value);
    }
    if (wb_lex_take(&p->lex, "("))
        return call(p, lower(p, word));
    if (wb_str_ieq(word, "current_date") || wb_str_ieq(word, "current_time") ||
        wb_str_ieq(word, "current_user"))
        return leaf(p, WB_EXPR_CALL, lower(p, word));
    if (wb_str_ieq(word, "select") || wb_str_ieq(word, "exists"))
        return no(p, "a subquery");
    return word[0] == '@' ? no(p, "a variable") : column(p, word);
}

static struct wb_expr *primary(struct parser *p) {
    switch (p->lex.kind) {
    case WB_TOKEN_NUMBER:
        return take_leaf(p, WB_EXPR_NUMBER);
    case WB_TOKEN_STRING:
        return take_leaf(p, WB_EXPR_STRING);
    case WB_TOKEN_BYTES:
        return take_leaf(p, WB_EXPR_BYTES);
    case WB_TOKEN_BITS:
        return take_leaf(p, WB_EXPR_BITS);
    case WB_TOKEN_WORD:
        return words(p);
    case WB_TOKEN_NAME: {
        const char *name = p->lex.token;
        wb_lex_next(&p->lex);
        if (!wb_lex_take(&p->lex, "("))
            return column(p, name);
        return call(
            p,
            lower(p,
                  name)); /* MariaDB quotes the name of a function that is also a reserved word */
    }
    default:
        break;
    }
    if (!wb_lex_take(&p->lex, "("))
        return no(p, "something that is not understood");
    struct wb_expr *e = expression(p);
    return e && wb_lex_take(&p->lex, ")") ? e : no(p, "a ( without its )");
}

static struct wb_expr *postfix(struct parser *p) {
    struct wb_expr *e = primary(p);
    while (e) {
        if (wb_lex_take(&p->lex, "collate")) {
            const char *collation = p->lex.token;
            wb_lex_next(&p->lex);
            e = node(p, WB_EXPR_COLLATE, collation, 1, &e);
        } else if (wb_lex_take(&p->lex, "::")) {
            const char *type = type_name(p);
            e = type ? node(p, WB_EXPR_CAST, type, 1, &e) : no(p, "a type that is not understood");
        } else if (wb_lex_is(&p->lex, "->") || wb_lex_is(&p->lex, "->>")) {
            const char *op = p->lex.token;
            wb_lex_next(&p->lex);
            struct wb_expr *path = primary(p);
            e = path ? node(p, WB_EXPR_BINARY, op, 2, (struct wb_expr *[]){e, path}) : NULL;
        } else {
            return e;
        }
    }
    return NULL;
}

static struct wb_expr *unary(struct parser *p) {
    static const char *const signs[] = {"-", "+", "~", "!"};
    if (++p->depth > DEPTH_MAX)
        return no(p, "nested too deeply");
    struct wb_expr *e = NULL;
    bool found = false;
    for (size_t i = 0; i < 4 && !found; i++) {
        if (!wb_lex_take(&p->lex, signs[i]))
            continue;
        found = true;
        struct wb_expr *arg = unary(p);
        e = arg ? node(p, WB_EXPR_UNARY, signs[i][0] == '!' ? "not" : signs[i], 1, &arg) : NULL;
    }
    if (!found && wb_lex_take(&p->lex, "binary"))
        e = no(p, "BINARY");
    else if (!found)
        e = postfix(p);
    p->depth--;
    return e;
}

typedef struct wb_expr *(*level_fn)(struct parser *p);

/* The operator that stands here, as meant; NULL: none. ops: {as written, as meant, …, NULL}. */
static const char *take_operator(struct parser *p, const char *const *ops) {
    for (; *ops; ops += 2)
        if (wb_lex_take(&p->lex, ops[0]))
            return ops[1];
    return NULL;
}

/* One level of left-associative operators. ops: as for take_operator. */
static struct wb_expr *binary_level(struct parser *p, level_fn next, const char *const *ops) {
    struct wb_expr *left = next(p);
    while (left) {
        const char *op = take_operator(p, ops);
        if (!op)
            return left;
        struct wb_expr *right = next(p);
        left = right ? node(p, WB_EXPR_BINARY, op, 2, (struct wb_expr *[]){left, right}) : NULL;
    }
    return NULL;
}

/* SQLite's || binds tightest; so does MySQL's ^, XOR of bits. */
static struct wb_expr *concat(struct parser *p) {
    static const char *const sqlite_ops[] = {"||", "||", NULL};
    static const char *const mysql_ops[] = {"^", "^", NULL};
    if (p->postgres)
        return unary(p);
    return binary_level(p, unary, p->lex.mysql ? mysql_ops : sqlite_ops);
}

/* 7 / 2 is 3.5 in MySQL and 3 elsewhere. */
static struct wb_expr *product(struct parser *p) {
    static const char *const mysql_ops[] = {"*",   "*",   "/",   "/", "%", "%",
                                            "div", "div", "mod", "%", NULL};
    static const char *const ops[] = {"*", "*", "/", "quot", "%", "%", NULL};
    return binary_level(p, concat, p->lex.mysql ? mysql_ops : ops);
}

static struct wb_expr *sum(struct parser *p) {
    static const char *const ops[] = {"+", "+", "-", "-", NULL};
    return binary_level(p, product, ops);
}

static struct wb_expr *shift(struct parser *p) {
    static const char *const ops[] = {"<<", "<<", ">>", ">>", NULL};
    return binary_level(p, sum, ops);
}

static struct wb_expr *bit_and(struct parser *p) {
    static const char *const ops[] = {"&", "&", NULL};
    return binary_level(p, shift, ops);
}

/* MySQL has three levels here, the others one; PostgreSQL's || is one of it. */
static struct wb_expr *bits(struct parser *p) {
    static const char *const mysql_ops[] = {"|", "|", NULL};
    static const char *const ops[] = {"&", "&", "|", "|", "<<", "<<", ">>", ">>", "||", "||", NULL};
    return p->lex.mysql ? binary_level(p, bit_and, mysql_ops) : binary_level(p, sum, ops);
}

static struct wb_expr *is_something(struct parser *p, struct wb_expr *left) {
    bool negated = wb_lex_take(&p->lex, "not");
    static const char *const what[] = {"null",     "not null", "true",
                                       "not true", "false",    "not false"};
    for (size_t i = 0; i < 6; i += 2)
        if (wb_lex_take(&p->lex, what[i]))
            return node(p, WB_EXPR_IS, what[i + negated], 1, &left);
    return no(p, "IS that is not understood");
}

static struct wb_expr *in_list(struct parser *p, struct wb_expr *left, bool negated) {
    struct list l = {0};
    push(p, &l, left);
    if (!wb_lex_take(&p->lex, "(") || !arguments(p, &l))
        return no(p, "IN that is not understood");
    return node(p, WB_EXPR_IN, negated ? "not in" : "in", l.n, l.items);
}

static struct wb_expr *between(struct parser *p, struct wb_expr *left, bool negated) {
    struct wb_expr *low = bits(p);
    struct wb_expr *high = low && wb_lex_take(&p->lex, "and") ? bits(p) : NULL;
    if (!high)
        return no(p, "BETWEEN that is not understood");
    return node(p, WB_EXPR_BETWEEN, negated ? "not between" : "between", 3,
                (struct wb_expr *[]){left, low, high});
}

static struct wb_expr *pattern(struct parser *p, struct wb_expr *left, const char *op) {
    struct wb_expr *right = bits(p);
    if (right && wb_lex_is(&p->lex, "escape"))
        return no(p, "ESCAPE");
    return right ? node(p, WB_EXPR_BINARY, op, 2, (struct wb_expr *[]){left, right}) : NULL;
}

static struct wb_expr *comparison(struct parser *p) {
    static const char *const ops[] = {"=",  "=",  "==", "=", "<>", "<>", "!=",  "<>",  "<", "<",
                                      "<=", "<=", ">",  ">", ">=", ">=", "<=>", "<=>", NULL};
    struct wb_expr *left = bits(p);
    while (left) {
        if (wb_lex_take(&p->lex, "is")) {
            left = is_something(p, left);
            continue;
        }
        if (!p->lex.mysql && (wb_lex_is(&p->lex, "isnull") || wb_lex_is(&p->lex, "notnull"))) {
            left =
                node(p, WB_EXPR_IS, wb_lex_is(&p->lex, "isnull") ? "null" : "not null", 1, &left);
            wb_lex_next(&p->lex);
            continue;
        }
        struct wb_lex before = p->lex;
        bool negated = wb_lex_take(&p->lex, "not");
        if (wb_lex_take(&p->lex, "in")) {
            left = in_list(p, left, negated);
        } else if (wb_lex_take(&p->lex, "between")) {
            left = between(p, left, negated);
        } else if (wb_lex_take(&p->lex, "like")) {
            left = pattern(p, left, negated ? "not like" : "like");
        } else if (wb_lex_take(&p->lex, "regexp") || wb_lex_take(&p->lex, "rlike")) {
            left = pattern(p, left, negated ? "not regexp" : "regexp");
        } else {
            p->lex = before;
            const char *op = take_operator(p, ops);
            if (!op)
                return left;
            struct wb_expr *right = bits(p);
            left = right ? node(p, WB_EXPR_BINARY, op, 2, (struct wb_expr *[]){left, right}) : NULL;
        }
    }
    return NULL;
}

static struct wb_expr *negation(struct parser *p) {
    if (!wb_lex_take(&p->lex, "not"))
        return comparison(p);
    if (++p->depth > DEPTH_MAX)
        return no(p, "nested too deeply");
    struct wb_expr *arg = negation(p);
    p->depth--;
    return arg ? node(p, WB_EXPR_UNARY, "not", 1, &arg) : NULL;
}

static struct wb_expr *conjunction(struct parser *p) {
    static const char *const ops[] = {"and", "and", "&&", "and", NULL};
    return binary_level(p, negation, ops);
}

static struct wb_expr *exclusive(struct parser *p) {
    static const char *const ops[] = {"xor", "xor", NULL};
    return binary_level(p, conjunction, ops);
}

static struct wb_expr *expression(struct parser *p) {
    static const char *const ops[] = {"or", "or", NULL};
    static const char *const mysql_ops[] = {"or", "or", "||", "or", NULL};
    if (++p->depth > DEPTH_MAX)
        return no(p, "nested too deeply");
    struct wb_expr *e = binary_level(p, exclusive, p->lex.mysql ? mysql_ops : ops);
    p->depth--;
    return e;
}

const struct wb_expr *wb_expr_parse(const char *text, const char *engine, struct wb_arena *a,
                                    char *why, size_t why_size) {
    struct parser p = {.lex = {.text = text,
                               .at = text,
                               .a = a,
                               .mysql = wb_str_eq(engine, "mysql"),
                               .brackets = wb_str_eq(engine, "sqlite")},
                       .a = a,
                       .postgres = wb_str_eq(engine, "postgresql")};
    wb_lex_next(&p.lex);
    struct wb_expr *e = expression(&p);
    if (e && p.lex.kind != WB_TOKEN_END)
        e = no(&p, "something is left over");
    if (!e && why && why_size)
        snprintf(why, why_size, "%s", p.why ? p.why : "not understood");
    return e;
}
