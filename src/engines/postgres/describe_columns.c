#include "base/str.h"
#include "engines/postgres/describe.h"
#include "postgres_sql.h"

#include <stdlib.h>
#include <string.h>

/* Places in sql/columns.sql. */
enum {
    RELID,
    ATTNUM,
    NAME,
    TYPE,
    TYPTYPE,
    TYPNAME,
    TYPID,
    DOMAIN_NAME,
    NOT_NULL,
    IDENTITY,
    GENERATED,
    DEFAULT_EXPR,
    COMMENT,
    COLLATION,
    DETERMINISTIC,
    SEQUENCE,
    NEXT_VALUE
};

static bool is_true(const char *s) {
    return s && *s == 't';
}

static void set_labels(struct wb_describe *d, const struct wb_rows *enums, const char *oid,
                       struct wb_type *t) {
    struct wb_arena *a = &d->catalog->arena;
    size_t first = 0, n = 0;
    while (first < enums->n_rows && strcmp(enums->values[first][0], oid) != 0)
        first++;
    while (first + n < enums->n_rows && strcmp(enums->values[first + n][0], oid) == 0)
        n++;
    const char **labels = WB_NEW_N(a, const char *, n + 1);
    for (size_t i = 0; i < n; i++)
        labels[i] = wb_arena_strdup(a, enums->values[first + i][1]);
    t->labels = labels;
    t->n_labels = (uint32_t)n;
}

static struct wb_type type_of(struct wb_describe *d, const char *const *row,
                              const struct wb_rows *enums) {
    struct wb_arena *a = &d->catalog->arena;
    struct wb_type t = {0};
    const char *native = row[TYPE];
    if (*row[TYPTYPE] == 'e') {
        t = (struct wb_type){.kind = WB_KIND_ENUM, .type_name = wb_arena_strdup(a, row[TYPNAME])};
        t.native = t.type_name;
        set_labels(d, enums, row[TYPID], &t);
    } else if (wb_postgres_parse_type(native, a, &t, NULL) != WB_OK) {
        t = (struct wb_type){.kind =
                                 wb_str_starts(row[TYPNAME], "_") ? WB_KIND_ARRAY : WB_KIND_OTHER};
        t.native = wb_arena_strdup(a, native);
        t.type_name = wb_arena_strdup(a, row[TYPNAME]);
    }
    if (t.kind == WB_KIND_TEXT && row[COLLATION]) {
        t.collation = wb_arena_strdup(a, row[COLLATION]);
        if (strcmp(t.collation, "C") == 0 || strcmp(t.collation, "POSIX") == 0)
            t.collation_flags |= WB_COLL_BINARY;
        if (row[DETERMINISTIC] && strcmp(row[DETERMINISTIC], "false") == 0)
            t.collation_flags |= WB_COLL_CASE_INSENSITIVE;
    }
    return t;
}

/* What a copy makes of an unsigned key beyond 2^63-1, where no sequence goes:
 * "((nextval('s'::regclass))::numeric + '9223372036854775900'::numeric)". 0: it is none. */
static uint64_t offset_of(const char *expr) {
    static const char *const plus = "::numeric + '";
    const char *at = strstr(expr, plus);
    bool computed = wb_str_starts(expr, "((nextval(") || wb_str_starts(expr, "(nextval(");
    return at && computed ? strtoull(at + strlen(plus), NULL, 10) : 0;
}

static void set_next_value(struct wb_describe *d, const char *const *row, uint64_t offset,
                           struct wb_table *t) {
    const char *next = row[NEXT_VALUE];
    if (!next || *next == '-')
        return;
    if (d->n_unused && d->unused[d->n_unused - 1].table == t) /* the last such column counts */
        d->n_unused--;
    t->has_next_value = true;
    t->next_value = strtoull(next, NULL, 10) + offset;
    if (strcmp(next, "unused") == 0)
        *WB_PUSH(&d->scratch, d->unused, d->n_unused, d->cap_unused) =
            (struct wb_unused_sequence){.table = t, .name = row[SEQUENCE]};
}

/* serial is an integer whose default is nextval() of a sequence that the column owns. */
static void set_default(struct wb_describe *d, const char *const *row, struct wb_column *c,
                        struct wb_table *t) {
    struct wb_arena *a = &d->catalog->arena;
    const char *expr = row[DEFAULT_EXPR];
    uint64_t offset = row[SEQUENCE] && expr ? offset_of(expr) : 0;
    if (*row[IDENTITY])
        c->identity = *row[IDENTITY] == 'a' ? WB_IDENTITY_ALWAYS : WB_IDENTITY_BY_DEFAULT;
    else if (row[SEQUENCE] && expr && (offset || wb_str_starts(expr, "nextval(")))
        c->identity = WB_IDENTITY_BY_DEFAULT;
    if (c->identity != WB_IDENTITY_NONE) {
        set_next_value(d, row, offset, t);
        return;
    }
    if (row[GENERATED] && *row[GENERATED]) {
        c->generated = *row[GENERATED] == 'v' ? WB_GENERATED_VIRTUAL : WB_GENERATED_STORED;
        c->generated_as.text = wb_arena_strdup(a, expr);
    } else {
        c->default_.text = wb_arena_strdup(a, expr);
    }
}

static size_t count_run(const struct wb_rows *rows, size_t from) {
    size_t n = 0;
    while (from + n < rows->n_rows &&
           strcmp(rows->values[from + n][RELID], rows->values[from][RELID]) == 0)
        n++;
    return n;
}

static void fill_table(struct wb_describe *d, struct wb_described *t, const struct wb_rows *rows,
                       size_t from, size_t n, const struct wb_rows *enums) {
    struct wb_arena *a = &d->catalog->arena;
    t->n_attnums = (size_t)strtoul(rows->values[from + n - 1][ATTNUM], NULL, 10) + 1;
    t->column_of = WB_NEW_N(&d->scratch, int, t->n_attnums);
    for (size_t i = 0; i < t->n_attnums; i++)
        t->column_of[i] = -1;
    t->table->columns = WB_NEW_N(a, struct wb_column, n + 1);
    t->table->n_columns = n;
    for (size_t i = 0; i < n; i++) {
        const char *const *row = rows->values[from + i];
        struct wb_column *c = &t->table->columns[i];
        c->name = wb_arena_strdup(a, row[NAME]);
        c->type = type_of(d, row, enums);
        c->not_null = is_true(row[NOT_NULL]);
        c->comment = wb_arena_strdup(a, row[COMMENT]);
        set_default(d, row, c, t->table);
        t->column_of[strtoul(row[ATTNUM], NULL, 10)] = (int)i;
        if (row[DOMAIN_NAME])
            wb_findings_add(&d->catalog->findings, a, WB_NOTE, WB_FINDING_ALTERED, "column",
                            wb_arena_printf(a, "%s.%s", t->table->name, c->name), NULL,
                            "its domain %s is carried as %s", row[DOMAIN_NAME], c->type.native);
    }
}

/* The catalog knows what a sequence gave last; what it will give first, only the sequence itself. A
 * few hundred are asked at once. */
static enum wb_code ask_unused(struct wb_describe *d, size_t from, size_t n, struct wb_error *err) {
    WB_CLEANUP_BUF struct wb_buf sql = {0};
    struct wb_rows rows = {0};
    for (size_t i = from; i < from + n; i++)
        wb_buf_addf(&sql, "%sSELECT %zu, last_value + is_called::int FROM %s",
                    i > from ? " UNION ALL " : "", i, d->unused[i].name);
    enum wb_code code = wb_postgres_rows(d->p, wb_buf_str(&sql), &d->scratch, &rows, err);
    for (size_t i = 0; !code && i < rows.n_rows; i++)
        if (*rows.values[i][1] != '-')
            d->unused[strtoul(rows.values[i][0], NULL, 10)].table->next_value +=
                strtoull(rows.values[i][1], NULL, 10);
    return code;
}

static enum wb_code describe_unused(struct wb_describe *d, struct wb_error *err) {
    enum { AT_ONCE = 300 };
    enum wb_code code = WB_OK;
    for (size_t i = 0; !code && i < d->n_unused; i += AT_ONCE)
        code = ask_unused(d, i, d->n_unused - i < AT_ONCE ? d->n_unused - i : AT_ONCE, err);
    return code;
}

enum wb_code wb_describe_columns(struct wb_describe *d, struct wb_error *err) {
    struct wb_rows rows = {0}, enums = {0};
    enum wb_code code = wb_describe_ask(d, wb_sql_columns, &rows, err);
    if (!code)
        code = wb_describe_ask(d, wb_sql_enums, &enums, err);
    for (size_t i = 0, n; !code && i < rows.n_rows; i += n) {
        n = count_run(&rows, i);
        struct wb_described *t = wb_describe_find(d, rows.values[i][RELID]);
        if (t)
            fill_table(d, t, &rows, i, n, &enums);
    }
    return code ? code : describe_unused(d, err);
}
