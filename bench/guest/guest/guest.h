/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * A guest at EL1 that measures its exits: counters, devices, output. References are to the Arm ARM (DDI 0487).
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#define PL011 UINT64_C(0x09000000)
#define GICD  UINT64_C(0x08000000)
#define GICR  UINT64_C(0x080a0000)

enum { GICD_CTLR = 0, GICD_TYPER = 4, GICR_SGI_FRAME = 0x10000, GICR_IGROUPR0 = 0x80, GICR_ISENABLER0 = 0x100 };
enum { PL011_DR = 0, PL011_FR = 0x18, PL011_TXFF = 1 << 5, PL011_CR = 0x30 };
enum { WARM_UP = 16, SAMPLES = 64, ROUNDS = WARM_UP + SAMPLES };

static inline volatile uint32_t *device(uint64_t address)
{
    return (volatile uint32_t *)address;
}

#define READ(name)                                                          \
    ({                                                                      \
        uint64_t read_value = 0;                                            \
        __asm__ volatile("mrs %0, " #name : "=r"(read_value) : : "memory"); \
        read_value;                                                         \
    })
#define WRITE(name, value) __asm__ volatile("msr " #name ", %0" : : "r"((uint64_t)(value)) : "memory")

/* What an exit takes: at all levels, at EL0, at EL2. */
struct exit_figures {
    uint64_t all, user, kernel;
};

/*
 * Executes one instruction between two reads of the counter of instructions, and between reads of those that count
 * EL0 and EL2 alone. The instruction may use x9, and the value as %2.
 */
#define MEASURE(figures, instruction, value)                                             \
    do {                                                                                 \
        uint64_t measure_user = READ(pmevcntr0_el0);                                     \
        uint64_t measure_kernel = READ(pmevcntr1_el0);                                   \
        uint64_t measure_begin = 0, measure_end = 0;                                     \
        __asm__ volatile("mrs %0, pmccntr_el0\n\t" instruction "\n\tmrs %1, pmccntr_el0" \
                         : "=&r"(measure_begin), "=&r"(measure_end)                      \
                         : "r"((uint64_t)(value))                                        \
                         : "x9", "memory");                                              \
        (figures)->all = measure_end - measure_begin;                                    \
        (figures)->user = (uint32_t)(READ(pmevcntr0_el0) - measure_user);                \
        (figures)->kernel = (uint32_t)(READ(pmevcntr1_el0) - measure_kernel);            \
    } while (0)

void print(const char *text);
_Noreturn void guest_unexpected(void);
_Noreturn void guest_main(void);

/* An SGI to itself, ROUNDS times: begin[i] before it, end[i] at the vector (sgi.S). */
void sgi_rounds(uint64_t value, uint64_t *begin, uint64_t *end);

/* Sends the text `rounds` times through the virtio-console; the samples are those behind `skip`. False: it cannot. */
bool queue_samples(const char *text, uint32_t length, unsigned rounds, unsigned skip);
