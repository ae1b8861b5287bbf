/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Faults in explicitly paged memory both ways: they are calls that the thread did not make itself, so every register of
 * it comes back. A fault goes the general way when its pager waits with a deadline that it did not have before.
 */
#include "ways.h"

enum { X = SERVER_FREE, Y, MEMORY, PAGER_PORTAL, LOW = 10, HIGH = 50, PAGER = 8, PAGED = 16 };

void fault_read(uint64_t address), fault_execute(uint64_t address), fault_exclusive(uint64_t address);

#define READ_WRITE (QUOLL_MAP_READ | QUOLL_MAP_WRITE)

static void pager_listen(void)
{
    static uint64_t listened;
    struct trap_state *state = actor_listen(PAGER);

    if (call_way != 0) {
        state->x[9] |= QUOLL_FLAG_DEADLINE;
        state->x[12] = (UINT64_C(1) << 60) + listened++;
    }
}

/* The pager maps a page where it is told by the test, and replies. */
static void pager_map(unsigned page, uint64_t attributes)
{
    const uint64_t arguments[] = {MEMORY,           TEST_POOL, TEST_WINDOW + page * TEST_PAGE,
                                  page * TEST_PAGE, TEST_PAGE, attributes};
    struct trap_state *state = actor_step(PAGER, QUOLL_CALL_domain_map, BOOT_CAP_DOMAIN);

    for (unsigned i = 0; i < 6; i++)
        state->x[i] = arguments[i];
}

static void pager_begin(void)
{
    EXPECT_OK(quoll_pool_create_memory(TEST_POOL, MEMORY, test_ram, test_ram_offset, PAGED * TEST_PAGE));
    actor_make(PAGER, LOW, false);
    EXPECT_OK(quoll_pool_create_notification(TEST_POOL, SERVER_GATE + PAGER));
    EXPECT_OK(quoll_pool_create_portal(TEST_POOL, PAGER_PORTAL, TEST_CHILD + PAGER, 99));
    EXPECT_OK(quoll_domain_page(BOOT_CAP_DOMAIN, PAGER_PORTAL, TEST_WINDOW, PAGED * TEST_PAGE));
    pager_listen();
}

/* A pager that answers to every fault in the pages from 0 on in turn. After the first all go the same way. */
static void pager_serve(unsigned pages)
{
    pager_begin();
    for (unsigned i = 0; i < pages; i++) {
        pager_map(i, READ_WRITE);
        actor_reply(PAGER);
    }
    actor_run(PAGER);
    EXPECT_EQUAL(child_state(PAGER), QUOLL_THREAD_WAITING);
}

static void touch(unsigned n, trap_function *function, uint64_t address)
{
    actor_make(n, LOW, false);
    actor_touch(n, function, address);
    actor_run(n);
}

static void expect_fault_words(unsigned step, enum quoll_fault_reason reason, uint64_t address, int line)
{
    const struct trap_state *after = actor_after(PAGER, step);

    test_check(actor_done(PAGER) > step, __FILE__, line, "the pager was told");
    test_equal(after->x[0], reason, __FILE__, line, "reason");
    test_equal(after->x[1], address, __FILE__, line, "address");
    test_equal(after->x[4] | after->x[5] | after->x[6] | after->x[7], 0, __FILE__, line, "the rest");
    test_equal(after->x[8], MESSAGE(99), __FILE__, line, "x8");
}
#define EXPECT_FAULT_WORDS(step, reason, address) expect_fault_words(step, reason, address, __LINE__)

static void scenario_page_load(void)
{
    pager_serve(1);
    touch(1, trap_load, TEST_WINDOW + 0x18);
    EXPECT_EQUAL(actor_done(1), 1);
    EXPECT_EQUAL(actor_after(1, 0)->x[1], *(volatile uint64_t *)(TEST_WINDOW + 0x18));
    EXPECT_FAULT_WORDS(0, QUOLL_FAULT_READ, TEST_WINDOW + 0x18);
    NOTE_ACTOR(1);
    NOTE_ACTOR(PAGER);
}

static void scenario_page_store(void)
{
    pager_serve(1);
    touch(1, trap_store, TEST_WINDOW + 0xff8);
    EXPECT_EQUAL(actor_done(1), 1);
    EXPECT_EQUAL(*(volatile uint64_t *)(TEST_WINDOW + 0xff8), actor_filled(1, 0, 1));
    EXPECT_FAULT_WORDS(0, QUOLL_FAULT_WRITE, TEST_WINDOW + 0xff8);
    NOTE_ACTOR(1);
    NOTE_ACTOR(PAGER);
}

/* A page that may be read and is written: the pager cannot help with a second mapping, and the access goes on failing.
 */
static void scenario_page_permission(void)
{
    pager_begin();
    pager_map(0, QUOLL_MAP_READ);
    actor_reply(PAGER);
    actor_hold(PAGER);
    actor_run(PAGER);
    touch(1, trap_store, TEST_WINDOW);
    EXPECT_FAULT_WORDS(0, QUOLL_FAULT_WRITE, TEST_WINDOW);
    EXPECT_FAULT_WORDS(2, QUOLL_FAULT_WRITE, TEST_WINDOW);
    EXPECT_EQUAL(child_state(1), QUOLL_THREAD_CALLING);
    NOTE_ACTOR(1);
    NOTE_ACTOR(PAGER);
}

/* Several threads, pages one after the other; the first and the last byte that are paged, and those beside. */
static void scenario_page_range(void)
{
    pager_serve(2);
    touch(1, trap_load, TEST_WINDOW);
    touch(2, trap_load, TEST_WINDOW + 2 * TEST_PAGE - 8);
    touch(3, trap_load, TEST_WINDOW - 8);
    touch(4, trap_load, TEST_WINDOW + PAGED * TEST_PAGE);
    touch(5, trap_store, UINT64_C(0x7ffffffff8));
    touch(6, trap_store, 0);
    EXPECT_FAULT_WORDS(2, QUOLL_FAULT_READ, TEST_WINDOW + 2 * TEST_PAGE - 8);
    for (unsigned n = 3; n <= 6; n++)
        EXPECT_EQUAL(child_state(n), QUOLL_THREAD_FAULTED);
    for (unsigned n = 1; n <= 6; n++)
        NOTE_ACTOR(n);
    NOTE_ACTOR(PAGER);
}

/* In paged memory, but not for the pager: alignment is looked at first, and fetching instructions goes one way. */
static void scenario_page_other_faults(void)
{
    pager_begin();
    pager_map(0, READ_WRITE);
    actor_reply(PAGER);
    actor_hold(PAGER);
    actor_run(PAGER);
    child_start(1, fault_exclusive, TEST_WINDOW + TEST_PAGE, LOW);
    test_sleep(TICKS_MS / 4);
    EXPECT_EQUAL(quoll_notification_take_fault(TEST_FAULTS).word[1], QUOLL_FAULT_ALIGNMENT);
    EXPECT_EQUAL(actor_done(PAGER), 0);
    child_start(2, fault_execute, TEST_WINDOW, LOW);
    test_sleep(TICKS_MS / 4);
    EXPECT_EQUAL(actor_done(PAGER), 3);
    EXPECT_FAULT_WORDS(0, QUOLL_FAULT_EXECUTE, TEST_WINDOW);
    EXPECT_FAULT_WORDS(2, QUOLL_FAULT_EXECUTE, TEST_WINDOW);
    NOTE_ACTOR(PAGER);
}

/* While the pager is at it: registers of the one that waits, then as with any call. */
static void hold_fault(void)
{
    pager_begin();
    actor_hold(PAGER);
    pager_map(0, READ_WRITE);
    actor_reply(PAGER);
    actor_reply(PAGER);
    actor_run(PAGER);
    touch(1, trap_store, TEST_WINDOW + 8);
    EXPECT_EQUAL(child_state(1), QUOLL_THREAD_CALLING);
    EXPECT_EQUAL(child_state(PAGER), QUOLL_THREAD_NOTIFICATION);
    for (unsigned first = 0; first < QUOLL_REGISTER_COUNT; first += 8) {
        struct quoll_result result = quoll_thread_read_registers(TEST_CHILD + 1, first);

        EXPECT_EQUAL(result.error, QUOLL_OK);
        for (unsigned i = 0; i < 8; i++)
            NOTE(result.word[i]);
        for (unsigned i = 0; i < 8 && first + i < 31; i++)
            EXPECT_EQUAL(result.word[i], first + i == 0 ? TEST_WINDOW + 8 : actor_filled(1, 0, first + i));
    }
}

static void release(void)
{
    EXPECT_OK(quoll_notification_signal(SERVER_GATE + PAGER, 1));
    test_sleep(TICKS_MS);
}

static void scenario_page_held(void)
{
    hold_fault();
    release();
    EXPECT_EQUAL(actor_done(1), 1);
    NOTE_ACTOR(1);
    NOTE_ACTOR(PAGER);
}

static void scenario_page_client_suspended(void)
{
    hold_fault();
    EXPECT_OK(quoll_thread_suspend(TEST_CHILD + 1));
    release();
    EXPECT_EQUAL(actor_done(1), 0);
    NOTE_ACTOR(1);
    EXPECT_OK(quoll_thread_resume(TEST_CHILD + 1));
    test_sleep(TICKS_MS);
    EXPECT_EQUAL(actor_done(1), 1);
    NOTE_ACTOR(1);
    NOTE_ACTOR(PAGER);
}

static void scenario_page_client_destroyed(void)
{
    hold_fault();
    EXPECT_OK(quoll_any_destroy(TEST_CHILD + 1));
    release();
    NOTE_ACTOR(PAGER);
}

static void scenario_page_pager_destroyed(void)
{
    hold_fault();
    EXPECT_OK(quoll_any_destroy(TEST_CHILD + PAGER));
    test_sleep(TICKS_MS);
    EXPECT_EQUAL(child_state(1), QUOLL_THREAD_FAULTED);
    EXPECT_EQUAL(quoll_notification_take_fault(TEST_FAULTS).word[1], QUOLL_FAULT_PAGER);
    NOTE_ACTOR(1);
    touch(2, trap_load, TEST_WINDOW);
    EXPECT_EQUAL(quoll_notification_take_fault(TEST_FAULTS).word[1], QUOLL_FAULT_PAGER);
    EXPECT_OK(quoll_any_destroy(PAGER_PORTAL));
    touch(3, trap_load, TEST_WINDOW);
    EXPECT_EQUAL(quoll_notification_take_fault(TEST_FAULTS).word[1], QUOLL_FAULT_PAGER);
    NOTE_ACTOR(2);
    NOTE_ACTOR(3);
}

static void scenario_page_pager_dying(void)
{
    pager_serve(1);
    actor_make(1, LOW, false);
    actor_touch(1, trap_load, TEST_WINDOW);
    destroy_half(TEST_CHILD + PAGER);
    actor_run(1);
    EXPECT_EQUAL(quoll_notification_take_fault(TEST_FAULTS).word[1], QUOLL_FAULT_PAGER);
    NOTE_ACTOR(1);
    destroy_rest();
}

static void scenario_page_portal_dying(void)
{
    pager_serve(1);
    actor_make(1, LOW, false);
    actor_touch(1, trap_load, TEST_WINDOW);
    destroy_half(PAGER_PORTAL);
    actor_run(1);
    EXPECT_EQUAL(quoll_notification_take_fault(TEST_FAULTS).word[1], QUOLL_FAULT_PAGER);
    NOTE_ACTOR(1);
    destroy_rest();
}

/* One that is busy; the second gets its page with the first one's. */
static void scenario_page_queued(void)
{
    hold_fault();
    touch(2, trap_load, TEST_WINDOW + 16);
    EXPECT_EQUAL(child_state(2), QUOLL_THREAD_QUEUED);
    NOTE_ACTOR(2);
    release();
    EXPECT_EQUAL(actor_done(1), 1);
    EXPECT_EQUAL(actor_done(2), 1);
    NOTE_ACTOR(1);
    NOTE_ACTOR(2);
    NOTE_ACTOR(PAGER);
}

/* In the midst of a service, with calls before and after: what is a page fault is none for the next call. */
static void scenario_page_in_service(void)
{
    for (unsigned passive = 0; passive < 2; passive++) {
        unsigned server = 2 + passive;

        actor_serve_begin(server, LOW, passive != 0);
        actor_touch(server, trap_store, TEST_WINDOW + passive * TEST_PAGE + 8);
        actor_reply(server);
        actor_call(server, SERVER_PORTAL + 4 + passive);
        actor_reply(server);
        actor_serve_end(server);
        actor_serve(4 + passive, LOW, true, 1);
    }
    pager_serve(2);
    for (unsigned n = 0; n < 2; n++) {
        actor_make(n, LOW, false);
        actor_call(n, SERVER_PORTAL + 2 + n);
        actor_call(n, SERVER_PORTAL + 2 + n);
        actor_run(n);
        EXPECT_WORDS(n, 0, 2 + n, 2, QUOLL_OK);
        EXPECT_WORDS(2 + n, 3, 4 + n, 1, QUOLL_OK);
        EXPECT_WORDS(n, 1, 2 + n, 4, QUOLL_OK);
    }
    for (unsigned n = 0; n < 6; n++)
        NOTE_ACTOR(n);
    NOTE_ACTOR(PAGER);
}

/* The last server of the longest chain faults: its pager is too far. */
static void scenario_page_too_deep(void)
{
    struct quoll_result record = {0};

    for (unsigned n = 0; n < 8; n++) {
        actor_serve_begin(n, LOW, true);
        if (n < 7)
            actor_call(n, SERVER_PORTAL + n + 1);
        else
            actor_touch(n, trap_load, TEST_WINDOW);
        actor_reply(n);
        actor_serve_end(n);
    }
    pager_serve(1);
    actor_client(9, LOW, SERVER_PORTAL);
    EXPECT_EQUAL(child_state(7), QUOLL_THREAD_FAULTED);
    record = quoll_notification_take_fault(TEST_FAULTS);
    EXPECT_EQUAL(record.word[0], 7);
    EXPECT_EQUAL(record.word[1], QUOLL_FAULT_PAGER);
    for (unsigned n = 0; n < 10; n++)
        NOTE_ACTOR(n);
}

static void scenario_page_simd(void)
{
    for (unsigned users = 0; users < 4; users++) {
        pager_begin();
        for (unsigned i = 0; i < 3; i++) {
            pager_map(i, READ_WRITE);
            actor_reply(PAGER)->simd = (users & 2) != 0 ? 0x3000 * (i + 1) : 0;
        }
        actor_run(PAGER);
        actor_make(1, LOW, false);
        for (unsigned i = 0; i < 3; i++)
            actor_touch(1, trap_store, TEST_WINDOW + i * TEST_PAGE)->simd = (users & 1) != 0 ? 0x90000 * (i + 1) : 0;
        actor_run(1);
        EXPECT_EQUAL(actor_done(1), 3);
        NOTE_ACTOR(1);
        NOTE_ACTOR(PAGER);
        for (uint32_t i = TEST_CHILD; i <= PAGER_PORTAL; i++)
            if (test_type(i) != QUOLL_TYPE_NONE)
                EXPECT_OK(quoll_any_destroy(i));
    }
}

static volatile uint64_t answered;

/* Answers without mapping anything: the access faults again. */
static void answer_often(uint64_t flags)
{
    struct quoll_trap trap = {.x9 = QUOLL_CALL_self_reply_wait | flags, .x12 = UINT64_C(1) << 60};

    for (;;) {
        quoll_trap(&trap);
        answered = answered + 1;
        trap.x9 = QUOLL_CALL_self_reply_wait | flags;
        trap.x12 = (UINT64_C(1) << 60) + answered; /* another deadline than the last */
    }
}

/* The short way is one. */
static void ways_of_pages_are_two(void)
{
    uint64_t count[2] = {0};

    for (unsigned way = 0; way < 2; way++) {
        answered = 0;
        child_start(0, answer_often, way != 0 ? QUOLL_FLAG_DEADLINE : 0, LOW);
        EXPECT_OK(quoll_pool_create_portal(TEST_POOL, PAGER_PORTAL, TEST_CHILD, 1));
        EXPECT_OK(quoll_domain_page(BOOT_CAP_DOMAIN, PAGER_PORTAL, TEST_WINDOW, TEST_PAGE));
        test_sleep(TICKS_MS);
        child_start(1, fault_read, TEST_WINDOW, LOW);
        test_sleep(10 * TICKS_MS);
        count[way] = answered;
        for (uint32_t i = TEST_CHILD; i <= PAGER_PORTAL; i++)
            if (test_type(i) != QUOLL_TYPE_NONE)
                EXPECT_OK(quoll_any_destroy(i));
    }
    EXPECT(count[0] > 1000); /* half a millisecond: 500,000 instructions */
    EXPECT(count[0] > 2 * count[1]);
}

BOTH_WAYS(page_load)
BOTH_WAYS(page_store)
BOTH_WAYS(page_permission)
BOTH_WAYS(page_range)
BOTH_WAYS(page_other_faults)
BOTH_WAYS(page_held)
BOTH_WAYS(page_client_suspended)
BOTH_WAYS(page_client_destroyed)
BOTH_WAYS(page_pager_destroyed)
BOTH_WAYS(page_pager_dying)
BOTH_WAYS(page_portal_dying)
BOTH_WAYS(page_queued)
BOTH_WAYS(page_in_service)
BOTH_WAYS(page_too_deep)
BOTH_WAYS(page_simd)

void test_ways_page(void)
{
    static const struct test tests[] = {
        TEST(ways_of_pages_are_two),
        TEST(ways_page_load),
        TEST(ways_page_store),
        TEST(ways_page_permission),
        TEST(ways_page_range),
        TEST(ways_page_other_faults),
        TEST(ways_page_held),
        TEST(ways_page_client_suspended),
        TEST(ways_page_client_destroyed),
        TEST(ways_page_pager_destroyed),
        TEST(ways_page_pager_dying),
        TEST(ways_page_portal_dying),
        TEST(ways_page_queued),
        TEST(ways_page_in_service),
        TEST(ways_page_too_deep),
        TEST(ways_page_simd),
    };

    TEST_RUN(tests);
}
