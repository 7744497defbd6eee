/* A take-over that waits for a transaction which does not end names the session that holds it. */
#include "copy/ledger.h"

#include "unit/engines/mysql/live_mysql.h"
#include "unit/engines/postgres/live_postgres.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void run(struct wb_conn *c, const char *sql) {
    struct wb_error err = {0};
    if (c->engine->exec(c, sql, NULL, &err))
        fail_msg("%s: %s", sql, err.text);
}

/* other holds the run's row; its own number as a session is asked by who. */
static void be_blocked(struct wb_conn *c, struct wb_conn *other, const char *impatient,
                       const char *who) {
    struct wb_ledger l = {.conn = c, .prefix = c->engine->ledger_prefix};
    struct wb_ledger_run run_row = {.state = WB_RUN_LOADING,
                                    .source_identity = "i",
                                    .source = "s",
                                    .parameters = "",
                                    .structure = "",
                                    .scans = "",
                                    .moment = "",
                                    .started = "",
                                    .runner = "",
                                    .proof = ""};
    struct wb_error err = {0};
    struct wb_arena a = {0};
    struct wb_rows rows;
    WB_CLEANUP_BUF struct wb_buf sql = {0};
    assert_int_equal(wb_ledger_create(&l, &err), WB_OK);
    assert_int_equal(wb_ledger_begin_run(&l, &run_row, NULL, 0, NULL, 0, &err), WB_OK);
    assert_int_equal(wb_ledger_read_run(&l, &a, &run_row, &err), WB_OK);
    assert_int_equal(other->engine->query(other, who, &a, &rows, &err), WB_OK);
    assert_int_equal(other->engine->write->begin(other, &err), WB_OK);
    wb_buf_addf(&sql, "UPDATE %srun SET moment = 'held'", l.prefix);
    run(other, wb_buf_str(&sql));

    run(c, impatient);
    int64_t token = run_row.token;
    assert_int_equal(wb_ledger_take_over(&l, &run_row, "", "me", &err), WB_E_LOCK_TIMEOUT);
    if (!strstr(err.text, rows.values[0][0]))
        fail_msg("%s does not stand in: %s", rows.values[0][0], err.text);
    assert_non_null(strstr(err.hint, "end that session"));
    assert_int_equal(run_row.token, token);

    other->engine->write->rollback(other);
    assert_int_equal(wb_ledger_take_over(&l, &run_row, "", "me", &err), WB_OK);
    assert_int_equal(wb_ledger_drop(&l, &err), WB_OK);
    wb_arena_done(&a);
    wb_conn_close(other);
    wb_conn_close(c);
}

static void on_postgres(void **state) {
    (void)state;
    if (!live_postgres_start("wb_unit_take_over"))
        skip();
    be_blocked(live_postgres_open(WB_SIDE_TARGET), live_postgres_open(WB_SIDE_TARGET),
               "SET lock_timeout = 100", "SELECT 'process ' || pg_backend_pid() || ' '");
    live_postgres_run("DROP SCHEMA whimbrel");
    live_postgres_stop();
}

static void on_mysql(void **state) {
    (void)state;
    if (!live_mysql_start("wb_unit_take_over"))
        skip();
    be_blocked(live_mysql_open(WB_SIDE_TARGET), live_mysql_open(WB_SIDE_TARGET),
               "SET innodb_lock_wait_timeout = 1",
               "SELECT CONCAT('connection ', CONNECTION_ID(), ' ')");
    live_mysql_stop();
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(on_postgres),
        cmocka_unit_test(on_mysql),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
