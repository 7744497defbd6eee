/* The front matter: which databases, which flag, which metrics. Values may hold ${NAME}, which is
 * read from the environment and never shown. */
#include "plan/reader.h"

#include "base/str.h"
#include "model/url.h"

#include <stdlib.h>
#include <string.h>

/* X(key, kind): one table for reading, for suggestions and for docs/plan.md. */
#define KEYS(X)               \
    X(whimbrel, VERSION)      \
    X(source, TEXT)           \
    X(target, TEXT)           \
    X(replicas, LIST)         \
    X(tables, LIST)           \
    X(flag, TEXT)             \
    X(day_1, DATE)            \
    X(epic, TEXT)             \
    X(journal, TEXT)          \
    X(backup, BACKUP)         \
    X(notify, LIST)           \
    X(policy, POLICY)         \
    X(mapping, TEXT)          \
    X(prometheus, TEXT)       \
    X(prometheus_token, TEXT) \
    X(metrics, METRICS)       \
    X(traffic, TRAFFIC)       \
    X(observations, NUMBER)   \
    X(strict, BOOL)           \
    X(reverse, BOOL)

enum key {
#define X(name, kind) KEY_##name,
    KEYS(X)
#undef X
        KEY_COUNT
};
enum kind { VERSION, TEXT, LIST, DATE, BACKUP, POLICY, METRICS, TRAFFIC, NUMBER, BOOL };

static const struct {
    const char *word;
    enum kind kind;
} keys[] = {
#define X(name, kind) {#name, kind},
    KEYS(X)
#undef X
};

/* Keys are written with "-" or "_". */
static const char *spelled(struct wb_plan_reader *r, const char *key, char from, char to) {
    char *text = wb_arena_strdup(r->a, key);
    for (char *c = text; *c; c++)
        *c = *c == from ? to : *c;
    return text;
}

/* --- ${NAME}
 * ---------------------------------------------------------------------------------------- */

static const char *variable(const struct wb_plan_reader *r, const char *name) {
    return r->opts->variable ? r->opts->variable(r->opts->ctx, name) : getenv(name);
}

struct wb_plan_text wb_front_text(struct wb_plan_reader *r, const char *text,
                                  struct wb_plan_place place) {
    struct wb_plan_text t = {.shown = text, .place = place};
    WB_CLEANUP_BUF struct wb_buf b = {0};
    for (const char *s = text; *s;) {
        bool opens = s[0] == '$' && s[1] == '{';
        const char *end = opens ? strchr(s, '}') : NULL;
        if (opens && (!end || end == s + 2)) {
            wb_reader_find(r, WB_PLAN_VALUE, place, "write ${NAME}",
                           "the variable's name is missing, or its closing brace");
            end = NULL;
        }
        if (!end) {
            wb_buf_addc(&b, *s++);
            continue;
        }
        const char *name = wb_arena_strndup(r->a, s + 2, (size_t)(end - s) - 2);
        const char *value = variable(r, name);
        if (value)
            wb_buf_adds(&b, value);
        else {
            t.incomplete = true;
            wb_reader_find(r, WB_PLAN_VARIABLE, place,
                           "set it where the plan runs; a check without it knows less",
                           "the variable %s is not set", name);
        }
        s = end + 1;
    }
    t.value = wb_arena_strdup(r->a, wb_buf_str(&b));
    return t;
}

/* A password that stands in the plan itself is hidden and warned about; one that came from the
 * environment is never in shown. */
static void hide_password(struct wb_plan_reader *r, struct wb_plan_text *t) {
    struct wb_url url, written;
    if (!t->incomplete && strchr(t->value, ':'))
        wb_url_parse(t->value, r->a, &url, NULL);
    if (!strchr(t->shown, ':') || wb_url_parse(t->shown, r->a, &written, NULL))
        return;
    if (!written.password || wb_str_starts(written.password, "${"))
        return;
    t->shown = written.redacted;
    wb_reader_find(r, WB_PLAN_SECRET, t->place,
                   "put it into the environment: ${NAME}, WHIMBREL_SOURCE_PASSWORD or "
                   "WHIMBREL_TARGET_PASSWORD",
                   "the plan holds a password");
}

/* Likewise, of an address over HTTP and of a bearer token. */
static void hide_secret(struct wb_plan_reader *r, struct wb_plan_text *t, bool whole) {
    const char *slashes = strstr(t->shown, "://");
    const char *from = whole ? t->shown : slashes ? slashes + 3 : NULL;
    const char *at = whole ? t->shown + strlen(t->shown) : from ? strchr(from, '@') : NULL;
    const char *colon = from && at && !whole ? memchr(from, ':', (size_t)(at - from)) : NULL;
    if (!at || (!whole && !colon))
        return;
    from = whole ? from : colon + 1;
    if (at == from || wb_str_starts(from, "${"))
        return;
    t->shown = wb_arena_printf(r->a, "%.*s***%s", (int)(from - t->shown), t->shown, at);
    wb_reader_find(r, WB_PLAN_SECRET, t->place, "put it into the environment: ${NAME}",
                   whole ? "the plan holds a token" : "the plan holds a password");
}

static const char *scheme_of(struct wb_plan_reader *r, const struct wb_plan_text *t) {
    const char *colon = t->value ? strchr(t->value, ':') : NULL;
    if (!colon || colon == t->value || memchr(t->value, '$', (size_t)(colon - t->value)))
        return NULL;
    char *scheme = wb_arena_strndup(r->a, t->value, (size_t)(colon - t->value));
    for (char *c = scheme; *c; c++)
        *c = *c >= 'A' && *c <= 'Z' ? (char)(*c + 32) : *c;
    return strcmp(scheme, "mariadb") == 0    ? "mysql"
           : strcmp(scheme, "postgres") == 0 ? "postgresql"
                                             : scheme;
}

static void judge_url(struct wb_plan_reader *r, const char *key, const struct wb_plan_text *t) {
    struct wb_url url;
    struct wb_error err = {0};
    const char *scheme = scheme_of(r, t);
    bool known = scheme && (strcmp(scheme, "postgresql") == 0 || strcmp(scheme, "mysql") == 0 ||
                            strcmp(scheme, "sqlite") == 0);
    if (t->value && !t->incomplete && (!known || wb_url_parse(t->value, r->a, &url, &err)))
        wb_reader_find(r, WB_PLAN_VALUE, t->place,
                       "write postgresql://, mysql:// or mariadb://user@host/database, or "
                       "sqlite:PATH",
                       "\"%s\" is no database's URL", key);
}

/* --- values
 * ----------------------------------------------------------------------------------------- */

static void wrong(struct wb_plan_reader *r, const struct wb_yaml *y, const char *wanted) {
    wb_reader_find(r, WB_PLAN_VALUE, y->place, wanted, "\"%s\" has a value that cannot be used",
                   y->key ? y->key : "an entry");
}

static void read_list(struct wb_plan_reader *r, const struct wb_yaml *y,
                      struct wb_plan_text **items, size_t *n, size_t *cap) {
    if (y->kind == WB_YAML_SCALAR) {
        struct wb_plan_text t = wb_front_text(r, y->text, y->place);
        hide_password(r, &t);
        *WB_PUSH(r->a, *items, *n, *cap) = t;
    }
    for (size_t i = 0; i < y->n; i++) {
        if (y->items[i].kind == WB_YAML_SCALAR)
            read_list(r, &y->items[i], items, n, cap);
        else
            wrong(r, y, "give a list of words");
    }
}

static void read_policy(struct wb_plan_reader *r, const struct wb_yaml *y) {
    if (y->kind != WB_YAML_MAP)
        wrong(r, y, "write \"policy:\" and below it lines such as \"zero-date: null\"");
    for (size_t i = 0; y->kind == WB_YAML_MAP && i < y->n; i++) {
        const struct wb_yaml *e = &y->items[i];
        const char *text = e->kind == WB_YAML_SCALAR ? e->text : "";
        const char *rule = wb_arena_printf(r->a, "%s=%s", e->key, text);
        if (!wb_policy_parse(rule, &r->plan->front.policy))
            wb_reader_find(r, WB_PLAN_VALUE, e->key_place,
                           "kinds: nul-byte, zero-date, range, utf8, name-length, name-case; "
                           "actions: refuse, null, replace, clamp",
                           "there is no policy %s: %s", e->key, text);
    }
}

static int days_in(int year, int month) {
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return month == 2 && leap ? 29 : days[month - 1];
}

static bool is_date(const char *s) {
    static const char form[] = "dddd-dd-dd";
    if (strlen(s) != strlen(form))
        return false;
    for (size_t i = 0; form[i]; i++)
        if (form[i] == 'd' ? s[i] < '0' || s[i] > '9' : s[i] != form[i])
            return false;
    int month = atoi(s + 5), day = atoi(s + 8);
    return month >= 1 && month <= 12 && day >= 1 && day <= days_in(atoi(s), month);
}

static bool yaml_true(const char *s, bool *ret) {
    static const char *const yes[] = {"true", "yes", "on"}, *const no[] = {"false", "no", "off"};
    for (size_t i = 0; i < 3; i++) {
        if (wb_str_ieq(s, yes[i]) || wb_str_ieq(s, no[i])) {
            *ret = wb_str_ieq(s, yes[i]);
            return true;
        }
    }
    return false;
}

static void read_scalar(struct wb_plan_reader *r, enum key key, const struct wb_yaml *y) {
    struct wb_plan_front *f = &r->plan->front;
    struct wb_plan_text *const texts[KEY_COUNT] = {
        [KEY_source] = &f->source,
        [KEY_target] = &f->target,
        [KEY_flag] = &f->flag,
        [KEY_epic] = &f->epic,
        [KEY_journal] = &f->journal,
        [KEY_mapping] = &f->mapping,
        [KEY_day_1] = &f->day_1,
        [KEY_prometheus] = &f->prometheus,
        [KEY_prometheus_token] = &f->prometheus_token,
    };
    int64_t n;
    if (y->kind != WB_YAML_SCALAR || !*y->text) {
        wrong(r, y, "give one value");
        return;
    }
    switch (keys[key].kind) {
    case VERSION:
        if (!wb_str_int64(y->text, 1, 1, &n))
            wrong(r, y, "this whimbrel reads format 1: \"whimbrel: 1\"");
        f->version = 1;
        return;
    case NUMBER:
        if (wb_str_int64(y->text, 1, 1000000000, &n))
            f->observations = n;
        else
            wrong(r, y, "give a whole number of samples, such as 300");
        return;
    case BOOL:
        if (!yaml_true(y->text, key == KEY_strict ? &f->strict_ratios : &f->reverse))
            wrong(r, y, "give true or false");
        return;
    case DATE:
        if (!is_date(y->text))
            wrong(r, y, "give the date of day 1 as YYYY-MM-DD");
        break;
    default:
        break;
    }
    *texts[key] = wb_front_text(r, y->text, y->place);
    if (key == KEY_prometheus || key == KEY_prometheus_token)
        hide_secret(r, texts[key], key == KEY_prometheus_token);
    else
        hide_password(r, texts[key]);
}

static void read_traffic(struct wb_plan_reader *r, const struct wb_yaml *y) {
    static const char remedy[] = "write \"reads: 10,000/min\" and \"writes: 1,000/min\"";
    for (size_t i = 0; y->kind == WB_YAML_MAP && i < y->n; i++) {
        const struct wb_yaml *e = &y->items[i];
        struct wb_decimal d;
        const char *slash = e->text ? strchr(e->text, '/') : NULL;
        size_t len = slash ? (size_t)(slash - e->text) : 0;
        double times = !slash                       ? 0
                       : strcmp(slash, "/min") == 0 ? 1
                       : strcmp(slash, "/s") == 0   ? 60
                       : strcmp(slash, "/h") == 0   ? 1.0 / 60
                                                    : 0;
        bool reads = wb_str_eq(e->key, "reads");
        if (times == 0 || !wb_decimal_parse(e->text, len, &d) ||
            !(reads || wb_str_eq(e->key, "writes"))) {
            wrong(r, e, remedy);
            continue;
        }
        struct wb_plan_traffic *t = &r->plan->traffic;
        *(reads ? &t->reads_per_min : &t->writes_per_min) = wb_decimal_double(d) * times;
        t->place = e->place;
    }
    if (y->kind != WB_YAML_MAP)
        wrong(r, y, remedy);
}

static const char backup_remedy[] =
    "write \"backup:\" and below it \"to: FOLDER\", and where wanted \"of: source\" or \"of: "
    "target\", \"scratch: URL\" and \"keep: N\"; or a shell command behind it";

static void read_backup_entry(struct wb_plan_reader *r, const struct wb_yaml *e) {
    struct wb_plan_backup *b = &r->plan->front.backup_made;
    bool of_source = wb_str_ieq(e->text, "source");
    if (e->kind != WB_YAML_SCALAR || !*e->text) {
        wrong(r, e, backup_remedy);
    } else if (wb_str_eq(e->key, "to")) {
        b->to = wb_front_text(r, e->text, e->place);
    } else if (wb_str_eq(e->key, "scratch")) {
        b->scratch = wb_front_text(r, e->text, e->place);
        hide_password(r, &b->scratch);
    } else if (wb_str_eq(e->key, "of") && (of_source || wb_str_ieq(e->text, "target"))) {
        b->of = of_source ? WB_PLAN_SIDE_SOURCE : WB_PLAN_SIDE_TARGET;
    } else if (!wb_str_eq(e->key, "keep") || !wb_str_int64(e->text, 1, 1000000, &b->keep)) {
        wrong(r, e, backup_remedy);
    }
}

static void read_backup(struct wb_plan_reader *r, const struct wb_yaml *y) {
    struct wb_plan_front *f = &r->plan->front;
    f->backup = (struct wb_plan_text){.value = "given", .shown = "given", .place = y->place};
    f->backup_made = (struct wb_plan_backup){.of = WB_PLAN_SIDE_SOURCE};
    for (size_t i = 0; y->kind == WB_YAML_MAP && i < y->n; i++)
        read_backup_entry(r, &y->items[i]);
    if (!f->backup_made.to.value)
        wrong(r, y, backup_remedy);
}

static void read_key(struct wb_plan_reader *r, enum key key, const struct wb_yaml *y) {
    struct wb_plan_front *f = &r->plan->front;
    switch (keys[key].kind) {
    case LIST:
        if (key == KEY_replicas)
            read_list(r, y, &f->replicas, &f->n_replicas, &f->cap_replicas);
        else if (key == KEY_tables)
            read_list(r, y, &f->tables, &f->n_tables, &f->cap_tables);
        else
            read_list(r, y, &f->notify, &f->n_notify, &f->cap_notify);
        return;
    case BACKUP:
        if (y->kind == WB_YAML_SCALAR)
            f->backup = wb_front_text(r, y->text, y->place);
        else
            read_backup(r, y);
        return;
    case POLICY:
        read_policy(r, y);
        return;
    case METRICS:
        wb_front_bind_metrics(r, y);
        return;
    case TRAFFIC:
        read_traffic(r, y);
        return;
    default:
        read_scalar(r, key, y);
    }
}

static void unknown_key(struct wb_plan_reader *r, const struct wb_yaml *y, const char *word) {
    for (size_t k = 0; k < KEY_COUNT; k++) {
        if (!wb_word_near(word, keys[k].word))
            continue;
        wb_reader_find(r, WB_PLAN_SYNTAX, y->key_place,
                       wb_arena_printf(r->a, "write \"%s:\"", spelled(r, keys[k].word, '_', '-')),
                       "the front matter has no key \"%s\"", y->key);
        return;
    }
    wb_reader_find(r, WB_PLAN_ADVICE, y->key_place, "docs/plan.md lists the keys",
                   "whimbrel does not know the key \"%s\" and ignores it", y->key);
}

static void read_map(struct wb_plan_reader *r, const struct wb_yaml *map) {
    bool seen[KEY_COUNT] = {0};
    for (size_t i = 0; i < map->n; i++) {
        const char *word = spelled(r, map->items[i].key, '-', '_');
        size_t k = 0;
        while (k < KEY_COUNT && strcmp(word, keys[k].word) != 0)
            k++;
        if (k == KEY_COUNT)
            unknown_key(r, &map->items[i], word);
        else if (seen[k])
            wb_reader_find(r, WB_PLAN_FRONT, map->items[i].key_place, "keep one of them",
                           "the key \"%s\" is given twice", map->items[i].key);
        else
            read_key(r, (enum key)k, &map->items[i]);
        if (k < KEY_COUNT)
            seen[k] = true;
    }
}

/* The line that ends the front matter: "---" or "..."; 0 where there is none. */
/* A line of three hyphens, or of three points at the end. */
static bool is_fence(const struct wb_plan_reader *r, unsigned line, const char *fence) {
    size_t from = r->line_at[line - 1], to = wb_reader_line_end(r, line);
    while (to > from && strchr(" \t", r->text[to - 1]))
        to--;
    return to - from == 3 && memcmp(r->text + from, fence, 3) == 0;
}

static unsigned closing_line(const struct wb_plan_reader *r) {
    if (r->len < 4 || !is_fence(r, 1, "---"))
        return 0;
    for (unsigned line = 2; line <= r->n_lines; line++)
        if (is_fence(r, line, "---") || is_fence(r, line, "..."))
            return line;
    return 0;
}

/* A key of the front matter near the top, but no front matter: 0 where there is none. */
static unsigned lost_key(const struct wb_plan_reader *r) {
    static const char *const words[] = {"whimbrel:", "source:", "target:"};
    for (unsigned line = 1; line <= r->n_lines && line <= 12; line++) {
        const char *s = r->text + r->line_at[line - 1];
        size_t len = wb_reader_line_end(r, line) - r->line_at[line - 1];
        for (size_t i = 0; i < 3; i++)
            if (len > strlen(words[i]) && memcmp(s, words[i], strlen(words[i])) == 0)
                return line;
    }
    return 0;
}

size_t wb_front_read(struct wb_plan_reader *r) {
    struct wb_plan_front *f = &r->plan->front;
    struct wb_plan_place top = {.file = r->file, .line = 1, .column = 1};
    unsigned end = closing_line(r);
    f->observations = 300;
    if (!end && lost_key(r)) {
        top.line = lost_key(r);
        wb_reader_find(r, WB_PLAN_FRONT, top,
                       "begin the first line of the file with \"---\", and end it with \"---\"",
                       "this looks like front matter, but no lines \"---\" stand around it");
        return 0;
    }
    if (!end) {
        wb_reader_find(
            r, WB_PLAN_FRONT, top,
            "begin the plan with \"---\", \"whimbrel: 1\", \"source: …\", \"target: …\" and "
            "\"---\"",
            "the plan has no front matter: which databases it is about is not known");
        r->plan->findings[r->plan->n_findings - 1].severity = WB_WARNING;
        return 0;
    }
    *f = (struct wb_plan_front){
        .present = true, .first_line = 1, .last_line = end, .observations = 300};
    struct wb_yaml *map = wb_yaml_read(r, r->line_at[1], r->line_at[end - 1]);
    if (map)
        read_map(r, map);
    if (map && (!f->source.value || !f->target.value))
        wb_reader_find(r, WB_PLAN_FRONT, top,
                       "for a migration within one database give the same URL twice",
                       "the front matter does not say %s", f->source.value ? "target:" : "source:");
    judge_url(r, "source", &f->source);
    judge_url(r, "target", &f->target);
    f->source_scheme = scheme_of(r, &f->source);
    f->target_scheme = scheme_of(r, &f->target);
    return end < r->n_lines ? r->line_at[end] : r->len;
}
