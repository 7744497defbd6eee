/* Opening a run: the plan, its journal, the databases' identities; beginning it, or going on. */
#include "run/inside.h"

#include "base/json.h"
#include "base/str.h"
#include "journal/sqlite.h"
#include "journal_pg/journal_pg.h"
#include "lint/lint.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* --- the clock: for tests, a file that holds the time ------------------------------------------
 */

static int64_t file_wall_us(void *ctx) {
    double seconds = 0;
    FILE *f = fopen(ctx, "r");
    if (f) {
        if (fscanf(f, "%lf", &seconds) != 1)
            seconds = 0;
        fclose(f);
    }
    return (int64_t)(seconds * 1e6);
}

static uint64_t file_monotonic_us(void *ctx) {
    int64_t us = file_wall_us(ctx);
    return us > 0 ? (uint64_t)us : 0;
}

struct wb_clock wb_run_clock(const struct wb_clock *given) {
    char *file = getenv("WHIMBREL_TEST_CLOCK");
    if (given && given->wall_us)
        return *given;
    if (file && *file)
        return (struct wb_clock){file_monotonic_us, file_wall_us, file};
    return wb_clock_system;
}

/* --- faults: for crash tests, WHIMBREL_TEST_JOURNAL=N:ACTION strikes at durable write N --------
 */

static enum wb_code strike(void *ctx, enum wb_journal_point point, struct wb_error *err) {
    static unsigned writes;
    unsigned at = 0;
    char action[16] = "";
    (void)ctx;
    if (sscanf(getenv("WHIMBREL_TEST_JOURNAL"), "%u:%15s", &at, action) != 2)
        return WB_OK;
    writes += point == WB_JOURNAL_BEFORE_COMMIT;
    bool before = point == WB_JOURNAL_BEFORE_COMMIT;
    if (writes != at)
        return WB_OK;
    if (strcmp(action, before ? "kill-before" : "kill-after") == 0)
        kill(getpid(), SIGKILL);
    if (before && strcmp(action, "fill") == 0)
        return wb_error_set(err, WB_E_DISK_FULL, "fault injection: the journal's disk is full");
    return WB_OK;
}

/* --- the plan
 * ------------------------------------------------------------------------------------ */

static enum wb_code check_plan(const struct wb_run *r, struct wb_error *err) {
    struct wb_arena a = {0};
    struct wb_plan_place place = {0};
    enum wb_code code = WB_OK;
    for (size_t i = 0; i < r->plan->n_findings && !code; i++) {
        const struct wb_plan_finding *f = &r->plan->findings[i];
        if (f->severity == WB_ERROR)
            code = wb_error_set(err, WB_E_PLAN, "%s:%u:%u: %s", f->place.file, f->place.line,
                                f->place.column, f->text);
    }
    const char *why = code ? NULL : wb_program_refusal(&r->program, &a, &place);
    if (why)
        code = wb_error_set(err, WB_E_PLAN, "%s:%u: %s", r->plan->path, place.line, why);
    wb_arena_done(&a);
    return code;
}

static enum wb_code read_url(struct wb_run *r, enum wb_side side, struct wb_error *err) {
    const struct wb_plan_text *t =
        side == WB_SIDE_SOURCE ? &r->plan->front.source : &r->plan->front.target;
    if (!t->value)
        return WB_OK;
    if (t->incomplete)
        return wb_error_set(err, WB_E_PLAN,
                            "%s:%u: the %s names a variable that is not set in the environment",
                            r->plan->path, t->place.line, side ? "target" : "source");
    enum wb_code code = wb_url_parse(t->value, &r->arena, &r->url[side], err);
    r->has_url[side] = !code;
    return code ? wb_error_wrap(err, "%s:%u", r->plan->path, t->place.line) : WB_OK;
}

enum wb_code wb_run_load(struct wb_run *r, const struct wb_run_opts *opts, struct wb_error *err) {
    r->opts = opts;
    r->clock = wb_run_clock(&opts->clock);
    r->view = opts->view;
    wb_pin_init(&r->pin[WB_SIDE_SOURCE], NULL);
    wb_pin_init(&r->pin[WB_SIDE_TARGET], NULL);
    enum wb_code code = wb_plan_load(opts->path, NULL, &r->plan, err);
    if (code)
        return code;
    wb_lint_text(r->plan, WB_LINT_WRONG_IS_WARNING);
    wb_program_make(r->plan, &r->program);
    code = read_url(r, WB_SIDE_SOURCE, err);
    if (!code)
        code = read_url(r, WB_SIDE_TARGET, err);
    if (!code)
        code = check_plan(r, err);
    return code;
}

void wb_run_done(struct wb_run *r) {
    while (r->job && !atomic_load(&r->job->over)) {
        wb_run_job_cancel(r);
        wb_clock_sleep_ms(200);
    }
    wb_run_job_end(r);
    wb_run_meters_free(r);
    if (r->plan)
        wb_run_notices(r, WB_RUN_WAITS);
    wb_run_drop_events(r);
    wb_journal_close(r->journal);
    wb_run_state_done(&r->state);
    wb_program_done(&r->program);
    wb_plan_free(r->plan);
    wb_arena_done(&r->batch.arena);
    wb_arena_done(&r->quiet_arena);
    wb_arena_done(&r->arena);
    wb_pin_done(&r->pin[WB_SIDE_SOURCE]);
    wb_pin_done(&r->pin[WB_SIDE_TARGET]);
}

/* --- the journal
 * --------------------------------------------------------------------------------- */

enum wb_code wb_run_open_journal(const struct wb_plan *plan, const char *path,
                                 enum wb_journal_mode mode, const struct wb_clock *clock,
                                 struct wb_journal **ret, struct wb_error *err) {
    struct wb_journal_opts opts = {
        .mode = mode, .clock = clock, .fault = getenv("WHIMBREL_TEST_JOURNAL") ? strike : NULL};
    struct wb_arena a = {0};
    const char *where = plan->front.journal.value;
    enum wb_code code = WB_OK;
    if (where && strstr(where, "://")) {
        struct wb_url url;
        code = wb_url_parse(where, &a, &url, err);
        const char *name = plan->front.epic.value ? plan->front.epic.value : path;
        const char *slash = strrchr(name, '/');
        if (!code)
            code = wb_journal_open_pg(&url, slash ? slash + 1 : name, &opts, ret, err);
    } else {
        const char *slash = strrchr(path, '/');
        const char *file = wb_arena_printf(&a, "%s.whimbrel.db", path);
        if (where && (*where == '/' || !slash))
            file = where;
        else if (where)
            file = wb_arena_printf(&a, "%.*s/%s", (int)(slash - path), path, where);
        code = wb_journal_open_sqlite(file, &opts, ret, err);
    }
    wb_arena_done(&a);
    return code;
}

/* --- beginning
 * ----------------------------------------------------------------------------------- */

void wb_run_phase_json(const struct wb_program_phase *p, struct wb_buf *to) {
    struct wb_json j = {.out = to};
    wb_json_object(&j);
    wb_json_key_int(&j, "number", p->number);
    wb_json_key_str(&j, "name", p->plan->name);
    wb_json_key_str(&j, "hash", p->plan->hash);
    wb_json_key_bool(&j, "point_of_no_return", p->plan->point_of_no_return);
    wb_json_key(&j, "items");
    wb_json_array(&j);
    for (size_t i = 0; i < p->n_tasks; i++) {
        const struct wb_task *t = &p->tasks[i];
        wb_json_object(&j);
        wb_json_key_str(&j, "id", t->id);
        wb_json_key_str(&j, "kind", wb_run_kind_word(t->kind));
        wb_json_key_str(&j, "text", t->text);
        wb_json_key_bool(&j, "irreversible", t->irreversible);
        wb_json_key_bool(&j, "needs_data", t->needs_data);
        wb_json_key_bool(&j, "by_person", t->does == WB_DOES_MANUAL);
        wb_json_end(&j);
    }
    wb_json_end(&j);
    wb_json_key(&j, "roles");
    wb_json_array(&j);
    for (size_t i = 0; i < p->plan->sign_offs.n; i++)
        wb_json_str(&j, p->plan->sign_offs.items[i]);
    wb_json_end(&j);
    wb_json_end(&j);
}

static void put_start(struct wb_run *r) {
    WB_CLEANUP_BUF struct wb_buf b = {0};
    wb_buf_addc(&b, '[');
    for (size_t i = 0; i < r->program.n_phases; i++) {
        const struct wb_program_phase *p = &r->program.phases[i];
        struct wb_json j = {.out = &b};
        if (i)
            wb_buf_addc(&b, ',');
        wb_json_object(&j);
        wb_json_key_int(&j, "number", p->number);
        wb_json_key_str(&j, "name", p->plan->name);
        wb_json_key_str(&j, "hash", p->plan->hash);
        wb_json_key_bool(&j, "point_of_no_return", p->plan->point_of_no_return);
        wb_json_end(&j);
    }
    wb_buf_addc(&b, ']');
    wb_run_event(r, WB_EVENT_RUN_STARTED, WB_EVENT_NO_PHASE, NULL,
                 "plan:s title:s hash:s source:s target:s version:s listens:b phases:j",
                 r->plan->path, r->plan->title, r->program.hash, r->plan->front.source.shown,
                 r->plan->front.target.shown, WB_VERSION, r->view != NULL, wb_buf_str(&b));
}

static const char *file_of(const char *path) {
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

/* Whether a phase of the plan is one of the run's, by its number and name. */
static bool shares_a_phase(const struct wb_run *r) {
    for (size_t i = 0; i < r->state.n_phases; i++) {
        const struct wb_run_phase *p = &r->state.phases[i];
        const struct wb_program_phase *now = wb_program_phase_of(&r->program, p->number);
        if (now && wb_str_eq(now->plan->name, p->name))
            return true;
    }
    return false;
}

/* A plan that is renamed keeps its title, and one whose title is edited keeps its file or a phase:
 * where neither is so, it is another one. */
enum wb_code wb_run_check_journal(const struct wb_run *r, struct wb_error *err) {
    const struct wb_run_state *s = &r->state;
    const char *title = r->plan->title ? r->plan->title : "";
    if (!s->started || !*s->title || wb_str_eq(s->title, title))
        return WB_OK;
    if (wb_str_eq(file_of(s->plan), file_of(r->plan->path)) && shares_a_phase(r))
        return WB_OK;
    wb_error_set(err, WB_E_PLAN,
                 "the journal of %s belongs to another plan: \"%s\" (%s); nothing was done",
                 r->opts->path, s->title, s->plan);
    if (r->plan->front.journal.value)
        return wb_error_hint(err, "name another in the front matter (journal:, or epic: in a "
                                  "journal that several plans share); then this plan begins");
    return wb_error_hint(err,
                         "move %s.whimbrel.db beside the plan that it belongs to, under that "
                         "plan's name; then this plan begins",
                         r->opts->path);
}

/* The plan must still be the one that was begun, in every phase: what is done may have to be
 * undone, its triggers may count, and its signatures are for its text. */
const char *wb_run_edited(const struct wb_program *program, const struct wb_run_state *s,
                          struct wb_arena *a) {
    for (size_t i = 0; i < s->n_phases; i++) {
        const struct wb_run_phase *p = &s->phases[i];
        const struct wb_program_phase *now = wb_program_phase_of(program, p->number);
        if (!now || !wb_str_eq(now->plan->hash, p->hash))
            return wb_arena_printf(
                a, "phase %d, or something that it uses, was edited since the run began",
                p->number);
    }
    return program->n_phases == s->n_phases ? NULL
                                            : "the plan has other phases than when the run began";
}

/* A rollback follows the journal: it goes on, and what comes after it does not. */
static enum wb_code compare_hashes(struct wb_run *r, struct wb_error *err) {
    r->edited = wb_run_edited(&r->program, &r->state, &r->arena);
    if (!r->edited || r->state.rolling_back)
        return WB_OK;
    wb_error_set(err, WB_E_PLAN, "%s", r->edited);
    wb_error_hint(err, "take the edit over with: whimbrel amend %s --reason \"…\"", r->opts->path);
    return WB_E_PLAN;
}

void wb_run_pin(struct wb_run *r) {
    for (int side = 0; side < 2; side++) {
        struct wb_database_id was = {r->state.identity[side], r->state.standby[side]};
        wb_pin_done(&r->pin[side]);
        wb_pin_init(&r->pin[side], &was);
    }
}

/* The run's databases are those that it began with, or now begins with. */
static enum wb_code check_identity(struct wb_run *r, enum wb_side side, struct wb_error *err) {
    const char *name = side ? "target" : "source";
    struct wb_database_id was = {r->state.identity[side], r->state.standby[side]}, now;
    if (!r->has_url[side])
        return WB_OK;
    enum wb_code code = wb_run_identify(r, side, &r->arena, &now, err);
    if (code == WB_E_OTHER_DATABASE)
        wb_error_hint(
            err,
            "let the URL lead to the first one again; or, if the %s was moved with all its "
            "data: whimbrel amend %.90s --moved %s --reason \"…\"",
            name, r->opts->path, name);
    if (code)
        return code;
    if (now.standby && side == WB_SIDE_TARGET) {
        wb_error_set(err, WB_E_PLAN, "the target is a standby, which takes no writes");
        return wb_error_hint(err, "name the primary as target:");
    }
    if (!was.id || was.standby != now.standby)
        wb_run_event(r, WB_EVENT_IDENTITY, WB_EVENT_NO_PHASE, NULL, "side:s identity:s standby:b",
                     name, now.id, (int)now.standby);
    return WB_OK;
}

/* 0 is fine: the run begins, and no phase does. */
static enum wb_code check_until(const struct wb_run *r, struct wb_error *err) {
    const struct wb_program *p = &r->program;
    int last = p->n_phases ? (int)p->phases[p->n_phases - 1].plan->number : 0;
    if (r->opts->until == WB_RUN_NO_PHASE || r->opts->until <= last)
        return WB_OK;
    return wb_error_set(err, WB_E_USAGE, "--until %d: the plan's last phase is %d", r->opts->until,
                        last);
}

enum wb_code wb_run_begin(struct wb_run *r, struct wb_error *err) {
    struct wb_run_state *s = &r->state;
    enum wb_code code = wb_run_replay(r->journal, s, err);
    if (code)
        return code;
    if (s->aborted) {
        wb_error_set(err, WB_E_HELD, "the run was aborted: it does not go on");
        return wb_error_hint(err, "to begin anew, keep its journal under another name; what was "
                                  "done before is known to that journal alone");
    }
    if ((code = wb_run_check_journal(r, err)))
        return code;
    if ((code = check_until(r, err)))
        return code;
    wb_run_pin(r);
    if (!s->started)
        put_start(r);
    else if (!s->done && (code = compare_hashes(r, err)))
        return code;
    if (s->started && !s->done)
        wb_run_event(r, WB_EVENT_RUN_RESUMED, WB_EVENT_NO_PHASE, NULL, "pid:i listens:b",
                     (int64_t)getpid(), r->view != NULL);
    code = check_identity(r, WB_SIDE_SOURCE, err);
    if (!code)
        code = check_identity(r, WB_SIDE_TARGET, err);
    if (!code && !s->done)
        code = wb_run_backups_ready(r, err);
    if (!code && !s->done)
        code = wb_run_write(r, NULL, err);
    return code;
}
