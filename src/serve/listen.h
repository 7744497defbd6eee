/* The socket that the server listens on. */
#ifndef WB_SERVE_LISTEN_H
#define WB_SERVE_LISTEN_H

#include "base/error.h"

#include <stdint.h>

enum wb_listen_reach { WB_REACH_LOOPBACK, WB_REACH_NETWORK };

struct wb_listen {
    int fd; /* listening, non-blocking; the caller closes it */
    uint16_t port;
    enum wb_listen_reach reach;
    char host[64]; /* as in a URL, brackets included */
};

/* "PORT", "HOST:PORT", "[IPV6]:PORT"; NULL or "" is the default. USAGE: malformed; IO: taken, or
 * not an address of this machine. */
enum wb_code wb_listen_open(const char *address, struct wb_listen *ret, struct wb_error *err);

#endif
