/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Load for vsock: one session with the mirror for as long as the system runs, a stream whose every byte depends on its
 * place; what comes back must be the same stream, without a gap and nothing twice.
 */
#include "component.h"
#include "rt/component.h"
#include "rt/time.h"
#include "systems/restart/progress.h"
#include "vsock/vsock.h"

enum { PART = 1024, AHEAD = 4 * PART, MIRROR_PORT = 5000, PAUSE_NS = 500000 };

static struct vsock vsock;
static struct vsock_socket sockets[1];
static struct vsock_socket *mirror;
static uint64_t sent, received;
static bool ended;

/* NOLINTNEXTLINE(performance-no-int-to-ptr): an address of the generated header */
static struct progress *const progress = (struct progress *)TALKER_PROGRESS_ADDRESS;

static uint8_t pattern(uint64_t place)
{
    return (uint8_t)((place + 1) * UINT64_C(0x9e3779b97f4a7c15) >> 56);
}

/* When everybody is there. */
static void begin(void)
{
    uint64_t later = 0;

    if (!progress_works(progress, &later))
        return;
    mirror = vsock_connect(&vsock, 2, MIRROR_PORT);
    if (mirror == NULL)
        progress_add(&progress->lost, 1);
}

static void send_some(void)
{
    uint8_t bytes[PART];
    uint64_t later = 0;

    if (!progress_works(progress, &later) || sent - received > AHEAD - PART)
        return;
    for (unsigned i = 0; i < PART; i++)
        bytes[i] = pattern(sent + i);
    sent += vsock_send(&vsock, mirror, bytes, PART);
}

static void receive_all(void)
{
    uint8_t bytes[PART];
    size_t length = 0;

    while ((length = vsock_receive(&vsock, mirror, bytes, PART)) != 0) {
        uint64_t wrong = 0;

        for (size_t i = 0; i < length; i++)
            wrong += bytes[i] != pattern(received + i);
        received += length;
        progress_add(&progress->bytes, length - wrong);
        progress_add(&progress->lost, wrong);
        progress_add(&progress->operations, 1);
    }
}

static void go_on(uint64_t flags)
{
    vsock_event(&vsock, flags);
    if (mirror == NULL)
        begin();
    if (mirror == NULL || ended)
        return;
    receive_all();
    if (mirror->state == VSOCK_ENDED) {
        ended = true;
        progress_add(&progress->lost, sent - received + 1);
        return;
    }
    send_some();
}

void component_deadline(void)
{
    go_on(0);
    component_wait_until(progress_next(progress, PAUSE_NS));
}

void component_notification(uint64_t flags)
{
    go_on(flags);
}

void component_start(void)
{
    if (vsock_open(&vsock, &(struct vsock_setup)VSOCK_SETUP, sockets, 1) != VSOCK_DONE)
        progress_add(&progress->lost, 1);
    component_wait_until(time_ticks());
}
