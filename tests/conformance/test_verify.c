/* What verification asks of an engine: literals, positions, timeouts, digests by the server. */
#include "conformance/values.h"

#include "base/buf.h"
#include "base/clock.h"
#include "base/str.h"
#include "model/digest.h"

#include <limits.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

enum { PATIENCE_US = 20000000 };

/* ------------------------------------------------------------------------------------- literals */

static const struct wb_type integer = {.kind = WB_KIND_INT, .size_bytes = 4, .native = "integer"};

#define K(name, ...) \
    { .kind = WB_KIND_##name, ##__VA_ARGS__ }
static const struct wb_type every_type[] = {
    K(ANY, .native = ""),
    K(BOOL),
    K(INT, .size_bytes = 1),
    K(INT, .size_bytes = 2),
    K(INT, .size_bytes = 3),
    K(INT, .size_bytes = 4),
    K(INT, .size_bytes = 8),
    K(UINT, .size_bytes = 1),
    K(UINT, .size_bytes = 2),
    K(UINT, .size_bytes = 3),
    K(UINT, .size_bytes = 4),
    K(UINT, .size_bytes = 8),
    K(DECIMAL, .precision = 5, .scale = 2),
    K(DECIMAL, .precision = 65, .scale = 30),
    K(DECIMAL, .precision = 10, .scale = 10),
    K(DECIMAL),
    K(FLOAT, .size_bytes = 4),
    K(FLOAT, .size_bytes = 8),
    K(YEAR),
    K(BIT, .length = 1, .fixed = true),
    K(BIT, .length = 10, .fixed = true),
    K(BIT, .length = 64, .fixed = true),
    K(BIT, .length = 70),
    K(TEXT, .length = 60, .collation_flags = WB_COLL_BINARY),
    K(TEXT, .collation_flags = WB_COLL_BINARY),
    K(BYTES),
    K(BYTES, .length = 255),
    K(BYTES, .length = 16, .fixed = true),
    K(JSON),
    K(JSON, .binary_json = true),
    K(UUID),
    K(ENUM, .labels = kit_labels, .n_labels = 4),
    K(SET, .labels = kit_set_labels, .n_labels = 3),
    K(DATE),
    K(TIME),
    K(TIME, .fraction_digits = 6),
    K(INTERVAL, .fraction_digits = 6),
    K(TIMESTAMP),
    K(TIMESTAMP, .fraction_digits = 3),
    K(TIMESTAMP, .fraction_digits = 6),
    K(TIMESTAMPTZ),
    K(TIMESTAMPTZ, .fraction_digits = 6),
    K(INET),
    K(GEOMETRY),
    K(XML),
    K(ARRAY, .elem = &integer, .native = "integer[]"),
};

static void fill(struct wb_batch *b, const struct kit_values *v) {
    wb_batch_init(b, 2, KIT_MAX_VALUES, 1 << 30);
    for (uint32_t i = 0; i < v->n; i++) {
        struct wb_cell *row = wb_batch_add_row(b);
        row[0] = wb_cell_int(i);
        row[1] = v->cells[i];
    }
}

static bool add_literal(struct kit *k, struct wb_buf *to, const struct wb_table *t,
                        const struct wb_cell *cell) {
    return k->engine->verify->literal(to, &t->columns[1].type, cell);
}

static void add_name(struct kit *k, struct wb_buf *to, const struct wb_table *t) {
    wb_engine_quote_table(k->engine, to, t->schema, t->name);
}

/* The ids of all rows for which column = literal holds: "3", or "3 4 ". */
static const char *find(struct kit *k, struct wb_conn *c, const struct wb_table *t,
                        const struct wb_cell *cell) {
    WB_CLEANUP_BUF struct wb_buf sql = {0}, found = {0};
    struct wb_rows rows = {0};
    wb_buf_adds(&sql, "SELECT id FROM ");
    add_name(k, &sql, t);
    wb_buf_adds(&sql, " WHERE v = ");
    assert_true(add_literal(k, &sql, t, cell));
    wb_buf_adds(&sql, " ORDER BY id");
    k->err = (struct wb_error){0};
    if (k->engine->query(c, wb_buf_str(&sql), &k->arena, &rows, &k->err))
        return k->err.text;
    for (size_t i = 0; i < rows.n_rows; i++)
        wb_buf_addf(&found, "%s%s", i ? " " : "", rows.values[i][0]);
    return wb_arena_strdup(&k->arena, wb_buf_str(&found));
}

/* The ids of all values equal to the one at i, as find() should give them. */
static const char *equals(struct kit *k, const struct wb_type *t, const struct kit_values *v,
                          uint32_t i) {
    WB_CLEANUP_BUF struct wb_buf want = {0}, is = {0}, ids = {0};
    wb_canon_cell(&want, t, &v->cells[i]);
    for (uint32_t j = 0; j < v->n; j++) {
        wb_buf_reset(&is);
        wb_canon_cell(&is, t, &v->cells[j]);
        if (want.len == is.len && memcmp(want.data, is.data, is.len) == 0)
            wb_buf_addf(&ids, "%s%u", ids.len ? " " : "", j);
    }
    return wb_arena_strdup(&k->arena, wb_buf_str(&ids));
}

/* Types that some engines do not compare at all. */
static bool may_lack_equality(const struct wb_type *t) {
    return t->kind == WB_KIND_JSON || t->kind == WB_KIND_XML;
}

static void every_literal_finds_its_row(struct kit *k, struct wb_conn *c, const struct wb_table *t,
                                        const struct kit_values *v) {
    const struct wb_type *type = &t->columns[1].type;
    for (uint32_t i = 0; i < v->n; i++) {
        if (v->cells[i].form == WB_FORM_NULL)
            continue;
        const char *want = equals(k, type, v, i), *is = find(k, c, t, &v->cells[i]);
        if (!wb_str_eq(want, is) && !(may_lack_equality(type) && k->err.code == WB_E_SQL))
            fail_msg("%s: %s: value %u: found is %s, not %s", k->engine->name, type->native, i, is,
                     want);
    }
}

/* Of every value with every other; those that lack an equality at least with themselves. */
static void what_differs_is_told(struct kit *k, struct wb_conn *c, const struct wb_table *t,
                                 const struct kit_values *v) {
    const struct wb_type *type = &t->columns[1].type;
    WB_CLEANUP_BUF struct wb_buf sql = {0}, name = {0};
    struct wb_rows rows = {0};
    bool *differs = WB_NEW_N(&k->arena, bool, v->n * v->n + 1);
    add_name(k, &name, t);
    wb_buf_addf(&sql, "SELECT x.id, y.id FROM %s x, %s y WHERE ", wb_buf_str(&name),
                wb_buf_str(&name));
    k->engine->verify->differs(&sql, type, "x.v", "y.v");
    if (k->engine->query(c, wb_buf_str(&sql), &k->arena, &rows, &k->err))
        fail_msg("%s: %s", type->native, k->err.text);
    for (size_t i = 0; i < rows.n_rows; i++)
        differs[strtoul(rows.values[i][0], NULL, 10) * v->n +
                strtoul(rows.values[i][1], NULL, 10)] = true;
    for (uint32_t i = 0; i < v->n; i++)
        for (uint32_t j = 0; j < v->n; j++) {
            WB_CLEANUP_BUF struct wb_buf a = {0}, b = {0};
            bool one_null =
                (v->cells[i].form == WB_FORM_NULL) != (v->cells[j].form == WB_FORM_NULL);
            wb_canon_cell(&a, type, &v->cells[i]);
            wb_canon_cell(&b, type, &v->cells[j]);
            bool other = a.len != b.len || memcmp(a.data, b.data, a.len) != 0;
            if (may_lack_equality(type) && i != j && !one_null)
                continue;
            if (differs[i * v->n + j] != other)
                fail_msg("%s: %s: values %u and %u are told to be %s", k->engine->name,
                         type->native, i, j, other ? "the same" : "different");
        }
}

static void insert_by_literals(struct kit *k, struct wb_conn *c, const struct wb_table *t,
                               const struct kit_values *v) {
    for (uint32_t i = 0; i < v->n; i++) {
        WB_CLEANUP_BUF struct wb_buf sql = {0};
        wb_buf_adds(&sql, "INSERT INTO ");
        add_name(k, &sql, t);
        wb_buf_addf(&sql, " (id, v) VALUES (%u, ", i);
        assert_true(add_literal(k, &sql, t, &v->cells[i]));
        wb_buf_addc(&sql, ')');
        if (k->engine->exec(c, wb_buf_str(&sql), NULL, &k->err))
            fail_msg("%s: value %u: %.300s: %s", t->columns[1].type.native, i, wb_buf_str(&sql),
                     k->err.text);
    }
}

static void read_all(struct kit *k, struct wb_conn *c, const struct wb_table *t, uint32_t n,
                     struct wb_batch *b) {
    wb_batch_init(b, 2, KIT_MAX_VALUES, 1 << 30);
    struct wb_cursor *cur = kit_read(k, c, t, (struct wb_range){WB_RANGE_ALL, NULL, NULL}, 1);
    assert_int_equal(kit_next(k, cur, b), n);
    k->engine->read->done(cur);
}

/* What came by literals is what came by a load. */
static void assert_same_rows(struct kit *k, struct wb_conn *c, const struct wb_table *loaded,
                             const struct wb_table *inserted, uint32_t n) {
    WB_CLEANUP_BUF struct wb_buf want = {0}, is = {0};
    const struct wb_type *type = &loaded->columns[1].type;
    struct wb_batch a, b;
    read_all(k, c, loaded, n, &a);
    read_all(k, c, inserted, n, &b);
    for (uint32_t i = 0; i < n; i++) {
        wb_buf_reset(&want);
        wb_buf_reset(&is);
        wb_canon_cell(&want, type, &wb_batch_row(&a, i)[1]);
        wb_canon_cell(&is, type, &wb_batch_row(&b, i)[1]);
        if (want.len != is.len || memcmp(want.data, is.data, is.len) != 0)
            fail_msg("%s: %s: value %u is stored otherwise by its literal", k->engine->name,
                     type->native, i);
    }
    wb_batch_done(&a);
    wb_batch_done(&b);
}

static void literals_find_and_store_every_value(void **state) {
    struct kit *k = *state;
    struct wb_conn *c = kit_open(k, WB_SIDE_TARGET);
    unsigned made = 0;
    for (size_t i = 0; i < sizeof every_type / sizeof every_type[0]; i++) {
        const struct kit_column columns[] = {{"id", kit_int(8), true}, {"v", every_type[i], false}};
        struct wb_table *loaded =
            kit_try_make(k, c, wb_arena_printf(&k->arena, "a%zu", i), columns, 2, 1);
        struct wb_table *inserted =
            loaded ? kit_make(k, c, wb_arena_printf(&k->arena, "b%zu", i), columns, 2, 1) : NULL;
        if (!loaded)
            continue;
        struct kit_values v = {.k = k};
        struct wb_batch b;
        kit_edges(&v, &loaded->columns[1].type, k->engine->ddl);
        fill(&b, &v);
        kit_load(k, c, loaded, &b);
        wb_batch_done(&b);
        every_literal_finds_its_row(k, c, loaded, &v);
        what_differs_is_told(k, c, loaded, &v);
        insert_by_literals(k, c, inserted, &v);
        assert_same_rows(k, c, loaded, inserted, v.n);
        made++;
    }
    assert_true(made >= 40);
}

/* ------------------------------------------------------------------------------------- position */

static void a_position_moves_with_every_write(void **state) {
    struct kit *k = *state;
    struct wb_conn *c = kit_open(k, WB_SIDE_SOURCE), *writer = kit_open(k, WB_SIDE_TARGET);
    const struct kit_column columns[] = {{"id", kit_int(8), true}};
    struct wb_moment before, after, later;
    kit_make(k, writer, "t", columns, 1, 1);
    kit_ok(k, k->engine->verify->position(c, &k->arena, &before, &k->err));
    assert_true(before.wall_us > 0);
    assert_string_not_equal(before.position, "");
    kit_exec(k, writer, "INSERT INTO @t@ VALUES (1)");
    kit_ok(k, k->engine->verify->position(c, &k->arena, &after, &k->err));
    assert_string_not_equal(before.position, after.position);
    if (*before.fingerprint)
        assert_string_not_equal(before.fingerprint, after.fingerprint);
    for (int i = 0; i < 100; i++) { /* a server writes something of its own now and then */
        kit_ok(k, k->engine->verify->position(c, &k->arena, &later, &k->err));
        if (strcmp(after.position, later.position) == 0)
            break;
        after = later;
    }
    assert_string_equal(after.position, later.position);
}

/* ------------------------------------------------------------------------------------- timeouts */

/* Enough rows that their cross product is never come to the end of. */
static struct wb_table *make_numbers(struct kit *k, struct wb_conn *c) {
    const struct kit_column columns[] = {{"id", kit_int(8), true}};
    struct wb_table *t = kit_make(k, c, "numbers", columns, 1, 1);
    struct wb_batch b;
    wb_batch_init(&b, 1, 2000, 1 << 20);
    for (int64_t i = 1; i <= 2000; i++)
        wb_batch_add_row(&b)[0] = wb_cell_int(i);
    kit_load(k, c, t, &b);
    wb_batch_done(&b);
    return t;
}

static const char endless[] = "SELECT count(*) FROM numbers a, numbers b, numbers c, numbers d "
                              "WHERE a.id + b.id + c.id + d.id < 0";

static void a_statement_ends_when_its_time_is_over(void **state) {
    struct kit *k = *state;
    struct wb_conn *c = kit_open(k, WB_SIDE_TARGET);
    struct wb_rows rows;
    make_numbers(k, c);
    kit_ok(k, k->engine->verify->set_timeout(c, 1000, &k->err));
    assert_int_equal(k->engine->query(c, endless, &k->arena, &rows, &k->err), WB_E_TIMEOUT);
    kit_ok(k, k->engine->verify->set_timeout(c, 0, &k->err));
    assert_string_equal(kit_value(k, c, "SELECT count(*) FROM @numbers@"), "2000");
}

static void a_measured_query_leaves_all_as_it_was(void **state) {
    struct kit *k = *state;
    struct wb_conn *c = kit_open(k, WB_SIDE_TARGET);
    struct wb_rows rows;
    uint64_t n = 0, us = 0;
    make_numbers(k, c);
    kit_ok(k, k->engine->verify->set_timeout(c, 1000, &k->err));
    kit_ok(k, k->engine->verify->measure(c, "SELECT id FROM numbers", 60000, &n, &us, &k->err));
    assert_int_equal(n, 2000);
    assert_int_equal(k->engine->query(c, endless, &k->arena, &rows, &k->err), WB_E_TIMEOUT);
    kit_ok(k, k->engine->verify->set_timeout(c, 0, &k->err));
    k->engine->verify->measure(c, "SELECT 1; COMMIT; DELETE FROM numbers", 0, &n, &us, NULL);
    assert_string_equal(kit_value(k, c, "SELECT count(*) FROM @numbers@"), "2000");
}

static void rows_end_when_their_time_is_over(void **state) {
    struct kit *k = *state;
    struct wb_conn *c = kit_open(k, WB_SIDE_SOURCE), *maker = kit_open(k, WB_SIDE_TARGET);
    static const uint32_t columns[] = {0};
    struct wb_read_spec spec = {.table = make_numbers(k, maker),
                                .columns = columns,
                                .n_columns = 1,
                                .range = {WB_RANGE_ALL, NULL, NULL},
                                .where = "id < 10 OR (SELECT count(*) FROM numbers a, numbers b, "
                                         "numbers c WHERE a.id + b.id + c.id + numbers.id < 0) > 0",
                                .ordered = true};
    struct wb_cursor *cur = NULL;
    struct wb_batch b;
    wb_batch_init(&b, 1, 4, 1 << 20);
    kit_ok(k, k->engine->verify->set_timeout(c, 1000, &k->err));
    enum wb_code code = k->engine->read->open(c, &spec, &cur, &k->err);
    while (!code) {
        code = k->engine->read->next(cur, &b, &k->err);
        assert_true(code || b.n_rows);
    }
    assert_int_equal(code, WB_E_TIMEOUT);
    k->engine->read->done(cur);
    wb_batch_done(&b);
    kit_ok(k, k->engine->verify->set_timeout(c, 0, &k->err));
    assert_string_equal(kit_value(k, c, "SELECT count(*) FROM @numbers@"), "2000");
}

/* A limit must not make a cancel look like its end. */
struct running {
    struct kit *k;
    struct wb_conn *c;
    enum wb_code code;
    atomic_bool done;
};

static void *run_endless(void *ctx) {
    struct running *r = ctx;
    struct wb_arena a = {0};
    struct wb_rows rows;
    struct wb_error err;
    r->code = r->k->engine->query(r->c, endless, &a, &rows, &err);
    wb_arena_done(&a);
    atomic_store(&r->done, true);
    return NULL;
}

static void cancel_until_done(struct running *r) {
    uint64_t give_up_us = wb_clock_monotonic_us() + PATIENCE_US;
    while (!atomic_load(&r->done) && wb_clock_monotonic_us() < give_up_us) {
        r->k->engine->cancel(r->c);
        wb_clock_sleep_ms(5);
    }
}

static void others_at_work_are_seen_and_may_be_canceled(void **state) {
    struct kit *k = *state;
    struct wb_conn *c = kit_open(k, WB_SIDE_TARGET), *other = kit_open(k, WB_SIDE_TARGET);
    struct running r = {.k = k, .c = other};
    struct wb_load_state load = {0};
    pthread_t thread;
    make_numbers(k, c);
    kit_ok(k, k->engine->verify->set_timeout(other, 3600000, &k->err));
    pthread_create(&thread, NULL, run_endless, &r);
    uint64_t give_up_us = wb_clock_monotonic_us() + PATIENCE_US;
    enum wb_code code = WB_OK;
    while (!code && !load.active && wb_clock_monotonic_us() < give_up_us)
        code = k->engine->verify->load_state(c, NULL, 0, &load, &k->err);
    cancel_until_done(&r);
    pthread_join(thread, NULL);
    kit_ok(k, code);
    assert_true(load.active > 0);
    assert_int_equal(load.lag_ms, -1);
    assert_int_equal(r.code, WB_E_CANCELED);
}

/* ------------------------------------------------------------------------------------- digests */

static struct wb_digest digest(struct kit *k, struct wb_conn *c, const struct wb_table *t,
                               struct wb_range range, const char *where) {
    static const uint32_t columns[] = {0, 1, 2};
    const struct wb_type *as[3];
    for (size_t i = 0; i < 3; i++)
        as[i] = &t->columns[i].type;
    struct wb_server_digest_spec spec = {
        .table = t, .columns = columns, .as = as, .n_columns = 3, .range = range, .where = where};
    struct wb_digest d = {0};
    kit_ok(k, k->engine->verify->digest(c, &spec, &d, &k->err));
    return d;
}

static const struct wb_range all = {WB_RANGE_ALL, NULL, NULL};

static struct wb_table *make_texts(struct kit *k, struct wb_conn *c) {
    const struct wb_type text = {.kind = WB_KIND_TEXT, .collation_flags = WB_COLL_BINARY};
    const struct kit_column columns[] = {
        {"id", kit_int(8), true}, {"a", text, false}, {"b", text, false}};
    return kit_make(k, c, "t", columns, 3, 1);
}

static void a_server_digest_tells_rows_apart(void **state) {
    struct kit *k = *state;
    struct wb_conn *c = kit_open(k, WB_SIDE_TARGET);
    static const char *const rows[] = {"'ab', 'c'", "'a', 'bc'",  "NULL, ''",  "'', NULL",
                                       "'', ''",    "NULL, NULL", "'~', NULL", "'1:a', ''",
                                       "'', '1:a'", "'a ', ''",   "'A', ''",   "'a', ''"};
    enum { N = sizeof rows / sizeof rows[0] };
    struct wb_digest seen[N];
    if (!k->engine->verify->digest)
        return;
    struct wb_table *t = make_texts(k, c);
    assert_int_equal(digest(k, c, t, all, NULL).rows, 0);
    for (size_t i = 0; i < N; i++) {
        kit_exec(k, c, wb_arena_printf(&k->arena, "INSERT INTO @t@ VALUES (1, %s)", rows[i]));
        seen[i] = digest(k, c, t, all, NULL);
        assert_int_equal(seen[i].rows, 1);
        for (size_t j = 0; j < i; j++)
            if (wb_digest_equal(&seen[i], &seen[j]))
                fail_msg("%s: (%s) is digested as (%s)", k->engine->name, rows[i], rows[j]);
        kit_exec(k, c, "DELETE FROM @t@");
    }
}

static void server_digests_of_parts_add_up(void **state) {
    struct kit *k = *state;
    struct wb_conn *c = kit_open(k, WB_SIDE_TARGET);
    if (!k->engine->verify->digest)
        return;
    struct wb_table *t = make_texts(k, c);
    for (int i = 0; i < 40; i++) /* many, so that sums pass 2^64 and carry */
        kit_exec(k, c, wb_arena_printf(&k->arena, "INSERT INTO @t@ VALUES (%d, 'x', NULL)", i));
    struct wb_digest whole = digest(k, c, t, all, NULL);
    struct wb_digest sum = digest(k, c, t, (struct wb_range){WB_RANGE_KEY, NULL, "7"}, NULL);
    struct wb_digest middle = digest(k, c, t, (struct wb_range){WB_RANGE_KEY, "7", "31"}, NULL);
    struct wb_digest last = digest(k, c, t, (struct wb_range){WB_RANGE_KEY, "31", NULL}, "id > 0");
    assert_int_equal(sum.rows, 7);
    wb_digest_add(&sum, &middle);
    wb_digest_add(&sum, &last);
    assert_true(wb_digest_equal(&whole, &sum));
}

static void unknown_pairs_are_not_digested(void **state) {
    struct kit *k = *state;
    struct wb_conn *c = kit_open(k, WB_SIDE_TARGET);
    const struct wb_type floating = {.kind = WB_KIND_FLOAT, .size_bytes = 8};
    const struct kit_column columns[] = {{"id", kit_int(8), true}, {"v", floating, false}};
    if (!k->engine->verify->digest)
        return;
    struct wb_table *t = kit_make(k, c, "t", columns, 2, 1);
    assert_true(k->engine->verify->canonical(t, 0, &t->columns[0].type));
    assert_false(k->engine->verify->canonical(t, 1, &t->columns[1].type));
    assert_false(k->engine->verify->canonical(t, 0, &t->columns[1].type));
    static const uint32_t both[] = {0, 1};
    const struct wb_type *as[] = {&t->columns[0].type, &t->columns[1].type};
    struct wb_server_digest_spec spec = {
        .table = t, .columns = both, .as = as, .n_columns = 2, .range = all};
    struct wb_digest d;
    assert_int_equal(k->engine->verify->digest(c, &spec, &d, &k->err), WB_E_UNSUPPORTED);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        KIT_TEST(literals_find_and_store_every_value),
        KIT_TEST(a_position_moves_with_every_write),
        KIT_TEST(a_statement_ends_when_its_time_is_over),
        KIT_TEST(a_measured_query_leaves_all_as_it_was),
        KIT_TEST(rows_end_when_their_time_is_over),
        KIT_TEST(others_at_work_are_seen_and_may_be_canceled),
        KIT_TEST(a_server_digest_tells_rows_apart),
        KIT_TEST(server_digests_of_parts_add_up),
        KIT_TEST(unknown_pairs_are_not_digested),
    };
    return kit_run("verifying", tests, sizeof tests / sizeof *tests);
}
