/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "vcpu.h"

#include "arch.h"
#include "calls.h"
#include "check.h"
#include "domain.h"
#include "memory.h"
#include "notification.h"
#include "pool.h"
#include "portal.h"
#include "preempt.h"
#include "schedule.h"
#include "thread.h"
#include "trace.h"
#include "virtual_interrupt_again.h"

/* The lowest INTID that a notification may raise, and the highest where its 64 flags still have records. */
enum { RAISED_FIRST = 32, RAISED_LAST = QUOLL_VIRQ_COUNT - VIRTUAL_INTERRUPT_FLAGS };

/* Ticks until more flags are raised: whoever runs meanwhile pays, and shall have the most of that time. */
enum { RAISE_PAUSE = 1024 };

/* Something may have become pending: WFI ends, whether or not the guest masks interrupts. */
static void end_wait(struct vcpu *vcpu)
{
    if (vcpu->thread->state == THREAD_WFI && virtual_interrupt_pending(vcpu))
        thread_wake(vcpu->thread);
}

bool vcpu_access(struct thread *thread, uint64_t syndrome, uint64_t address, uint64_t value)
{
    struct vcpu *vcpu = thread->vcpu;
    struct vcpu_access access = {0};
    uint64_t result = 0;

    trace_exit(thread, QUOLL_EXIT_ABORT, syndrome, address);
    if (!arch_vcpu_access(vcpu, syndrome, &access) || !match_access(vcpu, &access, address, value, &result))
        return false;
    arch_vcpu_complete(vcpu, &access, result);
    return true;
}

/* An interrupt came before the exit was sent: can the guest take it again? Then pc is where it was. */
static bool restart_exit(struct thread *thread, enum quoll_exit_reason reason)
{
    if (reason == QUOLL_EXIT_HVC)
        arch_thread_restart_call(thread);
    return reason != QUOLL_EXIT_UNKNOWN && reason != QUOLL_EXIT_IMPRECISE;
}

void vcpu_exit(struct thread *thread, enum quoll_exit_reason reason, uint64_t syndrome, uint64_t address,
               uint64_t value, uint64_t fault)
{
    struct vcpu *vcpu = thread->vcpu;
    const uint64_t words[8] = {reason, syndrome, address, value, arch_thread_register(thread, QUOLL_REGISTER_PC),
                               fault};
    int answer = QUOLL_OK;

    trace_exit(thread, reason, syndrome, address);
    if (reason == QUOLL_EXIT_ABORT && vcpu_access(thread, syndrome, address, value))
        return;
    do
        answer = portal_send(thread, &vcpu->exit, words, CALL_EXIT);
    while (answer == ANSWER_RESTART && !restart_exit(thread, reason));
    if (answer > QUOLL_OK)
        thread_fault(thread, QUOLL_FAULT_VCPU, address, syndrome);
}

void vcpu_wait_for_interrupt(struct thread *thread)
{
    virtual_interrupt_refresh(thread->vcpu);
    if (virtual_interrupt_pending(thread->vcpu))
        return;
    trace_wfi(thread);
    thread->state = THREAD_WFI;
    schedule_update(thread);
}

void vcpu_reply_interrupt(struct vcpu *vcpu, uint64_t id, uint64_t state, uint64_t mask)
{
    struct virtual_interrupt *interrupt = &vcpu->interrupts[id % QUOLL_VIRQ_COUNT];

    if (id < QUOLL_VIRQ_COUNT && mask == QUOLL_VIRQ_PENDING && state == QUOLL_VIRQ_PENDING && !interrupt->level &&
        vcpu->raised == 0 && virtual_interrupt_again(vcpu, interrupt))
        interrupt->latched = true;
    else
        virtual_interrupt_set(vcpu, id, state, mask);
}

void vcpu_reply(struct thread *thread, const uint64_t words[8])
{
    if ((words[0] & QUOLL_REPLY_INTERRUPT) != 0)
        vcpu_reply_interrupt(thread->vcpu, words[1], words[2], words[3]);
    if ((words[0] & QUOLL_REPLY_WAIT) != 0)
        vcpu_wait_for_interrupt(thread);
    if ((words[0] & QUOLL_REPLY_STOP) != 0) {
        thread->suspended = true;
        schedule_update(thread);
    }
}

void vcpu_raise(struct thread *thread, uint64_t flags)
{
    struct vcpu *vcpu = thread->vcpu;

    if (vcpu->raised != 0 || flags == 0 || !virtual_interrupt_raise_again(vcpu, vcpu->virtual_interrupt_base, flags)) {
        vcpu->raised = virtual_interrupt_raise(vcpu, vcpu->virtual_interrupt_base, vcpu->raised | flags);
        if (vcpu->raised != 0)
            timer_start(thread->core, &vcpu->raise_timer, TIMER_RAISE, arch_counter() + RAISE_PAUSE);
    }
    end_wait(vcpu);
}

void vcpu_timer_fired(struct vcpu *vcpu)
{
    if (!arch_vcpu_timer_asserted(vcpu)) {
        /* Masked or moved between the interrupt and now. A parked timer of that kind was parked anew. */
        arch_vcpu_timer_hold(vcpu, virtual_interrupt_timer_held(vcpu));
        return;
    }
    virtual_interrupt_timer(vcpu);
    end_wait(vcpu);
}

bool vcpu_timer_wakes(struct core *core, struct vcpu *vcpu, uint64_t now)
{
    struct thread *thread = vcpu->thread;
    bool idle = core->payer == NULL;

    if (thread_condition_native(thread) != core->plain + THREAD_WFI || !schedule_can_start(thread, now))
        return false;
    if (idle ? core->reschedule : thread->priority <= schedule_bar(core))
        return false;
    if (!virtual_interrupt_timer_again(vcpu))
        return false;
    if (idle)
        schedule_start(core, thread, now);
    else
        schedule_preempt(core, thread, now);
    return true;
}

void vcpu_maintenance(struct vcpu *vcpu)
{
    virtual_interrupt_refresh(vcpu);
    end_wait(vcpu);
}

void vcpu_timer_park(struct vcpu *vcpu, uint64_t deadline)
{
    /* One that was delivered already is not due again before the guest deactivated it, which it does when resident. */
    if (deadline == QUOLL_FOREVER || virtual_interrupt_timer_held(vcpu))
        timer_stop(vcpu->thread->core, &vcpu->timer);
    else
        timer_start(vcpu->thread->core, &vcpu->timer, TIMER_VCPU, deadline);
}

void vcpu_timer_unpark(struct vcpu *vcpu)
{
    timer_stop(vcpu->thread->core, &vcpu->timer);
}

static void release_state(struct vcpu *vcpu)
{
    if (vcpu->memory != NULL)
        vcpu->memory->states--;
    vcpu->memory = NULL;
    vcpu->page = NULL;
    arch_vcpu_frame(vcpu);
}

void vcpu_destroy(struct vcpu *vcpu)
{
    struct thread *thread = vcpu->thread;

    arch_thread_forget(thread); /* while it is known to be a vCPU */
    timer_stop(thread->core, &vcpu->timer);
    timer_stop(thread->core, &vcpu->raise_timer);
    slot_clear(&vcpu->exit);
    slot_clear(&vcpu->state);
    release_state(vcpu);
    thread->vcpu = NULL;
    pool_free(thread->object.pool, vcpu);
}

void vcpu_state_lost(struct vcpu *vcpu)
{
    release_state(vcpu);
    if (!vcpu->thread->faulted)
        thread_fault(vcpu->thread, QUOLL_FAULT_VCPU, 0, 0);
}

/* The arguments of create_vcpu, but for its destination. */
static enum quoll_error check_create(const struct call *call)
{
    const struct domain *domain = container_of(call->capability[1]->object, struct domain, object);
    const struct memory *memory = container_of(call->capability[2]->object, struct memory, object);
    uint64_t core = call->value[4];
    enum quoll_error error = slot_check_derive(call->capability[2]);

    if (domain->kind != QUOLL_DOMAIN_VM || memory->kind != QUOLL_MEMORY_RAM || memory->size < PAGE_SIZE ||
        core >= CORES_STARTED || cores[core].root_budget == NULL || call->value[5] > call->thread->priority_limit)
        return QUOLL_BAD_ARGUMENT;
    if (!memory_is_leaf(memory))
        return QUOLL_BUSY;
    return error == QUOLL_OK ? slot_check_derive(call->capability[3]) : error;
}

static void init(struct vcpu *vcpu, struct thread *thread, struct slot *state, struct slot *portal)
{
    struct memory *memory = container_of(state->object, struct memory, object);

    vcpu->thread = thread;
    vcpu->page = paddr_pointer(memory->base);
    vcpu->memory = memory;
    memory->states++;
    slot_reference_init(&vcpu->state, SLOT_STATE);
    slot_derive(&vcpu->state, state, 0, 0);
    slot_reference_init(&vcpu->exit, SLOT_EXIT);
    slot_derive(&vcpu->exit, portal, QUOLL_RIGHT_CALL, portal->label);
    virtual_interrupt_init(vcpu);
    thread->vcpu = vcpu;
    thread->is_vcpu = true;
    arch_vcpu_init(vcpu);
    arch_vcpu_frame(vcpu);
}

int pool_call_create_vcpu(struct call *call)
{
    struct pool *pool = container_of(call->object, struct pool, object);
    struct domain *domain = container_of(call->capability[1]->object, struct domain, object);
    uint8_t priority = (uint8_t)call->value[5];
    struct thread *thread = NULL;
    struct vcpu *vcpu = NULL;
    struct slot *slot = NULL;
    enum quoll_error error = domain_empty_slot(call->thread->domain, call->value[0], &slot);

    if (error == QUOLL_OK)
        error = check_create(call);
    if (error != QUOLL_OK)
        return error;
    while (pool_prepare_step(pool, sizeof(*vcpu)) == PROGRESS_MORE)
        if (arch_interrupt_waiting())
            return ANSWER_RESTART;
    vcpu = pool_allocate(pool, sizeof(*vcpu));
    if (vcpu == NULL)
        return QUOLL_NO_MEMORY;
    thread = thread_create(pool, domain, &cores[call->value[4]], priority, priority);
    if (thread == NULL) {
        pool_free(pool, vcpu);
        return QUOLL_NO_MEMORY;
    }

    init(vcpu, thread, call->capability[2], call->capability[3]);
    slot_set_first(slot, &thread->object, 0);
    return QUOLL_OK;
}

/* The vCPU that a call acts on: QUOLL_BAD_TYPE for a native thread, QUOLL_BUSY for one that may be running. */
static enum quoll_error find_vcpu(const struct call *call, bool stopped, struct vcpu **vcpu)
{
    struct thread *thread = container_of(call->object, struct thread, object);

    *vcpu = thread->vcpu;
    if (*vcpu == NULL || arch_fault())
        return QUOLL_BAD_TYPE;
    return stopped && thread_can_run(thread) ? QUOLL_BUSY : QUOLL_OK;
}

int thread_call_read_vcpu(struct call *call)
{
    struct vcpu *vcpu = NULL;
    uint64_t value = 0;
    enum quoll_error error = find_vcpu(call, true, &vcpu);

    if (error != QUOLL_OK)
        return error;
    if (call->value[0] >= QUOLL_VCPU_REGISTER_COUNT || !arch_vcpu_read(vcpu, (unsigned)call->value[0], &value))
        return QUOLL_BAD_ARGUMENT;
    call_result(call, 0, value);
    return QUOLL_OK;
}

int thread_call_write_vcpu(struct call *call)
{
    struct vcpu *vcpu = NULL;
    enum quoll_error error = find_vcpu(call, true, &vcpu);

    if (error != QUOLL_OK)
        return error;
    if (call->value[0] >= QUOLL_VCPU_REGISTER_COUNT || !arch_vcpu_write(vcpu, (unsigned)call->value[0], call->value[1]))
        return QUOLL_BAD_ARGUMENT;
    return QUOLL_OK;
}

int thread_call_set_virtual_interrupt(struct call *call)
{
    struct vcpu *vcpu = NULL;
    enum quoll_error error = find_vcpu(call, false, &vcpu);

    if (error == QUOLL_OK)
        error = virtual_interrupt_set(vcpu, call->value[0], call->value[1], call->value[2]);
    if (error == QUOLL_OK)
        end_wait(vcpu);
    return error;
}

int thread_call_get_virtual_interrupt(struct call *call)
{
    struct vcpu *vcpu = NULL;
    uint64_t state = 0;
    enum quoll_error error = find_vcpu(call, false, &vcpu);

    if (error == QUOLL_OK)
        error = virtual_interrupt_get(vcpu, call->value[0], &state);
    if (error == QUOLL_OK)
        call_result(call, 0, state);
    return error;
}

int thread_call_bind_virtual_interrupts(struct call *call)
{
    struct slot *slot = call->capability[0];
    struct notification *notification = container_of(slot->object, struct notification, object);
    struct vcpu *vcpu = NULL;
    enum quoll_error error = find_vcpu(call, false, &vcpu);

    if (error != QUOLL_OK)
        return error;
    if (call->value[1] < RAISED_FIRST || call->value[1] > RAISED_LAST)
        return QUOLL_BAD_ARGUMENT;
    if (notification->bound != NULL || notification->waiter != NULL || vcpu->thread->bound.object != NULL ||
        vcpu->raised != 0)
        return QUOLL_BUSY;
    error = slot_check_derive(slot);
    if (error != QUOLL_OK)
        return error;
    vcpu->virtual_interrupt_base = (uint32_t)call->value[1];
    slot_derive(&vcpu->thread->bound, slot, 0, 0);
    notification->bound = vcpu->thread;
    if (notification->pending != 0)
        vcpu_raise(vcpu->thread, notification_take(notification));
    return QUOLL_OK;
}
