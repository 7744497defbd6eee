/* Any lines as casts, renames and globs, applied to a few columns: what is taken is told back, and
 * matching ends. */
#include "schema/rules.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void add(struct wb_rules *r, const char *line) {
    struct wb_error err = {0};
    enum wb_code code;
    switch (*line) {
    case '+':
        code = wb_rules_add_include(r, line + 1, &err);
        break;
    case '-':
        code = wb_rules_add_exclude(r, line + 1, &err);
        break;
    case '>':
        code = wb_rules_add_rename(r, line + 1, &err);
        break;
    default:
        code = wb_rules_add_cast(r, line, &err);
        break;
    }
    if (code && (code != WB_E_RULE || !*err.text || !*err.hint))
        abort();
}

static void apply(const struct wb_rules *r) {
    static const char *const names[] = {"orders", "a.b", "", "*"};
    static const char *const types[] = {"tinyint(1)", "enum('a','(b')", "double precision", "",
                                        NULL};
    for (size_t i = 0; i < 4; i++) {
        wb_rules_selects(r, i % 2 ? "shop" : NULL, names[i]);
        if (!wb_rules_table_name(r, "shop", names[i]) ||
            !wb_rules_column_name(r, names[i], "total"))
            abort();
        for (size_t t = 0; t < 5; t++) {
            const struct wb_type type = {.kind = WB_KIND_INT, .native = types[t]};
            const char *to = wb_rules_cast(r, names[i], "total", &type);
            if (to && !*to)
                abort();
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct wb_rules *r = wb_rules_new();
    struct wb_arena a = {0};
    char *text = malloc(size + 1), *save;
    if (!text)
        abort();
    memcpy(text, data, size);
    text[size] = 0;
    for (char *line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save))
        add(r, line);
    apply(r);
    if (!wb_rules_text(r, &a))
        abort();
    wb_rules_unused(r);
    wb_arena_done(&a);
    wb_rules_free(r);
    free(text);
    return 0;
}
