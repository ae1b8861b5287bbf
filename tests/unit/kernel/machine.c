/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "machine.h"

#include <string.h>

#include "boot.h"

#define IMAGE_SIZE     (UINT64_C(2) << 20)
#define POOL_BYTES     (UINT64_C(8) << 20)
#define PROGRAM_PC     UINT64_C(0x1000)
#define CALLS_PER_CALL 100000 /* restarts of one call before a test gives up */

struct core *const core = &cores[0];
unsigned note;
const struct observer *observer;
static uint64_t boot_objects; /* in root's pool, and bytes used of it, when root started */
static uint64_t boot_used;
static struct thread *root;
static const struct ordered_node *boot_mapping[2];
static unsigned next_index;
static uint64_t memory_used; /* of the first piece of RAM */

static _Noreturn void fail_panic(const char *file, int line, const char *what)
{
    print_error("kernel panic: %s:%d: %s\n", file, line, what);
    _fail(file, line);
    __builtin_unreachable();
}

void (*behind_call)(void);

int machine_start(void **state)
{
    static struct boot_info info;

    (void)state;
    host_reset();
    behind_call = NULL;
    host.panic = fail_panic;
    info = (struct boot_info){
        .image_size = IMAGE_SIZE,
        .ram = {{HOST_RAM_BASE, HOST_RAM_SIZE}},
        .device = {{HOST_DEVICE_BASE, HOST_DEVICE_SIZE}},
        .core_count = 1,
        .root_pool_size = POOL_BYTES,
        .root_capabilities = ROOT_CAPABILITIES,
        .root_entry = ROOT_SEGMENT,
        .root_stack_top = ROOT_SEGMENT + PAGE_SIZE,
        .root_priority = ROOT_PRIORITY,
        .root_segment_count = 1,
        .root_segment = {{PAGE_SIZE, PAGE_SIZE, ROOT_SEGMENT, QUOLL_MAP_READ | QUOLL_MAP_EXECUTE}},
        .plan_offset = 2 * PAGE_SIZE,
        .plan_size = PAGE_SIZE,
        .plan_address = PLAN_ADDRESS,
    };
    kernel_boot(&info, HOST_RAM_BASE);
    root = core->root_budget->owner;
    if (observer != NULL)
        observer->booted();
    leave();
    assert_non_null(core->current);
    next_index = BOOT_CAP_FREE;
    memory_used = 0;
    boot_objects = root_pool()->object_count;
    boot_used = root_pool()->used;
    boot_mapping[0] = ordered_find(&root->domain->mappings, ROOT_SEGMENT);
    boot_mapping[1] = ordered_find(&root->domain->mappings, PLAN_ADDRESS);
    note = fresh();
    EXPECT(pool_create_notification, BOOT_CAP_POOL, note);
    return 0;
}

/* Destroys all but the first `keep` objects, the youngest first; pools are emptied before they go and then hold
 * nothing. */
static void empty_pool(struct pool *pool, uint64_t keep)
{
    while (pool->object_count > keep) {
        struct object *last = container_of(pool->objects.previous, struct object, in_pool);

        if (last->type == QUOLL_TYPE_POOL && container_of(last, struct pool, object)->object_count > 0) {
            empty_pool(container_of(last, struct pool, object), 0);
            pool_unprepare(container_of(last, struct pool, object)); /* what an interrupted call left */
            assert_int_equal(container_of(last, struct pool, object)->used, 0);
        }
        while (object_destroy_step(last, NULL) == PROGRESS_MORE)
            ;
    }
}

/* Of root's mappings made at boot: how many are gone, because a thread in its domain took them away. */
static unsigned boot_mappings_gone(void)
{
    const struct domain *domain = root->domain;
    unsigned gone = 0;

    for (unsigned i = 0; i < sizeof(boot_mapping) / sizeof(boot_mapping[0]); i++) {
        bool found = false;

        for (const struct ordered_node *node = domain->mappings.first; node != NULL; node = ordered_next(node))
            found |= node == boot_mapping[i];
        gone += found ? 0 : 1;
    }
    return gone;
}

int machine_stop(void **state)
{
    unsigned gone = boot_mappings_gone();
    struct pool *pool = root_pool();
    struct space *space = &root_thread()->domain->space;

    (void)state;
    if (observer != NULL)
        observer->stopping();
    host.preempt_every = 0;
    empty_pool(pool, boot_objects - gone);
    assert_int_equal(pool->object_count, boot_objects - gone);
    /* Tables stay with root's domain, in which a program that was given it may have mapped something. */
    if (gone == 0 && observer == NULL)
        assert_int_equal(pool->used, boot_used);
    else if (gone == 0)
        assert_true(pool->used >= boot_used && is_aligned(pool->used - boot_used, PAGE_SIZE));
    leave();
    while (space_destroy_step(space))
        ;
    return 0;
}

unsigned fresh(void)
{
    assert_true(next_index < ROOT_CAPABILITIES);
    return next_index++;
}

struct thread *root_thread(void)
{
    return root;
}

struct object *root_object(unsigned index)
{
    const struct slot *slot = domain_slot(root_thread()->domain, index);

    assert_non_null(slot);
    assert_non_null(slot->object);
    return slot->object;
}

struct pool *root_pool(void)
{
    return root->object.pool;
}

static void left(void)
{
    if (observer != NULL)
        observer->left();
}

void leave(void)
{
    (void)schedule_leave(core);
    left();
}

/* The kernel is left after a call that is done. */
static void leave_call(void)
{
    void (*comes)(void) = behind_call;

    behind_call = NULL;
    if (comes != NULL)
        comes();
    else
        leave();
}

unsigned short_waits;

/* What fast_wait of kernel/arch/aarch64/fast_wake.S does. */
static bool waits_shortly(unsigned number)
{
    const struct thread *thread = core->current;

    if (number != (QUOLL_CALL_self_reply_wait | QUOLL_FLAG_NO_REPLY) || thread->vcpu != NULL || thread->serving != NULL)
        return false;
    if (portal_wait(core) == NULL)
        return false;
    short_waits++;
    return true;
}

uint64_t invoke(unsigned number, uint64_t capability, const uint64_t words[8])
{
    struct thread *thread = core->current;

    assert_non_null(thread);
    for (unsigned i = 0; i < 8; i++)
        *thread_word(thread, i) = words[i];
    *thread_word(thread, 8) = capability;
    *thread_word(thread, 9) = number;
    if (observer != NULL)
        observer->call(thread);
    for (unsigned tries = 0; tries < CALLS_PER_CALL; tries++) {
        uint64_t pc = thread->arch.frame->pc += 4;

        if (!waits_shortly(number))
            call_dispatch(thread);
        bool again = thread->arch.frame->pc == pc - 4;

        if (!again && observer != NULL)
            observer->answer(thread, tries + 1, false);
        if (again)
            leave();
        else
            leave_call();
        if (again && core->current != thread && observer != NULL)
            observer->answer(thread, tries + 1, true);
        if (!again || core->current != thread)
            return (uint32_t)result(thread, 8);
    }
    fail_msg("call %#x never ends", number);
    return 0;
}

void root_run(void)
{
    if (core->current == root_thread())
        return;
    notification_raise(container_of(root_object(note), struct notification, object), 1);
    leave();
    assert_ptr_equal(core->current, root_thread());
}

void root_rest(void)
{
    assert_ptr_equal(core->current, root_thread());
    (void)INVOKE(notification_wait, note, QUOLL_FOREVER);
    assert_ptr_not_equal(core->current, root_thread());
}

unsigned make_memory(uint64_t size)
{
    unsigned index = fresh();

    EXPECT(pool_create_memory, BOOT_CAP_POOL, index, BOOT_CAP_RAM, memory_used, size);
    memory_used += size;
    return index;
}

unsigned make_pool(uint64_t size)
{
    unsigned index = fresh();

    EXPECT(pool_create_pool, BOOT_CAP_POOL, index, BOOT_CAP_RAM, memory_used, size);
    memory_used += size;
    return index;
}

unsigned make_domain(unsigned pool, enum quoll_domain_kind kind)
{
    unsigned index = fresh();

    EXPECT(pool_create_domain, pool, index, kind, PROGRAM_CAPABILITIES);
    return index;
}

unsigned make_notification(unsigned pool)
{
    unsigned index = fresh();

    EXPECT(pool_create_notification, pool, index);
    return index;
}

unsigned make_budget(unsigned pool, uint64_t time, uint64_t period, unsigned replenishments)
{
    unsigned index = fresh();

    EXPECT(pool_create_budget, pool, index, BOOT_CAP_BUDGET, time, period, replenishments);
    return index;
}

unsigned make_portal(unsigned pool, const struct program *server, uint64_t label)
{
    unsigned index = fresh();

    EXPECT(pool_create_portal, pool, index, server->thread_index, label);
    return index;
}

struct program make_program(unsigned pool, unsigned priority, uint64_t time, uint64_t period)
{
    struct program program = {.domain = make_domain(pool, QUOLL_DOMAIN_NATIVE), .thread_index = fresh()};

    EXPECT(pool_create_thread, pool, program.thread_index, program.domain, 0, priority);
    program.thread = container_of(root_object(program.thread_index), struct thread, object);
    if (time == 0)
        return program;
    program.budget = make_budget(pool, time, period, 8);
    EXPECT(thread_set_budget, program.thread_index, program.budget);
    program.notification = make_notification(pool);
    EXPECT(notification_bind, program.notification, program.thread_index);
    give(&program, OWN_NOTIFICATION, program.notification, QUOLL_RIGHTS_ALL, 0);
    return program;
}

void start_program(const struct program *program)
{
    EXPECT(thread_start, program->thread_index, PROGRAM_PC, 0, 0);
}

void give(const struct program *program, unsigned index, unsigned source, uint64_t rights, uint64_t label)
{
    EXPECT(domain_copy, program->domain, index, source, rights, label);
}

uint64_t portal_call_now(unsigned index, uint64_t word, uint64_t flags, uint64_t send, uint64_t receive)
{
    struct thread *thread = core->current;

    assert_non_null(thread);
    *thread_word(thread, 10) = send;
    *thread_word(thread, 11) = receive;
    return invoke(QUOLL_CALL_portal_call | (unsigned)flags, index,
                  (const uint64_t[8]){word, word + 1, word + 2, word + 3, word + 4, word + 5, word + 6, word + 7});
}

uint64_t reply_wait_now(uint64_t word, uint64_t flags, uint64_t send, uint64_t receive, uint64_t deadline)
{
    struct thread *thread = core->current;

    assert_non_null(thread);
    *thread_word(thread, 10) = send;
    *thread_word(thread, 11) = receive;
    *thread_word(thread, 12) = deadline;
    return invoke(QUOLL_CALL_self_reply_wait | (unsigned)flags, 0,
                  (const uint64_t[8]){word, word + 1, word + 2, word + 3, word + 4, word + 5, word + 6, word + 7});
}

/* As interrupt_general of kernel/arch/aarch64/trap.c does it, or trap_interrupt where nothing has to be chosen. */
void take_interrupt(uint32_t line)
{
    if (interrupt_overtake(core, line) == NULL) {
        interrupt_deliver(core, line);
        leave();
        return;
    }
    (void)timer_overtaken(core);
    left();
}

void advance(uint64_t ticks)
{
    uint64_t end = host.counter + ticks;

    while (host.timer <= end) {
        uint64_t before = host.timer;

        host.counter = host.timer > host.counter ? host.timer : host.counter;
        if (!timer_wakes(core, host.counter))
            timer_expire(core, host.counter);
        leave();
        /* A timer that stays where it is would never let time pass. */
        if (host.timer <= before)
            host.counter++;
        assert_true(host.counter <= end + 1000);
    }
    host.counter = end;
}

unsigned connect(const struct program *client, unsigned index, const struct program *server, uint64_t label)
{
    unsigned portal = make_portal(BOOT_CAP_POOL, server, label);

    give(client, index, portal, QUOLL_RIGHT_CALL | QUOLL_RIGHT_MINT, 0);
    return portal;
}

void wake(const struct program *program)
{
    notification_raise(container_of(root_object(program->notification), struct notification, object), 1);
    leave();
}

void sleep_now(const struct program *program)
{
    assert_ptr_equal(core->current, program->thread);
    (void)INVOKE(notification_wait, OWN_NOTIFICATION, QUOLL_FOREVER);
    assert_ptr_not_equal(core->current, program->thread);
}
