/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "disk.h"

#include <string.h>

void fake_disk_init(struct fake_disk *disk)
{
    *disk = (struct fake_disk){.cut_at = DISK_NEVER, .fail_write = DISK_NEVER};
}

void fake_disk_on(struct fake_disk *disk)
{
    disk->off = false;
    disk->cut_at = DISK_NEVER;
    disk->fail_write = DISK_NEVER;
    disk->writes = 0;
    disk->unflushed = 0;
}

bool fake_random(uint8_t *bytes, size_t size)
{
    static uint64_t state = 1;

    for (size_t i = 0; i < size; i++) {
        state = state * UINT64_C(6364136223846793005) + 1442695040888963407;
        bytes[i] = (uint8_t)(state >> 56);
    }
    return true;
}

static bool take_random(void *context, uint8_t *bytes, size_t size)
{
    const struct fake_disk *disk = context;

    return !disk->no_random && fake_random(bytes, size);
}

static bool read_sector(void *context, uint64_t sector, uint8_t *bytes)
{
    const struct fake_disk *disk = context;

    if (disk->off || disk->read_fails || sector >= DISK_SECTORS)
        return false;
    memcpy(bytes, disk->sectors[sector], STORE_SECTOR);
    return true;
}

static bool write_sector(void *context, uint64_t sector, const uint8_t *bytes)
{
    struct fake_disk *disk = context;

    if (disk->off || sector >= DISK_SECTORS)
        return false;
    if (disk->writes == disk->fail_write) {
        disk->writes++;
        if (disk->fails_late)
            memcpy(disk->sectors[sector], bytes, STORE_SECTOR);
        return false;
    }
    disk->off = disk->writes == disk->cut_at;
    memcpy(disk->sectors[sector], bytes, disk->off ? (size_t)disk->torn : STORE_SECTOR);
    disk->writes++;
    disk->unflushed++;
    return !disk->off;
}

static bool flush(void *context)
{
    struct fake_disk *disk = context;

    if (disk->off)
        return false;
    disk->flushes++;
    disk->unflushed = 0;
    return true;
}

struct store_disk fake_disk_of(struct fake_disk *disk)
{
    return (struct store_disk){disk, DISK_SECTORS, read_sector, write_sector, flush, take_random};
}
