/* Code blocks: the language and the attributes behind it decide whether and how one runs. */
#include "plan/reader.h"

#include "base/str.h"

#include <string.h>

enum key {
    STEP,
    CHECK,
    ACTION,
    METRIC,
    ON,
    UNIT,
    EVERY,
    FOR,
    TIMEOUT,
    LOCK_TIMEOUT,
    TX,
    IRREVERSIBLE,
    N_KEYS
};

/* The values that a key takes, in the order of its enum; NULL: any text or a duration. */
static const struct {
    const char *word, *values[6];
    bool duration;
} keys[] = {
    [STEP] = {"step", {"up", "verify", "down"}, false},
    [CHECK] = {"check", {"zero", "empty", "equal", "exit"}, false},
    [ACTION] = {"action", {NULL}, false},
    [METRIC] = {"metric", {NULL}, false},
    [ON] = {"on", {"source", "target", "replica"}, false},
    [UNIT] = {"unit", {NULL}, false},
    [EVERY] = {"every", {NULL}, true},
    [FOR] = {"for", {NULL}, true},
    [TIMEOUT] = {"timeout", {NULL}, true},
    [LOCK_TIMEOUT] = {"lock_timeout", {NULL}, true},
    [TX] = {"tx", {"on", "off"}, false},
    [IRREVERSIBLE] = {"irreversible", {"true"}, false},
};

static const struct {
    const char *word;
    enum wb_block_language lang;
} languages[] = {{"sql", WB_LANG_SQL},   {"postgresql", WB_LANG_SQL}, {"postgres", WB_LANG_SQL},
                 {"mysql", WB_LANG_SQL}, {"sqlite", WB_LANG_SQL},     {"sh", WB_LANG_SH},
                 {"bash", WB_LANG_SH},   {"shell", WB_LANG_SH},       {"promql", WB_LANG_PROMQL},
                 {"http", WB_LANG_HTTP}};

struct info {
    struct wb_plan_reader *r;
    struct wb_plan_block *b;
    struct wb_plan_place place; /* of the word that is read */
};

static void wrong_value(struct info *x, enum key key, const char *value) {
    WB_CLEANUP_BUF struct wb_buf b = {0};
    const char *near = NULL;
    wb_buf_addf(&b, "%s takes", keys[key].word);
    for (size_t i = 0; keys[key].values[i]; i++) {
        wb_buf_addf(&b, "%s %s", i ? "," : "", keys[key].values[i]);
        if (wb_word_near(value, keys[key].values[i]))
            near = keys[key].values[i];
    }
    if (keys[key].duration)
        wb_buf_adds(&b, " a duration such as 30s");
    else if (!keys[key].values[0])
        wb_buf_adds(&b, " a name, in quotes where it has spaces");
    if (near)
        wb_buf_addf(&b, "; did you mean %s=%s?", keys[key].word, near);
    wb_reader_find(x->r, WB_PLAN_VALUE, x->place, wb_buf_str(&b), "%s=%s is not possible",
                   keys[key].word, value);
}

static bool duration_of(struct info *x, const char *value, int64_t *ret) {
    struct wb_plan_reader own = {.a = x->r->a, .text = value, .len = strlen(value)};
    struct wb_phrase p;
    struct wb_plan_value v;
    wb_phrase_read(&own, 0, own.len, &p);
    if (!p.n || wb_value_at(&p, 0, &v, NULL) != p.n || v.unit != WB_UNIT_MS)
        return false;
    *ret = v.ms;
    return true;
}

/* The place of value among those of the key, from 0; -1 where it is none. */
static int value_of(enum key key, const char *value) {
    for (int i = 0; keys[key].values[i]; i++)
        if (strcmp(keys[key].values[i], value) == 0)
            return i;
    return -1;
}

static void set(struct info *x, enum key key, const char *value) {
    struct wb_plan_block *b = x->b;
    int64_t *durations[N_KEYS] = {[EVERY] = &b->every_ms,
                                  [FOR] = &b->for_ms,
                                  [TIMEOUT] = &b->timeout_ms,
                                  [LOCK_TIMEOUT] = &b->lock_timeout_ms};
    const char **texts[N_KEYS] = {[ACTION] = &b->action, [METRIC] = &b->metric, [UNIT] = &b->unit};
    int i = value_of(key, value);
    b->has_attributes = true;
    if (durations[key]) {
        if (!duration_of(x, value, durations[key]))
            wrong_value(x, key, value);
    } else if (texts[key]) {
        if (*value)
            *texts[key] = value;
        else
            wrong_value(x, key, value);
    } else if (i < 0) {
        wrong_value(x, key, value);
    } else if (key == STEP) {
        b->step = (enum wb_block_step)(i + 1);
    } else if (key == CHECK) {
        b->check = (enum wb_block_check)(i + 1);
    } else if (key == ON) {
        b->on = (enum wb_block_on)(i + 1);
    } else if (key == TX) {
        b->tx = (enum wb_block_tx)i;
    } else {
        b->irreversible = true;
    }
}

static void unknown(struct info *x, const char *word, bool has_value) {
    for (int i = 0; i < N_KEYS; i++) {
        if (!wb_word_near(word, keys[i].word))
            continue;
        wb_reader_find(x->r, WB_PLAN_SYNTAX, x->place,
                       wb_arena_printf(x->r->a, "did you mean %s%s", keys[i].word,
                                       i == IRREVERSIBLE ? "?" : "=?"),
                       "a block has no attribute \"%s\"", word);
        return;
    }
    if (has_value) {
        wb_reader_find(x->r, WB_PLAN_ADVICE, x->place,
                       "attributes: step, check, action, metric, on, unit, every, for, timeout, "
                       "lock_timeout, tx, irreversible",
                       "whimbrel does not know the attribute \"%s\" and ignores it", word);
        x->r->plan->findings[x->r->plan->n_findings - 1].severity = WB_WARNING;
    }
}

static void read_attribute(struct info *x, const char *word, const char *value) {
    for (int i = 0; i < N_KEYS; i++) {
        if (strcmp(word, keys[i].word) != 0)
            continue;
        if (value)
            set(x, (enum key)i, value);
        else if (i == IRREVERSIBLE)
            set(x, IRREVERSIBLE, "true");
        else
            wrong_value(x, (enum key)i, "");
        return;
    }
    unknown(x, word, value != NULL);
}

/* key=value, key="value with spaces", key; from behind the language on. */
static void read_attributes(struct info *x, const char *s) {
    const char *start = s;
    unsigned column = x->place.column;
    for (;;) {
        s += strspn(s, " \t");
        if (!*s)
            return;
        x->place.column = column + (unsigned)(s - start);
        size_t n = strcspn(s, " \t=");
        const char *word = wb_arena_strndup(x->r->a, s, n), *value = NULL;
        s += n;
        if (*s == '=' && s[1] == '"') {
            n = strcspn(s + 2, "\"");
            value = wb_arena_strndup(x->r->a, s + 2, n);
            s += 2 + n + (s[2 + n] == '"');
        } else if (*s == '=') {
            n = strcspn(s + 1, " \t");
            value = wb_arena_strndup(x->r->a, s + 1, n);
            s += 1 + n;
        }
        read_attribute(x, word, value);
    }
}

/* The last line that holds anything, where it is a comment: "-- Must return 0". */
static void read_comment(struct wb_plan_reader *r, struct wb_plan_block *b, unsigned fence_line) {
    size_t end = strlen(b->text);
    while (end && strchr(" \t\r\n", b->text[end - 1]))
        end--;
    size_t from = end;
    while (from && b->text[from - 1] != '\n')
        from--;
    size_t at = from + strspn(b->text + from, " \t");
    if (strncmp(b->text + at, "--", 2) != 0 || at + 2 >= end)
        return;
    struct wb_plan_reader own = {.a = r->a,
                                 .text = b->text,
                                 .len = end,
                                 .elements = r->elements,
                                 .plan = r->plan,
                                 .opts = r->opts};
    struct wb_phrase p;
    struct wb_match m;
    wb_phrase_read(&own, at + 2, end, &p);
    unsigned line = fence_line + 1;
    for (size_t i = 0; i < from; i++)
        line += b->text[i] == '\n';
    if (!p.n || (!wb_match_phrase(&own, &p, WB_USE_CRITERIA, WB_MATCH_EXACT, &m) &&
                 !wb_match_phrase(&own, &p, WB_USE_CRITERIA, WB_MATCH_NEARLY, &m)))
        return;
    if (m.pattern->kind != WB_CLAUSE_BLOCK)
        return;
    const struct wb_capture *c = &m.slots[WB_SLOT_EXPECT];
    b->expect = (struct wb_plan_expect){.given = true, .no_rows = c->none, .value = c->value};
    if (m.slips)
        wb_reader_find(r, WB_PLAN_SYNTAX,
                       (struct wb_plan_place){.file = r->file, .line = line, .column = 1},
                       wb_arena_printf(r->a, "did you mean: -- %s", m.suggestion),
                       "the comment is nearly understood, but not quite");
}

static void judge(struct info *x) {
    struct wb_plan_block *b = x->b;
    int uses = (b->step != WB_BLOCK_NO_STEP) + (b->check != WB_CHECK_NONE) + (b->metric != NULL);
    if (b->has_attributes && b->lang == WB_LANG_OTHER)
        wb_reader_find(x->r, WB_PLAN_BLOCK, b->place, "use sql, sh, promql or http",
                       "a block of language \"%s\" cannot run", b->language);
    if (b->metric && (b->step != WB_BLOCK_NO_STEP || b->check != WB_CHECK_NONE))
        wb_reader_find(x->r, WB_PLAN_BLOCK, b->place, "make two blocks of it",
                       "a block that measures can be no step and no check");
    if (b->check == WB_CHECK_EXIT && b->lang == WB_LANG_SQL)
        wb_reader_find(x->r, WB_PLAN_BLOCK, b->place, "use check=zero, check=empty or check=equal",
                       "check=exit looks at an exit code, which SQL has not");
    if (b->check != WB_CHECK_NONE && b->check != WB_CHECK_EXIT && b->lang == WB_LANG_SH)
        wb_reader_find(x->r, WB_PLAN_BLOCK, b->place, "use check=exit",
                       "a script is checked by its exit code");
    if (b->lang == WB_LANG_PROMQL && b->has_attributes && !b->metric)
        wb_reader_find(x->r, WB_PLAN_BLOCK, b->place, "add metric=\"name\"",
                       "a promql block can only measure");
    if (b->has_attributes && !uses && !b->action)
        wb_reader_find(x->r, WB_PLAN_BLOCK, b->place, "add step=, check=, action= or metric=",
                       "the block's attributes do not say what it is for");
}

struct wb_plan_block *wb_block_read(struct wb_plan_reader *r, const char *info, const char *text,
                                    unsigned fence_line) {
    struct wb_plan_block *b = WB_NEW(r->a, struct wb_plan_block);
    size_t n = strcspn(info, " \t");
    size_t line_from = r->line_at[fence_line - 1];
    const char *line = r->text + line_from, *fence = line;
    const char *end = r->text + wb_reader_line_end(r, fence_line);
    while (fence < end && *fence != '`' && *fence != '~')
        fence++;
    const char *at = fence;
    while (at < end && (*at == '`' || *at == '~' || *at == ' '))
        at++;
    *b = (struct wb_plan_block){
        .place = wb_reader_place(r, (size_t)(fence - r->text)),
        .phase = r->phase,
        .language = wb_arena_strndup(r->a, info, n),
        .text = wb_arena_strdup(r->a, text),
    };
    for (size_t i = 0; i < sizeof languages / sizeof *languages; i++)
        if (wb_str_ieq(b->language, languages[i].word))
            b->lang = languages[i].lang;
    struct info x = {.r = r, .b = b, .place = b->place};
    x.place.column = (unsigned)(at - line) + 1 + (unsigned)n;
    read_attributes(&x, info + n);
    if (b->lang == WB_LANG_SQL)
        read_comment(r, b, fence_line);
    if (b->check == WB_CHECK_ZERO)
        b->expect = (struct wb_plan_expect){.given = true};
    if (b->check == WB_CHECK_EMPTY)
        b->expect = (struct wb_plan_expect){.given = true, .no_rows = true};
    b->is_check = b->check != WB_CHECK_NONE;
    judge(&x);
    *WB_PUSH(r->a, r->plan->blocks, r->plan->n_blocks, r->plan->cap_blocks) = b;
    return b;
}
