/* Two tables of a SQLite file, compared by a mapping: what scenario/run_compared.sh, which asks all
 * engines, cannot easily bring about. */
#include "builtin/builtin.h"
#include "engine/registry.h"
#include "mapping/compare.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

struct world {
    char path[64];
    struct wb_arena a;
    struct wb_url url;
    struct wb_conn *c;
    struct wb_error err;
};

static struct world w;

static int set_up(void **state) {
    char url[80];
    struct wb_open_opts opts = {.side = WB_SIDE_TARGET, .purpose = WB_TO_WORK};
    (void)state;
    w = (struct world){.path = "/tmp/wb.mapping.XXXXXX"};
    int fd = mkstemp(w.path);
    if (fd < 0)
        return -1;
    close(fd);
    snprintf(url, sizeof url, "sqlite:%s", w.path);
    return wb_url_parse(url, &w.a, &w.url, &w.err) || wb_registry_open(&w.url, &opts, &w.c, &w.err);
}

static int tear_down(void **state) {
    (void)state;
    wb_conn_close(w.c);
    wb_arena_done(&w.a);
    return unlink(w.path);
}

static void sql(const char *text) {
    if (w.c->engine->exec(w.c, text, NULL, &w.err))
        fail_msg("%s", w.err.text);
}

static struct wb_plan_join_column columns[] = {{.from = "id", .to = "old_id"},
                                               {.from = "x", .to = "y", .compared = true}};
static const struct wb_plan_join join = {
    .from = "a", .to = "b", .columns = columns, .n_columns = 2};

static struct wb_mapping_result compare(uint64_t sample_rows) {
    struct wb_mapping_result r = {0};
    const struct wb_mapping_opts opts = {.sample_rows = sample_rows};
    if (wb_mapping_compare(w.c, &join, &opts, &w.a, &r, &w.err))
        fail_msg("%s", w.err.text);
    return r;
}

#define MANY "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 50000) "

/* Text as a key: parts of it, and a key that is NULL, which SQLite allows. */
static void compares_every_row_of_every_part(void **state) {
    (void)state;
    sql("CREATE TABLE a (id TEXT PRIMARY KEY, x)");
    sql("CREATE TABLE b (old_id TEXT UNIQUE COLLATE NOCASE, y)");
    sql("INSERT INTO a " MANY "SELECT 'k''' || i, i FROM n");
    sql("INSERT INTO b SELECT * FROM a");
    struct wb_mapping_result r = compare(0);
    assert_true(wb_mapping_is_equal(&r));
    assert_int_equal(r.rows, 50000);
    assert_int_equal(r.new_rows, 50000);
    sql("INSERT INTO a VALUES (NULL, 1), (NULL, 2)");
    sql("INSERT INTO b VALUES (NULL, 1)");
    sql("UPDATE b SET y = NULL WHERE y % 10000 = 0");
    r = compare(0);
    assert_false(wb_mapping_is_equal(&r));
    assert_int_equal(r.rows, 50002);
    assert_int_equal(r.new_rows, 50001);
    assert_int_equal(r.changed.rows, 5);
    assert_int_equal(r.columns[0].rows, 5);
    assert_int_equal(r.missing.rows, 2);
    assert_int_equal(r.extra.rows, 1);
    assert_int_equal(r.changed.n_keys, 0); /* text may be somebody's name */
}

/* 1 is the same as 1.0, but not as '1'; a collation of the column does not count. */
static void compares_values_as_they_are(void **state) {
    (void)state;
    sql("CREATE TABLE a (id INTEGER PRIMARY KEY, x COLLATE NOCASE)");
    sql("CREATE TABLE b (old_id INTEGER PRIMARY KEY, y COLLATE NOCASE)");
    sql("INSERT INTO a VALUES (1, 1), (2, '1'), (3, 'a'), (4, NULL), (5, x'61'), (6, '')");
    sql("INSERT INTO b VALUES (1, 1.0), (2, 1), (3, 'A'), (4, NULL), (5, 'a'), (6, NULL)");
    for (uint64_t sample = 0; sample < 20; sample += 10) {
        struct wb_mapping_result r = compare(sample);
        assert_int_equal(r.rows, 6);
        assert_int_equal(r.changed.rows, 4);
        assert_int_equal(r.changed.n_keys, 3);
        assert_string_equal(r.changed.keys[0], "2");
        assert_string_equal(r.changed.keys[1], "3");
        assert_string_equal(r.changed.keys[2], "5");
    }
}

/* Each row of a sample is another one, and in the end all are met. */
static void chooses_among_all_rows(void **state) {
    bool met[10] = {false};
    size_t n = 0;
    (void)state;
    sql("CREATE TABLE a (id INTEGER PRIMARY KEY, x)");
    sql("CREATE TABLE b (old_id INTEGER PRIMARY KEY, y)");
    sql("INSERT INTO a VALUES (0, 1), (1, 1), (2, 1), (3, 1), (4, 1), (5, 1), (6, 1), (7, 1)");
    sql("INSERT INTO b SELECT id, 2 FROM a");
    for (unsigned i = 0; i < 10000 && n < 8; i++) {
        struct wb_mapping_result r = compare(2);
        assert_int_equal(r.rows, 2);
        assert_int_equal(r.new_rows, 2);
        assert_int_equal(r.changed.rows, 2);
        for (size_t k = 0; k < 2; k++) {
            bool *at = &met[r.changed.keys[k][0] - '0'];
            n += !*at;
            *at = true;
        }
    }
    assert_int_equal(n, 8);
}

static void tells_what_is_not_there(void **state) {
    struct wb_mapping_result r;
    const struct wb_mapping_opts opts = {0};
    (void)state;
    assert_int_equal(wb_mapping_compare(w.c, &join, &opts, &w.a, &r, &w.err), WB_E_NOT_FOUND);
    sql("CREATE TABLE a (id INTEGER, x)");
    sql("CREATE TABLE b (old_id INTEGER PRIMARY KEY, z)");
    assert_int_equal(wb_mapping_compare(w.c, &join, &opts, &w.a, &r, &w.err), WB_E_PLAN);
    assert_non_null(strstr(w.err.text, "carries no key of a"));
    sql("DROP TABLE a");
    sql("CREATE TABLE a (id INTEGER PRIMARY KEY, x)");
    assert_int_equal(wb_mapping_compare(w.c, &join, &opts, &w.a, &r, &w.err), WB_E_PLAN);
    assert_non_null(strstr(w.err.text, "the column y of the mapping is not in the table b"));
}

static void ends_when_it_is_asked_to(void **state) {
    struct wb_cancel cancel = {0};
    struct wb_mapping_result r;
    const struct wb_mapping_opts opts = {.cancel = &cancel};
    (void)state;
    sql("CREATE TABLE a (id INTEGER PRIMARY KEY, x)");
    sql("CREATE TABLE b (old_id INTEGER PRIMARY KEY, y)");
    wb_cancel_request(&cancel, 2);
    assert_int_equal(wb_mapping_compare(w.c, &join, &opts, &w.a, &r, &w.err), WB_E_CANCELED);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(compares_every_row_of_every_part, set_up, tear_down),
        cmocka_unit_test_setup_teardown(compares_values_as_they_are, set_up, tear_down),
        cmocka_unit_test_setup_teardown(chooses_among_all_rows, set_up, tear_down),
        cmocka_unit_test_setup_teardown(tells_what_is_not_there, set_up, tear_down),
        cmocka_unit_test_setup_teardown(ends_when_it_is_asked_to, set_up, tear_down),
    };
    wb_builtin_register();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
