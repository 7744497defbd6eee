#include "serve/parse.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Numbers are read as doubles, because a context may hold an integer of more than 64 bits and none
 * of them matters here; a NUL byte in a text is an odd but whole value. Two keys of one name are
 * refused: which of two targeting keys was meant? */
static json_t *load(const void *body, size_t len, char *text, size_t size) {
    json_error_t e;
    json_t *root = json_loadb(
        body, len, JSON_REJECT_DUPLICATES | JSON_DECODE_INT_AS_REAL | JSON_ALLOW_NUL, &e);
    if (!root)
        snprintf(text, size, "the body is not JSON: line %d, column %d: %s", e.line, e.column,
                 e.text);
    return root;
}

static enum wb_ofrep_fault take_key(const json_t *context, struct wb_ofrep_context *ret, char *text,
                                    size_t size) {
    if (!context || json_is_null(context))
        return WB_OFREP_GOOD;
    if (!json_is_object(context)) {
        snprintf(text, size, "\"context\" must be an object");
        return WB_OFREP_INVALID_CONTEXT;
    }
    const json_t *key = json_object_get(context, "targetingKey");
    if (!key || json_is_null(key))
        return WB_OFREP_GOOD;
    if (!json_is_string(key)) {
        snprintf(text, size, "\"targetingKey\" must be a string");
        return WB_OFREP_INVALID_CONTEXT;
    }
    size_t len = json_string_length(key);
    char *copy = malloc(len + 1);
    if (!copy)
        abort();
    memcpy(copy, json_string_value(key), len + 1);
    *ret = (struct wb_ofrep_context){copy, len};
    return WB_OFREP_GOOD;
}

enum wb_ofrep_fault wb_ofrep_parse(const void *body, size_t len, struct wb_ofrep_context *ret,
                                   char *text, size_t size) {
    if (len == 0) {
        *ret = (struct wb_ofrep_context){0};
        return WB_OFREP_GOOD;
    }
    json_t *root = load(body, len, text, size);
    if (!root)
        return WB_OFREP_PARSE_ERROR;
    enum wb_ofrep_fault fault = WB_OFREP_PARSE_ERROR;
    struct wb_ofrep_context got = {0};
    if (json_is_object(root))
        fault = take_key(json_object_get(root, "context"), &got, text, size);
    else
        snprintf(text, size, "the body must be a JSON object with a \"context\"");
    json_decref(root);
    if (fault == WB_OFREP_GOOD)
        *ret = got;
    return fault;
}

void wb_ofrep_context_done(struct wb_ofrep_context *c) {
    free(c->key);
    *c = (struct wb_ofrep_context){0};
}

const char *wb_ofrep_fault_word(enum wb_ofrep_fault f) {
    switch (f) {
    case WB_OFREP_PARSE_ERROR:
        return "PARSE_ERROR";
    case WB_OFREP_INVALID_CONTEXT:
        return "INVALID_CONTEXT";
    default:
        return "GENERAL";
    }
}

/* RFC 9110, 13.1.2: a list of entity tags or "*", compared weakly. */
enum wb_etag_match wb_etag_compare(const char *if_none_match, const char *etag) {
    size_t len = strlen(etag);
    const char *p = if_none_match ? if_none_match : "";
    for (;;) {
        p += strspn(p, " \t,");
        if (*p == '*')
            return WB_ETAG_SAME;
        if (p[0] == 'W' && p[1] == '/')
            p += 2;
        if (*p != '"')
            return WB_ETAG_OTHER;
        const char *end = strchr(p + 1, '"');
        if (!end)
            return WB_ETAG_OTHER;
        if ((size_t)(end + 1 - p) == len && memcmp(p, etag, len) == 0)
            return WB_ETAG_SAME;
        p = end + 1;
    }
}
