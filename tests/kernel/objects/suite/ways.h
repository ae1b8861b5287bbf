/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The kernel has a short way for calls and replies without flags, and a general one. QUOLL_FLAG_RECEIVE with the index
 * 0 says nothing, but is a flag. So everything is done both ways here, and whatever a component can see of it is
 * compared.
 *
 * A scenario is a function that makes actors, children that go through a list of traps with all registers filled, and
 * notes what it sees. It is run for each of the four combinations of ways for calls and replies; what it notes must be
 * the same each time as it was when both went the general way.
 */
#pragma once

#include "server.h"

enum { ACTOR_STEPS = 16, GENERAL = QUOLL_FLAG_RECEIVE };

/* Registers before or after a trap: ways_registers.S knows this layout. */
struct trap_state {
    uint64_t x[31];
    uint64_t sp; /* after: how far it is from where it was */
    uint64_t tpidr;
    uint64_t nzcv;
    uint64_t simd;      /* before, if not 0: all SIMD registers are filled from this */
    uint64_t simd_bits; /* after: what is wrong with them */
};

/* All registers loaded, the instruction, all stored: svc #1, a load from [x0], a store to [x0]. */
typedef void trap_function(const struct trap_state *before, struct trap_state *after);
trap_function trap_call, trap_load, trap_store;

/* Flags for portal_call and for reply_wait: GENERAL or 0. */
extern uint64_t call_way, reply_way;

/* Runs the scenario both ways; each time with a fresh TEST_POOL. */
void both_ways(void (*scenario)(void));
#define BOTH_WAYS(name)             \
    static void ways_##name(void)   \
    {                               \
        both_ways(scenario_##name); \
    }

/* What must be the same each time. */
void note_value(uint64_t value, const char *file, int line);
#define NOTE(value) note_value((uint64_t)(value), __FILE__, __LINE__)

/* Child n, without steps yet; `passive`: without a budget. */
void actor_make(unsigned n, uint8_t priority, bool passive);
/* One more trap: call number and flags, capability. Other registers are filled; answers them for changes. */
struct trap_state *actor_step(unsigned n, uint64_t x9, uint64_t x8);
/* portal_call and reply_wait in the way that is on trial, a wait that answers nobody, and a wait for SERVER_GATE + n.
 */
struct trap_state *actor_call(unsigned n, uint64_t portal);
struct trap_state *actor_reply(unsigned n);
struct trap_state *actor_listen(unsigned n);
void actor_hold(unsigned n);
/* One more trap that is no call: a load or store. */
struct trap_state *actor_touch(unsigned n, trap_function *function, uint64_t address);
/* Before the step made last it executes this many loops. */
void actor_spin(unsigned n, uint64_t loops);
/* Go, and let it run. */
void actor_run(unsigned n);
/* A server: listens and then replies `replies` times, portal SERVER_PORTAL + n with label n + 1, waiting already. */
void actor_serve(unsigned n, uint8_t priority, bool passive, unsigned replies);
/* The parts of that: before the steps, and behind them. */
void actor_serve_begin(unsigned n, uint8_t priority, bool passive);
void actor_serve_end(unsigned n);
/* A client with a budget that calls a portal once; it runs already. */
void actor_client(unsigned n, uint8_t priority, uint64_t portal);

/* Steps that are over; registers after one that is; what a register was filled with. */
unsigned actor_done(unsigned n);
const struct trap_state *actor_after(unsigned n, unsigned step);
uint64_t actor_filled(unsigned n, unsigned step, unsigned reg);

/* Its state, everything about its steps that are over, and its registers if it waits for something. */
void note_actor(unsigned n);
#define NOTE_ACTOR(n) (NOTE(n), note_actor(n))
/* x0..x7 after this step are what another one's had before a step, and x8 is this. */
void expect_words(unsigned n, unsigned step, unsigned from, unsigned from_step, uint64_t x8, int line);
#define EXPECT_WORDS(n, step, from, from_step, x8) expect_words(n, step, from, from_step, x8, __LINE__)
#define MESSAGE(label)                             ((uint64_t)QUOLL_KIND_MESSAGE << 56 | (label))
#define NOTIFIED                                   ((uint64_t)QUOLL_KIND_NOTIFICATION << 56)

/*
 * The last child destroys the victim, which takes it many slots, and is stopped in the midst of it: the copies made
 * last are gone then, and the first are still there. destroy_rest: it goes on to the end.
 */
void destroy_half(uint32_t victim);
void destroy_rest(void);
