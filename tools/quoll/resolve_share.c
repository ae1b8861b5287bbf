/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Who shares out what a component or a guest has, what that service needs for it, and what only all of its clients
 * together show: two writers of one part of a disk, two stations with one address.
 */
#include <inttypes.h>
#include <string.h>

#include "tools/quoll/disk_file.h"
#include "tools/quoll/value.h"

static const char *noun(const struct share *share)
{
    const char *text = share_facts[share->kind].noun;

    return strncmp(text, "a ", 2) == 0 ? text + 2 : text;
}

/* Whoever serves a portal of a kind's name shares that out, be there clients or not: components may call it alone. */
static void resolve_served(struct component *service)
{
    for (unsigned kind = 0; kind < SHARE_KINDS; kind++) {
        service->shares_out[kind] = portal_find(service, share_facts[kind].portal) != NULL;
        if (service->shares_out[kind] && service->doorbells < share_facts[kind].queues)
            service->doorbells = share_facts[kind].queues;
    }
}

static void resolve_share(const struct system *system, struct component *client, struct share *share)
{
    const struct share_facts *facts = &share_facts[share->kind];

    if (share->service_name == NULL)
        return;
    share->service = component_find(system, share->service_name);
    if (share->service == NULL) {
        mistake(share->at, "there is no component `%s`%s", share->service_name,
                suggest_component(system, share->service_name));
        return;
    }
    share->portal = portal_find(share->service, facts->portal);
    if (share->portal == NULL || share->service == client) {
        mistake(share->at, "`%s` serves no portal `%s`%s, so it shares no %s with `%s`; name a component that does",
                share->service->name, facts->portal, share->service == client ? " to itself" : "", noun(share),
                client->name);
        share->service = NULL;
        return;
    }
    if (client->core != share->service->core)
        mistake(share->at, "`%s` runs on core %u and `%s` on core %u, but a call stays on its core; put them on one",
                client->name, client->core, share->service->name, share->service->core);
    add_client(share->service, client);
    if (facts->queues == 0)
        return;
    if (share->service->passive)
        mistake(share->at, "`%s` is passive and would not hear of requests; give it a `budget`", share->service->name);
    if (client->passive)
        mistake(client->passive_at, "`%s` is passive and would not hear of its %s; give it a `budget` instead",
                client->name, share_key(share, client));
    flag_add(client, facts->native_key != NULL ? facts->native_key : facts->portal, share->at);
}

void resolve_shares(const struct system *system, struct component *component)
{
    resolve_served(component);
    for (unsigned kind = 0; kind < SHARE_KINDS; kind++)
        if (component->shares[kind] != NULL)
            resolve_share(system, component, component->shares[kind]);
}

/* Where a part lies: of a partition only the file `disk` says so, where there is one. */
static void resolve_part(const struct disk_file *disk, struct share *share)
{
    if (share->disk.partition == NULL) {
        share->disk.begin = share->disk.offset;
        share->disk.end = share->disk.offset + share->disk.size;
        return;
    }
    for (unsigned i = 0; i < disk->count; i++) {
        if (strcmp(share->disk.partition, disk->names[i]) == 0) {
            share->disk.begin = disk->begin[i];
            share->disk.end = disk->end[i];
        }
    }
}

static void resolve_parts(const struct system *system)
{
    struct disk_file disk = {0};

    disk_file_read(system, &disk);
    for (unsigned i = 0; i < system->component_count; i++)
        if (system->components[i].shares[SHARE_DISK] != NULL)
            resolve_part(&disk, system->components[i].shares[SHARE_DISK]);
}

/* Whether two parts are known to overlap. */
static bool same_part(const struct share *one, const struct share *other)
{
    if (one->disk.partition != NULL && other->disk.partition != NULL)
        return strcmp(one->disk.partition, other->disk.partition) == 0;
    return one->disk.begin < other->disk.end && other->disk.begin < one->disk.end;
}

static bool same_ports(const struct share *one, const struct share *other)
{
    return one->vsock.port_first < other->vsock.port_first + other->vsock.port_count &&
           other->vsock.port_first < one->vsock.port_first + one->vsock.port_count;
}

/* What two clients of one service cannot both have. */
static void check_pair(const struct share *share, const struct component *other, const struct share *others)
{
    switch (share->kind) {
    case SHARE_DISK:
        if (same_part(share, others) && !(share->disk.read_only && others->disk.read_only))
            mistake(share->disk.at,
                    "`%s` (line %u) has this part of the disk too, and one of the two writes; name another part, or "
                    "write `access: read` for both",
                    other->name, others->disk.at.line);
        break;
    case SHARE_NET:
        if (share->net.mac != 0 && share->net.mac == others->net.mac)
            mistake(share->net.mac_at, "`%s` (line %u) has this address too; write another", other->name,
                    others->net.mac_at.line);
        break;
    case SHARE_VSOCK:
        if (share->vsock.cid != 0 && share->vsock.cid == others->vsock.cid)
            mistake(share->vsock.at, "`%s` (line %u) has this CID too; write another", other->name,
                    others->vsock.at.line);
        if (same_ports(share, others))
            mistake(share->vsock.at, "`%s` (line %u) listens to some of these ports too; write others", other->name,
                    others->vsock.at.line);
        break;
    default:
        break;
    }
}

static void check_pairs(const struct system *system, const struct component *client, const struct share *share)
{
    unsigned before = mistake_count();

    for (unsigned i = 0; i < client->number && mistake_count() == before; i++) {
        const struct component *other = &system->components[i];

        if (share_of(other, share->kind, share->service))
            check_pair(share, other, other->shares[share->kind]);
    }
}

static void check_reaches(const struct system *system, const struct share *share)
{
    for (unsigned i = 0; i < share->reach_count; i++) {
        const char *name = share->reaches[i].name;
        const struct component *peer = component_find(system, name);

        if (share->kind == SHARE_NET && strcmp(name, "wire") == 0)
            continue;
        if (peer == NULL)
            mistake(share->reaches[i].at, "there is no component `%s`%s", name, suggest_component(system, name));
        else if (!share_of(peer, share->kind, share->service))
            mistake(share->reaches[i].at, "`%s` has no share of `%s`'s %s; name one that has", name,
                    share->service->name, noun(share));
    }
}

static bool drives_device(const struct component *service)
{
    for (unsigned i = 0; i < service->device_count; i++)
        if (service->devices[i].device != NULL && service->devices[i].device->has_interrupt)
            return true;
    return false;
}

/* What a component needs that shares a device out: the device, and memory that it reaches. `at`: who says that it is.
 */
static void check_service(const struct system *system, struct component *service, unsigned kind, struct position at)
{
    const struct share_facts *facts = &share_facts[kind];

    if (service->dma != NULL || facts->dma_least == 0)
        return;
    if (!drives_device(service)) {
        if (facts->needs_device)
            mistake(at,
                    "`%s` shares %s but drives no device with an interrupt; write for example `devices: [virtio0]` "
                    "there",
                    service->name, facts->noun);
        return;
    }
    for (unsigned i = 0; i < system->region_count; i++) {
        struct region *region = &system->regions[i];

        if (region->dma && !region->uncached && region->size >= facts->dma_least && region->user_count == 1 &&
            region->users[0].component == service && region->users[0].access == ACCESS_READ_WRITE)
            service->dma = region;
    }
    if (service->dma == NULL)
        mistake(at,
                "`%s` shares %s but has no memory for its device; write `%s-dma: {size: %s, dma: true, users: {%s: "
                "read-write}}` under `memory`",
                service->name, facts->noun, service->name, facts->dma_example, service->name);
}

void resolve_all_shares(const struct system *system)
{
    unsigned before = mistake_count();

    resolve_parts(system);
    for (unsigned i = 0; i < system->component_count; i++)
        for (unsigned kind = 0; kind < SHARE_KINDS; kind++) {
            const struct share *share = system->components[i].shares[kind];

            if (share == NULL || share->service == NULL)
                continue;
            check_pairs(system, &system->components[i], share);
            check_reaches(system, share);
            if (mistake_count() == before)
                check_service(system, share->service, kind, share->at);
        }
    /* Of nobody's share, the portal says it. */
    for (unsigned i = 0; i < system->component_count && mistake_count() == before; i++)
        for (unsigned kind = 0; kind < SHARE_KINDS; kind++)
            if (system->components[i].shares_out[kind])
                check_service(system, &system->components[i], kind,
                              portal_find(&system->components[i], share_facts[kind].portal)->at);
}
