/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "window.h"

#include "abi/boot_info.h"
#include "component.h"
#include "rt/calls.h"

/* Behind root's stack and a page that stays empty, where mostly no further page table is needed. */
#define WINDOW (COMPONENT_STACK_ADDRESS + COMPONENT_STACK_SIZE + 4096)

enum quoll_error window_open(uint32_t memory, uint64_t offset, uint64_t size, uint64_t attributes, void **window)
{
    *window = (void *)WINDOW;
    return quoll_domain_map(BOOT_CAP_DOMAIN, memory, BOOT_CAP_POOL, WINDOW, offset, size, attributes).error;
}

enum quoll_error window_close(void *window)
{
    return quoll_domain_unmap(BOOT_CAP_DOMAIN, (uint64_t)window).error;
}
