#include "unit/engines/sqlite/fixture.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int sqlite_setup(void **state) {
    struct sqlite_fixture *f = calloc(1, sizeof *f);
    strcpy(f->dir, "/tmp/whimbrel-sqlite-XXXXXX");
    *state = f;
    return mkdtemp(f->dir) ? 0 : -1;
}

int sqlite_teardown(void **state) {
    struct sqlite_fixture *f = *state;
    DIR *d = opendir(f->dir);
    for (struct dirent *e; d && (e = readdir(d));)
        unlink(sqlite_path(f, e->d_name));
    if (d)
        closedir(d);
    rmdir(f->dir);
    wb_arena_done(&f->arena);
    free(f);
    return 0;
}

const char *sqlite_path(struct sqlite_fixture *f, const char *name) {
    return wb_arena_printf(&f->arena, "%s/%s", f->dir, name);
}

static enum wb_code try_open(struct sqlite_fixture *f, const char *name, enum wb_side side,
                             struct wb_conn **ret) {
    struct wb_url url = {.scheme = "sqlite", .database = sqlite_path(f, name)};
    struct wb_open_opts opts = {.side = side, .connect_timeout_ms = 5000};
    return wb_engine_sqlite.open(&url, &opts, ret, &f->err);
}

struct wb_conn *sqlite_open(struct sqlite_fixture *f, const char *name, enum wb_side side) {
    struct wb_conn *c = NULL;
    sqlite_ok(f, try_open(f, name, side, &c));
    return c;
}

enum wb_code sqlite_open_fails(struct sqlite_fixture *f, const char *name, enum wb_side side) {
    struct wb_conn *c = NULL;
    enum wb_code code = try_open(f, name, side, &c);
    if (code == WB_OK) {
        wb_conn_close(c);
        fail_msg("%s was opened", name);
    }
    assert_null(c);
    return code;
}

void sqlite_run(struct sqlite_fixture *f, struct wb_conn *c, const char *sql) {
    sqlite_ok(f, c->engine->exec(c, sql, NULL, &f->err));
}

void sqlite_app(struct sqlite_fixture *f, const char *name, const char *sql) {
    struct wb_conn *c = sqlite_open(f, name, WB_SIDE_TARGET);
    sqlite_run(f, c, sql);
    wb_conn_close(c);
}

const char *sqlite_value(struct sqlite_fixture *f, struct wb_conn *c, const char *sql) {
    struct wb_rows rows;
    sqlite_ok(f, c->engine->query(c, sql, &f->arena, &rows, &f->err));
    return rows.n_rows == 0 ? "(none)" : rows.values[0][0] ? rows.values[0][0] : "(null)";
}

void sqlite_describe(struct sqlite_fixture *f, struct wb_conn *c, struct wb_catalog *ret) {
    struct wb_describe_opts opts = {0};
    sqlite_ok(f, c->engine->describe(c, &opts, ret, &f->err));
}
