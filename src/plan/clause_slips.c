/* Parts of criteria that no pattern takes: what is a slip of the pen, and what reads as if it were
 * measured, is an error with a suggestion; the rest is prose for people. */
#include "plan/clause.h"

#include <string.h>

/* --- slips of the pen
 * -------------------------------------------------------------------------------- */

static void nearly(struct wb_plan_reader *r, const struct wb_phrase *p, const struct wb_match *m) {
    size_t at = m->slip_at < p->n ? m->slip_at : p->n - 1;
    wb_reader_find(r, WB_PLAN_SYNTAX, wb_reader_place(r, p->tokens[at].from),
                   wb_arena_printf(r->a, "did you mean: %s", m->suggestion),
                   "\"%s\" is nearly understood, but not quite", wb_phrase_slice(r, p, 0, p->n));
}

/* Whether the number at token i is meant as a value: versions and lists of numbers are not. */
static bool meant_as_value(const struct wb_phrase *p, size_t i) {
    static const char *const before[] = {"return", "returns", "above",  "below", "over",
                                         "under",  "exceeds", "exceed", "than",  "most",
                                         "least",  "within",  "of",     "check"};
    static const char *const behind[] = {"rows",  "row",     "percent", "ms",   "s",     "min",
                                         "hours", "minutes", "seconds", "days", "random"};
    const struct wb_token *prev = i ? &p->tokens[i - 1] : NULL;
    const struct wb_token *next = i + 1 < p->n ? &p->tokens[i + 1] : NULL;
    bool found = (prev && prev->kind == WB_TOKEN_CMP) || (next && next->kind == WB_TOKEN_PERCENT);
    for (size_t k = 0; prev && k < sizeof before / sizeof *before; k++)
        found |= wb_token_is(prev, before[k]);
    for (size_t k = 0; next && k < sizeof behind / sizeof *behind; k++)
        found |= wb_token_is(next, behind[k]);
    return found;
}

/* "0,1", "5 000" and "5.000", as they are written elsewhere. */
static const char *meant_number(struct wb_plan_reader *r, const char *text) {
    char *other = wb_arena_strdup(r->a, text);
    bool comma = strchr(text, ',') != NULL, point = strchr(text, '.') != NULL;
    struct wb_decimal d;
    for (char *c = other; *c; c++)
        *c = *c == ',' ? '.' : *c == '.' || *c == ' ' ? ',' : *c;
    if ((comma && point) || !wb_decimal_parse(other, strlen(other), &d))
        return "write thousands as 5,000 and fractions as 0.1";
    return wb_arena_printf(
        r->a, "did you mean: %s? Thousands are written as 5,000, fractions as 0.1", other);
}

bool wb_phrase_malformed(struct wb_plan_reader *r, const struct wb_phrase *p) {
    for (size_t i = 0; i < p->n; i++) {
        if (!p->tokens[i].malformed || !meant_as_value(p, i))
            continue;
        wb_reader_find(r, WB_PLAN_VALUE, wb_reader_place(r, p->tokens[i].from),
                       meant_number(r, p->tokens[i].text), "\"%s\" is not a number",
                       p->tokens[i].text);
        return true;
    }
    return false;
}

/* A comparison outside parentheses that no pattern took: it would pass as prose. */
static bool stray_comparison(struct wb_plan_reader *r, const struct wb_phrase *p) {
    int depth = 0;
    for (size_t i = 0; i < p->n; i++) {
        const struct wb_token *t = &p->tokens[i];
        depth += wb_token_mark(t, '(') - wb_token_mark(t, ')');
        if (t->kind != WB_TOKEN_CMP)
            continue;
        if (depth == 0) {
            wb_reader_find(r, WB_PLAN_SYNTAX, wb_reader_place(r, t->from),
                           "write it as: error rate < 0.1% over any 10-minute window; each "
                           "comparison apart, with a comma between them",
                           "the comparison in \"%s\" is not understood",
                           wb_phrase_slice(r, p, 0, p->n));
            return true;
        }
        wb_reader_find(r, WB_PLAN_ADVICE, wb_reader_place(r, t->from),
                       "take it out of the parentheses if it is to be measured",
                       "the comparison in parentheses is a comment");
        r->plan->findings[r->plan->n_findings - 1].severity = WB_WARNING;
        return true;
    }
    return false;
}

static bool holds_words(const struct wb_phrase *p, const char *first, const char *second) {
    for (size_t i = 0; i < p->n; i++)
        if (wb_token_is(&p->tokens[i], first) &&
            (!second || (i + 1 < p->n && wb_token_is(&p->tokens[i + 1], second))))
            return true;
    return false;
}

/* What follows a comparison that is understood. */
static bool stray_rest(struct wb_plan_reader *r, const struct wb_phrase *p) {
    for (size_t i = 0; i < wb_n_patterns; i++) {
        struct wb_match m;
        if (wb_patterns[i].use != WB_USE_CRITERIA || wb_patterns[i].kind != WB_CLAUSE_COMPARE ||
            !strstr(wb_patterns[i].text, "CMP") ||
            !wb_match_within(r, p, 0, &wb_patterns[i], WB_MATCH_EXACT, &m) || m.begin != 0 ||
            m.end >= p->n)
            continue;
        bool backup = holds_words(p, "backup", NULL) || holds_words(p, "backups", NULL);
        wb_reader_find(r, WB_PLAN_SYNTAX, wb_reader_place(r, p->tokens[m.end].from),
                       backup ? "write it as: backup verified within 7 days"
                              : "after the value may stand: over any 10-minute window, sustained, "
                                "for 10 minutes; part clauses by commas",
                       "\"%s\" is not understood after \"%s\"", wb_phrase_slice(r, p, m.end, p->n),
                       wb_phrase_slice(r, p, 0, m.end));
        return true;
    }
    return false;
}

/* --- what a reader would take as measured
 * --------------------------------------------------------- */

/* The known metric's name in the phrase, or NULL. */
static const char *names_metric(struct wb_plan_reader *r, const struct wb_phrase *p) {
    for (size_t i = 0; i < p->n; i++)
        for (size_t n = p->n - i < 5 ? p->n - i : 5; n; n--) {
            const char *name = wb_phrase_slice(r, p, i, i + n);
            if (p->tokens[i].kind == WB_TOKEN_WORD && wb_metric_known(r, name))
                return name;
        }
    return NULL;
}

static bool holds_value(const struct wb_phrase *p) {
    struct wb_plan_value v;
    for (size_t i = 0; i < p->n; i++)
        if (wb_value_at(p, i, &v, NULL) && (p->tokens[i].kind == WB_TOKEN_NUMBER ||
                                            v.unit != WB_UNIT_NONE || v.number.digits == 0))
            return true;
    static const char *const words[] = {"baseline", "any", "every", "no", "without"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (holds_words(p, words[i], NULL))
            return true;
    return false;
}

/* A number that is no part of a name, as in "Sev-1" and "#1240". */
static bool holds_number(const struct wb_phrase *p) {
    for (size_t i = 0; i < p->n; i++) {
        const struct wb_token *t = &p->tokens[i];
        bool of_name =
            i && !t->after_space && (t[-1].kind == WB_TOKEN_WORD || wb_token_mark(t - 1, '#'));
        if (t->kind == WB_TOKEN_NUMBER && !of_name)
            return true;
    }
    return false;
}

/* How a comparison of that metric is written. */
static const char *written(struct wb_plan_reader *r, const char *name, enum wb_clause_place at) {
    const char *sign = at == WB_AT_TRIGGER ? ">" : "<";
    enum wb_metric_shape shape;
    const char *m = wb_metric_called(r, name, &shape);
    bool lag = strcmp(m, "replica lag") == 0 || strcmp(m, "sync lag") == 0;
    switch (shape) {
    case WB_SHAPE_RATIO:
        return wb_arena_printf(r->a,
                               "write it as: %s %s 0.1%% over any 10-minute window; %s %s 2x "
                               "baseline; %s unchanged",
                               m, sign, m, sign, m);
    case WB_SHAPE_QUANTILE:
        return wb_arena_printf(
            r->a,
            "write it as: %s %s 50 ms for 5 minutes; %s %s 2x baseline; %s within 10%% of baseline",
            m, sign, m, sign, m);
    case WB_SHAPE_COUNT:
        return at == WB_AT_TRIGGER
                   ? "write it as: any data mismatch detected; more than 3 mismatches"
                   : "write it as: zero divergences; zero divergences over 24 hours";
    case WB_SHAPE_VALUE:
        break;
    }
    return lag ? wb_arena_printf(r->a, "write it as: %s %s 30 s for 5 minutes", m, sign)
               : wb_arena_printf(r->a, "write it as: %s %s 500 for 5 minutes", m, sign);
}

/* "P99 no worse than the baseline": a metric and a bound, but no pattern for it. Of a trigger or a
 * gate, "P99 doubles" and "more than 5 errors" are as much meant to be measured. */
static bool stray_metric(struct wb_plan_reader *r, const struct wb_phrase *p,
                         enum wb_clause_place at) {
    bool sharp = at == WB_AT_TRIGGER || at == WB_AT_GATE;
    const char *name = sharp || holds_value(p) ? names_metric(r, p) : NULL;
    const char *remedy = name ? written(r, name, at)
                              : "say what is measured: error rate > 0.1%; P99 > 50 ms; replica "
                                "lag > 30 s; more than 3 mismatches";
    bool latency = sharp && (holds_words(p, "latency", NULL) || holds_words(p, "latencies", NULL));
    if (!name && latency) {
        name = "latency";
        remedy = "say which: P99 > 50 ms; P95 > 2x baseline";
    }
    if (!name && !(sharp && holds_number(p)))
        return false;
    wb_reader_find(r, WB_PLAN_SYNTAX, wb_reader_place(r, p->tokens[0].from), remedy,
                   "\"%s\" speaks of %s, but the comparison is not understood",
                   wb_phrase_slice(r, p, 0, p->n), name ? name : "a number");
    return true;
}

/* A query without a result, or words that are those of a check. */
static bool stray_check(struct wb_plan_reader *r, const struct wb_phrase *p) {
    static const struct {
        const char *first, *second, *remedy;
    } checks[] = {
        {"row", "count", "row count match"},
        {"row", "counts", "row count match"},
        {"checksum", NULL, "checksums match; checksums on email and created_at"},
        {"checksums", NULL, "checksums match; checksums on email and created_at"},
        {"row", "parity", "100% row parity confirmed"},
        {"no", "errors", "error rate = 0"},
        {"zero", "errors", "error rate = 0"},
        {"any", "errors", "error rate > 0.1%"},
        {"random", "rows", "spot-check 2,000 random rows"},
        {"random", "sample", "random sample of 500 rows"},
        {"gate", "threshold", "error rate or latency exceeds gate thresholds"},
        {"gate", "thresholds", "error rate or latency exceeds gate thresholds"},
    };
    const char *remedy = NULL;
    for (size_t i = 0; i < p->n; i++)
        if (wb_clause_is_sql(&p->tokens[i]))
            remedy = "`SELECT \xE2\x80\xA6` must return 0";
    bool logs =
        holds_words(p, "logs", NULL) || holds_words(p, "log", NULL); /* a person reads them */
    for (size_t i = 0; !remedy && !logs && i < sizeof checks / sizeof *checks; i++)
        if (holds_words(p, checks[i].first, checks[i].second))
            remedy = checks[i].remedy;
    if (!remedy)
        return false;
    wb_reader_find(r, WB_PLAN_SYNTAX, wb_reader_place(r, p->tokens[0].from),
                   wb_arena_printf(r->a, "write it as: %s", remedy),
                   "\"%s\" is nearly understood, but not quite", wb_phrase_slice(r, p, 0, p->n));
    return true;
}

/* "5-10 s", "0.1-0.5%": which of them? Dates and versions are none. */
static bool range(struct wb_plan_reader *r, const struct wb_phrase *p) {
    size_t i = wb_phrase_range(p);
    if (i == p->n || !meant_as_value(p, i - 1))
        return false;
    wb_reader_find(r, WB_PLAN_VALUE, wb_reader_place(r, p->tokens[i - 1].from),
                   "write the one bound that counts",
                   "\"%s\" is a range, and a comparison has one bound",
                   wb_phrase_slice(r, p, i - 1, i + 2));
    return true;
}

void wb_clause_explain(struct wb_plan_reader *r, const struct wb_phrase *p,
                       enum wb_clause_place at) {
    struct wb_phrase rest = wb_phrase_without_lead(p);
    struct wb_phrase forms[3] = {*p, wb_phrase_bare(p), rest};
    struct wb_match m;
    if (at != WB_AT_STEP && (wb_phrase_malformed(r, p) || range(r, p)))
        return;
    for (size_t i = 0; i < 3; i++)
        if (wb_match_phrase(r, &forms[i], WB_USE_CRITERIA, WB_MATCH_NEARLY, &m)) {
            nearly(r, &forms[i], &m);
            return;
        }
    if (at != WB_AT_STEP && !stray_rest(r, &rest) && !stray_comparison(r, p) &&
        !stray_metric(r, &forms[1], at))
        stray_check(r, &forms[1]);
}
