/* What a store of the journal has to do; for its implementations. The common part (journal.c) has
 * checked arguments, set times and knows whether the lease was taken. */
#ifndef WB_JOURNAL_STORE_H
#define WB_JOURNAL_STORE_H

#include "journal/journal.h"

struct wb_journal_ops {
    void (*close)(struct wb_journal *j);
    /* Raise the token where the lease is free, and fill j->token; run_us of the newest event. */
    enum wb_code (*take)(struct wb_journal *j, uint64_t *ret_run_us, struct wb_error *err);
    enum wb_code (*renew)(struct wb_journal *j, struct wb_error *err);
    enum wb_code (*release)(struct wb_journal *j, struct wb_error *err);
    enum wb_code (*lease)(struct wb_journal *j, struct wb_arena *a, struct wb_lease *ret,
                          struct wb_error *err);
    /* wall_us and run_us are set; seq is the store's. n may be 0 where there is an answer. */
    enum wb_code (*append)(struct wb_journal *j, const struct wb_event *events, size_t n,
                           const struct wb_answer *answer, int64_t *ret_seq, struct wb_error *err);
    enum wb_code (*read)(struct wb_journal *j, int64_t after_seq, size_t max, struct wb_arena *a,
                         struct wb_events *ret, struct wb_error *err);
    enum wb_code (*request_put)(struct wb_journal *j, const struct wb_request *r, int64_t *ret_id,
                                struct wb_error *err);
    enum wb_code (*request_next)(struct wb_journal *j, int64_t after_id, struct wb_arena *a,
                                 struct wb_request *ret, struct wb_error *err);
    enum wb_code (*request_read)(struct wb_journal *j, int64_t id, struct wb_arena *a,
                                 struct wb_answer *ret, struct wb_error *err);
};

/* The first member of every store. */
struct wb_journal {
    const struct wb_journal_ops *ops;
    struct wb_journal_opts opts; /* clock is never NULL */
    char *name;                  /* owned */
    bool holds;                  /* the lease was taken, and nobody was seen to have taken it */
    int64_t token, ttl_ms;
    char *holder;                  /* owned, NULL before the first take */
    uint64_t run_us, monotonic_us; /* the run time, and the clock when it was that */
};

void wb_journal_init(struct wb_journal *j, const struct wb_journal_ops *ops, const char *name,
                     const struct wb_journal_opts *opts);
void wb_journal_done(struct wb_journal *j); /* frees what init and take made */

int64_t wb_journal_now_us(const struct wb_journal *j); /* wall clock */
/* What opts.fault says at a point. */
enum wb_code wb_journal_fault(struct wb_journal *j, enum wb_journal_point point,
                              struct wb_error *err);

/* Errors that all stores word alike. Fencing makes the handle forget its lease. */
enum wb_code wb_journal_fail_fenced(struct wb_journal *j, const char *by, struct wb_error *err);
enum wb_code wb_journal_fail_running(struct wb_journal *j, const char *by, int64_t left_us,
                                     struct wb_error *err);
enum wb_code wb_journal_fail_answered(struct wb_journal *j, int64_t id, bool exists,
                                      struct wb_error *err);
enum wb_code wb_journal_fail_format(struct wb_journal *j, int64_t format, struct wb_error *err);
enum wb_code wb_journal_fail_word(struct wb_journal *j, const char *what, int64_t number,
                                  const char *word, struct wb_error *err);

#endif
