#include "engine/pin.h"

#include "base/str.h"

#include <stdlib.h>
#include <string.h>

static void record(struct wb_pin *p, const struct wb_database_id *met) {
    if (!p->id && !(p->id = strdup(met->id)))
        abort();
    p->standby = met->standby;
}

void wb_pin_init(struct wb_pin *p, const struct wb_database_id *expected) {
    *p = (struct wb_pin){0};
    pthread_mutex_init(&p->lock, NULL);
    if (expected && expected->id)
        record(p, expected);
}

void wb_pin_done(struct wb_pin *p) {
    pthread_mutex_destroy(&p->lock);
    free(p->id);
    p->id = NULL;
}

void wb_pin_fill(struct wb_pin *pins[2], struct wb_pin own[2]) {
    for (int s = 0; s < 2; s++) {
        wb_pin_init(&own[s], NULL);
        if (!pins[s])
            pins[s] = &own[s];
    }
}

struct wb_database_id wb_pin_met(struct wb_pin *p, struct wb_arena *a) {
    pthread_mutex_lock(&p->lock);
    struct wb_database_id met = {.id = wb_arena_strdup(a, p->id), .standby = p->standby};
    pthread_mutex_unlock(&p->lock);
    return met;
}

static enum wb_code compare(struct wb_pin *p, const struct wb_database_id *met,
                            struct wb_error *err) {
    if (p->id && !wb_str_eq(p->id, met->id))
        return wb_error_set(err, WB_E_OTHER_DATABASE,
                            "leads to another database than at the beginning: expected %s, met %s; "
                            "nothing was done there",
                            p->id, met->id);
    if (p->id && met->standby && !p->standby)
        return wb_error_set(err, WB_E_OTHER_DATABASE,
                            "leads to a standby of %s, no longer to the primary: what it holds may "
                            "be old; nothing was done there",
                            p->id);
    record(p, met);
    return WB_OK;
}

enum wb_code wb_pin_check(struct wb_pin *p, struct wb_conn *c, struct wb_error *err) {
    struct wb_arena a = {0};
    struct wb_database_id met = {0};
    enum wb_code code = c->engine->identify(c, &a, &met, err);
    if (code)
        wb_error_wrap(err, "asking which database it is");
    pthread_mutex_lock(&p->lock);
    if (!code)
        code = compare(p, &met, err);
    pthread_mutex_unlock(&p->lock);
    wb_arena_done(&a);
    return code;
}
