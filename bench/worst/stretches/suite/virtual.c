/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * A virtual CPU with every interrupt in use, or with its match table full. It is started in one case only: in the
 * others its list registers are those in memory.
 */
#include "abi/vcpu.h"
#include "suite.h"

#include <string.h>

enum {
    DOMAIN = CROWD_FIRST,
    STATE,
    PORTAL,
    THREAD,
    BELL,
    RAM,
    BUDGET,
    EL1H_MASKED = 0x3c5,
    BASE = 64,
    FIRST = 32,
    BELLS = 64, /* flags of a notification */
};

#define GUEST_BASE UINT64_C(0x40000000)

extern const uint8_t guest_program[], guest_program_end[]; /* programs.S */

static void make(void)
{
    crowd_open();
    EXPECT_OK(quoll_pool_create_domain(CROWD_POOL, DOMAIN, QUOLL_DOMAIN_VM, 8));
    EXPECT_OK(quoll_pool_create_memory(CROWD_POOL, STATE, test_ram, test_ram_offset + CROWD_POOL_SIZE, TEST_PAGE));
    EXPECT_OK(quoll_pool_create_portal(CROWD_POOL, PORTAL, BOOT_CAP_THREAD, 0));
    EXPECT_OK(quoll_pool_create_notification(CROWD_POOL, BELL));
    EXPECT_OK(quoll_pool_create_vcpu(CROWD_POOL, THREAD, DOMAIN, STATE, PORTAL, 0, 100));
    EXPECT_OK(quoll_thread_bind_virtual_interrupts(THREAD, BELL, BASE));
}

static void set(uint64_t interrupt, uint64_t state)
{
    EXPECT_OK(quoll_thread_set_virtual_interrupt(THREAD, interrupt, state,
                                                 QUOLL_VIRQ_ENABLED | QUOLL_VIRQ_PENDING | QUOLL_VIRQ_PRIORITY));
}

/* The later a flag's bit, the more urgent: each takes the place of another. */
static void interrupts(void)
{
    make();
    for (uint64_t i = FIRST; i < QUOLL_VIRQ_COUNT; i++)
        set(i, QUOLL_VIRQ_ENABLED | (255 - i) << 8 | (i < BASE || i >= BASE + BELLS ? QUOLL_VIRQ_PENDING : 0));
    stretch_begin();
    EXPECT_OK(quoll_notification_signal(BELL, UINT64_MAX));
    crowd_settle();
    stretch_row("raise_interrupts");
    for (uint64_t i = BASE; i < BASE + BELLS; i++) {
        uint64_t state = quoll_thread_get_virtual_interrupt(THREAD, i).word[0];

        EXPECT((state & QUOLL_VIRQ_PENDING) != 0);
    }
    stretch_begin();
    set(FIRST, QUOLL_VIRQ_ENABLED | QUOLL_VIRQ_PENDING);
    set(FIRST, QUOLL_VIRQ_ENABLED);
    stretch_row("set_interrupt");
    crowd_close();
}

/* The guest takes all that is listed, one after the other, and there is more, again and again. */
static void maintenance(void)
{
    volatile struct quoll_vcpu_state *state = (volatile struct quoll_vcpu_state *)(uintptr_t)TEST_WINDOW;
    uint8_t *code = (uint8_t *)(uintptr_t)(TEST_WINDOW + TEST_PAGE);
    const uint64_t all = QUOLL_MAP_READ | QUOLL_MAP_WRITE | QUOLL_MAP_EXECUTE;
    const uint64_t taken = QUOLL_VIRQ_ENABLED | QUOLL_VIRQ_GROUP1 | QUOLL_VIRQ_PENDING | QUOLL_VIRQ_PRIORITY;

    make();
    EXPECT_OK(
        quoll_pool_create_memory(CROWD_POOL, RAM, test_ram, test_ram_offset + CROWD_POOL_SIZE + TEST_PAGE, TEST_PAGE));
    EXPECT_OK(quoll_domain_map(DOMAIN, RAM, CROWD_POOL, GUEST_BASE, 0, TEST_PAGE, all));
    EXPECT_OK(quoll_domain_map(BOOT_CAP_DOMAIN, RAM, CROWD_POOL, (uintptr_t)code, 0, TEST_PAGE,
                               QUOLL_MAP_READ | QUOLL_MAP_WRITE));
    EXPECT_OK(quoll_domain_map(BOOT_CAP_DOMAIN, STATE, CROWD_POOL, TEST_WINDOW, 0, TEST_PAGE,
                               QUOLL_MAP_READ | QUOLL_MAP_WRITE));
    memcpy(code, guest_program, (size_t)(guest_program_end - guest_program));
    for (uint64_t i = FIRST; i < QUOLL_VIRQ_COUNT; i++)
        EXPECT_OK(quoll_thread_set_virtual_interrupt(THREAD, i, taken ^ QUOLL_VIRQ_PRIORITY ^ (255 - i) << 8, taken));
    state->pc = GUEST_BASE;
    state->pstate = EL1H_MASKED;
    EXPECT_OK(quoll_thread_write_vcpu(THREAD, QUOLL_VCPU_VBAR_EL1, GUEST_BASE));
    EXPECT_OK(quoll_pool_create_budget(CROWD_POOL, BUDGET, BOOT_CAP_BUDGET, TICKS_MS, 2 * TICKS_MS, 4));
    EXPECT_OK(quoll_thread_set_budget(THREAD, BUDGET));
    EXPECT_OK(quoll_thread_start(THREAD, 0, 0, 0));
    stretch_begin();
    crowd_settle();
    stretch_row("maintenance");
    for (uint64_t i = FIRST; i < QUOLL_VIRQ_COUNT; i++)
        EXPECT((quoll_thread_get_virtual_interrupt(THREAD, i).word[0] & QUOLL_VIRQ_PENDING) == 0);
    crowd_close();
}

static void match_table(void)
{
    unsigned count = 0;

    make();
    stretch_begin();
    for (uint64_t i = 0; i < 4096 && count < QUOLL_MATCH_COUNT; i++)
        count += quoll_thread_match_notify(THREAD, UINT64_C(0x0a000000) + i * 0x204, 4, BELL, 64).error == QUOLL_OK;
    stretch_row("match_notify");
    EXPECT_EQUAL(count, QUOLL_MATCH_COUNT);
    stretch_begin();
    EXPECT_OK(quoll_any_destroy(THREAD));
    stretch_row("destroy_vcpu");
    stretch_begin();
    EXPECT_OK(quoll_pool_create_vcpu(CROWD_POOL, THREAD, DOMAIN, STATE, PORTAL, 0, 100));
    stretch_row("create_vcpu");
    crowd_close();
}

void stretches_virtual(void)
{
    static const struct test tests[] = {TEST(interrupts), TEST(maintenance), TEST(match_table)};

    TEST_RUN(tests);
}
