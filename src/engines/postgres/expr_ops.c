/* Operators: comparisons by the columns' collations, patterns, arithmetic in 64 bits, logic. */
#include "base/str.h"
#include "engines/postgres/expr_int.h"

#include <string.h>

/* A literal that does not end with a blank. */
static bool is_without_blanks(const char *text) {
    size_t n = strlen(text);
    return n > 1 && text[n - 1] == '\'' && text[n - 2] != ' ';
}

/* Text that is compared takes the collation that its column had in the source. Where blanks at the
 * end do not count there, they are cut off on both sides. */
static void add_operand(struct wb_emitter *x, struct wb_buf *to, const char *text,
                        struct wb_value v, bool first) {
    unsigned level = v.cls == TEXT && first ? wb_postgres_ci_level(v.collation) : 0;
    bool pads = v.cls == TEXT && v.collation & WB_COLL_PAD_SPACE && !is_without_blanks(text);
    wb_buf_addf(to, pads ? "rtrim(%s, ' ')" : "%s", text);
    if (level && !v.placed) {
        wb_buf_adds(to, " COLLATE ");
        wb_render_collation(x->r, to, x->t->schema, level);
    }
}

static bool is_orderly(enum wb_cls c) {
    return c != ENUM && c != BITS && c != OTHER && c != BYTES;
}

static struct wb_value emit_comparison(struct wb_emitter *x, struct wb_buf *to,
                                       const struct wb_expr *e) {
    const char *texts[2];
    struct wb_value v = wb_emit_alike(x, (const struct wb_expr *const *)e->args, 2, texts);
    if (v.cls == NONE)
        return v;
    bool equality =
        strcmp(e->text, "=") == 0 || strcmp(e->text, "<>") == 0 || strcmp(e->text, "<=>") == 0;
    if (v.cls == OTHER || (!equality && !is_orderly(v.cls)))
        return wb_emit_refuse(x, "it compares types that PostgreSQL compares otherwise");
    wb_buf_addc(to, '(');
    add_operand(x, to, texts[0], v, true);
    wb_buf_addf(to, " %s ", strcmp(e->text, "<=>") == 0 ? "IS NOT DISTINCT FROM" : e->text);
    add_operand(x, to, texts[1], v, false);
    wb_buf_addc(to, ')');
    return wb_emit_of(BOOL);
}

struct wb_value wb_emit_in(struct wb_emitter *x, struct wb_buf *to, const struct wb_expr *e) {
    const char *texts[WB_EMIT_MAX_ARGS];
    if (e->n_args < 2 || e->n_args > WB_EMIT_MAX_ARGS)
        return wb_emit_refuse(x, "its list is empty or too long");
    struct wb_value v = wb_emit_alike(x, (const struct wb_expr *const *)e->args, e->n_args, texts);
    if (v.cls == NONE)
        return v;
    if (v.cls == OTHER)
        return wb_emit_refuse(x, "it compares types that PostgreSQL compares otherwise");
    wb_buf_addc(to, '(');
    add_operand(x, to, texts[0], v, true);
    wb_buf_addf(to, " %s (", strcmp(e->text, "in") == 0 ? "IN" : "NOT IN");
    for (size_t i = 1; i < e->n_args; i++) {
        wb_buf_adds(to, i > 1 ? ", " : "");
        add_operand(x, to, texts[i], v, false);
    }
    wb_buf_adds(to, "))");
    return wb_emit_of(BOOL);
}

struct wb_value wb_emit_between(struct wb_emitter *x, struct wb_buf *to, const struct wb_expr *e) {
    const char *texts[3];
    if (e->n_args != 3)
        return wb_emit_refuse(x, "it is no BETWEEN");
    struct wb_value v = wb_emit_alike(x, (const struct wb_expr *const *)e->args, 3, texts);
    if (v.cls == NONE || !is_orderly(v.cls))
        return wb_emit_refuse(x, "it compares types that PostgreSQL compares otherwise");
    wb_buf_addc(to, '(');
    add_operand(x, to, texts[0], v, true);
    wb_buf_adds(to, strcmp(e->text, "between") == 0 ? " BETWEEN " : " NOT BETWEEN ");
    add_operand(x, to, texts[1], v, false);
    wb_buf_adds(to, " AND ");
    add_operand(x, to, texts[2], v, false);
    wb_buf_addc(to, ')');
    return wb_emit_of(BOOL);
}

/* Patterns take no nondeterministic collation. Without letters in it a pattern means the same in
 * every collation; with letters and a case-insensitive column ILIKE comes nearest, unless accents
 * do not count either. */
static bool has_letters(const char *s) {
    for (; *s; s++)
        if ((unsigned char)*s >= 0x80 || ((*s | 32) >= 'a' && (*s | 32) <= 'z'))
            return true;
    return false;
}

static bool is_ascii(const char *s) {
    while (*s && (unsigned char)*s < 0x80)
        s++;
    return !*s;
}

static struct wb_value emit_like(struct wb_emitter *x, struct wb_buf *to, const struct wb_expr *e) {
    WB_CLEANUP_BUF struct wb_buf left = {0};
    WB_CLEANUP_BUF struct wb_buf right = {0};
    struct wb_value a = wb_emit_as(x, &left, e->args[0], TEXT),
                    b = wb_emit_as(x, &right, e->args[1], TEXT);
    if (a.cls == NONE || b.cls == NONE)
        return wb_emit_of(NONE);
    if (e->args[1]->op != WB_EXPR_STRING)
        return wb_emit_refuse(x, "its pattern is no constant");
    unsigned level = wb_postgres_ci_level(a.collation);
    bool letters = has_letters(e->args[1]->text);
    if (level == 1 && !is_ascii(e->args[1]->text))
        return wb_emit_refuse(x, "its pattern holds accents, which its collation ignores");
    wb_buf_addf(to, "(%s%s %s%s %s)", wb_buf_str(&left), a.placed ? " COLLATE \"default\"" : "",
                strcmp(e->text, "like") == 0 ? "" : "NOT ", level && letters ? "ILIKE" : "LIKE",
                wb_buf_str(&right));
    return wb_emit_of(BOOL);
}

/* What POSIX, PCRE and ICU read alike. */
static bool is_common_regexp(const char *s) {
    for (; *s; s++) {
        bool group = *s == '(' && s[1] == '?'; /* (?i), (?=…) */
        bool modified = strchr("*+?}", *s) && (s[1] == '+' || s[1] == '?');
        if (group || modified || (unsigned char)*s < 0x20 || (unsigned char)*s >= 0x7F)
            return false;
        if (*s == '\\' && (!*++s || !strchr(".^$*+?()[]{}|\\/-dwsDWS", *s)))
            return false;
    }
    return true;
}

static struct wb_value emit_regexp(struct wb_emitter *x, struct wb_buf *to,
                                   const struct wb_expr *e) {
    WB_CLEANUP_BUF struct wb_buf left = {0};
    struct wb_value a = wb_emit_as(x, &left, e->args[0], TEXT);
    if (a.cls == NONE)
        return a;
    if (e->args[1]->op != WB_EXPR_STRING || !is_common_regexp(e->args[1]->text))
        return wb_emit_refuse(x, "its regular expression may mean something else in PostgreSQL");
    const char *op = wb_postgres_ci_level(a.collation) ? "~*" : "~";
    wb_buf_addf(to, "(%s%s %s%s ", wb_buf_str(&left), a.placed ? " COLLATE \"default\"" : "",
                strcmp(e->text, "regexp") == 0 ? "" : "!", op);
    wb_postgres_add_text(to, e->args[1]->text);
    wb_buf_addc(to, ')');
    return wb_emit_of(BOOL);
}

/* MySQL computes in 64 bits, whatever the columns are. */
struct wb_value wb_emit_wide(struct wb_emitter *x, struct wb_buf *to, const struct wb_expr *e) {
    WB_CLEANUP_BUF struct wb_buf text = {0};
    struct wb_value v = wb_emit_number(x, &text, e);
    if (v.cls == INT && e->op != WB_EXPR_NUMBER)
        wb_buf_addf(to, "(%s)::bigint", wb_buf_str(&text));
    else
        wb_buf_adds(to, wb_buf_str(&text));
    return v;
}

struct wb_value wb_emit_division(struct wb_emitter *x, struct wb_buf *to, const struct wb_expr *e) {
    WB_CLEANUP_BUF struct wb_buf left = {0};
    WB_CLEANUP_BUF struct wb_buf right = {0};
    struct wb_value a = wb_emit_wide(x, &left, e->args[0]), b = wb_emit_wide(x, &right, e->args[1]);
    if (a.cls == NONE || b.cls == NONE)
        return wb_emit_of(NONE);
    bool floating = a.cls == FLOAT || b.cls == FLOAT;
    bool whole = a.cls == INT && b.cls == INT, quotient = strcmp(e->text, "quot") == 0;
    if (strcmp(e->text, "/") == 0 || (quotient && !whole)) {
        if (!floating && x->use == WB_EXPR_FOR_GENERATED)
            return wb_emit_refuse(x, "its division rounds otherwise");
        wb_buf_addf(to,
                    floating ? "((%s)::double precision / nullif((%s)::double precision, 0))"
                             : "((%s)::numeric / nullif((%s)::numeric, 0))",
                    wb_buf_str(&left), wb_buf_str(&right));
        return wb_emit_of(floating ? FLOAT : DECIMAL);
    }
    if (floating)
        return wb_emit_refuse(x, "it divides floating-point numbers into whole ones");
    if (strcmp(e->text, "%") == 0) {
        wb_buf_addf(to, "(%s %% nullif(%s, 0))", wb_buf_str(&left), wb_buf_str(&right));
        return wb_emit_of(a.cls > b.cls ? a.cls : b.cls);
    }
    wb_buf_addf(to, "trunc((%s)::numeric / nullif((%s)::numeric, 0))::bigint", wb_buf_str(&left),
                wb_buf_str(&right));
    return wb_emit_of(INT);
}

static struct wb_value emit_interval_sum(struct wb_emitter *x, struct wb_buf *to,
                                         const struct wb_expr *e) {
    const struct wb_expr *when = e->args[0], *span = e->args[1];
    static const char *const units[] = {"microsecond", "second", "minute", "hour",
                                        "day",         "week",   "month",  "year"};
    bool known = false;
    if (when->op == WB_EXPR_INTERVAL && span->op != WB_EXPR_INTERVAL)
        when = e->args[1], span = e->args[0];
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++)
        known = known || wb_str_eq(span->text, units[i]);
    if (!known || span->n_args != 1)
        return wb_emit_refuse(x, "its interval's unit is not carried");
    WB_CLEANUP_BUF struct wb_buf left = {0};
    WB_CLEANUP_BUF struct wb_buf count = {0};
    struct wb_value v = wb_emit(x, &left, when);
    if (wb_emit_number(x, &count, span->args[0]).cls != INT ||
        (v.cls != DATE && v.cls != STAMP && v.cls != STAMPTZ))
        return wb_emit_refuse(x, "it adds an interval to something else than a date");
    if (v.cls == STAMPTZ && wb_emit_is_immutable_use(x))
        return wb_emit_refuse(x, "it depends on the time zone");
    wb_buf_addf(to, "(%s %s (%s) * interval '1 %s')", wb_buf_str(&left), e->text,
                wb_buf_str(&count), span->text);
    return wb_emit_of(v.cls == STAMPTZ ? STAMPTZ : STAMP);
}

static struct wb_value emit_arithmetic(struct wb_emitter *x, struct wb_buf *to,
                                       const struct wb_expr *e) {
    if (e->args[0]->op == WB_EXPR_INTERVAL || e->args[1]->op == WB_EXPR_INTERVAL)
        return emit_interval_sum(x, to, e);
    wb_buf_addc(to, '(');
    struct wb_value a = wb_emit_wide(x, to, e->args[0]);
    wb_buf_addf(to, " %s ", e->text);
    struct wb_value b = wb_emit_wide(x, to, e->args[1]);
    wb_buf_addc(to, ')');
    if (a.cls == NONE || b.cls == NONE)
        return wb_emit_of(NONE);
    return wb_emit_of(a.cls > b.cls ? a.cls : b.cls);
}

static struct wb_value emit_bitwise(struct wb_emitter *x, struct wb_buf *to,
                                    const struct wb_expr *e) {
    WB_CLEANUP_BUF struct wb_buf left = {0};
    WB_CLEANUP_BUF struct wb_buf right = {0};
    struct wb_value a = wb_emit_wide(x, &left, e->args[0]), b = wb_emit_wide(x, &right, e->args[1]);
    if (a.cls != INT || b.cls != INT)
        return wb_emit_refuse(x, "it works on bits of something else than integers");
    bool shift = strcmp(e->text, "<<") == 0 || strcmp(e->text, ">>") == 0;
    wb_buf_addf(to, shift ? "((%s)::bigint %s (%s)::integer)" : "((%s)::bigint %s (%s)::bigint)",
                wb_buf_str(&left), strcmp(e->text, "^") == 0 ? "#" : e->text, wb_buf_str(&right));
    return wb_emit_of(INT);
}

struct wb_value wb_emit_joined(struct wb_emitter *x, struct wb_buf *to,
                               const struct wb_expr *const *args, size_t n) {
    struct wb_value joined = wb_emit_of(TEXT);
    wb_buf_addc(to, '(');
    for (size_t i = 0; i < n; i++) {
        wb_buf_adds(to, i ? " || " : "");
        WB_CLEANUP_BUF struct wb_buf one = {0};
        struct wb_value v = wb_emit_as(x, &one, args[i], TEXT);
        if (v.cls == NONE)
            return v;
        wb_buf_addf(to, n == 1 || i == 0 ? "(%s)::text" : "%s", wb_buf_str(&one));
        joined.collation |= v.collation;
        joined.placed = joined.placed || v.placed;
    }
    wb_buf_addc(to, ')');
    return joined;
}

static struct wb_value emit_logic(struct wb_emitter *x, struct wb_buf *to,
                                  const struct wb_expr *e) {
    wb_buf_addc(to, '(');
    struct wb_value a = wb_emit_as(x, to, e->args[0], BOOL);
    wb_buf_adds(to, strcmp(e->text, "and") == 0  ? " AND "
                    : strcmp(e->text, "or") == 0 ? " OR "
                                                 : " <> ");
    struct wb_value b = wb_emit_as(x, to, e->args[1], BOOL);
    wb_buf_addc(to, ')');
    return wb_emit_of(a.cls == NONE || b.cls == NONE ? NONE : BOOL);
}

struct wb_value wb_emit_binary(struct wb_emitter *x, struct wb_buf *to, const struct wb_expr *e) {
    static const struct {
        const char *ops;
        struct wb_value (*emit)(struct wb_emitter *, struct wb_buf *, const struct wb_expr *);
    } families[] = {
        {"\1=\1<>\1<\1<=\1>\1>=\1<=>\1", emit_comparison},
        {"\1+\1-\1*\1", emit_arithmetic},
        {"\1/\1%\1div\1quot\1", wb_emit_division},
        {"\1and\1or\1xor\1", emit_logic},
        {"\1like\1not like\1", emit_like},
        {"\1regexp\1not regexp\1", emit_regexp},
        {"\1&\1|\1^\1<<\1>>\1", emit_bitwise},
    };
    if (strcmp(e->text, "||") == 0)
        return wb_emit_joined(x, to, (const struct wb_expr *const *)e->args, 2);
    const char *key = wb_arena_printf(x->r->arena, "\1%s\1", e->text);
    for (size_t i = 0; i < sizeof families / sizeof families[0]; i++)
        if (strstr(families[i].ops, key))
            return families[i].emit(x, to, e);
    return wb_emit_refuse(x, "its operator is not carried");
}

struct wb_value wb_emit_unary(struct wb_emitter *x, struct wb_buf *to, const struct wb_expr *e) {
    struct wb_value v;
    if (strcmp(e->text, "not") == 0) {
        wb_buf_adds(to, "(NOT ");
        v = wb_emit_as(x, to, e->args[0], BOOL);
    } else if (strcmp(e->text, "-") == 0 || strcmp(e->text, "+") == 0) {
        wb_buf_addf(to, "(%s ", e->text);
        v = wb_emit_wide(x, to, e->args[0]);
    } else {
        return wb_emit_refuse(x, "its operator is not carried");
    }
    wb_buf_addc(to, ')');
    return v;
}
