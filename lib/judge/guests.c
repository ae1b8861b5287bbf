/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "guests.h"

#include <string.h>

#include "rt/calls.h"

enum { CHAINS = 32, SEGMENTS = 8, SEGMENT_BYTES = 512 };

static void detach(struct guest_console *guest)
{
    for (unsigned i = 0; i < CONSOLE_QUEUE_COUNT; i++)
        virtio_queue_detach(&guest->queue[i]);
}

static uint64_t attach(struct guest_console *guest, const uint64_t *word)
{
    struct virtio_queue_setup setup = {(uint32_t)word[2], word[3], word[4], word[5], word[6]};

    if (word[1] >= CONSOLE_QUEUE_COUNT || guest->queue[word[1]].error != VIRTIO_DETACHED)
        return CONSOLE_FAILED | CONSOLE_BAD_QUEUE;
    if (word[2] > CONSOLE_QUEUE_SIZE_MAX ||
        virtio_queue_attach(&guest->queue[word[1]], &guest->window, &setup) != VIRTIO_OK)
        return CONSOLE_FAILED | CONSOLE_BAD_RING;
    return 0;
}

static uint64_t states(const struct guest_console *guest)
{
    uint64_t result = 0;

    for (unsigned i = 0; i < CONSOLE_QUEUE_COUNT; i++)
        result |= (uint64_t)(guest->queue[i].error == VIRTIO_OK         ? CONSOLE_QUEUE_ATTACHED
                             : guest->queue[i].error == VIRTIO_DETACHED ? CONSOLE_QUEUE_DETACHED
                                                                        : CONSOLE_QUEUE_BROKEN)
                  << (8 * i);
    return result;
}

void guest_console_answer(struct guest_console *guest, struct quoll_message *message)
{
    uint64_t operation = message->word[0] & 0xff;
    uint64_t reply = CONSOLE_FAILED | CONSOLE_BAD_OPERATION;

    if (guest == NULL) {
        reply = CONSOLE_FAILED | CONSOLE_BAD_CLIENT;
    } else if (operation == CONSOLE_DETACH) {
        detach(guest);
        guest->present = true;
        reply = 0;
    } else if (operation == CONSOLE_ATTACH) {
        guest->present = true;
        reply = attach(guest, message->word);
    } else if (operation == CONSOLE_QUEUES) {
        reply = states(guest);
    }
    *message = (struct quoll_message){.word = {reply}};
}

struct guest_console *guest_console_find(struct guest_console *guests, unsigned count, uint64_t label)
{
    for (unsigned i = 0; i < count; i++)
        if (guests[i].label == label)
            return &guests[i];
    return NULL;
}

/* True: the line is whole. */
static bool take_byte(struct guest_console *guest, char byte)
{
    if (byte == '\n') {
        guest->line[guest->length] = '\0';
        guest->length = 0;
        return true;
    }
    if (byte != '\r' && guest->length < GUEST_LINE - 1)
        guest->line[guest->length++] = byte;
    return false;
}

static void transmit(struct guest_console *guest, void (*take)(struct guest_console *guest, const char *line))
{
    struct virtio_queue *queue = &guest->queue[CONSOLE_QUEUE_TRANSMIT];
    struct virtio_segment segments[SEGMENTS];
    struct virtio_chain chain = {0};

    for (unsigned i = 0; i < CHAINS && virtio_queue_take(queue, &chain, segments, SEGMENTS) == VIRTIO_OK; i++) {
        for (unsigned s = 0; s < chain.readable; s++)
            for (uint32_t at = 0; at < segments[s].length && at < SEGMENT_BYTES; at++)
                if (take_byte(guest, *(const volatile char *)(segments[s].base + at)))
                    take(guest, guest->line);
        virtio_queue_complete(queue, chain.head, 0);
    }
}

static void receive(struct guest_console *guest)
{
    struct virtio_queue *queue = &guest->queue[CONSOLE_QUEUE_RECEIVE];
    struct virtio_segment segments[SEGMENTS];
    struct virtio_chain chain = {0};
    unsigned given = 0;

    if (guest->typed_length == 0 || virtio_queue_take(queue, &chain, segments, SEGMENTS) != VIRTIO_OK)
        return;
    for (unsigned s = chain.readable; s < (unsigned)chain.readable + chain.writable; s++)
        for (uint32_t at = 0; at < segments[s].length && given < guest->typed_length; at++)
            *(volatile char *)(segments[s].base + at) = guest->typed[given++];
    memmove(guest->typed, guest->typed + given, guest->typed_length - given);
    guest->typed_length -= given;
    virtio_queue_complete(queue, chain.head, given);
}

void guest_console_move(struct guest_console *guest, void (*take)(struct guest_console *guest, const char *line))
{
    bool signal = false;

    if (!guest->present)
        return;
    transmit(guest, take);
    receive(guest);
    for (unsigned q = 0; q < CONSOLE_QUEUE_COUNT; q++)
        signal |= virtio_queue_signal(&guest->queue[q]);
    if (signal)
        (void)quoll_notification_signal(guest->interrupts, guest->interrupt_mask);
}

void guest_console_forget(struct guest_console *guest)
{
    detach(guest);
    guest->present = false;
    guest->length = 0;
    guest->typed_length = 0;
}

void guest_console_detach(struct guest_console *guest, bool lives, const struct guest_client *clients, unsigned count)
{
    detach(guest);
    guest->present = guest->present && lives;
    for (unsigned i = 0; i < count; i++)
        if (clients[i].label == guest->label && clients[i].input != 0)
            (void)quoll_notification_signal(clients[i].input, CONSOLE_INPUT_FLAG);
}

void guest_console_type(struct guest_console *guest, const char *text)
{
    for (; *text != '\0' && guest->typed_length < GUEST_TYPED; text++)
        guest->typed[guest->typed_length++] = *text;
}
