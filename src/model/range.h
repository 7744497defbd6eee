/* Which part of a table a chunk is.
 *
 * A table is split by the leading column of its replica key (integers, text, dates … : any type),
 * by physical pages, or not at all. Bounds are neutral text of the key's value (the same text that
 * --where users would write: 42, 2024-05-01, abc, 0xFF hex for bytes, uuid text); the engine that
 * reads turns them into a predicate. Ranges of one table tile its whole key space: the first has no
 * lower bound, the last no upper one.
 */
#ifndef WB_MODEL_RANGE_H
#define WB_MODEL_RANGE_H

enum wb_range_kind {
    WB_RANGE_ALL,   /* the whole table */
    WB_RANGE_KEY,   /* lower <= key < upper */
    WB_RANGE_PAGES, /* physical pages: lower <= page < upper; valid in one snapshot only */
};

/* Pointers are borrowed from an arena. */
struct wb_range {
    enum wb_range_kind kind;
    const char *lower; /* inclusive; NULL = from the beginning */
    const char *upper; /* exclusive; NULL = to the end */
};

const char *
wb_range_kind_word(enum wb_range_kind kind); /* "all", "key", "pages": as in the ledger */
int wb_range_kind_parse(const char *word);   /* the kind, or -1 */

#endif
