/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Life of the guest. Domain and mappings are made once; a reset destroys the vCPU alone, so that nothing of the CPU's
 * state (interrupts that are active, priorities, FP registers) outlives it. A new vCPU starts where nothing is mapped:
 * the exit that follows loads the guest on the vCPU's budget, not on the VMM's small one.
 */
#include "vm.h"

#include <stdlib.h>

#include "abi/plan.h"
#include "board.h"
#include "config.h"
#include "console.h"
#include "load.h"
#include "rt/calls.h"
#include "rt/component.h"
#include "rt/time.h"
#include "timer.h"
#include "virtio_block.h"
#include "virtio_console.h"
#include "virtio_entropy.h"
#include "virtio_net.h"
#include "virtio_vsock.h"

/* Indices of the VMM's own list, from config.free on */
enum { FREE_DOMAIN = 0, FREE_VCPU = 1 };

enum {
    VM_CAPABILITIES = 16,     /* of the guest's domain: none yet, for `hvc #1` */
    PSTATE_START = 0x3c5,     /* EL1h, interrupts masked */
    SCTLR_START = 0x30d00800, /* RES1 bits of Armv8.0: MMU and caches off, little-endian */
};
#define MPIDR_START UINT64_C(0x80000000) /* RES1; + affinity */

struct vm vm;

static uint32_t domain_capability(void)
{
    return config.free + FREE_DOMAIN;
}

static bool done(const char *what, struct quoll_result result)
{
    if (result.error != QUOLL_OK)
        log_line("cannot %s: error %u", what, (unsigned)result.error);
    return result.error == QUOLL_OK;
}

uint64_t vm_ram_size(void)
{
    uint64_t flash = config.firmware.size != 0 ? BOARD_FLASH_BACKED : 0;

    return config.ram.size > flash ? config.ram.size - flash : 0;
}

static bool map(const char *what, const struct config_memory *memory, uint64_t address, uint64_t offset, uint64_t size,
                uint64_t attributes)
{
    return done(what, quoll_domain_map(domain_capability(), memory->capability, COMPONENT_CAP_POOL, address, offset,
                                       size, attributes));
}

static bool map_firmware(void)
{
    uint64_t size = (config.firmware.size + 0xfff) & ~UINT64_C(0xfff);

    return size == 0 ||
           (map("map the guest's ROM", &config.firmware, BOARD_ROM, 0, size, QUOLL_MAP_READ | QUOLL_MAP_EXECUTE) &&
            map("map the guest's flash", &config.ram, BOARD_FLASH, vm_ram_size(), BOARD_FLASH_BACKED, QUOLL_MAP_READ));
}

static bool create_domain(void)
{
    return done("create the guest's domain",
                quoll_pool_create_domain(COMPONENT_CAP_POOL, domain_capability(), QUOLL_DOMAIN_VM, VM_CAPABILITIES)) &&
           map("map the guest's RAM", &config.ram, BOARD_RAM, 0, vm_ram_size(),
               QUOLL_MAP_READ | QUOLL_MAP_WRITE | QUOLL_MAP_EXECUTE) &&
           map_firmware();
}

static bool write_register(struct vcpu *vcpu, enum quoll_vcpu_register number, uint64_t value)
{
    return done("set a register of the vCPU", quoll_thread_write_vcpu(vcpu->thread, number, value));
}

/* The kernel starts every interrupt disabled; the trigger is what the distributor's reset value says. */
static bool set_up_interrupts(struct vcpu *vcpu)
{
    for (uint32_t number = 0; number < VGIC_INTERRUPTS; number++)
        if (!done("set up a virtual interrupt",
                  quoll_thread_set_virtual_interrupt(vcpu->thread, number, number < 16 ? 0 : QUOLL_VIRQ_LEVEL,
                                                     QUOLL_VIRQ_LEVEL)))
            return false;
    return true;
}

static bool start_vcpu(struct vcpu *vcpu)
{
    *vcpu->state = (struct quoll_vcpu_state){.pc = BOARD_NOTHING, .pstate = PSTATE_START};
    bool started = done("create the vCPU", quoll_pool_create_vcpu(COMPONENT_CAP_POOL, vcpu->thread, domain_capability(),
                                                                  config.state.capability, config.exit_portal,
                                                                  config.vcpu_core, config.vcpu_priority)) &&
                   done("give the vCPU its budget", quoll_thread_set_budget(vcpu->thread, config.vcpu_budget)) &&
                   done("bind the virtual interrupts",
                        quoll_thread_bind_virtual_interrupts(vcpu->thread, config.virtual_interrupts, VGIC_PRIVATE)) &&
                   set_up_interrupts(vcpu) && write_register(vcpu, QUOLL_VCPU_SCTLR_EL1, SCTLR_START) &&
                   write_register(vcpu, QUOLL_VCPU_VMPIDR_EL2, MPIDR_START | vcpu->index) &&
                   done("start the vCPU", quoll_thread_start(vcpu->thread, BOARD_NOTHING, 0, 0));

    if (started)
        (void)component_show_thread(vcpu->thread); /* only for `ps` */
    return started;
}

static void (*const init_device[VM_DEVICE_COUNT])(struct virtio_mmio *) = {
    [VM_CONSOLE] = virtio_console_init, [VM_DISK] = virtio_block_init,      [VM_NET] = virtio_net_init,
    [VM_VSOCK] = virtio_vsock_init,     [VM_ENTROPY] = virtio_entropy_init,
};

static void reset_virtio(void)
{
    for (unsigned i = 0; i < VM_DEVICE_COUNT; i++)
        virtio_mmio_reset(&vm.device[i]);
}

static void reset_devices(void)
{
    reset_virtio();
    vgic_reset(&vm.vgic);
    pl011_reset(&vm.pl011);
    pl031_reset(&vm.pl031);
}

static void init_vcpus(void)
{
    for (uint32_t i = 0; i < VGIC_VCPUS; i++) {
        struct vcpu *vcpu = &vm.vcpu[i];

        vcpu->state = (struct quoll_vcpu_state *)(uintptr_t)config.state.address;
        vcpu->thread = config.free + FREE_VCPU + i;
        vcpu->index = i;
        vcpu->in_exit = false;
        vcpu->waits = false;
        vcpu->staged.reply = 0;
    }
}

bool vm_create(void)
{
    config_init();
    init_vcpus();
    for (unsigned i = 0; i < VM_DEVICE_COUNT; i++)
        if (config.device[i].present)
            init_device[i](&vm.device[i]);
    pl031_init(&vm.pl031, config.clock_epoch);
    reset_devices();
    return create_domain() && start_vcpu(&vm.vcpu[0]);
}

void vm_load(struct vcpu *vcpu)
{
    struct load_entry entry = {0};

    if (!load_guest(vm.used, &entry)) {
        vm_stop("it could not be loaded");
        return;
    }
    vm.loaded = true;
    vm.used = true;
    vm.entered = time_ticks();
    vcpu->state->x[0] = entry.argument;
    vcpu->state->pc = entry.pc;
    (void)write_register(vcpu, QUOLL_VCPU_CNTVOFF_EL2, vm.entered);
}

bool vm_reset(void)
{
    for (uint32_t i = 0; i < VGIC_VCPUS; i++)
        if (!done("destroy the vCPU", quoll_any_destroy(vm.vcpu[i].thread)))
            return false;
    init_vcpus();
    log_reset();
    vm.fate = VM_RUNS;
    vm.loaded = false;
    return start_vcpu(&vm.vcpu[0]);
}

void vm_restart(void)
{
    vm.fate = VM_RESETS;
    timer_after(0);
}

void vm_stop(const char *why)
{
    log_line("%s stops: %s", config.name, why);
    vm.fate = VM_STOPS;
    timer_after(0);
}

void vm_print_exits(void)
{
    static const char *const reasons[VM_EXIT_REASONS] = {
        "unknown kind", "data abort", "instruction abort", "system register", "hvc", "smc", "instruction", "imprecise",
    };

    for (uint32_t cpu = 0; cpu < VGIC_VCPUS; cpu++) {
        struct vcpu *vcpu = &vm.vcpu[cpu];

        log_answer("vCPU %u has left %s:", cpu, config.name);
        vcpu->exit_count[QUOLL_EXIT_ABORT] = 0;
        for (uint32_t i = 0; i < BOARD_DEVICE_COUNT; i++)
            vcpu->exit_count[QUOLL_EXIT_ABORT] += vcpu->device_count[i];
        for (uint32_t i = 0; i < VM_EXIT_REASONS; i++)
            if (vcpu->exit_count[i] != 0)
                log_answer("%10llu exits: %s", (unsigned long long)vcpu->exit_count[i], reasons[i]);
        for (uint32_t i = 0; i < BOARD_DEVICE_COUNT; i++)
            if (vcpu->device_count[i] != 0)
                log_answer("%10llu of them at %s", (unsigned long long)vcpu->device_count[i], board_access[i].name);
    }
    log_answer("%10llu ticks after reset it was started", (unsigned long long)vm.entered);
}

void vm_settle_fate(void)
{
    if (vm.fate == VM_RUNS)
        return;
    pl011_flush(&vm.pl011);
    reset_virtio();
    if (vm.fate == VM_RESETS) {
        log_line("%s starts again", config.name);
        reset_devices();
        if (vm_reset())
            return;
    }
    vm_print_exits();
    component_exit(EXIT_SUCCESS);
}
