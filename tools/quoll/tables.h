/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * What the description amounts to: the plan's objects, capabilities and mappings, each with the place of the
 * description that asked for it, and the constants of each component's header. Made before any program exists, so
 * that programs can be compiled against it; the image adds what the programs are.
 */
#pragma once

#include "abi/plan.h"
#include "tools/quoll/model.h"

/* Where a component's memory is mapped; programs lie below it. */
#define PROGRAM_LIMIT UINT64_C(0x10000000)
#define STACK_BASE    (PROGRAM_LIMIT + 4096)
#define LARGE_PAGE    (UINT64_C(2) << 20)
#define GUEST_RAM_IPA UINT64_C(0x40000000)

struct object {
    struct plan_object plan;
    const char *name;
    struct position at;
    const char *why;
    const char *file;     /* PLAN_MODULE: a file's bytes, or else */
    const void *contents; /* these */
};

struct capability {
    struct plan_capability plan;
    const char *constant; /* its name in component.h, or in abi/plan.h */
    struct position at;
    const char *why;
};

struct mapping {
    struct plan_mapping plan;
    uint64_t size;
    struct position at;
    const char *why;
};

struct define {
    unsigned component;
    const char *name; /* with the parameters of a macro */
    const char *value;
    struct position at;
    const char *why;
};

/* The objects every component has; PLAN_NONE where it has none. */
struct own_objects {
    uint32_t domain, thread, pool, budget, notification;
    uint32_t *portals;                /* by number */
    uint32_t ram, virtual_interrupts; /* of a VM */
    uint32_t windows[SHARE_KINDS];    /* PLAN_NONE: it has none */
};

struct tables {
    const struct system *system;
    struct object *objects;
    unsigned object_count;
    struct capability *capabilities;
    unsigned capability_count;
    struct mapping *mappings;
    unsigned mapping_count;
    struct define *defines;
    unsigned define_count;
    struct own_objects own[COMPONENT_MAX];
    unsigned next_index[COMPONENT_MAX];   /* free capability index */
    uint64_t next_address[COMPONENT_MAX]; /* free address */
    uint64_t pool_size[COMPONENT_MAX];
    uint32_t root_portal, root_notification;
    uint32_t trace; /* PLAN_NONE: nobody reads it */
};

/* Fills the tables. False after mistakes (names that collide, lists too long). */
bool tables_make(const struct system *system, struct tables *tables);

/* The rest is for expand*.c. */

uint32_t object_add(struct tables *tables, enum plan_object_kind kind, uint32_t owner, const char *name,
                    struct position at, const char *why);

/* A capability at the component's next index, with a constant for it. Answers the index. */
unsigned capability_add(struct tables *tables, const struct component *component, const char *constant, uint32_t object,
                        uint32_t rights, uint64_t label, struct position at, const char *why);

/* The same at an index of enum component_capability. */
void capability_add_fixed(struct tables *tables, const struct component *component, unsigned index,
                          const char *constant, uint32_t object, uint32_t rights, uint64_t label, const char *why);

/* A mapping at the component's next suitable address, which it answers. */
uint64_t mapping_add(struct tables *tables, const struct component *component, uint32_t object, uint64_t size,
                     uint64_t attributes, struct position at, const char *why);

void define_add(struct tables *tables, const struct component *component, struct position at, const char *why,
                const char *name, const char *format, ...) __attribute__((format(printf, 6, 7)));

/* `NAME`: capitals, with _ for - and . */
const char *constant_name(const char *name);

/* The parts of tables_make. */
void expand_component(struct tables *tables, const struct component *component);
void expand_server(struct tables *tables, const struct component *component);
void expand_regions(struct tables *tables);
void expand_builds(struct tables *tables, const struct component *component);
void expand_vm(struct tables *tables, const struct component *component);
void expand_share_objects(struct tables *tables, const struct component *component);
void expand_shares(struct tables *tables, const struct component *component);
void expand_vm_objects(struct tables *tables, const struct component *component);
uint64_t client_label(const struct portal *portal, const struct component *client);
