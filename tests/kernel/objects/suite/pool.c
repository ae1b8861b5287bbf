/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Pools: exact accounting, ends with everything in them, and what goes on meanwhile.
 */
#include "server.h"

enum { P = SERVER_FREE, Q, M, DOMAIN, THREAD, PORTAL, N, EMPTY, VM, NESTED = 200, FILL = 300 };
#define KIB UINT64_C(1024)
#define MIB UINT64_C(1048576)

static void make_pool(uint32_t index, uint64_t offset, uint64_t size)
{
    EXPECT_OK(quoll_pool_create_pool(TEST_POOL, index, test_ram, test_ram_offset + offset, size));
}

static void pool_create(void)
{
    make_pool(P, 0, MIB);
    EXPECT_EQUAL(test_type(P), QUOLL_TYPE_POOL);
    EXPECT_EQUAL(quoll_pool_status(P).word[0], MIB);
    EXPECT_EQUAL(quoll_pool_status(P).word[1], 0);
    EXPECT_EQUAL(quoll_pool_status(P).word[2], 0);
    EXPECT_EQUAL(quoll_pool_status(TEST_POOL).word[2], 1);
    EXPECT_OK(quoll_any_destroy(P));
    EXPECT_EQUAL(quoll_pool_status(TEST_POOL).word[2], 0);
    make_pool(P, 0, 16 * KIB); /* the smallest */
    EXPECT_OK(quoll_pool_create_notification(P, Q));
}

static void pool_create_errors(void)
{
    EXPECT_OK(quoll_pool_create_memory(TEST_POOL, M, test_ram, test_ram_offset, MIB));
    make_pool(P, 4 * MIB, MIB);
    EXPECT_ERROR(quoll_pool_create_pool(TEST_POOL, P, M, 0, 64 * KIB), SLOT_TAKEN);
    EXPECT_ERROR(quoll_pool_create_pool(TEST_POOL, 0, M, 0, 64 * KIB), BAD_CAPABILITY);
    EXPECT_ERROR(quoll_pool_create_pool(TEST_POOL, Q, M, 0, 12 * KIB), BAD_ARGUMENT);
    EXPECT_ERROR(quoll_pool_create_pool(TEST_POOL, Q, test_ram, 0, (UINT64_C(1) << 30) + 4 * KIB), BAD_ARGUMENT);
    EXPECT_ERROR(quoll_pool_create_pool(TEST_POOL, Q, M, 8, 64 * KIB), BAD_ARGUMENT);
    EXPECT_ERROR(quoll_pool_create_pool(TEST_POOL, Q, M, 0, 64 * KIB + 8), BAD_ARGUMENT);
    EXPECT_ERROR(quoll_pool_create_pool(TEST_POOL, Q, M, 0, 2 * MIB), BAD_ARGUMENT);
    EXPECT_ERROR(quoll_pool_create_pool(TEST_POOL, Q, M, MIB, 64 * KIB), BAD_ARGUMENT);
    EXPECT_ERROR(quoll_pool_create_pool(TEST_POOL, Q, BOOT_CAP_DEVICE, 0, 16 * KIB), BAD_ARGUMENT);
    EXPECT_ERROR(quoll_pool_create_pool(TEST_POOL, Q, BOOT_CAP_PLAN, 0, 16 * KIB), BAD_ARGUMENT);
    EXPECT_ERROR(quoll_pool_create_pool(BOOT_CAP_POOL, Q, M, 0, 64 * KIB), BAD_ARGUMENT); /* above the memory's pool */
    EXPECT_OK(quoll_domain_map(BOOT_CAP_DOMAIN, M, TEST_POOL, TEST_WINDOW, 0, 4 * KIB, QUOLL_MAP_READ));
    EXPECT_ERROR(quoll_pool_create_pool(TEST_POOL, Q, M, 0, 64 * KIB), BUSY);
    EXPECT_OK(quoll_domain_unmap(BOOT_CAP_DOMAIN, TEST_WINDOW));
    EXPECT_OK(quoll_pool_create_pool(TEST_POOL, Q, M, 64 * KIB, 64 * KIB));
    EXPECT_ERROR(quoll_pool_create_pool(TEST_POOL, N, M, 0, 68 * KIB), OVERLAP);
    EXPECT_ERROR(quoll_pool_create_memory(TEST_POOL, N, M, 64 * KIB, 4 * KIB),
                 OVERLAP); /* never both a pool and mapped */
    EXPECT_ERROR(quoll_domain_map(BOOT_CAP_DOMAIN, M, TEST_POOL, TEST_WINDOW, 64 * KIB, 4 * KIB, QUOLL_MAP_READ), BUSY);
}

static void pool_nesting(void)
{
    uint32_t last = NESTED;

    make_pool(NESTED, 0, MIB);
    while (
        last < NESTED + 20 &&
        quoll_pool_create_pool(last, last + 1, test_ram, test_ram_offset + MIB * (last + 1 - NESTED), 64 * KIB).error ==
            QUOLL_OK)
        last++;
    EXPECT_EQUAL(last, NESTED + 5); /* root's, the test's, and six: eight in all */
    EXPECT_ERROR(quoll_pool_create_pool(last, last + 1, test_ram, test_ram_offset + 30 * MIB, 64 * KIB), TOO_DEEP);
    for (uint32_t i = NESTED; i <= last; i++)
        EXPECT_OK(quoll_pool_create_notification(i, i + 50));
    EXPECT_OK(quoll_any_destroy(NESTED + 2));
    for (uint32_t i = NESTED; i <= last; i++)
        EXPECT_EQUAL(test_type(i + 50), i < NESTED + 2 ? QUOLL_TYPE_NOTIFICATION : QUOLL_TYPE_NONE);
    EXPECT_OK(quoll_any_destroy(NESTED));
}

/* Memory that was given to a pool ends: so does the pool, with what was in it. */
static void pool_memory_destroyed(void)
{
    EXPECT_OK(quoll_pool_create_memory(TEST_POOL, M, test_ram, test_ram_offset, MIB));
    EXPECT_OK(quoll_pool_create_pool(TEST_POOL, P, M, 0, 64 * KIB));
    EXPECT_OK(quoll_pool_create_domain(P, DOMAIN, QUOLL_DOMAIN_NATIVE, 8));
    EXPECT_OK(quoll_any_destroy(M));
    EXPECT_EQUAL(test_type(P), QUOLL_TYPE_NONE);
    EXPECT_EQUAL(test_type(DOMAIN), QUOLL_TYPE_NONE);
    EXPECT_EQUAL(quoll_pool_status(TEST_POOL).word[1], 0);
}

/* Every call that takes memory, with none left: refused, and nothing is lost. */
static void pool_empty(void)
{
    uint32_t last = FILL;
    uint64_t used = 0;

    server_start(9, 10, true);
    EXPECT_OK(quoll_pool_create_domain(TEST_POOL, DOMAIN, QUOLL_DOMAIN_NATIVE, 8));
    EXPECT_OK(quoll_pool_create_domain(TEST_POOL, VM, QUOLL_DOMAIN_VM, 8));
    EXPECT_OK(quoll_pool_create_memory(TEST_POOL, M, test_ram, test_ram_offset + MIB, 64 * KIB));
    make_pool(P, 0, 16 * KIB);
    while (quoll_pool_create_notification(P, last).error == QUOLL_OK)
        last++;
    EXPECT(last - FILL > 30);
    used = quoll_pool_status(P).word[1];
    EXPECT_EQUAL(quoll_pool_status(P).word[2], last - FILL);
    EXPECT_ERROR(quoll_pool_create_notification(P, EMPTY), NO_MEMORY);
    EXPECT_ERROR(quoll_pool_create_domain(P, EMPTY, QUOLL_DOMAIN_NATIVE, 8), NO_MEMORY);
    EXPECT_ERROR(quoll_pool_create_thread(P, EMPTY, DOMAIN, 0, 1), NO_MEMORY);
    EXPECT_ERROR(quoll_pool_create_vcpu(P, EMPTY, VM, M, SERVER_PORTAL + 9, 0, 1), NO_MEMORY);
    EXPECT_ERROR(quoll_pool_create_budget(P, EMPTY, BOOT_CAP_BUDGET, 1000, 100000, 1), NO_MEMORY);
    EXPECT_ERROR(quoll_pool_create_portal(P, EMPTY, TEST_CHILD + 9, 1), NO_MEMORY);
    EXPECT_ERROR(quoll_pool_create_interrupt(P, EMPTY, BOOT_CAP_INTERRUPTS, 45), NO_MEMORY);
    EXPECT_ERROR(quoll_pool_create_memory(P, EMPTY, test_ram, test_ram_offset + 4 * MIB, 4 * KIB), NO_MEMORY);
    EXPECT_ERROR(quoll_domain_map(DOMAIN, M, P, 0, 0, 4 * KIB, QUOLL_MAP_READ), NO_MEMORY);
    EXPECT_EQUAL(quoll_pool_status(P).word[1], used);
    EXPECT_EQUAL(quoll_pool_status(P).word[2], last - FILL);
    for (uint32_t i = FILL; i < last; i++)
        EXPECT_OK(quoll_any_destroy(i));
    EXPECT_EQUAL(quoll_pool_status(P).word[1], 0);
    EXPECT_EQUAL(quoll_pool_status(P).word[2], 0);
    EXPECT_OK(quoll_pool_create_domain(P, EMPTY, QUOLL_DOMAIN_NATIVE, 8)); /* all one block again */
}

/* Objects of all sizes come and go in an order that a small generator chooses. */
static void pool_accounting(void)
{
    uint64_t random = 1;
    unsigned live = 0;

    make_pool(P, 0, 512 * KIB);
    for (unsigned i = 0; i < 2000; i++) {
        uint32_t index = 0;

        random = random * UINT64_C(6364136223846793005) + 1442695040888963407;
        index = FILL + (uint32_t)(random >> 33) % 100;
        if (test_type(index) != QUOLL_TYPE_NONE) {
            EXPECT_OK(quoll_any_destroy(index));
            live--;
        } else if ((random >> 20) % 3 == 0) {
            live += quoll_pool_create_domain(P, index, QUOLL_DOMAIN_NATIVE, 1 + (random >> 45) % 60).error == QUOLL_OK;
        } else if ((random >> 20) % 3 == 1) {
            live += quoll_pool_create_thread(P, index, BOOT_CAP_DOMAIN, 0, 1).error == QUOLL_OK;
        } else {
            live += quoll_pool_create_notification(P, index).error == QUOLL_OK;
        }
        EXPECT_EQUAL(quoll_pool_status(P).word[2], live);
    }
    for (uint32_t i = FILL; i < FILL + 100; i++)
        if (test_type(i) != QUOLL_TYPE_NONE)
            EXPECT_OK(quoll_any_destroy(i));
    EXPECT_EQUAL(quoll_pool_status(P).word[1], 0);
    EXPECT_EQUAL(quoll_pool_status(P).word[2], 0);
}

static volatile uint64_t counter, answer;

static void count_for_ever(uint64_t unused)
{
    (void)unused;
    for (;;)
        counter = counter + 1;
}

/* A component at work: its threads run, call, wait and are called while its pool goes. */
static void pool_with_running_component(void)
{
    for (unsigned round = 0; round < 3; round++) {
        EXPECT_OK(quoll_pool_create_pool(TEST_POOL, P, test_ram, test_ram_offset, MIB));
        server_start(0, 10, false);
        server_start(1, 20, true);
        EXPECT_OK(quoll_pool_create_thread(P, THREAD, BOOT_CAP_DOMAIN, 0, 30));
        EXPECT_OK(quoll_pool_create_notification(P, N));
        EXPECT_OK(quoll_pool_create_portal(P, PORTAL, TEST_CHILD, 7)); /* in the pool, into a thread outside */
        EXPECT_OK(quoll_notification_bind(N, TEST_CHILD));
        caller_start(2, 15, PORTAL - SERVER_PORTAL, OP_HOLD, 0);
        caller_start(3, 15, PORTAL - SERVER_PORTAL, OP_ECHO, 0);
        caller_start(4, 15, 0, OP_ECHO, 0);
        child_start(5, count_for_ever, 0, 5);
        EXPECT_OK(quoll_any_destroy(P));
        EXPECT_EQUAL(caller_error(2), QUOLL_PEER_DEAD);
        EXPECT_EQUAL(caller_error(3), QUOLL_PEER_DEAD);
        EXPECT_OK(quoll_notification_signal(SERVER_GATE, 1));
        EXPECT_EQUAL(caller_error(4), QUOLL_OK);
        for (uint32_t i = P; i <= N; i++)
            EXPECT_EQUAL(test_type(i), QUOLL_TYPE_NONE);
        EXPECT_OK(quoll_any_destroy(TEST_POOL)); /* and now all of the children at once */
        for (uint32_t i = TEST_CHILD; i < SERVER_FREE; i++)
            EXPECT_EQUAL(test_type(i), QUOLL_TYPE_NONE);
        EXPECT_OK(quoll_pool_create_pool(BOOT_CAP_POOL, TEST_POOL, test_ram, test_ram_offset + TEST_RAM_SIZE,
                                         TEST_POOL_SIZE));
    }
}

static void destroy_own_pool(uint64_t pool)
{
    answer = quoll_any_destroy((uint32_t)pool).error;
}

/* A thread cannot ask for the end of what it lives in: its pool, those above, the memory that those lie in. */
static void pool_self(void)
{
    EXPECT_OK(quoll_pool_create_memory(TEST_POOL, M, test_ram, test_ram_offset, MIB));
    EXPECT_OK(quoll_pool_create_pool(TEST_POOL, P, M, 0, 64 * KIB));
    EXPECT_OK(quoll_pool_create_thread(P, TEST_CHILD, BOOT_CAP_DOMAIN, 0, 10));
    EXPECT_OK(quoll_pool_create_budget(P, TEST_CHILD_BUDGET, BOOT_CAP_BUDGET, TICKS_MS / 10, TICKS_MS, 4));
    EXPECT_OK(quoll_thread_set_budget(TEST_CHILD, TEST_CHILD_BUDGET));
    static const uint32_t holders[] = {P, M, TEST_POOL, BOOT_CAP_DOMAIN, TEST_CHILD};

    for (unsigned i = 0; i < sizeof(holders) / sizeof(holders[0]); i++) {
        answer = 0;
        child_run(0, destroy_own_pool, holders[i]);
        EXPECT(child_wait(0));
        EXPECT_EQUAL(answer, QUOLL_SELF);
    }
    EXPECT_OK(quoll_any_destroy(M));
}

/* The destroyer dies half-way: the pool stays as good as dead, and somebody else ends it. */
static void pool_destroyer_dies(void)
{
    EXPECT_OK(quoll_pool_create_pool(TEST_POOL, P, test_ram, test_ram_offset, 48 * MIB));
    EXPECT_OK(quoll_pool_create_notification(P, N));
    child_make(0, 10, 500, TICKS_MS);
    child_run(0, destroy_own_pool, P);
    test_sleep(3 * TICKS_MS);
    EXPECT(!child_done(0));
    EXPECT_EQUAL(test_type(N), QUOLL_TYPE_NONE);
    EXPECT_EQUAL(test_type(P), QUOLL_TYPE_POOL);
    EXPECT_ERROR(quoll_pool_status(P), BAD_CAPABILITY);
    EXPECT_ERROR(quoll_pool_create_notification(P, N), BAD_CAPABILITY);
    EXPECT_EQUAL(test_copy(N, P, QUOLL_RIGHTS_ALL, 0), QUOLL_BAD_CAPABILITY);
    EXPECT_OK(quoll_any_destroy(TEST_CHILD));
    EXPECT_OK(quoll_any_destroy(P));
    EXPECT_EQUAL(test_type(P), QUOLL_TYPE_NONE);
}

static volatile uint64_t worst, measured;

static void measure_latency(uint64_t period)
{
    uint64_t next = test_ticks();

    for (;;) {
        uint64_t late = 0;

        next += period;
        quoll_notification_wait(N, next);
        late = test_ticks() - next;
        worst = late > worst ? late : worst;
        measured = measured + 1;
    }
}

/* Work for a long destruction: a domain with many mappings and capabilities, threads, RAM to zero. */
static void fill_pool(void)
{
    EXPECT_OK(quoll_pool_create_pool(TEST_POOL, P, test_ram, test_ram_offset, 8 * MIB));
    EXPECT_OK(quoll_pool_create_domain(P, DOMAIN, QUOLL_DOMAIN_NATIVE, 1000));
    EXPECT_OK(quoll_pool_create_memory(P, M, test_ram, test_ram_offset + 8 * MIB, 32 * MIB));
    EXPECT_OK(quoll_domain_map(DOMAIN, M, P, 4 * KIB, 0, 32 * MIB, QUOLL_MAP_READ));
    for (unsigned i = 0; i < 200; i++)
        EXPECT_OK(quoll_domain_map(DOMAIN, M, P, 64 * MIB + i * 64 * KIB, 0, 16 * KIB, QUOLL_MAP_READ));
    EXPECT_OK(quoll_pool_create_notification(P, Q));
    for (uint32_t i = 1; i < 1000; i++)
        EXPECT_OK(quoll_domain_copy(DOMAIN, i, Q, QUOLL_RIGHTS_ALL, 0));
    for (uint32_t i = 0; i < 100; i++)
        EXPECT_OK(quoll_pool_create_thread(P, FILL + i, DOMAIN, 0, 1));
}

/* A range that is not mapped, of memory that is mapped thousands of times. */
static void search_mappings(void)
{
    EXPECT_OK(quoll_pool_create_memory(P, FILL + 100, test_ram, test_ram_offset + 48 * MIB, 8 * KIB));
    for (uint64_t i = 0; i < 3000; i++)
        EXPECT_OK(quoll_domain_map(DOMAIN, FILL + 100, P, 128 * MIB + i * 4 * KIB, 0, 4 * KIB, QUOLL_MAP_READ));
    for (unsigned i = 0; i < 100; i++)
        EXPECT_OK(quoll_memory_revoke(FILL + 100, 4 * KIB, 4 * KIB));
    EXPECT_EQUAL(quoll_memory_status(FILL + 100).word[2], 3000);
}

/*
 * How late a thread of high priority is at most while long calls are made below it; a tick is 16 instructions. Half of
 * it is its own way out of a wait with a deadline, budgets included.
 */
enum { LATENCY_TICKS = 140 };

static void report(const char *what)
{
    test_print("INFO latency while %s: at most %lu ticks of 16 ns, %lu measured\n", what, (unsigned long)worst,
               (unsigned long)measured);
    EXPECT(measured > 50);
    EXPECT(worst < LATENCY_TICKS);
    worst = 0;
    measured = 0;
}

static void pool_destroy_latency(void)
{
    EXPECT_OK(quoll_pool_create_notification(TEST_POOL, N));
    worst = 0;
    measured = 0;
    child_make(0, 200, TICKS_MS / 2, TICKS_MS);
    child_run(0, measure_latency, 500);
    EXPECT_OK(quoll_thread_set_priority(BOOT_CAP_THREAD, 10));
    test_sleep(TICKS_MS);
    worst = 0;
    measured = 0;
    while (measured < 100)
        test_ticks();
    report("no call is made");
    fill_pool();
    report("a pool is filled");
    for (unsigned i = 0; i < 10; i++) {
        EXPECT_OK(quoll_memory_revoke(M, 0, 32 * MIB));
        EXPECT_OK(quoll_domain_map(DOMAIN, M, P, 4 * KIB, 0, 32 * MIB, QUOLL_MAP_READ));
    }
    report("32 MiB are withdrawn and mapped");
    search_mappings();
    report("3000 mappings are searched");
    EXPECT_OK(quoll_domain_revoke(BOOT_CAP_DOMAIN, Q));
    for (uint32_t i = 1; i < 1000; i++)
        EXPECT_OK(quoll_domain_copy(DOMAIN, i, Q, QUOLL_RIGHTS_ALL, 0));
    report("1000 capabilities are revoked");
    EXPECT_OK(quoll_any_destroy(P));
    report("a pool is destroyed");
    EXPECT_OK(quoll_thread_set_priority(BOOT_CAP_THREAD, TEST_PRIORITY));
    for (uint32_t i = 0; i < 100; i++)
        EXPECT_EQUAL(test_type(FILL + i), QUOLL_TYPE_NONE);
    EXPECT(!child_done(0));
}

static void pool_power_errors(void)
{
    EXPECT_ERROR(quoll_pool_power(TEST_POOL, QUOLL_POWER_OFF), BAD_STATE);
    EXPECT_ERROR(quoll_pool_power(BOOT_CAP_POOL, QUOLL_POWER_RESET + 1), BAD_ARGUMENT);
    EXPECT_ERROR(quoll_pool_power(BOOT_CAP_POOL, UINT64_MAX), BAD_ARGUMENT);
}

void test_pool(void)
{
    static const struct test tests[] = {
        TEST(pool_create),
        TEST(pool_create_errors),
        TEST(pool_nesting),
        TEST(pool_memory_destroyed),
        TEST(pool_empty),
        TEST(pool_accounting),
        TEST(pool_with_running_component),
        TEST(pool_self),
        TEST(pool_destroyer_dies),
        TEST(pool_destroy_latency),
        TEST(pool_power_errors),
    };

    TEST_RUN(tests);
}
