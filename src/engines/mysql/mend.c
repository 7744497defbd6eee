/* Statements that make part of a table as the server described it: written from its own words. */
#include "engines/mysql/ddl.h"

#include "base/str.h"

static void add_literal(struct wb_buf *sql, const char *before, const char *text) {
    if (!text)
        return;
    wb_buf_adds(sql, before);
    wb_mysql_quote_text(sql, text, strlen(text));
}

static bool is_charset_typed(enum wb_kind kind) {
    return kind == WB_KIND_TEXT || kind == WB_KIND_ENUM || kind == WB_KIND_SET;
}

static void add_column(struct wb_buf *sql, const struct wb_column *c) {
    const char *collation = is_charset_typed(c->type.kind) ? c->type.collation : NULL;
    wb_mysql_quote_name(sql, c->name);
    wb_buf_addf(sql, " %s", c->type.native);
    if (collation)
        wb_buf_addf(sql, " CHARACTER SET %.*s COLLATE %s", (int)strcspn(collation, "_"), collation,
                    collation);
    if (c->generated)
        wb_buf_addf(sql, " GENERATED ALWAYS AS (%s) %s", c->generated_as.text,
                    c->generated == WB_GENERATED_VIRTUAL ? "VIRTUAL" : "STORED");
    else
        wb_buf_adds(sql, c->not_null ? " NOT NULL" : " NULL");
    if (c->default_.text)
        wb_buf_addf(sql, " DEFAULT %s", c->default_.text);
    if (c->on_update)
        wb_buf_addf(sql, " ON UPDATE %s", c->on_update);
    if (c->identity)
        wb_buf_adds(sql, " AUTO_INCREMENT");
    if (c->invisible)
        wb_buf_adds(sql, " INVISIBLE");
    add_literal(sql, " COMMENT ", c->comment);
}

static void add_parts(struct wb_buf *sql, const struct wb_table *t, const struct wb_index *x) {
    for (size_t i = 0; i < x->n_parts; i++) {
        const struct wb_index_part *p = &x->parts[i];
        wb_buf_adds(sql, i ? ", " : " (");
        if (p->column >= 0)
            wb_mysql_quote_name(sql, t->columns[p->column].name);
        else
            wb_buf_addf(sql, "(%s)", p->expr.text);
        if (p->prefix_length)
            wb_buf_addf(sql, "(%u)", p->prefix_length);
        wb_buf_adds(sql, p->descending ? " DESC" : "");
    }
    wb_buf_addc(sql, ')');
}

/* A key that is there goes in the same statement, for it may be what a foreign key stands on. */
static void add_index(struct wb_buf *sql, const struct wb_table *t, const struct wb_index *x,
                      const char *instead) {
    if (instead && x->primary) {
        wb_buf_adds(sql, "DROP PRIMARY KEY, ");
    } else if (instead) {
        wb_buf_adds(sql, "DROP INDEX ");
        wb_mysql_quote_name(sql, instead);
        wb_buf_adds(sql, ", ");
    }
    wb_buf_adds(sql, x->primary                       ? "ADD PRIMARY KEY"
                     : x->method == WB_INDEX_FULLTEXT ? "ADD FULLTEXT KEY "
                     : x->method == WB_INDEX_SPATIAL  ? "ADD SPATIAL KEY "
                     : x->unique                      ? "ADD UNIQUE KEY "
                                                      : "ADD KEY ");
    if (!x->primary)
        wb_mysql_quote_name(sql, x->name);
    add_parts(sql, t, x);
    add_literal(sql, " COMMENT ", x->comment);
}

static void add_check(struct wb_buf *sql, const struct wb_check *c, const char *instead) {
    if (instead) {
        wb_buf_adds(sql, "DROP CONSTRAINT ");
        wb_mysql_quote_name(sql, instead);
        wb_buf_adds(sql, ", ");
    }
    wb_buf_adds(sql, "ADD CONSTRAINT ");
    wb_mysql_quote_name(sql, c->name);
    wb_buf_addf(sql, " CHECK (%s)", c->expr.text);
}

const char *wb_mysql_mend(const struct wb_part *part, struct wb_arena *a) {
    const struct wb_table *t = part->expected;
    WB_CLEANUP_BUF struct wb_buf sql = {0};
    wb_buf_adds(&sql, "ALTER TABLE ");
    wb_mysql_quote_table(&sql, t);
    wb_buf_addc(&sql, ' ');
    switch (part->kind) {
    case WB_PART_COLUMN:
        wb_buf_adds(&sql, part->instead ? "MODIFY COLUMN " : "ADD COLUMN ");
        add_column(&sql, &t->columns[part->number]);
        break;
    case WB_PART_INDEX:
        add_index(&sql, t, &t->indexes[part->number], part->instead);
        break;
    case WB_PART_CHECK:
        add_check(&sql, &t->checks[part->number], part->instead);
        break;
    }
    return wb_arena_strdup(a, wb_buf_str(&sql));
}
