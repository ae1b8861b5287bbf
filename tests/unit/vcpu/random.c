/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Random operations of VMM and guest on a few interrupts, against a model without list registers: whatever the guest
 * acknowledges is the most urgent deliverable interrupt of the model, and nothing is lost or comes twice.
 */
#include "guest.h"

enum { FIRST = 32, COUNT = 12, STEPS = 200000 };

struct model {
    bool enabled, latched, line, active, level;
    unsigned priority;
};

static struct model model[COUNT];
static uint64_t seed;

static unsigned choose(unsigned limit)
{
    seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (unsigned)(seed >> 33) % limit;
}

static bool deliverable(const struct model *m)
{
    return m->enabled && !m->active && (m->latched || (m->level && m->line));
}

static unsigned most_urgent(void)
{
    unsigned best = 256;

    for (unsigned i = 0; i < COUNT; i++)
        if (deliverable(&model[i]) && model[i].priority < best)
            best = model[i].priority;
    return best;
}

static unsigned active_count(unsigned *running)
{
    unsigned count = 0;

    *running = 256;
    for (unsigned i = 0; i < COUNT; i++) {
        if (!model[i].active)
            continue;
        count++;
        if (model[i].priority < *running)
            *running = model[i].priority;
    }
    return count;
}

static void vmm_step(unsigned i)
{
    struct model *m = &model[i];

    switch (choose(5)) {
    case 0:
        m->enabled = choose(4) != 0;
        guest_change(FIRST + i, m->enabled ? QUOLL_VIRQ_ENABLED : 0, QUOLL_VIRQ_ENABLED);
        break;
    case 1:
        m->line = m->level && choose(2) != 0;
        m->latched = m->line ? m->latched : !m->level && choose(2) != 0;
        guest_change(FIRST + i, m->line || m->latched ? QUOLL_VIRQ_PENDING : 0, QUOLL_VIRQ_PENDING);
        break;
    case 2:
        m->latched = true;
        virtual_interrupt_raise(&guest, FIRST, UINT64_C(1) << i);
        break;
    case 3:
        if (m->active)
            break; /* the running priority of the guest would not change with it */
        m->priority = choose(32) * 8;
        guest_change(FIRST + i, m->priority << 8, QUOLL_VIRQ_PRIORITY);
        break;
    default:
        m->level = choose(2) != 0;
        m->line = m->line && m->level;
        guest_change(FIRST + i, m->level ? QUOLL_VIRQ_LEVEL : 0, QUOLL_VIRQ_LEVEL);
        break;
    }
}

/* The guest handles the innermost active interrupt to its end, or acknowledges one. */
static void guest_step(void)
{
    unsigned running = 256;
    unsigned active = active_count(&running);
    unsigned best = most_urgent();
    unsigned interrupt = GUEST_NOTHING;

    if (active > 0 && choose(2) == 0) {
        for (unsigned i = 0; i < COUNT; i++) {
            if (model[i].active && model[i].priority == running) {
                model[i].active = false;
                guest_deactivate(FIRST + i);
                return;
            }
        }
    }
    if (active >= HOST_LIST_REGISTERS)
        return;
    interrupt = guest_acknowledge();
    if (best >= running) {
        assert_int_equal(interrupt, GUEST_NOTHING);
        return;
    }
    assert_in_range(interrupt, FIRST, FIRST + COUNT - 1);
    assert_true(deliverable(&model[interrupt - FIRST]));
    assert_int_equal(model[interrupt - FIRST].priority, best);
    model[interrupt - FIRST].latched = false;
    model[interrupt - FIRST].active = true;
}

static void check_state(unsigned i)
{
    const struct model *m = &model[i];
    unsigned expected = (m->enabled ? QUOLL_VIRQ_ENABLED : 0u) | (m->level ? QUOLL_VIRQ_LEVEL : 0u) |
                        (m->active ? QUOLL_VIRQ_ACTIVE : 0u) | m->priority << 8 |
                        (m->latched || (m->level && m->line) ? QUOLL_VIRQ_PENDING : 0u);

    assert_int_equal(guest_state(FIRST + i), expected);
}

static void guest_and_model_agree(void **state)
{
    (void)state;
    guest_reset();
    seed = 1;
    for (unsigned i = 0; i < COUNT; i++) {
        model[i] = (struct model){.enabled = true, .priority = 0x80};
        guest_configure(FIRST + i, QUOLL_VIRQ_ENABLED, 0x80);
    }
    for (unsigned step = 0; step < STEPS; step++) {
        if (choose(2) == 0)
            vmm_step(choose(COUNT));
        else
            guest_step();
        if (choose(8) == 0)
            virtual_interrupt_refresh(&guest);
        check_state(choose(COUNT));
    }
}

int run_random_tests(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(guest_and_model_agree)};

    return cmocka_run_group_tests_name("virtual interrupts at random", tests, NULL, NULL);
}
