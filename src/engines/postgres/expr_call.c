/* Functions that PostgreSQL has under this or another name and that give the same there. */
#include "base/str.h"
#include "engines/postgres/expr_int.h"

#include <stdlib.h>
#include <string.h>

/* A number of characters, none below 0; NULL stays NULL, which greatest() would pass over. */
#define COUNT(n)                                                                      \
    "CASE WHEN (" n ") < 0 THEN 0 WHEN (" n ") > 2147483647 THEN 2147483647 ELSE (" n \
    ")::integer END"

/* How a function is written: $1 to $3 are its arguments, each of the class that `takes` names by a
 * letter (t text, n number, w number in 64 bits, i integer, d date or timestamp, s string or
 * bytes). */
static const struct function {
    const char *name, *takes, *as;
    enum wb_cls gives;
} functions[] = {
    {"lower", "t", "lower($1)", TEXT},
    {"lcase", "t", "lower($1)", TEXT},
    {"upper", "t", "upper($1)", TEXT},
    {"ucase", "t", "upper($1)", TEXT},
    {"char_length", "t", "char_length($1)", INT},
    {"character_length", "t", "char_length($1)", INT},
    {"length", "s", "octet_length($1)", INT},
    {"octet_length", "s", "octet_length($1)", INT},
    {"left", "ti", "\"left\"($1, " COUNT("$2") ")", TEXT},
    {"right", "ti", "\"right\"($1, " COUNT("$2") ")", TEXT},
    {"trim", "t", "btrim($1, ' ')", TEXT},
    {"ltrim", "t", "ltrim($1, ' ')", TEXT},
    {"rtrim", "t", "rtrim($1, ' ')", TEXT},
    {"reverse", "t", "reverse($1)", TEXT},
    {"repeat", "ti", "repeat($1, ($2)::integer)", TEXT},
    {"md5", "s", "md5($1)", TEXT},
    {"abs", "w", "abs($1)", INT},
    {"sqrt", "n", "CASE WHEN ($1) >= 0 THEN sqrt(($1)::double precision) END", FLOAT},
    {"sign", "n", "sign($1)::integer", INT},
    {"year", "d", "extract(year FROM $1)::integer", INT},
    {"quarter", "d", "extract(quarter FROM $1)::integer", INT},
    {"month", "d", "extract(month FROM $1)::integer", INT},
    {"day", "d", "extract(day FROM $1)::integer", INT},
    {"dayofmonth", "d", "extract(day FROM $1)::integer", INT},
    {"dayofyear", "d", "extract(doy FROM $1)::integer", INT},
    {"dayofweek", "d", "(extract(dow FROM $1)::integer + 1)", INT},
    {"weekday", "d", "(extract(isodow FROM $1)::integer - 1)", INT},
    {"date", "d", "($1)::date", DATE},
    {"datediff", "dd", "(($1)::date - ($2)::date)", INT},
};

/* Functions of the moment or of chance: for defaults alone. */
static const struct function moments[] = {
    {"curdate", "", "CURRENT_DATE", DATE},
    {"current_date", "", "CURRENT_DATE", DATE},
    {"curtime", "", "LOCALTIME(0)", TIME},
    {"current_time", "", "LOCALTIME(0)", TIME},
    {"utc_timestamp", "", "(now() AT TIME ZONE 'UTC')::timestamp(0)", STAMP},
    {"utc_date", "", "(now() AT TIME ZONE 'UTC')::date", DATE},
    {"unix_timestamp", "", "floor(extract(epoch FROM now()))::bigint", INT},
    {"rand", "", "random()", FLOAT},
    {"user", "", "current_user::text", TEXT},
    {"current_user", "", "current_user::text", TEXT},
};

static struct wb_value emit_argument(struct wb_emitter *x, struct wb_buf *to,
                                     const struct wb_expr *e, char takes) {
    WB_CLEANUP_BUF struct wb_buf text = {0};
    if (takes == 't')
        return wb_emit_as(x, to, e, TEXT);
    if (takes == 'n' || takes == 'i') {
        struct wb_value v = wb_emit_number(x, to, e);
        return takes == 'i' && v.cls != INT && v.cls != NONE
                   ? wb_emit_refuse(x, "a whole number is meant")
                   : v;
    }
    if (takes == 'w')
        return wb_emit_wide(x, to, e);
    struct wb_value v = wb_emit(x, &text, e);
    if (takes == 's' && v.cls == BYTES) {
        wb_buf_adds(to, wb_buf_str(&text));
        return v;
    }
    if (takes == 's')
        return wb_emit_convert(x, to, wb_buf_str(&text), v, TEXT);
    if (v.cls != DATE && v.cls != STAMP)
        return wb_emit_refuse(x,
                              v.cls == STAMPTZ ? "it depends on the time zone" : "a date is meant");
    wb_buf_adds(to, wb_buf_str(&text));
    return v;
}

static struct wb_value emit_function(struct wb_emitter *x, struct wb_buf *to,
                                     const struct function *f, const struct wb_expr *e) {
    struct wb_buf args[3] = {{0}, {0}, {0}};
    struct wb_value first = wb_emit_of(f->gives);
    bool ok = true;
    for (size_t i = 0; i < e->n_args && ok; i++) {
        struct wb_value v = emit_argument(x, &args[i], e->args[i], f->takes[i]);
        ok = v.cls != NONE;
        if (v.placed && f->takes[i] == 't')
            wb_buf_adds(&args[i], " COLLATE \"default\"");
        if (i == 0)
            first = v;
    }
    for (const char *s = f->as; *s && ok; s++)
        if (*s == '$')
            wb_buf_adds(to, wb_buf_str(&args[*++s - '1']));
        else
            wb_buf_addc(to, *s);
    for (size_t i = 0; i < 3; i++)
        wb_buf_done(&args[i]);
    if (!ok)
        return wb_emit_of(NONE);
    if (strcmp(f->name, "abs") == 0)
        return wb_emit_of(first.cls);
    return (struct wb_value){f->gives, f->gives == TEXT ? first.collation : 0, false};
}

/* Compared as "=" compares, which nullif() itself would not do. */
static struct wb_value emit_nullif(struct wb_emitter *x, struct wb_buf *to,
                                   const struct wb_expr *e) {
    WB_CLEANUP_BUF struct wb_buf value = {0};
    struct wb_expr equal = {.op = WB_EXPR_BINARY, .text = "=", .args = e->args, .n_args = 2};
    wb_buf_adds(to, "CASE WHEN ");
    if (wb_emit(x, to, &equal).cls == NONE)
        return wb_emit_of(NONE);
    struct wb_value v = wb_emit(x, &value, e->args[0]);
    wb_buf_addf(to, " THEN NULL ELSE %s END", wb_buf_str(&value));
    return v;
}

static struct wb_value emit_coalesce(struct wb_emitter *x, struct wb_buf *to,
                                     const struct wb_expr *e) {
    const char *texts[WB_EMIT_MAX_ARGS];
    struct wb_value v = wb_emit_alike(x, (const struct wb_expr *const *)e->args, e->n_args, texts);
    if (v.cls == NONE || !e->n_args)
        return wb_emit_of(NONE);
    wb_buf_adds(to, "coalesce(");
    for (size_t i = 0; i < e->n_args; i++)
        wb_buf_addf(to, "%s%s", i ? ", " : "", texts[i]);
    wb_buf_addc(to, ')');
    return v;
}

static struct wb_value emit_if(struct wb_emitter *x, struct wb_buf *to, const struct wb_expr *e) {
    const char *texts[2];
    if (e->n_args != 3)
        return wb_emit_refuse(x, "if() has three arguments");
    wb_buf_adds(to, "CASE WHEN ");
    if (wb_emit_as(x, to, e->args[0], BOOL).cls == NONE)
        return wb_emit_of(NONE);
    struct wb_value v = wb_emit_alike(x, (const struct wb_expr *const *)e->args + 1, 2, texts);
    wb_buf_addf(to, " THEN %s ELSE %s END", v.cls == NONE ? "" : texts[0],
                v.cls == NONE ? "" : texts[1]);
    return v;
}

/* round(), ceil() and floor() of exact numbers; a double is rounded by other rules. */
static struct wb_value emit_round(struct wb_emitter *x, struct wb_buf *to, const struct wb_expr *e,
                                  const char *as) {
    WB_CLEANUP_BUF struct wb_buf value = {0};
    WB_CLEANUP_BUF struct wb_buf digits = {0};
    struct wb_value v = wb_emit_number(x, &value, e->args[0]);
    if (v.cls == FLOAT)
        return wb_emit_refuse(x, "it rounds a floating-point number");
    if (v.cls == NONE || (e->n_args == 2 && wb_emit_number(x, &digits, e->args[1]).cls != INT))
        return wb_emit_refuse(x, "it rounds to something else than a whole number of digits");
    if (e->n_args == 2)
        wb_buf_addf(to, "%s((%s)::numeric, (%s)::integer)", as, wb_buf_str(&value),
                    wb_buf_str(&digits));
    else
        wb_buf_addf(to, "%s((%s)::numeric)", as, wb_buf_str(&value));
    return wb_emit_of(DECIMAL);
}

static struct wb_value emit_substring(struct wb_emitter *x, struct wb_buf *to,
                                      const struct wb_expr *e) {
    if (e->args[1]->op != WB_EXPR_NUMBER || !wb_emit_is_integer_text(e->args[1]->text) ||
        atoi(e->args[1]->text) < 1)
        return wb_emit_refuse(x, "substring() counts from a place that is no positive constant");
    wb_buf_adds(to, "substr(");
    struct wb_value v = wb_emit_as(x, to, e->args[0], TEXT);
    wb_buf_addf(to, ", %s", e->args[1]->text);
    if (e->n_args == 3) {
        WB_CLEANUP_BUF struct wb_buf n = {0};
        if (wb_emit_number(x, &n, e->args[2]).cls != INT)
            return wb_emit_refuse(x, "substring() takes a length that is no whole number");
        const char *count = wb_buf_str(&n);
        wb_buf_addf(to, ", " COUNT("%s"), count, count, count);
    }
    wb_buf_addc(to, ')');
    return v;
}

static struct wb_value emit_replace(struct wb_emitter *x, struct wb_buf *to,
                                    const struct wb_expr *e) {
    wb_buf_adds(to, "replace(");
    for (size_t i = 0; i < 3; i++) {
        wb_buf_adds(to, i ? ", " : "");
        struct wb_value v = wb_emit_as(x, to, e->args[i], TEXT);
        if (v.cls == NONE)
            return v;
        wb_buf_adds(to, v.placed ? " COLLATE \"default\"" : "");
    }
    wb_buf_addc(to, ')');
    return wb_emit_of(TEXT);
}

static struct wb_value emit_uuid(struct wb_emitter *x, struct wb_buf *to) {
    if (wb_emit_is_immutable_use(x))
        return wb_emit_refuse(x, "it depends on chance");
    if (x->r->version < 130000)
        return wb_emit_refuse(x, "gen_random_uuid() came with PostgreSQL 13");
    wb_buf_adds(to, "gen_random_uuid()");
    return wb_emit_of(UUID);
}

static struct wb_value emit_special(struct wb_emitter *x, struct wb_buf *to,
                                    const struct wb_expr *e, bool *ret_known) {
    const char *name = e->text;
    size_t n = e->n_args;
    *ret_known = true;
    if (strcmp(name, "concat") == 0 && n)
        return wb_emit_joined(x, to, (const struct wb_expr *const *)e->args, n);
    if (strcmp(name, "nullif") == 0 && n == 2)
        return emit_nullif(x, to, e);
    if ((strcmp(name, "coalesce") == 0 && n) || (strcmp(name, "ifnull") == 0 && n == 2))
        return emit_coalesce(x, to, e);
    if (strcmp(name, "if") == 0 || strcmp(name, "iif") == 0)
        return emit_if(x, to, e);
    if (strcmp(name, "uuid") == 0 && !n)
        return emit_uuid(x, to);
    if ((strcmp(name, "ceil") == 0 || strcmp(name, "ceiling") == 0) && n == 1)
        return emit_round(x, to, e, "ceil");
    if (strcmp(name, "floor") == 0 && n == 1)
        return emit_round(x, to, e, "floor");
    if (strcmp(name, "round") == 0 && (n == 1 || n == 2))
        return emit_round(x, to, e, "round");
    if (strcmp(name, "truncate") == 0 && n == 2)
        return emit_round(x, to, e, "trunc");
    if ((strcmp(name, "substring") == 0 || strcmp(name, "substr") == 0 ||
         strcmp(name, "mid") == 0) &&
        (n == 2 || n == 3))
        return emit_substring(x, to, e);
    if (strcmp(name, "replace") == 0 && n == 3)
        return emit_replace(x, to, e);
    if (strcmp(name, "mod") == 0 && n == 2) {
        struct wb_expr as = {.op = WB_EXPR_BINARY, .text = "%", .args = e->args, .n_args = 2};
        return wb_emit_division(x, to, &as);
    }
    if (strcmp(name, "isnull") == 0 && n == 1) {
        struct wb_expr as = {.op = WB_EXPR_IS, .text = "null", .args = e->args, .n_args = 1};
        return wb_emit(x, to, &as);
    }
    *ret_known = false;
    return wb_emit_of(NONE);
}

struct wb_value wb_emit_call(struct wb_emitter *x, struct wb_buf *to, const struct wb_expr *e) {
    bool known = false;
    struct wb_value v = emit_special(x, to, e, &known);
    if (known)
        return v;
    for (size_t i = 0; i < sizeof functions / sizeof functions[0]; i++)
        if (strcmp(functions[i].name, e->text) == 0 && strlen(functions[i].takes) == e->n_args)
            return emit_function(x, to, &functions[i], e);
    for (size_t i = 0; i < sizeof moments / sizeof moments[0]; i++)
        if (strcmp(moments[i].name, e->text) == 0 && !e->n_args)
            return wb_emit_is_immutable_use(x) ? wb_emit_refuse(x, "it depends on the moment")
                                               : emit_function(x, to, &moments[i], e);
    return wb_emit_refuse(
        x, wb_arena_printf(x->r->arena, "the function %s() is not carried", e->text));
}
