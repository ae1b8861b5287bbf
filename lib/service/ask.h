/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * What every client of a service with virtqueues says to its portal (virtio/service.h): lib/block, lib/net, lib/vsock,
 * and the VMM for its guest. Each is one call, as long as the portal's `longest`.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "rt/message.h"
#include "service/answer.h"
#include "virtio/queue.h"

/* How long a request waits for a service that is gone: longer than root ever waits between two tries to make it. */
#define SERVICE_PATIENCE_NS UINT64_C(15000000000)

/* `message` is the request, and then the reply. False: the service cannot be reached, or does not do it. */
bool service_ask(uint32_t portal, struct quoll_message *message);

/* service_ask as the first of all: lets go before of the queues that a copy of this component before it had attached.
 */
bool service_open(uint32_t portal, struct quoll_message *message);

/* Lets go of all queues of this client. False: the service cannot be reached. */
bool service_detach(uint32_t portal);

/*
 * It was asked, and is there or not. `*patience` is until when it is waited for, in ticks: QUOLL_FOREVER while it is
 * there, otherwise SERVICE_PATIENCE_NS from the first time that it was not.
 */
void service_heard(uint64_t *patience, bool there);

/* Hands the queue over. `interrupt` is what an interrupt controller of the client calls it; 0: it has none. */
enum service_answer service_attach(uint32_t portal, uint32_t number, const struct virtio_queue_setup *queue,
                                   uint32_t interrupt);
