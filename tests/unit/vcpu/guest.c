/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "guest.h"

#include <string.h>

struct thread guest_thread;
struct vcpu guest;

void guest_reset(void)
{
    host_reset();
    memset(&guest, 0, sizeof(guest));
    memset(&guest_thread, 0, sizeof(guest_thread));
    guest_thread.core = &cores[0];
    guest_thread.state = THREAD_READY;
    guest_thread.arch.frame = &guest_thread.arch.registers;
    guest_thread.vcpu = &guest;
    list_init(&guest_thread.stalled);
    guest.thread = &guest_thread;
    virtual_interrupt_init(&guest);
}

void guest_configure(unsigned interrupt, unsigned state, unsigned priority)
{
    const unsigned all = QUOLL_VIRQ_ENABLED | QUOLL_VIRQ_PENDING | QUOLL_VIRQ_ACTIVE | QUOLL_VIRQ_LEVEL |
                         QUOLL_VIRQ_GROUP1 | QUOLL_VIRQ_PRIORITY;

    guest_change(interrupt, state | priority << 8, all);
}

void guest_change(unsigned interrupt, unsigned state, unsigned mask)
{
    assert_int_equal(virtual_interrupt_set(&guest, interrupt, state, mask), QUOLL_OK);
}

uint64_t guest_state(unsigned interrupt)
{
    uint64_t state = 0;

    assert_int_equal(virtual_interrupt_get(&guest, interrupt, &state), QUOLL_OK);
    return state;
}

struct host_list_register *guest_listed(unsigned interrupt)
{
    for (unsigned i = 0; i < HOST_LIST_REGISTERS; i++) {
        struct host_list_register *entry = &guest.arch.list_register[i];

        if (entry->interrupt == interrupt && (entry->pending || entry->active))
            return entry;
    }
    return NULL;
}

/* The maintenance interrupt, when its condition holds. */
static void maintain(bool report)
{
    unsigned valid = 0;
    unsigned pending = 0;

    for (unsigned i = 0; i < HOST_LIST_REGISTERS; i++) {
        const struct host_list_register *entry = &guest.arch.list_register[i];

        valid += entry->pending || entry->active ? 1 : 0;
        pending += entry->pending ? 1 : 0;
    }
    if (report || (guest.arch.underflow && (valid <= 1 || (pending == 0 && valid < HOST_LIST_REGISTERS))))
        vcpu_maintenance(&guest);
    /* What was reported is so again at once, while the list register stands as it is. */
    for (unsigned i = 0; i < HOST_LIST_REGISTERS; i++) {
        const struct host_list_register *entry = &guest.arch.list_register[i];

        assert_false(entry->report && !entry->pending && !entry->active);
    }
}

unsigned guest_acknowledge(void)
{
    struct host_list_register *best = NULL;
    unsigned running = 256;

    for (unsigned i = 0; i < HOST_LIST_REGISTERS; i++) {
        struct host_list_register *entry = &guest.arch.list_register[i];

        if (entry->active && entry->priority < running)
            running = entry->priority;
        if (entry->pending && !entry->active && (best == NULL || entry->priority < best->priority))
            best = entry;
    }
    if (best == NULL || best->priority >= running)
        return GUEST_NOTHING;
    best->pending = false;
    best->active = true;

    unsigned interrupt = best->interrupt;

    maintain(false);
    return interrupt;
}

void guest_deactivate(unsigned interrupt)
{
    struct host_list_register *entry = guest_listed(interrupt);

    assert_non_null(entry);
    assert_true(entry->active);
    entry->active = false;
    if (entry->hardware)
        guest.arch.timer_held = false;
    maintain(entry->report && !entry->pending);
}

int main(int count, char **argument)
{
    if (count > 1)
        cmocka_set_test_filter(argument[1]);
    return run_virtual_interrupt_tests() + run_random_tests() + run_match_tests();
}
