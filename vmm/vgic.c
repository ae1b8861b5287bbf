/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * State of interrupts and what the kernel is told of it. The registers are in vgic_registers.c.
 *
 *   guest's configuration --vgic_tell--> staged update of the vCPU --reply of the exit, or vgic_flush--> kernel
 */
#include "vgic.h"

#include "rt/calls.h"
#include "vgic_state.h"
#include "vm.h"

/* ICC_SGI1R_EL1, Arm IHI 0069 12.2.21 */
#define SGI_ALL_OTHERS (UINT64_C(1) << 40)
/* Aff1, Aff2, range selector, Aff3: of every vCPU 0 */
#define SGI_CLUSTER    (UINT64_C(0xff) << 16 | UINT64_C(0xff) << 32 | UINT64_C(0xf) << 44 | UINT64_C(0xff) << 48)

void vgic_reset(struct vgic *vgic)
{
    *vgic = (struct vgic){0};
    for (unsigned cpu = 0; cpu < VGIC_VCPUS; cpu++) {
        vgic->asleep[cpu] = true;
        for (unsigned i = 0; i < 16; i++)
            vgic->private[cpu][i].flags = VGIC_EDGE;
    }
}

struct vgic_interrupt *vgic_interrupt(struct vcpu *vcpu, uint32_t interrupt)
{
    if (interrupt < VGIC_PRIVATE)
        return &vm.vgic.private[vcpu->index][interrupt];
    return &vm.vgic.shared[interrupt - VGIC_PRIVATE];
}

struct vcpu *vgic_target(struct vcpu *vcpu, uint32_t interrupt)
{
    /* One vCPU: whatever a route says, nobody else can take the interrupt. */
    return interrupt < VGIC_PRIVATE ? vcpu : &vm.vcpu[0];
}

static void tell_kernel(struct vcpu *vcpu, uint32_t interrupt, uint32_t state, uint32_t mask)
{
    (void)quoll_thread_set_virtual_interrupt(vcpu->thread, interrupt, state, mask);
}

void vgic_flush(struct vcpu *vcpu)
{
    struct vgic_staged *staged = &vcpu->staged;

    if (staged->reply == 0)
        return;
    staged->reply = 0;
    tell_kernel(vcpu, staged->interrupt, staged->state, staged->mask);
}

static void stage(struct vcpu *vcpu, uint32_t interrupt, uint32_t state, uint32_t mask)
{
    vcpu->staged = (struct vgic_staged){QUOLL_REPLY_INTERRUPT, interrupt, state, mask};
}

/* There is no exit whose reply could take it along, or one that takes another along already. */
static __attribute__((noinline)) void tell_apart(struct vcpu *vcpu, uint32_t interrupt, uint32_t state, uint32_t mask)
{
    if (!vcpu->in_exit) {
        tell_kernel(vcpu, interrupt, state, mask);
        return;
    }
    vgic_flush(vcpu);
    stage(vcpu, interrupt, state, mask);
}

void vgic_tell(struct vcpu *vcpu, uint32_t interrupt, uint32_t state, uint32_t mask)
{
    if (!vcpu->in_exit || vcpu->staged.reply != 0)
        tell_apart(vcpu, interrupt, state, mask);
    else
        stage(vcpu, interrupt, state, mask);
}

bool vgic_delivered(const struct vgic_interrupt *interrupt)
{
    uint32_t group = (interrupt->flags & VGIC_GROUP1) != 0 ? GICD_CTLR_GROUP1 : GICD_CTLR_GROUP0;

    return (interrupt->flags & VGIC_ENABLED) != 0 && (vm.vgic.control & group) != 0;
}

void vgic_tell_configuration(struct vcpu *vcpu, uint32_t number)
{
    const struct vgic_interrupt *interrupt = vgic_interrupt(vcpu, number);
    uint32_t state = (uint32_t)interrupt->priority << 8;

    if (vgic_delivered(interrupt))
        state |= QUOLL_VIRQ_ENABLED;
    if ((interrupt->flags & VGIC_GROUP1) != 0)
        state |= QUOLL_VIRQ_GROUP1;
    vgic_tell(vgic_target(vcpu, number), number, state, QUOLL_VIRQ_ENABLED | QUOLL_VIRQ_GROUP1 | QUOLL_VIRQ_PRIORITY);
}

uint32_t vgic_kernel_state(struct vcpu *vcpu, uint32_t number)
{
    struct vcpu *target = vgic_target(vcpu, number);
    struct quoll_result result = {0};

    vgic_flush(target);
    result = quoll_thread_get_virtual_interrupt(target->thread, number);
    return result.error == QUOLL_OK ? (uint32_t)result.word[0] : 0;
}

void vgic_send_sgi(struct vcpu *vcpu, uint64_t value, bool group1)
{
    uint32_t number = VGIC_SGI_INTID(value);

    for (uint32_t cpu = 0; cpu < VGIC_VCPUS; cpu++) {
        struct vcpu *target = &vm.vcpu[cpu];
        bool named = (value & SGI_ALL_OTHERS) != 0 ? target != vcpu
                                                   : (value & SGI_CLUSTER) == 0 && (value & VGIC_SGI_TARGET(cpu)) != 0;
        bool is_group1 = (vm.vgic.private[cpu][number].flags & VGIC_GROUP1) != 0;

        if (named && is_group1 == group1)
            vgic_tell(target, number, QUOLL_VIRQ_PENDING, QUOLL_VIRQ_PENDING);
    }
}

void vgic_set_line(uint32_t number, bool level)
{
    struct vgic_interrupt *interrupt = &vm.vgic.shared[number - VGIC_PRIVATE];
    bool before = (interrupt->flags & VGIC_LINE) != 0;

    if (level == before)
        return;
    interrupt->flags = (uint8_t)(level ? interrupt->flags | VGIC_LINE : interrupt->flags & ~VGIC_LINE);
    if (level || (interrupt->flags & VGIC_EDGE) == 0)
        vgic_tell(vgic_target(&vm.vcpu[0], number), number, level ? QUOLL_VIRQ_PENDING : 0, QUOLL_VIRQ_PENDING);
}

void vgic_pulse(uint32_t number)
{
    vgic_tell(vgic_target(&vm.vcpu[0], number), number, QUOLL_VIRQ_PENDING, QUOLL_VIRQ_PENDING);
}
