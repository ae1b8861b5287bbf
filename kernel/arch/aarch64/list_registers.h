/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The virtual CPU interface of the GIC as part of a vCPU's state (IHI 0069, 12.4).
 */
#pragma once

struct vcpu;

/* From the CPU into vcpu->arch and off, and the other way round. */
void list_registers_save(struct vcpu *vcpu);
void list_registers_load(const struct vcpu *vcpu);
/* Nobody's interrupts: empty list registers, interface off. */
void list_registers_clear(void);
