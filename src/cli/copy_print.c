#include "cli/copy_print.h"

#include "base/str.h"
#include "cli/cli.h"

#include <inttypes.h>
#include <string.h>

enum { ALTERED_SHOWN = 12 };

static void describe_rows(struct wb_printer *p, const struct wb_copy_progress *g,
                          struct wb_buf *b) {
    char rows[40], all[40], rate[40], bytes[40], eta[40];
    wb_buf_addf(b, "copying %u%%: %s of about %s rows, %s rows/s, %s/s",
                wb_printer_percent(g->rows, g->est_rows),
                wb_str_human_count(g->rows, rows, sizeof rows),
                wb_str_human_count(g->est_rows, all, sizeof all),
                wb_str_human_count((uint64_t)p->rows_per_s, rate, sizeof rate),
                wb_str_human_bytes((uint64_t)p->bytes_per_s, bytes, sizeof bytes));
    if (p->rows_per_s >= 1 && g->est_rows > g->rows)
        wb_buf_addf(
            b, ", %s left",
            wb_str_human_ms((uint64_t)((double)(g->est_rows - g->rows) / p->rows_per_s * 1000), eta,
                            sizeof eta));
    for (size_t i = 0; i < g->n_active; i++)
        wb_buf_addf(b, "%s %s %u%%", i ? "," : " |", g->active[i].name,
                    wb_printer_percent(g->active[i].rows, g->active[i].est_rows));
}

static void describe(struct wb_printer *p, const struct wb_copy_progress *g, struct wb_buf *b) {
    char rows[40], all[40];
    if (g->tables_done < g->tables)
        describe_rows(p, g, b);
    else
        wb_buf_addf(b, "%s: %zu of %zu steps, %s of %s rows read back", g->doing, g->steps_done,
                    g->steps, wb_str_human_count(g->proven_rows, rows, sizeof rows),
                    wb_str_human_count(g->rows, all, sizeof all));
}

static void progress(struct wb_printer *p, const struct wb_copy_progress *g) {
    wb_printer_measure(p, g->elapsed_ms, g->rows, g->bytes);
    if (!wb_printer_due(p, g->elapsed_ms))
        return;
    WB_CLEANUP_BUF struct wb_buf b = {0};
    describe(p, g, &b);
    wb_printer_progress(p, g->elapsed_ms, wb_buf_str(&b));
}

static void table_done(struct wb_printer *p, const struct wb_copy_table_progress *t) {
    WB_CLEANUP_BUF struct wb_buf b = {0};
    char rows[40], bytes[40];
    wb_buf_addf(&b, "  %s: %s rows, %s", t->name, wb_str_human_count(t->rows, rows, sizeof rows),
                wb_str_human_bytes(t->bytes, bytes, sizeof bytes));
    wb_printer_say(p, wb_buf_str(&b));
}

void wb_copy_print_event(void *printer, const struct wb_copy_event *e) {
    struct wb_printer *p = printer;
    WB_CLEANUP_BUF struct wb_buf b = {0};
    if (p->json)
        wb_copy_json_event(e);
    if (p->json && e->kind != WB_COPY_RETRYING)
        return;
    switch (e->kind) {
    case WB_COPY_PHASE:
        wb_printer_say(p, e->text);
        break;
    case WB_COPY_RETRYING:
        wb_buf_addf(&b, "lost: %s; trying again from where it stood", e->text);
        wb_printer_say(p, wb_buf_str(&b));
        break;
    case WB_COPY_NOTE:
        wb_printer_say(p, e->finding->text);
        break;
    case WB_COPY_PROGRESS:
        progress(p, e->progress);
        break;
    case WB_COPY_TABLE_DONE:
        table_done(p, e->table);
        break;
    }
}

/* ------------------------------------------------------------------------------------------- the
 * summary */

static const char *verdict_word(const struct wb_copy_report *r,
                                const struct wb_copy_table_report *t) {
    return t->verdict == WB_COPY_EQUAL       ? "equal"
           : t->verdict == WB_COPY_DIFFERENT ? "DIFFERENT"
           : r->proof_skipped                ? "not proven"
                                             : "-";
}

static uint64_t altered_values(const struct wb_copy_table_report *t) {
    uint64_t n = 0;
    for (size_t i = 0; i < t->n_altered; i++)
        n += t->altered[i].values;
    return n;
}

static void print_table_row(const struct wb_copy_report *r, const struct wb_copy_table_report *t,
                            size_t width) {
    char rows[40], bytes[40], rate[40], altered[40], digest[WB_DIGEST_TEXT_BYTES];
    uint64_t ms = t->ms ? t->ms : 1;
    wb_print_padded(t->source, width);
    printf(" %13s %9s %8.2f %12s %8s  %-10s %.8s\n", wb_str_human_count(t->rows, rows, sizeof rows),
           wb_str_human_bytes(t->bytes, bytes, sizeof bytes), (double)t->ms / 1000,
           t->ms ? wb_str_human_count(t->rows * 1000 / ms, rate, sizeof rate) : "-",
           wb_str_human_count(altered_values(t), altered, sizeof altered), verdict_word(r, t),
           wb_digest_format(&t->source_digest, digest));
}

static void print_tables(const struct wb_copy_report *r) {
    size_t width = 5;
    for (size_t i = 0; i < r->n_tables; i++)
        if (wb_print_width(r->tables[i].source) > width)
            width = wb_print_width(r->tables[i].source);
    printf("\n");
    wb_print_padded("table", width);
    printf(" %13s %9s %8s %12s %8s  %-10s %s\n", "rows", "bytes", "seconds", "rows/s", "altered",
           "proof", "digest");
    for (size_t i = 0; i < r->n_tables; i++)
        print_table_row(r, &r->tables[i], width);
}

static void print_altered(const struct wb_copy_report *r) {
    bool first = true;
    for (size_t i = 0; i < r->n_tables; i++)
        for (size_t k = 0; k < r->tables[i].n_altered; k++) {
            const struct wb_copy_altered *a = &r->tables[i].altered[k];
            if (first)
                printf("\nValues altered by policy:\n");
            first = false;
            printf("  %s.%s: %" PRIu64 " value%s with %s (%s=%s)\n", r->tables[i].target, a->column,
                   a->values, a->values == 1 ? "" : "s", wb_issue_text(a->issue),
                   wb_issue_word(a->issue), wb_action_word(a->action));
        }
}

/* What is lost is always shown whole; a long list of small differences only by --dry-run and
 * --json. */
static void print_findings(const struct wb_copy_report *r, enum wb_finding_kind kind,
                           const char *title, const char *prefix) {
    size_t n = 0, most = kind == WB_FINDING_ALTERED && !*prefix ? ALTERED_SHOWN : SIZE_MAX;
    for (size_t i = 0; i < r->findings.n; i++) {
        const struct wb_finding *f = &r->findings.items[i];
        if (f->kind != kind || n++ >= most)
            continue;
        WB_CLEANUP_BUF struct wb_buf line = {0};
        if (n == 1)
            printf("\n%s%s:\n", prefix, title);
        wb_buf_addf(&line, "%s %s: %s", f->object_kind, f->object, f->text);
        wb_print_lines(prefix, "  ", wb_buf_str(&line));
        if (f->hint)
            wb_print_lines(prefix, "    ", f->hint);
    }
    if (n > most)
        printf("  … and %zu more: --dry-run and --json show them all\n", n - most);
}

static void print_all_findings(const struct wb_copy_report *r, const char *prefix) {
    print_findings(r, WB_FINDING_NOT_CARRIED, "Not carried", prefix);
    print_findings(r, WB_FINDING_ALTERED, "Carried, but not the same", prefix);
    print_findings(r, WB_FINDING_RISK, "Mind", prefix);
    print_findings(r, WB_FINDING_GENERAL, "Notes", prefix);
}

static void print_chunks(const struct wb_copy_report *r) {
    size_t kept = 0, recopied = 0, all = 0;
    for (size_t i = 0; i < r->n_tables; i++) {
        kept += r->tables[i].chunks_kept;
        recopied += r->tables[i].chunks_recopied;
        all += r->tables[i].chunks;
    }
    if (r->resumed)
        printf("Continued: of %zu chunks %zu stood and were found unchanged, %zu had changed and "
               "were copied again.\n",
               all, kept, recopied);
}

static void print_outcome(const struct wb_copy_report *r) {
    char rows[40], bytes[40], time[40];
    if (r->was_done_before) {
        printf("Nothing to do: this copy was done before (begun %s). --restart copies anew.\n",
               r->moment_time);
        return;
    }
    if (r->schema_only) {
        printf("Made in %s: %zu table%s. The same command without --schema-only copies what is in "
               "them, then makes\nindexes and keys, and proves it.\n",
               wb_str_human_ms(r->elapsed_ms, time, sizeof time), r->n_tables,
               r->n_tables == 1 ? "" : "s");
        return;
    }
    printf("Done in %s: %s rows, %s in %zu table%s.\n",
           wb_str_human_ms(r->elapsed_ms, time, sizeof time),
           wb_str_human_count(r->rows, rows, sizeof rows),
           wb_str_human_bytes(r->bytes, bytes, sizeof bytes), r->n_tables,
           r->n_tables == 1 ? "" : "s");
    print_chunks(r);
    if (r->moment_time)
        printf("The target is the source as it was at %s%s%s%s.\n", r->moment_time,
               *r->moment ? " (position: " : "", r->moment, *r->moment ? ")" : "");
    printf(r->proven ? "Proven: row count and digest of every table are equal on both sides.\n"
                     : "Not proven: --no-proof left out reading the target back.\n");
}

void wb_copy_print_report(struct wb_printer *p, const struct wb_copy_report *r,
                          const struct wb_error *err) {
    wb_printer_end(p);
    if (p->json) {
        wb_copy_json_report(r, err, "summary");
        return;
    }
    if (r->n_tables && !r->schema_only)
        print_tables(r);
    print_altered(r);
    if (!err->code || r->n_tables)
        print_all_findings(r, "");
    printf("\n");
    if (!err->code)
        print_outcome(r);
    fflush(stdout);
}

void wb_copy_print_dry_run(struct wb_printer *p, const struct wb_copy_report *r) {
    char bytes[40];
    wb_printer_end(p);
    if (p->json) {
        static const struct wb_error none;
        wb_copy_json_report(r, &none, "dry_run");
        return;
    }
    printf("-- Dry run: %s to %s. Nothing was changed.\n", r->source, r->target);
    printf("-- Source: %s. Target: %s.\n\n", r->source_version, r->target_version);
    for (size_t i = 0; i < r->ddl.n; i++)
        printf("%s;\n", r->ddl.items[i].sql);
    print_all_findings(r, "-- ");
    printf("\n-- %zu table%s; the target needs about %s.\n", r->n_tables,
           r->n_tables == 1 ? "" : "s", wb_str_human_bytes(r->space_bytes, bytes, sizeof bytes));
    fflush(stdout);
}
