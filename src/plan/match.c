/* Matching a phrase with the patterns of the grammar.
 *
 * A small backtracking matcher: element by element, slots of several words take as few as fit. To
 * find what was nearly written, it runs again with a number of slips allowed: a word that is a slip
 * of the pen away costs one, a word left out costs two. What it went through is noted, and gives
 * the suggestion. */
#include "plan/pattern.h"

#include <limits.h>
#include <string.h>

enum {
    MAX_SLIPS = 2,
    MAX_STEPS = 4000, /* of one pattern on one phrase: text made to be slow stays prose */
    MAX_STEPS_WITHIN = 20000,
    MAX_FREE_WORDS = 8,
    COST_SLIP = 1,
    COST_MISSING = 2,
};

struct matcher {
    const struct wb_plan_reader *r;
    const struct wb_phrase *p;
    const struct wb_elements *e;
    struct wb_match *m;
    bool whole;
    unsigned steps;
    const char *path[WB_MAX_ELEMENTS * 2];
    size_t n_path;
};

/* What was met on the way: how sure it is that this pattern was meant. */
struct evidence {
    unsigned exact; /* words and values that fit as they are */
    bool long_slip; /* one edit in a word of seven letters or more */
    unsigned slips;
    size_t slip_at;
};

static bool go(struct matcher *x, size_t ei, size_t ti, struct evidence v, unsigned left);

static const struct wb_token *token(const struct matcher *x, size_t i) {
    return i < x->p->n ? &x->p->tokens[i] : NULL;
}

static bool article(const struct wb_token *t) {
    return t && (wb_token_is(t, "the") || wb_token_is(t, "a") || wb_token_is(t, "an"));
}

static bool same(const struct wb_token *t, const char *word) {
    if (t->kind == WB_TOKEN_MARK)
        return word[0] == t->mark && !word[1];
    if (t->kind == WB_TOKEN_CMP)
        return t->cmp == WB_CMP_EQ && strcmp(word, "=") == 0;
    if (t->kind == WB_TOKEN_NUMBER)
        return word[0] >= '0' && word[0] <= '9' && strcmp(t->text, word) == 0;
    if (t->kind == WB_TOKEN_ARROW)
        return strcmp(word, "->") == 0;
    return (t->kind == WB_TOKEN_WORD || t->kind == WB_TOKEN_CODE) && strcmp(t->text, word) == 0;
}

static bool go_on(struct matcher *x, size_t ei, size_t ti, struct evidence v, unsigned left,
                  const char *written) {
    if (x->n_path >= sizeof x->path / sizeof *x->path)
        return false;
    x->path[x->n_path++] = written;
    if (go(x, ei, ti, v, left))
        return true;
    x->n_path--;
    return false;
}

static const char *nearest(const struct wb_element *e, const struct wb_token *t) {
    const char *best = NULL;
    unsigned least = UINT_MAX;
    for (size_t i = 0; i < e->n_words && t->kind == WB_TOKEN_WORD; i++) {
        if (!wb_word_near(t->text, e->words[i]))
            continue;
        unsigned far = wb_word_distance(t->text, e->words[i]);
        best = far < least ? e->words[i] : best;
        least = far < least ? far : least;
    }
    return best;
}

static struct evidence slipped(struct evidence v, unsigned cost, size_t at, const char *word,
                               const struct wb_token *t) {
    if (!v.slips)
        v.slip_at = at;
    v.slips += cost;
    v.long_slip |= t && strlen(word) >= 7 && wb_word_distance(t->text, word) == 1;
    return v;
}

static bool go_word(struct matcher *x, size_t ei, size_t ti, struct evidence v, unsigned left) {
    const struct wb_element *e = &x->e->items[ei];
    const struct wb_token *t = token(x, ti);
    if (article(t) && ti + 1 < x->p->n && go(x, ei, ti + 1, v, left))
        return true;
    for (size_t i = 0; t && i < e->n_words; i++) {
        if (!same(t, e->words[i]))
            continue;
        struct evidence more = v;
        more.exact += !e->optional;
        if (go_on(x, ei + 1, ti + 1, more, left, wb_phrase_slice(x->r, x->p, ti, ti + 1)))
            return true;
    }
    if (e->optional && go(x, ei + 1, ti, v, left))
        return true;
    if (e->strict)
        return false;
    const char *near = left >= COST_SLIP && t ? nearest(e, t) : NULL;
    if (near &&
        go_on(x, ei + 1, ti + 1, slipped(v, COST_SLIP, ti, near, t), left - COST_SLIP, near))
        return true;
    bool alone = x->p->n == 1; /* one word is no slip of two: "(Make the) table" */
    return left >= COST_MISSING && !e->optional && v.exact && !alone &&
           go_on(x, ei + 1, ti, slipped(v, COST_MISSING, ti, "", NULL), left - COST_MISSING,
                 e->words[0]);
}

/* --- slots
 * ----------------------------------------------------------------------------------------- */

static bool take(struct matcher *x, size_t ei, size_t ti, size_t n, struct wb_capture c,
                 struct evidence v, unsigned left, const char *written) {
    struct wb_capture *to = &x->m->slots[x->e->items[ei].slot], before = *to;
    c.taken = true;
    c.i = ti;
    c.j = ti + n;
    *to = c;
    if (go_on(x, ei + 1, ti + n, v, left,
              written ? written : wb_phrase_slice(x->r, x->p, ti, ti + n)))
        return true;
    *to = before;
    return false;
}

static bool go_free(struct matcher *x, size_t ei, size_t ti, struct evidence v, unsigned left) {
    enum wb_slot slot = x->e->items[ei].slot;
    size_t most = slot == WB_SLOT_NAMES ? 40 : MAX_FREE_WORDS;
    for (size_t n = 1; n <= most; n++) {
        const struct wb_token *t = token(x, ti + n - 1);
        if (!t || !wb_name_word(t, slot))
            return false;
        if (wb_name_fits(x->r, x->p, slot, ti, n) &&
            take(x, ei, ti, n, (struct wb_capture){0}, v, left, NULL))
            return true;
    }
    return false;
}

static bool go_cmp(struct matcher *x, size_t ei, size_t ti, struct evidence v, unsigned left) {
    struct evidence more = v;
    struct wb_capture c = {.cmp = WB_CMP_NONE};
    size_t verbs = 0, n = wb_compare_at(x->p, ti, &c.cmp, &verbs);
    more.exact++;
    if (n && take(x, ei, ti, n, c, more, left, NULL))
        return true;
    size_t at = ti + verbs;
    const struct wb_token *t = token(x, at);
    const char *word = left >= COST_SLIP && t && t->kind == WB_TOKEN_WORD
                           ? wb_compare_near(t->text, &c.cmp)
                           : NULL;
    return word && take(x, ei, ti, at + 1 - ti, c, slipped(v, COST_SLIP, at, word, t),
                        left - COST_SLIP, word);
}

static bool unit_fits(enum wb_slot slot, const struct wb_plan_value *v) {
    switch (slot) {
    case WB_SLOT_DUR:
    case WB_SLOT_FOR:
        return v->unit == WB_UNIT_MS;
    case WB_SLOT_PCT:
        return v->unit == WB_UNIT_RATIO;
    case WB_SLOT_N:
        return v->unit == WB_UNIT_NONE && v->number.scale == 0;
    default:
        return true;
    }
}

static const char *with_commas(const struct matcher *x, const char *number) {
    char *text = wb_arena_strdup(x->r->a, number);
    for (char *c = text; *c; c++)
        *c = *c == '.' ? ',' : *c;
    return text;
}

static bool go_value(struct matcher *x, size_t ei, size_t ti, struct evidence v, unsigned left) {
    enum wb_slot slot = x->e->items[ei].slot;
    struct wb_capture c = {0};
    const char *meant = NULL;
    size_t n = slot == WB_SLOT_N ? 1 : wb_value_at(x->p, ti, &c.value, left ? &meant : NULL);
    const struct wb_token *t = token(x, ti);
    if (slot == WB_SLOT_N ? !t || !wb_number_at(t, &c.value.number) : !n)
        return false;
    const struct wb_token *unit = slot == WB_SLOT_N ? token(x, ti + 1) : NULL;
    bool count = slot == WB_SLOT_N || c.value.unit == WB_UNIT_ROWS;
    if (count && t->kind == WB_TOKEN_NUMBER && strchr(t->text, '.')) {
        if (!left)
            return false; /* "5.000 rows" are not 5 */
        return take(x, ei, ti, n, c, slipped(v, COST_SLIP, ti, "", NULL), left - COST_SLIP,
                    with_commas(x, t->text));
    }
    if (unit && (wb_token_is(unit, "k") || wb_token_is(unit, "thousand"))) {
        if (!left)
            return false; /* "5k" is not 5 */
        meant = ",000";
        n = 2;
    } else if (unit && (wb_token_is(unit, "m") || wb_token_is(unit, "million"))) {
        return false;
    }
    if (meant) {
        const char *fixed = wb_arena_printf(x->r->a, "%s%s%s", t->text,
                                            *meant == '%' || *meant == ',' ? "" : " ", meant);
        v.exact++;
        return take(x, ei, ti, n, c, slipped(v, COST_SLIP, ti + n - 1, "", NULL), left - COST_SLIP,
                    fixed);
    }
    v.exact++;
    if (unit_fits(slot, &c.value) && take(x, ei, ti, n, c, v, left, NULL))
        return true;
    return false;
}

static bool go_one(struct matcher *x, size_t ei, size_t ti, struct evidence v, unsigned left) {
    const struct wb_token *t = token(x, ti);
    struct wb_capture c = {0};
    if (!t)
        return false;
    switch (x->e->items[ei].slot) {
    case WB_SLOT_CODE:
        v.exact++;
        return t->kind == WB_TOKEN_CODE && take(x, ei, ti, 1, c, v, left, NULL);
    case WB_SLOT_TABLE:
        return (t->kind == WB_TOKEN_CODE || t->kind == WB_TOKEN_WORD) &&
               take(x, ei, ti, 1, c, v, left, NULL);
    case WB_SLOT_FLAG:
        return (t->kind == WB_TOKEN_CODE ||
                (t->kind == WB_TOKEN_WORD &&
                 (t->quoted || strchr(t->text, '_') || strchr(t->text, '.')))) &&
               take(x, ei, ti, 1, c, v, left, NULL);
    case WB_SLOT_SIDE: {
        if (t->kind != WB_TOKEN_CODE &&
            (t->kind != WB_TOKEN_WORD || wb_side_named(x->r, t->text) == WB_PLAN_SIDE_NONE))
            return false;
        const struct wb_token *noun = token(x, ti + 1);
        if (noun &&
            (wb_token_is(noun, "database") || wb_token_is(noun, "side") ||
             wb_token_is(noun, "table") || wb_token_is(noun, "tables")) &&
            take(x, ei, ti, 2, c, v, left, NULL))
            return true;
        return take(x, ei, ti, 1, c, v, left, NULL);
    }
    case WB_SLOT_SUSTAINED:
        if (t->kind != WB_TOKEN_WORD)
            return false;
        if (strcmp(t->text, "sustained") == 0)
            return take(x, ei, ti, 1, c, v, left, NULL);
        return left >= COST_SLIP && wb_word_near(t->text, "sustained") &&
               take(x, ei, ti, 1, c, slipped(v, COST_SLIP, ti, "sustained", t), left - COST_SLIP,
                    "sustained");
    default:
        return false;
    }
}

static bool go_bool(struct matcher *x, size_t ei, size_t ti, struct evidence v, unsigned left) {
    static const struct {
        const char *word;
        int64_t value;
    } words[] = {{"true", 1}, {"false", 0}, {"on", 1}, {"off", 0}, {"enabled", 1}, {"disabled", 0}};
    const struct wb_token *t = token(x, ti);
    struct wb_capture c = {.value.unit = WB_UNIT_RATIO};
    size_t n = wb_value_at(x->p, ti, &c.value, NULL);
    v.exact++;
    bool zero = n && c.value.unit == WB_UNIT_NONE && c.value.number.digits == 0;
    if (n && (c.value.unit == WB_UNIT_RATIO || zero))
        return take(x, ei, ti, n, c, v, left, NULL);
    c.value.unit = WB_UNIT_RATIO;
    for (size_t i = 0; t && i < sizeof words / sizeof *words; i++) {
        c.value.number = (struct wb_decimal){.digits = words[i].value};
        if ((wb_token_is(t, words[i].word) ||
             (t->kind == WB_TOKEN_CODE && strcmp(t->text, words[i].word) == 0)) &&
            take(x, ei, ti, 1, c, v, left, NULL))
            return true;
        if (left >= COST_SLIP && t->kind == WB_TOKEN_WORD && wb_word_near(t->text, words[i].word) &&
            take(x, ei, ti, 1, c, slipped(v, COST_SLIP, ti, words[i].word, t), left - COST_SLIP,
                 words[i].word))
            return true;
    }
    return false;
}

/* "no rows", "0 rows", "nothing": the number of tokens. */
static size_t no_rows(const struct matcher *x, size_t ti) {
    const struct wb_token *t = token(x, ti), *rows = token(x, ti + 1);
    struct wb_decimal n = {.digits = 1};
    if (!t)
        return 0;
    if (wb_token_is(t, "nothing") || wb_token_is(t, "empty"))
        return 1;
    bool none = wb_token_is(t, "no") || (wb_number_at(t, &n) && n.digits == 0);
    return none && rows && (wb_token_is(rows, "rows") || wb_token_is(rows, "row")) ? 2 : 0;
}

static bool go_slot(struct matcher *x, size_t ei, size_t ti, struct evidence v, unsigned left) {
    enum wb_slot slot = x->e->items[ei].slot;
    const struct wb_token *t = token(x, ti);
    bool is_free = slot == WB_SLOT_METRIC || slot == WB_SLOT_KNOWN || slot == WB_SLOT_THING ||
                   slot == WB_SLOT_ZERO || slot == WB_SLOT_NAMES;
    if (!is_free && article(t) && go(x, ei, ti + 1, v, left))
        return true;
    switch (slot) {
    case WB_SLOT_METRIC:
    case WB_SLOT_KNOWN:
    case WB_SLOT_THING:
    case WB_SLOT_ZERO:
    case WB_SLOT_NAMES:
        return go_free(x, ei, ti, v, left);
    case WB_SLOT_CMP:
        return go_cmp(x, ei, ti, v, left);
    case WB_SLOT_EXPECT:
        if (no_rows(x, ti))
            return take(x, ei, ti, no_rows(x, ti), (struct wb_capture){.none = true}, v, left,
                        NULL);
        /* fall through */
    case WB_SLOT_VALUE:
    case WB_SLOT_DUR:
    case WB_SLOT_FOR:
    case WB_SLOT_PCT:
    case WB_SLOT_N:
        return go_value(x, ei, ti, v, left);
    case WB_SLOT_BOOL:
        return go_bool(x, ei, ti, v, left);
    default:
        return go_one(x, ei, ti, v, left);
    }
}

/* --- elements
 * -------------------------------------------------------------------------------------- */

static const char *join(const struct matcher *x) {
    WB_CLEANUP_BUF struct wb_buf b = {0};
    for (size_t i = 0; i < x->n_path; i++) {
        bool tight =
            b.len == 0 || *x->path[i] == ')' || *x->path[i] == ':' || b.data[b.len - 1] == '(';
        wb_buf_addf(&b, "%s%s", tight ? "" : " ", x->path[i]);
    }
    return wb_arena_strdup(x->r->a, wb_buf_str(&b));
}

static bool finish(struct matcher *x, size_t ti, struct evidence v) {
    if (x->whole && ti != x->p->n)
        return false;
    if (v.slips && !v.exact && !v.long_slip)
        return false;
    x->m->end = ti;
    x->m->slips = v.slips;
    x->m->slip_at = v.slip_at;
    x->m->suggestion = v.slips ? join(x) : NULL;
    return true;
}

static bool go(struct matcher *x, size_t ei, size_t ti, struct evidence v, unsigned left) {
    if (++x->steps > MAX_STEPS)
        return false;
    if (ei == x->e->n)
        return finish(x, ti, v);
    const struct wb_element *e = &x->e->items[ei];
    switch (e->kind) {
    case WB_ELEMENT_OPEN:
        return go(x, ei + 1, ti, v, left) || go(x, e->behind, ti, v, left);
    case WB_ELEMENT_CLOSE:
        return go(x, ei + 1, ti, v, left);
    case WB_ELEMENT_WORD:
        return go_word(x, ei, ti, v, left);
    case WB_ELEMENT_SLOT:
        if (go_slot(x, ei, ti, v, left))
            return true;
        return e->optional && go(x, ei + 1, ti, v, left);
    }
    return false;
}

static bool try_at(const struct wb_plan_reader *r, const struct wb_phrase *p, size_t at,
                   size_t which, bool whole, unsigned slips, struct wb_match *ret,
                   unsigned *ret_steps) {
    struct wb_match m = {.pattern = &wb_patterns[which], .begin = at};
    struct matcher x = {.r = r, .p = p, .e = &r->elements[which], .m = &m, .whole = whole};
    bool fits = go(&x, 0, at, (struct evidence){0}, slips);
    *ret_steps += x.steps;
    if (!fits)
        return false;
    *ret = m;
    return true;
}

bool wb_match_phrase(const struct wb_plan_reader *r, const struct wb_phrase *p,
                     enum wb_phrase_use use, enum wb_match_how how, struct wb_match *ret) {
    unsigned from = how == WB_MATCH_EXACT ? 0 : 1, to = how == WB_MATCH_EXACT ? 0 : MAX_SLIPS;
    unsigned steps = 0;
    for (unsigned slips = from; p->n && slips <= to; slips++)
        for (size_t i = 0; i < wb_n_patterns; i++)
            if (wb_patterns[i].use == use && try_at(r, p, 0, i, true, slips, ret, &steps))
                return true;
    return false;
}

bool wb_match_within(const struct wb_plan_reader *r, const struct wb_phrase *p, size_t from,
                     const struct wb_pattern *pattern, enum wb_match_how how,
                     struct wb_match *ret) {
    unsigned slips = how == WB_MATCH_EXACT ? 0 : 1, steps = 0;
    for (size_t at = from; at < p->n && steps < MAX_STEPS_WITHIN; at++)
        if (!article(&p->tokens[at]) &&
            try_at(r, p, at, (size_t)(pattern - wb_patterns), false, slips, ret, &steps))
            return true;
    return false;
}
