/* The data of a program, and files, with their size and SHA-256 on the way. */
#include "engine/program_int.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { PIECE = 128 << 10 };

struct counter {
    EVP_MD_CTX *ctx;
    uint64_t bytes;
};

static void counter_init(struct counter *c) {
    *c = (struct counter){.ctx = EVP_MD_CTX_new()};
    if (!c->ctx || !EVP_DigestInit_ex(c->ctx, EVP_sha256(), NULL))
        abort();
}

static void count(struct counter *c, const void *bytes, size_t n, uint64_t before,
                  const struct wb_native_watch *w) {
    EVP_DigestUpdate(c->ctx, bytes, n);
    c->bytes += n;
    if (w && w->bytes)
        w->bytes(w->ctx, before + c->bytes);
}

static void counter_end(struct counter *c, struct wb_native_file *ret) {
    unsigned char sum[EVP_MAX_MD_SIZE];
    unsigned len = 0;
    EVP_DigestFinal_ex(c->ctx, sum, &len);
    EVP_MD_CTX_free(c->ctx);
    for (unsigned i = 0; ret && i < 32; i++)
        snprintf(ret->sha256 + (size_t)i * 2, 3, "%02x", sum[i]);
    if (ret)
        ret->bytes = c->bytes;
}

static enum wb_code file_failed(const char *path, const char *doing, struct wb_error *err) {
    bool full = errno == ENOSPC || errno == EDQUOT || errno == EFBIG;
    return wb_error_set(err, full ? WB_E_DISK_FULL : WB_E_IO, "%s: %s: %s", path, doing,
                        strerrordesc_np(errno));
}

static enum wb_code write_all(int fd, const char *path, const char *bytes, size_t n,
                              struct wb_error *err) {
    for (ssize_t done; n; bytes += done, n -= (size_t)done) {
        done = write(fd, bytes, n);
        if (done < 0 && errno != EINTR)
            return file_failed(path, "writing", err);
        done = done < 0 ? 0 : done;
    }
    return WB_OK;
}

static enum wb_code create(const char *path, int *ret_fd, struct wb_error *err) {
    *ret_fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    return *ret_fd < 0 ? file_failed(path, "making it", err) : WB_OK;
}

static enum wb_code close_durably(int fd, const char *path, enum wb_code code,
                                  struct wb_error *err) {
    if (fd < 0)
        return code;
    if (!code && fsync(fd) != 0)
        code = file_failed(path, "writing", err);
    if (close(fd) != 0 && !code)
        code = file_failed(path, "writing", err);
    return code;
}

enum wb_code wb_program_to_file(struct wb_program *p, const char *path, uint64_t before,
                                const struct wb_native_watch *watch, struct wb_native_file *ret,
                                struct wb_error *err) {
    struct counter c;
    char *piece = malloc(PIECE);
    int fd = -1;
    if (!piece)
        abort();
    counter_init(&c);
    enum wb_code code = create(path, &fd, err);
    while (!code && !(code = wb_cancel_check(watch ? watch->cancel : NULL, err))) {
        if (!wb_program_turn(p, p->data, POLLIN))
            continue;
        ssize_t n = read(p->data, piece, PIECE);
        if (n == 0 || (n < 0 && errno != EINTR))
            break;
        if (n > 0 && !(code = write_all(fd, path, piece, (size_t)n, err)))
            count(&c, piece, (size_t)n, before, watch);
    }
    free(piece);
    if (!code)
        code = wb_program_end(p, watch, err);
    code = close_durably(fd, path, code, err);
    counter_end(&c, code ? NULL : ret);
    return code;
}

/* All of the bytes, as far as it takes them; false where it takes no more. */
static bool feed(struct wb_program *p, const char *bytes, size_t n,
                 const struct wb_native_watch *w) {
    while (n && !(w && w->cancel && wb_cancel_signo(w->cancel))) {
        if (!wb_program_turn(p, p->data, POLLOUT))
            continue;
        ssize_t done = send(p->data, bytes, n, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (done < 0 && errno != EINTR && errno != EAGAIN)
            return false;
        bytes += done > 0 ? done : 0;
        n -= done > 0 ? (size_t)done : 0;
    }
    return n == 0;
}

static enum wb_code compare(const struct wb_native_file *is, const struct wb_native_file *was,
                            const char *path, struct wb_error *err) {
    if (was && (is->bytes != was->bytes || strcmp(is->sha256, was->sha256) != 0))
        return wb_error_set(err, WB_E_VALUE, "%s is not what was written: %llu of %llu bytes%s",
                            path, (unsigned long long)is->bytes, (unsigned long long)was->bytes,
                            is->bytes == was->bytes ? ", and other ones" : "");
    return WB_OK;
}

enum wb_code wb_program_from_file(struct wb_program *p, const char *path,
                                  const struct wb_native_file *expect, uint64_t before,
                                  const struct wb_native_watch *watch, struct wb_error *err) {
    struct counter c;
    struct wb_native_file is = {0};
    char *piece = malloc(PIECE);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (!piece)
        abort();
    counter_init(&c);
    enum wb_code code = fd < 0 ? file_failed(path, "opening it", err) : WB_OK;
    bool whole = false, takes = true;
    while (!code && takes && !whole &&
           !(code = wb_cancel_check(watch ? watch->cancel : NULL, err))) {
        ssize_t n = read(fd, piece, PIECE);
        whole = n == 0;
        if (n < 0)
            code = file_failed(path, "reading", err);
        else if ((takes = feed(p, piece, (size_t)n, watch)))
            count(&c, piece, (size_t)n, before, watch);
    }
    free(piece);
    if (fd >= 0)
        close(fd);
    counter_end(&c, &is);
    if (!code)
        code = wb_cancel_check(watch ? watch->cancel : NULL, err);
    if (!code && whole)
        code = compare(&is, expect, path, err);
    if (!code)
        code = wb_program_end(p, watch, err);
    if (!code && !whole)
        code = wb_error_set(err, WB_E_SQL, "%s took only a part of %s", p->name, path);
    return code;
}

/* Reads all of in; into out unless it is -1. */
static enum wb_code pass(int in, const char *from, int out, const char *to,
                         const struct wb_native_watch *watch, struct wb_native_file *ret,
                         struct wb_error *err) {
    struct counter c;
    char *piece = malloc(PIECE);
    ssize_t n = 1;
    if (!piece)
        abort();
    counter_init(&c);
    enum wb_code code = WB_OK;
    while (n && !code && !(code = wb_cancel_check(watch ? watch->cancel : NULL, err))) {
        n = read(in, piece, PIECE);
        if (n < 0)
            code = file_failed(from, "reading", err);
        else if (out < 0 || !(code = write_all(out, to, piece, (size_t)n, err)))
            count(&c, piece, (size_t)n, 0, watch);
    }
    free(piece);
    counter_end(&c, code ? NULL : ret);
    return code;
}

enum wb_code wb_program_hash_file(const char *path, const struct wb_native_watch *watch,
                                  struct wb_native_file *ret, struct wb_error *err) {
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return file_failed(path, "opening it", err);
    enum wb_code code = pass(fd, path, -1, NULL, watch, ret, err);
    close(fd);
    return code;
}

enum wb_code wb_program_copy_file(const char *from, const char *to,
                                  const struct wb_native_watch *watch, struct wb_native_file *ret,
                                  struct wb_error *err) {
    int in = open(from, O_RDONLY | O_CLOEXEC), out = -1;
    if (in < 0)
        return file_failed(from, "opening it", err);
    enum wb_code code = create(to, &out, err);
    if (!code)
        code = pass(in, from, out, to, watch, ret, err);
    close(in);
    return close_durably(out, to, code, err);
}
