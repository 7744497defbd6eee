/* The grammar of phrases: one table that gives the parser, the documentation and the suggestions.
 *
 * A pattern is a row of words and slots:
 *   word      that word; a|b one of them; with ? behind it, it may be left out
 *   [ … ]     all of it or nothing
 *   SLOT      see slots[] in pattern.c; METRIC, THING and NAMES take as few words as fit
 * "the", "a" and "an" may stand before any word. Of the patterns for one use the first that takes
 * the whole phrase wins, so the more exact ones come first. */
#include "plan/reader.h"

#define CRITERIA(kind, text, example, meaning) \
    { WB_USE_CRITERIA, WB_CLAUSE_##kind, text, example, meaning }
#define ACTION(kind, text, example, meaning) \
    { WB_USE_ACTION, WB_ACT_##kind, text, example, meaning }
#define STEP(kind, text, example, meaning) \
    { WB_USE_STEP, WB_STEP_##kind, text, example, meaning }

const struct wb_pattern wb_patterns[] = {
    CRITERIA(
        SQL, "CODE must|should|shall? return|returns EXPECT", "`SELECT …` must return 0",
        "the query runs read only and its single value is compared; \"no rows\" is possible too"),
    CRITERIA(BLOCK, "query|result? must|should|shall return EXPECT", "must return 0",
             "the SQL block below must give that; so does its last comment: -- Must return 0"),
    CRITERIA(SIGN_OFF, "sign off|offs from|by NAMES", "sign-off from data lead and product lead",
             "each role approves with whimbrel approve"),
    CRITERIA(SIGN_OFF, "signoff|signoffs from|by NAMES", "signoff from data lead", "the same"),
    CRITERIA(ALERT, "alert|page if|when METRIC CMP VALUE [SUSTAINED] [for FOR]",
             "alert if row drift > 0.1%", "somebody is paged while it is so; nothing is held"),
    CRITERIA(EXCEEDS_GATE,
             "METRIC exceeds|exceed|violates|violate|breaches|breach gate threshold|thresholds",
             "error rate or latency exceeds gate thresholds",
             "any comparison in the gate of the present ramp stage fails"),
    CRITERIA(
        COMPARE,
        "METRIC is|are|stays|stay|remains|remain? CMP VALUE [over|in|within any|every|each? DUR "
        "window|windows|period|periods] [SUSTAINED] [for at? least? FOR]",
        "error rate < 0.1% over any 10-minute window",
        "the metric is compared; over a window, sustained (5 minutes) or for a time"),
    CRITERIA(WITHIN, "METRIC is|are|stays|stay|remains|remain? within PCT of baseline",
             "P99 within 10% of baseline",
             "compared with what was measured before the first change"),
    CRITERIA(UNCHANGED, "METRIC is|are|stays|stay|remains|remain? unchanged",
             "error rate unchanged", "not distinguishable from the baseline"),
    CRITERIA(VERIFIED,
             "THING is|was|were|has|have? been? verified|tested|restored within last|past? DUR",
             "backup verified within 7 days", "its last verification is recent enough"),
    CRITERIA(RUNNING, "THING running|runs|run for? at? least? DUR [with zero|no ZERO]",
             "dual-write running 48+ hours with zero divergences",
             "has run that long, and nothing was counted meanwhile"),
    CRITERIA(PARITY, "[ PCT ] full? row parity confirmed|verified|reached|proven?",
             "100% row parity confirmed", "both sides hold the same rows, by a full verification"),
    CRITERIA(
        ROW_COUNT,
        "compare? row|rows count|counts match|matches|matched|equal|comparison|verified? [on|of "
        "both|all sides|tables] daily|hourly?",
        "row count match", "the number of rows of every table is compared"),
    CRITERIA(CHECKSUM,
             "compare? checksum|checksums match|matches|matched|equal|comparison|verified? [ on|of "
             "NAMES column|columns? ]",
             "checksums on email and created_at columns",
             "rows are compared by digest, in these columns"),
    CRITERIA(SAMPLE,
             "spot check|checks|checking on|of? N random? rows|row [for field|fields|value "
             "equality|parity]",
             "spot-check 2,000 random rows", "that many random rows are compared field by field"),
    CRITERIA(SAMPLE, "random sample|samples comparison|check? of? ( N rows )",
             "random sample comparison (1,000 rows)", "the same"),
    CRITERIA(SAMPLE, "random sample|samples comparison|check? of? N rows|row",
             "random sample of 1,000 rows", "the same"),
    CRITERIA(NOT_WRITTEN, "SIDE is|are? not receiving|getting writes|any?",
             "MySQL not receiving writes", "no row of that side changes"),
    CRITERIA(NOT_WRITTEN, "no writes to|on|reach SIDE", "no writes to source", "the same"),
    CRITERIA(NO_QUERIES, "no queries|query hit|hits|reach|use|uses CODE table? directly?",
             "no queries hit `users`", "the server's scan counters of the table stand still"),
    CRITERIA(DETECTED, "any THING detected|found|observed", "any data mismatch detected",
             "one is enough, at once"),
    CRITERIA(DETECTED, "THING detected|found|observed", "divergence detected", "the same"),
    CRITERIA(COMPLETE, "THING is|are? complete|completed|completes|finished|done",
             "backfill complete", "the phase of that name has passed"),

    ACTION(SET_FLAG, "set|flip|switch|turn|toggle feature? flag|flags FLAG? back? to BOOL",
           "set feature flag `use_new` to false",
           "the flag is served with that value from then on"),
    ACTION(SET_FLAG, "flip|switch|turn|toggle feature? flag|flags FLAG? BOOL",
           "flip feature flag off", "the same; without a name, the flag of the front matter"),
    ACTION(SET_FLAG, "turn|switch BOOL feature? flag|flags FLAG?",
           "turn off feature flag `use_new`", "the same"),
    ACTION(SET_STAGE,
           "set|move|switch migration|flag? stage [ of FLAG ] to "
           "off|dualwrite|shadow|live|rampdown|complete",
           "set migration stage to dualwrite",
           "the stage is served as FLAG-stage; off takes all reads back to the old side"),
    ACTION(PAUSE_BACKFILL, "pause backfill", "pause backfill", "no further batch begins"),
    ACTION(RESUME_BACKFILL, "resume|continue backfill", "resume backfill", "batches go on"),
    ACTION(STOP_BACKFILL, "stop backfill", "stop backfill", "the backfill ends where it stands"),
    ACTION(BATCH_SIZE, "reduce|lower|raise|increase|set|change batch size to N rows?",
           "reduce batch size to 1,000", "the next batches have that many rows"),
    ACTION(DISABLE_WRITES, "disable SIDE writes", "disable PostgreSQL writes",
           "the flag FLAG-writes-target (-source) is served as false, and somebody is paged: the "
           "application has to read it"),
    ACTION(DISABLE_WRITES, "disable writes to|on|in SIDE", "disable writes to target", "the same"),
    ACTION(DISABLE_WRITES, "disable|stop all? writes", "disable writes", "the same, of both sides"),
    ACTION(ENABLE_WRITES, "re? enable SIDE writes", "re-enable MySQL writes",
           "the flag is served as true again, and somebody is paged"),
    ACTION(ENABLE_WRITES, "re? enable writes to|on|in SIDE", "re-enable writes to source",
           "the same"),
    ACTION(ENABLE_WRITES, "re? enable all? writes", "re-enable writes", "the same, of both sides"),
    ACTION(ROUTE_READS, "route|send|switch all? reads back? to SIDE", "route reads to source",
           "the flag sends reads to that side"),
    ACTION(ROUTE_READS, "[ feature flag : ] read|reads from SIDE [ ( PCT traffic|reads? ) ]",
           "read from PostgreSQL (1% traffic)", "the flag sends that share of reads to that side"),
    ACTION(HOLD, "hold|pause ramp|run|plan|migration?", "hold",
           "nothing goes on until somebody resumes"),
    ACTION(
        ROLL_BACK,
        "immediately|automatically? roll|rolls back this|whole? phase? immediately|automatically?",
        "roll back", "of a trigger: its phase is undone, as without any action"),
    ACTION(
        ROLL_BACK,
        "initiate|start|trigger|perform? immediate|automatic|full? rollback of? this|whole? phase?",
        "rollback", "the same"),
    ACTION(ROLL_BACK, "immediately|automatically? revert|undo this|whole? phase? immediately?",
           "revert", "the same"),
    ACTION(PAGE, "page|notify|alert THING?", "page on-call", "a notification is sent"),
    ACTION(RUN_BLOCK, "run CODE", "run `drop-new-tables`", "the block with that action runs"),
    ACTION(NONE, "not available|possible [ ( point of no return ) ]",
           "not available (point of no return)", "from here on there is no way back"),
    ACTION(NONE, "none [ ( point of no return ) ]", "none (point of no return)", "the same"),
    ACTION(NONE, "point of no return", "point of no return", "the same"),

    STEP(BATCHES, "in batches of N rows?", "run backfill in batches of 5,000 rows",
         "the size of a batch of the backfill"),
    STEP(DELAY, "with? DUR delay|pause|sleep|wait between batches",
         "with 200ms delay between batches", "the pause after each batch"),
    STEP(PAUSE_IF_LAG, "pause backfill? if|when|while replica|replication? lag is? CMP DUR",
         "pause if lag exceeds 5 seconds", "the backfill waits while a replica lags more"),
    STEP(BACKFILL, "run|start backfill", "run backfill",
         "rows that exist are copied by the mapping"),
    STEP(CYCLES, "after N release cycle|cycles", "after 2 release cycles",
         "somebody confirms that they have passed"),
    STEP(GRACE, "grace period through|until day N", "(grace period through Day 25)",
         "not before the end of that day"),
    STEP(COPY, "copy whole|all? database|everything|tables to|into target",
         "copy the database into the target", "what whimbrel copy does: all of it, then proof"),
    STEP(VERIFY, "compare whole|all? target|databases|copy with|against source",
         "compare the target with the source", "what whimbrel verify does, down to the row"),
    STEP(
        BACKUP, "back up SIDE", "back up the target",
        "with a folder behind the front matter's backup: a dump is made, restored and compared, as "
        "whimbrel backup does; with a command there it runs, and its exit code decides; without "
        "either a person does it"),
    STEP(BACKUP,
         "take|make|create full|fresh|complete|new? backup [of SIDE] [and test|verify|prove "
         "restore|it]",
         "take a full backup and test the restore", "the same"),
};
const size_t wb_n_patterns = sizeof wb_patterns / sizeof *wb_patterns;

void wb_plan_each_phrase(void (*each)(void *ctx, const char *use, const char *phrase,
                                      const char *example, const char *meaning),
                         void *ctx) {
    static const char *const uses[] = {"criteria", "action", "step"};
    for (size_t i = 0; i < wb_n_patterns; i++)
        each(ctx, uses[wb_patterns[i].use], wb_patterns[i].text, wb_patterns[i].example,
             wb_patterns[i].meaning);
}
