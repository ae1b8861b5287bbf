/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * A guest's life: start, reboot, power-off, crash, and starts that fail.
 */
#include "fake.h"

#include <string.h>

#include "rt/component.h"
#include "rt/time.h"
#include "vmm/timer.h"

#define HVC ((uint64_t)0x16 << 26 | ESR_IL)

static struct quoll_message firmware(uint32_t function)
{
    vm.vcpu[0].state->x[0] = function;
    return fake_exit(QUOLL_EXIT_HVC, HVC, 0, 0);
}

/* True if the component has left. */
static bool settle(void)
{
    if (setjmp(fake.exit_jump) == 0)
        fake_deadline();
    return fake.exited;
}

static void starts(void **state)
{
    (void)state;
    assert_true(fake.vcpu_started);
    assert_int_equal(vm.vcpu[0].state->pc, BOARD_RAM + 0x200000);
    assert_int_equal(vm.vcpu[0].state->x[0], BOARD_RAM + 0x400000);
    assert_int_equal(vm.vcpu[0].state->pstate, 0x3c5);
    assert_true(fake.vcpu_register[QUOLL_VCPU_VMPIDR_EL2] == 0x80000000);
    assert_int_equal(fake.interrupt[33], QUOLL_VIRQ_LEVEL);
    assert_int_equal(fake.interrupt[3], 0);
    assert_int_equal(fake.detached, 1); /* whatever an earlier VMM left with serial */
}

static void power_off(void **state)
{
    (void)state;
    assert_int_equal(firmware(0x84000008).word[0], QUOLL_REPLY_STOP);
    assert_false(fake.exited);
    assert_true(settle());
    assert_int_equal(fake.exit_status, 0);
    assert_non_null(strstr(fake.output, "linux stops: it powered off"));
    assert_non_null(strstr(fake.output, "exits: hvc"));
}

/* While the guest runs, by vCPU, reason and device; not counted as lines about the guest, and what was counted stays.
 */
static void exits_on_demand(void **state)
{
    (void)state;
    (void)fake_load(BOARD_GICR + 0x10080, 4);
    (void)fake_load(BOARD_PL011 + 0x30, 4);
    (void)fake_load(BOARD_PL011 + 0x30, 1);
    (void)firmware(0x84000000);
    fake.output_length = 0;
    memset(fake.output, 0, sizeof(fake.output));
    for (unsigned i = 0; i < 20; i++) {
        fake.output_length = 0;
        component_notification(COMPONENT_FLAG_REPORT);
    }
    assert_non_null(strstr(fake.output, "vmm: vCPU 0 has left linux:\n"
                                        "vmm:          3 exits: data abort\n"
                                        "vmm:          1 exits: instruction abort\n"
                                        "vmm:          1 exits: hvc\n"
                                        "vmm:          2 of them at pl011\n"
                                        "vmm:          1 of them at redistributor, second frame\n"));
    assert_int_equal(vm.fate, VM_RUNS);
    assert_null(strstr(fake.output, "no more lines"));
}

static void reboot(void **state)
{
    (void)state;
    fake_store(BOARD_GICD, 4, 2);
    fake_store(BOARD_PL011 + 0x38, 4, 0x30);
    fake_store(BOARD_PL031 + 8, 4, 1000);
    fake_ram[FAKE_RAM - 1] = 1;
    assert_int_equal(firmware(0x84000009).word[0], QUOLL_REPLY_STOP);
    assert_false(settle());
    assert_int_equal(fake_ram[FAKE_RAM - 1], 1);
    (void)fake_exit(QUOLL_EXIT_INSTRUCTION_ABORT, 0, BOARD_NOTHING, 0);
    assert_int_equal(fake_count(QUOLL_CALL_any_destroy), 1);
    assert_true(fake.vcpu_started);
    assert_int_equal(fake_ram[FAKE_RAM - 1], 0);
    assert_int_equal(vm.fate, VM_RUNS);
    assert_int_equal(vm.vgic.control, 0);
    assert_int_equal(vm.pl011.mask, 0);
    assert_int_equal(vm.vcpu[0].state->pc, BOARD_RAM + 0x200000);
    assert_int_equal(fake_count(QUOLL_CALL_pool_create_domain), 0);
    assert_int_equal(fake_load(BOARD_PL031, 4), 1000);
    assert_non_null(strstr(fake.output, "starts again"));
}

static void reboot_again_and_again(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 5; i++) {
        fake.calls = 0;
        assert_int_equal(firmware(0x84000009).word[0], QUOLL_REPLY_STOP);
        assert_false(settle());
    }
    assert_true(fake.vcpu_started);
}

static void reboot_that_fails(void **state)
{
    (void)state;
    fake.fail_call = QUOLL_CALL_pool_create_vcpu;
    fake.fail_error = QUOLL_NO_MEMORY;
    (void)firmware(0x84000009);
    assert_true(settle());
    assert_non_null(strstr(fake.output, "cannot create the vCPU"));
}

static void system_error(void **state)
{
    (void)state;
    assert_int_equal(fake_exit(QUOLL_EXIT_IMPRECISE, 0, 0, 0).word[0], QUOLL_REPLY_STOP);
    assert_true(settle());
}

static void unknown_reason(void **state)
{
    (void)state;
    assert_int_equal(fake_exit(UINT64_MAX, 0, 0, 0).word[0], QUOLL_REPLY_STOP);
    assert_true(settle());
}

static void cpu_off(void **state)
{
    (void)state;
    assert_int_equal(firmware(0x84000002).word[0], QUOLL_REPLY_STOP);
    assert_true(settle());
}

static void starts_that_fail(void **state)
{
    static const unsigned calls[] = {
        QUOLL_CALL_pool_create_domain,
        QUOLL_CALL_domain_map,
        QUOLL_CALL_pool_create_vcpu,
        QUOLL_CALL_thread_set_budget,
        QUOLL_CALL_thread_bind_virtual_interrupts,
        QUOLL_CALL_thread_set_virtual_interrupt,
        QUOLL_CALL_thread_write_vcpu,
        QUOLL_CALL_thread_start,
    };

    for (unsigned i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
        (void)fake_setup(state);
        fake.fail_call = calls[i];
        fake.fail_error = QUOLL_NO_MEMORY;
        if (setjmp(fake.exit_jump) == 0)
            component_start();
        assert_true(fake.exited);
        assert_int_equal(fake.exit_status, 1);
        assert_non_null(strstr(fake.output, "cannot "));
    }
}

static void load_that_fails(void **state)
{
    (void)state;
    (void)firmware(0x84000009);
    assert_false(settle());
    fake_kernel[56] = 0;
    assert_int_equal(fake_exit(QUOLL_EXIT_INSTRUCTION_ABORT, 0, BOARD_NOTHING, 0).word[0], QUOLL_REPLY_STOP);
    assert_true(settle());
    assert_non_null(strstr(fake.output, "could not be loaded"));
}

static void log_has_an_end(void **state)
{
    (void)state;
    for (uint64_t i = 0; i < 1000; i++) {
        fake.calls = 0;
        (void)fake_load(0x20000000 + (i << 12), 4);
    }
    assert_true(fake.output_length < 8000);
    assert_non_null(strstr(fake.output, "no more lines"));
}

/* Every half of what the description allows, whatever else it waits for, also while nothing happens. */
static void shows_that_it_lives(void **state)
{
    unsigned kicks = 0;

    (void)state;
    config.watchdog_ns = UINT64_C(2000000000);
    fake.now_ns += config.watchdog_ns;
    kicks = fake.kicks;
    timer_start();
    assert_int_equal(fake.kicks, kicks + 1);
    for (unsigned i = 2; i < 5; i++) {
        uint64_t before = fake.now_ns;

        fake_deadline();
        assert_int_equal(fake.now_ns, before + config.watchdog_ns / 2);
        assert_int_equal(fake.kicks, kicks + i);
    }
    timer_after(1600);
    assert_int_equal(fake.deadline, time_ns_to_ticks(fake.now_ns + 1600));
    fake_deadline();
    assert_int_equal(fake.kicks, kicks + 4);
    assert_int_equal(fake.deadline, time_ns_to_ticks(fake.now_ns - 1600 + config.watchdog_ns / 2));
    config.watchdog_ns = 0;
}

int run_life_tests(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(starts, fake_setup),
        cmocka_unit_test_setup(power_off, fake_setup),
        cmocka_unit_test_setup(exits_on_demand, fake_setup),
        cmocka_unit_test_setup(reboot, fake_setup),
        cmocka_unit_test_setup(reboot_again_and_again, fake_setup),
        cmocka_unit_test_setup(reboot_that_fails, fake_setup),
        cmocka_unit_test_setup(system_error, fake_setup),
        cmocka_unit_test_setup(unknown_reason, fake_setup),
        cmocka_unit_test_setup(cpu_off, fake_setup),
        cmocka_unit_test_setup(starts_that_fail, fake_setup),
        cmocka_unit_test_setup(load_that_fails, fake_setup),
        cmocka_unit_test_setup(log_has_an_end, fake_setup),
        cmocka_unit_test_setup(shows_that_it_lives, fake_setup),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
