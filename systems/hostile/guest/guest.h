/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * A guest at EL1, its stage 1 off, whose driver is hostile to whoever serves its disk. It attacks in turns of a fixed
 * length and says on its UART how many moves each had.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#define GUEST_PL011    UINT64_C(0x09000000)
#define GUEST_DISK     UINT64_C(0x0a000200) /* virtio-mmio slot 1 */
#define GUEST_RAM      UINT64_C(0x40000000)
#define GUEST_RAM_SIZE UINT64_C(0x800000) /* system.yaml */

/* Each makes one move of its attack and returns. */
struct attack {
    const char *name;
    void (*move)(void);
};
extern const struct attack disk_attacks[];
extern const unsigned disk_attack_count;

uint64_t any(void);
