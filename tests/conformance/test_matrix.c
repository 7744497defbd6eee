/* No false difference, and every change found: for each type of each pair of engines, values that
 * lie next to each other (the smallest step, one bit, one space, a case, NULL and what could be
 * taken for it) are copied as a copy would do it. Then, streamed and, where both servers can, by
 * the servers: each row has the same digest on both sides, and no two rows of one column have the
 * same.
 */
#include "conformance/kit.h"

#include "base/str.h"
#include "builtin/builtin.h"
#include "engine/registry.h"
#include "model/digest.h"
#include "schema/map.h"
#include "schema/shape.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { MAX_VALUES = 24 };

enum by { STREAM, SERVERS }; /* SERVERS: both can digest the column, too */

struct column_case {
    const char *type;
    const char *cast; /* to a type of the target, or NULL */
    enum by by;
    const char *values[MAX_VALUES]; /* literals of the source; NULL is added */
};

/* One side: a database of its own. */
struct end {
    const struct wb_engine *engine;
    const char *server;
    struct wb_url url;
    struct wb_conn *conn;
};

struct world {
    struct end source, target;
    struct wb_arena arena;
    struct wb_error err;
    char dir[64];
    bool with_servers; /* both ends can digest */
};

static void ok(struct world *w, enum wb_code code, const char *what) {
    if (code)
        fail_msg("%s: %s: %s", what, wb_error_name(code), w->err.text);
}

static void run(struct world *w, struct end *e, const char *sql) {
    ok(w, e->engine->exec(e->conn, sql, NULL, &w->err), sql);
}

/* ------------------------------------------------------------------------------------- databases
 */

static void admin(struct world *w, const struct end *e, const char *sql) {
    struct wb_url url;
    struct wb_open_opts opts = {.side = WB_SIDE_TARGET};
    struct end admin = {.engine = e->engine};
    ok(w, wb_url_parse(e->server, &w->arena, &url, &w->err), "the server's URL");
    ok(w, e->engine->open(&url, &opts, &admin.conn, &w->err), "connecting");
    run(w, &admin, sql);
    wb_conn_close(admin.conn);
}

static void make(struct world *w, struct end *e, const char *name) {
    struct wb_open_opts opts = {.side = WB_SIDE_TARGET};
    if (e->server) {
        ok(w, wb_url_parse(e->server, &w->arena, &e->url, &w->err), "the server's URL");
        e->url.database = wb_arena_printf(&w->arena, "wb_matrix_%ld_%s", (long)getpid(), name);
        admin(w, e, wb_arena_printf(&w->arena, "DROP DATABASE IF EXISTS %s", e->url.database));
        admin(w, e, wb_arena_printf(&w->arena, "CREATE DATABASE %s", e->url.database));
    } else {
        e->url = (struct wb_url){.scheme = "sqlite",
                                 .database = wb_arena_printf(&w->arena, "%s/%s.db", w->dir, name)};
    }
    ok(w, e->engine->open(&e->url, &opts, &e->conn, &w->err), "connecting");
}

static void drop(struct world *w, struct end *e) {
    wb_conn_close(e->conn);
    if (e->server && e->url.database)
        admin(w, e, wb_arena_printf(&w->arena, "DROP DATABASE %s", e->url.database));
    else if (e->url.database)
        unlink(e->url.database);
}

static bool find_engine(struct end *e, const char *name) {
    for (size_t i = 0; i < wb_registry_count(); i++)
        if (wb_str_eq(wb_registry_at(i)->name, name))
            e->engine = wb_registry_at(i);
    const char *variable = wb_str_eq(name, "postgresql") ? "WB_PG_URL" : "WB_MY_URL";
    e->server = wb_str_eq(name, "sqlite") ? NULL : getenv(variable);
    return e->engine && (e->server || wb_str_eq(name, "sqlite"));
}

/* ------------------------------------------------------------------------------------- the copy */

/* A column's tables on both sides, as they are. */
struct pair {
    struct world *w;
    const struct column_case *c;
    struct wb_catalog source, wanted, target;
    const struct wb_table *from;
    struct wb_table to; /* the actual one, knowing where its columns come from */
    uint32_t rows;
};

static const uint32_t both[] = {0, 1};

static void describe(struct world *w, struct end *e, struct wb_catalog *ret) {
    struct wb_describe_opts opts = {0};
    ok(w, e->engine->describe(e->conn, &opts, ret, &w->err), "describing");
}

static void make_source(struct pair *p) {
    struct world *w = p->w;
    const char *type = p->c->type;
    run(w, &w->source,
        wb_arena_printf(&w->arena, "CREATE TABLE t (id INTEGER NOT NULL PRIMARY KEY, v %s NULL)",
                        type));
    run(w, &w->source, "INSERT INTO t (id, v) VALUES (0, NULL)");
    for (p->rows = 1; p->c->values[p->rows - 1]; p->rows++)
        run(w, &w->source,
            wb_arena_printf(&w->arena, "INSERT INTO t (id, v) VALUES (%u, %s)", p->rows,
                            p->c->values[p->rows - 1]));
    describe(w, &w->source, &p->source);
    p->from = wb_catalog_find_table(&p->source, NULL, "t");
    assert_non_null(p->from);
}

static void make_target(struct pair *p) {
    struct world *w = p->w;
    struct wb_ddl_list list = {0};
    struct wb_findings findings = {0};
    struct wb_probe probe;
    struct wb_rules *rules = wb_rules_new();
    if (p->c->cast)
        ok(w,
           wb_rules_add_cast(rules, wb_arena_printf(&w->arena, "column:t.v=%s", p->c->cast),
                             &w->err),
           "a cast");
    ok(w, w->target.engine->probe(w->target.conn, &w->arena, &probe, &w->err), "probing");
    struct wb_map_opts opts = {.rules = rules,
                               .target_default_schema = probe.default_schema,
                               .source = w->source.engine,
                               .target = w->target.engine,
                               .target_max_name_bytes = probe.max_name_bytes};
    ok(w, wb_schema_map(&p->source, &opts, &p->wanted, &w->err), p->c->type);
    wb_rules_free(rules);
    ok(w,
       w->target.engine->ddl->render(&p->wanted, probe.version_num, &w->arena, &list, &findings,
                                     &w->err),
       "rendering");
    for (size_t i = 0; i < list.n; i++)
        if (list.items[i].part <= WB_DDL_TABLE)
            run(w, &w->target, list.items[i].sql);
    describe(w, &w->target, &p->target);
    const struct wb_table *actual = wb_catalog_find_table(&p->target, NULL, "t");
    assert_non_null(actual);
    p->to = *actual;
    p->to.columns = WB_NEW_N(&w->arena, struct wb_column, 2);
    for (uint32_t i = 0; i < 2; i++) {
        p->to.columns[i] = actual->columns[i];
        p->to.columns[i].source_index = i;
        if (!w->target.engine->ddl->typed) /* any value goes anywhere: what was meant counts */
            p->to.columns[i].type = wb_catalog_find_table(&p->wanted, NULL, "t")->columns[i].type;
    }
}

static struct wb_shape *new_shape(struct pair *p, const struct wb_table *to) {
    const struct wb_ddl_ops *ddl = p->w->target.engine->ddl;
    struct wb_shape_opts opts = {.text_refuses_nul = ddl->text_refuses_nul,
                                 .text_must_be_utf8 = ddl->text_must_be_utf8};
    struct wb_shape *s = NULL;
    ok(p->w, wb_shape_new(p->from, to, both, 2, &opts, &s, &p->w->err), p->c->type);
    return s;
}

static void read_rows(struct pair *p, struct end *e, const struct wb_table *t, const char *where,
                      struct wb_batch *b) {
    struct wb_read_spec spec = {.table = t, .columns = both, .n_columns = 2, .where = where};
    struct wb_cursor *cur = NULL;
    wb_batch_init(b, 2, MAX_VALUES + 1, 1 << 28);
    ok(p->w, e->engine->read->open(e->conn, &spec, &cur, &p->w->err), "reading");
    ok(p->w, e->engine->read->next(cur, b, &p->w->err), "reading");
    e->engine->read->done(cur);
}

static void copy_rows(struct pair *p) {
    struct world *w = p->w;
    const struct wb_write_ops *write = w->target.engine->write;
    const struct wb_table *wanted = wb_catalog_find_table(&p->wanted, NULL, "t");
    struct wb_load_spec spec = {.table = wanted, .columns = both, .n_columns = 2};
    struct wb_shape *shape = new_shape(p, wanted);
    struct wb_load *load = NULL;
    struct wb_batch b;
    uint64_t rows = 0;
    read_rows(p, &w->source, p->from, NULL, &b);
    ok(w, wb_shape_batch(shape, &b, &w->err), p->c->type);
    ok(w, write->begin(w->target.conn, &w->err), "a transaction");
    ok(w, write->load_open(w->target.conn, &spec, &load, &w->err), "a load");
    ok(w, write->load_put(load, &b, &w->err), p->c->type);
    ok(w, write->load_close(load, &rows, &w->err), p->c->type);
    ok(w, write->commit(w->target.conn, false, &w->err), "COMMIT");
    assert_int_equal(rows, p->rows);
    wb_batch_done(&b);
    wb_shape_free(shape);
}

/* ------------------------------------------------------------------------------------- digests */

static struct wb_digest streamed(struct pair *p, enum wb_side side, const char *where) {
    struct world *w = p->w;
    bool source = side == WB_SIDE_SOURCE;
    const struct wb_type *types[] = {&p->to.columns[0].type, &p->to.columns[1].type};
    WB_CLEANUP_BUF struct wb_buf scratch = {0};
    struct wb_digest d = {0};
    struct wb_batch b;
    read_rows(p, source ? &w->source : &w->target, source ? p->from : &p->to, where, &b);
    if (source) {
        struct wb_shape *shape = new_shape(p, &p->to);
        ok(w, wb_shape_batch(shape, &b, &w->err), p->c->type);
        wb_shape_free(shape);
    }
    for (uint32_t i = 0; where && i < b.n_rows; i++)
        wb_batch_row(&b, i)[0] = wb_cell_int(0); /* the value alone must tell rows apart */
    wb_digest_add_batch(&d, &b, types, &scratch);
    wb_batch_done(&b);
    return d;
}

static struct wb_digest by_server(struct pair *p, enum wb_side side, const char *where) {
    bool source = side == WB_SIDE_SOURCE;
    const struct end *e = source ? &p->w->source : &p->w->target;
    const struct wb_type *types[] = {&p->to.columns[0].type, &p->to.columns[1].type};
    size_t first = where ? 1 : 0;
    struct wb_server_digest_spec spec = {.table = source ? p->from : &p->to,
                                         .columns = both + first,
                                         .as = types + first,
                                         .n_columns = 2 - first,
                                         .where = where};
    struct wb_digest d = {0};
    ok(p->w, e->engine->verify->digest(e->conn, &spec, &d, &p->w->err), p->c->type);
    return d;
}

typedef struct wb_digest (*digest_fn)(struct pair *p, enum wb_side side, const char *where);

static const char *name_of(const struct pair *p, uint32_t row) {
    return row ? p->c->values[row - 1] : "NULL";
}

static void check_digests(struct pair *p, digest_fn digest, const char *how) {
    struct wb_digest seen[MAX_VALUES + 1];
    struct wb_digest source = digest(p, WB_SIDE_SOURCE, NULL);
    struct wb_digest target = digest(p, WB_SIDE_TARGET, NULL);
    for (uint32_t i = 0; i < p->rows; i++) {
        char where[32];
        snprintf(where, sizeof where, "id = %u", i);
        seen[i] = digest(p, WB_SIDE_SOURCE, where);
        struct wb_digest there = digest(p, WB_SIDE_TARGET, where);
        assert_int_equal(seen[i].rows, 1);
        if (!wb_digest_equal(&seen[i], &there))
            fail_msg("%s: %s of %s differs on the two sides", how, name_of(p, i), p->c->type);
        for (uint32_t j = 0; j < i; j++)
            if (wb_digest_equal(&seen[i], &seen[j]))
                fail_msg("%s: %s and %s of %s have one digest", how, name_of(p, i), name_of(p, j),
                         p->c->type);
    }
    assert_int_equal(source.rows, p->rows);
    if (!wb_digest_equal(&source, &target))
        fail_msg("%s: all of %s differ on the two sides", how, p->c->type);
}

/* Can both servers? */
static bool canonical(struct pair *p) {
    const struct wb_verify_ops *s = p->w->source.engine->verify, *t = p->w->target.engine->verify;
    const struct wb_type *as = &p->to.columns[1].type;
    return s->canonical && t->canonical && s->canonical(p->from, 1, as) &&
           t->canonical(&p->to, 1, as);
}

static void check_column(struct world *w, const struct column_case *c) {
    struct pair p = {.w = w, .c = c};
    make_source(&p);
    make_target(&p);
    copy_rows(&p);
    check_digests(&p, streamed, "streamed");
    if (canonical(&p) != (w->with_servers && c->by == SERVERS))
        fail_msg("%s (%s there): the servers %s", c->type, p.to.columns[1].type.native,
                 canonical(&p) ? "can digest it" : "cannot digest it");
    if (canonical(&p))
        check_digests(&p, by_server, "by the servers");
    wb_catalog_done(&p.target);
    wb_catalog_done(&p.wanted);
    wb_catalog_done(&p.source);
    run(w, &w->source, "DROP TABLE t");
    run(w, &w->target, "DROP TABLE t");
    if (wb_str_eq(w->target.engine->name, "postgresql"))
        run(w, &w->target, "DROP TYPE IF EXISTS t_v");
}

/* ------------------------------------------------------------------------------------- the types
 */

#define LETTERS "''", "' '", "'a'", "'A'", "'a ~'", "'a  ~'", "'1:a'", "'~'", "'it''s'", "'?'"

static const struct column_case mariadb_types[] = {
    {"tinyint(1)", NULL, SERVERS, {"0", "1"}},
    {"tinyint(4)", NULL, SERVERS, {"-128", "-127", "-1", "0", "1", "126", "127"}},
    {"smallint", NULL, SERVERS, {"-32768", "-32767", "-1", "0", "32767"}},
    {"mediumint", NULL, SERVERS, {"-8388608", "0", "8388606", "8388607"}},
    {"int", NULL, SERVERS, {"-2147483648", "-2147483647", "0", "10", "100", "2147483647"}},
    {"bigint",
     NULL,
     SERVERS,
     {"-9223372036854775808", "-9223372036854775807", "0", "1", "9007199254740992",
      "9007199254740993", "9223372036854775806", "9223372036854775807"}},
    {"tinyint unsigned", NULL, SERVERS, {"0", "1", "254", "255"}},
    {"int unsigned", NULL, SERVERS, {"0", "1", "4294967294", "4294967295"}},
    {"int(7) unsigned zerofill", NULL, SERVERS, {"0", "42", "420", "9999999"}},
    {"bigint unsigned",
     NULL,
     SERVERS,
     {"0", "9007199254740992", "9007199254740993", "9223372036854775807", "9223372036854775808",
      "18446744073709551614", "18446744073709551615"}},
    {"bigint unsigned zerofill", NULL, SERVERS, {"0", "1", "18446744073709551615"}},
    {"decimal(5,2)",
     NULL,
     SERVERS,
     {"-999.99", "-0.01", "0", "0.01", "0.1", "1", "10", "100", "1.01", "999.98", "999.99"}},
    {"decimal(65,30)",
     NULL,
     SERVERS,
     {"-99999999999999999999999999999999999.999999999999999999999999999999",
      "99999999999999999999999999999999999.999999999999999999999999999998",
      "99999999999999999999999999999999999.999999999999999999999999999999",
      "0.000000000000000000000000000001", "-0.000000000000000000000000000001", "0",
      "12345678901234567890123456789012345.1"}},
    {"decimal(10,10)", NULL, SERVERS, {"0.9999999999", "0.9999999998", "-0.1", "0.1", "0"}},
    {"decimal(20,0)", NULL, SERVERS, {"1", "10", "100", "99999999999999999999"}},
    {"decimal(10,2) zerofill", NULL, SERVERS, {"0", "0.5", "1.25", "10", "99999999.99"}},
    {"year", NULL, SERVERS, {"0", "1901", "2000", "2155"}},
    {"bit(1)", NULL, SERVERS, {"b'0'", "b'1'"}},
    {"bit(10)", NULL, SERVERS, {"b'0'", "b'1'", "b'10'", "b'1111111110'", "b'1111111111'"}},
    {"bit(64)",
     NULL,
     SERVERS,
     {"0", "1", "9223372036854775807", "9223372036854775808", "18446744073709551614",
      "18446744073709551615"}},
    {"float", NULL, STREAM, {"0", "0.1", "0.10000001", "16777215", "16777216", "-1.5", "1e-40"}},
    {"double",
     NULL,
     STREAM,
     {"0", "0.1", "0.10000000000000002", "0.30000000000000004", "0.3", "1.7976931348623157e308",
      "2.2250738585072014e-308", "5e-324", "9007199254740993e0", "9007199254740994e0"}},
    {"date",
     NULL,
     SERVERS,
     {"'0001-01-01'", "'1000-01-01'", "'1969-12-31'", "'1970-01-01'", "'2024-02-28'",
      "'2024-02-29'", "'9999-12-31'"}},
    {"time", NULL, SERVERS, {"'00:00:00'", "'00:00:01'", "'10:00:00'", "'23:59:59'"}},
    {"time(6)",
     NULL,
     SERVERS,
     {"'00:00:00'", "'00:00:00.000001'", "'10:10:10.1'", "'10:10:10.100001'", "'10:10:10.01'",
      "'23:59:59.999998'", "'23:59:59.999999'", "'24:00:00'"}},
    {"time(6)",
     "interval",
     SERVERS,
     {"'-838:59:59.999999'", "'-24:00:00'", "'-00:00:01'", "'-00:00:00.000001'", "'00:00:00'",
      "'00:00:00.000001'", "'00:01:00'", "'01:00:00'", "'24:00:00'", "'838:59:59.999999'"}},
    {"datetime",
     NULL,
     SERVERS,
     {"'0001-01-01 00:00:00'", "'1970-01-01 00:00:00'", "'2024-01-01 10:00:00'",
      "'2024-01-01 10:00:01'", "'2024-10-27 01:30:00'", "'2024-10-27 02:30:00'",
      "'9999-12-31 23:59:59'"}},
    {"datetime(3)",
     NULL,
     SERVERS,
     {"'2024-01-01 10:00:00'", "'2024-01-01 10:00:00.001'", "'2024-01-01 10:00:00.01'",
      "'2024-01-01 10:00:00.1'"}},
    {"datetime(6)",
     NULL,
     SERVERS,
     {"'1000-01-01 00:00:00'", "'1000-01-01 00:00:00.000001'", "'2024-01-01 10:00:00.5'",
      "'2024-01-01 10:00:00.500001'", "'9999-12-31 23:59:59.999998'",
      "'9999-12-31 23:59:59.999999'"}},
    {"timestamp",
     NULL,
     SERVERS,
     {"'1970-01-01 00:00:01'", "'2024-10-27 00:30:00'", "'2024-10-27 01:30:00'",
      "'2038-01-19 03:14:07'"}},
    {"timestamp(6)",
     NULL,
     SERVERS,
     {"'1970-01-01 00:00:01'", "'1970-01-01 00:00:01.000001'", "'2024-01-01 10:00:00.1'",
      "'2038-01-19 03:14:07.999998'", "'2038-01-19 03:14:07.999999'"}},
    {"datetime(6)", "timestamptz", SERVERS, {"'2024-01-01 10:00:00'", "'2024-01-01 10:00:00.1'"}},
    {"char(10)", NULL, SERVERS, {"''", "'a'", "'A'", "'ä'", "' a'", "'~'", "'😀'"}},
    {"varchar(60)", NULL, SERVERS, {LETTERS, "'ä'", "'a '", "'größe'", "'😀'", "'\\\\'", "'\\n'"}},
    {"varchar(60) CHARACTER SET latin1",
     NULL,
     SERVERS,
     {LETTERS, "'ä'", "'€'", "'é'", "_latin1 x'81'"}},
    {"varchar(60) CHARACTER SET utf8mb3", NULL, SERVERS, {LETTERS, "'ä'", "'€'", "'漢'"}},
    {"varchar(60) CHARACTER SET ascii", NULL, SERVERS, {LETTERS}},
    {"varchar(60) CHARACTER SET ucs2", NULL, SERVERS, {LETTERS, "'ä'", "'漢'"}},
    {"varchar(60) CHARACTER SET utf16", NULL, SERVERS, {LETTERS, "'ä'", "'😀'"}},
    {"varchar(60) CHARACTER SET utf16le", NULL, SERVERS, {LETTERS, "'ä'", "'😀'"}},
    {"varchar(60) CHARACTER SET utf32", NULL, SERVERS, {LETTERS, "'ä'", "'😀'"}},
    {"varchar(60) CHARACTER SET latin2", NULL, SERVERS, {LETTERS, "'ä'", "'ł'"}},
    {"varchar(60) CHARACTER SET cp1251", NULL, SERVERS, {LETTERS, "'Ж'", "'ж'"}},
    {"varchar(60) CHARACTER SET koi8r", NULL, SERVERS, {LETTERS, "'Ж'", "'ж'"}},
    {"varchar(60) CHARACTER SET gbk", NULL, SERVERS, {LETTERS, "'漢'", "'字'"}},
    {"varchar(60) CHARACTER SET sjis", NULL, SERVERS, {LETTERS, "'漢'", "'字'", "'ｱ'"}},
    {"varchar(60) CHARACTER SET ujis", NULL, SERVERS, {LETTERS, "'漢'", "'字'"}},
    {"longtext",
     NULL,
     SERVERS,
     {LETTERS, "REPEAT('x', 100000)", "CONCAT(REPEAT('x', 99999), 'y')"}},
    {"varchar(60) COMPRESSED", NULL, SERVERS, {LETTERS}},
    {"binary(4)", NULL, SERVERS, {"x'00'", "x'01'", "x'0001'", "x'ffffffff'", "'a'", "'a '"}},
    {"varbinary(20)",
     NULL,
     SERVERS,
     {"''", "x'00'", "x'0000'", "x'01'", "x'80'", "x'81'", "'a'", "'a '", "'A'", "x'5c78'", "'~'"}},
    {"longblob", NULL, SERVERS, {"''", "x'00'", "REPEAT(x'00', 70000)", "REPEAT(x'00', 70001)"}},
    {"uuid",
     NULL,
     SERVERS,
     {"'00000000-0000-0000-0000-000000000000'", "'00000000-0000-0000-0000-000000000001'",
      "'10000000-0000-0000-0000-000000000000'", "'123e4567-e89b-12d3-a456-426655440000'",
      "'ffffffff-ffff-ffff-ffff-ffffffffffff'"}},
    {"enum('new','it''s','ünï','New one','~','')",
     NULL,
     SERVERS,
     {"'new'", "'it''s'", "'ünï'", "'New one'", "'~'", "''"}},
    {"set('a','b c','ü','~')",
     NULL,
     SERVERS,
     {"''", "'a'", "'b c'", "'a,b c'", "'ü'", "'a,~'", "'~'"}},
    {"json",
     NULL,
     SERVERS,
     {"'{\"a\": 1}'", "'{\"a\":1}'", "'{\"a\": 1.0}'", "'null'", "'\"null\"'", "'[1, 2]'",
      "'[2, 1]'"}},
    {"point", NULL, SERVERS, {"POINT(1, 2)", "POINT(2, 1)", "POINT(1, 2.0000000000000004)"}},
    {"inet6", NULL, STREAM, {"'::'", "'::1'", "'::ffff:1.2.3.4'", "'2001:db8::1'"}},
};

static const struct column_case postgres_types[] = {
    {"boolean", NULL, SERVERS, {"true", "false"}},
    {"smallint", NULL, SERVERS, {"-32768", "0", "32767"}},
    {"bigint",
     NULL,
     SERVERS,
     {"-9223372036854775808", "0", "9007199254740992", "9007199254740993", "9223372036854775807"}},
    {"numeric",
     NULL,
     SERVERS,
     {"0", "10", "100", "0.1", "0.01", "'NaN'", "1e100", "1e-100",
      "'-12345678901234567890.123456789012345678901234567890'"}},
    {"numeric(20,5)", NULL, SERVERS, {"0", "0.00001", "-0.00001", "10", "100", "'NaN'"}},
    {"real", NULL, STREAM, {"0", "'0.1'", "'0.10000001'", "'NaN'", "'Infinity'", "'-Infinity'"}},
    {"double precision",
     NULL,
     STREAM,
     {"0", "'0.1'", "'0.10000000000000002'", "'NaN'", "'Infinity'", "'5e-324'"}},
    {"text", NULL, SERVERS, {LETTERS, "'ä'", "'a '", "'😀'", "'\\'", "E'\\n'"}},
    {"varchar(20)", NULL, SERVERS, {LETTERS}},
    {"char(5)", NULL, SERVERS, {"''", "'a'", "'A'", "' a'"}},
    {"bytea", NULL, SERVERS, {"''", "'\\x00'", "'\\x0000'", "'\\x80'", "'\\x81'", "'a'", "'~'"}},
    {"bit(3)", NULL, SERVERS, {"B'000'", "B'001'", "B'111'"}},
    {"bit varying", NULL, SERVERS, {"B''", "B'0'", "B'00'", "B'1'"}},
    {"date",
     NULL,
     SERVERS,
     {"'0044-03-15 BC'", "'0044-03-15'", "'2024-02-29'", "'10000-01-01'", "'infinity'",
      "'-infinity'"}},
    {"time", NULL, SERVERS, {"'00:00'", "'00:00:00.000001'", "'23:59:59.999999'", "'24:00'"}},
    {"timestamp",
     NULL,
     SERVERS,
     {"'0044-03-15 BC'", "'0044-03-15'", "'2024-01-01 10:00:00.1'", "'2024-01-01 10:00:00.100001'",
      "'infinity'", "'-infinity'"}},
    {"timestamptz",
     NULL,
     SERVERS,
     {"'2024-01-01 10:00:00.1+00'", "'2024-01-01 10:00:00.1+01'", "'infinity'", "'-infinity'"}},
    {"interval",
     NULL,
     SERVERS,
     {"'0'", "'1 month'", "'30 days'", "'1 year'", "'1 day'", "'24:00'", "'-1 day +24:00'",
      "'1 month -1 day'", "'0.000001'", "'-0.000001'", "'100000:00:00'"}},
    {"uuid",
     NULL,
     SERVERS,
     {"'00000000-0000-0000-0000-000000000000'", "'00000000-0000-0000-0000-000000000001'"}},
    {"json", NULL, SERVERS, {"'{\"a\": 1}'", "'{\"a\":1}'", "'null'", "'{\"a\": 1, \"a\": 1}'"}},
    {"jsonb", NULL, SERVERS, {"'{\"a\": 1}'", "'{\"a\": 1.0}'", "'null'", "'{\"a\": \"1\"}'"}},
    {"inet", NULL, SERVERS, {"'1.2.3.4'", "'1.2.3.4/24'", "'::1'", "'::1/64'", "'1.2.3.5'"}},
    {"text[]",
     NULL,
     SERVERS,
     {"'{}'", "'{a}'", "'{a,b}'", "'{\"a,b\"}'", "'{NULL}'", "'{\"\"}'", "'{\"\",\"\"}'",
      "'{{a,b}}'", "'[0:1]={a,b}'", "'{\"NULL\"}'", "'{\",,{NULL}\"}'", "'{\"\",\"\",\"\"}'",
      "'{\"{a}\"}'"}},
    {"integer[]", NULL, SERVERS, {"'{}'", "'{1,2}'", "'{{1,2}}'", "'{1,NULL}'", "'{12}'"}},
    {"real[]", NULL, STREAM, {"'{0.1}'", "'{0.10000001}'"}},
    {"point", NULL, STREAM, {"'(1,2)'", "'(2,1)'"}},
    {"xml", NULL, STREAM, {"'<a/>'", "'<a></a>'"}},
    {"mood", NULL, SERVERS, {"'a'", "'A'", "'a b'"}},
};

static const struct column_case sqlite_types[] = {
    {"",
     NULL,
     STREAM,
     {"0",
      "0.0",
      "1",
      "1.0",
      "'1'",
      "x'31'",
      "'1.0'",
      "''",
      "x''",
      "'a'",
      "'A'",
      "'a '",
      "'a'||char(0)",
      "9223372036854775807",
      "-9223372036854775808",
      "9007199254740993",
      "9007199254740992.0",
      "0.1",
      "0.1+0.00000000000000002",
      "CAST(x'ff' AS TEXT)"}},
    {"INTEGER", NULL, STREAM, {"0", "1", "-1", "9223372036854775807", "1.5", "'x'", "x'31'"}},
    {"REAL", NULL, STREAM, {"0", "0.5", "-0.5", "9e999", "'x'", "x'31'"}},
    {"TEXT", NULL, STREAM, {"''", "'a'", "'a '", "'A'", "x'61'", "'1'", "'1.0'"}},
    {"BLOB", NULL, STREAM, {"x''", "x'00'", "x'0000'", "x'80'", "'a'", "1", "1.0"}},
    {"NUMERIC(10,2)", NULL, STREAM, {"0", "1", "1.5", "'a'", "x'31'"}},
};

/* ------------------------------------------------------------------------------------- pairs */

static void check_pair(const char *source, const char *target, const struct column_case *cases,
                       size_t n) {
    struct world w = {.dir = "/tmp/whimbrel-matrix-XXXXXX"};
    if (!find_engine(&w.source, source) || !find_engine(&w.target, target)) {
        print_message("# %s to %s: left out, no server is named\n", source, target);
        return;
    }
    w.with_servers = w.source.engine->verify->digest && w.target.engine->verify->digest;
    assert_non_null(mkdtemp(w.dir));
    make(&w, &w.source, wb_arena_printf(&w.arena, "from_%s_to_%s", source, target));
    make(&w, &w.target, wb_arena_printf(&w.arena, "to_%s_from_%s", target, source));
    if (wb_str_eq(source, "postgresql"))
        run(&w, &w.source, "CREATE TYPE mood AS ENUM ('a', 'A', 'a b')");
    for (size_t i = 0; i < n; i++)
        check_column(&w, &cases[i]);
    drop(&w, &w.source);
    drop(&w, &w.target);
    rmdir(w.dir);
    wb_arena_done(&w.arena);
}

#define CHECK_PAIR(source, target, cases) \
    check_pair(source, target, cases, sizeof(cases) / sizeof(cases)[0])

static void mariadb_to_postgresql(void **state) {
    (void)state;
    CHECK_PAIR("mysql", "postgresql", mariadb_types);
}

static void postgresql_to_postgresql(void **state) {
    (void)state;
    CHECK_PAIR("postgresql", "postgresql", postgres_types);
}

static void sqlite_to_sqlite(void **state) {
    (void)state;
    CHECK_PAIR("sqlite", "sqlite", sqlite_types);
}

/* Casts are spelled for PostgreSQL; what is above 2^63 has a place in SQLite's text alone. */
static void mariadb_to_sqlite(void **state) {
    (void)state;
    enum { N = sizeof mariadb_types / sizeof mariadb_types[0] };
    struct column_case cases[N];
    size_t n = 0;
    for (size_t i = 0; i < N; i++)
        if (!mariadb_types[i].cast)
            cases[n++] = mariadb_types[i];
    for (size_t i = 0; i < n; i++)
        if (wb_str_starts(cases[i].type, "bigint unsigned") || wb_str_eq(cases[i].type, "bit(64)"))
            cases[i].cast = "TEXT";
    check_pair("mysql", "sqlite", cases, n);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sqlite_to_sqlite),
        cmocka_unit_test(mariadb_to_sqlite),
        cmocka_unit_test(mariadb_to_postgresql),
        cmocka_unit_test(postgresql_to_postgresql),
    };
    wb_builtin_register();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
