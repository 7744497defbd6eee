#include "cli/verify_out.h"

#include "base/str.h"

#include <inttypes.h>

static const char *plural(uint64_t n) {
    return n == 1 ? "" : "s";
}

void wb_verify_add_levels(struct wb_buf *to, unsigned levels) {
    unsigned asked = levels ? levels : WB_VERIFY_ALL;
    bool first = true;
    for (unsigned bit = 1; bit <= WB_VERIFY_DIGESTS; bit <<= 1) {
        if (!(asked & bit))
            continue;
        wb_buf_addf(to, "%s%s", first ? "" : ", ", wb_verify_level_word((enum wb_verify_level)bit));
        first = false;
    }
}

void wb_verify_add_subject(struct wb_buf *to, const struct wb_verify_finding *f) {
    wb_buf_adds(to, f->table ? f->table : "the database");
    if (f->object)
        wb_buf_addf(to, ", %s", f->object);
}

enum wb_code wb_verify_code_of(enum wb_verify_outcome o) {
    return o == WB_VERIFY_EQUAL ? WB_OK : o == WB_VERIFY_DIFFERENT ? WB_E_DIFFERS : WB_E_UNPROVEN;
}

struct wb_error wb_verify_error_of(const struct wb_verify_report *r) {
    struct wb_error err = {0};
    enum wb_code code = wb_verify_code_of(r->outcome);
    if (!code && r->n_standing)
        code = WB_E_DIFFERS;
    if (code)
        wb_error_set(&err, code, "round %u", r->round);
    return err;
}

struct counts {
    size_t equal, different, unverified, findings_different, findings_unverified;
};

static struct counts count(const struct wb_verify_report *r) {
    struct counts c = {0};
    for (size_t i = 0; i < r->n_tables; i++) {
        c.equal += r->tables[i].outcome == WB_VERIFY_EQUAL;
        c.different += r->tables[i].outcome == WB_VERIFY_DIFFERENT;
        c.unverified += r->tables[i].outcome == WB_VERIFY_UNVERIFIED;
    }
    for (size_t i = 0; i < r->n_findings; i++) {
        c.findings_different += r->findings[i].outcome == WB_VERIFY_DIFFERENT;
        c.findings_unverified += r->findings[i].outcome == WB_VERIFY_UNVERIFIED;
    }
    return c;
}

static void add_equal(struct wb_buf *to, const struct wb_verify_report *r) {
    char rows[40];
    wb_buf_addf(to, "Equal: %zu table%s with %s row%s agree%s in ", r->n_tables,
                plural(r->n_tables), wb_str_human_count(r->rows, rows, sizeof rows),
                plural(r->rows), r->n_tables == 1 ? "s" : "");
    wb_verify_add_levels(to, r->levels);
    wb_buf_adds(to, "; nothing is left to do.");
}

static uint64_t differing_rows(const struct wb_verify_report *r) {
    return r->missing_rows + r->extra_rows + r->changed_rows;
}

static void add_repaired(struct wb_buf *to, const struct wb_verify_report *r) {
    char rows[40];
    if (r->repaired_rows)
        wb_buf_addf(to,
                    " %s row%s repaired; the journal is whimbrel's table repairs in the target.",
                    wb_str_human_count(r->repaired_rows, rows, sizeof rows),
                    r->repaired_rows == 1 ? " was" : "s were");
}

static bool has_statements(const struct wb_verify_report *r) {
    for (size_t i = 0; i < r->n_tables; i++)
        for (size_t k = 0; k < r->tables[i].n_differences; k++)
            if (r->tables[i].differences[k].repair)
                return true;
    return false;
}

/* Rows that were read again after their repair are no pass of their table. */
static void add_next(struct wb_buf *to, const struct wb_verify_end *end) {
    const struct wb_verify_report *r = end->report;
    uint64_t n = differing_rows(r);
    if (n && !r->repaired_rows && !end->again && has_statements(r))
        wb_buf_adds(to, " Next: --execute runs the statements above; or copy the table again.");
    else if (n && !r->repaired_rows)
        wb_buf_adds(to,
                    " Next: --repair prints the statements that make the target right, --repair "
                    "--execute runs them; or copy the table again.");
    else if (n > r->repaired_rows)
        wb_buf_adds(to, " Next: see above what was not repaired and why; then verify again");
    else if (n)
        wb_buf_adds(to,
                    " The failure stands until a full pass finds the tables equal. Next: run it");
    else
        wb_buf_adds(to, " Next: correct the target as listed above, then verify again.");
    if (r->repaired_rows && end->again)
        wb_buf_addf(to, ": %s", end->again);
    else if (r->repaired_rows)
        wb_buf_adds(to, ".");
}

static void add_different(struct wb_buf *to, const struct wb_verify_end *end) {
    const struct wb_verify_report *r = end->report;
    struct counts c = count(r);
    char rows[40];
    uint64_t n = differing_rows(r);
    wb_buf_addf(to, "Different: %zu of %zu table%s", c.different, r->n_tables, plural(r->n_tables));
    if (n)
        wb_buf_addf(to,
                    "; %s row%s (%" PRIu64 " missing, %" PRIu64 " extra, %" PRIu64 " different)",
                    wb_str_human_count(n, rows, sizeof rows), plural(n), r->missing_rows,
                    r->extra_rows, r->changed_rows);
    if (c.findings_different)
        wb_buf_addf(to, "; %zu difference%s of structure", c.findings_different,
                    plural(c.findings_different));
    wb_buf_adds(to, ".");
    add_repaired(to, r);
    add_next(to, end);
}

static void add_standing(struct wb_buf *to, const struct wb_verify_report *r) {
    wb_buf_addf(to,
                "Not cleared: what was compared is equal, but an earlier failure of %s%s stands.",
                r->standing[0].table, r->n_standing > 1 ? " and others" : "");
    wb_buf_addf(to, " Next: %s.",
                r->standing[0].what_clears_it ? r->standing[0].what_clears_it
                                              : "verify the whole table by digests");
}

static void add_unverified(struct wb_buf *to, const struct wb_verify_report *r) {
    struct counts c = count(r);
    wb_buf_adds(to, "Not verified: nothing that was compared differs, but ");
    if (c.unverified)
        wb_buf_addf(to, "%zu of %zu table%s", c.unverified, r->n_tables, plural(r->n_tables));
    if (c.unverified && c.findings_unverified)
        wb_buf_adds(to, " and ");
    if (c.findings_unverified)
        wb_buf_addf(to, "%zu object%s of the schema", c.findings_unverified,
                    plural(c.findings_unverified));
    if (!c.unverified && !c.findings_unverified)
        wb_buf_adds(to, "something");
    wb_buf_adds(to, " could not be compared in full. Next: see what was left out and why; remove "
                    "the reason, or leave it out knowingly (--exclude, --columns, --levels).");
}

static void add_failed(struct wb_buf *to, const struct wb_verify_end *end) {
    const struct wb_verify_report *r = end->report;
    struct counts c = count(r);
    wb_buf_addf(to, "Not verified: %s", end->err->text);
    if (r->n_tables)
        wb_buf_addf(to, "; %zu of %zu table%s had been found equal, %zu different", c.equal,
                    r->n_tables, plural(r->n_tables), c.different);
    wb_buf_addf(to, ". Next: %s.", wb_error_hint_of(end->err));
}

void wb_verify_add_verdict(struct wb_buf *to, const struct wb_verify_end *end) {
    const struct wb_verify_report *r = end->report;
    enum wb_code code = end->err->code;
    bool differs = code == WB_E_DIFFERS && (r->outcome == WB_VERIFY_DIFFERENT || !r->n_standing);
    struct counts c = count(r);
    if (code == WB_OK)
        add_equal(to, r);
    else if (differs && (c.different || c.findings_different || differing_rows(r)))
        add_different(to, end);
    else if (code == WB_E_DIFFERS && r->n_standing)
        add_standing(to, r);
    else if (code == WB_E_UNPROVEN)
        add_unverified(to, r);
    else
        add_failed(to, end);
    if (!differs)
        add_repaired(to, r);
}
