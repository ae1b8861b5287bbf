/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The queue of a guest's entropy device, and the portal. A buffer gets at most DRBG_REQUEST_MAX bytes, and each guest
 * one buffer a turn. Nothing has to outlive the service: a buffer that was not answered is filled by the next one.
 *
 * No kernel call is made here: tests/unit/entropy runs it on the host.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "drbg.h"
#include "protocol.h"
#include "virtio/queue.h"

struct tap {
    const char *name;
    struct virtio_window window;
    struct virtio_queue queue;
    bool broken_told;
};

/* Portal `entropy`; `tap` is NULL when no guest has the label. `reply` is 8 words, zero when it comes in. */
void tap_answer(struct drbg *drbg, struct tap *tap, const uint64_t *word, uint64_t *reply);

/* Forgets the queue. */
void tap_detach(struct tap *tap);

enum tap_news {
    TAP_MOVED = 1 << 0,  /* there may be more to do */
    TAP_SIGNAL = 1 << 1, /* the guest wants an interrupt */
    TAP_BROKEN = 1 << 2, /* its queue stopped, for the first time */
};

/* A turn: fills one buffer, if there is one and the generator works. A set of enum tap_news. */
unsigned tap_turn(struct drbg *drbg, struct tap *tap);
