/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "services/monitor/command.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static char line[80];
static struct command command;

static enum command_action read(const char *text)
{
    snprintf(line, sizeof(line), "%s", text);
    command_read(line, &command);
    return command.action;
}

static void assert_complaint(const char *text, const char *complaint)
{
    assert_int_equal(read(text), COMMAND_WRONG);
    assert_string_equal(command.complaint, complaint);
}

static void every_command(void **state)
{
    (void)state;
    assert_int_equal(read(""), COMMAND_NOTHING);
    assert_int_equal(read("   "), COMMAND_NOTHING);
    assert_int_equal(read("ps"), COMMAND_PS);
    assert_int_equal(read(" log "), COMMAND_LOG);
    assert_int_equal(read("help"), COMMAND_HELP);
    assert_int_equal(read("power off"), COMMAND_POWER_OFF);
    assert_int_equal(read("power reset"), COMMAND_POWER_RESET);
    assert_int_equal(read("stop linux"), COMMAND_STOP);
    assert_string_equal(command.component, "linux");
    assert_int_equal(read("start  linux"), COMMAND_START);
    assert_string_equal(command.component, "linux");
    assert_int_equal(read("restart block "), COMMAND_RESTART);
    assert_string_equal(command.component, "block");
}

static void what_is_wrong_with_a_line(void **state)
{
    (void)state;
    assert_complaint("reboot", "there is no command 'reboot'; `help` lists them");
    assert_complaint("restart", "restart what? `restart <component>`; `ps` lists the components");
    assert_complaint("start block net", "one at a time: `start <component>`");
    assert_complaint("ps linux", "'ps' takes nothing behind it");
    assert_complaint("power", "power what? `power off` or `power reset`");
    assert_complaint("power down", "power what? `power off` or `power reset`");
    assert_complaint("power off now", "power what? `power off` or `power reset`");
    /* A power command that is not understood does nothing to the board. */
    assert_int_equal(read("power of"), COMMAND_WRONG);
}

static void assert_refused(enum command_action action, enum root_state state, const char *expected)
{
    char text[COMMAND_TEXT_MAX] = "";

    command_refused(action, "linux", "monitor", state, text);
    assert_string_equal(text, expected);
}

static void why_root_refuses(void **state)
{
    (void)state;
    assert_refused(COMMAND_START, ROOT_STATE_RUNNING,
                   "linux runs already; `restart linux` makes it afresh, `stop linux` ends it");
    assert_refused(COMMAND_STOP, ROOT_STATE_STOPPED, "linux does not run; `start linux` makes it");
    assert_refused(COMMAND_RESTART, ROOT_STATE_STOPPED, "linux does not run; `start linux` makes it");
    assert_refused(COMMAND_RESTART, ROOT_STATE_FAILED,
                   "linux does not run: it was left stopped after it had died too often; `start linux` tries again");
    assert_refused(COMMAND_STOP, ROOT_STATE_RUNNING, "linux has changed meanwhile; type it again");
}

static void a_stop_that_nobody_could_undo(void **state)
{
    char text[COMMAND_TEXT_MAX] = "as it was";

    (void)state;
    assert_false(command_cuts_off(COMMAND_STOP, "linux", "my-monitor", text));
    assert_false(command_cuts_off(COMMAND_RESTART, "serial", "my-monitor", text));
    assert_false(command_cuts_off(COMMAND_START, "my-monitor", "my-monitor", text));
    assert_string_equal(text, "as it was");
    assert_true(command_cuts_off(COMMAND_STOP, "serial", "my-monitor", text));
    assert_string_equal(text, "without serial nobody could start it again; `restart serial` makes it afresh");
    assert_true(command_cuts_off(COMMAND_STOP, "my-monitor", "my-monitor", text));
    assert_string_equal(text, "without my-monitor nobody could start it again; `restart my-monitor` makes it afresh");
    /* Nor is it what to type instead. */
    command_refused(COMMAND_START, "serial", "my-monitor", ROOT_STATE_RUNNING, text);
    assert_string_equal(text, "serial runs already; `restart serial` makes it afresh");
}

static void help_names_every_command(void **state)
{
    const char *const names[] = {"ps", "stop", "start", "restart", "log", "power off|reset", "help"};

    (void)state;
    for (unsigned i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        assert_non_null(strstr(command_help, names[i]));
}

int main(int count, char **argument)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_command),
        cmocka_unit_test(what_is_wrong_with_a_line),
        cmocka_unit_test(why_root_refuses),
        cmocka_unit_test(a_stop_that_nobody_could_undo),
        cmocka_unit_test(help_names_every_command),
    };

    if (count > 1)
        cmocka_set_test_filter(argument[1]);
    return cmocka_run_group_tests_name("monitor", tests, NULL, NULL);
}
