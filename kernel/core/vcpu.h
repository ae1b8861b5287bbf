/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * A virtual CPU: what a thread has besides when it runs a guest.
 */
#pragma once

#include "abi/vcpu.h"
#include "arch_types.h"
#include "match.h"
#include "object.h"
#include "ordered_set.h"
#include "timer.h"
#include "virtual_interrupt.h"

struct thread;
struct memory;

/* What a trapped load or store was about to do. */
struct vcpu_access {
    bool write;
    uint8_t size;   /* 1, 2, 4 or 8 bytes */
    uint8_t reg;    /* x0..x30, or 31: zero */
    bool sign;      /* a load is extended by its sign */
    bool wide;      /* to 64 bits, otherwise to 32 */
    uint8_t length; /* bytes of the instruction */
};

/* Protection: the vCPU's core. */
struct vcpu {
    struct thread *thread;
    struct arch_vcpu arch;         /* here, where short offsets reach it */
    struct slot exit;              /* portal of the VMM, label as its capability had it */
    struct slot state;             /* memory of the state page */
    struct memory *memory;         /* the same, while the slot names it */
    struct quoll_vcpu_state *page; /* null when the memory is gone */
    uint8_t timer_listed; /* list register of the virtual timer's interrupt, + 1, when it was written as pending */
    struct match_table match;
    struct timer timer;
    struct timer raise_timer;         /* at once, for the flags in `raised` */
    uint64_t raised;                  /* came in with more others than are raised in one go */
    uint32_t virtual_interrupt_base;  /* INTID of flag 0 of the bound notification */
    uint16_t listed;                  /* bit set: that list register holds an interrupt */
    uint16_t list[LIST_REGISTER_MAX]; /* which one */
    struct ordered_set waiting;       /* interrupts that want a list register, the highest priority first */
    unsigned offers_waiting;          /* of them, those that would be written as pending */
    struct virtual_interrupt interrupts[QUOLL_VIRQ_COUNT];
};

/* A data abort: does the match table know the access? Then it is done, and pc behind it. */
bool vcpu_access(struct thread *thread, uint64_t syndrome, uint64_t address, uint64_t value);

/*
 * The guest of `thread` trapped. Decides between the match table and the VMM. `address` is the intermediate physical
 * one, `fault` the virtual one.
 */
void vcpu_exit(struct thread *thread, enum quoll_exit_reason reason, uint64_t syndrome, uint64_t address,
               uint64_t value, uint64_t fault);
/* WFI, with pc behind it. */
void vcpu_wait_for_interrupt(struct thread *thread);

/* Words of the VMM's reply to an exit. The thread is THREAD_READY again. */
void vcpu_reply(struct thread *thread, const uint64_t words[8]);
/*
 * What such a reply says of an interrupt, virtual_interrupt_set's words; mostly that one became pending. One that does
 * not exist is the VMM's mistake; there is nobody left to tell.
 */
void vcpu_reply_interrupt(struct vcpu *vcpu, uint64_t id, uint64_t state, uint64_t mask);

/* Flags, of which there is at least one, came in at the notification that `thread->bound` names. */
void vcpu_raise(struct thread *thread, uint64_t flags);

/* The virtual timer's interrupt: of the resident vCPU (from hardware), or its kernel timer when it is not resident. */
void vcpu_timer_fired(struct vcpu *vcpu);

/*
 * The same, if that makes its thread, which waits for it, run at once (preempt.h), preempting whoever runs, if anybody.
 * The timer is asserted: the hardware's is, and one that was parked is when its time has come. False: nothing has
 * changed.
 */
bool vcpu_timer_wakes(struct core *core, struct vcpu *vcpu, uint64_t now);

/* The maintenance interrupt: list registers have room again. */
void vcpu_maintenance(struct vcpu *vcpu);

/* The world switch tells when the virtual timer leaves the hardware (park: deadline or QUOLL_FOREVER) and is back. */
void vcpu_timer_park(struct vcpu *vcpu, uint64_t deadline);
void vcpu_timer_unpark(struct vcpu *vcpu);

/* Undo what create_vcpu did, but for the match table, which is empty. */
void vcpu_destroy(struct vcpu *vcpu);
/* The state page's memory is gone. */
void vcpu_state_lost(struct vcpu *vcpu);
