/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Exits of every kind with random contents, biased towards what means something: the VMM stays inside its own memory
 * (the sanitizers look), answers each one, and ends only for reasons that it gives.
 */
#include "fake.h"

#include <string.h>

#include "rt/component.h"
#include "vmm/virtio_console.h"

enum { EXITS = 60000, REMAKE = 2000 };

static uint64_t seed;

static uint64_t number(void)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return seed;
}

static uint64_t one_of(const uint64_t *values, size_t count)
{
    return values[number() % count];
}

static uint64_t address(void)
{
    static const uint64_t bases[] = {BOARD_ROM,    BOARD_FLASH,          BOARD_GICD,  BOARD_GICD + 0x6000,
                                     BOARD_GICR,   BOARD_GICR + 0x10000, BOARD_PL011, BOARD_PL031,
                                     BOARD_VIRTIO, 0x20000000,           BOARD_RAM};

    return number() % 16 == 0 ? number() : one_of(bases, sizeof(bases) / sizeof(bases[0])) + number() % 0x1000;
}

static uint64_t value(void)
{
    static const uint64_t values[] = {0, 1, 2, 3, 4, 7, 15, 16, UINT32_MAX, UINT64_MAX, BOARD_RAM};

    return number() % 2 == 0 ? number() : one_of(values, sizeof(values) / sizeof(values[0]));
}

static uint64_t function(void)
{
    static const uint64_t bases[] = {0x84000000, 0xc4000000, 0x80000000, 0xc6000000};

    return one_of(bases, 4) + number() % 32;
}

static void one_exit(void)
{
    static const uint64_t modes[] = {0, 4, 5, 0x10, 0x1f, UINT64_MAX};
    uint64_t reason = number() % 64 == 0 ? QUOLL_EXIT_IMPRECISE : number() % QUOLL_EXIT_IMPRECISE;
    uint64_t esr = number() & 0x3fffffff;

    fake.calls = 0;
    fake.output_length = 0;
    for (unsigned i = 0; i < 31; i++)
        vm.vcpu[0].state->x[i] = value();
    vm.vcpu[0].state->x[0] = function();
    vm.vcpu[0].state->pstate = one_of(modes, 6);
    vm.vcpu[0].state->pc = value();
    if (reason == QUOLL_EXIT_ABORT && number() % 8 != 0)
        esr = (esr & ~UINT64_C(0x80)) | 1 << 24;
    (void)fake_exit(reason, esr, address(), value());
}

static bool ended(void)
{
    if (setjmp(fake.exit_jump) == 0)
        fake_deadline();
    return fake.exited;
}

static void random_exits(void **state)
{
    static const char *const text = "what somebody types while all of this goes on";

    seed = 0x9e3779b97f4a7c15;
    for (unsigned i = 0; i < EXITS; i++) {
        if (i % REMAKE == 0) {
            /* A reload zeroes all of the RAM: keep it small. */
            (void)fake_setup(state);
            config.firmware.size = number() % 2;
            config.device[VM_CONSOLE].trusted = number() % 2 == 0;
            virtio_console_init(&vm.device[VM_CONSOLE]);
            fake.console_reply[3] = number() % 4 == 0 ? UINT64_MAX : 0;
            config.ram.size = 4 << 20;
        }
        one_exit();
        if (i % 64 == 0) {
            fake.input = text;
            fake.calls = 0;
            fake.now_ns += number() % 5000000000;
            component_notification(COMPONENT_FLAG_INPUT | COMPONENT_FLAG_RESTARTED);
        }
        if (vm.fate == VM_RESETS && i % 32 != 0)
            vm.fate = VM_RUNS;
        if (vm.fate != VM_RUNS) {
            fake.calls = 0;
            if (ended())
                (void)fake_setup(state);
        }
    }
}

int run_fuzz_tests(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(random_exits, fake_setup),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
