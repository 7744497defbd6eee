/* One moment for many readers; tables cut into ranges; definitions held still. */
#include "unit/engines/mysql/live_mysql.h"

#include <mysql.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { READERS = 3, ROUNDS = 10 };

static bool live;

static int start(void **state) {
    (void)state;
    live = live_mysql_start("whimbrel_unit_snapshot");
    return 0;
}

static int stop(void **state) {
    (void)state;
    live_mysql_stop();
    return 0;
}

static int64_t read_int(struct wb_conn *c, const char *sql) {
    struct wb_arena a = {0};
    struct wb_rows rows;
    struct wb_error err = {0};
    if (c->engine->query(c, sql, &a, &rows, &err))
        fail_msg("%s: %s", sql, err.text);
    int64_t v = rows.values[0][0] ? strtoll(rows.values[0][0], NULL, 10) : -1;
    wb_arena_done(&a);
    return v;
}

static struct wb_catalog describe(struct wb_conn *c) {
    struct wb_catalog catalog;
    struct wb_error err = {0};
    if (c->engine->describe(c, &(struct wb_describe_opts){0}, &catalog, &err))
        fail_msg("%s", err.text);
    return catalog;
}

static atomic_bool writing;

/* Moves a unit from one account to the other, for ever: the sum never changes, the count always
 * grows. */
static void *write_on(void *arg) {
    struct wb_conn *c = arg;
    struct wb_error err = {0};
    while (atomic_load(&writing)) {
        if (c->engine->write->begin(c, &err) ||
            c->engine->exec(c, "UPDATE account SET v = v - 1 WHERE id = 1", NULL, &err) ||
            c->engine->exec(c, "UPDATE account SET v = v + 1 WHERE id = 2", NULL, &err) ||
            c->engine->exec(c, "INSERT INTO moves VALUES (NULL)", NULL, &err) ||
            c->engine->write->commit(c, false, &err))
            c->engine->write->rollback(c);
    }
    mysql_thread_end();
    return NULL;
}

static void join_all(struct wb_conn *keeper, struct wb_conn **readers, struct wb_snapshot **ret,
                     struct wb_arena *a, struct wb_moment *m) {
    const struct wb_read_ops *ops = keeper->engine->read;
    struct wb_error err = {0};
    struct wb_snapshot_opts opts = {.n_readers = READERS, .lock_timeout_ms = 60000};
    if (ops->snapshot_begin(keeper, &opts, ret, &err))
        fail_msg("%s", err.text);
    for (int i = 0; i < READERS; i++)
        if (ops->snapshot_join(readers[i], *ret, &err))
            fail_msg("%s", err.text);
    if (ops->snapshot_ready(*ret, a, m, &err))
        fail_msg("%s", err.text);
}

static void all_readers_see_one_moment(const char *user, const char *password) {
    live_mysql_run("CREATE OR REPLACE TABLE account (id int PRIMARY KEY, v bigint NOT NULL)");
    live_mysql_run("CREATE OR REPLACE TABLE moves (id int AUTO_INCREMENT PRIMARY KEY)");
    live_mysql_run("INSERT INTO account VALUES (1, 1000000), (2, 0)");
    struct wb_conn *writer = live_mysql_open(WB_SIDE_TARGET), *readers[READERS];
    struct wb_conn *keeper = live_mysql_open_as(user, password, WB_SIDE_SOURCE);
    for (int i = 0; i < READERS; i++)
        readers[i] = live_mysql_open_as(user, password, WB_SIDE_SOURCE);
    pthread_t thread;
    atomic_store(&writing, true);
    assert_int_equal(pthread_create(&thread, NULL, write_on, writer), 0);
    for (int round = 0; round < ROUNDS; round++) {
        struct wb_arena a = {0};
        struct wb_moment m;
        struct wb_snapshot *s;
        join_all(keeper, readers, &s, &a, &m);
        int64_t moves = read_int(readers[0], "SELECT COUNT(*) FROM moves");
        for (int i = 0; i < READERS; i++) {
            assert_int_equal(read_int(readers[i], "SELECT SUM(v) FROM account"), 1000000);
            assert_int_equal(read_int(readers[i], "SELECT v FROM account WHERE id = 2"), moves);
            assert_int_equal(read_int(readers[i], "SELECT COUNT(*) FROM moves"), moves);
        }
        keeper->engine->read->snapshot_end(s);
        wb_arena_done(&a);
    }
    atomic_store(&writing, false);
    pthread_join(thread, NULL);
    for (int i = 0; i < READERS; i++)
        wb_conn_close(readers[i]);
    wb_conn_close(keeper);
    wb_conn_close(writer);
}

static void case_11_one_moment_by_backup_stage(void **state) {
    (void)state;
    if (!live)
        skip();
    all_readers_see_one_moment("root", NULL);
}

static void case_11_one_moment_by_lock_tables(void **state) {
    (void)state;
    if (!live)
        skip();
    live_mysql_run("CREATE OR REPLACE USER whimbrel_lock@localhost IDENTIFIED BY 'pw'");
    live_mysql_run(
        "GRANT SELECT, LOCK TABLES ON whimbrel_unit_snapshot.* TO whimbrel_lock@localhost");
    all_readers_see_one_moment("whimbrel_lock", "pw");
    live_mysql_run("DROP USER whimbrel_lock@localhost");
}

static void without_rights_one_reader_at_most(void **state) {
    (void)state;
    if (!live)
        skip();
    live_mysql_run("CREATE OR REPLACE USER whimbrel_poor@localhost IDENTIFIED BY 'pw'");
    live_mysql_run("GRANT SELECT ON whimbrel_unit_snapshot.* TO whimbrel_poor@localhost");
    live_mysql_run("CREATE TABLE IF NOT EXISTS moves (id int AUTO_INCREMENT PRIMARY KEY)");
    struct wb_conn *c = live_mysql_open_as("whimbrel_poor", "pw", WB_SIDE_SOURCE);
    struct wb_arena a = {0};
    struct wb_probe p;
    struct wb_error err = {0};
    struct wb_snapshot *s = NULL;
    assert_int_equal(c->engine->probe(c, &a, &p, &err), WB_OK);
    assert_int_equal(p.max_readers, 1);
    assert_int_equal(p.findings.n, 1);
    struct wb_snapshot_opts opts = {.n_readers = 2};
    assert_int_equal(c->engine->read->snapshot_begin(c, &opts, &s, &err), WB_E_PRIVILEGE);
    opts.n_readers = 1;
    struct wb_conn *reader = live_mysql_open_as("whimbrel_poor", "pw", WB_SIDE_SOURCE);
    struct wb_moment m;
    assert_int_equal(c->engine->read->snapshot_begin(c, &opts, &s, &err), WB_OK);
    assert_int_equal(c->engine->read->snapshot_join(reader, s, &err), WB_OK);
    assert_int_equal(c->engine->read->snapshot_ready(s, &a, &m, &err), WB_OK);
    int64_t before = read_int(reader, "SELECT COUNT(*) FROM moves");
    live_mysql_run("INSERT INTO moves VALUES (NULL)");
    assert_int_equal(read_int(reader, "SELECT COUNT(*) FROM moves"), before);
    c->engine->read->snapshot_end(s);
    wb_conn_close(reader);
    wb_conn_close(c);
    wb_arena_done(&a);
    live_mysql_run("DROP USER whimbrel_poor@localhost");
}

/* information_schema hides the columns that a user may not read: they would be left out silently.
 */
static void a_table_granted_in_part_is_refused(void **state) {
    (void)state;
    if (!live)
        skip();
    live_mysql_run("CREATE OR REPLACE TABLE partly (a int PRIMARY KEY, b int, c int)");
    live_mysql_run("CREATE OR REPLACE USER whimbrel_part@localhost IDENTIFIED BY 'pw'");
    live_mysql_run(
        "GRANT SELECT (a, b) ON whimbrel_unit_snapshot.partly TO whimbrel_part@localhost");
    struct wb_conn *c = live_mysql_open_as("whimbrel_part", "pw", WB_SIDE_SOURCE);
    struct wb_snapshot_opts opts = {.n_readers = 1};
    struct wb_snapshot *s = NULL;
    struct wb_error err = {0};
    assert_int_equal(c->engine->read->snapshot_begin(c, &opts, &s, &err), WB_E_PRIVILEGE);
    if (!strstr(err.text, "partly"))
        fail_msg("%s", err.text);
    live_mysql_run("GRANT SELECT (c) ON whimbrel_unit_snapshot.partly TO whimbrel_part@localhost");
    assert_int_equal(c->engine->read->snapshot_begin(c, &opts, &s, &err), WB_OK);
    c->engine->read->snapshot_end(s);
    wb_conn_close(c);
    live_mysql_run("DROP USER whimbrel_part@localhost");
    live_mysql_run("DROP TABLE partly");
}

/* The keeper's metadata locks: a table cannot be emptied or altered under its readers. */
static void case_8_definitions_are_held_still(void **state) {
    (void)state;
    if (!live)
        skip();
    live_mysql_run("CREATE OR REPLACE TABLE moves (id int AUTO_INCREMENT PRIMARY KEY)");
    struct wb_conn *keeper = live_mysql_open(WB_SIDE_SOURCE),
                   *ddl = live_mysql_open(WB_SIDE_TARGET);
    struct wb_conn *readers[READERS];
    for (int i = 0; i < READERS; i++)
        readers[i] = live_mysql_open(WB_SIDE_SOURCE);
    struct wb_arena a = {0};
    struct wb_moment m;
    struct wb_snapshot *s;
    struct wb_error err = {0};
    join_all(keeper, readers, &s, &a, &m);
    assert_int_equal(ddl->engine->exec(ddl, "SET lock_wait_timeout = 1", NULL, &err), WB_OK);
    assert_int_equal(ddl->engine->exec(ddl, "TRUNCATE TABLE moves", NULL, &err), WB_E_LOCK_TIMEOUT);
    keeper->engine->read->snapshot_end(s);
    for (int i = 0; i < READERS; i++)
        wb_conn_close(readers[i]);
    /* the server may need a moment to let go */
    assert_int_equal(ddl->engine->exec(ddl, "SET lock_wait_timeout = 60", NULL, &err), WB_OK);
    assert_int_equal(ddl->engine->exec(ddl, "TRUNCATE TABLE moves", NULL, &err), WB_OK);
    wb_conn_close(ddl);
    wb_conn_close(keeper);
    wb_arena_done(&a);
}

static void fingerprint_tells_of_writes(void **state) {
    (void)state;
    if (!live || strcmp(live_mysql_ask("SELECT @@log_bin"), "1") != 0)
        skip();
    struct wb_conn *keeper = live_mysql_open(WB_SIDE_SOURCE), *readers[READERS];
    struct wb_arena a = {0};
    struct wb_moment m[4];
    struct wb_snapshot *s;
    live_mysql_run("CREATE OR REPLACE TABLE moves (id int AUTO_INCREMENT PRIMARY KEY)");
    for (int i = 0; i < READERS; i++)
        readers[i] = live_mysql_open(WB_SIDE_SOURCE);
    for (int i = 0; i < 4; i++) {
        join_all(keeper, readers, &s, &a, &m[i]);
        keeper->engine->read->snapshot_end(s);
        if (i == 1)
            live_mysql_run("INSERT INTO moves VALUES (NULL)");
        if (i == 2) { /* what keeps itself out of the log is noticed too */
            live_mysql_run("SET sql_log_bin = 0");
            live_mysql_run("INSERT INTO moves VALUES (NULL)");
            live_mysql_run("SET sql_log_bin = 1");
        }
    }
    assert_string_not_equal(m[0].position, "");
    assert_string_not_equal(m[1].fingerprint, m[2].fingerprint);
    assert_string_equal(m[2].position, m[3].position);
    assert_string_not_equal(m[2].fingerprint, m[3].fingerprint);
    for (int i = 0; i < READERS; i++)
        wb_conn_close(readers[i]);
    wb_conn_close(keeper);
    wb_arena_done(&a);
}

static void case_12_untransactional_tables_are_named_or_locked(void **state) {
    (void)state;
    if (!live)
        skip();
    live_mysql_run("CREATE OR REPLACE TABLE old_log (id int) ENGINE=MyISAM");
    struct wb_conn *keeper = live_mysql_open(WB_SIDE_SOURCE),
                   *reader = live_mysql_open(WB_SIDE_SOURCE);
    struct wb_conn *writer = live_mysql_open(WB_SIDE_TARGET);
    struct wb_snapshot_opts opts = {.n_readers = 1};
    struct wb_snapshot *s = NULL;
    struct wb_error err = {0};
    struct wb_arena a = {0};
    struct wb_moment m;
    const struct wb_read_ops *ops = keeper->engine->read;
    assert_int_equal(ops->snapshot_begin(keeper, &opts, &s, &err), WB_E_NOT_TRANSACTIONAL);
    assert_non_null(strstr(err.text, "old_log"));
    opts.lock_tables = true;
    if (ops->snapshot_begin(keeper, &opts, &s, &err) || ops->snapshot_join(reader, s, &err) ||
        ops->snapshot_ready(s, &a, &m, &err))
        fail_msg("%s", err.text);
    assert_int_equal(writer->engine->exec(writer, "SET lock_wait_timeout = 1", NULL, &err), WB_OK);
    assert_int_equal(writer->engine->exec(writer, "INSERT INTO old_log VALUES (1)", NULL, &err),
                     WB_E_LOCK_TIMEOUT);
    ops->snapshot_end(s);
    wb_conn_close(reader);
    assert_int_equal(writer->engine->exec(writer, "SET lock_wait_timeout = 60", NULL, &err), WB_OK);
    assert_int_equal(writer->engine->exec(writer, "INSERT INTO old_log VALUES (1)", NULL, &err),
                     WB_OK);
    wb_conn_close(writer);
    wb_conn_close(keeper);
    wb_arena_done(&a);
    live_mysql_run("DROP TABLE old_log");
}

static void begin_locked(struct wb_conn *keeper, struct wb_conn *reader, struct wb_snapshot **ret) {
    struct wb_snapshot_opts opts = {.n_readers = 1, .lock_tables = true};
    struct wb_error err = {0};
    struct wb_arena a = {0};
    struct wb_moment m;
    const struct wb_read_ops *ops = keeper->engine->read;
    if (ops->snapshot_begin(keeper, &opts, ret, &err) || ops->snapshot_join(reader, *ret, &err) ||
        ops->snapshot_ready(*ret, &a, &m, &err) || ops->snapshot_check(*ret, &err))
        fail_msg("%s", err.text);
    wb_arena_done(&a);
}

/* Neither the locks on definitions nor those on tables without transactions can be lost without a
 * word. */
static void a_lost_session_is_noticed(void **state) {
    (void)state;
    if (!live)
        skip();
    live_mysql_run("CREATE OR REPLACE TABLE old_log (id int) ENGINE=MyISAM");
    for (int lost_holder = 0; lost_holder < 2; lost_holder++) {
        struct wb_conn *keeper = live_mysql_open(WB_SIDE_SOURCE),
                       *reader = live_mysql_open(WB_SIDE_SOURCE);
        struct wb_snapshot *s = NULL;
        struct wb_error err = {0};
        long long keeper_id = read_int(keeper, "SELECT CONNECTION_ID()");
        long long reader_id = read_int(reader, "SELECT CONNECTION_ID()");
        begin_locked(keeper, reader, &s);
        long long id = keeper_id;
        if (lost_holder) /* the next after the readers: the locker came after it */
            id = strtoll(
                live_mysql_ask(
                    "SELECT MIN(ID) FROM information_schema.PROCESSLIST WHERE ID > %lld AND "
                    "DB = 'whimbrel_unit_snapshot'",
                    reader_id),
                NULL, 10);
        assert_true(id > 0);
        live_mysql_run("KILL %lld", id);
        while (
            strcmp(live_mysql_ask(
                       "SELECT COUNT(*) FROM information_schema.PROCESSLIST WHERE ID = %lld", id),
                   "0"))
            ;
        assert_int_equal(keeper->engine->read->snapshot_check(s, &err), WB_E_LOST);
        assert_non_null(strstr(err.text, lost_holder ? "without transactions" : "definitions"));
        keeper->engine->read->snapshot_end(s);
        wb_conn_close(reader);
        wb_conn_close(keeper);
    }
    live_mysql_run("DROP TABLE old_log");
}

static void a_lock_timeout_names_who_is_in_the_way(void **state) {
    (void)state;
    if (!live)
        skip();
    live_mysql_run("CREATE OR REPLACE TABLE moves (id int AUTO_INCREMENT PRIMARY KEY)");
    struct wb_conn *keeper = live_mysql_open(WB_SIDE_SOURCE),
                   *other = live_mysql_open(WB_SIDE_TARGET);
    struct wb_error err = {0};
    struct wb_snapshot *s = NULL;
    assert_int_equal(other->engine->exec(other, "LOCK TABLES moves WRITE", NULL, &err), WB_OK);
    struct wb_snapshot_opts opts = {.n_readers = 2, .lock_timeout_ms = 1000};
    assert_int_equal(keeper->engine->read->snapshot_begin(keeper, &opts, &s, &err),
                     WB_E_LOCK_TIMEOUT);
    char id[32];
    snprintf(id, sizeof id, "connection %lld of root",
             (long long)read_int(other, "SELECT CONNECTION_ID()"));
    if (!strstr(err.text, id))
        fail_msg("%s does not name %s", err.text, id);
    wb_conn_close(other);
    wb_conn_close(keeper);
}

/* ------------------------------------------------------------------------------------------ ranges
 */

/* Read all ranges and compare count and sum with the table's own; no range may be much larger than
 * asked. */
static void check_split(const char *table, uint64_t chunk_rows, size_t least_ranges) {
    struct wb_conn *c = live_mysql_open(WB_SIDE_SOURCE);
    struct wb_catalog catalog = describe(c);
    struct wb_table *t = wb_catalog_find_table(&catalog, NULL, table);
    struct wb_error err = {0};
    struct wb_arena a = {0};
    struct wb_range *ranges;
    size_t n;
    uint64_t rows = 0, biggest = 0;
    if (c->engine->read->split(c, t, chunk_rows, &a, &ranges, &n, &err))
        fail_msg("%s: %s", table, err.text);
    assert_true(n >= least_ranges);
    if (n > 1) {
        assert_null(ranges[0].lower);
        assert_null(ranges[n - 1].upper);
    }
    struct wb_batch b;
    wb_batch_init(&b, 1, 1000, 1 << 20);
    for (size_t i = 0; i < n; i++) {
        uint32_t column = (uint32_t)wb_table_find_column(t, "n");
        struct wb_read_spec spec = {
            .table = t, .columns = &column, .n_columns = 1, .range = ranges[i]};
        struct wb_cursor *cur;
        uint64_t before = rows;
        if (i)
            assert_string_equal(ranges[i].lower, ranges[i - 1].upper);
        if (c->engine->read->open(c, &spec, &cur, &err))
            fail_msg("%s: %s", table, err.text);
        do {
            if (c->engine->read->next(cur, &b, &err))
                fail_msg("%s: %s", table, err.text);
            rows += b.n_rows;
        } while (b.n_rows);
        c->engine->read->done(cur);
        biggest = rows - before > biggest ? rows - before : biggest;
    }
    wb_batch_done(&b);
    assert_int_equal(rows, strtoull(live_mysql_ask("SELECT COUNT(*) FROM %s", table), NULL, 10));
    assert_int_equal(rows,
                     strtoull(live_mysql_ask("SELECT COUNT(DISTINCT n) FROM %s", table), NULL, 10));
    if (n > 1 && biggest > chunk_rows * 3)
        fail_msg("%s: a range holds %llu rows", table, (unsigned long long)biggest);
    wb_catalog_done(&catalog);
    wb_arena_done(&a);
    wb_conn_close(c);
}

static void ranges_tile_every_kind_of_key(void **state) {
    (void)state;
    if (!live)
        skip();
    static const struct {
        const char *type, *value;
    } keys[] = {
        {"int", "CAST(seq AS SIGNED) - 10000"},
        {"bigint unsigned", "18446744073709551615 - seq"},
        {"bigint", "CAST(seq AS SIGNED) * 400000000000000 - 4000000000000000000"},
        {"varchar(40) CHARACTER SET utf8mb4", "CONCAT(IF(seq % 2, 'É', 'e'), seq)"},
        {"varchar(40) CHARACTER SET latin1 COLLATE latin1_bin", "CONCAT('ü', MD5(seq))"},
        {"varbinary(40)", "UNHEX(MD5(seq))"},
        {"uuid", "INSERT(INSERT(INSERT(INSERT(MD5(seq), 9, 0, '-'), 14, 1, '-4'), 19, 1, '-8'), "
                 "24, 0, '-')"},
        {"datetime(6)", "'2020-01-01' + INTERVAL seq SECOND"},
        {"timestamp(3)", "'2020-01-01' + INTERVAL seq SECOND"},
        {"varchar(40) CHARACTER SET utf8mb4", "CONCAT(seq, '?')"},
        {"varchar(40) CHARACTER SET ucs2", "CONCAT('é?', seq)"},
        {"varchar(40) CHARACTER SET gbk", "CONCAT(seq, '中?')"},
        {"date", "'0001-01-01' + INTERVAL seq DAY"},
        {"decimal(20,5)", "seq / 3"},
    };
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        live_mysql_run("CREATE OR REPLACE TABLE k%zu (k %s PRIMARY KEY, n int)", i, keys[i].type);
        live_mysql_run("INSERT INTO k%zu SELECT %s, seq FROM seq_1_to_20000", i, keys[i].value);
        live_mysql_run("ANALYZE TABLE k%zu", i);
        char name[16];
        snprintf(name, sizeof name, "k%zu", i);
        check_split(name, 2000, 5);
        live_mysql_run("DROP TABLE k%zu", i);
    }
}

/* Numbers below 100 are years of this century or the last to the server, and 0000 is a year as
 * well. */
static void years_tile(void **state) {
    (void)state;
    if (!live)
        skip();
    live_mysql_run("CREATE OR REPLACE TABLE years (k year PRIMARY KEY, n int)");
    live_mysql_run("INSERT INTO years SELECT seq, seq FROM seq_1901_to_2155");
    live_mysql_run("INSERT INTO years VALUES ('0000', 0)");
    live_mysql_run("ANALYZE TABLE years");
    check_split("years", 10, 10);
    live_mysql_run("CREATE OR REPLACE TABLE years (k year, j int, n int, PRIMARY KEY (k, j))");
    live_mysql_run("INSERT INTO years SELECT IF(MOD(seq, 4), 1970 + MOD(seq, 60), '0000'), seq, "
                   "seq FROM seq_1_to_20000");
    live_mysql_run("ANALYZE TABLE years");
    check_split("years", 2000, 5);
}

/* Half a surrogate pair is '?' in utf8mb4, which is another key: no bound can be made of it. */
static void keys_without_a_text_are_left_together(void **state) {
    (void)state;
    if (!live)
        skip();
    live_mysql_run("CREATE OR REPLACE TABLE halves (k varchar(20) CHARACTER SET ucs2 COLLATE "
                   "ucs2_bin PRIMARY KEY, n int)");
    live_mysql_run("INSERT INTO halves SELECT CONCAT('?', seq), seq FROM seq_1_to_5000");
    live_mysql_run("INSERT INTO halves SELECT CONCAT(_ucs2 x'D800', CONVERT(seq USING ucs2)), seq "
                   "FROM seq_5001_to_6500");
    live_mysql_run("ANALYZE TABLE halves");
    check_split("halves", 1000, 4);
}

static void skewed_and_odd_tables(void **state) {
    (void)state;
    if (!live)
        skip();
    live_mysql_run("CREATE OR REPLACE TABLE skew (k bigint unsigned PRIMARY KEY, n int)");
    live_mysql_run("INSERT INTO skew SELECT seq, seq FROM seq_1_to_15000");
    live_mysql_run(
        "INSERT INTO skew SELECT 18446744073709551615 - seq, 20000 + seq FROM seq_0_to_5000");
    live_mysql_run("ANALYZE TABLE skew");
    check_split("skew", 2000, 5);
    live_mysql_run("CREATE OR REPLACE TABLE skew (k varchar(9), j int, n int, PRIMARY KEY (k, j))");
    live_mysql_run(
        "INSERT INTO skew SELECT IF(seq < 15000, 'same', seq), seq, seq FROM seq_1_to_20000");
    live_mysql_run("ANALYZE TABLE skew");
    check_split("skew", 7000, 2);
    live_mysql_run("CREATE OR REPLACE TABLE skew (n int)");
    live_mysql_run("INSERT INTO skew SELECT seq FROM seq_1_to_20000");
    check_split("skew", 100, 1);
    live_mysql_run("CREATE OR REPLACE TABLE skew (k int PRIMARY KEY, n int)");
    check_split("skew", 100, 1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(case_11_one_moment_by_backup_stage),
        cmocka_unit_test(case_11_one_moment_by_lock_tables),
        cmocka_unit_test(without_rights_one_reader_at_most),
        cmocka_unit_test(a_table_granted_in_part_is_refused),
        cmocka_unit_test(case_8_definitions_are_held_still),
        cmocka_unit_test(fingerprint_tells_of_writes),
        cmocka_unit_test(case_12_untransactional_tables_are_named_or_locked),
        cmocka_unit_test(a_lost_session_is_noticed),
        cmocka_unit_test(a_lock_timeout_names_who_is_in_the_way),
        cmocka_unit_test(ranges_tile_every_kind_of_key),
        cmocka_unit_test(years_tile),
        cmocka_unit_test(keys_without_a_text_are_left_together),
        cmocka_unit_test(skewed_and_odd_tables),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
