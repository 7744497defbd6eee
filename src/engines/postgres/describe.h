/* Reading the catalog: what the files of that job share. */
#ifndef WB_ENGINES_POSTGRES_DESCRIBE_H
#define WB_ENGINES_POSTGRES_DESCRIBE_H

#include "engines/postgres/internal.h"

/* Which table an oid is, and where its columns are by attribute number. */
struct wb_described {
    uint64_t oid;
    struct wb_table *table;
    int *column_of; /* by attnum, -1 where dropped; n_attnums entries */
    size_t n_attnums;
};

/* A sequence that has given nothing yet since it was made or set. */
struct wb_unused_sequence {
    struct wb_table *table;
    const char *name; /* as SQL writes it */
};

struct wb_describe {
    struct wb_postgres *p;
    const char *schema;
    struct wb_catalog *catalog;
    struct wb_arena scratch;     /* rows of the questions */
    struct wb_described *tables; /* sorted by oid */
    size_t n_tables;
    struct wb_unused_sequence *unused;
    size_t n_unused, cap_unused;
};

/* Run a question with :schema put in; its rows live until the description ends. */
enum wb_code wb_describe_ask(struct wb_describe *d, const char *sql, struct wb_rows *ret,
                             struct wb_error *err);
struct wb_described *wb_describe_find(struct wb_describe *d,
                                      const char *oid); /* NULL: no table of this catalog */
int wb_describe_column(const struct wb_described *t,
                       const char *attnum); /* -1 where there is none */

enum wb_code wb_describe_columns(struct wb_describe *d, struct wb_error *err);
enum wb_code wb_describe_indexes(struct wb_describe *d, struct wb_error *err);
enum wb_code wb_describe_constraints(struct wb_describe *d, struct wb_error *err);
enum wb_code wb_describe_partitions(struct wb_describe *d, struct wb_error *err);

#endif
