/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "supervise.h"

#include "abi/plan.h"
#include "build.h"
#include "log.h"
#include "rt/calls.h"
#include "rt/start.h"
#include "rt/time.h"

/* A component that ran for this long before it died did not die "again". */
#define STABLE_NS (UINT64_C(10) * 1000000000)

static void set_own_priority(uint64_t priority)
{
    enum quoll_error error = quoll_thread_set_priority(BOOT_CAP_THREAD, priority).error;

    if (error)
        log_line("root's priority stays as it is: %s", error_text(error));
}

static void begin_work_for(uint32_t component)
{
    set_own_priority(root.plan.component[component].priority);
}

static void end_work(void)
{
    set_own_priority(root.priority);
}

static void give_up(uint32_t component)
{
    root.component[component].state = ROOT_STATE_FAILED;
    log_line("%s: left stopped", component_name(component));
}

/* It is taken apart; when does it come back? */
static void plan_restart(uint32_t component)
{
    struct component_record *record = &root.component[component];
    uint64_t delay = 0;

    if (time_ticks() - record->started > time_ns_to_ticks(STABLE_NS))
        record->failures = 0;
    record->failures++;
    delay = supervise_delay_ns(record->failures);
    if (!(root.plan.component[component].flags & PLAN_RESTART) || delay == UINT64_MAX) {
        give_up(component);
        return;
    }
    record->state = ROOT_STATE_WAITING;
    record->due = time_ticks() + time_ns_to_ticks(delay);
    if (delay)
        log_line("%s: died %u times in a row, will be made again in %lu ms", component_name(component),
                 record->failures, (unsigned long)(delay / 1000000));
}

static void destroy(uint32_t component)
{
    set_own_priority(connect_lowest_priority(component));
    build_destroy(component);
    begin_work_for(component);
}

static void take_apart(uint32_t component)
{
    destroy(component);
    plan_restart(component);
}

static void make(uint32_t component)
{
    struct component_record *record = &root.component[component];

    if (!build_component(component)) {
        record->started = time_ticks();
        plan_restart(component);
        return;
    }
    record->restarts++;
    log_line("%s: made again", component_name(component));
    connect_tell_peers(component);
}

void supervise_start_all(void)
{
    for (uint32_t component = 0; component < root.plan.components; component++) {
        if (root.plan.component[component].flags & PLAN_STOPPED)
            continue;
        if (!build_component(component)) {
            root.component[component].started = time_ticks();
            plan_restart(component);
        }
    }
}

static void do_request(uint32_t component)
{
    struct component_record *record = &root.component[component];
    enum pending_request request = record->pending;

    record->pending = PENDING_NONE;
    /* Counted and delayed as a death: making it costs root's time, of which its budget is no bound. */
    if (request == PENDING_RESTART_SELF) {
        take_apart(component);
        return;
    }
    if (request != PENDING_START) {
        destroy(component);
        record->state = ROOT_STATE_STOPPED;
        if (request == PENDING_STOP)
            log_line("%s: stopped, %lu KiB are free", component_name(component), (unsigned long)(root.ram.free >> 10));
    }
    if (request != PENDING_STOP) {
        record->failures = 0;
        make(component);
    }
}

uint64_t supervise_work(void)
{
    uint64_t next = QUOLL_FOREVER;

    for (uint32_t component = 0; component < root.plan.components; component++) {
        struct component_record *record = &root.component[component];
        bool due = record->state == ROOT_STATE_WAITING && time_ticks() >= record->due;

        if (record->pending != PENDING_NONE || due) {
            begin_work_for(component);
            if (record->pending != PENDING_NONE)
                do_request(component);
            else
                make(component);
            end_work();
        }
        uint64_t left = supervise_watchdog_left(component);

        if (left && time_ticks() + left < next)
            next = time_ticks() + left;
        if (record->state == ROOT_STATE_WAITING && record->due < next)
            next = record->due;
    }
    return next;
}

uint64_t supervise_watchdog_left(uint32_t component)
{
    const struct component_record *record = &root.component[component];
    uint64_t watchdog = time_ns_to_ticks(root.plan.component[component].watchdog);
    uint64_t silent = time_ticks() - record->kicked;

    if (record->state != ROOT_STATE_RUNNING || watchdog == 0)
        return 0;
    return silent < watchdog ? watchdog - silent : 1;
}

/* What it was doing when it went on for too long is shown; it is throttled, not stopped, by the kernel. */
static void end_hung(uint32_t component)
{
    begin_work_for(component);
    (void)quoll_thread_suspend(object_capability(root.plan.component[component].thread));
    report_thread(component);
    take_apart(component);
    end_work();
}

static void take_overruns(void)
{
    uint64_t again = report_overruns();

    for (uint32_t component = 0; component < root.plan.components; component++)
        if (again >> component & 1)
            end_hung(component);
}

void supervise_watchdogs(void)
{
    for (uint32_t component = 0; component < root.plan.components; component++) {
        if (supervise_watchdog_left(component) != 1)
            continue;
        log_line("%s: gave no sign of life for %lu ms", component_name(component),
                 (unsigned long)(root.plan.component[component].watchdog / 1000000));
        end_hung(component);
    }
}

static void take_faults(void)
{
    for (;;) {
        struct quoll_result result = quoll_notification_take_fault(ROOT_CAP_NOTIFICATION);
        struct fault fault = {
            .component = result.word[0],
            .reason = result.word[1],
            .pc = result.word[2],
            .address = result.word[3],
            .syndrome = result.word[4],
        };

        if (result.error)
            return;
        if (fault.component >= root.plan.components || root.component[fault.component].state != ROOT_STATE_RUNNING)
            continue;
        begin_work_for((uint32_t)fault.component);
        report_fault(&fault);
        take_apart((uint32_t)fault.component);
        end_work();
    }
}

void supervise_flags(uint64_t flags)
{
    uint64_t now = time_ticks();

    for (uint32_t component = 0; component < root.plan.components; component++)
        if (flags >> component & 1)
            root.component[component].kicked = now;
    if (flags & ROOT_FLAG_FAULT)
        take_faults();
    if (flags & ROOT_FLAG_OVERRUN)
        take_overruns();
}

enum quoll_error supervise_request(uint32_t component, enum pending_request request)
{
    struct component_record *record = &root.component[component];
    bool exists = record->state == ROOT_STATE_RUNNING;

    if (request == PENDING_START ? exists : !exists && record->state != ROOT_STATE_WAITING)
        return QUOLL_BAD_STATE;
    record->pending = request;
    return QUOLL_OK;
}

/* Whether somebody notices that it does nothing of use any more. */
static bool is_noticed(uint32_t component, uint64_t death)
{
    const struct plan_component *c = &root.plan.component[component];
    bool limited = c->budget != PLAN_NONE && (root.plan.object[c->budget].c & PLAN_BUDGET_RESTART) != 0;

    return death == ROOT_DEATH_FAULT || c->watchdog != 0 || (death == ROOT_DEATH_LOOP && limited);
}

enum quoll_error supervise_provoke(uint32_t component, uint64_t death)
{
    const struct plan_component *c = &root.plan.component[component];
    uint32_t thread = object_capability(c->thread);
    uint64_t pc = death == ROOT_DEATH_LOOP ? c->entry + RUNTIME_LOOP_OFFSET : 0;
    enum quoll_error error = QUOLL_OK;

    if (death >= ROOT_DEATHS)
        return QUOLL_BAD_ARGUMENT;
    if (root.component[component].state != ROOT_STATE_RUNNING || !is_noticed(component, death))
        return QUOLL_BAD_STATE;
    error = quoll_thread_suspend(thread).error;
    if (error || death == ROOT_DEATH_SILENCE)
        return error;
    return quoll_thread_start(thread, pc, c->stack_base + c->stack_size, 0).error;
}
