/* Asking the data what decides types, before the target's schema is made.
 *
 * MySQL's tinyint(1) is a boolean only if nothing but 0 and 1 is in it, TIME is a time of day only
 * within a day. One pass over each table that has such columns answers all its questions.
 */
#include "copy/job.h"

#include "base/str.h"

#include <inttypes.h>
#include <stdio.h>

struct table_scan {
    const struct wb_table *table;
    uint32_t number; /* in the selected catalog */
    struct wb_scan_ask *asks;
    size_t n, cap;
};

struct wb_scan_list {
    struct table_scan *items;
    size_t n;
    _Atomic size_t next;
};

static void ask(struct wb_job *job, struct table_scan *s, uint32_t column, enum wb_scan_kind kind) {
    *WB_PUSH(&job->arena, s->asks, s->n, s->cap) =
        (struct wb_scan_ask){.column = column, .kind = kind};
}

static void ask_about_column(struct wb_job *job, struct table_scan *s, uint32_t i) {
    const struct wb_column *c = &s->table->columns[i];
    if (wb_rules_cast(job->opts->rules, s->table->name, c->name, &c->type))
        return;
    if (c->type.boolean_like)
        ask(job, s, i, WB_SCAN_NOT_BOOLEAN);
    if (c->type.kind == WB_KIND_TIME)
        ask(job, s, i, WB_SCAN_OUTSIDE_DAY);
}

static struct wb_scan_list *make_list(struct wb_job *job) {
    struct wb_scan_list *list = WB_NEW(&job->arena, struct wb_scan_list);
    list->items = WB_NEW_N(&job->arena, struct table_scan, job->selected.n_tables);
    for (size_t t = 0; t < job->selected.n_tables; t++) {
        struct table_scan s = {.table = &job->selected.tables[t], .number = (uint32_t)t};
        for (uint32_t i = 0; i < s.table->n_columns; i++)
            ask_about_column(job, &s, i);
        if (s.n)
            list->items[list->n++] = s;
    }
    return list;
}

static enum wb_code scan_with(struct wb_job *job, struct wb_conn *c, struct wb_error *err) {
    struct wb_scan_list *list = job->scan;
    for (;;) {
        size_t i = atomic_fetch_add(&list->next, 1);
        if (i >= list->n || wb_job_stopping(job))
            return WB_OK;
        struct table_scan *s = &list->items[i];
        enum wb_code code = wb_cancel_check(job->opts->cancel, err);
        if (!code)
            code = c->engine->read->scan(c, s->table, s->asks, s->n, err);
        if (code)
            return wb_error_wrap(err, "table %s: looking through its values", s->table->name);
    }
}

static enum wb_code scan_some(struct wb_job *job, unsigned worker, struct wb_error *err) {
    return scan_with(job, job->readers[worker], err);
}

/* "table.column.kind;" by number: what was found that decides a type. */
static const char *format_answers(struct wb_job *job) {
    WB_CLEANUP_BUF struct wb_buf b = {0};
    for (size_t i = 0; i < job->scan->n; i++) {
        const struct table_scan *s = &job->scan->items[i];
        for (size_t k = 0; k < s->n; k++)
            if (s->asks[k].ret_rows)
                wb_buf_addf(&b, "%u.%u.%d;", s->number, s->asks[k].column, (int)s->asks[k].kind);
    }
    return wb_arena_strdup(&job->arena, wb_buf_str(&b));
}

enum wb_code wb_job_scan(struct wb_job *job, bool readers, struct wb_error *err) {
    if (job->run.state != WB_RUN_NONE) {
        job->scans = job->run.scans;
        return WB_OK;
    }
    job->scans = "";
    job->scan = make_list(job);
    if (job->scan->n == 0 || !job->source_engine->read->scan || !job->target_engine->ddl->typed)
        return WB_OK;
    wb_job_say(job, WB_COPY_PHASE, "looking through %zu table%s for values that decide types",
               job->scan->n, job->scan->n == 1 ? "" : "s");
    enum wb_code code =
        readers ? wb_job_parallel(job, scan_some, err) : scan_with(job, job->keeper, err);
    if (code)
        return code;
    job->scans = format_answers(job);
    return WB_OK;
}
