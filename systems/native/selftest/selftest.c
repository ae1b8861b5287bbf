/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * What of the runtime only the target can show: start-up, the arena, thread-local data, floating point, time.
 */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "abi/plan.h"
#include "component.h"
#include "rt/component.h"
#include "rt/console.h"
#include "rt/heap.h"
#include "rt/time.h"

enum { HEAP = 128 * 1024, BLOCK = 1000, MS = 1000000 };

RUNTIME_HEAP(128 * 1024);

static unsigned checks = 0;
static unsigned failed = 0;
static int constructed = 0;
static const char *const words[] = {"relocated", "once"};
static char zeroes[5000];
static _Thread_local int counted = 41;
static _Thread_local int zero;

__attribute__((constructor)) static void construct(void)
{
    constructed = 7;
}

static void check(bool good, const char *what)
{
    checks++;
    if (!good) {
        failed++;
        printf("failed: %s\n", what);
    }
}

static void check_start(void)
{
    bool all = true;

    for (size_t i = 0; i < sizeof(zeroes); i++)
        all = all && zeroes[i] == 0;
    check(all, "bss is zero");
    check(constructed == 7, "constructors ran");
    check(strcmp(words[1], "once") == 0, "pointers to data are right");
    check(counted == 41 && zero == 0, "thread-local data starts as written");
    counted++;
    check(counted == 42, "thread-local data can change");
    check((uintptr_t)&all > COMPONENT_STACK_ADDRESS && (uintptr_t)&all < COMPONENT_STACK_ADDRESS + COMPONENT_STACK_SIZE,
          "the stack is where the description says");
}

/* Until there is no more, then all of it back, twice: the arena is bounded and nothing of it is lost. */
static void check_heap(void)
{
    unsigned count[2] = {0};

    for (unsigned turn = 0; turn < 2; turn++) {
        char *list = NULL;

        errno = 0;
        for (;;) {
            char *block = malloc(BLOCK);

            if (!block)
                break;
            memset(block, 0xa5, BLOCK);
            memcpy(block, &list, sizeof(list));
            list = block;
            count[turn]++;
        }
        check(errno == ENOMEM, "errno says that memory is used up");
        while (list) {
            char *next = NULL;

            memcpy(&next, list, sizeof(next));
            free(list);
            list = next;
        }
    }
    check(count[0] > HEAP / BLOCK * 9 / 10 && count[0] <= HEAP / BLOCK, "the arena has the size that was asked for");
    check(count[0] == count[1], "what is freed comes back");
    check(malloc(HEAP * 2) == NULL, "more than the arena is refused");
}

static void check_printf(void)
{
    char text[64] = "";

    check(snprintf(text, sizeof(text), "%d %s %08lx", -5, "x", 0xabcdefUL) == 13 && strcmp(text, "-5 x 00abcdef") == 0,
          "snprintf");
    check(strtol("0x1F", NULL, 0) == 31, "strtol");
}

static void check_floating_point(void)
{
    volatile double two = 2;
    double root = sqrt(two);

    time_sleep_until(time_ticks() + time_ns_to_ticks(MS)); /* others run meanwhile */
    check(fabs(root * root - 2) < 1e-12, "floating point registers are kept");
}

static void check_time(void)
{
    uint64_t begin = time_ns();
    uint64_t ticks = time_ticks();

    check(time_ns() >= begin, "time goes on");
    time_sleep_until(ticks + time_ns_to_ticks(3 * MS));
    uint64_t slept = time_ns() - begin;

    check(slept >= 3 * MS, "sleep is not too short");
    check(slept < 60 * MS, "sleep is not too long");
}

/* What it was not given it cannot use. */
static void check_capabilities(void)
{
    struct quoll_message message = {0};

    check(quoll_pool_status(COMPONENT_CAP_POOL).error == QUOLL_BAD_CAPABILITY, "its pool is not its own to use");
    check(quoll_domain_inspect(COMPONENT_CAP_DOMAIN, 1).error == QUOLL_BAD_CAPABILITY, "nor is its domain");
    check(quoll_budget_status(COMPONENT_CAP_BUDGET).word[0] == time_ns_to_ticks(COMPONENT_BUDGET_NS),
          "it may read its budget");
    check(quoll_any_destroy(COMPONENT_CAP_BUDGET).error == QUOLL_NO_RIGHT, "but not destroy it");
    check(quoll_call(1023, &message) == QUOLL_BAD_CAPABILITY, "there is nothing at other indices");
}

void component_start(void)
{
    check_start();
    check_heap();
    check_printf();
    check_floating_point();
    check_time();
    check_capabilities();
    check(console_dropped() == 0, "no output was dropped");
    printf("selftest: %u checks, %u failed\n", checks, failed);
    component_exit(failed ? 1 : 0);
}
