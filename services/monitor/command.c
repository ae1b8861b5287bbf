/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "command.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

const char command_help[] = "ps                   every component: thread, budget, pool\n"
                            "stop <component>     end it; its memory is free then\n"
                            "start <component>    make it again, if it does not run\n"
                            "restart <component>  end it and make it again\n"
                            "log                  what root has said so far\n"
                            "power off|reset      the whole board\n"
                            "help                 this";

enum takes { TAKES_NOTHING, TAKES_COMPONENT, TAKES_POWER };

static const struct verb {
    const char *name;
    enum command_action action;
    enum takes takes;
} verbs[] = {
    {"ps", COMMAND_PS, TAKES_NOTHING},         {"log", COMMAND_LOG, TAKES_NOTHING},
    {"help", COMMAND_HELP, TAKES_NOTHING},     {"stop", COMMAND_STOP, TAKES_COMPONENT},
    {"start", COMMAND_START, TAKES_COMPONENT}, {"restart", COMMAND_RESTART, TAKES_COMPONENT},
    {"power", COMMAND_POWER_OFF, TAKES_POWER},
};

static const struct verb *find(const char *name)
{
    for (unsigned i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++)
        if (strcmp(verbs[i].name, name) == 0)
            return &verbs[i];
    return NULL;
}

static void complain(struct command *command, const char *format, const char *name)
{
    command->action = COMMAND_WRONG;
    snprintf(command->complaint, sizeof(command->complaint), format, name, name);
}

static void read_power(struct command *command, const char *argument)
{
    if (argument != NULL && strcmp(argument, "reset") == 0)
        command->action = COMMAND_POWER_RESET;
    else if (argument == NULL || strcmp(argument, "off") != 0)
        complain(command, "power what? `power off` or `power reset`", "");
}

void command_read(char *line, struct command *command)
{
    const char *name = strtok(line, " \t");
    const char *argument = strtok(NULL, " \t");
    bool more = strtok(NULL, " \t") != NULL;
    const struct verb *verb = name != NULL ? find(name) : NULL;

    *command = (struct command){.action = COMMAND_NOTHING};
    if (name == NULL)
        return;
    if (verb == NULL) {
        complain(command, "there is no command '%s'; `help` lists them", name);
        return;
    }
    command->action = verb->action;
    if (verb->takes == TAKES_NOTHING && argument != NULL)
        complain(command, "'%s' takes nothing behind it", name);
    else if (verb->takes == TAKES_COMPONENT && argument == NULL)
        complain(command, "%s what? `%s <component>`; `ps` lists the components", name);
    else if (verb->takes == TAKES_COMPONENT && more)
        complain(command, "one at a time: `%s <component>`", name);
    else if (verb->takes == TAKES_COMPONENT)
        command->component = argument;
    else if (verb->takes == TAKES_POWER)
        read_power(command, more ? NULL : argument);
}

/* Without these two nobody hears what is typed here. */
static bool is_needed(const char *component, const char *monitor)
{
    return strcmp(component, "serial") == 0 || strcmp(component, monitor) == 0;
}

bool command_cuts_off(enum command_action action, const char *component, const char *monitor,
                      char text[COMMAND_TEXT_MAX])
{
    if (action != COMMAND_STOP || !is_needed(component, monitor))
        return false;
    snprintf(text, COMMAND_TEXT_MAX, "without %s nobody could start it again; `restart %s` makes it afresh", component,
             component);
    return true;
}

void command_refused(enum command_action action, const char *component, const char *monitor, enum root_state state,
                     char text[COMMAND_TEXT_MAX])
{
    const char *format = "%s has changed meanwhile; type it again";

    if (action == COMMAND_START && state == ROOT_STATE_RUNNING && is_needed(component, monitor))
        format = "%s runs already; `restart %s` makes it afresh";
    else if (action == COMMAND_START && state == ROOT_STATE_RUNNING)
        format = "%s runs already; `restart %s` makes it afresh, `stop %s` ends it";
    else if (action != COMMAND_START && state == ROOT_STATE_FAILED)
        format = "%s does not run: it was left stopped after it had died too often; `start %s` tries again";
    else if (action != COMMAND_START && state == ROOT_STATE_STOPPED)
        format = "%s does not run; `start %s` makes it";
    snprintf(text, COMMAND_TEXT_MAX, format, component, component, component);
}
