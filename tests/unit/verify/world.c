#include "unit/verify/world.h"

#include "base/str.h"
#include "verify/wanted.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void ok(enum wb_code code, const struct wb_error *err) {
    if (code)
        fail_msg("%s: %s", wb_error_name(code), err->text);
}

void world_run(struct wb_conn *c, const char *sql) {
    struct wb_error err = {0};
    if (c->engine->exec(c, sql, NULL, &err))
        fail_msg("%s: %s", sql, err.text);
}

/* The catalogs of one moment. */
struct view {
    struct wb_catalog source, actual, wanted;
    struct wb_probe probe;
};

static void look(struct world *w, struct view *v) {
    struct wb_error err = {0};
    struct wb_describe_opts here = {0}, there = {.schema = w->target_schema};
    struct wb_rules *rules = wb_rules_new();
    *v = (struct view){0};
    ok(w->source->engine->describe(w->source, &here, &v->source, &err), &err);
    ok(w->target->engine->describe(w->target, &there, &v->actual, &err), &err);
    ok(w->target->engine->probe(w->target, &w->arena, &v->probe, &err), &err);
    struct wb_verify_want_ask ask = {.source = &v->source,
                                     .actual = &v->actual,
                                     .source_engine = w->source->engine,
                                     .target_engine = w->target->engine,
                                     .target_probe = &v->probe,
                                     .target_schema = w->target_schema,
                                     .rules = rules};
    ok(wb_verify_want(&ask, &v->wanted, &err), &err);
    wb_rules_free(rules);
}

static void unlook(struct view *v) {
    wb_catalog_done(&v->wanted);
    wb_catalog_done(&v->actual);
    wb_catalog_done(&v->source);
}

void world_make(struct world *w) {
    struct view v;
    struct wb_error err = {0};
    struct wb_ddl_list list = {0};
    struct wb_findings findings = {0};
    look(w, &v);
    ok(w->target->engine->ddl->render(&v.wanted, v.probe.version_num, &w->arena, &list, &findings,
                                      &err),
       &err);
    for (size_t i = 0; i < list.n; i++)
        if (!list.items[i].optional)
            world_run(w->target, list.items[i].sql);
        else
            w->target->engine->exec(w->target, list.items[i].sql, NULL, NULL);
    unlook(&v);
}

void world_compare(struct world *w) {
    struct view v;
    struct wb_error err = {0};
    look(w, &v);
    struct wb_verify_structure_ask ask = {.source = &v.source,
                                          .wanted = &v.wanted,
                                          .actual = &v.actual,
                                          .source_conn = w->source,
                                          .target_conn = w->target,
                                          .levels = WB_VERIFY_ALL};
    ok(wb_verify_structure(&ask, &w->arena, &w->findings, &w->n, &err), &err);
    unlook(&v);
}

void world_done(struct world *w) {
    wb_arena_done(&w->arena);
}

static const struct wb_verify_finding *next_finding(const struct world *w, size_t *i) {
    while (*i < w->n)
        if (w->findings[(*i)++].outcome != WB_VERIFY_EQUAL)
            return &w->findings[*i - 1];
    return NULL;
}

void world_is_equal(struct world *w) {
    size_t i = 0;
    world_compare(w);
    const struct wb_verify_finding *f = next_finding(w, &i);
    if (f)
        fail_msg("%s: %s: %s", f->table ? f->table : "", f->object, f->text);
}

static bool has_all(const char *text, const char *words) {
    for (const char *end; *words; words = *end ? end + 1 : end) {
        char word[200] = "";
        end = words + strcspn(words, "|");
        memcpy(word, words, (size_t)(end - words));
        if (!strstr(text, word))
            return false;
    }
    return true;
}

static const struct wb_verify_finding *only_finding(struct world *w) {
    size_t i = 0;
    world_compare(w);
    const struct wb_verify_finding *f = next_finding(w, &i), *second = next_finding(w, &i);
    if (!f)
        fail_msg("nothing was found");
    if (second)
        fail_msg("more than one finding: %s: %s; %s: %s", f->object, f->text, second->object,
                 second->text);
    return f;
}

static void is_as(const struct wb_verify_finding *f, enum wb_verify_outcome outcome,
                  enum wb_verify_level level, const char *object, const char *text) {
    if (f->outcome != outcome || f->level != level || !wb_str_eq(f->object, object) ||
        !has_all(f->text, text))
        fail_msg("outcome %d, level %d, %s: %s", f->outcome, f->level, f->object, f->text);
}

void world_finds(struct world *w, enum wb_verify_outcome outcome, enum wb_verify_level level,
                 const char *object, const char *text) {
    is_as(only_finding(w), outcome, level, object, text);
}

/* A hint may be several statements; not every engine takes them at once. */
static void run_hint(struct wb_conn *c, const char *hint) {
    for (const char *at = hint, *end; *at; at = *end ? end + 2 : end) {
        WB_CLEANUP_BUF struct wb_buf one = {0};
        bool quoted = false;
        for (end = at; *end && (quoted || strncmp(end, "; ", 2) != 0); end++)
            quoted ^= *end == '\'';
        wb_buf_add(&one, at, (size_t)(end - at));
        world_run(c, wb_buf_str(&one));
    }
}

void world_change(struct world *w, const char *sql, enum wb_verify_level level, const char *object,
                  const char *text, const char *undo) {
    world_run(w->target, sql);
    const struct wb_verify_finding *f = only_finding(w);
    is_as(f, WB_VERIFY_DIFFERENT, level, object, text);
    if (!undo && !f->hint)
        fail_msg("%s has no hint", f->object);
    if (undo)
        world_run(w->target, undo);
    else
        run_hint(w->target, f->hint);
    world_is_equal(w);
}
