/* Events: built as JSON, applied to the state, which may refuse them, then written. */
#include "run/inside.h"

#include "base/json.h"
#include "base/str.h"

#include <stdio.h>
#include <string.h>

uint64_t wb_run_now_us(const struct wb_run *r) {
    return r->clock.monotonic_us(r->clock.ctx);
}

void wb_run_event_json(struct wb_run *r, enum wb_event_kind kind, int phase, const char *step,
                       struct wb_buf *json) {
    struct wb_run_batch *b = &r->batch;
    if (b->n == WB_RUN_BATCH) {
        b->too_many = true;
        return;
    }
    b->items[b->n++] = (struct wb_event){
        .kind = kind,
        .phase = phase,
        .wall_us = r->clock.wall_us(r->clock.ctx),
        .run_us = r->journal ? wb_journal_run_us(r->journal) : 0,
        .step = wb_arena_strdup(&b->arena, step),
        .data = wb_arena_strdup(&b->arena, wb_buf_str(json)),
    };
}

static void put(struct wb_json *j, const char *key, char type, va_list *args) {
    wb_json_key(j, key);
    switch (type) {
    case 's':
        wb_json_str(j, va_arg(*args, const char *));
        break;
    case 'i':
        wb_json_int(j, va_arg(*args, int64_t));
        break;
    case 'u':
        wb_json_uint(j, va_arg(*args, uint64_t));
        break;
    case 'd':
        wb_json_double(j, va_arg(*args, double));
        break;
    case 'j': {
        const char *text = va_arg(*args, const char *);
        wb_buf_adds(j->out, text);
        j->comma[j->depth] = true;
        j->after_key = false;
        break;
    }
    default:
        wb_json_bool(j, va_arg(*args, int) != 0);
        break;
    }
}

void wb_run_event(struct wb_run *r, enum wb_event_kind kind, int phase, const char *step,
                  const char *fmt, ...) {
    WB_CLEANUP_BUF struct wb_buf b = {0};
    struct wb_json j = {.out = &b};
    va_list args;
    va_start(args, fmt);
    wb_json_object(&j);
    while (*fmt) {
        char key[40];
        size_t n = strcspn(fmt, ":");
        snprintf(key, sizeof key, "%.*s", (int)n, fmt);
        put(&j, key, fmt[n + 1], &args);
        fmt += n + 2;
        fmt += *fmt == ' ';
    }
    wb_json_end(&j);
    va_end(args);
    wb_run_event_json(r, kind, phase, step, &b);
}

void wb_run_drop_events(struct wb_run *r) {
    r->batch.n = 0;
    r->batch.too_many = false;
    wb_arena_reset(&r->batch.arena);
}

enum wb_code wb_run_write(struct wb_run *r, const struct wb_answer *answer, struct wb_error *err) {
    struct wb_run_batch *b = &r->batch;
    enum wb_code code = WB_OK;
    if (b->n == 0 && !answer)
        return WB_OK;
    if (b->too_many)
        code = wb_error_set(err, WB_E_INTERNAL, "one decision makes more than %d events",
                            WB_RUN_BATCH);
    for (size_t i = 0; i < b->n && !code; i++)
        code = wb_run_apply(&r->state, &b->items[i], err);
    if (!code && b->n)
        code = wb_journal_append(r->journal, b->items, b->n, answer, &r->state.seq, err);
    else if (!code)
        code = wb_journal_request_answer(r->journal, answer, err);
    for (size_t i = 0; i < b->n && !code; i++) {
        if (r->opts->sink.told)
            r->opts->sink.told(r->opts->sink.ctx, &b->items[i], &r->state, NULL);
        if (b->items[i].kind == WB_EVENT_PAGE)
            wb_run_notify(r, &b->items[i]);
    }
    wb_run_drop_events(r);
    if (!code)
        wb_run_publish(r);
    return code;
}

enum wb_code wb_run_replay(struct wb_journal *j, struct wb_run_state *s, struct wb_error *err) {
    struct wb_arena a = {0};
    struct wb_events read;
    enum wb_code code;
    do {
        wb_arena_reset(&a);
        read.n = 0;
        code = wb_journal_read(j, s->seq, 500, &a, &read, err);
        for (size_t i = 0; i < read.n && !code; i++) {
            code = wb_run_apply(s, &read.items[i], err);
            if (code)
                wb_error_wrap(err, "event %lld of %s", (long long)read.items[i].seq,
                              wb_journal_name(j));
        }
    } while (!code && read.n);
    wb_arena_done(&a);
    return code;
}
