/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "guest.h"

enum { CLOCK_OF_LIAR = 1000000 };

extern struct attack_page attack_page;
static uint64_t state;

static void (*const attacks[ATTACK_COUNT])(void) = {
#define COMPONENT(identifier)
#define LIAR(identifier)
#define LINUX(identifier)
#define FILES(identifier)
#define PROVOKE(identifier)
#define GUEST(identifier)            [ATTACK_##identifier] = attack_##identifier,
#define ATTACK(by, identifier, name) by(identifier)
#include "systems/attacks/attacks.def"
#undef ATTACK
#undef GUEST
#undef LINUX
#undef FILES
#undef PROVOKE
#undef LIAR
#undef COMPONENT
};

/* No atomic instructions: with stage 1 off all memory is device memory to the guest, where they need not work. */
void did(uint64_t count)
{
    volatile uint64_t *operations = (volatile uint64_t *)&attack_page.operations;

    *operations += count;
}

void leak(uint64_t kind)
{
    volatile uint64_t *leaks = (volatile uint64_t *)&attack_page.leaks;

    if ((*leaks)++ == 0)
        *(volatile uint64_t *)&attack_page.leak_kind = kind;
}

uint64_t any(void)
{
    return attack_random(&state);
}

/* Bits of this guest's memory change under it (the judge does that). What it does meanwhile is some of everything. */
void attack_flips(void)
{
    static void (*const some[])(void) = {attack_gic,        attack_mmio,  attack_hvc,
                                         attack_interrupts, attack_rings, attack_mmu};

    some[any() % (sizeof(some) / sizeof(some[0]))]();
}

_Noreturn void guest_main(void)
{
    volatile struct attack_page *page = &attack_page;

    state = attack_seed(0);
    /* The liar, whose clock starts with 1 (system.yaml), takes no orders. */
    while (*(volatile uint32_t *)GUEST_CLOCK < CLOCK_OF_LIAR)
        attack_rings();
    page->ready = ATTACK_READY;
    while (page->turn == 0)
        continue;
    state = attack_seed(page->seed);
    for (;;)
        if (page->attack < ATTACK_COUNT && attacks[page->attack] != 0)
            attacks[page->attack]();
}
