/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Lines of a trace among everything else on a console. A line of ours is found by its mark, wherever on the line of
 * the console it begins; what it says is believed only if its sum is right.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "tools/quoll/arena.h"
#include "tools/quoll/trace.h"

enum { FIELDS_MAX = 8, SUM_LENGTH = 4 /* " *5e" */ };
#define LOG_SIZE_MAX ((size_t)256 << 20)

/* One line of ours: kind, numbers, and what follows them. */
struct line {
    struct position at;
    char kind;
    uint64_t field[FIELDS_MAX];
    unsigned count;
    const char *rest; /* a word that is no number */
};

static const char REMEDY[] = "the console lost or mixed bytes; ask the component for the trace again";

/* Where " *xx" begins, when the line ends so and the sum of what stands before it is xx. */
static bool sum_is_right(const char *text, size_t length, struct position at)
{
    unsigned sum = 0;
    char *end = NULL;

    if (length < SUM_LENGTH || memcmp(text + length - SUM_LENGTH, " *", 2) != 0) {
        mistake(at, "the trace's line does not end with its sum, such as ` *5e`; %s", REMEDY);
        return false;
    }
    for (size_t i = 0; i < length - SUM_LENGTH; i++)
        sum += (unsigned char)text[i];
    unsigned long said = strtoul(arena_copy(text + length - 2, 2), &end, 16);

    if (*end != '\0' || said != (sum & 0xff)) {
        mistake(at, "the trace's line says that its sum is `%.2s`, but it is `%02x`; %s", text + length - 2, sum & 0xff,
                REMEDY);
        return false;
    }
    return true;
}

/* Fields between the mark and the sum. */
static bool split(char *text, struct line *line)
{
    char *save = NULL;

    line->kind = text[2];
    for (char *word = strtok_r(text + 3, " ", &save); word != NULL; word = strtok_r(NULL, " ", &save)) {
        char *end = NULL;
        uint64_t value = strtoull(word, &end, 16);

        if (line->kind == 'v' && line->count == 4) {
            line->rest = word;
            continue;
        }
        if (*end != '\0' || strlen(word) > 16 || word[0] == '-' || word[0] == '+') {
            mistake(line->at, "`%s` in a line of the trace is no hexadecimal number; %s", word, REMEDY);
            return false;
        }
        if (line->count == FIELDS_MAX) {
            mistake(line->at, "a line of the trace has more than %d numbers; %s", FIELDS_MAX, REMEDY);
            return false;
        }
        line->field[line->count++] = value;
    }
    return true;
}

static bool has_fields(const struct line *line)
{
    static const struct {
        char kind;
        unsigned count;
    } kinds[] = {{'v', 4}, {'r', 8}, {'g', 3}, {'s', 5}, {'e', 1}};

    for (unsigned i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        if (kinds[i].kind != line->kind)
            continue;
        if (kinds[i].count == line->count)
            return true;
        mistake(line->at, "a line `#t%c` of the trace has %u numbers instead of %u; %s", line->kind, line->count,
                kinds[i].count, REMEDY);
        return false;
    }
    mistake(line->at, "there is no line `#t%c` in a trace; use the tool of the same version as the kernel", line->kind);
    return false;
}

static bool take_version(struct trace *trace, const struct line *line)
{
    const char *system = trace->tables->system->name;

    if (line->field[0] != QUOLL_TRACE_VERSION) {
        mistake(line->at, "the trace is of version %" PRIu64 ", this tool knows %d; use the tool that built the image",
                line->field[0], QUOLL_TRACE_VERSION);
        return false;
    }
    if (line->rest == NULL || strcmp(line->rest, system) != 0) {
        mistake(line->at, "the trace is of the system `%s`, the description is of `%s`; give the description of `%s`",
                line->rest != NULL ? line->rest : "", system, line->rest != NULL ? line->rest : "that system");
        return false;
    }
    if (line->field[1] == 0 || line->field[2] > QUOLL_TRACE_CYCLES) {
        mistake(line->at, "the trace's clock makes no sense (%" PRIu64 " Hz, unit %" PRIu64 "); %s", line->field[1],
                line->field[2], REMEDY);
        return false;
    }
    trace->frequency = line->field[1];
    trace->unit = (unsigned)line->field[2];
    return true;
}

static bool take_record(struct trace *trace, const struct line *line)
{
    const uint64_t *field = line->field;

    if (trace->frequency == 0) {
        mistake(line->at, "a record before the line `#tv` that begins a trace; give the whole log of the console");
        return false;
    }
    if (field[0] >= BOOT_CORE_MAX || field[3] == 0 || field[3] >= QUOLL_TRACE_EVENT_COUNT || field[4] > 0xffff ||
        field[5] > UINT32_MAX) {
        mistake(line->at, "no kernel of this version makes the record: core %" PRIu64 ", event %" PRIu64 "; %s",
                field[0], field[3], REMEDY);
        return false;
    }
    *ARRAY_ADD(trace->records, trace->record_count) = (struct trace_record){
        .number = field[1],
        .line = line->at.line,
        .r = {.time = field[2],
              .event = (uint8_t)field[3],
              .core = (uint8_t)field[0],
              .detail = (uint16_t)field[4],
              .thread = (uint32_t)field[5],
              .a = field[6],
              .b = field[7]},
    };
    return true;
}

static void take_line(struct trace *trace, struct line *line)
{
    const uint64_t *field = line->field;

    if (!has_fields(line))
        return;
    if (line->kind == 'v')
        (void)take_version(trace, line);
    else if (line->kind == 'r')
        (void)take_record(trace, line);
    else if (line->kind == 's' && field[0] < BOOT_CORE_MAX)
        trace->sums[field[0]] = (struct trace_sums){true, field[1], field[2], field[3], field[4]};
    /* Gaps and ends say nothing that the numbers of the records do not. */
}

static int by_number(const void *left, const void *right)
{
    const struct trace_record *a = left;
    const struct trace_record *b = right;

    if (a->r.core != b->r.core)
        return a->r.core < b->r.core ? -1 : 1;
    return a->number < b->number ? -1 : a->number > b->number;
}

/* In order, each once: what was asked for may overlap. Time never goes back on a core. */
static void put_in_order(struct trace *trace, const char *path)
{
    unsigned kept = 0;

    if (trace->record_count == 0)
        return;
    qsort(trace->records, trace->record_count, sizeof *trace->records, by_number);
    for (unsigned i = 0; i < trace->record_count; i++) {
        const struct trace_record *record = &trace->records[i];
        const struct trace_record *before = kept > 0 ? &trace->records[kept - 1] : NULL;
        bool same_core = before != NULL && before->r.core == record->r.core;

        if (same_core && (record->number == before->number ? memcmp(&record->r, &before->r, sizeof record->r) != 0
                                                           : record->r.time < before->r.time)) {
            mistake((struct position){path, record->line, 1},
                    "the record is older than that of line %u, which comes before it: the log has more than one start "
                    "of the board; give the part of one",
                    before->line);
            return;
        }
        if (!same_core || record->number != before->number)
            trace->records[kept++] = *record;
    }
    trace->record_count = kept;
}

bool trace_read(struct trace *trace, const char *path)
{
    struct file file = {0};
    char *text = NULL;
    unsigned number = 1;

    file_read(path, LOG_SIZE_MAX, &file);
    text = (char *)file.data;
    for (char *end = NULL; text < (char *)file.data + file.size; text = end + 1, number++) {
        size_t length = 0;
        char *mark = NULL;

        end = memchr(text, '\n', file.size - (size_t)(text - (char *)file.data));
        if (end == NULL)
            end = (char *)file.data + file.size;
        mark = memmem(text, (size_t)(end - text), "#t", 2);
        if (mark == NULL || end - mark < 4 || mark[2] < 'a' || mark[2] > 'z' || mark[3] != ' ')
            continue;
        length = (size_t)(end - mark);
        while (length > 0 && (mark[length - 1] == '\r' || mark[length - 1] == '\0'))
            length--;
        struct line line = {.at = {path, number, (unsigned)(mark - text) + 1}};

        if (sum_is_right(mark, length, line.at) && split(arena_copy(mark, length - SUM_LENGTH), &line))
            take_line(trace, &line);
    }
    if (mistake_count() == 0)
        put_in_order(trace, path);
    if (mistake_count() == 0 && trace->record_count == 0)
        mistake((struct position){path, 0, 0},
                "there is no trace in it; boot an image of a kernel built with TRACE=1, and type `go` to the component "
                "that has `trace: true`");
    return mistake_count() == 0;
}
