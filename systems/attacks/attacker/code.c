/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Code that is written while it runs: a page of the arena, mapped once to be written and once to be executed.
 *
 * component-code: a page of words at random, executed from anywhere in it. (sysreg.c uses it for its instructions.)
 */
#include "code.h"

#include "cache.h"
#include "rt/time.h"

enum { CODE = CAP_OWN, SHARE_NS = 1200000, PERIOD_NS = 10000000, LOOK_NS = 2000000 };

static bool code_made;

bool code_make(void)
{
    if (code_made)
        return true;
    if (quoll_pool_create_memory(COMPONENT_CAP_POOL, CODE, CAP_ARENA, 0, CODE_SIZE).error != QUOLL_OK ||
        quoll_domain_map(COMPONENT_CAP_DOMAIN, CODE, COMPONENT_CAP_POOL, CODE_WRITTEN, 0, CODE_SIZE,
                         QUOLL_MAP_READ | QUOLL_MAP_WRITE)
                .error != QUOLL_OK ||
        quoll_domain_map(COMPONENT_CAP_DOMAIN, CODE, COMPONENT_CAP_POOL, CODE_EXECUTED, 0, CODE_SIZE,
                         QUOLL_MAP_READ | QUOLL_MAP_EXECUTE)
                .error != QUOLL_OK)
        return false;
    /* Both at once must not be had. */
    if (quoll_domain_map(COMPONENT_CAP_DOMAIN, CODE, COMPONENT_CAP_POOL, CODE_EXECUTED + CODE_SIZE, 0, CODE_SIZE,
                         QUOLL_MAP_READ | QUOLL_MAP_WRITE | QUOLL_MAP_EXECUTE)
            .error == QUOLL_OK)
        leak(1);
    code_made = true;
    return worker_make(0, COMPONENT_PRIORITY - 1, SHARE_NS, PERIOD_NS);
}

void code_put(unsigned word, uint32_t instruction)
{
    ((volatile uint32_t *)CODE_WRITTEN)[word] = instruction;
}

void code_run(unsigned word, uint64_t argument)
{
    cache_publish_code((const void *)CODE_WRITTEN, CODE_SIZE);
    worker_run(0, (worker_function *)(CODE_EXECUTED + 4 * word), argument);
}

static uint32_t any_word(void)
{
    static const uint32_t some[] = {
        0xd4000002, 0xd4000003, 0xd4000001, 0xd503207f, 0xd503205f, 0xd69f03e0, /* hvc smc svc wfi wfe eret */
        0xd5038fdf, 0xd508831f, 0xd5033fdf, 0xd50342ff, 0xd4200000, 0xd4400000, 0xd65f03c0,
    };
    uint32_t word = (uint32_t)any();

    switch (any() % 8) {
    case 0:
    case 1:
        return 0xd5000000 | (word & 0x3fffff); /* MSR, MRS, SYS, hints, barriers */
    case 2:
        return some[word % (sizeof(some) / sizeof(some[0]))];
    case 3:
        return 0xf9000000 | (word & 0x7fffff); /* LDR and STR, 64 bits */
    case 4:
        return 0x4c000000 | (word & 0x3fffffff); /* SIMD */
    default:
        return word;
    }
}

void attack_code(void)
{
    struct worker_fault fault = {0};

    if (!code_make())
        return;
    while (!over()) {
        for (unsigned i = 0; i < CODE_WORDS; i++)
            code_put(i, any_word());
        for (unsigned i = 0; i < 16 && !over(); i++) {
            code_run((unsigned)(any() % CODE_WORDS), any());
            /* In a loop, or in a wait: the next one starts anyway. */
            (void)worker_fault(LOOK_NS, &fault);
            did(1);
        }
    }
}
