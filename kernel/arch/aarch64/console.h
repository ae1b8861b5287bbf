/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Boot and panic messages on the board's PL011.
 */
#pragma once

#include <stdint.h>

/* The UART at a physical address; 0: none, everything written is dropped. */
void console_init(uint64_t uart);

void console_string(const char *text);
void console_hex(uint64_t value);
void console_decimal(uint64_t value);
