/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * What a typed line asks for, and what to say of one that asks for nothing that there is. No kernel calls here: this is
 * tested on the host.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "services/root/protocol.h"

enum command_action {
    COMMAND_NOTHING, /* an empty line */
    COMMAND_WRONG,   /* `complaint` says why */
    COMMAND_HELP,
    COMMAND_PS,
    COMMAND_LOG,
    COMMAND_STOP,
    COMMAND_START,
    COMMAND_RESTART,
    COMMAND_POWER_OFF,
    COMMAND_POWER_RESET,
};

enum { COMMAND_TEXT_MAX = 200 };

struct command {
    enum command_action action;
    const char *component; /* of stop, start and restart: in the line that was read; NULL with any other */
    char complaint[COMMAND_TEXT_MAX];
};

/* Takes `line` apart, in place. */
void command_read(char *line, struct command *command);

/*
 * Why root does not stop, start or restart a component in this state, and what to type instead; `monitor` as below.
 */
void command_refused(enum command_action action, const char *component, const char *monitor, enum root_state state,
                     char text[COMMAND_TEXT_MAX]);

/*
 * Why the monitor, itself the component `monitor`, does not ask root for it: a stop that would leave nobody at the
 * keyboard to start anything again. False: it may be asked for, and `text` is as it was.
 */
bool command_cuts_off(enum command_action action, const char *component, const char *monitor,
                      char text[COMMAND_TEXT_MAX]);

/* Every command, a line each. */
extern const char command_help[];
