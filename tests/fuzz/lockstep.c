/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The one file that looks into kernel and model. What the model is told by the kernel is checked to be possible first.
 *
 * The model does a call at once. It is detached, and knows nothing from then on, when a call in pieces lost the core
 * between two of them or ended otherwise than it would have in one, and in the few cases of which the manual does not
 * say what comes first.
 */
#include "tests/fuzz/lockstep.h"

#include <string.h>

#include "tests/fuzz/compare.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/generator.h"
#include "tests/fuzz/model.h"
#include "tests/unit/kernel/machine.h"
#include "vcpu.h"

static bool attached, refused, in_call;
static struct model_call call;
static struct model_object *sender; /* whose fault or exit the kernel was to send, at the last event */

static void detach(void)
{
    if (attached)
        fuzz_counts.detached++;
    attached = false;
}

bool lockstep_refused(void)
{
    bool was = refused;

    refused = false;
    return was;
}

/* ---- the world at boot */

static struct model_object *boot_object(struct object *real, struct model_object *pool)
{
    struct model_object *object = model_find(real);

    if (object != NULL)
        return object;
    object = model_new(real->type, pool);
    object->real = real;
    object->permanent = true;
    if (real->type == QUOLL_TYPE_MEMORY) {
        const struct memory *memory = container_of(real, struct memory, object);

        object->range.base = memory->base.value;
        object->range.size = memory->size;
        object->range.kind = memory->kind;
    } else if (real->type == QUOLL_TYPE_BUDGET) {
        const struct budget *budget = container_of(real, struct budget, object);

        object->budget.time = budget->time;
        object->budget.period = budget->period;
        object->budget.share = budget->share;
    } else if (real->type == QUOLL_TYPE_POOL) {
        object->range.size = container_of(real, struct pool, object)->size;
    } else if (real->type == QUOLL_TYPE_INTERRUPT) {
        object->interrupt.line = UINT64_MAX;
    }
    return object;
}

static void boot_domain(struct model_object *domain, struct model_object *pool)
{
    struct domain *real = root_thread()->domain;

    domain->domain.kind = QUOLL_DOMAIN_NATIVE;
    domain->domain.count = real->capability_count;
    domain->domain.slots = model_new_slots(real->capability_count, domain);
    for (unsigned i = 0; i < real->capability_count; i++) {
        struct slot *slot = &real->capabilities[i];

        if (slot->object == NULL)
            continue;
        model_first(&domain->domain.slots[i], boot_object(slot->object, pool), slot->label);
        domain->domain.slots[i].rights = slot->rights;
    }
    for (struct ordered_node *node = real->mappings.first; node != NULL; node = ordered_next(node)) {
        struct mapping *mapping = container_of(node, struct mapping, in_domain);
        struct model_object *object = model_new(MODEL_MAPPING, pool);

        object->real = mapping;
        object->mapping.domain = domain;
        object->mapping.memory = boot_object(&mapping->memory->object, pool);
        object->mapping.address = node->key;
        object->mapping.offset = mapping->offset;
        object->mapping.size = mapping->size;
        object->mapping.attributes = mapping->attributes;
    }
}

static void booted(void)
{
    struct model_object *pool = NULL, *domain = NULL, *thread = NULL;
    struct thread *root = root_thread();
    uint64_t known = 0;

    model_reset();
    model.now = host.counter;
    pool = boot_object(&root_pool()->object, NULL);
    domain = boot_object(&root->domain->object, pool);
    thread = boot_object(&root->object, pool);
    boot_domain(domain, pool);
    thread->thread.domain = domain;
    thread->thread.state = READY;
    thread->thread.priority = root->priority;
    thread->thread.limit = root->priority_limit;
    thread->thread.pc = root->arch.frame->pc;
    thread->thread.sp = root->arch.sp;
    thread->thread.deadline = QUOLL_FOREVER;
    model_refer(&thread->thread.budget, &domain->domain.slots[BOOT_CAP_BUDGET], 0, thread, USE_BUDGET);
    thread->thread.budget.object->budget.owner = thread;
    for (unsigned i = 0; i < model.count; i++)
        known += model.object[i].pool == pool;
    pool->range.extra = root_pool()->object_count - known;
}

/* ---- calls */

static void before_call(struct thread *thread)
{
    fuzz_counts.calls++;
    if (!attached)
        return;
    if (model_full()) {
        detach();
        return;
    }
    model.now = host.counter;
    call = (struct model_call){.thread = model_find(&thread->object)};
    memcpy(call.x, thread->arch.frame->x, sizeof(call.x));
    in_call = true;
    model_dispatch(&call);
}

/* Who the kernel took from the queue of the server that the call is about. */
static struct model_object *next_caller(void)
{
    bool resume = (call.x[9] & 0xffff) == QUOLL_CALL_thread_resume;
    struct model_object *object = resume ? call.object : call.thread;
    const struct thread *server = container_of(object->real, struct thread, object);
    struct model_object *caller = NULL;

    if (server->serving == NULL)
        return NULL;
    caller = model_find(&server->serving->object);
    assert_non_null(caller);
    if (caller->thread.state != QUEUED || caller->thread.callee != object)
        return NULL;
    compare_queue(object, caller);
    return caller;
}

/* A pool may refuse only when it has no free block of any use; what a domain consists of may take more than one. */
static void check_no_memory(void)
{
    const struct pool *pool = NULL;
    const struct list *free = NULL;
    unsigned number = call.x[9] & 0xffff;
    struct model_object *object = number == QUOLL_CALL_domain_map ? call.capability[1]->object : call.object;

    assert_int_equal(object->type, QUOLL_TYPE_POOL);
    pool = container_of(object->real, struct pool, object);
    free = &pool->free[POOL_ORDER_MAX];
    if (number == QUOLL_CALL_pool_create_domain && !list_empty(free))
        assert_true(free->next->next == free || call.refusals != 0);
    else if (number != QUOLL_CALL_domain_map)
        assert_true(list_empty(free) || call.refusals != 0);
}

/* Links of callers that are gone count until the queue is empty that they were in. */
static bool counts_gone_callers(uint32_t answer)
{
    const struct thread *caller = container_of(call.thread->real, struct thread, object);

    return (call.x[9] & 0xffff) == QUOLL_CALL_portal_call && answer == QUOLL_TOO_DEEP &&
           caller->depth > model_links_above(call.thread);
}

/* Objects of the model learn which of the kernel's they are. */
static void identify(unsigned first)
{
    for (unsigned i = first; i < model.count; i++) {
        struct model_object *object = &model.object[i];

        if (object->type == MODEL_MAPPING) {
            const struct domain *domain = container_of(object->mapping.domain->real, struct domain, object);
            struct ordered_node *node = ordered_find(&domain->mappings, object->mapping.address);

            assert_non_null(node);
            object->real = container_of(node, struct mapping, in_domain);
        } else {
            const struct slot *slot =
                domain_slot(container_of(call.thread->thread.domain->real, struct domain, object), call.x[0]);

            assert_non_null(slot);
            assert_non_null(slot->object);
            object->real = slot->object;
            assert_int_equal(slot->object->type, object->type);
        }
    }
}

/* How the kernel answered: 0 also when the call blocks. */
static uint32_t kernel_answer(const struct thread *thread)
{
    bool wait = (call.x[9] & 0xffff) == QUOLL_CALL_self_reply_wait;
    uint64_t x8 = thread->arch.frame->x[8];

    if (thread->state != THREAD_READY)
        return QUOLL_OK;
    if (wait && (QUOLL_X8_KIND(x8) != QUOLL_KIND_STATUS || (uint32_t)x8 == QUOLL_TIMEOUT))
        return QUOLL_OK;
    return (uint32_t)x8;
}

static void commit(uint32_t answer)
{
    struct model_thread *thread = &call.thread->thread;
    unsigned number = call.x[9] & 0xffff, first = model.count;

    memcpy(thread->x, call.x, sizeof(thread->x));
    thread->known = 0xff;
    if (answer != QUOLL_OK) {
        model_answer(call.thread, answer);
        return;
    }
    if (number == QUOLL_CALL_self_reply_wait || number == QUOLL_CALL_thread_resume)
        call.next = next_caller();
    model.raised = 0;
    call.commit = true;
    model_dispatch(&call);
    if (!call.blocks)
        model_answer(call.thread, QUOLL_OK);
    identify(first);
    if (number == QUOLL_CALL_any_destroy)
        compare_destroyed();
    if (model.raised > 1)
        detach(); /* who waits learns of the first: the manual does not say which that is */
}

/* Looked at without the kernel's calls, which would raise what was kept. What is in a list register is in there alone.
 */
static bool is_pending(const struct vcpu *vcpu, unsigned interrupt)
{
    const struct host_list_register *held = vcpu->arch.list_register;

    for (unsigned i = 0; i < sizeof(vcpu->arch.list_register) / sizeof(held[0]); i++)
        if (vcpu->interrupts[interrupt].listed && held[i].interrupt == interrupt)
            return held[i].pending;
    return vcpu->interrupts[interrupt].latched;
}

/* Flags of a guest that were kept for later are raised some time. */
static bool learn_raised(struct model_object *object, const struct thread *thread)
{
    const struct model_vcpu *vcpu = object->thread.vcpu;
    bool learned = false;

    for (uint64_t left = vcpu->again; left != 0; left &= left - 1) {
        unsigned interrupt = (unsigned)(vcpu->base + (uint64_t)__builtin_ctzll(left));

        if (is_pending(thread->vcpu, interrupt) && model_raised_again(object, interrupt))
            learned = true;
    }
    return learned;
}

/* A wait ended at its deadline, and not because of what was raised after that. */
static bool learn_timeout(struct model_object *object)
{
    const struct thread *thread = container_of(object->real, struct thread, object);

    if (object->type != QUOLL_TYPE_THREAD || object->thread.deadline > model.now || thread->state != THREAD_READY ||
        (uint32_t)thread->arch.frame->x[8] != QUOLL_TIMEOUT)
        return false;
    model_timeout(object);
    return true;
}

/* What the kernel did by itself while it chose who runs; true when it did anything. */
static bool learn(struct model_object *object)
{
    if (object->type == QUOLL_TYPE_BUDGET) {
        const struct budget *budget = container_of(object->real, struct budget, object);

        if (budget->overruns == object->budget.overruns)
            return false;
        assert_int_equal(budget->overruns, object->budget.overruns + 1);
        object->budget.overruns++;
        model_raise_slot(&object->budget.report, UINT64_MAX);
        return true;
    }
    if (object->type == QUOLL_TYPE_THREAD) {
        const struct thread *thread = container_of(object->real, struct thread, object);
        struct model_thread *known = &object->thread;

        if (known->state == QUEUED && known->callee->thread.faulted && thread->state != THREAD_QUEUED) {
            model_fail_call(object, QUOLL_PEER_DEAD);
            return true;
        }
        if (known->vcpu != NULL && learn_raised(object, thread))
            return true;
        if (known->pending && thread->faulted) {
            assert_true(known->state == READY);
            model_fault(object, known->reason, known->address, known->syndrome);
            return true;
        }
    }
    return false;
}

/* False: the model cannot follow. */
static bool learn_all(void)
{
    bool more = true;

    model.now = host.counter;
    model.raised = 0;
    for (unsigned rounds = 0; more && rounds < 16; rounds++) {
        more = false;
        for (unsigned i = 0; i < model.count; i++)
            if (model.object[i].alive && learn_timeout(&model.object[i]))
                more = true;
        for (unsigned i = 0; i < model.count; i++)
            if (model.object[i].alive && learn(&model.object[i]))
                more = true;
    }
    if (model.raised > 1)
        detach();
    return attached;
}

static void after_call(struct thread *thread, unsigned pieces, bool lost)
{
    uint32_t answer = 0;

    in_call = false;
    if (!attached)
        return;
    answer = lost ? 0 : kernel_answer(thread);
    refused |= answer != QUOLL_OK;
    fuzz_counts.answer[answer % 32]++;
    if (lost || (pieces > 1 && answer != QUOLL_OK)) {
        detach();
        return;
    }
    fuzz_counts.followed++;
    call.thread->thread.pc += 4;
    if (generator_verbose)
        print_message("    model: refusals %#x, may %#x; kernel %u\n", call.refusals, call.may, answer);
    if (counts_gone_callers(answer))
        call.refusals |= UINT32_C(1) << QUOLL_TOO_DEEP;
    if (call.refusals != 0 || (call.may >> answer & 1) == 0)
        compare_answer(&call, answer);
    else if (answer == QUOLL_NO_MEMORY)
        check_no_memory();
    commit(answer);
    /* Others may have run between two pieces. */
    if (pieces == 1 || (attached && learn_all()))
        compare_touched();
}

/* ---- events */

static void happened(const struct event *event)
{
    struct model_object *thread = NULL;
    struct model_interrupt_state *interrupt = NULL;

    if (!attached)
        return;
    model.now = host.counter;
    if (event->thread != NULL) {
        thread = model_find(&event->thread->object);
        assert_non_null(thread);
    }
    switch (event->kind) {
    case EVENT_FAULT:
        model_fault(thread, event->reason, event->address, event->syndrome);
        break;
    case EVENT_MEMORY_FAULT:
        sender = thread;
        model_memory_fault(thread, event->reason, event->address, event->syndrome);
        break;
    case EVENT_RAISE:
        model_raise(model_find(event->object), event->value);
        break;
    case EVENT_LINE:
        for (unsigned i = 0; i < model.count; i++) {
            struct model_object *object = &model.object[i];

            if (object->alive && object->type == QUOLL_TYPE_INTERRUPT && object->interrupt.line == event->reason)
                model_raise_slot(&object->interrupt.notification, UINT64_MAX);
        }
        break;
    case EVENT_EXIT:
        sender = thread;
        model_exit(thread, event->reason, event->syndrome, event->address, event->value);
        break;
    case EVENT_WFI:
        thread->thread.known = 0;
        if (!model_interrupt_pending(thread, false))
            thread->thread.state = WFI; /* unless one is active and pending: compare_threads looks */
        break;
    case EVENT_ACKNOWLEDGE:
        interrupt = &thread->thread.vcpu->interrupt[event->reason];
        compare_acknowledge(thread, event->reason);
        interrupt->latched = false;
        interrupt->active = true;
        break;
    case EVENT_DEACTIVATE:
        thread->thread.vcpu->interrupt[event->reason].active = false;
        break;
    }
}

/* An interrupt came while priority was lent along a chain: the thread has to fault or exit once more. */
static bool is_sent_again(void)
{
    const struct thread *thread = NULL;

    if (sender == NULL || sender->thread.state != QUEUED || (host.preempt_chance == 0 && host.preempt_every == 0))
        return false;
    thread = container_of(sender->real, struct thread, object);
    return thread->state == THREAD_READY && !thread->faulted && !thread->fault_pending;
}

static void left(void)
{
    if (!attached || in_call) /* between two pieces things are half gone */
        return;
    if (is_sent_again()) {
        detach(); /* who moved up in which queue is not known */
        return;
    }
    sender = NULL;
    if (!learn_all())
        return;
    compare_touched();
    compare_current();
    compare_time();
}

static void stopping(void)
{
    if (attached)
        compare_all();
    attached = false;
}

void lockstep_begin(void)
{
    static const struct observer following = {booted, before_call, after_call, left, stopping};

    attached = true;
    in_call = refused = false;
    sender = NULL;
    observer = &following;
    generator_event = happened;
}

void lockstep_end(void)
{
    observer = NULL;
    generator_event = NULL;
}

void lockstep_check(void)
{
    if (attached)
        compare_all();
}
