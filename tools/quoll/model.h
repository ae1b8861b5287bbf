/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The description, understood: what reading the YAML yields and resolving names completes. Arrays have their final
 * size when they are made, so that pointers between these structures stay good.
 *
 *   system --> board
 *          --> components --> portals, flags, calls, signals, devices
 *                         --> vm (a component whose program is the VMM) --> modules
 *          --> regions --> users
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "abi/calls.h"
#include "tools/quoll/board.h"
#include "tools/quoll/diagnostics.h"
#include "tools/quoll/file.h"

enum {
    COMPONENT_MAX = 60, /* components and VMs; their numbers are bits of masks in root and serial */
    FLAG_MAX = 60,      /* flags a component receives; 60..63 are kept for well-known ones */
    PORTAL_MAX = 16,
    FLAG_DOORBELL = 0,        /* first of a service's flags that guests' doorbells raise: queue q raises bit q */
    DOORBELL_COUNT = 2,       /* queues of a virtio-console */
    FLAG_CONSOLE_REPORT = 60, /* to a VMM: a person asks for its guest's exits */
    FLAG_CONSOLE_INPUT = 62,
    FLAG_RESTARTED = 63,
    PRIORITY_MAX = 250, /* root runs above */
};

struct component;

struct budget {
    struct position at;
    uint64_t time;   /* ns */
    uint64_t period; /* ns; 0: no budget */
    unsigned replenishments;
    bool report; /* root says so when it runs out */
};

struct portal {
    struct position at;
    const char *name;
    struct component *server;
    unsigned number;  /* among the server's portals */
    uint64_t longest; /* ns that one request takes at most, without the portals it calls in turn */
    struct position longest_at;
};

/* A flag of a component's own notification: described, or of the interrupt of one of its devices. */
struct flag {
    struct position at;
    const char *name;
    unsigned bit; /* by resolve */
};

struct call {
    struct position at;
    const char *text; /* server.portal */
    struct portal *portal;
};

struct signal {
    struct position at;
    const char *text; /* peer.flag */
    struct component *peer;
    const char *flag; /* a name that the peer receives */
};

struct device_use {
    struct position at;
    const char *name;
    const struct board_device *device;
    bool dma;
};

/* Bytes of a file that go into the image unchanged. */
struct module {
    struct position at;
    const char *path; /* as described; NULL: none */
    const char *file; /* where it was found */
    uint64_t size;
};

struct vm {
    struct position at;
    uint64_t memory;
    struct position memory_at;
    struct module kernel, initrd, firmware;
    const char *bootargs;
    uint64_t clock; /* seconds since 1970 */
    struct budget vcpu_budget;
    unsigned vcpu_priority;

    bool has_console;
    bool trusted; /* the service may map guest RAM */
    struct position console_at;
    const char *service_name;
    struct component *service;
    struct portal *service_portal;
    unsigned slot; /* virtio-mmio transport */
};

/* What a component or a guest has of a disk that a component shares. */
struct disk {
    struct position at; /* of the service */
    const char *service_name;
    struct component *service;
    struct portal *portal;
    const char *partition; /* NULL: a range */
    uint64_t offset, size; /* bytes of a range */
    struct position part_at;
    bool read_only;
    bool trusted;    /* a guest's: the service may map guest RAM */
    uint64_t window; /* bytes shared with the service; 0: it maps guest RAM */
    unsigned slot;   /* a guest's: virtio-mmio transport */
};

struct client {
    struct component *component;
    unsigned number; /* from 1 up */
};

struct component {
    struct position at;
    const char *name;
    unsigned number;
    const char *program;
    struct position program_at;
    unsigned core;
    struct position core_at;
    unsigned priority;
    struct budget budget;
    bool passive;
    bool restart;
    bool stopped;
    bool console;
    struct position console_at;
    struct position passive_at;
    uint64_t stack;
    uint64_t pool; /* 0: chosen by the tool */
    uint64_t watchdog;
    struct position watchdog_at;
    bool inspects, manages, trace;
    unsigned builds; /* empty indices; not 0: it may make objects in its own pool */
    const char *arguments;
    struct position inspects_at, manages_at, trace_at, builds_at, arguments_at;

    struct portal *portals;
    unsigned portal_count;
    struct call *calls;
    unsigned call_count;
    struct signal *signals;
    unsigned signal_count;
    bool doorbells;     /* it serves a guest's virtio device: its first flags are doorbells */
    struct flag *flags; /* described ones; grows when devices get theirs */
    unsigned flag_count;
    struct device_use *devices;
    unsigned device_count;
    struct client *clients; /* of its portals, by resolve */
    unsigned client_count;

    struct disk *disk;  /* NULL: it has none */
    struct region *dma; /* of a component that shares a disk: the memory its device reaches; NULL: it shares none */
    struct vm *vm;      /* NULL: a plain component */
};

enum access { ACCESS_READ, ACCESS_READ_WRITE, ACCESS_CARVE };

struct region_user {
    struct position at;
    const char *name;
    struct component *component;
    enum access access;
};

struct region {
    struct position at;
    const char *name;
    uint64_t size;
    uint64_t alignment;
    bool dma;
    bool uncached;
    struct region_user *users;
    unsigned user_count;
};

/* Below what has deadlines: root copies and clears memory when it makes a component again. */
enum { ROOT_PRIORITY = 50 };

struct root {
    const char *program;
    struct position at;
    unsigned priority;
    uint64_t pool;
    uint64_t stack;
};

struct system {
    struct position at;
    const char *name;
    const char *path;
    struct board *board;
    struct root root;
    struct component *components;
    unsigned component_count;
    struct region *regions;
    unsigned region_count;
};

/* Where a description and the files it names come from. */
struct source {
    const char *path;
    const struct search *search;
    const char *board; /* overrides the description's; NULL: does not */
    const char *const *set;
    unsigned set_count;
    const char *guest_kernel, *guest_initrd, *guest_bootargs; /* instead of the first VM's; NULL: as described */
};

/* Reads a description into `system`; all mistakes of form are reported. False when there were any. */
bool system_read(const struct source *source, struct system *system);

/* Finds what the names in the description mean. False after mistakes. */
bool system_resolve(struct system *system, const struct search *search);

/* Checks what only the whole shows: time, cores, cycles of calls. False after mistakes. */
bool system_check(const struct system *system);

struct component *component_find(const struct system *system, const char *name);
struct portal *portal_find(const struct component *server, const char *name);

/* Through which VMMs reach who serves their guests' virtio-console; NULL: it is no such service. */
struct portal *guest_console_portal(const struct component *service);
void flag_add(struct component *component, const char *name, struct position at);

/* Finds what a component's disk is a part of; and what only all disks of a system show. */
void resolve_disk(const struct system *system, struct component *component);
void resolve_disks(const struct system *system);
/* Enters a component among a server's clients, once. */
void add_client(struct component *server, struct component *component);

/* "; did you mean ...?" of components' names */
const char *suggest_component(const struct system *system, const char *name);
