/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "journal.h"

#include <string.h>

#include "virtio/ring.h"

#define MAGIC UINT64_C(0x324b434f53564a51) /* "QJVSOCK2" read as a little-endian word */

uint64_t journal_bytes(unsigned clients, unsigned entries)
{
    return JOURNAL_HEADERS + (uint64_t)clients * entries * sizeof(struct virtio_vsock_header);
}

static unsigned entries_for(uint64_t bytes, unsigned clients)
{
    unsigned entries = 1;

    while (entries < JOURNAL_ENTRIES_MAX && journal_bytes(clients, entries * 2) <= bytes)
        entries *= 2;
    return entries;
}

static void apply(struct journal *journal)
{
    for (uint32_t i = 0; i < journal->parties; i++)
        journal->client[journal->party[i].client] = journal->party[i].state;
    virtio_write_barrier();
    virtio_store32(&journal->parties, 0);
}

static bool sane(const struct journal *journal, unsigned clients, unsigned entries)
{
    if (journal->magic != MAGIC || journal->clients != clients || journal->entries != entries || journal->parties > 2)
        return false;
    for (uint32_t i = 0; i < journal->parties; i++)
        if (journal->party[i].client >= clients)
            return false;
    return true;
}

struct journal *journal_open(void *memory, uint64_t bytes, unsigned clients)
{
    struct journal *journal = memory;
    unsigned entries = entries_for(bytes, clients);

    if (!sane(journal, clients, entries)) {
        *journal = (struct journal){.clients = clients, .entries = entries};
        virtio_write_barrier();
        journal->magic = MAGIC;
        return journal;
    }
    apply(journal);
    for (unsigned i = 0; i < clients; i++)
        if (journal_waiting(journal, i) > entries || journal->client[i].sent >= VIRTIO_VSOCK_PAYLOAD_MAX)
            journal->client[i] = (struct journal_client){.lost = 1};
    for (unsigned i = 0; i < JOURNAL_CONNECTIONS; i++)
        if (journal->connection[i].client[0] >= clients || journal->connection[i].client[1] >= clients)
            journal->connection[i] = (struct journal_connection){0};
    return journal;
}

void journal_begin(struct journal *journal)
{
    journal->changes = 0;
}

struct journal_client *journal_change(struct journal *journal, unsigned client)
{
    struct journal_party *party = journal->party;

    while (party < journal->party + journal->changes && party->client != client)
        party++;
    if (party == journal->party + journal->changes) {
        *party = (struct journal_party){client, journal->client[client]};
        journal->changes++;
    }
    return &party->state;
}

void journal_commit(struct journal *journal)
{
    virtio_write_barrier();
    virtio_store32(&journal->parties, journal->changes);
    virtio_write_barrier();
    apply(journal);
}

struct virtio_vsock_header *journal_entry(struct journal *journal, unsigned client, uint16_t index)
{
    struct virtio_vsock_header *headers = (void *)((uint8_t *)journal + JOURNAL_HEADERS);

    return &headers[(size_t)client * journal->entries + index % journal->entries];
}
