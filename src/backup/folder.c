/* Folders: made, held, published, removed. While it is made or removed a folder's name ends with
 * .part; whoever is at it holds a lock on it that ends with the process. The folder above is locked
 * for the moments in which one of these is made or looked at, so that none is taken for left behind
 * before it is held. */
#include "backup/inside.h"

#include "base/str.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <time.h>
#include <unistd.h>

static enum wb_code failed(const char *path, const char *doing, struct wb_error *err) {
    enum wb_code code = errno == ENOSPC || errno == EDQUOT ? WB_E_DISK_FULL : WB_E_IO;
    return wb_error_set(err, code, "%s: %s: %s", path, doing, strerrordesc_np(errno));
}

static int lock_folder(const char *path, int how) {
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd >= 0 && flock(fd, how) != 0) {
        close(fd);
        fd = -1;
    }
    return fd;
}

static bool sync_folder(const char *path) {
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool good = fd >= 0 && fsync(fd) == 0;
    if (fd >= 0)
        close(fd);
    return good;
}

/* Its files, then itself: whimbrel makes no folder inside of one. */
static bool remove_folder(const char *path) {
    DIR *d = opendir(path);
    struct dirent *e;
    while (d && (e = readdir(d)))
        if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0)
            unlinkat(dirfd(d), e->d_name, 0);
    if (d)
        closedir(d);
    return rmdir(path) == 0;
}

/* NAME-20260312T081530Z.part, perhaps with a number: nobody else's folder is called so. */
static bool is_part(const char *name) {
    static const char form[] = "-dddddddddddddddd";
    const char *at = strrchr(name, '-');
    size_t len = strlen(name), tail = strlen(WB_BACKUP_PART);
    if (!at || len < tail || strcmp(name + len - tail, WB_BACKUP_PART) != 0 ||
        strlen(at) < sizeof form - 1 + tail)
        return false;
    for (int i = 1; i <= 15; i++)
        if (i == 9 ? at[i] != 'T' : !isdigit((unsigned char)at[i]))
            return false;
    return at[16] == 'Z';
}

static void remove_left(const char *dir) {
    DIR *d = opendir(dir);
    struct dirent *e;
    while (d && (e = readdir(d))) {
        char *path;
        if (!is_part(e->d_name))
            continue;
        if (asprintf(&path, "%s/%s", dir, e->d_name) < 0)
            abort();
        int fd = lock_folder(path, LOCK_EX | LOCK_NB);
        if (fd >= 0) {
            remove_folder(path);
            close(fd);
        }
        free(path);
    }
    if (d)
        closedir(d);
}

/* What every file system takes; never a hidden name. */
static void put_name(const char *database, char *to, size_t size) {
    const char *slash = strrchr(database, '/');
    size_t n = 0;
    for (const char *s = slash ? slash + 1 : database; *s && n + 1 < size; s++) {
        bool plain = isalnum((unsigned char)*s) || *s == '_' || (*s == '.' && n);
        to[n++] = plain ? *s : '_';
    }
    to[n] = 0;
}

static enum wb_code make_held(const char *dir, const char *database, int64_t now_us,
                              struct wb_backup_folder *ret, struct wb_error *err) {
    char name[64], when[32];
    time_t seconds = (time_t)(now_us / 1000000);
    struct tm tm;
    put_name(*database ? database : "database", name, sizeof name);
    strftime(when, sizeof when, "%Y%m%dT%H%M%SZ", gmtime_r(&seconds, &tm));
    for (int i = 1; i < 1000; i++) {
        char *path, *final;
        char number[8] = "";
        struct stat st;
        if (i > 1)
            snprintf(number, sizeof number, ".%d", i);
        if (asprintf(&final, "%s/%s-%s%s", dir, name, when, number) < 0 ||
            asprintf(&path, "%s" WB_BACKUP_PART, final) < 0)
            abort();
        bool taken = stat(final, &st) == 0;
        free(final);
        if (!taken && mkdir(path, 0700) == 0) {
            *ret = (struct wb_backup_folder){.path = path, .name = strdup(name)};
            ret->lock_fd = lock_folder(path, LOCK_EX | LOCK_NB);
            return WB_OK;
        }
        free(path);
        if (!taken && errno != EEXIST)
            break;
    }
    failed(dir, "it cannot be written to", err);
    return wb_error_hint(err, "name a folder that this user may write to");
}

enum wb_code wb_backup_folder_make(const char *dir, const char *database, int64_t now_us,
                                   struct wb_backup_folder *ret, struct wb_error *err) {
    if (mkdir(dir, 0700) != 0 && errno != EEXIST)
        return failed(dir, "the folder for backups cannot be made", err);
    int fd = lock_folder(dir, LOCK_EX);
    if (fd < 0)
        return failed(dir, "the folder for backups cannot be used", err);
    remove_left(dir);
    enum wb_code code = make_held(dir, database, now_us, ret, err);
    close(fd);
    return code;
}

void wb_backup_folder_leave(struct wb_backup_folder *f) {
    if (f->path && f->lock_fd >= 0)
        close(f->lock_fd);
    free(f->path);
    free(f->name);
    *f = (struct wb_backup_folder){0};
}

void wb_backup_folder_remove(struct wb_backup_folder *f) {
    if (f->path)
        remove_folder(f->path);
    wb_backup_folder_leave(f);
}

static void sync_above(const char *path) {
    char *dir = strdup(path), *slash = strrchr(dir, '/');
    if (slash)
        *slash = 0;
    (void)sync_folder(slash ? (*dir ? dir : "/") : ".");
    free(dir);
}

enum wb_code wb_backup_folder_publish(struct wb_backup_folder *f, struct wb_arena *a,
                                      const char **ret_path, struct wb_error *err) {
    size_t len = strlen(f->path) - strlen(WB_BACKUP_PART);
    const char *to = wb_arena_strndup(a, f->path, len);
    if (!sync_folder(f->path) || rename(f->path, to) != 0)
        return failed(f->path, "giving it its name", err);
    sync_above(to);
    wb_backup_folder_leave(f);
    *ret_path = to;
    return WB_OK;
}

enum wb_code wb_backup_check_room(const char *dir, uint64_t want_bytes, struct wb_error *err) {
    struct statvfs fs;
    char want[32], have[32];
    if (statvfs(dir, &fs) != 0)
        return WB_OK;
    uint64_t free_bytes = (uint64_t)fs.f_bavail * fs.f_frsize;
    if (free_bytes >= want_bytes)
        return WB_OK;
    wb_error_set(err, WB_E_DISK_FULL, "%s: about %s will be needed, and %s are free", dir,
                 wb_str_human_bytes(want_bytes, want, sizeof want),
                 wb_str_human_bytes(free_bytes, have, sizeof have));
    return wb_error_hint(err, "make room, or name another folder");
}

enum wb_code wb_backup_write_file(const char *dir, const char *name, const char *text, size_t len,
                                  struct wb_error *err) {
    char *path, *temporary;
    if (asprintf(&path, "%s/%s", dir, name) < 0 || asprintf(&temporary, "%s.new", path) < 0)
        abort();
    int fd = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    bool good = fd >= 0 && write(fd, text, len) == (ssize_t)len && fsync(fd) == 0;
    enum wb_code code = good ? WB_OK : failed(temporary, "writing", err);
    if (fd >= 0)
        close(fd);
    if (!code && rename(temporary, path) != 0)
        code = failed(path, "giving it its name", err);
    if (!code)
        (void)sync_folder(dir);
    else
        unlink(temporary);
    free(path);
    free(temporary);
    return code;
}

/* --- those that are there
 * ------------------------------------------------------------------------- */

static bool has_manifest(const char *path) {
    char *file;
    if (asprintf(&file, "%s/" WB_BACKUP_MANIFEST, path) < 0)
        abort();
    bool there = access(file, F_OK) == 0;
    free(file);
    return there;
}

/* NAME-TIME: the newest is the one whose time is the greatest. */
static int newest_first(const void *x, const void *y) {
    const char *a = *(const char *const *)x, *b = *(const char *const *)y;
    const char *p = strrchr(a, '-'), *q = strrchr(b, '-');
    int order = strcmp(q ? q : b, p ? p : a);
    return order ? order : strcmp(b, a);
}

enum wb_code wb_backup_list(const char *dir, struct wb_arena *a, const char *const **ret,
                            size_t *ret_n, struct wb_error *err) {
    const char **list = NULL;
    size_t n = 0, cap = 0;
    if (has_manifest(dir)) {
        *WB_PUSH(a, list, n, cap) = wb_arena_strdup(a, dir);
    } else {
        DIR *d = opendir(dir);
        struct dirent *e;
        if (!d)
            return wb_error_set(err, errno == ENOENT ? WB_E_NOT_FOUND : WB_E_IO, "%s: %s", dir,
                                strerrordesc_np(errno));
        while ((e = readdir(d))) {
            const char *path = wb_arena_printf(a, "%s/%s", dir, e->d_name);
            if (e->d_name[0] != '.' && !is_part(e->d_name) && has_manifest(path))
                *WB_PUSH(a, list, n, cap) = path;
        }
        closedir(d);
        if (n)
            qsort(list, n, sizeof *list, newest_first);
    }
    *ret = list;
    *ret_n = n;
    return WB_OK;
}

/* By its other name first: what is half removed is then removed by the next run. */
static void remove_one(const char *path) {
    char *part;
    if (asprintf(&part, "%s" WB_BACKUP_PART, path) < 0)
        abort();
    if (rename(path, part) == 0)
        remove_folder(part);
    free(part);
}

void wb_backup_keep(const char *dir, const char *identity, int64_t keep) {
    struct wb_arena a = {0};
    const char *const *list;
    size_t n;
    int64_t seen = 0;
    if (keep > 0 && !wb_backup_list(dir, &a, &list, &n, NULL))
        for (size_t i = 0; i < n; i++) {
            struct wb_backup b = {0};
            bool mine = !wb_backup_read(list[i], &b, NULL) && wb_str_eq(b.identity, identity);
            if (mine && seen >= keep)
                remove_one(list[i]);
            seen += mine && b.verified;
            wb_backup_done(&b);
        }
    wb_arena_done(&a);
}
