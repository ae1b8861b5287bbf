/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * One entry of `vms:`: a component that runs the VMM, and what its guest has.
 */
#include <string.h>

#include "abi/vm_settings.h"
#include "tools/quoll/arena.h"
#include "tools/quoll/read.h"

static const char *const VM_KEYS[] = {"program", "priority", "core",     "budget", "stack",  "pool",
                                      "restart", "watchdog", "start",    "vcpu",   "memory", "kernel",
                                      "initrd",  "firmware", "bootargs", "clock",  "devices"};
static const char *const VCPU_KEYS[] = {"priority", "budget"};
static const char *const DEVICE_KEYS[] = {"virtio-console", "virtio-blk", "virtio-net", "virtio-vsock", "virtio-rng"};
static const char *const CONSOLE_KEYS[] = {"service", "trusted"};

/* 2026-01-01 00:00:00 UTC: a guest's clock must begin somewhere, and an image must not depend on when it was built. */
static const uint64_t CLOCK_DEFAULT = UINT64_C(1767225600);

static void read_module(const struct node *node, struct module *module)
{
    if (node == NULL)
        return;
    module->at = node->at;
    value_text(node, &module->path);
}

static void read_vcpu(const struct node *node, const char *what, struct vm *vm)
{
    const struct node *vcpu = node_need(node, what, "vcpu", "{priority: 20, budget: {time: 8ms, period: 10ms}}");
    const struct node *budget = NULL;

    if (vcpu == NULL || !node_is_mapping(vcpu, "`vcpu`"))
        return;
    keys_check(vcpu, "a vcpu", VCPU_KEYS, LENGTH(VCPU_KEYS));
    read_priority(vcpu, "the vcpu", &vm->vcpu_priority);
    budget = node_need(vcpu, "the vcpu", "budget", "{time: 8ms, period: 10ms}");
    if (budget != NULL)
        read_budget(budget, &vm->vcpu_budget);
    if (vm->vcpu_budget.restart)
        mistake(node_get(budget, "overrun")->at,
                "a guest uses up its vcpu's budget whenever it is busy, so it cannot be restarted for that; write "
                "`overrun: throttle` or `report`");
}

static void read_console(const struct node *node, struct vm *vm)
{
    const struct node *service = NULL;

    if (node == NULL || !node_is_mapping(node, "`virtio-console`"))
        return;
    keys_check(node, "a virtio-console", CONSOLE_KEYS, LENGTH(CONSOLE_KEYS));
    vm->has_console = true;
    vm->console_at = node->key_at;
    vm->trusted = true;
    service = node_need(node, "the virtio-console", "service", "serial");
    if (service == NULL)
        return;
    vm->console_at = service->at;
    value_text(service, &vm->service_name);
    value_bool(node_get(node, "trusted"), &vm->trusted);
}

static void check_software(const struct node *node, const char *what, const struct vm *vm)
{
    if (vm->kernel.path == NULL && vm->firmware.path == NULL)
        mistake(node->key_at, "%s lacks `kernel`; write for example `kernel: debian/vmlinuz`, or `firmware: FILE`",
                what);
    if (vm->kernel.path != NULL && vm->firmware.path != NULL)
        mistake(vm->firmware.at, "%s has both `kernel` and `firmware`; remove one: firmware loads its kernel itself",
                what);
    if (vm->initrd.path != NULL && vm->kernel.path == NULL)
        mistake(vm->initrd.at, "%s has an `initrd` but no `kernel` that it is for; write `kernel: FILE`", what);
    if (vm->bootargs != NULL && strlen(vm->bootargs) >= VM_BOOTARGS_MAX)
        mistake(node_get(node, "bootargs")->at, "`bootargs` is %zu characters long; write at most %d",
                strlen(vm->bootargs), VM_BOOTARGS_MAX - 1);
}

void read_vm(const struct node *node, struct component *component)
{
    const char *what = arena_print("the VM `%s`", node->key);
    struct vm *vm = arena_allocate(1, sizeof *vm);
    const struct node *memory = NULL;
    const struct node *devices = NULL;

    component->at = node->key_at;
    component->name = node->key;
    component->program = "vmm";
    component->program_at = node->key_at;
    component->console = true;
    component->console_at = node->key_at;
    component->vm = vm;
    vm->at = node->key_at;
    vm->clock = CLOCK_DEFAULT;
    name_check(node->key, node->key_at);
    if (!node_is_mapping(node, what))
        return;
    keys_check(node, "a VM", VM_KEYS, LENGTH(VM_KEYS));
    value_text(node_get(node, "program"), &component->program);
    read_common(node, component);
    node_need(node, what, "budget", "{time: 500us, period: 10ms}");
    read_vcpu(node, what, vm);
    memory = node_need(node, what, "memory", "256MiB");
    if (memory != NULL) {
        vm->memory_at = memory->at;
        value_bytes(memory, (struct limits){2 * MIB, 64 * GIB, 2 * MIB}, &vm->memory);
    }
    read_module(node_get(node, "kernel"), &vm->kernel);
    read_module(node_get(node, "initrd"), &vm->initrd);
    read_module(node_get(node, "firmware"), &vm->firmware);
    value_text(node_get(node, "bootargs"), &vm->bootargs);
    value_number(node_get(node, "clock"), (struct limits){0, UINT32_MAX, 1}, &vm->clock);
    check_software(node, what, vm);
    devices = node_get(node, "devices");
    if (devices != NULL && node_is_mapping(devices, "`devices` of a VM")) {
        keys_check(devices, "`devices` of a VM", DEVICE_KEYS, LENGTH(DEVICE_KEYS));
        read_console(node_get(devices, "virtio-console"), vm);
        read_shares(devices, component);
    }
}
