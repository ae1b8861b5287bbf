/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "side.h"

#include <assert.h>
#include <stddef.h>

static_assert(offsetof(struct block, rounds) == BLOCK_ROUNDS, "programs.S reads it");
static_assert(offsetof(struct block, answer) == BLOCK_ANSWER, "programs.S writes it");
static_assert(offsetof(struct block, rtc) == BLOCK_RTC, "programs.S reads it");
static_assert(sizeof(struct pair) * LOG_MAX <= SIDE_SIZE - BLOCK_LOG, "the log fits");
static_assert(QUOLL_FLAG_NO_REPLY == FLAG_NO_REPLY_HIGH << 16, "programs.S uses it");
static_assert((int)QUOLL_CALL_domain_map == CALL_MAP && (int)QUOLL_CALL_self_reply_wait == CALL_REPLY_WAIT, "numbers");
static_assert((int)QUOLL_CALL_notification_signal == CALL_SIGNAL, "numbers");
static_assert((int)QUOLL_CALL_notification_wait == CALL_WAIT, "numbers");
static_assert((int)QUOLL_CALL_interrupt_acknowledge == CALL_ACKNOWLEDGE, "numbers");

/* Where all blocks are, in the tests' RAM and in the window. */
#define DATA_OFFSET UINT64_C(0x40000)

uint32_t side_capability(unsigned n, unsigned index)
{
    return index + n * SIDE_CAPABILITIES;
}

volatile struct block *side_block(unsigned n)
{
    return (volatile struct block *)(uintptr_t)(TEST_WINDOW + DATA_OFFSET + n * SIDE_SIZE);
}

struct pair side_log(unsigned n, unsigned i)
{
    const volatile struct pair *log = (const volatile struct pair *)((uintptr_t)side_block(n) + BLOCK_LOG);

    return (struct pair){log[i].before, log[i].after};
}

void sides_begin(void)
{
    const uint64_t size = (uint64_t)(programs_end - programs);
    volatile char *to = (volatile char *)TEST_WINDOW;

    EXPECT_OK(quoll_pool_create_notification(TEST_POOL, DONE));
    EXPECT_OK(quoll_pool_create_memory(TEST_POOL, CODE, test_ram, test_ram_offset, size));
    EXPECT_OK(
        quoll_domain_map(BOOT_CAP_DOMAIN, CODE, TEST_POOL, TEST_WINDOW, 0, size, QUOLL_MAP_READ | QUOLL_MAP_WRITE));
    for (const char *from = programs; from < programs_end; from++)
        *to++ = *from;
    for (uint64_t at = TEST_WINDOW; at < TEST_WINDOW + size; at += 16)
        __asm__ volatile("dc cvau, %0" : : "r"(at) : "memory");
    __asm__ volatile("dsb ish" : : : "memory");
    EXPECT_OK(quoll_domain_unmap(BOOT_CAP_DOMAIN, TEST_WINDOW));
}

void side_make(unsigned n, uint8_t priority, unsigned percent)
{
    const uint32_t domain = side_capability(n, SIDE_DOMAIN_OF);
    const uint32_t thread = side_capability(n, SIDE_THREAD);
    const uint32_t data = side_capability(n, SIDE_DATA);
    const uint32_t budget = side_capability(n, SIDE_BUDGET);
    const uint64_t period = 1000 * TICKS_MS;

    EXPECT_OK(quoll_pool_create_domain(TEST_POOL, domain, QUOLL_DOMAIN_NATIVE, SIDE_LIST));
    EXPECT_OK(
        quoll_pool_create_memory(TEST_POOL, data, test_ram, test_ram_offset + DATA_OFFSET + n * SIDE_SIZE, SIDE_SIZE));
    EXPECT_OK(quoll_domain_map(domain, CODE, TEST_POOL, CODE_ADDRESS, 0, (uint64_t)(programs_end - programs),
                               QUOLL_MAP_READ | QUOLL_MAP_EXECUTE));
    EXPECT_OK(quoll_domain_map(domain, data, TEST_POOL, DATA_ADDRESS, 0, SIDE_SIZE, QUOLL_MAP_READ | QUOLL_MAP_WRITE));
    EXPECT_OK(quoll_domain_map(BOOT_CAP_DOMAIN, data, TEST_POOL, (uintptr_t)side_block(n), 0, SIDE_SIZE,
                               QUOLL_MAP_READ | QUOLL_MAP_WRITE));
    EXPECT_OK(quoll_pool_create_thread(TEST_POOL, thread, domain, 0, priority));
    EXPECT_OK(quoll_thread_set_supervisor(thread, TEST_FAULTS, 1, thread));
    if (percent != 0) {
        EXPECT_OK(quoll_pool_create_budget(TEST_POOL, budget, BOOT_CAP_BUDGET, percent * period / 100, period, 8));
        EXPECT_OK(quoll_thread_set_budget(thread, budget));
    }
    side_give(n, SIDE_DONE, DONE);
    side_give(n, SIDE_NOTHING, TEST_SLEEP);
}

void side_give(unsigned n, uint32_t destination, uint32_t source)
{
    EXPECT_OK(quoll_domain_copy(side_capability(n, SIDE_DOMAIN_OF), destination, source, QUOLL_RIGHTS_ALL, 0));
}

void side_make_portal(unsigned n)
{
    EXPECT_OK(quoll_pool_create_portal(TEST_POOL, side_capability(n, SIDE_PORTAL), side_capability(n, SIDE_THREAD), n));
}

void side_make_bell(unsigned n, bool bound)
{
    EXPECT_OK(quoll_pool_create_notification(TEST_POOL, side_capability(n, SIDE_BELL)));
    if (bound)
        EXPECT_OK(quoll_notification_bind(side_capability(n, SIDE_BELL), side_capability(n, SIDE_THREAD)));
}

void side_set_call(unsigned n, uint64_t call, uint64_t capability)
{
    volatile struct block *block = side_block(n);

    for (unsigned i = 0; i < 8; i++)
        block->x[i] = i + 1;
    block->x[8] = capability;
    block->x[9] = call;
    block->rounds = ROUNDS;
}

void side_start(unsigned n, const char *program)
{
    EXPECT_OK(quoll_thread_start(side_capability(n, SIDE_THREAD), CODE_ADDRESS + (uint64_t)(program - programs), 0,
                                 DATA_ADDRESS));
}

void sides_run(void)
{
    EXPECT_OK(quoll_notification_wait(DONE, test_ticks() + 2000 * TICKS_MS));
}
