/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The top of the description, its root and its memory regions.
 */
#include <string.h>

#include "tools/quoll/arena.h"
#include "tools/quoll/read.h"

static const char *const TOP_KEYS[] = {"system", "board", "root", "components", "vms", "memory"};
static const char *const ROOT_KEYS[] = {"program", "priority", "pool", "stack"};
static const char *const REGION_KEYS[] = {"size", "alignment", "dma", "uncached", "users"};
static const char *const ACCESSES[] = {"read", "read-write", "carve"};

struct component *component_find(const struct system *system, const char *name)
{
    for (unsigned i = 0; i < system->component_count; i++)
        if (strcmp(system->components[i].name, name) == 0)
            return &system->components[i];
    return NULL;
}

struct portal *portal_find(const struct component *server, const char *name)
{
    for (unsigned i = 0; i < server->portal_count; i++)
        if (strcmp(server->portals[i].name, name) == 0)
            return &server->portals[i];
    return NULL;
}

struct portal *guest_console_portal(const struct component *service)
{
    struct portal *own = portal_find(service, "guest-console");

    return own != NULL ? own : portal_find(service, "console");
}

void flag_add(struct component *component, const char *name, struct position at)
{
    struct flag *flag = ARRAY_ADD(component->flags, component->flag_count);

    *flag = (struct flag){.at = at, .name = name};
}

static void read_users(const struct node *node, struct region *region)
{
    const struct node *users = node_need(node, arena_print("the memory `%s`", region->name), "users",
                                         "{producer: read-write, consumer: read}");

    if (users == NULL || !node_is_mapping(users, "`users`"))
        return;
    region->users = arena_allocate(users->count, sizeof *region->users);
    for (const struct node *child = users->first; child != NULL; child = child->next) {
        struct region_user *user = &region->users[region->user_count++];
        unsigned access = ACCESS_READ;

        value_choice(child, ACCESSES, LENGTH(ACCESSES), &access);
        *user = (struct region_user){.at = child->key_at, .name = child->key, .access = (enum access)access};
        if (access == ACCESS_CARVE && users->count > 1)
            mistake(child->key_at,
                    "`%s` carves the memory `%s`, so nobody else can have it mapped; make it the only user", child->key,
                    region->name);
    }
}

void read_regions(const struct node *node, struct system *system)
{
    if (node == NULL || !node_is_mapping(node, "`memory`"))
        return;
    system->regions = arena_allocate(node->count, sizeof *system->regions);
    for (const struct node *child = node->first; child != NULL; child = child->next) {
        struct region *region = &system->regions[system->region_count++];
        const struct node *size = NULL;

        *region = (struct region){.at = child->key_at, .name = child->key, .size = 4 * KIB};
        name_check(child->key, child->key_at);
        if (!node_is_mapping(child, arena_print("the memory `%s`", child->key)))
            continue;
        keys_check(child, "a memory region", REGION_KEYS, LENGTH(REGION_KEYS));
        size = node_need(child, arena_print("the memory `%s`", child->key), "size", "64KiB");
        value_bytes(size, (struct limits){4 * KIB, 64 * GIB, 4 * KIB}, &region->size);
        region->alignment = region->size % (2 * MIB) == 0 ? 2 * MIB : 4 * KIB;
        value_bytes(node_get(child, "alignment"), (struct limits){4 * KIB, GIB, 4 * KIB}, &region->alignment);
        if ((region->alignment & (region->alignment - 1)) != 0)
            mistake(node_get(child, "alignment")->at, "`alignment` is %s, not a power of two; write for example 64KiB",
                    node_get(child, "alignment")->text);
        value_bool(node_get(child, "dma"), &region->dma);
        value_bool(node_get(child, "uncached"), &region->uncached);
        read_users(child, region);
    }
}

static void read_root(const struct node *node, struct root *root)
{
    if (node == NULL || !node_is_mapping(node, "`root`"))
        return;
    root->at = node->key_at;
    keys_check(node, "`root`", ROOT_KEYS, LENGTH(ROOT_KEYS));
    value_text(node_get(node, "program"), &root->program);
    if (node_get(node, "priority") != NULL)
        read_priority(node, "`root`", &root->priority);
    value_bytes(node_get(node, "pool"), (struct limits){32 * KIB, 256 * MIB, 4 * KIB}, &root->pool);
    value_bytes(node_get(node, "stack"), (struct limits){4 * KIB, MIB, 4 * KIB}, &root->stack);
}

static void read_entries(const struct node *node, const char *what,
                         void (*read)(const struct node *, struct component *), struct system *system)
{
    if (node == NULL || !node_is_mapping(node, what))
        return;
    for (const struct node *child = node->first; child != NULL; child = child->next) {
        struct component *component = NULL;
        const struct component *twin = component_find(system, child->key);

        if (strcmp(child->key, "root") == 0)
            mistake(child->key_at, "`root` is the name of the first program itself; choose another name");
        if (twin != NULL)
            mistake(child->key_at, "`%s` is the name of a component in line %u already; choose another name",
                    child->key, twin->at.line);
        if (system->component_count == COMPONENT_MAX) {
            mistake(child->key_at, "more than %d components and VMs; remove some", COMPONENT_MAX);
            return;
        }
        component = &system->components[system->component_count];
        *component = (struct component){.number = system->component_count};
        read(child, component);
        system->component_count++;
    }
}

static void read_top(const struct node *top, const struct source *source, struct system *system)
{
    const struct node *name = node_need(top, "the description", "system", "demo");
    const struct node *board = source->board != NULL ? NULL : node_need(top, "the description", "board", "qemu-virt");
    const char *board_name = source->board;

    if (name != NULL && value_text(name, &system->name))
        name_check(system->name, name->at);
    if (source->board == NULL && board != NULL)
        value_text(board, &board_name);
    if (board_name != NULL)
        system->board =
            board_read(board_name, board != NULL ? board->at : (struct position){"--board", 1, 1}, source->search);
}

/* --guest-kernel and its like: the first VM's keys. A kernel without an initrd is meant to have none. */
static void set_guest(struct node *top, const struct source *source)
{
    const struct {
        const char *key;
        const char *variable; /* of make */
        const char *value;
    } settings[] = {
        {"kernel", "KERNEL", source->guest_kernel},
        {"initrd", "INITRD", source->guest_kernel != NULL && source->guest_initrd == NULL ? "" : source->guest_initrd},
        {"bootargs", "BOOTARGS", source->guest_bootargs}};
    const struct node *vms = node_get(top, "vms");

    for (unsigned i = 0; i < LENGTH(settings); i++) {
        if (settings[i].value == NULL)
            continue;
        if (vms == NULL || vms->first == NULL) {
            mistake(top->at,
                    "%s= (--guest-%s) has no VM to change; write one under `vms`, or choose a system that has one",
                    settings[i].variable, settings[i].key);
            return;
        }
        node_set(top, arena_print("vms.%s.%s=%s", vms->first->key, settings[i].key, settings[i].value),
                 (struct position){arena_print("%s= (--guest-%s)", settings[i].variable, settings[i].key), 1, 1});
    }
}

bool system_read(const struct source *source, struct system *system)
{
    struct node *top = yaml_read(source->path);

    if (top == NULL)
        return false;
    top->key_at = top->at;
    for (unsigned i = 0; i < source->set_count; i++)
        node_set(top, source->set[i], (struct position){"--set", i + 1, 1});
    set_guest(top, source);
    if (mistake_count() != 0)
        return false;
    *system = (struct system){.at = top->at, .path = source->path, .name = "unnamed"};
    system->root =
        (struct root){.program = "root", .at = top->at, .priority = ROOT_PRIORITY, .pool = 4 * MIB, .stack = 32 * KIB};
    keys_check(top, "a description", TOP_KEYS, LENGTH(TOP_KEYS));
    read_top(top, source, system);
    read_root(node_get(top, "root"), &system->root);
    system->components = arena_allocate(COMPONENT_MAX, sizeof *system->components);
    if (node_get(top, "components") == NULL && node_get(top, "vms") == NULL)
        mistake(top->at, "the description has neither `components` nor `vms`; write what the device runs");
    read_entries(node_get(top, "components"), "`components`", read_component, system);
    read_entries(node_get(top, "vms"), "`vms`", read_vm, system);
    read_regions(node_get(top, "memory"), system);
    return mistake_count() == 0;
}
