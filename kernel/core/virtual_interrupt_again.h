/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * An interrupt that the guest has had before: its list register still holds it, empty, and is written once more. Where
 * anything else is to be done the answer is false, nothing has changed, and virtual_interrupt.c does it.
 */
#pragma once

#include "arch_vcpu_inline.h"
#include "vcpu.h"

/*
 * One that is enabled became pending: the list register that the guest is done with gets it once more, while nobody
 * waits. What fold, place and list would do, and false when they have to.
 */
static inline bool virtual_interrupt_again(struct vcpu *vcpu, struct virtual_interrupt *interrupt)
{
    if (!interrupt->listed || !interrupt->enabled || vcpu->waiting.first != NULL ||
        !arch_list_register_again(vcpu, interrupt->list_register))
        return false;
    interrupt->active = false;
    interrupt->offered = true;
    return true;
}

/* virtual_interrupt_raise of one flag; there is one at least. */
static inline bool virtual_interrupt_raise_again(struct vcpu *vcpu, uint32_t first, uint64_t flags)
{
    uint32_t id = first + (uint32_t)__builtin_ctzll(flags);
    struct virtual_interrupt *interrupt = &vcpu->interrupts[id % QUOLL_VIRQ_COUNT];

    if ((flags & (flags - 1)) != 0 || id >= QUOLL_VIRQ_COUNT || interrupt->hardware ||
        !virtual_interrupt_again(vcpu, interrupt))
        return false;
    interrupt->latched = true;
    return true;
}

/* virtual_interrupt_timer. */
static inline bool virtual_interrupt_timer_again(struct vcpu *vcpu)
{
    struct virtual_interrupt *timer = &vcpu->interrupts[VIRTUAL_TIMER_INTERRUPT];

    if (!virtual_interrupt_again(vcpu, timer))
        return false;
    timer->line = true;
    vcpu->timer_listed = timer->list_register + 1;
    return true;
}
