/* No order of events, crashes and clock steps passes a gate without data or comes to the end past a
 * failed verification. Any order of events, with crashes and clocks that step: each event that the
 * fold takes is compared with a second, plainer account of what may happen. Half of the events are
 * the next sensible one, so that the runs get far; the others are any. */
#include "run/state.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

enum { PHASES = 2, STEPS = 2, UNDOS_MAX = 200, ROUNDS = 150, EVENTS = 1500, TEXT = 1200 };

struct model_undo {
    int phase, step;
    bool irreversible;
    enum wb_run_item_state state;
};

struct model_phase {
    enum wb_run_phase_state at;
    enum wb_run_item_state steps[STEPS], entry, check, stage, exit;
    bool gate, is_signed, armed, fired, handled, looked_at;
    int fired_as;      /* the how manieth firing */
    int version, text; /* of the plan: as it is now; of step.1: as it was read */
};

struct model {
    struct model_phase phases[PHASES];
    bool held, paused, aborted, done, rolling, over_irreversible;
    int to;
    struct model_undo undos[UNDOS_MAX];
    int n_undos, n_firings;
    int diverged;
    bool counts_on, cut_off; /* more divergences may have come; until nobody knows when */
};

/* What is thrown; the numbers are indexes. */
struct throw {
    enum wb_event_kind kind;
    int phase, step, version, samples, diverged;
    const char *item, *result, *by; /* NULL: none */
    bool irreversible;
};

static uint64_t seed;
static unsigned roll(unsigned n) {
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    return (unsigned)(seed >> 33) % n;
}

/* --- the plainer account ---------------------------------------------------------------------- */

static const char *const words[] = {"waiting", "entering", "stepping", "checking",
                                    "ramping", "exiting",  "done"};

static bool blocked(const struct model *m) {
    return m->aborted || m->done || m->rolling || m->paused || m->held;
}

static int current(const struct model *m) {
    for (int p = 0; p < PHASES; p++)
        if (m->phases[p].at != WB_RUN_DONE)
            return p;
    return -1;
}

static bool has_begun(const struct model_phase *p) {
    return p->at != WB_RUN_WAITING && p->at != WB_RUN_ROLLED_BACK;
}

static bool is_under_way(const struct model_phase *p) {
    return p->at >= WB_RUN_ENTERING && p->at <= WB_RUN_EXITING;
}

static int next_undo(const struct model *m, int to) {
    for (int i = m->n_undos; i-- > 0;)
        if (m->undos[i].phase > to && m->undos[i].state != WB_IS_PASSED)
            return i;
    return -1;
}

static int undo_of(const struct model *m, const struct throw *t) {
    for (int i = m->n_undos; i-- > 0;)
        if (m->undos[i].phase == t->phase && m->undos[i].step == t->step &&
            m->undos[i].state != WB_IS_PASSED)
            return i;
    return -1;
}

static int open_firing(const struct model *m) {
    int first = -1;
    for (int p = 0; p < PHASES; p++)
        if (m->phases[p].fired && !m->phases[p].handled &&
            (first < 0 || m->phases[p].fired_as < m->phases[first].fired_as))
            first = p;
    return first;
}

static bool is(const char *a, const char *b) {
    return a && strcmp(a, b) == 0;
}

static bool may_move(const struct model_phase *p, const char *to) {
    switch (p->at) {
    case WB_RUN_ENTERING:
        return is(to, "stepping") && p->entry == WB_IS_PASSED;
    case WB_RUN_STEPPING:
        return is(to, "checking") && p->steps[0] == WB_IS_PASSED && p->steps[1] == WB_IS_PASSED;
    case WB_RUN_CHECKING:
        return is(to, "ramping") && p->check == WB_IS_PASSED;
    case WB_RUN_RAMPING:
        return is(to, "exiting") && p->stage == WB_IS_PASSED;
    default:
        return false;
    }
}

/* Whether going forward by this event is safe: the run is free, and everything before has passed.
 */
static bool may_go_on(const struct model *m, const struct throw *t) {
    const struct model_phase *p = &m->phases[t->phase];
    bool data = !is(t->result, "passed") || t->samples > 0;
    if (blocked(m) || t->phase != current(m))
        return false;
    switch (t->kind) {
    case WB_EVENT_PHASE_STARTED:
        return !has_begun(p) && t->version == p->version;
    case WB_EVENT_PHASE_STATE:
        return may_move(p, t->item);
    case WB_EVENT_PHASE_DONE:
        return p->at == WB_RUN_EXITING && p->exit == WB_IS_PASSED && p->is_signed;
    case WB_EVENT_CRITERION:
        return p->at == (is(t->item, "entry.1") ? WB_RUN_ENTERING : WB_RUN_EXITING) && data;
    case WB_EVENT_CHECK:
        return p->at == WB_RUN_CHECKING && data;
    case WB_EVENT_STEP_INTENT:
        return p->at == WB_RUN_STEPPING && p->steps[t->step] == WB_IS_OPEN &&
               (t->step == 0 || p->steps[0] == WB_IS_PASSED) &&
               (!(t->phase == 1 && t->step == 1) || p->is_signed);
    case WB_EVENT_STAGE_STARTED:
        return p->at == WB_RUN_RAMPING && p->stage == WB_IS_OPEN;
    default: /* STAGE_DONE */
        return p->at == WB_RUN_RAMPING && p->stage == WB_IS_RUNNING && p->gate;
    }
}

static bool may_undo(const struct model *m, const struct throw *t) {
    int i = next_undo(m, m->to);
    const struct model_undo *u = i < 0 ? NULL : &m->undos[i];
    if (!m->rolling || !u || u->phase != t->phase || u->step != t->step ||
        (u->irreversible && !m->over_irreversible))
        return false;
    if (t->kind == WB_EVENT_UNDO_INTENT)
        return u->state != WB_IS_RUNNING;
    if (is(t->result, "not_done") || is(t->result, "unknown"))
        return u->state == WB_IS_RUNNING;
    return is(t->result, "failed") || u->state != WB_IS_OPEN;
}

static bool may_amend(const struct model *m, const struct throw *t) {
    const struct model_phase *p = &m->phases[t->phase];
    if (m->aborted || m->done || m->rolling)
        return false;
    bool ran = p->steps[0] != WB_IS_OPEN && p->steps[0] != WB_IS_FAILED;
    return !is_under_way(p) || !ran || p->text == (t->version == 1);
}

static bool may_roll_back(const struct model *m) {
    for (int p = 0; p < PHASES; p++)
        for (int i = 0; i < STEPS; i++)
            if (m->phases[p].steps[i] == WB_IS_RUNNING)
                return false;
    return !m->aborted;
}

static bool is_rolled_back(const struct model *m, int phase) {
    if (phase >= 0)
        return m->rolling && m->phases[phase].at == WB_RUN_ROLLING_BACK &&
               next_undo(m, phase - 1) < 0;
    return m->rolling && m->phases[0].at != WB_RUN_ROLLING_BACK &&
           m->phases[1].at != WB_RUN_ROLLING_BACK;
}

static bool may(const struct model *m, const struct throw *t) {
    const struct model_phase *p = &m->phases[t->phase < 0 ? 0 : t->phase];
    enum wb_run_item_state step = p->steps[t->step];
    bool over = m->aborted || m->done;
    switch (t->kind) {
    case WB_EVENT_GATE:
        return t->phase == current(m) && p->at == WB_RUN_RAMPING && p->stage == WB_IS_RUNNING &&
               (!is(t->result, "passed") || t->samples > 0);
    case WB_EVENT_STEP_OUTCOME:
        return step == WB_IS_RUNNING ||
               (step == WB_IS_UNSURE && (t->by || is(t->result, "unknown")));
    case WB_EVENT_UNDO_RECORDED:
        return !m->rolling;
    case WB_EVENT_UNDO_INTENT:
    case WB_EVENT_UNDO_OUTCOME:
        return may_undo(m, t);
    case WB_EVENT_SIGN_OFF:
        return !over && t->phase == current(m) && is_under_way(p) && t->version == p->version;
    case WB_EVENT_TRIGGER_ARMED:
        return p->at != WB_RUN_WAITING;
    case WB_EVENT_TRIGGER:
        return p->armed && t->samples > 0 && (!p->fired || p->looked_at);
    case WB_EVENT_AMENDED:
        return may_amend(m, t);
    case WB_EVENT_ROLLBACK_STARTED:
        return may_roll_back(m);
    case WB_EVENT_ROLLED_BACK:
        return is_rolled_back(m, t->phase);
    case WB_EVENT_RELEASED:
        return !over && !m->rolling && open_firing(m) < 0;
    case WB_EVENT_RUN_DONE:
        return !blocked(m) && current(m) < 0;
    case WB_EVENT_RUN_RESUMED:
    case WB_EVENT_ABORTED:
    case WB_EVENT_HELD:
    case WB_EVENT_PAUSED:
    case WB_EVENT_RESUMED:
        return !over;
    case WB_EVENT_VERDICT:
    case WB_EVENT_SIGN_OFF_VOID:
        return true;
    case WB_EVENT_COUNTED:
        return t->diverged >= m->diverged;
    case WB_EVENT_ACTION_OUTCOME: /* what comes later is undone before */
        return open_firing(m) != t->phase || t->phase == 1 || !has_begun(&m->phases[1]);
    default:
        return may_go_on(m, t);
    }
}

/* --- what follows from an event that was taken --------------------------------------------------
 */

static enum wb_run_item_state judged(const char *result) {
    return is(result, "passed") ? WB_IS_PASSED : is(result, "failed") ? WB_IS_FAILED : WB_IS_OPEN;
}

static void follow_outcome(struct model *m, const struct throw *t) {
    bool done = is(t->result, "done"), failed = is(t->result, "failed");
    int undo = undo_of(m, t);
    m->phases[t->phase].steps[t->step] = done                       ? WB_IS_PASSED
                                         : failed                   ? WB_IS_FAILED
                                         : is(t->result, "unknown") ? WB_IS_UNSURE
                                                                    : WB_IS_OPEN;
    if (is(t->result, "not_done") && undo >= 0)
        m->undos[undo].state = WB_IS_PASSED; /* there is nothing to undo */
}

static void follow_crash(struct model *m) {
    for (int p = 0; p < PHASES; p++)
        for (int i = 0; i < STEPS; i++)
            if (m->phases[p].steps[i] == WB_IS_RUNNING)
                m->phases[p].steps[i] = WB_IS_UNSURE;
    for (int i = 0; i < m->n_undos; i++)
        if (m->undos[i].state == WB_IS_RUNNING)
            m->undos[i].state = WB_IS_UNSURE;
    m->cut_off |= m->counts_on;
    m->counts_on = false;
}

static void read_again(struct model_phase *p, bool keep_steps) {
    p->entry = p->check = p->stage = p->exit = WB_IS_OPEN;
    p->gate = false;
    p->text = p->version == 1;
    for (int i = 0; i < STEPS; i++)
        if (!keep_steps || p->steps[i] == WB_IS_FAILED)
            p->steps[i] = WB_IS_OPEN;
}

static void follow_amendment(struct model *m, const struct throw *t) {
    bool edited = m->phases[t->phase].version != t->version;
    m->phases[t->phase].version = t->version;
    for (int p = 0; p < PHASES; p++) {
        struct model_phase *phase = &m->phases[p];
        if (is_under_way(phase)) {
            read_again(phase, true);
            if (phase->at > WB_RUN_STEPPING)
                phase->at = WB_RUN_STEPPING;
        }
        if (phase->at != WB_RUN_DONE || (p == t->phase && edited))
            phase->is_signed = false;
    }
}

static void follow_trigger(struct model *m, int phase) {
    struct model_phase *p = &m->phases[phase];
    p->fired = true;
    p->fired_as = ++m->n_firings;
    p->handled = p->looked_at = false;
    m->held = true;
    for (int i = 0; i < PHASES; i++)
        if (i == phase || m->phases[i].at != WB_RUN_DONE)
            m->phases[i].is_signed = false;
}

static void follow_handled(struct model *m, int phase) {
    struct model_phase *p = &m->phases[phase];
    if (open_firing(m) != phase)
        return;
    p->handled = true;
    if (p->at < WB_RUN_RAMPING || p->at > WB_RUN_DONE || p->stage == WB_IS_OPEN)
        return;
    p->stage = WB_IS_FAILED;
    p->gate = false;
    p->exit = WB_IS_OPEN;
    p->at = WB_RUN_RAMPING;
}

static void follow_released(struct model *m) {
    int at = current(m);
    m->held = false;
    for (int p = 0; p < PHASES; p++)
        m->phases[p].looked_at = true;
    enum wb_run_item_state *items[] = {
        at < 0 ? NULL : &m->phases[at].entry,    at < 0 ? NULL : &m->phases[at].check,
        at < 0 ? NULL : &m->phases[at].stage,    at < 0 ? NULL : &m->phases[at].exit,
        at < 0 ? NULL : &m->phases[at].steps[0], at < 0 ? NULL : &m->phases[at].steps[1]};
    for (size_t i = 0; at >= 0 && i < sizeof items / sizeof *items; i++)
        if (*items[i] == WB_IS_FAILED)
            *items[i] = WB_IS_OPEN;
}

static void follow_rollback(struct model *m, const struct throw *t) {
    if (t->kind == WB_EVENT_ROLLBACK_STARTED) {
        int to = t->version ? 0 : -1;  /* the phase that is kept; none */
        if (!m->rolling || to < m->to) /* one under way goes on, or further, never less far */
            m->to = to;
        m->rolling = true;
        m->done = false;
        m->over_irreversible = t->irreversible;
        for (int p = m->to + 1; p < PHASES; p++)
            if (has_begun(&m->phases[p])) {
                m->phases[p].at = WB_RUN_ROLLING_BACK;
                m->phases[p].is_signed = false;
            }
    } else if (t->phase >= 0) {
        struct model_phase *p = &m->phases[t->phase];
        read_again(p, false);
        p->at = WB_RUN_ROLLED_BACK;
        p->armed = false;
    } else {
        m->rolling = m->over_irreversible = false;
        m->held = true;
    }
}

static void follow_undo(struct model *m, const struct throw *t) {
    int i = undo_of(m, t);
    if (t->kind == WB_EVENT_UNDO_RECORDED)
        m->undos[i < 0 ? m->n_undos++ : i] =
            (struct model_undo){t->phase, t->step, t->irreversible, WB_IS_OPEN};
    else if (t->kind == WB_EVENT_UNDO_INTENT)
        m->undos[next_undo(m, m->to)].state = WB_IS_RUNNING;
    else
        m->undos[next_undo(m, m->to)].state = is(t->result, "failed")     ? WB_IS_FAILED
                                              : is(t->result, "not_done") ? WB_IS_OPEN
                                              : is(t->result, "unknown")  ? WB_IS_UNSURE
                                                                          : WB_IS_PASSED;
}

static void follow_judgement(struct model_phase *p, const struct throw *t) {
    bool failed = is(t->result, "failed");
    if (t->kind == WB_EVENT_CHECK)
        p->check = judged(t->result);
    else if (t->kind == WB_EVENT_CRITERION)
        *(is(t->item, "entry.1") ? &p->entry : &p->exit) = judged(t->result);
    else if (t->kind == WB_EVENT_GATE) {
        p->stage = failed ? WB_IS_FAILED : WB_IS_RUNNING;
        p->gate = is(t->result, "passed");
    }
    p->is_signed &= !failed;
}

static void follow(struct model *m, const struct throw *t) {
    struct model_phase *p = &m->phases[t->phase < 0 ? 0 : t->phase];
    switch (t->kind) {
    case WB_EVENT_PHASE_STARTED:
        p->at = WB_RUN_ENTERING;
        p->is_signed = false;
        read_again(p, false);
        break;
    case WB_EVENT_PHASE_STATE:
        p->at++;
        break;
    case WB_EVENT_PHASE_DONE:
        p->at = WB_RUN_DONE;
        break;
    case WB_EVENT_STEP_INTENT:
        p->steps[t->step] = WB_IS_RUNNING;
        if (t->phase == 1 && t->step == 1)
            m->phases[0].armed = m->phases[1].armed = false;
        break;
    case WB_EVENT_STEP_OUTCOME:
        follow_outcome(m, t);
        break;
    case WB_EVENT_STAGE_STARTED:
        p->stage = WB_IS_RUNNING;
        p->gate = false;
        break;
    case WB_EVENT_STAGE_DONE:
        p->stage = WB_IS_PASSED;
        break;
    case WB_EVENT_CRITERION:
    case WB_EVENT_CHECK:
    case WB_EVENT_GATE:
    case WB_EVENT_VERDICT:
        follow_judgement(p, t);
        break;
    case WB_EVENT_UNDO_RECORDED:
    case WB_EVENT_UNDO_INTENT:
    case WB_EVENT_UNDO_OUTCOME:
        follow_undo(m, t);
        break;
    case WB_EVENT_SIGN_OFF:
    case WB_EVENT_SIGN_OFF_VOID:
        p->is_signed = t->kind == WB_EVENT_SIGN_OFF;
        break;
    case WB_EVENT_TRIGGER_ARMED:
        p->armed = true;
        break;
    case WB_EVENT_TRIGGER:
        follow_trigger(m, t->phase);
        break;
    case WB_EVENT_ACTION_OUTCOME:
        follow_handled(m, t->phase);
        break;
    case WB_EVENT_AMENDED:
        follow_amendment(m, t);
        break;
    case WB_EVENT_ROLLBACK_STARTED:
    case WB_EVENT_ROLLED_BACK:
        follow_rollback(m, t);
        break;
    case WB_EVENT_RELEASED:
        follow_released(m);
        break;
    case WB_EVENT_RUN_RESUMED:
        follow_crash(m);
        break;
    case WB_EVENT_COUNTED:
        m->diverged = t->diverged;
        m->counts_on = t->irreversible;
        m->cut_off = false;
        break;
    default:
        m->held |= t->kind == WB_EVENT_HELD;
        m->aborted |= t->kind == WB_EVENT_ABORTED;
        m->done |= t->kind == WB_EVENT_RUN_DONE;
        m->paused = (m->paused && t->kind != WB_EVENT_RESUMED) || t->kind == WB_EVENT_PAUSED;
    }
}

/* --- throwing ----------------------------------------------------------------------------------
 */

static struct throw any(const struct model *m) {
    static const enum wb_event_kind kinds[] = {
        WB_EVENT_PHASE_STARTED, WB_EVENT_PHASE_STATE,    WB_EVENT_PHASE_DONE,
        WB_EVENT_STEP_INTENT,   WB_EVENT_STEP_OUTCOME,   WB_EVENT_STEP_OUTCOME,
        WB_EVENT_STAGE_STARTED, WB_EVENT_STAGE_DONE,     WB_EVENT_CRITERION,
        WB_EVENT_CHECK,         WB_EVENT_GATE,           WB_EVENT_GATE,
        WB_EVENT_UNDO_RECORDED, WB_EVENT_UNDO_INTENT,    WB_EVENT_UNDO_OUTCOME,
        WB_EVENT_SIGN_OFF,      WB_EVENT_SIGN_OFF_VOID,  WB_EVENT_TRIGGER_ARMED,
        WB_EVENT_TRIGGER,       WB_EVENT_ACTION_OUTCOME, WB_EVENT_AMENDED,
        WB_EVENT_RUN_RESUMED,   WB_EVENT_HELD,           WB_EVENT_RELEASED,
        WB_EVENT_PAUSED,        WB_EVENT_RESUMED,        WB_EVENT_VERDICT,
        WB_EVENT_COUNTED,       WB_EVENT_ROLLED_BACK,    WB_EVENT_ROLLBACK_STARTED,
        WB_EVENT_RUN_DONE,      WB_EVENT_ABORTED};
    static const char *const results[] = {"passed", "passed", "failed", "waiting"};
    static const char *const outcomes[] = {"done", "failed", "not_done", "unknown"};
    static const char *const by[] = {NULL, NULL, "verify", "person"};
    struct throw t = {.kind = kinds[roll(sizeof kinds / sizeof *kinds)]};
    if (t.kind == WB_EVENT_ABORTED && roll(40))
        t.kind = WB_EVENT_RELEASED; /* else few runs get far */
    if (t.kind == WB_EVENT_ROLLBACK_STARTED && roll(4))
        t.kind = WB_EVENT_STAGE_DONE;
    t.phase = roll(2) && current(m) >= 0 ? current(m) : (int)roll(PHASES);
    t.step = (int)roll(STEPS);
    t.samples = (int)roll(3) - 1;
    t.version = roll(4) ? m->phases[t.phase].version : (int)roll(3);
    t.diverged = m->diverged + (int)roll(4) - 1;
    t.irreversible = t.phase == 1 && t.step == 1;
    t.result = results[roll(4)];
    if (t.kind == WB_EVENT_STEP_OUTCOME || t.kind == WB_EVENT_UNDO_OUTCOME) {
        t.result = outcomes[roll(4)];
        t.by = by[roll(4)];
    } else if (t.kind == WB_EVENT_PHASE_STATE) {
        t.item = words[roll(7)];
    } else if (t.kind == WB_EVENT_CRITERION) {
        t.item = roll(2) ? "entry.1" : "exit.1";
    } else if (t.kind == WB_EVENT_ROLLBACK_STARTED) {
        t.irreversible = roll(2);
        t.version = (int)roll(2);
    } else if (t.kind == WB_EVENT_ROLLED_BACK && roll(2)) {
        t.phase = -1;
    }
    return t;
}

static struct throw sensible_step(const struct model *m, struct throw t) {
    const struct model_phase *p = &m->phases[t.phase];
    t.step = p->steps[0] == WB_IS_PASSED;
    t.irreversible = t.phase == 1 && t.step == 1;
    enum wb_run_item_state step = p->steps[t.step];
    if (step == WB_IS_PASSED) {
        t.kind = WB_EVENT_PHASE_STATE;
        t.item = "checking";
    } else if (step == WB_IS_RUNNING || step == WB_IS_UNSURE) {
        t.kind = WB_EVENT_STEP_OUTCOME;
        t.result = "done";
        t.by = step == WB_IS_UNSURE ? "verify" : NULL;
    } else if (undo_of(m, &t) < 0) {
        t.kind = WB_EVENT_UNDO_RECORDED;
    } else {
        t.kind = t.irreversible && !p->is_signed ? WB_EVENT_SIGN_OFF : WB_EVENT_STEP_INTENT;
    }
    return t;
}

static struct throw judge_or_move(struct throw t, enum wb_event_kind kind, const char *item,
                                  enum wb_run_item_state state, const char *to) {
    t.kind = state == WB_IS_PASSED ? WB_EVENT_PHASE_STATE : kind;
    t.item = state == WB_IS_PASSED ? to : item;
    return t;
}

static struct throw sensible_undo(const struct model *m, struct throw t) {
    int i = next_undo(m, m->to);
    if (i < 0) {
        t.kind = WB_EVENT_ROLLED_BACK;
        t.phase = m->phases[1].at == WB_RUN_ROLLING_BACK   ? 1
                  : m->phases[0].at == WB_RUN_ROLLING_BACK ? 0
                                                           : -1;
        return t;
    }
    t.kind = m->undos[i].state == WB_IS_RUNNING ? WB_EVENT_UNDO_OUTCOME : WB_EVENT_UNDO_INTENT;
    t.phase = m->undos[i].phase;
    t.step = m->undos[i].step;
    t.result = "done";
    return t;
}

/* What a runner with luck would write next. */
static struct throw sensible(const struct model *m) {
    int at = current(m);
    struct throw t = {.phase = at < 0 ? 0 : at, .result = "passed", .samples = 1};
    const struct model_phase *p = &m->phases[t.phase];
    t.version = p->version;
    if (m->rolling)
        return sensible_undo(m, t);
    if (open_firing(m) >= 0) {
        t.phase = open_firing(m);
        bool later = t.phase == 0 && has_begun(&m->phases[1]);
        t.kind = later ? WB_EVENT_ROLLBACK_STARTED : WB_EVENT_ACTION_OUTCOME;
        t.version = later;
    } else if (m->paused || m->held) {
        t.kind = m->paused ? WB_EVENT_RESUMED : WB_EVENT_RELEASED;
    } else if (at < 0) {
        t.kind = WB_EVENT_RUN_DONE;
    } else if (!has_begun(p)) {
        t.kind = WB_EVENT_PHASE_STARTED;
    } else if (p->at == WB_RUN_ENTERING) {
        t = judge_or_move(t, WB_EVENT_CRITERION, "entry.1", p->entry, "stepping");
    } else if (p->at == WB_RUN_STEPPING) {
        t = sensible_step(m, t);
    } else if (p->at == WB_RUN_CHECKING) {
        t = judge_or_move(t, WB_EVENT_CHECK, NULL, p->check, "ramping");
    } else if (p->at == WB_RUN_RAMPING) {
        t = judge_or_move(t, WB_EVENT_STAGE_STARTED, NULL, p->stage, "exiting");
        if (p->stage == WB_IS_RUNNING)
            t.kind = p->gate ? WB_EVENT_STAGE_DONE : WB_EVENT_GATE;
    } else {
        t.kind = p->exit != WB_IS_PASSED ? WB_EVENT_CRITERION
                 : p->is_signed          ? WB_EVENT_PHASE_DONE
                                         : WB_EVENT_SIGN_OFF;
        t.item = "exit.1";
    }
    return t;
}

/* --- as the journal has it ----------------------------------------------------------------------
 */

static int put_phase(char *to, size_t size, int phase, int version) {
    static const char form[] =
        "{\"number\":%d,\"name\":\"N\",\"hash\":\"h%d\",\"items\":["
        "{\"id\":\"entry.1\",\"kind\":\"entry\",\"text\":\"e\",\"needs_data\":true},"
        "{\"id\":\"step.1\",\"kind\":\"step\",\"text\":\"%s\"},"
        "{\"id\":\"step.2\",\"kind\":\"step\",\"text\":\"t\",\"irreversible\":%s},"
        "{\"id\":\"check.1\",\"kind\":\"check\",\"text\":\"c\",\"needs_data\":true},"
        "{\"id\":\"stage.1\",\"kind\":\"stage\",\"text\":\"g\",\"needs_data\":true},"
        "{\"id\":\"exit.1\",\"kind\":\"exit\",\"text\":\"x\",\"needs_data\":true}],"
        "\"roles\":[\"lead\"]}";
    return snprintf(to, size, form, phase + 1, version, version == 1 ? "edited" : "s",
                    phase == 1 ? "true" : "false");
}

static const char *put_phases(const struct model *m, const struct throw *t, char *to, size_t size) {
    int n = snprintf(to, size, "{\"hash\":\"h\",\"phases\":[");
    for (int p = 0; p < PHASES; p++) {
        n += snprintf(to + n, size - (size_t)n, "%s", p ? "," : "");
        n += put_phase(to + n, size - (size_t)n, p,
                       t && p == t->phase ? t->version : m->phases[p].version);
    }
    snprintf(to + n, size - (size_t)n, "]}");
    return to;
}

static const char *data_of(const struct model *m, const struct throw *t, char *to, size_t size) {
    if (t->kind == WB_EVENT_PHASE_STARTED)
        put_phase(to, size, t->phase, t->version);
    else if (t->kind == WB_EVENT_AMENDED)
        put_phases(m, t, to, size);
    else if (t->kind == WB_EVENT_PHASE_STATE)
        snprintf(to, size, "{\"to\":\"%s\"}", t->item);
    else if (t->kind == WB_EVENT_SIGN_OFF)
        snprintf(to, size, "{\"role\":\"Lead\",\"hash\":\"h%d\"}", t->version);
    else if (t->kind == WB_EVENT_ROLLBACK_STARTED)
        snprintf(to, size, "{\"to\":%d,\"irreversible\":%s}", t->version ? 1 : 0,
                 t->irreversible ? "true" : "false");
    else if (t->kind == WB_EVENT_UNDO_RECORDED)
        snprintf(to, size, "{\"irreversible\":%s}", t->irreversible ? "true" : "false");
    else if (t->kind == WB_EVENT_COUNTED)
        snprintf(to, size, "{\"metric\":\"divergences\",\"counted\":%d,\"open\":%s}", t->diverged,
                 t->irreversible ? "true" : "false");
    else if (t->kind == WB_EVENT_TRIGGER)
        snprintf(to, size, "{\"result\":\"fired\",\"samples\":%d}", t->samples);
    else if (t->kind == WB_EVENT_ACTION_OUTCOME)
        snprintf(to, size, "{\"result\":\"handled\"}");
    else
        snprintf(to, size, "{\"result\":\"%s\",\"samples\":%d,\"by\":\"%s\",\"why\":\"w\"}",
                 t->result ? t->result : "", t->samples, t->by ? t->by : "runner");
    return to;
}

static const char *item_of(const struct throw *t) {
    static const char *const steps[] = {"step.1", "step.2"};
    switch (t->kind) {
    case WB_EVENT_CHECK:
        return "check.1";
    case WB_EVENT_GATE:
    case WB_EVENT_STAGE_STARTED:
    case WB_EVENT_STAGE_DONE:
        return "stage.1";
    case WB_EVENT_TRIGGER:
    case WB_EVENT_ACTION_OUTCOME:
        return "trigger.1";
    case WB_EVENT_CRITERION:
        return t->item;
    default:
        return steps[t->step];
    }
}

/* --- the test ----------------------------------------------------------------------------------
 */

static void compare(const struct wb_run_state *s, const struct model *m) {
    assert_int_equal(wb_run_blocked(s) != NULL, blocked(m));
    assert_int_equal(s->held != NULL, m->held);
    assert_int_equal(s->rolling_back, m->rolling);
    int undo = m->rolling ? next_undo(m, m->to) : -1;
    const struct wb_run_undo *next = m->rolling ? wb_run_next_undo(s, s->roll_back_to) : NULL;
    assert_int_equal(next ? (int)next->state : -1, undo < 0 ? -1 : (int)m->undos[undo].state);
    const struct wb_run_count *c = wb_run_count_of(s, WB_RUN_DIVERGENCES);
    assert_int_equal(c ? (int)c->counted : 0, m->diverged);
    assert_int_equal(c && c->open, m->counts_on);
    assert_int_equal(c && c->cut_off, m->cut_off);
    for (int i = 0; i < PHASES; i++) {
        const struct wb_run_phase *p = &s->phases[i];
        const struct model_phase *want = &m->phases[i];
        assert_int_equal(p->state, want->at);
        assert_int_equal(p->armed, want->armed);
        if (i == 1 && (is_under_way(want) || want->at == WB_RUN_DONE))
            assert_int_equal(s->phases[0].state, WB_RUN_DONE);
        if (p->items)
            assert_int_equal(wb_run_missing_role(p) == NULL, want->is_signed);
        if (!is_under_way(want) && want->at != WB_RUN_DONE)
            continue;
        assert_int_equal(wb_run_item_of(p, "entry.1")->state, want->entry);
        assert_int_equal(wb_run_item_of(p, "step.1")->state, want->steps[0]);
        assert_int_equal(wb_run_item_of(p, "step.2")->state, want->steps[1]);
        assert_int_equal(wb_run_item_of(p, "check.1")->state, want->check);
        assert_int_equal(wb_run_item_of(p, "stage.1")->state, want->stage);
        assert_int_equal(wb_run_item_of(p, "exit.1")->state, want->exit);
        assert_int_equal(wb_run_item_of(p, "stage.1")->gate_passed, want->gate);
    }
}

/* Returns whether it was taken. */
static bool give(struct wb_run_state *s, struct model *m, const struct throw *t) {
    char data[2 * TEXT];
    struct wb_event e = {.seq = s->seq + 1,
                         .wall_us = (int64_t)roll(1000000), /* the clock jumps, back too */
                         .kind = t->kind,
                         .phase = t->phase < 0 ? WB_EVENT_NO_PHASE : t->phase + 1,
                         .step = item_of(t),
                         .data = data_of(m, t, data, sizeof data)};
    int64_t seq = s->seq;
    struct wb_error err = {0};
    enum wb_code code = wb_run_apply(s, &e, &err);
    if (code) {
        assert_int_equal(code, WB_E_INTERNAL);
        assert_int_equal(s->seq, seq);
    } else if (!may(m, t)) {
        fail_msg("taken: %s of %s %d, %s", wb_event_word(t->kind), e.step, e.phase, e.data);
    } else {
        follow(m, t);
    }
    compare(s, m);
    return !code;
}

static void begin(struct wb_run_state *s, const struct model *m) {
    char data[2 * TEXT];
    struct wb_event e = {.seq = 1,
                         .wall_us = 1,
                         .kind = WB_EVENT_RUN_STARTED,
                         .phase = WB_EVENT_NO_PHASE,
                         .data = put_phases(m, NULL, data, sizeof data)};
    assert_int_equal(wb_run_apply(s, &e, NULL), WB_OK);
}

static void no_order_of_events_steps_over_anything(void **state) {
    (void)state;
    unsigned ends = 0, firings = 0, undone = 0, amended = 0;
    for (uint64_t round = 1; round <= ROUNDS; round++) {
        struct wb_run_state s = {0};
        struct model m = {0};
        seed = round * 977;
        begin(&s, &m);
        for (int i = 0; i < EVENTS && !m.aborted && m.n_undos < UNDOS_MAX; i++) {
            struct throw t = roll(3) ? sensible(&m) : any(&m);
            if (roll(8) == 0)
                t.kind = WB_EVENT_RUN_RESUMED; /* a crash, and a new runner */
            bool taken = give(&s, &m, &t);
            ends += taken && t.kind == WB_EVENT_RUN_DONE;
            firings += taken && t.kind == WB_EVENT_TRIGGER;
            undone += taken && t.kind == WB_EVENT_ROLLED_BACK && t.phase >= 0;
            amended += taken && t.kind == WB_EVENT_AMENDED;
            /* nothing but a rollback leads out of the end, or out of an abort */
            for (int k = 0; (m.done || m.aborted) && k < 40; k++) {
                t = any(&m);
                give(&s, &m, &t);
            }
        }
        wb_run_state_done(&s);
    }
    /* else the events never got anywhere */
    assert_true(ends > ROUNDS / 10);
    assert_true(firings > ROUNDS && undone > ROUNDS && amended > ROUNDS);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_order_of_events_steps_over_anything),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
