/* The ledger over a real SQLite file: what is written is read back; tokens fence; contract cases 15
 * and 16. */
#include "copy/ledger.h"

#include "builtin/builtin.h"
#include "engine/registry.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

struct fixture {
    struct wb_arena arena;
    char path[64];
    struct wb_conn *conn;
    struct wb_ledger ledger;
};

static struct wb_conn *open_file(struct fixture *f) {
    struct wb_url url;
    struct wb_error err = {0};
    struct wb_conn *c = NULL;
    char text[80];
    snprintf(text, sizeof text, "sqlite:%s", f->path);
    assert_int_equal(wb_url_parse(text, &f->arena, &url, &err), WB_OK);
    if (wb_registry_open(&url, &(struct wb_open_opts){.side = WB_SIDE_TARGET}, &c, &err))
        fail_msg("%s", err.text);
    return c;
}

static void begin_run(struct fixture *f) {
    static const struct wb_ledger_table tables[] = {{.name = "o'ne", .structure = "a"},
                                                    {.name = "two", .structure = "b"}};
    static const struct wb_ledger_step steps[] = {
        {.name = "table one", .undo = "DROP TABLE one", .done = true}, {.name = "index x"}};
    struct wb_error err = {0};
    struct wb_ledger_run run = {.state = WB_RUN_LOADING,
                                .epoch = 1,
                                .source_identity = "id",
                                .source = "mysql://h/d",
                                .parameters = "p'\\",
                                .structure = "s",
                                .scans = "",
                                .moment = "0-1-2",
                                .started = "2026-01-01T00:00:00.000Z",
                                .runner = "h pid 1",
                                .proof = ""};
    assert_int_equal(wb_ledger_create(&f->ledger, &err), WB_OK);
    if (wb_ledger_begin_run(&f->ledger, &run, tables, 2, steps, 2, &err))
        fail_msg("%s", err.text);
}

static int set_up(void **state) {
    struct fixture *f = calloc(1, sizeof *f);
    snprintf(f->path, sizeof f->path, "/tmp/wb-ledger-%ld.db", (long)getpid());
    unlink(f->path);
    f->conn = open_file(f);
    f->ledger = (struct wb_ledger){.conn = f->conn, .prefix = f->conn->engine->ledger_prefix};
    *state = f;
    return 0;
}

static int tear_down(void **state) {
    struct fixture *f = *state;
    char side[80];
    wb_conn_close(f->conn);
    wb_arena_done(&f->arena);
    unlink(f->path);
    for (size_t i = 0; i < 3; i++) {
        static const char *const ends[] = {"-wal", "-shm", "-journal"};
        snprintf(side, sizeof side, "%s%s", f->path, ends[i]);
        unlink(side);
    }
    free(f);
    return 0;
}

static void in_transaction(struct fixture *f, struct wb_conn *c, enum wb_code want,
                           enum wb_code (*fn)(const struct wb_ledger *, struct wb_conn *,
                                              struct wb_error *),
                           const struct wb_ledger *l) {
    struct wb_error err = {0};
    (void)f;
    assert_int_equal(c->engine->write->begin(c, &err), WB_OK);
    assert_int_equal(fn(l, c, &err), want);
    if (want)
        c->engine->write->rollback(c);
    else
        assert_int_equal(c->engine->write->commit(c, true, &err), WB_OK);
}

static const struct wb_range two_ranges[] = {{WB_RANGE_KEY, NULL, "it's"},
                                             {WB_RANGE_KEY, "it's", NULL}};
static struct wb_ledger_chunk first_chunk = {.table = 0,
                                             .number = 0,
                                             .epoch = 1,
                                             .bytes = 7,
                                             .altered = "c range null 1;",
                                             .digest = {.lo = 5, .hi = 6, .rows = 3}};

static enum wb_code add_chunks(const struct wb_ledger *l, struct wb_conn *c, struct wb_error *err) {
    return wb_ledger_add_chunks(l, c, 0, two_ranges, 2, err);
}

static enum wb_code claim(const struct wb_ledger *l, struct wb_conn *c, struct wb_error *err) {
    return wb_ledger_claim_chunk(l, c, &first_chunk, err);
}

static enum wb_code copy_chunk(const struct wb_ledger *l, struct wb_conn *c, struct wb_error *err) {
    enum wb_code code = wb_ledger_claim_chunk(l, c, &first_chunk, err);
    return code ? code : wb_ledger_finish_chunk(l, c, &first_chunk, 12, err);
}

static enum wb_code prove(const struct wb_ledger *l, struct wb_conn *c, struct wb_error *err) {
    return wb_ledger_set_proven(l, c, 0, &first_chunk.digest, &first_chunk.digest, err);
}

static enum wb_code reopen(const struct wb_ledger *l, struct wb_conn *c, struct wb_error *err) {
    return wb_ledger_reopen_chunk(l, c, &first_chunk, err);
}

static void test_empty_target_has_no_run(void **state) {
    struct fixture *f = *state;
    struct wb_ledger_run run = {.state = WB_RUN_DONE};
    struct wb_error err = {0};
    assert_int_equal(wb_ledger_read_run(&f->ledger, &f->arena, &run, &err), WB_OK);
    assert_int_equal(run.state, WB_RUN_NONE);
}

static void test_reads_back_what_was_written(void **state) {
    struct fixture *f = *state;
    struct wb_ledger_run run;
    struct wb_ledger_table *tables;
    struct wb_ledger_chunk *chunks;
    struct wb_ledger_step *steps;
    size_t n;
    struct wb_error err = {0};
    begin_run(f);
    in_transaction(f, f->conn, WB_OK, add_chunks, &f->ledger);
    in_transaction(f, f->conn, WB_OK, copy_chunk, &f->ledger);
    assert_int_equal(wb_ledger_read_run(&f->ledger, &f->arena, &run, &err), WB_OK);
    assert_int_equal(run.state, WB_RUN_LOADING);
    assert_string_equal(run.parameters, "p'\\");
    assert_string_equal(run.moment, "0-1-2");
    assert_int_equal(wb_ledger_read_tables(&f->ledger, &f->arena, &tables, &n, &err), WB_OK);
    assert_int_equal(n, 2);
    assert_string_equal(tables[0].name, "o'ne");
    assert_true(tables[0].split);
    assert_false(tables[1].split);
    assert_int_equal(wb_ledger_read_chunks(&f->ledger, &f->arena, &chunks, &n, &err), WB_OK);
    assert_int_equal(n, 2);
    assert_true(chunks[0].done);
    assert_true(wb_digest_equal(&chunks[0].digest, &first_chunk.digest));
    assert_string_equal(chunks[0].altered, "c range null 1;");
    assert_null(chunks[0].range.lower);
    assert_string_equal(chunks[0].range.upper, "it's");
    assert_false(chunks[1].done);
    assert_int_equal(wb_ledger_read_steps(&f->ledger, &f->arena, &steps, &n, &err), WB_OK);
    assert_int_equal(n, 2);
    assert_true(steps[0].done);
    assert_string_equal(steps[0].undo, "DROP TABLE one");
    assert_false(steps[1].done);
}

static void test_a_chunk_is_claimed_once(void **state) {
    struct fixture *f = *state;
    begin_run(f);
    in_transaction(f, f->conn, WB_OK, add_chunks, &f->ledger);
    in_transaction(f, f->conn, WB_OK, copy_chunk, &f->ledger);
    in_transaction(f, f->conn, WB_E_FENCED, claim, &f->ledger);
}

/* Contract case 16: a runner that slept through a take-over changes nothing afterwards. */
static void test_case_16_a_zombie_is_fenced(void **state) {
    struct fixture *f = *state;
    struct wb_error err = {0};
    struct wb_ledger_run run;
    begin_run(f);
    in_transaction(f, f->conn, WB_OK, add_chunks, &f->ledger);
    struct wb_ledger zombie = f->ledger;
    assert_int_equal(wb_ledger_read_run(&f->ledger, &f->arena, &run, &err), WB_OK);
    assert_int_equal(wb_ledger_take_over(&f->ledger, &run, "0-1-9", "other", &err), WB_OK);
    in_transaction(f, f->conn, WB_E_FENCED, claim, &zombie);
    in_transaction(f, f->conn, WB_E_FENCED, prove, &zombie);
    in_transaction(f, f->conn, WB_E_FENCED, wb_ledger_require_mine, &zombie);
    in_transaction(f, f->conn, WB_OK, wb_ledger_require_mine, &f->ledger);
    assert_int_equal(wb_ledger_set_state(&zombie, WB_RUN_DONE, "now", "proven", &err), WB_E_FENCED);
    assert_int_equal(
        wb_ledger_take_over(&zombie, &(struct wb_ledger_run){.token = 1}, "", "z", &err),
        WB_E_FENCED);
    in_transaction(f, f->conn, WB_OK, copy_chunk, &f->ledger);
}

/* A verdict falls with the re-copy of any of the table's chunks (contract case 32). */
static void test_a_recopy_voids_the_verdict(void **state) {
    struct fixture *f = *state;
    struct wb_ledger_table *tables;
    size_t n;
    struct wb_error err = {0};
    begin_run(f);
    in_transaction(f, f->conn, WB_OK, add_chunks, &f->ledger);
    in_transaction(f, f->conn, WB_OK, copy_chunk, &f->ledger);
    in_transaction(f, f->conn, WB_OK, prove, &f->ledger);
    assert_int_equal(wb_ledger_read_tables(&f->ledger, &f->arena, &tables, &n, &err), WB_OK);
    assert_true(tables[0].proven);
    in_transaction(f, f->conn, WB_OK, reopen, &f->ledger);
    assert_int_equal(wb_ledger_read_tables(&f->ledger, &f->arena, &tables, &n, &err), WB_OK);
    assert_false(tables[0].proven);
    in_transaction(f, f->conn, WB_OK, claim, &f->ledger);
}

static void test_another_layout_is_told(void **state) {
    struct fixture *f = *state;
    struct wb_error err = {0};
    struct wb_ledger_run run = {0};
    struct wb_ledger_step *steps;
    size_t n;
    begin_run(f);
    wb_conn_exec(f->conn, NULL, NULL, "ALTER TABLE whimbrel_steps RENAME COLUMN undo_sql TO undo");
    assert_int_equal(wb_ledger_read_steps(&f->ledger, &f->arena, &steps, &n, &err), WB_E_OTHER_RUN);
    assert_non_null(strstr(err.text, "whimbrel_steps"));
    wb_conn_exec(f->conn, NULL, NULL, "ALTER TABLE whimbrel_run RENAME COLUMN format TO kind");
    assert_int_equal(wb_ledger_read_run(&f->ledger, &f->arena, &run, &err), WB_E_OTHER_RUN);
    assert_non_null(strstr(err.text, "whimbrel_run"));
}

static void test_a_newer_format_is_refused(void **state) {
    struct fixture *f = *state;
    struct wb_ledger_run run;
    struct wb_error err = {0};
    begin_run(f);
    assert_int_equal(wb_conn_exec(f->conn, &err, NULL, "UPDATE whimbrel_run SET format = 99"),
                     WB_OK);
    assert_int_equal(wb_ledger_read_run(&f->ledger, &f->arena, &run, &err), WB_E_OTHER_RUN);
}

int main(void) {
    wb_builtin_register();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_empty_target_has_no_run, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_reads_back_what_was_written, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_a_chunk_is_claimed_once, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_case_16_a_zombie_is_fenced, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_a_recopy_voids_the_verdict, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_a_newer_format_is_refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_another_layout_is_told, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
