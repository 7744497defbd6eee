/*
 * The shop: which tables there are and how their rows come about. Everything about a row follows
 * from the seed, the table and the row's number; nothing is kept in memory between rows, so a shop
 * of any size is made in a few kilobytes.
 */
#ifndef SHOPGEN_SHOP_H
#define SHOPGEN_SHOP_H

#include "rng.h"
#include "sink.h"

struct shop {
    uint64_t seed;
    int64_t customers;
    int64_t products;
    int64_t orders;
};

/* Keys of the row generators: one a table. New ones go at the end, or every shop changes. */
enum shop_stream {
    STREAM_CUSTOMER = 1,
    STREAM_ADDRESS,
    STREAM_PRODUCT,
    STREAM_ORDER,
    STREAM_PAYMENT,
    STREAM_REVIEW,
    STREAM_SESSION,
    STREAM_AUDIT,
    STREAM_IMAGE,
    STREAM_GIFT_CARD,
    STREAM_REFUND,
    STREAM_ORDER_TEXT,
};

#define SHOP_LINES_MAX 6

struct shop_line {
    int64_t product;
    int64_t quantity;
    int64_t price; /* in 1/10000 of the currency unit */
};

struct shop_order {
    int64_t customer;
    int64_t address_no;
    int64_t ordered_at; /* seconds since 1970 */
    int64_t shipped_at; /* 0: not shipped */
    int64_t total;      /* in 1/10000 */
    const char *status;
    int lines;
    struct shop_line line[SHOP_LINES_MAX];
};

struct shop shop_of(uint64_t seed, int64_t customers);

/* Fills every table; on failure sink->error says why. */
void shop_fill(const struct shop *shop, struct sink *sink);

/* How many addresses a customer has, 1 to 3; they are numbered from 1. */
int64_t shop_address_count(const struct shop *shop, int64_t customer);

/* A product's price in 1/10000. */
int64_t shop_product_price(const struct shop *shop, int64_t product);

/* The whole order with its lines; the same answer at every call. */
void shop_order_make(const struct shop *shop, int64_t id, struct shop_order *order);

/* Common ways to write a value. */
void put_decimal(struct sink *k, int64_t ten_thousandths);
void put_moment(struct sink *k, int64_t seconds, int64_t micros); /* micros < 0: whole seconds */
void put_format(struct sink *k, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The fillers, one a table. */
void fill_countries(const struct shop *shop, struct sink *k);
void fill_customers(const struct shop *shop, struct sink *k);
void fill_addresses(const struct shop *shop, struct sink *k);
void fill_sessions(const struct shop *shop, struct sink *k);
void fill_settings(const struct shop *shop, struct sink *k);
void fill_gift_cards(const struct shop *shop, struct sink *k);
void fill_audit_log(const struct shop *shop, struct sink *k);
void fill_text_samples(const struct shop *shop, struct sink *k);
void fill_categories(const struct shop *shop, struct sink *k);
void fill_products(const struct shop *shop, struct sink *k);
void fill_product_images(const struct shop *shop, struct sink *k);
void fill_reviews(const struct shop *shop, struct sink *k);
void fill_orders(const struct shop *shop, struct sink *k);
void fill_order_items(const struct shop *shop, struct sink *k);
void fill_payments(const struct shop *shop, struct sink *k);
void fill_refunds(const struct shop *shop, struct sink *k);

#endif
