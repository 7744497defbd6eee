#include "cli/verify_out.h"

#include "base/str.h"
#include "cli/cli.h"
#include "cli/doc.h"

#include <inttypes.h>
#include <stdio.h>

enum { SAID_AT_ONCE = 20 };

/* ------------------------------------------------------------------------------------------- while
 * it runs */

static void describe(const struct wb_verify_printer *p, const struct wb_verify_progress *g,
                     struct wb_buf *b) {
    char rows[40], all[40], rate[40], bytes[40], eta[40];
    wb_buf_addf(b, "%s %u%%: %s of about %s rows, %s rows/s, %s/s",
                g->doing ? g->doing : "comparing", wb_printer_percent(g->rows, g->est_rows),
                wb_str_human_count(g->rows, rows, sizeof rows),
                wb_str_human_count(g->est_rows, all, sizeof all),
                wb_str_human_count((uint64_t)p->base.rows_per_s, rate, sizeof rate),
                wb_str_human_bytes((uint64_t)p->base.bytes_per_s, bytes, sizeof bytes));
    if (p->base.rows_per_s >= 1 && g->est_rows > g->rows)
        wb_buf_addf(
            b, ", %s left",
            wb_str_human_ms((uint64_t)((double)(g->est_rows - g->rows) / p->base.rows_per_s * 1000),
                            eta, sizeof eta));
    wb_buf_addf(b, ", %zu of %zu tables", g->tables_done, g->tables);
    if (g->differences)
        wb_buf_addf(b, ", %" PRIu64 " DIFFERENT", g->differences);
    if (g->retried_rows)
        wb_buf_addf(b, ", %" PRIu64 " read again", g->retried_rows);
    if (g->table)
        wb_buf_addf(b, " | %s", g->table);
}

static void progress(struct wb_verify_printer *p, const struct wb_verify_progress *g) {
    wb_printer_measure(&p->base, g->elapsed_ms, g->rows, g->bytes);
    if (!wb_printer_due(&p->base, g->elapsed_ms))
        return;
    WB_CLEANUP_BUF struct wb_buf b = {0};
    describe(p, g, &b);
    wb_printer_progress(&p->base, g->elapsed_ms, wb_buf_str(&b));
}

static const char *outcome_word(enum wb_verify_outcome o) {
    return o == WB_VERIFY_DIFFERENT ? "DIFFERENT" : wb_verify_outcome_word(o);
}

static void say_table(struct wb_verify_printer *p, const struct wb_verify_table_report *t) {
    WB_CLEANUP_BUF struct wb_buf b = {0};
    char rows[40];
    wb_buf_addf(&b, "  %s: %s, %s rows", t->source ? t->source : t->target,
                outcome_word(t->outcome), wb_str_human_count(t->source_rows, rows, sizeof rows));
    if (t->retried_rows > t->unsettled_rows)
        wb_buf_addf(&b, ", %s settled when read again",
                    wb_str_human_count(t->retried_rows - t->unsettled_rows, rows, sizeof rows));
    if (t->why)
        wb_buf_addf(&b, "; not verified: %s", t->why);
    wb_printer_say(&p->base, wb_buf_str(&b));
}

static const char *difference_text(enum wb_verify_difference_kind k) {
    return k == WB_VERIFY_MISSING ? "missing in the target"
           : k == WB_VERIFY_EXTRA ? "in the target only"
                                  : "different";
}

static void add_key(struct wb_buf *to, const struct wb_verify_difference *d) {
    if (d->key && *d->key)
        wb_doc_add_clean(to, d->key);
    else
        wb_buf_adds(to, "a row without a key");
    if (d->copies > 1)
        wb_buf_addf(to, " (%" PRIu64 " times)", d->copies);
}

static void say_difference(struct wb_verify_printer *p, const struct wb_verify_table_report *t,
                           const struct wb_verify_difference *d) {
    WB_CLEANUP_BUF struct wb_buf b = {0};
    if (p->differences_said++ >= SAID_AT_ONCE) {
        if (p->differences_said == SAID_AT_ONCE + 1)
            wb_printer_say(&p->base, "  more differences are listed at the end");
        return;
    }
    wb_buf_addf(&b, "  %s: ", t && t->source ? t->source : t && t->target ? t->target : "");
    add_key(&b, d);
    wb_buf_addf(&b, " is %s", difference_text(d->kind));
    wb_printer_say(&p->base, wb_buf_str(&b));
}

static void say_finding(struct wb_verify_printer *p, const struct wb_verify_finding *f) {
    WB_CLEANUP_BUF struct wb_buf b = {0};
    if (f->outcome == WB_VERIFY_EQUAL)
        return;
    wb_buf_adds(&b, "  ");
    wb_verify_add_subject(&b, f);
    wb_buf_addf(&b, ": %s", f->text);
    wb_printer_say(&p->base, wb_buf_str(&b));
}

/* A round ends: its summary, and the reports anew, so that they are always of the last whole
 * round. */
static void round_done(struct wb_verify_printer *p, const struct wb_verify_report *r) {
    struct wb_error ended = wb_verify_error_of(r), err = {0};
    struct wb_verify_end end = {r, &ended, wb_error_exit_code(ended.code), p->command, NULL};
    if (!p->base.json)
        wb_verify_print_report(p, &end);
    p->round_shown = r->round;
    p->differences_said = 0;
    if (wb_verify_print_files(p, &end, &err))
        wb_printer_say(&p->base, err.text);
}

static void say_text(struct wb_verify_printer *p, const char *before, const char *text) {
    WB_CLEANUP_BUF struct wb_buf b = {0};
    wb_buf_adds(&b, before);
    wb_doc_add_clean(&b, text);
    wb_printer_say(&p->base, wb_buf_str(&b));
}

void wb_verify_print_event(void *ctx, const struct wb_verify_event *e) {
    struct wb_verify_printer *p = ctx;
    if (p->base.json)
        wb_verify_json_event(e, p->command);
    if (e->kind == WB_VERIFY_ROUND_DONE)
        round_done(p, e->report);
    if (p->base.json)
        return;
    switch (e->kind) {
    case WB_VERIFY_PHASE:
        say_text(p, "", e->text);
        break;
    case WB_VERIFY_NOTE:
        say_text(p, "  ", e->text);
        break;
    case WB_VERIFY_PROGRESS:
        progress(p, e->progress);
        break;
    case WB_VERIFY_TABLE_DONE:
        say_table(p, e->table);
        break;
    case WB_VERIFY_DIFFERENCE:
        say_difference(p, e->table, e->difference);
        break;
    case WB_VERIFY_FINDING:
        say_finding(p, e->finding);
        break;
    case WB_VERIFY_REPAIRED:
        say_text(p, "  repaired: ", e->text);
        break;
    case WB_VERIFY_ROUND_DONE:
        break;
    }
}

/* ------------------------------------------------------------------------------------------- the
 * summary */

static const char *name_of(const struct wb_verify_table_report *t) {
    return t->source ? t->source : t->target ? t->target : "";
}

static void print_table_row(const struct wb_verify_table_report *t, size_t width) {
    char source[40], target[40], missing[40], extra[40], changed[40];
    bool counted = t->strength != WB_VERIFY_NOTHING;
    wb_print_padded(name_of(t), width);
    printf(" %13s %13s %8s %8s %9s %8.2f  %-10s %s\n",
           counted ? wb_str_human_count(t->source_rows, source, sizeof source) : "-",
           counted ? wb_str_human_count(t->target_rows, target, sizeof target) : "-",
           wb_str_human_count(t->missing_rows, missing, sizeof missing),
           wb_str_human_count(t->extra_rows, extra, sizeof extra),
           wb_str_human_count(t->changed_rows, changed, sizeof changed), (double)t->ms / 1000,
           outcome_word(t->outcome), t->method && counted ? t->method : "-");
}

static void print_scopes(const struct wb_verify_report *r) {
    for (size_t i = 0; i < r->n_tables; i++) {
        const struct wb_verify_table_report *t = &r->tables[i];
        bool all = !t->columns || wb_str_eq(t->columns, "*");
        if (all && !t->where)
            continue;
        printf("  %s: compared only %s%s%s%s\n", name_of(t), all ? "" : "columns ",
               all ? "" : t->columns, t->where ? (all ? "rows where " : ", rows where ") : "",
               t->where ? t->where : "");
    }
}

static void print_tables(const struct wb_verify_report *r) {
    size_t width = 5;
    for (size_t i = 0; i < r->n_tables; i++)
        if (wb_print_width(name_of(&r->tables[i])) > width)
            width = wb_print_width(name_of(&r->tables[i]));
    printf("\n");
    wb_print_padded("table", width);
    printf(" %13s %13s %8s %8s %9s %8s  %-10s %s\n", "source rows", "target rows", "missing",
           "extra", "different", "seconds", "outcome", "compared by");
    for (size_t i = 0; i < r->n_tables; i++)
        print_table_row(&r->tables[i], width);
    print_scopes(r);
}

static void print_values(const struct wb_verify_difference *d) {
    for (size_t i = 0; i < d->n_values; i++) {
        WB_CLEANUP_BUF struct wb_buf b = {0};
        const struct wb_verify_value *v = &d->values[i];
        wb_doc_add_clean(&b, v->column);
        wb_buf_adds(&b, ": ");
        if (d->kind != WB_VERIFY_EXTRA)
            wb_doc_add_value(&b, v->source);
        if (d->kind == WB_VERIFY_CHANGED)
            wb_buf_adds(&b, " in the source, ");
        if (d->kind != WB_VERIFY_MISSING)
            wb_doc_add_value(&b, v->target);
        if (d->kind == WB_VERIFY_CHANGED)
            wb_buf_adds(&b, " in the target");
        printf("      %s\n", wb_buf_str(&b));
    }
}

static void print_table_differences(const struct wb_verify_table_report *t) {
    char all[40];
    uint64_t n = t->missing_rows + t->extra_rows + t->changed_rows, listed = 0;
    printf("\nDifferences in %s:\n", name_of(t));
    for (size_t i = 0; i < t->n_differences; i++) {
        WB_CLEANUP_BUF struct wb_buf b = {0};
        add_key(&b, &t->differences[i]);
        printf("  %s: %s\n", wb_buf_str(&b), difference_text(t->differences[i].kind));
        print_values(&t->differences[i]);
        listed += t->differences[i].copies;
    }
    if (n > listed)
        printf("  … %" PRIu64 " of %s rows are listed; --max-differences lists more\n", listed,
               wb_str_human_count(n, all, sizeof all));
}

static void print_repairs(const struct wb_verify_report *r) {
    bool first = true;
    for (size_t i = 0; i < r->n_tables; i++)
        for (size_t k = 0; k < r->tables[i].n_differences; k++) {
            const char *sql = r->tables[i].differences[k].repair;
            if (sql && first && !r->repaired_rows)
                printf("\nThese statements would make the target right; --execute runs them:\n");
            else if (sql && first)
                printf("\nThese statements were for the repair:\n");
            if (!sql)
                continue;
            first = false;
            printf("%s;\n", sql);
        }
}

static void print_findings(const struct wb_verify_report *r, enum wb_verify_outcome outcome,
                           const char *title) {
    size_t n = 0;
    for (size_t i = 0; i < r->n_findings; i++) {
        const struct wb_verify_finding *f = &r->findings[i];
        WB_CLEANUP_BUF struct wb_buf b = {0};
        if (f->outcome != outcome)
            continue;
        if (n++ == 0)
            printf("\n%s:\n", title);
        wb_verify_add_subject(&b, f);
        wb_buf_addf(&b, ": %s", f->text);
        wb_print_lines("", "  ", wb_buf_str(&b));
        if (f->hint)
            wb_print_lines("", "    ", f->hint);
    }
}

static void print_unverified(const struct wb_verify_report *r) {
    bool first = true;
    for (size_t i = 0; i < r->n_tables; i++) {
        if (!r->tables[i].why)
            continue;
        if (first)
            printf("\nNot verified:\n");
        first = false;
        printf("  %s: %s\n", name_of(&r->tables[i]), r->tables[i].why);
    }
    print_findings(r, WB_VERIFY_UNVERIFIED, first ? "Not verified" : "Not verified either");
}

static void print_standing(const struct wb_verify_report *r) {
    for (size_t i = 0; i < r->n_standing; i++) {
        const struct wb_verify_standing *s = &r->standing[i];
        if (i == 0)
            printf("\nEarlier failures that stand:\n");
        printf("  %s: differed at %s (%s)\n", s->table, s->failed_at, s->scope);
        if (s->what_clears_it)
            printf("    %s\n", s->what_clears_it);
    }
}

static void print_work(const struct wb_verify_printer *p, const struct wb_verify_report *r) {
    char rows[40], bytes[40], time[40];
    printf("\n");
    if (p->continuous)
        printf("Round %u. ", r->round);
    printf("Compared %s rows, %s in %s%s.", wb_str_human_count(r->rows, rows, sizeof rows),
           wb_str_human_bytes(r->bytes, bytes, sizeof bytes),
           wb_str_human_ms(r->elapsed_ms, time, sizeof time),
           r->resumed ? ", going on where an earlier run stood" : "");
    if (r->retried_rows > r->unsettled_rows)
        printf(" %s row%s differed at first and settled when read again.",
               wb_str_human_count(r->retried_rows - r->unsettled_rows, rows, sizeof rows),
               r->retried_rows - r->unsettled_rows == 1 ? "" : "s");
    if (r->unsettled_rows)
        printf(" %s row%s never settled.", wb_str_human_count(r->unsettled_rows, rows, sizeof rows),
               r->unsettled_rows == 1 ? "" : "s");
    printf(r->recorded ? "\n" : " No verdict was recorded in the target.\n");
}

void wb_verify_print_report(struct wb_verify_printer *p, const struct wb_verify_end *end) {
    const struct wb_verify_report *r = end->report;
    WB_CLEANUP_BUF struct wb_buf verdict = {0}, clean = {0};
    wb_printer_end(&p->base);
    if (p->base.json) {
        wb_verify_json_summary(end);
        return;
    }
    if (!p->round_shown || p->round_shown != r->round) {
        if (r->n_tables)
            print_tables(r);
        for (size_t i = 0; i < r->n_tables; i++)
            if (r->tables[i].n_differences)
                print_table_differences(&r->tables[i]);
        print_repairs(r);
        print_findings(r, WB_VERIFY_DIFFERENT, "Structure that differs");
        print_unverified(r);
        print_findings(r, WB_VERIFY_EQUAL, "Notes");
        print_standing(r);
        print_work(p, r);
    }
    wb_verify_add_verdict(&verdict, end);
    wb_doc_add_clean(&clean, wb_buf_str(&verdict));
    printf("%s\n", wb_buf_str(&clean));
    wb_cli_log(wb_buf_str(&clean));
    fflush(stdout);
}
