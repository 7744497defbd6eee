/* Within the rendering of expressions: the values that nodes give, and how one is brought to what
 * another needs. Not for other files of the engine. */
#ifndef WB_ENGINES_POSTGRES_EXPR_INT_H
#define WB_ENGINES_POSTGRES_EXPR_INT_H

#include "engines/postgres/ddl.h"

enum wb_cls {
    NONE,    /* refused */
    LITERAL, /* a quoted string or NULL, of whatever type is wanted */
    BOOL,
    INT,
    DECIMAL,
    FLOAT,
    TEXT,
    BYTES,
    ENUM,
    DATE,
    STAMP,
    STAMPTZ,
    TIME,
    UUID,
    BITS,
    OTHER,
};

/* What a node was written as. */
struct wb_value {
    enum wb_cls cls;
    unsigned collation; /* TEXT: enum wb_collation_flags of the column it comes from */
    bool placed;        /* its column has a nondeterministic collation of its own */
};

struct wb_emitter {
    struct wb_render *r;
    const struct wb_table *t;
    const struct wb_column *column;
    enum wb_expr_use use;
    const char *why;
    unsigned depth;
};

enum { WB_EMIT_MAX_ARGS = 200 };

struct wb_value wb_emit_refuse(struct wb_emitter *x,
                               const char *why); /* NONE; the first reason counts */
struct wb_value wb_emit_of(enum wb_cls cls);
bool wb_emit_is_number(enum wb_cls c);
bool wb_emit_is_integer_text(const char *s); /* digits alone */
bool wb_emit_is_immutable_use(
    const struct wb_emitter *x); /* nothing may depend on the moment or the session */

/* Write a node as it is. */
struct wb_value wb_emit(struct wb_emitter *x, struct wb_buf *to, const struct wb_expr *e);
/* Write a text of one class as another. */
struct wb_value wb_emit_convert(struct wb_emitter *x, struct wb_buf *to, const char *text,
                                struct wb_value v, enum wb_cls want);
struct wb_value wb_emit_as(struct wb_emitter *x, struct wb_buf *to, const struct wb_expr *e,
                           enum wb_cls want);
struct wb_value wb_emit_number(struct wb_emitter *x, struct wb_buf *to,
                               const struct wb_expr *e); /* of any class, TRUE as 1 */
struct wb_value wb_emit_wide(struct wb_emitter *x, struct wb_buf *to,
                             const struct wb_expr *e); /* the same, integers in 64 bits */
/* Bring n nodes to one class; texts[i] belong to the render's arena. */
struct wb_value wb_emit_alike(struct wb_emitter *x, const struct wb_expr *const *args, size_t n,
                              const char **texts);

/* expr_ops.c and expr_call.c */
struct wb_value wb_emit_binary(struct wb_emitter *x, struct wb_buf *to, const struct wb_expr *e);
struct wb_value wb_emit_unary(struct wb_emitter *x, struct wb_buf *to, const struct wb_expr *e);
struct wb_value wb_emit_in(struct wb_emitter *x, struct wb_buf *to, const struct wb_expr *e);
struct wb_value wb_emit_between(struct wb_emitter *x, struct wb_buf *to, const struct wb_expr *e);
struct wb_value wb_emit_division(struct wb_emitter *x, struct wb_buf *to, const struct wb_expr *e);
struct wb_value wb_emit_joined(struct wb_emitter *x, struct wb_buf *to,
                               const struct wb_expr *const *args, size_t n);
struct wb_value wb_emit_call(struct wb_emitter *x, struct wb_buf *to, const struct wb_expr *e);

#endif
