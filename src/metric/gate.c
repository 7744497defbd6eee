/* A gate counts what arrives while its time counts, and lets a trigger of the opposite clause watch
 * the same sums: it fails when that fires. */
#include "metric/gate_int.h"

#include "metric/beyond.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static uint64_t limit_us(int64_t ms, int64_t otherwise_ms) {
    return (uint64_t)(ms > 0 ? ms : otherwise_ms) * 1000;
}

/* So that the sums of before a restart are not taken for a burst of one window. */
void wb_gate_begin_opposite(struct wb_gate *g, uint64_t now_us) {
    bool windowed = g->spec.metric.window_ms > 0;
    static const struct wb_histogram none = {0};
    struct wb_sample base = {.source_us = g->n_watched++,
                             .seen_us = now_us,
                             .hits = windowed ? g->sums.hits : 0,
                             .total = windowed ? g->sums.total : 0,
                             .histogram = windowed ? g->sums.latencies : &none};
    enum wb_metric_form form = g->spec.metric.form;
    if (form == WB_FORM_RATIO || form == WB_FORM_QUANTILE)
        wb_trigger_add(g->opposite, &base);
}

enum wb_code wb_gate_new(const struct wb_gate_spec *spec, uint64_t now_us, struct wb_gate **ret,
                         struct wb_error *err) {
    struct wb_trigger *opposite = NULL;
    enum wb_code code = wb_metric_spec_check(&spec->metric, err);
    if (!code && spec->metric.form != WB_FORM_TIME) {
        struct wb_metric_spec m = wb_gate_opposite(spec);
        code = wb_trigger_new(&m, now_us, &opposite, err);
    }
    if (code)
        return code;
    struct wb_gate *g = calloc(1, sizeof *g);
    if (!g)
        abort();
    g->spec = *spec;
    if (spec->observations == 0)
        g->spec.observations = WB_GATE_OBSERVATIONS;
    g->opposite = opposite;
    g->began_us = now_us;
    g->newest = NAN;
    wb_intake_init(&g->intake, &spec->metric);
    if (spec->metric.form == WB_FORM_QUANTILE &&
        !(g->sums.latencies = calloc(1, sizeof *g->sums.latencies)))
        abort();
    if (opposite)
        wb_gate_begin_opposite(g, now_us);
    *ret = g;
    return WB_OK;
}

void wb_gate_free(struct wb_gate *g) {
    if (!g)
        return;
    wb_intake_done(&g->intake);
    wb_trigger_free(g->opposite);
    free(g->sums.latencies);
    free(g);
}

bool wb_gate_is_blind(const struct wb_gate *g, uint64_t now_us) {
    return !g->ticked || now_us < g->tick_us ||
           now_us - g->tick_us > limit_us(g->spec.tick_ms, WB_GATE_TICK_MS);
}

void wb_gate_tick(struct wb_gate *g, uint64_t now_us, enum wb_gate_time time) {
    bool counts =
        g->time == WB_TIME_COUNTS && time == WB_TIME_COUNTS && !wb_gate_is_blind(g, now_us);
    if (counts) {
        g->sums.elapsed_us += now_us - g->tick_us;
        g->some_counts = true;
    } else {
        g->some_stops = true;
    }
    if (time == WB_TIME_COUNTS)
        g->some_counts = true;
    g->ticked = true;
    g->tick_us = now_us;
    g->time = time;
}

/* Of an interval that counts in part only what speaks against the stage is counted. */
static void count_gain(struct wb_gate *g, const struct wb_gain *gain, bool whole) {
    uint64_t misses = gain->total - gain->hits;
    bool up = wb_gate_is_upward(&g->spec.metric);
    if (g->spec.metric.form == WB_FORM_RATIO) {
        g->sums.hits += whole || !up ? gain->hits : 0;
        g->sums.total += whole ? gain->total : up ? misses : gain->hits;
    } else if (g->spec.metric.form == WB_FORM_QUANTILE && whole) {
        g->sums.total += gain->total;
        wb_histogram_merge(g->sums.latencies, gain->latencies);
    }
    g->sums.readings += whole;
}

static void watch_opposite(struct wb_gate *g, const struct wb_sample *s) {
    struct wb_sample sums = *s;
    sums.source_us = g->n_watched++;
    sums.hits = g->sums.hits;
    sums.total = g->sums.total;
    sums.histogram = g->sums.latencies;
    wb_trigger_add(g->opposite, &sums);
}

static void note_wanted(struct wb_gate *g, const struct wb_sample *s, bool after_gap) {
    const struct wb_metric_spec *m = &g->spec.metric;
    bool wanted = wb_metric_compare(s->value, m->cmp, m->threshold);
    if (wanted && (!g->as_wanted || after_gap))
        g->wanted_since_us = s->seen_us;
    g->as_wanted = wanted;
    g->newest = s->value;
    g->wanted_until_us = s->seen_us;
}

/* Whether the interval that a sample ends counts: all of it, in part, or not. */
enum part { PART_NONE, PART_SOME, PART_WHOLE };

static enum part part_of(struct wb_gate *g, uint64_t seen_us) {
    bool blind = wb_gate_is_blind(g, seen_us), now = g->time == WB_TIME_COUNTS && !blind;
    bool plain = g->spec.metric.form == WB_FORM_VALUE || g->spec.metric.form == WB_FORM_DETECTED;
    enum part part = PART_NONE;
    if (plain) /* a reading is of a moment, not of an interval */
        part = now ? PART_WHOLE : PART_NONE;
    else if (g->some_counts && !blind)
        part = now && !g->some_stops ? PART_WHOLE : PART_SOME;
    g->some_counts = now;
    g->some_stops = !now;
    return part;
}

void wb_gate_add(struct wb_gate *g, const struct wb_sample *sample) {
    struct wb_gain gain;
    if (g->spec.metric.form == WB_FORM_TIME)
        return;
    enum wb_intake_kind kind = wb_intake_take(&g->intake, sample, &gain);
    if (kind == WB_INTAKE_REPEATED)
        return;
    enum part part = part_of(g, sample->seen_us);
    if (kind == WB_INTAKE_EMPTY) {
        g->as_wanted = false;
        watch_opposite(g, sample);
    } else if (kind == WB_INTAKE_NEXT && part != PART_NONE) {
        count_gain(g, &gain, part == PART_WHOLE);
        note_wanted(g, sample, gain.after_gap || gain.anew);
        watch_opposite(g, sample);
    }
}

enum wb_gate_state wb_gate_combine(enum wb_gate_state a, enum wb_gate_state b) {
    static const unsigned weight[] = {[WB_GATE_PASSED] = 0,
                                      [WB_GATE_HOLDS] = 1,
                                      [WB_GATE_INCONCLUSIVE] = 2,
                                      [WB_GATE_FAILED] = 3};
    return weight[a] >= weight[b] ? a : b;
}

const char *wb_gate_state_word(enum wb_gate_state s) {
    static const char *const words[] = {"passed", "failed", "holds", "inconclusive"};
    return words[s];
}
