/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Prints what the others measured, behind each phase, and turns the board off behind the last one.
 */
#include "component.h"

#include "abi/plan.h"
#include "abi/trace.h"
#include "bench/worst/measured.h"
#include "bench/worst/phase.h"
#include "rt/component.h"
#include "rt/time.h"
#include "services/root/protocol.h"

/* How often the others do what they do (system.yaml), and a third of what the load was seen to do. */
enum {
    INTERRUPT_PERIOD_NS = 50000,
    LOOP_1KHZ_PERIOD_NS = 1000000,
    LOOP_10KHZ_PERIOD_NS = 100000,
    CLIENT_PERIOD_NS = 10000000,
    FLOODED_NS = 30000,
    REBUILT_NS = 30000000,
    SPINNER_WINDOW_LEAST = 450000, /* nine tenths of the budget: what the kernel does for it is part of that */
};

static void print_count(const char *name, const char *unit, uint64_t count)
{
    printf("row %s %s %" PRIu64 " %" PRIu64 " %" PRIu64 "\n", name, unit, count, count, count);
}

/* In a kernel with a trace. */
static void print_stretch(void)
{
    const struct quoll_trace_ring *ring = (const struct quoll_trace_ring *)TRACE_ADDRESS;
    uint64_t longest = 0;

    if (quoll_memory_status(CAP_TRACE).error != QUOLL_OK)
        return;
    longest = __atomic_load_n(&ring->longest, __ATOMIC_RELAXED);
    print_count("kernel_stretch_max", "instructions", longest);
    printf("kernel_stretch_max: event %u, detail %u\n", (unsigned)(ring->longest_cause >> 16),
           (unsigned)(ring->longest_cause & 0xffff));
}

/* A figure of what did not happen would be a good one. */
static void expect(const char *what, uint64_t seen, uint64_t least)
{
    if (seen < least)
        printf("FAIL %s: %" PRIu64 ", not %" PRIu64 " or more\n", what, seen, least);
}

/* What has been measured for so long must have been there: whom it is about, and the load. */
static void check_all(uint64_t ns)
{
    expect("interrupts", measured->latency.samples + measured->late, ns / INTERRUPT_PERIOD_NS);
    expect("interrupts in time", measured->latency.samples, ns / INTERRUPT_PERIOD_NS * 9 / 10);
    expect("releases at 1 kHz", measured->loop_1khz.response.samples, ns / LOOP_1KHZ_PERIOD_NS);
    expect("releases at 10 kHz", measured->loop_10khz.response.samples, ns / LOOP_10KHZ_PERIOD_NS);
    expect("requests", measured->response.samples, ns / CLIENT_PERIOD_NS);
    expect("flooding requests", measured->flooded, ns / FLOODED_NS);
    expect("time in a spinner's window", measured->window.maximum * SPINNER_UNIT, SPINNER_WINDOW_LEAST);
    expect("rebuilt", measured->rebuilt, ns / REBUILT_NS);
}

static void print_all(void)
{
    measure_print(&measured->latency, "irq_latency_max", 1);
    measure_print_histogram(&measured->latency);
    printf("%" PRIu64 " moments had passed before\n", measured->late);
    measure_print(&measured->loop_1khz.jitter, "control_loop_1khz_jitter_max", 1);
    measure_print_histogram(&measured->loop_1khz.jitter);
    measure_print(&measured->loop_10khz.jitter, "control_loop_10khz_jitter_max", 1);
    measure_print_histogram(&measured->loop_10khz.jitter);
    measure_print(&measured->loop_1khz.response, "control_loop_1khz_response_max", 1);
    measure_print(&measured->loop_10khz.response, "control_loop_10khz_response_max", 1);
    print_count("control_loop_1khz_missed", "releases", measured->loop_1khz.missed);
    print_count("control_loop_10khz_missed", "releases", measured->loop_10khz.missed);
    measure_print(&measured->response, "flooded_server_response_max", 1);
    print_count("flooded_server_unanswered", "requests", measured->unanswered);
    measure_print(&measured->window, "spinner_window_max", SPINNER_UNIT);
    printf("rebuilt %" PRIu64 " times\n", measured->rebuilt);
    print_stretch();
}

void component_start(void)
{
    struct quoll_message off = {.word = {ROOT_POWER, QUOLL_POWER_OFF}};
    uint64_t measured_ns = 0;

    for (unsigned i = 0; i < PHASES; i++) {
        time_sleep_until(time_ns_to_ticks(phases[i].begin_ns));
        printf("phase %u begins\n", i + 1);
        fflush(stdout);
        time_sleep_until(time_ns_to_ticks(phases[i].end_ns + PHASE_REPORT_NS));
        print_all();
        measured_ns += phases[i].end_ns - phases[i].begin_ns;
        check_all(measured_ns);
        printf("phase %u done\n", i + 1);
        fflush(stdout);
    }
    (void)quoll_call(COMPONENT_CAP_ROOT, &off);
}
