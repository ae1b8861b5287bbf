/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * What stations send and receive, as tests say it.
 */
#pragma once

#include "stations.h"

/* What came last. */
extern struct virtio_vsock_header came;
extern uint8_t payload[STATION_SENDS];

/* A service, and all stations attached to it. */
int set_up(void **state);

void send(unsigned from, struct virtio_vsock_header what, const void *bytes);

/* What comes next to `number` is of this operation. */
void expect(unsigned number, unsigned operation);
void expect_nothing(unsigned number);

/* `number` has no buffers left, and has looked at what was in them; from now on it gives none back. */
void fill_up(unsigned number, unsigned from);

/* Sends until its queue is full; data is three bytes. */
void flood(unsigned from, unsigned to, unsigned operation);
