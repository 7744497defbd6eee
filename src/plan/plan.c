/* From a file to a checked plan: read, bind, tell, judge, hash. */
#include "plan/pattern.h"

#include "base/str.h"
#include "plan/file.h"

#include <stdlib.h>
#include <string.h>

enum { MAX_PLAN_BYTES = 16 << 20 };

static const struct wb_plan_opts defaults;

static enum wb_code judge_text(const char *path, const char *text, size_t len,
                               struct wb_error *err) {
    if (len > MAX_PLAN_BYTES)
        return wb_error_set(err, WB_E_PLAN, "%s: it is larger than 16 MiB", path);
    size_t good = wb_str_utf8_valid(text, len);
    const char *nul = memchr(text, 0, len);
    if (nul && (size_t)(nul - text) < good)
        good = (size_t)(nul - text);
    if (good == len)
        return WB_OK;
    unsigned line = 1;
    for (size_t i = 0; i < good; i++)
        line += text[i] == '\n';
    return wb_error_set(err, WB_E_PLAN, "%s:%u: the file is not UTF-8 text", path, line);
}

/* cmark reads front matter as a rule and a heading: spaces take its place, line by line. */
static char *blanked(struct wb_plan_reader *r, size_t front_end) {
    char *text = wb_arena_strndup(r->a, r->text, r->len);
    for (size_t i = 0; i < front_end; i++)
        text[i] = text[i] == '\n' ? '\n' : ' ';
    return text;
}

static void parse_patterns(struct wb_plan_reader *r) {
    r->elements = wb_arena_alloc(r->a, wb_n_patterns * sizeof *r->elements);
    for (size_t i = 0; i < wb_n_patterns; i++)
        wb_pattern_parse(r->a, wb_patterns[i].text, &r->elements[i]);
}

/* mapping: names a file whose table is read as if it stood here. */
static void read_mapping_file(struct wb_plan_reader *r) {
    const struct wb_plan_text *m = &r->plan->front.mapping;
    if (!m->value || r->opts->files == WB_PLAN_NO_FILES)
        return;
    size_t before = r->plan->n_mappings;
    struct wb_plan_reader own = {
        .plan = r->plan, .a = r->a, .opts = r->opts, .elements = r->elements, .phase = -1};
    /* What came from the environment is not shown, not even as part of a path. */
    const char *path = wb_file_beside(r->a, r->file, m->value);
    own.file = wb_file_beside(r->a, r->file, m->shown);
    if (wb_file_read(r->a, path, MAX_PLAN_BYTES, &own.text, &own.len, NULL) ||
        judge_text(own.file, own.text, own.len, NULL)) {
        wb_reader_find(r, WB_PLAN_FRONT, m->place, "paths begin at the plan's folder",
                       "the mapping %s cannot be read as text", m->shown);
        return;
    }
    wb_reader_index(&own);
    wb_document_read(&own, own.text);
    if (r->plan->n_mappings == before)
        wb_reader_find(r, WB_PLAN_FRONT, m->place,
                       "it needs a table with the headers From, To and As", "%s holds no mapping",
                       m->shown);
}

static int by_place(const void *a, const void *b) {
    const struct wb_plan_finding *x = a, *y = b;
    if (x->place.line != y->place.line)
        return x->place.line < y->place.line ? -1 : 1;
    if (x->place.column != y->place.column)
        return x->place.column < y->place.column ? -1 : 1;
    return x->rule != y->rule ? (x->rule < y->rule ? -1 : 1) : strcmp(x->text, y->text);
}

/* One finding a place and text: a phrase may be looked at twice. */
void wb_plan_sort_findings(struct wb_plan *p) {
    size_t n = 0;
    if (p->n_findings)
        qsort(p->findings, p->n_findings, sizeof *p->findings, by_place);
    for (size_t i = 0; i < p->n_findings; i++)
        if (n == 0 || by_place(&p->findings[n - 1], &p->findings[i]) != 0)
            p->findings[n++] = p->findings[i];
    p->n_findings = n;
}

void wb_plan_add_finding(struct wb_plan *p, const struct wb_plan_finding *f) {
    struct wb_plan_finding *own = WB_PUSH(&p->arena, p->findings, p->n_findings, p->cap_findings);
    *own = *f;
    own->text = wb_arena_strdup(&p->arena, f->text);
    own->remedy = wb_arena_strdup(&p->arena, f->remedy);
}

enum wb_code wb_plan_parse(const char *path, const char *text, size_t len,
                           const struct wb_plan_opts *opts, struct wb_plan **ret,
                           struct wb_error *err) {
    enum wb_code code = judge_text(path, text, len, err);
    struct wb_plan *p = code ? NULL : calloc(1, sizeof *p);
    if (!p)
        return code ? code : wb_error_set(err, WB_E_MEMORY, "no memory for a plan");
    if (len >= 3 && memcmp(text, "\xEF\xBB\xBF", 3) == 0) { /* a byte order mark says nothing */
        text += 3;
        len -= 3;
    }
    struct wb_plan_reader r = {.plan = p, .a = &p->arena, .phase = -1};
    p->path = r.file = wb_arena_strdup(r.a, path);
    r.text = wb_arena_strndup(r.a, text, len);
    r.len = len;
    r.opts = opts ? opts : &defaults;
    wb_reader_index(&r);
    wb_metric_look_ahead(&r);
    p->text = r.text;
    p->len = r.len;
    p->line_at = r.line_at;
    p->n_text_lines = r.n_lines;
    parse_patterns(&r);
    wb_document_read(&r, blanked(&r, wb_front_read(&r)));
    read_mapping_file(&r);
    wb_plan_bind(&r);
    wb_plan_tell(&r);
    wb_plan_judge(&r);
    wb_plan_hash(&r);
    wb_plan_sort_findings(p);
    *ret = p;
    return WB_OK;
}

enum wb_code wb_plan_load(const char *path, const struct wb_plan_opts *opts, struct wb_plan **ret,
                          struct wb_error *err) {
    struct wb_arena a = {0};
    const char *text = NULL;
    size_t len = 0;
    enum wb_code code = wb_file_read(&a, path, MAX_PLAN_BYTES, &text, &len, err);
    if (!code)
        code = wb_plan_parse(path, text, len, opts, ret, err);
    wb_arena_done(&a);
    return code;
}

void wb_plan_free(struct wb_plan *p) {
    if (!p)
        return;
    struct wb_arena a = p->arena;
    wb_arena_done(&a);
    free(p);
}

size_t wb_plan_count(const struct wb_plan *p, enum wb_severity severity) {
    size_t n = 0;
    for (size_t i = 0; i < p->n_findings; i++)
        n += p->findings[i].severity == severity;
    return n;
}
