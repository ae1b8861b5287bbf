/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The guest's neighbour on the disk: writes without end, reads back what it wrote a lap ago, and says after every turn
 * how many requests were answered, how long the slowest took, and how many words were not what they had been.
 */
#include <stdio.h>

#include "block/block.h"
#include "component.h"
#include "rt/component.h"
#include "rt/time.h"

enum { STEP = 4096, WORDS = STEP / sizeof(uint64_t), LAP = 100, TURN_NS = 50000000, PAUSE_NS = 50000 };

static struct block disk;
static uint64_t words[WORDS];
static uint64_t steps;
static struct {
    uint64_t begin, requests, slowest, failed, wrong;
} turn;

/* Different for each word of each step. */
static uint64_t pattern(uint64_t step, unsigned word)
{
    return (step * WORDS + word + 1) * UINT64_C(0x9e3779b97f4a7c15);
}

static uint64_t place(uint64_t step)
{
    return step * (STEP / VIRTIO_BLOCK_SECTOR) % disk.sectors;
}

static void count(uint64_t begin, enum block_result result)
{
    uint64_t took = time_ticks() - begin;

    turn.requests++;
    turn.failed += result != BLOCK_DONE;
    turn.slowest = took > turn.slowest ? took : turn.slowest;
}

static void step(void)
{
    uint64_t begin = 0;

    for (unsigned i = 0; i < WORDS; i++)
        words[i] = pattern(steps, i);
    begin = time_ticks();
    count(begin, block_write(&disk, place(steps), words, STEP));
    steps++;
    if (steps <= LAP)
        return;
    begin = time_ticks();
    count(begin, block_read(&disk, place(steps - 1 - LAP), words, STEP));
    for (unsigned i = 0; i < WORDS; i++)
        turn.wrong += words[i] != pattern(steps - 1 - LAP, i);
}

void component_deadline(void)
{
    uint64_t now = time_ticks();

    if (now - turn.begin >= time_ns_to_ticks(TURN_NS)) {
        printf("%lu requests, the slowest %lu us, %lu failed, %lu words wrong\n", (unsigned long)turn.requests,
               (unsigned long)(time_ticks_to_ns(turn.slowest) / 1000), (unsigned long)turn.failed,
               (unsigned long)turn.wrong);
        turn.requests = turn.slowest = turn.failed = turn.wrong = 0;
        turn.begin = now;
    }
    step();
    component_wait_until(time_ticks() + time_ns_to_ticks(PAUSE_NS));
}

void component_notification(uint64_t flags)
{
    if ((flags & COMPONENT_FLAG_RESTARTED) != 0)
        block_restarted(&disk);
}

void component_start(void)
{
    if (block_open(&disk, &(struct block_setup)BLOCK_SETUP) != BLOCK_DONE) {
        printf("no disk\n");
        return;
    }
    turn.begin = time_ticks();
    component_wait_until(turn.begin);
}
