/* What a plan's phrases were understood as, field by field (docs/json/check.json). */
#include "cli/check_print.h"

#include "base/json.h"

void wb_check_put_place(struct wb_json *j, struct wb_plan_place place) {
    wb_json_key_str(j, "file", place.file);
    wb_json_key_uint(j, "line", place.line);
    wb_json_key_uint(j, "column", place.column);
}

static void put_decimal(struct wb_json *j, const char *key, struct wb_decimal d) {
    WB_CLEANUP_BUF struct wb_buf b = {0};
    wb_decimal_put(&b, d);
    wb_json_key_str(j, key, wb_buf_str(&b));
}

/* Null where it was not said. */
static void put_count(struct wb_json *j, const char *key, uint64_t n) {
    wb_json_key(j, key);
    if (n)
        wb_json_uint(j, n);
    else
        wb_json_null(j);
}

static void put_ms(struct wb_json *j, const char *key, int64_t ms) {
    put_count(j, key, ms > 0 ? (uint64_t)ms : 0);
}

static void put_value(struct wb_json *j, const char *key, const struct wb_plan_value *v) {
    wb_json_key(j, key);
    wb_json_object(j);
    put_decimal(j, "number", v->number);
    wb_json_key_str(j, "unit", wb_unit_word(v->unit));
    put_ms(j, "ms", v->ms);
    wb_json_end(j);
}

static const char *side_word(enum wb_plan_side side) {
    return side == WB_PLAN_SIDE_SOURCE    ? "source"
           : side == WB_PLAN_SIDE_TARGET  ? "target"
           : side == WB_PLAN_SIDE_UNKNOWN ? "unknown"
                                          : NULL;
}

static const char *on_word(enum wb_block_on on) {
    static const char *const words[] = {NULL, "source", "target", "replica"};
    return words[on];
}

static const char *language_word(enum wb_block_language lang) {
    static const char *const words[] = {"other", "sql", "sh", "promql", "http"};
    return words[lang];
}

static void put_expect(struct wb_json *j, const struct wb_plan_expect *e) {
    wb_json_key(j, "expect");
    if (!e->given) {
        wb_json_null(j);
        return;
    }
    wb_json_object(j);
    wb_json_key_bool(j, "no_rows", e->no_rows);
    if (e->no_rows) {
        wb_json_key(j, "value");
        wb_json_null(j);
    } else {
        put_value(j, "value", &e->value);
    }
    wb_json_end(j);
}

static void put_names(struct wb_json *j, const char *key, const struct wb_plan_words *words) {
    wb_json_key(j, key);
    wb_json_array(j);
    for (size_t i = 0; i < words->n; i++)
        wb_json_str(j, words->items[i]);
    wb_json_end(j);
}

static bool has_value(const struct wb_plan_clause *c) {
    return c->kind == WB_CLAUSE_COMPARE || c->kind == WB_CLAUSE_WITHIN ||
           c->kind == WB_CLAUSE_ALERT || c->kind == WB_CLAUSE_RUNNING ||
           c->kind == WB_CLAUSE_VERIFIED;
}

static void put_clause(struct wb_json *j, const struct wb_plan *p, const struct wb_plan_clause *c) {
    wb_json_object(j);
    wb_check_put_place(j, c->place);
    wb_json_key_str(j, "kind", wb_clause_kind_word(c->kind));
    wb_json_key_str(j, "reading", wb_reading_word(c->reading));
    wb_json_key_str(j, "text", c->text);
    wb_json_key_str(j, "metric", c->metric ? c->metric->name : NULL);
    wb_json_key_str(j, "comparison", c->cmp ? wb_cmp_sign(c->cmp) : NULL);
    if (has_value(c)) {
        put_value(j, "value", &c->value);
    } else {
        wb_json_key(j, "value");
        wb_json_null(j);
    }
    wb_json_key_bool(j, "of_baseline",
                     c->kind == WB_CLAUSE_WITHIN || c->kind == WB_CLAUSE_UNCHANGED ||
                         (has_value(c) && c->value.unit == WB_UNIT_BASELINE));
    put_ms(j, "window_ms", c->window_ms);
    put_ms(j, "for_ms", c->for_ms);
    wb_json_key_bool(j, "at_once", c->at_once);
    wb_json_key_str(j, "thing", c->thing);
    wb_json_key_str(j, "side", side_word(c->side));
    put_count(j, "rows", c->rows);
    wb_json_key(j, "phase");
    if (c->kind == WB_CLAUSE_COMPLETE && c->phase >= 0)
        wb_json_uint(j, p->phases[c->phase].number);
    else
        wb_json_null(j);
    put_names(j, "names", &c->names);
    put_expect(j, &c->expect);
    put_count(j, "block_line", c->block ? c->block->place.line : 0);
    wb_json_end(j);
}

static void put_clauses(struct wb_json *j, const char *key, const struct wb_plan *p,
                        const struct wb_plan_clause *c, size_t n) {
    wb_json_key(j, key);
    wb_json_array(j);
    for (size_t i = 0; i < n; i++)
        put_clause(j, p, &c[i]);
    wb_json_end(j);
}

static void put_action(struct wb_json *j, const struct wb_plan_action *a) {
    static const char *const dangers[] = {"none", "deploys", "destroys"};
    bool shares = a->kind == WB_ACT_SET_FLAG || a->kind == WB_ACT_ROUTE_READS;
    wb_json_object(j);
    wb_check_put_place(j, a->place);
    wb_json_key_str(j, "kind", wb_act_word(a->kind));
    wb_json_key_str(j, "reading", wb_reading_word(a->reading));
    wb_json_key_str(j, "text", a->text);
    wb_json_key_str(j, "flag", a->flag);
    if (shares) {
        put_decimal(j, "read_ratio", a->percent);
    } else {
        wb_json_key(j, "read_ratio");
        wb_json_null(j);
    }
    wb_json_key_str(j, "side", side_word(a->side));
    put_count(j, "rows", a->rows);
    wb_json_key_str(j, "block", a->block ? a->block->action : NULL);
    put_count(j, "block_line", a->block ? a->block->place.line : 0);
    wb_json_key_str(j, "danger", dangers[a->danger]);
    wb_json_end(j);
}

static void put_actions(struct wb_json *j, const struct wb_plan_action *a, size_t n) {
    wb_json_key(j, "actions");
    wb_json_array(j);
    for (size_t i = 0; i < n; i++)
        put_action(j, &a[i]);
    wb_json_end(j);
}

static void put_step(struct wb_json *j, const struct wb_plan *p, const struct wb_plan_step *s) {
    static const char *const builtins[] = {[WB_BUILTIN_COPY] = "copy",
                                           [WB_BUILTIN_VERIFY] = "verify",
                                           [WB_BUILTIN_BACKUP] = "backup",
                                           [WB_BUILTIN_SCHEMA] = "schema"};
    static const char *const dangers[] = {"none", "deploys", "destroys"};
    wb_json_object(j);
    wb_check_put_place(j, s->place);
    wb_json_key_str(j, "reading", wb_reading_word(s->reading));
    wb_json_key_str(j, "text", s->text);
    wb_json_key_str(j, "builtin", builtins[s->builtin]);
    wb_json_key_bool(j, "backfill", s->runs_backfill);
    put_count(j, "batch_rows", s->batch_rows);
    put_ms(j, "delay_ms", s->delay_ms);
    put_ms(j, "pause_above_lag_ms", s->pause_above_lag_ms);
    put_count(j, "after_cycles", s->grace_cycles);
    put_count(j, "not_before_day", s->not_before_day);
    wb_json_key_str(j, "danger", dangers[s->danger]);
    put_clauses(j, "clauses", p, s->clauses, s->n_clauses);
    put_actions(j, s->actions, s->n_actions);
    wb_json_key(j, "block_lines");
    wb_json_array(j);
    for (size_t i = 0; i < s->n_blocks; i++)
        wb_json_uint(j, s->blocks[i]->place.line);
    wb_json_end(j);
    wb_json_end(j);
}

static const char *label_word(enum wb_label_kind kind) {
    static const char *const words[] = {
#define X(name, word, text) word,
        WB_LABELS(X)
#undef X
    };
    return words[kind];
}

void wb_check_put_phase_parts(struct wb_json *j, const struct wb_plan *p,
                              const struct wb_plan_phase *phase) {
    wb_json_key(j, "labels");
    wb_json_array(j);
    for (size_t i = 0; i < phase->n_labels; i++) {
        const struct wb_plan_label *l = &phase->labels[i];
        wb_json_object(j);
        wb_check_put_place(j, l->place);
        wb_json_key_str(j, "kind", label_word(l->kind));
        put_clauses(j, "clauses", p, l->clauses, l->n_clauses);
        put_actions(j, l->actions, l->n_actions);
        wb_json_end(j);
    }
    wb_json_end(j);
    wb_json_key(j, "steps");
    wb_json_array(j);
    for (size_t i = 0; i < phase->n_steps; i++)
        put_step(j, p, &phase->steps[i]);
    wb_json_end(j);
    wb_json_key(j, "stages");
    wb_json_array(j);
    for (size_t i = 0; i < phase->n_stages; i++) {
        const struct wb_plan_stage *s = &phase->stages[i];
        wb_json_object(j);
        wb_check_put_place(j, s->place);
        wb_json_key_str(j, "name", s->name);
        put_decimal(j, "read_ratio", s->traffic);
        wb_json_key_int(j, "duration_ms", s->duration_ms);
        put_clauses(j, "gate", p, s->gate, s->n_gate);
        wb_json_end(j);
    }
    wb_json_end(j);
}

/* --- blocks, metrics
 * ------------------------------------------------------------------------------- */

static void put_block(struct wb_json *j, const struct wb_plan *p, const struct wb_plan_block *b) {
    static const char *const steps[] = {NULL, "up", "verify", "down"};
    static const char *const checks[] = {NULL, "zero", "empty", "equal", "exit"};
    wb_json_object(j);
    wb_check_put_place(j, b->place);
    wb_json_key(j, "phase");
    if (b->phase >= 0)
        wb_json_uint(j, p->phases[b->phase].number);
    else
        wb_json_null(j);
    wb_json_key_str(j, "language", b->language);
    wb_json_key_bool(j, "is_check", b->is_check);
    wb_json_key_str(j, "step", steps[b->step]);
    wb_json_key_str(j, "check", checks[b->check]);
    wb_json_key_str(j, "on", on_word(b->on));
    wb_json_key_bool(j, "in_transaction", b->tx == WB_TX_ON);
    wb_json_key_str(j, "action", b->action);
    wb_json_key_str(j, "metric", b->metric);
    wb_json_key_str(j, "unit", b->unit);
    put_ms(j, "every_ms", b->every_ms);
    put_ms(j, "for_ms", b->for_ms);
    put_ms(j, "timeout_ms", b->timeout_ms);
    put_ms(j, "lock_timeout_ms", b->lock_timeout_ms);
    wb_json_key_bool(j, "irreversible", b->irreversible);
    put_expect(j, &b->expect);
    wb_json_end(j);
}

void wb_check_put_blocks(struct wb_json *j, const struct wb_plan *p) {
    wb_json_key(j, "blocks");
    wb_json_array(j);
    for (size_t i = 0; i < p->n_blocks; i++)
        put_block(j, p, p->blocks[i]);
    wb_json_end(j);
}

void wb_check_put_metrics(struct wb_json *j, const struct wb_plan *p) {
    static const char *const sources[] = {"none", "builtin", "observe", "query"};
    static const char *const shapes[] = {"value", "ratio", "quantile", "count"};
    wb_json_key(j, "metrics");
    wb_json_array(j);
    for (size_t i = 0; i < p->n_metrics; i++) {
        const struct wb_plan_metric *m = p->metrics[i];
        bool query = m->source == WB_SOURCE_QUERY;
        wb_json_object(j);
        wb_json_key_str(j, "name", m->name);
        wb_json_key_str(j, "source", sources[m->source]);
        wb_json_key_str(j, "shape", shapes[m->shape]);
        if (m->shape == WB_SHAPE_QUANTILE) {
            put_decimal(j, "quantile", m->quantile);
        } else {
            wb_json_key(j, "quantile");
            wb_json_null(j);
        }
        wb_json_key_str(j, "language", query ? language_word(m->lang) : NULL);
        wb_json_key_str(j, "on", query ? on_word(m->on) : NULL);
        wb_json_key_str(j, "unit", m->unit);
        put_ms(j, "every_ms", m->every_ms);
        put_count(j, "line", m->place.line);
        if (m->has_baseline) {
            put_value(j, "baseline", &m->baseline);
        } else {
            wb_json_key(j, "baseline");
            wb_json_null(j);
        }
        wb_json_end(j);
    }
    wb_json_end(j);
}
