/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Registers of a virtio-mmio device that are memory, as a driver finds them (virtio 1.2, 4.2.2).
 */
#pragma once

#include <stdint.h>

#include "virtio/mmio.h"

enum { MMIO_REGISTERS = 128 };

/* `features` are read in both halves: VERSION_1 is bit 0 of the upper one. */
static inline void mmio_registers_set(uint32_t registers[MMIO_REGISTERS], uint32_t device_id, uint32_t features)
{
    registers[VIRTIO_MMIO_MAGIC / 4] = VIRTIO_MMIO_MAGIC_VALUE;
    registers[VIRTIO_MMIO_VERSION / 4] = VIRTIO_MMIO_VERSION_VALUE;
    registers[VIRTIO_MMIO_DEVICE_ID / 4] = device_id;
    registers[VIRTIO_MMIO_DEVICE_FEATURES / 4] = features;
    registers[VIRTIO_MMIO_QUEUE_SIZE_MAX / 4] = 256;
}
