/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * component-ipc: callers without end at the victim's peer, at root and at the console, with garbage for words.
 * component-cycle: servers that call each other in circles, die while they serve, never reply, or reply to nobody.
 * component-chain: a chain of callers as deep as allowed and deeper, that ends at the victim's peer and is cut
 * anywhere.
 */
#include "attacker.h"

#include "rt/time.h"

enum { CALLERS = 6, PORTAL = CAP_OWN, SHARE_NS = 150000, PERIOD_NS = 10000000, LOOK_NS = 2000000 };

static volatile uint64_t exchanged;

/* What root must refuse to who manages nobody. */
static void call_root(uint64_t *state)
{
    struct quoll_message message = {0};
    uint64_t operation = attack_random(state) % 32;

    /* To end itself would end the attack. */
    if (operation >= 2 && operation <= 4)
        operation += 16;
    message.word[0] = operation;
    message.word[1] = attack_random(state) % 16;
    for (unsigned i = 2; i < 8; i++)
        message.word[i] = boundary(state);
    if (quoll_call(COMPONENT_CAP_ROOT, &message) == QUOLL_OK && message.word[0] == QUOLL_OK && operation >= 16)
        leak(1);
}

static void call_console(uint64_t *state)
{
    struct quoll_message message = {0};

    for (unsigned i = 0; i < 8; i++)
        message.word[i] = boundary(state);
    /* Output of its own is allowed, and would only fill the log. */
    if ((message.word[0] & 0xff) == 1)
        message.word[0] += 1;
    (void)quoll_call(COMPONENT_CAP_CONSOLE, &message);
}

static void bomb(uint64_t seed)
{
    uint64_t state = seed;

    for (;;) {
        struct quoll_message message = {0};
        uint64_t draw = attack_random(&state);

        if (draw % 4 == 0) {
            call_root(&state);
        } else if (draw % 4 == 1) {
            call_console(&state);
        } else {
            for (unsigned i = 0; i < 8; i++)
                message.word[i] = attack_random(&state);
            /* Capabilities that it has, has not, or may not send. */
            (void)quoll_call_send(CAP_VICTIM_PEER_EXCHANGE, &message, (uint32_t)(draw >> 32) % 64,
                                  (uint32_t)boundary(&state), draw % 3 == 0 ? CAP_OWN + 40 : 0);
        }
        exchanged++;
    }
}

static bool make_workers(unsigned count)
{
    bool good = true;

    for (unsigned i = 0; i < count; i++)
        good = worker_make(i, 120 + i, SHARE_NS, PERIOD_NS) && good;
    return good;
}

/* Until the end: workers that faulted or stand still are started again, or destroyed and made again. */
static void watch(unsigned count, worker_function *function, unsigned cruelty)
{
    struct worker_fault fault = {0};

    for (unsigned i = 0; i < count; i++)
        worker_run(i, function, any());
    while (!over()) {
        unsigned i = (unsigned)(any() % count);

        if (worker_fault(LOOK_NS, &fault) && fault.worker < count)
            worker_run((unsigned)fault.worker, function, any());
        if (cruelty != 0 && any() % cruelty == 0)
            worker_run(i, function, any());
        if (cruelty != 0 && any() % cruelty == 0) {
            (void)quoll_thread_suspend(CAP_WORKER + i);
            (void)quoll_thread_set_priority(CAP_WORKER + i, any() % 131);
            (void)quoll_thread_resume(CAP_WORKER + i);
        }
        did(exchanged);
        exchanged = 0;
    }
}

void attack_ipc(void)
{
    if (make_workers(CALLERS))
        watch(CALLERS, bomb, 0);
}

static void serve_badly(uint64_t seed)
{
    struct quoll_message message = {0};
    uint64_t state = seed;

    for (;;) {
        uint64_t draw = attack_random(&state);
        struct quoll_wait wait = {.no_reply = draw % 3 == 0,
                                  .capability = draw % 5 == 0 ? (uint32_t)(draw >> 32) % 64 : 0,
                                  .rights = (uint32_t)boundary(&state),
                                  .receive = draw % 7 == 0 ? CAP_OWN + 50 : 0,
                                  .deadline = draw % 11 == 0 ? QUOLL_FOREVER : time_ticks() + draw % 20000};

        switch (draw >> 8 & 15) {
        case 0:
            worker_end(); /* dies, perhaps while it serves */
            break;
        case 1:
            for (;;) /* serves for ever, on whoever called */
                exchanged++;
        case 2:
        case 3:
        case 4:
        case 5:
        case 6:
        case 7:
            (void)quoll_call(PORTAL + (uint32_t)(draw >> 16) % CALLERS, &message);
            break;
        case 8:
            (void)quoll_any_destroy(PORTAL + (uint32_t)(draw >> 16) % CALLERS);
            break;
        case 9:
            (void)quoll_pool_create_portal(COMPONENT_CAP_POOL, PORTAL + (uint32_t)(draw >> 16) % CALLERS,
                                           CAP_WORKER + (draw >> 24) % CALLERS, draw >> 40);
            break;
        default:
            (void)quoll_reply_wait(&message, &wait);
            break;
        }
        exchanged++;
    }
}

static void make_portals(unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        (void)quoll_pool_create_portal(COMPONENT_CAP_POOL, PORTAL + i, CAP_WORKER + i, i);
}

void attack_cycle(void)
{
    if (!make_workers(CALLERS))
        return;
    make_portals(CALLERS);
    watch(CALLERS, serve_badly, 4);
}

/* Worker n serves n - 1 and calls n + 1; the last calls the victim's peer. */
static void pass_on(uint64_t number)
{
    struct quoll_message message = {0};

    for (;;) {
        if (number == WORKERS - 1)
            (void)quoll_call(CAP_VICTIM_PEER_EXCHANGE, &message);
        else
            (void)quoll_call(PORTAL + (uint32_t)number + 1, &message);
        exchanged++;
        if (number != 0)
            (void)quoll_reply_wait(&message, &(struct quoll_wait){.deadline = QUOLL_FOREVER});
    }
}

void attack_chain(void)
{
    struct worker_fault fault = {0};

    if (!make_workers(WORKERS))
        return;
    make_portals(WORKERS);
    for (unsigned i = WORKERS; i-- > 0;)
        worker_run(i, pass_on, i);
    while (!over()) {
        unsigned i = (unsigned)(any() % WORKERS);

        (void)worker_fault(LOOK_NS, &fault);
        if (any() % 2 == 0)
            worker_run(i, pass_on, i);
        if (any() % 8 == 0) {
            (void)quoll_any_destroy(CAP_WORKER + i);
            (void)quoll_any_destroy(CAP_WORKER_BUDGET + i);
            (void)worker_make(i, 120 + i, SHARE_NS, PERIOD_NS);
            (void)quoll_any_destroy(PORTAL + i);
            (void)quoll_pool_create_portal(COMPONENT_CAP_POOL, PORTAL + i, CAP_WORKER + i, i);
            worker_run(i, pass_on, i);
        }
        did(exchanged);
        exchanged = 0;
    }
}
