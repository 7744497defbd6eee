/* What others see of a run: the status as JSON, metrics, health. */
#include "run/inside.h"

#include "base/json.h"
#include "base/str.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { EXPOSE_MS = 500, RECORD_S = 3 };

struct wb_run_view {
    pthread_mutex_t lock; /* of status, metrics and trouble */
    struct wb_buf status, metrics;
    char trouble[300]; /* why the journal cannot be written; "" it can */
    pthread_cond_t record;
    uint64_t recorded; /* mismatches that the journal has */
    bool ended;
    int64_t seq; /* of status; the loop's own, as is exposed_us */
    uint64_t exposed_us;
    atomic_uint_fast64_t ticks, ticked_us, renewed_us; /* by the system's clock */
    atomic_uint_fast64_t rows, bytes, tables_done, tables;
    struct wb_flags *flags;
    struct wb_observe *observe;
};

struct wb_run_view *wb_run_view_new(const struct wb_clock *clock) {
    struct wb_run_view *v = calloc(1, sizeof *v);
    struct wb_clock own = wb_run_clock(clock);
    if (!v)
        abort();
    pthread_mutex_init(&v->lock, NULL);
    pthread_cond_init(&v->record, NULL);
    v->seq = -1;
    v->flags = wb_flags_new();
    v->observe = wb_observe_new(&own);
    return v;
}

void wb_run_view_free(struct wb_run_view *v) {
    if (!v)
        return;
    wb_flags_free(v->flags);
    wb_observe_free(v->observe);
    wb_buf_done(&v->status);
    wb_buf_done(&v->metrics);
    pthread_cond_destroy(&v->record);
    pthread_mutex_destroy(&v->lock);
    free(v);
}

void wb_run_view_status(struct wb_run_view *v, struct wb_buf *to) {
    pthread_mutex_lock(&v->lock);
    wb_buf_adds(to, v->status.len ? wb_buf_str(&v->status) : "{}");
    pthread_mutex_unlock(&v->lock);
}

struct wb_flags *wb_run_view_flags(struct wb_run_view *v) {
    return v->flags;
}

struct wb_observe *wb_run_view_observe(struct wb_run_view *v) {
    return v->observe;
}

void wb_run_view_recorded(struct wb_run_view *v, uint64_t mismatches) {
    if (!v)
        return;
    pthread_mutex_lock(&v->lock);
    v->recorded = mismatches;
    pthread_cond_broadcast(&v->record);
    pthread_mutex_unlock(&v->lock);
}

void wb_run_view_end(struct wb_run_view *v) {
    if (!v)
        return;
    pthread_mutex_lock(&v->lock);
    v->ended = true;
    pthread_cond_broadcast(&v->record);
    pthread_mutex_unlock(&v->lock);
}

enum wb_code wb_run_view_await(struct wb_run_view *v, uint64_t mismatches, struct wb_error *err) {
    struct timespec until;
    char trouble[300] = "";
    int late = 0;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += RECORD_S;
    pthread_mutex_lock(&v->lock);
    while (v->recorded < mismatches && !v->ended && !*v->trouble && !late)
        late = pthread_cond_timedwait(&v->record, &v->lock, &until);
    bool is_there = v->recorded >= mismatches, ended = v->ended;
    memcpy(trouble, v->trouble, sizeof trouble);
    pthread_mutex_unlock(&v->lock);
    if (is_there)
        return WB_OK;
    return wb_error_set(err, WB_E_TIMEOUT, "%s",
                        *trouble ? trouble
                        : ended  ? "the run has ended"
                                 : "the run has not written them yet");
}

/* --- JSON
 * ---------------------------------------------------------------------------------------- */

static void put_time(struct wb_json *j, const char *key, int64_t wall_us) {
    char text[40];
    wb_json_key_str(j, key, wall_us ? wb_clock_format(wall_us, text, sizeof text) : NULL);
}

static void put_item(struct wb_json *j, const struct wb_run_item *item) {
    wb_json_object(j);
    wb_json_key_str(j, "id", item->id);
    wb_json_key_str(j, "kind", wb_run_kind_word(item->kind));
    wb_json_key_str(j, "state", wb_run_item_word(item->state));
    wb_json_key_str(j, "text", item->text);
    wb_json_key_str(j, "why", item->why);
    wb_json_key_bool(j, "irreversible", item->irreversible);
    put_time(j, "since", item->since_us);
    wb_json_end(j);
}

static void put_phase(struct wb_json *j, const struct wb_run_phase *p) {
    wb_json_object(j);
    wb_json_key_int(j, "number", p->number);
    wb_json_key_str(j, "name", p->name);
    wb_json_key_str(j, "state", wb_run_phase_word(p->state));
    wb_json_key_bool(j, "armed", p->armed);
    wb_json_key_str(j, "sha256", p->hash);
    put_time(j, "started", p->started_us);
    put_time(j, "done", p->done_us);
    wb_json_key(j, "items");
    wb_json_array(j);
    for (size_t i = 0; i < p->n_items; i++)
        put_item(j, &p->items[i]);
    wb_json_end(j);
    wb_json_key(j, "sign_offs");
    wb_json_array(j);
    for (size_t i = 0; i < p->n_roles; i++) {
        wb_json_object(j);
        wb_json_key_str(j, "role", p->roles[i]);
        wb_json_key_bool(j, "signed", wb_run_signed(p, p->roles[i]));
        wb_json_end(j);
    }
    wb_json_end(j);
    wb_json_end(j);
}

const char *const wb_run_state_words[] = {"not_started", "aborted", "done",   "rolling_back",
                                          "held",        "paused",  "running"};
const size_t wb_n_run_state_words = sizeof wb_run_state_words / sizeof wb_run_state_words[0];

const char *wb_run_state_word(const struct wb_run_state *s) {
    const bool is[] = {!s->started,     s->aborted, s->done, s->rolling_back,
                       s->held != NULL, s->paused,  true};
    size_t i = 0;
    while (!is[i])
        i++;
    return wb_run_state_words[i];
}

void wb_run_status_json(const struct wb_run_state *s, const struct wb_lease *lease,
                        struct wb_buf *to) {
    struct wb_json j = {.out = to};
    struct wb_arena a = {0};
    wb_json_object(&j);
    wb_json_key_uint(&j, "format", 1);
    wb_json_key_str(&j, "plan", s->plan);
    wb_json_key_str(&j, "state", wb_run_state_word(s));
    wb_json_key_str(&j, "held", s->held);
    wb_json_key_bool(&j, "paused", s->paused);
    wb_json_key_str(&j, "edited", s->edited);
    wb_json_key_str(&j, "runner", lease && lease->held ? lease->holder : NULL);
    wb_json_key_int(&j, "seq", s->seq);
    put_time(&j, "started", s->started_us);
    put_time(&j, "latest", s->wall_us);
    wb_json_key_str(&j, "next", wb_run_next_words(s, s->plan ? s->plan : "PLAN", &a));
    wb_json_key(&j, "phases");
    wb_json_array(&j);
    for (size_t i = 0; i < s->n_phases; i++)
        put_phase(&j, &s->phases[i]);
    wb_json_end(&j);
    wb_json_key(&j, "flags");
    wb_json_array(&j);
    for (size_t i = 0; i < s->n_flags; i++) {
        wb_json_object(&j);
        wb_json_key_str(&j, "name", s->flags[i].name);
        wb_json_key_uint(&j, "share_of_10000", s->flags[i].share);
        wb_json_key_str(&j, "stage", s->flags[i].stage);
        wb_json_key_bool(&j, "writes_source", !(s->flags[i].no_writes & WB_FLAG_NO_WRITES_SOURCE));
        wb_json_key_bool(&j, "writes_target", !(s->flags[i].no_writes & WB_FLAG_NO_WRITES_TARGET));
        wb_json_end(&j);
    }
    wb_json_end(&j);
    wb_json_end(&j);
    wb_arena_done(&a);
}

/* --- what the HTTP side asks
 * --------------------------------------------------------------------- */

static void put(struct wb_run_view *v, struct wb_buf *where, struct wb_buf new) {
    pthread_mutex_lock(&v->lock);
    struct wb_buf old = *where;
    *where = new;
    pthread_mutex_unlock(&v->lock);
    wb_buf_done(&old);
}

void wb_run_publish(struct wb_run *r) {
    struct wb_run_view *v = r->view;
    uint64_t now = wb_clock_monotonic_us();
    if (!v)
        return;
    bool moved = v->seq != r->state.seq;
    if (moved) {
        struct wb_lease lease = {.held = true, .holder = r->name};
        struct wb_buf b = {0};
        wb_run_status_json(&r->state, r->name ? &lease : NULL, &b);
        put(v, &v->status, b);
        v->seq = r->state.seq;
    }
    if (moved || now - v->exposed_us >= EXPOSE_MS * 1000u) {
        struct wb_buf b = {0};
        wb_run_expose(r, &b);
        put(v, &v->metrics, b);
        v->exposed_us = now;
    }
}

void wb_run_view_ticked(struct wb_run_view *v, uint64_t renewed_us, const char *trouble) {
    if (!v)
        return;
    atomic_fetch_add(&v->ticks, 1);
    atomic_store(&v->ticked_us, wb_clock_monotonic_us());
    atomic_store(&v->renewed_us, renewed_us);
    pthread_mutex_lock(&v->lock);
    snprintf(v->trouble, sizeof v->trouble, "%s", trouble);
    pthread_mutex_unlock(&v->lock);
}

void wb_run_view_copied(struct wb_run_view *v, uint64_t rows, uint64_t bytes, size_t tables_done,
                        size_t tables) {
    if (!v)
        return;
    atomic_store(&v->rows, rows);
    atomic_store(&v->bytes, bytes);
    atomic_store(&v->tables_done, tables_done);
    atomic_store(&v->tables, tables);
}

static double age_s(uint64_t since_us) {
    uint64_t now = wb_clock_monotonic_us();
    return now > since_us ? (double)(now - since_us) / 1e6 : 0;
}

void wb_run_view_health(struct wb_run_view *v, struct wb_run_health *ret) {
    uint64_t ticked_us = atomic_load(&v->ticked_us);
    double age = age_s(ticked_us);
    *ret = (struct wb_run_health){.state = WB_RUN_TICKS, .tick_age_ms = (uint64_t)(age * 1000)};
    pthread_mutex_lock(&v->lock);
    if (*v->trouble) {
        ret->state = WB_RUN_CANNOT_WRITE;
        snprintf(ret->why, sizeof ret->why, "%s", v->trouble);
    }
    pthread_mutex_unlock(&v->lock);
    if (ticked_us == 0) {
        *ret = (struct wb_run_health){.state = WB_RUN_STARTS};
        snprintf(ret->why, sizeof ret->why, "the run has not begun to decide yet");
    } else if (ret->tick_age_ms > WB_RUN_STALL_MS) {
        ret->state = WB_RUN_STALLS;
        snprintf(ret->why, sizeof ret->why, "the run has decided nothing for %" PRIu64 " s",
                 ret->tick_age_ms / 1000);
    }
}

static void gauge(struct wb_buf *b, const char *name, const char *help, double v) {
    wb_buf_addf(b, "# HELP %s %s\n# TYPE %s gauge\n%s %.17g\n", name, help, name, name, v);
}

static void add_moment(struct wb_run_view *v, struct wb_buf *to) {
    struct wb_run_health h;
    wb_run_view_health(v, &h);
    wb_buf_addf(to,
                "# HELP whimbrel_run_ticks_total Turns of the loop that decides.\n"
                "# TYPE whimbrel_run_ticks_total counter\nwhimbrel_run_ticks_total %" PRIu64 "\n",
                (uint64_t)atomic_load(&v->ticks));
    gauge(to, "whimbrel_run_healthy", "Whether /healthz answers 200.", h.state == WB_RUN_TICKS);
    if (h.state == WB_RUN_STARTS)
        return;
    gauge(to, "whimbrel_run_tick_age_seconds", "Time since the loop's last turn.",
          age_s(atomic_load(&v->ticked_us)));
    gauge(to, "whimbrel_run_lease_age_seconds",
          "Time since the journal's lease was last renewed; it lasts 15 s.",
          age_s(atomic_load(&v->renewed_us)));
}

static void add_copy(struct wb_run_view *v, struct wb_buf *to) {
    if (atomic_load(&v->tables) == 0)
        return;
    gauge(to, "whimbrel_copy_rows", "Rows that the copy under way, or the latest, has moved.",
          (double)atomic_load(&v->rows));
    gauge(to, "whimbrel_copy_bytes", "Bytes of those rows.", (double)atomic_load(&v->bytes));
    gauge(to, "whimbrel_copy_tables", "Tables of that copy.", (double)atomic_load(&v->tables));
    gauge(to, "whimbrel_copy_tables_done", "Tables of that copy that are complete.",
          (double)atomic_load(&v->tables_done));
}

void wb_run_view_metrics(struct wb_run_view *v, struct wb_buf *to) {
    pthread_mutex_lock(&v->lock);
    wb_buf_add(to, v->metrics.data, v->metrics.len);
    pthread_mutex_unlock(&v->lock);
    add_moment(v, to);
    add_copy(v, to);
}

/* --- reading
 * ------------------------------------------------------------------------------------- */

enum wb_code wb_run_read(const struct wb_run_opts *opts, struct wb_run_state *ret,
                         struct wb_lease *ret_lease, struct wb_arena *a, struct wb_error *err) {
    struct wb_run r = {.opts = opts, .clock = wb_run_clock(&opts->clock)};
    enum wb_code code = wb_plan_load(opts->path, NULL, &r.plan, err);
    if (!code)
        code =
            wb_run_open_journal(r.plan, opts->path, WB_JOURNAL_EXISTING, &r.clock, &r.journal, err);
    if (!code)
        code = wb_run_replay(r.journal, ret, err);
    if (!code && ret->started && !ret->done && !ret->aborted) {
        wb_program_make(r.plan, &r.program);
        const char *edited = wb_run_edited(&r.program, ret, &r.arena);
        ret->edited = edited ? wb_arena_strdup(&ret->arena, edited) : NULL;
    }
    if (!code)
        code = wb_journal_lease(r.journal, a, ret_lease, err);
    if (!code && ret_lease->held && wb_run_holder_is_gone(ret_lease))
        ret_lease->held = false; /* it ended without a word: nobody drives the run */
    wb_run_done(&r);
    return code;
}
