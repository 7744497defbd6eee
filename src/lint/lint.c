#include "lint/inside.h"

#include "base/str.h"
#include "engine/registry.h"

static void add(struct wb_lint *l, enum wb_plan_rule rule, enum wb_severity severity, int phase,
                struct wb_plan_place place, const char *remedy, const char *text) {
    const struct wb_plan_finding f = {.rule = rule,
                                      .severity = severity,
                                      .place = place,
                                      .phase = phase,
                                      .text = text,
                                      .remedy = remedy};
    wb_plan_add_finding(l->plan, &f);
}

void wb_lint_find(struct wb_lint *l, enum wb_plan_rule rule, enum wb_severity severity, int phase,
                  struct wb_plan_place place, const char *remedy, const char *text, ...) {
    WB_CLEANUP_BUF struct wb_buf b = {0};
    va_list args;
    va_start(args, text);
    wb_buf_addv(&b, text, args);
    va_end(args);
    add(l, rule, severity, phase, place, remedy, wb_buf_str(&b));
}

void wb_lint_find_at(struct wb_lint *l, const struct wb_lint_query *q, size_t at,
                     enum wb_plan_rule rule, enum wb_severity severity, const char *remedy,
                     const char *text, ...) {
    WB_CLEANUP_BUF struct wb_buf b = {0};
    va_list args;
    va_start(args, text);
    wb_buf_addv(&b, text, args);
    va_end(args);
    add(l, rule, severity, q->phase, wb_lint_place(l, q, at), remedy, wb_buf_str(&b));
}

struct wb_plan_place wb_lint_place(const struct wb_lint *l, const struct wb_lint_query *q,
                                   size_t at) {
    struct wb_plan_place place = q->place;
    if (q->block)
        return wb_plan_block_place(l->plan, q->block, at);
    if (!q->fixed)
        place.column += (unsigned)at;
    return place;
}

bool wb_lint_runs(const struct wb_lint_query *q) {
    return q->role < WB_ROLE_TEXT;
}

static void lint(struct wb_lint *l) {
    wb_lint_collect(l);
    wb_lint_statements(l);
    wb_lint_judge(l);
    if (l->online) {
        wb_lint_names(l);
        wb_lint_criteria(l);
    }
    wb_plan_sort_findings(l->plan);
}

void wb_lint_text(struct wb_plan *p, enum wb_lint_syntax wrong) {
    struct wb_lint l = {.plan = p, .a = &p->arena, .wrong = wrong};
    lint(&l);
}

/* --- databases
 * -------------------------------------------------------------------------------------- */

static enum wb_code open_side(struct wb_lint *l, struct wb_lint_db *db,
                              const struct wb_plan_text *text, const struct wb_cancel *cancel,
                              struct wb_error *err) {
    struct wb_url *url = WB_NEW(l->a, struct wb_url);
    struct wb_open_opts opts = {
        .side = db->side, .purpose = WB_TO_LOOK, .look_only = true, .cancel = cancel};
    if (text->incomplete)
        return wb_error_set(err, WB_E_CONNECT, "its URL names a variable that is not set");
    enum wb_code code = wb_url_parse(text->value, l->a, url, err);
    if (!code)
        code = wb_registry_open(url, &opts, &db->conn, err);
    if (!code)
        code = db->conn->engine->probe(db->conn, l->a, &db->probe, err);
    if (!code) {
        db->dialect = wb_sql_dialect_named(db->conn->engine->name);
        db->default_schema = db->probe.default_schema;
        db->open = true;
        /* The default schema is read now, so that what cannot be read is told here. */
        struct wb_describe_opts describe = {0};
        struct wb_lint_schema *s = WB_PUSH(l->a, db->schemas, db->n_schemas, db->cap_schemas);
        *s = (struct wb_lint_schema){.name = db->default_schema, .here = true};
        code = db->conn->engine->describe(db->conn, &describe, &s->catalog, err);
    }
    return code;
}

static void look(struct wb_lint *l, struct wb_lint_db *db, const struct wb_plan_text *text,
                 const struct wb_cancel *cancel, struct wb_lint_side *ret) {
    static const char *const names[] = {"source", "target"};
    if (!text->value)
        return;
    ret->shown = text->shown;
    enum wb_code code = open_side(l, db, text, cancel, &ret->err);
    ret->look = code ? WB_LOOK_FAILED : WB_LOOK_DONE;
    ret->product = db->probe.product;
    ret->version = db->probe.version;
    if (!code)
        return;
    wb_error_wrap(&ret->err, "%s:%u: could not look into the %s", l->plan->path, text->place.line,
                  names[db->side]);
    const char *hint = wb_arena_strdup(l->a, wb_error_hint_of(&ret->err));
    wb_error_hint(&ret->err, "%.120s%sjudge the text alone: whimbrel check %.90s --offline",
                  text->incomplete ? "set it" : hint, text->incomplete || *hint ? "; or " : "",
                  l->plan->path);
    db->open = false;
}

static void close_side(struct wb_lint_db *db) {
    for (size_t i = 0; i < db->n_schemas; i++)
        wb_catalog_done(&db->schemas[i].catalog);
    wb_conn_close(db->conn);
}

void wb_lint_databases(struct wb_plan *p, const struct wb_cancel *cancel,
                       struct wb_lint_sides *ret) {
    const struct wb_plan_front *f = &p->front;
    struct wb_lint l = {.plan = p, .a = &p->arena};
    *ret = (struct wb_lint_sides){0};
    l.dbs[WB_SIDE_TARGET].side = WB_SIDE_TARGET;
    bool same = f->source.value && f->target.value && !f->source.incomplete &&
                wb_str_eq(f->source.value, f->target.value);
    look(&l, &l.dbs[WB_SIDE_TARGET], &f->target, cancel, &ret->side[WB_SIDE_TARGET]);
    if (same) {
        ret->side[WB_SIDE_SOURCE] =
            (struct wb_lint_side){.look = WB_LOOK_SAME, .shown = f->source.shown};
    } else {
        look(&l, &l.dbs[WB_SIDE_SOURCE], &f->source, cancel, &ret->side[WB_SIDE_SOURCE]);
    }
    l.online = l.dbs[0].open || l.dbs[1].open;
    lint(&l);
    close_side(&l.dbs[0]);
    close_side(&l.dbs[1]);
}
