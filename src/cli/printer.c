#include "cli/printer.h"

#include "base/buf.h"
#include "cli/cli.h"

#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum { PLAIN_EVERY_MS = 5000, RATE_WINDOW_MS = 2000 };

void wb_printer_init(struct wb_printer *p, bool json, bool quiet) {
    *p = (struct wb_printer){.json = json, .quiet = quiet, .tty = !json && isatty(STDERR_FILENO)};
}

void wb_printer_end(struct wb_printer *p) {
    if (p->line_open)
        fputs("\r\033[K", stderr);
    p->line_open = false;
}

void wb_printer_say(struct wb_printer *p, const char *text) {
    wb_cli_log(text);
    if (p->quiet)
        return;
    wb_printer_end(p);
    fprintf(stderr, "%s\n", text);
}

void wb_printer_measure(struct wb_printer *p, uint64_t elapsed_ms, uint64_t rows, uint64_t bytes) {
    uint64_t ms = elapsed_ms - p->rate_ms;
    if (ms < 200 || rows < p->rate_rows)
        return;
    p->rows_per_s = (double)(rows - p->rate_rows) * 1000 / (double)ms;
    p->bytes_per_s = (double)(bytes - p->rate_bytes) * 1000 / (double)ms;
    if (ms < RATE_WINDOW_MS)
        return;
    p->rate_ms = elapsed_ms;
    p->rate_rows = rows;
    p->rate_bytes = bytes;
}

bool wb_printer_due(const struct wb_printer *p, uint64_t elapsed_ms) {
    return !p->quiet && (p->tty || elapsed_ms - p->last_ms >= PLAIN_EVERY_MS);
}

static int columns(void) {
    struct winsize w;
    return ioctl(STDERR_FILENO, TIOCGWINSZ, &w) == 0 && w.ws_col > 20 ? w.ws_col - 1 : 79;
}

void wb_printer_progress(struct wb_printer *p, uint64_t elapsed_ms, const char *text) {
    p->last_ms = elapsed_ms;
    if (!p->tty) {
        wb_printer_say(p, text);
        return;
    }
    fprintf(stderr, "\r%.*s\033[K", columns(), text);
    p->line_open = true;
}

unsigned wb_printer_percent(uint64_t done, uint64_t all) {
    return all == 0 ? 0 : done >= all ? 100 : (unsigned)(done * 100 / all);
}

size_t wb_print_width(const char *s) {
    size_t n = 0;
    for (; *s; s++)
        n += ((unsigned char)*s & 0xC0) != 0x80;
    return n;
}

void wb_print_padded(const char *name, size_t width) {
    size_t own = wb_print_width(name);
    printf("  %s%*s", name, (int)(width > own ? width - own : 0), "");
}

void wb_print_lines(const char *prefix, const char *indent, const char *text) {
    for (;;) {
        const char *nl = strchrnul(text, '\n');
        printf("%s%s%.*s\n", prefix, indent, (int)(nl - text), text);
        if (!*nl)
            return;
        text = nl + 1;
    }
}
