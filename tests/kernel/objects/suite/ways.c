/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "ways.h"

#include <string.h>

enum { NOTES = 8192 };
enum { DESTROYER = CHILD_MAX - 1, DESTROYER_PRIORITY = 50, MANY = 300, COPIES = 700 }; /* destroy_half */

uint64_t call_way, reply_way;

static struct actor {
    unsigned steps;
    volatile uint64_t done;
    trap_function *function[ACTOR_STEPS];
    uint64_t spin[ACTOR_STEPS];
    struct trap_state before[ACTOR_STEPS], after[ACTOR_STEPS];
} actors[CHILD_MAX];

static struct {
    uint64_t value;
    int line;
} notes[NOTES];

static unsigned noted, expected;
static bool recording;

void note_value(uint64_t value, const char *file, int line)
{
    if (recording) {
        notes[noted % NOTES].value = value;
        notes[noted % NOTES].line = line;
    } else if (notes[noted % NOTES].line != line || notes[noted % NOTES].value != value) {
        test_print("     call %s, reply %s, note %u of line %d (as before: %d)\n", call_way != 0 ? "general" : "short",
                   reply_way != 0 ? "general" : "short", noted, line, notes[noted % NOTES].line);
        test_equal(value, notes[noted % NOTES].value, file, line, "what was noted");
    }
    noted++;
}

static void renew_pool(void)
{
    EXPECT_OK(quoll_any_destroy(TEST_POOL));
    for (uint32_t i = TEST_CHILD; i <= TEST_LAST; i++)
        if (test_type(i) != QUOLL_TYPE_NONE)
            test_delete(i);
    while (quoll_notification_take_fault(TEST_FAULTS).error == QUOLL_OK)
        continue;
    EXPECT_OK(
        quoll_pool_create_pool(BOOT_CAP_POOL, TEST_POOL, test_ram, test_ram_offset + TEST_RAM_SIZE, TEST_POOL_SIZE));
}

void both_ways(void (*scenario)(void))
{
    for (unsigned way = 0; way < 4; way++) {
        recording = way == 0;
        call_way = (way & 1) != 0 ? 0 : GENERAL;
        reply_way = (way & 2) != 0 ? 0 : GENERAL;
        noted = 0;
        memset(actors, 0, sizeof(actors));
        scenario();
        EXPECT(noted < NOTES);
        if (recording)
            expected = noted;
        EXPECT_EQUAL(noted, expected);
        renew_pool();
    }
}

static void actor_main(uint64_t n)
{
    struct actor *actor = &actors[n];

    for (unsigned step = 0; step < actor->steps; step++) {
        spin(actor->spin[step]);
        actor->function[step](&actor->before[step], &actor->after[step]);
        actor->done = step + 1;
    }
}

void actor_make(unsigned n, uint8_t priority, bool passive)
{
    actors[n].steps = 0;
    actors[n].done = 0;
    child_make(n, priority, passive ? 0 : TICKS_MS / 20, TICKS_MS);
}

uint64_t actor_filled(unsigned n, unsigned step, unsigned reg)
{
    return UINT64_C(0x5a00000000000000) | (uint64_t)n << 24 | (uint64_t)step << 16 | reg;
}

static uint64_t filled_flags(unsigned n, unsigned step)
{
    return (uint64_t)((5 * n + step + 1) & 0xf) << 28;
}

struct trap_state *actor_step(unsigned n, uint64_t x9, uint64_t x8)
{
    struct actor *actor = &actors[n];
    unsigned step = actor->steps++;
    struct trap_state *state = &actor->before[step % ACTOR_STEPS];

    EXPECT(step < ACTOR_STEPS);
    for (unsigned i = 0; i < 31; i++)
        state->x[i] = actor_filled(n, step, i);
    state->x[8] = x8;
    state->x[9] = x9;
    if ((x9 & QUOLL_FLAG_RECEIVE) != 0)
        state->x[11] = 0;
    state->tpidr = actor_filled(n, step, 32);
    state->nzcv = filled_flags(n, step);
    actor->function[step % ACTOR_STEPS] = trap_call;
    actor->spin[step % ACTOR_STEPS] = 0;
    return state;
}

struct trap_state *actor_call(unsigned n, uint64_t portal)
{
    return actor_step(n, QUOLL_CALL_portal_call | call_way, portal);
}

struct trap_state *actor_reply(unsigned n)
{
    return actor_step(n, QUOLL_CALL_self_reply_wait | reply_way, 0);
}

struct trap_state *actor_listen(unsigned n)
{
    return actor_step(n, QUOLL_CALL_self_reply_wait | QUOLL_FLAG_NO_REPLY | reply_way, 0);
}

void actor_hold(unsigned n)
{
    actor_step(n, QUOLL_CALL_notification_wait, SERVER_GATE + n)->x[0] = QUOLL_FOREVER;
}

struct trap_state *actor_touch(unsigned n, trap_function *function, uint64_t address)
{
    unsigned step = actors[n].steps;
    struct trap_state *state = actor_step(n, actor_filled(n, step, 9), actor_filled(n, step, 8));

    state->x[0] = address;
    state->x[11] = actor_filled(n, step, 11);
    actors[n].function[step] = function;
    return state;
}

void actor_spin(unsigned n, uint64_t loops)
{
    actors[n].spin[actors[n].steps - 1] = loops;
}

void actor_run(unsigned n)
{
    actors[n].done = 0;
    child_run(n, actor_main, n);
    test_sleep(TICKS_MS / 4);
}

void actor_serve_begin(unsigned n, uint8_t priority, bool passive)
{
    actor_make(n, priority, passive);
    EXPECT_OK(quoll_pool_create_notification(TEST_POOL, SERVER_GATE + n));
    EXPECT_OK(quoll_pool_create_portal(TEST_POOL, SERVER_PORTAL + n, TEST_CHILD + n, n + 1));
    actor_listen(n);
}

/* A passive one goes to its listen on borrowed time, which is taken away again. */
void actor_serve_end(unsigned n)
{
    bool passive = test_type(TEST_CHILD_BUDGET + n) == QUOLL_TYPE_NONE;

    if (passive) {
        EXPECT_OK(quoll_pool_create_budget(TEST_POOL, TEST_CHILD_BUDGET + n, BOOT_CAP_BUDGET, TICKS_MS / 20, TICKS_MS,
                                           QUOLL_REPLENISHMENTS_MAX));
        EXPECT_OK(quoll_thread_set_budget(TEST_CHILD + n, TEST_CHILD_BUDGET + n));
    }
    actor_run(n);
    if (passive)
        EXPECT_OK(quoll_any_destroy(TEST_CHILD_BUDGET + n));
}

void actor_serve(unsigned n, uint8_t priority, bool passive, unsigned replies)
{
    actor_serve_begin(n, priority, passive);
    for (unsigned i = 0; i < replies; i++)
        actor_reply(n);
    actor_serve_end(n);
    EXPECT_EQUAL(child_state(n), QUOLL_THREAD_WAITING);
}

void actor_client(unsigned n, uint8_t priority, uint64_t portal)
{
    actor_make(n, priority, false);
    actor_call(n, portal);
    actor_run(n);
}

unsigned actor_done(unsigned n)
{
    return (unsigned)actors[n].done;
}

const struct trap_state *actor_after(unsigned n, unsigned step)
{
    return &actors[n].after[step];
}

/* RAM, where the kernel and its objects are; what it is mapped at for components lies elsewhere. */
static bool is_kernel_address(uint64_t value)
{
    return value >= UINT64_C(0x40000000) && value < UINT64_C(0x140000000);
}

/* x19 and up, sp, pc, pstate and tpidr are what they were at the trap. Below that an earlier trap's may still stand. */
static void note_registers(unsigned n)
{
    for (unsigned first = 0; first < QUOLL_REGISTER_COUNT; first += 8) {
        struct quoll_result result = quoll_thread_read_registers(TEST_CHILD + n, first);

        NOTE(result.error);
        for (unsigned i = 0; i < 8 && result.error == QUOLL_OK; i++) {
            EXPECT(first + i < 9 || first + i > 18 || !is_kernel_address(result.word[i]));
            if (first + i >= 19)
                NOTE(result.word[i]);
        }
    }
}

/*
 * The first word that is not defined by the answer: of a call that failed when the server had it, and of a wait that
 * did not end by one. Still it is one that the thread had there, of its own or received.
 */
static unsigned lost_words(const struct trap_state *after)
{
    if (QUOLL_X8_KIND(after->x[8]) == QUOLL_KIND_NOTIFICATION)
        return 1;
    return after->x[8] == QUOLL_PEER_DEAD ? 0 : 8;
}

static void note_step(unsigned n, unsigned step)
{
    const struct actor *actor = &actors[n];
    const struct trap_state *after = &actor->after[step];
    bool call = actor->function[step] == trap_call;
    unsigned lost = call ? lost_words(after) : 8;

    for (unsigned i = lost; i < 8; i++)
        EXPECT(after->x[i] >> 56 == actor_filled(n, step, 0) >> 56 || after->x[i] < CHILD_MAX);
    for (unsigned i = 0; i < 31; i++)
        if (i >= 8 || i < lost)
            NOTE(after->x[i]);
    for (unsigned i = 9; i < 19; i++)
        EXPECT_EQUAL(after->x[i], call ? 0 : actor_filled(n, step, i));
    for (unsigned i = 19; i < 31; i++)
        EXPECT_EQUAL(after->x[i], actor_filled(n, step, i));
    EXPECT_EQUAL(after->sp, 0);
    EXPECT_EQUAL(after->tpidr, actor_filled(n, step, 32));
    EXPECT_EQUAL(after->nzcv, filled_flags(n, step));
    EXPECT_EQUAL(after->simd_bits, 0);
}

void note_actor(unsigned n)
{
    struct quoll_result status = quoll_thread_status(TEST_CHILD + n);

    NOTE(status.error);
    NOTE(status.word[0]);
    NOTE(status.word[1]);
    NOTE(status.word[4]);
    NOTE(actors[n].done);
    for (unsigned step = 0; step < actors[n].done; step++)
        note_step(n, step);
    note_registers(n);
}

void expect_words(unsigned n, unsigned step, unsigned from, unsigned from_step, uint64_t x8, int line)
{
    const struct trap_state *after = &actors[n].after[step];

    test_check(actors[n].done > step, __FILE__, line, "the step is over");
    for (unsigned i = 0; i < 8; i++)
        test_equal(after->x[i], actor_filled(from, from_step, i), __FILE__, line, "a word");
    test_equal(after->x[8], x8, __FILE__, line, "x8");
}

static void destroy_slowly(uint64_t index)
{
    quoll_any_destroy((uint32_t)index);
}

void destroy_half(uint32_t victim)
{
    for (unsigned i = 0; i < COPIES; i++)
        EXPECT_EQUAL(test_copy(MANY + i, victim, QUOLL_RIGHTS_ALL, 0), QUOLL_OK);
    child_start(DESTROYER, destroy_slowly, victim, DESTROYER_PRIORITY);
    test_sleep(TICKS_MS / 50);
    EXPECT_OK(quoll_thread_suspend(TEST_CHILD + DESTROYER));
    EXPECT_EQUAL(test_type(MANY + COPIES - 1), QUOLL_TYPE_NONE);
    EXPECT(test_type(MANY) != QUOLL_TYPE_NONE);
}

void destroy_rest(void)
{
    EXPECT_OK(quoll_thread_resume(TEST_CHILD + DESTROYER));
    EXPECT(child_wait(DESTROYER));
}
