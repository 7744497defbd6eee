/* How a comparison of query times shows itself. */
#include "cli/verify_out.h"

#include "base/clock.h"
#include "base/str.h"
#include "cli/cli.h"
#include "cli/doc.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>

/* ------------------------------------------------------------------------------------------- JSON
 */

static void put_side(struct wb_json *j, const char *key, const struct wb_performance_side *s) {
    wb_json_key(j, key);
    wb_json_object(j);
    wb_json_key_uint(j, "runs", s->n_runs);
    wb_json_key_double(j, "p50_ms", s->p50_ms);
    wb_json_key_double(j, "p95_ms", s->p95_ms);
    wb_json_key_double(j, "p99_ms", s->p99_ms);
    wb_json_key_double(j, "min_ms", s->min_ms);
    wb_json_key_double(j, "max_ms", s->max_ms);
    wb_json_key_uint(j, "rows", s->rows);
    wb_json_key_str(j, "plan", s->plan);
    wb_json_key_str(j, "error", s->error);
    wb_json_end(j);
}

static void put_ratio(struct wb_json *j, const char *key, const struct wb_performance_ratio *r) {
    wb_json_key(j, key);
    wb_json_object(j);
    wb_json_key_double(j, "value", r->value);
    wb_json_key_double(j, "low", r->low);
    wb_json_key_double(j, "high", r->high);
    wb_json_end(j);
}

static void put_indexes(struct wb_json *j, const struct wb_performance_query *q) {
    wb_json_key(j, "missing_indexes");
    wb_json_array(j);
    for (size_t i = 0; i < q->n_missing; i++) {
        wb_json_object(j);
        wb_json_key_str(j, "table", q->missing[i].table);
        wb_json_key_str(j, "index", q->missing[i].index);
        wb_json_key_str(j, "columns", q->missing[i].columns);
        wb_json_key_str(j, "sql", q->missing[i].sql);
        wb_json_end(j);
    }
    wb_json_end(j);
    wb_json_key(j, "notes");
    wb_json_array(j);
    for (size_t i = 0; i < q->n_notes; i++)
        wb_json_str(j, q->notes[i]);
    wb_json_end(j);
}

static void put_query(struct wb_json *j, const struct wb_performance_query *q) {
    wb_json_object(j);
    wb_json_key_str(j, "name", q->name);
    wb_json_key_uint(j, "line", q->line);
    wb_json_key_str(j, "sql", q->sql);
    wb_json_key_str(j, "target_sql", q->target_sql);
    wb_json_key_double(j, "tolerance", q->tolerance);
    wb_json_key_str(j, "outcome", wb_performance_outcome_word(q->outcome));
    wb_json_key_str(j, "why", q->why);
    put_side(j, "source", &q->source);
    put_side(j, "target", &q->target);
    put_ratio(j, "median_ratio", &q->median);
    put_ratio(j, "p95_ratio", &q->p95);
    put_indexes(j, q);
    wb_json_end(j);
}

static void begin(struct wb_json *j, const char *event) {
    wb_json_object(j);
    wb_json_key_uint(j, "format", 1);
    wb_json_key_str(j, "event", event);
    wb_json_key_str(j, "time", wb_cli_now());
}

static void end_line(struct wb_json *j) {
    wb_json_end(j);
    puts(wb_buf_str(j->out));
    fflush(stdout);
}

static void json_report(const struct wb_performance_report *r) {
    WB_CLEANUP_BUF struct wb_buf b = {0};
    struct wb_json j = {.out = &b};
    begin(&j, "performance");
    wb_json_key_str(&j, "outcome", wb_performance_outcome_word(r->outcome));
    wb_json_key_str(&j, "file", r->file);
    wb_json_key_str(&j, "source", r->source);
    wb_json_key_str(&j, "target", r->target);
    wb_json_key_str(&j, "source_version", r->source_version);
    wb_json_key_str(&j, "target_version", r->target_version);
    wb_json_key_str(&j, "started", r->started);
    wb_json_key_str(&j, "finished", r->finished);
    wb_json_key_uint(&j, "elapsed_ms", r->elapsed_ms);
    wb_json_key_uint(&j, "passed", r->passed);
    wb_json_key_uint(&j, "failed", r->failed);
    wb_json_key_uint(&j, "inconclusive", r->inconclusive);
    wb_json_key(&j, "queries");
    wb_json_array(&j);
    for (size_t i = 0; i < r->n_queries; i++)
        put_query(&j, &r->queries[i]);
    wb_json_end(&j);
    end_line(&j);
}

/* ------------------------------------------------------------------------------------------- for
 * people */

void wb_performance_print_progress(void *ctx, const struct wb_performance_progress *g) {
    struct wb_verify_printer *p = ctx;
    WB_CLEANUP_BUF struct wb_buf b = {0};
    uint64_t now_ms = wb_clock_monotonic_us() / 1000;
    bool done = g->state == WB_PERFORMANCE_QUERY_DONE;
    if (p->base.json || (!done && !wb_printer_due(&p->base, now_ms)))
        return;
    wb_buf_addf(&b, done ? "  %s: " : "%s, ", g->query->name);
    if (done)
        wb_buf_adds(&b, wb_performance_outcome_word(g->query->outcome));
    else if (g->round)
        wb_buf_addf(&b, "query %zu of %zu, round %" PRIu64 " of %" PRIu64, g->number, g->queries,
                    g->round, g->rounds);
    else
        wb_buf_addf(&b, "query %zu of %zu, warming up", g->number, g->queries);
    if (done)
        wb_printer_say(&p->base, wb_buf_str(&b));
    else
        wb_printer_progress(&p->base, now_ms, wb_buf_str(&b));
}

static const char *interval(const struct wb_performance_ratio *r, char to[64]) {
    if (isinf(r->high))
        snprintf(to, 64, "%.2f (%.2f to ?)", r->value, r->low);
    else
        snprintf(to, 64, "%.2f (%.2f to %.2f)", r->value, r->low, r->high);
    return to;
}

static void print_query(const struct wb_performance_query *q, size_t width) {
    char median[64], p95[64];
    bool good = q->outcome == WB_PERFORMANCE_PASSES;
    wb_print_padded(q->name, width);
    printf(" %10.2f %10.2f %10.2f %10.2f  %-22s %-22s %s\n", q->source.p50_ms, q->target.p50_ms,
           q->source.p95_ms, q->target.p95_ms, interval(&q->median, median), interval(&q->p95, p95),
           good ? "passes" : wb_performance_outcome_word(q->outcome));
}

static void print_details(const struct wb_performance_query *q) {
    if (q->outcome == WB_PERFORMANCE_PASSES && q->n_missing == 0)
        return;
    printf("\n%s (line %u):\n", q->name, q->line);
    wb_print_lines("", "  ", q->why);
    for (size_t i = 0; i < q->n_missing; i++)
        printf("  the target lacks the index %s on %s (%s)%s%s\n", q->missing[i].index,
               q->missing[i].table, q->missing[i].columns, q->missing[i].sql ? ": " : "",
               q->missing[i].sql ? q->missing[i].sql : "");
    for (size_t i = 0; i < q->n_notes; i++)
        wb_print_lines("", "  ", q->notes[i]);
    if (q->source.plan && q->target.plan) {
        printf("  plan of the source:\n");
        wb_print_lines("", "    ", q->source.plan);
        printf("  plan of the target:\n");
        wb_print_lines("", "    ", q->target.plan);
    }
}

static void print_verdict(const struct wb_performance_report *r) {
    char time[40];
    printf("\nMeasured in %s.\n", wb_str_human_ms(r->elapsed_ms, time, sizeof time));
    if (r->failed)
        printf("Different: %zu of %zu queries are not as good on the target. Next: see above; make "
               "the indexes that are missing, refresh statistics, then measure again.\n",
               r->failed, r->n_queries);
    else if (r->inconclusive)
        printf("Not verified: %zu of %zu queries could not be told apart from noise. Next: measure "
               "when the servers are quieter, or with more --runs.\n",
               r->inconclusive, r->n_queries);
    else
        printf("Equal: all %zu queries are within the tolerance on the target; nothing is left to "
               "do.\n",
               r->n_queries);
}

void wb_performance_print_report(struct wb_verify_printer *p,
                                 const struct wb_performance_report *r) {
    size_t width = 5;
    if (p->base.json) {
        json_report(r);
        return;
    }
    for (size_t i = 0; i < r->n_queries; i++)
        if (wb_print_width(r->queries[i].name) > width)
            width = wb_print_width(r->queries[i].name);
    printf("\n");
    wb_print_padded("query", width);
    printf(" %10s %10s %10s %10s  %-22s %-22s %s\n", "source p50", "target p50", "source p95",
           "target p95", "ratio of medians", "ratio of p95", "outcome");
    for (size_t i = 0; i < r->n_queries; i++)
        print_query(&r->queries[i], width);
    printf("  times in milliseconds; ratios are target by source, with what holds the true one\n");
    for (size_t i = 0; i < r->n_queries; i++)
        print_details(&r->queries[i]);
    print_verdict(r);
    fflush(stdout);
}
