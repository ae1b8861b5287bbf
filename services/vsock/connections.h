/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Who has asked whom for a connection that has not been reset, in the journal: for nothing but to tell peers of a
 * client that is no more, who may be waiting for it to say something. Each client has a share of the table; of what is
 * beyond that, peers learn with the next packet that they send.
 */
#pragma once

#include "journal.h"

/* A packet from one client to another is about to be passed on. */
void connections_note(struct journal *journal, unsigned from, unsigned to, const struct virtio_vsock_header *header);

/* A connection of the client's, which is forgotten: its peer, and the ports of both. False: there is none. */
bool connections_take(struct journal *journal, unsigned client, unsigned *peer, uint32_t *port, uint32_t *peer_port);
