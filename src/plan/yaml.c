/* Front matter from YAML text to a small tree with places. */
#include "plan/reader.h"

#include <yaml.h>

enum { MAX_DEPTH = 8 };

struct loader {
    struct wb_plan_reader *r;
    yaml_parser_t parser;
    size_t from, to; /* of the YAML text, in the plan */
    size_t at,
        at_index; /* the byte and the character of the last place: places mostly go forward */
    bool failed;
};

/* libyaml counts characters, and takes other characters than LF for line ends too. */
static struct wb_plan_place place_of(struct loader *l, yaml_mark_t mark) {
    if (mark.index < l->at_index) {
        l->at = l->from;
        l->at_index = 0;
    }
    while (l->at_index < mark.index && l->at < l->to) {
        do
            l->at++;
        while (l->at < l->to && ((unsigned char)l->r->text[l->at] & 0xC0) == 0x80);
        l->at_index++;
    }
    return wb_reader_place(l->r, l->at);
}

static void fail(struct loader *l, yaml_mark_t mark, const char *what) {
    if (!l->failed)
        wb_reader_find(l->r, WB_PLAN_FRONT, place_of(l, mark),
                       "write it as YAML: \"key: value\" a line",
                       "the front matter is not YAML: %s", what);
    l->failed = true;
}

static bool next(struct loader *l, yaml_event_t *event) {
    if (l->failed)
        return false;
    if (yaml_parser_parse(&l->parser, event))
        return true;
    fail(l, l->parser.problem_mark, l->parser.problem ? l->parser.problem : "it cannot be read");
    return false;
}

static bool read_node(struct loader *l, const yaml_event_t *event, struct wb_yaml *to,
                      unsigned depth);

/* Entries until the end of the list or map. */
static bool read_items(struct loader *l, struct wb_yaml *to, unsigned depth) {
    const char *key = NULL;
    struct wb_plan_place key_place = {0};
    for (;;) {
        yaml_event_t event;
        if (!next(l, &event))
            return false;
        bool end = event.type == YAML_SEQUENCE_END_EVENT || event.type == YAML_MAPPING_END_EVENT;
        if (!end && to->kind == WB_YAML_MAP && !key) {
            if (event.type == YAML_SCALAR_EVENT) {
                key = wb_arena_strdup(l->r->a, (const char *)event.data.scalar.value);
                key_place = place_of(l, event.start_mark);
            } else {
                fail(l, event.start_mark, "a key must be a word");
            }
        } else if (!end) {
            struct wb_yaml *item = WB_PUSH(l->r->a, to->items, to->n, to->cap);
            *item = (struct wb_yaml){.key = key, .key_place = key_place};
            struct wb_yaml value = *item;
            read_node(l, &event, &value, depth + 1);
            to->items[to->n - 1] = value;
            key = NULL;
        }
        yaml_event_delete(&event);
        if (end || l->failed)
            return !l->failed;
    }
}

static bool read_node(struct loader *l, const yaml_event_t *event, struct wb_yaml *to,
                      unsigned depth) {
    to->place = place_of(l, event->start_mark);
    if (depth > MAX_DEPTH) {
        fail(l, event->start_mark, "it is nested too deeply");
        return false;
    }
    switch (event->type) {
    case YAML_SCALAR_EVENT:
        to->kind = WB_YAML_SCALAR;
        to->text = wb_arena_strdup(l->r->a, (const char *)event->data.scalar.value);
        return true;
    case YAML_SEQUENCE_START_EVENT:
        to->kind = WB_YAML_LIST;
        return read_items(l, to, depth);
    case YAML_MAPPING_START_EVENT:
        to->kind = WB_YAML_MAP;
        return read_items(l, to, depth);
    default:
        fail(l, event->start_mark, "references to other values are not possible here");
        return false;
    }
}

static bool read_document(struct loader *l, struct wb_yaml *to) {
    yaml_event_t event;
    while (next(l, &event)) {
        yaml_event_type_t type = event.type;
        bool begins = type != YAML_STREAM_START_EVENT && type != YAML_DOCUMENT_START_EVENT;
        bool ends = type == YAML_STREAM_END_EVENT || type == YAML_DOCUMENT_END_EVENT;
        bool good = begins && !ends ? read_node(l, &event, to, 0) : true;
        yaml_event_delete(&event);
        if (begins)
            return good && !l->failed;
    }
    return false;
}

struct wb_yaml *wb_yaml_read(struct wb_plan_reader *r, size_t from, size_t to) {
    struct loader l = {.r = r, .from = from, .to = to, .at = from};
    struct wb_yaml *root = WB_NEW(r->a, struct wb_yaml);
    root->kind = WB_YAML_MAP;
    if (!yaml_parser_initialize(&l.parser))
        return NULL;
    yaml_parser_set_input_string(&l.parser, (const unsigned char *)r->text + from, to - from);
    bool good = read_document(&l, root);
    if (good && root->kind != WB_YAML_MAP) {
        fail(&l, (yaml_mark_t){0}, "it has no keys");
        good = false;
    }
    yaml_parser_delete(&l.parser);
    return good ? root : NULL;
}
