/* The JSON lines of verify, and the report that the summary and the report file share: schemas in
 * docs/json/. */
#include "cli/verify_out.h"

#include "base/str.h"
#include "cli/cli.h"

#include <stdio.h>

static void begin(struct wb_json *j, const char *event) {
    wb_json_object(j);
    wb_json_key_uint(j, "format", 1);
    wb_json_key_str(j, "event", event);
    wb_json_key_str(j, "time", wb_cli_now());
}

static void end_line(struct wb_json *j) {
    wb_json_end(j);
    puts(wb_buf_str(j->out));
    fflush(stdout);
}

static void put_progress(struct wb_json *j, const struct wb_verify_progress *g) {
    wb_json_key_str(j, "doing", g->doing);
    wb_json_key_str(j, "table", g->table);
    wb_json_key_uint(j, "elapsed_ms", g->elapsed_ms);
    wb_json_key_uint(j, "rows", g->rows);
    wb_json_key_uint(j, "bytes", g->bytes);
    wb_json_key_uint(j, "estimated_rows", g->est_rows);
    wb_json_key_uint(j, "tables_done", g->tables_done);
    wb_json_key_uint(j, "tables", g->tables);
    wb_json_key_uint(j, "differences", g->differences);
    wb_json_key_uint(j, "retried_rows", g->retried_rows);
}

static void put_difference(struct wb_json *j, const struct wb_verify_difference *d) {
    wb_json_object(j);
    wb_json_key_str(j, "kind", wb_verify_difference_word(d->kind));
    wb_json_key_str(j, "key", d->key);
    wb_json_key_uint(j, "copies", d->copies);
    wb_json_key(j, "values");
    wb_json_array(j);
    for (size_t i = 0; i < d->n_values; i++) {
        wb_json_object(j);
        wb_json_key_str(j, "column", d->values[i].column);
        wb_json_key_str(j, "source", d->values[i].source);
        wb_json_key_str(j, "target", d->values[i].target);
        wb_json_end(j);
    }
    wb_json_end(j);
    wb_json_key_str(j, "repair", d->repair);
    wb_json_end(j);
}

static void put_finding(struct wb_json *j, const struct wb_verify_finding *f) {
    wb_json_object(j);
    wb_json_key_str(j, "level", wb_verify_level_word(f->level));
    wb_json_key_str(j, "outcome", wb_verify_outcome_word(f->outcome));
    wb_json_key_str(j, "table", f->table);
    wb_json_key_str(j, "object", f->object);
    wb_json_key_str(j, "text", f->text);
    wb_json_key_str(j, "hint", f->hint);
    wb_json_end(j);
}

static void put_digest(struct wb_json *j, const char *key, const struct wb_digest *d, bool taken) {
    char text[WB_DIGEST_TEXT_BYTES];
    wb_json_key_str(j, key, taken ? wb_digest_format(d, text) : NULL);
}

static void put_table_counts(struct wb_json *j, const struct wb_verify_table_report *t) {
    bool taken = t->strength == WB_VERIFY_BY_DIGEST;
    wb_json_key_uint(j, "source_rows", t->source_rows);
    wb_json_key_uint(j, "target_rows", t->target_rows);
    put_digest(j, "source_digest", &t->source_digest, taken);
    put_digest(j, "target_digest", &t->target_digest, taken);
    wb_json_key_uint(j, "sampled_rows", t->sampled_rows);
    wb_json_key_uint(j, "missing_rows", t->missing_rows);
    wb_json_key_uint(j, "extra_rows", t->extra_rows);
    wb_json_key_uint(j, "changed_rows", t->changed_rows);
    wb_json_key_uint(j, "retried_rows", t->retried_rows);
    wb_json_key_uint(j, "unsettled_rows", t->unsettled_rows);
    wb_json_key_uint(j, "bytes", t->bytes);
    wb_json_key_uint(j, "elapsed_ms", t->ms);
    wb_json_key_uint(j, "chunks", t->chunks);
    wb_json_key_uint(j, "chunks_kept", t->chunks_kept);
}

static void put_table(struct wb_json *j, const struct wb_verify_table_report *t) {
    wb_json_object(j);
    wb_json_key_str(j, "source", t->source);
    wb_json_key_str(j, "target", t->target);
    wb_json_key_str(j, "outcome", wb_verify_outcome_word(t->outcome));
    wb_json_key_str(j, "rows_outcome", wb_verify_outcome_word(t->rows_outcome));
    wb_json_key_str(j, "strength", wb_verify_strength_word(t->strength));
    wb_json_key_str(j, "method", t->method);
    wb_json_key_str(j, "not_verified", t->why);
    wb_json_key_str(j, "columns", t->columns);
    wb_json_key_str(j, "where", t->where);
    put_table_counts(j, t);
    wb_json_key_str(j, "source_position", t->source_position);
    wb_json_key_str(j, "target_position", t->target_position);
    wb_json_key_str(j, "started", t->started);
    wb_json_key_str(j, "finished", t->finished);
    wb_json_key(j, "differences");
    wb_json_array(j);
    for (size_t i = 0; i < t->n_differences; i++)
        put_difference(j, &t->differences[i]);
    wb_json_end(j);
    wb_json_end(j);
}

static void put_levels(struct wb_json *j, unsigned levels) {
    unsigned asked = levels ? levels : WB_VERIFY_ALL;
    wb_json_key(j, "levels");
    wb_json_array(j);
    for (unsigned bit = 1; bit <= WB_VERIFY_DIGESTS; bit <<= 1)
        if (asked & bit)
            wb_json_str(j, wb_verify_level_word((enum wb_verify_level)bit));
    wb_json_end(j);
}

static void put_outcome(struct wb_json *j, const struct wb_verify_end *end) {
    const struct wb_verify_report *r = end->report;
    WB_CLEANUP_BUF struct wb_buf verdict = {0};
    wb_verify_add_verdict(&verdict, end);
    wb_json_key_str(j, "outcome", wb_verify_outcome_word(r->outcome));
    wb_json_key_int(j, "exit_code", end->exit_code);
    wb_json_key_str(j, "error", end->err->code ? wb_error_name(end->err->code) : NULL);
    wb_json_key_str(j, "verdict", wb_buf_str(&verdict));
    wb_json_key_str(j, "command", end->command);
    wb_json_key_str(j, "whimbrel_version", WB_VERSION);
    wb_json_key_str(j, "source", r->source);
    wb_json_key_str(j, "target", r->target);
    wb_json_key_str(j, "source_version", r->source_version);
    wb_json_key_str(j, "target_version", r->target_version);
    wb_json_key_str(j, "started", r->started);
    wb_json_key_str(j, "finished", r->finished);
    put_levels(j, r->levels);
}

static void put_counts(struct wb_json *j, const struct wb_verify_report *r) {
    wb_json_key_bool(j, "resumed", r->resumed);
    wb_json_key_bool(j, "recorded", r->recorded);
    wb_json_key_uint(j, "round", r->round);
    wb_json_key_uint(j, "elapsed_ms", r->elapsed_ms);
    wb_json_key_uint(j, "rows", r->rows);
    wb_json_key_uint(j, "bytes", r->bytes);
    wb_json_key_uint(j, "missing_rows", r->missing_rows);
    wb_json_key_uint(j, "extra_rows", r->extra_rows);
    wb_json_key_uint(j, "changed_rows", r->changed_rows);
    wb_json_key_uint(j, "retried_rows", r->retried_rows);
    wb_json_key_uint(j, "unsettled_rows", r->unsettled_rows);
    wb_json_key_uint(j, "repaired_rows", r->repaired_rows);
}

static void put_standing(struct wb_json *j, const struct wb_verify_report *r) {
    wb_json_key(j, "standing");
    wb_json_array(j);
    for (size_t i = 0; i < r->n_standing; i++) {
        wb_json_object(j);
        wb_json_key_str(j, "table", r->standing[i].table);
        wb_json_key_str(j, "failed_at", r->standing[i].failed_at);
        wb_json_key_str(j, "scope", r->standing[i].scope);
        wb_json_key_str(j, "what_clears_it", r->standing[i].what_clears_it);
        wb_json_end(j);
    }
    wb_json_end(j);
}

void wb_verify_json_put_report(struct wb_json *j, const struct wb_verify_end *end) {
    const struct wb_verify_report *r = end->report;
    put_outcome(j, end);
    put_counts(j, r);
    wb_json_key(j, "tables");
    wb_json_array(j);
    for (size_t i = 0; i < r->n_tables; i++)
        put_table(j, &r->tables[i]);
    wb_json_end(j);
    wb_json_key(j, "findings");
    wb_json_array(j);
    for (size_t i = 0; i < r->n_findings; i++)
        put_finding(j, &r->findings[i]);
    wb_json_end(j);
    put_standing(j, r);
}

static void put_round(struct wb_json *j, const struct wb_verify_report *r, const char *command) {
    struct wb_error ended = wb_verify_error_of(r);
    struct wb_verify_end end = {r, &ended, wb_error_exit_code(ended.code), command, NULL};
    wb_verify_json_put_report(j, &end);
}

void wb_verify_json_event(const struct wb_verify_event *e, const char *command) {
    static const char *const names[] = {"phase",      "note",    "progress", "table_done",
                                        "difference", "finding", "round",    "repaired"};
    WB_CLEANUP_BUF struct wb_buf b = {0};
    struct wb_json j = {.out = &b};
    begin(&j, names[e->kind]);
    if (e->kind == WB_VERIFY_ROUND_DONE) {
        put_round(&j, e->report, command);
        end_line(&j);
        return;
    }
    if (e->text)
        wb_json_key_str(&j, "text", e->text);
    if (e->progress)
        put_progress(&j, e->progress);
    if (e->kind == WB_VERIFY_DIFFERENCE) {
        wb_json_key_str(&j, "table", e->table ? e->table->source : NULL);
        wb_json_key(&j, "difference");
        put_difference(&j, e->difference);
    } else if (e->table) {
        wb_json_key(&j, "table");
        put_table(&j, e->table);
    }
    if (e->finding) {
        wb_json_key(&j, "finding");
        put_finding(&j, e->finding);
    }
    end_line(&j);
}

void wb_verify_json_summary(const struct wb_verify_end *end) {
    WB_CLEANUP_BUF struct wb_buf b = {0};
    struct wb_json j = {.out = &b};
    begin(&j, "summary");
    wb_verify_json_put_report(&j, end);
    end_line(&j);
}
