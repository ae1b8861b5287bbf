/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Disks: what a client gets of its service, and the service of its clients and of its device.
 *
 *   guest, direct   the service maps guest RAM, the guest's doorbell and the service's interrupt pass the VMM by
 *   all others      client and service map a window, which outlives both
 */
#include <inttypes.h>
#include <string.h>

#include "tools/quoll/arena.h"
#include "tools/quoll/tables.h"

enum { VIRTIO_SPI = 16, PAGE = 4096, SECTOR = 512 };

static const uint64_t READ_WRITE = QUOLL_MAP_READ | QUOLL_MAP_WRITE;

void expand_disk_objects(struct tables *tables, const struct component *component)
{
    struct own_objects *own = &tables->own[component->number];
    const struct disk *disk = component->disk;

    own->disk_window = PLAN_NONE;
    if (disk == NULL || disk->window == 0)
        return;
    own->disk_window =
        object_add(tables, PLAN_MEMORY, PLAN_SYSTEM, arena_print("%s.disk-window", component->name), disk->at, "disk");
    tables->objects[own->disk_window].plan.a = disk->window;
    tables->objects[own->disk_window].plan.b = disk->window >= LARGE_PAGE ? LARGE_PAGE : PAGE;
}

static uint64_t flag_mask(const struct component *component)
{
    for (unsigned i = 0; i < component->flag_count; i++)
        if (strcmp(component->flags[i].name, "disk") == 0)
            return UINT64_C(1) << component->flags[i].bit;
    return 0;
}

static void expand_client(struct tables *tables, const struct component *component)
{
    const struct disk *disk = component->disk;
    const struct own_objects *service = &tables->own[disk->service->number];
    uint32_t window = tables->own[component->number].disk_window;
    const char *why = component->vm != NULL ? "devices: virtio-blk" : "disk";
    uint64_t address = 0;

    if (component->vm != NULL) {
        define_add(tables, component, disk->at, why, "VM_DISK_SLOT", "%u", disk->slot);
        define_add(tables, component, disk->at, why, "VM_DISK_TRUSTED", "%d", disk->trusted ? 1 : 0);
    }
    capability_add(tables, component, "CAP_DISK_PORTAL", service->portals[disk->portal->number], QUOLL_RIGHT_CALL,
                   client_label(disk->portal, component), disk->at, why);
    capability_add(tables, component, "CAP_DISK_DOORBELL", service->notification, QUOLL_RIGHT_SIGNAL,
                   UINT64_C(1) << FLAG_DOORBELL, disk->at, why);
    if (window != PLAN_NONE)
        address = mapping_add(tables, component, window, disk->window, READ_WRITE, disk->at, why);
    define_add(tables, component, disk->at, why, "DISK_WINDOW_ADDRESS", "UINT64_C(0x%" PRIx64 ")", address);
    define_add(tables, component, disk->at, why, "DISK_WINDOW_SIZE", "UINT64_C(0x%" PRIx64 ")", disk->window);
}

/* What the service gets of one client; answers its line of COMPONENT_DISKS. */
static const char *expand_share(struct tables *tables, const struct component *service, const struct component *client)
{
    const struct disk *disk = client->disk;
    const struct own_objects *own = &tables->own[client->number];
    const char *name = constant_name(client->name);
    const char *why = arena_print("disk of %s", client->name);
    bool direct = disk->window == 0;
    uint64_t size = direct ? client->vm->memory : disk->window;
    uint64_t flag = flag_mask(client);
    uint64_t mask = direct ? UINT64_C(1) << (VIRTIO_SPI + disk->slot) : flag;
    uint64_t address =
        mapping_add(tables, service, direct ? own->ram : own->disk_window, size, READ_WRITE, disk->at, why);
    unsigned tell = capability_add(tables, service, arena_print("CAP_%s_DISK", name), own->notification,
                                   QUOLL_RIGHT_SIGNAL, flag, disk->at, why);
    unsigned signal = direct ? capability_add(tables, service, arena_print("CAP_%s_DISK_INTERRUPT", name),
                                              own->virtual_interrupts, QUOLL_RIGHT_SIGNAL, mask, disk->at, why)
                             : tell;

    return arena_print(" \\\n    X(COMPONENT_CLIENT_%s, \"%s\", UINT64_C(0x%" PRIx64 "), UINT64_C(0x%" PRIx64
                       "), UINT64_C(0x%" PRIx64 "), %u, UINT64_C(0x%" PRIx64 "), %u, UINT64_C(0x%" PRIx64
                       "), \"%s\", UINT64_C(%" PRIu64 "), UINT64_C(%" PRIu64 "), %d)",
                       name, client->name, address, size, direct ? GUEST_RAM_IPA : UINT64_C(0), signal, mask, tell,
                       flag, disk->partition != NULL ? disk->partition : "", disk->offset / SECTOR, disk->size / SECTOR,
                       disk->read_only ? 1 : 0);
}

/* The device and its memory by names that the driver knows whatever the description calls them. */
static void expand_driver(struct tables *tables, const struct component *service)
{
    const char *dma = constant_name(service->dma->name);
    const char *device = NULL;

    for (unsigned i = 0; i < service->device_count && device == NULL; i++)
        if (service->devices[i].device->has_interrupt)
            device = constant_name(service->devices[i].name);
    define_add(tables, service, service->at, "disk", "CAP_DISK_DMA", "CAP_%s", dma);
    define_add(tables, service, service->at, "disk", "DISK_DMA_ADDRESS", "%s_ADDRESS", dma);
    define_add(tables, service, service->at, "disk", "DISK_DMA_SIZE", "%s_SIZE", dma);
    define_add(tables, service, service->at, "disk", "DISK_DEVICE_ADDRESS", "%s_ADDRESS", device);
    define_add(tables, service, service->at, "disk", "CAP_DISK_DEVICE_INTERRUPT", "CAP_%s_INTERRUPT", device);
    define_add(tables, service, service->at, "disk", "FLAG_DISK_DEVICE", "FLAG_%s", device);
}

static void expand_service(struct tables *tables, const struct component *service)
{
    const struct system *system = tables->system;
    const char *list = "";
    unsigned count = 0;

    for (unsigned i = 0; i < system->component_count; i++) {
        const struct component *client = &system->components[i];

        if (client->disk == NULL || client->disk->service != service)
            continue;
        list = arena_print("%s%s", list, expand_share(tables, service, client));
        count++;
    }
    define_add(tables, service, service->at, "serves", "COMPONENT_DISK_COUNT", "%u", count);
    define_add(tables, service, service->at, "serves", "COMPONENT_DISKS(X)", "%s", list);
    expand_driver(tables, service);
}

void expand_disk(struct tables *tables, const struct component *component)
{
    if (component->vm != NULL)
        define_add(tables, component, component->at, "vms", "VM_HAS_DISK", "%d", component->disk != NULL ? 1 : 0);
    if (component->disk != NULL)
        expand_client(tables, component);
    if (component->dma != NULL)
        expand_service(tables, component);
}
