/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The GUID partition table (UEFI 2.10, 5.3): a header in sector 1, and an array of entries where it says. Whoever has
 * written the disk is hostile: every number is checked before it is used, and a table that is wrong has no partitions.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

enum { GPT_SECTOR = 512, GPT_HEADER_SECTOR = 1, GPT_NAME_MAX = 36, GPT_ENTRIES_MAX = 128, GPT_ENTRY_BYTES = 128 };

/* What the header says of the entries. */
struct gpt {
    uint64_t entries_sector;
    uint32_t entries; /* at most GPT_ENTRIES_MAX, of GPT_ENTRY_BYTES each */
    uint32_t entries_checksum;
    uint64_t first, last; /* sectors that partitions may take */
};

struct gpt_partition {
    uint64_t first; /* sector */
    uint64_t sectors;
    char name[GPT_NAME_MAX + 1]; /* what is not ASCII reads as `?` */
};

enum gpt_error {
    GPT_OK = 0,
    GPT_NO_TABLE,     /* sector 1 has no signature */
    GPT_BAD_CHECKSUM, /* of header or entries */
    GPT_BAD_HEADER,   /* sizes or sectors that cannot be */
    GPT_BAD_ENTRY,    /* a partition outside of what the header allows, or over another */
    GPT_NOT_FOUND,    /* no partition of that name */
};

/* Reads sector 1 of a disk of `sectors`. */
enum gpt_error gpt_read_header(const uint8_t *sector, uint64_t sectors, struct gpt *gpt);

/* Sectors from entries_sector on that gpt_find wants to see. */
uint32_t gpt_entry_sectors(const struct gpt *gpt);

/* Whether the entries are what the header's checksum is of, lie in range and do not overlap. */
enum gpt_error gpt_check(const struct gpt *gpt, const uint8_t *entries);

/* The first partition of that name; `entries` are checked. */
enum gpt_error gpt_find(const struct gpt *gpt, const uint8_t *entries, const char *name,
                        struct gpt_partition *partition);

const char *gpt_error_text(enum gpt_error error);
