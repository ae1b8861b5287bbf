/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Load for block: writes its partition piece by piece, and reads each piece back after a lap of others: what a dead
 * service had answered has to be on the disk.
 */
#include "block/block.h"
#include "component.h"
#include "rt/component.h"
#include "rt/time.h"
#include "systems/restart/progress.h"

enum { STEP = 16 * 1024, WORDS = STEP / sizeof(uint64_t), LAP = 16, PAUSE_NS = 400000 };

static struct block disk;
static uint64_t words[WORDS];
static uint64_t steps; /* so far */

/* NOLINTNEXTLINE(performance-no-int-to-ptr): an address of the generated header */
static struct progress *const progress = (struct progress *)WRITER_PROGRESS_ADDRESS;

static uint64_t place(uint64_t step)
{
    return step % (disk.sectors * VIRTIO_BLOCK_SECTOR / STEP) * (STEP / VIRTIO_BLOCK_SECTOR);
}

/* Different for each word of each step. */
static uint64_t pattern(uint64_t step, unsigned word)
{
    return (step * WORDS + word + 1) * UINT64_C(0x9e3779b97f4a7c15);
}

static void write_step(uint64_t step)
{
    for (unsigned i = 0; i < WORDS; i++)
        words[i] = pattern(step, i);
    if (block_write(&disk, place(step), words, STEP) != BLOCK_DONE)
        progress_add(&progress->lost, STEP);
    progress_add(&progress->operations, 1);
}

static void check_step(uint64_t step)
{
    uint64_t wrong = 0;

    if (block_read(&disk, place(step), words, STEP) != BLOCK_DONE)
        wrong = WORDS;
    for (unsigned i = 0; i < WORDS && wrong != WORDS; i++)
        wrong += words[i] != pattern(step, i);
    progress_add(&progress->bytes, STEP - wrong * sizeof(uint64_t));
    progress_add(&progress->lost, wrong * sizeof(uint64_t));
    progress_add(&progress->operations, 1);
}

void component_deadline(void)
{
    uint64_t later = 0;

    if (!progress_works(progress, &later)) {
        if (later != 0)
            component_wait_until(later);
        return;
    }
    write_step(steps);
    if (steps >= LAP)
        check_step(steps - LAP);
    steps++;
    component_wait_until(progress_next(progress, PAUSE_NS));
}

void component_notification(uint64_t flags)
{
    if ((flags & COMPONENT_FLAG_RESTARTED) != 0)
        block_restarted(&disk);
}

void component_start(void)
{
    if (block_open(&disk, &(struct block_setup)BLOCK_SETUP) != BLOCK_DONE ||
        disk.sectors < STEP / VIRTIO_BLOCK_SECTOR * (LAP + 1))
        progress_add(&progress->lost, 1);
    else
        component_wait_until(time_ticks());
}
