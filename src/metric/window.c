/* A ring of sums as they stood at some moments. The newest less the one at the window's beginning
 * is what the window holds. The newest is replaced, not followed, while it is closer to the one
 * before than the spacing: so the ring always spans the window. */
#include "metric/window.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_MARKS = 256, MAX_HISTOGRAMS = 64 };

struct mark {
    uint64_t seen_us, hits, total, readings;
    double sum;
};

struct wb_window {
    enum wb_metric_form form;
    uint64_t window_us; /* UINT64_MAX: all */
    uint64_t spacing_us;
    size_t cap, first, n; /* marks[(first + i) % cap], i < n; the 0th is where the window begins */
    double newest;
    struct mark marks[MAX_MARKS];
    struct wb_histogram *sums;   /* QUANTILE: one a mark */
    struct wb_histogram *inside; /* QUANTILE: newest less beginning */
};

struct wb_window *wb_window_new(enum wb_metric_form form, int64_t window_ms) {
    struct wb_window *w = calloc(1, sizeof *w);
    if (!w)
        abort();
    w->form = form;
    w->window_us = window_ms > 0 ? (uint64_t)window_ms * 1000 : UINT64_MAX;
    w->cap = form == WB_FORM_QUANTILE ? MAX_HISTOGRAMS : MAX_MARKS;
    w->spacing_us = w->window_us / (w->cap - 4) * 2 + 1; /* two marks may lie within one spacing */
    if (form == WB_FORM_QUANTILE) {
        size_t cap = w->window_us == UINT64_MAX ? 2 : w->cap;
        w->cap = cap;
        w->sums = calloc(cap, sizeof *w->sums);
        w->inside = calloc(1, sizeof *w->inside);
        if (!w->sums || !w->inside)
            abort();
    }
    return w;
}

void wb_window_free(struct wb_window *w) {
    if (!w)
        return;
    free(w->sums);
    free(w->inside);
    free(w);
}

static size_t at(const struct wb_window *w, size_t i) {
    return (w->first + i) % w->cap;
}

void wb_window_clear(struct wb_window *w, uint64_t seen_us) {
    w->first = 0;
    w->n = 1;
    w->newest = NAN;
    w->marks[0] = (struct mark){.seen_us = seen_us};
    if (w->sums) {
        memset(&w->sums[0], 0, sizeof w->sums[0]);
        memset(w->inside, 0, sizeof *w->inside);
    }
}

/* Marks that lie wholly before the window's beginning go; the one at or just before it stays. */
static void slide(struct wb_window *w, uint64_t seen_us) {
    if (w->window_us == UINT64_MAX || seen_us < w->window_us)
        return;
    uint64_t begin_us = seen_us - w->window_us;
    while (w->n > 2 && w->marks[at(w, 1)].seen_us <= begin_us) {
        w->first = at(w, 1);
        w->n--;
    }
}

/* Where the new sums go: behind the newest, or in its place. */
static size_t place(struct wb_window *w, uint64_t seen_us) {
    size_t newest = at(w, w->n - 1);
    if (w->n > 1) {
        uint64_t before_us = w->marks[at(w, w->n - 2)].seen_us;
        if (w->n == w->cap || seen_us - before_us < w->spacing_us)
            return newest;
    }
    size_t next = at(w, w->n++);
    w->marks[next] = w->marks[newest];
    if (w->sums)
        w->sums[next] = w->sums[newest];
    return next;
}

void wb_window_add(struct wb_window *w, uint64_t seen_us, const struct wb_gain *gain) {
    if (w->n == 0 || seen_us < w->marks[at(w, w->n - 1)].seen_us)
        wb_window_clear(w, seen_us);
    size_t i = place(w, seen_us);
    struct mark *m = &w->marks[i];
    m->seen_us = seen_us;
    m->hits += gain->hits;
    m->total += gain->total;
    m->readings++;
    m->sum += gain->value;
    w->newest = gain->value;
    slide(w, seen_us);
    if (!w->sums || !gain->latencies)
        return;
    wb_histogram_merge(&w->sums[i], gain->latencies);
    *w->inside = w->sums[i];
    wb_histogram_subtract(w->inside, &w->sums[w->first]);
}

void wb_window_read(const struct wb_window *w, struct wb_tally *ret) {
    *ret = (struct wb_tally){.mean = NAN, .newest = NAN, .latencies = w->inside};
    if (w->n < 2)
        return;
    const struct mark *a = &w->marks[w->first], *b = &w->marks[at(w, w->n - 1)];
    ret->hits = b->hits - a->hits;
    ret->total = b->total - a->total;
    ret->readings = b->readings - a->readings;
    ret->mean = (b->sum - a->sum) / (double)ret->readings;
    ret->newest = w->newest;
    ret->span_us = b->seen_us - a->seen_us;
}
