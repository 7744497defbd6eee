/* Whether the As of a mapping is an expression of SQL that the old row alone decides.
 *
 * It is read as loosely as all dialects together allow and no looser: operands parted by operators.
 * "trim(name)" is one, "first word of name" is not, for two words stand side by side. What a server
 * makes of it is the server's; here it only has to be certain that nothing but an expression over
 * one row stands there: no statement, no query inside, no comment, no quote left open, nothing that
 * gives another value each time or is about many rows. */
#include "plan/expression.h"

#include "base/str.h"

#include <ctype.h>
#include <string.h>

enum { MAX_DEPTH = 60 };

struct parser {
    const char *s;
    const struct wb_plan_words *columns; /* that it has to be about */
    const char *table;
    unsigned depth;
    bool mentions, names; /* one of these; any name or call at all */
};

static bool expression(struct parser *p);

/* --- lexemes
 * --------------------------------------------------------------------------------------- */

static bool starts_name(char c) {
    return isalpha((unsigned char)c) || c == '_' || (c & 0x80);
}

static bool in_name(char c) {
    return starts_name(c) || isdigit((unsigned char)c) || c == '$';
}

static void blanks(struct parser *p) {
    while (isspace((unsigned char)*p->s))
        p->s++;
}

static size_t word_length(const struct parser *p) {
    size_t n = 0;
    while (starts_name(*p->s) && in_name(p->s[n]))
        n++;
    return n;
}

static bool among(const char *s, size_t n, const char *const *words) {
    for (; *words; words++)
        if (strlen(*words) == n && strncasecmp(*words, s, n) == 0)
            return true;
    return false;
}

/* Takes one of the words. */
static bool word(struct parser *p, const char *const *words) {
    blanks(p);
    size_t n = word_length(p);
    if (!n || !among(p->s, n, words))
        return false;
    p->s += n;
    return true;
}

#define WORD(p, ...) word((p), (const char *const[]){__VA_ARGS__, NULL})

static bool sign(struct parser *p, char c) {
    blanks(p);
    if (*p->s != c)
        return false;
    p->s++;
    return true;
}

/* A quoted thing with its quotes; a quote inside is doubled. A backslash before a quote means one
 * thing to one server and another to the next. */
static bool quoted(struct parser *p) {
    char quote = *p->s++;
    for (; *p->s; p->s++) {
        if (*p->s == '\\' && p->s[1] == quote)
            return false;
        if (*p->s != quote)
            continue;
        p->s++;
        if (*p->s != quote)
            return true;
    }
    return false;
}

static bool number(struct parser *p) {
    bool digits = false;
    for (; isdigit((unsigned char)*p->s) || *p->s == '.'; p->s++)
        digits |= *p->s != '.';
    return digits && !starts_name(*p->s);
}

/* Operators of signs; none that begins a comment. */
static bool infix_signs(struct parser *p) {
    blanks(p);
    size_t n = strspn(p->s, "+-*/%<>=!|&^~");
    for (size_t i = 0; i + 1 < n; i++)
        if ((p->s[i] == '-' && p->s[i + 1] == '-') || (p->s[i] == '/' && p->s[i + 1] == '*'))
            return false;
    if (n > 1 && strchr("+-~", p->s[n - 1]) && p->s[n - 2] != '-' && p->s[n - 2] != '!')
        n--; /* a sign of the operand that follows */
    p->s += n;
    return n > 0;
}

/* --- operands
 * -------------------------------------------------------------------------------------- */

static void mention(struct parser *p, const char *qualifier, size_t n_qualifier, const char *name,
                    size_t n) {
    const char *dot = strrchr(p->table, '.');
    const char *table = dot ? dot + 1 : p->table;
    p->names = true;
    if (n_qualifier &&
        (strlen(table) != n_qualifier || strncasecmp(table, qualifier, n_qualifier) != 0))
        return;
    for (size_t i = 0; i < p->columns->n; i++)
        p->mentions |=
            strlen(p->columns->items[i]) == n && strncasecmp(p->columns->items[i], name, n) == 0;
}

/* A part of a name, without its quotes. */
static bool name_part(struct parser *p, const char **ret, size_t *ret_n) {
    const char *from = p->s;
    if (*from == '"' || *from == '`') {
        if (!quoted(p))
            return false;
        *ret = from + 1;
        *ret_n = (size_t)(p->s - from) - 2;
        return *ret_n > 0;
    }
    *ret = from;
    *ret_n = word_length(p);
    p->s += *ret_n;
    return *ret_n > 0;
}

/* "numeric(10, 2)", "timestamp with time zone", "text[]" */
static bool type(struct parser *p) {
    const char *name;
    size_t n;
    blanks(p);
    if (!name_part(p, &name, &n))
        return false;
    while (WORD(p, "varying", "precision", "unsigned", "signed", "integer", "character", "set",
                "utf8mb4", "with", "without", "time", "zone"))
        ;
    if (sign(p, '(')) {
        do {
            blanks(p);
            if (!number(p))
                return false;
        } while (sign(p, ','));
        if (!sign(p, ')'))
            return false;
    }
    return true;
}

/* Arguments behind "(", with the words that stand for commas in some functions. */
static bool arguments(struct parser *p) {
    if (sign(p, ')'))
        return true;
    for (;;) {
        (void)WORD(p, "both", "leading", "trailing");
        if (WORD(p, "from")) { /* trim(both from x) */
            if (!expression(p))
                return false;
        } else if (!expression(p)) {
            return false;
        }
        if (WORD(p, "as", "using")) {
            if (!type(p))
                return false;
        } else if (sign(p, ',') || WORD(p, "from", "for", "placing")) {
            continue;
        }
        return sign(p, ')');
    }
}

static bool case_when(struct parser *p) {
    bool simple = !WORD(p, "when");
    if (simple && (!expression(p) || !WORD(p, "when")))
        return false;
    do {
        if (!expression(p) || !WORD(p, "then") || !expression(p))
            return false;
    } while (WORD(p, "when"));
    if (WORD(p, "else") && !expression(p))
        return false;
    return WORD(p, "end");
}

/* What is no function of one row, or gives another value each time. */
static const char unfit_words[] =
    "select exists with over count sum avg min max string_agg group_concat array_agg "
    "json_agg jsonb_agg json_arrayagg row_number rank random rand randomblob uuid uuid_short "
    "gen_random_uuid gen_random_bytes uuid_generate_v1 uuid_generate_v4 uuidv4 uuidv7 now "
    "sysdate curdate curtime current_date current_time current_timestamp localtime "
    "localtimestamp utc_date utc_time utc_timestamp clock_timestamp statement_timestamp "
    "transaction_timestamp nextval currval lastval setval last_insert_id last_insert_rowid "
    "changes connection_id pg_sleep sleep ";

static bool is_unfit(const char *s, size_t n) {
    for (const char *w = unfit_words; *w; w += strcspn(w, " ") + 1)
        if (strcspn(w, " ") == n && strncasecmp(w, s, n) == 0)
            return true;
    return false;
}

/* Words that join operands or end them: none is an operand itself. */
static const char *const joining[] = {
    "and",   "or",   "xor",   "not",     "is",      "in",    "like",  "between", "when", "then",
    "else",  "end",  "from",  "for",     "as",      "using", "where", "by",      "of",   "the",
    "union", "join", "order", "group",   "having",  "limit", "on",    "at",      "to",   "collate",
    "div",   "mod",  "ilike", "similar", "placing", "if",    NULL};

static bool name_or_call(struct parser *p) {
    const char *part[4];
    size_t n[4], parts = 0, bare = word_length(p);
    bool call = bare && p->s[bare] == '(';
    if (bare && (is_unfit(p->s, bare) || (!call && among(p->s, bare, joining))))
        return false;
    do {
        if (parts == 4 || !name_part(p, &part[parts], &n[parts]))
            return false;
        parts++;
    } while (*p->s == '.' && p->s++);
    const char *behind = p->s;
    if (sign(p, '(')) {
        p->names = true;
        return !is_unfit(part[parts - 1], n[parts - 1]) && arguments(p);
    }
    p->s = behind;
    mention(p, parts > 1 ? part[parts - 2] : "", parts > 1 ? n[parts - 2] : 0, part[parts - 1],
            n[parts - 1]);
    return true;
}

/* DATE '2026-01-01', INTERVAL '1 day', INTERVAL 1 DAY */
static bool typed_literal(struct parser *p, bool *ret) {
    const char *from = p->s;
    bool interval = WORD(p, "interval");
    blanks(p);
    if ((interval || WORD(p, "date", "time", "timestamp")) && (blanks(p), *p->s == '\'')) {
        *ret = quoted(p);
        if (interval)
            (void)WORD(p, "day", "hour", "minute", "second", "month", "year", "week");
        return true;
    }
    if (interval && isdigit((unsigned char)*p->s)) {
        *ret = number(p) && WORD(p, "day", "hour", "minute", "second", "month", "year", "week");
        return true;
    }
    p->s = from;
    return false;
}

static bool primary(struct parser *p) {
    bool good;
    blanks(p);
    if (typed_literal(p, &good))
        return good;
    if (*p->s == '\'')
        return quoted(p);
    if (isdigit((unsigned char)*p->s) || (*p->s == '.' && isdigit((unsigned char)p->s[1])))
        return number(p);
    if (sign(p, '(')) {
        do {
            if (!expression(p))
                return false;
        } while (sign(p, ','));
        return sign(p, ')');
    }
    if (WORD(p, "null", "true", "false"))
        return true;
    if (WORD(p, "case"))
        return case_when(p);
    return name_or_call(p);
}

/* --- operators
 * ------------------------------------------------------------------------------------- */

/* Behind an operand: "::type", "IS NOT NULL", "IN (…)". */
static bool postfix(struct parser *p, bool *ret_good) {
    const char *name;
    size_t n;
    blanks(p);
    *ret_good = true;
    if (p->s[0] == ':' && p->s[1] == ':') {
        p->s += 2;
        *ret_good = type(p);
    } else if (WORD(p, "collate")) {
        blanks(p);
        *ret_good = name_part(p, &name, &n);
    } else if (WORD(p, "at")) {
        *ret_good = WORD(p, "time") && WORD(p, "zone") && primary(p);
    } else if (WORD(p, "is")) {
        (void)WORD(p, "not");
        if (WORD(p, "distinct"))
            *ret_good = WORD(p, "from") && primary(p);
        else
            *ret_good = WORD(p, "unknown") || primary(p);
    } else {
        return false;
    }
    return true;
}

/* "IN (…)", "BETWEEN a AND b": behind NOT, too. */
static bool listed(struct parser *p, bool *ret_good) {
    *ret_good = true;
    if (WORD(p, "in"))
        *ret_good = (blanks(p), *p->s == '(') && primary(p);
    else if (WORD(p, "between"))
        *ret_good = primary(p) && WORD(p, "and") && primary(p);
    else
        return false;
    return true;
}

static bool operand(struct parser *p) {
    bool good;
    while (WORD(p, "not", "binary") || sign(p, '+') || sign(p, '~') ||
           (p->s[0] == '-' && p->s[1] != '-' && sign(p, '-')))
        ;
    if (!primary(p))
        return false;
    while (postfix(p, &good))
        if (!good)
            return false;
    return true;
}

static bool chain(struct parser *p) {
    bool good;
    if (!operand(p))
        return false;
    for (;;) {
        const char *before = p->s;
        bool no = WORD(p, "not");
        if (listed(p, &good)) {
            if (!good)
                return false;
            continue;
        }
        if (WORD(p, "like", "ilike", "regexp", "rlike", "glob", "escape") ||
            (WORD(p, "similar") && WORD(p, "to")) ||
            (!no && (WORD(p, "and", "or", "xor", "div", "mod") || infix_signs(p)))) {
            if (!operand(p))
                return false;
            continue;
        }
        p->s = before;
        return !no;
    }
}

static bool expression(struct parser *p) {
    if (++p->depth > MAX_DEPTH)
        return false;
    bool good = chain(p);
    p->depth--;
    return good;
}

bool wb_plan_is_expression(const char *text, const char *table,
                           const struct wb_plan_words *columns) {
    struct parser p = {.s = text, .columns = columns, .table = table};
    if (!expression(&p))
        return false;
    blanks(&p);
    return !*p.s && (p.mentions || !p.names);
}
