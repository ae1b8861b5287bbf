/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Who gives way when all sockets are taken, for vsock.c alone. Peers, by CID, share those of the listening ports: one
 * that holds n of them takes another from whoever holds most, if that is n + 2 at least. So both hold less than that
 * peer did, the sum of the squares of what peers hold gets smaller each time, and nobody takes anything back without
 * somebody having ended a connection of its own. Of k peers, none loses any of its first (sockets / k) this way.
 */
#pragma once

#include "vsock/vsock.h"

/* There is a connection: it has not ENDED. */
bool shares_open(const struct vsock_socket *socket);

/*
 * The socket that `cid` may take: one that has ended, if nobody waits for it yet; otherwise, of those of the peer that
 * holds most, one that this peer only waits for, or one that is not `busy`, and of these the one that has been quiet
 * longest. NULL: nobody holds so much more. Twice the sockets' number of steps, at most, for each socket.
 */
struct vsock_socket *shares_find(const struct vsock *vsock, uint64_t cid);

/* Who waited for a socket with this address waits no more: it asks anew, or has given up. */
void shares_forget(struct vsock *vsock, const struct virtio_vsock_header *header);
