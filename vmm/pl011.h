/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The guest's PL011 UART (Arm DDI 0183). Output is gathered into chunks for the console; input waits in a ring. While
 * none does, the flag register is a constant, and after its first read the vCPU's match table answers for it: drivers
 * read it before every character, or all the time.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct vcpu;

enum { PL011_OUTPUT = 56, PL011_INPUT = 256 };

struct pl011 {
    uint32_t integer_divisor, fractional_divisor, line_control, control, fifo_level, mask, raw, dma;
    uint32_t output_length;
    uint32_t input_first, input_count;
    bool line;                /* level last told to the interrupt controller */
    uint32_t constant_size;   /* of accesses to the flag register that the match table answers; 0: none */
    uint32_t constant_misses; /* reads of another size since then */
    uint8_t output[PL011_OUTPUT];
    uint8_t input[PL011_INPUT];
};

void pl011_reset(struct pl011 *uart);

/* Accesses to vm.pl011 (board.h). */
uint64_t pl011_read(struct vcpu *vcpu, uint32_t offset, uint32_t size);
void pl011_write(struct vcpu *vcpu, uint32_t offset, uint32_t size, uint64_t value);

/* Room for input, in bytes. */
size_t pl011_room(const struct pl011 *uart);

/* Input from the console; what does not fit is lost, as on a wire. */
void pl011_input(struct pl011 *uart, const uint8_t *data, size_t size);

/* Sends what was gathered. */
void pl011_flush(struct pl011 *uart);
