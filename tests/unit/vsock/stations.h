/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Clients of services/vsock as their own drivers see them, in memory that a child process shares: two guests and two
 * native components. A receive buffer holds less than most packets, so that these come in pieces.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "services/vsock/exchange.h"
#include "virtio/driver.h"

enum {
    STATION_GUEST = 0,  /* CID 3 */
    STATION_SERVER = 1, /* ports 4000 and 4001 */
    STATION_OTHER = 2,  /* CID 4; reaches SERVER alone */
    STATION_HIDDEN = 3, /* port 4100; reaches SERVER alone */
    STATIONS = 4,
    STATION_RING = 16,
    STATION_RECEIVES = 200, /* bytes of a receive buffer */
    STATION_SENDS = 1024,
    STATION_MEMORY = 0x10000,
    STATION_PATIENCE = 1000,
    STATION_ENTRIES = 32, /* of a queue in the journal */
};

struct station {
    uint8_t *memory;
    struct virtio_driver driver[VIRTIO_VSOCK_QUEUES];
    struct virtio_driver_slot slots[VIRTIO_VSOCK_QUEUES][STATION_RING];
    uint8_t buffer_of[VIRTIO_VSOCK_QUEUES][STATION_RING];
    uint16_t unsent;   /* transmit buffers that are free, a bit each */
    uint16_t withheld; /* receive buffers that the station keeps, a bit each */
    bool withholds;    /* it gives no receive buffer back */
};

extern struct station stations[STATIONS];
extern struct exchange exchange;

/* A world without a service, and without a journal. */
void stations_begin(void);

/* A copy of the service that has just been made; whoever is up attaches to it. */
void service_begin(void);

/* A turn of every station, until nothing moves any more. */
void service_run(void);

/* A fresh driver: the station has just been made. */
void station_start(unsigned number);
uint64_t station_call(unsigned number, uint64_t operation);
void station_attach(unsigned number);

/* Sends; false: all transmit buffers are with the service. */
bool station_send(unsigned number, const struct virtio_vsock_header *header, const void *payload);

/* What came, the payload behind the header; false: nothing. The buffer goes back unless the station withholds it. */
bool station_receive(unsigned number, struct virtio_vsock_header *header, uint8_t *payload);

/* Gives back one buffer of what was withheld; */
void station_relent_once(unsigned number);

/* all of it. */
void station_relent(unsigned number);

/* Takes an event, and gives its buffer back if `noted`. */
bool station_event(unsigned number, uint32_t *id, bool noted);
void station_note_event(unsigned number);

/* A packet from one station's address to another's. */
struct virtio_vsock_header packet(unsigned from, unsigned to, unsigned operation, uint32_t length);
