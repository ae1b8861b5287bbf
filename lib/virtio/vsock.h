/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * What goes through the queues of a socket device (virtio 1.2, 5.10), and its configuration. In both directions a
 * packet is a header of 44 bytes and what the header's `length` says.
 */
#pragma once

#include <assert.h>
#include <stddef.h>
#include <stdint.h>

enum { VIRTIO_VSOCK_ID = 19, VIRTIO_VSOCK_HEADER = 44, VIRTIO_VSOCK_PAYLOAD_MAX = 64 * 1024 };

enum virtio_vsock_queue {
    VIRTIO_VSOCK_RECEIVE = 0,
    VIRTIO_VSOCK_TRANSMIT = 1,
    VIRTIO_VSOCK_EVENT = 2,
    VIRTIO_VSOCK_QUEUES = 3,
};

/* Context identifiers with a meaning of their own (5.10.4). */
enum { VIRTIO_VSOCK_CID_HOST = 2 };

/* STREAM is what a device has that offers no feature (5.10.3). */
enum virtio_vsock_type { VIRTIO_VSOCK_STREAM = 1 };

enum virtio_vsock_operation {
    VIRTIO_VSOCK_REQUEST = 1, /* connects, */
    VIRTIO_VSOCK_RESPONSE = 2,
    VIRTIO_VSOCK_RESET = 3, /* refused, or ended at once */
    VIRTIO_VSOCK_SHUTDOWN = 4,
    VIRTIO_VSOCK_DATA = 5, /* OP_RW: the one with a payload */
    VIRTIO_VSOCK_CREDIT_UPDATE = 6,
    VIRTIO_VSOCK_CREDIT_REQUEST = 7,
};

/* Of a SHUTDOWN: what its sender will not do any more. */
enum virtio_vsock_shutdown { VIRTIO_VSOCK_NO_RECEIVE = 1, VIRTIO_VSOCK_NO_SEND = 2 };

/* A private copy; the first VIRTIO_VSOCK_HEADER bytes of it are what is in a queue. */
struct virtio_vsock_header {
    uint64_t source_cid;
    uint64_t destination_cid;
    uint32_t source_port;
    uint32_t destination_port;
    uint32_t length;    /* of the payload, bytes */
    uint16_t type;      /* enum virtio_vsock_type */
    uint16_t operation; /* enum virtio_vsock_operation */
    uint32_t flags;
    uint32_t buffer;   /* buf_alloc: bytes that the sender of this has room for, for this connection, in all */
    uint32_t consumed; /* fwd_cnt: bytes that its program has taken, modulo 2^32 */
};

/* The answer to a packet that is for nobody, or of a connection that is not there. */
static inline struct virtio_vsock_header virtio_vsock_reset_for(const struct virtio_vsock_header *header)
{
    return (struct virtio_vsock_header){
        .source_cid = header->destination_cid,
        .destination_cid = header->source_cid,
        .source_port = header->destination_port,
        .destination_port = header->source_port,
        .type = header->type,
        .operation = VIRTIO_VSOCK_RESET,
    };
}

struct virtio_vsock_config {
    uint64_t guest_cid;
};

enum virtio_vsock_event_id { VIRTIO_VSOCK_TRANSPORT_RESET = 0 };

struct virtio_vsock_event {
    uint32_t id; /* enum virtio_vsock_event_id */
};

static_assert(offsetof(struct virtio_vsock_header, source_port) == 16, "virtio 1.2, 5.10.6");
static_assert(offsetof(struct virtio_vsock_header, type) == 28, "virtio 1.2, 5.10.6");
static_assert(offsetof(struct virtio_vsock_header, consumed) + 4 == VIRTIO_VSOCK_HEADER, "virtio 1.2, 5.10.6");
static_assert(sizeof(struct virtio_vsock_config) == 8, "virtio 1.2, 5.10.4");
static_assert(sizeof(struct virtio_vsock_event) == 4, "virtio 1.2, 5.10.6.6");
