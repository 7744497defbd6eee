/* A directory with databases of its own for each test, and what the tests of this engine say again
 * and again. */
#ifndef TESTS_UNIT_ENGINES_SQLITE_FIXTURE_H
#define TESTS_UNIT_ENGINES_SQLITE_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "engines/sqlite/sqlite.h"

struct sqlite_fixture {
    char dir[64];
    struct wb_arena arena;
    struct wb_error err;
};

int sqlite_setup(void **state);    /* makes the directory; *state is the fixture */
int sqlite_teardown(void **state); /* removes it */

const char *sqlite_path(struct sqlite_fixture *f, const char *name);
/* Opens dir/name; fails the test where it cannot. */
struct wb_conn *sqlite_open(struct sqlite_fixture *f, const char *name, enum wb_side side);
/* The same for one that must be refused: the code. */
enum wb_code sqlite_open_fails(struct sqlite_fixture *f, const char *name, enum wb_side side);
void sqlite_run(struct sqlite_fixture *f, struct wb_conn *c, const char *sql);
/* Runs SQL through a connection that is closed again: an application. */
void sqlite_app(struct sqlite_fixture *f, const char *name, const char *sql);
/* First value of the first row as text; "(null)" for NULL, "(none)" without rows. */
const char *sqlite_value(struct sqlite_fixture *f, struct wb_conn *c, const char *sql);
void sqlite_describe(struct sqlite_fixture *f, struct wb_conn *c, struct wb_catalog *ret);

/* Fails the test with the error's text unless code is WB_OK. */
#define sqlite_ok(f, code)                 \
    do {                                   \
        if ((code) != WB_OK)               \
            fail_msg("%s", (f)->err.text); \
    } while (0)

#endif
