/* A growable byte buffer, also used to build text. Zeroed is valid and empty. Owns its bytes; a NUL
 * is kept behind them, so that .data of a text buffer is a C string once something was appended.
 * Allocation failure aborts. */
#ifndef WB_BASE_BUF_H
#define WB_BASE_BUF_H

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct wb_buf {
    unsigned char *data;
    size_t len, cap; /* bytes; cap excludes the NUL */
};

void wb_buf_reserve(struct wb_buf *b, size_t more); /* room for more bytes beyond len */
void wb_buf_add(struct wb_buf *b, const void *bytes, size_t len);
void wb_buf_adds(struct wb_buf *b, const char *s);
void wb_buf_addc(struct wb_buf *b, char c);
void wb_buf_addf(struct wb_buf *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void wb_buf_addv(struct wb_buf *b, const char *fmt, va_list args)
    __attribute__((format(printf, 2, 0)));
void wb_buf_reset(struct wb_buf *b);      /* len = 0, keeps the memory */
void wb_buf_done(struct wb_buf *b);       /* frees; zeroed again */
const char *wb_buf_str(struct wb_buf *b); /* never NULL; valid until the next change */

/* Big-endian puts for wire formats. The _at forms write to memory that the caller has reserved. */
static inline void wb_put_be16(unsigned char *p, uint16_t v) {
    v = __builtin_bswap16(v);
    memcpy(p, &v, 2);
}
static inline void wb_put_be32(unsigned char *p, uint32_t v) {
    v = __builtin_bswap32(v);
    memcpy(p, &v, 4);
}
static inline void wb_put_be64(unsigned char *p, uint64_t v) {
    v = __builtin_bswap64(v);
    memcpy(p, &v, 8);
}
static inline uint16_t wb_get_be16(const unsigned char *p) {
    uint16_t v;
    memcpy(&v, p, 2);
    return __builtin_bswap16(v);
}
static inline uint32_t wb_get_be32(const unsigned char *p) {
    uint32_t v;
    memcpy(&v, p, 4);
    return __builtin_bswap32(v);
}
static inline uint64_t wb_get_be64(const unsigned char *p) {
    uint64_t v;
    memcpy(&v, p, 8);
    return __builtin_bswap64(v);
}

#define WB_CLEANUP_BUF __attribute__((cleanup(wb_buf_done)))

#endif
