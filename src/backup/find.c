/* Backups that are there: whether their files are as they were written, and which one counts. */
#include "backup/inside.h"

#include "base/str.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

enum { AHEAD_MAX_US = 600 * 1000000 }; /* of clocks that do not quite agree */

static enum wb_code check_size(const struct wb_backup *b, const struct wb_native_file *f,
                               struct wb_arena *a, struct wb_error *err) {
    struct stat st;
    if (stat(wb_arena_printf(a, "%s/%s", b->path, f->name), &st) != 0)
        return wb_error_set(err, WB_E_VALUE, "%s/%s is missing", b->path, f->name);
    if ((uint64_t)st.st_size != f->bytes)
        return wb_error_set(err, WB_E_VALUE, "%s/%s has %lld bytes where %llu were written",
                            b->path, f->name, (long long)st.st_size, (unsigned long long)f->bytes);
    return WB_OK;
}

enum wb_code wb_backup_check_files(const struct wb_backup *b, const struct wb_native_watch *watch,
                                   struct wb_error *err) {
    struct wb_arena a = {0};
    enum wb_code code = WB_OK;
    for (size_t i = 0; i < b->n_files && !code; i++)
        code = check_size(b, &b->files[i], &a, err);
    for (size_t i = 0; i < b->n_files && !code; i++) {
        struct wb_native_file is = {0};
        const char *path = wb_arena_printf(&a, "%s/%s", b->path, b->files[i].name);
        code = wb_program_hash_file(path, watch, &is, err);
        if (!code && strcmp(is.sha256, b->files[i].sha256) != 0)
            code =
                wb_error_set(err, WB_E_VALUE, "%s does not have the bytes that were written", path);
    }
    wb_arena_done(&a);
    return code;
}

/* Durably, so that nobody reads it all again to learn the same. */
static void mark_damaged(struct wb_backup *b, const struct wb_error *err) {
    b->verified = false;
    b->verified_us = 0;
    b->failure = wb_arena_strdup(&b->arena, err->text);
    (void)wb_backup_write_manifest(b->path, b, NULL);
}

/* Whether it counts; why: of the best that was seen. */
static bool counts(struct wb_backup *b, int64_t max_age_ms, int64_t now_us,
                   const struct wb_cancel *cancel, char *why, size_t size) {
    struct wb_native_watch watch = {.cancel = cancel};
    struct wb_error err = {0};
    char age[40];
    int64_t age_ms = (now_us - b->verified_us) / 1000;
    wb_str_human_ms(age_ms > 0 ? (uint64_t)age_ms : 0, age, sizeof age);
    if (!b->verified)
        snprintf(why, size, "%s is not verified%s%.200s", b->path, b->failure ? ": " : "",
                 b->failure ? b->failure : "");
    else if (b->verified_us > now_us + AHEAD_MAX_US)
        snprintf(why, size, "%s was verified in the future: a clock is wrong", b->path);
    else if (age_ms > max_age_ms)
        snprintf(why, size, "%s was verified %s ago, which is too long", b->path, age);
    else if (wb_backup_check_files(b, &watch, &err)) {
        snprintf(why, size, "%.300s", err.text);
        if (err.code == WB_E_VALUE)
            mark_damaged(b, &err);
    } else {
        snprintf(why, size, "%s was restored and compared %s ago", b->path, age);
        return true;
    }
    return false;
}

bool wb_backup_find(const char *dir, const char *identity, int64_t max_age_ms, int64_t now_us,
                    const struct wb_cancel *cancel, char *why, size_t size) {
    struct wb_arena a = {0};
    struct wb_error err = {0};
    const char *const *list = NULL;
    size_t n = 0;
    bool found = false, told = false;
    if (wb_backup_list(dir, &a, &list, &n, &err))
        snprintf(why, size, "%.300s", err.text);
    else
        snprintf(why, size, "%s holds no backup of this database", dir);
    for (size_t i = 0; i < n && !found; i++) {
        struct wb_backup b = {0};
        char now[400];
        if (!wb_backup_read(list[i], &b, NULL) && wb_str_eq(b.identity, identity)) {
            found = counts(&b, max_age_ms, now_us, cancel, now, sizeof now);
            if (found || !told) /* else the newest tells most */
                snprintf(why, size, "%s", now);
            told = true;
        }
        wb_backup_done(&b);
    }
    wb_arena_done(&a);
    return found;
}
