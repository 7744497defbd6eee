#include "base/str.h"
#include "engines/postgres/ddl.h"

#include <stdio.h>
#include <string.h>

static uint64_t hash(const char *schema, const char *name) {
    uint64_t h = 14695981039346656037u; /* FNV-1a */
    for (const char *s = schema; *s; s++)
        h = (h ^ (unsigned char)*s) * 1099511628211u;
    h = (h ^ 0xFF) * 1099511628211u;
    for (const char *s = name; *s; s++)
        h = (h ^ (unsigned char)*s) * 1099511628211u;
    return h;
}

/* An item is schema, NUL, name. */
static bool is_item(const char *item, const char *schema, const char *name) {
    return strcmp(item, schema) == 0 && strcmp(item + strlen(schema) + 1, name) == 0;
}

static size_t slot_of(const struct wb_names *s, const char *schema, const char *name) {
    size_t i = hash(schema, name) & (s->n_slots - 1);
    while (s->items[i] && !is_item(s->items[i], schema, name))
        i = (i + 1) & (s->n_slots - 1);
    return i;
}

bool wb_names_has(const struct wb_names *s, const char *schema, const char *name) {
    return s->n_slots && s->items[slot_of(s, schema ? schema : "", name)];
}

static void widen(struct wb_names *s) {
    struct wb_names wider = {
        .arena = s->arena, .n = s->n, .n_slots = s->n_slots ? s->n_slots * 2 : 64};
    wider.items = WB_NEW_N(s->arena, const char *, wider.n_slots);
    for (size_t i = 0; i < s->n_slots; i++)
        if (s->items[i])
            wider.items[slot_of(&wider, s->items[i], s->items[i] + strlen(s->items[i]) + 1)] =
                s->items[i];
    *s = wider;
}

bool wb_names_add(struct wb_names *s, const char *schema, const char *name) {
    schema = schema ? schema : "";
    if (s->n * 2 >= s->n_slots)
        widen(s);
    size_t i = slot_of(s, schema, name);
    if (s->items[i])
        return false;
    size_t schema_len = strlen(schema) + 1, name_len = strlen(name) + 1;
    char *item = wb_arena_alloc(s->arena, schema_len + name_len);
    memcpy(item, schema, schema_len);
    memcpy(item + schema_len, name, name_len);
    s->items[i] = item;
    s->n++;
    return true;
}

/* base cut so that base and suffix have 63 bytes at most, at a character's border. */
static const char *cut(struct wb_arena *a, const char *base, const char *suffix) {
    size_t len = strlen(base), max = WB_POSTGRES_NAME_BYTES - strlen(suffix);
    if (len > max)
        len = wb_str_utf8_valid(base, max);
    return wb_arena_printf(a, "%.*s%s", (int)len, base, suffix);
}

const char *wb_names_take(struct wb_names *s, const char *schema, const char *base) {
    char suffix[24] = "";
    for (unsigned i = 2;; i++) {
        const char *name = cut(s->arena, base, suffix);
        if (wb_names_add(s, schema, name))
            return name;
        snprintf(suffix, sizeof suffix, "_%u", i);
    }
}
