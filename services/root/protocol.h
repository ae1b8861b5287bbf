/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * What a component may ask root through COMPONENT_CAP_ROOT. Word 0 of a request is the operation, word 0 of every reply
 * enum quoll_error. The label of the capability is the component's number in the plan, with ROOT_LABEL_CONTROL for a
 * component that may manage others.
 *
 * A sign of life is no call: a watched component raises its flag through COMPONENT_CAP_WATCHDOG, so that it never waits
 * for root.
 */
#pragma once

#include <stdint.h>

#define ROOT_LABEL_CONTROL       (UINT64_C(1) << 32)
#define ROOT_LABEL_NUMBER(label) ((uint32_t)(label))

/* Raised on a component with ROOT_LABEL_CONTROL when the log has grown. */
#define ROOT_NEWS_FLAG (UINT64_C(1) << 61)

enum root_operation {
    /* of every component, about itself; root answers at once and acts on its own time */
    ROOT_EXIT = 2, /* w1 status: stop me, I am done */
    ROOT_RESTART_SELF = 3,
    ROOT_STOP_SELF = 4,
    ROOT_SHOW_THREAD =
        5, /* a capability with READ on a further thread of mine comes along (a vCPU), for who inspects */

    /* with ROOT_LABEL_CONTROL; w1 is a component's number unless said otherwise */
    ROOT_LOG_READ =
        16,           /* w1 position or ROOT_LOG_NEXT; reply: w1 length, w2 position of the first byte, w3..w7 bytes */
    ROOT_STATE = 17,  /* reply: w1 enum root_state, w2 times restarted, w3 watchdog ns left (0: not watched),
                       * w4..w7 name, 32 bytes with a NUL */
    ROOT_MEMORY = 18, /* no argument; reply: w1 free bytes of RAM, w2 all bytes, w3 largest free range */
    ROOT_RESTART = 19,
    ROOT_STOP = 20,
    ROOT_START = 21,
    ROOT_POWER = 22,   /* w1 enum quoll_power_action */
    ROOT_THREAD = 23,  /* the further thread, NOT_FOUND when there is none; reply: w1 state, w2 priority, w3 ticks used,
                        * w4 pc as thread_status has them, w5 time and w6 period of its budget in ns */
    ROOT_PROVOKE = 24, /* w2 enum root_death: it dies of that, as if by itself. BAD_STATE: it does not run, or nobody
                        * would notice: it has neither `watchdog:` nor, for a loop, `overrun: restart` */
};

/* What a component may die of while it runs, for who tests that others survive it. */
enum root_death {
    ROOT_DEATH_FAULT = 0,   /* its next instruction is one that is not there */
    ROOT_DEATH_LOOP = 1,    /* it goes round in a loop without end, until its budget or its watchdog tells */
    ROOT_DEATH_SILENCE = 2, /* it does nothing more, and whoever called it waits, until its watchdog tells */
    ROOT_DEATHS
};

/* Goes on where the last reader stopped, or at the oldest byte kept. */
#define ROOT_LOG_NEXT UINT64_MAX
enum { ROOT_LOG_BYTES = 40 };

enum root_state {
    ROOT_STATE_STOPPED = 0, /* made by a later request, or stopped; holds no memory */
    ROOT_STATE_RUNNING = 1,
    ROOT_STATE_WAITING = 2, /* faulted; will be made again after a delay */
    ROOT_STATE_FAILED = 3,  /* faulted too often, or could not be made */
};
