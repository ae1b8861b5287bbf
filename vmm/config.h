/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * What the description says about this guest, as one table. config.c fills it from the generated component.h and the
 * settings page, and is the only file that looks at either; absent parts have size 0, absent capabilities are
 * QUOLL_CAPABILITY_NONE.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* Bytes that the VMM sees at `address`, and the memory object they are. */
struct config_memory {
    uint64_t address;
    uint64_t size;
    uint32_t capability;
};

/* A virtio device of the guest, and the service that runs its queues. */
struct config_device {
    bool present;
    bool trusted;          /* the service sees the guest's RAM and runs the queues */
    uint32_t slot;         /* of virtio-mmio */
    uint32_t portal;       /* of the service */
    uint32_t notification; /* of the service; queue q rings its flag q */
    uint64_t flag;         /* ours, that the service raises */
    uint64_t window;       /* not trusted: memory that the service sees instead, */
    uint64_t window_size;  /* if it is to */
};

enum vm_device { VM_CONSOLE, VM_DISK, VM_NET, VM_VSOCK, VM_ENTROPY, VM_DEVICE_COUNT };

struct config {
    const char *name;
    const char *bootargs;
    struct config_memory ram, kernel, initrd, firmware, state;
    uint64_t clock_epoch;
    uint64_t watchdog_ns; /* 0: nobody waits for signs of life */
    uint32_t vcpu_budget, vcpu_priority, vcpu_core;
    uint32_t exit_portal;
    uint64_t exit_label; /* of messages through exit_portal */
    uint32_t virtual_interrupts;
    uint32_t free; /* first index that the VMM may fill */
    struct config_device device[VM_DEVICE_COUNT];
};

/* Constant once config_init has run. */
extern struct config config;

void config_init(void);
