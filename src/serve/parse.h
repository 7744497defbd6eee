/* Bodies of requests as values: pure functions over bytes that anybody may have sent. */
#ifndef WB_SERVE_PARSE_H
#define WB_SERVE_PARSE_H

#include "serve/serve.h"

/* --- OFREP: {"context": {"targetingKey": "…", …}} -------------------------------------------- */

enum wb_ofrep_fault { WB_OFREP_GOOD, WB_OFREP_PARSE_ERROR, WB_OFREP_INVALID_CONTEXT };

struct wb_ofrep_context {
    char *key; /* NULL without; owned, may hold NUL bytes */
    size_t len;
};

/* An empty body is a context without a key. text (size bytes) tells what is wrong. */
enum wb_ofrep_fault wb_ofrep_parse(const void *body, size_t len, struct wb_ofrep_context *ret,
                                   char *text, size_t size);
void wb_ofrep_context_done(struct wb_ofrep_context *c);
const char *wb_ofrep_fault_word(enum wb_ofrep_fault f); /* "PARSE_ERROR" */

/* Whether an If-None-Match header names etag ("…", quotes included); NULL names none. */
enum wb_etag_match { WB_ETAG_OTHER, WB_ETAG_SAME };
enum wb_etag_match wb_etag_compare(const char *if_none_match, const char *etag);

/* --- observations ---------------------------------------------------------------------------- */

struct wb_observation_batch {
    struct wb_observation *items; /* owned */
    size_t n;
    size_t n_late; /* told, not in items: their time is too far from now_us */
};

/* One object, an array of them or {"observations": […]}. USAGE names the item and its fault; then
 * nothing is returned. */
enum wb_code wb_observation_parse(const void *body, size_t len, int64_t now_us,
                                  struct wb_observation_batch *ret, struct wb_error *err);
void wb_observation_batch_done(struct wb_observation_batch *b);

/* --- requests -------------------------------------------------------------------------------- */

/* The body's "role" ("" without) and the rest of it as one JSON object, both in a. An empty body is
 * {}. USAGE: no JSON object, or a role that is no text. */
enum wb_code wb_request_body_parse(const void *body, size_t len, struct wb_arena *a,
                                   const char **ret_role, const char **ret_args,
                                   struct wb_error *err);

/* Whole text as RFC 3339, or false: "2026-03-12T08:15:30.123Z", "…+01:00". */
bool wb_time_parse(const char *text, int64_t *ret_us);

/* --- headers --------------------------------------------------------------------------------- */

enum { WB_TOKEN_DIGEST_BYTES = 32 };
void wb_token_digest(const char *token, size_t len, unsigned char to[WB_TOKEN_DIGEST_BYTES]);

enum wb_token_match { WB_TOKEN_MISSING, WB_TOKEN_WRONG, WB_TOKEN_RIGHT };
/* An Authorization header (NULL without) against the digest of the token, in a time that says
 * nothing about it. */
enum wb_token_match wb_token_check(const char *authorization,
                                   const unsigned char digest[WB_TOKEN_DIGEST_BYTES]);

/* Whether a Host header is "localhost" or an address, with or without a port: nothing that another
 * name server decides about. */
enum wb_host_kind { WB_HOST_NAME, WB_HOST_LOCAL };
enum wb_host_kind wb_host_kind_of(const char *host);

#endif
