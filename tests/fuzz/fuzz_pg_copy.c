/* Any fields over any message: the decoder of binary COPY must stay within its bytes. The first
 * byte is the number of fields, then one byte a field for its type, then the message. */
#include "pg/copy.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { MAX_FIELDS = 32 };

static struct wb_type type_of(uint8_t byte) {
    return (struct wb_type){
        .kind = (enum wb_kind)(byte % (WB_KIND_OTHER + 1)),
        .size_bytes = (uint8_t)(byte & 64 ? 8 : 4),
        .length = byte & 128 ? 11 : 0,
        .fixed = byte & 128,
        .binary_json = byte & 64,
        .native = "fuzzed",
    };
}

/* Touch every byte that a cell claims. */
static size_t sum_of(const struct wb_cell *cells, size_t n) {
    size_t sum = 0;
    for (size_t i = 0; i < n; i++)
        if (cells[i].form == WB_FORM_TEXT || cells[i].form == WB_FORM_BYTES)
            for (uint32_t k = 0; k < cells[i].len; k++)
                sum += cells[i].p[k];
    return sum;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct wb_type types[MAX_FIELDS];
    struct wb_pg_field fields[MAX_FIELDS];
    struct wb_cell cells[MAX_FIELDS];
    struct wb_arena arena = {0};
    struct wb_pg_slab slab = {.arena = &arena};
    struct wb_error err;
    size_t n = size ? data[0] % MAX_FIELDS : 0, sum = 0;
    if (size < 1 + n)
        return 0;
    for (size_t i = 0; i < n; i++) {
        types[i] = type_of(data[1 + i]);
        fields[i] = wb_pg_field_of(&types[i]);
    }
    size_t len = size - 1 - n;
    unsigned char *message = malloc(len ? len : 1); /* no byte behind it */
    if (!message)
        return 0;
    memcpy(message, data + 1 + n, len);
    size_t at = wb_pg_decode_header(message, len), used = 0;
    for (bool end = false; at < len && !end; at += used) {
        if (wb_pg_decode_row(fields, n, message + at, len - at, &slab, cells, &used, &end, &err) ||
            !used)
            break;
        if (!end)
            sum += sum_of(cells, n);
    }
    free(message);
    wb_arena_done(&arena);
    return sum == SIZE_MAX; /* never */
}
