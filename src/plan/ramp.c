/* A ramp in prose: "Ramp: 1% -> 10% -> 50% -> 100%", "Roll out to 10% for 4 hours, then 100%". */
#include "plan/reader.h"

#include <string.h>

struct ramp {
    struct wb_plan_reader *r;
    const struct wb_phrase *p;
    size_t at;
    struct wb_plan_stage stages[16];
    size_t n;
    bool percent; /* a share was written with its sign: one sign may stand for all of them */
};

/* "Ramp", "Ramp up:", "Traffic ramp:", "Roll out": the tokens before the first share, 0 where the
 * phrase speaks of something else. */
static size_t head_of(const struct wb_phrase *p) {
    bool named = false;
    for (size_t i = 0; i < p->n && i < 8; i++) {
        const struct wb_token *t = &p->tokens[i];
        if (t->kind == WB_TOKEN_NUMBER)
            return named ? i : 0;
        if (t->kind != WB_TOKEN_WORD && !wb_token_mark(t, ':'))
            return 0;
        bool roll = wb_token_is(t, "roll") && i + 1 < p->n && wb_token_is(&p->tokens[i + 1], "out");
        named |= wb_token_is(t, "ramp") || wb_token_is(t, "rollout") || roll;
    }
    return 0;
}

static bool shares(const struct wb_phrase *p) {
    size_t n = 0, numbers = 0;
    for (size_t i = 0; i < p->n; i++) {
        n += p->tokens[i].kind == WB_TOKEN_PERCENT;
        numbers += p->tokens[i].kind == WB_TOKEN_NUMBER;
    }
    bool said = wb_token_is(&p->tokens[0], "ramp") && p->n > 2 && wb_token_mark(&p->tokens[1], ':');
    return said || n > 1 || (n == 1 && numbers > 1);
}

static bool take_share(struct ramp *x) {
    struct wb_plan_value v;
    size_t n = wb_value_at(x->p, x->at, &v, NULL);
    struct wb_decimal one = {.digits = 1}, hundred = {.digits = 100};
    bool ratio = v.unit == WB_UNIT_RATIO;
    if (!n || x->p->tokens[x->at].kind != WB_TOKEN_NUMBER || x->n == 16 ||
        !(ratio || v.unit == WB_UNIT_NONE) ||
        wb_decimal_compare(v.number, ratio ? one : hundred) > 0)
        return false;
    if (!ratio)
        wb_decimal_percent(&v.number);
    x->percent |= ratio;
    x->stages[x->n++] = (struct wb_plan_stage){
        .place = wb_reader_place(x->r, x->p->tokens[x->at].from),
        .name = wb_arena_printf(x->r->a, "%s%s", wb_phrase_slice(x->r, x->p, x->at, x->at + n),
                                ratio ? "" : "%"),
        .traffic = v.number,
        .from_ramp = true,
    };
    x->at += n;
    return true;
}

static const struct wb_token *here(const struct ramp *x) {
    return x->at < x->p->n ? &x->p->tokens[x->at] : NULL;
}

static bool take_word(struct ramp *x, const char *const *words, size_t n) {
    for (size_t i = 0; here(x) && i < n; i++)
        if (wb_token_is(here(x), words[i]) ||
            (here(x)->kind == WB_TOKEN_MARK && here(x)->mark == *words[i] && !words[i][1])) {
            x->at++;
            return true;
        }
    return false;
}

/* "(4 hours)", "for 12 hours", "of reads"; at the end "4 hours each". */
static bool take_rest(struct ramp *x) {
    static const char *const open[] = {"(", "for", "during", ","}, *const close[] = {")"};
    static const char *const of[] = {"of"}, *const nouns[] = {"reads", "traffic", "requests",
                                                              "users"};
    static const char *const each[] = {"each", "apiece"};
    size_t before = x->at;
    struct wb_plan_value v;
    take_word(x, of, 1);
    take_word(x, nouns, 4);
    size_t behind = x->at;
    take_word(x, open, 4);
    size_t n = wb_value_at(x->p, x->at, &v, NULL);
    if (!n || v.unit != WB_UNIT_MS) {
        x->at = behind;
        return behind > before;
    }
    x->at += n;
    take_word(x, close, 1);
    bool all = take_word(x, each, 2);
    for (size_t i = all ? 0 : x->n - 1; i < x->n; i++)
        x->stages[i].duration_ms = v.ms;
    return true;
}

static void take_parting(struct ramp *x) {
    static const char *const words[] = {",", "/", "to", "then", "and", ";", "up", "finally"};
    while (here(x) && (here(x)->kind == WB_TOKEN_ARROW || here(x)->kind == WB_TOKEN_DASH
                           ? x->at++ < x->p->n
                           : take_word(x, words, sizeof words / sizeof *words)))
        ;
}

static bool take_all(struct ramp *x) {
    while (here(x)) {
        if (!take_share(x))
            return false;
        while (here(x) && take_rest(x))
            ;
        if (here(x) && wb_token_mark(here(x), '.') && x->at + 1 == x->p->n)
            x->at++;
        size_t before = x->at;
        take_parting(x);
        if (here(x) && x->at == before)
            return false;
    }
    return x->n > 0 && x->percent;
}

bool wb_step_ramp(struct wb_plan_reader *r, const struct wb_phrase *p) {
    struct wb_plan_phase *phase = r->phase < 0 ? NULL : &r->plan->phases[r->phase];
    struct ramp x = {.r = r, .p = p, .at = head_of(p)};
    bool said = p->n > 2 && wb_token_is(&p->tokens[0], "ramp") && wb_token_mark(&p->tokens[1], ':');
    if (!phase || !(x.at || said) || !shares(p))
        return false;
    if (!x.at)
        x.at = 2;
    if (!take_all(&x)) {
        const struct wb_token *bad = here(&x) ? here(&x) : &p->tokens[p->n - 1];
        wb_reader_find(r, WB_PLAN_SYNTAX, wb_reader_place(r, bad->from),
                       "write it as: Ramp: 1% \xE2\x86\x92 10% \xE2\x86\x92 50% "
                       "\xE2\x86\x92 100%",
                       "the ramp is not understood at \"%s\"",
                       wb_reader_slice(r, bad->from, bad->to));
        return true;
    }
    for (size_t i = 0; i < x.n; i++)
        *WB_PUSH(r->a, phase->stages, phase->n_stages, phase->cap_stages) = x.stages[i];
    return true;
}
