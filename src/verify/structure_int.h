/* Within the comparison of structures: what its files share. */
#ifndef WB_VERIFY_STRUCTURE_INT_H
#define WB_VERIFY_STRUCTURE_INT_H

#include "verify/structure.h"

struct structure {
    const struct wb_verify_structure_ask *ask;
    const struct wb_engine *target;
    struct wb_arena *a;
    struct wb_catalog wanted;    /* ask's, in the schema that the target's tables lie in */
    struct wb_catalog expected;  /* what the target would describe; empty where it cannot be had */
    const char *why_not;         /* it is empty: why */
    struct wb_ddl_list ddl;      /* the statements of the wanted schema, for hints */
    struct wb_findings rendered; /* what these statements leave out */
    struct wb_verify_finding *items;
    size_t n, cap;
};

/* One table: wanted by name, expected in the target's own spelling (wanted itself where that cannot
 * be had), and as it is. */
struct structure_pair {
    const struct wb_table *wanted, *expected, *actual;
    bool normalized;     /* expected and actual are spelled by one server */
    const char *why_not; /* normalized is false: why */
    int number;          /* of wanted, in its catalog */
    const char *name;    /* in the target: schema.table */
};

/* Add a finding; table may be NULL, hint too. */
void wb_structure_find(struct structure *s, enum wb_verify_level level,
                       enum wb_verify_outcome outcome, const char *table, const char *object,
                       const char *hint, const char *fmt, ...)
    __attribute__((format(printf, 7, 8)));

/* The statement of a part that makes the object of that name; NULL where there is none. */
const char *wb_structure_ddl(const struct structure *s, const struct structure_pair *p,
                             enum wb_ddl_part part, const char *name);
/* As above, but the statement that undoes it. */
const char *wb_structure_undo(const struct structure *s, const struct structure_pair *p,
                              enum wb_ddl_part part, const char *name);
/* The engine's own statement that puts part number of p's expected table right; NULL where it has
 * none, or nothing is known of how the server spells the table. */
const char *wb_structure_mend(const struct structure *s, const struct structure_pair *p,
                              enum wb_part_kind kind, size_t number, const char *instead);
/* "ALTER TABLE "public"."orders" DROP WORD "name""; NULL where the engine does not take that. */
const char *wb_structure_drop(const struct structure *s, const struct structure_pair *p,
                              const char *word, const char *name);
/* The one statement, then the other; NULL where either is missing. */
const char *wb_structure_both(const struct structure *s, const char *first, const char *second);
/* "ALTER TABLE "public"."orders" " and what follows; NULL where the engine does not alter columns
 * as the standard says. */
const char *wb_structure_alter(const struct structure *s, const struct structure_pair *p,
                               const char *fmt, ...) __attribute__((format(printf, 3, 4)));
const char *wb_structure_quoted(const struct structure *s, const char *name);
/* Whether mapping or rendering said that this object is not carried. object: as findings name it,
 * "orders.total". */
bool wb_structure_not_carried(const struct structure *s, const char *kind, const char *object);

/* What is expected and what is there, and that nobody knows whether it is the same. */
void wb_structure_unknown(struct structure *s, const struct structure_pair *p,
                          enum wb_verify_level level, const char *object, const char *what,
                          const char *expected, const char *there);

/* structure_text.c */
enum structure_same { STRUCTURE_SAME, STRUCTURE_DIFFERENT, STRUCTURE_UNKNOWN };
enum structure_same wb_structure_compare_expr(const struct structure *s,
                                              const struct structure_pair *p,
                                              const struct wb_expr_text *expected,
                                              const struct wb_expr_text *actual);
/* An expression's text without the names of the schemas that both sides live in. */
const char *wb_structure_expr(const struct structure *s, const struct structure_pair *p,
                              const char *text);
const char *wb_structure_index_text(struct wb_arena *a, const struct wb_table *t,
                                    const struct wb_index *ix);
const char *wb_structure_fk_text(struct wb_arena *a, const struct wb_table *t,
                                 const struct wb_foreign_key *fk);
const char *wb_structure_columns_text(struct wb_arena *a, const struct wb_table *t,
                                      const struct wb_index *ix); /* "a, b DESC" */

void wb_structure_columns(struct structure *s, const struct structure_pair *p);
void wb_structure_partitions(struct structure *s, const struct structure_pair *p);
void wb_structure_indexes(struct structure *s, const struct structure_pair *p);
void wb_structure_foreign_keys(struct structure *s, const struct structure_pair *p);
void wb_structure_checks(struct structure *s, const struct structure_pair *p);
enum wb_code wb_structure_sequences(struct structure *s, const struct structure_pair *pairs,
                                    size_t n, struct wb_error *err);

#endif
