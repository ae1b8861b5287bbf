/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The command `trace`, and what its writers share.
 */
#include "tools/quoll/trace.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "tools/quoll/arena.h"
#include "tools/quoll/value.h"

void trace_add(struct buffer *buffer, const char *format, ...)
{
    va_list arguments;
    char *text = NULL;
    int length = 0;

    va_start(arguments, format);
    length = vasprintf(&text, format, arguments);
    va_end(arguments);
    if (length < 0)
        fail("out of memory");
    buffer_add(buffer, text, (uint64_t)length);
    free(text);
}

const char *trace_quoted(const char *text)
{
    struct buffer buffer = {0};

    buffer_add(&buffer, "\"", 1);
    for (; *text != '\0'; text++) {
        if (*text == '"' || *text == '\\')
            buffer_add(&buffer, "\\", 1);
        buffer_add(&buffer, (unsigned char)*text < ' ' ? " " : text, 1);
    }
    buffer_add(&buffer, "\"", 2);
    return (const char *)buffer.data;
}

const char *trace_escaped(const char *text)
{
    struct buffer buffer = {0};

    for (; *text != '\0'; text++) {
        const char *word = *text == '<' ? "&lt;" : *text == '>' ? "&gt;" : *text == '&' ? "&amp;" : NULL;

        buffer_add(&buffer, word != NULL ? word : text, word != NULL ? strlen(word) : 1);
    }
    buffer_add(&buffer, "", 1);
    return (const char *)buffer.data;
}

uint64_t trace_duration_ns(const struct trace *trace, uint64_t ticks)
{
    return (uint64_t)((__uint128_t)ticks * SECOND / trace->frequency);
}

uint64_t trace_ns(const struct trace_story *story, uint64_t ticks)
{
    return trace_duration_ns(story->trace, ticks - story->from);
}

void trace_print_summary(const struct trace_story *story)
{
    const struct trace *trace = story->trace;

    printf("%u records in %.3f us, %" PRIu64 " missing between them\n", trace->record_count,
           (double)trace_ns(story, story->to) / 1000, story->lost);
    for (unsigned core = 0; core < BOOT_CORE_MAX; core++) {
        const struct trace_sums *sums = &trace->sums[core];

        if (!sums->known)
            continue;
        if (trace->unit == QUOLL_TRACE_CYCLES)
            printf("core %u: interrupts were off for %" PRIu64 " instructions at most", core, sums->longest);
        else
            printf("core %u: interrupts were off for %" PRIu64 " ns at most", core,
                   trace_duration_ns(trace, sums->longest));
        printf(", in %s, of %" PRIu64 " visits of the kernel\n", trace_cause_name(trace, sums->cause), sums->visits);
    }
}

/* Nanoseconds of an option, or `otherwise`. */
static uint64_t take_time(const char *option, const char *text, uint64_t otherwise)
{
    const struct position at = {option, 1, 1};
    const struct node node = {.kind = NODE_SCALAR, .at = at, .key_at = at, .key = option, .text = text};
    uint64_t ns = otherwise;

    if (text != NULL)
        value_time(&node, (struct limits){0, 3600 * SECOND, 1}, &ns);
    return ns;
}

void trace_run(const struct tables *tables, const struct trace_request *request)
{
    struct trace *trace = arena_allocate(1, sizeof *trace);
    struct trace_story story = {0};
    uint64_t from = take_time("--from", request->from, 0);
    uint64_t to = take_time("--to", request->to, UINT64_MAX);

    trace->tables = tables;
    if (mistake_count() != 0 || !trace_read(trace, request->log))
        return;
    trace_tell(trace, &story);
    if (request->svg != NULL && (from >= to || from >= trace_ns(&story, story.to))) {
        mistake((struct position){request->from != NULL ? "--from" : "--to", 1, 1},
                "nothing lies between %s and %s; the trace ends at %s", print_time(from),
                to == UINT64_MAX ? "its end" : print_time(to), print_time(trace_ns(&story, story.to)));
        return;
    }
    if (request->json != NULL)
        trace_write_json(&story, request->json);
    if (request->svg != NULL)
        trace_write_svg(&story, request->svg, from, to);
    trace_print_summary(&story);
}
