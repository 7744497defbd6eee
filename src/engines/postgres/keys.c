/* Indexes, keys, foreign keys and sequences. A primary key is built as a unique index, beside the
 * others, and then declared by it, which takes no time. */
#include "engines/postgres/ddl.h"

#include "base/str.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

void wb_render_wish_indexes(struct wb_render *r, const struct wb_table *t) {
    for (size_t i = 0; i < t->n_indexes; i++)
        if (t->indexes[i].name && !t->indexes[i].primary &&
            !wb_names_add(&r->wished, t->schema, t->indexes[i].name))
            wb_names_add(&r->doubled, t->schema, t->indexes[i].name);
}

/* The index's own name where it is the only one of that name in the schema, else with the table's
 * before it. */
static const char *index_name(struct wb_render *r, const struct wb_table *t,
                              const struct wb_index *ix) {
    const char *wish = ix->name;
    if (ix->primary)
        wish = wb_arena_printf(r->arena, "%s_pkey", t->name);
    else if (!wish)
        wish = wb_arena_printf(r->arena, "%s_key", t->name);
    else if (wb_names_has(&r->doubled, t->schema, wish) ||
             wb_names_has(&r->relations, t->schema, wish))
        wish = wb_arena_printf(r->arena, "%s_%s", t->name, wish);
    return wb_names_take(&r->relations, t->schema, wish);
}

/* Plain indexes share no name space with constraints; in MySQL each foreign key has an index of its
 * own name. */
void wb_render_reserve_keys(struct wb_names *names, const struct wb_table *t) {
    for (size_t i = 0; i < t->n_indexes; i++)
        if (t->indexes[i].name && t->indexes[i].constraint)
            wb_names_add(names, "", t->indexes[i].name);
}

static bool is_plain(const struct wb_index *ix) {
    for (size_t i = 0; i < ix->n_parts; i++)
        if (ix->parts[i].column < 0 || ix->parts[i].prefix_length || ix->parts[i].descending ||
            ix->parts[i].nulls)
            return false;
    return !ix->where.text;
}

/* NULL where the index can be made. */
static const char *obstacle(const struct wb_table *t, const struct wb_index *ix) {
    if (ix->method == WB_INDEX_FULLTEXT)
        return "a full-text index; PostgreSQL's has another query language (GIN over "
               "to_tsvector())";
    if (ix->method == WB_INDEX_SPATIAL)
        return "a spatial index; geometries are carried as bytes";
    if (ix->method == WB_INDEX_OTHER)
        return "its method is not carried";
    if (ix->without_overlaps)
        return "WITHOUT OVERLAPS";
    for (size_t i = 0; i < ix->n_parts; i++) {
        if (ix->parts[i].column < 0)
            continue;
        const struct wb_type *type = &t->columns[ix->parts[i].column].type;
        if ((type->kind == WB_KIND_JSON && !type->binary_json) || type->kind == WB_KIND_XML)
            return "its column's type has no order in PostgreSQL";
    }
    return NULL;
}

static void add_prefix(struct wb_buf *to, const struct wb_type *type,
                       const struct wb_index_part *part, const char *name) {
    if (type->kind == WB_KIND_BYTES)
        wb_buf_adds(to, "substring(");
    else
        wb_buf_adds(to, "\"left\"(");
    wb_postgres_quote_name(to, name);
    wb_buf_addf(to, type->kind == WB_KIND_BYTES ? ", 1, %u)" : ", %u)", part->prefix_length);
}

static bool add_part(struct wb_render *r, struct wb_buf *to, const struct wb_table *t,
                     const struct wb_index_part *part, const char **ret_why) {
    if (part->column >= 0) {
        const struct wb_column *c = &t->columns[part->column];
        bool prefix =
            part->prefix_length && (c->type.kind == WB_KIND_TEXT || c->type.kind == WB_KIND_BYTES);
        if (prefix)
            add_prefix(to, &c->type, part, c->name);
        else
            wb_postgres_quote_name(to, c->name);
    } else {
        wb_buf_addc(to, '(');
        if (!part->expr.tree) {
            *ret_why = "its expression was not understood";
            return false;
        }
        if (!wb_render_expr(r, to, part->expr.tree, t, NULL, WB_EXPR_FOR_INDEX, ret_why))
            return false;
        wb_buf_addc(to, ')');
    }
    wb_buf_adds(to, part->descending ? " DESC" : "");
    wb_buf_adds(to, part->nulls < 0 ? " NULLS FIRST" : part->nulls > 0 ? " NULLS LAST" : "");
    return true;
}

static bool add_create_index(struct wb_render *r, struct wb_buf *sql, const struct wb_table *t,
                             const struct wb_index *ix, const char *name, const char **ret_why) {
    wb_buf_addf(sql, "CREATE %sINDEX ", ix->unique || ix->primary ? "UNIQUE " : "");
    wb_postgres_quote_name(sql, name);
    wb_buf_adds(sql, " ON ");
    wb_postgres_add_table(sql, t->schema, t->name);
    wb_buf_adds(sql, " (");
    for (size_t i = 0; i < ix->n_parts; i++) {
        wb_buf_adds(sql, i ? ", " : "");
        if (!add_part(r, sql, t, &ix->parts[i], ret_why))
            return false;
    }
    wb_buf_addc(sql, ')');
    if (ix->nulls_not_distinct && r->version >= 150000)
        wb_buf_adds(sql, " NULLS NOT DISTINCT");
    if (!ix->where.text)
        return true;
    if (!ix->where.tree) {
        *ret_why = "its condition was not understood";
        return false;
    }
    wb_buf_adds(sql, " WHERE ");
    return wb_render_expr(r, sql, ix->where.tree, t, NULL, WB_EXPR_FOR_INDEX, ret_why);
}

static void add_exists_index(struct wb_render *r, struct wb_ddl *d, const struct wb_table *t,
                             const char *name) {
    WB_CLEANUP_BUF struct wb_buf sql = {0};
    wb_buf_adds(
        &sql,
        "SELECT 1 FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = "
        "c.relnamespace"
        " JOIN pg_catalog.pg_index i ON i.indexrelid = c.oid WHERE i.indisvalid AND c.relname = ");
    wb_postgres_add_text(&sql, name);
    wb_buf_adds(&sql, " AND n.nspname = ");
    wb_postgres_add_text(&sql, t->schema ? t->schema : "public");
    d->exists_sql = wb_arena_strdup(r->arena, wb_buf_str(&sql));
}

static void add_exists_constraint(struct wb_render *r, struct wb_ddl *d, const struct wb_table *t,
                                  const char *name) {
    WB_CLEANUP_BUF struct wb_buf sql = {0};
    wb_buf_adds(&sql, "SELECT 1 FROM pg_catalog.pg_constraint WHERE conrelid = ");
    wb_postgres_add_regclass(&sql, t->schema, t->name);
    wb_buf_adds(&sql, " AND conname = ");
    wb_postgres_add_text(&sql, name);
    d->exists_sql = wb_arena_strdup(r->arena, wb_buf_str(&sql));
    WB_CLEANUP_BUF struct wb_buf drop = {0};
    wb_buf_adds(&drop, "ALTER TABLE IF EXISTS ");
    wb_postgres_add_table(&drop, t->schema, t->name);
    wb_buf_adds(&drop, " DROP CONSTRAINT IF EXISTS ");
    wb_postgres_quote_name(&drop, name);
    d->drop_sql = wb_arena_strdup(r->arena, wb_buf_str(&drop));
}

/* For a partitioned table a key cannot be declared by an index that is there: it is made at once.
 */
static void add_constraint(struct wb_render *r, const struct wb_table *t, const struct wb_index *ix,
                           const char *name, bool by_index, bool key) {
    WB_CLEANUP_BUF struct wb_buf sql = {0};
    wb_buf_adds(&sql, "ALTER TABLE ");
    wb_postgres_add_table(&sql, t->schema, t->name);
    wb_buf_adds(&sql, " ADD CONSTRAINT ");
    wb_postgres_quote_name(&sql, name);
    wb_buf_adds(&sql, ix->primary ? " PRIMARY KEY " : " UNIQUE ");
    if (by_index) {
        wb_buf_adds(&sql, "USING INDEX ");
        wb_postgres_quote_name(&sql, name);
    } else {
        for (size_t i = 0; i < ix->n_parts; i++) {
            wb_buf_adds(&sql, i ? ", " : "(");
            wb_postgres_quote_name(&sql, t->columns[ix->parts[i].column].name);
        }
        wb_buf_addc(&sql, ')');
    }
    struct wb_ddl *d =
        wb_render_add(r, WB_DDL_CONSTRAINT, t, wb_buf_str(&sql),
                      ix->primary ? "primary key" : "unique key", wb_render_member(r, t, name));
    d->key = key;
    add_exists_constraint(r, d, t, name);
}

static void add_index_comment(struct wb_render *r, const struct wb_table *t,
                              const struct wb_index *ix, const char *name) {
    WB_CLEANUP_BUF struct wb_buf sql = {0};
    if (!ix->comment || !*ix->comment)
        return;
    wb_buf_adds(&sql, "COMMENT ON INDEX ");
    wb_postgres_add_table(&sql, t->schema, name);
    wb_buf_adds(&sql, " IS ");
    wb_postgres_add_text(&sql, ix->comment);
    wb_render_add(r, WB_DDL_COMMENT, t, wb_buf_str(&sql), "comment", wb_render_member(r, t, name));
}

/* Bytes that a value of the part may have at most; 0: not known, or few. */
static uint64_t part_bytes(const struct wb_table *t, const struct wb_index_part *part) {
    if (part->column < 0)
        return 0;
    const struct wb_type *type = &t->columns[part->column].type;
    uint64_t n = part->prefix_length ? part->prefix_length : type->length;
    return type->kind == WB_KIND_TEXT ? n * 4 : type->kind == WB_KIND_BYTES ? n : 0;
}

/* Whether an entry fits is seen when it is made, for it is compressed; that it may not is known
 * before. */
static void note_size(struct wb_render *r, const struct wb_table *t, const struct wb_index *ix,
                      const char *label) {
    enum { ENTRY_BYTES_MAX = 2704 }; /* a third of a page */
    uint64_t bytes = 0;
    for (size_t i = 0; i < ix->n_parts; i++)
        bytes += part_bytes(t, &ix->parts[i]);
    if (bytes > ENTRY_BYTES_MAX)
        wb_render_find(
            r, WB_FINDING_RISK, "index", t, label, NULL,
            wb_arena_printf(r->arena,
                            "its entries may have %" PRIu64 " bytes, PostgreSQL's at most %d after "
                            "compression: a longer one stops the copy when the index is built",
                            bytes, ENTRY_BYTES_MAX));
}

static void note_index(struct wb_render *r, const struct wb_table *t, const struct wb_index *ix,
                       const char *name) {
    const char *label = ix->name ? ix->name : name;
    if (!ix->primary && ix->name && strcmp(ix->name, name) != 0)
        wb_render_find(r, WB_FINDING_ALTERED, "index", t, label, NULL,
                       wb_arena_printf(r->arena,
                                       "named %s: in PostgreSQL an index's name is its schema's",
                                       name));
    if (ix->ignored)
        wb_render_find(r, WB_FINDING_ALTERED, "index", t, label, NULL,
                       "it is ignored in the source and in use here");
    note_size(r, t, ix, label);
    for (size_t i = 0; (ix->unique || ix->primary) && i < ix->n_parts; i++) {
        const struct wb_index_part *part = &ix->parts[i];
        if (part->column >= 0 &&
            t->columns[part->column].type.collation_flags & WB_COLL_PAD_SPACE &&
            t->columns[part->column].type.kind == WB_KIND_TEXT) {
            wb_render_find(r, WB_FINDING_ALTERED, "index", t, label, NULL,
                           wb_arena_printf(r->arena, "spaces at the end of %s count in PostgreSQL",
                                           t->columns[part->column].name));
            return;
        }
    }
}

static void render_index(struct wb_render *r, const struct wb_table *t, const struct wb_index *ix) {
    WB_CLEANUP_BUF struct wb_buf sql = {0};
    const char *why = obstacle(t, ix), *partition_why = NULL;
    const char *label = ix->name ? ix->name : "primary key";
    if (why) {
        wb_render_find(r, WB_FINDING_NOT_CARRIED, "index", t, label, NULL, why);
        return;
    }
    const char *name = index_name(r, t, ix);
    bool key = ix->primary || ix == wb_table_replica_key(t);
    bool declared =
        ix->primary || (ix->constraint && ix->unique && is_plain(ix) && !ix->nulls_not_distinct);
    bool partitioned =
        t->partitioning.method != WB_PARTITION_NONE && wb_render_can_partition(t, &partition_why);
    note_index(r, t, ix, name);
    if (!(partitioned && declared)) {
        if (!add_create_index(r, &sql, t, ix, name, &why)) {
            wb_render_find(r, WB_FINDING_NOT_CARRIED, "index", t, label, "create it by hand", why);
            return;
        }
        struct wb_ddl *d = wb_render_add(r, WB_DDL_INDEX, t, wb_buf_str(&sql), "index",
                                         wb_render_member(r, t, name));
        d->key = key;
        d->optional = !is_plain(ix) && !key;
        WB_CLEANUP_BUF struct wb_buf drop = {0};
        wb_buf_adds(&drop, "DROP INDEX IF EXISTS ");
        wb_postgres_add_table(&drop, t->schema, name);
        /* once declared, the constraint owns it */
        d->drop_sql = wb_arena_strdup(r->arena, wb_buf_str(&drop));
        add_exists_index(r, d, t, name);
    }
    if (declared)
        add_constraint(r, t, ix, name, !partitioned, key);
    add_index_comment(r, t, ix, name);
}

void wb_render_indexes(struct wb_render *r, const struct wb_table *t) {
    for (size_t i = 0; i < t->n_indexes; i++)
        render_index(r, t, &t->indexes[i]);
}

/* ----------------------------------------------------------------------------------------------
 * foreign keys */

/* The referenced column of place i; -1 where it is not there. */
static int ref_column(const struct wb_foreign_key *fk, const struct wb_table *ref, size_t i) {
    if (fk->ref_columns)
        return wb_table_find_column(ref, fk->ref_columns[i]);
    const struct wb_index *key = wb_table_primary_key(ref);
    return key && i < key->n_parts ? key->parts[i].column : -1;
}

static bool covers(const struct wb_index *ix, const struct wb_foreign_key *fk,
                   const struct wb_table *ref) {
    if (!(ix->unique || ix->primary) || ix->n_parts != fk->n_columns || ix->where.text)
        return false;
    for (size_t i = 0; i < fk->n_columns; i++) {
        bool found = false;
        for (size_t k = 0; k < ix->n_parts; k++)
            found = found ||
                    (ix->parts[k].column == ref_column(fk, ref, i) && !ix->parts[k].prefix_length);
        if (!found)
            return false;
    }
    return true;
}

static const char *fk_obstacle(const struct wb_table *t, const struct wb_foreign_key *fk,
                               const struct wb_table *ref) {
    bool unique = false;
    if (!ref)
        return "the table that it points to is not copied";
    for (size_t i = 0; i < fk->n_columns; i++) {
        int c = ref_column(fk, ref, i);
        if (c < 0)
            return "a column that it points to is not copied";
        const struct wb_type *a = &t->columns[fk->columns[i]].type, *b = &ref->columns[c].type;
        if ((a->kind == WB_KIND_ENUM || b->kind == WB_KIND_ENUM) &&
            !wb_str_eq(a->type_name, b->type_name))
            return "its columns are of different enum types";
    }
    for (size_t i = 0; i < ref->n_indexes; i++)
        unique = unique || covers(&ref->indexes[i], fk, ref);
    return unique ? NULL
                  : "the columns that it points to are not unique, which PostgreSQL asks for";
}

static const char *action_word(enum wb_fk_action a) {
    static const char *const words[] = {
        [WB_FK_NO_ACTION] = "NO ACTION",     [WB_FK_RESTRICT] = "RESTRICT",
        [WB_FK_CASCADE] = "CASCADE",         [WB_FK_SET_NULL] = "SET NULL",
        [WB_FK_SET_DEFAULT] = "SET DEFAULT",
    };
    return words[a];
}

static void add_validation(struct wb_render *r, const struct wb_table *t, const char *name) {
    WB_CLEANUP_BUF struct wb_buf sql = {0};
    wb_buf_adds(&sql, "ALTER TABLE ");
    wb_postgres_add_table(&sql, t->schema, t->name);
    wb_buf_adds(&sql, " VALIDATE CONSTRAINT ");
    wb_postgres_quote_name(&sql, name);
    wb_render_add(r, WB_DDL_VALIDATE, t, wb_buf_str(&sql), "foreign key check",
                  wb_render_member(r, t, name));
}

static void add_foreign_key(struct wb_render *r, const struct wb_table *t,
                            const struct wb_foreign_key *fk, const struct wb_table *ref,
                            const char *name) {
    WB_CLEANUP_BUF struct wb_buf sql = {0};
    wb_buf_adds(&sql, "ALTER TABLE ");
    wb_postgres_add_table(&sql, t->schema, t->name);
    wb_buf_adds(&sql, " ADD CONSTRAINT ");
    wb_postgres_quote_name(&sql, name);
    for (size_t i = 0; i < fk->n_columns; i++) {
        wb_buf_adds(&sql, i ? ", " : " FOREIGN KEY (");
        wb_postgres_quote_name(&sql, t->columns[fk->columns[i]].name);
    }
    wb_buf_adds(&sql, ") REFERENCES ");
    wb_postgres_add_table(&sql, ref->schema, ref->name);
    for (size_t i = 0; i < fk->n_columns; i++) {
        wb_buf_adds(&sql, i ? ", " : " (");
        wb_postgres_quote_name(&sql, ref->columns[ref_column(fk, ref, i)].name);
    }
    wb_buf_addf(&sql, ") ON DELETE %s ON UPDATE %s", action_word(fk->on_delete),
                action_word(fk->on_update));
    if (fk->deferrable)
        wb_buf_adds(&sql,
                    fk->initially_deferred ? " DEFERRABLE INITIALLY DEFERRED" : " DEFERRABLE");
    /* Adding a key locks the table that it points to against other keys; checking the rows does
     * not. So the checks are apart and run side by side. A partitioned table takes no unchecked key
     * before version 18. */
    bool apart = t->partitioning.method == WB_PARTITION_NONE;
    if (apart)
        wb_buf_adds(&sql, " NOT VALID");
    struct wb_ddl *d = wb_render_add(r, WB_DDL_FOREIGN_KEY, t, wb_buf_str(&sql), "foreign key",
                                     wb_render_member(r, t, name));
    add_exists_constraint(r, d, t, name);
    if (apart)
        add_validation(r, t, name);
}

void wb_render_foreign_keys(struct wb_render *r, const struct wb_table *t) {
    struct wb_names names = {.arena = r->arena};
    wb_render_reserve_keys(&names, t);
    for (size_t i = 0; i < t->n_checks; i++)
        wb_render_check_name(r, &names, t, &t->checks[i]);
    for (size_t i = 0; i < t->n_fks; i++) {
        const struct wb_foreign_key *fk = &t->fks[i];
        const struct wb_table *ref =
            wb_catalog_find_table(r->catalog, fk->ref_schema, fk->ref_table);
        const char *wish = fk->name ? fk->name
                                    : wb_arena_printf(r->arena, "%s_%s_fkey", t->name,
                                                      t->columns[fk->columns[0]].name);
        const char *why = fk_obstacle(t, fk, ref);
        if (why)
            wb_render_find(r, WB_FINDING_NOT_CARRIED, "foreign key", t, wish, NULL, why);
        else
            add_foreign_key(r, t, fk, ref, wb_names_take(&names, "", wish));
    }
}

/* ----------------------------------------------------------------------------------------------
 * sequences */

static const char *sequence_name(struct wb_render *r, const struct wb_table *t,
                                 const struct wb_column *c) {
    const char *name = wb_arena_printf(r->arena, "%s_%s_seq", t->name, c->name);
    if (strlen(name) > WB_POSTGRES_NAME_BYTES)
        name = wb_arena_printf(
            r->arena, "%.*s_%u_seq",
            (int)wb_str_utf8_valid(t->name, strlen(t->name) < 48 ? strlen(t->name) : 48), t->name,
            (unsigned)(c - t->columns));
    return name;
}

/* A column that is no integer of PostgreSQL (unsigned bigint became numeric) takes its values from
 * a sequence. */
void wb_render_sequence_default(struct wb_render *r, const struct wb_table *t,
                                const struct wb_column *c) {
    WB_CLEANUP_BUF struct wb_buf sql = {0};
    WB_CLEANUP_BUF struct wb_buf table = {0};
    WB_CLEANUP_BUF struct wb_buf column = {0};
    WB_CLEANUP_BUF struct wb_buf seq = {0};
    wb_postgres_add_table(&seq, t->schema, sequence_name(r, t, c));
    wb_postgres_add_table(&table, t->schema, t->name);
    wb_postgres_quote_name(&column, c->name);
    wb_buf_addf(
        &sql,
        "CREATE SEQUENCE %s OWNED BY %s.%s; ALTER TABLE %s ALTER COLUMN %s SET DEFAULT nextval(",
        wb_buf_str(&seq), wb_buf_str(&table), wb_buf_str(&column), wb_buf_str(&table),
        wb_buf_str(&column));
    wb_postgres_add_regclass(&sql, t->schema, sequence_name(r, t, c));
    wb_buf_addc(&sql, ')');
    wb_render_add(r, WB_DDL_TABLE, t, wb_buf_str(&sql), "sequence",
                  wb_render_member(r, t, c->name));
}

static const char *largest(const struct wb_column *c) {
    if (c->type.kind == WB_KIND_INT && c->type.size_bytes <= 4)
        return c->type.size_bytes <= 2 ? "32767" : "2147483647";
    return "9223372036854775807";
}

/* A sequence ends at 2^63-1, an unsigned key does not: beyond that the default adds an offset. */
static void add_offset_default(struct wb_buf *sql, const char *table, const char *column,
                               const char *regclass, uint64_t next) {
    wb_buf_addf(sql,
                "ALTER TABLE %s ALTER COLUMN %s SET DEFAULT nextval(%s)::numeric + %" PRIu64
                "::numeric; SELECT pg_catalog.setval(%s, 1, false)",
                table, column, regclass, next - 1, regclass);
}

/* The next value is the source's, or one above the highest key where that is more. */
static void add_sequence(struct wb_render *r, const struct wb_table *t, const struct wb_column *c) {
    WB_CLEANUP_BUF struct wb_buf sql = {0};
    WB_CLEANUP_BUF struct wb_buf table = {0};
    WB_CLEANUP_BUF struct wb_buf column = {0};
    WB_CLEANUP_BUF struct wb_buf seq = {0};
    uint64_t next = t->has_next_value && t->next_value ? t->next_value : 1;
    wb_postgres_add_table(&table, t->schema, t->name);
    wb_postgres_quote_name(&column, c->name);
    if (wb_render_is_identity(c)) {
        wb_buf_adds(&seq, "pg_catalog.pg_get_serial_sequence(");
        wb_postgres_add_text(&seq, wb_buf_str(&table));
        wb_buf_adds(&seq, ", ");
        wb_postgres_add_text(&seq, c->name);
        wb_buf_addc(&seq, ')');
    } else {
        wb_postgres_add_regclass(&seq, t->schema, sequence_name(r, t, c));
    }
    if (next > INT64_MAX && !wb_render_is_identity(c))
        add_offset_default(&sql, wb_buf_str(&table), wb_buf_str(&column), wb_buf_str(&seq), next);
    else
        wb_buf_addf(
            &sql,
            "SELECT pg_catalog.setval(%s, least(v, %s)::bigint, v > %s) FROM (SELECT "
            "greatest(%" PRIu64
            "::numeric, coalesce((SELECT floor(max(%s)::numeric) + 1 FROM %s), 1)) AS v) next",
            wb_buf_str(&seq), largest(c), largest(c), next, wb_buf_str(&column),
            wb_buf_str(&table));
    wb_render_add(r, WB_DDL_SEQUENCE, t, wb_buf_str(&sql), "sequence",
                  wb_render_member(r, t, c->name));
}

void wb_render_sequences(struct wb_render *r, const struct wb_table *t) {
    for (size_t i = 0; i < t->n_columns; i++)
        if (t->columns[i].identity != WB_IDENTITY_NONE)
            add_sequence(r, t, &t->columns[i]);
}
