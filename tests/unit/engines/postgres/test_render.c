/* A catalog as schema/ would map it from MySQL, rendered, run on a server and looked at there. */
#include "base/str.h"
#include "unit/engines/postgres/live_postgres.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define SCHEMA "wb_unit_render"

static bool live;
static struct wb_arena a;

static int start(void **state) {
    (void)state;
    live = live_postgres_start(SCHEMA);
    return 0;
}

static int stop(void **state) {
    (void)state;
    live_postgres_stop();
    wb_arena_done(&a);
    return 0;
}

/* ----------------------------------------------------------------------------------------------
 * builders */

static struct wb_expr *node(enum wb_expr_op op, const char *text, size_t n, ...) {
    struct wb_expr *e = WB_NEW(&a, struct wb_expr);
    *e = (struct wb_expr){
        .op = op, .text = text, .args = WB_NEW_N(&a, struct wb_expr *, n + 1), .n_args = n};
    va_list args;
    va_start(args, n);
    for (size_t i = 0; i < n; i++)
        e->args[i] = va_arg(args, struct wb_expr *);
    va_end(args);
    return e;
}

static struct wb_expr *col(const char *name) {
    return node(WB_EXPR_COLUMN, name, 0);
}
static struct wb_expr *num(const char *text) {
    return node(WB_EXPR_NUMBER, text, 0);
}
static struct wb_expr *str(const char *text) {
    return node(WB_EXPR_STRING, text, 0);
}
static struct wb_expr *bin(const char *op, struct wb_expr *x, struct wb_expr *y) {
    return node(WB_EXPR_BINARY, op, 2, x, y);
}

static struct wb_expr_text text_of(struct wb_expr *e) {
    return (struct wb_expr_text){.text = "source text", .tree = e};
}

static struct wb_column column(const char *name, const char *native) {
    struct wb_column c = {.name = name, .source_name = name};
    struct wb_error err = {0};
    if (wb_engine_postgres.ddl->parse_type(native, &a, &c.type, &err))
        fail_msg("%s", err.text);
    return c;
}

static struct wb_index index_of(const char *name, bool unique, int first, int second) {
    struct wb_index ix = {
        .name = name, .unique = unique, .parts = WB_NEW_N(&a, struct wb_index_part, 2)};
    ix.parts[ix.n_parts++].column = first;
    if (second >= 0)
        ix.parts[ix.n_parts++].column = second;
    return ix;
}

static struct wb_index primary(int first, int second) {
    struct wb_index ix = index_of(NULL, true, first, second);
    ix.primary = ix.constraint = true;
    return ix;
}

/* ----------------------------------------------------------------------------------------------
 * running */

static struct wb_findings found;
static struct wb_ddl_list list;

static void render(const struct wb_table *tables, size_t n) {
    struct wb_catalog catalog = {.engine = "postgresql",
                                 .schema = SCHEMA,
                                 .tables = (struct wb_table *)tables,
                                 .n_tables = n};
    struct wb_error err = {0};
    found = (struct wb_findings){0};
    list = (struct wb_ddl_list){0};
    if (wb_engine_postgres.ddl->render(&catalog, 150000, &a, &list, &found, &err))
        fail_msg("render: %s", err.text);
}

static void run_parts(enum wb_ddl_part from, enum wb_ddl_part to) {
    for (size_t i = 0; i < list.n; i++)
        if (list.items[i].part >= from && list.items[i].part <= to) {
            live_postgres_run(list.items[i].sql);
            if (list.items[i].exists_sql)
                assert_string_equal(live_postgres_ask(list.items[i].exists_sql), "1");
        }
}

static void fresh(void) {
    live_postgres_run("DROP SCHEMA " SCHEMA " CASCADE; CREATE SCHEMA " SCHEMA);
}

static bool is_found(enum wb_finding_kind kind, const char *object) {
    for (size_t i = 0; i < found.n; i++)
        if (found.items[i].kind == kind && strcmp(found.items[i].object, object) == 0)
            return true;
    return false;
}

static bool refused(const char *sql) {
    struct wb_conn *c = live_postgres_open(WB_SIDE_TARGET);
    struct wb_error err = {0};
    bool no = c->engine->exec(c, sql, NULL, &err) != WB_OK;
    wb_conn_close(c);
    return no;
}

/* ----------------------------------------------------------------------------------------------
 * tests */

static void test_tables(void **state) {
    (void)state;
    static const char *const labels[] = {"", "it's", "b"};
    struct wb_column orders[] = {
        column("id", "bigint"),         column("Total", "numeric(12,2)"),
        column("email", "varchar(60)"), column("state", "text"),
        column("made", "timestamp(3)"), column("flag", "boolean"),
        column("bits", "bit(3)"),       column("tags", "text[]"),
        column("raw", "bytea"),         column("twice", "integer"),
        column("big", "numeric(20,0)"),
    };
    struct wb_type any_enum = {.kind = WB_KIND_ENUM,
                               .labels = labels,
                               .n_labels = 3,
                               .type_name = "orders_state",
                               .native = "orders_state"};
    orders[0].identity = WB_IDENTITY_BY_DEFAULT;
    orders[1].default_ = text_of(node(WB_EXPR_UNARY, "-", 1, num("1.50")));
    orders[2].type.collation_flags = WB_COLL_CASE_INSENSITIVE | WB_COLL_ACCENT_INSENSITIVE;
    orders[2].type.collation = "utf8mb4_general_ci";
    orders[2].comment = "it's\n$$";
    orders[3].type = any_enum;
    orders[3].default_ = text_of(str("it's"));
    orders[3].not_null = true;
    orders[4].default_ = text_of(node(WB_EXPR_NOW, "3", 0));
    orders[4].on_update = "CURRENT_TIMESTAMP(3)";
    orders[5].default_ = text_of(num("1"));
    orders[6].default_ = text_of(node(WB_EXPR_BITS, "101", 0));
    orders[7].type.kind = WB_KIND_SET;
    orders[7].default_ = text_of(str("a,b"));
    orders[8].default_ = text_of(node(WB_EXPR_BYTES, "00ff27", 0));
    orders[9].generated = WB_GENERATED_VIRTUAL;
    orders[9].generated_as = text_of(bin("*", col("bits2"), num("2")));
    orders[9] = column("invisible", "integer");
    orders[9].invisible = true;
    struct wb_index indexes[] = {primary(0, -1), index_of("idx", true, 2, -1),
                                 index_of("made", false, 4, 1),
                                 index_of("email_prefix", false, 2, -1)};
    indexes[2].parts[0].descending = true;
    indexes[3].parts[0].prefix_length = 5;
    indexes[3].comment = "short";
    struct wb_table tables[] = {
        {.schema = SCHEMA,
         .name = "orders",
         .columns = orders,
         .n_columns = 11,
         .indexes = indexes,
         .n_indexes = 4,
         .comment = "the orders",
         .has_next_value = true,
         .next_value = 5000},
    };
    render(tables, 1);
    /* What no target has is told by the mapping, for all of them; not here once more. */
    assert_false(is_found(WB_FINDING_NOT_CARRIED, "orders.made"));
    assert_false(is_found(WB_FINDING_ALTERED, "orders.invisible"));
    if (!live)
        skip();
    fresh();
    run_parts(WB_DDL_PREPARE, WB_DDL_TABLE);
    live_postgres_run("INSERT INTO orders (id, email, state) VALUES (7, 'Bob', DEFAULT)");
    run_parts(WB_DDL_INDEX, WB_DDL_ANALYZE);
    assert_string_equal(
        live_postgres_ask(
            "SELECT concat_ws('|', \"Total\", state, flag, bits, tags, encode(raw, 'hex'),"
            " now() - made < interval '1 min') FROM orders"),
        "-1.50|it's|t|101|{a,b}|00ff27|t");
    assert_string_equal(live_postgres_ask("INSERT INTO orders DEFAULT VALUES RETURNING id"),
                        "5000");
    assert_true(refused("INSERT INTO orders (email) VALUES ('BOB')"));
    assert_true(refused("INSERT INTO orders (email) VALUES ('b\xc3\xb3"
                        "b')"));
    assert_true(refused("INSERT INTO orders (state) VALUES ('c')"));
    assert_string_equal(live_postgres_ask("SELECT count(*) FROM pg_constraint WHERE conrelid = "
                                          "'orders'::regclass AND contype = 'p'"),
                        "1");
    assert_string_equal(
        live_postgres_ask(
            "SELECT string_agg(pg_get_indexdef(indexrelid), ';' ORDER BY indexrelid) FROM pg_index"
            " WHERE indrelid = 'orders'::regclass AND NOT indisunique"),
        "CREATE INDEX made ON " SCHEMA ".orders USING btree (made DESC, \"Total\");"
        "CREATE INDEX email_prefix ON " SCHEMA ".orders USING btree (\"left\"((email)::text, 5))");
    assert_string_equal(live_postgres_ask("SELECT obj_description('orders'::regclass)"),
                        "the orders");
    assert_string_equal(live_postgres_ask("SELECT col_description('orders'::regclass, 3)"),
                        "it's\n$$");
    /* undone in reverse, twice: what is not there is no error */
    for (int round = 0; round < 2; round++)
        for (size_t i = list.n; i-- > 0;)
            if (list.items[i].drop_sql)
                live_postgres_run(list.items[i].drop_sql);
    assert_string_equal(
        live_postgres_ask("SELECT count(*) FROM pg_class WHERE relnamespace = '" SCHEMA
                          "'::regnamespace"),
        "0");
    assert_string_equal(
        live_postgres_ask("SELECT count(*) FROM pg_type WHERE typnamespace = '" SCHEMA
                          "'::regnamespace"),
        "0");
}

/* Index names are a table's own in MySQL and a schema's in PostgreSQL; a primary key's must not
 * meet a table's. */
static void test_names(void **state) {
    (void)state;
    struct wb_column c[] = {column("id", "integer"), column("a", "integer")};
    struct wb_index first[] = {primary(0, -1), index_of("idx", false, 1, -1),
                               index_of("only", false, 1, -1)};
    struct wb_index second[] = {primary(0, -1), index_of("idx", false, 1, -1),
                                index_of("i1", false, 1, -1), index_of("i1_pkey", false, 0, 1)};
    struct wb_table tables[] = {
        {.schema = SCHEMA,
         .name = "i1",
         .columns = c,
         .n_columns = 2,
         .indexes = first,
         .n_indexes = 3},
        {.schema = SCHEMA,
         .name = "i2",
         .columns = c,
         .n_columns = 2,
         .indexes = second,
         .n_indexes = 4},
        {.schema = SCHEMA,
         .name = "i1_pkey",
         .columns = c,
         .n_columns = 2,
         .indexes = first,
         .n_indexes = 1},
        {.schema = SCHEMA,
         .name = "a_table_name_of_sixty_three_bytes_that_leaves_no_room_for_more_",
         .columns = c,
         .n_columns = 2,
         .indexes = second,
         .n_indexes = 2},
    };
    render(tables, 4);
    assert_true(is_found(WB_FINDING_ALTERED, "i2.idx"));
    assert_false(is_found(WB_FINDING_ALTERED, "i1.only"));
    if (!live)
        skip();
    fresh();
    run_parts(WB_DDL_PREPARE, WB_DDL_ANALYZE);
    assert_string_equal(
        live_postgres_ask("SELECT count(*) FROM pg_indexes WHERE schemaname = '" SCHEMA "'"), "10");
    assert_string_equal(
        live_postgres_ask("SELECT string_agg(indexname, ' ' ORDER BY indexname) FROM pg_indexes "
                          "WHERE tablename = 'i1' AND schemaname = '" SCHEMA "'"),
        "i1_idx i1_pkey_2 only");
}

static void test_unsigned_keys(void **state) {
    (void)state;
    struct wb_column c[] = {column("id", "numeric(20,0)"), column("v", "integer")};
    c[0].identity = WB_IDENTITY_BY_DEFAULT;
    struct wb_column small[] = {column("id", "smallint"), column("v", "integer")};
    small[0].identity = WB_IDENTITY_BY_DEFAULT;
    struct wb_index pk[] = {primary(0, -1)};
    struct wb_table tables[] = {
        {.schema = SCHEMA,
         .name = "uns",
         .columns = c,
         .n_columns = 2,
         .indexes = pk,
         .n_indexes = 1,
         .has_next_value = true,
         .next_value = 42},
        {.schema = SCHEMA,
         .name = "huge",
         .columns = c,
         .n_columns = 2,
         .indexes = pk,
         .n_indexes = 1,
         .has_next_value = true,
         .next_value = 9223372036854775901u},
        {.schema = SCHEMA,
         .name = "neg",
         .columns = small,
         .n_columns = 2,
         .indexes = pk,
         .n_indexes = 1},
        {.schema = SCHEMA,
         .name = "full",
         .columns = small,
         .n_columns = 2,
         .indexes = pk,
         .n_indexes = 1,
         .has_next_value = true,
         .next_value = 32768},
    };
    render(tables, 4);
    if (!live)
        skip();
    fresh();
    run_parts(WB_DDL_PREPARE, WB_DDL_TABLE);
    live_postgres_run("INSERT INTO neg VALUES (-5, 1); INSERT INTO \"full\" VALUES (32767, 1); "
                      "INSERT INTO huge VALUES (9223372036854775900, 1)");
    run_parts(WB_DDL_INDEX, WB_DDL_ANALYZE);
    assert_string_equal(live_postgres_ask("INSERT INTO uns (v) VALUES (1) RETURNING id"), "42");
    assert_string_equal(live_postgres_ask("INSERT INTO huge (v) VALUES (1) RETURNING id"),
                        "9223372036854775901");
    assert_string_equal(live_postgres_ask("INSERT INTO huge (v) VALUES (1) RETURNING id"),
                        "9223372036854775902");
    assert_string_equal(live_postgres_ask("INSERT INTO neg (v) VALUES (1) RETURNING id"), "1");
    assert_true(refused("INSERT INTO \"full\" (v) VALUES (1)"));
}

static void test_foreign_keys(void **state) {
    (void)state;
    struct wb_column c[] = {column("id", "integer"), column("p", "integer"),
                            column("q", "integer")};
    struct wb_index keys[] = {primary(0, -1), index_of("pq", true, 1, 2)};
    uint32_t p[] = {1}, pq[] = {1, 2}, q[] = {2};
    const char *id[] = {"id"}, *qp[] = {"q", "p"}, *p_name[] = {"p"}, *gone[] = {"id"};
    struct wb_foreign_key fks[] = {
        {.name = "to_self",
         .columns = p,
         .ref_columns = id,
         .n_columns = 1,
         .ref_schema = SCHEMA,
         .ref_table = "node",
         .on_delete = WB_FK_SET_NULL,
         .on_update = WB_FK_RESTRICT},
        {.name = "to_unique",
         .columns = pq,
         .ref_columns = qp,
         .n_columns = 2,
         .ref_schema = SCHEMA,
         .ref_table = "node",
         .on_delete = WB_FK_CASCADE},
        {.name = "to_plain",
         .columns = q,
         .ref_columns = p_name,
         .n_columns = 1,
         .ref_schema = SCHEMA,
         .ref_table = "node"},
        {.name = "to_nowhere",
         .columns = q,
         .ref_columns = gone,
         .n_columns = 1,
         .ref_schema = SCHEMA,
         .ref_table = "gone"},
    };
    struct wb_table tables[] = {{.schema = SCHEMA,
                                 .name = "node",
                                 .columns = c,
                                 .n_columns = 3,
                                 .indexes = keys,
                                 .n_indexes = 2,
                                 .fks = fks,
                                 .n_fks = 4}};
    render(tables, 1);
    assert_true(is_found(WB_FINDING_NOT_CARRIED, "node.to_plain"));
    assert_true(is_found(WB_FINDING_NOT_CARRIED, "node.to_nowhere"));
    if (!live)
        skip();
    fresh();
    run_parts(WB_DDL_PREPARE, WB_DDL_ANALYZE);
    assert_string_equal(
        live_postgres_ask("SELECT string_agg(conname::text || confdeltype::text || "
                          "confupdtype::text, ' ' ORDER BY conname) FROM pg_constraint"
                          " WHERE conrelid = 'node'::regclass AND contype = 'f'"),
        "to_selfnr to_uniqueca");
}

static void test_foreign_key_is_checked(void **state) {
    (void)state;
    if (!live)
        skip();
    /* the writer's connection runs as replica: existing orphans must be found all the same */
    fresh();
    live_postgres_run(
        "CREATE TABLE p (id int PRIMARY KEY); CREATE TABLE c (p int); INSERT INTO c VALUES (1)");
    assert_string_equal(live_postgres_ask("SHOW session_replication_role"), "replica");
    assert_true(refused("ALTER TABLE c ADD FOREIGN KEY (p) REFERENCES p"));
}

/* Each check: what it lets in and what it keeps out, as MySQL would. */
static void test_checks(void **state) {
    (void)state;
    struct wb_column c[] = {column("a", "integer"),          column("b", "integer"),
                            column("s", "varchar(20)"),      column("d", "date"),
                            column("x", "double precision"), column("js", "json")};
    c[2].type.collation_flags = WB_COLL_CASE_INSENSITIVE | WB_COLL_ACCENT_INSENSITIVE;
    static const char *const in_sql = "in";
    const struct {
        const char *name;
        struct wb_expr *tree;
        const char *good, *bad;
    } cases[] = {
        {"truth", col("a"), "(1)", "(0)"},
        {"above", bin(">", col("b"), col("a")), "(1, 2)", "(2, 1)"},
        {"division", bin("<", bin("/", col("a"), num("2")), num("1")), "(1)", "(2)"},
        {"by zero", bin(">", bin("/", col("a"), col("b")), num("5")), "(1, 0)", "(1, 1)"},
        {"remainder", bin("=", bin("%", col("a"), num("2")), num("0")), "(4)", "(5)"},
        {"quotient", bin("=", bin("quot", col("a"), num("2")), num("3")), "(7)", "(8)"},
        {"quotient of -7", bin("=", bin("quot", col("a"), num("2")), num("-3")), "(-7)", "(-8)"},
        {"quotient by zero", bin(">", bin("quot", col("a"), col("b")), num("5")), "(1, 0)",
         "(3, 1)"},
        {"real quotient", bin("<", bin("quot", col("x"), num("2")), num("1")),
         "(1, 1, '', NULL, 1.5)", "(1, 1, '', NULL, 2)"},
        {"whole", bin("=", bin("div", col("a"), num("2")), num("2")), "(5)", "(6)"},
        {"product", bin(">", bin("*", col("a"), col("b")), num("0")), "(2000000000, 2000000000)",
         "(1, -1)"},
        {"in list", node(WB_EXPR_IN, in_sql, 3, col("s"), str("it's"), str("ok")), "(1, 1, 'OK')",
         "(1, 1, 'zz')"},
        {"equal", bin("=", col("s"), str("resume")), "(1, 1, 'R\xc3\xa9sum\xc3\xa9')",
         "(1, 1, 'resumes')"},
        {"like", bin("like", col("s"), str("%@%")), "(1, 1, 'a@b')", "(1, 1, 'ab')"},
        {"ilike", bin("not like", col("s"), str("x%")), "(1, 1, 'ax')", "(1, 1, 'XA')"},
        {"regexp", bin("regexp", col("s"), str("^[a-z]+$")), "(1, 1, 'ABC')", "(1, 1, '12')"},
        {"length", bin("<", node(WB_EXPR_CALL, "char_length", 1, col("s")), num("3")),
         "(1, 1, '\xc3\xa9\xc3\xa9')", "(1, 1, 'abc')"},
        {"concat", bin("=", node(WB_EXPR_CALL, "concat", 2, col("s"), col("a")), str("x1")),
         "(1, 1, 'x')", "(2, 1, 'x')"},
        {"concat null",
         node(WB_EXPR_IS, "null", 1, node(WB_EXPR_CALL, "concat", 2, col("s"), str("x"))), "(1)",
         "(1, 1, 'x')"},
        {"between", node(WB_EXPR_BETWEEN, "between", 3, col("a"), num("1"), num("3")), "(2)",
         "(4)"},
        {"null safe", bin("<=>", col("b"), node(WB_EXPR_NULL, NULL, 0)), "(1)", "(1, 1)"},
        {"xor", bin("xor", bin(">", col("a"), num("0")), bin(">", col("b"), num("0"))), "(1, 0)",
         "(1, 1)"},
        {"sum of truths",
         bin("=", bin("+", bin(">", col("a"), num("0")), bin(">", col("b"), num("0"))), num("1")),
         "(1, 0)", "(1, 1)"},
        {"coalesce", bin(">", node(WB_EXPR_CALL, "ifnull", 2, col("b"), num("0")), num("0")),
         "(1, 1)", "(1)"},
        {"if", bin("=", node(WB_EXPR_CALL, "if", 3, col("a"), str("y"), str("n")), str("y")), "(5)",
         "(0)"},
        {"case",
         node(WB_EXPR_CASE, NULL, 6, NULL, bin("=", col("a"), num("1")),
              bin(">", col("b"), num("0")), bin("=", col("a"), num("2")),
              bin("<", col("b"), num("0")), num("1")),
         "(2, -1)", "(2, 1)"},
        {"year", bin(">", node(WB_EXPR_CALL, "year", 1, col("d")), num("1999")),
         "(1, 1, '', '2000-01-01')", "(1, 1, '', '1999-12-31')"},
        {"interval",
         bin("<", bin("+", col("d"), node(WB_EXPR_INTERVAL, "month", 1, num("1"))),
             str("2000-01-01")),
         "(1, 1, '', '1999-11-30')", "(1, 1, '', '1999-12-30')"},
        {"double", bin("<", bin("/", col("x"), num("2")), num("1")), "(1, 1, '', NULL, 1.5)",
         "(1, 1, '', NULL, 2)"},
        {"upper", bin("=", node(WB_EXPR_CALL, "upper", 1, col("s")), str("ABC")), "(1, 1, 'aBc')",
         "(1, 1, 'b')"},
    };
    enum { N = sizeof cases / sizeof cases[0] };
    for (size_t i = 0; i < N; i++) {
        struct wb_check check = {
            .name = cases[i].name, .expr = text_of(cases[i].tree), .column = -1};
        struct wb_table t = {.schema = SCHEMA,
                             .name = "t",
                             .columns = c,
                             .n_columns = 6,
                             .checks = &check,
                             .n_checks = 1};
        render(&t, 1);
        for (size_t k = 0; k < found.n; k++)
            fail_msg("%s: %s", cases[i].name, found.items[k].text);
        if (!live)
            continue;
        fresh();
        run_parts(WB_DDL_PREPARE, WB_DDL_TABLE);
        const char *sql = wb_arena_printf(&a, "INSERT INTO t VALUES %s", cases[i].good);
        if (refused(sql))
            fail_msg("%s: refused %s", cases[i].name, cases[i].good);
        sql = wb_arena_printf(&a, "INSERT INTO t VALUES %s", cases[i].bad);
        if (!refused(sql))
            fail_msg("%s: took %s", cases[i].name, cases[i].bad);
    }
}

/* What would mean something else is not carried, and named. */
static void test_not_carried(void **state) {
    (void)state;
    struct wb_column c[] = {column("a", "integer"), column("s", "varchar(20)"),
                            column("js", "json"), column("tz", "timestamptz")};
    c[1].type.collation_flags = WB_COLL_CASE_INSENSITIVE | WB_COLL_ACCENT_INSENSITIVE;
    struct wb_expr *trees[] = {
        bin(">", col("s"), num("5")),
        bin("=", col("js"), str("{}")),
        node(WB_EXPR_CALL, "json_extract", 2, col("js"), str("$.a")),
        node(WB_EXPR_CALL, "soundex", 1, col("s")),
        bin("regexp", col("s"), str("(?<=a)b")),
        bin("like", col("s"), col("a")),
        bin("like", col("s"), str("\xc3\xa9%")),
        node(WB_EXPR_COLLATE, "utf8mb4_bin", 1, col("s")),
        node(WB_EXPR_CALL, "year", 1, col("tz")),
        bin("=", col("nothing"), num("1")),
        str("1"),
    };
    for (size_t i = 0; i < sizeof trees / sizeof trees[0]; i++) {
        struct wb_check check = {.name = "odd", .expr = text_of(trees[i]), .column = -1};
        struct wb_table t = {.schema = SCHEMA,
                             .name = "t",
                             .columns = c,
                             .n_columns = 4,
                             .checks = &check,
                             .n_checks = 1};
        render(&t, 1);
        if (!is_found(WB_FINDING_NOT_CARRIED, "t.odd"))
            fail_msg("case %zu was carried: %s", i, list.items[list.n - 2].sql);
    }
    struct wb_check valid = {
        .name = "js", .expr = text_of(node(WB_EXPR_CALL, "json_valid", 1, col("js"))), .column = 2};
    struct wb_table t = {.schema = SCHEMA,
                         .name = "t",
                         .columns = c,
                         .n_columns = 4,
                         .checks = &valid,
                         .n_checks = 1};
    render(&t, 1);
    assert_int_equal(found.n, 0); /* the type itself says so */
}

static void test_generated(void **state) {
    (void)state;
    struct wb_column c[] = {column("a", "integer"), column("s", "varchar(20)"),
                            column("sum", "bigint"), column("above", "integer"),
                            column("up", "varchar(40)")};
    c[2].generated = c[3].generated = c[4].generated = WB_GENERATED_STORED;
    c[2].generated_as = text_of(bin("+", col("a"), num("1")));
    c[3].generated_as = text_of(bin(">", col("a"), num("5")));
    c[4].generated_as = text_of(node(
        WB_EXPR_CALL, "upper", 1, node(WB_EXPR_CALL, "concat", 3, col("s"), str("-"), col("a"))));
    struct wb_table t = {.schema = SCHEMA, .name = "t", .columns = c, .n_columns = 5};
    render(&t, 1);
    if (live) {
        fresh();
        run_parts(WB_DDL_PREPARE, WB_DDL_TABLE);
        assert_string_equal(
            live_postgres_ask(
                "INSERT INTO t (a, s) VALUES (6, 'x') RETURNING concat_ws('|', sum, above, up)"),
            "7|1|X-6");
    }
    const char *why = NULL;
    assert_true(wb_engine_postgres.ddl->can_generate(&t, 4, &a, &why));
    c[2].generated_as = text_of(node(WB_EXPR_NOW, "0", 0));
    assert_false(wb_engine_postgres.ddl->can_generate(&t, 2, &a, &why));
    assert_string_equal(why, "it depends on the time");
    struct wb_catalog catalog = {
        .engine = "postgresql", .schema = SCHEMA, .tables = &t, .n_tables = 1};
    struct wb_error err = {0};
    assert_int_equal(wb_engine_postgres.ddl->render(&catalog, 150000, &a, &list, &found, &err),
                     WB_E_TYPE);
    assert_non_null(strstr(err.text, "t.sum"));
}

static void test_partitions(void **state) {
    (void)state;
    struct wb_column c[] = {column("id", "integer"), column("d", "date"), column("s", "text")};
    struct wb_index pk[] = {primary(0, 1)};
    uint32_t by_date[] = {1}, by_id[] = {0}, by_text[] = {2};
    struct wb_partition ranges[] = {
        {"p0", "'2020-01-01'"}, {"p1", "'2021-01-01'"}, {"pmax", "MAXVALUE"}};
    struct wb_partition lists[] = {{"odd", "1,3,5"}, {"even", "2,4"}},
                        hashes[] = {{"p0", NULL}, {"p1", NULL}, {"p2", NULL}};
    struct wb_table tables[] = {
        {.schema = SCHEMA,
         .name = "r",
         .columns = c,
         .n_columns = 3,
         .indexes = pk,
         .n_indexes = 1,
         .partitioning = {.method = WB_PARTITION_RANGE,
                          .columns = true,
                          .column_index = by_date,
                          .n_columns = 1,
                          .parts = ranges,
                          .n_parts = 3}},
        {.schema = SCHEMA,
         .name = "l",
         .columns = c,
         .n_columns = 3,
         .indexes = pk,
         .n_indexes = 1,
         .partitioning = {.method = WB_PARTITION_LIST,
                          .columns = true,
                          .column_index = by_id,
                          .n_columns = 1,
                          .parts = lists,
                          .n_parts = 2}},
        {.schema = SCHEMA,
         .name = "h",
         .columns = c,
         .n_columns = 3,
         .indexes = pk,
         .n_indexes = 1,
         .partitioning = {.method = WB_PARTITION_KEY,
                          .columns = true,
                          .column_index = by_id,
                          .n_columns = 1,
                          .parts = hashes,
                          .n_parts = 3}},
        {.schema = SCHEMA,
         .name = "t",
         .columns = c,
         .n_columns = 3,
         .partitioning = {.method = WB_PARTITION_LIST,
                          .columns = true,
                          .column_index = by_text,
                          .n_columns = 1,
                          .parts = lists,
                          .n_parts = 2}},
    };
    render(tables, 4);
    assert_true(is_found(WB_FINDING_NOT_CARRIED, "t"));
    if (!live)
        skip();
    fresh();
    run_parts(WB_DDL_PREPARE, WB_DDL_ANALYZE);
    live_postgres_run("INSERT INTO r VALUES (1, '1000-01-01'), (2, '2020-01-01'), (3, "
                      "'9999-01-01'); INSERT INTO l VALUES (4, '2000-01-01');"
                      "INSERT INTO h SELECT g, '2000-01-01' FROM generate_series(1, 100) g");
    assert_string_equal(
        live_postgres_ask("SELECT string_agg(tableoid::regclass::text, ' ' ORDER BY id) FROM r"),
        "r_p0 r_p1 r_pmax");
    assert_string_equal(live_postgres_ask("SELECT tableoid::regclass FROM l"), "l_even");
    assert_true(refused("INSERT INTO l VALUES (9, '2000-01-01')"));
    assert_true(refused("INSERT INTO r VALUES (1, '1000-01-01')"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_tables),
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_unsigned_keys),
        cmocka_unit_test(test_foreign_keys),
        cmocka_unit_test(test_foreign_key_is_checked),
        cmocka_unit_test(test_checks),
        cmocka_unit_test(test_not_carried),
        cmocka_unit_test(test_generated),
        cmocka_unit_test(test_partitions),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
