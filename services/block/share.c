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

static void issue(struct disk *disk, struct share *share, unsigned index, unsigned number)
{
    struct request *request = &share->requests[index];
    struct slot *slot = &disk->slots[number];
    uint64_t left = request->bytes - request->issued;
    uint64_t bytes = request->type == VIRTIO_BLOCK_DISCARD || left < PIECE_BYTES ? left : PIECE_BYTES;
    uint8_t *data = disk->data + (uint64_t)number * PIECE_BYTES;

    *slot = (struct slot){
        .busy = true,
        .share = share,
        .generation = share->generation,
        .request = index,
        .offset = request->issued,
        .piece = {.type = request->type,
                  .sector = share->first + request->sector + request->issued / VIRTIO_BLOCK_SECTOR,
                  .bytes = (uint32_t)bytes},
    };
    if (request->type == VIRTIO_BLOCK_OUT) {
        copy(request, false, sizeof(struct virtio_block_header) + slot->offset, data, bytes);
    } else if (request->type == VIRTIO_BLOCK_DISCARD) {
        struct virtio_block_range range = {.sector = slot->piece.sector,
                                           .sectors = (uint32_t)(bytes / VIRTIO_BLOCK_SECTOR)};
        memcpy(data, &range, sizeof(range));
        slot->piece.bytes = sizeof(range);
        slot->piece.sector = 0;
    } else if (request->type == VIRTIO_BLOCK_FLUSH) {
        slot->piece.sector = 0;
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
        if (current(disk, share, &index) == NULL)
            continue;
        issue(disk, share, index, number);
        *slot = number;
        return true;
    }
    return false;
}

void disk_done(struct disk *disk, unsigned number, uint8_t status)
{
    struct slot *slot = &disk->slots[number];
    struct share *share = slot->share;
    struct request *request = &share->requests[slot->request];

    slot->busy = false;
    share->pieces--;
    if (slot->generation != share->generation)
        return;
    request->pieces--;
    if (status != VIRTIO_BLOCK_OK) {
        fail(request, status == VIRTIO_BLOCK_UNSUPPORTED ? VIRTIO_BLOCK_UNSUPPORTED : VIRTIO_BLOCK_ERROR);
        return;
    }
    if (request->type == VIRTIO_BLOCK_IN && virtio_queue_works(&share->queue))
        copy(request, true, slot->offset, disk->data + (uint64_t)number * PIECE_BYTES, slot->piece.bytes);
}

unsigned share_step(struct share *share)
{
    unsigned result = 0;

    while (share->count != 0) {
        struct request *request = &share->requests[share->oldest];

        if (!request->all_issued || request->pieces != 0)
            break;
        /* The status is the last byte, wherever it lies. */
        copy(request, true, request->chain.writable_bytes - 1, &request->status, 1);
        virtio_queue_complete(&share->queue, request->chain.head, (uint32_t)request->chain.writable_bytes);
        share->oldest = (share->oldest + 1) % REQUESTS_MAX;
        share->count--;
        result |= SHARE_ANSWERED;
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
