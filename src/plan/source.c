/* The text, where its lines begin, and adding findings and lines. */
#include "plan/reader.h"

#include <string.h>

void wb_reader_index(struct wb_plan_reader *r) {
    size_t cap = 0;
    r->n_lines = 0;
    *WB_PUSH(r->a, r->line_at, r->n_lines, cap) = 0;
    for (const char *p = r->text; (p = memchr(p, '\n', r->len - (size_t)(p - r->text))); p++)
        *WB_PUSH(r->a, r->line_at, r->n_lines, cap) = (size_t)(p + 1 - r->text);
    *WB_PUSH(r->a, r->line_at, r->n_lines, cap) = r->len + 1;
    r->n_lines--;
}

struct wb_plan_place wb_reader_place(const struct wb_plan_reader *r, size_t offset) {
    size_t low = 0, high = r->n_lines;
    while (high - low > 1) {
        size_t middle = (low + high) / 2;
        if (r->line_at[middle] <= offset)
            low = middle;
        else
            high = middle;
    }
    return (struct wb_plan_place){
        .file = r->file,
        .line = (unsigned)low + 1,
        .column = (unsigned)(offset - r->line_at[low]) + 1,
    };
}

size_t wb_reader_line_end(const struct wb_plan_reader *r, unsigned line) {
    size_t from = r->line_at[line - 1], end = r->line_at[line] - 1;
    if (end > r->len)
        end = r->len;
    while (end > from && (r->text[end - 1] == '\r' || r->text[end - 1] == '\n'))
        end--;
    return end;
}

/* How far cmark has taken the indentation off a block's line. */
static unsigned indent_of(const struct wb_plan *p, const char *literal, unsigned line) {
    size_t from = line > p->n_text_lines ? p->len : p->line_at[line - 1];
    size_t end = line > p->n_text_lines ? p->len : p->line_at[line] - 1;
    end = end > p->len ? p->len : end;
    while (end > from && (p->text[end - 1] == '\r' || p->text[end - 1] == '\n'))
        end--;
    size_t own = strcspn(literal, "\n");
    return end - from > own ? (unsigned)(end - from - own) : 0;
}

struct wb_plan_place wb_plan_block_place(const struct wb_plan *p, const struct wb_plan_block *b,
                                         size_t at) {
    struct wb_plan_place place = b->place;
    size_t line_from = 0;
    place.line++;
    for (size_t i = 0; i < at && b->text[i]; i++)
        if (b->text[i] == '\n') {
            place.line++;
            line_from = i + 1;
        }
    place.column = (unsigned)(at - line_from) + 1 + indent_of(p, b->text + line_from, place.line);
    return place;
}

const char *wb_reader_slice(const struct wb_plan_reader *r, size_t from, size_t to) {
    char *text = wb_arena_alloc(r->a, to - from + 1);
    size_t n = 0;
    for (size_t i = from; i < to; i++) {
        char c = r->text[i];
        if (c == '*' && i + 1 < to && r->text[i + 1] == '*') {
            i++;
            continue;
        }
        if (c == '\n' || c == '\r' || c == '\t')
            c = ' ';
        if (c == ' ' && (n == 0 || text[n - 1] == ' '))
            continue;
        text[n++] = c;
    }
    while (n && text[n - 1] == ' ')
        n--;
    text[n] = 0;
    return text;
}

/* What parts two tokens: marks of emphasis, targets of links and pictures are not shown. */
static const char *between(const struct wb_plan_reader *r, const struct wb_token *a,
                           const struct wb_token *b) {
    if (b->after_space)
        return " ";
    return a->to < b->from && r->text[a->to] == '-' ? "-" : "";
}

const char *wb_phrase_slice(const struct wb_plan_reader *r, const struct wb_phrase *p, size_t i,
                            size_t j) {
    WB_CLEANUP_BUF struct wb_buf b = {0};
    for (size_t k = i; k < j; k++) {
        const struct wb_token *t = &p->tokens[k];
        if (k > i)
            wb_buf_adds(&b, between(r, t - 1, t));
        wb_buf_adds(&b, wb_reader_slice(r, t->from, t->to));
    }
    return wb_arena_strdup(r->a, wb_buf_str(&b));
}

void wb_reader_find(struct wb_plan_reader *r, enum wb_plan_rule rule, struct wb_plan_place place,
                    const char *remedy, const char *text, ...) {
    struct wb_plan *p = r->plan;
    WB_CLEANUP_BUF struct wb_buf b = {0};
    va_list args;
    va_start(args, text);
    wb_buf_addv(&b, text, args);
    va_end(args);
    *WB_PUSH(r->a, p->findings, p->n_findings, p->cap_findings) = (struct wb_plan_finding){
        .rule = rule,
        .severity = wb_plan_rule_severity(rule),
        .place = place,
        .phase = r->phase,
        .text = wb_arena_strdup(r->a, wb_buf_str(&b)),
        .remedy = wb_arena_strdup(r->a, remedy),
    };
}

size_t wb_reader_line(struct wb_plan_reader *r, enum wb_line_kind kind, struct wb_plan_place place,
                      const char *text, enum wb_reading reading, const char *sentence) {
    struct wb_plan *p = r->plan;
    *WB_PUSH(r->a, p->lines, p->n_lines, p->cap_lines) = (struct wb_plan_line){
        .kind = kind,
        .place = place,
        .phase = r->phase,
        .text = text,
        .reading = reading,
        .sentence = sentence,
    };
    return p->n_lines - 1;
}
