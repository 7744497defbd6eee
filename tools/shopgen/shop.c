/*
 * Which tables the shop has, in an order in which no row points at one that is not there yet (the
 * pair customers/addresses is the exception: each database has its own way out), and the ways to
 * write a value that several tables share.
 */
#include "shop.h"

#include <stdarg.h>
#include <time.h>

struct shop_table {
    const char *name;
    const char *const *columns;
    void (*fill)(const struct shop *shop, struct sink *k);
};

static const char *const country_columns[] = {"code", "name", NULL};
static const char *const category_columns[] = {"id",   "parent_id",  "name",
                                               "slug", "sort_order", NULL};
static const char *const product_columns[] = {
    "id",        "sku",        "category_id", "name",     "description",     "price",
    "weight_kg", "attributes", "barcode",     "in_stock", "discontinued_on", NULL};
static const char *const image_columns[] = {"id",        "product_id", "position",
                                            "mime_type", "content",    NULL};
static const char *const customer_columns[] = {
    "id",         "email",       "full_name",          "nickname",
    "phone",      "birth_date",  "credit_limit",       "loyalty_points",
    "newsletter", "preferences", "default_address_no", "referred_by",
    "created_at", NULL};
static const char *const address_columns[] = {"customer_id", "address_no", "label",        "street",
                                              "city",        "postcode",   "country_code", "lat",
                                              "lon",         NULL};
static const char *const order_columns[] = {
    "id",         "order_no", "customer_id", "ship_address_no",
    "status",     "total",    "currency",    "ordered_at",
    "shipped_at", "note",     NULL};
static const char *const item_columns[] = {"order_id",   "line_no",      "product_id", "quantity",
                                           "unit_price", "gift_message", NULL};
static const char *const payment_columns[] = {"id",     "order_id", "method",           "reference",
                                              "amount", "paid_at",  "gateway_response", NULL};
static const char *const refund_columns[] = {"id",     "order_id",    "line_no", "amount",
                                             "reason", "refunded_at", NULL};
static const char *const review_columns[] = {"product_id", "customer_id",   "rating",     "title",
                                             "body",       "helpful_ratio", "written_at", NULL};
static const char *const session_columns[] = {"token",      "customer_id", "data",
                                              "user_agent", "expires_at",  NULL};
static const char *const audit_columns[] = {"happened_at", "actor", "action", "details", NULL};
static const char *const setting_columns[] = {"key", "value", "order", NULL};
static const char *const gift_columns[] = {"Card No", "Group", "select", "user",
                                           "Balance", "größe", NULL};
static const char *const sample_columns[] = {"id", "label", "sample", NULL};

static const struct shop_table tables[] = {
    {"countries", country_columns, fill_countries},
    {"categories", category_columns, fill_categories},
    {"products", product_columns, fill_products},
    {"product_images", image_columns, fill_product_images},
    {"customers", customer_columns, fill_customers},
    {"addresses", address_columns, fill_addresses},
    {"orders", order_columns, fill_orders},
    {"order_items", item_columns, fill_order_items},
    {"payments", payment_columns, fill_payments},
    {"refunds", refund_columns, fill_refunds},
    {"reviews", review_columns, fill_reviews},
    {"sessions", session_columns, fill_sessions},
    {"audit_log", audit_columns, fill_audit_log},
    {"settings", setting_columns, fill_settings},
    {"Gift Cards", gift_columns, fill_gift_cards},
    {"text_samples", sample_columns, fill_text_samples},
};

struct shop shop_of(uint64_t seed, int64_t customers) {
    struct shop shop = {
        .seed = seed,
        .customers = customers,
        .products = 60 + customers / 20,
        .orders = 5 * customers,
    };

    return shop;
}

void shop_fill(const struct shop *shop, struct sink *sink) {
    for (size_t i = 0; i < sizeof tables / sizeof tables[0] && !sink_failed(sink); i++) {
        sink->ops->begin(sink, tables[i].name, tables[i].columns);
        if (!sink_failed(sink))
            tables[i].fill(shop, sink);
        sink->ops->end(sink);
    }
}

void put_format(struct sink *k, const char *format, ...) {
    char text[512];
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    put_text(k, text);
}

void put_decimal(struct sink *k, int64_t ten_thousandths) {
    int64_t whole = ten_thousandths / 10000, part = ten_thousandths % 10000;

    put_format(k, "%lld.%04lld", (long long)whole, (long long)part);
}

void put_moment(struct sink *k, int64_t seconds, int64_t micros) {
    time_t at = (time_t)seconds;
    struct tm tm;
    char text[40];

    gmtime_r(&at, &tm);
    strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S", &tm);
    if (micros < 0)
        put_text(k, text);
    else
        put_format(k, "%s.%06lld", text, (long long)micros);
}
