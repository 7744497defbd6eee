/* The rollback summary is never run; it is compared with the phases that are. */
#include "plan/reader.h"

#include "base/str.h"

#include <limits.h>
#include <string.h>

static int phase_with(const struct wb_plan *plan, unsigned number) {
    for (size_t i = 0; i < plan->n_phases; i++)
        if (plan->phases[i].number == number)
            return (int)i;
    return -1;
}

static bool holds_any(const char *text, const char *const *words, size_t n) {
    for (size_t i = 0; i < n; i++)
        if (wb_str_istr(text, words[i]))
            return true;
    return false;
}
#define HOLDS_ANY(text, words) holds_any((text), (words), sizeof(words) / sizeof *(words))

/* Letters and digits only: "Dual-Write" is "dual write". */
static bool same_name(const char *a, const char *b) {
    while (*a || *b) {
        while (*a && !((*a | 32) >= 'a' && (*a | 32) <= 'z') && !(*a >= '0' && *a <= '9'))
            a++;
        while (*b && !((*b | 32) >= 'a' && (*b | 32) <= 'z') && !(*b >= '0' && *b <= '9'))
            b++;
        if ((*a | 32) != (*b | 32))
            return false;
        if (*a)
            a++, b++;
    }
    return true;
}

static bool says_no_way_back(const char *action) {
    static const char *const words[] = {"point of no return", "not available", "not possible",
                                        "none"};
    return HOLDS_ANY(action, words);
}

static void judge_row(struct wb_plan_reader *r, const struct wb_plan_summary *s) {
    const struct wb_plan *plan = r->plan;
    unsigned last = s->last;
    int first = phase_with(plan, s->first);
    if (first < 0) {
        wb_reader_find(r, WB_PLAN_SUMMARY, s->place, "correct the number, or add the phase",
                       "the summary speaks of phase %u, which does not exist", s->first);
        return;
    }
    if (last == s->first && *s->name && !same_name(s->name, plan->phases[first].name))
        wb_reader_find(r, WB_PLAN_SUMMARY, s->place, "use one name",
                       "the summary calls phase %u \"%s\", its heading \"%s\"", s->first, s->name,
                       plan->phases[first].name);
    for (size_t i = 0; i < plan->n_phases; i++) {
        const struct wb_plan_phase *p = &plan->phases[i];
        if (p->number < s->first || p->number > last)
            continue;
        if (p->point_of_no_return && !says_no_way_back(s->action))
            wb_reader_find(r, WB_PLAN_SUMMARY, s->place, "let both say the same",
                           "phase %u says that there is no way back, the summary names one",
                           p->number);
        if (!p->point_of_no_return && last == s->first && says_no_way_back(s->action))
            wb_reader_find(
                r, WB_PLAN_SUMMARY, s->place,
                "write \"**Rollback**: not available (point of no return)\" in the phase",
                "the summary says that there is no way back from phase %u, the phase does not",
                p->number);
    }
}

/* From the first phase on that serves reads from the new side, writes go there sooner or later. */
static unsigned first_cutover(const struct wb_plan *plan) {
    static const char *const words[] = {"cutover", "cut over", "switch", "flip", "stop"};
    for (size_t i = 0; i < plan->n_phases; i++)
        if (plan->phases[i].n_stages || HOLDS_ANY(plan->phases[i].name, words))
            return plan->phases[i].number;
    return UINT_MAX;
}

static void judge_loss(struct wb_plan_reader *r, const struct wb_plan_summary *s) {
    static const char *const ways[] = {"reverse stream",        "reverse sync",
                                       "reverse replication",   "bidirectional",
                                       "still writing to both", "still writes to both"};
    if (!wb_str_istarts(s->loss, "none") || s->last < first_cutover(r->plan) ||
        r->plan->front.reverse || HOLDS_ANY(r->text, ways))
        return;
    wb_reader_find(
        r, WB_PLAN_NO_LOSS_CLAIM, s->place,
        "say what is lost; or, where it is so, that the application is still writing to both",
        "\"%s\" is said to lose nothing, but nothing carries back what was written to the "
        "new side",
        s->action);
}

static void judge_missing(struct wb_plan_reader *r) {
    const struct wb_plan *plan = r->plan;
    for (size_t i = 0; plan->n_summary && i < plan->n_phases; i++) {
        bool found = false;
        for (size_t k = 0; k < plan->n_summary; k++)
            found |= plan->phases[i].number >= plan->summary[k].first &&
                     plan->phases[i].number <= plan->summary[k].last;
        if (!found)
            wb_reader_find(r, WB_PLAN_SUMMARY, plan->summary[0].place, "add a row for it",
                           "the summary says nothing about phase %u", plan->phases[i].number);
    }
}

void wb_judge_summary(struct wb_plan_reader *r) {
    for (size_t i = 0; i < r->plan->n_summary; i++) {
        judge_row(r, &r->plan->summary[i]);
        judge_loss(r, &r->plan->summary[i]);
    }
    judge_missing(r);
}
