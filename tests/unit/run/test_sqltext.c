/* SQL taken apart into statements. */
#include "run/sqltext.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void parts(void **state) {
    (void)state;
    static const struct {
        const char *text;
        size_t n;
        const char *last;
    } cases[] = {
        {"", 0, NULL},
        {" ; ;-- nothing\n/* nothing; */", 0, NULL},
        {"SELECT 1", 1, "SELECT 1"},
        {"SELECT 1;\n SELECT ';' ;", 2, "SELECT ';'"},
        {"SELECT 'it''s; '; SELECT \"a;b\", `c;d`", 2, "SELECT \"a;b\", `c;d`"},
        {"SELECT 1 -- one; two\n; SELECT /* ; */ 2", 2, "SELECT /* ; */ 2"},
        {"DO $$ BEGIN x; END $$; SELECT 2", 2, "SELECT 2"},
        {"CREATE FUNCTION f() AS $body$ a; $b$ ; $body$; SELECT 2", 2, "SELECT 2"},
        {"CREATE TRIGGER t AFTER INSERT ON a BEGIN UPDATE b SET c = CASE WHEN 1 THEN 2 END; "
         "DELETE FROM d; END; SELECT 2",
         2, "SELECT 2"},
        {"BEGIN; SELECT 1; END; SELECT 2", 4, "SELECT 2"},
        {"SELECT 'open; SELECT 2", 1, "SELECT 'open; SELECT 2"},
        {"SELECT $1; SELECT 2", 2, "SELECT 2"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct wb_arena a = {0};
        const char **list = NULL;
        size_t n = wb_run_statements(cases[i].text, &a, &list);
        assert_int_equal(n, cases[i].n);
        if (n)
            assert_string_equal(list[n - 1], cases[i].last);
        wb_arena_done(&a);
    }
}

static void redacts(void **state) {
    (void)state;
    static const struct {
        const char *text;
        char quote;
        size_t max;
        const char *shown;
    } cases[] = {
        {"UPDATE t1 SET a = 'x''y', b = 12.5 WHERE c=0x1F", '"', 80,
         "UPDATE t1 SET a = ?, b = ? WHERE c=?"},
        {"SELECT \"a\" FROM t -- hush\n WHERE b = $$hush$$", '"', 80,
         "SELECT \"a\" FROM t  WHERE b = ?"},
        {"SELECT \"hush\", `a` # hush\n, 'open hush", '`', 80, "SELECT ?, `a`  , ?"},
        {"  SELECT\n\t1 /* hush */", '"', 80, "SELECT ? "},
        {"SELECT abcdef", '"', 10, "SELECT abc"},
        {"SELECT \"\xc3\xa4\xc3\xa4\"", '"', 9, "SELECT \""},
        {"SELECT `a\xc3\xa4`", '`', 10, "SELECT `a"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct wb_buf b = {0};
        wb_run_redact(cases[i].text, cases[i].quote, cases[i].max, &b);
        assert_string_equal(wb_buf_str(&b), cases[i].shown);
        wb_buf_done(&b);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(parts), cmocka_unit_test(redacts)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
