#include "my/login.h"

#include "base/str.h"
#include "my/error.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

static bool is_local(const struct wb_url *url) {
    static const char *const names[] = {"localhost", "127.0.0.1", "::1", "[::1]"};
    if (wb_url_param(url, "socket") || !url->host || !*url->host)
        return true;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (wb_str_ieq(url->host, names[i]))
            return true;
    return false;
}

enum wb_code wb_my_login_tls(const struct wb_url *url, enum wb_my_tls *ret, struct wb_error *err) {
    static const struct {
        const char *word;
        enum wb_my_tls mode;
    } words[] = {
        {"disable", WB_MY_TLS_OFF},      {"allow", WB_MY_TLS_PREFER},
        {"prefer", WB_MY_TLS_PREFER},    {"require", WB_MY_TLS_REQUIRE},
        {"verify-ca", WB_MY_TLS_VERIFY}, {"verify-full", WB_MY_TLS_VERIFY},
    };
    const char *word = wb_url_param(url, "sslmode");
    if (!word) {
        *ret = is_local(url) ? WB_MY_TLS_OFF : WB_MY_TLS_VERIFY;
        return WB_OK;
    }
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (wb_str_eq(word, words[i].word)) {
            *ret = words[i].mode;
            return WB_OK;
        }
    }
    return wb_error_set(
        err, WB_E_URL,
        "sslmode=%s is unknown; it is disable, prefer, require, verify-ca or verify-full", word);
}

static const char *either(const struct wb_url *url, const char *a, const char *b) {
    const char *v = wb_url_param(url, a);
    return v ? v : wb_url_param(url, b);
}

static void set_tls(struct wb_my_conn *c, enum wb_my_tls mode) {
    my_bool on = mode != WB_MY_TLS_OFF, verify = mode == WB_MY_TLS_VERIFY;
    if (on)
        mysql_ssl_set(c->mysql, either(&c->url, "sslkey", "ssl-key"),
                      either(&c->url, "sslcert", "ssl-cert"),
                      either(&c->url, "sslca", "sslrootcert"), NULL, NULL);
    mysql_options(c->mysql, MYSQL_OPT_SSL_ENFORCE, &on);
    mysql_options(c->mysql, MYSQL_OPT_SSL_VERIFY_SERVER_CERT, &verify);
}

/* The first line of ?password-file=. */
static enum wb_code read_password_file(struct wb_my_conn *c, const char *path, const char **ret,
                                       struct wb_error *err) {
    char line[1024];
    FILE *f = fopen(path, "re");
    if (!f)
        return wb_error_set(err, WB_E_IO, "the password file %s cannot be read", path);
    char *got = fgets(line, sizeof line, f);
    fclose(f);
    if (!got)
        return wb_error_set(err, WB_E_IO, "the password file %s is empty", path);
    line[strcspn(line, "\r\n")] = 0;
    *ret = wb_arena_strdup(&c->arena, line);
    return WB_OK;
}

static enum wb_code find_password(struct wb_my_conn *c, const char **ret, struct wb_error *err) {
    const char *file = wb_url_param(&c->url, "password-file");
    *ret = c->url.password;
    if (!*ret && file)
        return read_password_file(c, file, ret, err);
    if (!*ret && c->opts.password_variable)
        *ret = getenv(c->opts.password_variable);
    return WB_OK;
}

/* A peer that is gone is noticed after about two minutes, however long the server may think about a
 * statement. */
static void set_keepalive(struct wb_my_conn *c) {
    int fd = mysql_get_socket(c->mysql), on = 1, idle_s = 60, interval_s = 10, probes = 6;
    setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
    setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &idle_s, sizeof idle_s);
    setsockopt(fd, IPPROTO_TCP, TCP_KEEPINTVL, &interval_s, sizeof interval_s);
    setsockopt(fd, IPPROTO_TCP, TCP_KEEPCNT, &probes, sizeof probes);
}

static void set_options(struct wb_my_conn *c, bool with_files) {
    unsigned seconds = (c->opts.connect_timeout_ms + 999) / 1000;
    /* One of the protocol's parts more than the allowance, and a little: see result.c. */
    unsigned long packet = (unsigned long)c->opts.max_row_bytes + (17ul << 20);
    unsigned infile = 0, tcp = MYSQL_PROTOCOL_TCP;
    if (packet > 1ul << 30)
        packet = 1ul << 30; /* the protocol's own limit */
    if (with_files)
        mysql_options(c->mysql, MYSQL_READ_DEFAULT_GROUP, "client");
    mysql_options(c->mysql, MYSQL_OPT_CONNECT_TIMEOUT, &seconds);
    mysql_options(c->mysql, MYSQL_OPT_MAX_ALLOWED_PACKET, &packet);
    mysql_options(c->mysql, MYSQL_SET_CHARSET_NAME, "utf8mb4");
    mysql_options(c->mysql, MYSQL_OPT_LOCAL_INFILE, &infile);
    if (c->url.port && !wb_url_param(&c->url, "socket"))
        mysql_options(c->mysql, MYSQL_OPT_PROTOCOL, &tcp); /* else "localhost" means the socket */
}

enum wb_code wb_my_login(struct wb_my_conn *c, struct wb_error *err) {
    static const char *const known[] = {"socket", "sslmode", "sslca",    "sslrootcert",   "sslcert",
                                        "sslkey", "ssl-key", "ssl-cert", "password-file", NULL};
    enum wb_my_tls tls;
    const char *password;
    enum wb_code code = wb_url_check_params(&c->url, known, err);
    if (!code)
        code = wb_my_login_tls(&c->url, &tls, err);
    if (!code)
        code = find_password(c, &password, err);
    if (code)
        return code;
    c->mysql = mysql_init(NULL);
    if (!c->mysql)
        return wb_error_set(err, WB_E_MEMORY, "no memory for a connection");
    set_options(c, !password);
    set_tls(c, tls);
    const char *socket = wb_url_param(&c->url, "socket"), *host = c->url.host;
    if (socket)
        host = NULL;
    if (!mysql_real_connect(c->mysql, host && *host ? host : NULL, c->url.user, password,
                            c->database, c->url.port, socket,
                            CLIENT_FOUND_ROWS | CLIENT_MULTI_RESULTS)) {
        unsigned number = mysql_errno(c->mysql);
        code =
            wb_my_error_set(err, number, mysql_sqlstate(c->mysql), mysql_error(c->mysql), 0, NULL);
        return code == WB_E_LOST && err ? (err->code = WB_E_CONNECT) : code;
    }
    if (tls >= WB_MY_TLS_REQUIRE && !mysql_get_ssl_cipher(c->mysql))
        return wb_error_set(err, WB_E_CONNECT,
                            "the server does not speak TLS, which sslmode asks for");
    set_keepalive(c);
    return WB_OK;
}
