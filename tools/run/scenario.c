/*
 * SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Quoll authors
 *
 * Plays a scenario against a machine's console: scenario [-v] [-l LOG] FILE -- COMMAND...
 *
 * The command runs on a pseudo-terminal. Its output is collected, without carriage returns and terminal escapes, in one
 * growing text; `expect` searches it from where the last match ended, `never` patterns are tried on every line that
 * comes in. Exit status 0: every step done; 1: one failed, with the end of the console printed; 2: not playable.
 * The language is described in tools/run/README.md, and read by script.c.
 */
#include <errno.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include "script.h"

enum { END_LINES = 60, NEVER_MAX = 32 };
enum escape { ESCAPE_NONE, ESCAPE_START, ESCAPE_CSI };

struct machine {
    pid_t pid;
    int console;
    bool ended;
    int status;
};

struct player {
    struct machine machine;
    bool verbose;
    FILE *log;
    enum escape escape;
    char *text;
    size_t length, capacity;
    size_t seen; /* where the next expect begins */
    size_t line; /* beginning of the line that is still coming in */
    const struct step *never[NEVER_MAX];
    size_t never_count;
    const struct step *violated;
};

static double now(void)
{
    struct timespec t = {0};
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void append(struct player *player, char c)
{
    if (player->length + 1 >= player->capacity) {
        player->capacity *= 2;
        player->text = realloc(player->text, player->capacity);
        if (!player->text) {
            fputs("scenario: out of memory\n", stderr);
            exit(2);
        }
    }
    player->text[player->length++] = c;
    player->text[player->length] = '\0';
}

/* Tries every `never` on the text from the last incomplete line on. */
static void watch(struct player *player)
{
    for (size_t i = 0; i < player->never_count && !player->violated; i++) {
        size_t end = 0;
        size_t from = player->line > player->seen ? player->line : player->seen;
        if (pattern_find(&player->never[i]->pattern, player->text, from, &end))
            player->violated = player->never[i];
    }
    char *newline = strrchr(player->text + player->line, '\n');
    if (newline)
        player->line = (size_t)(newline - player->text) + 1;
}

static void take(struct player *player, const char *bytes, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        char c = bytes[i];
        if (player->escape == ESCAPE_START)
            player->escape = c == '[' ? ESCAPE_CSI : ESCAPE_NONE;
        else if (player->escape == ESCAPE_CSI)
            player->escape = c >= '@' && c <= '~' ? ESCAPE_NONE : ESCAPE_CSI;
        else if (c == '\033')
            player->escape = ESCAPE_START;
        else if (c != '\r')
            append(player, c ? c : '?');
    }
    watch(player);
}

/* Reads what the console has, waiting for at most `seconds`. */
static void pump(struct player *player, double seconds)
{
    struct pollfd fd = {.fd = player->machine.console, .events = POLLIN};
    char bytes[4096];

    if (player->machine.ended || poll(&fd, 1, (int)(seconds * 1000) + 1) <= 0)
        return;
    ssize_t count = read(fd.fd, bytes, sizeof(bytes));
    if (count <= 0) {
        if (count < 0 && errno == EINTR)
            return;
        player->machine.ended = true; /* the last holder of the terminal is gone */
        waitpid(player->machine.pid, &player->machine.status, 0);
        player->machine.pid = 0;
        return;
    }
    if (player->verbose) {
        fwrite(bytes, 1, (size_t)count, stdout);
        fflush(stdout);
    }
    if (player->log) {
        fwrite(bytes, 1, (size_t)count, player->log);
        fflush(player->log);
    }
    take(player, bytes, (size_t)count);
}

static bool matched(struct player *player, const struct step *step)
{
    size_t end = 0;

    if (!pattern_find(&step->pattern, player->text, player->seen, &end))
        return false;
    player->seen += end;
    return true;
}

/* Runs until the step is done or its time is over; a broken `never` or the machine's end stops it. */
static bool wait_for(struct player *player, const struct step *step)
{
    double deadline = now() + step->seconds;

    for (;;) {
        if (player->violated)
            return false;
        if (step->kind == STEP_EXPECT && matched(player, step))
            return true;
        if (step->kind == STEP_EXIT && player->machine.ended)
            return true;
        double left = deadline - now();
        if (left <= 0)
            return step->kind == STEP_DURING;
        if (player->machine.ended)
            return false;
        pump(player, left < 1 ? left : 1);
    }
}

static bool type(struct player *player, const struct step *step)
{
    size_t done = 0;

    while (done < step->pattern.length) {
        ssize_t count = write(player->machine.console, step->pattern.text + done, step->pattern.length - done);
        if (count < 0 && errno != EINTR)
            return false;
        done += count > 0 ? (size_t)count : 0;
        pump(player, 0.02); /* an emulated UART has a short queue */
    }
    return true;
}

static bool play_step(struct player *player, const struct step *step)
{
    switch (step->kind) {
    case STEP_SEND:
        return type(player, step);
    case STEP_NEVER:
        if (player->never_count == NEVER_MAX)
            return false;
        player->never[player->never_count++] = step;
        return true;
    case STEP_EXPECT:
    case STEP_DURING:
    case STEP_EXIT:
        return wait_for(player, step);
    default:
        return true;
    }
}

static bool start(struct machine *machine, const struct script *script, char **command)
{
    struct termios raw = {0};
    struct winsize size = {.ws_row = 50, .ws_col = 200};

    cfmakeraw(&raw);
    cfsetspeed(&raw, B115200);
    machine->pid = forkpty(&machine->console, NULL, &raw, &size);
    if (machine->pid == 0) {
        for (size_t i = 0; i < script->count; i++)
            if (script->steps[i].kind == STEP_SET)
                setenv(script->steps[i].name, script->steps[i].pattern.text, 1);
        execvp(command[0], command);
        fprintf(stderr, "scenario: cannot run %s: %s\n", command[0], strerror(errno));
        _exit(127);
    }
    return machine->pid > 0;
}

static void stop(struct machine *machine)
{
    for (int i = 0; machine->pid > 0 && i < 50; i++) {
        kill(machine->pid, i < 30 ? SIGTERM : SIGKILL);
        if (waitpid(machine->pid, &machine->status, WNOHANG) == machine->pid)
            machine->pid = 0;
        else
            usleep(100000);
    }
}

static void print_end(const struct player *player)
{
    size_t from = player->length;

    for (int lines = 0; from > 0 && lines <= END_LINES; from--)
        lines += player->text[from - 1] == '\n';
    printf("---- end of the console\n%s\n----\n", player->length ? player->text + from : "(nothing was printed)");
}

static void report_failure(const struct player *player, const struct script *script, const struct step *step)
{
    if (player->violated)
        printf("%s:%d: FAIL: came, and never should: %s\n", script->name, player->violated->line,
               player->violated->source);
    else if (player->machine.ended && step->kind != STEP_EXIT)
        printf("%s:%d: FAIL: the machine ended (status %d) before: %s\n", script->name, step->line,
               WEXITSTATUS(player->machine.status), step->source);
    else
        printf("%s:%d: FAIL: not within %.0f s: %s\n", script->name, step->line, step->seconds, step->source);
    if (!player->verbose)
        print_end(player);
}

static int play(struct player *player, const struct script *script)
{
    size_t done = 0;

    for (size_t i = 0; i < script->count; i++) {
        if (!play_step(player, &script->steps[i]) || player->violated) {
            report_failure(player, script, &script->steps[i]);
            return 1;
        }
        done += script->steps[i].kind != STEP_SET;
    }
    printf("%s%s: ok, %zu steps\n", player->verbose ? "\n" : "", script->name, done);
    return 0;
}

int main(int argc, char **argv)
{
    struct player player = {.capacity = 65536};
    struct script script = {0};
    const char *log = NULL;
    int option = 0;

    while ((option = getopt(argc, argv, "+vl:")) != -1) {
        if (option == 'v')
            player.verbose = true;
        else if (option == 'l')
            log = optarg;
        else
            return 2;
    }
    if (argc - optind < 2) {
        fputs("usage: scenario [-v] [-l LOG] FILE -- COMMAND...\n", stderr);
        return 2;
    }
    const char *file = argv[optind++];
    if (!strcmp(argv[optind], "--"))
        optind++;
    if (!script_read(&script, file))
        return 2;
    if (log && !(player.log = fopen(log, "w"))) {
        fprintf(stderr, "scenario: cannot write %s: %s\n", log, strerror(errno));
        return 2;
    }
    if (!start(&player.machine, &script, argv + optind)) {
        fprintf(stderr, "scenario: no terminal: %s\n", strerror(errno));
        return 2;
    }
    player.text = calloc(1, player.capacity);
    int result = player.text ? play(&player, &script) : 2;
    stop(&player.machine);
    return result;
}
