/* The statements. Names that they give begin with wb_, so that none is a column's. What As says
 * stands where the old table alone is in sight: its names need no table before them. */
#include "mapping/inside.h"

#include <inttypes.h>
#include <string.h>

static void put_list(struct wb_buf *to, const char *what, size_t n) {
    for (size_t i = 0; i < n; i++)
        wb_buf_addf(to, ", %s%zu", what, i + 1);
}

static void put_where(struct wb_buf *to, const struct wb_mapping_side *s,
                      const struct wb_mapping_part *part) {
    const char *lead = s->key[0];
    if (part->nulls)
        wb_buf_addf(to, " WHERE %s IS NULL", lead);
    else if (part->among)
        wb_buf_addf(to, " WHERE %s IN (%s)", lead, part->among);
    else if (part->above && part->upto)
        wb_buf_addf(to, " WHERE %s > %s AND %s <= %s", lead, part->above, lead, part->upto);
    else if (part->above || part->upto)
        wb_buf_addf(to, " WHERE %s %s %s", lead,
                    part->above ? ">" : "<=", part->above ? part->above : part->upto);
}

/* Rows of a table. Random ones are chosen by their keys alone, which an index may hold; where a key
 * does not tell one row, as rows. */
static void put_from(struct wb_buf *to, const struct wb_mapping_pair *p,
                     const struct wb_mapping_side *s, const struct wb_mapping_part *part) {
    wb_buf_addf(to, " FROM %s", s->table);
    if (!part->random) {
        put_where(to, s, part);
        return;
    }
    if (!s->column[0]->not_null || (s == &p->new && !p->unique)) {
        wb_buf_addf(to, " ORDER BY %s LIMIT %" PRIu64, p->engine->verify->random, part->random);
        return;
    }
    wb_buf_adds(to, " JOIN (SELECT ");
    for (size_t i = 0; i < p->n_key; i++)
        wb_buf_addf(to, "%s%s AS wb_s%zu", i ? ", " : "", s->key[i], i + 1);
    wb_buf_addf(to, " FROM %s ORDER BY %s LIMIT %" PRIu64 ") wb_s ON ", s->table,
                p->engine->verify->random, part->random);
    for (size_t i = 0; i < p->n_key; i++)
        wb_buf_addf(to, "%s%s.%s = wb_s.wb_s%zu", i ? " AND " : "", s->table, s->key[i], i + 1);
}

static void put_keys(struct wb_buf *to, const struct wb_mapping_pair *p,
                     const struct wb_mapping_side *s) {
    for (size_t i = 0; i < p->n_key; i++)
        wb_buf_addf(to, "%s%s AS wb_k%zu", i ? ", " : "", s->key[i], i + 1);
}

static void put_old(struct wb_buf *to, const struct wb_mapping_pair *p,
                    const struct wb_mapping_part *part) {
    wb_buf_adds(to, "(SELECT ");
    put_keys(to, p, &p->old);
    for (size_t i = 0; i < p->n_values; i++)
        wb_buf_addf(to, ", %s AS wb_c%zu", p->values[i].from, i + 1);
    put_from(to, p, &p->old, part);
    wb_buf_adds(to, ") wb_o");
}

static void put_new(struct wb_buf *to, const struct wb_mapping_pair *p,
                    const struct wb_mapping_part *part) {
    wb_buf_adds(to, "(SELECT ");
    put_keys(to, p, &p->new);
    put_from(to, p, &p->new, part);
    wb_buf_adds(to, ") wb_n");
}

static bool is_named_before(const struct wb_mapping_pair *p, size_t value) {
    for (size_t i = 0; i < value; i++)
        if (strcmp(p->values[i].to, p->values[value].to) == 0)
            return true;
    return false;
}

/* The new table as the other side of a join. Without an index some servers compare each row with
 * each; of a table that is made of a query they make an index of their own, and a LIMIT that limits
 * nothing keeps the query from being taken apart. */
static void put_table(struct wb_buf *to, const struct wb_mapping_pair *p,
                      const struct wb_mapping_side *s) {
    if (s == &p->old || p->indexed) {
        wb_buf_adds(to, s->table);
        return;
    }
    for (size_t i = 0; i < p->n_key; i++)
        wb_buf_addf(to, "%s%s", i ? ", " : "(SELECT ", s->key[i]);
    for (size_t i = 0; i < p->n_values; i++)
        if (!is_named_before(p, i))
            wb_buf_addf(to, ", %s", p->values[i].to);
    wb_buf_addf(to, " FROM %s LIMIT %" PRId64 ")", s->table, INT64_MAX);
}

/* The bounds of a part hold for the other side, too, where it is ordered likewise: said there as
 * well, an index gives that part of it, and not all of it is read for each part. */
static void put_join(struct wb_buf *to, const struct wb_mapping_pair *p,
                     const struct wb_mapping_side *s, const char *alias, const char *rows,
                     const struct wb_mapping_part *part) {
    wb_buf_adds(to, " LEFT JOIN ");
    put_table(to, p, s);
    wb_buf_addf(to, " %s ON ", alias);
    for (size_t i = 0; i < p->n_key; i++)
        wb_buf_addf(to, "%s%s.%s = %s.wb_k%zu", i ? " AND " : "", alias, s->key[i], rows, i + 1);
    if (p->ordered && part->above)
        wb_buf_addf(to, " AND %s.%s > %s", alias, s->key[0], part->above);
    if (p->ordered && part->upto)
        wb_buf_addf(to, " AND %s.%s <= %s", alias, s->key[0], part->upto);
}

static void put_flags(struct wb_buf *to, const struct wb_mapping_pair *p) {
    for (size_t i = 0; i < p->n_values; i++) {
        WB_CLEANUP_BUF struct wb_buf a = {0}, b = {0};
        wb_buf_addf(&a, "wb_o.wb_c%zu", i + 1);
        wb_buf_addf(&b, "wb_n.%s", p->values[i].to);
        wb_buf_addf(to, ", CASE WHEN wb_n.%s IS NULL THEN 0 WHEN ", p->new.key[0]);
        p->engine->verify->differs(to, p->values[i].type, wb_buf_str(&a), wb_buf_str(&b));
        wb_buf_addf(to, " THEN 1 ELSE 0 END AS wb_f%zu", i + 1);
    }
}

static void put_sum(struct wb_buf *to, const struct wb_mapping_pair *p) {
    wb_buf_adds(to, "wb_m");
    for (size_t i = 0; i < p->n_values; i++)
        wb_buf_addf(to, " + wb_f%zu", i + 1);
}

void wb_mapping_sql_values(struct wb_buf *to, const struct wb_mapping_pair *p,
                           const struct wb_mapping_part *part, enum wb_mapping_rows rows) {
    wb_buf_adds(to, "SELECT wb_m");
    put_list(to, "wb_f", p->n_values);
    put_list(to, "wb_k", p->n_key);
    wb_buf_adds(to, ", count(*) FROM (SELECT wb_m");
    put_list(to, "wb_f", p->n_values);
    for (size_t i = 1; i <= p->n_key; i++) {
        if (rows == WB_MAPPING_EACH_ROW) {
            wb_buf_addf(to, ", wb_k%zu", i);
            continue;
        }
        wb_buf_adds(to, ", CASE WHEN ");
        put_sum(to, p);
        wb_buf_addf(to, " > 0 THEN wb_k%zu END AS wb_k%zu", i, i);
    }
    wb_buf_addf(to, " FROM (SELECT CASE WHEN wb_n.%s IS NULL THEN 1 ELSE 0 END AS wb_m",
                p->new.key[0]);
    put_flags(to, p);
    for (size_t i = 1; i <= p->n_key; i++)
        wb_buf_addf(to, ", wb_o.wb_k%zu AS wb_k%zu", i, i);
    wb_buf_adds(to, " FROM ");
    put_old(to, p, part);
    put_join(to, p, &p->new, "wb_n", "wb_o", part);
    wb_buf_adds(to, ") wb_d) wb_e GROUP BY wb_m");
    put_list(to, "wb_f", p->n_values);
    put_list(to, "wb_k", p->n_key);
    wb_buf_adds(to, " ORDER BY ");
    put_sum(to, p);
    put_list(to, "wb_k", p->n_key);
    wb_buf_addf(to, " LIMIT %d", WB_MAPPING_MOST + 1);
}

void wb_mapping_sql_count(struct wb_buf *to, const struct wb_mapping_pair *p,
                          const struct wb_mapping_part *part) {
    wb_buf_addf(to, "SELECT count(*) FROM %s", p->old.table);
    put_where(to, &p->old, part);
}

void wb_mapping_sql_extra(struct wb_buf *to, const struct wb_mapping_pair *p,
                          const struct wb_mapping_part *part) {
    wb_buf_adds(to, "SELECT wb_m");
    put_list(to, "wb_k", p->n_key);
    wb_buf_addf(to, ", count(*) FROM (SELECT CASE WHEN wb_o.%s IS NULL THEN 1 ELSE 0 END AS wb_m",
                p->old.key[0]);
    for (size_t i = 1; i <= p->n_key; i++)
        wb_buf_addf(to, ", CASE WHEN wb_o.%s IS NULL THEN wb_n.wb_k%zu END AS wb_k%zu",
                    p->old.key[0], i, i);
    wb_buf_adds(to, " FROM ");
    put_new(to, p, part);
    put_join(to, p, &p->old, "wb_o", "wb_n", part);
    wb_buf_adds(to, ") wb_e GROUP BY wb_m");
    put_list(to, "wb_k", p->n_key);
    wb_buf_adds(to, " ORDER BY wb_m");
    put_list(to, "wb_k", p->n_key);
    wb_buf_addf(to, " LIMIT %d", WB_MAPPING_MOST + 1);
}

void wb_mapping_sql_doubled(struct wb_buf *to, const struct wb_mapping_pair *p,
                            const struct wb_mapping_part *part) {
    WB_CLEANUP_BUF struct wb_buf keys = {0};
    put_list(&keys, "wb_k", p->n_key);
    wb_buf_addf(to, "SELECT %s, count(*) FROM ", wb_buf_str(&keys) + 2);
    put_new(to, p, part);
    wb_buf_addf(to, " WHERE wb_k1 IS NOT NULL GROUP BY %s HAVING count(*) > 1 ORDER BY %s LIMIT %d",
                wb_buf_str(&keys) + 2, wb_buf_str(&keys) + 2, WB_MAPPING_MOST + 1);
}

void wb_mapping_sql_bound(struct wb_buf *to, const struct wb_mapping_pair *p,
                          const struct wb_mapping_side *s, const char *above, uint64_t rows) {
    (void)p;
    wb_buf_addf(to, "SELECT %s FROM %s WHERE %s ", s->key[0], s->table, s->key[0]);
    if (above)
        wb_buf_addf(to, "> %s", above);
    else
        wb_buf_adds(to, "IS NOT NULL");
    wb_buf_addf(to, " ORDER BY %s LIMIT 1 OFFSET %" PRIu64, s->key[0], rows - 1);
}
