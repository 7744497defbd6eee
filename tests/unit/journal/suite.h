/* What every store of the journal must keep: the same tests for all. A program gives its store by a
 * struct journal_store as cmocka's state, and adds what only its store has. */
#ifndef WB_TESTS_JOURNAL_SUITE_H
#define WB_TESTS_JOURNAL_SUITE_H

#include "journal/journal.h"

#include <stddef.h>

struct CMUnitTest;

struct journal_store {
    void *ctx;
    void (*empty)(struct journal_store *s);  /* begins with no journal */
    void (*expire)(struct journal_store *s); /* whoever has the lease was silent for too long */
    enum wb_code (*open)(struct journal_store *s, const struct wb_journal_opts *opts,
                         struct wb_journal **ret, struct wb_error *err);
    const struct wb_clock *clock; /* NULL: the system's */
};

/* Put the suite's tests behind the first n of tests; returns how many there are then. */
size_t journal_suite_add(struct CMUnitTest *tests, size_t n);

/* Failures end the test. */
struct wb_journal *journal_open(struct journal_store *s);
void journal_take(struct wb_journal *j, const char *holder);
int64_t journal_note(struct wb_journal *j, const char *data);
size_t journal_count(struct wb_journal *j); /* events; checks that their numbers have no gap */

#endif
