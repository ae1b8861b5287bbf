/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * From the numbers in records to the names of the description.
 */
#include <inttypes.h>
#include <string.h>

#include "abi/calls.h"
#include "abi/vcpu.h"
#include "services/root/protocol.h"
#include "tools/quoll/arena.h"
#include "tools/quoll/trace.h"

#define LENGTH(array) ((unsigned)(sizeof(array) / sizeof(array)[0]))

/* Root's own notification lies before the objects of the plan (services/root/root.h). */
enum { ROOT_NOTIFICATION = BOOT_CAP_FREE, ROOT_OBJECTS };

static const char *entry(const char *const *names, unsigned count, uint64_t number, const char *what)
{
    return number < count && names[number] != NULL ? names[number] : arena_print("%s %" PRIu64, what, number);
}

const char *trace_thread_name(const struct tables *tables, uint32_t thread)
{
    uint32_t number = QUOLL_TRACE_THREAD_COMPONENT(thread);
    const char *name = number < tables->system->component_count ? tables->system->components[number].name
                                                                : arena_print("component %" PRIu32, number);

    switch (QUOLL_TRACE_THREAD_KIND(thread)) {
    case QUOLL_TRACE_NOBODY:
        return "idle";
    case QUOLL_TRACE_ROOT:
        return "root";
    case QUOLL_TRACE_COMPONENT:
        return name;
    case QUOLL_TRACE_VCPU:
        return arena_print("%s (vCPU)", name);
    default:
        return "unknown";
    }
}

static const char *boot_name(uint64_t index)
{
    static const char *const NAMES[] = {
        [BOOT_CAP_DOMAIN] = "root.domain",        [BOOT_CAP_THREAD] = "root.thread", [BOOT_CAP_POOL] = "root.pool",
        [BOOT_CAP_INTERRUPTS] = "all interrupts", [BOOT_CAP_PLAN] = "plan",          [BOOT_CAP_TRACE] = "trace",
        [ROOT_NOTIFICATION] = "root.watchdog"};

    if (index >= BOOT_CAP_BUDGET && index < BOOT_CAP_RAM)
        return arena_print("budget of core %" PRIu64, index - BOOT_CAP_BUDGET);
    if (index >= BOOT_CAP_RAM && index < BOOT_CAP_DEVICE)
        return arena_print("RAM %" PRIu64, index - BOOT_CAP_RAM);
    if (index >= BOOT_CAP_DEVICE && index < BOOT_CAP_FREE)
        return arena_print("device %" PRIu64, index - BOOT_CAP_DEVICE);
    return entry(NAMES, LENGTH(NAMES), index, "capability");
}

static const char *root_name(const struct tables *tables, uint64_t index)
{
    uint64_t object = index - ROOT_OBJECTS;

    if (index < ROOT_OBJECTS)
        return boot_name(index);
    if (object < tables->object_count)
        return tables->objects[object].name;
    object -= tables->object_count;
    if (object < tables->system->component_count)
        return arena_print("%s.image", tables->system->components[object].name);
    object -= tables->system->component_count;
    if (object < tables->system->component_count)
        return arena_print("%s.code", tables->system->components[object].name);
    return arena_print("capability %" PRIu64, index);
}

const char *trace_capability_name(const struct tables *tables, uint32_t thread, uint64_t index)
{
    uint32_t kind = QUOLL_TRACE_THREAD_KIND(thread);

    if (kind == QUOLL_TRACE_ROOT)
        return root_name(tables, index);
    for (unsigned i = 0; kind == QUOLL_TRACE_COMPONENT && i < tables->capability_count; i++) {
        const struct plan_capability *capability = &tables->capabilities[i].plan;

        if (capability->component == QUOLL_TRACE_THREAD_COMPONENT(thread) && capability->index == index)
            return tables->objects[capability->object].name;
    }
    return arena_print("capability %" PRIu64, index);
}

/* A flag of a component's own notification. */
static const char *component_flag(const struct component *component, unsigned bit)
{
    for (unsigned i = 0; i < component->flag_count; i++)
        if (component->flags[i].bit == bit)
            return component->flags[i].name;
    if (bit == FLAG_CONSOLE_INPUT)
        return "console input";
    if (bit == FLAG_CONSOLE_REPORT && component->vm != NULL)
        return "report exits";
    if (bit == FLAG_RESTARTED)
        return "peer made again";
    if (component->manages && UINT64_C(1) << bit == ROOT_NEWS_FLAG)
        return "root's log has grown";
    return arena_print("flag %u", bit);
}

static const char *flag_name(const struct tables *tables, uint32_t receiver, unsigned bit, uint64_t first)
{
    uint32_t number = QUOLL_TRACE_THREAD_COMPONENT(receiver);
    const struct system *system = tables->system;

    switch (QUOLL_TRACE_THREAD_KIND(receiver)) {
    case QUOLL_TRACE_COMPONENT:
        return number < system->component_count ? component_flag(&system->components[number], bit)
                                                : arena_print("flag %u", bit);
    case QUOLL_TRACE_VCPU:
        return arena_print("virtual interrupt %" PRIu64, first + bit);
    case QUOLL_TRACE_ROOT:
        if (bit < system->component_count)
            return arena_print("watchdog of %s", system->components[bit].name);
        return bit == 63 ? "fault" : bit == 62 ? "work" : bit == 61 ? "overrun" : arena_print("flag %u", bit);
    default:
        return arena_print("flag %u", bit);
    }
}

const char *trace_flags_text(const struct tables *tables, uint32_t receiver, uint64_t flags, uint64_t first)
{
    const char *text = "";

    for (unsigned bit = 0; bit < 64; bit++)
        if ((flags >> bit & 1) != 0)
            text = arena_print("%s%s%s", text, text[0] != '\0' ? ", " : "", flag_name(tables, receiver, bit, first));
    return text;
}

const char *trace_line_name(const struct tables *tables, uint64_t line)
{
    const struct board *board = tables->system->board;

    if (line == board->hypervisor_timer)
        return "timer";
    if (line == board->virtual_timer)
        return "virtual timer";
    if (line == board->maintenance)
        return "list register maintenance";
    for (unsigned i = 0; i < tables->object_count; i++)
        if (tables->objects[i].plan.kind == PLAN_INTERRUPT && tables->objects[i].plan.a == line)
            return tables->objects[i].name;
    return arena_print("interrupt %" PRIu64, line);
}

const char *trace_call_name(uint64_t number)
{
    static const char *const NAMES[QUOLL_CALL_LIMIT] = {
#define CALL(number, object, name, ...) [number] = #object "_" #name,
#include "abi/calls.def"
#undef CALL
    };

    return entry(NAMES, LENGTH(NAMES), number, "call");
}

const char *trace_error_name(uint64_t error)
{
    static const char *const NAMES[] = {
#define ERROR(number, name, text) [number] = #name,
#include "abi/errors.def"
#undef ERROR
    };

    return error == UINT64_MAX ? "interrupted, to be made again" : entry(NAMES, LENGTH(NAMES), error, "error");
}

const char *trace_exit_name(uint64_t reason)
{
    static const char *const NAMES[] = {[QUOLL_EXIT_ABORT] = "data abort",
                                        [QUOLL_EXIT_INSTRUCTION_ABORT] = "instruction abort",
                                        [QUOLL_EXIT_SYSTEM_REGISTER] = "system register",
                                        [QUOLL_EXIT_HVC] = "hvc",
                                        [QUOLL_EXIT_SMC] = "smc",
                                        [QUOLL_EXIT_UNKNOWN] = "unknown instruction",
                                        [QUOLL_EXIT_IMPRECISE] = "SError"};

    return entry(NAMES, LENGTH(NAMES), reason, "exit");
}

const char *trace_fault_name(uint64_t reason)
{
    static const char *const NAMES[] = {[QUOLL_FAULT_READ] = "read",
                                        [QUOLL_FAULT_WRITE] = "write",
                                        [QUOLL_FAULT_EXECUTE] = "execute",
                                        [QUOLL_FAULT_ALIGNMENT] = "alignment",
                                        [QUOLL_FAULT_INSTRUCTION] = "instruction",
                                        [QUOLL_FAULT_BREAKPOINT] = "breakpoint",
                                        [QUOLL_FAULT_CALL] = "svc",
                                        [QUOLL_FAULT_IMPRECISE] = "SError",
                                        [QUOLL_FAULT_PAGER] = "pager",
                                        [QUOLL_FAULT_VCPU] = "vCPU"};

    return entry(NAMES, LENGTH(NAMES), reason, "fault");
}

const char *trace_event_name(uint64_t event)
{
    static const char *const NAMES[] = {
#define TRACE(number, name, text) [number] = #name,
#include "abi/trace.def"
#undef TRACE
    };

    return entry(NAMES, LENGTH(NAMES), event, "event");
}

const char *trace_cause_name(const struct trace *trace, uint64_t cause)
{
    uint64_t detail = cause & 0xffff;

    switch (cause >> 16) {
    case QUOLL_TRACE_CALL:
        return arena_print("the call %s", trace_call_name(detail));
    case QUOLL_TRACE_INTERRUPT:
        return arena_print("the interrupt %s", trace_line_name(trace->tables, detail));
    case QUOLL_TRACE_EXIT:
        return arena_print("the exit for %s", trace_exit_name(detail));
    case QUOLL_TRACE_FAULT:
        return arena_print("the fault %s", trace_fault_name(detail));
    default:
        return "an exception of another kind";
    }
}
