#include "model/range.h"

#include <stddef.h>
#include <string.h>

static const char *const words[] = {
    [WB_RANGE_ALL] = "all", [WB_RANGE_KEY] = "key", [WB_RANGE_PAGES] = "pages"};

const char *wb_range_kind_word(enum wb_range_kind kind) {
    return words[kind];
}

int wb_range_kind_parse(const char *word) {
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (strcmp(words[i], word) == 0)
            return (int)i;
    return -1;
}
