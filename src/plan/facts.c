/* What a plan states about today, wherever it says so: traffic ("10,000 reads/min") and baselines
 * ("Baseline performance: P50 = 2ms, P99 = 18ms"). */
#include "plan/reader.h"

#include "plan/facts.h"

#include <string.h>

static double per_minute(const struct wb_token *t) {
    static const struct {
        const char *word;
        double times;
    } units[] = {{"s", 60},     {"sec", 60},     {"second", 60},     {"min", 1},
                 {"minute", 1}, {"h", 1.0 / 60}, {"hour", 1.0 / 60}, {"day", 1.0 / 1440}};
    for (size_t i = 0; i < sizeof units / sizeof *units; i++)
        if (wb_token_is(t, units[i].word))
            return units[i].times;
    return 0;
}

static double magnitude(const struct wb_token *t) {
    return wb_token_is(t, "k") ? 1e3 : wb_token_is(t, "m") ? 1e6 : 0;
}

bool wb_facts_traffic(struct wb_plan_reader *r, const struct wb_phrase *p) {
    struct wb_plan_traffic *t = &r->plan->traffic;
    bool found = false;
    for (size_t i = 0; i < p->n; i++) {
        size_t at = i + 1;
        if (p->tokens[i].kind != WB_TOKEN_NUMBER || p->tokens[i].malformed || at >= p->n)
            continue;
        double n = wb_decimal_double(p->tokens[i].number), times = magnitude(&p->tokens[at]);
        if (times > 0)
            at++;
        if (at + 2 >= p->n || p->tokens[at].kind != WB_TOKEN_WORD)
            continue;
        bool reads = wb_token_is(&p->tokens[at], "reads"),
             writes = wb_token_is(&p->tokens[at], "writes");
        const struct wb_token *per = &p->tokens[at + 1];
        double unit = per_minute(&p->tokens[at + 2]);
        if (!(reads || writes) || unit == 0 ||
            !(wb_token_mark(per, '/') || wb_token_is(per, "per")))
            continue;
        double *to = reads ? &t->reads_per_min : &t->writes_per_min;
        if (*to == 0) {
            *to = n * (times > 0 ? times : 1) * unit;
            t->place = wb_reader_place(r, p->tokens[i].from);
        }
        found = true;
    }
    return found;
}

static const struct wb_pattern *compare_pattern(void) {
    for (size_t i = 0; i < wb_n_patterns; i++)
        if (wb_patterns[i].use == WB_USE_CRITERIA && wb_patterns[i].kind == WB_CLAUSE_COMPARE)
            return &wb_patterns[i];
    return NULL;
}

bool wb_facts_baseline(struct wb_plan_reader *r, const struct wb_phrase *p) {
    size_t colon = 0;
    bool named = false, found = false;
    for (size_t i = 0; i < p->n && i < 5 && !colon; i++) {
        named |= wb_token_is(&p->tokens[i], "baseline");
        colon = wb_token_mark(&p->tokens[i], ':') ? i : 0;
    }
    if (!named || !colon)
        return false;
    for (size_t from = colon + 1; from < p->n;) {
        size_t end = from;
        while (end < p->n && !wb_token_mark(&p->tokens[end], ','))
            end++;
        struct wb_phrase part = wb_phrase_part(p, from, end);
        struct wb_match m;
        if (wb_match_within(r, &part, 0, compare_pattern(), WB_MATCH_EXACT, &m) &&
            m.slots[WB_SLOT_CMP].cmp == WB_CMP_EQ) {
            const struct wb_capture *name = &m.slots[WB_SLOT_METRIC];
            struct wb_plan_metric *metric =
                wb_metric_named(r, wb_phrase_slice(r, &part, name->i, name->j));
            metric->has_baseline = true;
            metric->baseline = m.slots[WB_SLOT_VALUE].value;
            found = true;
        }
        from = end + 1;
    }
    return found;
}
