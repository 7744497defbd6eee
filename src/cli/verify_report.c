/* --report: what a verification found, as a document that somebody who was not there can read and
 * repeat: what was compared with what, when, where both logs stood, by which method, the digests of
 * both sides, and every difference. A file is written beside itself and then renamed, so that a
 * reader finds either the earlier report or the new one, never half of one. */
#include "cli/verify_out.h"

#include "base/str.h"
#include "cli/doc.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* ------------------------------------------------------------------------------------------- small
 * words */

static void cell(struct wb_doc *d, const char *text) {
    d->ops->cell(d, text, WB_DOC_PLAIN);
}

static void cell_count(struct wb_doc *d, uint64_t n) {
    char text[40];
    d->ops->cell(d, wb_str_human_count(n, text, sizeof text), WB_DOC_NUMBER);
}

static void cell_outcome(struct wb_doc *d, enum wb_verify_outcome o) {
    d->ops->cell(d, wb_verify_outcome_word(o),
                 o == WB_VERIFY_EQUAL       ? WB_DOC_GOOD
                 : o == WB_VERIFY_DIFFERENT ? WB_DOC_BAD
                                            : WB_DOC_UNSURE);
}

static void fact(struct wb_doc *d, const char *name, const char *text) {
    if (!text || !*text)
        return;
    d->ops->row(d);
    cell(d, name);
    cell(d, text);
    d->ops->row_end(d);
}

static const char *name_of(const struct wb_verify_table_report *t) {
    return t->source ? t->source : t->target ? t->target : "";
}

/* ------------------------------------------------------------------------------------------- what
 * was compared */

static void put_side(struct wb_doc *d, const char *name, const char *url, const char *version) {
    WB_CLEANUP_BUF struct wb_buf b = {0};
    wb_buf_addf(&b, "%s%s%s%s", url ? url : "", version ? " (" : "", version ? version : "",
                version ? ")" : "");
    fact(d, name, wb_buf_str(&b));
}

static void put_work(struct wb_doc *d, const struct wb_verify_report *r) {
    char rows[40], bytes[40], time[40];
    WB_CLEANUP_BUF struct wb_buf b = {0};
    wb_buf_addf(&b, "%s rows, %s in %s", wb_str_human_count(r->rows, rows, sizeof rows),
                wb_str_human_bytes(r->bytes, bytes, sizeof bytes),
                wb_str_human_ms(r->elapsed_ms, time, sizeof time));
    if (r->retried_rows)
        wb_buf_addf(&b, "; %s rows differed at first and were read again",
                    wb_str_human_count(r->retried_rows, rows, sizeof rows));
    if (r->unsettled_rows)
        wb_buf_addf(&b, "; %s rows went on changing and are neither equal nor different",
                    wb_str_human_count(r->unsettled_rows, rows, sizeof rows));
    if (r->repaired_rows)
        wb_buf_addf(&b, "; %s rows were repaired",
                    wb_str_human_count(r->repaired_rows, rows, sizeof rows));
    fact(d, "Compared", wb_buf_str(&b));
}

static void put_facts(struct wb_doc *d, const struct wb_verify_report *r) {
    static const char *const heads[] = {"", ""};
    WB_CLEANUP_BUF struct wb_buf levels = {0};
    char round[20];
    snprintf(round, sizeof round, "%u", r->round);
    wb_verify_add_levels(&levels, r->levels);
    d->ops->table(d, heads, 2);
    put_side(d, "Source", r->source, r->source_version);
    put_side(d, "Target", r->target, r->target_version);
    fact(d, "Levels", wb_buf_str(&levels));
    fact(d, "Started", r->started);
    fact(d, "Finished", r->finished);
    put_work(d, r);
    fact(d, "Round", r->round > 1 ? round : NULL);
    fact(d, "Continued",
         r->resumed ? "yes: parts of it were compared before an interruption" : NULL);
    fact(d, "Kept",
         r->recorded ? "the verdicts are in the target too: whimbrel's table verdicts"
                     : "here only");
    fact(d, "Program", "whimbrel " WB_VERSION);
    d->ops->table_end(d);
}

static void put_tables(struct wb_doc *d, const struct wb_verify_report *r) {
    static const char *const heads[] = {"Table",      "Outcome",     "Compared by", "Columns",
                                        "Rows where", "Source rows", "Target rows", "Missing",
                                        "Extra",      "Different",   "Seconds"};
    char seconds[40];
    d->ops->heading(d, "Tables");
    d->ops->table(d, heads, sizeof heads / sizeof heads[0]);
    for (size_t i = 0; i < r->n_tables; i++) {
        const struct wb_verify_table_report *t = &r->tables[i];
        snprintf(seconds, sizeof seconds, "%.2f", (double)t->ms / 1000);
        d->ops->row(d);
        cell(d, name_of(t));
        cell_outcome(d, t->outcome);
        cell(d, t->method);
        cell(d, !t->columns || wb_str_eq(t->columns, "*") ? "all" : t->columns);
        cell(d, t->where ? t->where : "all");
        cell_count(d, t->source_rows);
        cell_count(d, t->target_rows);
        cell_count(d, t->missing_rows);
        cell_count(d, t->extra_rows);
        cell_count(d, t->changed_rows);
        d->ops->cell(d, seconds, WB_DOC_NUMBER);
        d->ops->row_end(d);
    }
    d->ops->table_end(d);
}

static void put_evidence(struct wb_doc *d, const struct wb_verify_report *r) {
    static const char *const heads[] = {"Table",
                                        "Digest of the source",
                                        "Digest of the target",
                                        "Settled rows",
                                        "Position of the source",
                                        "Position of the target",
                                        "Started",
                                        "Finished"};
    char digest[WB_DIGEST_TEXT_BYTES];
    d->ops->heading(d, "Evidence");
    d->ops->para(
        d,
        "A digest is the sum modulo 2^128 of one hash a row, over the columns and rows named "
        "above, as they were first read; settled rows differed then and were equal when they were "
        "read again, so that digests of equal tables may differ. Positions are where the log of "
        "each server stood when the table was begun.",
        WB_DOC_PLAIN);
    d->ops->table(d, heads, sizeof heads / sizeof heads[0]);
    for (size_t i = 0; i < r->n_tables; i++) {
        const struct wb_verify_table_report *t = &r->tables[i];
        bool taken = t->strength == WB_VERIFY_BY_DIGEST;
        d->ops->row(d);
        cell(d, name_of(t));
        d->ops->cell(d, taken ? wb_digest_format(&t->source_digest, digest) : "", WB_DOC_CODE);
        d->ops->cell(d, taken ? wb_digest_format(&t->target_digest, digest) : "", WB_DOC_CODE);
        cell_count(d, t->retried_rows - t->unsettled_rows);
        d->ops->cell(d, t->source_position, WB_DOC_CODE);
        d->ops->cell(d, t->target_position, WB_DOC_CODE);
        cell(d, t->started);
        cell(d, t->finished);
        d->ops->row_end(d);
    }
    d->ops->table_end(d);
}

/* ------------------------------------------------------------------------------------------- what
 * was found */

static void cell_value(struct wb_doc *d, bool there, const char *value) {
    WB_CLEANUP_BUF struct wb_buf b = {0};
    if (there)
        wb_doc_add_value(&b, value);
    d->ops->cell(d, wb_buf_str(&b), WB_DOC_CODE);
}

static void put_difference(struct wb_doc *d, const struct wb_verify_difference *f) {
    WB_CLEANUP_BUF struct wb_buf kind = {0};
    wb_buf_adds(&kind, wb_verify_difference_word(f->kind));
    if (f->copies > 1)
        wb_buf_addf(&kind, ", %" PRIu64 " times", f->copies);
    for (size_t i = 0; i < f->n_values || i == 0; i++) {
        bool value = i < f->n_values;
        d->ops->row(d);
        d->ops->cell(d, i ? "" : f->key, WB_DOC_CODE);
        cell(d, i ? "" : wb_buf_str(&kind));
        cell(d, value ? f->values[i].column : "");
        cell_value(d, value && f->kind != WB_VERIFY_EXTRA, value ? f->values[i].source : NULL);
        cell_value(d, value && f->kind != WB_VERIFY_MISSING, value ? f->values[i].target : NULL);
        d->ops->row_end(d);
    }
}

static void put_differences(struct wb_doc *d, const struct wb_verify_table_report *t) {
    static const char *const heads[] = {"Key", "What", "Column", "Source", "Target"};
    WB_CLEANUP_BUF struct wb_buf b = {0};
    char n[40];
    uint64_t all = t->missing_rows + t->extra_rows + t->changed_rows, listed = 0;
    wb_buf_addf(&b, "Rows that differ in %s", name_of(t));
    d->ops->heading(d, wb_buf_str(&b));
    d->ops->table(d, heads, sizeof heads / sizeof heads[0]);
    for (size_t i = 0; i < t->n_differences; i++) {
        put_difference(d, &t->differences[i]);
        listed += t->differences[i].copies;
    }
    d->ops->table_end(d);
    if (all <= listed)
        return;
    wb_buf_reset(&b);
    wb_buf_addf(&b, "%" PRIu64 " of %s rows are listed.", listed,
                wb_str_human_count(all, n, sizeof n));
    d->ops->para(d, wb_buf_str(&b), WB_DOC_PLAIN);
}

static void put_repairs(struct wb_doc *d, const struct wb_verify_report *r) {
    WB_CLEANUP_BUF struct wb_buf b = {0};
    for (size_t i = 0; i < r->n_tables; i++)
        for (size_t k = 0; k < r->tables[i].n_differences; k++)
            if (r->tables[i].differences[k].repair)
                wb_buf_addf(&b, "%s;\n", r->tables[i].differences[k].repair);
    if (!b.len)
        return;
    d->ops->heading(d, "Statements of the repair");
    d->ops->code(d, wb_buf_str(&b));
}

static size_t put_findings(struct wb_doc *d, const struct wb_verify_report *r,
                           enum wb_verify_outcome outcome, const char *title) {
    size_t n = 0;
    for (size_t i = 0; i < r->n_findings; i++) {
        const struct wb_verify_finding *f = &r->findings[i];
        WB_CLEANUP_BUF struct wb_buf b = {0};
        if (f->outcome != outcome)
            continue;
        if (n++ == 0 && title)
            d->ops->heading(d, title);
        wb_verify_add_subject(&b, f);
        wb_buf_addf(&b, " (%s): %s%s%s", wb_verify_level_word(f->level), f->text,
                    f->hint ? " — " : "", f->hint ? f->hint : "");
        d->ops->item(d, wb_buf_str(&b));
    }
    return n;
}

static void put_unverified(struct wb_doc *d, const struct wb_verify_report *r) {
    d->ops->heading(d, "What was not verified");
    size_t n = 0;
    for (size_t i = 0; i < r->n_tables; i++) {
        WB_CLEANUP_BUF struct wb_buf b = {0};
        if (!r->tables[i].why)
            continue;
        n++;
        wb_buf_addf(&b, "%s: %s", name_of(&r->tables[i]), r->tables[i].why);
        d->ops->item(d, wb_buf_str(&b));
    }
    n += put_findings(d, r, WB_VERIFY_UNVERIFIED, NULL);
    if (n == 0)
        d->ops->para(d, "Nothing of what was asked for was left out.", WB_DOC_PLAIN);
}

static void put_standing(struct wb_doc *d, const struct wb_verify_report *r) {
    static const char *const heads[] = {"Table", "Differed at", "Scope", "What clears it"};
    if (r->n_standing == 0)
        return;
    d->ops->heading(d, "Earlier failures that stand");
    d->ops->table(d, heads, sizeof heads / sizeof heads[0]);
    for (size_t i = 0; i < r->n_standing; i++) {
        d->ops->row(d);
        cell(d, r->standing[i].table);
        cell(d, r->standing[i].failed_at);
        cell(d, r->standing[i].scope);
        cell(d, r->standing[i].what_clears_it);
        d->ops->row_end(d);
    }
    d->ops->table_end(d);
}

static void compose(struct wb_doc *d, const struct wb_verify_end *end) {
    const struct wb_verify_report *r = end->report;
    WB_CLEANUP_BUF struct wb_buf verdict = {0};
    wb_verify_add_verdict(&verdict, end);
    d->ops->begin(d, "Verification");
    d->ops->para(d, wb_buf_str(&verdict),
                 end->exit_code == 0   ? WB_DOC_GOOD
                 : end->exit_code == 1 ? WB_DOC_BAD
                                       : WB_DOC_UNSURE);
    put_facts(d, r);
    d->ops->heading(d, "To repeat it");
    d->ops->code(d, end->command ? end->command : "");
    if (r->n_tables) {
        put_tables(d, r);
        put_evidence(d, r);
    }
    for (size_t i = 0; i < r->n_tables; i++)
        if (r->tables[i].n_differences)
            put_differences(d, &r->tables[i]);
    put_repairs(d, r);
    put_findings(d, r, WB_VERIFY_DIFFERENT, "Structure that differs");
    put_unverified(d, r);
    put_standing(d, r);
    put_findings(d, r, WB_VERIFY_EQUAL, "Notes");
    d->ops->end(d);
}

/* ------------------------------------------------------------------------------------------- files
 */

enum format { NO_FORMAT, MARKDOWN, HTML, JSON };

static enum format format_of(const char *path) {
    static const struct {
        const char *ending;
        enum format format;
    } endings[] = {{".md", MARKDOWN},
                   {".markdown", MARKDOWN},
                   {".html", HTML},
                   {".htm", HTML},
                   {".json", JSON}};
    size_t len = strlen(path);
    for (size_t i = 0; i < sizeof endings / sizeof endings[0]; i++) {
        size_t n = strlen(endings[i].ending);
        if (len > n && wb_str_ieq(path + len - n, endings[i].ending))
            return endings[i].format;
    }
    return NO_FORMAT;
}

bool wb_verify_report_can(const char *path) {
    return format_of(path) != NO_FORMAT;
}

void wb_verify_report_render(struct wb_buf *to, const char *path, const struct wb_verify_end *end) {
    enum format format = format_of(path);
    struct wb_doc d = {.ops = format == HTML ? &wb_doc_html : &wb_doc_md, .out = to};
    if (format == JSON)
        wb_verify_report_json(to, end);
    else
        compose(&d, end);
}

static bool write_all(int fd, const struct wb_buf *b) {
    for (size_t done = 0; done < b->len;) {
        ssize_t n = write(fd, b->data + done, b->len - done);
        if (n < 0 && errno != EINTR)
            return false;
        done += n > 0 ? (size_t)n : 0;
    }
    return fsync(fd) == 0;
}

static enum wb_code write_file(const char *path, const struct wb_buf *b, struct wb_error *err) {
    WB_CLEANUP_BUF struct wb_buf temporary = {0};
    wb_buf_addf(&temporary, "%s.new.%ld", path, (long)getpid());
    const char *new = wb_buf_str(&temporary);
    int fd = open(new, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    bool good = fd >= 0 && write_all(fd, b);
    if (fd >= 0)
        good &= close(fd) == 0;
    good = good && rename(new, path) == 0;
    if (good)
        return WB_OK;
    int why = errno;
    unlink(new);
    return wb_error_set(err, WB_E_IO, "cannot write the report %s: %s", path, strerror(why));
}

enum wb_code wb_verify_print_files(const struct wb_verify_printer *p,
                                   const struct wb_verify_end *end, struct wb_error *err) {
    enum wb_code code = WB_OK;
    for (size_t i = 0; i < p->n_reports; i++) {
        WB_CLEANUP_BUF struct wb_buf b = {0};
        struct wb_error one = {0};
        wb_verify_report_render(&b, p->reports[i], end);
        if (write_file(p->reports[i], &b, &one) && !code) {
            *err = one;
            code = one.code;
        }
    }
    return code;
}
