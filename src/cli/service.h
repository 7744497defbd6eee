/* What a service manager is told: systemd's protocol of sd_notify(3), datagrams to the socket that
 * NOTIFY_SOCKET names. Without that variable nothing is sent. */
#ifndef WB_CLI_SERVICE_H
#define WB_CLI_SERVICE_H

#include <stdint.h>

struct wb_service {
    int fd;               /* -1: nobody is to be told */
    uint64_t watchdog_us; /* half of what WATCHDOG_USEC says; 0: no watchdog */
    uint64_t alive_us;    /* when it was told last */
    char status[200];     /* what was told last */
    enum { WB_SERVICE_STARTING, WB_SERVICE_READY } state;
};

/* Takes NOTIFY_SOCKET and WATCHDOG_* out of the environment, so that no script of a plan speaks for
 * this process. Call before threads are made. */
void wb_service_open(struct wb_service *s);
/* It works: READY=1 at the first call, STATUS= where it is another, WATCHDOG=1 when that is due. */
void wb_service_works(struct wb_service *s, const char *status);
void wb_service_close(struct wb_service *s); /* STOPPING=1 */

#endif
