/* HTTP by libcurl; connections are kept. */
#include "service.h"

#include <curl/curl.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TIMEOUT_MS = 2000, ANSWER_MAX = 4096, BATCH_MAX = 256 * 1024, OBSERVATION_MAX = 160 };

struct service {
    char url[300];
    CURL *flags, *observations;
    struct curl_slist *json, *json_with_token;
    char answer[ANSWER_MAX];
    size_t answer_len, batch_len;
    char *batch;
    int answers;
};

static size_t take(char *data, size_t size, size_t n, void *ctx) {
    struct service *s = ctx;
    size_t len = size * n, room = sizeof s->answer - 1 - s->answer_len;
    size_t kept = len < room ? len : room;
    memcpy(s->answer + s->answer_len, data, kept);
    s->answer_len += kept;
    s->answer[s->answer_len] = 0;
    return len;
}

static CURL *handle(struct service *s, struct curl_slist *headers) {
    CURL *c = curl_easy_init();
    if (!c)
        abort();
    curl_easy_setopt(c, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, take);
    curl_easy_setopt(c, CURLOPT_WRITEDATA, s);
    curl_easy_setopt(c, CURLOPT_TIMEOUT_MS, (long)TIMEOUT_MS);
    curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(c, CURLOPT_PROXY, ""); /* whatever the environment says */
    return c;
}

static int read_token(struct service *s, const char *path, char *error, size_t size) {
    char token[300] = "", header[400];
    FILE *f = fopen(path, "r");
    if (!f || !fgets(token, sizeof token, f)) {
        snprintf(error, size, "%s: cannot be read, or is empty", path);
        if (f)
            fclose(f);
        return -1;
    }
    fclose(f);
    token[strcspn(token, "\r\n")] = 0;
    snprintf(header, sizeof header, "Authorization: Bearer %s", token);
    s->json_with_token = curl_slist_append(s->json_with_token, header);
    return 0;
}

struct service *service_open(const char *url, const char *token_file, char *error, size_t size) {
    struct service *s = calloc(1, sizeof *s);
    if (!s || !(s->batch = malloc(BATCH_MAX)))
        abort();
    curl_global_init(CURL_GLOBAL_DEFAULT);
    snprintf(s->url, sizeof s->url, "%s", url ? url : "");
    s->json = curl_slist_append(NULL, "Content-Type: application/json");
    s->json_with_token = curl_slist_append(NULL, "Content-Type: application/json");
    if (token_file && read_token(s, token_file, error, size)) {
        service_close(s);
        return NULL;
    }
    s->flags = handle(s, s->json);
    s->observations = handle(s, s->json_with_token);
    return s;
}

void service_close(struct service *s) {
    if (!s)
        return;
    curl_easy_cleanup(s->flags);
    curl_easy_cleanup(s->observations);
    curl_slist_free_all(s->json);
    curl_slist_free_all(s->json_with_token);
    free(s->batch);
    free(s);
    curl_global_cleanup();
}

/* The status of the answer; 0: there was none. */
static long post(struct service *s, CURL *c, const char *path, const char *body, size_t len) {
    char url[500];
    long status = 0;
    snprintf(url, sizeof url, "%s%s", s->url, path);
    s->answer_len = 0;
    s->answer[0] = 0;
    curl_easy_setopt(c, CURLOPT_URL, url);
    curl_easy_setopt(c, CURLOPT_POSTFIELDS, body);
    curl_easy_setopt(c, CURLOPT_POSTFIELDSIZE, (long)len);
    if (curl_easy_perform(c) == CURLE_OK)
        curl_easy_getinfo(c, CURLINFO_RESPONSE_CODE, &status);
    return status;
}

int service_flag(struct service *s, const char *flag, const char *key) {
    char path[200], body[200];
    if (!*s->url)
        return 0;
    snprintf(path, sizeof path, "/ofrep/v1/evaluate/flags/%s", flag);
    int len = snprintf(body, sizeof body, "{\"context\":{\"targetingKey\":\"%s\"}}", key);
    long status = post(s, s->flags, path, body, (size_t)len);
    s->answers = status != 0;
    json_t *answer = status == 200 ? json_loads(s->answer, 0, NULL) : NULL;
    int on = json_is_true(json_object_get(answer, "value"));
    json_decref(answer);
    return on;
}

int service_answers(const struct service *s) {
    return s->answers;
}

void service_observe(struct service *s, enum service_side side, const char *operation,
                     enum service_outcome outcome, int64_t latency_us) {
    static const char *const sides[] = {"old", "new"};
    static const char *const outcomes[] = {"ok", "error", "match", "mismatch"};
    char latency[48] = "null";
    if (!*s->url || s->batch_len + OBSERVATION_MAX > BATCH_MAX)
        return;
    if (latency_us >= 0)
        snprintf(latency, sizeof latency, "%lld.%03lld", (long long)(latency_us / 1000),
                 (long long)(latency_us % 1000));
    s->batch_len += (size_t)snprintf(
        s->batch + s->batch_len, BATCH_MAX - s->batch_len,
        "%c{\"side\":\"%s\",\"operation\":\"%s\",\"outcome\":\"%s\",\"latency_ms\":%s}",
        s->batch_len ? ',' : '[', sides[side], operation, outcomes[outcome], latency);
}

void service_send(struct service *s) {
    if (!s->batch_len)
        return;
    s->batch[s->batch_len++] = ']';
    s->answers = post(s, s->observations, "/v1/observations", s->batch, s->batch_len) != 0;
    s->batch_len = 0;
}
