/* Rows that a repair inserted bring their keys along, and the next value stays behind them. */
#include "verify/repair.h"

#include "base/str.h"
#include "verify/structure.h"

static bool is_of_pairs(const struct wb_verify_job *job, const char *table) {
    for (size_t i = 0; table && i < job->n_pairs; i++)
        if (wb_str_eq(job->pairs[i].target, table))
            return true;
    return false;
}

/* Journalled first, in a transaction of its own: not every server can roll back a next value, or
 * set it without ending the transaction. Setting it a second time, after a kill in between, has the
 * same effect. */
static enum wb_code set_next(struct wb_verify_job *job, struct wb_conn *c,
                             const struct wb_verify_finding *f, uint64_t no, struct wb_error *err) {
    struct wb_verify_journal_entry e = {.no = no,
                                        .statement = "SEQUENCE",
                                        .table = f->table,
                                        .key = f->object,
                                        .before = f->text,
                                        .after = f->hint};
    enum wb_code code = wb_verify_journal_add(job, c, &e, err);
    if (!code && (code = c->engine->exec(c, f->hint, NULL, err)) != WB_OK)
        wb_verify_journal_withdraw(job, c, no);
    if (code)
        return wb_error_wrap(err, "table %s: setting the %s", f->table, f->object);
    wb_verify_say(job, WB_VERIFY_REPAIRED, "%s", f->hint);
    wb_verify_add_finding(job, WB_VERIFY_SEQUENCES, WB_VERIFY_EQUAL, f->table, f->object, NULL,
                          "it was set beyond the largest key: %s", f->hint);
    return WB_OK;
}

enum wb_code wb_verify_repair_sequences(struct wb_verify_job *job, struct wb_conn *c,
                                        uint64_t *journal_no, struct wb_error *err) {
    struct wb_verify_finding *found = NULL;
    struct wb_arena a = {0};
    size_t n = 0;
    struct wb_verify_structure_ask ask = {.source = &job->catalog[WB_SIDE_SOURCE],
                                          .wanted = &job->wanted,
                                          .actual = &job->catalog[WB_SIDE_TARGET],
                                          .source_conn = job->control[WB_SIDE_SOURCE],
                                          .target_conn = job->control[WB_SIDE_TARGET],
                                          .levels = WB_VERIFY_SEQUENCES};
    if (!(job->levels & WB_VERIFY_SEQUENCES) && !job->repaired_rows)
        return WB_OK;
    enum wb_code code = wb_verify_structure(&ask, &a, &found, &n, err);
    for (size_t i = 0; !code && i < n; i++)
        if (found[i].outcome == WB_VERIFY_DIFFERENT && found[i].hint &&
            is_of_pairs(job, found[i].table))
            code = set_next(job, c, &found[i], ++*journal_no, err);
    wb_arena_done(&a);
    return code ? wb_error_wrap(err, "repairing next values") : WB_OK;
}
