/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * A guest at EL1, its stage 1 off, whose drivers are hostile to whoever serves its devices. It attacks in turns of a
 * fixed length and says on its UART how many moves each had.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "driver.h"

#define GUEST_PL011    UINT64_C(0x09000000)
#define GUEST_DISK     UINT64_C(0x0a000200) /* virtio-mmio slots: tools/quoll */
#define GUEST_NET      UINT64_C(0x0a000400)
#define GUEST_SOCKETS  UINT64_C(0x0a000600)
#define GUEST_ENTROPY  UINT64_C(0x0a000800)
#define GUEST_RAM      UINT64_C(0x40000000)
#define GUEST_RAM_SIZE UINT64_C(0x800000)   /* system.yaml */
#define GUEST_DEVICES  4                    /* from GUEST_DISK on */
#define GUEST_RINGS    UINT64_C(0x40100000) /* of all devices */
#define GUEST_AREA     UINT64_C(0x40200000) /* to the end of RAM: what requests are about */

/* Each makes one move of its attack and returns. */
struct attack {
    const char *name;
    void (*move)(void);
};

/* Its device is reset before each attack. */
struct target {
    struct device *device;
    const struct attack *attacks;
    unsigned count;
};
extern const struct target disk, net, sockets, entropy;

uint64_t any(void);

static inline bool one_in(unsigned n)
{
    return any() % n == 0;
}
