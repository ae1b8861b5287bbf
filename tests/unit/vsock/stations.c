/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "stations.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>

#include <cmocka.h>

enum {
    RING_STRIDE = 1024,
    EVENTS = 0xf00,
    EVENT_COUNT = 2,
    BUFFERS = 0x1000,
    JOURNAL = JOURNAL_HEADERS + STATIONS * STATION_ENTRIES * 48
};

struct station stations[STATIONS];
static struct endpoint endpoints[STATIONS];
struct exchange exchange = {
    .endpoint = endpoints, .count = STATIONS, .patience = STATION_PATIENCE, .whole_buffer = STATION_RECEIVES};
static uint8_t *journal;

static const struct {
    uint64_t cid;
    uint32_t first, count;
    uint64_t reaches;
    uint32_t port; /* that packet() sends from and to */
} addresses[STATIONS] = {
    {3, 0, 0, 1 << STATION_SERVER, 1234},
    {2, 4000, 2, UINT64_MAX, 4000},
    {4, 0, 0, 1 << STATION_SERVER, 1234},
    {2, 4100, 1, 1 << STATION_SERVER, 4100},
};

struct virtio_vsock_header packet(unsigned from, unsigned to, unsigned operation, uint32_t length)
{
    return (struct virtio_vsock_header){
        .source_cid = addresses[from].cid,
        .destination_cid = addresses[to].cid,
        .source_port = addresses[from].port,
        .destination_port = addresses[to].port,
        .length = length,
        .type = VIRTIO_VSOCK_STREAM,
        .operation = (uint16_t)operation,
        .flags = 7,
        .buffer = 0x12345,
        .consumed = 0x6789a,
    };
}

static void *shared(size_t bytes)
{
    void *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

    assert_true(memory != MAP_FAILED);
    return memory;
}

void stations_begin(void)
{
    if (journal == NULL) {
        journal = shared(JOURNAL);
        for (unsigned i = 0; i < STATIONS; i++)
            stations[i].memory = shared(STATION_MEMORY);
    }
    memset(journal, 0, JOURNAL);
    for (unsigned i = 0; i < STATIONS; i++) {
        uint8_t *memory = stations[i].memory;

        memset(memory, 0, STATION_MEMORY);
        stations[i] = (struct station){.memory = memory};
        endpoints[i] = (struct endpoint){
            .name = "station",
            .cid = addresses[i].cid,
            .first_port = addresses[i].first,
            .port_count = addresses[i].count,
            .reaches = addresses[i].reaches,
            .window = {0, STATION_MEMORY, memory},
        };
    }
}

void service_begin(void)
{
    exchange.journal = journal_open(journal, JOURNAL, STATIONS);
    exchange_begin(&exchange);
    for (unsigned i = 0; i < STATIONS; i++)
        if (stations[i].driver[0].setup.size != 0)
            station_attach(i);
}

void service_run(void)
{
    bool moved = true;

    while (moved) {
        moved = false;
        for (unsigned i = 0; i < STATIONS; i++)
            moved = exchange_turn(&exchange, i) || moved;
    }
}

uint64_t station_call(unsigned number, uint64_t operation)
{
    uint64_t word[8] = {operation};
    uint64_t reply[8] = {0};

    exchange_answer(&exchange, (int)number, word, reply);
    return reply[0];
}

void station_attach(unsigned number)
{
    for (unsigned queue = 0; queue < VIRTIO_VSOCK_QUEUES; queue++) {
        struct virtio_queue_setup rings = virtio_driver_queue(&stations[number].driver[queue]);
        uint64_t word[8] = {VSOCK_ATTACH,    queue,      rings.size,    rings.descriptors,
                            rings.available, rings.used, rings.features};
        uint64_t reply[8] = {0};

        exchange_answer(&exchange, (int)number, word, reply);
        assert_int_equal(reply[0], 0);
    }
}

static uint64_t offset_of(unsigned queue, unsigned buffer)
{
    if (queue == VIRTIO_VSOCK_EVENT)
        return EVENTS + 8 * (uint64_t)buffer;
    return BUFFERS + (uint64_t)buffer * STATION_SENDS +
           (queue == VIRTIO_VSOCK_TRANSMIT ? STATION_RING * STATION_SENDS : 0);
}

/* A packet is two buffers in a row, as Linux has it. */
static void give(unsigned number, unsigned queue, unsigned buffer, uint32_t length)
{
    struct station *station = &stations[number];
    uint64_t at = offset_of(queue, buffer);
    const struct virtio_buffer whole = {at, length};
    uint16_t head = 0;

    assert_int_equal(virtio_driver_add(&station->driver[queue], &whole, queue == VIRTIO_VSOCK_TRANSMIT,
                                       queue != VIRTIO_VSOCK_TRANSMIT, &head),
                     VIRTIO_OK);
    station->buffer_of[queue][head] = (uint8_t)buffer;
}

void station_start(unsigned number)
{
    struct station *station = &stations[number];

    for (unsigned queue = 0; queue < VIRTIO_VSOCK_QUEUES; queue++) {
        const struct virtio_driver_setup setup = {
            .memory = station->memory + (size_t)queue * RING_STRIDE,
            .address = (uint64_t)queue * RING_STRIDE,
            .size = STATION_RING,
            .features = UINT64_C(1) << VIRTIO_F_EVENT_IDX,
            .slots = station->slots[queue],
        };

        assert_int_equal(virtio_driver_start(&station->driver[queue], &setup), VIRTIO_OK);
    }
    station->unsent = UINT16_MAX;
    station->withheld = 0;
    station->withholds = false;
    for (unsigned i = 0; i < STATION_RING; i++)
        give(number, VIRTIO_VSOCK_RECEIVE, i, STATION_RECEIVES);
    for (unsigned i = 0; i < EVENT_COUNT; i++)
        give(number, VIRTIO_VSOCK_EVENT, i, 4);
    station_attach(number);
}

bool station_send(unsigned number, const struct virtio_vsock_header *header, const void *payload)
{
    struct station *station = &stations[number];
    uint16_t head = 0;
    uint32_t written = 0;
    unsigned buffer = 0;

    while (virtio_driver_take(&station->driver[VIRTIO_VSOCK_TRANSMIT], &head, &written) == VIRTIO_OK)
        station->unsent |= (uint16_t)(1U << station->buffer_of[VIRTIO_VSOCK_TRANSMIT][head]);
    if (station->unsent == 0)
        return false;
    buffer = (unsigned)__builtin_ctz(station->unsent);
    station->unsent &= (uint16_t) ~(1U << buffer);
    memcpy(station->memory + offset_of(VIRTIO_VSOCK_TRANSMIT, buffer), header, VIRTIO_VSOCK_HEADER);
    if (header->length != 0 && payload != NULL)
        memcpy(station->memory + offset_of(VIRTIO_VSOCK_TRANSMIT, buffer) + VIRTIO_VSOCK_HEADER, payload,
               header->length);
    give(number, VIRTIO_VSOCK_TRANSMIT, buffer, VIRTIO_VSOCK_HEADER + (payload != NULL ? header->length : 0));
    return true;
}

bool station_receive(unsigned number, struct virtio_vsock_header *header, uint8_t *payload)
{
    struct station *station = &stations[number];
    uint16_t head = 0;
    uint32_t written = 0;
    unsigned buffer = 0;
    const uint8_t *bytes = NULL;

    if (virtio_driver_take(&station->driver[VIRTIO_VSOCK_RECEIVE], &head, &written) != VIRTIO_OK)
        return false;
    buffer = station->buffer_of[VIRTIO_VSOCK_RECEIVE][head];
    bytes = station->memory + offset_of(VIRTIO_VSOCK_RECEIVE, buffer);
    assert_true(written >= VIRTIO_VSOCK_HEADER);
    *header = (struct virtio_vsock_header){0};
    memcpy(header, bytes, VIRTIO_VSOCK_HEADER);
    assert_int_equal(written, VIRTIO_VSOCK_HEADER + header->length);
    memcpy(payload, bytes + VIRTIO_VSOCK_HEADER, header->length);
    memset(station->memory + offset_of(VIRTIO_VSOCK_RECEIVE, buffer), 0xee, STATION_RECEIVES);
    if (station->withholds)
        station->withheld |= (uint16_t)(1U << buffer);
    else
        give(number, VIRTIO_VSOCK_RECEIVE, buffer, STATION_RECEIVES);
    return true;
}

void station_relent_once(unsigned number)
{
    struct station *station = &stations[number];
    unsigned buffer = (unsigned)__builtin_ctz(station->withheld);

    assert_true(station->withheld != 0);
    station->withheld &= (uint16_t) ~(1U << buffer);
    give(number, VIRTIO_VSOCK_RECEIVE, buffer, STATION_RECEIVES);
}

void station_relent(unsigned number)
{
    struct station *station = &stations[number];

    station->withholds = false;
    for (unsigned i = 0; i < STATION_RING; i++)
        if ((station->withheld >> i & 1) != 0)
            give(number, VIRTIO_VSOCK_RECEIVE, i, STATION_RECEIVES);
    station->withheld = 0;
}

static unsigned event_taken;

bool station_event(unsigned number, uint32_t *id, bool noted)
{
    struct station *station = &stations[number];
    uint16_t head = 0;
    uint32_t written = 0;

    if (virtio_driver_take(&station->driver[VIRTIO_VSOCK_EVENT], &head, &written) != VIRTIO_OK)
        return false;
    assert_int_equal(written, sizeof(*id));
    event_taken = station->buffer_of[VIRTIO_VSOCK_EVENT][head];
    memcpy(id, station->memory + offset_of(VIRTIO_VSOCK_EVENT, event_taken), sizeof(*id));
    if (noted)
        station_note_event(number);
    return true;
}

void station_note_event(unsigned number)
{
    give(number, VIRTIO_VSOCK_EVENT, event_taken, 4);
}
