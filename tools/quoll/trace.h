/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * A trace (abi/trace.h) as services/trace prints it, and what it becomes.
 *
 *   console.log -- trace_read --> records -- trace_tell --> spans, marks, links --> Chrome trace JSON, SVG
 */
#pragma once

#include <stdio.h>

#include "abi/trace.h"
#include "tools/quoll/image.h"
#include "tools/quoll/tables.h"

/* One record, with its number on its core, and the line of the console that had it. */
struct trace_record {
    struct quoll_trace_record r;
    uint64_t number;
    unsigned line;
};

struct trace_sums {
    bool known;
    uint64_t visits, longest, at, cause;
};

struct trace {
    const struct tables *tables;
    uint64_t frequency; /* of the counter, Hz */
    unsigned unit;      /* enum quoll_trace_unit */
    struct trace_record *records;
    unsigned record_count;
    struct trace_sums sums[BOOT_CORE_MAX]; /* as last printed */
};

/* A thread's row; row 0 is the idle core, row 1 its interrupts. */
enum { ROW_IDLE = 0, ROW_INTERRUPTS = 1, ROW_FIRST = 2 };

struct trace_row {
    uint32_t thread;
    const char *name;
    bool used;
};

/* Time on a row. */
struct trace_span {
    enum { SPAN_RUN, SPAN_KERNEL, SPAN_LOST } kind;
    unsigned core, row;
    uint64_t from, to; /* ticks */
    const char *name;
    const char *note; /* NULL: none */
};

/* Something that happens at once. */
struct trace_mark {
    enum { MARK_CALL, MARK_NOTIFY, MARK_INTERRUPT, MARK_EXIT, MARK_EXHAUST, MARK_REFILL, MARK_FAULT, MARK_OTHER } kind;
    unsigned core, row;
    uint64_t at;
    const char *name;
    const char *note;
};

/* From one row to another: a message, its reply, a notification. */
struct trace_link {
    enum { LINK_CALL, LINK_REPLY, LINK_NOTIFY } kind;
    unsigned core, from, to; /* rows */
    uint64_t at;
    const char *name;
};

/* A caller's wait, from its call to the reply. */
struct trace_wait {
    unsigned core, row;
    uint64_t from, to;
    const char *name;
};

/* How a budget stood: `left` may be used now. */
struct trace_level {
    unsigned core, row;
    uint64_t at, left;
};

struct trace_story {
    const struct trace *trace;
    uint64_t from, to; /* ticks of the first and the last record */
    struct trace_row *rows;
    unsigned row_count;
    struct trace_span *spans;
    unsigned span_count;
    struct trace_mark *marks;
    unsigned mark_count;
    struct trace_link *links;
    unsigned link_count;
    struct trace_wait *waits;
    unsigned wait_count;
    struct trace_level *levels;
    unsigned level_count;
    uint64_t lost; /* records that are missing between the first and the last */
};

/* Reads a console's log. Mistakes are reported with its name and line; false after any. */
bool trace_read(struct trace *trace, const char *path);

void trace_tell(const struct trace *trace, struct trace_story *story);

/* Names of the description for what is in a record; never NULL. */
const char *trace_thread_name(const struct tables *tables, uint32_t thread);
const char *trace_capability_name(const struct tables *tables, uint32_t thread, uint64_t index);
const char *trace_flags_text(const struct tables *tables, uint32_t receiver, uint64_t flags, uint64_t first);
const char *trace_line_name(const struct tables *tables, uint64_t line);
const char *trace_call_name(uint64_t number);
const char *trace_error_name(uint64_t error);
const char *trace_exit_name(uint64_t reason);
const char *trace_fault_name(uint64_t reason);
const char *trace_event_name(uint64_t event);
/* "CALL pool_create_memory" */
const char *trace_cause_name(const struct trace *trace, uint64_t cause);

/* Nanoseconds since the first record, of the whole trace. */
uint64_t trace_ns(const struct trace_story *story, uint64_t ticks);
uint64_t trace_duration_ns(const struct trace *trace, uint64_t ticks);

void trace_write_json(const struct trace_story *story, const char *path);
/* What lies between `from` and `to`, nanoseconds since the first record. */
void trace_write_svg(const struct trace_story *story, const char *path, uint64_t from, uint64_t to);
void trace_print_summary(const struct trace_story *story);

/* What the command `trace` was given. NULL: not given. */
struct trace_request {
    const char *log, *json, *svg, *from, *to;
};

void trace_run(const struct tables *tables, const struct trace_request *request);

/* Text into a buffer. */
void trace_add(struct buffer *buffer, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* With what JSON or XML needs escaped. */
const char *trace_quoted(const char *text);
const char *trace_escaped(const char *text);
