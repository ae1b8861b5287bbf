/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "virtio/driver.h"

#include <string.h>

/* Where each part begins: descriptors first, then tables, available and used ring. */
static uint64_t tables_offset(uint16_t size)
{
    return virtio_descriptors_bytes(size);
}

static uint64_t available_offset(uint16_t size, uint16_t table)
{
    return tables_offset(size) + virtio_descriptors_bytes((uint64_t)size * table);
}

static uint64_t used_offset(uint16_t size, uint16_t table)
{
    return (available_offset(size, table) + virtio_available_bytes(size) + 3) & ~UINT64_C(3);
}

uint64_t virtio_driver_bytes(uint16_t size, uint16_t table)
{
    return used_offset(size, table) + virtio_used_bytes(size);
}

enum virtio_error virtio_driver_start(struct virtio_driver *driver, const struct virtio_driver_setup *setup)
{
    uint16_t size = setup->size;

    if (size == 0 || size > VIRTIO_RING_SIZE_MAX || (size & (size - 1)) != 0)
        return VIRTIO_BAD_SIZE;
    if ((uintptr_t)setup->memory % 16 != 0 || setup->address % 16 != 0)
        return VIRTIO_BAD_RING;
    memset(setup->memory, 0, virtio_driver_bytes(size, setup->table));
    *driver = (struct virtio_driver){
        .setup = *setup,
        .descriptors = (void *)setup->memory,
        .tables = (void *)(setup->memory + tables_offset(size)),
        .available = (void *)(setup->memory + available_offset(size, setup->table)),
        .used = (void *)(setup->memory + used_offset(size, setup->table)),
        .free_count = size,
        .event_index = (setup->features >> VIRTIO_F_EVENT_IDX & 1) != 0,
        .indirect = (setup->features >> VIRTIO_F_INDIRECT_DESC & 1) != 0 && setup->table != 0,
    };
    for (uint16_t i = 0; i < size; i++)
        setup->slots[i] = (struct virtio_driver_slot){.next = (uint16_t)(i + 1)};
    virtio_full_barrier();
    return VIRTIO_OK;
}

struct virtio_queue_setup virtio_driver_queue(const struct virtio_driver *driver)
{
    const struct virtio_driver_setup *setup = &driver->setup;

    return (struct virtio_queue_setup){
        .size = setup->size,
        .descriptors = setup->address,
        .available = setup->address + available_offset(setup->size, setup->table),
        .used = setup->address + used_offset(setup->size, setup->table),
        .features = setup->features,
    };
}

static uint16_t take_free(struct virtio_driver *driver)
{
    uint16_t index = driver->free;

    driver->free = driver->setup.slots[index].next;
    driver->free_count--;
    return index;
}

static struct virtio_descriptor describe(const struct virtio_buffer *buffer, bool writes, bool more, uint16_t next)
{
    return (struct virtio_descriptor){
        .address = buffer->address,
        .length = buffer->length,
        .flags = (uint16_t)((writes ? VIRTIO_DESCRIPTOR_WRITE : 0) | (more ? VIRTIO_DESCRIPTOR_NEXT : 0)),
        .next = more ? next : 0,
    };
}

/* The whole chain in the table of its one descriptor. */
static uint16_t add_indirect(struct virtio_driver *driver, const struct virtio_buffer *buffers, uint16_t readable,
                             uint16_t count)
{
    uint16_t head = take_free(driver);
    uint64_t first = (uint64_t)head * driver->setup.table;

    for (uint16_t i = 0; i < count; i++)
        driver->tables[first + i] = describe(&buffers[i], i >= readable, i + 1 < count, (uint16_t)(i + 1));
    driver->descriptors[head] = (struct virtio_descriptor){
        .address = driver->setup.address + tables_offset(driver->setup.size) + first * sizeof(struct virtio_descriptor),
        .length = (uint32_t)(count * sizeof(struct virtio_descriptor)),
        .flags = VIRTIO_DESCRIPTOR_INDIRECT,
    };
    driver->setup.slots[head].count = 1;
    return head;
}

/* One descriptor a buffer. They were free one behind the other, and so are linked in `slots` already. */
static uint16_t add_direct(struct virtio_driver *driver, const struct virtio_buffer *buffers, uint16_t readable,
                           uint16_t count)
{
    uint16_t head = driver->free;

    for (uint16_t i = 0; i < count; i++) {
        uint16_t index = take_free(driver);

        driver->descriptors[index] = describe(&buffers[i], i >= readable, i + 1 < count, driver->free);
    }
    driver->setup.slots[head].count = count;
    return head;
}

enum virtio_error virtio_driver_add(struct virtio_driver *driver, const struct virtio_buffer *buffers,
                                    uint16_t readable, uint16_t writable, uint16_t *head)
{
    uint32_t count = (uint32_t)readable + writable;
    bool indirect = driver->indirect && count > 1 && count <= driver->setup.table;
    uint64_t bytes = 0;

    if (driver->error != VIRTIO_OK)
        return driver->error;
    if (count == 0 || (!indirect && count > driver->setup.size))
        return VIRTIO_TOO_LONG;
    if (driver->free_count < (indirect ? 1 : count))
        return VIRTIO_FULL;
    for (uint32_t i = readable; i < count; i++)
        bytes += buffers[i].length;
    *head = indirect ? add_indirect(driver, buffers, readable, (uint16_t)count)
                     : add_direct(driver, buffers, readable, (uint16_t)count);
    driver->setup.slots[*head].writable = bytes;
    virtio_store16(&driver->available->ring[driver->next_available % driver->setup.size], *head);
    driver->next_available++;
    driver->chains++;
    /* The chain must be visible before the index that announces it. */
    virtio_write_barrier();
    virtio_store16(&driver->available->index, driver->next_available);
    return VIRTIO_OK;
}

bool virtio_driver_kick(struct virtio_driver *driver)
{
    uint16_t before = driver->kicked;

    if (driver->error != VIRTIO_OK || before == driver->next_available)
        return false;
    driver->kicked = driver->next_available;
    /* The index must be visible before the device's wish is read, else both sides could wait for the other. */
    virtio_full_barrier();
    if (!driver->event_index)
        return (virtio_load16(&driver->used->flags) & VIRTIO_USED_NO_NOTIFY) == 0;
    uint16_t event = virtio_load16((const uint16_t *)(const void *)&driver->used->ring[driver->setup.size]);
    return (uint16_t)(driver->next_available - event - 1) < (uint16_t)(driver->next_available - before);
}

/* How many chains came back. When there is none, the device is asked to interrupt before the index is read again. */
static uint16_t waiting_used(struct virtio_driver *driver)
{
    uint16_t waiting = (uint16_t)(virtio_load16(&driver->used->index) - driver->next_used);

    if (waiting == 0 && driver->event_index) {
        virtio_store16(&driver->available->ring[driver->setup.size], driver->next_used);
        virtio_full_barrier();
        waiting = (uint16_t)(virtio_load16(&driver->used->index) - driver->next_used);
    }
    virtio_read_barrier();
    return waiting;
}

/* Links the chain's descriptors in front of the free ones; they are linked among themselves. */
static void give_back(struct virtio_driver *driver, uint16_t head)
{
    struct virtio_driver_slot *slots = driver->setup.slots;
    uint16_t last = head;

    for (uint16_t i = 1; i < slots[head].count; i++)
        last = slots[last].next;
    slots[last].next = driver->free;
    driver->free = head;
    driver->free_count = (uint16_t)(driver->free_count + slots[head].count);
    driver->chains--;
    slots[head].count = 0;
}

enum virtio_error virtio_driver_take(struct virtio_driver *driver, uint16_t *head, uint32_t *written)
{
    if (driver->error != VIRTIO_OK)
        return driver->error;
    uint16_t waiting = waiting_used(driver);
    if (waiting == 0)
        return VIRTIO_EMPTY;
    if (waiting > driver->chains) {
        driver->error = VIRTIO_BAD_INDEX;
        return driver->error;
    }
    const struct virtio_used_element *element = &driver->used->ring[driver->next_used % driver->setup.size];
    uint32_t id = virtio_load32(&element->id);
    uint32_t length = virtio_load32(&element->length);
    if (id >= driver->setup.size || driver->setup.slots[id].count == 0 || length > driver->setup.slots[id].writable) {
        driver->error = VIRTIO_BAD_USED;
        return driver->error;
    }
    driver->next_used++;
    give_back(driver, (uint16_t)id);
    *head = (uint16_t)id;
    *written = length;
    return VIRTIO_OK;
}
