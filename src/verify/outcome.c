#include "verify/outcome.h"

#include "base/str.h"

enum { ROW_LEVELS = WB_VERIFY_COUNTS | WB_VERIFY_SAMPLE | WB_VERIFY_DIGESTS };

/* ------------------------------------------------------------------------------------------------
 * words */

const char *wb_verify_level_word(enum wb_verify_level l) {
    switch (l) {
    case WB_VERIFY_COUNTS:
        return "counts";
    case WB_VERIFY_SCHEMA:
        return "schema";
    case WB_VERIFY_INDEXES:
        return "indexes";
    case WB_VERIFY_CONSTRAINTS:
        return "constraints";
    case WB_VERIFY_SEQUENCES:
        return "sequences";
    case WB_VERIFY_SAMPLE:
        return "sample";
    case WB_VERIFY_DIGESTS:
        return "digests";
    case WB_VERIFY_ALL:
        return "all";
    }
    return "unknown";
}

const char *wb_verify_outcome_word(enum wb_verify_outcome o) {
    return o == WB_VERIFY_EQUAL ? "equal" : o == WB_VERIFY_DIFFERENT ? "different" : "unverified";
}

const char *wb_verify_strength_word(enum wb_verify_strength s) {
    static const char *const words[] = {"nothing", "count", "sample", "digest"};
    return words[s];
}

const char *wb_verify_difference_word(enum wb_verify_difference_kind k) {
    return k == WB_VERIFY_MISSING ? "missing" : k == WB_VERIFY_EXTRA ? "extra" : "changed";
}

/* ------------------------------------------------------------------------------------------------
 * outcomes */

static enum wb_verify_outcome worse(enum wb_verify_outcome a, enum wb_verify_outcome b) {
    return a == WB_VERIFY_DIFFERENT || b == WB_VERIFY_DIFFERENT     ? WB_VERIFY_DIFFERENT
           : a == WB_VERIFY_UNVERIFIED || b == WB_VERIFY_UNVERIFIED ? WB_VERIFY_UNVERIFIED
                                                                    : WB_VERIFY_EQUAL;
}

static bool is_about(const struct wb_verify_finding *f, const struct wb_verify_job *job,
                     const struct wb_verify_pair *p) {
    if (!f->table)
        return false;
    if (p->target)
        return wb_str_eq(f->table, p->target);
    const struct wb_table *w = p->wanted; /* missing in the target */
    size_t len = w->schema ? strlen(w->schema) : 0;
    (void)job;
    return len ? strncmp(f->table, w->schema, len) == 0 && f->table[len] == '.' &&
                     wb_str_eq(f->table + len + 1, w->name)
               : wb_str_eq(f->table, w->name);
}

void wb_verify_conclude_table(struct wb_verify_job *job, struct wb_verify_pair *p) {
    struct wb_verify_table_report *t = p->report;
    enum wb_verify_outcome o =
        !p->target || (job->levels & ROW_LEVELS) ? t->rows_outcome : WB_VERIFY_EQUAL;
    if (p->drifted && t->rows_outcome == WB_VERIFY_EQUAL)
        o = t->rows_outcome = WB_VERIFY_UNVERIFIED;
    t->why = p->why;
    if (p->why && p->target)
        o = worse(o, WB_VERIFY_UNVERIFIED);
    for (size_t i = 0; i < job->report->n_findings; i++)
        if (is_about(&job->report->findings[i], job, p))
            o = worse(o, job->report->findings[i].outcome);
    t->outcome = o;
}

void wb_verify_conclude(struct wb_verify_job *job, enum wb_code code) {
    struct wb_verify_report *r = job->report;
    r->outcome = code || !job->n_pairs ? WB_VERIFY_UNVERIFIED : WB_VERIFY_EQUAL;
    for (size_t i = 0; i < job->n_pairs; i++) {
        struct wb_verify_table_report *t = &r->tables[i];
        wb_verify_conclude_table(job, &job->pairs[i]);
        r->outcome = worse(r->outcome, t->outcome);
        r->rows += t->source_rows;
        r->bytes += t->bytes;
        r->missing_rows += t->missing_rows;
        r->extra_rows += t->extra_rows;
        r->changed_rows += t->changed_rows;
        r->retried_rows += t->retried_rows;
        r->unsettled_rows += t->unsettled_rows;
    }
    for (size_t i = 0; i < r->n_findings; i++)
        if (!r->findings[i].table)
            r->outcome = worse(r->outcome, r->findings[i].outcome);
    r->repaired_rows = job->repaired_rows;
}

/* ------------------------------------------------------------------------------------------------
 * verdicts */

/* The condition as one text, since a failure is cleared by the same one only. */
static const char *where_text(struct wb_verify_job *job) {
    const struct wb_verify_opts *o = job->opts;
    if (!o->where && !o->where_target)
        return NULL;
    return o->where_target ? wb_arena_printf(&job->arena, "%s (target: %s)",
                                             o->where ? o->where : "all", o->where_target)
                           : o->where;
}

static struct wb_verify_verdict make_verdict(struct wb_verify_job *job,
                                             const struct wb_verify_pair *p) {
    const struct wb_verify_table_report *t = p->report;
    bool whole = !p->failed && !p->drifted && !t->unsettled_rows && p->way != WB_VERIFY_BY_NOTHING;
    struct wb_verify_verdict v = {
        .run = job->store.run,
        .table = p->number,
        .target = p->target ? p->target : p->wanted->name,
        .outcome = t->outcome,
        .scope = {.levels = job->levels,
                  .columns = p->scope,
                  .where = where_text(job),
                  .strength = t->strength,
                  .counted = whole && (job->levels & (WB_VERIFY_COUNTS | WB_VERIFY_DIGESTS))}};
    char now[40];
    v.finished = wb_arena_strdup(&job->arena, wb_clock_format(wb_clock_wall_us(), now, sizeof now));
    if (!whole)
        v.scope.levels &= ~(unsigned)ROW_LEVELS;
    if (t->missing_rows || t->extra_rows || t->changed_rows)
        v.failed |= p->counts_differ                  ? (unsigned)WB_VERIFY_COUNTS
                    : job->levels & WB_VERIFY_DIGESTS ? (unsigned)WB_VERIFY_DIGESTS
                                                      : (unsigned)WB_VERIFY_SAMPLE;
    for (size_t i = 0; i < job->report->n_findings; i++) {
        const struct wb_verify_finding *f = &job->report->findings[i];
        if (!is_about(f, job, p) || f->outcome == WB_VERIFY_EQUAL)
            continue;
        v.scope.levels &= ~(unsigned)f->level;
        if (f->outcome == WB_VERIFY_DIFFERENT)
            v.failed |= (unsigned)f->level;
    }
    return v;
}

static enum wb_code write_verdicts(struct wb_verify_job *job, const char *state,
                                   struct wb_error *err) {
    if (!job->store.conn)
        return WB_OK;
    struct wb_verify_verdict *v = WB_NEW_N(&job->arena, struct wb_verify_verdict, job->n_pairs + 1);
    for (size_t i = 0; i < job->n_pairs; i++)
        v[i] = make_verdict(job, &job->pairs[i]);
    enum wb_code code = wb_verify_store_judge(&job->store, job->probe[WB_SIDE_SOURCE].identity, v,
                                              job->report->tables, job->n_pairs, state, err);
    return code ? wb_error_wrap(err, "writing the verdicts") : WB_OK;
}

enum wb_code wb_verify_judge_before_repair(struct wb_verify_job *job, struct wb_error *err) {
    for (size_t i = 0; i < job->n_pairs; i++)
        wb_verify_conclude_table(job, &job->pairs[i]);
    return write_verdicts(job, "repairing", err);
}

/* ------------------------------------------------------------------------------------------------
 * standing failures */

static const char *scope_text(struct wb_arena *a, const struct wb_verify_verdict *v,
                              unsigned levels) {
    WB_CLEANUP_BUF struct wb_buf b = {0};
    for (unsigned l = 1; l < WB_VERIFY_ALL; l <<= 1)
        if (levels & l)
            wb_buf_addf(&b, "%s%s", b.len ? ", " : "",
                        wb_verify_level_word((enum wb_verify_level)l));
    if (levels & ROW_LEVELS)
        wb_buf_addf(&b, " of %s%s%s", wb_str_eq(v->scope.columns, "*") ? "all columns" : "columns ",
                    wb_str_eq(v->scope.columns, "*") ? "" : v->scope.columns,
                    v->scope.where ? ", rows where " : "");
    if ((levels & ROW_LEVELS) && v->scope.where)
        wb_buf_adds(&b, v->scope.where);
    return wb_arena_strdup(a, wb_buf_str(&b));
}

static void add_standing(struct wb_verify_job *job, const struct wb_verify_verdict *v,
                         unsigned levels) {
    struct wb_verify_report *r = job->report;
    const char *scope = scope_text(&r->arena, v, levels);
    for (size_t i = 0; i < r->n_standing; i++) /* the last one of a kind says it */
        if (wb_str_eq(r->standing[i].table, v->target) && wb_str_eq(r->standing[i].scope, scope)) {
            r->standing[i].failed_at = wb_arena_strdup(&r->arena, v->finished);
            return;
        }
    *WB_PUSH(&r->arena, r->standing, r->n_standing, job->cap_standing) =
        (struct wb_verify_standing){
            .table = wb_arena_strdup(&r->arena, v->target),
            .failed_at = wb_arena_strdup(&r->arena, v->finished),
            .scope = scope,
            .what_clears_it =
                (levels & ROW_LEVELS)
                    ? "a verification of this table by digests, of at least these columns and "
                      "rows, that finds it equal"
                    : wb_arena_printf(&r->arena,
                                      "a verification of this table with the levels %s that finds "
                                      "no difference",
                                      scope)};
}

static bool failed_now(const struct wb_verify_verdict *v, size_t n, int64_t run,
                       const struct wb_verify_verdict *old) {
    for (size_t i = 0; i < n; i++)
        if (v[i].run == run && wb_str_eq(v[i].target, old->target) &&
            (v[i].failed & old->failed) == old->failed)
            return true;
    return false;
}

static enum wb_code find_standing(struct wb_verify_job *job, struct wb_error *err) {
    struct wb_verify_verdict *v = NULL;
    size_t n = 0;
    enum wb_code code = wb_verify_store_read_verdicts(job->control[WB_SIDE_TARGET],
                                                      job->probe[WB_SIDE_SOURCE].identity,
                                                      &job->arena, &v, &n, err);
    for (size_t i = 0; !code && i < n; i++) {
        unsigned left = v[i].failed;
        if (job->store.conn &&
            (v[i].run == job->store.run || failed_now(v, n, job->store.run, &v[i])))
            continue;
        for (size_t k = i + 1; k < n && left; k++)
            if (wb_str_eq(v[k].target, v[i].target))
                left = wb_verify_left_standing(&v[i], left, &v[k]);
        if (left)
            add_standing(job, &v[i], left);
    }
    return code;
}

/* ------------------------------------------------------------------------------------------------
 * the end */

static enum wb_code say_differs(const struct wb_verify_job *job, struct wb_error *err) {
    const struct wb_verify_report *r = job->report;
    WB_CLEANUP_BUF struct wb_buf names = {0};
    size_t n = 0;
    for (size_t i = 0; i < r->n_tables; i++)
        if (r->tables[i].outcome == WB_VERIFY_DIFFERENT && ++n <= 5)
            wb_buf_addf(&names, "%s%s", n > 1 ? ", " : "", r->tables[i].source);
    wb_error_set(err, WB_E_DIFFERS, "%zu of %zu tables differ: %s%s", n, r->n_tables,
                 wb_buf_str(&names), n > 5 ? ", …" : "");
    return wb_error_hint(err, "look at the rows and objects named; --repair makes statements that "
                              "make the target right");
}

static enum wb_code say_unproven(const struct wb_verify_job *job, struct wb_error *err) {
    const struct wb_verify_report *r = job->report;
    for (size_t i = 0; i < r->n_tables; i++)
        if (r->tables[i].outcome == WB_VERIFY_UNVERIFIED)
            return wb_error_set(err, WB_E_UNPROVEN, "table %s: %s", r->tables[i].source,
                                r->tables[i].why ? r->tables[i].why : "not all of it was compared");
    return wb_error_set(err, WB_E_UNPROVEN, "nothing differs, but not everything was compared");
}

enum wb_code wb_verify_judge_all(struct wb_verify_job *job, struct wb_error *err) {
    struct wb_verify_report *r = job->report;
    enum wb_code code = write_verdicts(job, job->stopping ? NULL : "done", err);
    if (!code && job->store.conn) /* without a record there is no history either */
        code = find_standing(job, err);
    if (code)
        return code;
    if (r->outcome == WB_VERIFY_DIFFERENT)
        return say_differs(job, err);
    if (r->n_standing) {
        wb_error_set(err, WB_E_DIFFERS,
                     "a failure of %s stands: table %s, %s; this verification was too narrow or "
                     "too weak to clear it",
                     r->standing[0].failed_at, r->standing[0].table, r->standing[0].scope);
        return wb_error_hint(err, "it is cleared by %s", r->standing[0].what_clears_it);
    }
    return r->outcome == WB_VERIFY_EQUAL ? WB_OK : say_unproven(job, err);
}
