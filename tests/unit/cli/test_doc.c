/* What a database held can neither end a table, nor smuggle in markup, nor speak to a terminal. */
#include "cli/doc.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void expect_clean(const char *text, const char *want) {
    WB_CLEANUP_BUF struct wb_buf b = {0};
    wb_doc_add_clean(&b, text);
    assert_string_equal(wb_buf_str(&b), want);
}

static void cleans(void **state) {
    (void)state;
    expect_clean("", "");
    expect_clean("plain ünï😀 text", "plain ünï😀 text");
    expect_clean("a\nb\tc", "a\\nb\\tc");
    expect_clean("\033[31mred\007\177", "\\x1B[31mred\\x07\\x7F");
    expect_clean("bad \xff\xc3( end\xe2\x82", "bad \\xFF\\xC3( end\\xE2\\x82");
    expect_clean("\xc2\x9b"
                 "1m",
                 "\\u009B1m");
    expect_clean("abc\xe2\x80\xae"
                 "cba",
                 "abc\\u202Ecba");
    expect_clean("\xef\xbb\xbfx", "\\uFEFFx");
}

static void expect_shown(const char *value, const char *want) {
    WB_CLEANUP_BUF struct wb_buf b = {0};
    wb_doc_add_value(&b, value);
    assert_string_equal(wb_buf_str(&b), want);
}

static void tells_values_apart(void **state) {
    (void)state;
    expect_shown(NULL, "NULL");
    expect_shown("NULL", "'NULL'");
    expect_shown("", "''");
    expect_shown("-12.50", "-12.50");
    expect_shown("12.", "'12.'");
    expect_shown("-", "'-'");
    expect_shown("1e5", "'1e5'");
    expect_shown(" 1", "' 1'");
    expect_shown("(redacted)", "(redacted)");
}

static void compose(const struct wb_doc_ops *ops, struct wb_buf *out) {
    static const char *const heads[] = {"A|B", "C"};
    struct wb_doc d = {.ops = ops, .out = out};
    ops->begin(&d, "T <i>");
    ops->para(&d, "*hi* & bye", WB_DOC_BAD);
    ops->table(&d, heads, 2);
    ops->row(&d);
    ops->cell(&d, "x | y `z`\n", WB_DOC_PLAIN);
    ops->cell(&d, "</td><script>", WB_DOC_CODE);
    ops->row_end(&d);
    ops->table_end(&d);
    ops->item(&d, "one");
    ops->item(&d, "two");
    ops->code(&d, "a ``` b <x>");
    ops->end(&d);
}

static void markdown_escapes(void **state) {
    (void)state;
    WB_CLEANUP_BUF struct wb_buf b = {0};
    compose(&wb_doc_md, &b);
    assert_string_equal(wb_buf_str(&b), "# T &lt;i\\>\n\n"
                                        "**\\*hi\\* &amp; bye**\n\n"
                                        "| A\\|B | C |\n|---|---|\n"
                                        "| x \\| y \\`z\\`\\\\n | &lt;/td\\>&lt;script\\> |\n\n"
                                        "- one\n- two\n\n"
                                        "````\na ``` b <x>\n````\n\n");
}

static void html_escapes(void **state) {
    (void)state;
    WB_CLEANUP_BUF struct wb_buf b = {0};
    compose(&wb_doc_html, &b);
    const char *s = wb_buf_str(&b);
    assert_non_null(strstr(s, "<title>T &lt;i&gt;</title>"));
    assert_non_null(strstr(s, "<p class=\"bad\">*hi* &amp; bye</p>"));
    assert_non_null(
        strstr(s, "<td>x | y `z`\\n</td><td class=\"code\">&lt;/td&gt;&lt;script&gt;</td>"));
    assert_non_null(
        strstr(s, "<ul>\n<li>one</li>\n<li>two</li>\n</ul>\n<pre>a ``` b &lt;x&gt;</pre>"));
    assert_null(strstr(s, "<script>"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cleans),
        cmocka_unit_test(tells_values_apart),
        cmocka_unit_test(markdown_escapes),
        cmocka_unit_test(html_escapes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
