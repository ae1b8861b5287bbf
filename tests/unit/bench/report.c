/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench/report/output.h"
#include "bench/report/recorded.h"
#include "bench/report/results.h"

enum { CALL, TRAP, LATENCY, GUEST, ROWS };

static struct row rows[ROWS];
static struct table table;
static char folder[] = "/tmp/quoll-bench-XXXXXX";

static int begin(void **state)
{
    (void)state;
    table = (struct table){
        .kinds = {{"kernel", 0, true}, {"linux", 1, false}}, .kind_count = 2, .rows = rows, .row_count = ROWS};
    rows[CALL] = (struct row){.name = "call",
                              .unit = "instructions",
                              .target = 88,
                              .factor = NAN,
                              .peer = 208,
                              .peer_name = "seL4",
                              .how = "a \"call\"",
                              .recorded = NAN};
    rows[TRAP] = (struct row){.name = "trap",
                              .unit = "instructions",
                              .target = NAN,
                              .factor = NAN,
                              .peer = NAN,
                              .peer_name = "",
                              .how = "a trap",
                              .recorded = NAN};
    rows[LATENCY] = (struct row){.name = "latency_max",
                                 .unit = "instructions",
                                 .target = 1500,
                                 .factor = NAN,
                                 .peer = NAN,
                                 .peer_name = "",
                                 .how = "",
                                 .recorded = NAN};
    rows[GUEST] = (struct row){.name = "guest",
                               .unit = "instructions",
                               .target = NAN,
                               .factor = 1.02,
                               .peer = NAN,
                               .peer_name = "native",
                               .how = "",
                               .recorded = NAN};
    for (unsigned i = 0; i < GUEST; i++)
        rows[i].kind = &table.kinds[0];
    rows[GUEST].kind = &table.kinds[1];
    return 0;
}

static int end(void **state)
{
    (void)state;
    for (unsigned i = 0; i < ROWS; i++) {
        for (unsigned j = 0; j < rows[i].other_count; j++)
            free((char *)rows[i].others[j].name);
        if (rows[i].peer_measured)
            free((char *)rows[i].peer_name);
    }
    return 0;
}

static void say(const char *line)
{
    results_line(&table, &table.kinds[0], line, "test");
}

/* `line` is refused, and leaves nothing behind. */
static void assert_refused(const char *line)
{
    unsigned mistakes = table.mistakes;
    struct row before = rows[CALL];

    say(line);
    assert_int_equal(table.mistakes, mistakes + 1);
    assert_memory_equal(&before, &rows[CALL], sizeof before);
}

static void a_row_is_read(void **state)
{
    (void)state;
    say("row call instructions 80 85.5 90\r\n");
    assert_int_equal(table.mistakes, 0);
    assert_true(rows[CALL].printed);
    assert_true(row_value(&rows[CALL]) == 85.5);
    assert_true(rows[CALL].minimum == 80 && rows[CALL].maximum == 90);
    assert_true(row_ratio(&rows[CALL]) == 85.5 / 208);
    assert_true(row_target(&rows[CALL]) == 88);
}

static void a_row_stands_behind_a_name_and_between_other_things(void **state)
{
    (void)state;
    say("root: it begins");
    say("rows follow");
    say("a row call instructions 1 2 3");
    assert_false(rows[CALL].printed);
    say("\033[1mbench-2| row call instructions 1 2 3\033[0m");
    assert_true(rows[CALL].printed);
    say("row trap instructions 1 1 1 \n");
    assert_true(rows[TRAP].printed);
    assert_int_equal(table.mistakes, 0);
}

static void a_maximum_is_judged_by_its_maximum(void **state)
{
    (void)state;
    say("row latency_max instructions 100 200 900");
    assert_true(row_value(&rows[LATENCY]) == 900);
}

static void peers_of_the_same_run_take_the_recorded_one_s_place(void **state)
{
    (void)state;
    say("row call instructions 100 100 100");
    say("peer call 400 seL4 of today");
    say("other call 500 Xen 4.17 dom0");
    say("other call 600.5 KVM");
    assert_int_equal(table.mistakes, 0);
    assert_true(row_ratio(&rows[CALL]) == 0.25);
    assert_string_equal(rows[CALL].peer_name, "seL4 of today");
    assert_int_equal(rows[CALL].other_count, 2);
    assert_string_equal(rows[CALL].others[0].name, "Xen 4.17 dom0");
    assert_true(rows[CALL].others[1].value == 600.5);
    say("peer guest 7 native");
    assert_true(rows[GUEST].peer == 7);
    assert_int_equal(table.mistakes, 0);
    say("peer call 400 again");
    assert_int_equal(table.mistakes, 1);
}

static void bad_lines_are_refused(void **state)
{
    static const char *const LINES[] = {
        "row call",
        "row call instructions 1 2",
        "row call instructions 1 2 3 4",
        "row call instructions 1 two 3",
        "row call instructions nan nan nan",
        "row call instructions 1 2 inf",
        "row call instructions -1 2 3",
        "row call instructions 3 2 1",
        "row call instructions 1 5 4",
        "row call microseconds 1 2 3",
        "row nobody instructions 1 2 3",
        "row guest instructions 1 2 3",
        "peer call",
        "peer call 12",
        "peer call nan Xen",
        "peer call -1 Xen",
        "peer nobody 12 Xen",
        "other call x Xen",
    };

    (void)state;
    for (size_t i = 0; i < sizeof LINES / sizeof LINES[0]; i++)
        assert_refused(LINES[i]);
    say("row call instructions 1 2 3");
    assert_refused("row call instructions 1 2 3");
}

static void more_peers_than_there_is_room_for_are_refused(void **state)
{
    (void)state;
    for (unsigned i = 0; i < OTHERS; i++)
        say("other call 1 Xen");
    assert_int_equal(table.mistakes, 0);
    assert_refused("other call 1 Xen");
}

static void a_relative_target_needs_a_peer(void **state)
{
    (void)state;
    assert_true(isnan(row_target(&rows[GUEST])));
    rows[GUEST].peer = 100;
    assert_true(row_target(&rows[GUEST]) == 102);
}

static void changes_are_told_apart(void **state)
{
    (void)state;
    assert_int_equal(row_change(&rows[CALL]), CHANGE_MISSING);
    say("row call instructions 80 85 90");
    assert_int_equal(row_change(&rows[CALL]), CHANGE_UNRECORDED);
    rows[CALL].recorded = 85;
    assert_int_equal(row_change(&rows[CALL]), CHANGE_NONE);
    rows[CALL].recorded = 84;
    assert_int_equal(row_change(&rows[CALL]), CHANGE_WORSE);
    rows[CALL].recorded = 86;
    assert_int_equal(row_change(&rows[CALL]), CHANGE_BETTER);
    rows[CALL].reported_only = true;
    assert_int_equal(row_change(&rows[CALL]), CHANGE_UNCOMPARED);
}

static void a_tolerance_is_kept(void **state)
{
    (void)state;
    results_line(&table, &table.kinds[1], "row guest instructions 100 101 102", "test");
    rows[GUEST].recorded = 100;
    assert_int_equal(row_change(&rows[GUEST]), CHANGE_NONE);
    rows[GUEST].recorded = 99.9;
    assert_int_equal(row_change(&rows[GUEST]), CHANGE_WORSE);
    rows[GUEST].recorded = 102.5;
    assert_int_equal(row_change(&rows[GUEST]), CHANGE_BETTER);
}

/* Writes a file in the test's folder and says where. */
static const char *put(const char *name, const char *text)
{
    static char path[64];
    FILE *file = NULL;

    snprintf(path, sizeof path, "%s/%s", folder, name);
    file = fopen(path, "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
    return path;
}

static void a_console_s_name_is_its_kind(void **state)
{
    (void)state;
    results_read(&table, put("kernel.rows", "row call instructions 1 2 3\nrow call\n"));
    assert_true(rows[CALL].printed);
    assert_int_equal(table.mistakes, 1);
    results_read(&table, put("kernels.rows", ""));
    assert_int_equal(table.mistakes, 2);
    results_read(&table, "/tmp/there/is/no/kernel.rows");
    assert_int_equal(table.mistakes, 3);
}

static void recorded_figures_are_read_and_written(void **state)
{
    (void)state;
    put("linux", "guest not a number\n");
    put("kernel", "# a remark\n\ncall 99.5\ntrap 12 reported\nlatency_max 7\n");
    recorded_read(&table, folder);
    assert_int_equal(table.mistakes, 0);
    assert_true(rows[CALL].recorded == 99.5);
    assert_true(rows[TRAP].reported_only);
    say("row call instructions 1 2 3");
    say("row trap instructions 1 2 3");
    recorded_write(&table, folder, "call");
    begin(NULL);
    recorded_read(&table, folder);
    assert_true(rows[CALL].recorded == 2 && rows[TRAP].recorded == 12 && rows[TRAP].reported_only);
    assert_true(rows[LATENCY].recorded == 7);
    say("row call instructions 12323665872 12342103744 12342103744");
    recorded_write(&table, folder, "call");
    begin(NULL);
    recorded_read(&table, folder);
    assert_true(rows[CALL].recorded == 12342103744);
    recorded_write(&table, folder, "trap");
    assert_int_equal(table.mistakes, 1);
    recorded_write(&table, folder, "nobody");
    assert_int_equal(table.mistakes, 2);
}

static void nothing_is_recorded_out_of_a_run_with_mistakes(void **state)
{
    (void)state;
    put("kernel", "call 99\n");
    recorded_read(&table, folder);
    say("row call instructions 1 2 3");
    say("row call");
    recorded_write(&table, folder, NULL);
    begin(NULL);
    recorded_read(&table, folder);
    assert_true(rows[CALL].recorded == 99);
}

static void bad_records_are_refused(void **state)
{
    static const char *const LINES[] = {
        "call\n",     "call x\n",  "call nan\n",      "call 1 often\n", "call 1 reported x\n",
        "nobody 1\n", "guest 1\n", "call 1\ncall 1\n"};

    (void)state;
    for (size_t i = 0; i < sizeof LINES / sizeof LINES[0]; i++) {
        begin(NULL);
        put("kernel", LINES[i]);
        recorded_read(&table, folder);
        assert_int_equal(table.mistakes, 1);
    }
}

static struct counts print_table(char *text, size_t size)
{
    struct counts counts = {0};
    FILE *file = fmemopen(text, size, "w");

    assert_non_null(file);
    counts = output_table(&table, file);
    fclose(file);
    return counts;
}

static void the_table_names_what_failed_and_both_figures(void **state)
{
    char text[4096];
    struct counts counts = {0};

    (void)state;
    say("row call instructions 80 85 90");
    say("row trap instructions 80 85 90");
    rows[CALL].recorded = 80;
    rows[TRAP].recorded = 85;
    counts = print_table(text, sizeof text);
    assert_int_equal(counts.passed, 1);
    assert_int_equal(counts.failed, 2);
    assert_int_equal(counts.within, 1);
    assert_int_equal(counts.over, 0);
    assert_non_null(strstr(text, "WORSE: call is 85, recorded is 80"));
    assert_non_null(strstr(text, "MISSING: latency_max"));
    assert_null(strstr(text, "guest"));
    rows[CALL].median = rows[CALL].recorded = 89;
    say("row latency_max instructions 1 2 3");
    counts = print_table(text, sizeof text);
    assert_int_equal(counts.failed, 1);
    assert_int_equal(counts.over, 1);
    assert_non_null(strstr(text, "NOT RECORDED: latency_max"));
    assert_non_null(strstr(text, "over"));
}

static void json_has_null_for_what_is_not_there(void **state)
{
    char text[4096];
    FILE *file = fmemopen(text, sizeof text, "w");

    (void)state;
    output_json(&table, file);
    fclose(file);
    assert_string_equal(text, "[]\n");
    say("row call instructions 80 85 90");
    say("row trap instructions 1 2 3");
    say("other trap 9 a\tb");
    file = fmemopen(text, sizeof text, "w");
    output_json(&table, file);
    fclose(file);
    assert_non_null(strstr(text, "{\"name\": \"call\", \"unit\": \"instructions\", \"quoll\": 85, \"peer\": 208, "
                                 "\"peer_name\": \"seL4\", \"ratio\": 0.408653846154, \"how\": \"a \\\"call\\\"\","));
    assert_non_null(strstr(text, "\"within\": true"));
    assert_non_null(strstr(text, "\"peer\": null, \"peer_name\": null, \"ratio\": null"));
    assert_non_null(strstr(text, "\"others\": [{\"name\": \"a\\u0009b\", \"value\": 9}]"));
    assert_null(strstr(text, "nan"));
    assert_null(strstr(text, "latency_max"));
}

static void the_picture_has_a_bar_for_each_row_with_a_peer(void **state)
{
    char text[8192];
    FILE *file = fmemopen(text, sizeof text, "w");

    (void)state;
    say("row call instructions 400 400 400");
    say("peer call 200 <seL4 & others>");
    say("row trap instructions 1 2 3");
    output_picture(&table, file);
    fclose(file);
    assert_non_null(strstr(text, "&lt;seL4 &amp; others>"));
    assert_non_null(strstr(text, "<rect class=\"bad\""));
    assert_non_null(strstr(text, "prefers-color-scheme: dark"));
    assert_null(strstr(text, ">trap<"));
    assert_null(strstr(text, "nan"));
    assert_string_equal(text + strlen(text) - 7, "</svg>\n");
}

static int clear(void **state)
{
    static const char *const FILES[] = {"kernel", "linux", "kernel.rows", "kernels.rows"};
    char path[64];

    (void)state;
    for (size_t i = 0; i < sizeof FILES / sizeof FILES[0]; i++) {
        snprintf(path, sizeof path, "%s/%s", folder, FILES[i]);
        unlink(path);
    }
    return rmdir(folder);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, begin, end)

int main(int argc, char *argv[])
{
    static const struct CMUnitTest TESTS[] = {
        TEST(a_row_is_read),
        TEST(a_row_stands_behind_a_name_and_between_other_things),
        TEST(a_maximum_is_judged_by_its_maximum),
        TEST(peers_of_the_same_run_take_the_recorded_one_s_place),
        TEST(bad_lines_are_refused),
        TEST(more_peers_than_there_is_room_for_are_refused),
        TEST(a_relative_target_needs_a_peer),
        TEST(changes_are_told_apart),
        TEST(a_tolerance_is_kept),
        TEST(a_console_s_name_is_its_kind),
        TEST(recorded_figures_are_read_and_written),
        TEST(nothing_is_recorded_out_of_a_run_with_mistakes),
        TEST(bad_records_are_refused),
        TEST(the_table_names_what_failed_and_both_figures),
        TEST(json_has_null_for_what_is_not_there),
        TEST(the_picture_has_a_bar_for_each_row_with_a_peer),
    };

    if (argc > 1)
        cmocka_set_test_filter(argv[1]);
    assert_non_null(mkdtemp(folder));
    return cmocka_run_group_tests(TESTS, NULL, clear);
}
