/* Columns: type, NULL, default, identity, generation; and partitions. */
#include "verify/structure_int.h"

#include "base/str.h"

static const char *column_object(struct structure *s, const struct wb_column *c) {
    return wb_arena_printf(s->a, "column %s", c->name);
}

static void differs(struct structure *s, const struct structure_pair *p, const struct wb_column *c,
                    const char *hint, const char *what, const char *expected, const char *there) {
    wb_structure_find(s, WB_VERIFY_SCHEMA, WB_VERIFY_DIFFERENT, p->name, column_object(s, c), hint,
                      "%s: expected %s, there is %s", what, expected, there);
}

static size_t number_of(const struct structure_pair *p, const struct wb_column *expected) {
    return (size_t)(expected - p->expected->columns);
}

/* The engine's own statement for a column that is not as expected, or the standard's. */
static const char *column_hint(struct structure *s, const struct structure_pair *p,
                               const struct wb_column *e, const char *standard) {
    const char *own = wb_structure_mend(s, p, WB_PART_COLUMN, number_of(p, e), e->name);
    return own ? own : standard;
}

/* ------------------------------------------------------------------------------------------
 * types */

static bool same_labels(const struct wb_type *a, const struct wb_type *b) {
    if (a->n_labels != b->n_labels)
        return false;
    for (uint32_t i = 0; i < a->n_labels; i++)
        if (!wb_str_eq(a->labels[i], b->labels[i]))
            return false;
    return true;
}

/* What a value may be, in any spelling: character varying(10) is varchar(10). */
static bool same_measures(const struct wb_type *e, const struct wb_type *a) {
    bool bound = e->length == 0 && e->max_bytes && a->max_bytes && e->max_bytes != a->max_bytes;
    return !bound && e->size_bytes == a->size_bytes && e->length == a->length &&
           e->fixed == a->fixed && e->precision == a->precision && e->scale == a->scale &&
           e->fraction_digits == a->fraction_digits && e->binary_json == a->binary_json;
}

/* Of decimals and floats a server's words say more than precision and scale: unsigned, rounded to
 * digits. */
static bool is_known_by_words(const struct structure *s, const struct structure_pair *p,
                              enum wb_kind kind) {
    bool number = kind == WB_KIND_DECIMAL || kind == WB_KIND_FLOAT;
    return kind == WB_KIND_OTHER || kind == WB_KIND_ARRAY || kind == WB_KIND_ANY ||
           kind == WB_KIND_GEOMETRY || (number && p->normalized && s->target->ddl->typed);
}

/* Names of types and collations are the server's own: that they differ from what was mapped says
 * nothing where it was not asked. */
static enum structure_same compare_types(const struct structure *s, const struct structure_pair *p,
                                         const struct wb_type *e, const struct wb_type *a) {
    const enum structure_same other_words = p->normalized ? STRUCTURE_DIFFERENT : STRUCTURE_UNKNOWN;
    bool spelled_alike = wb_str_ieq(e->native, a->native);
    bool collation = (!p->normalized && !e->collation) || wb_str_eq(e->collation, a->collation);
    bool labeled = e->kind == WB_KIND_ENUM || e->kind == WB_KIND_SET;
    bool words = p->normalized || a->kind == WB_KIND_ENUM || !spelled_alike;
    /* what was a set is read back as text[] */
    if (words && (e->kind != a->kind || !same_labels(e, a)))
        return STRUCTURE_DIFFERENT;
    if (!spelled_alike && is_known_by_words(s, p, e->kind))
        return other_words;
    if (!spelled_alike && !labeled && !same_measures(e, a))
        return STRUCTURE_DIFFERENT;
    return collation ? STRUCTURE_SAME : other_words;
}

static const char *type_text(struct structure *s, const struct wb_type *t) {
    WB_CLEANUP_BUF struct wb_buf b = {0};
    wb_buf_adds(&b, t->native);
    for (uint32_t i = 0; t->kind == WB_KIND_ENUM && i < t->n_labels; i++)
        wb_buf_addf(&b, "%s'%s'%s", i ? "," : " (", t->labels[i], i + 1 == t->n_labels ? ")" : "");
    if (t->collation)
        wb_buf_addf(&b, " COLLATE %s", t->collation);
    return wb_arena_strdup(s->a, wb_buf_str(&b));
}

static void compare_type(struct structure *s, const struct structure_pair *p,
                         const struct wb_column *e, const struct wb_column *a) {
    enum structure_same same = compare_types(s, p, &e->type, &a->type);
    if (same == STRUCTURE_SAME)
        return;
    const char *expected = type_text(s, &e->type), *there = type_text(s, &a->type);
    if (same == STRUCTURE_UNKNOWN) {
        wb_structure_unknown(s, p, WB_VERIFY_SCHEMA, column_object(s, e), "type", expected, there);
        return;
    }
    bool plain = e->type.kind != WB_KIND_ENUM && !e->type.collation;
    const char *hint = plain ? wb_structure_alter(s, p, "ALTER COLUMN %s TYPE %s",
                                                  wb_structure_quoted(s, e->name), e->type.native)
                             : NULL;
    differs(s, p, e, column_hint(s, p, e, hint), "type", expected, there);
}

/* ------------------------------------------------------------------------------------------
 * NULL, defaults, identity, generation */

static bool in_primary_key(const struct wb_table *t, const struct wb_column *c) {
    const struct wb_index *key = wb_table_primary_key(t);
    for (size_t i = 0; key && i < key->n_parts; i++)
        if (key->parts[i].column == (int)(c - t->columns))
            return true;
    return false;
}

/* A key's columns hold no NULL whatever they say (but in SQLite, which says so itself). */
static bool refuses_null(const struct structure *s, const struct wb_table *t,
                         const struct wb_column *c) {
    return c->not_null || (s->target->ddl->typed && in_primary_key(t, c));
}

static void compare_null(struct structure *s, const struct structure_pair *p,
                         const struct wb_column *e, const struct wb_column *a) {
    bool expected = refuses_null(s, p->expected, e), there = refuses_null(s, p->actual, a);
    if (expected == there)
        return;
    const char *hint =
        wb_structure_alter(s, p, "ALTER COLUMN %s %s NOT NULL", wb_structure_quoted(s, e->name),
                           expected ? "SET" : "DROP");
    differs(s, p, e, column_hint(s, p, e, hint), "nullability",
            expected ? "NOT NULL" : "NULL allowed", there ? "NOT NULL" : "NULL allowed");
}

static const char *or_none(const struct structure *s, const struct structure_pair *p,
                           const struct wb_expr_text *e) {
    return e->text ? wb_structure_expr(s, p, e->text) : "none";
}

static const char *default_hint(struct structure *s, const struct structure_pair *p,
                                const struct wb_column *e) {
    const char *name = wb_structure_quoted(s, e->name);
    if (!e->default_.text)
        return wb_structure_alter(s, p, "ALTER COLUMN %s DROP DEFAULT", name);
    return p->normalized ? wb_structure_alter(s, p, "ALTER COLUMN %s SET DEFAULT %s", name,
                                              wb_structure_expr(s, p, e->default_.text))
                         : NULL;
}

static const char *source_object(struct structure *s, const struct structure_pair *p,
                                 const struct wb_column *c) {
    int i = wb_table_find_column(p->wanted, c->name);
    const struct wb_column *w = i < 0 ? c : &p->wanted->columns[i];
    return wb_arena_printf(s->a, "%s.%s",
                           p->wanted->source_name ? p->wanted->source_name : p->wanted->name,
                           w->source_name ? w->source_name : w->name);
}

/* Why a default that describe could not read is not what the catalog says; NULL where it could. */
static const char *unread(const struct wb_catalog *c, const struct wb_table *t,
                          const struct wb_column *column) {
    for (size_t i = 0; i < c->findings.n; i++) {
        const struct wb_finding *f = &c->findings.items[i];
        size_t n = strlen(t->name);
        if (wb_str_eq(f->object_kind, "default") && f->kind == WB_FINDING_NOT_CARRIED &&
            wb_str_starts(f->object, t->name) && f->object[n] == '.' &&
            wb_str_eq(f->object + n + 1, column->name))
            return f->text;
    }
    return NULL;
}

static void compare_default(struct structure *s, const struct structure_pair *p,
                            const struct wb_column *e, const struct wb_column *a) {
    if (e->identity != WB_IDENTITY_NONE || a->identity != WB_IDENTITY_NONE)
        return; /* the sequence behind it is no default of the schema */
    if (!p->normalized && wb_structure_not_carried(s, "default", source_object(s, p, e)))
        return;
    const char *why = unread(s->ask->actual, p->actual, a);
    if (why) {
        wb_structure_find(s, WB_VERIFY_SCHEMA, WB_VERIFY_UNVERIFIED, p->name, column_object(s, e),
                          NULL, "default: %s", why);
        return;
    }
    enum structure_same same = wb_structure_compare_expr(s, p, &e->default_, &a->default_);
    const char *expected = or_none(s, p, &e->default_), *there = or_none(s, p, &a->default_);
    if (same == STRUCTURE_DIFFERENT)
        differs(s, p, e, column_hint(s, p, e, default_hint(s, p, e)), "default", expected, there);
    else if (same == STRUCTURE_UNKNOWN)
        wb_structure_unknown(s, p, WB_VERIFY_SCHEMA, column_object(s, e), "default", expected,
                             there);
}

/* MySQL's alone. */
static void compare_on_update(struct structure *s, const struct structure_pair *p,
                              const struct wb_column *e, const struct wb_column *a) {
    if (p->normalized && !wb_str_ieq(e->on_update, a->on_update))
        differs(s, p, e, column_hint(s, p, e, NULL), "on update",
                e->on_update ? e->on_update : "none", a->on_update ? a->on_update : "none");
}

static const char *identity_word(enum wb_identity i) {
    return i == WB_IDENTITY_ALWAYS       ? "always its own next value"
           : i == WB_IDENTITY_BY_DEFAULT ? "its own next value by default"
                                         : "no next value of its own";
}

static void compare_identity(struct structure *s, const struct structure_pair *p,
                             const struct wb_column *e, const struct wb_column *a) {
    if (e->identity == a->identity)
        return;
    if (!p->normalized && e->identity && a->identity) {
        wb_structure_unknown(s, p, WB_VERIFY_SCHEMA, column_object(s, e), "identity",
                             identity_word(e->identity), identity_word(a->identity));
        return;
    }
    const char *hint = NULL;
    if (e->identity != WB_IDENTITY_NONE && a->identity == WB_IDENTITY_NONE)
        hint = wb_structure_alter(s, p, "ALTER COLUMN %s ADD GENERATED %s AS IDENTITY",
                                  wb_structure_quoted(s, e->name),
                                  e->identity == WB_IDENTITY_ALWAYS ? "ALWAYS" : "BY DEFAULT");
    differs(s, p, e, column_hint(s, p, e, hint), "identity", identity_word(e->identity),
            identity_word(a->identity));
}

static const char *generated_word(const struct wb_column *c) {
    return c->generated == WB_GENERATED_NONE     ? "a plain column"
           : c->generated == WB_GENERATED_STORED ? "generated and stored"
                                                 : "generated, virtual";
}

static void compare_generated(struct structure *s, const struct structure_pair *p,
                              const struct wb_column *e, const struct wb_column *a) {
    bool kind = p->normalized
                    ? e->generated == a->generated
                    : (e->generated == WB_GENERATED_NONE) == (a->generated == WB_GENERATED_NONE);
    if (!kind) {
        differs(s, p, e, column_hint(s, p, e, NULL), "generation", generated_word(e),
                generated_word(a));
        return;
    }
    enum structure_same same = wb_structure_compare_expr(s, p, &e->generated_as, &a->generated_as);
    const char *expected = or_none(s, p, &e->generated_as),
               *there = or_none(s, p, &a->generated_as);
    if (same == STRUCTURE_DIFFERENT)
        differs(s, p, e, column_hint(s, p, e, NULL), "generated as", expected, there);
    else if (same == STRUCTURE_UNKNOWN)
        wb_structure_unknown(s, p, WB_VERIFY_SCHEMA, column_object(s, e), "generated as", expected,
                             there);
}

/* ------------------------------------------------------------------------------------------
 * all columns */

static void missing_column(struct structure *s, const struct structure_pair *p,
                           const struct wb_column *e) {
    const char *hint = wb_structure_mend(s, p, WB_PART_COLUMN, number_of(p, e), NULL);
    if (!hint && e->type.kind != WB_KIND_ENUM)
        hint = wb_structure_alter(s, p, "ADD COLUMN %s %s", wb_structure_quoted(s, e->name),
                                  e->type.native);
    wb_structure_find(s, WB_VERIFY_SCHEMA, WB_VERIFY_DIFFERENT, p->name, column_object(s, e), hint,
                      "the column (%s) is missing in the target", e->type.native);
}

static void extra_columns(struct structure *s, const struct structure_pair *p) {
    for (size_t i = 0; i < p->actual->n_columns; i++) {
        const struct wb_column *a = &p->actual->columns[i];
        if (!a->hidden_rowid && wb_table_find_column(p->expected, a->name) < 0)
            wb_structure_find(s, WB_VERIFY_SCHEMA, WB_VERIFY_DIFFERENT, p->name,
                              column_object(s, a), wb_structure_drop(s, p, "COLUMN", a->name),
                              "the column (%s) is in the target only", a->type.native);
    }
}

void wb_structure_columns(struct structure *s, const struct structure_pair *p) {
    for (size_t i = 0; i < p->expected->n_columns; i++) {
        const struct wb_column *e = &p->expected->columns[i];
        if (e->hidden_rowid)
            continue;
        int at = wb_table_find_column(p->actual, e->name);
        if (at < 0) {
            missing_column(s, p, e);
            continue;
        }
        const struct wb_column *a = &p->actual->columns[at];
        compare_type(s, p, e, a);
        compare_null(s, p, e, a);
        compare_identity(s, p, e, a);
        compare_generated(s, p, e, a);
        compare_default(s, p, e, a);
        compare_on_update(s, p, e, a);
    }
    extra_columns(s, p);
}

/* ------------------------------------------------------------------------------------------
 * partitions */

static const char *partitions_text(struct structure *s, const struct wb_table *t) {
    static const char *const words[] = {
        [WB_PARTITION_NONE] = "none", [WB_PARTITION_RANGE] = "RANGE", [WB_PARTITION_LIST] = "LIST",
        [WB_PARTITION_HASH] = "HASH", [WB_PARTITION_KEY] = "KEY",
    };
    const struct wb_partitioning *p = &t->partitioning;
    WB_CLEANUP_BUF struct wb_buf b = {0};
    bool told = p->expr.text && wb_str_istarts(p->expr.text, words[p->method]);
    wb_buf_adds(&b, told ? "" : words[p->method]);
    if (p->expr.text && p->method != WB_PARTITION_NONE)
        wb_buf_addf(&b, "%s%s", told ? "" : " ", p->expr.text);
    for (size_t i = 0; i < p->n_parts; i++)
        wb_buf_addf(&b, "%s%s%s%s", i ? ", " : ": ", p->parts[i].name, p->parts[i].bound ? " " : "",
                    p->parts[i].bound ? p->parts[i].bound : "");
    return wb_arena_strdup(s->a, wb_buf_str(&b));
}

/* Only where one server spells both: elsewhere render decides which partitions can be had. */
void wb_structure_partitions(struct structure *s, const struct structure_pair *p) {
    if (!p->normalized)
        return;
    const char *expected = wb_structure_expr(s, p, partitions_text(s, p->expected)),
               *there = wb_structure_expr(s, p, partitions_text(s, p->actual));
    if (!wb_str_eq(expected, there))
        wb_structure_find(s, WB_VERIFY_SCHEMA, WB_VERIFY_DIFFERENT, p->name, "partitions", NULL,
                          "partitions: expected %s, there is %s", expected, there);
    if (p->expected->unlogged != p->actual->unlogged)
        wb_structure_find(s, WB_VERIFY_SCHEMA, WB_VERIFY_DIFFERENT, p->name, "storage", NULL,
                          "expected %s table, there is %s one",
                          p->expected->unlogged ? "an unlogged" : "a logged",
                          p->actual->unlogged ? "an unlogged" : "a logged");
}
