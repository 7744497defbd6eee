/* Small string helpers that libc lacks. */
#ifndef WB_BASE_STR_H
#define WB_BASE_STR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct wb_buf;

bool wb_str_eq(const char *a, const char *b);  /* NULL equals only NULL */
bool wb_str_ieq(const char *a, const char *b); /* ASCII case folded; NULL equals only NULL */
bool wb_str_starts(const char *s, const char *prefix);
bool wb_str_istarts(const char *s, const char *prefix); /* ASCII case folded */
const char *wb_str_istr(const char *hay,
                        const char *needle); /* first place, ASCII case folded, or NULL */

/* Shell-like match of the whole of s: * any run, ? any one byte. ASCII case counts. */
bool wb_str_glob(const char *pattern, const char *s);

/* Parse a whole string as a decimal integer within [min, max]; false (and *ret untouched)
 * otherwise. */
bool wb_str_int64(const char *s, int64_t min, int64_t max, int64_t *ret);

/* Parse a size such as 64, 64k, 16M, 2G or 10MiB (powers of 1024); false where malformed or beyond
 * 2^62. */
bool wb_str_bytes(const char *s, uint64_t *ret_bytes);

/* The number of leading bytes of p that are valid UTF-8 (RFC 3629: no surrogates, no overlong
 * forms, at most U+10FFFF); equals len where all of it is. */
size_t wb_str_utf8_valid(const void *p, size_t len);

/* Append s quoted with q on both sides, q inside doubled: the SQL rule for identifiers and, with
 * standard strings, for literals. */
void wb_str_quote(struct wb_buf *to, const char *s, size_t len, char q);

/* The shortest digits that read back as d, laid out as people write them: 0.1, 16777216, 1e+300,
 * NaN, -Infinity. size_bytes 4: that read back as the float d is; else as the double. Returns to;
 * size >= 64. */
char *wb_str_shortest(double d, unsigned size_bytes, char *to, size_t size);

/* "1.2 GB", "340 kB", "17 B" (powers of 1000) and "1,234,567" into to; both return to. size >= 32.
 */
char *wb_str_human_bytes(uint64_t bytes, char *to, size_t size);
char *wb_str_human_count(uint64_t n, char *to, size_t size);
/* "0.42 s", "12.3 s", "3 min 07 s", "2 h 05 min" */
char *wb_str_human_ms(uint64_t ms, char *to, size_t size);

#endif
