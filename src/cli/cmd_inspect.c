#include "cli/cli.h"

#include "base/json.h"
#include "base/str.h"
#include "engine/registry.h"

#include <inttypes.h>

enum { OPT_HELP = 1, OPT_JSON };
enum { RETRIES = 3 }; /* it only reads: a lost connection is no reason to ask again by hand */

static const struct wb_option options[] = {
    {"json", NULL, "one JSON object", OPT_JSON}, {"help", NULL, "this", OPT_HELP}, {0}};

static int help(void) {
    puts("Usage: whimbrel inspect URL [OPTIONS]\n\n"
         "Shows what is in a database: server, tables with rows and bytes as the server estimates "
         "them, columns and\n"
         "types, keys, and other objects. Reads only. What a copy would do with it: whimbrel copy "
         "… --dry-run.\n\nOptions:");
    wb_opt_help(stdout, options);
    puts("\nExample:\n  whimbrel inspect mysql://app@db1/shop");
    return 0;
}

static void print_text(const struct wb_probe *p, const struct wb_catalog *c) {
    char rows[40], bytes[40];
    printf("%s %s, schema %s\n\n", p->product, p->version, c->schema ? c->schema : "");
    for (size_t i = 0; i < c->n_tables; i++) {
        const struct wb_table *t = &c->tables[i];
        printf("table %s: ", t->name);
        if (t->est_rows) /* 0: empty, or the server does not estimate */
            printf("about %s rows, ", wb_str_human_count(t->est_rows, rows, sizeof rows));
        if (t->est_bytes)
            printf("%s, ", wb_str_human_bytes(t->est_bytes, bytes, sizeof bytes));
        printf("%zu column%s, %zu index%s, %zu foreign key%s%s\n", t->n_columns,
               t->n_columns == 1 ? "" : "s", t->n_indexes, t->n_indexes == 1 ? "" : "es", t->n_fks,
               t->n_fks == 1 ? "" : "s", wb_table_replica_key(t) ? "" : ", no key");
        for (size_t k = 0; k < t->n_columns; k++)
            printf("  %s %s%s\n", t->columns[k].name, t->columns[k].type.native,
                   t->columns[k].not_null ? " not null" : "");
    }
    for (size_t i = 0; i < c->n_objects; i++)
        printf("%s %s\n", c->objects[i].kind, c->objects[i].name);
    for (size_t i = 0; i < p->findings.n; i++)
        printf("%s: %s\n", wb_severity_word(p->findings.items[i].severity),
               p->findings.items[i].text);
}

static void put_table(struct wb_json *j, const struct wb_table *t) {
    wb_json_object(j);
    wb_json_key_str(j, "schema", t->schema);
    wb_json_key_str(j, "name", t->name);
    wb_json_key_uint(j, "estimated_rows", t->est_rows);
    wb_json_key_uint(j, "estimated_bytes", t->est_bytes);
    wb_json_key_uint(j, "indexes", t->n_indexes);
    wb_json_key_uint(j, "foreign_keys", t->n_fks);
    wb_json_key_bool(j, "has_key", wb_table_replica_key(t) != NULL);
    wb_json_key(j, "columns");
    wb_json_array(j);
    for (size_t k = 0; k < t->n_columns; k++) {
        wb_json_object(j);
        wb_json_key_str(j, "name", t->columns[k].name);
        wb_json_key_str(j, "type", t->columns[k].type.native);
        wb_json_key_str(j, "kind", wb_kind_name(t->columns[k].type.kind));
        wb_json_key_bool(j, "not_null", t->columns[k].not_null);
        wb_json_end(j);
    }
    wb_json_end(j);
    wb_json_end(j);
}

static void print_json(const struct wb_url *u, const struct wb_probe *p,
                       const struct wb_catalog *c) {
    WB_CLEANUP_BUF struct wb_buf b = {0};
    struct wb_json j = {.out = &b};
    wb_json_object(&j);
    wb_json_key_uint(&j, "format", 1);
    wb_json_key_str(&j, "database", u->redacted);
    wb_json_key_str(&j, "product", p->product);
    wb_json_key_str(&j, "version", p->version);
    wb_json_key(&j, "tables");
    wb_json_array(&j);
    for (size_t i = 0; i < c->n_tables; i++)
        put_table(&j, &c->tables[i]);
    wb_json_end(&j);
    wb_json_key(&j, "objects");
    wb_json_array(&j);
    for (size_t i = 0; i < c->n_objects; i++) {
        wb_json_object(&j);
        wb_json_key_str(&j, "kind", c->objects[i].kind);
        wb_json_key_str(&j, "name", c->objects[i].name);
        wb_json_end(&j);
    }
    wb_json_end(&j);
    wb_json_end(&j);
    puts(wb_buf_str(&b));
}

static int inspect(const char *text, bool json) {
    struct wb_arena a = {0};
    struct wb_url url;
    struct wb_error err = {0};
    struct wb_conn *c = NULL;
    struct wb_probe probe = {0};
    struct wb_catalog catalog = {0};
    struct wb_open_opts opts = {
        .side = WB_SIDE_SOURCE, .retries = RETRIES, .cancel = &wb_cli_cancel};
    enum wb_code code = wb_url_parse(text, &a, &url, &err);
    if (!code)
        code = wb_registry_open(&url, &opts, &c, &err);
    if (!code)
        code = c->engine->probe(c, &a, &probe, &err);
    if (!code)
        code = c->engine->describe(c, &(struct wb_describe_opts){0}, &catalog, &err);
    if (!code && json)
        print_json(&url, &probe, &catalog);
    else if (!code)
        print_text(&probe, &catalog);
    wb_catalog_done(&catalog);
    wb_conn_close(c);
    wb_arena_done(&a);
    return code ? wb_cli_fail(&err, json) : 0;
}

int wb_cmd_inspect(int argc, char **argv) {
    struct wb_optparse p = {.argc = argc, .argv = argv, .options = options, .command = "inspect"};
    const char *url = NULL;
    bool json = false;
    for (int id; (id = wb_opt_next(&p)) != WB_OPT_END;) {
        if (id == WB_OPT_BAD)
            return 2;
        if (id == OPT_HELP)
            return help();
        json |= id == OPT_JSON;
        if (id == WB_OPT_POSITIONAL && url)
            return wb_cli_usage("inspect", "inspect takes one database");
        if (id == WB_OPT_POSITIONAL)
            url = p.text;
    }
    return url ? inspect(url, json) : wb_cli_usage("inspect", "inspect takes a database URL");
}
