/* A plan as one JSON object (docs/json/check.json). */
#include "cli/check_print.h"

#include "base/json.h"

#include <stdio.h>

static void put_place(struct wb_json *j, struct wb_plan_place place) {
    wb_json_key_str(j, "file", place.file);
    wb_json_key_uint(j, "line", place.line);
    wb_json_key_uint(j, "column", place.column);
}

static void put_decimal(struct wb_json *j, const char *key, struct wb_decimal d) {
    WB_CLEANUP_BUF struct wb_buf b = {0};
    wb_decimal_put(&b, d);
    wb_json_key_str(j, key, wb_buf_str(&b));
}

static void put_line(struct wb_json *j, const struct wb_plan_line *l) {
    wb_json_object(j);
    put_place(j, l->place);
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

static void put_stages(struct wb_json *j, const struct wb_plan_phase *p) {
    wb_json_key(j, "stages");
    wb_json_array(j);
    for (size_t i = 0; i < p->n_stages; i++) {
        wb_json_object(j);
        wb_json_key_str(j, "name", p->stages[i].name);
        put_decimal(j, "read_ratio", p->stages[i].traffic);
        wb_json_key_int(j, "duration_ms", p->stages[i].duration_ms);
        wb_json_end(j);
    }
    wb_json_end(j);
}

static void put_phase(struct wb_json *j, const struct wb_plan *p, int index) {
    const struct wb_plan_phase *phase = &p->phases[index];
    wb_json_object(j);
    wb_json_key_uint(j, "number", phase->number);
    wb_json_key_str(j, "name", phase->name);
    put_place(j, phase->place);
    wb_json_key_uint(j, "first_day", phase->first_day);
    wb_json_key_uint(j, "last_day", phase->last_day);
    wb_json_key_bool(j, "point_of_no_return", phase->point_of_no_return);
    wb_json_key_str(j, "sha256", phase->hash);
    wb_json_key(j, "sign_offs");
    wb_json_array(j);
    for (size_t i = 0; i < phase->sign_offs.n; i++)
        wb_json_str(j, phase->sign_offs.items[i]);
    wb_json_end(j);
    put_stages(j, phase);
    put_lines(j, p, index);
    wb_json_end(j);
}

static void put_metrics(struct wb_json *j, const struct wb_plan *p) {
    static const char *const sources[] = {"none", "builtin", "observe", "query"};
    wb_json_key(j, "metrics");
    wb_json_array(j);
    for (size_t i = 0; i < p->n_metrics; i++) {
        wb_json_object(j);
        wb_json_key_str(j, "name", p->metrics[i]->name);
        wb_json_key_str(j, "source", sources[p->metrics[i]->source]);
        wb_json_end(j);
    }
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
        put_place(j, f->place);
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

static void put_summary(struct wb_json *j, const struct wb_plan *p, enum wb_check_strict strict) {
    wb_json_key(j, "summary");
    wb_json_object(j);
    wb_json_key_uint(j, "auto", count(p, WB_READING_AUTO));
    wb_json_key_uint(j, "manual", count(p, WB_READING_MANUAL));
    wb_json_key_uint(j, "unbound", count(p, WB_READING_UNBOUND));
    wb_json_key_uint(j, "errors", wb_plan_count(p, WB_ERROR));
    wb_json_key_uint(j, "warnings", wb_plan_count(p, WB_WARNING));
    wb_json_key_uint(j, "notes", wb_plan_count(p, WB_NOTE));
    wb_json_key_int(j, "exit_code", wb_check_exit_code(p, strict));
    wb_json_end(j);
}

void wb_check_print_json(const struct wb_plan *p, enum wb_check_strict strict) {
    WB_CLEANUP_BUF struct wb_buf b = {0};
    struct wb_json j = {.out = &b};
    wb_json_object(&j);
    wb_json_key_uint(&j, "format", 1);
    wb_json_key_str(&j, "plan", p->path);
    wb_json_key_str(&j, "title", p->title);
    wb_json_key_bool(&j, "offline", true);
    wb_json_key_str(&j, "source", p->front.source.shown);
    wb_json_key_str(&j, "target", p->front.target.shown);
    wb_json_key_str(&j, "flag", p->front.flag.shown);
    wb_json_key_str(&j, "day_1", p->front.day_1.shown);
    wb_json_key_double(&j, "reads_per_min", p->traffic.reads_per_min);
    wb_json_key_double(&j, "writes_per_min", p->traffic.writes_per_min);
    put_metrics(&j, p);
    put_lines(&j, p, -1);
    wb_json_key(&j, "phases");
    wb_json_array(&j);
    for (size_t i = 0; i < p->n_phases; i++)
        put_phase(&j, p, (int)i);
    wb_json_end(&j);
    put_findings(&j, p);
    put_summary(&j, p, strict);
    wb_json_end(&j);
    puts(wb_buf_str(&b));
}
