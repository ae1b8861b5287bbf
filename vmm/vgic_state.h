/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Between vgic.c and vgic_registers.c.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "vgic.h"

/* GICD_CTLR with DS = 1, Arm IHI 0069 12.9.4 */
enum {
    GICD_CTLR_GROUP0 = 1 << 0,
    GICD_CTLR_GROUP1 = 1 << 1,
    GICD_CTLR_ARE = 1 << 4,
    GICD_CTLR_DS = 1 << 6,
};

/* State of an interrupt as `vcpu` sees it; `interrupt` is below VGIC_INTERRUPTS in all of these. */
struct vgic_interrupt *vgic_interrupt(struct vcpu *vcpu, uint32_t interrupt);

/* The vCPU whose kernel record stands for the interrupt. */
struct vcpu *vgic_target(struct vcpu *vcpu, uint32_t interrupt);

/* Whether the kernel may deliver it: enabled, and its group too. */
bool vgic_delivered(const struct vgic_interrupt *interrupt);

/* Stages an update of the kernel's record, or tells it at once outside of an exit. */
void vgic_tell(struct vcpu *vcpu, uint32_t interrupt, uint32_t state, uint32_t mask);

/* The same for enable, group and priority. */
void vgic_tell_configuration(struct vcpu *vcpu, uint32_t interrupt);

/* enum quoll_virtual_interrupt of the kernel's record. */
uint32_t vgic_kernel_state(struct vcpu *vcpu, uint32_t interrupt);
