/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The component: joins the clients' ports (switch.h) and the wire (device.h), where there is one. Whatever happens, a
 * call, an interrupt or a doorbell, ends in run(), which passes on what there is, a bounded amount.
 */
#include <assert.h>
#include <stdio.h>

#include "abi/plan.h"
#include "component.h"
#include "device.h"
#include "rt/calls.h"
#include "rt/component.h"
#include "rt/time.h"
#include "rt/watchdog.h"
#include "service/clients.h"
#include "switch.h"

/* A switch without a wire has no device in component.h. */
#ifndef NET_DEVICE_ADDRESS
#define NET_DEVICE_ADDRESS       0
#define CAP_NET_DEVICE_INTERRUPT QUOLL_CAPABILITY_NONE
#define FLAG_NET_DEVICE          0
#endif
#ifndef NET_DMA_ADDRESS
#define NET_DMA_ADDRESS 0
#define NET_DMA_SIZE    0
#define CAP_NET_DMA     QUOLL_CAPABILITY_NONE
#endif

/* Passed on before anybody is told of it, and before calls are answered. */
enum { BATCH_FRAMES = 64, BATCH_BYTES = 256 * 1024 };

static_assert(COMPONENT_NET_COUNT < 64, "who reaches whom has a bit for each client, and the last for the wire");

static const struct service_client clients[] = {COMPONENT_NETS(SERVICE_CLIENT)};
static struct service_complaints complaints[COMPONENT_NET_COUNT];

#define PORT(number, text, at, size, base, signal, signal_mask, tell, tell_mask, address, tag, reach) \
    {.name = (text), .window = {(base), (size), (uint8_t *)(at)}, .mac = (address), .vlan = (tag), .reaches = (reach)},
/* NOLINTNEXTLINE(performance-no-int-to-ptr): addresses of the generated header */
static struct port ports[] = {COMPONENT_NETS(PORT)};

static struct net_switch net;
static struct device device;
static struct wire wire;

/* A device that breaks the rules of its rings is reset by a fresh copy of this component. */
static void require(enum virtio_error error)
{
    if (error == VIRTIO_OK)
        return;
    printf("the wire has broken its ring: %s\n", virtio_error_text(error));
    component_restart();
}

/* A frame from the wire; how many bytes it had, 0: none was there. */
static uint32_t receive(void)
{
    struct virtio_net_header header = {0};
    uint8_t *bytes = NULL;
    uint32_t length = 0;
    unsigned slot = 0;
    enum virtio_error error = VIRTIO_EMPTY;

    if (net.wire == NULL)
        return 0;
    error = device_receive(&device, &header, &bytes, &length, &slot);
    if (error == VIRTIO_EMPTY)
        return 0;
    require(error);
    switch_receive(&net, &header, bytes, length);
    require(device_received(&device, slot));
    return length + 1;
}

static void tell_clients(void)
{
    for (unsigned i = 0; i < COMPONENT_NET_COUNT; i++) {
        unsigned step = port_step(&ports[i]);

        if ((step & PORT_SIGNAL) != 0)
            service_client_signal(&clients[i]);
        if ((step & PORT_BROKEN) != 0)
            service_client_stopped(&clients[i], &complaints[i], ports[i].name, port_error(&ports[i]));
    }
}

/* The wire takes turns with all clients together: what comes from it was let in there already. */
static void run(void)
{
    uint64_t now = time_ticks();
    uint32_t bytes = 0;
    bool more = true;

    net.now = time_ns() / 1000000000;
    for (unsigned i = 0; i < BATCH_FRAMES && bytes < BATCH_BYTES && more; i++) {
        uint32_t sent = switch_step(&net);
        uint32_t received = receive();

        bytes += sent + received;
        more = sent + received != 0;
    }
    if (net.wire != NULL) {
        require(device_error(&device));
        device_kick(&device);
    }
    tell_clients();
    watchdog_wait_until(COMPONENT_WATCHDOG_NS, now, more ? now : QUOLL_FOREVER);
}

void component_message(uint64_t label, struct quoll_message *message)
{
    struct quoll_message reply = {0};
    uint64_t now = time_ticks();
    int number = service_client_find(clients, COMPONENT_NET_COUNT, label);

    port_answer(&net, number < 0 ? NULL : &ports[number], message->word, reply.word);
    *message = reply;
    watchdog_wait_until(COMPONENT_WATCHDOG_NS, now, now); /* the rest on our own time */
}

static void detach(unsigned number)
{
    port_detach(&ports[number]);
}

void component_notification(uint64_t flags)
{
    if ((flags & FLAG_RESTARTED) != 0)
        service_clients_let_go(clients, COMPONENT_NET_COUNT, detach);
    if ((flags & FLAG_NET_DEVICE) != 0)
        virtio_mmio_clear(&device.mmio);
    run();
    if ((flags & FLAG_NET_DEVICE) != 0)
        (void)quoll_interrupt_acknowledge(CAP_NET_DEVICE_INTERRUPT);
}

void component_deadline(void)
{
    run();
}

static const char *start_wire(void)
{
    const char *complaint = NULL;

    device.mmio.registers = NET_DEVICE_ADDRESS;
    /* NOLINTNEXTLINE(performance-no-int-to-ptr): an address of the generated header */
    device.memory = (uint8_t *)NET_DMA_ADDRESS;
    device.physical = quoll_memory_address(CAP_NET_DMA).word[0];
    device.bytes = NET_DMA_SIZE;
    (void)quoll_interrupt_acknowledge(CAP_NET_DEVICE_INTERRUPT);
    complaint = device_start(&device);
    if (complaint != NULL)
        return complaint;
    wire.send = device_send;
    wire.context = &device;
    /* What the device does for us it takes unfinished, what we do for it it brings unfinished. */
    if ((device.mmio.features >> VIRTIO_NET_F_CSUM & 1) != 0)
        wire.features |= UINT64_C(1) << VIRTIO_NET_F_GUEST_CSUM;
    if ((device.mmio.features >> VIRTIO_NET_F_GUEST_CSUM & 1) != 0)
        wire.features |= UINT64_C(1) << VIRTIO_NET_F_CSUM;
    net.wire = &wire;
    return NULL;
}

void component_start(void)
{
    const char *complaint = NET_HAS_DEVICE ? start_wire() : "there is no device";

    net.ports = ports;
    net.port_count = COMPONENT_NET_COUNT;
    for (unsigned i = 0; i < COMPONENT_NET_COUNT; i++)
        port_detach(&ports[i]);
    if (complaint == NULL)
        printf("a switch with a wire, %u clients\n", COMPONENT_NET_COUNT);
    else
        printf("a switch without a wire, %u clients: %s\n", COMPONENT_NET_COUNT, complaint);
    service_clients_tell(clients, COMPONENT_NET_COUNT);
    run();
}
