/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The component: joins the multiplexer (mux.h), the guests' queues (guest.h) and the UART (pl011.h). Whatever happens,
 * a call, an interrupt, a doorbell or the time, ends in run(), which moves what can be moved, a bounded amount.
 */
#include <stddef.h>
#include <string.h>

#include "component.h"
#include "guest.h"
#include "mux.h"
#include "pl011.h"
#include "protocol.h"
#include "rt/calls.h"
#include "rt/component.h"
#include "rt/time.h"
#include "rt/watchdog.h"

#ifndef COMPONENT_GUESTS
#define COMPONENT_GUESTS(X)
#define COMPONENT_GUEST_COUNT 0
#endif

enum {
    SEND_MAX = 128,    /* bytes that one event puts into the UART */
    RECEIVE_MAX = 128, /* and takes out of it */
};

struct client {
    uint64_t label;
    const char *name;
    uint32_t input; /* capability that raises CONSOLE_INPUT_FLAG, 0: none */
    struct console *console;
};

#define CLIENT(number, text, capability) {.label = (number), .name = text, .input = (capability)},
static struct client clients[] = {COMPONENT_CLIENTS(CLIENT){.name = ""}};
enum { CLIENT_COUNT = sizeof(clients) / sizeof(clients[0]) - 1 };

static const struct guest_entry {
    uint64_t client;
    uintptr_t memory;
    uint64_t size;
    uint64_t address;
    uint32_t interrupts;
    uint64_t interrupt_mask;
} guest_table[] = {
#define GUEST(label, text, ram, bytes, ipa, doorbell, capability, mask) \
    {(label), (ram), (bytes), (ipa), (capability), (mask)},
    COMPONENT_GUESTS(GUEST){0}};
enum { GUEST_COUNT = sizeof(guest_table) / sizeof(guest_table[0]) - 1 };

static struct guest guests[GUEST_COUNT + 1];
static struct mux mux;
static struct pl011 uart;
static uint64_t last_kick = 0; /* ticks */

static struct client *find_client(uint64_t label)
{
    for (unsigned i = 0; i < CLIENT_COUNT; i++)
        if (clients[i].label == label && clients[i].console != NULL)
            return &clients[i];
    return NULL;
}

static struct guest *find_guest(uint64_t label)
{
    for (unsigned i = 0; i < GUEST_COUNT; i++)
        if (guests[i].client == label && guests[i].console != NULL)
            return &guests[i];
    return NULL;
}

/* A client that cannot be told (dead, no capability) is not told: it asks when it comes back. */
static void tell_client(uint64_t label)
{
    const struct client *client = find_client(label);

    if (client != NULL && client->input != 0)
        (void)quoll_notification_signal(client->input, CONSOLE_INPUT_FLAG);
}

static void complain(struct guest *guest)
{
    unsigned queue = 0;

    for (const char *what = guest_complaint(guest, &queue); what != NULL; what = guest_complaint(guest, &queue)) {
        char text[LINE_MAX_BYTES] = "";
        size_t length = 0;
        const char *const parts[] = {guest->console->name, queue == CONSOLE_QUEUE_RECEIVE ? ": receive" : ": transmit",
                                     " queue stopped: ", what};
        for (unsigned i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
            size_t more = strlen(parts[i]);
            if (length + more >= sizeof(text))
                break;
            memcpy(text + length, parts[i], more + 1);
            length += more;
        }
        mux_say(&mux, text);
    }
    tell_client(guest->client);
}

/* True: there is more to do, and no event will say so. */
static bool run_guests(void)
{
    bool more = false;

    for (unsigned i = 0; i < GUEST_COUNT; i++) {
        if (guests[i].console == NULL)
            continue;
        unsigned step = guest_step(&guests[i]);
        if ((step & GUEST_SIGNAL) != 0)
            (void)quoll_notification_signal(guest_table[i].interrupts, guest_table[i].interrupt_mask);
        if ((step & GUEST_BROKEN) != 0)
            complain(&guests[i]);
        if ((step & GUEST_MORE) != 0 || guests[i].sending)
            more = true;
    }
    return more;
}

static void tell_of_input(void)
{
    for (unsigned i = 0; i < CLIENT_COUNT; i++) {
        struct console *console = clients[i].console;
        if (console == NULL || !console->input_came)
            continue;
        console->input_came = false;
        tell_client(clients[i].label);
    }
}

/* True: the UART would take more than one event gives it. */
static bool send_staged(void)
{
    uint8_t byte = 0;

    for (unsigned i = 0; i < SEND_MAX && bytes_count(&mux.out) != 0; i++) {
        byte = mux.out.store[mux.out.taken & (mux.out.capacity - 1)];
        if (!pl011_send(&uart, byte)) {
            pl011_want_room(&uart, true);
            return false;
        }
        mux.out.taken++;
    }
    pl011_want_room(&uart, false);
    return bytes_count(&mux.out) != 0;
}

/* Or until the next sign of life is due. */
static void wait_until(uint64_t now, uint64_t deadline)
{
    if (COMPONENT_WATCHDOG_NS != 0) {
        uint64_t interval = time_ns_to_ticks(COMPONENT_WATCHDOG_NS / 2);
        if (now - last_kick >= interval) {
            watchdog_kick();
            last_kick = now;
        }
        if (last_kick + interval < deadline)
            deadline = last_kick + interval;
    }
    component_wait_until(deadline);
}

static void run(void)
{
    uint64_t now = time_ticks();
    bool guests_more = run_guests();

    tell_of_input();
    mux_pump(&mux, now);
    bool send_more = send_staged();
    /* A chain that waits for room waits for the UART when that is what holds everything up. */
    bool uart_full = bytes_count(&mux.out) != 0 && !send_more;
    bool again = send_more || (guests_more && !uart_full);
    wait_until(now, again ? now : mux_deadline(&mux));
}

static void receive(void)
{
    uint8_t byte = 0;

    pl011_clear(&uart);
    for (unsigned i = 0; i < RECEIVE_MAX && pl011_receive(&uart, &byte); i++)
        mux_type(&mux, byte);
}

static uint64_t write_console(struct client *client, const uint64_t *word)
{
    uint64_t length = word[0] >> 8;

    if (length > CONSOLE_BYTES_MAX)
        return CONSOLE_FAILED | CONSOLE_BAD_LENGTH;
    mux_write(client->console, &word[1], (size_t)length);
    return length;
}

static uint64_t read_console(struct client *client, uint64_t *word)
{
    uint8_t bytes[CONSOLE_BYTES_MAX] = {0};
    size_t length = 0;

    while (length < CONSOLE_BYTES_MAX && bytes_take(&client->console->input, &bytes[length]))
        length++;
    memcpy(&word[1], bytes, sizeof(bytes));
    return length;
}

static uint64_t answer_guest(struct guest *guest, const uint64_t *word)
{
    unsigned error = 0;

    if (guest == NULL)
        return CONSOLE_FAILED | CONSOLE_BAD_CLIENT;
    switch (word[0] & 0xff) {
    case CONSOLE_ATTACH:
        error = guest_attach(guest, word);
        return error != 0 ? CONSOLE_FAILED | error : 0;
    case CONSOLE_DETACH:
        guest_detach(guest);
        return 0;
    default:
        return guest_queues(guest);
    }
}

/* Answers w0; a CONSOLE_READ fills the words behind it. */
static uint64_t answer(uint64_t label, const uint64_t *word, uint64_t *reply)
{
    struct client *client = find_client(label);

    if (client == NULL)
        return CONSOLE_FAILED | CONSOLE_BAD_CLIENT;
    switch (word[0] & 0xff) {
    case CONSOLE_WRITE:
        return write_console(client, word);
    case CONSOLE_READ:
        return read_console(client, reply);
    case CONSOLE_ATTACH:
    case CONSOLE_DETACH:
    case CONSOLE_QUEUES:
        return answer_guest(find_guest(label), word);
    default:
        return CONSOLE_FAILED | CONSOLE_BAD_OPERATION;
    }
}

void component_message(uint64_t label, struct quoll_message *message)
{
    struct quoll_message reply = {0};

    reply.word[0] = answer(label, message->word, reply.word);
    *message = reply;
    run();
}

void component_notification(uint64_t flags)
{
    if ((flags & FLAG_UART0) != 0) {
        receive();
        run();
        (void)quoll_interrupt_acknowledge(CAP_UART0_INTERRUPT);
        return;
    }
    if ((flags & FLAG_RESTARTED) != 0) {
        /* Perhaps a VMM: what it had attached may be another guest's memory by now. The others attach again. */
        for (unsigned i = 0; i < GUEST_COUNT; i++) {
            if (guests[i].console == NULL)
                continue;
            guest_detach(&guests[i]);
            tell_client(guests[i].client);
        }
    }
    run();
}

void component_deadline(void)
{
    run();
}

/* A client's console, and behind it that of its guest's virtio-console. */
static void make_consoles(void)
{
    for (unsigned i = 0; i < CLIENT_COUNT; i++) {
        clients[i].console = mux_add(&mux, clients[i].name, "");
        for (unsigned g = 0; g < GUEST_COUNT; g++) {
            const struct guest_entry *entry = &guest_table[g];
            struct console *console = NULL;
            if (entry->client != clients[i].label)
                continue;
            console = mux_add(&mux, clients[i].name, ":hvc0");
            if (console != NULL)
                /* NOLINTNEXTLINE(performance-no-int-to-ptr): an address of the generated header */
                guest_start(&guests[g], entry->client, console, (uint8_t *)entry->memory, entry->size, entry->address);
        }
    }
}

void component_start(void)
{
    mux_start(&mux, time_ns_to_ticks(MUX_PATIENCE_NS));
    make_consoles();
    pl011_start(&uart, UART0_ADDRESS);
    mux_say(&mux, SYSTEM_NAME);
    mux_help(&mux);
    run();
    (void)quoll_interrupt_acknowledge(CAP_UART0_INTERRUPT);
}
