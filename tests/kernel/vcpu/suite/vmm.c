/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "vmm.h"

#include <string.h>

enum { GUEST_RAM_SIZE = 2 << 20, GUEST_LIST = 32, LABEL = 0x100 };
/* Of the watch: child, notification that tells it to look at the time, notification bound to the test. */
enum { WATCH = CHILD_MAX - 1, WATCH_LOOK = TEST_LAST - 1, WATCH_OVER, WATCH_PRIORITY = 253 };
#define GUEST_STRIDE UINT64_C(0x400000) /* of RAM: 2 MiB of a guest, then its state page */

static struct quoll_message message;
static bool serving;

bool guest_short_way;
static volatile uint64_t watched_until;

static void watch(uint64_t unused)
{
    (void)unused;
    for (;;) {
        if (quoll_notification_wait(WATCH_LOOK, watched_until).error == QUOLL_TIMEOUT) {
            watched_until = QUOLL_FOREVER;
            quoll_notification_signal(WATCH_OVER, 1);
        }
    }
}

static void watch_start(void)
{
    watched_until = QUOLL_FOREVER;
    EXPECT_OK(quoll_pool_create_notification(TEST_POOL, WATCH_LOOK));
    EXPECT_OK(quoll_pool_create_notification(TEST_POOL, WATCH_OVER));
    EXPECT_OK(quoll_notification_bind(WATCH_OVER, BOOT_CAP_THREAD));
    child_start(WATCH, watch, 0, WATCH_PRIORITY);
}

uint64_t guest_deadline(uint64_t ticks)
{
    uint64_t deadline = ticks != QUOLL_FOREVER ? test_ticks() + ticks : QUOLL_FOREVER;

    if (!guest_short_way)
        return deadline;
    watched_until = deadline;
    EXPECT_OK(quoll_notification_signal(WATCH_LOOK, 1));
    return QUOLL_FOREVER;
}

static uint8_t *ram(unsigned n)
{
    return (uint8_t *)(uintptr_t)(TEST_WINDOW_LARGE + n * GUEST_RAM_SIZE);
}

volatile struct quoll_vcpu_state *guest_state(unsigned n)
{
    return (volatile struct quoll_vcpu_state *)(uintptr_t)(TEST_WINDOW + n * TEST_PAGE);
}

volatile uint64_t *guest_log(unsigned n)
{
    return (volatile uint64_t *)(ram(n) + GUEST_LOG_OFFSET);
}

uint64_t guest_address(const uint8_t *routine)
{
    return GUEST_BASE + (uint64_t)(routine - guest_begin);
}

/* What was written as data is what the guest executes, with caches off at first. */
static void publish(const uint8_t *begin, uint64_t size)
{
    for (uint64_t at = 0; at < size; at += 16)
        __asm__ volatile("dc civac, %0" : : "r"(begin + at) : "memory");
    __asm__ volatile("dsb sy" : : : "memory");
}

void guest_make_parts(unsigned n)
{
    const uint64_t offset = test_ram_offset + n * GUEST_STRIDE;
    const uint64_t code = (uint64_t)(guest_end - guest_begin);

    message = (struct quoll_message){0};
    serving = false;
    if (guest_short_way && test_type(WATCH_LOOK) == QUOLL_TYPE_NONE)
        watch_start();
    EXPECT_OK(quoll_pool_create_memory(TEST_POOL, guest_capability(n, GUEST_RAM), test_ram, offset, GUEST_RAM_SIZE));
    EXPECT_OK(quoll_pool_create_memory(TEST_POOL, guest_capability(n, GUEST_STATE), test_ram, offset + GUEST_RAM_SIZE,
                                       TEST_PAGE));
    EXPECT_OK(quoll_pool_create_domain(TEST_POOL, guest_capability(n, GUEST_DOMAIN), QUOLL_DOMAIN_VM, GUEST_LIST));
    EXPECT_OK(quoll_domain_map(guest_capability(n, GUEST_DOMAIN), guest_capability(n, GUEST_RAM), TEST_POOL, GUEST_BASE,
                               0, GUEST_RAM_SIZE, QUOLL_MAP_READ | QUOLL_MAP_WRITE | QUOLL_MAP_EXECUTE));
    EXPECT_OK(quoll_domain_map(BOOT_CAP_DOMAIN, guest_capability(n, GUEST_RAM), TEST_POOL, (uintptr_t)ram(n), 0,
                               GUEST_RAM_SIZE, QUOLL_MAP_READ | QUOLL_MAP_WRITE));
    EXPECT_OK(quoll_domain_map(BOOT_CAP_DOMAIN, guest_capability(n, GUEST_STATE), TEST_POOL, (uintptr_t)guest_state(n),
                               0, TEST_PAGE, QUOLL_MAP_READ | QUOLL_MAP_WRITE));
    EXPECT_OK(quoll_pool_create_portal(TEST_POOL, guest_capability(n, GUEST_PORTAL), BOOT_CAP_THREAD, LABEL + n));
    memcpy(ram(n), guest_begin, code);
    publish(ram(n), code);
}

void guest_make_vcpu(unsigned n)
{
    const uint32_t thread = guest_capability(n, GUEST_THREAD);

    EXPECT_OK(quoll_pool_create_vcpu(TEST_POOL, thread, guest_capability(n, GUEST_DOMAIN),
                                     guest_capability(n, GUEST_STATE), guest_capability(n, GUEST_PORTAL), 0,
                                     GUEST_PRIORITY));
    EXPECT_OK(quoll_thread_set_supervisor(thread, TEST_FAULTS, 1, LABEL + n));
    EXPECT_OK(quoll_thread_write_vcpu(thread, QUOLL_VCPU_SP_EL1, GUEST_STACK));
    EXPECT_OK(quoll_thread_write_vcpu(thread, QUOLL_VCPU_VBAR_EL1, GUEST_BASE));
}

void guest_pay(unsigned n)
{
    const uint32_t budget = guest_capability(n, GUEST_BUDGET);

    EXPECT_OK(quoll_pool_create_budget(TEST_POOL, budget, BOOT_CAP_BUDGET, 4 * TICKS_MS / 5, 2 * TICKS_MS, 8));
    EXPECT_OK(quoll_thread_set_budget(guest_capability(n, GUEST_THREAD), budget));
}

void guest_make(unsigned n)
{
    guest_make_parts(n);
    guest_make_vcpu(n);
    guest_pay(n);
}

void guest_set(unsigned n, const uint8_t *routine, uint64_t pstate)
{
    guest_state(n)->pc = guest_address(routine);
    guest_state(n)->pstate = pstate;
}

void guest_start(unsigned n)
{
    EXPECT_OK(quoll_thread_start(guest_capability(n, GUEST_THREAD), 0, 0, 0));
}

void guest_begin_at(unsigned n, const uint8_t *routine)
{
    guest_set(n, routine, EL1H_MASKED);
    guest_start(n);
}

struct exit guest_next(void)
{
    return guest_next_within(2000 * TICKS_MS);
}

struct exit guest_next_within(uint64_t ticks)
{
    const struct quoll_wait wait = {.no_reply = !serving, .deadline = guest_deadline(ticks)};
    struct exit exit = {0};

    exit.kind = quoll_reply_wait(&message, &wait);
    guest_deadline(QUOLL_FOREVER);
    if (guest_short_way && exit.kind == QUOLL_KIND_NOTIFICATION)
        exit.kind = QUOLL_KIND_STATUS;
    exit.label = message.label - LABEL;
    exit.reason = message.word[0];
    exit.syndrome = message.word[1];
    exit.address = message.word[2];
    exit.value = message.word[3];
    exit.pc = message.word[4];
    exit.fault = message.word[5];
    exit.flags = message.word[0];
    serving = exit.kind == QUOLL_KIND_MESSAGE;
    message = (struct quoll_message){0};
    return exit;
}

void guest_answer(uint64_t flags, uint64_t interrupt, uint64_t state, uint64_t mask)
{
    message.word[0] = flags;
    message.word[1] = interrupt;
    message.word[2] = state;
    message.word[3] = mask;
}

static void expect(const struct exit *exit, enum quoll_exit_reason reason, int line)
{
    test_equal(exit->kind, QUOLL_KIND_MESSAGE, __FILE__, line, "kind of what came from the guest");
    if (exit->kind == QUOLL_KIND_MESSAGE)
        test_equal(exit->reason, reason, __FILE__, line, "reason of the exit");
}

void guest_expect_done(unsigned n, int line)
{
    struct exit exit = guest_next();

    expect(&exit, QUOLL_EXIT_HVC, line);
    if (exit.kind == QUOLL_KIND_MESSAGE)
        test_equal(exit.label, n, __FILE__, line, "which guest");
}

struct exit guest_expect_exit(enum quoll_exit_reason reason, int line)
{
    struct exit exit = guest_next();

    expect(&exit, reason, line);
    if (exit.kind == QUOLL_KIND_MESSAGE && exit.label < GUEST_MAX && exit.reason != QUOLL_EXIT_HVC)
        guest_state((unsigned)exit.label)->pc += 4;
    return exit;
}

void guest_release(void)
{
    const struct quoll_wait wait = {.deadline = 0};

    if (!serving)
        return;
    guest_answer(QUOLL_REPLY_STOP, 0, 0, 0);
    quoll_reply_wait(&message, &wait);
    serving = false;
}
