/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Keeping components alive.
 *
 *           request: start          fault, hang, request: restart
 *   STOPPED --------------> RUNNING ----------------------------> (taken apart)
 *      ^                     ^                                      |     |
 *      |       exit, stop    |   due                  first death   |     | again and again
 *      +---------------------+--------- WAITING <-------------------+     +--> FAILED
 *
 * Work for a component is done at that component's priority: restarting it delays nothing more urgent than itself.
 */
#pragma once

#include "report.h"
#include "root.h"

/* All components that the plan does not keep stopped, in its order. */
void supervise_start_all(void);

/* Does what is due and was asked for; answers when to come back at the latest. */
uint64_t supervise_work(void);

/* Flags of root's notification. */
void supervise_flags(uint64_t flags);

/* Watchdogs: to be called only when no flag is pending, so that a sign of life in time is never overlooked. */
void supervise_watchdogs(void);

/* Remembers a request; QUOLL_BAD_STATE when it makes no sense now. */
enum quoll_error supervise_request(uint32_t component, enum pending_request request);

/* Has it die of `death`, an enum root_death; the errors are those of ROOT_PROVOKE, and BAD_ARGUMENT for no such death.
 */
enum quoll_error supervise_provoke(uint32_t component, uint64_t death);

/* Ticks until the component must show a sign of life; 0 when it is not watched. */
uint64_t supervise_watchdog_left(uint32_t component);

/* How long to wait before the next start after this many deaths in a row; UINT64_MAX: not at all. (supervise_delay.c)
 */
uint64_t supervise_delay_ns(unsigned failures);
