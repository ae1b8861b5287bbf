/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The guest's virtio-net as its driver finds it: what the switch offers, and what of it a VMM that copies passes on.
 */
#include "fake.h"

#include <string.h>

#include "rt/component.h"
#include "service/ask.h"
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

static bool has_match(uint32_t offset)
{
    for (unsigned i = 0; i < FAKE_MATCHES; i++)
        if (fake.match[i].kind != FAKE_MATCH_NONE && fake.match[i].address == DEVICE + offset)
            return true;
    return false;
}

static void service(bool there)
{
    fake.dead_at = there ? 0 : NET_QUEUES;
    fake.console_reply[NET_QUEUES] = VIRTIO_SERVICE_DETACHED;
    component_notification(COMPONENT_FLAG_RESTARTED);
}

/* What the guest's handler reads, and acknowledges. */
static uint64_t interrupt(void)
{
    uint64_t why = fake_load(DEVICE + VIRTIO_MMIO_INTERRUPT_STATUS, 4);

    fake_store(DEVICE + VIRTIO_MMIO_INTERRUPT_ACK, 4, why);
    return why;
}

static uint64_t link(void)
{
    return fake_load(DEVICE + VIRTIO_MMIO_CONFIG_SPACE + 6, 2);
}

/* After SERVICE_PATIENCE_NS, and until the service is there again. */
static void link_is_down(void **state)
{
    (void)state;
    for (unsigned trusted = 0; trusted < 2; trusted++) {
        make(trusted != 0);
        drive();
        assert_true(negotiated(VIRTIO_NET_F_STATUS));
        assert_int_equal(link(), VIRTIO_NET_LINK_UP);
        (void)interrupt();
        service(false);
        fake.interrupt[BOARD_INTID_VIRTIO + 2] = 0;
        fake_deadline();
        assert_int_equal(link(), 0);
        assert_non_null(strstr(fake.output, "network has had no service for 15 s: its link is down"));
        assert_pending(BOARD_INTID_VIRTIO + 2);
        /* It is the VMM that the guest asks why, until it has acknowledged, even when the service is back before. */
        assert_false(has_match(VIRTIO_MMIO_INTERRUPT_STATUS));
        fake.attached = 0;
        service(true);
        assert_int_equal(fake.attached, VIRTIO_NET_QUEUES);
        assert_int_equal(link(), VIRTIO_NET_LINK_UP);
        assert_int_equal(has_match(VIRTIO_MMIO_QUEUE_NOTIFY), trusted);
        service(false);
        service(true);
        assert_false(has_match(VIRTIO_MMIO_INTERRUPT_STATUS));
        assert_true((interrupt() & VIRTIO_INTERRUPT_CONFIG) != 0);
        assert_int_equal(has_match(VIRTIO_MMIO_INTERRUPT_STATUS), trusted);
        fake_store(DEVICE + VIRTIO_MMIO_STATUS, 4, 0);
    }
}

/* A restart that takes no longer than one may is not seen, whatever the guest does meanwhile. */
static void link_stays_up(void **state)
{
    (void)state;
    make(true);
    drive();
    service(false);
    fake.now_ns += SERVICE_PATIENCE_NS - 1000;
    service(true);
    service(false);
    fake_store(DEVICE + VIRTIO_MMIO_STATUS, 4, 0);
    service(true);
    drive();
    fake_deadline();
    fake.now_ns += SERVICE_PATIENCE_NS;
    component_deadline();
    assert_int_equal(link(), VIRTIO_NET_LINK_UP);
    assert_int_equal(interrupt() & VIRTIO_INTERRUPT_CONFIG, 0);
    assert_null(strstr(fake.output, "no service"));
    /* Nor is one that has ended while the guest had let go of its device. */
    service(false);
    fake_deadline();
    assert_int_equal(link(), 0);
    fake_store(DEVICE + VIRTIO_MMIO_STATUS, 4, 0);
    service(true);
    drive();
    assert_int_equal(link(), VIRTIO_NET_LINK_UP);
}

/* A driver that does not ask for links is told of none. */
static void no_links(void **state)
{
    (void)state;
    make(true);
    vm.device[VM_NET].offered &= ~(UINT64_C(1) << VIRTIO_NET_F_STATUS);
    drive();
    (void)interrupt();
    service(false);
    fake_deadline();
    assert_non_null(strstr(fake.output, "network has had no service for 15 s"));
    assert_int_equal(interrupt() & VIRTIO_INTERRUPT_CONFIG, 0);
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
        cmocka_unit_test_setup(as_the_switch_says, fake_setup), cmocka_unit_test_setup(large_and_copied, fake_setup),
        cmocka_unit_test_setup(link_is_down, fake_setup),       cmocka_unit_test_setup(link_stays_up, fake_setup),
        cmocka_unit_test_setup(no_links, fake_setup),           cmocka_unit_test_setup(no_network, fake_setup),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
