/* Errors as plain values.
 *
 * A fallible function returns an enum wb_code (WB_OK is 0) and fills *err. The deepest function
 * that knows what happened sets the error; callers on the way up add where it happened with
 * wb_error_wrap(). Library code never prints. The table below is the only place where a code's
 * name, number, class, text and hint are written: messages, exit codes and docs/errors.md come from
 * it. The class alone decides what is done about an error.
 */
#ifndef WB_BASE_ERROR_H
#define WB_BASE_ERROR_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

/* What an error means for whoever has to act on it. */
enum wb_class {
    WB_CLASS_NONE,    /* no error */
    WB_CLASS_USAGE,   /* the command line is wrong: exit 2 */
    WB_CLASS_PLAN,    /* the plan is at fault: exit 3 */
    WB_CLASS_REFUSED, /* going on would be unsafe or was not allowed: exit 1 */
    WB_CLASS_DATA,    /* a value or object that cannot be carried: exit 1 */
    WB_CLASS_DIFFERS, /* the proof found a difference: exit 1 */
    WB_CLASS_RETRY,   /* connection lost, deadlock, server restart: the same call may succeed later:
                         exit 4 */
    WB_CLASS_RESOURCE, /* disk, memory, privilege, database said no: exit 4 */
    WB_CLASS_UNPROVEN, /* not verified or inconclusive: exit 6 */
    WB_CLASS_CANCELED, /* somebody asked us to stop: exit 130 or 143 */
    WB_CLASS_INTERNAL, /* a bug in whimbrel: exit 5 */
};

/* X(name, stable number, class, text, hint). Numbers are never reused. */
#define WB_ERRORS(X)                                                                             \
    X(USAGE, 100, USAGE, "the command line is wrong", "see whimbrel COMMAND --help")             \
    X(URL, 101, USAGE, "the database URL is malformed",                                          \
      "write it as mysql://user@host/db, postgresql://user@host/db or sqlite:PATH")              \
    X(SCHEME, 102, USAGE, "no engine speaks this URL's scheme",                                  \
      "use mysql:, mariadb:, postgresql:, postgres: or sqlite:")                                 \
    X(RULE, 103, USAGE, "a cast, rename, filter or policy rule is malformed",                    \
      "see whimbrel copy --help")                                                                \
    X(UNSUPPORTED, 104, USAGE, "this engine cannot do that",                                     \
      "see docs/engines.md for what each engine can do")                                         \
    X(PLAN, 110, PLAN, "the plan cannot be used", "see whimbrel check PLAN")                     \
    X(CONNECT, 200, RESOURCE, "cannot connect",                                                  \
      "check host, port, socket and that the server runs")                                       \
    X(LOGIN, 201, RESOURCE, "the server refused the login",                                      \
      "check user and password; passwords come from WHIMBREL_SOURCE_PASSWORD, "                  \
      "WHIMBREL_TARGET_PASSWORD, ~/.pgpass or ~/.my.cnf")                                        \
    X(PRIVILEGE, 202, RESOURCE, "a privilege is missing",                                        \
      "grant it to this user, or connect as one who has it")                                     \
    X(LOST, 203, RETRY, "the connection was lost",                                               \
      "run the same command again: it continues where it stood")                                 \
    X(DEADLOCK, 204, RETRY, "the server chose this transaction to end a conflict",               \
      "it is tried again")                                                                       \
    X(LOCK_TIMEOUT, 205, RETRY, "a lock could not be had in time",                               \
      "see who holds it, named in the message, or try later")                                    \
    X(SQL, 206, RESOURCE, "the database refused a statement", "the message quotes the server")   \
    X(DISK_FULL, 207, RESOURCE, "no space is left",                                              \
      "make room, then run the same command again: it continues where it stood")                 \
    X(IO, 208, RESOURCE, "reading or writing a file failed",                                     \
      "check the path, its permissions and the disk")                                            \
    X(MEMORY, 209, RESOURCE, "memory ran out", "lower --jobs")                                   \
    X(NOT_FOUND, 210, RESOURCE, "the object does not exist", "check the name and the schema")    \
    X(TIMEOUT, 211, RESOURCE, "a statement took longer than it may",                             \
      "raise --statement-timeout, or try when the server is less busy")                          \
    X(TARGET_NOT_EMPTY, 300, REFUSED, "the target is not empty",                                 \
      "choose an empty database or another --schema; whimbrel never drops what it did not make") \
    X(TARGET_BUSY, 301, REFUSED, "another whimbrel works on this target",                        \
      "wait for it, or stop it first")                                                           \
    X(FENCED, 302, REFUSED, "another runner has taken over this target",                         \
      "this one stopped without writing more")                                                   \
    X(OTHER_RUN, 303, REFUSED, "the target holds a copy made with other parameters",             \
      "repeat the first command's parameters to continue it, or add --restart to begin anew")    \
    X(SOURCE_CHANGED, 304, REFUSED, "the source's schema changed during the copy",               \
      "run the command with --restart")                                                          \
    X(NOT_TRANSACTIONAL, 305, REFUSED,                                                           \
      "tables without transactions cannot be read consistently while they are written",          \
      "convert them to InnoDB, exclude them, or allow a read lock with --lock-tables")           \
    X(RUNNING, 306, REFUSED, "another whimbrel runs this plan",                                  \
      "wait for it, or ask it: pause, approve and rollback reach it")                            \
    X(ANSWERED, 307, REFUSED, "the request was answered already", "see whimbrel status PLAN")    \
    X(FORMAT, 308, REFUSED, "the record was written by a newer whimbrel",                        \
      "use that version or a later one")                                                         \
    X(HELD, 309, REFUSED, "the run is held until somebody has looked",                           \
      "see whimbrel status PLAN, then resume it or roll it back")                                \
    X(OTHER_DATABASE, 320, REFUSED, "this is another database than at the beginning",            \
      "let the URL lead to the first one again (name one server, not a proxy or a name that "    \
      "several share), then run the same command: it continues where it stood")                  \
    X(DENIED, 321, REFUSED, "the runner refused the request", "see whimbrel status PLAN")        \
    X(VALUE, 310, DATA, "a value cannot be held by the target",                                  \
      "declare what to do with --policy KIND=ACTION, or change the type with --cast")            \
    X(NAME, 311, DATA, "a name cannot be held by the target",                                    \
      "rename it with --rename or --policy name-length=replace")                                 \
    X(TYPE, 312, DATA, "a type has no counterpart in the target", "give one with --cast")        \
    X(ROW_TOO_LARGE, 313, DATA, "a row is larger than the declared allowance",                   \
      "raise it with --max-row-bytes")                                                           \
    X(CONSTRAINT, 314, DATA, "the data violates a constraint of the target",                     \
      "correct the source's rows named in the message, or exclude the constraint")               \
    X(DIFFERS, 400, DIFFERS, "source and target differ",                                         \
      "see the tables named; run with --restart to copy them again")                             \
    X(UNPROVEN, 401, UNPROVEN, "not everything could be verified", "see what was left out")      \
    X(WAITING, 402, UNPROVEN, "the run waits for data or for a person",                          \
      "see whimbrel status PLAN")                                                                \
    X(RESTORE, 403, DIFFERS, "the restore test failed",                                          \
      "the backup is kept and marked as not verified; its manifest says what differs")           \
    X(CANCELED, 500, CANCELED, "stopped on request",                                             \
      "run the same command again: it continues where it stood")                                 \
    X(PROTOCOL, 600, INTERNAL, "the server sent something unexpected",                           \
      "please report it with the server's version")                                              \
    X(INTERNAL, 601, INTERNAL, "an internal error",                                              \
      "please report it; no data was changed beyond what the ledger says")

enum wb_code {
    WB_OK = 0,
#define X(name, number, class, text, hint) WB_E_##name = (number),
    WB_ERRORS(X)
#undef X
};

#define WB_ERROR_TEXT_BYTES 1024

/* An error as a value. A zeroed struct is "no error". Copied freely; owns nothing. */
struct wb_error {
    enum wb_code code;
    char sqlstate[6];               /* "" where none */
    int vendor;                     /* the server's own number, 0 where none */
    char text[WB_ERROR_TEXT_BYTES]; /* context and cause, innermost last: "table orders: chunk 7:
                                       source lost: …" */
    char hint[256];                 /* what to do; "" means the table's hint */
};

/* Set *err (which may be NULL) to code with a printf-like text, and return code. A text too long is
 * cut with "…". */
enum wb_code wb_error_set(struct wb_error *err, enum wb_code code, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* Put "context: " before the text of an error that is already set; returns its code. Where err is
 * NULL there is no text, and the code is that of the last error that this thread has set. */
enum wb_code wb_error_wrap(struct wb_error *err, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* Replace the hint that the table gives by one that fits the case better; returns the error's code.
 */
enum wb_code wb_error_hint(struct wb_error *err, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* Facts from the table. Unknown codes are treated as INTERNAL. */
enum wb_class wb_error_class(enum wb_code code);
const char *wb_error_name(enum wb_code code);             /* "LOGIN" */
const char *wb_error_summary(enum wb_code code);          /* "the server refused the login" */
const char *wb_error_hint_of(const struct wb_error *err); /* own hint, or the table's */
int wb_error_exit_code(enum wb_code code);                /* 0, 1, 2, 3, 4, 5, 6 or 130 */

/* Call each(ctx, …) for every row of the table: docs/errors.md is made from this. */
void wb_error_each(void (*each)(void *ctx, int number, const char *name, enum wb_class cls,
                                const char *text, const char *hint),
                   void *ctx);

#endif
