/* Numbers with their units, as they stand in a phrase. */
#include "plan/reader.h"

#include <string.h>

static const struct {
    const char *word;
    int64_t ms;
} durations[] = {
    {"ms", 1},           {"millisecond", 1},   {"milliseconds", 1}, {"s", 1000},
    {"second", 1000},    {"seconds", 1000},    {"m", 60000},        {"min", 60000},
    {"minute", 60000},   {"minutes", 60000},   {"h", 3600000},      {"hour", 3600000},
    {"hours", 3600000},  {"d", 86400000},      {"day", 86400000},   {"days", 86400000},
    {"week", 604800000}, {"weeks", 604800000},
};

/* Common spellings that the grammar does not have, and what is meant. */
static const struct {
    const char *word, *meant;
} misspelt[] = {
    {"msec", "ms"},  {"msecs", "ms"},   {"millis", "ms"}, {"sec", "s"},    {"secs", "s"},
    {"mins", "min"}, {"hr", "h"},       {"hrs", "h"},     {"wk", "weeks"}, {"wks", "weeks"},
    {"pct", "%"},    {"percents", "%"}, {"us", "ms"},     {"k", ",000"},
};

/* Nouns behind a plain count. */
static const char *const nouns[] = {"errors",  "error",    "requests",    "request",
                                    "queries", "query",    "connections", "writes",
                                    "reads",   "failures", "mismatches",  "divergences"};

static const char *meant_unit(const char *word) {
    for (size_t i = 0; i < sizeof misspelt / sizeof *misspelt; i++)
        if (strcmp(word, misspelt[i].word) == 0)
            return misspelt[i].meant;
    for (size_t i = 0; i < sizeof durations / sizeof *durations; i++)
        if (wb_word_near(word, durations[i].word))
            return durations[i].word;
    return wb_word_near(word, "percent") ? "%" : wb_word_near(word, "rows") ? "rows" : NULL;
}

static bool take_duration(const char *word, struct wb_plan_value *v) {
    for (size_t i = 0; i < sizeof durations / sizeof *durations; i++) {
        if (strcmp(word, durations[i].word) != 0)
            continue;
        v->unit = WB_UNIT_MS;
        wb_decimal_scale(&v->number, durations[i].ms);
        v->ms = wb_decimal_ceil(v->number);
        return true;
    }
    return false;
}

static bool is_noun(const char *word) {
    for (size_t i = 0; i < sizeof nouns / sizeof *nouns; i++)
        if (strcmp(word, nouns[i]) == 0)
            return true;
    return false;
}

/* "x baseline", "times the baseline": the tokens from i on, 0 where it is none. */
static size_t take_baseline(const struct wb_phrase *p, size_t i) {
    size_t n = 0;
    if (i < p->n && (wb_token_is(&p->tokens[i], "x") || wb_token_is(&p->tokens[i], "times")))
        n++;
    if (n && i + n < p->n &&
        (wb_token_is(&p->tokens[i + n], "the") || wb_token_is(&p->tokens[i + n], "its")))
        n++;
    return n && i + n < p->n && wb_token_is(&p->tokens[i + n], "baseline") ? n + 1 : 0;
}

/* The word behind the number; yields how many tokens belong to the unit. */
static size_t take_unit(const struct wb_phrase *p, size_t i, struct wb_plan_value *v,
                        const char **ret_meant) {
    const struct wb_token *t = &p->tokens[i];
    if (t->kind == WB_TOKEN_PERCENT || wb_token_is(t, "percent")) {
        v->unit = WB_UNIT_RATIO;
        wb_decimal_percent(&v->number);
        return 1;
    }
    if (t->kind != WB_TOKEN_WORD)
        return 0;
    size_t baseline = take_baseline(p, i);
    if (baseline) {
        v->unit = WB_UNIT_BASELINE;
        return baseline;
    }
    bool row =
        wb_token_is(t, "consecutive") || wb_token_is(t, "straight") || wb_token_is(t, "full");
    if (row && i + 1 < p->n && p->tokens[i + 1].kind == WB_TOKEN_WORD &&
        take_duration(p->tokens[i + 1].text, v))
        return 2; /* "10 consecutive minutes" */
    if (wb_token_is(t, "rows") || wb_token_is(t, "row")) {
        v->unit = WB_UNIT_ROWS;
        return 1;
    }
    if (take_duration(t->text, v) || is_noun(t->text))
        return 1;
    if (ret_meant && (*ret_meant = meant_unit(t->text)))
        return 1;
    return 0;
}

bool wb_number_at(const struct wb_token *t, struct wb_decimal *ret) {
    static const char *const words[] = {
        "zero",  "one",  "two", "three",  "four",   "five",     "six",      "seven",
        "eight", "nine", "ten", "eleven", "twelve", "thirteen", "fourteen", "fifteen"};
    static const char *const tens[] = {"",      "",      "twenty",  "thirty", "forty",
                                       "fifty", "sixty", "seventy", "eighty", "ninety"};
    if (t->kind == WB_TOKEN_NUMBER && !t->malformed) {
        *ret = t->number;
        return true;
    }
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (wb_token_is(t, words[i])) {
            *ret = (struct wb_decimal){.digits = (int64_t)i};
            return true;
        }
    for (size_t i = 2; i < sizeof tens / sizeof *tens; i++)
        if (wb_token_is(t, tens[i])) {
            *ret = (struct wb_decimal){.digits = 10 * (int64_t)i};
            return true;
        }
    return false;
}

/* "an hour", "a minute" */
static bool one_at(const struct wb_phrase *p, size_t i, struct wb_decimal *ret) {
    struct wb_plan_value v = {.number = {.digits = 1}};
    bool article = wb_token_is(&p->tokens[i], "a") || wb_token_is(&p->tokens[i], "an");
    if (!article || i + 1 >= p->n || p->tokens[i + 1].kind != WB_TOKEN_WORD ||
        !take_duration(p->tokens[i + 1].text, &v))
        return false;
    *ret = (struct wb_decimal){.digits = 1};
    return true;
}

static int64_t unit_ms(const struct wb_token *t) {
    for (size_t i = 0; t->kind == WB_TOKEN_WORD && i < sizeof durations / sizeof *durations; i++)
        if (strcmp(t->text, durations[i].word) == 0)
            return durations[i].ms;
    return 0;
}

/* "1m30s", "1 hour and 30 minutes": what follows a unit in a smaller one; the tokens taken. */
static size_t take_smaller(const struct wb_phrase *p, size_t i, struct wb_plan_value *v) {
    size_t n = i < p->n && wb_token_is(&p->tokens[i], "and");
    const struct wb_token *number = &p->tokens[i + n];
    if (v->unit != WB_UNIT_MS || i + n + 1 >= p->n || number->kind != WB_TOKEN_NUMBER)
        return 0;
    int64_t ms = unit_ms(number + 1);
    if (!ms || ms >= unit_ms(&p->tokens[i - 1]) || number->malformed || number->number.scale ||
        v->number.scale)
        return 0;
    struct wb_plan_value more = {.number = number->number};
    wb_decimal_scale(&more.number, ms);
    v->number.digits += more.number.digits;
    v->ms = wb_decimal_ceil(v->number);
    return n + 2 + take_smaller(p, i + n + 2, v);
}

/* "twice the baseline" */
static size_t twice(const struct wb_phrase *p, size_t i, struct wb_plan_value *ret) {
    size_t n = 1;
    if (!wb_token_is(&p->tokens[i], "twice") && !wb_token_is(&p->tokens[i], "double"))
        return 0;
    if (i + n < p->n &&
        (wb_token_is(&p->tokens[i + n], "the") || wb_token_is(&p->tokens[i + n], "its")))
        n++;
    if (i + n >= p->n || !wb_token_is(&p->tokens[i + n], "baseline"))
        return 0;
    *ret = (struct wb_plan_value){.unit = WB_UNIT_BASELINE, .number = {.digits = 2}};
    return n + 1;
}

size_t wb_value_at(const struct wb_phrase *p, size_t i, struct wb_plan_value *ret,
                   const char **ret_meant) {
    struct wb_plan_value v = {0};
    size_t n = 1;
    if (i < p->n && twice(p, i, ret))
        return twice(p, i, ret);
    if (i >= p->n || !(wb_number_at(&p->tokens[i], &v.number) || one_at(p, i, &v.number)))
        return 0;
    if (ret_meant)
        *ret_meant = NULL;
    /* "48+ hours": at least that, which it is anyway. */
    if (i + n < p->n && wb_token_mark(&p->tokens[i + n], '+') && !p->tokens[i + n].after_space)
        n++;
    if (i + n < p->n)
        n += take_unit(p, i + n, &v, ret_meant);
    n += take_smaller(p, i + n, &v);
    if (i + n < p->n && wb_token_mark(&p->tokens[i + n], '+') && !p->tokens[i + n].after_space)
        n++;
    if (v.unit == WB_UNIT_MS && i + n < p->n &&
        (wb_token_is(&p->tokens[i + n], "soak") || wb_token_is(&p->tokens[i + n], "minimum")))
        n++;
    *ret = v;
    return n;
}
