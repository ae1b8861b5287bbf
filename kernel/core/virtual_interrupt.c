/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 *            settle                    fill
 *   record  -------->  vcpu->waiting  ------>  list register  --->  guest acknowledges, deactivates
 *      ^                                            |
 *      +--------------------------------------------+
 *                     fold, unlist
 *
 * Invariant behind every function of the header: who wants a list register has one or is in `waiting`; nobody waits
 * while a register is free, and nobody waits who has a higher priority than one that is listed and not active yet.
 * What the guest did meanwhile (registers that became free) is made up for by virtual_interrupt_refresh, for which a
 * maintenance interrupt asks. Active interrupts keep their registers: with as many active as there are registers (a
 * guest that drops priorities early, EOImode 1, or nests that deep), the next one comes after a deactivation.
 */
#include "virtual_interrupt.h"

#include "arch.h"
#include "arch_vcpu_inline.h"
#include "check.h"
#include "virtual_interrupt_again.h"

enum {
    VIRQ_FIELDS = QUOLL_VIRQ_ENABLED | QUOLL_VIRQ_PENDING | QUOLL_VIRQ_ACTIVE | QUOLL_VIRQ_LEVEL | QUOLL_VIRQ_GROUP1 |
                  QUOLL_VIRQ_PRIORITY,
    RAISE_BATCH = 4, /* interrupts raised in one go, at most */
};

static bool has_pending(const struct virtual_interrupt *interrupt)
{
    return interrupt->latched || (interrupt->level && interrupt->line);
}

/*
 * Would a list register say "pending"? A level interrupt that is active is offered again after its deactivation, which
 * is reported: by then its line may be down. Hardware interrupts cannot be active and pending at all (Arm GIC
 * architecture specification, ICH_LR<n>_EL2.State).
 */
static bool wants_offer(const struct virtual_interrupt *interrupt)
{
    return interrupt->enabled && has_pending(interrupt) && !(interrupt->level && interrupt->active);
}

static bool wants_list_register(const struct virtual_interrupt *interrupt)
{
    return interrupt->active || wants_offer(interrupt);
}

/* Learn what the guest did with the list register. */
static void fold(struct vcpu *vcpu, struct virtual_interrupt *interrupt)
{
    struct list_register state = {0};

    if (!interrupt->listed)
        return;
    state = arch_list_register_read(vcpu, interrupt->list_register);
    if (interrupt->offered && !state.pending) {
        interrupt->offered = false;
        interrupt->latched = false;
        if (interrupt->hardware)
            interrupt->line = false;
    }
    interrupt->active = state.active;
}

static void write_list_register(struct vcpu *vcpu, struct virtual_interrupt *interrupt)
{
    struct list_register value = {
        .interrupt = interrupt->number,
        .priority = interrupt->priority,
        .pending = wants_offer(interrupt),
        .active = interrupt->active,
        .group1 = interrupt->group1,
        .hardware = interrupt->hardware,
        .report = (interrupt->level || vcpu->waiting.first != NULL) && !interrupt->hardware,
    };

    interrupt->offered = value.pending;
    interrupt->reported = value.report;
    if (interrupt->hardware)
        vcpu->timer_listed = value.pending ? interrupt->list_register + 1 : 0;
    arch_list_register_write(vcpu, interrupt->list_register, value);
}

static void list(struct vcpu *vcpu, struct virtual_interrupt *interrupt, unsigned index)
{
    interrupt->listed = true;
    interrupt->list_register = (uint8_t)index;
    vcpu->listed |= (uint16_t)(1u << index);
    vcpu->list[index] = interrupt->number;
    write_list_register(vcpu, interrupt);
}

/* Its list register is to be cleared, or written for another. */
static void leave_list_register(struct vcpu *vcpu, struct virtual_interrupt *interrupt)
{
    interrupt->listed = false;
    interrupt->offered = false;
    if (interrupt->hardware)
        vcpu->timer_listed = 0;
}

static void unlist(struct vcpu *vcpu, struct virtual_interrupt *interrupt)
{
    leave_list_register(vcpu, interrupt);
    vcpu->listed &= (uint16_t) ~(1u << interrupt->list_register);
    arch_list_register_write(vcpu, interrupt->list_register, (struct list_register){0});
}

static void wait_begin(struct vcpu *vcpu, struct virtual_interrupt *interrupt)
{
    interrupt->offer_waits = wants_offer(interrupt);
    vcpu->offers_waiting += interrupt->offer_waits;
    ordered_insert(&vcpu->waiting, &interrupt->waiting, interrupt->priority);
}

static void wait_end(struct vcpu *vcpu, struct virtual_interrupt *interrupt)
{
    vcpu->offers_waiting -= interrupt->offer_waits;
    ordered_remove(&vcpu->waiting, &interrupt->waiting);
}

/* A folded record changed: bring its list register in line, or put it among the waiting. `fill` has to follow. */
static void settle(struct vcpu *vcpu, struct virtual_interrupt *interrupt)
{
    if (interrupt->listed && interrupt->active)
        write_list_register(vcpu, interrupt);
    else if (interrupt->listed)
        unlist(vcpu, interrupt);
    if (ordered_linked(&interrupt->waiting))
        wait_end(vcpu, interrupt);
    if (!interrupt->listed && wants_list_register(interrupt))
        wait_begin(vcpu, interrupt);
}

/* The interrupt of the lowest list register whose bit is set in *listed, which is cleared. */
static struct virtual_interrupt *next_listed(struct vcpu *vcpu, unsigned *listed)
{
    unsigned index = (unsigned)__builtin_ctz(*listed);

    *listed &= *listed - 1;
    return &vcpu->interrupts[vcpu->list[index]];
}

/*
 * Take back the list registers that the guest is done with, if somebody else wants one or the hardware goes on to
 * report it: otherwise they wait for the same interrupt once more (virtual_interrupt_again.h). Bound:
 * LIST_REGISTER_MAX.
 */
static void reclaim(struct vcpu *vcpu)
{
    bool wanted = vcpu->waiting.first != NULL;

    for (unsigned listed = vcpu->listed; listed != 0;) {
        struct virtual_interrupt *interrupt = next_listed(vcpu, &listed);

        fold(vcpu, interrupt);
        if (!interrupt->active && !interrupt->offered && (wanted || interrupt->reported || wants_offer(interrupt)))
            settle(vcpu, interrupt);
    }
}

/* A free list register, or one that does not exist. */
static unsigned free_list_register(const struct vcpu *vcpu)
{
    return (unsigned)__builtin_ctz(~(unsigned)vcpu->listed);
}

/*
 * While nobody waits, what settle and fill would do to one folded record, without a detour: it keeps its list register
 * or takes a free one. False when it is neither, or no register is free; then settle and fill have to follow.
 */
static bool place(struct vcpu *vcpu, struct virtual_interrupt *interrupt)
{
    unsigned index = interrupt->listed ? interrupt->list_register : free_list_register(vcpu);

    if (vcpu->waiting.first != NULL || !wants_list_register(interrupt) || index >= arch_list_register_count())
        return false;
    list(vcpu, interrupt, index);
    return true;
}

/* The listed interrupt of the lowest priority among those that are not active; null when none is below `priority`. */
static struct virtual_interrupt *find_victim(struct vcpu *vcpu, unsigned priority)
{
    struct virtual_interrupt *victim = NULL;

    for (unsigned listed = vcpu->listed; listed != 0;) {
        struct virtual_interrupt *interrupt = next_listed(vcpu, &listed);

        if (!interrupt->active && interrupt->priority > priority) {
            victim = interrupt;
            priority = interrupt->priority;
        }
    }
    return victim;
}

/* Active interrupts keep others waiting: learn of each deactivation. Bound: LIST_REGISTER_MAX. */
static void watch_active(struct vcpu *vcpu)
{
    for (unsigned listed = vcpu->listed; listed != 0;) {
        struct virtual_interrupt *interrupt = next_listed(vcpu, &listed);

        if (interrupt->active)
            write_list_register(vcpu, interrupt);
    }
}

/*
 * Give list registers to the waiting. Bound: reclaim frees each register once, and every one taken from a victim goes
 * to a higher priority than all that wait then, so each changes hands at most twice.
 */
static void fill(struct vcpu *vcpu)
{
    bool reclaimed = false;

    while (vcpu->waiting.first != NULL) {
        struct virtual_interrupt *first = container_of(vcpu->waiting.first, struct virtual_interrupt, waiting);
        unsigned index = free_list_register(vcpu);

        if (index >= arch_list_register_count() && !reclaimed) {
            reclaim(vcpu);
            reclaimed = true;
            continue; /* somebody else may be first now */
        }
        if (index >= arch_list_register_count()) {
            struct virtual_interrupt *victim = find_victim(vcpu, first->priority);

            if (victim == NULL) {
                watch_active(vcpu);
                break;
            }
            index = victim->list_register;
            leave_list_register(vcpu, victim); /* pending, it has to wait */
            wait_begin(vcpu, victim);
        }
        wait_end(vcpu, first);
        list(vcpu, first, index);
    }
    arch_list_register_underflow(vcpu, vcpu->waiting.first != NULL);
}

/* A folded record changed. */
static void update(struct vcpu *vcpu, struct virtual_interrupt *interrupt)
{
    if (place(vcpu, interrupt))
        return;
    settle(vcpu, interrupt);
    fill(vcpu);
}

/* The flag of a folded record came in and is still to be raised: it is now. */
static bool take_raised(struct vcpu *vcpu, struct virtual_interrupt *interrupt, uint64_t id)
{
    uint64_t flag = id - vcpu->virtual_interrupt_base;

    if (flag >= VIRTUAL_INTERRUPT_FLAGS || (vcpu->raised >> flag & 1) == 0)
        return false;
    vcpu->raised &= ~(UINT64_C(1) << flag);
    interrupt->latched = true;
    return true;
}

void virtual_interrupt_init(struct vcpu *vcpu)
{
    struct virtual_interrupt *timer = &vcpu->interrupts[VIRTUAL_TIMER_INTERRUPT];

    timer->hardware = true;
    timer->level = true;
    timer->number = VIRTUAL_TIMER_INTERRUPT;
}

/* An edge, or a flag. False: settle and fill have to follow. */
static bool latch(struct vcpu *vcpu, struct virtual_interrupt *interrupt)
{
    bool listed = virtual_interrupt_again(vcpu, interrupt);

    if (!listed)
        fold(vcpu, interrupt);
    interrupt->latched = true;
    return listed || place(vcpu, interrupt);
}

enum quoll_error virtual_interrupt_set(struct vcpu *vcpu, uint64_t id, uint64_t state, uint64_t mask)
{
    struct virtual_interrupt *interrupt = NULL;

    if (id >= QUOLL_VIRQ_COUNT || ((state | mask) & ~(uint64_t)VIRQ_FIELDS) != 0)
        return QUOLL_BAD_ARGUMENT;
    interrupt = &vcpu->interrupts[arch_index_nospec(id, QUOLL_VIRQ_COUNT)];
    if (mask == QUOLL_VIRQ_PENDING && (state & QUOLL_VIRQ_PENDING) != 0 && !interrupt->level && vcpu->raised == 0) {
        if (!latch(vcpu, interrupt))
            update(vcpu, interrupt);
        return QUOLL_OK;
    }
    interrupt->number = (uint16_t)id;
    fold(vcpu, interrupt);
    take_raised(vcpu, interrupt, id);
    if ((mask & QUOLL_VIRQ_ENABLED) != 0)
        interrupt->enabled = (state & QUOLL_VIRQ_ENABLED) != 0;
    if ((mask & QUOLL_VIRQ_ACTIVE) != 0)
        interrupt->active = (state & QUOLL_VIRQ_ACTIVE) != 0;
    if ((mask & QUOLL_VIRQ_GROUP1) != 0)
        interrupt->group1 = (state & QUOLL_VIRQ_GROUP1) != 0;
    interrupt->priority = (uint8_t)(((interrupt->priority & ~(mask >> 8)) | (state & mask) >> 8) & 0xff);
    if ((mask & QUOLL_VIRQ_LEVEL) != 0 && !interrupt->hardware) {
        interrupt->level = (state & QUOLL_VIRQ_LEVEL) != 0;
        interrupt->line = interrupt->line && interrupt->level;
    }
    if ((mask & QUOLL_VIRQ_PENDING) != 0 && !interrupt->hardware) {
        bool pending = (state & QUOLL_VIRQ_PENDING) != 0;

        interrupt->line = interrupt->level && pending;
        interrupt->latched = pending && (!interrupt->level || interrupt->latched);
    }
    update(vcpu, interrupt);
    if (interrupt->hardware && (mask & QUOLL_VIRQ_ACTIVE) != 0)
        arch_vcpu_timer_hold(vcpu, interrupt->line || interrupt->active);
    return QUOLL_OK;
}

enum quoll_error virtual_interrupt_get(struct vcpu *vcpu, uint64_t id, uint64_t *state)
{
    struct virtual_interrupt *interrupt = NULL;
    bool pending = false;

    if (id >= QUOLL_VIRQ_COUNT)
        return QUOLL_BAD_ARGUMENT;
    interrupt = &vcpu->interrupts[arch_index_nospec(id, QUOLL_VIRQ_COUNT)];
    fold(vcpu, interrupt);
    if (take_raised(vcpu, interrupt, id))
        update(vcpu, interrupt);
    pending = interrupt->hardware ? arch_vcpu_timer_asserted(vcpu) : has_pending(interrupt);
    *state = (interrupt->enabled ? QUOLL_VIRQ_ENABLED : 0u) | (pending ? QUOLL_VIRQ_PENDING : 0u) |
             (interrupt->active ? QUOLL_VIRQ_ACTIVE : 0u) | (interrupt->level ? QUOLL_VIRQ_LEVEL : 0u) |
             (interrupt->group1 ? QUOLL_VIRQ_GROUP1 : 0u) | (unsigned)interrupt->priority << 8;
    return QUOLL_OK;
}

uint64_t virtual_interrupt_raise(struct vcpu *vcpu, uint32_t first, uint64_t flags)
{
    for (unsigned i = 0; i < RAISE_BATCH && flags != 0; i++) {
        uint32_t id = first + (uint32_t)__builtin_ctzll(flags);
        struct virtual_interrupt *interrupt = &vcpu->interrupts[id % QUOLL_VIRQ_COUNT];

        flags &= flags - 1;
        if (id < QUOLL_VIRQ_COUNT && !interrupt->hardware && !latch(vcpu, interrupt)) {
            settle(vcpu, interrupt);
            fill(vcpu);
            break; /* that took long */
        }
    }
    return flags;
}

void virtual_interrupt_refresh(struct vcpu *vcpu)
{
    reclaim(vcpu);
    fill(vcpu);
}

bool virtual_interrupt_pending(struct vcpu *vcpu)
{
    for (unsigned listed = vcpu->listed; listed != 0;)
        if (next_listed(vcpu, &listed)->offered)
            return true;
    /* The first only when every list register is active; the second may end a wait that could have gone on. */
    return vcpu->offers_waiting != 0 || vcpu->raised != 0;
}

void virtual_interrupt_timer(struct vcpu *vcpu)
{
    struct virtual_interrupt *timer = &vcpu->interrupts[VIRTUAL_TIMER_INTERRUPT];

    if (virtual_interrupt_timer_again(vcpu))
        return;
    fold(vcpu, timer);
    if (timer->line || timer->active)
        return;
    timer->line = true;
    update(vcpu, timer);
}

void virtual_interrupt_timer_check(struct vcpu *vcpu)
{
    struct virtual_interrupt *timer = &vcpu->interrupts[VIRTUAL_TIMER_INTERRUPT];

    fold(vcpu, timer);
    if (!timer->line || timer->active || arch_vcpu_timer_asserted(vcpu))
        return;
    timer->line = false;
    update(vcpu, timer);
    arch_vcpu_timer_hold(vcpu, false);
}

bool virtual_interrupt_timer_held(struct vcpu *vcpu)
{
    struct virtual_interrupt *timer = &vcpu->interrupts[VIRTUAL_TIMER_INTERRUPT];

    fold(vcpu, timer);
    return timer->line || timer->active;
}
