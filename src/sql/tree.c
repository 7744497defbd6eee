#include "sql/tree.h"

#include "base/str.h"

#include <string.h>

const char *wb_tree_str(const json_t *body, const char *key) {
    return json_string_value(json_object_get(body, key));
}

bool wb_tree_flag(const json_t *body, const char *key) {
    return json_is_true(json_object_get(body, key));
}

json_t *wb_tree_as(const json_t *node, const char *type) {
    return json_object_get(node, type);
}

const char *wb_tree_type(const json_t *node, json_t **ret_body) {
    void *it = json_object_size(node) == 1 ? json_object_iter((json_t *)node) : NULL;
    const char *key = it ? json_object_iter_key(it) : NULL;
    if (!key || *key < 'A' || *key > 'Z')
        return NULL;
    *ret_body = json_object_iter_value(it);
    return key;
}

size_t wb_tree_at(const struct wb_sql_reader *r, const json_t *body) {
    json_int_t at = json_integer_value(json_object_get(body, "location"));
    size_t base = r->p->items[0].at, end = r->p->items[r->p->n - 1].end;
    return at > 0 && base + (size_t)at < end ? base + (size_t)at : base;
}

const char *wb_tree_name(const json_t *list, const char **ret_schema) {
    const json_t *items = json_object_get(json_object_get(list, "List"), "items");
    if (json_is_object(list) && !items)
        return wb_tree_str(wb_tree_as(list, "String"), "sval");
    items = items ? items : list;
    size_t n = json_array_size(items);
    if (n > 1 && ret_schema)
        *ret_schema = wb_tree_str(wb_tree_as(json_array_get(items, n - 2), "String"), "sval");
    return n ? wb_tree_str(wb_tree_as(json_array_get(items, n - 1), "String"), "sval") : NULL;
}

const char *wb_tree_copy(struct wb_sql_reader *r, const char *s) {
    return wb_arena_strdup(r->a, s);
}

const char *wb_tree_written(struct wb_sql_reader *r, size_t at, const char *name) {
    if (!name || r->dialect == WB_DIALECT_POSTGRES)
        return wb_tree_copy(r, name);
    for (size_t i = 0; i < r->p->n; i++) {
        const struct wb_sql_lexeme *t = &r->p->items[i];
        if (t->at < at || t->at > at + strlen(name) + 140)
            continue;
        if (t->kind == WB_LEX_WORD && wb_str_ieq(t->text, name))
            return wb_arena_strndup(r->a, r->text + t->at, t->end - t->at);
    }
    return wb_tree_copy(r, name);
}
