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

/* serial is an integer whose default is nextval() of a sequence that the column owns. */
static void set_default(struct wb_describe *d, const char *const *row, struct wb_column *c,
                        struct wb_table *t) {
    struct wb_arena *a = &d->catalog->arena;
    const char *expr = row[DEFAULT_EXPR];
    if (*row[IDENTITY])
        c->identity = *row[IDENTITY] == 'a' ? WB_IDENTITY_ALWAYS : WB_IDENTITY_BY_DEFAULT;
    else if (row[SEQUENCE] && expr && wb_str_starts(expr, "nextval("))
        c->identity = WB_IDENTITY_BY_DEFAULT;
    if (c->identity != WB_IDENTITY_NONE) {
        if (row[NEXT_VALUE] && *row[NEXT_VALUE] != '-') {
            t->has_next_value = true;
            t->next_value = strtoull(row[NEXT_VALUE], NULL, 10);
        }
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
    return code;
}
