/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * A guest's virtual timer (Arm ARM D12.2.4). The guest owns CNTV_CTL_EL0 and CNTV_CVAL_EL0. When it fires, the kernel
 * takes its PPI, leaves it active and lists the guest's interrupt with HW=1, so that the guest's deactivation lets the
 * PPI fire again. When the vCPU leaves the CPU, the timer goes into the kernel's timer queue.
 */
#pragma once

#include <stdint.h>

struct vcpu;

/* From the CPU into vcpu->arch and off; the other way round. */
void virtual_timer_save(struct vcpu *vcpu);
void virtual_timer_load(const struct vcpu *vcpu);
/* Off, and its interrupt free to be taken: nobody is resident. */
void virtual_timer_clear(void);

/* When the saved timer will fire, in ticks of the physical counter: perhaps at once, perhaps QUOLL_FOREVER. */
uint64_t virtual_timer_deadline(const struct vcpu *vcpu);

/* CNTV_CTL_EL0, CNTV_CVAL_EL0 and CNTVOFF_EL2, wherever they are. */
uint64_t virtual_timer_read(const struct vcpu *vcpu, unsigned reg);
void virtual_timer_write(struct vcpu *vcpu, unsigned reg, uint64_t value);
