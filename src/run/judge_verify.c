#include "run/judge_verify.h"

#include "base/str.h"
#include "plan/joins.h"
#include "verify/verify.h"

#include <stdio.h>

bool wb_run_asks(const struct wb_plan_clause *c) {
    switch (c->kind) {
    case WB_CLAUSE_SQL:
    case WB_CLAUSE_BLOCK:
    case WB_CLAUSE_VERIFIED:
    case WB_CLAUSE_ROW_COUNT:
    case WB_CLAUSE_PARITY:
    case WB_CLAUSE_CHECKSUM:
    case WB_CLAUSE_SAMPLE:
    case WB_CLAUSE_NO_QUERIES:
    case WB_CLAUSE_NOT_WRITTEN:
        return true;
    default:
        return false;
    }
}

static void told(void *ctx, const struct wb_verify_event *e) {
    struct wb_job *job = ctx;
    if (e->kind != WB_VERIFY_PROGRESS)
        return;
    char rows[40];
    pthread_mutex_lock(&job->lock);
    snprintf(job->progress, sizeof job->progress, "%s %s: %s rows, %zu of %zu tables",
             e->progress->doing ? e->progress->doing : "comparing",
             e->progress->table ? e->progress->table : "",
             wb_str_human_count(e->progress->rows, rows, sizeof rows), e->progress->tables_done,
             e->progress->tables);
    pthread_mutex_unlock(&job->lock);
}

/* "orders (10,000 rows in the source, 9,997 in the target)" */
static void put_different(struct wb_buf *to, const struct wb_verify_table_report *t) {
    char source[40], target[40];
    wb_buf_addf(to, "%s%s", to->len ? ", " : "", t->source);
    if (t->source_rows != t->target_rows)
        wb_buf_addf(to, " (%s rows in the source, %s in the target)",
                    wb_str_human_count(t->source_rows, source, sizeof source),
                    wb_str_human_count(t->target_rows, target, sizeof target));
}

static void sum_up(struct wb_job *job, enum wb_code code, const struct wb_verify_report *r,
                   const struct wb_error *err) {
    const struct wb_run *run = job->run;
    char rows[40];
    if (r && r->n_tables)
        job->samples = r->n_tables;
    if (!code && r) {
        wb_job_says(job, WB_JOB_DONE, "%zu tables, %s rows compared, all equal", r->n_tables,
                    wb_str_human_count(r->rows, rows, sizeof rows));
        return;
    }
    wb_job_fails(job, err);
    if (code != WB_E_DIFFERS || !r)
        return;
    WB_CLEANUP_BUF struct wb_buf names = {0};
    for (size_t i = 0; i < r->n_tables && names.len < 200; i++)
        if (r->tables[i].outcome == WB_VERIFY_DIFFERENT)
            put_different(&names, &r->tables[i]);
    if (!names.len && r->n_standing) {
        wb_job_says(job, WB_JOB_FAILED,
                    "what was compared is equal, but an earlier failure of %s stands, of %s: see "
                    "whether it still differs with whimbrel verify %s, then whimbrel resume %s",
                    r->standing[0].table, r->standing[0].failed_at, run->opts->path,
                    run->opts->path);
        return;
    }
    wb_job_says(job, WB_JOB_FAILED,
                "both sides differ: rows: %llu missing, %llu too many, %llu changed%s%s; see them "
                "with whimbrel verify",
                (unsigned long long)r->missing_rows, (unsigned long long)r->extra_rows,
                (unsigned long long)r->changed_rows, names.len ? " in " : "", wb_buf_str(&names));
}

static void verify(struct wb_job *job, struct wb_verify_opts *o) {
    struct wb_run *r = job->run;
    struct wb_error err = {0};
    struct wb_verify_report *report = NULL;
    if (!r->has_url[0] || !r->has_url[1]) {
        wb_job_says(job, WB_JOB_FAILED, "the front matter does not name both databases");
        return;
    }
    o->source = &r->url[WB_SIDE_SOURCE];
    o->target = &r->url[WB_SIDE_TARGET];
    o->pin[WB_SIDE_SOURCE] = &r->pin[WB_SIDE_SOURCE];
    o->pin[WB_SIDE_TARGET] = &r->pin[WB_SIDE_TARGET];
    o->rules = wb_rules_new();
    o->policy = r->plan->front.policy;
    o->cancel = &job->cancel;
    o->sink = (struct wb_verify_sink){told, job};
    enum wb_code code = WB_OK;
    for (size_t i = 0; i < r->plan->front.n_tables && !code; i++)
        code = wb_rules_add_include(o->rules, r->plan->front.tables[i].value, &err);
    if (!code)
        code = wb_verify_run(o, &report, &err);
    sum_up(job, code, report, &err);
    wb_verify_report_free(report);
    wb_rules_free(o->rules);
}

/* --- within one database, by the mapping
 * --------------------------------------------------------- */

static void put_count(const struct wb_engine *e, const char *table, struct wb_buf *sql) {
    const char *dot = strchr(table, '.');
    WB_CLEANUP_BUF struct wb_buf schema = {0};
    wb_buf_add(&schema, table, dot ? (size_t)(dot - table) : 0);
    wb_buf_adds(sql, "(SELECT count(*) FROM ");
    wb_engine_quote_table(e, sql, wb_buf_str(&schema), dot ? dot + 1 : table);
    wb_buf_adds(sql, ")");
}

/* Both counts by one statement: of one moment. */
static enum wb_code count_pair(struct wb_conn *c, const struct wb_plan_pair *p, struct wb_arena *a,
                               const char *ret[2], struct wb_error *err) {
    WB_CLEANUP_BUF struct wb_buf sql = {0};
    struct wb_rows rows = {0};
    wb_buf_adds(&sql, "SELECT ");
    put_count(c->engine, p->from, &sql);
    wb_buf_adds(&sql, ", ");
    put_count(c->engine, p->to, &sql);
    enum wb_code code = c->engine->query(c, wb_buf_str(&sql), a, &rows, err);
    for (size_t i = 0; !code && i < 2; i++)
        ret[i] = rows.values[0][i] ? rows.values[0][i] : "";
    return code;
}

static void count_pairs(struct wb_job *job) {
    struct wb_arena a = {0};
    struct wb_plan_pair *pairs = NULL;
    struct wb_error err = {0};
    struct wb_conn *c = NULL;
    const char *why = "", *rows[2];
    WB_CLEANUP_BUF struct wb_buf all = {0};
    bool same = true;
    size_t n = wb_plan_pairs(job->run->plan, &a, &pairs, &why);
    enum wb_code code = n ? wb_run_connect_to_compare(job, &c, &err)
                          : wb_error_set(&err, WB_E_PLAN, "nothing is compared: %s", why);
    for (size_t i = 0; i < n && !code; i++) {
        code = count_pair(c, &pairs[i], &a, rows, &err);
        if (code)
            break;
        same &= wb_str_eq(rows[0], rows[1]);
        wb_buf_addf(&all, "%s%s has %s rows, %s %s", i ? "; " : "", pairs[i].from, rows[0],
                    pairs[i].to, rows[1]);
    }
    if (c)
        wb_run_disconnect(job, c);
    if (code)
        wb_job_fails(job, &err);
    else
        wb_job_says(job, same ? WB_JOB_DONE : WB_JOB_FAILED, "%s", wb_buf_str(&all));
    job->samples = code ? 0 : n;
    wb_arena_done(&a);
}

void wb_run_judge_verify(struct wb_job *job, const struct wb_plan_clause *c) {
    struct wb_verify_opts o = {0};
    if (c->kind == WB_CLAUSE_ROW_COUNT && wb_plan_one_database(&job->run->plan->front)) {
        count_pairs(job);
        return;
    }
    if (wb_plan_is_joined(job->run->plan, c)) {
        wb_run_judge_joins(job, c);
        return;
    }
    if (c->kind == WB_CLAUSE_ROW_COUNT) {
        o.levels = WB_VERIFY_COUNTS;
    } else if (c->kind == WB_CLAUSE_SAMPLE) {
        o.levels = WB_VERIFY_SAMPLE;
        o.sample_rows = c->rows;
    } else {
        o.levels = WB_VERIFY_COUNTS | WB_VERIFY_DIGESTS;
    }
    if (c->kind == WB_CLAUSE_CHECKSUM) {
        o.columns = (const char *const *)c->names.items;
        o.n_columns = c->names.n;
    }
    verify(job, &o);
}

void wb_run_verify_all(struct wb_job *job) {
    struct wb_verify_opts o = {0};
    verify(job, &o);
}
