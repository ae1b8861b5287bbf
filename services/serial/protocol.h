/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * What a client says to the portal `console` of serial. The capability's label says which client it is. Word 0 of a
 * request is operation | argument << 8 | sequence << 16; word 0 of a reply is a count or zero, or CONSOLE_FAILED | enum
 * console_error.
 * services/serial/README.md is the protocol in words.
 */
#pragma once

#include <stdint.h>

#include "virtio/service.h"

enum console_operation {
    /*
     * argument: length, at most CONSOLE_BYTES_MAX; w1..w7 the bytes. Reply: w0 length. With the sequence of the
     * client's last one, which died with serial, perhaps behind its work, it is taken once; 0 is none.
     */
    CONSOLE_WRITE = 1,
    CONSOLE_READ = 2, /* reply: w0 length, w1..w7 the bytes; 0 = nothing is waiting */
    /* A VMM gives serial a queue (enum console_queue) of its guest's virtio-console; DETACH throws input away, too. */
    CONSOLE_ATTACH = VIRTIO_SERVICE_ATTACH,
    CONSOLE_DETACH = VIRTIO_SERVICE_DETACH,
    CONSOLE_QUEUES = VIRTIO_SERVICE_QUEUES,
};

enum { CONSOLE_ARGUMENT_MAX = 0xff, CONSOLE_SEQUENCE_SHIFT = 16 };

enum { CONSOLE_BYTES_MAX = 56, CONSOLE_QUEUE_SIZE_MAX = 64 };

/* Queues of a console device without VIRTIO_CONSOLE_F_MULTIPORT (virtio 1.2, 5.3.2). */
enum console_queue { CONSOLE_QUEUE_RECEIVE = 0, CONSOLE_QUEUE_TRANSMIT = 1, CONSOLE_QUEUE_COUNT = 2 };

/* When a state changes without the VMM having asked, serial raises CONSOLE_INPUT_FLAG on the VMM. */
enum console_queue_state {
    CONSOLE_QUEUE_DETACHED = VIRTIO_SERVICE_DETACHED,
    CONSOLE_QUEUE_ATTACHED = VIRTIO_SERVICE_ATTACHED,
    CONSOLE_QUEUE_BROKEN = VIRTIO_SERVICE_BROKEN,
};

#define CONSOLE_FAILED VIRTIO_SERVICE_FAILED

enum console_error {
    CONSOLE_BAD_OPERATION = 1, /* no such operation */
    CONSOLE_BAD_LENGTH = 2,    /* more than CONSOLE_BYTES_MAX bytes */
    CONSOLE_BAD_CLIENT = 3,    /* the label is unknown, or has no guest */
    CONSOLE_BAD_QUEUE = 4,     /* no such queue, or it is attached */
    CONSOLE_BAD_RING = 5,      /* size, address or alignment of a ring, or serial cannot see the guest's memory */
};

/* Flag of the client's own notification: input waits for CONSOLE_READ, or the state of a queue changed. */
#define CONSOLE_INPUT_FLAG (UINT64_C(1) << 62)

/* The same of a VMM: a person typed the key for how often its guest has left it, and why. It prints that. */
#define CONSOLE_REPORT_FLAG (UINT64_C(1) << 60)
