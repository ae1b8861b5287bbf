/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Clients of one disk, which is memory here. Some have their memory reached by the device, the others' bytes are
 * copied: which, each setup says.
 */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "services/block/share.h"
#include "virtio/driver.h"

enum {
    CLIENTS = 3,
    SLOTS = 3,
    SECTORS = 2048, /* of each client */
    MEMORY = 0x80000,
    RING = 64,
    PARTS = 4096, /* a request's own part of the memory begins here, 16 of them */
    PART = 0x7000,
    PART_COUNT = 16,
    ALL = (1 << CLIENTS) - 1,
};

struct client {
    _Alignas(16) uint8_t memory[MEMORY];
    struct virtio_driver driver;
    struct virtio_driver_slot slots[RING];
    uint8_t model[SECTORS * 512]; /* what the part must hold */
    struct {
        uint32_t type;
        uint64_t sector;
        uint32_t bytes;
        unsigned part;
    } sent[RING]; /* by head */
    bool part_busy[PART_COUNT];
    unsigned answered;
};

#define DATA_AT UINT64_C(0x80000000) /* where the device sees the slots' data, */
uint64_t memory_at(unsigned number); /* and a client's memory */

extern struct client clients[CLIENTS];
extern struct share shares[CLIENTS];
extern struct disk disk;

/* A fresh service, with every client attached: none, one, or all of them direct. */
int setup_copied(void **state);
int setup_mixed(void **state);
int setup_direct(void **state);

uint32_t pick(uint32_t limit);

/* Attaches a client's queue as these rings, or as its driver has them; answers word 0 of the reply. */
uint64_t tell(unsigned number, const struct virtio_queue_setup *rings);
uint64_t attach(unsigned number);

/* A service that has just begun: nothing of it outlives it. */
void begin_service(void);

/* The device, for one piece: it fails the test if that reaches what it must not. */
uint8_t do_piece(const struct slot *slot);
uint8_t *at_address(const struct slot *slot, struct virtio_buffer buffer);

/* Does all that can be done; the device answers in any order. */
void settle(void);

/* A request's own part of its client's memory: the header at 0, the status at 16, the data from 32 on. */
uint8_t *part_at(unsigned number, unsigned part);

/* Sends a request with its data in pieces of odd lengths; false when the ring has no room. */
bool send(unsigned number, uint32_t type, uint64_t sector, uint32_t bytes);

/* Takes every answer; what was read must be what the model says. */
unsigned receive(unsigned number, uint8_t expected);
