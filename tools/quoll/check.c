/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * What only the whole description shows.
 */
#include <inttypes.h>
#include <string.h>

#include "tools/quoll/arena.h"
#include "tools/quoll/image.h"
#include "tools/quoll/model.h"
#include "tools/quoll/value.h"

enum {
    CALL_DEPTH_MAX = 8,      /* links that the kernel follows */
    FIRMWARE_MAX = 64 << 20, /* a guest's ROM ends where its second flash begins, at 0x04000000 */
};

/* Which components each component can call, directly or through others: one bit a component. */
struct reach {
    uint64_t direct[COMPONENT_MAX];
    uint64_t all[COMPONENT_MAX];
};

static uint64_t bit_of(const struct component *component)
{
    return UINT64_C(1) << component->number;
}

static void find_reach(const struct system *system, struct reach *reach)
{
    bool changed = true;

    *reach = (struct reach){0};
    for (unsigned i = 0; i < system->component_count; i++) {
        const struct component *component = &system->components[i];

        for (unsigned j = 0; j < component->call_count; j++)
            reach->direct[i] |= bit_of(component->calls[j].portal->server);
        if (component->vm != NULL && component->vm->service != NULL)
            reach->direct[i] |= bit_of(component->vm->service);
        for (unsigned kind = 0; kind < SHARE_KINDS; kind++)
            if (component->shares[kind] != NULL && component->shares[kind]->service != NULL)
                reach->direct[i] |= bit_of(component->shares[kind]->service);
        for (unsigned j = 0; component->console && j < system->component_count; j++)
            if (portal_find(&system->components[j], "console") != NULL)
                reach->direct[i] |= bit_of(&system->components[j]);
        reach->all[i] = reach->direct[i];
    }
    while (changed) {
        changed = false;
        for (unsigned i = 0; i < system->component_count; i++) {
            uint64_t all = reach->all[i];

            for (unsigned j = 0; j < system->component_count; j++)
                if ((all >> j & 1) != 0)
                    all |= reach->all[j];
            changed = changed || all != reach->all[i];
            reach->all[i] = all;
        }
    }
}

/* The shortest way from a component back to itself, as "a -> b -> a"; adds those on it to *seen. */
static const char *cycle_text(const struct system *system, const struct reach *reach, unsigned start, uint64_t *seen)
{
    const char *text = system->components[start].name;
    unsigned at = start;
    uint64_t walked = 0;

    do {
        unsigned next = start;

        walked |= UINT64_C(1) << at;
        for (unsigned j = 0; j < system->component_count; j++)
            if ((reach->direct[at] >> j & 1) != 0 && (walked >> j & 1) == 0 && (reach->all[j] >> start & 1) != 0)
                next = j;
        if ((reach->direct[at] >> start & 1) != 0)
            next = start;
        at = next;
        text = arena_print("%s -> %s", text, system->components[at].name);
    } while (at != start);
    *seen |= walked;
    return text;
}

/* Where a component's call towards `target` stands. */
static struct position call_position(const struct component *component, const struct reach *reach, unsigned target)
{
    for (unsigned i = 0; i < component->call_count; i++) {
        unsigned server = component->calls[i].portal->server->number;

        if (server == target || (reach->all[server] >> target & 1) != 0)
            return component->calls[i].at;
    }
    return component->console_at;
}

static void check_cycles(const struct system *system, const struct reach *reach)
{
    uint64_t seen = 0;

    for (unsigned i = 0; i < system->component_count; i++) {
        const struct component *component = &system->components[i];
        const char *text = NULL;

        if ((reach->all[i] >> i & 1) == 0 || (seen >> i & 1) != 0)
            continue;
        text = cycle_text(system, reach, i, &seen);
        mistake(call_position(component, reach, i),
                "a cycle of calls, which ends in a deadlock: %s; let one side `signals` the other instead", text);
    }
}

/* The kernel refuses chains of more than 8 links when it happens; say so before. */
static void check_depth(const struct system *system, const struct reach *reach)
{
    unsigned depth[COMPONENT_MAX] = {0};

    for (unsigned round = 0; round < system->component_count; round++)
        for (unsigned i = 0; i < system->component_count; i++)
            for (unsigned j = 0; j < system->component_count; j++)
                if ((reach->direct[i] >> j & 1) != 0 && depth[i] < depth[j] + 1)
                    depth[i] = depth[j] + 1;
    for (unsigned i = 0; i < system->component_count; i++) {
        const struct component *component = &system->components[i];

        if (depth[i] == CALL_DEPTH_MAX + 1)
            mistake(component->call_count != 0 ? component->calls[0].at : component->at,
                    "the calls of `%s` lead through %u servers; the kernel follows %d, shorten the chain",
                    component->name, depth[i], CALL_DEPTH_MAX);
    }
}

/* Root works in what the budgets leave of its core; with nothing left it could not even make the last of them. */
static const uint64_t SHARE_MAX = (UINT64_C(1) << 24) * 99 / 100;

/* Parts of 2^24 of a core, rounded down: 60 rounded budgets of exactly 99 % must not count as more. */
static uint64_t core_share(const struct budget *budget)
{
    return budget->period == 0 ? 0 : (budget->time << 24) / budget->period;
}

static void check_utilisation(const struct system *system)
{
    uint64_t share[BOOT_CORE_MAX] = {0};

    for (unsigned i = 0; i < system->component_count; i++) {
        const struct component *component = &system->components[i];
        uint64_t before = share[component->core];
        struct position at = component->budget.at;

        share[component->core] += core_share(&component->budget);
        if (component->vm != NULL) {
            share[component->core] += core_share(&component->vm->vcpu_budget);
            at = component->vm->vcpu_budget.at;
        }
        if (before <= SHARE_MAX && share[component->core] > SHARE_MAX)
            mistake(at,
                    "with `%s` the budgets of core %u reach %" PRIu64 ".%" PRIu64 " %% of it; write smaller times or "
                    "longer periods, 99 %% is all there is: root works in the rest",
                    component->name, component->core, share[component->core] * 100 >> 24,
                    (share[component->core] * 1000 >> 24) % 10);
    }
}

static const char *guess_format(const unsigned char *data, size_t size)
{
    if (size >= 2 && data[0] == 0x1f && data[1] == 0x8b)
        return "it is gzip-compressed, unpack it";
    if (size >= 4 && memcmp(data,
                            "\x7f"
                            "ELF",
                            4) == 0)
        return "it is an ELF file, name the Image made of it";
    if (size >= 2 && memcmp(data, "MZ", 2) == 0)
        return "it is an EFI program for another machine";
    return "its bytes 56..59 are not \"ARM\\x64\"";
}

/* Bytes of RAM that a kernel wants: what its header says, or what its file has, behind where it wants to begin. */
static uint64_t check_kernel(const struct vm *vm)
{
    struct file kernel = {0};
    uint64_t wanted = 0;
    uint64_t offset = 0;

    file_read(vm->kernel.file, FILE_SIZE_MAX, &kernel);
    if (!image_is_arm64(kernel.data, kernel.size)) {
        mistake(vm->kernel.at, "the kernel `%s` is not an arm64 Image (%s); name an uncompressed arm64 Image",
                vm->kernel.path, guess_format(kernel.data, kernel.size));
        return kernel.size;
    }
    if ((kernel.data[ARM64_FLAGS] & ARM64_BIG_ENDIAN) != 0)
        mistake(vm->kernel.at, "the kernel `%s` is big-endian; name a little-endian one", vm->kernel.path);
    memcpy(&offset, kernel.data + ARM64_TEXT_OFFSET, sizeof offset);
    memcpy(&wanted, kernel.data + ARM64_IMAGE_SIZE, sizeof wanted);
    wanted = wanted > kernel.size ? wanted : kernel.size;
    return offset <= UINT64_MAX - wanted ? offset + wanted : UINT64_MAX;
}

static void check_guest(const struct component *component)
{
    const struct vm *vm = component->vm;
    unsigned before = mistake_count();
    uint64_t kernel = vm->kernel.file != NULL ? check_kernel(vm) : 0;

    if (vm->firmware.size > FIRMWARE_MAX)
        mistake(vm->firmware.at, "the firmware `%s` is larger than the 64MiB of ROM that a guest has; name another",
                vm->firmware.path);
    /* 4 MiB for the device tree and what alignment takes. A header may hold any number. */
    if (mistake_count() == before && (kernel > vm->memory || kernel + vm->initrd.size + 4 * MIB > vm->memory))
        mistake(vm->memory_at, "`memory` is %s, but kernel and initrd of `%s` need %" PRIu64 "KiB; write more",
                print_bytes(vm->memory), component->name, (kernel + vm->initrd.size + 4 * MIB) / KIB);
}

static void check_devices(const struct system *system)
{
    unsigned count = 0;

    for (unsigned i = 0; i < system->component_count; i++)
        for (unsigned j = 0; j < system->components[i].device_count; j++)
            if (++count == BOOT_DEVICE_MAX + 1)
                mistake(system->components[i].devices[j].at, "more than %d devices are in use; remove some",
                        BOOT_DEVICE_MAX);
}

bool system_check(const struct system *system)
{
    struct reach reach = {0};

    find_reach(system, &reach);
    check_cycles(system, &reach);
    if (mistake_count() == 0)
        check_depth(system, &reach);
    check_utilisation(system);
    check_devices(system);
    for (unsigned i = 0; i < system->component_count; i++)
        if (system->components[i].vm != NULL)
            check_guest(&system->components[i]);
    check_services(system);
    return mistake_count() == 0;
}
