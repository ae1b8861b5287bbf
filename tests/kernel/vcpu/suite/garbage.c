/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * A guest that executes anything: words at random, many of them system instructions, with registers at random, at EL1
 * and EL0. Nothing of it may reach the kernel or the VMM. Only its vectors stay, and stage 1 stays off: in the emulator
 * no time passes while exceptions follow each other without an instruction between them.
 */
#include "vmm.h"

enum { GARBAGE_SIZE = 0x10000, ROUNDS = 60, EXITS = 60 };
#define GARBAGE (GUEST_BASE + 0x10000)

static uint64_t seed;

static uint64_t draw(void)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return seed;
}

static uint32_t any_word(void)
{
    static const uint32_t some[] = {
        0xd4000002, 0xd4000022, 0xd4000003, 0xd4000001, 0xd503207f, 0xd503205f,
        0xd69f03e0,                                                             /* hvc smc svc wfi wfe eret */
        0xd5038fdf, 0xd508831f, 0xd5033fdf, 0xd50342ff, 0xd50344ff, 0xd4200000, /* tlbi, isb, daif, brk */
    };
    uint32_t any = (uint32_t)draw();

    switch (draw() % 8) {
    case 0:
    case 1:
        return 0xd5000000 | (any & 0x3fffff); /* MSR, MRS, SYS, hints, barriers */
    case 2:
        return 0xd5180000 | (any & 0x27ffff); /* MSR to what there may be */
    case 3:
        return some[any % (sizeof(some) / sizeof(some[0]))];
    case 4:
        return 0xf9000000 | (any & 0x7fffff); /* LDR and STR, 64 bits */
    case 5:
        return 0x4c000000 | (any & 0x3fffffff); /* SIMD */
    default:
        return any;
    }
}

/* Without MSR VBAR_EL1 and MSR SCTLR_EL1. */
static uint32_t word(void)
{
    uint32_t result = any_word();

    while ((result & ~UINT32_C(0x1f)) == 0xd518c000 || (result & ~UINT32_C(0x1f)) == 0xd5181000)
        result = any_word();
    return result;
}

static void scatter(void)
{
    volatile uint32_t *memory =
        (volatile uint32_t *)((uintptr_t)guest_log(0) - GUEST_LOG_OFFSET + (GARBAGE - GUEST_BASE));
    volatile struct quoll_vcpu_state *state = guest_state(0);

    for (unsigned i = 0; i < GARBAGE_SIZE / 4; i++)
        memory[i] = word();
    for (unsigned i = 0; i < 31; i++)
        state->x[i] = draw() % 2 == 0 ? draw() : GARBAGE + draw() % GARBAGE_SIZE;
    state->pc = GARBAGE + (draw() % GARBAGE_SIZE & ~UINT64_C(3));
    state->pstate = draw();
}

static void registers(void)
{
    for (unsigned reg = 0; reg < QUOLL_VCPU_REGISTER_COUNT; reg++)
        if (draw() % 4 == 0)
            EXPECT_OK(quoll_thread_write_vcpu(GUEST_THREAD, reg, draw()));
    EXPECT_OK(quoll_thread_write_vcpu(GUEST_THREAD, QUOLL_VCPU_VBAR_EL1, GUEST_BASE));
    EXPECT_OK(quoll_thread_write_vcpu(GUEST_THREAD, QUOLL_VCPU_SCTLR_EL1, 0x30d00800 | (draw() & 0x3001000)));
}

static void interrupts(void)
{
    for (unsigned i = 0; i < 8; i++)
        EXPECT_OK(quoll_thread_set_virtual_interrupt(GUEST_THREAD, draw() % QUOLL_VIRQ_COUNT, draw() & 0xff1f,
                                                     draw() & 0xff1f));
}

/* The VMM can still do what it could, and the guest's list registers hold nothing that the kernel did not put there. */
static void check_native(void)
{
    static volatile uint64_t memory = UINT64_C(0x0102030405060708);
    static volatile double number;

    EXPECT_EQUAL(*(volatile uint8_t *)&memory, 8);
    number = 0.5;
    EXPECT(number + number == 1.0);
    EXPECT(test_ticks() != 0);
}

static void anything(void)
{
    unsigned exits = 0;
    unsigned stuck = 0;

    seed = UINT64_C(0x2545f4914f6cdd1d);
    guest_make(0);
    for (unsigned round = 0; round < ROUNDS; round++) {
        registers();
        interrupts();
        scatter();
        guest_start(0);
        for (unsigned i = 0; i < EXITS; i++) {
            struct exit exit = guest_next_within(2 * TICKS_MS);

            if (exit.kind != QUOLL_KIND_MESSAGE) {
                stuck++; /* in a loop, or in WFI */
                break;
            }
            exits++;
            guest_state(0)->pc = draw() % 8 == 0 ? GARBAGE + (draw() % GARBAGE_SIZE & ~UINT64_C(3))
                                                 : guest_state(0)->pc + (exit.reason != QUOLL_EXIT_HVC ? 4U : 0U);
            guest_answer(draw() & QUOLL_REPLY_INTERRUPT, draw() % QUOLL_VIRQ_COUNT, draw() & 0xff1f, draw() & 0xff1f);
        }
        guest_release();
        EXPECT_OK(quoll_thread_suspend(GUEST_THREAD));
        check_native();
    }
    EXPECT(exits > ROUNDS);
    EXPECT(stuck <= ROUNDS);
    guest_log(0)[0] = 0;
}

GUEST_TEST(anything)

void test_garbage(void)
{
    static const struct test tests[] = {
        RELEASED(anything),
    };

    TEST_RUN(tests);
}
