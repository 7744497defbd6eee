#include "base/json.h"

#include "base/str.h"

#include <assert.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>

static void before_value(struct wb_json *j) {
    if (!j->after_key && j->comma[j->depth])
        wb_buf_addc(j->out, ',');
    j->after_key = false;
    j->comma[j->depth] = true;
}

static void open_level(struct wb_json *j, char open, char close) {
    before_value(j);
    assert(j->depth < WB_JSON_DEPTH);
    wb_buf_addc(j->out, open);
    j->close[j->depth++] = close;
    j->comma[j->depth] = false;
}

void wb_json_object(struct wb_json *j) {
    open_level(j, '{', '}');
}

void wb_json_array(struct wb_json *j) {
    open_level(j, '[', ']');
}

void wb_json_end(struct wb_json *j) {
    assert(j->depth > 0);
    wb_buf_addc(j->out, j->close[--j->depth]);
}

static void add_escaped(struct wb_buf *out, const char *s, size_t len) {
    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)s[i];
        if (c == '"' || c == '\\')
            wb_buf_addf(out, "\\%c", c);
        else if (c == '\n')
            wb_buf_adds(out, "\\n");
        else if (c < 0x20 || c == 0x7f)
            wb_buf_addf(out, "\\u%04x", c);
        else
            wb_buf_addc(out, (char)c);
    }
}

static void add_quoted(struct wb_buf *out, const char *s, size_t len) {
    wb_buf_addc(out, '"');
    while (len) {
        size_t good = wb_str_utf8_valid(s, len);
        add_escaped(out, s, good);
        if (good < len) {
            wb_buf_adds(out, "\xEF\xBF\xBD");
            good++;
        }
        s += good;
        len -= good;
    }
    wb_buf_addc(out, '"');
}

void wb_json_key(struct wb_json *j, const char *key) {
    before_value(j);
    add_quoted(j->out, key, strlen(key));
    wb_buf_addc(j->out, ':');
    j->after_key = true;
}

void wb_json_strn(struct wb_json *j, const char *s, size_t len) {
    before_value(j);
    add_quoted(j->out, s, len);
}

void wb_json_str(struct wb_json *j, const char *s) {
    if (s)
        wb_json_strn(j, s, strlen(s));
    else
        wb_json_null(j);
}

void wb_json_int(struct wb_json *j, int64_t v) {
    before_value(j);
    wb_buf_addf(j->out, "%" PRId64, v);
}

void wb_json_uint(struct wb_json *j, uint64_t v) {
    before_value(j);
    wb_buf_addf(j->out, "%" PRIu64, v);
}

void wb_json_double(struct wb_json *j, double v) {
    if (!isfinite(v)) {
        wb_json_null(j);
        return;
    }
    before_value(j);
    char text[40];
    snprintf(text, sizeof text, "%.17g", v);
    for (int digits = 1; digits < 17;
         digits++) { /* the shortest that reads back as the same number */
        char shorter[40];
        snprintf(shorter, sizeof shorter, "%.*g", digits, v);
        double back;
        if (sscanf(shorter, "%lf", &back) == 1 && back == v) {
            memcpy(text, shorter, sizeof text);
            break;
        }
    }
    wb_buf_adds(j->out, text);
}

void wb_json_bool(struct wb_json *j, bool v) {
    before_value(j);
    wb_buf_adds(j->out, v ? "true" : "false");
}

void wb_json_null(struct wb_json *j) {
    before_value(j);
    wb_buf_adds(j->out, "null");
}

void wb_json_key_str(struct wb_json *j, const char *key, const char *s) {
    wb_json_key(j, key);
    wb_json_str(j, s);
}

void wb_json_key_uint(struct wb_json *j, const char *key, uint64_t v) {
    wb_json_key(j, key);
    wb_json_uint(j, v);
}

void wb_json_key_int(struct wb_json *j, const char *key, int64_t v) {
    wb_json_key(j, key);
    wb_json_int(j, v);
}

void wb_json_key_double(struct wb_json *j, const char *key, double v) {
    wb_json_key(j, key);
    wb_json_double(j, v);
}

void wb_json_key_bool(struct wb_json *j, const char *key, bool v) {
    wb_json_key(j, key);
    wb_json_bool(j, v);
}
