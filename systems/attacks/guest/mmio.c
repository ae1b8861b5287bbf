/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * guest-gic: distributor and redistributor, read and written by plain loads and stores at every size and alignment.
 * guest-mmio: all that is not RAM, by every kind of access: exclusive, pairs, vectors, cache instructions.
 * guest-fetch: instructions from there.
 */
#include "execute.h"
#include "guest.h"

enum { GICD_SIZE = 0x10000, GICR_SIZE = 0x20000, PLAIN = 13 };

void attack_gic(void)
{
    uint64_t draw = any();
    uint64_t at = (draw >> 32 & 1) != 0 ? GUEST_GICD + draw % GICD_SIZE : GUEST_GICR + draw % GICR_SIZE;

    execute_with(any_access(any() % PLAIN), any(), draw >> 40 & 7 ? at & ~UINT64_C(3) : at);
    did(1);
}

/* Devices of the board, where others have theirs, the edges of RAM, anywhere. */
static uint64_t any_device(void)
{
    static const struct {
        uint64_t base, size;
    } ranges[] = {
        {0, 0x1000},
        {0x04000000, 0x1000},
        {GUEST_GICD, 0x10000},
        {GUEST_GICR, 0x20000},
        {0x08010000, 0x90000},
        {GUEST_PL011, 0x1000},
        {0x09010000, 0x1000},
        {0x09030000, 0x1000},
        {GUEST_VIRTIO, 0x200},
        {GUEST_VIRTIO, 0x4000},
        {0x10000000, 0x2eff0000},
        {0x3eff0000, 0x1010000},
        {GUEST_RAM + GUEST_RAM_SIZE - 16, 0x2000},
        {UINT64_C(1) << 39, 0x1000},
        {(UINT64_C(1) << 39) - 64, 128},
        {UINT64_C(0x4010000000), 0x10000000},
        {UINT64_C(0x8000000000), UINT64_C(0x8000000000)},
    };
    uint64_t draw = any();
    unsigned i = (unsigned)(draw >> 40) % (sizeof(ranges) / sizeof(ranges[0]));

    return ranges[i].base + draw % ranges[i].size;
}

void attack_mmio(void)
{
    uint64_t address = any_device();

    execute_with(any_access(any()), any(), any() % 4 != 0 ? address & ~UINT64_C(7) : address);
    did(1);
}

void attack_fetch(void)
{
    execute_jump(any_device());
    did(1);
}
