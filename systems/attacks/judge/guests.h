/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The virtio-consoles of the guests, which the judge serves in place: lines that a guest writes, lines that it is sent.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "component.h"
#include "rt/message.h"
#include "systems/attacks/orders.h"

enum guest_number { GUEST_linux, GUEST_hostile, GUEST_linux_root, GUEST_COUNT = COMPONENT_GUEST_COUNT };

/* The judge's own: a whole line came, without its end. */
void guest_line(enum guest_number number, const char *line);

/* The request of a VMM about the queues of its guest (services/serial/protocol.h). */
void guests_answer(uint64_t label, struct quoll_message *message);

/* Moves what can be moved between the rings and here. */
void guests_move(void);

/*
 * Some component is taken apart or was made again, perhaps a VMM whose guest's memory is mapped here: nothing of a dead
 * one is touched until it has come again, the others attach their queues again.
 */
void guests_detach(void);

/* To be read by the guest; what does not fit is dropped. */
void guest_type(enum guest_number number, const char *text);

/* All of its RAM, NULL while its VMM is not there. */
volatile uint8_t *guest_ram(enum guest_number number, uint64_t *size);

/* The page in the RAM of `hostile`, NULL while its VMM is not there. */
struct attack_page *guest_page(void);

/* Before the guest is stopped. */
void guest_forget(enum guest_number number);
