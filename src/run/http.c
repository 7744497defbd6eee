#include "run/http.h"
#include "run/inside.h"

#include "base/str.h"

#include <curl/curl.h>
#include <math.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

enum { CONNECT_S = 5, TOTAL_S = 30, MAX_BODY_BYTES = 1 << 20 };

static void init_once(void) {
    curl_global_init(CURL_GLOBAL_ALL);
}

static size_t take(char *data, size_t size, size_t n, void *to) {
    struct wb_buf *b = to;
    if (b->len + size * n > MAX_BODY_BYTES)
        return 0;
    wb_buf_add(b, data, size * n);
    return size * n;
}

enum wb_code wb_http_send(const char *method, const char *url, const char *const *headers,
                          const char *body, struct wb_buf *ret_body, struct wb_error *err) {
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, init_once);
    CURL *curl = curl_easy_init();
    struct curl_slist *list = NULL;
    long status = 0;
    if (!curl)
        return wb_error_set(err, WB_E_MEMORY, "no memory for an HTTP request");
    for (size_t i = 0; headers && headers[i]; i++)
        list = curl_slist_append(list, headers[i]);
    curl_easy_setopt(curl, CURLOPT_URL, url);
    curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT, (long)CONNECT_S);
    curl_easy_setopt(curl, CURLOPT_TIMEOUT, (long)TOTAL_S);
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, list);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, ret_body);
    if (body)
        curl_easy_setopt(curl, CURLOPT_POSTFIELDS, body);
    if (method)
        curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, method);
    CURLcode rc = curl_easy_perform(curl);
    curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
    curl_slist_free_all(list);
    curl_easy_cleanup(curl);
    if (rc != CURLE_OK)
        return wb_error_set(err, WB_E_IO, "HTTP: %s", curl_easy_strerror(rc));
    if (status < 200 || status > 299)
        return wb_error_set(err, WB_E_IO, "HTTP: the answer is %ld: %.200s", status,
                            wb_buf_str(ret_body));
    return WB_OK;
}

/* --- Prometheus
 * ---------------------------------------------------------------------------------- */

static enum wb_code read_answer(const char *text, double *ret, int64_t *ret_source_us,
                                const char **ret_why, struct wb_error *err) {
    json_t *root = json_loads(text, 0, NULL);
    const json_t *data = json_object_get(root, "data");
    const json_t *result = json_object_get(data, "result");
    const char *type = json_string_value(json_object_get(data, "resultType"));
    const json_t *pair = result;
    enum wb_code code = WB_OK;
    *ret = NAN;
    *ret_why = "the query finds no series";
    if (!type)
        code = wb_error_set(err, WB_E_IO, "the answer is not understood: %.100s", text);
    else if (strcmp(type, "vector") == 0 && json_array_size(result) > 1)
        code = wb_error_set(err, WB_E_PLAN, "the query gives %zu series: aggregate them to one",
                            json_array_size(result));
    else if (strcmp(type, "vector") == 0)
        pair = json_object_get(json_array_get(result, 0), "value");
    else if (strcmp(type, "scalar") != 0)
        code = wb_error_set(err, WB_E_PLAN, "the query gives a %.20s, and not one number", type);
    if (!code && json_array_size(pair) == 2) {
        const char *value = json_string_value(json_array_get(pair, 1));
        char *end = NULL;
        *ret_source_us = (int64_t)(json_number_value(json_array_get(pair, 0)) * 1e6);
        *ret = value ? strtod(value, &end) : NAN;
        *ret_why = "the query gives NaN";
        if (value && (end == value || *end))
            code = wb_error_set(err, WB_E_IO, "\"%.40s\" is no number", value);
    }
    json_decref(root);
    return code;
}

/* An address without the user and the password in it. */
static void put_public(const char *url, struct wb_buf *to) {
    const char *slashes = strstr(url, "://"), *host = slashes ? slashes + 3 : url;
    size_t len = strcspn(host, "/?#");
    const char *at = memrchr(host, '@', len);
    wb_buf_add(to, url, (size_t)(host - url));
    host = at ? at + 1 : host;
    wb_buf_add(to, host, strcspn(host, "/?#"));
}

enum wb_code wb_http_prometheus(const struct wb_prometheus *at, const char *query, double *ret,
                                int64_t *ret_source_us, const char **ret_why,
                                struct wb_error *err) {
    WB_CLEANUP_BUF struct wb_buf url = {0}, body = {0}, token = {0}, name = {0};
    const char *base = at->url, *headers[2] = {0};
    if (!base || !*base)
        return wb_error_set(err, WB_E_PLAN,
                            "where Prometheus is is said neither by \"prometheus:\" in the front "
                            "matter nor by WHIMBREL_PROMETHEUS");
    if (at->token && *at->token) {
        wb_buf_addf(&token, "Authorization: Bearer %s", at->token);
        headers[0] = wb_buf_str(&token);
    }
    wb_buf_addf(&url, "%s%sapi/v1/query?query=", base, base[strlen(base) - 1] == '/' ? "" : "/");
    for (const char *s = query; *s; s++) {
        bool plain = (*s >= 'a' && *s <= 'z') || (*s >= 'A' && *s <= 'Z') ||
                     (*s >= '0' && *s <= '9') || strchr("-_.~", *s);
        if (plain)
            wb_buf_addc(&url, *s);
        else
            wb_buf_addf(&url, "%%%02X", (unsigned)(unsigned char)*s);
    }
    enum wb_code code = wb_http_send(NULL, wb_buf_str(&url), headers, NULL, &body, err);
    if (!code)
        code = read_answer(wb_buf_str(&body), ret, ret_source_us, ret_why, err);
    if (code) {
        put_public(base, &name);
        wb_error_wrap(err, "Prometheus at %s", wb_buf_str(&name));
    }
    return code;
}

/* --- blocks
 * -------------------------------------------------------------------------------------- */

enum wb_code wb_http_block(const char *text, struct wb_buf *ret_body, struct wb_error *err) {
    struct wb_arena a = {0};
    const char *headers[17] = {0}, *body = NULL;
    size_t n = 0, line = strcspn(text, "\n"), space = strcspn(text, " ");
    enum wb_code code;
    if (space >= line) {
        code = wb_error_set(err, WB_E_PLAN, "an http block begins with a line METHOD URL");
    } else {
        const char *method = wb_arena_strndup(&a, text, space);
        char *url = wb_arena_strndup(&a, text + space + 1, line - space - 1);
        url[strcspn(url, "\r ")] = 0;
        for (const char *s = text + line; *s == '\n';) {
            s++;
            size_t len = strcspn(s, "\n");
            if (len == 0) {
                body = *s ? s + 1 : NULL;
                break;
            }
            if (n < 16)
                headers[n++] = wb_arena_strndup(&a, s, len);
            s += len;
        }
        code = wb_http_send(method, url, headers, body && *body ? body : NULL, ret_body, err);
    }
    wb_arena_done(&a);
    return code;
}

enum wb_code wb_http_number(const char *text, double *ret, struct wb_error *err) {
    WB_CLEANUP_BUF struct wb_buf body = {0};
    enum wb_code code = wb_http_block(text, &body, err);
    char *end;
    if (code)
        return code;
    *ret = strtod(wb_buf_str(&body), &end);
    if (end == wb_buf_str(&body) || end[strspn(end, " \t\r\n")])
        return wb_error_set(err, WB_E_PLAN, "the answer \"%.60s\" is no number", wb_buf_str(&body));
    return WB_OK;
}

void wb_run_request_block(struct wb_job *job, const struct wb_plan_block *b) {
    WB_CLEANUP_BUF struct wb_buf body = {0};
    struct wb_error err = {0};
    if (wb_http_block(b->text, &body, &err)) {
        wb_job_fails(job, &err);
        job->result = WB_JOB_UNKNOWN;
    } else {
        wb_job_says(job, WB_JOB_DONE, "answered: %.200s", wb_buf_str(&body));
    }
}
