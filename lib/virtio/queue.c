/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "virtio/queue.h"

void virtio_queue_detach(struct virtio_queue *queue)
{
    *queue = (struct virtio_queue){.error = VIRTIO_DETACHED};
}

/* Where a ring lies here, or NULL when it is not aligned or not in the window. */
static void *ring_at(const struct virtio_window *window, uint64_t address, uint64_t bytes, uint64_t alignment)
{
    uint8_t *at = virtio_window_at(window, address, bytes);

    if (at == NULL || address % alignment != 0 || (uintptr_t)at % alignment != 0)
        return NULL;
    return at;
}

/*
 * With a used index of 0: whether that has been round. Then the last entry holds a chain, or the driver waits for one;
 * of a driver that has ever had head 0 alone, got nothing and says not what it waits for, it cannot be known.
 */
static bool was_used(const struct virtio_queue *queue)
{
    const struct virtio_used_element *last = &queue->used->ring[queue->size - 1];

    return virtio_load32(&last->id) != 0 || virtio_load32(&last->length) != 0 ||
           (queue->event_index && virtio_load16(queue->used_event) != 0);
}

enum virtio_error virtio_queue_attach(struct virtio_queue *queue, const struct virtio_window *window,
                                      const struct virtio_queue_setup *setup)
{
    uint32_t size = setup->size;

    if (size == 0 || size > VIRTIO_RING_SIZE_MAX || (size & (size - 1)) != 0)
        return VIRTIO_BAD_SIZE;
    void *descriptors = ring_at(window, setup->descriptors, virtio_descriptors_bytes(size), 16);
    struct virtio_available *available = ring_at(window, setup->available, virtio_available_bytes(size), 2);
    struct virtio_used *used = ring_at(window, setup->used, virtio_used_bytes(size), 4);
    if (descriptors == NULL || available == NULL || used == NULL)
        return VIRTIO_BAD_RING;

    uint16_t done = virtio_load16(&used->index);
    *queue = (struct virtio_queue){
        .window = window,
        .descriptors = descriptors,
        .available = available,
        .used = used,
        .available_event = (uint16_t *)(void *)&used->ring[size],
        .used_event = &available->ring[size],
        .size = (uint16_t)size,
        .next_available = done,
        .next_used = done,
        .signalled_used = done,
        .event_index = (setup->features >> VIRTIO_F_EVENT_IDX & 1) != 0,
        .indirect = (setup->features >> VIRTIO_F_INDIRECT_DESC & 1) != 0,
    };
    queue->owes_signal = done != 0 || was_used(queue);
    virtio_store16(&used->flags, 0);
    if (queue->event_index)
        virtio_store16(queue->available_event, done);
    virtio_full_barrier();
    return VIRTIO_OK;
}

/* One table of descriptors: the queue's own, or an indirect one. */
struct table {
    const struct virtio_descriptor *entries;
    uint32_t size;
};

/* Adds the buffer of `descriptor` to the chain, which may have `limit` of them. */
static enum virtio_error add_segment(const struct virtio_window *window, const struct virtio_descriptor *descriptor,
                                     struct virtio_chain *chain, struct virtio_segment *segments, size_t limit)
{
    size_t count = (size_t)chain->readable + chain->writable;
    bool write = (descriptor->flags & VIRTIO_DESCRIPTOR_WRITE) != 0;

    if (count >= limit)
        return VIRTIO_TOO_LONG;
    if (!write && chain->writable != 0)
        return VIRTIO_BAD_ORDER;
    uint8_t *base = virtio_window_at(window, descriptor->address, descriptor->length);
    if (base == NULL)
        return VIRTIO_BAD_BUFFER;

    segments[count] = (struct virtio_segment){.base = base, .length = descriptor->length};
    if (write) {
        chain->writable++;
        chain->writable_bytes += descriptor->length;
    } else {
        chain->readable++;
        chain->readable_bytes += descriptor->length;
    }
    return VIRTIO_OK;
}

/* The table that an indirect descriptor leads to (virtio 1.2, 2.7.5.3). */
static enum virtio_error open_indirect(const struct virtio_queue *queue, const struct virtio_descriptor *descriptor,
                                       struct table *table)
{
    uint32_t size = descriptor->length / sizeof(struct virtio_descriptor);

    if (!queue->indirect || (descriptor->flags & VIRTIO_DESCRIPTOR_NEXT) != 0)
        return VIRTIO_BAD_INDIRECT;
    if (size == 0 || descriptor->length % sizeof(struct virtio_descriptor) != 0)
        return VIRTIO_BAD_INDIRECT;
    /* The standard demands no alignment of an indirect table, but a copy of 8-byte fields does: all drivers align. */
    const void *entries = ring_at(queue->window, descriptor->address, descriptor->length, 8);
    if (entries == NULL)
        return VIRTIO_BAD_BUFFER;
    *table = (struct table){.entries = entries, .size = size};
    return VIRTIO_OK;
}

/* Walks the chain from `head`. Every step but the one into an indirect table adds a segment: at most size + 1 steps. */
static enum virtio_error walk_chain(const struct virtio_queue *queue, uint16_t head, struct virtio_chain *chain,
                                    struct virtio_segment *segments, size_t capacity)
{
    struct table table = {.entries = queue->descriptors, .size = queue->size};
    /* Of these, no store below can be a change: they stay in registers. */
    const struct virtio_window window = *queue->window;
    const size_t limit = capacity < queue->size ? capacity : queue->size;
    struct virtio_chain taken = {.head = head};
    bool in_indirect = false;
    uint32_t index = head;

    for (;;) {
        struct virtio_descriptor descriptor = virtio_load_descriptor(&table.entries[index]);
        enum virtio_error error = VIRTIO_OK;

        if ((descriptor.flags & VIRTIO_DESCRIPTOR_INDIRECT) != 0) {
            /* A table inside a table is forbidden; so the step can happen once. */
            error = in_indirect ? VIRTIO_BAD_INDIRECT : open_indirect(queue, &descriptor, &table);
            if (error != VIRTIO_OK)
                return error;
            in_indirect = true;
            index = 0;
            continue;
        }
        error = add_segment(&window, &descriptor, &taken, segments, limit);
        if (error != VIRTIO_OK)
            return error;
        if ((descriptor.flags & VIRTIO_DESCRIPTOR_NEXT) == 0) {
            *chain = taken;
            return VIRTIO_OK;
        }
        if (descriptor.next >= table.size)
            return VIRTIO_BAD_NEXT;
        index = descriptor.next;
    }
}

/* How many chains wait. When there is none, the driver is asked to notify before the index is read once more. */
static uint16_t waiting_chains(struct virtio_queue *queue)
{
    uint16_t waiting = (uint16_t)(virtio_load16(&queue->available->index) - queue->next_available);

    if (waiting == 0 && queue->event_index) {
        virtio_store16(queue->available_event, queue->next_available);
        virtio_full_barrier();
        waiting = (uint16_t)(virtio_load16(&queue->available->index) - queue->next_available);
    }
    /* The index was read before the ring entries and descriptors that it announces. */
    virtio_read_barrier();
    return waiting;
}

enum virtio_error virtio_queue_take(struct virtio_queue *queue, struct virtio_chain *chain,
                                    struct virtio_segment *segments, size_t capacity)
{
    if (queue->error != VIRTIO_OK)
        return queue->error;
    uint16_t waiting = waiting_chains(queue);
    if (waiting == 0)
        return VIRTIO_EMPTY;
    if (waiting > queue->size) {
        queue->error = VIRTIO_BAD_INDEX;
        return queue->error;
    }
    uint16_t head = virtio_load16(&queue->available->ring[queue->next_available % queue->size]);
    if (head >= queue->size) {
        queue->error = VIRTIO_BAD_HEAD;
        return queue->error;
    }

    queue->error = walk_chain(queue, head, chain, segments, capacity);
    if (queue->error == VIRTIO_OK)
        queue->next_available++;
    return queue->error;
}

uint16_t virtio_queue_waiting(struct virtio_queue *queue)
{
    uint16_t index = 0;
    uint32_t rounds = 0;

    if (queue->error != VIRTIO_OK)
        return 0;
    /* An index that moves on while the wish is written is one of which nobody would be told: at most so often. */
    do {
        index = virtio_load16(&queue->available->index);
        if (queue->event_index)
            virtio_store16(queue->available_event, index);
        virtio_full_barrier();
    } while (virtio_load16(&queue->available->index) != index && rounds++ < queue->size);
    if ((uint16_t)(index - queue->next_available) <= queue->size)
        return (uint16_t)(index - queue->next_available);
    queue->error = VIRTIO_BAD_INDEX;
    return 0;
}

void virtio_queue_stop(struct virtio_queue *queue, enum virtio_error error)
{
    if (queue->error == VIRTIO_OK)
        queue->error = error;
}

void virtio_queue_fill(struct virtio_queue *queue, uint16_t ahead, uint16_t head, uint32_t written)
{
    if (queue->error != VIRTIO_OK)
        return;
    struct virtio_used_element *element = &queue->used->ring[(uint16_t)(queue->next_used + ahead) % queue->size];

    virtio_store32(&element->id, head);
    virtio_store32(&element->length, written);
}

void virtio_queue_publish(struct virtio_queue *queue, uint16_t count)
{
    if (queue->error != VIRTIO_OK)
        return;
    virtio_write_barrier();
    queue->next_used = (uint16_t)(queue->next_used + count);
    virtio_store16(&queue->used->index, queue->next_used);
}

void virtio_queue_complete(struct virtio_queue *queue, uint16_t head, uint32_t written)
{
    virtio_queue_fill(queue, 0, head, written);
    virtio_queue_publish(queue, 1);
}

void virtio_queue_put_back(struct virtio_queue *queue, uint16_t count)
{
    if (queue->error == VIRTIO_OK)
        queue->next_available = (uint16_t)(queue->next_available - count);
}

bool virtio_queue_signal(struct virtio_queue *queue)
{
    uint16_t before = queue->signalled_used;

    if (queue->error == VIRTIO_DETACHED || (before == queue->next_used && !queue->owes_signal))
        return false;
    queue->signalled_used = queue->next_used;
    if (queue->owes_signal) {
        queue->owes_signal = false;
        return true;
    }
    /* The used index must be visible before the driver's wish is read, else both sides could wait for the other. */
    virtio_full_barrier();
    if (!queue->event_index)
        return (virtio_load16(&queue->available->flags) & VIRTIO_AVAILABLE_NO_INTERRUPT) == 0;
    /* Has next_used passed used_event since the last time? Virtio 1.2, 2.7.7.2. */
    uint16_t event = virtio_load16(queue->used_event);
    return (uint16_t)(queue->next_used - event - 1) < (uint16_t)(queue->next_used - before);
}

const char *virtio_error_text(enum virtio_error error)
{
    static const char *const text[VIRTIO_ERROR_COUNT] = {
        [VIRTIO_OK] = "works",
        [VIRTIO_EMPTY] = "empty",
        [VIRTIO_DETACHED] = "not attached",
        [VIRTIO_BAD_SIZE] = "bad size",
        [VIRTIO_BAD_RING] = "ring outside memory or not aligned",
        [VIRTIO_BAD_INDEX] = "available index runs ahead",
        [VIRTIO_BAD_HEAD] = "available entry outside the table",
        [VIRTIO_BAD_NEXT] = "chain leads outside its table",
        [VIRTIO_BAD_BUFFER] = "buffer outside memory",
        [VIRTIO_BAD_ORDER] = "readable buffer behind a writable one",
        [VIRTIO_BAD_INDIRECT] = "bad indirect descriptor",
        [VIRTIO_TOO_LONG] = "chain too long",
        [VIRTIO_BAD_REQUEST] = "request without room for its header or its answer",
        [VIRTIO_BAD_USED] = "used entry names no chain of the device's, or too many bytes",
        [VIRTIO_FULL] = "full",
    };

    return (unsigned)error < VIRTIO_ERROR_COUNT ? text[error] : "unknown";
}
