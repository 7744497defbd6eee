#include "serve/parse.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <jansson.h>
#include <openssl/crypto.h>
#include <openssl/sha.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

static enum wb_code take_parts(json_t *root, struct wb_arena *a, const char **ret_role,
                               const char **ret_args, struct wb_error *err) {
    const json_t *role = json_object_get(root, "role");
    if (!json_is_object(root))
        return wb_error_set(err, WB_E_USAGE, "the body must be a JSON object");
    if (role && !json_is_string(role))
        return wb_error_set(err, WB_E_USAGE, "\"role\" must be a string");
    const char *name = wb_arena_strdup(a, role ? json_string_value(role) : "");
    json_object_del(root, "role");
    char *args = json_dumps(root, JSON_COMPACT);
    if (!args)
        return wb_error_set(err, WB_E_USAGE, "the body cannot be kept as JSON");
    *ret_role = name;
    *ret_args = wb_arena_strdup(a, args);
    free(args);
    return WB_OK;
}

enum wb_code wb_request_body_parse(const void *body, size_t len, struct wb_arena *a,
                                   const char **ret_role, const char **ret_args,
                                   struct wb_error *err) {
    json_error_t e;
    json_t *root = len == 0 ? json_object() : json_loadb(body, len, JSON_REJECT_DUPLICATES, &e);
    if (!root)
        return wb_error_set(err, WB_E_USAGE, "the body is not JSON: line %d, column %d: %s", e.line,
                            e.column, e.text);
    enum wb_code code = take_parts(root, a, ret_role, ret_args, err);
    json_decref(root);
    return code;
}

/* --- times ----------------------------------------------------------------------------------- */

/* n digits as a number; moves *p; false where there are fewer. */
static bool digits(const char **p, int n, int *ret) {
    int v = 0;
    for (int i = 0; i < n; i++, (*p)++) {
        if (!isdigit((unsigned char)**p))
            return false;
        v = v * 10 + (**p - '0');
    }
    *ret = v;
    return true;
}

static bool literal(const char **p, char c) {
    return **p == c ? (*p)++, true : false;
}

static bool fraction(const char **p, int64_t *ret_us) {
    *ret_us = 0;
    if (**p != '.')
        return true;
    const char *start = ++*p;
    for (int64_t unit = 100000; isdigit((unsigned char)**p); (*p)++, unit /= 10)
        *ret_us += unit * (**p - '0');
    return *p > start;
}

static bool zone(const char **p, int *ret_minutes) {
    int hours, minutes, sign = **p == '-' ? -1 : 1;
    *ret_minutes = 0;
    if (**p == 'Z' || **p == 'z')
        return (*p)++, true;
    if (**p != '+' && **p != '-')
        return false;
    (*p)++;
    if (!digits(p, 2, &hours) || !literal(p, ':') || !digits(p, 2, &minutes) || hours > 23 ||
        minutes > 59)
        return false;
    *ret_minutes = sign * (hours * 60 + minutes);
    return true;
}

bool wb_time_parse(const char *text, int64_t *ret_us) {
    struct tm t = {0};
    const char *p = text;
    int64_t us;
    int minutes;
    if (!digits(&p, 4, &t.tm_year) || !literal(&p, '-') || !digits(&p, 2, &t.tm_mon) ||
        !literal(&p, '-') || !digits(&p, 2, &t.tm_mday))
        return false;
    if (*p != 'T' && *p != 't' && *p != ' ')
        return false;
    p++;
    if (!digits(&p, 2, &t.tm_hour) || !literal(&p, ':') || !digits(&p, 2, &t.tm_min) ||
        !literal(&p, ':') || !digits(&p, 2, &t.tm_sec) || !fraction(&p, &us) ||
        !zone(&p, &minutes) || *p)
        return false;
    if (t.tm_year < 1970 || t.tm_mon < 1 || t.tm_mon > 12 || t.tm_mday < 1 || t.tm_mday > 31 ||
        t.tm_hour > 23 || t.tm_min > 59 || t.tm_sec > 60)
        return false;
    t.tm_year -= 1900;
    t.tm_mon--;
    *ret_us = ((int64_t)timegm(&t) - minutes * 60) * 1000000 + us;
    return true;
}

/* --- headers --------------------------------------------------------------------------------- */

void wb_token_digest(const char *token, size_t len, unsigned char to[WB_TOKEN_DIGEST_BYTES]) {
    SHA256((const unsigned char *)token, len, to);
}

/* Digests are compared, not tokens: neither the place of the first difference nor the length shows
 * in the time. */
enum wb_token_match wb_token_check(const char *authorization,
                                   const unsigned char digest[WB_TOKEN_DIGEST_BYTES]) {
    static const char scheme[] = "Bearer";
    size_t n = sizeof scheme - 1;
    if (!authorization || strncasecmp(authorization, scheme, n) != 0 || authorization[n] != ' ')
        return WB_TOKEN_MISSING;
    const char *token = authorization + n + strspn(authorization + n, " ");
    size_t len = strlen(token);
    while (len > 0 && (token[len - 1] == ' ' || token[len - 1] == '\t'))
        len--;
    unsigned char got[WB_TOKEN_DIGEST_BYTES];
    wb_token_digest(token, len, got);
    return CRYPTO_memcmp(got, digest, sizeof got) == 0 ? WB_TOKEN_RIGHT : WB_TOKEN_WRONG;
}

/* The host without its port, brackets removed; false where it is too long to be one of ours. */
static bool bare_host(const char *host, char *to, size_t size) {
    const char *end = strrchr(host, ':');
    if (*host == '[') {
        end = strchr(++host, ']');
        if (!end)
            return false;
    } else if (end && memchr(host, ':', (size_t)(end - host))) {
        end = NULL; /* an IPv6 address without brackets */
    }
    size_t len = end ? (size_t)(end - host) : strlen(host);
    if (len >= size)
        return false;
    memcpy(to, host, len);
    to[len] = 0;
    return true;
}

enum wb_host_kind wb_host_kind_of(const char *host) {
    char name[128];
    struct in6_addr address;
    if (!bare_host(host, name, sizeof name))
        return WB_HOST_NAME;
    if (strcasecmp(name, "localhost") == 0 || inet_pton(AF_INET, name, &address) == 1 ||
        inet_pton(AF_INET6, name, &address) == 1)
        return WB_HOST_LOCAL;
    return WB_HOST_NAME;
}
