/* What stands in the public structures: values, sources, hashes, secrets. */
#include "unit/plan/golden.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define FRONT                                                     \
    "---\nwhimbrel: 1\nsource: ${DSN}\ntarget: ${DSN}\nflag: f\n" \
    "metrics:\n  error rate: observe\n---\n"

static const struct wb_plan_clause *only_clause(const struct wb_plan *p) {
    assert_int_equal(p->n_phases, 1);
    assert_true(p->phases[0].n_labels >= 1);
    assert_int_equal(p->phases[0].labels[0].n_clauses, 1);
    return &p->phases[0].labels[0].clauses[0];
}

static void a_trigger_is_normalized(void **state) {
    (void)state;
    struct wb_plan *p =
        golden_parse(FRONT "## Phase 1: A\n**Rollback trigger**: Error rate > 0.1% "
                           "over any 10-minute window. Action: set feature flag `g` "
                           "to 25%, reduce batch size to 1,000");
    const struct wb_plan_clause *c = only_clause(p);
    assert_int_equal(c->kind, WB_CLAUSE_COMPARE);
    assert_int_equal(c->cmp, WB_CMP_GT);
    assert_int_equal(c->value.unit, WB_UNIT_RATIO);
    assert_int_equal(c->value.number.digits, 1);
    assert_int_equal(c->value.number.scale, 3);
    assert_int_equal(c->window_ms, 600000);
    assert_int_equal(c->reading, WB_READING_AUTO);
    assert_int_equal(c->metric->source, WB_SOURCE_OBSERVE);
    const struct wb_plan_label *l = &p->phases[0].labels[0];
    assert_int_equal(l->n_actions, 2);
    assert_string_equal(l->actions[0].flag, "g");
    assert_int_equal(wb_decimal_compare(l->actions[0].percent, (struct wb_decimal){25, 2}), 0);
    assert_int_equal(l->actions[1].kind, WB_ACT_BATCH_SIZE);
    assert_int_equal(l->actions[1].rows, 1000);
    wb_plan_free(p);
}

static void sustained_is_five_minutes_and_detected_at_once(void **state) {
    (void)state;
    struct wb_plan *p =
        golden_parse(FRONT "## Phase 1: A\n**Rollback trigger**: replica lag > 30s sustained");
    assert_int_equal(only_clause(p)->for_ms, 300000);
    assert_int_equal(only_clause(p)->value.ms, 30000);
    wb_plan_free(p);
    p = golden_parse(FRONT "## Phase 1: A\n**Rollback trigger**: any data mismatch detected");
    assert_true(only_clause(p)->at_once);
    assert_string_equal(only_clause(p)->metric->name, "divergences");
    wb_plan_free(p);
}

/* Contract case 34: a destructive phrase of a trigger is a person's, whatever else it says. */
static void destruction_by_words_is_never_automatic(void **state) {
    (void)state;
    static const char *const phrases[] = {
        "drop the new tables", "truncate `a`",          "delete data",    "revert the deploy",
        "restore from backup", "shut down the cluster", "wipe everything"};
    for (size_t i = 0; i < sizeof phrases / sizeof *phrases; i++) {
        char text[512];
        snprintf(text, sizeof text, FRONT "## Phase 1: A\n**Rollback**: %s\n\n1. %s\n", phrases[i],
                 phrases[i]);
        struct wb_plan *p = golden_parse(text);
        const struct wb_plan_action *a = &p->phases[0].labels[0].actions[0];
        assert_int_equal(a->kind, WB_ACT_MANUAL);
        assert_int_equal(a->reading, WB_READING_MANUAL);
        assert_int_not_equal(a->danger, WB_HARMLESS);
        assert_int_equal(p->phases[0].steps[0].reading, WB_READING_MANUAL);
        assert_non_null(golden_finding(p, WB_PLAN_DESTRUCTIVE));
        wb_plan_free(p);
    }
}

static void secrets_are_never_shown(void **state) {
    (void)state;
    struct wb_plan *p = golden_parse("---\nwhimbrel: 1\nsource: ${DSN}\n"
                                     "target: postgresql://a:hunter2@h/d\n---\n## Phase 1: A\n");
    struct wb_buf b = {0};
    golden_dump(p, &b);
    wb_buf_adds(&b, p->front.source.shown);
    wb_buf_adds(&b, p->front.target.shown);
    assert_null(strstr(wb_buf_str(&b), "s3cret"));
    assert_null(strstr(wb_buf_str(&b), "hunter2"));
    assert_string_equal(p->front.source.value, "postgresql://app:s3cret@db/from_env");
    assert_string_equal(p->front.target.value, "postgresql://a:hunter2@h/d");
    assert_string_equal(p->front.source_scheme, "postgresql");
    assert_non_null(golden_finding(p, WB_PLAN_SECRET));
    wb_buf_done(&b);
    wb_plan_free(p);
}

/* --- Contract case 35: the hash covers the phase and all it uses ---------------------------------
 */

#define TWO_PHASES(front, one, two, metric)                                \
    "---\nwhimbrel: 1\nsource: sqlite:a\ntarget: sqlite:a\n" front "---\n" \
    "```sql metric=\"depth\"\n" metric "\n```\n"                           \
    "## Phase 1: A\n" one "\n## Phase 2: B\n" two "\n"
#define ONE "**Rollback**: `undo`\n\n**Exit criteria**: depth < 5"
#define TWO "**Rollback**: hold\n\n```sql action=undo\nSELECT 1\n```"

static void hashes_of(const char *text, char hashes[2][65]) {
    struct wb_plan *p = golden_parse(text);
    assert_int_equal(p->n_phases, 2);
    for (size_t i = 0; i < 2; i++)
        memcpy(hashes[i], p->phases[i].hash, 65);
    wb_plan_free(p);
}

static void expect_changes(const char *text, bool first, bool second) {
    char before[2][65], after[2][65];
    hashes_of(TWO_PHASES("", ONE, TWO, "SELECT 1"), before);
    hashes_of(text, after);
    assert_int_equal(strlen(before[0]), 64);
    assert_int_equal(strcmp(before[0], after[0]) != 0, first);
    assert_int_equal(strcmp(before[1], after[1]) != 0, second);
}

static void a_hash_covers_all_that_a_phase_uses(void **state) {
    (void)state;
    expect_changes(TWO_PHASES("", ONE, TWO, "SELECT 1"), false, false);
    expect_changes(TWO_PHASES("flag: x\n", ONE, TWO, "SELECT 1"), true, true);
    expect_changes(TWO_PHASES("", ONE, TWO, "SELECT 2"), true, false); /* its metric */
    expect_changes(TWO_PHASES("", ONE ", row count match", TWO, "SELECT 1"), true, false);
    expect_changes(TWO_PHASES("", ONE, TWO "\n\nmore", "SELECT 1"), false, true);
    /* the block that phase 1's rollback names stands in phase 2 */
    expect_changes(
        TWO_PHASES("", ONE, "**Rollback**: hold\n\n```sql action=undo\nSELECT 3\n```", "SELECT 1"),
        true, true);
    expect_changes(TWO_PHASES("", ONE, TWO "\n\n| From | To | As |\n|-|-|-|\n|a|b||\n", "SELECT 1"),
                   true, true);
}

static void write_text(const char *path, const char *text) {
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    fputs(text, f);
    fclose(f);
}

static void a_hash_covers_named_files(void **state) {
    (void)state;
    char folder[] = "/tmp/wb_plan_XXXXXX", plan[64], script[64], map[64], before[65];
    assert_non_null(mkdtemp(folder));
    snprintf(plan, sizeof plan, "%s/plan.md", folder);
    snprintf(script, sizeof script, "%s/undo.sh", folder);
    snprintf(map, sizeof map, "%s/map.md", folder);
    write_text(plan, "---\nwhimbrel: 1\nsource: sqlite:a\ntarget: sqlite:a\nmapping: map.md\n---\n"
                     "## Phase 1: A\n```sh step=up irreversible\nsh ./undo.sh --now\n```\n");
    write_text(script, "true\n");
    write_text(map, "| From | To | As |\n|---|---|---|\n| a.x | b.y | |\n");
    struct wb_plan *p = NULL;
    for (int i = 0; i < 3; i++) {
        if (i == 1)
            write_text(script, "false\n");
        if (i == 2)
            write_text(map, "| From | To | As |\n|---|---|---|\n| a.x | b.z | |\n");
        assert_int_equal(wb_plan_load(plan, NULL, &p, NULL), WB_OK);
        assert_int_equal(p->n_mappings, 1);
        if (i)
            assert_string_not_equal(before, p->phases[0].hash);
        memcpy(before, p->phases[0].hash, 65);
        wb_plan_free(p);
    }
    unlink(map);
    assert_int_equal(wb_plan_load(plan, NULL, &p, NULL), WB_OK);
    assert_non_null(golden_finding(p, WB_PLAN_FRONT));
    wb_plan_free(p);
    unlink(script);
    unlink(plan);
    rmdir(folder);
}

static void what_is_no_text_is_refused(void **state) {
    (void)state;
    struct wb_plan *p = NULL;
    struct wb_error err = {0};
    assert_int_equal(wb_plan_parse("x.md", "a\n\xff", 3, NULL, &p, &err), WB_E_PLAN);
    assert_non_null(strstr(err.text, "x.md:2"));
    assert_int_equal(wb_plan_parse("x.md", "a\0b", 3, NULL, &p, &err), WB_E_PLAN);
    assert_int_equal(wb_plan_load("/nowhere/x.md", NULL, &p, &err), WB_E_IO);
    assert_int_equal(wb_plan_load("/tmp", NULL, &p, &err), WB_E_IO);
    assert_null(p);
    wb_plan_free(NULL);
}

static void a_block_without_attributes_never_runs(void **state) {
    (void)state;
    struct wb_plan *p = golden_parse(
        FRONT "## Phase 1: A\n1. Do\n\n   ```sql\n   SELECT 1\n   ```\n\n"
              "**Goal**: x\n```sql\nSELECT 2\n```\n\n"
              "**Integrity check**: a query\n```sql\nSELECT 3\n-- Must return 4\n```\n");
    assert_int_equal(p->n_blocks, 3);
    assert_false(p->blocks[0]->is_check);
    assert_false(p->blocks[1]->is_check);
    assert_true(p->blocks[2]->is_check);
    assert_true(p->blocks[2]->expect.given);
    assert_int_equal(p->blocks[2]->expect.value.number.digits, 4);
    assert_int_equal(p->phases[0].steps[0].reading, WB_READING_MANUAL);
    wb_plan_free(p);
}

static void a_backup_is_a_folder_a_command_or_a_persons(void **state) {
    (void)state;
    static const char body[] = "---\n## Phase 1: A\n1. Take a full backup and test the restore\n"
                               "2. Back up the target\n3. Back up `users`\n";
    static const char top[] = "---\nwhimbrel: 1\nsource: sqlite:a\ntarget: sqlite:b\n";
    char text[600];
    snprintf(text, sizeof text, "%sbackup:\n  to: d/e\n  of: target\n  keep: 3\n%s", top, body);
    struct wb_plan *p = golden_parse(text);
    const struct wb_plan_backup *b = &p->front.backup_made;
    assert_string_equal(b->to.value, "d/e");
    assert_int_equal(b->of, WB_PLAN_SIDE_TARGET);
    assert_int_equal(b->keep, 3);
    assert_null(b->scratch.value);
    assert_int_equal(p->phases[0].steps[0].builtin, WB_BUILTIN_BACKUP);
    assert_int_equal(p->phases[0].steps[0].side, WB_PLAN_SIDE_NONE);
    assert_int_equal(p->phases[0].steps[1].side, WB_PLAN_SIDE_TARGET);
    assert_int_equal(p->phases[0].steps[2].reading, WB_READING_MANUAL);
    char with[65];
    memcpy(with, p->phases[0].hash, sizeof with);
    wb_plan_free(p);

    snprintf(text, sizeof text, "%sbackup: make-backup\n%s", top, body);
    p = golden_parse(text);
    assert_string_equal(p->front.backup.value, "make-backup");
    assert_null(p->front.backup_made.to.value);
    assert_int_equal(p->phases[0].steps[0].reading, WB_READING_AUTO);
    assert_string_not_equal(with, p->phases[0].hash);
    wb_plan_free(p);

    snprintf(text, sizeof text, "%s%s", top, body);
    p = golden_parse(text);
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(p->phases[0].steps[i].reading, WB_READING_MANUAL);
    wb_plan_free(p);

    static const char *const wrong[] = {"  of: source\n", "  to: d\n  of: both\n",
                                        "  to: d\n  keep: 0\n", "  to: d\n  too: e\n"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        snprintf(text, sizeof text, "%sbackup:\n%s%s", top, wrong[i], body);
        p = golden_parse(text);
        size_t found = 0;
        for (size_t k = 0; k < p->n_findings; k++)
            found += p->findings[k].rule == WB_PLAN_VALUE;
        assert_true(found > 0);
        wb_plan_free(p);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_backup_is_a_folder_a_command_or_a_persons),
        cmocka_unit_test(a_trigger_is_normalized),
        cmocka_unit_test(sustained_is_five_minutes_and_detected_at_once),
        cmocka_unit_test(destruction_by_words_is_never_automatic),
        cmocka_unit_test(secrets_are_never_shown),
        cmocka_unit_test(a_hash_covers_all_that_a_phase_uses),
        cmocka_unit_test(a_hash_covers_named_files),
        cmocka_unit_test(what_is_no_text_is_refused),
        cmocka_unit_test(a_block_without_attributes_never_runs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
