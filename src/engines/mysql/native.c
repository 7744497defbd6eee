/* Backups by mariadb-dump or mysqldump, and scratch databases that the client fills.
 *
 * A dump begins a snapshot of its own. So that it is the moment of the caller's, it is begun while
 * the caller's snapshot keeps commits out: with --verbose the program says on its standard error
 * that it has begun its transaction, and only then commits may go on. Where nothing keeps them out,
 * or the program takes too long for that, the caller is told.
 *
 * Events are a file of their own, which is not restored into a scratch database: there they would
 * run, and name what they change. The dump of one database holds neither USE nor CREATE DATABASE;
 * no option file of anybody is read that could change this.
 *
 * A scratch database is held by a user-level lock of the session that made it. */
#include "engines/mysql/internal.h"

#include "base/str.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

enum { BEGIN_MS = 5000, MAX_ARGS = 24 };

struct wb_dump {
    struct mysql_conn *reader;
    struct wb_program *program;
    const struct wb_native_watch *watch;
    const char *dir, *name, *tool;
    struct wb_arena arena;
};

/* --- programs
 * ------------------------------------------------------------------------------------ */

static const char *either(struct wb_arena *a, bool mariadb, const char *ours, const char *mysqls) {
    const char *path = wb_program_find(a, mariadb ? ours : mysqls);
    return path ? path : wb_program_find(a, mariadb ? mysqls : ours);
}

static enum wb_code find_programs(const struct wb_my_conn *my, struct wb_arena *a,
                                  const char **ret_dump, const char **ret_client,
                                  struct wb_error *err) {
    *ret_dump = either(a, my->mariadb, "mariadb-dump", "mysqldump");
    *ret_client = either(a, my->mariadb, "mariadb", "mysql");
    if (*ret_dump && *ret_client)
        return WB_OK;
    wb_error_set(err, WB_E_NOT_FOUND, "there is no %s in PATH",
                 *ret_dump     ? (my->mariadb ? "mariadb" : "mysql")
                 : my->mariadb ? "mariadb-dump"
                               : "mysqldump");
    return wb_error_hint(err, "install %s", my->mariadb ? "mariadb-client" : "mysql-client");
}

static enum wb_code check(struct wb_conn *c, struct wb_arena *a, const char **ret_words,
                          struct wb_error *err) {
    const char *dump, *client;
    enum wb_code code = find_programs(mysql_of(c)->my, a, &dump, &client, err);
    const char *line = code ? NULL : wb_program_line(a, dump, "--version");
    const char *words = line ? strstr(line, "mariadb-dump") : NULL;
    if (!code)
        *ret_words = words ? words : line ? line : dump;
    return code;
}

static enum wb_code start(struct mysql_conn *c, const char *const *argv, enum wb_program_flow flow,
                          struct wb_program **ret, struct wb_error *err) {
    WB_CLEANUP_BUF struct wb_buf login = {0};
    enum wb_code code = wb_my_login_options(c->my, &login, err);
    struct wb_program_spec how = {.argv = argv, .secret = wb_buf_str(&login), .flow = flow};
    return code ? code : wb_program_start(&how, ret, err);
}

/* --- dump
 * ---------------------------------------------------------------------------------------- */

static void dump_done(struct wb_dump *d) {
    if (!d)
        return;
    wb_program_free(d->program);
    wb_arena_done(&d->arena);
    free(d);
}

static enum wb_code dump_begin(struct wb_conn *reader, const struct wb_dump_spec *spec,
                               struct wb_dump **ret, bool *ret_in_moment, struct wb_error *err) {
    struct wb_dump *d = calloc(1, sizeof *d);
    const char *client;
    if (!d)
        abort();
    d->reader = mysql_of(reader);
    d->watch = spec->watch;
    d->dir = wb_arena_strdup(&d->arena, spec->dir);
    d->name = wb_arena_strdup(&d->arena, spec->name);
    enum wb_code code = find_programs(d->reader->my, &d->arena, &d->tool, &client, err);
    if (!code) {
        const char *const argv[] = {
            d->tool,
            "--defaults-file=" WB_PROGRAM_SECRET,
            "--verbose",
            "--single-transaction",
            "--quick",
            "--routines",
            "--triggers",
            "--skip-events",
            "--hex-blob",
            "--no-tablespaces",
            "--default-character-set=utf8mb4",
            "--max-allowed-packet=1G",
            "--",
            d->reader->my->database,
            NULL,
        };
        code = start(d->reader, argv, WB_PROGRAM_READ, &d->program, err);
    }
    if (code) {
        dump_done(d);
        return code;
    }
    *ret_in_moment =
        wb_program_await(d->program, "-- Starting transaction", "-- ", BEGIN_MS, spec->watch) == 1;
    *ret = d;
    return WB_OK;
}

static enum wb_code dump_events(struct wb_dump *d, uint64_t before, struct wb_native_file *ret,
                                struct wb_error *err) {
    const char *const argv[] = {
        d->tool,
        "--defaults-file=" WB_PROGRAM_SECRET,
        "--no-data",
        "--no-create-info",
        "--skip-triggers",
        "--events",
        "--default-character-set=utf8mb4",
        "--",
        d->reader->my->database,
        NULL,
    };
    wb_program_free(d->program);
    d->program = NULL;
    ret->name = wb_arena_printf(&d->arena, "%s.events.sql", d->name);
    enum wb_code code = start(d->reader, argv, WB_PROGRAM_READ, &d->program, err);
    return code ? code
                : wb_program_to_file(d->program,
                                     wb_arena_printf(&d->arena, "%s/%s", d->dir, ret->name), before,
                                     d->watch, ret, err);
}

static enum wb_code dump_run(struct wb_dump *d, struct wb_arena *a, struct wb_native_file **ret,
                             size_t *ret_n, struct wb_error *err) {
    struct wb_native_file *files = WB_NEW_N(a, struct wb_native_file, 2);
    struct wb_my_rows rows;
    const char *name = wb_arena_printf(a, "%s.sql", d->name);
    enum wb_code code = wb_program_to_file(d->program, wb_arena_printf(a, "%s/%s", d->dir, name), 0,
                                           d->watch, &files[0], err);
    files[0].name = name;
    if (!code)
        code = wb_my_queryf(
            d->reader->my, a, &rows, err,
            "SELECT COUNT(*) FROM information_schema.EVENTS WHERE EVENT_SCHEMA = DATABASE()");
    bool events = !code && !wb_str_eq(rows.values[0][0], "0");
    if (events && !(code = dump_events(d, files[0].bytes, &files[1], err)))
        files[1].name = wb_arena_strdup(a, files[1].name);
    if (code)
        return code;
    *ret = files;
    *ret_n = events ? 2 : 1;
    return WB_OK;
}

/* --- restore
 * ------------------------------------------------------------------------------------- */

static bool is_scratch(const char *name) {
    return name && wb_str_starts(name, "whimbrel_scratch_");
}

/* What is done in a scratch database is nothing for replicas. */
static bool leave_no_log(struct wb_my_conn *my) {
    return wb_my_execf(my, NULL, "SET SESSION sql_log_bin = 0") == WB_OK;
}

static enum wb_code restore(struct wb_conn *into, const struct wb_restore_spec *spec,
                            struct wb_error *err) {
    struct mysql_conn *c = mysql_of(into);
    struct wb_arena a = {0};
    struct wb_program *program = NULL;
    const char *dump, *client;
    enum wb_code code = find_programs(c->my, &a, &dump, &client, err);
    if (!code && !is_scratch(c->my->database))
        code = wb_error_set(err, WB_E_INTERNAL, "%s is no scratch database", c->my->database);
    if (!code) {
        const char *quiet = leave_no_log(c->my) ? "--init-command=SET SESSION sql_log_bin = 0"
                                                : "--init-command=SELECT 1";
        const char *const argv[] = {
            client,
            "--defaults-file=" WB_PROGRAM_SECRET,
            quiet,
            "--default-character-set=utf8mb4",
            "--max-allowed-packet=1G",
            "--batch",
            "--binary-mode",
            wb_arena_printf(&a, "--database=%s", c->my->database),
            NULL,
        };
        code = start(c, argv, WB_PROGRAM_FEED, &program, err);
    }
    if (!code)
        code = wb_program_from_file(program,
                                    wb_arena_printf(&a, "%s/%s", spec->dir, spec->files[0].name),
                                    &spec->files[0], 0, spec->watch, err);
    wb_program_free(program);
    wb_arena_done(&a);
    return code;
}

/* --- scratch
 * ------------------------------------------------------------------------------------- */

static enum wb_code scratch_make(struct wb_conn *admin, struct wb_conn *like, const char *name,
                                 struct wb_error *err) {
    struct wb_my_conn *my = mysql_of(admin)->my;
    struct wb_arena a = {0};
    struct wb_my_rows rows;
    enum wb_code code = wb_my_queryf(my, &a, &rows, err, "SELECT GET_LOCK('%s', 0)", name);
    if (!code && !wb_str_eq(rows.values[0][0], "1"))
        code = wb_error_set(err, WB_E_TARGET_BUSY, "another session holds %s", name);
    if (!code)
        code = wb_my_queryf(mysql_of(like)->my, &a, &rows, err,
                            "SELECT DEFAULT_CHARACTER_SET_NAME, DEFAULT_COLLATION_NAME FROM "
                            "information_schema.SCHEMATA WHERE SCHEMA_NAME = DATABASE()");
    (void)leave_no_log(my);
    if (!code)
        code = wb_my_execf(my, err, "CREATE DATABASE `%s` CHARACTER SET %s COLLATE %s", name,
                           rows.values[0][0], rows.values[0][1]);
    if (code == WB_E_PRIVILEGE)
        wb_error_hint(err,
                      "GRANT ALL ON `whimbrel\\_scratch\\_%%`.* to this user, or name a server "
                      "where this may be done as the scratch");
    wb_arena_done(&a);
    return code;
}

static enum wb_code scratch_drop(struct wb_conn *admin, const char *name, struct wb_error *err) {
    struct wb_my_conn *my = mysql_of(admin)->my;
    if (!is_scratch(name))
        return wb_error_set(err, WB_E_INTERNAL, "%s is no scratch database", name);
    (void)leave_no_log(my);
    enum wb_code code = wb_my_execf(my, err, "DROP DATABASE IF EXISTS `%s`", name);
    return code ? wb_error_wrap(err, "dropping the scratch database %s", name) : WB_OK;
}

static bool is_hex(const char *s, size_t n) {
    if (strlen(s) != n)
        return false;
    for (; *s; s++)
        if (!isxdigit((unsigned char)*s))
            return false;
    return true;
}

static enum wb_code scratch_left(struct wb_conn *admin, const char *prefix, size_t size_hex,
                                 struct wb_arena *a, const char ***ret, size_t *ret_n,
                                 struct wb_error *err) {
    struct wb_my_rows rows;
    enum wb_code code =
        wb_my_queryf(mysql_of(admin)->my, a, &rows, err,
                     "SELECT SCHEMA_NAME, IS_FREE_LOCK(SCHEMA_NAME) FROM "
                     "information_schema.SCHEMATA WHERE LEFT(SCHEMA_NAME, %zu) = '%s'",
                     strlen(prefix), prefix);
    if (code)
        return wb_error_wrap(err, "looking for scratch databases");
    *ret = WB_NEW_N(a, const char *, rows.n_rows + 1);
    *ret_n = 0;
    for (size_t i = 0; i < rows.n_rows; i++)
        if (wb_str_eq(rows.values[i][1], "1") &&
            is_hex(rows.values[i][0] + strlen(prefix), size_hex))
            (*ret)[(*ret_n)++] = rows.values[i][0];
    return WB_OK;
}

const struct wb_native_ops wb_mysql_native_ops = {
    .percent = 80,
    .check = check,
    .dump_begin = dump_begin,
    .dump_run = dump_run,
    .dump_done = dump_done,
    .restore = restore,
    .scratch_make = scratch_make,
    .scratch_drop = scratch_drop,
    .scratch_left = scratch_left,
};
