/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Driver of the board's entropy device, a virtio-rng behind virtio-mmio (virtio 1.2, 4.2 and 5.4). One request at a
 * time, for a seed; the device may give it in parts.
 *
 *   0      ring
 *   4096   the seed
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "drbg.h"
#include "virtio/driver.h"
#include "virtio/mmio_driver.h"

enum { DEVICE_QUEUE = 4, DEVICE_SEED = 4096 };

struct device {
    struct virtio_mmio_driver mmio;
    uint8_t *memory;   /* DEVICE_SEED + DRBG_SEED bytes of it */
    uint64_t physical; /* where the device sees it */
    struct virtio_driver driver;
    struct virtio_driver_slot slots[DEVICE_QUEUE];
    bool asked;
    uint32_t length; /* of `seed` that is there */
    uint8_t seed[DRBG_SEED];
};

/* Resets the device and sets it up. NULL, or what is wrong. Needs mmio.registers, memory and physical. */
const char *device_start(struct device *device);

/* Asks for a seed, unless that has happened. */
void device_ask(struct device *device);

/*
 * Takes what the device has given, and asks for the rest. VIRTIO_OK: `seed` is complete, and another one may be asked
 * for. VIRTIO_EMPTY: not yet, an interrupt will say when. Anything else: the device has broken its ring.
 */
enum virtio_error device_take(struct device *device);
