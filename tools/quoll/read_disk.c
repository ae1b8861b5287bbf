/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * `disk` of a component and `virtio-blk` of a VM: a part of the disk that another component shares.
 */
#include <string.h>

#include "tools/quoll/arena.h"
#include "tools/quoll/read.h"

static const char *const RANGE_KEYS[] = {"offset", "size"};
static const char *const ACCESSES[] = {"read", "read-write"};

/* A GPT name has 36 characters; what a header can quote. */
enum { PARTITION_NAME_MAX = 36 };

static const struct limits OFFSETS = {0, 4096 * GIB, 4 * KIB};
static const struct limits RANGES = {4 * KIB, 4096 * GIB, 4 * KIB};

static void read_partition(const struct node *node, struct share *share)
{
    share->disk.at = node->at;
    if (!value_text(node, &share->disk.partition))
        return;
    if (strlen(share->disk.partition) > PARTITION_NAME_MAX)
        mistake(node->at, "a partition's name has at most %d characters, this one has %zu; write a shorter one",
                PARTITION_NAME_MAX, strlen(share->disk.partition));
    if (strpbrk(share->disk.partition, "\"\\") != NULL)
        mistake(node->at, "a partition's name has no quotation mark and no backslash; write another");
}

static void read_range(const struct node *node, struct share *share)
{
    const struct node *offset = NULL;
    const struct node *size = NULL;

    share->disk.at = node->at;
    if (!node_is_mapping(node, "`range`"))
        return;
    keys_check(node, "a range", RANGE_KEYS, LENGTH(RANGE_KEYS));
    offset = node_need(node, "the range", "offset", "1MiB");
    size = node_need(node, "the range", "size", "8MiB");
    if (offset != NULL)
        value_bytes(offset, OFFSETS, &share->disk.offset);
    if (size != NULL)
        value_bytes(size, RANGES, &share->disk.size);
}

/* Which part of the disk, and what may be done with it. */
void read_disk(const struct node *node, const char *what, struct share *share)
{
    const struct node *partition = node_get(node, "partition");
    const struct node *range = node_get(node, "range");
    unsigned access = 1;

    share->disk.at = node->key_at;
    if (partition == NULL && range == NULL)
        mistake(node->key_at,
                "the %s lacks `partition`; write for example `partition: data`, or `range: {offset: 1MiB, size: 8MiB}`",
                what);
    if (partition != NULL && range != NULL)
        mistake(range->key_at, "the %s has both `partition` and `range`; remove one", what);
    if (partition != NULL)
        read_partition(partition, share);
    else if (range != NULL)
        read_range(range, share);
    value_choice(node_get(node, "access"), ACCESSES, LENGTH(ACCESSES), &access);
    share->disk.read_only = access == 0;
}
