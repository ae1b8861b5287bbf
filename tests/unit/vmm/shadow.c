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

enum { SIZE = 64, AREA = 0x800000, TABLE = AREA + 0x4000, BUFFERS = 0xa00000, FLAG = 1 << 8, FAILED_STATUS = 15 | 64 };

static uint8_t window[SHADOW_RING + 2 * SHADOW_BUFFER] __attribute__((aligned(4096)));

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
    config.device[VM_DISK] = (struct config_device){true,
                                                    false,
                                                    1,
                                                    config.device[VM_CONSOLE].portal,
                                                    config.device[VM_CONSOLE].notification,
                                                    FLAG,
                                                    (uintptr_t)window,
                                                    sizeof(window)};
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
        {BUFFERS, SHADOW_BUFFER + 1, 0, 0, "chain too long"},
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

int run_shadow_tests(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(copied_both_ways, setup),   cmocka_unit_test_setup(indirect, setup),
        cmocka_unit_test_setup(more_than_buffers, setup),  cmocka_unit_test_setup(hostile_guests, setup),
        cmocka_unit_test_setup(lying_services, setup),     cmocka_unit_test_setup(reset_with_requests_out, setup),
        cmocka_unit_test_setup(service_made_again, setup), cmocka_unit_test_setup(configuration, setup),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
