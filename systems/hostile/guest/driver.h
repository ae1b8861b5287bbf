/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * What the drivers have in common: a virtio-mmio device whose queues lie in this guest's memory, and what may be said
 * in a ring that is not so.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "lib/virtio/ring.h"

enum { RING = 64, TABLES = 8, QUEUES = 3, HEAD_BYTES = 64 };

struct rings {
    struct virtio_descriptor descriptors[RING] __attribute__((aligned(16)));
    uint16_t available[3 + RING] __attribute__((aligned(4)));
    uint32_t used[2 + 2 * RING] __attribute__((aligned(4)));
};

/* Two places for a queue, tables, headers and statuses: what the device may be made to write over. */
struct queue {
    struct rings place[2];
    struct virtio_descriptor table[TABLES][RING] __attribute__((aligned(16)));
    uint8_t head[RING][HEAD_BYTES] __attribute__((aligned(16)));
    uint8_t status[RING];
};

struct device {
    uint64_t registers;
    unsigned queues;
    uint32_t features; /* those below bit 32, beside VIRTIO_F_INDIRECT_DESC */
    unsigned place;    /* of the rings */
    uint16_t seen[QUEUES];
};

volatile struct queue *queue_of(const struct device *device, unsigned queue);
volatile struct rings *rings_of(const struct device *device, unsigned queue);

void device_reset(struct device *device);

/* Begins anew, at the one place or the other. */
void device_begin(struct device *device);

/* An exit each time. */
bool device_works(const struct device *device);

/* Chains that the device has not given back. */
uint16_t waiting(const struct device *device, unsigned queue);

/* The next chain that it has given back: its head. False: none. */
bool take(struct device *device, unsigned queue, unsigned *head);

void describe(volatile struct virtio_descriptor *descriptor, uint64_t address, uint64_t length, unsigned flags,
              unsigned next);
void offer(const struct device *device, unsigned queue, unsigned head);
void ring_bell(const struct device *device, unsigned queue);

/* Offers one buffer as chain `head`: its flags are 0 or VIRTIO_DESCRIPTOR_WRITE. */
void offer_buffer(const struct device *device, unsigned queue, unsigned head, uint64_t address, uint64_t length,
                  unsigned flags);

uint64_t any_address(void);
uint64_t any_length(void);

/* What an honest chain of a device has around its data: bytes of queue.head that it reads, of queue.status it writes.
 */
struct honest {
    unsigned head, status;
    unsigned direction; /* of the data: 0 or VIRTIO_DESCRIPTOR_WRITE */
};

/*
 * Offers chains in indirect tables that are right as far as their draws go, rings the bell, and changes what was taken
 * while it is out; `fill` writes a header. Begins anew where that is needed, and at times where it is not.
 */
void lie(struct device *device, unsigned queue, struct honest honest, void (*fill)(volatile uint8_t *head));
