/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * services/vsock under libFuzzer. An input is the first bytes of two hostile clients' memory, with their rings, then
 * steps of four bytes each: what happens, where, and what is written there.
 */
#include <stdlib.h>
#include <string.h>

#include "services/vsock/exchange.h"
#include "virtio/driver.h"

enum {
    CLIENTS = 3,
    HONEST = 2, /* CID 4; the others are CID 3 and ports 4000, 4001 */
    MEMORY = 4096,
    GIVEN = 1536, /* bytes of each client's memory that the input has */
    QUEUE = 8,
    RING_STRIDE = 256,
    BUFFERS = 1024, /* of the honest one: to receive in, then to send from */
    BUFFER = 128,
    ENTRIES = 4,
    PATIENCE = 100,
};

struct honest {
    struct virtio_driver driver[VIRTIO_VSOCK_QUEUES];
    struct virtio_driver_slot slots[VIRTIO_VSOCK_QUEUES][QUEUE];
    uint8_t buffer_of[QUEUE];
    unsigned under_way; /* packets */
};

static struct endpoint endpoints[CLIENTS];
static struct exchange exchange = {
    .endpoint = endpoints, .count = CLIENTS, .patience = PATIENCE, .whole_buffer = BUFFER};
static struct honest honest;
static uint8_t *memory[CLIENTS];
static uint64_t *journal;
static uint64_t now;

static void require(bool good)
{
    if (!good)
        abort();
}

static void call(unsigned number, uint64_t operation, const struct virtio_queue_setup *rings, uint64_t queue)
{
    uint64_t word[8] = {operation,        queue,       rings->size,    rings->descriptors,
                        rings->available, rings->used, rings->features};
    uint64_t reply[8] = {0};

    exchange_answer(&exchange, (int)number, word, reply);
}

static void attach(unsigned number)
{
    for (unsigned queue = 0; queue < VIRTIO_VSOCK_QUEUES; queue++) {
        uint64_t at = (uint64_t)queue * RING_STRIDE;
        const struct virtio_queue_setup hostile = {QUEUE, at, at + 128, at + 160,
                                                   UINT64_C(3) << VIRTIO_F_INDIRECT_DESC};
        const struct virtio_queue_setup rings = number == HONEST ? virtio_driver_queue(&honest.driver[queue]) : hostile;

        call(number, VSOCK_ATTACH, &rings, queue);
    }
}

static void detach(unsigned number)
{
    call(number, VSOCK_DETACH, &(struct virtio_queue_setup){0}, 0);
}

static void give(unsigned queue, unsigned buffer, uint32_t length)
{
    uint64_t offset = BUFFERS + (uint64_t)buffer * BUFFER + (queue == VIRTIO_VSOCK_TRANSMIT ? QUEUE * BUFFER : 0);
    const struct virtio_buffer whole = {offset, length};
    uint16_t head = 0;

    require(virtio_driver_add(&honest.driver[queue], &whole, queue == VIRTIO_VSOCK_TRANSMIT,
                              queue != VIRTIO_VSOCK_TRANSMIT, &head) == VIRTIO_OK);
    if (queue == VIRTIO_VSOCK_RECEIVE)
        honest.buffer_of[head] = (uint8_t)buffer;
}

static void start_honest(void)
{
    memset(memory[HONEST], 0, MEMORY);
    honest = (struct honest){0};
    for (unsigned queue = 0; queue < VIRTIO_VSOCK_QUEUES; queue++) {
        const struct virtio_driver_setup setup = {
            .memory = memory[HONEST] + (size_t)queue * RING_STRIDE,
            .address = (uint64_t)queue * RING_STRIDE,
            .size = QUEUE,
            .features = UINT64_C(1) << VIRTIO_F_EVENT_IDX,
            .slots = honest.slots[queue],
        };

        require(virtio_driver_start(&honest.driver[queue], &setup) == VIRTIO_OK);
    }
    for (unsigned i = 0; i < QUEUE; i++)
        give(VIRTIO_VSOCK_RECEIVE, i, BUFFER);
    give(VIRTIO_VSOCK_EVENT, 0, sizeof(struct virtio_vsock_event));
}

/* From whom it says it is, or a refusal of what the honest one sent. */
static void check(const struct virtio_vsock_header *header)
{
    uint32_t own = header->source_port - (VSOCK_OWN_FIRST + VSOCK_OWN_PORTS);

    require(header->destination_cid == 4);
    require(header->source_cid == 3 ||
            (header->source_cid == 2 && (header->source_port - 4000 < 2 || own < VSOCK_OWN_PORTS)) ||
            (header->operation == VIRTIO_VSOCK_RESET && header->destination_port == 7));
    require(header->type == VIRTIO_VSOCK_STREAM && header->operation >= 1 && header->operation <= 7);
}

static void receive_honestly(void)
{
    uint16_t head = 0;
    uint32_t written = 0;
    enum virtio_error error = VIRTIO_OK;

    while ((error = virtio_driver_take(&honest.driver[VIRTIO_VSOCK_RECEIVE], &head, &written)) == VIRTIO_OK) {
        struct virtio_vsock_header header = {0};
        unsigned buffer = honest.buffer_of[head];

        require(written >= VIRTIO_VSOCK_HEADER);
        memcpy(&header, memory[HONEST] + BUFFERS + (size_t)buffer * BUFFER, VIRTIO_VSOCK_HEADER);
        require(header.length == written - VIRTIO_VSOCK_HEADER);
        check(&header);
        give(VIRTIO_VSOCK_RECEIVE, buffer, BUFFER);
    }
    require(error == VIRTIO_EMPTY);
    while ((error = virtio_driver_take(&honest.driver[VIRTIO_VSOCK_EVENT], &head, &written)) == VIRTIO_OK)
        give(VIRTIO_VSOCK_EVENT, 0, sizeof(struct virtio_vsock_event));
    require(error == VIRTIO_EMPTY);
}

static void send_honestly(unsigned to, unsigned operation, unsigned value)
{
    struct virtio_vsock_header header = {4, to == 0 ? 3 : 2, 7, 4000 + value % 4, 0, 1, (uint16_t)operation, 0, 0, 0};
    uint16_t head = 0;
    uint32_t written = 0;

    while (virtio_driver_take(&honest.driver[VIRTIO_VSOCK_TRANSMIT], &head, &written) == VIRTIO_OK)
        honest.under_way--;
    if (honest.under_way != 0)
        return;
    header.length = operation == VIRTIO_VSOCK_DATA ? value % (BUFFER - VIRTIO_VSOCK_HEADER) : 0;
    memcpy(memory[HONEST] + BUFFERS + (size_t)QUEUE * BUFFER, &header, VIRTIO_VSOCK_HEADER);
    give(VIRTIO_VSOCK_TRANSMIT, 0, BUFFER);
    honest.under_way++;
}

static void turn_all(void)
{
    for (unsigned i = 0; i < CLIENTS; i++)
        (void)exchange_turn(&exchange, i);
    for (unsigned i = 0; i < CLIENTS; i++)
        (void)exchange_news(&exchange, i);
    require(exchange_error(&exchange, HONEST) == VIRTIO_OK);
    now++;
    (void)exchange_patience(&exchange, now);
    receive_honestly();
}

static void begin_service(void)
{
    exchange.journal =
        journal_open(journal, JOURNAL_HEADERS + CLIENTS * ENTRIES * sizeof(struct virtio_vsock_header), CLIENTS);
    exchange_begin(&exchange);
    for (unsigned i = 0; i < CLIENTS; i++)
        attach(i);
}

static void step(const uint8_t *bytes)
{
    unsigned where = (unsigned)(bytes[1] | bytes[2] << 8);

    switch (bytes[0] % 12) {
    case 0:
        begin_service();
        break;
    case 1:
        detach(where % CLIENTS);
        if (where % CLIENTS == HONEST)
            start_honest();
        attach(where % CLIENTS);
        break;
    case 2:
        now += PATIENCE;
        break;
    case 3:
        exchange_let_go(&exchange, where % CLIENTS);
        break;
    case 4:
        attach(where % CLIENTS);
        break;
    case 5:
    case 6:
        send_honestly(where % 2, bytes[3] % 8, where);
        break;
    default:
        memory[where >> 15][where % MEMORY] = bytes[3];
        break;
    }
    turn_all();
}

static void begin_clients(void)
{
    static const struct {
        uint64_t cid;
        uint32_t first, count;
    } addresses[CLIENTS] = {{3, 0, 0}, {2, 4000, 2}, {4, 0, 0}};

    for (unsigned i = 0; i < CLIENTS; i++) {
        /* Of the heap, so that a byte beyond it is noticed. */
        memory[i] = calloc(1, MEMORY);
        require(memory[i] != NULL);
        endpoints[i] = (struct endpoint){
            .name = "client",
            .cid = addresses[i].cid,
            .first_port = addresses[i].first,
            .port_count = addresses[i].count,
            .reaches = UINT64_MAX,
            .window = {0, MEMORY, memory[i]},
        };
    }
    journal = calloc(1, JOURNAL_HEADERS + CLIENTS * ENTRIES * sizeof(struct virtio_vsock_header));
    require(journal != NULL);
    now = 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *input, size_t size)
{
    begin_clients();
    for (unsigned i = 0; i < HONEST; i++) {
        size_t part = size < GIVEN ? size : GIVEN;

        memcpy(memory[i], input, part);
        /* Used rings from their beginning, as a driver has them. */
        for (unsigned queue = 0; queue < VIRTIO_VSOCK_QUEUES; queue++)
            memset(memory[i] + (size_t)queue * RING_STRIDE + 160, 0, 4);
        input += part;
        size -= part;
    }
    start_honest();
    begin_service();
    turn_all();
    for (; size >= 4; input += 4, size -= 4)
        step(input);
    for (unsigned i = 0; i < CLIENTS; i++)
        free(memory[i]);
    free(journal);
    return 0;
}
