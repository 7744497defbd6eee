/* Where in a plan's document the reader is, and what is done with text there. For src/plan only. */
#ifndef WB_PLAN_DOCUMENT_H
#define WB_PLAN_DOCUMENT_H

#include "plan/reader.h"

#include <cmark-gfm.h>

struct wb_document {
    struct wb_plan_reader *r;
    int phase_level;           /* of the present phase's heading */
    enum wb_label_kind label;  /* below which things stand, NONE where below none */
    size_t label_at;           /* its index in the phase's labels */
    bool takes_list;           /* the label said nothing itself: the list below belongs to it */
    bool takes_block;          /* nothing has stood between the label and here */
    bool in_step;              /* inside a list item that is a step */
    cmark_list_type list_type; /* of the lists below the label so far */
    unsigned depth;            /* of lists and quotes */
};

struct wb_plan_phase *wb_document_phase(const struct wb_document *d); /* NULL outside of phases */
struct wb_plan_label *wb_document_label(const struct wb_document *d); /* NULL below none */
void wb_document_open_label(struct wb_document *d, enum wb_label_kind kind,
                            struct wb_plan_place place);
void wb_document_close_label(struct wb_document *d);
/* A finding: what stands there is nearly that label. */
void wb_document_nearly_label(struct wb_document *d, const struct wb_phrase *p,
                              enum wb_label_kind kind);
/* A further paragraph of an item, or the words that lead to a list: prose, unless it says more. */
void wb_document_add_aside(struct wb_document *d, const struct wb_phrase *p);
void wb_document_add_text(struct wb_document *d, const struct wb_phrase *p);

enum wb_paragraph { WB_PARAGRAPH_PROSE, WB_PARAGRAPH_ITEM };
/* The text [from, to): a label at the beginning of any of its lines parts it. */
void wb_document_add_paragraph(struct wb_document *d, size_t from, size_t to,
                               enum wb_paragraph kind);

#endif
