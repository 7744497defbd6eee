/* How it works: every node is written into a buffer of its own and tells the class of its value;
 * whoever uses it then asks for the class that it needs, and what lies between is cast, or refused.
 * The operators follow MySQL: truth is a number, "/" is exact and gives NULL for division by zero,
 * NULL spreads through concatenations, and text compares by its column's collation. Where
 * PostgreSQL would give another result the whole expression is refused: an object that is reported
 * as not carried is better than one that means something else. */
#include "base/str.h"
#include "engines/postgres/expr_int.h"

#include <string.h>

enum { MAX_DEPTH = 100 };

struct wb_value wb_emit_refuse(struct wb_emitter *x, const char *why) {
    if (!x->why)
        x->why = why;
    return (struct wb_value){NONE, 0, false};
}

struct wb_value wb_emit_of(enum wb_cls cls) {
    return (struct wb_value){cls, 0, false};
}

bool wb_emit_is_number(enum wb_cls c) {
    return c == INT || c == DECIMAL || c == FLOAT;
}

bool wb_emit_is_immutable_use(const struct wb_emitter *x) {
    return x->use == WB_EXPR_FOR_GENERATED || x->use == WB_EXPR_FOR_INDEX;
}

static enum wb_cls class_of(const struct wb_type *t) {
    switch (t->kind) {
    case WB_KIND_BOOL:
        return BOOL;
    case WB_KIND_INT:
    case WB_KIND_YEAR:
        return INT;
    case WB_KIND_UINT:
    case WB_KIND_DECIMAL:
        return DECIMAL;
    case WB_KIND_FLOAT:
        return FLOAT;
    case WB_KIND_TEXT:
        return TEXT;
    case WB_KIND_BYTES:
    case WB_KIND_GEOMETRY:
        return BYTES;
    case WB_KIND_ENUM:
        return ENUM;
    case WB_KIND_DATE:
        return DATE;
    case WB_KIND_TIMESTAMP:
        return STAMP;
    case WB_KIND_TIMESTAMPTZ:
        return STAMPTZ;
    case WB_KIND_TIME:
        return TIME;
    case WB_KIND_UUID:
        return UUID;
    case WB_KIND_BIT:
        return BITS;
    default:
        return OTHER;
    }
}

/* How a value of one class is written as another; what is not here cannot be had without a change
 * of meaning. */
static const struct {
    enum wb_cls from, to;
    const char *before, *behind;
} casts[] = {
    {INT, BOOL, "(", " <> 0)"},
    {DECIMAL, BOOL, "(", " <> 0)"},
    {FLOAT, BOOL, "(", " <> 0)"},
    {BOOL, INT, "(", ")::integer"},
    {BOOL, DECIMAL, "(", ")::integer::numeric"},
    {BOOL, FLOAT, "(", ")::integer::double precision"},
    {BOOL, TEXT, "(", ")::integer::text"},
    {INT, DECIMAL, "(", ")::numeric"},
    {INT, FLOAT, "(", ")::double precision"},
    {DECIMAL, FLOAT, "(", ")::double precision"},
    {INT, TEXT, "(", ")::text"},
    {DECIMAL, TEXT, "(", ")::text"},
    {UUID, TEXT, "(", ")::text"},
    {ENUM, TEXT, "(", ")::text"},
    {DATE, STAMP, "(", ")::timestamp"},
};

/* What a value of one class is as another; the text stands in `text`. */
struct wb_value wb_emit_convert(struct wb_emitter *x, struct wb_buf *to, const char *text,
                                struct wb_value v, enum wb_cls want) {
    if (v.cls == NONE)
        return v;
    if (v.cls == want || v.cls == LITERAL) {
        wb_buf_adds(to, text);
        if (v.cls == LITERAL && want == BOOL)
            return wb_emit_refuse(x, "a string stands where a truth value is meant");
        return v.cls == want ? v : wb_emit_of(want);
    }
    /* an enum's label may be renamed, so its text is not immutable */
    if (v.cls == ENUM && wb_emit_is_immutable_use(x))
        return wb_emit_refuse(x, "it takes an enum's label as text");
    for (size_t i = 0; i < sizeof casts / sizeof casts[0]; i++)
        if (casts[i].from == v.cls && casts[i].to == want) {
            wb_buf_addf(to, "%s%s%s", casts[i].before, text, casts[i].behind);
            return wb_emit_of(want);
        }
    return wb_emit_refuse(x, "it mixes types that PostgreSQL keeps apart");
}

struct wb_value wb_emit_as(struct wb_emitter *x, struct wb_buf *to, const struct wb_expr *e,
                           enum wb_cls want) {
    WB_CLEANUP_BUF struct wb_buf text = {0};
    struct wb_value v = wb_emit(x, &text, e);
    struct wb_value made = wb_emit_convert(x, to, wb_buf_str(&text), v, want);
    if (made.cls != NONE && v.cls == want)
        made.collation = v.collation, made.placed = v.placed;
    return made;
}

/* A number of any class, TRUE as 1. */
struct wb_value wb_emit_number(struct wb_emitter *x, struct wb_buf *to, const struct wb_expr *e) {
    WB_CLEANUP_BUF struct wb_buf text = {0};
    struct wb_value v = wb_emit(x, &text, e);
    if (wb_emit_is_number(v.cls)) {
        wb_buf_adds(to, wb_buf_str(&text));
        return v;
    }
    return v.cls == LITERAL && e->op != WB_EXPR_NULL
               ? wb_emit_refuse(x, "a string stands where a number is meant")
               : wb_emit_convert(x, to, wb_buf_str(&text), v, INT);
}

/* The class that all of several values can have; NONE: none. */
static enum wb_cls common(const struct wb_value *v, size_t n) {
    enum wb_cls found = LITERAL;
    for (size_t i = 0; i < n; i++) {
        enum wb_cls c = v[i].cls;
        if (c == NONE)
            return NONE;
        if (c == LITERAL || c == found)
            continue;
        if (found == LITERAL)
            found = c;
        else if (wb_emit_is_number(c) && wb_emit_is_number(found))
            found = c > found ? c : found;
        else if ((c == BOOL && wb_emit_is_number(found)) || (found == BOOL && wb_emit_is_number(c)))
            found = found == BOOL ? c : found;
        else if ((c == TEXT && found == ENUM) || (c == ENUM && found == TEXT))
            found = TEXT;
        else if ((c == DATE && found == STAMP) || (c == STAMP && found == DATE))
            found = STAMP;
        else
            return NONE;
    }
    return found;
}

/* Emits args[from..] and brings them to one class; texts[i] belong to the render's arena. */
struct wb_value wb_emit_alike(struct wb_emitter *x, const struct wb_expr *const *args, size_t n,
                              const char **texts) {
    struct wb_value v[WB_EMIT_MAX_ARGS];
    unsigned collation = 0;
    bool placed = false;
    if (n > WB_EMIT_MAX_ARGS)
        return wb_emit_refuse(x, "it has too many arguments");
    for (size_t i = 0; i < n; i++) {
        WB_CLEANUP_BUF struct wb_buf one = {0};
        v[i] = wb_emit(x, &one, args[i]);
        texts[i] = wb_arena_strdup(x->r->arena, wb_buf_str(&one));
        collation |= v[i].collation;
        placed = placed || v[i].placed;
    }
    enum wb_cls cls = common(v, n);
    if (cls == NONE)
        return wb_emit_refuse(x, "it mixes types that PostgreSQL keeps apart");
    for (size_t i = 0; i < n; i++) {
        WB_CLEANUP_BUF struct wb_buf one = {0};
        if (v[i].cls != LITERAL && wb_emit_convert(x, &one, texts[i], v[i], cls).cls == NONE)
            return wb_emit_of(NONE);
        if (v[i].cls != LITERAL)
            texts[i] = wb_arena_strdup(x->r->arena, wb_buf_str(&one));
    }
    return (struct wb_value){cls, collation, placed};
}

static struct wb_value emit_column(struct wb_emitter *x, struct wb_buf *to,
                                   const struct wb_expr *e) {
    int i = wb_table_find_source(x->t, e->text);
    if (i < 0)
        return wb_emit_refuse(x, "it names a column that is not there");
    const struct wb_column *c = &x->t->columns[i];
    if (x->use == WB_EXPR_FOR_GENERATED && c->generated != WB_GENERATED_NONE)
        return wb_emit_refuse(x, "it uses another generated column");
    wb_postgres_quote_name(to, c->name);
    struct wb_value v = wb_emit_of(class_of(&c->type));
    if (v.cls == TEXT) {
        v.collation = c->type.collation_flags;
        v.placed = c->type.collation && wb_postgres_ci_level(v.collation);
    }
    return v;
}

bool wb_emit_is_integer_text(const char *s) {
    return *s && strspn(s, "0123456789") == strlen(s);
}

static struct wb_value emit_hex(struct wb_emitter *x, struct wb_buf *to, const struct wb_expr *e) {
    if (strspn(e->text, "0123456789abcdefABCDEF") != strlen(e->text) || strlen(e->text) % 2)
        return wb_emit_refuse(x, "it holds odd hexadecimal digits");
    wb_buf_addf(to, "'\\x%s'::bytea", e->text);
    return wb_emit_of(BYTES);
}

static struct wb_value emit_now(struct wb_emitter *x, struct wb_buf *to, const struct wb_expr *e) {
    const char *digits = e->text && *e->text && strcmp(e->text, "6") != 0 ? e->text : "";
    bool zone = x->column && x->column->type.kind == WB_KIND_TIMESTAMPTZ;
    if (wb_emit_is_immutable_use(x))
        return wb_emit_refuse(x, "it depends on the time");
    if (x->column && x->column->type.kind == WB_KIND_TIME)
        wb_buf_adds(to, "LOCALTIME");
    else
        wb_buf_adds(to, zone ? "CURRENT_TIMESTAMP" : "LOCALTIMESTAMP");
    if (*digits)
        wb_buf_addf(to, "(%s)", digits);
    return wb_emit_of(zone ? STAMPTZ : STAMP);
}

static struct wb_value emit_is(struct wb_emitter *x, struct wb_buf *to, const struct wb_expr *e) {
    bool null = strcmp(e->text, "null") == 0 || strcmp(e->text, "not null") == 0;
    wb_buf_addc(to, '(');
    struct wb_value v = null ? wb_emit(x, to, e->args[0]) : wb_emit_as(x, to, e->args[0], BOOL);
    if (v.cls == NONE)
        return v;
    wb_buf_addf(to, " IS %s)", e->text);
    return wb_emit_of(BOOL);
}

/* One WHEN: a condition, or what the operand is compared with as "=" compares. */
static struct wb_value emit_when(struct wb_emitter *x, struct wb_buf *to, struct wb_expr *operand,
                                 struct wb_expr *when) {
    struct wb_expr *sides[] = {operand, when};
    struct wb_expr equal = {.op = WB_EXPR_BINARY, .text = "=", .args = sides, .n_args = 2};
    return operand ? wb_emit(x, to, &equal) : wb_emit_as(x, to, when, BOOL);
}

/* args[0]: the operand or NULL; then pairs of when and then; a last one alone is else. */
static struct wb_value emit_case(struct wb_emitter *x, struct wb_buf *to, const struct wb_expr *e) {
    const struct wb_expr *thens[WB_EMIT_MAX_ARGS];
    const char *texts[WB_EMIT_MAX_ARGS];
    size_t pairs = (e->n_args - 1) / 2, n = 0;
    if (e->n_args < 3 || e->n_args >= WB_EMIT_MAX_ARGS)
        return wb_emit_refuse(x, "its CASE is not understood");
    for (size_t i = 0; i < pairs; i++)
        thens[n++] = e->args[2 + 2 * i];
    if (e->n_args % 2 == 0)
        thens[n++] = e->args[e->n_args - 1];
    struct wb_value v = wb_emit_alike(x, thens, n, texts);
    if (v.cls == NONE)
        return v;
    wb_buf_adds(to, "CASE");
    for (size_t i = 0; i < pairs; i++) {
        wb_buf_adds(to, " WHEN ");
        if (emit_when(x, to, e->args[0], e->args[1 + 2 * i]).cls == NONE)
            return wb_emit_of(NONE);
        wb_buf_addf(to, " THEN %s", texts[i]);
    }
    if (n > pairs)
        wb_buf_addf(to, " ELSE %s", texts[pairs]);
    wb_buf_adds(to, " END");
    return v;
}

static struct wb_value emit_cast(struct wb_emitter *x, struct wb_buf *to, const struct wb_expr *e) {
    WB_CLEANUP_BUF struct wb_buf text = {0};
    struct wb_value v = wb_emit(x, &text, e->args[0]);
    const char *as = e->text;
    if (v.cls == NONE)
        return v;
    if (strcmp(as, "signed") == 0 && (v.cls == INT || v.cls == DECIMAL)) {
        wb_buf_addf(to, "(%s)::bigint", wb_buf_str(&text));
        return wb_emit_of(INT);
    }
    if (strcmp(as, "char") == 0)
        return wb_emit_convert(x, to, wb_buf_str(&text), v, TEXT);
    if (strcmp(as, "date") == 0 && (v.cls == STAMP || v.cls == DATE)) {
        wb_buf_addf(to, "(%s)::date", wb_buf_str(&text));
        return wb_emit_of(DATE);
    }
    if (wb_str_starts(as, "decimal") && (v.cls == INT || v.cls == DECIMAL)) {
        wb_buf_addf(to, "(%s)::numeric%s", wb_buf_str(&text), as + strlen("decimal"));
        return wb_emit_of(DECIMAL);
    }
    if (strcmp(as, "double") == 0 && wb_emit_is_number(v.cls)) {
        wb_buf_addf(to, "(%s)::double precision", wb_buf_str(&text));
        return wb_emit_of(FLOAT);
    }
    struct wb_type type;
    if (v.cls == LITERAL && wb_postgres_parse_type(as, x->r->arena, &type, NULL) == WB_OK) {
        wb_buf_addf(to, "%s::%s", wb_buf_str(&text), type.native);
        return wb_emit_of(class_of(&type));
    }
    return wb_emit_refuse(x, "its cast is not carried");
}

static struct wb_value emit_number_literal(struct wb_buf *to, const struct wb_expr *e) {
    wb_buf_adds(to, e->text);
    return wb_emit_of(wb_emit_is_integer_text(e->text) && strlen(e->text) < 19 ? INT
                      : strpbrk(e->text, "eE")                                 ? FLOAT
                                                                               : DECIMAL);
}

static struct wb_value emit_node(struct wb_emitter *x, struct wb_buf *to, const struct wb_expr *e) {
    switch (e->op) {
    case WB_EXPR_NULL:
        wb_buf_adds(to, "NULL");
        return wb_emit_of(LITERAL);
    case WB_EXPR_TRUE:
        wb_buf_adds(to, "TRUE");
        return wb_emit_of(BOOL);
    case WB_EXPR_FALSE:
        wb_buf_adds(to, "FALSE");
        return wb_emit_of(BOOL);
    case WB_EXPR_NUMBER:
        return emit_number_literal(to, e);
    case WB_EXPR_STRING:
        wb_postgres_add_text(to, e->text);
        return wb_emit_of(LITERAL);
    case WB_EXPR_BYTES:
        return emit_hex(x, to, e);
    case WB_EXPR_BITS:
        wb_buf_addf(to, "B'%s'", e->text);
        return wb_emit_of(BITS);
    case WB_EXPR_COLUMN:
        return emit_column(x, to, e);
    case WB_EXPR_CALL:
        return wb_emit_call(x, to, e);
    case WB_EXPR_UNARY:
        return wb_emit_unary(x, to, e);
    case WB_EXPR_BINARY:
        return wb_emit_binary(x, to, e);
    case WB_EXPR_IS:
        return emit_is(x, to, e);
    case WB_EXPR_IN:
        return wb_emit_in(x, to, e);
    case WB_EXPR_BETWEEN:
        return wb_emit_between(x, to, e);
    case WB_EXPR_CASE:
        return emit_case(x, to, e);
    case WB_EXPR_CAST:
        return emit_cast(x, to, e);
    case WB_EXPR_NOW:
        return emit_now(x, to, e);
    case WB_EXPR_COLLATE:
        return wb_emit_refuse(x, "it names a collation");
    case WB_EXPR_INTERVAL:
        return wb_emit_refuse(x, "an interval stands alone");
    }
    return wb_emit_refuse(x, "it is not understood");
}

struct wb_value wb_emit(struct wb_emitter *x, struct wb_buf *to, const struct wb_expr *e) {
    if (x->why)
        return wb_emit_of(NONE);
    if (!e || ++x->depth > MAX_DEPTH)
        return wb_emit_refuse(x, "it is nested too deeply");
    struct wb_value v = emit_node(x, to, e);
    x->depth--;
    return v;
}

/* What a generated column's value must be of, so that storing it needs no cast that might fail. */
static enum wb_cls wanted(const struct wb_emitter *x) {
    if (x->use == WB_EXPR_FOR_CHECK)
        return BOOL;
    return x->use == WB_EXPR_FOR_GENERATED ? class_of(&x->column->type) : NONE;
}

bool wb_render_expr(struct wb_render *r, struct wb_buf *to, const struct wb_expr *e,
                    const struct wb_table *t, const struct wb_column *column, enum wb_expr_use use,
                    const char **ret_why) {
    struct wb_emitter x = {.r = r, .t = t, .column = column, .use = use};
    WB_CLEANUP_BUF struct wb_buf text = {0};
    struct wb_value v = wb_emit(&x, &text, e);
    enum wb_cls want = wanted(&x);
    /* numbers are assigned to numbers as they are: PostgreSQL rounds as MySQL does */
    if (v.cls != NONE && want != NONE && !(wb_emit_is_number(want) && wb_emit_is_number(v.cls))) {
        WB_CLEANUP_BUF struct wb_buf converted = {0};
        v = wb_emit_convert(&x, &converted, wb_buf_str(&text), v, want);
        wb_buf_adds(to, wb_buf_str(&converted));
    } else {
        wb_buf_adds(to, wb_buf_str(&text));
    }
    if (v.cls != NONE && !x.why)
        return true;
    *ret_why = x.why ? x.why : "it is not understood";
    return false;
}
