/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * One disk, shared: each client's queue becomes requests, each request pieces of at most PIECE_BYTES, and the clients
 * take turns at a piece each. A piece's data goes through a slot of memory that the device reaches: the device never
 * sees a client's memory, so that a client may die at any time.
 *
 *   client's queue -> request (REQUESTS_MAX of each client, in order) -> piece in a slot -> device
 *
 * The bound on how long one client makes another wait: pieces that are with the device, at most one a slot, and one
 * piece of each other client. Requests are answered in the order they came in: after a restart of the service the used
 * ring says exactly which are left, and those are done again, which changes nothing for reads and writes.
 *
 * No kernel call is made here: tests/unit/block and the fuzzer run it on the host.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "protocol.h"
#include "virtio/block.h"
#include "virtio/queue.h"

enum { REQUESTS_MAX = 4, SLOTS_MAX = 16, PIECE_BYTES = 128 * 1024 };

struct request {
    struct virtio_chain chain;
    struct virtio_segment segments[BLOCK_QUEUE_SIZE_MAX];
    uint32_t type;   /* enum virtio_block_type */
    uint8_t status;  /* enum virtio_block_status */
    uint64_t sector; /* of the client's part */
    uint64_t bytes;  /* of data; of a discard: what it discards */
    uint64_t issued; /* of them, in pieces that the device has or had */
    bool all_issued;
    unsigned pieces; /* that the device has */
};

struct share {
    const char *name;
    struct virtio_window window;
    struct virtio_queue queue;
    uint64_t first, sectors; /* of the disk; 0 sectors: the part is not there */
    bool read_only;
    bool broken_told;
    uint32_t generation;                   /* changes when the queue is let go: a piece of before is nobody's */
    unsigned pieces;                       /* with the device, of any generation */
    struct request requests[REQUESTS_MAX]; /* a ring: [oldest, oldest + count) modulo REQUESTS_MAX */
    unsigned oldest, count;
};

/* What the device is asked. */
struct piece {
    uint32_t type;
    uint64_t sector; /* of the disk */
    uint32_t bytes;  /* of data in the slot, to be read or written */
};

struct slot {
    bool busy;
    struct share *share;
    uint32_t generation;
    unsigned request; /* index in share->requests */
    uint64_t offset;  /* in the request's data */
    struct piece piece;
};

struct disk {
    uint64_t features; /* of the device: VIRTIO_BLOCK_F_FLUSH, _DISCARD */
    uint32_t discard_max;
    struct share *shares;
    unsigned share_count;
    unsigned turn; /* whose turn is next */
    unsigned slot_count;
    struct slot slots[SLOTS_MAX];
    uint8_t *data; /* PIECE_BYTES of each slot */
};

/* Portal `block`: `share` is NULL for a label that nobody has. `reply` is 8 words, zero when it comes in. */
void share_answer(struct disk *disk, struct share *share, const uint64_t *word, uint64_t *reply);

/* Forgets the queue and what came from it. */
void share_detach(struct share *share);

/* The next piece for a free slot, by turns: false when there is none or no slot is free. Data to write is in place. */
bool disk_next(struct disk *disk, unsigned *slot);

/* The device has done the piece in `slot`. */
void disk_done(struct disk *disk, unsigned slot, uint8_t status);

enum share_step {
    SHARE_SIGNAL = 1 << 0, /* the client wants an interrupt */
    SHARE_BROKEN = 1 << 1, /* its queue stopped, for the first time */
    SHARE_ANSWERED = 1 << 2,
};

/* Answers what is done. A set of enum share_step. */
unsigned share_step(struct share *share);
