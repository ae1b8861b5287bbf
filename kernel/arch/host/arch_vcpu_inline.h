/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * List registers, for kernel/core/virtual_interrupt.c.
 */
#pragma once

#include "vcpu.h"

static inline bool arch_vcpu_resumes(const struct vcpu *vcpu)
{
    (void)vcpu;
    return true;
}

unsigned arch_list_register_count(void);
struct list_register arch_list_register_read(struct vcpu *vcpu, unsigned index);
void arch_list_register_write(struct vcpu *vcpu, unsigned index, struct list_register value);
bool arch_list_register_again(struct vcpu *vcpu, unsigned index);
