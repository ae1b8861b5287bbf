/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The guest's neighbour on the disk: writes without end, and reads back what it wrote a lap ago.
 */
#include <stdio.h>

#include "block/block.h"
#include "component.h"
#include "rt/component.h"
#include "rt/time.h"
#include "systems/hostile/tally.h"

enum { STEP = 4096, WORDS = STEP / sizeof(uint64_t), LAP = 100, PAUSE_NS = 100000 };

static struct block disk;
static uint64_t words[WORDS];
static uint64_t steps;
static struct tally tally = {.what = "disk"};

/* Different for each word of each step. */
static uint64_t pattern(uint64_t step, unsigned word)
{
    return (step * WORDS + word + 1) * UINT64_C(0x9e3779b97f4a7c15);
}

static uint64_t place(uint64_t step)
{
    return step * (STEP / VIRTIO_BLOCK_SECTOR) % disk.sectors;
}

static void write_step(void)
{
    for (unsigned i = 0; i < WORDS; i++)
        words[i] = pattern(steps, i);
    tally_ask(&tally);
    tally_answer(&tally, block_write(&disk, place(steps), words, STEP) == BLOCK_DONE);
}

static void read_step(uint64_t step)
{
    enum block_result result = BLOCK_DONE;
    bool same = true;

    tally_ask(&tally);
    result = block_read(&disk, place(step), words, STEP);
    for (unsigned i = 0; i < WORDS; i++)
        same = same && words[i] == pattern(step, i);
    tally_answer(&tally, result == BLOCK_DONE && same);
}

void component_deadline(void)
{
    tally_say(&tally);
    write_step();
    if (steps >= LAP)
        read_step(steps - LAP);
    steps++;
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
    component_wait_until(time_ticks());
}
