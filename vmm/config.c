/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "component.h"

/* Absent parts of the description have no capability in component.h. */
#ifndef CAP_VM_KERNEL
#define CAP_VM_KERNEL 0
#endif
#ifndef VM_KERNEL_ADDRESS
#define VM_KERNEL_ADDRESS 0
#define VM_KERNEL_SIZE    0
#endif
#ifndef CAP_VM_INITRD
#define CAP_VM_INITRD 0
#endif
#ifndef VM_INITRD_ADDRESS
#define VM_INITRD_ADDRESS 0
#define VM_INITRD_SIZE    0
#endif
#ifndef CAP_VM_FIRMWARE
#define CAP_VM_FIRMWARE 0
#endif
#ifndef VM_FIRMWARE_ADDRESS
#define VM_FIRMWARE_ADDRESS 0
#define VM_FIRMWARE_SIZE    0
#endif
#ifndef VM_BOOTARGS
#define VM_BOOTARGS ""
#endif
#ifndef VM_CONSOLE_PORTAL
#define VM_CONSOLE_SLOT          0
#define VM_CONSOLE_PORTAL        0
#define VM_CONSOLE_NOTIFICATION  0
#define VM_CONSOLE_DOORBELL_FLAG 0
#endif

const struct config config = {
    .name = VM_NAME,
    .bootargs = VM_BOOTARGS,
    .ram = {VM_RAM_ADDRESS, VM_RAM_SIZE, CAP_VM_RAM},
    .kernel = {VM_KERNEL_ADDRESS, VM_KERNEL_SIZE, CAP_VM_KERNEL},
    .initrd = {VM_INITRD_ADDRESS, VM_INITRD_SIZE, CAP_VM_INITRD},
    .firmware = {VM_FIRMWARE_ADDRESS, VM_FIRMWARE_SIZE, CAP_VM_FIRMWARE},
    .state = {VCPU_STATE_ADDRESS, 4096, CAP_VCPU_STATE},
    .clock_epoch = VM_CLOCK_EPOCH,
    .vcpu_budget = CAP_VCPU_BUDGET,
    .vcpu_priority = VCPU_PRIORITY,
    .vcpu_core = VCPU_CORE,
    .exit_portal = CAP_EXIT,
    .exit_label = VM_EXIT_LABEL,
    .virtual_interrupts = CAP_VIRTUAL_INTERRUPTS,
    .free = CAP_VM_FREE,
    .console = {VM_CONSOLE_PORTAL != 0, VM_CONSOLE_SLOT, VM_CONSOLE_PORTAL, VM_CONSOLE_NOTIFICATION,
                VM_CONSOLE_DOORBELL_FLAG},
};
