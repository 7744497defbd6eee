/* The command that repeats a verification. */
#include "cli/verify_args.h"

#include <string.h>

static void quote(struct wb_buf *to, const char *word) {
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                "0123456789_-+=./:,@%";
    if (*word && word[strspn(word, plain)] == 0) {
        wb_buf_adds(to, word);
        return;
    }
    wb_buf_addc(to, '\'');
    for (; *word; word++) {
        if (*word == '\'')
            wb_buf_adds(to, "'\\''");
        else
            wb_buf_addc(to, *word);
    }
    wb_buf_addc(to, '\'');
}

static void add_quoted(struct wb_buf *to, const char *word) {
    wb_buf_addc(to, ' ');
    quote(to, word);
}

/* Without a password, so that it can be run again with one from the environment. */
static void add_url(struct wb_buf *to, const struct wb_url *u, bool whole) {
    WB_CLEANUP_BUF struct wb_buf b = {0};
    const char *secret = strstr(u->redacted, ":***@");
    if (secret)
        wb_buf_addf(&b, "%.*s%s", (int)(secret - u->redacted), u->redacted, secret + 4);
    else
        wb_buf_adds(&b, u->redacted);
    wb_buf_adds(to, whole ? " " : "");
    quote(to, wb_buf_str(&b));
}

/* The URL that this argument is, or ends with (--replica=URL); NULL: none. */
static const struct wb_url *url_in(const struct wb_verify_args *a, const char *argument,
                                   const char **ret_text) {
    const char *end = argument + strlen(argument);
    for (size_t i = 0; i < a->n_urls + a->n_replicas; i++) {
        bool side = i < a->n_urls;
        const char *text = side ? a->urls[i] : a->replicas[i - a->n_urls];
        if (text < argument || text > end)
            continue;
        *ret_text = text;
        return side ? &a->url[i] : &a->replica_url[i - a->n_urls];
    }
    return NULL;
}

const char *wb_verify_args_command(struct wb_verify_args *a, int argc, char **argv,
                                   enum wb_verify_command which) {
    WB_CLEANUP_BUF struct wb_buf b = {0};
    wb_buf_adds(&b, "whimbrel verify");
    for (int i = 1; i < argc; i++) {
        const char *text = NULL;
        const struct wb_url *url = url_in(a, argv[i], &text);
        bool repairs = strcmp(argv[i], "--repair") == 0 || strcmp(argv[i], "--execute") == 0;
        if (repairs && which == WB_VERIFY_COMMAND_AGAIN)
            continue;
        if (url && text > argv[i])
            wb_buf_addf(&b, " %.*s", (int)(text - argv[i]), argv[i]);
        if (url)
            add_url(&b, url, text == argv[i]);
        else
            add_quoted(&b, argv[i]);
    }
    return wb_arena_strdup(&a->arena, wb_buf_str(&b));
}
