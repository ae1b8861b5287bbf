/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Virtual CPUs: exits, the match table, virtual interrupts.
 */
#include "tests/fuzz/model.h"

#include <string.h>

enum {
    TIMER = 27, /* the virtual timer, whose level and pending state are the timer's */
    RAISED_FIRST = 32,
    RAISED_LAST = 192,
    VALUES_MOST = 64,
    MATCH_SURE = 16, /* that many entries fit, whatever their addresses */
};

static struct model_vcpu vcpus[MODEL_VCPUS];

struct model_vcpu *model_new_vcpu(void)
{
    struct model_vcpu *vcpu = &vcpus[model.vcpus++];

    memset(vcpu, 0, sizeof(*vcpu));
    vcpu->page = true;
    vcpu->interrupt[TIMER].level = true;
    return vcpu;
}

void model_state_lost(struct model_object *thread)
{
    thread->thread.vcpu->page = false;
    thread->thread.known = 0;
    if (!thread->thread.faulted)
        model_fault(thread, QUOLL_FAULT_VCPU, 0, 0);
}

void model_vcpu_gone(struct model_object *thread)
{
    struct model_vcpu *vcpu = thread->thread.vcpu;

    if (vcpu->state.object != NULL)
        vcpu->state.object->range.states--;
    model_clear(&vcpu->state);
    model_clear(&vcpu->exit);
    for (unsigned i = 0; i < MODEL_MATCHES; i++)
        model_clear(&vcpu->match[i].notification);
}

/* ---- interrupts */

static bool has_pending(const struct model_interrupt_state *interrupt)
{
    return interrupt->latched || (interrupt->level && interrupt->line);
}

bool model_interrupt_pending(const struct model_object *thread, bool also_active)
{
    for (unsigned i = 0; i < QUOLL_VIRQ_COUNT; i++) {
        const struct model_interrupt_state *interrupt = &thread->thread.vcpu->interrupt[i];

        if (interrupt->enabled && has_pending(interrupt) && (also_active || !interrupt->active))
            return true;
    }
    return false;
}

/* WFI goes on when something is pending. */
static void end_wait(struct model_object *thread)
{
    if (thread->thread.state == WFI && model_interrupt_pending(thread, false))
        thread->thread.state = READY;
}

void model_raise_interrupts(struct model_object *thread, uint64_t flags)
{
    struct model_vcpu *vcpu = thread->thread.vcpu;

    for (unsigned i = 0; i < 64; i++) {
        struct model_interrupt_state *interrupt = &vcpu->interrupt[vcpu->base + i];

        if ((flags >> i & 1) == 0)
            continue;
        if (interrupt->latched)
            vcpu->again |= UINT64_C(1) << i;
        interrupt->latched = true;
    }
    end_wait(thread);
}

bool model_raised_again(struct model_object *thread, unsigned interrupt)
{
    struct model_vcpu *vcpu = thread->thread.vcpu;
    uint64_t flag = UINT64_C(1) << (interrupt - vcpu->base);

    if (vcpu->interrupt[interrupt].latched || (vcpu->again & flag) == 0)
        return false;
    vcpu->again &= ~flag;
    vcpu->interrupt[interrupt].latched = true;
    end_wait(thread);
    return true;
}

static bool set_interrupt(struct model_vcpu *vcpu, uint64_t id, uint64_t state, uint64_t mask)
{
    const uint64_t all = QUOLL_VIRQ_ENABLED | QUOLL_VIRQ_PENDING | QUOLL_VIRQ_ACTIVE | QUOLL_VIRQ_LEVEL |
                         QUOLL_VIRQ_GROUP1 | QUOLL_VIRQ_PRIORITY;
    struct model_interrupt_state *interrupt = NULL;
    bool pending = (state & QUOLL_VIRQ_PENDING) != 0;

    if (id >= QUOLL_VIRQ_COUNT || ((state | mask) & ~all) != 0)
        return false;
    interrupt = &vcpu->interrupt[id];
    if ((mask & QUOLL_VIRQ_ENABLED) != 0)
        interrupt->enabled = (state & QUOLL_VIRQ_ENABLED) != 0;
    if ((mask & QUOLL_VIRQ_ACTIVE) != 0)
        interrupt->active = (state & QUOLL_VIRQ_ACTIVE) != 0;
    if ((mask & QUOLL_VIRQ_GROUP1) != 0)
        interrupt->group1 = (state & QUOLL_VIRQ_GROUP1) != 0;
    interrupt->priority = (unsigned)(((uint64_t)interrupt->priority & ~(mask >> 8)) | (state & mask) >> 8) & 0xff;
    if (id == TIMER)
        return true;
    if ((mask & QUOLL_VIRQ_LEVEL) != 0) {
        interrupt->level = (state & QUOLL_VIRQ_LEVEL) != 0;
        interrupt->line = interrupt->line && interrupt->level;
    }
    if ((mask & QUOLL_VIRQ_PENDING) != 0 && interrupt->level) {
        interrupt->line = pending;
        interrupt->latched = interrupt->latched && pending; /* a flag that was raised goes with the level */
    } else if ((mask & QUOLL_VIRQ_PENDING) != 0) {
        interrupt->latched = pending;
    }
    return true;
}

static bool no_vcpu(struct model_call *call)
{
    model_refuse(call, call->object->thread.vcpu == NULL, QUOLL_BAD_TYPE);
    call->only = call->object->thread.vcpu == NULL;
    return call->only;
}

void model_thread_set_virtual_interrupt(struct model_call *call)
{
    struct model_vcpu scratch;

    if (no_vcpu(call))
        return;
    scratch = *call->object->thread.vcpu;
    model_refuse(call, !set_interrupt(&scratch, call->x[0], call->x[1], call->x[2]), QUOLL_BAD_ARGUMENT);
    if (!call->commit)
        return;
    set_interrupt(call->object->thread.vcpu, call->x[0], call->x[1], call->x[2]);
    end_wait(call->object);
}

void model_thread_get_virtual_interrupt(struct model_call *call)
{
    const struct model_interrupt_state *interrupt = NULL;

    if (no_vcpu(call))
        return;
    model_refuse(call, call->x[0] >= QUOLL_VIRQ_COUNT, QUOLL_BAD_ARGUMENT);
    if (!call->commit)
        return;
    interrupt = &call->object->thread.vcpu->interrupt[call->x[0]];
    model_result(call, 0,
                 (interrupt->enabled ? QUOLL_VIRQ_ENABLED : 0u) | (interrupt->active ? QUOLL_VIRQ_ACTIVE : 0u) |
                     (interrupt->level ? QUOLL_VIRQ_LEVEL : 0u) | (interrupt->group1 ? QUOLL_VIRQ_GROUP1 : 0u) |
                     (has_pending(interrupt) ? QUOLL_VIRQ_PENDING : 0u) | interrupt->priority << 8);
}

void model_thread_bind_virtual_interrupts(struct model_call *call)
{
    struct model_object *notification = call->capability[0]->object;
    struct model_thread *thread = &call->object->thread;

    if (no_vcpu(call))
        return;
    model_refuse(call, call->x[1] < RAISED_FIRST || call->x[1] > RAISED_LAST, QUOLL_BAD_ARGUMENT);
    model_refuse(call,
                 notification->notification.bound != NULL || notification->notification.waiter != NULL ||
                     thread->bound.object != NULL,
                 QUOLL_BUSY);
    model_refuse(call, model_deepest(call->capability[0]), QUOLL_TOO_DEEP);
    if (!call->commit)
        return;
    thread->vcpu->base = call->x[1];
    thread->vcpu->again = 0;
    model_refer(&thread->bound, call->capability[0], 0, call->object, USE_BOUND);
    notification->notification.bound = call->object;
    model_raise(notification, 0);
}

/* ---- registers */

void model_thread_read_vcpu(struct model_call *call)
{
    if (no_vcpu(call))
        return;
    model_refuse(call, model_can_run(call->object), QUOLL_BUSY);
    model_refuse(call, call->x[0] >= QUOLL_VCPU_REGISTER_COUNT, QUOLL_BAD_ARGUMENT);
    if (call->commit)
        model_result(call, 0, call->object->thread.vcpu->reg[call->x[0]]);
}

void model_thread_write_vcpu(struct model_call *call)
{
    if (no_vcpu(call))
        return;
    model_refuse(call, model_can_run(call->object), QUOLL_BUSY);
    model_refuse(call, call->x[0] >= QUOLL_VCPU_REGISTER_COUNT, QUOLL_BAD_ARGUMENT);
    if (call->commit)
        call->object->thread.vcpu->reg[call->x[0]] = call->x[1];
}

/* ---- the match table */

static struct model_match *find_match(struct model_vcpu *vcpu, uint64_t address, uint64_t size)
{
    for (unsigned i = 0; i < MODEL_MATCHES; i++) {
        struct model_match *match = &vcpu->match[i];

        if (match->used && match->address < address + size && address < match->address + match->size)
            return match;
    }
    return NULL;
}

/* Refusals that all entries have; an entry for it when the call is done. */
static struct model_match *enter(struct model_call *call, bool write)
{
    struct model_vcpu *vcpu = call->object->thread.vcpu;
    uint64_t address = call->x[0], size = call->x[1];
    bool wrong = (size != 1 && size != 2 && size != 4 && size != 8) || address % size != 0 ||
                 address > QUOLL_ADDRESS_LIMIT - size;
    unsigned used = 0;

    if (no_vcpu(call))
        return NULL;
    for (unsigned i = 0; i < MODEL_MATCHES; i++)
        used += vcpu->match[i].used;
    model_refuse(call, wrong, QUOLL_BAD_ARGUMENT);
    model_refuse(call, !wrong && find_match(vcpu, address, size) != NULL, QUOLL_OVERLAP);
    model_refuse(call, used == MODEL_MATCHES, QUOLL_NO_SPACE);
    if (used >= MATCH_SURE)
        call->may |= 1u << QUOLL_NO_SPACE;
    for (unsigned i = 0; call->commit && i < MODEL_MATCHES; i++) {
        struct model_match *match = &vcpu->match[i];

        if (match->used)
            continue;
        match->used = true;
        match->write = write;
        match->notify = false;
        match->address = address;
        match->size = size;
        return match;
    }
    return NULL;
}

void model_thread_match_notify(struct model_call *call)
{
    struct model_match *match = NULL;

    if (no_vcpu(call))
        return;
    model_refuse(call, call->x[3] == 0 || call->x[3] > VALUES_MOST, QUOLL_BAD_ARGUMENT);
    model_refuse(call, model_deepest(call->capability[2]), QUOLL_TOO_DEEP);
    match = enter(call, true);
    if (match == NULL)
        return;
    match->notify = true;
    match->value = call->x[3];
    model_refer(&match->notification, call->capability[2], call->capability[2]->label, call->object, USE_MATCH);
}

void model_thread_match_constant(struct model_call *call)
{
    struct model_match *match = enter(call, false);

    if (match != NULL)
        match->value = call->x[2];
}

void model_thread_match_ignore(struct model_call *call)
{
    enter(call, true);
}

void model_thread_match_remove(struct model_call *call)
{
    struct model_match *match = NULL;

    if (no_vcpu(call))
        return;
    match = find_match(call->object->thread.vcpu, call->x[0], 1);
    if (match != NULL && match->address != call->x[0])
        match = NULL;
    model_refuse(call, match == NULL, QUOLL_NOT_FOUND);
    if (!call->commit)
        return;
    model_clear(&match->notification);
    match->used = false;
}

/* ---- exits */

/* Does the table do it? The syndrome is of the fake architecture: size in bits 0..3, write in bit 9. */
static bool match_access(struct model_object *thread, uint64_t syndrome, uint64_t address, uint64_t value)
{
    uint64_t size = syndrome & 15;
    bool write = (syndrome >> 9 & 1) != 0;
    struct model_match *match = find_match(thread->thread.vcpu, address, 1);

    if (match == NULL || match->address != address || match->size != size || match->write != write)
        return false;
    if (size < 8)
        value &= (UINT64_C(1) << 8 * size) - 1;
    if (match->notify && value >= match->value)
        return false;
    if (match->notify)
        model_raise_slot(&match->notification, UINT64_C(1) << value);
    return true;
}

void model_exit(struct model_object *thread, uint64_t reason, uint64_t syndrome, uint64_t address, uint64_t value)
{
    /* The generator's guests have addresses that are virtual and physical. */
    const uint64_t words[8] = {reason, syndrome, address, value, thread->thread.pc, address};

    thread->thread.known = 0;
    if (reason == QUOLL_EXIT_ABORT && match_access(thread, syndrome, address, value))
        return;
    if (!model_send(thread, &thread->thread.vcpu->exit, words, KIND_EXIT))
        model_fault(thread, QUOLL_FAULT_VCPU, address, syndrome);
}

void model_reply_exit(struct model_object *thread, const uint64_t words[8])
{
    if ((words[0] & QUOLL_REPLY_INTERRUPT) != 0)
        set_interrupt(thread->thread.vcpu, words[1], words[2], words[3]);
    if ((words[0] & QUOLL_REPLY_WAIT) != 0 && !model_interrupt_pending(thread, false))
        thread->thread.state = WFI;
    if ((words[0] & QUOLL_REPLY_STOP) != 0)
        thread->thread.suspended = true;
}
