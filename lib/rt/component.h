/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * A component is four functions around one loop:
 *
 *   component_start -> wait -+-> a call           -> component_message       -> reply, wait
 *                            +-> flags            -> component_notification  -> wait
 *                            +-> the deadline     -> component_deadline      -> wait
 *
 * All four run one at a time on the component's one thread. The last three have empty defaults. A component that has
 * a loop of its own does not return from component_start.
 */
#pragma once

#include "rt/message.h"

/* Flags that every component knows (abi/plan.h: restart_flag; services/serial/protocol.h). */
#define COMPONENT_FLAG_RESTARTED \
    (UINT64_C(1) << 63)                          /* a component that this one shares a capability with was made again */
#define COMPONENT_FLAG_INPUT (UINT64_C(1) << 62) /* console_read has something */

#define COMPONENT_FLAG_REPORT (UINT64_C(1) << 60) /* of a VMM: a person asks for its guest's exits */

void component_start(void);

/* `message` holds the request when it is called and the reply when it returns. */
void component_message(uint64_t label, struct quoll_message *message);

void component_notification(uint64_t flags);

/* Runs once when the time of the last component_wait_until has come, which then is used up. */
void component_deadline(void);

/* Absolute time in ticks; QUOLL_FOREVER takes it back. */
void component_wait_until(uint64_t ticks);

/* From inside component_message: a capability to go with this reply. */
void component_reply_capability(uint32_t index, uint32_t rights);

/* An empty index of the own list where callers may put a capability; message->capability says that one did. */
void component_receive_at(uint32_t index);

/* The flags that came while something else waited on the component's notification: given to the loop later. */
void component_keep_flags(uint64_t flags);

/* Flags kept so far, which the loop then does not see any more. */
uint64_t component_take_flags(void);

/* Lets who inspects the system see a further thread of this component, such as a vCPU. */
enum quoll_error component_show_thread(uint32_t thread);

/* Tells root that this component is done; it comes back only when someone starts it. */
_Noreturn void component_exit(int status);

/* Asks root for a fresh copy of this component. */
_Noreturn void component_restart(void);

/*
 * For a component with a loop of its own around calls that it answers in a few instructions: answer the message, if
 * `owed`, and wait; flags and deadlines are dealt with, until a message is there.
 */
void component_next(struct quoll_message *message, bool owed);

/* What the next quoll_trap_answer passes. */
struct component_exchange {
    uint64_t number_and_flags; /* 0: something else is due, which component_next does */
    uint64_t deadline;
};
extern struct component_exchange component_exchange;

/* Of quoll_trap_answer's answer: true when it is a message, which `message` then is; else component_next goes on. */
bool component_received(struct quoll_message *message, uint64_t x8);

/* x0 to x4 as the thread was started with. */
extern uint64_t runtime_argument[5];

/* All that crt0 runs: component_start and the loop. Only root has another. */
_Noreturn void runtime_main(void);
