/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * `disk` of a component and `virtio-blk` of a VM: a part of the disk that another component shares.
 */
#include <string.h>

#include "tools/quoll/arena.h"
#include "tools/quoll/read.h"

static const char *const DISK_KEYS[] = {"service", "partition", "range", "access", "window"};
static const char *const GUEST_DISK_KEYS[] = {"service", "trusted", "partition", "range", "access"};
static const char *const RANGE_KEYS[] = {"offset", "size"};
static const char *const ACCESSES[] = {"read", "read-write"};

/* A GPT name has 36 characters; what a header can quote. */
enum { PARTITION_NAME_MAX = 36, GUEST_SLOT = 1 };

static const struct limits WINDOWS = {32 * KIB, 16 * MIB, 4 * KIB};
static const struct limits OFFSETS = {0, 4096 * GIB, 4 * KIB};
static const struct limits RANGES = {4 * KIB, 4096 * GIB, 4 * KIB};
/* The shadow ring of a guest: rings, and 15 requests of what a guest may ask for at once. */
static const uint64_t SHADOW_WINDOW = 2 * MIB;
static const uint64_t NATIVE_WINDOW = 256 * KIB;

static void read_partition(const struct node *node, struct disk *disk)
{
    disk->part_at = node->at;
    if (!value_text(node, &disk->partition))
        return;
    if (strlen(disk->partition) > PARTITION_NAME_MAX)
        mistake(node->at, "a partition's name has at most %d characters, this one has %zu; write a shorter one",
                PARTITION_NAME_MAX, strlen(disk->partition));
    if (strpbrk(disk->partition, "\"\\") != NULL)
        mistake(node->at, "a partition's name has no quotation mark and no backslash; write another");
}

static void read_range(const struct node *node, struct disk *disk)
{
    const struct node *offset = NULL;
    const struct node *size = NULL;

    disk->part_at = node->at;
    if (!node_is_mapping(node, "`range`"))
        return;
    keys_check(node, "a range", RANGE_KEYS, LENGTH(RANGE_KEYS));
    offset = node_need(node, "the range", "offset", "1MiB");
    size = node_need(node, "the range", "size", "8MiB");
    if (offset != NULL)
        value_bytes(offset, OFFSETS, &disk->offset);
    if (size != NULL)
        value_bytes(size, RANGES, &disk->size);
}

static void read_part(const struct node *node, const char *what, struct disk *disk)
{
    const struct node *partition = node_get(node, "partition");
    const struct node *range = node_get(node, "range");

    disk->part_at = node->key_at;
    if (partition == NULL && range == NULL)
        mistake(node->key_at,
                "the %s lacks `partition`; write for example `partition: data`, or `range: {offset: 1MiB, size: 8MiB}`",
                what);
    if (partition != NULL && range != NULL)
        mistake(range->key_at, "the %s has both `partition` and `range`; remove one", what);
    if (partition != NULL)
        read_partition(partition, disk);
    else if (range != NULL)
        read_range(range, disk);
}

void read_disk(const struct node *node, struct component *component)
{
    bool guest = component->vm != NULL;
    const char *what = guest ? "virtio-blk" : "disk";
    const struct node *service = NULL;
    struct disk *disk = NULL;
    unsigned access = 1;

    if (node == NULL || !node_is_mapping(node, guest ? "`virtio-blk`" : "`disk`"))
        return;
    if (guest)
        keys_check(node, "a virtio-blk", GUEST_DISK_KEYS, LENGTH(GUEST_DISK_KEYS));
    else
        keys_check(node, "a disk", DISK_KEYS, LENGTH(DISK_KEYS));
    disk = arena_allocate(1, sizeof *disk);
    *disk = (struct disk){.at = node->key_at, .trusted = guest, .window = NATIVE_WINDOW, .slot = GUEST_SLOT};
    component->disk = disk;
    read_part(node, what, disk);
    value_choice(node_get(node, "access"), ACCESSES, LENGTH(ACCESSES), &access);
    disk->read_only = access == 0;
    value_bytes(node_get(node, "window"), WINDOWS, &disk->window);
    value_bool(node_get(node, "trusted"), &disk->trusted);
    if (guest)
        disk->window = disk->trusted ? 0 : SHADOW_WINDOW;
    service = node_need(node, arena_print("the %s", what), "service", "block");
    if (service == NULL)
        return;
    disk->at = service->at;
    value_text(service, &disk->service_name);
}
