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
#include "command.h"
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

static void say_error(enum quoll_error error, const struct quoll_message *answer)
{
    if (error || answer->word[0])
        printf("root: %s\n", error_text(error ? (uint64_t)error : answer->word[0]));
}

/* One request to root; what it answers is in `message`. Says so when it fails. */
static bool ask(struct quoll_message *message)
{
    enum quoll_error error = quoll_call(COMPONENT_CAP_ROOT, message);

    say_error(error, message);
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

/* A request that root refuses because of the component's state is explained. */
static void control(const struct command *command)
{
    static const uint64_t operations[] = {
        [COMMAND_STOP] = ROOT_STOP, [COMMAND_START] = ROOT_START, [COMMAND_RESTART] = ROOT_RESTART};
    struct quoll_message message = {.word = {operations[command->action]}};
    struct quoll_message state = {.word = {ROOT_STATE}};
    char text[COMMAND_TEXT_MAX] = "";
    uint32_t number = 0;

    if (!table_find(command->component, &number)) {
        printf("there is no component '%s'; `ps` lists them\n", command->component);
        return;
    }
    if (command_cuts_off(command->action, command->component, COMPONENT_NAME, text)) {
        puts(text);
        return;
    }
    message.word[1] = number;
    state.word[1] = number;
    enum quoll_error error = quoll_call(COMPONENT_CAP_ROOT, &message);
    if (error || message.word[0] != QUOLL_BAD_STATE) {
        say_error(error, &message);
        return;
    }
    if (!ask(&state))
        return;
    command_refused(command->action, command->component, COMPONENT_NAME, (enum root_state)state.word[1], text);
    puts(text);
}

static void power(uint64_t action)
{
    struct quoll_message message = {.word = {ROOT_POWER, action}};

    (void)ask(&message);
}

static void run(char *line)
{
    struct command command = {0};

    command_read(line, &command);
    switch (command.action) {
    case COMMAND_NOTHING:
        break;
    case COMMAND_WRONG:
        puts(command.complaint);
        break;
    case COMMAND_HELP:
        puts(command_help);
        break;
    case COMMAND_PS:
        table_print();
        break;
    case COMMAND_LOG:
        print_log(0);
        break;
    case COMMAND_STOP:
    case COMMAND_START:
    case COMMAND_RESTART:
        control(&command);
        break;
    case COMMAND_POWER_OFF:
        power(QUOLL_POWER_OFF);
        break;
    case COMMAND_POWER_RESET:
        power(QUOLL_POWER_RESET);
        break;
    }
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
