/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * component-map: memory is carved, mapped, used, withdrawn and destroyed by several at once. RAM that comes is zero,
 * and an address whose mapping went faults from then on.
 */
#include "attacker.h"

#include "rt/time.h"

enum { PAGE = 4096, PARTS = 8, MEMORY = CAP_OWN, SHARE_NS = 1000000, PERIOD_NS = 10000000, LOOK_NS = 20000000 };
#define WINDOW UINT64_C(0x70000000)
#define STRIDE UINT64_C(0x200000)

static volatile uint64_t succeeded;

static void touch(uint64_t address)
{
    (void)*(volatile uint64_t *)address;
    succeeded++;
    worker_end();
}

static void check_gone(uint64_t address)
{
    struct worker_fault fault = {0};

    worker_run(0, touch, address);
    if (!worker_fault(LOOK_NS, &fault))
        leak(1);
    else if (succeeded != 0)
        leak(2);
    succeeded = 0;
}

static bool check_zero_and_fill(uint64_t address, uint64_t size)
{
    bool zero = true;

    for (uint64_t at = 0; at < size; at += 8) {
        zero = zero && *(volatile uint64_t *)(address + at) == 0;
        *(volatile uint64_t *)(address + at) = ~at;
    }
    return zero;
}

static void turn(unsigned i)
{
    uint64_t address = WINDOW + i * STRIDE, size = PAGE << any() % 3;
    uint64_t offset = any() % (ARENA_SIZE / PAGE) * PAGE;

    if (quoll_pool_create_memory(COMPONENT_CAP_POOL, MEMORY + i, CAP_ARENA, offset, size).error != QUOLL_OK)
        return;
    if (quoll_domain_map(COMPONENT_CAP_DOMAIN, MEMORY + i, COMPONENT_CAP_POOL, address, 0, size,
                         QUOLL_MAP_READ | QUOLL_MAP_WRITE)
                .error == QUOLL_OK &&
        !check_zero_and_fill(address, size))
        leak(3);
    switch (any() % 4) {
    case 0:
        (void)quoll_domain_unmap(COMPONENT_CAP_DOMAIN, address);
        break;
    case 1:
        (void)quoll_memory_revoke(MEMORY + i, 0, size);
        break;
    case 2:
        (void)quoll_memory_revoke(CAP_ARENA, offset, PAGE);
        break;
    default:
        break; /* destroyed while it is mapped */
    }
    (void)quoll_any_destroy(MEMORY + i);
    check_gone(address);
}

void attack_map(void)
{
    if (!worker_make(0, COMPONENT_PRIORITY - 1, SHARE_NS, PERIOD_NS))
        return;
    while (!over()) {
        turn((unsigned)(any() % PARTS));
        did(1);
    }
}
