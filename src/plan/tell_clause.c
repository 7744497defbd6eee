/* What a clause means, as a neutral sentence. */
#include "plan/joins.h"
#include "plan/reader.h"

#include "base/str.h"

/* Bound without a query, and yet not what whimbrel sees itself. */
static bool is_reported(const struct wb_plan_metric *m) {
    return m->source == WB_SOURCE_OBSERVE ||
           (m->source == WB_SOURCE_BUILTIN &&
            (wb_str_eq(m->name, "dual-write error rate") || wb_str_eq(m->name, "mismatch rate") ||
             wb_str_eq(m->name, "divergences")));
}

static void put_source(struct wb_buf *b, const struct wb_plan_metric *m) {
    static const char *const languages[] = {"", "SQL", "a script", "PromQL", "HTTP"};
    if (m->source == WB_SOURCE_QUERY)
        wb_buf_addf(b, ", measured by %s", languages[m->lang]);
    else if (is_reported(m))
        wb_buf_adds(b, ", as the application reports it");
    else if (m->source == WB_SOURCE_BUILTIN)
        wb_buf_adds(b, ", measured by whimbrel");
    else
        wb_buf_adds(b, ": nothing measures it");
}

static void put_how_long(struct wb_buf *b, const struct wb_plan_clause *c) {
    if (c->window_ms) {
        wb_buf_adds(b, " over any ");
        wb_duration_put(b, c->window_ms);
    }
    if (c->for_ms) {
        wb_buf_adds(b, " for ");
        wb_duration_put(b, c->for_ms);
    }
}

/* Samples without a single error that decide a gate. */
static void put_samples(struct wb_buf *b, double n) {
    char text[40];
    wb_buf_addf(b, ", by its 95 %% upper bound (%s samples at least)",
                wb_str_human_count((uint64_t)(n + 0.5), text, sizeof text));
}

/* What makes a value decide: for ratios and quantiles a statistical bound, else a number of
 * samples; of a trigger 2 in a row. */
static void put_certainty(struct wb_buf *b, const struct wb_plan_reader *r,
                          const struct wb_plan_clause *c, enum wb_clause_place at) {
    struct wb_decimal none = {0};
    bool judged_as_gate = (at == WB_AT_CRITERIA || at == WB_AT_CHECK) && c->kind != WB_CLAUSE_ALERT;
    bool below = c->cmp == WB_CMP_LT || c->cmp == WB_CMP_LE;
    bool ratio = c->metric->shape == WB_SHAPE_RATIO && c->value.unit == WB_UNIT_RATIO &&
                 !r->plan->front.strict_ratios && wb_decimal_compare(c->value.number, none) > 0;
    if (at == WB_AT_TRIGGER && ratio)
        wb_buf_adds(b, ", by its 95 % lower bound and at least 2 errors");
    else if (ratio && below)
        put_samples(b, 3 / wb_decimal_double(c->value.number));
    else if (at != WB_AT_TRIGGER && below && c->metric->shape == WB_SHAPE_QUANTILE)
        put_samples(b, 3 / (1 - wb_decimal_double(c->metric->quantile)));
    else if (at == WB_AT_GATE || (judged_as_gate && !c->window_ms && !c->for_ms))
        wb_buf_addf(b, " in %lld samples at least", (long long)r->plan->front.observations);
    else if (!c->window_ms && !c->for_ms)
        wb_buf_adds(b, " in 2 consecutive samples");
}

static void put_names(struct wb_buf *b, const struct wb_plan_words *w) {
    for (size_t i = 0; i < w->n; i++)
        wb_buf_addf(b, "%s%s", i == 0 ? "" : i + 1 == w->n ? " and " : ", ", w->items[i]);
}

static void put_expect(struct wb_buf *b, const struct wb_plan_expect *e) {
    if (e->no_rows)
        wb_buf_adds(b, "no rows");
    else
        wb_value_put(b, &e->value);
}

static void put_side(struct wb_buf *b, const struct wb_plan_clause *c) {
    if (c->side == WB_PLAN_SIDE_NONE)
        wb_buf_addf(b, "table %s", c->thing);
    else
        wb_buf_adds(b, wb_side_text(c->side, c->thing));
}

static void put_metric(struct wb_buf *b, const struct wb_plan_reader *r,
                       const struct wb_plan_clause *c, enum wb_clause_place at) {
    wb_buf_addf(b, "%s %s ", c->metric->name, wb_cmp_sign(c->cmp));
    wb_value_put(b, &c->value);
    put_how_long(b, c);
    put_certainty(b, r, c, at);
    put_source(b, c->metric);
}

static void put_running(struct wb_buf *b, const struct wb_plan_clause *c) {
    wb_buf_addf(b, "%s has run for ", c->thing);
    wb_duration_put(b, c->value.ms);
    if (c->metric) {
        wb_buf_addf(b, " with zero %s", c->metric->name);
        put_source(b, c->metric);
    }
}

/* Within one database. */
static void put_pairs(struct wb_buf *b, const struct wb_plan_reader *r) {
    struct wb_plan_pair *pairs;
    const char *why;
    size_t n = wb_plan_pairs(r->plan, r->a, &pairs, &why);
    if (!n)
        wb_buf_addf(b, "what belongs together has as many rows, which a query may count: %s", why);
    for (size_t i = 0; i < n; i++)
        wb_buf_addf(b, "%s%s has as many rows as %s", i ? ", " : "", pairs[i].to, pairs[i].from);
}

static void put_same(struct wb_buf *b, const struct wb_plan_join *j) {
    size_t last = SIZE_MAX, n = 0;
    for (size_t i = 0; i < j->n_columns; i++)
        if (j->columns[i].compared && !wb_str_eq(j->columns[i].to, j->key_to))
            last = i;
    for (size_t i = 0; last != SIZE_MAX && i <= last; i++) {
        const struct wb_plan_join_column *c = &j->columns[i];
        if (!c->compared || wb_str_eq(c->to, j->key_to))
            continue;
        wb_buf_addf(b, "%s%s", n++ == 0 ? ", the same in " : i == last ? " and " : ", ", c->to);
        if (c->as || !wb_str_ieq(c->from, c->to))
            wb_buf_addf(b, " (%s)", c->as ? c->as : c->from);
    }
}

/* Within one database: rows of both tables, by the mapping. */
static void put_joins(struct wb_buf *b, const struct wb_plan_reader *r,
                      const struct wb_plan_clause *c) {
    struct wb_plan_joins joins;
    char count[40];
    wb_plan_joins(r->plan, c, r->a, &joins);
    wb_str_human_count(c->rows, count, sizeof count);
    if (!joins.n) {
        wb_buf_addf(b, "%s%swhat belongs together %s the same", c->rows ? count : "",
                    c->rows ? " random rows of " : "", c->rows ? "are" : "is");
        wb_buf_adds(b, c->names.n ? " in " : ", row by row");
        put_names(b, &c->names);
        wb_buf_addf(b, ", which a query may tell: %s", joins.why);
    }
    for (size_t i = 0; i < joins.n; i++) {
        const struct wb_plan_join *j = &joins.items[i];
        bool some = c->kind == WB_CLAUSE_SAMPLE;
        wb_buf_adds(b, i ? "; " : "");
        if (some)
            wb_buf_addf(b, "%s random rows", count);
        else
            wb_buf_adds(b, "every row");
        wb_buf_addf(b, " of %s %s in %s (%s.%s = %s.%s)", j->from, some ? "are" : "is", j->to,
                    j->to, j->key_to, j->from, j->key_from);
        put_same(b, j);
        wb_buf_addf(b, ", and %s of %s %s in %s", some ? "as many" : "every row", j->to,
                    some ? "are" : "is", j->from);
    }
    if (joins.n && joins.left_out.n) {
        wb_buf_adds(b, "; not compared: ");
        wb_plan_put_words(b, &joins.left_out, 5);
    }
}

static void put_body(struct wb_buf *b, struct wb_plan_reader *r, const struct wb_plan_clause *c,
                     enum wb_clause_place at) {
    char count[40];
    if (wb_plan_is_joined(r->plan, c)) {
        put_joins(b, r, c);
        return;
    }
    switch (c->kind) {
    case WB_CLAUSE_SQL:
        wb_buf_adds(b, "the query, run read only, returns ");
        put_expect(b, &c->expect);
        return;
    case WB_CLAUSE_BLOCK:
        wb_buf_adds(b, "the SQL block below, run read only, returns ");
        put_expect(b, &c->expect);
        return;
    case WB_CLAUSE_COMPARE:
    case WB_CLAUSE_ALERT:
        put_metric(b, r, c, at);
        return;
    case WB_CLAUSE_WITHIN:
        wb_buf_addf(b, "%s is within ", c->metric->name);
        wb_value_put(b, &c->value);
        wb_buf_adds(b, " of its baseline");
        put_source(b, c->metric);
        return;
    case WB_CLAUSE_UNCHANGED:
        wb_buf_addf(b, "%s does not differ from its baseline", c->metric->name);
        put_source(b, c->metric);
        return;
    case WB_CLAUSE_DETECTED:
        wb_buf_addf(
            b, at == WB_AT_TRIGGER ? "%s are counted, one is enough, at once" : "no %s are counted",
            c->metric->name);
        put_source(b, c->metric);
        return;
    case WB_CLAUSE_VERIFIED:
        wb_buf_addf(b, "%s was verified within the last ", c->thing);
        wb_duration_put(b, c->value.ms);
        return;
    case WB_CLAUSE_RUNNING:
        put_running(b, c);
        return;
    case WB_CLAUSE_COMPLETE:
        if (c->phase >= 0)
            wb_buf_addf(b, "phase %u (%s) has passed", r->plan->phases[c->phase].number,
                        r->plan->phases[c->phase].name);
        else
            wb_buf_addf(b, "%s is complete", c->thing);
        return;
    case WB_CLAUSE_ROW_COUNT:
        if (wb_plan_one_database(&r->plan->front)) {
            put_pairs(b, r);
            return;
        }
        wb_buf_adds(b, "every table has as many rows on both sides");
        return;
    case WB_CLAUSE_PARITY:
        wb_buf_adds(b, "a full verification finds the same rows on both sides");
        return;
    case WB_CLAUSE_CHECKSUM:
        wb_buf_adds(b, "every table has as many rows on both sides, and the digests of its rows "
                       "agree");
        if (c->names.n) {
            wb_buf_adds(b, ", over the columns ");
            put_names(b, &c->names);
        }
        return;
    case WB_CLAUSE_SAMPLE:
        wb_buf_addf(b,
                    "%s random rows of each table, half of them chosen on either side, are equal, "
                    "field by field",
                    wb_str_human_count(c->rows, count, sizeof count));
        return;
    case WB_CLAUSE_NOT_WRITTEN:
        put_side(b, c);
        wb_buf_adds(b, " receives no writes for ");
        wb_duration_put(b, c->for_ms);
        wb_buf_adds(b, c->reading == WB_READING_AUTO ? ", by its change counters" : "");
        return;
    case WB_CLAUSE_NO_QUERIES:
        wb_buf_addf(b, "no query uses %s of the source for ", c->thing);
        wb_duration_put(b, c->for_ms);
        wb_buf_adds(b, c->reading == WB_READING_AUTO ? ", by the server's counters" : "");
        return;
    case WB_CLAUSE_SIGN_OFF:
        put_names(b, &c->names);
        wb_buf_adds(b, c->names.n == 1 ? " has signed (whimbrel approve)"
                                       : " have signed (whimbrel approve)");
        return;
    case WB_CLAUSE_EXCEEDS_GATE:
        wb_buf_adds(b, "any comparison in the present stage's gate fails");
        wb_buf_adds(b, c->names.n ? ": " : "");
        put_names(b, &c->names);
        return;
    case WB_CLAUSE_MANUAL:
        wb_buf_adds(b, at == WB_AT_TRIGGER ? "a person says so" : "a person confirms it");
        return;
    }
}

/* Part of it was compared before the person is asked. */
static bool is_partly(const struct wb_plan_reader *r, const struct wb_plan_clause *c) {
    struct wb_plan_joins joins = {0};
    if (wb_plan_is_joined(r->plan, c))
        wb_plan_joins(r->plan, c, r->a, &joins);
    return joins.n > 0;
}

const char *wb_tell_clause(struct wb_plan_reader *r, const struct wb_plan_clause *c,
                           enum wb_clause_place at) {
    WB_CLEANUP_BUF struct wb_buf b = {0};
    static const char *const leads[] = {
        [WB_AT_CRITERIA] = "holds until ", [WB_AT_CHECK] = "checks that ",
        [WB_AT_TRIGGER] = "fires when ",   [WB_AT_GATE] = "passes when ",
        [WB_AT_STEP] = "checks that ",
    };
    if (c->kind == WB_CLAUSE_ALERT)
        wb_buf_adds(&b, "pages somebody when ");
    else if (c->kind == WB_CLAUSE_SIGN_OFF)
        wb_buf_adds(&b, "holds until ");
    else if (c->kind == WB_CLAUSE_MANUAL && at == WB_AT_CHECK)
        wb_buf_adds(&b, "holds until ");
    else
        wb_buf_adds(&b, leads[at]);
    put_body(&b, r, c, at);
    if (c->reading == WB_READING_MANUAL && c->kind != WB_CLAUSE_MANUAL &&
        c->kind != WB_CLAUSE_SIGN_OFF)
        wb_buf_adds(&b, is_partly(r, c) ? ", which a person confirms" : "; a person confirms it");
    return wb_arena_strdup(r->a, wb_buf_str(&b));
}
