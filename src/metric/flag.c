#include "metric/flag.h"

#include "base/buf.h"
#include "base/str.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

struct flag {
    char name[WB_FLAG_NAME_BYTES];
    unsigned share;
    enum wb_flag_stage stage;
    unsigned no_writes;
};

struct wb_flags {
    pthread_rwlock_t lock;
    uint64_t version;
    struct flag *items;
    size_t n;
};

static const char *const stage_words[] = {
#define X(name, word) [WB_FLAG_##name] = word,
    WB_FLAG_STAGES(X)
#undef X
};

/* What follows a flag's name in its keys. */
enum { KEY_READS, KEY_STAGE, KEY_WRITES, KEY_WRITES_SOURCE, KEY_WRITES_TARGET };
static const char *const suffixes[WB_FLAG_KEYS] = {
    [KEY_READS] = "",
    [KEY_STAGE] = "-stage",
    [KEY_WRITES] = "-writes",
    [KEY_WRITES_SOURCE] = "-writes-source",
    [KEY_WRITES_TARGET] = "-writes-target",
};

struct wb_flags *wb_flags_new(void) {
    struct wb_flags *f = calloc(1, sizeof *f);
    if (!f)
        abort();
    pthread_rwlock_init(&f->lock, NULL);
    return f;
}

void wb_flags_free(struct wb_flags *f) {
    if (!f)
        return;
    pthread_rwlock_destroy(&f->lock);
    free(f->items);
    free(f);
}

static struct flag *find(const struct wb_flags *f, const char *name, size_t len) {
    for (size_t i = 0; i < f->n; i++)
        if (strlen(f->items[i].name) == len && memcmp(f->items[i].name, name, len) == 0)
            return &f->items[i];
    return NULL;
}

/* Which key of a flag this is, and how long the flag's name in it is. */
static size_t key_of(const char *key, size_t *ret_name) {
    size_t len = strlen(key);
    for (size_t k = WB_FLAG_KEYS; k-- > 1;) {
        size_t n = strlen(suffixes[k]);
        if (len > n && strcmp(key + len - n, suffixes[k]) == 0) {
            *ret_name = len - n;
            return k;
        }
    }
    *ret_name = len;
    return KEY_READS;
}

/* A flag F-stage beside F would have two meanings. */
static enum wb_code check_name(const char *name, struct wb_error *err) {
    size_t len = name ? strlen(name) : 0, bare;
    if (len == 0 || len >= WB_FLAG_NAME_BYTES)
        return wb_error_set(err, WB_E_PLAN, "a flag's name has 1 to %d bytes",
                            WB_FLAG_NAME_BYTES - 1);
    size_t key = key_of(name, &bare);
    if (key != KEY_READS)
        return wb_error_set(err, WB_E_PLAN,
                            "flag %s: names ending in %s are taken for keys of other flags", name,
                            suffixes[key]);
    return WB_OK;
}

static struct flag *find_or_make(struct wb_flags *f, const char *name) {
    struct flag *flag = find(f, name, strlen(name));
    if (flag)
        return flag;
    struct flag *items = realloc(f->items, (f->n + 1) * sizeof *items);
    if (!items)
        abort();
    f->items = items;
    flag = &items[f->n++];
    *flag = (struct flag){.stage = WB_FLAG_OFF};
    memcpy(flag->name, name, strlen(name) + 1);
    return flag;
}

/* Locks. Making a flag is a change, too. */
static struct flag *begin_change(struct wb_flags *f, const char *name, struct flag *ret_was) {
    pthread_rwlock_wrlock(&f->lock);
    size_t n = f->n;
    struct flag *flag = find_or_make(f, name);
    f->version += f->n > n;
    *ret_was = *flag;
    return flag;
}

static void end_change(struct wb_flags *f, const struct flag *flag, const struct flag *was) {
    f->version +=
        flag->share != was->share || flag->stage != was->stage || flag->no_writes != was->no_writes;
    pthread_rwlock_unlock(&f->lock);
}

enum wb_code wb_flags_set_share(struct wb_flags *f, const char *name, unsigned share,
                                struct wb_error *err) {
    enum wb_code code = check_name(name, err);
    if (!code && share > WB_FLAG_BUCKETS)
        code = wb_error_set(err, WB_E_PLAN, "flag %s: a share is at most 100 %%, not %g %%", name,
                            share / 100.0);
    if (code)
        return code;
    struct flag was, *flag = begin_change(f, name, &was);
    flag->share = share;
    end_change(f, flag, &was);
    return WB_OK;
}

enum wb_code wb_flags_set_stage(struct wb_flags *f, const char *name, enum wb_flag_stage stage,
                                struct wb_error *err) {
    enum wb_code code = check_name(name, err);
    if (code)
        return code;
    struct flag was, *flag = begin_change(f, name, &was);
    flag->stage = stage;
    end_change(f, flag, &was);
    return WB_OK;
}

enum wb_code wb_flags_set_writes(struct wb_flags *f, const char *name, unsigned no_writes,
                                 struct wb_error *err) {
    enum wb_code code = check_name(name, err);
    if (code)
        return code;
    struct flag was, *flag = begin_change(f, name, &was);
    flag->no_writes = no_writes & WB_FLAG_NO_WRITES;
    end_change(f, flag, &was);
    return WB_OK;
}

unsigned wb_flag_bucket(const char *flag, const char *targeting_key, size_t len) {
    WB_CLEANUP_BUF struct wb_buf text = {0};
    wb_buf_add(&text, flag, strlen(flag) + 1);
    wb_buf_add(&text, targeting_key, len);
    return (unsigned)(XXH3_64bits(text.data, text.len) % WB_FLAG_BUCKETS);
}

static void answer_bool(const struct flag *flag, const char *targeting_key, size_t len,
                        struct wb_flag_answer *ret) {
    bool value = flag->share == WB_FLAG_BUCKETS;
    const char *reason = "STATIC";
    if (flag->share > 0 && flag->share < WB_FLAG_BUCKETS) {
        bool has_key = targeting_key && len;
        value = has_key && wb_flag_bucket(flag->name, targeting_key, len) < flag->share;
        reason = has_key ? "SPLIT" : "DEFAULT";
    }
    *ret = (struct wb_flag_answer){
        .type = WB_FLAG_BOOL, .value = value, .variant = value ? "new" : "old", .reason = reason};
}

static void answer_stage(const struct flag *flag, struct wb_flag_answer *ret) {
    const char *word = stage_words[flag->stage];
    *ret = (struct wb_flag_answer){
        .type = WB_FLAG_TEXT, .text = word, .variant = word, .reason = "STATIC"};
}

static void answer_writes(const struct flag *flag, size_t key, struct wb_flag_answer *ret) {
    bool source = !(flag->no_writes & WB_FLAG_NO_WRITES_SOURCE);
    bool target = !(flag->no_writes & WB_FLAG_NO_WRITES_TARGET);
    bool value = key == KEY_WRITES_SOURCE   ? source
                 : key == KEY_WRITES_TARGET ? target
                                            : source || target;
    *ret = (struct wb_flag_answer){.type = WB_FLAG_BOOL,
                                   .value = value,
                                   .variant = value ? "allowed" : "disabled",
                                   .reason = "STATIC"};
}

static void answer_key(const struct flag *flag, size_t key, const char *targeting_key, size_t len,
                       struct wb_flag_answer *ret) {
    if (key == KEY_READS)
        answer_bool(flag, targeting_key, len, ret);
    else if (key == KEY_STAGE)
        answer_stage(flag, ret);
    else
        answer_writes(flag, key, ret);
    snprintf(ret->key, sizeof ret->key, "%s%s", flag->name, suffixes[key]);
}

bool wb_flags_evaluate(struct wb_flags *f, const char *key, const char *targeting_key, size_t len,
                       struct wb_flag_answer *ret, uint64_t *ret_version) {
    size_t name_len, which = key_of(key, &name_len);
    pthread_rwlock_rdlock(&f->lock);
    const struct flag *flag = find(f, key, name_len);
    if (flag)
        answer_key(flag, which, targeting_key, len, ret);
    if (flag && ret_version)
        *ret_version = f->version;
    pthread_rwlock_unlock(&f->lock);
    return flag != NULL;
}

size_t wb_flags_evaluate_all(struct wb_flags *f, const char *targeting_key, size_t len,
                             struct wb_flag_answer *ret, size_t max, uint64_t *ret_version) {
    pthread_rwlock_rdlock(&f->lock);
    size_t n = WB_FLAG_KEYS * f->n;
    for (size_t i = 0; i < n && i < max; i++)
        answer_key(&f->items[i / WB_FLAG_KEYS], i % WB_FLAG_KEYS, targeting_key, len, &ret[i]);
    if (ret_version)
        *ret_version = f->version;
    pthread_rwlock_unlock(&f->lock);
    return n;
}

void wb_flags_etag(struct wb_flags *f, const void *context, size_t len,
                   char to[WB_FLAG_ETAG_BYTES]) {
    WB_CLEANUP_BUF struct wb_buf text = {0};
    pthread_rwlock_rdlock(&f->lock);
    wb_buf_add(&text, &f->version, sizeof f->version);
    for (size_t i = 0; i < f->n; i++) {
        const struct flag *flag = &f->items[i];
        wb_buf_addf(&text, "%s%c%u %u %u;", flag->name, 0, flag->share, (unsigned)flag->stage,
                    flag->no_writes);
    }
    pthread_rwlock_unlock(&f->lock);
    wb_buf_addc(&text, 0); /* no name is empty: the context begins */
    if (len)
        wb_buf_add(&text, context, len);
    XXH128_hash_t h = XXH3_128bits(text.data, text.len);
    snprintf(to, WB_FLAG_ETAG_BYTES, "\"%016" PRIx64 "%016" PRIx64 "\"", (uint64_t)h.high64,
             (uint64_t)h.low64);
}

const char *wb_flag_stage_word(enum wb_flag_stage s) {
    return stage_words[s];
}

bool wb_flag_stage_parse(const char *word, enum wb_flag_stage *ret) {
    for (size_t i = 0; i < sizeof stage_words / sizeof stage_words[0]; i++)
        if (wb_str_eq(word, stage_words[i])) {
            *ret = (enum wb_flag_stage)i;
            return true;
        }
    return false;
}
