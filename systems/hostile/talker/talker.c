/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The guest's neighbour at vsock: has one session with `echo`, to which each part goes when the one before is back.
 */
#include <string.h>

#include "component.h"
#include "rt/component.h"
#include "rt/time.h"
#include "systems/hostile/talk.h"
#include "systems/hostile/tally.h"
#include "vsock/vsock.h"

enum { PART = 1024, ECHO_PORT = 4100, PAUSE_NS = 1000000 };

static struct vsock vsock;
static struct vsock_socket sockets[1];
static struct talk talk = {.port = ECHO_PORT};
static uint8_t part[PART], came[PART];
static uint64_t parts;
static bool met;
static struct tally tally = {.what = "sockets"};

static void begin(void)
{
    for (unsigned i = 0; i < PART; i++)
        part[i] = (uint8_t)((parts * PART + i + 1) * UINT64_C(0x9e3779b97f4a7c15) >> 56);
    parts++;
    talk_begin(&talk);
    tally_ask(&tally);
}

/* A session that is refused before there was any has met nobody: `echo` starts later. */
static void go_on(void)
{
    if (tally.since == 0)
        return;
    switch (talk_go_on(&talk, &vsock, part, PART, came, PART)) {
    case TALK_ANSWERED:
        tally_answer(&tally, memcmp(part, came, PART) == 0);
        met = true;
        break;
    case TALK_ENDED:
        tally_lose(&tally, met);
        break;
    case TALK_WAITS:
        break;
    }
}

void component_deadline(void)
{
    vsock_event(&vsock, 0);
    tally_say(&tally);
    if (tally.since == 0)
        begin();
    go_on();
    component_wait_until(time_ticks() + time_ns_to_ticks(PAUSE_NS));
}

void component_notification(uint64_t flags)
{
    vsock_event(&vsock, flags);
    go_on();
}

void component_start(void)
{
    if (vsock_open(&vsock, &(struct vsock_setup)VSOCK_SETUP, sockets, 1) != VSOCK_DONE) {
        printf("no sockets\n");
        return;
    }
    component_wait_until(time_ticks());
}
