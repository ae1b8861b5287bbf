/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Load for net: sends a numbered frame to the mirror, again each REPEAT_NS until it comes back, compares it, and goes
 * on to the next. Frames may be lost, as on a wire; one that comes back wrong, or never, is lost.
 */
#include <string.h>

#include "component.h"
#include "net/net.h"
#include "rt/component.h"
#include "rt/time.h"
#include "systems/restart/progress.h"

enum { BYTES = 1024, REPEAT_NS = 2000000, PAUSE_NS = 500000, TYPE = 0x88b5 /* IEEE 802, local experiments */ };

static const uint8_t mirror[6] = {0x52, 0x54, 0, 0, 0, 0x02};
static struct net_port net;
static uint8_t frame[NET_HEADER + BYTES], came[NET_FRAME_MAX];
static uint64_t number = 1;
static bool waiting;

/* NOLINTNEXTLINE(performance-no-int-to-ptr): an address of the generated header */
static struct progress *const progress = (struct progress *)PINGER_PROGRESS_ADDRESS;

static void make_frame(void)
{
    memcpy(frame, mirror, 6);
    memcpy(frame + 6, net.mac, 6);
    frame[12] = TYPE >> 8;
    frame[13] = TYPE & 0xff;
    memcpy(frame + NET_HEADER, &number, sizeof(number));
    for (unsigned i = sizeof(number); i < BYTES; i++)
        frame[NET_HEADER + i] = (uint8_t)((number * BYTES + i) * UINT64_C(0x9e3779b97f4a7c15) >> 56);
}

static void take(uint32_t length)
{
    uint64_t echoed = 0;

    if (!waiting || length < sizeof(frame) || came[12] != TYPE >> 8 || came[13] != (TYPE & 0xff))
        return;
    memcpy(&echoed, came + NET_HEADER, sizeof(echoed));
    if (echoed < number)
        return; /* the echo of one that was sent twice */
    if (memcmp(came + NET_HEADER, frame + NET_HEADER, BYTES) == 0)
        progress_add(&progress->bytes, BYTES);
    else
        progress_add(&progress->lost, BYTES);
    progress_add(&progress->operations, 1);
    number++;
    waiting = false;
    component_wait_until(progress_next(progress, PAUSE_NS));
}

static bool receive(void)
{
    uint32_t length = 0;
    bool any = false;

    while (net_receive(&net, came, sizeof(came), &length) == NET_DONE) {
        any = true;
        take(length);
    }
    return any;
}

void component_deadline(void)
{
    uint64_t later = 0;

    if (!waiting && !progress_works(progress, &later)) {
        if (later != 0)
            component_wait_until(later);
        return;
    }
    if (!waiting)
        make_frame();
    waiting = true;
    (void)net_send(&net, frame, sizeof(frame));
    component_wait_until(time_ticks() + time_ns_to_ticks(REPEAT_NS));
    (void)receive();
}

void component_notification(uint64_t flags)
{
    if (!receive() || (flags & COMPONENT_FLAG_RESTARTED) != 0)
        net_restarted(&net);
}

void component_start(void)
{
    if (net_open(&net, &(struct net_setup)NET_SETUP) != NET_DONE)
        progress_add(&progress->lost, 1);
    else
        component_wait_until(time_ticks());
}
