/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Root's voice and ears: prints root's log, and passes commands on.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "abi/plan.h"
#include "component.h"
#include "rt/component.h"
#include "rt/console.h"
#include "rt/time.h"
#include "services/root/protocol.h"
#include "table.h"

enum { SAMPLE_NS = 1000000000, PACE_NS = 2000000, PACE_BYTES = 512 };

static const char *const errors[] = {
#define ERROR(number, name, text) [(number)] = (text),
#include "abi/errors.def"
#undef ERROR
};

static const char *error_text(uint64_t error)
{
    return error < sizeof(errors) / sizeof(errors[0]) && errors[error] ? errors[error] : "unknown error";
}

/* One request to root; what it answers is in `message`. Says so when it fails. */
static bool ask(struct quoll_message *message)
{
    enum quoll_error error = quoll_call(COMPONENT_CAP_ROOT, message);

    if (error || message->word[0])
        printf("root: %s\n", error_text(error ? (uint64_t)error : message->word[0]));
    return !error && !message->word[0];
}

/* Prints the log from `position` on; pauses now and then, because serial keeps only so much. */
static void print_log(uint64_t position)
{
    uint64_t unpaced = 0;

    for (;;) {
        struct quoll_message message = {.word = {ROOT_LOG_READ, position}};

        if (!ask(&message) || message.word[1] == 0 || message.word[1] > ROOT_LOG_BYTES)
            break;
        char bytes[ROOT_LOG_BYTES] = "";

        memcpy(bytes, &message.word[3], sizeof(bytes));
        fwrite(bytes, 1, (size_t)message.word[1], stdout);
        if (position != ROOT_LOG_NEXT)
            position = message.word[2] + message.word[1];
        unpaced += message.word[1];
        if (unpaced >= PACE_BYTES) {
            unpaced = 0;
            time_sleep_until(time_ticks() + time_ns_to_ticks(PACE_NS));
        }
    }
    fflush(stdout);
}

static void control(uint64_t operation, const char *name)
{
    struct quoll_message message = {.word = {operation}};
    uint32_t number = 0;

    if (!table_find(name, &number)) {
        printf("there is no component '%s'; `ps` lists them\n", name);
        return;
    }
    message.word[1] = number;
    (void)ask(&message);
}

static void power(const char *action)
{
    struct quoll_message message = {.word = {ROOT_POWER, QUOLL_POWER_OFF}};

    if (strcmp(action, "reset") == 0)
        message.word[1] = QUOLL_POWER_RESET;
    else if (strcmp(action, "off") != 0) {
        puts("power off, or power reset");
        return;
    }
    (void)ask(&message);
}

static void help(void)
{
    puts("ps                 every component: thread, budget, pool");
    puts("stop, start, restart <component>");
    puts("log                what root has said so far");
    puts("power off|reset    the whole board");
}

static void run(char *line)
{
    char *command = strtok(line, " ");
    char *argument = strtok(NULL, " ");

    if (!command)
        return;
    if (!argument)
        argument = "";
    if (strcmp(command, "ps") == 0)
        table_print();
    else if (strcmp(command, "log") == 0)
        print_log(0);
    else if (strcmp(command, "restart") == 0)
        control(ROOT_RESTART, argument);
    else if (strcmp(command, "stop") == 0)
        control(ROOT_STOP, argument);
    else if (strcmp(command, "start") == 0)
        control(ROOT_START, argument);
    else if (strcmp(command, "power") == 0)
        power(argument);
    else
        help();
}

static void sample(void)
{
    table_sample();
    component_wait_until(time_ticks() + time_ns_to_ticks(SAMPLE_NS));
}

void component_start(void)
{
    sample();
    print_log(ROOT_LOG_NEXT);
}

void component_deadline(void)
{
    sample();
}

void component_notification(uint64_t flags)
{
    char line[CONSOLE_LINE_MAX] = "";

    if (flags & ROOT_NEWS_FLAG)
        print_log(ROOT_LOG_NEXT);
    if (flags & COMPONENT_FLAG_INPUT)
        while (console_line(line))
            run(line);
}
