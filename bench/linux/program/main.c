/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The first and only program of a Linux that is measured. What it does stands on the kernel's command line, which Linux
 * hands to it as environment: `bench=` a list of groups, `samples=` of cyclictest. Then it switches the machine off.
 * bench/services has groups of its own behind the same main().
 */
#include <fcntl.h>
#include <linux/random.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bench.h"

static void set_up(void)
{
    (void)mkdir("/dev", 0755);
    (void)mkdir("/proc", 0755);
    (void)mkdir("/tmp", 0755);
    (void)mkdir("/sys", 0755);
    (void)mount("dev", "/dev", "devtmpfs", 0, NULL);
    (void)mount("proc", "/proc", "proc", 0, NULL);
    (void)mount("sys", "/sys", "sysfs", 0, NULL);
    (void)mkdir("/dev/shm", 0755);
    int console = open("/dev/console", O_RDWR);
    dup2(console, STDIN_FILENO);
    dup2(console, STDOUT_FILENO);
    dup2(console, STDERR_FILENO);
    if (console > STDERR_FILENO)
        close(console);
}

/* A random pool that is not seeded costs every entry of Linux thousands of instructions until it is. */
static void credit_entropy(void)
{
    struct {
        struct rand_pool_info info;
        uint32_t word[64];
    } pool = {.info = {.entropy_count = 64 * 32, .buf_size = 64 * 4}};
    int file = open("/dev/random", O_RDWR);

    for (uint32_t i = 0; i < 64; i++)
        pool.word[i] = i * 2654435761U;
    must(file >= 0 && ioctl(file, RNDADDENTROPY, &pool) == 0, "crediting entropy");
    close(file);
}

/*
 * Where the stack and mappings of a process lie, Linux throws dice about; what lands on one page table or on two makes
 * two percent of `mmap`. From here on it does not, and this program begins again, to lie where it always does.
 */
static _Noreturn void begin_again(void)
{
    int file = open("/proc/sys/kernel/randomize_va_space", O_WRONLY);

    must(file >= 0 && write(file, "0", 1) == 1, "randomize_va_space");
    close(file);
    execl("/proc/self/exe", "/init", "measure", (char *)NULL);
    give_up("/proc/self/exe");
}

int main(int argc, char **argv)
{
    uint64_t begin = ticks();
    const char *wanted = getenv("bench");

    if (argc > 1 && strcmp(argv[1], "nothing") == 0)
        return 0;
    if (argc == 1) {
        set_up();
        credit_entropy();
        double from_entry = (double)(begin * instructions_a_tick());
        print_row("entry_to_init", &from_entry, 1);
        begin_again();
    }
    calibrate_loop();
    for (const struct group *group = groups; wanted != NULL && group->name != NULL; group++)
        if (strstr(wanted, group->name) != NULL)
            group->run();
    printf("bench: end\n");
    fflush(stdout);
    sleep(1);
    reboot(RB_POWER_OFF);
    return 0;
}
