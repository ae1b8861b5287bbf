/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * A disk in memory whose power can be cut. What was written and not flushed may be lost, torn or there: the write at
 * which the power goes leaves its first `torn` bytes. Everything fails after it, until the power is back.
 */
#pragma once

#include "services/crypto/store.h"

enum { DISK_SECTORS = 10 * STORE_SLOT_SECTORS, DISK_NEVER = -1 };

struct fake_disk {
    uint8_t sectors[DISK_SECTORS][STORE_SECTOR];
    int cut_at; /* the write, counted from 0, at which the power goes; DISK_NEVER */
    int torn;   /* how much of that write is done, in bytes */
    int writes, flushes;
    int unflushed;
    bool off;
    bool read_fails, no_random; /* until taken back */
    int fail_write;             /* this one write fails; DISK_NEVER */
    bool fails_late;            /* though it has been done */
};

/* Zeros. */
void fake_disk_init(struct fake_disk *disk);

/* The power is back: nothing is cut any more. */
void fake_disk_on(struct fake_disk *disk);

struct store_disk fake_disk_of(struct fake_disk *disk);

/* Each call other bytes than the one before, and in each run of the program the same ones. */
bool fake_random(uint8_t *bytes, size_t size);
