/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The window and the driver side of its three queues, for vsock.c alone: a page with the rings and the events, then a
 * page for each packet that comes, then one for each that goes.
 */
#pragma once

#include "vsock/vsock.h"

/* Bytes of a buffer. */
enum { QUEUES_PACKET = 4096 };

/* How many buffers the window has room for; false: too few. */
bool queues_fit(struct vsock *vsock);

/* Rings that nobody has used, attached, and all buffers to receive in given. */
bool queues_start(struct vsock *vsock);

bool queues_attach(const struct vsock *vsock, unsigned queue);

uint8_t *queues_buffer(const struct vsock *vsock, unsigned queue, unsigned number);

/* Gives a buffer to the service; to be written, or `length` bytes of it to be read. */
void queues_give(struct vsock *vsock, unsigned queue, unsigned number, uint32_t length);

/* Tells the service of what a queue was given, if it wants to know. */
void queues_kick(struct vsock *vsock, unsigned queue);
