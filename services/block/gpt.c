/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "gpt.h"

#include <string.h>

enum { HEADER_BYTES_LEAST = 92, CHECKSUM_OFFSET = 16, NAME_OFFSET = 56 };

static uint32_t word32(const uint8_t *bytes)
{
    return (uint32_t)bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 | (uint32_t)bytes[3] << 24;
}

static uint64_t word64(const uint8_t *bytes)
{
    return (uint64_t)word32(bytes) | (uint64_t)word32(bytes + 4) << 32;
}

/* CRC-32 of ISO 3309, as UEFI wants it; begins with and ends as ~. */
static uint32_t checksum(uint32_t crc, const uint8_t *bytes, uint32_t length)
{
    for (uint32_t i = 0; i < length; i++) {
        crc ^= bytes[i];
        for (unsigned bit = 0; bit < 8; bit++)
            crc = crc >> 1 ^ (0xedb88320U & -(crc & 1));
    }
    return crc;
}

enum gpt_error gpt_read_header(const uint8_t *sector, uint64_t sectors, struct gpt *gpt)
{
    static const uint8_t zero[4] = {0};
    uint32_t size = word32(sector + 12);
    uint32_t crc = UINT32_MAX;

    if (memcmp(sector, "EFI PART", 8) != 0)
        return GPT_NO_TABLE;
    if (size < HEADER_BYTES_LEAST || size > GPT_SECTOR)
        return GPT_BAD_HEADER;
    crc = checksum(crc, sector, CHECKSUM_OFFSET);
    crc = checksum(crc, zero, sizeof(zero));
    crc = checksum(crc, sector + CHECKSUM_OFFSET + sizeof(zero), size - CHECKSUM_OFFSET - (uint32_t)sizeof(zero));
    if (~crc != word32(sector + CHECKSUM_OFFSET))
        return GPT_BAD_CHECKSUM;

    *gpt = (struct gpt){
        .entries_sector = word64(sector + 72),
        .entries = word32(sector + 80),
        .entries_checksum = word32(sector + 88),
        .first = word64(sector + 40),
        .last = word64(sector + 48),
    };
    if (word64(sector + 24) != GPT_HEADER_SECTOR || word32(sector + 84) != GPT_ENTRY_BYTES || gpt->entries == 0 ||
        gpt->entries > GPT_ENTRIES_MAX)
        return GPT_BAD_HEADER;
    if (gpt->last >= sectors || gpt->first > gpt->last || gpt->entries_sector <= GPT_HEADER_SECTOR ||
        gpt->entries_sector >= gpt->first || gpt->first - gpt->entries_sector < gpt_entry_sectors(gpt))
        return GPT_BAD_HEADER;
    return GPT_OK;
}

uint32_t gpt_entry_sectors(const struct gpt *gpt)
{
    return (gpt->entries * GPT_ENTRY_BYTES + GPT_SECTOR - 1) / GPT_SECTOR;
}

static const uint8_t *entry_at(const uint8_t *entries, uint32_t number)
{
    return entries + (uint64_t)number * GPT_ENTRY_BYTES;
}

/* An entry without a type is empty. */
static bool is_used(const uint8_t *entry)
{
    return (word64(entry) | word64(entry + 8)) != 0;
}

static bool overlap(const uint8_t *one, const uint8_t *other)
{
    return is_used(other) && word64(one + 32) <= word64(other + 40) && word64(other + 32) <= word64(one + 40);
}

enum gpt_error gpt_check(const struct gpt *gpt, const uint8_t *entries)
{
    if (~checksum(UINT32_MAX, entries, gpt->entries * GPT_ENTRY_BYTES) != gpt->entries_checksum)
        return GPT_BAD_CHECKSUM;
    for (uint32_t i = 0; i < gpt->entries; i++) {
        const uint8_t *entry = entry_at(entries, i);

        if (!is_used(entry))
            continue;
        if (word64(entry + 32) < gpt->first || word64(entry + 40) > gpt->last ||
            word64(entry + 32) > word64(entry + 40))
            return GPT_BAD_ENTRY;
        for (uint32_t j = 0; j < i; j++)
            if (overlap(entry, entry_at(entries, j)))
                return GPT_BAD_ENTRY;
    }
    return GPT_OK;
}

enum gpt_error gpt_find(const struct gpt *gpt, const uint8_t *entries, const char *name,
                        struct gpt_partition *partition)
{
    for (uint32_t i = 0; i < gpt->entries; i++) {
        const uint8_t *entry = entry_at(entries, i);

        if (!is_used(entry))
            continue;
        *partition =
            (struct gpt_partition){.first = word64(entry + 32), .sectors = word64(entry + 40) - word64(entry + 32) + 1};
        for (uint32_t c = 0; c < GPT_NAME_MAX; c++) {
            uint16_t unit = (uint16_t)(entry[NAME_OFFSET + 2 * c] | entry[NAME_OFFSET + 2 * c + 1] << 8);
            partition->name[c] = (char)(unit < 0x80 ? unit : '?');
        }
        if (strcmp(partition->name, name) == 0)
            return GPT_OK;
    }
    return GPT_NOT_FOUND;
}

const char *gpt_error_text(enum gpt_error error)
{
    static const char *const text[] = {
        [GPT_OK] = "good",
        [GPT_NO_TABLE] = "there is no partition table",
        [GPT_BAD_CHECKSUM] = "the partition table's checksum is wrong",
        [GPT_BAD_HEADER] = "the partition table's header cannot be",
        [GPT_BAD_ENTRY] = "partitions overlap or lie outside",
        [GPT_NOT_FOUND] = "there is no such partition",
    };

    return (unsigned)error < sizeof(text) / sizeof(text[0]) ? text[error] : "unknown";
}
