/* Backups by pg_dump, of an exported snapshot, and scratch databases that pg_restore fills.
 *
 * Programs: pg_dump refuses servers newer than itself, so the oldest one that is not older than the
 * server is taken, of those that Debian and Red Hat put beside each other, then of PATH; pg_restore
 * is its neighbour. WHIMBREL_PG_BIN names their folder where they are elsewhere.
 *
 * Login: what is no secret stands in the connection string; passwords go by a password file without
 * a name (https://www.postgresql.org/docs/15/libpq-pgpass.html).
 *
 * A scratch database is held by an advisory lock of the session that made it. pg_locks shows those
 * of all databases of a server to everybody, so a scratch whose lock nobody holds was left behind.
 */
#include "engines/postgres/internal.h"
#include "engines/postgres/snapshot.h"

#include "base/clock.h"
#include "base/str.h"

#include <glob.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { LOCK_CLASS = 0x77626b70, DROP_TRIES = 50 }; /* "wbkp" */

struct wb_dump {
    struct wb_program *program;
    const struct wb_native_watch *watch;
    char *path, *name;
};

/* --- programs
 * ------------------------------------------------------------------------------------ */

static unsigned major_of(const char *line) {
    const char *s = line ? strchr(line, ')') : NULL; /* "pg_dump (PostgreSQL) 15.18 (Debian …)" */
    return s ? (unsigned)strtoul(s + 1, NULL, 10) : 0;
}

static void consider(struct wb_arena *a, const char *path, unsigned server, const char **best,
                     unsigned *best_major) {
    unsigned major = access(path, X_OK) == 0 ? major_of(wb_program_line(a, path, "--version")) : 0;
    if (major >= server && (!*best || major < *best_major)) {
        *best = wb_arena_strdup(a, path);
        *best_major = major;
    }
}

static const char *find_pg_dump(struct wb_arena *a, unsigned server) {
    static const char *const patterns[] = {"/usr/lib/postgresql/*/bin/pg_dump",
                                           "/usr/pgsql-*/bin/pg_dump"};
    const char *own = getenv("WHIMBREL_PG_BIN"), *best = NULL;
    unsigned best_major = 0;
    glob_t found;
    if (own && *own) {
        consider(a, wb_arena_printf(a, "%s/pg_dump", own), server, &best, &best_major);
        return best;
    }
    for (size_t i = 0; i < sizeof patterns / sizeof *patterns; i++) {
        if (glob(patterns[i], 0, NULL, &found) == 0)
            for (size_t k = 0; k < found.gl_pathc; k++)
                consider(a, found.gl_pathv[k], server, &best, &best_major);
        globfree(&found);
    }
    const char *in_path = wb_program_find(a, "pg_dump");
    if (in_path)
        consider(a, in_path, server, &best, &best_major);
    return best;
}

static enum wb_code find_programs(struct wb_postgres *p, struct wb_arena *a, const char **ret_dump,
                                  const char **ret_restore, struct wb_error *err) {
    unsigned server = p->pg.version / 10000;
    const char *dump = find_pg_dump(a, server);
    if (!dump) {
        wb_error_set(err, WB_E_NOT_FOUND,
                     "there is no pg_dump of version %u or later, which this server (%u) needs",
                     server, server);
        return wb_error_hint(err,
                             "install postgresql-client-%u, or name the folder of pg_dump and "
                             "pg_restore in WHIMBREL_PG_BIN",
                             server);
    }
    const char *restore =
        wb_arena_printf(a, "%.*s/pg_restore", (int)(strrchr(dump, '/') - dump), dump);
    if (access(restore, X_OK) != 0)
        return wb_error_set(err, WB_E_NOT_FOUND, "%s cannot be run", restore);
    *ret_dump = dump;
    *ret_restore = restore;
    return WB_OK;
}

static enum wb_code check(struct wb_conn *c, struct wb_arena *a, const char **ret_words,
                          struct wb_error *err) {
    const char *dump, *restore;
    enum wb_code code = find_programs(wb_postgres_of(c), a, &dump, &restore, err);
    if (!code)
        *ret_words = wb_program_line(a, dump, "--version");
    return code;
}

static enum wb_code schemas(struct wb_conn *c, struct wb_arena *a, const char *const **ret,
                            size_t *ret_n, struct wb_error *err) {
    struct wb_rows rows = {0};
    enum wb_code code = wb_postgres_rows(
        wb_postgres_of(c),
        "SELECT DISTINCT n.nspname FROM pg_catalog.pg_namespace n JOIN pg_catalog.pg_class c ON "
        "c.relnamespace = n.oid WHERE c.relkind IN ('r', 'p') AND n.nspname !~ '^pg_' AND "
        "n.nspname NOT IN ('information_schema', 'whimbrel') AND NOT EXISTS (SELECT FROM "
        "pg_catalog.pg_depend d WHERE d.classid = 'pg_catalog.pg_namespace'::regclass AND d.objid "
        "= n.oid AND d.deptype = 'e') ORDER BY 1",
        a, &rows, err);
    if (code)
        return wb_error_wrap(err, "listing schemas");
    const char **names = WB_NEW_N(a, const char *, rows.n_rows + 1);
    for (size_t i = 0; i < rows.n_rows; i++)
        names[i] = rows.values[i][0];
    *ret = names;
    *ret_n = rows.n_rows;
    return WB_OK;
}

/* --- login
 * --------------------------------------------------------------------------------------- */

static void add_setting(struct wb_buf *to, const char *key, const char *value) {
    wb_buf_addf(to, "%s%s='", to->len ? " " : "", key);
    for (const char *s = value; *s; s++) {
        if (*s == '\'' || *s == '\\')
            wb_buf_addc(to, '\\');
        wb_buf_addc(to, *s);
    }
    wb_buf_addc(to, '\'');
}

/* Where this very connection went, among several hosts. */
static const char *where_it_went(const struct wb_postgres *p, const PQconninfoOption *o) {
    if (strcmp(o->keyword, "host") == 0)
        return PQhost(p->pg.conn);
    if (strcmp(o->keyword, "port") == 0)
        return PQport(p->pg.conn);
    if (strcmp(o->keyword, "hostaddr") == 0 && o->val && strchr(o->val, ','))
        return NULL;
    return o->val;
}

struct login {
    const char *string, *secret;
    const char *env[3];
};

static enum wb_code make_login(struct wb_postgres *p, struct wb_arena *a, struct login *ret,
                               struct wb_error *err) {
    WB_CLEANUP_BUF struct wb_buf b = {0}, pass = {0};
    static const char *const left_out[] = {"password",        "passfile",
                                           "service",         "application_name",
                                           "client_encoding", "connect_timeout"};
    PQconninfoOption *all = PQconninfo(p->pg.conn);
    bool secret_key = false;
    for (PQconninfoOption *o = all; o && o->keyword; o++) {
        bool out = o->dispchar && *o->dispchar == '*';
        secret_key |= out && strcmp(o->keyword, "sslpassword") == 0 && o->val && *o->val;
        for (size_t i = 0; i < sizeof left_out / sizeof *left_out; i++)
            out |= strcmp(o->keyword, left_out[i]) == 0;
        const char *value = where_it_went(p, o);
        if (!out && value && *value)
            add_setting(&b, o->keyword, value);
    }
    PQconninfoFree(all);
    if (secret_key)
        return wb_error_set(err, WB_E_UNSUPPORTED,
                            "sslpassword cannot be handed to pg_dump unseen: use a key without a "
                            "password of its own");
    add_setting(&b, "application_name", "whimbrel backup");
    *ret = (struct login){.string = wb_arena_strdup(a, wb_buf_str(&b))};
    const char *password = PQpass(p->pg.conn);
    if (!password || !*password)
        return WB_OK; /* none is needed, or libpq finds the user's own password file again */
    wb_buf_adds(&pass, "*:*:*:*:");
    for (const char *s = password; *s; s++) {
        if (*s == ':' || *s == '\\')
            wb_buf_addc(&pass, '\\');
        wb_buf_addc(&pass, *s);
    }
    wb_buf_addc(&pass, '\n');
    ret->secret = wb_arena_strdup(a, wb_buf_str(&pass));
    ret->env[0] = "PGPASSFILE=" WB_PROGRAM_SECRET;
    return WB_OK;
}

/* --- dump
 * ---------------------------------------------------------------------------------------- */

static void dump_done(struct wb_dump *d) {
    if (!d)
        return;
    wb_program_free(d->program);
    free(d->path);
    free(d->name);
    free(d);
}

static enum wb_code dump_begin(struct wb_conn *reader, const struct wb_dump_spec *spec,
                               struct wb_dump **ret, bool *ret_in_moment, struct wb_error *err) {
    struct wb_postgres *p = wb_postgres_of(reader);
    struct wb_arena a = {0};
    struct login login;
    const char *dump, *restore;
    struct wb_dump *d = calloc(1, sizeof *d);
    if (!d)
        abort();
    d->watch = spec->watch;
    enum wb_code code = find_programs(p, &a, &dump, &restore, err);
    if (!code)
        code = make_login(p, &a, &login, err);
    if (!code) {
        const char *const argv[] = {
            dump,
            "--format=custom",
            "--no-password",
            wb_arena_printf(&a, "--snapshot=%s", wb_postgres_snapshot_id(spec->snapshot)),
            "--lock-wait-timeout=60000",
            wb_arena_printf(&a, "--dbname=%s", login.string),
            NULL,
        };
        struct wb_program_spec how = {
            .argv = argv, .env = login.env, .secret = login.secret, .flow = WB_PROGRAM_READ};
        if (asprintf(&d->name, "%s.dump", spec->name) < 0 ||
            asprintf(&d->path, "%s/%s", spec->dir, d->name) < 0)
            abort();
        code = wb_program_start(&how, &d->program, err);
    }
    wb_arena_done(&a);
    if (code) {
        dump_done(d);
        return code;
    }
    *ret = d;
    *ret_in_moment = true;
    return WB_OK;
}

static enum wb_code dump_run(struct wb_dump *d, struct wb_arena *a, struct wb_native_file **ret,
                             size_t *ret_n, struct wb_error *err) {
    struct wb_native_file *file = WB_NEW(a, struct wb_native_file);
    enum wb_code code = wb_program_to_file(d->program, d->path, 0, d->watch, file, err);
    if (code)
        return code;
    file->name = wb_arena_strdup(a, d->name);
    *ret = file;
    *ret_n = 1;
    return WB_OK;
}

/* Owners, rights and tablespaces are of the server that the dump is for; publications and
 * subscriptions would begin to work. */
static enum wb_code restore(struct wb_conn *into, const struct wb_restore_spec *spec,
                            struct wb_error *err) {
    struct wb_postgres *p = wb_postgres_of(into);
    struct wb_arena a = {0};
    struct wb_program *program = NULL;
    struct login login;
    const char *dump, *tool;
    enum wb_code code = find_programs(p, &a, &dump, &tool, err);
    if (!code)
        code = make_login(p, &a, &login, err);
    if (!code) {
        const char *const argv[] = {
            tool,
            "--exit-on-error",
            "--no-owner",
            "--no-privileges",
            "--no-tablespaces",
            "--no-publications",
            "--no-subscriptions",
            "--no-password",
            wb_arena_printf(&a, "--dbname=%s", login.string),
            NULL,
        };
        struct wb_program_spec how = {
            .argv = argv, .env = login.env, .secret = login.secret, .flow = WB_PROGRAM_FEED};
        code = wb_program_start(&how, &program, err);
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

/* The lock's number: the first eight digits behind the last "_". */
static int32_t lock_of(const char *name) {
    const char *digits = strrchr(name, '_');
    char first[9] = "";
    strncpy(first, digits ? digits + 1 : "", 8);
    return (int32_t)strtoul(first, NULL, 16);
}

static enum wb_code hold_name(struct wb_postgres *p, const char *name, struct wb_error *err) {
    struct wb_arena a = {0};
    struct wb_rows rows = {0};
    enum wb_code code = wb_postgres_rows(
        p, wb_arena_printf(&a, "SELECT pg_try_advisory_lock(%d, %d)", LOCK_CLASS, lock_of(name)),
        &a, &rows, err);
    if (!code && !wb_str_eq(rows.values[0][0], "t"))
        code = wb_error_set(err, WB_E_TARGET_BUSY, "another session holds %s", name);
    wb_arena_done(&a);
    return code;
}

/* Encoding and collation as of the database that the dump is of. */
static enum wb_code settings_of(struct wb_postgres *like, struct wb_buf *to, struct wb_error *err) {
    struct wb_arena a = {0};
    struct wb_rows rows = {0};
    unsigned v = like->pg.version;
    const char *provider = v >= 150000 ? "datlocprovider" : "'c'";
    const char *icu = v >= 170000 ? "datlocale" : v >= 150000 ? "daticulocale" : "NULL";
    enum wb_code code = wb_postgres_rows(
        like,
        wb_arena_printf(&a,
                        "SELECT pg_encoding_to_char(encoding), datcollate, datctype, %s, %s FROM "
                        "pg_catalog.pg_database WHERE datname = current_database()",
                        provider, icu),
        &a, &rows, err);
    if (!code) {
        static const char *const words[] = {"ENCODING", "LC_COLLATE", "LC_CTYPE"};
        for (size_t i = 0; i < 3; i++) {
            wb_buf_addf(to, " %s ", words[i]);
            wb_postgres_add_text(to, rows.values[0][i]);
        }
        if (wb_str_eq(rows.values[0][3], "i") && rows.values[0][4]) {
            wb_buf_adds(to, " LOCALE_PROVIDER icu ICU_LOCALE ");
            wb_postgres_add_text(to, rows.values[0][4]);
        }
    }
    wb_arena_done(&a);
    return code;
}

static enum wb_code scratch_make(struct wb_conn *admin, struct wb_conn *like, const char *name,
                                 struct wb_error *err) {
    struct wb_postgres *p = wb_postgres_of(admin);
    WB_CLEANUP_BUF struct wb_buf sql = {0};
    enum wb_code code = WB_OK;
    if (p->pg.version / 10000 < wb_postgres_of(like)->pg.version / 10000)
        return wb_error_set(err, WB_E_UNSUPPORTED,
                            "the scratch server is PostgreSQL %u, older than the database's %u",
                            p->pg.version / 10000, wb_postgres_of(like)->pg.version / 10000);
    wb_buf_adds(&sql, "CREATE DATABASE ");
    wb_postgres_quote_name(&sql, name);
    wb_buf_adds(&sql, " TEMPLATE template0");
    if ((code = hold_name(p, name, err)) || (code = settings_of(wb_postgres_of(like), &sql, err)))
        return code;
    code = wb_pg_exec(&p->pg, wb_buf_str(&sql), NULL, err);
    if (code == WB_E_PRIVILEGE)
        wb_error_hint(err, "ALTER ROLE … CREATEDB, or name a server where this may be done as the "
                           "scratch");
    return code;
}

/* Sessions in it are of a run that was killed: they end within moments, or are ended. */
static enum wb_code scratch_drop(struct wb_conn *admin, const char *name, struct wb_error *err) {
    struct wb_postgres *p = wb_postgres_of(admin);
    WB_CLEANUP_BUF struct wb_buf sql = {0};
    wb_buf_adds(&sql, "DROP DATABASE IF EXISTS ");
    wb_postgres_quote_name(&sql, name);
    wb_buf_adds(&sql, p->pg.version >= 130000 ? " WITH (FORCE)" : "");
    enum wb_code code = WB_E_SQL;
    for (int i = 0; code && i < DROP_TRIES; i++) {
        if (i)
            wb_clock_sleep_ms(100);
        code = wb_pg_exec(&p->pg, wb_buf_str(&sql), NULL, err);
        if (code == WB_E_PRIVILEGE || code == WB_E_LOST)
            break;
    }
    return code ? wb_error_wrap(err, "dropping the scratch database %s", name) : WB_OK;
}

static enum wb_code scratch_left(struct wb_conn *admin, const char *prefix, size_t size_hex,
                                 struct wb_arena *a, const char ***ret, size_t *ret_n,
                                 struct wb_error *err) {
    struct wb_postgres *p = wb_postgres_of(admin);
    struct wb_rows rows = {0}, locks = {0};
    WB_CLEANUP_BUF struct wb_buf sql = {0};
    wb_buf_adds(&sql, "SELECT datname FROM pg_catalog.pg_database WHERE datname ~ ");
    wb_postgres_add_text(&sql, wb_arena_printf(a, "^%s[0-9a-f]{%zu}$", prefix, size_hex));
    enum wb_code code = wb_postgres_rows(p, wb_buf_str(&sql), a, &rows, err);
    if (!code) /* afterwards: what was just made has its lock by now */
        code = wb_postgres_rows(
            p,
            wb_arena_printf(a,
                            "SELECT objid::bigint FROM pg_catalog.pg_locks WHERE locktype = "
                            "'advisory' AND classid = %d AND objsubid = 2",
                            LOCK_CLASS),
            a, &locks, err);
    if (code)
        return wb_error_wrap(err, "looking for scratch databases");
    *ret = WB_NEW_N(a, const char *, rows.n_rows + 1);
    *ret_n = 0;
    for (size_t i = 0; i < rows.n_rows; i++) {
        const char *mine = wb_arena_printf(a, "%u", (unsigned)lock_of(rows.values[i][0]));
        bool held = false;
        for (size_t k = 0; k < locks.n_rows; k++)
            held |= wb_str_eq(locks.values[k][0], mine);
        if (!held)
            (*ret)[(*ret_n)++] = rows.values[i][0];
    }
    return WB_OK;
}

const struct wb_native_ops wb_postgres_native_ops = {
    .percent = 30, /* compressed, and without indexes */
    .joins = true,
    .check = check,
    .schemas = schemas,
    .dump_begin = dump_begin,
    .dump_run = dump_run,
    .dump_done = dump_done,
    .restore = restore,
    .scratch_make = scratch_make,
    .scratch_drop = scratch_drop,
    .scratch_left = scratch_left,
};
