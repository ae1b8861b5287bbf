/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Shares of disks, networks, sockets, entropy and keys: what a client holds of the service, and what the service holds
 * of a client. A native client and a guest that is copied share a window with the service; of a direct guest, the
 * service maps the RAM.
 */
#include <inttypes.h>
#include <string.h>

#include "tools/quoll/arena.h"
#include "tools/quoll/tables.h"

enum { VIRTIO_SPI = 16, PAGE = 4096, SECTOR = 512 };
/* Locally administered (IEEE 802, 8.4); the last octets are the client's number. */
#define MAC_DEFAULT UINT64_C(0x525100000001)

static const uint64_t READ_WRITE = QUOLL_MAP_READ | QUOLL_MAP_WRITE;

void expand_share_objects(struct tables *tables, const struct component *component)
{
    struct own_objects *own = &tables->own[component->number];

    for (unsigned kind = 0; kind < SHARE_KINDS; kind++) {
        const struct share *share = component->shares[kind];
        const char *key =
            share_facts[kind].native_key != NULL ? share_facts[kind].native_key : share_facts[kind].portal;
        uint32_t window = PLAN_NONE;

        if (share != NULL && share->window != 0) {
            window = object_add(tables, PLAN_MEMORY, PLAN_SYSTEM, arena_print("%s.%s-window", component->name, key),
                                share->at, key);
            tables->objects[window].plan.a = share->window;
            tables->objects[window].plan.b = share->window >= LARGE_PAGE ? LARGE_PAGE : PAGE;
        }
        own->windows[kind] = window;
    }
}

static uint64_t flag_mask(const struct component *component, const char *name)
{
    for (unsigned i = 0; i < component->flag_count; i++)
        if (strcmp(component->flags[i].name, name) == 0)
            return UINT64_C(1) << component->flags[i].bit;
    return 0;
}

static uint64_t mac_of(const struct component *client, const struct share *share)
{
    return share->net.mac != 0 ? share->net.mac : MAC_DEFAULT + client->number;
}

/* What only one kind's clients know of themselves. */
static void expand_identity(struct tables *tables, const struct component *client, const struct share *share)
{
    const char *why = share_key(share, client);

    if (share->kind == SHARE_NET)
        define_add(tables, client, share->at, why, "NET_MAC", "UINT64_C(0x%012" PRIx64 ")", mac_of(client, share));
    if (share->kind == SHARE_VSOCK && client->vm == NULL) {
        define_add(tables, client, share->at, why, "VSOCK_PORT_FIRST", "%u", share->vsock.port_first);
        define_add(tables, client, share->at, why, "VSOCK_PORT_COUNT", "%u", share->vsock.port_count);
    }
}

/* What a client holds of the service; a VMM's line of VM_DEVICES is answered. */
static const char *expand_client(struct tables *tables, const struct component *client, const struct share *share)
{
    const struct share_facts *facts = &share_facts[share->kind];
    const struct own_objects *service = &tables->own[share->service->number];
    uint32_t window = tables->own[client->number].windows[share->kind];
    const char *why = share_key(share, client);
    const char *name = facts->constant;
    uint64_t doorbells = ((UINT64_C(1) << facts->queues) - 1) << FLAG_DOORBELL;
    uint64_t address = 0;

    capability_add(tables, client, arena_print("CAP_%s_PORTAL", name), service->portals[share->portal->number],
                   QUOLL_RIGHT_CALL, client_label(share->portal, client), share->at, why);
    if (facts->queues != 0)
        capability_add(tables, client, arena_print("CAP_%s_DOORBELL", name), service->notification, QUOLL_RIGHT_SIGNAL,
                       doorbells, share->at, why);
    if (window != PLAN_NONE)
        address = mapping_add(tables, client, window, share->window, READ_WRITE, share->at, why);
    define_add(tables, client, share->at, why, arena_print("%s_WINDOW_ADDRESS", name), "UINT64_C(0x%" PRIx64 ")",
               address);
    define_add(tables, client, share->at, why, arena_print("%s_WINDOW_SIZE", name), "UINT64_C(0x%" PRIx64 ")",
               share->window);
    expand_identity(tables, client, share);
    return arena_print(
        " \\\n    X(%s, %d, %u, CAP_%s_PORTAL, CAP_%s_DOORBELL, FLAG_%s, %s_WINDOW_ADDRESS, %s_WINDOW_SIZE)", name,
        share->trusted ? 1 : 0, facts->slot, name, name, name, name, name);
}

/*
 * A guest that trusts a disk's driver with its RAM trusts it with the device's reach: the driver learns where the RAM
 * is, and the device moves data without a copy. 0: no such capability.
 */
static unsigned expand_reach(struct tables *tables, const struct component *service, const struct component *client,
                             const struct share *share)
{
    if (share->window != 0 || service->dma == NULL)
        return 0;
    return capability_add(tables, service, arena_print("CAP_%s_DISK_RAM", constant_name(client->name)),
                          tables->own[client->number].ram, QUOLL_RIGHT_DMA, 0, share->at,
                          arena_print("disk of %s: the device reaches its RAM", client->name));
}

/* What the service is told of one client beside where its queues are. */
static const char *describe(struct tables *tables, const struct component *service, const struct component *client,
                            const struct share *share)
{
    const struct system *system = tables->system;

    switch (share->kind) {
    case SHARE_DISK:
        return arena_print(", \"%s\", UINT64_C(%" PRIu64 "), UINT64_C(%" PRIu64 "), %d, %u",
                           share->disk.partition != NULL ? share->disk.partition : "", share->disk.offset / SECTOR,
                           share->disk.size / SECTOR, share->disk.read_only ? 1 : 0,
                           expand_reach(tables, service, client, share));
    case SHARE_NET:
        return arena_print(", UINT64_C(0x%012" PRIx64 "), %u, UINT64_C(0x%" PRIx64 ")", mac_of(client, share),
                           share->net.vlan, share_reaches(system, client, share->kind));
    case SHARE_VSOCK:
        return arena_print(", %u, %u, %u, UINT64_C(0x%" PRIx64 ")", client->vm != NULL ? share->vsock.cid : 2,
                           share->vsock.port_first, share->vsock.port_count,
                           share_reaches(system, client, share->kind) & ~SHARE_WIRE);
    default:
        return "";
    }
}

/* What the service gets of one client; answers its line of COMPONENT_DISKS and the like. */
static const char *expand_served(struct tables *tables, const struct component *service, const struct component *client,
                                 const struct share *share)
{
    const struct share_facts *facts = &share_facts[share->kind];
    const struct own_objects *own = &tables->own[client->number];
    const char *name = constant_name(client->name);
    const char *key = facts->native_key != NULL ? facts->native_key : facts->portal;
    const char *why = arena_print("%s of %s", key, client->name);
    bool direct = share->window == 0;
    uint64_t size = direct ? client->vm->memory : share->window;
    uint64_t flag = flag_mask(client, key);
    uint64_t mask = direct ? UINT64_C(1) << (VIRTIO_SPI + facts->slot) : flag;
    uint64_t address =
        mapping_add(tables, service, direct ? own->ram : own->windows[share->kind], size, READ_WRITE, share->at, why);
    const char *start =
        arena_print(" \\\n    X(COMPONENT_CLIENT_%s, \"%s\", UINT64_C(0x%" PRIx64 "), UINT64_C(0x%" PRIx64 ")", name,
                    client->name, address, size);
    unsigned tell = 0;
    unsigned signal = 0;

    if (facts->queues == 0)
        return arena_print("%s)", start);
    tell = capability_add(tables, service, arena_print("CAP_%s_%s", name, facts->constant), own->notification,
                          QUOLL_RIGHT_SIGNAL, flag, share->at, why);
    signal = direct ? capability_add(tables, service, arena_print("CAP_%s_%s_INTERRUPT", name, facts->constant),
                                     own->virtual_interrupts, QUOLL_RIGHT_SIGNAL, mask, share->at, why)
                    : tell;
    return arena_print("%s, UINT64_C(0x%" PRIx64 "), %u, UINT64_C(0x%" PRIx64 "), %u, UINT64_C(0x%" PRIx64 ")%s)",
                       start, direct ? GUEST_RAM_IPA : UINT64_C(0), signal, mask, tell, flag,
                       describe(tables, service, client, share));
}

/* The device and its memory by names that the driver knows whatever the description calls them. */
static void expand_driver(struct tables *tables, const struct component *service, const struct share_facts *facts)
{
    const char *name = facts->constant;
    const char *dma = service->dma != NULL ? constant_name(service->dma->name) : NULL;
    const char *device = NULL;

    define_add(tables, service, service->at, "serves", arena_print("%s_HAS_DEVICE", name), "%d", dma != NULL ? 1 : 0);
    if (dma == NULL)
        return;
    for (unsigned i = 0; i < service->device_count && device == NULL; i++)
        if (service->devices[i].device->has_interrupt)
            device = constant_name(service->devices[i].name);
    /* A region that is called so has these names already. */
    if (strcmp(dma, arena_print("%s_DMA", name)) != 0) {
        define_add(tables, service, service->at, "serves", arena_print("CAP_%s_DMA", name), "CAP_%s", dma);
        define_add(tables, service, service->at, "serves", arena_print("%s_DMA_ADDRESS", name), "%s_ADDRESS", dma);
        define_add(tables, service, service->at, "serves", arena_print("%s_DMA_SIZE", name), "%s_SIZE", dma);
    }
    define_add(tables, service, service->at, "serves", arena_print("%s_DEVICE_ADDRESS", name), "%s_ADDRESS", device);
    define_add(tables, service, service->at, "serves", arena_print("CAP_%s_DEVICE_INTERRUPT", name), "CAP_%s_INTERRUPT",
               device);
    define_add(tables, service, service->at, "serves", arena_print("FLAG_%s_DEVICE", name), "FLAG_%s", device);
}

static void expand_service(struct tables *tables, const struct component *service, enum share_kind kind)
{
    const struct system *system = tables->system;
    const struct share_facts *facts = &share_facts[kind];
    const char *list = "";
    unsigned count = 0;

    for (unsigned i = 0; i < system->component_count; i++) {
        const struct component *client = &system->components[i];

        if (!share_of(client, kind, service))
            continue;
        list = arena_print("%s%s", list, expand_served(tables, service, client, client->shares[kind]));
        count++;
    }
    define_add(tables, service, service->at, "serves", arena_print("COMPONENT_%s_COUNT", facts->constant), "%u", count);
    define_add(tables, service, service->at, "serves", arena_print("COMPONENT_%sS(X)", facts->constant), "%s", list);
    if (facts->dma_least != 0)
        expand_driver(tables, service, facts);
}

void expand_shares(struct tables *tables, const struct component *component)
{
    const struct vm *vm = component->vm;
    const char *devices = vm != NULL && vm->has_console
                              ? arena_print(" \\\n    X(CONSOLE, %d, %u, VM_CONSOLE_PORTAL, VM_CONSOLE_NOTIFICATION, "
                                            "FLAG_CONSOLE_INPUT, 0, 0)",
                                            vm->trusted ? 1 : 0, vm->slot)
                              : "";

    for (unsigned kind = 0; kind < SHARE_KINDS; kind++) {
        if (component->shares[kind] != NULL)
            devices = arena_print("%s%s", devices, expand_client(tables, component, component->shares[kind]));
        if (component->shares_out[kind])
            expand_service(tables, component, (enum share_kind)kind);
    }
    if (vm != NULL)
        define_add(tables, component, component->at, "vms", "VM_DEVICES(X)", "%s", devices);
}
