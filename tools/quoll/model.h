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
    CONSOLE_QUEUES = 2,       /* of a virtio-console */
    FLAG_CONSOLE_REPORT = 60, /* to a VMM: a person asks for its guest's exits */
    FLAG_CONSOLE_INPUT = 62,
    FLAG_RESTARTED = 63,
    PRIORITY_MAX = 250, /* root runs above */
};

struct component;
struct system;

struct budget {
    struct position at;
    uint64_t time;   /* ns */
    uint64_t period; /* ns; 0: no budget */
    unsigned replenishments;
    bool report;  /* root says so when it runs out, */
    bool restart; /* and makes the component again */
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

/* What a service shares out. Each is a portal of this kind's name, and for a client a key in its description. */
enum share_kind { SHARE_DISK, SHARE_NET, SHARE_VSOCK, SHARE_ENTROPY, SHARE_CRYPTO, SHARE_KINDS };

struct peer_name {
    struct position at;
    const char *name;
};

/* What a component or a guest has of it. */
struct share {
    enum share_kind kind;
    struct position at; /* of the service */
    const char *service_name;
    struct component *service;
    struct portal *portal;
    bool trusted;    /* a guest's: the service may map guest RAM */
    uint64_t window; /* bytes shared with the service; 0: it maps guest RAM */
    union {
        struct {
            struct position at;
            const char *partition; /* NULL: a range */
            uint64_t offset, size; /* bytes of a range */
            uint64_t begin, end;   /* bytes of either, by resolve; end 0: not known */
            bool read_only;
        } disk;
        struct {
            struct position mac_at;
            uint64_t mac; /* first octet most significant; 0: chosen by the tool */
            unsigned vlan;
        } net;
        struct {
            struct position at;
            unsigned cid; /* of a guest */
            unsigned port_first, port_count;
        } vsock;
    };
    bool reaches_all; /* nothing was said of whom it reaches */
    struct peer_name *reaches;
    unsigned reach_count;
};

/* What the tool knows of each kind; share.c. */
struct share_facts {
    const char *native_key, *guest_key; /* NULL: not for those */
    const char *portal;
    const char *noun;     /* "a disk": what its service shares */
    const char *constant; /* in names of component.h */
    unsigned slot;        /* a guest's: virtio-mmio transport */
    unsigned queues;      /* 0: it has a portal and a window alone */
    uint64_t window;      /* of a native client, if its description does not say */
    uint64_t shadow;      /* of a guest that the service is not trusted by */
    uint64_t dma_least;   /* what the service needs for its device */
    const char *dma_example;
    bool needs_device;
};
extern const struct share_facts share_facts[SHARE_KINDS];

/* "virtio-blk" or "disk" */
const char *share_key(const struct share *share, const struct component *client);
/* Whether `client` has a share of this kind of `service`'s. */
bool share_of(const struct component *client, enum share_kind kind, const struct component *service);
/* Bit i: the i-th client of the service, in the description's order. SHARE_WIRE: the network's device. */
#define SHARE_WIRE (UINT64_C(1) << 63)
uint64_t share_reaches(const struct system *system, const struct component *client, enum share_kind kind);

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
    unsigned doorbells; /* its first flags, that guests and other clients of its queues ring */
    struct flag *flags; /* described ones; grows when devices get theirs */
    unsigned flag_count;
    struct device_use *devices;
    unsigned device_count;
    struct client *clients; /* of its portals, by resolve */
    unsigned client_count;

    struct share *shares[SHARE_KINDS]; /* NULL: it has none */
    bool shares_out[SHARE_KINDS];      /* others have one of it */
    struct region *dma;                /* of a component that shares a device out: the memory it reaches; or NULL */
    struct vm *vm;                     /* NULL: a plain component */
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

/* Parts of the disk that it does not have, and secrets that are none. */
void check_services(const struct system *system);

struct component *component_find(const struct system *system, const char *name);
struct portal *portal_find(const struct component *server, const char *name);

/* Through which VMMs reach who serves their guests' virtio-console; NULL: it is no such service. */
struct portal *guest_console_portal(const struct component *service);
void flag_add(struct component *component, const char *name, struct position at);

/* Finds who shares out what a component has; and what only all shares of a system show. */
void resolve_shares(const struct system *system, struct component *component);
void resolve_all_shares(const struct system *system);
/* Enters a component among a server's clients, once. */
void add_client(struct component *server, struct component *component);

/* "; did you mean ...?" of components' names */
const char *suggest_component(const struct system *system, const char *name);
