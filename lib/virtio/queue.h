/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The device side of a split virtqueue. Whoever drives the queue is hostile: every index, address, length and chain is
 * read once and checked, and the first thing that is wrong stops this queue for good (virtio_queue_detach ends that).
 * The queue's own state (how far it took, how far it answered) lies here and never in the shared memory.
 *
 *   virtio_queue_attach -> { virtio_queue_take -> use the segments -> virtio_queue_complete } -> virtio_queue_signal
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "virtio/ring.h"
#include "virtio/window.h"

enum virtio_error {
    VIRTIO_OK = 0,
    VIRTIO_EMPTY,        /* nothing to take; the driver will notify when there is */
    VIRTIO_DETACHED,     /* the queue is not attached */
    VIRTIO_BAD_SIZE,     /* the size is no power of two, or too large */
    VIRTIO_BAD_RING,     /* a ring is not aligned, or not in the window */
    VIRTIO_BAD_INDEX,    /* more chains available than the ring holds */
    VIRTIO_BAD_HEAD,     /* the available ring names a descriptor outside the table */
    VIRTIO_BAD_NEXT,     /* a chain leads outside its table */
    VIRTIO_BAD_BUFFER,   /* a buffer does not lie in the window */
    VIRTIO_BAD_ORDER,    /* something to read behind something to write */
    VIRTIO_BAD_INDIRECT, /* indirect, but not negotiated, nested, continued, or the table has a bad size */
    VIRTIO_TOO_LONG,     /* a chain longer than the queue, so perhaps a loop, or than the caller can take */
    VIRTIO_BAD_REQUEST,  /* a chain that the device cannot even answer (virtio_queue_stop) */
    VIRTIO_BAD_USED,     /* driver side: the device returns what it does not have, or wrote more than there was */
    VIRTIO_FULL,         /* driver side: not enough descriptors are free */
    VIRTIO_ERROR_COUNT,
};

struct virtio_queue_setup {
    uint32_t size;
    uint64_t descriptors, available, used; /* addresses in the window */
    uint64_t features;                     /* as negotiated; EVENT_IDX and INDIRECT_DESC matter */
};

struct virtio_queue {
    const struct virtio_window *window;
    const struct virtio_descriptor *descriptors;
    struct virtio_available *available;
    struct virtio_used *used;
    uint16_t *available_event;  /* behind the used ring, ours to write */
    const uint16_t *used_event; /* behind the available ring, theirs */
    uint16_t size;
    uint16_t next_available; /* next entry of the available ring to take, modulo 2^16 */
    uint16_t next_used;      /* next entry of the used ring to fill, modulo 2^16 */
    uint16_t signalled_used; /* next_used when virtio_queue_signal was last asked */
    bool owes_signal;        /* a copy of us before may have died between the used index and the interrupt */
    bool event_index;
    bool indirect;
    enum virtio_error error; /* VIRTIO_OK while it works; VIRTIO_DETACHED; or why it stopped */
};

/* A buffer of a chain, mapped here. The bytes may change while they are read. */
struct virtio_segment {
    uint8_t *base;
    uint32_t length;
};

struct virtio_chain {
    uint16_t head;
    uint16_t readable; /* segments [0, readable) are for us to read */
    uint16_t writable; /* segments [readable, readable + writable) are for us to write */
    uint64_t readable_bytes;
    uint64_t writable_bytes;
};

/*
 * Starts to serve the queue, where its used ring ends: with a fresh ring at 0, after a restart of the service behind
 * the last chain that was answered (right for services that answer in order); the first virtio_queue_signal then says
 * yes, for that copy may not have come to it. `window` stays the caller's.
 * VIRTIO_BAD_SIZE, VIRTIO_BAD_RING: nothing has changed.
 */
enum virtio_error virtio_queue_attach(struct virtio_queue *queue, const struct virtio_window *window,
                                      const struct virtio_queue_setup *setup);

/* Forgets the queue; the state of a queue that was never attached is all zero but `error`: call this first of all. */
void virtio_queue_detach(struct virtio_queue *queue);

static inline bool virtio_queue_works(const struct virtio_queue *queue)
{
    return queue->error == VIRTIO_OK;
}

/*
 * Takes the next chain with all its segments. VIRTIO_EMPTY: there is none, and the driver has been told to notify.
 * Anything else but VIRTIO_OK: the queue has stopped, and answers the same from now on.
 */
enum virtio_error virtio_queue_take(struct virtio_queue *queue, struct virtio_chain *chain,
                                    struct virtio_segment *segments, size_t capacity);

/* Stops the queue: what the chains hold makes no sense to the device that they are for. */
void virtio_queue_stop(struct virtio_queue *queue, enum virtio_error error);

/* Gives a chain back to the driver; `written` bytes of its writable segments were written, from the first one on. */
void virtio_queue_complete(struct virtio_queue *queue, uint16_t head, uint32_t written);

/*
 * The same for several chains that the driver must see at once: virtio_queue_fill of the first with `ahead` 0, of the
 * next with 1, and so on, then virtio_queue_publish of as many. Less than the size of the queue.
 */
void virtio_queue_fill(struct virtio_queue *queue, uint16_t ahead, uint16_t head, uint32_t written);
void virtio_queue_publish(struct virtio_queue *queue, uint16_t count);

/*
 * How many chains wait, none of which is looked at; the driver is asked to notify when there are more. 0 also of a
 * queue that has stopped, as it does when there are more than it holds.
 */
uint16_t virtio_queue_waiting(struct virtio_queue *queue);

/* The last `count` chains that were taken, none of which was answered, are taken again the next time. */
void virtio_queue_put_back(struct virtio_queue *queue, uint16_t count);

/* Whether the driver wants an interrupt for what was completed since the last time this was asked. */
bool virtio_queue_signal(struct virtio_queue *queue);

/* A word for a log line. */
const char *virtio_error_text(enum virtio_error error);
