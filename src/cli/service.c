#include "cli/service.h"

#include "base/clock.h"
#include "base/str.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static void tell(const struct wb_service *s, const char *text) {
    if (s->fd >= 0)
        (void)send(s->fd, text, strlen(text), MSG_NOSIGNAL | MSG_DONTWAIT);
}

/* A path, or an abstract name behind '@'. */
static int connect_to(const char *name) {
    struct sockaddr_un to = {.sun_family = AF_UNIX};
    size_t len = strlen(name);
    if ((name[0] != '/' && name[0] != '@') || len >= sizeof to.sun_path)
        return -1;
    memcpy(to.sun_path, name, len);
    if (name[0] == '@')
        to.sun_path[0] = 0;
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    socklen_t size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len);
    if (fd >= 0 && connect(fd, (const struct sockaddr *)&to, size) != 0) {
        close(fd);
        fd = -1;
    }
    return fd;
}

/* Half of the time after which the manager takes this process for dead. */
static uint64_t watchdog_us(void) {
    const char *text = getenv("WATCHDOG_USEC"), *of = getenv("WATCHDOG_PID");
    int64_t us = 0, pid = 0;
    if (!text || !wb_str_int64(text, 2, INT64_MAX, &us))
        return 0;
    if (of && (!wb_str_int64(of, 1, INT64_MAX, &pid) || pid != getpid()))
        return 0;
    return (uint64_t)us / 2;
}

void wb_service_open(struct wb_service *s) {
    const char *name = getenv("NOTIFY_SOCKET");
    *s = (struct wb_service){.fd = name ? connect_to(name) : -1, .watchdog_us = watchdog_us()};
    unsetenv("NOTIFY_SOCKET");
    unsetenv("WATCHDOG_USEC");
    unsetenv("WATCHDOG_PID");
}

/* A status is one line. */
static void tell_status(struct wb_service *s, const char *status) {
    char text[sizeof s->status + 16];
    if (strncmp(status, s->status, sizeof s->status - 1) == 0)
        return;
    snprintf(s->status, sizeof s->status, "%s", status);
    snprintf(text, sizeof text, "STATUS=%s", s->status);
    for (char *p = text; *p; p++)
        if (*p == '\n')
            *p = ' ';
    tell(s, text);
}

void wb_service_works(struct wb_service *s, const char *status) {
    uint64_t now = wb_clock_monotonic_us();
    if (s->fd < 0)
        return;
    if (s->state == WB_SERVICE_STARTING)
        tell(s, "READY=1");
    s->state = WB_SERVICE_READY;
    tell_status(s, status);
    if (s->watchdog_us && now - s->alive_us >= s->watchdog_us) {
        s->alive_us = now;
        tell(s, "WATCHDOG=1");
    }
}

void wb_service_close(struct wb_service *s) {
    if (s->fd < 0)
        return;
    tell(s, "STOPPING=1");
    close(s->fd);
    s->fd = -1;
}
