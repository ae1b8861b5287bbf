/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Memory: carving, mapping, withdrawing, zeroing. What the rights of a mapping do is in fault.c.
 */
#include "suite.h"

#define READ_WRITE (QUOLL_MAP_READ | QUOLL_MAP_WRITE)
enum { M = TEST_FREE, CHILD_A, CHILD_B, COPY, DOMAIN, SECOND, POOL, PLAN_COPY };
#define KIB UINT64_C(1024)
#define MIB UINT64_C(1048576)

static void make(uint32_t index, uint64_t offset, uint64_t size)
{
    EXPECT_OK(quoll_pool_create_memory(TEST_POOL, index, test_ram, test_ram_offset + offset, size));
}

static uint64_t pool_used(void)
{
    return quoll_pool_status(TEST_POOL).word[1];
}

static void memory_create(void)
{
    make(M, 0, 64 * KIB);
    EXPECT_EQUAL(test_type(M), QUOLL_TYPE_MEMORY);
    EXPECT_EQUAL(quoll_memory_status(M).word[0], 64 * KIB);
    EXPECT_EQUAL(quoll_memory_status(M).word[1], QUOLL_MEMORY_RAM);
    EXPECT_EQUAL(quoll_memory_status(M).word[2], 0);
    EXPECT_EQUAL(quoll_memory_address(M).word[0], quoll_memory_address(test_ram).word[0] + test_ram_offset);
    EXPECT_EQUAL(quoll_memory_status(BOOT_CAP_PLAN).word[1], QUOLL_MEMORY_IMAGE);
    EXPECT_EQUAL(quoll_memory_status(BOOT_CAP_DEVICE).word[1], QUOLL_MEMORY_DEVICE);
}

static void memory_create_errors(void)
{
    make(M, 0, 64 * KIB);
    EXPECT_ERROR(quoll_pool_create_memory(TEST_POOL, M, test_ram, test_ram_offset + MIB, 4 * KIB), SLOT_TAKEN);
    EXPECT_ERROR(quoll_pool_create_memory(TEST_POOL, 0, test_ram, test_ram_offset + MIB, 4 * KIB), BAD_CAPABILITY);
    EXPECT_ERROR(quoll_pool_create_memory(TEST_POOL, CHILD_A, M, 0, 0), BAD_ARGUMENT);
    EXPECT_ERROR(quoll_pool_create_memory(TEST_POOL, CHILD_A, M, 8, 4 * KIB), BAD_ARGUMENT);
    EXPECT_ERROR(quoll_pool_create_memory(TEST_POOL, CHILD_A, M, 0, 4 * KIB + 8), BAD_ARGUMENT);
    EXPECT_ERROR(quoll_pool_create_memory(TEST_POOL, CHILD_A, M, 4 * KIB, 64 * KIB), BAD_ARGUMENT);
    EXPECT_ERROR(quoll_pool_create_memory(TEST_POOL, CHILD_A, M, UINT64_MAX - 4095, 8 * KIB), BAD_ARGUMENT);
    /* Lifetimes nest: what lives in a pool above cannot hang on memory in a pool below. */
    EXPECT_ERROR(quoll_pool_create_memory(BOOT_CAP_POOL, CHILD_A, M, 0, 4 * KIB), BAD_ARGUMENT);
    EXPECT_OK(quoll_pool_create_memory(TEST_POOL, CHILD_A, M, 8 * KIB, 8 * KIB));
    EXPECT_ERROR(quoll_pool_create_memory(TEST_POOL, CHILD_B, M, 0, 12 * KIB), OVERLAP);
    EXPECT_ERROR(quoll_pool_create_memory(TEST_POOL, CHILD_B, M, 12 * KIB, 4 * KIB), OVERLAP);
    EXPECT_ERROR(quoll_pool_create_memory(TEST_POOL, CHILD_B, M, 0, 64 * KIB), OVERLAP);
    EXPECT_OK(quoll_pool_create_memory(TEST_POOL, CHILD_B, M, 16 * KIB, 4 * KIB));
    EXPECT_OK(quoll_any_destroy(CHILD_B));
    EXPECT_OK(quoll_pool_create_memory(TEST_POOL, CHILD_B, M, 0, 8 * KIB));
    EXPECT_OK(quoll_domain_map(BOOT_CAP_DOMAIN, CHILD_B, TEST_POOL, TEST_WINDOW, 0, 4 * KIB, QUOLL_MAP_READ));
    EXPECT_ERROR(quoll_pool_create_memory(TEST_POOL, COPY, CHILD_B, 4 * KIB, 4 * KIB), BUSY); /* mapped */
    EXPECT_ERROR(quoll_domain_map(BOOT_CAP_DOMAIN, M, TEST_POOL, TEST_WINDOW + 64 * KIB, 0, 4 * KIB, QUOLL_MAP_READ),
                 BUSY); /* subdivided */
}

static void memory_nesting(void)
{
    enum { FIRST = 200 };

    make(FIRST, 0, 64 * KIB);
    for (uint32_t i = FIRST; i < FIRST + 6; i++)
        EXPECT_OK(quoll_pool_create_memory(TEST_POOL, i + 1, i, 4 * KIB, 64 * KIB - 8 * KIB * (i - FIRST + 1)));
    EXPECT_ERROR(quoll_pool_create_memory(TEST_POOL, FIRST + 7, FIRST + 6, 0, 4 * KIB), TOO_DEEP);
    /* The end of one is the end of all below it. */
    EXPECT_OK(quoll_any_destroy(FIRST + 2));
    EXPECT_EQUAL(test_type(FIRST + 1), QUOLL_TYPE_MEMORY);
    EXPECT_EQUAL(test_type(FIRST + 6), QUOLL_TYPE_NONE);
    EXPECT_OK(quoll_any_destroy(FIRST));
}

/* A child gets the rights that its maker has on the parent. */
static void memory_rights(void)
{
    uint32_t rights = QUOLL_RIGHT_READ | QUOLL_RIGHT_CREATE;

    make(M, 0, 64 * KIB);
    EXPECT_EQUAL(test_copy(COPY, M, rights, 0), QUOLL_OK);
    EXPECT_OK(quoll_pool_create_memory(TEST_POOL, CHILD_A, COPY, 0, 4 * KIB));
    EXPECT_EQUAL(quoll_domain_inspect(BOOT_CAP_DOMAIN, CHILD_A).word[1], rights);
    EXPECT_ERROR(quoll_domain_map(BOOT_CAP_DOMAIN, CHILD_A, TEST_POOL, TEST_WINDOW, 0, 4 * KIB, READ_WRITE), NO_RIGHT);
    EXPECT_ERROR(quoll_domain_map(BOOT_CAP_DOMAIN, CHILD_A, TEST_POOL, TEST_WINDOW, 0, 4 * KIB,
                                  QUOLL_MAP_READ | QUOLL_MAP_EXECUTE),
                 NO_RIGHT);
    EXPECT_OK(quoll_domain_map(BOOT_CAP_DOMAIN, CHILD_A, TEST_POOL, TEST_WINDOW, 0, 4 * KIB, QUOLL_MAP_READ));
    EXPECT_ERROR(quoll_domain_map(BOOT_CAP_DOMAIN, BOOT_CAP_PLAN, TEST_POOL, TEST_WINDOW_LARGE, 0, 4 * KIB, READ_WRITE),
                 NO_RIGHT);
}

static void memory_map_errors(void)
{
    const uint64_t at = TEST_WINDOW;

    make(M, 0, 64 * KIB);
    struct {
        uint64_t address, offset, size, attributes;
    } bad[] = {
        {at + 8, 0, 4 * KIB, QUOLL_MAP_READ},
        {at, 8, 4 * KIB, QUOLL_MAP_READ},
        {at, 0, 4 * KIB + 8, QUOLL_MAP_READ},
        {at, 0, 0, QUOLL_MAP_READ},
        {at, 4 * KIB, 64 * KIB, QUOLL_MAP_READ},
        {at, 64 * KIB, 4 * KIB, QUOLL_MAP_READ},
        {at, UINT64_MAX - 4095, 8 * KIB, QUOLL_MAP_READ},
        {QUOLL_ADDRESS_LIMIT, 0, 4 * KIB, QUOLL_MAP_READ},
        {QUOLL_ADDRESS_LIMIT - 4 * KIB, 0, 8 * KIB, QUOLL_MAP_READ},
        {UINT64_MAX - 4095, 0, 8 * KIB, QUOLL_MAP_READ},
        {at, 0, 4 * KIB, 0},
        {at, 0, 4 * KIB, QUOLL_MAP_WRITE},
        {at, 0, 4 * KIB, QUOLL_MAP_EXECUTE},
        {at, 0, 4 * KIB, QUOLL_MAP_READ | 16},
        {at, 0, 4 * KIB, READ_WRITE | QUOLL_MAP_EXECUTE},
    };

    for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        EXPECT_ERROR(quoll_domain_map(BOOT_CAP_DOMAIN, M, TEST_POOL, bad[i].address, bad[i].offset, bad[i].size,
                                      bad[i].attributes),
                     BAD_ARGUMENT);
    EXPECT_EQUAL(quoll_memory_status(M).word[2], 0);
    /* A VM may write what it executes. */
    EXPECT_OK(quoll_pool_create_domain(TEST_POOL, DOMAIN, QUOLL_DOMAIN_VM, 4));
    EXPECT_OK(quoll_domain_map(DOMAIN, M, TEST_POOL, at, 0, 4 * KIB, READ_WRITE | QUOLL_MAP_EXECUTE));
}

static void memory_map_overlap(void)
{
    const uint64_t at = TEST_WINDOW + 16 * KIB;

    make(M, 0, 64 * KIB);
    EXPECT_OK(quoll_domain_map(BOOT_CAP_DOMAIN, M, TEST_POOL, at, 0, 8 * KIB, QUOLL_MAP_READ));
    EXPECT_ERROR(quoll_domain_map(BOOT_CAP_DOMAIN, M, TEST_POOL, at, 0, 8 * KIB, QUOLL_MAP_READ), OVERLAP);
    EXPECT_ERROR(quoll_domain_map(BOOT_CAP_DOMAIN, M, TEST_POOL, at + 4 * KIB, 0, 8 * KIB, QUOLL_MAP_READ), OVERLAP);
    EXPECT_ERROR(quoll_domain_map(BOOT_CAP_DOMAIN, M, TEST_POOL, at - 4 * KIB, 0, 8 * KIB, QUOLL_MAP_READ), OVERLAP);
    EXPECT_ERROR(quoll_domain_map(BOOT_CAP_DOMAIN, M, TEST_POOL, at - 4 * KIB, 0, 32 * KIB, QUOLL_MAP_READ), OVERLAP);
    EXPECT_OK(quoll_domain_map(BOOT_CAP_DOMAIN, M, TEST_POOL, at + 8 * KIB, 0, 8 * KIB, QUOLL_MAP_READ));
    EXPECT_OK(quoll_domain_map(BOOT_CAP_DOMAIN, M, TEST_POOL, at - 8 * KIB, 0, 8 * KIB, QUOLL_MAP_READ));
    EXPECT_EQUAL(quoll_memory_status(M).word[2], 3);
    EXPECT_ERROR(quoll_domain_unmap(BOOT_CAP_DOMAIN, at + 4 * KIB), NOT_FOUND); /* not where it starts */
    EXPECT_ERROR(quoll_domain_unmap(BOOT_CAP_DOMAIN, TEST_UNMAPPED), NOT_FOUND);
    EXPECT_OK(quoll_domain_unmap(BOOT_CAP_DOMAIN, at));
    EXPECT_ERROR(quoll_domain_unmap(BOOT_CAP_DOMAIN, at), NOT_FOUND);
    EXPECT_EQUAL(quoll_memory_status(M).word[2], 2);
    EXPECT_OK(quoll_domain_map(BOOT_CAP_DOMAIN, M, TEST_POOL, at, 0, 8 * KIB, QUOLL_MAP_READ));
}

/* The same bytes at two places, with an offset, cached or not. */
static void memory_contents(void)
{
    volatile uint64_t *first = (volatile uint64_t *)TEST_WINDOW;
    volatile uint64_t *second = (volatile uint64_t *)(TEST_WINDOW + 256 * KIB);

    make(M, 0, 64 * KIB);
    EXPECT_OK(quoll_domain_map(BOOT_CAP_DOMAIN, M, TEST_POOL, TEST_WINDOW, 0, 64 * KIB, READ_WRITE));
    EXPECT_OK(
        quoll_domain_map(BOOT_CAP_DOMAIN, M, TEST_POOL, TEST_WINDOW + 256 * KIB, 4 * KIB, 8 * KIB, QUOLL_MAP_READ));
    first[512] = 0x1234;
    EXPECT_EQUAL(second[0], 0x1234);
    first[1535] = 0x5678;
    EXPECT_EQUAL(second[1023], 0x5678);
    EXPECT_OK(quoll_domain_unmap(BOOT_CAP_DOMAIN, TEST_WINDOW + 256 * KIB));
    EXPECT_OK(quoll_domain_map(BOOT_CAP_DOMAIN, M, TEST_POOL, TEST_WINDOW + 256 * KIB, 0, 4 * KIB,
                               QUOLL_MAP_READ | QUOLL_MAP_UNCACHED));
    EXPECT_EQUAL(second[0], first[0]);
}

/* Whoever gets RAM finds zeroes, even right after somebody else wrote there. */
static void memory_zeroed(void)
{
    volatile uint64_t *words = (volatile uint64_t *)TEST_WINDOW;
    uint64_t seen = 0;

    for (unsigned round = 0; round < 3; round++) {
        make(M, 0, 256 * KIB);
        EXPECT_OK(quoll_domain_map(BOOT_CAP_DOMAIN, M, TEST_POOL, TEST_WINDOW, 0, 256 * KIB, READ_WRITE));
        for (unsigned i = 0; i < 256 * KIB / 8; i++) {
            seen |= words[i];
            words[i] = ~UINT64_C(0);
        }
        EXPECT_OK(quoll_any_destroy(M)); /* mapped as it is */
        EXPECT_ERROR(quoll_domain_unmap(BOOT_CAP_DOMAIN, TEST_WINDOW), NOT_FOUND);
    }
    EXPECT_EQUAL(seen, 0);
    /* A child of memory that is in use by its owner's other children. */
    make(M, 0, 64 * KIB);
    EXPECT_OK(quoll_pool_create_memory(TEST_POOL, CHILD_A, M, 0, 4 * KIB));
    EXPECT_OK(quoll_domain_map(BOOT_CAP_DOMAIN, CHILD_A, TEST_POOL, TEST_WINDOW, 0, 4 * KIB, READ_WRITE));
    words[7] = 7;
    EXPECT_OK(quoll_any_destroy(CHILD_A));
    EXPECT_OK(quoll_domain_map(BOOT_CAP_DOMAIN, M, TEST_POOL, TEST_WINDOW, 0, 4 * KIB, READ_WRITE));
    EXPECT_EQUAL(words[7], 0);
}

/* RAM that had no owner since boot, where the emulator put its device tree. */
static void memory_zeroed_first(void)
{
    const uint64_t tree = UINT64_C(0x48000000) - quoll_memory_address(test_ram).word[0];
    volatile uint64_t *words = (volatile uint64_t *)TEST_WINDOW;
    uint64_t seen = 0;

    EXPECT_OK(quoll_pool_create_memory(TEST_POOL, M, test_ram, tree, MIB));
    EXPECT_OK(quoll_domain_map(BOOT_CAP_DOMAIN, M, TEST_POOL, TEST_WINDOW, 0, MIB, QUOLL_MAP_READ));
    for (unsigned i = 0; i < MIB / 8; i++)
        seen |= words[i];
    EXPECT_EQUAL(seen, 0);
}

/* One level-2 entry instead of a table of 512 where address, memory and size allow it. */
static void memory_large_pages(void)
{
    uint64_t base = 0;
    uint64_t small = 0;

    make(M, 0, 4 * MIB);
    EXPECT_OK(quoll_pool_create_domain(TEST_POOL, DOMAIN, QUOLL_DOMAIN_NATIVE, 4));
    EXPECT_OK(quoll_domain_map(DOMAIN, M, TEST_POOL, 16 * MIB, 0, 4 * KIB, QUOLL_MAP_READ)); /* the tables above */
    EXPECT_OK(quoll_domain_unmap(DOMAIN, 16 * MIB));
    base = pool_used();
    EXPECT_OK(quoll_domain_map(DOMAIN, M, TEST_POOL, 32 * MIB, 0, 4 * MIB, QUOLL_MAP_READ));
    small = pool_used() - base; /* the mapping's record alone */
    EXPECT(small < 4 * KIB);
    EXPECT_OK(quoll_domain_unmap(DOMAIN, 32 * MIB));
    EXPECT_EQUAL(pool_used(), base);
    /* Off by a page: three level-3 tables. */
    EXPECT_OK(quoll_domain_map(DOMAIN, M, TEST_POOL, 32 * MIB + 4 * KIB, 0, 4 * MIB, QUOLL_MAP_READ));
    EXPECT_EQUAL(pool_used() - base, small + 12 * KIB);
    EXPECT_OK(quoll_domain_unmap(DOMAIN, 32 * MIB + 4 * KIB));
    EXPECT_EQUAL(pool_used() - base, 12 * KIB); /* tables stay with the domain */
    /* Two large pages take the place of empty tables. */
    EXPECT_OK(quoll_domain_map(DOMAIN, M, TEST_POOL, 32 * MIB, 0, 4 * MIB, QUOLL_MAP_READ));
    EXPECT_EQUAL(pool_used() - base, small + 4 * KIB);
    EXPECT_OK(quoll_any_destroy(DOMAIN));
    EXPECT_EQUAL(quoll_memory_status(M).word[2], 0);
}

static void memory_large_contents(void)
{
    const uint64_t at = TEST_WINDOW_LARGE;
    volatile uint64_t *words = (volatile uint64_t *)at;

    make(M, 0, 6 * MIB);
    EXPECT_OK(quoll_domain_map(BOOT_CAP_DOMAIN, M, TEST_POOL, at, 2 * MIB, 4 * MIB, READ_WRITE));
    words[0] = 1;
    words[MIB / 4] = 2;
    words[MIB / 2 - 1] = 3;
    EXPECT_OK(quoll_domain_map(BOOT_CAP_DOMAIN, M, TEST_POOL, TEST_WINDOW, 2 * MIB, 4 * KIB, QUOLL_MAP_READ));
    EXPECT_EQUAL(*(volatile uint64_t *)TEST_WINDOW, 1);
    EXPECT_OK(quoll_domain_unmap(BOOT_CAP_DOMAIN, TEST_WINDOW));
    EXPECT_OK(quoll_domain_map(BOOT_CAP_DOMAIN, M, TEST_POOL, TEST_WINDOW, 6 * MIB - 4 * KIB, 4 * KIB, QUOLL_MAP_READ));
    EXPECT_EQUAL(*(volatile uint64_t *)(TEST_WINDOW + 4 * KIB - 8), 3);
    EXPECT_OK(quoll_domain_unmap(BOOT_CAP_DOMAIN, at));
}

/* Every mapping that overlaps the range goes, in every domain and of every child; the others stay. */
static void memory_revoke(void)
{
    make(M, 0, 64 * KIB);
    EXPECT_OK(quoll_pool_create_memory(TEST_POOL, CHILD_A, M, 0, 32 * KIB));
    EXPECT_OK(quoll_pool_create_memory(TEST_POOL, CHILD_B, CHILD_A, 16 * KIB, 16 * KIB));
    EXPECT_OK(quoll_pool_create_memory(TEST_POOL, SECOND, M, 32 * KIB, 32 * KIB));
    EXPECT_OK(quoll_pool_create_domain(TEST_POOL, DOMAIN, QUOLL_DOMAIN_NATIVE, 4));
    EXPECT_OK(quoll_domain_map(DOMAIN, CHILD_B, TEST_POOL, MIB, 0, 16 * KIB, QUOLL_MAP_READ));
    EXPECT_OK(quoll_domain_map(DOMAIN, CHILD_B, TEST_POOL, 2 * MIB, 0, 4 * KIB, QUOLL_MAP_READ));
    EXPECT_OK(quoll_domain_map(BOOT_CAP_DOMAIN, CHILD_B, TEST_POOL, TEST_WINDOW, 8 * KIB, 8 * KIB, READ_WRITE));
    EXPECT_OK(quoll_domain_map(BOOT_CAP_DOMAIN, SECOND, TEST_POOL, TEST_WINDOW + MIB, 0, 4 * KIB, READ_WRITE));
    EXPECT_EQUAL(quoll_memory_status(M).word[2], 4);
    EXPECT_ERROR(quoll_memory_revoke(M, 0, 0), BAD_ARGUMENT);
    EXPECT_ERROR(quoll_memory_revoke(M, 8, 4 * KIB), BAD_ARGUMENT);
    EXPECT_ERROR(quoll_memory_revoke(M, 0, 4 * KIB + 1), BAD_ARGUMENT);
    EXPECT_ERROR(quoll_memory_revoke(M, 4 * KIB, 64 * KIB), BAD_ARGUMENT);
    EXPECT_ERROR(quoll_memory_revoke(M, UINT64_MAX - 4095, 8 * KIB), BAD_ARGUMENT);
    EXPECT_OK(quoll_memory_revoke(M, 24 * KIB, 4 * KIB));
    EXPECT_EQUAL(quoll_memory_status(M).word[2], 2);
    EXPECT_ERROR(quoll_domain_unmap(DOMAIN, MIB), NOT_FOUND);
    EXPECT_ERROR(quoll_domain_unmap(BOOT_CAP_DOMAIN, TEST_WINDOW), NOT_FOUND);
    EXPECT_OK(quoll_memory_revoke(CHILD_A, 0, 32 * KIB));
    EXPECT_ERROR(quoll_domain_unmap(DOMAIN, 2 * MIB), NOT_FOUND);
    EXPECT_EQUAL(quoll_memory_status(M).word[2], 1);
    EXPECT_OK(quoll_domain_unmap(BOOT_CAP_DOMAIN, TEST_WINDOW + MIB));
}

static volatile uint64_t reads;

static void read_for_ever(uint64_t address)
{
    for (;;) {
        (void)*(volatile uint64_t *)address;
        reads = reads + 1;
    }
}

/* Who reads at that moment is stopped: no translation of it is left in the CPU. */
static void memory_revoke_while_read(void)
{
    make(M, 0, 4 * MIB);
    for (unsigned round = 0; round < 2; round++) {
        uint64_t at = round == 0 ? TEST_WINDOW : TEST_WINDOW_LARGE;

        EXPECT_OK(quoll_domain_map(BOOT_CAP_DOMAIN, M, TEST_POOL, at, 0, round == 0 ? MIB : 4 * MIB, QUOLL_MAP_READ));
        child_start(round, read_for_ever, at + 0x800, 10);
        test_sleep(TICKS_MS);
        EXPECT(reads > 0);
        EXPECT_OK(quoll_memory_revoke(M, 0, 4 * KIB));
        test_sleep(2 * TICKS_MS);
        EXPECT_EQUAL(child_state(round), QUOLL_THREAD_FAULTED);
        EXPECT_EQUAL(quoll_notification_take_fault(TEST_FAULTS).word[3], at + 0x800);
        reads = 0;
    }
}

static void wake_every(uint64_t ticks)
{
    uint64_t next = test_ticks();

    for (unsigned i = 0; i < 2000; i++) {
        next += ticks;
        quoll_notification_wait(SECOND, next);
    }
}

/* Long calls are made in pieces between interrupts, and do what they should all the same. */
static void memory_long_calls(void)
{
    volatile uint64_t *words = (volatile uint64_t *)TEST_WINDOW_LARGE;

    EXPECT_OK(quoll_pool_create_notification(TEST_POOL, SECOND));
    child_make(0, 255 - 1, TICKS_MS / 2, TICKS_MS);
    child_run(0, wake_every, 64);
    EXPECT_OK(quoll_thread_set_priority(BOOT_CAP_THREAD, 10));
    for (unsigned round = 0; round < 2; round++) {
        make(M, 0, 32 * MIB); /* zeroes them */
        EXPECT_OK(quoll_pool_create_domain(TEST_POOL, DOMAIN, QUOLL_DOMAIN_NATIVE, 4));
        EXPECT_OK(quoll_domain_map(DOMAIN, M, TEST_POOL, 64 * MIB + 4 * KIB, 0, 32 * MIB, QUOLL_MAP_READ));
        EXPECT_OK(quoll_domain_map(BOOT_CAP_DOMAIN, M, TEST_POOL, TEST_WINDOW_LARGE, 28 * MIB, 4 * MIB, READ_WRITE));
        EXPECT_EQUAL(words[5], 0);
        words[5] = 5;
        EXPECT_EQUAL(quoll_memory_status(M).word[2], 2);
        if (round == 0) {
            EXPECT_OK(quoll_domain_unmap(DOMAIN, 64 * MIB + 4 * KIB));
            EXPECT_OK(quoll_memory_revoke(M, 28 * MIB, 4 * KIB));
            EXPECT_EQUAL(quoll_memory_status(M).word[2], 0);
        }
        EXPECT_OK(quoll_any_destroy(M));
        EXPECT_OK(quoll_any_destroy(DOMAIN));
    }
    EXPECT_OK(quoll_thread_set_priority(BOOT_CAP_THREAD, TEST_PRIORITY));
}

/* A mapping that runs out of memory half-way leaves nothing behind but tables. */
static void memory_map_without_room(void)
{
    uint64_t objects = 0;

    make(M, 0, 32 * MIB);
    EXPECT_OK(quoll_pool_create_pool(TEST_POOL, POOL, test_ram, test_ram_offset + 32 * MIB, 40 * KIB));
    EXPECT_OK(quoll_pool_create_domain(POOL, DOMAIN, QUOLL_DOMAIN_NATIVE, 4));
    objects = quoll_pool_status(TEST_POOL).word[2];
    EXPECT_ERROR(quoll_domain_map(DOMAIN, M, TEST_POOL, 4 * KIB, 0, 32 * MIB - 4 * KIB, QUOLL_MAP_READ), NO_MEMORY);
    EXPECT_EQUAL(quoll_memory_status(M).word[2], 0);
    EXPECT_EQUAL(quoll_pool_status(TEST_POOL).word[2], objects);
    EXPECT_OK(quoll_domain_map(DOMAIN, M, TEST_POOL, 4 * KIB, 0, 8 * KIB, QUOLL_MAP_READ)); /* the tables are there */
    EXPECT_OK(quoll_any_destroy(POOL));
    EXPECT_EQUAL(test_type(DOMAIN), QUOLL_TYPE_NONE);
    EXPECT_EQUAL(quoll_memory_status(M).word[2], 0);
}

void test_memory(void)
{
    static const struct test tests[] = {
        TEST(memory_create),
        TEST(memory_create_errors),
        TEST(memory_nesting),
        TEST(memory_rights),
        TEST(memory_map_errors),
        TEST(memory_map_overlap),
        TEST(memory_contents),
        TEST(memory_zeroed),
        TEST(memory_zeroed_first),
        TEST(memory_large_pages),
        TEST(memory_large_contents),
        TEST(memory_revoke),
        TEST(memory_revoke_while_read),
        TEST(memory_long_calls),
        TEST(memory_map_without_room),
    };

    TEST_RUN(tests);
}
