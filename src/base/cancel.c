#include "base/cancel.h"

#include <signal.h>

void wb_cancel_request(struct wb_cancel *c, int signo) {
    int none = 0;
    atomic_compare_exchange_strong(&c->signo, &none, signo ? signo : -1);
}

int wb_cancel_signo(const struct wb_cancel *c) {
    return c ? atomic_load((atomic_int *)&c->signo) : 0;
}

enum wb_code wb_cancel_check(const struct wb_cancel *c, struct wb_error *err) {
    int signo = wb_cancel_signo(c);
    if (!signo)
        return WB_OK;
    const char *why = signo == SIGINT    ? "interrupted (SIGINT)"
                      : signo == SIGTERM ? "terminated (SIGTERM)"
                      : signo == SIGHUP  ? "its terminal was closed (SIGHUP)"
                                         : "stopped";
    return wb_error_set(err, WB_E_CANCELED, "%s", why);
}
