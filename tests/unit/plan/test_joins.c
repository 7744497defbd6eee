/* What a mapping lets be compared within one database, and what it leaves to people. */
#include "plan/expression.h"
#include "plan/joins.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

/* --- As
 * -------------------------------------------------------------------------------------------- */

static bool is_expression(const char *text) {
    const char *items[] = {"name", "first"};
    const struct wb_plan_words columns = {.items = items, .n = 2};
    return wb_plan_is_expression(text, "shop.people", &columns);
}

static void knows_expressions_of_all_dialects(void **state) {
    static const char *const good[] = {
        "trim(name)",
        "lower(people.name)",
        "first || ' ' || last",
        "coalesce(nick, name)",
        "coalesce(nullif(trim(both ' ' from name), ''), 'it''s unknown')",
        "CASE WHEN name IS NULL THEN 'x' WHEN name = 'y' THEN nick ELSE upper(name) END",
        "CASE name WHEN 'a' THEN 1 END",
        "name::varchar(10)",
        "cast(name AS decimal(10, 2)) * 100",
        "name AT TIME ZONE 'UTC'",
        "name IS NOT NULL",
        "name NOT IN ('a', 'b') AND first BETWEEN 1 AND 3",
        "`name` REGEXP '^x'",
        "\"name\" COLLATE \"C\"",
        "convert(name USING utf8mb4)",
        "extract(year FROM name)",
        "name + INTERVAL '1 day'",
        "date_add(name, INTERVAL 1 DAY)",
        "-name % 3",
        "name->>'key'",
        "if(name = '', NULL, name)",
        "regexp_replace(name, '\\D', '', 'g')",
        "(first, name) = ('a', 'b')",
        "0",
        "'shop'",
        "NULL",
    };
    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        if (!is_expression(good[i]))
            fail_msg("%s", good[i]);
}

static void takes_words_and_more_than_a_row_for_none(void **state) {
    static const char *const bad[] = {
        "",
        "first word of name",
        "name, in lower case",
        "name lowercased",
        "lowercased",         /* no column of From */
        "lower(nick)",        /* likewise */
        "lower(other.name)",  /* of another table */
        "trimmed (name",      /* not closed */
        "name)",              /* not opened */
        "'name",              /* not closed */
        "name -- as it was",  /* a comment */
        "name /* or not */",  /* likewise */
        "name; DROP TABLE x", /* a statement */
        "(SELECT max(name) FROM people)",
        "max(name)",
        "string_agg(name, ',')",
        "row_number() OVER (ORDER BY name)",
        "coalesce(name, now())",
        "name || random()",
        "gen_random_uuid()",
        "upper()",
        "name ||",
        "|| name",
        "name = 'a\\'b'", /* servers read this in different ways */
        "name # x",
        "name AND NOT",
        "CASE WHEN name THEN 1",
    };
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (is_expression(bad[i]))
            fail_msg("%s", bad[i]);
}

static void bears_any_depth(void **state) {
    char text[9000];
    (void)state;
    memset(text, '(', 4000);
    strcpy(text + 4000, "name");
    memset(text + 4004, ')', 4000);
    text[8004] = 0;
    assert_false(is_expression(text));
}

/* --- joins
 * ----------------------------------------------------------------------------------------- */

struct read {
    struct wb_plan *plan;
    struct wb_arena a;
    struct wb_plan_joins joins;
};

static const struct wb_plan_clause *clause_of(const struct read *r) {
    return &r->plan->phases[0].labels[0].clauses[0];
}

static void read_plan(struct read *r, const char *mapping, const char *clause) {
    char text[4000];
    int n = snprintf(text, sizeof text,
                     "---\nwhimbrel: 1\nsource: sqlite:a\ntarget: sqlite:a\n---\n# T\n\n"
                     "| From | To | As |\n|---|---|---|\n%s\n\n## Phase 1: A\n\n"
                     "**Integrity check**: %s\n",
                     mapping, clause);
    *r = (struct read){0};
    assert_int_equal(wb_plan_parse("t.md", text, (size_t)n, NULL, &r->plan, NULL), WB_OK);
    assert_true(wb_plan_is_joined(r->plan, clause_of(r)));
    wb_plan_joins(r->plan, clause_of(r), &r->a, &r->joins);
}

static void drop(struct read *r) {
    wb_arena_done(&r->a);
    wb_plan_free(r->plan);
}

#define USERS                                                                   \
    "| `users.id` | `accounts.legacy_user_id` | |\n"                            \
    "| `users.email` | `accounts.mail` | `users.email` |\n"                     \
    "| `users.created_at` | `accounts.made` | |\n"                              \
    "| `users.first`, `users.last` | `profiles.name` | `first \\|\\| last` |\n" \
    "| `users.id` | `profiles.user_id` | |"

static void joins_all_tables_by_their_keys(void **state) {
    struct read r;
    (void)state;
    read_plan(&r, USERS, "checksums match");
    assert_int_equal(clause_of(&r)->reading, WB_READING_AUTO);
    assert_int_equal(r.joins.n, 2);
    assert_int_equal(r.joins.left_out.n + r.joins.unknown.n, 0);
    const struct wb_plan_join *j = &r.joins.items[1];
    assert_string_equal(j->to, "profiles");
    assert_string_equal(j->key_from, "id");
    assert_string_equal(j->key_to, "user_id");
    assert_string_equal(j->columns[0].as, "first || last");
    assert_null(r.joins.items[0].columns[1].as); /* the column itself */
    drop(&r);
}

static void compares_the_columns_that_are_named_alone(void **state) {
    static const char *const clauses[] = {"checksums on email and made columns",
                                          "checksum on `users.email`, `accounts.made`"};
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct read r;
        read_plan(&r, USERS, clauses[i]);
        assert_int_equal(clause_of(&r)->reading, WB_READING_AUTO);
        assert_int_equal(r.joins.n, 1);
        const struct wb_plan_join *j = &r.joins.items[0];
        assert_false(j->columns[0].compared);
        assert_true(j->columns[1].compared && j->columns[2].compared);
        drop(&r);
    }
}

static void tells_a_column_that_is_not_mapped(void **state) {
    struct read r;
    (void)state;
    read_plan(&r, USERS, "checksums on emial and profiles.email columns");
    assert_int_equal(r.joins.unknown.n, 2);
    size_t found = 0;
    for (size_t i = 0; i < r.plan->n_findings; i++) {
        const struct wb_plan_finding *f = &r.plan->findings[i];
        if (f->rule != WB_PLAN_UNKNOWN)
            continue;
        assert_int_equal(f->severity, WB_ERROR);
        found += strstr(f->text, "emial") && strcmp(f->remedy, "did you mean: email") == 0;
    }
    assert_int_equal(found, 1);
    drop(&r);
}

static void leaves_to_people_what_it_cannot_compare(void **state) {
    static const struct {
        const char *row, *clause;
        size_t joins, left_out;
    } cases[] = {
        {"| `users.bio` | `accounts.about` | shortened |", "checksums match", 2, 1},
        {"| `users.bio` | `accounts.about` | shortened |", "checksums on email columns", 1, 0},
        {"| `users.bio` | `notes.text` | |", "20 random rows match", 2, 1}, /* no key */
        {"| `users.bio`, `posts.text` | `accounts.about` | |", "100% row parity", 2, 1},
        {"| `clients.id` | `accounts.client_id` | |", "checksums match", 1, 1}, /* two sources */
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char mapping[1000];
        struct read r;
        snprintf(mapping, sizeof mapping, "%s\n%s", USERS, cases[i].row);
        read_plan(&r, mapping, cases[i].clause);
        assert_int_equal(r.joins.n, cases[i].joins);
        assert_true((r.joins.left_out.n > 0) == (cases[i].left_out > 0));
        assert_int_equal(clause_of(&r)->reading,
                         cases[i].left_out ? WB_READING_MANUAL : WB_READING_AUTO);
        drop(&r);
    }
}

/* --- keys
 * ------------------------------------------------------------------------------------------ */

static void a_key_is_what_the_catalog_knows_and_the_mapping_carries(void **state) {
    struct wb_index_part parts[] = {{.column = 1}, {.column = 0}};
    struct wb_column columns[] = {{.name = "ID", .not_null = true}, {.name = "email"}};
    struct wb_index indexes[] = {{.unique = true, .parts = &parts[0], .n_parts = 1},
                                 {.unique = true, .parts = &parts[1], .n_parts = 1}};
    struct wb_table t = {
        .name = "users", .columns = columns, .n_columns = 2, .indexes = indexes, .n_indexes = 2};
    struct read r;
    size_t *key;
    (void)state;
    read_plan(&r, USERS, "checksums match");
    const struct wb_plan_join *j = &r.joins.items[0];
    assert_int_equal(wb_plan_join_key(j, &t, &r.a, &key), 1); /* email may be NULL */
    assert_string_equal(j->columns[key[0]].to, "legacy_user_id");
    columns[1].not_null = true;
    assert_int_equal(wb_plan_join_key(j, &t, &r.a, &key), 1);
    assert_string_equal(j->columns[key[0]].to, "legacy_user_id"); /* as check has told */
    indexes[1].unique = false;
    assert_int_equal(wb_plan_join_key(j, &t, &r.a, &key), 1);
    assert_string_equal(j->columns[key[0]].to, "mail");
    indexes[1].unique = true;
    indexes[0].where.text = "deleted";
    indexes[1].parts = parts; /* email and id, one of them expression */
    indexes[1].n_parts = 2;
    assert_int_equal(wb_plan_join_key(j, &t, &r.a, &key), 2);
    parts[0].column = -1;
    assert_int_equal(wb_plan_join_key(j, &t, &r.a, &key), 0);
    drop(&r);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(knows_expressions_of_all_dialects),
        cmocka_unit_test(takes_words_and_more_than_a_row_for_none),
        cmocka_unit_test(bears_any_depth),
        cmocka_unit_test(joins_all_tables_by_their_keys),
        cmocka_unit_test(compares_the_columns_that_are_named_alone),
        cmocka_unit_test(tells_a_column_that_is_not_mapped),
        cmocka_unit_test(leaves_to_people_what_it_cannot_compare),
        cmocka_unit_test(a_key_is_what_the_catalog_knows_and_the_mapping_carries),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
