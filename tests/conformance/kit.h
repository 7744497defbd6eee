/* The conformance suite: what engine.h promises, asked of every engine that the program has.
 *
 * SQLite needs nothing; the others are tested where WB_PG_URL and WB_MY_URL name a server
 * (scripts/servers run sets both), and said to be left out where not. Each test gets an empty
 * database of its own. Tests name no engine: what they need is made through map_type and render,
 * loaded through load_put and read through cursors.
 */
#ifndef TESTS_CONFORMANCE_KIT_H
#define TESTS_CONFORMANCE_KIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "engine/engine.h"

/* A test's world: *state. */
struct kit {
    const struct wb_engine *engine;
    struct wb_url url; /* of the empty database */
    const char *schema;
    struct wb_arena arena;
    struct wb_error err;
    struct wb_conn *open[16]; /* closed when the test ends, in whatever way */
    size_t n_open;
    struct wb_catalog *catalogs[32]; /* described in this test, and owned by it */
    size_t n_catalogs;
};

int kit_setup(void **state);
int kit_teardown(void **state);

#define KIT_TEST(name) cmocka_unit_test_setup_teardown(name, kit_setup, kit_teardown)

/* Runs the tests as one group for each engine; the number of failures. */
int kit_run(const char *name, const struct CMUnitTest *tests, size_t n);

/* Fails the test with the error's text unless the outcome is WB_OK. */
#define kit_ok(k, outcome)                                                   \
    do {                                                                     \
        if ((outcome) != WB_OK)                                              \
            fail_msg("%s: %s", wb_error_name((k)->err.code), (k)->err.text); \
    } while (0)

struct wb_conn *kit_open(struct kit *k, enum wb_side side);
void kit_close(struct kit *k, struct wb_conn *c);

/* Runs one statement; in it "@NAME@" becomes the quoted name NAME. */
void kit_exec(struct kit *k, struct wb_conn *c, const char *sql);
enum wb_code kit_try(struct kit *k, struct wb_conn *c, const char *sql, uint64_t *ret_rows);
/* The first value of the first row; "(null)" for NULL, "(none)" without rows. */
const char *kit_value(struct kit *k, struct wb_conn *c, const char *sql);

struct kit_column {
    const char *name;
    struct wb_type type; /* neutral; what the engine makes of it is in the table returned */
    bool not_null;
};

/* Makes a table; its first n_key columns are the primary key. Returned is the mapped table, as a
 * target's catalog has it. */
struct wb_table *kit_make(struct kit *k, struct wb_conn *c, const char *name,
                          const struct kit_column *columns, size_t n, size_t n_key);
/* The same with one column type that may have no counterpart: NULL then, with k->err set. */
struct wb_table *kit_try_make(struct kit *k, struct wb_conn *c, const char *name,
                              const struct kit_column *columns, size_t n, size_t n_key);
/* As described by the engine; fails if it is not there. Owned by the test. */
const struct wb_table *kit_described(struct kit *k, struct wb_conn *c, const char *name);

/* Loads the batch into all columns, in a transaction of its own. */
void kit_load(struct kit *k, struct wb_conn *c, const struct wb_table *t, const struct wb_batch *b);
enum wb_code kit_try_load(struct kit *k, struct wb_conn *c, const struct wb_table *t,
                          const struct wb_batch *b);

/* Opens a cursor over all columns of a range. */
struct wb_cursor *kit_read(struct kit *k, struct wb_conn *c, const struct wb_table *t,
                           struct wb_range range, int ordered);
/* Reads one batch; the number of rows. */
uint32_t kit_next(struct kit *k, struct wb_cursor *cur, struct wb_batch *b);
uint64_t kit_count(struct kit *k, struct wb_conn *c, const struct wb_table *t);

/* Cells of integers in the forms of their kind. */
struct wb_type kit_int(unsigned size_bytes);
struct wb_type kit_kind(enum wb_kind kind);

#endif
