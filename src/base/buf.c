#include "base/buf.h"

#include <stdio.h>
#include <stdlib.h>

void wb_buf_reserve(struct wb_buf *b, size_t more) {
    if (b->cap - b->len >= more && b->data)
        return;
    size_t cap = b->cap ? b->cap : 64;
    while (cap - b->len < more) {
        if (cap > SIZE_MAX / 4) {
            fprintf(stderr, "whimbrel: out of memory (buffer of %zu bytes)\n", cap);
            abort();
        }
        cap *= 2;
    }
    unsigned char *p = realloc(b->data, cap + 1);
    if (!p) {
        fprintf(stderr, "whimbrel: out of memory (%zu bytes)\n", cap);
        abort();
    }
    b->data = p;
    b->cap = cap;
}

void wb_buf_add(struct wb_buf *b, const void *bytes, size_t len) {
    wb_buf_reserve(b, len);
    if (len)
        memcpy(b->data + b->len, bytes, len);
    b->len += len;
    b->data[b->len] = 0;
}

void wb_buf_adds(struct wb_buf *b, const char *s) {
    wb_buf_add(b, s, strlen(s));
}

void wb_buf_addc(struct wb_buf *b, char c) {
    wb_buf_add(b, &c, 1);
}

void wb_buf_addv(struct wb_buf *b, const char *fmt, va_list args) {
    va_list again;
    va_copy(again, args);
    int n = vsnprintf(NULL, 0, fmt, again);
    va_end(again);
    if (n < 0)
        return;
    wb_buf_reserve(b, (size_t)n);
    vsnprintf((char *)b->data + b->len, (size_t)n + 1, fmt, args);
    b->len += (size_t)n;
}

void wb_buf_addf(struct wb_buf *b, const char *fmt, ...) {
    va_list args;
    va_start(args, fmt);
    wb_buf_addv(b, fmt, args);
    va_end(args);
}

void wb_buf_reset(struct wb_buf *b) {
    b->len = 0;
    if (b->data)
        b->data[0] = 0;
}

void wb_buf_done(struct wb_buf *b) {
    free(b->data);
    *b = (struct wb_buf){0};
}

const char *wb_buf_str(struct wb_buf *b) {
    wb_buf_reserve(b, 0);
    b->data[b->len] = 0;
    return (const char *)b->data;
}
