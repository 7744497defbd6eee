/* Reading a range of a table.
 *
 * Each column is selected in a form whose bytes can be turned into a cell without loss:
 *  - text in utf8mb4 as it is; utf8mb3 and ascii as their bytes, since a conversion by the server
 * would turn invalid sequences into '?' without a word; utf16, ucs2, utf16le and utf32 as their
 * bytes, converted here; latin1, whose 256 characters all exist in MySQL, converted by the server;
 * other charsets converted by the server, with the stored bytes beside them wherever the result has
 * a '?' (see my/row.c), so that a lost character is noticed;
 *  - an enum by its number, so that its error value (0) is not taken for a label '';
 *  - all else as the binary protocol has it.
 */
#include "engines/mysql/internal.h"

#include "base/str.h"
#include "my/result.h"
#include "my/row.h"

#include <stdlib.h>
#include <string.h>

struct wb_cursor {
    struct mysql_conn *conn;
    struct wb_my_result result;
    struct wb_my_plan plan;
    struct wb_arena arena;
    const char *table;
    struct wb_my_label *
        labels; /* of all enum columns, one after another; they point into the batch being filled */
    size_t n_labels;
    struct wb_buf
        label_bytes; /* all their bytes, copied into each batch, since cells outlive the cursor */
};

/* -------------------------------------------------------------------------------------------
 * expressions */

static bool one_of(const char *word, const char *const *words) {
    for (; *words; words++)
        if (wb_str_ieq(word, *words))
            return true;
    return false;
}

/* The text of a column; says by which step it is to be read. */
static enum wb_my_op add_text(struct wb_buf *sql, const struct wb_column *c) {
    static const char *const as_bytes[] = {"utf8", "utf8mb3", "ascii", "binary", NULL};
    const char *cs = c->type.charset;
    if (!cs || wb_str_ieq(cs, "latin1")) {
        wb_mysql_quote_name(sql, c->name);
        return WB_MY_TEXT;
    }
    enum wb_my_op wide = wb_str_ieq(cs, "utf16") || wb_str_ieq(cs, "ucs2") ? WB_MY_UTF16
                         : wb_str_ieq(cs, "utf16le")                       ? WB_MY_UTF16LE
                         : wb_str_ieq(cs, "utf32")                         ? WB_MY_UTF32
                                                                           : WB_MY_TEXT;
    if (wide != WB_MY_TEXT || one_of(cs, as_bytes)) {
        wb_buf_adds(sql, "CAST(");
        wb_mysql_quote_name(sql, c->name);
        wb_buf_adds(sql, " AS BINARY)");
        return wide;
    }
    WB_CLEANUP_BUF struct wb_buf converted = {0}, name = {0};
    wb_mysql_quote_name(&name, c->name);
    wb_buf_addf(&converted, "CONVERT(%s USING utf8mb4)", wb_buf_str(&name));
    wb_buf_addf(
        sql,
        "%s, IF(LOCATE(x'3F', CAST(%s AS BINARY)) OR LOCATE(x'EFBFBD', CAST(%s AS BINARY)), "
        "CAST(%s AS BINARY), NULL)",
        wb_buf_str(&converted), wb_buf_str(&converted), wb_buf_str(&converted), wb_buf_str(&name));
    return WB_MY_TEXT_CHECKED;
}

/* information_schema speaks utf8mb3 and shows '?' for what lies beyond: such labels cannot be
 * trusted. */
static bool labels_known(const struct wb_type *t) {
    for (uint32_t i = 0; i < t->n_labels; i++)
        if (strchr(t->labels[i], '?'))
            return false;
    return true;
}

/* Room for the labels of all columns that are read. */
static void make_labels(struct wb_cursor *cur, const struct wb_read_spec *spec) {
    size_t n = 0;
    for (size_t i = 0; i < spec->n_columns; i++)
        n += spec->table->columns[spec->columns[i]].type.n_labels;
    cur->labels = WB_NEW_N(&cur->arena, struct wb_my_label, n + 1);
}

static void add_labels(struct wb_cursor *cur, const struct wb_type *t, struct wb_my_step *step) {
    step->labels = cur->labels + cur->n_labels;
    step->n_labels = t->n_labels;
    for (uint32_t i = 0; i < t->n_labels; i++) {
        size_t len = strlen(t->labels[i]);
        cur->labels[cur->n_labels++].len = (uint32_t)len;
        wb_buf_add(&cur->label_bytes, t->labels[i], len);
    }
}

static void put_labels(struct wb_cursor *cur, struct wb_batch *b) {
    if (!cur->n_labels)
        return;
    unsigned char *to = wb_arena_alloc(&b->mem, cur->label_bytes.len + 1);
    memcpy(to, wb_buf_str(&cur->label_bytes), cur->label_bytes.len);
    for (size_t i = 0; i < cur->n_labels; i++) {
        cur->labels[i].p = to;
        to += cur->labels[i].len;
    }
}

/* The expression of one column; the step's operation is completed from the result's definitions. */
static void add_column(struct wb_buf *sql, struct wb_cursor *cur, const struct wb_column *c,
                       struct wb_my_step *step) {
    switch (c->type.kind) {
    case WB_KIND_TEXT:
    case WB_KIND_SET:
    case WB_KIND_JSON:
        step->op = (uint8_t)add_text(sql, c);
        return;
    case WB_KIND_ENUM:
        if (labels_known(&c->type)) {
            wb_buf_adds(sql, "CAST(");
            wb_mysql_quote_name(sql, c->name);
            wb_buf_adds(sql, " AS UNSIGNED)");
            step->op = WB_MY_ENUM64;
            add_labels(cur, &c->type, step);
        } else {
            step->op = WB_MY_ENUM_TEXT;
            wb_buf_adds(sql, "CONVERT(");
            wb_mysql_quote_name(sql, c->name);
            wb_buf_adds(sql, " USING utf8mb4)");
        }
        return;
    case WB_KIND_TIMESTAMP:
    case WB_KIND_TIMESTAMPTZ:
    case WB_KIND_TIME:
        step->fraction_digits = c->type.fraction_digits;
        break;
    default:
        break;
    }
    wb_mysql_quote_name(sql, c->name);
}

/* ------------------------------------------------------------------------------------------- the
 * plan */

static int integer_op(enum enum_field_types wire, bool is_unsigned) {
    switch (wire) {
    case MYSQL_TYPE_TINY:
        return is_unsigned ? WB_MY_U8 : WB_MY_I8;
    case MYSQL_TYPE_SHORT:
    case MYSQL_TYPE_YEAR:
        return is_unsigned ? WB_MY_U16 : WB_MY_I16;
    case MYSQL_TYPE_INT24:
    case MYSQL_TYPE_LONG:
        return is_unsigned ? WB_MY_U32 : WB_MY_I32;
    case MYSQL_TYPE_LONGLONG:
        return is_unsigned ? WB_MY_U64 : WB_MY_I64;
    default:
        return -1;
    }
}

static bool is_string(enum enum_field_types wire) {
    switch (wire) {
    case MYSQL_TYPE_VARCHAR:
    case MYSQL_TYPE_VAR_STRING:
    case MYSQL_TYPE_STRING:
    case MYSQL_TYPE_TINY_BLOB:
    case MYSQL_TYPE_BLOB:
    case MYSQL_TYPE_MEDIUM_BLOB:
    case MYSQL_TYPE_LONG_BLOB:
    case MYSQL_TYPE_ENUM:
    case MYSQL_TYPE_SET:
    case MYSQL_TYPE_JSON:
    case MYSQL_TYPE_GEOMETRY:
        return true;
    default:
        return false;
    }
}

static int enum_op(enum enum_field_types wire) {
    switch (integer_op(wire, true)) {
    case WB_MY_U8:
        return WB_MY_ENUM8;
    case WB_MY_U16:
        return WB_MY_ENUM16;
    case WB_MY_U32:
        return WB_MY_ENUM32;
    case WB_MY_U64:
        return WB_MY_ENUM64;
    default:
        return -1;
    }
}

/* The operation for a column of this type that comes as this field; -1 where the two do not fit. */
static int op_for(const struct wb_type *t, int op, const MYSQL_FIELD *f) {
    switch (t->kind) {
    case WB_KIND_INT:
    case WB_KIND_UINT:
        return integer_op(f->type, f->flags & UNSIGNED_FLAG);
    case WB_KIND_YEAR:
        return integer_op(f->type, true);
    case WB_KIND_FLOAT:
        return f->type == MYSQL_TYPE_FLOAT    ? WB_MY_F32
               : f->type == MYSQL_TYPE_DOUBLE ? WB_MY_F64
                                              : -1;
    case WB_KIND_DECIMAL:
        return f->type == MYSQL_TYPE_NEWDECIMAL || f->type == MYSQL_TYPE_DECIMAL ? WB_MY_TEXT : -1;
    case WB_KIND_BIT:
        return f->type == MYSQL_TYPE_BIT ? WB_MY_BIT : -1;
    case WB_KIND_DATE:
        return f->type == MYSQL_TYPE_DATE || f->type == MYSQL_TYPE_NEWDATE ? WB_MY_DATE : -1;
    case WB_KIND_TIME:
        return f->type == MYSQL_TYPE_TIME ? WB_MY_TIME : -1;
    case WB_KIND_TIMESTAMP:
    case WB_KIND_TIMESTAMPTZ:
        return f->type == MYSQL_TYPE_DATETIME || f->type == MYSQL_TYPE_TIMESTAMP ? WB_MY_DATETIME
                                                                                 : -1;
    case WB_KIND_UUID:
        return is_string(f->type) ? WB_MY_UUID : -1;
    case WB_KIND_ENUM:
        return op == WB_MY_ENUM_TEXT ? (is_string(f->type) ? op : -1) : enum_op(f->type);
    case WB_KIND_BYTES:
    case WB_KIND_GEOMETRY:
        return is_string(f->type) ? WB_MY_BYTES : -1;
    case WB_KIND_INET:
        return is_string(f->type) ? WB_MY_TEXT : -1;
    case WB_KIND_TEXT:
    case WB_KIND_SET:
    case WB_KIND_JSON:
        return is_string(f->type) ? op : -1;
    default:
        return -1;
    }
}

static enum wb_code finish_plan(struct wb_cursor *cur, const struct wb_read_spec *spec,
                                struct wb_error *err) {
    wb_my_plan_finish(&cur->plan);
    uint32_t field = 0;
    if (cur->plan.n_fields != cur->result.n_fields)
        return wb_error_set(err, WB_E_PROTOCOL, "table %s: %u columns were asked for and %u come",
                            cur->table, cur->plan.n_fields, cur->result.n_fields);
    for (uint32_t i = 0; i < cur->plan.n_steps; i++) {
        const struct wb_column *c = &spec->table->columns[spec->columns[i]];
        struct wb_my_step *step = &cur->plan.steps[i];
        const MYSQL_FIELD *f = &wb_my_result_fields(&cur->result)[field];
        int op = op_for(&c->type, step->op, f);
        if (op < 0)
            return wb_error_set(err, WB_E_PROTOCOL, "column %s.%s of type %s comes as wire type %d",
                                cur->table, c->name, c->type.native, (int)f->type);
        field += op == WB_MY_TEXT_CHECKED ? 2 : 1;
        step->op = (uint8_t)op;
    }
    wb_my_plan_finish(&cur->plan);
    return WB_OK;
}

static enum wb_code build_select(struct wb_cursor *cur, const struct wb_read_spec *spec,
                                 struct wb_buf *sql, struct wb_error *err) {
    make_labels(cur, spec);
    wb_buf_adds(sql, "SELECT ");
    for (size_t i = 0; i < spec->n_columns; i++) {
        if (i)
            wb_buf_adds(sql, ", ");
        add_column(sql, cur, &spec->table->columns[spec->columns[i]], &cur->plan.steps[i]);
    }
    if (!spec->n_columns)
        wb_buf_adds(sql, "1");
    wb_buf_adds(sql, " FROM ");
    wb_mysql_quote_table(sql, spec->table);
    const struct wb_index *index = NULL;
    const struct wb_column *key = wb_mysql_split_key(spec->table, &index);
    bool bounded = spec->range.kind == WB_RANGE_KEY && (spec->range.lower || spec->range.upper);
    if (key && !index->ignored && (bounded || spec->ordered)) {
        wb_buf_adds(sql, " FORCE INDEX (");
        wb_mysql_quote_name(sql, index->primary ? "PRIMARY" : index->name);
        wb_buf_adds(sql, ")");
    }
    enum wb_code code = wb_mysql_add_where(sql, spec->table, &spec->range, spec->where, err);
    if (!code && spec->ordered && key) {
        wb_buf_adds(sql, " ORDER BY ");
        wb_mysql_quote_name(sql, key->name);
    }
    return code;
}

/* ------------------------------------------------------------------------------------------- the
 * cursor */

enum wb_code wb_mysql_read_open(struct wb_conn *c, const struct wb_read_spec *spec,
                                struct wb_cursor **ret, struct wb_error *err) {
    WB_CLEANUP_BUF struct wb_buf sql = {0};
    struct wb_cursor *cur = calloc(1, sizeof *cur);
    if (!cur)
        return wb_error_set(err, WB_E_MEMORY, "no memory for reading table %s", spec->table->name);
    cur->conn = mysql_of(c);
    cur->table = wb_arena_strdup(&cur->arena, spec->table->name);
    cur->plan.n_steps = (uint32_t)spec->n_columns;
    cur->plan.steps = WB_NEW_N(&cur->arena, struct wb_my_step, spec->n_columns + 1);
    enum wb_code code = build_select(cur, spec, &sql, err);
    if (!code &&
        (code = wb_my_result_open(cur->conn->my, wb_buf_str(&sql), sql.len, &cur->result, err)))
        wb_error_wrap(err, "reading table %s", cur->table);
    if (!code && spec->n_columns)
        code = finish_plan(cur, spec, err);
    if (code) {
        wb_mysql_read_done(cur);
        return code;
    }
    *ret = cur;
    return WB_OK;
}

static enum wb_code fetch(struct wb_cursor *cur, struct wb_batch *b, bool *ret_more,
                          struct wb_error *err) {
    const unsigned char *p;
    size_t len = 0;
    enum wb_code code = wb_my_result_next(&cur->result, &p, &len, err);
    *ret_more = !code && p;
    if (code || !p)
        return code;
    if (cur->plan.borrows) {
        unsigned char *copy = wb_batch_alloc(b, len);
        memcpy(copy, p, len);
        p = copy;
    }
    struct wb_cell *cells = wb_batch_add_row(b);
    b->bytes += len;
    if (!cur->plan.n_steps || wb_my_row_decode(&cur->plan, p, len, cells, &b->mem))
        return WB_OK;
    return wb_error_set(err, WB_E_PROTOCOL,
                        "a row of %zu bytes is not of the form that was announced", len);
}

enum wb_code wb_mysql_read_next(struct wb_cursor *cur, struct wb_batch *b, struct wb_error *err) {
    bool more = true;
    enum wb_code code = WB_OK;
    wb_batch_reset(b);
    put_labels(cur, b);
    while (more && !code && !wb_batch_full(b))
        code = fetch(cur, b, &more, err);
    if (code)
        wb_error_wrap(err, "reading table %s", cur->table);
    return code;
}

void wb_mysql_read_done(struct wb_cursor *cur) {
    if (!cur)
        return;
    wb_my_result_close(&cur->result);
    wb_buf_done(&cur->label_bytes);
    wb_arena_done(&cur->arena);
    free(cur);
}
