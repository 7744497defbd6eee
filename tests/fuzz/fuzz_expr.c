/* Any text as an expression of each engine: a tree whose nodes are whole and few enough to walk, or
 * a reason. The first byte chooses the engine. */
#include "schema/expr_parse.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static size_t nodes(const struct wb_expr *e) {
    size_t n = 1;
    if (!e->text || (e->n_args && !e->args))
        abort();
    for (size_t i = 0; i < e->n_args; i++) {
        if (!e->args[i] && !(e->op == WB_EXPR_CASE && i == 0))
            abort(); /* only a CASE without an operand has a gap */
        n += e->args[i] ? nodes(e->args[i]) : 0;
    }
    return n;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static const char *const engines[] = {"mysql", "sqlite", "postgresql"};
    struct wb_arena a = {0};
    char why[100] = "";
    if (size == 0)
        return 0;
    char *text = malloc(size);
    if (!text)
        return 0;
    memcpy(text, data + 1, size - 1);
    text[size - 1] = 0;
    const struct wb_expr *e = wb_expr_parse(text, engines[data[0] % 3], &a, why, sizeof why);
    if (e ? nodes(e) > 4000 : !*why)
        abort();
    wb_arena_done(&a);
    free(text);
    return 0;
}
