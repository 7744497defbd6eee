/* Reading the ledger back: at the start of every run, and for reports. */
#include "copy/ledger.h"

#include "base/str.h"

#include <stdlib.h>

static uint64_t number(const char *text) {
    return text ? strtoull(text, NULL, 10) : 0;
}

/* Tables of the ledger's names that this version did not make. */
static enum wb_code other_layout(const struct wb_ledger *l, const char *table,
                                 struct wb_error *err) {
    struct wb_error why = err ? *err : (struct wb_error){0};
    enum wb_code code =
        wb_error_set(err, WB_E_OTHER_RUN,
                     "the ledger in the target (table %s%s) is not laid out as this whimbrel lays "
                     "it out: %s",
                     l->prefix, table, why.text);
    wb_error_hint(err,
                  "go on with the whimbrel that began the copy; or, to forget how it was made, "
                  "drop the ledger's tables (%srun, %stables, %schunks, %ssteps)",
                  l->prefix, l->prefix, l->prefix, l->prefix);
    return code;
}

static enum wb_code query(struct wb_ledger *l, struct wb_arena *a, const char *what,
                          const char *table, const char *order, struct wb_rows *ret,
                          struct wb_error *err) {
    const char *sql = wb_arena_printf(a, "SELECT %s FROM %s%s%s", what, l->prefix, table, order);
    enum wb_code code = l->conn->engine->query(l->conn, sql, a, ret, err);
    if (code == WB_E_SQL || code == WB_E_NOT_FOUND)
        return other_layout(l, table, err);
    return code ? wb_error_wrap(err, "reading the ledger") : WB_OK;
}

/* Some databases call a missing column what they call a missing table. */
static enum wb_code find_run(struct wb_ledger *l, struct wb_arena *a, bool *ret_found,
                             struct wb_error *err) {
    struct wb_rows rows;
    const char *sql = wb_arena_printf(a, "SELECT count(*) FROM %srun", l->prefix);
    enum wb_code code = l->conn->engine->query(l->conn, sql, a, &rows, err);
    if (code && code != WB_E_NOT_FOUND)
        return wb_error_wrap(err, "reading the ledger");
    *ret_found = !code && !wb_str_eq(rows.values[0][0], "0");
    return WB_OK;
}

static enum wb_run_state parse_state(const char *word) {
    return wb_str_eq(word, "creating") ? WB_RUN_CREATING
           : wb_str_eq(word, "done")   ? WB_RUN_DONE
                                       : WB_RUN_LOADING;
}

static enum wb_code take_run(const char **v, struct wb_ledger_run *ret, struct wb_error *err) {
    int format = (int)number(v[0]);
    if (format != WB_LEDGER_FORMAT) {
        wb_error_set(err, WB_E_OTHER_RUN,
                     "the ledger in the target has format %d, this whimbrel knows %d", format,
                     WB_LEDGER_FORMAT);
        return wb_error_hint(err, "choose an empty database, or use the whimbrel that began this "
                                  "copy");
    }
    *ret = (struct wb_ledger_run){
        .format = format,
        .state = parse_state(v[1]),
        .token = (int64_t)number(v[2]),
        .epoch = (int64_t)number(v[3]),
        .source_identity = v[4],
        .source = v[5],
        .parameters = v[6],
        .structure = v[7],
        .scans = v[8],
        .moment = v[9],
        .started = v[10],
        .finished = v[11],
        .runner = v[12],
        .proof = v[13],
    };
    return WB_OK;
}

enum wb_code wb_ledger_read_run(struct wb_ledger *l, struct wb_arena *a, struct wb_ledger_run *ret,
                                struct wb_error *err) {
    struct wb_rows rows = {0};
    bool found = false;
    enum wb_code code = find_run(l, a, &found, err);
    if (!code && found)
        code = query(l, a,
                     "format, state, token, epoch, source_identity, source, parameters, structure, "
                     "scans, moment, started, finished, runner, proof",
                     "run", " WHERE id = 1", &rows, err);
    if (code)
        return code;
    if (rows.n_rows == 0) {
        *ret = (struct wb_ledger_run){.state = WB_RUN_NONE};
        return WB_OK;
    }
    code = take_run(rows.values[0], ret, err);
    if (!code)
        l->token = ret->token;
    return code;
}

enum wb_code wb_ledger_read_tables(struct wb_ledger *l, struct wb_arena *a,
                                   struct wb_ledger_table **ret, size_t *ret_n,
                                   struct wb_error *err) {
    struct wb_rows rows;
    enum wb_code code =
        query(l, a, "table_no, name, state, verdict, row_count, target_digest, structure", "tables",
              " ORDER BY table_no", &rows, err);
    if (code)
        return code;
    struct wb_ledger_table *tables = WB_NEW_N(a, struct wb_ledger_table, rows.n_rows + 1);
    for (size_t i = 0; i < rows.n_rows; i++) {
        const char **v = rows.values[i];
        tables[i].number = (uint32_t)number(v[0]);
        tables[i].name = v[1];
        tables[i].structure = v[6];
        tables[i].split = wb_str_eq(v[2], "split");
        tables[i].proven = wb_str_eq(v[3], "equal") &&
                           wb_digest_parse(v[5], number(v[4]), &tables[i].target_digest);
    }
    *ret = tables;
    *ret_n = rows.n_rows;
    return WB_OK;
}

static enum wb_code take_chunk(const char **v, struct wb_ledger_chunk *k, struct wb_error *err) {
    int kind = wb_range_kind_parse(v[4]);
    k->table = (uint32_t)number(v[0]);
    k->number = (uint32_t)number(v[1]);
    k->done = wb_str_eq(v[2], "done");
    k->epoch = (int64_t)number(v[3]);
    k->range.lower = v[5];
    k->range.upper = v[6];
    k->bytes = number(v[8]);
    k->altered = v[10];
    if (kind < 0 || (k->done && !wb_digest_parse(v[9], number(v[7]), &k->digest)))
        return wb_error_set(err, WB_E_INTERNAL, "the ledger's row of table %s, chunk %s is damaged",
                            v[0], v[1]);
    k->range.kind = (enum wb_range_kind)kind;
    return WB_OK;
}

enum wb_code wb_ledger_read_chunks(struct wb_ledger *l, struct wb_arena *a,
                                   struct wb_ledger_chunk **ret, size_t *ret_n,
                                   struct wb_error *err) {
    struct wb_rows rows;
    enum wb_code code =
        query(l, a,
              "table_no, chunk_no, state, epoch, range_kind, lower_bound, upper_bound, row_count, "
              "bytes, digest, altered",
              "chunks", " ORDER BY table_no, chunk_no", &rows, err);
    if (code)
        return code;
    struct wb_ledger_chunk *chunks = WB_NEW_N(a, struct wb_ledger_chunk, rows.n_rows + 1);
    for (size_t i = 0; !code && i < rows.n_rows; i++)
        code = take_chunk(rows.values[i], &chunks[i], err);
    if (code)
        return code;
    *ret = chunks;
    *ret_n = rows.n_rows;
    return WB_OK;
}

enum wb_code wb_ledger_read_steps(struct wb_ledger *l, struct wb_arena *a,
                                  struct wb_ledger_step **ret, size_t *ret_n,
                                  struct wb_error *err) {
    struct wb_rows rows;
    enum wb_code code = query(l, a, "step_no, name, state, why, undo_sql", "steps",
                              " ORDER BY step_no", &rows, err);
    if (code)
        return code;
    struct wb_ledger_step *steps = WB_NEW_N(a, struct wb_ledger_step, rows.n_rows + 1);
    for (size_t i = 0; i < rows.n_rows; i++) {
        const char **v = rows.values[i];
        steps[i].number = (uint32_t)number(v[0]);
        steps[i].name = v[1];
        steps[i].refused = wb_str_eq(v[2], "refused");
        steps[i].done = steps[i].refused || wb_str_eq(v[2], "done");
        steps[i].why = v[3];
        steps[i].undo = v[4];
    }
    *ret = steps;
    *ret_n = rows.n_rows;
    return WB_OK;
}
