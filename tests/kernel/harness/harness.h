/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * What test programs that run in root's place share: a pool for each test, printing, threads, time.
 *
 * The program runs at TEST_PRIORITY on all the time that nobody was given. So whatever a test starts runs only while
 * the test itself sleeps, calls or waits.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "abi/boot_info.h"
#include "rt/calls.h"
#include "rt/message.h"

/* Capability indices. What lies from TEST_POOL on is empty before and after each test, but for the harness's own. */
enum test_capability {
    TEST_UART = BOOT_CAP_FREE, /* memory: the PL011's page */
    TEST_SLEEP,                /* notification: test_sleep waits here, nobody signals it */
    TEST_FAULTS,               /* notification: supervisor of the children, flag 1; labels are their numbers */
    TEST_POOL = 80,            /* made for each test */
    TEST_CHILD = 96,           /* + n: thread */
    TEST_CHILD_BUDGET = 112,   /* + n */
    TEST_FREE = 128,           /* first index that a test uses as it likes */
    TEST_LAST = 1023,
};

enum {
    TEST_PRIORITY = 254, /* the test's own; above all that it starts */
    TEST_PAGE = 4096,
    TEST_LARGE = 2 << 20,
    TEST_POOL_SIZE = 2 << 20,
    CHILD_MAX = 16,
    CHILD_STACK = 8192,
};

/* Addresses in the test program's domain that are free for mappings; the tables for WINDOW are there already. */
#define TEST_WINDOW       (UINT64_C(8) << 30)            /* 2 MiB for small pages */
#define TEST_WINDOW_LARGE (TEST_WINDOW + 2 * TEST_LARGE) /* 4 MiB for large ones */
#define TEST_UNMAPPED     (UINT64_C(9) << 30)            /* nothing is ever mapped here */

/* Time: TICKS_MS is one millisecond of CNTPCT_EL0 on this board. */
#define TICKS_MS UINT64_C(62500)

struct test {
    const char *name;
    void (*run)(void);
};

#define TEST(function)      \
    {                       \
#function, function \
    }

/* Call first and last of all. */
void test_begin(void);
_Noreturn void test_end(void);

/* Runs each of them with a fresh TEST_POOL, and checks afterwards that everything was given back. */
void test_run(const struct test *tests, unsigned count);
#define TEST_RUN(tests) test_run(tests, sizeof(tests) / sizeof((tests)[0]))

/* Text on the console at once; lines end with \n. */
void test_print(const char *format, ...) __attribute__((format(printf, 1, 2)));

void test_check(bool good, const char *file, int line, const char *what);
void test_equal(uint64_t actual, uint64_t expected, const char *file, int line, const char *what);

/* Both go on when they fail; the test has failed then. */
#define EXPECT(condition)              test_check(condition, __FILE__, __LINE__, #condition)
#define EXPECT_EQUAL(actual, expected) test_equal((uint64_t)(actual), (uint64_t)(expected), __FILE__, __LINE__, #actual)
/* The call `quoll_*` answers this error (without QUOLL_), or OK. */
#define EXPECT_ERROR(call, name)       test_equal((call).error, QUOLL_##name, __FILE__, __LINE__, #call)
#define EXPECT_OK(call)                EXPECT_ERROR(call, OK)

/*
 * RAM that no one else uses: test_ram is a capability, test_ram_offset an offset in it whose physical address is a
 * multiple of 2 MiB; TEST_RAM_SIZE bytes from there belong to the tests. TEST_POOL lies behind them.
 */
#define TEST_RAM_SIZE (UINT64_C(64) << 20)
extern uint32_t test_ram;
extern uint64_t test_ram_offset;

/* What a capability list holds: enum quoll_object_type. */
unsigned test_type(uint32_t index);

/* Copy own `source` to own `destination`. */
enum quoll_error test_copy(uint32_t destination, uint32_t source, uint32_t rights, uint64_t label);
enum quoll_error test_delete(uint32_t index);

/* --- time */

uint64_t test_ticks(void);
/* Let others run for that long at least. */
void test_sleep(uint64_t ticks);
/* Sleeps until *flag is not zero, two seconds at most; false: it never was. */
bool test_wait_for(const volatile uint64_t *flag);

/* --- children: threads in the test program's own domain, made from TEST_POOL */

typedef void child_function(uint64_t argument);

/*
 * Makes child n (thread, and budget of 5 % in periods of 1 ms) and starts it. When the function returns, child_done(n)
 * holds and the thread suspends itself.
 */
void child_start(unsigned n, child_function *function, uint64_t argument, uint8_t priority);
/* The same without a budget. */
void child_start_passive(unsigned n, child_function *function, uint64_t argument, uint8_t priority);
/* Makes it, with a budget when `time` is not 0, and does not start it. */
void child_make(unsigned n, uint8_t priority, uint64_t time, uint64_t period);
/* Starts what child_make made. */
void child_run(unsigned n, child_function *function, uint64_t argument);
bool child_done(unsigned n);
/* Sleeps until it is done, two seconds at most. */
bool child_wait(unsigned n);
/* enum quoll_thread_state */
unsigned child_state(unsigned n);
