/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * A service's wait for its board's device. Time goes on when somebody waits; an interrupt comes when the test says so.
 */
#include "service/device.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "abi/plan.h"
#include "mmio_registers.h"
#include "rt/calls.h"
#include "rt/counter.h"
#include "rt/time.h"
#include "rt/trap.h"
#include "virtio/mmio.h"

enum { FREQUENCY = 62500000, INTERRUPT = 17, WAITS_MAX = 1000 };

#define DEVICE_FLAG (UINT64_C(1) << 3)
#define OTHER_FLAG  (UINT64_C(1) << 4)
#define SECOND_NS   UINT64_C(1000000000)

static struct {
    uint64_t now;    /* ticks */
    uint64_t flags;  /* the next wait ends at once with them; 0: it lasts */
    uint64_t latest; /* until when somebody wanted to wait, at most */
    uint64_t kept;
    unsigned waits, acknowledged;
    uint64_t signs[WAITS_MAX]; /* when signs of life were given */
    unsigned sign_count;
} board;
static uint32_t registers[MMIO_REGISTERS];
static struct virtio_mmio_driver device = {0};

uint64_t counter_ticks(void)
{
    return board.now;
}

uint64_t counter_frequency(void)
{
    return FREQUENCY;
}

void component_keep_flags(uint64_t flags)
{
    board.kept |= flags;
}

void component_wait_until(uint64_t ticks)
{
    (void)ticks;
}

static void wait(struct quoll_trap *trap)
{
    assert_int_equal(trap->x8, COMPONENT_CAP_NOTIFICATION);
    assert_true(board.waits < WAITS_MAX);
    board.waits++;
    board.latest = trap->word[0] > board.latest ? trap->word[0] : board.latest;
    if (board.flags != 0) {
        trap->word[0] = board.flags;
        trap->x8 = QUOLL_OK;
        board.flags = 0;
        return;
    }
    if (trap->word[0] > board.now)
        board.now = trap->word[0];
    trap->x8 = QUOLL_TIMEOUT;
}

void quoll_trap(struct quoll_trap *trap)
{
    switch (trap->x9 & 0xff) {
    case QUOLL_CALL_notification_wait:
        wait(trap);
        break;
    case QUOLL_CALL_notification_signal:
        assert_int_equal(trap->x8, COMPONENT_CAP_WATCHDOG);
        assert_true(board.sign_count < WAITS_MAX);
        board.signs[board.sign_count++] = board.now;
        trap->x8 = QUOLL_OK;
        break;
    case QUOLL_CALL_interrupt_acknowledge:
        assert_int_equal(trap->x8, INTERRUPT);
        board.acknowledged++;
        trap->x8 = QUOLL_OK;
        break;
    default:
        fail_msg("call %x", (unsigned)trap->x9);
    }
}

static int setup(void **state)
{
    (void)state;
    /* Later than in the test before, as lib/rt/watchdog.c remembers when it gave a sign. */
    uint64_t now = board.now + (uint64_t)FREQUENCY * 100;

    for (unsigned i = 0; i < MMIO_REGISTERS; i++)
        registers[i] = 0;
    device.registers = (uintptr_t)registers;
    board.now = now;
    board.flags = board.latest = board.kept = 0;
    board.waits = board.acknowledged = board.sign_count = 0;
    return 0;
}

/* As services do in component_start, with a device that never answers: when they give it up. */
static uint64_t give_up(uint64_t watchdog_ns)
{
    const uint64_t patience = time_ticks() + time_ns_to_ticks(SERVICE_DEVICE_PATIENCE_NS);

    while (time_ticks() < patience)
        service_device_wait(&device, INTERRUPT, DEVICE_FLAG, watchdog_ns, patience);
    return patience;
}

static void a_silent_device_is_given_up(void **state)
{
    uint64_t begin = board.now;
    uint64_t end = 0;

    (void)state;
    end = give_up(0);
    assert_int_equal(end - begin, 10 * (uint64_t)FREQUENCY);
    assert_int_equal(board.now, end);
    assert_int_equal(board.waits, 1);
    assert_int_equal(board.sign_count, 0);
    assert_int_equal(board.acknowledged, 0);
}

static void signs_of_life_are_given_until_then(void **state)
{
    uint64_t begin = board.now;
    uint64_t end = 0;

    (void)state;
    end = give_up(2 * SECOND_NS);
    assert_int_equal(board.now, end);
    assert_true(board.latest <= end);
    assert_true(board.sign_count >= 10);
    assert_int_equal(board.signs[0], begin);
    for (unsigned i = 1; i < board.sign_count; i++)
        assert_true(board.signs[i] - board.signs[i - 1] <= (uint64_t)FREQUENCY);
    assert_true(end - board.signs[board.sign_count - 1] <= (uint64_t)FREQUENCY);
}

static void its_interrupt_is_acknowledged_and_others_flags_are_kept(void **state)
{
    uint64_t begin = board.now;

    (void)state;
    board.flags = DEVICE_FLAG | OTHER_FLAG;
    registers[VIRTIO_MMIO_INTERRUPT_STATUS / 4] = 1;
    service_device_wait(&device, INTERRUPT, DEVICE_FLAG, 0, begin + FREQUENCY);
    assert_int_equal(board.now, begin);
    assert_int_equal(board.acknowledged, 1);
    assert_int_equal(registers[VIRTIO_MMIO_INTERRUPT_ACK / 4], 1);
    assert_int_equal(board.kept, OTHER_FLAG);
}

int main(int count, char **argument)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(a_silent_device_is_given_up, setup),
        cmocka_unit_test_setup(signs_of_life_are_given_until_then, setup),
        cmocka_unit_test_setup(its_interrupt_is_acknowledged_and_others_flags_are_kept, setup),
    };

    if (count > 1)
        cmocka_set_test_filter(argument[1]);
    return cmocka_run_group_tests_name("service", tests, NULL, NULL);
}
