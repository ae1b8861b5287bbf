/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Calls both ways between domains: a client and a server (ways_domains.S), each with its own page at the same address,
 * while others interrupt them wherever they are.
 */
#include "ways.h"

enum {
    CLIENT = SERVER_FREE,
    SERVER,
    CLIENT_THREAD,
    SERVER_THREAD,
    BUDGET,
    CODE,
    CLIENT_PAGE,
    SERVER_PAGE,
    BELL,
    PORTAL,
    CLIENT_PAGES,
};
enum { ROUNDS = 20000, LABEL = 7, PAGES = 64 };
#define CODE_ADDRESS  UINT64_C(0x10000)
#define PAGE_ADDRESS  UINT64_C(0x20000)
#define PAGED_ADDRESS UINT64_C(0x40000)
#define MIB           UINT64_C(1048576)

struct page {
    uint64_t key, seed, rounds, errors, wanted, peer;
};

extern const char pair_program[], pair_program_end[], pair_server[], page_client[];

static volatile struct page *client_page(void)
{
    return (volatile struct page *)(TEST_WINDOW + TEST_PAGE);
}

static volatile struct page *server_page(void)
{
    return (volatile struct page *)(TEST_WINDOW + 2 * TEST_PAGE);
}

/* Three pages: the program, and what each side has at PAGE_ADDRESS. */
static void make_pages(void)
{
    volatile char *to = (volatile char *)TEST_WINDOW;

    for (unsigned i = 0; i < 3; i++) {
        EXPECT_OK(quoll_pool_create_memory(TEST_POOL, CODE + i, test_ram, test_ram_offset + i * MIB, TEST_PAGE));
        EXPECT_OK(quoll_domain_map(BOOT_CAP_DOMAIN, CODE + i, TEST_POOL, TEST_WINDOW + i * TEST_PAGE, 0, TEST_PAGE,
                                   QUOLL_MAP_READ | QUOLL_MAP_WRITE));
    }
    for (const char *from = pair_program; from < pair_program_end; from++)
        *to++ = *from;
    for (uint64_t at = TEST_WINDOW; at < TEST_WINDOW + TEST_PAGE; at += 16)
        __asm__ volatile("dc cvau, %0" : : "r"(at) : "memory");
    __asm__ volatile("dsb ish" : : : "memory");
    *client_page() = (struct page){.key = 0x1111, .seed = 77, .wanted = ROUNDS, .peer = 0x222200002222};
    *server_page() = (struct page){.key = 0x222200002222, .seed = 99};
}

static void map_for(uint32_t domain, uint32_t memory, uint64_t address)
{
    EXPECT_OK(quoll_domain_map(domain, memory, TEST_POOL, address, 0, TEST_PAGE, QUOLL_MAP_READ | QUOLL_MAP_WRITE));
}

static void make_domain(uint32_t domain)
{
    EXPECT_OK(quoll_pool_create_domain(TEST_POOL, domain, QUOLL_DOMAIN_NATIVE, 4));
    EXPECT_OK(
        quoll_domain_map(domain, CODE, TEST_POOL, CODE_ADDRESS, 0, TEST_PAGE, QUOLL_MAP_READ | QUOLL_MAP_EXECUTE));
}

static void start(uint32_t thread, uint32_t domain, uint8_t priority, const char *entry, uint64_t page)
{
    EXPECT_OK(quoll_pool_create_thread(TEST_POOL, thread, domain, 0, priority));
    EXPECT_OK(quoll_thread_set_supervisor(thread, TEST_FAULTS, 1, thread));
    EXPECT_OK(quoll_pool_create_budget(TEST_POOL, BUDGET, BOOT_CAP_BUDGET, 4 * TICKS_MS / 10, TICKS_MS,
                                       QUOLL_REPLENISHMENTS_MAX));
    EXPECT_OK(quoll_thread_set_budget(thread, BUDGET));
    EXPECT_OK(quoll_thread_start(thread, CODE_ADDRESS + (uint64_t)(entry - pair_program), 0, page));
}

/* The server runs on what its client pays, and the client runs already. */
static void start_pair(bool apart, uint8_t server_priority)
{
    const uint32_t server_domain = apart ? SERVER : CLIENT;
    const uint64_t server_address = apart ? PAGE_ADDRESS : PAGE_ADDRESS + TEST_PAGE;

    make_pages();
    make_domain(CLIENT);
    if (apart)
        make_domain(SERVER);
    map_for(CLIENT, CLIENT_PAGE, PAGE_ADDRESS);
    map_for(server_domain, SERVER_PAGE, server_address);
    start(SERVER_THREAD, server_domain, server_priority, pair_server, server_address);
    test_sleep(TICKS_MS);
    EXPECT_OK(quoll_any_destroy(BUDGET));
    EXPECT_OK(quoll_pool_create_portal(TEST_POOL, PORTAL, SERVER_THREAD, LABEL));
    EXPECT_OK(quoll_pool_create_notification(TEST_POOL, BELL));
    EXPECT_OK(quoll_domain_copy(CLIENT, 1, PORTAL, QUOLL_RIGHT_CALL, LABEL));
    EXPECT_OK(quoll_domain_copy(CLIENT, 2, BELL, QUOLL_RIGHT_WAIT, 1));
    start(CLIENT_THREAD, CLIENT, 20, pair_program, PAGE_ADDRESS);
}

static void expect_pair_done(void)
{
    for (unsigned i = 0; i < 400 && client_page()->rounds < ROUNDS; i++)
        test_sleep(5 * TICKS_MS);
    EXPECT_EQUAL(client_page()->rounds, ROUNDS);
    EXPECT_EQUAL(client_page()->errors, 0);
    EXPECT_EQUAL(server_page()->rounds, ROUNDS);
    EXPECT_EQUAL(server_page()->errors, 0);
    EXPECT_EQUAL(quoll_thread_status(SERVER_THREAD).word[0], QUOLL_THREAD_WAITING);
}

/*
 * Wakes up after a random time again and again. It lies in the test's own domain and fills SIMD registers, so that
 * whoever it interrupted has everything swapped.
 */
static void interrupt_often(uint64_t gate)
{
    uint64_t random = gate;

    for (;;) {
        random = random * UINT64_C(6364136223846793005) + 1442695040888963407;
        if ((random >> 40) % 4 == 0)
            simd_fill(random);
        quoll_notification_wait((uint32_t)gate, test_ticks() + (random >> 50) % 64);
    }
}

static void start_interrupts(void)
{
    EXPECT_OK(quoll_pool_create_notification(TEST_POOL, SERVER_GATE));
    child_make(0, 200, 3 * TICKS_MS / 10, TICKS_MS);
    child_run(0, interrupt_often, SERVER_GATE);
}

static void ways_domains_apart(void)
{
    start_pair(true, 10);
    expect_pair_done();
}

static void ways_domains_apart_interrupted(void)
{
    start_interrupts();
    start_pair(true, 30);
    expect_pair_done();
}

static void ways_domains_same_interrupted(void)
{
    start_interrupts();
    start_pair(false, 20);
    expect_pair_done();
}

/* Suspended and resumed wherever they are, the client and the server in turn. */
static void ways_domains_suspended(void)
{
    uint64_t random = 5;

    start_pair(true, 10);
    for (unsigned i = 0; i < 2000; i++) {
        uint32_t thread = i % 2 == 0 ? CLIENT_THREAD : SERVER_THREAD;

        random = random * UINT64_C(6364136223846793005) + 1442695040888963407;
        test_sleep((random >> 50) % 64);
        EXPECT_OK(quoll_thread_suspend(thread));
        test_sleep((random >> 44) % 32);
        EXPECT_OK(quoll_thread_resume(thread));
    }
    expect_pair_done();
}

/* Maps a page of CLIENT_PAGES where one is missing in the client's domain. */
static void page_server(uint64_t deadline)
{
    struct quoll_wait wait = {.deadline = deadline};
    struct quoll_message message = {0};

    for (;;) {
        quoll_reply_wait(&message, &wait);
        wait.deadline += wait.deadline != QUOLL_FOREVER ? 1 : 0; /* the same one would not be the general way */
        simd_fill(message.word[1]);
        quoll_domain_map(CLIENT, CLIENT_PAGES, TEST_POOL, message.word[1], message.word[1] - PAGED_ADDRESS, TEST_PAGE,
                         QUOLL_MAP_READ | QUOLL_MAP_WRITE);
    }
}

/* A client whose pager is in another domain. */
static void ways_domains_paged(void)
{
    for (unsigned way = 0; way < 2; way++) {
        make_pages();
        client_page()->wanted = PAGES;
        client_page()->peer = PAGED_ADDRESS;
        make_domain(CLIENT);
        map_for(CLIENT, CLIENT_PAGE, PAGE_ADDRESS);
        EXPECT_OK(
            quoll_pool_create_memory(TEST_POOL, CLIENT_PAGES, test_ram, test_ram_offset + 4 * MIB, PAGES * TEST_PAGE));
        child_start(1, page_server, way != 0 ? QUOLL_FOREVER : UINT64_C(1) << 60, 10);
        test_sleep(TICKS_MS);
        EXPECT_OK(quoll_pool_create_portal(TEST_POOL, PORTAL, TEST_CHILD + 1, LABEL));
        EXPECT_OK(quoll_domain_page(CLIENT, PORTAL, PAGED_ADDRESS, PAGES * TEST_PAGE));
        EXPECT_OK(quoll_pool_create_notification(TEST_POOL, BELL));
        EXPECT_OK(quoll_domain_copy(CLIENT, 2, BELL, QUOLL_RIGHT_WAIT, 1));
        start(CLIENT_THREAD, CLIENT, 20, page_client, PAGE_ADDRESS);
        for (unsigned i = 0; i < 100 && client_page()->rounds < PAGES; i++)
            test_sleep(TICKS_MS);
        EXPECT_EQUAL(client_page()->rounds, PAGES);
        EXPECT_EQUAL(client_page()->errors, 0);
        for (uint32_t i = TEST_CHILD; i <= CLIENT_PAGES; i++)
            if (test_type(i) != QUOLL_TYPE_NONE)
                EXPECT_OK(quoll_any_destroy(i));
    }
}

/* How long a client is busy with that many calls, one after the other. */
static void call_often(uint64_t flags)
{
    struct quoll_trap trap = {0};
    uint64_t begin = test_ticks();

    for (unsigned i = 0; i < 100; i++) {
        trap = (struct quoll_trap){.x8 = SERVER_PORTAL, .x9 = QUOLL_CALL_portal_call | flags};
        quoll_trap(&trap);
    }
    requests[1].end = test_ticks() - begin;
}

static void reply_often(uint64_t flags)
{
    struct quoll_trap trap = {.x9 = QUOLL_CALL_self_reply_wait | QUOLL_FLAG_NO_REPLY};

    for (;;) {
        quoll_trap(&trap);
        trap.x9 = QUOLL_CALL_self_reply_wait | flags;
    }
}

/* There are two ways: the short one is what its name says, for owners and passive threads. */
static void ways_are_two(void)
{
    uint64_t time[2] = {0};

    for (unsigned passive = 0; passive < 2; passive++) {
        for (unsigned way = 0; way < 2; way++) {
            child_start(0, reply_often, way != 0 ? GENERAL : 0, 10);
            test_sleep(TICKS_MS);
            if (passive != 0)
                EXPECT_OK(quoll_any_destroy(TEST_CHILD_BUDGET));
            EXPECT_OK(quoll_pool_create_portal(TEST_POOL, SERVER_PORTAL, TEST_CHILD, 1));
            child_make(1, 10, TICKS_MS / 2, TICKS_MS);
            child_run(1, call_often, way != 0 ? GENERAL : 0);
            EXPECT(child_wait(1));
            time[way] = requests[1].end;
            for (uint32_t i = TEST_CHILD; i <= SERVER_PORTAL; i++)
                if (test_type(i) != QUOLL_TYPE_NONE)
                    EXPECT_OK(quoll_any_destroy(i));
        }
        EXPECT(time[0] < 100 * 400 / 16);
        EXPECT(time[1] > 2 * time[0]);
    }
}

void test_ways_domains(void)
{
    static const struct test tests[] = {
        TEST(ways_are_two),
        TEST(ways_domains_apart),
        TEST(ways_domains_apart_interrupted),
        TEST(ways_domains_same_interrupted),
        TEST(ways_domains_suspended),
        TEST(ways_domains_paged),
    };

    TEST_RUN(tests);
}
