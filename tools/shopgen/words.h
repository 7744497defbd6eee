/* Word lists, and the texts on which copies of databases are known to break. */
#ifndef SHOPGEN_WORDS_H
#define SHOPGEN_WORDS_H

#include <stddef.h>

struct word_list {
    const char *const *word;
    int count;
};

struct word_sample {
    const char *label;
    const char *text;
};

struct word_category {
    const char *name;
    const char *slug;
    int parent; /* number of the parent, from 1; 0: none */
};

struct word_country {
    const char *code;
    const char *name;
    double lat, lon;
};

extern const struct word_list words_first, words_last, words_street, words_city, words_adjective,
    words_thing, words_opinion, words_agent, words_prose;

/* Short texts (at most 120 characters) with one difficulty each. */
extern const struct word_sample word_samples[];
extern const int word_sample_count;

extern const struct word_category word_categories[];
extern const int word_category_count;

extern const struct word_country word_countries[];
extern const int word_country_count;

/* JSON documents that keep their meaning in every database's JSON type. */
extern const struct word_list word_json;

#endif
