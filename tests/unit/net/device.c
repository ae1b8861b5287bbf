/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The wire's driver against registers that are plain memory, which reads as it was written, and rings whose other side
 * is played here.
 */
#include "services/net/device.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "mmio_registers.h"
#include "tests.h"
#include "virtio/queue.h"

enum { MEMORY = 512 * 1024, PHYSICAL = 0x50000000, SEND_SLOTS = DEVICE_QUEUE_SIZE };

static uint32_t registers[MMIO_REGISTERS];
static _Alignas(4096) uint8_t memory[MEMORY];
static struct device device;
static struct virtio_queue queue[VIRTIO_NET_QUEUES]; /* as the device has them */
static struct virtio_window window = {PHYSICAL, MEMORY, memory};
static struct virtio_chain chain;
static struct virtio_segment segment;
static uint8_t bytes[NET_FRAME_MAX];
static struct frame frame;
static struct packet packet;

static int setup(void **state)
{
    (void)state;
    memset(&device, 0, sizeof(device));
    memset(registers, 0, sizeof(registers));
    mmio_registers_set(registers, VIRTIO_NET_ID, 3); /* CSUM and GUEST_CSUM */
    device.mmio.registers = (uintptr_t)registers;
    device.memory = memory;
    device.physical = PHYSICAL;
    device.bytes = MEMORY;
    return 0;
}

static void start(void)
{
    assert_null(device_start(&device));
    for (unsigned i = 0; i < VIRTIO_NET_QUEUES; i++) {
        const struct virtio_queue_setup rings = virtio_driver_queue(&device.driver[i]);

        virtio_queue_detach(&queue[i]);
        assert_int_equal(virtio_queue_attach(&queue[i], &window, &rings), VIRTIO_OK);
    }
}

static enum virtio_error take(unsigned number)
{
    return virtio_queue_take(&queue[number], &chain, &segment, 1);
}

static bool send(uint32_t length, uint8_t fill)
{
    static struct virtio_segment source;
    const struct virtio_net_header none = {0};

    memset(bytes, fill, length);
    source = (struct virtio_segment){bytes, length};
    assert_int_equal(frame_open(&frame, &source, 1, 0, length, &none, 0), FRAME_GOOD);
    frame_packet(&frame, 0, 5, 0, &packet);
    return device_send(&device, &packet);
}

static void refused(void **state)
{
    static const struct {
        unsigned at;
        uint32_t value;
    } bad[] = {{VIRTIO_MMIO_MAGIC, 0},   {VIRTIO_MMIO_DEVICE_ID, 2},       {VIRTIO_MMIO_DEVICE_ID, 0},
               {VIRTIO_MMIO_VERSION, 1}, {VIRTIO_MMIO_DEVICE_FEATURES, 2}, {VIRTIO_MMIO_QUEUE_SIZE_MAX, 64}};

    for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        (void)setup(state);
        registers[bad[i].at / 4] = bad[i].value;
        assert_non_null(device_start(&device));
    }
    (void)setup(state);
    device.bytes = DEVICE_SLOTS + DEVICE_RECEIVE_SLOTS * DEVICE_SLOT_BYTES;
    assert_non_null(device_start(&device));
    device.bytes += DEVICE_SLOT_BYTES;
    assert_null(device_start(&device));
    assert_int_equal(device.free_count, 1);
    (void)setup(state);
    device.memory++;
    assert_non_null(device_start(&device));
}

static void sends_and_takes_back(void **state)
{
    unsigned sent = 0;

    (void)state;
    start();
    assert_int_equal(device.mmio.features, UINT64_C(3) | UINT64_C(1) << VIRTIO_F_VERSION_1);
    for (unsigned round = 0; round < 1000; round++) {
        while (send(60 + sent % 1400, (uint8_t)sent))
            sent++;
        assert_int_equal(device.lost, round + 1);
        for (unsigned n = 1 + pick(SEND_SLOTS); n != 0; n--) {
            if (take(VIRTIO_NET_TRANSMIT) != VIRTIO_OK)
                break;
            assert_true(chain.readable == 1 && chain.writable == 0);
            /* A header, the addresses, a tag: the frame is 4 bytes longer. */
            assert_true(segment.length >= 12 + 64 && segment.length <= 12 + NET_FRAME_MAX + 4);
            assert_memory_equal(segment.base + 24, "\x81\x00\x00\x05", 4);
            assert_int_equal(segment.base[segment.length - 1], segment.base[12]);
            assert_true(segment.base >= memory + DEVICE_SLOTS + DEVICE_RECEIVE_SLOTS * DEVICE_SLOT_BYTES);
            virtio_queue_complete(&queue[VIRTIO_NET_TRANSMIT], chain.head, 0);
        }
    }
    assert_true(sent > 10000);
    assert_int_equal(device_error(&device), VIRTIO_OK);
}

static void receives_and_gives_back(void **state)
{
    struct virtio_net_header header = {0};
    uint8_t *at = NULL;
    uint32_t length = 0;
    unsigned slot = 0;

    (void)state;
    start();
    for (unsigned i = 0; i < 10 * DEVICE_RECEIVE_SLOTS; i++) {
        assert_int_equal(device_receive(&device, &header, &at, &length, &slot), VIRTIO_EMPTY);
        assert_int_equal(take(VIRTIO_NET_RECEIVE), VIRTIO_OK);
        assert_true(chain.readable == 0 && segment.length == DEVICE_SLOT_BYTES);
        memset(segment.base, (int)i, DEVICE_SLOT_BYTES);
        /* A device that writes less than a header has brought nothing. */
        uint32_t written = i % 8 == 0 ? i % 12 : 12 + i % 1500;
        virtio_queue_complete(&queue[VIRTIO_NET_RECEIVE], chain.head, written);
        assert_int_equal(device_receive(&device, &header, &at, &length, &slot), VIRTIO_OK);
        assert_int_equal(length, written < 12 ? 0 : written - 12);
        assert_int_equal(header.flags, i & 0xff);
        assert_ptr_equal(at, segment.base + 12);
        assert_int_equal(device_received(&device, slot), VIRTIO_OK);
    }
}

static void lying_device(void **state)
{
    static const struct {
        uint32_t id, length;
    } lie[] = {{DEVICE_QUEUE_SIZE, 20}, {100, 20}, {0, DEVICE_SLOT_BYTES + 1}, {UINT32_MAX, UINT32_MAX}};
    struct virtio_net_header header = {0};
    uint8_t *at = NULL;
    uint32_t length = 0;
    unsigned slot = 0;

    for (unsigned i = 0; i < sizeof(lie) / sizeof(lie[0]); i++) {
        (void)setup(state);
        start();
        struct virtio_used *used = device.driver[VIRTIO_NET_RECEIVE].used;
        used->ring[0] = (struct virtio_used_element){lie[i].id, lie[i].length};
        used->index = 1;
        enum virtio_error error = device_receive(&device, &header, &at, &length, &slot);
        assert_true(error != VIRTIO_OK && error != VIRTIO_EMPTY);
    }
    (void)setup(state);
    start();
    /* The same chain seven times. */
    device.driver[VIRTIO_NET_TRANSMIT].used->index = 7;
    while (send(60, 0))
        ;
    assert_int_not_equal(device_error(&device), VIRTIO_OK);
}

int test_device(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(refused, setup),
        cmocka_unit_test_setup(sends_and_takes_back, setup),
        cmocka_unit_test_setup(receives_and_gives_back, setup),
        cmocka_unit_test_setup(lying_device, setup),
    };

    return cmocka_run_group_tests_name("device", tests, NULL, NULL);
}
