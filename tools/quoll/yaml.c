/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * libyaml's events become a tree; a stack of open nodes takes the place of recursion.
 */
#include "tools/quoll/yaml.h"

#include <string.h>
#include <yaml.h>

#include "tools/quoll/arena.h"
#include "tools/quoll/file.h"

enum { DEPTH_MAX = 16 };

struct reader {
    yaml_parser_t parser;
    const char *file;
    struct node *top;
    struct node *open[DEPTH_MAX]; /* open[0] is the outermost */
    unsigned depth;
    const char *key; /* of the value that comes next in open[depth - 1] */
    struct position key_at;
    unsigned documents;
};

static struct position position_of(const struct reader *reader, yaml_mark_t mark)
{
    return (struct position){reader->file, (unsigned)mark.line + 1, (unsigned)mark.column + 1};
}

struct node *node_get(const struct node *mapping, const char *key)
{
    for (struct node *node = mapping->first; node != NULL; node = node->next)
        if (strcmp(node->key, key) == 0)
            return node;
    return NULL;
}

static void append(struct node *parent, struct node *child)
{
    if (parent->last == NULL)
        parent->first = child;
    else
        parent->last->next = child;
    parent->last = child;
    parent->count++;
}

static bool is_tab(const struct file *file, struct position at)
{
    const unsigned char *line = file->data;
    const unsigned char *end = file->data + file->size;

    for (unsigned i = 1; i < at.line && line != NULL; i++) {
        line = memchr(line, '\n', (size_t)(end - line));
        line = line == NULL ? NULL : line + 1;
    }
    return line != NULL && (size_t)(end - line) >= at.column && line[at.column - 1] == '\t';
}

/* libyaml stopped: says where and why. */
static void report_syntax(const struct reader *reader, const struct file *file)
{
    const yaml_parser_t *parser = &reader->parser;
    struct position at = position_of(reader, parser->problem_mark);

    if (parser->error == YAML_READER_ERROR) {
        at = (struct position){reader->file, 1, 1};
        for (size_t i = 0; i < parser->problem_offset && i < file->size; i++) {
            at.column++;
            if (file->data[i] == '\n')
                at = (struct position){reader->file, at.line + 1, 1};
        }
        mistake(at, "this is not UTF-8 text (%s); write the file in UTF-8", parser->problem);
        return;
    }
    if (is_tab(file, at)) {
        mistake(at, "YAML syntax: a tab, which indents nothing; write spaces");
        return;
    }
    mistake(at, "YAML syntax: %s%s%s; check indentation (spaces only), colons and quotes",
            parser->problem != NULL ? parser->problem : "not understood", parser->context != NULL ? " " : "",
            parser->context != NULL ? parser->context : "");
}

static bool text_is_clean(const char *text, size_t length)
{
    for (size_t i = 0; i < length; i++)
        if ((unsigned char)text[i] < 0x20 || text[i] == 0x7f)
            return false;
    return true;
}

/* Puts a new node where it belongs; a mapping's scalar may be a key. Returns false after a mistake. */
static bool place(struct reader *reader, struct node *node)
{
    struct node *parent = reader->depth == 0 ? NULL : reader->open[reader->depth - 1];

    node->key_at = node->at;
    if (parent == NULL) {
        reader->top = node;
        return true;
    }
    if (parent->kind == NODE_MAPPING && reader->key == NULL) {
        const struct node *twin = NULL;

        if (node->kind != NODE_SCALAR) {
            mistake(node->at, "a key must be one word; write `name: value`");
            return false;
        }
        twin = node_get(parent, node->text);
        if (twin != NULL) {
            mistake(node->at, "`%s` stands here twice, first in line %u; remove one", node->text, twin->key_at.line);
            return false;
        }
        reader->key = node->text;
        reader->key_at = node->at;
        return true;
    }
    if (parent->kind == NODE_MAPPING) {
        node->key = reader->key;
        node->key_at = reader->key_at;
        reader->key = NULL;
    }
    append(parent, node);
    return true;
}

static bool open_node(struct reader *reader, struct node *node)
{
    if (reader->depth == DEPTH_MAX) {
        mistake(node->at, "nested more than %d deep; a description needs 6 levels at most", DEPTH_MAX);
        return false;
    }
    if (!place(reader, node))
        return false;
    reader->open[reader->depth++] = node;
    reader->key = NULL;
    return true;
}

static bool refuse_extras(struct position at, const yaml_char_t *anchor, const yaml_char_t *tag)
{
    if (anchor != NULL)
        mistake(at, "anchors (`&%s`) are not used in descriptions; write the value itself", (const char *)anchor);
    else if (tag != NULL)
        mistake(at, "tags (`%s`) are not used in descriptions; write the value alone", (const char *)tag);
    return anchor == NULL && tag == NULL;
}

static bool take_scalar(struct reader *reader, const yaml_event_t *event, struct node *node)
{
    const char *text = (const char *)event->data.scalar.value;
    size_t length = event->data.scalar.length;

    if (!refuse_extras(node->at, event->data.scalar.anchor, event->data.scalar.tag))
        return false;
    if (!text_is_clean(text, length)) {
        mistake(node->at, "control character or line break in a value; write it in one line of plain text");
        return false;
    }
    node->text = arena_copy(text, length);
    node->quoted = event->data.scalar.style != YAML_PLAIN_SCALAR_STYLE;
    return place(reader, node);
}

/* Takes one event; false after a mistake. */
static bool take_event(struct reader *reader, const yaml_event_t *event)
{
    struct position at = position_of(reader, event->start_mark);
    struct node *node = arena_allocate(1, sizeof *node);

    node->at = at;
    switch (event->type) {
    case YAML_DOCUMENT_START_EVENT:
        if (++reader->documents > 1)
            mistake(at, "a second document starts here; a description is one document, remove the `---`");
        return reader->documents == 1;
    case YAML_ALIAS_EVENT:
        mistake(at, "aliases (`*%s`) are not used in descriptions; write the value itself",
                (const char *)event->data.alias.anchor);
        return false;
    case YAML_SCALAR_EVENT:
        node->kind = NODE_SCALAR;
        return take_scalar(reader, event, node);
    case YAML_SEQUENCE_START_EVENT:
        node->kind = NODE_SEQUENCE;
        return refuse_extras(at, event->data.sequence_start.anchor, event->data.sequence_start.tag) &&
               open_node(reader, node);
    case YAML_MAPPING_START_EVENT:
        node->kind = NODE_MAPPING;
        return refuse_extras(at, event->data.mapping_start.anchor, event->data.mapping_start.tag) &&
               open_node(reader, node);
    case YAML_SEQUENCE_END_EVENT:
    case YAML_MAPPING_END_EVENT:
        reader->depth--;
        return true;
    default:
        return true;
    }
}

static bool read_events(struct reader *reader, const struct file *file)
{
    bool more = true;

    while (more) {
        yaml_event_t event;
        bool good = false;

        if (yaml_parser_parse(&reader->parser, &event) == 0) {
            report_syntax(reader, file);
            return false;
        }
        good = take_event(reader, &event);
        more = event.type != YAML_STREAM_END_EVENT;
        yaml_event_delete(&event);
        if (!good)
            return false;
    }
    return true;
}

struct node *yaml_read(const char *path)
{
    struct file file = {0};
    struct reader reader = {.file = path};
    bool good = false;

    file_read(path, YAML_SIZE_MAX, &file);
    if (yaml_parser_initialize(&reader.parser) == 0)
        fail("out of memory");
    yaml_parser_set_input_string(&reader.parser, file.data, file.size);
    good = read_events(&reader, &file);
    yaml_parser_delete(&reader.parser);
    if (!good)
        return NULL;
    if (reader.top == NULL || reader.top->kind != NODE_MAPPING) {
        mistake((struct position){path, 1, 1}, "a description is a mapping; begin with `system: NAME`");
        return NULL;
    }
    return reader.top;
}

static void remove_child(struct node *parent, const struct node *child)
{
    struct node **link = &parent->first;

    parent->last = NULL;
    while (*link != NULL) {
        if (*link == child) {
            *link = child->next;
            parent->count--;
            continue;
        }
        parent->last = *link;
        link = &(*link)->next;
    }
}

void node_set(struct node *top, const char *assignment, struct position at)
{
    const char *equals = strchr(assignment, '=');
    struct node *parent = top;
    const char *part = assignment;
    struct node *leaf = NULL;

    if (equals == NULL || equals == assignment) {
        mistake(at, "`%s` sets nothing; write `--set path.to.key=value`", assignment);
        return;
    }
    for (const char *dot = NULL; (dot = memchr(part, '.', (size_t)(equals - part))) != NULL; part = dot + 1) {
        const char *key = arena_copy(part, (size_t)(dot - part));
        struct node *child = node_get(parent, key);

        if (child == NULL || child->kind != NODE_MAPPING) {
            mistake(at, "`%s` is not a mapping of the description; write a path that is there", key);
            return;
        }
        parent = child;
    }
    if (!text_is_clean(equals, strlen(equals))) {
        mistake(at, "control character or line break in a value; write it in one line of plain text");
        return;
    }
    leaf = arena_allocate(1, sizeof *leaf);
    *leaf = (struct node){.kind = NODE_SCALAR, .at = at, .key_at = at, .quoted = true, .text = equals + 1};
    leaf->key = arena_copy(part, (size_t)(equals - part));
    if (node_get(parent, leaf->key) != NULL)
        remove_child(parent, node_get(parent, leaf->key));
    if (equals[1] != '\0')
        append(parent, leaf);
}
