/* Asking from another terminal: the runner that is there answers, or this process takes the lease
 * and does it. */
#include "run/inside.h"

#include "base/json.h"
#include "base/str.h"

#include <pwd.h>
#include <unistd.h>

enum { WAIT_MS = 30000 };

static const char *user(struct wb_arena *a) {
    const struct passwd *p = getpwuid(getuid());
    return p ? wb_arena_strdup(a, p->pw_name) : wb_arena_printf(a, "uid %u", (unsigned)getuid());
}

static struct wb_request make_request(const struct wb_run_request *in, struct wb_arena *a) {
    WB_CLEANUP_BUF struct wb_buf b = {0};
    struct wb_json j = {.out = &b};
    wb_json_object(&j);
    if (in->step)
        wb_json_key_str(&j, "step", in->step);
    if (in->outcome)
        wb_json_key_str(&j, "outcome", in->outcome);
    if (in->reason)
        wb_json_key_str(&j, "reason", in->reason);
    if (in->moved)
        wb_json_key_str(&j, "moved", in->moved);
    if (in->to != WB_RUN_NO_PHASE)
        wb_json_key_int(&j, "to", in->to);
    wb_json_key_bool(&j, "irreversible", in->irreversible);
    wb_json_end(&j);
    return (struct wb_request){.kind = in->kind,
                               .who = user(a),
                               .role = in->role ? in->role : "",
                               .args = wb_arena_strdup(a, wb_buf_str(&b))};
}

static enum wb_code ask_runner(struct wb_run *r, const struct wb_request *q, unsigned timeout_ms,
                               struct wb_arena *a, struct wb_answer *ret, struct wb_error *err) {
    int64_t id = 0;
    enum wb_code code = wb_journal_request_put(r->journal, q, &id, err);
    if (!code)
        code = wb_journal_request_wait(r->journal, id, timeout_ms ? timeout_ms : WAIT_MS,
                                       r->opts->cancel, a, ret, err);
    return code;
}

/* Nobody runs: this process does it, and what follows from it at once. */
static enum wb_code do_it(struct wb_run *r, const struct wb_request *q, struct wb_answer *ret,
                          struct wb_error *err) {
    r->applies_only = true;
    enum wb_code code = wb_run_replay(r->journal, &r->state, err);
    if (!code)
        code = wb_run_check_journal(r, err);
    wb_run_pin(r);
    bool resumes = r->state.started && !r->state.done && !r->state.aborted;
    if (!code && resumes)
        wb_run_event(r, WB_EVENT_RUN_RESUMED, WB_EVENT_NO_PHASE, NULL, "by:s",
                     wb_request_word(q->kind));
    if (!code)
        code = wb_run_write(r, NULL, err);
    if (!code)
        code = wb_run_request_apply(r, q, ret, err);
    if (code == WB_E_INTERNAL)
        return wb_error_set(err, WB_E_DENIED, "%s", wb_arena_strdup(&r->arena, err->text));
    bool undoes = !code && ret->state == WB_ANSWER_DONE && r->state.rolling_back;
    if (undoes)
        code = wb_run_meters(r, err);
    if (undoes && !code)
        code = wb_run_loop(r, err);
    return code;
}

enum wb_code wb_run_ask(const struct wb_run_opts *opts, const struct wb_run_request *request,
                        struct wb_arena *a, const char **ret_answer, struct wb_error *err) {
    struct wb_run r = {.opts = opts, .clock = wb_run_clock(&opts->clock)};
    struct wb_answer answer = {0};
    struct wb_lease lease = {0};
    struct wb_request q = make_request(request, a);
    enum wb_code code = wb_run_load(&r, opts, err);
    if (code == WB_E_PLAN && r.plan) /* an edited plan must not keep anybody from stopping it */
        code = WB_OK;
    if (!code)
        code =
            wb_run_open_journal(r.plan, opts->path, WB_JOURNAL_EXISTING, &r.clock, &r.journal, err);
    if (!code)
        code = wb_journal_lease(r.journal, a, &lease, err);
    bool runs = lease.held && !wb_run_holder_is_gone(&lease);
    if (!code && runs)
        code = ask_runner(&r, &q, request->timeout_ms, a, &answer, err);
    else if (!code)
        code = wb_run_take(&r, err);
    if (!code && !runs)
        code = do_it(&r, &q, &answer, err);
    if (!code && answer.state != WB_ANSWER_DONE)
        code = wb_error_set(err, WB_E_DENIED, "%s", answer.text ? answer.text : "");
    if (!code)
        *ret_answer = wb_arena_strdup(a, answer.text);
    wb_run_done(&r);
    return code;
}
