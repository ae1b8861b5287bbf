/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * A socket device whose service does not come back, and then does; direct and copied.
 */
#include "fake.h"

#include <string.h>

#include "rt/component.h"
#include "service/ask.h"
#include "services/vsock/protocol.h"
#include "virtio/ring.h"
#include "virtio/vsock.h"
#include "vmm/virtio_shadow.h"
#include "vmm/virtio_vsock.h"

enum {
    DEVICE = BOARD_VIRTIO + 3 * BOARD_VIRTIO_STRIDE,
    INTERRUPT = BOARD_INTID_VIRTIO + 3,
    SIZE = 64,
    AREA = 0x800000,
    STRIDE = 0x8000,
    BUFFERS = 0xa00000, /* a page for each descriptor of each queue */
    CID = 5,
    PORT = 1234,
    PEER_PORT = 22,
    FLAG = 1 << 8,
    RX = VIRTIO_VSOCK_RECEIVE,
    TX = VIRTIO_VSOCK_TRANSMIT,
    EVENT = VIRTIO_VSOCK_EVENT,
};

static uint8_t window[2 << 20] __attribute__((aligned(4096)));

static struct virtio_available *available(unsigned queue)
{
    return (void *)(fake_ram + AREA + queue * STRIDE + 0x1000);
}

static const struct virtio_used *used(unsigned queue)
{
    return (const void *)(fake_ram + AREA + queue * STRIDE + 0x2000);
}

static uint8_t *buffer(unsigned queue, unsigned number)
{
    return fake_ram + BUFFERS + (queue * SIZE + number) * 4096;
}

/* The guest offers the next descriptor, of `length` bytes. */
static uint8_t *offer(unsigned queue, uint32_t length)
{
    unsigned number = available(queue)->index % SIZE;
    struct virtio_descriptor *descriptors = (void *)(fake_ram + AREA + queue * STRIDE);
    uint8_t *bytes = buffer(queue, number);

    descriptors[number] = (struct virtio_descriptor){BOARD_RAM + (uint64_t)(bytes - fake_ram), length,
                                                     queue == TX ? 0 : VIRTIO_DESCRIPTOR_WRITE, 0};
    available(queue)->ring[number] = (uint16_t)number;
    available(queue)->index++;
    return bytes;
}

static void send(enum virtio_vsock_operation operation, uint32_t length)
{
    const struct virtio_vsock_header header = {
        .source_cid = CID,
        .destination_cid = VIRTIO_VSOCK_CID_HOST,
        .source_port = PORT,
        .destination_port = PEER_PORT,
        .type = VIRTIO_VSOCK_STREAM,
        .operation = (uint16_t)operation,
    };

    memcpy(offer(TX, length), &header, VIRTIO_VSOCK_HEADER);
    fake_store(DEVICE + VIRTIO_MMIO_QUEUE_NOTIFY, 4, TX);
}

static void start(bool trusted)
{
    config.device[VM_VSOCK] = (struct config_device){.present = true,
                                                     .trusted = trusted,
                                                     .slot = 3,
                                                     .portal = config.device[VM_CONSOLE].portal,
                                                     .notification = config.device[VM_CONSOLE].notification,
                                                     .flag = FLAG,
                                                     .window = trusted ? 0 : (uintptr_t)window,
                                                     .window_size = trusted ? 0 : sizeof(window)};
    fake.info[0] = CID;
    memset(window, 0, sizeof(window));
    memset(fake_ram + AREA, 0, 0x400000);
    virtio_vsock_init(&vm.device[VM_VSOCK]);
    fake_store(DEVICE + VIRTIO_MMIO_STATUS, 4, 3);
    fake_store(DEVICE + VIRTIO_MMIO_DRIVER_FEATURES_SELECT, 4, 1);
    fake_store(DEVICE + VIRTIO_MMIO_DRIVER_FEATURES, 4, 1);
    fake_store(DEVICE + VIRTIO_MMIO_STATUS, 4, 11);
    for (unsigned queue = 0; queue < VIRTIO_VSOCK_QUEUES; queue++)
        fake_set_queue(DEVICE, queue, SIZE, BOARD_RAM + AREA + queue * STRIDE);
    fake_store(DEVICE + VIRTIO_MMIO_STATUS, 4, 15);
    assert_int_equal(fake_load(DEVICE + VIRTIO_MMIO_STATUS, 4), 15);
    for (unsigned i = 0; i < 2; i++)
        (void)offer(EVENT, sizeof(struct virtio_vsock_event));
    for (unsigned i = 0; i < 3; i++)
        (void)offer(RX, 4096);
    fake_store(DEVICE + VIRTIO_MMIO_QUEUE_NOTIFY, 4, EVENT);
    fake_store(DEVICE + VIRTIO_MMIO_QUEUE_NOTIFY, 4, RX);
}

static void service(bool there)
{
    fake.dead_at = there ? 0 : VSOCK_QUEUES;
    fake.console_reply[VSOCK_QUEUES] = VIRTIO_SERVICE_DETACHED;
    component_notification(COMPONENT_FLAG_RESTARTED);
}

static bool doorbell_is_matched(void)
{
    for (unsigned i = 0; i < FAKE_MATCHES; i++)
        if (fake.match[i].kind == FAKE_MATCH_NOTIFY && fake.match[i].address == DEVICE + VIRTIO_MMIO_QUEUE_NOTIFY)
            return true;
    return false;
}

/* The guest's receive queue has `count` packets, the last one a RESET of its connection. */
static void assert_refused(unsigned count)
{
    struct virtio_vsock_header header = {0};

    assert_int_equal(used(RX)->index, count);
    assert_int_equal(used(RX)->ring[count - 1].length, VIRTIO_VSOCK_HEADER);
    memcpy(&header, buffer(RX, used(RX)->ring[count - 1].id), VIRTIO_VSOCK_HEADER);
    assert_int_equal(header.operation, VIRTIO_VSOCK_RESET);
    assert_int_equal(header.type, VIRTIO_VSOCK_STREAM);
    assert_int_equal(header.source_cid, VIRTIO_VSOCK_CID_HOST);
    assert_int_equal(header.destination_cid, CID);
    assert_int_equal(header.source_port, PEER_PORT);
    assert_int_equal(header.destination_port, PORT);
    assert_int_equal(header.length, 0);
}

static void absent(bool trusted)
{
    start(trusted);
    send(VIRTIO_VSOCK_DATA, VIRTIO_VSOCK_HEADER + 100);
    service(false);
    fake.now_ns += SERVICE_PATIENCE_NS / 2;
    component_deadline();
    assert_int_equal(used(TX)->index + used(RX)->index + used(EVENT)->index, 0);
    fake.interrupt[INTERRUPT] = 0;
    fake_deadline();
}

static void connections_end(void **state)
{
    (void)state;
    for (unsigned trusted = 0; trusted < 2; trusted++) {
        absent(trusted != 0);
        assert_non_null(strstr(fake.output, "socket device has had no service for 15 s: its connections are over"));
        assert_pending(INTERRUPT);
        assert_int_equal(used(EVENT)->index, 1);
        assert_int_equal(used(EVENT)->ring[0].length, sizeof(struct virtio_vsock_event));
        assert_int_equal(*(uint32_t *)(void *)buffer(EVENT, used(EVENT)->ring[0].id), VIRTIO_VSOCK_TRANSPORT_RESET);
        assert_int_equal(used(TX)->index, 1);
        assert_refused(1);
        /* A new one is refused at once; what needs no answer has none. */
        fake.interrupt[INTERRUPT] = 0;
        send(VIRTIO_VSOCK_REQUEST, VIRTIO_VSOCK_HEADER);
        assert_refused(2);
        assert_pending(INTERRUPT);
        send(VIRTIO_VSOCK_RESET, VIRTIO_VSOCK_HEADER);
        send(VIRTIO_VSOCK_REQUEST, VIRTIO_VSOCK_HEADER - 1);
        assert_int_equal(used(TX)->index, 4);
        assert_int_equal(used(RX)->index, 2);
        /* Without a buffer it is not told, and has its own back all the same. */
        send(VIRTIO_VSOCK_REQUEST, VIRTIO_VSOCK_HEADER);
        assert_refused(3);
        send(VIRTIO_VSOCK_REQUEST, VIRTIO_VSOCK_HEADER);
        assert_int_equal(used(TX)->index, 6);
        assert_int_equal(used(RX)->index, 3);
        fake_store(DEVICE + VIRTIO_MMIO_STATUS, 4, 0);
    }
}

/* The service has forgotten the guest's connections before it attaches, and has whatever was not answered for it. */
static void back_again(void **state)
{
    (void)state;
    for (unsigned trusted = 0; trusted < 2; trusted++) {
        absent(trusted != 0);
        (void)offer(RX, 4096);
        fake.attached = 0;
        fake.detached = 0;
        service(true);
        assert_int_equal(fake.detached, 1);
        assert_int_equal(fake.attached, VIRTIO_VSOCK_QUEUES);
        assert_int_equal(doorbell_is_matched(), trusted);
        send(VIRTIO_VSOCK_REQUEST, VIRTIO_VSOCK_HEADER);
        assert_int_equal(used(TX)->index, 1);
        assert_int_equal(used(EVENT)->index, 1);
        for (unsigned queue = 0; !trusted && queue < VIRTIO_VSOCK_QUEUES; queue++) {
            static const unsigned left[VIRTIO_VSOCK_QUEUES] = {[RX] = 3, [TX] = 1, [EVENT] = 1};
            const struct virtio_available *theirs = (void *)(window + fake.attach[queue].word[4]);

            assert_int_equal(theirs->index, left[queue]);
        }
        fake_store(DEVICE + VIRTIO_MMIO_STATUS, 4, 0);
    }
}

/* A restart that takes no longer than one may costs no connection, and nothing is let go of. */
static void in_time(void **state)
{
    (void)state;
    for (unsigned trusted = 0; trusted < 2; trusted++) {
        start(trusted != 0);
        send(VIRTIO_VSOCK_DATA, VIRTIO_VSOCK_HEADER + 100);
        fake.detached = 0;
        service(false);
        fake.now_ns += SERVICE_PATIENCE_NS - 1000;
        service(true);
        fake_deadline();
        assert_int_equal(used(TX)->index + used(RX)->index + used(EVENT)->index, 0);
        assert_int_equal(fake.detached, 0);
        assert_null(strstr(fake.output, "no service"));
        fake_store(DEVICE + VIRTIO_MMIO_STATUS, 4, 0);
    }
}

/* Nonsense in a ring that the VMM runs meanwhile. */
static void nonsense(void **state)
{
    (void)state;
    for (unsigned trusted = 0; trusted < 2; trusted++) {
        absent(trusted != 0);
        available(TX)->index = (uint16_t)(available(TX)->index + SIZE + 1);
        fake_store(DEVICE + VIRTIO_MMIO_QUEUE_NOTIFY, 4, TX);
        assert_int_equal(fake_load(DEVICE + VIRTIO_MMIO_STATUS, 4), 15 | VIRTIO_STATUS_NEEDS_RESET);
        assert_non_null(strstr(fake.output, "socket device needs a reset"));
        fake_store(DEVICE + VIRTIO_MMIO_STATUS, 4, 0);
    }
}

int run_socket_tests(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(connections_end, fake_setup),
        cmocka_unit_test_setup(back_again, fake_setup),
        cmocka_unit_test_setup(in_time, fake_setup),
        cmocka_unit_test_setup(nonsense, fake_setup),
    };

    return cmocka_run_group_tests_name("vmm: sockets", tests, NULL, NULL);
}
