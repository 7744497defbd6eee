/* A document that people read later and elsewhere: headings, paragraphs, tables. What is in it is
 * said once (verify_report.c); doc_md.c and doc_html.c say how it looks. All texts are escaped
 * here, whatever a database held: a value can neither end a table nor smuggle in markup, and
 * control characters are shown as \x1B. */
#ifndef WB_CLI_DOC_H
#define WB_CLI_DOC_H

#include "base/buf.h"

#include <stdbool.h>

enum wb_doc_tone {
    WB_DOC_PLAIN,
    WB_DOC_GOOD,
    WB_DOC_BAD,
    WB_DOC_UNSURE,
    WB_DOC_NUMBER,
    WB_DOC_CODE
};

struct wb_doc;

struct wb_doc_ops {
    void (*begin)(struct wb_doc *d, const char *title);
    void (*end)(struct wb_doc *d);
    void (*heading)(struct wb_doc *d, const char *text);
    void (*para)(struct wb_doc *d, const char *text, enum wb_doc_tone tone);
    void (*code)(struct wb_doc *d, const char *text); /* a block, as it is */
    void (*item)(struct wb_doc *d, const char *text); /* of a list; the next other call ends it */
    /* heads: n of them; all "" for a table whose first column is the heading of each row. */
    void (*table)(struct wb_doc *d, const char *const *heads, size_t n);
    void (*row)(struct wb_doc *d);
    void (*cell)(struct wb_doc *d, const char *text, enum wb_doc_tone tone); /* NULL: empty */
    void (*row_end)(struct wb_doc *d);
    void (*table_end)(struct wb_doc *d);
};

struct wb_doc {
    const struct wb_doc_ops *ops;
    struct wb_buf *out;
    bool in_list, row_heads;
    size_t in_row; /* cells so far */
};

extern const struct wb_doc_ops wb_doc_md, wb_doc_html;

/* Text that came from a database, safe to show: control characters, invalid UTF-8 and characters
 * that change the direction of writing appear as \n, \t, \x1B or \u202E; a backslash stays. */
void wb_doc_add_clean(struct wb_buf *to, const char *text);

/* A value for people: NULL for SQL NULL, numbers bare, all else in single quotes, so that NULL,
 * 'NULL' and '' can be told apart; cleaned. */
void wb_doc_add_value(struct wb_buf *to, const char *value);

#endif
