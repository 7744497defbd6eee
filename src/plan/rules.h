/* Every finding that a check of a plan's text can make: one table gives its name, its usual
 * severity and its line in docs/plan.md. */
#ifndef WB_PLAN_RULES_H
#define WB_PLAN_RULES_H

#include "model/finding.h"

/* X(name, word, severity, meaning) */
#define WB_PLAN_RULES(X)                                                                           \
    X(SYNTAX, "nearly-understood", ERROR,                                                          \
      "a phrase, label, heading, key or column title is close to one that is known, but is not "   \
      "it")                                                                                        \
    X(VALUE, "bad-value", ERROR, "a number, unit, date or setting is malformed")                   \
    X(FRONT, "front-matter", ERROR, "the front matter cannot be read, or is missing something")    \
    X(BLOCK, "block", ERROR, "a code block's attributes contradict each other or cannot be kept")  \
    X(STRUCTURE, "structure", ERROR, "phases, stages or tables do not fit together")               \
    X(VARIABLE, "variable-not-set", WARNING, "${NAME} is not in the environment")                  \
    X(SECRET, "password-in-plan", WARNING, "a password stands in the plan itself")                 \
    X(UNBOUND, "unbound", WARNING,                                                                 \
      "a gate or trigger whose metric has no source: the plan cannot run")                         \
    X(NULL_UNSAFE, "null-unsafe-comparison", WARNING,                                              \
      "a row whose value is NULL on one side passes the comparison unseen")                        \
    X(INNER_JOIN, "inner-join-hides-rows", WARNING,                                                \
      "a check by inner join does not see rows that are missing on one side")                      \
    X(ONE_WAY, "anti-join-one-way", WARNING,                                                       \
      "an anti-join looks for missing rows in one direction only")                                 \
    X(AGGREGATE, "aggregate-order", WARNING,                                                       \
      "text aggregates without an order, or separated differently, are compared across engines")   \
    X(CONCURRENTLY, "index-concurrently-in-transaction", ERROR,                                    \
      "CREATE INDEX CONCURRENTLY cannot run inside a transaction")                                 \
    X(UPSERT, "backfill-overwrites", WARNING,                                                      \
      "a backfill that updates rows which exist can overwrite newer values")                       \
    X(ALONE, "cannot-run-in-transaction", ERROR,                                                   \
      "a statement that cannot run inside a transaction, or ends the one that it runs in")         \
    X(SQL_SYNTAX, "sql-syntax", ERROR, "a server would not take the statement")                    \
    X(UNSUPPORTED, "not-supported", ERROR,                                                         \
      "the server, or its version, does not know what is used")                                    \
    X(UNKNOWN, "unknown-name", ERROR,                                                              \
      "a table or column that is not in the database or the mapping, nor made by the plan by "     \
      "then")                                                                                      \
    X(ALREADY, "already-there", WARNING, "what a step creates is there already")                   \
    X(LOCK, "lock", WARNING,                                                                       \
      "a step keeps others from a table, for about how long by its size (a note where it is "      \
      "short)")                                                                                    \
    X(LOCK_TIMEOUT, "no-lock-timeout", NOTE, "a strong lock is waited for without a lock_timeout") \
    X(WRITES_IN_CHECK, "check-writes", ERROR, "a check runs read only, but its SQL writes")        \
    X(GATE_DROPS, "gate-drops-metric", WARNING,                                                    \
      "a stage's gate no longer watches what the stage before watched")                            \
    X(STALE_READS, "gate-without-lag", WARNING,                                                    \
      "the plan names replicas or a lag, and a ramp's gate does not watch it: users may not see "  \
      "what they have just written")                                                               \
    X(GATE_UNCERTAIN, "gate-not-certifiable", WARNING,                                             \
      "the stage is too short for its gate to be decided from the stated traffic")                 \
    X(NO_LOSS_CLAIM, "loss-claim", WARNING,                                                        \
      "a summary says that no data is lost, but nothing carries new rows back")                    \
    X(NO_SIGN_OFF, "irreversible-without-sign-off", WARNING,                                       \
      "what cannot be undone has no sign-off before it")                                           \
    X(NO_ROLLBACK, "phase-without-rollback", WARNING, "a phase says no way back")                  \
    X(NO_CHECK, "phase-without-check", WARNING, "a phase checks nothing")                          \
    X(DAYS, "stages-exceed-days", WARNING, "a phase's stages last longer than its days")           \
    X(DESTRUCTIVE, "destructive-without-block", WARNING,                                           \
      "a phrase or statement that destroys or deploys is not a named block: a person does it")     \
    X(SYNC, "needs-sync", ERROR,                                                                   \
      "the plan asks for continuous sync, its cutover or a reverse stream, which this version "    \
      "cannot run")                                                                                \
    X(TWO_DATABASES, "two-databases", WARNING,                                                     \
      "what is written while the phases run must reach both databases, and nothing in the plan "   \
      "says how")                                                                                  \
    X(SUMMARY, "summary-contradicts", WARNING, "the rollback summary and the phases disagree")     \
    X(FLAG, "flag-unnamed", WARNING, "a flag is to be set, but none is named")                     \
    X(ADVICE, "advice", NOTE, "worth knowing")

enum wb_plan_rule {
#define X(name, word, severity, text) WB_PLAN_##name,
    WB_PLAN_RULES(X)
#undef X
        WB_PLAN_RULE_COUNT
};

const char *wb_plan_rule_word(enum wb_plan_rule rule); /* "null-unsafe-comparison" */
const char *wb_plan_rule_text(enum wb_plan_rule rule);
enum wb_severity wb_plan_rule_severity(enum wb_plan_rule rule);

#endif
