/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * A guest at EL1 that attacks. Every exception is counted and skipped (start.S).
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "systems/attacks/orders.h"

#define GUEST_GICD     UINT64_C(0x08000000)
#define GUEST_GICR     UINT64_C(0x080a0000)
#define GUEST_PL011    UINT64_C(0x09000000)
#define GUEST_CLOCK    UINT64_C(0x09010000)
#define GUEST_VIRTIO   UINT64_C(0x0a000000)
#define GUEST_RAM      UINT64_C(0x40000000)
#define GUEST_RAM_SIZE UINT64_C(0x800000) /* system.yaml */

extern volatile uint64_t exceptions, exception_syndrome, exception_return, interrupts;

#define ATTACK(by, identifier, name) void attack_##identifier(void);
#include "systems/attacks/attacks.def"
#undef ATTACK

/* All interrupts may come, in group 1. */
void guest_open_gic(void);
/* The timer's comes after so many ticks. */
void guest_alarm(uint64_t ticks);

_Noreturn void guest_main(void);

/* Attacks here go on until the guest is destroyed. */
void did(uint64_t count);
void leak(uint64_t kind);
uint64_t any(void);
