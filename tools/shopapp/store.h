/* One of the two databases, as the application sees it: orders with their lines, read by customer,
 * written whole, and the outbox that a plan puts beside them. One thread at a time.
 */
#ifndef SHOPAPP_STORE_H
#define SHOPAPP_STORE_H

#include <stddef.h>
#include <stdint.h>

struct store;

/* Whether the database's own triggers fire: they do where customers write, and not where rows are
 * carried over that another database has made up its mind about. */
enum store_triggers { STORE_TRIGGERS_FIRE, STORE_TRIGGERS_REST };

/* An existing file. NULL: error says why. */
struct store *store_open(const char *path, enum store_triggers triggers, char *error, size_t size);
void store_close(struct store *s);
const char *store_error(const struct store *s); /* of the latest call that failed */

/* The largest id there is; 0 in an empty table, -1: failed. */
int64_t store_max(struct store *s, const char *table);

/* A new order of a customer at or after this number, or a new revision of one that this program has
 * made; committed when it returns 0. total: what the order comes to. */
int store_add_order(struct store *s, int64_t id, int64_t customer, uint64_t dice, double *total);
int store_revise_order(struct store *s, int64_t id, int64_t revision, uint64_t dice, double *total);

/* The customer's latest orders with their lines as one text, cut to size. 0: read. */
int store_read_customer(struct store *s, int64_t customer, char *text, size_t size);

/* The outbox. next: 1 and the oldest note, 0 without any (or without an outbox), -1: failed. */
int store_next_note(struct store *s, int64_t *seq, int64_t *order_id);
int64_t store_count_notes(struct store *s);
int store_drop_note(struct store *s, int64_t seq);

/* The order as it is in from now, whole, into to: inserted or brought up to date, in one
 * transaction with to's copy of the note. Doing it twice does no harm. */
int store_carry(struct store *from, struct store *to, int64_t seq, int64_t order_id);

#endif
