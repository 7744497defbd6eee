/* Any text as SQL of each dialect: it is cut into statements that lie within it, and whatever is
 * told of them stands inside and points to something. The first byte chooses the dialect. */
#include "sql/sql.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(int holds) {
    if (!holds)
        abort();
}

static void look(const struct wb_sql_statement *s, size_t len) {
    must(s->from < s->to && s->to <= len && s->verb && s->alone_at < len);
    must(!s->wrong || (s->error && s->error_at <= len));
    for (size_t i = 0; i < s->n_tables; i++)
        must(s->tables[i].name && s->tables[i].at < len);
    for (size_t i = 0; i < s->n_columns; i++) {
        must(s->columns[i].name && s->columns[i].at < len);
        for (size_t k = 0; k < s->columns[i].n_tables; k++)
            must(s->columns[i].tables[k] < s->n_tables);
    }
    for (size_t i = 0; i < s->n_effects; i++)
        must(s->effects[i].name && s->effects[i].at < len);
    for (size_t i = 0; i < s->n_marks; i++) {
        const struct wb_sql_mark *m = &s->marks[i];
        must(m->at < len && (m->sign != WB_SIGN_NULL_UNSAFE || (m->left && m->right)));
        for (size_t k = 0; k < 2; k++)
            must(m->column[k] == SIZE_MAX || m->column[k] < s->n_columns);
    }
    for (size_t i = 0; i < s->n_needs; i++)
        must(s->needs[i].what && s->needs[i].at < len);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static const enum wb_sql_dialect dialects[] = {WB_DIALECT_POSTGRES, WB_DIALECT_MYSQL,
                                                   WB_DIALECT_SQLITE, WB_DIALECT_ANY};
    struct wb_arena a = {0};
    struct wb_sql_script script;
    if (size == 0)
        return 0;
    char *text = malloc(size);
    if (!text)
        return 0;
    memcpy(text, data + 1, size - 1);
    text[size - 1] = 0;
    wb_sql_read_script(&a, dialects[data[0] % 4], text, &script);
    for (size_t i = 0; i < script.n; i++)
        look(&script.items[i], strlen(text));
    wb_arena_done(&a);
    free(text);
    return 0;
}
