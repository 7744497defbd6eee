/* Counts of altered values: how a chunk's ledger row keeps them.
 *
 * "column issue action count;" a column and issue, the column's name percent-encoded so that it
 * holds no blank, ';' or
 * '%'. Additive over chunks, so that a resumed copy's report counts what earlier runs altered too.
 */
#include "copy/job.h"

#include "base/str.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

static void add_encoded(struct wb_buf *to, const char *name) {
    for (; *name; name++) {
        unsigned char c = (unsigned char)*name;
        if (c <= ' ' || c == ';' || c == '%' || c >= 0x7f)
            wb_buf_addf(to, "%%%02X", c);
        else
            wb_buf_addc(to, (char)c);
    }
}

static const char *decode(struct wb_arena *a, const char *s, size_t len) {
    char *to = wb_arena_strndup(a, s, len), *p = to;
    for (const char *q = to; *q; q++) {
        unsigned byte;
        if (*q == '%' && sscanf(q + 1, "%2X", &byte) == 1) {
            *p++ = (char)byte;
            q += 2;
        } else {
            *p++ = *q;
        }
    }
    *p = 0;
    return to;
}

const char *wb_altered_format(const struct wb_shape *s, const struct wb_table *to,
                              struct wb_arena *a) {
    const struct wb_altered *items;
    size_t n = wb_shape_altered(s, &items);
    if (n == 0)
        return "";
    WB_CLEANUP_BUF struct wb_buf b = {0};
    for (size_t i = 0; i < n; i++) {
        add_encoded(&b, to->columns[items[i].column].name);
        wb_buf_addf(&b, " %s %s %" PRIu64 ";", wb_issue_word(items[i].issue),
                    wb_action_word(items[i].action), items[i].values);
    }
    return wb_arena_strdup(a, wb_buf_str(&b));
}

static int find_word(const char *word, const char *(*name)(int), int n) {
    for (int i = 0; i < n; i++)
        if (wb_str_eq(word, name(i)))
            return i;
    return -1;
}

static const char *issue_name(int i) {
    return wb_issue_word((enum wb_issue)i);
}

static const char *action_name(int i) {
    return wb_action_word((enum wb_action)i);
}

static void add_one(struct wb_arena *a, const struct wb_copy_altered *one,
                    struct wb_copy_altered **items, size_t *n, size_t *cap) {
    for (size_t i = 0; i < *n; i++) {
        struct wb_copy_altered *old = &(*items)[i];
        if (old->issue == one->issue && old->action == one->action &&
            wb_str_eq(old->column, one->column)) {
            old->values += one->values;
            return;
        }
    }
    *WB_PUSH(a, *items, *n, *cap) = *one;
}

void wb_altered_add(struct wb_arena *a, const char *text, struct wb_copy_altered **items, size_t *n,
                    size_t *cap) {
    while (text && *text) {
        const char *end = strchrnul(text, ';'), *blank = strchr(text, ' ');
        char issue[32], action[32];
        uint64_t values;
        if (blank && blank < end &&
            sscanf(blank, " %31s %31s %" SCNu64, issue, action, &values) == 3) {
            int i = find_word(issue, issue_name, WB_ISSUE_COUNT),
                x = find_word(action, action_name, WB_ACTION_COUNT);
            if (i >= 0 && x >= 0)
                add_one(a,
                        &(struct wb_copy_altered){decode(a, text, (size_t)(blank - text)),
                                                  (enum wb_issue)i, (enum wb_action)x, values},
                        items, n, cap);
        }
        text = *end ? end + 1 : end;
    }
}
