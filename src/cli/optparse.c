/* Long options with help that is written once, beside their names. */
#include "cli/cli.h"

#include "base/str.h"

#include <string.h>

/* Levenshtein distance of two short words. */
static size_t distance(const char *a, size_t n, const char *b) {
    size_t m = strlen(b), row[64];
    if (m >= 64 || n >= 64)
        return 99;
    for (size_t j = 0; j <= m; j++)
        row[j] = j;
    for (size_t i = 1; i <= n; i++) {
        size_t diagonal = row[0];
        row[0] = i;
        for (size_t j = 1; j <= m; j++) {
            size_t best = diagonal + (a[i - 1] != b[j - 1]);
            diagonal = row[j];
            if (row[j] + 1 < best)
                best = row[j] + 1;
            if (row[j - 1] + 1 < best)
                best = row[j - 1] + 1;
            row[j] = best;
        }
    }
    return row[m];
}

static int unknown(const struct wb_optparse *p, const char *name, size_t len) {
    const char *nearest = NULL;
    size_t best = 4;
    for (const struct wb_option *o = p->options; o->name; o++) {
        size_t d = distance(name, len, o->name);
        if (d < best) {
            best = d;
            nearest = o->name;
        }
    }
    if (nearest)
        wb_cli_usage(p->command, "there is no option --%.*s; did you mean --%s?", (int)len, name,
                     nearest);
    else
        wb_cli_usage(p->command, "there is no option --%.*s", (int)len, name);
    return WB_OPT_BAD;
}

static const struct wb_option *find(const struct wb_optparse *p, const char *name, size_t len) {
    for (const struct wb_option *o = p->options; o->name; o++)
        if (strlen(o->name) == len && strncmp(o->name, name, len) == 0)
            return o;
    return NULL;
}

static int take_value(struct wb_optparse *p, const struct wb_option *o, const char *eq) {
    if (!o->value && eq) {
        wb_cli_usage(p->command, "--%s takes no value", o->name);
        return WB_OPT_BAD;
    }
    if (!o->value)
        return o->id;
    if (!eq && p->at >= p->argc) {
        wb_cli_usage(p->command, "--%s wants a value: %s", o->name, o->value);
        return WB_OPT_BAD;
    }
    p->text = eq ? eq + 1 : p->argv[p->at++];
    return o->id;
}

int wb_opt_next(struct wb_optparse *p) {
    if (p->at == 0)
        p->at = 1;
    if (p->at >= p->argc)
        return WB_OPT_END;
    char *arg = p->argv[p->at++];
    if (strcmp(arg, "-h") == 0)
        arg = (char *)"--help";
    if (strncmp(arg, "--", 2) != 0) {
        if (arg[0] == '-' && arg[1]) {
            wb_cli_usage(p->command, "there is no option %s; options are long ones, such as --help",
                         arg);
            return WB_OPT_BAD;
        }
        p->text = arg;
        return WB_OPT_POSITIONAL;
    }
    const char *name = arg + 2, *eq = strchr(name, '=');
    size_t len = eq ? (size_t)(eq - name) : strlen(name);
    const struct wb_option *o = find(p, name, len);
    return o ? take_value(p, o, eq) : unknown(p, name, len);
}

static void help_lines(FILE *to, const char *text, bool own_line) {
    if (own_line)
        fprintf(to, "\n%27s", "");
    for (;;) {
        const char *nl = strchrnul(text, '\n');
        fprintf(to, "%.*s\n", (int)(nl - text), text);
        if (!*nl)
            return;
        text = nl + 1;
        fprintf(to, "%27s", "");
    }
}

void wb_opt_help(FILE *to, const struct wb_option *options) {
    for (const struct wb_option *o = options; o->name; o++) {
        char left[64];
        snprintf(left, sizeof left, "--%s%s%s", o->name, o->value ? " " : "",
                 o->value ? o->value : "");
        fprintf(to, "  %-24s ", left);
        help_lines(to, o->help, strlen(left) > 24);
    }
}
