/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Who talks to whom: calls, signals, the console, inspection; and the table of clients that a server gets.
 */
#include <inttypes.h>
#include <string.h>

#include "tools/quoll/arena.h"
#include "tools/quoll/tables.h"
#include "tools/quoll/value.h"

/* abi/plan.h leaves the label to the server's side; docs/reference/description.md says how it is made. */
uint64_t client_label(const struct portal *portal, const struct component *client)
{
    for (unsigned i = 0; i < portal->server->client_count; i++)
        if (portal->server->clients[i].component == client)
            return (uint64_t)portal->number << 16 | portal->server->clients[i].number;
    return 0;
}

static void expand_calls(struct tables *tables, const struct component *component)
{
    for (unsigned i = 0; i < component->call_count; i++) {
        const struct call *call = &component->calls[i];

        capability_add(tables, component, arena_print("CAP_%s", constant_name(call->text)),
                       tables->own[call->portal->server->number].portals[call->portal->number], QUOLL_RIGHT_CALL,
                       client_label(call->portal, component), call->at, arena_print("calls: %s", call->text));
    }
}

static void expand_signals(struct tables *tables, const struct component *component)
{
    for (unsigned i = 0; i < component->signal_count; i++) {
        const struct signal *signal = &component->signals[i];
        const char *name = constant_name(signal->text);
        const char *why = arena_print("signals: %s", signal->text);
        unsigned bit = 0;

        for (unsigned j = 0; j < signal->peer->flag_count; j++)
            if (strcmp(signal->peer->flags[j].name, signal->flag) == 0)
                bit = signal->peer->flags[j].bit;
        capability_add(tables, component, arena_print("CAP_%s", name), tables->own[signal->peer->number].notification,
                       QUOLL_RIGHT_SIGNAL, UINT64_C(1) << bit, signal->at, why);
        define_add(tables, component, signal->at, why, arena_print("FLAG_%s", name), "(UINT64_C(1) << %u)", bit);
    }
}

static void expand_inspection(struct tables *tables, const struct component *component)
{
    const struct system *system = tables->system;
    const char *list = "";

    if (!component->inspects)
        return;
    for (unsigned i = 0; i < system->component_count; i++) {
        const struct component *other = &system->components[i];
        const char *name = constant_name(other->name);
        const struct own_objects *own = &tables->own[i];
        unsigned thread = capability_add(tables, component, arena_print("CAP_%s_THREAD", name), own->thread,
                                         QUOLL_RIGHT_READ, 0, component->inspects_at, "inspects: all");
        unsigned pool = capability_add(tables, component, arena_print("CAP_%s_POOL", name), own->pool, QUOLL_RIGHT_READ,
                                       0, component->inspects_at, "inspects: all");
        unsigned budget = own->budget == PLAN_NONE
                              ? 0
                              : capability_add(tables, component, arena_print("CAP_%s_BUDGET", name), own->budget,
                                               QUOLL_RIGHT_READ, 0, component->inspects_at, "inspects: all");

        list = arena_print("%s \\\n    X(%u, \"%s\", %u, %u, %u)", list, i, other->name, thread, pool, budget);
    }
    define_add(tables, component, component->inspects_at, "inspects", "COMPONENT_INSPECT_COUNT", "%u",
               system->component_count);
    define_add(tables, component, component->inspects_at, "inspects", "COMPONENT_INSPECTS(X)", "%s", list);
}

/* Serial raises FLAG_CONSOLE_INPUT at its clients, FLAG_CONSOLE_REPORT at VMMs. 0 for a client that cannot be
 * signalled. */
static unsigned input_capability(struct tables *tables, const struct component *server, const struct component *client)
{
    uint64_t flags = UINT64_C(1) << FLAG_CONSOLE_INPUT;
    bool prints = client->console && portal_find(server, "console") != NULL;
    bool guest = client->vm != NULL && client->vm->service == server;

    if (client->vm != NULL)
        flags |= UINT64_C(1) << FLAG_CONSOLE_REPORT;
    if ((!prints && !guest) || tables->own[client->number].notification == PLAN_NONE)
        return 0;
    return capability_add(tables, server, arena_print("CAP_%s_INPUT", constant_name(client->name)),
                          tables->own[client->number].notification, QUOLL_RIGHT_SIGNAL, flags, client->console_at,
                          arena_print("console of %s", client->name));
}

static void expand_clients(struct tables *tables, const struct component *component)
{
    const char *list = "";

    if (component->portal_count == 0)
        return;
    for (unsigned i = 0; i < component->client_count; i++) {
        const struct component *client = component->clients[i].component;
        const char *name = arena_print("COMPONENT_CLIENT_%s", constant_name(client->name));
        unsigned input = input_capability(tables, component, client);

        define_add(tables, component, client->at, client->name, name, "%u", component->clients[i].number);
        list = arena_print("%s \\\n    X(%s, \"%s\", %u)", list, name, client->name, input);
    }
    define_add(tables, component, component->at, "serves", "COMPONENT_CLIENT_COUNT", "%u", component->client_count);
    define_add(tables, component, component->at, "serves", "COMPONENT_CLIENTS(X)", "%s", list);
}

static void expand_console(struct tables *tables, const struct component *component)
{
    if (!component->console)
        return;
    for (unsigned i = 0; i < tables->system->component_count; i++) {
        const struct portal *portal = portal_find(&tables->system->components[i], "console");

        if (portal != NULL)
            capability_add_fixed(tables, component, COMPONENT_CAP_CONSOLE, "COMPONENT_CAP_CONSOLE",
                                 tables->own[i].portals[portal->number], QUOLL_RIGHT_CALL,
                                 client_label(portal, component),
                                 component->vm != NULL ? "a VMM prints what happens to its guest" : "console: true");
    }
}

void expand_server(struct tables *tables, const struct component *component)
{
    expand_console(tables, component);
    expand_calls(tables, component);
    expand_signals(tables, component);
    expand_clients(tables, component);
    expand_inspection(tables, component);
}
