/* Writes JSON into a buffer, without a tree. Commas and quoting are its business; nesting is the
 * caller's.
 *
 *   struct wb_json j = {.out = &buf};
 *   wb_json_object(&j);
 *   wb_json_key(&j, "rows"); wb_json_uint(&j, 12);
 *   wb_json_key_str(&j, "name", "orders");
 *   wb_json_end(&j);            -> {"rows":12,"name":"orders"}
 */
#ifndef WB_BASE_JSON_H
#define WB_BASE_JSON_H

#include "base/buf.h"

#include <stdbool.h>
#include <stdint.h>

enum { WB_JSON_DEPTH = 32 };

struct wb_json {
    struct wb_buf *out;
    unsigned depth;
    char close[WB_JSON_DEPTH]; /* '}' or ']' a level */
    bool comma[WB_JSON_DEPTH + 1];
    bool after_key;
};

void wb_json_object(struct wb_json *j);
void wb_json_array(struct wb_json *j);
void wb_json_end(struct wb_json *j); /* of the innermost object or array */
void wb_json_key(struct wb_json *j, const char *key);
void wb_json_str(struct wb_json *j, const char *s);              /* NULL writes null */
void wb_json_strn(struct wb_json *j, const char *s, size_t len); /* invalid UTF-8 becomes U+FFFD */
void wb_json_int(struct wb_json *j, int64_t v);
void wb_json_uint(struct wb_json *j, uint64_t v);
void wb_json_double(struct wb_json *j, double v); /* NaN and infinities write null */
void wb_json_bool(struct wb_json *j, bool v);
void wb_json_null(struct wb_json *j);
void wb_json_key_str(struct wb_json *j, const char *key, const char *s);
void wb_json_key_uint(struct wb_json *j, const char *key, uint64_t v);
void wb_json_key_int(struct wb_json *j, const char *key, int64_t v);
void wb_json_key_double(struct wb_json *j, const char *key, double v);
void wb_json_key_bool(struct wb_json *j, const char *key, bool v);

#endif
