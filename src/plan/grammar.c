/* The grammar of phrases: one table that gives the parser, the documentation and the suggestions.
 *
 * A pattern is a row of words and slots:
 *   word      that word; a|b one of them; with ? behind it, it may be left out; with ! behind it, a
 *             slip of the pen in it is none
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
        SQL,
        "query? CODE :? must|should|shall|has|needs|will? to? "
        "return|returns|give|gives|yield|yields|be|is|equal|equals|=|-> exactly? EXPECT",
        "`SELECT …` must return 0",
        "the query runs read only and its single value is compared; \"no rows\" is possible too"),
    CRITERIA(SQL, "must|should|shall return EXPECT : CODE", "must return 0: `SELECT …`",
             "the same"),
    CRITERIA(BLOCK, "query|result|it|this? must|should|shall return|be EXPECT", "must return 0",
             "the SQL block below must give that; so does its last comment: -- Must return 0"),
    CRITERIA(SIGN_OFF, "sign|signed off|offs required|needed? :? from|by? NAMES",
             "sign-off from data lead and product lead",
             "each role approves with whimbrel approve"),
    CRITERIA(SIGN_OFF, "signoff|signoffs required|needed? :? from|by? NAMES",
             "signoff from data lead", "the same"),
    CRITERIA(SIGN_OFF, "approval|approvals|approved :? from|by|of NAMES", "approval from data lead",
             "the same"),
    CRITERIA(SIGN_OFF, "NAMES to|has|have? sign|signs|signed off!", "data lead has signed off",
             "the same"),
    CRITERIA(ALERT,
             "alert|page|notify if|when METRIC :? CMP VALUE [SUSTAINED] [for at|more? least|than? "
             "FOR]",
             "alert if row drift > 0.1%", "somebody is paged while it is so; nothing is held"),
    CRITERIA(
        EXCEEDS_GATE,
        "NAMES exceeds|exceed|violates|violate|breaches|breach|above|over|outside|beyond|fails|"
        "fail any|its|their|that? stage's|current? gate|gates threshold|thresholds|limit|limits?",
        "error rate or latency exceeds gate thresholds",
        "any comparison in the gate of the present ramp stage fails"),
    CRITERIA(
        EXCEEDS_GATE,
        "NAMES exceeds|exceed|violates|violate|breaches|breach|above|over|outside|beyond|misses "
        "any|its|their? threshold|thresholds|limit|limits of stage's|current? gate|gates|stage",
        "error rate exceeds the threshold of the gate", "the same"),
    CRITERIA(EXCEEDS_GATE,
             "any|a? stage's|current? gate|gates threshold|thresholds|metric|metrics|limit|limits? "
             "is|are? exceeded|violated|breached|missed|fails|failed|fail",
             "any gate threshold exceeded", "the same"),
    CRITERIA(VERIFIED,
             "THING must|should|shall? is|was|were|has|have? been? successfully? "
             "verified|tested|restored CMP DUR ago",
             "backup verified less than 7 days ago", "the same"),
    CRITERIA(RUNNING,
             "THING has|have|is|are? been? running|runs|run|active|live|stable|enabled|healthy "
             "for? at|more? least|than? CMP? DUR [with|and zero|no|0 ZERO]",
             "dual-write running 48+ hours with zero divergences",
             "has run that long, and nothing was counted meanwhile"),
    CRITERIA(RUNNING,
             "THING has|have|is|are? been? running|runs|run|active|live|stable|enabled|healthy "
             "for? at|more? least|than? CMP? DUR without any? ZERO",
             "dual-write running 48 hours without divergences", "the same"),
    CRITERIA(RUNNING, "at? least? DUR of THING [with|and zero|no|0 ZERO]",
             "48+ hours of dual-write with zero divergences", "the same"),
    CRITERIA(RUNNING, "at? least? DUR of THING without any? ZERO",
             "48 hours of dual-write without divergences", "the same"),
    CRITERIA(PARITY,
             "[ PCT ] full|data? row parity is|has|was? been? "
             "confirmed|verified|reached|proven|achieved?",
             "100% row parity confirmed", "both sides hold the same rows, by a full verification"),
    CRITERIA(PARITY, "row|data parity :? is|at|of? PCT", "row parity at 100%", "the same"),
    CRITERIA(PARITY, "PCT parity!", "100% parity", "the same"),
    CRITERIA(PARITY,
             "every|all? row|rows must|should|shall|is|are? be? match|matches|identical|equal! "
             "[on both sides|databases]",
             "all rows match", "the same"),
    CRITERIA(
        COMPARE,
        "METRIC :? CMP VALUE [averaged|measured|calculated|computed? "
        "over|in|within|during|across|on|per|/ any|every|each|last|past? "
        "rolling|sliding|moving|continuous? DUR window|windows|period|periods|interval?] "
        "[on|across|of all|any|every|each? replica|replicas] "
        "[SUSTAINED] [for|over at|more|over|longer|last|past? least|than? FOR or? more|longer? "
        "straight|continuously|consecutively?] [at any|all time|times]",
        "error rate < 0.1% over any 10-minute window",
        "the metric is compared; over a window, sustained (5 minutes) or for a time"),
    CRITERIA(COMPARE,
             "METRIC :? CMP VALUE over|in|within|during|across any|every|each? "
             "rolling|sliding|moving? window|windows of DUR",
             "error rate < 0.1% over a sliding window of 10 minutes", "the same"),
    CRITERIA(
        COMPARE,
        "DUR average|rolling|moving? METRIC :? CMP VALUE [SUSTAINED] [for at|more? least|than? "
        "FOR]",
        "10-minute error rate < 0.1%", "the same"),
    CRITERIA(COMPARE,
             "METRIC averaged|measured? over|in|within|during|across any|every|each|last? "
             "rolling|sliding? DUR window|period? CMP VALUE [SUSTAINED] [for at|more? least|than? "
             "FOR]",
             "error rate over any 10-minute window < 0.1%", "the same"),
    CRITERIA(COMPARE,
             "no|zero|0 KNOWN is|are? detected|found|observed|reported|logged|seen? "
             "[for|over|in|within|during at|any|last|past|every? least|rolling? FOR "
             "window|windows|period?]",
             "zero divergences over 24 hours", "compared with 0"),
    CRITERIA(COMPARE, "KNOWN : none|zero", "mismatches: none", "the same"),
    CRITERIA(COMPARE, "at? least? FOR with|without no|zero|0|any|single? KNOWN",
             "48 hours without mismatches", "the same"),
    CRITERIA(COMPARE, "no|zero|0! THING is|are? detected|found|observed!",
             "no data mismatch detected", "the same"),
    CRITERIA(WITHIN,
             "METRIC :? must|should|shall|will? is|are|be|stays|stay|remains|remain? within PCT of "
             "its|their|today's? pre? migration|change? baseline|baselines",
             "P99 within 10% of baseline",
             "compared with what was measured before the first change"),
    CRITERIA(UNCHANGED,
             "METRIC :? must|should|shall|will? is|are|be|stays|stay|remains|remain? "
             "unchanged|flat",
             "error rate unchanged", "not distinguishable from the baseline"),
    CRITERIA(UNCHANGED,
             "METRIC does|do|must|should|shall|may not increase|rise|change|degrade|worsen",
             "error rate does not increase", "the same"),
    CRITERIA(UNCHANGED,
             "no increase|rise|change|degradation|regression in|of METRIC [over|from|vs|versus|"
             "against|compared to|with? its|their? baseline|baselines]",
             "no increase in error rate", "the same"),
    CRITERIA(COMPARE,
             "METRIC must|should|shall|will? is|are|be|stays|remains|rises|goes|gets? CMP? PCT "
             "above|over|beyond|higher|worse|slower than? its|their|today's? baseline|baselines "
             "[SUSTAINED] [for at|more? least|than? FOR]",
             "P99 is more than 20% above baseline",
             "compared with what was measured before the first change: above 1.2 times it"),
    CRITERIA(COMPARE,
             "METRIC exceeds|exceed|above|over its|their? baseline by CMP? PCT [SUSTAINED] [for "
             "at|more? least|than? FOR]",
             "P99 exceeds its baseline by 20%", "the same"),
    CRITERIA(COMPARE,
             "METRIC regresses|increases|increase|rises|rise|degrades|grows|worsens by CMP? PCT "
             "[over|from|vs|versus|against|above|compared to|with|of? its|their? "
             "baseline|baselines] [SUSTAINED] [for at|more? least|than? FOR]",
             "P99 rises by more than 20%", "the same"),
    CRITERIA(VERIFIED,
             "THING must|should|shall? is|was|were|has|have? been? successfully? "
             "verified|tested|restored successfully? "
             "within|in last|past|previous? DUR",
             "backup verified within 7 days", "its last verification is recent enough"),
    CRITERIA(
        ROW_COUNT,
        "compare|matching? row|rows|table count|counts [of|for|in|across all|every|each? "
        "table|tables] :? must|should|shall|have? been? is|are|be? "
        "match|matches|matched|matching|equal|equals|identical|same|comparison|parity|verified|"
        "compared|agree? [on|of|for|across both|all sides|tables|databases] [for|of|in|across "
        "all|every? table|tables] daily|hourly|weekly?",
        "row count match", "the number of rows of every table is compared"),
    CRITERIA(ROW_COUNT,
             "compare? row|rows|table count|counts match|matches|are|is? equal|identical|same? "
             "between|of|in|on SIDE and|with SIDE",
             "row counts match between source and target", "the same"),
    CRITERIA(ROW_COUNT,
             "SIDE and|vs|versus SIDE row|table? count|counts|rows must|should|shall? is|are|be? "
             "match|matches|equal|identical|same",
             "source and target row counts match", "the same"),
    CRITERIA(CHECKSUM,
             "compare|matching? md5|row|data|table? checksum|checksums|digests [of|for|in|across "
             "all|every|each? row|rows|table|tables] :? must|should|shall|have? been? is|are|be? "
             "match|matches|matched|equal|identical|same|comparison|verified|compared|agree? "
             "[on|of|for|across both|all sides|tables|databases] daily|hourly|weekly?",
             "checksums match", "all rows are compared"),
    CRITERIA(
        CHECKSUM,
        "compare|matching? md5|row|data|table? checksum|checksums|digests "
        "match|matches|matched|equal|identical|comparison|verified? on|of|over|for|across NAMES "
        "column|columns? must|should|shall|are? be? match|matches|agree|equal|identical?",
        "checksums on email and created_at columns", "all rows are compared, in these columns"),
    CRITERIA(SAMPLE,
             "spot check|checks|checking|checked on|of? N random|randomly? "
             "chosen|selected|sampled? rows|row [for field|fields|value|full equality|parity]",
             "spot-check 2,000 random rows", "that many random rows are compared field by field"),
    CRITERIA(SAMPLE,
             "compare|comparing? N random|randomly chosen|selected|sampled? rows|row [for "
             "field|fields|value|full equality|parity]",
             "compare 200 random rows", "the same"),
    CRITERIA(SAMPLE,
             "compare? random? sample|samples|sampling :? comparison|check? of? ( N rows|row )",
             "random sample comparison (1,000 rows)", "the same"),
    CRITERIA(SAMPLE,
             "compare|check? random? sample|samples|sampling :? comparison|check? of? N random? "
             "rows|row must|should|shall|is|are? be? "
             "match|matches|matched|compared|verified|equal|identical|agrees|agree?",
             "random sample of 1,000 rows", "the same"),
    CRITERIA(SAMPLE,
             "N random|randomly chosen|selected|sampled? rows|row are|must|shall|should? be? spot? "
             "match|matches|compared|verified|equal|identical|checked",
             "500 random rows match", "the same"),
    CRITERIA(
        NOT_WRITTEN,
        "SIDE is|are? not|no receiving|getting|taking any? writes|write|any? [for at? least? FOR]",
        "MySQL not receiving writes",
        "the server's counters of changed rows stand still, for 5 minutes unless it says how long"),
    CRITERIA(NOT_WRITTEN, "SIDE receives|gets|takes no writes [for at? least? FOR]",
             "MySQL receives no writes", "the same"),
    CRITERIA(NOT_WRITTEN, "SIDE no longer receives|gets|takes writes [for at? least? FOR]",
             "MySQL no longer receives writes", "the same"),
    CRITERIA(NOT_WRITTEN,
             "no more? writes to|on|reach|reaching|hit|hitting|against SIDE [for at? least? FOR]",
             "no writes to source", "the same"),
    CRITERIA(NOT_WRITTEN,
             "writes to|on SIDE have|are|has? been? stopped|stop [for|since at? least? FOR]",
             "writes to source have stopped", "the same"),
    CRITERIA(NOT_WRITTEN, "SIDE writes have|are|has? been? stopped|stop [for at? least? FOR]",
             "MySQL writes have stopped", "the same"),
    CRITERIA(NOT_WRITTEN, "nothing writes to SIDE any? more|longer? [for at? least? FOR]",
             "nothing writes to MySQL any more", "the same"),
    CRITERIA(NO_QUERIES,
             "no queries|query|reads hit|hits|hitting|reach|reaching|use|uses|using|touch|on|from|"
             "against TABLE table|tables? directly? [for at? least? FOR]",
             "no queries hit `users`",
             "the server's counters of the table's use stand still, for 5 minutes unless it says "
             "how long; of SQLite a person says so"),
    CRITERIA(DETECTED, "even? any|one|1|single KNOWN", "any data mismatch",
             "one is enough, at once"),
    CRITERIA(DETECTED, "at least one|1 KNOWN is|are? detected|found|observed?",
             "at least one mismatch", "the same"),
    CRITERIA(DETECTED, "one|1 or more KNOWN is|are? detected|found|observed|seen|reported|logged?",
             "one or more mismatches", "the same"),
    CRITERIA(DETECTED, "KNOWN of any kind|sort", "data mismatch of any kind", "the same"),
    CRITERIA(COMPARE,
             "CMP N KNOWN is|are? detected|found|observed|reported|logged|seen|counted? [over|in|"
             "within|during|per any|every|each|last? rolling|sliding? DUR window|windows?]",
             "more than 3 mismatches", "the number is compared"),
    CRITERIA(DETECTED,
             "any|one THING is|are|was? detected|found|observed|seen|reported|logged|occurs",
             "any data mismatch detected", "one is enough, at once"),
    CRITERIA(DETECTED, "THING is|are|was? detected|found|observed", "divergence detected",
             "the same"),
    CRITERIA(COMPLETE,
             "THING phase? is|are|has|have|was? been? fully|successfully? "
             "complete|completed|completes|finished|finishes|done successfully?",
             "backfill complete", "the phase of that name has passed"),
    CRITERIA(COMPLETE, "THING phase? is|are|at? PCT complete|done!", "backfill 100% complete",
             "the same"),

    ACTION(SET_FLAG,
           "set|flip|switch|turn|toggle|change feature? flag|flags FLAG? back|down|up? to|= BOOL "
           "[for all users|traffic|reads|requests|customers?] [for everyone]",
           "set feature flag `use_new` to false",
           "the flag is served with that value from then on"),
    ACTION(SET_FLAG,
           "set|flip|switch|turn|toggle|change FLAG feature? flag? back|down|up? to|= BOOL "
           "[for all users|traffic|reads|requests|customers?] [for everyone]",
           "set `use_new` to false", "the same"),
    ACTION(SET_FLAG,
           "flip|switch|turn|toggle feature? flag|flags FLAG? back? BOOL "
           "[for all users|traffic|reads|requests|customers?] [for everyone]",
           "flip feature flag off", "the same; without a name, the flag of the front matter"),
    ACTION(SET_FLAG, "flip|switch|turn|toggle FLAG feature? flag? back? BOOL", "turn `use_new` off",
           "the same"),
    ACTION(SET_FLAG,
           "turn|switch BOOL feature? flag|flags FLAG? "
           "[for all users|traffic|reads|requests|customers?] [for everyone]",
           "turn off feature flag `use_new`", "the same"),
    ACTION(SET_FLAG, "turn|switch BOOL FLAG feature? flag?", "turn off `use_new`", "the same"),
    ACTION(SET_FLAG,
           "disable|enable|kill feature? flag|flags! FLAG? [for|at|to BOOL of? traffic|reads?]",
           "disable feature flag `use_new`", "the same"),
    ACTION(SET_FLAG, "disable|enable|kill FLAG feature? flag! [for|at|to BOOL of? traffic|reads?]",
           "disable the `use_new` flag", "the same"),
    ACTION(SET_STAGE,
           "set|move|switch migration|flag? stage [ of FLAG ] to "
           "off|dualwrite|shadow|live|rampdown|complete",
           "set migration stage to dualwrite",
           "the stage is served as FLAG-stage; off takes all reads back to the old side"),
    ACTION(PAUSE_BACKFILL, "pause|suspend backfill job|run|process?", "pause backfill",
           "the run holds until somebody resumes it; whoever copies pauses"),
    ACTION(RESUME_BACKFILL, "resume|continue|unpause backfill job|run|process?", "resume backfill",
           "a notification is sent; whoever copies goes on"),
    ACTION(STOP_BACKFILL, "stop|halt|cancel backfill job|run|process?", "stop backfill",
           "the run holds until somebody resumes it; whoever copies stops"),
    ACTION(
        BATCH_SIZE,
        "reduce|lower|raise|increase|decrease|set|change|cut backfill? batch size [from N rows?] "
        "to|= N rows?",
        "reduce batch size to 1,000",
        "a notification is sent: whoever copies takes batches of that size"),
    ACTION(DISABLE_WRITES, "disable|block|refuse SIDE writes", "disable PostgreSQL writes",
           "the flag FLAG-writes-target (-source) is served as false, and somebody is paged: the "
           "application has to read it"),
    ACTION(DISABLE_WRITES, "disable|block|refuse writes to|on|in|for SIDE",
           "disable writes to target", "the same"),
    ACTION(DISABLE_WRITES, "disable|stop all? writes", "disable writes", "the same, of both sides"),
    ACTION(ENABLE_WRITES, "re? enable|reenable SIDE writes", "re-enable MySQL writes",
           "the flag is served as true again, and somebody is paged"),
    ACTION(ENABLE_WRITES, "re? enable|reenable writes to|on|in|for SIDE",
           "re-enable writes to source", "the same"),
    ACTION(ROUTE_READS,
           "route|send|switch|shift|move|point [PCT of] all? read|reads traffic|queries? back? to "
           "SIDE",
           "route reads to source", "the flag sends reads to that side"),
    ACTION(ENABLE_WRITES, "re? enable all? writes", "re-enable writes", "the same, of both sides"),
    ACTION(ROUTE_READS, "[ feature flag : ] read|reads from SIDE [ ( PCT traffic|reads? ) ]",
           "read from PostgreSQL (1% traffic)", "the flag sends that share of reads to that side"),
    ACTION(HOLD, "hold|pause|freeze|halt ramp|run|plan|migration|rollout?", "hold",
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
    ACTION(RUN_BLOCK, "run|execute|call block|action? CODE", "run `drop-new-tables`",
           "the block with that action runs"),
    ACTION(NONE, "not available|possible [ ( point of no return ) ]",
           "not available (point of no return)", "from here on there is no way back"),
    ACTION(NONE, "none|impossible [ ( point of no return ) ]", "none (point of no return)",
           "the same"),
    ACTION(NONE, "n / a [ ( point of no return ) ]", "n/a (point of no return)", "the same"),
    ACTION(NONE, "no rollback|way back? is? possible|available? [ ( point of no return ) ]",
           "no way back", "the same"),
    ACTION(NONE, "this? is? point of no return", "point of no return", "the same"),

    STEP(BATCHES, "batches of CMP? N rows?", "run backfill in batches of 5,000 rows",
         "the size of a batch, told to whoever copies"),
    STEP(BATCHES, "batch size of|is|to|=|:? N rows?", "with a batch size of 5,000", "the same"),
    STEP(BATCHES, "N row|rows batches", "in 5,000-row batches", "the same"),
    STEP(BATCHES, "N rows at a time", "5,000 rows at a time", "the same"),
    STEP(BATCHES, "N rows per|/ batch", "at 5,000 rows/batch", "the same"),
    STEP(DELAY,
         "with? DUR delay|pause|sleep|wait|break between|after each|every|all? batches|batch",
         "with 200ms delay between batches", "the pause after each batch, told to whoever copies"),
    STEP(DELAY,
         "sleep|sleeping|pause|pausing|wait|waiting|delay|break of|for? DUR between|after "
         "each|every|all? batches|batch",
         "pausing 200 ms after each batch", "the same"),
    STEP(DELAY, "DUR delay|pause|sleep", "and a 200 ms pause", "the same, of a backfill"),
    STEP(PAUSE_IF_LAG,
         "pause|pauses|paused|stop|hold|suspend|halt|throttle backfill|it? if|when|whenever|while "
         "replica|replication? lag "
         "CMP DUR",
         "pause if lag exceeds 5 seconds", "whoever copies pauses while a replica lags more"),
    STEP(PAUSE_IF_LAG,
         "if|when|whenever|while replica|replication? lag CMP DUR ,? "
         "pause|stop|hold|suspend|halt|throttle",
         "if the lag exceeds 5 seconds, pause", "the same"),
    STEP(BACKFILL, "run|start backfill", "run backfill",
         "a person copies the rows that exist, and confirms; or a block below the step does"),
    STEP(CYCLES, "after N release cycle|cycles", "after 2 release cycles",
         "somebody confirms that they have passed"),
    STEP(GRACE, "grace period through|until|to day N", "(grace period through Day 25)",
         "not before the end of that day"),
    STEP(GRACE, "wait until|till|for day N", "wait until day 25", "not before the end of that day"),
    STEP(GRACE, "not|no before|earlier|sooner than? day N", "not before day 25", "the same"),
    STEP(COPY, "copy whole|all? database|everything|tables to|into SIDE",
         "copy the database into the target", "what whimbrel copy does: all of it, then proof"),
    STEP(
        SCHEMA, "create|make|copy schema|tables in|on|into|to target",
        "create the schema in the target",
        "what whimbrel copy --schema-only does: the source's tables, without rows; copying goes on "
        "with them"),
    STEP(SCHEMA, "copy schema|tables only [to|into target]", "copy the schema only", "the same"),
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
