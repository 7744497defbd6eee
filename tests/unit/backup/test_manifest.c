/* Manifests and folders of backups: what is written is read again; what is no manifest, of a newer
 * format, old, damaged or of another database does not count. */
#include "backup/backup.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static char dir[200];

static int make_folder(void **state) {
    (void)state;
    const char *tmp = getenv("WB_TMP");
    snprintf(dir, sizeof dir, "%s/backups.XXXXXX", tmp ? tmp : "/tmp");
    return mkdtemp(dir) ? 0 : -1;
}

static int remove_folder(void **state) {
    (void)state;
    char command[300];
    snprintf(command, sizeof command, "rm -rf '%s'", dir);
    return system(command);
}

static void put(const char *path, const char *text) {
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    fputs(text, f);
    assert_int_equal(fclose(f), 0);
}

static const char *in(const char *folder, const char *file) {
    static char path[2][500];
    static int turn;
    turn = !turn;
    snprintf(path[turn], sizeof path[turn], "%s/%s%s%s", dir, folder, *file ? "/" : "", file);
    return path[turn];
}

enum { NOW_S = 1700000000 };

/* A backup folder whose file holds "hello". */
static void make(const char *name, const char *identity, int64_t verified_us) {
    struct wb_native_file file = {
        .name = "shop.dump",
        .bytes = 5,
        .sha256 = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824"};
    struct wb_backup_table tables[] = {
        {.schema = "public",
         .name = "sale \"1\"",
         .before = {.lo = 7, .hi = 1, .rows = 3},
         .restored = {.lo = 7, .hi = 1, .rows = 3},
         .has_digest = true,
         .how = WB_BACKUP_BY_DIGEST,
         .result = WB_BACKUP_EQUAL},
        {.schema = "",
         .name = "line",
         .before.rows = 5,
         .after.rows = 9,
         .restored.rows = 7,
         .how = WB_BACKUP_BY_BOUNDS,
         .result = WB_BACKUP_UNSURE},
    };
    struct wb_backup b = {
        .engine = "postgresql",
        .identity = identity,
        .url = "postgresql://a:***@b/shop",
        .method = "restored",
        .verified = verified_us != 0,
        .verified_us = verified_us,
        .moment_us = 1234567000,
        .restore_ms = 1500,
        .rows = 8,
        .bytes = 5,
        .files = &file,
        .n_files = 1,
        .tables = tables,
        .n_tables = 2,
    };
    WB_CLEANUP_BUF struct wb_buf text = {0};
    wb_backup_json(&b, &text);
    assert_int_equal(mkdir(in(name, ""), 0700), 0);
    put(in(name, "manifest.json"), wb_buf_str(&text));
    put(in(name, "shop.dump"), "hello");
}

static void is_read_as_it_was_written(void **state) {
    (void)state;
    struct wb_backup b = {0};
    struct wb_error err = {0};
    make("shop-20260101T000000Z", "id/shop", (int64_t)NOW_S * 1000000 + 250000);
    assert_int_equal(wb_backup_read(in("shop-20260101T000000Z", ""), &b, &err), WB_OK);
    assert_string_equal(b.identity, "id/shop");
    assert_true(b.verified);
    assert_int_equal(b.verified_us, (int64_t)NOW_S * 1000000 + 250000);
    assert_int_equal(b.moment_us, 1234567000);
    assert_int_equal(b.restore_ms, 1500);
    assert_int_equal(b.n_files, 1);
    assert_int_equal(b.files[0].bytes, 5);
    assert_int_equal(b.n_tables, 2);
    assert_string_equal(b.tables[0].schema, "public");
    assert_string_equal(b.tables[0].name, "sale \"1\"");
    assert_true(b.tables[0].has_digest);
    assert_true(wb_digest_equal(&b.tables[0].before, &b.tables[0].restored));
    assert_int_equal(b.tables[0].before.lo, 7);
    assert_int_equal(b.tables[0].before.hi, 1);
    assert_int_equal(b.tables[1].how, WB_BACKUP_BY_BOUNDS);
    assert_int_equal(b.tables[1].after.rows, 9);
    assert_int_equal(b.tables[1].result, WB_BACKUP_UNSURE);
    assert_int_equal(wb_backup_check_files(&b, NULL, &err), WB_OK);
    WB_CLEANUP_BUF struct wb_buf again = {0};
    wb_backup_json(&b, &again);
    struct wb_backup c = {0};
    put(in("shop-20260101T000000Z", "manifest.json"), wb_buf_str(&again));
    assert_int_equal(wb_backup_read(in("shop-20260101T000000Z", "manifest.json"), &c, &err), WB_OK);
    assert_int_equal(c.verified_us, b.verified_us);
    wb_backup_done(&c);
    wb_backup_done(&b);
}

static void what_is_no_manifest_is_refused(void **state) {
    (void)state;
    static const struct {
        const char *text;
        enum wb_code code;
    } cases[] = {
        {"", WB_E_IO},
        {"{", WB_E_IO},
        {"[]", WB_E_IO},
        {"{\"format\": 2}", WB_E_FORMAT},
        {"{\"format\": 1}", WB_E_IO},
        {"{\"format\": 1, \"engine\": \"sqlite\", \"identity\": \"x\", \"files\": [], \"tables\": "
         "[]}",
         WB_E_IO},
        {"{\"format\": 1, \"engine\": \"sqlite\", \"identity\": \"x\", \"files\": [{\"name\": "
         "\"../x\", \"bytes\": 1, \"sha256\": "
         "\"2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824\"}], \"tables\": []}",
         WB_E_IO},
        {"{\"format\": 1, \"engine\": \"sqlite\", \"identity\": \"x\", \"files\": [{\"name\": "
         "\"x\", \"bytes\": 1, \"sha256\": \"2cf2\"}], \"tables\": []}",
         WB_E_IO},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct wb_backup b = {0};
        struct wb_error err = {0};
        put(in("m.json", ""), cases[i].text);
        assert_int_equal(wb_backup_read(in("m.json", ""), &b, &err), cases[i].code);
        wb_backup_done(&b);
    }
    struct wb_backup b = {0};
    assert_int_equal(wb_backup_read(in("nothing", ""), &b, NULL), WB_E_NOT_FOUND);
}

static bool counts(const char *identity, int64_t age_ms, char *why, size_t size) {
    return wb_backup_find(dir, identity, age_ms, (int64_t)NOW_S * 1000000, NULL, why, size);
}

static void only_a_proven_young_whole_one_of_this_database_counts(void **state) {
    (void)state;
    char why[500];
    const int64_t hour_ms = 3600 * 1000, hour_us = hour_ms * 1000;
    const int64_t now_us = (int64_t)NOW_S * 1000000;
    assert_false(counts("id/shop", hour_ms, why, sizeof why));
    make("a-20260101T000000Z", "id/shop", now_us - hour_us);
    assert_true(counts("id/shop", hour_ms, why, sizeof why));
    assert_false(counts("id/shop", hour_ms - 1, why, sizeof why));
    assert_non_null(strstr(why, "too long"));
    assert_false(counts("id/other", hour_ms, why, sizeof why));
    make("a-20260101T000001Z", "id/shop", 0);
    make("a-20260101T000002Z.part", "id/shop", now_us);
    assert_true(counts("id/shop", hour_ms, why, sizeof why));
    assert_non_null(strstr(why, "000000Z"));
    make("a-20260101T000003Z", "id/shop", now_us + hour_us);
    assert_true(counts("id/shop", hour_ms, why, sizeof why));
    assert_non_null(strstr(why, "000000Z"));

    put(in("a-20260101T000000Z", "shop.dump"), "hallo");
    assert_false(counts("id/shop", hour_ms, why, sizeof why));
    struct wb_backup b = {0};
    assert_int_equal(wb_backup_read(in("a-20260101T000000Z", ""), &b, NULL), WB_OK);
    assert_false(b.verified);
    assert_non_null(strstr(b.failure, "bytes that were written"));
    wb_backup_done(&b);
    put(in("a-20260101T000000Z", "shop.dump"), "hello"); /* too late: it has to be proven again */
    assert_false(counts("id/shop", hour_ms, why, sizeof why));
}

static void the_newest_comes_first(void **state) {
    (void)state;
    struct wb_arena a = {0};
    const char *const *list;
    size_t n;
    make("b-20250101T000000Z", "x", 0);
    make("a-20260101T000000Z", "x", 0);
    make("c-20240101T000000Z", "x", 0);
    assert_int_equal(mkdir(in("d-20270101T000000Z", ""), 0700), 0); /* without a manifest */
    assert_int_equal(wb_backup_list(dir, &a, &list, &n, NULL), WB_OK);
    assert_int_equal(n, 3);
    assert_non_null(strstr(list[0], "a-2026"));
    assert_non_null(strstr(list[2], "c-2024"));
    assert_int_equal(wb_backup_list(list[1], &a, &list, &n, NULL), WB_OK);
    assert_int_equal(n, 1);
    assert_int_equal(wb_backup_list(in("nothing", ""), &a, &list, &n, NULL), WB_E_NOT_FOUND);
    wb_arena_done(&a);
}

#define IN_A_FOLDER(test) cmocka_unit_test_setup_teardown(test, make_folder, remove_folder)

int main(void) {
    const struct CMUnitTest tests[] = {
        IN_A_FOLDER(is_read_as_it_was_written),
        IN_A_FOLDER(what_is_no_manifest_is_refused),
        IN_A_FOLDER(only_a_proven_young_whole_one_of_this_database_counts),
        IN_A_FOLDER(the_newest_comes_first),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
