/* The file of queries that --performance compares.
 *
 *   -- the orders page               a comment
 *   -- name: newest orders           of the next query
 *   -- tolerance: 25%                of the next query
 *   SELECT * FROM orders ORDER BY id DESC LIMIT 20;
 *
 *   SELECT IFNULL(note, '') FROM orders WHERE id = 17
 *   -- target: SELECT coalesce(note, '') FROM orders WHERE id = 17
 *   -- target: AND total > 0         the same query in the target's words; lines go on
 *   ;
 *
 * Statements end with a semicolon. What may write, lock or wait is refused here, before anything
 * runs: the transaction that forbids writing is the second wall, not the first.
 */
#ifndef WB_VERIFY_QUERIES_H
#define WB_VERIFY_QUERIES_H

#include "base/arena.h"
#include "base/error.h"

#include <stdbool.h>

struct wb_verify_query {
    const char *name;             /* "query 3" where none was given */
    unsigned line;                /* where its SQL begins, from 1 */
    const char *sql, *target_sql; /* without the semicolon; the same where there is no variant */
    double tolerance;             /* < 0: not given */
};

/* Parse a file's text; name is for messages ("q.sql:12: …"). All memory comes from a. USAGE: a
 * malformed directive, a statement that is none of SELECT, WITH, VALUES, TABLE and SHOW, or one
 * that writes or locks; no query at all. */
enum wb_code wb_verify_parse_queries(const char *text, const char *name, struct wb_arena *a,
                                     struct wb_verify_query **ret, size_t *ret_n,
                                     struct wb_error *err);

/* The identifier that stands before another one as its alias ("orders AS o", "orders o"), with
 * quotes removed; NULL where the SQL has no such alias. */
const char *wb_verify_aliased(const char *sql, const char *alias, struct wb_arena *a);

#endif
