/* Serves flags and observations without a run, for scenarios and measurements.
 *
 *   flag-server ADDRESS [CERTIFICATE KEY]
 *
 * The token is WHIMBREL_TOKEN's. Prints "listening URL", then obeys lines of its input, each
 * answered by a line "ok" or "error TEXT":
 *
 *   share FLAG N      of 10,000
 *   stage FLAG WORD
 *   seen              "seen N": observations that it counted
 *
 * Ends with its input.
 */
#include "serve/serve.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static uint64_t seen(struct wb_observe *o) {
    uint64_t n = 0;
    for (int side = 0; side < WB_OBSERVE_SIDES; side++) {
        struct wb_observe_sums sums;
        wb_observe_sum(o, (enum wb_observe_side)side, WB_OBSERVE_OPS, &sums);
        n += sums.total;
    }
    return n;
}

static enum wb_code set_stage(struct wb_flags *flags, const char *name, const char *word,
                              struct wb_error *err) {
    enum wb_flag_stage stage;
    if (!wb_flag_stage_parse(word, &stage))
        return wb_error_set(err, WB_E_USAGE, "no stage is called %s", word);
    return wb_flags_set_stage(flags, name, stage, err);
}

static void obey(const char *line, struct wb_serve_ops *ops) {
    char name[128], word[32];
    unsigned share;
    struct wb_error err = {0};
    if (strcmp(line, "seen\n") == 0) {
        printf("seen %" PRIu64 "\n", seen(ops->observe));
        return;
    }
    if (sscanf(line, "share %127s %u", name, &share) == 2)
        wb_flags_set_share(ops->flags, name, share, &err);
    else if (sscanf(line, "stage %127s %31s", name, word) == 2)
        set_stage(ops->flags, name, word, &err);
    else
        wb_error_set(&err, WB_E_USAGE, "unknown: %s", line);
    if (err.code)
        printf("error %s\n", err.text);
    else
        puts("ok");
}

int main(int argc, char **argv) {
    struct wb_arena a = {0};
    struct wb_error err = {0};
    struct wb_serve *server;
    struct wb_serve_opts opts = {.address = argc > 1 ? argv[1] : NULL};
    struct wb_serve_ops ops = {.flags = wb_flags_new(),
                               .observe = wb_observe_new(&wb_clock_system)};
    char line[512];
    if (argc > 3) {
        opts.tls_cert_file = argv[2];
        opts.tls_key_file = argv[3];
    }
    if (wb_serve_token_load(NULL, &a, &opts.token, &err) ||
        wb_serve_start(&opts, &ops, &server, &err)) {
        fprintf(stderr, "flag-server: %s\n", err.text);
        return wb_error_exit_code(err.code);
    }
    setvbuf(stdout, NULL, _IOLBF, 0);
    printf("listening %s\n", wb_serve_url(server));
    while (fgets(line, sizeof line, stdin))
        obey(line, &ops);
    wb_serve_stop(server);
    wb_observe_free(ops.observe);
    wb_flags_free(ops.flags);
    wb_arena_done(&a);
    return 0;
}
