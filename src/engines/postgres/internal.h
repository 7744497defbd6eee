/* What the files of this engine share. */
#ifndef WB_ENGINES_POSTGRES_INTERNAL_H
#define WB_ENGINES_POSTGRES_INTERNAL_H

#include "engine/engine.h"
#include "pg/conn.h"
#include "pg/copy.h"

enum {
    WB_POSTGRES_NAME_BYTES = 63,        /* NAMEDATALEN - 1 */
    WB_POSTGRES_TEXT_LENGTH = 10485760, /* largest n of varchar(n) */
    WB_POSTGRES_NUMERIC_PRECISION = 1000,
};

struct wb_postgres {
    struct wb_conn base;
    struct wb_pg pg;
    enum wb_side side;
};

static inline struct wb_postgres *wb_postgres_of(struct wb_conn *c) {
    return (struct wb_postgres *)wb_conn_innermost(c);
}

extern const struct wb_read_ops wb_postgres_read_ops;
extern const struct wb_write_ops wb_postgres_write_ops;
extern const struct wb_ddl_ops wb_postgres_ddl_ops;
extern const struct wb_verify_ops wb_postgres_verify_ops;
/* As in wb_verify_ops. use.c */
enum wb_code wb_postgres_blocked_by(struct wb_conn *c, uint64_t session, struct wb_arena *a,
                                    struct wb_blocker **ret, size_t *ret_n, struct wb_error *err);
enum wb_code wb_postgres_table_use(struct wb_conn *c, const char *schema, const char *table,
                                   struct wb_arena *a, struct wb_table_use *ret,
                                   struct wb_error *err);
extern const struct wb_native_ops wb_postgres_native_ops;

/* ----------------------------------------------------------------------------------------------
 * statements.c */

void wb_postgres_quote_name(struct wb_buf *to, const char *name);
void wb_postgres_quote_text(struct wb_buf *to, const char *text, size_t len);
void wb_postgres_add_text(struct wb_buf *to, const char *text); /* a literal */
void wb_postgres_add_table(struct wb_buf *to, const char *schema,
                           const char *name); /* quoted, with schema where given */
void wb_postgres_add_regclass(struct wb_buf *to, const char *schema,
                              const char *name); /* '"s"."t"'::regclass */

/* The condition of a range ("" where it is the whole table); false where the table has no key to go
 * by. */
bool wb_postgres_add_range(struct wb_buf *to, const struct wb_table *t, const struct wb_range *r);

/* Run a statement and give its rows as text in an arena. */
enum wb_code wb_postgres_rows(struct wb_postgres *p, const char *sql, struct wb_arena *a,
                              struct wb_rows *ret, struct wb_error *err);

/* As in wb_verify_ops. literal.c */
bool wb_postgres_literal(struct wb_buf *to, const struct wb_type *t, const struct wb_cell *c);
bool wb_postgres_exactly(struct wb_buf *to, const struct wb_column *column,
                         const struct wb_cell *c);
void wb_postgres_delete_some(struct wb_buf *to, const struct wb_table *t, const char *where,
                             uint64_t most);
void wb_postgres_differs(struct wb_buf *to, const struct wb_type *t, const char *a, const char *b);
/* canonical.c */
bool wb_postgres_canonical(const struct wb_table *t, uint32_t column, const struct wb_type *as);
enum wb_code wb_postgres_digest(struct wb_conn *c, const struct wb_server_digest_spec *spec,
                                struct wb_digest *ret, struct wb_error *err);

/* ----------------------------------------------------------------------------------------------
 * describe */

enum wb_code wb_postgres_describe(struct wb_conn *c, const struct wb_describe_opts *opts,
                                  struct wb_catalog *ret, struct wb_error *err);

/* ----------------------------------------------------------------------------------------------
 * expect.c, explain.c: wb_verify_ops */

enum wb_code wb_postgres_expect(struct wb_conn *c, const struct wb_catalog *wanted,
                                unsigned version_num, struct wb_catalog *ret, struct wb_error *err);
enum wb_code wb_postgres_measure(struct wb_conn *c, const char *sql, unsigned timeout_ms,
                                 uint64_t *ret_rows, uint64_t *ret_us, struct wb_error *err);
enum wb_code wb_postgres_explain(struct wb_conn *c, const char *sql, struct wb_arena *a,
                                 struct wb_explain *ret, struct wb_error *err);

/* ----------------------------------------------------------------------------------------------
 * types.c */

enum wb_code wb_postgres_map_type(const struct wb_type *from, struct wb_arena *a,
                                  struct wb_type *ret, struct wb_error *err);
enum wb_code wb_postgres_parse_type(const char *native, struct wb_arena *a, struct wb_type *ret,
                                    struct wb_error *err);

#endif
