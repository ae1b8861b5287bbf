/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The virtio-console of a guest: its two queues, served in the guest's own memory. The VMM attaches them and is not
 * in the path of the data. Every step does a bounded amount of work; what is left is done in the next one.
 */
#pragma once

#include "mux.h"
#include "protocol.h"
#include "virtio/queue.h"

struct guest {
    uint32_t interrupts;     /* capability of the guest's virtual interrupts, */
    uint64_t interrupt_mask; /* and the flag of this device */
    struct console *console;
    struct virtio_window window; /* size 0: serial is not trusted with the guest's memory */
    struct virtio_queue queue[CONSOLE_QUEUE_COUNT];
    bool broken_told[CONSOLE_QUEUE_COUNT];
    bool sending;     /* `chain` is taken and partly copied */
    uint16_t segment; /* of the chain, and how much of that segment is copied */
    uint32_t offset;
    struct virtio_chain chain;
    struct virtio_segment segments[CONSOLE_QUEUE_SIZE_MAX];
};

/* `memory` is where the guest's RAM is mapped here, NULL if it is not; the guest sees it at `address`. */
void guest_start(struct guest *guest, struct console *console, uint8_t *memory, uint64_t size, uint64_t address);

/* Words of the request as protocol.h has them. 0 or enum console_error. */
unsigned guest_attach(struct guest *guest, const uint64_t *word);

/* Forgets both queues, and what was typed: it was meant for whoever had attached them. */
void guest_detach(struct guest *guest);

/* w0 of the reply to CONSOLE_QUEUES. */
uint64_t guest_queues(const struct guest *guest);

enum guest_step {
    GUEST_SIGNAL = 1 << 0, /* the guest wants an interrupt */
    GUEST_BROKEN = 1 << 1, /* a queue stopped: tell the VMM */
    GUEST_MORE = 1 << 2,   /* there may be more to do, and nothing else will say so */
};

/* Moves bytes both ways, as far as rings have room. A set of enum guest_step. */
unsigned guest_step(struct guest *guest);

/* The first queue that stopped since this was last asked, in words; NULL: none did. */
const char *guest_complaint(struct guest *guest, unsigned *queue);
