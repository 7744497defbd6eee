/* "No queries hit `users`", "MySQL not receiving writes": from the server's own counters of how
 * tables are used, over a window. They are read before and after; what moved them, or made them
 * begin anew, begins the window anew. */
#include "run/judge_use.h"

#include "base/str.h"

#include <stdio.h>
#include <string.h>

/* Readings further apart: nobody knows whether the clock ran between them. */
enum { GAP_MS = 30000 };

struct wb_quiet {
    const struct wb_plan_clause *clause;
    struct wb_table_use before;
    uint64_t seen_us, quiet_us; /* run time of the latest reading; without any use so long */
};

static struct wb_quiet *quiet_of(struct wb_run *r, const struct wb_plan_clause *c) {
    for (size_t i = 0; i < r->n_quiets; i++)
        if (r->quiets[i].clause == c)
            return &r->quiets[i];
    struct wb_quiet *q = WB_PUSH(&r->quiet_arena, r->quiets, r->n_quiets, r->cap_quiets);
    *q = (struct wb_quiet){.clause = c};
    return q;
}

static void begin_window(struct wb_run *r, struct wb_quiet *q, const struct wb_table_use *now) {
    q->before = *now;
    q->before.since = wb_arena_strdup(&r->quiet_arena, now->since);
    q->seen_us = wb_run_now_us(r);
    q->quiet_us = 0;
}

static bool began_anew(const struct wb_table_use *before, const struct wb_table_use *now) {
    return !wb_str_eq(before->since, now->since) || now->reads < before->reads ||
           now->writes < before->writes || now->all < before->all || now->up_s < before->up_s;
}

/* A query of the plan's own that names the table would keep it from ever being quiet. */
static const struct wb_plan_metric *own_reader(const struct wb_run *r, const char *table) {
    const char *dot = strrchr(table, '.');
    for (size_t i = 0; i < r->plan->n_metrics; i++) {
        const struct wb_plan_metric *m = r->plan->metrics[i];
        if (m->source == WB_SOURCE_QUERY && m->lang == WB_LANG_SQL &&
            wb_str_istr(m->query, dot ? dot + 1 : table))
            return m;
    }
    return NULL;
}

static void judge_window(struct wb_job *job, const struct wb_plan_clause *c,
                         const struct wb_table_use *now, const char *what) {
    struct wb_run *r = job->run;
    struct wb_quiet *q = quiet_of(r, c);
    bool reads = c->kind == WB_CLAUSE_NO_QUERIES;
    uint64_t need_ms = (uint64_t)(c->for_ms ? c->for_ms : WB_QUIET_MS) + now->late_ms;
    char need[40];
    wb_str_human_ms(need_ms, need, sizeof need);
    if (!q->seen_us || began_anew(&q->before, now)) {
        bool again = q->seen_us != 0;
        begin_window(r, q, now);
        wb_job_says(job, WB_JOB_WAITING, "%swhether %s stays unused for %s is measured",
                    again ? "the server's counters began anew, or the table was made anew; " : "",
                    what, need);
        return;
    }
    uint64_t used = now->writes - q->before.writes + (reads ? now->reads - q->before.reads : 0);
    if (used || (reads && now->open)) {
        const struct wb_plan_metric *own = reads ? own_reader(r, c->thing) : NULL;
        begin_window(r, q, now);
        if (own)
            wb_job_says(job, WB_JOB_WAITING,
                        "%s was used, but the plan's own metric \"%s\" reads it: measure that in "
                        "another way",
                        what, own->name);
        else
            wb_job_says(job, job->task->kind == WB_ITEM_CHECK ? WB_JOB_FAILED : WB_JOB_WAITING,
                        "%s was %s: %llu%s%s", what, reads ? "used" : "written to",
                        (unsigned long long)(used ? used : now->open),
                        used ? " by the server's counters" : " sessions have it open",
                        "; it has to stay so for a whole window");
        job->samples = 1;
        return;
    }
    uint64_t at = wb_run_now_us(r), gap = at > q->seen_us ? at - q->seen_us : 0;
    q->quiet_us += gap <= GAP_MS * 1000u ? gap : 0;
    q->seen_us = at;
    bool done = q->quiet_us >= need_ms * 1000;
    if (done)
        wb_job_says(job, WB_JOB_DONE, "%s was not %s for %s%s", what, reads ? "used" : "written to",
                    need,
                    now->rows_only && reads
                        ? ", as far as the server counts: it does not count reads that find no row"
                        : "");
    else
        wb_job_says(job, WB_JOB_WAITING, "%s was not %s for %llu %% of %s", what,
                    reads ? "used" : "written to",
                    (unsigned long long)(q->quiet_us / 10 / need_ms / 10 * 10), need);
    job->samples = 2;
}

void wb_run_judge_use(struct wb_job *job, const struct wb_plan_clause *c) {
    bool whole = c->kind == WB_CLAUSE_NOT_WRITTEN && c->side != WB_PLAN_SIDE_NONE;
    enum wb_block_on on = whole && c->side == WB_PLAN_SIDE_TARGET ? WB_ON_TARGET : WB_ON_SOURCE;
    const char *dot = whole ? NULL : strchr(c->thing, '.');
    struct wb_arena a = {0};
    struct wb_table_use now = {0};
    struct wb_error err = {0};
    struct wb_conn *conn = NULL;
    const char *schema = dot ? wb_arena_strndup(&a, c->thing, (size_t)(dot - c->thing)) : NULL;
    const char *table = whole ? NULL : dot ? dot + 1 : c->thing;
    enum wb_code code = wb_run_connect(job, on, WB_TO_LOOK, &conn, &err);
    const struct wb_verify_ops *v = code ? NULL : conn->engine->verify;
    if (!code && !(v && v->table_use))
        code = wb_error_set(&err, WB_E_UNSUPPORTED,
                            "this database does not count how its tables are used");
    if (!code)
        code = v->table_use(conn, schema, table, &a, &now, &err);
    if (conn)
        wb_run_disconnect(job, conn);
    if (code) {
        wb_job_fails(job, &err);
        job->result = WB_JOB_WAITING;
    } else {
        judge_window(job, c, &now,
                     !whole               ? c->thing
                     : on == WB_ON_TARGET ? "the target"
                                          : "the source");
    }
    wb_arena_done(&a);
}
