/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * A board, from its device tree: what a description may use of the hardware.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "abi/boot_info.h"
#include "tools/quoll/diagnostics.h"
#include "tools/quoll/file.h"

/* What /aliases names. */
struct board_device {
    const char *name;
    uint64_t address;
    uint64_t size;
    bool has_interrupt;
    uint32_t interrupt; /* INTID */
    bool edge;
};

struct board {
    const char *name;
    const char *cpu; /* QEMU's names, or "" for a board that is not QEMU's */
    const char *qemu_machine;
    struct boot_range ram[BOOT_RAM_MAX];
    unsigned ram_count;
    uint64_t ram_size;
    unsigned core_count;
    uint64_t core_mpidr[BOOT_CORE_MAX];
    uint64_t uart;
    uint64_t gic_distributor, gic_redistributor, gic_redistributor_size;
    uint32_t hypervisor_timer, virtual_timer, maintenance;
    struct board_device *devices;
    unsigned device_count;
};

/*
 * Reads boards/<name>.dtb or <name>.dts (compiled with dtc) from the search folders, or a path that ends so. Mistakes
 * are reported at `at`, the place of the description that names the board; NULL after one.
 */
struct board *board_read(const char *name, struct position at, const struct search *search);

const struct board_device *board_device_find(const struct board *board, const char *name);
