/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * guest-mmu: stage 1 on and off without end, and tables that point to devices, to nothing, to themselves, to anywhere.
 * The lower half of the addresses stays an identity, so that the attack goes on; the upper half is anything.
 */
#include "execute.h"
#include "guest.h"
#include "registers.h"

enum { ENTRIES = 512 };
#define GIB         (UINT64_C(1) << 30)
#define BLOCK       UINT64_C(0x701) /* AF, inner shareable, block; attribute 0 */
#define BLOCK_TABLE 3
#define UPPER       (UINT64_MAX << 39)

static volatile uint64_t lower[ENTRIES] __attribute__((aligned(4096)));
static volatile uint64_t upper[ENTRIES] __attribute__((aligned(4096)));

static uint64_t any_physical(void)
{
    static const uint64_t some[] = {
        0,
        GUEST_GICD,
        GUEST_GICR,
        GUEST_PL011,
        GUEST_VIRTIO,
        GUEST_RAM,
        GUEST_RAM + 0x200000,
        GUEST_RAM + GUEST_RAM_SIZE,
        0x80000000,
        UINT64_C(1) << 38,
        UINT64_C(1) << 39,
        UINT64_C(1) << 40,
        UINT64_C(1) << 47,
    };
    uint64_t draw = any();

    return (draw % 3 == 0   ? draw
            : draw % 3 == 1 ? (uintptr_t)upper
                            : some[draw % (sizeof(some) / sizeof(some[0]))]) &
           UINT64_C(0xfffffffff000);
}

void attack_mmu(void)
{
    const uint64_t off = READ(sctlr_el1) & ~UINT64_C(0x1005);

    lower[0] = 0 | BLOCK | 4;
    lower[1] = GUEST_RAM | BLOCK;
    for (unsigned i = 0; i < ENTRIES; i++)
        upper[i] = any_physical() | (any() & UINT64_C(0xfff0000000000fff));
    WRITE(mair_el1, UINT64_C(0x04ff)); /* normal write-back; device */
    /* 39 bits each, 4 KiB, inner shareable write-back */
    WRITE(tcr_el1, UINT64_C(25) | UINT64_C(0x3500) | (UINT64_C(25) << 16) | (UINT64_C(0xb5) << 24) | (any() & 7) << 32);
    WRITE(ttbr0_el1, (uintptr_t)lower);
    WRITE(ttbr1_el1, any() % 2 != 0 ? (uintptr_t)upper : any_physical());
    __asm__ volatile("dsb sy\n\ttlbi vmalle1\n\tdsb sy\n\tisb");
    WRITE(sctlr_el1, off | 1 | (any() & 0x1004));
    __asm__ volatile("isb");
    for (unsigned i = 0; i < 16; i++) {
        uint64_t address = UPPER | (any() & ~UPPER);

        if (any() % 4 == 0)
            execute_jump(address & ~UINT64_C(3));
        else
            execute_with(any_access(any()), any(), address);
    }
    WRITE(sctlr_el1, off);
    __asm__ volatile("isb");
    did(1);
}
