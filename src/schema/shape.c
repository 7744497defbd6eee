/* Each column with something to do is one step, and a batch is worked through step by step: a step
 * runs down its column in a loop of its own. A column whose values pass as they are has no step and
 * costs nothing.
 */
#include "schema/shape_int.h"

#include "base/buf.h"
#include "base/str.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct step {
    struct wb_conv conv;
    uint32_t cell;   /* column of the batch */
    uint32_t column; /* index into to->columns */
    bool not_null;
    uint64_t altered[WB_ISSUE_COUNT];
};

struct wb_shape {
    struct wb_arena arena;
    const struct wb_table *from, *to;
    struct wb_shape_opts opts;
    struct step *steps;
    size_t n_steps;
    struct wb_altered *altered; /* room for all; filled when asked for */
};

static enum wb_code no_conversion(const struct wb_table *from, const struct wb_column *f,
                                  const struct wb_column *t, struct wb_error *err) {
    wb_error_set(err, WB_E_TYPE,
                 "table %s, column %s: values of type %s (%s) do not become %s (%s)", from->name,
                 f->name, f->type.native ? f->type.native : "?", wb_kind_name(f->type.kind),
                 t->type.native ? t->type.native : "?", wb_kind_name(t->type.kind));
    return wb_error_hint(err, "cast it to another type: --cast 'column:%s.%s=text'", from->name,
                         f->name);
}

enum wb_code wb_shape_new(const struct wb_table *from, const struct wb_table *to,
                          const uint32_t *columns, size_t n_columns,
                          const struct wb_shape_opts *opts, struct wb_shape **ret,
                          struct wb_error *err) {
    struct wb_shape *s = calloc(1, sizeof *s);
    if (!s)
        abort();
    s->from = from;
    s->to = to;
    s->opts = *opts;
    s->steps = WB_NEW_N(&s->arena, struct step, n_columns + 1);
    s->altered = WB_NEW_N(&s->arena, struct wb_altered, (n_columns + 1) * WB_ISSUE_COUNT);
    for (size_t i = 0; i < n_columns; i++) {
        const struct wb_column *t = &to->columns[columns[i]], *f = &from->columns[t->source_index];
        struct step step = {.cell = (uint32_t)i, .column = columns[i], .not_null = t->not_null};
        if (!wb_conv_plan(&f->type, &t->type, opts, &s->arena, &step.conv)) {
            wb_shape_free(s);
            return no_conversion(from, f, t, err);
        }
        if (step.conv.fn || step.conv.text || step.conv.invalid_possible)
            s->steps[s->n_steps++] = step;
    }
    *ret = s;
    return WB_OK;
}

void wb_shape_free(struct wb_shape *s) {
    if (!s)
        return;
    wb_arena_done(&s->arena);
    free(s);
}

/* ------------------------------------------------------------------------------------------------
 * policies */

/* A value for people: at most 40 bytes of it, nothing that could harm a terminal. */
static const char *show(const struct wb_cell *cell, struct wb_buf *to) {
    enum { MOST = 40 };
    bool number = cell->form == WB_FORM_INT || cell->form == WB_FORM_UINT;
    if (number)
        wb_buf_addf(to, cell->form == WB_FORM_INT ? "%" PRId64 : "%" PRIu64, cell->i);
    else if (cell->form == WB_FORM_DOUBLE)
        wb_buf_addf(to, "%.17g", cell->d);
    if (number || cell->form == WB_FORM_DOUBLE)
        return wb_buf_str(to);
    uint32_t n = cell->len < MOST ? cell->len : MOST;
    size_t good = wb_str_utf8_valid(cell->p, n);
    wb_buf_addc(to, '\'');
    for (uint32_t i = 0; i < n; i++) {
        unsigned char c = cell->p[i];
        if (c < 0x20 || c == 0x7f || i >= good)
            wb_buf_addf(to, "\\x%02x", c);
        else
            wb_buf_addc(to, (char)c);
    }
    wb_buf_adds(to, cell->len > n ? "…'" : "'");
    return wb_buf_str(to);
}

static enum wb_code refuse(const struct wb_shape *s, const struct step *st,
                           const struct wb_cell *cell, enum wb_issue issue, struct wb_error *err) {
    WB_CLEANUP_BUF struct wb_buf b = {0};
    const struct wb_column *to = &s->to->columns[st->column];
    wb_error_set(err, WB_E_VALUE, "table %s, column %s: %s (%s) cannot be held by the target (%s)",
                 s->from->name, s->from->columns[to->source_index].name, wb_issue_text(issue),
                 show(cell, &b), to->type.native ? to->type.native : wb_kind_name(to->type.kind));
    wb_error_hint(err,
                  "say what to do with such values: --policy %s=null or %s=replace; or change the "
                  "type with --cast",
                  wb_issue_word(issue), wb_issue_word(issue));
    return WB_E_VALUE;
}

static enum wb_code refuse_null(const struct wb_shape *s, const struct step *st,
                                const struct wb_cell *cell, enum wb_issue issue, bool no_nearest,
                                struct wb_error *err) {
    refuse(s, st, cell, issue, err);
    wb_error_set(err, WB_E_VALUE, "%s; the policy %s=%s %s, and the column is NOT NULL",
                 err ? err->text : "", wb_issue_word(issue),
                 wb_action_word(s->opts.policy.action[issue]),
                 no_nearest ? "finds nothing to put in its place but NULL" : "would make it NULL");
    return no_nearest
               ? wb_error_hint(
                     err,
                     "correct the value in the source, or change the column's type with --cast")
               : wb_error_hint(err, "use --policy %s=replace, or correct the value in the source",
                               wb_issue_word(issue));
}

static enum wb_code keep(struct wb_cell *cell, enum wb_issue issue) {
    if (cell->form == WB_FORM_TEXT || cell->form == WB_FORM_BYTES)
        *cell = wb_cell_invalid(cell->p, cell->len, issue);
    return WB_OK;
}

/* What the policy says about one value: refused, or *cell becomes what stands for it, counted. */
static enum wb_code settle(struct wb_shape *s, struct step *st, struct wb_cell *cell,
                           enum wb_issue issue, const struct wb_cell *nearest,
                           struct wb_error *err) {
    enum wb_action action = s->opts.policy.action[issue];
    if (action == WB_ACTION_REFUSE && s->opts.count_refused) {
        *cell = wb_cell_null();
        st->altered[issue]++;
        return WB_OK;
    }
    if (action == WB_ACTION_REFUSE)
        return s->opts.keep_refused ? keep(cell, issue) : refuse(s, st, cell, issue, err);
    bool null = action == WB_ACTION_NULL || nearest->form == WB_FORM_NULL;
    if (null && st->not_null && s->opts.keep_refused)
        return keep(cell, issue);
    if (null && st->not_null)
        return refuse_null(s, st, cell, issue, action != WB_ACTION_NULL, err);
    *cell = null ? wb_cell_null() : *nearest;
    st->altered[issue]++;
    return WB_OK;
}

static bool takes_any_text(const struct wb_type *t) {
    return t->kind == WB_KIND_TEXT || t->kind == WB_KIND_ANY;
}

/* Text that is no text: its bytes where bytes are taken; else mended as the policy says, and then
 * text like any other of its column, still to be converted. */
static enum wb_code settle_bad_text(struct wb_shape *s, struct step *st, struct wb_arena *mem,
                                    struct wb_cell *cell, struct wb_error *err) {
    enum wb_issue issue = (enum wb_issue)cell->issue;
    struct wb_cell nearest = wb_cell_null();
    if (st->conv.to->kind == WB_KIND_BYTES)
        nearest = wb_cell_text(cell->p, cell->len);
    else if (wb_conv_is_texty(st->conv.from->kind))
        nearest = issue == WB_ISSUE_UTF8 ? wb_shape_replace_utf8(mem, cell)
                                         : wb_shape_replace_nul(mem, cell);
    if (st->conv.to->kind != WB_KIND_BYTES)
        return settle(s, st, cell, issue, &nearest, err);
    *cell = nearest;
    return WB_OK;
}

/* What the source could not put in a neutral form: a text where texts are taken, else the policy's.
 */
static enum wb_code settle_invalid(struct wb_shape *s, struct step *st, struct wb_cell *cell,
                                   struct wb_error *err) {
    enum wb_issue issue = (enum wb_issue)cell->issue;
    const struct wb_type *to = st->conv.to;
    struct wb_cell nearest = wb_cell_null();
    if (takes_any_text(to)) {
        *cell = wb_cell_text(cell->p, cell->len);
        return WB_OK;
    }
    if (issue == WB_ISSUE_ZERO_DATE)
        nearest = wb_shape_zero_date(to, cell->p, cell->len);
    for (uint32_t i = 0; issue == WB_ISSUE_RANGE && to->kind == WB_KIND_ENUM && i < to->n_labels;
         i++)
        if (!*to->labels[i])
            nearest = wb_cell_text("", 0); /* the label that looks like MySQL's error value */
    return settle(s, st, cell, issue, &nearest, err);
}

/* ------------------------------------------------------------------------------------------------
 * steps */

/* Only bytes from 0x01 to 0x7f, eight at a time: valid UTF-8 without a NUL, as most texts are. */
static bool is_plain_ascii(const unsigned char *p, uint32_t len) {
    const uint64_t ones = 0x0101010101010101u, highs = 0x8080808080808080u;
    uint64_t w, bad = 0;
    uint32_t i = 0;
    for (; len - i >= 8; i += 8) {
        memcpy(&w, p + i, 8);
        bad |= ((w - ones) & ~w) | w;
    }
    if (i < len) { /* the rest, filled up with ones */
        uint32_t n = len - i;
        w = ones;
        for (uint32_t k = 0; k < n; k++)
            w = w << 8 | p[i + k];
        bad |= ((w - ones) & ~w) | w;
    }
    return (bad & highs) == 0;
}

/* What a policy put in a text's place may have another fault, too: asked until none is left. */
static enum wb_code check_text(struct wb_shape *s, struct step *st, struct wb_arena *mem,
                               struct wb_cell *cell, struct wb_error *err) {
    struct wb_cell nearest;
    enum wb_code code = WB_OK;
    const struct wb_conv *c = &st->conv;
    if (cell->form == WB_FORM_TEXT && (!c->max_chars || cell->len <= c->max_chars) &&
        !c->to->binary_json && is_plain_ascii(cell->p, cell->len))
        return WB_OK;
    for (int issue; !code && cell->form == WB_FORM_TEXT &&
                    (issue = wb_conv_check_text(c, mem, cell, &nearest)) != WB_CONV_OK;)
        code = settle(s, st, cell, (enum wb_issue)issue, &nearest, err);
    return code;
}

static enum wb_code convert(struct wb_shape *s, struct step *st, struct wb_arena *mem,
                            struct wb_cell *cell, struct wb_error *err) {
    struct wb_cell nearest;
    int issue = st->conv.fn(&st->conv, mem, cell, &nearest);
    return issue == WB_CONV_OK ? WB_OK : settle(s, st, cell, (enum wb_issue)issue, &nearest, err);
}

/* *cell is not NULL. */
static enum wb_code run_cell(struct wb_shape *s, struct step *st, struct wb_arena *mem,
                             struct wb_cell *cell, struct wb_error *err) {
    enum wb_code code = WB_OK;
    bool ready = false;
    if (__builtin_expect(cell->form == WB_FORM_INVALID, 0)) {
        bool bad_text = cell->issue == WB_ISSUE_UTF8 || cell->issue == WB_ISSUE_NUL_BYTE;
        code = bad_text ? settle_bad_text(s, st, mem, cell, err) : settle_invalid(s, st, cell, err);
        ready = !bad_text || cell->form == WB_FORM_NULL || cell->form == WB_FORM_INVALID;
    }
    if (!code && !ready && st->conv.fn)
        code = convert(s, st, mem, cell, err);
    return code || !st->conv.text ? code : check_text(s, st, mem, cell, err);
}

/* Only the exceptions leave this loop: no conversion, no text. */
static enum wb_code run_invalid(struct wb_shape *s, struct step *st, struct wb_batch *b,
                                struct wb_error *err) {
    struct wb_cell *cell = b->cells + st->cell;
    enum wb_code code = WB_OK;
    for (uint32_t r = 0; !code && r < b->n_rows; r++, cell += b->n_columns)
        if (__builtin_expect(cell->form == WB_FORM_INVALID, 0))
            code = run_cell(s, st, &b->mem, cell, err);
    return code;
}

static enum wb_code run_all(struct wb_shape *s, struct step *st, struct wb_batch *b,
                            struct wb_error *err) {
    struct wb_cell *cell = b->cells + st->cell;
    enum wb_code code = WB_OK;
    for (uint32_t r = 0; !code && r < b->n_rows; r++, cell += b->n_columns)
        if (cell->form != WB_FORM_NULL)
            code = run_cell(s, st, &b->mem, cell, err);
    return code;
}

enum wb_code wb_shape_batch(struct wb_shape *s, struct wb_batch *b, struct wb_error *err) {
    enum wb_code code = WB_OK;
    for (size_t i = 0; !code && i < s->n_steps; i++) {
        struct step *st = &s->steps[i];
        code = st->conv.fn || st->conv.text ? run_all(s, st, b, err) : run_invalid(s, st, b, err);
    }
    return code;
}

bool wb_shape_may_alter(const struct wb_shape *s) {
    return s->n_steps > 0;
}

size_t wb_shape_altered(const struct wb_shape *s, const struct wb_altered **ret) {
    size_t n = 0;
    for (size_t i = 0; i < s->n_steps; i++)
        for (size_t k = 0; k < WB_ISSUE_COUNT; k++)
            if (s->steps[i].altered[k])
                s->altered[n++] = (struct wb_altered){.column = s->steps[i].column,
                                                      .issue = (enum wb_issue)k,
                                                      .action = s->opts.policy.action[k],
                                                      .values = s->steps[i].altered[k]};
    *ret = s->altered;
    return n;
}

void wb_shape_reset_altered(struct wb_shape *s) {
    for (size_t i = 0; i < s->n_steps; i++)
        memset(s->steps[i].altered, 0, sizeof s->steps[i].altered);
}
