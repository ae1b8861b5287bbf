/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "tests/fuzz/fuzz.h"

#include "tests/fuzz/generator.h"
#include "tests/fuzz/lockstep.h"
#include "tests/unit/kernel/accounting.h"
#include "tests/unit/kernel/invariants.h"
#include "tests/unit/kernel/machine.h"

enum {
    WHOLE_EVERY = 64, /* calls between two looks at everything */
    IDLE_MOST = 256,  /* steps without a call, after which nothing will happen any more */
};

struct fuzz_counts fuzz_counts;

static const uint8_t *next_byte;
static const uint8_t *end_of_input;

static uint32_t byte(void)
{
    return next_byte < end_of_input ? *next_byte++ : 0;
}

static uint32_t pick(uint32_t limit)
{
    uint32_t value = byte();

    if (limit > 256)
        value |= byte() << 8;
    return value % limit;
}

static struct world read_world(void)
{
    static const uint64_t sizes[] = {0, 16, 20, 24, 32, 48, 64, 128};
    uint32_t kind = byte();

    return (struct world){
        .programs = 2 + kind % 4,
        .pool_bytes = {UINT64_C(1) << 20, UINT64_C(256) << 10},
        .memory_bytes = UINT64_C(512) << 10,
        .small_bytes = sizes[kind >> 3 & 7] << 10,
        .period = (kind >> 2 & 1) != 0 ? 20000 : 200000,
        .root_acts = (kind >> 6 & 1) != 0,
    };
}

/* Interrupts at preemption points: none, at random, or at every one. */
static void set_preemption(uint32_t kind)
{
    host.random = kind;
    host.preempt_chance = (kind & 3) == 1 ? 2 + (kind >> 2) % 16 : 0;
    host.preempt_every = (kind & 3) == 2 ? 1 + (kind >> 2) % 8 : 0;
}

void fuzz_run(const uint8_t *data, size_t size)
{
    struct world world;
    uint32_t preemption = 0;
    uint64_t looked = 0;
    unsigned idle = 0;

    next_byte = data;
    end_of_input = data + size;
    fuzz_counts.inputs++;
    lockstep_begin();
    world = read_world();
    preemption = byte();
    machine_start(NULL);
    generator_set_up(&world, pick);
    set_preemption(preemption);
    looked = fuzz_counts.calls;
    while (next_byte < end_of_input && idle < IDLE_MOST) {
        uint64_t before = fuzz_counts.calls;

        generator_step();
        idle = fuzz_counts.calls == before ? idle + 1 : 0;
        if (fuzz_counts.calls >= looked + WHOLE_EVERY || lockstep_refused()) {
            looked = fuzz_counts.calls;
            check_accounting();
            check_invariants();
            lockstep_check();
        }
    }
    check_invariants();
    check_accounting();
    host.preempt_chance = 0;
    host.preempt_every = 0;
    machine_stop(NULL);
    lockstep_end();
}
