#include "unit/serve/schema.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#include <cmocka.h>

/* --- YAML ------------------------------------------------------------------------------------ */

static json_t *scalar(const yaml_node_t *n) {
    const char *s = (const char *)n->data.scalar.value;
    char *end;
    if (n->data.scalar.style == YAML_PLAIN_SCALAR_STYLE) {
        long long number = strtoll(s, &end, 10);
        if (*s && !*end)
            return json_integer(number);
        if (strcmp(s, "true") == 0 || strcmp(s, "false") == 0)
            return json_boolean(*s == 't');
        if (strcmp(s, "null") == 0)
            return json_null();
    }
    return json_string(s);
}

static json_t *node(yaml_document_t *d, int index) {
    yaml_node_t *n = yaml_document_get_node(d, index);
    if (n->type == YAML_SCALAR_NODE)
        return scalar(n);
    json_t *to = n->type == YAML_SEQUENCE_NODE ? json_array() : json_object();
    if (n->type == YAML_SEQUENCE_NODE)
        for (yaml_node_item_t *i = n->data.sequence.items.start; i < n->data.sequence.items.top;
             i++)
            json_array_append_new(to, node(d, *i));
    else
        for (yaml_node_pair_t *p = n->data.mapping.pairs.start; p < n->data.mapping.pairs.top; p++)
            json_object_set_new(to,
                                (const char *)yaml_document_get_node(d, p->key)->data.scalar.value,
                                node(d, p->value));
    return to;
}

json_t *yaml_load(const char *path) {
    yaml_parser_t parser;
    yaml_document_t d;
    FILE *f = fopen(path, "r");
    if (!f)
        fail_msg("cannot open %s", path);
    yaml_parser_initialize(&parser);
    yaml_parser_set_input_file(&parser, f);
    if (!yaml_parser_load(&parser, &d))
        fail_msg("%s:%zu: %s", path, parser.problem_mark.line + 1, parser.problem);
    json_t *j = node(&d, 1);
    yaml_document_delete(&d);
    yaml_parser_delete(&parser);
    fclose(f);
    return j;
}

/* --- schemas --------------------------------------------------------------------------------- */

json_t *schema_resolve(json_t *root, json_t *value) {
    const char *ref = json_string_value(json_object_get(value, "$ref"));
    if (!ref)
        return value;
    char path[256], *save = NULL;
    json_t *at = root;
    assert_int_equal(strncmp(ref, "#/", 2), 0);
    snprintf(path, sizeof path, "%s", ref + 2);
    for (char *part = strtok_r(path, "/", &save); part; part = strtok_r(NULL, "/", &save))
        at = json_object_get(at, part);
    if (!at)
        fail_msg("%s names nothing", ref);
    return schema_resolve(root, at);
}

static bool has_type(const json_t *v, const char *type) {
    return (strcmp(type, "object") == 0 && json_is_object(v)) ||
           (strcmp(type, "array") == 0 && json_is_array(v)) ||
           (strcmp(type, "string") == 0 && json_is_string(v)) ||
           (strcmp(type, "integer") == 0 && json_is_integer(v)) ||
           (strcmp(type, "number") == 0 && json_is_number(v)) ||
           (strcmp(type, "boolean") == 0 && json_is_boolean(v)) ||
           (strcmp(type, "null") == 0 && json_is_null(v));
}

static bool type_fits(const json_t *type, const json_t *v) {
    if (json_is_string(type))
        return has_type(v, json_string_value(type));
    for (size_t i = 0; i < json_array_size(type); i++)
        if (has_type(v, json_string_value(json_array_get(type, i))))
            return true;
    return false;
}

static bool listed(const json_t *list, const json_t *v) {
    for (size_t i = 0; i < json_array_size(list); i++)
        if (json_equal(json_array_get(list, i), v))
            return true;
    return false;
}

static void keywords_known(json_t *schema) {
    static const char *const known[] = {
        "type",
        "const",
        "enum",
        "minimum",
        "maximum",
        "properties",
        "additionalProperties",
        "required",
        "items",
        "oneOf",
        "default",
        "description",
    };
    const char *key;
    json_t *one;
    json_object_foreach(schema, key, one) {
        size_t i = 0;
        while (i < sizeof known / sizeof known[0] && strcmp(known[i], key) != 0)
            i++;
        if (i == sizeof known / sizeof known[0])
            fail_msg("the schema uses \"%s\"", key);
    }
}

static int object_fits(json_t *root, json_t *schema, json_t *v, char *why, size_t size) {
    json_t *props = json_object_get(schema, "properties"), *one;
    json_t *required = json_object_get(schema, "required");
    const char *key;
    for (size_t i = 0; i < json_array_size(required); i++) {
        key = json_string_value(json_array_get(required, i));
        if (!json_object_get(v, key))
            return snprintf(why, size, "\"%s\" is missing", key), 0;
    }
    json_object_foreach(v, key, one) {
        json_t *sub = json_object_get(props, key);
        if (sub && !schema_validate(root, sub, one, why, size))
            return snprintf(why + strlen(why), size - strlen(why), " in \"%s\"", key), 0;
        if (!sub && json_is_false(json_object_get(schema, "additionalProperties")))
            return snprintf(why, size, "\"%s\" is not described", key), 0;
    }
    return 1;
}

static int one_of(json_t *root, json_t *list, json_t *v, char *why, size_t size) {
    size_t n = 0;
    for (size_t i = 0; i < json_array_size(list); i++)
        n += (size_t)schema_validate(root, json_array_get(list, i), v, why, size);
    if (n != 1)
        snprintf(why, size, "%zu of oneOf fit", n);
    return n == 1;
}

int schema_validate(json_t *root, json_t *schema, json_t *v, char *why, size_t size) {
    json_t *sub, *s = schema_resolve(root, schema);
    keywords_known(s);
    if ((sub = json_object_get(s, "type")) && !type_fits(sub, v))
        return snprintf(why, size, "the type is another"), 0;
    if ((sub = json_object_get(s, "const")) && !json_equal(sub, v))
        return snprintf(why, size, "the value is another"), 0;
    if ((sub = json_object_get(s, "enum")) && !listed(sub, v))
        return snprintf(why, size, "the value is not listed"), 0;
    if ((sub = json_object_get(s, "minimum")) && json_is_number(v) &&
        json_number_value(v) < json_number_value(sub))
        return snprintf(why, size, "the value is below the minimum"), 0;
    if ((sub = json_object_get(s, "maximum")) && json_is_number(v) &&
        json_number_value(v) > json_number_value(sub))
        return snprintf(why, size, "the value is above the maximum"), 0;
    if ((sub = json_object_get(s, "oneOf")) && !one_of(root, sub, v, why, size))
        return 0;
    if ((sub = json_object_get(s, "items")))
        for (size_t i = 0; i < json_array_size(v); i++)
            if (!schema_validate(root, sub, json_array_get(v, i), why, size))
                return 0;
    return json_is_object(v) ? object_fits(root, s, v, why, size) : 1;
}
