/* Opening, looking, plain statements, quoting, errors, canceling. */
#include "conformance/kit.h"

#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

static void an_empty_database_is_described_as_empty(void **state) {
    struct kit *k = *state;
    struct wb_catalog cat;
    struct wb_describe_opts opts = {0};
    struct wb_conn *c = kit_open(k, WB_SIDE_SOURCE);
    kit_ok(k, k->engine->describe(c, &opts, &cat, &k->err));
    assert_int_equal(cat.n_tables, 0);
    assert_string_equal(cat.engine, k->engine->name);
    wb_catalog_done(&cat);
}

static void a_probe_is_the_same_again(void **state) {
    struct kit *k = *state;
    struct wb_probe one, two;
    struct wb_conn *c = kit_open(k, WB_SIDE_SOURCE), *d = kit_open(k, WB_SIDE_TARGET);
    kit_ok(k, k->engine->probe(c, &k->arena, &one, &k->err));
    kit_ok(k, k->engine->probe(d, &k->arena, &two, &k->err));
    assert_true(strlen(one.identity) > 0);
    assert_string_equal(one.identity, two.identity);
    struct wb_database_id id = {.standby = true};
    kit_ok(k, k->engine->identify(c, &k->arena, &id, &k->err));
    assert_string_equal(id.id, one.identity);
    assert_false(id.standby);
    assert_true(strlen(one.product) > 0 && strlen(one.version) > 0);
    assert_true(one.version_num > 0 && one.max_writers > 0 && one.max_readers > 0);
}

static void affected_rows_are_those_found(void **state) {
    struct kit *k = *state;
    struct wb_conn *c = kit_open(k, WB_SIDE_TARGET);
    const struct kit_column columns[] = {{"id", kit_int(8), true}, {"v", kit_int(4), false}};
    uint64_t n = 0;
    kit_make(k, c, "t", columns, 2, 1);
    kit_ok(k, kit_try(k, c, "INSERT INTO @t@ VALUES (1, 5), (2, 6), (3, 7)", &n));
    assert_int_equal(n, 3);
    kit_ok(k, kit_try(k, c, "UPDATE @t@ SET v = 5 WHERE id < 3",
                      &n)); /* one of the two has it already */
    assert_int_equal(n, 2);
    kit_ok(k, kit_try(k, c, "DELETE FROM @t@ WHERE id > 1", &n));
    assert_int_equal(n, 2);
    kit_ok(k, kit_try(k, c, "DELETE FROM @t@ WHERE id > 1", &n));
    assert_int_equal(n, 0);
}

static void values_come_as_text(void **state) {
    struct kit *k = *state;
    struct wb_conn *c = kit_open(k, WB_SIDE_TARGET);
    struct wb_rows rows;
    kit_ok(k, k->engine->query(c, "SELECT 1, NULL, 'x' UNION ALL SELECT 2, 'y', '' ORDER BY 1",
                               &k->arena, &rows, &k->err));
    assert_int_equal(rows.n_rows, 2);
    assert_int_equal(rows.n_columns, 3);
    assert_string_equal(rows.values[0][0], "1");
    assert_null(rows.values[0][1]);
    assert_string_equal(rows.values[1][1], "y");
    assert_string_equal(rows.values[1][2], "");
}

static const char *const odd_names[] = {"select",      "a b", "it's",  "say \"hi\"",   "back`tick",
                                        "back\\slash", "%s",  "größe", "semi;colon--", "UPPER"};

static void names_go_there_and_back(void **state) {
    struct kit *k = *state;
    struct wb_conn *c = kit_open(k, WB_SIDE_TARGET);
    enum { N = sizeof odd_names / sizeof *odd_names };
    struct kit_column columns[N];
    for (size_t i = 0; i < N; i++)
        columns[i] = (struct kit_column){odd_names[i], kit_int(8), i == 0};
    kit_make(k, c, "odd \"`'\\ table", columns, N, 1);
    const struct wb_table *t = kit_described(k, c, "odd \"`'\\ table");
    assert_int_equal(t->n_columns, N);
    for (size_t i = 0; i < N; i++)
        assert_string_equal(t->columns[i].name, odd_names[i]);
}

static void literals_go_there_and_back(void **state) {
    struct kit *k = *state;
    struct wb_conn *c = kit_open(k, WB_SIDE_TARGET);
    static const char *const texts[] = {
        "", "it's", "\"", "\\", "\\'", "a\\nb", "line\nbreak\r\t", "%s", "größe 😀", "''", "\x1a"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        WB_CLEANUP_BUF struct wb_buf sql = {0};
        struct wb_rows rows;
        wb_buf_adds(&sql, "SELECT ");
        k->engine->quote_text(&sql, texts[i], strlen(texts[i]));
        kit_ok(k, k->engine->query(c, wb_buf_str(&sql), &k->arena, &rows, &k->err));
        assert_string_equal(rows.values[0][0], texts[i]);
    }
}

static void errors_have_their_class(void **state) {
    struct kit *k = *state;
    struct wb_conn *c = kit_open(k, WB_SIDE_TARGET);
    const struct kit_column columns[] = {{"id", kit_int(8), true}};
    kit_make(k, c, "t", columns, 1, 1);
    assert_int_equal(kit_try(k, c, "SELEKT 1", NULL), WB_E_SQL);
    assert_true(strlen(k->err.text) > 0);
    assert_int_equal(kit_try(k, c, "DELETE FROM @missing@", NULL), WB_E_NOT_FOUND);
    kit_exec(k, c, "INSERT INTO @t@ VALUES (1)");
    assert_int_equal(kit_try(k, c, "INSERT INTO @t@ VALUES (1)", NULL), WB_E_CONSTRAINT);
    assert_string_equal(kit_value(k, c, "SELECT count(*) FROM @t@"), "1"); /* and it goes on */
}

struct waiter {
    struct kit *k;
    struct wb_conn *c;
    atomic_int done;
    enum wb_code code;
};

static void *work_for_long(void *arg) {
    struct waiter *w = arg;
    w->code = w->c->engine->exec(
        w->c,
        "SELECT count(*) FROM t a, t b, t c, t d, t e, t f WHERE a.id + b.id + c.id + d.id + "
        "e.id + f.id < 0",
        NULL, NULL);
    atomic_store(&w->done, 1);
    return NULL;
}

static void cancel_ends_a_long_statement(void **state) {
    struct kit *k = *state;
    const struct kit_column columns[] = {{"id", kit_int(8), true}};
    struct waiter w = {.k = k, .c = kit_open(k, WB_SIDE_TARGET)};
    struct wb_batch b;
    struct wb_table *t = kit_make(k, w.c, "t", columns, 1, 1);
    wb_batch_init(&b, 1, 500, 1 << 20);
    for (int64_t i = 0; i < 500; i++)
        *wb_batch_add_row(&b) = wb_cell_int(i);
    kit_load(k, w.c, t, &b);
    wb_batch_done(&b);
    pthread_t thread;
    pthread_create(&thread, NULL, work_for_long, &w);
    while (!atomic_load(&w.done)) /* it may not have begun yet: ask until it has ended */
        k->engine->cancel(w.c);
    pthread_join(thread, NULL);
    assert_int_not_equal(w.code, WB_OK);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        KIT_TEST(an_empty_database_is_described_as_empty),
        KIT_TEST(a_probe_is_the_same_again),
        KIT_TEST(affected_rows_are_those_found),
        KIT_TEST(values_come_as_text),
        KIT_TEST(names_go_there_and_back),
        KIT_TEST(literals_go_there_and_back),
        KIT_TEST(errors_have_their_class),
        KIT_TEST(cancel_ends_a_long_statement),
    };
    return kit_run("basics", tests, sizeof tests / sizeof *tests);
}
