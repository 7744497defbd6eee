/* How it works: the wanted catalog is given to the target's engine, which says how it would
 * describe it (its spelling of defaults, checks and types); what is there is compared with that,
 * table by table. The statements that would make the wanted schema are rendered as well, for they
 * are the hints. */
#include "verify/structure.h"

#include "base/str.h"
#include "verify/structure_int.h"
#include "verify/wanted.h"

#include <stdarg.h>

enum {
    STRUCTURE_LEVELS =
        WB_VERIFY_SCHEMA | WB_VERIFY_INDEXES | WB_VERIFY_CONSTRAINTS | WB_VERIFY_SEQUENCES
};

void wb_structure_find(struct structure *s, enum wb_verify_level level,
                       enum wb_verify_outcome outcome, const char *table, const char *object,
                       const char *hint, const char *fmt, ...) {
    WB_CLEANUP_BUF struct wb_buf text = {0};
    va_list args;
    if (!(s->ask->levels & level))
        return;
    va_start(args, fmt);
    wb_buf_addv(&text, fmt, args);
    va_end(args);
    *WB_PUSH(s->a, s->items, s->n, s->cap) =
        (struct wb_verify_finding){.level = level,
                                   .outcome = outcome,
                                   .table = wb_arena_strdup(s->a, table),
                                   .object = wb_arena_strdup(s->a, object),
                                   .text = wb_arena_strdup(s->a, wb_buf_str(&text)),
                                   .hint = wb_arena_strdup(s->a, hint)};
}

void wb_structure_unknown(struct structure *s, const struct structure_pair *p,
                          enum wb_verify_level level, const char *object, const char *what,
                          const char *expected, const char *there) {
    wb_structure_find(s, level, WB_VERIFY_UNVERIFIED, p->name, object, NULL,
                      "%s%sthe source says %s, the target %s, and whether that is the same was not "
                      "found out: %s",
                      what, *what ? ": " : "", expected, there, p->why_not);
}

/* ------------------------------------------------------------------------------------------
 * hints */

static const struct wb_ddl *find_ddl(const struct structure *s, const struct structure_pair *p,
                                     enum wb_ddl_part part, const char *name) {
    for (size_t i = 0; i < s->ddl.n; i++) {
        const struct wb_ddl *d = &s->ddl.items[i];
        if (d->part != part || d->table != p->number)
            continue;
        if (!name)
            return d;
        size_t whole = strlen(d->object), tail = strlen(name);
        if (wb_str_eq(d->object, name) || (whole > tail && d->object[whole - tail - 1] == '.' &&
                                           wb_str_eq(d->object + whole - tail, name)))
            return d;
    }
    return NULL;
}

const char *wb_structure_ddl(const struct structure *s, const struct structure_pair *p,
                             enum wb_ddl_part part, const char *name) {
    const struct wb_ddl *d = find_ddl(s, p, part, name);
    return d ? d->sql : NULL;
}

const char *wb_structure_undo(const struct structure *s, const struct structure_pair *p,
                              enum wb_ddl_part part, const char *name) {
    const struct wb_ddl *d = find_ddl(s, p, part, name);
    return d ? d->drop_sql : NULL;
}

const char *wb_structure_mend(const struct structure *s, const struct structure_pair *p,
                              enum wb_part_kind kind, size_t number, const char *instead) {
    struct wb_part part = {
        .expected = p->expected, .kind = kind, .number = number, .instead = instead};
    return p->normalized && s->target->verify->mend ? s->target->verify->mend(&part, s->a) : NULL;
}

const char *wb_structure_both(const struct structure *s, const char *first, const char *second) {
    return first && second ? wb_arena_printf(s->a, "%s; %s", first, second) : NULL;
}

const char *wb_structure_quoted(const struct structure *s, const char *name) {
    WB_CLEANUP_BUF struct wb_buf b = {0};
    s->target->quote_name(&b, name);
    return wb_arena_strdup(s->a, wb_buf_str(&b));
}

static void add_alter(const struct structure *s, const struct structure_pair *p, struct wb_buf *b) {
    wb_buf_adds(b, "ALTER TABLE ");
    wb_engine_quote_table(s->target, b, p->wanted->schema, p->wanted->name);
    wb_buf_addc(b, ' ');
}

const char *wb_structure_drop(const struct structure *s, const struct structure_pair *p,
                              const char *word, const char *name) {
    if (!s->target->ddl->drops_by_alter || !name)
        return NULL;
    WB_CLEANUP_BUF struct wb_buf b = {0};
    add_alter(s, p, &b);
    wb_buf_addf(&b, "DROP %s ", word);
    s->target->quote_name(&b, name);
    return wb_arena_strdup(s->a, wb_buf_str(&b));
}

const char *wb_structure_alter(const struct structure *s, const struct structure_pair *p,
                               const char *fmt, ...) {
    if (!s->target->ddl->standard_alter)
        return NULL;
    WB_CLEANUP_BUF struct wb_buf b = {0};
    add_alter(s, p, &b);
    va_list args;
    va_start(args, fmt);
    wb_buf_addv(&b, fmt, args);
    va_end(args);
    return wb_arena_strdup(s->a, wb_buf_str(&b));
}

/* ------------------------------------------------------------------------------------------
 * what cannot be carried */

static bool lists(const struct wb_findings *f, const char *kind, const char *object) {
    for (size_t i = 0; i < f->n; i++)
        if (f->items[i].kind == WB_FINDING_NOT_CARRIED &&
            wb_str_eq(f->items[i].object_kind, kind) && wb_str_eq(f->items[i].object, object))
            return true;
    return false;
}

bool wb_structure_not_carried(const struct structure *s, const char *kind, const char *object) {
    return lists(&s->rendered, kind, object) || lists(&s->wanted.findings, kind, object);
}

static enum wb_verify_level level_of(const char *kind) {
    if (wb_str_eq(kind, "index"))
        return WB_VERIFY_INDEXES;
    if (wb_str_eq(kind, "check") || wb_str_eq(kind, "foreign key") ||
        wb_str_eq(kind, "exclusion constraint"))
        return WB_VERIFY_CONSTRAINTS;
    return WB_VERIFY_SCHEMA;
}

/* Each once, whoever said it. */
static void note_not_carried(struct structure *s, const struct wb_findings *f,
                             const struct wb_findings *before) {
    for (size_t i = 0; i < f->n; i++) {
        const struct wb_finding *x = &f->items[i];
        if (x->kind == WB_FINDING_NOT_CARRIED && !lists(before, x->object_kind, x->object))
            wb_structure_find(s, level_of(x->object_kind), WB_VERIFY_EQUAL, NULL,
                              wb_arena_printf(s->a, "%s %s", x->object_kind, x->object), x->hint,
                              "not carried to the target, and not compared: %s", x->text);
    }
}

/* ------------------------------------------------------------------------------------------
 * tables */

static const char *name_of(struct structure *s, const struct wb_table *t) {
    return t->schema && *t->schema ? wb_arena_printf(s->a, "%s.%s", t->schema, t->name) : t->name;
}

/* Why the target's engine made nothing of this table. */
static const char *why_refused(const struct structure *s, const struct wb_table *t) {
    const struct wb_findings *f = &s->expected.findings;
    for (size_t i = 0; i < f->n; i++)
        if (wb_str_eq(f->items[i].object_kind, "table") && wb_str_eq(f->items[i].object, t->name))
            return f->items[i].text;
    return s->why_not;
}

static struct structure_pair pair_of(struct structure *s, const struct wb_table *t, int number) {
    const struct wb_table *e = wb_catalog_find_table(&s->expected, NULL, t->name);
    return (struct structure_pair){.wanted = t,
                                   .expected = e ? e : t,
                                   .actual = wb_catalog_find_table(s->ask->actual, NULL, t->name),
                                   .normalized = e != NULL,
                                   .why_not = e ? NULL : why_refused(s, t),
                                   .number = number,
                                   .name = name_of(s, t)};
}

static size_t make_pairs(struct structure *s, struct structure_pair *pairs) {
    size_t n = 0;
    for (size_t i = 0; i < s->wanted.n_tables; i++) {
        const struct wb_table *t = &s->wanted.tables[i];
        struct structure_pair p = pair_of(s, t, (int)i);
        if (p.actual)
            pairs[n++] = p;
        else
            wb_structure_find(s, WB_VERIFY_SCHEMA, WB_VERIFY_DIFFERENT, p.name,
                              wb_arena_printf(s->a, "table %s", t->name),
                              wb_structure_ddl(s, &p, WB_DDL_TABLE, NULL),
                              "the table is missing in the target");
    }
    return n;
}

/* A table that the rules leave out is nobody's business, nor one that bears its name. */
static bool is_left_out(const struct structure *s, const char *name) {
    return wb_catalog_find_table(s->ask->source, NULL, name) != NULL;
}

static void find_extra_tables(struct structure *s) {
    for (size_t i = 0; i < s->ask->actual->n_tables; i++) {
        const struct wb_table *t = &s->ask->actual->tables[i];
        if (!wb_catalog_find_table(&s->wanted, NULL, t->name) && !is_left_out(s, t->name))
            wb_structure_find(s, WB_VERIFY_SCHEMA, WB_VERIFY_DIFFERENT, name_of(s, t),
                              wb_arena_printf(s->a, "table %s", t->name),
                              "if it belongs there, compare the others with --include",
                              "the table is in the target only");
    }
}

/* ------------------------------------------------------------------------------------------
 * all of it */

/* What the target would say; a refusal is no error, for trees can be compared yet. */
static enum wb_code ask_target(struct structure *s, struct wb_error *err) {
    struct wb_probe probe = {0};
    struct wb_conn *c = s->ask->target_conn;
    enum wb_code code = s->target->probe(c, s->a, &probe, err);
    if (!code)
        code =
            s->target->ddl->render(&s->wanted, probe.version_num, s->a, &s->ddl, &s->rendered, err);
    if (code)
        return code;
    if (!s->target->verify || !s->target->verify->expect) {
        s->why_not = "this engine cannot say how it would spell it";
        return WB_OK;
    }
    struct wb_error why = {0};
    code = s->target->verify->expect(c, &s->wanted, probe.version_num, &s->expected, &why);
    s->why_not = wb_arena_strdup(s->a, why.text);
    if (code == WB_E_LOST || code == WB_E_CANCELED) {
        if (err)
            *err = why;
        return code;
    }
    return WB_OK;
}

static void compare_table(struct structure *s, const struct structure_pair *p) {
    wb_structure_columns(s, p);
    wb_structure_partitions(s, p);
    wb_structure_indexes(s, p);
    wb_structure_foreign_keys(s, p);
    wb_structure_checks(s, p);
}

enum wb_code wb_verify_structure(const struct wb_verify_structure_ask *ask, struct wb_arena *a,
                                 struct wb_verify_finding **ret, size_t *ret_n,
                                 struct wb_error *err) {
    struct structure s = {.ask = ask, .a = a, .target = ask->target_conn->engine};
    struct structure_pair *pairs = WB_NEW_N(a, struct structure_pair, ask->wanted->n_tables + 1);
    if (!(ask->levels & STRUCTURE_LEVELS)) {
        *ret = NULL;
        *ret_n = 0;
        return WB_OK;
    }
    s.wanted = wb_verify_placed(ask->wanted, ask->actual->schema, a);
    enum wb_code code = ask_target(&s, err);
    if (!code) {
        static const struct wb_findings none = {0};
        size_t n = make_pairs(&s, pairs);
        for (size_t i = 0; i < n; i++)
            compare_table(&s, &pairs[i]);
        find_extra_tables(&s);
        if (ask->levels & WB_VERIFY_SEQUENCES)
            code = wb_structure_sequences(&s, pairs, n, err);
        note_not_carried(&s, &ask->wanted->findings, &none);
        note_not_carried(&s, &s.rendered, &ask->wanted->findings);
    }
    wb_catalog_done(&s.expected);
    if (code)
        return wb_error_wrap(err, "comparing the schemas");
    *ret = s.items;
    *ret_n = s.n;
    return WB_OK;
}
