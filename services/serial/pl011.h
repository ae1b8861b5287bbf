/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The UART of the board: Arm PrimeCell PL011 (DDI 0183). The boot firmware or the kernel has set its line rate.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct pl011 {
    volatile uint32_t *registers;
    uint32_t mask; /* what IMSC holds */
};

/* FIFOs on, receive interrupts on. */
void pl011_start(struct pl011 *uart, uintptr_t address);

/* False: nothing was received. A byte with a framing, parity or break error is thrown away. */
bool pl011_receive(struct pl011 *uart, uint8_t *byte);

/* False: the FIFO is full. */
bool pl011_send(struct pl011 *uart, uint8_t byte);

/*
 * Takes the interrupt's causes away; what is in the FIFOs must be looked at after this, not before, or a byte that came
 * between would wait for the next one.
 */
void pl011_clear(struct pl011 *uart);

/* Whether to interrupt when the transmit FIFO drains. */
void pl011_want_room(struct pl011 *uart, bool want);
