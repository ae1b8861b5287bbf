/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * One disk, shared: each client's queue becomes requests, each request pieces of at most PIECE_BYTES, and the clients
 * take turns at a piece each. A piece's data goes through a slot of memory that the device reaches, by a copy; or, of a
 * client whose memory the device reaches itself, straight to and from where the client's chain says.
 *
 *   client's queue -> request (REQUESTS_MAX of each client, in order) -> piece in a slot -> device
 *
 * A client's memory is its own again when its queue has been let go and no piece that reaches it is with the device.
 * The driver sees to that: it resets the device (disk_reaches_let_go, disk_was_reset).
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

enum {
    REQUESTS_MAX = 4,
    SLOTS_MAX = 16,
    PIECE_BYTES = 128 * 1024,
    PIECE_BUFFERS_MAX = BLOCK_SEGMENTS_MAX,
};

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
    bool reached;      /* the device reaches the window, */
    uint64_t physical; /* whose first byte it sees here */
    struct virtio_queue queue;
    uint64_t first, sectors; /* of the disk; 0 sectors: the part is not there */
    bool read_only;
    bool broken_told;
    bool held;                             /* made the device be reset: waits until the others' pieces are through */
    uint32_t generation;                   /* changes when the queue is let go: a piece of before is nobody's */
    unsigned pieces;                       /* with the device, of any generation */
    struct request requests[REQUESTS_MAX]; /* a ring: [oldest, oldest + count) modulo REQUESTS_MAX */
    unsigned oldest, count;
};

/* What the device is asked. */
struct piece {
    uint32_t type;
    uint64_t sector; /* of the disk */
    uint32_t bytes;  /* of data, to be read or written */
    unsigned count;  /* buffers that it is in, as the device sees them: [1, count]. Around them, the driver's own */
    struct virtio_buffer buffers[PIECE_BUFFERS_MAX + 2];
};

struct slot {
    bool busy;
    bool direct; /* its buffers are the client's memory, not the slot's */
    bool again;  /* the device was reset and got it once more */
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
    unsigned turn;  /* whose turn is next */
    unsigned again; /* pieces that the device got once more, and has not done */
    unsigned slot_count;
    struct slot slots[SLOTS_MAX];
    uint8_t *data;         /* PIECE_BYTES of each slot */
    uint64_t data_address; /* where the device sees them */
    unsigned buffers_max;  /* that the device takes in a piece, at most PIECE_BUFFERS_MAX and at least 1 */
};

/* Portal `block`: `share` is NULL for a label that nobody has. `reply` is 8 words, zero when it comes in. */
void share_answer(struct disk *disk, struct share *share, const uint64_t *word, uint64_t *reply);

/* Forgets the queue and what came from it. */
void share_detach(struct share *share);

/* The next piece for a free slot, by turns: false when there is none or no slot is free. Data to write is in place. */
bool disk_next(struct disk *disk, unsigned *slot);

/* The device has done the piece in `slot`. */
void disk_done(struct disk *disk, unsigned slot, uint8_t status);

/*
 * Whether the device has pieces that reach the memory of a client whose queue was let go. It is then to be reset,
 * before that client hears that its memory is its own again.
 */
bool disk_reaches_let_go(const struct disk *disk);

/*
 * The device was reset, and what it had done by then is taken (disk_done): those that are busy still are to be given to
 * it once more. Those of queues that were let go are gone, and whoever had them waits until the others are through:
 * however often clients let go, each time every other client gets on by what it had with the device.
 */
void disk_was_reset(struct disk *disk);

enum share_step {
    SHARE_SIGNAL = 1 << 0, /* the client wants an interrupt */
    SHARE_BROKEN = 1 << 1, /* its queue stopped, for the first time */
    SHARE_ANSWERED = 1 << 2,
    SHARE_ROOM = 1 << 3, /* it had no room for more, and has now: disk_next is to look again */
};

/* Answers what is done. A set of enum share_step. */
unsigned share_step(struct share *share);
