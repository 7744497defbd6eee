/* Within schema/: the parts of the mapping of one catalog. Not for other modules. */
#ifndef WB_SCHEMA_MAP_INT_H
#define WB_SCHEMA_MAP_INT_H

#include "schema/map.h"

struct wb_map {
    const struct wb_catalog *source;
    const struct wb_map_opts *opts;
    struct wb_catalog *ret;
    struct wb_arena *a;
    bool same_engine;
};

void wb_map_note(struct wb_map *m, enum wb_finding_kind kind, const char *object_kind,
                 const char *object, const char *hint, const char *text, ...)
    __attribute__((format(printf, 6, 7)));

/* map_names.c: NAME where a name is too long, or two are one in the target, and the policy refuses
 * that. The check comes first and names all that are too long or reserved at once. */
enum wb_code wb_map_check_names(struct wb_map *m, struct wb_error *err);
enum wb_code wb_map_table_names(struct wb_map *m, struct wb_error *err);
enum wb_code wb_map_column_names(struct wb_map *m, struct wb_table *to, struct wb_error *err);
const char *wb_map_shorten(struct wb_map *m,
                           const char *name); /* at most the target's bytes, unlike any other */

/* map_columns.c: types, defaults, generated columns, identity. */
enum wb_code wb_map_columns(struct wb_map *m, const struct wb_table *from, struct wb_table *to,
                            struct wb_error *err);
void wb_map_expr(struct wb_map *m, const struct wb_table *to, struct wb_expr_text *e);

/* map_keys.c: indexes, foreign keys, checks, partitions; what keys need of their columns'
 * collations. */
void wb_map_keys(struct wb_map *m, const struct wb_table *from, struct wb_table *to);
void wb_map_foreign_keys(struct wb_map *m, const struct wb_table *from, struct wb_table *to);
void wb_map_collations(struct wb_map *m);

#endif
