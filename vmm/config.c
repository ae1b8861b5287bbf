/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "abi/vm_settings.h"
#include "component.h"

/* What the description does not have has no capability in component.h. */
#ifndef CAP_VM_KERNEL
#define CAP_VM_KERNEL 0
#endif
#ifndef CAP_VM_INITRD
#define CAP_VM_INITRD 0
#endif
#ifndef CAP_VM_FIRMWARE
#define CAP_VM_FIRMWARE 0
#endif

#define DEVICE(name, trusted, slot, portal, doorbell, flag, window, window_size) \
    [VM_##name] = {true, (trusted) != 0, slot, portal, doorbell, flag, window, window_size},

struct config config = {
    .name = VM_NAME,
    .bootargs = "",
    .ram = {VM_RAM_ADDRESS, VM_RAM_SIZE, CAP_VM_RAM},
    .kernel = {VM_KERNEL_ADDRESS, 0, CAP_VM_KERNEL},
    .initrd = {VM_INITRD_ADDRESS, 0, CAP_VM_INITRD},
    .firmware = {VM_FIRMWARE_ADDRESS, 0, CAP_VM_FIRMWARE},
    .state = {VCPU_STATE_ADDRESS, 4096, CAP_VCPU_STATE},
    .vcpu_budget = CAP_VCPU_BUDGET,
    .vcpu_priority = VCPU_PRIORITY,
    .vcpu_core = VCPU_CORE,
    .exit_portal = CAP_EXIT,
    .exit_label = VM_EXIT_LABEL,
    .virtual_interrupts = CAP_VIRTUAL_INTERRUPTS,
    .free = CAP_VM_FREE,
    .watchdog_ns = COMPONENT_WATCHDOG_NS,
    .device = {VM_DEVICES(DEVICE)},
};

void config_init(void)
{
    const struct vm_settings *settings = (const struct vm_settings *)VM_SETTINGS_ADDRESS;

    /* Of another version, nothing can be said of the guest: it has no kernel then. */
    if (settings->magic != VM_SETTINGS_MAGIC || settings->version != VM_SETTINGS_VERSION)
        return;
    config.kernel.size = settings->kernel_size;
    config.initrd.size = settings->initrd_size;
    config.firmware.size = settings->firmware_size;
    config.clock_epoch = settings->clock_epoch;
    config.bootargs = settings->bootargs;
}
