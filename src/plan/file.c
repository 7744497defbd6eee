#include "plan/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

const char *wb_file_beside(struct wb_arena *a, const char *plan, const char *name) {
    const char *slash = strrchr(plan, '/');
    if (name[0] == '/' || !slash)
        return wb_arena_strdup(a, name);
    return wb_arena_printf(a, "%.*s/%s", (int)(slash - plan), plan, name);
}

static bool read_all(int fd, char *to, size_t size, size_t *ret) {
    size_t at = 0;
    while (at < size) {
        ssize_t n = read(fd, to + at, size - at);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return false;
        if (n == 0)
            break;
        at += (size_t)n;
    }
    *ret = at;
    return true;
}

enum wb_code wb_file_read(struct wb_arena *a, const char *path, size_t max_bytes, const char **ret,
                          size_t *ret_len, struct wb_error *err) {
    struct stat st;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return wb_error_set(err, WB_E_IO, "%s: %s", path, strerror(errno));
    bool good = fstat(fd, &st) == 0;
    if (good && !S_ISREG(st.st_mode)) {
        close(fd);
        return wb_error_set(err, WB_E_IO, "%s: it is not a file", path);
    }
    if (good && (size_t)st.st_size > max_bytes) {
        close(fd);
        return wb_error_set(err, WB_E_IO, "%s: it is larger than %zu bytes", path, max_bytes);
    }
    size_t size = good ? (size_t)st.st_size : 0, len = 0;
    char *text = wb_arena_alloc(a, size + 1);
    good = good && read_all(fd, text, size, &len);
    int saved = errno;
    close(fd);
    if (!good)
        return wb_error_set(err, WB_E_IO, "%s: %s", path, strerror(saved));
    text[len] = 0;
    *ret = text;
    *ret_len = len;
    return WB_OK;
}
