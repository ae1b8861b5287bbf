/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The component: joins the clients' queues (exchange.h) and the calls and flags that come. Whatever happens ends in
 * run(), which moves what can be moved, a bounded amount.
 */
#include <stdio.h>

#include "abi/plan.h"
#include "component.h"
#include "exchange.h"
#include "rt/calls.h"
#include "rt/component.h"
#include "rt/time.h"
#include "rt/watchdog.h"

enum { ROUNDS = 4, OWN_ENTRIES = 64 };

static_assert(COMPONENT_VSOCK_COUNT <= JOURNAL_CLIENTS, "the journal has room for every client");

static const struct client {
    uint32_t signal;      /* capability that tells the client of used buffers, */
    uint64_t signal_mask; /* and the flag */
    uint32_t tell;        /* the same of a queue's state; of a guest's, at its VMM */
    uint64_t tell_mask;
    bool direct; /* its memory ends with its VMM */
} clients[] = {
#define CLIENT(number, text, address, size, base, signal, signal_mask, tell, tell_mask, cid, first, ports, reaches) \
    {(signal), (signal_mask), (tell), (tell_mask), (base) != 0},
    COMPONENT_VSOCKS(CLIENT)};

#define ENDPOINT(number, text, address, size, base, signal, signal_mask, tell, tell_mask, id, first, ports, mask) \
    {.label = (number),                                                                                           \
     .name = (text),                                                                                              \
     .window = {(base), (size), (uint8_t *)(address)},                                                            \
     .cid = (id),                                                                                                 \
     .first_port = (first),                                                                                       \
     .port_count = (ports),                                                                                       \
     .reaches = (mask)},
/* NOLINTNEXTLINE(performance-no-int-to-ptr): addresses of the generated header */
static struct endpoint endpoints[] = {COMPONENT_VSOCKS(ENDPOINT)};

static struct exchange exchange = {.endpoint = endpoints, .count = COMPONENT_VSOCK_COUNT};

/* Without a region `vsock-journal` in the description, connections end with this copy of the service. */
#ifdef VSOCK_JOURNAL_ADDRESS
/* NOLINTNEXTLINE(performance-no-int-to-ptr): an address of the generated header */
static uint8_t *const journal = (uint8_t *)VSOCK_JOURNAL_ADDRESS;
enum { JOURNAL_BYTES = VSOCK_JOURNAL_SIZE };
#else
enum { JOURNAL_BYTES = JOURNAL_HEADERS + COMPONENT_VSOCK_COUNT * OWN_ENTRIES * sizeof(struct virtio_vsock_header) };
static _Alignas(8) uint8_t journal[JOURNAL_BYTES];
#endif

static_assert((uint64_t)JOURNAL_BYTES >=
                  JOURNAL_HEADERS + (uint64_t)COMPONENT_VSOCK_COUNT * sizeof(struct virtio_vsock_header),
              "every client's queue in the journal holds something");

static int find(uint64_t label)
{
    for (unsigned i = 0; i < COMPONENT_VSOCK_COUNT; i++)
        if (endpoints[i].label == label)
            return (int)i;
    return -1;
}

/* A client that cannot be told (dead) is not told: it asks when it comes back. */
static void tell(unsigned number)
{
    (void)quoll_notification_signal(clients[number].tell, clients[number].tell_mask);
}

static bool move(void)
{
    bool moved = false;

    for (unsigned i = 0; i < COMPONENT_VSOCK_COUNT; i++)
        moved = exchange_turn(&exchange, i) || moved;
    for (unsigned i = 0; i < COMPONENT_VSOCK_COUNT; i++) {
        unsigned news = exchange_news(&exchange, i);

        if ((news & EXCHANGE_SIGNAL) != 0)
            (void)quoll_notification_signal(clients[i].signal, clients[i].signal_mask);
        if ((news & EXCHANGE_BROKEN) != 0) {
            printf("%s: queue stopped: %s\n", endpoints[i].name, virtio_error_text(exchange_error(&exchange, i)));
            tell(i);
        }
    }
    return moved;
}

static void run(void)
{
    uint64_t now = time_ticks();
    uint64_t next = 0;
    bool more = true;

    for (unsigned i = 0; i < ROUNDS && more; i++)
        more = move();
    next = exchange_patience(&exchange, now);
    watchdog_wait_until(COMPONENT_WATCHDOG_NS, now, more ? now : next);
}

void component_message(uint64_t label, struct quoll_message *message)
{
    struct quoll_message reply = {0};
    uint64_t now = time_ticks();

    exchange_answer(&exchange, find(label), message->word, reply.word);
    *message = reply;
    watchdog_wait_until(COMPONENT_WATCHDOG_NS, now, now); /* the rest on our own time */
}

/* A peer was made again, perhaps a VMM, whose guest's memory is going or gone. The others attach again. */
static void let_go(void)
{
    for (unsigned i = 0; i < COMPONENT_VSOCK_COUNT; i++) {
        if (!clients[i].direct)
            continue;
        exchange_let_go(&exchange, i);
        tell(i);
    }
}

void component_notification(uint64_t flags)
{
    if ((flags & FLAG_RESTARTED) != 0)
        let_go();
    run();
}

void component_deadline(void)
{
    run();
}

void component_start(void)
{
    exchange.patience = time_ns_to_ticks(EXCHANGE_PATIENCE_NS);
    exchange.journal = journal_open(journal, JOURNAL_BYTES, COMPONENT_VSOCK_COUNT);
    exchange_begin(&exchange);
    /* Those that were attached to a copy before this one attach again. */
    for (unsigned i = 0; i < COMPONENT_VSOCK_COUNT; i++)
        tell(i);
    run();
}
