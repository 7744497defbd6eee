/*
 * http: asks a server over keep-alive connections, one request at a time on each, and measures.
 *
 *   http flags   PORT CONNECTIONS SECONDS FLAG    evaluate FLAG for ever new keys
 *   http observe PORT CONNECTIONS SECONDS BATCH   report BATCH observations a request; the token is WHIMBREL_TOKEN's
 *
 * Prints requests (and observations that the server said it accepted), the rate, and the 50th, 99th and 99.9th
 * percentile and the longest of the times from a request's first byte to its answer's last. One thread, epoll; exit
 * code 1 with a message if any answer is not 200.
 */
#define _GNU_SOURCE /* strcasestr */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { REQUEST_MAX = 1024 * 1024, ANSWER_MAX = 4096, CONNECTIONS_MAX = 512 };

struct connection {
    int fd;
    uint64_t sent_ns;
    char answer[ANSWER_MAX];
    size_t have;
};

struct run {
    const char *mode, *flag, *token;
    unsigned batch;
    uint64_t requests, accepted;
    uint32_t *times_us;
    size_t cap;
    char *request;
};

static _Noreturn void die(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    fputs("http: ", stderr);
    vfprintf(stderr, format, args);
    fputc('\n', stderr);
    va_end(args);
    exit(1);
}

static uint64_t now_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

/* ---- requests ---- */

static size_t make_flags(struct run *r)
{
    char body[128];
    int n = snprintf(body, sizeof body, "{\"context\":{\"targetingKey\":\"user-%llu\"}}",
                     (unsigned long long)r->requests);
    return (size_t)snprintf(r->request, REQUEST_MAX,
                            "POST /ofrep/v1/evaluate/flags/%s HTTP/1.1\r\nHost: 127.0.0.1\r\n"
                            "Content-Type: application/json\r\nContent-Length: %d\r\n\r\n%s", r->flag, n, body);
}

static size_t make_batch(struct run *r)
{
    static char body[REQUEST_MAX / 2];
    size_t n = 0;
    for (unsigned i = 0; i < r->batch; i++)
        n += (size_t)snprintf(body + n, sizeof body - n,
                              "%c{\"side\":\"new\",\"operation\":\"read\",\"outcome\":\"ok\",\"latency_ms\":%u.%u}",
                              i ? ',' : '[', i % 50, i % 10);
    return (size_t)snprintf(r->request, REQUEST_MAX,
                            "POST /v1/observations HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer %s\r\n"
                            "Content-Type: application/json\r\nContent-Length: %zu\r\n\r\n%s]", r->token, n + 1, body);
}

static void ask(struct run *r, struct connection *c)
{
    static size_t batch_len;
    size_t len, sent = 0;
    if (*r->mode == 'f')
        len = make_flags(r);
    else
        len = batch_len ? batch_len : (batch_len = make_batch(r));
    c->have = 0;
    c->sent_ns = now_ns();
    while (sent < len) {
        ssize_t n = send(c->fd, r->request + sent, len - sent, MSG_NOSIGNAL);
        if (n <= 0)
            die("sending: %s", strerror(errno));
        sent += (size_t)n;
    }
}

/* ---- answers ---- */

static void note(struct run *r, const struct connection *c, const char *body)
{
    const char *accepted = strstr(body, "\"accepted\":");
    if (r->requests == r->cap) {
        r->cap = r->cap ? 2 * r->cap : 1 << 20;
        r->times_us = realloc(r->times_us, r->cap * sizeof *r->times_us);
        if (!r->times_us)
            die("out of memory");
    }
    r->times_us[r->requests++] = (uint32_t)((now_ns() - c->sent_ns) / 1000);
    if (accepted)
        r->accepted += strtoull(accepted + strlen("\"accepted\":"), NULL, 10);
}

/* 1: the answer is whole */
static int receive(struct run *r, struct connection *c)
{
    ssize_t n = recv(c->fd, c->answer + c->have, ANSWER_MAX - 1 - c->have, MSG_DONTWAIT);
    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return 0;
    if (n <= 0)
        die("the server closed a connection");
    c->have += (size_t)n;
    c->answer[c->have] = 0;
    char *end = strstr(c->answer, "\r\n\r\n"), *length = strcasestr(c->answer, "content-length:");
    if (!end || !length)
        return 0;
    if (c->have < (size_t)(end + 4 - c->answer) + strtoul(length + 15, NULL, 10))
        return 0;
    if (strncmp(c->answer, "HTTP/1.1 200", 12) != 0)
        die("not 200: %s", c->answer);
    note(r, c, end);
    return 1;
}

static int connect_to(unsigned port)
{
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port),
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM, 0), on = 1;
    if (fd < 0 || connect(fd, (struct sockaddr *)&to, sizeof to))
        die("connecting: %s", strerror(errno));
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    return fd;
}

static int by_value(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

static void report(struct run *r, double seconds)
{
    if (!r->requests)
        die("no answer");
    qsort(r->times_us, r->requests, sizeof *r->times_us, by_value);
#define AT(q) (r->times_us[(size_t)((double)(r->requests - 1) * (q))] / 1000.0)
    printf("%s: %llu requests, %.0f/s; ms: P50 %.2f P99 %.2f P99.9 %.2f longest %.2f", r->mode,
           (unsigned long long)r->requests, (double)r->requests / seconds, AT(0.5), AT(0.99), AT(0.999), AT(1.0));
    if (*r->mode == 'o')
        printf("; accepted %llu, %.0f/s", (unsigned long long)r->accepted, (double)r->accepted / seconds);
    putchar('\n');
}

/* Asks until the time is over, then waits for what is under way, so that every answer is counted. */
static void measure(struct run *r, unsigned port, unsigned n, double seconds)
{
    static struct connection connections[CONNECTIONS_MAX];
    struct epoll_event events[CONNECTIONS_MAX];
    int poll = epoll_create1(0);
    uint64_t start = now_ns(), end = start + (uint64_t)(seconds * 1e9);
    unsigned busy = n;
    for (unsigned i = 0; i < n; i++) {
        struct epoll_event e = {.events = EPOLLIN, .data.ptr = &connections[i]};
        connections[i].fd = connect_to(port);
        epoll_ctl(poll, EPOLL_CTL_ADD, connections[i].fd, &e);
        ask(r, &connections[i]);
    }
    while (busy) {
        int ready = epoll_wait(poll, events, CONNECTIONS_MAX, 10000);
        if (ready <= 0)
            die("no answer within 10 s");
        for (int i = 0; i < ready; i++) {
            struct connection *c = events[i].data.ptr;
            if (!receive(r, c))
                continue;
            if (now_ns() < end)
                ask(r, c);
            else
                busy--;
        }
    }
    report(r, (double)(now_ns() - start) / 1e9);
}

int main(int argc, char **argv)
{
    struct run r = {.token = getenv("WHIMBREL_TOKEN")};
    if (argc != 6 || (strcmp(argv[1], "flags") != 0 && strcmp(argv[1], "observe") != 0))
        die("usage: http flags PORT CONNECTIONS SECONDS FLAG | http observe PORT CONNECTIONS SECONDS BATCH");
    unsigned n = (unsigned)atoi(argv[3]);
    r.mode = argv[1];
    r.flag = argv[5];
    r.batch = (unsigned)atoi(argv[5]);
    r.request = malloc(REQUEST_MAX);
    if (!r.request || n == 0 || n > CONNECTIONS_MAX || r.batch > 5000)
        die("1 to %d connections, at most 5000 observations a request", CONNECTIONS_MAX);
    if (*r.mode == 'o' && (!r.token || !r.batch))
        die("observe needs WHIMBREL_TOKEN and a batch");
    measure(&r, (unsigned)atoi(argv[2]), n, atof(argv[4]));
    return 0;
}
