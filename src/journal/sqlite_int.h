/* What the files of the SQLite store share. */
#ifndef WB_JOURNAL_SQLITE_INT_H
#define WB_JOURNAL_SQLITE_INT_H

#include "journal/store.h"

#include <sqlite3.h>

struct wb_journal_sqlite {
    struct wb_journal base;
    sqlite3 *db;
};

static inline struct wb_journal_sqlite *wb_journal_sqlite_of(struct wb_journal *j) {
    return (struct wb_journal_sqlite *)j;
}

/* Set *err from SQLite's last error. doing: "reading", "writing" … */
enum wb_code wb_journal_sqlite_fail(struct wb_journal_sqlite *s, int rc, const char *doing,
                                    struct wb_error *err);
enum wb_code wb_journal_sqlite_exec(struct wb_journal_sqlite *s, const char *sql,
                                    struct wb_error *err);
enum wb_code wb_journal_sqlite_int(struct wb_journal_sqlite *s, const char *sql, int64_t *ret,
                                   struct wb_error *err);

/* Prepare with parameters by format: i int64_t, t const char * (may be NULL). */
enum wb_code wb_journal_sqlite_prepare(struct wb_journal_sqlite *s, sqlite3_stmt **ret,
                                       struct wb_error *err, const char *sql, const char *format,
                                       ...);
/* The same, run to its end; ret_changed (may be NULL): rows changed. */
enum wb_code wb_journal_sqlite_run(struct wb_journal_sqlite *s, int *ret_changed,
                                   struct wb_error *err, const char *sql, const char *format, ...);
enum wb_code wb_journal_sqlite_step(struct wb_journal_sqlite *s, sqlite3_stmt *stmt, bool *ret_row,
                                    struct wb_error *err);
const char *wb_journal_sqlite_text(sqlite3_stmt *stmt, int column, struct wb_arena *a);

/* A durable transaction: what body writes, or nothing. Faults are asked around COMMIT. */
enum wb_code wb_journal_sqlite_write(struct wb_journal_sqlite *s,
                                     enum wb_code (*body)(struct wb_journal_sqlite *s, void *ctx,
                                                          struct wb_error *err),
                                     void *ctx, struct wb_error *err);

static inline void wb_journal_sqlite_finalize(sqlite3_stmt **stmt) {
    sqlite3_finalize(*stmt);
}
#define WB_CLEANUP_JOURNAL_STMT __attribute__((cleanup(wb_journal_sqlite_finalize)))

/* sqlite_lease.c, sqlite_events.c, sqlite_requests.c */
enum wb_code wb_journal_sqlite_take(struct wb_journal *j, uint64_t *ret_run_us,
                                    struct wb_error *err);
enum wb_code wb_journal_sqlite_renew(struct wb_journal *j, struct wb_error *err);
enum wb_code wb_journal_sqlite_release(struct wb_journal *j, struct wb_error *err);
enum wb_code wb_journal_sqlite_lease(struct wb_journal *j, struct wb_arena *a, struct wb_lease *ret,
                                     struct wb_error *err);
/* Within a transaction: the compare-and-set with which every write of a runner begins. */
enum wb_code wb_journal_sqlite_claim(struct wb_journal_sqlite *s, struct wb_error *err);
enum wb_code wb_journal_sqlite_append(struct wb_journal *j, const struct wb_event *events, size_t n,
                                      const struct wb_answer *answer, int64_t *ret_seq,
                                      struct wb_error *err);
enum wb_code wb_journal_sqlite_read(struct wb_journal *j, int64_t after_seq, size_t max,
                                    struct wb_arena *a, struct wb_events *ret,
                                    struct wb_error *err);
enum wb_code wb_journal_sqlite_request_put(struct wb_journal *j, const struct wb_request *r,
                                           int64_t *ret_id, struct wb_error *err);
enum wb_code wb_journal_sqlite_request_next(struct wb_journal *j, int64_t after_id,
                                            struct wb_arena *a, struct wb_request *ret,
                                            struct wb_error *err);
enum wb_code wb_journal_sqlite_request_read(struct wb_journal *j, int64_t id, struct wb_arena *a,
                                            struct wb_answer *ret, struct wb_error *err);
/* Within a transaction that has claimed. */
enum wb_code wb_journal_sqlite_answer(struct wb_journal_sqlite *s, const struct wb_answer *answer,
                                      struct wb_error *err);

#endif
