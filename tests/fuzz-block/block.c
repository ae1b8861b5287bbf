/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * services/block under libFuzzer: the first byte of an input says whether the rest is a disk's first sectors or a
 * client's memory, with a ring at its beginning; and whether the device reaches that memory itself, and the client lets
 * go of its queue in between.
 */
#include <stdlib.h>
#include <string.h>

#include "services/block/gpt.h"
#include "services/block/share.h"

enum { MEMORY = 16384, QUEUE = 16, SLOTS = 2, SECTORS = 1024, STEPS = 200 };

enum { INPUT_TABLE = 1, INPUT_DIRECT = 2, INPUT_LETS_GO = 4, INPUT_FEW_BUFFERS = 8 };

/* Where the device sees a client's memory, and the slots. */
#define MEMORY_AT UINT64_C(0x123450000)
#define DATA_AT   UINT64_C(0x80000000)

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

/* Moves data as the device does: the sanitizer sees a byte outside of the client's memory, the check one of another's.
 */
static void do_piece(const struct disk *disk, const struct slot *slot, uint8_t *memory)
{
    const struct piece *piece = &slot->piece;
    uint8_t *bytes = slot->direct ? memory : data + (slot - disk->slots) * PIECE_BYTES;
    uint64_t base = slot->direct ? MEMORY_AT : DATA_AT + (uint64_t)(slot - disk->slots) * PIECE_BYTES;
    uint64_t size = slot->direct ? MEMORY : PIECE_BYTES;
    uint64_t total = 0;

    if (piece->count > disk->buffers_max || (slot->direct && !slot->share->reached))
        abort();
    for (unsigned i = 1; i <= piece->count; i++) {
        uint64_t offset = piece->buffers[i].address - base;
        uint32_t length = piece->buffers[i].length;

        if (length == 0 || offset > size || length > size - offset)
            abort();
        if (piece->type == VIRTIO_BLOCK_IN)
            memset(bytes + offset, 0x5a, length);
        else if (piece->type != VIRTIO_BLOCK_OUT && slot->direct)
            abort();
        total += length;
    }
    if (total != piece->bytes)
        abort();
}

/* Lets go of the queue with a piece at the device; from then on nothing of it reaches the memory. */
static void let_go(struct disk *disk, struct share *share, const struct virtio_queue_setup *setup)
{
    bool out = share->pieces != 0 && share->reached;

    share_detach(share);
    if (disk_reaches_let_go(disk))
        disk_was_reset(disk);
    else if (out && disk->slots[0].direct)
        abort();
    if (disk_reaches_let_go(disk))
        abort();
    if (virtio_queue_attach(&share->queue, &share->window, setup) != VIRTIO_OK)
        abort();
}

static void serve(const uint8_t *input, size_t size, uint8_t how)
{
    /* Of the heap, so that a byte beyond it is noticed. */
    uint8_t *memory = calloc(1, MEMORY);
    struct share share = {.name = "client",
                          .window = {0, MEMORY, memory},
                          .reached = (how & INPUT_DIRECT) != 0,
                          .physical = MEMORY_AT,
                          .first = 8,
                          .sectors = SECTORS};
    struct disk disk = {.features = UINT64_MAX,
                        .discard_max = 64,
                        .shares = &share,
                        .share_count = 1,
                        .slot_count = SLOTS,
                        .data = data,
                        .data_address = DATA_AT,
                        .buffers_max = (how & INPUT_FEW_BUFFERS) != 0 ? 3 : PIECE_BUFFERS_MAX};
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
        do_piece(&disk, &disk.slots[slot], memory);
        if ((how & INPUT_LETS_GO) != 0 && step == 1) {
            let_go(&disk, &share, &setup);
            if (!disk.slots[slot].busy)
                continue;
        }
        disk_done(&disk, slot, VIRTIO_BLOCK_OK);
        (void)share_step(&share);
    }
    free(memory);
}

int LLVMFuzzerTestOneInput(const uint8_t *input, size_t size)
{
    if (size == 0)
        return 0;
    if ((input[0] & INPUT_TABLE) != 0)
        read_table(input + 1, size - 1);
    else
        serve(input + 1, size - 1, input[0]);
    return 0;
}
