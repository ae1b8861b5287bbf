/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The victim: it has state of every kind that a component can have, and verifies all of it without end.
 */
#include "component.h"

#include "abi/plan.h"
#include "rt/component.h"
#include "rt/time.h"
#include "systems/attacks/orders.h"
#include "systems/attacks/victim-peer/exchange.h"
#include "systems/attacks/victim/state.h"

uint64_t victim_hold(uint64_t seed, uint64_t turns, uint64_t deadline);

enum { WORDS = 4096, SPIN = 20000, SLEEP_NS = 100000, PATIENCE_NS = 1000000000 };

static struct victim_state *const state = (struct victim_state *)VICTIM_STATE_ADDRESS;
static volatile uint64_t memory[WORDS];
static uint64_t random = 1;

/* Words that are the same in every run, so that the judge knows the checksum to be the same for ever. */
static void fill(void)
{
    uint64_t word = attack_seed(0);

    for (unsigned i = 0; i < WORDS; i++)
        memory[i] = attack_random(&word);
}

/* FNV-1a over words; answers VICTIM_MEMORY when one differs from what was written. */
static uint64_t verify_memory(void)
{
    uint64_t word = attack_seed(0), sum = UINT64_C(0xcbf29ce484222325), wrong = 0;

    for (unsigned i = 0; i < WORDS; i++) {
        uint64_t found = memory[i];

        wrong |= found ^ attack_random(&word);
        sum = (sum ^ found) * UINT64_C(0x100000001b3);
    }
    atomic_store_explicit(&state->checksum, sum, memory_order_relaxed);
    return wrong != 0 ? VICTIM_MEMORY : 0;
}

static uint64_t verify_registers(void)
{
    return victim_hold(attack_random(&random), SPIN, time_ticks() + time_ns_to_ticks(SLEEP_NS));
}

static uint64_t verify_exchange(void)
{
    struct quoll_message message = {0};
    uint64_t sent[8];

    for (unsigned i = 0; i < 8; i++)
        sent[i] = message.word[i] = attack_random(&random);
    if (quoll_call(CAP_VICTIM_PEER_EXCHANGE, &message) != QUOLL_OK)
        return VICTIM_EXCHANGE;
    for (unsigned i = 0; i < 8; i++)
        if (message.word[i] != exchange_answer(sent[i], i))
            return VICTIM_EXCHANGE;
    return 0;
}

/* Other flags may come meanwhile, from whoever may raise some. */
static uint64_t verify_flags(void)
{
    uint64_t deadline = time_ticks() + time_ns_to_ticks(PATIENCE_NS);

    (void)quoll_notification_signal(CAP_VICTIM_PEER_PING, FLAG_VICTIM_PEER_PING);
    for (;;) {
        struct quoll_result result = quoll_notification_wait(COMPONENT_CAP_NOTIFICATION, deadline);

        if (result.error != QUOLL_OK)
            return VICTIM_FLAGS;
        if ((result.word[0] & FLAG_PONG) != 0)
            return 0;
    }
}

void component_start(void)
{
    fill();
    for (;;) {
        if (atomic_exchange_explicit(&state->damage, 0, memory_order_relaxed) != 0)
            memory[attack_random(&random) % WORDS] ^= 1;
        uint64_t parts = verify_memory() | verify_registers() | verify_exchange() | verify_flags();

        if (parts != 0) {
            atomic_fetch_or_explicit(&state->parts, parts, memory_order_relaxed);
            atomic_fetch_add_explicit(&state->wrong, 1, memory_order_relaxed);
            fill();
        }
        atomic_fetch_add_explicit(&state->rounds, 1, memory_order_release);
    }
}
