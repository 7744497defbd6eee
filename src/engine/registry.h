/* The engines that this program has. builtin/ fills it once at start, before any thread. */
#ifndef WB_ENGINE_REGISTRY_H
#define WB_ENGINE_REGISTRY_H

#include "engine/engine.h"

enum { WB_REGISTRY_MAX = 16 };

void wb_registry_add(const struct wb_engine *e);
size_t wb_registry_count(void);
const struct wb_engine *wb_registry_at(size_t i);

/* By URL scheme or by name; SCHEME, listing the schemes there are, where none fits. */
enum wb_code wb_registry_find(const char *scheme, const struct wb_engine **ret,
                              struct wb_error *err);

/* Before anything is connected to: SCHEME; URL where a database has to be named, and is not. */
enum wb_code wb_registry_check_url(const struct wb_url *url, struct wb_error *err);

/* Find the engine, open, meet the pin where there is one, and wrap what was opened; errors tell the
 * redacted URL, and url must outlive the connection. Wrappers, from the inside: fault where a fault
 * is planned, trace where a trace is written (so that it sees every attempt, and no waiting but the
 * database's), throttle and retry where the options ask for them. */
enum wb_code wb_registry_open(const struct wb_url *url, const struct wb_open_opts *opts,
                              struct wb_conn **ret, struct wb_error *err);

#endif
