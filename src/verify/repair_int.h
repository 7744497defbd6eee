/* What the files of a repair share. */
#ifndef WB_VERIFY_REPAIR_INT_H
#define WB_VERIFY_REPAIR_INT_H

#include "verify/repair.h"

struct wb_repair {
    struct wb_verify_job *job;
    struct wb_conn *conn; /* to the target, for what is written; rows are read by worker 0's */
    struct wb_verify_pair pair; /* the one at hand, without its condition: a row may be outside of
                                   it on one side only */
    struct wb_arena a;          /* of a batch */
    uint64_t journal_no;
    uint64_t progress;           /* rows repaired in this pass */
    bool moved;                  /* in this pass the source moved on from what was read of it */
    bool anew;                   /* changed rows are deleted and inserted */
    struct wb_verify_unit whole; /* tables without a key are read as one */
    size_t *why_len;             /* of an UPDATE's */
    char **why;           /* a pair: the last reason for which one of its rows was left; or NULL */
    struct wb_arena keep; /* of the reasons */
};

/* A connection that rows of one side are read by; where they are of many MiB a fresh one, without
 * the buffers that others have grown. */
enum wb_code wb_verify_repair_reader(struct wb_repair *r, enum wb_side side, struct wb_conn **ret,
                                     struct wb_error *err);

/* repair_row.c: all rows or none, none of them large. *ret_done: committed. Where the source has
 * moved on: WB_OK and not done. */
enum wb_code wb_verify_repair_rows(struct wb_repair *r, struct wb_verify_row *rows,
                                   const struct wb_verify_candidate *keys, size_t n, bool *ret_done,
                                   struct wb_error *err);
/* Fails with CONSTRAINT where deleting the row would delete or change others. */
enum wb_code wb_verify_repair_check_dependents(struct wb_repair *r, const struct wb_verify_row *row,
                                               struct wb_error *err);
/* Is the source still as it was read, and, in a table without a key, does the target hold as many
 * equal rows now? Within the transaction. */
enum wb_code wb_verify_repair_check(struct wb_repair *r, const struct wb_verify_row *rows,
                                    const struct wb_verify_candidate *keys, size_t n,
                                    bool *ret_moved, struct wb_error *err);
/* The row's key for the journal: a condition, or the number of rows. */
void wb_verify_repair_add_key(const struct wb_repair *r, const struct wb_verify_row *row,
                              struct wb_buf *to);

/* repair_large.c: one row with values that are not kept whole; likewise. */
enum wb_code wb_verify_repair_large(struct wb_repair *r, const struct wb_verify_row *row,
                                    const struct wb_verify_candidate *key, bool *ret_done,
                                    struct wb_error *err);

#endif
