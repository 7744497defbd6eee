/* Validates JSON lines against the schemas of docs/json: the part of JSON Schema that those use
 * (type, const, enum, minimum, properties, required, additionalProperties, items), and nothing
 * else: an unknown keyword is an error.
 *
 *   json-validate DIR PREFIX < lines     each line against DIR/PREFIX-EVENT.json, EVENT being its
 * "event" json-validate FILE       < document  the whole input against one schema
 */
#include <jansson.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char where[1024];

static bool bad(const char *fmt, ...) {
    va_list args;
    va_start(args, fmt);
    fprintf(stderr, "%s: ", where[0] ? where : "(top)");
    vfprintf(stderr, fmt, args);
    fputc('\n', stderr);
    va_end(args);
    return false;
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

static bool check_type(const json_t *types, const json_t *v) {
    size_t i;
    json_t *one;
    if (json_is_string(types))
        return has_type(v, json_string_value(types)) ||
               bad("is not of type %s", json_string_value(types));
    json_array_foreach(types, i, one) if (has_type(v, json_string_value(one))) return true;
    return bad("is of none of the types that are allowed");
}

static bool check_enum(const json_t *allowed, const json_t *v) {
    size_t i;
    json_t *one;
    json_array_foreach(allowed, i, one) if (json_equal(one, v)) return true;
    return bad("is none of the values that are allowed");
}

static bool validate(json_t *schema, json_t *v);

static bool validate_at(json_t *schema, json_t *v, const char *fmt, ...) {
    size_t len = strlen(where);
    va_list args;
    va_start(args, fmt);
    vsnprintf(where + len, sizeof where - len, fmt, args);
    va_end(args);
    bool good = validate(schema, v);
    where[len] = 0;
    return good;
}

static bool check_object(json_t *schema, json_t *v) {
    json_t *props = json_object_get(schema, "properties"),
           *required = json_object_get(schema, "required"), *one;
    const char *key;
    size_t i;
    bool good = true;
    json_array_foreach(required, i, one) if (!json_object_get(v, json_string_value(one))) good =
        bad("\"%s\" is missing", json_string_value(one));
    json_object_foreach(v, key, one) {
        json_t *sub = json_object_get(props, key);
        if (sub)
            good &= validate_at(sub, one, ".%s", key);
        else if (json_is_false(json_object_get(schema, "additionalProperties")))
            good = bad("\"%s\" is not in the schema", key);
    }
    return good;
}

static bool known_keyword(const char *k) {
    static const char *const known[] = {"$schema",    "title",    "type",
                                        "const",      "enum",     "minimum",
                                        "properties", "required", "additionalProperties",
                                        "items"};
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        if (strcmp(known[i], k) == 0)
            return true;
    return false;
}

static bool validate(json_t *schema, json_t *v) {
    json_t *sub, *one;
    const char *key;
    size_t i;
    bool good = true;
    json_object_foreach(schema, key, sub) if (!known_keyword(key)) good =
        bad("the schema uses \"%s\"", key);
    if ((sub = json_object_get(schema, "type")) && !check_type(sub, v))
        return false;
    if ((sub = json_object_get(schema, "const")) && !json_equal(sub, v))
        good = bad("is not the value that the schema gives");
    if ((sub = json_object_get(schema, "enum")))
        good &= check_enum(sub, v);
    if ((sub = json_object_get(schema, "minimum")) && json_number_value(v) < json_number_value(sub))
        good = bad("is below the minimum");
    if (json_is_object(v))
        good &= check_object(schema, v);
    if (json_is_array(v) && (sub = json_object_get(schema, "items")))
        json_array_foreach(v, i, one) good &= validate_at(sub, one, "[%zu]", i);
    return good;
}

static json_t *load(const char *path) {
    json_error_t e;
    json_t *j = json_load_file(path, 0, &e);
    if (!j) {
        fprintf(stderr, "%s:%d: %s\n", path, e.line, e.text);
        exit(2);
    }
    return j;
}

static bool check_line(const char *dir, const char *prefix, const char *line) {
    json_error_t e;
    json_t *v = json_loads(line, JSON_REJECT_DUPLICATES, &e);
    if (!v)
        return bad("not JSON: %s: %s", e.text, line);
    const char *event = json_string_value(json_object_get(v, "event"));
    char path[4096];
    snprintf(path, sizeof path, "%s/%s-%s.json", dir, prefix, event ? event : "none");
    json_t *schema = load(path);
    bool good = validate_at(schema, v, "%s", event ? event : "");
    json_decref(schema);
    json_decref(v);
    return good;
}

int main(int argc, char **argv) {
    bool good = true;
    if (argc == 2) {
        json_error_t e;
        json_t *v = json_loadf(stdin, JSON_REJECT_DUPLICATES, &e), *schema = load(argv[1]);
        good = v ? validate(schema, v) : bad("not JSON: %s", e.text);
        json_decref(v);
        json_decref(schema);
        return !good;
    }
    if (argc != 3) {
        fprintf(stderr,
                "usage: json-validate DIR PREFIX < lines, or json-validate FILE < document\n");
        return 2;
    }
    char *line = NULL;
    size_t cap = 0, n = 0;
    while (getline(&line, &cap, stdin) > 0) {
        good &= check_line(argv[1], argv[2], line);
        n++;
    }
    free(line);
    return n == 0 ? (bad("no lines"), 1) : !good;
}
