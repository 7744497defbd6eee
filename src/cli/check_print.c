/* A plan for people: every line with its reading, by phase, then the findings. */
#include "cli/check_print.h"

#include <stdio.h>
#include <string.h>

enum { TEXT_BYTES = 110 };

/* A database that could not be looked into; NULL: none. */
static const struct wb_lint_side *unseen(const struct wb_checked *c) {
    for (size_t i = 0; c->sides && i < 2; i++)
        if (c->sides->side[i].look == WB_LOOK_FAILED)
            return &c->sides->side[i];
    return NULL;
}

int wb_check_exit_code(const struct wb_checked *c) {
    bool bad = wb_plan_count(c->plan, WB_ERROR) > 0 ||
               (c->strict == WB_CHECK_STRICT && wb_plan_count(c->plan, WB_WARNING) > 0);
    if (unseen(c))
        return wb_error_exit_code(WB_E_CONNECT);
    return bad ? wb_error_exit_code(WB_E_PLAN) : 0;
}

/* Long text is cut between characters. */
static void print_cut(const char *text) {
    size_t n = strlen(text);
    if (n <= TEXT_BYTES) {
        puts(text);
        return;
    }
    for (n = TEXT_BYTES; n && (text[n] & 0xC0) == 0x80;)
        n--;
    printf("%.*s\xE2\x80\xA6\n", (int)n, text);
}

static void print_line(const struct wb_plan *p, const struct wb_plan_line *l) {
    char place[32];
    snprintf(place, sizeof place, "%u:%u", l->place.line, l->place.column);
    printf("  %-8s %-8s %-11s", place, wb_reading_word(l->reading), wb_line_kind_word(l->kind));
    print_cut(l->text);
    printf("%31s%s%s\n", "-> ", l->sentence,
           strcmp(l->place.file, p->path) != 0 ? " (from the mapping's file)" : "");
}

static void print_lines(const struct wb_plan *p, int phase) {
    for (size_t i = 0; i < p->n_lines; i++)
        if (p->lines[i].phase == phase)
            print_line(p, &p->lines[i]);
}

static void print_phase(const struct wb_plan *p, int index) {
    const struct wb_plan_phase *phase = &p->phases[index];
    printf("\nphase %u: %s", phase->number, phase->name);
    if (phase->first_day && phase->first_day == phase->last_day)
        printf(" (day %u)", phase->first_day);
    else if (phase->first_day)
        printf(" (days %u to %u)", phase->first_day, phase->last_day);
    printf("%s, sha256 %.12s\n", phase->point_of_no_return ? ", point of no return" : "",
           phase->hash);
    print_lines(p, index);
}

static void print_front(const struct wb_plan *p) {
    const struct wb_plan_front *f = &p->front;
    printf("%s%s%s\n", p->path, p->title ? ": " : "", p->title ? p->title : "");
    if (f->source.shown)
        printf("  source   %s\n", f->source.shown);
    if (f->target.shown)
        printf("  target   %s\n", f->target.shown);
    if (f->flag.shown)
        printf("  flag     %s\n", f->flag.shown);
    if (f->day_1.shown)
        printf("  day 1    %s\n", f->day_1.shown);
    if (p->traffic.reads_per_min > 0 || p->traffic.writes_per_min > 0)
        printf("  traffic  %.0f reads/min, %.0f writes/min\n", p->traffic.reads_per_min,
               p->traffic.writes_per_min);
}

static void print_findings(const struct wb_plan *p) {
    if (p->n_findings)
        puts("\nfindings");
    for (size_t i = 0; i < p->n_findings; i++) {
        const struct wb_plan_finding *f = &p->findings[i];
        printf("%s:%u:%u: %s: %s [%s]\n", f->place.file, f->place.line, f->place.column,
               wb_severity_word(f->severity), f->text, wb_plan_rule_word(f->rule));
        if (f->remedy)
            printf("    what to do: %s\n", f->remedy);
    }
}

static size_t count(const struct wb_plan *p, enum wb_reading reading) {
    size_t n = 0;
    for (size_t i = 0; i < p->n_lines; i++)
        n += p->lines[i].reading == reading && p->lines[i].phase >= 0;
    return n;
}

static const char *plural(size_t n) {
    return n == 1 ? "" : "s";
}

/* "Asked: the source (MariaDB 10.11.19), the target (PostgreSQL 15.8)." */
static void print_looks(const struct wb_checked *c) {
    static const char *const names[] = {"source", "target"};
    unsigned n = 0;
    for (size_t i = 0; c->sides && i < 2; i++) {
        const struct wb_lint_side *s = &c->sides->side[i];
        if (s->look == WB_LOOK_DONE)
            printf("%s the %s (%s %s)", n++ ? "," : "Asked:", names[i], s->product, s->version);
    }
    if (n)
        puts(".");
    else
        printf("Checked by its text alone: %s.\n", !c->sides   ? "no database was asked"
                                                   : unseen(c) ? "no database could be asked"
                                                               : "the plan names no database");
}

static void print_refusal(const struct wb_checked *c) {
    if (c->refusal)
        printf("whimbrel run refuses this plan: line %u: %s\n", c->refusal_place.line, c->refusal);
}

void wb_check_print_text(const struct wb_checked *c) {
    const struct wb_plan *p = c->plan;
    size_t unbound = count(p, WB_READING_UNBOUND), errors = wb_plan_count(p, WB_ERROR),
           warnings = wb_plan_count(p, WB_WARNING), notes = wb_plan_count(p, WB_NOTE);
    print_front(p);
    puts("\noutside of the phases");
    print_lines(p, -1);
    for (size_t i = 0; i < p->n_phases; i++)
        print_phase(p, (int)i);
    print_findings(p);
    printf(
        "\n%zu phase%s: %zu lines auto, %zu manual, %zu unbound; %zu error%s, %zu warning%s, %zu "
        "note%s\n",
        p->n_phases, plural(p->n_phases), count(p, WB_READING_AUTO), count(p, WB_READING_MANUAL),
        unbound, errors, plural(errors), warnings, plural(warnings), notes, plural(notes));
    if (unbound)
        puts("A plan with unbound gates or triggers does not run: bind their metrics.");
    print_looks(c);
    print_refusal(c);
}

static void print_phrase(void *ctx, const char *use, const char *phrase, const char *example,
                         const char *meaning) {
    const char *wanted = ctx;
    if (strcmp(use, wanted) != 0)
        return;
    printf("| %s | `` ", example);
    for (const char *c = phrase; *c; c++)
        printf(*c == '|' ? "\\%c" : "%c", *c);
    printf(" `` | %s |\n", meaning);
}

void wb_check_print_grammar(void) {
    static const char *const uses[] = {"criteria", "action", "step"};
    static const char *const titles[] = {"Criteria, checks, gates and triggers", "Actions",
                                         "Phrases inside steps"};
    for (size_t i = 0; i < 3; i++) {
        printf("### %s\n\n| example | pattern | meaning |\n|---|---|---|\n", titles[i]);
        wb_plan_each_phrase(print_phrase, (void *)uses[i]);
        puts("");
    }
    puts("### Findings\n\n| finding | severity | meaning |\n|---|---|---|");
    for (int i = 0; i < WB_PLAN_RULE_COUNT; i++)
        printf("| %s | %s | %s |\n", wb_plan_rule_word((enum wb_plan_rule)i),
               wb_severity_word(wb_plan_rule_severity((enum wb_plan_rule)i)),
               wb_plan_rule_text((enum wb_plan_rule)i));
}
