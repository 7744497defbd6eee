/* What keys of MySQL and MariaDB ask of another engine's schema.
 *
 * InnoDB keeps at most 3,072 bytes of a row in a key, and of a type without a bound only a prefix:
 * plain indexes get one, unique ones become MariaDB's hashes, and columns of primary and foreign
 * keys need a length, which only the user can know. Both ends of a foreign key are of one type to
 * the byte, and foreign keys have names of their own in the whole database.
 */
#include "engines/mysql/ddl_keys.h"
#include "base/str.h"

#include <stdio.h>
#include <string.h>

enum { CHAR_BYTES = 4 /* utf8mb4: what every text of another engine becomes */ };
enum { LONG_PREFIX = 191, SUGGESTED = 255, LISTED_MAX = 12 };

const char *wb_mysql_fit_name(struct mysql_fit *f, const struct wb_table *t, uint32_t column) {
    return wb_arena_printf(f->a, "%s.%s", t->source_name, t->columns[column].source_name);
}

void wb_mysql_fit_refuse(struct mysql_fit *f, const char *text, const char *remedy) {
    if (f->n_refused++ < LISTED_MAX)
        wb_buf_addf(&f->refused, "%s%s", f->refused.len ? "; " : "", text);
    if (!f->remedy)
        f->remedy = remedy;
}

/* ------------------------------------------------------------------------------------------
 * lengths */

unsigned wb_mysql_key_bytes(const struct wb_type *t) {
    return wb_mysql_type_is_long(t)     ? WB_MYSQL_KEY_BYTES + 1
           : t->kind == WB_KIND_TEXT    ? t->length * CHAR_BYTES
           : t->kind == WB_KIND_BYTES   ? t->length
           : t->kind == WB_KIND_INET    ? 43 * CHAR_BYTES
           : t->kind == WB_KIND_UUID    ? 16
           : t->kind == WB_KIND_DECIMAL ? (unsigned)t->precision / 2 + 1
                                        : 8;
}

/* SQLite takes no notice of a declared length, but whoever declared it meant it. Values beyond it
 * are found before rows move, like all that the target cannot hold. */
static void bound_as_declared(struct mysql_fit *f, struct wb_table *t, uint32_t column) {
    struct wb_type *type = &t->columns[column].type, bounded;
    const struct wb_table *from = &f->source->tables[t->source_index];
    const struct wb_type *declared = &from->columns[t->columns[column].source_index].type;
    const char *length = declared->native ? strchr(declared->native, '(') : NULL;
    unsigned n = 0;
    if (declared->kind != WB_KIND_ANY || type->kind != WB_KIND_TEXT ||
        !wb_mysql_type_is_long(type) || !length || sscanf(length, "( %u )", &n) != 1 || !n ||
        n > WB_MYSQL_KEY_BYTES / CHAR_BYTES ||
        wb_mysql_type_parse(wb_arena_printf(f->a, "varchar(%u)", n), NULL, type->collation, f->a,
                            &bounded, NULL))
        return;
    bounded.charset = type->charset;
    *type = bounded;
    wb_findings_add(&f->mapped->findings, f->a, WB_NOTE, WB_FINDING_ALTERED, "column",
                    wb_mysql_fit_name(f, t, column), NULL,
                    "it is part of a key: its values have at most %u characters in the target, as "
                    "declared",
                    n);
}

void wb_mysql_fit_bound(struct mysql_fit *f, struct wb_table *t, uint32_t column) {
    const struct wb_type *type = &t->columns[column].type;
    const char *name = wb_mysql_fit_name(f, t, column);
    if (!wb_mysql_type_is_long(type))
        return;
    bool text = type->kind != WB_KIND_BYTES && type->kind != WB_KIND_GEOMETRY;
    WB_CLEANUP_BUF struct wb_buf told = {0};
    wb_buf_addf(&told, "; %s", wb_buf_str(&f->refused));
    if (strstr(wb_buf_str(&told), wb_arena_printf(f->a, "; %s (%s) needs", name, type->native)))
        return;
    wb_mysql_fit_refuse(
        f, wb_arena_printf(f->a, "%s (%s) needs a length to be part of a key", name, type->native),
        wb_arena_printf(f->a, "--cast 'column:%s=%s(%d)'", name, text ? "varchar" : "varbinary",
                        SUGGESTED));
}

static unsigned key_bytes(const struct wb_table *t, const struct wb_index *x) {
    unsigned sum = 0;
    for (size_t i = 0; i < x->n_parts; i++)
        if (x->parts[i].column >= 0)
            sum += wb_mysql_key_bytes(&t->columns[x->parts[i].column].type);
    return sum;
}

static void require_room(struct mysql_fit *f, struct wb_table *t, const struct wb_index *x) {
    unsigned bytes = key_bytes(t, x), widest = 0;
    for (size_t i = 0; i < x->n_parts; i++)
        if (x->parts[i].column < 0 || wb_mysql_type_is_long(&t->columns[x->parts[i].column].type))
            return; /* told already */
        else if (wb_mysql_key_bytes(&t->columns[x->parts[i].column].type) >
                 wb_mysql_key_bytes(&t->columns[x->parts[widest].column].type))
            widest = (unsigned)i;
    if (bytes <= WB_MYSQL_KEY_BYTES)
        return;
    const char *name = wb_mysql_fit_name(f, t, (uint32_t)x->parts[widest].column);
    wb_mysql_fit_refuse(
        f,
        wb_arena_printf(f->a, "the primary key of %s, widest by %s, may have %u bytes of %d",
                        t->source_name, name, bytes, WB_MYSQL_KEY_BYTES),
        wb_arena_printf(f->a, "--cast 'column:%s=varchar(%d)'", name, SUGGESTED));
}

/* A plain index keeps what a key has room for. */
static void cut_index(struct mysql_fit *f, struct wb_table *t, struct wb_index *x) {
    unsigned share = x->n_parts ? WB_MYSQL_KEY_BYTES / CHAR_BYTES / (unsigned)x->n_parts : 0;
    bool too_wide = key_bytes(t, x) > WB_MYSQL_KEY_BYTES;
    for (size_t i = 0; too_wide && i < x->n_parts; i++) {
        struct wb_index_part *p = &x->parts[i];
        const struct wb_type *type = p->column >= 0 ? &t->columns[p->column].type : NULL;
        if (!type || (type->kind != WB_KIND_TEXT && !wb_mysql_type_is_long(type)) ||
            wb_mysql_key_bytes(type) <= share * CHAR_BYTES)
            continue;
        p->prefix_length = share < LONG_PREFIX ? share : LONG_PREFIX;
        wb_findings_add(&f->mapped->findings, f->a, WB_NOTE, WB_FINDING_ALTERED, "index",
                        wb_arena_printf(f->a, "%s.%s", t->source_name, x->name), NULL,
                        "it holds the first %u characters of %s", p->prefix_length,
                        t->columns[p->column].name);
    }
}

static void fit_index(struct mysql_fit *f, struct wb_table *t, struct wb_index *x) {
    if (x->method != WB_INDEX_BTREE || x->where.text)
        return;
    if (x->primary) {
        for (size_t i = 0; i < x->n_parts; i++)
            wb_mysql_fit_bound(f, t, (uint32_t)x->parts[i].column);
        require_room(f, t, x);
    } else if (!x->unique) {
        cut_index(f, t, x);
    } else if (key_bytes(t, x) > WB_MYSQL_KEY_BYTES) {
        wb_findings_add(&f->mapped->findings, f->a, WB_NOTE, WB_FINDING_ALTERED, "index",
                        wb_arena_printf(f->a, "%s.%s", t->source_name, x->name), NULL,
                        "it is wider than a key may be: MariaDB makes a hash of it, which keeps "
                        "values unique and serves no search by range");
    }
}

/* ------------------------------------------------------------------------------------------
 * AUTO_INCREMENT */

static bool begins_an_index(const struct wb_table *t, uint32_t column) {
    for (size_t i = 0; i < t->n_indexes; i++)
        if (t->indexes[i].n_parts && t->indexes[i].parts[0].column == (int)column &&
            !t->indexes[i].where.text && t->indexes[i].method == WB_INDEX_BTREE)
            return true;
    return false;
}

/* One column a table, and it must begin a key. */
static void fit_identity(struct mysql_fit *f, struct wb_table *t) {
    bool any = false;
    for (uint32_t i = 0; i < t->n_columns; i++) {
        struct wb_column *c = &t->columns[i];
        bool whole = c->type.kind == WB_KIND_INT || c->type.kind == WB_KIND_UINT;
        if (!c->identity)
            continue;
        if (!any && whole && begins_an_index(t, i)) {
            any = true;
            continue;
        }
        c->identity = WB_IDENTITY_NONE;
        wb_findings_add(&f->mapped->findings, f->a, WB_WARNING, WB_FINDING_NOT_CARRIED, "identity",
                        wb_mysql_fit_name(f, t, i),
                        "give its values in the application, or cast it, and what refers to it, "
                        "to bigint unsigned",
                        "AUTO_INCREMENT is for one column of integers a table, with which an index "
                        "begins");
    }
}

/* ------------------------------------------------------------------------------------------ all of
 * it */

static void bound_keys(struct mysql_fit *f, struct wb_table *t) {
    for (size_t i = 0; i < t->n_indexes; i++)
        for (size_t p = 0; t->indexes[i].unique && p < t->indexes[i].n_parts; p++)
            if (t->indexes[i].parts[p].column >= 0)
                bound_as_declared(f, t, (uint32_t)t->indexes[i].parts[p].column);
    for (size_t i = 0; i < t->n_fks; i++)
        for (size_t k = 0; k < t->fks[i].n_columns; k++)
            bound_as_declared(f, t, t->fks[i].columns[k]);
}

enum wb_code wb_mysql_fit_keys(const struct wb_catalog *source, struct wb_catalog *mapped,
                               struct wb_error *err) {
    struct mysql_fit f = {.source = source, .mapped = mapped, .a = &mapped->arena};
    enum wb_code code = WB_OK;
    for (size_t i = 0; i < mapped->n_tables; i++)
        bound_keys(&f, &mapped->tables[i]);
    for (size_t n = 0; n <= mapped->n_tables && wb_mysql_fit_unify(&f); n++)
        ; /* a chain is as long as there are tables; a ring might never come to rest */
    for (size_t i = 0; i < mapped->n_tables; i++) {
        struct wb_table *t = &mapped->tables[i];
        for (size_t x = 0; x < t->n_indexes; x++)
            fit_index(&f, t, &t->indexes[x]);
        fit_identity(&f, t);
    }
    for (size_t i = 0; i < mapped->n_tables; i++)
        wb_mysql_fit_foreign_keys(&f, &mapped->tables[i]);
    if (f.n_refused) {
        code = wb_error_set(err, WB_E_TYPE, "MySQL/MariaDB: %s%s", wb_buf_str(&f.refused),
                            f.n_refused > LISTED_MAX
                                ? wb_arena_printf(f.a, "; and %zu more", f.n_refused - LISTED_MAX)
                                : "");
        wb_error_hint(err, "nothing was copied; give each of them a type that its values fit: %s",
                      f.remedy);
    }
    wb_buf_done(&f.refused);
    return code;
}
