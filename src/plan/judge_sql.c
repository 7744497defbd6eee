/* Findings in SQL, wherever a plan holds some: blocks, code spans of checks and steps, and queries
 * quoted in code of other languages. Own tokens are enough for this; what a statement locks is a
 * matter for who can ask the server. */
#include "plan/reader.h"

#include "base/str.h"
#include "plan/sqltext.h"

#include <string.h>

struct query {
    const char *text;
    const struct wb_plan_block *block; /* NULL: a code span, which begins at place */
    struct wb_plan_place place;
    int phase;
    bool is_check, wants_nothing; /* must return 0 or no rows */
};

/* A query that looks for rows of one table that are missing in another. */
struct anti_join {
    const char *from, *missing;
    struct wb_plan_place place;
    int phase;
};

struct aggregate {
    const char *function, *separator; /* separator NULL: not known */
    struct wb_plan_place place;
    int phase;
    bool ordered;
};

struct judge {
    struct wb_plan_reader *r;
    struct query q;
    struct anti_join *anti;
    size_t n_anti, cap_anti;
    struct aggregate *aggregates;
    size_t n_aggregates, cap_aggregates;
};

/* How far cmark has taken the indentation off a block's line. */
static unsigned indent_of(const struct wb_plan_reader *r, const char *text, size_t line_from,
                          unsigned line) {
    size_t literal = strcspn(text + line_from, "\n");
    if (line > r->n_lines)
        return 0;
    size_t raw = wb_reader_line_end(r, line) - r->line_at[line - 1];
    return raw > literal ? (unsigned)(raw - literal) : 0;
}

static struct wb_plan_place place_at(const struct judge *j, size_t at) {
    struct wb_plan_place p = j->q.place;
    if (!j->q.block) {
        p.column += (unsigned)at;
        return p;
    }
    size_t line_from = 0;
    p.line++;
    for (size_t i = 0; i < at; i++)
        if (j->q.text[i] == '\n') {
            p.line++;
            line_from = i + 1;
        }
    p.column = (unsigned)(at - line_from) + 1 + indent_of(j->r, j->q.text, line_from, p.line);
    return p;
}

static struct wb_plan_place token_place(const struct judge *j, struct wb_sql_part p, size_t i) {
    return place_at(j, p.sql->tokens[i].at);
}

/* --- comparisons of two tables
 * ------------------------------------------------------------------------ */

/* a.x != b.y with i at the sign: a and b are different. */
static bool compares_tables(struct wb_sql_part p, size_t i) {
    return i >= p.from + 3 && i + 3 < p.to && wb_sql_name(p, i - 1) && wb_sql_is(p, i - 2, ".") &&
           wb_sql_name(p, i - 3) && wb_sql_name(p, i + 1) && wb_sql_is(p, i + 2, ".") &&
           wb_sql_name(p, i + 3) &&
           strcmp(p.sql->tokens[i - 3].text, p.sql->tokens[i + 1].text) != 0;
}

static void judge_comparisons(struct judge *j, struct wb_sql_part p) {
    for (size_t i = p.from; i < p.to; i++) {
        if (!(wb_sql_is(p, i, "!=") || wb_sql_is(p, i, "<>")) || !compares_tables(p, i))
            continue;
        wb_reader_find(
            j->r, WB_PLAN_NULL_UNSAFE, token_place(j, p, i),
            "write IS DISTINCT FROM (MySQL and MariaDB: NOT (a <=> b); SQLite: IS NOT)",
            "%s.%s %s %s.%s is not true where one side is NULL: such a row passes unseen",
            p.sql->tokens[i - 3].text, p.sql->tokens[i - 1].text, p.sql->tokens[i].text,
            p.sql->tokens[i + 1].text, p.sql->tokens[i + 3].text);
    }
}

static bool outer(struct wb_sql_part p, size_t join) {
    static const char *const words[] = {"left", "right", "full", "outer", "cross", "lateral"};
    for (size_t back = 1; back <= 2; back++)
        for (size_t i = 0; i < sizeof words / sizeof *words; i++)
            if (wb_sql_is(p, join - back, words[i]))
                return true;
    return false;
}

static void judge_joins(struct judge *j, struct wb_sql_part p) {
    size_t inner = 0;
    bool differs = false;
    for (size_t i = p.from; i < p.to; i++) {
        if (wb_sql_is(p, i, "join") && outer(p, i))
            return;
        if (wb_sql_is(p, i, "except") || wb_sql_is(p, i, "exists"))
            return;
        if (wb_sql_is(p, i, "join") && !inner)
            inner = i;
        differs |= wb_sql_is(p, i, "!=") || wb_sql_is(p, i, "<>") || wb_sql_is(p, i, "distinct");
    }
    if (inner && differs && j->q.wants_nothing)
        wb_reader_find(
            j->r, WB_PLAN_INNER_JOIN, token_place(j, p, inner),
            "use FULL JOIN and count rows where either key IS NULL, or count both tables too",
            "the inner join drops rows that one side lacks: this check does not see them");
}

/* --- rows that are missing
 * ---------------------------------------------------------------------------- */

static const char *table_at(struct judge *j, struct wb_sql_part p, size_t i) {
    if (!wb_sql_name(p, i))
        return NULL;
    while (wb_sql_is(p, i + 1, ".") && wb_sql_name(p, i + 2))
        i += 2;
    char *name = wb_arena_strdup(j->r->a, p.sql->tokens[i].text);
    for (char *c = name; *c; c++)
        *c = *c >= 'A' && *c <= 'Z' ? (char)(*c + 32) : *c;
    return name;
}

static const char *table_after(struct judge *j, struct wb_sql_part p, const char *word,
                               size_t from) {
    for (size_t i = from; i < p.to; i++)
        if (wb_sql_is(p, i, word))
            return table_at(j, p, i + 1);
    return NULL;
}

static bool tests_null(struct wb_sql_part p) {
    for (size_t i = p.from; i + 1 < p.to; i++)
        if (wb_sql_is(p, i, "is") && wb_sql_is(p, i + 1, "null"))
            return true;
    return false;
}

static void note_anti_join(struct judge *j, struct wb_sql_part p, const char *a, const char *b,
                           size_t at) {
    if (a && b)
        *WB_PUSH(j->r->a, j->anti, j->n_anti, j->cap_anti) = (struct anti_join){
            .from = a, .missing = b, .place = token_place(j, p, at), .phase = j->q.phase};
}

static void collect_anti_joins(struct judge *j, struct wb_sql_part p) {
    const char *from = table_after(j, p, "from", p.from);
    for (size_t i = p.from + 1; i < p.to; i++) {
        bool left =
            wb_sql_is(p, i, "join") && (wb_sql_is(p, i - 1, "left") || wb_sql_is(p, i - 2, "left"));
        if (wb_sql_is(p, i, "full"))
            return; /* sees both directions */
        if (left && tests_null(p))
            note_anti_join(j, p, from, table_at(j, p, i + 1), i);
        if ((wb_sql_is(p, i, "exists") || wb_sql_is(p, i, "in")) && wb_sql_is(p, i - 1, "not"))
            note_anti_join(j, p, from, table_after(j, p, "from", i), i);
        if (wb_sql_is(p, i, "except"))
            note_anti_join(j, p, from, table_after(j, p, "from", i), i);
    }
}

static void judge_anti_joins(struct judge *j) {
    for (size_t i = 0; i < j->n_anti; i++) {
        const struct anti_join *a = &j->anti[i];
        bool back = strcmp(a->from, a->missing) == 0;
        for (size_t k = 0; !back && k < j->n_anti; k++)
            back = j->anti[k].phase == a->phase && strcmp(j->anti[k].from, a->missing) == 0 &&
                   strcmp(j->anti[k].missing, a->from) == 0;
        j->r->phase = a->phase;
        if (!back)
            wb_reader_find(
                j->r, WB_PLAN_ONE_WAY, a->place,
                "add the same query with the tables exchanged, or a row count of both",
                "rows of %s that %s lacks are looked for, but not rows of %s that %s lacks",
                a->from, a->missing, a->missing, a->from);
    }
}

/* --- aggregates of text
 * -------------------------------------------------------------------------------- */

static size_t closing(struct wb_sql_part p, size_t open) {
    for (size_t i = open + 1; i < p.to; i++)
        if (wb_sql_is(p, i, ")") && p.sql->tokens[i].depth == p.sql->tokens[open].depth + 1)
            return i;
    return p.to;
}

static const char *separator_of(struct wb_sql_part p, const char *function, size_t open,
                                size_t end) {
    const char *found = strcmp(function, "group_concat") == 0 ? "," : NULL;
    for (size_t i = open; i < end; i++) {
        const struct wb_sql_token *t = &p.sql->tokens[i];
        bool named = i && wb_sql_is(p, i - 1, "separator");
        bool second = strcmp(function, "string_agg") == 0 && i && wb_sql_is(p, i - 1, ",") &&
                      p.sql->tokens[i - 1].depth == p.sql->tokens[open].depth + 1;
        if (t->kind == WB_SQL_STRING && (named || second))
            found = t->text;
    }
    return found;
}

static void collect_aggregates(struct judge *j, struct wb_sql_part p) {
    static const char *const functions[] = {"group_concat", "string_agg", "listagg", "array_agg"};
    for (size_t i = p.from; i + 1 < p.to; i++)
        for (size_t f = 0; f < sizeof functions / sizeof *functions; f++) {
            if (!wb_sql_is(p, i, functions[f]) || !wb_sql_is(p, i + 1, "("))
                continue;
            size_t end = closing(p, i + 1);
            struct aggregate a = {.function = functions[f],
                                  .separator = separator_of(p, functions[f], i + 1, end),
                                  .place = token_place(j, p, i),
                                  .phase = j->q.phase};
            for (size_t k = i; k < end; k++)
                a.ordered |= wb_sql_is(p, k, "order");
            *WB_PUSH(j->r->a, j->aggregates, j->n_aggregates, j->cap_aggregates) = a;
        }
}

static void judge_aggregates(struct judge *j) {
    const struct aggregate *concat = NULL, *other = NULL;
    for (size_t i = 0; i < j->n_aggregates; i++) {
        const struct aggregate *a = &j->aggregates[i];
        j->r->phase = a->phase;
        if (!a->ordered)
            wb_reader_find(
                j->r, WB_PLAN_AGGREGATE, a->place,
                "add ORDER BY the key inside the function, or use \"checksum\", which needs no "
                "order",
                "%s without ORDER BY gives the rows in any order: equal data may differ",
                a->function);
        if (strcmp(a->function, "group_concat") == 0)
            concat = a;
        else if (strcmp(a->function, "string_agg") == 0)
            other = a;
    }
    if (!concat || !other)
        return;
    j->r->phase = concat->phase;
    if (concat->separator && other->separator && strcmp(concat->separator, other->separator) != 0)
        wb_reader_find(
            j->r, WB_PLAN_AGGREGATE, concat->place, "give both the same separator",
            "GROUP_CONCAT separates by \"%s\" and STRING_AGG by \"%s\": the results always differ",
            concat->separator, other->separator);
    wb_reader_find(
        j->r, WB_PLAN_AGGREGATE, concat->place, "use \"checksum\", or raise group_concat_max_len",
        "GROUP_CONCAT is cut at group_concat_max_len without an error, STRING_AGG is not");
}

/* --- what a statement does
 * ----------------------------------------------------------------------------- */

static void judge_concurrently(struct judge *j, struct wb_sql_part p, bool in_transaction) {
    const struct wb_plan_block *b = j->q.block;
    size_t at = 0;
    for (size_t i = p.from; i < p.to && !at; i++)
        at = wb_sql_is(p, i, "concurrently") ? i : 0;
    bool steps = b && b->step != WB_BLOCK_NO_STEP && b->tx == WB_TX_ON;
    if (!at || !(in_transaction || steps))
        return;
    wb_reader_find(j->r, WB_PLAN_CONCURRENTLY, token_place(j, p, at),
                   "put it into a block of its own with tx=off",
                   "CONCURRENTLY cannot run inside a transaction");
    if (!b || !b->has_attributes)
        j->r->plan->findings[j->r->plan->n_findings - 1].severity = WB_WARNING;
}

static void judge_upsert(struct judge *j, struct wb_sql_part p) {
    if (!wb_sql_is(p, p.from, "insert"))
        return;
    bool selects = false;
    for (size_t i = p.from; i + 1 < p.to; i++) {
        selects |= wb_sql_is(p, i, "select");
        if (selects && ((wb_sql_is(p, i, "do") && wb_sql_is(p, i + 1, "update")) ||
                        (wb_sql_is(p, i, "key") && wb_sql_is(p, i + 1, "update"))))
            wb_reader_find(j->r, WB_PLAN_UPSERT, token_place(j, p, i),
                           "write ON CONFLICT DO NOTHING: a row that exists is at least as new",
                           "what is copied may be older than the row that is there");
    }
}

static const char *first_word(struct wb_sql_part p) {
    return p.sql->tokens[p.from].text;
}

static void judge_class(struct judge *j, struct wb_sql_part p) {
    const struct wb_plan_block *b = j->q.block;
    enum wb_sql_class cls = wb_sql_class_of(p);
    if (j->q.is_check && cls != WB_SQL_READS)
        wb_reader_find(j->r, WB_PLAN_WRITES_IN_CHECK, token_place(j, p, p.from),
                       "make it a step (step=up), or write a query",
                       "a check runs read only, but this is \"%s …\"", first_word(p));
    bool named = b && (b->action || b->irreversible || b->step == WB_BLOCK_DOWN);
    if (b && !named && !j->q.is_check && cls == WB_SQL_DESTROYS && j->q.phase >= 0)
        wb_reader_find(
            j->r, WB_PLAN_DESTRUCTIVE, token_place(j, p, p.from),
            b->has_attributes
                ? "name it with action=\"…\", or say irreversible"
                : "give the block step=up and irreversible, or an action=\"…\"; without, it "
                  "never runs",
            "\"%s …\" destroys data, and the block has no name", first_word(p));
}

static void judge_statements(struct judge *j) {
    struct wb_sql sql;
    struct wb_sql_part p;
    bool in_transaction = false;
    wb_sql_read(j->r->a, j->q.text, &sql);
    for (size_t at = 0; wb_sql_next(&sql, &at, &p);) {
        if (wb_sql_is(p, p.from, "begin") || wb_sql_is(p, p.from, "start"))
            in_transaction = true;
        if (wb_sql_is(p, p.from, "commit") || wb_sql_is(p, p.from, "rollback"))
            in_transaction = false;
        if (j->q.is_check) {
            judge_comparisons(j, p);
            judge_joins(j, p);
            if (j->q.wants_nothing)
                collect_anti_joins(j, p);
        }
        collect_aggregates(j, p);
        judge_concurrently(j, p, in_transaction);
        judge_upsert(j, p);
        judge_class(j, p);
    }
}

/* --- where SQL stands
 * ---------------------------------------------------------------------------------- */

static bool zero(const struct wb_plan_expect *e) {
    return e->given && (e->no_rows || e->value.number.digits == 0);
}

static bool begins_sql(const char *s) {
    static const char *const words[] = {"select ", "insert ", "update ", "delete ",  "create ",
                                        "drop ",   "with ",   "alter ",  "truncate "};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (wb_str_istarts(s, words[i]))
            return true;
    return false;
}

/* Strings in code of another language that begin like SQL. */
static void judge_strings(struct judge *j, const struct wb_plan_block *b) {
    for (const char *s = b->text; *s;) {
        if (!strchr("\"'`", *s)) {
            s++;
            continue;
        }
        const char *end = strchr(s + 1, *s);
        if (!end)
            return;
        if (begins_sql(s + 1)) {
            j->q =
                (struct query){.block = b, .place = b->place, .phase = b->phase, .text = b->text};
            j->q.place = place_at(j, (size_t)(s + 1 - b->text));
            j->q.text = wb_arena_strndup(j->r->a, s + 1, (size_t)(end - s) - 1);
            j->q.block = NULL;
            judge_statements(j);
        }
        s = end + 1;
    }
}

static void judge_block(struct judge *j, const struct wb_plan_block *b) {
    j->r->phase = b->phase;
    if (b->lang != WB_LANG_SQL) {
        judge_strings(j, b);
        return;
    }
    j->q = (struct query){.text = b->text,
                          .block = b,
                          .place = b->place,
                          .phase = b->phase,
                          .is_check = b->is_check,
                          .wants_nothing = zero(&b->expect)};
    judge_statements(j);
    if (!b->is_check || b->expect.given || b->check != WB_CHECK_NONE)
        return;
    wb_reader_find(j->r, WB_PLAN_BLOCK, b->place, "end the SQL with a comment: -- Must return 0",
                   "the check does not say what its query must return: a person judges it");
    j->r->plan->findings[j->r->plan->n_findings - 1].severity = WB_WARNING;
}

static void judge_span(struct judge *j, const struct wb_plan_clause *c) {
    if (c->kind != WB_CLAUSE_SQL)
        return;
    j->q = (struct query){.text = c->thing,
                          .place = c->place,
                          .phase = j->r->phase,
                          .is_check = true,
                          .wants_nothing = zero(&c->expect)};
    j->q.place.column++; /* the backtick */
    judge_statements(j);
}

static void judge_step(struct judge *j, const struct wb_plan_step *s) {
    for (const char *at = s->text; (at = strchr(at, '`'));) {
        const char *end = strchr(at + 1, '`');
        if (!end)
            return;
        if (begins_sql(at + 1)) {
            j->q = (struct query){.place = s->place, .phase = j->r->phase};
            j->q.place.column += (unsigned)(at + 1 - s->text);
            j->q.text = wb_arena_strndup(j->r->a, at + 1, (size_t)(end - at) - 1);
            judge_statements(j);
        }
        at = end + 1;
    }
    for (size_t i = 0; i < s->n_clauses; i++)
        judge_span(j, &s->clauses[i]);
}

void wb_judge_sql(struct wb_plan_reader *r) {
    struct judge j = {.r = r};
    for (size_t i = 0; i < r->plan->n_blocks; i++)
        judge_block(&j, r->plan->blocks[i]);
    for (size_t i = 0; i < r->plan->n_phases; i++) {
        const struct wb_plan_phase *p = &r->plan->phases[i];
        r->phase = (int)i;
        for (size_t k = 0; k < p->n_labels; k++)
            for (size_t c = 0; c < p->labels[k].n_clauses; c++)
                judge_span(&j, &p->labels[k].clauses[c]);
        for (size_t k = 0; k < p->n_steps; k++)
            judge_step(&j, &p->steps[k]);
    }
    judge_anti_joins(&j);
    judge_aggregates(&j);
    r->phase = -1;
}
