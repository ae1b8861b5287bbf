/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Which device answers at a guest-physical address: one look-up in a table, by the 64 KiB granule; the rest of the map
 * is RAM, flash and holes.
 */
#pragma once

#include <assert.h>
#include <stdint.h>

#include "vm.h"

/* Where the device of an address stands, if there is one: another place for each granule that has one. */
enum { BOARD_PLACES = 16 };
#define BOARD_PLACE(address) ((((address) >> 16) + ((address) >> 22)) % BOARD_PLACES)

enum board_device {
    BOARD_DEVICE_GICD = BOARD_PLACE(BOARD_GICD),
    BOARD_DEVICE_GICR = BOARD_PLACE(BOARD_GICR),
    BOARD_DEVICE_GICR_SGI = BOARD_PLACE(BOARD_GICR + 0x10000), /* its second frame: the same device */
    BOARD_DEVICE_PL011 = BOARD_PLACE(BOARD_PL011),
    BOARD_DEVICE_PL031 = BOARD_PLACE(BOARD_PL031),
    BOARD_DEVICE_VIRTIO = BOARD_PLACE(BOARD_VIRTIO),
    BOARD_DEVICE_NONE = BOARD_PLACES,
    BOARD_DEVICE_FLASH,
    BOARD_DEVICE_COUNT,
};
static_assert((int)BOARD_DEVICE_COUNT == (int)VM_DEVICES, "each is counted");

/* Accesses of 1, 2, 4 or 8 bytes, naturally aligned, at `offset` from the device's base. */
struct __attribute__((aligned(64))) board_access {
    uint64_t (*read)(struct vcpu *vcpu, uint32_t offset, uint32_t size);
    void (*write)(struct vcpu *vcpu, uint32_t offset, uint32_t size, uint64_t value);
    uint64_t base, size; /* size 0: no device stands here */
    const char *name;
};

extern const struct board_access board_access[BOARD_DEVICE_COUNT];

/* Of an address where no device of the table is. */
enum board_device board_find_other(uint64_t address);

static inline enum board_device board_find(uint64_t address)
{
    const struct board_access *access = &board_access[BOARD_PLACE(address)];

    return address - access->base < access->size ? (enum board_device)BOARD_PLACE(address) : board_find_other(address);
}
