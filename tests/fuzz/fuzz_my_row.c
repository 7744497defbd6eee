/* Any plan over any packet: the row decoder must stay within its bytes. The first byte is the
 * number of steps, then one byte a step, then the packet. */
#include "my/row.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { MAX_STEPS = 32 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static const struct wb_my_label labels[] = {{(const unsigned char *)"a", 1},
                                                {(const unsigned char *)"bc", 2}};
    struct wb_my_step steps[MAX_STEPS];
    struct wb_cell cells[MAX_STEPS];
    struct wb_arena a = {0};
    uint32_t n = size ? data[0] % MAX_STEPS : 0;
    if (size < 1 + (size_t)n)
        return 0;
    for (uint32_t i = 0; i < n; i++)
        steps[i] = (struct wb_my_step){.op = data[1 + i] % WB_MY_OP_COUNT,
                                       .fraction_digits = data[1 + i] % 7,
                                       .labels = labels,
                                       .n_labels = 2};
    struct wb_my_plan plan = {.steps = steps, .n_steps = n};
    wb_my_plan_finish(&plan);
    size_t len = size - 1 - n, sum = 0;
    unsigned char *packet = malloc(len + 1);
    if (!packet)
        return 0;
    memcpy(packet, data + 1 + n, len);
    packet = realloc(packet, len ? len : 1); /* no byte behind it */
    if (packet && wb_my_row_decode(&plan, packet, len, cells, &a))
        for (uint32_t i = 0; i < n; i++)
            if (cells[i].form >= WB_FORM_TEXT)
                for (uint32_t k = 0; k < cells[i].len; k++)
                    sum += cells[i].p[k]; /* touch every byte that a cell claims */
    free(packet);
    wb_arena_done(&a);
    return sum == SIZE_MAX; /* never */
}
