/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * A state is kept as the action that led to it and the state before; to go on from it its path is done again. From
 * there each action starts with a copy of all that can change: root's pool, in which everything lies, the kernel's
 * variables, the model. Two states are the same when all that the kernel will ever look at is: times count from now.
 */
#include "tests/fuzz/explore.h"

#include <string.h>
#include <time.h>

#include "tests/fuzz/lockstep.h"
#include "tests/fuzz/model.h"
#include "tests/unit/kernel/accounting.h"
#include "tests/unit/kernel/invariants.h"
#include "tests/unit/kernel/machine.h"

enum { STATES_MOST = 1 << 22, SEEN_SLOTS = 1 << 23, SAVED_MOST = 1 << 20, DEPTH_MOST = 64, SMALL_BYTES = 16 << 10 };
enum { PORTAL = 16, FLAGS, COPY, MADE, SERVER, CLIENT, POOL, OWN_DOMAIN }; /* indices in the programs' lists */
enum { PERIOD = 1000000, TIME = 100000, STEP = 1000 };

static struct program server, client, other;
static struct pool *small;
static struct {
    uint32_t before;
    uint8_t action;
} states[STATES_MOST];
static uint64_t seen[SEEN_SLOTS];

/* ---- actions */

static void act_call(void)
{
    (void)portal_call_now(PORTAL, 1, 0, 0, 0);
}

static void act_call_with_capability(void)
{
    (void)portal_call_now(PORTAL, 1, QUOLL_FLAG_SEND, FLAGS | (uint64_t)QUOLL_RIGHTS_ALL << 32, 0);
}

static void act_reply(void)
{
    (void)reply_wait_now(2, 0, 0, 0, 0);
}

static void act_receive(void)
{
    (void)reply_wait_now(0, QUOLL_FLAG_NO_REPLY | QUOLL_FLAG_RECEIVE, 0, MADE, 0);
}

static void act_reply_until(void)
{
    (void)reply_wait_now(3, QUOLL_FLAG_DEADLINE, 0, 0, host.counter + STEP);
}

static void act_signal(void)
{
    (void)INVOKE(notification_signal, FLAGS, 1);
}

static void act_wait(void)
{
    (void)INVOKE(notification_wait, FLAGS, QUOLL_FOREVER);
}

static void act_wait_until(void)
{
    (void)INVOKE(notification_wait, FLAGS, host.counter + STEP);
}

static void act_bind(void)
{
    (void)INVOKE(notification_bind, FLAGS, SERVER);
}

static void act_suspend(void)
{
    (void)INVOKE(thread_suspend, SERVER);
}

static void act_resume(void)
{
    (void)INVOKE(thread_resume, SERVER);
}

static void act_start(void)
{
    (void)INVOKE(thread_start, SERVER, 0x1000, 0, 0);
}

static void act_copy(void)
{
    (void)INVOKE(domain_copy, OWN_DOMAIN, COPY, PORTAL, QUOLL_RIGHTS_ALL, 0);
}

static void act_call_copy(void)
{
    (void)portal_call_now(COPY, 1, 0, 0, 0);
}

static void act_revoke(void)
{
    (void)INVOKE(domain_revoke, OWN_DOMAIN, PORTAL);
}

static void act_delete(void)
{
    (void)INVOKE(domain_delete, OWN_DOMAIN, COPY);
}

static void act_create(void)
{
    (void)INVOKE(pool_create_notification, POOL, MADE);
}

static void act_destroy(void)
{
    (void)INVOKE(any_destroy, MADE);
}

static void act_destroy_portal(void)
{
    (void)INVOKE(any_destroy, PORTAL);
}

static void act_suspend_client(void)
{
    (void)INVOKE(thread_suspend, CLIENT);
}

static void act_start_client(void)
{
    (void)INVOKE(thread_start, CLIENT, 0x1000, 0, 0);
}

static void act_supervise(void)
{
    (void)INVOKE(thread_set_supervisor, SERVER, FLAGS, 2, 7);
}

static void act_priority(void)
{
    (void)INVOKE(thread_set_priority, CLIENT, 5);
}

/* Time passes; also when nobody runs. */
static void act_time(void)
{
    advance(STEP);
}

static void (*const actions[])(void) = {
    act_call,           act_call_with_capability,
    act_reply,          act_receive,
    act_reply_until,    act_signal,
    act_wait,           act_wait_until,
    act_bind,           act_suspend,
    act_resume,         act_start,
    act_copy,           act_call_copy,
    act_revoke,         act_delete,
    act_create,         act_destroy,
    act_destroy_portal, act_suspend_client,
    act_start_client,   act_supervise,
    act_priority,       act_time,
};
enum { ACTIONS = sizeof(actions) / sizeof(actions[0]), ACT_TIME = ACTIONS - 1 };

/* ---- the world */

static void set_up(void)
{
    unsigned pool = make_pool(SMALL_BYTES);
    unsigned flags = 0, portal = 0;

    small = container_of(root_object(pool), struct pool, object);
    server = make_program(BOOT_CAP_POOL, 10, 0, PERIOD);
    client = make_program(BOOT_CAP_POOL, 20, TIME, PERIOD);
    /* A second thread in the client's domain. */
    other = (struct program){.domain = client.domain, .thread_index = fresh()};
    EXPECT(pool_create_thread, BOOT_CAP_POOL, other.thread_index, other.domain, 0, 30);
    EXPECT(thread_set_budget, other.thread_index, make_budget(BOOT_CAP_POOL, TIME, PERIOD, 2));
    flags = make_notification(BOOT_CAP_POOL);
    portal = make_portal(BOOT_CAP_POOL, &server, 9);
    for (unsigned i = 0; i < 2; i++) {
        const struct program *program = i == 0 ? &server : &client;

        give(program, PORTAL, portal, QUOLL_RIGHTS_ALL, 0);
        give(program, FLAGS, flags, QUOLL_RIGHTS_ALL, 0);
        give(program, SERVER, server.thread_index, QUOLL_RIGHTS_ALL, 0);
        give(program, CLIENT, client.thread_index, QUOLL_RIGHTS_ALL, 0);
        give(program, POOL, pool, QUOLL_RIGHTS_ALL, 0);
        give(program, OWN_DOMAIN, program->domain, QUOLL_RIGHTS_ALL, 0);
    }
    start_program(&server);
    start_program(&client);
    start_program(&other);
    root_rest();
}

static bool possible(unsigned action)
{
    return core->current != NULL || action == ACT_TIME;
}

static void act(unsigned action)
{
    actions[action]();
    check_invariants();
    lockstep_check();
}

/* ---- what a state is */

static uint64_t hash;

static void mix(uint64_t value)
{
    hash = (hash ^ value) * UINT64_C(0x9e3779b97f4a7c15);
    hash ^= hash >> 29;
}

static uint64_t from_now(uint64_t time)
{
    return time == QUOLL_FOREVER ? time : time > host.counter ? time - host.counter : 0;
}

static void mix_thread(const struct thread *thread)
{
    const struct slot *slots[] = {&thread->call, &thread->bound, &thread->supervisor, &thread->budget_reference};

    mix(thread_condition(thread));
    mix((uint64_t)thread->orphan | (uint64_t)thread->notified_last << 1 | (uint64_t)thread->fault_pending << 2 |
        (uint64_t)list_linked(&thread->in_faults) << 3);
    mix(thread->depth | (uint64_t)thread->place << 8 | (uint64_t)thread->priority << 16);
    mix((uintptr_t)thread->callee);
    mix((uintptr_t)thread->called);
    mix((uintptr_t)thread->serving);
    mix((uintptr_t)thread->awaited);
    mix(thread->send_index | (uint64_t)thread->send_rights << 32);
    mix(thread->receive_index);
    mix(ordered_linked(&thread->deadline.node) ? from_now(thread->deadline.node.key) : QUOLL_FOREVER);
    for (unsigned i = 0; i < 4; i++)
        mix((uintptr_t)slots[i]->object ^ slots[i]->label ^ (uint64_t)slots[i]->depth << 56);
    for (const struct ordered_node *node = thread->callers.first; node != NULL; node = ordered_next(node))
        mix((uintptr_t)node ^ node->key);
    for (const struct list *node = thread->stalled.next; node != &thread->stalled; node = node->next)
        mix((uintptr_t)node);
}

static void mix_budget(const struct budget *budget)
{
    mix(from_now(budget->now.at));
    mix(budget->now.amount);
    for (unsigned i = 0; i < budget->later_count; i++) {
        const struct refill *refill = &budget->later[(budget->later_first + i) % QUOLL_REPLENISHMENTS_MAX];

        mix(from_now(refill->at));
        mix(refill->amount);
    }
    mix((uintptr_t)budget->owner);
    mix(host.counter - budget->charged_until == 0);
    mix(budget->used_until - budget->used_since);
    mix(from_now(budget->last_began));
    mix(ordered_linked(&budget->timer.node) ? from_now(budget->timer.node.key) : QUOLL_FOREVER);
}

static void mix_object(const struct object *object)
{
    mix((uintptr_t)object ^ (uint64_t)object->type << 56 ^ (uint64_t)object->dying << 48);
    for (const struct slot *slot = object->slots; slot != NULL; slot = slot->next)
        mix((uintptr_t)slot ^ (uint64_t)slot->rights << 32 ^ (uint64_t)slot->depth << 56 ^ slot->label);
    if (object->type == QUOLL_TYPE_THREAD) {
        mix_thread(container_of(object, const struct thread, object));
    } else if (object->type == QUOLL_TYPE_BUDGET) {
        mix_budget(container_of(object, const struct budget, object));
    } else if (object->type == QUOLL_TYPE_NOTIFICATION) {
        const struct notification *notification = container_of(object, const struct notification, object);

        mix(notification->pending);
        mix((uintptr_t)notification->bound);
        mix((uintptr_t)notification->waiter);
    } else if (object->type == QUOLL_TYPE_POOL) {
        const struct pool *pool = container_of(object, const struct pool, object);

        mix(pool->used);
        for (const struct list *node = pool->objects.next; node != &pool->objects; node = node->next) {
            const struct object *inner = container_of(node, const struct object, in_pool);

            if (inner->type != QUOLL_TYPE_POOL)
                mix((uintptr_t)inner);
        }
    }
}

static uint64_t hash_state(void)
{
    const struct pool *pool = root_pool();

    hash = 1;
    mix((uintptr_t)core->current);
    mix((uintptr_t)core->payer);
    mix(core->bar | (uint64_t)core->reschedule << 8);
    mix(core->payer != NULL ? host.counter - core->payer_since : 0);
    for (unsigned priority = 0; priority < PRIORITY_COUNT; priority++)
        for (const struct list *node = core->queue[priority].next; node != &core->queue[priority]; node = node->next)
            mix((uintptr_t)node);
    for (const struct list *node = pool->objects.next; node != &pool->objects; node = node->next) {
        const struct object *object = container_of(node, const struct object, in_pool);

        mix_object(object);
        if (object->type != QUOLL_TYPE_POOL)
            continue;
        for (const struct list *inner = small->objects.next; inner != &small->objects; inner = inner->next)
            mix_object(container_of(inner, const struct object, in_pool));
    }
    return hash == 0 ? 1 : hash;
}

/* Was it seen before? From now on it is. */
static bool is_known(uint64_t value)
{
    uint64_t place = value % SEEN_SLOTS;

    while (seen[place] != 0 && seen[place] != value)
        place = (place + 1) % SEEN_SLOTS;
    if (seen[place] == value)
        return true;
    seen[place] = value;
    return false;
}

/* ---- a copy of all that can change */

struct saved {
    struct host host;
    struct core core;
    uint64_t size;
    uint8_t bytes[SAVED_MOST];
    uint8_t small[SMALL_BYTES];
};
enum { START, HERE }; /* copies of the model */

static void save(struct saved *saved, unsigned copy)
{
    const struct pool *pool = root_pool();

    saved->host = host;
    saved->core = *core;
    saved->size = pool->frontier;
    assert_true(saved->size <= SAVED_MOST);
    memcpy(saved->bytes, pool, saved->size);
    memcpy(saved->small, small, sizeof(saved->small));
    model_save(copy);
}

static void restore(const struct saved *saved, unsigned copy)
{
    host = saved->host;
    *core = saved->core;
    memcpy(root_pool(), saved->bytes, saved->size);
    memcpy(small, saved->small, sizeof(saved->small));
    model_load(copy);
}

static void go_to(const struct saved *start, uint32_t state)
{
    uint8_t path[DEPTH_MOST];
    unsigned length = 0;

    for (; state != 0; state = states[state].before)
        path[length++] = states[state].action;
    restore(start, START);
    while (length > 0)
        actions[path[--length]]();
}

struct explored explore(unsigned depth, uint64_t seconds)
{
    static struct saved start, here;
    struct explored explored = {.states = 1};
    time_t end = time(NULL) + (time_t)seconds;
    uint32_t first = 0;

    memset(seen, 0, sizeof(seen));
    lockstep_begin();
    machine_start(NULL);
    set_up();
    save(&start, START);
    is_known(hash_state());
    while (explored.depth < depth) {
        uint32_t last = (uint32_t)explored.states;

        for (uint32_t state = first; state < last; state++) {
            if (time(NULL) > end || explored.states + ACTIONS > STATES_MOST)
                goto done;
            go_to(&start, state);
            save(&here, HERE);
            for (unsigned action = 0; action < ACTIONS; action++) {
                if (action > 0)
                    restore(&here, HERE);
                if (!possible(action))
                    continue;
                act(action);
                explored.transitions++;
                if (is_known(hash_state()))
                    continue;
                states[explored.states].before = state;
                states[explored.states++].action = (uint8_t)action;
            }
            restore(&start, START);
        }
        first = last;
        explored.depth++;
    }
done:
    restore(&start, START);
    machine_stop(NULL);
    lockstep_end();
    return explored;
}
