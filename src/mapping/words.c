/* A result in words. */
#include "mapping/compare.h"

#include "base/str.h"

bool wb_mapping_is_equal(const struct wb_mapping_result *r) {
    return !r->missing.rows && !r->changed.rows && !r->extra.rows && !r->doubled.rows &&
           !r->at_least;
}

static void put_count(struct wb_buf *to, const struct wb_mapping_result *r, uint64_t n) {
    char text[40];
    wb_buf_addf(to, "%s%s", r->at_least ? "at least " : "",
                wb_str_human_count(n, text, sizeof text));
}

/* " (id 3, 7, 9, …)" */
static void put_keys(struct wb_buf *to, const struct wb_mapping_result *r,
                     const struct wb_mapping_count *c, const char *lead) {
    if (!c->n_keys)
        return;
    wb_buf_addf(to, "%s%s ", lead, r->key);
    for (size_t i = 0; i < c->n_keys; i++)
        wb_buf_addf(to, "%s%s", i ? ", " : "", c->keys[i]);
    wb_buf_adds(to, c->rows > c->n_keys ? ", \xE2\x80\xA6" : "");
}

static void put_one(struct wb_buf *to, const struct wb_mapping_result *r,
                    const struct wb_mapping_count *c, const char *words, const char *table) {
    if (!c->rows)
        return;
    wb_buf_adds(to, ", ");
    put_count(to, r, c->rows);
    wb_buf_addf(to, " %s%s", words, table);
    put_keys(to, r, c, " (");
    wb_buf_adds(to, c->n_keys ? ")" : "");
}

static void put_changed(struct wb_buf *to, const struct wb_mapping_result *r) {
    size_t n = 0;
    if (!r->changed.rows)
        return;
    wb_buf_adds(to, ", ");
    put_count(to, r, r->changed.rows);
    wb_buf_addf(to, " %s (", r->changed.rows == 1 ? "differs" : "differ");
    for (size_t i = 0; i < r->n_columns; i++)
        if (r->columns[i].rows) {
            wb_buf_addf(to, "%s%s ", n++ ? ", " : "", r->columns[i].name);
            put_count(to, r, r->columns[i].rows);
        }
    put_keys(to, r, &r->changed, "; ");
    wb_buf_addc(to, ')');
}

static void put_equal(struct wb_buf *to, const struct wb_mapping_result *r) {
    wb_buf_adds(to, r->n_columns ? ", all the same in " : ", each on both sides");
    for (size_t i = 0; i < r->n_columns; i++)
        wb_buf_addf(to, "%s%s",
                    i == 0                  ? ""
                    : i + 1 == r->n_columns ? " and "
                                            : ", ",
                    r->columns[i].name);
}

void wb_mapping_put(struct wb_buf *to, const struct wb_mapping_result *r) {
    char rows[40], back[40];
    wb_str_human_count(r->rows, rows, sizeof rows);
    wb_str_human_count(r->new_rows, back, sizeof back);
    wb_buf_addf(to, "%s and %s (%s): ", r->join->from, r->join->to, r->on);
    if (r->chosen)
        wb_buf_addf(to, "%s and %s random rows, %s", rows, back, r->chosen);
    else
        wb_buf_addf(to, "%s and %s rows", rows, back);
    if (wb_mapping_is_equal(r))
        put_equal(to, r);
    put_changed(to, r);
    put_one(to, r, &r->missing, "missing in ", r->join->to);
    put_one(to, r, &r->extra, "too many in ", r->join->to);
    put_one(to, r, &r->doubled, "more than once in ", r->join->to);
}
