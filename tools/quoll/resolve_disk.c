/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Disks: who shares them, and that nobody writes where somebody else does.
 */
#include <string.h>

#include "tools/quoll/model.h"
#include "tools/quoll/value.h"

/* The disk's driver and its clients' requests in flight (services/block/layout.h). */
static const uint64_t DMA_LEAST = 512 * KIB;

void resolve_disk(const struct system *system, struct component *component)
{
    struct disk *disk = component->disk;

    if (disk == NULL || disk->service_name == NULL)
        return;
    disk->service = component_find(system, disk->service_name);
    if (disk->service == NULL) {
        mistake(disk->at, "there is no component `%s`%s", disk->service_name,
                suggest_component(system, disk->service_name));
        return;
    }
    disk->portal = portal_find(disk->service, "block");
    if (disk->portal == NULL || disk->service == component) {
        mistake(disk->at, "`%s` serves no portal `block`%s, so it shares no disk with `%s`; name a component that does",
                disk->service->name, disk->service == component ? " to itself" : "", component->name);
        disk->service = NULL;
        return;
    }
    if (component->core != disk->service->core)
        mistake(disk->at, "`%s` runs on core %u and `%s` on core %u, but a call stays on its core; put them on one",
                component->name, component->core, disk->service->name, disk->service->core);
    if (disk->service->passive)
        mistake(disk->at, "`%s` is passive and would not hear of requests; give it a `budget`", disk->service->name);
    if (component->passive)
        mistake(component->passive_at, "`%s` is passive and would not hear of its disk; give it a `budget` instead",
                component->name);
    add_client(disk->service, component);
    disk->service->doorbells = true;
    flag_add(component, "disk", disk->at);
}

/* Whether two parts are known to overlap: where a partition lies is only known when the disk is there. */
static bool same_part(const struct disk *one, const struct disk *other)
{
    if (one->partition != NULL || other->partition != NULL)
        return one->partition != NULL && other->partition != NULL && strcmp(one->partition, other->partition) == 0;
    return one->offset < other->offset + other->size && other->offset < one->offset + one->size;
}

static void check_writers(const struct system *system, const struct component *component)
{
    const struct disk *disk = component->disk;

    for (unsigned i = 0; i < component->number; i++) {
        const struct component *other = &system->components[i];

        if (other->disk == NULL || other->disk->service != disk->service || !same_part(disk, other->disk) ||
            (disk->read_only && other->disk->read_only))
            continue;
        mistake(disk->part_at,
                "`%s` (line %u) has this part of the disk too, and one of the two writes; name another part, or write "
                "`access: read` for both",
                other->name, other->disk->part_at.line);
        return;
    }
}

/* What a component needs that shares a disk: a device, and memory that the device reaches. */
static void check_service(const struct system *system, struct component *service, const struct disk *disk)
{
    bool interrupt = false;

    if (service->dma != NULL)
        return;
    for (unsigned i = 0; i < service->device_count; i++)
        interrupt = interrupt || (service->devices[i].device != NULL && service->devices[i].device->has_interrupt);
    if (!interrupt)
        mistake(disk->at,
                "`%s` shares a disk but drives no device with an interrupt; write for example `devices: "
                "[virtio0]` there",
                service->name);
    for (unsigned i = 0; i < system->region_count; i++) {
        struct region *region = &system->regions[i];

        if (region->dma && !region->uncached && region->size >= DMA_LEAST && region->user_count == 1 &&
            region->users[0].component == service && region->users[0].access == ACCESS_READ_WRITE)
            service->dma = region;
    }
    if (service->dma == NULL)
        mistake(disk->at,
                "`%s` shares a disk but has no memory for its device; write `%s-dma: {size: 1MiB, dma: true, users: "
                "{%s: read-write}}` under `memory`",
                service->name, service->name, service->name);
}

void resolve_disks(const struct system *system)
{
    unsigned before = mistake_count();

    for (unsigned i = 0; i < system->component_count; i++) {
        const struct component *component = &system->components[i];

        if (component->disk == NULL || component->disk->service == NULL)
            continue;
        check_writers(system, component);
        if (mistake_count() == before)
            check_service(system, component->disk->service, component->disk);
    }
}
