#include "schema/expr_parse.h"

#include "base/buf.h"
#include "base/str.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

/* A tree as text that shows how it hangs together: (+ `a` (* 2 `b`)). */
static void show(struct wb_buf *to, const struct wb_expr *e) {
    static const char *const names[] = {
        [WB_EXPR_NULL] = "null", [WB_EXPR_TRUE] = "true",       [WB_EXPR_FALSE] = "false",
        [WB_EXPR_CASE] = "case", [WB_EXPR_CALL] = "call",       [WB_EXPR_IS] = "is",
        [WB_EXPR_CAST] = "cast", [WB_EXPR_COLLATE] = "collate", [WB_EXPR_INTERVAL] = "interval"};
    if (!e) {
        wb_buf_adds(to, "-");
        return;
    }
    switch (e->op) {
    case WB_EXPR_NULL:
    case WB_EXPR_TRUE:
    case WB_EXPR_FALSE:
        wb_buf_adds(to, names[e->op]);
        return;
    case WB_EXPR_NUMBER:
        wb_buf_adds(to, e->text);
        return;
    case WB_EXPR_STRING:
        wb_buf_addf(to, "'%s'", e->text);
        return;
    case WB_EXPR_BYTES:
        wb_buf_addf(to, "x'%s'", e->text);
        return;
    case WB_EXPR_BITS:
        wb_buf_addf(to, "b'%s'", e->text);
        return;
    case WB_EXPR_COLUMN:
        wb_buf_addf(to, "`%s`", e->text);
        return;
    case WB_EXPR_NOW:
        wb_buf_addf(to, "now%s", e->text);
        return;
    default:
        break;
    }
    const char *name = (size_t)e->op < sizeof names / sizeof *names ? names[e->op] : NULL;
    wb_buf_addf(to, "(%s%s%s", name ? name : "", name && *e->text ? " " : "", e->text);
    for (size_t i = 0; i < e->n_args; i++) {
        wb_buf_addc(to, ' ');
        show(to, e->args[i]);
    }
    wb_buf_addc(to, ')');
}

static void expect(const char *engine, const char *text, const char *want) {
    struct wb_arena a = {0};
    char why[200] = "";
    const struct wb_expr *e = wb_expr_parse(text, engine, &a, why, sizeof why);
    WB_CLEANUP_BUF struct wb_buf b = {0};
    if (e)
        show(&b, e);
    if (!want && e)
        fail_msg("%s: understood as %s", text, wb_buf_str(&b));
    if (!want)
        assert_true(*why != 0);
    else if (!e || strcmp(wb_buf_str(&b), want) != 0)
        fail_msg("%s: %s, not %s (%s)", text, wb_buf_str(&b), want, why);
    wb_arena_done(&a);
}

static void my(const char *text, const char *want) {
    expect("mysql", text, want);
}
static void lite(const char *text, const char *want) {
    expect("sqlite", text, want);
}
static void pg(const char *text, const char *want) {
    expect("postgresql", text, want);
}

/* 7 / 2 is 3.5 in MySQL, 3 in the others. */
static void division(void **state) {
    (void)state;
    my("a / b", "(/ `a` `b`)");
    my("a div b", "(div `a` `b`)");
    lite("a / b * 2", "(* (quot `a` `b`) 2)");
    pg("a / b", "(quot `a` `b`)");
}

static void literals(void **state) {
    (void)state;
    my("5", "5");
    my("-1.5e-3", "(- 1.5e-3)");
    my("'it''s'", "'it's'");
    my("'it\\'s \\n \\\\ \\% \\_'", "'it's \n \\ \\% \\_'");
    my("\"a\"\"b\"", "'a\"b'");
    my("_utf8mb4'x'", "'x'");
    my("x'4D'", "x'4D'");
    my("0x4d", "x'4d'");
    my("b'101'", "b'101'");
    my("0b101", "b'101'");
    my("NULL", "null");
    my("true", "true");
    my("DATE'2020-01-31'", "(cast date '2020-01-31')");
    lite("'back\\slash'", "'back\\slash'");
    lite("X'00ff'", "x'00ff'");
    pg("'a'::text", "(cast text 'a')");
    pg("'2020-01-01'::date", "(cast date '2020-01-01')");
    pg("1.5::numeric(10,2)", "(cast numeric(10,2) 1.5)");
    pg("('x'::character varying)::text", "(cast text (cast character varying 'x'))");
    pg("E'plain'", "'plain'");
    pg("E'a\\nb'", NULL);
    my("'\\0'", NULL);
    my("x'4g'", NULL);
}

static void names(void **state) {
    (void)state;
    my("`a``b`", "`a`b`");
    my("`shop`.`orders`.`total`", "`total`");
    lite("\"Mixed Case\"", "`Mixed Case`");
    lite("[a b]", "`a b`");
    pg("\"a\"\"b\"", "`a\"b`");
    my("größe", "`größe`");
    lite("[open", NULL);
    my("@x", NULL);
}

static void arithmetic(void **state) {
    (void)state;
    my("a + b * 2 - c", "(- (+ `a` (* `b` 2)) `c`)");
    my("(a + b) * 2", "(* (+ `a` `b`) 2)");
    my("a DIV 2 MOD 3", "(% (div `a` 2) 3)");
    my("- a * b", "(* (- `a`) `b`)");
    my("a | b & c << 1 + 2", "(| `a` (& `b` (<< `c` (+ 1 2))))");
    my("a ^ b * c", "(* (^ `a` `b`) `c`)");
    lite("a | b & c << 1 + 2", "(<< (& (| `a` `b`) `c`) (+ 1 2))");
    lite("a || b * c", "(* (|| `a` `b`) `c`)");
    pg("a || b * c + d", "(|| `a` (+ (* `b` `c`) `d`))");
    my("a || b", "(or `a` `b`)");
    my("1 -- 2", "(- 1 (- 2))");
}

static void conditions(void **state) {
    (void)state;
    my("a > 0 and b < 1 or not c = 2", "(or (and (> `a` 0) (< `b` 1)) (not (= `c` 2)))");
    my("a or b xor c and d", "(or `a` (xor `b` (and `c` `d`)))");
    my("a && !b", "(and `a` (not `b`))");
    my("a <=> b", "(<=> `a` `b`)");
    my("a != b", "(<> `a` `b`)");
    lite("a == b", "(= `a` `b`)");
    my("`s` in ('x','it\\'s')", "(in `s` 'x' 'it's')");
    my("s not in (1, 2)", "(not in `s` 1 2)");
    my("a between 1 and 5 and b", "(and (between `a` 1 5) `b`)");
    my("a not between b - 1 and b + 1", "(not between `a` (- `b` 1) (+ `b` 1))");
    my("s like 'a%' and t not like 'b'", "(and (like `s` 'a%') (not like `t` 'b'))");
    my("s not regexp '^[0-9]+$'", "(not regexp `s` '^[0-9]+$')");
    my("a is not null", "(is not null `a`)");
    lite("a notnull", "(is not null `a`)");
    lite("a isnull", "(is null `a`)");
    my("a is true", "(is true `a`)");
    my("not a is null", "(not (is null `a`))");
}

static void calls(void **state) {
    (void)state;
    my("concat(`s`,'-',`a`)", "(call concat `s` '-' `a`)");
    my("CHAR_LENGTH(s) < 10", "(< (call char_length `s`) 10)");
    my("json_value(`j`,'$.k')", "(call json_value `j` '$.k')");
    my("uuid()", "(call uuid)");
    my("curdate()", "(call curdate)");
    my("current_timestamp()", "now0");
    my("CURRENT_TIMESTAMP(6)", "now6");
    my("now(3)", "now3");
    lite("CURRENT_TIMESTAMP", "now0");
    lite("current_date", "(call current_date)");
    my("d + interval 1 day", "(+ `d` (interval day 1))");
    my("case when a > 1 then 'x' else 'y' end", "(case - (> `a` 1) 'x' 'y')");
    my("case a when 1 then 2 when 3 then 4 end", "(case `a` 1 2 3 4)");
    my("cast(a as char(10) charset utf8mb4)", "(cast char(10) `a`)");
    my("cast(a as decimal(10,2))", "(cast decimal(10,2) `a`)");
    my("convert(a, signed)", "(cast signed `a`)");
    my("convert(a using latin1)", "`a`");
    my("j->'$.a'", "(-> `j` '$.a')");
    my("j->>'$.a' = 'x'", "(= (->> `j` '$.a') 'x')");
    my("a collate utf8mb4_bin", "(collate utf8mb4_bin `a`)");
    my("extract(year from d)", "(call extract 'year' `d`)");
    lite("lower(a) || 'x' COLLATE NOCASE", "(|| (call lower `a`) (collate NOCASE 'x'))");
}

static void what_is_not_understood_as_a_whole_is_no_tree(void **state) {
    (void)state;
    my("", NULL);
    my("a +", NULL);
    my("(a", NULL);
    my("a b", NULL);
    my("(select 1)", NULL);
    my("exists (select 1)", NULL);
    my("'open", NULL);
    my("a like 'x' escape '!'", NULL);
    my("(a, b) in ((1,2))", NULL);
    my("case when a end", NULL);
    my("count(distinct a)", NULL);
    my("a ? b", NULL);
    pg("a ~ 'x'", NULL);
    pg("a ^ 2", NULL);
}

static void deep_nesting_ends(void **state) {
    (void)state;
    WB_CLEANUP_BUF struct wb_buf b = {0};
    for (int i = 0; i < 100000; i++)
        wb_buf_addc(&b, '(');
    my(wb_buf_str(&b), NULL);
    wb_buf_reset(&b);
    for (int i = 0; i < 100000; i++)
        wb_buf_adds(&b, "not -");
    my(wb_buf_str(&b), NULL);
    wb_buf_reset(&b);
    for (int i = 0; i < 150; i++) /* time must not double with each level */
        wb_buf_adds(&b, "convert(");
    my(wb_buf_str(&b), NULL);
    wb_buf_reset(&b);
    wb_buf_adds(&b, "a");
    for (int i = 0; i < 1000; i++)
        wb_buf_adds(&b, "+a");
    struct wb_arena a = {0};
    assert_non_null(wb_expr_parse(wb_buf_str(&b), "mysql", &a, NULL, 0));
    for (int i = 0; i < 100000; i++) /* a chain is as deep as it is long */
        wb_buf_adds(&b, "+a");
    assert_null(wb_expr_parse(wb_buf_str(&b), "mysql", &a, NULL, 0));
    wb_arena_done(&a);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(division),
        cmocka_unit_test(literals),
        cmocka_unit_test(names),
        cmocka_unit_test(arithmetic),
        cmocka_unit_test(conditions),
        cmocka_unit_test(calls),
        cmocka_unit_test(what_is_not_understood_as_a_whole_is_no_tree),
        cmocka_unit_test(deep_nesting_ends),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
