/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * A station of a few lines: it has an address, answers who asks for it (ARP, RFC 826), echoes pings (RFC 792), and says
 * how many for each Enter on its console.
 */
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "component.h"
#include "net/net.h"
#include "rt/component.h"
#include "rt/console.h"

enum {
    TYPE_IPV4 = 0x0800,
    TYPE_ARP = 0x0806,
    ARP_BYTES = 28,
    ARP_REQUEST = 1,
    ARP_REPLY = 2,
    IP_BYTES = 20,
    ICMP_REQUEST = 8,
    PROTOCOL_ICMP = 1,
};

static const uint8_t our_address[4] = {10, 0, 2, 40};

static struct net_port net;
static uint8_t frame[NET_FRAME_MAX];
static uint64_t asked, pings;

static uint32_t get16(const uint8_t *bytes)
{
    return (uint32_t)bytes[0] << 8 | bytes[1];
}

static void put16(uint8_t *bytes, uint32_t value)
{
    bytes[0] = (uint8_t)(value >> 8);
    bytes[1] = (uint8_t)value;
}

static void swap(uint8_t *one, uint8_t *other, unsigned length)
{
    for (unsigned i = 0; i < length; i++) {
        uint8_t byte = one[i];

        one[i] = other[i];
        other[i] = byte;
    }
}

static void answer(uint32_t length)
{
    memcpy(frame, frame + 6, 6);
    memcpy(frame + 6, net.mac, sizeof(net.mac));
    (void)net_send(&net, frame, length);
}

static void arp(uint32_t length)
{
    uint8_t *packet = frame + NET_HEADER;

    if (length < NET_HEADER + ARP_BYTES || get16(packet + 6) != ARP_REQUEST || memcmp(packet + 24, our_address, 4) != 0)
        return;
    asked++;
    put16(packet + 6, ARP_REPLY);
    memcpy(packet + 18, packet + 8, 10);
    memcpy(packet + 8, net.mac, sizeof(net.mac));
    memcpy(packet + 14, our_address, sizeof(our_address));
    answer(length);
}

/* Of an IPv4 packet without options or fragments, whose checksum swapped addresses do not change. */
static void ip(uint32_t length)
{
    uint8_t *packet = frame + NET_HEADER;
    uint8_t *payload = packet + IP_BYTES;
    uint32_t sum = 0;

    if (length < NET_HEADER + IP_BYTES + 8 || packet[0] != 0x45 || (get16(packet + 6) & 0x3fff) != 0 ||
        memcmp(packet + 16, our_address, 4) != 0 || get16(packet + 2) > length - NET_HEADER)
        return;
    if (packet[9] != PROTOCOL_ICMP || payload[0] != ICMP_REQUEST)
        return;
    pings++;
    /* The sum loses what the type does (RFC 1624). */
    sum = get16(payload + 2) + ((uint32_t)ICMP_REQUEST << 8);
    payload[0] = 0;
    put16(payload + 2, sum + (sum >> 16));
    swap(packet + 12, packet + 16, 4);
    answer(length);
}

/* Whether there was anything. */
static bool serve(void)
{
    uint32_t length = 0;
    bool came = false;

    for (;;) {
        enum net_result result = net_receive(&net, frame, sizeof(frame), &length);

        if (result != NET_DONE && result != NET_BAD_FRAME)
            return came;
        came = true;
        if (result == NET_DONE && get16(frame + 12) == TYPE_ARP)
            arp(length);
        if (result == NET_DONE && get16(frame + 12) == TYPE_IPV4)
            ip(length);
    }
}

void component_notification(uint64_t flags)
{
    char line[CONSOLE_LINE_MAX];

    if (!serve() || (flags & COMPONENT_FLAG_RESTARTED) != 0)
        net_restarted(&net);
    while ((flags & COMPONENT_FLAG_INPUT) != 0 && console_line(line))
        printf("asked for %lu times, %lu pings echoed\n", (unsigned long)asked, (unsigned long)pings);
}

void component_start(void)
{
    enum net_result result = net_open(&net, &(struct net_setup)NET_SETUP);

    if (result != NET_DONE) {
        printf("no network: %u\n", (unsigned)result);
        return;
    }
    printf("10.0.2.40 is %02x:%02x:%02x:%02x:%02x:%02x\n", net.mac[0], net.mac[1], net.mac[2], net.mac[3], net.mac[4],
           net.mac[5]);
    (void)serve();
}
