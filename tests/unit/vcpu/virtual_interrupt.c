/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Virtual interrupts, one property a test.
 */
#include "guest.h"

enum { ON = QUOLL_VIRQ_ENABLED | QUOLL_VIRQ_GROUP1, EDGE = 40, LEVEL = 50, SGI = 3 };

static void edge_is_delivered_once(void **state)
{
    (void)state;
    guest_reset();
    guest_configure(EDGE, ON | QUOLL_VIRQ_PENDING, 0xa0);
    assert_true(guest_listed(EDGE)->pending);
    assert_true(guest_listed(EDGE)->group1);
    assert_int_equal(guest_listed(EDGE)->priority, 0xa0);
    assert_false(guest_listed(EDGE)->report);
    assert_int_equal(guest_acknowledge(), EDGE);
    assert_int_equal(guest_state(EDGE), ON | QUOLL_VIRQ_ACTIVE | 0xa0 << 8);
    guest_deactivate(EDGE);
    assert_int_equal(guest_state(EDGE), ON | 0xa0 << 8);
    assert_int_equal(guest_acknowledge(), GUEST_NOTHING);
    assert_false(virtual_interrupt_pending(&guest));
}

static void edge_while_active_is_kept(void **state)
{
    (void)state;
    guest_reset();
    guest_configure(EDGE, ON | QUOLL_VIRQ_PENDING, 0xa0);
    assert_int_equal(guest_acknowledge(), EDGE);
    guest_change(EDGE, QUOLL_VIRQ_PENDING, QUOLL_VIRQ_PENDING);
    assert_true(guest_listed(EDGE)->pending && guest_listed(EDGE)->active);
    guest_deactivate(EDGE);
    assert_int_equal(guest_acknowledge(), EDGE);
    guest_deactivate(EDGE);
    assert_int_equal(guest_acknowledge(), GUEST_NOTHING);
}

static void level_comes_again_while_the_line_is_up(void **state)
{
    (void)state;
    guest_reset();
    guest_configure(LEVEL, ON | QUOLL_VIRQ_LEVEL | QUOLL_VIRQ_PENDING, 0xa0);
    assert_true(guest_listed(LEVEL)->report);
    assert_int_equal(guest_acknowledge(), LEVEL);
    assert_false(guest_listed(LEVEL)->pending);
    assert_int_equal(guest_state(LEVEL) & (QUOLL_VIRQ_PENDING | QUOLL_VIRQ_ACTIVE),
                     QUOLL_VIRQ_PENDING | QUOLL_VIRQ_ACTIVE);
    guest_deactivate(LEVEL);
    assert_int_equal(guest_acknowledge(), LEVEL);
    guest_change(LEVEL, 0, QUOLL_VIRQ_PENDING); /* the handler quiets the device */
    guest_deactivate(LEVEL);
    assert_int_equal(guest_acknowledge(), GUEST_NOTHING);
}

static void level_that_falls_is_withdrawn(void **state)
{
    (void)state;
    guest_reset();
    guest_configure(LEVEL, ON | QUOLL_VIRQ_LEVEL | QUOLL_VIRQ_PENDING, 0xa0);
    guest_change(LEVEL, 0, QUOLL_VIRQ_PENDING);
    assert_null(guest_listed(LEVEL));
    assert_int_equal(guest_acknowledge(), GUEST_NOTHING);
}

static void flag_of_a_level_interrupt_comes_once(void **state)
{
    (void)state;
    guest_reset();
    guest_configure(LEVEL, ON | QUOLL_VIRQ_LEVEL, 0xa0);
    virtual_interrupt_raise(&guest, 32, UINT64_C(1) << (LEVEL - 32));
    assert_int_equal(guest_acknowledge(), LEVEL);
    virtual_interrupt_raise(&guest, 32, UINT64_C(1) << (LEVEL - 32));
    assert_false(guest_listed(LEVEL)->pending);
    guest_deactivate(LEVEL);
    assert_int_equal(guest_acknowledge(), LEVEL);
    guest_deactivate(LEVEL);
    assert_int_equal(guest_acknowledge(), GUEST_NOTHING);
}

static void disabled_is_kept_but_not_listed(void **state)
{
    (void)state;
    guest_reset();
    guest_configure(SGI, QUOLL_VIRQ_PENDING, 0x80);
    assert_null(guest_listed(SGI));
    assert_false(virtual_interrupt_pending(&guest));
    guest_change(SGI, QUOLL_VIRQ_ENABLED, QUOLL_VIRQ_ENABLED);
    assert_non_null(guest_listed(SGI));
    assert_true(virtual_interrupt_pending(&guest));
    guest_change(SGI, 0, QUOLL_VIRQ_ENABLED);
    assert_null(guest_listed(SGI));
    assert_int_equal(guest_state(SGI), QUOLL_VIRQ_PENDING | 0x80 << 8);
}

static void disabled_while_active_stays_active(void **state)
{
    (void)state;
    guest_reset();
    guest_configure(EDGE, ON | QUOLL_VIRQ_PENDING, 0x80);
    guest_acknowledge();
    guest_change(EDGE, 0, QUOLL_VIRQ_ENABLED);
    assert_true(guest_listed(EDGE)->active);
    guest_change(EDGE, 0, QUOLL_VIRQ_ACTIVE);
    assert_null(guest_listed(EDGE));
    guest_change(EDGE, QUOLL_VIRQ_ACTIVE, QUOLL_VIRQ_ACTIVE);
    assert_true(guest_listed(EDGE)->active);
}

static void overflow_comes_by_priority(void **state)
{
    const unsigned count = 24;

    (void)state;
    guest_reset();
    for (unsigned i = 0; i < count; i++)
        guest_configure(32 + i, ON | QUOLL_VIRQ_PENDING, (i * 7 % count) * 8);
    assert_true(guest.arch.underflow);
    for (unsigned i = 0; i < count; i++) {
        unsigned interrupt = guest_acknowledge();

        assert_in_range(interrupt, 32, 32 + count - 1);
        assert_int_equal((interrupt - 32) * 7 % count, i);
        guest_deactivate(interrupt);
    }
    assert_false(guest.arch.underflow);
    assert_int_equal(guest_acknowledge(), GUEST_NOTHING);
}

static void higher_priority_takes_the_place_of_the_lowest(void **state)
{
    (void)state;
    guest_reset();
    for (unsigned i = 0; i < HOST_LIST_REGISTERS; i++)
        guest_configure(32 + i, ON | QUOLL_VIRQ_PENDING, 0x80 + i * 8);
    guest_configure(EDGE, ON | QUOLL_VIRQ_PENDING, 0x10);
    assert_non_null(guest_listed(EDGE));
    assert_null(guest_listed(32 + HOST_LIST_REGISTERS - 1));
    guest_configure(EDGE + 1, ON | QUOLL_VIRQ_PENDING, 0xf0);
    assert_null(guest_listed(EDGE + 1));
    /* and a change of priority moves it in */
    guest_change(EDGE + 1, 0x08 << 8, QUOLL_VIRQ_PRIORITY);
    assert_int_equal(guest_acknowledge(), EDGE + 1);
}

static void active_ones_are_not_displaced(void **state)
{
    (void)state;
    guest_reset();
    for (unsigned i = 0; i < HOST_LIST_REGISTERS; i++) {
        guest_configure(32 + i, ON | QUOLL_VIRQ_PENDING, 0x80 - i * 8);
        assert_int_equal(guest_acknowledge(), 32 + i);
    }
    guest_configure(EDGE, ON | QUOLL_VIRQ_PENDING, 0x10);
    assert_null(guest_listed(EDGE));
    assert_true(virtual_interrupt_pending(&guest));
    guest_deactivate(35); /* reported, because somebody waits */
    assert_int_equal(guest_acknowledge(), EDGE);
}

static void arguments_are_checked(void **state)
{
    uint64_t value = 0;

    (void)state;
    guest_reset();
    assert_int_equal(virtual_interrupt_set(&guest, QUOLL_VIRQ_COUNT, 0, 0), QUOLL_BAD_ARGUMENT);
    assert_int_equal(virtual_interrupt_set(&guest, UINT64_MAX, 0, 0), QUOLL_BAD_ARGUMENT);
    assert_int_equal(virtual_interrupt_set(&guest, 1, 0, 1 << 5), QUOLL_BAD_ARGUMENT);
    assert_int_equal(virtual_interrupt_set(&guest, 1, UINT64_C(1) << 63, 0), QUOLL_BAD_ARGUMENT);
    assert_int_equal(virtual_interrupt_get(&guest, QUOLL_VIRQ_COUNT, &value), QUOLL_BAD_ARGUMENT);
    virtual_interrupt_raise(&guest, QUOLL_VIRQ_COUNT - 1, UINT64_MAX); /* most have no record */
    assert_int_equal(guest_state(QUOLL_VIRQ_COUNT - 1), QUOLL_VIRQ_PENDING);
}

/* The timer's PPI: active while the guest has not deactivated its interrupt. */
static void fire(void)
{
    assert_false(guest.arch.timer_held);
    guest.arch.timer_held = true; /* taken, not completed */
    vcpu_timer_fired(&guest);
}

static void timer_is_a_hardware_interrupt(void **state)
{
    (void)state;
    guest_reset();
    guest_configure(VIRTUAL_TIMER_INTERRUPT, ON, 0x80);
    guest.arch.timer_asserted = true;
    fire();
    assert_true(guest_listed(VIRTUAL_TIMER_INTERRUPT)->hardware);
    assert_false(guest_listed(VIRTUAL_TIMER_INTERRUPT)->report);
    vcpu_timer_fired(&guest); /* once more than it should: nothing doubles */
    assert_int_equal(guest_acknowledge(), VIRTUAL_TIMER_INTERRUPT);
    guest.arch.timer_asserted = false;
    guest_deactivate(VIRTUAL_TIMER_INTERRUPT);
    assert_int_equal(guest_acknowledge(), GUEST_NOTHING);
    guest.arch.timer_asserted = true;
    fire();
    assert_int_equal(guest_acknowledge(), VIRTUAL_TIMER_INTERRUPT);
}

static void timer_that_was_moved_is_withdrawn(void **state)
{
    (void)state;
    guest_reset();
    guest_configure(VIRTUAL_TIMER_INTERRUPT, ON, 0x80);
    guest.arch.timer_asserted = true;
    fire();
    guest.arch.timer_asserted = false;
    virtual_interrupt_timer_check(&guest);
    assert_null(guest_listed(VIRTUAL_TIMER_INTERRUPT));
    assert_false(guest.arch.timer_held);
    /* and a late interrupt of hardware is let go */
    fire();
    assert_null(guest_listed(VIRTUAL_TIMER_INTERRUPT));
    assert_false(guest.arch.timer_held);
}

static void timer_waits_for_being_enabled(void **state)
{
    (void)state;
    guest_reset();
    guest.arch.timer_asserted = true;
    fire();
    assert_true(guest.arch.timer_held);
    assert_true(virtual_interrupt_timer_held(&guest));
    assert_null(guest_listed(VIRTUAL_TIMER_INTERRUPT));
    guest_change(VIRTUAL_TIMER_INTERRUPT, QUOLL_VIRQ_ENABLED, QUOLL_VIRQ_ENABLED);
    assert_int_equal(guest_acknowledge(), VIRTUAL_TIMER_INTERRUPT);
    /* the VMM clears it: hardware may fire again */
    guest_change(VIRTUAL_TIMER_INTERRUPT, 0, QUOLL_VIRQ_ACTIVE);
    assert_false(guest.arch.timer_held);
    fire();
    assert_int_equal(guest_acknowledge(), VIRTUAL_TIMER_INTERRUPT);
}

static void timer_is_level_whatever_the_guest_says(void **state)
{
    (void)state;
    guest_reset();
    guest_change(VIRTUAL_TIMER_INTERRUPT, QUOLL_VIRQ_PENDING, QUOLL_VIRQ_PENDING | QUOLL_VIRQ_LEVEL);
    assert_int_equal(guest_state(VIRTUAL_TIMER_INTERRUPT), QUOLL_VIRQ_LEVEL);
    guest.arch.timer_asserted = true;
    assert_int_equal(guest_state(VIRTUAL_TIMER_INTERRUPT), QUOLL_VIRQ_LEVEL | QUOLL_VIRQ_PENDING);
}

static void wait_for_interrupt_ends(void **state)
{
    (void)state;
    guest_reset();
    vcpu_wait_for_interrupt(&guest_thread);
    assert_int_equal(guest_thread.state, THREAD_WFI);
    guest.virtual_interrupt_base = 32;
    vcpu_raise(&guest_thread, 1); /* disabled */
    assert_int_equal(guest_thread.state, THREAD_WFI);
    guest_change(33, QUOLL_VIRQ_ENABLED, QUOLL_VIRQ_ENABLED);
    vcpu_raise(&guest_thread, 2);
    assert_int_equal(guest_thread.state, THREAD_READY);
    vcpu_wait_for_interrupt(&guest_thread);
    assert_int_equal(guest_thread.state, THREAD_READY);
    guest_acknowledge();
    vcpu_wait_for_interrupt(&guest_thread);
    assert_int_equal(guest_thread.state, THREAD_WFI);
    guest_change(VIRTUAL_TIMER_INTERRUPT, QUOLL_VIRQ_ENABLED, QUOLL_VIRQ_ENABLED);
    guest.arch.timer_asserted = true;
    fire();
    assert_int_equal(guest_thread.state, THREAD_READY);
}

static void parked_timer_is_a_kernel_timer(void **state)
{
    (void)state;
    guest_reset();
    guest_change(VIRTUAL_TIMER_INTERRUPT, QUOLL_VIRQ_ENABLED, QUOLL_VIRQ_ENABLED);
    vcpu_timer_park(&guest, 5000);
    assert_true(ordered_linked(&guest.timer.node));
    vcpu_timer_park(&guest, QUOLL_FOREVER);
    assert_false(ordered_linked(&guest.timer.node));
    vcpu_timer_park(&guest, 5000);
    host.counter = 5000;
    guest.arch.timer_asserted = true;
    timer_expire(&cores[0], host.counter);
    assert_non_null(guest_listed(VIRTUAL_TIMER_INTERRUPT));
    assert_true(virtual_interrupt_timer_held(&guest));
    vcpu_timer_park(&guest, 5000); /* delivered: not once more */
    assert_false(ordered_linked(&guest.timer.node));
}

int run_virtual_interrupt_tests(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(edge_is_delivered_once),
        cmocka_unit_test(edge_while_active_is_kept),
        cmocka_unit_test(level_comes_again_while_the_line_is_up),
        cmocka_unit_test(level_that_falls_is_withdrawn),
        cmocka_unit_test(flag_of_a_level_interrupt_comes_once),
        cmocka_unit_test(disabled_is_kept_but_not_listed),
        cmocka_unit_test(disabled_while_active_stays_active),
        cmocka_unit_test(overflow_comes_by_priority),
        cmocka_unit_test(higher_priority_takes_the_place_of_the_lowest),
        cmocka_unit_test(active_ones_are_not_displaced),
        cmocka_unit_test(arguments_are_checked),
        cmocka_unit_test(timer_is_a_hardware_interrupt),
        cmocka_unit_test(timer_that_was_moved_is_withdrawn),
        cmocka_unit_test(timer_waits_for_being_enabled),
        cmocka_unit_test(timer_is_level_whatever_the_guest_says),
        cmocka_unit_test(wait_for_interrupt_ends),
        cmocka_unit_test(parked_timer_is_a_kernel_timer),
    };
    return cmocka_run_group_tests_name("virtual interrupts", tests, NULL, NULL);
}
