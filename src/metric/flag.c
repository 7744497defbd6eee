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

static const char stage_suffix[] = "-stage";

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

/* A flag F-stage beside F would have two meanings. */
static enum wb_code check_name(const char *name, struct wb_error *err) {
    size_t len = name ? strlen(name) : 0, suffix = sizeof stage_suffix - 1;
    if (len == 0 || len >= WB_FLAG_NAME_BYTES)
        return wb_error_set(err, WB_E_PLAN, "a flag's name has 1 to %d bytes",
                            WB_FLAG_NAME_BYTES - 1);
    if (len > suffix && strcmp(name + len - suffix, stage_suffix) == 0)
        return wb_error_set(err, WB_E_PLAN,
                            "flag %s: names ending in %s are taken for the stages of other flags",
                            name, stage_suffix);
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

enum wb_code wb_flags_set_share(struct wb_flags *f, const char *name, unsigned share,
                                struct wb_error *err) {
    enum wb_code code = check_name(name, err);
    if (!code && share > WB_FLAG_BUCKETS)
        code = wb_error_set(err, WB_E_PLAN, "flag %s: a share is at most 100 %%, not %g %%", name,
                            share / 100.0);
    if (code)
        return code;
    pthread_rwlock_wrlock(&f->lock);
    size_t before = f->n;
    struct flag *flag = find_or_make(f, name);
    f->version += f->n != before || flag->share != share;
    flag->share = share;
    pthread_rwlock_unlock(&f->lock);
    return WB_OK;
}

enum wb_code wb_flags_set_stage(struct wb_flags *f, const char *name, enum wb_flag_stage stage,
                                struct wb_error *err) {
    enum wb_code code = check_name(name, err);
    if (code)
        return code;
    pthread_rwlock_wrlock(&f->lock);
    size_t before = f->n;
    struct flag *flag = find_or_make(f, name);
    f->version += f->n != before || flag->stage != stage;
    flag->stage = stage;
    pthread_rwlock_unlock(&f->lock);
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
    memcpy(ret->key, flag->name, sizeof flag->name);
}

static void answer_stage(const struct flag *flag, struct wb_flag_answer *ret) {
    const char *word = stage_words[flag->stage];
    *ret = (struct wb_flag_answer){
        .type = WB_FLAG_TEXT, .text = word, .variant = word, .reason = "STATIC"};
    snprintf(ret->key, sizeof ret->key, "%s%s", flag->name, stage_suffix);
}

bool wb_flags_evaluate(struct wb_flags *f, const char *key, const char *targeting_key, size_t len,
                       struct wb_flag_answer *ret, uint64_t *ret_version) {
    size_t key_len = strlen(key), suffix = sizeof stage_suffix - 1;
    bool is_stage = key_len > suffix && strcmp(key + key_len - suffix, stage_suffix) == 0;
    pthread_rwlock_rdlock(&f->lock);
    const struct flag *flag = find(f, key, is_stage ? key_len - suffix : key_len);
    if (flag && is_stage)
        answer_stage(flag, ret);
    else if (flag)
        answer_bool(flag, targeting_key, len, ret);
    if (flag && ret_version)
        *ret_version = f->version;
    pthread_rwlock_unlock(&f->lock);
    return flag != NULL;
}

size_t wb_flags_evaluate_all(struct wb_flags *f, const char *targeting_key, size_t len,
                             struct wb_flag_answer *ret, size_t max, uint64_t *ret_version) {
    pthread_rwlock_rdlock(&f->lock);
    size_t n = 2 * f->n;
    for (size_t i = 0; i < n && i < max; i++)
        if (i % 2 == 0)
            answer_bool(&f->items[i / 2], targeting_key, len, &ret[i]);
        else
            answer_stage(&f->items[i / 2], &ret[i]);
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
        wb_buf_addf(&text, "%s%c%u %u;", flag->name, 0, flag->share, (unsigned)flag->stage);
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
