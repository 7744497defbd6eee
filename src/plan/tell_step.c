/* What a step, an action or a block does, as a neutral sentence. */
#include "plan/reader.h"

#include "base/str.h"

static const char *manual(enum wb_plan_danger danger) {
    return danger == WB_DESTROYS
               ? "destroys: pages, and waits until a person has done it and signed"
           : danger == WB_DEPLOYS
               ? "deploys: pages, and waits until a person has done it and signed"
               : "a person does it and confirms";
}

/* The flag of the front matter sends reads; any other is the application's own. */
static void put_flag(struct wb_plan_reader *r, struct wb_buf *b, const struct wb_plan_action *c) {
    const char *ramp = r->plan->front.flag.value;
    bool reads = c->kind == WB_ACT_ROUTE_READS || !ramp || !c->flag || wb_str_eq(c->flag, ramp);
    struct wb_plan_value v = {.unit = WB_UNIT_RATIO, .number = c->percent};
    struct wb_decimal none = {0}, all = {.digits = 1};
    wb_buf_addf(b, "sets the flag %s to ", c->flag ? c->flag : "(none is named)");
    if (wb_decimal_compare(c->percent, none) == 0)
        wb_buf_adds(b, reads ? "false: reads go to the old side" : "false");
    else if (wb_decimal_compare(c->percent, all) == 0)
        wb_buf_adds(b, reads ? "true: reads go to the new side" : "true");
    else {
        wb_value_put(b, &v);
        wb_buf_adds(b, reads ? " of reads to the new side" : " of keys");
    }
}

static void put_reads(struct wb_buf *b, const struct wb_plan_action *c) {
    struct wb_plan_value v = {.unit = WB_UNIT_RATIO, .number = c->percent};
    wb_buf_adds(b, "routes ");
    wb_value_put(b, &v);
    wb_buf_addf(b, " of reads to %s by the flag %s", wb_side_text(c->side, "the side named"),
                c->flag ? c->flag : "(none is named)");
}

static void put_writes(struct wb_buf *b, const struct wb_plan_action *c) {
    static const char *const keys[] = {"-writes", "-writes-source", "-writes-target", "-writes"};
    bool off = c->kind == WB_ACT_DISABLE_WRITES;
    wb_buf_addf(b, "serves the flag %s%s as %s, and pages: applications that read it %s",
                c->flag ? c->flag : "", keys[c->side], off ? "false" : "true",
                off ? "stop writing" : "write again");
    if (c->side == WB_PLAN_SIDE_SOURCE || c->side == WB_PLAN_SIDE_TARGET)
        wb_buf_addf(b, " to %s", wb_side_text(c->side, ""));
}

const char *wb_tell_action(struct wb_plan_reader *r, const struct wb_plan_action *c) {
    WB_CLEANUP_BUF struct wb_buf b = {0};
    char count[40];
    if (c->reading == WB_READING_MANUAL)
        return manual(c->danger);
    switch (c->kind) {
    case WB_ACT_SET_FLAG:
        put_flag(r, &b, c);
        break;
    case WB_ACT_SET_STAGE:
        wb_buf_addf(&b, "serves the stage %s for the flag %s", c->stage,
                    c->flag ? c->flag : "(none is named)");
        break;
    case WB_ACT_PAUSE_BACKFILL:
        wb_buf_adds(&b, "holds the run: whoever copies pauses");
        break;
    case WB_ACT_RESUME_BACKFILL:
        wb_buf_adds(&b, "sends a notification: whoever copies goes on");
        break;
    case WB_ACT_STOP_BACKFILL:
        wb_buf_adds(&b, "holds the run: whoever copies stops");
        break;
    case WB_ACT_BATCH_SIZE:
        wb_buf_addf(&b, "sends a notification: batches of %s rows from then on",
                    wb_str_human_count(c->rows, count, sizeof count));
        break;
    case WB_ACT_DISABLE_WRITES:
    case WB_ACT_ENABLE_WRITES:
        put_writes(&b, c);
        break;
    case WB_ACT_ROUTE_READS:
        put_reads(&b, c);
        break;
    case WB_ACT_HOLD:
        wb_buf_adds(&b, "holds until somebody resumes");
        break;
    case WB_ACT_ROLL_BACK:
        wb_buf_adds(&b, "undoes the phase");
        break;
    case WB_ACT_PAGE:
        wb_buf_adds(&b, "sends a notification");
        break;
    case WB_ACT_RUN_BLOCK:
        wb_buf_addf(&b, "runs the block \"%s\" of line %u", c->block->action, c->block->place.line);
        break;
    case WB_ACT_NONE:
        wb_buf_adds(&b, "nothing: there is no way back from here");
        break;
    case WB_ACT_MANUAL:
        break;
    }
    return wb_arena_strdup(r->a, wb_buf_str(&b));
}

static void part(struct wb_buf *b, const char *text) {
    wb_buf_addf(b, "%s%s", b->len ? "; " : "", text);
}

/* This version does not copy by the mapping: a block does, or a person. */
static void put_pace(struct wb_buf *b, const struct wb_plan_step *s) {
    char count[40];
    bool block = s->n_blocks || s->builtin;
    if (s->runs_backfill || s->batch_rows || s->delay_ms)
        part(b, block              ? "what runs has to keep to the plan's pace:"
                : s->runs_backfill ? "a person copies the rows that exist, and confirms:"
                                   : "a person sees to the backfill's pace, and confirms:");
    if (s->runs_backfill && !s->batch_rows && !s->delay_ms)
        wb_buf_adds(b, " in one go");
    if (s->batch_rows)
        wb_buf_addf(b, " in batches of %s rows",
                    wb_str_human_count(s->batch_rows, count, sizeof count));
    if (s->delay_ms) {
        wb_buf_adds(b, s->batch_rows ? ", " : " ");
        wb_duration_put(b, s->delay_ms);
        wb_buf_adds(b, " between batches");
    }
    if (s->pause_above_lag_ms) {
        part(b, block ? "what runs has to pause while a replica lags more than "
                      : "a person pauses the backfill while a replica lags more than ");
        wb_duration_put(b, s->pause_above_lag_ms);
        wb_buf_adds(b, block ? "" : ", and confirms");
    }
}

static void put_grace(struct wb_buf *b, const struct wb_plan_reader *r,
                      const struct wb_plan_step *s) {
    const struct wb_plan_text *day_1 = &r->plan->front.day_1;
    if (s->not_before_day)
        wb_buf_addf(b, "; not before the end of day %u%s%s", s->not_before_day,
                    day_1->shown ? ", counted from " : "", day_1->shown ? day_1->shown : "");
    if (s->grace_cycles)
        wb_buf_addf(b, "; after %u release cycles, which a person confirms", s->grace_cycles);
}

static const char *backup_words(struct wb_plan_reader *r, const struct wb_plan_step *s) {
    const struct wb_plan_backup *b = &r->plan->front.backup_made;
    bool told = s->side == WB_PLAN_SIDE_SOURCE || s->side == WB_PLAN_SIDE_TARGET;
    if (!b->to.value)
        return "runs the command of the front matter's backup:, whose exit code decides";
    return wb_arena_printf(r->a,
                           "makes a backup of %s in %s, restores it into a scratch database and "
                           "compares it, as whimbrel backup does",
                           wb_side_text(told ? s->side : b->of, "the source"), b->to.shown);
}

const char *wb_tell_step(struct wb_plan_reader *r, const struct wb_plan_step *s) {
    WB_CLEANUP_BUF struct wb_buf b = {0};
    if (s->is_ramp)
        return "the ramp: each stage lasts until this phase's validation passes";
    for (size_t i = 0; i < s->n_blocks; i++)
        if (s->blocks[i]->step == WB_BLOCK_UP)
            part(&b, wb_arena_printf(r->a, "runs the block of line %u", s->blocks[i]->place.line));
    const char *const builtin[] = {
        "", "copies the source into the target and proves it, as whimbrel copy does",
        "compares both databases down to the row, as whimbrel verify does", backup_words(r, s),
        "makes the source's tables in the target, without rows, as whimbrel copy --schema-only "
        "does; a copy goes on with them"};
    if (s->builtin)
        part(&b, builtin[s->builtin]);
    if (s->danger == WB_HARMLESS || s->reading != WB_READING_MANUAL || s->n_clauses)
        put_pace(&b, s);
    bool told = s->reading != WB_READING_MANUAL;
    for (size_t i = 0; i < s->n_clauses; i++)
        told |= s->clauses[i].kind == WB_CLAUSE_SIGN_OFF;
    for (size_t i = 0; told && i < s->n_clauses; i++)
        part(&b, wb_tell_clause(r, &s->clauses[i], WB_AT_STEP));
    for (size_t i = 0; i < s->n_actions; i++)
        part(&b, wb_tell_action(r, &s->actions[i]));
    if (!b.len)
        wb_buf_adds(&b, manual(s->danger));
    put_grace(&b, r, s);
    return wb_arena_strdup(r->a, wb_buf_str(&b));
}

static const char *where(const struct wb_plan_block *b) {
    static const char *const sides[] = {"", " on the source", " on the target", " on a replica"};
    return sides[b->on];
}

const char *wb_tell_block(struct wb_plan_reader *r, const struct wb_plan_block *b) {
    WB_CLEANUP_BUF struct wb_buf t = {0};
    if (b->has_attributes && b->lang == WB_LANG_OTHER)
        return "cannot run: see the findings";
    if (b->is_check) {
        wb_buf_addf(&t, "runs%s%s and must ", b->lang == WB_LANG_SQL ? " read only" : "", where(b));
        if (b->check == WB_CHECK_EQUAL)
            wb_buf_adds(&t, "give the same on both sides");
        else if (b->check == WB_CHECK_EXIT)
            wb_buf_adds(&t, "exit with 0");
        else if (b->expect.no_rows)
            wb_buf_adds(&t, "return no rows");
        else if (b->expect.given) {
            wb_buf_adds(&t, "return ");
            wb_value_put(&t, &b->expect.value);
        } else
            return "runs read only; a person judges what it returns";
    } else if (b->metric) {
        wb_buf_addf(&t, "measures %s%s", b->metric, where(b));
    } else if (b->step == WB_BLOCK_UP) {
        wb_buf_addf(&t, "runs as a step%s%s%s", where(b),
                    b->tx == WB_TX_OFF ? ", outside of a transaction" : "",
                    b->irreversible ? "; cannot be undone" : "");
    } else if (b->step == WB_BLOCK_VERIFY) {
        wb_buf_addf(&t, "decides%s whether the step has been done", where(b));
    } else if (b->step == WB_BLOCK_DOWN) {
        wb_buf_addf(&t, "undoes the step%s", where(b));
    } else if (b->action) {
        wb_buf_addf(&t, "runs%s when the action \"%s\" is called for", where(b), b->action);
    } else {
        return "text for people: never runs";
    }
    return wb_arena_strdup(r->a, wb_buf_str(&t));
}
