/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * A VM: what its VMM holds of the guest, and what the services that serve the guest's devices get.
 */
#include <inttypes.h>
#include <string.h>

#include "abi/vm_settings.h"
#include "tools/quoll/arena.h"
#include "tools/quoll/tables.h"
#include "tools/quoll/value.h"

/* Capability indices that a VMM may fill itself, and the virtio-mmio transports of QEMU's virt board. */
enum { VM_FREE_CAPABILITIES = 32, VM_EXIT_LABEL = 0xffff, VIRTIO_SPI = 16, PAGE = 4096 };

static const uint64_t READ_WRITE = QUOLL_MAP_READ | QUOLL_MAP_WRITE;

/* What others may name too, so it exists before channels are made. */
void expand_vm_objects(struct tables *tables, const struct component *component)
{
    const struct vm *vm = component->vm;
    struct own_objects *own = &tables->own[component->number];

    if (vm == NULL)
        return;
    own->ram = object_add(tables, PLAN_MEMORY, component->number, arena_print("%s.ram", component->name), vm->memory_at,
                          "memory");
    tables->objects[own->ram].plan.a = vm->memory;
    tables->objects[own->ram].plan.b = LARGE_PAGE;
    own->virtual_interrupts = object_add(tables, PLAN_NOTIFICATION, component->number,
                                         arena_print("%s.virtual-interrupts", component->name), vm->at, "vms");
}

/* The vCPU: its budget, its state page, its exit portal, its interrupts. */
static void expand_vcpu(struct tables *tables, const struct component *component)
{
    const struct vm *vm = component->vm;
    const char *name = component->name;
    uint32_t budget = object_add(tables, PLAN_BUDGET, component->number, arena_print("%s.vcpu-budget", name),
                                 vm->vcpu_budget.at, "vcpu: budget");
    uint32_t state =
        object_add(tables, PLAN_MEMORY, component->number, arena_print("%s.vcpu-state", name), vm->at, "vms");
    uint32_t exits = object_add(tables, PLAN_PORTAL, component->number, arena_print("%s.exits", name), vm->at, "vms");
    uint64_t address = 0;

    tables->objects[budget].plan.a = vm->vcpu_budget.time;
    tables->objects[budget].plan.b = vm->vcpu_budget.period;
    tables->objects[budget].plan.c = vm->vcpu_budget.replenishments | (vm->vcpu_budget.report ? PLAN_BUDGET_REPORT : 0);
    tables->objects[state].plan.a = PAGE;
    tables->objects[state].plan.b = PAGE;
    capability_add(tables, component, "CAP_VCPU_BUDGET", budget, QUOLL_RIGHT_BIND | QUOLL_RIGHT_READ, 0,
                   vm->vcpu_budget.at, "vcpu: budget");
    capability_add(tables, component, "CAP_VCPU_STATE", state, QUOLL_RIGHT_READ | QUOLL_RIGHT_WRITE, 0, vm->at,
                   "the vCPU's registers");
    address = mapping_add(tables, component, state, PAGE, READ_WRITE, vm->at, "the vCPU's registers");
    define_add(tables, component, vm->at, name, "VCPU_STATE_ADDRESS", "UINT64_C(0x%" PRIx64 ")", address);
    define_add(tables, component, vm->at, name, "VCPU_PRIORITY", "%u", vm->vcpu_priority);
    define_add(tables, component, vm->at, name, "VCPU_CORE", "%u", component->core);
    capability_add(tables, component, "CAP_EXIT", exits, QUOLL_RIGHT_CALL, VM_EXIT_LABEL, vm->at,
                   "the vCPU's exits call the VMM");
    define_add(tables, component, vm->at, name, "VM_EXIT_LABEL", "0x%x", VM_EXIT_LABEL);
    capability_add(tables, component, "CAP_VIRTUAL_INTERRUPTS", tables->own[component->number].virtual_interrupts,
                   QUOLL_RIGHT_WAIT | QUOLL_RIGHT_SIGNAL, UINT64_MAX, vm->at,
                   "services raise the guest's interrupts there");
}

static void expand_ram(struct tables *tables, const struct component *component)
{
    const struct vm *vm = component->vm;
    uint32_t object = tables->own[component->number].ram;
    uint64_t address = 0;

    capability_add(tables, component, "CAP_VM_RAM", object, QUOLL_RIGHT_READ | QUOLL_RIGHT_WRITE | QUOLL_RIGHT_EXECUTE,
                   0, vm->memory_at, "memory: the guest's RAM");
    address = mapping_add(tables, component, object, vm->memory, READ_WRITE, vm->memory_at, "memory: the guest's RAM");
    define_add(tables, component, vm->memory_at, "memory", "VM_RAM_ADDRESS", "UINT64_C(0x%" PRIx64 ")", address);
    define_add(tables, component, vm->memory_at, "memory", "VM_RAM_SIZE", "UINT64_C(0x%" PRIx64 ")", vm->memory);
    define_add(tables, component, vm->memory_at, "memory", "VM_RAM_IPA", "UINT64_C(0x%" PRIx64 ")", GUEST_RAM_IPA);
}

/* One object a file, though several guests boot the same. */
static uint32_t module_object(struct tables *tables, const struct module *module)
{
    uint32_t number = 0;

    for (unsigned i = 0; i < tables->object_count; i++)
        if (tables->objects[i].file != NULL && module->file != NULL &&
            strcmp(tables->objects[i].file, module->file) == 0)
            return i;
    number = object_add(tables, PLAN_MODULE, PLAN_SYSTEM, module->path, module->at, "vms");
    tables->objects[number].file = module->file;
    tables->objects[number].plan.b = module->size;
    return number;
}

/*
 * A file of the guest. Each has an index and a GiB of addresses of its own whether it is there or not, so that other
 * files move no constant; its size is in the settings.
 */
static void expand_module(struct tables *tables, const struct component *component, const struct module *module,
                          const char *constant)
{
    uint64_t *next = &tables->next_address[component->number];
    const char *why = module->path;
    /* Firmware runs where it lies, so the VMM maps it for the guest. */
    uint32_t execute = module == &component->vm->firmware ? QUOLL_RIGHT_EXECUTE : 0;
    uint32_t object = 0;
    uint64_t address = 0;

    *next = (*next + GIB - 1) / GIB * GIB;
    address = *next;
    define_add(tables, component, component->at, constant, arena_print("VM_%s_ADDRESS", constant),
               "UINT64_C(0x%" PRIx64 ")", address);
    if (module->path == NULL) {
        define_add(tables, component, component->at, constant, arena_print("CAP_VM_%s", constant), "%u",
                   tables->next_index[component->number]++);
        *next += GIB;
        return;
    }
    object = module_object(tables, module);
    capability_add(tables, component, arena_print("CAP_VM_%s", constant), object, QUOLL_RIGHT_READ | execute, 0,
                   module->at, why);
    mapping_add(tables, component, object, module->size != 0 ? module->size : PAGE, QUOLL_MAP_READ, module->at, why);
    *next = address + GIB;
}

static void expand_settings(struct tables *tables, const struct component *component)
{
    const struct vm *vm = component->vm;
    struct vm_settings *settings = arena_allocate(1, PAGE);
    uint32_t object =
        object_add(tables, PLAN_MODULE, PLAN_SYSTEM, arena_print("%s.settings", component->name), vm->at, "vms");
    uint64_t address = 0;

    settings->magic = VM_SETTINGS_MAGIC;
    settings->version = VM_SETTINGS_VERSION;
    settings->kernel_size = vm->kernel.size;
    settings->initrd_size = vm->initrd.size;
    settings->firmware_size = vm->firmware.size;
    settings->clock_epoch = vm->clock;
    if (vm->bootargs != NULL)
        memcpy(settings->bootargs, vm->bootargs, strlen(vm->bootargs));
    tables->objects[object].contents = settings;
    tables->objects[object].plan.b = PAGE;
    address = mapping_add(tables, component, object, PAGE, QUOLL_MAP_READ, vm->at, "the guest's settings");
    define_add(tables, component, vm->at, component->name, "VM_NAME", "\"%s\"", component->name);
    define_add(tables, component, vm->at, component->name, "VM_SETTINGS_ADDRESS", "UINT64_C(0x%" PRIx64 ")", address);
}

/* The direct path: doorbell to the service, interrupt to the guest, no VMM in either. */
static void expand_console(struct tables *tables, const struct component *component)
{
    const struct vm *vm = component->vm;
    uint64_t doorbells = ((UINT64_C(1) << CONSOLE_QUEUES) - 1) << FLAG_DOORBELL;
    const struct component *service = vm->service;
    const char *why = "devices: virtio-console";

    if (!vm->has_console)
        return;
    define_add(tables, component, vm->console_at, why, "VM_CONSOLE_SLOT", "%u", vm->slot);
    define_add(tables, component, vm->console_at, why, "VM_CONSOLE_TRUSTED", "%d", vm->trusted ? 1 : 0);
    capability_add(tables, component, "VM_CONSOLE_NOTIFICATION", tables->own[service->number].notification,
                   QUOLL_RIGHT_SIGNAL, doorbells, vm->console_at, why);
    define_add(tables, component, vm->console_at, why, "VM_CONSOLE_DOORBELL_FLAG", "%d", FLAG_DOORBELL);
    capability_add(tables, component, "VM_CONSOLE_PORTAL",
                   tables->own[service->number].portals[vm->service_portal->number], QUOLL_RIGHT_CALL,
                   client_label(vm->service_portal, component), vm->console_at, why);
}

/* What a service gets of one guest; answers its line of COMPONENT_GUESTS. */
static const char *expand_guest(struct tables *tables, const struct component *service, const struct component *guest)
{
    const struct vm *vm = guest->vm;
    const struct own_objects *own = &tables->own[guest->number];
    const char *name = constant_name(guest->name);
    const char *why = arena_print("virtio-console of %s", guest->name);
    uint64_t mask = UINT64_C(1) << (VIRTIO_SPI + vm->slot);
    uint64_t address = 0;
    unsigned interrupts = capability_add(tables, service, arena_print("CAP_%s_VIRTUAL_INTERRUPTS", name),
                                         own->virtual_interrupts, QUOLL_RIGHT_SIGNAL, mask, vm->console_at, why);

    if (vm->trusted)
        address = mapping_add(tables, service, own->ram, vm->memory, READ_WRITE, vm->console_at, why);
    return arena_print(" \\\n    X(COMPONENT_CLIENT_%s, \"%s\", UINT64_C(0x%" PRIx64 "), UINT64_C(0x%" PRIx64
                       "), UINT64_C(0x%" PRIx64 "), %d, %u, UINT64_C(0x%" PRIx64 "))",
                       name, guest->name, address, vm->memory, GUEST_RAM_IPA, FLAG_DOORBELL, interrupts, mask);
}

static void expand_guests(struct tables *tables, const struct component *service)
{
    const struct system *system = tables->system;
    const char *list = "";
    unsigned count = 0;

    if (guest_console_portal(service) == NULL)
        return;
    for (unsigned i = 0; i < system->component_count; i++) {
        const struct component *guest = &system->components[i];

        if (guest->vm == NULL || guest->vm->service != service)
            continue;
        list = arena_print("%s%s", list, expand_guest(tables, service, guest));
        count++;
    }
    define_add(tables, service, service->at, "serves", "COMPONENT_GUEST_COUNT", "%u", count);
    define_add(tables, service, service->at, "serves", "COMPONENT_GUESTS(X)", "%s", list);
}

void expand_vm(struct tables *tables, const struct component *component)
{
    const struct vm *vm = component->vm;

    if (vm == NULL) {
        expand_guests(tables, component);
        return;
    }
    expand_settings(tables, component);
    expand_vcpu(tables, component);
    expand_console(tables, component);
    expand_ram(tables, component);
    expand_module(tables, component, &vm->kernel, "KERNEL");
    expand_module(tables, component, &vm->initrd, "INITRD");
    expand_module(tables, component, &vm->firmware, "FIRMWARE");
    define_add(tables, component, vm->at, component->name, "CAP_VM_FREE", "%u", tables->next_index[component->number]);
    define_add(tables, component, vm->at, component->name, "CAP_VM_FREE_COUNT", "%d", VM_FREE_CAPABILITIES);
    tables->next_index[component->number] += VM_FREE_CAPABILITIES;
}
