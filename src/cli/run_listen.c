/* Joins a run and the HTTP side, which do not know each other. Status, flags and observations come
 * from the run's view, in memory. Events and requests go through a handle of the journal that is
 * the HTTP helper's own: it is opened when first needed, because the runner makes the journal. */
#include "cli/run_listen.h"

#include <stdio.h>
#include <stdlib.h>

struct wb_run_listen {
    const struct wb_run_opts *run;
    struct wb_clock clock;
    struct wb_run_view *view;
    struct wb_journal *journal; /* NULL until needed */
    struct wb_serve *server;
};

static enum wb_code reach(struct wb_run_listen *l, struct wb_error *err) {
    struct wb_plan *plan = NULL;
    if (l->journal)
        return WB_OK;
    enum wb_code code = wb_plan_load(l->run->path, NULL, &plan, err);
    if (!code)
        code = wb_run_open_journal(plan, l->run->path, WB_JOURNAL_EXISTING, &l->clock, &l->journal,
                                   err);
    wb_plan_free(plan);
    return code;
}

/* After a fault of a shared journal's server the next call connects anew. */
static enum wb_code ended(struct wb_run_listen *l, enum wb_code code) {
    if (code && wb_error_class(code) == WB_CLASS_RETRY) {
        wb_journal_close(l->journal);
        l->journal = NULL;
    }
    return code;
}

static enum wb_code status(void *ctx, struct wb_buf *json, struct wb_error *err) {
    struct wb_run_listen *l = ctx;
    (void)err;
    wb_run_view_status(l->view, json);
    return WB_OK;
}

static enum wb_code events(void *ctx, int64_t after_seq, size_t max, struct wb_arena *a,
                           struct wb_events *ret, struct wb_error *err) {
    struct wb_run_listen *l = ctx;
    if (reach(l, err))
        return err->code;
    return ended(l, wb_journal_read(l->journal, after_seq, max, a, ret, err));
}

static enum wb_code request(void *ctx, const struct wb_serve_request *r, int64_t *ret_id,
                            struct wb_error *err) {
    struct wb_run_listen *l = ctx;
    struct wb_request q = {.kind = r->kind, .who = r->who, .role = r->role, .args = r->args};
    if (reach(l, err))
        return err->code;
    return ended(l, wb_journal_request_put(l->journal, &q, ret_id, err));
}

static enum wb_code answer(void *ctx, int64_t id, struct wb_serve_answer *ret,
                           struct wb_error *err) {
    struct wb_run_listen *l = ctx;
    struct wb_arena a = {0};
    struct wb_answer got = {0};
    if (reach(l, err))
        return err->code;
    enum wb_code code = ended(l, wb_journal_request_read(l->journal, id, &a, &got, err));
    if (!code && got.request) {
        ret->progress = WB_SERVE_ANSWERED;
        ret->state = got.state;
        snprintf(ret->text, sizeof ret->text, "%s", got.text ? got.text : "");
    }
    wb_arena_done(&a);
    return code;
}

static enum wb_code recorded(void *ctx, uint64_t mismatches, struct wb_error *err) {
    struct wb_run_listen *l = ctx;
    return wb_run_view_await(l->view, mismatches, err);
}

static void health(void *ctx, struct wb_serve_health *ret) {
    static const enum wb_serve_health_state states[] = {
        [WB_RUN_TICKS] = WB_SERVE_HEALTHY,
        [WB_RUN_STARTS] = WB_SERVE_STARTING,
        [WB_RUN_STALLS] = WB_SERVE_STALLED,
        [WB_RUN_CANNOT_WRITE] = WB_SERVE_JOURNAL,
    };
    struct wb_run_listen *l = ctx;
    struct wb_run_health h;
    wb_run_view_health(l->view, &h);
    ret->state = states[h.state];
    ret->tick_age_ms = h.tick_age_ms;
    snprintf(ret->why, sizeof ret->why, "%s", h.why);
}

static void metrics(void *ctx, struct wb_buf *text) {
    struct wb_run_listen *l = ctx;
    wb_run_view_metrics(l->view, text);
}

/* A run that goes on has flags from its first answer on: an application that was told "no such
 * flag" would fall back to the old side. A plan that was never run has none. */
static void recall_flags(struct wb_run_listen *l) {
    struct wb_run_state s = {0};
    struct wb_lease lease;
    struct wb_arena a = {0};
    struct wb_flags *flags = wb_run_view_flags(l->view);
    if (!wb_run_read(l->run, &s, &lease, &a, NULL))
        for (size_t i = 0; i < s.n_flags; i++) {
            enum wb_flag_stage stage = WB_FLAG_OFF;
            (void)wb_flag_stage_parse(s.flags[i].stage, &stage);
            (void)wb_flags_set_share(flags, s.flags[i].name, s.flags[i].share, NULL);
            (void)wb_flags_set_stage(flags, s.flags[i].name, stage, NULL);
            (void)wb_flags_set_writes(flags, s.flags[i].name, s.flags[i].no_writes, NULL);
        }
    wb_run_state_done(&s);
    wb_arena_done(&a);
}

static enum wb_code start(struct wb_run_listen *l, const struct wb_run_listen_opts *opts,
                          struct wb_error *err) {
    struct wb_arena a = {0};
    struct wb_serve_opts serve = {.address = opts->address,
                                  .tls_cert_file = opts->tls_cert,
                                  .tls_key_file = opts->tls_key,
                                  .clock = &l->clock};
    struct wb_serve_ops ops = {.ctx = l,
                               .flags = wb_run_view_flags(l->view),
                               .observe = wb_run_view_observe(l->view),
                               .status = status,
                               .events = events,
                               .request = request,
                               .answer = answer,
                               .recorded = recorded,
                               .health = health,
                               .metrics = metrics};
    enum wb_code code = wb_serve_token_load(opts->token_file, &a, &serve.token, err);
    if (!code)
        code = wb_serve_start(&serve, &ops, &l->server, err);
    wb_arena_done(&a);
    return code;
}

enum wb_code wb_run_listen_start(const struct wb_run_listen_opts *opts, struct wb_run_opts *run,
                                 struct wb_run_listen **ret, struct wb_error *err) {
    *ret = NULL;
    if (!opts->address)
        return WB_OK;
    struct wb_run_listen *l = calloc(1, sizeof *l);
    if (!l)
        abort();
    l->run = run;
    l->clock = wb_run_clock(&run->clock);
    l->view = wb_run_view_new(&run->clock);
    run->view = l->view;
    recall_flags(l);
    enum wb_code code = start(l, opts, err);
    if (code) {
        run->view = NULL;
        wb_run_listen_stop(l);
        return wb_error_wrap(err, "--listen");
    }
    *ret = l;
    return WB_OK;
}

void wb_run_listen_stop(struct wb_run_listen *l) {
    if (!l)
        return;
    wb_serve_stop(l->server);
    wb_journal_close(l->journal);
    wb_run_view_free(l->view);
    free(l);
}

const struct wb_serve *wb_run_listen_server(const struct wb_run_listen *l) {
    return l->server;
}
