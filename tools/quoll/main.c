/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * quoll, the host tool: commands and options. Exit status 0, 1 for a mistake in a description, 2 for wrong use or a
 * machine that does not give what is needed.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "tools/quoll/arena.h"
#include "tools/quoll/header.h"
#include "tools/quoll/image.h"
#include "tools/quoll/report.h"
#include "tools/quoll/rta.h"
#include "tools/quoll/trace.h"
#include "tools/quoll/value.h"

enum { SET_MAX = 64 };

struct options {
    const char *command;
    const char *description;
    const char *output;
    const char *kernel;
    const char *board;
    const char *svg;
    const char *log;       /* trace: what a console printed */
    const char *from, *to; /* trace: what of it is drawn */
    const char *guest_kernel, *guest_initrd, *guest_bootargs;
    const char *set[SET_MAX];
    unsigned set_count;
    struct search search;
    struct search sources;
};

static const char USAGE[] =
    "usage: quoll COMMAND system.yaml [options]\n"
    "\n"
    "  build     check the description and write the boot image   -o IMAGE --kernel quoll.bin\n"
    "  headers   write component.h for every component            -o FOLDER\n"
    "  report    memory, capabilities, who reaches what, time     [-o FILE] [--svg FILE] [--source FOLDER]\n"
    "  programs  print `component program line:column` lines\n"
    "  board     print what QEMU needs to know\n"
    "  modules   print the guests' files\n"
    "  trace     turn what services/trace printed into pictures   system.yaml CONSOLE.LOG [-o JSON] [--svg FILE]\n"
    "\n"
    "  --search FOLDER            where programs, guest files and boards/ are looked for; may be repeated\n"
    "  --board NAME               another board than the description's\n"
    "  --set path.to.key=value    change the description; an empty value removes the key\n"
    "  --from TIME, --to TIME     what of a trace the picture shows, such as 1500us; from its beginning, to its end\n"
    "  --guest-kernel FILE, --guest-initrd FILE, --guest-bootargs TEXT\n"
    "                             the same for the first VM of the description\n";

static _Noreturn void usage(const char *why)
{
    fputs(USAGE, stderr);
    fail("%s", why);
}

static void add_folder(struct search *search, const char *folder)
{
    if (search->count == SEARCH_MAX)
        usage(arena_print("more than %d folders", SEARCH_MAX));
    search->folder[search->count++] = folder;
}

/* An option with a value; false when it is not one. */
static bool take_option(struct options *options, const char *name, const char *value)
{
    struct {
        const char *name;
        const char **place;
    } texts[] = {
        {"-o", &options->output},
        {"--kernel", &options->kernel},
        {"--board", &options->board},
        {"--svg", &options->svg},
        {"--from", &options->from},
        {"--to", &options->to},
        {"--guest-kernel", &options->guest_kernel},
        {"--guest-initrd", &options->guest_initrd},
        {"--guest-bootargs", &options->guest_bootargs},
    };

    for (unsigned i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        if (strcmp(name, texts[i].name) == 0) {
            *texts[i].place = value;
            return true;
        }
    }
    if (strcmp(name, "--search") == 0) {
        add_folder(&options->search, value);
        options->search.chosen = true;
    } else if (strcmp(name, "--source") == 0) {
        add_folder(&options->sources, value);
    } else if (strcmp(name, "--set") == 0) {
        if (options->set_count == SET_MAX)
            usage(arena_print("more than %d times --set", SET_MAX));
        options->set[options->set_count++] = value;
    } else {
        return false;
    }
    return true;
}

/* The description, and behind it what a console printed. */
static void take_file(struct options *options, const char *path)
{
    bool trace = strcmp(options->command, "trace") == 0;

    if (options->description == NULL)
        options->description = path;
    else if (trace && options->log == NULL)
        options->log = path;
    else
        usage(arena_print("a second %s, %s", trace ? "log" : "description", path));
}

static void read_options(int count, char **arguments, struct options *options)
{
    if (count < 2)
        usage("no command");
    options->command = arguments[1];
    if (strcmp(options->command, "--help") == 0 || strcmp(options->command, "help") == 0) {
        fputs(USAGE, stdout);
        return;
    }
    for (int i = 2; i < count; i++) {
        if (arguments[i][0] != '-') {
            take_file(options, arguments[i]);
        } else if (i + 1 == count) {
            usage(arena_print("%s lacks a value, or is no option", arguments[i]));
        } else if (take_option(options, arguments[i], arguments[i + 1])) {
            i++;
        } else {
            usage(arena_print("no option %s", arguments[i]));
        }
    }
    if (options->description == NULL)
        usage("no description");
}

/* Search folders end with the description's own and the current one. */
static void complete_search(struct options *options)
{
    const char *slash = strrchr(options->description, '/');

    if (slash != NULL)
        add_folder(&options->search, arena_copy(options->description, (size_t)(slash - options->description)));
    add_folder(&options->search, ".");
    if (options->sources.count == 0)
        add_folder(&options->sources, ".");
}

static void list_programs(const struct system *system)
{
    printf("root %s %u:%u\n", system->root.program, system->root.at.line, system->root.at.column);
    for (unsigned i = 0; i < system->component_count; i++) {
        const struct component *component = &system->components[i];

        printf("%s %s %u:%u\n", component->name, component->program, component->program_at.line,
               component->program_at.column);
    }
}

static void list_board(const struct system *system)
{
    const struct board *board = system->board;

    printf("name %s\n", board->name);
    printf("machine %s\n", board->qemu_machine);
    printf("cpu %s\n", board->cpu);
    printf("memory %" PRIu64 "\n", board->ram_size / MIB);
    printf("cores %u\n", board->core_count);
}

static void list_module(const struct module *module)
{
    if (module->path != NULL)
        printf("%s\n", module->path);
}

static void list_modules(const struct system *system)
{
    for (unsigned i = 0; i < system->component_count; i++) {
        const struct vm *vm = system->components[i].vm;

        if (vm == NULL)
            continue;
        list_module(&vm->kernel);
        list_module(&vm->initrd);
        list_module(&vm->firmware);
    }
}

static void build(const struct options *options, const struct tables *tables, struct layout *layout)
{
    struct file image = {0};

    if (options->kernel == NULL)
        usage("no kernel; write --kernel quoll.bin");
    if (!layout_programs(layout, tables, &options->search))
        return;
    image_make(layout, options->kernel, &image);
    if (!layout_check_ram(layout))
        return;
    warn_late(tables->system);
    if (options->output != NULL)
        file_write(options->output, image.data, image.size);
}

/* What needs checked tables: headers, build, report. */
static void run_with_tables(const struct options *options, struct system *system)
{
    struct tables *tables = arena_allocate(1, sizeof *tables);
    struct layout *layout = arena_allocate(1, sizeof *layout);
    bool headers = strcmp(options->command, "headers") == 0;
    bool report = strcmp(options->command, "report") == 0;
    bool trace = strcmp(options->command, "trace") == 0;

    if (options->output == NULL && !report && !trace)
        usage("no output; write -o");
    if (trace && options->log == NULL)
        usage("no log of a console; write it behind the description");
    /* Headers are wanted before guests' files are there, and names do not depend on them. */
    if (!system_resolve(system, headers || trace ? NULL : &options->search) || !system_check(system) ||
        !tables_make(system, tables))
        return;
    if (headers) {
        headers_write(tables, options->output);
        return;
    }
    if (trace) {
        const struct trace_request request = {.log = options->log,
                                              .json = options->output,
                                              .svg = options->svg,
                                              .from = options->from,
                                              .to = options->to};

        trace_run(tables, &request);
        return;
    }
    if (report) {
        struct options dry = *options;

        dry.output = NULL;
        build(&dry, tables, layout);
        if (mistake_count() == 0)
            report_write(layout, &options->sources, options->output, options->svg);
        return;
    }
    build(options, tables, layout);
}

int main(int count, char **arguments)
{
    struct options options = {0};
    struct system system = {0};

    read_options(count, arguments, &options);
    if (options.description == NULL)
        return 0;
    complete_search(&options);
    struct source source = {.path = options.description,
                            .search = &options.search,
                            .board = options.board,
                            .set = options.set,
                            .set_count = options.set_count,
                            .guest_kernel = options.guest_kernel,
                            .guest_initrd = options.guest_initrd,
                            .guest_bootargs = options.guest_bootargs};

    if (system_read(&source, &system)) {
        if (strcmp(options.command, "programs") == 0)
            list_programs(&system);
        else if (strcmp(options.command, "board") == 0)
            list_board(&system);
        else if (strcmp(options.command, "modules") == 0)
            list_modules(&system);
        else if (strcmp(options.command, "headers") == 0 || strcmp(options.command, "build") == 0 ||
                 strcmp(options.command, "report") == 0 || strcmp(options.command, "trace") == 0)
            run_with_tables(&options, &system);
        else
            usage(arena_print("no command %s", options.command));
    }
    arena_free();
    return mistake_count() == 0 ? 0 : 1;
}
