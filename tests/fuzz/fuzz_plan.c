/* Any text as a plan: it is read or refused, every place lies inside the text, every line and
 * finding can be told. No files are read, no variables are set. */
#include "plan/plan.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *no_variable(void *ctx, const char *name) {
    (void)ctx;
    (void)name;
    return NULL;
}

static void check(const struct wb_plan *p, unsigned lines, size_t size) {
    for (size_t i = 0; i < p->n_lines; i++) {
        const struct wb_plan_line *l = &p->lines[i];
        if (!l->text || !l->sentence || l->place.line < 1 || l->place.line > lines ||
            l->place.column < 1 || l->place.column > size + 1 || l->phase >= (int)p->n_phases)
            abort();
    }
    for (size_t i = 0; i < p->n_findings; i++) {
        const struct wb_plan_finding *f = &p->findings[i];
        if (!*f->text || f->place.line < 1 || f->place.line > lines || f->place.column < 1)
            abort();
    }
    for (size_t i = 0; i < p->n_phases; i++)
        if (strlen(p->phases[i].hash) != 64 || p->phases[i].end_line < p->phases[i].place.line)
            abort();
    for (size_t i = 0; i < p->n_blocks; i++)
        if (p->blocks[i]->is_check && !p->blocks[i]->has_attributes &&
            p->blocks[i]->lang != WB_LANG_SQL)
            abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct wb_plan_opts opts = {.variable = no_variable, .files = WB_PLAN_NO_FILES};
    struct wb_plan *p = NULL;
    unsigned lines = 2; /* YAML may point at the line behind the last */
    for (size_t i = 0; i < size; i++)
        lines += data[i] == '\n';
    if (wb_plan_parse("fuzz.md", (const char *)data, size, &opts, &p, NULL) == WB_OK)
        check(p, lines, size);
    wb_plan_free(p);
    return 0;
}
