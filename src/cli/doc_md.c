/* Markdown as GitHub and GitLab show it (CommonMark with tables). */
#include "cli/doc.h"

#include <stdio.h>
#include <string.h>

static void add_text(struct wb_buf *to, const char *text) {
    WB_CLEANUP_BUF struct wb_buf clean = {0};
    wb_doc_add_clean(&clean, text);
    for (const char *p = wb_buf_str(&clean); *p; p++) {
        if (*p == '<' || *p == '&') {
            wb_buf_adds(to, *p == '<' ? "&lt;" : "&amp;");
            continue;
        }
        if (strchr("\\`*_[]|~#>!", *p))
            wb_buf_addc(to, '\\');
        wb_buf_addc(to, *p);
    }
}

static void close_list(struct wb_doc *d) {
    if (d->in_list)
        wb_buf_addc(d->out, '\n');
    d->in_list = false;
}

static void heading_of(struct wb_doc *d, const char *mark, const char *text) {
    close_list(d);
    wb_buf_adds(d->out, mark);
    add_text(d->out, text);
    wb_buf_adds(d->out, "\n\n");
}

static void begin(struct wb_doc *d, const char *title) {
    heading_of(d, "# ", title);
}

static void end(struct wb_doc *d) {
    close_list(d);
}

static void heading(struct wb_doc *d, const char *text) {
    heading_of(d, "## ", text);
}

static void para(struct wb_doc *d, const char *text, enum wb_doc_tone tone) {
    const char *mark = tone == WB_DOC_PLAIN ? "" : "**";
    close_list(d);
    wb_buf_adds(d->out, mark);
    add_text(d->out, text);
    wb_buf_addf(d->out, "%s\n\n", mark);
}

/* The fence is longer than any run of backticks within. */
static void code(struct wb_doc *d, const char *text) {
    size_t longest = 2, run = 0;
    for (const char *p = text; *p; p++) {
        run = *p == '`' ? run + 1 : 0;
        longest = run > longest ? run : longest;
    }
    close_list(d);
    for (int side = 0; side < 2; side++) {
        for (size_t i = 0; i <= longest; i++)
            wb_buf_addc(d->out, '`');
        wb_buf_addf(d->out, "\n%s%s", side ? "\n" : text, side ? "" : "\n");
    }
}

static void item(struct wb_doc *d, const char *text) {
    d->in_list = true;
    wb_buf_adds(d->out, "- ");
    add_text(d->out, text);
    wb_buf_addc(d->out, '\n');
}

static void table(struct wb_doc *d, const char *const *heads, size_t n) {
    close_list(d);
    for (size_t i = 0; i < n; i++) {
        wb_buf_adds(d->out, "| ");
        add_text(d->out, heads[i]);
        wb_buf_addc(d->out, ' ');
    }
    wb_buf_adds(d->out, "|\n");
    for (size_t i = 0; i < n; i++)
        wb_buf_adds(d->out, "|---");
    wb_buf_adds(d->out, "|\n");
}

static void row(struct wb_doc *d) {
    d->in_row = 0;
    wb_buf_adds(d->out, "|");
}

static void cell(struct wb_doc *d, const char *text, enum wb_doc_tone tone) {
    const char *mark = tone == WB_DOC_BAD || tone == WB_DOC_UNSURE ? "**" : "";
    d->in_row++;
    wb_buf_addc(d->out, ' ');
    if (text && *text) {
        wb_buf_adds(d->out, mark);
        add_text(d->out, text);
        wb_buf_adds(d->out, mark);
    }
    wb_buf_adds(d->out, " |");
}

static void row_end(struct wb_doc *d) {
    wb_buf_addc(d->out, '\n');
}

static void table_end(struct wb_doc *d) {
    wb_buf_addc(d->out, '\n');
}

const struct wb_doc_ops wb_doc_md = {begin, end, heading, para,    code,     item,
                                     table, row, cell,    row_end, table_end};
