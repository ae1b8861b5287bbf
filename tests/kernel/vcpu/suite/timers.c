/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The virtual timer: in the CPU, moved while it is pending, and shared with another guest.
 */
#include "vmm.h"

enum { TIMER = 27, ON = QUOLL_VIRQ_ENABLED | QUOLL_VIRQ_GROUP1 };

static void enable_timer(unsigned n)
{
    EXPECT_OK(quoll_thread_set_virtual_interrupt(guest_capability(n, GUEST_THREAD), TIMER, ON | 0x80 << 8,
                                                 ON | QUOLL_VIRQ_PRIORITY));
}

static void timer_fires_once_each(void)
{
    const unsigned rounds = 20;

    guest_make(0);
    enable_timer(0);
    for (unsigned i = 1; i <= rounds; i++) {
        guest_state(0)->x[19] = i;
        guest_state(0)->x[20] = (i % 2) * TICKS_MS;
        if (i == 1)
            guest_begin_at(0, guest_timer);
        else
            guest_set(0, guest_timer, EL1H_MASKED);
        EXPECT_DONE(0);
        EXPECT_EQUAL(guest_log(0)[0], i);
        EXPECT_EQUAL(guest_log(0)[i], TIMER);
        EXPECT(guest_log(0)[-1] >= guest_state(0)->x[21]);
    }
    EXPECT_EQUAL(quoll_thread_get_virtual_interrupt(GUEST_THREAD, TIMER).word[0] & 6, 0);
}

static void timer_moved_while_pending(void)
{
    guest_make(0);
    enable_timer(0);
    guest_begin_at(0, guest_timer_moved);
    EXPECT_DONE(0);
    EXPECT_DONE(0);
    EXPECT_EQUAL(guest_state(0)->x[0], 1023); /* withdrawn at the latest when the VMM had run */
    EXPECT_EQUAL(guest_state(0)->x[1], 0);
    EXPECT_DONE(0);
    EXPECT_EQUAL(guest_log(0)[0], 1);
}

/* The VMM sets and reads it; what is pending shows. */
static void timer_by_the_vmm(void)
{
    guest_make(0);
    enable_timer(0);
    EXPECT_OK(quoll_thread_write_vcpu(GUEST_THREAD, QUOLL_VCPU_CNTV_CVAL_EL0, test_ticks()));
    EXPECT_OK(quoll_thread_write_vcpu(GUEST_THREAD, QUOLL_VCPU_CNTV_CTL_EL0, 1));
    EXPECT_EQUAL(quoll_thread_read_vcpu(GUEST_THREAD, QUOLL_VCPU_CNTV_CTL_EL0).word[0], 5);
    EXPECT_EQUAL(quoll_thread_get_virtual_interrupt(GUEST_THREAD, TIMER).word[0] & QUOLL_VIRQ_PENDING,
                 QUOLL_VIRQ_PENDING);
    guest_state(0)->x[19] = 1;
    guest_begin_at(0, guest_take_interrupts);
    EXPECT_DONE(0);
    EXPECT_EQUAL(guest_log(0)[1], TIMER);
    /* resident now */
    EXPECT_OK(quoll_thread_write_vcpu(GUEST_THREAD, QUOLL_VCPU_CNTV_CVAL_EL0, test_ticks() + TICKS_MS));
    EXPECT_OK(quoll_thread_write_vcpu(GUEST_THREAD, QUOLL_VCPU_CNTV_CTL_EL0, 1));
    guest_state(0)->x[19] = 2;
    EXPECT_DONE(0);
    EXPECT_EQUAL(guest_log(0)[2], TIMER);
}

/* A timer that the guest disabled at its redistributor fires into nothing, and is there when it is enabled. */
static void timer_disabled_at_first(void)
{
    guest_make(0);
    guest_state(0)->x[19] = 1;
    guest_begin_at(0, guest_timer);
    EXPECT_EQUAL(guest_next().kind, QUOLL_KIND_STATUS);
    EXPECT_EQUAL(quoll_thread_status(GUEST_THREAD).word[0], QUOLL_THREAD_WFI);
    EXPECT_EQUAL(guest_log(0)[0], 0);
    enable_timer(0);
    EXPECT_DONE(0);
    EXPECT_EQUAL(guest_log(0)[0], 1);
}

/*
 * Two guests on one core, each with a pattern in its registers and a timer of its own period: no register and no
 * interrupt of one reaches the other, and none is lost or comes twice, though each waits half of the time and the
 * other one is resident then.
 */
static void two_guests(void)
{
    const unsigned rounds = 60;

    for (unsigned n = 0; n < 2; n++) {
        guest_make(n);
        enable_timer(n);
        guest_state(n)->x[0] = UINT64_C(0x0000a5a5a5a5a5a0) + n * 0x10;
        guest_state(n)->x[19] = rounds;
        guest_state(n)->x[20] = TICKS_MS + n * TICKS_MS / 3;
    }
    guest_begin_at(0, guest_share);
    guest_begin_at(1, guest_share);
    for (unsigned i = 0; i < 2; i++) {
        struct exit exit = guest_expect_exit(QUOLL_EXIT_HVC, __LINE__);
        unsigned n = exit.label & 1;

        EXPECT_EQUAL(guest_state(n)->x[1], 0);
        EXPECT_EQUAL(guest_state(n)->x[13], rounds);
        EXPECT_EQUAL(guest_log(n)[0], rounds);
        guest_answer(QUOLL_REPLY_STOP, 0, 0, 0);
    }
    EXPECT_EQUAL(guest_next().kind, QUOLL_KIND_STATUS);
}

/* The guest whose timer and list registers are in the CPU is destroyed; the other goes on. */
static void resident_guest_dies(void)
{
    for (unsigned n = 0; n < 2; n++) {
        guest_make(n);
        enable_timer(n);
    }
    guest_state(0)->x[19] = 1;
    guest_state(0)->x[20] = 5 * TICKS_MS;
    guest_begin_at(0, guest_timer);
    test_sleep(TICKS_MS);
    EXPECT_OK(quoll_any_destroy(GUEST_THREAD));
    test_sleep(10 * TICKS_MS);
    guest_state(1)->x[19] = 1;
    guest_state(1)->x[20] = TICKS_MS;
    guest_begin_at(1, guest_timer);
    EXPECT_DONE(1);
    EXPECT_EQUAL(guest_log(0)[0], 0);
    EXPECT_EQUAL(guest_log(1)[0], 1);
}

/* It waits, and another of lower priority runs until then: without an exit, so nothing else makes the kernel look. */
static void timer_over_a_busy_guest(void)
{
    for (unsigned n = 0; n < 2; n++) {
        guest_make(n);
        enable_timer(n);
    }
    EXPECT_OK(quoll_thread_set_priority(guest_capability(1, GUEST_THREAD), GUEST_PRIORITY - 1));
    guest_state(1)->x[19] = 1; /* an interrupt that never comes */
    guest_begin_at(1, guest_take_interrupts);
    guest_state(0)->x[19] = 1;
    guest_state(0)->x[20] = TICKS_MS / 100;
    guest_begin_at(0, guest_timer);
    EXPECT_DONE(0);
    EXPECT(guest_log(0)[-1] - guest_state(0)->x[21] < TICKS_MS / 100);
}

/* A guest that never waits takes its timer again after another guest was resident: no stale list register is used. */
static void timer_after_another_guest(void)
{
    for (unsigned n = 0; n < 2; n++) {
        guest_make(n);
        enable_timer(n);
    }
    EXPECT_OK(quoll_thread_set_priority(guest_capability(0, GUEST_THREAD), GUEST_PRIORITY - 1));
    EXPECT_OK(quoll_thread_write_vcpu(GUEST_THREAD, QUOLL_VCPU_CNTV_CVAL_EL0, test_ticks() + TICKS_MS));
    EXPECT_OK(quoll_thread_write_vcpu(GUEST_THREAD, QUOLL_VCPU_CNTV_CTL_EL0, 1));
    guest_state(0)->x[19] = 1;
    guest_begin_at(0, guest_take_interrupts);
    EXPECT_DONE(0);
    EXPECT_OK(quoll_thread_write_vcpu(GUEST_THREAD, QUOLL_VCPU_CNTV_CVAL_EL0, test_ticks() + 20 * TICKS_MS));
    EXPECT_OK(quoll_thread_write_vcpu(GUEST_THREAD, QUOLL_VCPU_CNTV_CTL_EL0, 1));
    guest_state(0)->x[19] = 2;
    guest_state(1)->x[19] = 1;
    guest_state(1)->x[20] = 0;
    guest_begin_at(1, guest_timer);
    EXPECT_DONE(1);
    guest_state(1)->x[19] = 2;
    EXPECT_DONE(0);
    EXPECT_EQUAL(guest_log(0)[2], TIMER);
}

GUEST_TEST(timer_fires_once_each)
GUEST_TEST(timer_after_another_guest)
GUEST_TEST(timer_moved_while_pending)
GUEST_TEST(timer_by_the_vmm)
GUEST_TEST(timer_disabled_at_first)
GUEST_TEST(timer_over_a_busy_guest)
GUEST_TEST(two_guests)
GUEST_TEST(resident_guest_dies)

void test_timers(void)
{
    static const struct test tests[] = {
        RELEASED(timer_fires_once_each),   RELEASED(timer_moved_while_pending), RELEASED(timer_by_the_vmm),
        RELEASED(timer_disabled_at_first), RELEASED(timer_over_a_busy_guest),   RELEASED(two_guests),
        RELEASED(resident_guest_dies),     RELEASED(timer_after_another_guest),
    };

    TEST_RUN(tests);
}
