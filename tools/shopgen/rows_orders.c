/* Orders, their lines, payments and refunds. An order is made anew wherever it is needed. */
#include "shop.h"
#include "words.h"

#define FIRST_ORDER INT64_C(1614556800) /* 2021-03-01 00:00:00 UTC */
#define DAY_S INT64_C(86400)

static const char *const statuses[] = {"new", "paid", "shipped", "returned", "it's complicated"};

void shop_order_make(const struct shop *shop, int64_t id, struct shop_order *order) {
    struct rng r = rng_for(shop->seed, STREAM_ORDER, (uint64_t)id);
    int64_t status = rng_below(&r, 100);

    status = status < 5 ? 0 : status < 20 ? 1 : status < 95 ? 2 : status < 99 ? 3 : 4;
    /* The smaller of two picks: some customers order often, many rarely. */
    int64_t one = rng_between(&r, 1, shop->customers), two = rng_between(&r, 1, shop->customers);

    order->customer = one < two ? one : two;
    order->address_no = rng_between(&r, 1, shop_address_count(shop, order->customer));
    order->ordered_at = FIRST_ORDER + id * 97 + rng_below(&r, 97);
    order->shipped_at = status >= 2 ? order->ordered_at + rng_between(&r, 1, 10 * DAY_S) : 0;
    order->status = statuses[status];
    order->lines = (int)rng_between(&r, 1, SHOP_LINES_MAX - 1);
    order->total = 0;
    for (int i = 0; i < order->lines; i++) {
        struct shop_line *line = &order->line[i];

        line->product = rng_between(&r, 1, shop->products);
        line->quantity = rng_one_in(&r, 5) ? rng_between(&r, 2, 12) : 1;
        line->price = shop_product_price(shop, line->product);
        order->total += line->quantity * line->price;
    }
}

static void put_note(const struct shop *shop, struct sink *k, int64_t id) {
    struct rng r = rng_for(shop->seed, STREAM_ORDER_TEXT, (uint64_t)id);
    int64_t roll = rng_below(&r, 20);

    if (roll < 12)
        put_null(k);
    else if (roll < 15)
        put_text(k, "");
    else if (roll < 19)
        put_text(k, words_prose.word[rng_below(&r, words_prose.count)]);
    else
        put_text(k, word_samples[rng_below(&r, word_sample_count)].text);
}

static const char *currency_of(int64_t id) {
    static const char *const currencies[] = {"EUR", "EUR", "EUR", "GBP", "ISK", "JPY", "PLN"};

    return currencies[id % 7];
}

void fill_orders(const struct shop *shop, struct sink *k) {
    struct shop_order order;

    for (int64_t id = 1; id <= shop->orders && !sink_failed(k); id++) {
        shop_order_make(shop, id, &order);
        put_int(k, id);
        put_format(k, "W%08lld", (long long)id);
        put_int(k, order.customer);
        put_int(k, order.address_no);
        put_text(k, order.status);
        put_decimal(k, order.total);
        put_text(k, currency_of(id));
        put_moment(k, order.ordered_at, -1);
        if (order.shipped_at)
            put_moment(k, order.shipped_at, -1);
        else
            put_null(k);
        put_note(shop, k, id);
        put_row(k);
    }
}

void fill_order_items(const struct shop *shop, struct sink *k) {
    struct shop_order order;

    for (int64_t id = 1; id <= shop->orders && !sink_failed(k); id++) {
        shop_order_make(shop, id, &order);
        for (int i = 0; i < order.lines; i++) {
            put_int(k, id);
            put_int(k, i + 1);
            put_int(k, order.line[i].product);
            put_int(k, order.line[i].quantity);
            put_decimal(k, order.line[i].price);
            put_text_or_null(k, (id + i) % 37 ? NULL : "Alles Gute! 🎂\n– \"your friends\"");
            put_row(k);
        }
    }
}

/* A version 4 UUID as text. */
static void put_uuid(struct sink *k, struct rng *r) {
    uint64_t a = rng_u64(r), b = rng_u64(r);

    put_format(k, "%08x-%04x-4%03x-%04x-%012llx", (unsigned)(a >> 32), (unsigned)(a >> 16 & 0xffff),
               (unsigned)(a & 0xfff), (unsigned)(0x8000 | (b >> 48 & 0x3fff)),
               (unsigned long long)(b & UINT64_C(0xffffffffffff)));
}

void fill_payments(const struct shop *shop, struct sink *k) {
    static const char *const methods[] = {"card", "transfer", "voucher", "cash, in person"};
    struct shop_order order;

    for (int64_t id = 1; id <= shop->orders && !sink_failed(k); id++) {
        struct rng r = rng_for(shop->seed, STREAM_PAYMENT, (uint64_t)id);

        shop_order_make(shop, id, &order);
        if (strcmp(order.status, "new") == 0)
            continue;
        put_uuid(k, &r);
        put_int(k, id);
        put_text(k, methods[rng_below(&r, 4)]);
        if (rng_one_in(&r, 3)) /* NULLs do not collide in a unique key */
            put_null(k);
        else
            put_format(k, "REF%lld/%lld", (long long)id, (long long)rng_below(&r, 1000));
        put_decimal(k, order.total);
        put_moment(k, order.ordered_at + rng_below(&r, DAY_S), rng_below(&r, 1000000));
        put_text_or_null(k,
                         rng_one_in(&r, 3) ? NULL : word_json.word[rng_below(&r, word_json.count)]);
        put_row(k);
    }
}

void fill_refunds(const struct shop *shop, struct sink *k) {
    struct shop_order order;
    int64_t refund = 0;

    for (int64_t id = 1; id <= shop->orders && !sink_failed(k); id++) {
        struct rng r = rng_for(shop->seed, STREAM_REFUND, (uint64_t)id);

        shop_order_make(shop, id, &order);
        if (strcmp(order.status, "returned") != 0)
            continue;
        int64_t line = rng_between(&r, 1, order.lines);

        put_int(k, ++refund);
        put_int(k, id);
        put_int(k, line);
        put_decimal(k, order.line[line - 1].price);
        put_text_or_null(
            k, rng_one_in(&r, 3) ? NULL : words_opinion.word[rng_below(&r, words_opinion.count)]);
        put_moment(k, order.shipped_at + DAY_S, -1);
        put_row(k);
    }
}
