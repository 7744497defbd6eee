/* docs/openapi.yaml as values, and the part of JSON Schema that it uses. */
#ifndef WB_TEST_SERVE_SCHEMA_H
#define WB_TEST_SERVE_SCHEMA_H

#include <jansson.h>

/* A YAML file as JSON values: plain scalars that look like one become numbers, booleans, null. New
 * reference; fails the test. */
json_t *yaml_load(const char *path);

/* value itself or, where it is a $ref, what that names in root; borrowed. Fails the test where
 * there is none. */
json_t *schema_resolve(json_t *root, json_t *value);

/* Whether v is as schema says; why (size bytes) tells where and what not. A keyword that is not
 * known here fails the test. */
int schema_validate(json_t *root, json_t *schema, json_t *v, char *why, size_t size);

#endif
