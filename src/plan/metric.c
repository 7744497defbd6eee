/* Metrics: their names, what whimbrel measures itself, and what the front matter binds. */
#include "plan/reader.h"

#include "base/str.h"

#include <string.h>
#include <strings.h>

/* What people call a metric, in lower case without articles, and its name. */
static const struct {
    const char *alias, *name;
    enum wb_metric_kind kind;
    enum wb_metric_shape shape;
} known[] = {
    {"error rate", "error rate", WB_METRIC_OBSERVED, WB_SHAPE_RATIO},
    {"error rates", "error rate", WB_METRIC_OBSERVED, WB_SHAPE_RATIO},
    {"errors rate", "error rate", WB_METRIC_OBSERVED, WB_SHAPE_RATIO},
    {"read error rate", "error rate", WB_METRIC_OBSERVED, WB_SHAPE_RATIO},
    {"replica lag", "replica lag", WB_METRIC_BUILTIN, WB_SHAPE_VALUE},
    {"replication lag", "replica lag", WB_METRIC_BUILTIN, WB_SHAPE_VALUE},
    {"sync lag", "sync lag", WB_METRIC_BUILTIN, WB_SHAPE_VALUE},
    {"lag", "replica lag", WB_METRIC_BUILTIN, WB_SHAPE_VALUE},
    {"dual write failure rate", "dual-write error rate", WB_METRIC_BUILTIN, WB_SHAPE_RATIO},
    {"dual write error rate", "dual-write error rate", WB_METRIC_BUILTIN, WB_SHAPE_RATIO},
    {"mismatch rate", "mismatch rate", WB_METRIC_BUILTIN, WB_SHAPE_RATIO},
    {"divergences", "divergences", WB_METRIC_BUILTIN, WB_SHAPE_COUNT},
    {"divergence", "divergences", WB_METRIC_BUILTIN, WB_SHAPE_COUNT},
    {"data divergence", "divergences", WB_METRIC_BUILTIN, WB_SHAPE_COUNT},
    {"data mismatch", "divergences", WB_METRIC_BUILTIN, WB_SHAPE_COUNT},
    {"data mismatches", "divergences", WB_METRIC_BUILTIN, WB_SHAPE_COUNT},
    {"data inconsistency", "divergences", WB_METRIC_BUILTIN, WB_SHAPE_COUNT},
    {"mismatch", "divergences", WB_METRIC_BUILTIN, WB_SHAPE_COUNT},
    {"mismatches", "divergences", WB_METRIC_BUILTIN, WB_SHAPE_COUNT},
    {"diverging row", "divergences", WB_METRIC_BUILTIN, WB_SHAPE_COUNT},
    {"backfill progress", "backfill progress", WB_METRIC_BUILTIN, WB_SHAPE_VALUE},
};
enum { N_KNOWN = sizeof known / sizeof *known };

/* "p99", "p99 latency", "latency p99", "p99 read latency", "99th percentile latency": 99. */
static bool quantile_of(const char *name, struct wb_decimal *ret) {
    const char *p = name;
    if (wb_str_starts(p, "latency "))
        p += strlen("latency ");
    size_t start = *p == 'p' ? 1 : 0, n = strspn(p + start, "0123456789.");
    const char *rest = p + start + n;
    if (!n || !wb_decimal_parse(p + start, n, ret))
        return false;
    if (!start && wb_str_starts(rest, "th percentile"))
        rest += strlen("th percentile");
    else if (!start)
        return false;
    if (*rest && strcmp(rest, " latency") != 0 && strcmp(rest, " read latency") != 0 &&
        strcmp(rest, " response time") != 0)
        return false;
    wb_decimal_percent(ret);
    return wb_decimal_compare(*ret, (struct wb_decimal){.digits = 1}) < 0;
}

/* Lower case, single spaces, no hyphens, no article. */
static const char *plain(const struct wb_plan_reader *r, const char *name) {
    WB_CLEANUP_BUF struct wb_buf b = {0};
    for (const char *s = name; *s; s++) {
        char c = *s >= 'A' && *s <= 'Z' ? (char)(*s + 32) : *s;
        if (c == '`' || c == '*')
            continue;
        if (c == '-' || c == '\t')
            c = ' ';
        if (c == ' ' && (b.len == 0 || b.data[b.len - 1] == ' '))
            continue;
        wb_buf_addc(&b, c);
    }
    while (b.len && b.data[b.len - 1] == ' ')
        b.data[--b.len] = 0;
    const char *text = wb_buf_str(&b);
    static const char *const articles[] = {"the ", "a ", "an ", "any "};
    for (size_t i = 0; i < 4; i++)
        if (wb_str_starts(text, articles[i]))
            return wb_arena_strdup(r->a, text + strlen(articles[i]));
    return wb_arena_strdup(r->a, text);
}

/* "error_rate" is "error rate". */
static bool same_words(const char *a, const char *b) {
    while (*a && (*a == *b || (*a == '_' && *b == ' ')))
        a++, b++;
    return !*a && !*b;
}

static void describe(const struct wb_plan_reader *r, const char *text, struct wb_plan_metric *m) {
    if (quantile_of(text, &m->quantile)) {
        WB_CLEANUP_BUF struct wb_buf b = {0};
        struct wb_decimal percent = m->quantile;
        wb_decimal_scale(&percent, 100);
        wb_decimal_put(&b, percent);
        m->name = wb_arena_printf(r->a, "P%s", wb_buf_str(&b));
        m->shape = WB_SHAPE_QUANTILE;
        bool offered = strcmp(m->name, "P50") == 0 || strcmp(m->name, "P95") == 0 ||
                       strcmp(m->name, "P99") == 0;
        m->kind = offered ? WB_METRIC_OBSERVED : WB_METRIC_UNKNOWN;
        return;
    }
    m->name = text;
    for (size_t i = 0; i < N_KNOWN; i++) {
        if (!same_words(text, known[i].alias))
            continue;
        m->name = known[i].name;
        m->kind = known[i].kind;
        m->shape = known[i].shape;
        return;
    }
    if (wb_str_istr(text, " rate"))
        m->shape = WB_SHAPE_RATIO;
}

void wb_metric_look_ahead(struct wb_plan_reader *r) {
    static const char attribute[] = "metric=";
    const char *end = r->text + r->len, *s = r->text;
    size_t cap = 0;
    while ((s = memmem(s, (size_t)(end - s), attribute, sizeof attribute - 1))) {
        s += sizeof attribute - 1;
        const char *until = s < end && *s == '"' ? "\"\r\n" : " \t\r\n";
        s += s < end && *s == '"';
        size_t len = 0;
        while (s + len < end && !strchr(until, s[len]))
            len++;
        *WB_PUSH(r->a, r->ahead, r->n_ahead, cap) = wb_arena_strndup(r->a, s, len);
    }
}

static bool in_a_block(const struct wb_plan_reader *r, const char *name) {
    for (size_t i = 0; i < r->n_ahead; i++)
        if (strcasecmp(r->ahead[i], name) == 0)
            return true;
    return false;
}

bool wb_metric_known(const struct wb_plan_reader *r, const char *name) {
    struct wb_plan_metric m = {0};
    describe(r, plain(r, name), &m);
    if (m.kind != WB_METRIC_UNKNOWN || m.shape == WB_SHAPE_QUANTILE)
        return true;
    for (size_t i = 0; i < r->plan->n_metrics; i++)
        if (strcmp(r->plan->metrics[i]->name, m.name) == 0 && wb_metric_bound(r->plan->metrics[i]))
            return true;
    return in_a_block(r, m.name);
}

const char *wb_metric_called(const struct wb_plan_reader *r, const char *name,
                             enum wb_metric_shape *ret_shape) {
    struct wb_plan_metric m = {0};
    describe(r, plain(r, name), &m);
    *ret_shape = m.shape;
    return m.name;
}

struct wb_plan_metric *wb_metric_named(struct wb_plan_reader *r, const char *name) {
    struct wb_plan *p = r->plan;
    struct wb_plan_metric m = {0};
    describe(r, plain(r, name), &m);
    for (size_t i = 0; i < p->n_metrics; i++)
        if (strcmp(p->metrics[i]->name, m.name) == 0)
            return p->metrics[i];
    struct wb_plan_metric *made = WB_NEW(r->a, struct wb_plan_metric);
    *made = m;
    if (m.kind == WB_METRIC_BUILTIN)
        made->source = WB_SOURCE_BUILTIN;
    *WB_PUSH(r->a, p->metrics, p->n_metrics, p->cap_metrics) = made;
    return made;
}

const char *wb_metric_near(const struct wb_plan_reader *r, const char *name) {
    for (size_t i = 0; i < N_KNOWN; i++)
        if (strlen(known[i].alias) > 5 && strcmp(known[i].alias, name) != 0 &&
            wb_word_near(name, known[i].alias))
            return known[i].name;
    for (size_t i = 0; i < r->plan->n_metrics; i++) {
        const struct wb_plan_metric *m = r->plan->metrics[i];
        if (wb_metric_bound(m) && strcmp(m->name, name) != 0 && wb_word_near(name, m->name))
            return m->name;
    }
    return NULL;
}

bool wb_metric_bound(const struct wb_plan_metric *m) {
    return m->source != WB_SOURCE_NONE;
}

/* --- metrics: in the front matter
 * ------------------------------------------------------------------ */

static bool read_duration(struct wb_plan_reader *r, const char *text, int64_t *ret) {
    struct wb_plan_reader own = {.a = r->a, .text = text, .len = strlen(text), .file = r->file};
    struct wb_phrase p;
    struct wb_plan_value v;
    wb_phrase_read(&own, 0, own.len, &p);
    if (wb_value_at(&p, 0, &v, NULL) != p.n || v.unit != WB_UNIT_MS)
        return false;
    *ret = v.ms;
    return true;
}

static void wrong(struct wb_plan_reader *r, const struct wb_yaml *y) {
    wb_reader_find(
        r, WB_PLAN_VALUE, y->key_place,
        "keys of a metric: promql, sql, sh or http with the query; on: source, target or "
        "replica; unit; every: 10s",
        "\"%s\" cannot be used here", y->key);
}

static void read_setting(struct wb_plan_reader *r, const struct wb_yaml *y,
                         struct wb_plan_metric *m) {
    static const char *const languages[] = {[WB_LANG_SQL] = "sql",
                                            [WB_LANG_SH] = "sh",
                                            [WB_LANG_PROMQL] = "promql",
                                            [WB_LANG_HTTP] = "http"};
    static const char *const sides[] = {
        [WB_ON_SOURCE] = "source", [WB_ON_TARGET] = "target", [WB_ON_REPLICA] = "replica"};
    const char *text = y->kind == WB_YAML_SCALAR ? y->text : "";
    for (int i = WB_LANG_SQL; i <= WB_LANG_HTTP; i++) {
        if (strcmp(y->key, languages[i]) != 0 || !*text)
            continue;
        m->lang = (enum wb_block_language)i;
        m->query = wb_front_text(r, text, y->place).value;
        m->source = WB_SOURCE_QUERY;
        return;
    }
    if (strcmp(y->key, "unit") == 0 && *text) {
        m->unit = text;
        return;
    }
    if (strcmp(y->key, "every") == 0 && read_duration(r, text, &m->every_ms))
        return;
    for (int i = WB_ON_SOURCE; strcmp(y->key, "on") == 0 && i <= WB_ON_REPLICA; i++) {
        if (strcmp(text, sides[i]) != 0)
            continue;
        m->on = (enum wb_block_on)i;
        return;
    }
    wrong(r, y);
}

/* Counted from what the application reports, bound or not. */
static bool is_reported(const struct wb_plan_metric *m) {
    return m->kind == WB_METRIC_OBSERVED ||
           (m->kind == WB_METRIC_BUILTIN && m->shape != WB_SHAPE_VALUE);
}

/* "error rate: observe" */
static bool observe(struct wb_plan_reader *r, const struct wb_yaml *y, struct wb_plan_metric *m) {
    if (y->kind != WB_YAML_SCALAR || strcmp(y->text, "observe") != 0)
        return false;
    if (m->kind == WB_METRIC_OBSERVED)
        m->source = WB_SOURCE_OBSERVE;
    else if (!is_reported(m))
        wb_reader_find(
            r, WB_PLAN_VALUE, y->key_place,
            m->kind == WB_METRIC_BUILTIN
                ? "leave the line out, for whimbrel measures it itself; or give promql:, sql:, "
                  "sh: or http: with a query"
                : "give promql:, sql:, sh: or http: with a query; what applications report is: "
                  "error rate, P50, P95, P99, dual-write error rate, mismatch rate, divergences",
            "\"%s\" is not among what an application reports", y->key);
    return true;
}

static void bind_one(struct wb_plan_reader *r, const struct wb_yaml *y) {
    struct wb_plan_metric *m = wb_metric_named(r, y->key);
    m->place = y->key_place;
    if (observe(r, y, m))
        return;
    for (size_t i = 0; y->kind == WB_YAML_MAP && i < y->n; i++)
        read_setting(r, &y->items[i], m);
    if (m->source != WB_SOURCE_QUERY)
        wb_reader_find(
            r, WB_PLAN_VALUE, y->key_place,
            is_reported(m)
                ? "give promql:, sql:, sh: or http: with a query, or \"observe\" where the "
                  "application reports its reads and writes"
                : "give promql:, sql:, sh: or http: with a query",
            "the metric \"%s\" has no query", y->key);
}

void wb_front_bind_metrics(struct wb_plan_reader *r, const struct wb_yaml *map) {
    if (map->kind != WB_YAML_MAP)
        wb_reader_find(r, WB_PLAN_VALUE, map->place, "write a name and its query a line",
                       "\"metrics\" is no list of names");
    for (size_t i = 0; map->kind == WB_YAML_MAP && i < map->n; i++)
        bind_one(r, &map->items[i]);
}

/* --- sides
 * ------------------------------------------------------------------------------------------ */

enum wb_plan_side wb_side_named(const struct wb_plan_reader *r, const char *word) {
    static const struct {
        const char *word, *scheme;
        enum wb_plan_side side;
    } words[] = {
        {"source", NULL, WB_PLAN_SIDE_SOURCE},
        {"old", NULL, WB_PLAN_SIDE_SOURCE},
        {"target", NULL, WB_PLAN_SIDE_TARGET},
        {"new", NULL, WB_PLAN_SIDE_TARGET},
        {"mysql", "mysql", 0},
        {"mariadb", "mysql", 0},
        {"postgresql", "postgresql", 0},
        {"postgres", "postgresql", 0},
        {"sqlite", "sqlite", 0},
    };
    const struct wb_plan_front *f = &r->plan->front;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (strcmp(word, words[i].word) != 0)
            continue;
        if (!words[i].scheme)
            return words[i].side;
        bool source = wb_str_eq(words[i].scheme, f->source_scheme);
        bool target = wb_str_eq(words[i].scheme, f->target_scheme);
        return source == target ? WB_PLAN_SIDE_UNKNOWN
               : source         ? WB_PLAN_SIDE_SOURCE
                                : WB_PLAN_SIDE_TARGET;
    }
    return WB_PLAN_SIDE_NONE;
}

const char *wb_side_text(enum wb_plan_side side, const char *thing) {
    return side == WB_PLAN_SIDE_SOURCE   ? "the source"
           : side == WB_PLAN_SIDE_TARGET ? "the target"
           : thing                       ? thing
                                         : "a side";
}
