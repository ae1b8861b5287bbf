/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * A multiplexer that dies at any instruction, in memory that outlives it: a process of its own does the work,
 * instruction by instruction, and after each that changed the memory another multiplexer goes on there.
 */
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#include "terminal.h"
#include "tests.h"

enum { HISTORY = 256, CONSOLES = 3 };

/* All that outlives. */
struct journal {
    struct mux mux;
    uint8_t history[CONSOLES][HISTORY];
};

static struct journal *journal; /* of who dies */
static struct journal next;     /* and of who goes on */
static struct console *first, *second;
static char text[4096];

static const char early[] = "early\nhalf of a line, ";
static const char late[] = "and its end, longer than a message of serial's\nmore";
static const char other[] = "a line of somebody else\nand more of it";

static bool begin(struct journal *at)
{
    bool goes_on = mux_resume(&at->mux, PATIENCE);

    first = mux_add(&at->mux, "first", "");
    second = mux_add(&at->mux, "second", ":hvc0");
    mux_ready(&at->mux);
    for (unsigned i = 0; i < CONSOLES; i++)
        history_start(&at->mux.consoles[i].history, at->history[i], HISTORY);
    return goes_on;
}

static void pump(struct journal *at)
{
    for (unsigned i = 1; i < 8; i++)
        mux_pump(&at->mux, 10 * i * PATIENCE);
}

/* What clients ask for, each of them again if serial has died. */
static void work(struct journal *at)
{
    mux_write_once(&at->mux, first, late, sizeof(late) - 1, 2);
    mux_write_once(&at->mux, second, other, sizeof(other) - 1, 1);
    pump(at);
}

static int start(void **state)
{
    (void)state;
    journal = mmap(NULL, sizeof(*journal), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    assert_ptr_not_equal(journal, MAP_FAILED);
    assert_false(begin(journal));
    mux_write_once(&journal->mux, first, early, sizeof(early) - 1, 1);
    pump(journal);
    return 0;
}

static int end(void **state)
{
    (void)state;
    return munmap(journal, sizeof(*journal));
}

static const char *shown(struct mux *mux)
{
    size_t length = 0;
    uint8_t byte = 0;

    while (bytes_take(&mux->out, &byte))
        text[length++] = (char)byte;
    text[length] = '\0';
    return text;
}

static const char *lines_of(const struct console *console)
{
    static char lines[HISTORY + 1];
    uint32_t at = history_oldest(&console->history);
    struct line line = {0};
    size_t length = 0;

    while (history_line(&console->history, &at, &line)) {
        memcpy(lines + length, line.text, line.length);
        length += line.length;
        lines[length++] = '/';
    }
    lines[length] = '\0';
    return lines;
}

static void check(const char *expected)
{
    assert_true(begin(&next));
    work(&next);
    assert_string_equal(shown(&next.mux), expected);
    assert_string_equal(lines_of(first), "early/half of a line, and its end, longer than a message of serial's/");
    assert_string_equal(lines_of(second), "a line of somebody else/");
}

static void loses_nothing_and_repeats_nothing(void **state)
{
    static struct journal before;
    char expected[sizeof(text)] = "";
    unsigned deaths = 0;
    int status = 0;

    (void)state;
    memcpy(&next, journal, sizeof(next));
    assert_true(begin(&next));
    work(&next);
    strcpy(expected, shown(&next.mux));
    assert_non_null(strstr(expected, "[second:hvc0] a line of somebody else\r\n"));
    assert_true(begin(journal));
    memcpy(&before, journal, sizeof(before));
    pid_t child = fork();

    if (child == 0) {
        (void)ptrace(PTRACE_TRACEME, 0, NULL, NULL);
        (void)raise(SIGSTOP);
        work(journal);
        _exit(0);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    while (WIFSTOPPED(status)) {
        assert_int_equal(ptrace(PTRACE_SINGLESTEP, child, NULL, NULL), 0);
        assert_int_equal(waitpid(child, &status, 0), child);
        if (memcmp(&before, journal, sizeof(before)) == 0)
            continue;
        memcpy(&before, journal, sizeof(before));
        memcpy(&next, journal, sizeof(next));
        check(expected);
        deaths++;
    }
    assert_true(WIFEXITED(status));
    assert_true(deaths > 300);
}

static void keeps_what_a_person_chose(void **state)
{
    (void)state;
    for (const char *key = "\x1d"
                           "2\x1d"
                           "c\x1d";
         *key != '\0'; key++)
        mux_type(&journal->mux, (uint8_t)*key);
    assert_true(begin(journal));
    assert_true(first->kept && second->kept);
    mux_type(&journal->mux, 'n'); /* the escape key was typed to the copy before */
    assert_int_equal(journal->mux.focus, 1);
    mux_type(&journal->mux, 'x');
    mux_type(&journal->mux, '\x1d');
    mux_type(&journal->mux, 'p');
    assert_true(begin(journal));
    assert_int_equal(journal->mux.focus, 2);
    assert_true(journal->mux.colour);
    assert_string_equal(terminal_input(first), "x");
}

static void scrolls_back(void **state)
{
    static const char filler[] = "line after line after line\n";

    (void)state;
    mux_write(&journal->mux, first, "its end\n", 8);
    pump(journal);
    assert_true(begin(journal));
    (void)shown(&journal->mux);
    mux_type(&journal->mux, '\x1d');
    mux_type(&journal->mux, 'b');
    pump(journal);
    assert_string_equal(shown(&journal->mux), "| early\r\n| half of a line, its end\r\n");
    for (unsigned i = 0; i < 40; i++) {
        mux_write(&journal->mux, first, filler, sizeof(filler) - 1);
        pump(journal);
        (void)shown(&journal->mux);
    }
    mux_type(&journal->mux, '\x1d');
    mux_type(&journal->mux, 'b');
    pump(journal);
    assert_int_equal(strncmp(shown(&journal->mux), "| line after line after line\r\n| line", 36), 0);
    assert_int_equal(strlen(text), (HISTORY / (sizeof(filler) - 1)) * (sizeof(filler) + 2));
}

/* Whatever stands there, nothing outside of it is touched, and what makes no sense is begun afresh. */
static void trusts_nothing(void **state)
{
    unsigned afresh = 0;

    (void)state;
    srand(1);
    for (unsigned i = 0; i < 2000; i++) {
        memcpy(&next, journal, sizeof(next));
        for (unsigned bytes = 0; bytes < 1U + i % 40; bytes++)
            ((uint8_t *)&next.mux)[(unsigned)rand() % sizeof(next.mux)] = (uint8_t)rand();
        if (i % 4 == 0)
            ((uint8_t *)&next.mux.undo)[(unsigned)rand() % sizeof(struct undo)] = (uint8_t)rand();
        if (i % 4 == 1)
            ((uint8_t *)&next.mux.count)[(unsigned)rand() % 64] = (uint8_t)rand();
        afresh += !begin(&next);
        work(&next);
        for (const char *key = "\x1d"
                               "b\x1d"
                               "nx\x1d"
                               "px";
             *key != '\0'; key++)
            mux_type(&next.mux, (uint8_t)*key);
        pump(&next);
        (void)shown(&next.mux);
    }
    assert_true(afresh > 100 && afresh < 1900);
    next.mux.magic++;
    assert_false(begin(&next));
    next.mux.undo.begun = MUX_CONSOLE_MAX + 1;
    assert_false(begin(&next));
    strcpy(next.mux.consoles[2].name, "third");
    assert_true(begin(&next));
    assert_true(first->kept && !second->kept);
}

#define DEATH_TEST(name) cmocka_unit_test_setup_teardown(name, start, end)

int test_death(void)
{
    const struct CMUnitTest tests[] = {
        DEATH_TEST(loses_nothing_and_repeats_nothing),
        DEATH_TEST(keeps_what_a_person_chose),
        DEATH_TEST(scrolls_back),
        DEATH_TEST(trusts_nothing),
    };

    return cmocka_run_group_tests_name("serial: death", tests, NULL, NULL);
}
