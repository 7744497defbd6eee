#include "sql/sql.h"

#include "base/str.h"

#include <string.h>

const char *wb_sql_does_word(enum wb_sql_does d) {
    static const char *const words[] = {
#define X(name, word) word,
        WB_SQL_CLASSES(X)
#undef X
    };
    return words[d];
}

const char *wb_sql_lock_word(enum wb_sql_lock l) {
    static const char *const words[] = {
#define X(name, words) words,
        WB_SQL_LOCKS(X)
#undef X
    };
    return words[l];
}

const char *wb_sql_lock_stops(enum wb_sql_lock l) {
    if (l == WB_LOCK_ACCESS_EXCLUSIVE)
        return "reads or writes";
    return l >= WB_LOCK_SHARE ? "writes" : NULL;
}

const char *wb_sql_algorithm_word(enum wb_sql_algorithm a) {
    static const char *const words[] = {"none", "unknown", "INSTANT", "INPLACE", "COPY"};
    return words[a];
}

static bool one_of(const char *name, const char *const *list) {
    for (; name && *list; list++)
        if (wb_str_ieq(name, *list))
            return true;
    return false;
}

bool wb_sql_is_system(enum wb_sql_dialect dialect, const char *schema, const char *name) {
    static const char *const schemas[] = {
        "information_schema", "pg_catalog", "performance_schema", "mysql", "sys", "pg_toast", NULL};
    static const char *const sqlite[] = {"sqlite_master", "sqlite_schema",      "sqlite_sequence",
                                         "sqlite_stat1",  "sqlite_temp_master", NULL};
    if (schema)
        return one_of(schema, schemas);
    if (dialect == WB_DIALECT_POSTGRES || dialect == WB_DIALECT_ANY)
        return wb_str_starts(name, "pg_") || one_of(name, sqlite);
    return one_of(name, sqlite) || wb_str_eq(name, "dual") || wb_str_istarts(name, "pragma_");
}

bool wb_sql_is_system_column(enum wb_sql_dialect dialect, const char *name) {
    static const char *const postgres[] = {"ctid", "xmin", "xmax",     "cmin",
                                           "cmax", "oid",  "tableoid", NULL};
    static const char *const sqlite[] = {"rowid", "oid", "_rowid_", NULL};
    static const char *const mysql[] = {"row_start", "row_end", NULL};
    return one_of(name, dialect == WB_DIALECT_SQLITE  ? sqlite
                        : dialect == WB_DIALECT_MYSQL ? mysql
                                                      : postgres);
}

const char *wb_sql_search_path_query(enum wb_sql_dialect dialect) {
    return dialect == WB_DIALECT_POSTGRES ? "SELECT unnest(current_schemas(false))" : NULL;
}

bool wb_sql_need_met(const struct wb_sql_need *n, const char *product, uint32_t version,
                     uint32_t *ret_since) {
    const struct {
        const char *product;
        uint32_t since;
    } of[] = {{"PostgreSQL", n->postgres},
              {"MariaDB", n->mariadb},
              {"MySQL", n->mysql},
              {"SQLite", n->sqlite}};
    for (size_t i = 0; product && i < sizeof of / sizeof *of; i++)
        if (wb_str_ieq(product, of[i].product) && version < of[i].since) {
            if (ret_since)
                *ret_since = of[i].since;
            return false;
        }
    return true;
}
