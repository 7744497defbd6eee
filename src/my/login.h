/* How a connection is made: where the server is, who logs in, how the wire is protected. Internal
 * to my/. */
#ifndef WB_MY_LOGIN_H
#define WB_MY_LOGIN_H

#include "my/conn.h"

/* Fill c->mysql from c->url and c->opts. On failure c->mysql is left for close. */
enum wb_code wb_my_login(struct wb_my_conn *c, struct wb_error *err);

enum wb_my_tls { WB_MY_TLS_OFF, WB_MY_TLS_PREFER, WB_MY_TLS_REQUIRE, WB_MY_TLS_VERIFY };

/* ?sslmode= or the default: off on this machine, verified elsewhere. URL where the word is unknown.
 */
enum wb_code wb_my_login_tls(const struct wb_url *url, enum wb_my_tls *ret, struct wb_error *err);

#endif
