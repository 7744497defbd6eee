#include "serve/listen.h"

#include "base/str.h"
#include "serve/serve.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { BACKLOG = 256 };

struct parts {
    char host[256], port[8];
};

/* No host is loopback, never "all addresses": who wants those writes 0.0.0.0 or [::]. */
static enum wb_code split(const char *address, struct parts *to, struct wb_error *err) {
    const char *colon = strrchr(address, ':'), *port = colon ? colon + 1 : address;
    size_t len = colon ? (size_t)(colon - address) : 0;
    const char *host = address;
    int64_t number;
    bool bracketed = len > 2 && host[0] == '[' && host[len - 1] == ']';
    if (bracketed) {
        host++;
        len -= 2;
    }
    if (!wb_str_int64(port, 0, 65535, &number) || len >= sizeof to->host ||
        (!bracketed && memchr(host, ':', len)))
        return wb_error_set(err, WB_E_USAGE,
                            "\"%s\" is no address to listen on; write PORT, HOST:PORT or "
                            "[IPV6]:PORT",
                            address);
    snprintf(to->host, sizeof to->host, "%.*s", (int)len, host);
    if (!len)
        snprintf(to->host, sizeof to->host, "127.0.0.1");
    snprintf(to->port, sizeof to->port, "%d", (int)number);
    return WB_OK;
}

static bool is_loopback(const struct sockaddr_storage *a) {
    if (a->ss_family == AF_INET)
        return ntohl(((const struct sockaddr_in *)a)->sin_addr.s_addr) >> 24 == 127;
    return IN6_IS_ADDR_LOOPBACK(&((const struct sockaddr_in6 *)a)->sin6_addr);
}

static enum wb_code describe(int fd, struct wb_listen *to, struct wb_error *err) {
    struct sockaddr_storage a = {0};
    socklen_t len = sizeof a;
    char text[INET6_ADDRSTRLEN];
    if (getsockname(fd, (struct sockaddr *)&a, &len))
        return wb_error_set(err, WB_E_IO, "cannot read the socket's address: %s", strerror(errno));
    bool v6 = a.ss_family == AF_INET6;
    const void *bytes = v6 ? (const void *)&((struct sockaddr_in6 *)&a)->sin6_addr
                           : (const void *)&((struct sockaddr_in *)&a)->sin_addr;
    inet_ntop(a.ss_family, bytes, text, sizeof text);
    snprintf(to->host, sizeof to->host, v6 ? "[%s]" : "%s", text);
    to->port =
        ntohs(v6 ? ((struct sockaddr_in6 *)&a)->sin6_port : ((struct sockaddr_in *)&a)->sin_port);
    to->reach = is_loopback(&a) ? WB_REACH_LOOPBACK : WB_REACH_NETWORK;
    to->fd = fd;
    return WB_OK;
}

static int bind_one(const struct addrinfo *at) {
    int on = 1,
        fd = socket(at->ai_family, at->ai_socktype | SOCK_CLOEXEC | SOCK_NONBLOCK, at->ai_protocol);
    if (fd < 0)
        return -1;
    /* Without it a restarted run could not have its port back for a minute. */
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(fd, at->ai_addr, at->ai_addrlen) == 0 && listen(fd, BACKLOG) == 0)
        return fd;
    int why = errno;
    close(fd);
    errno = why;
    return -1;
}

enum wb_code wb_listen_open(const char *address, struct wb_listen *ret, struct wb_error *err) {
    struct parts parts = {.host = "127.0.0.1"};
    struct addrinfo hints = {.ai_family = AF_UNSPEC,
                             .ai_socktype = SOCK_STREAM,
                             .ai_flags = AI_PASSIVE | AI_NUMERICSERV},
                    *found = NULL;
    struct wb_listen l;
    snprintf(parts.port, sizeof parts.port, "%d", WB_SERVE_PORT);
    if (address && *address && split(address, &parts, err))
        return WB_E_USAGE;
    int why = getaddrinfo(parts.host, parts.port, &hints, &found);
    if (why)
        return wb_error_set(err, WB_E_IO, "cannot listen on %s: %s", parts.host, gai_strerror(why));
    int fd = bind_one(found);
    why = errno;
    freeaddrinfo(found);
    if (fd < 0) {
        wb_error_set(err, WB_E_IO, "cannot listen on %s port %s: %s", parts.host, parts.port,
                     strerror(why));
        return wb_error_hint(err, "choose another address with --listen, or see who has this one");
    }
    if (describe(fd, &l, err)) {
        close(fd);
        return WB_E_IO;
    }
    *ret = l;
    return WB_OK;
}
