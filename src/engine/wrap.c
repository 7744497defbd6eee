#include "engine/wrap.h"

#include <stdlib.h>

void wb_wrap_close(struct wb_conn *c) {
    if (!c)
        return;
    wb_conn_close(c->inner);
    free(c);
}

void wb_wrap_init(struct wb_wrap *w, const char *kind, struct wb_conn *inner) {
    w->kind = kind;
    w->engine = *inner->engine;
    w->engine.close = wb_wrap_close;
    if (w->engine.read) {
        w->read = *w->engine.read;
        w->engine.read = &w->read;
    }
    if (w->engine.write) {
        w->write = *w->engine.write;
        w->engine.write = &w->write;
    }
    if (w->engine.verify) {
        w->verify = *w->engine.verify;
        w->engine.verify = &w->verify;
    }
    w->conn = (struct wb_conn){.engine = &w->engine, .inner = inner};
}

struct wb_wrap *wb_wrap_find(struct wb_conn *c, const char *kind) {
    while (((struct wb_wrap *)c)->kind != kind)
        c = c->inner;
    return (struct wb_wrap *)c;
}
