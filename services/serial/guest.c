/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "guest.h"

void guest_start(struct guest *guest, struct console *console, uint8_t *memory, uint64_t size, uint64_t address)
{
    guest->console = console;
    guest->window = (struct virtio_window){.address = address, .size = memory == NULL ? 0 : size, .base = memory};
    guest_detach(guest);
}

unsigned guest_attach(struct guest *guest, const uint64_t *word)
{
    const struct virtio_queue_setup setup = virtio_service_setup(word);

    if (word[1] >= CONSOLE_QUEUE_COUNT || guest->queue[word[1]].error != VIRTIO_DETACHED)
        return CONSOLE_BAD_QUEUE;
    if (word[2] > CONSOLE_QUEUE_SIZE_MAX)
        return CONSOLE_BAD_RING;
    if (virtio_queue_attach(&guest->queue[word[1]], &guest->window, &setup) != VIRTIO_OK)
        return CONSOLE_BAD_RING;
    guest->broken_told[word[1]] = false;
    return 0;
}

void guest_detach(struct guest *guest)
{
    for (unsigned i = 0; i < CONSOLE_QUEUE_COUNT; i++) {
        virtio_queue_detach(&guest->queue[i]);
        guest->broken_told[i] = false;
    }
    guest->sending = false;
    bytes_clear(&guest->console->input);
}

uint64_t guest_queues(const struct guest *guest)
{
    uint64_t states = 0;

    for (unsigned i = 0; i < CONSOLE_QUEUE_COUNT; i++)
        states |= (uint64_t)virtio_service_state(&guest->queue[i]) << (8 * i);
    return states;
}

/* Copies the chain that is being sent, as far as the console's share has room. True: all of it. */
static bool send_chain(struct guest *guest)
{
    while (guest->segment < guest->chain.readable) {
        const struct virtio_segment *segment = &guest->segments[guest->segment];

        /* Bounded by the room; each byte is read once. */
        while (guest->offset < segment->length) {
            if (bytes_room(&guest->console->output) == 0)
                return false;
            (void)bytes_put(&guest->console->output, *(const volatile uint8_t *)(segment->base + guest->offset++));
        }
        guest->segment++;
        guest->offset = 0;
    }
    return true;
}

/* Guest to terminal. Nothing is dropped: a chain that finds no room stays with us until there is. */
static bool transmit(struct guest *guest)
{
    struct virtio_queue *queue = &guest->queue[CONSOLE_QUEUE_TRANSMIT];

    for (unsigned i = 0; i < CONSOLE_QUEUE_SIZE_MAX; i++) {
        if (!guest->sending) {
            if (virtio_queue_take(queue, &guest->chain, guest->segments, CONSOLE_QUEUE_SIZE_MAX) != VIRTIO_OK)
                return false;
            guest->sending = true;
            guest->segment = 0;
            guest->offset = 0;
        }
        if (!send_chain(guest))
            return false;
        virtio_queue_complete(queue, guest->chain.head, 0);
        guest->sending = false;
    }
    return true;
}

/* Keyboard to guest: one chain takes what was typed so far. */
static bool receive(struct guest *guest)
{
    struct virtio_queue *queue = &guest->queue[CONSOLE_QUEUE_RECEIVE];
    struct virtio_segment segments[CONSOLE_QUEUE_SIZE_MAX] = {0};
    struct virtio_chain chain = {0};
    uint8_t byte = 0;

    for (unsigned i = 0; i < CONSOLE_QUEUE_SIZE_MAX; i++) {
        uint32_t written = 0;
        if (bytes_count(&guest->console->input) == 0)
            return false;
        if (virtio_queue_take(queue, &chain, segments, CONSOLE_QUEUE_SIZE_MAX) != VIRTIO_OK)
            return false;
        for (unsigned s = chain.readable; s < (unsigned)chain.readable + chain.writable; s++)
            for (uint32_t at = 0; at < segments[s].length && bytes_take(&guest->console->input, &byte); at++) {
                *(volatile uint8_t *)(segments[s].base + at) = byte;
                written++;
            }
        virtio_queue_complete(queue, chain.head, written);
    }
    return true;
}

unsigned guest_step(struct guest *guest)
{
    unsigned result = 0;

    if (transmit(guest))
        result |= GUEST_MORE;
    if (receive(guest))
        result |= GUEST_MORE;
    for (unsigned i = 0; i < CONSOLE_QUEUE_COUNT; i++) {
        struct virtio_queue *queue = &guest->queue[i];
        if (virtio_queue_signal(queue))
            result |= GUEST_SIGNAL;
        if (!virtio_queue_works(queue) && queue->error != VIRTIO_DETACHED && !guest->broken_told[i])
            result |= GUEST_BROKEN;
    }
    return result;
}

const char *guest_complaint(struct guest *guest, unsigned *queue)
{
    for (unsigned i = 0; i < CONSOLE_QUEUE_COUNT; i++) {
        enum virtio_error error = guest->queue[i].error;
        if (error == VIRTIO_OK || error == VIRTIO_DETACHED || guest->broken_told[i])
            continue;
        guest->broken_told[i] = true;
        *queue = i;
        return virtio_error_text(error);
    }
    return NULL;
}
