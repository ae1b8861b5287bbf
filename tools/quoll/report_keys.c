/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The trusted computing base of keys. Who could tell a key, or make it one that can be guessed: the kernel, root, the
 * service that keeps it, and the servers whose answers it takes (entropy). A driver with RIGHT_DMA could by its device,
 * as the board has no SMMU; it is counted beside. Who shares a window with the service, or keeps sealed keys for it,
 * could not, whatever it does.
 */
#include <inttypes.h>
#include <string.h>

#include "tools/quoll/arena.h"
#include "tools/quoll/report.h"
#include "tools/quoll/sources.h"

enum { BASE_MAX = 64 };

/* Programs, in the order that they are told in. */
struct base {
    const char *names[BASE_MAX];
    unsigned count;
    uint64_t members; /* components of it, a bit each */
};

static void add(struct base *base, const char *name)
{
    if (base->count < BASE_MAX)
        base->names[base->count++] = name;
}

static void add_component(struct base *base, const struct component *component)
{
    if ((base->members >> component->number & 1) != 0)
        return;
    base->members |= UINT64_C(1) << component->number;
    add(base, component->name);
}

static void report_program(struct report *report, const struct code *code, const char *name, const char *why)
{
    uint64_t lines = code_lines(code, &name, 1, "");
    uint64_t theirs = code_lines(code, &name, 1, "build/packages/source/mbedtls/");

    report_line(report, "    %-16s %6" PRIu64 "%s%s", name, lines,
                theirs != 0 ? arena_print(", of them %" PRIu64 " of Mbed TLS", theirs) : "", why);
}

static void report_total(struct report *report, const struct code *code, const struct base *base, const char *what)
{
    uint64_t lines = code_lines(code, base->names, base->count, "");

    if (lines != 0)
        report_line(report, "    %-16s %6" PRIu64, what, lines);
    else
        report_line(report, "    %-16s unknown: not everything was counted", what);
}

/* Names of the components of a set, or "nobody". */
static const char *names_of(const struct report *report, uint64_t set)
{
    const char *names = "";

    for (unsigned i = 0; i < report->system->component_count; i++)
        if ((set >> i & 1) != 0)
            names = arena_print("%s%s%s", names, names[0] != '\0' ? ", " : "", report->system->components[i].name);
    return names[0] != '\0' ? names : "nobody";
}

/* Components with READ on the service's thread, whose registers that shows while it waits. */
static uint64_t inspectors(const struct report *report, const struct component *service)
{
    const struct tables *tables = report->tables;
    uint64_t set = 0;

    for (unsigned i = 0; i < tables->capability_count; i++) {
        const struct capability *capability = &tables->capabilities[i];
        const struct object *object = &tables->objects[capability->plan.object];

        if (object->plan.kind == PLAN_THREAD && object->plan.owner == service->number &&
            capability->plan.component != service->number)
            set |= UINT64_C(1) << capability->plan.component;
    }
    return set;
}

static void report_others(struct report *report, const struct component *service, const struct base *base)
{
    const struct share *disk = service->shares[SHARE_DISK];
    uint64_t users = 0;
    uint64_t inspect = inspectors(report, service);
    uint64_t all = 0;

    for (unsigned i = 0; i < report->system->component_count; i++) {
        all |= UINT64_C(1) << i;
        if (share_of(&report->system->components[i], SHARE_CRYPTO, service))
            users |= UINT64_C(1) << i;
    }
    report_line(report, "  use keys as their policies say, and see none: %s", names_of(report, users));
    if (disk != NULL)
        report_line(report, "  keeps them, sealed: %s", disk->service->name);
    report_line(report, "  could read the registers of `%s` while it waits (inspects): %s", service->name,
                names_of(report, inspect));
    report_line(report, "  outside: %s", names_of(report, all & ~base->members & ~inspect));
}

static void report_service(struct report *report, const struct code *code, const struct component *service)
{
    struct base base = {0};
    uint64_t dma = dma_holders(report->tables);

    report_line(report,
                "\nKeys of `%s`: lines of code after preprocessing, Mbed TLS included, picolibc not:", service->name);
    add(&base, "kernel");
    add(&base, "root");
    add_component(&base, service);
    for (unsigned i = 0; i < base.count; i++)
        report_program(report, code, base.names[i], "");
    for (unsigned i = 0; i < service->call_count; i++) {
        const struct component *server = service->calls[i].portal->server;

        if ((base.members >> server->number & 1) == 0)
            report_program(report, code, server->name, ", whose answers it takes");
        add_component(&base, server);
    }
    report_total(report, code, &base, "together");
    dma &= ~base.members;
    for (unsigned i = 0; i < report->system->component_count && dma != 0; i++) {
        const struct component *component = &report->system->components[i];

        if ((dma >> i & 1) == 0)
            continue;
        report_program(report, code, component->name, ", by its device: the board has no SMMU");
        add_component(&base, component);
    }
    if (dma != 0)
        report_total(report, code, &base, "with drivers");
    report_line(report, "  (a file that several have counts once in a sum)");
    report_others(report, service, &base);
}

void report_keys(struct report *report)
{
    struct code code = {0};
    bool counted = code_read(report->sources, &code);

    for (unsigned i = 0; i < report->system->component_count; i++) {
        const struct component *component = &report->system->components[i];

        if (!component->shares_out[SHARE_CRYPTO])
            continue;
        if (counted)
            report_service(report, &code, component);
        else
            report_line(report, "\nKeys of `%s`: lines of code were not counted: no lines.txt here", component->name);
    }
}
