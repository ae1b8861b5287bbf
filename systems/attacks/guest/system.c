/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * guest-hvc: hvc and smc with every immediate, function and argument.
 * guest-sysreg: every system register and instruction of EL1, read and written.
 * guest-setway: cache maintenance by set and way, and with the caches and the MMU switched on and off in between.
 * guest-garbage: anything, at EL1 and EL0.
 */
#include <stdbool.h>

#include "execute.h"
#include "guest.h"
#include "registers.h"

#define HVC 0xd4000002
#define SMC 0xd4000003

static uint64_t any_word(void)
{
    static const uint64_t some[] = {
        0,
        1,
        2,
        3,
        4,
        255,
        256,
        4095,
        4096,
        GUEST_RAM,
        GUEST_RAM + 4,
        GUEST_GICD,
        INT32_MAX,
        UINT32_MAX,
        UINT64_C(1) << 38,
        UINT64_C(1) << 39,
        UINT64_C(1) << 48,
        INT64_MAX,
        UINT64_MAX,
    };
    uint64_t draw = any();

    return draw % 4 == 0 ? draw : some[draw % (sizeof(some) / sizeof(some[0]))];
}

/* SMCCC functions near those that there are: PSCI, architecture, TRNG, vendor's. */
static uint64_t any_function(void)
{
    static const uint32_t bases[] = {0x84000000, 0xc4000000, 0x80000000, 0x80008000,
                                     0x84000050, 0x86000000, 0xc6000000};
    uint64_t draw = any();
    uint64_t function = bases[draw % (sizeof(bases) / sizeof(bases[0]))] + (draw >> 32 & 31);

    /* Off, reset and their relatives are allowed, and would end the attack. */
    if ((function & 0xbfffffff) == 0x84000008 || (function & 0xbfffffff) == 0x84000009 ||
        (function & 0xbfffffff) == 0x84000012 || (function & 0xbfffffff) == 0x84000002)
        return 0x84000000;
    return draw % 8 == 0 ? draw : function;
}

void attack_hvc(void)
{
    uint64_t registers[16] = {any_function()};
    uint64_t draw = any();
    uint32_t immediate = draw % 4 == 0 ? (uint32_t)(draw >> 16 & 0xffff) : draw % 4 == 1;

    for (unsigned i = 1; i < 16; i++)
        registers[i] = any_word();
    registers[9] = draw % 8 == 0 ? any_word() : (draw >> 32 & 0xff) | (draw >> 40 & 15) << 16;
    execute((draw % 5 == 0 ? SMC : HVC) | immediate << 5, registers);
    did(1);
}

/* Without the virtual timer's values, of which some make the emulator stand (tools/run/README.md): guest-time has them.
 */
static bool stops_emulator(uint32_t word)
{
    return (word & ~UINT32_C(0x1f)) == 0xd51be340 || (word & ~UINT32_C(0x1f)) == 0xd51be300;
}

/* VBAR_EL1 and SCTLR_EL1 would end the attack: guest-mmu and guest-garbage have them. */
static uint32_t any_system_instruction(void)
{
    uint32_t word = 0;

    do
        word = 0xd5080000 | ((uint32_t)any() & 0x37ffe0);
    while ((word & 0x1fffe0) == (0xd518c000 & 0x1fffe0) || (word & 0x1fffe0) == (0xd5181000 & 0x1fffe0) ||
           stops_emulator(word));
    return word;
}

void attack_sysregs(void)
{
    execute_with(any_system_instruction(), any_word(), 0);
    WRITE(daif, 0x3c0);
    WRITE(spsel, 1);
    did(1);
}

void attack_setway(void)
{
    static const uint32_t some[] = {0xd5087640, 0xd5087a40, 0xd5087e40}; /* DC ISW, CSW, CISW */
    uint64_t draw = any();

    execute_with(some[draw % 3], draw >> 8 & 0xffffffff, 0);
    if (draw >> 40 & 15)
        return did(1);
    WRITE(sctlr_el1, READ(sctlr_el1) ^ 0x1004); /* C and I */
    __asm__ volatile("isb");
    did(1);
}

/* Ticks after which what hangs is ended. */
enum { GARBAGE_WORDS = 1024, RUNS = 32, ALARM = 2000 };
static volatile uint32_t garbage[GARBAGE_WORDS] __attribute__((aligned(4096)));

void attack_garbage(void)
{
    uint64_t registers[16];

    guest_open_gic();
    for (unsigned i = 0; i < GARBAGE_WORDS; i++) {
        uint64_t draw = any();

        garbage[i] = draw % 4 == 0   ? 0xd5000000 | ((uint32_t)(draw >> 8) & 0x3fffff)
                     : draw % 4 == 1 ? any_access(draw >> 8)
                                     : (uint32_t)(draw >> 8);
        if (stops_emulator(garbage[i]))
            garbage[i] = 0;
    }
    for (unsigned run = 0; run < RUNS; run++) {
        for (unsigned i = 0; i < 16; i++)
            registers[i] = any_word();
        guest_alarm(ALARM);
        __asm__ volatile("msr daifclr, #2");
        if (any() % 4 == 0)
            execute_jump((uintptr_t)&garbage[any() % GARBAGE_WORDS]);
        else
            execute_at_el0((uintptr_t)&garbage[any() % GARBAGE_WORDS], registers);
        WRITE(daif, 0x3c0);
        did(1);
    }
}
