/* What a running plan serves: flags by OFREP, and the place where observations are reported.
 *
 * Nobody there, or an answer that is not one: the old side, which has everything. One thread at a
 * time.
 */
#ifndef SHOPAPP_SERVICE_H
#define SHOPAPP_SERVICE_H

#include <stddef.h>
#include <stdint.h>

enum service_side { SIDE_OLD, SIDE_NEW };
enum service_outcome { OUTCOME_OK, OUTCOME_ERROR, OUTCOME_MATCH, OUTCOME_MISMATCH };

struct service;

/* url: http://127.0.0.1:8470, or NULL: there is none. token_file: may be NULL. NULL: error says
 * why. */
struct service *service_open(const char *url, const char *token_file, char *error, size_t size);
void service_close(struct service *s);

/* Whether the flag is on for this key. */
int service_flag(struct service *s, const char *flag, const char *key);
int service_answers(const struct service *s); /* whether the latest question was answered */

/* Kept until it is sent. operation: "read", "write" or "shadow"; latency_us < 0: none. */
void service_observe(struct service *s, enum service_side side, const char *operation,
                     enum service_outcome outcome, int64_t latency_us);
/* All that was kept, as one request; what cannot be delivered is dropped, as it would be late. */
void service_send(struct service *s);

#endif
