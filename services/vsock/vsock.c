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
#include "service/clients.h"

enum { ROUNDS = 4, OWN_ENTRIES = 64 };

static_assert(COMPONENT_VSOCK_COUNT <= JOURNAL_CLIENTS, "the journal has room for every client");

static const struct service_client clients[] = {COMPONENT_VSOCKS(SERVICE_CLIENT)};
static struct service_complaints complaints[COMPONENT_VSOCK_COUNT];

#define ENDPOINT(number, text, address, size, base, signal, signal_mask, tell, tell_mask, id, first, ports, mask) \
    {.name = (text),                                                                                              \
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

static bool move(void)
{
    bool moved = false;

    for (unsigned i = 0; i < COMPONENT_VSOCK_COUNT; i++)
        moved = exchange_turn(&exchange, i) || moved;
    for (unsigned i = 0; i < COMPONENT_VSOCK_COUNT; i++) {
        unsigned news = exchange_news(&exchange, i);

        if ((news & EXCHANGE_SIGNAL) != 0)
            service_client_signal(&clients[i]);
        if ((news & EXCHANGE_BROKEN) != 0)
            service_client_stopped(&clients[i], &complaints[i], endpoints[i].name,
                                   virtio_error_text(exchange_error(&exchange, i)));
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

    exchange_answer(&exchange, service_client_find(clients, COMPONENT_VSOCK_COUNT, label), message->word, reply.word);
    *message = reply;
    watchdog_wait_until(COMPONENT_WATCHDOG_NS, now, now); /* the rest on our own time */
}

static void detach(unsigned number)
{
    exchange_let_go(&exchange, number);
}

void component_notification(uint64_t flags)
{
    if ((flags & FLAG_RESTARTED) != 0)
        service_clients_let_go(clients, COMPONENT_VSOCK_COUNT, detach);
    run();
}

void component_deadline(void)
{
    run();
}

void component_start(void)
{
    exchange.patience = time_ns_to_ticks(EXCHANGE_PATIENCE_NS);
    exchange.whole_buffer = EXCHANGE_WHOLE_BUFFER;
    exchange.journal = journal_open(journal, JOURNAL_BYTES, COMPONENT_VSOCK_COUNT);
    exchange_begin(&exchange);
    service_clients_tell(clients, COMPONENT_VSOCK_COUNT);
    run();
}
