/* Which types the server digests, and that neither the database's encoding nor the number of
 * columns has a say in the digest. */
#include "unit/engines/postgres/live_postgres.h"

#include "model/digest.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

static bool live;

static int start(void **state) {
    (void)state;
    live = live_postgres_start("whimbrel_unit_canonical");
    return 0;
}

static int stop(void **state) {
    (void)state;
    live_postgres_stop();
    return 0;
}

static void expect(const char *native, const char *as, bool want) {
    struct wb_arena a = {0};
    struct wb_column c = {.name = "v"};
    struct wb_type to;
    struct wb_table t = {.name = "t", .columns = &c, .n_columns = 1};
    struct wb_error err = {0};
    const struct wb_engine *e = &wb_engine_postgres;
    assert_int_equal(e->ddl->parse_type(native, &a, &c.type, &err), WB_OK);
    assert_int_equal(e->ddl->parse_type(as, &a, &to, &err), WB_OK);
    if (e->verify->canonical(&t, 0, &to) != want)
        fail_msg("%s as %s: expected %d", native, as, want);
    wb_arena_done(&a);
}

static void pairs_of_types(void **state) {
    (void)state;
    expect("boolean", "smallint", true);
    expect("bigint", "numeric", true);
    expect("bigint", "text", false);
    expect("real", "real", false);
    expect("double precision", "numeric", false);
    expect("text", "varchar(3)", true);
    expect("char(5)", "char(5)", true);
    expect("char(5)", "char(6)", false);
    expect("char(5)", "varchar(5)", false);
    expect("bit(3)", "bit(3)", true);
    expect("bit(3)", "bit varying", false);
    expect("timestamp", "timestamptz", true);
    expect("date", "timestamp", false);
    expect("json", "json", true);
    expect("json", "jsonb", false);
    expect("text[]", "varchar(3)[]", true);
    expect("integer[]", "integer[]", true);
    expect("integer[]", "bigint[]", true);
    expect("real[]", "real[]", false);
    expect("text[]", "integer[]", false);
    expect("inet", "inet", true);
    expect("xml", "xml", false);
    expect("point", "point", false);
}

static struct wb_digest digest_of(struct wb_conn *c, const char *table) {
    struct wb_catalog catalog;
    struct wb_error err = {0};
    struct wb_digest d = {0};
    assert_int_equal(c->engine->describe(c, &(struct wb_describe_opts){0}, &catalog, &err), 0);
    const struct wb_table *t = wb_catalog_find_table(&catalog, NULL, table);
    assert_non_null(t);
    uint32_t *columns = calloc(t->n_columns, sizeof *columns);
    const struct wb_type **types = calloc(t->n_columns, sizeof *types);
    for (uint32_t i = 0; i < t->n_columns; i++) {
        columns[i] = i;
        types[i] = &t->columns[i].type;
    }
    struct wb_server_digest_spec spec = {
        .table = t, .columns = columns, .as = types, .n_columns = t->n_columns};
    if (c->engine->verify->digest(c, &spec, &d, &err))
        fail_msg("%s", err.text);
    free(columns);
    free(types);
    wb_catalog_done(&catalog);
    return d;
}

static void an_encoding_makes_no_difference(void **state) {
    (void)state;
    if (!live)
        skip();
    static const char make[] = "CREATE TABLE e (id int, v text); INSERT INTO e VALUES (1, 'größe')";
    struct wb_url url;
    struct wb_arena a = {0};
    struct wb_error err = {0};
    struct wb_open_opts opts = {.side = WB_SIDE_TARGET};
    struct wb_conn *utf8 = live_postgres_open(WB_SIDE_TARGET), *latin1 = NULL;
    live_postgres_run("DROP DATABASE IF EXISTS whimbrel_unit_latin1");
    live_postgres_run("CREATE DATABASE whimbrel_unit_latin1 ENCODING 'LATIN1' LC_COLLATE 'C' "
                      "LC_CTYPE 'C' TEMPLATE template0");
    assert_int_equal(wb_url_parse(getenv("WB_PG_URL"), &a, &url, &err), WB_OK);
    url.database = wb_arena_strdup(&a, "whimbrel_unit_latin1");
    if (wb_engine_postgres.open(&url, &opts, &latin1, &err) ||
        wb_engine_postgres.exec(latin1, make, NULL, &err) ||
        wb_engine_postgres.exec(utf8, make, NULL, &err))
        fail_msg("%s", err.text);
    struct wb_digest one = digest_of(utf8, "e"), other = digest_of(latin1, "e");
    wb_conn_close(utf8);
    wb_conn_close(latin1);
    live_postgres_run("DROP DATABASE whimbrel_unit_latin1");
    wb_arena_done(&a);
    assert_int_equal(one.rows, 1);
    assert_true(wb_digest_equal(&one, &other));
}

/* As many columns as a table may have. */
static void wide_rows_have_a_digest(void **state) {
    (void)state;
    WB_CLEANUP_BUF struct wb_buf sql = {0};
    if (!live)
        skip();
    wb_buf_adds(&sql, "CREATE TABLE wide (c0 int");
    for (int i = 1; i < 1600; i++)
        wb_buf_addf(&sql, ", c%d int", i);
    wb_buf_adds(&sql, "); INSERT INTO wide (c1599) VALUES (1)");
    live_postgres_run(wb_buf_str(&sql));
    struct wb_conn *c = live_postgres_open(WB_SIDE_SOURCE);
    struct wb_digest before = digest_of(c, "wide");
    live_postgres_run("UPDATE wide SET c1599 = 2");
    struct wb_digest after = digest_of(c, "wide");
    wb_conn_close(c);
    assert_int_equal(before.rows, 1);
    assert_false(wb_digest_equal(&before, &after));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pairs_of_types),
        cmocka_unit_test(an_encoding_makes_no_difference),
        cmocka_unit_test(wide_rows_have_a_digest),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
