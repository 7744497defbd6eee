/* A plan as one JSON object (docs/json/check.json). */
#include "cli/check_print.h"

#include "base/json.h"

#include <stdio.h>

static void put_line(struct wb_json *j, const struct wb_plan_line *l) {
    wb_json_object(j);
    wb_check_put_place(j, l->place);
    wb_json_key_str(j, "kind", wb_line_kind_word(l->kind));
    wb_json_key_str(j, "reading", wb_reading_word(l->reading));
    wb_json_key_str(j, "text", l->text);
    wb_json_key_str(j, "sentence", l->sentence);
    wb_json_end(j);
}

static void put_lines(struct wb_json *j, const struct wb_plan *p, int phase) {
    wb_json_key(j, "lines");
    wb_json_array(j);
    for (size_t i = 0; i < p->n_lines; i++)
        if (p->lines[i].phase == phase)
            put_line(j, &p->lines[i]);
    wb_json_end(j);
}

static void put_phase(struct wb_json *j, const struct wb_plan *p, int index) {
    const struct wb_plan_phase *phase = &p->phases[index];
    wb_json_object(j);
    wb_json_key_uint(j, "number", phase->number);
    wb_json_key_str(j, "name", phase->name);
    wb_check_put_place(j, phase->place);
    wb_json_key_uint(j, "first_day", phase->first_day);
    wb_json_key_uint(j, "last_day", phase->last_day);
    wb_json_key_bool(j, "point_of_no_return", phase->point_of_no_return);
    wb_json_key_str(j, "sha256", phase->hash);
    wb_json_key(j, "sign_offs");
    wb_json_array(j);
    for (size_t i = 0; i < phase->sign_offs.n; i++)
        wb_json_str(j, phase->sign_offs.items[i]);
    wb_json_end(j);
    wb_check_put_phase_parts(j, p, phase);
    put_lines(j, p, index);
    wb_json_end(j);
}

static void put_findings(struct wb_json *j, const struct wb_plan *p) {
    wb_json_key(j, "findings");
    wb_json_array(j);
    for (size_t i = 0; i < p->n_findings; i++) {
        const struct wb_plan_finding *f = &p->findings[i];
        wb_json_object(j);
        wb_json_key_str(j, "severity", wb_severity_word(f->severity));
        wb_json_key_str(j, "rule", wb_plan_rule_word(f->rule));
        wb_check_put_place(j, f->place);
        wb_json_key(j, "phase");
        if (f->phase >= 0)
            wb_json_uint(j, p->phases[f->phase].number);
        else
            wb_json_null(j);
        wb_json_key_str(j, "text", f->text);
        wb_json_key_str(j, "remedy", f->remedy);
        wb_json_end(j);
    }
    wb_json_end(j);
}

static size_t count(const struct wb_plan *p, enum wb_reading reading) {
    size_t n = 0;
    for (size_t i = 0; i < p->n_lines; i++)
        n += p->lines[i].reading == reading && p->lines[i].phase >= 0;
    return n;
}

static void put_summary(struct wb_json *j, const struct wb_checked *c) {
    const struct wb_plan *p = c->plan;
    wb_json_key(j, "summary");
    wb_json_object(j);
    wb_json_key_uint(j, "auto", count(p, WB_READING_AUTO));
    wb_json_key_uint(j, "manual", count(p, WB_READING_MANUAL));
    wb_json_key_uint(j, "unbound", count(p, WB_READING_UNBOUND));
    wb_json_key_uint(j, "errors", wb_plan_count(p, WB_ERROR));
    wb_json_key_uint(j, "warnings", wb_plan_count(p, WB_WARNING));
    wb_json_key_uint(j, "notes", wb_plan_count(p, WB_NOTE));
    wb_json_key_int(j, "exit_code", wb_check_exit_code(c));
    wb_json_end(j);
}

static void put_databases(struct wb_json *j, const struct wb_lint_sides *sides) {
    static const char *const names[] = {"source", "target"};
    static const char *const looks[] = {"not_named", "looked", "same", "failed"};
    wb_json_key(j, "databases");
    wb_json_array(j);
    for (size_t i = 0; sides && i < 2; i++) {
        const struct wb_lint_side *s = &sides->side[i];
        wb_json_object(j);
        wb_json_key_str(j, "side", names[i]);
        wb_json_key_str(j, "look", looks[s->look]);
        wb_json_key_str(j, "url", s->shown);
        wb_json_key_str(j, "product", s->product);
        wb_json_key_str(j, "version", s->version);
        wb_json_key_str(j, "error", s->look == WB_LOOK_FAILED ? s->err.text : NULL);
        wb_json_end(j);
    }
    wb_json_end(j);
}

/* Why whimbrel run would not begin. */
static void put_refusal(struct wb_json *j, const struct wb_checked *c) {
    wb_json_key(j, "run_refuses");
    if (!c->refusal) {
        wb_json_null(j);
        return;
    }
    wb_json_object(j);
    wb_json_key_uint(j, "line", c->refusal_place.line);
    wb_json_key_str(j, "text", c->refusal);
    wb_json_end(j);
}

void wb_check_print_json(const struct wb_checked *c) {
    const struct wb_plan *p = c->plan;
    WB_CLEANUP_BUF struct wb_buf b = {0};
    struct wb_json j = {.out = &b};
    wb_json_object(&j);
    wb_json_key_uint(&j, "format", 1);
    wb_json_key_str(&j, "plan", p->path);
    wb_json_key_str(&j, "title", p->title);
    wb_json_key_bool(&j, "offline", c->sides == NULL);
    wb_json_key_str(&j, "source", p->front.source.shown);
    wb_json_key_str(&j, "target", p->front.target.shown);
    wb_json_key_str(&j, "flag", p->front.flag.shown);
    wb_json_key_str(&j, "day_1", p->front.day_1.shown);
    wb_json_key_double(&j, "reads_per_min", p->traffic.reads_per_min);
    wb_json_key_double(&j, "writes_per_min", p->traffic.writes_per_min);
    put_databases(&j, c->sides);
    wb_check_put_metrics(&j, p);
    put_lines(&j, p, -1);
    wb_json_key(&j, "phases");
    wb_json_array(&j);
    for (size_t i = 0; i < p->n_phases; i++)
        put_phase(&j, p, (int)i);
    wb_json_end(&j);
    wb_check_put_blocks(&j, p);
    put_findings(&j, p);
    put_refusal(&j, c);
    put_summary(&j, c);
    wb_json_end(&j);
    puts(wb_buf_str(&b));
}
