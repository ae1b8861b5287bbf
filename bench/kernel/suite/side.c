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
static_assert(offsetof(struct block, then) == BLOCK_THEN, "programs.S reads it");
static_assert(offsetof(struct block, state) == BLOCK_STATE, "programs.S reads it");
static_assert(offsetof(struct block, answer_then) == BLOCK_ANSWER_THEN, "programs.S writes it");
static_assert(2 * ROUNDS + 2 <= LOG_MAX, "two calls a round");
static_assert(sizeof(struct pair) * LOG_MAX <= SIDE_SIZE - BLOCK_LOG, "the log fits");
static_assert(QUOLL_FLAG_NO_REPLY == FLAG_NO_REPLY_HIGH << 16, "programs.S uses it");
static_assert((int)QUOLL_CALL_domain_map == CALL_MAP && (int)QUOLL_CALL_self_reply_wait == CALL_REPLY_WAIT, "numbers");
static_assert((int)QUOLL_CALL_notification_signal == CALL_SIGNAL, "numbers");
static_assert((int)QUOLL_CALL_notification_wait == CALL_WAIT, "numbers");
static_assert((int)QUOLL_CALL_interrupt_acknowledge == CALL_ACKNOWLEDGE, "numbers");

/* Where all blocks are, in the tests' RAM and in the window. */
#define DATA_OFFSET  UINT64_C(0x40000)
#define CROWD_OFFSET (UINT64_C(32) << 20)
#define CROWD_SIZE   (UINT64_C(8) << 20)
#define SETTLE       (40 * TICKS_MS)    /* the suite gets back the time that it has used, and what budgets before had */
#define PERIOD       (10000 * TICKS_MS) /* of all budgets */

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

struct pair side_log_first(unsigned n, unsigned i)
{
    return side_log(n, 2 * i);
}

struct pair side_log_then(unsigned n, unsigned i)
{
    return side_log(n, 2 * i + 1);
}

void sides_begin(void)
{
    const uint64_t size = (uint64_t)(programs_end - programs);
    volatile char *to = (volatile char *)TEST_WINDOW;

    test_sleep(SETTLE);
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

void side_make_domain(uint32_t pool, unsigned n, unsigned kind)
{
    const uint32_t domain = side_capability(n, SIDE_DOMAIN_OF);
    const uint32_t data = side_capability(n, SIDE_DATA);

    EXPECT_OK(quoll_pool_create_domain(pool, domain, kind, SIDE_LIST));
    EXPECT_OK(quoll_pool_create_memory(pool, data, test_ram, test_ram_offset + DATA_OFFSET + n * SIDE_SIZE, SIDE_SIZE));
    EXPECT_OK(quoll_domain_map(domain, CODE, pool, CODE_ADDRESS, 0, (uint64_t)(programs_end - programs),
                               QUOLL_MAP_READ | QUOLL_MAP_EXECUTE));
    EXPECT_OK(quoll_domain_map(domain, data, pool, DATA_ADDRESS, 0, SIDE_SIZE, QUOLL_MAP_READ | QUOLL_MAP_WRITE));
    EXPECT_OK(quoll_domain_map(BOOT_CAP_DOMAIN, data, pool, (uintptr_t)side_block(n), 0, SIDE_SIZE,
                               QUOLL_MAP_READ | QUOLL_MAP_WRITE));
    side_give(n, SIDE_DONE, DONE);
    side_give(n, SIDE_NOTHING, TEST_SLEEP);
}

static void make_thread(uint32_t pool, unsigned n, uint8_t priority)
{
    const uint32_t thread = side_capability(n, SIDE_THREAD);

    side_make_domain(pool, n, QUOLL_DOMAIN_NATIVE);
    EXPECT_OK(quoll_pool_create_thread(pool, thread, side_capability(n, SIDE_DOMAIN_OF), 0, priority));
    EXPECT_OK(quoll_thread_set_supervisor(thread, TEST_FAULTS, 1, thread));
}

void side_make_budget(uint32_t pool, unsigned n, uint64_t time)
{
    const uint32_t budget = side_capability(n, SIDE_BUDGET);

    EXPECT_OK(quoll_pool_create_budget(pool, budget, BOOT_CAP_BUDGET, time, PERIOD, 8));
    EXPECT_OK(quoll_thread_set_budget(side_capability(n, SIDE_THREAD), budget));
}

void side_make_passive(unsigned n, uint8_t priority)
{
    make_thread(TEST_POOL, n, priority);
}

void side_make(unsigned n, uint8_t priority)
{
    make_thread(TEST_POOL, n, priority);
    side_make_budget(TEST_POOL, n, SIDE_TIME);
}

void crowd_make(unsigned count)
{
    if (count != 0)
        EXPECT_OK(quoll_pool_create_pool(TEST_POOL, CROWD_POOL, test_ram, test_ram_offset + CROWD_OFFSET, CROWD_SIZE));
    for (unsigned n = CROWD_FIRST; n < CROWD_FIRST + count; n++) {
        make_thread(CROWD_POOL, n, SIDE_PRIORITY);
        side_make_budget(CROWD_POOL, n, TICKS_MS);
        side_make_portal(n);
        side_make_bell(n, true);
        side_set_call(n, CALL_REPLY_WAIT | QUOLL_FLAG_NO_REPLY, 0);
        side_start(n, program_call);
    }
    test_sleep(SETTLE);
}

void side_give(unsigned n, uint32_t destination, uint32_t source)
{
    EXPECT_OK(quoll_domain_copy(side_capability(n, SIDE_DOMAIN_OF), destination, source, QUOLL_RIGHTS_ALL, 0));
}

void side_connect(unsigned n, unsigned server)
{
    side_give(n, SIDE_TARGET, side_capability(server, SIDE_PORTAL));
}

void side_make_portal(unsigned n)
{
    EXPECT_OK(quoll_pool_create_portal(n < CROWD_FIRST ? TEST_POOL : CROWD_POOL, side_capability(n, SIDE_PORTAL),
                                       side_capability(n, SIDE_THREAD), n));
}

void side_make_bell(unsigned n, bool bound)
{
    EXPECT_OK(quoll_pool_create_notification(n < CROWD_FIRST ? TEST_POOL : CROWD_POOL, side_capability(n, SIDE_BELL)));
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

void side_set_then(unsigned n, uint64_t call, uint64_t capability, uint64_t word)
{
    volatile struct block *block = side_block(n);

    for (unsigned i = 0; i < 8; i++)
        block->then[i] = i == 0 ? word : i;
    block->then[8] = capability;
    block->then[9] = call;
}

void side_start(unsigned n, const char *program)
{
    EXPECT_OK(quoll_thread_start(side_capability(n, SIDE_THREAD), CODE_ADDRESS + (uint64_t)(program - programs), 0,
                                 DATA_ADDRESS));
}

void side_start_server(unsigned n, const char *program)
{
    side_start(n, program);
    for (unsigned i = 0; i < 100; i++) {
        if (quoll_thread_status(side_capability(n, SIDE_THREAD)).word[0] == QUOLL_THREAD_WAITING)
            return;
        test_sleep(TICKS_MS);
    }
    EXPECT(false); /* it does not wait */
}

void sides_run(void)
{
    EXPECT_OK(quoll_notification_wait(DONE, test_ticks() + 2000 * TICKS_MS));
}
