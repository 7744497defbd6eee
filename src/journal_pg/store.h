/* What the files of the PostgreSQL store share. */
#ifndef WB_JOURNAL_PG_STORE_H
#define WB_JOURNAL_PG_STORE_H

#include "base/buf.h"
#include "journal/store.h"
#include "pg/conn.h"

enum { WB_JOURNAL_BATCH_BYTES = 33 };

struct wb_journal_pg {
    struct wb_journal base;
    struct wb_pg pg;
    struct wb_arena arena; /* of the URL's copy and plan */
    struct wb_url url;
    const char *plan;
};

static inline struct wb_journal_pg *wb_journal_pg_of(struct wb_journal *j) {
    return (struct wb_journal_pg *)j;
}

/* The server's clock in microseconds, as SQL. */
#define WB_JOURNAL_PG_NOW "(extract(epoch FROM clock_timestamp()) * 1000000)::bigint"

/* One piece of work on a connection. again: it was begun before and its answer was lost. */
struct wb_journal_pg_work {
    enum wb_code (*run)(struct wb_journal_pg *s, struct wb_journal_pg_work *w,
                        struct wb_error *err);
    bool again;
    char batch[WB_JOURNAL_BATCH_BYTES]; /* tells this write from all others */
};

/* Run it; where the connection is lost, once more on a new one. */
enum wb_code wb_journal_pg_work(struct wb_journal_pg *s, struct wb_journal_pg_work *w,
                                struct wb_error *err);
/* Within a piece of work: a durable transaction around body; faults are asked around COMMIT. */
enum wb_code wb_journal_pg_write(struct wb_journal_pg *s,
                                 enum wb_code (*body)(struct wb_journal_pg *s,
                                                      struct wb_journal_pg_work *w,
                                                      struct wb_error *err),
                                 struct wb_journal_pg_work *w, struct wb_error *err);

/* SQL by format: %t a text literal (const char *, may be NULL), %i an int64_t, %p the plan's
 * literal. */
void wb_journal_pg_sql(struct wb_journal_pg *s, struct wb_buf *to, const char *format, ...);
/* The same, run: rows changed (may be NULL), or a result that PQclear frees. */
enum wb_code wb_journal_pg_run(struct wb_journal_pg *s, uint64_t *ret_changed, struct wb_error *err,
                               const char *format, ...);
enum wb_code wb_journal_pg_ask(struct wb_journal_pg *s, PGresult **ret, struct wb_error *err,
                               const char *format, ...);
int64_t wb_journal_pg_int(const PGresult *r, int row, int column); /* 0 for NULL */
const char *wb_journal_pg_text(const PGresult *r, int row, int column, struct wb_arena *a);

static inline void wb_journal_pg_clear(PGresult **r) {
    PQclear(*r);
}
#define WB_CLEANUP_PGRESULT __attribute__((cleanup(wb_journal_pg_clear)))

/* lease.c, events.c, requests.c: see wb_journal_ops */
enum wb_code wb_journal_pg_take(struct wb_journal *j, uint64_t *ret_run_us, struct wb_error *err);
enum wb_code wb_journal_pg_renew(struct wb_journal *j, struct wb_error *err);
enum wb_code wb_journal_pg_release(struct wb_journal *j, struct wb_error *err);
enum wb_code wb_journal_pg_lease(struct wb_journal *j, struct wb_arena *a, struct wb_lease *ret,
                                 struct wb_error *err);
enum wb_code wb_journal_pg_claim(struct wb_journal_pg *s, const char *batch, struct wb_error *err);
/* Whether a write of this runner was committed although its answer was lost. */
enum wb_code wb_journal_pg_was_done(struct wb_journal_pg *s, const char *batch, bool *ret,
                                    struct wb_error *err);
enum wb_code wb_journal_pg_append(struct wb_journal *j, const struct wb_event *events, size_t n,
                                  const struct wb_answer *answer, int64_t *ret_seq,
                                  struct wb_error *err);
enum wb_code wb_journal_pg_read(struct wb_journal *j, int64_t after_seq, size_t max,
                                struct wb_arena *a, struct wb_events *ret, struct wb_error *err);
enum wb_code wb_journal_pg_request_put(struct wb_journal *j, const struct wb_request *r,
                                       int64_t *ret_id, struct wb_error *err);
enum wb_code wb_journal_pg_request_next(struct wb_journal *j, int64_t after_id, struct wb_arena *a,
                                        struct wb_request *ret, struct wb_error *err);
enum wb_code wb_journal_pg_request_read(struct wb_journal *j, int64_t id, struct wb_arena *a,
                                        struct wb_answer *ret, struct wb_error *err);
enum wb_code wb_journal_pg_answer(struct wb_journal_pg *s, const struct wb_answer *answer,
                                  struct wb_error *err);

#endif
