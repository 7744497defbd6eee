/* What users say about names and types: --include, --exclude, --rename, --cast, --cast-file.
 *
 *   --include 'shop.*'  --exclude 'log_*'        glob over table or schema.table; exclude wins
 *   --rename OLD=NEW                              a table, or table.column=new_column
 *   --cast 'type:tinyint(1)=smallint'             a source type, by its spelling or its bare name
 *   --cast 'column:orders.total=numeric(12,2)'    one column, which wins over a type
 */
#ifndef WB_SCHEMA_RULES_H
#define WB_SCHEMA_RULES_H

#include "base/arena.h"
#include "base/error.h"
#include "model/catalog.h"

struct wb_rules;

struct wb_rules *wb_rules_new(void);
void wb_rules_free(struct wb_rules *r); /* accepts NULL */

/* Each copies its text; RULE with what is wrong, quoting the rule. */
enum wb_code wb_rules_add_include(struct wb_rules *r, const char *glob, struct wb_error *err);
enum wb_code wb_rules_add_exclude(struct wb_rules *r, const char *glob, struct wb_error *err);
enum wb_code wb_rules_add_rename(struct wb_rules *r, const char *rule, struct wb_error *err);
enum wb_code wb_rules_add_cast(struct wb_rules *r, const char *rule, struct wb_error *err);
/* A cast a line; '#' begins a comment, blank lines are skipped; errors give file:line. */
enum wb_code wb_rules_add_cast_file(struct wb_rules *r, const char *path, struct wb_error *err);

bool wb_rules_selects(const struct wb_rules *r, const char *schema, const char *table);
/* A shallow view of the tables of all that the filters leave in: it owns nothing, its list of
 * tables lies in a. NOT_FOUND where the source has none that this user can see, RULE where none is
 * left. */
enum wb_code wb_rules_select(const struct wb_rules *r, const struct wb_catalog *all,
                             struct wb_arena *a, struct wb_catalog *ret, struct wb_error *err);
const char *wb_rules_table_name(const struct wb_rules *r, const char *schema,
                                const char *table); /* new name, or table */
const char *wb_rules_column_name(const struct wb_rules *r, const char *table,
                                 const char *column); /* new name, or column */
/* The target type's text for a column, or NULL where no cast applies. */
const char *wb_rules_cast(const struct wb_rules *r, const char *table, const char *column,
                          const struct wb_type *type);

/* A text that is the same for the same rules: part of what makes two runs the same copy. */
const char *wb_rules_text(const struct wb_rules *r, struct wb_arena *a);

/* The first rule that has matched nothing since wb_rules_new, for an error; NULL where all were
 * used. */
const char *wb_rules_unused(const struct wb_rules *r);

#endif
