/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * component-pool: the pool is filled with whatever can be made until there is no more, and emptied in another order.
 * component-storm: things are made and destroyed as fast as that goes, some of them in use.
 */
#include "attacker.h"

#include "rt/time.h"

enum { FIRST = CAP_OWN, COUNT = CAP_END - FIRST, PAGE = 4096 };

/* One object of any kind at that index; false when nothing was made. */
static bool make(uint32_t index)
{
    uint64_t draw = any();
    uint64_t offset = (draw >> 8) % (ARENA_SIZE / PAGE) * PAGE;

    did(1);
    switch (draw % 8) {
    case 0:
        return quoll_pool_create_domain(COMPONENT_CAP_POOL, index, draw >> 8 & 1, 1 + draw % 1024).error == QUOLL_OK;
    case 1:
        return quoll_pool_create_thread(COMPONENT_CAP_POOL, index, COMPONENT_CAP_DOMAIN, 0, draw >> 8 & 127).error ==
               QUOLL_OK;
    case 2:
        return quoll_pool_create_budget(COMPONENT_CAP_POOL, index, COMPONENT_CAP_BUDGET, 100, 1000000, 1 + draw % 16)
                   .error == QUOLL_OK;
    case 3:
        return quoll_pool_create_portal(COMPONENT_CAP_POOL, index, COMPONENT_CAP_THREAD, draw >> 20).error == QUOLL_OK;
    case 4:
        return quoll_pool_create_notification(COMPONENT_CAP_POOL, index).error == QUOLL_OK;
    case 5:
        return quoll_pool_create_memory(COMPONENT_CAP_POOL, index, CAP_ARENA, offset, PAGE << (draw >> 40 & 3)).error ==
               QUOLL_OK;
    case 6:
        return quoll_pool_create_pool(COMPONENT_CAP_POOL, index, CAP_ARENA, offset, PAGE << (2 + (draw >> 40 & 7)))
                   .error == QUOLL_OK;
    default:
        return quoll_domain_copy(COMPONENT_CAP_DOMAIN, index, draw >> 8 & 0xff, draw >> 32 & QUOLL_RIGHTS_ALL, 0)
                   .error == QUOLL_OK;
    }
}

/* What it is may be another's: then only the index is emptied. */
static void unmake(uint32_t index)
{
    if (any() % 8 != 0)
        (void)quoll_any_destroy(index);
    (void)quoll_domain_delete(COMPONENT_CAP_DOMAIN, index);
    did(1);
}

void attack_pool(void)
{
    while (!over()) {
        for (unsigned i = 0, failed = 0; i < COUNT && failed < 100 && !over(); i++)
            failed = make(FIRST + i) ? 0 : failed + 1;
        for (unsigned i = 0; i < COUNT && !over(); i++)
            unmake(FIRST + (uint32_t)(any() % COUNT));
    }
}

void attack_storm(void)
{
    while (!over()) {
        uint32_t index = FIRST + (uint32_t)(any() % 16);

        if (!make(index))
            unmake(index);
    }
}

/* Address-space numbers are 255 for the whole system: nobody may have so many that root gets none. */
void attack_domains(void)
{
    while (!over()) {
        unsigned made = 0;

        for (unsigned i = 0; i < COUNT; i++)
            if (quoll_pool_create_domain(COMPONENT_CAP_POOL, FIRST + i, i & 1, 2).error == QUOLL_OK)
                made++;
        did(made);
        if (any() % 256 != 0)
            continue;
        for (unsigned i = 0; i < COUNT; i++)
            (void)quoll_any_destroy(FIRST + i);
    }
}
