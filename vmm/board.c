/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "board.h"

#include <stddef.h>

#include "config.h"
#include "vm.h"

static uint64_t pl031_access_read(struct vcpu *vcpu, uint32_t offset, uint32_t size)
{
    (void)vcpu;
    (void)size;
    return pl031_read(&vm.pl031, offset);
}

static void pl031_access_write(struct vcpu *vcpu, uint32_t offset, uint32_t size, uint64_t value)
{
    (void)vcpu;
    (void)size;
    pl031_write(&vm.pl031, offset, value);
}

/* An empty slot has the magic and version of virtio-mmio and device 0 (virtio 1.2, 4.2.2). */
static const struct virtio_mmio empty_slot = {0};

static struct virtio_mmio *device_at(uint32_t offset)
{
    uint32_t slot = offset / BOARD_VIRTIO_STRIDE;

    for (unsigned i = 0; i < VM_DEVICE_COUNT; i++)
        if (config.device[i].present && slot == config.device[i].slot)
            return &vm.device[i];
    return NULL;
}

static uint64_t virtio_access_read(struct vcpu *vcpu, uint32_t offset, uint32_t size)
{
    const struct virtio_mmio *device = device_at(offset);

    (void)vcpu;
    return virtio_mmio_read(device != NULL ? device : &empty_slot, offset % BOARD_VIRTIO_STRIDE, size);
}

static void virtio_access_write(struct vcpu *vcpu, uint32_t offset, uint32_t size, uint64_t value)
{
    struct virtio_mmio *device = device_at(offset);

    (void)vcpu;
    if (device != NULL)
        virtio_mmio_write(device, offset % BOARD_VIRTIO_STRIDE, size, value);
}

static uint64_t flash_read(struct vcpu *vcpu, uint32_t offset, uint32_t size)
{
    (void)vcpu;
    (void)offset;
    (void)size;
    return UINT64_MAX;
}

static void flash_write(struct vcpu *vcpu, uint32_t offset, uint32_t size, uint64_t value)
{
    (void)vcpu;
    (void)offset;
    (void)size;
    (void)value;
}

const struct board_access board_access[BOARD_DEVICE_COUNT] = {
    [BOARD_DEVICE_NONE] = {.name = "nothing"},
    [BOARD_DEVICE_GICD] = {vgic_distributor_read, vgic_distributor_write, BOARD_GICD, BOARD_GICD_SIZE, "distributor"},
    [BOARD_DEVICE_GICR] = {vgic_redistributor_read, vgic_redistributor_write, BOARD_GICR, BOARD_GICR_SIZE,
                           "redistributor"},
    [BOARD_DEVICE_GICR_SGI] = {vgic_redistributor_read, vgic_redistributor_write, BOARD_GICR, BOARD_GICR_SIZE,
                               "redistributor, second frame"},
    [BOARD_DEVICE_PL011] = {pl011_read, pl011_write, BOARD_PL011, 0x1000, "pl011"},
    [BOARD_DEVICE_PL031] = {pl031_access_read, pl031_access_write, BOARD_PL031, 0x1000, "pl031"},
    [BOARD_DEVICE_VIRTIO] = {virtio_access_read, virtio_access_write, BOARD_VIRTIO,
                             BOARD_VIRTIO_STRIDE *BOARD_VIRTIO_SLOTS, "virtio-mmio"},
    [BOARD_DEVICE_FLASH] = {flash_read, flash_write, BOARD_ROM, BOARD_FLASH_END, "flash"},
};

enum board_device board_find_other(uint64_t address)
{
    /* Without firmware there is no flash at all. The parts that are memory are here for writes only. */
    return address < BOARD_FLASH_END && config.firmware.size != 0 ? BOARD_DEVICE_FLASH : BOARD_DEVICE_NONE;
}
