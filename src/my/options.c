#include "base/buf.h"
#include "my/login.h"

#include <stdio.h>

/* https://mariadb.com/kb/en/configuring-mariadb-with-option-files/#option-values */
static void add(struct wb_buf *to, const char *name, const char *value) {
    if (!value || !*value)
        return;
    wb_buf_addf(to, "%s=\"", name);
    for (const char *s = value; *s; s++) {
        if (*s == '"' || *s == '\\')
            wb_buf_addc(to, '\\');
        if (*s == '\n' || *s == '\r')
            wb_buf_adds(to, *s == '\n' ? "\\n" : "\\r");
        else
            wb_buf_addc(to, *s);
    }
    wb_buf_adds(to, "\"\n");
}

enum wb_code wb_my_login_options(const struct wb_my_conn *c, struct wb_buf *to,
                                 struct wb_error *err) {
    enum wb_my_tls tls;
    const MYSQL *m = c->mysql;
    char port[16];
    enum wb_code code = wb_my_login_tls(&c->url, &tls, err);
    if (code)
        return code;
    bool local = m->unix_socket && *m->unix_socket;
    snprintf(port, sizeof port, "%u", m->port);
    wb_buf_adds(to, "[client]\n");
    add(to, "user", m->user);
    add(to, "password", m->passwd);
    add(to, "socket", m->unix_socket);
    add(to, "host", local ? "localhost" : m->host);
    if (!local) {
        add(to, "port", port);
        add(to, "protocol", "TCP");
    }
    if (tls == WB_MY_TLS_OFF) {
        wb_buf_adds(to, c->mariadb ? "skip-ssl\n" : "loose-ssl-mode=DISABLED\n");
        return WB_OK;
    }
    add(to, "ssl-ca", m->options.ssl_ca);
    add(to, "ssl-cert", m->options.ssl_cert);
    add(to, "ssl-key", m->options.ssl_key);
    /* MySQL's programs know ssl-mode, MariaDB's ssl and ssl-verify-server-cert. */
    wb_buf_addf(to, "loose-ssl=1\nloose-ssl-verify-server-cert=%d\nloose-ssl-mode=%s\n",
                tls == WB_MY_TLS_VERIFY,
                tls == WB_MY_TLS_VERIFY    ? "VERIFY_IDENTITY"
                : tls == WB_MY_TLS_REQUIRE ? "REQUIRED"
                                           : "PREFERRED");
    return WB_OK;
}
