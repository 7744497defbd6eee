/* The JSON lines of copy: schemas in docs/json/. */
#include "cli/copy_print.h"

#include "base/json.h"
#include "cli/cli.h"

static void begin(struct wb_json *j, const char *event) {
    wb_json_object(j);
    wb_json_key_uint(j, "format", 1);
    wb_json_key_str(j, "event", event);
    wb_json_key_str(j, "time", wb_cli_now());
}

static void end(struct wb_json *j) {
    wb_json_end(j);
    puts(wb_buf_str(j->out));
    fflush(stdout);
}

static void put_progress(struct wb_json *j, const struct wb_copy_progress *g) {
    wb_json_key_str(j, "doing", g->doing);
    wb_json_key_uint(j, "elapsed_ms", g->elapsed_ms);
    wb_json_key_uint(j, "rows", g->rows);
    wb_json_key_uint(j, "bytes", g->bytes);
    wb_json_key_uint(j, "estimated_rows", g->est_rows);
    wb_json_key_uint(j, "estimated_bytes", g->est_bytes);
    wb_json_key_uint(j, "proven_rows", g->proven_rows);
    wb_json_key_uint(j, "tables_done", g->tables_done);
    wb_json_key_uint(j, "tables", g->tables);
    wb_json_key_uint(j, "steps_done", g->steps_done);
    wb_json_key_uint(j, "steps", g->steps);
}

static void put_finding(struct wb_json *j, const struct wb_finding *f) {
    wb_json_object(j);
    wb_json_key_str(j, "severity", wb_severity_word(f->severity));
    wb_json_key_str(j, "kind", wb_finding_kind_word(f->kind));
    wb_json_key_str(j, "object_kind", f->object_kind);
    wb_json_key_str(j, "object", f->object);
    wb_json_key_str(j, "text", f->text);
    wb_json_key_str(j, "hint", f->hint);
    wb_json_end(j);
}

void wb_copy_json_event(const struct wb_copy_event *e) {
    static const char *const names[] = {"phase", "finding", "progress", "table_done", "retry"};
    WB_CLEANUP_BUF struct wb_buf b = {0};
    struct wb_json j = {.out = &b};
    begin(&j, names[e->kind]);
    if (e->text)
        wb_json_key_str(&j, "text", e->text);
    if (e->progress)
        put_progress(&j, e->progress);
    if (e->finding) {
        wb_json_key(&j, "finding");
        put_finding(&j, e->finding);
    }
    if (e->table) {
        wb_json_key_str(&j, "table", e->table->name);
        wb_json_key_uint(&j, "rows", e->table->rows);
        wb_json_key_uint(&j, "bytes", e->table->bytes);
    }
    end(&j);
}

static void put_table(struct wb_json *j, const struct wb_copy_table_report *t) {
    static const char *const verdicts[] = {"unverified", "equal", "different"};
    char digest[WB_DIGEST_TEXT_BYTES];
    wb_json_object(j);
    wb_json_key_str(j, "source", t->source);
    wb_json_key_str(j, "target", t->target);
    wb_json_key_uint(j, "rows", t->rows);
    wb_json_key_uint(j, "bytes", t->bytes);
    wb_json_key_uint(j, "elapsed_ms", t->ms);
    wb_json_key_str(j, "verdict", verdicts[t->verdict]);
    wb_json_key_str(j, "source_digest", wb_digest_format(&t->source_digest, digest));
    wb_json_key_str(j, "target_digest",
                    t->verdict == WB_COPY_UNVERIFIED ? NULL
                                                     : wb_digest_format(&t->target_digest, digest));
    wb_json_key_uint(j, "chunks", t->chunks);
    wb_json_key_uint(j, "chunks_kept", t->chunks_kept);
    wb_json_key_uint(j, "chunks_recopied", t->chunks_recopied);
    wb_json_key(j, "altered");
    wb_json_array(j);
    for (size_t i = 0; i < t->n_altered; i++) {
        wb_json_object(j);
        wb_json_key_str(j, "column", t->altered[i].column);
        wb_json_key_str(j, "kind", wb_issue_word(t->altered[i].issue));
        wb_json_key_str(j, "action", wb_action_word(t->altered[i].action));
        wb_json_key_uint(j, "values", t->altered[i].values);
        wb_json_end(j);
    }
    wb_json_end(j);
    wb_json_end(j);
}

static void put_outcome(struct wb_json *j, const struct wb_copy_report *r,
                        const struct wb_error *err) {
    wb_json_key_str(j, "source", r->source);
    wb_json_key_str(j, "target", r->target);
    wb_json_key_str(j, "source_version", r->source_version);
    wb_json_key_str(j, "target_version", r->target_version);
    wb_json_key_bool(j, "done", r->done && !err->code);
    wb_json_key_bool(j, "proven", r->proven);
    wb_json_key_bool(j, "proof_skipped", r->proof_skipped);
    wb_json_key_bool(j, "schema_only", r->schema_only);
    wb_json_key_bool(j, "resumed", r->resumed);
    wb_json_key_bool(j, "was_done_before", r->was_done_before);
    wb_json_key_str(j, "moment", r->moment_time);
    wb_json_key_str(j, "position", r->moment);
    wb_json_key_uint(j, "elapsed_ms", r->elapsed_ms);
    wb_json_key_uint(j, "rows", r->rows);
    wb_json_key_uint(j, "bytes", r->bytes);
    wb_json_key_uint(j, "space_needed_bytes", r->space_bytes);
}

static void put_ddl(struct wb_json *j, const struct wb_ddl_list *ddl) {
    wb_json_key(j, "ddl");
    wb_json_array(j);
    for (size_t i = 0; i < ddl->n; i++) {
        wb_json_object(j);
        wb_json_key_str(j, "object_kind", ddl->items[i].object_kind);
        wb_json_key_str(j, "object", ddl->items[i].object);
        wb_json_key_str(j, "sql", ddl->items[i].sql);
        wb_json_end(j);
    }
    wb_json_end(j);
}

void wb_copy_json_report(const struct wb_copy_report *r, const struct wb_error *err,
                         const char *event) {
    WB_CLEANUP_BUF struct wb_buf b = {0};
    struct wb_json j = {.out = &b};
    begin(&j, event);
    put_outcome(&j, r, err);
    wb_json_key(&j, "tables");
    wb_json_array(&j);
    for (size_t i = 0; i < r->n_tables; i++)
        put_table(&j, &r->tables[i]);
    wb_json_end(&j);
    wb_json_key(&j, "findings");
    wb_json_array(&j);
    for (size_t i = 0; i < r->findings.n; i++)
        put_finding(&j, &r->findings.items[i]);
    wb_json_end(&j);
    if (r->ddl.n)
        put_ddl(&j, &r->ddl);
    end(&j);
}
