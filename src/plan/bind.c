/* After reading: metrics get their sources, actions their blocks, clauses their readings. */
#include "plan/joins.h"
#include "plan/reader.h"

#include "base/str.h"

#include <string.h>

/* --- metrics
 * ---------------------------------------------------------------------------------------- */

static void bind_blocks(struct wb_plan_reader *r) {
    for (size_t i = 0; i < r->plan->n_blocks; i++) {
        const struct wb_plan_block *b = r->plan->blocks[i];
        if (!b->metric)
            continue;
        struct wb_plan_metric *m = wb_metric_named(r, b->metric);
        if (m->source == WB_SOURCE_QUERY) {
            wb_reader_find(r, WB_PLAN_BLOCK, b->place, "keep one of them",
                           "the metric \"%s\" is bound twice, first in line %u", m->name,
                           m->place.line);
            continue;
        }
        m->source = WB_SOURCE_QUERY;
        m->block = b;
        m->lang = b->lang;
        m->query = b->text;
        m->unit = b->unit;
        m->on = b->on;
        m->every_ms = b->every_ms;
        m->place = b->place;
    }
}

/* Told once a metric; every line that uses it reads as unbound. */
static bool told(const struct wb_plan_reader *r, const struct wb_plan_metric *m) {
    const char *quoted = wb_arena_printf(r->a, "\"%s\"", m->name);
    for (size_t i = 0; i < r->plan->n_findings; i++)
        if (r->plan->findings[i].rule == WB_PLAN_UNBOUND &&
            wb_str_istr(r->plan->findings[i].text, quoted))
            return true;
    return false;
}

/* "overall error rate", "latency", "errors": what is measured, by other words. */
static const char *known_within(struct wb_plan_reader *r, const char *name) {
    enum wb_metric_shape shape;
    if (wb_str_istr(name, "latency") || wb_str_istr(name, "response time"))
        return "P99 latency";
    if (wb_str_ieq(name, "errors"))
        return "error rate";
    for (const char *s = strchr(name, ' '); s; s = strchr(s + 1, ' '))
        if (wb_metric_known(r, s + 1))
            return wb_metric_called(r, s + 1, &shape);
    return NULL;
}

static void tell_unbound(struct wb_plan_reader *r, const struct wb_plan_clause *c,
                         const struct wb_plan_metric *m) {
    const char *near = m->kind == WB_METRIC_UNKNOWN ? wb_metric_near(r, m->name) : NULL;
    if (near) {
        wb_reader_find(r, WB_PLAN_SYNTAX, c->place, wb_arena_printf(r->a, "did you mean: %s", near),
                       "there is no metric \"%s\"", m->name);
        return;
    }
    if (told(r, m))
        return;
    const char *whose = m->kind == WB_METRIC_UNKNOWN ? known_within(r, m->name) : NULL;
    wb_reader_find(
        r, WB_PLAN_UNBOUND, c->place,
        whose
            ? wb_arena_printf(r->a,
                              "write \"%s\" if that is meant; else bind it to a query in the "
                              "front matter, below \"metrics:\", or in a block with metric=\"%s\"",
                              whose, m->name)
        : m->kind == WB_METRIC_OBSERVED
            ? wb_arena_printf(r->a,
                              "bind it in the front matter, \"metrics:\" and below it "
                              "\"%s: observe\" where the application reports its reads and "
                              "writes, or a query; or add a block with metric=\"%s\"",
                              m->name, m->name)
            : wb_arena_printf(r->a,
                              "bind it to a query in the front matter, below \"metrics:\", "
                              "or in a block with metric=\"%s\"",
                              m->name),
        "the metric \"%s\" has no source", m->name);
}

/* "error rate > 5", "replica lag > 30": a value that the metric cannot be compared with. */
static void judge_unit(struct wb_plan_reader *r, struct wb_plan_clause *c) {
    const struct wb_plan_metric *m = c->metric;
    struct wb_decimal one = {.digits = 1};
    enum wb_plan_unit unit = c->value.unit;
    bool compared = c->kind == WB_CLAUSE_COMPARE || c->kind == WB_CLAUSE_ALERT;
    bool zero = c->value.number.digits == 0;
    bool ratio = m->shape == WB_SHAPE_RATIO || strcmp(m->name, "backfill progress") == 0;
    bool time = m->shape == WB_SHAPE_QUANTILE || strcmp(m->name, "replica lag") == 0 ||
                strcmp(m->name, "sync lag") == 0;
    if (!compared || unit == WB_UNIT_BASELINE || zero || m->kind == WB_METRIC_UNKNOWN)
        return;
    bool plain = unit == WB_UNIT_NONE;
    bool good =
        time    ? unit == WB_UNIT_MS
        : ratio ? unit == WB_UNIT_RATIO || (plain && wb_decimal_compare(c->value.number, one) <= 0)
                : plain || unit == WB_UNIT_ROWS;
    if (good && ratio && plain)
        c->value.unit = WB_UNIT_RATIO; /* 0.001 is 0.1% */
    if (!good)
        wb_reader_find(r, WB_PLAN_VALUE, c->place,
                       time    ? "write a duration, such as 22 ms or 5 s"
                       : ratio ? "write a share, such as 0.1%"
                               : "write a number",
                       "%s cannot be compared with that: it is %s", m->name,
                       time    ? "a duration"
                       : ratio ? "a share"
                               : "a count");
}

static enum wb_reading measured(struct wb_plan_reader *r, struct wb_plan_clause *c) {
    if (c->metric)
        judge_unit(r, c);
    if (!c->metric || wb_metric_bound(c->metric))
        return WB_READING_AUTO;
    tell_unbound(r, c, c->metric);
    return WB_READING_UNBOUND;
}

/* --- clauses
 * ---------------------------------------------------------------------------------------- */

/* "backfill", "dual-write phase", "phase 2": an index, -1 where it is none. */
static int phase_named(struct wb_plan_reader *r, const char *thing) {
    for (size_t i = 0; i < r->plan->n_phases; i++) {
        const struct wb_plan_phase *p = &r->plan->phases[i];
        const char *numbered = wb_arena_printf(r->a, "phase %u", p->number);
        if (wb_str_istarts(thing, "the "))
            thing += strlen("the ");
        if (wb_str_ieq(thing, numbered) || (*p->name && wb_str_istr(p->name, thing)))
            return (int)i;
    }
    return -1;
}

static const char *plain_words(struct wb_plan_reader *r, const char *s) {
    char *text = wb_arena_strdup(r->a, s);
    for (char *c = text; *c; c++)
        *c = *c == '-' ? ' ' : *c >= 'A' && *c <= 'Z' ? (char)(*c + 32) : *c;
    return text;
}

static enum wb_reading running(struct wb_plan_reader *r, struct wb_plan_clause *c) {
    static const char *const known[] = {"dual write",  "dual writes", "backfill",   "sync",
                                        "replication", "mirror",      "shadow read"};
    const char *words = plain_words(r, c->thing);
    bool understood = false;
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        understood |= wb_str_starts(words, known[i]);
    c->phase = phase_named(r, c->thing);
    if (!understood && c->phase < 0)
        return WB_READING_MANUAL;
    return measured(r, c);
}

static enum wb_reading verified(struct wb_plan_reader *r, struct wb_plan_clause *c) {
    if (!wb_str_istr(c->thing, "backup"))
        return WB_READING_MANUAL;
    if (r->plan->front.backup.value)
        return WB_READING_AUTO;
    wb_reader_find(r, WB_PLAN_ADVICE, c->place, "add \"backup:\" to the front matter",
                   "how the backup is verified is not said: a person confirms it");
    return WB_READING_MANUAL;
}

/* "Error rate or latency exceeds gate thresholds": every comparison of every stage's gate. */
static enum wb_reading exceeds_gate(struct wb_plan_reader *r, struct wb_plan_clause *c,
                                    const struct wb_plan_phase *phase) {
    size_t bound = 0, unbound = 0;
    for (size_t i = 0; i < phase->n_stages; i++)
        for (size_t k = 0; k < phase->stages[i].n_gate; k++) {
            const struct wb_plan_metric *m = phase->stages[i].gate[k].metric;
            bool first = m != NULL;
            for (size_t n = 0; first && n < c->names.n; n++)
                first = strcmp(c->names.items[n], m->name) != 0;
            if (first)
                *WB_PUSH(r->a, c->names.items, c->names.n, c->names.cap) = m->name;
            bound += m && wb_metric_bound(m);
            unbound += m && !wb_metric_bound(m); /* told at the gate */
        }
    if (bound || unbound)
        return unbound ? WB_READING_UNBOUND : WB_READING_AUTO;
    wb_reader_find(r, WB_PLAN_STRUCTURE, c->place,
                   "add a table with the columns Stage, Traffic, Duration and Gate to this phase",
                   "the trigger speaks of a gate, but this phase's stages have none");
    return WB_READING_UNBOUND;
}

/* Whether an engine's name could tell the sides apart. */
static bool sides_known(const struct wb_plan_reader *r) {
    return r->plan->front.source_scheme && r->plan->front.target_scheme;
}

/* Whether the server counts how its tables are used; NULL: which one it is is not known here. */
static enum wb_reading counts_use(const char *scheme) {
    bool counts = !scheme || strcmp(scheme, "postgresql") == 0 || strcmp(scheme, "mysql") == 0;
    return counts ? WB_READING_AUTO : WB_READING_MANUAL;
}

static void find_unmapped(struct wb_plan_reader *r, const struct wb_plan_clause *c,
                          const struct wb_plan_joins *j) {
    for (size_t i = 0; i < j->unknown.n; i++) {
        const char *near = wb_plan_near_mapped(r->plan, j->unknown.items[i], r->a);
        wb_reader_find(r, WB_PLAN_UNKNOWN, c->place,
                       near ? wb_arena_printf(r->a, "did you mean: %s", near)
                            : "add a row for it to the mapping table, or compare it by a query",
                       "the mapping has no column %s: nothing would compare it",
                       j->unknown.items[i]);
    }
}

/* Within one database only the mapping tells what is to be compared with what. */
static enum wb_reading compares(struct wb_plan_reader *r, const struct wb_plan_clause *c) {
    struct wb_plan_pair *pairs;
    struct wb_plan_joins joins;
    const char *why;
    if (!wb_plan_one_database(&r->plan->front))
        return WB_READING_AUTO;
    if (c->kind == WB_CLAUSE_ROW_COUNT)
        return wb_plan_pairs(r->plan, r->a, &pairs, &why) ? WB_READING_AUTO : WB_READING_MANUAL;
    wb_plan_joins(r->plan, c, r->a, &joins);
    find_unmapped(r, c, &joins);
    return joins.n && !joins.left_out.n ? WB_READING_AUTO : WB_READING_MANUAL;
}

/* "SELECT count(*) … must return no rows": it always gives one. */
static void judge_count(struct wb_plan_reader *r, const struct wb_plan_clause *c) {
    if (c->expect.no_rows && wb_str_istarts(c->thing, "select count(") &&
        !wb_str_istr(c->thing, " group by ") && !wb_str_istr(c->thing, " having "))
        wb_reader_find(r, WB_PLAN_VALUE, c->place, "write: must return 0",
                       "a count always gives one row, so this can never hold");
}

/* One signature of a role counts for the whole phase: told once a role. */
static void add_role(struct wb_plan_reader *r, const struct wb_plan_clause *c, const char *role,
                     struct wb_plan_phase *phase) {
    size_t same = 0;
    while (same < phase->sign_offs.n && !wb_str_ieq(phase->sign_offs.items[same], role))
        same++;
    if (same == phase->sign_offs.n) {
        *WB_PUSH(r->a, phase->sign_offs.items, phase->sign_offs.n, phase->sign_offs.cap) = role;
        return;
    }
    const char *text = wb_arena_printf(
        r->a, "%s signs phase %u once: the signature counts wherever the phase asks for it",
        phase->sign_offs.items[same], phase->number);
    for (size_t i = 0; i < r->plan->n_findings; i++)
        if (wb_str_eq(r->plan->findings[i].text, text))
            return;
    wb_reader_find(r, WB_PLAN_ADVICE, c->place,
                   "ask for another signature in a phase of its own, if it is meant to be given "
                   "later",
                   "%s", text);
}

static void bind_clause(struct wb_plan_reader *r, struct wb_plan_clause *c,
                        struct wb_plan_phase *phase) {
    switch (c->kind) {
    case WB_CLAUSE_MANUAL:
        c->reading = WB_READING_MANUAL;
        return;
    case WB_CLAUSE_COMPARE:
    case WB_CLAUSE_ALERT:
    case WB_CLAUSE_WITHIN:
    case WB_CLAUSE_UNCHANGED:
    case WB_CLAUSE_DETECTED:
        c->reading = measured(r, c);
        return;
    case WB_CLAUSE_VERIFIED:
        c->reading = verified(r, c);
        return;
    case WB_CLAUSE_RUNNING:
        c->reading = running(r, c);
        return;
    case WB_CLAUSE_COMPLETE:
        c->phase = phase_named(r, c->thing);
        c->reading = c->phase < 0 ? WB_READING_MANUAL : WB_READING_AUTO;
        return;
    case WB_CLAUSE_EXCEEDS_GATE:
        c->reading = exceeds_gate(r, c, phase);
        return;
    case WB_CLAUSE_SIGN_OFF:
        c->reading = WB_READING_MANUAL;
        for (size_t i = 0; i < c->names.n; i++)
            add_role(r, c, c->names.items[i], phase);
        return;
    case WB_CLAUSE_SQL:
        judge_count(r, c);
        c->reading = WB_READING_AUTO;
        return;
    case WB_CLAUSE_BLOCK:
        c->reading = c->block ? WB_READING_AUTO : WB_READING_MANUAL;
        if (!c->block)
            wb_reader_find(r, WB_PLAN_BLOCK, c->place, "put the SQL into a block below the label",
                           "something must return a value, but no block follows");
        return;
    case WB_CLAUSE_ROW_COUNT:
    case WB_CLAUSE_PARITY:
    case WB_CLAUSE_CHECKSUM:
    case WB_CLAUSE_SAMPLE:
        c->reading = compares(r, c);
        return;
    case WB_CLAUSE_NO_QUERIES:
        c->reading = counts_use(r->plan->front.source_scheme);
        return;
    case WB_CLAUSE_NOT_WRITTEN:
        c->reading = counts_use(c->side == WB_PLAN_SIDE_TARGET ? r->plan->front.target_scheme
                                                               : r->plan->front.source_scheme);
        if (c->side != WB_PLAN_SIDE_UNKNOWN || !sides_known(r))
            return;
        c->reading = WB_READING_UNBOUND;
        wb_reader_find(r, WB_PLAN_STRUCTURE, c->place, "say source or target",
                       "\"%s\" does not tell the source from the target", c->thing);
        return;
    default:
        c->reading = WB_READING_AUTO;
    }
}

/* --- actions
 * ---------------------------------------------------------------------------------------- */

static const struct wb_plan_block *block_named(const struct wb_plan_reader *r, const char *name) {
    for (size_t i = 0; i < r->plan->n_blocks; i++)
        if (r->plan->blocks[i]->action && wb_str_ieq(r->plan->blocks[i]->action, name))
            return r->plan->blocks[i];
    return NULL;
}

static const char *near_block(const struct wb_plan_reader *r, const char *name) {
    for (size_t i = 0; i < r->plan->n_blocks; i++)
        if (r->plan->blocks[i]->action && wb_word_near(name, r->plan->blocks[i]->action))
            return r->plan->blocks[i]->action;
    return NULL;
}

/* The text of an action without code marks: it may be the name of a block. */
static const char *bare_name(struct wb_plan_reader *r, const char *text) {
    size_t n = strlen(text);
    return n > 2 && text[0] == '`' && text[n - 1] == '`' ? wb_arena_strndup(r->a, text + 1, n - 2)
                                                         : text;
}

static void bind_block(struct wb_plan_reader *r, struct wb_plan_action *c) {
    const char *name = bare_name(r, c->text), *near;
    const struct wb_plan_block *b = block_named(r, name);
    if (b) {
        c->kind = WB_ACT_RUN_BLOCK;
        c->block = b;
        c->danger = WB_HARMLESS;
        c->reading = WB_READING_AUTO;
    } else if ((near = near_block(r, name)) || c->kind == WB_ACT_RUN_BLOCK) {
        wb_reader_find(r, WB_PLAN_SYNTAX, c->place,
                       near ? wb_arena_printf(r->a, "did you mean: %s", near)
                            : wb_arena_printf(r->a, "add a block with action=\"%s\"", name),
                       "there is no block with the action \"%s\"", name);
        c->kind = WB_ACT_MANUAL;
        c->reading = WB_READING_MANUAL;
    }
}

static void bind_flag(struct wb_plan_reader *r, struct wb_plan_action *c) {
    if (c->kind != WB_ACT_SET_FLAG && c->kind != WB_ACT_SET_STAGE &&
        c->kind != WB_ACT_ROUTE_READS && c->kind != WB_ACT_DISABLE_WRITES &&
        c->kind != WB_ACT_ENABLE_WRITES)
        return;
    if (!c->flag)
        c->flag = r->plan->front.flag.value;
    if (c->flag)
        return;
    c->reading = WB_READING_MANUAL;
    wb_reader_find(r, WB_PLAN_FLAG, c->place,
                   "add \"flag: name\" to the front matter, or name it here",
                   "no flag is named: a person does it");
}

static void bind_side(struct wb_plan_reader *r, struct wb_plan_action *c) {
    bool sided = c->kind == WB_ACT_DISABLE_WRITES || c->kind == WB_ACT_ENABLE_WRITES ||
                 c->kind == WB_ACT_ROUTE_READS;
    if (!sided || c->side != WB_PLAN_SIDE_UNKNOWN || !sides_known(r))
        return;
    c->reading = WB_READING_MANUAL;
    wb_reader_find(r, WB_PLAN_STRUCTURE, c->place, "say source or target",
                   "\"%s\" does not tell the source from the target", c->text);
}

static void bind_actions(struct wb_plan_reader *r, struct wb_plan_action *items, size_t n) {
    for (size_t i = 0; i < n; i++) {
        bool undo =
            items[i].kind == WB_ACT_ROLL_BACK && block_named(r, bare_name(r, items[i].text));
        if (items[i].kind == WB_ACT_MANUAL || items[i].kind == WB_ACT_RUN_BLOCK || undo)
            bind_block(r, &items[i]);
        bind_flag(r, &items[i]);
        bind_side(r, &items[i]);
        if (items[i].kind == WB_ACT_NONE)
            r->plan->phases[r->phase].point_of_no_return = true;
    }
}

static enum wb_reading weaker(enum wb_reading a, enum wb_reading b) {
    return a == WB_READING_UNBOUND || b == WB_READING_UNBOUND ? WB_READING_UNBOUND : a;
}

/* A comparison in a step's prose whose metric nobody has bound is no gate: a person makes it. */
static bool loose(const struct wb_plan_reader *r, const struct wb_plan_clause *c) {
    return c->metric && c->metric->kind == WB_METRIC_UNKNOWN && !wb_metric_bound(c->metric) &&
           !wb_metric_near(r, c->metric->name);
}

static void bind_step(struct wb_plan_reader *r, struct wb_plan_step *s,
                      struct wb_plan_phase *phase) {
    size_t automatic = 0;
    for (size_t i = 0; i < s->n_clauses; i++) {
        if (loose(r, &s->clauses[i]))
            s->clauses[i].kind = WB_CLAUSE_MANUAL;
        bind_clause(r, &s->clauses[i], phase);
        automatic += s->clauses[i].reading != WB_READING_MANUAL;
        s->reading = weaker(s->reading, s->clauses[i].reading);
    }
    bind_actions(r, s->actions, s->n_actions);
    for (size_t i = 0; i < s->n_actions; i++)
        automatic += s->actions[i].reading == WB_READING_AUTO;
    if ((s->n_clauses || s->n_actions) && !automatic)
        s->reading = WB_READING_MANUAL;
    for (size_t i = 0; i < s->n_blocks; i++)
        if (s->blocks[i]->step == WB_BLOCK_UP)
            s->reading = WB_READING_AUTO;
}

static void unique_actions(struct wb_plan_reader *r) {
    for (size_t i = 0; i < r->plan->n_blocks; i++)
        for (size_t k = 0; k < i && r->plan->blocks[i]->action; k++)
            if (wb_str_ieq(r->plan->blocks[i]->action, r->plan->blocks[k]->action))
                wb_reader_find(r, WB_PLAN_BLOCK, r->plan->blocks[i]->place,
                               "give each its own name", "two blocks are named \"%s\"",
                               r->plan->blocks[i]->action);
}

/* The stages of "Ramp: …" are gated by the phase's validation. */
static void gate_ramp(struct wb_plan_reader *r, struct wb_plan_phase *p) {
    for (size_t i = 0; i < p->n_stages; i++)
        for (size_t k = 0; p->stages[i].from_ramp && k < p->n_labels; k++)
            for (size_t c = 0; c < p->labels[k].n_clauses; c++) {
                struct wb_plan_stage *s = &p->stages[i];
                if (p->labels[k].kind == WB_LABEL_VALIDATION && p->labels[k].clauses[c].metric)
                    *WB_PUSH(r->a, s->gate, s->n_gate, s->cap_gate) = p->labels[k].clauses[c];
            }
}

void wb_plan_bind(struct wb_plan_reader *r) {
    bind_blocks(r);
    unique_actions(r);
    for (size_t i = 0; i < r->plan->n_phases; i++) {
        struct wb_plan_phase *p = &r->plan->phases[i];
        r->phase = (int)i;
        gate_ramp(r, p);
        for (size_t k = 0; k < p->n_stages; k++)
            for (size_t g = 0; g < p->stages[k].n_gate; g++)
                bind_clause(r, &p->stages[k].gate[g], p);
        for (size_t k = 0; k < p->n_labels; k++) {
            for (size_t c = 0; c < p->labels[k].n_clauses; c++)
                bind_clause(r, &p->labels[k].clauses[c], p);
            bind_actions(r, p->labels[k].actions, p->labels[k].n_actions);
        }
        for (size_t k = 0; k < p->n_steps; k++)
            bind_step(r, &p->steps[k], p);
    }
    r->phase = -1;
}
