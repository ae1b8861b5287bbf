/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "share.h"

#include <string.h>

static bool has(uint64_t features, unsigned bit)
{
    return (features >> bit & 1) != 0;
}

/*
 * Copies `length` bytes at `offset` of the chain's readable or writable bytes, out of it or into it. What does not lie
 * in the chain stays untouched; the caller has checked.
 */
static void copy(const struct request *request, bool writable, uint64_t offset, uint8_t *bytes, uint64_t length)
{
    unsigned first = writable ? request->chain.readable : 0;
    unsigned count = writable ? request->chain.writable : request->chain.readable;

    for (unsigned i = first; i < first + count && length != 0; i++) {
        const struct virtio_segment *segment = &request->segments[i];
        uint64_t part = 0;

        if (offset >= segment->length) {
            offset -= segment->length;
            continue;
        }
        part = segment->length - offset < length ? segment->length - offset : length;
        if (writable)
            memcpy(segment->base + offset, bytes, part);
        else
            memcpy(bytes, segment->base + offset, part);
        bytes += part;
        length -= part;
        offset = 0;
    }
}

static void fail(struct request *request, enum virtio_block_status status)
{
    request->status = (uint8_t)status;
    request->all_issued = true;
}

/* Whether [sector, sector + bytes) is in the client's part, in whole sectors. */
static bool in_range(const struct share *share, uint64_t sector, uint64_t bytes)
{
    return bytes % VIRTIO_BLOCK_SECTOR == 0 && sector <= share->sectors &&
           bytes / VIRTIO_BLOCK_SECTOR <= share->sectors - sector;
}

static void begin_discard(const struct disk *disk, const struct share *share, struct request *request)
{
    struct virtio_block_range range = {0};

    if (!has(disk->features, VIRTIO_BLOCK_F_DISCARD)) {
        fail(request, VIRTIO_BLOCK_UNSUPPORTED);
        return;
    }
    if (share->read_only || request->chain.readable_bytes != sizeof(struct virtio_block_header) + sizeof(range)) {
        fail(request, VIRTIO_BLOCK_ERROR);
        return;
    }
    copy(request, false, sizeof(struct virtio_block_header), (uint8_t *)&range, sizeof(range));
    request->sector = range.sector;
    request->bytes = (uint64_t)range.sectors * VIRTIO_BLOCK_SECTOR;
    if (range.flags != 0 || range.sectors > disk->discard_max || !in_range(share, range.sector, request->bytes))
        fail(request, VIRTIO_BLOCK_ERROR);
    else if (range.sectors == 0)
        request->all_issued = true;
}

static void begin_identify(const struct share *share, struct request *request)
{
    uint8_t name[VIRTIO_BLOCK_NAME_SIZE] = {0};
    uint64_t room = request->chain.writable_bytes - 1;

    for (unsigned i = 0; i < sizeof(name) && share->name[i] != '\0'; i++)
        name[i] = (uint8_t)share->name[i];
    copy(request, true, 0, name, room < sizeof(name) ? room : sizeof(name));
    request->all_issued = true;
}

static void begin_data(const struct share *share, struct request *request)
{
    if (request->type == VIRTIO_BLOCK_IN)
        request->bytes = request->chain.writable_bytes - 1;
    else
        request->bytes = request->chain.readable_bytes - sizeof(struct virtio_block_header);
    if (!in_range(share, request->sector, request->bytes) || (request->type == VIRTIO_BLOCK_OUT && share->read_only))
        fail(request, VIRTIO_BLOCK_ERROR);
    else if (request->bytes == 0)
        request->all_issued = true;
}

/* The header is read once, here. False: there is not even room to answer. */
static bool begin(const struct disk *disk, const struct share *share, struct request *request)
{
    struct virtio_block_header header = {0};

    if (request->chain.readable_bytes < sizeof(header) || request->chain.writable_bytes < 1)
        return false;
    copy(request, false, 0, (uint8_t *)&header, sizeof(header));
    request->type = header.type;
    request->sector = header.sector;
    switch (header.type) {
    case VIRTIO_BLOCK_IN:
    case VIRTIO_BLOCK_OUT:
        begin_data(share, request);
        break;
    case VIRTIO_BLOCK_FLUSH:
        /* A device without a cache of its own has nothing to flush. */
        request->all_issued = !has(disk->features, VIRTIO_BLOCK_F_FLUSH);
        break;
    case VIRTIO_BLOCK_DISCARD:
        begin_discard(disk, share, request);
        break;
    case VIRTIO_BLOCK_GET_ID:
        begin_identify(share, request);
        break;
    default:
        fail(request, VIRTIO_BLOCK_UNSUPPORTED);
        break;
    }
    return true;
}

/* The request whose pieces are being issued: the newest. NULL: none, and none can be taken now. */
static struct request *current(const struct disk *disk, struct share *share, unsigned *index)
{
    struct request *request = NULL;

    *index = (share->oldest + share->count - 1) % REQUESTS_MAX;
    if (share->count != 0 && !share->requests[*index].all_issued)
        return &share->requests[*index];
    /* Those that need no piece are taken on the way: at most as many as there is room for. */
    while (share->count < REQUESTS_MAX) {
        *index = (share->oldest + share->count) % REQUESTS_MAX;
        request = &share->requests[*index];
        request->type = 0;
        request->status = VIRTIO_BLOCK_OK;
        request->sector = request->bytes = request->issued = 0;
        request->all_issued = false;
        request->pieces = 0;
        if (virtio_queue_take(&share->queue, &request->chain, request->segments, BLOCK_QUEUE_SIZE_MAX) != VIRTIO_OK)
            return NULL;
        if (!begin(disk, share, request)) {
            virtio_queue_stop(&share->queue, VIRTIO_BAD_REQUEST);
            return NULL;
        }
        share->count++;
        if (!request->all_issued)
            return request;
    }
    return NULL;
}

/*
 * The `length` bytes of data at `offset` as the device sees them in the client's memory: how many buffers, or 0 when
 * they are more than it takes. The chain's segments lie in the window, so that what is cut out of one does.
 */
static unsigned reach(const struct share *share, const struct request *request, uint64_t offset, uint64_t length,
                      struct virtio_buffer *buffers, unsigned most)
{
    bool writable = request->type == VIRTIO_BLOCK_IN;
    const struct virtio_segment *segment = request->segments + (writable ? request->chain.readable : 0);
    const struct virtio_segment *end = request->segments + request->chain.readable;
    const uint64_t to_physical = share->physical - (uintptr_t)share->window.base;
    unsigned count = 0;

    if (writable)
        end += request->chain.writable;
    else
        offset += sizeof(struct virtio_block_header);
    for (; segment != end && offset >= segment->length; segment++)
        offset -= segment->length;
    for (; segment != end && length != 0; segment++, offset = 0) {
        uint64_t part = segment->length - offset < length ? segment->length - offset : length;

        if (part == 0)
            continue;
        if (count == most)
            return 0;
        buffers[count++] = (struct virtio_buffer){to_physical + (uintptr_t)segment->base + offset, (uint32_t)part};
        length -= part;
    }
    return count;
}

static void issue(struct disk *disk, struct share *share, unsigned index, unsigned number)
{
    struct request *request = &share->requests[index];
    struct slot *slot = &disk->slots[number];
    uint64_t left = request->bytes - request->issued;
    uint64_t bytes = request->type == VIRTIO_BLOCK_DISCARD || left < PIECE_BYTES ? left : PIECE_BYTES;
    uint8_t *data = disk->data + (uint64_t)number * PIECE_BYTES;
    struct piece *piece = &slot->piece;

    slot->busy = true;
    slot->direct = slot->again = false;
    slot->share = share;
    slot->generation = share->generation;
    slot->request = index;
    slot->offset = request->issued;
    piece->type = request->type;
    piece->sector = share->first + request->sector + request->issued / VIRTIO_BLOCK_SECTOR;
    piece->bytes = (uint32_t)bytes;
    piece->count = 0;
    if (request->type == VIRTIO_BLOCK_DISCARD) {
        struct virtio_block_range range = {.sector = piece->sector, .sectors = (uint32_t)(bytes / VIRTIO_BLOCK_SECTOR)};
        memcpy(data, &range, sizeof(range));
        piece->bytes = sizeof(range);
        piece->sector = 0;
    } else if (request->type == VIRTIO_BLOCK_FLUSH) {
        piece->sector = 0;
    } else if (share->reached) {
        piece->count = reach(share, request, slot->offset, bytes, piece->buffers + 1, disk->buffers_max);
        slot->direct = piece->count != 0;
    }
    if (piece->count == 0 && piece->bytes != 0) {
        if (request->type == VIRTIO_BLOCK_OUT)
            copy(request, false, sizeof(struct virtio_block_header) + slot->offset, data, bytes);
        piece->buffers[1] = (struct virtio_buffer){disk->data_address + (uint64_t)number * PIECE_BYTES, piece->bytes};
        piece->count = 1;
    }
    request->issued += bytes;
    request->all_issued = request->issued == request->bytes;
    request->pieces++;
    share->pieces++;
}

bool disk_next(struct disk *disk, unsigned *slot)
{
    unsigned number = 0;

    while (number < disk->slot_count && disk->slots[number].busy)
        number++;
    if (number == disk->slot_count)
        return false;
    for (unsigned i = 0; i < disk->share_count; i++) {
        struct share *share = &disk->shares[disk->turn];
        unsigned index = 0;

        disk->turn = (disk->turn + 1) % disk->share_count;
        /* Pieces of a queue that was let go might still reach the disk behind those of a new one. */
        if (share->pieces != 0 && share->count == 0)
            continue;
        if (share->held && disk->again != 0)
            continue;
        share->held = false;
        if (current(disk, share, &index) == NULL)
            continue;
        issue(disk, share, index, number);
        *slot = number;
        return true;
    }
    return false;
}

static void release(struct disk *disk, struct slot *slot)
{
    slot->busy = false;
    slot->share->pieces--;
    if (slot->again)
        disk->again--;
}

void disk_done(struct disk *disk, unsigned number, uint8_t status)
{
    struct slot *slot = &disk->slots[number];
    struct share *share = slot->share;
    struct request *request = NULL;

    if (!slot->busy) /* what was asked before there were clients, too late */
        return;
    request = &share->requests[slot->request];
    release(disk, slot);
    if (slot->generation != share->generation)
        return;
    request->pieces--;
    if (status != VIRTIO_BLOCK_OK) {
        fail(request, status == VIRTIO_BLOCK_UNSUPPORTED ? VIRTIO_BLOCK_UNSUPPORTED : VIRTIO_BLOCK_ERROR);
        return;
    }
    if (request->type == VIRTIO_BLOCK_IN && !slot->direct && virtio_queue_works(&share->queue))
        copy(request, true, slot->offset, disk->data + (uint64_t)number * PIECE_BYTES, slot->piece.bytes);
}

static bool is_let_go(const struct slot *slot)
{
    return slot->busy && slot->generation != slot->share->generation;
}

bool disk_reaches_let_go(const struct disk *disk)
{
    for (unsigned i = 0; i < disk->slot_count; i++)
        if (is_let_go(&disk->slots[i]) && disk->slots[i].direct)
            return true;
    return false;
}

void disk_was_reset(struct disk *disk)
{
    for (unsigned i = 0; i < disk->slot_count; i++) {
        struct slot *slot = &disk->slots[i];

        if (is_let_go(slot)) {
            slot->share->held = true;
            release(disk, slot);
        } else if (slot->busy && !slot->again) {
            slot->again = true;
            disk->again++;
        }
    }
}

/* The status is the last byte, wherever it lies: of a buffer of nothing it cannot be (begin has seen that there is
 * one). */
static void put_status(const struct request *request)
{
    const struct virtio_segment *last = &request->segments[request->chain.readable + request->chain.writable - 1];

    while (last->length == 0)
        last--;
    last->base[last->length - 1] = request->status;
}

unsigned share_step(struct share *share)
{
    const bool full = share->count == REQUESTS_MAX;
    unsigned result = 0;

    while (share->count != 0) {
        struct request *request = &share->requests[share->oldest];

        if (!request->all_issued || request->pieces != 0)
            break;
        put_status(request);
        virtio_queue_complete(&share->queue, request->chain.head, (uint32_t)request->chain.writable_bytes);
        share->oldest = (share->oldest + 1) % REQUESTS_MAX;
        share->count--;
        result |= full ? SHARE_ANSWERED | SHARE_ROOM : SHARE_ANSWERED;
    }
    if (virtio_queue_signal(&share->queue))
        result |= SHARE_SIGNAL;
    if (!virtio_queue_works(&share->queue) && share->queue.error != VIRTIO_DETACHED && !share->broken_told) {
        share->broken_told = true;
        result |= SHARE_BROKEN;
    }
    return result;
}

void share_detach(struct share *share)
{
    virtio_queue_detach(&share->queue);
    share->generation++;
    share->broken_told = false;
    share->count = 0;
}

static unsigned attach(struct share *share, const uint64_t *word)
{
    const struct virtio_queue_setup setup = virtio_service_setup(word);

    if (share->sectors == 0)
        return BLOCK_NO_DISK;
    if (word[1] != 0 || share->queue.error != VIRTIO_DETACHED)
        return BLOCK_BAD_QUEUE;
    if (word[2] > BLOCK_QUEUE_SIZE_MAX || virtio_queue_attach(&share->queue, &share->window, &setup) != VIRTIO_OK)
        return BLOCK_BAD_RING;
    return 0;
}

void share_answer(struct disk *disk, struct share *share, const uint64_t *word, uint64_t *reply)
{
    unsigned error = 0;

    if (share == NULL) {
        reply[0] = BLOCK_FAILED | BLOCK_BAD_CLIENT;
        return;
    }
    switch (word[0]) {
    case BLOCK_ATTACH:
        error = attach(share, word);
        break;
    case BLOCK_DETACH:
        share_detach(share);
        break;
    case BLOCK_QUEUES:
        reply[0] = virtio_service_state(&share->queue);
        return;
    case BLOCK_INFO:
        reply[1] = share->sectors;
        reply[2] = disk->features | (share->read_only ? UINT64_C(1) << VIRTIO_BLOCK_F_RO : 0);
        reply[3] = disk->discard_max;
        error = share->sectors == 0 ? BLOCK_NO_DISK : 0;
        break;
    default:
        error = BLOCK_BAD_OPERATION;
        break;
    }
    reply[0] = error != 0 ? BLOCK_FAILED | error : 0;
}
