/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Partition tables: one that is right, each field wrong with a good checksum, and random ones.
 */
#include "tests.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "services/block/gpt.h"

enum { SECTORS = 10000, ENTRIES = 128, ENTRY = 128 };

static uint8_t header[GPT_SECTOR];
static uint8_t entries[ENTRIES * ENTRY];
static struct gpt gpt;

static void put(uint8_t *at, uint64_t value, unsigned bytes)
{
    for (unsigned i = 0; i < bytes; i++)
        at[i] = (uint8_t)(value >> (8 * i));
}

/* Bit by bit, another way than the code's. */
static uint32_t checksum(const uint8_t *bytes, size_t length)
{
    uint32_t crc = UINT32_MAX;

    for (size_t i = 0; i < length * 8; i++) {
        uint32_t bit = (crc ^ (uint32_t)bytes[i / 8] >> i % 8) & 1;
        crc = (crc >> 1) ^ (bit != 0 ? 0xedb88320U : 0);
    }
    return ~crc;
}

static void seal(void)
{
    put(header + 88, checksum(entries, sizeof(entries)), 4);
    put(header + 16, 0, 4);
    put(header + 16, checksum(header, 92), 4);
}

static void add(unsigned number, uint64_t first, uint64_t last, const char *name)
{
    uint8_t *entry = entries + ENTRY * number;

    put(entry, 1, 8);
    put(entry + 32, first, 8);
    put(entry + 40, last, 8);
    for (size_t i = 0; i < strlen(name); i++)
        put(entry + 56 + 2 * i, (uint8_t)name[i], 2);
}

static int setup(void **state)
{
    (void)state;
    memset(header, 0, sizeof(header));
    memset(entries, 0, sizeof(entries));
    memcpy(header, "EFI PART", 8);
    put(header + 8, 0x10000, 4);
    put(header + 12, 92, 4);
    put(header + 24, 1, 8);
    put(header + 40, 34, 8);
    put(header + 48, SECTORS - 34, 8);
    put(header + 72, 2, 8);
    put(header + 80, ENTRIES, 4);
    put(header + 84, ENTRY, 4);
    add(0, 2048, 4095, "linux");
    add(5, 4096, 4096, "one sector");
    seal();
    return 0;
}

static void finds_partitions(void **state)
{
    struct gpt_partition partition = {0};

    (void)state;
    assert_int_equal(gpt_read_header(header, SECTORS, &gpt), GPT_OK);
    assert_int_equal(gpt_entry_sectors(&gpt), 32);
    assert_int_equal(gpt_check(&gpt, entries), GPT_OK);
    assert_int_equal(gpt_find(&gpt, entries, "linux", &partition), GPT_OK);
    assert_int_equal(partition.first, 2048);
    assert_int_equal(partition.sectors, 2048);
    assert_int_equal(gpt_find(&gpt, entries, "one sector", &partition), GPT_OK);
    assert_int_equal(partition.sectors, 1);
    assert_int_equal(gpt_find(&gpt, entries, "linu", &partition), GPT_NOT_FOUND);
    assert_int_equal(gpt_find(&gpt, entries, "", &partition), GPT_NOT_FOUND);
}

static void a_wrong_field(void **state)
{
    static const struct {
        unsigned offset, bytes;
        uint64_t value;
        enum gpt_error error;
    } bad[] = {
        {0, 1, 'e', GPT_NO_TABLE},           {12, 4, 91, GPT_BAD_HEADER},      {12, 4, 513, GPT_BAD_HEADER},
        {12, 4, UINT32_MAX, GPT_BAD_HEADER}, {24, 8, 2, GPT_BAD_HEADER},       {40, 8, 33, GPT_BAD_HEADER},
        {40, 8, SECTORS, GPT_BAD_HEADER},    {48, 8, SECTORS, GPT_BAD_HEADER}, {48, 8, UINT64_MAX, GPT_BAD_HEADER},
        {72, 8, 1, GPT_BAD_HEADER},          {72, 8, 34, GPT_BAD_HEADER},      {72, 8, UINT64_MAX, GPT_BAD_HEADER},
        {80, 4, 0, GPT_BAD_HEADER},          {80, 4, 129, GPT_BAD_HEADER},     {80, 4, UINT32_MAX, GPT_BAD_HEADER},
        {84, 4, 256, GPT_BAD_HEADER},
    };

    for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        setup(state);
        put(header + bad[i].offset, bad[i].value, bad[i].bytes);
        seal();
        assert_int_equal(gpt_read_header(header, SECTORS, &gpt), bad[i].error);
    }
    setup(state);
    header[60] ^= 1;
    assert_int_equal(gpt_read_header(header, SECTORS, &gpt), GPT_BAD_CHECKSUM);
}

static void a_wrong_entry(void **state)
{
    static const uint64_t bad[][2] = {{33, 40},     {5000, SECTORS - 33}, {5001, 5000}, {0, UINT64_MAX},
                                      {4000, 4000}, {2000, 6000},         {4096, 4096}};

    for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        setup(state);
        add(127, bad[i][0], bad[i][1], "bad");
        seal();
        assert_int_equal(gpt_read_header(header, SECTORS, &gpt), GPT_OK);
        assert_int_equal(gpt_check(&gpt, entries), GPT_BAD_ENTRY);
    }
    setup(state);
    assert_int_equal(gpt_read_header(header, SECTORS, &gpt), GPT_OK);
    entries[700] ^= 1;
    assert_int_equal(gpt_check(&gpt, entries), GPT_BAD_CHECKSUM);
}

int test_gpt(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(finds_partitions, setup),
        cmocka_unit_test_setup(a_wrong_field, setup),
        cmocka_unit_test_setup(a_wrong_entry, setup),
    };

    return cmocka_run_group_tests_name("partition tables", tests, NULL, NULL);
}
