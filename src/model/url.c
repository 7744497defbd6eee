#include "model/url.h"

#include "base/buf.h"
#include "base/str.h"

#include <ctype.h>

static int hex_digit(char c) {
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                  : -1;
}

/* Percent-decode [s, end); NULL where a % is not followed by two hex digits or stands for a NUL. */
static const char *decode(struct wb_arena *a, const char *s, const char *end) {
    char *to = wb_arena_alloc(a, (size_t)(end - s) + 1), *p = to;
    while (s < end) {
        if (*s != '%') {
            *p++ = *s++;
            continue;
        }
        int hi = end - s > 2 ? hex_digit(s[1]) : -1, lo = end - s > 2 ? hex_digit(s[2]) : -1;
        if (hi < 0 || lo < 0 || hi * 16 + lo == 0)
            return NULL;
        *p++ = (char)(hi * 16 + lo);
        s += 3;
    }
    *p = 0;
    return to;
}

static const char *redact(struct wb_arena *a, const char *text, const char *pw,
                          const char *pw_end) {
    if (!pw)
        return wb_arena_strdup(a, text);
    return wb_arena_printf(a, "%.*s***%s", (int)(pw - text), text, pw_end);
}

struct parse {
    struct wb_arena *a;
    struct wb_url *url;
    struct wb_error *err;
    const char *text;
    const char *pw, *pw_end;
};

static enum wb_code bad(struct parse *p, const char *what) {
    return wb_error_set(p->err, WB_E_URL, "%s in the URL \"%s\"", what,
                        redact(p->a, p->text, p->pw, p->pw_end));
}

static enum wb_code take(struct parse *p, const char *s, const char *end, const char **ret) {
    *ret = decode(p->a, s, end);
    return *ret ? WB_OK : bad(p, "a % is not followed by two hexadecimal digits");
}

static enum wb_code parse_params(struct parse *p, const char *s) {
    size_t cap = 0;
    while (*s) {
        const char *end = strchrnul(s, '&'), *eq = memchr(s, '=', (size_t)(end - s));
        if (!eq || eq == s)
            return bad(p, "a parameter is not of the form name=value");
        struct wb_url_param *param = WB_PUSH(p->a, p->url->params, p->url->n_params, cap);
        enum wb_code code = take(p, s, eq, &param->name);
        if (!code)
            code = take(p, eq + 1, end, &param->value);
        if (code)
            return code;
        s = *end ? end + 1 : end;
    }
    return WB_OK;
}

static enum wb_code parse_port(struct parse *p, const char *s, const char *end) {
    int64_t port;
    if (s == end)
        return WB_OK;
    if (!wb_str_int64(wb_arena_strndup(p->a, s, (size_t)(end - s)), 1, 65535, &port))
        return bad(p, "the port is not a number from 1 to 65535");
    p->url->port = (uint16_t)port;
    return WB_OK;
}

static enum wb_code parse_host(struct parse *p, const char *s, const char *end) {
    const char *host_end, *rest;
    if (*s == '[') { /* [::1] */
        host_end = memchr(s, ']', (size_t)(end - s));
        if (!host_end)
            return bad(p, "a [ without its ]");
        s++;
        rest = host_end + 1;
    } else {
        host_end = memchr(s, ':', (size_t)(end - s));
        rest = host_end = host_end ? host_end : end;
    }
    if (rest < end && *rest != ':')
        return bad(p, "something unexpected behind the host");
    if (host_end > s) {
        enum wb_code code = take(p, s, host_end, &p->url->host);
        if (code)
            return code;
    }
    return rest < end ? parse_port(p, rest + 1, end) : WB_OK;
}

static enum wb_code parse_authority(struct parse *p, const char *s, const char *end) {
    const char *at = memrchr(s, '@', (size_t)(end - s));
    if (at) {
        const char *colon = memchr(s, ':', (size_t)(at - s));
        if (colon) {
            p->pw = colon + 1;
            p->pw_end = at;
            enum wb_code code = take(p, colon + 1, at, &p->url->password);
            if (code)
                return code;
        }
        enum wb_code code = take(p, s, colon ? colon : at, &p->url->user);
        if (code)
            return code;
        if (!*p->url->user)
            p->url->user = NULL;
        s = at + 1;
    }
    return parse_host(p, s, end);
}

static enum wb_code parse_scheme(struct parse *p, const char **ret_rest) {
    const char *colon = strchr(p->text, ':');
    if (!colon || colon == p->text)
        return bad(p, "no scheme (such as mysql: or sqlite:)");
    char *scheme = wb_arena_strndup(p->a, p->text, (size_t)(colon - p->text));
    for (char *c = scheme; *c; c++) {
        if (!isalnum((unsigned char)*c) && !strchr("+-.", *c))
            return bad(p, "no scheme (such as mysql: or sqlite:)");
        *c = (char)tolower((unsigned char)*c);
    }
    p->url->scheme = scheme;
    *ret_rest = colon + 1;
    return WB_OK;
}

/* sqlite:PATH, sqlite://PATH and sqlite:///PATH: what stands behind the scheme is a path, not a
 * host. */
static enum wb_code parse_file(struct parse *p, const char *s) {
    if (wb_str_starts(s, "//"))
        s += 2;
    const char *end = strchrnul(s, '?');
    if (end == s)
        return bad(p, "no file name");
    enum wb_code code = take(p, s, end, &p->url->database);
    return code || !*end ? code : parse_params(p, end + 1);
}

static enum wb_code parse_server(struct parse *p, const char *s) {
    if (!wb_str_starts(s, "//"))
        return bad(p, "// is missing behind the scheme, or the scheme is misspelt,");
    s += 2;
    const char *query = strchrnul(s, '?'), *slash = memchr(s, '/', (size_t)(query - s));
    enum wb_code code = parse_authority(p, s, slash ? slash : query);
    if (!code && slash && slash + 1 < query)
        code = take(p, slash + 1, query, &p->url->database);
    if (!code && *query)
        code = parse_params(p, query + 1);
    return code;
}

enum wb_code wb_url_parse(const char *text, struct wb_arena *a, struct wb_url *ret,
                          struct wb_error *err) {
    struct wb_url url = {0};
    struct parse p = {.a = a, .url = &url, .err = err, .text = text};
    const char *rest = text;
    enum wb_code code = parse_scheme(&p, &rest);
    if (!code)
        code = wb_str_starts(url.scheme, "sqlite") ? parse_file(&p, rest) : parse_server(&p, rest);
    if (code)
        return code;
    url.redacted = redact(a, text, p.pw, p.pw_end);
    *ret = url;
    return WB_OK;
}

const char *wb_url_param(const struct wb_url *u, const char *name) {
    const char *value = NULL;
    for (size_t i = 0; i < u->n_params; i++)
        if (wb_str_eq(u->params[i].name, name))
            value = u->params[i].value;
    return value;
}

enum wb_code wb_url_check_params(const struct wb_url *u, const char *const *known,
                                 struct wb_error *err) {
    WB_CLEANUP_BUF struct wb_buf names = {0};
    for (size_t i = 0; i < u->n_params; i++) {
        size_t k = 0;
        while (known[k] && !wb_str_eq(known[k], u->params[i].name))
            k++;
        if (known[k])
            continue;
        for (k = 0; known[k]; k++)
            wb_buf_addf(&names, "%s%s", k ? ", " : "", known[k]);
        return wb_error_set(err, WB_E_URL, "\"%s\" is no parameter of a %s: URL; it takes %s",
                            u->params[i].name, u->scheme, names.len ? wb_buf_str(&names) : "none");
    }
    return WB_OK;
}
