/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "net/net.h"

#include <string.h>

#include "abi/plan.h"
#include "rt/calls.h"
#include "rt/component.h"
#include "rt/time.h"
#include "service/ask.h"

enum { MAC_SHIFT = 40 };

static_assert(16 * NET_RING + 6 + 2 * NET_RING + 2 + 6 + 8 * NET_RING <= NET_RINGS, "a ring fits its page");
static_assert(sizeof(struct virtio_net_header) + NET_FRAME_MAX <= NET_BUFFER, "a frame fits a buffer");

static bool attach(const struct net_port *port, uint32_t queue)
{
    struct virtio_queue_setup rings = virtio_driver_queue(&port->driver[queue]);

    return service_attach(port->setup.portal, queue, &rings, 0) == SERVICE_DONE;
}

/* Buffers to receive come first. As the service sees it: */
static uint64_t offset_of(uint16_t buffer)
{
    return VIRTIO_NET_QUEUES * NET_RINGS + (uint64_t)buffer * NET_BUFFER;
}

static uint8_t *bytes_of(const struct net_port *port, uint16_t buffer)
{
    return (uint8_t *)(uintptr_t)port->setup.window + offset_of(buffer);
}

static void ring(const struct net_port *port, uint32_t queue)
{
    (void)quoll_notification_signal(port->setup.doorbell, UINT64_C(1) << queue);
}

static void kick(struct net_port *port, uint32_t queue)
{
    if (virtio_driver_kick(&port->driver[queue]))
        ring(port, queue);
}

static enum net_result stop(struct net_port *port)
{
    port->stopped = true;
    return NET_STOPPED;
}

static bool is_gone(const struct net_port *port)
{
    return port->patience != QUOLL_FOREVER && time_ticks() >= port->patience;
}

/* Lets the service have the buffer to receive into. */
static void give(struct net_port *port, uint16_t buffer)
{
    const struct virtio_buffer part = {offset_of(buffer), NET_BUFFER};
    uint16_t head = 0;

    if (virtio_driver_add(&port->driver[VIRTIO_NET_RECEIVE], &part, 0, 1, &head) != VIRTIO_OK) {
        (void)stop(port);
        return;
    }
    port->buffer_of[VIRTIO_NET_RECEIVE][head] = buffer;
    kick(port, VIRTIO_NET_RECEIVE);
}

static bool start_queue(struct net_port *port, uint32_t queue)
{
    const struct virtio_driver_setup rings = {
        .memory = (uint8_t *)(uintptr_t)port->setup.window + (uint64_t)queue * NET_RINGS,
        .address = (uint64_t)queue * NET_RINGS,
        .size = NET_RING,
        .features = UINT64_C(1) << VIRTIO_F_VERSION_1 | UINT64_C(1) << VIRTIO_F_EVENT_IDX,
        .slots = port->slots[queue],
    };

    return virtio_driver_start(&port->driver[queue], &rings) == VIRTIO_OK && attach(port, queue);
}

enum net_result net_open(struct net_port *port, const struct net_setup *setup)
{
    struct quoll_message message = {.word = {NET_INFO}};
    uint64_t buffers = 0;

    *port = (struct net_port){.setup = *setup, .patience = QUOLL_FOREVER};
    if (setup->window_size < offset_of(2))
        return NET_NOTHING;
    buffers = (setup->window_size - offset_of(0)) / NET_BUFFER / 2;
    port->buffers = (uint16_t)(buffers < NET_RING ? buffers : NET_RING);
    if (!service_open(setup->portal, &message))
        return NET_NOTHING;
    for (unsigned i = 0; i < sizeof(port->mac); i++)
        port->mac[i] = (uint8_t)(message.word[1] >> (MAC_SHIFT - 8 * i));
    port->wire = message.word[4] != 0;
    if (!start_queue(port, VIRTIO_NET_RECEIVE) || !start_queue(port, VIRTIO_NET_TRANSMIT))
        return NET_NOTHING;
    for (uint16_t i = 0; i < port->buffers; i++) {
        port->free[port->free_count++] = (uint16_t)(port->buffers + i);
        give(port, i);
    }
    return NET_DONE;
}

/* Buffers of what the service has taken. */
static void take_sent(struct net_port *port)
{
    uint16_t head = 0;
    uint32_t written = 0;
    enum virtio_error error = VIRTIO_OK;

    for (;;) {
        error = virtio_driver_take(&port->driver[VIRTIO_NET_TRANSMIT], &head, &written);
        if (error != VIRTIO_OK)
            break;
        port->free[port->free_count++] = port->buffer_of[VIRTIO_NET_TRANSMIT][head];
    }
    if (error != VIRTIO_EMPTY)
        (void)stop(port);
}

enum net_result net_send(struct net_port *port, const void *frame, uint32_t length)
{
    const struct virtio_net_header header = {0};
    uint16_t head = 0;
    uint16_t buffer = 0;

    if (length < NET_HEADER || length > NET_FRAME_MAX)
        return NET_BAD_FRAME;
    /* Only when there is need, so that the service does not raise its flag for each. */
    if (port->free_count == 0)
        take_sent(port);
    if (port->stopped)
        return NET_STOPPED;
    if (is_gone(port))
        return NET_GONE;
    if (port->free_count == 0)
        return NET_FULL;
    buffer = port->free[port->free_count - 1];
    memcpy(bytes_of(port, buffer), &header, sizeof(header));
    memcpy(bytes_of(port, buffer) + sizeof(header), frame, length);
    const struct virtio_buffer part = {offset_of(buffer), (uint32_t)sizeof(header) + length};
    if (virtio_driver_add(&port->driver[VIRTIO_NET_TRANSMIT], &part, 1, 0, &head) != VIRTIO_OK)
        return stop(port);
    port->free_count--;
    port->buffer_of[VIRTIO_NET_TRANSMIT][head] = buffer;
    kick(port, VIRTIO_NET_TRANSMIT);
    return NET_DONE;
}

enum net_result net_receive(struct net_port *port, void *frame, uint32_t room, uint32_t *length)
{
    uint16_t head = 0;
    uint32_t written = 0;
    uint16_t buffer = 0;
    bool fits = false;
    enum virtio_error error = VIRTIO_EMPTY;

    *length = 0;
    if (port->stopped)
        return NET_STOPPED;
    error = virtio_driver_take(&port->driver[VIRTIO_NET_RECEIVE], &head, &written);
    if (error == VIRTIO_EMPTY)
        return is_gone(port) ? NET_GONE : NET_NOTHING;
    /* The service can have written no more than the buffer; less than its header is its mistake. */
    if (error != VIRTIO_OK || written < sizeof(struct virtio_net_header))
        return stop(port);
    buffer = port->buffer_of[VIRTIO_NET_RECEIVE][head];
    written -= (uint32_t)sizeof(struct virtio_net_header);
    fits = written <= room;
    if (fits) {
        memcpy(frame, bytes_of(port, buffer) + sizeof(struct virtio_net_header), written);
        *length = written;
    }
    give(port, buffer);
    return fits ? NET_DONE : NET_BAD_FRAME;
}

enum net_result net_receive_until(struct net_port *port, void *frame, uint32_t room, uint32_t *length,
                                  uint64_t deadline)
{
    enum net_result result = net_receive(port, frame, room, length);

    while (result == NET_NOTHING) {
        uint64_t until = port->patience < deadline ? port->patience : deadline;
        struct quoll_result woken = quoll_notification_wait(COMPONENT_CAP_NOTIFICATION, until);

        if (woken.error != QUOLL_OK)
            return is_gone(port) ? NET_GONE : NET_NOTHING;
        /* Others want to know of a restart as well. */
        component_keep_flags(woken.word[0] & ~port->setup.flag);
        if ((woken.word[0] & (port->setup.flag | COMPONENT_FLAG_RESTARTED)) == 0)
            continue;
        result = net_receive(port, frame, room, length);
        if (result == NET_NOTHING)
            net_restarted(port);
    }
    return result;
}

void net_restarted(struct net_port *port)
{
    struct quoll_message message = {.word = {NET_QUEUES}};
    bool there = service_ask(port->setup.portal, &message);

    service_heard(&port->patience, there);
    if (port->stopped || !there)
        return;
    for (uint32_t i = 0; i < VIRTIO_NET_QUEUES; i++) {
        uint64_t state = message.word[0] >> (8 * i) & 0xff;

        if (state == VIRTIO_SERVICE_BROKEN)
            (void)stop(port);
        else if (state == VIRTIO_SERVICE_DETACHED && attach(port, i))
            ring(port, i);
    }
}
