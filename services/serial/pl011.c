/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "pl011.h"

/* DDI 0183, 3.2: byte offsets */
enum {
    DR = 0x00,
    FR = 0x18,
    LCR_H = 0x2c,
    CR = 0x30,
    IFLS = 0x34,
    IMSC = 0x38,
    ICR = 0x44,
};

enum {
    DR_ERRORS = 0x700, /* framing, parity, break; bit 11, overrun, says that later bytes were lost, not this one */
    FR_BUSY = 1 << 3,
    FR_RXFE = 1 << 4,
    FR_TXFF = 1 << 5,
    LCR_H_FEN = 1 << 4,
    LCR_H_8BIT = 3 << 5,
    CR_UARTEN = 1 << 0,
    CR_TXE = 1 << 8,
    CR_RXE = 1 << 9,
    IFLS_TX_1_8 = 0,
    IFLS_RX_1_8 = 0 << 3,
    INT_RX = 1 << 4,
    INT_TX = 1 << 5,
    INT_RT = 1 << 6,
    INT_ALL = 0x7ff,
};

/* Longer than 32 characters take at 9600 baud. */
enum { BUSY_READS_MAX = 1000000 };

static uint32_t read_register(const struct pl011 *uart, unsigned offset)
{
    return uart->registers[offset / 4];
}

static void write_register(struct pl011 *uart, unsigned offset, uint32_t value)
{
    uart->registers[offset / 4] = value;
}

void pl011_start(struct pl011 *uart, uintptr_t address)
{
    *uart = (struct pl011){.registers = (volatile uint32_t *)address, .mask = INT_RX | INT_RT};
    write_register(uart, IMSC, 0);
    /* Its line control may change only while it is off and the last character is out (DDI 0183, 3.3.8). */
    for (unsigned i = 0; i < BUSY_READS_MAX && (read_register(uart, FR) & FR_BUSY) != 0; i++)
        ;
    write_register(uart, CR, 0);
    write_register(uart, ICR, INT_ALL);
    write_register(uart, IFLS, IFLS_TX_1_8 | IFLS_RX_1_8);
    write_register(uart, LCR_H, LCR_H_8BIT | LCR_H_FEN);
    write_register(uart, CR, CR_UARTEN | CR_TXE | CR_RXE);
    write_register(uart, IMSC, uart->mask);
}

bool pl011_receive(struct pl011 *uart, uint8_t *byte)
{
    while ((read_register(uart, FR) & FR_RXFE) == 0) {
        uint32_t data = read_register(uart, DR);
        *byte = (uint8_t)data;
        if ((data & DR_ERRORS) == 0)
            return true;
    }
    return false;
}

bool pl011_send(struct pl011 *uart, uint8_t byte)
{
    if ((read_register(uart, FR) & FR_TXFF) != 0)
        return false;
    write_register(uart, DR, byte);
    return true;
}

void pl011_clear(struct pl011 *uart)
{
    write_register(uart, ICR, INT_ALL);
}

void pl011_want_room(struct pl011 *uart, bool want)
{
    uint32_t mask = INT_RX | INT_RT | (want ? INT_TX : 0);

    if (mask != uart->mask) {
        uart->mask = mask;
        write_register(uart, IMSC, mask);
    }
}
