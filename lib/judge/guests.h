/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The virtio-consoles of guests, served in place by a component with a portal `console` or `guest-console` that reads
 * and types lines itself: a test's judge. services/serial is the one for people.
 *
 *   static struct guest_console guests[] = {COMPONENT_GUESTS(GUEST_CONSOLE)};
 *
 * None of these calls waits. All are for the component's one thread.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "rt/message.h"
#include "services/serial/protocol.h"
#include "virtio/queue.h"

enum { GUEST_LINE = 256, GUEST_TYPED = 256 };

struct guest_console {
    uint64_t label;
    const char *name;
    struct virtio_window window;
    uint32_t interrupts; /* a capability */
    uint64_t interrupt_mask;
    bool present; /* its VMM lives and has its memory */
    struct virtio_queue queue[CONSOLE_QUEUE_COUNT];
    char line[GUEST_LINE];
    unsigned length;
    char typed[GUEST_TYPED];
    unsigned typed_length;
};

/* For COMPONENT_GUESTS of component.h (docs/reference/description.md). */
#define GUEST_CONSOLE(client, text, ram, bytes, ipa, doorbell, capability, mask) \
    {.label = (client),                                                          \
     .name = (text),                                                             \
     .window = {(ipa), (bytes), (uint8_t *)(uintptr_t)(ram)},                    \
     .interrupts = (capability),                                                 \
     .interrupt_mask = (mask)},

/* `message` is the request of a VMM about its guest's queues, and then the reply (services/serial/protocol.h). */
void guest_console_answer(struct guest_console *guest, struct quoll_message *message);

/* Whose it is; NULL: nobody's. */
struct guest_console *guest_console_find(struct guest_console *guests, unsigned count, uint64_t label);

/*
 * Moves what can be moved between the rings and here, a bounded amount: `take` gets whole lines without their ends,
 * cut to GUEST_LINE - 1 characters.
 */
void guest_console_move(struct guest_console *guest, void (*take)(struct guest_console *guest, const char *line));

/* Its VMM is to look at its queues: raises the flag at the client of that label. */
struct guest_client {
    uint64_t label;
    uint32_t input;
};

/* For COMPONENT_CLIENTS of component.h. */
#define GUEST_CLIENT(number, text, capability) {(number), (capability)},

/*
 * Some component is taken apart or was made again. `lives`: this guest's VMM is there. Its queues are let go, and it is
 * told to attach them again.
 */
void guest_console_detach(struct guest_console *guest, bool lives, const struct guest_client *clients, unsigned count);

/* Before its VMM is stopped: nothing of it is touched until it has come again. */
void guest_console_forget(struct guest_console *guest);

/* To be read by the guest; what does not fit is dropped. */
void guest_console_type(struct guest_console *guest, const char *text);
