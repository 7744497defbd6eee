/* How it works: one pass reserves the names that must not change (tables, the sequences behind
 * identity columns) and counts the index names, which are a table's own in MySQL and a schema's in
 * PostgreSQL; another writes the statements, which are put in the order of their parts at the end.
 */
#include "engines/postgres/ddl.h"

#include "base/str.h"

#include <stdio.h>
#include <string.h>

struct wb_ddl *wb_render_add(struct wb_render *r, enum wb_ddl_part part, const struct wb_table *t,
                             const char *sql, const char *kind, const char *object) {
    struct wb_ddl *d = WB_PUSH(r->arena, r->list->items, r->list->n, r->list->cap);
    *d = (struct wb_ddl){
        .part = part,
        .sql = wb_arena_strdup(r->arena, sql),
        .object_kind = kind,
        .object = wb_arena_strdup(r->arena, object),
        .table = t ? (int)(t - r->catalog->tables) : -1,
    };
    return d;
}

const char *wb_render_member(struct wb_render *r, const struct wb_table *t, const char *member) {
    const char *table = t->source_name ? t->source_name : t->name;
    return member ? wb_arena_printf(r->arena, "%s.%s", table, member) : table;
}

void wb_render_find(struct wb_render *r, enum wb_finding_kind finding, const char *kind,
                    const struct wb_table *t, const char *member, const char *hint,
                    const char *why) {
    wb_findings_add(r->findings, r->arena, finding == WB_FINDING_NOT_CARRIED ? WB_WARNING : WB_NOTE,
                    finding, kind, wb_render_member(r, t, member), hint, "%s", why);
}

/* ----------------------------------------------------------------------------------------------
 * types */

unsigned wb_postgres_ci_level(unsigned flags) {
    if (!(flags & WB_COLL_CASE_INSENSITIVE))
        return 0;
    return flags & WB_COLL_ACCENT_INSENSITIVE ? 1 : 2;
}

static const char *collation_name(unsigned level) {
    return level == 1 ? "whimbrel_ci_ai" : "whimbrel_ci";
}

void wb_render_collation(struct wb_render *r, struct wb_buf *to, const char *schema,
                         unsigned level) {
    r->collation_used[level - 1] = true;
    wb_postgres_add_table(to, schema ? schema : r->catalog->schema, collation_name(level));
}

static bool same_labels(const struct wb_type *a, const struct wb_type *b) {
    if (a->n_labels != b->n_labels)
        return false;
    for (uint32_t i = 0; i < a->n_labels; i++)
        if (strcmp(a->labels[i], b->labels[i]) != 0)
            return false;
    return true;
}

/* Columns that share a type's name and labels share the type. A table's row type has the table's
 * name, so an enum may not. */
static const char *enum_name(struct wb_render *r, const struct wb_table *t,
                             const struct wb_column *c) {
    const char *wish = c->type.type_name ? c->type.type_name
                                         : wb_arena_printf(r->arena, "%s_%s", t->name, c->name);
    const char *name = wish;
    for (unsigned suffix = 2;; suffix++) {
        bool taken = wb_names_has(&r->relations, t->schema, name);
        for (size_t i = 0; i < r->n_enums && !taken; i++) {
            const struct wb_enum_name *e = &r->enums[i];
            if (strcmp(e->name, name) != 0 || !wb_str_eq(e->schema, t->schema))
                continue;
            if (same_labels(e->type, &c->type))
                return e->name;
            taken = true;
        }
        if (!taken)
            break;
        name = wb_arena_printf(r->arena, "%.58s_%u", wish, suffix);
    }
    *WB_PUSH(r->arena, r->enums, r->n_enums, r->cap_enums) =
        (struct wb_enum_name){.schema = t->schema, .name = name, .type = &c->type};
    return name;
}

void wb_render_type(struct wb_render *r, struct wb_buf *to, const struct wb_table *t,
                    const struct wb_column *c) {
    if (c->type.kind == WB_KIND_ENUM)
        wb_postgres_add_table(to, t->schema, enum_name(r, t, c));
    else
        wb_buf_adds(to, c->type.native);
    if (!c->type.collation || c->type.kind != WB_KIND_TEXT)
        return;
    unsigned level = wb_postgres_ci_level(c->type.collation_flags);
    if (!level && !wb_str_eq(r->catalog->engine, "postgresql"))
        return;
    wb_buf_adds(to, " COLLATE ");
    if (level)
        wb_render_collation(r, to, t->schema, level);
    else
        wb_postgres_quote_name(to, c->type.collation);
}

/* ----------------------------------------------------------------------------------------------
 * preparation */

static void add_schema(struct wb_render *r, const char *schema) {
    WB_CLEANUP_BUF struct wb_buf sql = {0};
    WB_CLEANUP_BUF struct wb_buf create = {0};
    wb_buf_adds(&create, "CREATE SCHEMA ");
    wb_postgres_quote_name(&create, schema);
    /* CREATE SCHEMA IF NOT EXISTS needs the right to create one even where it is there. */
    wb_buf_adds(
        &sql,
        "DO $whimbrel$ BEGIN IF NOT EXISTS (SELECT FROM pg_catalog.pg_namespace WHERE nspname = ");
    wb_postgres_add_text(&sql, schema);
    wb_buf_adds(&sql, ") THEN EXECUTE ");
    wb_postgres_add_text(&sql, wb_buf_str(&create));
    wb_buf_adds(&sql, "; END IF; END $whimbrel$");
    wb_render_add(r, WB_DDL_PREPARE, NULL, wb_buf_str(&sql), "schema", schema);
}

static void add_schemas(struct wb_render *r) {
    struct wb_names seen = {.arena = r->arena};
    for (size_t i = 0; i < r->catalog->n_tables; i++) {
        const char *schema = r->catalog->tables[i].schema;
        if (schema && *schema && wb_names_add(&seen, "", schema))
            add_schema(r, schema);
    }
}

/* Levels of ICU: the first compares letters, the second accents too, the third case too.
 * https://www.postgresql.org/docs/15/collation.html#COLLATION-NONDETERMINISTIC */
static void add_collation(struct wb_render *r, const char *schema, unsigned level) {
    WB_CLEANUP_BUF struct wb_buf sql = {0};
    WB_CLEANUP_BUF struct wb_buf name = {0};
    wb_postgres_add_table(&name, schema, collation_name(level));
    wb_buf_addf(&sql,
                "CREATE COLLATION IF NOT EXISTS %s (provider = icu, locale = 'und-u-ks-level%u', "
                "deterministic = false)",
                wb_buf_str(&name), level);
    struct wb_ddl *d = wb_render_add(r, WB_DDL_PREPARE, NULL, wb_buf_str(&sql), "collation",
                                     collation_name(level));
    d->drop_sql = wb_arena_printf(r->arena, "DROP COLLATION IF EXISTS %s", wb_buf_str(&name));
}

static void add_enum(struct wb_render *r, const struct wb_enum_name *e) {
    WB_CLEANUP_BUF struct wb_buf sql = {0};
    WB_CLEANUP_BUF struct wb_buf name = {0};
    wb_postgres_add_table(&name, e->schema, e->name);
    wb_buf_addf(&sql, "CREATE TYPE %s AS ENUM (", wb_buf_str(&name));
    for (uint32_t i = 0; i < e->type->n_labels; i++) {
        wb_buf_adds(&sql, i ? ", " : "");
        wb_postgres_add_text(&sql, e->type->labels[i]);
    }
    wb_buf_addc(&sql, ')');
    struct wb_ddl *d = wb_render_add(r, WB_DDL_PREPARE, NULL, wb_buf_str(&sql), "type", e->name);
    d->drop_sql = wb_arena_printf(r->arena, "DROP TYPE IF EXISTS %s", wb_buf_str(&name));
}

/* ----------------------------------------------------------------------------------------------
 * tables */

static bool in_primary_key(const struct wb_table *t, size_t column) {
    const struct wb_index *key = wb_table_primary_key(t);
    for (size_t i = 0; key && i < key->n_parts; i++)
        if (key->parts[i].column == (int)column)
            return true;
    return false;
}

static void add_alter_default(struct wb_render *r, const struct wb_table *t,
                              const struct wb_column *c, const char *expr) {
    WB_CLEANUP_BUF struct wb_buf sql = {0};
    wb_buf_adds(&sql, "ALTER TABLE ");
    wb_postgres_add_table(&sql, t->schema, t->name);
    wb_buf_adds(&sql, " ALTER COLUMN ");
    wb_postgres_quote_name(&sql, c->name);
    wb_buf_addf(&sql, " SET DEFAULT %s", expr);
    struct wb_ddl *d = wb_render_add(r, WB_DDL_TABLE, t, wb_buf_str(&sql), "default",
                                     wb_render_member(r, t, c->name));
    d->optional = true;
}

/* Constants go into the table; what the server may refuse becomes a statement of its own (deferred
 * to after it). */
static void add_default(struct wb_render *r, struct wb_buf *sql, const struct wb_table *t,
                        const struct wb_column *c, const char **ret_later) {
    WB_CLEANUP_BUF struct wb_buf expr = {0};
    bool plain = false;
    const char *why = "it was not understood";
    *ret_later = NULL;
    if (!c->default_.text || (c->default_.tree && c->default_.tree->op == WB_EXPR_NULL))
        return;
    if (!c->default_.tree || !wb_render_default(r, &expr, t, c, &plain, &why))
        wb_render_find(r, WB_FINDING_NOT_CARRIED, "default", t, c->name,
                       "set it by hand, or leave it to the application",
                       wb_arena_printf(r->arena, "the default %s: %s", c->default_.text, why));
    else if (plain)
        wb_buf_addf(sql, " DEFAULT %s", wb_buf_str(&expr));
    else
        *ret_later = wb_arena_strdup(r->arena, wb_buf_str(&expr));
}

static enum wb_code add_generated(struct wb_render *r, struct wb_buf *sql, const struct wb_table *t,
                                  const struct wb_column *c, struct wb_error *err) {
    const char *why = "it was not understood";
    WB_CLEANUP_BUF struct wb_buf expr = {0};
    if (!c->generated_as.tree ||
        !wb_render_expr(r, &expr, c->generated_as.tree, t, c, WB_EXPR_FOR_GENERATED, &why))
        return wb_error_set(err, WB_E_TYPE,
                            "column %s is generated as %s, which PostgreSQL cannot do: %s",
                            wb_render_member(r, t, c->name),
                            c->generated_as.text ? c->generated_as.text : "?", why);
    wb_buf_addf(sql, " GENERATED ALWAYS AS (%s) STORED", wb_buf_str(&expr));
    return WB_OK;
}

static void note_column(struct wb_render *r, const struct wb_table *t, const struct wb_column *c) {
    if (c->type.kind == WB_KIND_SET)
        wb_render_find(r, WB_FINDING_ALTERED, "column", t, c->name, NULL,
                       "a set becomes text[], which takes any label, not just those of the set");
    if (c->generated == WB_GENERATED_VIRTUAL)
        wb_render_find(r, WB_FINDING_ALTERED, "column", t, c->name, NULL,
                       "it is virtual in the source and stored here");
}

/* https://www.postgresql.org/docs/15/ddl-system-columns.html */
static enum wb_code check_name(struct wb_render *r, const struct wb_table *t,
                               const struct wb_column *c, struct wb_error *err) {
    static const char *const system_columns[] = {"ctid", "xmin", "xmax",
                                                 "cmin", "cmax", "tableoid"};
    for (size_t i = 0; i < sizeof system_columns / sizeof system_columns[0]; i++)
        if (strcmp(c->name, system_columns[i]) == 0)
            return wb_error_set(
                err, WB_E_NAME,
                "column %s: every table of PostgreSQL has a system column of that name",
                wb_render_member(r, t, c->name));
    return WB_OK;
}

static enum wb_code add_column(struct wb_render *r, struct wb_buf *sql, const struct wb_table *t,
                               size_t i, const char **ret_later, struct wb_error *err) {
    const struct wb_column *c = &t->columns[i];
    if (check_name(r, t, c, err))
        return WB_E_NAME;
    wb_buf_adds(sql, i ? ",\n    " : "\n    ");
    wb_postgres_quote_name(sql, c->name);
    wb_buf_addc(sql, ' ');
    wb_render_type(r, sql, t, c);
    note_column(r, t, c);
    *ret_later = NULL;
    if (c->generated != WB_GENERATED_NONE) {
        enum wb_code code = add_generated(r, sql, t, c, err);
        if (code)
            return code;
    } else if (c->identity != WB_IDENTITY_NONE && wb_render_is_identity(c)) {
        wb_buf_adds(sql, c->identity == WB_IDENTITY_ALWAYS ? " GENERATED ALWAYS AS IDENTITY"
                                                           : " GENERATED BY DEFAULT AS IDENTITY");
    } else if (c->identity == WB_IDENTITY_NONE) {
        add_default(r, sql, t, c, ret_later);
    }
    if (c->not_null || in_primary_key(t, i))
        wb_buf_adds(sql, " NOT NULL");
    return WB_OK;
}

static void drop_table(struct wb_render *r, struct wb_ddl *d, const char *table) {
    d->drop_sql = wb_arena_printf(r->arena, "DROP TABLE IF EXISTS %s", table);
}

static enum wb_code add_table(struct wb_render *r, const struct wb_table *t, struct wb_error *err) {
    WB_CLEANUP_BUF struct wb_buf sql = {0};
    WB_CLEANUP_BUF struct wb_buf name = {0};
    const char **later = WB_NEW_N(r->arena, const char *, t->n_columns + 1), *why = NULL;
    bool partitioned = t->partitioning.method != WB_PARTITION_NONE;
    wb_postgres_add_table(&name, t->schema, t->name);
    wb_buf_addf(&sql, "CREATE %sTABLE %s (", t->unlogged ? "UNLOGGED " : "", wb_buf_str(&name));
    for (size_t i = 0; i < t->n_columns; i++) {
        enum wb_code code = add_column(r, &sql, t, i, &later[i], err);
        if (code)
            return code;
    }
    wb_buf_adds(&sql, "\n)");
    if (partitioned && !wb_render_can_partition(t, &why)) {
        wb_render_find(r, WB_FINDING_NOT_CARRIED, "partitions", t, NULL,
                       "partition the table by hand if it needs to be", why);
        partitioned = false;
    }
    if (partitioned)
        wb_render_partition_by(&sql, t);
    struct wb_ddl *d = wb_render_add(r, WB_DDL_TABLE, t, wb_buf_str(&sql), "table", t->name);
    drop_table(r, d, wb_buf_str(&name));
    if (partitioned)
        wb_render_partitions(r, t);
    for (size_t i = 0; i < t->n_columns; i++) {
        const struct wb_column *c = &t->columns[i];
        if (c->identity != WB_IDENTITY_NONE && !wb_render_is_identity(c))
            wb_render_sequence_default(r, t, c);
        else if (later[i])
            add_alter_default(r, t, c, later[i]);
    }
    return WB_OK;
}

/* ----------------------------------------------------------------------------------------------
 * checks, comments */

/* json_valid(c) says nothing about a column of type json. */
static bool says_nothing(const struct wb_table *t, const struct wb_expr *e) {
    if (e->op != WB_EXPR_CALL || !wb_str_eq(e->text, "json_valid") || e->n_args != 1 ||
        e->args[0]->op != WB_EXPR_COLUMN)
        return false;
    int c = wb_table_find_source(t, e->args[0]->text);
    return c >= 0 && t->columns[c].type.kind == WB_KIND_JSON;
}

const char *wb_render_check_name(struct wb_render *r, struct wb_names *names,
                                 const struct wb_table *t, const struct wb_check *c) {
    return wb_names_take(names, "",
                         c->name ? c->name : wb_arena_printf(r->arena, "%s_check", t->name));
}

static void add_checks(struct wb_render *r, const struct wb_table *t) {
    struct wb_names names = {.arena = r->arena};
    wb_render_reserve_keys(&names, t);
    for (size_t i = 0; i < t->n_checks; i++) {
        const struct wb_check *c = &t->checks[i];
        WB_CLEANUP_BUF struct wb_buf expr = {0};
        WB_CLEANUP_BUF struct wb_buf sql = {0};
        const char *why = "it was not understood";
        if (c->expr.tree && says_nothing(t, c->expr.tree))
            continue;
        const char *name = wb_render_check_name(r, &names, t, c);
        if (!c->expr.tree ||
            !wb_render_expr(r, &expr, c->expr.tree, t, NULL, WB_EXPR_FOR_CHECK, &why)) {
            wb_render_find(r, WB_FINDING_NOT_CARRIED, "check", t, name, "add it by hand",
                           wb_arena_printf(r->arena, "check (%s): %s",
                                           c->expr.text ? c->expr.text : "?", why));
            continue;
        }
        if (c->not_enforced && r->version < 180000) {
            wb_render_find(r, WB_FINDING_NOT_CARRIED, "check", t, name, NULL,
                           "it is not enforced in the source");
            continue;
        }
        wb_buf_adds(&sql, "ALTER TABLE ");
        wb_postgres_add_table(&sql, t->schema, t->name);
        wb_buf_adds(&sql, " ADD CONSTRAINT ");
        wb_postgres_quote_name(&sql, name);
        wb_buf_addf(&sql, " CHECK (%s)%s", wb_buf_str(&expr),
                    c->not_enforced ? " NOT ENFORCED" : "");
        struct wb_ddl *d = wb_render_add(r, WB_DDL_TABLE, t, wb_buf_str(&sql), "check",
                                         wb_render_member(r, t, name));
        d->optional = true;
    }
}

static void add_comment(struct wb_render *r, const struct wb_table *t, const char *on,
                        const char *column, const char *text) {
    WB_CLEANUP_BUF struct wb_buf sql = {0};
    if (!text || !*text)
        return;
    wb_buf_addf(&sql, "COMMENT ON %s ", on);
    wb_postgres_add_table(&sql, t->schema, t->name);
    if (column) {
        wb_buf_addc(&sql, '.');
        wb_postgres_quote_name(&sql, column);
    }
    wb_buf_adds(&sql, " IS ");
    wb_postgres_add_text(&sql, text);
    wb_render_add(r, WB_DDL_COMMENT, t, wb_buf_str(&sql), "comment",
                  wb_render_member(r, t, column));
}

static void add_comments(struct wb_render *r, const struct wb_table *t) {
    add_comment(r, t, "TABLE", NULL, t->comment);
    for (size_t i = 0; i < t->n_columns; i++)
        add_comment(r, t, "COLUMN", t->columns[i].name, t->columns[i].comment);
}

static void add_analyze(struct wb_render *r, const struct wb_table *t) {
    WB_CLEANUP_BUF struct wb_buf sql = {0};
    wb_buf_adds(&sql, "ANALYZE ");
    wb_postgres_add_table(&sql, t->schema, t->name);
    wb_render_add(r, WB_DDL_ANALYZE, t, wb_buf_str(&sql), "statistics", t->name);
}

/* schema/ keeps an object's text only where source and target speak one dialect. */
static void add_objects(struct wb_render *r) {
    for (size_t i = 0; i < r->catalog->n_objects; i++) {
        const struct wb_object *o = &r->catalog->objects[i];
        if (!o->native_sql)
            continue;
        struct wb_ddl *d = wb_render_add(r, WB_DDL_OBJECT, NULL, o->native_sql, o->kind, o->name);
        d->optional = true;
    }
}

/* ----------------------------------------------------------------------------------------------
 * all of it */

bool wb_render_is_identity(const struct wb_column *c) {
    return c->type.kind == WB_KIND_INT;
}

static void reserve_names(struct wb_render *r) {
    for (size_t i = 0; i < r->catalog->n_tables; i++)
        wb_names_add(&r->relations, r->catalog->tables[i].schema, r->catalog->tables[i].name);
    for (size_t i = 0; i < r->catalog->n_tables; i++) {
        const struct wb_table *t = &r->catalog->tables[i];
        for (size_t c = 0; c < t->n_columns; c++)
            if (t->columns[c].identity != WB_IDENTITY_NONE) /* PostgreSQL names the sequence so */
                wb_names_add(&r->relations, t->schema,
                             wb_arena_printf(r->arena, "%s_%s_seq", t->name, t->columns[c].name));
        wb_render_wish_indexes(r, t);
    }
}

/* Which types and collations are needed is known when all else is rendered. */
static void add_preparation(struct wb_render *r) {
    add_schemas(r);
    for (unsigned level = 1; level <= 2; level++) {
        struct wb_names seen = {.arena = r->arena};
        for (size_t i = 0; i < r->catalog->n_tables && r->collation_used[level - 1]; i++) {
            const char *schema =
                r->catalog->tables[i].schema ? r->catalog->tables[i].schema : r->catalog->schema;
            if (wb_names_add(&seen, "", schema ? schema : ""))
                add_collation(r, schema, level);
        }
    }
    for (size_t i = 0; i < r->n_enums; i++)
        add_enum(r, &r->enums[i]);
}

static bool can_generate(const struct wb_table *t, uint32_t column, struct wb_arena *a,
                         const char **ret_why) {
    struct wb_catalog catalog = {.engine = "postgresql", .schema = t->schema};
    struct wb_render r = {.catalog = &catalog, .arena = a};
    const struct wb_column *c = &t->columns[column];
    WB_CLEANUP_BUF struct wb_buf expr = {0};
    return wb_render_expr(&r, &expr, c->generated_as.tree, t, c, WB_EXPR_FOR_GENERATED, ret_why);
}

static enum wb_code render(const struct wb_catalog *target, unsigned version_num,
                           struct wb_arena *a, struct wb_ddl_list *ret,
                           struct wb_findings *findings, struct wb_error *err) {
    struct wb_ddl_list all = {0}, list = {0};
    struct wb_render r = {.catalog = target,
                          .version = version_num,
                          .arena = a,
                          .list = &all,
                          .findings = findings,
                          .relations = {.arena = a},
                          .wished = {.arena = a},
                          .doubled = {.arena = a}};
    reserve_names(&r);
    for (size_t i = 0; i < target->n_tables; i++) {
        enum wb_code code = add_table(&r, &target->tables[i], err);
        if (code)
            return code;
        add_checks(&r, &target->tables[i]);
        wb_render_indexes(&r, &target->tables[i]);
    }
    for (size_t i = 0; i < target->n_tables; i++) {
        wb_render_foreign_keys(&r, &target->tables[i]);
        wb_render_sequences(&r, &target->tables[i]);
        add_comments(&r, &target->tables[i]);
        add_analyze(&r, &target->tables[i]);
    }
    add_objects(&r);
    add_preparation(&r);
    for (int part = WB_DDL_PREPARE; part <= WB_DDL_OBJECT; part++)
        for (size_t i = 0; i < all.n; i++)
            if ((int)all.items[i].part == part)
                *WB_PUSH(a, list.items, list.n, list.cap) = all.items[i];
    *ret = list;
    return WB_OK;
}

/* https://www.postgresql.org/docs/15/ddl-system-columns.html */
static const char *const reserved_columns[] = {"tableoid", "xmin", "cmin", "xmax",
                                               "cmax",     "ctid", NULL};

const struct wb_ddl_ops wb_postgres_ddl_ops = {
    .map_type = wb_postgres_map_type,
    .parse_type = wb_postgres_parse_type,
    .render = render,
    .can_generate = can_generate,
    .reserved_columns = reserved_columns,
    .case_sensitive_names = true,
    .text_refuses_nul = true,
    .text_must_be_utf8 = true,
    .typed = true,
    .standard_alter = true,
    .drops_by_alter = true,
};
