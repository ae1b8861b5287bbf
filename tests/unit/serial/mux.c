/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * What a person sees of many consoles on one terminal.
 */
#include "terminal.h"
#include "tests.h"

static struct terminal terminal;
static struct console *linux_console;
static struct console *other;
static struct console *third;

static int start(void **state)
{
    (void)state;
    terminal_start(&terminal);
    linux_console = mux_add(&terminal.mux, "linux", "");
    other = mux_add(&terminal.mux, "linux", ":hvc0");
    third = mux_add(&terminal.mux, "control", "");
    return 0;
}

static void focus_passes_through(void **state)
{
    (void)state;
    terminal_write(linux_console, "~ # \x1b[6n");
    terminal_drain(&terminal);
    assert_string_equal(terminal.text, "~ # \x1b[6n");
    terminal_write(linux_console, "ls\r\nfile\nlast");
    terminal_drain(&terminal);
    assert_string_equal(terminal.text, "~ # \x1b[6nls\r\nfile\r\nlast");
}

static void others_are_whole_lines_with_names(void **state)
{
    (void)state;
    terminal_write(third, "one\ntwo\r\nhalf");
    terminal_write(other, "login: ");
    terminal_drain(&terminal);
    assert_string_equal(terminal.text, "[control] one\r\n[control] two\r\n");
    terminal_write(third, " done\n");
    terminal_drain(&terminal);
    assert_string_equal(terminal.screen, "[control] one\n[control] two\n[control] half done\n");
}

static void lines_of_others_leave_the_prompt_whole(void **state)
{
    (void)state;
    terminal_write(linux_console, "~ # ec\x1b[6nho");
    terminal_drain(&terminal);
    terminal_write(third, "tick\n");
    terminal.now += PATIENCE;
    terminal_drain(&terminal);
    /* The prompt stands below the line, and the terminal is not asked for its cursor a second time. */
    assert_string_equal(terminal.text, "~ # ec\x1b[6nho\r\x1b[K[control] tick\r\n~ # echo");
    terminal_write(linux_console, " hi\n");
    terminal_drain(&terminal);
    assert_string_equal(terminal.screen, "[control] tick\n~ # echo hi\n");
}

static void lines_of_others_wait_for_a_line_to_end(void **state)
{
    (void)state;
    terminal_write(linux_console, "[    0.0");
    terminal_drain(&terminal);
    terminal_write(third, "tick\n");
    terminal_drain(&terminal);
    assert_string_equal(terminal.text, "[    0.0");
    assert_int_equal(mux_deadline(&terminal.mux), terminal.now + PATIENCE);
    terminal_write(linux_console, "1] boot\r\n");
    terminal_drain(&terminal);
    assert_string_equal(terminal.text, "[    0.01] boot\r\n[control] tick\r\n");
    assert_int_equal(mux_deadline(&terminal.mux), UINT64_MAX);
}

static void a_long_prompt_is_left_in_place(void **state)
{
    char text[2 * LINE_MAX_BYTES] = {0};

    (void)state;
    memset(text, 'x', LINE_COLUMNS + 1);
    terminal_write(linux_console, text);
    terminal_drain(&terminal);
    terminal.now += PATIENCE;
    terminal_write(third, "tick\n");
    terminal_drain(&terminal);
    assert_non_null(strstr(terminal.text, "x\r\n[control] tick\r\nx"));

    /* One too long to remember is not shown again. */
    start(NULL);
    memset(text, 'x', sizeof(text) - 1);
    terminal_write(linux_console, text);
    terminal_drain(&terminal);
    terminal.now += PATIENCE;
    terminal_write(third, "tick\n");
    terminal_drain(&terminal);
    terminal_write(linux_console, "y\n");
    terminal_drain(&terminal);
    assert_non_null(strstr(terminal.text, "x\r\n[control] tick\r\ny\r\n"));
}

static void others_cannot_move_the_cursor(void **state)
{
    (void)state;
    terminal_write(third, "\x1b[2J\x1b]0;title\x07red\x1b[31m \x1b(B\x1bPq\x1b\\and\b\x07 \x7f\xc3\xa4\x1b[\n");
    terminal_write(third, "10%\r20%\r100%\r\n\x1b");
    terminal_write(third, "\nend\x1b]0;cut off\n");
    terminal_drain(&terminal);
    assert_string_equal(terminal.text,
                        "[control] red and \xc3\xa4\r\n[control] 100%\r\n[control] \r\n[control] end\r\n");
}

static void a_line_without_end_is_cut(void **state)
{
    char text[LINE_MAX_BYTES + 11] = {0};

    (void)state;
    memset(text, 'x', LINE_MAX_BYTES + 10);
    terminal_write(third, text);
    terminal_write(third, "\n");
    terminal_drain(&terminal);
    assert_int_equal(terminal.length, 2 * strlen("[control] \r\n") + LINE_MAX_BYTES + 10);
}

static void colour_goes_around_a_line(void **state)
{
    (void)state;
    terminal_type(&terminal, "\x1d"
                             "c");
    terminal_write(third, "tick\n");
    terminal_drain(&terminal);
    assert_string_equal(terminal.text, "\x1b[36m[control] tick\x1b[0m\r\n");
}

static void a_flood_drops_its_own(void **state)
{
    (void)state;
    for (unsigned i = 0; i < MUX_OUTPUT_BYTES / 8 + 100; i++)
        terminal_write(third, "flood..\n");
    terminal_write(other, "calm\n");
    assert_int_equal(third->dropped, 800);
    assert_int_equal(other->dropped, 0);
    terminal_take(&terminal, 400);
    assert_non_null(strstr(terminal.screen, "[linux:hvc0] calm\n"));
    terminal_drain(&terminal);
    terminal_write(third, "after\n");
    terminal_drain(&terminal);
    const char *mark = strstr(terminal.screen, "[control] [... 800 bytes dropped]\n");
    assert_non_null(mark);
    assert_non_null(strstr(mark, "[control] after\n"));
    assert_int_equal(third->dropped, 0);
}

static void a_flood_in_focus_lets_others_through(void **state)
{
    (void)state;
    for (unsigned turn = 0; turn < 20; turn++) {
        for (unsigned i = 0; i < 200; i++)
            terminal_write(linux_console, "yes no yes\n");
        if (turn == 3)
            terminal_write(third, "tick\n");
        terminal_take(&terminal, 500);
    }
    assert_non_null(strstr(terminal.screen, "[control] tick\n"));
    terminal_drain(&terminal);
    assert_non_null(strstr(terminal.screen, "bytes dropped]\n"));
}

/* A focused flood without newlines cannot hold back a console whose share is half full. */
static void a_flood_without_lines_lets_others_through(void **state)
{
    unsigned ticks = 0;

    (void)state;
    for (unsigned i = 0; i < MUX_OUTPUT_BYTES / 5 * 3 / 5; i++)
        terminal_write(third, "tick\n");
    for (unsigned turn = 0; turn < 8; turn++) {
        for (unsigned i = 0; i < 200; i++)
            terminal_write(linux_console, "yes no yes ");
        terminal_take(&terminal, 500);
    }
    for (const char *at = strstr(terminal.text, "[control] tick\r\n"); at != NULL;
         at = strstr(at + 1, "[control] tick\r\n"))
        ticks++;
    assert_true(ticks > 5);
}

static void a_slow_uart_loses_nothing(void **state)
{
    unsigned shown = 0;

    (void)state;
    for (unsigned turn = 0; turn < 100; turn++) {
        terminal_write(linux_console, "0123456789\n");
        terminal_write(third, "abcdefghij\n");
        terminal_take(&terminal, 40);
        terminal.now += PATIENCE;
    }
    terminal_drain(&terminal);
    assert_int_equal(linux_console->dropped + third->dropped, 0);
    for (const char *at = terminal.screen; *at != '\0'; at = strchr(at, '\n') + 1)
        shown += strncmp(at, "0123456789\n", 11) == 0 || strncmp(at, "[control] abcdefghij\n", 21) == 0;
    assert_int_equal(shown, 200);
}

static void typing_goes_to_the_focus(void **state)
{
    (void)state;
    terminal_type(&terminal, "ls\r");
    assert_true(linux_console->input_came);
    assert_false(third->input_came);
    assert_string_equal(terminal_input(linux_console), "ls\r");
    terminal_type(&terminal, "\x1d"
                             "3ps\r");
    assert_true(third->input_came);
    assert_string_equal(terminal_input(third), "ps\r");
    assert_string_equal(terminal_input(linux_console), "");
    terminal_type(&terminal, "\x1d\x1d");
    assert_string_equal(terminal_input(third), "\x1d");
}

static void keys_switch(void **state)
{
    static const struct {
        const char *keys;
        unsigned focus;
    } steps[] = {{"\x1d"
                  "n",
                  2},
                 {"\x1d"
                  "n",
                  3},
                 {"\x1d"
                  "n",
                  1},
                 {"\x1d"
                  "p",
                  3},
                 {"\x1d"
                  "p",
                  2},
                 {"\x1d"
                  "1",
                  1},
                 {"\x1d"
                  "9",
                  1},
                 {"\x1d"
                  "0",
                  1},
                 {"\x1d"
                  "z",
                  1},
                 {"\x1d"
                  "h",
                  1}};

    (void)state;
    for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
        terminal_type(&terminal, steps[i].keys);
        assert_int_equal(terminal.mux.focus, steps[i].focus);
    }
    for (unsigned i = 1; i <= 3; i++)
        assert_int_equal(bytes_count(&terminal.mux.consoles[i].input), 0);
}

static void switching_shows_what_stands_there(void **state)
{
    (void)state;
    terminal_write(other, "login: ");
    terminal_write(linux_console, "~ # ");
    terminal_drain(&terminal);
    terminal_type(&terminal, "\x1d"
                             "2");
    terminal_drain(&terminal);
    assert_string_equal(terminal.screen, "~ # \n[serial] this is 2 linux:hvc0\nlogin: ");
    terminal_write(other, "root");
    terminal_write(linux_console, "late\n");
    terminal.now += PATIENCE;
    terminal_drain(&terminal);
    assert_string_equal(terminal.screen, "~ # \n[serial] this is 2 linux:hvc0\n[linux] ~ # late\nlogin: root");
    terminal_clear(&terminal);
    terminal_type(&terminal, "\x1d"
                             "1");
    terminal_drain(&terminal);
    assert_string_equal(terminal.screen, "\n[serial] this is 1 linux\n");
}

/* A line that was complete but not yet shown when its console gets the focus. */
static void switching_shows_a_waiting_line(void **state)
{
    (void)state;
    terminal_write(linux_console, "~ # ");
    terminal_drain(&terminal);
    terminal_write(third, "tick\ntock");
    terminal_drain(&terminal);
    assert_true(third->complete);
    terminal_type(&terminal, "\x1d"
                             "3");
    terminal_drain(&terminal);
    assert_string_equal(terminal.screen, "~ # \n[serial] this is 3 control\ntick\ntock");
}

/* A guest's first words on its virtio-console take the focus from its PL011, once, and not from what a person chose. */
static void a_guests_console_takes_over(void **state)
{
    (void)state;
    other->takes_over = 1;
    terminal_write(linux_console, "early\n");
    terminal_drain(&terminal);
    assert_int_equal(terminal.mux.focus, 1);
    terminal_write(other, "~ # ");
    terminal_drain(&terminal);
    assert_int_equal(terminal.mux.focus, 2);
    assert_string_equal(terminal.screen, "early\n[serial] this is 2 linux:hvc0\n~ # ");

    start(NULL);
    other->takes_over = 1;
    terminal_type(&terminal, "\x1d"
                             "h");
    terminal_write(other, "~ # ");
    terminal_drain(&terminal);
    assert_int_equal(terminal.mux.focus, 1);

    start(NULL);
    other->takes_over = 1;
    terminal.mux.focus = 3;
    terminal_write(other, "~ # ");
    terminal_drain(&terminal);
    assert_int_equal(terminal.mux.focus, 3);
}

/* At the console in focus; serial, who clears it, has none. */
static void exits_are_asked_for(void **state)
{
    (void)state;
    terminal_type(&terminal, "e");
    assert_int_equal(terminal.mux.asked, 0);
    terminal_type(&terminal, "\x1d"
                             "2\x1d"
                             "e");
    assert_int_equal(terminal.mux.asked, 2);
    assert_int_equal(terminal.mux.focus, 2);
    assert_int_equal(bytes_count(&terminal.mux.consoles[2].input), 0);
}

static void help_names_consoles_and_keys(void **state)
{
    (void)state;
    mux_help(&terminal.mux);
    terminal_drain(&terminal);
    assert_string_equal(terminal.screen, "[serial] consoles: 1 linux (here), 2 linux:hvc0, 3 control\n"
                                         "[serial] Ctrl-] then 1..9: that console, n: next, p: previous, e: exits of "
                                         "its guest, b: its last lines, c: colour, h: this help, Ctrl-]: itself\n");
}

static void full_input_rings_the_bell(void **state)
{
    (void)state;
    for (unsigned i = 0; i < MUX_INPUT_BYTES; i++)
        mux_type(&terminal.mux, 'x');
    terminal_drain(&terminal);
    assert_int_equal(terminal.length, 0);
    mux_type(&terminal.mux, 'x');
    terminal_drain(&terminal);
    assert_string_equal(terminal.text, "\a");
    assert_int_equal(bytes_count(&linux_console->input), MUX_INPUT_BYTES);
    /* The keys of serial still work. */
    terminal_type(&terminal, "\x1d"
                             "2");
    assert_int_equal(terminal.mux.focus, 2);
}

static void too_many_consoles(void **state)
{
    (void)state;
    for (unsigned i = 4; i < MUX_CONSOLE_MAX; i++)
        assert_non_null(mux_add(&terminal.mux, "a name that is much longer than forty bytes, and so is cut off", ""));
    assert_null(mux_add(&terminal.mux, "more", ""));
    mux_help(&terminal.mux);
    terminal_drain(&terminal);
    assert_non_null(strstr(terminal.screen, "n: next, p: previous (the way to those above 9), e: "));
}

static void no_console_at_all(void **state)
{
    (void)state;
    terminal_start(&terminal);
    terminal_type(&terminal, "x\x1d"
                             "n\x1d"
                             "p\x1d"
                             "1");
    mux_say(&terminal.mux, "hello");
    terminal_drain(&terminal);
    assert_non_null(strstr(terminal.text, "[serial] hello\r\n"));
}

int test_mux(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(focus_passes_through, start),
        cmocka_unit_test_setup(exits_are_asked_for, start),
        cmocka_unit_test_setup(others_are_whole_lines_with_names, start),
        cmocka_unit_test_setup(lines_of_others_leave_the_prompt_whole, start),
        cmocka_unit_test_setup(lines_of_others_wait_for_a_line_to_end, start),
        cmocka_unit_test_setup(a_long_prompt_is_left_in_place, start),
        cmocka_unit_test_setup(others_cannot_move_the_cursor, start),
        cmocka_unit_test_setup(a_line_without_end_is_cut, start),
        cmocka_unit_test_setup(colour_goes_around_a_line, start),
        cmocka_unit_test_setup(a_flood_drops_its_own, start),
        cmocka_unit_test_setup(a_flood_in_focus_lets_others_through, start),
        cmocka_unit_test_setup(a_flood_without_lines_lets_others_through, start),
        cmocka_unit_test_setup(a_slow_uart_loses_nothing, start),
        cmocka_unit_test_setup(typing_goes_to_the_focus, start),
        cmocka_unit_test_setup(keys_switch, start),
        cmocka_unit_test_setup(switching_shows_what_stands_there, start),
        cmocka_unit_test_setup(switching_shows_a_waiting_line, start),
        cmocka_unit_test_setup(a_guests_console_takes_over, start),
        cmocka_unit_test_setup(help_names_consoles_and_keys, start),
        cmocka_unit_test_setup(full_input_rings_the_bell, start),
        cmocka_unit_test_setup(too_many_consoles, start),
        cmocka_unit_test_setup(no_console_at_all, start),
    };
    return cmocka_run_group_tests_name("serial mux", tests, NULL, NULL);
}
