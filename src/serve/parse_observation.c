#include "serve/parse.h"

#include "base/str.h"

#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { LATENCY_MAX_MS = 1000000000 };

/* One item as it is read: "time" decides whether it counts. */
struct item {
    struct wb_observation o;
    bool has_side, has_operation, has_outcome, shadow;
    const char *outcome;
    int64_t time_us; /* INT64_MIN without */
};

static enum wb_code read_side(struct item *to, const json_t *v, struct wb_error *err) {
    const char *s = json_string_value(v);
    to->has_side = true;
    to->o.side = wb_str_eq(s, "new") ? WB_OBSERVE_NEW : WB_OBSERVE_OLD;
    if (wb_str_eq(s, "old") || wb_str_eq(s, "new"))
        return WB_OK;
    return wb_error_set(err, WB_E_USAGE, "\"side\" must be \"old\" or \"new\"");
}

static enum wb_code read_operation(struct item *to, const json_t *v, struct wb_error *err) {
    const char *s = json_string_value(v);
    to->has_operation = true;
    to->shadow = wb_str_eq(s, "shadow");
    to->o.op = wb_str_eq(s, "write") ? WB_OBSERVE_WRITE : WB_OBSERVE_READ;
    if (to->shadow || wb_str_eq(s, "read") || wb_str_eq(s, "write"))
        return WB_OK;
    return wb_error_set(err, WB_E_USAGE, "\"operation\" must be \"read\", \"write\" or \"shadow\"");
}

static enum wb_code read_outcome(struct item *to, const json_t *v, struct wb_error *err) {
    static const char *const words[] = {"ok", "error", "match", "mismatch"};
    const char *s = json_string_value(v);
    to->has_outcome = true;
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (wb_str_eq(s, words[i])) {
            to->outcome = words[i];
            return WB_OK;
        }
    return wb_error_set(err, WB_E_USAGE,
                        "\"outcome\" must be \"ok\", \"error\", \"match\" or \"mismatch\"");
}

static enum wb_code read_latency(struct item *to, const json_t *v, struct wb_error *err) {
    double ms = json_number_value(v);
    if (json_is_null(v))
        return WB_OK;
    if (!json_is_number(v) || !(ms >= 0 && ms <= LATENCY_MAX_MS))
        return wb_error_set(err, WB_E_USAGE,
                            "\"latency_ms\" must be a number from 0 to 1,000,000,000");
    to->o.latency_us = (uint64_t)llround(ms * 1000);
    return WB_OK;
}

static enum wb_code read_time(struct item *to, const json_t *v, struct wb_error *err) {
    if (json_is_null(v))
        return WB_OK;
    if (json_is_string(v) && wb_time_parse(json_string_value(v), &to->time_us))
        return WB_OK;
    double ms = json_number_value(v);
    if (json_is_number(v) && ms >= 0 && ms <= 4e12) {
        to->time_us = (int64_t)(ms * 1000);
        return WB_OK;
    }
    return wb_error_set(err, WB_E_USAGE,
                        "\"time\" must be like \"2026-03-12T08:15:30.123Z\" or milliseconds since "
                        "1970");
}

static const struct {
    const char *name;
    enum wb_code (*read)(struct item *to, const json_t *v, struct wb_error *err);
} fields[] = {
    {"side", read_side},          {"operation", read_operation}, {"outcome", read_outcome},
    {"latency_ms", read_latency}, {"time", read_time},
};

/* An unknown field is refused: a "latency" that is not "latency_ms" would be lost unnoticed. */
static enum wb_code read_fields(struct item *to, json_t *v, struct wb_error *err) {
    const char *key;
    json_t *one;
    if (!json_is_object(v))
        return wb_error_set(err, WB_E_USAGE, "an observation must be an object");
    json_object_foreach(v, key, one) {
        size_t i = 0;
        while (i < sizeof fields / sizeof fields[0] && strcmp(fields[i].name, key) != 0)
            i++;
        if (i == sizeof fields / sizeof fields[0])
            return wb_error_set(err, WB_E_USAGE,
                                "unknown field \"%.40s\"; known are side, operation, outcome, "
                                "latency_ms, time",
                                key);
        if (fields[i].read(to, one, err))
            return err->code;
    }
    return WB_OK;
}

/* Only a shadow read compares both sides, and always says how that ended. */
static enum wb_code judge(struct item *it, struct wb_error *err) {
    if (!it->has_operation || !it->has_outcome)
        return wb_error_set(err, WB_E_USAGE, "\"%s\" is missing",
                            it->has_operation ? "outcome" : "operation");
    if (!it->has_side && !it->shadow)
        return wb_error_set(err, WB_E_USAGE, "\"side\" is missing");
    if (!it->has_side)
        it->o.side = WB_OBSERVE_NEW;
    bool matched = strcmp(it->outcome, "match") == 0, missed = strcmp(it->outcome, "mismatch") == 0;
    if (it->shadow && strcmp(it->outcome, "ok") == 0)
        return wb_error_set(err, WB_E_USAGE,
                            "a shadow's outcome is \"match\", \"mismatch\" or \"error\"");
    if (!it->shadow && (matched || missed))
        return wb_error_set(err, WB_E_USAGE, "outcome \"%s\" is of \"shadow\" only", it->outcome);
    it->o.outcome = strcmp(it->outcome, "error") == 0 ? WB_OBSERVE_ERROR : WB_OBSERVE_OK;
    it->o.shadow = matched ? WB_SHADOW_MATCH : missed ? WB_SHADOW_MISMATCH : WB_SHADOW_NONE;
    return WB_OK;
}

static bool too_late(const struct item *it, int64_t now_us) {
    const int64_t limit_us = (int64_t)WB_SERVE_LATE_MS * 1000;
    return it->time_us != INT64_MIN &&
           (it->time_us < now_us - limit_us || it->time_us > now_us + limit_us);
}

static enum wb_code read_item(json_t *v, int64_t now_us, struct wb_observation_batch *b,
                              struct wb_error *err) {
    struct item it = {.o.latency_us = WB_OBSERVE_NO_LATENCY, .time_us = INT64_MIN};
    if (read_fields(&it, v, err) || judge(&it, err))
        return err->code;
    if (too_late(&it, now_us))
        b->n_late++;
    else
        b->items[b->n++] = it.o;
    return WB_OK;
}

static enum wb_code read_all(json_t *list, int64_t now_us, struct wb_observation_batch *b,
                             struct wb_error *err) {
    size_t n = json_array_size(list);
    if (n > WB_SERVE_MAX_BATCH)
        return wb_error_set(err, WB_E_USAGE, "%zu observations in one request; the most is %d", n,
                            WB_SERVE_MAX_BATCH);
    b->items = calloc(n + 1, sizeof *b->items);
    if (!b->items)
        abort();
    for (size_t i = 0; i < n; i++)
        if (read_item(json_array_get(list, i), now_us, b, err))
            return wb_error_wrap(err, "observation %zu", i);
    return WB_OK;
}

/* The list in root, as a new reference: root may be it, hold it, or be its only item. */
static json_t *list_of(json_t *root) {
    json_t *inner = json_object_get(root, "observations");
    if (json_is_array(root))
        return json_incref(root);
    if (json_is_array(inner) && json_object_size(root) == 1)
        return json_incref(inner);
    return json_pack("[O]", root);
}

enum wb_code wb_observation_parse(const void *body, size_t len, int64_t now_us,
                                  struct wb_observation_batch *ret, struct wb_error *err) {
    struct wb_error own; /* err may be NULL, and is looked at below */
    json_error_t e;
    err = err ? err : &own;
    json_t *root = len == 0 ? NULL : json_loadb(body, len, JSON_REJECT_DUPLICATES, &e);
    if (!root && len == 0)
        return wb_error_set(err, WB_E_USAGE, "the body is empty");
    if (!root)
        return wb_error_set(err, WB_E_USAGE, "the body is not JSON: line %d, column %d: %s", e.line,
                            e.column, e.text);
    json_t *list = list_of(root);
    struct wb_observation_batch b = {0};
    enum wb_code code = read_all(list, now_us, &b, err);
    json_decref(list);
    json_decref(root);
    if (code)
        wb_observation_batch_done(&b);
    else
        *ret = b;
    return code;
}

void wb_observation_batch_done(struct wb_observation_batch *b) {
    free(b->items);
    *b = (struct wb_observation_batch){0};
}
