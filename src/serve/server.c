/* The server's life: what is checked, opened and started, in this order, and ended in the other. */
#include "serve/server.h"

#include "base/clock.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    IDLE_MS = 15000,
    MAX_CONNECTIONS = 512,
    MAX_PER_IP = 256,
    MAX_BODY = 1024 * 1024,
    HTTP_THREADS = 2,
    CONNECTION_BYTES = 32 * 1024, /* holds the headers; more are refused */
    PEM_MAX = 1024 * 1024,
    SENDING_MS = 2000, /* at the end: for clients that read no answer */
};

struct tls {
    char *cert, *key; /* owned, NULL without */
};

/* --- TLS ------------------------------------------------------------------------------------- */

static enum wb_code read_pem(const char *path, char **ret, struct wb_error *err) {
    FILE *f = fopen(path, "re");
    if (!f)
        return wb_error_set(err, WB_E_IO, "%s: %s", path, strerror(errno));
    char *text = malloc(PEM_MAX + 1);
    if (!text)
        abort();
    size_t n = fread(text, 1, PEM_MAX, f);
    bool failed = ferror(f);
    fclose(f);
    text[n] = 0;
    if (failed || !strstr(text, "-----BEGIN ")) {
        free(text);
        return wb_error_set(err, failed ? WB_E_IO : WB_E_USAGE, "%s: %s", path,
                            failed ? "cannot be read" : "is no PEM file");
    }
    *ret = text;
    return WB_OK;
}

static void tls_done(struct tls *t) {
    if (t->key)
        explicit_bzero(t->key, strlen(t->key));
    free(t->cert);
    free(t->key);
}

static enum wb_code tls_load(const struct wb_serve_opts *o, struct tls *t, struct wb_error *err) {
    if (!o->tls_cert_file && !o->tls_key_file)
        return WB_OK;
    if (!o->tls_cert_file || !o->tls_key_file)
        return wb_error_set(err, WB_E_USAGE, "TLS needs both a certificate and a key file");
    if (MHD_is_feature_supported(MHD_FEATURE_TLS) != MHD_YES)
        return wb_error_set(err, WB_E_UNSUPPORTED, "libmicrohttpd was built without TLS here");
    if (read_pem(o->tls_cert_file, &t->cert, err))
        return wb_error_wrap(err, "TLS certificate");
    if (read_pem(o->tls_key_file, &t->key, err))
        return wb_error_wrap(err, "TLS key");
    return WB_OK;
}

/* --- libmicrohttpd --------------------------------------------------------------------------- */

static unsigned or_default(unsigned v, unsigned fallback) {
    return v ? v : fallback;
}

static struct MHD_Daemon *start_daemon(struct wb_serve *s, const struct wb_serve_opts *o,
                                       const struct tls *t) {
    unsigned flags = MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME;
    struct MHD_OptionItem tls[] = {
        {MHD_OPTION_HTTPS_MEM_CERT, 0, t->cert},
        {MHD_OPTION_HTTPS_MEM_KEY, 0, t->key},
        {MHD_OPTION_END, 0, NULL},
    };
    if (t->cert)
        flags |= MHD_USE_TLS;
    if (strchr(s->listen.host, ':'))
        flags |= MHD_USE_IPv6;
    return MHD_start_daemon(
        flags, 0, NULL, NULL, wb_serve_on_request, s, /* */
        MHD_OPTION_LISTEN_SOCKET, s->listen.fd,       /* */
        MHD_OPTION_THREAD_POOL_SIZE, (unsigned)HTTP_THREADS, MHD_OPTION_CONNECTION_LIMIT,
        or_default(o->max_connections, MAX_CONNECTIONS), MHD_OPTION_PER_IP_CONNECTION_LIMIT,
        or_default(o->max_per_ip, MAX_PER_IP), MHD_OPTION_CONNECTION_TIMEOUT,
        (or_default(o->idle_ms, IDLE_MS) + 999) / 1000, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
        (size_t)CONNECTION_BYTES, MHD_OPTION_NOTIFY_COMPLETED, wb_serve_on_completed, s, /* */
        MHD_OPTION_NOTIFY_CONNECTION, wb_serve_on_connection, s, MHD_OPTION_ARRAY,
        t->cert ? tls : tls + 2, /* */
        MHD_OPTION_END);
}

static enum wb_code start_threads(struct wb_serve *s, const struct wb_serve_opts *o,
                                  const struct tls *t, struct wb_error *err) {
    unsigned request_ms = or_default(o->request_ms, 2 * or_default(o->idle_ms, IDLE_MS));
    if (wb_watch_start(request_ms, &s->counts.overdue, &s->watch, err) ||
        wb_helper_start(&s->helper, err))
        return err->code;
    s->daemon = start_daemon(s, o, t);
    if (s->daemon) {
        s->listen.fd = -1; /* libmicrohttpd closes it */
        return WB_OK;
    }
    if (t->cert)
        return wb_error_set(err, WB_E_USAGE,
                            "the TLS certificate and key cannot be used: they must be PEM, not "
                            "encrypted, and belong together");
    return wb_error_set(err, WB_E_MEMORY, "cannot start the HTTP server: %s", strerror(errno));
}

/* Signals are for the threads of the caller: none of ours may be the one that gets them. */
static enum wb_code start_quietly(struct wb_serve *s, const struct wb_serve_opts *o,
                                  const struct tls *t, struct wb_error *err) {
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    enum wb_code code = start_threads(s, o, t, err);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return code;
}

/* --- life ------------------------------------------------------------------------------------ */

static enum wb_code take_token(struct wb_serve *s, const char *token, struct wb_error *err) {
    if (!token)
        return WB_OK;
    if (strlen(token) < WB_SERVE_TOKEN_MIN)
        return wb_error_set(err, WB_E_USAGE, "the token is shorter than %d characters",
                            WB_SERVE_TOKEN_MIN);
    s->token = WB_TOKEN_SET;
    wb_token_digest(token, strlen(token), s->token_digest);
    return WB_OK;
}

static void describe(struct wb_serve *s, const struct tls *t) {
    snprintf(s->url, sizeof s->url, "%s://%s:%u", t->cert ? "https" : "http", s->listen.host,
             s->listen.port);
    if (s->listen.reach != WB_REACH_NETWORK)
        return;
    if (s->token == WB_TOKEN_NONE)
        s->warning =
            "everybody who reaches this address can read flags, status and events; without a "
            "token (WHIMBREL_TOKEN or --token-file) nobody can change or report anything";
    else if (!t->cert)
        s->warning = "the token travels in clear text: give a certificate and a key, or listen on "
                     "loopback behind a proxy that speaks TLS";
}

static enum wb_code open_all(struct wb_serve *s, const struct wb_serve_opts *o, struct tls *t,
                             struct wb_error *err) {
    if (take_token(s, o->token, err) || tls_load(o, t, err) ||
        wb_listen_open(o->address, &s->listen, err))
        return err->code;
    describe(s, t);
    return start_quietly(s, o, t, err);
}

enum wb_code wb_serve_start(const struct wb_serve_opts *opts, const struct wb_serve_ops *ops,
                            struct wb_serve **ret, struct wb_error *err) {
    struct wb_serve *s = calloc(1, sizeof *s);
    struct wb_error own = {0};
    struct tls tls = {0};
    if (!s)
        abort();
    err = err ? err : &own;
    s->listen.fd = -1;
    s->max_body_bytes = opts->max_body_bytes ? opts->max_body_bytes : MAX_BODY;
    s->app = (struct wb_serve_app){
        .ops = *ops, .clock = opts->clock ? opts->clock : &wb_clock_system, .counts = &s->counts};
    enum wb_code code = open_all(s, opts, &tls, err);
    tls_done(&tls);
    if (code)
        wb_serve_stop(s);
    else
        *ret = s;
    return code;
}

/* What was asked in full is answered: whoever ended the run by a request is told that it was taken.
 */
static void send_what_is_owed(struct wb_serve *s) {
    uint64_t until_us = wb_clock_monotonic_us() + SENDING_MS * 1000u;
    while (atomic_load(&s->counts.owed) > 0 && wb_clock_monotonic_us() < until_us)
        wb_clock_sleep_ms(1);
}

/* The helper ends first: it resumes every connection that waits for it, and libmicrohttpd must not
 * be stopped before. */
void wb_serve_stop(struct wb_serve *s) {
    if (!s)
        return;
    if (s->daemon) /* gives the socket back, which its threads may look at until they end */
        s->listen.fd = MHD_quiesce_daemon(s->daemon);
    wb_helper_stop(s->helper);
    if (s->daemon) {
        send_what_is_owed(s);
        MHD_stop_daemon(s->daemon);
    }
    if (s->listen.fd >= 0)
        close(s->listen.fd);
    wb_helper_free(s->helper);
    wb_watch_free(s->watch);
    free(s);
}

uint16_t wb_serve_port(const struct wb_serve *s) {
    return s->listen.port;
}

const char *wb_serve_url(const struct wb_serve *s) {
    return s->url;
}

const char *wb_serve_warning(const struct wb_serve *s) {
    return s->warning;
}
