/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Puts the guest into its memory as the arm64 boot protocol wants it (Linux, Documentation/arm64/booting.rst), or as
 * firmware that runs from a ROM at 0 finds it on this board.
 *
 *   RAM  | text_offset | kernel with its bss | .. 2 MiB | initramfs | .. 2 MiB | device tree |
 *   RAM  | device tree |                                                        with firmware
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct load_entry {
    uint64_t pc;
    uint64_t argument; /* x0 */
};

/*
 * Zeroes the RAM when it is `used` (else it is as the kernel handed it over, zeroed), writes everything, and leaves
 * nothing of it in a cache alone. False, with a line
 * on the console, when the kernel is not an arm64 Image or something does not fit.
 */
bool load_guest(bool used, struct load_entry *entry);
