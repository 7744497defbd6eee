/* What customers were told: a line for every write that was acknowledged, in a file of its own, so
 * that nobody has to believe a database about itself.
 */
#ifndef SHOPAPP_LEDGER_H
#define SHOPAPP_LEDGER_H

#include <stdint.h>
#include <stdio.h>

/* Appended after the commit, before the customer is told. */
int ledger_append(FILE *ledger, int64_t order_id, int64_t revision, double total);

/* Compares every order of the ledger with the database and prints what it found. Exit code: 0 each
 * is there as it was acknowledged, 1 not, 4 a file cannot be read. */
int ledger_prove(const char *ledger, const char *database);

#endif
