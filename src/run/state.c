/* Questions about a state, and the words of its enums. */
#include "run/state.h"

#include "base/str.h"

#include <string.h>

void wb_run_state_done(struct wb_run_state *s) {
    wb_arena_done(&s->arena);
    *s = (struct wb_run_state){0};
}

struct wb_run_phase *wb_run_phase_of(const struct wb_run_state *s, int number) {
    for (size_t i = 0; i < s->n_phases; i++)
        if (s->phases[i].number == number)
            return &s->phases[i];
    return NULL;
}

struct wb_run_item *wb_run_item_of(const struct wb_run_phase *p, const char *id) {
    for (size_t i = 0; i < p->n_items; i++)
        if (wb_str_eq(p->items[i].id, id))
            return &p->items[i];
    return NULL;
}

struct wb_run_phase *wb_run_current(const struct wb_run_state *s) {
    for (size_t i = 0; i < s->n_phases; i++)
        if (s->phases[i].state != WB_RUN_DONE)
            return &s->phases[i];
    return NULL;
}

struct wb_run_item *wb_run_next_item(const struct wb_run_phase *p, enum wb_run_item_kind kind) {
    for (size_t i = 0; i < p->n_items; i++)
        if (p->items[i].kind == kind && p->items[i].state != WB_IS_PASSED)
            return &p->items[i];
    return NULL;
}

bool wb_run_signed(const struct wb_run_phase *p, const char *role) {
    for (size_t i = 0; i < p->n_sign_offs; i++)
        if (!p->sign_offs[i].is_void && wb_str_ieq(p->sign_offs[i].role, role))
            return true;
    return false;
}

const char *wb_run_missing_role(const struct wb_run_phase *p) {
    for (size_t i = 0; i < p->n_roles; i++)
        if (!wb_run_signed(p, p->roles[i]))
            return p->roles[i];
    return NULL;
}

struct wb_run_firing *wb_run_open_firing(const struct wb_run_state *s) {
    for (size_t i = 0; i < s->n_firings; i++)
        if (!s->firings[i].handled)
            return &s->firings[i];
    return NULL;
}

bool wb_run_has_fired(const struct wb_run_state *s, int phase, const char *id) {
    for (size_t i = 0; i < s->n_firings; i++)
        if (s->firings[i].phase == phase && wb_str_eq(s->firings[i].id, id) &&
            !s->firings[i].looked_at)
            return true;
    return false;
}

/* Phases from the last to the first; in each, what its Rollback says, then its steps from the last
 * to the first. */
struct wb_run_undo *wb_run_next_undo(const struct wb_run_state *s, int to) {
    struct wb_run_undo *last = NULL;
    for (size_t i = s->n_undos; i-- > 0 && !last;)
        if (s->undos[i].phase > to && s->undos[i].state != WB_IS_PASSED)
            last = &s->undos[i];
    for (size_t i = 0; last && i < s->n_undos; i++)
        if (s->undos[i].phase == last->phase && s->undos[i].state != WB_IS_PASSED &&
            wb_str_starts(s->undos[i].step, "rollback."))
            return &s->undos[i];
    return last;
}

int wb_run_roll_back_to(const struct wb_run_state *s) {
    int to = -1, last = -1;
    if (s->rolling_back)
        return s->roll_back_to;
    for (size_t i = 0; i < s->n_phases; i++)
        if (s->phases[i].state != WB_RUN_WAITING && s->phases[i].state != WB_RUN_ROLLED_BACK) {
            to = last;
            last = s->phases[i].number;
        }
    return to;
}

int wb_run_last_phase(const struct wb_run_state *s) {
    return s->n_phases ? s->phases[s->n_phases - 1].number : -1;
}

struct wb_run_flag *wb_run_flag_of(const struct wb_run_state *s, const char *name) {
    for (size_t i = 0; i < s->n_flags; i++)
        if (wb_str_eq(s->flags[i].name, name))
            return &s->flags[i];
    return NULL;
}

struct wb_run_count *wb_run_count_of(const struct wb_run_state *s, const char *metric) {
    for (size_t i = 0; i < s->n_counts; i++)
        if (wb_str_eq(s->counts[i].metric, metric))
            return &s->counts[i];
    return NULL;
}

double wb_run_diverged_before(const struct wb_run_state *s, int phase, const char *trigger) {
    const struct wb_run_phase *p = wb_run_phase_of(s, phase);
    double before = p ? p->diverged_before : 0;
    for (size_t i = 0; i < s->n_firings; i++) {
        const struct wb_run_firing *f = &s->firings[i];
        if (f->phase == phase && wb_str_eq(f->id, trigger) && f->diverged_before > before)
            before = f->diverged_before;
    }
    return before;
}

const char *wb_run_blocked(const struct wb_run_state *s) {
    if (!s->started)
        return "the run has not begun";
    if (s->aborted)
        return "the run was aborted";
    if (s->done)
        return "the run is done";
    if (s->rolling_back)
        return "the run is being rolled back";
    if (s->paused)
        return "the run is paused";
    return s->held;
}

static const char *const phase_words[] = {
#define X(name, word) [WB_RUN_##name] = word,
    WB_RUN_PHASE_STATES(X)
#undef X
};
static const char *const kind_words[] = {
#define X(name, word) [WB_ITEM_##name] = word,
    WB_RUN_ITEM_KINDS(X)
#undef X
};
static const char *const item_words[] = {
#define X(name, word) [WB_IS_##name] = word,
    WB_RUN_ITEM_STATES(X)
#undef X
};

const char *wb_run_phase_word(enum wb_run_phase_state s) {
    return phase_words[s];
}

const char *wb_run_kind_word(enum wb_run_item_kind k) {
    return kind_words[k];
}

const char *wb_run_item_word(enum wb_run_item_state s) {
    return item_words[s];
}

bool wb_run_phase_parse(const char *word, enum wb_run_phase_state *ret) {
    for (size_t i = 0; i < WB_RUN_PHASE_STATE_COUNT; i++)
        if (wb_str_eq(phase_words[i], word)) {
            *ret = (enum wb_run_phase_state)i;
            return true;
        }
    return false;
}

enum wb_run_phase_state wb_run_state_of_kind(enum wb_run_item_kind k) {
    return (enum wb_run_phase_state)(WB_RUN_ENTERING + k);
}
