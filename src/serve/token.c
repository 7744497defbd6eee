#include "serve/serve.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { TOKEN_MAX = 4096 };

/* RFC 6750's b68token and whatever else a header carries unchanged: printable, without spaces. */
static enum wb_code check(const char *token, size_t len, const char *where, struct wb_error *err) {
    for (size_t i = 0; i < len; i++)
        if (token[i] <= ' ' || token[i] > '~')
            return wb_error_set(err, WB_E_USAGE,
                                "the token in %s holds a character that a header cannot carry; use "
                                "letters and digits, such as \"openssl rand -hex 32\" prints",
                                where);
    if (len < WB_SERVE_TOKEN_MIN)
        return wb_error_set(err, WB_E_USAGE,
                            "the token in %s has %zu characters; at least %d are needed, such as "
                            "\"openssl rand -hex 32\" prints",
                            where, len, WB_SERVE_TOKEN_MIN);
    return WB_OK;
}

static enum wb_code read_open(int fd, const char *file, char *to, size_t *ret_len,
                              struct wb_error *err) {
    struct stat st;
    if (fstat(fd, &st) || !S_ISREG(st.st_mode))
        return wb_error_set(err, WB_E_IO, "token file %s is not a file", file);
    if (st.st_mode & S_IROTH)
        return wb_error_set(err, WB_E_USAGE,
                            "everybody on this machine can read token file %s: chmod o-rwx it",
                            file);
    ssize_t n = read(fd, to, TOKEN_MAX);
    if (n < 0)
        return wb_error_set(err, WB_E_IO, "token file %s: %s", file, strerror(errno));
    while (n > 0 && (to[n - 1] == '\n' || to[n - 1] == '\r'))
        n--;
    *ret_len = (size_t)n;
    return WB_OK;
}

static enum wb_code load_file(const char *file, struct wb_arena *a, const char **ret,
                              struct wb_error *err) {
    char text[TOKEN_MAX];
    size_t len = 0;
    int fd = open(file, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return wb_error_set(err, WB_E_IO, "token file %s: %s", file, strerror(errno));
    enum wb_code code = read_open(fd, file, text, &len, err);
    close(fd);
    if (!code)
        code = check(text, len, file, err);
    if (!code)
        *ret = wb_arena_strndup(a, text, len);
    explicit_bzero(text, sizeof text);
    return code;
}

enum wb_code wb_serve_token_load(const char *file, struct wb_arena *a, const char **ret,
                                 struct wb_error *err) {
    if (file)
        return load_file(file, a, ret, err);
    const char *token = getenv("WHIMBREL_TOKEN");
    if (!token) {
        *ret = NULL;
        return WB_OK;
    }
    if (check(token, strlen(token), "WHIMBREL_TOKEN", err))
        return WB_E_USAGE;
    *ret = wb_arena_strdup(a, token);
    return WB_OK;
}
