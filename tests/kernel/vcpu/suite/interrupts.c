/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Virtual interrupts on the real list registers; the rules in detail are in tests/unit/vcpu.
 */
#include "vmm.h"

enum {
    ON = QUOLL_VIRQ_ENABLED | QUOLL_VIRQ_GROUP1,
    ALL = ON | QUOLL_VIRQ_PENDING | QUOLL_VIRQ_ACTIVE | QUOLL_VIRQ_LEVEL | QUOLL_VIRQ_PRIORITY,
    EDGE = 40,
    LEVEL = 50, /* guest.S stores to GUEST_DEVICE when it takes it */
    FIRST = 64,
    IN_GUEST = 5, /* an index in the domain of the guest */
};

static uint64_t served;

static void configure(uint64_t interrupt, uint64_t state, uint64_t priority)
{
    EXPECT_OK(quoll_thread_set_virtual_interrupt(GUEST_THREAD, interrupt, state | priority << 8, ALL));
}

static uint64_t look(uint64_t interrupt)
{
    struct quoll_result result = quoll_thread_get_virtual_interrupt(GUEST_THREAD, interrupt);

    EXPECT_EQUAL(result.error, QUOLL_OK);
    return result.word[0] & ~UINT64_C(0xff00);
}

/* More than there are list registers, each of another priority, given in a shuffled order before the guest runs. */
static void overflow_by_priority(void)
{
    const unsigned count = 24;

    guest_make(0);
    for (unsigned i = 0; i < count; i++)
        configure(FIRST + i, ON | QUOLL_VIRQ_PENDING, (i * 7 % count) * 8);
    guest_state(0)->x[19] = count;
    guest_begin_at(0, guest_take_interrupts);
    EXPECT_DONE(0);
    EXPECT_EQUAL(guest_log(0)[0], count);
    for (unsigned i = 0; i < count; i++)
        EXPECT_EQUAL((guest_log(0)[1 + i] - FIRST) * 7 % count, i);
    for (unsigned i = 0; i < count; i++)
        EXPECT_EQUAL(look(FIRST + i), ON);
}

static void all_kinds_arrive(void)
{
    static const uint64_t interrupts[] = {0, 15, 16, 31, 32, 255};
    const unsigned count = sizeof(interrupts) / sizeof(interrupts[0]);

    guest_make(0);
    for (unsigned i = 0; i < count; i++)
        configure(interrupts[i], ON | QUOLL_VIRQ_PENDING, 0x40 + 8 * i);
    guest_state(0)->x[19] = count;
    guest_begin_at(0, guest_take_interrupts);
    EXPECT_DONE(0);
    for (unsigned i = 0; i < count; i++)
        EXPECT_EQUAL(guest_log(0)[1 + i], interrupts[i]);
}

/* The device's line stays up through the first handler and comes down in the second. */
static void level_interrupt(void)
{
    guest_make(0);
    configure(LEVEL, ON | QUOLL_VIRQ_LEVEL | QUOLL_VIRQ_PENDING, 0x80);
    guest_state(0)->x[19] = 2;
    guest_begin_at(0, guest_take_interrupts);
    EXPECT_EXIT(ABORT);
    EXPECT_EQUAL(look(LEVEL), ON | QUOLL_VIRQ_LEVEL | QUOLL_VIRQ_PENDING | QUOLL_VIRQ_ACTIVE);
    EXPECT_EXIT(ABORT);
    guest_answer(QUOLL_REPLY_INTERRUPT, LEVEL, 0, QUOLL_VIRQ_PENDING);
    EXPECT_DONE(0);
    EXPECT_EQUAL(guest_log(0)[0], 2);
    EXPECT_EQUAL(look(LEVEL), ON | QUOLL_VIRQ_LEVEL);
    guest_state(0)->x[19] = 3;
    guest_answer(QUOLL_REPLY_INTERRUPT, EDGE, ON | QUOLL_VIRQ_PENDING, ON | QUOLL_VIRQ_PENDING);
    EXPECT_DONE(0);
    EXPECT_EQUAL(guest_log(0)[3], EDGE);
}

/* An answer with an interrupt that does not exist changes nothing. */
static void answer_with_nonsense(void)
{
    guest_make(0);
    guest_begin_at(0, guest_exit);
    EXPECT_DONE(0);
    guest_answer(UINT64_MAX & ~(uint64_t)(QUOLL_REPLY_STOP | QUOLL_REPLY_WAIT), UINT64_MAX, UINT64_MAX, UINT64_MAX);
    EXPECT_DONE(0);
    guest_answer(QUOLL_REPLY_INTERRUPT, 3, UINT64_MAX, UINT64_MAX);
    EXPECT_DONE(0);
    EXPECT_EQUAL(look(3), 0);
}

/* An answer that has the guest wait, as by WFI: for what is not pending yet; and not at all for what the answer brings.
 */
static void answer_with_a_wait(void)
{
    guest_make(0);
    configure(EDGE, ON, 0x80);
    guest_begin_at(0, guest_exit);
    EXPECT_DONE(0);
    guest_answer(QUOLL_REPLY_WAIT, 0, 0, 0);
    EXPECT_EQUAL(guest_next().kind, QUOLL_KIND_STATUS);
    EXPECT_EQUAL(quoll_thread_status(GUEST_THREAD).word[0], QUOLL_THREAD_WFI);
    EXPECT_OK(quoll_thread_set_virtual_interrupt(GUEST_THREAD, EDGE, QUOLL_VIRQ_PENDING, QUOLL_VIRQ_PENDING));
    EXPECT_DONE(0);
    EXPECT_OK(quoll_thread_set_virtual_interrupt(GUEST_THREAD, EDGE, 0, QUOLL_VIRQ_PENDING));
    guest_answer(QUOLL_REPLY_WAIT | QUOLL_REPLY_INTERRUPT, EDGE, QUOLL_VIRQ_PENDING, QUOLL_VIRQ_PENDING);
    EXPECT_DONE(0);
}

/* Flags of a notification become interrupts: those from before it was bound too, and they end WFI. */
static void notification_raises(void)
{
    const uint32_t bell = SCRATCH;

    guest_make(0);
    EXPECT_OK(quoll_pool_create_notification(TEST_POOL, bell));
    EXPECT_OK(quoll_notification_signal(bell, 1 << 3));
    configure(35, ON, 0x80);
    configure(95, ON, 0x80);
    EXPECT_ERROR(quoll_thread_bind_virtual_interrupts(GUEST_THREAD, bell, 31), BAD_ARGUMENT);
    EXPECT_ERROR(quoll_thread_bind_virtual_interrupts(GUEST_THREAD, bell, QUOLL_VIRQ_COUNT - 63), BAD_ARGUMENT);
    EXPECT_ERROR(quoll_thread_bind_virtual_interrupts(BOOT_CAP_THREAD, bell, 32), BAD_TYPE);
    EXPECT_OK(quoll_thread_bind_virtual_interrupts(GUEST_THREAD, bell, 32));
    EXPECT_ERROR(quoll_thread_bind_virtual_interrupts(GUEST_THREAD, bell, 32), BUSY);
    EXPECT_EQUAL(look(35), ON | QUOLL_VIRQ_PENDING);
    guest_state(0)->x[19] = 1;
    guest_begin_at(0, guest_wait_interrupts);
    EXPECT_DONE(0);
    EXPECT_EQUAL(guest_log(0)[1], 35);
    guest_state(0)->x[19] = 2;
    EXPECT_EQUAL(guest_next().kind, QUOLL_KIND_STATUS);
    EXPECT_EQUAL(quoll_thread_status(GUEST_THREAD).word[0], QUOLL_THREAD_WFI);
    EXPECT_OK(quoll_notification_signal(bell, UINT64_C(1) << 63));
    EXPECT_EQUAL(quoll_thread_status(GUEST_THREAD).word[0], QUOLL_THREAD_READY);
    EXPECT_DONE(0);
    EXPECT_EQUAL(guest_log(0)[2], 95);
    EXPECT_OK(quoll_any_destroy(bell));
    EXPECT_DONE(0);
}

/* An interrupt for a guest that runs, one that waits, one in an exit. */
static void injected_whatever_it_does(void)
{
    guest_make(0);
    configure(EDGE, ON, 0x80);
    guest_state(0)->x[19] = 1;
    guest_begin_at(0, guest_take_interrupts);
    test_sleep(5 * TICKS_MS); /* it loops */
    EXPECT_EQUAL(quoll_thread_status(GUEST_THREAD).word[0], QUOLL_THREAD_READY);
    EXPECT_OK(quoll_thread_set_virtual_interrupt(GUEST_THREAD, EDGE, QUOLL_VIRQ_PENDING, QUOLL_VIRQ_PENDING));
    EXPECT_DONE(0);
    EXPECT_OK(quoll_thread_set_virtual_interrupt(GUEST_THREAD, EDGE, QUOLL_VIRQ_PENDING, QUOLL_VIRQ_PENDING));
    guest_state(0)->x[19] = 2;
    EXPECT_DONE(0);
    guest_state(0)->x[19] = 3;
    guest_set(0, guest_wait_interrupts, EL1H_MASKED);
    EXPECT_EQUAL(guest_next().kind, QUOLL_KIND_STATUS);
    EXPECT_EQUAL(quoll_thread_status(GUEST_THREAD).word[0], QUOLL_THREAD_WFI);
    EXPECT_OK(quoll_thread_set_virtual_interrupt(GUEST_THREAD, EDGE, QUOLL_VIRQ_PENDING, QUOLL_VIRQ_PENDING));
    EXPECT_DONE(0);
    EXPECT_EQUAL(guest_log(0)[0], 3);
}

/*
 * A service more urgent than the guest answers each of its rings with an interrupt, and waits again. It uses SIMD
 * registers now and then, as the guest does.
 */
static void answer_rings(uint64_t rings)
{
    struct quoll_trap trap = {0};
    double sum = 0;

    for (uint64_t i = 0; i < rings; i++) {
        trap = (struct quoll_trap){.x9 = QUOLL_CALL_self_reply_wait | QUOLL_FLAG_NO_REPLY};
        quoll_trap(&trap);
        EXPECT_EQUAL(trap.x8, (uint64_t)QUOLL_KIND_NOTIFICATION << 56);
        EXPECT_EQUAL(trap.word[0], 1);
        if (i % 8 == 0)
            sum += (double)i;
        EXPECT_OK(quoll_notification_signal(SCRATCH + 1, 1));
    }
    served = (uint64_t)sum;
}

static void service_answers(void)
{
    const uint32_t bell = SCRATCH;
    const uint32_t answer = SCRATCH + 1;
    const unsigned rings = 100;

    guest_make(0);
    served = 0;
    EXPECT_OK(quoll_pool_create_notification(TEST_POOL, bell));
    EXPECT_OK(quoll_pool_create_notification(TEST_POOL, answer));
    configure(40, ON, 0x80);
    EXPECT_OK(quoll_thread_bind_virtual_interrupts(GUEST_THREAD, answer, 40));
    child_make(0, GUEST_PRIORITY + 1, TICKS_MS / 10, TICKS_MS);
    EXPECT_OK(quoll_notification_bind(bell, TEST_CHILD));
    child_run(0, answer_rings, rings);
    EXPECT_OK(quoll_domain_copy(GUEST_DOMAIN, IN_GUEST, bell, QUOLL_RIGHT_SIGNAL, 1));
    guest_state(0)->x[19] = rings;
    guest_state(0)->x[20] = IN_GUEST;
    guest_state(0)->x[22] = QUOLL_CALL_notification_signal;
    guest_begin_at(0, guest_ring);
    EXPECT_DONE(0);
    EXPECT_EQUAL(guest_state(0)->x[1], IN_GUEST);
    EXPECT_EQUAL(guest_log(0)[0], rings);
    EXPECT_EQUAL(guest_log(0)[rings], 40);
    EXPECT(child_wait(0));
    EXPECT_EQUAL(served, 0 + 8 + 16 + 24 + 32 + 40 + 48 + 56 + 64 + 72 + 80 + 88 + 96);
}

/* Disabled ones do not arrive, and do not end WFI. */
static void disabled_stays_away(void)
{
    guest_make(0);
    configure(EDGE, QUOLL_VIRQ_GROUP1 | QUOLL_VIRQ_PENDING, 0x80);
    guest_state(0)->x[19] = 1;
    guest_begin_at(0, guest_wait_interrupts);
    EXPECT_EQUAL(guest_next().kind, QUOLL_KIND_STATUS);
    EXPECT_EQUAL(quoll_thread_status(GUEST_THREAD).word[0], QUOLL_THREAD_WFI);
    EXPECT_OK(quoll_thread_set_virtual_interrupt(GUEST_THREAD, EDGE, QUOLL_VIRQ_ENABLED, QUOLL_VIRQ_ENABLED));
    EXPECT_DONE(0);
    EXPECT_EQUAL(guest_log(0)[1], EDGE);
}

/* EOImode 1: as many as there are list registers stay active; the others come when those were deactivated. */
static void many_active(void)
{
    const unsigned count = 6;
    unsigned kept = 0;

    guest_make(0);
    for (unsigned i = 0; i < count; i++)
        configure(FIRST + i, ON | QUOLL_VIRQ_PENDING, 0x40 + 8 * i);
    guest_begin_at(0, guest_keep_active);
    EXPECT_DONE(0);
    kept = (unsigned)guest_state(0)->x[0];
    EXPECT(kept >= 4 && kept <= count);
    for (unsigned i = 0; i < kept; i++)
        EXPECT_EQUAL(look(FIRST + i), ON | QUOLL_VIRQ_ACTIVE);
    EXPECT_DONE(0);
    EXPECT_EQUAL(guest_state(0)->x[1], kept < count ? FIRST + kept : 1023);
    for (unsigned i = 0; i < kept; i++)
        EXPECT_EQUAL(look(FIRST + i), ON);
}

/* Every list register active, one of them pending too, while others wait: the guest goes on. */
static void active_and_pending(void)
{
    guest_make(0);
    for (unsigned i = 0; i < 24; i++)
        configure(FIRST + i, ON | QUOLL_VIRQ_PENDING, 0x40 + 8 * i);
    guest_begin_at(0, guest_keep_active);
    EXPECT_DONE(0);
    EXPECT_OK(quoll_thread_set_virtual_interrupt(GUEST_THREAD, FIRST, QUOLL_VIRQ_PENDING, QUOLL_VIRQ_PENDING));
    EXPECT_EQUAL(look(FIRST), ON | QUOLL_VIRQ_PENDING | QUOLL_VIRQ_ACTIVE);
    EXPECT_DONE(0);
    EXPECT_EQUAL(guest_state(0)->x[1], FIRST);
}

static void interrupt_errors(void)
{
    guest_make(0);
    EXPECT_ERROR(quoll_thread_set_virtual_interrupt(GUEST_THREAD, QUOLL_VIRQ_COUNT, 0, 0), BAD_ARGUMENT);
    EXPECT_ERROR(quoll_thread_set_virtual_interrupt(GUEST_THREAD, 1, 0, 1 << 16), BAD_ARGUMENT);
    EXPECT_ERROR(quoll_thread_get_virtual_interrupt(GUEST_THREAD, UINT64_MAX), BAD_ARGUMENT);
    EXPECT_ERROR(quoll_thread_set_virtual_interrupt(BOOT_CAP_THREAD, 1, 0, 0), BAD_TYPE);
    EXPECT_ERROR(quoll_thread_get_virtual_interrupt(BOOT_CAP_THREAD, 1), BAD_TYPE);
}

GUEST_TEST(overflow_by_priority)
GUEST_TEST(all_kinds_arrive)
GUEST_TEST(level_interrupt)
GUEST_TEST(answer_with_nonsense)
GUEST_TEST(answer_with_a_wait)
GUEST_TEST(notification_raises)
GUEST_TEST(injected_whatever_it_does)
GUEST_TEST(service_answers)
GUEST_TEST(disabled_stays_away)
GUEST_TEST(many_active)
GUEST_TEST(active_and_pending)
GUEST_TEST(interrupt_errors)

void test_interrupts(void)
{
    static const struct test tests[] = {
        RELEASED(overflow_by_priority),      RELEASED(all_kinds_arrive),    RELEASED(level_interrupt),
        RELEASED(answer_with_nonsense),      RELEASED(answer_with_a_wait),  RELEASED(notification_raises),
        RELEASED(injected_whatever_it_does), RELEASED(disabled_stays_away), RELEASED(many_active),
        RELEASED(active_and_pending),        RELEASED(interrupt_errors),    RELEASED(service_answers),
    };

    TEST_RUN(tests);
}
