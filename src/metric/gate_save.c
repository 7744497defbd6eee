/* "gate1 CLAUSE ELAPSED_US HITS TOTAL READINGS SOURCE_US [BUCKET:COUNT …]": CLAUSE is a digest of
 * what the gate asks, so that what was shown for one clause never counts for another. */
#include "metric/gate_int.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

static uint64_t clause_of(const struct wb_gate *g) {
    const struct wb_metric_spec *m = &g->spec.metric;
    WB_CLEANUP_BUF struct wb_buf text = {0};
    wb_buf_addf(&text, "%s\n%d %d %.17g %.17g", m->name ? m->name : "", (int)m->form, (int)m->cmp,
                m->threshold, m->quantile);
    return XXH3_64bits(text.data, text.len);
}

void wb_gate_save(const struct wb_gate *g, struct wb_buf *to) {
    wb_buf_addf(to, "gate1 %016" PRIx64 " %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRId64,
                clause_of(g), g->sums.elapsed_us, g->sums.hits, g->sums.total, g->sums.readings,
                g->intake.known ? g->intake.source_us : INT64_MIN);
    if (g->sums.latencies && g->sums.latencies->total) {
        wb_buf_addc(to, ' ');
        wb_histogram_write(g->sums.latencies, to);
    }
}

/* What the text says; the sums' latencies are where to put them, NULL where there are none. */
static bool read_sums(const char *text, uint64_t *ret_clause, struct wb_gate_sums *ret,
                      int64_t *ret_source_us) {
    int end = 0;
    if (sscanf(text,
               "gate1 %16" SCNx64 " %20" SCNu64 " %20" SCNu64 " %20" SCNu64 " %20" SCNu64
               " %20" SCNd64 "%n",
               ret_clause, &ret->elapsed_us, &ret->hits, &ret->total, &ret->readings, ret_source_us,
               &end) != 6 ||
        ret->hits > ret->total)
        return false;
    text += end;
    if (*text == 0)
        return !ret->latencies || ret->total == 0;
    return ret->latencies && *text == ' ' && wb_histogram_read(ret->latencies, text + 1) &&
           ret->latencies->total == ret->total;
}

enum wb_code wb_gate_restore(struct wb_gate *g, const char *text, struct wb_error *err) {
    uint64_t clause = 0;
    int64_t source_us = 0;
    struct wb_histogram latencies = {0};
    struct wb_gate_sums sums = {.latencies = g->sums.latencies ? &latencies : NULL};
    const char *name = g->spec.metric.name ? g->spec.metric.name : "a gate";
    if (!read_sums(text, &clause, &sums, &source_us))
        return wb_error_set(err, WB_E_PLAN, "what was recorded of %s cannot be read", name);
    if (clause != clause_of(g))
        return wb_error_set(err, WB_E_PLAN, "what was recorded of %s belongs to another clause",
                            name);
    sums.latencies = g->sums.latencies;
    g->sums = sums;
    if (source_us != INT64_MIN) { /* the sample before the restart is not new after it */
        g->intake.known = true;
        g->intake.source_us = source_us;
    }
    if (sums.latencies)
        *sums.latencies = latencies;
    if (!g->opposite)
        return WB_OK;
    struct wb_metric_spec m = wb_gate_opposite(&g->spec);
    wb_trigger_free(g->opposite);
    g->opposite = NULL;
    enum wb_code code = wb_trigger_new(&m, g->began_us, &g->opposite, err);
    if (!code)
        wb_gate_begin_opposite(g, g->began_us);
    return code;
}
