/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * What the host tool tells a VMM about its guest: one read-only page at VM_SETTINGS_ADDRESS of the generated
 * component.h. It is data and not a header, so that another kernel or command line for the guest needs no other VMM.
 */
#pragma once

#include <assert.h>
#include <stdint.h>

#define VM_SETTINGS_MAGIC UINT64_C(0x47535f4d565f4c51) /* "QL_VM_SG" read as a little-endian word */
enum { VM_SETTINGS_VERSION = 1, VM_BOOTARGS_MAX = 2048 };

struct vm_settings {
    uint64_t magic;
    uint32_t version;
    uint32_t reserved;
    uint64_t kernel_size;           /* bytes at VM_KERNEL_ADDRESS; 0: none */
    uint64_t initrd_size;           /* bytes at VM_INITRD_ADDRESS; 0: none */
    uint64_t firmware_size;         /* bytes at VM_FIRMWARE_ADDRESS; 0: none */
    uint64_t clock_epoch;           /* seconds since 1970 that the guest's clock starts with */
    char bootargs[VM_BOOTARGS_MAX]; /* NUL-terminated */
};
static_assert(sizeof(struct vm_settings) <= 4096, "the settings are one page");
