/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The registers of a virtio-mmio device (virtio 1.2, 4.2), for its driver; the queues are virtio/driver.h. For the one
 * thread that drives it.
 *
 *   virtio_mmio_begin -> { virtio_mmio_set_queue } -> read the configuration -> virtio_mmio_go
 *   interrupt -> virtio_mmio_clear -> { virtio_driver_take }
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "virtio/driver.h"

struct virtio_mmio_driver {
    uintptr_t registers;
    uint64_t features; /* negotiated, once virtio_mmio_begin has answered NULL */
};

/*
 * Resets the device, so that nothing of before is in flight, and negotiates: of what it offers, what is `wanted`, a
 * mask of feature bits; VERSION_1 is among them. NULL, or what is wrong. Needs `registers`; `device_id` is that of
 * virtio 1.2, 5.
 */
const char *virtio_mmio_begin(struct virtio_mmio_driver *device, uint32_t device_id, uint64_t wanted);

/* Queue `number` is the rings of `setup`, started afresh with the features that were negotiated. NULL, or why not. */
const char *virtio_mmio_set_queue(const struct virtio_mmio_driver *device, uint32_t number,
                                  struct virtio_driver *driver, struct virtio_driver_setup setup);

/* 32 bits of the configuration, `offset` being a multiple of 4; read until the generation did not change. */
uint32_t virtio_mmio_config(const struct virtio_mmio_driver *device, uint32_t offset);
uint32_t virtio_mmio_config_generation(const struct virtio_mmio_driver *device);

/* DRIVER_OK: the device may use the queues. */
void virtio_mmio_go(const struct virtio_mmio_driver *device);

/* Tells the device that queue `number` has more, if virtio_driver_kick says that it wants to know. */
void virtio_mmio_kick(const struct virtio_mmio_driver *device, uint32_t number, struct virtio_driver *driver);

/*
 * The device touches no memory any more, and the queues are to be set up again (virtio 1.2, 2.4). What it had done by
 * then is still to be taken from them. False: it does not let itself be reset.
 */
bool virtio_mmio_reset(const struct virtio_mmio_driver *device);

/* Takes the cause of the interrupt away; to be called before virtio_driver_take. */
void virtio_mmio_clear(const struct virtio_mmio_driver *device);
