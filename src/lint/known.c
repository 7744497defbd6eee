/* Which tables a database has, as described, and as the plan's statements change them. */
#include "lint/inside.h"

#include "base/str.h"

#include <string.h>

struct wb_lint_db *wb_lint_db_of(struct wb_lint *l, enum wb_block_on on) {
    enum wb_side side = on == WB_ON_SOURCE || on == WB_ON_REPLICA ? WB_SIDE_SOURCE : WB_SIDE_TARGET;
    const struct wb_plan_front *f = &l->plan->front;
    bool same = f->source.value && wb_str_eq(f->source.value, f->target.value);
    if (same && side == WB_SIDE_SOURCE)
        side = WB_SIDE_TARGET;
    return l->dbs[side].open ? &l->dbs[side] : NULL;
}

static bool same_name(const struct wb_lint_db *db, const char *a, const char *b) {
    return db->dialect == WB_DIALECT_POSTGRES ? wb_str_eq(a, b) : wb_str_ieq(a, b);
}

static struct wb_known *add(struct wb_lint *l, struct wb_lint_db *db, const char *schema,
                            const char *name) {
    struct wb_known *k = WB_NEW(l->a, struct wb_known);
    *k = (struct wb_known){.schema = schema, .name = name};
    *WB_PUSH(l->a, db->known, db->n_known, db->cap_known) = k;
    return k;
}

/* Tables and views of a catalog that was just read. */
static void take_catalog(struct wb_lint *l, struct wb_lint_db *db, struct wb_lint_schema *s) {
    for (size_t i = 0; i < s->catalog.n_tables; i++) {
        const struct wb_table *t = &s->catalog.tables[i];
        struct wb_known *k = add(l, db, s->name, t->name);
        k->table = t;
        k->columns_known = true;
        for (size_t c = 0; c < t->n_columns; c++)
            *WB_PUSH(l->a, k->columns, k->n_columns, k->cap_columns) = t->columns[c].name;
    }
    for (size_t i = 0; i < s->catalog.n_objects; i++) {
        const struct wb_object *o = &s->catalog.objects[i];
        if (strstr(o->kind, "view") || strstr(o->kind, "table") || strstr(o->kind, "sequence"))
            add(l, db, s->name, o->name)->view = true;
    }
}

static void read_path(struct wb_lint *l, struct wb_lint_db *db) {
    const char *sql = wb_sql_search_path_query(db->dialect);
    struct wb_rows rows = {0};
    if (sql && !db->conn->engine->query(db->conn, sql, l->a, &rows, NULL))
        for (size_t i = 0; i < rows.n_rows; i++)
            *WB_PUSH(l->a, db->path, db->n_path, db->cap_path) = rows.values[i][0];
    if (!db->n_path)
        *WB_PUSH(l->a, db->path, db->n_path, db->cap_path) = db->default_schema;
}

struct wb_lint_schema *wb_known_schema(struct wb_lint *l, struct wb_lint_db *db, const char *name) {
    if (!db->n_path) {
        take_catalog(l, db, &db->schemas[0]);
        read_path(l, db);
    }
    for (size_t i = 0; i < db->n_schemas; i++)
        if (!name || !db->schemas[i].name || same_name(db, db->schemas[i].name, name))
            return &db->schemas[i];
    struct wb_describe_opts opts = {.schema = name};
    struct wb_lint_schema s = {.name = wb_arena_strdup(l->a, name)};
    s.here = db->conn->engine->describe(db->conn, &opts, &s.catalog, NULL) == WB_OK &&
             (s.catalog.n_tables || s.catalog.n_objects);
    *WB_PUSH(l->a, db->schemas, db->n_schemas, db->cap_schemas) = s;
    take_catalog(l, db, &db->schemas[db->n_schemas - 1]);
    return &db->schemas[db->n_schemas - 1];
}

static struct wb_known *find_in(struct wb_lint_db *db, const char *schema, const char *name) {
    struct wb_known *gone = NULL;
    for (size_t i = db->n_known; i-- > 0;) {
        struct wb_known *k = db->known[i];
        bool place = !k->schema || !schema || same_name(db, k->schema, schema);
        if (!place || !same_name(db, k->name, name))
            continue;
        if (k->state != WB_KNOWN_GONE)
            return k;
        gone = gone ? gone : k;
    }
    return gone;
}

struct wb_known *wb_known_find(struct wb_lint *l, struct wb_lint_db *db, const char *schema,
                               const char *name) {
    struct wb_known *gone = NULL;
    wb_known_schema(l, db, schema);
    if (schema || db->dialect != WB_DIALECT_POSTGRES)
        return find_in(db, schema, name);
    for (size_t i = 0; i < db->n_path; i++) {
        wb_known_schema(l, db, db->path[i]);
        struct wb_known *k = find_in(db, db->path[i], name);
        if (k && k->state != WB_KNOWN_GONE)
            return k;
        gone = gone ? gone : k;
    }
    return gone;
}

bool wb_known_has_column(const struct wb_lint_db *db, const struct wb_known *k,
                         const char *column) {
    if (!k->columns_known || wb_sql_is_system_column(db->dialect, column))
        return true;
    for (size_t i = 0; i < k->n_columns; i++)
        if (db->dialect == WB_DIALECT_POSTGRES ? wb_str_eq(k->columns[i], column)
                                               : wb_str_ieq(k->columns[i], column))
            return true;
    return false;
}

/* --- what statements change
 * -------------------------------------------------------------------- */

static void create(struct wb_lint *l, struct wb_lint_db *db, const struct wb_sql_effect *e,
                   unsigned line, enum wb_known_state made) {
    const char *schema = e->schema ? e->schema : db->n_path ? db->path[0] : db->default_schema;
    struct wb_known *k = wb_known_find(l, db, schema, e->name);
    if (k && k->state == WB_KNOWN_HERE)
        return; /* IF NOT EXISTS, or told already */
    k = add(l, db, schema, e->name);
    k->state = made;
    k->made_line = line;
    k->view = e->view;
    k->columns_known = e->columns_known && made == WB_KNOWN_HERE;
    for (size_t i = 0; i < e->n_columns; i++)
        *WB_PUSH(l->a, k->columns, k->n_columns, k->cap_columns) = e->columns[i];
}

static void rename_(struct wb_lint *l, struct wb_lint_db *db, struct wb_known *k,
                    const struct wb_sql_effect *e, unsigned line) {
    bool moves = e->change == WB_CHANGE_MOVE;
    if (!e->to)
        return;
    struct wb_known *to = add(l, db, moves ? e->to : k->schema, moves ? k->name : e->to);
    const char *schema = to->schema, *name = to->name;
    *to = *k;
    to->schema = schema;
    to->name = name;
    to->made_line = line;
    k->state = WB_KNOWN_GONE;
    k->gone_line = line;
}

static void change_columns(struct wb_lint *l, struct wb_known *k, const struct wb_sql_effect *e) {
    if (e->change == WB_CHANGE_ADD_COLUMN)
        *WB_PUSH(l->a, k->columns, k->n_columns, k->cap_columns) = e->column;
    for (size_t i = 0; i < k->n_columns && e->change != WB_CHANGE_ADD_COLUMN; i++) {
        if (!wb_str_ieq(k->columns[i], e->column))
            continue;
        if (e->change == WB_CHANGE_RENAME_COLUMN)
            k->columns[i] = e->to;
        else
            k->columns[i] = k->columns[--k->n_columns];
        return;
    }
}

void wb_known_apply(struct wb_lint *l, struct wb_lint_db *db, const struct wb_sql_effect *e,
                    unsigned line, enum wb_known_state made) {
    if (e->change == WB_CHANGE_CREATE) {
        create(l, db, e, line, made);
        return;
    }
    if (e->change == WB_CHANGE_DROP_SCHEMA) {
        for (size_t i = 0; i < db->n_known && made == WB_KNOWN_HERE; i++)
            if (db->known[i]->schema && same_name(db, db->known[i]->schema, e->name)) {
                db->known[i]->state = WB_KNOWN_GONE;
                db->known[i]->gone_line = line;
            }
        return;
    }
    struct wb_known *k =
        e->change == WB_CHANGE_CREATE_SCHEMA ? NULL : wb_known_find(l, db, e->schema, e->name);
    if (!k || k->state == WB_KNOWN_GONE)
        return;
    /* What a person may or may not do leaves both ways open. */
    if (made == WB_KNOWN_MAYBE) {
        if (e->change == WB_CHANGE_RENAME && e->to) {
            struct wb_known *to = add(l, db, k->schema, e->to);
            to->state = WB_KNOWN_MAYBE;
            to->made_line = line;
        }
        const char *column = e->change == WB_CHANGE_ADD_COLUMN      ? e->column
                             : e->change == WB_CHANGE_RENAME_COLUMN ? e->to
                                                                    : NULL;
        if (column)
            *WB_PUSH(l->a, k->columns, k->n_columns, k->cap_columns) = column;
        return;
    }
    if (e->change == WB_CHANGE_DROP) {
        k->state = WB_KNOWN_GONE;
        k->gone_line = line;
    } else if (e->change == WB_CHANGE_RENAME || e->change == WB_CHANGE_MOVE) {
        rename_(l, db, k, e, line);
    } else {
        change_columns(l, k, e);
    }
}

/* --- did you mean
 * ---------------------------------------------------------------------------------- */

/* Edits between two names, beyond most: more than most. */
static unsigned distance(const char *a, const char *b, unsigned most) {
    size_t n = strlen(a), m = strlen(b);
    unsigned rows[2][65];
    if (n > 64 || m > 64 || (n > m ? n - m : m - n) > most)
        return most + 1;
    for (size_t k = 0; k <= m; k++)
        rows[0][k] = (unsigned)k;
    for (size_t i = 1; i <= n; i++) {
        unsigned *above = rows[(i - 1) % 2], *row = rows[i % 2];
        row[0] = (unsigned)i;
        for (size_t k = 1; k <= m; k++) {
            unsigned same = above[k - 1] + ((a[i - 1] | 32) != (b[k - 1] | 32));
            unsigned less = above[k] < row[k - 1] ? above[k] + 1 : row[k - 1] + 1;
            row[k] = same < less ? same : less;
        }
    }
    return rows[n % 2][m];
}

static void nearer(const char *name, const char *candidate, const char **best, unsigned *least) {
    size_t n = strlen(name);
    unsigned most = n < 4 ? 1 : n < 8 ? 2 : 3, d = distance(name, candidate, most);
    if (d > 0 && d <= most && (!*best || d < *least)) {
        *best = candidate;
        *least = d;
    }
}

const char *wb_known_near_table(const struct wb_lint_db *db, const char *name) {
    const char *best = NULL;
    unsigned least = 0;
    for (size_t i = 0; i < db->n_known; i++)
        if (db->known[i]->state == WB_KNOWN_HERE)
            nearer(name, db->known[i]->name, &best, &least);
    return best;
}

const char *wb_known_near_column(const struct wb_known *k, const char *name) {
    const char *best = NULL;
    unsigned least = 0;
    for (size_t i = 0; i < k->n_columns; i++)
        nearer(name, k->columns[i], &best, &least);
    return best;
}
