/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * lib/vsock under libFuzzer. An input is steps of eight bytes each: what a hostile guest sends or takes, what the
 * component does about its connections, and that an honest guest has something to say, which must come back.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "abi/calls.h"
#include "tests/unit/vsock/ends.h"

enum { SERVER, HOSTILE, HONEST, PLAYERS }; /* the guests' CIDs are 3 and 4 */
enum { STEP = 8, PORT = 100, PLACES = 4, RING = 16, BUFFER = 1024, ROUNDS = 60, SAID = 64 };

/* The hostile guest's own driver; its rings are sound, for tests/fuzz-vsock has those that are not. */
static struct {
    struct virtio_driver driver[VIRTIO_VSOCK_QUEUES];
    struct virtio_driver_slot slots[VIRTIO_VSOCK_QUEUES][RING];
    unsigned taken; /* receive buffers that it has not given back */
    unsigned sent;
} hostile;

static struct vsock_socket *honest;
static uint8_t said, heard; /* the next byte of its stream */

static void require(bool good)
{
    if (!good)
        abort();
}

/* False: the queue is full. */
static bool give(unsigned queue, uint64_t offset, uint32_t length)
{
    const struct virtio_buffer whole = {offset, length};
    uint16_t head = 0;

    return virtio_driver_add(&hostile.driver[queue], &whole, queue == VIRTIO_VSOCK_TRANSMIT,
                             queue != VIRTIO_VSOCK_TRANSMIT, &head) == VIRTIO_OK;
}

static void attach_hostile(void)
{
    for (unsigned queue = 0; queue < VIRTIO_VSOCK_QUEUES; queue++) {
        const struct virtio_queue_setup rings = virtio_driver_queue(&hostile.driver[queue]);
        uint64_t word[8] = {VSOCK_ATTACH,    queue,      rings.size,    rings.descriptors,
                            rings.available, rings.used, rings.features};
        uint64_t reply[8] = {0};

        exchange_answer(&switchboard, HOSTILE, word, reply);
    }
}

static void start_hostile(void)
{
    memset(&hostile, 0, sizeof(hostile));
    memset(windows[HOSTILE], 0, ENDS_WINDOW);
    for (unsigned queue = 0; queue < VIRTIO_VSOCK_QUEUES; queue++) {
        const struct virtio_driver_setup setup = {
            .memory = windows[HOSTILE] + (size_t)queue * BUFFER,
            .address = (uint64_t)queue * BUFFER,
            .size = RING,
            .features = UINT64_C(1) << VIRTIO_F_EVENT_IDX,
            .slots = hostile.slots[queue],
        };

        require(virtio_driver_start(&hostile.driver[queue], &setup) == VIRTIO_OK);
    }
    attach_hostile();
    hostile.taken = RING;
}

static void start_honest(void)
{
    vsock[HONEST].own_first = 5000; /* what a guest's kernel does itself */
    vsock[HONEST].own_count = 100;
    said = heard = 0;
    honest = vsock_connect(&vsock[HONEST], VIRTIO_VSOCK_CID_HOST, PORT);
    require(honest != NULL);
}

static void begin(void)
{
    ends_begin(PLAYERS);
    for (unsigned i = 0; i < PLAYERS; i++) {
        if (i != SERVER)
            endpoints[i] = (struct endpoint){
                .name = "guest", .cid = 2 + i, .reaches = UINT64_MAX, .window = {0, ENDS_WINDOW, windows[i]}};
        socket_counts = i == SERVER ? PLACES : 1;
        exchange_let_go(&switchboard, i);
        if (i == HOSTILE)
            start_hostile();
        else
            require(ends_open(i) == VSOCK_DONE);
    }
    require(vsock_listen(&vsock[SERVER], PORT) == VSOCK_DONE);
    start_honest();
}

/* What has come goes back, as much as there is room for. */
static void echo(struct vsock_socket *socket)
{
    uint8_t bytes[64];
    size_t room = vsock_credit(socket);
    size_t size = vsock_receive(&vsock[SERVER], socket, bytes, room < sizeof(bytes) ? room : sizeof(bytes));
    size_t done = 0;

    require(size <= sizeof(bytes) && socket->count <= VSOCK_BUFFER && socket->first < VSOCK_BUFFER);
    while (done < size && socket->state == VSOCK_CONNECTED && vsock_credit(socket) != 0 &&
           !socket->peer_receives_no_more) {
        size_t part = vsock_send(&vsock[SERVER], socket, bytes + done, size - done);

        if (part == 0) {
            /* The component's queue is full of what others do not take. */
            now += switchboard.patience / 8;
            (void)exchange_patience(&switchboard, now);
            for (unsigned i = 0; i < PLAYERS; i++)
                (void)exchange_turn(&switchboard, i);
            vsock_event(&vsock[SERVER], FLAG);
        }
        done += part;
    }
}

static void serve(void)
{
    while (vsock_accept(&vsock[SERVER], PORT) != NULL)
        ;
    for (unsigned i = 0; i < PLACES; i++) {
        struct vsock_socket *socket = &sockets[SERVER][i];

        if (socket->closing)
            continue;
        if (socket->state == VSOCK_CONNECTED)
            echo(socket);
        if (socket->state == VSOCK_ENDED || (socket->state == VSOCK_CONNECTED && vsock_at_end(socket)))
            vsock_close(&vsock[SERVER], socket);
    }
}

static void turns(void)
{
    for (unsigned i = 0; i < PLAYERS; i++)
        (void)exchange_turn(&switchboard, i);
    (void)exchange_patience(&switchboard, now);
    for (unsigned i = 0; i < PLAYERS; i++)
        require(exchange_error(&switchboard, i) == VIRTIO_OK);
    vsock_event(&vsock[SERVER], FLAG);
    vsock_event(&vsock[HONEST], FLAG);
    require(!vsock[SERVER].stopped && !vsock[HONEST].stopped);
    serve();
}

static void hear(void)
{
    uint8_t bytes[SAID];
    size_t size = vsock_receive(&vsock[HONEST], honest, bytes, sizeof(bytes));

    for (size_t i = 0; i < size; i++)
        require(bytes[i] == heard++);
}

/* Says `size` bytes and hears them again, in as many turns as a full queue and a patience take. */
static void talk(size_t size)
{
    uint8_t bytes[SAID];
    size_t done = 0;

    for (size_t i = 0; i < size; i++)
        bytes[i] = (uint8_t)(said + i);
    for (unsigned i = 0; i < ROUNDS && (done < size || heard != said); i++) {
        size_t part = vsock_send(&vsock[HONEST], honest, bytes + done, size - done);

        done += part;
        said = (uint8_t)(said + part);
        turns();
        hear();
        now += switchboard.patience / 16;
    }
    require(honest->state == VSOCK_CONNECTED && done == size && heard == said);
}

static void send_hostile(const uint8_t *step)
{
    static const uint32_t numbers[] = {0, 1, 64, VSOCK_BUFFER, VSOCK_BUFFER + 1, INT32_MAX, UINT32_MAX, 0x80000000};
    uint64_t offset = 4 * BUFFER + (uint64_t)(RING + hostile.sent % RING) * BUFFER;
    struct virtio_vsock_header header = {
        .source_cid = 3,
        .destination_cid = VIRTIO_VSOCK_CID_HOST,
        .source_port = 5000 + step[2] % 8,
        .destination_port = PORT + step[3] % 3 / 2,
        .type = step[3] == 0xff ? 2 : VIRTIO_VSOCK_STREAM,
        .operation = (uint16_t)(step[1] % 9),
        .flags = step[5] % 4,
        .buffer = step[6] & 0x80 ? step[6] : numbers[step[6] % 8],
        .consumed = step[7] & 0x80 ? step[7] : numbers[step[7] % 8],
    };
    uint16_t head = 0;
    uint32_t written = 0;

    if (header.operation == VIRTIO_VSOCK_DATA)
        header.length = (uint32_t)step[4] * 3;
    while (virtio_driver_take(&hostile.driver[VIRTIO_VSOCK_TRANSMIT], &head, &written) == VIRTIO_OK)
        ;
    if (!give(VIRTIO_VSOCK_TRANSMIT, offset, VIRTIO_VSOCK_HEADER + header.length))
        return;
    memcpy(windows[HOSTILE] + offset, &header, VIRTIO_VSOCK_HEADER);
    hostile.sent++;
}

/* Takes what came, and gives `count` buffers back, or as many as it has. */
static void take_hostile(unsigned count)
{
    uint16_t head = 0;
    uint32_t written = 0;

    while (virtio_driver_take(&hostile.driver[VIRTIO_VSOCK_RECEIVE], &head, &written) == VIRTIO_OK)
        hostile.taken++;
    for (; count > 0 && hostile.taken > 0; count--, hostile.taken--)
        (void)give(VIRTIO_VSOCK_RECEIVE, 4 * BUFFER + (uint64_t)hostile.taken % RING * BUFFER, BUFFER);
    if (virtio_driver_take(&hostile.driver[VIRTIO_VSOCK_EVENT], &head, &written) == VIRTIO_OK || hostile.sent == 0)
        (void)give(VIRTIO_VSOCK_EVENT, 3 * BUFFER, sizeof(struct virtio_vsock_event));
}

/* The component has enough of it. */
static void close_hostile(void)
{
    for (unsigned i = 0; i < PLACES; i++) {
        struct vsock_socket *socket = &sockets[SERVER][i];

        if (socket->peer_cid == endpoints[HOSTILE].cid && socket->state == VSOCK_CONNECTED && !socket->closing) {
            vsock_close(&vsock[SERVER], socket);
            return;
        }
    }
}

static void begin_service_again(void)
{
    ends_begin_service();
    vsock_event(&vsock[SERVER], FLAG);
    vsock_event(&vsock[HONEST], FLAG);
    attach_hostile();
}

int LLVMFuzzerTestOneInput(const uint8_t *input, size_t size)
{
    begin();
    talk(3);
    for (; size >= STEP; input += STEP, size -= STEP) {
        switch (input[0] % 12) {
        case 0:
            talk(input[1] % SAID);
            break;
        case 1:
            take_hostile(input[1]);
            break;
        case 2:
            now += input[1];
            break;
        case 3:
            begin_service_again();
            break;
        case 4:
            close_hostile();
            break;
        default:
            send_hostile(input);
            break;
        }
        turns();
    }
    talk(SAID);
    return 0;
}
