/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * What a native thread is suspended for, and paged memory. The functions that fault are in registers.S.
 */
#include "server.h"

enum { X = SERVER_FREE, MEMORY, DOMAIN };

#define FAULT(name)      \
    child_function name; \
    extern const char name##_at[]
FAULT(fault_read);
FAULT(fault_write);
FAULT(fault_execute);
FAULT(fault_undefined);
FAULT(fault_privileged);
FAULT(fault_breakpoint);
FAULT(fault_call);
FAULT(fault_exclusive);
#undef FAULT

/* Child n runs into a fault, and what the supervisor reads of it. */
static void expect_fault(child_function *function, uint64_t argument, enum quoll_fault_reason reason, const char *pc,
                         uint64_t address)
{
    struct quoll_result record = {0};

    child_start(3, function, argument, 10);
    test_sleep(TICKS_MS);
    EXPECT_EQUAL(child_state(3), QUOLL_THREAD_FAULTED);
    EXPECT_EQUAL(quoll_notification_wait(TEST_FAULTS, 0).word[0], 1);
    record = quoll_notification_take_fault(TEST_FAULTS);
    EXPECT_EQUAL(record.error, QUOLL_OK);
    EXPECT_EQUAL(record.word[0], 3); /* the supervisor's label for it */
    EXPECT_EQUAL(record.word[1], reason);
    EXPECT_EQUAL(record.word[2], pc);
    EXPECT_EQUAL(record.word[3], address);
    EXPECT(record.word[4] != 0); /* ESR_EL2 */
    EXPECT_EQUAL(record.word[5] % 8, 0);
    EXPECT_ERROR(quoll_notification_take_fault(TEST_FAULTS), NOT_FOUND);
    EXPECT_OK(quoll_thread_resume(TEST_CHILD + 3));
    EXPECT_EQUAL(child_state(3), QUOLL_THREAD_FAULTED); /* resume does not cure it */
    EXPECT_OK(quoll_any_destroy(TEST_CHILD + 3));
    EXPECT_OK(quoll_any_destroy(TEST_CHILD_BUDGET + 3));
}

static void fault_reasons(void)
{
    const uint64_t unmapped = TEST_UNMAPPED + 0x128;
    const uint64_t beyond = QUOLL_ADDRESS_LIMIT + 0x1000;

    expect_fault(fault_read, unmapped, QUOLL_FAULT_READ, fault_read_at, unmapped);
    expect_fault(fault_write, unmapped, QUOLL_FAULT_WRITE, fault_write_at, unmapped);
    expect_fault(fault_read, beyond, QUOLL_FAULT_READ, fault_read_at, beyond);
    expect_fault(fault_read, 0, QUOLL_FAULT_READ, fault_read_at, 0);
    expect_fault(fault_execute, unmapped, QUOLL_FAULT_EXECUTE, (const char *)unmapped, unmapped);
    expect_fault(fault_undefined, 0, QUOLL_FAULT_INSTRUCTION, fault_undefined_at, (uint64_t)fault_undefined_at);
    expect_fault(fault_privileged, 0, QUOLL_FAULT_INSTRUCTION, fault_privileged_at, (uint64_t)fault_privileged_at);
    expect_fault(fault_breakpoint, 0, QUOLL_FAULT_BREAKPOINT, fault_breakpoint_at, (uint64_t)fault_breakpoint_at);
    expect_fault(fault_call, 0, QUOLL_FAULT_CALL, fault_call_at, 0);
}

static volatile uint64_t aligned[2];

static void fault_alignment(void)
{
    uint64_t address = (uint64_t)(uintptr_t)aligned;

    expect_fault(fault_exclusive, address, QUOLL_FAULT_ALIGNMENT, fault_exclusive_at, address + 1);
    address = (uint64_t)fault_execute_at + 2;
    expect_fault(fault_execute, address, QUOLL_FAULT_ALIGNMENT, (const char *)address, address);
}

/* Each right of a mapping is one of the memory's, and enforced. */
static void fault_rights_of_mapping(void)
{
    const uint64_t at = TEST_WINDOW;
    const char *start = (const char *)at;

    EXPECT_OK(quoll_pool_create_memory(TEST_POOL, MEMORY, test_ram, test_ram_offset, TEST_PAGE));
    EXPECT_OK(quoll_domain_map(BOOT_CAP_DOMAIN, MEMORY, TEST_POOL, at, 0, TEST_PAGE, QUOLL_MAP_READ));
    expect_fault(fault_write, at + 8, QUOLL_FAULT_WRITE, fault_write_at, at + 8);
    expect_fault(fault_execute, at, QUOLL_FAULT_EXECUTE, start, at);
    EXPECT_OK(quoll_domain_unmap(BOOT_CAP_DOMAIN, at));
    expect_fault(fault_read, at + 16, QUOLL_FAULT_READ, fault_read_at, at + 16);
    EXPECT_OK(quoll_domain_map(BOOT_CAP_DOMAIN, MEMORY, TEST_POOL, at, 0, TEST_PAGE, QUOLL_MAP_READ | QUOLL_MAP_WRITE));
    *(volatile uint64_t *)at = 0xd65f03c0; /* ret */
    expect_fault(fault_execute, at, QUOLL_FAULT_EXECUTE, start, at);
    EXPECT_OK(quoll_domain_unmap(BOOT_CAP_DOMAIN, at));
    EXPECT_OK(
        quoll_domain_map(BOOT_CAP_DOMAIN, MEMORY, TEST_POOL, at, 0, TEST_PAGE, QUOLL_MAP_READ | QUOLL_MAP_EXECUTE));
    child_start(4, (child_function *)at, 0, 10);
    EXPECT(child_wait(4)); /* it executed and returned */
    expect_fault(fault_write, at, QUOLL_FAULT_WRITE, fault_write_at, at);
}

static void fault_started_anew(void)
{
    child_start(0, fault_read, TEST_UNMAPPED, 10);
    test_sleep(TICKS_MS);
    EXPECT_EQUAL(child_state(0), QUOLL_THREAD_FAULTED);
    EXPECT_EQUAL(quoll_thread_read_registers(TEST_CHILD, 0).word[0], TEST_UNMAPPED);
    child_run(0, fault_breakpoint, 0); /* its record of the first fault goes */
    test_sleep(TICKS_MS);
    EXPECT_EQUAL(quoll_notification_take_fault(TEST_FAULTS).word[1], QUOLL_FAULT_BREAKPOINT);
    EXPECT_ERROR(quoll_notification_take_fault(TEST_FAULTS), NOT_FOUND);
}

/* Records queue up in order. One whose thread goes is gone, one whose thread gets another supervisor too. */
static void fault_records_queue(void)
{
    EXPECT_OK(quoll_pool_create_notification(TEST_POOL, X));
    for (unsigned n = 0; n < 4; n++)
        child_start(n, fault_read, TEST_UNMAPPED + 8 * n, (uint8_t)(20 - n));
    test_sleep(5 * TICKS_MS);
    EXPECT_OK(quoll_any_destroy(TEST_CHILD + 1));
    EXPECT_OK(quoll_thread_set_supervisor(TEST_CHILD + 2, X, 1, 2));
    EXPECT_EQUAL(quoll_notification_take_fault(TEST_FAULTS).word[3], TEST_UNMAPPED);
    EXPECT_EQUAL(quoll_notification_take_fault(TEST_FAULTS).word[3], TEST_UNMAPPED + 24);
    EXPECT_ERROR(quoll_notification_take_fault(TEST_FAULTS), NOT_FOUND);
    EXPECT_ERROR(quoll_notification_take_fault(X), NOT_FOUND);
}

static void fault_without_supervisor(void)
{
    EXPECT_OK(quoll_pool_create_notification(TEST_POOL, X));
    child_make(0, 10, TICKS_MS / 20, TICKS_MS);
    EXPECT_OK(quoll_thread_set_supervisor(TEST_CHILD, X, 1, 0));
    child_make(1, 10, TICKS_MS / 20, TICKS_MS);
    EXPECT_OK(quoll_thread_set_supervisor(TEST_CHILD + 1, X, 1, 1));
    child_run(1, fault_read, TEST_UNMAPPED);
    test_sleep(TICKS_MS);
    EXPECT_OK(quoll_any_destroy(X)); /* with a record in it */
    child_run(0, fault_read, TEST_UNMAPPED);
    test_sleep(TICKS_MS);
    EXPECT_EQUAL(child_state(0), QUOLL_THREAD_FAULTED);
    EXPECT_EQUAL(child_state(1), QUOLL_THREAD_FAULTED);
}

static volatile uint64_t page_word[4];

/* Maps MEMORY where it is asked to, or where word 1 of the test's orders says not to. */
static void pager_main(uint64_t answer)
{
    struct quoll_message message = {0};
    struct quoll_wait wait = {.no_reply = true, .deadline = QUOLL_FOREVER};

    for (;;) {
        quoll_reply_wait(&message, &wait);
        wait.no_reply = false;
        for (unsigned i = 0; i < 4; i++)
            page_word[i] = message.word[i];
        if (answer == 0)
            quoll_notification_wait(SERVER_GATE, QUOLL_FOREVER);
        else
            quoll_domain_map(BOOT_CAP_DOMAIN, MEMORY, TEST_POOL, TEST_WINDOW, 0, TEST_PAGE,
                             QUOLL_MAP_READ | QUOLL_MAP_WRITE);
    }
}

static void start_pager(uint64_t answer)
{
    EXPECT_OK(quoll_pool_create_memory(TEST_POOL, MEMORY, test_ram, test_ram_offset, TEST_PAGE));
    EXPECT_OK(quoll_pool_create_notification(TEST_POOL, SERVER_GATE));
    child_start(0, pager_main, answer, 10);
    EXPECT_OK(quoll_pool_create_portal(TEST_POOL, X, TEST_CHILD, 9));
    EXPECT_OK(quoll_domain_page(BOOT_CAP_DOMAIN, X, TEST_WINDOW, 2 * TEST_PAGE));
    test_sleep(TICKS_MS);
}

static void write_there(uint64_t address)
{
    *(volatile uint64_t *)address = 0x55;
    page_word[3] = *(volatile uint64_t *)address;
}

static void paging(void)
{
    start_pager(1);
    child_start(1, write_there, TEST_WINDOW + 0x18, 10);
    EXPECT(child_wait(1));
    EXPECT_EQUAL(page_word[0], QUOLL_FAULT_WRITE);
    EXPECT_EQUAL(page_word[1], TEST_WINDOW + 0x18);
    EXPECT_EQUAL(page_word[3], 0x55); /* it executed again */
    /* Outside the paged range it is a fault. */
    expect_fault(fault_read, TEST_WINDOW + 2 * TEST_PAGE, QUOLL_FAULT_READ, fault_read_at, TEST_WINDOW + 2 * TEST_PAGE);
    expect_fault(fault_read, TEST_WINDOW - 8, QUOLL_FAULT_READ, fault_read_at, TEST_WINDOW - 8);
}

static void paging_pager_dies(void)
{
    struct quoll_result record = {0};

    start_pager(0);
    child_start(1, write_there, TEST_WINDOW, 10);
    test_sleep(TICKS_MS);
    EXPECT_EQUAL(child_state(1), QUOLL_THREAD_CALLING);
    EXPECT_OK(quoll_any_destroy(TEST_CHILD));
    test_sleep(TICKS_MS);
    EXPECT_EQUAL(child_state(1), QUOLL_THREAD_FAULTED);
    record = quoll_notification_take_fault(TEST_FAULTS);
    EXPECT_EQUAL(record.word[1], QUOLL_FAULT_PAGER);
    EXPECT_EQUAL(record.word[4], QUOLL_PEER_DEAD);
    /* The next one cannot even call. */
    expect_fault(fault_read, TEST_WINDOW + 8, QUOLL_FAULT_PAGER, fault_read_at, TEST_WINDOW + 8);
    EXPECT_OK(quoll_any_destroy(X));
    expect_fault(fault_read, TEST_WINDOW + 8, QUOLL_FAULT_PAGER, fault_read_at, TEST_WINDOW + 8);
}

/* A pager that needs its own service. */
static void paging_itself(void)
{
    start_pager(0);
    EXPECT_OK(quoll_thread_suspend(TEST_CHILD));
    child_run(0, fault_read, TEST_WINDOW);
    test_sleep(TICKS_MS);
    EXPECT_EQUAL(quoll_notification_take_fault(TEST_FAULTS).word[1], QUOLL_FAULT_PAGER);
}

static void paging_errors(void)
{
    start_pager(0);
    EXPECT_ERROR(quoll_domain_page(BOOT_CAP_DOMAIN, X, TEST_WINDOW, 0), BAD_ARGUMENT);
    EXPECT_ERROR(quoll_domain_page(BOOT_CAP_DOMAIN, X, TEST_WINDOW + 8, TEST_PAGE), BAD_ARGUMENT);
    EXPECT_ERROR(quoll_domain_page(BOOT_CAP_DOMAIN, X, TEST_WINDOW, TEST_PAGE + 8), BAD_ARGUMENT);
    EXPECT_ERROR(quoll_domain_page(BOOT_CAP_DOMAIN, X, QUOLL_ADDRESS_LIMIT - TEST_PAGE, 2 * TEST_PAGE), BAD_ARGUMENT);
    EXPECT_OK(quoll_pool_create_domain(TEST_POOL, DOMAIN, QUOLL_DOMAIN_VM, 4));
    EXPECT_ERROR(quoll_domain_page(DOMAIN, X, 0, TEST_PAGE), BAD_ARGUMENT);
}

void test_fault(void)
{
    static const struct test tests[] = {
        TEST(fault_reasons),
        TEST(fault_alignment),
        TEST(fault_rights_of_mapping),
        TEST(fault_started_anew),
        TEST(fault_records_queue),
        TEST(fault_without_supervisor),
        TEST(paging),
        TEST(paging_pager_dies),
        TEST(paging_itself),
        TEST(paging_errors),
    };

    TEST_RUN(tests);
}
