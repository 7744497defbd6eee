/* SQLSTATEs and what they mean for whoever has to act. The classes are those of appendix A:
 * https://www.postgresql.org/docs/15/errcodes-appendix.html */
#include "base/buf.h"
#include "base/str.h"
#include "pg/conn.h"

#include <string.h>

/* Longest prefix wins, so whole codes stand before their class. */
static const struct {
    const char *prefix;
    enum wb_code code;
} meanings[] = {
    {"3D000", WB_E_NOT_FOUND},    {"42501", WB_E_PRIVILEGE}, {"57P01", WB_E_LOST},
    {"57P02", WB_E_LOST},         {"57P03", WB_E_LOST},      {"57P05", WB_E_LOST},
    {"25P03", WB_E_LOST},         {"40001", WB_E_DEADLOCK},  {"40P01", WB_E_DEADLOCK},
    {"55P03", WB_E_LOCK_TIMEOUT}, {"53100", WB_E_DISK_FULL}, {"53200", WB_E_MEMORY},
    {"42P01", WB_E_NOT_FOUND},    {"3F000", WB_E_NOT_FOUND}, {"57014", WB_E_CANCELED},
    {"53300", WB_E_CONNECT},      {"28", WB_E_LOGIN},        {"08", WB_E_LOST},
    {"23", WB_E_CONSTRAINT},      {"22", WB_E_VALUE},        {"54000", WB_E_VALUE},
};

enum wb_code wb_pg_code_of_state(const char *state) {
    if (state)
        for (size_t i = 0; i < sizeof meanings / sizeof meanings[0]; i++)
            if (wb_str_starts(state, meanings[i].prefix))
                return meanings[i].code;
    return WB_E_SQL;
}

static void add_line(struct wb_buf *to, const char *label, const char *text) {
    if (!text || !*text)
        return;
    size_t len = strcspn(text, "\n");
    wb_buf_addf(to, "%s%.*s", label, (int)len, text);
}

/* libpq ends its own messages by a newline and may put several lines into one. */
static void add_connection_message(struct wb_buf *to, PGconn *conn) {
    const char *message = PQerrorMessage(conn);
    for (; *message; message++)
        if (*message != '\n')
            wb_buf_addc(to, *message);
        else if (message[1])
            wb_buf_adds(to, "; ");
}

/* Timeouts, cancels of ours and of others have one SQLSTATE, and words that may be translated. */
static bool timed_out(struct wb_pg *pg, const PGresult *result) {
    const char *words = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
    if (!pg->statement_timeout_ms)
        return false;
    if (words && strstr(words, "statement timeout"))
        return true;
    return !atomic_load(&pg->cancel_sent) && !(words && strstr(words, "user request"));
}

enum wb_code wb_pg_error(struct wb_pg *pg, const PGresult *result, struct wb_error *err) {
    WB_CLEANUP_BUF struct wb_buf text = {0};
    const char *state = result ? PQresultErrorField(result, PG_DIAG_SQLSTATE) : NULL;
    enum wb_code code = wb_pg_code_of_state(state);
    if (code == WB_E_CANCELED && timed_out(pg, result))
        code = WB_E_TIMEOUT;
    if (!pg->conn || PQstatus(pg->conn) != CONNECTION_OK)
        code = WB_E_LOST;
    if (state) {
        add_line(&text, "", PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY));
        add_line(&text, "; ", PQresultErrorField(result, PG_DIAG_MESSAGE_DETAIL));
        add_line(&text, "; hint: ", PQresultErrorField(result, PG_DIAG_MESSAGE_HINT));
        add_line(&text, "; ", PQresultErrorField(result, PG_DIAG_CONTEXT));
    } else if (pg->conn) {
        add_connection_message(&text, pg->conn);
    }
    if (!text.len)
        wb_buf_adds(&text,
                    code == WB_E_LOST ? "the connection is closed" : "the server gave no reason");
    if (wb_str_utf8_valid(text.data, text.len) != text.len)
        for (size_t i = 0; i < text.len; i++)
            if (text.data[i] >= 0x80)
                text.data[i] = '?';
    wb_error_set(err, code, "%s", wb_buf_str(&text));
    if (err && state)
        memccpy(err->sqlstate, state, 0, sizeof err->sqlstate - 1);
    return code;
}
