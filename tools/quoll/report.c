/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The report's frame, and its first chapter: memory.
 */
#include "tools/quoll/report.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "tools/quoll/arena.h"
#include "tools/quoll/value.h"

void report_line(struct report *report, const char *format, ...)
{
    char line[512] = "";
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    buffer_add(&report->text, line, strlen(line));
    buffer_add(&report->text, "\n", 1);
}

void report_title(struct report *report, const char *title)
{
    char rule[80] = "";

    memset(rule, '=', strlen(title) < sizeof rule ? strlen(title) : sizeof rule - 1);
    report_line(report, "\n%s\n%s\n", title, rule);
}

const char *print_rights(uint32_t rights)
{
    static const char *const NAMES[] = {
#define RIGHT(bit, name, text) [bit] = #name,
#include "abi/rights.def"
#undef RIGHT
    };
    const char *text = "";

    if (rights == QUOLL_RIGHTS_ALL)
        return "all";
    for (unsigned i = 0; i < sizeof NAMES / sizeof NAMES[0]; i++)
        if ((rights >> i & 1) != 0)
            text = arena_print("%s%s%s", text, text[0] != '\0' ? " " : "", NAMES[i]);
    return text;
}

const char *print_attributes(uint64_t attributes)
{
    return arena_print(
        "%c%c%c%s", (attributes & QUOLL_MAP_READ) != 0 ? 'r' : '-', (attributes & QUOLL_MAP_WRITE) != 0 ? 'w' : '-',
        (attributes & QUOLL_MAP_EXECUTE) != 0 ? 'x' : '-', (attributes & QUOLL_MAP_UNCACHED) != 0 ? " uncached" : "");
}

const char *print_kind(uint32_t kind)
{
    static const char *const NAMES[] = {
        [PLAN_POOL] = "pool",     [PLAN_DOMAIN] = "domain",       [PLAN_THREAD] = "thread",
        [PLAN_BUDGET] = "budget", [PLAN_PORTAL] = "portal",       [PLAN_NOTIFICATION] = "notification",
        [PLAN_MEMORY] = "memory", [PLAN_INTERRUPT] = "interrupt", [PLAN_DEVICE] = "device",
        [PLAN_MODULE] = "module", [PLAN_TRACE] = "trace",
    };

    return kind < sizeof NAMES / sizeof NAMES[0] && NAMES[kind] != NULL ? NAMES[kind] : "?";
}

const char *owner_name(const struct tables *tables, uint32_t owner)
{
    return owner == PLAN_SYSTEM ? "system" : tables->system->components[owner].name;
}

static void report_image(struct report *report)
{
    const struct layout *layout = report->layout;

    report_line(report, "Boot image, %" PRIu64 " KiB, loaded at any 2 MiB boundary of RAM:", layout->image_size / KIB);
    report_line(report, "  offset      size       part");
    report_line(report, "  0x%08" PRIx64 "  %7" PRIu64 "KiB kernel", UINT64_C(0), layout->kernel_size / KIB);
    report_line(report, "  0x%08" PRIx64 "  %7" PRIu64 "KiB boot_info", layout->kernel_size, UINT64_C(4));
    report_line(report, "  0x%08" PRIx64 "  %7" PRIu64 "KiB the kernel's translation tables",
                layout->kernel_size + 4 * KIB, layout->tables_size / KIB);
    report_line(report, "  0x%08" PRIx64 "  %7" PRIu64 "KiB root, its stack of %s included", layout->root_offset,
                layout->root_size / KIB, print_bytes(report->system->root.stack));
    report_line(report, "  0x%08" PRIx64 "  %7" PRIu64 "KiB plan: programs, guests' files", layout->plan_offset,
                layout->plan_size / KIB);
}

static void report_ram(struct report *report)
{
    struct ram_use use = layout_ram(report->layout);
    uint64_t ram = report->system->board->ram_size;
    const struct {
        const char *what;
        uint64_t size;
    } parts[] = {{"boot image", use.image},
                 {"root's pool", use.root_pool},
                 {"programs of components", use.programs},
                 {"stacks", use.stacks},
                 {"pools of components (kernel objects, page tables)", use.pools},
                 {"memory regions, vCPU state", use.regions},
                 {"guest RAM", use.guests},
                 {"left over", ram - use.total}};

    report_line(report, "\nRAM of the board %s, %" PRIu64 " MiB:", report->system->board->name, ram / MIB);
    for (unsigned i = 0; i < sizeof parts / sizeof parts[0]; i++)
        report_line(report, "  %10" PRIu64 "KiB  %s", parts[i].size / KIB, parts[i].what);
}

static void report_component_memory(struct report *report, const struct component *component)
{
    const struct tables *tables = report->tables;
    const struct program *program = &report->layout->programs[component->number];

    report_line(report, "\n%s: program %s, pool of %s", component->name, component->program,
                print_bytes(tables->pool_size[component->number]));
    for (unsigned i = 0; i < program->segment_count; i++)
        report_line(report, "  0x%010" PRIx64 " %8" PRIu64 "KiB %s  program", program->segments[i].address,
                    program->segments[i].memory_size / KIB, print_attributes(program->segments[i].attributes));
    report_line(report, "  0x%010" PRIx64 " %8" PRIu64 "KiB rw-  stack", STACK_BASE, component->stack / KIB);
    for (unsigned i = 0; i < tables->mapping_count; i++) {
        const struct mapping *mapping = &tables->mappings[i];

        if (mapping->plan.component == component->number)
            report_line(report, "  0x%010" PRIx64 " %8" PRIu64 "KiB %s  %s (line %u: %s)", mapping->plan.address,
                        (mapping->size + KIB - 1) / KIB, print_attributes(mapping->plan.attributes),
                        tables->objects[mapping->plan.object].name, mapping->at.line, mapping->why);
    }
}

void report_memory(struct report *report)
{
    report_title(report, "1. Memory");
    report_image(report);
    report_ram(report);
    for (unsigned i = 0; i < report->system->component_count; i++)
        report_component_memory(report, &report->system->components[i]);
}

void report_write(const struct layout *layout, const struct search *sources, const char *path, const char *svg)
{
    struct report report = {
        .layout = layout, .tables = layout->tables, .system = layout->tables->system, .sources = sources};

    report_line(&report, "The system `%s` on the board %s", report.system->name, report.system->board->name);
    report_line(&report, "Made by quoll from %s. `line` is a line of that file.", report.system->path);
    report_memory(&report);
    report_capabilities(&report);
    report_assets(&report);
    report_time(&report);
    if (path != NULL)
        file_write(path, report.text.data, report.text.size);
    else if (fwrite(report.text.data, 1, report.text.size, stdout) != report.text.size || fflush(stdout) != 0)
        fail("standard output: cannot be written");
    if (svg != NULL)
        svg_write(report.tables, svg);
}
