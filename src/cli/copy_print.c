#include "cli/copy_print.h"

#include "base/clock.h"
#include "base/str.h"
#include "cli/cli.h"

#include <inttypes.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum { PLAIN_EVERY_MS = 5000, RATE_WINDOW_MS = 2000, ALTERED_SHOWN = 12 };

void wb_copy_printer_init(struct wb_copy_printer *p, bool json, bool quiet) {
    *p = (struct wb_copy_printer){
        .json = json, .quiet = quiet, .tty = !json && isatty(STDERR_FILENO)};
}

void wb_copy_print_end(struct wb_copy_printer *p) {
    if (p->line_open)
        fputs("\r\033[K", stderr);
    p->line_open = false;
}

static void say(struct wb_copy_printer *p, const char *text) {
    wb_cli_log(text);
    if (p->quiet)
        return;
    wb_copy_print_end(p);
    fprintf(stderr, "%s\n", text);
}

/* The rate of the last seconds, not of the whole run: it is what the ETA should follow. */
static void measure(struct wb_copy_printer *p, const struct wb_copy_progress *g) {
    uint64_t ms = g->elapsed_ms - p->rate_ms;
    if (ms < 200 || g->rows < p->rate_rows)
        return;
    p->rows_per_s = (double)(g->rows - p->rate_rows) * 1000 / (double)ms;
    p->bytes_per_s = (double)(g->bytes - p->rate_bytes) * 1000 / (double)ms;
    if (ms < RATE_WINDOW_MS)
        return;
    p->rate_ms = g->elapsed_ms;
    p->rate_rows = g->rows;
    p->rate_bytes = g->bytes;
}

static unsigned percent(uint64_t done, uint64_t all) {
    return all == 0 ? 0 : done >= all ? 100 : (unsigned)(done * 100 / all);
}

static void describe_rows(struct wb_copy_printer *p, const struct wb_copy_progress *g,
                          struct wb_buf *b) {
    char rows[40], all[40], rate[40], bytes[40], eta[40];
    wb_buf_addf(b, "copying %u%%: %s of about %s rows, %s rows/s, %s/s",
                percent(g->rows, g->est_rows), wb_str_human_count(g->rows, rows, sizeof rows),
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
                    percent(g->active[i].rows, g->active[i].est_rows));
}

static void describe(struct wb_copy_printer *p, const struct wb_copy_progress *g,
                     struct wb_buf *b) {
    char rows[40], all[40];
    if (g->tables_done < g->tables)
        describe_rows(p, g, b);
    else
        wb_buf_addf(b, "%s: %zu of %zu steps, %s of %s rows read back", g->doing, g->steps_done,
                    g->steps, wb_str_human_count(g->proven_rows, rows, sizeof rows),
                    wb_str_human_count(g->rows, all, sizeof all));
}

static int columns(void) {
    struct winsize w;
    return ioctl(STDERR_FILENO, TIOCGWINSZ, &w) == 0 && w.ws_col > 20 ? w.ws_col - 1 : 79;
}

static void progress(struct wb_copy_printer *p, const struct wb_copy_progress *g) {
    measure(p, g);
    if (p->quiet || (!p->tty && g->elapsed_ms - p->last_ms < PLAIN_EVERY_MS))
        return;
    WB_CLEANUP_BUF struct wb_buf b = {0};
    describe(p, g, &b);
    p->last_ms = g->elapsed_ms;
    if (p->tty) {
        fprintf(stderr, "\r%.*s\033[K", columns(), wb_buf_str(&b));
        p->line_open = true;
    } else {
        say(p, wb_buf_str(&b));
    }
}

static void table_done(struct wb_copy_printer *p, const struct wb_copy_table_progress *t) {
    WB_CLEANUP_BUF struct wb_buf b = {0};
    char rows[40], bytes[40];
    wb_buf_addf(&b, "  %s: %s rows, %s", t->name, wb_str_human_count(t->rows, rows, sizeof rows),
                wb_str_human_bytes(t->bytes, bytes, sizeof bytes));
    say(p, wb_buf_str(&b));
}

void wb_copy_print_event(void *printer, const struct wb_copy_event *e) {
    struct wb_copy_printer *p = printer;
    WB_CLEANUP_BUF struct wb_buf b = {0};
    if (p->json)
        wb_copy_json_event(e);
    if (p->json && e->kind != WB_COPY_RETRYING)
        return;
    switch (e->kind) {
    case WB_COPY_PHASE:
        say(p, e->text);
        break;
    case WB_COPY_RETRYING:
        wb_buf_addf(&b, "lost: %s; trying again from where it stood", e->text);
        say(p, wb_buf_str(&b));
        break;
    case WB_COPY_NOTE:
        say(p, e->finding->text);
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

static size_t width_of(const char *s) { /* in code points: good enough for a table */
    size_t n = 0;
    for (; *s; s++)
        n += ((unsigned char)*s & 0xC0) != 0x80;
    return n;
}

static void pad_name(const char *name, size_t width) {
    printf("  %s%*s", name, (int)(width - width_of(name)), "");
}

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
    pad_name(t->source, width);
    printf(" %13s %9s %8.2f %12s %8s  %-10s %.8s\n", wb_str_human_count(t->rows, rows, sizeof rows),
           wb_str_human_bytes(t->bytes, bytes, sizeof bytes), (double)t->ms / 1000,
           t->ms ? wb_str_human_count(t->rows * 1000 / ms, rate, sizeof rate) : "-",
           wb_str_human_count(altered_values(t), altered, sizeof altered), verdict_word(r, t),
           wb_digest_format(&t->source_digest, digest));
}

static void print_tables(const struct wb_copy_report *r) {
    size_t width = 5;
    for (size_t i = 0; i < r->n_tables; i++)
        if (width_of(r->tables[i].source) > width)
            width = width_of(r->tables[i].source);
    printf("\n");
    pad_name("table", width);
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

/* Texts of other programs may have several lines; each gets the prefix ("-- " where the output is
 * SQL). */
static void print_lines(const char *prefix, const char *indent, const char *text) {
    for (;;) {
        const char *nl = strchrnul(text, '\n');
        printf("%s%s%.*s\n", prefix, indent, (int)(nl - text), text);
        if (!*nl)
            return;
        text = nl + 1;
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
        print_lines(prefix, "  ", wb_buf_str(&line));
        if (f->hint)
            print_lines(prefix, "    ", f->hint);
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

void wb_copy_print_report(struct wb_copy_printer *p, const struct wb_copy_report *r,
                          const struct wb_error *err) {
    wb_copy_print_end(p);
    if (p->json) {
        wb_copy_json_report(r, err, "summary");
        return;
    }
    if (r->n_tables)
        print_tables(r);
    print_altered(r);
    if (!err->code || r->n_tables)
        print_all_findings(r, "");
    printf("\n");
    if (!err->code)
        print_outcome(r);
    fflush(stdout);
}

void wb_copy_print_dry_run(struct wb_copy_printer *p, const struct wb_copy_report *r) {
    char bytes[40];
    wb_copy_print_end(p);
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
