/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Takes orders, and keeps what is told to the judge.
 */
#include "attacker.h"

#include <stddef.h>

#include "rt/component.h"
#include "rt/time.h"

static struct attack_page *const page = (struct attack_page *)ATTACK_PAGE_ADDRESS;
static uint64_t turn;
static uint64_t state = 1;

static void (*const attacks[ATTACK_COUNT])(void) = {
#define COMPONENT(identifier) [ATTACK_##identifier] = attack_##identifier,
#define GUEST(identifier)
#define LIAR(identifier)
#define LINUX(identifier)
#define FILES(identifier)
#define PROVOKE(identifier)
#define ATTACK(by, identifier, name) by(identifier)
#include "systems/attacks/attacks.def"
#undef ATTACK
#undef LINUX
#undef FILES
#undef PROVOKE
#undef LIAR
#undef GUEST
#undef COMPONENT
};

bool over(void)
{
    return atomic_load_explicit(&page->over, memory_order_relaxed) >= turn;
}

void did(uint64_t count)
{
    atomic_fetch_add_explicit(&page->operations, count, memory_order_relaxed);
}

void leak(uint64_t kind)
{
    if (atomic_fetch_add_explicit(&page->leaks, 1, memory_order_relaxed) == 0)
        atomic_store_explicit(&page->leak_kind, kind, memory_order_relaxed);
}

uint64_t any(void)
{
    return attack_random(&state);
}

uint64_t boundary(uint64_t *random)
{
    static const uint64_t values[] = {
        0,
        1,
        2,
        3,
        7,
        8,
        16,
        31,
        32,
        63,
        64,
        191,
        192,
        255,
        256,
        1023,
        1024,
        4095,
        4096,
        4097,
        8192,
        65536,
        QUOLL_RIGHTS_ALL,
        QUOLL_RIGHTS_ALL + 1,
        1 << 21,
        1 << 22,
        (1 << 22) - 4096,
        UINT32_MAX,
        UINT64_C(1) << 32,
        UINT64_C(1) << 38,
        QUOLL_ADDRESS_LIMIT - 4096,
        QUOLL_ADDRESS_LIMIT - 1,
        QUOLL_ADDRESS_LIMIT,
        UINT64_C(1) << 47,
        UINT64_C(1) << 48,
        UINT64_C(1) << 52,
        UINT64_C(1) << 63,
        INT64_MAX,
        UINT64_MAX - 4095,
        UINT64_MAX - 1,
        UINT64_MAX,
        COMPONENT_STACK_ADDRESS,
        ATTACK_PAGE_ADDRESS,
        RTC0_ADDRESS,
        /* the GIC, RAM, where the kernel may be */
        0x08000000,
        0x080a0000,
        0x40000000,
        0x40080000,
        0x40200000,
        0x7ffff000,
    };
    uint64_t value = attack_random(random);

    switch (value >> 60) {
    case 0:
        return value;
    case 1:
        return values[value % (sizeof(values) / sizeof(values[0]))] + (value >> 32 & 15) - 8;
    case 2:
    case 3:
    case 4:
        return value % CAP_END;
    default:
        return values[value % (sizeof(values) / sizeof(values[0]))];
    }
}

bool worker_make(unsigned i, unsigned priority, uint64_t time_ns, uint64_t period_ns)
{
    return quoll_pool_create_thread(COMPONENT_CAP_POOL, CAP_WORKER + i, COMPONENT_CAP_DOMAIN, 0, priority).error ==
               QUOLL_OK &&
           quoll_pool_create_budget(COMPONENT_CAP_POOL, CAP_WORKER_BUDGET + i, COMPONENT_CAP_BUDGET,
                                    time_ns_to_ticks(time_ns), time_ns_to_ticks(period_ns), 8)
                   .error == QUOLL_OK &&
           quoll_thread_set_budget(CAP_WORKER + i, CAP_WORKER_BUDGET + i).error == QUOLL_OK &&
           quoll_thread_set_supervisor(CAP_WORKER + i, CAP_FAULTS, 1, i).error == QUOLL_OK;
}

void worker_run(unsigned i, worker_function *function, uint64_t argument)
{
    static char stacks[WORKERS][16384] __attribute__((aligned(16)));

    (void)quoll_thread_suspend(CAP_WORKER + i);
    (void)quoll_thread_start(CAP_WORKER + i, (uintptr_t)function, (uintptr_t)stacks[i] + sizeof(stacks[i]), argument);
}

bool worker_runs(unsigned i)
{
    uint64_t now = quoll_thread_status(CAP_WORKER + i).word[0];

    return now != QUOLL_THREAD_FAULTED && now != QUOLL_THREAD_SUSPENDED && now != QUOLL_THREAD_NEW;
}

bool worker_fault(uint64_t ns, struct worker_fault *fault)
{
    uint64_t deadline = time_ticks() + time_ns_to_ticks(ns);

    for (;;) {
        struct quoll_result result = quoll_notification_take_fault(CAP_FAULTS);

        *fault = (struct worker_fault){result.word[0], result.word[1], result.word[2], result.word[3]};
        if (result.error == QUOLL_OK)
            return true;
        /* The flag may be that of a record that was taken already. */
        if (quoll_notification_wait(CAP_FAULTS, deadline).error != QUOLL_OK)
            return false;
    }
}

void component_start(void)
{
    (void)quoll_pool_create_notification(COMPONENT_CAP_POOL, CAP_FAULTS);
    atomic_store_explicit(&page->ready, ATTACK_READY, memory_order_release);
}

void component_notification(uint64_t flags)
{
    uint64_t attack = atomic_load_explicit(&page->attack, memory_order_acquire);

    turn = atomic_load_explicit(&page->turn, memory_order_acquire);
    if ((flags & FLAG_ORDER) == 0 || over() || attack >= ATTACK_COUNT || attacks[attack] == NULL)
        return;
    state = attack_seed(atomic_load_explicit(&page->seed, memory_order_relaxed));
    attacks[attack]();
}
