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
#include "rt/trap.h"
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

/*
 * A write of ICC_SGI1R_EL1 that names its vCPU alone, and an interrupt of group 1 as it says: `word` becomes the reply.
 * False, with nothing changed: not for here.
 */
static inline __attribute__((always_inline)) bool exit_quick_sgi(struct vcpu *vcpu, struct quoll_vcpu_state *state,
                                                                 const struct exit_words *words, uint64_t word[8])
{
    const struct vm *whole = (const struct vm *)vcpu; /* by a register that the loop has */
    uint32_t number = VGIC_SGI_INTID(words->value);

    static_assert(VGIC_VCPUS == 1 && offsetof(struct vm, vcpu) == 0, "a vm begins with the vCPU whose exit it is");
    if ((words->value & ~VGIC_SGI_INTID_MASK) != VGIC_SGI_TARGET(0) ||
        (whole->vgic.private[0][number].flags & VGIC_GROUP1) == 0)
        return false;
    vcpu->exit_count[QUOLL_EXIT_SYSTEM_REGISTER]++;
    state->pc = words->pc + 4;
    word[0] = QUOLL_REPLY_INTERRUPT;
    word[1] = number;
    word[2] = word[3] = QUOLL_VIRQ_PENDING;
    return true;
}

/* A trapped MRS or MSR of a register of the table, apart from that one. */
static inline __attribute__((always_inline)) void exit_quick_register(const struct sysreg_access *access,
                                                                      struct vcpu *vcpu, struct quoll_vcpu_state *state,
                                                                      const struct exit_words *words)
{
    uint64_t esr = words->esr;
    uint64_t pc = words->pc;
    uint64_t value = 0;

    vcpu->exit_count[QUOLL_EXIT_SYSTEM_REGISTER]++;
    value = access->emulate(vcpu, words->value, pc);
    if ((esr & 1) != 0)
        exit_complete(state, esr >> 5 & 0x1f, value, pc);
    else
        state->pc = pc + 4;
}

/*
 * What the guest's access did to an interrupt goes along. With nothing to say of one, the kernel looks at word 0 alone.
 */
static inline __attribute__((always_inline)) void exit_reply(struct vcpu *vcpu, uint64_t word[8])
{
    struct vgic_staged *staged = &vcpu->staged;

    word[0] = staged->reply;
    word[1] = quoll_trap_anything();
    word[2] = quoll_trap_anything();
    word[3] = quoll_trap_anything();
    if (__builtin_expect(word[0] != 0, false)) {
        staged->reply = 0;
        word[1] = staged->interrupt;
        word[2] = staged->state;
        word[3] = staged->mask;
    }
}

/* Answer an exit, by its words, which become the reply's. False, with nothing changed: not for here. */
static inline __attribute__((always_inline)) bool exit_quick(const struct exit_tables *tables, struct vcpu *vcpu,
                                                             struct quoll_vcpu_state *state, uint64_t word[8])
{
    const struct exit_words words = {word[0], word[1], word[2], word[3], word[4]};

    if (words.reason == QUOLL_EXIT_ABORT) {
        if (!exit_quick_access(tables, vcpu, state, &words))
            return false;
    } else {
        const struct sysreg_access *access = sysreg_find(tables->registers, words.esr);

        if (words.reason != QUOLL_EXIT_SYSTEM_REGISTER || access == NULL)
            return false;
        if (__builtin_expect(access->emulate == NULL, true))
            return exit_quick_sgi(vcpu, state, &words, word);
        exit_quick_register(access, vcpu, state, &words);
    }
    exit_reply(vcpu, word);
    return true;
}
