/* Pages go to the plan's "notify" addresses as JSON, each in a thread of its own, so that an
 * address that does not answer holds nothing up. What could not be sent becomes a note of the
 * journal. */
#include "run/http.h"
#include "run/inside.h"

#include "base/json.h"

#include <stdlib.h>
#include <string.h>

struct wb_notice {
    struct wb_notice *next;
    pthread_t thread;
    atomic_bool over;
    char *url, *body;
    char why[300]; /* "" where it was sent */
};

static void *send_notice(void *arg) {
    struct wb_notice *n = arg;
    static const char *const headers[] = {"Content-Type: application/json", NULL};
    WB_CLEANUP_BUF struct wb_buf answer = {0};
    struct wb_error err = {0};
    if (wb_http_send("POST", n->url, headers, n->body, &answer, &err))
        snprintf(n->why, sizeof n->why, "%.290s", err.text);
    atomic_store(&n->over, true);
    return NULL;
}

static const char *body_of(struct wb_run *r, const struct wb_event *e, struct wb_buf *b) {
    json_t *data = e->data ? json_loads(e->data, 0, NULL) : NULL;
    const char *text = json_string_value(json_object_get(data, "text"));
    struct wb_json j = {.out = b};
    char time[40];
    wb_json_object(&j);
    wb_json_key_uint(&j, "format", 1);
    wb_json_key_str(&j, "event", "page");
    wb_json_key_str(&j, "time", wb_clock_format(e->wall_us, time, sizeof time));
    wb_json_key_str(&j, "plan", r->plan->path);
    wb_json_key_str(&j, "title", r->plan->title);
    wb_json_key_int(&j, "phase", e->phase);
    wb_json_key_str(&j, "item", e->step);
    wb_json_key_str(&j, "text", text ? text : "");
    wb_json_end(&j);
    json_decref(data);
    return wb_buf_str(b);
}

void wb_run_notify(struct wb_run *r, const struct wb_event *e) {
    for (size_t i = 0; i < r->plan->front.n_notify; i++) {
        const struct wb_plan_text *to = &r->plan->front.notify[i];
        WB_CLEANUP_BUF struct wb_buf b = {0};
        if (!to->value || to->incomplete || strncmp(to->value, "http", 4) != 0)
            continue;
        struct wb_notice *n = calloc(1, sizeof *n);
        if (!n)
            abort();
        n->url = strdup(to->value);
        n->body = strdup(body_of(r, e, &b));
        if (pthread_create(&n->thread, NULL, send_notice, n) != 0)
            abort();
        n->next = r->notices;
        r->notices = n;
    }
}

void wb_run_notices(struct wb_run *r, enum wb_run_waiting waiting) {
    struct wb_notice **at = &r->notices;
    while (*at) {
        struct wb_notice *n = *at;
        if (waiting == WB_RUN_NO_WAIT && !atomic_load(&n->over)) {
            at = &n->next;
            continue;
        }
        pthread_join(n->thread, NULL);
        if (*n->why)
            wb_run_event(r, WB_EVENT_NOTE, WB_EVENT_NO_PHASE, NULL, "text:s",
                         wb_arena_printf(&r->arena, "a page could not be sent: %s", n->why));
        *at = n->next;
        free(n->url);
        free(n->body);
        free(n);
    }
}
