/* A text becomes lexemes, these are cut into statements, and each is read by PostgreSQL's grammar
 * where its dialect allows it, else by its lexemes. */
#include "sql/spell.h"
#include "sql/tree.h"

#include "base/str.h"

#include <pg_query.h>
#include <string.h>

/* Beyond, a statement is classified by its lexemes alone: the parser and its tree grow with depth.
 */
enum { MAX_STATEMENT_BYTES = 256 * 1024, MAX_PARENTHESES = 400, MAX_CHAIN = 3000 };

enum wb_sql_dialect wb_sql_dialect_named(const char *name) {
    static const struct {
        const char *name;
        enum wb_sql_dialect dialect;
    } names[] = {{"postgresql", WB_DIALECT_POSTGRES},
                 {"postgres", WB_DIALECT_POSTGRES},
                 {"mysql", WB_DIALECT_MYSQL},
                 {"mariadb", WB_DIALECT_MYSQL},
                 {"sqlite", WB_DIALECT_SQLITE}};
    for (size_t i = 0; name && i < sizeof names / sizeof *names; i++)
        if (wb_str_ieq(name, names[i].name))
            return names[i].dialect;
    return WB_DIALECT_ANY;
}

/* --- the parser
 * ------------------------------------------------------------------------------------- */

/* Its places count characters from 1; ours count bytes from 0. */
static size_t error_offset(const char *text, int characters) {
    size_t at = 0;
    for (int n = 1; n < characters && text[at]; n++)
        for (at++; (text[at] & 0xC0) == 0x80;)
            at++;
    return at;
}

/* Chains such as a + b + … nest as deep as they are long. */
static bool deep(const struct wb_sql_lex_part *p) {
    int most = 0;
    size_t signs = 0;
    for (size_t i = 0; i < p->n; i++) {
        most = p->items[i].depth > most ? p->items[i].depth : most;
        signs += p->items[i].kind == WB_LEX_SIGN && !strchr(",()", p->items[i].text[0]);
        signs += wb_sql_lex_is(p, i, "not") || wb_sql_lex_is(p, i, "union") ||
                 wb_sql_lex_is(p, i, "join") || wb_sql_lex_is(p, i, "is") ||
                 wb_sql_lex_is(p, i, "when") || wb_sql_lex_is(p, i, "except") ||
                 wb_sql_lex_is(p, i, "intersect");
    }
    return most > MAX_PARENTHESES || signs > MAX_CHAIN;
}

/* The statement's node; NULL with the parser's words in *s. */
static json_t *parse(struct wb_sql_reader *r, const char *text, size_t base) {
    PgQueryParseResult result = pg_query_parse(text);
    json_t *tree = NULL;
    if (result.error) {
        r->s->error = wb_arena_strdup(r->a, result.error->message);
        r->s->error_at = base + error_offset(text, result.error->cursorpos);
    } else {
        tree = json_loads(result.parse_tree, JSON_ALLOW_NUL, NULL);
    }
    pg_query_free_parse_result(result);
    json_t *list = json_object_get(tree, "stmts");
    json_t *node = json_object_get(json_array_get(list, 0), "stmt");
    node = json_array_size(list) == 1 ? json_incref(node) : NULL;
    json_decref(tree);
    return node;
}

/* Whether the grammar's reading is worth having: of DDL in another dialect it is not, for its words
 * mean other things there. */
static bool about_rows(const struct wb_sql_lex_part *p) {
    static const char *const words[] = {"select", "with",    "insert", "update", "delete",
                                        "values", "replace", "(",      "explain"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (wb_sql_lex_is(p, 0, words[i]))
            return true;
    return false;
}

static void take_tree(struct wb_sql_reader *r, json_t *node) {
    json_t *body = NULL;
    const char *type = wb_tree_type(node, &body);
    if (type) {
        r->s->parsed = true;
        r->s->error = NULL;
        wb_statement_read(r, type, body);
    }
    json_decref(node);
}

static void read_statement(struct wb_sql_reader *r) {
    const struct wb_sql_lex_part *p = r->p;
    size_t from = p->items[0].at, end = p->items[p->n - 1].end;
    bool too_big = end - from > MAX_STATEMENT_BYTES || deep(p);
    json_t *node = NULL;
    if (!too_big && (r->dialect == WB_DIALECT_POSTGRES || r->dialect == WB_DIALECT_ANY))
        node = parse(r, wb_arena_strndup(r->a, r->text + from, end - from), from);
    if (!too_big && !node && r->dialect != WB_DIALECT_POSTGRES && about_rows(p)) {
        node = parse(r, wb_spell_postgres(r->a, r->dialect, r->text, p), from);
        r->s->error = NULL;
    }
    if (node)
        take_tree(r, node);
    for (size_t i = 0; r->dialect > WB_DIALECT_POSTGRES && i < r->s->n_tables; i++)
        r->s->tables[i].lock = WB_LOCK_NONE; /* PostgreSQL's names mean nothing there */
    r->s->wrong = r->dialect == WB_DIALECT_POSTGRES && r->s->error != NULL;
    if (!r->s->parsed || r->dialect == WB_DIALECT_MYSQL || r->dialect == WB_DIALECT_SQLITE)
        wb_tokens_read(r, !r->s->parsed);
    wb_marks_text(r);
    wb_needs_read(r);
}

void wb_sql_read_script(struct wb_arena *a, enum wb_sql_dialect dialect, const char *text,
                        struct wb_sql_script *ret) {
    struct wb_sql_lexemes lexemes;
    struct wb_sql_lex_part part;
    *ret = (struct wb_sql_script){0};
    wb_sql_lex_read(a, dialect, text, &lexemes);
    for (size_t at = 0; wb_sql_lex_next(&lexemes, &at, &part);) {
        struct wb_sql_statement *s = WB_PUSH(a, ret->items, ret->n, ret->cap);
        *s = (struct wb_sql_statement){.from = part.items[0].at,
                                       .to = part.items[part.n - 1].end,
                                       .verb = "",
                                       .alone_at = part.items[0].at};
        struct wb_sql_reader r = {.a = a, .dialect = dialect, .text = text, .p = &part, .s = s};
        read_statement(&r);
    }
}
