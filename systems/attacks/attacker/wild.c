/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * component-wild: a worker reads, writes and jumps all over the address range and beyond. What is not the component's
 * own has to fault.
 * component-stack: a worker's stack is what is left of the main thread's: the page below has to stop it.
 * component-cache: cache maintenance and DC ZVA on addresses that are not its own.
 */
#include "attacker.h"

#include "rt/time.h"

enum { PAGE = 4096, SHARE_NS = 1000000, PERIOD_NS = 10000000, LOOK_NS = 20000000 };

extern char __text_start[], __end[];

static volatile uint64_t attempts, succeeded;

/* Without the attacker's own image, which is not to be written or jumped into: that would end the attack. */
static bool own(uint64_t address)
{
    static const struct {
        uint64_t begin, size;
    } parts[] = {
        {COMPONENT_STACK_ADDRESS, COMPONENT_STACK_SIZE},
        {RTC0_ADDRESS & ~UINT64_C(4095), PAGE},
        {ATTACK_PAGE_ADDRESS, ATTACK_PAGE_SIZE},
    };

    if (address + 16 > ((uintptr_t)__text_start & ~UINT64_C(4095)) &&
        address < (((uintptr_t)__end + 4095) & ~UINT64_C(4095)))
        return true;
    for (unsigned i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
        if (address + 16 > parts[i].begin && address < parts[i].begin + parts[i].size)
            return true;
    return false;
}

/* Near what there is, at boundaries, anywhere in 39 bits, anywhere in 64. */
static uint64_t any_address(void)
{
    static const uint64_t near[] = {
        0,
        0x400000,
        COMPONENT_STACK_ADDRESS,
        COMPONENT_STACK_ADDRESS + COMPONENT_STACK_SIZE,
        ATTACK_PAGE_ADDRESS,
        RTC0_ADDRESS,
        0x08000000,
        0x080a0000,
        0x09000000,
        0x0a000000,
        0x40000000,
        0x40200000,
        0x7fe00000,
        QUOLL_ADDRESS_LIMIT,
        UINT64_C(1) << 40,
        UINT64_C(1) << 48,
        UINT64_C(0xffff) << 48,
    };
    uint64_t draw = any();

    switch (draw % 4) {
    case 0:
        return near[(draw >> 8) % (sizeof(near) / sizeof(near[0]))] + (draw >> 16 & 0x3ffff) - 0x20000;
    case 1:
        return draw >> 25;
    case 2:
        return 0x400000 + (draw >> 8) % 0x20000000;
    default:
        return draw;
    }
}

static void try_read(uint64_t address)
{
    (void)*(volatile uint8_t *)address;
    succeeded++;
    worker_end();
}

static void try_write(uint64_t address)
{
    *(volatile uint8_t *)address = 0x5a;
    succeeded++;
    worker_end();
}

/*
 * Code of others would run into something; a word of anybody's would not come back with a fault at this pc. (The top
 * byte may be lost: whether it counts says TCR_EL1, which stays that of the guest that ran last.)
 */
static void try_jump(uint64_t address)
{
    ((void (*)(void))address)();
}

void attack_wild(void)
{
    static worker_function *const tries[] = {try_read, try_write, try_jump};
    struct worker_fault fault = {0};

    if (!worker_make(0, COMPONENT_PRIORITY - 1, SHARE_NS, PERIOD_NS))
        return;
    while (!over()) {
        uint64_t address = any_address();
        unsigned way = (unsigned)(any() % 3);

        if (own(address))
            continue;
        if (way == 2)
            address &= ~UINT64_C(3);
        worker_run(0, tries[way], address);
        if (!worker_fault(LOOK_NS, &fault))
            leak(100 + way);
        else if (succeeded != 0 || (way == 2 && (fault.pc ^ address) << 8 != 0))
            leak(200 + way);
        succeeded = 0;
        did(1);
    }
}

static volatile uint64_t depth;

/* 64 bytes deeper each time. */
static void recurse(uint64_t pattern)
{
    __asm__ volatile("1: stp %0, %0, [sp, #-64]!\n\t"
                     "mov x9, sp\n\t"
                     "str x9, [%1]\n\t"
                     "b 1b"
                     :
                     : "r"(pattern), "r"(&depth)
                     : "x9", "memory");
}

void attack_stack(void)
{
    struct worker_fault fault = {0};

    if (!worker_make(0, COMPONENT_PRIORITY - 1, SHARE_NS, PERIOD_NS))
        return;
    while (!over()) {
        /* The main thread's own stack is used from its top; its lower half is free. */
        (void)quoll_thread_suspend(CAP_WORKER);
        (void)quoll_thread_start(CAP_WORKER, (uintptr_t)recurse, COMPONENT_STACK_ADDRESS + (any() % 64 + 1) * 64,
                                 any());
        if (!worker_fault(LOOK_NS, &fault))
            leak(1);
        else if (depth < COMPONENT_STACK_ADDRESS || fault.address >= COMPONENT_STACK_ADDRESS ||
                 fault.address < COMPONENT_STACK_ADDRESS - PAGE)
            leak(2);
        did(1);
    }
}

static void maintain(uint64_t address)
{
    attempts++;
    __asm__ volatile("dc civac, %0" : : "r"(address) : "memory");
    attempts++;
    __asm__ volatile("dc cvau, %0" : : "r"(address) : "memory");
    attempts++;
    __asm__ volatile("ic ivau, %0" : : "r"(address) : "memory");
    attempts++;
    __asm__ volatile("dc cvac, %0" : : "r"(address) : "memory");
    worker_end();
}

static void zero(uint64_t address)
{
    __asm__ volatile("dc zva, %0" : : "r"(address) : "memory");
    succeeded++;
    worker_end();
}

/* Invalidation without writing back, and by set and way, are not for EL0. */
static void invalidate(uint64_t address)
{
    if ((address & 64) != 0)
        __asm__ volatile("dc ivac, %0" : : "r"(address) : "memory");
    else if ((address & 128) != 0)
        __asm__ volatile("dc isw, %0" : : "r"(address & 0xffffffff) : "memory");
    else
        __asm__ volatile("ic iallu" : : : "memory");
    succeeded++;
    worker_end();
}

void attack_cache(void)
{
    static worker_function *const ways[] = {maintain, zero, invalidate};
    struct worker_fault fault = {0};

    if (!worker_make(0, COMPONENT_PRIORITY - 1, SHARE_NS, PERIOD_NS))
        return;
    while (!over()) {
        uint64_t address = any_address();
        unsigned way = (unsigned)(any() % 3);

        if (own(address) || own(address + 64) || own(address - 64))
            continue;
        worker_run(0, ways[way], address);
        if (!worker_fault(LOOK_NS, &fault))
            leak(100 + way);
        else if (succeeded != 0)
            leak(200 + way);
        succeeded = 0;
        did(1);
    }
}
