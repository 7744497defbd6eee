/* The application: what customers do, on which database, and what is told of it.
 */
#ifndef SHOPAPP_APP_H
#define SHOPAPP_APP_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

struct app_options {
    const char *old_path, *new_path; /* new_path: NULL without a migration */
    const char *url, *token_file;    /* of the plan's run; may be NULL */
    const char *break_file;          /* may be NULL */
    FILE *ledger;                    /* may be NULL; the caller closes it */
    int reads_per_s, writes_per_s;
};

struct app;

/* options must live as long. NULL: error says why. */
struct app *app_open(const struct app_options *options, char *error, size_t size);
void app_close(struct app *a);

void app_write(struct app *a); /* a customer orders, or changes an order */
void app_read(struct app *a);  /* a customer looks at her orders */
/* Noted orders go to the new side, while the flag says so: all of them, or as many as take no
 * customer's time. */
void app_carry(struct app *a);
/* All that is noted. 0: nothing is left, or there is no new side. */
int app_finish(struct app *a);
void app_look_at_controls(struct app *a); /* the flag of writing both, and the break file */
void app_send(struct app *a);             /* observations, to the run */
void app_tell(struct app *a);             /* one line of counts on stdout */

#endif
