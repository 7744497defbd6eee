/* Scripts of a plan: what they said, and that each ends when it should. */
#include "run/inside.h"

#include "base/str.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <unistd.h>

#include <cmocka.h>

static struct wb_run_opts opts = {.shell = WB_RUN_ALLOW_SHELL};
static struct wb_run run = {.opts = &opts};

static struct wb_job script(const char *text, int64_t timeout_ms) {
    struct wb_job job = {.run = &run};
    wb_run_script(&job, text, timeout_ms);
    return job;
}

static void tells_exit_code_and_last_line(void **state) {
    (void)state;
    static const struct {
        const char *text, *why;
        enum wb_job_result result;
    } cases[] = {
        {"echo one; echo two", "exit code 0: two", WB_JOB_DONE},
        {"true", "exit code 0", WB_JOB_DONE},
        {"printf 'no end'; echo; echo; exit 3", "exit code 3: no end", WB_JOB_FAILED},
        {"echo before; false; echo behind", "exit code 1: before", WB_JOB_FAILED},
        {"echo to standard error >&2; kill -9 $$", "ended by signal 9: to standard error",
         WB_JOB_FAILED},
        {"seq 1 200000", "exit code 0: 200000", WB_JOB_DONE},
        {"read x || echo nothing to read", "exit code 0: nothing to read", WB_JOB_DONE},
        {"yes | head -n 1", "exit code 0: y", WB_JOB_DONE},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct wb_job job = script(cases[i].text, 0);
        assert_string_equal(job.why, cases[i].why);
        assert_int_equal(job.result, cases[i].result);
        assert_false(job.nothing_done);
    }
}

static void a_long_line_loses_its_beginning(void **state) {
    (void)state;
    struct wb_job job = script("head -c 1000 /dev/zero | tr '\\0' a; echo z", 0);
    assert_int_equal(job.result, WB_JOB_DONE);
    assert_true(strlen(job.why) > 300 && job.why[strlen(job.why) - 1] == 'z');
}

/* Without an end of its own the test would never end. */
static void is_over_when_its_shell_is(void **state) {
    (void)state;
    struct wb_job job = script("sleep 100000 & echo $!", 0);
    assert_int_equal(job.result, WB_JOB_DONE);
    long left = strtol(strstr(job.why, ": ") + 2, NULL, 10);
    assert_int_equal(kill((pid_t)left, SIGKILL), 0); /* it was left alone */
}

static bool is_gone(long pid) {
    for (unsigned i = 0; i < 600; i++) {
        if (kill((pid_t)pid, 0) != 0)
            return true;
        char path[64], line[400] = "";
        snprintf(path, sizeof path, "/proc/%ld/stat", pid);
        FILE *f = fopen(path, "r");
        if (!f)
            return true;
        bool zombie = fgets(line, sizeof line, f) && strstr(line, ") Z ");
        fclose(f);
        if (zombie)
            return true;
        wb_clock_sleep_ms(50);
    }
    return false;
}

static void a_late_one_is_stopped_with_all_it_began(void **state) {
    (void)state;
    static const char *const texts[] = {
        "exec sleep 100000",
        "exec yes", /* there is always more to read */
        "exec >/dev/null 2>&1; sleep 100000; true", /* nobody holds its output */
        "trap '' TERM; sleep 100000 & while :; do wait; done",
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct wb_job job = script(texts[i], 100);
        assert_string_equal(job.why, "it took longer than 0.10 s, and was stopped");
        assert_int_equal(job.result, WB_JOB_FAILED);
        assert_false(job.nothing_done);
    }
}

static void one_that_is_not_wanted_any_more_is_stopped(void **state) {
    (void)state;
    char folder[] = "/tmp/wb-script.XXXXXX", text[400], path[64];
    assert_non_null(mkdtemp(folder));
    snprintf(text, sizeof text, "sleep 100000 & echo $! > %s/pid; trap 'exit 0' TERM; wait",
             folder);
    struct wb_job job = {.run = &run};
    wb_cancel_request(&job.cancel, SIGTERM);
    wb_run_script(&job, text, 0);
    assert_string_equal(job.why, "it was stopped");
    assert_true(job.canceled);
    assert_int_equal(job.result, WB_JOB_FAILED); /* whatever it made of its end */
    snprintf(path, sizeof path, "%s/pid", folder);
    FILE *f = fopen(path, "r");
    long pid = 0;
    if (f) { /* it came so far */
        if (fscanf(f, "%ld", &pid) == 1)
            assert_true(is_gone(pid));
        fclose(f);
        assert_int_equal(unlink(path), 0);
    }
    assert_int_equal(rmdir(folder), 0);
}

static void only_where_it_may(void **state) {
    (void)state;
    opts.shell = WB_RUN_NO_SHELL;
    struct wb_job job = script("true", 0);
    opts.shell = WB_RUN_ALLOW_SHELL;
    assert_int_equal(job.result, WB_JOB_FAILED);
    assert_true(job.nothing_done);
    assert_non_null(strstr(job.why, "--allow-shell"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tells_exit_code_and_last_line),
        cmocka_unit_test(a_long_line_loses_its_beginning),
        cmocka_unit_test(is_over_when_its_shell_is),
        cmocka_unit_test(a_late_one_is_stopped_with_all_it_began),
        cmocka_unit_test(one_that_is_not_wanted_any_more_is_stopped),
        cmocka_unit_test(only_where_it_may),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
