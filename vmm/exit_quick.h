/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Loads and stores at devices, and system registers, in as few instructions as they need; everything that abort_exit
 * and sysreg_exit do besides is left to them. Inline, so that the words of the exit stay in registers (serve.c).
 */
#pragma once

#include "board.h"
#include "exit.h"
#include "sysreg.h"

/*
 * ESR_EL2 of a plain access (Arm ARM D17.2.37): a 32-bit instruction, a valid syndrome (ISV); of 32 bits (SAS); not
 * extended by its sign (SSE), not on a table walk (S1PTW).
 */
enum {
    QUICK_SAS = 3 << 22,
    QUICK_SAS_WORD = 2 << 22,
    QUICK_MASK = 1 << 25 | 1 << 24 | QUICK_SAS | 1 << 21 | 1 << 7,
    QUICK_PLAIN = 1 << 25 | 1 << 24 | QUICK_SAS_WORD,
};

/* What the loop has in registers. */
struct exit_tables {
    const struct board_access *devices;    /* board_access */
    const struct sysreg_access *registers; /* sysreg_access */
    uint64_t mask, plain;                  /* QUICK_MASK, QUICK_PLAIN */
};

/* Words 0 to 4 of an exit. */
struct exit_words {
    uint64_t reason, esr, address, value, pc;
};

/*
 * The general registers and, behind x30, pc. What an instruction leaves in the zero register, 31, goes to pc's place,
 * before pc itself.
 */
static inline void exit_complete(struct quoll_vcpu_state *state, uint32_t target, uint64_t value, uint64_t pc)
{
    uint64_t *fields = (uint64_t *)state;

    static_assert(offsetof(struct quoll_vcpu_state, pc) == 31 * sizeof(uint64_t), "pc is behind x30");
    fields[target] = value;
    state->pc = pc + 4;
}

#define EXIT_TABLES                                          \
    {                                                        \
        board_access, sysreg_access, QUICK_MASK, QUICK_PLAIN \
    }

/* An access of `size` bytes, which the syndrome says. False, with nothing changed: not for here. */
static inline __attribute__((always_inline)) bool exit_access(const struct exit_tables *tables, struct vcpu *vcpu,
                                                              struct quoll_vcpu_state *state,
                                                              const struct exit_words *words, uint32_t size)
{
    uint64_t place = BOARD_PLACE(words->address);
    const struct board_access *device = &tables->devices[place];
    uint64_t offset = words->address - device->base;
    uint64_t esr = words->esr;
    uint64_t pc = words->pc;

    if (offset >= device->size || (offset & (size - 1)) != 0 || (state->pstate & PSTATE_AARCH32) != 0)
        return false;
    vcpu->device_count[place]++;
    if ((esr & 1 << 6) != 0) {
        device->write(vcpu, (uint32_t)offset, size, words->value);
        state->pc = pc + 4;
    } else {
        uint64_t value = device->read(vcpu, (uint32_t)offset, size);

        exit_complete(state, esr >> 16 & 0x1f, size == 4 ? (uint32_t)value : value & (UINT64_MAX >> (64 - 8 * size)),
                      pc);
    }
    return true;
}

/* Of another size than 32 bits is rare; it has code of its own. */
static inline __attribute__((always_inline)) bool exit_quick_access(const struct exit_tables *tables, struct vcpu *vcpu,
                                                                    struct quoll_vcpu_state *state,
                                                                    const struct exit_words *words)
{
    uint64_t esr = words->esr;

    if (__builtin_expect((esr & tables->mask) == tables->plain, true))
        return exit_access(tables, vcpu, state, words, 4);
    return ((esr ^ tables->plain) & tables->mask & ~(uint64_t)QUICK_SAS) == 0 &&
           exit_access(tables, vcpu, state, words, 1U << (esr >> 22 & 3));
}

/* A trapped MRS or MSR of a register of the table. False, with nothing changed: not for here. */
static inline __attribute__((always_inline)) bool exit_quick_register(const struct exit_tables *tables,
                                                                      struct vcpu *vcpu, struct quoll_vcpu_state *state,
                                                                      const struct exit_words *words)
{
    const struct sysreg_access *access = sysreg_find(tables->registers, words->esr);
    uint64_t esr = words->esr;
    uint64_t pc = words->pc;
    uint64_t value = 0;

    if (access == NULL)
        return false;
    vcpu->exit_count[QUOLL_EXIT_SYSTEM_REGISTER]++;
    value = access->emulate(vcpu, words->value, pc);
    if ((esr & 1) != 0)
        exit_complete(state, esr >> 5 & 0x1f, value, pc);
    else
        state->pc = pc + 4;
    return true;
}

/* Answer an exit, by its words. False, with nothing changed: not for here. */
static inline __attribute__((always_inline)) bool exit_quick(const struct exit_tables *tables, struct vcpu *vcpu,
                                                             struct quoll_vcpu_state *state, const uint64_t word[8])
{
    const struct exit_words words = {word[0], word[1], word[2], word[3], word[4]};

    if (words.reason == QUOLL_EXIT_ABORT)
        return exit_quick_access(tables, vcpu, state, &words);
    return words.reason == QUOLL_EXIT_SYSTEM_REGISTER && exit_quick_register(tables, vcpu, state, &words);
}
