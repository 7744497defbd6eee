/* One table from its preparation to its verdict. */
#include "verify/job.h"

#include "base/str.h"
#include "verify/outcome.h"
#include "verify/repair.h"

#include <stdlib.h>
#include <string.h>

enum {
    UNIT_ROWS = 65536,
    UNIT_BYTES = 8 << 20,
    MEASURED_UNITS = 8, /* tables below that are not worth measuring */
    GROUP_ROWS = 100,
    GROUP_BYTES = 8 << 20,
    HEAVY_ROW_BYTES = 1 << 20, /* on average */
};

static const char *now_text(struct wb_verify_job *job) {
    char now[40];
    pthread_mutex_lock(&job->lock);
    const char *text =
        wb_arena_strdup(&job->report->arena, wb_clock_format(wb_clock_wall_us(), now, sizeof now));
    pthread_mutex_unlock(&job->lock);
    return text;
}

/* ------------------------------------------------------------------------------------------------
 * preparing */

static enum wb_code note_positions(struct wb_verify_job *job, struct wb_verify_pair *p,
                                   struct wb_error *err) {
    struct wb_arena a = {0};
    struct wb_moment m[WB_VERIFY_SIDES] = {{.position = ""}, {.position = ""}};
    enum wb_code code = WB_OK;
    pthread_mutex_lock(&job->control_lock);
    for (int s = 0; !code && s < WB_VERIFY_SIDES; s++)
        if (job->engine[s]->verify && job->engine[s]->verify->position)
            code = job->engine[s]->verify->position(job->control[s], &a, &m[s], err);
    pthread_mutex_unlock(&job->control_lock);
    if (!code) {
        pthread_mutex_lock(&job->lock);
        p->report->source_position = wb_arena_strdup(&job->report->arena, m[0].position);
        p->report->target_position = wb_arena_strdup(&job->report->arena, m[1].position);
        pthread_mutex_unlock(&job->lock);
    }
    wb_arena_done(&a);
    return code;
}

static uint64_t unit_rows(const struct wb_table *t) {
    uint64_t row_bytes = t->est_rows ? t->est_bytes / t->est_rows : 0;
    uint64_t rows = row_bytes ? UNIT_BYTES / row_bytes : UNIT_ROWS;
    return rows > UNIT_ROWS ? UNIT_ROWS : rows < 64 ? 64 : rows;
}

static struct wb_verify_unit *make_units(struct wb_verify_job *job, const struct wb_range *ranges,
                                         size_t n) {
    pthread_mutex_lock(&job->lock);
    struct wb_verify_unit *units = WB_NEW_N(&job->shared_arena, struct wb_verify_unit, n + 1);
    for (size_t i = 0; i < n; i++) {
        units[i].range = ranges[i];
        units[i].range.lower = wb_arena_strdup(&job->shared_arena, ranges[i].lower);
        units[i].range.upper = wb_arena_strdup(&job->shared_arena, ranges[i].upper);
    }
    pthread_mutex_unlock(&job->lock);
    return units;
}

static enum wb_code split_side(struct wb_verify_job *job, unsigned worker, struct wb_verify_pair *p,
                               enum wb_side side, struct wb_verify_unit **ret, size_t *ret_n,
                               struct wb_error *err) {
    struct wb_arena a = {0};
    struct wb_range *ranges = NULL;
    struct wb_conn *c = NULL;
    size_t n = 0;
    const struct wb_table *t = p->table[side];
    enum wb_code code = wb_verify_worker_conn(job, worker, side, &c, err);
    if (!code)
        code = c->engine->read->split(c, t, unit_rows(t), &a, &ranges, &n, err);
    if (!code) {
        *ret = make_units(job, ranges, n);
        *ret_n = n;
    } else {
        wb_error_wrap(err, "%s", wb_verify_side_word(side));
    }
    wb_arena_done(&a);
    return code;
}

/* Ranges are shared only where they are of keys, or the whole. */
static bool can_share(const struct wb_verify_unit *units, size_t n) {
    for (size_t i = 0; i < n; i++)
        if (units[i].range.kind == WB_RANGE_PAGES)
            return false;
    return true;
}

static enum wb_code load_parts(struct wb_verify_job *job, struct wb_verify_pair *p, bool *ret_found,
                               struct wb_error *err) {
    struct wb_arena a = {0};
    struct wb_verify_part *parts;
    size_t n = 0;
    *ret_found = false;
    if (!job->store.conn || !job->store.resumed)
        return WB_OK;
    enum wb_code code = wb_verify_store_read_parts(&job->store, p->number, &a, &parts, &n, err);
    if (!code && n) {
        struct wb_range *ranges = WB_NEW_N(&a, struct wb_range, n);
        for (size_t i = 0; i < n; i++)
            ranges[i] = parts[i].range;
        p->units = make_units(job, ranges, n);
        p->n_units = n;
        for (size_t i = 0; i < n; i++) {
            if (!parts[i].done)
                continue;
            p->units[i].taken = p->units[i].kept = true;
            p->units_done++;
            p->report->chunks_kept++;
            wb_digest_add(&p->report->source_digest, &parts[i].digest[WB_SIDE_SOURCE]);
            wb_digest_add(&p->report->target_digest, &parts[i].digest[WB_SIDE_TARGET]);
        }
        atomic_fetch_add(&p->rows, p->report->source_digest.rows);
        *ret_found = true;
    }
    wb_arena_done(&a);
    return code;
}

static enum wb_code keep_parts(struct wb_verify_job *job, struct wb_verify_pair *p,
                               struct wb_error *err) {
    if (!job->store.conn)
        return WB_OK;
    struct wb_verify_part *parts = calloc(p->n_units + 1, sizeof *parts);
    if (!parts)
        abort();
    for (size_t i = 0; i < p->n_units; i++)
        parts[i] = (struct wb_verify_part){
            .table = p->number, .number = (uint32_t)i, .range = p->units[i].range};
    enum wb_code code = wb_verify_store_add_parts(&job->store, parts, p->n_units, err);
    free(parts);
    return code;
}

static enum wb_code prepare_buckets(struct wb_verify_job *job, unsigned worker,
                                    struct wb_verify_pair *p, struct wb_error *err) {
    p->way = WB_VERIFY_BY_BUCKETS;
    enum wb_code code = split_side(job, worker, p, WB_SIDE_SOURCE, &p->units, &p->n_units, err);
    if (!code)
        code =
            split_side(job, worker, p, WB_SIDE_TARGET, &p->target_units, &p->n_target_units, err);
    for (int s = 0; !code && s < WB_VERIFY_SIDES; s++) {
        free(p->buckets[s]); /* of a try before */
        p->buckets[s] = calloc(WB_VERIFY_BUCKETS, sizeof *p->buckets[s]);
        if (!p->buckets[s])
            code = wb_error_set(err, WB_E_MEMORY, "no memory for buckets");
    }
    return code;
}

static enum wb_code prepare_units(struct wb_verify_job *job, unsigned worker,
                                  struct wb_verify_pair *p, struct wb_error *err) {
    bool found = false;
    p->n_units = p->n_target_units = p->units_done = p->report->chunks_kept = 0; /* a try before */
    p->report->source_digest = p->report->target_digest = (struct wb_digest){0};
    enum wb_code code = load_parts(job, p, &found, err);
    if (code || found)
        return code;
    if (p->way == WB_VERIFY_BY_BUCKETS)
        return prepare_buckets(job, worker, p, err);
    code = split_side(job, worker, p, WB_SIDE_SOURCE, &p->units, &p->n_units, err);
    if (!code && !can_share(p->units, p->n_units))
        return prepare_buckets(job, worker, p, err);
    return code ? code : keep_parts(job, p, err);
}

/* Both ways over one unit; the servers' is taken where it is clearly the faster. */
static enum wb_code measure(struct wb_verify_job *job, unsigned worker, struct wb_verify_pair *p,
                            struct wb_error *err) {
    struct wb_digest d[WB_VERIFY_SIDES];
    const struct wb_range *range = &p->units[p->n_units / 2].range;
    uint64_t bytes = 0, began_us = wb_clock_monotonic_us();
    enum wb_code code = wb_verify_digest_range(job, worker, p, range, d, &bytes, err);
    uint64_t streamed_us = wb_clock_monotonic_us() - began_us;
    if (!code)
        code = wb_verify_digest_by_servers(job, worker, p, range, d, err);
    uint64_t server_us = wb_clock_monotonic_us() - began_us - streamed_us;
    if (code)
        return code;
    p->server = server_us + server_us / 4 < streamed_us;
    wb_verify_say(job, WB_VERIFY_NOTE,
                  "table %s: %s (one part took %llu ms streamed, %llu ms by the servers)", p->name,
                  p->server ? "the servers make the digests" : "rows are streamed",
                  (unsigned long long)streamed_us / 1000, (unsigned long long)server_us / 1000);
    return WB_OK;
}

static enum wb_code choose_mode(struct wb_verify_job *job, unsigned worker,
                                struct wb_verify_pair *p, struct wb_error *err) {
    const char *why = NULL;
    if (job->opts->mode == WB_VERIFY_STREAM || p->way != WB_VERIFY_BY_RANGES)
        return WB_OK;
    bool can = wb_verify_server_can(job, p, &why);
    if (job->opts->mode == WB_VERIFY_SERVER) {
        p->server = can;
        if (!can)
            wb_verify_say(job, WB_VERIFY_NOTE, "table %s: rows are streamed: %s", p->name, why);
        return WB_OK;
    }
    return can && p->n_units >= MEASURED_UNITS && !p->report->chunks_kept
               ? measure(job, worker, p, err)
               : WB_OK;
}

enum wb_code wb_verify_prepare(struct wb_verify_job *job, unsigned worker, struct wb_verify_pair *p,
                               struct wb_error *err) {
    unsigned levels = job->levels;
    p->first_us = wb_clock_monotonic_us();
    p->report->started = now_text(job);
    if (p->way == WB_VERIFY_BY_NOTHING)
        return WB_OK;
    const struct wb_table *t = p->table[WB_SIDE_SOURCE];
    if (t->est_bytes / (t->est_rows ? t->est_rows : 1) >= HEAVY_ROW_BYTES)
        atomic_store(&p->heavy, true);
    enum wb_code code = note_positions(job, p, err);
    if (!code && (levels & WB_VERIFY_COUNTS) && !(levels & WB_VERIFY_DIGESTS))
        code = wb_verify_count_rows(job, worker, p, err);
    if (!code && (levels & WB_VERIFY_DIGESTS))
        code = prepare_units(job, worker, p, err);
    if (!code && (levels & WB_VERIFY_DIGESTS))
        code = choose_mode(job, worker, p, err);
    if (!code && (levels & WB_VERIFY_SAMPLE) && !(levels & WB_VERIFY_DIGESTS))
        code = wb_verify_take_sample(job, worker, p, err);
    return code;
}

/* ------------------------------------------------------------------------------------------------
 * reading */

static void add_to_report(struct wb_verify_job *job, struct wb_verify_pair *p,
                          const struct wb_digest d[WB_VERIFY_SIDES], size_t n_units,
                          uint64_t took_us) {
    double us = (double)took_us / (double)n_units;
    pthread_mutex_lock(&job->lock);
    wb_digest_add(&p->report->source_digest, &d[WB_SIDE_SOURCE]);
    wb_digest_add(&p->report->target_digest, &d[WB_SIDE_TARGET]);
    p->report->chunks++;
    p->us_a_unit = p->us_a_unit > 0 ? (3 * p->us_a_unit + us) / 4 : us;
    pthread_mutex_unlock(&job->lock);
}

enum wb_code wb_verify_compare_chunk(struct wb_verify_job *job, unsigned worker,
                                     struct wb_verify_pair *p, size_t first, size_t n,
                                     struct wb_error *err) {
    struct wb_digest d[WB_VERIFY_SIDES], streamed[WB_VERIFY_SIDES];
    struct wb_range range = wb_verify_span(p, first, n);
    uint64_t began_us = wb_clock_monotonic_us(), bytes = 0;
    enum wb_code code = p->server ? wb_verify_digest_by_servers(job, worker, p, &range, d, err)
                                  : wb_verify_digest_range(job, worker, p, &range, d, &bytes, err);
    uint64_t took_us = wb_clock_monotonic_us() - began_us;
    bool equal = !code && wb_digest_equal(&d[0], &d[1]);
    if (!code && !equal && p->server)
        code = wb_verify_digest_range(job, worker, p, &range, streamed, &bytes, err);
    if (!code && !equal)
        code = wb_verify_locate_units(job, worker, p, first, n, p->server ? streamed : d, err);
    if (!code && equal && job->store.conn)
        code = wb_verify_store_done(&job->store, p->number, first, n, d, err);
    if (code)
        return code;
    add_to_report(job, p, d, n, took_us);
    atomic_fetch_add_explicit(&p->rows, d[WB_SIDE_SOURCE].rows, memory_order_relaxed);
    atomic_fetch_add_explicit(&p->bytes, bytes, memory_order_relaxed);
    return WB_OK;
}

enum wb_code wb_verify_read_side(struct wb_verify_job *job, unsigned worker,
                                 struct wb_verify_pair *p, enum wb_side side, size_t unit,
                                 struct wb_error *err) {
    struct wb_verify_bucket *own = calloc(WB_VERIFY_BUCKETS, sizeof *own);
    const struct wb_verify_unit *u =
        side == WB_SIDE_SOURCE ? &p->units[unit] : &p->target_units[unit];
    if (!own)
        return wb_error_set(err, WB_E_MEMORY, "no memory for buckets");
    enum wb_code code = wb_verify_fill_buckets(job, worker, p, side, &u->range, own, err);
    if (!code) {
        struct wb_digest *sum =
            side == WB_SIDE_SOURCE ? &p->report->source_digest : &p->report->target_digest;
        pthread_mutex_lock(&job->lock);
        for (size_t i = 0; i < WB_VERIFY_BUCKETS; i++) {
            if (!own[i].digest.rows)
                continue;
            wb_digest_add(&p->buckets[side][i].digest, &own[i].digest);
            wb_digest_add(sum, &own[i].digest);
        }
        p->report->chunks++;
        pthread_mutex_unlock(&job->lock);
    }
    free(own);
    return code;
}

/* ------------------------------------------------------------------------------------------------
 * the end of a table */

static void list_row(struct wb_verify_job *job, struct wb_verify_pair *p,
                     const struct wb_verify_row *row, struct wb_verify_difference *list) {
    struct wb_verify_table_report *t = p->report;
    pthread_mutex_lock(&job->lock);
    struct wb_verify_difference *d = &list[t->n_differences];
    wb_verify_describe_row(job, p, row, &job->report->arena, d);
    if (job->opts->repair != WB_VERIFY_NO_REPAIR)
        d->repair = wb_verify_repair_text(job, p, row, &job->report->arena);
    t->n_differences++;
    t->differences = list;
    struct wb_verify_difference told = *d;
    pthread_mutex_unlock(&job->lock);
    wb_verify_tell(job, &(struct wb_verify_event){
                            .kind = WB_VERIFY_DIFFERENCE, .table = t, .difference = &told});
}

static int compare_cells(const struct wb_cell *a, const struct wb_cell *b) {
    bool bytes = a->form == WB_FORM_TEXT || a->form == WB_FORM_BYTES;
    if (a->form != b->form)
        return a->form < b->form ? -1 : 1;
    if (!bytes)
        return a->i == b->i ? 0 : a->i < b->i ? -1 : 1;
    int c = memcmp(a->p, b->p, a->len < b->len ? a->len : b->len);
    return c ? c : a->len == b->len ? 0 : a->len < b->len ? -1 : 1;
}

/* Listed in the order of their keys, as people look for them. */
static int by_key(const void *x, const void *y, void *ctx) {
    const struct wb_verify_candidate *a = x, *b = y;
    const struct wb_verify_pair *p = ctx;
    for (size_t k = 0; k < p->compared.n_key; k++) {
        int c = compare_cells(&a->cells[k], &b->cells[k]);
        if (c)
            return c;
    }
    return 0;
}

size_t wb_verify_rows_within(const struct wb_verify_pair *p, size_t most, uint64_t bytes) {
    const struct wb_table *t = p->table[WB_SIDE_SOURCE];
    uint64_t row_bytes = t->est_rows ? t->est_bytes / t->est_rows + 1 : 1;
    uint64_t n = bytes / row_bytes;
    return n < 1 ? 1 : n > most ? most : (size_t)n;
}

/* The rows of what is believed to differ, for people, a group at a time. */
static enum wb_code list_differences(struct wb_verify_job *job, unsigned worker,
                                     struct wb_verify_pair *p, struct wb_error *err) {
    struct wb_verify_table_report *t = p->report;
    size_t step = atomic_load(&p->heavy) ? 1 : wb_verify_rows_within(p, GROUP_ROWS, GROUP_BYTES),
           most = job->max_differences;
    enum wb_code code = WB_OK;
    pthread_mutex_lock(&job->lock);
    struct wb_verify_difference *list =
        WB_NEW_N(&job->report->arena, struct wb_verify_difference,
                 (p->confirmed.n < most ? p->confirmed.n : most) + 1);
    pthread_mutex_unlock(&job->lock);
    t->n_differences = 0; /* of a try before */
    qsort_r(p->confirmed.items, p->confirmed.n, sizeof *p->confirmed.items, by_key, p);
    for (size_t at = 0; !code && at < p->confirmed.n && t->n_differences < most; at += step) {
        struct wb_arena a = {0};
        struct wb_verify_row *rows = NULL;
        size_t n = p->confirmed.n - at < step ? p->confirmed.n - at : step, n_rows = 0;
        code = wb_verify_fetch_rows(job, worker, p, &p->confirmed.items[at], n, &a, &rows, &n_rows,
                                    err);
        for (size_t i = 0; !code && i < n_rows && t->n_differences < most; i++)
            list_row(job, p, &rows[i], list);
        wb_arena_done(&a);
    }
    return code;
}

static bool differs(const struct wb_verify_table_report *t) {
    return t->missing_rows || t->extra_rows || t->changed_rows;
}

static const char *method_of(const struct wb_verify_job *job, const struct wb_verify_pair *p) {
    if (job->levels & WB_VERIFY_DIGESTS)
        return p->server ? "server MD5" : "streamed XXH3-128";
    if (job->levels & WB_VERIFY_SAMPLE)
        return "sample";
    return job->levels & WB_VERIFY_COUNTS ? "row count" : "";
}

static enum wb_verify_strength strength_of(const struct wb_verify_job *job,
                                           const struct wb_verify_pair *p) {
    if (p->failed || p->way == WB_VERIFY_BY_NOTHING)
        return WB_VERIFY_NOTHING;
    if (job->levels & WB_VERIFY_DIGESTS)
        return WB_VERIFY_BY_DIGEST;
    if (job->levels & WB_VERIFY_SAMPLE)
        return WB_VERIFY_BY_SAMPLE;
    return job->levels & WB_VERIFY_COUNTS ? WB_VERIFY_BY_COUNT : WB_VERIFY_NOTHING;
}

static void conclude(struct wb_verify_job *job, struct wb_verify_pair *p) {
    struct wb_verify_table_report *t = p->report;
    if (job->levels & WB_VERIFY_DIGESTS) {
        t->source_rows = t->source_digest.rows;
        t->target_rows = t->target_digest.rows;
    }
    if (t->unsettled_rows)
        wb_verify_add_why(job, p,
                          "%llu row%s kept changing while they were read again: verify when there "
                          "are fewer writes, or raise --settle",
                          (unsigned long long)t->unsettled_rows, t->unsettled_rows == 1 ? "" : "s");
    t->method = method_of(job, p);
    t->strength = strength_of(job, p);
    t->bytes = atomic_load(&p->bytes);
    t->ms = (wb_clock_monotonic_us() - p->first_us) / 1000;
    t->finished = now_text(job);
    if (!p->target)
        return; /* missing: said already */
    t->rows_outcome = differs(t)                                   ? WB_VERIFY_DIFFERENT
                      : p->why || t->strength == WB_VERIFY_NOTHING ? WB_VERIFY_UNVERIFIED
                                                                   : WB_VERIFY_EQUAL;
    t->why = p->why;
}

/* A table read by buckets is kept as one part, when it is equal. */
static enum wb_code keep_table(struct wb_verify_job *job, struct wb_verify_pair *p,
                               struct wb_error *err) {
    const struct wb_verify_table_report *t = p->report;
    if (!job->store.conn || p->way != WB_VERIFY_BY_BUCKETS || t->chunks_kept ||
        t->rows_outcome != WB_VERIFY_EQUAL ||
        !wb_digest_equal(&t->source_digest, &t->target_digest))
        return WB_OK;
    struct wb_verify_part part = {.table = p->number, .range = {.kind = WB_RANGE_ALL}};
    struct wb_digest d[WB_VERIFY_SIDES] = {t->source_digest, t->target_digest};
    enum wb_code code = wb_verify_store_add_parts(&job->store, &part, 1, err);
    return code ? code : wb_verify_store_done(&job->store, p->number, 0, 1, d, err);
}

enum wb_code wb_verify_finish(struct wb_verify_job *job, unsigned worker, struct wb_verify_pair *p,
                              struct wb_error *err) {
    enum wb_code code = p->failed ? WB_OK : wb_verify_count_overflow(job, worker, p, err);
    if (!code && p->confirmed.n)
        code = list_differences(job, worker, p, err);
    if (code)
        return code;
    conclude(job, p);
    code = keep_table(job, p, err);
    for (int s = 0; s < WB_VERIFY_SIDES; s++) {
        free(p->buckets[s]);
        p->buckets[s] = NULL;
    }
    wb_verify_conclude_table(job, p);
    wb_verify_tell(job,
                   &(struct wb_verify_event){.kind = WB_VERIFY_TABLE_DONE, .table = p->report});
    return code;
}
