/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "guest.h"

#include <assert.h>
#include <stddef.h>

#include "rt/component.h"

static_assert(offsetof(struct quoll_vcpu_state, pc) == STATE_PC, "programs.S moves it on");

enum { EL1H_MASKED = 0x3c5 };
#define RTC_PHYSICAL  UINT64_C(0x09010000)
#define STATE_OFFSET  UINT64_C(0x1f0000) /* of the state pages, in the tests' RAM and in the window */
#define STATE_ADDRESS UINT64_C(0x30000)  /* in the VMM */

volatile struct quoll_vcpu_state *guest_state(unsigned n)
{
    return (volatile struct quoll_vcpu_state *)(uintptr_t)(TEST_WINDOW + STATE_OFFSET + n * TEST_PAGE);
}

void guest_make_vmm(void)
{
    side_make(VMM, SIDE_PRIORITY);
    side_make_portal(VMM);
    side_set_call(VMM, CALL_REPLY_WAIT, 0);
    for (unsigned i = 0; i < 8; i++)
        side_block(VMM)->x[i] = 0;
    side_block(VMM)->state = STATE_ADDRESS;
    side_start_server(VMM, program_vmm);
}

void guest_make(unsigned n, uint8_t priority)
{
    const uint32_t thread = side_capability(n, SIDE_THREAD);
    const uint32_t state = side_capability(n, SIDE_STATE);
    const uint32_t vmm = side_capability(VMM, SIDE_DOMAIN_OF);

    side_make_domain(TEST_POOL, n, QUOLL_DOMAIN_VM);
    EXPECT_OK(quoll_pool_create_memory(TEST_POOL, state, test_ram, test_ram_offset + STATE_OFFSET + n * TEST_PAGE,
                                       TEST_PAGE));
    EXPECT_OK(quoll_domain_map(BOOT_CAP_DOMAIN, state, TEST_POOL, (uintptr_t)guest_state(n), 0, TEST_PAGE,
                               QUOLL_MAP_READ | QUOLL_MAP_WRITE));
    EXPECT_OK(quoll_domain_map(vmm, state, TEST_POOL, STATE_ADDRESS + n * TEST_PAGE, 0, TEST_PAGE,
                               QUOLL_MAP_READ | QUOLL_MAP_WRITE));
    EXPECT_OK(quoll_pool_create_vcpu(TEST_POOL, thread, side_capability(n, SIDE_DOMAIN_OF), state,
                                     side_capability(VMM, SIDE_PORTAL), 0, priority));
    EXPECT_OK(quoll_thread_set_supervisor(thread, TEST_FAULTS, 1, thread));
    EXPECT_OK(
        quoll_thread_write_vcpu(thread, QUOLL_VCPU_VBAR_EL1, CODE_ADDRESS + (uint64_t)(guest_vectors - programs)));
    side_make_budget(TEST_POOL, n, SIDE_TIME);
    side_block(VMM)->state = STATE_ADDRESS + n * TEST_PAGE;
    side_block(n)->rounds = ROUNDS;
}

void guest_enable(unsigned n, unsigned interrupt)
{
    EXPECT_OK(quoll_thread_set_virtual_interrupt(side_capability(n, SIDE_THREAD), interrupt,
                                                 QUOLL_VIRQ_ENABLED | QUOLL_VIRQ_GROUP1 | 0x80 << 8,
                                                 QUOLL_VIRQ_ENABLED | QUOLL_VIRQ_GROUP1 | QUOLL_VIRQ_PRIORITY));
}

void guest_make_bell(unsigned n, unsigned interrupt)
{
    side_make_bell(n, false);
    guest_enable(n, interrupt);
    EXPECT_OK(quoll_thread_bind_virtual_interrupts(side_capability(n, SIDE_THREAD), side_capability(n, SIDE_BELL),
                                                   interrupt));
}

void guest_start(unsigned n, const char *program)
{
    guest_state(n)->x[0] = DATA_ADDRESS;
    guest_state(n)->pc = CODE_ADDRESS + (uint64_t)(program - programs);
    guest_state(n)->pstate = EL1H_MASKED;
    EXPECT_OK(quoll_thread_start(side_capability(n, SIDE_THREAD), 0, 0, 0));
}

void map_rtc(uint32_t domain)
{
    for (uint32_t i = 0; i < runtime_argument[1]; i++)
        if (quoll_memory_address(BOOT_CAP_DEVICE + i).word[0] == RTC_PHYSICAL)
            EXPECT_OK(quoll_domain_map(domain, BOOT_CAP_DEVICE + i, TEST_POOL, RTC_ADDRESS, 0, TEST_PAGE,
                                       QUOLL_MAP_READ | QUOLL_MAP_WRITE));
}
