/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Writes all of its partition, a pattern that depends on the place, flushes, reads it back and says whether every word
 * was there; once more each time somebody types Enter.
 */
#include <stdio.h>

#include "block/block.h"
#include "component.h"
#include "rt/component.h"
#include "rt/console.h"

enum { STEP = 64 * 1024, WORDS = STEP / sizeof(uint64_t) };

static struct block disk;
static uint64_t words[WORDS];
static uint64_t round_number;

/* Different for each word of the disk and each round. */
static uint64_t pattern(uint64_t sector, unsigned word)
{
    return (sector * VIRTIO_BLOCK_SECTOR + word * sizeof(uint64_t) + (round_number << 40)) *
           UINT64_C(0x9e3779b97f4a7c15);
}

static enum block_result write_all(void)
{
    enum block_result result = BLOCK_DONE;

    for (uint64_t sector = 0; sector < disk.sectors && result == BLOCK_DONE; sector += STEP / VIRTIO_BLOCK_SECTOR) {
        for (unsigned i = 0; i < WORDS; i++)
            words[i] = pattern(sector, i);
        result = block_write(&disk, sector, words, STEP);
    }
    return result == BLOCK_DONE ? block_flush(&disk) : result;
}

static enum block_result read_all(uint64_t *wrong)
{
    enum block_result result = BLOCK_DONE;

    for (uint64_t sector = 0; sector < disk.sectors && result == BLOCK_DONE; sector += STEP / VIRTIO_BLOCK_SECTOR) {
        result = block_read(&disk, sector, words, STEP);
        for (unsigned i = 0; i < WORDS; i++)
            *wrong += words[i] != pattern(sector, i);
    }
    return result;
}

static void check_disk(void)
{
    uint64_t wrong = 0;
    enum block_result result = BLOCK_DONE;

    round_number++;
    result = write_all();
    if (result == BLOCK_DONE)
        result = read_all(&wrong);
    if (result != BLOCK_DONE)
        printf("round %lu: the disk answers %u\n", (unsigned long)round_number, (unsigned)result);
    else
        printf("round %lu: %lu KiB written, flushed and read back, %lu words wrong\n", (unsigned long)round_number,
               (unsigned long)(disk.sectors / 2), (unsigned long)wrong);
}

void component_notification(uint64_t flags)
{
    char line[CONSOLE_LINE_MAX];

    if ((flags & COMPONENT_FLAG_RESTARTED) != 0)
        block_restarted(&disk);
    while ((flags & COMPONENT_FLAG_INPUT) != 0 && console_line(line))
        check_disk();
}

void component_start(void)
{
    enum block_result result = block_open(&disk, &(struct block_setup)BLOCK_SETUP);

    if (result != BLOCK_DONE || disk.sectors % (STEP / VIRTIO_BLOCK_SECTOR) != 0) {
        printf("no disk: %u, %lu sectors\n", (unsigned)result, (unsigned long)disk.sectors);
        return;
    }
    check_disk();
}
