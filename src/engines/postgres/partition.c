/* Partitions. PostgreSQL's ranges run from the one before to the next; rows go where the key's
 * order says, so only keys whose order and equality every engine agrees on are carried. A hash
 * spreads rows differently, which is no matter: nobody addresses its partitions by name. */
#include "engines/postgres/ddl.h"

#include <string.h>

static bool is_not_null(const struct wb_table *t, uint32_t column) {
    const struct wb_index *key = wb_table_primary_key(t);
    for (size_t i = 0; key && i < key->n_parts; i++)
        if (key->parts[i].column == (int)column)
            return true;
    return t->columns[column].not_null;
}

/* Numbers, NULL, MAXVALUE and strings without escapes: what both dialects write alike. */
static bool is_plain_bound(const char *bound) {
    return bound &&
           strspn(bound,
                  "0123456789+-.,'() :TZabcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_/") ==
               strlen(bound);
}

static bool is_spread(const struct wb_partitioning *p) {
    return p->method == WB_PARTITION_HASH || p->method == WB_PARTITION_KEY;
}

bool wb_render_can_partition(const struct wb_table *t, const char **ret_why) {
    const struct wb_partitioning *p = &t->partitioning;
    *ret_why = NULL;
    if (!p->columns || !p->n_columns)
        *ret_why = "they are made by an expression, and PostgreSQL's keys must hold the columns "
                   "themselves";
    else if (p->subpartitioned)
        *ret_why = "they have subpartitions";
    else if (!p->n_parts)
        *ret_why = "their list is not known";
    else if (p->method == WB_PARTITION_LIST && p->n_columns != 1)
        *ret_why = "they list several columns";
    for (size_t i = 0; !*ret_why && i < p->n_columns && !is_spread(p); i++) {
        if (!wb_type_c_ordered(&t->columns[p->column_index[i]].type))
            *ret_why = "their key is compared by a collation";
        else if (p->method == WB_PARTITION_RANGE && !is_not_null(t, p->column_index[i]))
            *ret_why = "their key may be NULL, which PostgreSQL's ranges do not hold";
    }
    for (size_t i = 0; !*ret_why && i < p->n_parts && !is_spread(p); i++)
        if (!is_plain_bound(p->parts[i].bound))
            *ret_why = "a bound is no plain constant";
    return !*ret_why;
}

void wb_render_partition_by(struct wb_buf *to, const struct wb_table *t) {
    const struct wb_partitioning *p = &t->partitioning;
    const char *how = p->method == WB_PARTITION_RANGE  ? "RANGE"
                      : p->method == WB_PARTITION_LIST ? "LIST"
                                                       : "HASH";
    wb_buf_addf(to, " PARTITION BY %s (", how);
    for (size_t i = 0; i < p->n_columns; i++) {
        wb_buf_adds(to, i ? ", " : "");
        wb_postgres_quote_name(to, t->columns[p->column_index[i]].name);
    }
    wb_buf_addc(to, ')');
}

static void add_lowest(struct wb_buf *to, size_t n) {
    for (size_t i = 0; i < n; i++)
        wb_buf_adds(to, i ? ", MINVALUE" : "MINVALUE");
}

static void add_bounds(struct wb_buf *to, const struct wb_partitioning *p, size_t i) {
    if (p->method == WB_PARTITION_LIST) {
        wb_buf_addf(to, " FOR VALUES IN (%s)", p->parts[i].bound);
    } else if (p->method == WB_PARTITION_RANGE) {
        wb_buf_adds(to, " FOR VALUES FROM (");
        if (i)
            wb_buf_adds(to, p->parts[i - 1].bound);
        else
            add_lowest(to, p->n_columns);
        wb_buf_addf(to, ") TO (%s)", p->parts[i].bound);
    } else {
        wb_buf_addf(to, " FOR VALUES WITH (MODULUS %zu, REMAINDER %zu)", p->n_parts, i);
    }
}

void wb_render_partitions(struct wb_render *r, const struct wb_table *t) {
    const struct wb_partitioning *p = &t->partitioning;
    for (size_t i = 0; i < p->n_parts; i++) {
        WB_CLEANUP_BUF struct wb_buf sql = {0};
        const char *wish = wb_arena_printf(r->arena, "%s_%s", t->name, p->parts[i].name);
        const char *name = wb_names_take(&r->relations, t->schema, wish);
        wb_buf_adds(&sql, "CREATE TABLE ");
        wb_postgres_add_table(&sql, t->schema, name);
        wb_buf_adds(&sql, " PARTITION OF ");
        wb_postgres_add_table(&sql, t->schema, t->name);
        add_bounds(&sql, p, i);
        wb_render_add(r, WB_DDL_TABLE, t, wb_buf_str(&sql), "partition",
                      wb_render_member(r, t, p->parts[i].name));
    }
}
