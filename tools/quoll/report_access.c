/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Every capability and why it exists; who trusts whom; and for each asset who could reach it.
 *
 * The trusted computing base of an asset is the kernel, root, and every component that has it mapped or holds a
 * capability for it. Without an SMMU a device that learned a physical address can reach all RAM, so that holders of
 * RIGHT_DMA belong to every base.
 */
#include <inttypes.h>
#include <string.h>

#include "tools/quoll/arena.h"
#include "tools/quoll/report.h"
#include "tools/quoll/sources.h"
#include "tools/quoll/value.h"

static void report_holder(struct report *report, const struct component *component)
{
    const struct tables *tables = report->tables;

    report_line(report, "\n%s", component->name);
    for (unsigned i = 0; i < tables->capability_count; i++) {
        const struct capability *capability = &tables->capabilities[i];
        const struct object *object = &tables->objects[capability->plan.object];

        if (capability->plan.component != component->number)
            continue;
        report_line(report, "  %3u %-30s %-12s %-28s %-16s line %u: %s", capability->plan.index, capability->constant,
                    print_kind(object->plan.kind), object->name, print_rights(capability->plan.rights),
                    capability->at.line, capability->why);
    }
}

/* Whoever calls waits for the answer without a deadline. */
static void report_trust(struct report *report)
{
    const struct tables *tables = report->tables;

    report_line(report, "\nWho trusts whom to answer (a call has no deadline):");
    for (unsigned i = 0; i < tables->capability_count; i++) {
        const struct capability *capability = &tables->capabilities[i];
        const struct object *object = &tables->objects[capability->plan.object];

        if ((capability->plan.rights & QUOLL_RIGHT_CALL) != 0 && object->plan.owner != PLAN_SYSTEM &&
            object->plan.owner != capability->plan.component)
            report_line(report, "  %s -> %s, label 0x%" PRIx64, owner_name(tables, capability->plan.component),
                        object->name, capability->plan.label);
    }
}

void report_capabilities(struct report *report)
{
    report_title(report, "2. Capabilities, and why each exists");
    for (unsigned i = 0; i < report->system->component_count; i++)
        report_holder(report, &report->system->components[i]);
    report_trust(report);
}

uint64_t dma_holders(const struct tables *tables)
{
    uint64_t holders = 0;

    for (unsigned i = 0; i < tables->capability_count; i++)
        if ((tables->capabilities[i].plan.rights & QUOLL_RIGHT_DMA) != 0 &&
            tables->capabilities[i].plan.rights != QUOLL_RIGHTS_ALL)
            holders |= UINT64_C(1) << tables->capabilities[i].plan.component;
    return holders;
}

static uint64_t holders_of(const struct tables *tables, uint32_t object)
{
    uint64_t holders = 0;

    if (tables->objects[object].plan.owner != PLAN_SYSTEM)
        holders |= UINT64_C(1) << tables->objects[object].plan.owner;
    for (unsigned i = 0; i < tables->capability_count; i++)
        if (tables->capabilities[i].plan.object == object)
            holders |= UINT64_C(1) << tables->capabilities[i].plan.component;
    for (unsigned i = 0; i < tables->mapping_count; i++)
        if (tables->mappings[i].plan.object == object)
            holders |= UINT64_C(1) << tables->mappings[i].plan.component;
    return holders;
}

static uint64_t component_lines(const struct report *report, const struct component *component)
{
    return program_lines(report->sources, component->program);
}

static void report_asset(struct report *report, uint32_t number, uint64_t base_lines)
{
    const struct tables *tables = report->tables;
    const struct object *object = &tables->objects[number];
    uint64_t holders = holders_of(tables, number) | dma_holders(tables);
    uint64_t lines = base_lines;
    const char *names = "kernel, root";
    bool known = base_lines != 0;

    for (unsigned i = 0; i < report->system->component_count; i++) {
        const struct component *component = &report->system->components[i];
        uint64_t more = 0;

        if ((holders >> i & 1) == 0)
            continue;
        more = component_lines(report, component);
        known = known && more != 0;
        lines += more;
        names = arena_print("%s, %s", names, component->name);
    }
    report_line(report, "  %-12s %-30s %s", print_kind(object->plan.kind), object->name, names);
    if (known)
        report_line(report, "  %-12s %-30s %" PRIu64 " lines", "", "", lines);
    else
        report_line(report, "  %-12s %-30s lines unknown: some sources are not here", "", "");
}

/* Whether the report says who reaches an object: what holds data or moves the outside world. */
static bool is_asset(const struct object *object)
{
    return object->plan.kind == PLAN_MEMORY || object->plan.kind == PLAN_DEVICE ||
           object->plan.kind == PLAN_INTERRUPT || object->plan.kind == PLAN_MODULE || object->plan.kind == PLAN_TRACE ||
           (object->plan.kind == PLAN_PORTAL && object->plan.owner != PLAN_SYSTEM);
}

/* What its client has of a disk or a network. */
static const char *describe(const struct report *report, const struct component *client, const struct share *share)
{
    uint64_t reaches = share_reaches(report->system, client, share->kind);
    const char *peers = (reaches & SHARE_WIRE) != 0 && share->kind == SHARE_NET ? " wire" : "";
    unsigned number = 0;

    if (share->kind == SHARE_DISK)
        return arena_print(", %s, %s",
                           share->disk.partition != NULL ? arena_print("partition `%s`", share->disk.partition)
                                                         : arena_print("%s at %s", print_bytes(share->disk.size),
                                                                       print_bytes(share->disk.offset)),
                           share->disk.read_only ? "read" : "read-write");
    if (share->kind != SHARE_NET && share->kind != SHARE_VSOCK)
        return "";
    for (unsigned i = 0; i < report->system->component_count; i++) {
        const struct component *other = &report->system->components[i];

        if (share_of(other, share->kind, share->service) && (reaches >> number++ & 1) != 0)
            peers = arena_print("%s %s", peers, other->name);
    }
    return arena_print(", reaching%s", peers[0] != '\0' ? peers : " nobody");
}

static void report_shares(struct report *report, const struct component *client)
{
    for (unsigned kind = 0; kind < SHARE_KINDS; kind++) {
        const struct share *share = client->shares[kind];

        if (share != NULL)
            report_line(report, "  %s %s by %s%s: %s", client->name, share_key(share, client), share->service->name,
                        describe(report, client, share),
                        client->vm == NULL ? "native (a window that both map)"
                        : share->trusted   ? "direct (the service maps the guest's RAM)"
                                           : "copied (the VMM copies, the service sees none of the guest's RAM)");
    }
}

static void report_queues(struct report *report)
{
    report_line(report, "\nQueues of devices:");
    for (unsigned i = 0; i < report->system->component_count; i++) {
        const struct vm *vm = report->system->components[i].vm;

        if (vm != NULL && vm->has_console)
            report_line(report, "  %s virtio-console by %s: %s", report->system->components[i].name, vm->service->name,
                        vm->trusted ? "direct (the service maps the guest's RAM)"
                                    : "copied (the VMM copies, the service sees none of the guest's RAM)");
        report_shares(report, &report->system->components[i]);
    }
}

void report_assets(struct report *report)
{
    uint64_t kernel = kernel_lines(report->sources);
    uint64_t runtime = runtime_lines(report->sources);
    uint64_t root = program_lines(report->sources, report->system->root.program);
    uint64_t holders = dma_holders(report->tables);

    report_title(report, "3. Assets, and who could reach them (trusted computing bases)");
    report_line(report, "Lines that are not empty, libraries of others (picolibc, libfdt) not counted:");
    report_line(report, "  kernel %" PRIu64 ", root %" PRIu64 ", runtime of every component %" PRIu64, kernel, root,
                runtime);
    for (unsigned i = 0; i < report->system->component_count; i++)
        report_line(report, "  %s %" PRIu64, report->system->components[i].name,
                    component_lines(report, &report->system->components[i]));
    for (unsigned i = 0; i < report->system->component_count; i++)
        if ((holders >> i & 1) != 0)
            report_line(report, "%s has RIGHT_DMA and counts in every base: the board has no SMMU.",
                        report->system->components[i].name);
    report_line(report, "%s", "");
    for (uint32_t i = 0; i < report->tables->object_count; i++)
        if (is_asset(&report->tables->objects[i]))
            report_asset(report, i, kernel != 0 && root != 0 ? kernel + root + runtime : 0);
    report_queues(report);
    report_keys(report);
}
