/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * A periodic task: a thousand times a second it wakes, measures how late it is, does its work and publishes what it
 * saw. It calls nobody, so nobody can make it late but the kernel and what has a higher priority.
 */
#include "abi/plan.h"
#include "component.h"
#include "rt/component.h"
#include "rt/time.h"
#include "services/control-loop/pid.h"
#include "services/control-loop/statistics.h"

enum { PERIOD_NS = 1000000, SETTLE_RELEASES = 16, SWAP_EVERY = 500 };

static struct statistics_region *const region = (struct statistics_region *)CONTROL_STATISTICS_ADDRESS;
static struct statistics statistics;
static struct pid pid = {
    .proportional = 4 * PID_ONE, .integral = PID_ONE / 16, .derivative = PID_ONE / 2, .limit = 100 * PID_ONE};
static int64_t state = 0;

static void work(void)
{
    int64_t target = statistics.releases / SWAP_EVERY % 2 ? -PID_ONE : PID_ONE;

    statistics.output = pid_step(&pid, target - state);
    state = pid_plant(state, statistics.output);
}

static void publish(void)
{
    statistics_publish(&region->live, &statistics);
    if (statistics_is_summary(statistics.releases)) {
        statistics_publish(&region->summary, &statistics);
        (void)quoll_notification_signal(CAP_CONTROL_REPORT_SUMMARY, FLAG_CONTROL_REPORT_SUMMARY);
    }
}

static void sleep_until(uint64_t release)
{
    while (time_ticks() < release)
        if (quoll_notification_wait(COMPONENT_CAP_NOTIFICATION, release).error)
            return; /* TIMEOUT: now */
}

void component_start(void)
{
    uint64_t period = time_ns_to_ticks(PERIOD_NS);
    uint64_t release = time_ticks() + SETTLE_RELEASES * period;

    for (;;) {
        sleep_until(release);
        uint64_t begin = time_ticks();

        statistics_keep(region, statistics.releases, time_ticks_to_ns(begin - release));
        statistics_add(&statistics, time_ticks_to_ns(begin - release));
        work();
        publish();
        release += period;
        for (uint64_t end = time_ticks(); end > release; release += period)
            statistics.missed++;
    }
}
