/* How far one word is from another. */
#include "plan/reader.h"

#include <string.h>

enum { MAX_WORD = 63 };

static unsigned least(unsigned a, unsigned b) {
    return a < b ? a : b;
}

/* Optimal string alignment: insert, delete, replace, swap two neighbours, each one edit. */
unsigned wb_word_distance(const char *a, const char *b) {
    size_t n = strlen(a), m = strlen(b);
    unsigned rows[3][MAX_WORD + 1];
    if (n > MAX_WORD || m > MAX_WORD)
        return 99;
    for (size_t j = 0; j <= m; j++)
        rows[0][j] = (unsigned)j;
    for (size_t i = 1; i <= n; i++) {
        unsigned *row = rows[i % 3], *up = rows[(i + 2) % 3], *up2 = rows[(i + 1) % 3];
        row[0] = (unsigned)i;
        for (size_t j = 1; j <= m; j++) {
            row[j] = least(least(up[j], row[j - 1]) + 1, up[j - 1] + (a[i - 1] != b[j - 1]));
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                row[j] = least(row[j], up2[j - 2] + 1);
        }
    }
    return rows[n % 3][m];
}

/* Which letters a word holds: an edit changes at most two of these bits. */
static uint32_t letters(const char *s) {
    uint32_t set = 0;
    for (; *s; s++)
        set |= UINT32_C(1) << (*s & 31);
    return set;
}

bool wb_word_near(const char *a, const char *b) {
    size_t n = strlen(b);
    unsigned allowed = n >= 7 ? 2 : n >= 4 ? 1 : 0;
    if (strlen(a) + allowed < n || strlen(a) > n + allowed)
        return false;
    if ((unsigned)__builtin_popcount(letters(a) ^ letters(b)) > 2 * allowed)
        return false;
    return wb_word_distance(a, b) <= allowed;
}
