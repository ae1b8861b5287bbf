/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "pl011.h"

#include "console.h"
#include "rt/calls.h"
#include "timer.h"
#include "vgic.h"
#include "vm.h"

enum {
    UART_DR = 0x00,
    UART_RSR = 0x04,
    UART_FR = 0x18,
    UART_IBRD = 0x24,
    UART_FBRD = 0x28,
    UART_LCR_H = 0x2c,
    UART_CR = 0x30,
    UART_IFLS = 0x34,
    UART_IMSC = 0x38,
    UART_RIS = 0x3c,
    UART_MIS = 0x40,
    UART_ICR = 0x44,
    UART_DMACR = 0x48,
    UART_ID = 0xfe0,
};

enum {
    FR_RXFE = 1 << 4,
    FR_RXFF = 1 << 6,
    FR_TXFE = 1 << 7,
    INTERRUPT_RX = 1 << 4,
    INTERRUPT_TX = 1 << 5,
    INTERRUPTS = 0x7ff,
};

/* How long a byte of output may wait for more. */
enum { FLUSH_NS = 2000000 };

/* So many reads of another size than the match table knows, and it learns that one instead. */
enum { CONSTANT_MISSES = 16 };
#define FLAGS_ADDRESS (BOARD_PL011 + UART_FR)

/* UARTPeriphID0..3 of revision r1p5, whose FIFO holds 32 bytes, and UARTPCellID0..3 */
static const uint8_t identification[8] = {0x11, 0x10, 0x34, 0x00, 0x0d, 0xf0, 0x05, 0xb1};

void pl011_reset(struct pl011 *uart)
{
    *uart = (struct pl011){.control = 0x300, .fifo_level = 0x12};
}

/* Input asserts its interrupt while there is any: trigger level and receive timeout in one. */
static uint32_t raw_interrupts(const struct pl011 *uart)
{
    return uart->raw | (uart->input_count != 0 ? INTERRUPT_RX : 0);
}

static void update_line(struct pl011 *uart)
{
    bool line = (raw_interrupts(uart) & uart->mask) != 0;

    if (line != uart->line) {
        uart->line = line;
        vgic_set_line(BOARD_INTID_PL011, line);
    }
}

/* Apart, like read_flags: pl011_read then needs no stack. */
static __attribute__((noinline)) uint64_t take_input(struct pl011 *uart)
{
    uint8_t byte = 0;

    if (uart->input_count == 0)
        return 0;
    byte = uart->input[uart->input_first];
    uart->input_first = (uart->input_first + 1) % PL011_INPUT;
    uart->input_count--;
    if (uart->input_count == 0) {
        update_line(uart);
        console_input_wanted();
    }
    return byte;
}

static void drop_constant(struct pl011 *uart)
{
    if (uart->constant_size == 0)
        return;
    uart->constant_size = 0;
    for (uint32_t cpu = 0; cpu < VGIC_VCPUS; cpu++)
        (void)quoll_thread_match_remove(vm.vcpu[cpu].thread, FLAGS_ADDRESS);
}

/* Nothing waits: let the kernel say so. If it has no room for that, reads come here as before. */
static void add_constant(struct pl011 *uart, uint32_t size)
{
    if (uart->constant_size != 0 && ++uart->constant_misses < CONSTANT_MISSES)
        return;
    drop_constant(uart);
    uart->constant_size = size;
    uart->constant_misses = 0;
    for (uint32_t cpu = 0; cpu < VGIC_VCPUS; cpu++)
        (void)quoll_thread_match_constant(vm.vcpu[cpu].thread, FLAGS_ADDRESS, size, FR_TXFE | FR_RXFE);
}

static __attribute__((noinline)) uint64_t read_flags(struct pl011 *uart, uint32_t size)
{
    if (uart->input_count == 0)
        add_constant(uart, size);
    return (uint32_t)FR_TXFE | (uart->input_count == 0 ? FR_RXFE : 0) |
           (uart->input_count == PL011_INPUT ? FR_RXFF : 0);
}

uint64_t pl011_read(struct vcpu *vcpu, uint32_t offset, uint32_t size)
{
    struct pl011 *uart = &vm.pl011;

    (void)vcpu;
    switch (offset) {
    case UART_DR:
        return take_input(uart);
    case UART_FR:
        return read_flags(uart, size);
    case UART_IBRD:
        return uart->integer_divisor;
    case UART_FBRD:
        return uart->fractional_divisor;
    case UART_LCR_H:
        return uart->line_control;
    case UART_CR:
        return uart->control;
    case UART_IFLS:
        return uart->fifo_level;
    case UART_IMSC:
        return uart->mask;
    case UART_RIS:
        return raw_interrupts(uart);
    case UART_MIS:
        return raw_interrupts(uart) & uart->mask;
    case UART_DMACR:
        return uart->dma;
    default:
        if (offset >= UART_ID && offset < UART_ID + 4 * sizeof(identification) && offset % 4 == 0)
            return identification[(offset - UART_ID) / 4];
        return 0;
    }
}

static void transmit(struct pl011 *uart, uint8_t byte)
{
    if (uart->output_length == 0)
        timer_after(FLUSH_NS);
    uart->output[uart->output_length++] = byte;
    if (byte == '\n' || uart->output_length == PL011_OUTPUT)
        pl011_flush(uart);
    /* The byte has left at once, so the FIFO has fallen through its trigger level again. */
    uart->raw |= INTERRUPT_TX;
    update_line(uart);
}

void pl011_write(struct vcpu *vcpu, uint32_t offset, uint32_t size, uint64_t value)
{
    struct pl011 *uart = &vm.pl011;
    uint32_t word = (uint32_t)value;

    (void)vcpu;
    (void)size;
    switch (offset) {
    case UART_DR:
        transmit(uart, (uint8_t)word);
        break;
    case UART_IBRD:
        uart->integer_divisor = word & 0xffff;
        break;
    case UART_FBRD:
        uart->fractional_divisor = word & 0x3f;
        break;
    case UART_LCR_H:
        uart->line_control = word & 0xff;
        break;
    case UART_CR:
        uart->control = word & 0xffff;
        break;
    case UART_IFLS:
        uart->fifo_level = word & 0x3f;
        break;
    case UART_IMSC:
        uart->mask = word & INTERRUPTS;
        update_line(uart);
        break;
    case UART_ICR:
        uart->raw &= ~word;
        update_line(uart);
        break;
    case UART_DMACR:
        uart->dma = word & 7;
        break;
    case UART_RSR: /* clears errors; there are none */
    default:
        break;
    }
}

size_t pl011_room(const struct pl011 *uart)
{
    return PL011_INPUT - uart->input_count;
}

void pl011_input(struct pl011 *uart, const uint8_t *data, size_t size)
{
    drop_constant(uart);
    for (size_t i = 0; i < size && uart->input_count < PL011_INPUT; i++) {
        uart->input[(uart->input_first + uart->input_count) % PL011_INPUT] = data[i];
        uart->input_count++;
    }
    update_line(uart);
}

void pl011_flush(struct pl011 *uart)
{
    uint32_t length = uart->output_length;

    if (length == 0)
        return;
    uart->output_length = 0;
    console_output(uart->output, length);
}
