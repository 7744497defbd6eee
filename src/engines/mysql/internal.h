/* What the files of this engine share. */
#ifndef WB_ENGINES_MYSQL_INTERNAL_H
#define WB_ENGINES_MYSQL_INTERNAL_H

#include "engine/engine.h"
#include "my/conn.h"

struct mysql_conn {
    struct wb_conn base;
    struct wb_my_conn *my;
    bool in_transaction;
    bool must_roll_back; /* an error inside the transaction: nothing of it may be committed */
    unsigned statement_timeout_ms; /* that the session was given; 0: none */
};

static inline struct mysql_conn *mysql_of(struct wb_conn *c) {
    return (struct mysql_conn *)wb_conn_innermost(c);
}

void wb_mysql_quote_name(struct wb_buf *to, const char *name);
void wb_mysql_quote_text(struct wb_buf *to, const char *text, size_t len);
void wb_mysql_quote_table(struct wb_buf *to, const struct wb_table *t);

/* One of whimbrel's own tables, by its exact name: other tables may well be named
 * whimbrel_something. describe.c */
bool wb_mysql_is_ledger(const char *table);

/* COLUMN_TYPE of information_schema, or a type as users write it: "int(10) unsigned",
 * "enum('a','b')". charset and collation may be NULL (utf8mb4, unknown). TYPE where it is not
 * understood. type.c */
enum wb_code wb_mysql_type_parse(const char *text, const char *charset, const char *collation,
                                 struct wb_arena *a, struct wb_type *ret, struct wb_error *err);
unsigned wb_mysql_collation_flags(const char *collation);

/* The predicate of a range: " WHERE …" or nothing. split key as given by wb_mysql_split_key.
 * range.c */
const struct wb_column *wb_mysql_split_key(const struct wb_table *t,
                                           const struct wb_index **ret_index);
enum wb_code wb_mysql_add_where(struct wb_buf *sql, const struct wb_table *t,
                                const struct wb_range *r, const char *extra, struct wb_error *err);
/* One bound as a literal of the key's type; false where the text is none. */
bool wb_mysql_add_bound(struct wb_buf *sql, const struct wb_type *type, const char *bound);

/* As in wb_verify_ops. literal.c */
bool wb_mysql_literal(struct wb_buf *to, const struct wb_type *t, const struct wb_cell *c);
bool wb_mysql_exactly(struct wb_buf *to, const struct wb_column *column, const struct wb_cell *c);
void wb_mysql_delete_some(struct wb_buf *to, const struct wb_table *t, const char *where,
                          uint64_t most);
void wb_mysql_differs(struct wb_buf *to, const struct wb_type *t, const char *a, const char *b);
/* expect.c */
enum wb_code wb_mysql_expect(struct wb_conn *conn, const struct wb_catalog *wanted,
                             unsigned version_num, struct wb_catalog *ret, struct wb_error *err);
/* mend.c */
const char *wb_mysql_mend(const struct wb_part *part, struct wb_arena *a);
/* canonical.c */
bool wb_mysql_canonical(const struct wb_table *t, uint32_t column, const struct wb_type *as);
enum wb_code wb_mysql_digest(struct wb_conn *c, const struct wb_server_digest_spec *spec,
                             struct wb_digest *ret, struct wb_error *err);

/* Snapshot and privileges. snapshot.c, grants.c */
enum wb_mysql_lock {
    WB_MYSQL_LOCK_NONE,
    WB_MYSQL_LOCK_TABLES,
    WB_MYSQL_LOCK_GLOBAL,
    WB_MYSQL_LOCK_BACKUP
};
enum wb_code wb_mysql_best_lock(struct wb_my_conn *my, enum wb_mysql_lock *ret,
                                struct wb_error *err);
const char *wb_mysql_moment_fingerprint(struct wb_my_conn *my, struct wb_arena *a,
                                        const char *gtid);

enum wb_code wb_mysql_identify(struct wb_conn *c, struct wb_arena *a, struct wb_database_id *ret,
                               struct wb_error *err);
enum wb_code wb_mysql_probe(struct wb_conn *c, struct wb_arena *a, struct wb_probe *ret,
                            struct wb_error *err);
enum wb_code wb_mysql_describe(struct wb_conn *c, const struct wb_describe_opts *opts,
                               struct wb_catalog *ret, struct wb_error *err);

enum wb_code wb_mysql_split(struct wb_conn *c, const struct wb_table *t, uint64_t chunk_rows,
                            struct wb_arena *a, struct wb_range **ret, size_t *ret_n,
                            struct wb_error *err);
enum wb_code wb_mysql_read_open(struct wb_conn *c, const struct wb_read_spec *spec,
                                struct wb_cursor **ret, struct wb_error *err);
enum wb_code wb_mysql_read_next(struct wb_cursor *cur, struct wb_batch *b, struct wb_error *err);
void wb_mysql_read_done(struct wb_cursor *cur);
enum wb_code wb_mysql_scan(struct wb_conn *c, const struct wb_table *t, struct wb_scan_ask *asks,
                           size_t n, struct wb_error *err);
enum wb_code wb_mysql_snapshot_begin(struct wb_conn *keeper, const struct wb_snapshot_opts *opts,
                                     struct wb_snapshot **ret, struct wb_error *err);
enum wb_code wb_mysql_snapshot_join(struct wb_conn *reader, struct wb_snapshot *s,
                                    struct wb_error *err);
enum wb_code wb_mysql_snapshot_ready(struct wb_snapshot *s, struct wb_arena *a,
                                     struct wb_moment *ret, struct wb_error *err);
enum wb_code wb_mysql_snapshot_check(struct wb_snapshot *s, struct wb_error *err);
void wb_mysql_snapshot_end(struct wb_snapshot *s);

/* explain.c */
/* How long statements of the session may take, 0: for ever. */
enum wb_code wb_mysql_limit_statements(struct wb_my_conn *my, unsigned ms, struct wb_error *err);
enum wb_code wb_mysql_measure(struct wb_conn *c, const char *sql, unsigned timeout_ms,
                              uint64_t *ret_rows, uint64_t *ret_us, struct wb_error *err);
enum wb_code wb_mysql_explain(struct wb_conn *c, const char *sql, struct wb_arena *a,
                              struct wb_explain *ret, struct wb_error *err);

extern const struct wb_write_ops wb_mysql_write_ops;
extern const struct wb_ddl_ops wb_mysql_ddl_ops;
extern const struct wb_verify_ops wb_mysql_verify_ops;
/* As in wb_verify_ops. use.c */
enum wb_code wb_mysql_blocked_by(struct wb_conn *c, uint64_t session, struct wb_arena *a,
                                 struct wb_blocker **ret, size_t *ret_n, struct wb_error *err);
enum wb_code wb_mysql_table_use(struct wb_conn *c, const char *schema, const char *table,
                                struct wb_arena *a, struct wb_table_use *ret, struct wb_error *err);
extern const struct wb_native_ops wb_mysql_native_ops;

#endif
