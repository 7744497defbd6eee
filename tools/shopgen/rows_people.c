/* Customers and what hangs on them: countries, addresses, sessions, settings, the audit log. */
#include "shop.h"
#include "words.h"

#include <stdlib.h>

#define FIRST_DAY INT64_C(1609459200) /* 2021-01-01 00:00:00 UTC */
#define TEXT_LONG_BYTES ((size_t)1 << 20)

static const char *pick(const struct word_list *list, struct rng *r) {
    return list->word[rng_below(r, list->count)];
}

/* The first customers have the difficult names, so that every shop, however small, has them. */
static const char *sample_for(int64_t id) {
    return id >= 1 && id <= word_sample_count ? word_samples[id - 1].text : NULL;
}

void fill_countries(const struct shop *shop, struct sink *k) {
    (void)shop;
    for (int i = 0; i < word_country_count; i++) {
        put_text(k, word_countries[i].code);
        put_text(k, word_countries[i].name);
        put_row(k);
    }
}

int64_t shop_address_count(const struct shop *shop, int64_t customer) {
    struct rng r = rng_for(shop->seed, STREAM_ADDRESS, (uint64_t)customer << 2);
    int64_t roll = rng_below(&r, 10);

    return roll < 6 ? 1 : roll < 9 ? 2 : 3;
}

static void put_birth_date(struct sink *k, struct rng *r, int64_t id) {
    static const char *const edges[] = {"1000-01-01", "9999-12-31", "1582-10-10", "1900-02-28",
                                        "2000-02-29", "1969-12-31", "1752-09-03"};
    int64_t year = rng_between(r, 1930, 2006), month = rng_between(r, 1, 12),
            day = rng_between(r, 1, 28);

    if (id <= (int64_t)(sizeof edges / sizeof edges[0]))
        put_text(k, edges[id - 1]);
    else if (rng_one_in(r, 5))
        put_null(k);
    else
        put_format(k, "%04d-%02d-%02d", (int)year, (int)month, (int)day);
}

static void put_customer(const struct shop *shop, struct sink *k, int64_t id) {
    struct rng r = rng_for(shop->seed, STREAM_CUSTOMER, (uint64_t)id);
    const char *sample = sample_for(id);

    put_int(k, id);
    put_format(k, rng_one_in(&r, 4) ? "Customer.%lld@Example.ORG" : "customer%lld@example.org",
               (long long)id);
    if (sample) {
        put_text(k, sample);
    } else {
        const char *first = pick(&words_first, &r);

        put_format(k, "%s %s", first, pick(&words_last, &r));
    }
    /* NULL (not known) and the empty string (known to have none) are different answers. */
    put_text_or_null(k, rng_one_in(&r, 3) ? NULL : rng_one_in(&r, 3) ? "" : pick(&words_first, &r));
    if (rng_one_in(&r, 6))
        put_null(k);
    else
        put_format(k, "+%02d 0%lld", (int)rng_between(&r, 1, 98),
                   (long long)rng_between(&r, 100000, 99999999));
    put_birth_date(k, &r, id);
    put_decimal(k, rng_between(&r, 0, 200) * 250000);
    put_int(k, rng_below(&r, 100000));
    put_int(k, rng_one_in(&r, 2));
    put_text_or_null(k, rng_one_in(&r, 4) ? NULL : pick(&word_json, &r));
    put_null(k); /* default_address_no: the addresses come later */
    if (id > 1 && rng_one_in(&r, 5))
        put_int(k, rng_between(&r, 1, id - 1));
    else
        put_null(k);
    put_moment(k, FIRST_DAY + id * 600 + rng_below(&r, 600), -1);
    put_row(k);
}

void fill_customers(const struct shop *shop, struct sink *k) {
    for (int64_t id = 1; id <= shop->customers && !sink_failed(k); id++)
        put_customer(shop, k, id);
}

static void put_address(const struct shop *shop, struct sink *k, int64_t customer, int64_t no) {
    static const char *const labels[] = {"home", "work", "", "Mum's"};
    struct rng r = rng_for(shop->seed, STREAM_ADDRESS, ((uint64_t)customer << 2) + (uint64_t)no);
    const struct word_country *country = &word_countries[rng_below(&r, word_country_count)];

    put_int(k, customer);
    put_int(k, no);
    put_text_or_null(k, rng_one_in(&r, 5) ? NULL : labels[rng_below(&r, 4)]);
    put_format(k, "%lld %s", (long long)rng_between(&r, 1, 250), pick(&words_street, &r));
    put_text(k, pick(&words_city, &r));
    /* Leading zeros: a postcode is no number. */
    put_format(k, "%05lld", (long long)rng_below(&r, 99999));
    put_text(k, country->code);
    put_real(k, country->lat + rng_unit(&r) - 0.5);
    put_real(k, country->lon + rng_unit(&r) - 0.5);
    put_row(k);
}

void fill_addresses(const struct shop *shop, struct sink *k) {
    for (int64_t id = 1; id <= shop->customers && !sink_failed(k); id++) {
        int64_t count = shop_address_count(shop, id);

        for (int64_t no = 1; no <= count; no++)
            put_address(shop, k, id, no);
    }
}

void fill_sessions(const struct shop *shop, struct sink *k) {
    for (int64_t id = 1; id <= (shop->customers + 1) / 2 && !sink_failed(k); id++) {
        struct rng r = rng_for(shop->seed, STREAM_SESSION, (uint64_t)id);
        unsigned char token[16], data[96];

        rng_bytes(&r, token, sizeof token);
        rng_bytes(&r, data, sizeof data);
        if (id <= 3) /* keys that end in zero bytes: they must not be cut off */
            memset(token + 16 - id, 0, (size_t)id);
        put_blob(k, token, sizeof token);
        put_int(k, rng_between(&r, 1, shop->customers));
        put_blob(k, data, (size_t)rng_below(&r, (int64_t)sizeof data + 1));
        put_text(k, pick(&words_agent, &r));
        put_moment(k, FIRST_DAY + rng_below(&r, 100000000), rng_below(&r, 1000000));
        put_row(k);
    }
}

void fill_settings(const struct shop *shop, struct sink *k) {
    static const char *const rows[][2] = {
        {"shop.name", "Whimbrel & Sons, “Long-Distance Outfitters”"},
        {"shop.motto", "We don't stop.\n\t-- the founders"},
        {"mail.footer", ""},
        {"mail.bcc", NULL},
        {"null", "NULL"},
        {"path.export", "C:\\export\\new"},
        {"tax.rate", "0.1900"},
        {"select", "from"},
        {"feature.json", "{\"on\": true, \"share\": 0.25}"},
    };

    (void)shop;
    for (int i = 0; i < (int)(sizeof rows / sizeof rows[0]); i++) {
        put_text(k, rows[i][0]);
        put_text_or_null(k, rows[i][1]);
        put_int(k, i * 10);
        put_row(k);
    }
}

void fill_gift_cards(const struct shop *shop, struct sink *k) {
    for (int64_t id = 1; id <= (shop->customers + 9) / 10 && !sink_failed(k); id++) {
        struct rng r = rng_for(shop->seed, STREAM_GIFT_CARD, (uint64_t)id);

        put_format(k, "GC-%07lld", (long long)id);
        put_text(k, rng_one_in(&r, 2) ? "Staff" : "public");
        put_int(k, rng_one_in(&r, 3));
        if (rng_one_in(&r, 4))
            put_null(k);
        else
            put_int(k, rng_between(&r, 1, shop->customers));
        put_decimal(k, rng_between(&r, 0, 5000000));
        put_text(k, rng_one_in(&r, 2) ? "groß" : "klein");
        put_row(k);
    }
}

/* A table without a key, in which every tenth row comes twice: a copy must keep both. */
void fill_audit_log(const struct shop *shop, struct sink *k) {
    static const char *const actions[] = {
        "login", "logout", "login failed", "password changed", "address added", "order placed"};

    for (int64_t row = 1; row <= 2 * shop->customers && !sink_failed(k); row++) {
        struct rng r = rng_for(shop->seed, STREAM_AUDIT, (uint64_t)(row - (row % 10 == 0)));
        int64_t customer = rng_between(&r, 1, shop->customers);

        put_moment(k, FIRST_DAY + (row - (row % 10 == 0)) * 300, rng_below(&r, 1000000));
        if (rng_one_in(&r, 8))
            put_null(k);
        else
            put_format(k, "customer %lld", (long long)customer);
        put_text(k, actions[rng_below(&r, 6)]);
        put_text_or_null(k, rng_one_in(&r, 3) ? NULL
                            : rng_one_in(&r, 6)
                                ? word_samples[rng_below(&r, word_sample_count)].text
                                : "");
        put_row(k);
    }
}

static void put_long_text(struct sink *k, int64_t id, const char *label, const char *piece) {
    size_t piece_bytes = strlen(piece), copies = TEXT_LONG_BYTES / piece_bytes;
    char *text = malloc(TEXT_LONG_BYTES);

    if (!text) {
        snprintf(k->error, sizeof k->error, "out of memory");
        return;
    }
    for (size_t i = 0; i < copies; i++)
        memcpy(text + i * piece_bytes, piece, piece_bytes);
    put_int(k, id);
    put_text(k, label);
    k->ops->put_text(k, text, copies * piece_bytes);
    put_row(k);
    free(text);
}

void fill_text_samples(const struct shop *shop, struct sink *k) {
    (void)shop;
    for (int i = 0; i < word_sample_count; i++) {
        put_int(k, i + 1);
        put_text(k, word_samples[i].label);
        put_text(k, word_samples[i].text);
        put_row(k);
    }
    put_int(k, 1001);
    put_text(k, "no text at all");
    put_null(k);
    put_row(k);
    put_long_text(k, 1002, "1 MiB of prose", "The whimbrel flies for days. ");
    put_long_text(k, 1003, "1 MiB of four-byte characters", "🐦");
    put_long_text(k, 1004, "1 MiB of quotes and backslashes", "'\\\"\n");
}
