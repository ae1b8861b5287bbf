/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Lazy FP: core->arch.fp_owner has its registers in the CPU; everybody else's are in arch_thread.fp and CPTR_EL2.TFP
 * traps their use. CPTR_EL2 is D19.2 of the Arm ARM.
 */
#include "fp.h"
#include "core.h"
#include "sysreg.h"
#include "thread.h"

void fp_take(struct core *core, struct thread *thread)
{
    SYSREG_WRITE(cptr_el2, CPTR_OPEN);
    __asm__ volatile("isb" ::: "memory"); /* EL2 traps too while TFP is set */
    if (core->arch.fp_owner == thread)
        return;
    if (core->arch.fp_owner != NULL)
        fp_save(&core->arch.fp_owner->arch.fp);
    fp_load(&thread->arch.fp);
    core->arch.fp_owner = thread;
}
