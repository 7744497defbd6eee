/* The order of things is what keeps acknowledged writes: commit on the old side, whose trigger
 * leaves a note in the same transaction; carry to the new side; then tell the customer, which is
 * the ledger's line. Where carrying fails, the note stays: the new side is late, and never without.
 */
#include "app.h"

#include "ledger.h"
#include "service.h"
#include "store.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { CARRY_MAX = 100, SHADOW_EVERY = 10, REVISE_EVERY = 4, TEXT_BYTES = 4096, RETRY_US = 200000 };

#define WRITE_FLAG "shop_write_both"
#define READ_FLAG "shop_read_new"

struct made { /* an order of this program */
    int64_t id, revision;
};

struct app {
    const struct app_options *o;
    struct store *old_side, *new_side; /* new_side: NULL until both are written */
    struct service *service;
    struct made *made;
    size_t n_made, cap_made;
    int64_t next_id, customers;
    uint64_t dice;
    int writes_both, behind; /* behind: there are notes that are not carried */
    unsigned broken_percent;
    int64_t carry_again_us;
    char said[400];
    struct {
        long long writes, failed_writes, carried, failed_carries, reads, from_new, failed_reads;
        long long compared, differ;
    } n;
};

static int64_t now_us(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

/* xorshift64: the same customers each time */
static uint64_t roll(struct app *a) {
    a->dice ^= a->dice << 13;
    a->dice ^= a->dice >> 7;
    a->dice ^= a->dice << 17;
    return a->dice;
}

/* Once for each message. */
static void complain(struct app *a, const struct store *s) {
    if (strcmp(a->said, store_error(s)) == 0)
        return;
    snprintf(a->said, sizeof a->said, "%s", store_error(s));
    fprintf(stderr, "shopapp: %s\n", a->said);
}

struct app *app_open(const struct app_options *options, char *error, size_t size) {
    struct app *a = calloc(1, sizeof *a);
    if (!a)
        abort();
    a->o = options;
    a->dice = 0x9e3779b97f4a7c15u;
    a->old_side = store_open(options->old_path, STORE_TRIGGERS_FIRE, error, size);
    a->service = a->old_side ? service_open(options->url, options->token_file, error, size) : NULL;
    if (!a->service) {
        app_close(a);
        return NULL;
    }
    int64_t last = store_max(a->old_side, "orders");
    a->customers = last < 0 ? last : store_max(a->old_side, "customers");
    a->next_id = last + 1;
    if (a->customers <= 0) {
        snprintf(error, size, "%s",
                 a->customers ? store_error(a->old_side) : "a shop without customers");
        app_close(a);
        return NULL;
    }
    return a;
}

void app_close(struct app *a) {
    store_close(a->old_side);
    store_close(a->new_side);
    service_close(a->service);
    free(a->made);
    free(a);
}

/* --- writing
 * ------------------------------------------------------------------------------------- */

static struct made *add_made(struct app *a) {
    if (a->n_made == a->cap_made) {
        a->cap_made = a->cap_made ? a->cap_made * 2 : 1024;
        a->made = realloc(a->made, a->cap_made * sizeof *a->made);
        if (!a->made)
            abort();
    }
    a->made[a->n_made] = (struct made){.id = a->next_id++};
    return &a->made[a->n_made++];
}

/* 1: carried, 0: nothing is noted, -1: failed, and noted still. */
static int carry_one(struct app *a) {
    int64_t seq, order_id, began = now_us();
    int rc = store_next_note(a->old_side, &seq, &order_id);
    if (rc < 0)
        complain(a, a->old_side);
    if (rc != 1)
        return rc;
    rc = store_carry(a->old_side, a->new_side, seq, order_id);
    service_observe(a->service, SIDE_NEW, "write", rc ? OUTCOME_ERROR : OUTCOME_OK,
                    now_us() - began);
    if (rc) {
        complain(a, a->new_side);
        a->n.failed_carries++;
        return -1;
    }
    a->n.carried++;
    if (store_drop_note(a->old_side, seq)) { /* it will be carried once more: no harm */
        complain(a, a->old_side);
        return -1;
    }
    return 1;
}

void app_carry(struct app *a) {
    if (!a->writes_both || !a->new_side || now_us() < a->carry_again_us)
        return;
    int rc = 1;
    for (int i = 0; i < CARRY_MAX && rc == 1; i++)
        rc = carry_one(a);
    a->behind = rc != 0;
    if (rc < 0)
        a->carry_again_us = now_us() + RETRY_US;
}

int app_finish(struct app *a) {
    int rc = 1;
    while (rc == 1 && a->writes_both && a->new_side)
        rc = carry_one(a);
    int64_t left = a->new_side ? store_count_notes(a->old_side) : 0;
    if (left)
        fprintf(stderr,
                "shopapp: %lld orders are noted and not carried over: the new side misses them\n",
                (long long)left);
    return left != 0;
}

void app_write(struct app *a) {
    uint64_t dice = roll(a);
    int64_t began = now_us();
    double total;
    bool revise = a->n_made && dice % REVISE_EVERY == 0;
    struct made *m = revise ? &a->made[(dice >> 8) % a->n_made] : add_made(a);
    int rc = revise ? store_revise_order(a->old_side, m->id, m->revision + 1, dice >> 3, &total)
                    : store_add_order(a->old_side, m->id,
                                      1 + (int64_t)((dice >> 8) % (uint64_t)a->customers),
                                      dice >> 3, &total);
    service_observe(a->service, SIDE_OLD, "write", rc ? OUTCOME_ERROR : OUTCOME_OK,
                    now_us() - began);
    if (rc) {
        complain(a, a->old_side);
        a->n.failed_writes++;
        a->n_made -= !revise;
        return;
    }
    m->revision++;
    app_carry(a);
    a->n.writes++;
    if (ledger_append(a->o->ledger, m->id, m->revision, total)) {
        fprintf(stderr, "shopapp: the ledger cannot be written\n");
        exit(4);
    }
}

/* --- reading
 * ------------------------------------------------------------------------------------- */

static int ask_new(struct app *a, int64_t customer, char *text) {
    bool breaks = roll(a) % 100 < a->broken_percent;
    int rc = breaks ? -1 : store_read_customer(a->new_side, customer, text, TEXT_BYTES);
    if (rc && !breaks)
        complain(a, a->new_side);
    a->n.failed_reads += rc != 0;
    return rc;
}

static int read_new(struct app *a, int64_t customer, char *text) {
    int64_t began = now_us();
    int rc = ask_new(a, customer, text);
    service_observe(a->service, SIDE_NEW, "read", rc ? OUTCOME_ERROR : OUTCOME_OK,
                    now_us() - began);
    a->n.from_new++;
    return rc;
}

static int read_old(struct app *a, int64_t customer, char *text) {
    int64_t began = now_us();
    int rc = store_read_customer(a->old_side, customer, text, TEXT_BYTES);
    service_observe(a->service, SIDE_OLD, "read", rc ? OUTCOME_ERROR : OUTCOME_OK,
                    now_us() - began);
    if (rc)
        complain(a, a->old_side);
    return rc;
}

/* A read of both sides that only compares: no customer waits for it. */
static void shadow(struct app *a, int64_t customer) {
    char here[TEXT_BYTES], there[TEXT_BYTES];
    if (store_read_customer(a->old_side, customer, here, sizeof here))
        return;
    int64_t began = now_us();
    int rc = ask_new(a, customer, there);
    bool differ = !rc && strcmp(here, there) != 0;
    service_observe(a->service, SIDE_NEW, "shadow",
                    rc       ? OUTCOME_ERROR
                    : differ ? OUTCOME_MISMATCH
                             : OUTCOME_MATCH,
                    now_us() - began);
    a->n.compared++;
    a->n.differ += differ;
}

void app_read(struct app *a) {
    char key[40], text[TEXT_BYTES];
    int64_t customer = 1 + (int64_t)(roll(a) % (uint64_t)a->customers);
    snprintf(key, sizeof key, "customer-%lld", (long long)customer);
    bool from_new = a->new_side && service_flag(a->service, READ_FLAG, key);
    a->n.reads++;
    if (!from_new || read_new(a, customer, text))
        (void)read_old(a, customer, text);
    if (a->new_side && a->writes_both && !a->behind && a->n.reads % SHADOW_EVERY == 0)
        shadow(a, customer);
}

/* --- controls
 * ------------------------------------------------------------------------------------ */

static unsigned percent_of(const char *path) {
    unsigned percent = 0;
    FILE *f = path ? fopen(path, "r") : NULL;
    if (f && fscanf(f, "%u", &percent) != 1)
        percent = 0;
    if (f)
        fclose(f);
    return percent;
}

/* Told once all that came of it has been reported. */
static void look_at_break_file(struct app *a) {
    unsigned percent = percent_of(a->o->break_file);
    if (percent == a->broken_percent)
        return;
    a->broken_percent = percent;
    service_send(a->service);
    printf("shopapp: %u %% of the reads of the new side fail from here on\n", percent);
}

void app_look_at_controls(struct app *a) {
    char error[400];
    look_at_break_file(a);
    if (!a->o->new_path)
        return;
    a->writes_both = service_flag(a->service, WRITE_FLAG, "shopapp");
    if (!a->writes_both || a->new_side)
        return;
    a->behind = 1;
    a->new_side = store_open(a->o->new_path, STORE_TRIGGERS_REST, error, sizeof error);
    if (!a->new_side && strcmp(a->said, error) != 0) {
        snprintf(a->said, sizeof a->said, "%s", error);
        fprintf(stderr, "shopapp: %s\n", error);
    }
}

void app_send(struct app *a) {
    service_send(a->service);
}

void app_tell(struct app *a) {
    printf("shopapp: %lld writes acknowledged", a->n.writes);
    if (a->new_side)
        printf(", %lld carried over, %lld noted", a->n.carried,
               (long long)store_count_notes(a->old_side));
    printf("; %lld reads", a->n.reads);
    if (a->new_side)
        printf(", %lld of the new side, %lld failed; %lld compared, %lld differ", a->n.from_new,
               a->n.failed_reads, a->n.compared, a->n.differ);
    if (a->n.failed_writes || a->n.failed_carries)
        printf("; failed writes: %lld old, %lld new", a->n.failed_writes, a->n.failed_carries);
    printf("%s\n", a->o->url && !service_answers(a->service) ? "; nobody serves flags" : "");
}
