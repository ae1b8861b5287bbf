/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The component: joins the multiplexer (mux.h), the guests' queues (guest.h) and the UART (pl011.h). Whatever happens,
 * a call, an interrupt, a doorbell or the time, ends in run(), which moves what can be moved, a bounded amount.
 */
#include <assert.h>
#include <stddef.h>

#include "component.h"
#include "pl011.h"
#include "request.h"
#include "rt/calls.h"
#include "rt/component.h"
#include "rt/time.h"
#include "rt/watchdog.h"
#include "text.h"

#ifndef COMPONENT_GUESTS
#define COMPONENT_GUESTS(X)
#define COMPONENT_GUEST_COUNT 0
#endif

enum {
    SEND_MAX = 128,    /* bytes that one event puts into the UART */
    RECEIVE_MAX = 128, /* and takes out of it */
    HISTORY_LEAST = 512,
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

/* Without a region `serial-journal` in the description, what is on its way ends with this copy of serial. */
#ifdef SERIAL_JOURNAL_ADDRESS
/* NOLINTNEXTLINE(performance-no-int-to-ptr): an address of the generated header */
static struct mux *const mux = (struct mux *)SERIAL_JOURNAL_ADDRESS;
static_assert(SERIAL_JOURNAL_SIZE >= sizeof(struct mux), "all consoles have room in the journal");
enum { HISTORY_ROOM = SERIAL_JOURNAL_SIZE - sizeof(struct mux) };
#else
static struct mux only_mux;
static struct mux *const mux = &only_mux;
enum { HISTORY_ROOM = 0 };
#endif

static struct pl011 uart;

static struct client *find_client(uint64_t label)
{
    for (unsigned i = 0; i < CLIENT_COUNT; i++)
        if (clients[i].label == label && clients[i].console != NULL)
            return &clients[i];
    return NULL;
}

/* A client that cannot be told (dead, no capability) is not told: it asks when it comes back. */
static void tell_client(const struct client *client)
{
    if (client->input != 0)
        (void)quoll_notification_signal(client->input, CONSOLE_INPUT_FLAG);
}

static void complain(const struct client *client)
{
    unsigned queue = 0;
    const char *what = NULL;

    while ((what = guest_complaint(client->guest, &queue)) != NULL) {
        char text[LINE_MAX_BYTES] = "";

        text_append(text, sizeof(text), client->guest->console->name);
        text_append(text, sizeof(text), queue == CONSOLE_QUEUE_RECEIVE ? ": receive" : ": transmit");
        text_append(text, sizeof(text), " queue stopped: ");
        text_append(text, sizeof(text), what);
        mux_say(mux, text);
    }
    tell_client(client);
}

/* True: there is more to do, and no event will say so. */
static bool run_guests(void)
{
    bool more = false;

    for (unsigned i = 0; i < CLIENT_COUNT; i++) {
        struct client *client = &clients[i];

        if (client->guest == NULL)
            continue;
        unsigned step = guest_step(client->guest);
        if ((step & GUEST_SIGNAL) != 0)
            (void)quoll_notification_signal(client->guest->interrupts, client->guest->interrupt_mask);
        if ((step & GUEST_BROKEN) != 0)
            complain(client);
        if ((step & GUEST_MORE) != 0 || client->guest->sending)
            more = true;
    }
    return more;
}

/* Raises flags of a client, perhaps none, and says it where a person types to nobody. */
static void tell_or_say(struct client *client, uint64_t flags)
{
    if (client->input != 0 && quoll_notification_signal(client->input, flags).error == QUOLL_BAD_CAPABILITY)
        request_absent(mux, client);
}

static bool take_input_came(struct console *console)
{
    bool came = console != NULL && console->input_came;

    if (came)
        console->input_came = false;
    return came;
}

/* What came for a guest's virtio-console goes through its rings: its VMM need not know, but has to be there. */
static void tell_of_input(void)
{
    for (unsigned i = 0; i < CLIENT_COUNT; i++) {
        struct client *client = &clients[i];
        bool guest_came = client->guest != NULL && take_input_came(client->guest->console);

        if (take_input_came(client->console))
            tell_or_say(client, CONSOLE_INPUT_FLAG);
        else if (guest_came)
            tell_or_say(client, 0);
    }
}

/* The exits of a guest: its VMM prints them, at whichever of its two consoles they were asked for. */
static void ask_for_exits(void)
{
    const struct console *asked = &mux->consoles[mux->asked];

    if (mux->asked == MUX_OWN)
        return;
    mux->asked = MUX_OWN;
    for (unsigned i = 0; i < CLIENT_COUNT; i++) {
        struct client *client = &clients[i];

        if (client->console == asked || (client->guest != NULL && client->guest->console == asked))
            tell_or_say(client, CONSOLE_REPORT_FLAG); /* who is no VMM, is not told */
    }
}

/* True: the UART would take more than one event gives it. */
static bool send_staged(void)
{
    uint8_t byte = 0;

    for (unsigned i = 0; i < SEND_MAX && bytes_count(&mux->out) != 0; i++) {
        byte = mux->out.store[mux->out.taken & (mux->out.capacity - 1)];
        if (!pl011_send(&uart, byte)) {
            pl011_want_room(&uart, true);
            return false;
        }
        mux->out.taken++;
    }
    pl011_want_room(&uart, false);
    return bytes_count(&mux->out) != 0;
}

/* True: there may be more, and no interrupt will say so. */
static bool receive(void)
{
    uint8_t byte = 0;

    for (unsigned i = 0; i < RECEIVE_MAX; i++) {
        if (!pl011_receive(&uart, &byte))
            return false;
        mux_type(mux, byte);
    }
    return true;
}

static void run(void)
{
    uint64_t now = time_ticks();
    bool receive_more = receive();
    bool guests_more = run_guests();

    tell_of_input();
    ask_for_exits();
    mux_pump(mux, now);
    bool send_more = send_staged();
    /* A chain that waits for room waits for the UART when that is what holds everything up. */
    bool uart_full = bytes_count(&mux->out) != 0 && !send_more;
    bool again = send_more || receive_more || (guests_more && !uart_full);
    watchdog_wait_until(COMPONENT_WATCHDOG_NS, now, again ? now : mux_deadline(mux));
}

void component_message(uint64_t label, struct quoll_message *message)
{
    struct quoll_message reply = {0};

    request_answer(mux, find_client(label), message->word, reply.word);
    *message = reply;
    run();
}

/* A peer was made again, perhaps a VMM: the memory that held its rings may hold anything now. The others attach again.
 */
static void detach_all(void)
{
    for (unsigned i = 0; i < CLIENT_COUNT; i++) {
        if (clients[i].guest == NULL)
            continue;
        guest_detach(clients[i].guest);
        tell_client(&clients[i]);
    }
}

void component_notification(uint64_t flags)
{
    if ((flags & FLAG_RESTARTED) != 0)
        detach_all();
    if ((flags & FLAG_UART0) != 0)
        pl011_clear(&uart);
    run();
    if ((flags & FLAG_UART0) != 0)
        (void)quoll_interrupt_acknowledge(CAP_UART0_INTERRUPT);
}

void component_deadline(void)
{
    run();
}

/* A client's console, and behind it that of its guest's virtio-console. */
static void make_consoles(void)
{
    for (unsigned i = 0; i < CLIENT_COUNT; i++) {
        clients[i].console = mux_add(mux, clients[i].name, "");
        /* With its end, whose client number 0 is nobody's: a table may hold no guest at all. */
        for (unsigned g = 0; g < GUEST_COUNT + 1; g++) {
            if (guest_table[g].client != clients[i].label)
                continue;
            struct console *console = mux_add(mux, clients[i].name, ":hvc0");
            if (console == NULL)
                continue;
            if (!console->kept)
                console->takes_over = (unsigned)(clients[i].console - mux->consoles);
            guests[g].interrupts = guest_table[g].interrupts;
            guests[g].interrupt_mask = guest_table[g].interrupt_mask;
            /* NOLINTNEXTLINE(performance-no-int-to-ptr): an address of the generated header */
            guest_start(&guests[g], console, (uint8_t *)guest_table[g].memory, guest_table[g].size,
                        guest_table[g].address);
            clients[i].guest = &guests[g];
        }
    }
}

/* What the journal has behind the consoles, in equal parts: each a power of two, so long as it is worth it. */
static void start_histories(void)
{
    uint32_t capacity = HISTORY_LEAST;
    uint8_t *room = (uint8_t *)(mux + 1);

    if (HISTORY_ROOM / HISTORY_LEAST < mux->count)
        return;
    while (capacity <= HISTORY_ROOM / mux->count / 2)
        capacity *= 2;
    for (unsigned i = 0; i < mux->count; i++)
        history_start(&mux->consoles[i].history, room + (size_t)i * capacity, capacity);
}

static bool begin(void)
{
#ifdef SERIAL_JOURNAL_ADDRESS
    return mux_resume(mux, time_ns_to_ticks(MUX_PATIENCE_NS));
#else
    mux_start(mux, time_ns_to_ticks(MUX_PATIENCE_NS));
    return false;
#endif
}

void component_start(void)
{
    bool goes_on = begin();

    make_consoles();
    mux_ready(mux);
    start_histories();
    pl011_start(&uart, UART0_ADDRESS);
    if (!goes_on) {
        mux_say(mux, SYSTEM_NAME);
        mux_help(mux);
    }
    run();
    (void)quoll_interrupt_acknowledge(CAP_UART0_INTERRUPT);
}
