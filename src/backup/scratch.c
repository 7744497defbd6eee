/* Scratch databases: made under a name that nobody else gives, dropped whatever happens. */
#include "backup/inside.h"

#include "base/str.h"
#include "engine/registry.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

static enum wb_code drop_left(struct wb_backup_scratch *s, struct wb_arena *a, const char ***ret,
                              size_t *ret_n, struct wb_error *err) {
    const char **names;
    size_t n;
    enum wb_code code =
        s->ops->scratch_left(s->admin, WB_BACKUP_SCRATCH, WB_BACKUP_HEX, a, &names, &n, err);
    for (size_t i = 0; i < n && !code; i++)
        code = s->ops->scratch_drop(s->admin, names[i], err);
    if (!code) {
        *ret = names;
        *ret_n = n;
    }
    return code;
}

static enum wb_code open_admin(struct wb_backup_scratch *s, struct wb_error *err) {
    struct wb_open_opts opts = {.side = s->side, .purpose = WB_TO_WORK};
    return wb_registry_open(&s->base, &opts, &s->admin, err);
}

enum wb_code wb_backup_scratch_open(struct wb_backup_scratch *s, const struct wb_native_ops *ops,
                                    const struct wb_url *url, enum wb_side side,
                                    struct wb_error *err) {
    struct wb_error ignored;
    const char **names;
    size_t n;
    *s = (struct wb_backup_scratch){.ops = ops, .side = side};
    if (url)
        s->base = *url;
    if (!ops->scratch_make)
        return WB_OK;
    const struct wb_engine *e = NULL;
    enum wb_code code = wb_registry_find(url->scheme, &e, err);
    if (!code && e->native != ops)
        code = wb_error_set(err, WB_E_USAGE,
                            "%s is another engine's: nothing can be restored there", url->redacted);
    if (!code)
        code = open_admin(s, err);
    if (!code && drop_left(s, &s->arena, &names, &n, &ignored)) {
        /* Of another user: they are in nobody's way. */
        if (wb_error_class(ignored.code) == WB_CLASS_RETRY) {
            *err = ignored;
            code = ignored.code;
        }
    }
    return code ? wb_error_wrap(err, "the server for the scratch database") : WB_OK;
}

static const char *random_name(struct wb_arena *a) {
    uint64_t number;
    if (getrandom(&number, sizeof number, 0) != (ssize_t)sizeof number)
        abort();
    return wb_arena_printf(a, WB_BACKUP_SCRATCH "%016llx", (unsigned long long)number);
}

/* The server's URL with another database. */
static void aim(struct wb_backup_scratch *s) {
    s->url = s->base;
    s->url.database = s->name;
    s->url.params = WB_NEW_N(&s->arena, struct wb_url_param, s->base.n_params + 1);
    s->url.n_params = 0;
    for (size_t i = 0; i < s->base.n_params; i++)
        if (!wb_str_eq(s->base.params[i].name, "dbname"))
            s->url.params[s->url.n_params++] = s->base.params[i];
    s->url.redacted =
        wb_arena_printf(&s->arena, "%s on the server of %s", s->name, s->base.redacted);
}

enum wb_code wb_backup_scratch_make(struct wb_backup_scratch *s, struct wb_conn *like,
                                    struct wb_error *err) {
    s->name = random_name(&s->arena);
    s->made = true; /* even a failure may have made it */
    enum wb_code code = s->ops->scratch_make(s->admin, like, s->name, err);
    aim(s);
    return code ? wb_error_wrap(err, "making the scratch database %s", s->name) : WB_OK;
}

enum wb_code wb_backup_scratch_connect(struct wb_backup_scratch *s, struct wb_conn **ret,
                                       struct wb_error *err) {
    struct wb_open_opts opts = {.side = s->side, .purpose = s->admin ? WB_TO_WORK : WB_TO_LOOK};
    return wb_registry_open(&s->url, &opts, ret, err);
}

static void remove_file(struct wb_backup_scratch *s) {
    static const char *const ends[] = {"", "-wal", "-shm", "-journal"};
    for (size_t i = 0; s->name && !s->made && i < sizeof ends / sizeof *ends; i++)
        unlink(wb_arena_printf(&s->arena, "%s%s", s->name, ends[i]));
}

enum wb_code wb_backup_scratch_drop(struct wb_backup_scratch *s, struct wb_error *err) {
    struct wb_error first;
    if (!s->admin)
        remove_file(s);
    if (!s->made || !s->admin)
        return WB_OK;
    enum wb_code code = s->ops->scratch_drop(s->admin, s->name, &first);
    if (code && wb_error_class(code) == WB_CLASS_RETRY) {
        wb_conn_close(s->admin);
        s->admin = NULL;
        code = open_admin(s, &first);
        if (!code)
            code = s->ops->scratch_drop(s->admin, s->name, &first);
    }
    s->made = code != WB_OK;
    if (code && err)
        *err = first;
    return code;
}

void wb_backup_scratch_done(struct wb_backup_scratch *s) {
    (void)wb_backup_scratch_drop(s, NULL);
    wb_conn_close(s->admin);
    wb_arena_done(&s->arena);
    *s = (struct wb_backup_scratch){0};
}

enum wb_code wb_backup_clean(const struct wb_url *url, struct wb_arena *a,
                             const char ***ret_removed, size_t *ret_n, struct wb_error *err) {
    struct wb_backup_scratch s = {.base = *url, .side = WB_SIDE_TARGET};
    const struct wb_engine *e = NULL;
    *ret_removed = NULL;
    *ret_n = 0;
    enum wb_code code = wb_registry_find(url->scheme, &e, err);
    if (code || !e->native || !e->native->scratch_left)
        return code;
    s.ops = e->native;
    code = open_admin(&s, err);
    if (!code)
        code = drop_left(&s, a, ret_removed, ret_n, err);
    for (size_t i = 0; !code && i < *ret_n; i++)
        (*ret_removed)[i] = wb_arena_printf(a, "the scratch database %s", (*ret_removed)[i]);
    wb_conn_close(s.admin);
    return code;
}
