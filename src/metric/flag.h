/* Flags: which side a key reads from, and the stage that the migration is in.
 *
 * For a flag named F there are five keys: F (bool: read from the new side), F-stage (text), and
 * whether applications may write: F-writes-source, F-writes-target, and F-writes, which is true
 * where at least one of both is. A key's bucket is XXH3-64 of flag, NUL and targetingKey, modulo
 * 10,000: it reads from the new side where its bucket is below the share, so a share that grows
 * never takes a key back, and two flags divide keys differently. Without a targetingKey the answer
 * is the old side, unless the share is whole.
 *
 * One configuration is shared by the runner, which sets, and the HTTP side's threads, which
 * evaluate.
 */
#ifndef WB_METRIC_FLAG_H
#define WB_METRIC_FLAG_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* X(name, word): stages of a migration */
#define WB_FLAG_STAGES(X)     \
    X(OFF, "off")             \
    X(DUALWRITE, "dualwrite") \
    X(SHADOW, "shadow")       \
    X(LIVE, "live")           \
    X(RAMPDOWN, "rampdown")   \
    X(COMPLETE, "complete")

enum wb_flag_stage {
#define X(name, word) WB_FLAG_##name,
    WB_FLAG_STAGES(X)
#undef X
};

/* Buckets a key may fall into; a share of 10,000 is every key. */
enum { WB_FLAG_BUCKETS = 10000, WB_FLAG_NAME_BYTES = 128, WB_FLAG_ETAG_BYTES = 40 };

enum { WB_FLAG_KEYS = 5 };
/* Sides to which applications are not to write; bits. */
enum { WB_FLAG_NO_WRITES_SOURCE = 1, WB_FLAG_NO_WRITES_TARGET = 2, WB_FLAG_NO_WRITES = 3 };

struct wb_flags;

struct wb_flags *wb_flags_new(void);
void wb_flags_free(struct wb_flags *f);

/* Set a flag, made where it is missing; at share 0, stage off and with all writes allowed then.
 * Each change raises the configuration's version; what is set to what it is changes nothing.
 * WB_E_PLAN: the name is empty, too long or ends like another flag's key, or share is above 10,000.
 */
enum wb_code wb_flags_set_share(struct wb_flags *f, const char *name, unsigned share,
                                struct wb_error *err);
enum wb_code wb_flags_set_stage(struct wb_flags *f, const char *name, enum wb_flag_stage stage,
                                struct wb_error *err);
enum wb_code wb_flags_set_writes(struct wb_flags *f, const char *name, unsigned no_writes,
                                 struct wb_error *err);

/* OFREP's reasons and the rest of an answer. */
enum wb_flag_type { WB_FLAG_BOOL, WB_FLAG_TEXT };

struct wb_flag_answer {
    char key[WB_FLAG_NAME_BYTES + 16];
    enum wb_flag_type type;
    bool value;          /* of a BOOL: read from the new side; or writes are allowed */
    const char *text;    /* of a TEXT: the stage's word; static */
    const char *variant; /* "new", "old", "allowed", "disabled", or the stage's word; static */
    const char *reason;  /* "SPLIT", "STATIC" or "DEFAULT" (no targetingKey); static */
};

/* Evaluate a key of a flag; targeting_key may be NULL (as is an empty one). False: no such
 * flag. ret_version (may be NULL) gets the version of the configuration that answered. */
bool wb_flags_evaluate(struct wb_flags *f, const char *key, const char *targeting_key, size_t len,
                       struct wb_flag_answer *ret, uint64_t *ret_version);

/* All keys, WB_FLAG_KEYS a flag, in the order in which flags were made, of one moment; returns how
 * many there are (which may be more than max). */
size_t wb_flags_evaluate_all(struct wb_flags *f, const char *targeting_key, size_t len,
                             struct wb_flag_answer *ret, size_t max, uint64_t *ret_version);

/* An ETag, quotes included, over the whole configuration (contents too: versions begin anew with a
 * restart) and the context, which is the request's body as it came. */
void wb_flags_etag(struct wb_flags *f, const void *context, size_t len,
                   char to[WB_FLAG_ETAG_BYTES]);

unsigned wb_flag_bucket(const char *flag, const char *targeting_key, size_t len);
const char *wb_flag_stage_word(enum wb_flag_stage s);
bool wb_flag_stage_parse(const char *word, enum wb_flag_stage *ret);

#endif
