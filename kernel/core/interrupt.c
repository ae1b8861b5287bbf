/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "interrupt.h"

#include "arch.h"
#include "calls.h"
#include "domain.h"
#include "notification.h"
#include "pool.h"

struct interrupt *interrupt_lines[LINE_TABLE];

struct interrupt *interrupt_create(struct pool *pool, uint32_t line)
{
    struct interrupt *interrupt = pool_allocate_object(pool, sizeof(*interrupt), QUOLL_TYPE_INTERRUPT);

    if (interrupt == NULL)
        return NULL;
    interrupt->line = line;
    slot_reference_init(&interrupt->notification, SLOT_LINE);
    if (line < LINE_MAX)
        interrupt_lines[line] = interrupt;
    return interrupt;
}

void interrupt_deliver(struct core *core, uint32_t line)
{
    struct interrupt *interrupt = line < LINE_MAX ? interrupt_lines[line] : NULL;

    (void)core;
    if (interrupt == NULL || interrupt->notification.object == NULL) {
        arch_interrupt_disable(line); /* it was on its way when it was unbound */
        arch_interrupt_complete(line);
        return;
    }
    interrupt->active = true;
    notification_raise_slot(&interrupt->notification, UINT64_MAX);
}

struct thread *interrupt_overtake(struct core *core, uint32_t line)
{
    struct interrupt *interrupt = interrupt_lines[line % LINE_TABLE]; /* none for a line from LINE_MAX on */
    bool chosen = !core->reschedule;
    const struct thread *payer = core->payer;
    struct thread *woken = NULL;

    if (interrupt == NULL || !(chosen || schedule_put_off(core)))
        return NULL;
    woken = interrupt_preempt(core, interrupt);
    core->reschedule = !chosen;
    if (woken == NULL)
        return NULL;
    if (payer->place != PLACE_READY)
        budget_settle(payer->budget); /* who is in no queue any more is not asked for it again */
    schedule_set_timer(core, core->payer_since);
    return woken;
}

/* Let the line be taken again. Deactivating what is not active is not defined, so it is not done. */
static void complete(struct interrupt *interrupt)
{
    if (interrupt->active)
        arch_interrupt_complete(interrupt->line);
    interrupt->active = false;
}

void interrupt_unbound(struct interrupt *interrupt)
{
    arch_interrupt_disable(interrupt->line);
    complete(interrupt);
}

enum progress interrupt_destroy_step(struct interrupt *interrupt)
{
    if (interrupt->line < LINE_MAX) {
        if (interrupt->notification.object != NULL)
            interrupt_unbound(interrupt);
        interrupt_lines[interrupt->line] = NULL;
    }
    slot_clear(&interrupt->notification);
    return PROGRESS_DONE;
}

int pool_call_create_interrupt(struct call *call)
{
    struct pool *pool = container_of(call->object, struct pool, object);
    const struct interrupt *all = container_of(call->capability[1]->object, struct interrupt, object);
    uint64_t line = call->value[2];
    struct interrupt *interrupt = NULL;
    struct slot *slot = NULL;
    enum quoll_error error = domain_empty_slot(call->thread->domain, call->value[0], &slot);

    if (error != QUOLL_OK)
        return error;
    if (all->line != LINE_MAX || line >= LINE_MAX || !arch_interrupt_valid(line))
        return QUOLL_BAD_ARGUMENT;
    if (interrupt_lines[arch_index_nospec(line, LINE_MAX)] != NULL)
        return QUOLL_BUSY;
    interrupt = interrupt_create(pool, (uint32_t)line);
    if (interrupt == NULL)
        return QUOLL_NO_MEMORY;
    slot_set_first(slot, &interrupt->object, 0);
    return QUOLL_OK;
}

int interrupt_call_bind(struct call *call)
{
    struct interrupt *interrupt = container_of(call->object, struct interrupt, object);
    struct slot *notification = call->capability[0];
    enum quoll_error error = notification_check_reference(notification, call->value[1]);

    if (interrupt->line >= LINE_MAX)
        return QUOLL_BAD_STATE;
    if (call->value[2] != QUOLL_TRIGGER_LEVEL && call->value[2] != QUOLL_TRIGGER_EDGE)
        return QUOLL_BAD_ARGUMENT;
    if (error != QUOLL_OK)
        return error;
    notification_refer(&interrupt->notification, notification, call->value[1]);
    arch_interrupt_enable(interrupt->line, (enum quoll_trigger)call->value[2]); /* deactivates it, too */
    interrupt->active = false;
    return QUOLL_OK;
}

int interrupt_call_acknowledge(struct call *call)
{
    struct interrupt *interrupt = container_of(call->object, struct interrupt, object);

    if (interrupt->line >= LINE_MAX || interrupt->notification.object == NULL)
        return QUOLL_BAD_STATE;
    complete(interrupt);
    return QUOLL_OK;
}
