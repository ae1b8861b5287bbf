/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "report.h"

#include <stdio.h>

#include "log.h"
#include "root.h"
#include "rt/calls.h"
#include "rt/time.h"
#include "window.h"

enum { PLACE_MAX = 64, OVERRUN_INTERVAL_NS = 1000000000 };

/* All registers of a thread that does not run. */
static bool read_registers(uint32_t component, uint64_t registers[QUOLL_REGISTER_COUNT])
{
    uint32_t thread = object_capability(root.plan.component[component].thread);

    for (unsigned first = 0; first < QUOLL_REGISTER_COUNT; first += 8) {
        struct quoll_result result = quoll_thread_read_registers(thread, first);

        if (result.error) {
            log_line("  its registers cannot be read: %s", error_text(result.error));
            return false;
        }
        for (unsigned i = 0; i < 8 && first + i < QUOLL_REGISTER_COUNT; i++)
            registers[first + i] = result.word[i];
    }
    return true;
}

static void print_registers(const uint64_t registers[QUOLL_REGISTER_COUNT])
{
    /* Rows of nothing but zero say nothing. */
    for (unsigned i = 0; i < 28; i += 4)
        if (registers[i] | registers[i + 1] | registers[i + 2] | registers[i + 3])
            log_line("  x%-2u %016lx %016lx %016lx %016lx", i, (unsigned long)registers[i],
                     (unsigned long)registers[i + 1], (unsigned long)registers[i + 2], (unsigned long)registers[i + 3]);
    log_line("  x28 %016lx fp %016lx lr %016lx sp %016lx", (unsigned long)registers[28], (unsigned long)registers[29],
             (unsigned long)registers[30], (unsigned long)registers[QUOLL_REGISTER_SP]);
}

static void print_frame(uint32_t component, unsigned number, uint64_t pc)
{
    char place[PLACE_MAX] = "";

    /* A return address is behind the call, perhaps in the next function. */
    report_place(component, number ? pc - 4 : pc, place, sizeof(place));
    log_line("  #%-2u 0x%lx %s", number, (unsigned long)pc, place);
}

/* The stack is the last part of the component's image. */
static void print_backtrace(uint32_t component, const uint64_t registers[QUOLL_REGISTER_COUNT])
{
    const struct plan_component *c = &root.plan.component[component];
    uint64_t address[REPORT_FRAMES_MAX] = {0};
    void *stack = NULL;

    print_frame(component, 0, registers[QUOLL_REGISTER_PC]);
    if (c->stack_size == 0)
        return;
    enum quoll_error error =
        window_open(image_capability(component), root.component[component].image.size - c->stack_size, c->stack_size,
                    QUOLL_MAP_READ, &stack);

    if (error) {
        log_line("  its stack cannot be read: %s", error_text(error));
        return;
    }
    unsigned count = report_frames(stack, c->stack_base, c->stack_size, registers[29], address);
    unsigned number = 1;

    window_close(stack);
    if (report_is_leaf(component, registers[QUOLL_REGISTER_PC], registers[30], count ? address[0] : 0))
        print_frame(component, number++, registers[30]);
    for (unsigned i = 0; i < count; i++)
        print_frame(component, number++, address[i]);
    if (registers[QUOLL_REGISTER_SP] < c->stack_base && registers[QUOLL_REGISTER_SP] + 4096 >= c->stack_base)
        log_line("  its stack of %lu KiB overflowed", (unsigned long)(c->stack_size >> 10));
}

void report_thread(uint32_t component)
{
    uint64_t registers[QUOLL_REGISTER_COUNT] = {0};

    if (!read_registers(component, registers))
        return;
    print_registers(registers);
    print_backtrace(component, registers);
}

void report_fault(const struct fault *fault)
{
    uint32_t component = (uint32_t)fault->component;
    char place[PLACE_MAX] = "";

    report_place(component, fault->pc, place, sizeof(place));
    log_line("%s: fault: %s", component_name(component), report_reason(fault->reason));
    log_line("  at 0x%lx (%s), address 0x%lx, syndrome 0x%lx", (unsigned long)fault->pc, place,
             (unsigned long)fault->address, (unsigned long)fault->syndrome);
    report_thread(component);
}

/* True: it ran out since the last time. */
static bool report_budget(uint32_t object)
{
    const struct plan_object *o = &root.plan.object[object];
    struct quoll_result budget = quoll_budget_status(object_capability(object));
    uint64_t new = budget.word[4] - root.overruns[object];

    if (budget.error || new == 0)
        return false;
    root.overruns[object] = budget.word[4];
    log_line("%s: budget %s of %lu us in %lu us ran out %lu times", component_name(o->owner),
             plan_string(&root.plan, o->name), (unsigned long)(o->a / 1000), (unsigned long)(o->b / 1000),
             (unsigned long)new);
    return true;
}

uint64_t report_overruns(void)
{
    static uint64_t next = 0;
    uint64_t now = time_ticks();
    uint64_t again = 0;
    bool due = now >= next; /* what happens until then is counted, and told with the next one */

    if (due)
        next = now + time_ns_to_ticks(OVERRUN_INTERVAL_NS);
    for (uint32_t object = 0; object < root.plan.objects; object++) {
        const struct plan_object *o = &root.plan.object[object];
        bool restarts = (o->c & PLAN_BUDGET_RESTART) != 0;

        if (o->kind == PLAN_BUDGET && o->c & PLAN_BUDGET_REPORT && o->owner != PLAN_SYSTEM &&
            root.object_made[object] && (due || restarts) && report_budget(object) && restarts)
            again |= UINT64_C(1) << o->owner;
    }
    return again;
}
