/* The values at the edges of each kind of type, for whoever tests that every value survives. */
#ifndef TESTS_CONFORMANCE_VALUES_H
#define TESTS_CONFORMANCE_VALUES_H

#include "conformance/kit.h"

enum { KIT_MAX_VALUES = 24 };

struct kit_values {
    struct kit *k;
    struct wb_cell cells[KIT_MAX_VALUES];
    uint32_t n;
};

/* What an ENUM and a SET must have for labels, so that kit_edges knows them. */
extern const char *const kit_labels[4], *const kit_set_labels[3];

/* Values at the edges of a type that the engine keeps, in the forms of type.h; NULL is the last. v
 * has its kit set. */
void kit_edges(struct kit_values *v, const struct wb_type *t, const struct wb_ddl_ops *ddl);

#endif
