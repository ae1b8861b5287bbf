/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * services/block under libFuzzer: the first byte of an input says whether the rest is a disk's first sectors or a
 * client's memory, with a ring at its beginning.
 */
#include <stdlib.h>
#include <string.h>

#include "services/block/gpt.h"
#include "services/block/share.h"

enum { MEMORY = 16384, QUEUE = 16, SLOTS = 2, SECTORS = 1024, STEPS = 200 };

static uint8_t data[SLOTS * PIECE_BYTES];

static void read_table(const uint8_t *input, size_t size)
{
    static uint8_t disk[GPT_SECTOR + GPT_ENTRIES_MAX * GPT_ENTRY_BYTES];
    struct gpt gpt = {0};
    struct gpt_partition partition = {0};

    memset(disk, 0, sizeof(disk));
    memcpy(disk, input, size < sizeof(disk) ? size : sizeof(disk));
    /* What only a checksum keeps out is let in: gpt_find must bear entries that gpt_check refuses. */
    if (gpt_read_header(disk, SECTORS, &gpt) != GPT_OK)
        gpt = (struct gpt){.entries = disk[80] % GPT_ENTRIES_MAX + 1U, .last = SECTORS};
    (void)gpt_check(&gpt, disk + GPT_SECTOR);
    if (gpt_find(&gpt, disk + GPT_SECTOR, "linux", &partition) == GPT_OK && partition.name[GPT_NAME_MAX] != '\0')
        abort();
}

static void serve(const uint8_t *input, size_t size)
{
    /* Of the heap, so that a byte beyond it is noticed. */
    uint8_t *memory = calloc(1, MEMORY);
    struct share share = {.name = "client", .window = {0, MEMORY, memory}, .first = 8, .sectors = SECTORS};
    struct disk disk = {.features = UINT64_MAX,
                        .discard_max = 64,
                        .shares = &share,
                        .share_count = 1,
                        .slot_count = SLOTS,
                        .data = data};
    const struct virtio_queue_setup setup = {QUEUE, 0, 256, 512, UINT64_C(3) << VIRTIO_F_INDIRECT_DESC};

    if (memory == NULL)
        return;
    memcpy(memory, input, size < MEMORY ? size : MEMORY);
    memset(memory + 512, 0, 8); /* a used ring from its beginning, else most rings run ahead of it */
    share_detach(&share);
    if (virtio_queue_attach(&share.queue, &share.window, &setup) != VIRTIO_OK)
        abort();
    for (unsigned step = 0; step < STEPS && virtio_queue_works(&share.queue); step++) {
        unsigned slot = 0;

        if (!disk_next(&disk, &slot))
            break;
        const struct piece *piece = &disk.slots[slot].piece;
        bool moves = piece->type == VIRTIO_BLOCK_IN || piece->type == VIRTIO_BLOCK_OUT;
        if (piece->bytes > PIECE_BYTES || (moves && (piece->sector < share.first ||
                                                     piece->sector + piece->bytes / 512 > share.first + share.sectors)))
            abort();
        disk_done(&disk, slot, VIRTIO_BLOCK_OK);
        (void)share_step(&share);
    }
    free(memory);
}

int LLVMFuzzerTestOneInput(const uint8_t *input, size_t size)
{
    if (size == 0)
        return 0;
    if ((input[0] & 1) != 0)
        read_table(input + 1, size - 1);
    else
        serve(input + 1, size - 1);
    return 0;
}
