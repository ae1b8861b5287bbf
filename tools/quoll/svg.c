/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The picture. Graphviz lays it out; the tool writes its language. Names are letters, digits and hyphens, in quotes.
 */
#include <string.h>

#include "tools/quoll/arena.h"
#include "tools/quoll/report.h"
#include "tools/quoll/value.h"

static void add(struct buffer *dot, const char *text)
{
    buffer_add(dot, text, strlen(text));
}

static void draw_component(struct buffer *dot, const struct component *component)
{
    add(dot, arena_print("  \"%s\" [shape=%s, style=filled, fillcolor=\"%s\", label=\"%s\\npriority %u\"];\n",
                         component->name, component->vm != NULL ? "box3d" : "box",
                         component->vm != NULL ? "#ffe8c2"
                         : component->passive  ? "#eeeeee"
                                               : "#d8e8ff",
                         component->name, component->priority));
    for (unsigned i = 0; i < component->device_count; i++)
        add(dot, arena_print("  \"device %s\" [shape=component, label=\"%s\"];\n"
                             "  \"%s\" -> \"device %s\" [dir=both, style=bold];\n",
                             component->devices[i].name, component->devices[i].name, component->name,
                             component->devices[i].name));
}

static void draw_channels(struct buffer *dot, const struct system *system, const struct component *component)
{
    for (unsigned i = 0; i < component->call_count; i++)
        add(dot, arena_print("  \"%s\" -> \"%s\" [label=\"%s\"];\n", component->name,
                             component->calls[i].portal->server->name, component->calls[i].portal->name));
    for (unsigned i = 0; i < component->signal_count; i++)
        add(dot, arena_print("  \"%s\" -> \"%s\" [style=dashed, arrowhead=open, label=\"%s\"];\n", component->name,
                             component->signals[i].peer->name, component->signals[i].flag));
    for (unsigned i = 0; component->console && component->vm == NULL && i < system->component_count; i++)
        if (portal_find(&system->components[i], "console") != NULL)
            add(dot, arena_print("  \"%s\" -> \"%s\" [color=gray];\n", component->name, system->components[i].name));
    if (component->vm != NULL && component->vm->has_console)
        add(dot,
            arena_print("  \"%s\" -> \"%s\" [dir=both, penwidth=2, label=\"virtio-console\\n%s\"];\n", component->name,
                        component->vm->service->name, component->vm->trusted ? "direct" : "copied"));
}

static void draw_region(struct buffer *dot, const struct region *region)
{
    add(dot, arena_print("  \"memory %s\" [shape=cylinder, label=\"%s\\n%s\"];\n", region->name, region->name,
                         print_bytes(region->size)));
    for (unsigned i = 0; i < region->user_count; i++)
        add(dot, arena_print("  \"%s\" -> \"memory %s\" [style=dotted, dir=%s];\n", region->users[i].name, region->name,
                             region->users[i].access == ACCESS_READ_WRITE ? "both" : "back"));
}

void svg_write(const struct tables *tables, const char *path)
{
    static const char *const ARGUMENTS[] = {"dot", "-Tsvg", NULL};
    const struct system *system = tables->system;
    struct buffer dot = {0};
    struct file svg = {0};
    int status = 0;

    add(&dot,
        arena_print(
            "digraph \"%s\" {\n  label=\"%s\\nlines: call; gray: console; dashed: signal; dotted: memory; thick: device\";\n  rankdir=LR;\n  node [fontname=\"sans-serif\"];\n"
            "  edge [fontname=\"sans-serif\", fontsize=10];\n",
            system->name, system->name));
    for (unsigned i = 0; i < system->component_count; i++)
        draw_component(&dot, &system->components[i]);
    for (unsigned i = 0; i < system->component_count; i++)
        draw_channels(&dot, system, &system->components[i]);
    for (unsigned i = 0; i < system->region_count; i++)
        draw_region(&dot, &system->regions[i]);
    add(&dot, "}\n");
    status = program_run(ARGUMENTS, dot.data, dot.size, &svg);
    if (status == 127)
        fail("the program dot is missing; install the package graphviz");
    if (status != 0)
        fail("dot failed with status %d", status);
    file_write(path, svg.data, svg.size);
}
