/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The distributor and redistributors of a GICv3 with one security state (GICD_CTLR.DS reads as one) and affinity
 * routing always on; Arm IHI 0069, chapter 12. No LPIs, no message-based SPIs, no extended ranges.
 *
 * What the guest configures (enable, group, trigger, priority, route) lives here. What moves while it runs (pending,
 * active) lives in the kernel, which alone composes list registers. The kernel's enable bit is the guest's AND the
 * distributor's enable of the interrupt's group; group and priority are told together with an enable.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "abi/vcpu.h"

struct vcpu;

enum {
    VGIC_VCPUS = 1,
    VGIC_INTERRUPTS = QUOLL_VIRQ_COUNT,
    VGIC_PRIVATE = 32,
    VGIC_SHARED = VGIC_INTERRUPTS - VGIC_PRIVATE
};

enum vgic_flags { VGIC_ENABLED = 1 << 0, VGIC_GROUP1 = 1 << 1, VGIC_EDGE = 1 << 2, VGIC_LINE = 1 << 3 };

struct vgic_interrupt {
    uint8_t flags;
    uint8_t priority;
};

struct vgic {
    uint32_t control; /* group enables of GICD_CTLR */
    bool asleep[VGIC_VCPUS];
    struct vgic_interrupt private[VGIC_VCPUS][VGIC_PRIVATE];
    struct vgic_interrupt shared[VGIC_SHARED];
    uint64_t route[VGIC_SHARED];
};

/* The last update of a virtual interrupt that was not yet told to the kernel. */
struct vgic_staged {
    uint32_t reply; /* QUOLL_REPLY_INTERRUPT; 0: there is none */
    uint32_t interrupt;
    uint32_t state;
    uint32_t mask;
};

void vgic_reset(struct vgic *vgic);

/* Register accesses of size 1, 2, 4 or 8, naturally aligned; what has no register reads as zero and ignores writes. */
uint64_t vgic_distributor_read(struct vcpu *vcpu, uint32_t offset, uint32_t size);
void vgic_distributor_write(struct vcpu *vcpu, uint32_t offset, uint32_t size, uint64_t value);
uint64_t vgic_redistributor_read(struct vcpu *vcpu, uint32_t offset, uint32_t size);
void vgic_redistributor_write(struct vcpu *vcpu, uint32_t offset, uint32_t size, uint64_t value);

/* ICC_SGI1R_EL1, Arm IHI 0069 12.2.21 */
#define VGIC_SGI_INTID_MASK    (UINT64_C(0xf) << 24)
#define VGIC_SGI_INTID(value)  ((uint32_t)((value) >> 24) & 0xf)
#define VGIC_SGI_TARGET(index) (UINT64_C(1) << (index)) /* with zero in the fields above: of Aff3.Aff2.Aff1 0 */

/* A guest's write to ICC_SGI1R_EL1 (group1 true) or ICC_SGI0R_EL1. */
void vgic_send_sgi(struct vcpu *vcpu, uint64_t value, bool group1);

/* The level of a device's interrupt line. */
void vgic_set_line(uint32_t interrupt, bool level);

/* A pulse on the line of an edge-triggered interrupt. */
void vgic_pulse(uint32_t interrupt);

/* Tells the kernel about a staged update now. */
void vgic_flush(struct vcpu *vcpu);
