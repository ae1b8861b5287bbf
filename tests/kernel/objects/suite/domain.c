/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Domains: creation, and that one sees nothing of another. Their capability lists are in capability.c, their mappings
 * in memory.c.
 */
#include "server.h"

enum { D = SERVER_FREE, THREAD, CODE, DATA, BUDGET, E, SENT, MANY = 300 };
#define CODE_ADDRESS UINT64_C(0x10000)
#define DATA_ADDRESS UINT64_C(0x20000)
#define MIB          UINT64_C(1048576)

static void domain_create(void)
{
    EXPECT_OK(quoll_pool_create_domain(TEST_POOL, D, QUOLL_DOMAIN_NATIVE, 16));
    EXPECT_EQUAL(test_type(D), QUOLL_TYPE_DOMAIN);
    EXPECT_EQUAL(quoll_domain_inspect(D, 15).error, QUOLL_OK);
    EXPECT_ERROR(quoll_domain_inspect(D, 16), BAD_CAPABILITY);
    EXPECT_ERROR(quoll_pool_create_domain(TEST_POOL, D, QUOLL_DOMAIN_NATIVE, 16), SLOT_TAKEN);
    EXPECT_ERROR(quoll_pool_create_domain(TEST_POOL, 0, QUOLL_DOMAIN_NATIVE, 16), BAD_CAPABILITY);
    EXPECT_ERROR(quoll_pool_create_domain(TEST_POOL, E, 2, 16), BAD_ARGUMENT);
    EXPECT_ERROR(quoll_pool_create_domain(TEST_POOL, E, QUOLL_DOMAIN_NATIVE, 0), BAD_ARGUMENT);
    EXPECT_ERROR(quoll_pool_create_domain(TEST_POOL, E, QUOLL_DOMAIN_NATIVE, QUOLL_CAPABILITIES_MAX + 1), BAD_ARGUMENT);
    EXPECT_OK(quoll_pool_create_domain(TEST_POOL, E, QUOLL_DOMAIN_NATIVE, QUOLL_CAPABILITIES_MAX));
}

/* As many as there are, from that pool; the rest is refused. They go again. */
static unsigned fill_with_domains(uint32_t pool)
{
    unsigned count = 0;

    while (count < 300 && quoll_pool_create_domain(pool, MANY + count, QUOLL_DOMAIN_NATIVE, 2).error == QUOLL_OK)
        count++;
    EXPECT_ERROR(quoll_pool_create_domain(pool, MANY + count, QUOLL_DOMAIN_NATIVE, 2), NO_SPACE);
    return count;
}

static void destroy_domains(unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        EXPECT_OK(quoll_any_destroy(MANY + i));
}

/* Address spaces have 8-bit names: 255 at most, one of which is the test's. They are used again. */
static void domain_too_many(void)
{
    for (unsigned round = 0; round < 2; round++) {
        unsigned count = fill_with_domains(BOOT_CAP_POOL);

        EXPECT_EQUAL(count, 254);
        destroy_domains(count);
    }
}

/* Who takes many leaves some, whatever pools it makes inside its own; another pool gets those it has a right to. */
static void domain_share_of_a_pool(void)
{
    const unsigned all = 254 - QUOLL_DOMAINS_KEPT;

    EXPECT_OK(quoll_pool_create_pool(TEST_POOL, E, test_ram, test_ram_offset, 0x40000));
    EXPECT_OK(quoll_pool_create_pool(BOOT_CAP_POOL, SENT, test_ram, test_ram_offset + 0x40000, 0x40000));
    for (unsigned round = 0; round < 2; round++) {
        unsigned count = fill_with_domains(TEST_POOL);

        EXPECT_EQUAL(count, all);
        EXPECT_ERROR(quoll_pool_create_domain(E, D, QUOLL_DOMAIN_NATIVE, 2), NO_SPACE);
        for (unsigned i = 0; i < QUOLL_POOL_DOMAINS_SURE; i++)
            EXPECT_OK(quoll_pool_create_domain(SENT, MANY - 1 - i, QUOLL_DOMAIN_NATIVE, 2));
        EXPECT_ERROR(quoll_pool_create_domain(SENT, D, QUOLL_DOMAIN_NATIVE, 2), NO_SPACE);
        destroy_domains(count);
        EXPECT_OK(quoll_pool_create_domain(SENT, D, QUOLL_DOMAIN_NATIVE, 2)); /* there are enough again */
        EXPECT_OK(quoll_any_destroy(D));
        for (unsigned i = 0; i < QUOLL_POOL_DOMAINS_SURE; i++)
            EXPECT_OK(quoll_any_destroy(MANY - 1 - i));
    }
    EXPECT_OK(quoll_pool_create_domain(E, D, QUOLL_DOMAIN_NATIVE, 2));
    EXPECT_OK(quoll_any_destroy(E)); /* with the domain in it, which is counted no more */
    EXPECT_EQUAL(fill_with_domains(TEST_POOL), all);
    EXPECT_OK(quoll_any_destroy(SENT));
}

/* What a thread in a domain of its own executes: calls its capability 1 with words of its choice, for ever. */
extern const char domain_program[], domain_program_end[];

static void copy_program(void)
{
    volatile char *to = (volatile char *)TEST_WINDOW;

    EXPECT_OK(quoll_pool_create_memory(TEST_POOL, CODE, test_ram, test_ram_offset, TEST_PAGE));
    EXPECT_OK(quoll_domain_map(BOOT_CAP_DOMAIN, CODE, TEST_POOL, TEST_WINDOW, 0, TEST_PAGE,
                               QUOLL_MAP_READ | QUOLL_MAP_WRITE));
    for (const char *from = domain_program; from < domain_program_end; from++)
        *to++ = *from;
    for (uint64_t at = TEST_WINDOW; at < TEST_WINDOW + TEST_PAGE; at += 16)
        __asm__ volatile("dc cvau, %0" : : "r"(at) : "memory");
    __asm__ volatile("dsb ish" : : : "memory");
    EXPECT_OK(quoll_domain_unmap(BOOT_CAP_DOMAIN, TEST_WINDOW));
}

/* A domain with a thread that runs the program. Its argument is in x0. */
static void start_program(uint32_t domain, uint32_t thread, uint64_t argument)
{
    EXPECT_OK(
        quoll_domain_map(domain, CODE, TEST_POOL, CODE_ADDRESS, 0, TEST_PAGE, QUOLL_MAP_READ | QUOLL_MAP_EXECUTE));
    EXPECT_OK(quoll_pool_create_thread(TEST_POOL, thread, domain, 0, 10));
    EXPECT_OK(quoll_thread_set_supervisor(thread, TEST_FAULTS, 1, thread));
    EXPECT_OK(quoll_pool_create_budget(TEST_POOL, BUDGET, BOOT_CAP_BUDGET, TICKS_MS / 10, TICKS_MS, 4));
    EXPECT_OK(quoll_thread_set_budget(thread, BUDGET));
    EXPECT_OK(quoll_thread_start(thread, CODE_ADDRESS, 0, argument));
}

/* Domain D, which calls server 0 and shares the page DATA with the test. */
static void start_sharing(void)
{
    copy_program();
    server_start(0, 20, true);
    EXPECT_OK(quoll_pool_create_domain(TEST_POOL, D, QUOLL_DOMAIN_NATIVE, 4));
    EXPECT_OK(quoll_domain_copy(D, 1, SERVER_PORTAL, QUOLL_RIGHT_CALL, 42));
    EXPECT_OK(quoll_pool_create_memory(TEST_POOL, DATA, test_ram, test_ram_offset + MIB, TEST_PAGE));
    EXPECT_OK(quoll_domain_map(D, DATA, TEST_POOL, DATA_ADDRESS, 0, TEST_PAGE, QUOLL_MAP_READ | QUOLL_MAP_WRITE));
    EXPECT_OK(quoll_domain_map(BOOT_CAP_DOMAIN, DATA, TEST_POOL, TEST_WINDOW + MIB, 0, TEST_PAGE, QUOLL_MAP_READ));
    start_program(D, THREAD, DATA_ADDRESS);
}

static void domain_isolated(void)
{
    struct quoll_result record = {0};
    volatile uint64_t *shared = (volatile uint64_t *)(TEST_WINDOW + MIB);

    start_sharing();
    test_sleep(3 * TICKS_MS);
    /* It calls by its own index, and both see the memory that they share. */
    EXPECT(servers[0].turns > 0);
    EXPECT_EQUAL(QUOLL_X8_LABEL(servers[0].x8[0]), 42);
    EXPECT_EQUAL(shared[0], QUOLL_OK);
    EXPECT(shared[1] > 0); /* how often it called */
    /* Revoked everywhere: its next store faults. */
    EXPECT_OK(quoll_memory_revoke(DATA, 0, TEST_PAGE));
    test_sleep(3 * TICKS_MS);
    record = quoll_notification_take_fault(TEST_FAULTS);
    EXPECT_EQUAL(record.error, QUOLL_OK);
    EXPECT_EQUAL(record.word[0], THREAD);
    EXPECT(record.word[3] >= DATA_ADDRESS && record.word[3] < DATA_ADDRESS + TEST_PAGE);
    EXPECT_EQUAL(quoll_thread_status(THREAD).word[0], QUOLL_THREAD_FAULTED);
    EXPECT_EQUAL(server_call(0, OP_ECHO, 0, 0).error, QUOLL_OK);
}

/* What the test has mapped is not there for another domain. */
static void domain_sees_nothing_else(void)
{
    static volatile uint64_t secret = 1;
    struct quoll_result record = {0};

    copy_program();
    EXPECT_OK(quoll_pool_create_domain(TEST_POOL, D, QUOLL_DOMAIN_NATIVE, 4));
    start_program(D, THREAD, (uint64_t)(uintptr_t)&secret);
    test_sleep(3 * TICKS_MS);
    record = quoll_notification_take_fault(TEST_FAULTS);
    EXPECT_EQUAL(record.word[1], QUOLL_FAULT_WRITE);
    EXPECT_EQUAL(record.word[3], &secret);
    EXPECT_EQUAL(secret, 1);
}

/* Its portal goes while it calls: the next call says that there is nothing. */
static void domain_capability_withdrawn(void)
{
    volatile uint64_t *shared = (volatile uint64_t *)(TEST_WINDOW + MIB);

    start_sharing();
    test_sleep(2 * TICKS_MS);
    EXPECT_EQUAL(shared[0], QUOLL_OK);
    EXPECT_OK(quoll_domain_delete(D, 1));
    test_sleep(2 * TICKS_MS);
    EXPECT_EQUAL(shared[0], QUOLL_BAD_CAPABILITY);
    /* A thread of it dies with the domain. */
    EXPECT_OK(quoll_any_destroy(D));
    EXPECT_EQUAL(test_type(THREAD), QUOLL_TYPE_NONE);
}

/* What a domain sent to others goes with it. */
static void domain_takes_back_what_it_sent(void)
{
    start_sharing();
    test_sleep(TICKS_MS);
    EXPECT_EQUAL(server_call(0, OP_RECEIVE, SENT, 0).error, QUOLL_OK);
    test_sleep(2 * TICKS_MS);
    EXPECT_EQUAL(test_type(SENT), QUOLL_TYPE_PORTAL);
    EXPECT_EQUAL(quoll_domain_inspect(BOOT_CAP_DOMAIN, SENT).word[1], QUOLL_RIGHT_CALL);
    EXPECT_OK(quoll_any_destroy(D));
    EXPECT_EQUAL(test_type(SENT), QUOLL_TYPE_NONE);
    EXPECT_EQUAL(server_call(0, OP_ECHO, 0, 0).error, QUOLL_OK);
}

void test_domain(void)
{
    static const struct test tests[] = {
        TEST(domain_create),
        TEST(domain_too_many),
        TEST(domain_share_of_a_pool),
        TEST(domain_isolated),
        TEST(domain_sees_nothing_else),
        TEST(domain_capability_withdrawn),
        TEST(domain_takes_back_what_it_sent),
    };

    TEST_RUN(tests);
}
