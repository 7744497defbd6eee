/* Fitting another engine's keys: what ddl_keys.c (lengths, identity) and ddl_fks.c share. */
#ifndef WB_ENGINES_MYSQL_DDL_KEYS_H
#define WB_ENGINES_MYSQL_DDL_KEYS_H

#include "engines/mysql/ddl.h"

enum { WB_MYSQL_KEY_BYTES = 3072 }; /* InnoDB's, of a row in one key */

struct mysql_fit {
    const struct wb_catalog *source;
    struct wb_catalog *mapped;
    struct wb_arena *a;
    struct wb_buf refused; /* for people, separated by "; " */
    size_t n_refused;
    const char *remedy; /* a cast for the first one refused */
};

/* "table.column" in the source. */
const char *wb_mysql_fit_name(struct mysql_fit *f, const struct wb_table *t, uint32_t column);
void wb_mysql_fit_refuse(struct mysql_fit *f, const char *text, const char *remedy);
/* Refuses a column without a length. */
void wb_mysql_fit_bound(struct mysql_fit *f, struct wb_table *t, uint32_t column);
/* Most bytes of a value in a key; more than WB_MYSQL_KEY_BYTES for one without a length. */
unsigned wb_mysql_key_bytes(const struct wb_type *t);

/* Makes both ends of foreign keys one type where that loses nothing; true where it changed any. */
bool wb_mysql_fit_unify(struct mysql_fit *f);
void wb_mysql_fit_foreign_keys(struct mysql_fit *f, struct wb_table *t);

#endif
