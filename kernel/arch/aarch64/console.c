/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * PL011, polled (DDI 0183, chapter 3). It belongs to the serial service as soon as that runs; the kernel writes to it
 * before that, and when it panics.
 */
#include "console.h"
#include "arch.h"
#include "string.h"

enum {
    UART_DR = 0x00,
    UART_FR = 0x18,
    UART_CR = 0x30,
    FR_BUSY = 1 << 3,
    FR_TXFF = 1 << 5,
    CR_UARTEN = 1 << 0,
    CR_TXE = 1 << 8,
    POLL_LIMIT = 1000000, /* a UART whose FIFO does not drain must not hang the board */
};

static uint64_t console_uart;

static volatile uint32_t *uart_register(unsigned offset)
{
    return paddr_pointer(paddr(console_uart + offset));
}

void console_init(uint64_t uart)
{
    console_uart = uart;
    if (uart != 0 && (*uart_register(UART_CR) & CR_UARTEN) == 0)
        *uart_register(UART_CR) |= CR_UARTEN | CR_TXE;
}

static void console_put(char character)
{
    for (unsigned i = 0; i < POLL_LIMIT && (*uart_register(UART_FR) & FR_TXFF) != 0; i++)
        continue;
    *uart_register(UART_DR) = (unsigned char)character;
}

void arch_console_write(const char *text, size_t length)
{
    if (console_uart == 0)
        return;
    for (size_t i = 0; i < length; i++) {
        if (text[i] == '\n')
            console_put('\r');
        console_put(text[i]);
    }
}

void console_string(const char *text)
{
    arch_console_write(text, strlen(text));
}

void console_hex(uint64_t value)
{
    char text[18] = "0x";

    for (unsigned i = 0; i < 16; i++)
        text[2 + i] = "0123456789abcdef"[value >> (60 - 4 * i) & 0xf];
    arch_console_write(text, sizeof(text));
}

void console_decimal(uint64_t value)
{
    char text[20] = {0};
    unsigned at = sizeof(text);

    do {
        text[--at] = (char)('0' + value % 10);
        value /= 10;
    } while (value != 0);
    arch_console_write(text + at, sizeof(text) - at);
}
