/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * From records to what can be drawn. A record says what happened at one time; here those that belong together become
 * spans (from SWITCH to SWITCH, a visit of the kernel, a call until its reply) and links between threads.
 *
 * What the kernel did in one visit stands before the KERNEL record that ends it, so a visit's name is known by then.
 */
#include <inttypes.h>
#include <string.h>

#include "abi/message.h"
#include "tools/quoll/arena.h"
#include "tools/quoll/trace.h"

/* What a core is at. */
struct telling {
    struct trace_story *story;
    const struct trace *trace;
    const struct trace_record *before; /* the last record of this core */
    bool running;                      /* somebody is known to run */
    unsigned row;                      /* who */
    uint64_t since;
    const char *on;    /* whose time, when it is not its own */
    const char *visit; /* what the kernel is doing */
    const char *note;
    bool interrupt; /* because of an interrupt */
};

/* What a row's thread is at. */
struct row_state {
    const char *pending; /* what it last called or exited for */
    bool waits;
    uint64_t since;
};

static unsigned row_of(struct trace_story *story, uint32_t thread)
{
    uint32_t number = QUOLL_TRACE_THREAD_COMPONENT(thread);
    unsigned count = story->trace->tables->system->component_count;
    unsigned row = ROW_FIRST + 1 + 2 * count; /* the last: unknown threads */

    if (thread == QUOLL_TRACE_NOBODY)
        row = ROW_IDLE;
    else if (QUOLL_TRACE_THREAD_KIND(thread) == QUOLL_TRACE_ROOT)
        row = ROW_FIRST;
    else if (QUOLL_TRACE_THREAD_KIND(thread) == QUOLL_TRACE_COMPONENT && number < count)
        row = ROW_FIRST + 1 + 2 * number;
    else if (QUOLL_TRACE_THREAD_KIND(thread) == QUOLL_TRACE_VCPU && number < count)
        row = ROW_FIRST + 2 + 2 * number;
    story->rows[row].thread = thread;
    story->rows[row].used = true;
    return row;
}

static void make_rows(struct trace_story *story)
{
    const struct system *system = story->trace->tables->system;

    story->row_count = ROW_FIRST + 2 + 2 * system->component_count;
    story->rows = arena_allocate(story->row_count, sizeof *story->rows);
    story->rows[ROW_IDLE].name = "idle";
    story->rows[ROW_INTERRUPTS].name = "interrupts";
    story->rows[ROW_FIRST].name = "root";
    for (unsigned i = 0; i < system->component_count; i++) {
        story->rows[ROW_FIRST + 1 + 2 * i].name = system->components[i].name;
        story->rows[ROW_FIRST + 2 + 2 * i].name = arena_print("%s (vCPU)", system->components[i].name);
    }
    story->rows[story->row_count - 1].name = "unknown";
}

static void add_span(struct telling *t, unsigned kind, unsigned row, uint64_t from, uint64_t to, const char *name,
                     const char *note)
{
    struct trace_span *span = NULL;

    if (from < t->story->from)
        from = t->story->from;
    if (row == ROW_IDLE && kind == SPAN_RUN)
        return;
    span = ARRAY_ADD(t->story->spans, t->story->span_count);
    span->kind = kind;
    span->core = t->before->r.core;
    span->row = row;
    span->from = from;
    span->to = to < from ? from : to;
    span->name = name;
    span->note = note;
    t->story->rows[row].used = true;
}

static void add_mark(struct telling *t, unsigned kind, unsigned row, const char *name, const char *note)
{
    struct trace_mark *mark = ARRAY_ADD(t->story->marks, t->story->mark_count);

    mark->kind = kind;
    mark->core = t->before->r.core;
    mark->row = row;
    mark->at = t->before->r.time;
    mark->name = name;
    mark->note = note;
    t->story->rows[row].used = true;
}

static void add_link(struct telling *t, unsigned kind, unsigned from, unsigned to, const char *name)
{
    struct trace_link *link = ARRAY_ADD(t->story->links, t->story->link_count);

    link->kind = kind;
    link->core = t->before->r.core;
    link->from = from;
    link->to = to;
    link->at = t->before->r.time;
    link->name = name;
}

static void add_level(struct telling *t, unsigned row, uint64_t left)
{
    *ARRAY_ADD(t->story->levels, t->story->level_count) =
        (struct trace_level){.core = t->before->r.core, .row = row, .at = t->before->r.time, .left = left};
}

static void end_run(struct telling *t, uint64_t at)
{
    if (t->running)
        add_span(t, SPAN_RUN, t->row, t->since, at, "running", t->on);
    t->running = false;
}

static void end_wait(struct telling *t, struct row_state *state, unsigned row, const char *suffix)
{
    if (state->waits)
        *ARRAY_ADD(t->story->waits, t->story->wait_count) =
            (struct trace_wait){.core = t->before->r.core,
                                .row = row,
                                .from = state->since,
                                .to = t->before->r.time,
                                .name = arena_print("%s%s", state->pending != NULL ? state->pending : "call", suffix)};
    state->waits = false;
}

static void begin_wait(const struct telling *t, struct row_state *state)
{
    if (!state->waits)
        state->since = t->before->r.time;
    state->waits = true;
}

/* Records are missing between the last and this one: nobody knows who ran. */
static void tell_gap(struct telling *t, struct row_state *states, const struct trace_record *record)
{
    uint64_t missing = record->number - t->before->number - 1;

    t->story->lost += missing;
    end_run(t, t->before->r.time);
    for (unsigned row = 0; row < t->story->row_count; row++)
        end_wait(t, &states[row], row, " (then records are missing)");
    add_span(t, SPAN_LOST, ROW_INTERRUPTS, t->before->r.time, record->r.time,
             arena_print("%" PRIu64 " records are missing", missing), NULL);
    t->visit = t->note = NULL;
    t->interrupt = false;
}

static void tell_kernel(struct telling *t, const struct quoll_trace_record *r)
{
    static const char *const ENTRIES[] = {"boot", "exception", "interrupt", "SError"};
    unsigned from = row_of(t->story, r->thread);
    const char *unit = t->trace->unit == QUOLL_TRACE_CYCLES ? "instructions" : "ticks";
    const char *note = arena_print("%" PRIu64 " %s with interrupts off%s%s", r->b, unit, t->note != NULL ? ", " : "",
                                   t->note != NULL ? t->note : "");

    if (!t->running) {
        t->running = true;
        t->row = from;
        t->since = t->story->from > r->a ? t->story->from : r->a;
        t->on = NULL;
    }
    add_span(t, SPAN_KERNEL, from == ROW_IDLE ? ROW_INTERRUPTS : from, r->a, r->time,
             t->visit != NULL ? t->visit : ENTRIES[r->detail & 3], note);
    t->visit = t->note = NULL;
    t->interrupt = false;
}

static void tell_switch(struct telling *t, const struct quoll_trace_record *r)
{
    end_run(t, r->time);
    t->running = true;
    t->row = row_of(t->story, r->thread);
    t->since = r->time;
    t->on = r->thread != QUOLL_TRACE_NOBODY && (uint32_t)r->a != r->thread
                ? arena_print("on the time of %s", trace_thread_name(t->trace->tables, (uint32_t)r->a))
                : NULL;
}

static void tell_call(struct telling *t, struct row_state *state, const struct quoll_trace_record *r)
{
    const struct tables *tables = t->trace->tables;
    const char *object = trace_capability_name(tables, r->thread, r->a);

    if (r->detail == QUOLL_CALL_portal_call) {
        state->pending = object;
        t->visit = arena_print("call %s", object);
    } else if (r->detail == QUOLL_CALL_self_reply_wait) {
        t->visit = (r->b << 16 & QUOLL_FLAG_NO_REPLY) != 0 ? "wait" : "reply, wait";
    } else {
        t->visit = arena_print("%s %s", trace_call_name(r->detail), object);
    }
}

static void tell_notify(struct telling *t, const struct quoll_trace_record *r)
{
    const struct tables *tables = t->trace->tables;
    const char *flags = trace_flags_text(tables, r->thread, r->a, r->b);
    unsigned from = t->interrupt ? ROW_INTERRUPTS : t->running ? t->row : ROW_INTERRUPTS;
    unsigned to = r->thread == QUOLL_TRACE_NOBODY ? from : row_of(t->story, r->thread);

    if (from == ROW_IDLE)
        from = ROW_INTERRUPTS;
    add_mark(t, MARK_NOTIFY, to, flags, r->detail == QUOLL_TRACE_NOTIFY_PENDING ? "pending" : NULL);
    if (from != to)
        add_link(t, LINK_NOTIFY, from, to, flags);
}

static void tell_message(struct telling *t, struct row_state *states, const struct quoll_trace_record *r)
{
    unsigned row = row_of(t->story, r->thread);
    unsigned other = row_of(t->story, (uint32_t)r->a);

    if (r->event == QUOLL_TRACE_DELIVER) {
        const char *name = states[other].pending != NULL ? states[other].pending : "call";

        begin_wait(t, &states[other]);
        add_link(t, LINK_CALL, other, row, name);
    } else if (r->event == QUOLL_TRACE_QUEUE) {
        begin_wait(t, &states[row]);
        add_mark(t, MARK_OTHER, row, arena_print("queued at %s", t->story->rows[other].name), NULL);
    } else {
        end_wait(t, &states[other], other, "");
        add_link(t, LINK_REPLY, row, other, "reply");
    }
}

static void tell_guest(struct telling *t, struct row_state *state, const struct quoll_trace_record *r)
{
    unsigned row = row_of(t->story, r->thread);

    if (r->event == QUOLL_TRACE_WFI) {
        t->visit = "WFI";
        add_mark(t, MARK_OTHER, row, "waits for an interrupt", NULL);
        return;
    }
    t->visit = state->pending = arena_print("exit: %s", trace_exit_name(r->detail));
    t->note = arena_print("syndrome 0x%" PRIx64 ", address 0x%" PRIx64, r->a, r->b);
    add_mark(t, MARK_EXIT, row, trace_exit_name(r->detail), t->note);
}

static const char *in_us(const struct trace *trace, uint64_t ticks)
{
    return arena_print("%.3f us", (double)trace_duration_ns(trace, ticks) / 1000);
}

static void tell_budget(struct telling *t, const struct quoll_trace_record *r)
{
    unsigned row = row_of(t->story, r->thread);

    if (r->event == QUOLL_TRACE_CHARGE) {
        add_level(t, row, r->b);
    } else if (r->event == QUOLL_TRACE_EXHAUST) {
        add_level(t, row, 0);
        add_mark(t, MARK_EXHAUST, row, "budget has run out",
                 r->a > r->time ? arena_print("more in %s", in_us(t->trace, r->a - r->time)) : NULL);
    } else {
        add_level(t, row, r->a);
        add_mark(t, MARK_REFILL, row, "budget's time has come back", in_us(t->trace, r->a));
    }
}

static void tell_record(struct telling *t, struct row_state *states)
{
    const struct quoll_trace_record *r = &t->before->r;

    switch (r->event) {
    case QUOLL_TRACE_SWITCH:
        tell_switch(t, r);
        break;
    case QUOLL_TRACE_KERNEL:
        tell_kernel(t, r);
        break;
    case QUOLL_TRACE_CALL:
        tell_call(t, &states[row_of(t->story, r->thread)], r);
        break;
    case QUOLL_TRACE_ANSWER:
        if (r->a != QUOLL_OK)
            t->note = arena_print("answer: %s", trace_error_name(r->a));
        break;
    case QUOLL_TRACE_DELIVER:
    case QUOLL_TRACE_QUEUE:
    case QUOLL_TRACE_REPLY:
        tell_message(t, states, r);
        break;
    case QUOLL_TRACE_INTERRUPT:
        t->interrupt = true;
        t->visit = arena_print("interrupt %s", trace_line_name(t->trace->tables, r->detail));
        add_mark(t, MARK_INTERRUPT, ROW_INTERRUPTS, trace_line_name(t->trace->tables, r->detail), NULL);
        break;
    case QUOLL_TRACE_EXIT:
    case QUOLL_TRACE_WFI:
        tell_guest(t, &states[row_of(t->story, r->thread)], r);
        break;
    case QUOLL_TRACE_NOTIFY:
        tell_notify(t, r);
        break;
    case QUOLL_TRACE_CHARGE:
    case QUOLL_TRACE_EXHAUST:
    case QUOLL_TRACE_REFILL:
        tell_budget(t, r);
        break;
    case QUOLL_TRACE_FAULT:
        add_mark(t, MARK_FAULT, row_of(t->story, r->thread), arena_print("fault: %s", trace_fault_name(r->detail)),
                 arena_print("address 0x%" PRIx64 ", pc 0x%" PRIx64, r->a, r->b));
        break;
    default: /* BOOT */
        break;
    }
}

static void end_core(struct telling *t, struct row_state *states)
{
    end_run(t, t->before->r.time);
    for (unsigned row = 0; row < t->story->row_count; row++)
        end_wait(t, &states[row], row, " (not answered yet)");
}

void trace_tell(const struct trace *trace, struct trace_story *story)
{
    struct telling t = {.story = story, .trace = trace};
    struct row_state *states = NULL;

    *story = (struct trace_story){.trace = trace, .from = UINT64_MAX};
    make_rows(story);
    states = arena_allocate(story->row_count, sizeof *states);
    for (unsigned i = 0; i < trace->record_count; i++) {
        uint64_t time = trace->records[i].r.time;

        story->from = time < story->from ? time : story->from;
        story->to = time > story->to ? time : story->to;
    }
    for (unsigned i = 0; i < trace->record_count; i++) {
        const struct trace_record *record = &trace->records[i];

        if (t.before != NULL && t.before->r.core != record->r.core) {
            end_core(&t, states);
            t = (struct telling){.story = story, .trace = trace};
        } else if (t.before != NULL && record->number != t.before->number + 1) {
            tell_gap(&t, states, record);
        }
        t.before = record;
        tell_record(&t, states);
    }
    if (t.before != NULL)
        end_core(&t, states);
}
