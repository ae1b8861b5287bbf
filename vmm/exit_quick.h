/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Loads and stores at devices, in as few instructions as they need; and everything that abort_exit does besides is left
 * to it. Inline, so that the words of the exit stay in registers (serve.c).
 */
#pragma once

#include "board.h"
#include "exit.h"

/* ESR_EL2 of a plain access (Arm ARM D17.2.37): a 32-bit instruction, a valid syndrome, not extended by its sign. */
enum { QUICK_MASK = 1 << 25 | 1 << 24 | 1 << 21 | 1 << 7, QUICK_PLAIN = 1 << 25 | 1 << 24 };

/* Words 0 to 4 of an exit, then words 0 to 3 of the reply. */
struct exit_words {
    uint64_t reason; /* then enum quoll_vcpu_reply */
    uint64_t esr, address, value;
    uint64_t pc;
};

/* Narrower than 32 bits is rare. */
static inline uint64_t exit_narrow(uint64_t value, uint32_t size)
{
    if (__builtin_expect(size == 4, true))
        return (uint32_t)value;
    return value & (UINT64_MAX >> (64 - 8 * size));
}

/* The reply: nothing, but an interrupt that the guest's access changed goes along. */
static inline void exit_reply(struct vcpu *vcpu, struct exit_words *words)
{
    *words = (struct exit_words){0};
    if (__builtin_expect(vcpu->staged.present, false)) {
        vcpu->staged.present = false;
        *words = (struct exit_words){QUOLL_REPLY_INTERRUPT, vcpu->staged.interrupt, vcpu->staged.state,
                                     vcpu->staged.mask, 0};
    }
}

/* Answer an exit. False, with nothing changed, when it is not such an access. */
static inline bool exit_quick(struct vcpu *vcpu, struct exit_words *words)
{
    struct quoll_vcpu_state *state = vcpu->state;
    uint64_t esr = words->esr;
    uint64_t granule = BOARD_GRANULE(words->address);
    uint32_t target = esr >> 16 & 0x1f;
    uint32_t size = 1U << (esr >> 22 & 3);
    const struct board_access *device = NULL;
    uint64_t offset = 0;

    if (words->reason != QUOLL_EXIT_ABORT || (esr & QUICK_MASK) != QUICK_PLAIN || granule >= BOARD_GRANULES)
        return false;
    device = &board_access[board_granules[granule]];
    offset = words->address - device->base;
    if (offset >= device->size || (state->pstate & PSTATE_AARCH32) != 0 || (offset & (size - 1)) != 0)
        return false;
    vm.device_count[board_granules[granule]]++;
    vcpu->in_exit = true;
    state->pc = words->pc + 4;
    if ((esr & 1 << 6) != 0) {
        device->write(vcpu, (uint32_t)offset, size, words->value);
    } else {
        uint64_t value = device->read(vcpu, (uint32_t)offset, size);

        if (target < 31)
            state->x[target] = exit_narrow(value, size);
    }
    exit_reply(vcpu, words);
    return true;
}

/* The same for a trapped MRS or MSR of a register that there is. */
static inline bool exit_quick_register(struct vcpu *vcpu, struct exit_words *words)
{
    uint32_t iss = ESR_ISS(words->esr);
    uint64_t value = words->value;

    if (words->reason != QUOLL_EXIT_SYSTEM_REGISTER)
        return false;
    vcpu->in_exit = true;
    if (!sysreg_emulate(vcpu, iss, words->pc, &value))
        return false;
    vm.exit_count[QUOLL_EXIT_SYSTEM_REGISTER]++;
    if ((iss & 1) != 0)
        vcpu_set_register(vcpu, iss >> 5 & 0x1f, value);
    vcpu->state->pc = words->pc + 4;
    exit_reply(vcpu, words);
    return true;
}
