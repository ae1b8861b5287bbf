/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Synchronous exceptions of guests, decoded as far as the VMM's message needs it. References are to the Arm ARM
 * (DDI 0487); syndromes are described with ESR_EL2, D19.2.
 */
#include "calls.h"
#include "guest_cache.h"
#include "id_registers.h"
#include "sysreg.h"
#include "thread.h"
#include "trap.h"
#include "vcpu.h"

enum { IMMEDIATE_SMCCC = 0, IMMEDIATE_CALL = 1, REGISTER_ZERO = 31 };

/* What the VMM is to be told (abi/vcpu.h). */
static const uint64_t *tell(struct core *core, enum quoll_exit_reason reason, uint64_t syndrome, uint64_t address,
                            uint64_t value)
{
    uint64_t *words = core->arch.exit;

    words[0] = reason;
    words[1] = syndrome;
    words[2] = address;
    words[3] = value;
    words[4] = core->current->arch.frame->pc;
    words[5] = 0;
    return words;
}

/* The same of an abort, which met the virtual address `fault`. */
static const uint64_t *tell_abort(struct core *core, enum quoll_exit_reason reason, uint64_t syndrome, uint64_t address,
                                  uint64_t value, uint64_t fault)
{
    (void)tell(core, reason, syndrome, address, value);
    core->arch.exit[5] = fault;
    return core->arch.exit;
}

/* WFx: the instruction is over. */
static void wait_guest(struct thread *thread, uint64_t syndrome)
{
    thread->arch.frame->pc += (syndrome & SYNDROME_IL) != 0 ? 4 : 2;
    if ((syndrome & 3) == 0) /* TI: WFI; WFE and those with a deadline may end at any time */
        vcpu_wait_for_interrupt(thread);
}

static const uint64_t *hypervisor_call(struct core *core, struct thread *thread, uint64_t syndrome)
{
    switch (syndrome_immediate(syndrome)) {
    case IMMEDIATE_SMCCC:
        return tell(core, QUOLL_EXIT_HVC, syndrome, 0, 0);
    case IMMEDIATE_CALL:
        call_dispatch(thread);
        return NULL;
    default:
        return tell(core, QUOLL_EXIT_UNKNOWN, syndrome, 0, 0);
    }
}

/* MRS and MSR: what is written, or what the hardware has where an ID register is read. */
static const uint64_t *system_register(struct core *core, struct thread *thread, uint64_t syndrome)
{
    unsigned target = syndrome >> 5 & 0x1f; /* Rt */
    uint64_t value = 0;

    if (guest_cache_write(thread, syndrome))
        return NULL;
    if ((syndrome & 1) != 0)
        value = id_register((unsigned)syndrome);
    else if (target != REGISTER_ZERO)
        value = thread->arch.frame->x[target];
    return tell(core, QUOLL_EXIT_SYSTEM_REGISTER, syndrome, 0, value);
}

/*
 * The intermediate physical address of an abort. HPFAR_EL2 (D19.2) has it, but for permission faults that are not
 * on a table walk: the stage 1 walk is done again then. The guest may have changed its tables or removed the entry
 * meanwhile (on another vCPU): false, and it shall try again.
 */
static bool abort_address(const struct thread *thread, uint64_t syndrome, uint64_t address, uint64_t *result)
{
    if ((syndrome & FSC_TYPE) != FSC_PERMISSION || (syndrome & SYNDROME_S1PTW) != 0) {
        *result = (SYSREG_READ(hpfar_el2) >> 4 & UINT64_C(0xffffffffff)) << 12 | (address & 0xfff);
        return true;
    }

    uint64_t saved = SYSREG_READ(par_el1); /* D19.2: the guest's own */

    if ((thread->arch.frame->pstate & 0xf) == SPSR_EL0T)
        __asm__ volatile("at s1e0r, %0\n\tisb" ::"r"(address) : "memory"); /* C5.4 */
    else
        __asm__ volatile("at s1e1r, %0\n\tisb" ::"r"(address) : "memory"); /* C5.4 */

    uint64_t answer = SYSREG_READ(par_el1);

    SYSREG_WRITE(par_el1, saved);
    *result = (answer & UINT64_C(0x000ffffffffff000)) | (address & 0xfff);
    return (answer & 1) == 0;
}

/* What a store with a valid syndrome writes, as wide as it is; 0 for loads. */
static uint64_t abort_value(const struct thread *thread, uint64_t syndrome)
{
    unsigned size = 8U << (syndrome >> 22 & 3); /* SAS, in bits */
    unsigned source = syndrome >> 16 & 0x1f;    /* SRT */

    if ((syndrome & SYNDROME_ISV) == 0 || (syndrome & SYNDROME_WRITE) == 0 || source == REGISTER_ZERO)
        return 0;
    return size == 64 ? thread->arch.frame->x[source] : thread->arch.frame->x[source] & ((UINT64_C(1) << size) - 1);
}

static const uint64_t *abort_guest(struct core *core, struct thread *thread, enum quoll_exit_reason reason,
                                   uint64_t syndrome, uint64_t address)
{
    uint64_t type = syndrome & FSC_TYPE;
    uint64_t where = 0;
    uint64_t value = 0;

    if (type != FSC_TRANSLATION && type != FSC_ACCESS_FLAG && type != FSC_PERMISSION && type != FSC_ADDRESS_SIZE)
        return tell_abort(core, QUOLL_EXIT_UNKNOWN, syndrome, 0, 0, address);
    if (!abort_address(thread, syndrome, address, &where))
        return NULL;
    if (reason == QUOLL_EXIT_ABORT) {
        value = abort_value(thread, syndrome);
        if (vcpu_access(thread, syndrome, where, value))
            return NULL;
    }
    return tell_abort(core, reason, syndrome, where, value, address);
}

const uint64_t *trap_guest(struct core *core, struct thread *thread, uint64_t syndrome, uint64_t address)
{
    switch (syndrome_class(syndrome)) {
    case CLASS_WFX:
        wait_guest(thread, syndrome);
        return NULL;
    case CLASS_HVC64:
        return hypervisor_call(core, thread, syndrome);
    case CLASS_SMC64:
        return tell(core, QUOLL_EXIT_SMC, syndrome, 0, 0);
    case CLASS_SYSTEM:
        return system_register(core, thread, syndrome);
    case CLASS_DATA_ABORT:
        return abort_guest(core, thread, QUOLL_EXIT_ABORT, syndrome, address);
    case CLASS_INSTRUCTION_ABORT:
        return abort_guest(core, thread, QUOLL_EXIT_INSTRUCTION_ABORT, syndrome, address);
    default:
        return tell(core, QUOLL_EXIT_UNKNOWN, syndrome, 0, 0);
    }
}
