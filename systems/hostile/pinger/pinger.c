/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The guest's neighbour at the switch: pings `echo-net`, with other bytes each time. A ping that is lost is sent again.
 */
#include <string.h>

#include "component.h"
#include "net/net.h"
#include "rt/component.h"
#include "rt/time.h"
#include "systems/hostile/tally.h"

enum { IP = NET_HEADER, ICMP = IP + 20, BYTES = ICMP + 8 + 1024, PAUSE_NS = 1000000, REPEAT_NS = 5000000 };

/* To echo-net and from here (system.yaml); IPv4 and ICMP (RFC 791, 792), whose sums nobody looks at. */
static uint8_t ping[BYTES] = {
    0x52,
    0x54,
    0,
    0,
    0,
    0x40,    /* to */
    [6] = 0, /* from */
    [12] = 8,
    0,           /* IPv4 */
    [IP] = 0x45, /* without options */
    [IP + 2] = (BYTES - IP) >> 8,
    (BYTES - IP) & 0xff, /* bytes */
    [IP + 8] = 64,
    1, /* ICMP */
    [IP + 12] = 10,
    0,
    2,
    41,
    10,
    0,
    2,
    40,         /* addresses */
    [ICMP] = 8, /* echo request */
};
static uint8_t came[NET_FRAME_MAX];
static struct net_port net;
static uint64_t pings, sent;
static struct tally tally = {.what = "net"};

static void make(void)
{
    pings++;
    memcpy(ping + ICMP + 4, &pings, sizeof(pings));
    for (unsigned i = ICMP + 4 + sizeof(pings); i < BYTES; i++)
        ping[i] = (uint8_t)((pings * BYTES + i) * UINT64_C(0x9e3779b97f4a7c15) >> 56);
    tally_ask(&tally);
}

static void send(void)
{
    (void)net_send(&net, ping, BYTES);
    sent = time_ticks();
}

static bool is_answer(uint32_t length)
{
    return tally.since != 0 && length == BYTES && came[ICMP] == 0 &&
           memcmp(came + ICMP + 4, &pings, sizeof(pings)) == 0;
}

/* Whether anything came. */
static bool receive(void)
{
    uint32_t length = 0;
    bool any = false;

    while (net_receive(&net, came, sizeof(came), &length) == NET_DONE) {
        any = true;
        if (is_answer(length))
            tally_answer(&tally, memcmp(came + ICMP + 4, ping + ICMP + 4, BYTES - ICMP - 4) == 0);
    }
    return any;
}

void component_deadline(void)
{
    (void)receive();
    tally_say(&tally);
    if (tally.since == 0) {
        make();
        send();
    } else if (time_ticks() - sent > time_ns_to_ticks(REPEAT_NS)) {
        send();
    }
    component_wait_until(time_ticks() + time_ns_to_ticks(PAUSE_NS));
}

void component_notification(uint64_t flags)
{
    if (!receive() || (flags & COMPONENT_FLAG_RESTARTED) != 0)
        net_restarted(&net);
}

void component_start(void)
{
    if (net_open(&net, &(struct net_setup)NET_SETUP) != NET_DONE) {
        printf("no network\n");
        return;
    }
    memcpy(ping + 6, net.mac, sizeof(net.mac));
    component_wait_until(time_ticks());
}
