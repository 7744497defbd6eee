/* Criteria and checks that ask a database, in the thread of a job. What cannot be told is never
 * passed. */
#include "run/inside.h"
#include "run/judge_use.h"
#include "run/judge_verify.h"

#include "base/str.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

static const char *first_value(const struct wb_rows *rows) {
    const char *v = rows->n_rows && rows->n_columns ? rows->values[0][0] : NULL;
    return v ? v : "NULL";
}

bool wb_run_expects(const struct wb_plan_expect *e, const struct wb_rows *rows, char *why,
                    size_t size) {
    if (e->no_rows) {
        snprintf(why, size, "%zu row%s, expected none", rows->n_rows, rows->n_rows == 1 ? "" : "s");
        return rows->n_rows == 0;
    }
    WB_CLEANUP_BUF struct wb_buf want = {0};
    wb_value_put(&want, &e->value);
    if (rows->n_rows != 1) {
        snprintf(why, size, "%zu rows, expected one with %s", rows->n_rows, wb_buf_str(&want));
        return false;
    }
    const char *text = first_value(rows);
    struct wb_decimal got;
    bool minus = *text == '-';
    bool equal = wb_decimal_parse(text + minus, strlen(text) - minus, &got);
    if (minus)
        got.digits = -got.digits;
    equal = equal && wb_decimal_compare(got, e->value.number) == 0;
    snprintf(why, size, "%.120s, expected %s", text, wb_buf_str(&want));
    return equal;
}

static void fails(struct wb_job *job, const struct wb_error *err) {
    wb_job_fails(job, err);
}

static void query(struct wb_job *job, enum wb_block_on on, const char *sql, int64_t timeout_ms,
                  const struct wb_plan_expect *expect) {
    struct wb_arena a = {0};
    struct wb_rows rows;
    struct wb_error err = {0};
    char why[300];
    if (wb_run_query(job, on, sql, timeout_ms, &a, &rows, &err)) {
        fails(job, &err);
    } else {
        bool good = wb_run_expects(expect, &rows, why, sizeof why);
        wb_job_says(job, good ? WB_JOB_DONE : WB_JOB_FAILED, "returned %s", why);
        job->samples = 1;
    }
    wb_arena_done(&a);
}

/* --- check=equal: the same on both sides -------------------------------------------------------
 */

static bool same_rows(const struct wb_rows *a, const struct wb_rows *b, char *why, size_t size) {
    if (a->n_rows != b->n_rows || a->n_columns != b->n_columns) {
        snprintf(why, size, "%zu rows of %zu columns in the source, %zu of %zu in the target",
                 a->n_rows, a->n_columns, b->n_rows, b->n_columns);
        return false;
    }
    for (size_t i = 0; i < a->n_rows; i++)
        for (size_t k = 0; k < a->n_columns; k++)
            if (!wb_str_eq(a->values[i][k], b->values[i][k])) {
                snprintf(why, size, "row %zu, column %zu: %.80s in the source, %.80s in the target",
                         i + 1, k + 1, a->values[i][k] ? a->values[i][k] : "NULL",
                         b->values[i][k] ? b->values[i][k] : "NULL");
                return false;
            }
    snprintf(why, size, "%zu row%s, the same on both sides", a->n_rows, a->n_rows == 1 ? "" : "s");
    return true;
}

static void compare_sides(struct wb_job *job, const struct wb_plan_block *b) {
    struct wb_arena a = {0};
    struct wb_rows rows[2];
    struct wb_error err = {0};
    char why[300];
    if (wb_run_query(job, WB_ON_SOURCE, b->text, b->timeout_ms, &a, &rows[0], &err) ||
        wb_run_query(job, WB_ON_TARGET, b->text, b->timeout_ms, &a, &rows[1], &err)) {
        fails(job, &err);
    } else {
        bool same = same_rows(&rows[0], &rows[1], why, sizeof why);
        wb_job_says(job, same ? WB_JOB_DONE : WB_JOB_FAILED, "%s", why);
        job->samples = 1;
    }
    wb_arena_done(&a);
}

void wb_run_judge_block(struct wb_job *job, const struct wb_plan_block *b,
                        const struct wb_plan_expect *expect) {
    static const struct wb_plan_expect none = {.given = true, .no_rows = true};
    static const struct wb_plan_expect zero = {.given = true};
    if (b->lang == WB_LANG_SH)
        wb_run_script(job, b->text, b->timeout_ms);
    else if (b->check == WB_CHECK_EQUAL)
        compare_sides(job, b);
    else if (b->check == WB_CHECK_EMPTY)
        query(job, b->on, b->text, b->timeout_ms, &none);
    else if (b->check == WB_CHECK_ZERO)
        query(job, b->on, b->text, b->timeout_ms, &zero);
    else if (expect && expect->given)
        query(job, b->on, b->text, b->timeout_ms, expect);
    else if (b->expect.given)
        query(job, b->on, b->text, b->timeout_ms, &b->expect);
    else
        wb_job_says(job, WB_JOB_FAILED, "the query does not say what it must return");
}

/* What CREATE INDEX CONCURRENTLY leaves where it failed has the index's name, and may look done. */
static void refuse_invalid_index(struct wb_job *job, const struct wb_plan_block *up) {
    struct wb_arena a = {0};
    struct wb_rows rows = {0};
    struct wb_error err = {0};
    if (wb_run_query(job, up->on,
                     "SELECT c.relname FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid "
                     "WHERE NOT i.indisvalid",
                     0, &a, &rows, &err)) {
        wb_job_fails(job, &err);
        job->samples = 0;
    }
    for (size_t i = 0; i < rows.n_rows && job->result == WB_JOB_DONE; i++)
        if (strcasestr(up->text, rows.values[i][0]))
            wb_job_says(job, WB_JOB_FAILED, "index %s is there, but invalid: drop it",
                        rows.values[i][0]);
    wb_arena_done(&a);
}

void wb_run_look(struct wb_job *job) {
    const struct wb_task *t = job->task;
    wb_run_judge_block(job, t->verify, &t->verify->expect);
    if (job->result == WB_JOB_DONE && t->up && t->up->lang == WB_LANG_SQL &&
        strcasestr(t->up->text, "concurrently"))
        refuse_invalid_index(job, t->up);
}

/* --- clauses
 * ------------------------------------------------------------------------------------- */

/* A backup step of this run, or the file or command of the front matter. */
static void backup(struct wb_job *job, const struct wb_plan_clause *c) {
    struct wb_run *r = job->run;
    const char *what = r->plan->front.backup.value;
    struct stat st;
    if (r->plan->front.backup_made.to.value) {
        wb_run_judge_backup(job, c->value.ms);
        return;
    }
    int64_t now_us = r->clock.wall_us(r->clock.ctx);
    if (stat(what, &st) == 0) {
        int64_t age_ms = now_us / 1000 - (int64_t)st.st_mtime * 1000;
        char age[40];
        wb_str_human_ms(age_ms > 0 ? (uint64_t)age_ms : 0, age, sizeof age);
        wb_job_says(job, age_ms <= c->value.ms ? WB_JOB_DONE : WB_JOB_FAILED,
                    "%s was written %s ago", what, age);
    } else {
        wb_run_script(job, what, 0);
    }
}

static void judge_clause(struct wb_job *job, const struct wb_plan_clause *c) {
    switch (c->kind) {
    case WB_CLAUSE_SQL:
        query(job, WB_ON_DEFAULT, c->thing, 0, &c->expect);
        break;
    case WB_CLAUSE_BLOCK:
        if (c->block)
            wb_run_judge_block(job, c->block, &c->expect);
        else
            wb_job_says(job, WB_JOB_FAILED, "the plan has no block for it");
        break;
    case WB_CLAUSE_VERIFIED:
        backup(job, c);
        break;
    case WB_CLAUSE_ROW_COUNT:
    case WB_CLAUSE_PARITY:
    case WB_CLAUSE_CHECKSUM:
    case WB_CLAUSE_SAMPLE:
        wb_run_judge_verify(job, c);
        break;
    case WB_CLAUSE_NO_QUERIES:
    case WB_CLAUSE_NOT_WRITTEN:
        wb_run_judge_use(job, c);
        break;
    default:
        wb_job_says(job, WB_JOB_FAILED, "\"%s\" cannot be judged", c->text);
        break;
    }
}

/* All clauses of the item that ask a database; one that fails decides. Those that the loop judges
 * (metrics, time, signatures) are its. */
void wb_run_judge(struct wb_job *job) {
    const struct wb_task *t = job->task;
    WB_CLEANUP_BUF struct wb_buf all = {0};
    if (t->does == WB_DOES_QUERY) {
        wb_run_judge_block(job, t->check, NULL);
        return;
    }
    job->result = WB_JOB_DONE;
    for (size_t i = 0; i < t->n_clauses; i++) {
        if (!wb_run_asks(&t->clauses[i]))
            continue;
        judge_clause(job, &t->clauses[i]);
        wb_buf_addf(&all, "%s%s", all.len ? "; " : "", job->why);
        if (job->result != WB_JOB_DONE)
            break;
    }
    if (all.len)
        snprintf(job->why, sizeof job->why, "%s", wb_buf_str(&all));
}
