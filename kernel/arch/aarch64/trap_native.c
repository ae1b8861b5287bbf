/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Synchronous exceptions of native threads. Stage 1 is off for them, so FAR_EL2 is the address that stage 2 refused.
 */
#include "calls.h"
#include "domain.h"
#include "thread.h"
#include "trap.h"

enum { CALL_IMMEDIATE = 1 };

static void abort_native(struct thread *thread, enum quoll_fault_reason reason, uint64_t syndrome, uint64_t address)
{
    switch (syndrome & FSC_TYPE) {
    case FSC_TRANSLATION:
    case FSC_ACCESS_FLAG:
    case FSC_PERMISSION:
        domain_memory_fault(thread, ipa(address), reason, syndrome);
        return;
    default:
        if ((syndrome & SYNDROME_FSC) == FSC_ALIGNMENT)
            reason = QUOLL_FAULT_ALIGNMENT;
        thread_fault(thread, reason, address, syndrome);
    }
}

void trap_native(struct core *core, struct thread *thread, uint64_t syndrome, uint64_t address)
{
    (void)core;
    switch (syndrome_class(syndrome)) {
    case CLASS_SVC64:
        if (syndrome_immediate(syndrome) == CALL_IMMEDIATE)
            call_dispatch(thread);
        else
            thread_fault(thread, QUOLL_FAULT_CALL, 0, syndrome);
        break;
    case CLASS_DATA_ABORT:
        abort_native(thread, (syndrome & SYNDROME_WRITE) != 0 ? QUOLL_FAULT_WRITE : QUOLL_FAULT_READ, syndrome,
                     address);
        break;
    case CLASS_INSTRUCTION_ABORT:
        abort_native(thread, QUOLL_FAULT_EXECUTE, syndrome, address);
        break;
    case CLASS_PC_ALIGNMENT:
    case CLASS_SP_ALIGNMENT:
        thread_fault(thread, QUOLL_FAULT_ALIGNMENT, address, syndrome);
        break;
    case CLASS_BREAKPOINT:
    case CLASS_STEP:
    case CLASS_WATCHPOINT:
    case CLASS_BRK64:
        thread_fault(thread, QUOLL_FAULT_BREAKPOINT, thread->arch.frame->pc, syndrome);
        break;
    default:
        thread_fault(thread, QUOLL_FAULT_INSTRUCTION, thread->arch.frame->pc, syndrome);
        break;
    }
}
