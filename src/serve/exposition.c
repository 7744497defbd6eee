/* /metrics in Prometheus' text format 0.0.4 (prometheus.io/docs/instrumenting/exposition_formats).
 * Everything is a counter or a state of this moment: rates and quantiles are the reader's. */
#include "serve/counts.h"
#include "serve/exchange.h"
#include "serve/route.h"

#include <inttypes.h>
#include <stdlib.h>

static const char *const sides[WB_OBSERVE_SIDES] = {"old", "new"};
static const char *const operations[WB_OBSERVE_OPS] = {"read", "write"};
static const char *const classes[WB_SERVE_CLASSES] = {"2xx", "3xx", "4xx", "5xx"};

void wb_serve_counts_request(struct wb_serve_counts *c, size_t route, unsigned status) {
    unsigned cls = status / 100 < 2 ? 0 : status / 100 - 2;
    if (cls < WB_SERVE_CLASSES)
        atomic_fetch_add_explicit(&c->requests[route][cls], 1, memory_order_relaxed);
}

void wb_serve_counts_late(struct wb_serve_counts *c, size_t n) {
    if (c)
        atomic_fetch_add_explicit(&c->late, n, memory_order_relaxed);
}

static void family(struct wb_buf *b, const char *name, const char *type, const char *help) {
    wb_buf_addf(b, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

static void one(struct wb_buf *b, const char *name, uint64_t v) {
    wb_buf_addf(b, "%s %" PRIu64 "\n", name, v);
}

static void add_sums(struct wb_buf *b, struct wb_observe *o, const char *name, const char *help,
                     size_t offset) {
    family(b, name, "counter", help);
    for (unsigned side = 0; side < WB_OBSERVE_SIDES; side++)
        for (unsigned op = 0; op < WB_OBSERVE_OPS; op++) {
            struct wb_observe_sums sums;
            wb_observe_sum(o, (enum wb_observe_side)side, (enum wb_observe_op)op, &sums);
            wb_buf_addf(b, "%s{side=\"%s\",operation=\"%s\"} %" PRIu64 "\n", name, sides[side],
                        operations[op], *(const uint64_t *)((const char *)&sums + offset));
        }
}

/* Upper ends in microseconds. A value that shares a bucket of the histogram with an end counts as
 * below it: at most 1/64 of it too early. */
static const struct {
    double us;
    const char *le;
} ends[] = {
    {250, "0.00025"}, {500, "0.0005"},  {1000, "0.001"}, {2500, "0.0025"}, {5000, "0.005"},
    {10000, "0.01"},  {25000, "0.025"}, {50000, "0.05"}, {100000, "0.1"},  {250000, "0.25"},
    {500000, "0.5"},  {1e6, "1"},       {2.5e6, "2.5"},  {5e6, "5"},       {1e7, "10"},
};

/* In seconds, each value taken as the middle of its bucket. */
static double sum_of(const struct wb_histogram *h) {
    double us = 0;
    uint64_t before = 0;
    for (size_t i = 0; i < WB_HISTOGRAM_BUCKETS; i++) {
        if (!h->counts[i])
            continue;
        us += (double)h->counts[i] * wb_histogram_rank(h, before + 1, WB_EDGE_MIDDLE);
        before += h->counts[i];
    }
    return us / 1e6;
}

static void add_latency(struct wb_buf *b, const struct wb_histogram *h, const char *side,
                        const char *op) {
    static const char name[] = "whimbrel_observation_latency_seconds_bucket";
    for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++)
        wb_buf_addf(b, "%s{side=\"%s\",operation=\"%s\",le=\"%s\"} %" PRIu64 "\n", name, side, op,
                    ends[i].le, h->total - wb_histogram_above(h, ends[i].us));
    wb_buf_addf(b, "%s{side=\"%s\",operation=\"%s\",le=\"+Inf\"} %" PRIu64 "\n", name, side, op,
                h->total);
    wb_buf_addf(b, "whimbrel_observation_latency_seconds_sum{side=\"%s\",operation=\"%s\"} %.6f\n",
                side, op, sum_of(h));
    wb_buf_addf(
        b, "whimbrel_observation_latency_seconds_count{side=\"%s\",operation=\"%s\"} %" PRIu64 "\n",
        side, op, h->total);
}

static void add_observations(struct wb_buf *b, struct wb_observe *o) {
    add_sums(b, o, "whimbrel_observations_total", "Operations that the application reported.",
             offsetof(struct wb_observe_sums, total));
    add_sums(b, o, "whimbrel_observation_errors_total", "Reported operations that failed.",
             offsetof(struct wb_observe_sums, errors));
    add_sums(b, o, "whimbrel_shadow_matches_total", "Shadow reads with the same answer.",
             offsetof(struct wb_observe_sums, matches));
    add_sums(b, o, "whimbrel_shadow_mismatches_total", "Shadow reads with another answer.",
             offsetof(struct wb_observe_sums, mismatches));
    family(b, "whimbrel_observation_latency_seconds", "histogram",
           "Reported latencies; the sum is exact to 1 %.");
    struct wb_histogram *h = malloc(sizeof *h);
    if (!h)
        abort();
    for (unsigned side = 0; side < WB_OBSERVE_SIDES; side++)
        for (unsigned op = 0; op < WB_OBSERVE_OPS; op++) {
            wb_observe_latencies(o, (enum wb_observe_side)side, (enum wb_observe_op)op, h);
            add_latency(b, h, sides[side], operations[op]);
        }
    free(h);
}

static void add_server(struct wb_buf *b, struct wb_serve_counts *c) {
    static const char name[] = "whimbrel_http_requests_total";
    family(b, name, "counter", "Requests that were answered, by path and class of the status.");
    for (size_t i = 0; i <= wb_n_routes; i++)
        for (size_t k = 0; k < WB_SERVE_CLASSES; k++) {
            uint64_t n = atomic_load_explicit(&c->requests[i][k], memory_order_relaxed);
            if (n)
                wb_buf_addf(b, "%s{path=\"%s\",status=\"%s\"} %" PRIu64 "\n", name,
                            i < wb_n_routes ? wb_routes[i].path : "other", classes[k], n);
        }
    family(b, "whimbrel_http_connections", "gauge", "Connections that are open.");
    one(b, "whimbrel_http_connections", atomic_load(&c->open_now));
    family(b, "whimbrel_http_overdue_total", "counter",
           "Connections that were ended because a request was not whole in time.");
    one(b, "whimbrel_http_overdue_total", atomic_load(&c->overdue));
    family(b, "whimbrel_observations_late_total", "counter",
           "Observations that were not counted because their time was too far from now.");
    one(b, "whimbrel_observations_late_total", atomic_load(&c->late));
}

void wb_serve_metrics(struct wb_serve_app *app, struct wb_exchange *x) {
    family(&x->out, "whimbrel_build_info", "gauge", "Always 1; its label tells the version.");
    wb_buf_adds(&x->out, "whimbrel_build_info{version=\"" WB_VERSION "\"} 1\n");
    if (app->ops.observe)
        add_observations(&x->out, app->ops.observe);
    if (app->counts)
        add_server(&x->out, app->counts);
    if (app->ops.metrics)
        app->ops.metrics(app->ops.ctx, &x->out);
    x->status = WB_HTTP_OK;
    x->type = "text/plain; version=0.0.4; charset=utf-8";
}
