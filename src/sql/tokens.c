/* Statements by their lexemes: MySQL's, MariaDB's and SQLite's DDL, and what the grammar does not
 * take. Honest rather than clever: a word decides, and what none decides stays unknown. */
#include "sql/tree.h"

#include "base/str.h"

#include <ctype.h>
#include <string.h>

static bool is(const struct wb_sql_reader *r, size_t i, const char *word) {
    return wb_sql_lex_is(r->p, i, word);
}

static bool are(const struct wb_sql_reader *r, size_t i, const char *words) {
    return wb_sql_lex_are(r->p, i, words);
}

/* --- names
 * --------------------------------------------------------------------------------------- */

/* A name as the dialect keeps it. */
static const char *name_at(const struct wb_sql_reader *r, size_t i) {
    const struct wb_sql_lexeme *t = &r->p->items[i];
    if (t->kind == WB_LEX_QUOTED || r->dialect == WB_DIALECT_POSTGRES)
        return t->text;
    return wb_arena_strndup(r->a, r->text + t->at, t->end - t->at);
}

/* schema.name at *i, which moves behind it; false where no name stands there. */
static bool read_name(const struct wb_sql_reader *r, size_t *i, const char **ret_schema,
                      const char **ret_name, size_t *ret_at) {
    if (!wb_sql_lex_name(r->p, *i))
        return false;
    *ret_schema = NULL;
    *ret_at = r->p->items[*i].at;
    *ret_name = name_at(r, *i);
    (*i)++;
    if (is(r, *i, ".") && wb_sql_lex_name(r->p, *i + 1)) {
        *ret_schema = *ret_name;
        *ret_name = name_at(r, *i + 1);
        *i += 2;
    }
    return true;
}

static struct wb_sql_table *add_table(struct wb_sql_reader *r, size_t *i) {
    const char *schema, *name;
    size_t at;
    if (!read_name(r, i, &schema, &name, &at))
        return NULL;
    struct wb_sql_table *t = WB_PUSH(r->a, r->s->tables, r->s->n_tables, r->s->cap_tables);
    *t = (struct wb_sql_table){.schema = schema, .name = name, .at = at};
    return t;
}

static struct wb_sql_effect *effect(struct wb_sql_reader *r, enum wb_sql_change change, size_t *i) {
    const char *schema, *name;
    size_t at;
    if (!read_name(r, i, &schema, &name, &at))
        return NULL;
    struct wb_sql_effect *e = WB_PUSH(r->a, r->s->effects, r->s->n_effects, r->s->cap_effects);
    *e = (struct wb_sql_effect){.change = change, .schema = schema, .name = name, .at = at};
    return e;
}

/* A query of a WITH clause, or of MySQL's own. */
static bool is_query_name(const struct wb_sql_reader *r, const char *name) {
    if (!is(r, 0, "with"))
        return false;
    for (size_t i = 1; i + 1 < r->p->n; i++)
        if (wb_sql_lex_name(r->p, i) && wb_str_ieq(r->p->items[i].text, name) &&
            (are(r, i + 1, "as (") || is(r, i + 1, "(")))
            return true;
    return false;
}

/* FROM in EXTRACT (… FROM …), IS DISTINCT FROM and the like names no table. */
static bool other_from(const struct wb_sql_reader *r, size_t i) {
    static const char *const functions[] = {"extract", "trim", "substring", "substr", "overlay"};
    if (i && is(r, i - 1, "distinct") && i > 1 && (is(r, i - 2, "is") || is(r, i - 2, "not")))
        return true;
    int depth = r->p->items[i].depth;
    for (size_t k = i; k-- > 1;)
        if (is(r, k, "(") && r->p->items[k].depth == depth - 1) {
            for (size_t f = 0; f < sizeof functions / sizeof *functions; f++)
                if (is(r, k - 1, functions[f]))
                    return true;
            return false;
        }
    return false;
}

static void from_list(struct wb_sql_reader *r, size_t i) {
    for (;;) {
        size_t from = i, before = r->s->n_tables;
        if (is(r, i, "(") || is(r, i, "select") || is(r, i, "lateral"))
            return; /* its own words are met later */
        if (wb_sql_lex_name(r->p, i) && is_query_name(r, r->p->items[i].text))
            i++;
        else if (!add_table(r, &i))
            return;
        bool listed = is(r, from - 1, "into") || is(r, from - 1, "references");
        if (is(r, i, "(") && r->s->n_tables > before && !listed)
            r->s->n_tables = before; /* a function */
        i += is(r, i, "as");
        if (wb_sql_lex_name(r->p, i) && is(r, i + 1, ","))
            i++;
        if (!is(r, i, ","))
            return;
        i++;
    }
}

static void read_names(struct wb_sql_reader *r) {
    static const char *const before[] = {"from", "join", "straight_join", "into", "references"};
    for (size_t i = 0; i < r->p->n; i++) {
        for (size_t k = 0; k < sizeof before / sizeof *before; k++)
            if (is(r, i, before[k]) && !(k == 0 && other_from(r, i)) &&
                !(k == 3 && (is(r, i + 1, "outfile") || is(r, i + 1, "@"))))
                from_list(r, i + 1);
        if (i == 0 && is(r, i, "update") && !is(r, 1, "or"))
            from_list(r, i + 1 + (is(r, 1, "ignore") || is(r, 1, "low_priority")));
    }
}

/* --- MySQL's ALTER TABLE
 * ------------------------------------------------------------------------ */

/* X: the part's first words, what it does. The documented table of online operations; where servers
 * differ, the more careful of MySQL 8.0 and MariaDB 10.4. */
static const struct {
    const char *words, *why;
    enum wb_sql_algorithm algorithm;
    enum wb_sql_work work;
    bool destroys;
} my_parts[] = {
    {"add primary key", "ADD PRIMARY KEY", WB_ALGORITHM_INPLACE, WB_WORK_REWRITE, false},
    {"drop primary key", "DROP PRIMARY KEY", WB_ALGORITHM_COPY, WB_WORK_REWRITE, false},
    {"add fulltext", "ADD FULLTEXT INDEX", WB_ALGORITHM_COPY, WB_WORK_INDEX, false},
    {"add spatial", "ADD SPATIAL INDEX", WB_ALGORITHM_COPY, WB_WORK_INDEX, false},
    {"add unique", "ADD UNIQUE", WB_ALGORITHM_INPLACE, WB_WORK_INDEX, false},
    {"add index", "ADD INDEX", WB_ALGORITHM_INPLACE, WB_WORK_INDEX, false},
    {"add key", "ADD INDEX", WB_ALGORITHM_INPLACE, WB_WORK_INDEX, false},
    {"add foreign key", "ADD FOREIGN KEY", WB_ALGORITHM_COPY, WB_WORK_REWRITE, false},
    {"add constraint", "ADD CONSTRAINT", WB_ALGORITHM_COPY, WB_WORK_REWRITE, false},
    {"add check", "ADD CHECK", WB_ALGORITHM_COPY, WB_WORK_REWRITE, false},
    {"add partition", "ADD PARTITION", WB_ALGORITHM_INPLACE, WB_WORK_NOTHING, false},
    {"drop partition", "DROP PARTITION", WB_ALGORITHM_INPLACE, WB_WORK_NOTHING, true},
    {"truncate partition", "TRUNCATE PARTITION", WB_ALGORITHM_INPLACE, WB_WORK_NOTHING, true},
    {"drop foreign key", "DROP FOREIGN KEY", WB_ALGORITHM_INPLACE, WB_WORK_NOTHING, false},
    {"drop constraint", "DROP CONSTRAINT", WB_ALGORITHM_INPLACE, WB_WORK_NOTHING, false},
    {"drop check", "DROP CHECK", WB_ALGORITHM_INPLACE, WB_WORK_NOTHING, false},
    {"drop index", "DROP INDEX", WB_ALGORITHM_INPLACE, WB_WORK_NOTHING, false},
    {"drop key", "DROP INDEX", WB_ALGORITHM_INPLACE, WB_WORK_NOTHING, false},
    {"rename index", "RENAME INDEX", WB_ALGORITHM_INPLACE, WB_WORK_NOTHING, false},
    {"rename key", "RENAME INDEX", WB_ALGORITHM_INPLACE, WB_WORK_NOTHING, false},
    {"rename column", "RENAME COLUMN", WB_ALGORITHM_INSTANT, WB_WORK_NOTHING, false},
    {"rename", "RENAME", WB_ALGORITHM_INSTANT, WB_WORK_NOTHING, false},
    {"alter", "SET DEFAULT", WB_ALGORITHM_INSTANT, WB_WORK_NOTHING, false},
    {"modify", "MODIFY COLUMN", WB_ALGORITHM_UNKNOWN, WB_WORK_MAYBE_REWRITE, false},
    {"change", "CHANGE COLUMN", WB_ALGORITHM_UNKNOWN, WB_WORK_MAYBE_REWRITE, false},
    {"convert to", "CONVERT TO CHARACTER SET", WB_ALGORITHM_COPY, WB_WORK_REWRITE, false},
    {"engine", "ENGINE =", WB_ALGORITHM_UNKNOWN, WB_WORK_REWRITE, false},
    {"row_format", "ROW_FORMAT =", WB_ALGORITHM_INPLACE, WB_WORK_REWRITE, false},
    {"force", "FORCE", WB_ALGORITHM_INPLACE, WB_WORK_REWRITE, false},
    {"auto_increment", "AUTO_INCREMENT =", WB_ALGORITHM_INPLACE, WB_WORK_NOTHING, false},
    {"comment", "COMMENT =", WB_ALGORITHM_INSTANT, WB_WORK_NOTHING, false},
    {"add", "ADD COLUMN", WB_ALGORITHM_INSTANT, WB_WORK_NOTHING, false},
    {"drop", "DROP COLUMN", WB_ALGORITHM_INPLACE, WB_WORK_REWRITE, true},
};

/* Columns that a part adds, drops or renames, from the name at i on. */
static void my_column(struct wb_sql_reader *r, size_t table, const char *why, size_t i) {
    bool add = strcmp(why, "ADD COLUMN") == 0, drop = strcmp(why, "DROP COLUMN") == 0;
    bool change = strcmp(why, "CHANGE COLUMN") == 0, name = strcmp(why, "RENAME COLUMN") == 0;
    bool modify = strcmp(why, "MODIFY COLUMN") == 0;
    i += is(r, i, "column");
    bool guarded = are(r, i, "if exists") || are(r, i, "if not exists");
    i += are(r, i, "if not exists") ? 3 : guarded ? 2 : 0;
    if (!wb_sql_lex_name(r->p, i))
        return;
    if (!add && !guarded && (drop || change || name || modify))
        *WB_PUSH(r->a, r->s->columns, r->s->n_columns, r->s->cap_columns) =
            (struct wb_sql_column){.name = name_at(r, i), .at = r->p->items[i].at, .open = false};
    if (!add && !guarded && (drop || change || name || modify)) {
        struct wb_sql_column *c = &r->s->columns[r->s->n_columns - 1];
        *WB_PUSH(r->a, c->tables, c->n_tables, c->cap_tables) = table;
    }
    size_t to = i + 1 + is(r, i + 1, "to");
    if (!(add || drop || change || name) || (!add && !drop && !wb_sql_lex_name(r->p, to)))
        return;
    const struct wb_sql_table *t = &r->s->tables[table];
    struct wb_sql_effect *e = wb_effect_add(r,
                                            add    ? WB_CHANGE_ADD_COLUMN
                                            : drop ? WB_CHANGE_DROP_COLUMN
                                                   : WB_CHANGE_RENAME_COLUMN,
                                            t->schema, t->name, r->p->items[i].at);
    e->column = name_at(r, i);
    e->to = add || drop ? NULL : name_at(r, to);
    e->guarded = guarded;
}

static void my_part(struct wb_sql_reader *r, size_t table, size_t i) {
    struct wb_sql_table *t = &r->s->tables[table];
    for (size_t k = 0; k < sizeof my_parts / sizeof *my_parts; k++) {
        if (!are(r, i, my_parts[k].words))
            continue;
        size_t words = 1;
        for (const char *c = my_parts[k].words; *c; c++)
            words += *c == ' ';
        if (my_parts[k].algorithm == WB_ALGORITHM_UNKNOWN && t->algorithm < WB_ALGORITHM_COPY)
            t->algorithm = WB_ALGORITHM_UNKNOWN;
        else if (my_parts[k].algorithm > t->algorithm)
            t->algorithm = my_parts[k].algorithm;
        if (!t->why || my_parts[k].work > t->work)
            t->why = my_parts[k].why;
        if (my_parts[k].work > t->work)
            t->work = my_parts[k].work;
        if (my_parts[k].destroys)
            r->s->does = WB_SQL_DESTROYS;
        if (strcmp(my_parts[k].why, "RENAME") == 0 && !is(r, i + 1, "to") && is(r, i + 2, "to")) {
            my_column(r, table, "RENAME COLUMN", i + words);
        } else if (strcmp(my_parts[k].why, "RENAME") == 0) {
            size_t to = i + 1 + (is(r, i + 1, "to") || is(r, i + 1, "as"));
            struct wb_sql_effect *e = wb_effect_add(r, WB_CHANGE_RENAME, t->schema, t->name, t->at);
            e->to = to < r->p->n ? name_at(r, to) : NULL;
        } else if (strstr(my_parts[k].why, "COLUMN")) {
            my_column(r, table, my_parts[k].why, i + words);
        }
        return;
    }
    if (t->algorithm < WB_ALGORITHM_UNKNOWN)
        t->algorithm = WB_ALGORITHM_UNKNOWN;
}

static void my_stated(struct wb_sql_reader *r, struct wb_sql_table *t) {
    static const char *const words[] = {"instant", "inplace", "copy"};
    size_t at = wb_sql_lex_find(r->p, 0, "algorithm");
    at += 1 + is(r, at + 1, "=");
    for (size_t i = 0; i < 3; i++)
        if (is(r, at, words[i]))
            t->algorithm = (enum wb_sql_algorithm)(WB_ALGORITHM_INSTANT + (int)i);
    if (t->algorithm == WB_ALGORITHM_INSTANT)
        t->work = WB_WORK_NOTHING;
    if (t->algorithm == WB_ALGORITHM_COPY && t->work < WB_WORK_REWRITE)
        t->work = WB_WORK_REWRITE;
}

static void alter_table(struct wb_sql_reader *r, size_t i) {
    bool guarded = are(r, i, "if exists");
    i += guarded ? 2 : 0;
    struct wb_sql_table *t = add_table(r, &i);
    if (!t)
        return;
    size_t table = (size_t)(t - r->s->tables);
    t->guarded = guarded;
    r->s->does = WB_SQL_DEFINES;
    for (; i < r->p->n; i++) {
        my_part(r, table, i);
        while (i < r->p->n && !(is(r, i, ",") && r->p->items[i].depth == r->p->items[0].depth))
            i++;
    }
    t = &r->s->tables[table];
    if (r->dialect == WB_DIALECT_MYSQL)
        my_stated(r, t);
    else
        t->algorithm = WB_ALGORITHM_NONE;
    if (t->algorithm == WB_ALGORITHM_COPY || t->algorithm == WB_ALGORITHM_UNKNOWN)
        t->safer = "a tool that copies in the background (gh-ost, pt-online-schema-change)";
}

/* --- CREATE, DROP, RENAME …
 * -------------------------------------------------------------------- */

/* The columns of "(a int, b text, PRIMARY KEY (a))". */
static void columns_of(struct wb_sql_reader *r, struct wb_sql_effect *e, size_t open) {
    static const char *const not_columns[] = {"primary", "unique", "key",        "index",
                                              "foreign", "check",  "constraint", "fulltext",
                                              "spatial", "like",   "period"};
    size_t end = wb_sql_lex_closing(r->p, open);
    e->columns_known = end < r->p->n;
    for (size_t i = open + 1; i < end; i++) {
        bool plain = wb_sql_lex_name(r->p, i);
        for (size_t k = 0; k < sizeof not_columns / sizeof *not_columns; k++)
            plain &= !is(r, i, not_columns[k]);
        if (is(r, i, "like") || is(r, i, "select"))
            e->columns_known = false;
        if (plain)
            *WB_PUSH(r->a, e->columns, e->n_columns, e->cap_columns) = name_at(r, i);
        while (i < end && !(is(r, i, ",") && r->p->items[i].depth == r->p->items[open].depth + 1))
            i++;
    }
}

static void create(struct wb_sql_reader *r) {
    size_t table = wb_sql_lex_find(r->p, 1, "table"), index = wb_sql_lex_find(r->p, 1, "index");
    size_t view = wb_sql_lex_find(r->p, 1, "view"), on = wb_sql_lex_find(r->p, index, "on");
    size_t trigger = wb_sql_lex_find(r->p, 1, "trigger");
    if (table < 5) {
        size_t i = table + 1;
        bool guarded = are(r, i, "if not exists");
        i += guarded ? 3 : 0;
        struct wb_sql_effect *e = effect(r, WB_CHANGE_CREATE, &i);
        if (e) {
            e->guarded = guarded || are(r, 1, "or replace");
            e->temporary = is(r, 1, "temporary") || is(r, 1, "temp");
            if (is(r, i, "(") && wb_sql_lex_find(r->p, i, "select") >= r->p->n)
                columns_of(r, e, i);
        }
        read_names(r); /* REFERENCES, AS SELECT */
    } else if (index < 6 && on < r->p->n) {
        size_t i = on + 1;
        struct wb_sql_table *t = add_table(r, &i);
        if (t) {
            t->work = WB_WORK_INDEX;
            t->why = "CREATE INDEX";
            t->algorithm =
                r->dialect == WB_DIALECT_MYSQL ? WB_ALGORITHM_INPLACE : WB_ALGORITHM_NONE;
        }
    } else if (view < 12 && view < trigger) {
        size_t i = view + 1;
        i += are(r, i, "if not exists") ? 3 : 0;
        struct wb_sql_effect *e = effect(r, WB_CHANGE_CREATE, &i);
        if (e) {
            e->view = true;
            e->guarded = are(r, 1, "or replace") || are(r, view + 1, "if not exists");
        }
        read_names(r);
    } else if (trigger < 12) {
        for (size_t i = trigger; i < r->p->n && !is(r, i, "begin"); i++)
            if (is(r, i, "on")) {
                i++;
                add_table(r, &i);
                return;
            }
    }
}

static void drop(struct wb_sql_reader *r) {
    bool view = is(r, 1, "view");
    size_t i = 2 + (is(r, 1, "temporary") ? 1u : 0u);
    if (is(r, 1, "index") && wb_sql_lex_find(r->p, 2, "on") < r->p->n) {
        i = wb_sql_lex_find(r->p, 2, "on") + 1;
        add_table(r, &i);
    }
    if (!view && !is(r, 1, "table") && !is(r, 1, "temporary")) {
        r->s->does = is(r, 1, "database") || is(r, 1, "schema") || is(r, 1, "sequence")
                         ? WB_SQL_DESTROYS
                         : WB_SQL_DEFINES;
        return;
    }
    r->s->does = view ? WB_SQL_DEFINES : WB_SQL_DESTROYS;
    bool guarded = are(r, i, "if exists");
    for (i += guarded ? 2 : 0; i < r->p->n; i++) {
        size_t at = i;
        struct wb_sql_table *t = add_table(r, &i);
        if (!t)
            return;
        t->guarded = guarded;
        t->why = view ? "DROP VIEW" : "DROP TABLE";
        struct wb_sql_effect *e = effect(r, WB_CHANGE_DROP, &at);
        e->guarded = guarded;
        e->view = view;
        if (!is(r, i, ","))
            return;
    }
}

/* RENAME TABLE a TO b, c TO d */
static void rename_tables(struct wb_sql_reader *r) {
    for (size_t i = 2; i < r->p->n; i++) {
        size_t at = i;
        if (!add_table(r, &i) || !is(r, i, "to") || !wb_sql_lex_name(r->p, i + 1))
            return;
        struct wb_sql_effect *e = effect(r, WB_CHANGE_RENAME, &at);
        const char *schema, *name;
        size_t place;
        i++;
        if (read_name(r, &i, &schema, &name, &place))
            e->to = name;
    }
}

static void truncate_(struct wb_sql_reader *r) {
    size_t i = 1 + (is(r, 1, "table") ? 1u : 0u);
    struct wb_sql_table *t = add_table(r, &i);
    if (t)
        t->why = "TRUNCATE";
}

static void maintain(struct wb_sql_reader *r) {
    size_t table = wb_sql_lex_find(r->p, 0, "table"), i = table + 1;
    struct wb_sql_table *t = table < 4 ? add_table(r, &i) : NULL;
    if (t && is(r, 0, "optimize")) {
        t->why = "OPTIMIZE TABLE";
        t->work = WB_WORK_REWRITE;
        t->algorithm = WB_ALGORITHM_INPLACE;
    }
}

/* --- what it does
 * ----------------------------------------------------------------------------------- */

struct verb {
    const char *word;
    enum wb_sql_does does;
    void (*read)(struct wb_sql_reader *r);
    bool commits; /* MySQL and MariaDB end the transaction */
};

static void names(struct wb_sql_reader *r) {
    read_names(r);
}

static void alter(struct wb_sql_reader *r) {
    size_t table = wb_sql_lex_find(r->p, 1, "table");
    if (table < 4)
        alter_table(r, table + 1);
}

static const struct verb verbs[] = {
    {"select", WB_SQL_READS, names, false},       {"values", WB_SQL_READS, names, false},
    {"table", WB_SQL_READS, NULL, false},         {"show", WB_SQL_READS, NULL, false},
    {"describe", WB_SQL_READS, NULL, false},      {"desc", WB_SQL_READS, NULL, false},
    {"explain", WB_SQL_READS, names, false},      {"check", WB_SQL_READS, NULL, false},
    {"checksum", WB_SQL_READS, NULL, false},      {"pragma", WB_SQL_CONTROLS, NULL, false},
    {"insert", WB_SQL_WRITES, names, false},      {"replace", WB_SQL_WRITES, names, false},
    {"update", WB_SQL_WRITES, names, false},      {"load", WB_SQL_WRITES, NULL, false},
    {"delete", WB_SQL_DESTROYS, names, false},    {"truncate", WB_SQL_DESTROYS, truncate_, true},
    {"create", WB_SQL_DEFINES, create, true},     {"alter", WB_SQL_DEFINES, alter, true},
    {"drop", WB_SQL_DEFINES, drop, true},         {"rename", WB_SQL_DEFINES, rename_tables, true},
    {"optimize", WB_SQL_DEFINES, maintain, true}, {"analyze", WB_SQL_DEFINES, maintain, true},
    {"repair", WB_SQL_DEFINES, maintain, true},   {"grant", WB_SQL_DEFINES, NULL, true},
    {"revoke", WB_SQL_DEFINES, NULL, true},       {"vacuum", WB_SQL_DEFINES, NULL, false},
    {"reindex", WB_SQL_DEFINES, NULL, false},     {"attach", WB_SQL_CONTROLS, NULL, false},
    {"detach", WB_SQL_CONTROLS, NULL, false},     {"begin", WB_SQL_CONTROLS, NULL, false},
    {"start", WB_SQL_CONTROLS, NULL, false},      {"commit", WB_SQL_CONTROLS, NULL, false},
    {"end", WB_SQL_CONTROLS, NULL, false},        {"rollback", WB_SQL_CONTROLS, NULL, false},
    {"savepoint", WB_SQL_CONTROLS, NULL, false},  {"release", WB_SQL_CONTROLS, NULL, false},
    {"set", WB_SQL_CONTROLS, NULL, false},        {"use", WB_SQL_CONTROLS, NULL, false},
    {"lock", WB_SQL_CONTROLS, NULL, true},        {"unlock", WB_SQL_CONTROLS, NULL, false},
    {"flush", WB_SQL_CONTROLS, NULL, true},       {"kill", WB_SQL_CONTROLS, NULL, false},
};

/* "CREATE UNIQUE INDEX" is a CREATE INDEX. */
static const char *verb_of(struct wb_sql_reader *r) {
    static const char *const two[] = {"create", "alter", "drop", "rename", "optimize"};
    static const char *const things[] = {"table",    "index",  "view",      "trigger",
                                         "database", "schema", "procedure", "function",
                                         "sequence", "event",  "tablespace"};
    const char *thing = NULL;
    for (size_t i = 0; i < sizeof two / sizeof *two; i++)
        for (size_t k = 1; is(r, 0, two[i]) && !thing && k < 8; k++)
            for (size_t t = 0; t < sizeof things / sizeof *things; t++)
                if (is(r, k, things[t]))
                    thing = things[t];
    char *text =
        wb_arena_printf(r->a, "%s%s%s", r->p->items[0].text, thing ? " " : "", thing ? thing : "");
    for (char *c = text; *c; c++)
        *c = (char)toupper((unsigned char)*c);
    return text;
}

/* WITH … DELETE, SELECT … FOR UPDATE, SELECT … INTO OUTFILE */
static enum wb_sql_does does_query(const struct wb_sql_reader *r) {
    bool with = is(r, 0, "with");
    for (size_t i = 0; i < r->p->n; i++) {
        if (with && (are(r, i, "delete from")))
            return WB_SQL_DESTROYS;
        if ((with && (are(r, i, "insert into") || (is(r, i, "update") && !is(r, i - 1, "for")))) ||
            are(r, i, "for update") || are(r, i, "into outfile") || are(r, i, "into dumpfile"))
            return WB_SQL_WRITES;
    }
    return WB_SQL_READS;
}

static void control(struct wb_sql_reader *r) {
    bool sqlite = r->dialect == WB_DIALECT_SQLITE;
    r->s->begins = is(r, 0, "begin") || are(r, 0, "start transaction");
    r->s->ends = is(r, 0, "commit") || is(r, 0, "end") || (is(r, 0, "rollback") && !is(r, 1, "to"));
    if (sqlite && (is(r, 0, "vacuum") || are(r, 0, "pragma journal_mode")))
        r->s->alone = true;
    size_t set = wb_sql_lex_find(r->p, 0, "lock_wait_timeout");
    size_t rows = wb_sql_lex_find(r->p, 0, "innodb_lock_wait_timeout");
    size_t at = set < rows ? set : rows;
    if (is(r, 0, "set") && at + 2 < r->p->n)
        r->s->lock_timeout = r->p->items[at + 2].text;
}

void wb_tokens_read(struct wb_sql_reader *r, bool with_names) {
    enum wb_sql_does does = WB_SQL_UNKNOWN;
    void (*read)(struct wb_sql_reader *) = NULL;
    bool my = r->dialect == WB_DIALECT_MYSQL;
    for (size_t i = 0; i < sizeof verbs / sizeof *verbs; i++)
        if (is(r, 0, verbs[i].word)) {
            does = verbs[i].does;
            read = verbs[i].read;
            r->s->ends_transaction = my && verbs[i].commits && !is(r, 1, "temporary");
        }
    if (is(r, 0, "with") || is(r, 0, "select") || is(r, 0, "(")) {
        does = does_query(r);
        read = names;
    }
    r->s->verb = verb_of(r);
    r->s->does = does;
    r->s->opaque |= is(r, 0, "call") || is(r, 0, "do");
    if (with_names && read)
        read(r);
    control(r);
    if (is(r, 0, "update") || is(r, 0, "delete"))
        r->s->limited |= wb_sql_lex_find(r->p, 0, "where") < r->p->n ||
                         wb_sql_lex_find(r->p, 0, "limit") < r->p->n;
    r->s->irreversible = r->s->does == WB_SQL_DESTROYS;
}
