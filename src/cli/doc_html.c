/* One HTML file that needs nothing else: no script, no font, no picture, nothing from elsewhere.
 * Light or dark as the reader's system is; printable. */
#include "cli/doc.h"

static const char style[] =
    ":root{color-scheme:light dark;--fg:#1f2328;--bg:#ffffff;--dim:#59636e;--line:#d1d9e0;"
    "--head:#f6f8fa;--good:#116329;--bad:#b3131d;--unsure:#7d4e00}\n"
    "@media (prefers-color-scheme:dark){:root{--fg:#e6edf3;--bg:#0d1117;--dim:#9198a1;"
    "--line:#3d444d;--head:#151b23;--good:#3fb950;--bad:#ff7b72;--unsure:#e3b341}}\n"
    "body{font:15px/1.5 system-ui,sans-serif;color:var(--fg);background:var(--bg);"
    "max-width:1200px;margin:2rem auto;padding:0 1rem}\n"
    "h1{font-size:1.6rem}h2{font-size:1.2rem;margin-top:2rem}\n"
    ".wide{overflow-x:auto}table{border-collapse:collapse;font-size:14px}\n"
    "th,td{border:1px solid var(--line);padding:.25rem .6rem;text-align:left;"
    "vertical-align:top;overflow-wrap:anywhere}th{background:var(--head)}\n"
    "td.number{text-align:right;white-space:nowrap;font-variant-numeric:tabular-nums}\n"
    "pre,.code{font-family:ui-monospace,monospace;font-size:13px}\n"
    "pre{background:var(--head);border:1px solid var(--line);padding:.6rem;overflow-x:auto}\n"
    ".good{color:var(--good);font-weight:600}.bad{color:var(--bad);font-weight:600}\n"
    ".unsure{color:var(--unsure);font-weight:600}p.good,p.bad,p.unsure{font-size:1.1rem}\n"
    "@media print{body{max-width:none}}\n";

static void add_escaped(struct wb_buf *to, const char *text) {
    for (const char *p = text; *p; p++) {
        switch (*p) {
        case '&':
            wb_buf_adds(to, "&amp;");
            break;
        case '<':
            wb_buf_adds(to, "&lt;");
            break;
        case '>':
            wb_buf_adds(to, "&gt;");
            break;
        case '"':
            wb_buf_adds(to, "&quot;");
            break;
        case '\'':
            wb_buf_adds(to, "&#39;");
            break;
        default:
            wb_buf_addc(to, *p);
        }
    }
}

static void add_text(struct wb_buf *to, const char *text) {
    WB_CLEANUP_BUF struct wb_buf clean = {0};
    wb_doc_add_clean(&clean, text);
    add_escaped(to, wb_buf_str(&clean));
}

static void close_list(struct wb_doc *d) {
    if (d->in_list)
        wb_buf_adds(d->out, "</ul>\n");
    d->in_list = false;
}

static const char *class_of(enum wb_doc_tone tone) {
    static const char *const classes[] = {"",
                                          " class=\"good\"",
                                          " class=\"bad\"",
                                          " class=\"unsure\"",
                                          " class=\"number\"",
                                          " class=\"code\""};
    return classes[tone];
}

static void element(struct wb_doc *d, const char *tag, const char *class, const char *text) {
    close_list(d);
    wb_buf_addf(d->out, "<%s%s>", tag, class);
    add_text(d->out, text);
    wb_buf_addf(d->out, "</%s>\n", tag);
}

static void begin(struct wb_doc *d, const char *title) {
    wb_buf_adds(d->out, "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
                        "<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\n"
                        "<title>");
    add_text(d->out, title);
    wb_buf_addf(d->out, "</title>\n<style>\n%s</style>\n</head>\n<body>\n", style);
    element(d, "h1", "", title);
}

static void end(struct wb_doc *d) {
    close_list(d);
    wb_buf_adds(d->out, "</body>\n</html>\n");
}

static void heading(struct wb_doc *d, const char *text) {
    element(d, "h2", "", text);
}

static void para(struct wb_doc *d, const char *text, enum wb_doc_tone tone) {
    element(d, "p", class_of(tone), text);
}

static void code(struct wb_doc *d, const char *text) {
    close_list(d);
    wb_buf_adds(d->out, "<pre>");
    add_escaped(d->out, text);
    wb_buf_adds(d->out, "</pre>\n");
}

static void item(struct wb_doc *d, const char *text) {
    wb_buf_adds(d->out, d->in_list ? "<li>" : "<ul>\n<li>");
    d->in_list = true;
    add_text(d->out, text);
    wb_buf_adds(d->out, "</li>\n");
}

static void table(struct wb_doc *d, const char *const *heads, size_t n) {
    close_list(d);
    wb_buf_adds(d->out, "<div class=\"wide\"><table>\n");
    d->row_heads = !*heads[0];
    if (d->row_heads)
        return;
    wb_buf_adds(d->out, "<tr>");
    for (size_t i = 0; i < n; i++) {
        wb_buf_adds(d->out, "<th scope=\"col\">");
        add_text(d->out, heads[i]);
        wb_buf_adds(d->out, "</th>");
    }
    wb_buf_adds(d->out, "</tr>\n");
}

static void row(struct wb_doc *d) {
    d->in_row = 0;
    wb_buf_adds(d->out, "<tr>");
}

static void cell(struct wb_doc *d, const char *text, enum wb_doc_tone tone) {
    bool head = d->row_heads && d->in_row++ == 0;
    wb_buf_addf(d->out, head ? "<th scope=\"row\"%s>" : "<td%s>", class_of(tone));
    add_text(d->out, text ? text : "");
    wb_buf_adds(d->out, head ? "</th>" : "</td>");
}

static void row_end(struct wb_doc *d) {
    wb_buf_adds(d->out, "</tr>\n");
}

static void table_end(struct wb_doc *d) {
    wb_buf_adds(d->out, "</table></div>\n");
}

const struct wb_doc_ops wb_doc_html = {begin, end, heading, para,    code,     item,
                                       table, row, cell,    row_end, table_end};
