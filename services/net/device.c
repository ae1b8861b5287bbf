/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "device.h"

#include <string.h>

#define WANTED                                                                                                  \
    (UINT64_C(1) << VIRTIO_F_VERSION_1 | UINT64_C(1) << VIRTIO_F_EVENT_IDX | UINT64_C(1) << VIRTIO_NET_F_CSUM | \
     UINT64_C(1) << VIRTIO_NET_F_GUEST_CSUM)

static uint64_t offset_of(unsigned slot)
{
    return DEVICE_SLOTS + (uint64_t)slot * DEVICE_SLOT_BYTES;
}

/* Slots are numbered through: DEVICE_RECEIVE_SLOTS is the first to send with. */
static unsigned slot_count(const struct device *device)
{
    uint64_t count = device->bytes < DEVICE_SLOTS ? 0 : (device->bytes - DEVICE_SLOTS) / DEVICE_SLOT_BYTES;
    unsigned most = DEVICE_RECEIVE_SLOTS + DEVICE_QUEUE_SIZE;

    return count < most ? (unsigned)count : most;
}

enum virtio_error device_received(struct device *device, unsigned slot)
{
    const struct virtio_buffer buffer = {device->physical + offset_of(slot), DEVICE_SLOT_BYTES};
    uint16_t head = 0;
    enum virtio_error error = virtio_driver_add(&device->driver[VIRTIO_NET_RECEIVE], &buffer, 0, 1, &head);

    if (error == VIRTIO_OK)
        device->slot_of[VIRTIO_NET_RECEIVE][head] = (uint16_t)slot;
    return error;
}

const char *device_start(struct device *device)
{
    const char *complaint = virtio_mmio_begin(&device->mmio, VIRTIO_NET_ID, WANTED);

    for (uint32_t i = 0; i < VIRTIO_NET_QUEUES && complaint == NULL; i++) {
        const struct virtio_driver_setup setup = {.memory = device->memory + (size_t)i * DEVICE_RINGS,
                                                  .address = device->physical + (uint64_t)i * DEVICE_RINGS,
                                                  .size = DEVICE_QUEUE_SIZE,
                                                  .slots = device->descriptors[i]};

        complaint = virtio_mmio_set_queue(&device->mmio, i, &device->driver[i], setup);
    }
    if (complaint != NULL)
        return complaint;
    if (slot_count(device) <= DEVICE_RECEIVE_SLOTS)
        return "there is not enough memory for its frames";
    for (unsigned i = 0; i < DEVICE_RECEIVE_SLOTS; i++)
        (void)device_received(device, i);
    device->free_count = 0;
    for (unsigned i = DEVICE_RECEIVE_SLOTS; i < slot_count(device); i++)
        device->free[device->free_count++] = (uint16_t)i;
    virtio_mmio_go(&device->mmio);
    device_kick(device);
    return NULL;
}

/* Slots of what the device has sent; only asked for when there is need, so that it does not interrupt for each. */
static void take_sent(struct device *device)
{
    uint16_t head = 0;
    uint32_t written = 0;

    while (virtio_driver_take(&device->driver[VIRTIO_NET_TRANSMIT], &head, &written) == VIRTIO_OK)
        device->free[device->free_count++] = device->slot_of[VIRTIO_NET_TRANSMIT][head];
}

bool device_send(void *context, const struct packet *packet)
{
    struct device *device = context;
    const uint32_t bytes = (uint32_t)sizeof(packet->header) + packet_length(packet);
    uint16_t head = 0;

    if (device->free_count == 0) {
        device_kick(device);
        take_sent(device);
    }
    if (device->free_count == 0 || bytes > DEVICE_SLOT_BYTES) {
        device->lost++;
        return false;
    }
    unsigned slot = device->free[device->free_count - 1];
    uint8_t *memory = device->memory + offset_of(slot);
    const struct virtio_buffer buffer = {device->physical + offset_of(slot), bytes};
    memcpy(memory, &packet->header, sizeof(packet->header));
    packet_copy(packet, 0, memory + sizeof(packet->header), packet_length(packet));
    if (virtio_driver_add(&device->driver[VIRTIO_NET_TRANSMIT], &buffer, 1, 0, &head) != VIRTIO_OK)
        return false;
    device->free_count--;
    device->slot_of[VIRTIO_NET_TRANSMIT][head] = (uint16_t)slot;
    return true;
}

void device_kick(struct device *device)
{
    for (uint32_t i = 0; i < VIRTIO_NET_QUEUES; i++)
        virtio_mmio_kick(&device->mmio, i, &device->driver[i]);
}

enum virtio_error device_receive(struct device *device, struct virtio_net_header *header, uint8_t **bytes,
                                 uint32_t *length, unsigned *slot)
{
    uint16_t head = 0;
    uint32_t written = 0;
    enum virtio_error error = virtio_driver_take(&device->driver[VIRTIO_NET_RECEIVE], &head, &written);

    if (error != VIRTIO_OK)
        return error;
    *slot = device->slot_of[VIRTIO_NET_RECEIVE][head];
    *bytes = device->memory + offset_of(*slot);
    memcpy(header, *bytes, sizeof(*header));
    *bytes += sizeof(*header);
    *length = written < sizeof(*header) ? 0 : written - (uint32_t)sizeof(*header);
    return VIRTIO_OK;
}

enum virtio_error device_error(const struct device *device)
{
    return device->driver[VIRTIO_NET_TRANSMIT].error;
}
