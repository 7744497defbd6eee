/* Orders in an SQLite file. Statements are prepared when first used; SQLite prepares them anew when
 * the schema changes under them, as it does when a plan makes the outbox. */
#include "store.h"

#include <sqlite3.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BUSY_MS = 5000, LINES_MAX = 3 };

enum statement {
    BEGIN,
    COMMIT,
    ROLLBACK,
    FIND_ADDRESS,
    ADD_ORDER,
    ADD_LINE,
    REVISE,
    READ,
    HAS_OUTBOX,
    NEXT_NOTE,
    COUNT_NOTES,
    DROP_NOTE,
    GET_ORDER,
    PUT_ORDER,
    GET_LINES,
    PUT_LINE,
    STATEMENTS
};

static const char *const texts[STATEMENTS] = {
    [BEGIN] = "BEGIN IMMEDIATE",
    [COMMIT] = "COMMIT",
    [ROLLBACK] = "ROLLBACK",
    [FIND_ADDRESS] = "SELECT customer_id, address_no FROM addresses WHERE customer_id >= ?1 "
                     "ORDER BY customer_id, address_no LIMIT 1",
    [ADD_ORDER] = "INSERT INTO orders (id, order_no, customer_id, ship_address_no, total, note) "
                  "VALUES (?1, printf('A%08d', ?1), ?2, ?3, ?4, 'shopapp revision 1')",
    [ADD_LINE] = "INSERT INTO order_items (order_id, line_no, product_id, quantity, unit_price) "
                 "SELECT ?1, ?2, id, ?4, price FROM products WHERE id >= ?3 ORDER BY id LIMIT 1",
    [REVISE] = "UPDATE orders SET total = ?2, note = printf('shopapp revision %d', ?3) "
               "WHERE id = ?1",
    [READ] = "SELECT o.id, o.order_no, o.status, o.total, o.note, i.line_no, i.product_id, "
             "i.quantity, i.unit_price FROM orders o LEFT JOIN order_items i ON i.order_id = o.id "
             "WHERE o.customer_id = ?1 ORDER BY o.id DESC, i.line_no LIMIT 20",
    [HAS_OUTBOX] = "SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = 'outbox'",
    [NEXT_NOTE] = "SELECT seq, order_id FROM outbox ORDER BY seq LIMIT 1",
    [COUNT_NOTES] = "SELECT count(*) FROM outbox",
    [DROP_NOTE] = "DELETE FROM outbox WHERE seq = ?1",
    [GET_ORDER] = "SELECT id, order_no, customer_id, ship_address_no, status, total, currency, "
                  "ordered_at, shipped_at, note FROM orders WHERE id = ?1",
    [PUT_ORDER] =
        "INSERT INTO orders (id, order_no, customer_id, ship_address_no, status, total, currency, "
        "ordered_at, shipped_at, note) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10) "
        "ON CONFLICT (id) DO UPDATE SET order_no = excluded.order_no, "
        "customer_id = excluded.customer_id, ship_address_no = excluded.ship_address_no, "
        "status = excluded.status, total = excluded.total, currency = excluded.currency, "
        "ordered_at = excluded.ordered_at, shipped_at = excluded.shipped_at, note = excluded.note",
    [GET_LINES] = "SELECT order_id, line_no, product_id, quantity, unit_price, gift_message "
                  "FROM order_items WHERE order_id = ?1 ORDER BY line_no",
    [PUT_LINE] = "INSERT INTO order_items (order_id, line_no, product_id, quantity, unit_price, "
                 "gift_message) VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT (order_id, line_no) "
                 "DO UPDATE SET product_id = excluded.product_id, quantity = excluded.quantity, "
                 "unit_price = excluded.unit_price, gift_message = excluded.gift_message",
};

struct store {
    sqlite3 *db;
    sqlite3_stmt *prepared[STATEMENTS];
    char error[400];
};

static int fail(struct store *s) {
    snprintf(s->error, sizeof s->error, "%s: %s", sqlite3_db_filename(s->db, "main"),
             sqlite3_errmsg(s->db));
    return -1;
}

const char *store_error(const struct store *s) {
    return s->error;
}

struct store *store_open(const char *path, enum store_triggers triggers, char *error, size_t size) {
    struct store *s = calloc(1, sizeof *s);
    if (!s)
        abort();
    bool open = sqlite3_open_v2(path, &s->db, SQLITE_OPEN_READWRITE, NULL) == SQLITE_OK;
    if (open) {
        sqlite3_busy_timeout(s->db, BUSY_MS);
        sqlite3_db_config(s->db, SQLITE_DBCONFIG_ENABLE_TRIGGER,
                          triggers == STORE_TRIGGERS_FIRE ? 1 : 0, NULL);
        /* Who reads does not stop who writes. */
        open = sqlite3_exec(s->db,
                            "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; "
                            "PRAGMA foreign_keys = ON",
                            NULL, NULL, NULL) == SQLITE_OK;
    }
    if (open)
        return s;
    snprintf(error, size, "%s: %s", path, sqlite3_errmsg(s->db));
    store_close(s);
    return NULL;
}

void store_close(struct store *s) {
    if (!s)
        return;
    for (int i = 0; i < STATEMENTS; i++)
        sqlite3_finalize(s->prepared[i]);
    sqlite3_close(s->db);
    free(s);
}

/* --- statements
 * ---------------------------------------------------------------------------------- */

static sqlite3_stmt *get(struct store *s, enum statement which) {
    sqlite3_stmt **stmt = &s->prepared[which];
    if (!*stmt &&
        sqlite3_prepare_v3(s->db, texts[which], -1, SQLITE_PREPARE_PERSISTENT, stmt, NULL))
        return NULL;
    return *stmt;
}

/* Binds n whole numbers and does it: 1 with a row that stands until the next call, 0 without, -1:
 * failed. */
static int step(struct store *s, enum statement which, int n, ...) {
    sqlite3_stmt *stmt = get(s, which);
    va_list numbers;
    if (!stmt)
        return fail(s);
    va_start(numbers, n);
    for (int i = 1; i <= n; i++)
        sqlite3_bind_int64(stmt, i, va_arg(numbers, int64_t));
    va_end(numbers);
    int rc = sqlite3_step(stmt);
    if (rc == SQLITE_ROW)
        return 1;
    int result = rc == SQLITE_DONE ? 0 : fail(s);
    sqlite3_reset(stmt);
    return result;
}

static void end(struct store *s, enum statement which) {
    sqlite3_reset(s->prepared[which]);
}

static int finish(struct store *s, int result) {
    if (!result)
        result = step(s, COMMIT, 0);
    if (result && !sqlite3_get_autocommit(s->db)) {
        char kept[sizeof s->error];
        memcpy(kept, s->error, sizeof kept);
        step(s, ROLLBACK, 0);
        memcpy(s->error, kept, sizeof kept);
    }
    return result;
}

int64_t store_max(struct store *s, const char *table) {
    sqlite3_stmt *stmt = NULL;
    char *sql = sqlite3_mprintf("SELECT coalesce(max(id), 0) FROM \"%w\"", table);
    int rc = sqlite3_prepare_v2(s->db, sql, -1, &stmt, NULL);
    int64_t max = rc == SQLITE_OK && sqlite3_step(stmt) == SQLITE_ROW
                      ? sqlite3_column_int64(stmt, 0)
                      : fail(s);
    sqlite3_finalize(stmt);
    sqlite3_free(sql);
    return max;
}

/* --- what customers do
 * --------------------------------------------------------------------------- */

int store_add_order(struct store *s, int64_t id, int64_t customer, uint64_t dice, double *total) {
    int lines = 1 + (int)(dice % LINES_MAX);
    *total = (double)(dice % 90000 + 500) / 100;
    int rc = step(s, BEGIN, 0);
    if (rc)
        return rc;
    rc = step(s, FIND_ADDRESS, 1, customer) == 1 ? 0 : -1;
    int64_t who = 0, where = 0;
    if (!rc) {
        who = sqlite3_column_int64(s->prepared[FIND_ADDRESS], 0);
        where = sqlite3_column_int64(s->prepared[FIND_ADDRESS], 1);
        end(s, FIND_ADDRESS);
        sqlite3_stmt *add = get(s, ADD_ORDER);
        if (add)
            sqlite3_bind_double(add, 4, *total);
        rc = step(s, ADD_ORDER, 3, id, who, where);
    }
    for (int64_t i = 1; i <= lines && !rc; i++)
        rc = step(s, ADD_LINE, 4, id, i, (int64_t)(1 + (dice >> (8 * i)) % 160),
                  (int64_t)(1 + (dice >> 4) % 5));
    return finish(s, rc);
}

int store_revise_order(struct store *s, int64_t id, int64_t revision, uint64_t dice,
                       double *total) {
    *total = (double)(dice % 90000 + 500) / 100;
    int rc = step(s, BEGIN, 0);
    if (rc)
        return rc;
    sqlite3_stmt *revise = get(s, REVISE);
    if (!revise)
        return finish(s, fail(s));
    sqlite3_bind_int64(revise, 1, id);
    sqlite3_bind_double(revise, 2, *total);
    sqlite3_bind_int64(revise, 3, revision);
    return finish(s, step(s, REVISE, 0));
}

int store_read_customer(struct store *s, int64_t customer, char *text, size_t size) {
    size_t len = 0;
    int rc = step(s, READ, 1, customer);
    text[0] = 0;
    while (rc == 1) {
        sqlite3_stmt *stmt = s->prepared[READ];
        for (int i = 0; i < sqlite3_column_count(stmt) && len < size; i++) {
            const char *value = (const char *)sqlite3_column_text(stmt, i);
            len += (size_t)snprintf(text + len, size - len, "%s|", value ? value : "NULL");
        }
        int next = sqlite3_step(stmt);
        rc = next == SQLITE_ROW ? 1 : next == SQLITE_DONE ? 0 : fail(s);
    }
    if (s->prepared[READ])
        end(s, READ);
    return rc;
}

/* --- the outbox
 * ---------------------------------------------------------------------------------- */

static int has_outbox(struct store *s) {
    int rc = step(s, HAS_OUTBOX, 0);
    if (rc == 1)
        end(s, HAS_OUTBOX);
    return rc;
}

int store_next_note(struct store *s, int64_t *seq, int64_t *order_id) {
    int rc = has_outbox(s);
    if (rc == 1)
        rc = step(s, NEXT_NOTE, 0);
    if (rc != 1)
        return rc;
    *seq = sqlite3_column_int64(s->prepared[NEXT_NOTE], 0);
    *order_id = sqlite3_column_int64(s->prepared[NEXT_NOTE], 1);
    end(s, NEXT_NOTE);
    return 1;
}

int64_t store_count_notes(struct store *s) {
    if (has_outbox(s) != 1 || step(s, COUNT_NOTES, 0) != 1)
        return 0;
    int64_t n = sqlite3_column_int64(s->prepared[COUNT_NOTES], 0);
    end(s, COUNT_NOTES);
    return n;
}

int store_drop_note(struct store *s, int64_t seq) {
    int rc = has_outbox(s);
    return rc == 1 ? step(s, DROP_NOTE, 1, seq) : rc;
}

/* The row that stands in from, bound value by value: no type is guessed on the way. */
static int put(struct store *from, enum statement row, struct store *to, enum statement which) {
    sqlite3_stmt *stmt = get(to, which);
    if (!stmt)
        return fail(to);
    for (int i = 0; i < sqlite3_column_count(from->prepared[row]); i++)
        sqlite3_bind_value(stmt, i + 1, sqlite3_column_value(from->prepared[row], i));
    return step(to, which, 0);
}

int store_carry(struct store *from, struct store *to, int64_t seq, int64_t order_id) {
    int rc = step(to, BEGIN, 0);
    if (rc)
        return rc;
    int found = step(from, GET_ORDER, 1, order_id);
    if (found == 1) {
        rc = put(from, GET_ORDER, to, PUT_ORDER);
        end(from, GET_ORDER);
    }
    found = found < 0 ? found : step(from, GET_LINES, 1, order_id);
    while (found == 1 && !rc) {
        rc = put(from, GET_LINES, to, PUT_LINE);
        int next = sqlite3_step(from->prepared[GET_LINES]);
        found = next == SQLITE_ROW ? 1 : next == SQLITE_DONE ? 0 : fail(from);
    }
    if (from->prepared[GET_LINES])
        end(from, GET_LINES);
    if (found < 0) {
        snprintf(to->error, sizeof to->error, "%s", from->error);
        rc = -1;
    }
    if (!rc)
        rc = store_drop_note(to, seq);
    return finish(to, rc);
}
