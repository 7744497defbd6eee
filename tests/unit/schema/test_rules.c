#include "schema/rules.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static struct wb_error err;

static int setup(void **state) {
    *state = wb_rules_new();
    return 0;
}

static int teardown(void **state) {
    wb_rules_free(*state);
    return 0;
}

static void includes_and_excludes(void **state) {
    struct wb_rules *r = *state;
    assert_true(wb_rules_selects(r, "shop", "orders")); /* without rules, all */
    wb_rules_add_exclude(r, "log_*", &err);
    assert_true(wb_rules_selects(r, "shop", "orders"));
    assert_false(wb_rules_selects(r, "shop", "log_1"));
    wb_rules_add_include(r, "shop.*", &err);
    assert_true(wb_rules_selects(r, "shop", "orders"));
    assert_false(wb_rules_selects(r, "other", "orders"));
    assert_false(wb_rules_selects(r, "shop", "log_1")); /* exclude wins */
    assert_false(wb_rules_selects(r, NULL, "orders"));
    assert_int_equal(wb_rules_add_include(r, "", &err), WB_E_RULE);
}

static void renames(void **state) {
    struct wb_rules *r = *state;
    wb_rules_add_rename(r, "orders=sales", &err);
    wb_rules_add_rename(r, "shop.items=goods", &err);
    wb_rules_add_rename(r, "orders.total=sum", &err);
    wb_rules_add_rename(r, "a.b.c=d", &err);
    assert_string_equal(wb_rules_table_name(r, "shop", "orders"), "sales");
    assert_string_equal(wb_rules_table_name(r, "shop", "items"), "goods");
    assert_string_equal(wb_rules_table_name(r, "other", "items"), "items");
    assert_string_equal(wb_rules_column_name(r, "orders", "total"), "sum");
    assert_string_equal(wb_rules_column_name(r, "items", "total"), "total");
    assert_string_equal(wb_rules_column_name(r, "a.b", "c"),
                        "d"); /* names with dots need no quotes */
    static const char *const bad[] = {"orders", "=x", "orders=", ""};
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(wb_rules_add_rename(r, bad[i], &err), WB_E_RULE);
        assert_non_null(strstr(err.text, bad[i]));
        assert_non_null(strstr(err.hint, "OLD=NEW"));
    }
}

static const char *cast(const struct wb_rules *r, const char *column, const char *native) {
    struct wb_type t = {.kind = WB_KIND_INT, .native = native};
    const char *to = wb_rules_cast(r, "orders", column, &t);
    return to ? to : "";
}

static void casts_by_type(void **state) {
    struct wb_rules *r = *state;
    wb_rules_add_cast(r, "type:TINYINT (1)=smallint", &err);
    wb_rules_add_cast(r, "type:int=bigint", &err);
    wb_rules_add_cast(r, "type:bigint unsigned=numeric(20)", &err);
    wb_rules_add_cast(r, "type:enum('a=b')= text", &err);
    assert_string_equal(cast(r, "c", "tinyint(1)"), "smallint");
    assert_string_equal(cast(r, "c", "tinyint(4)"), "");
    assert_string_equal(cast(r, "c", "int(11)"), "bigint");
    assert_string_equal(cast(r, "c", "INT"), "bigint");
    assert_string_equal(cast(r, "c", "int(10) unsigned"), "");
    assert_string_equal(cast(r, "c", "bigint(20) unsigned"), "numeric(20)");
    assert_string_equal(cast(r, "c", "enum('a=b')"), "text");
    assert_string_equal(cast(r, "c", "point"), "");
}

static void a_column_is_stronger_than_a_type(void **state) {
    struct wb_rules *r = *state;
    wb_rules_add_cast(r, "column:orders.total=numeric(12,2)", &err);
    wb_rules_add_cast(r, "type:double(8,2)=real", &err);
    wb_rules_add_cast(r, "type:double=text", &err);
    assert_string_equal(cast(r, "total", "double(8,2)"), "numeric(12,2)");
    assert_string_equal(cast(r, "other", "double(8,2)"), "real");
    assert_string_equal(cast(r, "other", "double"), "text");
    wb_rules_add_cast(r, "type:double=json", &err);
    assert_string_equal(cast(r, "other", "double"), "json"); /* of two, the last */
    assert_null(wb_rules_unused(r));
}

static void malformed_casts_quote_the_rule_and_tell_the_form(void **state) {
    struct wb_rules *r = *state;
    static const char *const bad[] = {
        "foo", "type:int", "type:=int", "type:int=", "column:total=int", "kind:x=y", "type:int=  "};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_int_equal(wb_rules_add_cast(r, bad[i], &err), WB_E_RULE);
        assert_non_null(strstr(err.text, bad[i]));
        assert_non_null(strstr(err.hint, "--cast 'type:tinyint(1)=smallint'"));
    }
    assert_null(wb_rules_unused(r)); /* none was taken */
}

static void cast_files(void **state) {
    struct wb_rules *r = *state;
    char path[] = "/tmp/wb_rules_XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    const char *text = "# casts\n\n  type:int=bigint  # all of them\r\ncolumn:orders.total=text\n";
    assert_int_equal(write(fd, text, strlen(text)), strlen(text));
    assert_int_equal(wb_rules_add_cast_file(r, path, &err), WB_OK);
    assert_string_equal(cast(r, "c", "int"), "bigint");
    assert_string_equal(cast(r, "total", "int"), "text");
    assert_int_equal(write(fd, "nonsense", 8), 8);
    assert_int_equal(wb_rules_add_cast_file(r, path, &err), WB_E_RULE);
    char where[64];
    snprintf(where, sizeof where, "%s:5: ", path);
    assert_non_null(strstr(err.text, where));
    close(fd);
    unlink(path);
    assert_int_equal(wb_rules_add_cast_file(r, path, &err), WB_E_IO);
}

static void unused_rules_are_found(void **state) {
    struct wb_rules *r = *state;
    wb_rules_add_include(r, "orders", &err);
    wb_rules_add_cast(r, "type:int=bigint", &err);
    wb_rules_selects(r, "shop", "orders");
    assert_string_equal(wb_rules_unused(r), "--cast type:int=bigint");
    cast(r, "c", "int");
    assert_null(wb_rules_unused(r));
    wb_rules_add_rename(r, "nobody=x", &err);
    wb_rules_table_name(r, "shop", "orders");
    assert_string_equal(wb_rules_unused(r), "--rename nobody=x");
}

static void equal_rules_have_equal_texts(void **state) {
    struct wb_rules *r = *state, *other = wb_rules_new();
    struct wb_arena a = {0};
    wb_rules_add_include(r, "x", &err);
    wb_rules_add_rename(r, "a=b", &err);
    wb_rules_add_rename(other, "a=b", &err);
    wb_rules_add_include(other, "x", &err);
    assert_string_equal(wb_rules_text(r, &a),
                        wb_rules_text(other, &a)); /* in whatever order of options */
    wb_rules_add_exclude(other, "x", &err);
    assert_string_not_equal(wb_rules_text(r, &a), wb_rules_text(other, &a));
    wb_arena_done(&a);
    wb_rules_free(other);
    wb_rules_free(NULL);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(includes_and_excludes),
        TEST(renames),
        TEST(casts_by_type),
        TEST(a_column_is_stronger_than_a_type),
        TEST(malformed_casts_quote_the_rule_and_tell_the_form),
        TEST(cast_files),
        TEST(unused_rules_are_found),
        TEST(equal_rules_have_equal_texts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
