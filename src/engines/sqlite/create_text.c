/* How it works: the text is cut into tokens once; a cursor walks over them. A column definition or
 * table constraint ends at a comma outside parentheses, but SQLite lets table constraints follow
 * each other without one, so the walk goes from clause to clause and not from comma to comma. */
#include "engines/sqlite/create_text.h"

#include "base/str.h"
#include "engines/sqlite/token.h"

#include <string.h>

struct walk {
    struct wb_arena *a;
    struct wb_sqlite_token *t; /* ends with END tokens */
    size_t n, cap, at;
    struct wb_sqlite_create *c;
    const char *constraint; /* name given by CONSTRAINT to the next clause */
};

static void cut(struct walk *w, const char *sql) {
    struct wb_sqlite_token t;
    do {
        t = wb_sqlite_token_next(&sql);
        *WB_PUSH(w->a, w->t, w->n, w->cap) = t;
    } while (t.kind != WB_SQLITE_END);
}

static const struct wb_sqlite_token *peek(const struct walk *w, size_t ahead) {
    size_t i = w->at + ahead;
    return &w->t[i < w->n ? i : w->n - 1];
}

static bool is(const struct walk *w, const char *word) {
    return wb_sqlite_token_is(peek(w, 0), word);
}

static bool take(struct walk *w, const char *word) {
    if (!is(w, word))
        return false;
    w->at++;
    return true;
}

static bool ended(const struct walk *w) {
    return peek(w, 0)->kind == WB_SQLITE_END;
}

static const char *take_name(struct walk *w) {
    const char *name = wb_sqlite_token_name(peek(w, 0), w->a);
    if (!ended(w))
        w->at++;
    return name;
}

/* The source text of the tokens [from, to). */
static const char *text_of(const struct walk *w, size_t from, size_t to) {
    if (from >= to)
        return "";
    const char *begin = w->t[from].p, *end = w->t[to - 1].p + w->t[to - 1].len;
    return wb_arena_strndup(w->a, begin, (size_t)(end - begin));
}

/* On "(": moves past the matching ")" and gives what stands between. */
static const char *take_paren(struct walk *w) {
    size_t from = ++w->at;
    for (int depth = 1; !ended(w); w->at++) {
        if (is(w, "("))
            depth++;
        else if (is(w, ")") && --depth == 0)
            break;
    }
    const char *text = text_of(w, from, w->at);
    if (!ended(w))
        w->at++;
    return text;
}

static const char *take_constraint_name(struct walk *w) {
    const char *name = w->constraint;
    w->constraint = NULL;
    return name;
}

static bool starts_constraint(const struct walk *w) {
    static const char *const words[] = {
        "CONSTRAINT", "PRIMARY",    "NOT",       "NULL", "UNIQUE",     "CHECK",   "DEFAULT",
        "COLLATE",    "REFERENCES", "GENERATED", "AS",   "DEFERRABLE", "FOREIGN", "ON"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (is(w, words[i]))
            return true;
    return is(w, ",") || is(w, ")") || ended(w);
}

static void parse_deferral(struct walk *w, bool is_not) {
    bool deferred = false;
    if (take(w, "INITIALLY")) {
        deferred = is(w, "DEFERRED");
        w->at++;
    }
    if (w->c->n_fks == 0 || is_not)
        return;
    struct wb_sqlite_fk_text *fk = &w->c->fks[w->c->n_fks - 1];
    fk->deferrable = true;
    fk->initially_deferred = deferred;
}

/* Behind REFERENCES. */
static void parse_references(struct walk *w) {
    struct wb_sqlite_fk_text *fk = WB_PUSH(w->a, w->c->fks, w->c->n_fks, w->c->cap_fks);
    fk->name = take_constraint_name(w);
    fk->ref_table = take_name(w);
    if (is(w, "("))
        take_paren(w);
}

static void parse_check(struct walk *w, int column) {
    if (!is(w, "("))
        return;
    struct wb_sqlite_check_text *check =
        WB_PUSH(w->a, w->c->checks, w->c->n_checks, w->c->cap_checks);
    check->name = take_constraint_name(w);
    check->column = column;
    check->expr = take_paren(w);
}

/* PRIMARY KEY, also as a table constraint, where AUTOINCREMENT stands within the parentheses. */
static void parse_primary(struct walk *w) {
    take(w, "KEY");
    take_constraint_name(w);
    if (is(w, "(")) {
        size_t from = w->at;
        take_paren(w);
        for (size_t i = from; i < w->at; i++)
            w->c->autoincrement |= wb_sqlite_token_is(&w->t[i], "AUTOINCREMENT");
    }
}

/* DEFAULT's value is read from PRAGMA table_xinfo; here it is only stepped over. */
static void skip_default(struct walk *w) {
    if (is(w, "(")) {
        take_paren(w);
        return;
    }
    if (is(w, "+") || is(w, "-"))
        w->at++;
    w->at += !ended(w);
}

/* ON CONFLICT IGNORE, ON DELETE SET DEFAULT: whose words are no clauses of their own. Behind ON. */
static void skip_action(struct walk *w) {
    w->at += !ended(w);
    if (is(w, "SET") || is(w, "NO"))
        w->at++;
    w->at += !ended(w);
}

static void parse_clause(struct walk *w, int column) {
    if (take(w, "CONSTRAINT"))
        w->constraint = take_name(w);
    else if (take(w, "PRIMARY"))
        parse_primary(w);
    else if (take(w, "AUTOINCREMENT"))
        w->c->autoincrement = true;
    else if (take(w, "CHECK"))
        parse_check(w, column);
    else if (take(w, "ON"))
        skip_action(w);
    else if (take(w, "DEFAULT"))
        skip_default(w);
    else if (take(w, "REFERENCES"))
        parse_references(w);
    else if (take(w, "DEFERRABLE"))
        parse_deferral(w, false);
    else if (is(w, "NOT") && wb_sqlite_token_is(peek(w, 1), "DEFERRABLE")) {
        w->at += 2;
        parse_deferral(w, true);
    } else if (take(w, "COLLATE")) {
        const char *name = take_name(w);
        if (column >= 0)
            w->c->columns[column].collation = name;
    } else if (take(w, "AS") && is(w, "(")) {
        const char *expr = take_paren(w);
        if (column >= 0)
            w->c->columns[column].generated = expr;
    } else if (is(w, "(")) {
        take_paren(w);
    } else if (take(w, "NOT") || take(w, "NULL") || take(w, "UNIQUE")) {
        take_constraint_name(w);
    } else {
        w->at += !ended(w);
    }
}

static bool starts_table_constraint(const struct walk *w) {
    return is(w, "CONSTRAINT") || is(w, "PRIMARY") || is(w, "UNIQUE") || is(w, "CHECK") ||
           is(w, "FOREIGN");
}

static void parse_column(struct walk *w) {
    struct wb_sqlite_column_text *col =
        WB_PUSH(w->a, w->c->columns, w->c->n_columns, w->c->cap_columns);
    int index = (int)w->c->n_columns - 1;
    col->name = take_name(w);
    size_t from = w->at;
    while (!starts_constraint(w)) {
        if (is(w, "("))
            take_paren(w);
        else
            w->at++;
    }
    col->type = text_of(w, from, w->at);
    while (!ended(w) && !is(w, ",") && !is(w, ")"))
        parse_clause(w, index);
}

/* The name behind [schema .]; the cursor stands on it. */
static const char *take_qualified(struct walk *w) {
    const char *name = take_name(w);
    return take(w, ".") ? take_name(w) : name;
}

static void skip_if_not_exists(struct walk *w) {
    if (is(w, "IF") && wb_sqlite_token_is(peek(w, 1), "NOT"))
        w->at += 3;
}

bool wb_sqlite_parse_table(const char *sql, struct wb_arena *a, struct wb_sqlite_create *ret) {
    *ret = (struct wb_sqlite_create){0};
    struct walk w = {.a = a, .c = ret};
    cut(&w, sql);
    if (!take(&w, "CREATE"))
        return false;
    if (!take(&w, "TEMP"))
        take(&w, "TEMPORARY");
    if (!take(&w, "TABLE"))
        return false;
    skip_if_not_exists(&w);
    ret->name = take_qualified(&w);
    if (!take(&w, "("))
        return false;
    while (!ended(&w) && !is(&w, ")")) {
        w.constraint = NULL;
        if (starts_table_constraint(&w))
            while (!ended(&w) && !is(&w, ",") && !is(&w, ")"))
                parse_clause(&w, -1);
        else
            parse_column(&w);
        take(&w, ",");
    }
    return ret->n_columns > 0;
}

/* The tokens [from, to) without a trailing ASC or DESC and COLLATE name. */
static const char *part_text(const struct walk *w, size_t from, size_t to) {
    if (to > from &&
        (wb_sqlite_token_is(&w->t[to - 1], "ASC") || wb_sqlite_token_is(&w->t[to - 1], "DESC")))
        to--;
    if (to >= from + 2 && wb_sqlite_token_is(&w->t[to - 2], "COLLATE"))
        to -= 2;
    return text_of(w, from, to);
}

static void parse_parts(struct walk *w, struct wb_sqlite_index_text *ret) {
    while (!ended(w)) {
        size_t from = w->at;
        while (!ended(w) && !is(w, ",") && !is(w, ")")) {
            if (is(w, "("))
                take_paren(w);
            else
                w->at++;
        }
        *WB_PUSH(w->a, ret->parts, ret->n_parts, ret->cap_parts) = part_text(w, from, w->at);
        if (!take(w, ","))
            break;
    }
    take(w, ")");
}

bool wb_sqlite_parse_index(const char *sql, struct wb_arena *a, struct wb_sqlite_index_text *ret) {
    *ret = (struct wb_sqlite_index_text){0};
    struct walk w = {.a = a};
    cut(&w, sql);
    if (!take(&w, "CREATE"))
        return false;
    take(&w, "UNIQUE");
    if (!take(&w, "INDEX"))
        return false;
    skip_if_not_exists(&w);
    ret->name = take_qualified(&w);
    if (!take(&w, "ON"))
        return false;
    take_name(&w);
    if (!take(&w, "("))
        return false;
    parse_parts(&w, ret);
    if (take(&w, "WHERE"))
        ret->where = text_of(&w, w.at, w.n - 1);
    return true;
}

bool wb_sqlite_text_mentions(const char *sql, const char *word) {
    struct wb_arena a = {0};
    bool found = false;
    for (struct wb_sqlite_token t;
         !found && (t = wb_sqlite_token_next(&sql)).kind != WB_SQLITE_END;)
        if (t.kind == WB_SQLITE_WORD || t.kind == WB_SQLITE_QUOTED)
            found = wb_str_ieq(wb_sqlite_token_name(&t, &a), word);
    wb_arena_done(&a);
    return found;
}
