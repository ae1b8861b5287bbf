/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The one guest of this VMM, and how an exit travels through it:
 *
 *   exit message -> exit.c --by reason--> abort.c   --by 64 KiB granule--> vgic, pl011, pl031, virtio_mmio, memory
 * holes
 *                                    +--> sysreg.c  --> ID registers, SGIs, set/way
 *                                    +--> psci.c    --> power
 *
 * Everything runs in one thread. A vCPU is stopped while its exit is served, so its state page is the VMM's then; an
 * update of a virtual interrupt is staged in the vCPU (vgic.h) and rides on the reply.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "abi/vcpu.h"
#include "config.h"
#include "pl011.h"
#include "pl031.h"
#include "vgic.h"
#include "virtio_mmio.h"

/* The guest's board: that of QEMU `virt`. */
enum {
    BOARD_ROM = 0x00000000,
    BOARD_FLASH = 0x04000000, /* second bank of the NOR flash: all ones */
    BOARD_FLASH_END = 0x08000000,
    BOARD_FLASH_BACKED = 0x200000, /* of it is memory, taken from the end of the guest's RAM: firmware reads its
                                      environment there with any instruction, and often */
    BOARD_GICD = 0x08000000,
    BOARD_GICD_SIZE = 0x10000,
    BOARD_GICR = 0x080a0000,
    BOARD_GICR_SIZE = 0x20000, /* one pair of frames a vCPU */
    BOARD_PL011 = 0x09000000,
    BOARD_PL031 = 0x09010000,
    BOARD_VIRTIO = 0x0a000000,
    BOARD_VIRTIO_STRIDE = 0x200,
    BOARD_VIRTIO_SLOTS = 32,
    BOARD_NOTHING = 0x20000000, /* where a vCPU starts that has no guest yet */
    BOARD_RAM = 0x40000000,
};

enum {
    BOARD_INTID_TIMER = 27,
    BOARD_INTID_PL011 = 33,
    BOARD_INTID_PL031 = 34,
    BOARD_INTID_VIRTIO = 48, /* + slot */
};

/* What becomes of the guest when the exit that is being served has been answered. */
enum vm_fate { VM_RUNS, VM_RESETS, VM_STOPS };

enum { VM_EXIT_REASONS = 8, VM_DEVICES = 18 };

struct vcpu {
    uint64_t device_count[VM_DEVICES]; /* enum board_device; first, where one instruction finds it */
    struct quoll_vcpu_state *state;
    uint32_t thread; /* capability */
    uint32_t index;
    bool in_exit; /* while an exit is served; between exits, whatever it was */
    bool waits;   /* for an interrupt, once the exit is answered */
    struct vgic_staged staged;
    uint64_t exit_count[VM_EXIT_REASONS]; /* but for data aborts, which are counted by device alone */
};

struct vm {
    struct vcpu vcpu[VGIC_VCPUS];
    struct vgic vgic;
    struct pl011 pl011;
    struct pl031 pl031;
    struct virtio_mmio device[VM_DEVICE_COUNT];
    enum vm_fate fate;
    bool loaded;      /* the guest is in its memory; else the first exit of the vCPU puts it there */
    bool used;        /* a guest has run in this memory */
    uint64_t entered; /* CNTPCT_EL0 when the guest was loaded: its own counter's zero */
};

extern struct vm vm;

/* What the guest has of its RAM: all but the flash, where it has one. */
uint64_t vm_ram_size(void);

/* Makes domain, vCPU and devices and starts the vCPU. False, with a line on the console, if it cannot. */
bool vm_create(void);

/* Destroys the vCPU and starts a new one; the devices have been reset before. */
bool vm_reset(void);

/* The first exit of a vCPU: loads the guest, on the guest's own time, and sets the vCPU to its first instruction. */
void vm_load(struct vcpu *vcpu);

/* Prints the exits by vCPU, reason and device. */
void vm_print_exits(void);

/* Ends the guest once the current exit is answered; `why` goes to the console. */
void vm_stop(const char *why);

/* Starts it anew once the current exit is answered. */
void vm_restart(void);

/* Does what the last exit left for the time after its answer. Does not return when the guest has ended. */
void vm_settle_fate(void);
