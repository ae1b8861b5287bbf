/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Which device answers at a guest-physical address. One table lookup by 64 KiB granule for everything from the
 * distributor to the last virtio-mmio slot; the rest of the map is RAM, flash and holes.
 */
#pragma once

#include <stdint.h>

#include "vm.h"

enum board_device {
    BOARD_DEVICE_NONE,
    BOARD_DEVICE_GICD,
    BOARD_DEVICE_GICR,
    BOARD_DEVICE_PL011,
    BOARD_DEVICE_PL031,
    BOARD_DEVICE_VIRTIO,
    BOARD_DEVICE_FLASH,
    BOARD_DEVICE_COUNT,
};

/* Accesses of 1, 2, 4 or 8 bytes, naturally aligned, at `offset` from the device's base. */
struct __attribute__((aligned(64))) board_access {
    uint64_t (*read)(struct vcpu *vcpu, uint32_t offset, uint32_t size);
    void (*write)(struct vcpu *vcpu, uint32_t offset, uint32_t size, uint64_t value);
    uint64_t base, size;
    const char *name;
};

enum { BOARD_GRANULE_SHIFT = 16 };
#define BOARD_GRANULE(address) (((address)-BOARD_GICD) >> BOARD_GRANULE_SHIFT)
enum { BOARD_GRANULES = BOARD_GRANULE(BOARD_VIRTIO) + 1 };

extern const struct board_access board_access[BOARD_DEVICE_COUNT];
extern const uint8_t board_granules[BOARD_GRANULES]; /* enum board_device */

/* Of an address before the distributor or behind virtio-mmio. */
enum board_device board_find_other(uint64_t address);

static inline enum board_device board_find(uint64_t address)
{
    uint64_t granule = BOARD_GRANULE(address);
    enum board_device device = BOARD_DEVICE_NONE;

    if (granule >= BOARD_GRANULES)
        return board_find_other(address);
    device = (enum board_device)board_granules[granule];
    return address - board_access[device].base < board_access[device].size ? device : BOARD_DEVICE_NONE;
}
