/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "harness.h"

#include <stdarg.h>
#include <stdio.h>

#include "rt/component.h"

#define UART_PHYSICAL UINT64_C(0x09000000)
#define UART_ADDRESS  (UINT64_C(10) << 30)
enum { UART_DATA = 0, UART_FLAGS = 0x18, UART_FULL = 1 << 5, UART_CONTROL = 0x30, FAILURES_SHOWN = 6 };

uint32_t test_ram = 0;
uint64_t test_ram_offset = 0;

static const struct test *running = NULL;
static unsigned failures = 0;
static struct {
    uint64_t used, objects, core_time;
} before = {0};

static volatile uint32_t *uart(unsigned offset)
{
    return (volatile uint32_t *)(UART_ADDRESS + offset);
}

static void put(char c)
{
    while ((*uart(UART_FLAGS) & UART_FULL) != 0)
        continue;
    *uart(UART_DATA) = (uint8_t)c;
}

void test_print(const char *format, ...)
{
    char line[256] = {0};
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(line, sizeof(line), format, arguments);
    va_end(arguments);
    for (const char *c = line; *c != '\0'; c++) {
        if (*c == '\n')
            put('\r');
        put(*c);
    }
}

static const char *short_name(const char *file)
{
    const char *name = file;

    for (; *file != '\0'; file++)
        if (*file == '/')
            name = file + 1;
    return name;
}

void test_check(bool good, const char *file, int line, const char *what)
{
    if (good)
        return;
    failures++;
    if (failures <= FAILURES_SHOWN)
        test_print("FAIL %s %s:%d %s\n", running != NULL ? running->name : "harness", short_name(file), line, what);
}

void test_equal(uint64_t actual, uint64_t expected, const char *file, int line, const char *what)
{
    if (actual == expected)
        return;
    failures++;
    if (failures <= FAILURES_SHOWN)
        test_print("FAIL %s %s:%d %s is 0x%lx, not 0x%lx\n", running != NULL ? running->name : "harness",
                   short_name(file), line, what, (unsigned long)actual, (unsigned long)expected);
}

unsigned test_type(uint32_t index)
{
    return (unsigned)quoll_domain_inspect(BOOT_CAP_DOMAIN, index).word[0];
}

enum quoll_error test_copy(uint32_t destination, uint32_t source, uint32_t rights, uint64_t label)
{
    return quoll_domain_copy(BOOT_CAP_DOMAIN, destination, source, rights, label).error;
}

enum quoll_error test_delete(uint32_t index)
{
    return quoll_domain_delete(BOOT_CAP_DOMAIN, index).error;
}

uint64_t test_ticks(void)
{
    uint64_t ticks = 0;

    __asm__ volatile("isb\n\tmrs %0, cntpct_el0" : "=r"(ticks) : : "memory");
    return ticks;
}

void test_sleep(uint64_t ticks)
{
    quoll_notification_wait(TEST_SLEEP, test_ticks() + ticks);
}

bool test_wait_for(const volatile uint64_t *flag)
{
    for (unsigned i = 0; i < 400 && *flag == 0; i++)
        test_sleep(5 * TICKS_MS);
    return *flag != 0;
}

/* The piece of RAM with the most room, and an offset in it that is aligned physically. */
static void find_ram(void)
{
    uint64_t largest = 0;

    for (uint32_t i = 0; i < runtime_argument[0]; i++) {
        uint64_t size = quoll_memory_status(BOOT_CAP_RAM + i).word[0];

        if (size > largest) {
            largest = size;
            test_ram = BOOT_CAP_RAM + i;
        }
    }
    test_ram_offset = -quoll_memory_address(test_ram).word[0] & (TEST_LARGE - 1);
}

static void find_uart(void)
{
    for (uint32_t i = 0; i < runtime_argument[1]; i++) {
        if (quoll_memory_address(BOOT_CAP_DEVICE + i).word[0] != UART_PHYSICAL)
            continue;
        quoll_domain_map(BOOT_CAP_DOMAIN, BOOT_CAP_DEVICE + i, BOOT_CAP_POOL, UART_ADDRESS, 0, TEST_PAGE,
                         QUOLL_MAP_READ | QUOLL_MAP_WRITE);
        *uart(UART_CONTROL) = 0x301; /* UARTEN, TXE, RXE */
    }
}

/* Tables below TEST_WINDOW, which stay: so mapping there takes nothing more from root's pool. */
static void warm_window(void)
{
    enum { MEMORY = TEST_FREE };

    quoll_pool_create_memory(BOOT_CAP_POOL, MEMORY, test_ram, test_ram_offset, TEST_PAGE);
    quoll_domain_map(BOOT_CAP_DOMAIN, MEMORY, BOOT_CAP_POOL, TEST_WINDOW, 0, TEST_PAGE, QUOLL_MAP_READ);
    quoll_any_destroy(MEMORY);
}

void test_begin(void)
{
    quoll_thread_set_priority(BOOT_CAP_THREAD, TEST_PRIORITY);
    find_ram();
    find_uart();
    test_print("\nkernel tests\n");
    warm_window();
    EXPECT_OK(quoll_pool_create_notification(BOOT_CAP_POOL, TEST_SLEEP));
    EXPECT_OK(quoll_pool_create_notification(BOOT_CAP_POOL, TEST_FAULTS));
}

void test_end(void)
{
    test_print("DONE\n");
    for (;;)
        quoll_pool_power(BOOT_CAP_POOL, QUOLL_POWER_OFF);
}

static void begin_test(void)
{
    struct quoll_result pool = quoll_pool_status(BOOT_CAP_POOL);

    before.used = pool.word[1];
    before.objects = pool.word[2];
    before.core_time = quoll_budget_status(BOOT_CAP_BUDGET).word[0];
    EXPECT_OK(
        quoll_pool_create_pool(BOOT_CAP_POOL, TEST_POOL, test_ram, test_ram_offset + TEST_RAM_SIZE, TEST_POOL_SIZE));
}

/* Everything that the test took must be there again. */
static void finish_test(void)
{
    struct quoll_result pool = {0};

    if (test_type(TEST_POOL) != QUOLL_TYPE_NONE)
        EXPECT_OK(quoll_any_destroy(TEST_POOL));
    for (uint32_t i = TEST_POOL; i <= TEST_LAST; i++) {
        if (test_type(i) != QUOLL_TYPE_NONE) {
            EXPECT_EQUAL(i, 0); /* an index that the test left filled */
            quoll_any_destroy(i);
            test_delete(i);
        }
    }
    pool = quoll_pool_status(BOOT_CAP_POOL);
    EXPECT_EQUAL(pool.word[1], before.used);
    EXPECT_EQUAL(pool.word[2], before.objects);
    EXPECT_EQUAL(quoll_budget_status(BOOT_CAP_BUDGET).word[0], before.core_time);
    EXPECT_ERROR(quoll_notification_take_fault(TEST_FAULTS), NOT_FOUND);
    while (quoll_notification_take_fault(TEST_FAULTS).error == QUOLL_OK)
        continue;
    quoll_notification_wait(TEST_FAULTS, 0); /* flags of faults that a test provoked */
    /* All RAM of the tests can be carved in one piece. */
    EXPECT_OK(quoll_pool_create_pool(BOOT_CAP_POOL, TEST_POOL, test_ram, test_ram_offset, TEST_RAM_SIZE));
    EXPECT_OK(quoll_any_destroy(TEST_POOL));
}

void test_run(const struct test *tests, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        running = &tests[i];
        failures = 0;
        begin_test();
        tests[i].run();
        finish_test();
        if (failures == 0)
            test_print("PASS %s\n", tests[i].name);
        running = NULL;
    }
}
