/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * A virtio-console whose service may not see the guest's memory: the VMM runs the queues.
 */
#include "fake.h"

#include <string.h>

#include "rt/component.h"
#include "virtio/ring.h"
#include "vmm/virtio_console.h"

#define REGISTER(name) (BOARD_VIRTIO + (uint64_t)VIRTIO_MMIO_##name)

enum { SIZE = 8, AREA = 0x800000, QUEUE_STRIDE = 0x4000, BUFFERS = 0xa00000, RECEIVE = 0, TRANSMIT = 1 };

static struct virtio_descriptor *descriptor(unsigned queue, unsigned number)
{
    return (struct virtio_descriptor *)(void *)(fake_ram + AREA + queue * QUEUE_STRIDE) + number;
}

static struct virtio_available *available(unsigned queue)
{
    return (struct virtio_available *)(void *)(fake_ram + AREA + queue * QUEUE_STRIDE + 0x1000);
}

static struct virtio_used *used(unsigned queue)
{
    return (struct virtio_used *)(void *)(fake_ram + AREA + queue * QUEUE_STRIDE + 0x2000);
}

static void offer(unsigned queue, unsigned number, uint32_t length)
{
    *descriptor(queue, number) = (struct virtio_descriptor){
        .address = BOARD_RAM + BUFFERS + 0x1000 * (number + SIZE * queue),
        .length = length,
        .flags = queue == RECEIVE ? VIRTIO_DESCRIPTOR_WRITE : 0,
    };
    available(queue)->ring[available(queue)->index % SIZE] = (uint16_t)number;
    available(queue)->index++;
}

static uint8_t *buffer(unsigned queue, unsigned number)
{
    return fake_ram + BUFFERS + 0x1000 * (number + SIZE * queue);
}

static void drive(void)
{
    memset(fake_ram + AREA, 0, 0x10000);
    fake_store(REGISTER(STATUS), 4, 0);
    fake_store(REGISTER(STATUS), 4, 3);
    fake_store(REGISTER(DRIVER_FEATURES_SELECT), 4, 1);
    fake_store(REGISTER(DRIVER_FEATURES), 4, 1);
    fake_store(REGISTER(STATUS), 4, 11);
    for (unsigned queue = 0; queue < 2; queue++)
        fake_set_queue(BOARD_VIRTIO, queue, SIZE, BOARD_RAM + AREA + queue * QUEUE_STRIDE);
    fake_store(REGISTER(STATUS), 4, 15);
}

static int setup(void **state)
{
    int result = fake_setup(state);

    config.device[VM_CONSOLE].trusted = false;
    virtio_console_init(&vm.device[VM_CONSOLE]);
    drive();
    fake.output_length = 0;
    memset(fake.output, 0, sizeof(fake.output));
    return result;
}

static void nothing_is_attached(void **state)
{
    (void)state;
    assert_int_equal(fake_load(REGISTER(STATUS), 4), 15);
    assert_int_equal(fake.attached, 0);
    for (unsigned i = 0; i < FAKE_MATCHES; i++)
        assert_int_equal(fake.match[i].kind, FAKE_MATCH_NONE);
}

static void output(void **state)
{
    (void)state;
    memset(buffer(TRANSMIT, 0), 'a', 100);
    memcpy(buffer(TRANSMIT, 1), "end", 3);
    offer(TRANSMIT, 0, 100);
    offer(TRANSMIT, 1, 3);
    fake_store(REGISTER(QUEUE_NOTIFY), 4, TRANSMIT);
    assert_int_equal(fake.output_length, 103);
    assert_string_equal(fake.output + 99, "aend");
    assert_int_equal(used(TRANSMIT)->index, 2);
    assert_pending(BOARD_INTID_VIRTIO);
    assert_int_equal(fake_load(REGISTER(INTERRUPT_STATUS), 4), 1);
    fake_store(REGISTER(INTERRUPT_ACK), 4, 1);
    assert_int_equal(fake_load(REGISTER(INTERRUPT_STATUS), 4), 0);
}

static void input_goes_to_the_buffers(void **state)
{
    (void)state;
    offer(RECEIVE, 0, 3);
    offer(RECEIVE, 1, 64);
    fake_store(REGISTER(QUEUE_NOTIFY), 4, RECEIVE);
    assert_int_equal(used(RECEIVE)->index, 0);
    fake.input = "hello";
    component_notification(COMPONENT_FLAG_INPUT);
    assert_int_equal(used(RECEIVE)->index, 2);
    assert_int_equal(used(RECEIVE)->ring[0].length, 3);
    assert_int_equal(used(RECEIVE)->ring[1].length, 2);
    assert_memory_equal(buffer(RECEIVE, 0), "hel", 3);
    assert_memory_equal(buffer(RECEIVE, 1), "lo", 2);
    assert_pending(BOARD_INTID_VIRTIO);
}

static void input_waits_for_a_buffer(void **state)
{
    (void)state;
    fake.input = "hello";
    component_notification(COMPONENT_FLAG_INPUT);
    assert_int_equal(used(RECEIVE)->index, 0);
    offer(RECEIVE, 0, 64);
    fake_store(REGISTER(QUEUE_NOTIFY), 4, RECEIVE);
    assert_int_equal(used(RECEIVE)->ring[0].length, 5);
    assert_memory_equal(buffer(RECEIVE, 0), "hello", 5);
}

static void without_a_driver_input_is_the_uarts(void **state)
{
    (void)state;
    fake_store(REGISTER(STATUS), 4, 0);
    fake.input = "x";
    component_notification(COMPONENT_FLAG_INPUT);
    assert_int_equal(fake_load(BOARD_PL011, 4), 'x');
}

static void nonsense_in_the_ring(void **state)
{
    (void)state;
    offer(TRANSMIT, 0, 10);
    descriptor(TRANSMIT, 0)->address = 0;
    fake_store(REGISTER(QUEUE_NOTIFY), 4, TRANSMIT);
    assert_int_equal(fake_load(REGISTER(STATUS), 4), 15 | VIRTIO_STATUS_NEEDS_RESET);
    assert_int_equal(fake_load(REGISTER(INTERRUPT_STATUS), 4) & 2, 2);
    assert_non_null(strstr(fake.output, "needs a reset"));
    drive();
    assert_int_equal(fake_load(REGISTER(STATUS), 4), 15);
}

static void endless_output(void **state)
{
    (void)state;
    offer(TRANSMIT, 0, 0x10001);
    fake_store(REGISTER(QUEUE_NOTIFY), 4, TRANSMIT);
    assert_int_equal(fake_load(REGISTER(STATUS), 4), 15 | VIRTIO_STATUS_NEEDS_RESET);
}

static void rings_outside_of_ram(void **state)
{
    (void)state;
    fake_store(REGISTER(STATUS), 4, 0);
    fake_store(REGISTER(DRIVER_FEATURES_SELECT), 4, 1);
    fake_store(REGISTER(DRIVER_FEATURES), 4, 1);
    fake_store(REGISTER(STATUS), 4, 11);
    fake_store(REGISTER(QUEUE_SIZE), 4, SIZE);
    fake_store(REGISTER(QUEUE_READY), 4, 1);
    fake_store(REGISTER(STATUS), 4, 15);
    assert_int_equal(fake_load(REGISTER(STATUS), 4), 15 | VIRTIO_STATUS_NEEDS_RESET);
    fake_store(REGISTER(QUEUE_NOTIFY), 4, 0);
    fake_store(REGISTER(QUEUE_NOTIFY), 4, UINT32_MAX);
}

int run_copied_tests(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(nothing_is_attached, setup),
        cmocka_unit_test_setup(output, setup),
        cmocka_unit_test_setup(input_goes_to_the_buffers, setup),
        cmocka_unit_test_setup(input_waits_for_a_buffer, setup),
        cmocka_unit_test_setup(without_a_driver_input_is_the_uarts, setup),
        cmocka_unit_test_setup(nonsense_in_the_ring, setup),
        cmocka_unit_test_setup(endless_output, setup),
        cmocka_unit_test_setup(rings_outside_of_ram, setup),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
