/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "window.h"

#include "abi/boot_info.h"
#include "rt/calls.h"

/* Far above root's image, the plan and whatever the kernel maps for root. */
#define WINDOW_BASE (UINT64_C(0x60) << 32)

enum quoll_error window_open(uint32_t memory, uint64_t address, uint64_t offset, uint64_t size, uint64_t attributes,
                             void **window)
{
    uint64_t at = WINDOW_BASE + (address & 0x1fffff);

    *window = (void *)at;
    return quoll_domain_map(BOOT_CAP_DOMAIN, memory, BOOT_CAP_POOL, at, offset, size, attributes).error;
}

enum quoll_error window_close(void *window)
{
    return quoll_domain_unmap(BOOT_CAP_DOMAIN, (uint64_t)window).error;
}
