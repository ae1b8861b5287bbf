/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Names become pointers. Every name that means nothing is a mistake with the nearest name that would.
 */
#include <inttypes.h>
#include <string.h>

#include "tools/quoll/arena.h"
#include "tools/quoll/model.h"
#include "tools/quoll/value.h"

#define PAGE(address) ((address) & ~UINT64_C(4095))

const char *suggest_component(const struct system *system, const char *name)
{
    const char *names[COMPONENT_MAX] = {0};

    for (unsigned i = 0; i < system->component_count; i++)
        names[i] = system->components[i].name;
    return nearest(name, names, system->component_count);
}

/* Splits "peer.thing" and finds the peer; NULL after a report. */
static struct component *find_peer(const struct system *system, const char *text, struct position at,
                                   const char *example, const char **thing)
{
    const char *dot = strchr(text, '.');
    const char *name = dot == NULL ? text : arena_copy(text, (size_t)(dot - text));
    struct component *peer = component_find(system, name);

    if (dot == NULL || dot[1] == '\0' || dot == text) {
        mistake(at, "`%s` does not say which of a peer is meant; write %s", text, example);
        return NULL;
    }
    if (peer == NULL)
        mistake(at, "there is no component `%s`%s", name, suggest_component(system, name));
    *thing = dot + 1;
    return peer;
}

static void report_portal(const struct component *server, const char *name, struct position at)
{
    const char *names[PORTAL_MAX] = {0};
    unsigned count = server->portal_count < PORTAL_MAX ? server->portal_count : PORTAL_MAX;

    for (unsigned i = 0; i < count; i++)
        names[i] = server->portals[i].name;
    mistake(at, "`%s` serves no portal `%s`; it serves: %s%s", server->name, name,
            count == 0 ? "nothing (write `serves:` there)" : join(names, count), nearest(name, names, count));
}

void add_client(struct component *server, struct component *component)
{
    struct client *client = NULL;

    for (unsigned i = 0; i < server->client_count; i++)
        if (server->clients[i].component == component)
            return;
    client = ARRAY_ADD(server->clients, server->client_count);
    *client = (struct client){.component = component, .number = server->client_count};
}

static void resolve_calls(const struct system *system, struct component *component)
{
    for (unsigned i = 0; i < component->call_count; i++) {
        struct call *call = &component->calls[i];
        const char *name = NULL;
        struct component *server = find_peer(system, call->text, call->at, "server.portal", &name);

        if (server == NULL)
            continue;
        if (server == component) {
            mistake(call->at, "`%s` calls itself, which can never be answered; remove it", component->name);
            continue;
        }
        call->portal = portal_find(server, name);
        if (call->portal == NULL) {
            report_portal(server, name, call->at);
            continue;
        }
        add_client(server, component);
        if (component->core != server->core)
            mistake(call->at, "`%s` runs on core %u and `%s` on core %u, but a call stays on its core; put them on one",
                    component->name, component->core, server->name, server->core);
        if (component->budget.period != 0 && call->portal->longest > component->budget.period)
            mistake(call->portal->longest_at,
                    "the longest request of `%s` takes %s, more than the period %s of its caller `%s`; shorten it",
                    call->text, print_time(call->portal->longest), print_time(component->budget.period),
                    component->name);
    }
}

static void resolve_signal(const struct system *system, struct signal *signal)
{
    const char *names[FLAG_MAX] = {0};
    unsigned count = 0;

    signal->peer = find_peer(system, signal->text, signal->at, "peer.flag", &signal->flag);
    if (signal->peer == NULL)
        return;
    for (; count < signal->peer->flag_count && count < FLAG_MAX; count++) {
        names[count] = signal->peer->flags[count].name;
        if (strcmp(names[count], signal->flag) == 0)
            return;
    }
    mistake(signal->at, "`%s` receives no flag `%s`; it receives: %s%s", signal->peer->name, signal->flag,
            count == 0 ? "nothing (write `receives:` there)" : join(names, count), nearest(signal->flag, names, count));
}

static void suggest_device(const struct board *board, const struct device_use *use)
{
    const char **names = arena_allocate(board->device_count, sizeof *names);

    for (unsigned i = 0; i < board->device_count; i++)
        names[i] = board->devices[i].name;
    mistake(use->at, "the board %s has no device `%s`; its devices: %s%s", board->name, use->name,
            join(names, board->device_count), nearest(use->name, names, board->device_count));
}

/* Two components must not hold the same page of registers or the same interrupt. False after a report. */
static bool check_sharing(const struct system *system, const struct component *component, const struct device_use *use)
{
    unsigned before = mistake_count();

    for (unsigned i = 0; i <= component->number && mistake_count() == before; i++) {
        const struct component *other = &system->components[i];

        for (unsigned j = 0; j < other->device_count; j++) {
            const struct device_use *taken = &other->devices[j];

            if (taken == use)
                return mistake_count() == before;
            if (taken->device == NULL)
                continue;
            if (taken->device == use->device)
                mistake(use->at,
                        "the device `%s` belongs to `%s` already (line %u); a device has one driver, remove one",
                        use->name, other->name, taken->at.line);
            else if (other != component &&
                     PAGE(taken->device->address) <= use->device->address + use->device->size - 1 &&
                     PAGE(use->device->address) <= taken->device->address + taken->device->size - 1)
                mistake(use->at,
                        "`%s` shares a page of registers with `%s` of `%s` (line %u); give both to one component",
                        use->name, taken->name, other->name, taken->at.line);
            else if (taken->device->has_interrupt && use->device->has_interrupt &&
                     taken->device->interrupt == use->device->interrupt)
                mistake(use->at,
                        "`%s` has the same interrupt %" PRIu32 " as `%s` of `%s` (line %u); use one of the two",
                        use->name, use->device->interrupt, taken->name, other->name, taken->at.line);
        }
    }
    return mistake_count() == before;
}

static void resolve_devices(const struct system *system, struct component *component)
{
    for (unsigned i = 0; i < component->device_count; i++) {
        struct device_use *use = &component->devices[i];

        use->device = board_device_find(system->board, use->name);
        if (use->device == NULL) {
            suggest_device(system->board, use);
            continue;
        }
        if (!check_sharing(system, component, use))
            return;
        if (use->device->has_interrupt && component->passive)
            mistake(component->passive_at,
                    "`%s` is passive but takes the interrupt of `%s`; give it a `budget` instead of `passive`",
                    component->name, use->name);
        else if (use->device->has_interrupt)
            flag_add(component, use->name, use->at);
    }
}

/* The component that serves a portal named `console`; NULL when there is none. */
static struct component *console_server(const struct system *system)
{
    struct component *server = NULL;

    for (unsigned i = 0; i < system->component_count; i++) {
        struct component *component = &system->components[i];
        const struct portal *portal = portal_find(component, "console");

        if (portal == NULL)
            continue;
        if (server != NULL)
            mistake(portal->at, "`%s` serves a portal `console` already; a system has one console, rename this portal",
                    server->name);
        else
            server = component;
    }
    return server;
}

static void resolve_console(struct component *component, struct component *server)
{
    if (!component->console)
        return;
    if (server == NULL) {
        if (component->vm == NULL)
            mistake(component->console_at,
                    "`%s` wants the console but no component serves a portal `console`; add `serial`", component->name);
        component->console = false;
        return;
    }
    if (server == component) {
        mistake(component->console_at, "`%s` serves the console and cannot be its own client; remove `console: true`",
                component->name);
        return;
    }
    if (component->core != server->core)
        mistake(component->console_at, "`%s` runs on core %u and the console `%s` on core %u; put them on one",
                component->name, component->core, server->name, server->core);
    add_client(server, component);
}

static void resolve_guest_console(const struct system *system, struct component *component)
{
    struct vm *vm = component->vm;

    if (vm == NULL || !vm->has_console || vm->service_name == NULL)
        return;
    vm->service = component_find(system, vm->service_name);
    if (vm->service == NULL) {
        mistake(vm->console_at, "there is no component `%s`%s", vm->service_name,
                suggest_component(system, vm->service_name));
        return;
    }
    vm->service_portal = guest_console_portal(vm->service);
    if (vm->service_portal == NULL) {
        mistake(vm->console_at,
                "`%s` serves no portal `console`, so it is no service for a virtio-console; name `serial`",
                vm->service->name);
        return;
    }
    add_client(vm->service, component);
    if (vm->service->passive)
        mistake(vm->console_at, "`%s` is passive and would not hear the guest's doorbell; give it a `budget`",
                vm->service->name);
    if (vm->service->doorbells < CONSOLE_QUEUES)
        vm->service->doorbells = CONSOLE_QUEUES;
}

static void resolve_users(const struct system *system, struct region *region)
{
    for (unsigned i = 0; i < region->user_count; i++) {
        struct region_user *user = &region->users[i];

        user->component = component_find(system, user->name);
        if (user->component == NULL)
            mistake(user->at, "there is no component `%s`%s", user->name, suggest_component(system, user->name));
    }
}

static void resolve_module(struct module *module, const char *what, const struct search *search)
{
    if (module->path == NULL)
        return;
    module->file = file_find(search, module->path);
    if (module->file == NULL) {
        mistake(module->at, "the %s `%s` is in none of the folders %s; %s", what, module->path, search_folders(search),
                search_remedy(search, "name a file that is there, or build it"));
        return;
    }
    module->size = file_size(module->file);
    if (module->size == 0)
        mistake(module->at, "the %s `%s` is empty; name a file with something in it", what, module->path);
    if (module->size > FILE_SIZE_MAX)
        mistake(module->at, "the %s `%s` is larger than %s; name a smaller file", what, module->path,
                print_bytes(FILE_SIZE_MAX));
}

static void resolve_flags(struct component *component)
{
    unsigned first = FLAG_DOORBELL + component->doorbells;

    for (unsigned i = 0; i < component->flag_count; i++)
        component->flags[i].bit = first + i;
    if (first + component->flag_count > FLAG_MAX)
        mistake(component->flags[FLAG_MAX - first].at,
                "`%s` receives more than %d flags, interrupts and doorbells included; remove some", component->name,
                FLAG_MAX);
    if (component->passive && component->flag_count != 0)
        mistake(component->passive_at,
                "`%s` is passive but receives flags, which nobody would pay for; give it a `budget` instead",
                component->name);
    if (component->passive && component->watchdog != 0)
        mistake(component->watchdog_at,
                "`%s` is passive and cannot kick a watchdog on its own; remove `watchdog` or give it a `budget`",
                component->name);
    if (component->passive && component->portal_count == 0)
        mistake(component->passive_at, "`%s` is passive but serves nothing, it would never run; write `serves:`",
                component->name);
}

static bool cores_exist(const struct system *system)
{
    unsigned before = mistake_count();

    for (unsigned i = 0; i < system->component_count; i++) {
        const struct component *component = &system->components[i];

        if (component->core >= system->board->core_count)
            mistake(component->core_at, "the board %s has no core %u; write a core from 0 to %u", system->board->name,
                    component->core, system->board->core_count - 1);
    }
    return mistake_count() == before;
}

bool system_resolve(struct system *system, const struct search *search)
{
    struct component *server = NULL;

    if (!cores_exist(system))
        return false;
    server = console_server(system);
    for (unsigned i = 0; i < system->component_count; i++) {
        struct component *component = &system->components[i];

        resolve_devices(system, component);
        /* VMs are the console's first clients: whoever starts a system with a guest wants to see that. */
        if (component->vm != NULL)
            resolve_console(component, server);
    }
    for (unsigned i = 0; i < system->component_count; i++) {
        struct component *component = &system->components[i];

        if (component->vm == NULL)
            resolve_console(component, server);
        resolve_calls(system, component);
        resolve_guest_console(system, component);
        resolve_shares(system, component);
    }
    for (unsigned i = 0; i < system->component_count; i++) {
        struct component *component = &system->components[i];

        for (unsigned j = 0; j < component->signal_count; j++)
            resolve_signal(system, &component->signals[j]);
        resolve_flags(component);
        if (component->vm != NULL && search != NULL) {
            resolve_module(&component->vm->kernel, "kernel", search);
            resolve_module(&component->vm->initrd, "initrd", search);
            resolve_module(&component->vm->firmware, "firmware", search);
        }
    }
    for (unsigned i = 0; i < system->region_count; i++)
        resolve_users(system, &system->regions[i]);
    resolve_all_shares(system);
    return mistake_count() == 0;
}
