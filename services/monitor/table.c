/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "table.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "abi/plan.h"
#include "component.h"
#include "format.h"
#include "rt/calls.h"
#include "rt/component.h"
#include "rt/time.h"
#include "services/root/protocol.h"

/* Serial keeps 2 KiB of a client's output: a table comes in at a pace that a UART can follow. */
enum { LINE_PAUSE_NS = 2000000 };

struct entry {
    uint32_t number; /* root's */
    const char *name;
    uint32_t thread, pool, budget; /* capabilities to read them; 0: it has none */
};

static const struct entry entries[] = {
#define X(number, name, thread, pool, budget) {number, name, thread, pool, budget},
    COMPONENT_INSPECTS(X)
#undef X
};
enum { COUNT = sizeof(entries) / sizeof(entries[0]) };

/* What each budget had used, now and one sample before. */
static struct {
    uint64_t at;
    uint64_t used[COUNT];
    uint64_t further[COUNT]; /* by vCPUs */
} sample[2];

void table_sample(void)
{
    sample[0] = sample[1];
    sample[1].at = time_ticks();
    for (unsigned i = 0; i < COUNT; i++) {
        struct quoll_result budget = {0};

        if (entries[i].budget)
            budget = quoll_budget_status(entries[i].budget);
        sample[1].used[i] = budget.error ? 0 : budget.word[2];
        struct quoll_message thread = {.word = {ROOT_THREAD, entries[i].number}};
        bool shown = quoll_call(COMPONENT_CAP_ROOT, &thread) == QUOLL_OK && thread.word[0] == QUOLL_OK;

        sample[1].further[i] = shown ? thread.word[3] : 0;
    }
}

bool table_find(const char *name, uint32_t *number)
{
    for (unsigned i = 0; i < COUNT; i++) {
        if (strcmp(entries[i].name, name) == 0) {
            *number = entries[i].number;
            return true;
        }
    }
    return false;
}

static void print_budget(unsigned i)
{
    char time[FORMAT_TIME_MAX] = "";
    char period[FORMAT_TIME_MAX] = "";
    char used[FORMAT_TIME_MAX] = "";
    struct quoll_result budget = {.error = QUOLL_NOT_FOUND};
    unsigned recent = 0;

    if (entries[i].budget)
        budget = quoll_budget_status(entries[i].budget);
    if (budget.error) {
        printf("%18s %8s %7s", "-", "-", "-");
        return;
    }
    if (sample[1].used[i] >= sample[0].used[i])
        recent = format_permille(sample[1].used[i] - sample[0].used[i], sample[1].at - sample[0].at);
    printf("%7s / %8s %8s %4u.%u%%", format_time(time_ticks_to_ns(budget.word[0]), time),
           format_time(time_ticks_to_ns(budget.word[1]), period), format_time(time_ticks_to_ns(budget.word[2]), used),
           recent / 10, recent % 10);
}

static void print_pool(const struct quoll_result *pool)
{
    char size[FORMAT_SIZE_MAX] = "";
    char used[FORMAT_SIZE_MAX] = "";

    if (pool->error)
        printf(" %17s %3s", "-", "-");
    else
        printf(" %7s / %7s %3" PRIu64, format_size(pool->word[1], used), format_size(pool->word[0], size),
               pool->word[2]);
}

/* A further thread, which its component has shown to root: a vCPU. */
static void print_further(unsigned i)
{
    struct quoll_message thread = {.word = {ROOT_THREAD, entries[i].number}};
    char time[FORMAT_TIME_MAX] = "";
    char period[FORMAT_TIME_MAX] = "";
    char used[FORMAT_TIME_MAX] = "";
    unsigned recent = 0;

    if (quoll_call(COMPONENT_CAP_ROOT, &thread) || thread.word[0])
        return;
    if (sample[1].further[i] >= sample[0].further[i])
        recent = format_permille(sample[1].further[i] - sample[0].further[i], sample[1].at - sample[0].at);
    printf("  vCPU           %-9s %4" PRIu64 " %7s / %8s %8s %4u.%u%%%28s0x%" PRIx64 "\n",
           format_thread_state(thread.word[1]), thread.word[2], format_time(thread.word[5], time),
           format_time(thread.word[6], period), format_time(time_ticks_to_ns(thread.word[3]), used), recent / 10,
           recent % 10, "", thread.word[4]);
}

static void print_entry(unsigned i)
{
    struct quoll_message state = {.word = {ROOT_STATE, entries[i].number}};
    struct quoll_result thread = quoll_thread_status(entries[i].thread);
    struct quoll_result pool = quoll_pool_status(entries[i].pool);

    if (quoll_call(COMPONENT_CAP_ROOT, &state) || state.word[0])
        state = (struct quoll_message){.word = {0, ROOT_STATE_FAILED}};
    if (thread.error) {
        printf("%-16s %-9s    - ", entries[i].name, format_root_state(state.word[1]));
        printf("%18s %8s %7s", "-", "-", "-");
    } else {
        printf("%-16s %-9s %4" PRIu64 " ", entries[i].name, format_thread_state(thread.word[0]), thread.word[1]);
        print_budget(i);
    }
    print_pool(&pool);
    printf(" %4" PRIu64, state.word[2]);
    if (!thread.error)
        printf(" 0x%" PRIx64, thread.word[4]);
    putchar('\n');
}

void table_print(void)
{
    struct quoll_message memory = {.word = {ROOT_MEMORY}};
    char free_text[FORMAT_SIZE_MAX] = "";
    char all_text[FORMAT_SIZE_MAX] = "";
    char largest_text[FORMAT_SIZE_MAX] = "";

    printf("%-16s %-9s %4s %18s %8s %7s %17s %3s %4s %s\n", "component", "state", "prio", "budget / period", "used",
           "last s", "pool used / size", "obj", "made", "pc");
    for (unsigned i = 0; i < COUNT; i++) {
        print_entry(i);
        print_further(i);
        time_sleep_until(time_ticks() + time_ns_to_ticks(LINE_PAUSE_NS));
    }
    if (quoll_call(COMPONENT_CAP_ROOT, &memory) == QUOLL_OK && memory.word[0] == QUOLL_OK)
        printf("RAM: %s of %s free, largest piece %s\n", format_size(memory.word[1], free_text),
               format_size(memory.word[2], all_text), format_size(memory.word[3], largest_text));
}
