/* Making the target right, row by row.
 *
 * A repair takes the source as it is in that moment: each row is read again from both sides, the
 * statement is made from what was just read, run in a small transaction of the target, and before
 * that commits the source is read once more: if it has moved on, the transaction is rolled back and
 * the row is looked at anew. So a row that the source has got back is never deleted, and an old
 * value is never written over a newer one. Each statement is journalled (table repairs, beside the
 * verdicts) in its own transaction, with the row before and after: a kill at any moment leaves
 * statement and journal both or neither.
 *
 * Deletes come first, then updates, then inserts; what a foreign key or a unique key forbids now is
 * tried again after the other tables had their turn. A delete that the target would carry on to
 * other rows (ON DELETE CASCADE, SET NULL) waits until there are none.
 *
 * Values of a unique key that rows have exchanged, or a column that the target fills itself, no
 * UPDATE sets right: what is left then is deleted and inserted anew, in one transaction, unless
 * other rows would go with it.
 *
 * In a table without a key so many equal rows are inserted or deleted as are missing or too many;
 * before that commits the table is read on both sides and must hold as many of each.
 *
 * A row with values of more than 64 KiB is repaired by itself and is nowhere held as a whole but
 * while it is read: its values go into a temporary table of the target, from which the statement
 * takes them, and into the journal in pieces.
 *
 * At the end next values that are not beyond the keys are set.
 */
#ifndef WB_VERIFY_REPAIR_H
#define WB_VERIFY_REPAIR_H

#include "verify/job.h"

/* Append the statement, without a semicolon, that makes the target right if source and target still
 * are as row says. stage: a table (in SQL) whose one row has the values that are set; NULL: they
 * are written as literals. False where there is none: *ret_why (static, or in p's memory) says why,
 * and nothing was appended. */
bool wb_verify_repair_statement(const struct wb_verify_job *job, const struct wb_verify_pair *p,
                                const struct wb_verify_row *row, const char *stage,
                                struct wb_buf *to, const char **ret_why);
/* Whether values of the row are cut: it is repaired by wb_verify_repair_large(). */
bool wb_verify_repair_is_large(const struct wb_verify_pair *p, const struct wb_verify_row *row);
const char *wb_verify_repair_word(enum wb_verify_difference_kind kind); /* "UPDATE" */

/* The same as a string in a, of a large row a comment; NULL where there is none. */
const char *wb_verify_repair_text(const struct wb_verify_job *job, const struct wb_verify_pair *p,
                                  const struct wb_verify_row *row, struct wb_arena *a);

/* Repair the confirmed candidates of all pairs (pair->confirmed), over the connections of worker 0;
 * called when no other worker runs. Counts job->repaired_rows, tells each statement
 * (WB_VERIFY_REPAIRED; without values if they are redacted), and adds a finding of level digests
 * for each table in which rows still differ afterwards, with the reason. Errors: what ended it
 * early; transactions that were committed stay. */
enum wb_code wb_verify_repair_execute(struct wb_verify_job *job, struct wb_error *err);

/* repair_journal.c */
/* ret_last: the number of the last repair that this run has journalled before it was interrupted.
 */
enum wb_code wb_verify_journal_make(struct wb_verify_job *job, struct wb_conn *c,
                                    uint64_t *ret_last, struct wb_error *err);
struct wb_verify_journal_entry {
    uint64_t no;           /* of the repair in this run */
    const char *statement; /* "INSERT" */
    const char *table, *key;
    const char *before, *after; /* NULL: no such row */
};
enum wb_code wb_verify_journal_add(struct wb_verify_job *job, struct wb_conn *c,
                                   const struct wb_verify_journal_entry *e, struct wb_error *err);

/* What was journalled in advance and was refused. */
void wb_verify_journal_withdraw(struct wb_verify_job *job, struct wb_conn *c, uint64_t no);

/* The row of a table in pieces of some 30 kB: large values as many literals, each with the byte at
 * which it begins. side: which of row_before (target) and row_after they are. part: of the repair,
 * counted on. */
enum wb_code wb_verify_journal_large(struct wb_verify_job *job, struct wb_conn *c,
                                     const struct wb_verify_journal_entry *e,
                                     const struct wb_verify_pair *p, const struct wb_cell *cells,
                                     enum wb_side side, unsigned *part, struct wb_error *err);

/* repair_sequences.c: set the next values that are not beyond the keys, journalled. */
enum wb_code wb_verify_repair_sequences(struct wb_verify_job *job, struct wb_conn *c,
                                        uint64_t *journal_no, struct wb_error *err);

/* repair_sql.c: what the two above share. */

/* The key of a row as "a" = 1 AND "b" = 'x'; false where a literal cannot be written. */
bool wb_verify_repair_key(const struct wb_verify_job *job, const struct wb_verify_pair *p,
                          const struct wb_cell *cells, struct wb_buf *to);
/* All columns of a row as "a" = 1, "b" = 'x'; what cannot be written is left out. */
void wb_verify_repair_row(const struct wb_verify_job *job, const struct wb_verify_pair *p,
                          const struct wb_cell *cells, struct wb_buf *to);
/* Whether two rows are the same in every column; NULL is a row that is not there. */
bool wb_verify_repair_same(const struct wb_verify_pair *p, const struct wb_cell *a,
                           const struct wb_cell *b);
/* Queries that find rows which would go or change with this one, one statement each, in a. */
enum wb_code wb_verify_repair_dependents(const struct wb_verify_job *job,
                                         const struct wb_verify_pair *p,
                                         const struct wb_cell *cells, struct wb_arena *a,
                                         const char ***ret_sql, size_t *ret_n,
                                         struct wb_error *err);

#endif
