/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The driver of the board's entropy device against registers that are plain memory and a ring whose other side is
 * played here: a seed may come in parts, and each part's interrupt must be asked for.
 */
#include "services/entropy/device.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "mmio_registers.h"
#include "virtio/entropy.h"
#include "virtio/queue.h"

enum { MEMORY = 8192, PHYSICAL = 0x50000000 };

static uint32_t registers[MMIO_REGISTERS];
static _Alignas(4096) uint8_t memory[MEMORY];
static struct device device;
static struct virtio_queue queue; /* as the device has it */
static const struct virtio_window window = {PHYSICAL, MEMORY, memory};

static int start(void **state)
{
    struct virtio_queue_setup rings = {0};

    (void)state;
    memset(&device, 0, sizeof(device));
    memset(memory, 0, sizeof(memory));
    mmio_registers_set(registers, VIRTIO_ENTROPY_ID, 1 | UINT32_C(1) << VIRTIO_F_EVENT_IDX);
    device.mmio.registers = (uintptr_t)registers;
    device.memory = memory;
    device.physical = PHYSICAL;
    assert_null(device_start(&device));
    rings = virtio_driver_queue(&device.driver);
    assert_int_equal(virtio_queue_attach(&queue, &window, &rings), VIRTIO_OK);
    return 0;
}

/* The device gives `length` bytes of what it was asked for: whether it raises its interrupt for them. */
static bool give(uint32_t length, uint8_t first)
{
    struct virtio_chain chain = {0};
    struct virtio_segment segment = {0};

    assert_int_equal(virtio_queue_take(&queue, &chain, &segment, 1), VIRTIO_OK);
    assert_true(length <= segment.length);
    for (uint32_t i = 0; i < length; i++)
        segment.base[i] = (uint8_t)(first + i);
    virtio_queue_complete(&queue, chain.head, length);
    return virtio_queue_signal(&queue);
}

static void a_seed_comes_in_parts(void **state)
{
    (void)state;
    assert_int_equal(device_take(&device), VIRTIO_EMPTY);
    device_ask(&device);
    assert_true(give(40, 1));
    assert_int_equal(device_take(&device), VIRTIO_EMPTY);
    assert_true(give(DRBG_SEED - 50, 41));
    assert_int_equal(device_take(&device), VIRTIO_EMPTY);
    assert_true(give(10, DRBG_SEED - 9));
    assert_int_equal(device_take(&device), VIRTIO_OK);
    for (unsigned i = 0; i < DRBG_SEED; i++) {
        assert_int_equal(device.seed[i], i + 1);
        assert_int_equal(memory[DEVICE_SEED + i], 0);
    }
    assert_int_equal(device_take(&device), VIRTIO_EMPTY);
}

int test_device(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(a_seed_comes_in_parts, start),
    };

    return cmocka_run_group_tests_name("entropy: device", tests, NULL, NULL);
}
