/* Foreign keys of other engines, as InnoDB takes them: both ends of one type to the byte, an index
 * that begins with the columns referred to, a name of its own in the whole database. */
#include "base/str.h"
#include "engines/mysql/ddl_keys.h"

#include <string.h>

static int ref_column(const struct wb_table *parent, const struct wb_foreign_key *fk, size_t i) {
    const struct wb_index *key = wb_table_primary_key(parent);
    if (fk->ref_columns)
        return wb_table_find_column(parent, fk->ref_columns[i]);
    return key && i < key->n_parts ? key->parts[i].column : -1;
}

static struct wb_table *parent_of(struct mysql_fit *f, const struct wb_foreign_key *fk) {
    return wb_catalog_find_table(f->mapped, fk->ref_schema, fk->ref_table);
}

static bool is_integer(const struct wb_type *t) {
    return t->kind == WB_KIND_INT || t->kind == WB_KIND_UINT;
}

/* What can be made the same without loss: the wider integer, the parent's collation, by which the
 * key is looked up. True where something was changed. */
static bool unify(struct mysql_fit *f, struct wb_table *child, uint32_t c, struct wb_table *parent,
                  uint32_t p) {
    struct wb_type *x = &child->columns[c].type, *y = &parent->columns[p].type;
    if (is_integer(x) && x->kind == y->kind && x->size_bytes != y->size_bytes) {
        bool narrow_child = x->size_bytes < y->size_bytes;
        *(narrow_child ? x : y) = *(narrow_child ? y : x);
        wb_findings_add(
            &f->mapped->findings, f->a, WB_NOTE, WB_FINDING_ALTERED, "column",
            narrow_child ? wb_mysql_fit_name(f, child, c) : wb_mysql_fit_name(f, parent, p), NULL,
            "its type is %s, like that of %s at the other end of a foreign key", x->native,
            narrow_child ? wb_mysql_fit_name(f, parent, p) : wb_mysql_fit_name(f, child, c));
        return true;
    }
    if (x->kind == WB_KIND_TEXT && y->kind == WB_KIND_TEXT &&
        !wb_str_eq(x->collation, y->collation)) {
        x->collation = y->collation;
        x->charset = y->charset;
        x->collation_flags = y->collation_flags;
        return true;
    }
    return false;
}

static bool same_labels(const struct wb_type *x, const struct wb_type *y) {
    bool same = x->n_labels == y->n_labels;
    for (uint32_t i = 0; same && i < x->n_labels; i++)
        same = wb_str_eq(x->labels[i], y->labels[i]);
    return same;
}

static bool is_same(const struct wb_type *x, const struct wb_type *y) {
    return x->kind == y->kind && x->size_bytes == y->size_bytes && x->precision == y->precision &&
           x->scale == y->scale && x->fraction_digits == y->fraction_digits &&
           (x->kind != WB_KIND_BYTES || x->fixed == y->fixed) && same_labels(x, y) &&
           (x->kind != WB_KIND_TEXT || wb_str_eq(x->collation, y->collation));
}

bool wb_mysql_fit_unify(struct mysql_fit *f) {
    bool any = false;
    for (size_t t = 0; t < f->mapped->n_tables; t++) {
        struct wb_table *child = &f->mapped->tables[t];
        for (size_t i = 0; i < child->n_fks; i++) {
            struct wb_table *parent = parent_of(f, &child->fks[i]);
            for (size_t k = 0; parent && k < child->fks[i].n_columns; k++) {
                int p = ref_column(parent, &child->fks[i], k);
                if (p >= 0)
                    any |= unify(f, child, child->fks[i].columns[k], parent, (uint32_t)p);
            }
        }
    }
    return any;
}

static void require_same(struct mysql_fit *f, struct wb_table *child,
                         const struct wb_foreign_key *fk, struct wb_table *parent) {
    for (size_t k = 0; k < fk->n_columns; k++) {
        int p = ref_column(parent, fk, k);
        if (p < 0)
            continue;
        const struct wb_type *x = &child->columns[fk->columns[k]].type,
                             *y = &parent->columns[p].type;
        const char *from = wb_mysql_fit_name(f, child, fk->columns[k]);
        wb_mysql_fit_bound(f, child, fk->columns[k]);
        wb_mysql_fit_bound(f, parent, (uint32_t)p);
        if (!is_same(x, y) && !wb_mysql_type_is_long(x) && !wb_mysql_type_is_long(y))
            wb_mysql_fit_refuse(
                f,
                wb_arena_printf(f->a, "%s (%s) refers to %s (%s), which is of another type", from,
                                x->native, wb_mysql_fit_name(f, parent, (uint32_t)p), y->native),
                wb_arena_printf(f->a, "--cast 'column:%s=%s'", from, y->native));
    }
}

/* InnoDB looks both ends up by an index over the whole columns. */
static void require_room(struct mysql_fit *f, struct wb_table *child,
                         const struct wb_foreign_key *fk) {
    unsigned bytes = 0;
    for (size_t k = 0; k < fk->n_columns; k++) {
        const struct wb_type *type = &child->columns[fk->columns[k]].type;
        if (wb_mysql_type_is_long(type))
            return; /* told already */
        bytes += wb_mysql_key_bytes(type);
    }
    const char *name = wb_mysql_fit_name(f, child, fk->columns[0]);
    if (bytes > WB_MYSQL_KEY_BYTES)
        wb_mysql_fit_refuse(
            f,
            wb_arena_printf(f->a, "the foreign key that begins with %s may have %u bytes of %d",
                            name, bytes, WB_MYSQL_KEY_BYTES),
            wb_arena_printf(f->a, "--cast 'column:%s=varchar(255)'", name));
}

static bool is_nullable(const struct wb_table *t, const struct wb_foreign_key *fk) {
    for (size_t k = 0; k < fk->n_columns; k++)
        if (t->columns[fk->columns[k]].not_null)
            return false;
    return true;
}

/* The columns referred to, in their order, are what an index begins with. */
static bool has_index(const struct wb_table *parent, const struct wb_foreign_key *fk) {
    for (size_t i = 0; i < parent->n_indexes; i++) {
        const struct wb_index *x = &parent->indexes[i];
        bool fits = x->n_parts >= fk->n_columns && !x->where.text && x->method == WB_INDEX_BTREE;
        for (size_t k = 0; fits && k < fk->n_columns; k++)
            fits = x->parts[k].column >= 0 && x->parts[k].column == ref_column(parent, fk, k) &&
                   !x->parts[k].prefix_length;
        if (fits)
            return true;
    }
    return false;
}

/* NULL where the foreign key can be had. */
static const char *why_not(const struct wb_table *child, const struct wb_foreign_key *fk,
                           const struct wb_table *parent) {
    bool set_null = fk->on_delete == WB_FK_SET_NULL || fk->on_update == WB_FK_SET_NULL;
    return !parent || !has_index(parent, fk)
               ? "no index of the target begins with the columns that it refers to, in their order"
           : set_null && !is_nullable(child, fk) ? "SET NULL is refused where a column is NOT NULL"
                                                 : NULL;
}

static void altered_key(struct mysql_fit *f, const struct wb_table *t,
                        const struct wb_foreign_key *fk, const char *text) {
    wb_findings_add(&f->mapped->findings, f->a, WB_WARNING, WB_FINDING_ALTERED, "foreign key",
                    wb_arena_printf(f->a, "%s.%s", t->source_name, fk->name), NULL, "%s", text);
}

static bool is_name_taken(struct mysql_fit *f, const struct wb_foreign_key *fk, const char *name) {
    for (size_t t = 0; t < f->mapped->n_tables; t++)
        for (size_t i = 0; i < f->mapped->tables[t].n_fks; i++)
            if (&f->mapped->tables[t].fks[i] == fk)
                return false;
            else if (wb_str_ieq(f->mapped->tables[t].fks[i].name, name))
                return true;
    return false;
}

static void fit_foreign_key(struct mysql_fit *f, struct wb_table *t, struct wb_foreign_key *fk,
                            size_t number) {
    const char *was = fk->name;
    if (!fk->name)
        fk->name = wb_arena_printf(f->a, "%s_fk_%zu", t->name, number);
    for (unsigned n = 1; is_name_taken(f, fk, fk->name); n++)
        fk->name = n == 1 ? wb_arena_printf(f->a, "%s_%s", t->name, fk->name)
                          : wb_arena_printf(f->a, "%s_%u", fk->name, n);
    if (was && fk->name != was)
        altered_key(f, t, fk, wb_arena_printf(f->a, "its name was %s, which another one has", was));
    if (fk->deferrable)
        altered_key(f, t, fk, "it cannot be deferred here: it is checked at every statement");
    fk->deferrable = fk->initially_deferred = false;
    if (fk->on_delete == WB_FK_SET_DEFAULT || fk->on_update == WB_FK_SET_DEFAULT)
        altered_key(f, t, fk, "SET DEFAULT does not exist here: it is NO ACTION");
    if (fk->on_delete == WB_FK_SET_DEFAULT)
        fk->on_delete = WB_FK_NO_ACTION;
    if (fk->on_update == WB_FK_SET_DEFAULT)
        fk->on_update = WB_FK_NO_ACTION;
}

void wb_mysql_fit_foreign_keys(struct mysql_fit *f, struct wb_table *t) {
    size_t kept = 0;
    for (size_t i = 0; i < t->n_fks; i++) {
        struct wb_foreign_key fk = t->fks[i];
        struct wb_table *parent = parent_of(f, &fk);
        if (parent)
            require_same(f, t, &fk, parent);
        require_room(f, t, &fk);
        const char *why = why_not(t, &fk, parent);
        if (why) {
            wb_findings_add(
                &f->mapped->findings, f->a, WB_WARNING, WB_FINDING_NOT_CARRIED, "foreign key",
                wb_arena_printf(f->a, "%s.%s", t->source_name, fk.name ? fk.name : fk.ref_table),
                NULL, "%s", why);
            continue;
        }
        t->fks[kept] = fk;
        fit_foreign_key(f, t, &t->fks[kept], i + 1);
        kept++;
    }
    t->n_fks = kept;
}
