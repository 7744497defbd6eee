/* A table before its rows are compared: where the logs stand, its parts, who makes the digests. */
#include "verify/job.h"

#include <stdlib.h>

enum {
    UNIT_ROWS = 65536,
    UNIT_BYTES = 8 << 20,
    MEASURED_UNITS = 8,        /* tables below that are not worth measuring */
    HEAVY_ROW_BYTES = 1 << 20, /* on average */
};

const char *wb_verify_now_text(struct wb_verify_job *job) {
    char now[40];
    pthread_mutex_lock(&job->lock);
    const char *text =
        wb_arena_strdup(&job->report->arena, wb_clock_format(wb_clock_wall_us(), now, sizeof now));
    pthread_mutex_unlock(&job->lock);
    return text;
}

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
    p->report->started = wb_verify_now_text(job);
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
