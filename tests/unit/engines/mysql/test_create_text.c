/* SHOW CREATE TABLE taken apart, as MariaDB and MySQL print it. */
#include "engines/mysql/create_text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static const char mariadb[] =
    "CREATE TEMPORARY TABLE `a(b,``c` (\n"
    "  `id` int(11) NOT NULL AUTO_INCREMENT,\n"
    "  `t` longtext CHARACTER SET utf8mb4 COLLATE utf8mb4_bin DEFAULT 'it\\'s, a DEFAULT (' "
    "COMMENT 'x, ) DEFAULT 5 CHECK (`t`)',\n"
    "  `g` int(11) GENERATED ALWAYS AS (if(`m` > 0,'a)',`m`)) STORED,\n"
    "  `d` datetime(6) DEFAULT current_timestamp(6) ON UPDATE current_timestamp(6),\n"
    "  `e` varchar(9) DEFAULT (1 + (2)) CHECK (`e` <> ')' and `m` in (1,2)),\n"
    "  `m` int(11) DEFAULT NULL,\n"
    "  `q``r` varchar(3) DEFAULT 'a''b',\n"
    "  `n` int(11) DEFAULT -1,\n"
    "  `u` set('a,b','c') DEFAULT _latin1'a b',\n"
    "  PRIMARY KEY (`id`),\n"
    "  KEY `CONSTRAINT ``x` (`t`(10) DESC),\n"
    "  CONSTRAINT `fk` FOREIGN KEY (`m`) REFERENCES `o` (`id`) ON DELETE CASCADE,\n"
    "  CONSTRAINT `none` FOREIGN KEY (`m`) REFERENCES `o` (`id`),\n"
    "  CONSTRAINT `both` FOREIGN KEY (`m`) REFERENCES `o` (`id`) ON DELETE SET NULL ON UPDATE NO "
    "ACTION,\n"
    "  CONSTRAINT `one``1` CHECK (octet_length(`t`) = 2 and `t` <> '\360\237\230\200)'),\n"
    "  CONSTRAINT `two` CHECK (`m` > 0)\n"
    ") ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COMMENT='CONSTRAINT `no` CHECK (1)'";

static struct wb_arena arena;

static int stop(void **state) {
    (void)state;
    wb_arena_done(&arena);
    return 0;
}

static void is(const char *got, const char *want) {
    if (want)
        assert_string_equal(got ? got : "(none)", want);
    else
        assert_null(got);
}

static void column_is(const char *create, const char *name, const char *value,
                      const char *generated_as, const char *check) {
    struct wb_mysql_create_column c;
    assert_true(wb_mysql_create_column(create, name, &arena, &c));
    is(c.default_, value);
    is(c.generated_as, generated_as);
    is(c.check, check);
}

static void columns(void **state) {
    (void)state;
    struct wb_mysql_create_column c;
    column_is(mariadb, "id", NULL, NULL, NULL);
    column_is(mariadb, "t", "'it\\'s, a DEFAULT ('", NULL, NULL);
    column_is(mariadb, "g", NULL, "if(`m` > 0,'a)',`m`)", NULL);
    column_is(mariadb, "d", "current_timestamp(6)", NULL, NULL);
    column_is(mariadb, "e", "(1 + (2))", NULL, "`e` <> ')' and `m` in (1,2)");
    column_is(mariadb, "m", "NULL", NULL, NULL);
    column_is(mariadb, "q`r", "'a''b'", NULL, NULL);
    column_is(mariadb, "n", "-1", NULL, NULL);
    column_is(mariadb, "u", "_latin1'a b'", NULL, NULL);
    assert_false(wb_mysql_create_column(mariadb, "two", &arena, &c));
    assert_false(wb_mysql_create_column(mariadb, "", &arena, &c));
}

static void checks(void **state) {
    (void)state;
    struct wb_mysql_create_check c;
    const char *at = mariadb;
    assert_true(wb_mysql_create_next_check(&at, &arena, &c));
    is(c.name, "one`1");
    is(c.expr, "octet_length(`t`) = 2 and `t` <> '\360\237\230\200)'");
    assert_false(c.not_enforced);
    assert_true(wb_mysql_create_next_check(&at, &arena, &c));
    is(c.name, "two");
    is(c.expr, "`m` > 0");
    assert_false(wb_mysql_create_next_check(&at, &arena, &c));
    assert_false(wb_mysql_create_next_check(&at, &arena, &c));
}

static void actions_are(const char *name, const char *on_delete, const char *on_update) {
    struct wb_mysql_create_actions told;
    assert_true(wb_mysql_create_actions(mariadb, name, &arena, &told));
    is(told.on_delete, on_delete);
    is(told.on_update, on_update);
}

static void actions(void **state) {
    (void)state;
    struct wb_mysql_create_actions told;
    actions_are("fk", "CASCADE", NULL);
    actions_are("none", NULL, NULL);
    actions_are("both", "SET NULL", "NO ACTION");
    assert_false(wb_mysql_create_actions(mariadb, "two", &arena, &told));
    assert_false(wb_mysql_create_actions(mariadb, "id", &arena, &told));
}

static void of_mysql(void **state) {
    (void)state;
    static const char create[] =
        "CREATE TABLE `t` (\n"
        "  `a` varchar(9) DEFAULT (concat(_utf8mb4'a',_utf8mb4'b')),\n"
        "  `g` int GENERATED ALWAYS AS ((`a` * 2)) VIRTUAL /*!80023 INVISIBLE */,\n"
        "  CONSTRAINT `c` CHECK ((`a` > 0)) /*!80016 NOT ENFORCED */\n"
        ") ENGINE=InnoDB";
    struct wb_mysql_create_check c;
    const char *at = create;
    column_is(create, "a", "(concat(_utf8mb4'a',_utf8mb4'b'))", NULL, NULL);
    column_is(create, "g", NULL, "(`a` * 2)", NULL);
    assert_true(wb_mysql_create_next_check(&at, &arena, &c));
    is(c.expr, "(`a` > 0)");
    assert_true(c.not_enforced);
}

/* What is cut off in the middle ends there. */
static void cut_off(void **state) {
    (void)state;
    for (size_t n = 0; n < sizeof mariadb; n++) {
        struct wb_mysql_create_column column;
        struct wb_mysql_create_check check;
        const char *create = wb_arena_strndup(&arena, mariadb, n), *at = create;
        wb_mysql_create_column(create, "u", &arena, &column);
        for (int i = 0; wb_mysql_create_next_check(&at, &arena, &check); i++)
            assert_true(i < 2);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(columns),  cmocka_unit_test(checks),  cmocka_unit_test(actions),
        cmocka_unit_test(of_mysql), cmocka_unit_test(cut_off),
    };
    return cmocka_run_group_tests(tests, NULL, stop);
}
