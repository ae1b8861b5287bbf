/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The report of `make bench`.
 *
 *   bench-report [-k KIND]... [-e FOLDER] [-j FILE] [-s FILE] [-c FILE] [-a [-o ROW]] CONSOLE...
 *
 *   -k KIND    a kind that was run, so that its rows must be there; once or more
 *   -e FOLDER  the recorded figures to compare with
 *   -j FILE    write JSON         -s FILE    write the picture
 *   -c FILE    write "passed failed", the rows that were compared
 *   -a         write the recorded figures instead of comparing; with -o, of one row alone
 *
 * Ends with 0 if every row is there and none is worse than recorded, 1 if not, 2 if it was called wrongly.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "bench/report/declared.h"
#include "bench/report/output.h"
#include "bench/report/recorded.h"
#include "bench/report/results.h"

struct options {
    const char *expected, *json, *picture, *counts, *only;
    bool accept;
};

static bool parse(struct table *table, struct options *options, int argc, char *const argv[])
{
    for (int option = 0; (option = getopt(argc, argv, "k:e:j:s:c:ao:")) != -1;) {
        switch (option) {
        case 'k':
            if (table_kind(table, optarg) == NULL) {
                fprintf(stderr, "bench-report: bench/rows.def has no kind '%s'\n", optarg);
                return false;
            }
            table_kind(table, optarg)->wanted = true;
            break;
        case 'e':
            options->expected = optarg;
            break;
        case 'j':
            options->json = optarg;
            break;
        case 's':
            options->picture = optarg;
            break;
        case 'c':
            options->counts = optarg;
            break;
        case 'a':
            options->accept = true;
            break;
        case 'o':
            options->only = optarg;
            break;
        default:
            return false;
        }
    }
    return !options->accept || options->expected != NULL;
}

static void write_file(struct table *table, const char *path, void (*output)(const struct table *, FILE *))
{
    FILE *file = path != NULL ? fopen(path, "w") : NULL;

    if (path == NULL)
        return;
    if (file == NULL)
        return table_mistake(table, "%s: %s", path, strerror(errno));
    output(table, file);
    if (fclose(file) != 0)
        table_mistake(table, "%s: cannot be written", path);
}

static void write_counts(struct table *table, const char *path, const struct counts *counts)
{
    FILE *file = path != NULL ? fopen(path, "w") : NULL;

    if (path == NULL)
        return;
    if (file == NULL)
        return table_mistake(table, "%s: %s", path, strerror(errno));
    fprintf(file, "%u %u\n", counts->passed, counts->failed + table->mistakes);
    fclose(file);
}

int main(int argc, char *argv[])
{
    struct options options = {0};
    struct counts counts = {0};
    struct table table;

    declared_rows(&table);
    if (!parse(&table, &options, argc, argv)) {
        fputs("usage: bench-report [-k KIND]... [-e FOLDER] [-j FILE] [-s FILE] [-c FILE] [-a [-o ROW]] CONSOLE...\n",
              stderr);
        return 2;
    }
    for (int i = optind; i < argc; i++)
        results_read(&table, argv[i]);
    if (options.expected != NULL)
        recorded_read(&table, options.expected);
    if (options.accept) {
        recorded_write(&table, options.expected, options.only);
        return table.mistakes > 0;
    }
    counts = output_table(&table, stdout);
    write_file(&table, options.json, output_json);
    write_file(&table, options.picture, output_picture);
    write_counts(&table, options.counts, &counts);
    printf("%u rows as recorded or better, %u not; of those with a target, %u reach it and %u do not\n", counts.passed,
           counts.failed, counts.within, counts.over);
    return counts.failed > 0 || table.mistakes > 0;
}
