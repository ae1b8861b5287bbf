/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * A disk whose service does not come back, and then does; direct and copied. And a console.
 */
#include "fake.h"

#include <string.h>

#include "rt/component.h"
#include "rt/time.h"
#include "service/ask.h"
#include "services/block/protocol.h"
#include "services/serial/protocol.h"
#include "virtio/block.h"
#include "virtio/ring.h"
#include "vmm/virtio_absent.h"
#include "vmm/virtio_block.h"
#include "vmm/virtio_shadow.h"

#define REGISTER(name) (BOARD_VIRTIO + BOARD_VIRTIO_STRIDE + (uint64_t)VIRTIO_MMIO_##name)

enum { SIZE = 64, BUFFER = 128 * 1024, AREA = 0x800000, BUFFERS = 0xa00000, STATUS = BUFFERS + 0x2000, FLAG = 1 << 8 };

static uint8_t window[SHADOW_RING + 2 * BUFFER] __attribute__((aligned(4096)));

static struct virtio_descriptor *const descriptors = (void *)(fake_ram + AREA);
static struct virtio_available *const available = (void *)(fake_ram + AREA + 0x1000);
static struct virtio_used *const used = (void *)(fake_ram + AREA + 0x2000);

static void describe(unsigned number, uint64_t offset, uint32_t length, unsigned flags)
{
    descriptors[number] =
        (struct virtio_descriptor){BOARD_RAM + offset, length, (uint16_t)flags, (uint16_t)(number + 1)};
}

/* A read, whose status is the last of one byte; three descriptors from `head` on. */
static void ask_for(unsigned head)
{
    describe(head, BUFFERS, 16, VIRTIO_DESCRIPTOR_NEXT);
    describe(head + 1, BUFFERS + 0x1000, 512, VIRTIO_DESCRIPTOR_NEXT | VIRTIO_DESCRIPTOR_WRITE);
    describe(head + 2, STATUS, 1, VIRTIO_DESCRIPTOR_WRITE);
    fake_ram[STATUS] = 0xff;
    available->ring[available->index % SIZE] = (uint16_t)head;
    available->index++;
    fake_store(REGISTER(QUEUE_NOTIFY), 4, 0);
}

static void start(bool trusted)
{
    memset(window, 0, sizeof(window));
    memset(fake_ram + AREA, 0, 0x10000);
    fake_disk(trusted, FLAG, window, sizeof(window));
    fake.info[0] = 1000;
    fake.console_reply[BLOCK_QUEUES] = VIRTIO_SERVICE_ATTACHED;
    virtio_block_init(&vm.device[VM_DISK]);
    fake_store(REGISTER(STATUS), 4, 3);
    fake_store(REGISTER(DRIVER_FEATURES_SELECT), 4, 1);
    fake_store(REGISTER(DRIVER_FEATURES), 4, 1);
    fake_store(REGISTER(STATUS), 4, 11);
    fake_set_queue(BOARD_VIRTIO + BOARD_VIRTIO_STRIDE, 0, SIZE, BOARD_RAM + AREA);
    fake_store(REGISTER(STATUS), 4, 15);
    fake.output_length = 0;
    memset(fake.output, 0, sizeof(fake.output));
}

static bool doorbell_is_matched(void)
{
    for (unsigned i = 0; i < FAKE_MATCHES; i++)
        if (fake.match[i].kind == FAKE_MATCH_NOTIFY && fake.match[i].address == REGISTER(QUEUE_NOTIFY))
            return true;
    return false;
}

static void goes(void)
{
    fake.dead_at = BLOCK_QUEUES;
    component_notification(COMPONENT_FLAG_RESTARTED);
}

static void comes_back(void)
{
    fake.dead_at = 0;
    fake.console_reply[BLOCK_QUEUES] = VIRTIO_SERVICE_DETACHED;
    component_notification(COMPONENT_FLAG_RESTARTED);
    fake.console_reply[BLOCK_QUEUES] = VIRTIO_SERVICE_ATTACHED;
}

static void requests_fail_until_it_is_back(bool trusted)
{
    uint64_t begin = 0;
    unsigned attached = 0;

    start(trusted);
    ask_for(0);
    goes();
    begin = fake.now_ns;
    fake.now_ns += SERVICE_PATIENCE_NS / 2;
    component_notification(COMPONENT_FLAG_RESTARTED); /* and dies again */
    component_deadline();
    assert_int_equal(used->index, 0);
    fake_deadline();
    assert_int_equal(fake.now_ns, begin + SERVICE_PATIENCE_NS);
    assert_non_null(strstr(fake.output, "the guest's disk has had no service for 15 s: its requests fail from now on"));
    assert_int_equal(used->index, 1);
    assert_int_equal(used->ring[0].id, 0);
    assert_int_equal(fake_ram[STATUS], VIRTIO_BLOCK_ERROR);
    assert_int_equal(fake_load(REGISTER(INTERRUPT_STATUS), 4), VIRTIO_INTERRUPT_QUEUE);
    assert_false(doorbell_is_matched());
    ask_for(3);
    assert_int_equal(used->index, 2);
    assert_int_equal(fake_ram[STATUS], VIRTIO_BLOCK_ERROR);

    attached = fake.attached;
    comes_back();
    assert_non_null(strstr(fake.output, "the guest's disk has its service again"));
    assert_int_equal(fake.attached, attached + 1);
    assert_int_equal(doorbell_is_matched(), trusted);
    ask_for(6);
    assert_int_equal(used->index, 2);
    assert_int_equal(fake_ram[STATUS], 0xff);
}

static void direct(void **state)
{
    (void)state;
    requests_fail_until_it_is_back(true);
}

static void copied(void **state)
{
    const struct virtio_available *theirs = NULL;

    (void)state;
    requests_fail_until_it_is_back(false);
    /* Of the requests, the service finds only the one that has not failed. */
    theirs = (const void *)(window + fake.attach[0].word[4]);
    assert_int_equal(theirs->index, 1);
}

/* One that is back in time is not spoken of. */
static void in_time(void **state)
{
    (void)state;
    start(true);
    ask_for(0);
    goes();
    fake.now_ns += SERVICE_PATIENCE_NS - 1000;
    comes_back();
    fake_deadline();
    fake.now_ns += SERVICE_PATIENCE_NS;
    component_deadline();
    assert_int_equal(used->index, 0);
    assert_null(strstr(fake.output, "service"));
}

/* A guest that resets its disk meanwhile has none until the service is there. */
static void reset_meanwhile(void **state)
{
    (void)state;
    start(true);
    goes();
    fake_deadline();
    fake_store(REGISTER(STATUS), 4, 0);
    available->index++;
    fake_store(REGISTER(QUEUE_NOTIFY), 4, 0);
    component_deadline();
    assert_int_equal(used->index, 0);
    comes_back();
    assert_int_equal(fake_load(REGISTER(STATUS), 4), 0);
}

/* A disk's device may write to a guest that trusts it until its driver, or the next one, has let go. */
static void memory_waits_for_who_lets_go(void **state)
{
    const uint64_t ms = 1000000;

    (void)state;
    start(true);
    fake.dead_at = BLOCK_DETACH;
    fake.back_at_ns = fake.now_ns + 95 * ms;
    fake.detached = 0;
    fake_store(REGISTER(STATUS), 4, 0);
    assert_int_equal(fake.detached, 1);
    assert_true(fake.now_ns >= fake.back_at_ns && fake.now_ns <= fake.back_at_ns + 10 * ms);
    assert_true(fake.kicks >= 9);
    assert_null(strstr(fake.output, "no service"));
    /* The same before a new guest is loaded, which has a disk then. */
    fake.dead_at = BLOCK_DETACH;
    fake.back_at_ns = fake.now_ns + 95 * ms;
    virtio_block_init(&vm.device[VM_DISK]);
    assert_int_equal(fake.detached, 2);
    assert_true(fake.now_ns >= fake.back_at_ns);
    assert_int_equal(vm.device[VM_DISK].device_id, VIRTIO_BLOCK_ID);
}

/* How long the guest's reset of its disk takes, in ns, without a service. */
static uint64_t reset_alone(void)
{
    const uint64_t begin = fake.now_ns;

    fake.dead_at = BLOCK_DETACH;
    fake_store(REGISTER(STATUS), 4, 0);
    return fake.now_ns - begin;
}

static void not_for_ever(void **state)
{
    uint64_t took = 0;

    (void)state;
    start(true);
    took = reset_alone();
    assert_true(took >= SERVICE_PATIENCE_NS && took < 2 * SERVICE_PATIENCE_NS);
    assert_non_null(strstr(fake.output, "the guest's disk has no service that would let go of its memory"));
}

/* Nor for a device that reaches nothing of the guest's, or when all patience is used up. */
static void waits_for_no_other(void **state)
{
    (void)state;
    start(false);
    assert_int_equal(reset_alone(), 0);
    start(true);
    goes();
    fake_deadline();
    assert_int_equal(reset_alone(), 0);
}

static void say(unsigned head)
{
    describe(head, BUFFERS, 5, 0);
    available->ring[available->index % SIZE] = (uint16_t)head;
    available->index++;
    fake_store(BOARD_VIRTIO + VIRTIO_MMIO_QUEUE_NOTIFY, 4, CONSOLE_QUEUE_TRANSMIT);
}

/* A driver that waits until its output is taken goes on. */
static void output_is_lost_until_it_is_back(void **state)
{
    (void)state;
    memset(fake_ram + AREA, 0, 0x10000);
    fake.console_reply[CONSOLE_QUEUES] = VIRTIO_SERVICE_ATTACHED | VIRTIO_SERVICE_ATTACHED << 8;
    fake_store(BOARD_VIRTIO + VIRTIO_MMIO_STATUS, 4, 3);
    fake_store(BOARD_VIRTIO + VIRTIO_MMIO_DRIVER_FEATURES_SELECT, 4, 1);
    fake_store(BOARD_VIRTIO + VIRTIO_MMIO_DRIVER_FEATURES, 4, 1);
    fake_store(BOARD_VIRTIO + VIRTIO_MMIO_STATUS, 4, 11);
    fake_set_queue(BOARD_VIRTIO, CONSOLE_QUEUE_TRANSMIT, SIZE, BOARD_RAM + AREA);
    fake_store(BOARD_VIRTIO + VIRTIO_MMIO_STATUS, 4, 15);
    say(0);
    goes();
    fake.now_ns += SERVICE_PATIENCE_NS / 2;
    component_deadline();
    assert_int_equal(used->index, 0);
    fake_deadline();
    assert_non_null(strstr(fake.output, "the guest's console has had no service for 15 s: its output is lost"));
    assert_int_equal(used->index, 1);
    say(1);
    assert_int_equal(used->index, 2);

    comes_back();
    assert_non_null(strstr(fake.output, "the guest's console has its service again"));
    say(2);
    assert_int_equal(used->index, 2);
}

int run_absent_tests(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(direct, fake_setup),
        cmocka_unit_test_setup(copied, fake_setup),
        cmocka_unit_test_setup(in_time, fake_setup),
        cmocka_unit_test_setup(reset_meanwhile, fake_setup),
        cmocka_unit_test_setup(memory_waits_for_who_lets_go, fake_setup),
        cmocka_unit_test_setup(not_for_ever, fake_setup),
        cmocka_unit_test_setup(waits_for_no_other, fake_setup),
        cmocka_unit_test_setup(output_is_lost_until_it_is_back, fake_setup),
    };

    return cmocka_run_group_tests_name("vmm: absent", tests, NULL, NULL);
}
