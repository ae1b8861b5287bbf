/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * A timeline that needs nothing but itself: a row a thread, time to the right. A row has a line of words above its bar;
 * a word is left out where it would stand on another, and every shape says what it is when it is pointed at.
 */
#include <inttypes.h>
#include <string.h>

#include "tools/quoll/arena.h"
#include "tools/quoll/trace.h"
#include "tools/quoll/value.h"

enum { WIDTH = 1240, LEFT = 150, RIGHT = 20, TOP = 46, ROW = 36, BAR_TOP = 16, BAR = 14, BOTTOM = 34, LETTER = 6 };

struct picture {
    struct buffer text;
    const struct trace_story *story;
    uint64_t from, to;  /* ns */
    unsigned *place;    /* of each row from the top; UINT32_MAX: not drawn */
    double *words_end;  /* of each row: where its last word ends */
    unsigned row_count; /* drawn */
};

static const char STYLE[] =
    ".paper{fill:#ffffff}text{font:11px sans-serif;fill:#1d2433}.head{font-size:14px;font-weight:bold}"
    ".axis,.word{font-size:10px;fill:#55607a}.grid{stroke:#e3e7ee}.lane{stroke:#c9d0dc}.run{fill:#9cc3f0}"
    ".kernel{fill:#3c5f96}.lost{fill:#d8d8d8}.wait{stroke:#13734a;stroke-width:2;fill:none}"
    ".call{stroke:#13734a;fill:none}.reply{stroke:#13734a;stroke-dasharray:3 2;fill:none}"
    ".notify{stroke:#b05a00;fill:none}.f-call{fill:#13734a}.f-notify{fill:#b05a00}.f-interrupt{fill:#7b3fb5}"
    ".f-exit{fill:#0b7d8a}.f-bad{fill:#c62828}.f-good{fill:#2e8b2e}.f-other{fill:#6b7588}"
    "@media (prefers-color-scheme:dark){.paper{fill:#14181f}text{fill:#e6eaf2}.axis,.word{fill:#a9b4c8}"
    ".grid{stroke:#29303c}.lane{stroke:#3a4353}.run{fill:#3f6ea6}.kernel{fill:#a9cdf8}.lost{fill:#4a4f58}"
    ".wait,.call,.reply{stroke:#58c98f}.notify{stroke:#f0a04b}.f-call{fill:#58c98f}.f-notify{fill:#f0a04b}"
    ".f-interrupt{fill:#c59bf0}.f-exit{fill:#5fd0dc}.f-bad{fill:#ff7b72}.f-good{fill:#7bd67b}.f-other{fill:#8f9bb0}}";

static double x_of(const struct picture *p, uint64_t ns)
{
    ns = ns < p->from ? p->from : ns > p->to ? p->to : ns;
    return LEFT + (double)(ns - p->from) / (double)(p->to - p->from) * (WIDTH - LEFT - RIGHT);
}

static unsigned y_of(const struct picture *p, unsigned row)
{
    return TOP + p->place[row] * ROW;
}

static bool is_seen(const struct picture *p, uint64_t ns)
{
    return ns >= p->from && ns <= p->to;
}

/* Which rows have something between `from` and `to`. */
static void place_rows(struct picture *p)
{
    const struct trace_story *story = p->story;
    bool *seen = arena_allocate(story->row_count, sizeof *seen);

    for (unsigned i = 0; i < story->span_count; i++)
        if (trace_ns(story, story->spans[i].from) <= p->to && trace_ns(story, story->spans[i].to) >= p->from)
            seen[story->spans[i].row] = true;
    for (unsigned i = 0; i < story->mark_count; i++)
        if (is_seen(p, trace_ns(story, story->marks[i].at)))
            seen[story->marks[i].row] = true;
    p->place = arena_allocate(story->row_count, sizeof *p->place);
    p->words_end = arena_allocate(story->row_count, sizeof *p->words_end);
    for (unsigned row = 0; row < story->row_count; row++)
        p->place[row] = seen[row] && row != ROW_IDLE ? p->row_count++ : UINT32_MAX;
}

static bool is_drawn(const struct picture *p, unsigned row)
{
    return p->place[row] != UINT32_MAX;
}

/* A word on the line above a row's bar. */
static void draw_word(struct picture *p, unsigned row, double x, const char *word)
{
    double width = (double)strlen(word) * LETTER;

    if (x < p->words_end[row] || x + width > WIDTH)
        return;
    p->words_end[row] = x + width + LETTER;
    trace_add(&p->text, "<text class=\"word\" x=\"%.1f\" y=\"%u\">%s</text>\n", x, y_of(p, row) + BAR_TOP - 4,
              trace_escaped(word));
}

static void draw_title(struct picture *p, uint64_t ns, const char *what, const char *note)
{
    trace_add(&p->text, "<title>%.3f us: %s%s%s</title>", (double)ns / 1000, trace_escaped(what),
              note != NULL ? "; " : "", note != NULL ? trace_escaped(note) : "");
}

static void draw_axis(struct picture *p)
{
    uint64_t step = 1;
    unsigned bottom = TOP + p->row_count * ROW;

    for (unsigned i = 0; (p->to - p->from) / step > 10; i++)
        step = i % 3 == 1 ? step / 2 * 5 : step * 2;
    for (uint64_t ns = (p->from + step - 1) / step * step; ns <= p->to; ns += step)
        trace_add(&p->text,
                  "<line class=\"grid\" x1=\"%.1f\" y1=\"%u\" x2=\"%.1f\" y2=\"%u\"/>"
                  "<text class=\"axis\" x=\"%.1f\" y=\"%u\" text-anchor=\"middle\">%.10g us</text>\n",
                  x_of(p, ns), TOP - 4, x_of(p, ns), bottom, x_of(p, ns), TOP - 9, (double)ns / 1000);
    for (unsigned row = 0; row < p->story->row_count; row++)
        if (is_drawn(p, row))
            trace_add(&p->text,
                      "<text x=\"%d\" y=\"%u\" text-anchor=\"end\">%s</text>"
                      "<line class=\"lane\" x1=\"%d\" y1=\"%u\" x2=\"%d\" y2=\"%u\"/>\n",
                      LEFT - 8, y_of(p, row) + BAR_TOP + 11, trace_escaped(p->story->rows[row].name), LEFT,
                      y_of(p, row) + BAR_TOP + BAR, WIDTH - RIGHT, y_of(p, row) + BAR_TOP + BAR);
}

static void draw_spans(struct picture *p, unsigned kind, const char *class)
{
    for (unsigned i = 0; i < p->story->span_count; i++) {
        const struct trace_span *span = &p->story->spans[i];
        uint64_t from = trace_ns(p->story, span->from);
        uint64_t to = trace_ns(p->story, span->to);
        double width = x_of(p, to) - x_of(p, from);

        if (span->kind != kind || from > p->to || to < p->from || !is_drawn(p, span->row))
            continue;
        trace_add(&p->text, "<rect class=\"%s\" x=\"%.2f\" y=\"%u\" width=\"%.2f\" height=\"%d\">", class,
                  x_of(p, from), y_of(p, span->row) + BAR_TOP, width < 0.6 ? 0.6 : width, BAR);
        draw_title(
            p, from,
            arena_print("%s: %s, %.3f us", p->story->rows[span->row].name, span->name, (double)(to - from) / 1000),
            span->note);
        trace_add(&p->text, "</rect>\n");
    }
}

/* From a call to its reply, below the caller's bar. */
static void draw_waits(struct picture *p)
{
    for (unsigned i = 0; i < p->story->wait_count; i++) {
        const struct trace_wait *wait = &p->story->waits[i];
        uint64_t from = trace_ns(p->story, wait->from);
        uint64_t to = trace_ns(p->story, wait->to);
        unsigned y = 0;

        if (from > p->to || to < p->from || !is_drawn(p, wait->row))
            continue;
        y = y_of(p, wait->row) + BAR_TOP + BAR + 2;
        trace_add(&p->text, "<path class=\"wait\" d=\"M%.2f %uH%.2f\">", x_of(p, from), y, x_of(p, to) + 0.5);
        draw_title(p, from,
                   arena_print("%s waits for %s, %.3f us", p->story->rows[wait->row].name, wait->name,
                               (double)(to - from) / 1000),
                   NULL);
        trace_add(&p->text, "</path>\n");
        if (is_seen(p, from))
            draw_word(p, wait->row, x_of(p, from), wait->name);
    }
}

static void draw_links(struct picture *p)
{
    static const char *const CLASSES[] = {[LINK_CALL] = "call", [LINK_REPLY] = "reply", [LINK_NOTIFY] = "notify"};
    static const char *const HEADS[] = {[LINK_CALL] = "f-call", [LINK_REPLY] = "f-call", [LINK_NOTIFY] = "f-notify"};

    for (unsigned i = 0; i < p->story->link_count; i++) {
        const struct trace_link *link = &p->story->links[i];
        uint64_t ns = trace_ns(p->story, link->at);
        double x = x_of(p, ns);

        if (!is_seen(p, ns) || !is_drawn(p, link->from) || !is_drawn(p, link->to) || link->from == link->to)
            continue;
        unsigned from = y_of(p, link->from) + BAR_TOP + BAR / 2;
        unsigned to = y_of(p, link->to) + BAR_TOP + (link->from < link->to ? 0 : BAR);

        trace_add(&p->text, "<g><path class=\"%s\" d=\"M%.2f %uV%u\"/><path class=\"%s\" d=\"M%.2f %ul-3 %dh6z\"/>",
                  CLASSES[link->kind], x, from, to, HEADS[link->kind], x, to, link->from < link->to ? -6 : 6);
        draw_title(p, ns, arena_print("%s to %s", p->story->rows[link->from].name, p->story->rows[link->to].name),
                   link->name);
        trace_add(&p->text, "</g>\n");
    }
}

static void draw_marks(struct picture *p)
{
    static const char *const CLASSES[] = {
        [MARK_CALL] = "f-call", [MARK_NOTIFY] = "f-notify", [MARK_INTERRUPT] = "f-interrupt",
        [MARK_EXIT] = "f-exit", [MARK_EXHAUST] = "f-bad",   [MARK_REFILL] = "f-good",
        [MARK_FAULT] = "f-bad", [MARK_OTHER] = "f-other"};

    for (unsigned i = 0; i < p->story->mark_count; i++) {
        const struct trace_mark *mark = &p->story->marks[i];
        uint64_t ns = trace_ns(p->story, mark->at);
        double x = x_of(p, ns);

        if (!is_seen(p, ns) || !is_drawn(p, mark->row))
            continue;
        trace_add(&p->text, "<circle class=\"%s\" cx=\"%.2f\" cy=\"%u\" r=\"3\">", CLASSES[mark->kind], x,
                  y_of(p, mark->row) + BAR_TOP);
        draw_title(p, ns, arena_print("%s: %s", p->story->rows[mark->row].name, mark->name), mark->note);
        trace_add(&p->text, "</circle>\n");
        draw_word(p, mark->row, x + 4, mark->name);
    }
}

static void draw_legend(struct picture *p)
{
    static const struct {
        const char *class, *what;
        bool dot;
    } parts[] = {{"run", "running", false},
                 {"kernel", "kernel", false},
                 {"f-call", "call, reply", true},
                 {"f-notify", "notification", true},
                 {"f-interrupt", "interrupt", true},
                 {"f-exit", "guest's exit", true},
                 {"f-bad", "budget out, fault", true},
                 {"f-good", "budget back", true},
                 {"lost", "records are missing", false}};
    unsigned y = TOP + p->row_count * ROW + 18;
    unsigned x = LEFT;

    for (unsigned i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        if (parts[i].dot)
            trace_add(&p->text, "<circle class=\"%s\" cx=\"%u\" cy=\"%u\" r=\"4\"/>", parts[i].class, x + 6, y - 4);
        else
            trace_add(&p->text, "<rect class=\"%s\" x=\"%u\" y=\"%u\" width=\"12\" height=\"10\"/>", parts[i].class, x,
                      y - 9);
        trace_add(&p->text, "<text class=\"axis\" x=\"%u\" y=\"%u\">%s</text>\n", x + 17, y, parts[i].what);
        x += 36 + (unsigned)strlen(parts[i].what) * LETTER;
    }
}

void trace_write_svg(const struct trace_story *story, const char *path, uint64_t from, uint64_t to)
{
    uint64_t end = trace_ns(story, story->to);
    struct picture p = {.story = story, .from = from, .to = to < end ? to : end};
    unsigned height = 0;

    place_rows(&p);
    height = TOP + p.row_count * ROW + BOTTOM;
    trace_add(&p.text,
              "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %u\" width=\"%d\" height=\"%u\">\n"
              "<style>%s</style>\n<rect class=\"paper\" width=\"%d\" height=\"%u\"/>\n"
              "<text class=\"head\" x=\"8\" y=\"18\">%s</text>\n",
              WIDTH, height, WIDTH, height, STYLE, WIDTH, height,
              trace_escaped(arena_print("system %s, %s to %s after the trace begins",
                                        story->trace->tables->system->name, print_time(p.from), print_time(p.to))));
    draw_axis(&p);
    draw_spans(&p, SPAN_LOST, "lost");
    draw_spans(&p, SPAN_RUN, "run");
    draw_spans(&p, SPAN_KERNEL, "kernel");
    draw_waits(&p);
    draw_links(&p);
    draw_marks(&p);
    draw_legend(&p);
    trace_add(&p.text, "</svg>\n");
    file_write(path, p.text.data, p.text.size);
}
