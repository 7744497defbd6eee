/* What a service manager is told, over real sockets. */
#include "cli/service.h"

#include "base/clock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

static char name[108]; /* as NOTIFY_SOCKET has it */

static int listen_on(const char *as) {
    struct sockaddr_un at = {.sun_family = AF_UNIX};
    size_t len = strlen(as);
    memcpy(at.sun_path, as, len);
    if (as[0] == '@')
        at.sun_path[0] = 0;
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0);
    assert_true(fd >= 0);
    assert_int_equal(
        bind(fd, (struct sockaddr *)&at, (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len)),
        0);
    setenv("NOTIFY_SOCKET", as, 1);
    return fd;
}

static void expect(int fd, const char *text) {
    char got[400];
    ssize_t n = recv(fd, got, sizeof got - 1, 0);
    if (n < 0 && !text)
        return;
    if (n < 0)
        fail_msg("nothing was told, not %s", text);
    got[n] = 0;
    if (!text)
        fail_msg("told: %s", got);
    assert_string_equal(got, text);
}

static void tells(const char *as) {
    int fd = listen_on(as);
    struct wb_service s;
    wb_service_open(&s);
    assert_null(getenv("NOTIFY_SOCKET")); /* scripts of a plan do not speak for the run */
    expect(fd, NULL);
    wb_service_works(&s, "running\nphase 1");
    expect(fd, "READY=1");
    expect(fd, "STATUS=running phase 1");
    wb_service_works(&s, "running\nphase 1");
    expect(fd, NULL);
    wb_service_works(&s, "held");
    expect(fd, "STATUS=held");
    wb_service_close(&s);
    expect(fd, "STOPPING=1");
    wb_service_works(&s, "more");
    wb_service_close(&s);
    expect(fd, NULL);
    close(fd);
}

static void a_path(void **state) {
    (void)state;
    snprintf(name, sizeof name, "/tmp/whimbrel-notify.%d", (int)getpid());
    unlink(name);
    tells(name);
    unlink(name);
}

static void an_abstract_name(void **state) {
    (void)state;
    snprintf(name, sizeof name, "@whimbrel-notify.%d", (int)getpid());
    tells(name);
}

/* A status that differs behind what is kept of it only is not told again and again. */
static void a_long_status(void **state) {
    (void)state;
    char one[600];
    memset(one, 'x', sizeof one);
    one[sizeof one - 1] = 0;
    snprintf(name, sizeof name, "@whimbrel-long.%d", (int)getpid());
    int fd = listen_on(name);
    struct wb_service s;
    char got[400];
    wb_service_open(&s);
    wb_service_works(&s, one);
    expect(fd, "READY=1");
    assert_int_equal(recv(fd, got, sizeof got, 0), strlen("STATUS=") + sizeof s.status - 1);
    one[sizeof one - 2] = 'y';
    wb_service_works(&s, one);
    expect(fd, NULL);
    wb_service_close(&s);
    close(fd);
}

static void watchdog(const char *pid, const char *want) {
    snprintf(name, sizeof name, "@whimbrel-dog.%d", (int)getpid());
    int fd = listen_on(name);
    struct wb_service s;
    setenv("WATCHDOG_USEC", "1000000", 1);
    if (pid)
        setenv("WATCHDOG_PID", pid, 1);
    wb_service_open(&s);
    assert_null(getenv("WATCHDOG_USEC"));
    assert_null(getenv("WATCHDOG_PID"));
    wb_service_works(&s, "");
    expect(fd, "READY=1");
    expect(fd, want);
    wb_service_works(&s, "");
    expect(fd, NULL); /* not before half of the time is over */
    s.alive_us -= 500000;
    wb_service_works(&s, "");
    expect(fd, want);
    wb_service_close(&s);
    close(fd);
}

static void a_watchdog(void **state) {
    (void)state;
    char own[20];
    snprintf(own, sizeof own, "%d", (int)getpid());
    watchdog(NULL, "WATCHDOG=1");
    watchdog(own, "WATCHDOG=1");
    watchdog("1", NULL); /* it is another process' */
}

static void nobody(void **state) {
    (void)state;
    static const char *const names[] = {NULL, "relative", "", "/nowhere/at/all"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        struct wb_service s;
        unsetenv("NOTIFY_SOCKET");
        if (names[i])
            setenv("NOTIFY_SOCKET", names[i], 1);
        wb_service_open(&s);
        assert_int_equal(s.fd, -1);
        wb_service_works(&s, "running");
        wb_service_close(&s);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_path),        cmocka_unit_test(an_abstract_name),
        cmocka_unit_test(a_long_status), cmocka_unit_test(a_watchdog),
        cmocka_unit_test(nobody),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
