/* What verifications keep in the target: verdicts, and how far a running one has come.
 *
 * Three tables of plain SQL that every engine takes, in the ledger's schema: verify_run (one row a
 * verification), verify_parts (parts of its tables that were compared and were equal, with their
 * digests: what a later run need not read again), verdicts (one row a table and verification, kept
 * until `whimbrel clean`). Several verifications may run at once: each has an id of its own. Parts
 * that differ are never recorded as done, so a resumed verification meets them again.
 *
 * Verdicts are written before the first repair, in the transaction that ends the comparison: a
 * repair that is interrupted leaves a failure that stands, and whoever runs the command again
 * compares everything anew.
 *
 * A failure stands until a later verdict of the same table clears it: see
 * wb_verify_left_standing().
 */
#ifndef WB_VERIFY_STORE_H
#define WB_VERIFY_STORE_H

#include "engine/engine.h"
#include "model/digest.h"
#include "verify/verify.h"

#include <pthread.h>

enum { WB_VERIFY_STORE_FORMAT = 1 };

/* What a verdict is about: how much of the table was compared, and how. */
struct wb_verify_scope {
    unsigned levels;     /* enum wb_verify_level: those that were completed */
    const char *columns; /* "*", or names in the target joined by ", " */
    const char *where;   /* NULL: all rows */
    enum wb_verify_strength strength;
    bool counted; /* rows were counted on both sides, by themselves or by digests */
};

struct wb_verify_verdict {
    int64_t run;
    uint32_t table;
    const char *target; /* schema.table */
    struct wb_verify_scope scope;
    enum wb_verify_outcome outcome;
    unsigned failed; /* the levels that found a difference */
    const char *finished;
};

/* Of the levels that failed in one verdict, those that a later verdict of the same table does not
 * clear. A level of structure is cleared when it was completed and did not fail. Rows are cleared
 * only by the same or more columns, the same condition or none, and enough strength: a count by
 * counts or digests, a sample or a digest by digests (another sample may miss the row). */
unsigned wb_verify_left_standing(const struct wb_verify_verdict *failure, unsigned standing,
                                 const struct wb_verify_verdict *later);

/* A part of a table that is compared in one go. Owned by the reader's arena. */
struct wb_verify_part {
    uint32_t table, number; /* of the table's units, from 0 */
    struct wb_range range;
    bool done;
    struct wb_digest digest[2]; /* by enum wb_side; of the chunk that began with this part */
};

struct wb_verify_store {
    struct wb_conn *conn; /* NULL: nothing is kept */
    const char *prefix;
    int64_t run;
    bool resumed;
    const char *started; /* of the run, also of a resumed one */
    pthread_mutex_t lock;
};

/* Make the tables where they are missing; before the target is described, since in SQLite any new
 * table changes every table's fingerprint. PRIVILEGE and SQL errors get a hint that offers
 * --no-record. */
enum wb_code wb_verify_store_create(struct wb_verify_store *s, struct wb_error *err);

/* Begin a run, or go on with the newest one of the same parameters whose process is gone; older
 * ones are abandoned. identity: of the source's database. restart: abandon them all. */
enum wb_code wb_verify_store_begin(struct wb_verify_store *s, const char *identity,
                                   const char *source, const char *parameters,
                                   enum wb_verify_restart restart, struct wb_arena *a,
                                   struct wb_error *err);

/* From any thread, one at a time. */
enum wb_code wb_verify_store_read_parts(struct wb_verify_store *s, uint32_t table,
                                        struct wb_arena *a, struct wb_verify_part **ret,
                                        size_t *ret_n, struct wb_error *err);
enum wb_code wb_verify_store_add_parts(struct wb_verify_store *s,
                                       const struct wb_verify_part *parts, size_t n,
                                       struct wb_error *err);
/* Parts first … first + n - 1 were equal; d: of both sides of all of them. */
enum wb_code wb_verify_store_done(struct wb_verify_store *s, uint32_t table, size_t first, size_t n,
                                  const struct wb_digest d[2], struct wb_error *err);

/* The verdicts of all tables, v[i] being about tables[i], and the run's state, all in one durable
 * transaction: a process that is killed leaves all of them or none. state: "done", or "repairing"
 * before the first repair, either of which no later run goes on with; NULL: the run stays one that
 * can be gone on with. */
enum wb_code wb_verify_store_judge(struct wb_verify_store *s, const char *identity,
                                   const struct wb_verify_verdict *v,
                                   const struct wb_verify_table_report *tables, size_t n,
                                   const char *state, struct wb_error *err);

/* All verdicts about copies of one source database, oldest first. None where the table is not
 * there. conn: to the target. */
enum wb_code wb_verify_store_read_verdicts(struct wb_conn *conn, const char *identity,
                                           struct wb_arena *a, struct wb_verify_verdict **ret,
                                           size_t *ret_n, struct wb_error *err);

/* Drop what this module and repairs keep; as wb_verify_clean. */
enum wb_code wb_verify_store_drop(struct wb_conn *conn, struct wb_arena *a,
                                  const char ***ret_removed, size_t *ret_n, struct wb_error *err);

#endif
