/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "guests.h"

#include <string.h>

#include "components.h"
#include "services/serial/protocol.h"
#include "systems/attacks/guest/layout.h"
#include "virtio/queue.h"

enum { LINE = 256, INPUT = 256, CHAINS = 32, SEGMENTS = 8, SEGMENT_BYTES = 512 };

static struct guest {
    uint64_t label;
    const char *name;
    struct virtio_window window;
    uint32_t interrupts; /* a capability */
    uint64_t interrupt_mask;
    bool present; /* its VMM lives and has its memory */
    struct virtio_queue queue[CONSOLE_QUEUE_COUNT];
    char line[LINE];
    unsigned length;
    char typed[INPUT];
    unsigned typed_length;
} guests[GUEST_COUNT] = {
#define GUEST(client, text, ram, bytes, ipa, doorbell, capability, mask) \
    {.label = (client),                                                  \
     .name = (text),                                                     \
     .window = {(ipa), (bytes), (uint8_t *)(uintptr_t)(ram)},            \
     .interrupts = (capability),                                         \
     .interrupt_mask = (mask)},
    COMPONENT_GUESTS(GUEST)
#undef GUEST
};

static const struct {
    uint64_t label;
    uint32_t input;
} clients[] = {
#define CLIENT(number, text, capability) {(number), (capability)},
    COMPONENT_CLIENTS(CLIENT)
#undef CLIENT
};

static struct guest *find(uint64_t label)
{
    for (unsigned i = 0; i < GUEST_COUNT; i++)
        if (guests[i].label == label)
            return &guests[i];
    return NULL;
}

static void detach(struct guest *guest)
{
    for (unsigned i = 0; i < CONSOLE_QUEUE_COUNT; i++)
        virtio_queue_detach(&guest->queue[i]);
}

static void tell_vmm(const struct guest *guest)
{
    for (unsigned i = 0; i < sizeof(clients) / sizeof(clients[0]); i++)
        if (clients[i].label == guest->label && clients[i].input != 0)
            (void)quoll_notification_signal(clients[i].input, CONSOLE_INPUT_FLAG);
}

static uint64_t attach(struct guest *guest, const uint64_t *word)
{
    struct virtio_queue_setup setup = {(uint32_t)word[2], word[3], word[4], word[5], word[6]};

    if (word[1] >= CONSOLE_QUEUE_COUNT || guest->queue[word[1]].error != VIRTIO_DETACHED)
        return CONSOLE_FAILED | CONSOLE_BAD_QUEUE;
    if (word[2] > CONSOLE_QUEUE_SIZE_MAX ||
        virtio_queue_attach(&guest->queue[word[1]], &guest->window, &setup) != VIRTIO_OK)
        return CONSOLE_FAILED | CONSOLE_BAD_RING;
    return 0;
}

static uint64_t states(const struct guest *guest)
{
    uint64_t result = 0;

    for (unsigned i = 0; i < CONSOLE_QUEUE_COUNT; i++)
        result |= (uint64_t)(guest->queue[i].error == VIRTIO_OK         ? CONSOLE_QUEUE_ATTACHED
                             : guest->queue[i].error == VIRTIO_DETACHED ? CONSOLE_QUEUE_DETACHED
                                                                        : CONSOLE_QUEUE_BROKEN)
                  << (8 * i);
    return result;
}

void guests_answer(uint64_t label, struct quoll_message *message)
{
    struct guest *guest = find(label);
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

static void take_byte(enum guest_number number, char byte)
{
    struct guest *guest = &guests[number];

    if (byte == '\r')
        return;
    if (byte != '\n') {
        if (guest->length < LINE - 1)
            guest->line[guest->length++] = byte;
        return;
    }
    guest->line[guest->length] = '\0';
    guest->length = 0;
    guest_line(number, guest->line);
}

static void transmit(enum guest_number number)
{
    struct virtio_queue *queue = &guests[number].queue[CONSOLE_QUEUE_TRANSMIT];
    struct virtio_segment segments[SEGMENTS];
    struct virtio_chain chain = {0};

    for (unsigned i = 0; i < CHAINS && virtio_queue_take(queue, &chain, segments, SEGMENTS) == VIRTIO_OK; i++) {
        for (unsigned s = 0; s < chain.readable; s++)
            for (uint32_t at = 0; at < segments[s].length && at < SEGMENT_BYTES; at++)
                take_byte(number, *(const volatile char *)(segments[s].base + at));
        virtio_queue_complete(queue, chain.head, 0);
    }
}

static void receive(struct guest *guest)
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

void guests_move(void)
{
    for (unsigned i = 0; i < GUEST_COUNT; i++) {
        struct guest *guest = &guests[i];
        bool signal = false;

        if (!guest->present)
            continue;
        transmit((enum guest_number)i);
        receive(guest);
        for (unsigned q = 0; q < CONSOLE_QUEUE_COUNT; q++)
            signal |= virtio_queue_signal(&guest->queue[q]);
        if (signal)
            (void)quoll_notification_signal(guest->interrupts, guest->interrupt_mask);
    }
}

void guest_forget(enum guest_number number)
{
    detach(&guests[number]);
    guests[number].present = false;
    guests[number].length = 0;
    guests[number].typed_length = 0;
}

void guests_detach(void)
{
    for (unsigned i = 0; i < GUEST_COUNT; i++) {
        detach(&guests[i]);
        guests[i].present = guests[i].present && component_lives(guests[i].name);
        tell_vmm(&guests[i]);
    }
}

void guest_type(enum guest_number number, const char *text)
{
    struct guest *guest = &guests[number];

    for (; *text != '\0' && guest->typed_length < INPUT; text++)
        guest->typed[guest->typed_length++] = *text;
}

volatile uint8_t *guest_ram(enum guest_number number, uint64_t *size)
{
    const struct guest *guest = &guests[number];

    *size = guest->window.size;
    return guest->present ? guest->window.base : NULL;
}

struct attack_page *guest_page(void)
{
    struct guest *guest = &guests[GUEST_hostile];

    return guest->present ? (struct attack_page *)(guest->window.base + GUEST_PAGE_OFFSET) : NULL;
}
