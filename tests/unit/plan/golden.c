#include "unit/plan/golden.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *variable(void *ctx, const char *name) {
    (void)ctx;
    return strcmp(name, "UNSET") == 0 ? NULL : "postgresql://app:s3cret@db/from_env";
}

const struct wb_plan_opts golden_opts = {.variable = variable};

static void add_value(struct wb_buf *b, const char *text, const char *sep) {
    wb_buf_adds(b, text ? text : "-");
    wb_buf_adds(b, sep);
}

void golden_dump(const struct wb_plan *p, struct wb_buf *b) {
    for (int phase = -1; phase < (int)p->n_phases; phase++) {
        if (phase < 0)
            wb_buf_addf(b, "= %s\n", p->title ? p->title : "(no title)");
        else
            wb_buf_addf(b, "= phase %u: %s, days %u-%u, lines %u-%u%s\n", p->phases[phase].number,
                        p->phases[phase].name, p->phases[phase].first_day,
                        p->phases[phase].last_day, p->phases[phase].place.line,
                        p->phases[phase].end_line,
                        p->phases[phase].point_of_no_return ? ", point of no return" : "");
        for (size_t i = 0; i < p->n_lines; i++) {
            const struct wb_plan_line *l = &p->lines[i];
            if (l->phase != phase)
                continue;
            wb_buf_addf(b, "%u:%u %s %s: %s\n", l->place.line, l->place.column,
                        wb_reading_word(l->reading), wb_line_kind_word(l->kind), l->text);
            wb_buf_addf(b, "    %s\n", l->sentence);
        }
    }
    wb_buf_adds(b, "= findings\n");
    for (size_t i = 0; i < p->n_findings; i++) {
        const struct wb_plan_finding *f = &p->findings[i];
        wb_buf_addf(b, "%u:%u %s %s: ", f->place.line, f->place.column,
                    wb_severity_word(f->severity), wb_plan_rule_word(f->rule));
        add_value(b, f->text, "\n    ");
        add_value(b, f->remedy, "\n");
    }
}

struct wb_plan *golden_parse(const char *text) {
    struct wb_plan *p = NULL;
    struct wb_error err = {0};
    if (wb_plan_parse("plan.md", text, strlen(text), &golden_opts, &p, &err)) {
        fprintf(stderr, "%s\n", err.text);
        abort();
    }
    return p;
}

const struct wb_plan_finding *golden_finding(const struct wb_plan *p, enum wb_plan_rule rule) {
    for (size_t i = 0; i < p->n_findings; i++)
        if (p->findings[i].rule == rule)
            return &p->findings[i];
    return NULL;
}
