/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * component-vmm: a VMM that is hostile to the kernel. Its guest executes anything, its answers are anything, and while
 * the guest runs a more urgent worker writes garbage into the state page that VMM and kernel share. Registers,
 * interrupts and the match table get garbage, parts are destroyed under the running vCPU.
 *
 * What stays is what the emulator needs to let time pass (tools/run/README.md): vectors with an instruction that
 * completes, in a page that the guest cannot write, stage 1 off, and a timer that is not set near the end of time.
 */
#include "abi/vcpu.h"
#include "attacker.h"

#include "cache.h"
#include "rt/time.h"

enum { DOMAIN = CAP_OWN, STATE, VECTORS, RAM, PORTAL, VCPU, BUDGET, DOORBELL, LINES };
enum { PAGE = 4096, RAM_SIZE = 0x10000, EXITS = 40, STATE_WORDS = 33 };
enum { SHARE_NS = 500000, PERIOD_NS = 10000000, LOOK_NS = 1000000 };
#define STATE_ADDRESS   UINT64_C(0x80000000)
#define VECTORS_ADDRESS UINT64_C(0x80010000)
#define RAM_ADDRESS     UINT64_C(0x80020000)
#define GUEST_VECTORS   UINT64_C(0x40000000)
#define GUEST_CODE      UINT64_C(0x40010000)

static const uint64_t READ_WRITE = QUOLL_MAP_READ | QUOLL_MAP_WRITE;

static void race(uint64_t seed)
{
    volatile uint64_t *state = (volatile uint64_t *)STATE_ADDRESS;
    uint64_t random = seed;

    for (;;) {
        for (unsigned i = 0; i < 64; i++)
            state[attack_random(&random) % STATE_WORDS] = attack_random(&random);
        (void)quoll_reply_wait(&(struct quoll_message){0},
                               &(struct quoll_wait){.no_reply = true, .deadline = time_ticks() + (random & 0x3ff)});
    }
}

static bool make_memory(uint32_t index, uint64_t offset, uint64_t size, uint64_t address)
{
    return quoll_pool_create_memory(COMPONENT_CAP_POOL, index, CAP_ARENA, offset, size).error == QUOLL_OK &&
           quoll_domain_map(COMPONENT_CAP_DOMAIN, index, COMPONENT_CAP_POOL, address, 0, size, READ_WRITE).error ==
               QUOLL_OK;
}

static void write_vectors(void)
{
    static const uint32_t vector[] = {0xd503201f, 0xd503201f, 0xd4000002, 0x17fffffd}; /* nop nop hvc #0, and again */
    volatile uint32_t *to = (volatile uint32_t *)VECTORS_ADDRESS;

    for (unsigned i = 0; i < PAGE / 4; i++)
        to[i] = vector[i % 4];
    cache_publish_code((const void *)VECTORS_ADDRESS, PAGE);
}

static bool make_parts(void)
{
    if (!make_memory(STATE, 0, PAGE, STATE_ADDRESS) || !make_memory(VECTORS, PAGE, PAGE, VECTORS_ADDRESS) ||
        !make_memory(RAM, RAM_SIZE, RAM_SIZE, RAM_ADDRESS) ||
        quoll_pool_create_domain(COMPONENT_CAP_POOL, DOMAIN, QUOLL_DOMAIN_VM, 16).error != QUOLL_OK ||
        quoll_pool_create_portal(COMPONENT_CAP_POOL, PORTAL, COMPONENT_CAP_THREAD, 1).error != QUOLL_OK ||
        quoll_pool_create_budget(COMPONENT_CAP_POOL, BUDGET, COMPONENT_CAP_BUDGET, time_ns_to_ticks(SHARE_NS),
                                 time_ns_to_ticks(PERIOD_NS), 4)
                .error != QUOLL_OK)
        return false;
    (void)quoll_pool_create_notification(COMPONENT_CAP_POOL, DOORBELL);
    (void)quoll_pool_create_notification(COMPONENT_CAP_POOL, LINES);
    (void)quoll_domain_map(DOMAIN, VECTORS, COMPONENT_CAP_POOL, GUEST_VECTORS, 0, PAGE,
                           QUOLL_MAP_READ | QUOLL_MAP_EXECUTE);
    (void)quoll_domain_map(DOMAIN, RAM, COMPONENT_CAP_POOL, GUEST_CODE, 0, RAM_SIZE,
                           QUOLL_MAP_READ | QUOLL_MAP_WRITE | QUOLL_MAP_EXECUTE);
    write_vectors();
    return true;
}

static bool make_vcpu(void)
{
    (void)quoll_any_destroy(VCPU);
    return quoll_pool_create_vcpu(COMPONENT_CAP_POOL, VCPU, DOMAIN, STATE, PORTAL, 0, any() % 131).error == QUOLL_OK &&
           quoll_thread_set_budget(VCPU, BUDGET).error == QUOLL_OK &&
           quoll_thread_set_supervisor(VCPU, CAP_FAULTS, 1, WORKERS).error == QUOLL_OK;
}

/* VBAR_EL1, SCTLR_EL1 and the timer as the head says. */
static bool is_kept(uint64_t number)
{
    return number == QUOLL_VCPU_VBAR_EL1 || number == QUOLL_VCPU_SCTLR_EL1 || number == QUOLL_VCPU_CNTV_CVAL_EL0 ||
           number == QUOLL_VCPU_CNTVOFF_EL2;
}

static uint32_t any_word(void)
{
    static const uint32_t some[] = {0xd4000002, 0xd4000022, 0xd4000003, 0xd4000001, 0xd503207f, 0xd503205f,
                                    0xd69f03e0, 0xd50342ff, 0xd4200000, 0xd508831f, 0xd5087e40};
    uint32_t word = 0;

    do {
        uint64_t draw = any();

        word = draw % 4 == 0   ? 0xd5000000 | ((uint32_t)(draw >> 8) & 0x3fffff)
               : draw % 4 == 1 ? some[(draw >> 8) % (sizeof(some) / sizeof(some[0]))]
                               : (uint32_t)(draw >> 8);
    } while ((word & ~UINT32_C(0x1f)) == 0xd518c000 || (word & ~UINT32_C(0x1f)) == 0xd5181000 ||
             (word & ~UINT32_C(0x1f)) == 0xd51be340 || (word & ~UINT32_C(0x1f)) == 0xd51be300);
    return word;
}

static void scatter(void)
{
    volatile uint32_t *code = (volatile uint32_t *)RAM_ADDRESS;
    volatile uint64_t *state = (volatile uint64_t *)STATE_ADDRESS;

    for (unsigned i = 0; i < PAGE / 4; i++)
        code[i] = any_word();
    cache_publish_code((const void *)RAM_ADDRESS, PAGE);
    for (unsigned i = 0; i < STATE_WORDS; i++)
        state[i] = any();
    state[31] = GUEST_CODE + any() % PAGE / 4 * 4;
    for (unsigned i = 0; i < 16; i++) {
        uint64_t number = any() % (QUOLL_VCPU_REGISTER_COUNT + 2);

        if (!is_kept(number))
            (void)quoll_thread_write_vcpu(VCPU, number, any());
    }
    (void)quoll_thread_write_vcpu(VCPU, QUOLL_VCPU_VBAR_EL1, GUEST_VECTORS);
    (void)quoll_thread_write_vcpu(VCPU, QUOLL_VCPU_SCTLR_EL1, 0x30d00800 | (any() & 0x3001004));
}

/* Arguments of the calls about a vCPU that are anything. */
static void disturb(void)
{
    uint64_t draw = any();

    switch (draw % 16) {
    case 0:
        (void)quoll_thread_match_notify(VCPU, boundary(&draw), 1 << (draw & 3), DOORBELL, draw >> 8 & 127);
        break;
    case 1:
        (void)quoll_thread_match_constant(VCPU, 0x09000000 + (draw >> 8 & 0xff8), 4, draw);
        break;
    case 2:
        (void)quoll_thread_match_ignore(VCPU, boundary(&draw), boundary(&draw));
        break;
    case 3:
        (void)quoll_thread_match_remove(VCPU, 0x09000000 + (draw >> 8 & 0xff8));
        break;
    case 4:
        (void)quoll_thread_bind_virtual_interrupts(VCPU, LINES, draw >> 8 & 0xff);
        break;
    case 5:
        (void)quoll_notification_signal(LINES, draw);
        break;
    case 6:
        (void)quoll_thread_suspend(VCPU);
        (void)quoll_thread_resume(VCPU);
        break;
    case 7:
        (void)quoll_domain_unmap(DOMAIN, GUEST_CODE);
        (void)quoll_domain_map(DOMAIN, RAM, COMPONENT_CAP_POOL, GUEST_CODE, 0, RAM_SIZE,
                               QUOLL_MAP_READ | QUOLL_MAP_WRITE | QUOLL_MAP_EXECUTE);
        break;
    default:
        (void)quoll_thread_set_virtual_interrupt(VCPU, draw >> 8 & 0x1ff, any(), draw >> 32 & 0x3ff1f);
        break;
    }
}

static void answer_exits(void)
{
    struct quoll_message message = {0};
    bool owed = false;

    for (unsigned i = 0; i < EXITS && !over(); i++) {
        struct quoll_wait wait = {.no_reply = !owed, .deadline = time_ticks() + time_ns_to_ticks(LOOK_NS)};

        owed = quoll_reply_wait(&message, &wait) == QUOLL_KIND_MESSAGE;
        did(1);
        if (!owed)
            return; /* in a loop, or it waits */
        for (unsigned w = 0; w < 8; w++)
            message.word[w] = any() % 2 == 0 ? any() : any() & 0x1ff;
        if (any() % 8 != 0)
            message.word[0] &= QUOLL_REPLY_INTERRUPT;
        if (any() % 4 == 0)
            disturb();
        if (any() % 64 == 0)
            (void)quoll_any_destroy(VCPU); /* while its exit is served */
    }
    if (owed)
        (void)quoll_reply_wait(&message, &(struct quoll_wait){.deadline = 0});
}

void attack_vmm(void)
{
    if (!make_parts() || !worker_make(0, COMPONENT_PRIORITY, SHARE_NS, PERIOD_NS))
        return;
    worker_run(0, race, any());
    while (!over()) {
        if (any() % 4 == 0 || quoll_thread_suspend(VCPU).error != QUOLL_OK)
            (void)make_vcpu();
        scatter();
        (void)quoll_thread_start(VCPU, 0, 0, 0);
        answer_exits();
        /* The page goes while it is used; the vCPU faults, and gets another. */
        if (any() % 16 == 0) {
            (void)quoll_any_destroy(STATE);
            if (!make_memory(STATE, 0, PAGE, STATE_ADDRESS))
                return;
            worker_run(0, race, any());
        }
    }
}
