/* Each tests/plans/NAME.md is read as NAME.expected says, line by line. After a change that is
 * meant, WB_UPDATE_GOLDEN=1 writes the new readings: look at their difference before it goes in. */
#include "unit/plan/golden.h"

#include "lint/lint.h"

#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const char folder[] = "tests/plans";

static char *slurp(const char *path) {
    FILE *f = fopen(path, "rb");
    struct wb_buf b = {0};
    char piece[4096];
    for (size_t n; f && (n = fread(piece, 1, sizeof piece, f)) > 0;)
        wb_buf_add(&b, piece, n);
    if (f)
        fclose(f);
    wb_buf_str(&b);
    return (char *)b.data;
}

static void write_golden(const char *path, const char *text) {
    FILE *f = fopen(path, "wb");
    assert_non_null(f);
    fputs(text, f);
    fclose(f);
}

static unsigned first_difference(const char *a, const char *b) {
    unsigned line = 1;
    for (; *a && *a == *b; a++, b++)
        line += *a == '\n';
    return line;
}

static void compare(const char *name) {
    char plan[512], golden[512];
    snprintf(plan, sizeof plan, "%s/%s", folder, name);
    snprintf(golden, sizeof golden, "%s/%.*s.expected", folder, (int)strlen(name) - 3, name);
    struct wb_plan *p = NULL;
    struct wb_error err = {0};
    struct wb_buf b = {0};
    if (wb_plan_load(plan, &golden_opts, &p, &err))
        fail_msg("%s", err.text);
    wb_lint_text(p, WB_LINT_WRONG_IS_ERROR);
    golden_dump(p, &b);
    wb_plan_free(p);
    if (getenv("WB_UPDATE_GOLDEN"))
        write_golden(golden, wb_buf_str(&b));
    char *want = slurp(golden);
    if (strcmp(want, wb_buf_str(&b)) != 0)
        fail_msg("%s differs from line %u on; the reading is now:\n%s", golden,
                 first_difference(want, wb_buf_str(&b)), wb_buf_str(&b));
    free(want);
    wb_buf_done(&b);
}

static void every_plan_reads_as_written_down(void **state) {
    (void)state;
    DIR *d = opendir(folder);
    unsigned n = 0;
    assert_non_null(d);
    for (struct dirent *e; (e = readdir(d));) {
        size_t len = strlen(e->d_name);
        if (len > 3 && strcmp(e->d_name + len - 3, ".md") == 0) {
            compare(e->d_name);
            n++;
        }
    }
    closedir(d);
    assert_true(n >= 9);
}

/* Cutting a plan anywhere never breaks the reader. */
static void any_beginning_of_a_plan_can_be_read(void **state) {
    (void)state;
    char *text = slurp("tests/plans/slips.md");
    size_t len = strlen(text);
    for (size_t n = 0; n < len; n += 13) {
        struct wb_plan *p = NULL;
        if (wb_plan_parse("cut.md", text, n, &golden_opts, &p, NULL) == WB_OK) {
            for (size_t i = 0; i < p->n_findings; i++)
                assert_true(p->findings[i].place.line >= 1 && p->findings[i].place.column >= 1);
            wb_plan_free(p);
        }
    }
    free(text);
}

/* The same plan with the line ends of another system reads the same, place by place. */
static void line_ends_do_not_matter(void **state) {
    (void)state;
    static const char *const names[] = {"in_place", "two_databases", "blocks", "slips"};
    for (size_t i = 0; i < 4; i++) {
        char path[64];
        snprintf(path, sizeof path, "tests/plans/%s.md", names[i]);
        char *text = slurp(path);
        struct wb_buf crlf = {0}, a = {0}, b = {0};
        for (const char *c = text; *c; c++) {
            if (*c == '\n')
                wb_buf_addc(&crlf, '\r');
            wb_buf_addc(&crlf, *c);
        }
        struct wb_plan *lf = golden_parse(text), *other = golden_parse(wb_buf_str(&crlf));
        golden_dump(lf, &a);
        golden_dump(other, &b);
        assert_string_equal(wb_buf_str(&a), wb_buf_str(&b));
        wb_plan_free(lf);
        wb_plan_free(other);
        wb_buf_done(&crlf);
        wb_buf_done(&a);
        wb_buf_done(&b);
        free(text);
    }
}

/* Text that is made to be slow or deep is read like any other. */
static void hostile_text_is_read_in_time(void **state) {
    (void)state;
    static const char *const pieces[] = {
        "> ",          "- ",   "a and ", "error rate over ", "`",           "| ",         "[",
        "Rollback:\n", "(",    "1,",     "x|y\n-|-\n",       "**Steps**\n", "P99 or ",    "](",
        "<b> ",        "**a ", "no ",    "is not ",          "Ramp: 1% ",   "pause and ", "1% of ",
        "any one "};
    static const char *const labels[] = {
        "**Exit criteria**: ", "**Rollback trigger**: ", "**Rollback**: ", "1. "};
    for (size_t i = 0; i < sizeof pieces / sizeof *pieces; i++) {
        struct wb_buf b = {0};
        wb_buf_addf(&b, "## Phase 1: A\n%s", labels[i % 4]);
        while (b.len < 20000)
            wb_buf_adds(&b, pieces[i]);
        wb_plan_free(golden_parse(wb_buf_str(&b)));
        wb_buf_done(&b);
    }
}

/* WHIMBREL_SEEDS names a folder of other people's plans: each is read, and those that have phases
 * have no errors, so that they run once they are bound. */
static const char *unset(void *ctx, const char *name) {
    (void)ctx;
    (void)name;
    return NULL;
}

static void plans_of_others_have_no_errors(void **state) {
    (void)state;
    const char *seeds = getenv("WHIMBREL_SEEDS");
    const struct wb_plan_opts opts = {.variable = unset};
    if (!seeds)
        skip();
    DIR *d = opendir(seeds);
    unsigned n = 0;
    assert_non_null(d);
    for (struct dirent *e; (e = readdir(d));) {
        size_t len = strlen(e->d_name);
        char path[1024];
        struct wb_plan *p = NULL;
        if (len < 4 || strcmp(e->d_name + len - 3, ".md") != 0)
            continue;
        snprintf(path, sizeof path, "%s/%s", seeds, e->d_name);
        assert_int_equal(wb_plan_load(path, &opts, &p, NULL), WB_OK);
        wb_lint_text(p, WB_LINT_WRONG_IS_ERROR);
        for (size_t i = 0; p->n_phases && i < p->n_findings; i++)
            if (p->findings[i].severity == WB_ERROR)
                fail_msg("%s:%u:%u: %s", path, p->findings[i].place.line,
                         p->findings[i].place.column, p->findings[i].text);
        n += p->n_phases > 0;
        wb_plan_free(p);
    }
    closedir(d);
    assert_true(n > 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_plan_reads_as_written_down),
        cmocka_unit_test(any_beginning_of_a_plan_can_be_read),
        cmocka_unit_test(line_ends_do_not_matter),
        cmocka_unit_test(hostile_text_is_read_in_time),
        cmocka_unit_test(plans_of_others_have_no_errors),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
