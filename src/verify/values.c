/* A difference in words: the key, and the values of the columns that differ. */
#include "verify/job.h"

#include "base/str.h"

#include <inttypes.h>

enum { MOST_BYTES = 200, DAY_US_PER_S = 1000000, SECONDS_A_DAY = 86400 };

/* Days since 1970-01-01 in the proleptic Gregorian calendar (Howard Hinnant's civil_from_days). */
static void add_date(struct wb_buf *to, int64_t days) {
    int64_t z = days + 719468, era = (z >= 0 ? z : z - 146096) / 146097;
    int64_t doe = z - era * 146097, yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
    int64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100), mp = (5 * doy + 2) / 153;
    int64_t day = doy - (153 * mp + 2) / 5 + 1, month = mp < 10 ? mp + 3 : mp - 9;
    int64_t year = yoe + era * 400 + (month <= 2);
    wb_buf_addf(to, "%04" PRId64 "-%02" PRId64 "-%02" PRId64, year, month, day);
}

static void add_clock(struct wb_buf *to, int64_t us, unsigned digits) {
    int64_t s = us / DAY_US_PER_S, fraction = us % DAY_US_PER_S;
    wb_buf_addf(to, "%02" PRId64 ":%02" PRId64 ":%02" PRId64, s / 3600, s / 60 % 60, s % 60);
    if (!digits && !fraction)
        return;
    for (unsigned i = digits; i < 6 && fraction % 10 == 0; i++)
        fraction /= 10;
    wb_buf_addf(to, ".%0*" PRId64, (int)(digits ? digits : 6), fraction);
}

static void add_moment(struct wb_buf *to, const struct wb_type *t, int64_t us) {
    const int64_t day = (int64_t)SECONDS_A_DAY * DAY_US_PER_S;
    int64_t days = us / day - (us % day < 0);
    if (us == WB_INFINITY || us == -WB_INFINITY) {
        wb_buf_adds(to, us > 0 ? "infinity" : "-infinity");
        return;
    }
    switch (t->kind) {
    case WB_KIND_DATE:
        add_date(to, us);
        return;
    case WB_KIND_TIME:
    case WB_KIND_INTERVAL:
        wb_buf_adds(to, us < 0 ? "-" : "");
        add_clock(to, us < 0 ? -us : us, t->fraction_digits);
        return;
    default:
        add_date(to, days);
        wb_buf_addc(to, ' ');
        add_clock(to, us - days * day, t->fraction_digits);
        wb_buf_adds(to, t->kind == WB_KIND_TIMESTAMPTZ ? "+00" : "");
    }
}

static bool is_moment(enum wb_kind k) {
    return k == WB_KIND_DATE || k == WB_KIND_TIME || k == WB_KIND_INTERVAL ||
           k == WB_KIND_TIMESTAMP || k == WB_KIND_TIMESTAMPTZ;
}

static void add_bytes(struct wb_buf *to, const struct wb_type *t, const struct wb_cell *c) {
    uint32_t n = c->len > MOST_BYTES / 2 ? MOST_BYTES / 2 : c->len;
    bool uuid = t->kind == WB_KIND_UUID && c->len == 16;
    wb_buf_adds(to, uuid ? "" : "0x");
    for (uint32_t i = 0; i < n; i++)
        wb_buf_addf(to, "%s%02x", uuid && (i == 4 || i == 6 || i == 8 || i == 10) ? "-" : "",
                    c->p[i]);
    if (n < c->len)
        wb_buf_addf(to, "… (%u bytes)", c->len);
}

/* Nothing that could harm a terminal; cut at a whole character. */
static void add_text(struct wb_buf *to, const struct wb_cell *c) {
    uint32_t n = c->len > MOST_BYTES ? MOST_BYTES : c->len;
    while (n < c->len && n && (c->p[n] & 0xc0) == 0x80)
        n--;
    size_t good = wb_str_utf8_valid(c->p, n);
    for (uint32_t i = 0; i < n; i++) {
        if (c->p[i] < 0x20 || c->p[i] == 0x7f || i >= good)
            wb_buf_addf(to, "\\x%02x", c->p[i]);
        else
            wb_buf_addc(to, (char)c->p[i]);
    }
    if (n < c->len)
        wb_buf_addf(to, "… (%u bytes)", c->len);
}

static void add_value(struct wb_buf *to, const struct wb_type *t, const struct wb_cell *c) {
    switch ((enum wb_form)c->form) {
    case WB_FORM_NULL:
        wb_buf_adds(to, "NULL");
        return;
    case WB_FORM_INT:
        if (is_moment(t->kind))
            add_moment(to, t, c->i);
        else if (t->kind == WB_KIND_BOOL)
            wb_buf_adds(to, c->i == 0 ? "false" : c->i == 1 ? "true" : "not a boolean");
        else
            wb_buf_addf(to, "%" PRId64, c->i);
        return;
    case WB_FORM_UINT:
        wb_buf_addf(to, "%" PRIu64, c->u);
        return;
    case WB_FORM_DOUBLE:
        wb_buf_addf(to, "%.17g", c->d);
        return;
    case WB_FORM_BYTES:
        add_bytes(to, t, c);
        return;
    case WB_FORM_TEXT:
    case WB_FORM_INVALID:
        add_text(to, c);
        return;
    }
}

static const char *value_text(const struct wb_verify_job *job, const struct wb_type *t,
                              const struct wb_cell *c, struct wb_arena *a) {
    WB_CLEANUP_BUF struct wb_buf b = {0};
    if (!c || c->form == WB_FORM_NULL)
        return NULL;
    if (job->opts->values == WB_VERIFY_REDACT_VALUES)
        return "(redacted)";
    add_value(&b, t, c);
    return wb_arena_strdup(a, wb_buf_str(&b));
}

static bool is_quoted(const struct wb_cell *c) {
    return c->form == WB_FORM_TEXT || c->form == WB_FORM_INVALID;
}

/* Numbers and the like are needed to find the row; texts may be what must not be shown. */
static const char *key_text(const struct wb_verify_job *job, const struct wb_verify_pair *p,
                            const struct wb_cell *row, struct wb_arena *a) {
    WB_CLEANUP_BUF struct wb_buf b = {0};
    const struct wb_verify_columns *all = &p->all;
    for (size_t k = 0; k < all->n_key; k++) {
        uint32_t at = all->key[k];
        const char *q = is_quoted(&row[at]) ? "'" : "";
        wb_buf_addf(&b, "%s%s = ", k ? ", " : "",
                    p->table[WB_SIDE_TARGET]->columns[all->index[WB_SIDE_TARGET][at]].name);
        if (*q && job->opts->values == WB_VERIFY_REDACT_VALUES) {
            wb_buf_adds(&b, "(redacted)");
            continue;
        }
        wb_buf_adds(&b, q);
        add_value(&b, all->types[at], &row[at]);
        wb_buf_adds(&b, q);
    }
    return wb_arena_strdup(a, wb_buf_str(&b));
}

static bool is_compared(const struct wb_verify_pair *p, size_t at) {
    for (size_t i = 0; i < p->compared.n; i++)
        if (p->compared.index[WB_SIDE_TARGET][i] == p->all.index[WB_SIDE_TARGET][at])
            return true;
    return false;
}

void wb_verify_describe_row(const struct wb_verify_job *job, const struct wb_verify_pair *p,
                            const struct wb_verify_row *row, struct wb_arena *a,
                            struct wb_verify_difference *ret) {
    const struct wb_verify_columns *all = &p->all;
    struct wb_verify_value *values = WB_NEW_N(a, struct wb_verify_value, all->n + 1);
    size_t n = 0;
    for (size_t i = 0; i < all->n; i++) {
        const struct wb_cell *s = row->source ? &row->source[i] : NULL,
                             *t = row->target ? &row->target[i] : NULL;
        if (!is_compared(p, i) || (s && t && wb_verify_same_cell(all->types[i], s, t)))
            continue;
        values[n++] = (struct wb_verify_value){
            .column = wb_arena_strdup(
                a, p->table[WB_SIDE_TARGET]->columns[all->index[WB_SIDE_TARGET][i]].name),
            .source = value_text(job, all->types[i], s, a),
            .target = value_text(job, all->types[i], t, a)};
    }
    *ret = (struct wb_verify_difference){.kind = row->kind, .values = values, .n_values = n};
    ret->key = key_text(job, p, row->source ? row->source : row->target, a);
    ret->copies = row->copies;
}
