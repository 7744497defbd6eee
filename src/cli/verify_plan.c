/* A plan says which databases, which of their tables, and how values were to be altered. */
#include "base/str.h"
#include "cli/verify_args.h"
#include "plan/plan.h"

/* What the phases say is of no matter here; what the front matter says must be understood. */
static enum wb_code check_front(const struct wb_plan *p, struct wb_error *err) {
    for (size_t i = 0; i < p->n_findings; i++) {
        const struct wb_plan_finding *f = &p->findings[i];
        if (f->severity == WB_ERROR && f->phase < 0 && f->place.line <= p->front.last_line)
            return wb_error_set(err, WB_E_PLAN, "%s:%u:%u: %s", f->place.file, f->place.line,
                                f->place.column, f->text);
    }
    return WB_OK;
}

static enum wb_code take_url(struct wb_verify_args *a, const struct wb_plan *p,
                             const struct wb_plan_text *t, const char *what, struct wb_url *ret,
                             struct wb_error *err) {
    if (!t->value) {
        wb_error_set(err, WB_E_PLAN, "%s: its front matter names no %s", p->path, what);
        return wb_error_hint(err,
                             "add \"%s: URL\", or name both databases: whimbrel verify SOURCE "
                             "TARGET",
                             what);
    }
    if (t->incomplete)
        return wb_error_set(err, WB_E_PLAN,
                            "%s:%u: the %s names a variable that is not set in the environment",
                            p->path, t->place.line, what);
    enum wb_code code = wb_url_parse(wb_arena_strdup(&a->arena, t->value), &a->arena, ret, err);
    return code ? wb_error_wrap(err, "%s:%u", p->path, t->place.line) : WB_OK;
}

/* They matter only where their lag is looked at. */
static enum wb_code take_replicas(struct wb_verify_args *a, const struct wb_plan *p,
                                  struct wb_error *err) {
    enum wb_code code = WB_OK;
    size_t n = a->n_replicas;
    for (size_t i = 0; !code && i < p->front.n_replicas && a->opts.max_lag_ms; i++) {
        if (n == WB_VERIFY_ARGS_LIST)
            return wb_error_set(err, WB_E_PLAN, "%s names more than %d replicas", p->path,
                                WB_VERIFY_ARGS_LIST);
        code = take_url(a, p, &p->front.replicas[i], "replica", &a->replica_url[n++], err);
    }
    a->opts.n_replicas = n;
    return code;
}

static enum wb_code take(struct wb_verify_args *a, const struct wb_plan *p, struct wb_error *err) {
    const struct wb_plan_front *f = &p->front;
    enum wb_code code = check_front(p, err);
    if (!code)
        code = take_url(a, p, &f->source, "source", &a->url[0], err);
    if (!code)
        code = take_url(a, p, &f->target, "target", &a->url[1], err);
    if (!code && wb_str_eq(f->source.value, f->target.value))
        code = wb_error_set(err, WB_E_PLAN,
                            "%s:%u: source and target are the same database: there are no two "
                            "sides to compare",
                            p->path, f->target.place.line);
    for (size_t i = 0; !code && i < f->n_tables; i++)
        code = wb_rules_add_include(a->opts.rules, f->tables[i].value, err);
    if (!code)
        code = take_replicas(a, p, err);
    a->opts.policy = f->policy;
    return code;
}

enum wb_code wb_verify_plan_take(struct wb_verify_args *a, struct wb_error *err) {
    struct wb_plan *p = NULL;
    enum wb_code code = wb_plan_load(a->plan, NULL, &p, err);
    if (!code)
        code = take(a, p, err);
    wb_plan_free(p);
    return code;
}
