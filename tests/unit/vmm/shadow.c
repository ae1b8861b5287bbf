/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * A virtio-blk whose service may not see the guest's memory: hostile guests, and a service that lies in the window.
 */
#include "fake.h"

#include <string.h>

#include "rt/component.h"
#include "services/block/protocol.h"
#include "virtio/block.h"
#include "virtio/ring.h"
#include "vmm/virtio_block.h"
#include "vmm/virtio_shadow.h"

#define REGISTER(name) (BOARD_VIRTIO + BOARD_VIRTIO_STRIDE + (uint64_t)VIRTIO_MMIO_##name)

enum {
    SIZE = 64,
    BUFFER = 128 * 1024,
    AREA = 0x800000,
    TABLE = AREA + 0x4000,
    BUFFERS = 0xa00000,
    FLAG = 1 << 8,
    FAILED_STATUS = 15 | 64
};

static uint8_t window[SHADOW_RING + 2 * BUFFER] __attribute__((aligned(4096)));

static struct virtio_descriptor *const descriptors = (void *)(fake_ram + AREA);
static struct virtio_descriptor *const table = (void *)(fake_ram + TABLE);
static struct virtio_available *const available = (void *)(fake_ram + AREA + 0x1000);
static struct virtio_used *const used = (void *)(fake_ram + AREA + 0x2000);

/* As the VMM told the service. */
static struct virtio_descriptor *theirs(unsigned number)
{
    return (struct virtio_descriptor *)(void *)(window + fake.attach[0].word[3]) + number;
}

static struct virtio_available *their_available(void)
{
    return (void *)(window + fake.attach[0].word[4]);
}

static struct virtio_used *their_used(void)
{
    return (void *)(window + fake.attach[0].word[5]);
}

static void describe(struct virtio_descriptor *to, uint64_t offset, uint32_t length, unsigned flags, unsigned next)
{
    *to = (struct virtio_descriptor){BOARD_RAM + offset, length, (uint16_t)flags, (uint16_t)next};
}

static void offer(unsigned head)
{
    available->ring[available->index % SIZE] = (uint16_t)head;
    available->index++;
    fake_store(REGISTER(QUEUE_NOTIFY), 4, 0);
}

/* Three parts at `to`: 16 bytes to read, 10 and 6 to write. */
static void chain(struct virtio_descriptor *to, unsigned first)
{
    memset(fake_ram + BUFFERS, 'h', 16);
    memset(fake_ram + BUFFERS + 0x1000, 0, 0x2000);
    describe(to, BUFFERS, 16, VIRTIO_DESCRIPTOR_NEXT, first + 1);
    describe(to + 1, BUFFERS + 0x1000, 10, VIRTIO_DESCRIPTOR_NEXT | VIRTIO_DESCRIPTOR_WRITE, first + 2);
    describe(to + 2, BUFFERS + 0x2000, 6, VIRTIO_DESCRIPTOR_WRITE, 0);
}

static void answer(uint32_t id, uint32_t length)
{
    their_used()->ring[their_used()->index % SHADOW_SIZE] = (struct virtio_used_element){id, length};
    their_used()->index++;
    component_notification(FLAG);
}

static void drive(void)
{
    memset(fake_ram + AREA, 0, 0x10000);
    fake_store(REGISTER(STATUS), 4, 0);
    fake_store(REGISTER(STATUS), 4, 3);
    fake_store(REGISTER(DRIVER_FEATURES_SELECT), 4, 0);
    fake_store(REGISTER(DRIVER_FEATURES), 4, 1 << VIRTIO_F_INDIRECT_DESC);
    fake_store(REGISTER(DRIVER_FEATURES_SELECT), 4, 1);
    fake_store(REGISTER(DRIVER_FEATURES), 4, 1);
    fake_store(REGISTER(STATUS), 4, 11);
    fake_set_queue(BOARD_VIRTIO + BOARD_VIRTIO_STRIDE, 0, SIZE, BOARD_RAM + AREA);
    fake_store(REGISTER(STATUS), 4, 15);
}

static int setup(void **state)
{
    int result = fake_setup(state);

    memset(window, 0, sizeof(window));
    fake_disk(false, FLAG, window, sizeof(window));
    fake.info[0] = UINT64_C(0x1122334455);
    fake.info[2] = 0x778899aa;
    fake.console_reply[BLOCK_QUEUES] = VIRTIO_SERVICE_ATTACHED;
    virtio_block_init(&vm.device[VM_DISK]);
    drive();
    fake.output_length = 0;
    memset(fake.output, 0, sizeof(fake.output));
    return result;
}

static void assert_failed(const char *why)
{
    assert_int_equal(fake_load(REGISTER(STATUS), 4), FAILED_STATUS);
    assert_int_equal(fake_load(REGISTER(INTERRUPT_STATUS), 4) & VIRTIO_INTERRUPT_CONFIG, VIRTIO_INTERRUPT_CONFIG);
    assert_non_null(strstr(fake.output, "disk needs a reset"));
    assert_non_null(strstr(fake.output, why));
    /* Only that device, and only until its driver resets it. */
    assert_int_equal(vm.device[VM_CONSOLE].status & VIRTIO_STATUS_NEEDS_RESET, 0);
    drive();
    assert_int_equal(fake_load(REGISTER(STATUS), 4), 15);
}

static void copied_both_ways(void **state)
{
    (void)state;
    chain(descriptors, 0);
    offer(0);
    assert_int_equal(their_available()->index, 1);
    unsigned head = their_available()->ring[0];
    struct virtio_descriptor in = *theirs(head);
    struct virtio_descriptor out = *theirs(in.next);
    assert_int_equal(in.length, 16);
    assert_int_equal(out.length, 16);
    assert_memory_equal(window + in.address, fake_ram + BUFFERS, 16);
    memcpy(window + out.address, "0123456789abcdef", 16);
    answer(head, 13);
    assert_int_equal(used->index, 1);
    assert_int_equal(used->ring[0].id, 0);
    assert_int_equal(used->ring[0].length, 13);
    assert_memory_equal(fake_ram + BUFFERS + 0x1000, "0123456789\0\0", 12);
    assert_memory_equal(fake_ram + BUFFERS + 0x2000, "abc\0\0", 5);
    assert_pending(BOARD_INTID_VIRTIO + 1);
}

static void indirect(void **state)
{
    (void)state;
    chain(table, 0);
    describe(descriptors + 5, TABLE, 3 * sizeof(*table), VIRTIO_DESCRIPTOR_INDIRECT, 0);
    offer(5);
    unsigned head = their_available()->ring[0];
    memcpy(window + theirs(theirs(head)->next)->address, "x", 1);
    answer(head, 1);
    assert_int_equal(used->ring[0].id, 5);
    assert_int_equal(fake_ram[BUFFERS + 0x1000], 'x');
}

/* Both buffers are back at once, and the service has been asked to say when there is more. */
static void all_come_back_at_once(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 2; i++) {
        chain(descriptors + 3 * i, 3 * i);
        offer(3 * i);
        their_used()->ring[i] = (struct virtio_used_element){their_available()->ring[i], 0};
    }
    their_used()->index = 2;
    component_notification(FLAG);
    assert_int_equal(used->index, 2);
    assert_int_equal(their_available()->ring[SHADOW_SIZE], 2);
}

/* There are two buffers: the third waits in the guest's ring. */
static void more_than_buffers(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 3; i++) {
        chain(descriptors + 3 * i, 3 * i);
        offer(3 * i);
    }
    assert_int_equal(their_available()->index, 2);
    answer(their_available()->ring[1], 0);
    assert_int_equal(used->ring[0].id, 3);
    assert_int_equal(their_available()->index, 3);
}

static void hostile_guests(void **state)
{
    static const struct {
        uint64_t offset;
        uint32_t length;
        unsigned flags, next;
        const char *why;
    } bad[] = {
        {FAKE_RAM, 1, 0, 0, "buffer outside memory"},
        {FAKE_RAM - 1, 2, 0, 0, "buffer outside memory"},
        {UINT64_MAX - BOARD_RAM, 2, 0, 0, "buffer outside memory"},
        {BUFFERS, 1, VIRTIO_DESCRIPTOR_NEXT, 0, "chain too long"},
        {BUFFERS, 1, VIRTIO_DESCRIPTOR_NEXT, SIZE, "chain leads outside its table"},
        {BUFFERS, BUFFER + 1, 0, 0, "chain too long"},
        {TABLE, 8, VIRTIO_DESCRIPTOR_INDIRECT, 0, "bad indirect descriptor"},
        {FAKE_RAM - 16, 32, VIRTIO_DESCRIPTOR_INDIRECT, 0, "buffer outside memory"},
    };

    (void)state;
    for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        fake.output_length = 0;
        memset(fake.output, 0, sizeof(fake.output));
        fake.now_ns += 10000000000; /* log lines are rationed */
        describe(descriptors, bad[i].offset, bad[i].length, bad[i].flags, bad[i].next);
        offer(0);
        assert_int_equal(their_available()->index, 0);
        assert_failed(bad[i].why);
    }
    available->index = SIZE + 1;
    fake_store(REGISTER(QUEUE_NOTIFY), 4, 0);
    assert_failed("runs ahead");
}

static void lying_services(void **state)
{
    static const struct {
        uint32_t id, length;
    } lie[] = {{SHADOW_SIZE, 0}, {UINT32_MAX, 0}, {7, 0}, {0, 17}, {0, UINT32_MAX}};

    (void)state;
    for (unsigned i = 0; i < sizeof(lie) / sizeof(lie[0]); i++) {
        fake.output_length = 0;
        memset(fake.output, 0, sizeof(fake.output));
        fake.now_ns += 10000000000;
        chain(descriptors, 0);
        offer(0);
        assert_int_equal(their_available()->ring[0], 0);
        memset(window + theirs(theirs(0)->next)->address, 'x', 64);
        answer(lie[i].id, lie[i].length);
        assert_int_equal(used->index, 0);
        assert_int_equal(fake_ram[BUFFERS + 0x1000], 0);
        assert_failed("used entry");
    }
    chain(descriptors, 0);
    offer(0);
    their_used()->index++;
    answer(0, 0);
    assert_failed("");
}

/* What the guest's driver has given up is not written to, though the service goes on with it. */
static void reset_with_requests_out(void **state)
{
    (void)state;
    chain(descriptors, 0);
    offer(0);
    unsigned detached = fake.detached;
    fake_store(REGISTER(STATUS), 4, 0);
    assert_int_equal(fake.detached, detached + 1);
    memset(window + theirs(theirs(0)->next)->address, 'x', 16);
    answer(0, 16);
    assert_int_equal(used->index, 0);
    assert_int_equal(fake_ram[BUFFERS + 0x1000], 0);
    drive();
    component_notification(FLAG);
    assert_int_equal(used->index, 0);
    chain(descriptors, 0);
    offer(0);
    answer(their_available()->ring[0], 0);
    assert_int_equal(used->index, 1);
}

static void service_made_again(void **state)
{
    (void)state;
    unsigned attached = fake.attached;
    chain(descriptors, 0);
    offer(0);
    fake.console_reply[BLOCK_QUEUES] = VIRTIO_SERVICE_DETACHED;
    component_notification(COMPONENT_FLAG_RESTARTED);
    assert_int_equal(fake.attached, attached + 1);
    assert_int_equal(their_available()->index, 1);
    answer(0, 4);
    assert_int_equal(used->index, 1);
}

static void configuration(void **state)
{
    const uint64_t base = REGISTER(CONFIG_SPACE);

    (void)state;
    assert_int_equal(fake_load(base, 8), 0x1122334455);
    assert_int_equal(fake_load(base, 4), 0x22334455);
    assert_int_equal(fake_load(base + 4, 4), 0x11);
    assert_int_equal(fake_load(base + 2, 2), 0x2233);
    assert_int_equal(fake_load(base + 4, 1), 0x11);
    assert_int_equal(fake_load(base + offsetof(struct virtio_block_config, size_max), 4), 4096);
    assert_int_equal(fake_load(base + offsetof(struct virtio_block_config, seg_max), 4), 30);
    assert_int_equal(fake_load(base + offsetof(struct virtio_block_config, discard_sectors_max), 4), 0x778899aa);
    assert_int_equal(fake_load(base + sizeof(struct virtio_block_config), 4), 0);
    fake_store(base, 8, 0);
    assert_int_equal(fake_load(base, 8), 0x1122334455);
}

/* A device with two queues, of buffers that are not alike: at slot 2, its rings behind those of the disk. */
enum {
    TWO = BOARD_VIRTIO + 2 * BOARD_VIRTIO_STRIDE,
    TWO_AREA = 0x900000,
    TWO_STRIDE = 0x8000,
    SMALL = 64,
    LARGE = 4096,
    CHAINS = 2,
    SEGMENTS = 3,
};

static struct virtio_shadow_chain two_held[2][CHAINS];
static struct virtio_segment two_segments[2][CHAINS * SEGMENTS];
static struct virtio_shadow_queue two[2];

/* With its first `queues` alone. */
static void drive_queues(uint32_t queues)
{
    fake_store(TWO + VIRTIO_MMIO_STATUS, 4, 0);
    fake_store(TWO + VIRTIO_MMIO_STATUS, 4, 3);
    fake_store(TWO + VIRTIO_MMIO_DRIVER_FEATURES_SELECT, 4, 0);
    fake_store(TWO + VIRTIO_MMIO_DRIVER_FEATURES, 4, 1 << 5);
    fake_store(TWO + VIRTIO_MMIO_DRIVER_FEATURES_SELECT, 4, 1);
    fake_store(TWO + VIRTIO_MMIO_DRIVER_FEATURES, 4, 1);
    fake_store(TWO + VIRTIO_MMIO_STATUS, 4, 11);
    memset(fake_ram + TWO_AREA, 0, 2 * TWO_STRIDE);
    for (uint32_t q = 0; q < queues; q++)
        fake_set_queue(TWO, q, SIZE, BOARD_RAM + TWO_AREA + q * TWO_STRIDE);
    fake_store(TWO + VIRTIO_MMIO_STATUS, 4, 15);
}

static void drive_two(void)
{
    drive_queues(2);
}

static int setup_two(void **state)
{
    int result = setup(state);

    config.device[VM_NET] = config.device[VM_DISK];
    config.device[VM_NET].slot = 2;
    for (unsigned q = 0; q < 2; q++)
        two[q] = (struct virtio_shadow_queue){.bytes = q == 0 ? SMALL : LARGE,
                                              .chains = CHAINS,
                                              .segments = SEGMENTS,
                                              .held = two_held[q],
                                              .in_guest = two_segments[q]};
    vm.device[VM_NET] = (struct virtio_mmio){.name = "net",
                                             .service = &config.device[VM_NET],
                                             .backend = &virtio_shadow,
                                             .copied = two,
                                             .device_id = 1,
                                             .queue_count = 2,
                                             .queue_size_max = SIZE,
                                             .offered = UINT64_C(1) << VIRTIO_F_VERSION_1 | 1 << 5};
    drive_two();
    fake.calls = 0;
    return result;
}

/* `head` of queue `q`: one part of `length` bytes at BUFFERS + offset. */
static void offer_two(unsigned q, unsigned head, uint64_t offset, uint32_t length, unsigned flags)
{
    uint8_t *area = fake_ram + TWO_AREA + (size_t)q * TWO_STRIDE;
    struct virtio_available *ring = (void *)(area + 0x1000);

    describe((struct virtio_descriptor *)(void *)area + head, BUFFERS + offset, length, flags, 0);
    ring->ring[ring->index % SIZE] = (uint16_t)head;
    ring->index++;
    fake_store(TWO + VIRTIO_MMIO_QUEUE_NOTIFY, 4, q);
}

static const struct virtio_used *used_two(unsigned q)
{
    return (const void *)(fake_ram + TWO_AREA + (size_t)q * TWO_STRIDE + 0x2000);
}

/* What the service finds at queue `q` as its n-th chain. */
static struct virtio_descriptor *got_two(unsigned q, unsigned n)
{
    struct virtio_available *ring = (void *)(window + fake.attach[q].word[4]);

    assert_true(n < ring->index);
    return (struct virtio_descriptor *)(void *)(window + fake.attach[q].word[3]) + ring->ring[n];
}

static void answer_two(unsigned q, uint32_t id, uint32_t length)
{
    struct virtio_used *ring = (void *)(window + fake.attach[q].word[5]);

    ring->ring[ring->index % SHADOW_SIZE] = (struct virtio_used_element){id, length};
    ring->index++;
}

static void two_queues(void **state)
{
    uint64_t doorbells = 0;

    (void)state;
    assert_int_equal(fake_load(TWO + VIRTIO_MMIO_STATUS, 4), 15);
    for (unsigned q = 0; q < 2; q++) {
        assert_int_equal(fake.attach[q].word[1], q);
        assert_int_equal(fake.attach[q].word[6] & 0xffffff, 1 << 5);
    }
    memset(fake_ram + BUFFERS, 0, LARGE);
    memset(fake_ram + BUFFERS + LARGE, 's', LARGE);
    for (unsigned i = 0; i < 3; i++) {
        offer_two(0, i, i * SMALL, SMALL, VIRTIO_DESCRIPTOR_WRITE);
        offer_two(1, 7 + i, LARGE, LARGE, 0);
    }
    /* Each rings its own doorbell, and each has two buffers, none of which is another's. */
    for (unsigned i = 0; i < fake.calls; i++)
        if (fake.call[i].number == QUOLL_CALL_notification_signal)
            doorbells |= fake.call[i].argument[0];
    assert_int_equal(doorbells, 3);
    for (unsigned q = 0; q < 2; q++)
        for (unsigned i = 0; i < 2; i++) {
            uint64_t at = got_two(q, i)->address;

            assert_int_equal(at, SHADOW_RING + (q == 0 ? i * SMALL : CHAINS * SMALL + i * LARGE));
            memset(window + at, q == 0 ? 'a' + (int)i : 's', q == 0 ? SMALL : 0);
        }
    assert_memory_equal(window + got_two(1, 1)->address, fake_ram + BUFFERS + LARGE, LARGE);
    /* The second of queue 0 alone; then both of the other. */
    answer_two(0, 1, 5);
    component_notification(FLAG);
    assert_int_equal(used_two(0)->index, 1);
    assert_int_equal(used_two(0)->ring[0].id, 1);
    assert_memory_equal(fake_ram + BUFFERS + SMALL, "bbbbb\0", 6);
    assert_int_equal(fake_ram[BUFFERS], 0);
    assert_int_equal(used_two(1)->index, 0);
    answer_two(1, 0, 0);
    answer_two(1, 1, 0);
    component_notification(FLAG);
    assert_int_equal(used_two(1)->index, 2);
    assert_int_equal(used_two(1)->ring[1].id, 8);
    (void)got_two(0, 2);
    (void)got_two(1, 2);
}

/* What is wrong with one queue costs the device, and what is too long for one queue is not for the other. */
static void one_of_two_lies(void **state)
{
    (void)state;
    offer_two(1, 0, 0, SMALL + 1, 0);
    assert_int_equal(fake_load(TWO + VIRTIO_MMIO_STATUS, 4), 15);
    offer_two(0, 0, 0, SMALL + 1, VIRTIO_DESCRIPTOR_WRITE);
    assert_int_equal(fake_load(TWO + VIRTIO_MMIO_STATUS, 4), FAILED_STATUS);
    assert_non_null(strstr(fake.output, "net needs a reset: chain too long"));
    assert_int_equal(vm.device[VM_DISK].status & VIRTIO_STATUS_NEEDS_RESET, 0);
    drive_two();
    assert_int_equal(fake_load(TWO + VIRTIO_MMIO_STATUS, 4), 15);
    offer_two(0, 0, 0, SMALL, VIRTIO_DESCRIPTOR_WRITE);
    answer_two(0, 0, SMALL + 1);
    component_notification(FLAG);
    assert_int_equal(used_two(0)->index, 0);
    assert_int_equal(fake_load(TWO + VIRTIO_MMIO_STATUS, 4), FAILED_STATUS);
}

/* A driver need not use every queue of a device, and rings for one that it does not use as it likes. */
static void one_of_two_is_used(void **state)
{
    (void)state;
    drive_queues(1);
    assert_int_equal(fake_load(TWO + VIRTIO_MMIO_STATUS, 4), 15);
    fake_store(TWO + VIRTIO_MMIO_QUEUE_NOTIFY, 4, 1);
    offer_two(0, 0, 0, SMALL, VIRTIO_DESCRIPTOR_WRITE);
    answer_two(0, 0, SMALL);
    component_notification(FLAG);
    assert_int_equal(used_two(0)->index, 1);
    assert_int_equal(fake_load(TWO + VIRTIO_MMIO_STATUS, 4), 15);
}

static void window_too_small(void **state)
{
    (void)state;
    config.device[VM_NET].window_size = SHADOW_RING + CHAINS * (SMALL + LARGE) - 1;
    drive_two();
    assert_int_equal(fake_load(TWO + VIRTIO_MMIO_STATUS, 4) & VIRTIO_STATUS_NEEDS_RESET, VIRTIO_STATUS_NEEDS_RESET);
    assert_non_null(strstr(fake.output, "do not fit"));
    config.device[VM_NET].window_size++;
    drive_two();
    assert_int_equal(fake_load(TWO + VIRTIO_MMIO_STATUS, 4), 15);
}

int run_shadow_tests(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(copied_both_ways, setup),        cmocka_unit_test_setup(indirect, setup),
        cmocka_unit_test_setup(all_come_back_at_once, setup),   cmocka_unit_test_setup(more_than_buffers, setup),
        cmocka_unit_test_setup(hostile_guests, setup),          cmocka_unit_test_setup(lying_services, setup),
        cmocka_unit_test_setup(reset_with_requests_out, setup), cmocka_unit_test_setup(service_made_again, setup),
        cmocka_unit_test_setup(configuration, setup),           cmocka_unit_test_setup(two_queues, setup_two),
        cmocka_unit_test_setup(one_of_two_lies, setup_two),     cmocka_unit_test_setup(window_too_small, setup_two),
        cmocka_unit_test_setup(one_of_two_is_used, setup_two),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
