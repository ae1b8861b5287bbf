/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The match table, through its calls and through the exits that it answers.
 */
#include <string.h>

#include "calls.h"
#include "guest.h"
#include "notification.h"

#define BASE UINT64_C(0x0a000000)
enum { LOAD = 4 | 5 << 4 | 1 << 11, STORE = 4 | 5 << 4 | 1 << 9 }; /* 4 bytes from or to x5 (kernel/arch/host) */

static struct notification bell;
static struct slot bell_slot;
static struct thread native;

static void setup(void)
{
    guest_reset();
    memset(&bell, 0, sizeof(bell));
    memset(&native, 0, sizeof(native));
    list_init(&bell.faults);
    bell_slot = (struct slot){0};
    object_init(&bell.object, QUOLL_TYPE_NOTIFICATION, NULL);
    slot_set_first(&bell_slot, &bell.object, 0xff);
    bell_slot.label = 0xf7; /* flag 3 is not ours */
    object_init(&guest_thread.object, QUOLL_TYPE_THREAD, NULL);
    object_init(&native.object, QUOLL_TYPE_THREAD, NULL);
    slot_reference_init(&guest.exit, SLOT_EXIT);
}

static struct call prepare(uint64_t address, uint64_t size, uint64_t third, uint64_t fourth)
{
    return (struct call){
        .thread = &guest_thread,
        .object = &guest_thread.object,
        .value = {address, size, third, fourth},
        .capability = {[2] = &bell_slot},
    };
}

static int add_notify(uint64_t address, uint64_t size, uint64_t values)
{
    struct call call = prepare(address, size, 0, values);

    return thread_call_match_notify(&call);
}

static int add_constant(uint64_t address, uint64_t size, uint64_t value)
{
    struct call call = prepare(address, size, value, 0);

    return thread_call_match_constant(&call);
}

static int add_ignore(uint64_t address, uint64_t size)
{
    struct call call = prepare(address, size, 0, 0);

    return thread_call_match_ignore(&call);
}

static int take_away(uint64_t address)
{
    struct call call = prepare(address, 0, 0, 0);

    return thread_call_match_remove(&call);
}

/* Did the table answer it? An exit faults here, because the guest has no VMM. */
static bool access_is_answered(unsigned syndrome, uint64_t address, uint64_t value)
{
    guest_thread.faulted = false;
    guest_thread.arch.frame->pc = 0x1000;
    vcpu_exit(&guest_thread, QUOLL_EXIT_ABORT, syndrome, address, value, 0);
    assert_int_equal(guest_thread.arch.frame->pc, guest_thread.faulted ? 0x1000 : 0x1004);
    assert_true(!guest_thread.faulted || guest_thread.fault.reason == QUOLL_FAULT_VCPU);
    return !guest_thread.faulted;
}

static void notify_raises_the_flag_of_the_value(void **state)
{
    (void)state;
    setup();
    assert_int_equal(add_notify(BASE + 0x50, 4, 5), QUOLL_OK);
    assert_true(access_is_answered(STORE, BASE + 0x50, 2));
    assert_int_equal(bell.pending, 1 << 2);
    assert_true(access_is_answered(STORE, BASE + 0x50, UINT64_C(0xffffffff00000004)));
    assert_int_equal(bell.pending, 1 << 2 | 1 << 4);
    assert_true(access_is_answered(STORE, BASE + 0x50, 3)); /* not in the capability's label */
    assert_int_equal(bell.pending, 1 << 2 | 1 << 4);
    assert_false(access_is_answered(STORE, BASE + 0x50, 5));
    assert_false(access_is_answered(STORE, BASE + 0x50, 64));
    assert_false(access_is_answered(LOAD, BASE + 0x50, 0));
    assert_false(access_is_answered(STORE - 2, BASE + 0x50, 0)); /* two bytes */
    assert_false(access_is_answered(STORE, BASE + 0x54, 0));
    assert_false(access_is_answered(0, BASE + 0x50, 0)); /* no valid syndrome */
    assert_int_equal(bell.pending, 1 << 2 | 1 << 4);
}

static void constant_answers_loads(void **state)
{
    (void)state;
    setup();
    assert_int_equal(add_constant(BASE, 4, UINT64_C(0x1234567874726976)), QUOLL_OK);
    assert_true(access_is_answered(LOAD, BASE, 0));
    assert_int_equal(guest_thread.arch.frame->x[5], 0x74726976);
    assert_false(access_is_answered(STORE, BASE, 0));
}

static void ignore_drops_stores(void **state)
{
    (void)state;
    setup();
    assert_int_equal(add_ignore(BASE + 0x64, 4), QUOLL_OK);
    assert_true(access_is_answered(STORE, BASE + 0x64, 77));
    assert_false(access_is_answered(LOAD, BASE + 0x64, 0));
}

static void arguments_are_checked(void **state)
{
    struct call call = prepare(BASE, 4, 0, 1);

    (void)state;
    setup();
    assert_int_equal(add_constant(BASE, 0, 0), QUOLL_BAD_ARGUMENT);
    assert_int_equal(add_constant(BASE, 3, 0), QUOLL_BAD_ARGUMENT);
    assert_int_equal(add_constant(BASE, 16, 0), QUOLL_BAD_ARGUMENT);
    assert_int_equal(add_constant(BASE + 2, 4, 0), QUOLL_BAD_ARGUMENT);
    assert_int_equal(add_constant(QUOLL_ADDRESS_LIMIT, 4, 0), QUOLL_BAD_ARGUMENT);
    assert_int_equal(add_constant(UINT64_MAX - 3, 4, 0), QUOLL_BAD_ARGUMENT);
    assert_int_equal(add_constant(QUOLL_ADDRESS_LIMIT - 4, 4, 0), QUOLL_OK);
    assert_int_equal(add_notify(BASE, 4, 0), QUOLL_BAD_ARGUMENT);
    assert_int_equal(add_notify(BASE, 4, 65), QUOLL_BAD_ARGUMENT);
    assert_int_equal(add_notify(BASE, 4, 64), QUOLL_OK);
    assert_int_equal(add_ignore(BASE, 4), QUOLL_OVERLAP);
    assert_int_equal(add_ignore(BASE, 8), QUOLL_OVERLAP);
    assert_int_equal(add_ignore(BASE + 2, 2), QUOLL_OVERLAP);
    assert_int_equal(take_away(BASE + 2), QUOLL_NOT_FOUND);
    assert_int_equal(take_away(BASE), QUOLL_OK);
    assert_int_equal(take_away(BASE), QUOLL_NOT_FOUND);
    assert_int_equal(add_ignore(BASE + 2, 2), QUOLL_OK);

    call.object = &native.object;
    assert_int_equal(thread_call_match_notify(&call), QUOLL_BAD_TYPE);
    assert_int_equal(thread_call_match_constant(&call), QUOLL_BAD_TYPE);
    assert_int_equal(thread_call_match_ignore(&call), QUOLL_BAD_TYPE);
    assert_int_equal(thread_call_match_remove(&call), QUOLL_BAD_TYPE);
}

static void deep_capability_is_refused(void **state)
{
    (void)state;
    setup();
    bell_slot.depth = UINT8_MAX;
    assert_int_equal(add_notify(BASE, 4, 1), QUOLL_TOO_DEEP);
    assert_false(access_is_answered(STORE, BASE, 0));
}

static void notification_that_goes_takes_its_entries(void **state)
{
    (void)state;
    setup();
    assert_int_equal(add_notify(BASE + 0x50, 4, 64), QUOLL_OK);
    assert_int_equal(add_notify(BASE + 0x250, 4, 64), QUOLL_OK);
    while (slot_revoke_one(&bell_slot))
        continue;
    assert_false(access_is_answered(STORE, BASE + 0x50, 0));
    assert_int_equal(take_away(BASE + 0x250), QUOLL_NOT_FOUND);
    assert_int_equal(add_notify(BASE + 0x50, 4, 64), QUOLL_OK);
    while (match_clear_step(&guest) == PROGRESS_MORE)
        continue;
    assert_false(access_is_answered(STORE, BASE + 0x50, 0));
    assert_false(slot_revoke_one(&bell_slot));
}

/* As many as fit; what is in stays findable, also when others go; the registers of 16 devices fit. */
static void table_fills_up(void **state)
{
    unsigned count = 0;

    (void)state;
    setup();
    while (count < 1000 && add_constant(BASE + count / 3 * 0x200 + 0x60 + count % 3 * 4, 4, count) == QUOLL_OK)
        count++;
    assert_in_range(count, 48, QUOLL_MATCH_COUNT);
    assert_int_equal(add_constant(BASE + count / 3 * 0x200 + 0x60 + count % 3 * 4, 4, 0), QUOLL_NO_SPACE);
    for (unsigned i = 0; i < count; i += 2)
        assert_int_equal(take_away(BASE + i / 3 * 0x200 + 0x60 + i % 3 * 4), QUOLL_OK);
    for (unsigned i = 0; i < count; i++)
        assert_int_equal(access_is_answered(LOAD, BASE + i / 3 * 0x200 + 0x60 + i % 3 * 4, 0), i % 2);
}

int run_match_tests(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(notify_raises_the_flag_of_the_value),
        cmocka_unit_test(constant_answers_loads),
        cmocka_unit_test(ignore_drops_stores),
        cmocka_unit_test(arguments_are_checked),
        cmocka_unit_test(deep_capability_is_refused),
        cmocka_unit_test(notification_that_goes_takes_its_entries),
        cmocka_unit_test(table_fills_up),
    };
    return cmocka_run_group_tests_name("match table", tests, NULL, NULL);
}
