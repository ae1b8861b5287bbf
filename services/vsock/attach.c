/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * What clients ask by the portal: queues that are attached and let go of, and how they go on from the journal.
 */
#include "endpoint.h"

void exchange_let_go(struct exchange *exchange, unsigned number)
{
    struct endpoint *endpoint = &exchange->endpoint[number];

    for (unsigned i = 0; i < VIRTIO_VSOCK_QUEUES; i++)
        virtio_queue_detach(&endpoint->queue[i]);
    endpoint->taken = false;
    endpoint_waits_for(exchange, number, NOBODY);
    endpoint->place = 0;
    endpoint->late = false;
    endpoint->waited_since = EXCHANGE_NEVER;
    endpoint->reset_sent = false;
    endpoint->broken_told = false;
}

void exchange_begin(struct exchange *exchange)
{
    for (unsigned i = 0; i < exchange->count; i++)
        exchange->endpoint[i].waits_for = NOBODY;
    exchange->waiters = 0;
    for (unsigned i = 0; i < exchange->count; i++) {
        exchange_let_go(exchange, i);
        /* What waits may be anybody's. */
        for (unsigned from = 0; from < exchange->count; from++)
            exchange->endpoint[from].last[i] = (uint16_t)(endpoint_known(exchange, i)->tail - 1);
    }
}

/* What has waited for a client that is no more is refused. */
static void refuse_waiting(struct exchange *exchange, unsigned number)
{
    struct journal *journal = exchange->journal;

    while (journal_waiting(journal, number) != 0) {
        const struct virtio_vsock_header *header =
            journal_entry(journal, number, endpoint_known(exchange, number)->head);
        const struct virtio_vsock_header reset = virtio_vsock_reset_for(header);

        journal_begin(journal);
        journal_change(journal, number)->head++;
        if (header->operation != VIRTIO_VSOCK_RESET)
            endpoint_wait_with_reset(exchange, endpoint_at(exchange, number, &reset), &reset);
        journal_commit(journal);
    }
}

/* The client begins anew: what is known of it is what its attached queues say. */
static void forget(struct exchange *exchange, unsigned number)
{
    struct journal_client *client = NULL;

    refuse_waiting(exchange, number);
    endpoint_reset_peers(exchange, number);
    journal_begin(exchange->journal);
    client = journal_change(exchange->journal, number);
    *client = (struct journal_client){0};
    for (unsigned i = 0; i < EVENT; i++)
        if (exchange->endpoint[number].queue[i].error != VIRTIO_DETACHED) {
            client->attached |= (uint8_t)(1U << i);
            client->used[i] = exchange->endpoint[number].queue[i].next_used;
        }
    journal_commit(exchange->journal);
    /* A component that was made again is another; a guest begins anew as often as it likes. */
    if (exchange->endpoint[number].cid == VIRTIO_VSOCK_CID_HOST)
        exchange->endpoint[number].patience_used = 0;
}

/* Joins what the queue says and what the journal knows of it. */
static void join(struct exchange *exchange, unsigned number, unsigned which, const struct virtio_queue_setup *setup)
{
    struct endpoint *endpoint = &exchange->endpoint[number];
    struct virtio_queue *queue = &endpoint->queue[which];
    struct journal_client *client = endpoint_known(exchange, number);

    if ((client->attached >> which & 1) != 0) {
        if (queue->next_used == client->used[which])
            return;
        if ((uint16_t)(queue->next_used + 1) == client->used[which]) {
            /* The copy before this one has committed and not published. */
            virtio_queue_publish(queue, 1);
            (void)virtio_queue_attach(queue, &endpoint->window, setup);
            return;
        }
    }
    /* A queue that is in use, and nothing is known of what is under way in it: its connections cannot go on. */
    if (queue->next_used != 0)
        endpoint_lose(exchange, number);
    else if ((client->attached >> which & 1) != 0)
        forget(exchange, number);
    client->attached |= (uint8_t)(1U << which);
    client->used[which] = queue->next_used;
    client->sent = 0;
}

static unsigned attach(struct exchange *exchange, unsigned number, const uint64_t *word)
{
    const struct virtio_queue_setup setup = virtio_service_setup(word);
    struct endpoint *endpoint = &exchange->endpoint[number];

    if (word[1] >= VIRTIO_VSOCK_QUEUES || endpoint->queue[word[1]].error != VIRTIO_DETACHED)
        return VSOCK_BAD_QUEUE;
    if (word[2] > VSOCK_QUEUE_SIZE_MAX ||
        virtio_queue_attach(&endpoint->queue[word[1]], &endpoint->window, &setup) != VIRTIO_OK)
        return VSOCK_BAD_RING;
    if (word[1] != EVENT)
        join(exchange, number, (unsigned)word[1], &setup);
    return 0;
}

static void tell_queues(const struct endpoint *endpoint, uint64_t *reply)
{
    for (unsigned i = 0; i < VIRTIO_VSOCK_QUEUES; i++)
        reply[0] |= (uint64_t)virtio_service_state(&endpoint->queue[i]) << (8 * i);
}

static void tell_identity(const struct endpoint *endpoint, unsigned number, uint64_t *reply)
{
    reply[1] = endpoint->cid;
    if (endpoint->cid != VIRTIO_VSOCK_CID_HOST)
        return;
    reply[2] = VSOCK_OWN_FIRST + (uint64_t)number * VSOCK_OWN_PORTS;
    reply[3] = VSOCK_OWN_PORTS;
}

void exchange_answer(struct exchange *exchange, int number, const uint64_t *word, uint64_t *reply)
{
    unsigned error = 0;

    if (number < 0) {
        reply[0] = VSOCK_FAILED | VSOCK_BAD_CLIENT;
        return;
    }
    switch (word[0]) {
    case VSOCK_ATTACH:
        error = attach(exchange, (unsigned)number, word);
        break;
    case VSOCK_DETACH:
        exchange_let_go(exchange, (unsigned)number);
        forget(exchange, (unsigned)number);
        break;
    case VSOCK_QUEUES:
        tell_queues(&exchange->endpoint[number], reply);
        return;
    case VSOCK_INFO:
        tell_identity(&exchange->endpoint[number], (unsigned)number, reply);
        break;
    default:
        error = VSOCK_BAD_OPERATION;
        break;
    }
    reply[0] = error != 0 ? VSOCK_FAILED | error : 0;
}
