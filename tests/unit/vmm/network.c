/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The guest's virtio-net as its driver finds it: what the switch offers, and what of it a VMM that copies passes on.
 */
#include "fake.h"

#include <string.h>

#include "services/net/protocol.h"
#include "vmm/virtio_net.h"
#include "vmm/virtio_shadow.h"

enum { DEVICE = BOARD_VIRTIO + 2 * BOARD_VIRTIO_STRIDE, AREA = 0x800000, STRIDE = 0x8000, SIZE = 256 };

static uint8_t window[4 << 20] __attribute__((aligned(4096)));

static void make(bool trusted)
{
    config.device[VM_NET] = (struct config_device){.present = true,
                                                   .trusted = trusted,
                                                   .slot = 2,
                                                   .portal = config.device[VM_CONSOLE].portal,
                                                   .notification = config.device[VM_CONSOLE].notification,
                                                   .flag = 1 << 8,
                                                   .window = trusted ? 0 : (uintptr_t)window,
                                                   .window_size = trusted ? 0 : sizeof(window)};
    fake.info[0] = UINT64_C(0x525400001234);
    fake.info[1] = 0xffffff;
    fake.info[2] = NET_MTU;
    virtio_net_init(&vm.device[VM_NET]);
}

/* As its driver would, with all that is offered. */
static void drive(void)
{
    fake_store(DEVICE + VIRTIO_MMIO_STATUS, 4, 3);
    for (uint32_t half = 0; half < 2; half++) {
        fake_store(DEVICE + VIRTIO_MMIO_DEVICE_FEATURES_SELECT, 4, half);
        fake_store(DEVICE + VIRTIO_MMIO_DRIVER_FEATURES_SELECT, 4, half);
        fake_store(DEVICE + VIRTIO_MMIO_DRIVER_FEATURES, 4, fake_load(DEVICE + VIRTIO_MMIO_DEVICE_FEATURES, 4));
    }
    fake_store(DEVICE + VIRTIO_MMIO_STATUS, 4, 11);
    memset(fake_ram + AREA, 0, 2 * STRIDE);
    for (uint32_t q = 0; q < 2; q++)
        fake_set_queue(DEVICE, q, SIZE, BOARD_RAM + AREA + q * STRIDE);
    fake_store(DEVICE + VIRTIO_MMIO_STATUS, 4, 15);
    assert_int_equal(fake_load(DEVICE + VIRTIO_MMIO_STATUS, 4), 15);
}

static bool negotiated(unsigned bit)
{
    bool has = (fake.attach[0].word[6] >> bit & 1) != 0;

    assert_int_equal(has, fake.attach[1].word[6] >> bit & 1);
    return has;
}

static void as_the_switch_says(void **state)
{
    const uint64_t base = DEVICE + VIRTIO_MMIO_CONFIG_SPACE;

    (void)state;
    for (unsigned trusted = 0; trusted < 2; trusted++) {
        make(trusted != 0);
        assert_int_equal(fake_load(DEVICE + VIRTIO_MMIO_DEVICE_ID, 4), VIRTIO_NET_ID);
        assert_int_equal(fake_load(base, 4), 0x00005452);
        assert_int_equal(fake_load(base + 4, 2), 0x3412);
        assert_int_equal(fake_load(base + 10, 2), 1500);
        assert_int_equal(fake_load(DEVICE + VIRTIO_MMIO_QUEUE_SIZE_MAX, 4), NET_QUEUE_SIZE_MAX);
        drive();
        assert_true(negotiated(VIRTIO_NET_F_CSUM) && negotiated(VIRTIO_NET_F_GUEST_CSUM));
        assert_true(negotiated(VIRTIO_NET_F_HOST_TSO4) && negotiated(VIRTIO_NET_F_HOST_TSO6));
        /* A copied guest gets a frame in one chain, and small ones only. */
        assert_int_equal(negotiated(VIRTIO_NET_F_MRG_RXBUF), trusted);
        assert_int_equal(negotiated(VIRTIO_NET_F_GUEST_TSO4), trusted);
        assert_int_equal(negotiated(VIRTIO_NET_F_GUEST_TSO6), trusted);
        assert_int_equal(fake.attach[1].word[1], 1);
        fake_store(DEVICE + VIRTIO_MMIO_STATUS, 4, 0);
    }
}

/* The largest frame that a guest may send gets through the window. */
static void large_and_copied(void **state)
{
    struct virtio_descriptor *descriptors = (void *)(fake_ram + AREA + STRIDE);
    struct virtio_available *available = (void *)(fake_ram + AREA + STRIDE + 0x1000);
    const uint32_t bytes = 12 + NET_LARGE_MAX;

    (void)state;
    make(false);
    drive();
    for (uint32_t i = 0; i < bytes; i++)
        fake_ram[0xa00000 + i] = (uint8_t)(i * 7);
    descriptors[0] = (struct virtio_descriptor){BOARD_RAM + 0xa00000, bytes, 0, 0};
    available->index = 1;
    fake_store(DEVICE + VIRTIO_MMIO_QUEUE_NOTIFY, 4, 1);
    const struct virtio_available *theirs = (void *)(window + fake.attach[1].word[4]);
    const struct virtio_descriptor *out = (void *)(window + fake.attach[1].word[3]);
    assert_int_equal(theirs->index, 1);
    assert_int_equal(out[theirs->ring[0]].length, bytes);
    assert_memory_equal(window + out[theirs->ring[0]].address, fake_ram + 0xa00000, bytes);
    assert_int_equal(vm.device[VM_NET].status, 15);
}

static void no_network(void **state)
{
    (void)state;
    fake.console_reply[NET_INFO] = NET_FAILED | NET_BAD_CLIENT;
    make(true);
    assert_int_equal(fake_load(DEVICE + VIRTIO_MMIO_DEVICE_ID, 4), 0);
    assert_non_null(strstr(fake.output, "no network"));
}

int run_network_tests(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(as_the_switch_says, fake_setup),
        cmocka_unit_test_setup(large_and_copied, fake_setup),
        cmocka_unit_test_setup(no_network, fake_setup),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
