/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Clients' queues: turns, rooms, large frames, whatever the switch loses when it is made again; and whoever writes
 * nonsense loses its own queue.
 */
#include "world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests.h"

/* Everybody sends all that a ring holds: whoever looks, they are at most one frame apart. */
static void turns(void **state)
{
    (void)state;
    for (unsigned i = 0; i < CLIENTS; i++)
        for (unsigned n = 0; n < (i == 0 ? RING / 2 : 3); n++)
            put_plain(i, ON_WIRE, mac_of(i), 'x');
    for (unsigned i = 0; i < CLIENTS; i++)
        ports[i].reaches = NET_REACHES_WIRE;
    for (unsigned step = 0; step < 3 * CLIENTS; step++) {
        assert_int_not_equal(switch_step(&net), 0);
        for (unsigned i = 0; i < CLIENTS; i++)
            assert_true(ports[i].sent >= (step + 1) / CLIENTS && ports[i].sent <= step / CLIENTS + 1);
    }
    run();
    assert_out(RING / 2 + 3 * (CLIENTS - 1));
}

/* A client that has no room loses its frames alone; the sender goes on. */
static void no_room(void **state)
{
    (void)state;
    for (unsigned i = 0; i < RING + 5; i++) {
        put_plain(0, ALL, mac_of(0), (uint8_t)i);
        run();
        assert_int_equal(get_frame(1), PAYLOAD);
        assert_int_equal(got[50], i);
    }
    assert_int_equal(ports[2].lost, 5);
    assert_int_equal(ports[2].given, RING);
    assert_int_equal(ports[1].lost, 0);
    for (unsigned i = 0; i < RING; i++) {
        assert_int_equal(get_frame(3), PAYLOAD);
        assert_int_equal(get_frame(2), PAYLOAD);
        assert_int_equal(got[50], i);
    }
    sent_out.full = true;
    assert_sent(0, mac_of(2), 4, RING + 5);
    assert_sent(0, ON_WIRE, 14, 0);
    uint64_t word[8] = {NET_COUNTS};
    assert_int_equal(ask(2, word), 0);
    assert_int_equal(word[3], RING + 2);
    assert_int_equal(word[4], 5);
}

static uint32_t large_frame(uint8_t *frame, uint32_t payload, uint64_t to, struct virtio_net_header *header)
{
    uint32_t headers = 0;
    uint32_t length = make_tcp(frame, false, 3, payload, &headers);

    put_mac(frame, to);
    put_mac(frame + 6, mac_of(0));
    *header = (struct virtio_net_header){.flags = VIRTIO_NET_NEEDS_CSUM,
                                         .gso_type = VIRTIO_NET_GSO_TCPV4,
                                         .gso_size = 1448,
                                         .checksum_start = 34,
                                         .checksum_offset = 16};
    return length;
}

/* To one that takes it whole, in several buffers; to one that does not; to the wire. All at once for a group. */
static void large_frames(void **state)
{
    static uint8_t frame[LARGE_BUFFER];
    struct virtio_net_header header = {0};
    const uint64_t all = BIT(CSUM) | BIT(HOST_TSO4) | BIT(GUEST_CSUM) | BIT(GUEST_TSO4) | BIT(MRG_RXBUF);

    (void)state;
    begin(0, all);
    begin(1, all);
    for (unsigned round = 0; round < 20; round++) {
        uint32_t length = large_frame(frame, 3000 + pick(10000), ALL, &header);
        unsigned segments = (length - 66 + 1447) / 1448;

        put_frame(0, &header, frame, length);
        run();
        assert_int_equal(get_frame(1), length);
        assert_memory_equal(got, frame, length);
        assert_int_equal(got_header.gso_size, 1448);
        assert_int_equal(got_header.buffers, (length + 12 + BUFFER - 1) / BUFFER);
        for (unsigned i = 2; i < CLIENTS; i++)
            for (unsigned n = 0; n < segments; n++) {
                uint32_t part = get_frame(i);
                assert_true(tcp_is_right(got, part, false));
                assert_memory_equal(got + 66, frame + 66 + n * 1448, part - 66);
                assert_int_equal(got_header.flags | got_header.gso_type, 0);
            }
        assert_out(segments);
        assert_true(tcp_is_right(sent_out.bytes, sent_out.length, false));
    }
    /* More than there is room for: nothing of it comes, and what fits comes afterwards. */
    uint32_t length = large_frame(frame, RING * BUFFER - 66 - 12 + 1, mac_of(1), &header);
    put_frame(0, &header, frame, length);
    run();
    assert_got(0);
    assert_int_equal(ports[1].lost, 1);
    length = large_frame(frame, RING * BUFFER - 66 - 12, mac_of(1), &header);
    put_frame(0, &header, frame, length);
    run();
    assert_int_equal(get_frame(1), length);
    assert_memory_equal(got, frame, length);
    assert_int_equal(got_header.buffers, RING);
    /* Without MRG_RXBUF a frame takes one buffer or none. */
    begin(1, all & ~BIT(MRG_RXBUF));
    length = large_frame(frame, 6000, mac_of(1), &header);
    put_frame(0, &header, frame, length);
    run();
    assert_got(0);
    assert_sent(0, mac_of(1), 2, 0);
}

/* That a checksum was found right is the wire's to say, and not a client's. */
static void says_who(void **state)
{
    struct virtio_net_header header = {.flags = VIRTIO_NET_DATA_VALID};
    uint8_t frame[PAYLOAD];

    (void)state;
    begin(1, BIT(GUEST_CSUM));
    write_frame(frame, mac_of(1), mac_of(0), PAYLOAD, 0);
    put_frame(0, &header, frame, PAYLOAD);
    run();
    assert_int_equal(get_frame(1), PAYLOAD);
    assert_int_equal(got_header.flags, 0);
    wire.features = BIT(CSUM);
    put_mac(frame + 6, ON_WIRE);
    switch_receive(&net, &header, frame, PAYLOAD);
    assert_int_equal(get_frame(1), PAYLOAD);
    assert_int_equal(got_header.flags, VIRTIO_NET_DATA_VALID);
}

static void portal(void **state)
{
    uint64_t word[8] = {NET_INFO};
    struct virtio_queue_setup rings = virtio_driver_queue(&clients[0].driver[0]);
    uint64_t reply[8] = {0};

    (void)state;
    assert_int_equal(ask(1, word), 0);
    assert_int_equal(word[1], mac_of(1));
    assert_int_equal(word[3], 1500);
    assert_int_equal(word[4], 1);
    assert_int_equal(attach(0, 0), NET_FAILED | NET_BAD_QUEUE);
    uint64_t queue[8] = {NET_ATTACH, 2, rings.size, rings.descriptors, rings.available, rings.used, 0};
    assert_int_equal(ask(0, queue), NET_FAILED | NET_BAD_QUEUE);
    uint64_t detach[8] = {NET_DETACH};
    assert_int_equal(ask(0, detach), 0);
    uint64_t states[8] = {NET_QUEUES};
    assert_int_equal(ask(0, states), 0);
    assert_int_equal(attach(0, 1), 0);
    uint64_t again[8] = {NET_QUEUES};
    assert_int_equal(ask(0, again), VIRTIO_SERVICE_ATTACHED << 8);
    uint64_t size[8] = {NET_ATTACH, 0, 512, rings.descriptors, rings.available, rings.used, 0};
    assert_int_equal(ask(0, size), NET_FAILED | NET_BAD_RING);
    uint64_t outside[8] = {NET_ATTACH, 0, RING, MEMORY, rings.available, rings.used, 0};
    assert_int_equal(ask(0, outside), NET_FAILED | NET_BAD_RING);
    uint64_t unknown[8] = {99};
    assert_int_equal(ask(0, unknown), NET_FAILED | NET_BAD_OPERATION);
    port_answer(&net, NULL, word, reply);
    assert_int_equal(reply[0], NET_FAILED | NET_BAD_CLIENT);
}

/* One queue of one client stops, once and with a reason; the others go on. */
static void nonsense_in_a_ring(void **state)
{
    struct client *one = &clients[1];
    const struct virtio_buffer small = {SENT, 11};
    const struct virtio_buffer parts[2] = {{SENT, 64}, {SENT + 64, 64}};
    uint16_t head = 0;

    (void)state;
    for (unsigned bad = 0; bad < 7; bad++) {
        begin(1, bad == 6 ? BIT(MRG_RXBUF) : 0);
        struct virtio_driver *receive = &one->driver[VIRTIO_NET_RECEIVE];
        struct virtio_driver *transmit = &one->driver[VIRTIO_NET_TRANSMIT];
        switch (bad) {
        case 0: /* shorter than a header */
            assert_int_equal(virtio_driver_add(transmit, &small, 1, 0, &head), VIRTIO_OK);
            break;
        case 1: /* something to write in what is sent */
            assert_int_equal(virtio_driver_add(transmit, parts, 1, 1, &head), VIRTIO_OK);
            break;
        case 2:
            transmit->available->index = RING + 1;
            break;
        case 3: /* a buffer to receive that is to be read */
            receive->descriptors[receive->available->ring[0]].flags = 0;
            break;
        case 4: /* and one that is only so at first */
            receive->descriptors[receive->available->ring[0]].flags = VIRTIO_DESCRIPTOR_NEXT;
            receive->descriptors[receive->available->ring[0]].next = receive->available->ring[1];
            break;
        case 5:
            receive->descriptors[receive->available->ring[0]].address = MEMORY;
            break;
        default: /* no room for the header that says how many there are */
            receive->descriptors[receive->available->ring[0]].length = 11;
            break;
        }
        run();
        put_plain(0, mac_of(1), mac_of(0), 'x');
        put_plain(0, mac_of(2), mac_of(0), 'y');
        run();
        assert_int_equal(get_frame(2), PAYLOAD);
        unsigned step = port_step(&ports[1]);
        assert_int_equal(step & PORT_BROKEN, PORT_BROKEN);
        assert_string_not_equal(port_error(&ports[1]), "works");
        assert_int_equal(port_step(&ports[1]) & PORT_BROKEN, 0);
        uint64_t word[8] = {NET_QUEUES};
        (void)ask(1, word);
        assert_int_equal(word[0] >> (bad < 3 ? 8 : 0) & 0xff, VIRTIO_SERVICE_BROKEN);
        for (unsigned i = 0; i < CLIENTS; i++)
            if (i != 1)
                assert_int_equal(port_step(&ports[i]) & PORT_BROKEN, 0);
    }
    begin(1, 0);
    assert_sent(0, mac_of(1), 2, 0);
}

static void signals(void **state)
{
    (void)state;
    for (unsigned i = 0; i < CLIENTS; i++)
        (void)port_step(&ports[i]);
    put_plain(0, mac_of(1), mac_of(0), 'x');
    run();
    assert_int_equal(port_step(&ports[1]), PORT_SIGNAL);
    assert_int_equal(port_step(&ports[1]), 0);
    assert_int_equal(port_step(&ports[2]), 0);
}

/*
 * The switch dies at any time and another takes up the rings: every frame that arrives is one that was sent, whole,
 * no older than the one before it, and most of them do arrive.
 */
static void made_again(void **state)
{
    static uint8_t frame[LARGE_BUFFER];
    const uint64_t all = BIT(CSUM) | BIT(HOST_TSO4) | BIT(GUEST_CSUM) | BIT(GUEST_TSO4) | BIT(MRG_RXBUF);
    uint32_t next = 1;
    uint32_t last = 0;
    unsigned arrived = 0;
    unsigned restarts = 0;

    (void)state;
    begin(0, all);
    begin(1, all);
    while (next < 20000) {
        const struct virtio_net_header header = {0};
        uint32_t length = 60 + pick(NET_FRAME_MAX - 60);

        if (clients[0].driver[VIRTIO_NET_TRANSMIT].chains < RING / 2) {
            write_frame(frame, mac_of(1), mac_of(0), length, (uint8_t)next);
            memcpy(frame + 14, &next, sizeof(next));
            memcpy(frame + 18, &length, sizeof(length));
            put_frame(0, &header, frame, length);
            next++;
        }
        if (pick(3) == 0)
            (void)switch_step(&net);
        if (pick(20) == 0) {
            begin_service();
            restarts++;
            for (unsigned i = 0; i < CLIENTS; i++)
                for (uint32_t q = 0; q < VIRTIO_NET_QUEUES; q++)
                    assert_int_equal(attach(i, q), 0);
        }
        if (pick(2) == 0)
            continue;
        length = get_frame(1);
        if (length == 0) {
            uint16_t head = 0;
            uint32_t written = 0;
            while (virtio_driver_take(&clients[0].driver[VIRTIO_NET_TRANSMIT], &head, &written) == VIRTIO_OK)
                ;
            continue;
        }
        uint32_t number = 0;
        uint32_t said = 0;
        memcpy(&number, got + 14, sizeof(number));
        memcpy(&said, got + 18, sizeof(said));
        assert_int_equal(said, length);
        assert_true(number > last && number < next);
        for (uint32_t i = 22; i < length; i++)
            assert_int_equal(got[i], (uint8_t)number);
        last = number;
        arrived++;
    }
    assert_true(restarts > 500);
    assert_true(arrived > 19900);
}

int test_queues(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(turns, setup),        cmocka_unit_test_setup(no_room, setup),
        cmocka_unit_test_setup(large_frames, setup), cmocka_unit_test_setup(says_who, setup),
        cmocka_unit_test_setup(portal, setup),       cmocka_unit_test_setup(nonsense_in_a_ring, setup),
        cmocka_unit_test_setup(signals, setup),      cmocka_unit_test_setup(made_again, setup),
    };

    return cmocka_run_group_tests_name("queues", tests, NULL, NULL);
}
