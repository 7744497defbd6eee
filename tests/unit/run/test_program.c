/* A plan as items: what a person does, what waits, what runs, what is refused. */
#include "run/program.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static const char head[] = "---\nwhimbrel: 1\nsource: sqlite:a\ntarget: sqlite:b\n";

struct made {
    struct wb_plan *plan;
    struct wb_program program;
    char text[2000];
};

static void make(struct made *m, const char *front, const char *body) {
    snprintf(m->text, sizeof m->text, "%s%s---\n# T\n\n## Phase 1: A\n\n%s\n", head, front, body);
    assert_int_equal(wb_plan_parse("t.md", m->text, strlen(m->text), NULL, &m->plan, NULL), WB_OK);
    wb_program_make(m->plan, &m->program);
}

static void drop(struct made *m) {
    wb_program_done(&m->program);
    wb_plan_free(m->plan);
}

static void waits_for_people_and_days_before_a_block(void **state) {
    (void)state;
    static const enum wb_task_does want[] = {WB_DOES_WAIT_DAY, WB_DOES_MANUAL, WB_DOES_SQL};
    struct made m;
    make(&m, "day-1: 2026-01-01\n",
         "1. Drop the old table after 2 release cycles (grace period through Day 25)\n\n"
         "   ```sql step=up irreversible\n   DROP TABLE t;\n   ```\n");
    assert_int_equal(m.program.phases[0].n_tasks, 3);
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(m.program.phases[0].tasks[i].does, want[i]);
    assert_true(m.program.phases[0].tasks[2].irreversible);
    drop(&m);
}

static void gives_each_block_its_own_way_back(void **state) {
    (void)state;
    struct made m;
    make(&m, "",
         "1. Two things\n\n   ```sql step=up\n   CREATE TABLE a (x);\n   ```\n\n"
         "   ```sql step=down\n   DROP TABLE a;\n   ```\n\n"
         "   ```sql step=up\n   CREATE TABLE b (x);\n   ```\n\n"
         "   ```sql step=down\n   DROP TABLE b;\n   ```\n");
    const struct wb_program_phase *p = &m.program.phases[0];
    assert_int_equal(p->n_tasks, 2);
    assert_non_null(strstr(p->tasks[0].down->text, "TABLE a"));
    assert_non_null(strstr(p->tasks[1].down->text, "TABLE b"));
    drop(&m);
}

static void never_compares_a_database_with_itself(void **state) {
    (void)state;
    struct made m;
    make(&m, "", "**Integrity check**: row count match");
    assert_int_equal(m.program.phases[0].tasks[0].does, WB_DOES_CLAUSES);
    drop(&m);
    static const char one[] = "---\nwhimbrel: 1\nsource: sqlite:a\ntarget: sqlite:a\n---\n# T\n\n"
                              "## Phase 1: A\n\n**Integrity check**: row count match\n";
    assert_int_equal(wb_plan_parse("t.md", one, strlen(one), NULL, &m.plan, NULL), WB_OK);
    wb_program_make(m.plan, &m.program);
    assert_int_equal(m.program.phases[0].tasks[0].does, WB_DOES_MANUAL);
    drop(&m);
}

/* Of what a mapping covers in part that part is compared, then a person is asked for the rest. */
static void asks_a_person_for_what_is_not_compared(void **state) {
    static const char plan[] =
        "---\nwhimbrel: 1\nsource: sqlite:a\ntarget: sqlite:a\n---\n# T\n\n"
        "| From | To | As |\n|---|---|---|\n| a.id | b.id | |\n| a.x | b.x | %s |\n\n"
        "## Phase 1: A\n\n1. Look: row counts, checksums on x columns\n\n"
        "**Integrity check**: 20 random rows match\n";
    struct made m;
    (void)state;
    for (int words = 0; words < 2; words++) {
        int n = snprintf(m.text, sizeof m.text, plan, words ? "shortened" : "lower(x)");
        assert_int_equal(wb_plan_parse("t.md", m.text, (size_t)n, NULL, &m.plan, NULL), WB_OK);
        wb_program_make(m.plan, &m.program);
        const struct wb_program_phase *p = &m.program.phases[0];
        assert_int_equal(p->n_tasks, words ? 4 : 2);
        assert_int_equal(p->tasks[0].does, WB_DOES_CLAUSES);
        assert_int_equal(p->tasks[0].n_clauses, words ? 1 : 2);
        for (size_t i = 1; words && i < 4; i += 2) {
            assert_int_equal(p->tasks[i].does, WB_DOES_MANUAL);
            assert_int_equal(p->tasks[i].kind, i == 1 ? WB_ITEM_STEP : WB_ITEM_CHECK);
        }
        assert_int_equal(p->tasks[words ? 2 : 1].does, WB_DOES_CLAUSES);
        if (words)
            assert_non_null(strstr(p->tasks[3].text, "not compared: a.x to b.x as \"shortened\""));
        drop(&m);
    }
}

/* A confirmation says which step, not which role: it must not pass for a signature. */
static void asks_a_role_for_a_signature(void **state) {
    (void)state;
    struct made m;
    make(&m, "", "**Entry criteria**: the team agrees, sign-off from data lead\n");
    const struct wb_program_phase *p = &m.program.phases[0];
    assert_int_equal(p->n_tasks, 2);
    assert_int_equal(p->tasks[1].does, WB_DOES_CLAUSES);
    assert_int_equal(p->tasks[0].does, WB_DOES_MANUAL);
    drop(&m);
}

static void refuses_what_needs_a_sync(void **state) {
    (void)state;
    static const struct {
        const char *front, *body;
        bool refused;
    } cases[] = {
        {"", "1. Copy the database into the target\n", false},
        {"reverse: true\n", "1. Copy the database into the target\n", true},
        {"", "**Exit criteria**: sync lag < 5s\n", true},
        {"", "1. Run backfill in batches of 500 rows\n", false}, /* a person does */
        {"", "**Exit criteria**: error rate < 1%\n", true},      /* nothing measures it */
        {"", "**Exit criteria**: dual-write running 2 hours with zero divergences\n", false},
        {"", "**Exit criteria**: dual-write running 2 hours with zero mismatch rate\n", true},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct made m;
        struct wb_plan_place place;
        make(&m, cases[i].front, cases[i].body);
        const char *why = wb_program_refusal(&m.program, &m.program.arena, &place);
        assert_int_equal(why != NULL, cases[i].refused);
        drop(&m);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(waits_for_people_and_days_before_a_block),
        cmocka_unit_test(gives_each_block_its_own_way_back),
        cmocka_unit_test(never_compares_a_database_with_itself),
        cmocka_unit_test(asks_a_person_for_what_is_not_compared),
        cmocka_unit_test(asks_a_role_for_a_signature),
        cmocka_unit_test(refuses_what_needs_a_sync),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
