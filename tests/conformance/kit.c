#include "conformance/kit.h"

#include "base/str.h"
#include "builtin/builtin.h"
#include "engine/registry.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Where an engine's databases come from. server: the URL of one that has a server, NULL for files.
 */
static struct {
    const struct wb_engine *engine;
    const char *server;
    char dir[64];
    unsigned made;
} here;

static const char *server_of(const char *engine, const char **ret_variable) {
    *ret_variable = wb_str_eq(engine, "postgresql") ? "WB_PG_URL" : "WB_MY_URL";
    const char *url = getenv(*ret_variable);
    return url && *url ? url : NULL;
}

/* ------------------------------------------------------------------------------------- databases
 */

static void admin(struct kit *k, const char *sql) {
    struct wb_url url;
    struct wb_conn *c = NULL;
    struct wb_open_opts opts = {.side = WB_SIDE_TARGET};
    kit_ok(k, wb_url_parse(here.server, &k->arena, &url, &k->err));
    kit_ok(k, k->engine->open(&url, &opts, &c, &k->err));
    enum wb_code code = k->engine->exec(c, sql, NULL, &k->err);
    wb_conn_close(c);
    kit_ok(k, code);
}

static void make_file(struct kit *k) {
    struct wb_conn *c = NULL;
    struct wb_open_opts opts = {.side = WB_SIDE_TARGET};
    k->url =
        (struct wb_url){.scheme = "sqlite",
                        .database = wb_arena_printf(&k->arena, "%s/%u.db", here.dir, ++here.made)};
    kit_ok(k, k->engine->open(&k->url, &opts, &c, &k->err));
    enum wb_code code = k->engine->exec(c, "PRAGMA journal_mode = WAL", NULL,
                                        &k->err); /* so that writers can go on */
    wb_conn_close(c);
    kit_ok(k, code);
}

static void make_database(struct kit *k) {
    kit_ok(k, wb_url_parse(here.server, &k->arena, &k->url, &k->err));
    k->url.database =
        wb_arena_printf(&k->arena, "wb_conformance_%ld_%u", (long)getpid(), ++here.made);
    admin(k, wb_arena_printf(&k->arena, "DROP DATABASE IF EXISTS %s", k->url.database));
    admin(k, wb_arena_printf(&k->arena, "CREATE DATABASE %s", k->url.database));
}

/* A PostgreSQL session ends a moment after its connection. PostgreSQL 12 has no FORCE. */
static void drop_database(struct kit *k) {
    if (!here.server || !k->url.database)
        return;
    if (wb_str_eq(k->engine->name, "postgresql"))
        admin(k, wb_arena_printf(&k->arena,
                                 "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                                 "WHERE datname = '%s'",
                                 k->url.database));
    admin(k, wb_arena_printf(&k->arena, "DROP DATABASE %s", k->url.database));
}

static void remove_dir(const char *dir) {
    char path[512];
    DIR *d = opendir(dir);
    for (struct dirent *e; d && (e = readdir(d));) {
        snprintf(path, sizeof path, "%s/%s", dir, e->d_name);
        unlink(path);
    }
    if (d)
        closedir(d);
    rmdir(dir);
}

int kit_setup(void **state) {
    struct kit *k = calloc(1, sizeof *k);
    *state = k;
    k->engine = here.engine;
    if (here.server)
        make_database(k);
    else
        make_file(k);
    struct wb_catalog cat;
    struct wb_describe_opts opts = {0};
    struct wb_conn *c = kit_open(k, WB_SIDE_TARGET);
    kit_ok(k, k->engine->describe(c, &opts, &cat, &k->err));
    k->schema = wb_arena_strdup(&k->arena, cat.schema);
    wb_catalog_done(&cat);
    kit_close(k, c);
    return 0;
}

int kit_teardown(void **state) {
    struct kit *k = *state;
    while (k->n_open)
        wb_conn_close(k->open[--k->n_open]);
    while (k->n_catalogs)
        wb_catalog_done(k->catalogs[--k->n_catalogs]);
    drop_database(k);
    wb_arena_done(&k->arena);
    free(k);
    return 0;
}

static int run_engine(const char *name, const struct CMUnitTest *tests, size_t n,
                      const struct wb_engine *e) {
    const char *variable = "";
    char group[80];
    here.engine = e;
    here.server = NULL;
    here.made = 0;
    if (!wb_str_eq(e->name, "sqlite") && !(here.server = server_of(e->name, &variable))) {
        printf("# %s on %s: left out, %s names no server\n", name, e->title, variable);
        return 0;
    }
    strcpy(here.dir, "/tmp/whimbrel-conformance-XXXXXX");
    if (!here.server && !mkdtemp(here.dir))
        return 1;
    snprintf(group, sizeof group, "%s on %s", name, e->title);
    int failed = _cmocka_run_group_tests(group, tests, n, NULL, NULL);
    if (!here.server)
        remove_dir(here.dir);
    return failed;
}

int kit_run(const char *name, const struct CMUnitTest *tests, size_t n) {
    int failed = 0;
    wb_builtin_register();
    for (size_t i = 0; i < wb_registry_count(); i++)
        failed += run_engine(name, tests, n, wb_registry_at(i));
    return failed;
}

/* ------------------------------------------------------------------------------------- statements
 */

struct wb_conn *kit_open(struct kit *k, enum wb_side side) {
    struct wb_conn *c = NULL;
    struct wb_open_opts opts = {.side = side};
    assert_true(k->n_open < sizeof k->open / sizeof *k->open);
    kit_ok(k, k->engine->open(&k->url, &opts, &c, &k->err));
    k->open[k->n_open++] = c;
    return c;
}

void kit_close(struct kit *k, struct wb_conn *c) {
    for (size_t i = 0; i < k->n_open; i++)
        if (k->open[i] == c)
            k->open[i--] = k->open[--k->n_open];
    wb_conn_close(c);
}

static const char *with_names(struct kit *k, const char *sql) {
    WB_CLEANUP_BUF struct wb_buf b = {0};
    for (const char *at; (at = strchr(sql, '@')); sql = strchr(at + 1, '@') + 1) {
        wb_buf_add(&b, sql, (size_t)(at - sql));
        k->engine->quote_name(
            &b, wb_arena_strndup(&k->arena, at + 1, (size_t)(strchr(at + 1, '@') - at - 1)));
    }
    wb_buf_adds(&b, sql);
    return wb_arena_strdup(&k->arena, wb_buf_str(&b));
}

enum wb_code kit_try(struct kit *k, struct wb_conn *c, const char *sql, uint64_t *ret_rows) {
    k->err = (struct wb_error){0};
    return k->engine->exec(c, with_names(k, sql), ret_rows, &k->err);
}

void kit_exec(struct kit *k, struct wb_conn *c, const char *sql) {
    kit_ok(k, kit_try(k, c, sql, NULL));
}

const char *kit_value(struct kit *k, struct wb_conn *c, const char *sql) {
    struct wb_rows rows;
    kit_ok(k, k->engine->query(c, with_names(k, sql), &k->arena, &rows, &k->err));
    return rows.n_rows == 0 ? "(none)" : rows.values[0][0] ? rows.values[0][0] : "(null)";
}

/* ------------------------------------------------------------------------------------- tables */

struct wb_type kit_int(unsigned size_bytes) {
    return (struct wb_type){.kind = WB_KIND_INT, .size_bytes = (uint8_t)size_bytes};
}

struct wb_type kit_kind(enum wb_kind kind) {
    return (struct wb_type){.kind = kind};
}

static enum wb_code map_columns(struct kit *k, struct wb_table *t,
                                const struct kit_column *columns) {
    for (size_t i = 0; i < t->n_columns; i++) {
        struct wb_column *to = &t->columns[i];
        struct wb_type from = columns[i].type;
        if (!from.native)
            from.native = wb_kind_name(from.kind);
        if (from.kind == WB_KIND_ENUM || from.kind == WB_KIND_SET)
            from.type_name = wb_arena_printf(&k->arena, "%s_%s", t->name, columns[i].name);
        enum wb_code code = k->engine->ddl->map_type(&from, &k->arena, &to->type, &k->err);
        if (code)
            return code;
        to->name = to->source_name = columns[i].name;
        to->not_null = columns[i].not_null;
        to->source_index = (uint32_t)i;
    }
    return WB_OK;
}

static void add_key(struct kit *k, struct wb_table *t, size_t n_key) {
    if (!n_key)
        return;
    struct wb_index *pk = WB_NEW(&k->arena, struct wb_index);
    *pk = (struct wb_index){
        .name = NULL, .primary = true, .unique = true, .constraint = true, .n_parts = n_key};
    pk->parts = WB_NEW_N(&k->arena, struct wb_index_part, n_key);
    for (size_t i = 0; i < n_key; i++) {
        pk->parts[i].column = (int)i;
        t->columns[i].not_null = true;
    }
    t->indexes = pk;
    t->n_indexes = 1;
}

static void run_ddl(struct kit *k, struct wb_conn *c, const struct wb_catalog *cat) {
    struct wb_ddl_list list = {0};
    struct wb_findings findings = {0};
    struct wb_probe probe;
    kit_ok(k, k->engine->probe(c, &k->arena, &probe, &k->err));
    kit_ok(k, k->engine->ddl->render(cat, probe.version_num, &k->arena, &list, &findings, &k->err));
    for (size_t i = 0; i < list.n; i++)
        if (list.items[i].part <= WB_DDL_FOREIGN_KEY)
            kit_ok(k, k->engine->exec(c, list.items[i].sql, NULL, &k->err));
}

struct wb_table *kit_try_make(struct kit *k, struct wb_conn *c, const char *name,
                              const struct kit_column *columns, size_t n, size_t n_key) {
    struct wb_table *t = WB_NEW(&k->arena, struct wb_table);
    struct wb_catalog *cat = WB_NEW(&k->arena, struct wb_catalog);
    *t = (struct wb_table){.schema = k->schema, .name = name, .source_name = name, .n_columns = n};
    t->columns = WB_NEW_N(&k->arena, struct wb_column, n);
    k->err = (struct wb_error){0};
    if (map_columns(k, t, columns))
        return NULL;
    add_key(k, t, n_key);
    *cat = (struct wb_catalog){
        .engine = k->engine->name, .schema = k->schema, .tables = t, .n_tables = 1};
    run_ddl(k, c, cat);
    return t;
}

struct wb_table *kit_make(struct kit *k, struct wb_conn *c, const char *name,
                          const struct kit_column *columns, size_t n, size_t n_key) {
    struct wb_table *t = kit_try_make(k, c, name, columns, n, n_key);
    if (!t)
        fail_msg("%s", k->err.text);
    return t;
}

const struct wb_table *kit_described(struct kit *k, struct wb_conn *c, const char *name) {
    struct wb_catalog cat;
    struct wb_describe_opts opts = {0};
    kit_ok(k, k->engine->describe(c, &opts, &cat, &k->err));
    const struct wb_table *t = wb_catalog_find_table(&cat, NULL, name);
    if (!t) {
        wb_catalog_done(&cat);
        fail_msg("table %s is not described", name);
    }
    assert_true(k->n_catalogs < sizeof k->catalogs / sizeof *k->catalogs);
    struct wb_catalog *keep = WB_NEW(&k->arena, struct wb_catalog);
    *keep = cat;
    k->catalogs[k->n_catalogs++] = keep;
    return t;
}

/* ------------------------------------------------------------------------------------- rows */

static uint32_t *all_columns(struct kit *k, const struct wb_table *t) {
    uint32_t *columns = WB_NEW_N(&k->arena, uint32_t, t->n_columns);
    for (size_t i = 0; i < t->n_columns; i++)
        columns[i] = (uint32_t)i;
    return columns;
}

enum wb_code kit_try_load(struct kit *k, struct wb_conn *c, const struct wb_table *t,
                          const struct wb_batch *b) {
    const struct wb_write_ops *w = k->engine->write;
    struct wb_load_spec spec = {
        .table = t, .columns = all_columns(k, t), .n_columns = t->n_columns};
    struct wb_load *l = NULL;
    uint64_t rows = 0;
    k->err = (struct wb_error){0};
    enum wb_code code = w->begin(c, &k->err);
    if (code || (code = w->load_open(c, &spec, &l, &k->err)))
        return code;
    if ((code = w->load_put(l, b, &k->err)))
        w->load_abort(l);
    else
        code = w->load_close(l, &rows, &k->err);
    if (code) {
        w->rollback(c);
        return code;
    }
    assert_int_equal(rows, b->n_rows);
    return w->commit(c, false, &k->err);
}

void kit_load(struct kit *k, struct wb_conn *c, const struct wb_table *t,
              const struct wb_batch *b) {
    kit_ok(k, kit_try_load(k, c, t, b));
}

struct wb_cursor *kit_read(struct kit *k, struct wb_conn *c, const struct wb_table *t,
                           struct wb_range range, int ordered) {
    struct wb_read_spec spec = {.table = t,
                                .columns = all_columns(k, t),
                                .n_columns = t->n_columns,
                                .range = range,
                                .ordered = ordered != 0};
    struct wb_cursor *cur = NULL;
    kit_ok(k, k->engine->read->open(c, &spec, &cur, &k->err));
    return cur;
}

uint32_t kit_next(struct kit *k, struct wb_cursor *cur, struct wb_batch *b) {
    kit_ok(k, k->engine->read->next(cur, b, &k->err));
    return b->n_rows;
}

uint64_t kit_count(struct kit *k, struct wb_conn *c, const struct wb_table *t) {
    WB_CLEANUP_BUF struct wb_buf sql = {0};
    struct wb_rows rows;
    wb_buf_adds(&sql, "SELECT count(*) FROM ");
    wb_engine_quote_table(k->engine, &sql, t->schema, t->name);
    kit_ok(k, k->engine->query(c, wb_buf_str(&sql), &k->arena, &rows, &k->err));
    return strtoull(rows.values[0][0], NULL, 10);
}
