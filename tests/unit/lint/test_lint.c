/* Findings in a plan's SQL by its text alone: where they stand and how grave they are.
 * tests/plans/sql_*.md show what is found; scenario/check_online.sh asks databases. */
#include "lint/lint.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#define HEAD                                                                                     \
    "---\nwhimbrel: 1\nsource: postgresql://a/b\ntarget: postgresql://a/b\n---\n## Phase 1: A\n" \
    "\n**Integrity check**: row count match\n\n**Rollback**: pause backfill\n\n"

static const char *no_variable(void *ctx, const char *name) {
    (void)ctx;
    (void)name;
    return NULL;
}

static struct wb_plan *linted(const char *text, enum wb_lint_syntax wrong) {
    const struct wb_plan_opts opts = {.variable = no_variable, .files = WB_PLAN_NO_FILES};
    struct wb_plan *p = NULL;
    assert_int_equal(wb_plan_parse("p.md", text, strlen(text), &opts, &p, NULL), WB_OK);
    wb_lint_text(p, wrong);
    return p;
}

static const struct wb_plan_finding *find(const struct wb_plan *p, enum wb_plan_rule rule) {
    for (size_t i = 0; i < p->n_findings; i++)
        if (p->findings[i].rule == rule)
            return &p->findings[i];
    return NULL;
}

/* How grave a statement is that no server takes: by whether it runs, and who asks. */
static void a_wrong_statement_is_as_grave_as_what_it_stops(void **state) {
    static const struct {
        const char *fence;
        enum wb_lint_syntax wrong;
        enum wb_severity severity;
    } cases[] = {
        {"```sql step=up irreversible", WB_LINT_WRONG_IS_ERROR, WB_ERROR},
        {"```sql step=up irreversible", WB_LINT_WRONG_IS_WARNING, WB_WARNING},
        {"```sql check=zero", WB_LINT_WRONG_IS_ERROR, WB_ERROR},
        {"```sql", WB_LINT_WRONG_IS_ERROR, WB_NOTE},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct wb_buf b = {0};
        wb_buf_addf(&b, "%s- do\n\n  %s\n  SELECT 1;\n  SELEC 2\n  ```\n", HEAD, cases[i].fence);
        struct wb_plan *p = linted(wb_buf_str(&b), cases[i].wrong);
        const struct wb_plan_finding *f = find(p, WB_PLAN_SQL_SYNTAX);
        assert_non_null(f);
        assert_int_equal(f->severity, cases[i].severity);
        assert_int_equal(f->place.line, 16);
        assert_int_equal(f->place.column, 3);
        wb_plan_free(p);
        wb_buf_done(&b);
    }
}

/* A side whose product nobody named is not called wrong. */
static void an_unknown_dialect_is_never_wrong(void **state) {
    (void)state;
    struct wb_plan *p =
        linted("---\nwhimbrel: 1\nsource: ${A}\ntarget: ${B}\n---\n## Phase 1: A\n\n"
               "```sql check=zero\nSELECT COUNT(*) FROM `a` WHERE x REGEXP 'y' LIMIT 1, 2\n```\n",
               WB_LINT_WRONG_IS_ERROR);
    assert_null(find(p, WB_PLAN_SQL_SYNTAX));
    assert_null(find(p, WB_PLAN_UNSUPPORTED));
    wb_plan_free(p);
}

/* Findings are sorted by place, each once, whoever made them. */
static void findings_are_in_the_order_of_the_text(void **state) {
    (void)state;
    struct wb_plan *p =
        linted(HEAD "```sql check=equal\nSELECT count(*) FROM a JOIN b ON a.v <> b.v\n"
                    "```\n\n```sql check=zero\nDELETE FROM a\n```\n",
               WB_LINT_WRONG_IS_ERROR);
    assert_true(p->n_findings >= 2);
    for (size_t i = 1; i < p->n_findings; i++) {
        const struct wb_plan_finding *a = &p->findings[i - 1], *b = &p->findings[i];
        assert_true(a->place.line < b->place.line ||
                    (a->place.line == b->place.line && a->place.column <= b->place.column));
        assert_false(a->place.line == b->place.line && a->place.column == b->place.column &&
                     a->rule == b->rule && strcmp(a->text, b->text) == 0);
    }
    assert_non_null(find(p, WB_PLAN_WRITES_IN_CHECK));
    assert_non_null(find(p, WB_PLAN_NULL_UNSAFE));
    wb_plan_free(p);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_wrong_statement_is_as_grave_as_what_it_stops),
        cmocka_unit_test(an_unknown_dialect_is_never_wrong),
        cmocka_unit_test(findings_are_in_the_order_of_the_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
