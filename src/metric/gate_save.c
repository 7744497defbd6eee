/* "gate1 CLAUSE ELAPSED_US HITS TOTAL READINGS [BUCKET:COUNT …]": CLAUSE is a digest of what the
 * gate asks, so that what was shown for one clause never counts for another. */
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
    wb_buf_addf(to, "gate1 %016" PRIx64 " %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64,
                clause_of(g), g->sums.elapsed_us, g->sums.hits, g->sums.total, g->sums.readings);
    if (g->sums.latencies && g->sums.latencies->total) {
        wb_buf_addc(to, ' ');
        wb_histogram_write(g->sums.latencies, to);
    }
}

static bool read_sums(const char *text, bool latencies, uint64_t *ret_clause,
                      struct wb_gate_sums *ret, struct wb_histogram *ret_latencies) {
    int end = 0;
    if (sscanf(text,
               "gate1 %16" SCNx64 " %20" SCNu64 " %20" SCNu64 " %20" SCNu64 " %20" SCNu64 "%n",
               ret_clause, &ret->elapsed_us, &ret->hits, &ret->total, &ret->readings, &end) != 5 ||
        ret->hits > ret->total)
        return false;
    text += end;
    if (*text == 0)
        return !latencies || ret->total == 0;
    return latencies && *text == ' ' && wb_histogram_read(ret_latencies, text + 1) &&
           ret_latencies->total == ret->total;
}

enum wb_code wb_gate_restore(struct wb_gate *g, const char *text, struct wb_error *err) {
    uint64_t clause = 0;
    struct wb_gate_sums sums = {0};
    struct wb_histogram latencies = {0};
    const char *name = g->spec.metric.name ? g->spec.metric.name : "a gate";
    if (!read_sums(text, g->sums.latencies != NULL, &clause, &sums, &latencies))
        return wb_error_set(err, WB_E_PLAN, "what was recorded of %s cannot be read", name);
    if (clause != clause_of(g))
        return wb_error_set(err, WB_E_PLAN, "what was recorded of %s belongs to another clause",
                            name);
    sums.latencies = g->sums.latencies;
    g->sums = sums;
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
