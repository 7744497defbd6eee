/* Any text as a URL: it is refused with a reason, or its parts are whole and its password is not
 * shown. */
#include "model/url.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static size_t length(const char *s) {
    return s ? strlen(s) : 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct wb_arena a = {0};
    struct wb_error err = {0};
    struct wb_url u;
    char *text = malloc(size + 1);
    if (!text)
        return 0;
    memcpy(text, data, size);
    text[size] = 0;
    if (wb_url_parse(text, &a, &u, &err) == WB_OK) {
        size_t sum = length(u.user) + length(u.password) + length(u.host) + length(u.database);
        for (size_t i = 0; i < u.n_params; i++)
            sum += length(wb_url_param(&u, u.params[i].name));
        if (!u.scheme || !u.redacted || sum > (u.n_params + 1) * (size + 1))
            abort();
        /* A password of some length, found nowhere else in the URL, must not be in what is shown.
         */
        const char *at = u.password && strlen(u.password) > 3 ? strstr(text, u.password) : NULL;
        if (at && !strstr(at + 1, u.password) && strstr(u.redacted, u.password))
            abort();
    } else if (err.code != WB_E_URL || !*err.text) {
        abort();
    }
    wb_arena_done(&a);
    free(text);
    return 0;
}
