/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The Trace Event Format that chrome://tracing and Perfetto read: a process a core, a thread a row, `X` for spans, `i`
 * for marks, `s` and `f` for links, `b` and `e` for waits, `C` for budgets. Times are microseconds.
 */
#include <inttypes.h>
#include <string.h>

#include "tools/quoll/arena.h"
#include "tools/quoll/trace.h"

struct writer {
    struct buffer text;
    const struct trace_story *story;
    bool first;
};

/* What all events have; the rest is the caller's. */
static void begin(struct writer *w, char phase, const char *category, const char *name, unsigned core, unsigned row,
                  uint64_t ticks)
{
    uint64_t ns = trace_ns(w->story, ticks);

    trace_add(&w->text, "%s\n{\"ph\":\"%c\",\"cat\":\"%s\",\"name\":%s,\"pid\":%u,\"tid\":%u,\"ts\":%" PRIu64 ".%03u",
              w->first ? "" : ",", phase, category, trace_quoted(name), core, row, ns / 1000, (unsigned)(ns % 1000));
    w->first = false;
}

static void write_names(struct writer *w)
{
    uint64_t cores = 0;

    for (unsigned i = 0; i < w->story->span_count; i++)
        cores |= UINT64_C(1) << w->story->spans[i].core;
    for (unsigned core = 0; core < BOOT_CORE_MAX; core++) {
        if ((cores >> core & 1) == 0)
            continue;
        trace_add(&w->text, "%s\n{\"ph\":\"M\",\"name\":\"process_name\",\"pid\":%u,\"args\":{\"name\":\"core %u\"}}",
                  w->first ? "" : ",", core, core);
        w->first = false;
        for (unsigned row = 0; row < w->story->row_count; row++)
            if (w->story->rows[row].used)
                trace_add(&w->text,
                          ",\n{\"ph\":\"M\",\"name\":\"thread_name\",\"pid\":%u,\"tid\":%u,\"args\":{\"name\":%s}},\n"
                          "{\"ph\":\"M\",\"name\":\"thread_sort_index\",\"pid\":%u,\"tid\":%u,\"args\":{\"sort_index\":"
                          "%u}}",
                          core, row, trace_quoted(w->story->rows[row].name), core, row, row);
    }
}

static void write_spans(struct writer *w)
{
    static const char *const CATEGORIES[] = {[SPAN_RUN] = "run", [SPAN_KERNEL] = "kernel", [SPAN_LOST] = "lost"};

    for (unsigned i = 0; i < w->story->span_count; i++) {
        const struct trace_span *span = &w->story->spans[i];
        uint64_t ns = trace_ns(w->story, span->to) - trace_ns(w->story, span->from);

        begin(w, 'X', CATEGORIES[span->kind], span->name, span->core, span->row, span->from);
        trace_add(&w->text, ",\"dur\":%" PRIu64 ".%03u", ns / 1000, (unsigned)(ns % 1000));
        if (span->note != NULL)
            trace_add(&w->text, ",\"args\":{\"note\":%s}", trace_quoted(span->note));
        trace_add(&w->text, "}");
    }
}

static void write_marks(struct writer *w)
{
    static const char *const CATEGORIES[] = {
        [MARK_CALL] = "call",   [MARK_NOTIFY] = "notification", [MARK_INTERRUPT] = "interrupt",
        [MARK_EXIT] = "exit",   [MARK_EXHAUST] = "budget",      [MARK_REFILL] = "budget",
        [MARK_FAULT] = "fault", [MARK_OTHER] = "other"};

    for (unsigned i = 0; i < w->story->mark_count; i++) {
        const struct trace_mark *mark = &w->story->marks[i];

        begin(w, 'i', CATEGORIES[mark->kind], mark->name, mark->core, mark->row, mark->at);
        trace_add(&w->text, ",\"s\":\"t\"");
        if (mark->note != NULL)
            trace_add(&w->text, ",\"args\":{\"note\":%s}", trace_quoted(mark->note));
        trace_add(&w->text, "}");
    }
}

static void write_links(struct writer *w)
{
    static const char *const CATEGORIES[] = {
        [LINK_CALL] = "call", [LINK_REPLY] = "reply", [LINK_NOTIFY] = "notification"};

    for (unsigned i = 0; i < w->story->link_count; i++) {
        const struct trace_link *link = &w->story->links[i];

        begin(w, 's', CATEGORIES[link->kind], link->name, link->core, link->from, link->at);
        trace_add(&w->text, ",\"id\":%u}", i + 1);
        begin(w, 'f', CATEGORIES[link->kind], link->name, link->core, link->to, link->at);
        trace_add(&w->text, ",\"bp\":\"e\",\"id\":%u}", i + 1);
    }
}

static void write_waits(struct writer *w)
{
    for (unsigned i = 0; i < w->story->wait_count; i++) {
        const struct trace_wait *wait = &w->story->waits[i];
        const char *name = arena_print("%s: %s", w->story->rows[wait->row].name, wait->name);

        begin(w, 'b', "calls", name, wait->core, wait->row, wait->from);
        trace_add(&w->text, ",\"id\":%u}", i + 1);
        begin(w, 'e', "calls", name, wait->core, wait->row, wait->to);
        trace_add(&w->text, ",\"id\":%u}", i + 1);
    }
}

static void write_levels(struct writer *w)
{
    for (unsigned i = 0; i < w->story->level_count; i++) {
        const struct trace_level *level = &w->story->levels[i];
        uint64_t ns = trace_duration_ns(w->story->trace, level->left);

        begin(w, 'C', "budget", arena_print("budget of %s", w->story->rows[level->row].name), level->core, level->row,
              level->at);
        trace_add(&w->text, ",\"args\":{\"us\":%" PRIu64 ".%03u}}", ns / 1000, (unsigned)(ns % 1000));
    }
}

void trace_write_json(const struct trace_story *story, const char *path)
{
    struct writer w = {.story = story, .first = true};

    trace_add(&w.text, "{\"displayTimeUnit\":\"ns\",\"otherData\":{\"system\":%s,\"records\":%u,\"missing\":%" PRIu64,
              trace_quoted(story->trace->tables->system->name), story->trace->record_count, story->lost);
    for (unsigned core = 0; core < BOOT_CORE_MAX; core++)
        if (story->trace->sums[core].known)
            trace_add(&w.text, ",\"longest_off_core_%u\":%" PRIu64 ",\"longest_off_cause_%u\":%s", core,
                      story->trace->sums[core].longest, core,
                      trace_quoted(trace_cause_name(story->trace, story->trace->sums[core].cause)));
    trace_add(&w.text, "},\"traceEvents\":[");
    write_names(&w);
    write_spans(&w);
    write_marks(&w);
    write_links(&w);
    write_waits(&w);
    write_levels(&w);
    trace_add(&w.text, "\n]}\n");
    file_write(path, w.text.data, w.text.size);
}
