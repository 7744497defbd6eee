/* What the shop sells: categories, products, their pictures, and what customers say about them. */
#include "shop.h"
#include "words.h"

#include <stdlib.h>

#define DESCRIPTION_LONG_BYTES 200000
#define IMAGE_BYTES_MAX 6000

void fill_categories(const struct shop *shop, struct sink *k) {
    (void)shop;
    for (int i = 0; i < word_category_count; i++) {
        put_int(k, i + 1);
        if (word_categories[i].parent)
            put_int(k, word_categories[i].parent);
        else
            put_null(k);
        put_text(k, word_categories[i].name);
        put_text(k, word_categories[i].slug);
        put_int(k, (i * 7) % 10 - 3);
        put_row(k);
    }
}

int64_t shop_product_price(const struct shop *shop, int64_t product) {
    struct rng r = rng_for(shop->seed, STREAM_PRODUCT, (uint64_t)product << 1);

    if (rng_one_in(&r, 20)) /* sold by the hundred: prices below one cent */
        return rng_between(&r, 1, 999);
    return rng_between(&r, 1, 400) * 10000 + 9900;
}

static void put_description(struct sink *k, struct rng *r, int64_t id) {
    size_t size = id == 7 ? DESCRIPTION_LONG_BYTES : (size_t)rng_between(r, 40, 700);
    char *text = malloc(size + 128);
    size_t used = 0;

    if (!text) {
        snprintf(k->error, sizeof k->error, "out of memory");
        return;
    }
    text[0] = '\0';
    while (used < size)
        used += (size_t)snprintf(text + used, size + 128 - used, "%s ",
                                 words_prose.word[rng_below(r, words_prose.count)]);
    put_text(k, text);
    free(text);
}

static void put_weight(struct sink *k, struct rng *r, int64_t id) {
    /* Each needs all its digits, and none may come back changed in its last bit. */
    static const double edges[] = {0.1,
                                   1.0 / 3.0,
                                   5e-324,
                                   2.2250738585072014e-308,
                                   1.7976931348623157e308,
                                   9007199254740993.0,
                                   123456789.12345679,
                                   1e22,
                                   1e23,
                                   0.30000000000000004};
    double any = rng_unit(r) * 25.0;

    if (id <= (int64_t)(sizeof edges / sizeof edges[0]))
        put_real(k, edges[id - 1]);
    else if (rng_one_in(r, 10))
        put_null(k);
    else
        put_real(k, any);
}

static void put_product(const struct shop *shop, struct sink *k, int64_t id) {
    struct rng r = rng_for(shop->seed, STREAM_PRODUCT, ((uint64_t)id << 1) + 1);
    const char *adjective = words_adjective.word[rng_below(&r, words_adjective.count)];
    const char *thing = words_thing.word[rng_below(&r, words_thing.count)];

    put_int(k, id);
    put_format(k, "%c%c%c-%06lld", (int)('A' + rng_below(&r, 26)), (int)('A' + rng_below(&r, 26)),
               (int)('A' + rng_below(&r, 26)), (long long)id);
    put_int(k, rng_between(&r, 1, word_category_count));
    put_format(k, "%s %s %lld", adjective, thing, (long long)id);
    if (id % 11 == 0)
        put_null(k);
    else
        put_description(k, &r, id);
    put_decimal(k, shop_product_price(shop, id));
    put_weight(k, &r, id);
    put_text(k, word_json.word[rng_below(&r, word_json.count)]);
    put_int(k, id == 1   ? INT64_MAX
               : id == 2 ? INT64_MIN
                         : INT64_C(4000000000000) + rng_below(&r, INT64_C(999999999999)));
    put_int(k, rng_below(&r, 500));
    if (rng_one_in(&r, 6))
        put_format(k, "%d-%02d-%02d", (int)rng_between(&r, 2021, 2024), (int)rng_between(&r, 1, 12),
                   (int)rng_between(&r, 1, 28));
    else
        put_null(k);
    put_row(k);
}

void fill_products(const struct shop *shop, struct sink *k) {
    for (int64_t id = 1; id <= shop->products && !sink_failed(k); id++)
        put_product(shop, k, id);
}

static size_t image_make(struct rng *r, int64_t id, unsigned char *out) {
    if (id == 2)
        return 0; /* an empty picture is not a missing one */
    if (id == 1) {
        for (int i = 0; i < 256; i++) /* every byte there is */
            out[i] = (unsigned char)i;
        return 256;
    }
    if (id == 3) {
        memset(out, 0, 64);
        return 64;
    }
    size_t size = (size_t)rng_between(r, 200, IMAGE_BYTES_MAX);

    rng_bytes(r, out, size);
    memcpy(out, "\x89PNG\r\n\x1a\n", 8);
    return size;
}

void fill_product_images(const struct shop *shop, struct sink *k) {
    unsigned char bytes[IMAGE_BYTES_MAX];

    for (int64_t id = 1; id <= shop->products && !sink_failed(k); id++) {
        struct rng r = rng_for(shop->seed, STREAM_IMAGE, (uint64_t)id);
        size_t size = image_make(&r, id, bytes);

        put_int(k, id * 3); /* gaps, as in a table that rows were deleted from */
        put_int(k, id);
        put_int(k, 1);
        put_text(k, "image/png");
        if (id == 4)
            put_null(k);
        else
            put_blob(k, bytes, size);
        put_row(k);
    }
}

static void put_review(const struct shop *shop, struct sink *k, struct rng *r, int64_t product,
                       int64_t customer) {
    float ratio = (float)rng_unit(r);

    put_int(k, product);
    put_int(k, customer);
    put_int(k, rng_between(r, 1, 5));
    put_text_or_null(k, rng_one_in(r, 4) ? NULL
                                         : words_opinion.word[rng_below(r, words_opinion.count)]);
    put_text(k, rng_one_in(r, 30) ? word_samples[rng_below(r, word_sample_count)].text
                                  : words_opinion.word[rng_below(r, words_opinion.count)]);
    put_real(k, (double)ratio);
    put_moment(k, INT64_C(1640995200) + rng_below(r, 70000000), -1);
    put_row(k);
    (void)shop;
}

void fill_reviews(const struct shop *shop, struct sink *k) {
    for (int64_t id = 1; id <= shop->customers && !sink_failed(k); id++) {
        struct rng r = rng_for(shop->seed, STREAM_REVIEW, (uint64_t)id);
        int64_t count = rng_below(&r, 3), first = rng_below(&r, shop->products);
        int64_t step = rng_between(&r, 1, shop->products - 1);

        for (int64_t i = 0; i < count; i++) /* at most two, so step never leads back to the first */
            put_review(shop, k, &r, (first + i * step) % shop->products + 1, id);
    }
}
