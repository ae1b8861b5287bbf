/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * guest-interrupts: all of them enabled, pending and active in every order, SGIs without a pause, taken and not.
 * guest-wfi: waits with everything masked, with interrupts pending, disabled, and with the timer at its extremes.
 * guest-time: the virtual timer's compare value jumps.
 */
#include "guest.h"
#include "registers.h"

enum { GICD_CTLR = 0, GICR_SGI = 0x10000, GROUP = 0x80, ENABLE = 0x100, DISABLE = 0x180, PEND = 0x200, UNPEND = 0x280 };
enum { ACTIVATE = 0x300, DEACTIVATE = 0x380, PRIORITY = 0x400, CONFIGURATION = 0xc00 };

static volatile uint32_t *word(uint64_t address)
{
    return (volatile uint32_t *)address;
}

void guest_open_gic(void)
{
    *word(GUEST_GICD + GICD_CTLR) = 0x12;
    *word(GUEST_GICR + GICR_SGI + GROUP) = UINT32_MAX;
    for (unsigned i = 4; i < 32; i += 4)
        *word(GUEST_GICD + GROUP + i) = UINT32_MAX;
    WRITE(S3_0_C4_C6_0, 0xff);        /* ICC_PMR_EL1 */
    WRITE(S3_0_C12_C12_4, any() & 2); /* ICC_CTLR_EL1.EOImode */
    WRITE(S3_0_C12_C12_3, any() & 7); /* ICC_BPR1_EL1 */
    WRITE(S3_0_C12_C12_7, 1);         /* ICC_IGRPEN1_EL1 */
    __asm__ volatile("isb");
}

void guest_alarm(uint64_t ticks)
{
    *word(GUEST_GICR + GICR_SGI + ENABLE) = 1 << 27;
    WRITE(cntv_cval_el0, READ(cntvct_el0) + ticks);
    WRITE(cntv_ctl_el0, 1);
    __asm__ volatile("isb");
}

static void disturb(void)
{
    static const uint32_t registers[] = {ENABLE, ENABLE, DISABLE, PEND, PEND, UNPEND, ACTIVATE, DEACTIVATE};
    uint64_t draw = any();
    uint32_t offset = registers[draw % 8] + (uint32_t)(draw >> 8 & 7) * 4;
    uint64_t base = offset % 0x80 == 0 ? GUEST_GICR + GICR_SGI : GUEST_GICD;

    *word(base + offset) = (uint32_t)(draw >> 32);
    if (draw % 5 == 0)
        *word(GUEST_GICD + PRIORITY + 32 + (draw >> 16 & 0xdc)) = (uint32_t)any();
    if (draw % 7 == 0)
        *word(GUEST_GICD + CONFIGURATION + 8 + (draw >> 16 & 0x34)) = (uint32_t)any();
}

void attack_interrupts(void)
{
    guest_open_gic();
    for (unsigned i = 0; i < 64; i++) {
        uint64_t draw = any();

        disturb();
        __asm__ volatile("msr daifclr, #15");
        for (unsigned sgi = 0; sgi < 32; sgi++)
            WRITE(S3_0_C12_C11_5, (draw >> sgi & 15) << 24 | 1); /* ICC_SGI1R_EL1 */
        WRITE(S3_0_C12_C11_5, draw);
        WRITE(S3_0_C12_C12_1, draw >> 32 & 0x3ff); /* ICC_EOIR1_EL1 of what was not acknowledged */
        WRITE(S3_0_C12_C11_1, draw >> 42 & 0x3ff); /* ICC_DIR_EL1 */
        __asm__ volatile("msr daifset, #15");
        did(1);
    }
}

/* Not so near to the end of time that CNTVOFF_EL2 carries it over: then the emulator stands (tools/run/README.md). */
#define LATEST (UINT64_MAX - (UINT64_C(1) << 48))

static void jump(void)
{
    static const uint64_t values[] = {0, 1, INT64_MAX, UINT64_C(1) << 63, LATEST - 1, LATEST};
    uint64_t draw = any();
    uint64_t now = READ(cntvct_el0);

    WRITE(cntv_cval_el0, draw % 2 != 0 ? values[draw / 2 % 6] : now + (draw >> 32 & 0xfff) - (now > 0x200 ? 0x200 : 0));
    if (draw % 3 == 0)
        WRITE(cntv_tval_el0, draw >> 33);
    WRITE(cntv_ctl_el0, draw >> 16 & 3);
    __asm__ volatile("isb");
}

void attack_time(void)
{
    guest_open_gic();
    *word(GUEST_GICR + GICR_SGI + ENABLE) = 1 << 27;
    for (unsigned i = 0; i < 256; i++) {
        jump();
        if (any() % 8 == 0)
            __asm__ volatile("msr daifclr, #2\n\tnop\n\tmsr daifset, #2");
        did(1);
    }
}

/* The timer ends it, where it is enabled at the distributor; masks do not count. */
void attack_wfi(void)
{
    uint64_t draw = any();

    guest_open_gic();
    *word(GUEST_GICR + GICR_SGI + ENABLE) = 1 << 27;
    *word(GUEST_GICR + GICR_SGI + (draw % 8 == 0 ? DISABLE : ENABLE)) = 1 << (draw >> 8 & 15);
    if (draw % 3 == 0)
        WRITE(S3_0_C12_C11_5, (draw >> 8 & 15) << 24 | 1);
    WRITE(S3_0_C4_C6_0, draw >> 16 & 0xff);
    WRITE(cntv_cval_el0, READ(cntvct_el0) + (draw >> 32 & 0x3fff));
    WRITE(cntv_ctl_el0, 1);
    __asm__ volatile("isb");
    if (draw % 2 == 0)
        __asm__ volatile("wfi");
    else
        __asm__ volatile("wfe");
    did(1);
    /* For ever: nobody can wake it, and the judge makes it again. */
    if (draw % 1024 == 1) {
        WRITE(cntv_ctl_el0, 0);
        *word(GUEST_GICR + GICR_SGI + DISABLE) = UINT32_MAX;
        __asm__ volatile("wfi");
    }
}
