#include "journal/journal.h"

#include "base/str.h"

static const char *const event_words[] = {
#define X(name, word) [WB_EVENT_##name] = word,
    WB_EVENTS(X)
#undef X
};

static const char *const request_words[] = {
#define X(name, word) [WB_REQUEST_##name] = word,
    WB_REQUESTS(X)
#undef X
};

static const char *const answer_words[] = {"done", "refused", "failed"};

/* -1 where it is none of them */
static int find(const char *const *words, size_t n, const char *word) {
    for (size_t i = 0; i < n; i++)
        if (wb_str_eq(words[i], word))
            return (int)i;
    return -1;
}

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

const char *wb_event_word(enum wb_event_kind k) {
    return event_words[k];
}

bool wb_event_parse(const char *word, enum wb_event_kind *ret) {
    int i = find(event_words, COUNT(event_words), word);
    if (i >= 0)
        *ret = (enum wb_event_kind)i;
    return i >= 0;
}

const char *wb_request_word(enum wb_request_kind k) {
    return request_words[k];
}

bool wb_request_parse(const char *word, enum wb_request_kind *ret) {
    int i = find(request_words, COUNT(request_words), word);
    if (i >= 0)
        *ret = (enum wb_request_kind)i;
    return i >= 0;
}

const char *wb_answer_word(enum wb_answer_state s) {
    return answer_words[s];
}

bool wb_answer_parse(const char *word, enum wb_answer_state *ret) {
    int i = find(answer_words, COUNT(answer_words), word);
    if (i >= 0)
        *ret = (enum wb_answer_state)i;
    return i >= 0;
}
