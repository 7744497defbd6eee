#include "base/str.h"
#include "engines/postgres/describe.h"
#include "postgres_sql.h"

#include <stdlib.h>
#include <string.h>

/* Places in sql/indexes.sql. */
enum {
    I_RELID,
    I_OID,
    I_NAME,
    I_PRIMARY,
    I_UNIQUE,
    I_METHOD,
    I_PLACE,
    I_ATTNUM,
    I_OPTION,
    I_EXPR,
    I_PREDICATE,
    I_CONSTRAINT,
    I_NULLS_NOT_DISTINCT,
    I_COMMENT,
    I_DEF,
    I_INCLUDES,
    I_DEFERRABLE
};
/* Places in sql/constraints.sql. */
enum {
    C_RELID,
    C_TYPE,
    C_NAME,
    C_COLUMNS,
    C_REF_SCHEMA,
    C_REF_TABLE,
    C_REF_COLUMNS,
    C_REF_OID,
    C_DELETE,
    C_UPDATE,
    C_DEFERRABLE,
    C_DEFERRED,
    C_VALIDATED,
    C_EXPR,
    C_DEF
};

enum { OPTION_DESC = 1, OPTION_NULLS_FIRST = 2 };

static bool is_true(const char *s) {
    return s && *s == 't';
}

static size_t run_of(const struct wb_rows *rows, size_t from, size_t column) {
    size_t n = 0;
    while (from + n < rows->n_rows &&
           strcmp(rows->values[from + n][column], rows->values[from][column]) == 0)
        n++;
    return n;
}

static enum wb_index_method method_of(const char *name) {
    return strcmp(name, "btree") == 0  ? WB_INDEX_BTREE
           : strcmp(name, "hash") == 0 ? WB_INDEX_HASH
                                       : WB_INDEX_OTHER;
}

static struct wb_index_part part_of(struct wb_arena *a, const struct wb_described *t,
                                    const char *const *row) {
    int option = atoi(row[I_OPTION]);
    struct wb_index_part part = {.column = wb_describe_column(t, row[I_ATTNUM]),
                                 .descending = option & OPTION_DESC};
    bool first = option & OPTION_NULLS_FIRST;
    if (first != part.descending) /* other than its direction's default */
        part.nulls = first ? -1 : 1;
    part.expr.text = wb_arena_strdup(a, row[I_EXPR]);
    return part;
}

static void fill_index(struct wb_describe *d, const struct wb_described *t,
                       const struct wb_rows *rows, size_t from, size_t n, struct wb_index *ix) {
    struct wb_arena *a = &d->catalog->arena;
    const char *const *row = rows->values[from];
    *ix = (struct wb_index){
        .name = wb_arena_strdup(a, row[I_NAME]),
        .primary = is_true(row[I_PRIMARY]),
        .unique = is_true(row[I_UNIQUE]),
        .constraint = is_true(row[I_CONSTRAINT]),
        .nulls_not_distinct = is_true(row[I_NULLS_NOT_DISTINCT]),
        .method = method_of(row[I_METHOD]),
        .parts = WB_NEW_N(a, struct wb_index_part, n + 1),
        .n_parts = n,
        .where.text = wb_arena_strdup(a, row[I_PREDICATE]),
        .comment = wb_arena_strdup(a, row[I_COMMENT]),
        .native_sql = wb_arena_strdup(a, row[I_DEF]),
    };
    for (size_t i = 0; i < n; i++)
        ix->parts[i] = part_of(a, t, rows->values[from + i]);
    if (is_true(row[I_INCLUDES]))
        wb_findings_add(&d->catalog->findings, a, WB_NOTE, WB_FINDING_ALTERED, "index",
                        wb_arena_printf(a, "%s.%s", t->table->name, ix->name), NULL,
                        "its INCLUDE columns are not read");
}

static size_t count_indexes(const struct wb_rows *rows, size_t from, size_t n) {
    size_t count = 0;
    for (size_t i = from; i < from + n; i += run_of(rows, i, I_OID))
        count++;
    return count;
}

enum wb_code wb_describe_indexes(struct wb_describe *d, struct wb_error *err) {
    struct wb_rows rows = {0};
    enum wb_code code = wb_describe_ask(d, wb_sql_indexes, &rows, err);
    for (size_t i = 0, n; !code && i < rows.n_rows; i += n) {
        n = run_of(&rows, i, I_RELID);
        struct wb_described *t = wb_describe_find(d, rows.values[i][I_RELID]);
        if (!t)
            continue;
        size_t count = count_indexes(&rows, i, n), k = 0;
        t->table->indexes = WB_NEW_N(&d->catalog->arena, struct wb_index, count + 1);
        t->table->n_indexes = count;
        for (size_t at = i, parts; at < i + n; at += parts) {
            parts = run_of(&rows, at, I_OID);
            fill_index(d, t, &rows, at, parts, &t->table->indexes[k++]);
        }
    }
    return code;
}

/* ----------------------------------------------------------------------------------------------
 * constraints */

static enum wb_fk_action action_of(const char *s) {
    switch (*s) {
    case 'r':
        return WB_FK_RESTRICT;
    case 'c':
        return WB_FK_CASCADE;
    case 'n':
        return WB_FK_SET_NULL;
    case 'd':
        return WB_FK_SET_DEFAULT;
    default:
        return WB_FK_NO_ACTION;
    }
}

static size_t count_words(const char *s) {
    size_t n = s && *s ? 1 : 0;
    for (; s && *s; s++)
        n += *s == ' ';
    return n;
}

static const char *attribute_name(const struct wb_rows *attributes, const char *oid,
                                  unsigned long attnum) {
    for (size_t i = 0; i < attributes->n_rows; i++)
        if (strcmp(attributes->values[i][0], oid) == 0 &&
            strtoul(attributes->values[i][1], NULL, 10) == attnum)
            return attributes->values[i][2];
    return NULL;
}

static void fill_foreign_key(struct wb_describe *d, const struct wb_described *t,
                             const char *const *row, const struct wb_rows *attributes,
                             struct wb_foreign_key *fk) {
    struct wb_arena *a = &d->catalog->arena;
    size_t n = count_words(row[C_COLUMNS]);
    *fk = (struct wb_foreign_key){
        .name = wb_arena_strdup(a, row[C_NAME]),
        .columns = WB_NEW_N(a, uint32_t, n + 1),
        .ref_columns = WB_NEW_N(a, const char *, n + 1),
        .n_columns = n,
        .ref_schema = wb_arena_strdup(a, row[C_REF_SCHEMA]),
        .ref_table = wb_arena_strdup(a, row[C_REF_TABLE]),
        .on_delete = action_of(row[C_DELETE]),
        .on_update = action_of(row[C_UPDATE]),
        .deferrable = is_true(row[C_DEFERRABLE]),
        .initially_deferred = is_true(row[C_DEFERRED]),
    };
    char *own = wb_arena_strdup(&d->scratch, row[C_COLUMNS]),
         *ref = wb_arena_strdup(&d->scratch, row[C_REF_COLUMNS]);
    for (size_t i = 0; i < n; i++) {
        fk->columns[i] = (uint32_t)wb_describe_column(t, own);
        fk->ref_columns[i] =
            wb_arena_strdup(a, attribute_name(attributes, row[C_REF_OID], strtoul(ref, NULL, 10)));
        own += strcspn(own, " ") + (own[strcspn(own, " ")] != 0);
        ref += strcspn(ref, " ") + (ref[strcspn(ref, " ")] != 0);
    }
}

static size_t count_type(const struct wb_rows *rows, size_t from, size_t n, char type) {
    size_t count = 0;
    for (size_t i = from; i < from + n; i++)
        count += *rows->values[i][C_TYPE] == type;
    return count;
}

static void fill_constraints(struct wb_describe *d, struct wb_described *t,
                             const struct wb_rows *rows, size_t from, size_t n,
                             const struct wb_rows *attributes) {
    struct wb_arena *a = &d->catalog->arena;
    t->table->fks = WB_NEW_N(a, struct wb_foreign_key, count_type(rows, from, n, 'f') + 1);
    t->table->checks = WB_NEW_N(a, struct wb_check, count_type(rows, from, n, 'c') + 1);
    for (size_t i = from; i < from + n; i++) {
        const char *const *row = rows->values[i];
        if (*row[C_TYPE] == 'f')
            fill_foreign_key(d, t, row, attributes, &t->table->fks[t->table->n_fks++]);
        else if (*row[C_TYPE] == 'c')
            t->table->checks[t->table->n_checks++] =
                (struct wb_check){.name = wb_arena_strdup(a, row[C_NAME]),
                                  .expr.text = wb_arena_strdup(a, row[C_EXPR]),
                                  .column = -1};
        else
            wb_findings_add(&d->catalog->findings, a, WB_WARNING, WB_FINDING_NOT_CARRIED,
                            "exclusion constraint",
                            wb_arena_printf(a, "%s.%s", t->table->name, row[C_NAME]),
                            "add it by hand", "%s", row[C_DEF]);
    }
}

enum wb_code wb_describe_constraints(struct wb_describe *d, struct wb_error *err) {
    struct wb_rows rows = {0}, attributes = {0};
    enum wb_code code = wb_describe_ask(d, wb_sql_constraints, &rows, err);
    if (!code)
        code = wb_describe_ask(d, wb_sql_attributes, &attributes, err);
    for (size_t i = 0, n; !code && i < rows.n_rows; i += n) {
        n = run_of(&rows, i, C_RELID);
        struct wb_described *t = wb_describe_find(d, rows.values[i][C_RELID]);
        if (t)
            fill_constraints(d, t, &rows, i, n, &attributes);
    }
    return code;
}

/* ----------------------------------------------------------------------------------------------
 * partitions */

static enum wb_partition_method partition_method_of(const char *s) {
    return *s == 'r' ? WB_PARTITION_RANGE : *s == 'l' ? WB_PARTITION_LIST : WB_PARTITION_HASH;
}

/* "FOR VALUES FROM (…) TO (bound)" and "FOR VALUES IN (values)": what stands in the last
 * parentheses. */
static const char *bound_of(struct wb_arena *a, const char *text) {
    const char *to = text ? strstr(text, ") TO (") : NULL,
               *in = text ? strstr(text, " IN (") : NULL;
    const char *start = to ? to + strlen(") TO (") : in ? in + strlen(" IN (") : NULL;
    size_t len = start ? strlen(start) : 0;
    return len ? wb_arena_strndup(a, start, len - 1) : NULL;
}

static void set_partition_columns(struct wb_describe *d, const struct wb_described *t,
                                  const char *attnums) {
    struct wb_partitioning *p = &t->table->partitioning;
    size_t n = count_words(attnums);
    char *s = wb_arena_strdup(&d->scratch, attnums);
    p->columns = true;
    p->column_index = WB_NEW_N(&d->catalog->arena, uint32_t, n + 1);
    for (size_t i = 0; i < n; i++) {
        int column = wb_describe_column(t, s); /* 0 stands for an expression */
        p->columns = p->columns && column >= 0;
        p->column_index[p->n_columns++] = column < 0 ? 0 : (uint32_t)column;
        s += strcspn(s, " ") + (s[strcspn(s, " ")] != 0);
    }
}

/* A root without any partition is still no plain table: its key's text says so. */
static void mark_roots(struct wb_describe *d) {
    for (size_t i = 0; i < d->catalog->n_tables; i++) {
        struct wb_partitioning *p = &d->catalog->tables[i].partitioning;
        if (p->expr.text)
            p->method = *p->expr.text == 'R'   ? WB_PARTITION_RANGE
                        : *p->expr.text == 'L' ? WB_PARTITION_LIST
                                               : WB_PARTITION_HASH;
    }
}

enum wb_code wb_describe_partitions(struct wb_describe *d, struct wb_error *err) {
    struct wb_rows rows = {0};
    struct wb_arena *a = &d->catalog->arena;
    enum wb_code code = wb_describe_ask(d, wb_sql_partitions, &rows, err);
    mark_roots(d);
    for (size_t i = 0, n; !code && i < rows.n_rows; i += n) {
        n = run_of(&rows, i, 0);
        struct wb_described *t = wb_describe_find(d, rows.values[i][0]);
        if (!t)
            continue;
        struct wb_partitioning *p = &t->table->partitioning;
        p->method = partition_method_of(rows.values[i][4]);
        p->parts = WB_NEW_N(a, struct wb_partition, n + 1);
        p->n_parts = n;
        set_partition_columns(d, t, rows.values[i][5]);
        for (size_t k = 0; k < n; k++) {
            p->parts[k] = (struct wb_partition){.name = wb_arena_strdup(a, rows.values[i + k][1]),
                                                .bound = bound_of(a, rows.values[i + k][2])};
            p->subpartitioned = p->subpartitioned || is_true(rows.values[i + k][3]);
        }
    }
    return code;
}
