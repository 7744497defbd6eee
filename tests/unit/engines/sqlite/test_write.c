#include "unit/engines/sqlite/fixture.h"

#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static struct wb_load *load(struct sqlite_fixture *f, struct wb_conn *c, const struct wb_table *t) {
    uint32_t columns[] = {0, 1};
    struct wb_load_spec spec = {.table = t, .columns = columns, .n_columns = 2};
    struct wb_load *l = NULL;
    sqlite_ok(f, c->engine->write->load_open(c, &spec, &l, &f->err));
    return l;
}

static void every_class_goes_in_and_comes_out(void **state) {
    struct sqlite_fixture *f = *state;
    struct wb_catalog cat;
    struct wb_conn *c = sqlite_open(f, "t.db", WB_SIDE_TARGET);
    sqlite_run(f, c, "CREATE TABLE t (id INTEGER PRIMARY KEY, v)");
    sqlite_describe(f, c, &cat);
    const struct wb_cell values[] = {
        wb_cell_null(),       wb_cell_int(INT64_MIN),   wb_cell_int(INT64_MAX),
        wb_cell_double(0.1),  wb_cell_double(INFINITY), wb_cell_double(42.0),
        wb_cell_text("", 0),  wb_cell_text("a\0b", 3),  wb_cell_text("\xff\xc3", 2),
        wb_cell_bytes("", 0), wb_cell_bytes("\0\1", 2),
    };
    enum { N = sizeof values / sizeof *values };
    struct wb_batch b, back;
    wb_batch_init(&b, 2, N, 1 << 20);
    for (int i = 0; i < N; i++) {
        struct wb_cell *row = wb_batch_add_row(&b);
        row[0] = wb_cell_int(i);
        row[1] = values[i];
    }
    uint64_t rows = 0;
    sqlite_ok(f, c->engine->write->begin(c, &f->err));
    struct wb_load *l = load(f, c, &cat.tables[0]);
    sqlite_ok(f, c->engine->write->load_put(l, &b, &f->err));
    sqlite_ok(f, c->engine->write->load_close(l, &rows, &f->err));
    sqlite_ok(f, c->engine->write->commit(c, true, &f->err));
    assert_int_equal(rows, N);
    uint32_t columns[] = {0, 1};
    struct wb_read_spec spec = {
        .table = &cat.tables[0], .columns = columns, .n_columns = 2, .ordered = true};
    struct wb_cursor *cur = NULL;
    wb_batch_init(&back, 2, N, 1 << 20);
    sqlite_ok(f, c->engine->read->open(c, &spec, &cur, &f->err));
    sqlite_ok(f, c->engine->read->next(cur, &back, &f->err));
    assert_int_equal(back.n_rows, N);
    for (uint32_t i = 0; i < N; i++) {
        const struct wb_cell *is = &wb_batch_row(&back, i)[1];
        assert_int_equal(is->form, values[i].form);
        assert_int_equal(is->len, values[i].len);
        if (is->form == WB_FORM_TEXT || is->form == WB_FORM_BYTES)
            assert_memory_equal(is->p, values[i].p, is->len);
        else if (is->form != WB_FORM_NULL)
            assert_int_equal(is->i, values[i].i);
    }
    c->engine->read->done(cur);
    wb_batch_done(&b);
    wb_batch_done(&back);
    wb_catalog_done(&cat);
    wb_conn_close(c);
}

static enum wb_code put_one(struct sqlite_fixture *f, struct wb_conn *c, const struct wb_table *t,
                            struct wb_cell v) {
    struct wb_batch b;
    wb_batch_init(&b, 2, 1, 1 << 20);
    struct wb_cell *row = wb_batch_add_row(&b);
    row[0] = wb_cell_int(1);
    row[1] = v;
    sqlite_ok(f, c->engine->write->begin(c, &f->err));
    struct wb_load *l = load(f, c, t);
    enum wb_code code = c->engine->write->load_put(l, &b, &f->err);
    c->engine->write->load_abort(l);
    c->engine->write->rollback(c);
    wb_batch_done(&b);
    return code;
}

static void what_cannot_be_held_is_refused(void **state) {
    struct sqlite_fixture *f = *state;
    struct wb_catalog cat;
    struct wb_conn *c = sqlite_open(f, "t.db", WB_SIDE_TARGET);
    sqlite_run(f, c,
               "CREATE TABLE t (id INTEGER PRIMARY KEY, v CHECK (v <> 5)); CREATE TABLE s (id INT, "
               "v INT) STRICT");
    sqlite_describe(f, c, &cat);
    const struct wb_table *t = &cat.tables[0];
    assert_int_equal(put_one(f, c, t, wb_cell_double(NAN)),
                     WB_E_VALUE); /* SQLite would make it NULL */
    assert_non_null(strstr(f->err.text, "column v"));
    assert_int_equal(put_one(f, c, t, wb_cell_uint(UINT64_MAX)), WB_E_VALUE);
    assert_int_equal(put_one(f, c, t, wb_cell_int(5)), WB_E_CONSTRAINT);
    assert_non_null(strstr(f->err.text, "table t"));
    assert_int_equal(put_one(f, c, &cat.tables[1], wb_cell_text("x", 1)), WB_E_VALUE);
    assert_int_equal(put_one(f, c, t, wb_cell_int(4)), WB_OK);
    assert_string_equal(sqlite_value(f, c, "SELECT count(*) FROM t"), "0");
    wb_catalog_done(&cat);
    wb_conn_close(c);
}

static void triggers_and_foreign_keys_rest(void **state) {
    struct sqlite_fixture *f = *state;
    struct wb_conn *c = sqlite_open(f, "t.db", WB_SIDE_TARGET);
    sqlite_run(f, c,
               "CREATE TABLE p (id INTEGER PRIMARY KEY); CREATE TABLE t (a REFERENCES p ON DELETE "
               "CASCADE);"
               "CREATE TRIGGER r AFTER INSERT ON t BEGIN SELECT RAISE(ABORT, 'no'); END;"
               "INSERT INTO t VALUES (1); INSERT INTO p VALUES (1); DELETE FROM p");
    assert_string_equal(sqlite_value(f, c, "SELECT count(*) FROM t"), "1");
    wb_conn_close(c);
}

static void deleting_a_range(void **state) {
    struct sqlite_fixture *f = *state;
    struct wb_catalog cat;
    struct wb_conn *c = sqlite_open(f, "t.db", WB_SIDE_TARGET);
    sqlite_run(
        f, c,
        "CREATE TABLE t (id INTEGER PRIMARY KEY); INSERT INTO t VALUES (-5), (0), (5), (10);"
        "CREATE TABLE k (a TEXT PRIMARY KEY NOT NULL) WITHOUT ROWID; INSERT INTO k VALUES ('a')");
    sqlite_describe(f, c, &cat);
    uint64_t n = 0;
    struct wb_range some = {WB_RANGE_KEY, "0", "10"}, low = {WB_RANGE_KEY, NULL, "0"},
                    all = {WB_RANGE_ALL, NULL, NULL};
    sqlite_ok(f, c->engine->write->delete_range(c, &cat.tables[0], &some, &n, &f->err));
    assert_int_equal(n, 2);
    sqlite_ok(f, c->engine->write->delete_range(c, &cat.tables[0], &low, &n, &f->err));
    assert_int_equal(n, 1);
    assert_int_equal(c->engine->write->delete_range(c, &cat.tables[1], &some, &n, &f->err),
                     WB_E_UNSUPPORTED);
    sqlite_ok(f, c->engine->write->delete_range(c, &cat.tables[1], &all, &n, &f->err));
    assert_int_equal(n, 1);
    wb_catalog_done(&cat);
    wb_conn_close(c);
}

static void a_held_target_is_busy(void **state) {
    struct sqlite_fixture *f = *state;
    struct wb_conn *a = sqlite_open(f, "t.db", WB_SIDE_TARGET),
                   *b = sqlite_open(f, "t.db", WB_SIDE_TARGET);
    sqlite_ok(f, a->engine->write->hold(a, &f->err));
    assert_int_equal(b->engine->write->hold(b, &f->err), WB_E_TARGET_BUSY);
    char pid[24];
    snprintf(pid, sizeof pid, "process %d", (int)getpid());
    assert_non_null(strstr(f->err.text, pid));
    wb_conn_close(a);
    sqlite_ok(f, b->engine->write->hold(b, &f->err));
    wb_conn_close(b);
    assert_int_equal(access(sqlite_path(f, "t.db-whimbrel-lock"), F_OK), -1);
}

static void a_new_file_is_in_wal_mode_only_while_held(void **state) {
    struct sqlite_fixture *f = *state;
    struct wb_conn *a = sqlite_open(f, "t.db", WB_SIDE_TARGET),
                   *b = sqlite_open(f, "t.db", WB_SIDE_TARGET);
    sqlite_ok(f, a->engine->write->hold(a, &f->err));
    assert_string_equal(sqlite_value(f, a, "PRAGMA journal_mode"), "wal");
    sqlite_run(f, b, "CREATE TABLE t (a); INSERT INTO t VALUES (1)");
    wb_conn_close(a); /* b is still there: it must be left to it */
    assert_string_equal(sqlite_value(f, b, "PRAGMA journal_mode"), "wal");
    wb_conn_close(b);
    assert_int_equal(access(sqlite_path(f, "t.db-whimbrel-lock"), F_OK), -1);
    struct wb_conn *s = sqlite_open(f, "t.db", WB_SIDE_SOURCE);
    assert_string_equal(sqlite_value(f, s, "PRAGMA journal_mode"), "delete");
    assert_string_equal(sqlite_value(f, s, "SELECT a FROM t"), "1");
    wb_conn_close(s);
}

static void a_file_with_contents_keeps_its_mode(void **state) {
    struct sqlite_fixture *f = *state;
    const char *const modes[] = {"delete", "wal"};
    for (size_t i = 0; i < 2; i++) {
        sqlite_app(f, "t.db", i ? "PRAGMA journal_mode = WAL" : "CREATE TABLE t (a)");
        struct wb_conn *c = sqlite_open(f, "t.db", WB_SIDE_TARGET);
        sqlite_ok(f, c->engine->write->hold(c, &f->err));
        assert_string_equal(sqlite_value(f, c, "PRAGMA journal_mode"), modes[i]);
        wb_conn_close(c);
        c = sqlite_open(f, "t.db", WB_SIDE_SOURCE);
        assert_string_equal(sqlite_value(f, c, "PRAGMA journal_mode"), modes[i]);
        wb_conn_close(c);
    }
}

/* A child holds the target, commits a row, begins another and is killed. */
static void death_gives_the_hold_back(void **state) {
    struct sqlite_fixture *f = *state;
    int ready[2];
    assert_int_equal(pipe(ready), 0);
    pid_t child = fork();
    if (child == 0) {
        struct wb_conn *c = sqlite_open(f, "t.db", WB_SIDE_TARGET);
        struct wb_error err;
        c->engine->write->hold(c, &err);
        c->engine->exec(c, "CREATE TABLE t (a); INSERT INTO t VALUES (1)", NULL, &err);
        c->engine->write->begin(c, &err);
        c->engine->exec(c, "INSERT INTO t VALUES (2)", NULL, &err);
        (void)!write(ready[1], "x", 1);
        for (;;)
            pause();
    }
    char byte;
    assert_int_equal(read(ready[0], &byte, 1), 1);
    struct wb_conn *c = sqlite_open(f, "t.db", WB_SIDE_TARGET);
    assert_int_equal(c->engine->write->hold(c, &f->err), WB_E_TARGET_BUSY);
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
    sqlite_ok(f, c->engine->write->hold(c, &f->err));
    assert_string_equal(sqlite_value(f, c, "SELECT count(*) FROM t"), "1");
    wb_conn_close(c);
    c = sqlite_open(f, "t.db", WB_SIDE_SOURCE);
    assert_string_equal(sqlite_value(f, c, "PRAGMA journal_mode"),
                        "delete"); /* tidied up for the dead one */
    wb_conn_close(c);
    close(ready[0]);
    close(ready[1]);
}

static void a_full_disk_loses_the_transaction_and_says_so(void **state) {
    struct sqlite_fixture *f = *state;
    struct wb_catalog cat;
    struct wb_conn *c = sqlite_open(f, "t.db", WB_SIDE_TARGET);
    sqlite_run(f, c, "CREATE TABLE t (id INTEGER PRIMARY KEY, v); PRAGMA max_page_count = 10");
    sqlite_describe(f, c, &cat);
    static char big[100000];
    assert_int_equal(put_one(f, c, &cat.tables[0], wb_cell_bytes(big, sizeof big)), WB_E_DISK_FULL);
    assert_int_equal(c->engine->write->commit(c, true, &f->err),
                     WB_E_SQL); /* nothing is open any more */
    wb_catalog_done(&cat);
    wb_conn_close(c);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, sqlite_setup, sqlite_teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(every_class_goes_in_and_comes_out),
        TEST(what_cannot_be_held_is_refused),
        TEST(triggers_and_foreign_keys_rest),
        TEST(deleting_a_range),
        TEST(a_held_target_is_busy),
        TEST(a_new_file_is_in_wal_mode_only_while_held),
        TEST(a_file_with_contents_keeps_its_mode),
        TEST(death_gives_the_hold_back),
        TEST(a_full_disk_loses_the_transaction_and_says_so),
    };
    return cmocka_run_group_tests_name("sqlite write", tests, NULL, NULL);
}
