/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Interrupts as a guest sees them, and the list registers that bring them there.
 */
#pragma once

#include "ordered_set.h"
#include "types.h"

#include "abi/calls.h"
#include "abi/vcpu.h"

struct vcpu;

enum { LIST_REGISTER_MAX = 16 };

/* The INTID of the guest's virtual timer, and how many flags of a notification become interrupts. */
enum { VIRTUAL_TIMER_INTERRUPT = 27, VIRTUAL_INTERRUPT_FLAGS = 64 };

/* A list register, whatever the interrupt controller makes of it. */
struct list_register {
    uint32_t interrupt;
    uint8_t priority;
    bool pending, active;
    bool group1;
    bool hardware; /* the guest's deactivation deactivates the physical interrupt of the same number */
    bool report;   /* a maintenance interrupt when the guest has deactivated it */
};

/*
 * Kernel's truth about one interrupt. While it is `listed`, the guest acknowledges and deactivates it in its list
 * register without our knowledge; virtual_interrupt.c folds that back before it looks at or changes anything here.
 * Deliverable: enabled, and `latched` or (`level` and `line`).
 */
struct virtual_interrupt {
    struct ordered_node waiting; /* in vcpu->waiting by priority: wants a list register and found none */
    bool enabled;
    bool latched; /* an edge, or a notification's flag, that was not acknowledged yet */
    bool line;    /* level of the line; for hardware: the physical interrupt was taken, the guest's is to come */
    bool active;
    bool level;
    bool group1;
    bool hardware; /* the virtual timer */
    bool listed;
    bool offered;     /* while listed: its list register was written as pending */
    bool reported;    /* while listed: its deactivation is a maintenance interrupt, until the register is taken back */
    bool offer_waits; /* while in vcpu->waiting: it would be */
    uint8_t priority;
    uint8_t list_register;
    uint16_t number; /* INTID, once it was set: before that no list register is wanted */
};

void virtual_interrupt_init(struct vcpu *vcpu);

/* Change the fields that `mask` names (enum quoll_virtual_interrupt). QUOLL_BAD_ARGUMENT. */
enum quoll_error virtual_interrupt_set(struct vcpu *vcpu, uint64_t interrupt, uint64_t state, uint64_t mask);
/* QUOLL_BAD_ARGUMENT. */
enum quoll_error virtual_interrupt_get(struct vcpu *vcpu, uint64_t interrupt, uint64_t *state);

/*
 * Flags of the notification whose first flag is interrupt `first`. Raises a few, the lowest, and answers what is left
 * to be raised.
 */
uint64_t virtual_interrupt_raise(struct vcpu *vcpu, uint32_t first, uint64_t flags);

/* Fold everything back, offer lines again that are still up, fill list registers. Bounded by their number. */
void virtual_interrupt_refresh(struct vcpu *vcpu);

/*
 * Is any interrupt deliverable, whether or not the guest masks interrupts? As of the last refresh: the guest must not
 * have run since.
 */
bool virtual_interrupt_pending(struct vcpu *vcpu);

/* The virtual timer's physical interrupt was taken, and is active until the guest's own is deactivated. */
void virtual_interrupt_timer(struct vcpu *vcpu);
/*
 * The guest may have masked or moved its timer since: withdraw what was not acknowledged. Needed before the guest goes
 * on, while interrupts[VIRTUAL_TIMER_INTERRUPT].line.
 */
void virtual_interrupt_timer_check(struct vcpu *vcpu);
/* Must the physical interrupt be active while this vCPU is resident? */
bool virtual_interrupt_timer_held(struct vcpu *vcpu);
