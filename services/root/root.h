/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * What root knows, and where its capabilities lie:
 *
 *   boot objects | own notification | objects of the plan | RAM each component | code each | rests of the plan | shown
 *   1..71          72                 73..
 *
 * One thread, no locks. Everything here is derived from the plan or read from the kernel.
 */
#pragma once

#include <assert.h>
#include <stdbool.h>
#include <stdint.h>

#include "abi/boot_info.h"
#include "abi/calls.h"
#include "allocator.h"
#include "plan_view.h"
#include "protocol.h"

enum {
    ROOT_RAM_MAX = BOOT_CAP_DEVICE - BOOT_CAP_RAM,
    ROOT_DEVICES_MAX = BOOT_CAP_FREE - BOOT_CAP_DEVICE,
    ROOT_RESTS_MAX = PLAN_ROOT_RESTS
};

enum { ROOT_CAP_NOTIFICATION = BOOT_CAP_FREE, ROOT_CAP_OBJECTS };

static_assert((int)PLAN_ROOT_CAPABILITIES == (int)ROOT_CAP_OBJECTS + (int)ROOT_RESTS_MAX + 1 &&
                  PLAN_ROOT_CAPABILITIES + ROOT_OBJECTS_MAX + 3 * ROOT_COMPONENTS_MAX <= QUOLL_CAPABILITIES_MAX,
              "root's list holds all of it, the empty one behind the shown threads included");

/* Flags of root's own notification: a component's number is its watchdog flag, the rest lies above all numbers. */
#define ROOT_FLAG_FAULT   (UINT64_C(1) << 63)
#define ROOT_FLAG_WORK    (UINT64_C(1) << 62)
#define ROOT_FLAG_OVERRUN (UINT64_C(1) << 61)

/* What somebody asked for, to be done on root's own time. */
enum pending_request { PENDING_NONE, PENDING_RESTART, PENDING_STOP, PENDING_START, PENDING_RESTART_SELF };

struct component_record {
    enum root_state state;
    enum pending_request pending;
    struct allocator_range pool;
    struct allocator_range image; /* segments that it can write, one behind the other, then the stack */
    uint64_t started;             /* ticks */
    uint64_t kicked;              /* last sign of life */
    uint64_t due;                 /* ROOT_STATE_WAITING: when it is made again */
    unsigned failures;            /* deaths in a row, each soon after a start */
    uint64_t restarts;
    bool made;      /* its objects exist */
    uint32_t shown; /* its further thread, or 0 */
};

struct root {
    struct plan_view plan;
    struct allocator ram;
    unsigned ram_count, device_count;
    uint64_t priority; /* its own, when it does nothing for anybody in particular */
    uint64_t ram_base[ROOT_RAM_MAX];
    uint64_t device_base[ROOT_DEVICES_MAX], device_size[ROOT_DEVICES_MAX];
    struct component_record component[ROOT_COMPONENTS_MAX];
    struct allocator_range memory[ROOT_OBJECTS_MAX]; /* of each PLAN_MEMORY */
    bool object_made[ROOT_OBJECTS_MAX];
    uint64_t overruns[ROOT_OBJECTS_MAX]; /* of each budget, as last reported */
};

extern struct root root;

static inline uint32_t object_capability(uint32_t object)
{
    return ROOT_CAP_OBJECTS + object;
}

static inline uint32_t image_capability(uint32_t component)
{
    return ROOT_CAP_OBJECTS + root.plan.objects + component;
}

static inline uint32_t code_capability(uint32_t component)
{
    return ROOT_CAP_OBJECTS + root.plan.objects + root.plan.components + component;
}

static inline uint32_t rest_capability(uint32_t rest)
{
    return ROOT_CAP_OBJECTS + root.plan.objects + 2 * root.plan.components + rest;
}

/* A thread that a component has shown, or the one that is empty, to receive the next. */
static inline uint32_t shown_capability(uint32_t number)
{
    return rest_capability(ROOT_RESTS_MAX) + number;
}

static inline const char *component_name(uint32_t component)
{
    return root.plan.component[component].name;
}

/* The sentence of abi/errors.def. */
const char *error_text(enum quoll_error error);
