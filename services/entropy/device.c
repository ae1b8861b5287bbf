/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "device.h"

#include <stddef.h>

#include "virtio/entropy.h"

#define WANTED (UINT64_C(1) << VIRTIO_F_VERSION_1 | UINT64_C(1) << VIRTIO_F_EVENT_IDX)

const char *device_start(struct device *device)
{
    const struct virtio_driver_setup setup = {
        .memory = device->memory, .address = device->physical, .size = DEVICE_QUEUE, .slots = device->slots};
    const char *complaint = virtio_mmio_begin(&device->mmio, VIRTIO_ENTROPY_ID, WANTED);

    if (complaint == NULL)
        complaint = virtio_mmio_set_queue(&device->mmio, 0, &device->driver, setup);
    if (complaint != NULL)
        return complaint;
    virtio_mmio_go(&device->mmio);
    return NULL;
}

void device_ask(struct device *device)
{
    const struct virtio_buffer buffer = {device->physical + DEVICE_SEED, DRBG_SEED - device->length};
    uint16_t head = 0;

    if (device->asked || virtio_driver_add(&device->driver, &buffer, 0, 1, &head) != VIRTIO_OK)
        return;
    device->asked = true;
    virtio_mmio_kick(&device->mmio, 0, &device->driver);
}

/* Not EMPTY before the ring is: only then does the device know that it is to interrupt for the next part. */
enum virtio_error device_take(struct device *device)
{
    volatile uint8_t *given = device->memory + DEVICE_SEED;
    uint16_t head = 0;
    uint32_t written = 0;

    for (;;) {
        enum virtio_error error = virtio_driver_take(&device->driver, &head, &written);

        if (error != VIRTIO_OK)
            return error;
        device->asked = false;
        /* The driver has checked that it is not more than was asked for. */
        for (uint32_t i = 0; i < written; i++) {
            device->seed[device->length++] = given[i];
            given[i] = 0;
        }
        if (device->length == DRBG_SEED)
            break;
        device_ask(device);
    }
    device->length = 0;
    return VIRTIO_OK;
}
