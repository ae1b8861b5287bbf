/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "bench/figures/figures.h"
#include "guest.h"

enum { SGI = 3, LINE_LENGTH = 64, LINES = 32 };

static uint64_t overhead;
static struct exit_figures exits[ROUNDS];
static uint64_t begin[ROUNDS], end[ROUNDS];
static char rows[2048]; /* to be printed last, for output leaves the VMM with something to do later */
static unsigned rows_length;

void print(const char *text)
{
    for (; *text != '\0'; text++) {
        while ((*device(PL011 + PL011_FR) & PL011_TXFF) != 0)
            continue;
        *device(PL011 + PL011_DR) = (uint8_t)*text;
    }
}

void guest_unexpected(void)
{
    print("FAIL guest: an exception\n");
    for (;;)
        __asm__ volatile("wfi");
}

static void row(const char *name, unsigned divisor)
{
    char line[FIGURES_LINE] = {0};

    figures_row(line, name, "instructions", divisor);
    for (const char *c = line; *c != '\0' && rows_length < sizeof(rows) - 1; c++)
        rows[rows_length++] = *c;
}

/* Event 8 is INST_RETIRED (D13.12.3); bits of PMEVTYPER: 31 not at EL1, 30 not at EL0, 27 at EL2 (D19.5). */
static void counters_begin(void)
{
    const uint64_t event = 8;

    WRITE(pmevtyper0_el0, event | UINT64_C(1) << 31);
    WRITE(pmevtyper1_el0, event | UINT64_C(1) << 31 | UINT64_C(1) << 30 | UINT64_C(1) << 27);
    WRITE(pmcntenset_el0, 3);
    __asm__ volatile("isb");
}

static void calibrate(void)
{
    struct exit_figures nothing = {0};

    MEASURE(&nothing, "", 0);
    overhead = nothing.all;
    if (nothing.user != 0 || nothing.kernel != 0)
        print("FAIL guest: instructions of other levels where there are none\n");
}

static void show(const char *name)
{
    figures_clear();
    for (unsigned i = WARM_UP; i < ROUNDS; i++)
        figures_add(exits[i].all - overhead);
    row(name, 1);
}

/* bench/steps looks for the instruction in it, and in the next. */
__attribute__((noinline)) static void measure_access(void)
{
    for (unsigned i = 0; i < ROUNDS; i++)
        MEASURE(&exits[i], "ldr w9, [%2]", PL011 + PL011_CR);
    show("vmexit_round_trip");
    figures_clear();
    for (unsigned i = WARM_UP; i < ROUNDS; i++)
        figures_add(exits[i].user);
    row("vmexit_vmm", 1);
    figures_clear();
    for (unsigned i = WARM_UP; i < ROUNDS; i++)
        figures_add(exits[i].kernel);
    row("vmexit_kernel", 1);
}

__attribute__((noinline)) static void measure_registers(void)
{
    for (unsigned i = 0; i < ROUNDS; i++)
        MEASURE(&exits[i], "mrs x9, actlr_el1", 0);
    show("sysreg_trap");
    for (unsigned i = 0; i < ROUNDS; i++)
        MEASURE(&exits[i], "ldr w9, [%2]", GICD + GICD_TYPER);
    show("gicd_read");
}

static void measure_sgi(void)
{
    volatile uint32_t *const sgis = device(GICR + GICR_SGI_FRAME);

    *device(GICD + GICD_CTLR) = 2; /* group 1 */
    sgis[GICR_IGROUPR0 / 4] = UINT32_MAX;
    sgis[GICR_ISENABLER0 / 4] = 1 << SGI;
    WRITE(S3_0_C4_C6_0, 0xff); /* ICC_PMR_EL1 */
    WRITE(S3_0_C12_C12_7, 1);  /* ICC_IGRPEN1_EL1 */
    __asm__ volatile("isb");
    sgi_rounds((uint64_t)SGI << 24 | 1, begin, end);
    figures_clear();
    for (unsigned i = WARM_UP; i < ROUNDS; i++)
        figures_add(end[i] - begin[i] - overhead);
    row("guest_sgi", 1);
}

static const char text[LINE_LENGTH + 1] = "guest: a line of 64 characters, the last of which is its end. ..\n";

/* As a kernel's early console does it: the flags, then the character. What the VMM does with a line is in it. */
static void measure_console(void)
{
    for (unsigned i = 0; i < LINES; i++) {
        begin[i] = READ(pmccntr_el0);
        print(text);
        end[i] = READ(pmccntr_el0);
    }
    figures_clear();
    for (unsigned i = LINES / 4; i < LINES; i++)
        figures_add(end[i] - begin[i] - overhead);
    row("guest_console_poll", LINE_LENGTH);
}

/* Until the service has the line and the buffer is back: `serial` reads it in place, or the VMM copies it. */
static void measure_queue(void)
{
    if (queue_samples(text, LINE_LENGTH, LINES, LINES / 4))
        row("queue_write", 1);
    else
        print("FAIL guest: the virtio-console does not work\n");
}

void guest_main(void)
{
    counters_begin();
    calibrate();
    measure_access();
    measure_registers();
    measure_sgi();
    measure_console();
    measure_queue();
    print(rows);
    print("DONE\n");
    for (;;)
        __asm__ volatile("wfi");
}
